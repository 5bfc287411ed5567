//! Which kinds of decisions the histories met, and how often: a comparison that never meets a kind says nothing of it.

use super::model::Did;
use fenliu::domain::explain::{Cause, Closed, Outcome, Step};
use fenliu::domain::offline::{Failure, Firing, Way};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub struct Tally(pub BTreeMap<&'static str, u64>);

/// Every kind there is.
const KINDS: [&str; 56] = [
    "restart",
    "a person is refused",
    "suspended after misses",
    "owned",
    "queued",
    "pooled",
    "cause: opened",
    "cause: waited",
    "cause: waited too long",
    "cause: agent offline",
    "cause: agent barred",
    "cause: no answer",
    "cause: no answer, 2nd move or later",
    "cause: wrote again",
    "cause: facts changed",
    "cause: slot",
    "cause: person",
    "cause: person, over capacity",
    "step: nobody online",
    "step: queue full",
    "step: waited too long",
    "step: deputy receives",
    "step: main account receives",
    "step: recent contact",
    "step: recent contact, suspended",
    "step: colleague of recent contact",
    "step: dedicated",
    "step: scope, one dimension",
    "step: scope, several dimensions",
    "step: rule",
    "step: later rule",
    "step: fallback group",
    "step: any agent",
    "step: passed to group",
    "step: passed to agent",
    "step: given",
    "counted in a group",
    "chosen busy",
    "queued, others ahead",
    "moved with a new priority",
    "run: slot",
    "run: late",
    "run: missed",
    "run: missed, summed",
    "run: by hand",
    "run: nothing moved",
    "run: several moved",
    "failure: too few agents",
    "failure: average above",
    "failure: reached an agent",
    "failure: older than a day",
    "failure: did not ask",
    "failure: beyond the cap",
    "failure: no capacity",
    "failure: out of scope",
    "records",
];

impl Tally {
    pub fn count(&mut self, kind: &'static str) {
        *self.0.entry(kind).or_default() += 1;
    }

    pub fn join(&mut self, other: &Tally) {
        other.0.iter().for_each(|(kind, n)| *self.0.entry(kind).or_default() += n);
    }

    /// Kinds met fewer than `least` times.
    pub fn hardly_met(&self, least: u64) -> Vec<(&'static str, u64)> {
        let met = KINDS.iter().map(|kind| (*kind, self.0.get(kind).copied().unwrap_or(0)));
        met.filter(|(_, n)| *n < least).collect()
    }

    pub fn add(&mut self, did: &Did) {
        match did {
            Did::Suspended(_) => self.count("suspended after misses"),
            Did::Recorded(run) => {
                self.count("records");
                self.count(match run.firing {
                    Firing::Slot(_) => "run: slot",
                    Firing::Late(_) => "run: late",
                    Firing::Missed { slots: 1, .. } => "run: missed",
                    Firing::Missed { .. } => "run: missed, summed",
                    Firing::ByHand => "run: by hand",
                });
                if run.pooled > 0 && run.moved() != 1 {
                    self.count(if run.moved() == 0 { "run: nothing moved" } else { "run: several moved" });
                }
                for (failure, _) in &run.failures {
                    self.count(match failure {
                        Failure::TooFewAgents => "failure: too few agents",
                        Failure::AverageAbove => "failure: average above",
                        Failure::ReachedAgent => "failure: reached an agent",
                        Failure::NotInPool => "failure: not in the pool",
                        Failure::OlderThanADay => "failure: older than a day",
                        Failure::DidNotAsk => "failure: did not ask",
                        Failure::BeyondTheCap => "failure: beyond the cap",
                        Failure::NoCapacity => "failure: no capacity",
                        Failure::OutOfScope => "failure: out of scope",
                    });
                }
            }
            Did::Routed(routed) => {
                let chosen = if let Outcome::Owned(agent) = routed.outcome { Some(agent) } else { None };
                self.count(match routed.outcome {
                    Outcome::Owned(_) => "owned",
                    Outcome::Queued => "queued",
                    Outcome::Pooled => "pooled",
                });
                self.cause(&routed.cause);
                self.step(&routed.step, chosen.is_some());
                let seat = routed.seen.iter().find(|seen| Some(seen.agent) == chosen);
                if seat.is_some_and(|s| s.excluded.is_some()) && matches!(routed.step, Step::RecentContact { .. }) {
                    self.count("step: recent contact, suspended");
                }
                if seat.is_some_and(|s| s.busy) {
                    self.count("chosen busy");
                }
                if routed.group.is_some() {
                    self.count("counted in a group");
                }
                if routed.ahead.is_some_and(|n| n > 0) {
                    self.count("queued, others ahead");
                    if routed.cause == Cause::FactsChanged {
                        self.count("moved with a new priority");
                    }
                }
            }
        }
    }

    fn cause(&mut self, cause: &Cause) {
        self.count(match cause {
            Cause::Opened => "cause: opened",
            Cause::Waited => "cause: waited",
            Cause::WaitedTooLong => "cause: waited too long",
            Cause::AgentOffline => "cause: agent offline",
            Cause::AgentBarred { .. } => "cause: agent barred",
            Cause::NoAnswer { moves: 1, .. } => "cause: no answer",
            Cause::NoAnswer { .. } => "cause: no answer, 2nd move or later",
            Cause::WroteAgain => "cause: wrote again",
            Cause::FactsChanged => "cause: facts changed",
            Cause::Slot { .. } => "cause: slot",
            Cause::Person { over_capacity: false, .. } => "cause: person",
            Cause::Person { over_capacity: true, .. } => "cause: person, over capacity",
        });
    }

    fn step(&mut self, step: &Step, received: bool) {
        self.count(match step {
            Step::Offline { way: Way::Deputy(_), .. } if received => "step: deputy receives",
            Step::Offline { .. } if received => "step: main account receives",
            Step::Offline { why: Closed::NobodyOnline, .. } => "step: nobody online",
            Step::Offline { why: Closed::QueueFull, .. } => "step: queue full",
            Step::Offline { why: Closed::WaitedTooLong, .. } => "step: waited too long",
            Step::RecentContact { substitute: false, .. } => "step: recent contact",
            Step::RecentContact { substitute: true, .. } => "step: colleague of recent contact",
            Step::Dedicated { .. } => "step: dedicated",
            Step::Scope { by, .. } if by.count_ones() == 1 => "step: scope, one dimension",
            Step::Scope { .. } => "step: scope, several dimensions",
            Step::Rule { index: 0, .. } => "step: rule",
            Step::Rule { .. } => "step: later rule",
            Step::FallbackGroup { .. } => "step: fallback group",
            Step::AnyAgent => "step: any agent",
            Step::PassedToGroup { .. } => "step: passed to group",
            Step::PassedToAgent => "step: passed to agent",
            Step::Given => "step: given",
        });
    }
}
