//! A decision being made: the roster as it is, plus what this very decision has already given out.
//!
//! One command may assign many receptions (a drained queue), and `decide` only reads, so the loads that change on the way
//! are kept here. This is what makes "check the load, then assign" one step (DIV-4).

use super::Dispatcher;
use super::desk::Desk;
use crate::domain::diversion::Target;
use crate::domain::event::{Arrival, Presence};
use crate::domain::explain::{Exclusion, Explanation, Seen, Step};
use crate::domain::id::{AgentNo, GroupNo, Millis};
use crate::limits::EXPLAINED_AGENTS_MAX;
use std::collections::HashMap;

/// Who may serve a reception.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Within<'a> {
    Groups(&'a [GroupNo]),
    Agents(&'a [AgentNo]),
    Everyone,
}

/// Which step applies, and within whom it picks.
type Applies<'a> = (Step, Within<'a>);

/// What one agent has received in this very decision.
#[derive(Default)]
struct Given {
    receptions: u32,
    unanswered: u32,
    /// Its place in the order of "received least recently".
    order: u64,
}

/// See the module.
pub struct Plan<'a> {
    of: &'a Dispatcher,
    given: HashMap<AgentNo, Given>,
    in_group: HashMap<GroupNo, u32>,
    in_agent_group: HashMap<(AgentNo, GroupNo), u32>,
    /// Receptions that left an agent in this very decision, so that their place is free again.
    left: HashMap<AgentNo, u32>,
    left_group: HashMap<GroupNo, u32>,
    order: u64,
}

impl<'a> Plan<'a> {
    /// Nothing given out yet.
    pub fn new(of: &'a Dispatcher) -> Plan<'a> {
        Plan {
            of,
            given: HashMap::new(),
            in_group: HashMap::new(),
            in_agent_group: HashMap::new(),
            left: HashMap::new(),
            left_group: HashMap::new(),
            order: of.received,
        }
    }

    fn load(&self, agent: AgentNo, desk: &Desk) -> u32 {
        let given = self.given.get(&agent).map_or(0, |g| g.receptions);
        (desk.load() + given).saturating_sub(self.left.get(&agent).copied().unwrap_or(0))
    }

    /// One reception leaves `agent`, and the group in which it counts.
    pub fn leave(&mut self, agent: AgentNo, group: Option<GroupNo>) {
        *self.left.entry(agent).or_default() += 1;
        if let Some(group) = group {
            *self.left_group.entry(group).or_default() += 1;
        }
    }

    /// One reception goes to `agent`, counted in `group`.
    pub fn give(&mut self, agent: AgentNo, group: Option<GroupNo>, unanswered: bool) {
        self.order += 1;
        let given = self.given.entry(agent).or_default();
        given.receptions += 1;
        given.unanswered += u32::from(unanswered);
        given.order = self.order;
        if let Some(group) = group {
            *self.in_group.entry(group).or_default() += 1;
            *self.in_agent_group.entry((agent, group)).or_default() += 1;
        }
    }

    /// DIV-4 for the group: both the group's own limit and the agent's limit in it.
    fn group_full(&self, agent: AgentNo, desk: &Desk, group: GroupNo) -> bool {
        let Some(desk_of_group) = self.of.groups.get(&group) else { return true };
        let given = self.in_group.get(&group).copied().unwrap_or(0);
        let in_group = (desk_of_group.load + given).saturating_sub(self.left_group.get(&group).copied().unwrap_or(0));
        if desk_of_group.settings.capacity.is_some_and(|c| in_group >= c) {
            return true;
        }
        let Some(index) = desk.group_index(group) else { return true };
        let here = desk.group_loads[index] + self.in_agent_group.get(&(agent, group)).copied().unwrap_or(0);
        desk.settings.groups[index].1.is_some_and(|c| here >= c)
    }

    /// DIV-4 for the agent.
    pub fn full(&self, agent: AgentNo, desk: &Desk) -> bool {
        self.load(agent, desk) >= desk.settings.capacity
    }

    /// Why this agent may not receive now by rule; None: it may.
    fn excluded(&self, agent: AgentNo, desk: &Desk, group: Option<GroupNo>) -> Option<Exclusion> {
        if !desk.settings.enabled {
            return Some(Exclusion::Disabled);
        }
        match desk.presence {
            Presence::Offline => return Some(Exclusion::Offline),
            Presence::Suspended => return Some(Exclusion::Suspended),
            Presence::Online => {}
        }
        if self.full(agent, desk) || group.is_some_and(|g| self.group_full(agent, desk, g)) {
            return Some(Exclusion::Full);
        }
        (desk.settings.weight == 0).then_some(Exclusion::WeightZero)
    }

    /// Weighted least-load (DIV-3): not busy before busy, lowest load ÷ weight, then who received least recently.
    fn better(&self, a: (AgentNo, &Desk), b: (AgentNo, &Desk)) -> bool {
        let order = |(agent, desk): (AgentNo, &Desk)| self.given.get(&agent).map_or(desk.received, |g| g.order);
        let cross = |x: (AgentNo, &Desk), y: (AgentNo, &Desk)| u64::from(self.load(x.0, x.1)) * u64::from(y.1.settings.weight);
        (self.busy(a.0, a.1), cross(a, b), order(a)) < (self.busy(b.0, b.1), cross(b, a), order(b))
    }

    fn busy(&self, agent: AgentNo, desk: &Desk) -> bool {
        desk.unanswered + self.given.get(&agent).map_or(0, |g| g.unanswered) > self.of.rules.busy_above
    }

    /// The best receivable agent, and the group in which the reception will count.
    pub fn pick(&self, within: Within<'a>) -> Option<(AgentNo, Option<GroupNo>)> {
        self.pick_but(within, None)
    }

    /// As [`Plan::pick`], and not `but`: who passes a buyer on to a group means a colleague.
    pub fn pick_but(&self, within: Within<'a>, but: Option<AgentNo>) -> Option<(AgentNo, Option<GroupNo>)> {
        let mut best: Option<(AgentNo, &Desk, Option<GroupNo>)> = None;
        let mut consider = |agent: AgentNo, desk: &'a Desk, group: Option<GroupNo>| {
            if Some(agent) != but
                && self.excluded(agent, desk, group).is_none()
                && best.is_none_or(|(a, d, _)| self.better((agent, desk), (a, d)))
            {
                best = Some((agent, desk, group));
            }
        };
        match within {
            Within::Everyone => self.of.desks().for_each(|(agent, desk)| consider(agent, desk, None)),
            Within::Agents(agents) => {
                agents.iter().filter_map(|a| Some((*a, self.of.desk(*a)?))).for_each(|(agent, desk)| consider(agent, desk, None));
            }
            Within::Groups(groups) => {
                for group in groups {
                    for agent in self.of.groups.get(group).into_iter().flat_map(|g| &g.members) {
                        if let Some(desk) = self.of.desk(*agent) {
                            consider(*agent, desk, Some(*group));
                        }
                    }
                }
            }
        }
        best.map(|(agent, _, group)| (agent, group))
    }

