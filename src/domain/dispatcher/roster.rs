//! The dispatcher's state as others may look at it: for reports and for tests. Reading only; nothing here decides.

use super::Dispatcher;
use super::slot::Place;
use crate::domain::event::{Presence, Turn};
use crate::domain::id::{AgentNo, ConversationId, GroupNo, ReceptionNo};
use std::collections::{BTreeMap, BTreeSet};

/// Who is here, who has what, who waits: a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    pub agents: BTreeMap<AgentNo, Seat>,
    /// Receptions that count in each group (DIV-4).
    pub group_loads: BTreeMap<GroupNo, u32>,
    /// In order (DIV-5).
    pub queue: Vec<Turn>,
    /// 离线消息池.
    pub pool: BTreeSet<ConversationId>,
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
    /// The state as it is now: O(agents + open receptions).
    pub fn view(&self) -> Roster {
        let seats = self.floor.desks().map(|(agent, desk)| {
            let group_loads = desk.settings.groups.iter().map(|(g, _)| *g).zip(desk.group_loads.iter().copied()).collect();
            (agent, Seat { presence: desk.presence, load: desk.load, unanswered: desk.unanswered, group_loads })
        });
        let pooled = self.slots.iter().filter(|(_, slot)| slot.place == Place::Pooled);
        let receptions = self.slots.iter().map(|(c, slot)| {
            let held = slot.held();
            (*c, (slot.arrival.reception, held.map(|h| h.agent), held.and_then(|h| h.group)))
        });
        Roster {
            agents: seats.collect(),
            group_loads: self.floor.groups().map(|(group, desk)| (group, desk.load)).collect(),
            queue: self.queue.iter().copied().collect(),
            pool: pooled.map(|(c, _)| *c).collect(),
            receptions: receptions.collect(),
        }
    }

    /// Receptions waiting in the queue.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Receptions in the offline pool.
    pub fn pooled(&self) -> u32 {
        self.pool.len()
    }

    /// Receptions assigned to `agent` and open.
    pub fn load(&self, agent: AgentNo) -> u32 {
        self.floor.desk(agent).map_or(0, |desk| desk.load)
    }
}
