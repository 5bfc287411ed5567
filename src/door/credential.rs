//! Credentials (ACC-1): opaque 256-bit random tokens, stored as SHA-256, checked on every use, forgotten when revoked.

use super::{Door, check_word};
use crate::domain::agent;
use crate::domain::event::{Role, Scope};
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope, TokenHash};
use crate::domain::permission::{Permission, Permissions};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Credential, Principal};
use crate::domain::{Effect, Reply};
use crate::limits;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Credentials kept in memory; beyond that the cache starts afresh.
const CACHED_MAX: usize = 200_000;

/// A hash of no password, compared with where there is no account, so that both cases take the same time.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$ZGqDhdFwHkEJOZIsNHk0wl6bxVvE4SY9eqJr8oP0a2k";

/// A member of staff who is logged in.
#[derive(Clone, Copy)]
pub(super) struct Staff {
    pub scope: ShopScope,
    pub agent: AgentNo,
    pub role: Role,
    pub permissions: Permissions,
}

impl Staff {
    /// Whether its role grants this.
    pub fn may(self, what: Permission) -> bool {
        self.permissions.has(what)
    }

    /// Refuses, by name, what its role does not grant.
    pub fn must(self, needs: Permission) -> Result<(), Refusal> {
        if self.may(needs) { Ok(()) } else { Err(Refusal::Forbidden { needs: needs.name() }) }
    }

    /// May see, and where it serves, act on what others own.
    pub fn oversees(self) -> bool {
        self.may(Permission::Oversee)
    }
}

/// A buyer with a token.
pub(super) struct Buyer<'a> {
    pub scope: ShopScope,
    pub conversation: ConversationId,
    pub buyer: &'a str,
    pub name: &'a str,
}

/// SHA-256 of a token: what is stored in its stead.
pub(super) fn hash_of(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// A new token: a readable prefix and 256 random bits.
pub(super) fn new_token(prefix: &str) -> Result<(String, TokenHash), Refusal> {
    let mut random = [0u8; 32];
    getrandom::fill(&mut random).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        Refusal::Internal
    })?;
    let mut token = String::with_capacity(prefix.len() + 65);
    token.push_str(prefix);
    token.push('_');
    random.iter().for_each(|b| token.push_str(&format!("{b:02x}")));
    let hash = hash_of(&token);
    Ok((token, hash))
}

impl Door {
    /// Who this bearer token belongs to.
    pub fn authenticate(&self, bearer: &str) -> Result<Arc<Principal>, Refusal> {
        let token = hash_of(bearer);
        let credentials = &self.inner.registry.credentials;
        let known = credentials.get(&token).map(|p| p.clone());
        let principal = match known {
            Some(principal) => principal,
            None => {
                let credential = self.read(|store| store.credential(&token))?.ok_or(Refusal::Unauthenticated)?;
                let principal = Arc::new(Principal { token, credential });
                if credentials.len() >= CACHED_MAX {
                    credentials.clear();
                }
                credentials.insert(token, principal.clone());
                // A revocation that became durable between the look-up and the insertion has already been forgotten once.
                if self.read(|store| store.credential(&token))?.is_none() {
                    credentials.remove(&token);
                    return Err(Refusal::Unauthenticated);
                }
                principal
            }
        };
        if expires(&principal.credential).is_some_and(|at| at <= self.now()) {
            return Err(Refusal::Unauthenticated);
        }
        Ok(principal)
    }

    pub(super) fn forget_expired_credentials(&self) {
        let now = self.now();
        self.inner.registry.credentials.retain(|_, p| expires(&p.credential).is_none_or(|at| at > now));
    }

    /// Refuses a credential that ended since it was shown: a body may arrive seconds after its head, a socket lives for hours.
    fn still(&self, who: &Principal) -> Result<(), Refusal> {
        let held = self.inner.registry.credentials.contains_key(&who.token) || self.read(|store| store.credential(&who.token))?.is_some();
        let ended = expires(&who.credential).is_some_and(|at| at <= self.now());
        if held && !ended { Ok(()) } else { Err(Refusal::Unauthenticated) }
    }

    pub(super) fn staff(&self, who: &Principal) -> Result<Staff, Refusal> {
        self.still(who)?;
        match &who.credential {
            Credential::Staff { shop, agent, role, .. } => {
                let permissions = match role {
                    Role::Own(_) => role.permissions(&self.desk(*shop)?.roles),
                    _ => role.permissions(&[]),
                };
                Ok(Staff { scope: *shop, agent: *agent, role: *role, permissions })
            }
            _ => Err(Refusal::Forbidden { needs: "a staff session" }),
        }
    }

    /// The one place where a permission is asked for (ACC-1).
    pub(super) fn staff_who_may(&self, who: &Principal, needs: Permission) -> Result<Staff, Refusal> {
        let staff = self.staff(who)?;
        staff.must(needs)?;
        Ok(staff)
    }

