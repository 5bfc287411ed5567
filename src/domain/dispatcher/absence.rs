//! What the clock sets moving: graces that end (DIV-6), answers that do not come (DIV-7), waits that last too long (DIV-5),
//! windows that pass, slots of the automatic assignment. One thing a turn; the shell asks again until nothing is due.

use super::slot::Place;
use super::{Dispatcher, GRACE_TO_BEGIN};
use crate::domain::conversation::Say;
use crate::domain::event::{Arrival, Event, Heard, Presence};
use crate::domain::explain::{Cause, Closed, Explanation};
use crate::domain::id::{AgentNo, ConversationId, Millis};
use crate::domain::{Decision, Effect, agent};

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    Undone,
    GracesBegin,
    Reopening,
    Grace(AgentNo),
    Answer(ConversationId),
    Wait(ConversationId),
    Windows,
    Slot,
}

impl Dispatcher {
    /// What is due first, and when.
    pub(super) fn first_due(&self) -> Option<(Millis, Due)> {
        let grace = self.graces.first().map(|(due, agent)| {
            let what = if *due == GRACE_TO_BEGIN { Due::GracesBegin } else { Due::Grace(*agent) };
            (*due, what)
        });
        let reopening = self.reopening.map(|due| {
            let what = if due == GRACE_TO_BEGIN { Due::GracesBegin } else { Due::Reopening };
            (due, what)
        });
        let answer = self.answers.first().map(|(due, conversation)| (*due, Due::Answer(*conversation)));
        let longest = self.waits.first().zip(self.settings.queue.wait_ms_max);
        let wait = longest.map(|((since, conversation), ms)| (since.plus(ms), Due::Wait(*conversation)));
        // After a restart those who wait, and the slots, wait for the agents who come back: nobody could be given anything before.
        let wait = wait.filter(|_| self.reopening.is_none());
        let window = self.windows.first().map(|(due, _)| (*due, Due::Windows));
        let week = self.week_change.filter(|_| !self.queue.is_empty()).map(|due| (due, Due::Windows));
        let slot = self.next_slot.filter(|_| self.reopening.is_none()).map(|due| (due, Due::Slot));
        let undone = (!self.undone.is_empty()).then_some((GRACE_TO_BEGIN, Due::Undone));
        [undone, grace, reopening, answer, wait, window, week, slot].into_iter().flatten().min()
    }

    pub(super) fn wake(&self, now: Millis) -> Decision {
        let woken = Decision::default().event(Event::Heard(Heard::Woken { at: now }));
        let heard = |decision: Decision, heard| decision.event(Event::Heard(heard));
        let Some((_, due)) = self.first_due().filter(|(due, _)| *due <= now) else { return woken };
        match due {
            Due::Undone => self.carry_out(woken),
            Due::GracesBegin => heard(woken, Heard::GracesBegin { at: now }),
            Due::Grace(agent) => heard(woken, Heard::GraceOver { agent }),
            Due::Reopening => heard(woken, Heard::Reopened),
            Due::Answer(conversation) => self.not_answered(woken, conversation, now),
            Due::Wait(conversation) => self.waited_too_long(woken, conversation, now),
            Due::Windows => heard(woken, Heard::WindowsPassed { at: now }),
            Due::Slot => self.slot_due(woken, now),
        }
    }

    /// What was decided and stored before a crash, and never reached its conversations, is told them again.
    fn carry_out(&self, mut decision: Decision) -> Decision {
        let told = |(arrival, why): &(Arrival, Explanation)| self.told(arrival, why, Some(said(why)));
        decision.effects.extend(self.undone.iter().map(told));
        decision.event(Event::Heard(Heard::CarriedOut))
    }

    /// Offline, and its grace is over.
    pub(super) fn away(&self, agent: AgentNo) -> bool {
        let offline = self.floor.desk(agent).is_none_or(|d| d.presence == Presence::Offline);
        offline && !self.graces.iter().any(|(_, a)| *a == agent)
    }

    /// DIV-7: the agent loses it to another who did not miss it before; where there is none, it keeps it.
    fn not_answered(&self, decision: Decision, conversation: ConversationId, now: Millis) -> Decision {
        let Some((slot, held)) = self.slots.get(&conversation).and_then(|s| Some((s, s.held()?))) else { return decision };
        let Some(after_ms) = self.settings.no_answer.after_ms else { return decision };
        let mut missed = slot.arrival.missed.clone();
        missed.push(held.agent);
        let moves = missed.len() as u32;
        let arrival = Arrival { missed, ..slot.arrival.clone() };
        let chosen = self.choose(&self.floor, &arrival, now);
        let mut decision = match chosen.choice {
            None => decision.event(Event::Heard(Heard::Missed { conversation, agent: held.agent, at: now })),
            Some(_) => {
                let cause = Cause::NoAnswer { after_ms, moves };
                let why = self.chosen(&self.floor, &arrival, chosen, cause, Some(held.agent), now);
                let (event, effect) = self.decided(arrival, why, None);
                decision.event(event).effect(effect)
            }
        };
        let misses = self.floor.desk(held.agent).map_or(0, |d| d.misses) + 1;
        if self.settings.no_answer.suspend_after.is_some_and(|m| misses >= m) {
            decision = decision.effect(Effect::Agent(self.scope(), held.agent, agent::Command::Suspend));
        }
        decision
    }

    /// DIV-5: offline handling applies.
    fn waited_too_long(&self, decision: Decision, conversation: ConversationId, now: Millis) -> Decision {
        let Some(slot) = self.slots.get(&conversation).filter(|s| matches!(s.place, Place::Queued { .. })) else { return decision };
        let targets = self.applies(&self.floor, &slot.arrival, now).1;
        let why = self.offline(&slot.arrival, Closed::WaitedTooLong, targets, Cause::WaitedTooLong, None, now);
        let (event, effect) = self.decided(slot.arrival.clone(), why, None);
        decision.event(event).effect(effect)
    }
}

/// What the system says of an assignment out of the pool.
fn said(why: &Explanation) -> Say {
    match &why.cause {
        Cause::Person { reason, .. } => Say::Transferred(reason.clone()),
        _ => Say::OfflineAssigned,
    }
}
