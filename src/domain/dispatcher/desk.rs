//! One agent, and one group, as the dispatcher's floor sees them.

use super::rank::Rank;
use crate::domain::diversion::{Group, Strategy};
use crate::domain::event::{AgentSettings, Post, Presence};
use crate::domain::explain::Exclusion;
use crate::domain::id::{AgentNo, GroupNo};
use std::collections::BTreeSet;

/// An agent at work: what a decision reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    pub settings: AgentSettings,
    pub post: Post,
    pub presence: Presence,
    /// Receptions assigned and open (DIV-3).
    pub load: u32,
    /// Of those, how many count in each of `settings.groups`, by its place there.
    pub group_loads: Vec<u32>,
    pub unanswered: u32,
    /// Weighted time after its last reception: see [`Rank`].
    pub finish: u128,
    /// The number of its last reception, counted over the shop.
    pub received: u64,
    /// Receptions not answered in time, in a row (DIV-7).
    pub misses: u32,
}

impl Desk {
    /// An agent nobody has seen online yet.
    pub fn new(settings: AgentSettings, post: Post) -> Desk {
        let group_loads = vec![0; settings.groups.len()];
        Desk { settings, post, presence: Presence::Offline, load: 0, group_loads, unanswered: 0, finish: 0, received: 0, misses: 0 }
    }

    /// The place of `group` in this agent's list.
    pub fn group_index(&self, group: GroupNo) -> Option<usize> {
        self.settings.groups.iter().position(|(g, _)| *g == group)
    }

    /// Online, not suspended, enabled: somebody is at this desk.
    pub fn staffed(&self) -> bool {
        self.settings.enabled && self.presence == Presence::Online
    }

    /// Staffed, and asked by rules.
    pub fn asked_by_rules(&self) -> bool {
        self.staffed() && self.settings.weight > 0
    }

    /// At its own capacity (DIV-4).
    pub fn full(&self) -> bool {
        self.load >= self.settings.capacity
    }

    /// At its own limit in the group at `index` of its list.
    pub fn full_in(&self, index: usize) -> bool {
        self.settings.groups[index].1.is_some_and(|limit| self.group_loads[index] >= limit)
    }

    /// Why it serves nobody, whatever its presence; None: it may.
    pub fn barred(&self) -> Option<Exclusion> {
        (!self.settings.enabled).then(|| self.post.barred.unwrap_or(Exclusion::Disabled))
    }

    /// Why it may not receive by rule, groups aside; None: it may.
    pub fn excluded(&self) -> Option<Exclusion> {
        match self.presence {
            _ if !self.settings.enabled => self.barred(),
            Presence::Offline => Some(Exclusion::Offline),
            Presence::Suspended => Some(Exclusion::Suspended),
            Presence::Online if self.settings.weight == 0 => Some(Exclusion::WeightZero),
            Presence::Online if self.full() => Some(Exclusion::Full),
            Presence::Online => None,
        }
    }

    /// More unanswered than the shop calls busy.
    pub fn busy(&self, busy_above: u32) -> bool {
        self.unanswered > busy_above
    }

    /// Its place in the order of those who are asked.
    pub fn rank(&self, agent: AgentNo, strategy: Strategy, busy_above: u32) -> Rank {
        Rank {
            strategy,
            busy: self.busy(busy_above),
            load: self.load,
            weight: self.settings.weight,
            finish: self.finish,
            received: self.received,
            agent,
        }
    }
}

/// A group with its members and its load.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDesk {
    pub settings: Group,
    pub members: BTreeSet<AgentNo>,
    /// Members asked by rules.
    pub staffed: u32,
    pub load: u32,
    /// Members who may receive, the group's own limit aside; the first is asked first.
    pub ranks: BTreeSet<Rank>,
}

impl GroupDesk {
    /// A group without members.
    pub fn new(settings: Group) -> GroupDesk {
        GroupDesk { settings, members: BTreeSet::new(), staffed: 0, load: 0, ranks: BTreeSet::new() }
    }

    /// At its own limit (DIV-4).
    pub fn full(&self) -> bool {
        self.settings.capacity.is_some_and(|limit| self.load >= limit)
    }
}
