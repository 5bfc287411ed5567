//! What the guard works by: a shop's settings, words and approvals, and what the platform sets for all shops. And the question what
//! it would say of a text, which sends and records nothing.

use super::{Door, check_text};
use crate::domain::event::{Actor, Scope};
use crate::domain::guard::conduct::{Conduct, Question};
use crate::domain::guard::{Approval, Cleared, Finding, Settings, Voice};
use crate::domain::id::ShopScope;
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Credential, Principal};
use crate::domain::{Effect, Reply, platform, shop};
use crate::limits;
use crate::store::Guarding;

impl Door {
    /// Which shop, and who asks; the platform's key must have the scope `guard`.
    pub(super) fn guarded_shop(&self, who: &Principal, shop: Option<&str>, needs: Permission) -> Result<(ShopScope, Actor), Refusal> {
        self.shop_with(who, shop, Scope::Guard, needs)
    }

    /// A key of the platform that decides on the guard.
    pub(super) fn guard_platform(&self, who: &Principal) -> Result<Actor, Refusal> {
        self.platform(who, Scope::Guard)?;
        match &who.credential {
            Credential::Platform { name, .. } => Ok(Actor::Platform(name.clone())),
            _ => Err(Refusal::Internal),
        }
    }

    /// What the shop set of its guard, and in which versions.
    pub fn guard_settings(&self, who: &Principal, shop: Option<&str>) -> Result<Guarding, Refusal> {
        let (scope, _) = self.guarded_shop(who, shop, Permission::Review)?;
        self.read(|store| store.guarding(scope))?.ok_or(Refusal::NotFound { what: "shop" })
    }

    /// Replaces the settings: the new version. `based_on`: the version that was edited.
    pub async fn set_guard(
        &self,
        who: &Principal,
        shop: Option<&str>,
        settings: Box<Settings>,
        based_on: Option<u32>,
    ) -> Result<u32, Refusal> {
        let (scope, by) = self.guarded_shop(who, shop, Permission::Manage)?;
        version_of(self.ask_shop(scope, shop::Command::SetGuard { settings, by, based_on }).await?)
    }

    /// The banned words 禁用语.
    pub fn words(&self, who: &Principal, shop: Option<&str>) -> Result<Vec<String>, Refusal> {
        let version = self.guard_settings(who, shop)?.words_version;
        let (scope, _) = self.guarded_shop(who, shop, Permission::Review)?;
        self.words_content(scope, version)
    }

    /// Replaces the banned words: their new version. One word a line; faults name the line.
    pub async fn set_words(&self, who: &Principal, shop: Option<&str>, words: Vec<String>, based_on: Option<u32>) -> Result<u32, Refusal> {
        let (scope, by) = self.guarded_shop(who, shop, Permission::Manage)?;
        version_of(self.ask_shop(scope, shop::Command::SetWords { words, by, based_on }).await?)
    }

    /// The approvals 报备 of the shop.
    pub fn approvals(&self, who: &Principal, shop: Option<&str>) -> Result<Vec<Approval>, Refusal> {
        Ok(self.guard_settings(who, shop)?.approvals)
    }

    /// Replaces the approvals. The platform's alone: it approves.
    pub async fn set_approvals(&self, who: &Principal, shop: &str, approvals: Vec<Approval>) -> Result<(), Refusal> {
        let (scope, by) = (self.shop_of(who, Scope::Guard, shop)?, self.guard_platform(who)?);
        self.ask_shop(scope, shop::Command::SetApprovals { approvals, by }).await.map(drop)
    }

    /// What counts as automatic sending and what follows a violation, and its version; 0: the defaults.
    pub fn conduct(&self, who: &Principal) -> Result<(Box<Conduct>, u32), Refusal> {
        self.guard_platform(who)?;
        self.read(|store| store.conduct())
    }

    /// `based_on`: the version that was edited.
    pub async fn set_conduct(&self, who: &Principal, conduct: Box<Conduct>, based_on: Option<u32>) -> Result<u32, Refusal> {
        let by = self.guard_platform(who)?;
        version_of(self.submit(Effect::Platform(platform::Command::SetConduct { conduct, by, based_on })).await?)
    }

    /// The questions of the test, with their answers, and their version; 0: nobody has set any.
    pub fn questions(&self, who: &Principal) -> Result<(Vec<Question>, u32), Refusal> {
        self.guard_platform(who)?;
        self.read(|store| store.questions())
    }

    /// `based_on`: the version that was edited.
    pub async fn set_questions(&self, who: &Principal, questions: Vec<Question>, based_on: Option<u32>) -> Result<u32, Refusal> {
        let by = self.guard_platform(who)?;
        version_of(self.submit(Effect::Platform(platform::Command::SetQuestions { questions, by, based_on })).await?)
    }

    /// What the guard would say of a text now. Nothing is sent or recorded.
    pub async fn try_text(
        &self,
        who: &Principal,
        shop: Option<&str>,
        text: String,
        voice: Voice,
    ) -> Result<Result<Cleared, Vec<Finding>>, Refusal> {
        let scope = match self.staff(who) {
            Ok(staff) if shop.is_none() && staff.may(Permission::Serve) => staff.scope,
            _ => self.guarded_shop(who, shop, Permission::Review)?.0,
        };
        check_text("text", &text, limits::MESSAGE_CHARS_MAX)?;
        Ok(self.guard(scope).await?.clear(text, voice, self.now()))
    }

    /// What a version of the settings says; 0: the defaults.
    pub(super) fn guard_content(&self, scope: ShopScope, version: u32) -> Result<Box<Settings>, Refusal> {
        if version == 0 {
            return Ok(Box::default());
        }
        self.read(|store| store.guard_version(scope, version))?.ok_or(Refusal::NotFound { what: "version" })
    }

    /// A version of the banned words; 0: none.
    pub(super) fn words_content(&self, scope: ShopScope, version: u32) -> Result<Vec<String>, Refusal> {
        self.read(|store| store.words(scope, version))?.ok_or(Refusal::NotFound { what: "version" })
    }
}

fn version_of(reply: Reply) -> Result<u32, Refusal> {
    match reply {
        Reply::SettingsSet { version } => Ok(version),
        _ => Err(Refusal::Internal),
    }
}
