//! The distribution report (DIV-10): a fold over a part of the feed, away from the threads that serve.

use super::Door;
use crate::domain::distribution::{Distribution, Report};
use crate::domain::id::{Millis, ShopScope};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::schedule::Zone;
use crate::domain::view::Principal;
use crate::limits::{DAY_MS, FEED_CROSSING_MS_MAX};
use tokio::sync::Semaphore;

/// Days of one report.
const DAYS_MAX: u64 = 31;
/// How far before the period the fold begins: who came online then may still be.
const BEFORE_MS: u64 = DAY_MS;

/// A report reads a month of a shop: one at a time, so that reports never take more than one processor from those who serve.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

impl Door {
    /// Who received how much from `from` (inclusive) to `to` (exclusive, and not later than now), and why.
    pub async fn distribution(&self, who: &Principal, shop: Option<&str>, from: Millis, to: Millis) -> Result<Report, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Reports)?;
        self.distribution_of(scope, from, to).await
    }

    pub(super) async fn distribution_of(&self, scope: ShopScope, from: Millis, to: Millis) -> Result<Report, Refusal> {
        if to <= from {
            return Err(Refusal::Invalid { field: "to", problem: "must be after `from`".into() });
        }
        if to.since(from) > DAYS_MAX * DAY_MS {
            return Err(Refusal::Invalid { field: "to", problem: format!("at most {DAYS_MAX} days after `from`") });
        }
        let to = to.min(self.now()).max(from);
        let _turn = ONE_AT_A_TIME.acquire().await.map_err(|_| Refusal::Stopping)?;
        let door = self.clone();
        tokio::task::spawn_blocking(move || door.fold(scope, from, to)).await.map_err(|_| Refusal::Internal)?
    }

    fn fold(&self, scope: ShopScope, from: Millis, to: Millis) -> Result<Report, Refusal> {
        let shop = self.read(|store| store.shop(scope))?.ok_or(Refusal::NotFound { what: "shop" })?;
        let zone = Zone::named(&shop.settings.zone).unwrap_or_default();
        let (begin, end) = (Millis(from.0.saturating_sub(BEFORE_MS)), to.plus(FEED_CROSSING_MS_MAX));
        self.read(|store| {
            let after = store.feed_seek(scope, begin)?;
            let mut distribution = Distribution::new(from, to, &zone, store.accounts_at(scope, after)?);
            store.each_event(scope, after, |_, event| {
                distribution.observe(&event);
                Ok(event.at().is_none_or(|at| at < end))
            })?;
            Ok(distribution.report())
        })
    }
}
