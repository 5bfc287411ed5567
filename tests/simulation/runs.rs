//! The automatic assignment of the pool and its records (OFF-3 to OFF-8), and the assignment by hand (OFF-2).

use crate::broken::{Checked, broken, holds};
use crate::model::{Asked, Kept, Model, Where};
use crate::rules::Verdict;
use crate::slots;
use fenliu::domain::event::Arrival;
use fenliu::domain::explain::{Explanation, Outcome};
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::domain::offline::{Failure, Firing, Operator, Range, Run, Targets};
use std::collections::{BTreeMap, BTreeSet};

const DAY_MS: u64 = 24 * 3_600_000;
/// OFF-4, fixed.
const TAKES_MAX: usize = 5_000;
/// A slot carried out later than this was missed before.
const LATE_MS: u64 = 60_000;
/// Slots further away are of no concern to a run.
const SIGHT_MS: u64 = 3 * DAY_MS;

type Routed<'a> = (&'a Arrival, &'a Explanation);

impl Model {
    fn slots_until(&self, until: Millis, most: usize) -> Vec<Millis> {
        let automatic = &self.settings.offline.automatic;
        if !automatic.on {
            return Vec::new();
        }
        slots::slots(&self.zone, &automatic.windows, automatic.slot_min, self.slots_done, until, most)
    }

    pub fn look_for_slot(&mut self) {
        self.next_slot = self.slots_until(self.slots_done.plus(SIGHT_MS), 1).first().copied();
    }

    /// Whom a run may give it to.
    pub fn for_run(&self, arrival: &Arrival, at: Millis) -> Verdict {
        let given = |may| Verdict { step: "given", may, by_rule: true };
        match &self.settings.offline.automatic.targets {
            Targets::ByRules => self.verdict(arrival, &arrival.missed, at),
            Targets::Groups(groups) => given(self.in_groups(groups, &arrival.missed)),
            Targets::Agents(agents) => given(self.in_agents(agents, &arrival.missed)),
        }
    }

    /// The records of one decision of the clock: first what was missed, then what fires.
    pub fn fired(&mut self, asked: &Asked, records: &[&Run], routed: &[Routed], at: Millis) -> Checked {
        let now = records[0].at;
        holds(matches!(asked, Asked::Wake | Asked::Settings(_)) && now >= at && now <= self.told.max(at), "slot due", || {
            format!("fired at {now:?}: {asked:?}")
        })?;
        let due = self.slots_until(now, usize::MAX);
        let mut left = &due[..];
        for run in records {
            let (first, last, count) = match run.firing {
                Firing::Missed { first, last, slots } => (first, last, slots as usize),
                Firing::Slot(slot) | Firing::Late(slot) => (slot, slot, 1),
                Firing::ByHand => return Err(broken("slot due", "the clock has no hands")),
            };
            let right = left.first() == Some(&first) && count > 0 && left.get(count - 1) == Some(&last);
            holds(right, "slot due", || format!("{:?} is recorded at {now:?}; due after {:?} were {left:?}", run.firing, self.slots_done))?;
            left = &left[count..];
            self.slots_done = last;
            match run.firing {
                Firing::Slot(slot) | Firing::Late(slot) => {
                    holds(left.is_empty(), "slot due", || format!("{slot:?} fires, though {left:?} came after it"))?;
                    let late = matches!(run.firing, Firing::Late(_));
                    holds(late == (now.since(slot) > LATE_MS), "slot due", || format!("{:?} at {now:?}", run.firing))?;
                    self.meet(if late { "firing/late".into() } else { "firing/slot".into() });
                    self.carried_out(asked, run, routed, at)?;
                }
                _ => {
                    self.meet("firing/missed".into());
                    let idle = run.pooled + run.eligible + run.taken + run.heads == 0 && run.assigned.is_empty();
                    holds(idle && run.failures.is_empty(), "run adds up", || format!("missed, but {run:?}"))?;
                }
            }
        }
        self.look_for_slot();
        Ok(())
    }

    /// Online, unsuspended agents among the targets, and what they have unanswered.
    fn heads(&self, candidates: &[Kept], now: Millis) -> (u32, u64) {
        let automatic = &self.settings.offline.automatic;
        let everybody = || self.people.keys().copied().collect::<BTreeSet<AgentNo>>();
        let among: BTreeSet<AgentNo> = match &automatic.targets {
            Targets::Agents(agents) => agents.iter().copied().collect(),
            Targets::Groups(groups) => self.members(groups).into_iter().map(|(a, _)| a).collect(),
            Targets::ByRules if automatic.heads_in_scope => candidates.iter().flat_map(|k| self.targets(&k.arrival, now)).collect(),
            Targets::ByRules => everybody(),
        };
        let there: Vec<AgentNo> = among.into_iter().filter(|a| self.staffed(*a)).collect();
        (there.len() as u32, there.iter().map(|a| u64::from(self.count.unanswered(*a))).sum())
    }

