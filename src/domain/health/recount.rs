//! The health report as a recount (MET-2): a fold over a stretch of the feed that follows every conversation by itself, message by
//! message and round by round. Made twice from the same stretch it says the same.
//!
//! It must never ask the figures of quarter hours: whoever compares the two compares two ways of counting.

use super::Figures;
use crate::domain::content::Extra;
use crate::domain::event::{Author, Event, Limited, Worked};
use crate::domain::id::{ConversationId, Millis};
use crate::domain::quarter::{Quarter, ReadOf};
use crate::domain::suggestion::{Fate, OfferNo, Settled};
use std::collections::HashMap;

/// What is counted, and what must be remembered for it.
#[derive(Clone, Debug)]
pub struct Recount {
    from: Millis,
    to: Millis,
    figures: Figures,
    conversations: HashMap<ConversationId, Followed>,
}

/// What of one conversation is still open.
#[derive(Clone, Debug, Default)]
struct Followed {
    /// The first message that was seen at all.
    first: Option<u64>,
    /// Messages of the buyer that nobody has read.
    unread: Vec<u64>,
    /// What the buyer wrote while blacklisted.
    unseen: Vec<u64>,
    /// Of what appeared when the buyer was taken off the blacklist: messages older than the stretch, whose numbers are not known, and when.
    older: u32,
    appeared: Option<Millis>,
    /// The round that began here: when, and whether it is late.
    round: Option<(Millis, bool)>,
    /// The suggestion that was offered here.
    offer: Option<OfferNo>,
}

impl Recount {
    /// Of what happens from `from` (inclusive) to `to` (exclusive).
    pub fn new(from: Millis, to: Millis) -> Recount {
        Recount { from, to, figures: Figures::default(), conversations: HashMap::new() }
    }

    /// The next entry of the feed.
    pub fn observe(&mut self, event: &Event) {
        if !event.at().is_some_and(|at| (self.from..self.to).contains(&at)) {
            return;
        }
        match event {
            Event::MessageAdded { conversation, seq, at, author, extra, starts, .. } => {
                self.followed(*conversation).first.get_or_insert(*seq);
                self.written(*conversation, *seq, *author, extra.as_deref());
                if starts.as_ref().is_some_and(|starts| starts.round.is_some()) {
                    self.begins(*conversation, *at);
                }
            }
            Event::ReadByStaff { conversation, seq, read, .. } => self.read_to(*conversation, *seq, read),
            Event::MessageRecalled { conversation, seq, .. } => self.recalled(*conversation, *seq),
            Event::Unblocked { conversation, appeared, at, .. } => self.appear(*conversation, *appeared, *at),
            Event::RoundAnswered { conversation, at, late, .. } => {
                self.all_read(*conversation);
                self.answered(*conversation, *at, *late);
            }
            Event::RoundWithdrawn { conversation, .. } => self.withdrawn(*conversation),
            Event::DeskWork { conversation, at, what: Worked::Marked { answered, .. }, .. } => {
                self.withdrawn(*conversation);
                if !answered {
                    self.begins(*conversation, *at);
                }
            }
            Event::Limit { conversation, what: Limited::TimedOut { .. }, .. } => {
                self.due(true);
                if let Some((_, late)) = &mut self.followed(*conversation).round {
                    *late = true;
                }
            }
            Event::ReceptionClosed { conversation, unanswered, .. } => {
                self.figures.closed += 1;
                let began_here = self.followed(*conversation).round.take();
                let late = began_here.map(|(_, late)| late).or(unanswered.map(|round| round.late));
                if unanswered.is_some() {
                    self.figures.unanswered += u64::from(began_here.is_some());
                    if late == Some(false) {
                        self.due(true);
                    }
                }
            }
            Event::Suggested(made) => {
                self.figures.offered += 1;
                self.followed(made.conversation).offer = Some(made.offer.no);
            }
            Event::SuggestionSettled(settled) => self.settled(settled),
            Event::ReceptionOpened { .. } => self.figures.opened += 1,
            Event::ReceptionOwned { agent, from, .. } => self.figures.given += u64::from(*from != Some(*agent)),
            Event::ReceptionQueued { .. } => self.figures.queued += 1,
            Event::ReceptionPooled { .. } => self.figures.pooled += 1,
            _ => {}
        }
    }

