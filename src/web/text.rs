//! Texts of a shop over HTTP: quick phrases, templates, welcome texts, usage, the set-up check list (SPEC section 5). Only calls the
//! door. Who changes a text is an account, so the platform has the reports only.

use super::bearer::{Caller, ShopCaller};
use super::body::Body;
use super::buyer::accepted;
use super::error::Problem;
use super::openapi::Problems;
use super::params::{DayWindow, SoughtText};
use super::reply::{self, Answer};
use super::staff::conversation_id;
use super::wire::talk::Accepted;
use super::wire::text::{
    NewPhrase, NewTemplate, NewTemplateAnswer, NewWelcome, PhraseRow, Phrases, Rendered, SetUp, Templates, TextNumber, Usage,
};
use crate::domain::id::GroupNo;
use crate::domain::schedule::Day;
use crate::door::{FoundPhrase, Sought, Whose};
use actix_web::web::Path;

impl From<SoughtText> for Sought {
    fn from(sought: SoughtText) -> Sought {
        Sought { typed: sought.find, product: sought.product }
    }
}

fn listed(found: &[FoundPhrase]) -> Answer {
    reply::ok(&Phrases { phrases: found.iter().map(PhraseRow::from).collect() })
}

async fn add(caller: Caller, whose: Whose, body: Body<NewPhrase>) -> Answer {
    reply::created(&TextNumber { no: caller.door.set_phrase(&caller.who, whose, None, body.0.into()).await? })
}

async fn set(caller: Caller, whose: Whose, no: u32, body: Body<NewPhrase>) -> Answer {
    caller.door.set_phrase(&caller.who, whose, Some(no), body.0.into()).await?;
    reply::done()
}

async fn remove(caller: Caller, whose: Whose, no: u32) -> Answer {
    caller.door.remove_phrase(&caller.who, whose, no).await?;
    reply::done()
}

/// The phrases of the whole shop, by intent: those sought, or all.
#[utoipa::path(get, path = "/v1/staff/shop/phrases", operation_id = "team_phrases", tag = "shop", security(("staff" = [])),
    params(SoughtText), responses((status = 200, description = "The phrases", body = Phrases), Problems))]
pub async fn team_phrases(caller: Caller, sought: SoughtText) -> Answer {
    listed(&caller.door.phrases(&caller.who, Whose::Team, &sought.into())?)
}

/// Adds a phrase for the whole shop. At most 50.
#[utoipa::path(post, path = "/v1/staff/shop/phrases", operation_id = "add_team_phrase", tag = "shop", security(("staff" = [])),
    request_body = NewPhrase, responses((status = 201, description = "Added", body = TextNumber), Problems))]
pub async fn add_team_phrase(caller: Caller, body: Body<NewPhrase>) -> Answer {
    add(caller, Whose::Team, body).await
}

/// Changes a phrase of the whole shop.
#[utoipa::path(put, path = "/v1/staff/shop/phrases/{no}", operation_id = "set_team_phrase", tag = "shop", security(("staff" = [])),
    params(("no" = u32, Path)), request_body = NewPhrase, responses((status = 204, description = "Set"), Problems))]
pub async fn set_team_phrase(caller: Caller, at: Path<u32>, body: Body<NewPhrase>) -> Answer {
    set(caller, Whose::Team, *at, body).await
}

/// Removes a phrase of the whole shop.
#[utoipa::path(delete, path = "/v1/staff/shop/phrases/{no}", operation_id = "remove_team_phrase", tag = "shop",
    security(("staff" = [])), params(("no" = u32, Path)), responses((status = 204, description = "Removed"), Problems))]
pub async fn remove_team_phrase(caller: Caller, at: Path<u32>) -> Answer {
    remove(caller, Whose::Team, *at).await
}

/// The phrases of a group, by intent: those sought, or all.
#[utoipa::path(get, path = "/v1/staff/shop/groups/{group}/phrases", operation_id = "group_phrases", tag = "shop",
    security(("staff" = [])), params(("group" = u32, Path), SoughtText),
    responses((status = 200, description = "The phrases", body = Phrases), Problems))]
pub async fn group_phrases(caller: Caller, at: Path<u32>, sought: SoughtText) -> Answer {
    listed(&caller.door.phrases(&caller.who, Whose::Group(GroupNo(*at)), &sought.into())?)
}

