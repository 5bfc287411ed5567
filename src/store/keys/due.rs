//! Keys of what time alone will change, and of the blacklist.

use super::{Key, array, parts};
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope};
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

/// `due_account`: when the freeze of an account ends by time alone.
pub fn due_account(scope: ShopScope, until: Millis, agent: AgentNo) -> Key {
    parts(&[&scope.number().to_be_bytes(), &until.0.to_be_bytes(), &agent.0.to_be_bytes()])
}

/// The rows of `due_account` before `until` (exclusive).
pub fn due_account_range(scope: ShopScope, until: Millis) -> (Key, Key) {
    let head = |until: u64| parts(&[&scope.number().to_be_bytes(), &until.to_be_bytes()]);
    (head(0), head(until.0))
}

/// The account of a key of `due_account`.
pub fn due_account_decode(key: &[u8]) -> Result<AgentNo, Error> {
    Ok(AgentNo(u32::from_be_bytes(array(key, 12)?)))
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
