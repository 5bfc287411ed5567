//! JSON of what buyers and staff do: messages, inbox, sessions, transfers.

use super::file::{Card, Extra, HexHash, with};
use super::rule::OrderStatus;
use super::shop::Priority;
use super::suggestion::Chosen;
use super::text::MadeWith;
use super::{Hex, Presence, State};
use crate::domain::event::Author;
use crate::domain::facts::{self, Visit};
use crate::domain::view;
use crate::door::{Send, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A message of a buyer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Chosen by the client, 8 to 64 bytes. Sent again with the same text it is answered as the first time.
    #[schema(example = "0197a4f0-5c1c-7d2e-8f55-6b1c2d3e4f50")]
    pub client_message_id: String,
    /// Up to 4,000 characters; may be missing where a file or a card stands for it.
    #[serde(default)]
    pub text: String,
    /// Hashes of files stored for this conversation, at most 9.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub files: Vec<HexHash>,
    pub card: Option<Card>,
    /// The `seq` of the message that this one quotes.
    pub quote: Option<u64>,
    /// The page the buyer came through. This and what follows is for the diversion rules; it counts with the message that opens a
    /// reception. At most 64 characters each.
    #[serde(default)]
    pub entry: String,
    /// The product the buyer looked at.
    #[serde(default)]
    pub product: String,
    /// Its list or category.
    #[serde(default)]
    pub category: String,
    /// App, web, mini program …
    #[serde(default)]
    pub channel: String,
    #[serde(default)]
    pub region: String,
    /// A language tag.
    #[serde(default)]
    #[schema(example = "zh")]
    pub language: String,
    /// The buyer asks for a person, by a button.
    #[serde(default)]
    pub ask_person: bool,
}

impl std::convert::From<NewMessage> for Send {
    fn from(new: NewMessage) -> Send {
        let NewMessage { client_message_id, text, files, card, quote, ask_person, .. } = new;
        let NewMessage { entry, product, category, channel, region, language, .. } = new;
        let visit = Visit { entry, product, category, channel, region, language };
        Send { client_message_id, text, visit, ask_person, with: with(files, card, quote, None, None) }
    }
}

/// Where a buyer's reception stands.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceptionStanding {
    /// The buyer never wrote.
    None,
    /// Not decided yet.
    New,
    /// 排队.
    Queued,
    /// 离线消息池: nobody can receive now, an answer follows.
    Pooled,
    Served,
    Closed,
}

/// The buyer's reception.
#[derive(Serialize, ToSchema)]
pub struct Reception {
    pub state: ReceptionStanding,
    /// In the queue; 1 is next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
}

impl std::convert::From<Standing> for Reception {
    fn from(standing: Standing) -> Reception {
        let (state, position) = match standing {
            Standing::Never => (ReceptionStanding::None, None),
            Standing::New => (ReceptionStanding::New, None),
            Standing::Queued { position } => (ReceptionStanding::Queued, Some(position)),
            Standing::Pooled => (ReceptionStanding::Pooled, None),
            Standing::Served => (ReceptionStanding::Served, None),
            Standing::Closed => (ReceptionStanding::Closed, None),
        };
        Reception { state, position }
    }
}

/// An answer of the staff.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    /// See `NewMessage`.
    pub client_message_id: String,
    /// Up to 4,000 characters; may be missing where a file or a card stands for it.
    #[serde(default)]
    pub text: String,
    /// Hashes of files stored for this conversation, at most 9.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub files: Vec<HexHash>,
    pub card: Option<Card>,
    /// The `seq` of the message that this one quotes.
    pub quote: Option<u64>,
    /// The text of the shop it was made with.
    pub made_with: Option<MadeWith>,
    /// The suggestion it was made with.
    pub suggestion: Option<Chosen>,
}

/// The message is on disk.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    #[schema(value_type = String)]
    pub conversation: Hex,
    /// 1, 2, 3, … without gaps within the conversation.
    pub seq: u64,
    /// Milliseconds since the epoch.
    pub at: u64,
    /// It was there already; this is what was answered then.
    pub repeated: bool,
    /// It was sent, but the shop warns of what stands in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<super::guard::Finding>,
}

/// Who wrote a message.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum From {
    Buyer,
    Agent,
    System,
}

/// Splits an author into kind and number.
pub fn author(author: Author) -> (From, Option<u32>) {
    match author {
        Author::Buyer => (From::Buyer, None),
        Author::Agent(agent) => (From::Agent, Some(agent.0)),
        Author::System => (From::System, None),
    }
}

