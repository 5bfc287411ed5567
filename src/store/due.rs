//! What time alone will change (`due_conversation`, `deadline`) and the blacklist (`blacklist_entry`): rows that follow from a conversation's
//! state, before and after, and the reads of both. Deadlines are ranges, so a change of the settings needs no row.

use super::columns::Column;
use super::index::Rows;
use super::keys::{self, DueKey, DueKind, HeadKey, HeadOf};
use super::read::summary;
use super::scan::Order;
use super::{Error, Store};
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::view::{Blocked, Page, Summary};
use smallvec::SmallVec;

/// What a conversation is due for, and since when it is blacklisted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    since: SmallVec<[(DueKind, Millis); 2]>,
    blocked: Option<Millis>,
}

impl Due {
    /// Of a state.
    pub fn of(conversation: &Conversation) -> Due {
        let kinds = [
            (DueKind::OrderSettles, conversation.succeeded_since()),
            (DueKind::Archivable, conversation.done_since()),
            (DueKind::Archived, conversation.archived_since()),
        ];
        let since = kinds.into_iter().filter_map(|(kind, since)| Some((kind, since?))).collect();
        Due { since, blocked: conversation.block.as_ref().map(|block| block.at) }
    }

    /// The rows of a change.
    pub(super) fn rows(&self, scope: ShopScope, conversation: ConversationId, after: &Due, rows: &mut Rows) {
        if self == after {
            return;
        }
        let key = |(kind, since): &(DueKind, Millis)| DueKey { kind: *kind, since: *since, conversation }.encode(scope);
        for gone in self.since.iter().filter(|due| !after.since.contains(due)) {
            rows.delete(Column::DueConversation, key(gone));
        }
        for new in after.since.iter().filter(|due| !self.since.contains(due)) {
            rows.put(Column::DueConversation, key(new), Vec::new());
        }
        if self.blocked != after.blocked {
            if let Some(at) = self.blocked {
                rows.delete(Column::BlacklistEntry, keys::blacklist(scope, at, conversation));
            }
            if let Some(at) = after.blocked {
                rows.put(Column::BlacklistEntry, keys::blacklist(scope, at, conversation), Vec::new());
            }
        }
    }
}

/// When an entity must be woken, before and after.
pub(super) fn deadline_rows(before: Option<Millis>, now: Option<Millis>, head: HeadKey, rows: &mut Rows) {
    if before == now {
        return;
    }
    if let Some(at) = before {
        rows.delete(Column::Deadline, keys::deadline(at, &head));
    }
    if let Some(at) = now {
        rows.put(Column::Deadline, keys::deadline(at, &head), Vec::new());
    }
}

/// One row of the deadlines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineRow {
    pub at: Millis,
    pub scope: ShopScope,
    pub of: HeadOf,
    /// Where a read goes on after it.
    pub next: keys::Key,
}

/// Where a list by time goes on. Holds no shop: that comes from the caller's rights, each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueCursor {
    pub since: Millis,
    pub conversation: ConversationId,
}

impl std::fmt::Display for DueCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{}", self.since.0, self.conversation)
    }
}

impl DueCursor {
    /// Reads what [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<DueCursor> {
        if text.len() != 48 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let since = Millis(u64::from_str_radix(&text[..16], 16).ok()?);
        Some(DueCursor { since, conversation: ConversationId::parse(&text[16..])? })
    }
}

type Found = Vec<(Millis, ConversationId)>;

impl Store {
    /// Conversations due for something since before `until`, longest first, at most `limit`.
    pub fn due(&self, scope: ShopScope, kind: DueKind, until: Millis, limit: usize) -> Result<Found, Error> {
        self.by_time(Column::DueConversation, keys::due_range(scope, kind, until), Order::Ascending, limit)
    }

    /// Who must be woken by `until` (inclusive), the first first, at most `limit`, from the row `from` on.
    pub fn deadlines(&self, from: &keys::Key, until: Millis, limit: usize) -> Result<Vec<DeadlineRow>, Error> {
        let (mut found, to) = (Vec::new(), keys::deadlines_from(until.plus(1)));
        if *from >= to {
            return Ok(found);
        }
        self.scan(Column::Deadline, (from.clone(), to), Order::Ascending, None, |key, _| {
            let (at, scope, of) = keys::deadline_decode(key)?;
            let mut next = keys::Key::from_slice(key);
            next.push(0);
            found.push(DeadlineRow { at, scope, of, next });
            Ok(found.len() < limit)
        })?;
        Ok(found)
    }

