//! DIV-1 for one reception: which step applies, whom it picks. One small function a step; the first that applies wins.
//!
//! Reads only. Where a group, a rule or a scope has nobody whom rules ask, it does not apply: a buyer must not wait at an empty
//! desk while others could serve. Where somebody is there but full, it applies, and the buyer waits (DIV-5).

use super::Dispatcher;
use super::floor::{Choice, Floor, Within};
use crate::domain::diversion::{Preference, Target};
use crate::domain::event::{Arrival, Presence};
use crate::domain::explain::Step;
use crate::domain::id::{AgentNo, GroupNo, Millis};
use smallvec::SmallVec;

/// The targets of a step; borrowed from the settings where they stand there.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets<'a> {
    Groups(SmallVec<[GroupNo; 8]>),
    Listed(Within<'a>),
}

impl Targets<'_> {
    /// For the floor.
    pub fn within(&self) -> Within<'_> {
        match self {
            Targets::Groups(groups) => Within::Groups(groups),
            Targets::Listed(within) => *within,
        }
    }
}

/// A step that applies, within whom it looks, and whom it found.
#[derive(Debug)]
pub struct Chosen<'a> {
    pub step: Step,
    pub targets: Targets<'a>,
    pub choice: Option<Choice>,
}

impl Dispatcher {
    /// The whole pipeline after the gate, on `floor`: this dispatcher's, or a copy that a greater decision has moved on.
    pub(super) fn choose<'a>(&'a self, floor: &Floor, arrival: &Arrival, now: Millis) -> Chosen<'a> {
        let preferred = || self.settings.preferences.iter().find_map(|preference| self.prefer(*preference, floor, arrival, now));
        if arrival.group.is_none()
            && let Some(chosen) = preferred()
        {
            return chosen;
        }
        let (step, targets) = self.applies(floor, arrival, now);
        let choice = floor.pick(targets.within(), &arrival.missed);
        Chosen { step, targets, choice }
    }

    /// DIV-1.2 or 3. None: the step does not apply.
    pub(super) fn prefer<'a>(&self, preference: Preference, floor: &Floor, arrival: &Arrival, now: Millis) -> Option<Chosen<'a>> {
        let (step, choice) = match preference {
            Preference::RecentContact => self.recent(floor, arrival, now)?,
            Preference::Dedicated => dedicated(floor, arrival)?,
        };
        Some(Chosen { step, targets: Targets::Listed(Within::Everyone), choice: Some(choice) })
    }

    /// DIV-1.2: the agent who last spoke with this buyer.
    fn recent(&self, floor: &Floor, arrival: &Arrival, now: Millis) -> Option<(Step, Choice)> {
        let recent = &self.settings.recent;
        let (agent, at) = arrival.recent?;
        let desk = floor.desk(agent).filter(|d| d.settings.enabled && d.presence != Presence::Offline)?;
        let age_ms = now.since(at);
        let free = (!recent.obeys_capacity || !desk.full()) && !arrival.missed.contains(&agent);
        let step = |substitute| Step::RecentContact { agent, age_ms, substitute };
        if age_ms <= recent.any_ms {
            return free.then_some((step(false), (agent, None)));
        }
        if age_ms > recent.online_ms {
            return None;
        }
        if desk.presence == Presence::Online && free {
            return Some((step(false), (agent, None)));
        }
        let groups: SmallVec<[GroupNo; 8]> = desk.settings.groups.iter().map(|(g, _)| *g).collect();
        let colleague = floor.pick(Within::Groups(&groups), &arrival.missed);
        Some((step(true), colleague.or_else(|| floor.pick(Within::Everyone, &arrival.missed))?))
    }

    /// DIV-1.5 and 6: the step that applies, room aside.
    pub(super) fn applies<'a>(&'a self, floor: &Floor, arrival: &Arrival, now: Millis) -> (Step, Targets<'a>) {
        if let Some(group) = arrival.group.filter(|g| floor.group(*g).is_some()) {
            return (Step::PassedToGroup { group }, Targets::Groups(SmallVec::from_slice(&[group])));
        }
        let settings = &self.settings;
        if let Some(narrowed) = self.compiled.scope(&arrival.facts, now)
            && floor.staffed(Within::Groups(&narrowed.groups))
        {
            let groups = narrowed.groups.iter().take(EXPLAINED_GROUPS_MAX).copied().collect();
            return (Step::Scope { by: narrowed.by, groups, version: self.version }, Targets::Groups(narrowed.groups));
        }
        for index in self.compiled.holding(&arrival.facts, now, self.zone.week_minute(now)) {
            let rule = &settings.rules[index];
            let within = listed(&rule.target);
            if floor.staffed(within) {
                let step = Step::Rule { index: index as u32, name: rule.name.clone(), version: self.version };
                return (step, Targets::Listed(within));
            }
        }
        if let Some(group) = &settings.fallback_group
            && floor.staffed(Within::Groups(std::slice::from_ref(group)))
        {
            return (Step::FallbackGroup { group: *group }, Targets::Listed(Within::Groups(std::slice::from_ref(group))));
        }
        (Step::AnyAgent, Targets::Listed(Within::Everyone))
    }
}

/// Groups of a scope named in an explanation.
const EXPLAINED_GROUPS_MAX: usize = 16;

/// DIV-1.3: set and receivable; a weight does not matter.
fn dedicated(floor: &Floor, arrival: &Arrival) -> Option<(Step, Choice)> {
    let agent: AgentNo = arrival.dedicated?;
    let desk = floor.desk(agent)?;
    let receivable = desk.staffed() && !desk.full() && !arrival.missed.contains(&agent);
    receivable.then_some((Step::Dedicated { agent }, (agent, None)))
}

/// A rule's target as the floor knows it.
pub fn listed(target: &Target) -> Within<'_> {
    match target {
        Target::Groups(groups) => Within::Groups(groups),
        Target::Agents(agents) => Within::Agents(agents),
    }
}
