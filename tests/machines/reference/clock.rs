//! What time does: graces (DIV-6), answers (DIV-7), waits (DIV-5), windows; and serving those who wait.

use super::facts;
use super::model::{Did, Fault, Model, Place, Talk, Until};
use fenliu::domain::event::Turn;
use fenliu::domain::explain::{Cause, Closed};
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use std::mem::take;

const DAY_MS: u64 = 24 * 3_600_000;

/// What is due; of those due at the same instant the first here is done first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    FirstLook,
    Reopening,
    Grace(AgentNo),
    Answer(ConversationId),
    Wait(ConversationId),
    /// Time alone may let somebody be served (DIV-5).
    Windows,
    Slot,
}

impl Model {
    /// The clock looks at the shop: everything due, in the order of its time; after each, those who wait come first.
    pub fn look(&mut self, now: Millis) -> Vec<Did> {
        while let Some((_, due)) = self.due(now).into_iter().min() {
            let mut empty = false;
            match due {
                Due::FirstLook => self.first_look(now),
                Due::Grace(agent) => self.grace_over(agent),
                Due::Reopening => {
                    self.reopening = None;
                    (self.freed, empty) = (true, self.gate_closed());
                }
                Due::Answer(conversation) => self.not_answered(conversation, now),
                Due::Wait(conversation) => {
                    let Some(talk) = self.talk(conversation).cloned() else { break };
                    let among = self.step(&talk.arrival, now).1;
                    let found = self.offline(Closed::WaitedTooLong, among, None);
                    self.put(talk.arrival, found, Cause::WaitedTooLong, None, now);
                }
                Due::Windows => (self.looked, self.freed) = (now, true),
                Due::Slot => self.slot_due(now),
            }
            if self.freed {
                self.serve(empty, now);
            }
        }
        self.looked = now;
        take(&mut self.did)
    }

    fn due(&self, now: Millis) -> Vec<(Millis, Due)> {
        let mut due = Vec::new();
        for person in &self.people {
            match person.grace {
                Some(Until::FirstLook) => due.push((Millis(0), Due::FirstLook)),
                Some(Until::At(at)) => due.push((at, Due::Grace(person.no))),
                None => {}
            }
        }
        match self.reopening {
            Some(Until::FirstLook) => due.push((Millis(0), Due::FirstLook)),
            Some(Until::At(at)) => due.push((at, Due::Reopening)),
            None => {}
        }
        for talk in &self.talks {
            let conversation = talk.arrival.conversation;
            if let Some(at) = self.answer_due(talk) {
                due.push((at, Due::Answer(conversation)));
            }
            // After a restart, slots and those who wait wait for the agents who come back (OFF-8).
            if let (Place::Queued { since }, Some(ms), None) = (&talk.place, self.settings.queue.wait_ms_max, self.reopening) {
                due.push((since.plus(ms), Due::Wait(conversation)));
            }
        }
        for window in self.queue().iter().flat_map(|(_, _, conversation)| self.windows(*conversation)) {
            due.push((window, Due::Windows));
        }
        if !self.queue().is_empty() {
            due.extend(facts::week_borders(&self.settings, self.looked, now).map(|border| (border, Due::Windows)));
        }
        if self.reopening.is_none() {
            due.extend(facts::slots(&self.settings, self.slots_done, now).next().map(|slot| (slot, Due::Slot)));
        }
        due.retain(|(at, _)| *at <= now);
        due
    }

    /// When a window ends that has kept somebody from being served, after the last look.
    fn windows(&self, conversation: ConversationId) -> Vec<Millis> {
        let Some(Talk { arrival, .. }) = self.talk(conversation) else { return Vec::new() };
        let rule = &self.settings.recent;
        let recent = arrival.recent.map_or(Vec::new(), |(_, at)| vec![at.plus(rule.any_ms), at.plus(rule.online_ms)]);
        let order = arrival.facts.order.map(|(_, at)| at.plus(3 * DAY_MS));
        recent.into_iter().chain(order).map(|end| end.plus(1)).filter(|end| *end > self.looked).collect()
    }

