//! The dispatcher's state as others may look at it: for reports and for tests. Reading only; nothing here decides.

use super::Dispatcher;
use crate::domain::event::Presence;
use crate::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo};
use std::collections::BTreeMap;

/// Who is here, who has what, who waits: a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    pub agents: BTreeMap<AgentNo, Seat>,
    /// Receptions that count in each group (DIV-4).
    pub group_loads: BTreeMap<GroupNo, u32>,
    /// Oldest first (DIV-5).
    pub queue: Vec<(Millis, ConversationId)>,
    /// Every open reception: its number, its owner and the group in which it counts.
    pub receptions: BTreeMap<ConversationId, (ReceptionNo, Option<AgentNo>, Option<GroupNo>)>,
}

/// One agent of a [`Roster`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub presence: Presence,
    /// Receptions assigned and open (DIV-3).
    pub load: u32,
    pub unanswered: u32,
    /// Of the load, what counts in each of the agent's groups.
    pub group_loads: BTreeMap<GroupNo, u32>,
}

impl Dispatcher {
    /// The roster as it is now: O(agents + open receptions).
    pub fn view(&self) -> Roster {
        let seat = |(agent, desk): (AgentNo, &super::Desk)| {
            let group_loads = desk.settings.groups.iter().map(|(g, _)| *g).zip(desk.group_loads.iter().copied()).collect();
            (agent, Seat { presence: desk.presence, load: desk.load(), unanswered: desk.unanswered, group_loads })
        };
        Roster {
            agents: self.desks().map(seat).collect(),
            group_loads: self.groups.iter().map(|(group, desk)| (*group, desk.load)).collect(),
            queue: self.queue.iter().copied().collect(),
            receptions: self.slots.iter().map(|(c, slot)| (*c, (slot.arrival.reception, slot.owner, slot.counted_in))).collect(),
        }
    }
}