    /// How many have been due since `from` (inclusive) to `to` (exclusive).
    pub fn due_between(&self, scope: ShopScope, kind: DueKind, from: Millis, to: Millis) -> Result<u32, Error> {
        let range = (keys::due_range(scope, kind, from).1, keys::due_range(scope, kind, to).1);
        let mut count = 0;
        self.scan(Column::DueConversation, range, Order::Ascending, None, |_, _| {
            count += 1;
            Ok(true)
        })?;
        Ok(count)
    }

    /// Since when a conversation is done with.
    pub fn done_since(&self, scope: ShopScope, id: ConversationId) -> Result<Option<Millis>, Error> {
        Ok(self.conversation_and_tail(scope, id)?.and_then(|(head, _)| head.done_since()))
    }

    /// What was done with before `until` and is not archived, longest first, each with when that was (INB-12).
    pub fn archivable(
        &self,
        scope: ShopScope,
        until: Millis,
        cursor: Option<DueCursor>,
        limit: usize,
    ) -> Result<Page<(Millis, Summary), DueCursor>, Error> {
        let (mut from, to) = keys::due_range(scope, DueKind::Archivable, until);
        if let Some(DueCursor { since, conversation }) = cursor {
            from = DueKey { kind: DueKind::Archivable, since, conversation }.encode(scope);
            from.push(0);
        }
        if from >= to {
            return Ok(Page { rows: Vec::new(), next: None });
        }
        let found = self.by_time(Column::DueConversation, (from, to), Order::Ascending, limit.saturating_add(1))?;
        self.page(scope, found, limit, |since, head| Some((since, summary(&head)?)))
    }

    /// The blacklist, newest first (INB-8).
    pub fn blacklist(&self, scope: ShopScope, cursor: Option<DueCursor>, limit: usize) -> Result<Page<Blocked, DueCursor>, Error> {
        let (from, mut to) = keys::shop_range(scope);
        if let Some(DueCursor { since, conversation }) = cursor {
            to = keys::blacklist(scope, since, conversation);
        }
        let found = self.by_time(Column::BlacklistEntry, (from, to), Order::Descending, limit.saturating_add(1))?;
        self.page(scope, found, limit, |_, head| {
            let ((_, conversation), block) = (head.at?, head.block?);
            let (reason, by, at) = (block.reason, block.by, block.at);
            Some(Blocked { conversation, buyer: head.buyer, name: head.name, reason, by, at })
        })
    }

    fn by_time(&self, column: Column, range: (keys::Key, keys::Key), order: Order, limit: usize) -> Result<Found, Error> {
        let mut found = Vec::new();
        if limit > 0 {
            self.scan(column, range, order, None, |key, _| {
                found.push(keys::since_decode(key)?);
                Ok(found.len() < limit)
            })?;
        }
        Ok(found)
    }

    /// `found` is one more than `limit` where there are more. What moved on since it was found is left out.
    fn page<T>(
        &self,
        scope: ShopScope,
        mut found: Found,
        limit: usize,
        row: impl Fn(Millis, Conversation) -> Option<T>,
    ) -> Result<Page<T, DueCursor>, Error> {
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|&(since, conversation)| DueCursor { since, conversation });
        let mut rows = Vec::with_capacity(found.len());
        for ((since, _), head) in found.iter().zip(self.heads_there(scope, found.iter().map(|(_, id)| *id))?) {
            rows.extend(head.and_then(|head| row(*since, head)));
        }
        Ok(Page { rows, next })
    }

    fn heads_there(&self, scope: ShopScope, ids: impl IntoIterator<Item = ConversationId>) -> Result<Vec<Option<Conversation>>, Error> {
        let ids: Vec<ConversationId> = ids.into_iter().collect();
        let keys: Vec<HeadKey> = ids.iter().map(|id| HeadKey::new(scope, HeadOf::Conversation(*id))).collect();
        let rows = self.get_many(Column::HeadState, &keys, false, None)?;
        let head = |(id, value): (&ConversationId, Option<rocksdb::DBPinnableSlice>)| {
            value.map(|value| Ok(super::read::conversation(scope, *id, &value)?.0)).transpose()
        };
        ids.iter().zip(rows).map(head).collect()
    }
}