/// One message of a history.
#[derive(Serialize, ToSchema)]
pub struct Message {
    pub seq: u64,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub from: From,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<u32>,
    /// Empty where it was recalled.
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Extra>,
    /// 撤回: it was taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recalled: bool,
    /// Numbers of labels. For staff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<u16>,
    /// It was received while the buyer was blacklisted. For staff.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub while_blocked: bool,
}

impl std::convert::From<view::Message> for Message {
    fn from(m: view::Message) -> Message {
        let (from, agent) = author(m.author);
        let (labels, while_blocked) = (m.labels.iter().map(|no| no.0).collect(), m.extra.as_ref().is_some_and(|extra| extra.while_blocked));
        let extra = m.extra.as_deref().and_then(Extra::said);
        Message { seq: m.seq, at: m.at.0, from, agent, text: m.text, extra, recalled: m.recalled, labels, while_blocked }
    }
}

/// A page of a history, oldest first.
#[derive(Serialize, ToSchema)]
pub struct History {
    pub messages: Vec<Message>,
    /// `after` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Everything up to and including this message was read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadUpTo {
    pub seq: u64,
}

/// Opens a session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    pub shop: String,
    pub login: String,
    pub password: String,
    /// The name of the client, at most 64 characters: shops may register those that their staff use.
    #[serde(default)]
    #[schema(example = "fenliu-console 1.2")]
    pub client: String,
}

#[derive(Serialize, ToSchema)]
pub struct Session {
    pub token: String,
    pub agent: u32,
    /// Milliseconds since the epoch.
    pub expires_at: u64,
}

/// What an agent chooses; acts while a device is connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPresence {
    pub presence: Presence,
}

/// A conversation as the inbox shows it. Times are milliseconds since the epoch.
#[derive(Serialize, ToSchema)]
pub struct Summary {
    #[schema(value_type = String)]
    pub conversation: Hex,
    pub buyer: String,
    pub name: String,
    pub state: State,
    pub reception: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// Since when it is in this state.
    pub since_at: u64,
    pub unread: u32,
    pub last_seq: u64,
    pub last_at: u64,
    pub staff_read: u64,
    pub buyer_read: u64,
    pub priority: Priority,
    /// Staff set the priority; the rules of the shop no longer do.
    pub priority_overridden: bool,
    /// Numbers of labels 标签.
    pub labels: Vec<u16>,
    pub order: OrderStatus,
    /// `pre_order`, `in_order` or `after_sale`.
    pub stage: Stage,
    /// The buyer is on the blacklist; told to those who oversee.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blocked: bool,
}

/// The stage of an inquiry, by the buyer's order (INB-1).
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    PreOrder,
    InOrder,
    AfterSale,
}

fn stage(order: facts::OrderStatus) -> Stage {
    match order {
        facts::OrderStatus::NoActive => Stage::PreOrder,
        facts::OrderStatus::AfterSale => Stage::AfterSale,
        _ => Stage::InOrder,
    }
}

impl std::convert::From<view::Summary> for Summary {
    fn from(s: view::Summary) -> Summary {
        Summary {
            conversation: Hex(s.conversation),
            buyer: s.buyer,
            name: s.name,
            state: s.state.into(),
            reception: s.reception,
            owner: s.owner.map(|a| a.0),
            group: s.group.map(|g| g.0),
            since_at: s.since.0,
            unread: s.unread,
            last_seq: s.last_seq,
            last_at: s.last_at.0,
            staff_read: s.staff_read,
            buyer_read: s.buyer_read,
            priority: s.priority.into(),
            priority_overridden: s.overridden,
            labels: s.labels.iter().map(|label| label.0).collect(),
            order: s.order.into(),
            stage: stage(s.order),
            blocked: s.blocked,
        }
    }
}

/// An empty object.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[derive(Serialize, ToSchema)]
pub struct Closed {
    pub reception: u32,
}

/// Passes a reception on: exactly one of `agent` and `group`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    pub agent: Option<u32>,
    pub group: Option<u32>,
    /// At most 50 characters; shown to the buyer's side as a system message.
    #[serde(default)]
    pub reason: String,
    /// For colleagues.
    #[serde(default)]
    pub note: String,
}

#[derive(Serialize, ToSchema)]
pub struct Transferred {
    /// It went over the target's limit: a person may.
    pub over_capacity: bool,
}
