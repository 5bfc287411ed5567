//! 黑名单 (INB-8): what a blacklisted buyer writes is stored and shown to nobody in the shop until the buyer is taken off the list.
//! The buyer is told nothing: a message is accepted as always.
//!
//! Staff see the conversation as it stood before: closed. Nothing written meanwhile counts anywhere, nor opens a reception, also
//! when it appears: it is unread from then on, and no round waits for an answer.

use super::gate::Words;
use super::{Conversation, Run};
use crate::domain::content::Extra;
use crate::domain::desk::time::InForce;
use crate::domain::event::{Actor, Event};
use crate::domain::id::Millis;
use crate::domain::refusal::Refusal;
use crate::domain::suggestion::Fate;
use crate::domain::{Decision, Effect, dispatcher};

impl Conversation {
    pub(super) fn block(&self, buyer: String, reason: String, by: Actor, now: Millis) -> Result<Decision, Refusal> {
        if self.block.is_some() {
            return Err(Refusal::Exists { what: "entry of the blacklist" });
        }
        let (scope, conversation) = self.place();
        let mut decision = Decision::default();
        if let Some(open) = &self.open {
            let closer = match &by {
                Actor::Account(agent) => Some(*agent),
                Actor::Platform(_) => None,
            };
            let (reception, owner) = (open.no, open.owner());
            decision.events.extend(self.settled(closer, Fate::Ignored, now));
            // Its round is in no figure: nobody is to answer a buyer whom nobody is shown.
            let withdrawn = open.unanswered_since.map(|began| Event::RoundWithdrawn { conversation, reception, at: now, began });
            decision.events.extend(withdrawn);
            decision.events.push(Event::ReceptionClosed { conversation, reception, at: now, by: closer, owner, unanswered: None });
            decision.effects.push(Effect::Dispatcher(scope, dispatcher::Command::Closed { conversation, reception }));
        }
        Ok(decision.event(Event::Blocked { conversation, buyer, from: self.last_seq + 1, reason, at: now, by }))
    }

    pub(super) fn unblock(&self, by: Actor, desk: &InForce, now: Millis) -> Result<Decision, Refusal> {
        let block = self.block.as_ref().ok_or(Refusal::NotFound { what: "entry of the blacklist" })?;
        let (conversation, buyer) = (self.place().1, self.buyer.clone());
        let appeared: u32 = block.unseen.iter().map(|run| run.count).sum();
        // What was unread before is, too, from now on.
        let escalate = if appeared > 0 || self.unread() > 0 { desk.escalate(now) } else { None };
        let agent = match &by {
            Actor::Account(agent) => Some(*agent),
            Actor::Platform(_) => None,
        };
        let decision = Decision::default().event(Event::Unblocked { conversation, buyer, appeared, at: now, by, escalate });
        // Unread messages do not lie in an archive.
        let appears = appeared > 0 && self.archived_at.is_some();
        Ok(if appears { decision.event(Event::Restored { conversation, at: now, by: agent }) } else { decision })
    }

    /// The buyer writes while nobody is shown it.
    pub(super) fn add_unseen(&self, words: Words, now: Millis) -> Event {
        let extra = Extra { while_blocked: true, ..words.extra.map(|extra| *extra).unwrap_or_default() }.boxed();
        self.wrote(Words { extra, ..words }, None, now)
    }

    pub(super) fn unblocked(&mut self, at: Millis, escalate: Option<Millis>) {
        let Some(block) = self.block.take() else { return };
        self.escalate = escalate;
        if self.receptions == 0 {
            // Never received: from now on it stands among the closed ones.
            self.closed_at = at;
        }
        // They count as come when they appear.
        self.unread_runs.extend(block.unseen.into_iter().map(|run| Run { since: at, ..run }));
    }
}
