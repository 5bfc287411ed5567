//! Every key of the store: big-endian, shop first, one encode/decode pair each.
//!
//! The only place that builds keys, and only from a [`ShopScope`]: rows of another shop cannot be named. Never holds a
//! separator that text could imitate: variable parts stand last.

mod document;
mod due;
mod guard;
mod health;
mod notification;
mod text;

pub use document::{Document, version_prefix, version_range};
pub use due::{DueKey, DueKind, blacklist, deadline, deadline_decode, deadlines_from, due_range, since_decode};
pub use guard::{guard_record_prefix, guard_record_range, undertaking, undertaking_decode, undertakings_after};
pub use health::{report_prefix, report_range, reports_range, tallies, tally, tally_decode};
pub use notification::{notification_decode, notification_prefix, notifications};
pub use text::{group_texts, usage, usage_decode, usage_range};

use super::Error;
use crate::domain::content::FileHash;
use crate::domain::facts::{OrderState, Priority};
use crate::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo, ShopScope};
use crate::domain::list::Lane;
use crate::domain::notice::Stream;
use crate::domain::order::OrderKey;
use crate::domain::text::ListId;
use smallvec::SmallVec;

/// A key, on the stack where it is short.
pub type Key = SmallVec<[u8; 40]>;

/// `meta_value`: the format of the records, u32.
pub const META_FORMAT: &[u8] = b"format";
/// `meta_value`: the number of the last commit, u64.
pub const META_COMMIT_NO: &[u8] = b"commit_no";

const KIND_CONVERSATION: u8 = 1;
const KIND_AGENT: u8 = 2;
const KIND_SHOP: u8 = 3;
const KIND_ORDER: u8 = 4;
const KIND_TEXTS: u8 = 5;
const KIND_COURIER: u8 = 6;

/// The key of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeadKey {
    bytes: [u8; 21],
    len: u8,
}

/// Whose head a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadOf {
    Conversation(ConversationId),
    Agent(AgentNo),
    Shop,
    Order(OrderKey),
    Texts(ListId),
    Courier,
}

impl HeadKey {
    /// The key of `of` in a shop.
    pub fn new(scope: ShopScope, of: HeadOf) -> HeadKey {
        let mut bytes = [0u8; 21];
        bytes[..4].copy_from_slice(&scope.number().to_be_bytes());
        let len = match of {
            HeadOf::Conversation(id) => {
                bytes[4] = KIND_CONVERSATION;
                bytes[5..].copy_from_slice(&id.0);
                21
            }
            HeadOf::Agent(agent) => {
                bytes[4] = KIND_AGENT;
                bytes[5..9].copy_from_slice(&agent.0.to_be_bytes());
                9
            }
            HeadOf::Shop => {
                bytes[4] = KIND_SHOP;
                5
            }
            HeadOf::Courier => {
                bytes[4] = KIND_COURIER;
                5
            }
            HeadOf::Order(key) => {
                bytes[4] = KIND_ORDER;
                bytes[5..].copy_from_slice(&key.0);
                21
            }
            HeadOf::Texts(list) => {
                bytes[4] = KIND_TEXTS;
                let (kind, number) = match list {
                    ListId::Team => (0, 0),
                    ListId::Group(group) => (1, group.0),
                    ListId::Own(agent) => (2, agent.0),
                    ListId::Templates => (3, 0),
                };
                bytes[5] = kind;
                bytes[6..10].copy_from_slice(&number.to_be_bytes());
                10
            }
        };
        HeadKey { bytes, len }
    }

    /// Whose head the key of a stored row names.
    pub fn decode(key: &[u8]) -> Result<HeadOf, Error> {
        match (key.get(4), key.len()) {
            (Some(&KIND_CONVERSATION), 21) => Ok(HeadOf::Conversation(ConversationId(array(key, 5)?))),
            (Some(&KIND_AGENT), 9) => Ok(HeadOf::Agent(AgentNo(u32::from_be_bytes(array(key, 5)?)))),
            (Some(&KIND_SHOP), 5) => Ok(HeadOf::Shop),
            (Some(&KIND_COURIER), 5) => Ok(HeadOf::Courier),
            (Some(&KIND_ORDER), 21) => Ok(HeadOf::Order(OrderKey(array(key, 5)?))),
            (Some(&KIND_TEXTS), 10) => {
                let number = u32::from_be_bytes(array(key, 6)?);
                match key[5] {
                    0 => Ok(HeadOf::Texts(ListId::Team)),
                    1 => Ok(HeadOf::Texts(ListId::Group(GroupNo(number)))),
                    2 => Ok(HeadOf::Texts(ListId::Own(AgentNo(number)))),
                    3 => Ok(HeadOf::Texts(ListId::Templates)),
                    _ => Err(Error::damaged("head_state", "a list of texts of unknown kind")),
                }
            }
            _ => Err(Error::damaged("head_state", "a key of unknown kind")),
        }
    }
}

