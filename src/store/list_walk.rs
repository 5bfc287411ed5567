//! A list by its last messages, read from the feed backwards: every conversation stands there once with its last message.

use super::Error;
use super::columns::Column;
use super::keys::{self, HeadKey, HeadOf, Key};
use super::list::{Found, List, Run};
use super::list_cursor::{Place, Position};
use super::scan::Order;
use super::{read, record};
use crate::domain::event::Event;
use crate::domain::id::ConversationId;
use crate::limits;

/// Entries read at once.
const ENTRIES_AT_ONCE: usize = 256;

impl List<'_> {
    /// The conversations whose last message stands before entry `before`, newest first; those after `after` in the list's order.
    pub fn walked(&self, before: u64, after: Option<Position>, limit: usize) -> Result<Run, Error> {
        let (mut found, mut next): (Vec<Found>, u64) = (Vec::with_capacity(limit), before);
        let (mut read_entries, mut looked) = (0, 0);
        while read_entries < limits::LIST_ENTRIES_READ_MAX {
            let messages = self.messages_before(&mut next)?;
            read_entries += ENTRIES_AT_ONCE;
            let ids: Vec<HeadKey> = messages.iter().map(|(_, id, _)| HeadKey::new(self.scope, HeadOf::Conversation(*id))).collect();
            let heads = self.store.get_many(Column::HeadState, &ids, false, Some(self.snapshot))?;
            for ((entry, id, seq), head) in messages.into_iter().zip(heads) {
                let Some(head) = head else { continue };
                let head = read::conversation(self.scope, id, &head)?.0;
                if head.shown_seq() != seq || after.is_some_and(|after| self.by_last(&head) <= after) {
                    continue;
                }
                looked += 1;
                if self.holds(&head)? {
                    found.push((Place::Feed(entry), head));
                }
                if found.len() == limit || looked == self.looked_at_max() {
                    return Ok((found, Some(Place::Feed(entry))));
                }
            }
            if next <= 1 {
                return Ok((found, None));
            }
        }
        Ok((found, Some(Place::Feed(next))))
    }

    /// The messages among the entries before `next`, newest first, which is moved on.
    fn messages_before(&self, next: &mut u64) -> Result<Vec<(u64, ConversationId, u64)>, Error> {
        let (mut messages, mut entries) = (Vec::new(), 0);
        let to = Key::from_slice(&keys::feed(self.scope, *next));
        let mut first = 1;
        self.store.scan(
            Column::FeedEvent,
            (keys::shop_range(self.scope).0, to),
            Order::Descending,
            Some(self.snapshot),
            |key, value| {
                let entry = keys::feed_decode(key)?;
                if let Event::MessageAdded { conversation, seq, .. } = record::decode("feed_event", value)? {
                    messages.push((entry, conversation, seq));
                }
                entries += 1;
                first = entry;
                Ok(entries < ENTRIES_AT_ONCE)
            },
        )?;
        *next = if entries < ENTRIES_AT_ONCE { 1 } else { first };
        Ok(messages)
    }
}
