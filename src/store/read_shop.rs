//! Reads of what a shop has set and of what was recorded: settings and their versions, accounts, credentials, records of the
//! assignment, the audit. As all reads: of what is on disk, within one shop, a damaged row is an error.

use super::columns::Column;
use super::keys::{self, Document, HeadKey, HeadOf};
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::agent::Agent;
use crate::domain::desk::Desk;
use crate::domain::desk::time::InForce;
use crate::domain::diversion::{Group, Settings};
use crate::domain::event::{Arrival, Event};
use crate::domain::explain::Explanation;
use crate::domain::id::{AgentNo, Millis, ShopScope, TokenHash};
use crate::domain::offline::{Firing, Run};
use crate::domain::schedule::Zone;
use crate::domain::shop::Shop;
use crate::domain::text::{ListId, Texts};
use crate::domain::view::{Account, Credential, FeedEntry, SettingsVersion};
use crate::limits;

/// What a shop has set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopSettings {
    pub shop: String,
    pub name: String,
    pub groups: Vec<Group>,
    /// The diversion document.
    pub settings: Box<Settings>,
    /// Its version; 0: the defaults, which nobody has set.
    pub version: u32,
}

// Shops, accounts, credentials.
/// The settings of a desk in the zone of its shop, and of which versions they are: of the desk's document, and of the diversion's.
pub type InForceAs = (InForce, (u32, u32));

impl Store {
    /// A shop's settings. None: it was never created.
    pub fn shop(&self, scope: ShopScope) -> Result<Option<ShopSettings>, Error> {
        let shop = self.shop_head(scope)?;
        Ok(shop.map(|s| ShopSettings { shop: s.shop, name: s.name, groups: s.groups, settings: s.settings, version: s.version }))
    }

    /// The shop of that name, as the platform's directory lists it.
    pub fn shop_by_name(&self, name: &str) -> Result<Option<ShopScope>, Error> {
        let Some(value) = self.get(Column::DirectoryShop, keys::directory(name))? else { return Ok(None) };
        Ok(Some(ShopScope::granted(record::small_number("directory_shop", &value)?)))
    }

    /// Who a token belongs to, by its hash. The caller compares the expiry.
    pub fn credential(&self, hash: &TokenHash) -> Result<Option<Credential>, Error> {
        let value = self.get(Column::TokenCredential, hash)?;
        value.map(|value| record::decode("token_credential", &value)).transpose()
    }

    /// An account.
    pub fn account(&self, scope: ShopScope, agent: AgentNo) -> Result<Option<Account>, Error> {
        Ok(self.agent_head(scope, agent)?.filter(|head| head.exists).map(|head| account(agent, head)))
    }

    /// The account with that log-in name.
    pub fn account_by_login(&self, scope: ShopScope, login: &str) -> Result<Option<Account>, Error> {
        let Some(value) = self.get(Column::LoginAgent, keys::login(scope, login))? else { return Ok(None) };
        self.account(scope, AgentNo(record::small_number("login_agent", &value)?))
    }

    /// A list of texts; an empty one where nobody set any.
    pub fn texts(&self, scope: ShopScope, list: ListId) -> Result<Texts, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Texts(list)))? else {
            return Ok(Texts::new(scope, list));
        };
        let mut head: Texts = record::decode("head_state", &value)?;
        head.at = Some((scope, list));
        Ok(head)
    }

    /// The settings of the desk and their version. None: there is no such shop.
    pub fn desk(&self, scope: ShopScope) -> Result<Option<(Box<Desk>, u32)>, Error> {
        Ok(self.shop_head(scope)?.map(|shop| (shop.desk, shop.desk_version)))
    }

    /// They in the zone of the shop, and the versions of both.
    pub fn desk_in_force(&self, scope: ShopScope) -> Result<Option<InForceAs>, Error> {
        let in_force = |shop: Shop| {
            let zone = Zone::named(&shop.settings.zone).unwrap_or_default();
            (InForce { desk: *shop.desk, zone }, (shop.desk_version, shop.version))
        };
        Ok(self.shop_head(scope)?.map(in_force))
    }

    pub(super) fn shop_head(&self, scope: ShopScope) -> Result<Option<Shop>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Shop))? else { return Ok(None) };
        let mut shop: Shop = record::decode("head_state", &value)?;
        shop.at = Some(scope);
        Ok(Some(shop))
    }

    pub(super) fn agent_head(&self, scope: ShopScope, agent: AgentNo) -> Result<Option<Agent>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Agent(agent)))? else { return Ok(None) };
        let mut head: Agent = record::decode("head_state", &value)?;
        head.at = Some((scope, agent));
        Ok(Some(head))
    }

    /// Every account of a shop, in order of number.
    pub(super) fn accounts(&self, scope: ShopScope) -> Result<Vec<(AgentNo, Agent)>, Error> {
        self.agents_after(scope, AgentNo(0), usize::MAX)
    }

    /// The accounts after number `after`, in order of number, at most `limit`.
    pub fn accounts_after(&self, scope: ShopScope, after: AgentNo, limit: usize) -> Result<Vec<Account>, Error> {
        Ok(self.agents_after(scope, after, limit)?.into_iter().map(|(agent, head)| account(agent, head)).collect())
    }

    fn agents_after(&self, scope: ShopScope, after: AgentNo, limit: usize) -> Result<Vec<(AgentNo, Agent)>, Error> {
        let mut agents = Vec::new();
        let (mut from, to) = keys::agent_heads(scope);
        if after.0 > 0 {
            from = keys::Key::from_slice(HeadKey::new(scope, HeadOf::Agent(after)).as_ref());
            from.push(0);
        }
        self.scan(Column::HeadState, (from, to), Order::Ascending, None, |key, value| {
            let HeadOf::Agent(agent) = HeadKey::decode(key)? else { return Err(Error::damaged("head_state", "not an account")) };
            let head: Agent = record::decode("head_state", value)?;
            if head.exists {
                agents.push((agent, head));
            }
            Ok(agents.len() < limit)
        })?;
        Ok(agents)
    }

    /// Every shop there is.
    pub fn shops(&self) -> Result<Vec<ShopScope>, Error> {
        let mut shops = Vec::new();
        self.scan(Column::DirectoryShop, (keys::Key::new(), keys::Key::from_slice(&[0xff; 48])), Order::Ascending, None, |_, value| {
            shops.push(ShopScope::granted(record::small_number("directory_shop", value)?));
            Ok(true)
        })?;
        Ok(shops)
    }
}

