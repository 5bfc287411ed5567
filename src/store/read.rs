//! Reads: always of what is on disk, always within one shop, never through an actor.
//!
//! What is not there is `None` or an empty list; a damaged row is an error, never skipped.

use super::columns::Column;
use super::history::{self, Entry, Tail};
use super::keys::{self, HeadKey, HeadOf, InboxKey};
use super::scan::Order;
use super::{Error, Store, index, record};
use crate::domain::agent::Agent;
use crate::domain::conversation::Conversation;
use crate::domain::diversion::{Group, Rules};
use crate::domain::event::{self, AgentSettings, Event};
use crate::domain::id::{AgentNo, ConversationId, Millis, ReceptionNo, ShopScope, TokenHash};
use crate::domain::shop::Shop;
use crate::domain::view::{Account, Credential, Decided, FeedEntry, ListOf, Message, Page, State, Summary};
use crate::limits::{HISTORY_CHUNK, PAGE_BYTES_MAX};

/// What a shop has set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopSettings {
    pub shop: String,
    pub name: String,
    pub groups: Vec<Group>,
    pub rules: Rules,
    /// Version of `rules`.
    pub version: u32,
}

/// Where a list goes on. Holds no shop and no state: those come from the caller's rights, each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor {
    pub owner: Option<AgentNo>,
    pub since: Millis,
    pub conversation: ConversationId,
}

impl std::fmt::Display for ListCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}{:016x}{}", self.owner.map_or(0, |a| a.0), self.since.0, self.conversation)
    }
}

impl ListCursor {
    /// Reads what [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<ListCursor> {
        if text.len() != 56 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let owner = u32::from_str_radix(&text[..8], 16).ok()?;
        Some(ListCursor {
            owner: (owner != 0).then_some(AgentNo(owner)),
            since: Millis(u64::from_str_radix(&text[8..24], 16).ok()?),
            conversation: ConversationId::parse(&text[24..])?,
        })
    }
}

// Shops, accounts, credentials, orders.
impl Store {
    /// A shop's settings. None: it was never created.
    pub fn shop(&self, scope: ShopScope) -> Result<Option<ShopSettings>, Error> {
        let shop = self.shop_head(scope)?;
        Ok(shop.map(|s| ShopSettings { shop: s.shop, name: s.name, groups: s.groups, rules: s.rules, version: s.rules_version }))
    }

    /// The shop of that name, as the platform's directory lists it.
    pub fn shop_by_name(&self, name: &str) -> Result<Option<ShopScope>, Error> {
        let Some(value) = self.get(Column::DirectoryShop, keys::directory(name))? else { return Ok(None) };
        Ok(Some(ShopScope::granted(record::small_number("directory_shop", &value)?)))
    }

    /// Who a token belongs to, by its hash. The caller compares the expiry.
    pub fn credential(&self, hash: &TokenHash) -> Result<Option<Credential>, Error> {
        let value = self.get(Column::TokenCredential, hash)?;
        value.map(|value| record::decode("token_credential", &value)).transpose()
    }

    /// An account.
    pub fn account(&self, scope: ShopScope, agent: AgentNo) -> Result<Option<Account>, Error> {
        Ok(self.agent_head(scope, agent)?.filter(|a| a.exists).map(|a| Account {
            agent,
            login: a.login,
            name: a.name,
            role: a.role,
            settings: a.settings,
            password: a.password,
        }))
    }

    /// The account with that log-in name.
    pub fn account_by_login(&self, scope: ShopScope, login: &str) -> Result<Option<Account>, Error> {
        let Some(value) = self.get(Column::LoginAgent, keys::login(scope, login))? else { return Ok(None) };
        self.account(scope, AgentNo(record::small_number("login_agent", &value)?))
    }

    /// The last report of an order.
    pub fn order(&self, scope: ShopScope, order: &str) -> Result<Option<event::Order>, Error> {
        let value = self.get(Column::OrderReport, keys::order(scope, order))?;
        value.map(|value| record::decode("order_report", &value)).transpose()
    }

    pub(super) fn shop_head(&self, scope: ShopScope) -> Result<Option<Shop>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Shop))? else { return Ok(None) };
        let mut shop: Shop = record::decode("head_state", &value)?;
        shop.at = Some(scope);
        Ok(Some(shop))
    }

    pub(super) fn agent_head(&self, scope: ShopScope, agent: AgentNo) -> Result<Option<Agent>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Agent(agent)))? else { return Ok(None) };
        let mut head: Agent = record::decode("head_state", &value)?;
        head.at = Some((scope, agent));
        Ok(Some(head))
    }

    /// Every account of a shop, in order of number.
    pub(super) fn agent_settings(&self, scope: ShopScope) -> Result<Vec<(AgentNo, AgentSettings)>, Error> {
        let mut agents = Vec::new();
        self.scan(Column::HeadState, keys::agent_heads(scope), Order::Ascending, None, |key, value| {
            let HeadOf::Agent(agent) = HeadKey::decode(key)? else { return Err(Error::damaged("head_state", "not an account")) };
            let head: Agent = record::decode("head_state", value)?;
            if head.exists {
                agents.push((agent, head.settings));
            }
            Ok(true)
        })?;
        Ok(agents)
    }
}

