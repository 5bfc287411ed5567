//! Names of things: small numbers inside one shop, and the shop itself as a capability.
//!
//! [`ShopScope`] is the first part of every key of the store. It can be made in three places only (the door's
//! authenticator, the recovery scan and the platform's own directory; `tests/layers.rs` counts them), so code that was not
//! handed a scope cannot reach a shop's rows.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, stamped once, at the door or by the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Millis(pub u64);

impl Millis {
    /// This instant plus `ms` milliseconds.
    pub const fn plus(self, ms: u64) -> Millis {
        Millis(self.0.saturating_add(ms))
    }
    /// Milliseconds from `earlier` to this instant; 0 if `earlier` is later.
    pub const fn since(self, earlier: Millis) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The right to touch one shop 店铺, and its number. Never built from request data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShopScope(u32);

impl ShopScope {
    /// Grants the scope of shop `number`. Only the authenticator, the recovery scan and the platform directory may call it.
    pub const fn granted(number: u32) -> ShopScope {
        ShopScope(number)
    }
    /// The platform itself: its feed holds the directory of shops and the API keys.
    pub const PLATFORM: ShopScope = ShopScope(0);

    /// The shop's number, for building keys and choosing its home lane.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// A conversation 会话: everything between one buyer and one shop. Derived from the buyer's id (see
/// `domain::conversation::conversation_id`), so "exactly one per buyer and shop" holds by construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConversationId(pub [u8; 16]);

impl ConversationId {
    /// Reads the 32 hexadecimal digits that [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<ConversationId> {
        let bytes = text.as_bytes();
        if bytes.len() != 32 || bytes.iter().any(|b| !matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mut id = [0u8; 16];
        for (i, slot) in id.iter_mut().enumerate() {
            *slot = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
        }
        Some(ConversationId(id))
    }
}

impl std::fmt::Display for ConversationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// An account of the shop's staff (owner, agent 客服), numbered from 1 within its shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AgentNo(pub u32);

/// A diversion group 分流分组, numbered from 1 within its shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupNo(pub u32);

/// A reception 接待 of a conversation, numbered from 1 within it.
pub type ReceptionNo = u32;

/// SHA-256 of a secret token. The token itself is never stored.
pub type TokenHash = [u8; 32];
