//! What time alone sets moving, and what must be true when a turn is over.

use crate::broken::{Checked, holds};
use crate::model::{Kept, Model, Where};
use fenliu::domain::event::Presence;
use fenliu::domain::explain::Exclusion;
use fenliu::domain::id::{AgentNo, Millis};

impl Model {
    /// The clock tells the time: graces of a restart begin, or are over.
    pub fn wakes(&mut self, at: Millis) {
        self.woken = self.woken.max(at);
        let grace = self.woken.plus(self.settings.offline_grace_ms);
        if self.reopening == Some(Millis(0)) {
            self.reopening = Some(grace);
        }
        for person in self.people.values_mut() {
            if person.grace == Some(Millis(0)) {
                person.grace = Some(grace);
            }
        }
    }

    /// Its agent is away: offline, and the grace is over.
    fn away(&self, agent: AgentNo) -> bool {
        self.people.get(&agent).is_none_or(|p| p.presence == Presence::Offline && p.grace.is_none())
    }

    /// Why it serves nobody, whether here or not (GRD-8).
    pub fn barred(&self, agent: AgentNo) -> Option<Exclusion> {
        let person = self.people.get(&agent).filter(|p| !p.settings.enabled)?;
        Some(person.post.barred.unwrap_or(Exclusion::Disabled))
    }

    /// A turn is over. `woken`: the clock spoke in it; `quiet`: nothing was decided in it; `deadline`: the dispatcher's.
    pub fn turn_over(&mut self, woken: bool, quiet: bool, deadline: Option<Millis>) -> Checked {
        if woken {
            let woken = self.woken;
            self.reopening = self.reopening.filter(|until| *until > woken);
            for person in self.people.values_mut() {
                person.grace = person.grace.filter(|over| *over > woken);
            }
            self.answers_due(woken, quiet)?;
        }
        let left_with_the_away = |k: &&Kept| {
            let with = k.owner().filter(|agent| self.away(*agent));
            with.is_some() && k.arrival.unanswered.is_some() && !k.offline_way
        };
        if let Some(left) = self.kept.values().find(left_with_the_away) {
            holds(false, "timer", || format!("left with an agent who is away: {left:?}"))?;
        }
        // After a restart what was left with it waits for the end of the grace, or until it comes.
        let no_grace = |agent: &AgentNo| self.people.get(agent).is_some_and(|p| p.grace.is_none());
        let left_with_the_barred =
            |k: &&Kept| k.arrival.unanswered.is_some() && k.owner().is_some_and(|agent| self.barred(agent).is_some() && no_grace(&agent));
        let left = self.kept.values().find(left_with_the_barred);
        holds(left.is_none(), "barred", || format!("left with an agent who may not serve: {left:?}"))?;
        let moving = self.kept.values().find(|k| matches!(k.place, Where::Moving(_)));
        holds(moving.is_none(), "place", || format!("nowhere after the turn: {moving:?}"))?;
        self.wakes_in_time(deadline)?;
        if deadline.is_some_and(|due| due <= self.told) {
            return Ok(());
        }
        let waits = self.waiting().into_iter().find(|k| !self.verdict(&k.arrival, &k.arrival.missed, self.told).may.is_empty());
        holds(waits.is_none(), "work conserving", || {
            let kept = waits.expect("found");
            format!("{kept:?} waits at {:?}, though {:?}", self.told, self.verdict(&kept.arrival, &kept.arrival.missed, self.told))
        })
    }

    /// Who was not answered in time and still has its agent: nobody else could take it (DIV-7), and it is tried again.
    fn answers_due(&mut self, woken: Millis, quiet: bool) -> Checked {
        let due: Vec<_> = self.kept.values().filter(|k| k.due.is_some_and(|due| due <= woken)).cloned().collect();
        for kept in due {
            let mut but = kept.arrival.missed.clone();
            but.extend(kept.owner());
            let verdict = self.verdict(&kept.arrival, &but, woken);
            // Where the turn decided more, room may have come or gone since this one was looked at.
            holds(!quiet || verdict.may.is_empty(), "timer", || format!("nobody answered, and {verdict:?} could: {kept:?}"))?;
            let again = Kept { asked_at: Some(woken), ..kept };
            let due = self.answer_due(&again);
            self.kept.insert(again.arrival.conversation, Kept { due, ..again });
        }
        Ok(())
    }

    /// The dispatcher wants to be woken no later than the first thing that must be done.
    fn wakes_in_time(&self, deadline: Option<Millis>) -> Checked {
        let graces = self.people.values().filter_map(|p| p.grace).filter(|over| over.0 > 0);
        let answers = self.kept.values().filter_map(|k| k.due);
        let waits = self.settings.queue.wait_ms_max.into_iter().flat_map(|ms| {
            // Nobody could be given anything before the agents had time to come back.
            let queued = self.kept.values().filter(|k| k.place == Where::Queued && self.reopening.is_none());
            queued.map(move |k| k.since.plus(ms))
        });
        let first = graces.chain(answers).chain(waits).chain(self.reopening.filter(|r| r.0 > 0)).min();
        let in_time = first.is_none_or(|first| deadline.is_some_and(|deadline| deadline <= first));
        holds(in_time, "timer", || format!("{first:?} must be done, the dispatcher wants to be woken at {deadline:?}"))?;
        let slot = self.next_slot.filter(|_| self.reopening.is_none());
        let in_time = slot.is_none_or(|slot| deadline.is_some_and(|deadline| deadline <= slot));
        holds(in_time, "slot due", || format!("{slot:?} is next, the dispatcher wants to be woken at {deadline:?}"))
    }
}
