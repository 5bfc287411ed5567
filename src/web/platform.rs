//! What the platform does: shops, groups, accounts, rules, orders, tokens and keys. Only calls the door.

use super::bearer::Caller;
use super::body::Body;
use super::error::Problem;
use super::openapi::Problems;
use super::reply::{self, Answer};
use super::wire::Hex;
use super::wire::platform::{
    Account, AccountCreated, AccountSettings, ApiKey, BuyerToken, Diversion, DiversionNow, GroupCreated, GroupSettings, NewAccount,
    NewApiKey, NewBuyerToken, NewShop, Order, OrderReport, RevokedToken, RulesSet, ShopCreated,
};
use super::wire::{key_id, parse_key_id};
use crate::domain::id::{AgentNo, GroupNo};
use actix_web::web::Path;

/// Creates a shop.
#[utoipa::path(post, path = "/v1/platform/shops", operation_id = "create_shop", tag = "platform", security(("platform" = ["shops"])),
    request_body = NewShop, responses((status = 201, description = "Created", body = ShopCreated), Problems))]
pub async fn create_shop(caller: Caller, body: Body<NewShop>) -> Answer {
    let NewShop { shop, name } = body.0;
    caller.door.create_shop(&caller.who, shop.clone(), name).await?;
    reply::created(&ShopCreated { shop })
}

/// Creates a group.
#[utoipa::path(post, path = "/v1/platform/shops/{shop}/groups", operation_id = "create_group", tag = "platform",
    security(("platform" = ["accounts"])), params(("shop" = String, Path)), request_body = GroupSettings,
    responses((status = 201, description = "Created", body = GroupCreated), Problems))]
pub async fn create_group(caller: Caller, shop: Path<String>, body: Body<GroupSettings>) -> Answer {
    let group = caller.door.create_group(&caller.who, &shop, body.0.into()).await?;
    reply::created(&GroupCreated { group: group.0 })
}

/// Sets a group's name and limit.
#[utoipa::path(put, path = "/v1/platform/shops/{shop}/groups/{group}", operation_id = "configure_group", tag = "platform",
    security(("platform" = ["accounts"])), params(("shop" = String, Path), ("group" = u32, Path)), request_body = GroupSettings,
    responses((status = 204, description = "Set"), Problems))]
pub async fn configure_group(caller: Caller, at: Path<(String, u32)>, body: Body<GroupSettings>) -> Answer {
    caller.door.configure_group(&caller.who, &at.0, GroupNo(at.1), body.0.into()).await?;
    reply::done()
}

/// Creates an account of the shop's staff.
#[utoipa::path(post, path = "/v1/platform/shops/{shop}/accounts", operation_id = "create_account", tag = "platform",
    security(("platform" = ["accounts"])), params(("shop" = String, Path)), request_body = NewAccount,
    responses((status = 201, description = "Created", body = AccountCreated), Problems))]
pub async fn create_account(caller: Caller, shop: Path<String>, body: Body<NewAccount>) -> Answer {
    let (login, name, password, role, settings) = body.0.parts();
    let agent = caller.door.create_account(&caller.who, &shop, login, name, password, role, settings).await?;
    reply::created(&AccountCreated { agent: agent.0 })
}

/// An account.
#[utoipa::path(get, path = "/v1/platform/shops/{shop}/accounts/{agent}", operation_id = "account", tag = "platform",
    security(("platform" = ["accounts"])), params(("shop" = String, Path), ("agent" = u32, Path)),
    responses((status = 200, description = "The account", body = Account), Problems))]
pub async fn account(caller: Caller, at: Path<(String, u32)>) -> Answer {
    reply::ok(&Account::from(caller.door.account(&caller.who, &at.0, AgentNo(at.1))?))
}

/// Sets an account's weight, limits, groups and whether it is enabled, as a whole.
#[utoipa::path(put, path = "/v1/platform/shops/{shop}/accounts/{agent}", operation_id = "configure_account", tag = "platform",
    security(("platform" = ["accounts"])), params(("shop" = String, Path), ("agent" = u32, Path)), request_body = AccountSettings,
    responses((status = 204, description = "Set"), Problems))]
pub async fn configure_account(caller: Caller, at: Path<(String, u32)>, body: Body<AccountSettings>) -> Answer {
    caller.door.configure_account(&caller.who, &at.0, AgentNo(at.1), body.0.into()).await?;
    reply::done()
}

/// The diversion rules.
#[utoipa::path(get, path = "/v1/platform/shops/{shop}/diversion", operation_id = "diversion", tag = "platform",
    security(("platform" = ["shops"])), params(("shop" = String, Path)),
    responses((status = 200, description = "The rules", body = DiversionNow), Problems))]
pub async fn diversion(caller: Caller, shop: Path<String>) -> Answer {
    reply::ok(&DiversionNow::from(caller.door.rules(&caller.who, &shop)?))
}

/// Replaces the diversion rules as a whole; the running ones stay on any error.
#[utoipa::path(put, path = "/v1/platform/shops/{shop}/diversion", operation_id = "set_diversion", tag = "platform",
    security(("platform" = ["shops"])), params(("shop" = String, Path)), request_body = Diversion,
    responses((status = 200, description = "Set", body = RulesSet), Problems))]
pub async fn set_diversion(caller: Caller, shop: Path<String>, body: Body<Diversion>) -> Answer {
    let version = caller.door.set_rules(&caller.who, &shop, body.0.try_into()?).await?;
    reply::ok(&RulesSet { version })
}

/// Reports an order or its change.
#[utoipa::path(put, path = "/v1/platform/shops/{shop}/orders/{order}", operation_id = "report_order", tag = "platform",
    security(("platform" = ["orders"])), params(("shop" = String, Path), ("order" = String, Path)), request_body = OrderReport,
    responses((status = 204, description = "Noted"), Problems))]
pub async fn report_order(caller: Caller, at: Path<(String, String)>, body: Body<OrderReport>) -> Answer {
    let (shop, order) = at.into_inner();
    caller.door.report_order(&caller.who, &shop, body.0.of(order)).await?;
    reply::done()
}

/// An order as it was last reported.
#[utoipa::path(get, path = "/v1/platform/shops/{shop}/orders/{order}", operation_id = "order", tag = "platform",
    security(("platform" = ["orders"])), params(("shop" = String, Path), ("order" = String, Path)),
    responses((status = 200, description = "The order", body = Order), Problems))]
pub async fn order(caller: Caller, at: Path<(String, String)>) -> Answer {
    reply::ok(&Order::from(caller.door.order(&caller.who, &at.0, &at.1)?))
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
