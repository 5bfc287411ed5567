//! What a shop sets up, by its own staff or by the platform in its stead: groups, accounts, what is known of buyers; and the
//! record of who changed what (ACC-2). What that takes is a permission: to review, or to manage.

use super::{Door, check_name, check_word};
use crate::domain::conversation::conversation_id;
use crate::domain::desk::Desk;
use crate::domain::diversion::{Group, Settings};
use crate::domain::event::{Actor, AgentSettings, Event, Role, Ruling, Scope};
use crate::domain::facts::Profile;
use crate::domain::guard::{self, Approval};
use crate::domain::id::{AgentNo, GroupNo, ShopScope};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Account, Credential, Page, Principal};
use crate::domain::{Effect, Reply, conversation, shop};
use crate::limits;

/// A new account of the shop's staff.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub login: String,
    pub name: String,
    pub password: String,
    pub role: Role,
    pub settings: AgentSettings,
}

/// One change, as the shop recorded it.
#[derive(Clone, Debug)]
pub struct Audited {
    /// [`Event::Audited`], or one that says by itself who did what.
    pub event: Event,
    /// Where it set a document: what ran before.
    pub before: Option<Before>,
}

/// A document as it was before a change.
#[derive(Clone, Debug)]
pub enum Before {
    Diversion(Box<Settings>),
    Desk(Box<Desk>),
    Guard(Box<guard::Settings>),
    Words(Vec<String>),
    Approvals(Vec<Approval>),
}

impl Door {
    /// As [`Door::shop_who_may`], to look at the settings or to change them.
    pub(super) fn shop_as(&self, who: &Principal, shop: Option<&str>, change: bool) -> Result<(ShopScope, Actor), Refusal> {
        self.shop_who_may(who, shop, if change { Permission::Manage } else { Permission::Review })
    }

    /// Which shop, and who asks. `shop`: its name where the platform asks, whose key must have the scope `accounts`; None: the shop
    /// of the session, whose account `needs` this permission.
    pub(super) fn shop_who_may(&self, who: &Principal, shop: Option<&str>, needs: Permission) -> Result<(ShopScope, Actor), Refusal> {
        self.shop_with(who, shop, Scope::Accounts, needs)
    }

    /// As [`Door::shop_who_may`]; the platform's key must have `scope`.
    pub(super) fn shop_with(
        &self,
        who: &Principal,
        shop: Option<&str>,
        scope: Scope,
        needs: Permission,
    ) -> Result<(ShopScope, Actor), Refusal> {
        if let Some(shop) = shop {
            let scope = self.shop_of(who, scope, shop)?;
            return match &who.credential {
                Credential::Platform { name, .. } => Ok((scope, Actor::Platform(name.clone()))),
                _ => Err(Refusal::Internal),
            };
        }
        let staff = self.staff_who_may(who, needs)?;
        Ok((staff.scope, Actor::Account(staff.agent)))
    }

