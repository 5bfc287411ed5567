//! What must be true of a dispatcher, told a second time and more simply: who has what, who waits, who could serve whom.
//!
//! It learns from what the dispatcher is told and from what it decides, never from its state.

use fenliu::domain::dispatcher::{Command, Roster};
use fenliu::domain::diversion::{Group, Rules, Target};
use fenliu::domain::event::{AgentSettings, Arrival, Presence};
use fenliu::domain::explain::{Explanation, Step};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
struct Kept {
    arrival: Arrival,
    /// When the reception really opened, whatever the dispatcher was told.
    arrived: Millis,
    owner: Option<AgentNo>,
    counted_in: Option<GroupNo>,
    /// When the dispatcher last looked for somebody.
    looked: Millis,
}

#[derive(Clone, Default)]
pub struct Model {
    rules: Rules,
    groups: BTreeMap<GroupNo, Group>,
    agents: BTreeMap<AgentNo, (AgentSettings, Presence)>,
    kept: BTreeMap<ConversationId, Kept>,
    /// Decisions checked, by what kind they were: a test that never meets a case shows nothing about it.
    pub met: BTreeMap<&'static str, u64>,
}

impl Model {
    /// The dispatcher was told.
    pub fn hear(&mut self, command: &Command) {
        match command {
            Command::Present { agent, presence } => {
                if let Some(known) = self.agents.get_mut(agent) {
                    known.1 = *presence;
                }
            }
            Command::Staff { agent, settings } => {
                let known = self.agents.entry(*agent).or_insert((settings.clone(), Presence::Offline));
                known.0 = settings.clone();
            }
            Command::Group { group, settings } => drop(self.groups.insert(*group, settings.clone())),
            Command::Rules { rules, .. } => self.rules = rules.clone(),
            Command::Closed { conversation, reception } => {
                self.kept.retain(|id, k| id != conversation || k.arrival.reception != *reception);
            }
            Command::Unanswered { conversation, reception, unanswered } => {
                if let Some(kept) = self.kept.get_mut(conversation).filter(|k| k.arrival.reception == *reception) {
                    kept.arrival.unanswered = *unanswered;
                }
            }
            _ => {}
        }
    }

    fn load(&self, agent: AgentNo) -> u32 {
        self.kept.values().filter(|k| k.owner == Some(agent)).count() as u32
    }

    fn in_group(&self, group: GroupNo, agent: Option<AgentNo>) -> u32 {
        self.kept.values().filter(|k| k.counted_in == Some(group) && (agent.is_none() || k.owner == agent)).count() as u32
    }

    fn member(&self, agent: AgentNo, group: GroupNo) -> Option<Option<u32>> {
        self.agents.get(&agent)?.0.groups.iter().find(|(g, _)| *g == group).map(|(_, limit)| *limit)
    }

    fn room(&self, agent: AgentNo) -> bool {
        self.agents.get(&agent).is_some_and(|(settings, _)| self.load(agent) < settings.capacity)
    }

    fn room_in(&self, agent: AgentNo, group: GroupNo) -> bool {
        let whole = self.groups.get(&group).is_some_and(|g| g.capacity.is_none_or(|c| self.in_group(group, None) < c));
        whole && self.member(agent, group).is_some_and(|limit| limit.is_none_or(|c| self.in_group(group, Some(agent)) < c))
    }

    fn online(&self, agent: AgentNo) -> bool {
        self.agents.get(&agent).is_some_and(|(settings, presence)| settings.enabled && *presence == Presence::Online)
    }

    fn receivable(&self, agent: AgentNo, group: Option<GroupNo>) -> bool {
        self.online(agent) && self.agents[&agent].0.weight > 0 && self.room(agent) && group.is_none_or(|g| self.room_in(agent, g))
    }

    fn anybody(&self, may: impl Fn(AgentNo) -> bool) -> bool {
        self.agents.keys().any(|agent| may(*agent))
    }

