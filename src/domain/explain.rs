//! DIV-9: why a reception went where it went, stored compactly with the decision.

use super::diversion::Strategy;
use super::id::{AgentNo, GroupNo, Millis};
use super::offline::Way;
use serde::{Deserialize, Serialize};

/// What made the dispatcher decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The buyer opened a reception.
    Opened,
    /// It waited in the queue, and somebody became free (DIV-5).
    Waited,
    /// It waited in the queue for longer than the shop allows (DIV-5).
    WaitedTooLong,
    /// Its agent had been offline for longer than the grace (DIV-6).
    AgentOffline,
    /// Its agent did not answer in time: the how-manieth move of this reception (DIV-7).
    NoAnswer { after_ms: u64, moves: u32 },
    /// The buyer wrote again while it was in the pool.
    WroteAgain,
    /// What is known of the buyer changed while it waited.
    FactsChanged,
    /// A slot of the automatic assignment (OFF-3).
    Slot { slot: Millis },
    /// A person passed it on, or assigned it (DIV-8, OFF-2).
    Person { by: AgentNo, reason: String, note: String, over_capacity: bool },
    /// Its agent serves nobody any more: frozen or closed (GRD-8), disabled, or of a role that does not serve.
    AgentBarred { why: Exclusion },
}

/// Why offline handling applied (OFF-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closed {
    /// DIV-1.1: nobody of the shop is online and unsuspended.
    NobodyOnline,
    /// The queue has its maximum length (DIV-5).
    QueueFull,
    /// The wait has its maximum length (DIV-5).
    WaitedTooLong,
}

/// Which step of DIV-1 decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Offline handling (DIV-1.1, OFF-1).
    Offline { why: Closed, way: Way },
    /// DIV-1.2: the agent who last spoke with this buyer, or a colleague, of the same group first, in their place.
    RecentContact { agent: AgentNo, age_ms: u64, substitute: bool },
    /// DIV-1.3.
    Dedicated { agent: AgentNo },
    /// DIV-2: the groups whose reception scope fits, in rule set `version`; bit 0 of `by` is the buyer's dimension, then product,
    /// intent, order.
    Scope { by: u8, groups: Vec<GroupNo>, version: u32 },
    /// DIV-1.5: rule `index` (from 0) of rule set `version`.
    Rule { index: u32, name: String, version: u32 },
    /// DIV-1.6: the fallback group.
    FallbackGroup { group: GroupNo },
    /// DIV-1.6: every receivable agent of the shop.
    AnyAgent,
    /// A person named this group (DIV-8, OFF-2).
    PassedToGroup { group: GroupNo },
    /// A person named this agent (DIV-8, OFF-2).
    PassedToAgent,
    /// The groups or agents given for the automatic assignment (OFF-3).
    Given,
}

/// Why an agent was not chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exclusion {
    Disabled,
    Offline,
    Suspended,
    WeightZero,
    /// At its own limit (DIV-4).
    Full,
    /// At its own limit in the group.
    FullInGroup,
    /// Its group is at the group's limit.
    GroupFull,
    OutOfScope,
    /// It had this reception and did not answer in time (DIV-7).
    Missed,
    /// It is passing the reception on (DIV-8).
    PassesOn,
    /// Its role does not let it answer buyers.
    NotServing,
    /// It must not send to buyers after a violation (GRD-8).
    Held,
}

/// One agent as the decision saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub agent: AgentNo,
    /// Receptions assigned and open at that moment.
    pub load: u32,
    pub capacity: u32,
    pub weight: u32,
    /// More unanswered than the shop calls busy (DIV-3).
    pub busy: bool,
    /// None: a candidate.
    pub excluded: Option<Exclusion>,
}

/// Where it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Owned(AgentNo),
    Queued,
    Pooled,
}

/// The stored explanation of one decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub at: Millis,
    pub cause: Cause,
    pub step: Step,
    /// Who had it before.
    pub from: Option<AgentNo>,
    pub outcome: Outcome,
    /// The group within which the reception counts (DIV-4), where the target was one.
    pub group: Option<GroupNo>,
    /// How one was picked among the candidates.
    pub strategy: Strategy,
    /// At most [`crate::limits::EXPLAINED_AGENTS_MAX`]; `unlisted` more existed.
    pub seen: Vec<Seen>,
    pub unlisted: u32,
    /// Receptions that were waiting when it was decided.
    pub queue_len: u32,
}

impl Explanation {
    /// Who receives it, if anybody.
    pub fn chosen(&self) -> Option<AgentNo> {
        match self.outcome {
            Outcome::Owned(agent) => Some(agent),
            Outcome::Queued | Outcome::Pooled => None,
        }
    }
}
