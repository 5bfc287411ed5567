//! The timers of a conversation (SLA-1 … SLA-4): when its round is late, when its agent is warned and staff are reminded, when what
//! nobody reads is escalated. Deadlines are part of the state; the clock wakes the conversation, which says what has come due.
//!
//! Each fires once: what fired is an event, and the event takes the deadline away.

use super::{Conversation, Reception};
use crate::domain::Decision;
use crate::domain::desk::time::{InForce, RoundLimits, Starts};
use crate::domain::event::{Event, Limited};
use crate::domain::id::Millis;

impl Conversation {
    /// What a message of the buyer, or a mark by hand, sets going.
    pub(super) fn starts(&self, at: Millis, begins_round: bool, begins_unread: bool, desk: &InForce) -> Option<Box<Starts>> {
        let round = begins_round.then(|| desk.round(at, self.reminded_until));
        let escalate = if begins_unread { desk.escalate(at) } else { None };
        (round.is_some() || escalate.is_some()).then(|| Box::new(Starts { round, escalate }))
    }

    /// The earliest of its deadlines.
    pub fn next_deadline(&self) -> Option<Millis> {
        let of_round = self.open.as_ref().map_or([None; 3], |open| {
            let RoundLimits { late, warn, remind } = open.limits;
            [late, warn, remind.map(|remind| remind.at)]
        });
        of_round.into_iter().chain([self.escalate]).flatten().min()
    }

    /// What has come due.
    pub(super) fn wake(&self, now: Millis) -> Decision {
        let (conversation, owner, mut decision) = (self.place().1, self.owner(), Decision::default());
        let due = |at: Option<Millis>| at.is_some_and(|at| at <= now);
        let fires = |what| Event::Limit { conversation, at: now, owner, what };
        if let Some((open, began)) = self.open.as_ref().and_then(|open| Some((open, open.unanswered_since?))) {
            let (reception, group) = (open.no, open.group);
            if due(open.limits.warn) {
                decision.events.push(fires(Limited::Warned { reception, began }));
            }
            if let Some(remind) = open.limits.remind.filter(|remind| remind.at <= now) {
                // Woken long after the day was over, it counts for the day that is.
                let (day_ends, buyer, priority) = (remind.day_ends.max(now), self.called(), self.priority());
                decision.events.push(fires(Limited::Reminded { reception, began, day_ends, buyer, priority, group }));
            }
            if due(open.limits.late) {
                let charged = open.charged.or(owner);
                decision.events.push(fires(Limited::TimedOut { reception, began, charged, group }));
            }
        }
        if due(self.escalate) {
            let (since, unread) = (self.unread_runs.first().map_or(now, |run| run.since), self.unread());
            let (buyer, priority, group) = (self.called(), self.priority(), self.open.as_ref().and_then(|open| open.group));
            decision.events.push(fires(Limited::Escalated { since, unread, buyer, priority, group }));
        }
        decision
    }

    /// The round that began then still waits for an answer.
    pub fn waits_since(&self, began: Millis) -> bool {
        self.open.as_ref().is_some_and(|open| open.unanswered_since == Some(began))
    }

    /// Staff are shown, and have not all read, what the buyer wrote then.
    pub fn is_unread_since(&self, since: Millis) -> bool {
        self.block.is_none() && self.unread_runs.first().is_some_and(|run| run.since <= since)
    }

    /// A message or a mark set it going.
    pub(super) fn started(&mut self, starts: Option<&Starts>) {
        let Some(starts) = starts else { return };
        if let (Some(open), Some(limits)) = (&mut self.open, starts.round) {
            open.limit(limits);
        }
        self.escalate = starts.escalate.or(self.escalate);
    }

    /// What staff know the buyer by.
    fn called(&self) -> String {
        if self.name.trim().is_empty() { self.buyer.clone() } else { self.name.clone() }
    }

    /// What has fired.
    pub(super) fn fired(&mut self, what: &Limited) {
        if let Limited::Escalated { .. } = what {
            self.escalate = None;
        }
        if let Limited::Reminded { day_ends, .. } = what {
            self.reminded_until = *day_ends;
        }
        let Some(open) = &mut self.open else { return };
        match what {
            Limited::Warned { .. } => (open.limits.warn, open.warned) = (None, true),
            Limited::Reminded { .. } => open.limits.remind = None,
            Limited::TimedOut { .. } => (open.limits.late, open.late) = (None, true),
            Limited::Escalated { .. } => {}
        }
    }
}

impl Reception {
    /// Its owner's screen has warned of the round that is open.
    pub fn warned(&self) -> bool {
        self.unanswered_since.is_some() && self.warned
    }

    /// A round begins, or is over.
    pub(super) fn limit(&mut self, limits: RoundLimits) {
        (self.limits, self.late, self.warned) = (limits, false, false);
    }
}
