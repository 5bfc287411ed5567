//! JSON of the explanations (DIV-9).

use crate::domain::explain::{Exclusion, Explanation, Seen, Step};
use crate::web::explain;
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
    /// The step that decided.
    #[schema(example = "rule")]
    pub step: &'static str,
    /// Plain English.
    pub text: String,
    /// The same in Chinese.
    pub text_zh: String,
    /// Absent: it waits in the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// Who had it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u32>,
    /// It had waited in the queue.
    pub waited: bool,
    /// Receptions that were waiting when it was decided.
    pub queue_len: u32,
    pub seen: Vec<SeenAgent>,
    /// Agents that are not listed in `seen`.
    pub unlisted: u32,
}

/// One agent as the decision saw it.
#[derive(Serialize, ToSchema)]
pub struct SeenAgent {
    pub agent: u32,
    pub load: u32,
    pub weight: u32,
    pub busy: bool,
    /// Why it was not a candidate; absent: it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "offline")]
    pub excluded: Option<&'static str>,
}

fn step(step: &Step) -> &'static str {
    match step {
        Step::ShopGate => "shop_gate",
        Step::RecentContact { .. } => "recent_contact",
        Step::Rule { .. } => "rule",
        Step::FallbackGroup { .. } => "fallback_group",
        Step::AnyAgent => "any_agent",
        Step::PassedToGroup { .. } => "passed_to_group",
        Step::Transferred { .. } => "transferred",
    }
}

fn excluded(exclusion: Exclusion) -> &'static str {
    match exclusion {
        Exclusion::Offline => "offline",
        Exclusion::Suspended => "suspended",
        Exclusion::Full => "full",
        Exclusion::WeightZero => "weight_zero",
        Exclusion::OutOfScope => "out_of_scope",
        Exclusion::Disabled => "disabled",
    }
}

impl From<&Seen> for SeenAgent {
    fn from(s: &Seen) -> SeenAgent {
        SeenAgent { agent: s.agent.0, load: s.load, weight: s.weight, busy: s.busy, excluded: s.excluded.map(excluded) }
    }
}

impl From<&Explanation> for Decision {
    fn from(why: &Explanation) -> Decision {
        Decision {
            at: why.at.0,
            step: step(&why.step),
            text: explain::english(why),
            text_zh: explain::chinese(why),
            chosen: why.chosen.map(|a| a.0),
            group: why.group.map(|g| g.0),
            from: why.from.map(|a| a.0),
            waited: why.waited,
            queue_len: why.queue_len,
            seen: why.seen.iter().map(Into::into).collect(),
            unlisted: why.unlisted,
        }
    }
}
