//! Notices 通知 over HTTP (INB-1, INB-10). Only calls the door.

use super::bearer::Caller;
use super::body::Body;
use super::error::Problem;
use super::openapi::Problems;
use super::params::{NoticeWindow, parse_word};
use super::reply::{self, Answer};
use super::wire::notice::{NewNotice, NewPriority, NoticeAdded, NoticeCounts, Notices, ReadNotices, Stream};
use crate::door::NoticesOf;
use actix_web::web::Path;

/// Adds a notice for the staff of a shop. Answered once it is on disk.
#[utoipa::path(post, path = "/v1/platform/shops/{shop}/notices", operation_id = "add_notice", tag = "platform",
    security(("platform" = ["notices"])), params(("shop" = String, Path)), request_body = NewNotice,
    responses((status = 200, description = "The notice is on disk", body = NoticeAdded), Problems))]
pub async fn add(caller: Caller, shop: Path<String>, body: Body<NewNotice>) -> Answer {
    let no = caller.door.add_notice(&caller.who, &shop, body.0.into()).await?;
    reply::ok(&NoticeAdded { no })
}

/// Notices: the urgent on top, then the others; the newest first. Filters may leave a page short that has a next one.
#[utoipa::path(get, path = "/v1/staff/notices", operation_id = "staff_notices", tag = "staff", security(("staff" = [])),
    params(NoticeWindow), responses((status = 200, description = "A page", body = Notices), Problems))]
pub async fn notices(caller: Caller, window: NoticeWindow) -> Answer {
    let NoticeWindow { stream, kind, priority, unread, cursor, limit } = window;
    let of = NoticesOf { stream: stream.map(Into::into), priority: priority.map(Into::into), kind, unread: unread.unwrap_or_default() };
    let page = caller.door.notices(&caller.who, &of, cursor.as_deref(), limit)?;
    reply::ok(&Notices { notices: page.rows.into_iter().map(Into::into).collect(), next: page.next })
}

/// How many notices there are, and how many this account has not read.
#[utoipa::path(get, path = "/v1/staff/notices/counts", operation_id = "staff_notice_counts", tag = "staff",
    security(("staff" = [])), responses((status = 200, description = "By stream", body = NoticeCounts), Problems))]
pub async fn counts(caller: Caller) -> Answer {
    let [system, service] = caller.door.notice_counts(&caller.who)?.map(Into::into);
    reply::ok(&NoticeCounts { system, service })
}

/// This account has read notices; others have not.
#[utoipa::path(post, path = "/v1/staff/notices/read", operation_id = "staff_read_notices", tag = "staff",
    security(("staff" = [])), request_body = ReadNotices, responses((status = 204, description = "Noted"), Problems))]
pub async fn read(caller: Caller, body: Body<ReadNotices>) -> Answer {
    let (stream, reading) = body.0.try_into()?;
    caller.door.read_notices(&caller.who, stream, reading).await?;
    reply::done()
}

/// Sets the priority of a notice for the whole shop; no rule undoes it.
#[utoipa::path(put, path = "/v1/staff/notices/{stream}/{no}/priority", operation_id = "staff_prioritise_notice", tag = "staff",
    security(("staff" = [])), params(("stream" = String, Path, description = "`system` or `service`"), ("no" = u64, Path)),
    request_body = NewPriority, responses((status = 204, description = "Set"), Problems))]
pub async fn prioritise(caller: Caller, at: Path<(String, u64)>, body: Body<NewPriority>) -> Answer {
    let stream: Stream = parse_word(&at.0).ok_or_else(|| Problem::invalid("stream", "system or service"))?;
    caller.door.prioritise_notice(&caller.who, stream.into(), at.1, body.0.priority.into()).await?;
    reply::done()
}
