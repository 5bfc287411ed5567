//! An open reception, as the dispatcher keeps it: what is known of it, and where it is.

use crate::domain::diversion::NoAnswer;
use crate::domain::event::{Arrival, Turn};
use crate::domain::explain::Cause;
use crate::domain::id::{AgentNo, GroupNo, Millis};

/// Where it is. Exactly one of these at any time.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// 排队 (DIV-5), since when.
    Queued {
        since: Millis,
    },
    /// Between its agent and the next, within one turn: it looks for somebody else.
    Moving {
        from: AgentNo,
        cause: Cause,
    },
    /// 离线消息池 (OFF-1).
    Pooled,
    Owned(Held),
}

/// With an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub agent: AgentNo,
    /// The group in which it counts (DIV-4).
    pub group: Option<GroupNo>,
    pub since: Millis,
    /// The agent has answered since.
    pub answered: bool,
    /// Here by the way chosen for offline messages: presence does not matter (OFF-1).
    pub offline_way: bool,
    /// When it was last not answered in time, and stayed because nobody else could take it.
    pub missed_at: Option<Millis>,
    /// When it is taken back if nobody answers (DIV-7).
    pub due: Option<Millis>,
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    pub arrival: Arrival,
    pub place: Place,
}

impl Slot {
    /// Its place among those who wait.
    pub fn turn(&self) -> Turn {
        (self.arrival.priority, self.arrival.arrived, self.arrival.conversation)
    }

    pub fn held(&self) -> Option<&Held> {
        match &self.place {
            Place::Owned(held) => Some(held),
            _ => None,
        }
    }

    pub fn owner(&self) -> Option<AgentNo> {
        self.held().map(|held| held.agent)
    }

    /// When its agent loses it, if nothing happens (DIV-7). None: never.
    pub fn answer_due(&self, rule: &NoAnswer) -> Option<Millis> {
        let held = self.held().filter(|held| !held.offline_way && (!held.answered || rule.later_rounds))?;
        let began = self.arrival.unanswered?;
        let may_move = (self.arrival.missed.len() as u32) < rule.moves_max;
        Some(began.max(held.since).max(held.missed_at.unwrap_or_default()).plus(rule.after_ms.filter(|_| may_move)?))
    }
}
