//! The offline pool 离线消息池 over HTTP (OFF-2, OFF-7). Only calls the door. Each is described here for the staff; `openapi`
//! describes what the platform may read, too.

use super::bearer::{Caller, ShopCaller};
use super::body::Body;
use super::error::Problem;
use super::openapi::Problems;
use super::params::{DayWindow, Listed, PoolWindow};
use super::reply::{self, Answer};
use super::wire::pool::{Assigned, Days, NewAssignment, Pool, Runs};
use crate::domain::id::Millis;
use crate::domain::schedule::Day;
use crate::door::PoolFilter;

/// Who waits in the offline pool, newest first. Filters may leave a page short that has a next one.
#[utoipa::path(get, path = "/v1/staff/shop/pool", operation_id = "pool", tag = "shop", security(("staff" = [])), params(PoolWindow),
    responses((status = 200, description = "A page", body = Pool), Problems))]
pub async fn pool(caller: ShopCaller, window: PoolWindow) -> Answer {
    let PoolWindow { from, to, asked, order, product, tag, entry, cursor, limit } = window;
    let (from, to, order) = (from.map(Millis), to.map(Millis), order.map(Into::into));
    let filter = PoolFilter { from, to, asked, order, product, tag, entry };
    let page = caller.door.pool(&caller.who, caller.shop(), &filter, cursor.as_deref(), limit)?;
    reply::ok(&Pool { conversations: page.rows.into_iter().map(Into::into).collect(), next: page.next })
}

/// Assigns receptions out of the pool to an agent or a group, one result each.
#[utoipa::path(post, path = "/v1/staff/shop/pool/assign", operation_id = "pool_assign", tag = "shop", security(("staff" = [])),
    request_body = NewAssignment, responses((status = 200, description = "What became of each", body = Assigned), Problems))]
pub async fn assign(caller: Caller, body: Body<NewAssignment>) -> Answer {
    let results = caller.door.assign_by_hand(&caller.who, body.0.try_into()?).await?;
    reply::ok(&Assigned::from(results))
}

/// The records 分配记录 of the assignment, one per firing, newest first.
#[utoipa::path(get, path = "/v1/staff/shop/pool/runs", operation_id = "pool_runs", tag = "shop", security(("staff" = [])),
    params(Listed), responses((status = 200, description = "A page", body = Runs), Problems))]
pub async fn runs(caller: ShopCaller, listed: Listed) -> Answer {
    let page = caller.door.runs(&caller.who, caller.shop(), listed.cursor, listed.limit)?;
    reply::ok(&Runs { runs: page.rows.iter().map(Into::into).collect(), next: page.next })
}

/// The records of each day.
#[utoipa::path(get, path = "/v1/staff/shop/pool/days", operation_id = "pool_days", tag = "shop", security(("staff" = [])),
    params(DayWindow), responses((status = 200, description = "Day by day", body = Days), Problems))]
pub async fn days(caller: ShopCaller, window: DayWindow) -> Answer {
    let day = |field, text: &str| Day::parse(text).ok_or_else(|| Problem::invalid(field, "a day such as 2026-03-29"));
    let (from, to) = (day("from", &window.from)?, day("to", &window.to)?);
    let days = caller.door.days(&caller.who, caller.shop(), from, to).await?;
    reply::ok(&Days { days: days.into_iter().map(Into::into).collect() })
}
