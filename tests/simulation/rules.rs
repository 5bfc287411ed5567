//! DIV-1 to DIV-4 told a second time, and more simply: whom a reception may be given to at an instant. Tries everything.

use crate::model::{Model, Where};
use fenliu::domain::diversion::condition::Condition;
use fenliu::domain::diversion::{Preference, Scope, Strategy, Target};
use fenliu::domain::event::{Arrival, Presence};
use fenliu::domain::facts::{Facts, order_status};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};

/// Whom a step of DIV-1 leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The step, in a word.
    pub step: &'static str,
    /// Each with the group in which it would count.
    pub may: Vec<(AgentNo, Option<GroupNo>)>,
    /// Whether DIV-3 chooses among them.
    pub by_rule: bool,
}

/// Whom a step names.
enum Targets {
    Groups(Vec<GroupNo>),
    Agents(Vec<AgentNo>),
}

impl Verdict {
    fn one(step: &'static str, agent: AgentNo) -> Verdict {
        Verdict { step, may: vec![(agent, None)], by_rule: false }
    }
    pub fn has(&self, agent: AgentNo) -> bool {
        self.may.iter().any(|(a, _)| *a == agent)
    }
}

/// Whether a condition holds for these facts.
fn holds(condition: &Condition, model: &Model, facts: &Facts, at: Millis) -> bool {
    let one_of = |values: &[String], fact: &str| !fact.is_empty() && values.iter().any(|v| v == fact);
    let some_of = |values: &[String], of: &[String]| of.iter().any(|fact| one_of(values, fact));
    let visit = &facts.visit;
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(part, model, facts, at)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, model, facts, at)),
        Condition::Not(part) => !holds(part, model, facts, at),
        Condition::Tag(values) => some_of(values, &facts.tags),
        Condition::Keyword(values) => some_of(values, &facts.keywords),
        Condition::Level(values) => one_of(values, &facts.level),
        Condition::Product(values) => one_of(values, &visit.product),
        Condition::Category(values) => one_of(values, &visit.category),
        Condition::Entry(values) => one_of(values, &visit.entry),
        Condition::Language(values) => one_of(values, &visit.language),
        Condition::Channel(values) => one_of(values, &visit.channel),
        Condition::Region(values) => one_of(values, &visit.region),
        Condition::Order(values) => values.contains(&order_status(facts.order, at)),
        Condition::Week(windows) => {
            let now = model.zone.week_minute(at);
            windows.iter().any(|w| (w.days >> now.day) & 1 == 1 && w.from_min <= now.minute && now.minute < w.to_min)
        }
    }
}

/// Whether a scope is bound to what is known of the buyer, dimension by dimension.
fn bound(scope: &Scope, dimension: usize, facts: &Facts, at: Millis) -> bool {
    let one_of = |values: &[String], fact: &str| !fact.is_empty() && values.iter().any(|v| v == fact);
    let visit = &facts.visit;
    match dimension {
        0 => facts.tags.iter().any(|tag| one_of(&scope.tags, tag)) || one_of(&scope.levels, &facts.level),
        1 => one_of(&scope.products, &visit.product) || one_of(&scope.categories, &visit.category),
        2 => {
            let intent = facts.keywords.iter().any(|word| one_of(&scope.keywords, word));
            intent || one_of(&scope.entries, &visit.entry) || one_of(&scope.languages, &visit.language)
        }
        _ => scope.orders.contains(&order_status(facts.order, at)),
    }
}

/// The keywords of the settings found in a text.
pub fn keywords(model: &Model, text: &str) -> Vec<String> {
    fn of(condition: &Condition, all: &mut Vec<String>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| of(part, all)),
            Condition::Not(part) => of(part, all),
            Condition::Keyword(words) => all.extend(words.iter().cloned()),
            _ => {}
        }
    }
    let mut all: Vec<String> = model.settings.scopes.iter().flat_map(|scope| scope.keywords.iter().cloned()).collect();
    model.settings.rules.iter().for_each(|rule| of(&rule.when, &mut all));
    let text = text.to_lowercase();
    all.retain(|word| text.contains(&word.to_lowercase()));
    all
}