    /// What came of it.
    pub fn finish(self) -> Figures {
        self.figures
    }

    fn followed(&mut self, conversation: ConversationId) -> &mut Followed {
        self.conversations.entry(conversation).or_default()
    }

    fn due(&mut self, late: bool) {
        self.figures.due += 1;
        self.figures.late += u64::from(late);
    }
}

// Messages.
impl Recount {
    fn written(&mut self, conversation: ConversationId, seq: u64, author: Author, extra: Option<&Extra>) {
        match author {
            Author::Buyer if extra.is_some_and(|extra| extra.while_blocked) => self.followed(conversation).unseen.push(seq),
            Author::Buyer => {
                self.figures.received += 1;
                self.followed(conversation).unread.push(seq);
            }
            Author::Agent(_) => {
                self.figures.sent += 1;
                self.figures.with_text += u64::from(extra.is_some_and(|extra| extra.made_with.is_some()));
                self.all_read(conversation);
            }
            Author::System => {}
        }
    }

    fn all_read(&mut self, conversation: ConversationId) {
        let followed = self.followed(conversation);
        let read = followed.unread.drain(..).count() as u64 + u64::from(std::mem::take(&mut followed.older));
        self.figures.read += read;
    }

    fn read_to(&mut self, conversation: ConversationId, seq: u64, read: &[ReadOf]) {
        let followed = self.followed(conversation);
        let before = followed.unread.len();
        followed.unread.retain(|unread| *unread > seq);
        let mut count = (before - followed.unread.len()) as u64;
        if followed.first.is_some_and(|first| first <= seq) {
            count += u64::from(std::mem::take(&mut followed.older));
        } else if let Some(quarter) = followed.appeared.map(Quarter::of) {
            // Nothing that was seen here was read: what was read of that quarter had appeared in it.
            let older = read.iter().filter(|of| of.quarter == quarter).map(|of| of.messages).sum::<u32>().min(followed.older);
            followed.older -= older;
            count += u64::from(older);
        }
        self.figures.read += count;
    }

    fn recalled(&mut self, conversation: ConversationId, seq: u64) {
        let followed = self.followed(conversation);
        followed.unseen.retain(|unseen| *unseen != seq);
        if let Some(place) = followed.unread.iter().position(|unread| *unread == seq) {
            followed.unread.remove(place);
            self.figures.recalled += 1;
        }
    }

    /// The buyer is taken off the blacklist: messages count as come now.
    fn appear(&mut self, conversation: ConversationId, appeared: u32, at: Millis) {
        let followed = self.followed(conversation);
        let unseen = std::mem::take(&mut followed.unseen);
        followed.older += appeared.saturating_sub(unseen.len() as u32);
        followed.unread.extend(unseen);
        followed.appeared = Some(at);
        self.figures.received += u64::from(appeared);
    }
}

// Rounds.
impl Recount {
    fn begins(&mut self, conversation: ConversationId, at: Millis) {
        self.figures.begun += 1;
        self.followed(conversation).round = Some((at, false));
    }

    fn withdrawn(&mut self, conversation: ConversationId) {
        let began_here = self.followed(conversation).round.take().is_some();
        self.figures.withdrawn += u64::from(began_here);
    }

    /// What became of an offer; of one made before the stretch nothing is counted.
    fn settled(&mut self, settled: &Settled) {
        if self.followed(settled.conversation).offer.take_if(|offer| *offer == settled.offer).is_none() {
            return;
        }
        match settled.fate {
            Fate::AsIs(_) => self.figures.adopted += 1,
            Fate::Edited(_) => self.figures.edited += 1,
            Fate::Ignored => self.figures.ignored += 1,
        }
    }

    /// `late`: of a round that began before the stretch.
    fn answered(&mut self, conversation: ConversationId, at: Millis, late: bool) {
        let round = self.followed(conversation).round.take();
        if !round.map_or(late, |(_, late)| late) {
            self.due(false);
        }
        let Some((began, _)) = round else { return };
        let ms = at.since(began);
        self.figures.answered += 1;
        self.figures.answered_soon += u64::from(ms <= super::ANSWERED_SOON_MS);
        self.figures.response_ms += ms;
        self.figures.capped_ms += ms.min(super::RESPONSE_CAP_MS);
        self.figures.responses.add(ms);
    }
}
