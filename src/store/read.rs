//! Reads: always of what is on disk, always within one shop, never through an actor.
//!
//! What is not there is `None` or an empty list; a damaged row is an error, never skipped.

use super::columns::Column;
use super::history::{self, Entry, Tail};
use super::keys::{self, HeadKey, HeadOf};
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::conversation::Conversation;
use crate::domain::event::Event;
use crate::domain::facts::Profile;
use crate::domain::id::{ConversationId, Millis, ReceptionNo, ShopScope};
use crate::domain::list::{self, Listed};
use crate::domain::suggestion::Offer;
use crate::domain::view::{Decided, FeedEntry, Summary};
use crate::limits::{EXPLANATIONS_MAX, HISTORY_CHUNK};

// Conversations.
impl Store {
    /// A conversation as a list shows it.
    pub fn conversation(&self, scope: ShopScope, id: ConversationId) -> Result<Option<Summary>, Error> {
        Ok(self.conversation_now(scope, id)?.and_then(|conversation| summary(&conversation)))
    }

    /// A conversation as its machine left it.
    pub fn conversation_now(&self, scope: ShopScope, id: ConversationId) -> Result<Option<Conversation>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Conversation(id)))? else { return Ok(None) };
        Ok(Some(conversation(scope, id, &value)?.0))
    }

    /// What platform and shop know of a buyer.
    pub fn profile(&self, scope: ShopScope, id: ConversationId) -> Result<Profile, Error> {
        Ok(self.conversation_now(scope, id)?.map(|conversation| conversation.profile).unwrap_or_default())
    }

    /// The newest decisions about one reception, oldest first.
    pub fn explanations(&self, scope: ShopScope, id: ConversationId, reception: ReceptionNo) -> Result<Vec<Decided>, Error> {
        let mut decided = Vec::new();
        let range = keys::explanation_range(scope, id, reception);
        for (_, event) in self.pointed_at(Column::AssignmentExplanation, range, Order::Descending, EXPLANATIONS_MAX)?.into_iter().rev() {
            match event {
                Event::Routed { why, .. } => decided.push(Decided { reception, why }),
                _ => return Err(Error::damaged("assignment_explanation", "it names another entry than a decision")),
            }
        }
        Ok(decided)
    }

    /// The offer of an assistant that waits in a conversation (ROB-1).
    pub fn open_suggestion(&self, scope: ShopScope, id: ConversationId) -> Result<Option<Offer>, Error> {
        Ok(self.conversation_now(scope, id)?.and_then(|conversation| conversation.suggestions.open))
    }

    pub(super) fn conversation_and_tail(&self, scope: ShopScope, id: ConversationId) -> Result<Option<(Conversation, Tail)>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Conversation(id)))? else { return Ok(None) };
        let (head, tail) = conversation(scope, id, &value)?;
        let tail = Tail::decode(head.last_seq, tail)?;
        Ok(Some((head, tail)))
    }

    /// The full chunk that begins with message `first_seq`.
    pub(super) fn history_chunk(&self, scope: ShopScope, id: ConversationId, first_seq: u64) -> Result<Vec<Entry>, Error> {
        let key = keys::history_chunk(scope, id, ((first_seq - 1) / HISTORY_CHUNK) as u32);
        let value = self.get(Column::HistoryChunk, key)?.ok_or_else(|| Error::damaged("history_chunk", "a chunk is missing"))?;
        history::chunk_decode(&value)
    }
}

// The feed.
impl Store {
    /// Entries of a shop's feed with seq > `after`, at most `limit`.
    pub fn feed(&self, scope: ShopScope, after: u64, limit: usize) -> Result<Vec<FeedEntry>, Error> {
        let mut entries = Vec::new();
        if limit > 0 {
            self.each_event(scope, after, |seq, event| {
                entries.push(FeedEntry { scope, seq, event });
                Ok(entries.len() < limit)
            })?;
        }
        Ok(entries)
    }

    /// The seq of the last entry of a shop's feed; 0: it is empty.
    pub fn feed_last(&self, scope: ShopScope) -> Result<u64, Error> {
        let mut last = 0;
        self.scan(Column::FeedEvent, keys::shop_range(scope), Order::Descending, None, |key, _| {
            last = keys::feed_decode(key)?;
            Ok(false)
        })?;
        Ok(last)
    }

    /// The last events of a feed: those within `ms` of the last of all, oldest first, at most `limit`.
    pub fn last_events(&self, scope: ShopScope, ms: u64, limit: usize) -> Result<Vec<Event>, Error> {
        let (mut events, mut last): (Vec<Event>, Option<Millis>) = (Vec::new(), None);
        let range = (keys::Key::from_slice(&keys::feed(scope, 1)), keys::shop_range(scope).1);
        self.scan(Column::FeedEvent, range, Order::Descending, None, |_, value| {
            let event: Event = record::decode("feed_event", value)?;
            last = last.or(event.at());
            let old = last.zip(event.at()).is_some_and(|(last, at)| last.since(at) > ms);
            if !old {
                events.push(event);
            }
            Ok(!old && events.len() < limit)
        })?;
        events.reverse();
        Ok(events)
    }

    /// The events of a feed after `after`, in order, until `each` says false.
    pub fn each_event(&self, scope: ShopScope, after: u64, mut each: impl FnMut(u64, Event) -> Result<bool, Error>) -> Result<(), Error> {
        let Some(first) = after.checked_add(1) else { return Ok(()) };
        let range = (keys::Key::from_slice(&keys::feed(scope, first)), keys::shop_range(scope).1);
        self.scan(Column::FeedEvent, range, Order::Ascending, None, |key, value| {
            each(keys::feed_decode(key)?, record::decode("feed_event", value)?)
        })
    }
}

/// A conversation from its row, and the bytes of its tail.
pub(super) fn conversation(scope: ShopScope, id: ConversationId, value: &[u8]) -> Result<(Conversation, &[u8]), Error> {
    let (head, tail) = history::split(value)?;
    let mut conversation: Conversation = record::decode("head_state", head)?;
    conversation.at = Some((scope, id));
    Ok((conversation, tail))
}

/// A conversation as a list shows it. None: nothing was ever said in it.
pub(super) fn summary(head: &Conversation) -> Option<Summary> {
    let listed = Listed::readable(head)?;
    Some(Summary {
        conversation: listed.conversation,
        buyer: head.buyer.clone(),
        name: head.name.clone(),
        state: listed.state,
        reception: head.receptions,
        owner: listed.owner,
        group: listed.group,
        last_agent: head.last_agent.map(|(agent, _)| agent),
        since: list::since(head),
        unread: listed.unread,
        last_seq: head.shown_seq(),
        last_at: head.shown_at(),
        staff_read: head.staff_read,
        // Beyond what staff are shown the mark would tell them that there is more.
        buyer_read: head.buyer_read.min(head.shown_seq()),
        priority: head.priority(),
        overridden: head.overridden.is_some(),
        labels: head.labels.clone(),
        order: list::listed_order(listed.order),
        blocked: head.block.is_some(),
    })
}
