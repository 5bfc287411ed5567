//! What the platform may do: shops, groups, accounts, rules, orders, buyers' tokens, API keys.

use super::credential::{hash_of, new_token};
use super::{Door, check_name};
use crate::domain::conversation::conversation_id;
use crate::domain::diversion::{Group, Rules};
use crate::domain::event::{AgentSettings, Order, Role, Scope};
use crate::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope, TokenHash};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Account, Credential, Principal};
use crate::domain::{Effect, Reply, platform, shop};
use crate::limits;

impl Door {
    fn shop_of(&self, who: &Principal, needs: Scope, shop: &str) -> Result<ShopScope, Refusal> {
        self.platform(who, needs)?;
        self.read(|store| store.shop_by_name(shop))?.ok_or(Refusal::NotFound { what: "shop" })
    }

    async fn ask_shop(&self, scope: ShopScope, command: shop::Command) -> Result<Reply, Refusal> {
        self.submit(Effect::Shop(scope, command)).await
    }

    pub async fn create_shop(&self, who: &Principal, shop: String, name: String) -> Result<(), Refusal> {
        self.platform(who, Scope::Shops)?;
        let slug = (1..=limits::NAME_CHARS_MAX).contains(&shop.len())
            && shop.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !slug {
            return Err(Refusal::Invalid { field: "shop", problem: "1 to 64 of the characters a-z, 0-9 and -".into() });
        }
        check_name("name", &name)?;
        self.submit(Effect::Platform(platform::Command::CreateShop { shop, name })).await.map(drop)
    }

    #[allow(clippy::too_many_arguments)] // the fields of one request
    pub async fn create_account(
        &self,
        who: &Principal,
        shop: &str,
        login: String,
        name: String,
        password: String,
        role: Role,
        settings: AgentSettings,
    ) -> Result<AgentNo, Refusal> {
        let scope = self.shop_of(who, Scope::Accounts, shop)?;
        check_name("login", &login)?;
        check_name("name", &name)?;
        let password = self.hash_password(password).await?;
        match self.ask_shop(scope, shop::Command::CreateAccount { login, name, password, role, settings }).await? {
            Reply::AccountCreated { agent } => Ok(agent),
            _ => Err(Refusal::Internal),
        }
    }

    pub async fn configure_account(&self, who: &Principal, shop: &str, agent: AgentNo, settings: AgentSettings) -> Result<(), Refusal> {
        let scope = self.shop_of(who, Scope::Accounts, shop)?;
        self.ask_shop(scope, shop::Command::ConfigureAccount { agent, settings }).await.map(drop)
    }

    pub fn account(&self, who: &Principal, shop: &str, agent: AgentNo) -> Result<Account, Refusal> {
        let scope = self.shop_of(who, Scope::Accounts, shop)?;
        self.read(|store| store.account(scope, agent))?.ok_or(Refusal::NotFound { what: "account" })
    }

    pub async fn create_group(&self, who: &Principal, shop: &str, group: Group) -> Result<GroupNo, Refusal> {
        let scope = self.shop_of(who, Scope::Accounts, shop)?;
        check_name("name", &group.name)?;
        match self.ask_shop(scope, shop::Command::CreateGroup(group)).await? {
            Reply::GroupCreated { group } => Ok(group),
            _ => Err(Refusal::Internal),
        }
    }

    pub async fn configure_group(&self, who: &Principal, shop: &str, group: GroupNo, settings: Group) -> Result<(), Refusal> {
        let scope = self.shop_of(who, Scope::Accounts, shop)?;
        check_name("name", &settings.name)?;
        self.ask_shop(scope, shop::Command::ConfigureGroup { group, settings }).await.map(drop)
    }

    /// The new version of the rule set.
    pub async fn set_rules(&self, who: &Principal, shop: &str, rules: Rules) -> Result<u32, Refusal> {
        let scope = self.shop_of(who, Scope::Accounts, shop)?;
        for rule in &rules.rules {
            check_name("rules.name", &rule.name)?;
            if let Some(entry) = &rule.entry {
                check_name("rules.entry", entry)?;
            }
        }
        match self.ask_shop(scope, shop::Command::SetRules(rules)).await? {
            Reply::RulesSet { version } => Ok(version),
            _ => Err(Refusal::Internal),
        }
    }

    pub fn rules(&self, who: &Principal, shop: &str) -> Result<(Rules, u32), Refusal> {
        let scope = self.shop_of(who, Scope::Accounts, shop)?;
        let shop = self.read(|store| store.shop(scope))?.ok_or(Refusal::NotFound { what: "shop" })?;
        Ok((shop.rules, shop.version))
    }

