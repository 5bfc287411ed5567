//! The settings of a shop's desk, read and changed as a whole.

use super::Door;
use crate::domain::desk::Desk;
use crate::domain::desk::time::InForce;
use crate::domain::id::ShopScope;
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::Principal;
use crate::domain::{Reply, shop};
use std::sync::Arc;

impl Door {
    /// The settings that are on disk.
    pub(super) fn desk(&self, scope: ShopScope) -> Result<Arc<InForce>, Refusal> {
        self.read(|_| self.inner.registry.desk(scope))?.ok_or(Refusal::NotFound { what: "shop" })
    }

    /// The settings and their version; 0: the defaults. Whoever works at the desk sees them: it shows the labels.
    pub fn desk_settings(&self, who: &Principal, shop: Option<&str>) -> Result<(Box<Desk>, u32), Refusal> {
        let scope = match self.staff(who) {
            Ok(staff) if shop.is_none() && (staff.oversees() || staff.may(Permission::Serve)) => staff.scope,
            _ => self.shop_as(who, shop, false)?.0,
        };
        self.read(|store| store.desk(scope))?.ok_or(Refusal::NotFound { what: "shop" })
    }

    /// Replaces the settings: the new version. `based_on`: the version that was edited.
    pub async fn set_desk(&self, who: &Principal, shop: Option<&str>, desk: Box<Desk>, based_on: Option<u32>) -> Result<u32, Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        let guard = self.guard(scope).await?;
        let scenes = &desk.fulfilment;
        let texts = [
            ("fulfilment.confirmed", &scenes.confirmed),
            ("fulfilment.shipped", &scenes.shipped),
            ("fulfilment.logistics", &scenes.logistics),
        ];
        for (field, text) in texts.into_iter().filter_map(|(field, text)| Some((field, text.as_ref()?))) {
            guard.check(field, text, self.now())?;
        }
        match self.ask_shop(scope, shop::Command::SetDesk { desk, by, based_on }).await? {
            Reply::SettingsSet { version } => Ok(version),
            _ => Err(Refusal::Internal),
        }
    }

    /// What a version says; 0: the defaults.
    pub(super) fn desk_content(&self, scope: ShopScope, version: u32) -> Result<Box<Desk>, Refusal> {
        if version == 0 {
            return Ok(Box::default());
        }
        self.read(|store| store.desk_version(scope, version))?.ok_or(Refusal::NotFound { what: "version" })
    }
}
