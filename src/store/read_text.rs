//! Reads of the texts of a shop: the lists that are not an agent's own, and how often texts were used.

use super::columns::Column;
use super::keys::{self, HeadKey, HeadOf};
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::content::TextRef;
use crate::domain::id::{ConversationId, ShopScope};
use crate::domain::order::{self, order_key};
use crate::domain::text::{ListId, Texts};

impl Store {
    /// The lists of the shop and of its groups, the templates among them; a list that nobody began is left out.
    pub fn shared_texts(&self, scope: ShopScope) -> Result<Vec<(ListId, Texts)>, Error> {
        let mut lists = vec![(ListId::Team, self.texts(scope, ListId::Team)?), (ListId::Templates, self.texts(scope, ListId::Templates)?)];
        self.scan(Column::HeadState, keys::group_texts(scope), Order::Ascending, None, |key, value| {
            let HeadOf::Texts(list) = HeadKey::decode(key)? else { return Err(Error::damaged("head_state", "not a list of texts")) };
            let mut texts: Texts = record::decode("head_state", value)?;
            texts.at = Some((scope, list));
            lists.push((list, texts));
            Ok(true)
        })?;
        Ok(lists)
    }

    /// Replies made with each text from one hour since the epoch (inclusive) to another (exclusive).
    pub fn usage(&self, scope: ShopScope, from: u32, to: u32) -> Result<Vec<(u32, TextRef, u64)>, Error> {
        let mut counts = Vec::new();
        self.scan(Column::UsageCount, keys::usage_range(scope, from, to), Order::Ascending, None, |key, value| {
            let (hour, text) = keys::usage_decode(key)?;
            counts.push((hour, text, record::number("usage_count", value)?));
            Ok(true)
        })?;
        Ok(counts)
    }

    /// The buyer's order that changed last, as it was last reported.
    pub fn order_of(&self, scope: ShopScope, conversation: ConversationId) -> Result<Option<order::Order>, Error> {
        let Some((head, _)) = self.conversation_and_tail(scope, conversation)? else { return Ok(None) };
        if head.order_no.is_empty() { Ok(None) } else { self.order(scope, order_key(scope, &head.order_no)) }
    }
}
