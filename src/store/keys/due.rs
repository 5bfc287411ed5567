//! Keys of what time alone will change, and of the blacklist.

use super::{HeadKey, HeadOf, Key, array, parts};
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::store::Error;

/// What time alone will change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueKind {
    /// Its order has succeeded, and will count as none (INB-9).
    OrderSettles,
    /// It is done with, and may be archived (INB-12).
    Archivable,
    /// It is archived, and will be deleted.
    Archived,
}

/// `due_conversation`: since when one conversation has been due for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueKey {
    pub kind: DueKind,
    pub since: Millis,
    pub conversation: ConversationId,
}

impl DueKey {
    /// The row's key.
    pub fn encode(&self, scope: ShopScope) -> Key {
        parts(&[&scope.number().to_be_bytes(), &[self.kind as u8], &self.since.0.to_be_bytes(), &self.conversation.0])
    }
}

/// The rows of a kind since before `until` (exclusive).
pub fn due_range(scope: ShopScope, kind: DueKind, until: Millis) -> (Key, Key) {
    let head = |since: u64| parts(&[&scope.number().to_be_bytes(), &[kind as u8], &since.to_be_bytes()]);
    (head(0), head(until.0))
}

/// `deadline`: when the entity of a head must be woken.
pub fn deadline(at: Millis, head: &HeadKey) -> Key {
    parts(&[&at.0.to_be_bytes(), head.as_ref()])
}

/// Where the rows of `deadline` from `at` on begin.
pub fn deadlines_from(at: Millis) -> Key {
    parts(&[&at.0.to_be_bytes()])
}

/// When, in which shop, and whom a key of `deadline` names.
pub fn deadline_decode(key: &[u8]) -> Result<(Millis, ShopScope, HeadOf), Error> {
    let head = key.get(8..).ok_or_else(|| Error::damaged("deadline", "too short"))?;
    Ok((Millis(u64::from_be_bytes(array(key, 0)?)), ShopScope::granted(u32::from_be_bytes(array(key, 8)?)), HeadKey::decode(head)?))
}

/// `blacklist_entry`: since when the buyer of a conversation is on the list.
pub fn blacklist(scope: ShopScope, at: Millis, conversation: ConversationId) -> Key {
    parts(&[&scope.number().to_be_bytes(), &at.0.to_be_bytes(), &conversation.0])
}

/// Time and conversation, with which a key of `due_conversation` or `blacklist_entry` ends.
pub fn since_decode(key: &[u8]) -> Result<(Millis, ConversationId), Error> {
    let at = key.len().checked_sub(24).ok_or_else(|| Error::damaged("key", "too short"))?;
    Ok((Millis(u64::from_be_bytes(array(key, at)?)), ConversationId(array(key, at + 8)?)))
}