/// Adds a phrase for a group. At most 50.
#[utoipa::path(post, path = "/v1/staff/shop/groups/{group}/phrases", operation_id = "add_group_phrase", tag = "shop",
    security(("staff" = [])), params(("group" = u32, Path)), request_body = NewPhrase,
    responses((status = 201, description = "Added", body = TextNumber), Problems))]
pub async fn add_group_phrase(caller: Caller, at: Path<u32>, body: Body<NewPhrase>) -> Answer {
    add(caller, Whose::Group(GroupNo(*at)), body).await
}

/// Changes a phrase of a group.
#[utoipa::path(put, path = "/v1/staff/shop/groups/{group}/phrases/{no}", operation_id = "set_group_phrase", tag = "shop",
    security(("staff" = [])), params(("group" = u32, Path), ("no" = u32, Path)), request_body = NewPhrase,
    responses((status = 204, description = "Set"), Problems))]
pub async fn set_group_phrase(caller: Caller, at: Path<(u32, u32)>, body: Body<NewPhrase>) -> Answer {
    set(caller, Whose::Group(GroupNo(at.0)), at.1, body).await
}

/// Removes a phrase of a group.
#[utoipa::path(delete, path = "/v1/staff/shop/groups/{group}/phrases/{no}", operation_id = "remove_group_phrase", tag = "shop",
    security(("staff" = [])), params(("group" = u32, Path), ("no" = u32, Path)),
    responses((status = 204, description = "Removed"), Problems))]
pub async fn remove_group_phrase(caller: Caller, at: Path<(u32, u32)>) -> Answer {
    remove(caller, Whose::Group(GroupNo(at.0)), at.1).await
}

/// One's own phrases, by intent: those sought, or all.
#[utoipa::path(get, path = "/v1/staff/me/phrases", operation_id = "own_phrases", tag = "staff", security(("staff" = [])),
    params(SoughtText), responses((status = 200, description = "The phrases", body = Phrases), Problems))]
pub async fn own_phrases(caller: Caller, sought: SoughtText) -> Answer {
    listed(&caller.door.phrases(&caller.who, Whose::Own, &sought.into())?)
}

/// Adds a phrase of one's own. At most 50.
#[utoipa::path(post, path = "/v1/staff/me/phrases", operation_id = "add_own_phrase", tag = "staff", security(("staff" = [])),
    request_body = NewPhrase, responses((status = 201, description = "Added", body = TextNumber), Problems))]
pub async fn add_own_phrase(caller: Caller, body: Body<NewPhrase>) -> Answer {
    add(caller, Whose::Own, body).await
}

/// Changes a phrase of one's own.
#[utoipa::path(put, path = "/v1/staff/me/phrases/{no}", operation_id = "set_own_phrase", tag = "staff", security(("staff" = [])),
    params(("no" = u32, Path)), request_body = NewPhrase, responses((status = 204, description = "Set"), Problems))]
pub async fn set_own_phrase(caller: Caller, at: Path<u32>, body: Body<NewPhrase>) -> Answer {
    set(caller, Whose::Own, *at, body).await
}

/// Removes a phrase of one's own.
#[utoipa::path(delete, path = "/v1/staff/me/phrases/{no}", operation_id = "remove_own_phrase", tag = "staff",
    security(("staff" = [])), params(("no" = u32, Path)), responses((status = 204, description = "Removed"), Problems))]
pub async fn remove_own_phrase(caller: Caller, at: Path<u32>) -> Answer {
    remove(caller, Whose::Own, *at).await
}

/// The phrases at hand, by intent: one's own, of one's groups, of the shop.
#[utoipa::path(get, path = "/v1/staff/phrases", operation_id = "phrases_at_hand", tag = "staff", security(("staff" = [])),
    params(SoughtText), responses((status = 200, description = "The phrases", body = Phrases), Problems))]
pub async fn phrases_at_hand(caller: Caller, sought: SoughtText) -> Answer {
    listed(&caller.door.phrases_at_hand(&caller.who, &sought.into())?)
}

/// The shop's templates, by category: those sought, or all; and what they can ask for.
#[utoipa::path(get, path = "/v1/staff/shop/templates", operation_id = "templates", tag = "shop", security(("staff" = [])),
    params(SoughtText), responses((status = 200, description = "The templates", body = Templates), Problems))]
pub async fn templates(caller: Caller, sought: SoughtText) -> Answer {
    if sought.product.is_some() {
        return Err(Problem::invalid("product", "templates are not bound to products"));
    }
    reply::ok(&Templates::from(caller.door.templates(&caller.who, &sought.find)?))
}