impl Model {
    /// At its own capacity?
    pub fn room(&self, agent: AgentNo) -> bool {
        self.people.get(&agent).is_some_and(|p| self.count.load(agent) < p.settings.capacity)
    }

    /// At a limit of or in the group?
    pub fn room_in(&self, agent: AgentNo, group: GroupNo) -> bool {
        let own = self.people.get(&agent).and_then(|p| p.settings.groups.iter().find(|(g, _)| *g == group));
        let Some((_, limit)) = own else { return false };
        let whole = self.groups.get(&group).is_some_and(|g| g.capacity.is_none_or(|c| self.count.group(group) < c));
        whole && limit.is_none_or(|c| self.count.in_group(agent, group) < c)
    }

    /// Online, enabled, unsuspended.
    pub fn staffed(&self, agent: AgentNo) -> bool {
        self.people.get(&agent).is_some_and(|p| p.settings.enabled && p.presence == Presence::Online)
    }

    pub fn asked_by_rules(&self, agent: AgentNo) -> bool {
        self.staffed(agent) && self.people[&agent].settings.weight > 0
    }

    fn free(&self, agent: AgentNo, group: Option<GroupNo>) -> bool {
        self.asked_by_rules(agent) && self.room(agent) && group.is_none_or(|g| self.room_in(agent, g))
    }

    /// How many are online, enabled and unsuspended.
    pub fn online(&self) -> u32 {
        self.people.keys().filter(|a| self.staffed(**a)).count() as u32
    }

    pub fn members(&self, groups: &[GroupNo]) -> Vec<(AgentNo, GroupNo)> {
        let of = |g: GroupNo| self.people.iter().filter(move |(_, p)| p.settings.groups.iter().any(|(of, _)| *of == g)).map(|(a, _)| *a);
        groups.iter().filter(|g| self.groups.contains_key(g)).flat_map(|g| of(*g).map(|a| (a, *g))).collect()
    }

    pub fn in_groups(&self, groups: &[GroupNo], but: &[AgentNo]) -> Vec<(AgentNo, Option<GroupNo>)> {
        let members = self.members(groups).into_iter();
        members.filter(|(a, g)| !but.contains(a) && self.free(*a, Some(*g))).map(|(a, g)| (a, Some(g))).collect()
    }

    pub fn in_agents(&self, agents: &[AgentNo], but: &[AgentNo]) -> Vec<(AgentNo, Option<GroupNo>)> {
        agents.iter().filter(|a| !but.contains(a) && self.free(**a, None)).map(|a| (*a, None)).collect()
    }

    pub fn in_shop(&self, but: &[AgentNo]) -> Vec<(AgentNo, Option<GroupNo>)> {
        let everybody: Vec<AgentNo> = self.people.keys().copied().collect();
        self.in_agents(&everybody, but)
    }

    /// DIV-1.2. None: it does not apply.
    pub fn recent(&self, arrival: &Arrival, but: &[AgentNo], at: Millis) -> Option<Verdict> {
        let (agent, spoke) = arrival.recent?;
        let person = self.people.get(&agent).filter(|p| p.settings.enabled && p.presence != Presence::Offline)?;
        let free = (self.room(agent) || !self.settings.recent.obeys_capacity) && !but.contains(&agent);
        let age = at.since(spoke);
        if age <= self.settings.recent.any_ms {
            return free.then(|| Verdict::one("recent contact", agent));
        }
        if age > self.settings.recent.online_ms {
            return None;
        }
        if free && person.presence == Presence::Online {
            return Some(Verdict::one("recent contact", agent));
        }
        let groups: Vec<GroupNo> = person.settings.groups.iter().map(|(g, _)| *g).collect();
        let colleagues = self.in_groups(&groups, but);
        let may = if colleagues.is_empty() { self.in_shop(but) } else { colleagues };
        (!may.is_empty()).then_some(Verdict { step: "colleague", may, by_rule: true })
    }

