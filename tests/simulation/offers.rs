//! What is suggested and what becomes of it, told a second time from the stored events alone: every offer is settled once, at most one
//! is open and only while a buyer waits, and what an answer says of itself is what it is.

use crate::broken::{Checked, holds};
use fenliu::domain::audience::audience;
use fenliu::domain::content::Extra;
use fenliu::domain::conversation::Conversation;
use fenliu::domain::event::{Author, Event, Worked};
use fenliu::domain::id::ConversationId;
use fenliu::domain::suggestion::{Adopted, Fate, Offer};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
struct Talk {
    offered: u32,
    open: Option<Offer>,
    adopted: u32,
    ignored: u32,
    /// The offer that was just adopted, until its answer is written.
    just_adopted: Option<(Offer, Fate)>,
    /// The buyer's messages, and those taken back.
    asked: Vec<u64>,
    waits: bool,
    received: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Offers {
    talks: BTreeMap<ConversationId, Talk>,
}

fn right(it: bool, what: impl FnOnce() -> String) -> Checked {
    holds(it, "suggestions", what)
}

impl Talk {
    fn offers(&mut self, offer: &Offer) -> Checked {
        let told = || format!("{offer:?} to {self:?}");
        right(self.open.is_none() && offer.no == self.offered + 1, told)?;
        right(self.received && self.waits && self.asked.last() == Some(&offer.for_seq), told)?;
        right((1..=3).contains(&offer.items.len()), told)?;
        (self.offered, self.open) = (offer.no, Some(offer.clone()));
        Ok(())
    }

    fn settles(&mut self, no: u32, fate: Fate) -> Checked {
        let told = format!("{no} becomes {fate:?} in {self:?}");
        let open = self.open.take().filter(|open| open.no == no);
        right(open.is_some(), || told)?;
        match fate {
            Fate::Ignored => self.ignored += 1,
            Fate::AsIs(_) | Fate::Edited(_) => {
                self.adopted += 1;
                self.just_adopted = open.map(|open| (open, fate));
            }
        }
        Ok(())
    }

    /// An answer says that it was made with a suggestion where, and only where, that was adopted by it.
    fn answers(&mut self, text: &str, made: Option<Adopted>) -> Checked {
        let told = format!("{text:?} made with {made:?} in {self:?}");
        let same = match (self.just_adopted.take(), made) {
            (None, None) => true,
            (Some((offer, fate)), Some(made)) => {
                let item = offer.items.get(usize::from(made.item)).map(|item| item.trim());
                made.offer == offer.no && made.fate() == fate && (item == Some(text.trim())) != made.edited
            }
            _ => false,
        };
        right(same, || told)
    }
}

impl Offers {
    /// One stored event.
    pub fn apply(&mut self, event: &Event) -> Checked {
        if let Event::Suggested(_) | Event::SuggestionSettled(_) = event {
            let told = audience(event);
            right(told.buyer.is_none() && told.staff, || format!("{told:?} are told {event:?}"))?;
        }
        let mut talk = |id: &ConversationId, change: &mut dyn FnMut(&mut Talk) -> Checked| change(self.talks.entry(*id).or_default());
        let waits = |talk: &mut Talk, waits: bool| {
            talk.waits = waits;
            Ok(())
        };
        match event {
            Event::Suggested(suggested) => talk(&suggested.conversation, &mut |t| t.offers(&suggested.offer)),
            Event::SuggestionSettled(settled) => talk(&settled.conversation, &mut |t| t.settles(settled.offer, settled.fate)),
            Event::MessageAdded { conversation, seq, author: Author::Buyer, .. } => talk(conversation, &mut |t| {
                t.asked.push(*seq);
                t.waits |= t.received;
                Ok(())
            }),
            Event::MessageAdded { conversation, author: Author::Agent(_), text, extra, .. } => {
                let shown = extra.as_ref().and_then(|extra| extra.for_buyer());
                right(shown.is_none_or(|extra: Box<Extra>| extra.suggestion.is_none()), || format!("a buyer is told {extra:?}"))?;
                talk(conversation, &mut |t| t.answers(text, extra.as_ref().and_then(|extra| extra.suggestion)))
            }
            Event::MessageRecalled { conversation, seq, .. } => talk(conversation, &mut |t| {
                t.asked.retain(|asked| asked != seq);
                Ok(())
            }),
            Event::ReceptionOpened { conversation, .. } => talk(conversation, &mut |t| {
                t.received = true;
                Ok(())
            }),
            Event::ReceptionClosed { conversation, .. } => talk(conversation, &mut |t| {
                (t.received, t.waits) = (false, false);
                Ok(())
            }),
            Event::RoundAnswered { conversation, .. } | Event::RoundWithdrawn { conversation, .. } => {
                talk(conversation, &mut |t| waits(t, false))
            }
            Event::DeskWork { conversation, what: Worked::Marked { answered, .. }, .. } => talk(conversation, &mut |t| waits(t, !answered)),
            _ => Ok(()),
        }
    }

    /// The head on the disk of a conversation that was written.
    pub fn written(&self, id: ConversationId, head: &Conversation) -> Checked {
        let Some(talk) = self.talks.get(&id) else { return Ok(()) };
        let (theirs, told) = (&head.suggestions, || format!("{id} has {:?}, should have {talk:?}", head.suggestions));
        right(theirs.open == talk.open && theirs.offered == talk.offered, told)?;
        right(talk.open.is_none() || talk.received && talk.waits, told)?;
        right(talk.offered == talk.adopted + talk.ignored + u32::from(talk.open.is_some()), told)
    }
}

/// What a run met.
pub fn met(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Suggested(_) => "assist/offered",
        Event::SuggestionSettled(settled) => match settled.fate {
            Fate::AsIs(_) => "assist/adopted as it is",
            Fate::Edited(_) => "assist/adopted edited",
            Fate::Ignored => "assist/ignored",
        },
        _ => return None,
    })
}