    /// `reported_at` is stamped here.
    pub async fn report_order(&self, who: &Principal, shop: &str, mut order: Order) -> Result<(), Refusal> {
        let scope = self.shop_of(who, Scope::Orders, shop)?;
        check_name("order", &order.order)?;
        check_name("buyer", &order.buyer)?;
        check_name("status", &order.status)?;
        if order.items.len() > limits::ORDER_ITEMS_MAX || order.tracking.len() > limits::ORDER_ITEMS_MAX {
            return Err(Refusal::Invalid { field: "items", problem: format!("at most {}", limits::ORDER_ITEMS_MAX) });
        }
        order.reported_at = self.now();
        self.ask_shop(scope, shop::Command::ReportOrder(order)).await.map(drop)
    }

    pub fn order(&self, who: &Principal, shop: &str, order: &str) -> Result<Order, Refusal> {
        let scope = self.shop_of(who, Scope::Orders, shop)?;
        self.read(|store| store.order(scope, order))?.ok_or(Refusal::NotFound { what: "order" })
    }

    /// (token, conversation, expires)
    pub async fn issue_buyer_token(
        &self,
        who: &Principal,
        shop: &str,
        buyer: String,
        name: String,
        expires_in_s: u64,
    ) -> Result<(String, ConversationId, Millis), Refusal> {
        let scope = self.shop_of(who, Scope::BuyerTokens, shop)?;
        check_name("buyer", &buyer)?;
        if !name.is_empty() {
            check_name("name", &name)?;
        }
        let longest_s = limits::BUYER_TOKEN_MS_MAX / 1000;
        if !(1..=longest_s).contains(&expires_in_s) {
            return Err(Refusal::Invalid { field: "expires_in_s", problem: format!("1 to {longest_s}") });
        }
        let (token, hash) = new_token("flb")?;
        let conversation = conversation_id(scope, &buyer);
        let expires = self.now().plus(expires_in_s * 1000);
        self.ask_shop(scope, shop::Command::IssueBuyerToken { token: hash, buyer, name, conversation, expires }).await?;
        Ok((token, conversation, expires))
    }

    /// `token`: as it was issued. Open sockets of it are cut.
    pub async fn revoke_buyer_token(&self, who: &Principal, shop: &str, token: &str) -> Result<(), Refusal> {
        let scope = self.shop_of(who, Scope::BuyerTokens, shop)?;
        let token = hash_of(token);
        match self.read(|store| store.credential(&token))? {
            Some(Credential::Buyer { shop, .. }) if shop == scope => {}
            _ => return Err(Refusal::NotFound { what: "buyer's token" }),
        }
        self.ask_shop(scope, shop::Command::RevokeBuyerToken { token }).await.map(drop)
    }

    /// (key, its id). A key grants no more than its maker has.
    pub async fn issue_api_key(&self, who: &Principal, name: String, scopes: Vec<Scope>) -> Result<(String, TokenHash), Refusal> {
        self.platform(who, Scope::ApiKeys)?;
        check_name("name", &name)?;
        if scopes.is_empty() {
            return Err(Refusal::Invalid { field: "scopes", problem: "name at least one".into() });
        }
        for scope in &scopes {
            self.platform(who, *scope)?;
        }
        let (key, hash) = new_token("flk")?;
        self.submit(Effect::Platform(platform::Command::IssueApiKey { key: hash, name, scopes })).await?;
        Ok((key, hash))
    }

    pub async fn revoke_api_key(&self, who: &Principal, key: TokenHash) -> Result<(), Refusal> {
        self.platform(who, Scope::ApiKeys)?;
        self.submit(Effect::Platform(platform::Command::RevokeApiKey { key })).await.map(drop)
    }

    /// A key with every scope, for the program in whose process the server runs: it is the operator. Not reachable from outside.
    pub async fn issue_operators_key(&self) -> Result<String, Refusal> {
        let (key, hash) = Door::draw_key()?;
        self.issue_drawn_key(hash).await?;
        Ok(key)
    }

    /// A key that opens nothing yet, and its hash for [`Door::issue_drawn_key`].
    pub(crate) fn draw_key() -> Result<(String, TokenHash), Refusal> {
        new_token("flk")
    }

    /// From now on the drawn key opens everything of the platform's.
    pub(crate) async fn issue_drawn_key(&self, key: TokenHash) -> Result<(), Refusal> {
        let scopes = vec![Scope::Shops, Scope::Accounts, Scope::Orders, Scope::BuyerTokens, Scope::ApiKeys];
        let command = platform::Command::IssueApiKey { key, name: "operator".into(), scopes };
        self.submit(Effect::Platform(command)).await.map(drop)
    }
}
