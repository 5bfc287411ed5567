//! JSON of the work on a conversation beside answering: labels, notes, marks, priority, taking over, the archive.

use super::Hex;
use super::shop::Priority;
use super::talk::Summary;
use crate::domain::desk::LabelNo;
use crate::domain::view;
use crate::door;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Labels to add, then labels to take away, by their numbers in the desk's settings.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelChange {
    #[serde(default)]
    pub add: Vec<u16>,
    #[serde(default)]
    pub remove: Vec<u16>,
}

/// The labels of a message, as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageLabels {
    pub labels: Vec<u16>,
}

/// Numbers of labels.
pub fn labels(numbers: Vec<u16>) -> Vec<LabelNo> {
    numbers.into_iter().map(LabelNo).collect()
}

/// A private note; the buyer never sees it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// Up to 1,000 characters.
    pub text: String,
    /// Accounts of the shop, which may look at the conversation from then on. At most 20.
    #[serde(default)]
    pub mentions: Vec<u32>,
}

/// The note is on disk.
#[derive(Serialize, ToSchema)]
pub struct NoteAdded {
    /// 1, 2, 3, … within the conversation.
    pub note: u64,
}

/// A private note.
#[derive(Serialize, ToSchema)]
pub struct Note {
    pub note: u32,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub agent: u32,
    pub text: String,
    pub mentions: Vec<u32>,
}

impl From<view::Note> for Note {
    fn from(n: view::Note) -> Note {
        Note { note: n.note, at: n.at.0, agent: n.by.0, text: n.text, mentions: n.mentions.iter().map(|a| a.0).collect() }
    }
}

/// A page of notes, newest first.
#[derive(Serialize, ToSchema)]
pub struct Notes {
    pub notes: Vec<Note>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// 已回复 or 未回复.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// Needs no reply.
    Replied,
    Unanswered,
}

impl Answered {
    /// Whether the buyer waits no longer.
    pub fn is_replied(self) -> bool {
        matches!(self, Answered::Replied)
    }
}

/// Set by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMark {
    pub state: Answered,
}

/// A priority above the rules; null: the rules decide again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPriority {
    #[serde(deserialize_with = "named")]
    pub priority: Option<Priority>,
}

/// Null is a choice, so it must be said.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Priority>, D::Error> {
    Option::deserialize(deserializer)
}

/// Takes a conversation over.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeOver {
    /// At most 50 characters; shown to the buyer's side as a system message.
    #[serde(default)]
    pub reason: String,
}

/// A conversation that is due for the archive.
#[derive(Serialize, ToSchema)]
pub struct DueRow {
    /// Since when its order is done with; milliseconds since the epoch.
    pub done_at: u64,
    #[serde(flatten)]
    pub summary: Summary,
}

impl From<door::Due> for DueRow {
    fn from(due: door::Due) -> DueRow {
        DueRow { done_at: due.since.0, summary: due.summary.into() }
    }
}

/// A page of what is due, longest done with first.
#[derive(Serialize, ToSchema)]
pub struct DueList {
    pub conversations: Vec<DueRow>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A buyer for the blacklist: exactly one of `buyer` and `conversation`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBlock {
    pub buyer: Option<String>,
    #[schema(value_type = Option<String>)]
    pub conversation: Option<Hex>,
    /// With `conversation`: the number of the buyer's message that is the occasion.
    pub message: Option<u64>,
    /// Up to 200 characters.
    pub reason: String,
}

/// A buyer on the blacklist 黑名单.
#[derive(Serialize, ToSchema)]
pub struct BlockRow {
    pub buyer: String,
    pub name: String,
    #[schema(value_type = String)]
    pub conversation: Hex,
    pub reason: String,
    pub by: super::version::By,
    /// Milliseconds since the epoch.
    pub at: u64,
}

impl From<view::Blocked> for BlockRow {
    fn from(b: view::Blocked) -> BlockRow {
        BlockRow { buyer: b.buyer, name: b.name, conversation: Hex(b.conversation), reason: b.reason, by: (&b.by).into(), at: b.at.0 }
    }
}

/// A page of the blacklist, newest first.
#[derive(Serialize, ToSchema)]
pub struct Blacklist {
    pub buyers: Vec<BlockRow>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_priority_is_said_and_never_meant_by_silence() {
        // SPEC: INB-2
        assert!(serde_json::from_str::<NewPriority>(r#"{"priority":null}"#).is_ok_and(|p| p.priority.is_none()));
        assert!(serde_json::from_str::<NewPriority>(r#"{"priority":"urgent"}"#).is_ok_and(|p| p.priority.is_some()));
        assert!(serde_json::from_str::<NewPriority>("{}").is_err());
    }
}
