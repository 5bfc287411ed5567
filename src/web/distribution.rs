//! The distribution report over HTTP (DIV-10). Only calls the door. It is described here for the staff; `openapi` describes it for
//! the platform, too.

use super::bearer::ShopCaller;
use super::openapi::Problems;
use super::params::Period;
use super::reply::{self, Answer};
use super::wire::distribution::Distribution;
use crate::domain::id::Millis;

/// Who received how much, how much its weight promised, and why the two differ. At most 31 days.
#[utoipa::path(get, path = "/v1/staff/shop/distribution", operation_id = "distribution", tag = "shop", security(("staff" = [])),
    params(Period), responses((status = 200, description = "Agent by agent", body = Distribution), Problems))]
pub async fn distribution(caller: ShopCaller, period: Period) -> Answer {
    let report = caller.door.distribution(&caller.who, caller.shop(), Millis(period.from), Millis(period.to)).await?;
    reply::ok(&Distribution::from(&report))
}
