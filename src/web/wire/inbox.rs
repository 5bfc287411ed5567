//! JSON of the lists of conversations and of their figures (INB-3).

use super::Hex;
use super::talk::Summary;
use crate::domain::id::{ConversationId, Millis};
use crate::domain::list::{self, Lane};
use crate::door;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of the inbox.
#[derive(Serialize, ToSchema)]
pub struct Inbox {
    pub conversations: Vec<Summary>,
    /// `cursor` of the next page of the same list; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The figures of the shop, of an account or of a group.
#[derive(Serialize, ToSchema)]
pub struct Count {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// 排队.
    pub waiting: u64,
    pub pooled: u64,
    /// 未回复.
    pub unanswered: u64,
    /// 已回复.
    pub replied: u64,
    /// Conversations with messages nobody has read.
    pub unread: u64,
    /// Those messages.
    pub unread_messages: u64,
}

impl From<(Lane, list::Counts)> for Count {
    fn from((lane, counts): (Lane, list::Counts)) -> Count {
        let (agent, group) = match lane {
            Lane::Shop => (None, None),
            Lane::Account(agent) => (Some(agent.0), None),
            Lane::Group(group) => (None, Some(group.0)),
        };
        let list::Counts { waiting, pooled, unanswered, replied, unread, unread_messages } = counts;
        Count { agent, group, waiting, pooled, unanswered, replied, unread, unread_messages }
    }
}

/// Figures, in order of number.
#[derive(Serialize, ToSchema)]
pub struct Counts {
    pub counts: Vec<Count>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// A buyer who waits too long.
#[derive(Serialize, ToSchema)]
pub struct WaitsLong {
    #[schema(value_type = String)]
    pub conversation: Hex,
    /// When they wrote.
    pub since: u64,
}

/// Buyers of this account who wait too long, the longest first: one warning for all of them.
#[derive(Serialize, ToSchema)]
pub struct LongWaits {
    /// At most 50.
    pub conversations: Vec<WaitsLong>,
    /// There are more.
    pub more: bool,
}

impl From<door::LongWaits> for LongWaits {
    fn from(waits: door::LongWaits) -> LongWaits {
        let each = |(conversation, since): (ConversationId, Millis)| WaitsLong { conversation: Hex(conversation), since: since.0 };
        LongWaits { conversations: waits.conversations.into_iter().map(each).collect(), more: waits.more }
    }
}