    /// When an agent loses a reception it has not answered (DIV-7).
    fn answer_due(&self, talk: &Talk) -> Option<Millis> {
        let rule = &self.settings.no_answer;
        let (held, began, after_ms) = (talk.held()?, talk.arrival.unanswered?, rule.after_ms?);
        let asked = !held.offline_way && (!held.answered || rule.later_rounds) && talk.arrival.missed.len() < rule.moves_max as usize;
        asked.then(|| began.max(held.since).max(held.missed_at).plus(after_ms))
    }

    fn first_look(&mut self, now: Millis) {
        let ends = Until::At(now.plus(self.settings.offline_grace_ms));
        let graces = self.people.iter_mut().map(|p| &mut p.grace).chain([&mut self.reopening]);
        graces.filter(|grace| **grace == Some(Until::FirstLook)).for_each(|grace| *grace = Some(ends));
    }

    /// DIV-6: what this agent has not answered looks for another.
    fn grace_over(&mut self, agent: AgentNo) {
        self.people.iter_mut().filter(|p| p.no == agent).for_each(|p| p.grace = None);
        if self.fault == Fault::GraceWithoutEnd {
            return;
        }
        self.give_up(agent);
    }

    /// DIV-7: to another, who did not miss it before; where there is none, its agent keeps it and is asked again.
    fn not_answered(&mut self, conversation: ConversationId, now: Millis) {
        let Some(talk) = self.talk(conversation).cloned() else { return };
        let (Some(agent), Some(after_ms)) = (talk.owner(), self.settings.no_answer.after_ms) else { return };
        let mut arrival = talk.arrival.clone();
        arrival.missed.push(agent);
        let found = self.choose(&arrival, now);
        if found.choice.is_some() {
            let cause = Cause::NoAnswer { after_ms, moves: arrival.missed.len() as u32 };
            self.put(arrival, found, cause, Some(agent), now);
        } else {
            self.people.iter_mut().filter(|p| p.no == agent).for_each(|p| p.misses += 1);
            let kept = self.talks.iter_mut().filter(|t| t.arrival.conversation == conversation);
            kept.for_each(|t| {
                if let Place::Owned(held) = &mut t.place {
                    held.missed_at = now
                }
            });
        }
        let misses = self.person(agent).map_or(0, |p| p.misses);
        if self.settings.no_answer.suspend_after.is_some_and(|m| misses >= m) {
            self.did.push(Did::Suspended(agent));
        }
    }

    /// DIV-5: in order, everybody who waits and for whom there is a place, and everybody who must leave. `empty`: the shop has
    /// turned out to be empty, and who waits is treated as a newcomer.
    pub fn serve(&mut self, empty: bool, now: Millis) {
        loop {
            let mut turns: Vec<Turn> =
                self.talks.iter().filter(|t| t.queued() || matches!(t.place, Place::Leaving { .. })).map(Talk::turn).collect();
            turns.sort();
            if self.fault == Fault::QueueReversed {
                turns.reverse();
            }
            let next = turns.into_iter().find_map(|(_, _, conversation)| {
                let talk = self.talk(conversation)?;
                let (arrival, from) = (talk.arrival.clone(), if let Place::Leaving { from } = talk.place { Some(from) } else { None });
                let gone = |from| self.barred(from).map_or(Cause::AgentOffline, |why| Cause::AgentBarred { why });
                let cause = from.map_or(Cause::Waited, gone);
                if from.is_some() || empty {
                    return Some((arrival.clone(), self.place(&arrival, from, now), cause, from));
                }
                let found = self.choose(&arrival, now);
                found.choice.is_some().then_some((arrival, found, cause, from))
            });
            let Some((arrival, found, cause, from)) = next else { break };
            self.put(arrival, found, cause, from, now);
        }
        self.freed = false;
    }
}
