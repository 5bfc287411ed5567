//! The automatic assignment of the pool (OFF-3 to OFF-8), and its records (OFF-7).

use super::facts;
use super::model::{Among, Did, Fault, Found, Model, Place, Talk};
use fenliu::domain::event::Arrival;
use fenliu::domain::explain::{Cause, Step};
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::domain::offline::{Failure, Firing, Operator, Range, Run, Targets};
use std::cmp::Reverse;

const DAY_MS: u64 = 24 * 3_600_000;
/// OFF-4, fixed.
const RUN_TAKES_MAX: u32 = 5_000;
/// OFF-8: a slot carried out later than this is late.
const LATE_MS: u64 = 60_000;
/// Missed slots with a record of their own: a day of the shortest.
const SINGLY: usize = 288;

impl Model {
    /// OFF-7: a record of each missed slot; older ones share one.
    pub fn record_missed(&mut self, mut slots: Vec<Millis>, now: Millis) {
        let singly = slots.split_off(slots.len().saturating_sub(SINGLY));
        let (first, until) = (slots.first().copied(), slots.last().copied());
        let summed = first.zip(until).map(|(first, last)| Firing::Missed { first, last, slots: slots.len() as u32 });
        let each = singly.into_iter().map(|slot| Firing::Missed { first: slot, last: slot, slots: 1 });
        for firing in summed.into_iter().chain(each) {
            self.did.push(Did::Recorded(Box::new(record(firing, Operator::System, now))));
        }
    }

    /// OFF-8, then OFF-3.
    pub fn slot_due(&mut self, now: Millis) {
        let mut slots: Vec<Millis> = facts::slots(&self.settings, self.slots_done, now).collect();
        let Some(last) = slots.pop() else { return };
        self.record_missed(slots, now);
        let firing = if now.0 - last.0 > LATE_MS { Firing::Late(last) } else { Firing::Slot(last) };
        self.fire(firing, last, now);
        (self.slots_done, self.reached) = (last, 0);
    }

    /// The pool, newest first, by when the buyer wrote or asked for a person.
    fn pool(&self) -> Vec<(Option<Millis>, Talk)> {
        let by = |t: &Talk| match self.settings.offline.automatic.range {
            Range::Every => Some(t.arrival.last),
            Range::AskedForPerson => t.arrival.asked,
        };
        let mut pool: Vec<(Option<Millis>, Talk)> =
            self.talks.iter().filter(|t| t.place == Place::Pooled).map(|t| (by(t), t.clone())).collect();
        pool.sort_by_key(|(at, talk)| Reverse((*at, talk.arrival.conversation)));
        pool
    }

    fn fire(&mut self, firing: Firing, slot: Millis, now: Millis) {
        let pool = self.pool();
        let automatic = self.settings.offline.automatic.clone();
        let recent = |at: Millis| at.0 + DAY_MS >= now.0;
        let eligible: Vec<&Talk> = pool.iter().filter(|(at, _)| at.is_some_and(recent)).map(|(_, talk)| talk).collect();
        let did_not_ask = pool.iter().filter(|(at, _)| at.is_none()).count() as u32;
        let mut run = record(firing, Operator::System, now);
        (run.pooled, run.eligible) = (pool.len() as u32, eligible.len() as u32);
        fail(&mut run, Failure::ReachedAgent, self.reached);
        fail(&mut run, Failure::DidNotAsk, did_not_ask);
        let older = run.pooled - run.eligible - did_not_ask;
        fail(&mut run, Failure::OlderThanADay, older);
        let among = match &automatic.targets {
            Targets::ByRules => Among::Everyone,
            Targets::Groups(groups) => Among::Groups(groups.clone()),
            Targets::Agents(agents) => Among::Agents(agents.clone()),
        };
        let mut asked: Vec<AgentNo> = self.members(&among).iter().map(|(p, _)| p.no).collect();
        if automatic.targets == Targets::ByRules && automatic.heads_in_scope {
            let of = |talk: &&Talk| self.members(&self.step(&talk.arrival, now).1).iter().map(|(p, _)| p.no).collect::<Vec<_>>();
            asked = eligible.iter().flat_map(of).collect();
        }
        asked.sort();
        asked.dedup();
        asked.retain(|agent| self.person(*agent).is_some_and(|p| p.at_work()));
        run.heads = asked.len() as u32;
        let unanswered: u32 = asked.iter().map(|agent| self.unanswered(*agent)).sum();
        if run.heads < automatic.online_min {
            fail(&mut run, Failure::TooFewAgents, eligible.len() as u32);
        } else if automatic.unanswered_average_max.is_some_and(|most| unanswered > most * run.heads) {
            fail(&mut run, Failure::AverageAbove, eligible.len() as u32);
        } else {
            let mut cap = automatic.per_head.map_or(RUN_TAKES_MAX, |k| k * run.heads).min(RUN_TAKES_MAX).min(run.eligible);
            if self.fault == Fault::SlotWithoutCap {
                cap = run.eligible;
            }
            let beyond = run.eligible - cap;
            fail(&mut run, Failure::BeyondTheCap, beyond);
            for talk in eligible.into_iter().take(cap as usize) {
                let found = if automatic.targets == Targets::ByRules {
                    self.choose(&talk.arrival, now)
                } else {
                    Found { step: Step::Given, among: among.clone(), choice: self.pick(&among, &talk.arrival.missed) }
                };
                let nobody = if self.staffed(&found.among) { Failure::NoCapacity } else { Failure::OutOfScope };
                self.moves(&mut run, &talk.arrival, found, Cause::Slot { slot }, nobody, now);
            }
        }
        self.did.push(Did::Recorded(Box::new(run)));
    }

    /// One reception of the pool goes, or stays with its reason.
    pub fn moves(&mut self, run: &mut Run, arrival: &Arrival, found: Found, cause: Cause, nobody: Failure, now: Millis) {
        run.taken += 1;
        let Some((agent, _)) = found.choice else {
            run.stayed.push((arrival.conversation, nobody));
            return fail(run, nobody, 1);
        };
        match run.assigned.iter_mut().find(|(a, _)| *a == agent) {
            Some((_, count)) => *count += 1,
            None => run.assigned.push((agent, 1)),
        }
        run.assigned.sort();
        self.put(arrival.clone(), found, cause, None, now);
    }
}

/// An empty record.
pub fn record(firing: Firing, operator: Operator, at: Millis) -> Run {
    let (assigned, failures, stayed) = (Vec::new(), Vec::new(), Vec::new());
    Run { at, firing, operator, pooled: 0, eligible: 0, taken: 0, heads: 0, assigned, failures, stayed }
}

/// One more reason, or the same again.
pub fn fail(run: &mut Run, why: Failure, count: u32) {
    match run.failures.iter_mut().find(|(failure, _)| *failure == why) {
        Some((_, n)) => *n += count,
        None if count > 0 => run.failures.push((why, count)),
        None => {}
    }
    run.failures.sort();
}
