//! JSON of the explanations (DIV-9).

use crate::domain::explain::{Cause, Exclusion, Explanation, Outcome, Seen, Step};
use crate::domain::id::AgentNo;
use crate::web::explain::{self, Sentences};
use serde::Serialize;
use utoipa::ToSchema;

/// All decisions about one reception, oldest first.
#[derive(Serialize, ToSchema)]
pub struct Why {
    pub decisions: Vec<Decision>,
}

/// One decision.
#[derive(Serialize, ToSchema)]
pub struct Decision {
    /// Milliseconds since the epoch.
    pub at: u64,
    /// What made the dispatcher decide.
    #[schema(example = "opened")]
    pub cause: &'static str,
    /// The step that decided.
    #[schema(example = "rule")]
    pub step: &'static str,
    /// `owned`, `queued` or `pooled`.
    #[schema(example = "owned")]
    pub outcome: &'static str,
    /// Plain English.
    pub text: String,
    /// The same in Chinese.
    pub text_zh: String,
    /// Who receives it; absent: it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// Who had it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u32>,
    /// Receptions that were waiting when it was decided.
    pub queue_len: u32,
    pub seen: Vec<SeenAgent>,
    /// Agents that are not listed in `seen`.
    pub unlisted: u32,
    /// Why, or why not, the agent that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub you: Option<You>,
}

/// The answer to one agent.
#[derive(Serialize, ToSchema)]
pub struct You {
    pub agent: u32,
    /// Plain English.
    #[schema(example = "Agent 7 did not receive it: offline.")]
    pub text: String,
    /// The same in Chinese.
    pub text_zh: String,
}

/// One agent as the decision saw it.
#[derive(Serialize, ToSchema)]
pub struct SeenAgent {
    pub agent: u32,
    /// Receptions assigned and open at that moment.
    pub load: u32,
    pub capacity: u32,
    pub weight: u32,
    pub busy: bool,
    /// Why it was not a candidate; absent: it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "offline")]
    pub excluded: Option<&'static str>,
}

fn cause(cause: &Cause) -> &'static str {
    match cause {
        Cause::Opened => "opened",
        Cause::Waited => "waited",
        Cause::WaitedTooLong => "waited_too_long",
        Cause::AgentOffline => "agent_offline",
        Cause::NoAnswer { .. } => "no_answer",
        Cause::WroteAgain => "wrote_again",
        Cause::FactsChanged => "facts_changed",
        Cause::Slot { .. } => "slot",
        Cause::Person { .. } => "person",
        Cause::AgentBarred { .. } => "agent_barred",
    }
}

fn step(step: &Step) -> &'static str {
    match step {
        Step::Offline { .. } => "offline",
        Step::RecentContact { .. } => "recent_contact",
        Step::Dedicated { .. } => "dedicated",
        Step::Scope { .. } => "scope",
        Step::Rule { .. } => "rule",
        Step::FallbackGroup { .. } => "fallback_group",
        Step::AnyAgent => "any_agent",
        Step::PassedToGroup { .. } => "passed_to_group",
        Step::PassedToAgent => "passed_to_agent",
        Step::Given => "given",
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Owned(_) => "owned",
        Outcome::Queued => "queued",
        Outcome::Pooled => "pooled",
    }
}

fn excluded(exclusion: Exclusion) -> &'static str {
    match exclusion {
        Exclusion::Disabled => "disabled",
        Exclusion::NotServing => "not_serving",
        Exclusion::Held => "held",
        Exclusion::Offline => "offline",
        Exclusion::Suspended => "suspended",
        Exclusion::WeightZero => "weight_zero",
        Exclusion::Full => "full",
        Exclusion::FullInGroup => "full_in_group",
        Exclusion::GroupFull => "group_full",
        Exclusion::OutOfScope => "out_of_scope",
        Exclusion::Missed => "missed",
        Exclusion::PassesOn => "passes_on",
    }
}

impl From<&Seen> for SeenAgent {
    fn from(s: &Seen) -> SeenAgent {
        let excluded = s.excluded.map(excluded);
        SeenAgent { agent: s.agent.0, load: s.load, capacity: s.capacity, weight: s.weight, busy: s.busy, excluded }
    }
}

impl Decision {
    /// `asks`: the agent who wants to know why, or why not.
    pub fn new(why: &Explanation, asks: Option<AgentNo>) -> Decision {
        let Sentences { english: text, chinese: text_zh } = explain::decision(why);
        let you = asks.map(|agent| {
            let Sentences { english: text, chinese: text_zh } = explain::one_agent(why, agent);
            You { agent: agent.0, text, text_zh }
        });
        Decision {
            at: why.at.0,
            cause: cause(&why.cause),
            step: step(&why.step),
            outcome: outcome(why.outcome),
            text,
            text_zh,
            chosen: why.chosen().map(|a| a.0),
            group: why.group.map(|g| g.0),
            from: why.from.map(|a| a.0),
            queue_len: why.queue_len,
            seen: why.seen.iter().map(Into::into).collect(),
            unlisted: why.unlisted,
            you,
        }
    }
}
