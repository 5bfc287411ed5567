//! JSON of orders 订单 and carriers.

use super::Hex;
use crate::domain::facts::OrderState;
use crate::domain::order::{self, Outcome, Scene};
use crate::door::{OrderDetail, Tracked};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line of an order.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderItem {
    #[schema(max_length = 300)]
    pub title: String,
    pub product: String,
    pub sku: String,
    /// The https address of its picture; empty: none.
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

/// A parcel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewParcel {
    /// The code of a carrier; empty: not told. One that is not known has no link.
    #[serde(default)]
    #[schema(example = "sf")]
    pub carrier: String,
    /// The tracking number.
    #[schema(example = "SF1234567890")]
    pub number: String,
}

/// News of a parcel 物流动态.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Logistics {
    /// The platform's own id of this piece of news: the buyer is told of each once.
    pub id: String,
    #[schema(max_length = 500)]
    pub text: String,
}

/// An order 订单 as the platform reports it: the whole truth about it, each time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderReport {
    /// Never another than in the first report.
    pub buyer: String,
    /// unpaid (placed, created), paid (unshipped, pending, processed), shipped (in_transit), succeeded (delivered, completed),
    /// after_sale (refunding, returning) or closed (cancelled, refunded).
    #[schema(example = "paid")]
    pub status: String,
    pub items: Vec<OrderItem>,
    #[serde(default)]
    pub parcels: Vec<NewParcel>,
    /// The newest of its parcels.
    #[serde(default)]
    pub logistics: Option<Logistics>,
    /// ISO 4217; empty: not told.
    #[serde(default)]
    #[schema(example = "CNY")]
    pub currency: String,
}

impl OrderReport {
    /// The report of the order of that number.
    pub fn of(self, order: String) -> order::Report {
        let OrderReport { buyer, status, items, parcels, logistics, currency } = self;
        let items = items.into_iter().map(Into::into).collect();
        let parcels = parcels.into_iter().map(|NewParcel { carrier, number }| order::Parcel { carrier, number }).collect();
        let logistics = logistics.map(|Logistics { id, text }| order::Logistics { id, text });
        order::Report { order, buyer, status, items, parcels, logistics, currency }
    }
}

/// What the platform's own word for a status comes to.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrderState)]
pub enum State {
    /// Placed, unpaid.
    Unpaid,
    /// Paid, unshipped.
    Paid,
    Shipped,
    Succeeded,
    AfterSale,
    Closed,
}

impl State {
    /// As JSON calls it.
    pub fn name(self) -> &'static str {
        match self {
            State::Unpaid => "unpaid",
            State::Paid => "paid",
            State::Shipped => "shipped",
            State::Succeeded => "succeeded",
            State::AfterSale => "after_sale",
            State::Closed => "closed",
        }
    }
}

impl From<OrderState> for State {
    fn from(state: OrderState) -> State {
        match state {
            OrderState::Unpaid => State::Unpaid,
            OrderState::Paid => State::Paid,
            OrderState::Shipped => State::Shipped,
            OrderState::Succeeded => State::Succeeded,
            OrderState::AfterSale => State::AfterSale,
            OrderState::Closed => State::Closed,
        }
    }
}

impl From<State> for OrderState {
    fn from(state: State) -> OrderState {
        match state {
            State::Unpaid => OrderState::Unpaid,
            State::Paid => OrderState::Paid,
            State::Shipped => OrderState::Shipped,
            State::Succeeded => OrderState::Succeeded,
            State::AfterSale => OrderState::AfterSale,
            State::Closed => OrderState::Closed,
        }
    }
}

/// A parcel, and where it is followed.
#[derive(Serialize, ToSchema)]
pub struct Parcel {
    pub carrier: String,
    pub carrier_name: String,
    pub number: String,
    /// The carrier's page for this number; null: the carrier is not known.
    pub link: Option<String>,
}

impl From<Tracked> for Parcel {
    fn from(t: Tracked) -> Parcel {
        Parcel { carrier: t.parcel.carrier, carrier_name: t.name, number: t.parcel.number, link: t.link }
    }
}

/// A state of an order, and since when.
#[derive(Serialize, ToSchema)]
pub struct Stretch {
    pub state: State,
    /// Milliseconds since the epoch.
    pub since: u64,
}

/// What the system says of an order.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentScene {
    Confirmed,
    Shipped,
    Logistics,
}

/// What became of it.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentOutcome {
    /// On its way.
    Pending,
    Sent,
    /// The shop has no text for it.
    Unset,
    /// Not sent: see `reason`. Tried again with the next report.
    Unfilled,
    /// Not sent, because of what the guard found: see `reason`. Tried again with the next report.
    Refused,
}

/// What the buyer was told by the system, or was not.
#[derive(Serialize, ToSchema)]
pub struct Told {
    pub scene: FulfilmentScene,
    /// The id of the news; null where it is none.
    pub news: Option<String>,
    pub outcome: FulfilmentOutcome,
    pub reason: Option<String>,
    /// Milliseconds since the epoch.
    pub at: u64,
}

