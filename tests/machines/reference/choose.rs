//! DIV-1 to DIV-4 for one reception: the gate, the steps, who is asked first, and what excluded the others.

use super::facts;
use super::model::{Among, Fault, Found, Model, Person};
use fenliu::domain::diversion::{Preference, Strategy, Target};
use fenliu::domain::event::{Arrival, Presence};
use fenliu::domain::explain::{Cause, Closed, Exclusion, Seen, Step};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::offline::Way;
use std::cmp::Ordering;

impl Found {
    /// Offline handling applied.
    pub fn is_offline(&self) -> bool {
        matches!(self.step, Step::Offline { .. })
    }
}

impl Model {
    /// DIV-1.1. For a time after a restart everybody may be coming back.
    pub fn gate_closed(&self) -> bool {
        self.fault != Fault::GateOpen && self.settings.gate && self.online() == 0 && self.reopening.is_none()
    }

    /// DIV-1 for one reception. `from`: whom it leaves.
    pub fn place(&self, arrival: &Arrival, from: Option<AgentNo>, now: Millis) -> Found {
        if self.gate_closed() {
            let used = arrival.group.is_none() && self.settings.preferences.contains(&Preference::RecentContact);
            let recent = if used { self.recent(arrival, now) } else { None };
            return recent.unwrap_or_else(|| self.offline(Closed::NobodyOnline, Among::Everyone, from));
        }
        let found = self.choose(arrival, now);
        // Who waits already is not one more.
        let waits = self.talk(arrival.conversation).is_some_and(|t| t.queued());
        if found.choice.is_none() && !waits && self.queue().len() >= self.settings.queue.length_max as usize {
            return self.offline(Closed::QueueFull, found.among, from);
        }
        found
    }

    /// OFF-1, never beyond a capacity (DIV-4). `among`: within whom somebody was sought before.
    pub fn offline(&self, why: Closed, among: Among, from: Option<AgentNo>) -> Found {
        let way = self.settings.offline.way;
        let named = match way {
            Way::Pool => None,
            Way::Deputy(agent) => self.person(agent),
            Way::MainAccount => self.people.iter().find(|p| p.post.main && p.settings.enabled),
        };
        let able = named.filter(|p| p.settings.enabled && (!self.full(p) || from == Some(p.no)));
        Found { step: Step::Offline { why, way }, among, choice: able.map(|p| (p.no, None)) }
    }

    /// DIV-1.2 to 6; who missed it is not asked again (DIV-7).
    pub fn choose(&self, arrival: &Arrival, now: Millis) -> Found {
        if arrival.group.is_none() {
            for preference in &self.settings.preferences {
                let found = match preference {
                    Preference::RecentContact => self.recent(arrival, now),
                    Preference::Dedicated => self.dedicated(arrival),
                };
                if let Some(found) = found {
                    return found;
                }
            }
        }
        let (step, among) = self.step(arrival, now);
        let choice = self.pick(&among, self.missed(arrival));
        Found { step, among, choice }
    }

