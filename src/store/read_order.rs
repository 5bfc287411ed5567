//! Reads of orders (INB-9) and of carriers. As all reads: of what is on disk, orders within one shop, a damaged row is an error.

use super::columns::Column;
use super::keys::{self, HeadKey, HeadOf, OrderLane};
use super::{Error, Store, record, scan};
use crate::domain::facts::OrderState;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::order::{Carrier, Order, OrderKey};
use crate::domain::view::Page;
use rocksdb::Snapshot;

/// Which orders a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrdersOf {
    Shop,
    State(OrderState),
    /// The buyer of this conversation.
    Buyer(ConversationId),
}

/// Where a list of orders goes on. Holds no shop and no filter: those come from the caller, each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderCursor {
    pub changed_at: Millis,
    pub order: OrderKey,
}

impl std::fmt::Display for OrderCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{}", self.changed_at.0, ConversationId(self.order.0))
    }
}

impl OrderCursor {
    /// Reads what [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<OrderCursor> {
        if text.len() != 48 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let changed_at = Millis(u64::from_str_radix(&text[..16], 16).ok()?);
        Some(OrderCursor { changed_at, order: OrderKey(ConversationId::parse(&text[16..])?.0) })
    }

    /// The cursor after this order.
    pub fn after(order: &Order) -> Option<OrderCursor> {
        Some(OrderCursor { changed_at: order.changed_at, order: order.at?.1 })
    }
}

impl Store {
    /// An order as it was last reported. None: it never was.
    pub fn order(&self, scope: ShopScope, key: OrderKey) -> Result<Option<Order>, Error> {
        let value = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Order(key)))?;
        value.map(|value| order(scope, key, &value)).transpose()
    }

    /// Orders, the one whose state changed last first.
    pub fn orders(
        &self,
        scope: ShopScope,
        of: OrdersOf,
        cursor: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Page<Order, OrderCursor>, Error> {
        let lane = match of {
            OrdersOf::Shop => OrderLane::All,
            OrdersOf::State(state) => OrderLane::State(state),
            OrdersOf::Buyer(conversation) => OrderLane::Conversation(conversation),
        };
        let (from, mut to) = keys::order_range(scope, lane);
        if let Some(cursor) = cursor {
            to = keys::order_row(scope, lane, cursor.changed_at, cursor.order);
        }
        // Rows and heads of one moment: an order that changes meanwhile is not shown in a state it is not in.
        let snapshot = self.db.snapshot();
        let mut found = Vec::with_capacity(limit + 1);
        self.scan(Column::OrderList, (from, to), scan::Order::Descending, Some(&snapshot), |key, _| {
            let (changed_at, order) = keys::order_decode(key)?;
            found.push(OrderCursor { changed_at, order });
            Ok(found.len() <= limit)
        })?;
        self.order_page(scope, found, limit, &snapshot)
    }

    /// Orders whose state changed last from `from` (inclusive) to `to` (exclusive), the earliest first: one that changes meanwhile
    /// moves on to where it is still to come, and is never passed over.
    pub fn export_orders(
        &self,
        scope: ShopScope,
        (from, to): (Millis, Millis),
        cursor: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Page<Order, OrderCursor>, Error> {
        let at = |at| keys::order_row(scope, OrderLane::All, at, OrderKey([0; 16]));
        let mut begin = at(from);
        if let Some(cursor) = cursor {
            begin = keys::order_row(scope, OrderLane::All, cursor.changed_at, cursor.order);
            // The first key after it.
            begin.push(0);
        }
        let snapshot = self.db.snapshot();
        let mut found = Vec::with_capacity(limit + 1);
        self.scan(Column::OrderList, (begin, at(to)), scan::Order::Ascending, Some(&snapshot), |key, _| {
            let (changed_at, order) = keys::order_decode(key)?;
            found.push(OrderCursor { changed_at, order });
            Ok(found.len() <= limit)
        })?;
        self.order_page(scope, found, limit, &snapshot)
    }

    /// The orders of at most `limit` of these rows.
    fn order_page(
        &self,
        scope: ShopScope,
        mut found: Vec<OrderCursor>,
        limit: usize,
        snapshot: &Snapshot<'_>,
    ) -> Result<Page<Order, OrderCursor>, Error> {
        let more = found.len() > limit;
        found.truncate(limit);
        let heads: Vec<HeadKey> = found.iter().map(|row| HeadKey::new(scope, HeadOf::Order(row.order))).collect();
        let mut rows = Vec::with_capacity(heads.len());
        for (row, value) in found.iter().zip(self.get_many(Column::HeadState, &heads, false, Some(snapshot))?) {
            let value = value.ok_or_else(|| Error::damaged("order_list", "a row without its order"))?;
            rows.push(order(scope, row.order, &value)?);
        }
        Ok(Page { rows, next: found.pop().filter(|_| more) })
    }

    /// The carrier of that code that the platform has set.
    pub fn carrier(&self, code: &str) -> Result<Option<Carrier>, Error> {
        let value = self.get(Column::CarrierLink, keys::carrier(code))?;
        value.map(|value| record::decode("carrier_link", &value)).transpose()
    }

    /// The carriers that the platform has set, by code.
    pub fn carriers(&self) -> Result<Vec<Carrier>, Error> {
        let mut carriers = Vec::new();
        let everything = (keys::Key::new(), keys::Key::from_slice(&[0xff; 48]));
        self.scan(Column::CarrierLink, everything, scan::Order::Ascending, None, |_, value| {
            carriers.push(record::decode("carrier_link", value)?);
            Ok(true)
        })?;
        Ok(carriers)
    }
}

fn order(scope: ShopScope, key: OrderKey, value: &[u8]) -> Result<Order, Error> {
    let mut head: Order = record::decode("head_state", value)?;
    head.at = Some((scope, key));
    Ok(head)
}
