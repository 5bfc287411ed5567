//! What has happened, in the past tense: the entries of a shop's feed, and the only input of `Machine::apply`.
//!
//! Stored as they stand (version byte + bincode), so variants and fields are **appended, never edited or reordered**; the
//! golden files of `tests/golden.rs` hold every one.

use super::diversion::{Group, Rules};
use super::explain::Explanation;
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo, TokenHash};
use serde::{Deserialize, Serialize};

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    Buyer,
    Agent(AgentNo),
    /// A system message of the conversation (a transfer, DIV-8).
    System,
}

/// What a client's retry is recognised by (OPS-2): a digest of principal and client message id, and a checksum of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryKey {
    pub client_id: u64,
    pub body: u32,
}

/// Presence of an agent (SPEC section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    Online,
    /// 挂起: connected, takes nobody new, keeps whom it has.
    Suspended,
    Offline,
}

/// What an account may do (ACC-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// 主账号: every permission in the shop.
    Owner,
    /// May see, transfer and close every conversation of the shop.
    Supervisor,
    /// Sees and serves the conversations it owns.
    Agent,
}

/// Settings of one account that the dispatcher needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSettings {
    /// 接待权重 (DIV-3): any positive ratio; 0 = never by rule.
    pub weight: u32,
    /// 接待上限 (DIV-4): open receptions at once.
    pub capacity: u32,
    /// Groups it belongs to, each with its own limit in that group, where set.
    pub groups: Vec<(GroupNo, Option<u32>)>,
    /// A disabled account cannot log in and receives nobody.
    pub enabled: bool,
}

/// An order 订单 as the platform reported it (INB-9). Kept whole; used by the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub order: String,
    pub buyer: String,
    pub status: String,
    pub items: Vec<OrderItem>,
    pub tracking: Vec<String>,
    pub reported_at: Millis,
}

/// One line of an [`Order`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    pub title: String,
    pub product: String,
    pub sku: String,
    /// Price in the currency's smallest unit.
    pub price_minor: u64,
    pub quantity: u32,
}

/// One entry of the feed. `at` is the door's stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    // conversation
    MessageAdded {
        conversation: ConversationId,
        /// 1, 2, 3, … without gaps within the conversation.
        seq: u64,
        at: Millis,
        author: Author,
        text: String,
        retry: RetryKey,
        /// The owner when it was written: whose devices are told.
        owner: Option<AgentNo>,
    },
    ReceptionOpened {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        buyer: String,
        name: String,
        entry: String,
    },
    ReceptionOwned {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        agent: AgentNo,
        group: Option<GroupNo>,
        from: Option<AgentNo>,
    },
    /// Nobody owns it; it waits in the queue 排队 (DIV-5).
    ReceptionQueued {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        group: Option<GroupNo>,
        from: Option<AgentNo>,
    },
    ReceptionClosed {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        by: Option<AgentNo>,
        owner: Option<AgentNo>,
    },
    /// The buyer's round 轮次 got its answer; answering is also reading.
    RoundAnswered {
        conversation: ConversationId,
        reception: ReceptionNo,
        agent: AgentNo,
        at: Millis,
        /// The first message of the round.
        began: Millis,
        /// Buyer messages read by answering.
        read: u32,
    },
    /// Staff read up to and including `seq`; `read` messages of the buyer were unread before.
    ReadByStaff {
        conversation: ConversationId,
        seq: u64,
        at: Millis,
        by: AgentNo,
        read: u32,
        owner: Option<AgentNo>,
    },
    ReadByBuyer {
        conversation: ConversationId,
        seq: u64,
        at: Millis,
        owner: Option<AgentNo>,
    },
    // dispatcher
    /// The dispatcher's decision with its explanation (DIV-9). The conversation follows with `ReceptionOwned` or `ReceptionQueued`.
    Routed {
        arrival: Arrival,
        why: Explanation,
    },
    // agent
    AccountCreated {
        agent: AgentNo,
        login: String,
        name: String,
        password: String,
        role: Role,
        settings: AgentSettings,
        at: Millis,
    },
    SettingsChanged {
        agent: AgentNo,
        settings: AgentSettings,
        at: Millis,
    },
    PresenceChanged {
        agent: AgentNo,
        presence: Presence,
        at: Millis,
    },
    SessionOpened {
        agent: AgentNo,
        token: TokenHash,
        at: Millis,
        expires: Millis,
    },
    SessionEnded {
        agent: AgentNo,
        token: TokenHash,
        at: Millis,
    },
    LogInFailed {
        agent: AgentNo,
        at: Millis,
    },
    // shop
    ShopCreated {
        shop: String,
        name: String,
        at: Millis,
    },
    LoginReserved {
        login: String,
        agent: AgentNo,
        at: Millis,
    },
    GroupSet {
        group: GroupNo,
        settings: Group,
        at: Millis,
    },
    RulesSet {
        rules: Rules,
        version: u32,
        at: Millis,
    },
    OrderReported {
        order: Order,
    },
    BuyerTokenIssued {
        token: TokenHash,
        buyer: String,
        name: String,
        conversation: ConversationId,
        at: Millis,
        expires: Millis,
    },
    BuyerTokenRevoked {
        token: TokenHash,
        at: Millis,
    },
    // platform
    ShopListed {
        shop: String,
        number: u32,
        at: Millis,
    },
    ApiKeyIssued {
        key: TokenHash,
        name: String,
        scopes: Vec<Scope>,
        at: Millis,
    },
    ApiKeyRevoked {
        key: TokenHash,
        at: Millis,
    },
    /// What another entity's commit already holds, or what nobody needs after a restart: applied, never stored.
    #[serde(skip)]
    Heard(Heard),
}

/// What an API key of the platform may do (ACC-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    Shops,
    Accounts,
    Orders,
    BuyerTokens,
    ApiKeys,
}

/// A reception that asks for an owner (DIV-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    pub conversation: ConversationId,
    pub reception: ReceptionNo,
    pub arrived: Millis,
    /// Where the buyer came from.
    pub entry: String,
    /// The group it waits for, where a person passed it to one.
    pub group: Option<GroupNo>,
    /// DIV-1.2: who last spoke with this buyer, and when.
    pub recent: Option<(AgentNo, Millis)>,
    pub unanswered: bool,
}

/// See [`Event::Heard`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Closed {
        conversation: ConversationId,
    },
    Round {
        conversation: ConversationId,
        unanswered: bool,
    },
    Presence {
        agent: AgentNo,
        presence: Presence,
        at: Millis,
    },
    GraceOver {
        agent: AgentNo,
    },
    /// The queue has been served with what was free.
    Drained,
    /// DIV-1.2 says something else from now on of one who waits.
    WindowsPassed {
        at: Millis,
    },
    Staff {
        agent: AgentNo,
        settings: AgentSettings,
    },
    Group {
        group: GroupNo,
        settings: Group,
    },
    Rules {
        rules: Rules,
        version: u32,
    },
    Devices {
        devices: u32,
    },
}
