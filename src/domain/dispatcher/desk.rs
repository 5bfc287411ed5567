//! One agent, and one group, as the dispatcher's roster sees them.

use crate::domain::diversion::Group;
use crate::domain::event::{AgentSettings, Presence};
use crate::domain::id::{AgentNo, ConversationId, GroupNo};
use std::collections::BTreeSet;

/// An agent at work: what the decision reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    pub settings: AgentSettings,
    pub presence: Presence,
    /// The receptions assigned and open: their number is the load (DIV-3).
    pub owned: BTreeSet<ConversationId>,
    /// Of those, how many count in each of `settings.groups`, by its place there.
    pub group_loads: Vec<u32>,
    pub unanswered: u32,
    /// When it last received one: the value of the dispatcher's counter.
    pub received: u64,
}

impl Desk {
    /// An agent nobody has seen online yet.
    pub fn new(settings: AgentSettings) -> Desk {
        let group_loads = vec![0; settings.groups.len()];
        Desk { settings, presence: Presence::Offline, owned: BTreeSet::new(), group_loads, unanswered: 0, received: 0 }
    }

    /// Receptions assigned and open.
    pub fn load(&self) -> u32 {
        self.owned.len() as u32
    }

    /// The place of `group` in this agent's list.
    pub fn group_index(&self, group: GroupNo) -> Option<usize> {
        self.settings.groups.iter().position(|(g, _)| *g == group)
    }
}

/// A group with its members and its load.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDesk {
    pub settings: Group,
    pub members: BTreeSet<AgentNo>,
    pub load: u32,
}
