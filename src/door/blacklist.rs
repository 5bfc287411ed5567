//! 黑名单 (INB-8): who is on it, by whom and why; adding by buyer or from a message; removing. The buyer is never told.

use super::{Door, check_name, check_text};
use crate::domain::conversation::{Command, conversation_id};
use crate::domain::event::Author;
use crate::domain::id::{ConversationId, ShopScope};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Blocked, Page, Principal};
use crate::limits;
use crate::store::DueCursor;

/// Who is to be added.
#[derive(Clone, Debug)]
pub enum Unwanted {
    Buyer(String),
    /// Whoever wrote there; with a message: it must be the buyer's.
    Conversation(ConversationId, Option<u64>),
}

impl Door {
    /// Puts a buyer on the blacklist: from now on nobody in the shop is shown what they write.
    pub async fn block(&self, who: &Principal, shop: Option<&str>, whom: Unwanted, reason: String) -> Result<(), Refusal> {
        let (scope, by) = self.shop_who_may(who, shop, Permission::Blacklist)?;
        check_text("reason", &reason, limits::BLOCK_REASON_CHARS_MAX)?;
        let (conversation, buyer) = match whom {
            Unwanted::Buyer(buyer) => {
                check_name("buyer", &buyer)?;
                (conversation_id(scope, &buyer), buyer)
            }
            Unwanted::Conversation(conversation, message) => (conversation, self.writer(scope, conversation, message)?),
        };
        self.tell(scope, conversation, Command::Block { buyer, reason, by }).await.map(drop)
    }

    /// The buyer of a conversation, who wrote this message.
    fn writer(&self, scope: ShopScope, conversation: ConversationId, message: Option<u64>) -> Result<String, Refusal> {
        let summary = self.read(|store| store.conversation(scope, conversation))?.ok_or(Refusal::NotFound { what: "conversation" })?;
        if let Some(seq) = message {
            let found = self.read(|store| store.messages(scope, conversation, seq.saturating_sub(1), 1))?.pop();
            let found = found.filter(|m| m.seq == seq).ok_or(Refusal::NotFound { what: "message" })?;
            if found.author != Author::Buyer {
                return Err(Refusal::Invalid { field: "message", problem: "the buyer did not write it".into() });
            }
        }
        Ok(summary.buyer)
    }

    /// Takes a buyer off the blacklist: what they wrote meanwhile appears.
    pub async fn unblock(&self, who: &Principal, shop: Option<&str>, buyer: &str) -> Result<(), Refusal> {
        let (scope, by) = self.shop_who_may(who, shop, Permission::Blacklist)?;
        check_name("buyer", buyer)?;
        self.tell(scope, conversation_id(scope, buyer), Command::Unblock { by, desk: self.desk(scope)? }).await.map(drop)
    }

    /// The blacklist, newest first.
    pub fn blacklist(
        &self,
        who: &Principal,
        shop: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Blocked, String>, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Blacklist)?;
        let unknown = || Refusal::Invalid { field: "cursor", problem: "not a cursor of this list".into() };
        let cursor = cursor.map(|text| DueCursor::parse(text).ok_or_else(unknown)).transpose()?;
        let page = self.read(|store| store.blacklist(scope, cursor, limit))?;
        Ok(Page { rows: page.rows, next: page.next.map(|cursor| cursor.to_string()) })
    }
}