    pub async fn create_account(&self, who: &Principal, shop: Option<&str>, new: NewAccount) -> Result<AgentNo, Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        let NewAccount { login, name, password, role, settings } = new;
        check_name("login", &login)?;
        check_name("name", &name)?;
        let password = self.hash_password(password).await?;
        match self.ask_shop(scope, shop::Command::CreateAccount { login, name, password, role, settings, by }).await? {
            Reply::AccountCreated { agent } => Ok(agent),
            _ => Err(Refusal::Internal),
        }
    }

    pub async fn configure_account(
        &self,
        who: &Principal,
        shop: Option<&str>,
        agent: AgentNo,
        settings: AgentSettings,
    ) -> Result<(), Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        if by == Actor::Account(agent) && !settings.enabled {
            return Err(Refusal::Invalid { field: "enabled", problem: "this is your own account; nobody could undo it".into() });
        }
        self.ask_shop(scope, shop::Command::ConfigureAccount { agent, settings, by }).await.map(drop)
    }

    /// Gives an account another role. All its sessions end.
    pub async fn set_role(&self, who: &Principal, shop: Option<&str>, agent: AgentNo, role: Role) -> Result<(), Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        self.ask_shop(scope, shop::Command::SetRole { agent, role, by }).await.map(drop)
    }

    pub fn account(&self, who: &Principal, shop: Option<&str>, agent: AgentNo) -> Result<Account, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        self.read(|store| store.account(scope, agent))?.ok_or(Refusal::NotFound { what: "account" })
    }

    /// The accounts after number `after`, by number, at most `limit`; the cursor is the last one's number.
    pub fn accounts(&self, who: &Principal, shop: Option<&str>, after: AgentNo, limit: usize) -> Result<Page<Account, AgentNo>, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        let mut rows = self.read(|store| store.accounts_after(scope, after, limit + 1))?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().map(|account| account.agent).filter(|_| more);
        Ok(Page { rows, next })
    }

    /// The staff's own shop, for whoever sets a group's welcome text.
    fn writes_team_texts(&self, who: &Principal, shop: Option<&str>) -> Option<(ShopScope, Actor)> {
        shop.is_none().then(|| self.shop_who_may(who, None, Permission::TeamTexts).ok())?
    }

    /// All groups; group n is at n − 1.
    pub fn groups(&self, who: &Principal, shop: Option<&str>) -> Result<Vec<Group>, Refusal> {
        let (scope, _) = self.writes_team_texts(who, shop).map_or_else(|| self.shop_as(who, shop, false), Ok)?;
        Ok(self.read(|store| store.shop(scope))?.ok_or(Refusal::NotFound { what: "shop" })?.groups)
    }

    pub async fn create_group(&self, who: &Principal, shop: Option<&str>, settings: Group) -> Result<GroupNo, Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        check_name("name", &settings.name)?;
        match self.ask_shop(scope, shop::Command::CreateGroup { settings, by }).await? {
            Reply::GroupCreated { group } => Ok(group),
            _ => Err(Refusal::Internal),
        }
    }

    /// To change the welcome text alone takes the permission for the team's texts; the shop looks at what is changed.
    pub async fn configure_group(&self, who: &Principal, shop: Option<&str>, group: GroupNo, settings: Group) -> Result<(), Refusal> {
        let (scope, by) = self.writes_team_texts(who, shop).map_or_else(|| self.shop_as(who, shop, true), Ok)?;
        check_name("name", &settings.name)?;
        self.ask_shop(scope, shop::Command::ConfigureGroup { group, settings, by }).await.map(drop)
    }

    /// What is known of a buyer; the defaults of one who was never heard of.
    pub fn profile(&self, who: &Principal, shop: Option<&str>, buyer: &str) -> Result<Profile, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        check_name("buyer", buyer)?;
        self.read(|store| store.profile(scope, conversation_id(scope, buyer)))
    }

    pub async fn set_profile(&self, who: &Principal, shop: Option<&str>, buyer: String, profile: Profile) -> Result<(), Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        check_name("buyer", &buyer)?;
        if profile.tags.len() > limits::TAGS_MAX {
            return Err(Refusal::Invalid { field: "tags", problem: format!("at most {}", limits::TAGS_MAX) });
        }
        profile.tags.iter().try_for_each(|tag| check_name("tags", tag))?;
        let words = [("level", &profile.level), ("region", &profile.region), ("language", &profile.language)];
        words.into_iter().try_for_each(|(field, word)| check_word(field, word))?;
        if let Some(agent) = profile.dedicated
            && self.read(|store| store.account(scope, agent))?.is_none()
        {
            return Err(Refusal::Invalid { field: "dedicated", problem: format!("there is no account {}", agent.0) });
        }
        let conversation = conversation_id(scope, &buyer);
        let desk = self.desk(scope)?;
        let command = conversation::Command::SetProfile { buyer, profile, by, desk };
        self.submit(Effect::Conversation(scope, conversation, command)).await.map(drop)
    }

    /// Who changed what, newest first. The cursor is the feed's.
    pub fn audit(&self, who: &Principal, shop: Option<&str>, before: Option<u64>, limit: usize) -> Result<Page<Audited, u64>, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        let limit = limit.min(limits::DOCUMENT_ROWS_MAX);
        let mut found = self.read(|store| store.audit(scope, before, limit + 1))?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().map(|(seq, _)| *seq).filter(|_| more);
        let audited = |(seq, event): (u64, Event)| {
            let before = match &event {
                Event::SettingsSet { version, .. } => Some(Before::Diversion(self.content(scope, version.saturating_sub(1))?)),
                Event::DeskSet { version, .. } => Some(Before::Desk(self.desk_content(scope, version.saturating_sub(1))?)),
                Event::Ruled { version, what: Ruling::Guard { .. }, .. } => {
                    Some(Before::Guard(self.guard_content(scope, version.saturating_sub(1))?))
                }
                Event::Ruled { version, what: Ruling::Words { .. }, .. } => {
                    Some(Before::Words(self.words_content(scope, version.saturating_sub(1))?))
                }
                Event::Ruled { what: Ruling::Approvals { .. }, .. } => {
                    Some(Before::Approvals(self.read(|store| store.approvals_before(scope, seq))?))
                }
                _ => None,
            };
            Ok(Audited { event, before })
        };
        Ok(Page { rows: found.into_iter().map(audited).collect::<Result<_, Refusal>>()?, next })
    }
}
