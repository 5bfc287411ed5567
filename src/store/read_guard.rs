//! What the guard works by, and what it kept.

use super::columns::Column;
use super::keys::{self, Document};
use super::scan::Order;
use super::{Error, Store};
use crate::domain::event::{Event, Ruling};
use crate::domain::guard::conduct::{Conduct, Question};
use crate::domain::guard::standing::Standing;
use crate::domain::guard::{Approval, Settings};
use crate::domain::id::{AgentNo, ShopScope};

/// What a shop set of its guard, and in which versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guarding {
    pub settings: Box<Settings>,
    pub version: u32,
    pub approvals: Vec<Approval>,
    pub words_version: u32,
}

impl Store {
    /// None: there is no such shop.
    pub fn guarding(&self, scope: ShopScope) -> Result<Option<Guarding>, Error> {
        Ok(self.shop_head(scope)?.map(|shop| Guarding {
            settings: shop.guard,
            version: shop.guard_version,
            approvals: shop.approvals,
            words_version: shop.words_version,
        }))
    }

    /// One version of the settings of the guard.
    pub fn guard_version(&self, scope: ShopScope, version: u32) -> Result<Option<Box<Settings>>, Error> {
        match self.one_version(scope, Document::Guard, version)? {
            None => Ok(None),
            Some(Event::Ruled { what: Ruling::Guard { settings }, .. }) => Ok(Some(settings)),
            Some(_) => Err(other()),
        }
    }

    /// One version of the banned words; 0: none.
    pub fn words(&self, scope: ShopScope, version: u32) -> Result<Option<Vec<String>>, Error> {
        match self.one_version(scope, Document::Words, version)? {
            None => Ok((version == 0).then(Vec::new)),
            Some(Event::Ruled { what: Ruling::Words { words }, .. }) => Ok(Some(words)),
            Some(_) => Err(other()),
        }
    }

    /// The approvals that were set last before entry `seq` of the feed.
    pub fn approvals_before(&self, scope: ShopScope, seq: u64) -> Result<Vec<Approval>, Error> {
        let from = keys::version_prefix(scope, Document::Approvals, 0);
        let mut to = from.clone();
        to.extend_from_slice(&seq.to_be_bytes());
        match self.pointed_at(Column::SettingsVersion, (from, to), Order::Descending, 1)?.pop() {
            None => Ok(Vec::new()),
            Some((_, Event::Ruled { what: Ruling::Approvals { approvals }, .. })) => Ok(approvals),
            Some(_) => Err(other()),
        }
    }

    /// What the platform set for all shops, and its version; 0: the defaults.
    pub fn conduct(&self) -> Result<(Box<Conduct>, u32), Error> {
        match self.last_version(ShopScope::PLATFORM, Document::Conduct)? {
            None => Ok(Default::default()),
            Some(Event::Ruled { version, what: Ruling::Conduct { conduct }, .. }) => Ok((conduct, version)),
            Some(_) => Err(other()),
        }
    }

    /// The questions of the test, and their version; 0: nobody has set any.
    pub fn questions(&self) -> Result<(Vec<Question>, u32), Error> {
        match self.last_version(ShopScope::PLATFORM, Document::Questions)? {
            None => Ok(Default::default()),
            Some(Event::Ruled { version, what: Ruling::Questions { questions }, .. }) => Ok((questions, version)),
            Some(_) => Err(other()),
        }
    }

    /// How an account stands. None: there is no such account.
    pub fn standing(&self, scope: ShopScope, agent: AgentNo) -> Result<Option<Standing>, Error> {
        Ok(self.agent_head(scope, agent)?.map(|head| head.standing))
    }
}

fn other() -> Error {
    Error::damaged("settings_version", "it names another entry than a version")
}