    /// DIV-1.2. None: the rule does not apply.
    pub fn recent(&self, arrival: &Arrival, now: Millis) -> Option<(Step, AgentNo, Option<GroupNo>)> {
        let (agent, at) = arrival.recent?;
        let desk = self.of.desk(agent).filter(|d| d.settings.enabled && d.presence != Presence::Offline)?;
        let age_ms = now.since(at);
        let rules = &self.of.rules;
        let has_room = !rules.recent_obeys_capacity || !self.full(agent, desk);
        let step = |substitute| Step::RecentContact { agent, age_ms, substitute };
        if age_ms <= rules.recent_any_ms {
            return has_room.then(|| (step(false), agent, None));
        }
        if age_ms > rules.recent_online_ms {
            return None;
        }
        if desk.presence == Presence::Online && has_room {
            return Some((step(false), agent, None));
        }
        let same_group = desk.settings.groups.iter().find_map(|(g, _)| {
            let members = &self.of.groups.get(g)?.members;
            let receivable = |a: &&AgentNo| self.of.desk(**a).is_some_and(|d| self.excluded(**a, d, Some(*g)).is_none());
            members.iter().filter(receivable).min_by(|a, b| self.compare(**a, **b)).map(|a| (*a, Some(*g)))
        });
        let (colleague, group) = same_group.or_else(|| self.pick(Within::Everyone))?;
        Some((step(true), colleague, group))
    }

    fn compare(&self, a: AgentNo, b: AgentNo) -> std::cmp::Ordering {
        match (self.of.desk(a), self.of.desk(b)) {
            (Some(x), Some(y)) if self.better((a, x), (b, y)) => std::cmp::Ordering::Less,
            (Some(x), Some(y)) if self.better((b, y), (a, x)) => std::cmp::Ordering::Greater,
            _ => std::cmp::Ordering::Equal,
        }
    }