impl From<order::Telling> for Told {
    fn from(t: order::Telling) -> Told {
        let scene = match t.scene {
            Scene::Confirmed => FulfilmentScene::Confirmed,
            Scene::Shipped => FulfilmentScene::Shipped,
            Scene::Logistics => FulfilmentScene::Logistics,
        };
        let (outcome, reason) = match t.outcome {
            Outcome::Pending => (FulfilmentOutcome::Pending, None),
            Outcome::Sent => (FulfilmentOutcome::Sent, None),
            Outcome::Unset => (FulfilmentOutcome::Unset, Some("the shop had no text for it when it happened; it is not told later".into())),
            Outcome::Unfilled(why) => (FulfilmentOutcome::Unfilled, Some(why)),
            Outcome::Refused(findings) => (FulfilmentOutcome::Refused, Some(super::guard::in_words(&findings))),
        };
        Told { scene, news: t.news.map(|news| news.id), outcome, reason, at: t.at.0 }
    }
}

/// An order 订单 as it was last reported, and what leads on from it.
#[derive(Serialize, ToSchema)]
pub struct Order {
    pub order: String,
    pub buyer: String,
    /// The buyer's conversation with the shop.
    #[schema(value_type = String)]
    pub conversation: Option<Hex>,
    /// The platform's own word.
    pub status: String,
    pub state: Option<State>,
    pub currency: String,
    pub items: Vec<OrderItem>,
    pub parcels: Vec<Parcel>,
    pub logistics: Option<Logistics>,
    /// Oldest first; the newest 20.
    pub history: Vec<Stretch>,
    /// Oldest first; of news of logistics the newest 50.
    pub told: Vec<Told>,
    /// Milliseconds since the epoch, as those that follow.
    pub first_at: u64,
    /// When its state last changed.
    pub changed_at: u64,
    /// When anything of it last changed.
    pub reported_at: u64,
}

impl From<OrderDetail> for Order {
    fn from(detail: OrderDetail) -> Order {
        let OrderDetail { order, parcels } = detail;
        let report = order.report;
        Order {
            order: report.order,
            buyer: report.buyer,
            conversation: order.conversation.map(Hex),
            status: report.status,
            state: order.state.map(Into::into),
            currency: report.currency,
            items: report.items.into_iter().map(Into::into).collect(),
            parcels: parcels.into_iter().map(Into::into).collect(),
            logistics: report.logistics.map(|order::Logistics { id, text }| Logistics { id, text }),
            history: order.history.into_iter().map(|(state, since)| Stretch { state: state.into(), since: since.0 }).collect(),
            told: order.told.into_iter().map(Into::into).collect(),
            first_at: order.first_at.0,
            changed_at: order.changed_at.0,
            reported_at: order.reported_at.0,
        }
    }
}

/// An order as a list shows it.
#[derive(Serialize, ToSchema)]
pub struct OrderRow {
    pub order: String,
    pub buyer: String,
    #[schema(value_type = String)]
    pub conversation: Option<Hex>,
    pub status: String,
    pub state: Option<State>,
    /// Of its first item, as the picture.
    pub title: Option<String>,
    pub picture: Option<String>,
    /// How many items it has.
    pub items: usize,
    /// Milliseconds since the epoch, as those that follow.
    pub first_at: u64,
    /// When its state last changed: the list's order.
    pub changed_at: u64,
}

impl From<order::Order> for OrderRow {
    fn from(o: order::Order) -> OrderRow {
        let items = o.report.items.len();
        let (title, picture) = o.report.items.into_iter().next().map(|item| (item.title, item.picture)).unzip();
        OrderRow {
            order: o.report.order,
            buyer: o.report.buyer,
            conversation: o.conversation.map(Hex),
            status: o.report.status,
            state: o.state.map(Into::into),
            title,
            picture: picture.filter(|picture| !picture.is_empty()),
            items,
            first_at: o.first_at.0,
            changed_at: o.changed_at.0,
        }
    }
}

/// A page of orders, the one whose state changed last first.
#[derive(Serialize, ToSchema)]
pub struct Orders {
    pub orders: Vec<OrderRow>,
    /// The `cursor` of the next page; null: this was the last.
    pub next: Option<String>,
}

/// A carrier 物流公司 and the page where its numbers are followed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    /// 1 to 64 of a-z, 0-9 and hyphen.
    #[schema(example = "sf")]
    pub code: String,
    #[schema(example = "顺丰 SF")]
    pub name: String,
    /// An https address with `{number}` in it exactly once, behind the host.
    #[schema(example = "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{number}")]
    pub link: String,
}

impl From<Carrier> for order::Carrier {
    fn from(c: Carrier) -> order::Carrier {
        let Carrier { code, name, link } = c;
        order::Carrier { code, name, link }
    }
}

impl From<order::Carrier> for Carrier {
    fn from(c: order::Carrier) -> Carrier {
        let order::Carrier { code, name, link } = c;
        Carrier { code, name, link }
    }
}

/// All carriers, by code.
#[derive(Serialize, ToSchema)]
pub struct Carriers {
    pub carriers: Vec<Carrier>,
}
