//! What readers are shown: rows of lists and histories, always from what is on disk.

use super::content::Extra;
use super::desk::LabelNo;
use super::diversion::Settings;
use super::event::{Actor, AgentSettings, Author, Event, Role, Scope};
use super::explain::Explanation;
use super::facts::{Facts, OrderStatus, Priority};
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo, ShopScope, TokenHash};
use serde::{Deserialize, Serialize};

/// One message of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub seq: u64,
    pub at: Millis,
    pub author: Author,
    /// Empty where it was recalled.
    pub text: String,
    /// What is not plain text (INB-7).
    pub extra: Option<Box<Extra>>,
    /// 撤回 (INB-7).
    pub recalled: bool,
    /// Staff only.
    pub labels: Vec<LabelNo>,
}

/// A private note 内部备注 (INB-13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// 1, 2, 3, … within the conversation.
    pub note: u32,
    pub at: Millis,
    pub by: AgentNo,
    pub text: String,
    pub mentions: Vec<AgentNo>,
}

/// An entry of the blacklist 黑名单 (INB-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub conversation: ConversationId,
    pub buyer: String,
    /// Empty: the buyer never wrote.
    pub name: String,
    pub reason: String,
    pub by: Actor,
    pub at: Millis,
}

/// A message that is taken out (INB-15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub conversation: ConversationId,
    pub buyer: String,
    pub name: String,
    pub seq: u64,
    pub at: Millis,
    pub author: Author,
    pub text: String,
    pub extra: Option<Box<Extra>>,
    /// The names of its labels.
    pub labels: Vec<String>,
}

/// The state of a conversation as a list shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// 排队: open, nobody owns it.
    Waiting,
    /// Owned, a buyer's message is unanswered 未回复.
    Unanswered,
    /// Owned, the last word is ours 已回复.
    Replied,
    /// 离线消息池: open, nobody could receive it.
    Pooled,
    Closed,
    /// 归档.
    Archived,
}

/// A conversation as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub conversation: ConversationId,
    pub buyer: String,
    pub name: String,
    pub state: State,
    pub reception: ReceptionNo,
    pub owner: Option<AgentNo>,
    pub group: Option<GroupNo>,
    /// The agent who last spoke with the buyer.
    pub last_agent: Option<AgentNo>,
    /// Since when it is in this state.
    pub since: Millis,
    pub unread: u32,
    pub last_seq: u64,
    pub last_at: Millis,
    pub staff_read: u64,
    pub buyer_read: u64,
    pub priority: Priority,
    /// Staff set the priority; the rules do not.
    pub overridden: bool,
    pub labels: Vec<LabelNo>,
    pub order: OrderStatus,
    /// The buyer is on the blacklist (INB-8).
    pub blocked: bool,
}

/// A reception of the offline pool (OFF-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pooled {
    pub summary: Summary,
    /// When the buyer last wrote.
    pub last_buyer_at: Millis,
    /// When the buyer last asked for a person.
    pub asked_at: Option<Millis>,
    pub facts: Facts,
}

/// One version of the diversion document (DIV-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsVersion {
    pub version: u32,
    pub at: Millis,
    pub by: Actor,
    /// The version whose content it took up again.
    pub rolled_back_to: Option<u32>,
    pub settings: Box<Settings>,
}

/// A page of anything, and where the next one begins (None: this was the last).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, C> {
    pub rows: Vec<T>,
    pub next: Option<C>,
}

/// An account as readers see it. `password` is the argon2 string and never leaves the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub agent: AgentNo,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub settings: AgentSettings,
    pub password: String,
}

/// One entry of a shop's feed: what devices, and later web hooks and replication, are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    pub scope: ShopScope,
    /// 1, 2, 3, … without gaps within the shop: the devices' cursor (INB-11).
    pub seq: u64,
    pub event: Event,
}

/// What connected devices are told and nobody keeps (INB-13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Somebody types to the other side. None: the buyer.
    Typing { conversation: ConversationId, by: Option<AgentNo> },
    /// Who of the staff looks at a conversation, and whether they type in it; for those who look.
    Lookers { conversation: ConversationId, agents: Vec<(AgentNo, bool)> },
}

/// Who a credential belongs to: the row under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credential {
    Platform { name: String, scopes: Vec<Scope> },
    Staff { shop: ShopScope, agent: AgentNo, role: Role, expires: Millis, client: String },
    Buyer { shop: ShopScope, buyer: String, name: String, conversation: ConversationId, expires: Millis },
}

/// What an account is writing in a conversation (INB-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub conversation: ConversationId,
    pub text: String,
    pub at: Millis,
}

/// A decision kept for `why` (DIV-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub reception: ReceptionNo,
    pub why: Explanation,
}

/// A credential that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub token: TokenHash,
    pub credential: Credential,
}