/// Adds a template. At most 200. One with an unknown variable is refused.
#[utoipa::path(post, path = "/v1/staff/shop/templates", operation_id = "add_template", tag = "shop", security(("staff" = [])),
    request_body = NewTemplate, responses((status = 201, description = "Added", body = TextNumber), Problems))]
pub async fn add_template(caller: Caller, body: Body<NewTemplate>) -> Answer {
    reply::created(&TextNumber { no: caller.door.set_template(&caller.who, None, body.0.into()).await? })
}

/// Changes a template.
#[utoipa::path(put, path = "/v1/staff/shop/templates/{no}", operation_id = "set_template", tag = "shop", security(("staff" = [])),
    params(("no" = u32, Path)), request_body = NewTemplate, responses((status = 204, description = "Set"), Problems))]
pub async fn set_template(caller: Caller, at: Path<u32>, body: Body<NewTemplate>) -> Answer {
    caller.door.set_template(&caller.who, Some(*at), body.0.into()).await?;
    reply::done()
}

/// Removes a template.
#[utoipa::path(delete, path = "/v1/staff/shop/templates/{no}", operation_id = "remove_template", tag = "shop",
    security(("staff" = [])), params(("no" = u32, Path)), responses((status = 204, description = "Removed"), Problems))]
pub async fn remove_template(caller: Caller, at: Path<u32>) -> Answer {
    caller.door.remove_template(&caller.who, *at).await?;
    reply::done()
}

/// A template as this conversation's buyer would read it. Refused where a variable cannot be filled.
#[utoipa::path(get, path = "/v1/staff/conversations/{conversation}/templates/{no}/rendered", operation_id = "staff_rendered",
    tag = "staff", security(("staff" = [])), params(("conversation" = String, Path), ("no" = u32, Path)),
    responses((status = 200, description = "The text", body = Rendered), Problems))]
pub async fn rendered(caller: Caller, at: Path<(String, u32)>) -> Answer {
    reply::ok(&Rendered { text: caller.door.rendered(&caller.who, conversation_id(&at.0)?, at.1)? })
}

/// Answers the buyer with a template. One whose variable cannot be filled is not sent.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/templates/{no}/messages", operation_id = "staff_answer_with_template",
    tag = "staff", security(("staff" = [])), params(("conversation" = String, Path), ("no" = u32, Path)),
    request_body = NewTemplateAnswer, responses((status = 200, description = "The message is on disk", body = Accepted), Problems))]
pub async fn answer_with_template(caller: Caller, at: Path<(String, u32)>, body: Body<NewTemplateAnswer>) -> Answer {
    let id = conversation_id(&at.0)?;
    accepted(caller.door.answer_with_template(&caller.who, id, body.0.client_message_id, at.1).await?)
}

/// Sets one's own welcome text 欢迎语. Nobody else can.
#[utoipa::path(put, path = "/v1/staff/me/welcome", operation_id = "set_welcome", tag = "staff", security(("staff" = [])),
    request_body = NewWelcome, responses((status = 204, description = "Set"), Problems))]
pub async fn set_welcome(caller: Caller, body: Body<NewWelcome>) -> Answer {
    caller.door.set_welcome(&caller.who, body.0.text).await?;
    reply::done()
}

/// How often phrases and templates are used, and the share of replies made with one. At most 92 days, of the shop's zone.
#[utoipa::path(get, path = "/v1/staff/shop/text-usage", operation_id = "text_usage", tag = "shop", security(("staff" = [])),
    params(DayWindow), responses((status = 200, description = "Day by day, text by text", body = Usage), Problems))]
pub async fn usage(caller: ShopCaller, days: DayWindow) -> Answer {
    let day = |name, text: &str| Day::parse(text).ok_or_else(|| Problem::invalid(name, "a date such as 2026-03-29"));
    let (from, to) = (day("from", &days.from)?, day("to", &days.to)?);
    reply::ok(&Usage::from(caller.door.usage(&caller.who, caller.shop(), from, to).await?))
}

/// What the shop has set up, what is missing, and what that costs.
#[utoipa::path(get, path = "/v1/staff/shop/set-up", operation_id = "set_up", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "The check list", body = SetUp), Problems))]
pub async fn set_up(caller: ShopCaller) -> Answer {
    reply::ok(&SetUp::from(caller.door.set_up(&caller.who, caller.shop())?))
}
