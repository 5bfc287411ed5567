//! Filters and pages of the lists of conversations, notices, notifications and orders.

use super::Given;
use crate::web::error::Problem;
use crate::web::wire::guard_record::{KINDS, RecordKind};
use crate::web::wire::notice::Stream;
use crate::web::wire::notify::{Class, Fate};
use crate::web::wire::order::State as OrderState;
use crate::web::wire::rule::OrderStatus;
use crate::web::wire::shop::Priority;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::Deserialize;
use std::future::{Ready, ready};
use utoipa::IntoParams;

/// The states that an inbox lists.
pub const STATES: &str = "waiting, unanswered, replied, pooled, closed or archived; several with commas between them";

/// A page of the inbox. Of a list with commas any may hold; all parameters must.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InboxWindow {
    /// `waiting`, `unanswered`, `replied`, `pooled`, `closed`, `archived`: one or several, with commas. Absent: any.
    pub state: Option<String>,
    /// Are there messages of the buyer that nobody has read?
    pub unread: Option<bool>,
    /// `me` or the number of an agent. Absent: the whole shop for those who oversee; oneself and the queue for agents.
    pub owner: Option<String>,
    /// The number of a group.
    pub group: Option<u32>,
    /// Numbers of labels, with commas.
    pub label: Option<String>,
    /// `urgent`, `high`, `normal`, `low`, with commas. Of those in the queue: as which they wait.
    pub priority: Option<String>,
    /// `pre_order`, `in_order`, `after_sale`, with commas.
    pub stage: Option<String>,
    /// `no_active`, `unpaid`, `paid`, `shipped`, `succeeded`, `after_sale`, with commas.
    pub order: Option<String>,
    /// The last message was written from here on, in milliseconds since the epoch.
    pub from: Option<u64>,
    /// The last message was written up to here, included.
    pub to: Option<u64>,
    /// In the buyer's id, name or tags, or in one of the 20 newest messages; at most 64 characters.
    pub keyword: Option<String>,
    /// `waiting` (the longest wait first, those who do not wait after them), `last` (the newest message first) or `priority` (the
    /// urgent on top, then as `waiting`). Absent: `priority` for the queue alone, else `waiting`.
    pub sort: Option<String>,
    /// `next` of the page before, of the same list.
    pub cursor: Option<String>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// Figures of the inbox.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CountsWindow {
    /// `me` (the default); for those who oversee also `shop`, `accounts` and `groups`: those with any, in order of number.
    pub of: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<u32>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// A page of the notices.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NoticeWindow {
    /// `system` or `service`. Absent: both.
    #[param(value_type = Option<String>)]
    pub stream: Option<Stream>,
    /// A word of the platform's.
    pub kind: Option<String>,
    /// `urgent`, `high`, `normal` or `low`.
    #[param(value_type = Option<String>)]
    pub priority: Option<Priority>,
    /// `true`: only those this account has not read.
    pub unread: Option<bool>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// A page of the offline pool.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PoolWindow {
    /// The buyer last wrote from here on, in milliseconds since the epoch.
    pub from: Option<u64>,
    /// The buyer last wrote up to here, included.
    pub to: Option<u64>,
    /// Did the buyer ask for a person?
    pub asked: Option<bool>,
    /// Of the buyer's order: `no_active`, `unpaid`, `paid`, `shipped`, `succeeded` or `after_sale`.
    #[param(value_type = Option<String>)]
    pub order: Option<OrderStatus>,
    /// The product the buyer looked at. At most 64 characters, as those that follow.
    pub product: Option<String>,
    /// A tag of the buyer.
    pub tag: Option<String>,
    /// The page the buyer came through.
    pub entry: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// A page of orders.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderWindow {
    /// `unpaid`, `paid`, `shipped`, `succeeded`, `after_sale` or `closed`.
    #[param(value_type = Option<String>)]
    pub state: Option<OrderState>,
    /// The platform's own id of a buyer. At most 64 characters, as the next.
    pub buyer: Option<String>,
    /// In the title of an item, or the number of its product or variant.
    pub word: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// A page of one's own records of the guard.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OwnRecordWindow {
    /// Only records of this kind.
    #[param(inline)]
    pub kind: Option<RecordKind>,
    /// `next` of the page before.
    pub cursor: Option<u64>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// A page of a shop's records of the guard.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecordWindow {
    /// The number of an account. Absent: the whole shop.
    pub account: Option<u32>,
    /// Only records of this kind.
    #[param(inline)]
    pub kind: Option<RecordKind>,
    /// `next` of the page before.
    pub cursor: Option<u64>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// A page of notifications.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NotificationWindow {
    /// Only those of this fate.
    #[param(inline)]
    pub fate: Option<Fate>,
    /// Only news of this sort.
    #[param(inline)]
    pub class: Option<Class>,
    /// Only to this channel, also one that was removed.
    pub channel: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<u64>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

