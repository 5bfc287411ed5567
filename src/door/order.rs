//! Orders 订单 and carriers (INB-9): the platform reports, the staff looks. With the permission for orders all of a shop's are seen, else
//! those of buyers whose conversation one may see.

use super::credential::Staff;
use super::{Door, check_name, check_text, check_word};
use crate::domain::conversation::conversation_id;
use crate::domain::desk::Fulfilment;
use crate::domain::event::Scope;
use crate::domain::facts::OrderState;
use crate::domain::id::ShopScope;
use crate::domain::order::{self, Carrier, Filling, Order, Parcel, Report, order_key};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Page, Principal};
use crate::domain::{Effect, platform};
use crate::limits;
use crate::store::{OrderCursor, OrdersOf};
use std::collections::BTreeMap;

/// The words of [`OrderState::parse`], for whoever used another.
const ORDER_STATES: &str = "unpaid, placed, created; paid, unshipped, pending, processed; shipped, in_transit; succeeded, delivered, \
    completed; after_sale, refunding, returning; closed, cancelled, refunded";

/// Which orders of a shop are wanted; what is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    pub state: Option<OrderState>,
    /// The platform's own id of the buyer.
    pub buyer: Option<String>,
    /// In the title of an item, or the number of its product or variant; letters of either case.
    pub word: Option<String>,
}

impl OrderFilter {
    fn holds(&self, order: &Order) -> bool {
        let named = |word: &String| {
            let word = word.to_lowercase();
            let texts = order.report.items.iter().flat_map(|item| [&item.title, &item.product, &item.sku]);
            texts.into_iter().any(|text| text.to_lowercase().contains(&word))
        };
        self.state.is_none_or(|state| order.state == Some(state)) && self.word.as_ref().is_none_or(named)
    }
}

/// A parcel, and where it is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    pub parcel: Parcel,
    /// The carrier's name; the code of one that is not known.
    pub name: String,
    /// None: the carrier is not known.
    pub link: Option<String>,
}

/// An order with everything that leads on from it.
#[derive(Clone, Debug)]
pub struct OrderDetail {
    pub order: Order,
    pub parcels: Vec<Tracked>,
}

fn invalid(field: &'static str, problem: impl Into<String>) -> Refusal {
    Refusal::Invalid { field, problem: problem.into() }
}

fn check_code(field: &'static str, code: &str) -> Result<(), Refusal> {
    let slug = (1..=limits::NAME_CHARS_MAX).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if slug { Ok(()) } else { Err(invalid(field, "1 to 64 of the characters a-z, 0-9 and -")) }
}

fn check_length(field: &'static str, text: &str, chars_max: usize) -> Result<(), Refusal> {
    if text.chars().count() > chars_max { Err(invalid(field, format!("at most {chars_max} characters"))) } else { Ok(()) }
}

fn check_report(report: &Report) -> Result<OrderState, Refusal> {
    check_name("order", &report.order)?;
    check_name("buyer", &report.buyer)?;
    let state = OrderState::parse(&report.status).ok_or_else(|| invalid("status", format!("one of {ORDER_STATES}")))?;
    for (field, count) in [("items", report.items.len()), ("parcels", report.parcels.len())] {
        if count > limits::ORDER_ITEMS_MAX {
            return Err(invalid(field, format!("at most {}", limits::ORDER_ITEMS_MAX)));
        }
    }
    for item in &report.items {
        for (field, text) in [("items.title", &item.title), ("items.product", &item.product), ("items.sku", &item.sku)] {
            if !text.is_empty() {
                check_text(field, text, limits::TITLE_CHARS_MAX)?;
            }
        }
        if !item.picture.is_empty() {
            check_length("items.picture", &item.picture, limits::ADDRESS_CHARS_MAX)?;
            order::check_address(&item.picture).map_err(|problem| invalid("items.picture", problem))?;
        }
    }
    for parcel in &report.parcels {
        check_name("parcels.number", &parcel.number)?;
        if !parcel.carrier.is_empty() {
            check_code("parcels.carrier", &parcel.carrier)?;
        }
    }
    if let Some(news) = &report.logistics {
        check_name("logistics.id", &news.id)?;
        check_text("logistics.text", &news.text, limits::NEWS_CHARS_MAX)?;
    }
    if !report.currency.is_empty() && (report.currency.len() != 3 || !report.currency.bytes().all(|b| b.is_ascii_uppercase())) {
        return Err(invalid("currency", "three capital letters of ISO 4217, such as CNY"));
    }
    Ok(state)
}

impl Door {
    /// Answered when the order, and what its conversation has to know and to tell of it, is on disk.
    pub async fn report_order(&self, who: &Principal, shop: &str, report: Report) -> Result<(), Refusal> {
        let scope = self.shop_of(who, Scope::Orders, shop)?;
        let state = check_report(&report)?;
        let (conversation, key) = (conversation_id(scope, &report.buyer), order_key(scope, &report.order));
        let desk = self.desk(scope)?;
        let filling = if desk.fulfilment == Fulfilment::default() { Filling::default() } else { self.filling(scope, &report)? };
        let command =
            order::Command::Report { report: Box::new(report), state, conversation, desk, filling, guard: self.guard(scope).await? };
        self.submit(Effect::Order(scope, key, command)).await.map(drop)
    }

    fn filling(&self, scope: ShopScope, report: &Report) -> Result<Filling, Refusal> {
        let shop = self.read(|store| store.shop(scope))?.map(|shop| shop.name).unwrap_or_default();
        let known = self.read(|store| store.conversation(scope, conversation_id(scope, &report.buyer)))?;
        let name = known.map(|summary| summary.name).filter(|name| !name.is_empty());
        let mut filling = Filling { shop, buyer: name.unwrap_or_else(|| report.buyer.clone()), carriers: Vec::new() };
        for parcel in &report.parcels {
            if filling.carriers.iter().all(|known| known.code != parcel.carrier) {
                filling.carriers.extend(self.carrier(&parcel.carrier)?);
            }
        }
        Ok(filling)
    }