    /// Whether somebody could be given this reception at `now`.
    fn servable(&self, kept: &Kept, now: Millis) -> bool {
        let arrival = &kept.arrival;
        if let (None, Some((agent, at))) = (arrival.group, arrival.recent)
            && let Some((settings, presence)) = self.agents.get(&agent)
            && settings.enabled
            && *presence != Presence::Offline
        {
            let room = !self.rules.recent_obeys_capacity || self.room(agent);
            let age = now.since(at);
            let colleague = || self.anybody(|a| self.receivable(a, None));
            if age <= self.rules.recent_any_ms {
                if room {
                    return true;
                }
            } else if age <= self.rules.recent_online_ms && (*presence == Presence::Online && room || colleague()) {
                return true;
            }
        }
        let in_groups = |groups: &[GroupNo], may: &dyn Fn(AgentNo, GroupNo) -> bool| {
            groups.iter().any(|g| self.groups.contains_key(g) && self.anybody(|a| self.member(a, *g).is_some() && may(a, *g)))
        };
        let (staffed, free) = (|a: AgentNo, _: GroupNo| self.online(a), |a: AgentNo, g: GroupNo| self.receivable(a, Some(g)));
        if !self.anybody(|a| self.online(a)) {
            return false;
        }
        if let Some(group) = arrival.group {
            return in_groups(&[group], &free);
        }
        for rule in self.rules.rules.iter().filter(|r| r.entry.as_ref().is_none_or(|e| *e == arrival.entry)) {
            match &rule.target {
                Target::Groups(groups) if in_groups(groups, &staffed) => return in_groups(groups, &free),
                Target::Agents(agents) if agents.iter().any(|a| self.online(*a)) => {
                    return agents.iter().any(|a| self.receivable(*a, None));
                }
                _ => {}
            }
        }
        match self.rules.fallback_group {
            Some(group) if in_groups(&[group], &staffed) => in_groups(&[group], &free),
            _ => self.anybody(|a| self.receivable(a, None)),
        }
    }

    /// The first who waits although somebody could serve; of those before `than`, where given.
    fn overlooked(&self, than: Option<(Millis, ConversationId)>) -> Option<String> {
        let waiting = self.kept.iter().filter(|(id, k)| k.owner.is_none() && than.is_none_or(|t| (k.arrived, **id) < t));
        waiting.filter(|(_, k)| self.servable(k, k.looked)).map(|(_, k)| format!("{k:?} waits, but could be served")).next()
    }

    fn count(&mut self, why: &Explanation) {
        let suspended = why.chosen.is_some_and(|a| self.agents[&a].1 == Presence::Suspended);
        let kind = match (&why.step, why.chosen) {
            (Step::ShopGate, _) => "shop gate",
            (Step::RecentContact { substitute: true, .. }, _) => "colleague of the recent contact",
            (Step::RecentContact { .. }, _) if suspended => "suspended recent contact",
            (Step::RecentContact { .. }, _) => "recent contact",
            (Step::Transferred { over_capacity: true, .. }, _) => "passed over capacity",
            (Step::Transferred { .. }, Some(_)) => "passed",
            (_, None) => "queued",
            (Step::PassedToGroup { .. }, _) => "passed to a group earlier",
            (Step::Rule { .. }, _) => "rule",
            (Step::FallbackGroup { .. }, _) => "fallback group",
            _ => "any agent",
        };
        *self.met.entry(kind).or_default() += 1;
        *self.met.entry("had waited").or_default() += u64::from(why.waited);
        let absent = why.from.is_some() && !matches!(why.step, Step::Transferred { .. });
        *self.met.entry("taken from an absent agent").or_default() += u64::from(absent);
    }