fn inbox_window(request: &HttpRequest) -> Result<InboxWindow, Problem> {
    let mut given = Given::read(request)?;
    let window = InboxWindow {
        state: given.take("state"),
        unread: given.parsed("unread")?,
        owner: given.take("owner"),
        group: given.parsed("group")?,
        label: given.take("label"),
        priority: given.take("priority"),
        stage: given.take("stage"),
        order: given.take("order"),
        from: given.parsed("from")?,
        to: given.parsed("to")?,
        keyword: given.word("keyword")?,
        sort: given.take("sort"),
        // A client that has no cursor yet may well send an empty one.
        cursor: given.take("cursor").filter(|c| !c.is_empty()),
        limit: given.limit()?,
    };
    given.nothing_else().map(|()| window)
}

fn counts_window(request: &HttpRequest) -> Result<CountsWindow, Problem> {
    let mut given = Given::read(request)?;
    let window = CountsWindow { of: given.take("of"), cursor: given.parsed("cursor")?, limit: given.limit()? };
    given.nothing_else().map(|()| window)
}

fn notice_window(request: &HttpRequest) -> Result<NoticeWindow, Problem> {
    let mut given = Given::read(request)?;
    let window = NoticeWindow {
        stream: given.one_of("stream", "system or service")?,
        kind: given.word("kind")?,
        priority: given.one_of("priority", "urgent, high, normal or low")?,
        unread: given.parsed("unread")?,
        cursor: given.take("cursor").filter(|c| !c.is_empty()),
        limit: given.limit()?,
    };
    given.nothing_else().map(|()| window)
}

fn record_kind(given: &mut Given) -> Result<Option<RecordKind>, Problem> {
    given.one_of("kind", KINDS)
}

fn own_record_window(request: &HttpRequest) -> Result<OwnRecordWindow, Problem> {
    let mut given = Given::read(request)?;
    let window = OwnRecordWindow { kind: record_kind(&mut given)?, cursor: given.parsed("cursor")?, limit: given.limit()? };
    given.nothing_else().map(|()| window)
}

fn record_window(request: &HttpRequest) -> Result<RecordWindow, Problem> {
    let mut given = Given::read(request)?;
    let (account, kind) = (given.parsed("account")?, record_kind(&mut given)?);
    let window = RecordWindow { account, kind, cursor: given.parsed("cursor")?, limit: given.limit()? };
    given.nothing_else().map(|()| window)
}

fn notification_window(request: &HttpRequest) -> Result<NotificationWindow, Problem> {
    let mut given = Given::read(request)?;
    let window = NotificationWindow {
        fate: given.one_of("fate", "waiting, delivered, refused, given_up or no_channel")?,
        class: given.one_of("class", "reminder, escalation, health, archive, guard, notice or test")?,
        channel: given.parsed("channel")?,
        cursor: given.parsed("cursor")?,
        limit: given.limit()?,
    };
    given.nothing_else().map(|()| window)
}

fn pool_window(request: &HttpRequest) -> Result<PoolWindow, Problem> {
    let mut given = Given::read(request)?;
    let order = given.one_of("order", "no_active, unpaid, paid, shipped, succeeded or after_sale")?;
    let window = PoolWindow {
        from: given.parsed("from")?,
        to: given.parsed("to")?,
        asked: given.parsed("asked")?,
        order,
        product: given.word("product")?,
        tag: given.word("tag")?,
        entry: given.word("entry")?,
        cursor: given.take("cursor").filter(|c| !c.is_empty()),
        limit: given.limit()?,
    };
    given.nothing_else().map(|()| window)
}

fn order_window(request: &HttpRequest) -> Result<OrderWindow, Problem> {
    let mut given = Given::read(request)?;
    let window = OrderWindow {
        state: given.one_of("state", "unpaid, paid, shipped, succeeded, after_sale or closed")?,
        buyer: given.word("buyer")?.filter(|buyer| !buyer.is_empty()),
        word: given.word("word")?.filter(|word| !word.is_empty()),
        cursor: given.take("cursor").filter(|c| !c.is_empty()),
        limit: given.limit()?,
    };
    given.nothing_else().map(|()| window)
}

from_query!(InboxWindow, inbox_window);
from_query!(CountsWindow, counts_window);
from_query!(NoticeWindow, notice_window);
from_query!(OwnRecordWindow, own_record_window);
from_query!(RecordWindow, record_window);
from_query!(NotificationWindow, notification_window);
from_query!(PoolWindow, pool_window);
from_query!(OrderWindow, order_window);

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn filters_of_the_pool_are_checked_before_anybody_looks() {
        // SPEC: OFF-2
        let of = |query: &str| pool_window(&TestRequest::with_uri(&format!("/x?{query}")).to_http_request());
        let window = of("from=1&to=2&asked=true&order=after_sale&product=p&tag=%E8%AF%A2&entry=e&limit=3").ok().unwrap();
        assert_eq!((window.from, window.to, window.asked, window.tag.as_deref()), (Some(1), Some(2), Some(true), Some("询")));
        assert!(matches!(window.order, Some(OrderStatus::AfterSale)));
        let long = format!("tag={}", "x".repeat(65));
        for bad in ["from=x", "to=-1", "asked=yes", "order=lost", "order=", "owner=1", "tag=a&tag=b", &long] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
