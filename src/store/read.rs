//! Reads: always of what is on disk, always within one shop, never through an actor.
//!
//! What is not there is `None` or an empty list; a damaged row is an error, never skipped.

use super::columns::Column;
use super::history::{self, Entry, Tail};
use super::keys::{self, HeadKey, HeadOf, InboxKey};
use super::scan::Order;
use super::{Error, Store, index, record};
use crate::domain::conversation::Conversation;
use crate::domain::event::Event;
use crate::domain::facts::Profile;
use crate::domain::id::{AgentNo, ConversationId, Millis, ReceptionNo, ShopScope};
use crate::domain::view::{Decided, FeedEntry, ListOf, Page, Pooled, State, Summary};
use crate::limits::{EXPLANATIONS_MAX, HISTORY_CHUNK};

/// Where a list goes on. Holds no shop and no state: those come from the caller's rights, each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor {
    /// See [`InboxKey`].
    pub lane: u32,
    pub since: Millis,
    pub conversation: ConversationId,
}

impl std::fmt::Display for ListCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}{:016x}{}", self.lane, self.since.0, self.conversation)
    }
}

impl ListCursor {
    /// Reads what [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<ListCursor> {
        if text.len() != 56 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        Some(ListCursor {
            lane: u32::from_str_radix(&text[..8], 16).ok()?,
            since: Millis(u64::from_str_radix(&text[8..24], 16).ok()?),
            conversation: ConversationId::parse(&text[24..])?,
        })
    }
}

// Conversations.
impl Store {
    /// A conversation as a list shows it.
    pub fn conversation(&self, scope: ShopScope, id: ConversationId) -> Result<Option<Summary>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Conversation(id)))? else { return Ok(None) };
        Ok(summary(&conversation(scope, id, &value)?.0))
    }

    /// Conversations in one state, of one owner or, without, of all. Those who wait: by priority, then arrival; other open ones:
    /// longest in that state first; closed ones and the pool: newest first. Without an owner the answered and unanswered ones come owner by owner.
    pub fn list(&self, scope: ShopScope, of: ListOf, cursor: Option<ListCursor>, limit: usize) -> Result<Page<Summary, ListCursor>, Error> {
        let ListOf::State(state, owner) = of;
        let owner = owner.filter(|_| matches!(state, State::Unanswered | State::Replied));
        let (found, heads) = self.listed(scope, state, owner, cursor, limit)?;
        Ok(Page { rows: heads.iter().filter_map(summary).collect(), next: next_cursor(&found, limit) })
    }

    /// The rows of a list, one more than `limit` where there are more, and the conversations of the first `limit`.
    fn listed(
        &self,
        scope: ShopScope,
        state: State,
        owner: Option<AgentNo>,
        cursor: Option<ListCursor>,
        limit: usize,
    ) -> Result<(Vec<InboxKey>, Vec<Conversation>), Error> {
        let (mut from, mut to) = keys::inbox_range(scope, state, owner);
        let order = if matches!(state, State::Closed | State::Pooled) { Order::Descending } else { Order::Ascending };
        if let Some(c) = cursor {
            let mut key = InboxKey { state, lane: c.lane, since: c.since, conversation: c.conversation }.encode(scope);
            match order {
                Order::Ascending => {
                    key.push(0);
                    from = key.max(from);
                }
                Order::Descending => to = key.min(to),
            }
        }
        // Rows and heads of one moment: a conversation that moves on meanwhile is not shown in a state it is not in.
        let snapshot = self.db.snapshot();
        let mut found: Vec<InboxKey> = Vec::with_capacity(limit + 1);
        self.scan(Column::InboxConversation, (from, to), order, Some(&snapshot), |key, _| {
            found.push(InboxKey::decode(key)?);
            Ok(found.len() <= limit)
        })?;
        let shown = &found[..limit.min(found.len())];
        let heads: Vec<HeadKey> = shown.iter().map(|k| HeadKey::new(scope, HeadOf::Conversation(k.conversation))).collect();
        let mut rows = Vec::with_capacity(heads.len());
        for (key, value) in shown.iter().zip(self.get_many(Column::HeadState, &heads, false, Some(&snapshot))?) {
            let value = value.ok_or_else(|| Error::damaged("inbox_conversation", "a row without its conversation"))?;
            rows.push(conversation(scope, key.conversation, &value)?.0);
        }
        Ok((found, rows))
    }

    /// The offline pool, newest first (OFF-2).
    pub fn pool(&self, scope: ShopScope, cursor: Option<ListCursor>, limit: usize) -> Result<Page<Pooled, ListCursor>, Error> {
        let (found, heads) = self.listed(scope, State::Pooled, None, cursor, limit)?;
        let next = next_cursor(&found, limit);
        let pooled = |head: Conversation| {
            let arrival = head.arrival()?;
            let (asked_at, facts) = (arrival.asked, *arrival.facts);
            Some(Pooled { summary: summary(&head)?, last_buyer_at: head.last_buyer_at, asked_at, facts })
        };
        Ok(Page { rows: heads.into_iter().filter_map(pooled).collect(), next })
    }

    /// What platform and shop know of a buyer.
    pub fn profile(&self, scope: ShopScope, id: ConversationId) -> Result<Profile, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Conversation(id)))? else {
            return Ok(Profile::default());
        };
        Ok(conversation(scope, id, &value)?.0.profile)
    }

    /// The position of one who waits in the queue, from 1; None: it does not wait. O(position).
    pub fn waiting_position(&self, scope: ShopScope, id: ConversationId) -> Result<Option<u32>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Conversation(id)))? else { return Ok(None) };
        let Some(own) = index::inbox_key(&conversation(scope, id, &value)?.0).filter(|key| key.state == State::Waiting) else {
            return Ok(None);
        };
        let mut position = 1;
        let range = (keys::inbox_range(scope, State::Waiting, None).0, own.encode(scope));
        self.scan(Column::InboxConversation, range, Order::Ascending, None, |_, _| {
            position += 1;
            Ok(true)
        })?;
        Ok(Some(position))
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

    /// Every conversation of a shop with an open reception.
    pub(super) fn open_conversations(&self, scope: ShopScope) -> Result<Vec<Conversation>, Error> {
        let snapshot = self.db.snapshot();
        let mut ids = Vec::new();
        self.scan(Column::InboxConversation, keys::inbox_open_range(scope), Order::Ascending, Some(&snapshot), |key, _| {
            ids.push(InboxKey::decode(key)?.conversation);
            Ok(true)
        })?;
        let mut open = Vec::with_capacity(ids.len());
        for some in ids.chunks(1_024) {
            let heads: Vec<HeadKey> = some.iter().map(|id| HeadKey::new(scope, HeadOf::Conversation(*id))).collect();
            for (id, value) in some.iter().zip(self.get_many(Column::HeadState, &heads, false, Some(&snapshot))?) {
                let value = value.ok_or_else(|| Error::damaged("inbox_conversation", "a row without its conversation"))?;
                open.push(conversation(scope, *id, &value)?.0);
            }
        }
        Ok(open)
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

    /// The events of a feed after `after`, in order, until `each` says false.
    pub fn each_event(&self, scope: ShopScope, after: u64, mut each: impl FnMut(u64, Event) -> Result<bool, Error>) -> Result<(), Error> {
        let Some(first) = after.checked_add(1) else { return Ok(()) };
        let range = (keys::Key::from_slice(&keys::feed(scope, first)), keys::shop_range(scope).1);
        self.scan(Column::FeedEvent, range, Order::Ascending, None, |key, value| {
            each(keys::feed_decode(key)?, record::decode("feed_event", value)?)
        })
    }
}