impl AsRef<[u8]> for HeadKey {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len as usize]
    }
}

/// All agents' heads of a shop: from (inclusive) and to (exclusive).
pub fn agent_heads(scope: ShopScope) -> (Key, Key) {
    let head = |kind| parts(&[&scope.number().to_be_bytes(), &[kind]]);
    (head(KIND_AGENT), head(KIND_AGENT + 1))
}

/// Everything of a shop, in any column whose key begins with it: from (inclusive) and to (exclusive).
pub fn shop_range(scope: ShopScope) -> (Key, Key) {
    let end = match scope.number().checked_add(1) {
        Some(next) => parts(&[&next.to_be_bytes()]),
        None => parts(&[&[0xff; 48]]),
    };
    (parts(&[&scope.number().to_be_bytes()]), end)
}

/// `feed_event`: entry `seq` of a shop's feed.
pub fn feed(scope: ShopScope, seq: u64) -> [u8; 12] {
    let mut key = [0u8; 12];
    key[..4].copy_from_slice(&scope.number().to_be_bytes());
    key[4..].copy_from_slice(&seq.to_be_bytes());
    key
}

/// The sequence number in a key of `feed_event`.
pub fn feed_decode(key: &[u8]) -> Result<u64, Error> {
    if key.len() != 12 {
        return Err(Error::damaged("feed_event", "a key of wrong length"));
    }
    Ok(u64::from_be_bytes(array(key, 4)?))
}

/// `history_chunk`: chunk `no` (from 0) of a conversation.
pub fn history_chunk(scope: ShopScope, conversation: ConversationId, no: u32) -> [u8; 24] {
    let mut key = [0u8; 24];
    key[..4].copy_from_slice(&scope.number().to_be_bytes());
    key[4..20].copy_from_slice(&conversation.0);
    key[20..].copy_from_slice(&no.to_be_bytes());
    key
}

/// Conversation and number in a key of `history_chunk`.
pub fn history_chunk_decode(key: &[u8]) -> Result<(ConversationId, u32), Error> {
    if key.len() != 24 {
        return Err(Error::damaged("history_chunk", "a key of wrong length"));
    }
    Ok((ConversationId(array(key, 4)?), u32::from_be_bytes(array(key, 20)?)))
}

/// `counter_value`: one counter of a lane, or without `what` the beginning of all.
pub fn counter(scope: ShopScope, lane: Lane, what: Option<u8>) -> Key {
    let (kind, number) = match lane {
        Lane::Shop => (0, 0),
        Lane::Account(agent) => (1, agent.0),
        Lane::Group(group) => (2, group.0),
    };
    let key = parts(&[&scope.number().to_be_bytes(), &[kind], &number.to_be_bytes()]);
    what.map_or(key.clone(), |what| parts(&[&key, &[what]]))
}

/// Lane and counter of a key of `counter_value`.
pub fn counter_decode(key: &[u8]) -> Result<(Lane, u8), Error> {
    let damaged = || Error::damaged("counter_value", "a key of unknown kind");
    let number = u32::from_be_bytes(array(key, 5)?);
    match key {
        [_, _, _, _, kind, .., what] if key.len() == 10 => match kind {
            0 => Ok((Lane::Shop, *what)),
            1 => Ok((Lane::Account(AgentNo(number)), *what)),
            2 => Ok((Lane::Group(GroupNo(number)), *what)),
            _ => Err(damaged()),
        },
        _ => Err(damaged()),
    }
}

/// `login_agent`: a log-in name of a shop.
pub fn login(scope: ShopScope, login: &str) -> Key {
    parts(&[&scope.number().to_be_bytes(), login.as_bytes()])
}

/// The name in a key of `login_agent`.
pub fn login_decode(key: &[u8]) -> Result<&str, Error> {
    text(key.get(4..).unwrap_or_default(), "login_agent")
}

/// `directory_shop`: a shop's name.
pub fn directory(name: &str) -> Key {
    parts(&[name.as_bytes()])
}

/// The name in a key of `directory_shop`.
pub fn directory_decode(key: &[u8]) -> Result<&str, Error> {
    text(key, "directory_shop")
}

/// `token_credential`: the hash of a token. Without shop: the token is what names the shop.
pub fn token(hash: &[u8; 32]) -> Key {
    parts(&[hash])
}

/// The hash in a key of `token_credential`.
pub fn token_decode(key: &[u8]) -> Result<[u8; 32], Error> {
    if key.len() != 32 {
        return Err(Error::damaged("token_credential", "a key of wrong length"));
    }
    array(key, 0)
}

