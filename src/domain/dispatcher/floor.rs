//! The floor: who is at work, who has how much, and who is asked first.
//!
//! Loads change here and nowhere else, so a capacity is checked against what is true (DIV-4). Knows nothing of receptions but
//! their number. Cheap to copy: a decision about many receptions is made on a copy and then applied to the original.
//!
//! Invariant: an agent stands in `ranks`, and in its groups', exactly while it may receive by rule.

use super::desk::{Desk, GroupDesk};
use super::rank::{Rank, UNIT};
use crate::domain::diversion::{Group, Strategy};
use crate::domain::event::{AgentSettings, Post, Presence};
use crate::domain::explain::Exclusion;
use crate::domain::id::{AgentNo, GroupNo};
use std::collections::{BTreeMap, BTreeSet};

/// Who may serve a reception.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Within<'a> {
    Groups(&'a [GroupNo]),
    Agents(&'a [AgentNo]),
    Everyone,
}

/// Who is chosen, and the group in which the reception will count.
pub type Choice = (AgentNo, Option<GroupNo>);

/// See the module.
#[derive(Clone, Debug)]
pub struct Floor {
    /// By number: agent n is at n − 1.
    agents: Vec<Option<Desk>>,
    groups: BTreeMap<GroupNo, GroupDesk>,
    /// Everybody who may receive by rule.
    ranks: BTreeSet<Rank>,
    strategy: Strategy,
    busy_above: u32,
    /// Agents online, enabled and not suspended.
    online: u32,
    /// Of those, whom rules ask.
    asked: u32,
    accounts: u32,
    /// Where the last receiver began, in weighted time.
    served: u128,
    /// Assignments so far.
    received: u64,
}

impl Default for Floor {
    fn default() -> Self {
        Floor {
            agents: Vec::new(),
            groups: BTreeMap::new(),
            ranks: BTreeSet::new(),
            strategy: Strategy::WeightedLeastLoad,
            busy_above: 4,
            online: 0,
            asked: 0,
            accounts: 0,
            served: 0,
            received: 0,
        }
    }
}

impl Floor {
    /// The desk of an agent that exists.
    pub fn desk(&self, agent: AgentNo) -> Option<&Desk> {
        self.agents.get((agent.0 as usize).checked_sub(1)?)?.as_ref()
    }

    /// All agents, by number.
    pub fn desks(&self) -> impl Iterator<Item = (AgentNo, &Desk)> {
        self.agents.iter().enumerate().filter_map(|(i, d)| Some((AgentNo(i as u32 + 1), d.as_ref()?)))
    }

    pub fn group(&self, group: GroupNo) -> Option<&GroupDesk> {
        self.groups.get(&group)
    }

    /// All groups, by number.
    pub fn groups(&self) -> impl Iterator<Item = (GroupNo, &GroupDesk)> {
        self.groups.iter().map(|(group, desk)| (*group, desk))
    }

    /// Agents online, enabled and not suspended.
    pub fn online(&self) -> u32 {
        self.online
    }

    /// The highest number of an agent.
    pub fn highest_number(&self) -> u32 {
        self.agents.len() as u32
    }

    /// How many agents there are.
    pub fn accounts(&self) -> u32 {
        self.accounts
    }

    /// Whether somebody may receive by rule at all.
    pub fn anybody_free(&self) -> bool {
        !self.ranks.is_empty()
    }

    /// More unanswered than the shop calls busy.
    pub fn busy(&self, desk: &Desk) -> bool {
        desk.busy(self.busy_above)
    }

    /// Whether somebody whom rules ask is there, room aside.
    pub fn staffed(&self, within: Within) -> bool {
        match within {
            Within::Everyone => self.asked > 0,
            Within::Agents(agents) => agents.iter().any(|a| self.desk(*a).is_some_and(Desk::asked_by_rules)),
            Within::Groups(groups) => groups.iter().any(|g| self.groups.get(g).is_some_and(|g| g.staffed > 0)),
        }
    }

    /// Why this agent may not receive by rule in this group; None: it may.
    pub fn excluded(&self, desk: &Desk, group: Option<GroupNo>) -> Option<Exclusion> {
        if let Some(exclusion) = desk.excluded() {
            return Some(exclusion);
        }
        let group = group?;
        match (desk.group_index(group), self.groups.get(&group)) {
            (Some(index), _) if desk.full_in(index) => Some(Exclusion::FullInGroup),
            (Some(_), Some(known)) if known.full() => Some(Exclusion::GroupFull),
            (Some(_), Some(_)) => None,
            _ => Some(Exclusion::OutOfScope),
        }
    }

    /// The best agent who may receive by rule, those in `but` apart (DIV-3).
    pub fn pick(&self, within: Within, but: &[AgentNo]) -> Option<Choice> {
        let first = |ranks: &BTreeSet<Rank>| ranks.iter().find(|rank| !but.contains(&rank.agent)).copied();
        match within {
            Within::Everyone => first(&self.ranks).map(|rank| (rank.agent, None)),
            Within::Groups(groups) => {
                let open = groups.iter().filter_map(|g| Some((*g, self.groups.get(g).filter(|desk| !desk.full())?)));
                let best = open.filter_map(|(g, desk)| Some((first(&desk.ranks)?, g))).min_by(|a, b| a.0.cmp(&b.0));
                best.map(|(rank, group)| (rank.agent, Some(group)))
            }
            Within::Agents(agents) => {
                let free = |a: &AgentNo| {
                    let desk = self.desk(*a).filter(|d| d.excluded().is_none() && !but.contains(a))?;
                    Some(desk.rank(*a, self.strategy, self.busy_above))
                };
                agents.iter().filter_map(free).min().map(|rank| (rank.agent, None))
            }
        }
    }

    /// Changes one desk, and its places in the orders with it.
    fn change(&mut self, agent: AgentNo, change: impl FnOnce(&mut Desk)) {
        let Some(desk) = (agent.0 as usize).checked_sub(1).and_then(|i| self.agents.get_mut(i)?.as_mut()) else { return };
        let (strategy, busy_above) = (self.strategy, self.busy_above);
        let place = |desk: &Desk| {
            let free = desk.excluded().is_none();
            (free, desk.staffed(), desk.asked_by_rules(), desk.rank(agent, strategy, busy_above))
        };
        let before = place(desk);
        let in_groups = |desk: &Desk, index: usize| desk.excluded().is_none() && !desk.full_in(index);
        // Group places are few: one desk seldom belongs to more than two or three.
        let places: smallvec::SmallVec<[(GroupNo, bool); 4]> =
            desk.settings.groups.iter().enumerate().map(|(i, (g, _))| (*g, in_groups(desk, i))).collect();
        change(desk);
        let after = place(desk);
        self.online = self.online + u32::from(after.1) - u32::from(before.1);
        self.asked = self.asked + u32::from(after.2) - u32::from(before.2);
        if (before.0, before.3) != (after.0, after.3) {
            if before.0 {
                self.ranks.remove(&before.3);
            }
            if after.0 {
                self.ranks.insert(after.3);
            }
        }
        for (index, (group, was)) in places.into_iter().enumerate() {
            let Some(known) = self.groups.get_mut(&group) else { continue };
            known.staffed = known.staffed + u32::from(after.2) - u32::from(before.2);
            let is = in_groups(desk, index);
            if (was, before.3) != (is, after.3) {
                if was {
                    known.ranks.remove(&before.3);
                }
                if is {
                    known.ranks.insert(after.3);
                }
            }
        }
    }

    /// One reception goes to `agent`, counted in `group`.
    pub fn give(&mut self, agent: AgentNo, group: Option<GroupNo>, unanswered: bool) {
        self.received += 1;
        let (received, served) = (self.received, self.served);
        let mut began = served;
        self.change(agent, |desk| {
            desk.load += 1;
            desk.unanswered += u32::from(unanswered);
            desk.received = received;
            began = desk.finish.max(served);
            desk.finish = began + UNIT / u128::from(desk.settings.weight.max(1));
            if let Some(index) = group.and_then(|g| desk.group_index(g)) {
                desk.group_loads[index] += 1;
            }
        });
        self.served = began;
        if let Some(known) = group.and_then(|g| self.groups.get_mut(&g)) {
            known.load += 1;
        }
    }

    /// One reception leaves `agent`.
    pub fn take(&mut self, agent: AgentNo, group: Option<GroupNo>, unanswered: bool) {
        self.change(agent, |desk| {
            desk.load = desk.load.saturating_sub(1);
            desk.unanswered = desk.unanswered.saturating_sub(u32::from(unanswered));
            if let Some(index) = group.and_then(|g| desk.group_index(g)) {
                desk.group_loads[index] = desk.group_loads[index].saturating_sub(1);
            }
        });
        if let Some(known) = group.and_then(|g| self.groups.get_mut(&g)) {
            known.load = known.load.saturating_sub(1);
        }
    }

    /// A round of one of its receptions began or ended.
    pub fn round(&mut self, agent: AgentNo, was: bool, is: bool) {
        self.change(agent, |desk| desk.unanswered = (desk.unanswered + u32::from(is)).saturating_sub(u32::from(was)));
    }

    /// Who answers has missed nothing in a row.
    pub fn answered(&mut self, agent: AgentNo) {
        self.change(agent, |desk| desk.misses = 0);
    }

    /// It did not answer in time; how often in a row now.
    pub fn missed(&mut self, agent: AgentNo) {
        self.change(agent, |desk| desk.misses += 1);
    }

    pub fn set_presence(&mut self, agent: AgentNo, presence: Presence) {
        self.change(agent, |desk| {
            // Who resumes begins anew; a broken connection forgives nothing.
            if (desk.presence, presence) == (Presence::Suspended, Presence::Online) {
                desk.misses = 0;
            }
            desk.presence = presence;
        });
    }

    /// `group_loads`: what of its load counts in each of the new groups.
    pub fn set_staff(&mut self, agent: AgentNo, settings: AgentSettings, post: Post, group_loads: Vec<u32>) {
        let Some(index) = (agent.0 as usize).checked_sub(1) else { return };
        if self.agents.len() <= index {
            self.agents.resize(index + 1, None);
        }
        let presence = self.agents[index].as_ref().map(|d| d.presence);
        // Off the floor with the old groups, on it again with the new.
        self.change(agent, |desk| desk.presence = Presence::Offline);
        for group in self.groups.values_mut() {
            group.members.remove(&agent);
        }
        let mut desk = self.agents[index].take().unwrap_or_else(|| {
            self.accounts += 1;
            Desk::new(settings.clone(), post)
        });
        (desk.settings, desk.post, desk.group_loads) = (settings, post, group_loads);
        for (group, _) in &desk.settings.groups {
            if let Some(known) = self.groups.get_mut(group) {
                known.members.insert(agent);
            }
        }
        self.agents[index] = Some(desk);
        if let Some(presence) = presence {
            self.change(agent, |desk| desk.presence = presence);
        }
    }

    pub fn set_group(&mut self, group: GroupNo, settings: Group) {
        if let Some(known) = self.groups.get_mut(&group) {
            known.settings = settings;
            return;
        }
        let mut desk = GroupDesk::new(settings);
        for (agent, member) in self.desks().filter(|(_, d)| d.group_index(group).is_some()) {
            desk.members.insert(agent);
            desk.staffed += u32::from(member.asked_by_rules());
            if self.excluded(member, None).is_none() && !member.group_index(group).is_some_and(|i| member.full_in(i)) {
                desk.ranks.insert(member.rank(agent, self.strategy, self.busy_above));
            }
        }
        self.groups.insert(group, desk);
    }

    /// How one is picked from now on.
    pub fn set_order(&mut self, strategy: Strategy, busy_above: u32) {
        if (self.strategy, self.busy_above) == (strategy, busy_above) {
            return;
        }
        (self.strategy, self.busy_above) = (strategy, busy_above);
        let rank = |agents: &[Option<Desk>], old: &Rank| {
            let desk = agents[old.agent.0 as usize - 1].as_ref().expect("ranked agents exist");
            desk.rank(old.agent, strategy, busy_above)
        };
        self.ranks = self.ranks.iter().map(|old| rank(&self.agents, old)).collect();
        for group in self.groups.values_mut() {
            group.ranks = group.ranks.iter().map(|old| rank(&self.agents, old)).collect();
        }
    }
}
