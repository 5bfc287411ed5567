//! Taking data out (INB-15): conversations message by message, and orders, in pieces, each read when the one before was taken; the
//! record of it (ACC-2) is on disk before the first piece.
//!
//! Never given out: what is hidden by the blacklist, what was recalled, what was erased. What is archived is: it is evidence.

use super::Door;
use crate::domain::desk::time::InForce;
use crate::domain::distribution::Report;
use crate::domain::event::Actor;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::order::Order;
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::shop;
use crate::domain::view::{Exported, Principal};
use crate::limits;
use crate::store::OrderCursor;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// When whoever finds all places taken may ask again.
const RETRY_AFTER_S: u64 = 10;

/// A place among the exports under way; free again when it is dropped.
struct Place {
    _all: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
}

/// Which conversations.
#[derive(Clone, Copy, Debug)]
pub enum ExportOf {
    /// All messages from `from` (inclusive) to `to` (exclusive).
    Period { from: Millis, to: Millis },
    /// All messages of one conversation.
    Conversation(ConversationId),
}

/// An export under way. Dropping it ends it.
pub struct Export {
    door: Door,
    who: Arc<Principal>,
    shop: Option<String>,
    scope: ShopScope,
    of: ExportOf,
    /// Where it goes on: the shop's feed, or the conversation's messages. None: there is no more.
    after: Option<u64>,
    desk: Arc<InForce>,
    _place: Place,
}

impl Door {
    pub(super) async fn record_export(
        &self,
        scope: ShopScope,
        what: String,
        period: Option<(Millis, Millis)>,
        by: Actor,
    ) -> Result<(), Refusal> {
        self.ask_shop(scope, shop::Command::RecordExport { what, period, by }).await.map(drop)
    }

    /// A place among all, and one among those of the shop, so that one shop's slow readers leave room to the others.
    fn place_of_export(&self, scope: ShopScope) -> Result<Place, Refusal> {
        let full = |_| Refusal::Overloaded { retry_after_s: RETRY_AFTER_S };
        let of_shop = self.inner.exports_of.entry(scope).or_insert_with(|| Arc::new(Semaphore::new(limits::EXPORTS_EACH_MAX))).clone();
        let own = of_shop.try_acquire_owned().map_err(full)?;
        let all: &Arc<Semaphore> = &self.inner.exports;
        Ok(Place { _all: all.clone().try_acquire_owned().map_err(full)?, _own: own })
    }

    /// Begins to take out conversations.
    pub async fn export_conversations(&self, who: Arc<Principal>, shop: Option<&str>, of: ExportOf) -> Result<Export, Refusal> {
        let (scope, by) = self.shop_who_may(&who, shop, Permission::Export)?;
        let (what, period) = match of {
            ExportOf::Period { from, to } if to <= from => {
                return Err(Refusal::Invalid { field: "to", problem: "must be after `from`".into() });
            }
            ExportOf::Period { from, to } => ("conversations".to_owned(), Some((from, to))),
            ExportOf::Conversation(id) => {
                self.read(|store| store.conversation(scope, id))?.ok_or(Refusal::NotFound { what: "conversation" })?;
                (format!("conversation {id}"), None)
            }
        };
        let place = self.place_of_export(scope)?;
        let after = match of {
            ExportOf::Period { from, .. } => {
                let begin = Millis(from.0.saturating_sub(limits::FEED_CROSSING_MS_MAX));
                self.read(|store| store.feed_seek(scope, begin))?
            }
            ExportOf::Conversation(_) => 0,
        };
        self.record_export(scope, what, period, by).await?;
        let (door, shop, desk) = (self.clone(), shop.map(str::to_owned), self.desk(scope)?);
        Ok(Export { door, who, shop, scope, of, after: Some(after), desk, _place: place })
    }

    /// Begins to take out the orders whose state changed last from `from` (inclusive) to `to` (exclusive).
    pub async fn export_orders(&self, who: Arc<Principal>, shop: Option<&str>, from: Millis, to: Millis) -> Result<OrderExport, Refusal> {
        let (scope, by) = self.shop_who_may(&who, shop, Permission::Export)?;
        if to <= from {
            return Err(Refusal::Invalid { field: "to", problem: "must be after `from`".into() });
        }
        let place = self.place_of_export(scope)?;
        self.record_export(scope, "orders".into(), Some((from, to)), by).await?;
        let (door, shop) = (self.clone(), shop.map(str::to_owned));
        Ok(OrderExport { door, who, shop, scope, period: (from, to), next: Some(None), _place: place })
    }

    /// The distribution report (DIV-10), to be taken out.
    pub async fn export_distribution(&self, who: &Principal, shop: Option<&str>, from: Millis, to: Millis) -> Result<Report, Refusal> {
        let (scope, by) = self.shop_who_may(who, shop, Permission::Export)?;
        let _place = self.place_of_export(scope)?;
        let report = self.distribution_of(scope, from, to).await?;
        self.record_export(scope, "distribution".into(), Some((from, to)), by).await?;
        Ok(report)
    }
}

/// An export of orders under way. Dropping it ends it.
pub struct OrderExport {
    door: Door,
    who: Arc<Principal>,
    shop: Option<String>,
    scope: ShopScope,
    period: (Millis, Millis),
    /// Where it goes on: at the beginning, or after an order. None: there is no more.
    next: Option<Option<OrderCursor>>,
    _place: Place,
}

impl OrderExport {
    /// As [`Export::next`].
    pub async fn next(&mut self) -> Result<Option<Vec<Order>>, Refusal> {
        let Some(after) = self.next else { return Ok(None) };
        self.door.shop_who_may(&self.who, self.shop.as_deref(), Permission::Export)?;
        let (door, scope, period) = (self.door.clone(), self.scope, self.period);
        let read = move || door.read(|store| store.export_orders(scope, period, after, limits::PAGE_ROWS_MAX));
        let page = tokio::task::spawn_blocking(read).await.map_err(|_| Refusal::Internal)??;
        self.next = page.next.map(Some);
        Ok(Some(page.rows))
    }
}

impl Export {
    /// The next piece; it may be empty. None: that was all. Whoever lost the right to it meanwhile is refused.
    pub async fn next(&mut self) -> Result<Option<Vec<Exported>>, Refusal> {
        let Some(after) = self.after else { return Ok(None) };
        self.door.shop_who_may(&self.who, self.shop.as_deref(), Permission::Export)?;
        let (door, scope, of, desk) = (self.door.clone(), self.scope, self.of, self.desk.clone());
        let read = move || {
            door.read(|store| match of {
                ExportOf::Period { from, to } => store.export_period(scope, after, (from, to), &desk),
                ExportOf::Conversation(id) => store.export_conversation(scope, id, after, &desk),
            })
        };
        let page = tokio::task::spawn_blocking(read).await.map_err(|_| Refusal::Internal)??;
        self.after = page.next;
        Ok(Some(page.rows))
    }
}
