//! JSON of the WebSocket's frames. Which entries of the feed a device is shown, and as what, is [`shown`]'s.

mod shown;

pub use shown::{cursor_after, shown, signalled};

use super::desk_work::Answered;
use super::file::{Card, Extra, HexHash};
use super::guard::Finding;
use super::guard_record::{CaughtText, RecordKind};
use super::inbox::LongWaits;
use super::notice::Stream;
use super::shop::Priority;
use super::standing::StandingChange;
use super::suggestion::{Chosen, Outcome, Suggestion};
use super::talk::From;
use super::text::MadeWith;
use super::{Hex, Presence};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Buyer,
    Staff,
}

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IncomingKind)]
pub enum Kind {
    Send,
    Answer,
    Read,
    Typing,
    Looking,
    Left,
}

/// A frame of the client: `send` (buyer: the fields of `NewMessage`), `answer` (staff: `conversation` and the
/// fields of `NewAnswer`), `read` (`seq`, and for staff `conversation`); and signals, which nobody keeps: `typing` (for staff `conversation`; it holds for 6
/// seconds, say it again while it goes on), and of the staff `looking` (`conversation`, one a device; for 60 seconds) and `left`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Incoming {
    #[serde(rename = "type")]
    pub kind: Kind,
    pub client_message_id: Option<String>,
    pub text: Option<String>,
    pub entry: Option<String>,
    pub product: Option<String>,
    pub category: Option<String>,
    pub channel: Option<String>,
    pub region: Option<String>,
    pub language: Option<String>,
    pub ask_person: Option<bool>,
    #[schema(value_type = Option<Vec<String>>)]
    pub files: Option<Vec<HexHash>>,
    pub card: Option<Card>,
    pub quote: Option<u64>,
    pub made_with: Option<MadeWith>,
    pub suggestion: Option<Chosen>,
    #[schema(value_type = Option<String>)]
    pub conversation: Option<Hex>,
    pub seq: Option<u64>,
}

/// What happened to a reception.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceptionState {
    Opened,
    Owned,
    /// 排队: `position` says where.
    Queued,
    /// 离线消息池.
    Pooled,
    Closed,
}

/// Which time limit has passed.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// No response within the time (SLA-1).
    FirstResponse,
    /// Staff are reminded (SLA-2).
    Reminder,
    /// Unread for very long (SLA-3).
    Escalation,
}

/// Somebody of the staff who looks at a conversation.
#[derive(Serialize, ToSchema)]
pub struct Looker {
    pub agent: u32,
    pub typing: bool,
}

/// A frame of the server.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outgoing<'a> {
    Hello {
        cursor: u64,
    },
    Accepted {
        client_message_id: &'a str,
        seq: u64,
        at: u64,
        repeated: bool,
        /// It was sent, but the shop warns of what stands in it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Finding>,
    },
    Refused {
        #[serde(skip_serializing_if = "Option::is_none")]
        client_message_id: Option<&'a str>,
        code: &'a str,
        detail: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u64>,
        /// Everything that must not be sent (`guarded`).
        #[serde(skip_serializing_if = "Vec::is_empty")]
        findings: Vec<Finding>,
    },
    Message {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        seq: u64,
        at: u64,
        from: From,
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<u32>,
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        extra: Option<Extra>,
        /// It was taken back before the device came: its text is gone.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        recalled: bool,
    },
    /// 撤回: from now on nobody is shown the text of this message.
    Recalled {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        seq: u64,
        at: u64,
    },
    /// The labels of a conversation, or with `seq` of one message, as a whole. For staff, as all that follow.
    Labels {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        labels: Vec<u16>,
        by: u32,
        at: u64,
    },
    /// 内部备注.
    Note {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        note: u32,
        by: u32,
        text: &'a str,
        mentions: Vec<u32>,
        at: u64,
    },
    /// What staff, or else the rules, made of its priority.
    Priority {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        /// Absent: neither says anything any more.
        #[serde(skip_serializing_if = "Option::is_none")]
        priority: Option<Priority>,
        /// Absent: the rules.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<u32>,
        at: u64,
    },
    /// Set by hand: 已回复 or 未回复.
    Mark {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        state: Answered,
        by: u32,
        at: u64,
    },
    /// 黑名单. `unblocked`: `appeared` messages can be read now.
    Blacklist {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        blocked: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        appeared: Option<u32>,
        at: u64,
    },
    /// 归档, or back.
    Archive {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        archived: bool,
        /// Absent: the rule, or the buyer who wrote again.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<u32>,
        at: u64,
    },
    Reception {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        reception: u32,
        at: u64,
        state: ReceptionState,
        /// In the queue; 1 is next.
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        buyer: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    },
    Read {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        seq: u64,
        by: Side,
        at: u64,
    },
    Presence {
        cursor: u64,
        agent: u32,
        presence: Presence,
        at: u64,
    },
    /// Somebody types to the other side; for 6 seconds. Without cursor, as every signal.
    Typing {
        #[schema(value_type = String)]
        conversation: Hex,
        from: Side,
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<u32>,
    },
    /// Who of the staff looks at the conversation that this device looks at; this account among them.
    Lookers {
        #[schema(value_type = String)]
        conversation: Hex,
        agents: Vec<Looker>,
    },
    /// A notice for the shop.
    Notice {
        cursor: u64,
        stream: Stream,
        no: u64,
        at: u64,
        kind: &'a str,
        title: &'a str,
        text: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        order: &'a str,
        priority: Priority,
    },
    /// A notice's priority was set by hand.
    NoticePriority {
        cursor: u64,
        stream: Stream,
        no: u64,
        at: u64,
        priority: Priority,
        by: u32,
    },
    /// This account has read these notices, and all up to `to`.
    NoticesRead {
        cursor: u64,
        stream: Stream,
        to: u64,
        numbers: &'a [u64],
        at: u64,
    },
    /// The guard caught a text of this account: it was not sent, or was sent with a warning.
    Caught {
        cursor: u64,
        at: u64,
        kind: RecordKind,
        #[serde(flatten)]
        caught: CaughtText,
    },
    /// How this account stands has changed; how it stands now says `GET /v1/staff/standing`.
    Standing {
        cursor: u64,
        at: u64,
        agent: u32,
        #[serde(flatten)]
        change: StandingChange,
    },
    /// 辅助推荐: what an assistant suggests to whoever serves the buyer.
    Suggestion {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        #[serde(flatten)]
        suggestion: Suggestion,
    },
    /// What became of a suggestion: from now on it is open no more.
    SuggestionSettled {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        no: u32,
        #[serde(flatten)]
        outcome: Outcome,
        /// Whose doing it was; absent: the buyer's, the platform's, or a newer suggestion.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<u32>,
        at: u64,
    },
    /// A time limit of a conversation has passed.
    Limit {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        limit: LimitKind,
        /// When the round, or the stretch of unread messages, began.
        since: u64,
        at: u64,
    },
    /// Buyers of this account wait too long: one warning for all of them, whenever another one is added.
    LongWaits {
        cursor: u64,
        #[serde(flatten)]
        waits: LongWaits,
    },
    /// What this account is writing; empty: nothing any more.
    Draft {
        cursor: u64,
        #[schema(value_type = String)]
        conversation: Hex,
        text: &'a str,
        at: u64,
    },
}

impl Outgoing<'_> {
    /// The text of the frame.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a frame has only strings and numbers")
    }
}