// Conversations.
impl Store {
    /// A conversation as a list shows it.
    pub fn conversation(&self, scope: ShopScope, id: ConversationId) -> Result<Option<Summary>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Conversation(id)))? else { return Ok(None) };
        Ok(summary(&conversation(scope, id, &value)?.0))
    }

    /// Messages with seq > `after`, oldest first, at most `limit`, and none after [`PAGE_BYTES_MAX`] of text. Empty: that is all.
    pub fn messages(&self, scope: ShopScope, id: ConversationId, after: u64, limit: usize) -> Result<Vec<Message>, Error> {
        let Some((head, tail)) = self.conversation_and_tail(scope, id)? else { return Ok(Vec::new()) };
        let first = after.saturating_add(1);
        let last = head.last_seq.min(after.saturating_add(limit as u64));
        if first > last {
            return Ok(Vec::new());
        }
        let mut places = Vec::new();
        let mut next = first;
        while next <= last {
            let chunk_first = ((next - 1) / HISTORY_CHUNK * HISTORY_CHUNK + 1).min(tail.first_seq());
            let entries = if chunk_first == tail.first_seq() { tail.entries()? } else { self.history_chunk(scope, id, chunk_first)? };
            let wanted = entries.iter().skip((next - chunk_first) as usize).take((last - next + 1) as usize);
            let found = places.len();
            places.extend(wanted.map(|entry| keys::feed(scope, entry.feed_seq)));
            if places.len() == found {
                return Err(Error::damaged("history_chunk", "fewer messages than the head counts"));
            }
            next += (places.len() - found) as u64;
        }
        let rows = self.get_many(Column::FeedEvent, &places, true, None)?;
        let mut page = Vec::with_capacity(rows.len());
        let mut bytes = 0;
        for (seq, row) in (first..).zip(rows) {
            let message = message(seq, id, row.as_deref())?;
            bytes += message.text.len();
            page.push(message);
            if bytes >= PAGE_BYTES_MAX {
                break;
            }
        }
        Ok(page)
    }

    /// Conversations in one state, of one owner or, without, of all. Open ones: longest in that state first; closed ones: newest
    /// first. Without an owner the answered and unanswered ones come owner by owner.
    pub fn list(&self, scope: ShopScope, of: ListOf, cursor: Option<ListCursor>, limit: usize) -> Result<Page<Summary, ListCursor>, Error> {
        let ListOf::State(state, owner) = of;
        let owner = owner.filter(|_| matches!(state, State::Unanswered | State::Replied));
        let (mut from, mut to) = keys::inbox_range(scope, state, owner);
        let order = if state == State::Closed { Order::Descending } else { Order::Ascending };
        if let Some(c) = cursor {
            let mut key = InboxKey { state, owner: c.owner, since: c.since, conversation: c.conversation }.encode(scope);
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
        let more = found.len() > limit;
        found.truncate(limit);
        let heads: Vec<HeadKey> = found.iter().map(|k| HeadKey::new(scope, HeadOf::Conversation(k.conversation))).collect();
        let mut rows = Vec::with_capacity(found.len());
        for (key, value) in found.iter().zip(self.get_many(Column::HeadState, &heads, false, Some(&snapshot))?) {
            let value = value.ok_or_else(|| Error::damaged("inbox_conversation", "a row without its conversation"))?;
            rows.extend(summary(&conversation(scope, key.conversation, &value)?.0));
        }
        let last = found.last().map(|k| ListCursor { owner: k.owner, since: k.since, conversation: k.conversation });
        Ok(Page { rows, next: last.filter(|_| more) })
    }

    /// The decisions about one reception, oldest first.
    pub fn explanations(&self, scope: ShopScope, id: ConversationId, reception: ReceptionNo) -> Result<Vec<Decided>, Error> {
        let mut decided = Vec::new();
        let range = keys::explanation_range(scope, id, reception);
        self.scan(Column::AssignmentExplanation, range, Order::Ascending, None, |_, value| {
            decided.push(Decided { reception, why: record::decode("assignment_explanation", value)? });
            Ok(true)
        })?;
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

/// A conversation from its row, and the bytes of its tail.
fn conversation(scope: ShopScope, id: ConversationId, value: &[u8]) -> Result<(Conversation, &[u8]), Error> {
    let (head, tail) = history::split(value)?;
    let mut conversation: Conversation = record::decode("head_state", head)?;
    conversation.at = Some((scope, id));
    Ok((conversation, tail))
}

fn summary(head: &Conversation) -> Option<Summary> {
    let place = index::inbox_key(head)?;
    Some(Summary {
        conversation: place.conversation,
        buyer: head.buyer.clone(),
        name: head.name.clone(),
        state: place.state,
        reception: head.receptions,
        owner: place.owner,
        group: head.open.as_ref().and_then(|open| open.group),
        last_agent: head.last_agent.map(|(agent, _)| agent),
        since: place.since,
        unread: head.unread(),
        last_seq: head.last_seq,
        last_at: head.last_at,
        staff_read: head.staff_read,
        buyer_read: head.buyer_read,
    })
}

fn message(expected: u64, of: ConversationId, row: Option<&[u8]>) -> Result<Message, Error> {
    let row = row.ok_or_else(|| Error::damaged("feed_event", "a message is missing"))?;
    match record::decode("feed_event", row)? {
        Event::MessageAdded { conversation, seq, at, author, text, .. } if conversation == of && seq == expected => {
            Ok(Message { seq, at, author, text })
        }
        _ => Err(Error::damaged("history_chunk", "it names another entry than its message")),
    }
}
