//! The automatic assignment of the pool (OFF-3 to OFF-8): one firing is one decision and one commit, its record included, so it
//! happens once or not at all. It is made on a copy of the floor, newest first, and looks at no more than its cap.

use super::Dispatcher;
use super::choose::{Chosen, Targets};
use super::floor::{Floor, Within};
use super::slot::Slot;
use crate::domain::conversation::Say;
use crate::domain::event::{Event, Heard};
use crate::domain::explain::{Cause, Step};
use crate::domain::id::{AgentNo, ConversationId, Millis};
use crate::domain::offline::{Failure, Firing, Operator, Range, Run};
use crate::domain::{Decision, offline};
use crate::{domain::schedule, limits};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What became of each reception assigned by hand: to whom, and whether that exceeded its capacity; or why not.
pub type Results = Vec<(ConversationId, Result<(AgentNo, bool), Failure>)>;

/// A slot carried out later than this was missed before (OFF-8).
const LATE_MS: u64 = 60_000;

/// A record in the making.
pub struct Tally {
    run: Run,
    assigned: BTreeMap<AgentNo, u32>,
    failures: BTreeMap<Failure, u32>,
    gone: HashSet<ConversationId>,
}

impl Tally {
    pub fn new(firing: Firing, operator: Operator, pooled: u32, eligible: u32, at: Millis) -> Tally {
        let (assigned, failures, stayed) = (Vec::new(), Vec::new(), Vec::new());
        let run = Run { at, firing, operator, pooled, eligible, taken: 0, heads: 0, assigned, failures, stayed };
        Tally { run, assigned: BTreeMap::new(), failures: BTreeMap::new(), gone: HashSet::new() }
    }

    /// Assigned already by this very decision.
    pub fn has(&self, conversation: ConversationId) -> bool {
        self.gone.contains(&conversation)
    }

    pub fn goes(&mut self, conversation: ConversationId, agent: AgentNo) {
        self.run.taken += 1;
        self.gone.insert(conversation);
        *self.assigned.entry(agent).or_default() += 1;
    }

    pub fn stays(&mut self, conversation: ConversationId, why: Failure) {
        self.run.taken += 1;
        self.run.stayed.push((conversation, why));
        self.fail(why, 1);
    }

    pub fn fail(&mut self, why: Failure, count: u32) {
        if count > 0 {
            *self.failures.entry(why).or_default() += count;
        }
    }

    /// By hand, whoever was not named is not a failure: the record counts those named.
    pub fn record(mut self) -> Event {
        if self.run.firing == Firing::ByHand {
            self.run.pooled = self.run.taken;
        }
        self.run.assigned = self.assigned.into_iter().collect();
        self.run.failures = self.failures.into_iter().collect();
        Event::PoolAssigned { run: self.run }
    }
}

/// Whom the conditions of OFF-4 are about.
#[derive(Default)]
struct Heads {
    count: u32,
    unanswered: u64,
}

impl Heads {
    fn of(floor: &Floor, agents: impl Iterator<Item = AgentNo>) -> Heads {
        let staffed = agents.filter_map(|a| floor.desk(a).filter(|d| d.staffed()));
        staffed.fold(Heads::default(), |h, d| Heads { count: h.count + 1, unanswered: h.unanswered + u64::from(d.unanswered) })
    }
}

impl Dispatcher {
    /// The next slot is due: what was missed is recorded, the last one fires (OFF-8).
    pub(super) fn slot_due(&self, decision: Decision, now: Millis) -> Decision {
        let (mut slots, older) = self.slots_since(limits::MISSED_SLOTS_MAX + 1, now);
        let Some(last) = slots.pop() else {
            // The clock went back, or the settings changed under the alarm: the schedule is looked at anew.
            return decision.event(Event::Heard(Heard::WindowsPassed { at: now }));
        };
        let firing = if now.since(last) > LATE_MS { Firing::Late(last) } else { Firing::Slot(last) };
        self.fire(missed(decision, slots, older, now), firing, last, now)
    }

    /// The schedule ends while slots of it wait for agents to come back after a restart: they were missed.
    pub(super) fn schedule_ends(&self, now: Millis) -> Decision {
        let due = self.next_slot.is_some_and(|slot| slot <= now);
        let (slots, older) = if due { self.slots_since(limits::MISSED_SLOTS_MAX, now) } else { Default::default() };
        missed(Decision::default(), slots, older, now)
    }

    /// The slots up to now that were neither carried out nor recorded: the last ones, and the sum of those before.
    fn slots_since(&self, keep: usize, now: Millis) -> (Vec<Millis>, Option<Older>) {
        let automatic = &self.settings.offline.automatic;
        schedule::last_slots(&self.zone, &automatic.windows, automatic.slot_min, self.slots_done, now, keep)
    }

