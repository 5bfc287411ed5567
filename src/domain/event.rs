//! What has happened, in the past tense: the entries of a shop's feed, and the only input of `Machine::apply`.
//!
//! Stored as they stand (version byte + bincode), so variants and fields are **appended, never edited or reordered**; the
//! golden files of `tests/golden.rs` hold every one.

mod time;

use super::diversion::{Group, Settings};
use super::explain::Explanation;
use super::facts::{Facts, OrderState, Priority, Profile, Visit};
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo, TokenHash};
use super::offline::Run;
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
        visit: Visit,
        /// The buyer asked for a person (OFF-3).
        asked: bool,
    },
    ReceptionOwned {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        agent: AgentNo,
        group: Option<GroupNo>,
        from: Option<AgentNo>,
        how: Handing,
        /// The decision that led to it.
        decision: u32,
    },
    /// Nobody owns it; it waits in the queue 排队 (DIV-5).
    ReceptionQueued {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        group: Option<GroupNo>,
        from: Option<AgentNo>,
        how: Handing,
        decision: u32,
        /// Its place among those of its priority: when it came, or came back.
        arrived: Millis,
        priority: Priority,
        /// Receptions before it at that moment: the buyer's position is one more.
        ahead: u32,
    },
    /// Nobody owns it; it waits in the offline pool 离线消息池 (OFF-1).
    ReceptionPooled {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        from: Option<AgentNo>,
        how: Handing,
        decision: u32,
    },
    ReceptionClosed {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        by: Option<AgentNo>,
        owner: Option<AgentNo>,
        /// The round that was never answered: when it began, and who is charged with it (MET-4).
        unanswered: Option<(Millis, Option<AgentNo>)>,
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
        /// Who is charged with the round: whoever passed the buyer on without a reply, else `agent` (DIV-8, MET-4).
        charged: AgentNo,
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
    /// The keywords of the rules found in what the buyer wrote first (DIV-2).
    IntentFound {
        conversation: ConversationId,
        reception: ReceptionNo,
        keywords: Vec<String>,
    },
    /// The buyer asked for a person in a reception that was open already (OFF-3).
    PersonAsked {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
    },
    ProfileSet {
        conversation: ConversationId,
        buyer: String,
        profile: Profile,
        at: Millis,
    },
    /// The buyer's order that changed last (INB-9).
    OrderNoted {
        conversation: ConversationId,
        order: String,
        state: OrderState,
        at: Millis,
    },
    // dispatcher
    /// The dispatcher's decision with its explanation (DIV-9). The conversation follows with `ReceptionOwned` or `ReceptionQueued`.
    Routed {
        arrival: Arrival,
        why: Explanation,
    },
    /// The record of one firing of the automatic assignment, or of one assignment by hand (OFF-7).
    PoolAssigned {
        run: Run,
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
    /// The whole diversion document, in a new version (DIV-11).
    SettingsSet {
        settings: Box<Settings>,
        version: u32,
        by: Actor,
        /// The version whose content it took up again.
        rolled_back_to: Option<u32>,
        at: Millis,
    },
    /// Who changed what (ACC-2), where the change itself does not say so.
    Audited {
        by: Actor,
        change: Change,
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

/// Who changed a setting (ACC-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// An API key of the platform, by its name.
    Platform(String),
    Account(AgentNo),
}

/// What was changed, before and after (ACC-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    Group { group: GroupNo, before: Option<Group>, after: Group },
    Account { agent: AgentNo, before: Option<AgentSettings>, after: AgentSettings },
    Buyer { buyer: String, before: Profile, after: Profile },
}

/// How a reception came to its new place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Handing {
    /// By the rules.
    ByRule,
    /// A person passed it on or assigned it: an open round stays with whom it left (DIV-8).
    ByPerson,
    /// Whom it left did not answer in time (DIV-7).
    AfterNoAnswer,
    /// By the way a shop chose for offline messages: presence does not matter (OFF-1).
    OfflineWay,
}

/// A reception that asks for an owner (DIV-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    pub conversation: ConversationId,
    pub reception: ReceptionNo,
    /// When it came, or came back from the pool: its place in the queue.
    pub arrived: Millis,
    pub priority: Priority,
    pub facts: Box<Facts>,
    /// The group it waits for, where a person passed it to one.
    pub group: Option<GroupNo>,
    /// DIV-1.2: who last spoke with this buyer, and when.
    pub recent: Option<(AgentNo, Millis)>,
    /// DIV-1.3.
    pub dedicated: Option<AgentNo>,
    /// Since when the open round has waited; None: the last word is ours.
    pub unanswered: Option<Millis>,
    /// When the buyer last wrote: the order of the pool.
    pub last: Millis,
    /// When the buyer last asked for a person.
    pub asked: Option<Millis>,
    /// Who had it and did not answer in time (DIV-7): each is a move.
    pub missed: Vec<AgentNo>,
    /// The number of the last decision about this reception: of the one it comes with, where it comes with one.
    pub decision: u32,
}

/// See [`Event::Heard`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Closed {
        conversation: ConversationId,
    },
    /// A round began (`unanswered`: when), or `by` ended it at `at`.
    Round {
        conversation: ConversationId,
        unanswered: Option<Millis>,
        by: Option<AgentNo>,
        /// The buyer asked for a person: when.
        asked: Option<Millis>,
        at: Millis,
    },
    /// What is known of a reception and its buyer now; it stays where it is.
    Known {
        arrival: Box<Arrival>,
    },
    Presence {
        agent: AgentNo,
        presence: Presence,
        at: Millis,
    },
    /// Its unanswered receptions look for somebody else (DIV-6).
    GraceOver {
        agent: AgentNo,
    },
    /// The shop was looked at again: from now on its agents have their grace to come back.
    GracesBegin {
        at: Millis,
    },
    /// This reception looks for somebody else than its owner.
    Loosened {
        conversation: ConversationId,
    },
    /// No answer in time, and nobody else to take it (DIV-7): asked again as much later.
    Missed {
        conversation: ConversationId,
        agent: AgentNo,
        at: Millis,
    },
    /// The queue was looked at up to here (DIV-5). None: to its end.
    Drained {
        next: Option<Turn>,
    },
    /// DIV-1.2 or a window of the week says something else from now on.
    WindowsPassed {
        at: Millis,
    },
    /// The agents' grace after a restart is over: who has not come back is away.
    Reopened,
    /// What a crash had kept from the conversations has been told them again.
    CarriedOut,
    /// What is due up to here is being done.
    Woken {
        at: Millis,
    },
    Staff {
        agent: AgentNo,
        settings: AgentSettings,
        /// The main account 主账号.
        main: bool,
    },
    Group {
        group: GroupNo,
        settings: Group,
    },
    Settings {
        settings: Box<Settings>,
        version: u32,
        at: Millis,
    },
    Devices {
        devices: u32,
    },
}

/// The place of one who waits: the urgent before the others, then who came first (DIV-5).
pub type Turn = (Priority, Millis, ConversationId);
