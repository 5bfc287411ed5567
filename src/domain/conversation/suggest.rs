//! Suggestions 辅助推荐 (ROB-1, ROB-7): an assistant offers answers while a buyer waits, the agent uses one or none.
//!
//! At most one offer is open, and only while a round is: whatever ends the round settles the offer, once. A reply without content
//! ends no round (SLA-1), so it settles nothing.

use super::Conversation;
use super::gate::Words;
use crate::domain::content::Extra;
use crate::domain::event::{Actor, Event, RetryKey};
use crate::domain::guard::Guard;
use crate::domain::id::{AgentNo, Millis};
use crate::domain::refusal::Refusal;
use crate::domain::suggestion::{Fate, Offer, OfferNo, Settled, Suggested, check_items};
use crate::domain::{Decision, Reply};
use crate::limits;

/// What an assistant offers.
pub(super) struct Offering {
    pub by: Actor,
    pub oversees: bool,
    pub for_seq: Option<u64>,
    pub items: Vec<String>,
    pub retry: RetryKey,
}

impl Conversation {
    pub(super) fn suggest(&self, offering: Offering, guard: &Guard, now: Millis) -> Result<Decision, Refusal> {
        let Offering { by, oversees, for_seq, items, retry } = offering;
        if let Some(made) = self.suggestions.made_before(retry, now) {
            let (no, at) = made?;
            return Ok(Decision::reply(Reply::Suggested { no, at, repeated: true }));
        }
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if let Actor::Account(account) = &by
            && !oversees
            && open.owner() != Some(*account)
        {
            return Err(Refusal::NotOwner);
        }
        let last = self.asked.last().copied().filter(|_| open.unanswered_since.is_some()).ok_or(Refusal::NothingUnanswered)?;
        if for_seq.is_some_and(|seq| seq != last) {
            return Err(Refusal::NotLastMessage { last });
        }
        check_items(&items, guard, now)?;
        let (conversation, at, no) = (self.place().1, now.max(self.last_at), self.suggestions.offered + 1);
        let mut decision = Decision::reply(Reply::Suggested { no, at, repeated: false });
        decision.events.extend(self.settled(None, Fate::Ignored, now));
        let (reception, owner, group) = (open.no, open.owner(), open.group);
        let offer = Offer { no, for_seq: last, items, by, at };
        Ok(decision.event(Event::Suggested(Box::new(Suggested { conversation, reception, offer, retry, owner, group }))))
    }

    pub(super) fn dismiss_suggestion(&self, by: AgentNo, oversees: bool, offer: OfferNo, now: Millis) -> Result<Decision, Refusal> {
        if offer == 0 || offer > self.suggestions.offered {
            return Err(Refusal::NotFound { what: "suggestion" });
        }
        self.may_work(by, oversees)?;
        let mut decision = Decision::default();
        if self.suggestions.open.as_ref().is_some_and(|open| open.no == offer) {
            decision.events.extend(self.settled(Some(by), Fate::Ignored, now));
        }
        Ok(decision)
    }

    /// The open offer comes to its end, if there is one. `by`: whose doing it is, where it is somebody's.
    pub(super) fn settled(&self, by: Option<AgentNo>, fate: Fate, now: Millis) -> Option<Event> {
        let (offer, open) = (self.suggestions.open.as_ref()?, self.open.as_ref()?);
        let (conversation, at) = (self.place().1, now.max(self.last_at).max(offer.at));
        let (reception, owner, group) = (open.no, open.owner(), open.group);
        Some(Event::SuggestionSettled(Settled { conversation, reception, offer: offer.no, at, by, fate, owner, group }))
    }

    /// Says of an answer with which suggestion it was made, as far as that still counts.
    pub(super) fn made_with_suggestion(&self, mut words: Words) -> Result<Words, Refusal> {
        let Some((mut extra, claimed)) = words.extra.as_deref().and_then(|extra| Some((extra.clone(), extra.suggestion?))) else {
            return Ok(words);
        };
        extra.suggestion = self.suggestions.adopted(claimed.offer, claimed.item, &words.text)?;
        words.extra = Extra::boxed(extra);
        Ok(words)
    }

    /// The buyer wrote message `seq`. Where that is hidden (INB-8) no reception is open, and nothing is suggested.
    pub(super) fn asks(&mut self, seq: u64) {
        let old = (self.asked.len() + 1).saturating_sub(limits::ASKED_KEPT);
        self.asked.drain(..old);
        self.asked.push(seq);
    }
}