/// `carrier_link`: a carrier's code.
pub fn carrier(code: &str) -> Key {
    parts(&[code.as_bytes()])
}

/// A list of orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderLane {
    All,
    State(OrderState),
    Conversation(ConversationId),
}

/// `order_list` without its last parts, the change and the order.
fn order_lane(scope: ShopScope, lane: OrderLane) -> Key {
    let shop = scope.number().to_be_bytes();
    match lane {
        OrderLane::All => parts(&[&shop, &[0]]),
        OrderLane::State(state) => {
            let state = match state {
                OrderState::Unpaid => 0,
                OrderState::Paid => 1,
                OrderState::Shipped => 2,
                OrderState::Succeeded => 3,
                OrderState::AfterSale => 4,
                OrderState::Closed => 5,
            };
            parts(&[&shop, &[1, state]])
        }
        OrderLane::Conversation(id) => parts(&[&shop, &[2], &id.0]),
    }
}

/// `order_list`: an order in a lane, by when its state changed.
pub fn order_row(scope: ShopScope, lane: OrderLane, changed_at: Millis, order: OrderKey) -> Key {
    let mut key = order_lane(scope, lane);
    key.extend_from_slice(&changed_at.0.to_be_bytes());
    key.extend_from_slice(&order.0);
    key
}

/// The rows of a lane: from (inclusive) and to (exclusive).
pub fn order_range(scope: ShopScope, lane: OrderLane) -> (Key, Key) {
    let from = order_lane(scope, lane);
    let mut to = from.clone();
    to.extend_from_slice(&[0xff; 25]);
    (from, to)
}

/// When it changed, and which, at the end of a key of `order_list`.
pub fn order_decode(key: &[u8]) -> Result<(Millis, OrderKey), Error> {
    let at = key.len().checked_sub(24).ok_or_else(|| Error::damaged("order_list", "a key of wrong length"))?;
    Ok((Millis(u64::from_be_bytes(array(key, at)?)), OrderKey(array(key, at + 8)?)))
}

/// `assignment_explanation` without its last part, the feed seq, which only the commit thread knows.
pub fn explanation_prefix(scope: ShopScope, conversation: ConversationId, reception: ReceptionNo) -> Key {
    parts(&[&scope.number().to_be_bytes(), &conversation.0, &reception.to_be_bytes()])
}

/// The decisions about one reception: from (inclusive) and to (exclusive).
pub fn explanation_range(scope: ShopScope, conversation: ConversationId, reception: ReceptionNo) -> (Key, Key) {
    let from = explanation_prefix(scope, conversation, reception);
    let mut to = from.clone();
    to.extend_from_slice(&[0xff; 9]);
    (from, to)
}

/// `offline_run` without its last part, the feed seq.
pub fn run_prefix(scope: ShopScope, at: Millis) -> Key {
    parts(&[&scope.number().to_be_bytes(), &at.0.to_be_bytes()])
}

/// `audit_entry` without its last part, the feed seq.
pub fn audit_prefix(scope: ShopScope) -> Key {
    parts(&[&scope.number().to_be_bytes()])
}

/// What a row of `message_mark` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    Recalled,
    Labels,
}

/// `message_mark`: one thing that was done to a message.
pub fn message_mark(scope: ShopScope, conversation: ConversationId, seq: u64, kind: MarkKind) -> Key {
    parts(&[&scope.number().to_be_bytes(), &conversation.0, &seq.to_be_bytes(), &[kind as u8]])
}

/// The marks of messages `first` to `last`: from (inclusive) and to (exclusive).
pub fn message_marks(scope: ShopScope, conversation: ConversationId, first: u64, last: u64) -> (Key, Key) {
    let head = |seq: u64| parts(&[&scope.number().to_be_bytes(), &conversation.0, &seq.to_be_bytes()]);
    (head(first), head(last.saturating_add(1)))
}

/// The message number in a key of `message_mark`.
pub fn message_mark_decode(key: &[u8]) -> Result<u64, Error> {
    Ok(u64::from_be_bytes(array(key, 20)?))
}

/// `note_conversation` without its last part, the feed seq; and what everything of one conversation begins with.
pub fn conversation_prefix(scope: ShopScope, conversation: ConversationId) -> Key {
    parts(&[&scope.number().to_be_bytes(), &conversation.0])
}

/// The rows of `note_conversation` of a conversation before feed seq `before`: from (inclusive) and to (exclusive).
pub fn notes_range(scope: ShopScope, conversation: ConversationId, before: u64) -> (Key, Key) {
    let from = conversation_prefix(scope, conversation);
    let mut to = from.clone();
    to.extend_from_slice(&before.to_be_bytes());
    (from, to)
}

