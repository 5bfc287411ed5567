//! What has happened, in the past tense: the entries of a shop's feed, and the only input of `Machine::apply`.
//!
//! Stored as they stand (version byte + bincode), so variants and fields are **appended, never edited or reordered**; the
//! golden files of `tests/golden.rs` hold every one.

mod conducted;
mod couriered;
mod heard;
mod limited;
mod parts;
mod platform;
mod time;
mod worked;

pub use conducted::{Conducted, Ruling};
pub use couriered::Couriered;
pub use heard::{Arrival, Heard, Post, Turn};
pub use limited::Limited;
pub use parts::{Actor, AgentSettings, Author, Change, Handing, Presence, Prioritising, RetryKey, Role, Scope, Unanswered};
pub use platform::PlatformChange;
pub use worked::Worked;

use super::content::{Attachment, Extra};
use super::desk::Desk;
use super::desk::time::Starts;
use super::diversion::{Group, Settings};
use super::explain::Explanation;
use super::facts::{OrderState, Priority, Profile, Visit};
use super::guard::record::Caught;
use super::health::Report as HealthReport;
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo, TokenHash};
use super::notice::{Notice, Stream};
use super::offline::Run;
use super::order::{OrderKey, Outcome, Report, Scene};
use super::quarter::{Quarter, ReadOf};
use super::suggestion::{Settled, Suggested};
use super::text::{ListId, Phrase, Template};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

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
        /// What is not plain text (INB-7); nearly always nothing.
        extra: Option<Box<Extra>>,
        /// The round and the stretch of unread messages that it begins.
        starts: Option<Box<Starts>>,
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
        /// The round that was never answered (MET-4).
        unanswered: Option<Unanswered>,
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
        read: Vec<ReadOf>,
        /// Who is charged with the round: whoever passed the buyer on without a reply, else `agent` (DIV-8, MET-4).
        charged: AgentNo,
        /// The limit had passed before (SLA-1).
        late: bool,
        group: Option<GroupNo>,
    },
    /// Staff read up to and including `seq`; `read` messages of the buyer were unread before.
    ReadByStaff {
        conversation: ConversationId,
        seq: u64,
        at: Millis,
        by: AgentNo,
        read: Vec<ReadOf>,
        owner: Option<AgentNo>,
        /// When what is still unread is escalated (SLA-3).
        escalate: Option<Millis>,
    },
    ReadByBuyer {
        conversation: ConversationId,
        seq: u64,
        at: Millis,
        owner: Option<AgentNo>,
        /// The buyer is on the blacklist: nobody in the shop is told (INB-8).
        hidden: bool,
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
    /// The buyer's order that changed last (INB-9). `at`: when it changed, which may be before the entry before this one.
    OrderNoted {
        conversation: ConversationId,
        order: String,
        state: OrderState,
        at: Millis,
    },
    /// The order that succeeded 3 days ago counts as none from now on (INB-9).
    OrderSettled {
        conversation: ConversationId,
        order: String,
        at: Millis,
    },
    /// 撤回 (INB-7): from now on nobody is shown its text.
    MessageRecalled {
        conversation: ConversationId,
        seq: u64,
        at: Millis,
        by: Author,
        owner: Option<AgentNo>,
        /// A buyer's that no staff had read: it counts as unread no more. When it came.
        unread: Option<Quarter>,
        /// When what is still unread is escalated (SLA-3).
        escalate: Option<Millis>,
        /// Written while the buyer was blacklisted: staff never saw it (INB-8).
        hidden: bool,
    },
    /// The buyer took back all there was of the open round: it ends without an answer, and nobody is charged with it.
    RoundWithdrawn {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        /// When it began.
        began: Millis,
    },
    /// A time limit has passed (SLA-1 … SLA-3).
    Limit {
        conversation: ConversationId,
        at: Millis,
        owner: Option<AgentNo>,
        what: Limited,
    },
    /// What staff did to the conversation by hand.
    DeskWork {
        conversation: ConversationId,
        at: Millis,
        by: AgentNo,
        owner: Option<AgentNo>,
        what: Worked,
    },
    /// Its priority changed (INB-2).
    Prioritised {
        conversation: ConversationId,
        at: Millis,
        cause: Prioritising,
        owner: Option<AgentNo>,
    },
    /// 黑名单 (INB-8). `from`: the first message that nobody in the shop is shown.
    Blocked {
        conversation: ConversationId,
        buyer: String,
        from: u64,
        reason: String,
        at: Millis,
        by: Actor,
    },
    /// `appeared`: messages that appear now.
    Unblocked {
        conversation: ConversationId,
        buyer: String,
        appeared: u32,
        at: Millis,
        by: Actor,
        /// When what appeared is escalated (SLA-3).
        escalate: Option<Millis>,
    },
    /// 归档 (INB-12). `by`: None: the rule.
    Archived {
        conversation: ConversationId,
        at: Millis,
        by: Option<AgentNo>,
    },
    /// `by`: None: the buyer wrote again.
    Restored {
        conversation: ConversationId,
        at: Millis,
        by: Option<AgentNo>,
    },
    /// Its messages up to `to`, notes and files were deleted; by the rule on how long archives are kept.
    Erased {
        conversation: ConversationId,
        buyer: String,
        to: u64,
        archived_at: Millis,
        keep_days: u16,
        at: Millis,
    },
    /// A picture or file was stored for this conversation (INB-7).
    FileAdded {
        conversation: ConversationId,
        file: Attachment,
        by: Author,
        at: Millis,
    },
    // order
    /// The platform's report of an order changed something (INB-9).
    OrderReported {
        key: OrderKey,
        report: Box<Report>,
        state: OrderState,
        conversation: ConversationId,
        at: Millis,
    },
    /// What became of this scene's message (TXT-3), which its conversation knows by `retry`.
    OrderTold {
        key: OrderKey,
        scene: Scene,
        retry: RetryKey,
        outcome: Outcome,
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
        /// The name that the client gave itself (GRD-6); empty: none.
        client: String,
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
    /// The account's unsent text in a conversation (INB-11); empty: none.
    DraftSet {
        agent: AgentNo,
        conversation: ConversationId,
        text: String,
        at: Millis,
    },
    /// Notices this account has read: these, and all up to `to`.
    NoticesRead {
        agent: AgentNo,
        stream: Stream,
        to: u64,
        some: Vec<u64>,
        at: Millis,
    },
    RoleSet {
        agent: AgentNo,
        role: Role,
        at: Millis,
    },
    /// What an account did to its standing, or what was done to it (GRD-6 … GRD-8).
    Conduct {
        agent: AgentNo,
        at: Millis,
        what: Conducted,
    },
    // guard
    /// What the guard caught (GRD-9).
    TextCaught {
        caught: Box<Caught>,
    },
    /// Somebody tried to send a coupon to a buyer who had not written (GRD-5).
    CouponTried {
        ip: IpAddr,
        conversation: ConversationId,
        agent: AgentNo,
        /// One too many: whoever took part from this address is charged with it, and the count begins anew.
        violates: bool,
        at: Millis,
    },
    /// A document of the guard, of a shop or of the platform for all shops, as a whole, in a new version; approvals have none: 0.
    Ruled {
        version: u32,
        by: Actor,
        at: Millis,
        what: Ruling,
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
    /// A notice 通知 for the shop (INB-1, INB-10).
    NoticeAdded {
        notice: Box<Notice>,
    },
    NoticePrioritised {
        stream: Stream,
        no: u64,
        before: Priority,
        priority: Priority,
        by: AgentNo,
        at: Millis,
    },
    /// The settings of the desk, as a whole, in a new version.
    DeskSet {
        desk: Box<Desk>,
        version: u32,
        by: Actor,
        at: Millis,
    },
    /// The owner was told that conversations will be archived tomorrow (INB-12).
    ArchiveAnnounced {
        conversations: u32,
        at: Millis,
    },
    // texts
    /// `phrase`: None: removed.
    PhraseSet {
        list: ListId,
        no: u32,
        phrase: Option<Phrase>,
        /// What stood there; None: it is new.
        before: Option<Phrase>,
        by: AgentNo,
        at: Millis,
    },
    /// `template`: None: removed.
    TemplateSet {
        no: u32,
        template: Option<Template>,
        before: Option<Template>,
        by: AgentNo,
        at: Millis,
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
    Platform {
        at: Millis,
        what: PlatformChange,
    },
    /// A buyer on the blacklist begins to write: the buyer's devices see a reception open as ever, and there is none (INB-8).
    OpenedUnseen {
        conversation: ConversationId,
        reception: ReceptionNo,
        at: Millis,
        buyer: String,
        name: String,
    },
    /// 辅助推荐 (ROB-1): an assistant offers answers to whoever serves the buyer.
    Suggested(Box<Suggested>),
    /// What became of an offer (ROB-7), once for each.
    SuggestionSettled(Settled),
    /// Of the shop's channels and notifications (NTF-1 … NTF-3).
    Courier {
        at: Millis,
        what: Couriered,
    },
    /// The health report of a day (MET-2), as it is kept.
    HealthReported {
        report: Box<HealthReport>,
        at: Millis,
    },
    /// What another entity's commit already holds, or what nobody needs after a restart: applied, never stored.
    #[serde(skip)]
    Heard(Heard),
}
