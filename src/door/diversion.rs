//! The diversion document of a shop (DIV-11): read, checked as a draft, set, its versions, and back to one of them.

use super::Door;
use crate::domain::diversion::Settings;
use crate::domain::diversion::check::{Fault, Known, check};
use crate::domain::event::Actor;
use crate::domain::id::{AgentNo, GroupNo, ShopScope};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Account, Page, Principal, SettingsVersion};
use crate::domain::{Reply, shop};
use crate::limits;
use std::collections::BTreeMap;

/// A document and its version; 0: the defaults, which nobody has set.
#[derive(Clone, Debug)]
pub struct Versioned {
    pub settings: Box<Settings>,
    pub version: u32,
}

/// What came of checking a draft.
#[derive(Clone, Debug)]
pub struct Checked {
    pub faults: Vec<Fault>,
    pub running: Box<Settings>,
}

impl Door {
    /// The running document.
    pub fn diversion(&self, who: &Principal, shop: Option<&str>) -> Result<Versioned, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        let shop = self.read(|store| store.shop(scope))?.ok_or(Refusal::NotFound { what: "shop" })?;
        Ok(Versioned { settings: shop.settings, version: shop.version })
    }

    /// Replaces the document: the new version. `based_on`: the version that was edited.
    pub async fn set_diversion(
        &self,
        who: &Principal,
        shop: Option<&str>,
        settings: Box<Settings>,
        based_on: Option<u32>,
    ) -> Result<u32, Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        let guard = self.guard(scope).await?;
        guard.check("welcome.text", &settings.welcome.text, self.now())?;
        guard.check("offline.text", &settings.offline.text, self.now())?;
        self.set(scope, by, settings, based_on, None).await
    }

    async fn set(
        &self,
        scope: ShopScope,
        by: Actor,
        settings: Box<Settings>,
        based_on: Option<u32>,
        rolled_back_to: Option<u32>,
    ) -> Result<u32, Refusal> {
        match self.ask_shop(scope, shop::Command::SetSettings { settings, by, based_on, rolled_back_to }).await? {
            Reply::SettingsSet { version } => Ok(version),
            _ => Err(Refusal::Internal),
        }
    }

    /// Everything that is wrong with a draft; changes nothing.
    pub fn check_diversion(&self, who: &Principal, shop: Option<&str>, draft: &Settings) -> Result<Checked, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        let shop = self.read(|store| store.shop(scope))?.ok_or(Refusal::NotFound { what: "shop" })?;
        let members = self.members(scope)?;
        let faults = check(draft, &Known { groups: &shop.groups, members: &members });
        Ok(Checked { faults, running: shop.settings })
    }

    /// All accounts of a shop, with their groups.
    fn members(&self, scope: ShopScope) -> Result<BTreeMap<AgentNo, Vec<GroupNo>>, Refusal> {
        let accounts = self.read(|store| store.accounts_after(scope, AgentNo(0), usize::MAX))?;
        let groups = |account: Account| (account.agent, account.settings.groups.iter().map(|(group, _)| *group).collect());
        Ok(accounts.into_iter().map(groups).collect())
    }

    /// Versions, newest first; the cursor is the last one's number.
    pub fn versions(
        &self,
        who: &Principal,
        shop: Option<&str>,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Page<SettingsVersion, u32>, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        let limit = limit.min(limits::DOCUMENT_ROWS_MAX);
        let mut rows = self.read(|store| store.settings_versions(scope, before, limit + 1))?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().map(|row| row.version).filter(|_| more);
        Ok(Page { rows, next })
    }

    pub fn version(&self, who: &Principal, shop: Option<&str>, version: u32) -> Result<SettingsVersion, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        self.read(|store| store.settings_version(scope, version))?.ok_or(Refusal::NotFound { what: "version" })
    }

    /// Two versions, to be compared; 0: the defaults.
    pub fn two_versions(&self, who: &Principal, shop: Option<&str>, from: u32, to: u32) -> Result<[Box<Settings>; 2], Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        Ok([self.content(scope, from)?, self.content(scope, to)?])
    }

    /// Takes up the content of a version again, as a new one: its number.
    pub async fn roll_back(&self, who: &Principal, shop: Option<&str>, version: u32) -> Result<u32, Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        let settings = self.content(scope, version)?;
        self.set(scope, by, settings, None, Some(version)).await
    }

    /// What a version says; 0: the defaults.
    pub(super) fn content(&self, scope: ShopScope, version: u32) -> Result<Box<Settings>, Refusal> {
        if version == 0 {
            return Ok(Box::default());
        }
        let found = self.read(|store| store.settings_version(scope, version))?;
        found.map(|found| found.settings).ok_or(Refusal::NotFound { what: "version" })
    }
}
