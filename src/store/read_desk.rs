//! Reads of the desk: private notes, the blacklist, what is due for the archive, what was later done to a message.

use super::columns::Column;
use super::keys::{self, Key};
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::content::MessageMark;
use crate::domain::event::Event;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::view::{Blocked, Note, Page, Summary};

/// Where a list goes on that stands in the order of a time. Holds no shop: that comes from the caller's rights, each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeCursor {
    pub at: Millis,
    pub conversation: ConversationId,
}

impl std::fmt::Display for TimeCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{}", self.at.0, self.conversation)
    }
}

impl TimeCursor {
    /// Reads what [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<TimeCursor> {
        if text.len() != 48 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let at = Millis(u64::from_str_radix(&text[..16], 16).ok()?);
        Some(TimeCursor { at, conversation: ConversationId::parse(&text[16..])? })
    }
}

/// Time and conversation at the end of a key.
fn timed(key: &[u8]) -> Result<TimeCursor, Error> {
    let short = || Error::damaged("key", "too short");
    let (rest, conversation) = key.split_last_chunk::<16>().ok_or_else(short)?;
    let (_, at) = rest.split_last_chunk::<8>().ok_or_else(short)?;
    Ok(TimeCursor { at: Millis(u64::from_be_bytes(*at)), conversation: ConversationId(*conversation) })
}

fn next(found: &mut Vec<TimeCursor>, limit: usize) -> Option<TimeCursor> {
    let more = found.len() > limit;
    found.truncate(limit);
    found.last().copied().filter(|_| more)
}

impl Store {
    /// Private notes of a conversation, newest first, before the feed seq `before`, each with its own.
    pub fn notes(&self, scope: ShopScope, id: ConversationId, before: Option<u64>, limit: usize) -> Result<Vec<(u64, Note)>, Error> {
        let mut range = keys::note_range(scope, id);
        if let Some(before) = before {
            range.1 = range.0.clone();
            range.1.extend_from_slice(&before.to_be_bytes());
        }
        let note = |(seq, event)| match event {
            Event::NoteAdded { note, at, by, text, mentions, .. } => Ok((seq, Note { note, at, by, text, mentions })),
            _ => Err(Error::damaged("note_conversation", "it names another entry than a note")),
        };
        self.pointed_at(Column::NoteConversation, range, Order::Descending, limit)?.into_iter().map(note).collect()
    }

    /// The blacklist, newest first.
    pub fn blacklist(&self, scope: ShopScope, cursor: Option<TimeCursor>, limit: usize) -> Result<Page<Blocked, TimeCursor>, Error> {
        let mut range = keys::shop_range(scope);
        if let Some(c) = cursor {
            range.1 = keys::blacklist(scope, c.at, c.conversation);
        }
        let mut found = self.timed_rows(Column::BlacklistEntry, range, Order::Descending, limit + 1)?;
        let next = next(&mut found, limit);
        let mut rows = Vec::with_capacity(found.len());
        for TimeCursor { conversation, .. } in found {
            // Who is taken off it between the two reads is not shown.
            if let Some((head, _)) = self.conversation_and_tail(scope, conversation)?
                && let Some(block) = head.block
            {
                rows.push(Blocked { conversation, buyer: head.buyer, name: head.name, block });
            }
        }
        Ok(Page { rows, next })
    }

    /// Conversations whose order is done with since `until` or before, longest first; each with since when.
    pub fn archivable(
        &self,
        scope: ShopScope,
        until: Millis,
        cursor: Option<TimeCursor>,
        limit: usize,
    ) -> Result<Page<(Millis, Summary), TimeCursor>, Error> {
        let mut range = keys::archivable_range(scope, until);
        if let Some(c) = cursor {
            let mut from = keys::archivable(scope, c.at, c.conversation);
            from.push(0);
            range.0 = from.max(range.0);
        }
        let mut found = self.timed_rows(Column::DueConversation, range, Order::Ascending, limit + 1)?;
        let next = next(&mut found, limit);
        let mut rows = Vec::with_capacity(found.len());
        for TimeCursor { at, conversation } in found {
            rows.extend(self.conversation(scope, conversation)?.map(|summary| (at, summary)));
        }
        Ok(Page { rows, next })
    }

    fn timed_rows(&self, column: Column, range: (Key, Key), order: Order, limit: usize) -> Result<Vec<TimeCursor>, Error> {
        let mut found = Vec::new();
        self.scan(column, range, order, None, |key, _| {
            found.push(timed(key)?);
            Ok(found.len() < limit)
        })?;
        Ok(found)
    }

    /// What was later done to a message.
    pub fn message_mark(&self, scope: ShopScope, id: ConversationId, seq: u64) -> Result<MessageMark, Error> {
        let value = self.get(Column::MessageMark, keys::message_mark(scope, id, seq))?;
        value.map_or_else(|| Ok(MessageMark::default()), |value| record::decode("message_mark", &value))
    }
}
