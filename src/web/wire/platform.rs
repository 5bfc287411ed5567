//! JSON of what the platform alone does: shops, orders, buyers' tokens, API keys.

use super::{Hex, Scope};
use crate::domain::order;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new shop 店铺.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShop {
    /// 1 to 64 of a-z, 0-9 and hyphen.
    #[schema(example = "tea-house")]
    pub shop: String,
    #[schema(example = "茶馆")]
    pub name: String,
}

#[derive(Serialize, ToSchema)]
pub struct ShopCreated {
    pub shop: String,
}

/// One line of an order.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderItem {
    pub title: String,
    pub product: String,
    pub sku: String,
    /// The address of its picture.
    #[serde(default)]
    pub picture: String,
    /// In the currency's smallest unit.
    pub price_minor: u64,
    pub quantity: u32,
}

impl From<OrderItem> for order::Item {
    fn from(i: OrderItem) -> order::Item {
        let OrderItem { title, product, sku, picture, price_minor, quantity } = i;
        order::Item { title, product, sku, picture, price_minor, quantity }
    }
}

impl From<order::Item> for OrderItem {
    fn from(i: order::Item) -> OrderItem {
        let order::Item { title, product, sku, picture, price_minor, quantity } = i;
        OrderItem { title, product, sku, picture, price_minor, quantity }
    }
}

/// An order 订单 as the platform reports it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderReport {
    pub buyer: String,
    /// unpaid (placed, created), paid (unshipped, pending, processed), shipped (in_transit), succeeded (delivered, completed),
    /// after_sale (refunding, returning) or closed (cancelled, refunded).
    #[schema(example = "paid")]
    pub status: String,
    pub items: Vec<OrderItem>,
    #[serde(default)]
    pub tracking: Vec<String>,
}

impl OrderReport {
    /// The report of the order of that number.
    pub fn of(self, order: String) -> order::Report {
        let items = self.items.into_iter().map(Into::into).collect();
        let parcels = self.tracking.into_iter().map(|number| order::Parcel { carrier: String::new(), number }).collect();
        order::Report { order, buyer: self.buyer, status: self.status, items, parcels, ..order::Report::default() }
    }
}

/// An order 订单 as it was last reported.
#[derive(Serialize, ToSchema)]
pub struct Order {
    pub order: String,
    pub buyer: String,
    pub status: String,
    pub items: Vec<OrderItem>,
    pub tracking: Vec<String>,
    /// Milliseconds since the epoch.
    pub reported_at: u64,
}

impl From<order::Order> for Order {
    fn from(o: order::Order) -> Order {
        let report = o.report;
        Order {
            order: report.order,
            buyer: report.buyer,
            status: report.status,
            items: report.items.into_iter().map(Into::into).collect(),
            tracking: report.parcels.into_iter().map(|parcel| parcel.number).collect(),
            reported_at: o.reported_at.0,
        }
    }
}

/// Asks for a buyer's token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBuyerToken {
    /// The platform's own id of the buyer.
    pub buyer: String,
    #[serde(default)]
    pub name: String,
    /// Seconds.
    pub expires_in_s: u64,
}

#[derive(Serialize, ToSchema)]
pub struct BuyerToken {
    pub token: String,
    #[schema(value_type = String)]
    pub conversation: Hex,
    /// Milliseconds since the epoch.
    pub expires_at: u64,
}

/// Takes a buyer's token back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokedToken {
    pub token: String,
}

/// Asks for an API key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    pub name: String,
    pub scopes: Vec<Scope>,
}

/// An API key; the only time it is shown.
#[derive(Serialize, ToSchema)]
pub struct ApiKey {
    pub key: String,
    /// 64 hexadecimal digits, to revoke it by.
    pub id: String,
}