    /// DIV-1.5 and 6: the step that applies to this arrival, capacity aside. A rule none of whose agents is online does not
    /// apply: a buyer must not wait for an empty desk while others could serve.
    pub fn applies(&self, arrival: &Arrival) -> Applies<'a> {
        if let Some(group) = &arrival.group {
            let kept = self.of.groups.get_key_value(group).map(|(g, _)| std::slice::from_ref(g));
            if let Some(groups) = kept {
                return (Step::PassedToGroup { group: *group }, Within::Groups(groups));
            }
        }
        let rules = &self.of.rules;
        for (index, rule) in rules.rules.iter().enumerate() {
            if rule.entry.as_ref().is_some_and(|e| *e != arrival.entry) {
                continue;
            }
            let within = match &rule.target {
                Target::Groups(groups) => Within::Groups(groups),
                Target::Agents(agents) => Within::Agents(agents),
            };
            if self.anyone_online(within) {
                return (Step::Rule { index: index as u32, name: rule.name.clone(), version: self.of.rules_version }, within);
            }
        }
        if let Some(group) = &rules.fallback_group
            && self.anyone_online(Within::Groups(std::slice::from_ref(group)))
        {
            return (Step::FallbackGroup { group: *group }, Within::Groups(std::slice::from_ref(group)));
        }
        (Step::AnyAgent, Within::Everyone)
    }

    fn anyone_online(&self, within: Within<'a>) -> bool {
        let online = |agent: &AgentNo| self.of.desk(*agent).is_some_and(|d| d.presence == Presence::Online && d.settings.enabled);
        match within {
            Within::Everyone => self.of.online > 0,
            Within::Agents(agents) => agents.iter().any(online),
            Within::Groups(groups) => groups.iter().filter_map(|g| self.of.groups.get(g)).any(|g| g.members.iter().any(online)),
        }
    }

    /// DIV-1 for one reception, explained. Gives out the place it chose.
    pub fn place(&mut self, arrival: &Arrival, from: Option<AgentNo>, waited: bool, now: Millis) -> Explanation {
        let (step, within, choice) = match self.recent(arrival, now).filter(|_| arrival.group.is_none()) {
            Some((step, agent, group)) => (step, Within::Everyone, Some((agent, group))),
            None if self.of.online == 0 => (Step::ShopGate, Within::Everyone, None),
            None => {
                let (step, within) = self.applies(arrival);
                (step, within, self.pick(within))
            }
        };
        let why = self.explain(step, within, choice, from, waited, now);
        if let Some((agent, group)) = choice {
            self.give(agent, group, arrival.unanswered);
        }
        why
    }

    /// DIV-9: what the decision saw, the chosen first, then those in scope, then the others.
    pub fn explain(
        &self,
        step: Step,
        within: Within<'a>,
        choice: Option<(AgentNo, Option<GroupNo>)>,
        from: Option<AgentNo>,
        waited: bool,
        now: Millis,
    ) -> Explanation {
        let chosen = choice.map(|(agent, _)| agent);
        let mut seen: Vec<Seen> = Vec::new();
        let mut list = |agent: AgentNo, desk: &Desk, excluded: Option<Exclusion>| {
            if seen.len() < EXPLAINED_AGENTS_MAX && !seen.iter().any(|s| s.agent == agent) {
                let load = self.load(agent, desk);
                seen.push(Seen { agent, load, weight: desk.settings.weight, busy: self.busy(agent, desk), excluded });
            }
        };
        if let Some((agent, desk)) = chosen.and_then(|a| Some((a, self.of.desk(a)?))) {
            list(agent, desk, None);
        }
        match within {
            Within::Groups(groups) => {
                for group in groups {
                    for agent in self.of.groups.get(group).into_iter().flat_map(|g| g.members.iter()).take(EXPLAINED_AGENTS_MAX) {
                        if let Some(desk) = self.of.desk(*agent) {
                            list(*agent, desk, self.excluded(*agent, desk, Some(*group)));
                        }
                    }
                }
            }
            Within::Agents(agents) => {
                agents.iter().filter_map(|a| Some((*a, self.of.desk(*a)?))).for_each(|(a, d)| list(a, d, self.excluded(a, d, None)));
            }
            Within::Everyone => {}
        }
        for (agent, desk) in self.of.desks().take(EXPLAINED_AGENTS_MAX) {
            let out = (within != Within::Everyone).then_some(Exclusion::OutOfScope);
            list(agent, desk, out.or_else(|| self.excluded(agent, desk, None)));
        }
        let unlisted = (self.of.agents.len() - seen.len().min(self.of.agents.len())) as u32;
        let queue_len = self.of.queue.len() as u32;
        Explanation { at: now, step, from, waited, chosen, group: choice.and_then(|(_, g)| g), seen, unlisted, queue_len }
    }
}