// What a row points at in the feed.
impl Store {
    /// The feed entries that the rows of a range point at, at most `limit`.
    pub(super) fn pointed_at(
        &self,
        column: Column,
        range: (keys::Key, keys::Key),
        order: Order,
        limit: usize,
    ) -> Result<Vec<(u64, Event)>, Error> {
        let mut places = Vec::new();
        let mut scope = None;
        self.scan(column, range, order, None, |key, _| {
            let shop = key.first_chunk::<4>().ok_or_else(|| Error::damaged(column.catalogued().name, "a key of wrong length"))?;
            scope = Some(ShopScope::granted(u32::from_be_bytes(*shop)));
            places.push(keys::feed_seq_decode(key)?);
            Ok(places.len() < limit)
        })?;
        let Some(scope) = scope else { return Ok(Vec::new()) };
        let keys: Vec<[u8; 12]> = places.iter().map(|seq| keys::feed(scope, *seq)).collect();
        let rows = self.get_many(Column::FeedEvent, &keys, false, None)?;
        let entry = |(seq, row): (u64, Option<rocksdb::DBPinnableSlice>)| {
            let row = row.ok_or_else(|| Error::damaged(column.catalogued().name, "it names an entry that is missing"))?;
            Ok((seq, record::decode("feed_event", &row)?))
        };
        places.into_iter().zip(rows).map(entry).collect()
    }

    /// Versions of the diversion document, newest first, those before version `before`.
    pub fn settings_versions(&self, scope: ShopScope, before: Option<u32>, limit: usize) -> Result<Vec<SettingsVersion>, Error> {
        let range = keys::version_range(scope, Document::Diversion, before);
        let found = self.pointed_at(Column::SettingsVersion, range, Order::Descending, limit)?;
        found.into_iter().map(|(_, event)| settings_version(event)).collect()
    }

    /// One version of the diversion document.
    pub fn settings_version(&self, scope: ShopScope, version: u32) -> Result<Option<SettingsVersion>, Error> {
        self.one_version(scope, Document::Diversion, version)?.map(settings_version).transpose()
    }

    /// The settings of the desk in one version.
    pub fn desk_version(&self, scope: ShopScope, version: u32) -> Result<Option<Box<Desk>>, Error> {
        match self.one_version(scope, Document::Desk, version)? {
            None => Ok(None),
            Some(Event::DeskSet { desk, .. }) => Ok(Some(desk)),
            Some(_) => Err(Error::damaged("settings_version", "it names another entry than a version")),
        }
    }

    /// The newest version of a document.
    pub(super) fn last_version(&self, scope: ShopScope, document: Document) -> Result<Option<Event>, Error> {
        let range = keys::version_range(scope, document, None);
        Ok(self.pointed_at(Column::SettingsVersion, range, Order::Descending, 1)?.pop().map(|(_, event)| event))
    }

    pub(super) fn one_version(&self, scope: ShopScope, document: Document, version: u32) -> Result<Option<Event>, Error> {
        let Some(next) = version.checked_add(1) else { return Ok(None) };
        let range = (keys::version_prefix(scope, document, version), keys::version_prefix(scope, document, next));
        Ok(self.pointed_at(Column::SettingsVersion, range, Order::Descending, 1)?.pop().map(|(_, event)| event))
    }

