//! JSON of notices.

use super::rule::same;
use super::shop::Priority;
use crate::domain::notice::{self, Stream as DomainStream};
use crate::door;
use crate::web::error::Problem;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// One of the two streams beside the buyers'.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Logistics exception, dispute warning, infringement take-down, policy update, …
    System,
    /// Campaign invitation, training reminder, 成长之声, …
    Service,
}
same! { Stream, DomainStream, System Service }

/// A notice 通知 for the staff of a shop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNotice {
    pub stream: Stream,
    /// A word of the platform's, of a–z, 0–9 and `_`. Unless the shop's rules say otherwise `logistics_exception` and
    /// `dispute_warning` are urgent, and `infringement_takedown` is high.
    #[schema(example = "logistics_exception")]
    pub kind: String,
    /// At most 200 characters.
    pub title: String,
    /// At most 4,000 characters.
    #[serde(default)]
    pub text: String,
    /// The order it is about.
    #[serde(default)]
    pub order: String,
    /// The platform's own id, at most 64 characters: the same again within 24 hours is the same notice. Of
    /// something else, or in the other stream, it is refused as `id_taken`.
    pub id: String,
}

impl From<NewNotice> for door::NewNotice {
    fn from(new: NewNotice) -> door::NewNotice {
        let NewNotice { stream, kind, title, text, order, id } = new;
        door::NewNotice { stream: stream.into(), kind, title, text, order, id }
    }
}

/// The notice is on disk.
#[derive(Serialize, ToSchema)]
pub struct NoticeAdded {
    /// 1, 2, 3, … without gaps within its stream.
    pub no: u64,
}

/// One notice.
#[derive(Serialize, ToSchema)]
pub struct Notice {
    pub stream: Stream,
    pub no: u64,
    pub kind: String,
    pub title: String,
    pub text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub order: String,
    pub priority: Priority,
    /// Milliseconds since the epoch.
    pub at: u64,
    /// By this account.
    pub read: bool,
}

impl From<(notice::Notice, bool)> for Notice {
    fn from((n, read): (notice::Notice, bool)) -> Notice {
        let (stream, priority) = (n.stream.into(), n.priority.into());
        Notice { stream, no: n.no, kind: n.kind, title: n.title, text: n.text, order: n.order, priority, at: n.at.0, read }
    }
}

/// A page of notices: the urgent on top, then the others; the newest first.
#[derive(Serialize, ToSchema)]
pub struct Notices {
    pub notices: Vec<Notice>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Unread notices by priority; each is counted up to 10,000.
#[derive(Serialize, ToSchema)]
pub struct UnreadNotices {
    pub urgent: u64,
    pub high: u64,
    pub normal: u64,
    pub low: u64,
}

/// How many notices of a stream there are.
#[derive(Serialize, ToSchema)]
pub struct NoticeCount {
    pub total: u64,
    /// Not read by this account.
    pub unread: u64,
    pub unread_by_priority: UnreadNotices,
}

impl From<door::NoticeCount> for NoticeCount {
    fn from(count: door::NoticeCount) -> NoticeCount {
        let [urgent, high, normal, low] = count.by_priority;
        NoticeCount { total: count.total, unread: count.unread, unread_by_priority: UnreadNotices { urgent, high, normal, low } }
    }
}

/// How many notices there are.
#[derive(Serialize, ToSchema)]
pub struct NoticeCounts {
    pub system: NoticeCount,
    pub service: NoticeCount,
}

/// Notices that this account has read: exactly one of `numbers` and `all`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadNotices {
    pub stream: Stream,
    /// 1 to 200 numbers.
    pub numbers: Option<Vec<u64>>,
    /// `true`: all there are.
    pub all: Option<bool>,
}

impl TryFrom<ReadNotices> for (DomainStream, door::Reading) {
    type Error = Problem;
    fn try_from(read: ReadNotices) -> Result<Self, Problem> {
        let reading = match (read.numbers, read.all) {
            (Some(numbers), None) => door::Reading::Some(numbers),
            (None, Some(true)) => door::Reading::All,
            _ => return Err(Problem::invalid("numbers", "either `numbers`, or `all`: true")),
        };
        Ok((read.stream.into(), reading))
    }
}

/// The priority of a notice, set by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewNoticePriority)]
pub struct NewPriority {
    #[serde(deserialize_with = "set")]
    pub priority: Priority,
}

/// Null is a choice for conversations only: what a notice was by itself is not kept.
fn set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Priority, D::Error> {
    let none = || D::Error::custom("must be urgent, high, normal or low; a notice's priority is set, never taken back");
    Option::deserialize(deserializer)?.ok_or_else(none)
}
