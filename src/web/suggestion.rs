//! Suggestions 辅助推荐 over HTTP (ROB-1). Only calls the door.

use super::bearer::{Caller, ShopCaller};
use super::body::Body;
use super::openapi::Problems;
use super::reply::{self, Answer};
use super::staff::conversation_id;
use super::wire::suggestion::{NewSuggestion, Suggested};
use crate::limits::SUGGESTION_BYTES_MAX;
use actix_web::web::Path;
use serde::Deserialize;

/// The conversation of an address.
#[derive(Deserialize)]
pub struct AtConversation {
    conversation: String,
}

/// A body of as many texts as one offer may have.
type Texts = Body<NewSuggestion, SUGGESTION_BYTES_MAX>;

/// Offers answers, as an account that serves the buyer or looks after the shop. The offer before counts as ignored.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/suggestions", operation_id = "staff_suggest", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = NewSuggestion,
    responses((status = 200, description = "The suggestions are on disk", body = Suggested), Problems))]
pub async fn suggest(caller: ShopCaller, at: Path<AtConversation>, body: Texts) -> Answer {
    let id = conversation_id(&at.conversation)?;
    let suggested = caller.door.suggest(&caller.who, caller.shop(), id, body.0.into()).await?;
    reply::ok(&Suggested::from(suggested))
}

/// Offers answers to whoever serves the buyer. The offer before counts as ignored.
#[utoipa::path(post, path = "/v1/platform/shops/{shop}/conversations/{conversation}/suggestions", operation_id = "suggest",
    tag = "platform", security(("platform" = ["suggestions"])), params(("shop" = String, Path), ("conversation" = String, Path)),
    request_body = NewSuggestion, responses((status = 200, description = "The suggestions are on disk", body = Suggested), Problems))]
pub async fn platform_suggest(caller: ShopCaller, at: Path<AtConversation>, body: Texts) -> Answer {
    suggest(caller, at, body).await
}

/// Puts suggestions aside: they count as ignored. Of those that are no longer open nothing changes.
#[utoipa::path(delete, path = "/v1/staff/conversations/{conversation}/suggestions/{no}", operation_id = "staff_dismiss_suggestion",
    tag = "staff", security(("staff" = [])), params(("conversation" = String, Path), ("no" = u32, Path)),
    responses((status = 204, description = "Put aside"), Problems))]
pub async fn dismiss(caller: Caller, at: Path<(String, u32)>) -> Answer {
    caller.door.dismiss_suggestion(&caller.who, conversation_id(&at.0)?, at.1).await?;
    reply::done()
}
