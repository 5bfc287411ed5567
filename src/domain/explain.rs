//! DIV-9: why a reception went where it went, stored compactly with the decision.

use super::id::{AgentNo, GroupNo, Millis};
use serde::{Deserialize, Serialize};

/// Which step of DIV-1 decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// DIV-1.1: nobody of the shop is online and unsuspended.
    ShopGate,
    /// DIV-1.2: the agent who last spoke with this buyer, or a colleague of the same group in their place.
    RecentContact { agent: AgentNo, age_ms: u64, substitute: bool },
    /// DIV-1.5: rule `index` (from 0) of rule set `version`.
    Rule { index: u32, name: String, version: u32 },
    /// DIV-1.6: the fallback group.
    FallbackGroup { group: GroupNo },
    /// DIV-1.6: every receivable agent of the shop.
    AnyAgent,
    /// DIV-8: a person passed it to this group, and it waits for, or reaches, one of its agents.
    PassedToGroup { group: GroupNo },
    /// DIV-8: a person passed it on.
    Transferred { by: AgentNo, reason: String, note: String, over_capacity: bool },
}

/// Why an agent was not chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exclusion {
    Offline,
    Suspended,
    /// At its own limit, at its limit in the group, or its group at the group's limit (DIV-4).
    Full,
    WeightZero,
    OutOfScope,
    Disabled,
}

/// One agent as the decision saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub agent: AgentNo,
    /// Receptions assigned and open at that moment.
    pub load: u32,
    pub weight: u32,
    /// More than 4 unanswered (DIV-3).
    pub busy: bool,
    /// None: a candidate.
    pub excluded: Option<Exclusion>,
}

/// The stored explanation of one decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub at: Millis,
    pub step: Step,
    /// Who had it before, where the decision moved it: a transfer, or the owner went offline (DIV-6).
    pub from: Option<AgentNo>,
    /// It had waited in the queue, and somebody became free (DIV-5).
    pub waited: bool,
    /// None: queued.
    pub chosen: Option<AgentNo>,
    /// The group within which the reception counts (DIV-4), where the target was one.
    pub group: Option<GroupNo>,
    /// At most [`crate::limits::EXPLAINED_AGENTS_MAX`]; `unlisted` more existed.
    pub seen: Vec<Seen>,
    pub unlisted: u32,
    /// Receptions that were waiting when it was decided.
    pub queue_len: u32,
}
