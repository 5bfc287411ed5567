//! DIV-9: what a decision saw, put down while it is made: the chosen first, then those in scope, then the others.

use super::Dispatcher;
use super::choose::Targets;
use super::desk::Desk;
use super::floor::{Floor, Within};
use crate::domain::event::Arrival;
use crate::domain::explain::{Cause, Exclusion, Explanation, Outcome, Seen, Step};
use crate::domain::id::{AgentNo, GroupNo, Millis};
use crate::limits::EXPLAINED_AGENTS_MAX;

/// A decision, as far as it must be explained.
pub struct Decided<'a> {
    pub arrival: &'a Arrival,
    pub cause: Cause,
    pub step: Step,
    pub targets: Targets<'a>,
    pub outcome: Outcome,
    pub group: Option<GroupNo>,
    pub from: Option<AgentNo>,
}

/// The list being made; bounded, each agent once.
struct List<'a> {
    floor: &'a Floor,
    seen: Vec<Seen>,
    /// One bit an agent.
    listed: Vec<u64>,
}

impl List<'_> {
    fn add(&mut self, agent: AgentNo, desk: &Desk, excluded: Option<Exclusion>) {
        let (word, bit) = (agent.0 as usize / 64, 1 << (agent.0 % 64));
        if self.seen.len() >= EXPLAINED_AGENTS_MAX || self.listed[word] & bit != 0 {
            return;
        }
        self.listed[word] |= bit;
        let (load, capacity, weight) = (desk.load, desk.settings.capacity, desk.settings.weight);
        self.seen.push(Seen { agent, load, capacity, weight, busy: self.floor.busy(desk), excluded });
    }
}

impl Dispatcher {
    /// See the module. `floor` is as it was before the decision.
    pub(super) fn explain(&self, floor: &Floor, decided: Decided, now: Millis) -> Explanation {
        let Decided { arrival, cause, step, targets, outcome, group, from } = decided;
        let passes_on = from.filter(|_| matches!(cause, Cause::Person { .. }));
        let excluded = |agent: AgentNo, desk: &Desk, group: Option<GroupNo>| match () {
            () if arrival.missed.contains(&agent) => Some(Exclusion::Missed),
            () if passes_on == Some(agent) => Some(Exclusion::PassesOn),
            () => floor.excluded(desk, group),
        };
        let words = floor.highest_number() as usize / 64 + 1;
        let mut list =
            List { floor, seen: Vec::with_capacity(EXPLAINED_AGENTS_MAX.min(floor.accounts() as usize)), listed: vec![0; words] };
        if let Outcome::Owned(chosen) = outcome
            && let Some(desk) = floor.desk(chosen)
        {
            list.add(chosen, desk, floor.excluded(desk, group));
        }
        match targets.within() {
            Within::Groups(groups) => {
                let members = groups.iter().filter_map(|g| Some((*g, floor.group(*g)?)));
                for (group, agent) in members.flat_map(|(g, desk)| desk.members.iter().map(move |a| (g, *a))).take(EXPLAINED_AGENTS_MAX) {
                    if let Some(desk) = floor.desk(agent) {
                        list.add(agent, desk, excluded(agent, desk, Some(group)));
                    }
                }
            }
            Within::Agents(agents) => {
                for agent in agents.iter().take(EXPLAINED_AGENTS_MAX) {
                    if let Some(desk) = floor.desk(*agent) {
                        list.add(*agent, desk, excluded(*agent, desk, None));
                    }
                }
            }
            Within::Everyone => {}
        }
        let everyone = targets.within() == Within::Everyone;
        for (agent, desk) in floor.desks().take(EXPLAINED_AGENTS_MAX) {
            let why_not = if everyone { excluded(agent, desk, None) } else { Some(Exclusion::OutOfScope) };
            list.add(agent, desk, why_not);
        }
        let unlisted = floor.accounts() - list.seen.len() as u32;
        let queue_len = self.queue.len() as u32;
        let strategy = self.settings.strategy;
        Explanation { at: now, cause, step, from, outcome, group, strategy, seen: list.seen, unlisted, queue_len }
    }
}