    /// Orders, the one whose state changed last first. Where few rows fit the filter a page may be short and yet have a next one.
    /// `shop`: its name where the platform asks.
    pub fn orders(
        &self,
        who: &Principal,
        shop: Option<&str>,
        filter: &OrderFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Order, String>, Refusal> {
        let scope = self.orders_scope(who, shop, filter.buyer.as_deref())?;
        check_word("buyer", filter.buyer.as_deref().unwrap_or_default())?;
        let of = match (&filter.buyer, filter.state) {
            (Some(buyer), _) => OrdersOf::Buyer(conversation_id(scope, buyer)),
            (None, Some(state)) => OrdersOf::State(state),
            (None, None) => OrdersOf::Shop,
        };
        let cursor = cursor.map(|text| OrderCursor::parse(text).ok_or_else(|| invalid("cursor", "not a cursor of this list")));
        let (mut next, mut rows, mut scanned) = (cursor.transpose()?, Vec::new(), 0);
        loop {
            // Never more than can still be taken: the cursor of the page read is that of the page shown.
            let page = self.read(|store| store.orders(scope, of, next, limit - rows.len()))?;
            scanned += page.rows.len();
            next = page.next;
            rows.extend(page.rows.into_iter().filter(|order| filter.holds(order)));
            if next.is_none() || rows.len() >= limit || scanned >= limits::ORDERS_SCANNED_MAX {
                return Ok(Page { rows, next: next.map(|cursor| cursor.to_string()) });
            }
        }
    }

    /// An order with its parcels' links, its history and what its buyer was told.
    pub fn order(&self, who: &Principal, shop: Option<&str>, order: &str) -> Result<OrderDetail, Refusal> {
        let unknown = Refusal::NotFound { what: "order" };
        let scope = match shop {
            Some(shop) => self.shop_of(who, Scope::Orders, shop)?,
            None => self.looks_at_orders(who)?.scope,
        };
        let order = self.read(|store| store.order(scope, order_key(scope, order)))?.ok_or(unknown.clone())?;
        if shop.is_none() {
            self.orders_scope(who, None, Some(&order.report.buyer)).map_err(|refusal| match refusal {
                Refusal::NotFound { .. } => unknown,
                other => other,
            })?;
        }
        let parcels = order.report.parcels.iter().map(|parcel| self.tracked(parcel)).collect::<Result<_, _>>()?;
        Ok(OrderDetail { order, parcels })
    }

    /// Whose orders are spoken of, if `who` may see those of `buyer`; None: of everybody.
    fn orders_scope(&self, who: &Principal, shop: Option<&str>, buyer: Option<&str>) -> Result<ShopScope, Refusal> {
        if let Some(shop) = shop {
            return self.shop_of(who, Scope::Orders, shop);
        }
        let staff = self.looks_at_orders(who)?;
        match buyer {
            _ if staff.may(Permission::Orders) => {}
            Some(buyer) => drop(self.visible(staff, conversation_id(staff.scope, buyer))?),
            None => return Err(Refusal::Forbidden { needs: "the permission orders; without it, name in `buyer` one whom you serve" }),
        }
        Ok(staff.scope)
    }

    /// Whoever may see all orders, or read conversations and so the orders of their buyers.
    fn looks_at_orders(&self, who: &Principal) -> Result<Staff, Refusal> {
        let staff = self.staff(who)?;
        if staff.may(Permission::Orders) { Ok(staff) } else { self.reader(who) }
    }

    fn tracked(&self, parcel: &Parcel) -> Result<Tracked, Refusal> {
        let carrier = self.carrier(&parcel.carrier)?;
        let link = carrier.as_ref().map(|carrier| carrier.trace(&parcel.number));
        let name = carrier.map_or_else(|| parcel.carrier.clone(), |carrier| carrier.name);
        Ok(Tracked { parcel: parcel.clone(), name, link })
    }

    /// The carrier of that code: as the platform set it, else the usual one.
    pub(super) fn carrier(&self, code: &str) -> Result<Option<Carrier>, Refusal> {
        Ok(self.read(|store| store.carrier(code))?.or_else(|| order::usual_of(code)))
    }

    /// All carriers, by code: the usual ones, and what the platform added or overrode.
    pub fn carriers(&self, who: &Principal) -> Result<Vec<Carrier>, Refusal> {
        self.platform(who, Scope::Orders)?;
        let set = self.read(|store| store.carriers())?;
        let by_code: BTreeMap<_, _> = order::usual().chain(set).map(|carrier| (carrier.code.clone(), carrier)).collect();
        Ok(by_code.into_values().collect())
    }

    /// Adds a carrier, or overrides the one of that code.
    pub async fn set_carrier(&self, who: &Principal, carrier: Carrier) -> Result<(), Refusal> {
        self.platform(who, Scope::Orders)?;
        check_code("code", &carrier.code)?;
        check_name("name", &carrier.name)?;
        check_length("link", &carrier.link, limits::ADDRESS_CHARS_MAX)?;
        order::check_link(&carrier.link).map_err(|problem| invalid("link", problem))?;
        self.submit(Effect::Platform(platform::Command::SetCarrier { carrier })).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_is_named_is_understood() {
        // SPEC: INB-9
        for word in ORDER_STATES.split([',', ';']).map(str::trim) {
            assert!(OrderState::parse(word).is_some(), "{word}");
        }
    }
}