    fn carried_out(&mut self, asked: &Asked, run: &Run, routed: &[Routed], at: Millis) -> Checked {
        let automatic = self.settings.offline.automatic.clone();
        let now = run.at;
        let from = now.0.saturating_sub(DAY_MS);
        let pool: Vec<Kept> = self.kept.values().filter(|k| k.place == Where::Pooled).cloned().collect();
        let written = |k: &Kept| if automatic.range == Range::Every { Some(k.arrival.last) } else { k.arrival.asked };
        let mut candidates: Vec<Kept> = pool.iter().filter(|k| written(k).is_some_and(|w| w.0 >= from)).cloned().collect();
        candidates.sort_by_key(|k| std::cmp::Reverse((written(k), k.arrival.conversation)));
        let (pooled, eligible) = (pool.len() as u32, candidates.len() as u32);
        let mut failures = BTreeMap::new();
        let mut fail = |why: Failure, count: u32| {
            if count > 0 {
                *failures.entry(why).or_insert(0) += count;
            }
        };
        let older = pool.iter().filter(|k| written(k).is_some_and(|w| w.0 < from)).count() as u32;
        fail(Failure::OlderThanADay, older);
        fail(Failure::DidNotAsk, pooled - eligible - older);
        let (heads, unanswered) = self.heads(&candidates[..candidates.len().min(TAKES_MAX)], now);
        let too_much = automatic.unanswered_average_max.is_some_and(|max| unanswered > u64::from(max) * u64::from(heads));
        let cap = if heads < automatic.online_min {
            fail(Failure::TooFewAgents, eligible);
            0
        } else if too_much {
            fail(Failure::AverageAbove, eligible);
            0
        } else {
            let cap = automatic.per_head.map_or(usize::MAX, |k| (heads * k) as usize).min(TAKES_MAX).min(candidates.len());
            fail(Failure::BeyondTheCap, eligible - cap as u32);
            cap
        };
        run.stayed.iter().for_each(|(_, why)| fail(*why, 1));
        let assigned = self.newest_first(asked, &candidates[..cap], run, routed, at)?;
        let told: BTreeMap<Failure, u32> = run.failures.iter().copied().filter(|(f, _)| *f != Failure::ReachedAgent).collect();
        let own = (pooled, eligible, cap as u32, heads, &assigned, &failures);
        let theirs = (run.pooled, run.eligible, run.taken, run.heads, &run.assigned, &told);
        holds(own == theirs && run.operator == Operator::System, "run adds up", || {
            format!("(pooled, eligible, taken, heads, assigned, failures) are {own:?}, recorded {run:?}")
        })?;
        let sum = run.moved() + told.values().sum::<u32>();
        holds(run.pooled == sum && run.left() == run.pooled - run.moved(), "run adds up", || {
            format!("{} are not {sum}: {run:?}", run.pooled)
        })?;
        let reached = run.failures.iter().find(|(f, _)| *f == Failure::ReachedAgent).map_or(0, |(_, n)| *n);
        holds(self.reached.is_none_or(|n| n == reached), "run adds up", || format!("{:?} had reached an agent: {run:?}", self.reached))?;
        self.reached = Some(0);
        for (failure, _) in &run.failures {
            self.meet(format!("failure/{failure:?}"));
        }
        Ok(())
    }

    /// Every candidate in turn, from the newest: given to somebody, or nobody could.
    fn newest_first(
        &mut self,
        asked: &Asked,
        candidates: &[Kept],
        run: &Run,
        routed: &[Routed],
        at: Millis,
    ) -> Result<Vec<(AgentNo, u32)>, crate::broken::Broken> {
        let mut assigned = BTreeMap::new();
        let (mut routed, mut stayed) = (routed.iter(), run.stayed.iter());
        let mut next = routed.next();
        for candidate in candidates {
            let id = candidate.arrival.conversation;
            if let Some((arrival, why)) = next.filter(|(arrival, _)| arrival.conversation == id) {
                self.routed(asked, arrival, why, at, false)?;
                if let Outcome::Owned(agent) = why.outcome {
                    *assigned.entry(agent).or_insert(0) += 1;
                }
                next = routed.next();
                continue;
            }
            let told = stayed.next().map(|(id, _)| *id);
            holds(told == Some(id), "newest first", || format!("{candidate:?} was next; given was {next:?}, stayed {told:?}"))?;
            let verdict = self.for_run(&candidate.arrival, run.at);
            holds(verdict.may.is_empty(), "work conserving", || format!("{candidate:?} stayed in the pool: {verdict:?}"))?;
        }
        let more = next.is_some() || stayed.next().is_some();
        holds(!more, "newest first", || format!("beyond the {} taken: {next:?}", candidates.len()))?;
        Ok(assigned.into_iter().collect())
    }

    /// OFF-2.
    pub fn by_hand(&mut self, asked: &Asked, run: &Run, routed: &[Routed], at: Millis) -> Checked {
        let Asked::ByHand(by, _) = asked else { return Err(broken("knows", format!("{asked:?} led to {run:?}"))) };
        routed.iter().try_for_each(|(arrival, why)| self.routed(asked, arrival, why, at, false))?;
        let mut assigned = BTreeMap::new();
        for (_, why) in routed {
            let Outcome::Owned(agent) = why.outcome else { return Err(broken("place", format!("by hand: {why:?}"))) };
            *assigned.entry(agent).or_insert(0) += 1;
        }
        let stayed = run.failures.iter().filter(|(why, _)| *why != Failure::NotInPool);
        let sum = run.moved() + stayed.map(|(_, n)| n).sum::<u32>();
        let right =
            run.pooled == sum && run.taken == sum && sum <= run.eligible && run.assigned == assigned.into_iter().collect::<Vec<_>>();
        holds(right && run.operator == Operator::Account(*by), "run adds up", || format!("{routed:?}: {run:?}"))?;
        self.meet("firing/by hand".into());
        Ok(())
    }
}
