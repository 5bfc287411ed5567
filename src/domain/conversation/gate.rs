//! The gate: the only place where a message is made. The buyer's own words pass as they are; whatever the shop says, in whosever
//! name, is cleared by the guard first (GRD-2, GRD-3, GRD-4), and needs an occasion: an open reception, which only the buyer begins, or
//! one of the three scenes of fulfilment (GRD-1).
//!
//! What is caught is never a message: it is kept as a record of its own (GRD-9), apart from the history.

use super::{Conversation, Reception};
use crate::domain::content::{Card, Extra};
use crate::domain::desk::time::Starts;
use crate::domain::event::{Author, Event, RetryKey};
use crate::domain::guard::record::{Caught, Ground, Origin};
use crate::domain::guard::{Cleared, Finding, Guard, Part, Voice};
use crate::domain::id::{AgentNo, Millis};
use crate::domain::suggestion::Adopted;
use crate::domain::{Answer, Decision, Effect, Reply, shop};
use std::sync::Arc;

/// What is said, and what its retry is recognised by.
#[derive(Clone)]
pub(super) struct Words {
    pub text: String,
    pub extra: Option<Box<Extra>>,
    pub retry: RetryKey,
}

/// What stands between staff and buyer, and where the words come from.
pub(super) struct Gate {
    pub guard: Arc<Guard>,
    pub origin: Origin,
}

/// Why somebody else than the buyer may speak.
pub(super) enum Occasion<'a> {
    Reception(&'a Reception),
    /// One of fulfilment's three, which the system tells (TXT-3).
    Scene,
}

/// Words that may be said. Only [`Conversation::clear`] makes them.
pub(super) struct Spoken {
    cleared: Cleared,
    extra: Option<Box<Extra>>,
    retry: RetryKey,
}

impl Spoken {
    /// It says something (SLA-1): a picture or a card does.
    pub fn has_content(&self) -> bool {
        !self.cleared.empty || self.extra.as_ref().is_some_and(|extra| !extra.attachments.is_empty() || extra.card.is_some())
    }

    pub fn warnings(&self) -> &[Finding] {
        &self.cleared.warnings
    }

    /// In words that were ready: of the shop, or of an assistant.
    pub fn is_made(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.is_made())
    }

    /// The suggestion it was made with.
    pub fn adopted(&self) -> Option<Adopted> {
        self.extra.as_ref()?.suggestion
    }

    pub fn adopts_nothing(&mut self) {
        self.extra = self.extra.take().and_then(|extra| Extra { suggestion: None, ..*extra }.boxed());
    }

    pub fn text(&self) -> &str {
        self.cleared.text()
    }

    pub fn coupon(&self) -> bool {
        self.cleared.coupon
    }
}

impl Conversation {
    /// What the buyer wrote, and what that sets going.
    pub(super) fn wrote(&self, words: Words, starts: Option<Box<Starts>>, now: Millis) -> Event {
        self.message(Author::Buyer, words, starts, now)
    }

    /// What is said to the buyer.
    pub(super) fn said(&self, occasion: &Occasion, author: Author, spoken: Spoken, now: Millis) -> Event {
        debug_assert!(author != Author::Buyer);
        debug_assert!(match occasion {
            Occasion::Reception(open) => self.open.as_ref().is_some_and(|known| known.no == open.no),
            Occasion::Scene => author == Author::System,
        });
        let Spoken { cleared, extra, retry } = spoken;
        self.message(author, Words { text: cleared.into_text(), extra, retry }, None, now)
    }

    fn message(&self, author: Author, words: Words, starts: Option<Box<Starts>>, now: Millis) -> Event {
        let Words { text, extra, retry } = words;
        let (conversation, seq, at, owner) = (self.place().1, self.last_seq + 1, now.max(self.last_at), self.owner());
        Event::MessageAdded { conversation, seq, at, author, text, retry, owner, extra, starts }
    }

    /// Clears every part of a message that a buyer is shown, or says all that must not be sent.
    pub(super) fn clear(guard: &Guard, voice: Voice, words: Words, now: Millis) -> Result<Spoken, (Words, Vec<Finding>)> {
        let (mut refused, mut warned) = (Vec::new(), Vec::new());
        let mut look = |part, text: &str| match guard.clear(text.to_owned(), voice, now) {
            Ok(cleared) => warned.extend(in_part(part, cleared.warnings)),
            Err(findings) => refused.extend(in_part(part, findings)),
        };
        if let Some(extra) = &words.extra {
            extra.card.iter().flat_map(Card::words).for_each(|text| look(Part::Card, text));
            extra.attachments.iter().for_each(|file| look(Part::File, &file.name));
        }
        match guard.clear(words.text.clone(), voice, now) {
            Ok(mut cleared) if refused.is_empty() => {
                cleared.warnings.extend(warned);
                Ok(Spoken { cleared, extra: words.extra, retry: words.retry })
            }
            Ok(_) => Err((words, refused)),
            Err(findings) => Err((words, findings.into_iter().chain(refused).collect())),
        }
    }

    /// The record of what was caught. A retry of the same attempt is none of its own.
    pub(super) fn caught(&self, by: Author, words: Words, ground: Ground, gate: &Gate, now: Millis) -> Decision {
        let (scope, conversation) = self.place();
        let mut decision = Decision { answer: Answer::Reply(Reply::Caught { ground: Box::new(ground.clone()) }), ..Decision::default() };
        if self.last_caught == Some(words.retry) && words.retry != NO_RETRY {
            return decision;
        }
        let coupon = gate.guard.holds_coupon(&words.text);
        if let (Author::Agent(agent), Ground::Unsolicited, true, Some(ip)) = (by, &ground, coupon, gate.origin.ip) {
            let conduct = gate.guard.conduct.clone();
            decision.effects.push(Effect::Shop(scope, shop::Command::TryCoupon { ip, conversation, agent, conduct }));
        }
        let (text, retry, origin) = (words.text, words.retry, gate.origin.clone());
        let caught = Caught { conversation, by, text, ground, sent: None, coupon, origin, retry, at: now };
        decision.event(Event::TextCaught { caught: Box::new(caught) })
    }

    /// The record of a message that was sent though the shop warns of it.
    pub(super) fn warned(&self, agent: AgentNo, spoken: &Spoken, gate: &Gate, now: Millis) -> Option<Event> {
        if spoken.warnings().is_empty() {
            return None;
        }
        let caught = Caught {
            conversation: self.place().1,
            by: Author::Agent(agent),
            text: spoken.text().to_owned(),
            ground: Ground::Findings(spoken.warnings().to_vec()),
            sent: Some(self.last_seq + 1),
            coupon: spoken.coupon(),
            origin: gate.origin.clone(),
            retry: spoken.retry,
            at: now,
        };
        Some(Event::TextCaught { caught: Box::new(caught) })
    }
}

/// Of what the system says by itself nobody tries again.
pub(super) const NO_RETRY: RetryKey = RetryKey { client_id: 0, body: 0 };

fn in_part(part: Part, findings: Vec<Finding>) -> impl Iterator<Item = Finding> {
    findings.into_iter().map(move |finding| Finding { part, ..finding })
}