    fn preferred(&self, arrival: &Arrival, but: &[AgentNo], at: Millis) -> Option<Verdict> {
        self.settings.preferences.iter().find_map(|preference| match preference {
            Preference::RecentContact => self.recent(arrival, but, at),
            Preference::Dedicated => {
                let agent = arrival.dedicated.filter(|a| self.staffed(*a) && self.room(*a) && !but.contains(a))?;
                Some(Verdict::one("dedicated", agent))
            }
        })
    }

    /// DIV-1 behind the gate, for those who are not in `but`.
    pub fn verdict(&self, arrival: &Arrival, but: &[AgentNo], at: Millis) -> Verdict {
        let preferred = if arrival.group.is_none() { self.preferred(arrival, but, at) } else { None };
        preferred.unwrap_or_else(|| self.within(self.applies(arrival, at), but))
    }

    /// Of the targets of a step, those who may.
    fn within(&self, (step, targets): (&'static str, Targets), but: &[AgentNo]) -> Verdict {
        let may = match targets {
            Targets::Groups(groups) => self.in_groups(&groups, but),
            Targets::Agents(agents) => self.in_agents(&agents, but),
        };
        Verdict { step, may, by_rule: true }
    }

    /// Everybody among the targets of the step that applies, whether there or not.
    pub fn targets(&self, arrival: &Arrival, at: Millis) -> Vec<AgentNo> {
        match self.applies(arrival, at).1 {
            Targets::Groups(groups) => self.members(&groups).into_iter().map(|(a, _)| a).collect(),
            Targets::Agents(agents) => agents,
        }
    }

    /// DIV-1.5 and 6.
    fn applies(&self, arrival: &Arrival, at: Millis) -> (&'static str, Targets) {
        if let Some(group) = arrival.group.filter(|g| self.groups.contains_key(g)) {
            return ("passed to a group", Targets::Groups(vec![group]));
        }
        let there = |groups: &[GroupNo]| self.members(groups).iter().any(|(a, _)| self.asked_by_rules(*a));
        let mut left: Option<Vec<&Scope>> = None;
        for dimension in 0..4 {
            let among: Vec<&Scope> = left.clone().unwrap_or_else(|| self.settings.scopes.iter().collect());
            let kept: Vec<&Scope> = among.into_iter().filter(|s| bound(s, dimension, &arrival.facts, at)).collect();
            if !kept.is_empty() {
                left = Some(kept);
            }
        }
        let narrowed: Vec<GroupNo> = left.unwrap_or_default().iter().map(|scope| scope.group).collect();
        if there(&narrowed) {
            return ("scope", Targets::Groups(narrowed));
        }
        for rule in self.settings.rules.iter().filter(|rule| holds(&rule.when, self, &arrival.facts, at)) {
            match &rule.target {
                Target::Groups(groups) if there(groups) => return ("rule", Targets::Groups(groups.clone())),
                Target::Agents(agents) if agents.iter().any(|a| self.asked_by_rules(*a)) => {
                    return ("rule", Targets::Agents(agents.clone()));
                }
                _ => {}
            }
        }
        if let Some(group) = self.settings.fallback_group.filter(|g| there(&[*g])) {
            return ("fallback group", Targets::Groups(vec![group]));
        }
        ("any agent", Targets::Agents(self.people.keys().copied().collect()))
    }

    /// DIV-3: whether `chosen` may be asked before all the others.
    pub fn comes_first(&self, chosen: AgentNo, may: &[(AgentNo, Option<GroupNo>)]) -> bool {
        let place = |a: AgentNo| (self.count.unanswered(a) > self.settings.busy_above, u64::from(self.count.load(a)));
        let weight = |a: AgentNo| u64::from(self.people[&a].settings.weight);
        let (busy, load) = place(chosen);
        may.iter().all(|(other, _)| {
            let (theirs, their_load) = place(*other);
            let less = self.settings.strategy == Strategy::WeightedLeastLoad && their_load * weight(chosen) < load * weight(*other);
            !busy && theirs || busy == theirs && !less
        })
    }

    /// Those who wait, in their order.
    pub fn waiting(&self) -> Vec<&crate::model::Kept> {
        let mut waiting: Vec<_> = self.kept.values().filter(|k| matches!(k.place, Where::Queued | Where::Moving(_))).collect();
        waiting.sort_by_key(|k| k.turn());
        waiting
    }
}
