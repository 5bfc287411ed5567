//! JSON of what the platform alone does: shops, buyers' tokens, API keys.

use super::{Hex, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new shop 店铺.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShop {
    /// 1 to 64 of a-z, 0-9 and hyphen.
    #[schema(example = "tea-house")]
    pub shop: String,
    #[schema(example = "茶馆")]
    pub name: String,
}

#[derive(Serialize, ToSchema)]
pub struct ShopCreated {
    pub shop: String,
}

/// Asks for a buyer's token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBuyerToken {
    /// The platform's own id of the buyer.
    pub buyer: String,
    #[serde(default)]
    pub name: String,
    /// Seconds.
    pub expires_in_s: u64,
}

#[derive(Serialize, ToSchema)]
pub struct BuyerToken {
    pub token: String,
    #[schema(value_type = String)]
    pub conversation: Hex,
    /// Milliseconds since the epoch.
    pub expires_at: u64,
}

/// Takes a buyer's token back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokedToken {
    pub token: String,
}

/// Asks for an API key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    pub name: String,
    pub scopes: Vec<Scope>,
}

/// An API key; the only time it is shown.
#[derive(Serialize, ToSchema)]
pub struct ApiKey {
    pub key: String,
    /// 64 hexadecimal digits, to revoke it by.
    pub id: String,
}
