//! JSON of the distribution report (DIV-10).

use crate::domain::distribution::{CauseKind, Reason, Report, Share, StepKind};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Who received how much in a period, and why. Every reception that was given to somebody counts once for each agent there was: in
/// `received`, or under one of its `reasons`.
#[derive(Serialize, ToSchema)]
pub struct Distribution {
    /// Milliseconds since the epoch, as all times.
    pub from: u64,
    /// Not later than now.
    pub to: u64,
    /// Receptions that were given to an agent; one that was moved counts again.
    pub given: u64,
    /// Of those, the ones in which weights chose.
    pub given_by_weight: u64,
    /// `given` by local hour of the day: 24 numbers.
    pub given_by_hour: Vec<u64>,
    /// By number.
    pub agents: Vec<AgentShare>,
}

/// One agent's part.
#[derive(Serialize, ToSchema)]
pub struct AgentShare {
    pub agent: u32,
    /// At the end of the period.
    pub weight: u32,
    pub enabled: bool,
    /// Online, not suspended, below its own capacity; part of `online_ms`.
    pub receivable_ms: u64,
    /// Online and not suspended.
    pub online_ms: u64,
    pub suspended_ms: u64,
    /// Also while the account was disabled.
    pub offline_ms: u64,
    /// `online_ms` by local hour of the day: 24 numbers.
    pub online_ms_by_hour: Vec<u64>,
    pub received: u64,
    /// Of those, the ones in which weights chose.
    pub received_by_weight: u64,
    /// Receptions that its weight promised: of each one in which weights chose, its weight ÷ the weights of all candidates.
    pub expected: f64,
    /// `received` ÷ `given`.
    pub share_received: f64,
    /// `received_by_weight` ÷ `given_by_weight`.
    pub share_by_weight: f64,
    /// `expected` ÷ `given_by_weight`.
    pub share_expected: f64,
    /// `received` by the step of the diversion that decided.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub steps: BTreeMap<&'static str, u64>,
    /// `received` by what made the dispatcher decide.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub causes: BTreeMap<&'static str, u64>,
    /// Why it did not receive the others: `offline`, `suspended`, `disabled`, `not_serving`, `held`, `full`, `full_in_group`, `group_full`, `weight_zero`,
    /// `out_of_scope`, `missed`, `passes_on`; or it could have, and was `busy`, had a `higher_load` for its weight, received more
    /// recently (`later_turn`), or the reception was meant for another (`personal`).
    #[schema(value_type = BTreeMap<String, u64>)]
    pub reasons: BTreeMap<&'static str, u64>,
}

fn step(step: StepKind) -> &'static str {
    match step {
        StepKind::OfflineWay => "offline",
        StepKind::RecentContact => "recent_contact",
        StepKind::Substitute => "recent_contact_substitute",
        StepKind::Dedicated => "dedicated",
        StepKind::Scope => "scope",
        StepKind::Rule => "rule",
        StepKind::FallbackGroup => "fallback_group",
        StepKind::AnyAgent => "any_agent",
        StepKind::PassedToGroup => "passed_to_group",
        StepKind::PassedToAgent => "passed_to_agent",
        StepKind::Given => "given",
    }
}

fn cause(cause: CauseKind) -> &'static str {
    match cause {
        CauseKind::Opened => "opened",
        CauseKind::Waited => "waited",
        CauseKind::WaitedTooLong => "waited_too_long",
        CauseKind::AgentOffline => "agent_offline",
        CauseKind::NoAnswer => "no_answer",
        CauseKind::WroteAgain => "wrote_again",
        CauseKind::FactsChanged => "facts_changed",
        CauseKind::Slot => "slot",
        CauseKind::Person => "person",
        CauseKind::AgentBarred => "agent_barred",
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Disabled => "disabled",
        Reason::NotServing => "not_serving",
        Reason::Held => "held",
        Reason::Offline => "offline",
        Reason::Suspended => "suspended",
        Reason::WeightZero => "weight_zero",
        Reason::Full => "full",
        Reason::FullInGroup => "full_in_group",
        Reason::GroupFull => "group_full",
        Reason::OutOfScope => "out_of_scope",
        Reason::Missed => "missed",
        Reason::PassesOn => "passes_on",
        Reason::Busy => "busy",
        Reason::HigherLoad => "higher_load",
        Reason::LaterTurn => "later_turn",
        Reason::Personal => "personal",
    }
}

/// 0 of nothing is 0.
fn share(part: f64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part / whole as f64 }
}

fn named<K: Copy>(counts: &BTreeMap<K, u64>, name: fn(K) -> &'static str) -> BTreeMap<&'static str, u64> {
    counts.iter().map(|(kind, count)| (name(*kind), *count)).collect()
}

impl AgentShare {
    fn new(report: &Report, s: &Share) -> AgentShare {
        let expected = s.expected_millionths as f64 / 1e6;
        AgentShare {
            agent: s.agent.0,
            weight: s.weight,
            enabled: s.enabled,
            receivable_ms: s.time.receivable_ms,
            online_ms: s.time.online_ms,
            suspended_ms: s.time.suspended_ms,
            offline_ms: s.time.offline_ms,
            online_ms_by_hour: s.time.online_ms_by_hour.to_vec(),
            received: s.received,
            received_by_weight: s.received_by_weight,
            expected,
            share_received: share(s.received as f64, report.given),
            share_by_weight: share(s.received_by_weight as f64, report.given_by_weight),
            share_expected: share(expected, report.given_by_weight),
            steps: named(&s.by_step, step),
            causes: named(&s.by_cause, cause),
            reasons: named(&s.reasons, reason),
        }
    }
}

impl From<&Report> for Distribution {
    fn from(report: &Report) -> Distribution {
        Distribution {
            from: report.from.0,
            to: report.to.0,
            given: report.given,
            given_by_weight: report.given_by_weight,
            given_by_hour: report.given_by_hour.to_vec(),
            agents: report.agents.iter().map(|s| AgentShare::new(report, s)).collect(),
        }
    }
}
