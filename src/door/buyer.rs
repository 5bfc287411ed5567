//! What a buyer may do: write, read, say how far they have read.

use super::{Door, check_name, check_text, retry_key};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Message, Principal};
use crate::domain::{Effect, Reply, conversation};
use crate::limits;

/// What a buyer sends.
#[derive(Clone, Debug, Default)]
pub struct Send {
    /// The client's own id of this message: repeating it with the same text is harmless for 24 hours (OPS-2).
    pub client_message_id: String,
    pub text: String,
    /// Where the buyer came from (a page, a product link), for the diversion rules; "" if nowhere special.
    pub entry: String,
}

impl Door {
    /// Stores a buyer's message: [`Reply::Accepted`].
    pub async fn send(&self, who: &Principal, send: Send) -> Result<Reply, Refusal> {
        let buyer = self.buyer(who)?;
        check_text("text", &send.text, limits::MESSAGE_CHARS_MAX)?;
        if !send.entry.is_empty() {
            check_name("entry", &send.entry)?;
        }
        let retry = retry_key("", &send.client_message_id, &send.text)?;
        self.bucket(buyer.scope, buyer.conversation)?;
        let command =
            conversation::Command::Send { buyer: buyer.buyer.into(), name: buyer.name.into(), entry: send.entry, text: send.text, retry };
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
        self.read(|store| store.messages(buyer.scope, buyer.conversation, after, limit))
    }
}