/// `notice_entry`: notice `no` of a stream.
pub fn notice(scope: ShopScope, stream: Stream, no: u64) -> Key {
    parts(&[&scope.number().to_be_bytes(), &[stream as u8], &no.to_be_bytes()])
}

/// `notice_list`: notice `no` of a stream, under its priority.
pub fn notice_place(scope: ShopScope, stream: Stream, priority: Priority, no: u64) -> Key {
    parts(&[&scope.number().to_be_bytes(), &[stream as u8, priority as u8], &no.to_be_bytes()])
}

/// The number at the end of a key of `notice_entry` or `notice_list`.
pub fn notice_no_decode(key: &[u8]) -> Result<u64, Error> {
    feed_seq_decode(key)
}

/// `draft_text`: what an account is writing in a conversation.
pub fn draft(scope: ShopScope, agent: AgentNo, conversation: ConversationId) -> Key {
    parts(&[&scope.number().to_be_bytes(), &agent.0.to_be_bytes(), &conversation.0])
}

/// The drafts of an account: from (inclusive) and to (exclusive).
pub fn draft_range(scope: ShopScope, agent: AgentNo) -> (Key, Key) {
    let from = parts(&[&scope.number().to_be_bytes(), &agent.0.to_be_bytes()]);
    let mut to = from.clone();
    to.extend_from_slice(&[0xff; 17]);
    (from, to)
}

const FILES_BY_HASH: u8 = 0;
const FILES_BY_CONVERSATION: u8 = 1;
const FILES_BY_NAMING: u8 = 2;

/// `file_meta`: a file of a conversation, by its hash.
pub fn file_meta(scope: ShopScope, hash: &FileHash, conversation: ConversationId) -> Key {
    parts(&[&scope.number().to_be_bytes(), &[FILES_BY_HASH], hash, &conversation.0])
}

/// Every conversation that has a file: from (inclusive) and to (exclusive).
pub fn file_meta_range(scope: ShopScope, hash: &FileHash) -> (Key, Key) {
    let from = parts(&[&scope.number().to_be_bytes(), &[FILES_BY_HASH], hash]);
    let mut to = from.clone();
    to.extend_from_slice(&[0xff; 17]);
    (from, to)
}

/// `file_meta`: what was stored for a conversation, without its last part, the feed seq.
pub fn files_of_prefix(scope: ShopScope, conversation: ConversationId) -> Key {
    parts(&[&scope.number().to_be_bytes(), &[FILES_BY_CONVERSATION], &conversation.0])
}

/// Everything that was stored for a conversation: from (inclusive) and to (exclusive). Each key ends with the feed seq of its entry.
pub fn files_of_range(scope: ShopScope, conversation: ConversationId) -> (Key, Key) {
    let from = files_of_prefix(scope, conversation);
    let mut to = from.clone();
    to.extend_from_slice(&[0xff; 9]);
    (from, to)
}

/// `file_meta`: what names a file of a conversation, without its last part, the feed seq.
pub fn file_namings_prefix(scope: ShopScope, conversation: ConversationId, hash: &FileHash) -> Key {
    parts(&[&scope.number().to_be_bytes(), &[FILES_BY_NAMING], &conversation.0, hash])
}

/// All that names a file of a conversation: from (inclusive) and to (exclusive).
pub fn file_namings(scope: ShopScope, conversation: ConversationId, hash: &FileHash) -> (Key, Key) {
    let from = file_namings_prefix(scope, conversation, hash);
    let mut to = from.clone();
    to.extend_from_slice(&[0xff; 9]);
    (from, to)
}

/// All that names any file of a conversation: from (inclusive) and to (exclusive).
pub fn file_namings_of(scope: ShopScope, conversation: ConversationId) -> (Key, Key) {
    let from = parts(&[&scope.number().to_be_bytes(), &[FILES_BY_NAMING], &conversation.0]);
    let mut to = from.clone();
    to.extend_from_slice(&[0xff; 41]);
    (from, to)
}

/// The feed seq at the end of a key that points into the feed.
pub fn feed_seq_decode(key: &[u8]) -> Result<u64, Error> {
    key.len().checked_sub(8).ok_or_else(|| Error::damaged("key", "too short")).and_then(|at| Ok(u64::from_be_bytes(array(key, at)?)))
}

pub(super) fn parts(parts: &[&[u8]]) -> Key {
    let mut key = Key::new();
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

pub(super) fn array<const N: usize>(key: &[u8], from: usize) -> Result<[u8; N], Error> {
    key.get(from..from + N).and_then(|part| part.try_into().ok()).ok_or_else(|| Error::damaged("key", "too short"))
}

fn text<'a>(bytes: &'a [u8], column: &'static str) -> Result<&'a str, Error> {
    std::str::from_utf8(bytes).map_err(|_| Error::damaged(column, "a key that is not text"))
}
