//! Orders 订单 and carriers over HTTP (INB-9). Only calls the door. The list is described here for the staff; `openapi` describes it for
//! the platform, too.

use super::bearer::{Caller, ShopCaller};
use super::body::Body;
use super::openapi::Problems;
use super::params::OrderWindow;
use super::reply::{self, Answer};
use super::wire::order::{Carrier, Carriers, Order, OrderReport, Orders};
use crate::door::OrderFilter;
use actix_web::web::Path;
use serde::Deserialize;

/// The order of an address.
#[derive(Deserialize)]
pub struct AtOrder {
    order: String,
}

/// Reports an order or its change. Answered once the order, and what its buyer is told of it, is on disk; reporting the same again
/// changes nothing.
#[utoipa::path(put, path = "/v1/platform/shops/{shop}/orders/{order}", operation_id = "report_order", tag = "platform",
    security(("platform" = ["orders"])), params(("shop" = String, Path), ("order" = String, Path)), request_body = OrderReport,
    responses((status = 204, description = "Noted"), Problems))]
pub async fn report(caller: Caller, at: Path<(String, String)>, body: Body<OrderReport>) -> Answer {
    let (shop, order) = at.into_inner();
    caller.door.report_order(&caller.who, &shop, body.0.of(order)).await?;
    reply::done()
}

/// An order as it was last reported: items, parcels with their carriers' links, states, what its buyer was told, the conversation.
#[utoipa::path(get, path = "/v1/staff/shop/orders/{order}", operation_id = "order", tag = "shop", security(("staff" = [])),
    params(("order" = String, Path)), responses((status = 200, description = "The order", body = Order), Problems))]
pub async fn order(caller: ShopCaller, at: Path<AtOrder>) -> Answer {
    reply::ok(&Order::from(caller.door.order(&caller.who, caller.shop(), &at.order)?))
}

/// Orders, the one whose state changed last first. Filters may leave a page short that has a next one. Without the permission for
/// orders a buyer must be named, and be one's own.
#[utoipa::path(get, path = "/v1/staff/shop/orders", operation_id = "orders", tag = "shop", security(("staff" = [])),
    params(OrderWindow), responses((status = 200, description = "A page", body = Orders), Problems))]
pub async fn orders(caller: ShopCaller, window: OrderWindow) -> Answer {
    let OrderWindow { state, buyer, word, cursor, limit } = window;
    let filter = OrderFilter { state: state.map(Into::into), buyer, word };
    let page = caller.door.orders(&caller.who, caller.shop(), &filter, cursor.as_deref(), limit)?;
    reply::ok(&Orders { orders: page.rows.into_iter().map(Into::into).collect(), next: page.next })
}

/// All carriers: the usual ones, and those that were added or overridden.
#[utoipa::path(get, path = "/v1/platform/carriers", operation_id = "carriers", tag = "platform", security(("platform" = ["orders"])),
    responses((status = 200, description = "By code", body = Carriers), Problems))]
pub async fn carriers(caller: Caller) -> Answer {
    let carriers = caller.door.carriers(&caller.who)?.into_iter().map(Into::into).collect();
    reply::ok(&Carriers { carriers })
}

/// Adds a carrier, or overrides the one of that code.
#[utoipa::path(put, path = "/v1/platform/carriers", operation_id = "set_carrier", tag = "platform",
    security(("platform" = ["orders"])), request_body = Carrier, responses((status = 204, description = "Set"), Problems))]
pub async fn set_carrier(caller: Caller, body: Body<Carrier>) -> Answer {
    caller.door.set_carrier(&caller.who, body.0.into()).await?;
    reply::done()
}