    fn missed<'a>(&self, arrival: &'a Arrival) -> &'a [AgentNo] {
        if self.fault == Fault::MissedAskedAgain { &[] } else { &arrival.missed }
    }

    fn recent(&self, arrival: &Arrival, now: Millis) -> Option<Found> {
        let (agent, at) = arrival.recent?;
        let person = self.person(agent).filter(|p| p.settings.enabled && p.presence != Presence::Offline)?;
        let age_ms = now.0.saturating_sub(at.0);
        let rule = &self.settings.recent;
        let bound = rule.obeys_capacity && self.full(person);
        let takes = !bound && !self.missed(arrival).contains(&agent);
        let by = |choice, substitute| Found {
            step: Step::RecentContact { agent, age_ms, substitute },
            among: Among::Everyone,
            choice: Some(choice),
        };
        if age_ms <= rule.any_ms || self.fault == Fault::RecentWithoutEnd {
            return takes.then(|| by((agent, None), false));
        }
        if age_ms > rule.online_ms {
            return None;
        }
        if takes && person.presence == Presence::Online {
            return Some(by((agent, None), false));
        }
        let own = Among::Groups(person.settings.groups.iter().map(|(g, _)| *g).collect());
        let colleague = self.pick(&own, self.missed(arrival)).or_else(|| self.pick(&Among::Everyone, self.missed(arrival)));
        colleague.map(|choice| by(choice, true))
    }

    fn dedicated(&self, arrival: &Arrival) -> Option<Found> {
        let person = self.person(arrival.dedicated?)?;
        let receivable = person.at_work() && !self.full(person) && !self.missed(arrival).contains(&person.no);
        let step = Step::Dedicated { agent: person.no };
        receivable.then_some(Found { step, among: Among::Everyone, choice: Some((person.no, None)) })
    }

    /// The step after DIV-1.4 that applies: the first with somebody whom rules ask, full or not.
    pub fn step(&self, arrival: &Arrival, now: Millis) -> (Step, Among) {
        let (settings, version) = (&self.settings, self.version);
        if let Some(group) = arrival.group {
            return (Step::PassedToGroup { group }, Among::Groups(vec![group]));
        }
        if let Some((by, groups)) = facts::scope(settings, &arrival.facts, now)
            && self.fault != Fault::ScopeSkipped
            && self.staffed(&Among::Groups(groups.clone()))
        {
            return (Step::Scope { by, groups: groups.clone(), version }, Among::Groups(groups));
        }
        for (index, rule) in settings.rules.iter().enumerate() {
            let among = match &rule.target {
                Target::Groups(groups) => Among::Groups(groups.clone()),
                Target::Agents(agents) => Among::Agents(agents.clone()),
            };
            if facts::holds(settings, &rule.when, &arrival.facts, now) && self.staffed(&among) {
                return (Step::Rule { index: index as u32, name: rule.name.clone(), version }, among);
            }
        }
        if let Some(group) = settings.fallback_group
            && self.staffed(&Among::Groups(vec![group]))
        {
            return (Step::FallbackGroup { group }, Among::Groups(vec![group]));
        }
        (Step::AnyAgent, Among::Everyone)
    }

    /// Everybody looked at, each with the group in which the reception would count.
    pub fn members(&self, among: &Among) -> Vec<(&Person, Option<GroupNo>)> {
        match among {
            Among::Everyone => self.people.iter().map(|p| (p, None)).collect(),
            Among::Agents(agents) => agents.iter().filter_map(|a| Some((self.person(*a)?, None))).collect(),
            Among::Groups(groups) => {
                let belongs = |p: &Person, group: GroupNo| p.settings.groups.iter().any(|(g, _)| *g == group);
                let of = |group: GroupNo| self.people.iter().filter(move |p| belongs(p, group)).map(move |p| (p, Some(group)));
                groups.iter().flat_map(|group| of(*group)).collect()
            }
        }
    }

    /// Somebody whom rules ask is there, room aside.
    pub fn staffed(&self, among: &Among) -> bool {
        self.members(among).iter().any(|(p, _)| p.at_work() && p.settings.weight > 0)
    }

    pub fn full(&self, person: &Person) -> bool {
        self.load(person.no) >= person.settings.capacity + u32::from(self.fault == Fault::CapacityOffByOne)
    }

    /// Why somebody may not receive by rule (DIV-9).
    fn excluded(&self, person: &Person, group: Option<GroupNo>) -> Option<Exclusion> {
        let own_limit = |g| person.settings.groups.iter().find(|(own, _)| *own == g).and_then(|(_, limit)| *limit);
        let bind = self.fault != Fault::GroupLimitsIgnored;
        match () {
            () if !person.settings.enabled => Some(person.post.barred.unwrap_or(Exclusion::Disabled)),
            () if person.presence == Presence::Offline => Some(Exclusion::Offline),
            () if person.presence == Presence::Suspended => Some(Exclusion::Suspended),
            () if person.settings.weight == 0 => Some(Exclusion::WeightZero),
            () if self.full(person) => Some(Exclusion::Full),
            () => {
                let group = group?;
                let limit = self.groups[group.0 as usize - 1].capacity;
                if bind && own_limit(group).is_some_and(|limit| self.load_in(group, Some(person.no)) >= limit) {
                    Some(Exclusion::FullInGroup)
                } else if bind && limit.is_some_and(|limit| self.load_in(group, None) >= limit) {
                    Some(Exclusion::GroupFull)
                } else {
                    None
                }
            }
        }
    }

    /// The first of those who may receive (DIV-3); in the first of the groups in which it may.
    pub fn pick(&self, among: &Among, but: &[AgentNo]) -> Option<(AgentNo, Option<GroupNo>)> {
        let able = self.members(among).into_iter().filter(|(p, group)| self.excluded(p, *group).is_none() && !but.contains(&p.no));
        let first = able.reduce(|best, next| if self.order(next.0, best.0) == Ordering::Less { next } else { best });
        first.map(|(p, group)| (p.no, group))
    }

    fn busy(&self, person: &Person) -> bool {
        self.unanswered(person.no) > self.settings.busy_above
    }

    fn order(&self, a: &Person, b: &Person) -> Ordering {
        let weight = |p: &Person| if self.fault == Fault::WeightIgnored { 1 } else { p.settings.weight };
        // load ÷ weight, without a fraction
        let share = || (self.load(a.no) * weight(b)).cmp(&(self.load(b.no) * weight(a)));
        let time = || a.finish.cmp(&b.finish);
        let least_recently = || a.received.cmp(&b.received).then(a.no.cmp(&b.no));
        let busy = if self.fault == Fault::BusyIgnored { Ordering::Equal } else { self.busy(a).cmp(&self.busy(b)) };
        busy.then_with(|| match self.settings.strategy {
            Strategy::WeightedLeastLoad => share().then_with(time),
            Strategy::WeightedRoundRobin => time(),
            Strategy::LeastRecentlyAssigned => Ordering::Equal,
        })
        .then_with(least_recently)
    }

    /// Everybody at the moment of a decision, and what excluded them (DIV-9).
    pub fn seen(&self, arrival: &Arrival, found: &Found, cause: &Cause, from: Option<AgentNo>) -> Vec<Seen> {
        let members = self.members(&found.among);
        let passes_on = from.filter(|_| matches!(cause, Cause::Person { .. }));
        let excluded = |p: &Person| match (found.choice, members.iter().find(|(m, _)| m.no == p.no)) {
            (Some((chosen, group)), _) if chosen == p.no => self.excluded(p, group),
            (_, None) => Some(Exclusion::OutOfScope),
            _ if arrival.missed.contains(&p.no) => Some(Exclusion::Missed),
            _ if passes_on == Some(p.no) => Some(Exclusion::PassesOn),
            (_, Some((_, group))) => self.excluded(p, *group),
        };
        let seen = |p: &Person| {
            let (load, capacity, weight) = (self.load(p.no), p.settings.capacity, p.settings.weight);
            Seen { agent: p.no, load, capacity, weight, busy: self.busy(p), excluded: excluded(p) }
        };
        self.people.iter().map(seen).collect()
    }
}
