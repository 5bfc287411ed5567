//! What the platform alone does: shops, tokens and keys. Only calls the door.

use super::bearer::Caller;
use super::body::Body;
use super::error::Problem;
use super::openapi::Problems;
use super::reply::{self, Answer};
use super::wire::Hex;
use super::wire::platform::{ApiKey, BuyerToken, NewApiKey, NewBuyerToken, NewShop, RevokedToken, ShopCreated};
use super::wire::{key_id, parse_key_id};
use actix_web::web::Path;

/// Creates a shop.
#[utoipa::path(post, path = "/v1/platform/shops", operation_id = "create_shop", tag = "platform", security(("platform" = ["shops"])),
    request_body = NewShop, responses((status = 201, description = "Created", body = ShopCreated), Problems))]
pub async fn create_shop(caller: Caller, body: Body<NewShop>) -> Answer {
    let NewShop { shop, name } = body.0;
    caller.door.create_shop(&caller.who, shop.clone(), name).await?;
    reply::created(&ShopCreated { shop })
}

/// Issues a buyer's token.
#[utoipa::path(post, path = "/v1/platform/shops/{shop}/buyer-tokens", operation_id = "issue_buyer_token", tag = "platform",
    security(("platform" = ["buyer_tokens"])), params(("shop" = String, Path)), request_body = NewBuyerToken,
    responses((status = 201, description = "Issued", body = BuyerToken), Problems))]
pub async fn issue_buyer_token(caller: Caller, shop: Path<String>, body: Body<NewBuyerToken>) -> Answer {
    let NewBuyerToken { buyer, name, expires_in_s } = body.0;
    let (token, conversation, expires) = caller.door.issue_buyer_token(&caller.who, &shop, buyer, name, expires_in_s).await?;
    reply::created(&BuyerToken { token, conversation: Hex(conversation), expires_at: expires.0 })
}

/// Takes a buyer's token back, at once.
#[utoipa::path(post, path = "/v1/platform/shops/{shop}/buyer-tokens/revoke", operation_id = "revoke_buyer_token", tag = "platform",
    security(("platform" = ["buyer_tokens"])), params(("shop" = String, Path)), request_body = RevokedToken,
    responses((status = 204, description = "Revoked"), Problems))]
pub async fn revoke_buyer_token(caller: Caller, shop: Path<String>, body: Body<RevokedToken>) -> Answer {
    caller.door.revoke_buyer_token(&caller.who, &shop, &body.0.token).await?;
    reply::done()
}

/// Issues an API key.
#[utoipa::path(post, path = "/v1/platform/api-keys", operation_id = "issue_api_key", tag = "platform",
    security(("platform" = ["api_keys"])), request_body = NewApiKey,
    responses((status = 201, description = "Issued", body = ApiKey), Problems))]
pub async fn issue_api_key(caller: Caller, body: Body<NewApiKey>) -> Answer {
    let NewApiKey { name, scopes } = body.0;
    let scopes = scopes.into_iter().map(Into::into).collect();
    let (key, hash) = caller.door.issue_api_key(&caller.who, name, scopes).await?;
    reply::created(&ApiKey { key, id: key_id(&hash) })
}

/// Revokes an API key, at once.
#[utoipa::path(delete, path = "/v1/platform/api-keys/{id}", operation_id = "revoke_api_key", tag = "platform",
    security(("platform" = ["api_keys"])), params(("id" = String, Path, description = "64 hexadecimal digits")),
    responses((status = 204, description = "Revoked"), Problems))]
pub async fn revoke_api_key(caller: Caller, id: Path<String>) -> Answer {
    let key = parse_key_id(&id).ok_or_else(|| Problem::invalid("id", "64 lower-case hexadecimal digits"))?;
    caller.door.revoke_api_key(&caller.who, key).await?;
    reply::done()
}
