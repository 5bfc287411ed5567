//! What a buyer may do: write, read, say how far they have read, see who serves them.

use super::credential::Buyer;
use super::file::Sender;
use super::{Door, With, check_word, retry_key};
use crate::domain::facts::Visit;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Message, Principal, State};
use crate::domain::{Effect, Reply, conversation};

/// What a buyer sends.
#[derive(Clone, Debug, Default)]
pub struct Send {
    /// The client's own id of this message: repeating it with the same text is harmless for 24 hours (OPS-2).
    pub client_message_id: String,
    pub text: String,
    /// How the buyer came, for the diversion rules: counts with the message that opens a reception.
    pub visit: Visit,
    /// The buyer asks for a person, by a button.
    pub ask_person: bool,
    /// What goes along with the text.
    pub with: With,
}

/// Where a buyer's reception stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The buyer never wrote.
    Never,
    /// Not decided yet.
    New,
    /// 排队; 1 is next.
    Queued {
        position: u32,
    },
    /// 离线消息池.
    Pooled,
    Served,
    Closed,
}

impl Door {
    /// Stores a buyer's message: [`Reply::Accepted`].
    pub async fn send(&self, who: &Principal, send: Send) -> Result<Reply, Refusal> {
        let buyer = self.buyer(who)?;
        send.with.check(&send.text)?;
        let visit = &send.visit;
        let words = [
            ("entry", &visit.entry),
            ("product", &visit.product),
            ("category", &visit.category),
            ("channel", &visit.channel),
            ("region", &visit.region),
            ("language", &visit.language),
        ];
        words.into_iter().try_for_each(|(field, word)| check_word(field, word))?;
        let retry = retry_key("", &send.client_message_id, &send.with.covering(&send.text))?;
        self.bucket(buyer.scope, buyer.conversation)?;
        let extra = match self.carried(Sender::Buyer, buyer.scope, buyer.conversation, send.with) {
            Ok(extra) => extra,
            Err(refusal) => return self.written_before(buyer.scope, buyer.conversation, retry, refusal).await,
        };
        let Send { text, visit, ask_person: asks, .. } = send;
        let desk = self.desk(buyer.scope)?;
        let name = buyer.name.into();
        let command = conversation::Command::Send { buyer: buyer.buyer.into(), name, visit, asks, text, extra, retry, desk };
        self.submit(Effect::Conversation(buyer.scope, buyer.conversation, command)).await
    }

    /// The buyer has read up to `seq`.
    pub async fn read_by_buyer(&self, who: &Principal, seq: u64) -> Result<(), Refusal> {
        let buyer = self.buyer(who)?;
        let command = conversation::Command::ReadByBuyer { seq };
        self.submit(Effect::Conversation(buyer.scope, buyer.conversation, command)).await.map(drop)
    }

    /// Messages of the buyer's own conversation with seq > `after`, oldest first, at most `limit`.
    pub fn buyer_history(&self, who: &Principal, after: u64, limit: usize) -> Result<Vec<Message>, Refusal> {
        let buyer = self.buyer(who)?;
        let mut page = self.read(|store| store.buyer_messages(buyer.scope, buyer.conversation, after, limit))?;
        page.iter_mut().for_each(|message| message.extra = message.extra.take().and_then(|extra| extra.for_buyer()));
        Ok(page)
    }

    /// Whether there are messages that nobody in the shop is shown.
    fn wrote_unseen(&self, buyer: &Buyer<'_>, shown: u64) -> Result<bool, Refusal> {
        Ok(!self.read(|store| store.buyer_messages(buyer.scope, buyer.conversation, shown, 1))?.is_empty())
    }

    /// Where the buyer's reception stands.
    pub fn standing(&self, who: &Principal) -> Result<Standing, Refusal> {
        let buyer = self.buyer(who)?;
        let summary = self.read(|store| store.conversation(buyer.scope, buyer.conversation))?;
        let Some(summary) = summary.filter(|summary| summary.reception > 0) else { return Ok(Standing::Never) };
        Ok(match summary.state {
            State::Waiting => match self.read(|store| store.waiting_position(buyer.scope, buyer.conversation))? {
                Some(position) => Standing::Queued { position },
                None => Standing::New,
            },
            State::Pooled => Standing::Pooled,
            State::Unanswered | State::Replied => Standing::Served,
            // Who writes while blacklisted waits like anybody who was not assigned yet: they are not told (INB-8).
            State::Closed | State::Archived if summary.blocked && self.wrote_unseen(&buyer, summary.last_seq)? => Standing::New,
            State::Closed | State::Archived => Standing::Closed,
        })
    }
}