    /// One decision was made: all of its assignments, at once. `all_looked_at`: everybody who waits was looked at.
    pub fn routed(
        &mut self,
        routed: &[(Arrival, Explanation)],
        all_looked_at: bool,
        true_arrival: impl Fn(&Arrival) -> Millis,
        now: Millis,
    ) -> Result<(), String> {
        let moved = |why: &Explanation| why.from.is_some() && !matches!(why.step, Step::Transferred { .. });
        for (arrival, why) in routed.iter().filter(|(_, why)| moved(why)) {
            if self.kept.remove(&arrival.conversation).is_none_or(|k| k.owner != why.from) {
                return Err(format!("{arrival:?} was not with {:?}", why.from));
            }
        }
        if all_looked_at || routed.iter().any(|(_, why)| moved(why)) {
            self.kept.values_mut().for_each(|k| k.looked = now);
        }
        for (arrival, why) in routed {
            let before = self.kept.remove(&arrival.conversation);
            let arrived = true_arrival(arrival);
            self.count(why);
            if let Some(agent) = why.chosen {
                self.allowed(arrival, why, agent)?;
                if !matches!(why.step, Step::Transferred { .. })
                    && let Some(older) = self.overlooked(Some((arrived, arrival.conversation)))
                {
                    return Err(format!("{arrival:?} was given to {agent:?} before an older one: {older}"));
                }
            }
            let unanswered = before.map_or(arrival.unanswered, |k| k.arrival.unanswered);
            if arrival.unanswered != unanswered {
                return Err(format!("{arrival:?} should be unanswered: {unanswered}"));
            }
            let counted_in = why.chosen.and(why.group);
            self.kept.insert(arrival.conversation, Kept { arrival: arrival.clone(), arrived, owner: why.chosen, counted_in, looked: now });
        }
        Ok(())
    }

    /// DIV-4 and DIV-1: may `agent` be given this?
    fn allowed(&self, arrival: &Arrival, why: &Explanation, agent: AgentNo) -> Result<(), String> {
        let bad = |what: &str| Err(format!("{what}: {arrival:?} to {agent:?} by {:?}, load {}", why.step, self.load(agent)));
        let Some((settings, presence)) = self.agents.get(&agent) else { return bad("unknown agent") };
        if let (Step::Transferred { over_capacity, .. }, None) = (&why.step, why.group) {
            return if *over_capacity == self.room(agent) { bad("over capacity is not told truly") } else { Ok(()) };
        }
        let recent = matches!(why.step, Step::RecentContact { substitute: false, .. });
        let suspended_may = recent && arrival.recent.is_some_and(|(a, at)| a == agent && why.at.since(at) <= self.rules.recent_any_ms);
        if !settings.enabled || *presence == Presence::Offline || *presence == Presence::Suspended && !suspended_may {
            return bad("not receivable");
        }
        if !self.room(agent) && (!recent || self.rules.recent_obeys_capacity) {
            return bad("over the agent's capacity");
        }
        if why.group.is_some_and(|g| !self.room_in(agent, g)) {
            return bad("over a capacity in the group");
        }
        if settings.weight == 0 && !recent { bad("weight 0") } else { Ok(()) }
    }

    /// A turn is over: nothing waits that could be served, and the dispatcher's own view is this one.
    pub fn agrees(&self, roster: &Roster) -> Result<(), String> {
        if let Some(waits) = self.overlooked(None) {
            return Err(waits);
        }
        for (agent, seat) in &roster.agents {
            let unanswered = self.kept.values().filter(|k| k.owner == Some(*agent) && k.arrival.unanswered).count() as u32;
            if (seat.load, seat.unanswered) != (self.load(*agent), unanswered) {
                return Err(format!("{agent:?} has load {} and {unanswered} unanswered, the dispatcher says {seat:?}", self.load(*agent)));
            }
            if let Some((group, load)) = seat.group_loads.iter().find(|(g, load)| **load != self.in_group(**g, Some(*agent))) {
                return Err(format!("{agent:?} has {} in {group:?}, the dispatcher says {load}", self.in_group(*group, Some(*agent))));
            }
        }
        if let Some((group, load)) = roster.group_loads.iter().find(|(g, load)| **load != self.in_group(**g, None)) {
            return Err(format!("{group:?} has {}, the dispatcher says {load}", self.in_group(*group, None)));
        }
        let kept = self.kept.iter().map(|(id, k)| (*id, (k.arrival.reception, k.owner, k.counted_in)));
        if !kept.eq(roster.receptions.iter().map(|(id, r)| (*id, *r))) {
            return Err(format!("receptions: {:?}, the dispatcher says {:?}", self.kept, roster.receptions));
        }
        let mut queue: Vec<ConversationId> = self.kept.iter().filter(|(_, k)| k.owner.is_none()).map(|(id, _)| *id).collect();
        let mut told: Vec<ConversationId> = roster.queue.iter().map(|(_, id)| *id).collect();
        queue.sort();
        told.sort();
        if queue != told { Err(format!("{queue:?} wait, the dispatcher says {told:?}")) } else { Ok(()) }
    }
}