    pub(super) fn buyer<'a>(&self, who: &'a Principal) -> Result<Buyer<'a>, Refusal> {
        self.still(who)?;
        match &who.credential {
            Credential::Buyer { shop, buyer, name, conversation, .. } => {
                Ok(Buyer { scope: *shop, conversation: *conversation, buyer, name })
            }
            _ => Err(Refusal::Forbidden { needs: "a buyer's token" }),
        }
    }

    pub(super) fn platform(&self, who: &Principal, needs: Scope) -> Result<(), Refusal> {
        self.still(who)?;
        match &who.credential {
            Credential::Platform { scopes, .. } if scopes.contains(&needs) => Ok(()),
            Credential::Platform { .. } => Err(Refusal::Forbidden { needs: scope_name(needs) }),
            _ => Err(Refusal::Forbidden { needs: "an API key of the platform" }),
        }
    }

    /// A read of the store; an error there is logged and told as internal.
    pub(super) fn read<T>(&self, read: impl FnOnce(&crate::store::Store) -> Result<T, crate::store::Error>) -> Result<T, Refusal> {
        read(&self.inner.registry.store).map_err(|error| {
            tracing::error!(%error, "a read failed");
            Refusal::Internal
        })
    }

    /// Opens a session: (token, agent, expires). `client`: the name that the client gives itself (GRD-6); empty: none.
    pub async fn log_in(&self, shop: &str, login: &str, password: String, client: String) -> Result<(String, AgentNo, Millis), Refusal> {
        check_word("client", &client)?;
        let account = match self.read(|store| store.shop_by_name(shop))? {
            Some(scope) => self.read(|store| store.account_by_login(scope, login))?.map(|account| (scope, account)),
            None => None,
        };
        let stored = account.as_ref().map_or_else(|| NOBODY.to_owned(), |(_, a)| a.password.clone());
        let password_right = self.compare(password, stored).await?;
        let Some((scope, account)) = account else { return Err(Refusal::WrongPassword) };
        let (token, hash) = new_token("fls")?;
        let command = agent::Command::LogIn { password_right, token: hash, client };
        match self.submit(Effect::Agent(scope, account.agent, command)).await? {
            Reply::SessionOpened { agent, expires } => Ok((token, agent, expires)),
            Reply::LogInRefused => Err(Refusal::WrongPassword),
            _ => Err(Refusal::Internal),
        }
    }

    /// Ends this session.
    pub async fn log_out(&self, who: &Principal) -> Result<(), Refusal> {
        let staff = self.staff(who)?;
        let command = agent::Command::LogOut { token: who.token };
        self.submit(Effect::Agent(staff.scope, staff.agent, command)).await.map(drop)
    }

    /// Compares off the lanes: it takes milliseconds by design.
    async fn compare(&self, password: String, stored: String) -> Result<bool, Refusal> {
        let _place = self.inner.comparisons_waiting.try_acquire().map_err(|_| {
            self.inner.registry.metrics.refused();
            Refusal::Overloaded { retry_after_s: 1 }
        })?;
        let _one = self.inner.comparisons.acquire().await.map_err(|_| Refusal::Stopping)?;
        let compare = move || {
            password.len() <= limits::PASSWORD_BYTES_MAX
                && PasswordHash::new(&stored).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        };
        tokio::task::spawn_blocking(compare).await.map_err(|_| Refusal::Internal)
    }

    /// The argon2 string of a new password.
    pub(super) async fn hash_password(&self, password: String) -> Result<String, Refusal> {
        let length = password.len();
        if !(limits::PASSWORD_BYTES_MIN..=limits::PASSWORD_BYTES_MAX).contains(&length) {
            let problem = format!("{} to {} bytes", limits::PASSWORD_BYTES_MIN, limits::PASSWORD_BYTES_MAX);
            return Err(Refusal::Invalid { field: "password", problem });
        }
        let _one = self.inner.comparisons.acquire().await.map_err(|_| Refusal::Stopping)?;
        let hash = move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string());
        tokio::task::spawn_blocking(hash).await.ok().and_then(Result::ok).ok_or(Refusal::Internal)
    }
}

/// When a credential ends by itself.
pub(super) fn expires(credential: &Credential) -> Option<Millis> {
    match credential {
        Credential::Platform { .. } => None,
        Credential::Staff { expires, .. } | Credential::Buyer { expires, .. } => Some(*expires),
    }
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Shops => "an API key with the scope `shops`",
        Scope::Accounts => "an API key with the scope `accounts`",
        Scope::Orders => "an API key with the scope `orders`",
        Scope::BuyerTokens => "an API key with the scope `buyer_tokens`",
        Scope::ApiKeys => "an API key with the scope `api_keys`",
        Scope::Notices => "an API key with the scope `notices`",
        Scope::Guard => "an API key with the scope `guard`",
        Scope::Suggestions => "an API key with the scope `suggestions`",
        Scope::Metrics => "an API key with the scope `metrics`",
    }
}
