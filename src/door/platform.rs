//! What the platform alone may do: shops, buyers' tokens, API keys.

use super::credential::{hash_of, new_token};
use super::{Door, check_name};
use crate::domain::conversation::conversation_id;
use crate::domain::event::Scope;
use crate::domain::id::{ConversationId, Millis, ShopScope, TokenHash};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Credential, Principal};
use crate::domain::{Effect, Reply, platform, shop};
use crate::limits;

impl Door {
    pub(super) fn shop_of(&self, who: &Principal, needs: Scope, shop: &str) -> Result<ShopScope, Refusal> {
        self.platform(who, needs)?;
        self.read(|store| store.shop_by_name(shop))?.ok_or(Refusal::NotFound { what: "shop" })
    }

    pub(super) async fn ask_shop(&self, scope: ShopScope, command: shop::Command) -> Result<Reply, Refusal> {
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

    /// A key revokes none that may more than it.
    pub async fn revoke_api_key(&self, who: &Principal, key: TokenHash) -> Result<(), Refusal> {
        self.platform(who, Scope::ApiKeys)?;
        if let Some(Credential::Platform { scopes, .. }) = self.read(|store| store.credential(&key))? {
            scopes.iter().try_for_each(|scope| self.platform(who, *scope))?;
        }
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
        use Scope::{Accounts, ApiKeys, BuyerTokens, Guard, Metrics, Notices, Orders, Shops, Suggestions};
        let scopes = vec![Shops, Accounts, Orders, BuyerTokens, ApiKeys, Notices, Guard, Suggestions, Metrics];
        let command = platform::Command::IssueApiKey { key, name: "operator".into(), scopes };
        self.submit(Effect::Platform(command)).await.map(drop)
    }
}