    /// Records of the assignment, newest first, those before feed seq `before`, each with its own.
    pub fn runs(&self, scope: ShopScope, before: Option<u64>, limit: usize) -> Result<Vec<(u64, Run)>, Error> {
        let mut range = keys::shop_range(scope);
        if let Some(before) = before {
            let Some(FeedEntry { event: Event::PoolAssigned { run }, .. }) = self.feed(scope, before.saturating_sub(1), 1)?.pop() else {
                return Ok(Vec::new());
            };
            range.1 = keys::run_prefix(scope, run.at);
            range.1.extend_from_slice(&before.to_be_bytes());
        }
        self.pointed_at(Column::OfflineRun, range, Order::Descending, limit)?.into_iter().map(run).collect()
    }

    /// Records from `from` (inclusive) to `to` (exclusive), oldest first.
    pub fn runs_between(&self, scope: ShopScope, from: Millis, to: Millis) -> Result<Vec<Run>, Error> {
        let range = (keys::run_prefix(scope, from), keys::run_prefix(scope, to));
        let found = self.pointed_at(Column::OfflineRun, range, Order::Ascending, usize::MAX)?;
        found.into_iter().map(|entry| Ok(run(entry)?.1)).collect()
    }

    /// The newest record of a slot that was carried out.
    pub fn last_run(&self, scope: ShopScope) -> Result<Option<Run>, Error> {
        self.newest_run(scope, |run| matches!(run.firing, Firing::Slot(_) | Firing::Late(_)))
    }

    /// The last slot that was carried out or recorded as missed (OFF-8).
    pub(super) fn last_slot(&self, scope: ShopScope) -> Result<Option<Millis>, Error> {
        Ok(self.newest_run(scope, |run| run.firing != Firing::ByHand)?.and_then(|run| match run.firing {
            Firing::Slot(slot) | Firing::Late(slot) | Firing::Missed { last: slot, .. } => Some(slot),
            Firing::ByHand => None,
        }))
    }

    /// The assignments of the newest records, oldest first: what a crash may have kept from their conversations. They stand in the
    /// feed right before their record, because they are one commit.
    pub(super) fn last_assigned(&self, scope: ShopScope) -> Result<Vec<(Arrival, Explanation)>, Error> {
        let mut assigned = Vec::new();
        let Some((_, newest)) = self.runs(scope, None, 1)?.pop() else { return Ok(assigned) };
        let since = Millis(newest.at.0.saturating_sub(limits::RECORDS_LOOKED_BACK_MS));
        let range = (keys::run_prefix(scope, since), keys::shop_range(scope).1);
        for entry in self.pointed_at(Column::OfflineRun, range, Order::Ascending, usize::MAX)? {
            let (seq, run) = run(entry)?;
            let moved = u64::from(run.moved());
            for entry in self.feed(scope, seq - 1 - moved.min(seq - 1), moved as usize)? {
                match entry.event {
                    Event::Routed { arrival, why } => assigned.push((arrival, why)),
                    _ => return Err(Error::damaged("offline_run", "its assignments do not stand before it")),
                }
            }
        }
        Ok(assigned)
    }

    fn newest_run(&self, scope: ShopScope, wanted: impl Fn(&Run) -> bool) -> Result<Option<Run>, Error> {
        let mut before = None;
        loop {
            let page = self.runs(scope, before, 16)?;
            let Some((seq, _)) = page.last() else { return Ok(None) };
            before = Some(*seq);
            if let Some((_, run)) = page.into_iter().find(|(_, run)| wanted(run)) {
                return Ok(Some(run));
            }
        }
    }

    /// Who changed what, newest first, before feed seq `before`, each with its own.
    pub fn audit(&self, scope: ShopScope, before: Option<u64>, limit: usize) -> Result<Vec<(u64, Event)>, Error> {
        let mut range = keys::shop_range(scope);
        if let Some(before) = before {
            range.1 = keys::audit_prefix(scope);
            range.1.extend_from_slice(&before.to_be_bytes());
        }
        self.pointed_at(Column::AuditEntry, range, Order::Descending, limit)
    }
}

fn account(agent: AgentNo, head: Agent) -> Account {
    let Agent { login, name, role, settings, password, .. } = head;
    Account { agent, login, name, role, settings, password }
}

fn settings_version(event: Event) -> Result<SettingsVersion, Error> {
    match event {
        Event::SettingsSet { settings, version, by, rolled_back_to, at } => {
            Ok(SettingsVersion { version, at, by, rolled_back_to, settings })
        }
        _ => Err(Error::damaged("settings_version", "it names another entry than a version")),
    }
}

fn run((seq, event): (u64, Event)) -> Result<(u64, Run), Error> {
    match event {
        Event::PoolAssigned { run } => Ok((seq, run)),
        _ => Err(Error::damaged("offline_run", "it names another entry than a record")),
    }
}
