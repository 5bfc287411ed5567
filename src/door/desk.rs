//! The settings of a shop's desk: read often, changed seldom, so the door keeps those of live shops at hand.

use super::Door;
use crate::domain::desk::Desk;
use crate::domain::id::ShopScope;
use crate::domain::refusal::Refusal;
use std::sync::Arc;

impl Door {
    /// The settings that are on disk.
    pub(super) fn desk(&self, scope: ShopScope) -> Result<Arc<Desk>, Refusal> {
        let desks = &self.inner.registry.desks;
        if let Some(desk) = desks.get(&scope).map(|desk| desk.1.clone()) {
            return Ok(desk);
        }
        let read = || self.read(|store| store.desk(scope))?.ok_or(Refusal::NotFound { what: "shop" });
        let (desk, version) = read()?;
        let desk: Arc<Desk> = Arc::from(desk);
        desks.insert(scope, (version, desk.clone()));
        // A change that became durable between the look-up and the insertion has already been forgotten once.
        if read()?.1 != version {
            desks.remove(&scope);
        }
        Ok(desk)
    }
}