/// Where a list goes on; None: `found` holds no more than `limit`.
fn next_cursor(found: &[InboxKey], limit: usize) -> Option<ListCursor> {
    let last = found.get(limit.checked_sub(1)?).filter(|_| found.len() > limit)?;
    Some(ListCursor { lane: last.lane, since: last.since, conversation: last.conversation })
}

/// A conversation from its row, and the bytes of its tail.
pub(super) fn conversation(scope: ShopScope, id: ConversationId, value: &[u8]) -> Result<(Conversation, &[u8]), Error> {
    let (head, tail) = history::split(value)?;
    let mut conversation: Conversation = record::decode("head_state", head)?;
    conversation.at = Some((scope, id));
    Ok((conversation, tail))
}

/// A conversation in which the buyer never wrote: no list shows it, but it can be read.
fn told_only(head: &Conversation) -> Option<InboxKey> {
    let conversation = head.at.filter(|_| head.last_seq > 0)?.1;
    Some(InboxKey { state: State::Closed, lane: 0, since: head.last_at, conversation })
}

pub(super) fn summary(head: &Conversation) -> Option<Summary> {
    let place = index::inbox_key(head).or_else(|| told_only(head))?;
    Some(Summary {
        conversation: place.conversation,
        buyer: head.buyer.clone(),
        name: head.name.clone(),
        state: place.state,
        reception: head.receptions,
        owner: head.owner(),
        group: head.open.as_ref().and_then(|open| open.group),
        last_agent: head.last_agent.map(|(agent, _)| agent),
        since: place.since,
        unread: head.unread(),
        last_seq: head.shown_seq(),
        last_at: head.shown_at(),
        staff_read: head.staff_read,
        buyer_read: head.buyer_read,
    })
}