    fn fire(&self, mut decision: Decision, firing: Firing, slot: Millis, now: Millis) -> Decision {
        let automatic = &self.settings.offline.automatic;
        let since = Millis(now.0.saturating_sub(limits::POOL_AGE_MS_MAX));
        let of_a_day = self.pool.written.since(since);
        let (order, eligible) = match automatic.range {
            Range::Every => (&self.pool.written, of_a_day),
            Range::AskedForPerson => (&self.pool.asked, self.pool.asked.since(since)),
        };
        let mut tally = Tally::new(firing, Operator::System, self.pool.len(), eligible, now);
        tally.fail(Failure::ReachedAgent, self.reached);
        match automatic.range {
            Range::Every => tally.fail(Failure::OlderThanADay, self.pool.len() - eligible),
            Range::AskedForPerson => {
                let ever = self.pool.asked.len();
                tally.fail(Failure::OlderThanADay, ever - eligible);
                tally.fail(Failure::DidNotAsk, self.pool.len() - ever);
            }
        }
        let newest = || order.newest(since).filter_map(|c| self.slots.get(&c));
        let heads = self.heads(newest().take(limits::RUN_TAKES_MAX as usize), now);
        tally.run.heads = heads.count;
        let average_max = automatic.unanswered_average_max.map_or(u64::MAX, u64::from);
        if heads.count < automatic.online_min {
            tally.fail(Failure::TooFewAgents, eligible);
        } else if heads.unanswered > average_max.saturating_mul(u64::from(heads.count)) {
            tally.fail(Failure::AverageAbove, eligible);
        } else {
            let cap = automatic.per_head.map_or(u32::MAX, |k| heads.count.saturating_mul(k)).min(limits::RUN_TAKES_MAX).min(eligible);
            tally.fail(Failure::BeyondTheCap, eligible - cap);
            self.assign(&mut decision, &mut tally, newest().take(cap as usize), slot, now);
        }
        decision.event(tally.record())
    }

    /// The online unsuspended agents among the targets.
    fn heads<'a>(&'a self, candidates: impl Iterator<Item = &'a Slot>, now: Millis) -> Heads {
        let automatic = &self.settings.offline.automatic;
        let everybody = || self.floor.desks().map(|(agent, _)| agent);
        match &automatic.targets {
            offline::Targets::Agents(agents) => Heads::of(&self.floor, agents.iter().copied()),
            offline::Targets::Groups(groups) => Heads::of(&self.floor, self.members(Within::Groups(groups)).into_iter()),
            offline::Targets::ByRules if automatic.heads_in_scope => {
                let mut seen: Vec<Targets> = Vec::new();
                let mut agents: BTreeSet<AgentNo> = BTreeSet::new();
                for slot in candidates {
                    let targets = self.applies(&self.floor, &slot.arrival, now).1;
                    if !seen.contains(&targets) {
                        agents.extend(self.members(targets.within()));
                        seen.push(targets);
                    }
                }
                Heads::of(&self.floor, agents.into_iter())
            }
            offline::Targets::ByRules => Heads::of(&self.floor, everybody()),
        }
    }

    fn members(&self, within: Within) -> BTreeSet<AgentNo> {
        match within {
            Within::Everyone => self.floor.desks().map(|(agent, _)| agent).collect(),
            Within::Agents(agents) => agents.iter().copied().collect(),
            Within::Groups(groups) => groups.iter().filter_map(|g| self.floor.group(*g)).flat_map(|g| g.members.iter().copied()).collect(),
        }
    }

    fn assign<'a>(
        &'a self,
        decision: &mut Decision,
        tally: &mut Tally,
        candidates: impl Iterator<Item = &'a Slot>,
        slot: Millis,
        now: Millis,
    ) {
        let mut floor = self.floor.clone();
        for candidate in candidates {
            let arrival = &candidate.arrival;
            let chosen = match &self.settings.offline.automatic.targets {
                offline::Targets::ByRules => self.choose(&floor, arrival, now),
                offline::Targets::Groups(groups) => given(&floor, Within::Groups(groups), &arrival.missed),
                offline::Targets::Agents(agents) => given(&floor, Within::Agents(agents), &arrival.missed),
            };
            let Some((agent, group)) = chosen.choice else {
                let why = if floor.staffed(chosen.targets.within()) { Failure::NoCapacity } else { Failure::OutOfScope };
                tally.stays(arrival.conversation, why);
                continue;
            };
            let why = self.chosen(&floor, arrival, chosen, Cause::Slot { slot }, None, now);
            floor.give(agent, group, arrival.unanswered.is_some());
            tally.goes(arrival.conversation, agent);
            let (event, effect) = self.decided(arrival.clone(), why, Some(Say::OfflineAssigned));
            decision.events.push(event);
            decision.effects.push(effect);
        }
    }
}

/// The first and the last of many slots, and how many they are.
type Older = (Millis, Millis, u32);

/// One record for each slot missed; older ones share one.
fn missed(mut decision: Decision, slots: Vec<Millis>, older: Option<Older>, now: Millis) -> Decision {
    let single = slots.into_iter().map(|slot| (slot, slot, 1));
    for (first, last, slots) in older.into_iter().chain(single) {
        let firing = Firing::Missed { first, last, slots };
        decision.events.push(Tally::new(firing, Operator::System, 0, 0, now).record());
    }
    decision
}

/// The groups or agents that were given.
fn given<'a>(floor: &Floor, within: Within<'a>, but: &[AgentNo]) -> Chosen<'a> {
    Chosen { step: Step::Given, targets: Targets::Listed(within), choice: floor.pick(within, but) }
}
