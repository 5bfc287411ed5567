//! Figures, health and health reports of a shop over HTTP (MET-1, MET-2, MET-4). Only calls the door. Each is described here for the
//! staff; `openapi` describes it for the platform, too.

use super::bearer::ShopCaller;
use super::error::Problem;
use super::openapi::Problems;
use super::params::{CursorWindow, FiguresWindow, MarketplaceWindow, Recounting};
use super::reply::{self, Answer};
use super::wire::health::{FiguresOf, Health, HealthReport, HealthReports, Marketplace};
use crate::domain::health::Lane;
use crate::domain::id::{AgentNo, GroupNo};
use crate::domain::schedule::Day;
use crate::door::{Grain, Reported};
use actix_web::web::Path;
use serde::Deserialize;

/// The period, which `params` has read.
pub fn days(from: Option<Day>, to: Option<Day>) -> Result<(Day, Day), Problem> {
    from.zip(to).ok_or_else(|| Problem::invalid("from", "is missing"))
}

/// The health of the shop: unread, time-outs and adoption, against their baselines.
#[utoipa::path(get, path = "/v1/staff/shop/health", operation_id = "health", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "Now", body = Health), Problems))]
pub async fn health(caller: ShopCaller) -> Answer {
    reply::ok(&Health::from(caller.door.health(&caller.who, caller.shop()).await?))
}

/// Figures of any period, day by day or hour by hour, of the shop, an agent or a group. Agents may read their own.
#[utoipa::path(get, path = "/v1/staff/shop/health/figures", operation_id = "figures", tag = "shop", security(("staff" = [])),
    params(FiguresWindow), responses((status = 200, description = "The total, and each part", body = FiguresOf), Problems))]
pub async fn figures(caller: ShopCaller, window: FiguresWindow) -> Answer {
    let (days, by) = (days(window.from, window.to)?, window.by.unwrap_or(Grain::Day));
    let lane = window.lane.unwrap_or(Lane::Shop);
    let points = caller.door.figures(&caller.who, caller.shop(), days, by, lane).await?;
    reply::ok(&FiguresOf::of(lane, &points))
}

/// What marketplaces count: the 3-minute human response rate, and the mean human response. Agents may read their own.
#[utoipa::path(get, path = "/v1/staff/shop/health/marketplace", operation_id = "marketplace", tag = "shop", security(("staff" = [])),
    params(MarketplaceWindow), responses((status = 200, description = "Of 30 days", body = Marketplace), Problems))]
pub async fn marketplace(caller: ShopCaller, window: MarketplaceWindow) -> Answer {
    let lane = match (window.agent, window.group) {
        (Some(agent), _) => Lane::Account(AgentNo(agent)),
        (None, Some(group)) => Lane::Group(GroupNo(group)),
        (None, None) => Lane::Shop,
    };
    reply::ok(&Marketplace::from(caller.door.marketplace(&caller.who, caller.shop(), lane, window.to).await?))
}

/// The daily health reports, newest first.
#[utoipa::path(get, path = "/v1/staff/shop/health/reports", operation_id = "health_reports", tag = "shop", security(("staff" = [])),
    params(CursorWindow), responses((status = 200, description = "A page", body = HealthReports), Problems))]
pub async fn reports(caller: ShopCaller, window: CursorWindow) -> Answer {
    let cursor =
        window.cursor.as_deref().map(|text| Day::parse(text).ok_or_else(|| Problem::invalid("cursor", "not a cursor of this list")));
    let (shop, page) = caller.door.health_reports(&caller.who, caller.shop(), cursor.transpose()?, window.limit)?;
    let report = |report| HealthReport::from(Reported { shop: shop.clone(), report, recounted: None });
    reply::ok(&HealthReports { reports: page.rows.into_iter().map(report).collect(), next: page.next.map(|day| day.to_string()) })
}

/// The day in the address, behind the shop's name where the platform asks.
#[derive(Deserialize)]
pub struct OfDay {
    day: String,
}

/// The health report of a day. Counted again, it must agree.
#[utoipa::path(get, path = "/v1/staff/shop/health/reports/{day}", operation_id = "health_report", tag = "shop", security(("staff" = [])),
    params(("day" = String, Path, example = "2026-03-29"), Recounting),
    responses((status = 200, description = "The report", body = HealthReport), Problems))]
pub async fn report(caller: ShopCaller, at: Path<OfDay>, asked: Recounting) -> Answer {
    let day = Day::parse(&at.day).ok_or_else(|| Problem::invalid("day", "a day such as 2026-03-29"))?;
    reply::ok(&HealthReport::from(caller.door.health_report(&caller.who, caller.shop(), day, asked.recount).await?))
}
