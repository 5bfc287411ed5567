//! The guard over HTTP: what a shop and the platform set of it, what it would say of a text, and its records. Only calls the door.
//! What is the shop's is described here for the staff; `openapi` describes it for the platform, too.

use super::bearer::{Caller, ShopCaller};
use super::body::{Body, DraftBody, TextBody};
use super::openapi::Problems;
use super::params::{BasedOn, OwnRecordWindow, RecordWindow};
use super::reply::{self, Answer};
use super::wire::guard_record::{Record, Records};
use super::wire::guard_set::{Approvals, Conduct, GuardNow, GuardSettings, GuardVersion, Questions, Tried, TriedText};
use crate::domain::id::AgentNo;
use crate::domain::view::Page;
use crate::door::{GuardRecord, RecordsOf};
use crate::limits;
use actix_web::web::Path;

/// What the shop set of its guard.
#[utoipa::path(get, path = "/v1/staff/shop/guard", operation_id = "guard", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "The settings", body = GuardNow), Problems))]
pub async fn settings(caller: ShopCaller) -> Answer {
    reply::ok(&GuardNow::from(caller.door.guard_settings(&caller.who, caller.shop())?))
}

/// Replaces the settings of the guard as a whole. On any error those that run stay, and all errors are listed (`faulty`).
#[utoipa::path(put, path = "/v1/staff/shop/guard", operation_id = "set_guard", tag = "shop", security(("staff" = [])),
    request_body = GuardSettings, responses((status = 200, description = "Set", body = GuardVersion), Problems))]
pub async fn set(caller: ShopCaller, body: DraftBody<GuardSettings>) -> Answer {
    let based_on = body.0.based_on;
    let version = caller.door.set_guard(&caller.who, caller.shop(), Box::new(body.0.into()), based_on).await?;
    reply::ok(&GuardVersion { version })
}

/// The banned words 禁用语, one a line.
#[utoipa::path(get, path = "/v1/staff/shop/guard/words", operation_id = "words", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "The words", body = String, content_type = "text/plain"), Problems))]
pub async fn words(caller: ShopCaller) -> Answer {
    let mut text = caller.door.words(&caller.who, caller.shop())?.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    reply::text(text)
}

/// Replaces the banned words, one a line: at most 10,000 of 50 characters, in 1 MiB. Spellings that are not seen through by themselves,
/// such as pinyin, are words of their own. Faults name the line (`faulty`).
#[utoipa::path(put, path = "/v1/staff/shop/guard/words", operation_id = "set_words", tag = "shop", security(("staff" = [])),
    params(BasedOn), request_body(content = String, content_type = "text/plain"),
    responses((status = 200, description = "Set", body = GuardVersion), Problems))]
pub async fn set_words(caller: ShopCaller, based_on: BasedOn, body: TextBody<{ limits::WORDS_BYTES_MAX }>) -> Answer {
    let version = caller.door.set_words(&caller.who, caller.shop(), lines(&body.0), based_on.based_on).await?;
    reply::ok(&GuardVersion { version })
}

/// The lines of a text, however they end.
fn lines(text: &str) -> Vec<String> {
    text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect()
}

/// The campaign approvals 报备 of the shop.
#[utoipa::path(get, path = "/v1/staff/shop/guard/approvals", operation_id = "approvals", tag = "shop", security(("staff" = [])),
    responses((status = 200, description = "The approvals", body = Approvals), Problems))]
pub async fn approvals(caller: ShopCaller) -> Answer {
    let approvals = caller.door.approvals(&caller.who, caller.shop())?;
    reply::ok(&Approvals { approvals: approvals.iter().map(Into::into).collect() })
}

/// Replaces the campaign approvals of a shop.
#[utoipa::path(put, path = "/v1/platform/shops/{shop}/guard/approvals", operation_id = "set_approvals", tag = "platform",
    security(("platform" = ["guard"])), params(("shop" = String, Path)), request_body = Approvals,
    responses((status = 204, description = "Set"), Problems))]
pub async fn set_approvals(caller: Caller, shop: Path<String>, body: DraftBody<Approvals>) -> Answer {
    let approvals = body.0.approvals.into_iter().map(Into::into).collect();
    caller.door.set_approvals(&caller.who, &shop, approvals).await?;
    reply::done()
}

/// What the guard would say of a text. Nothing is sent, nothing is recorded. Whoever answers buyers may ask, too.
#[utoipa::path(post, path = "/v1/staff/shop/guard/try", operation_id = "try_text", tag = "shop", security(("staff" = [])),
    request_body = TriedText, responses((status = 200, description = "What it would say", body = Tried), Problems))]
pub async fn try_text(caller: ShopCaller, body: Body<TriedText>) -> Answer {
    let TriedText { text, voice } = body.0;
    reply::ok(&Tried::from(caller.door.try_text(&caller.who, caller.shop(), text, voice.into()).await?))
}

fn page(page: Page<GuardRecord, u64>) -> Answer {
    reply::ok(&Records { records: page.rows.iter().filter_map(Record::new).collect(), next: page.next })
}

/// What the guard kept of one's own account, newest first.
#[utoipa::path(get, path = "/v1/staff/guard/records", operation_id = "own_guard_records", tag = "staff", security(("staff" = [])),
    params(OwnRecordWindow), responses((status = 200, description = "A page", body = Records), Problems))]
pub async fn own_records(caller: Caller, window: OwnRecordWindow) -> Answer {
    let OwnRecordWindow { kind, cursor, limit } = window;
    page(caller.door.own_records(&caller.who, kind.map(Into::into), cursor, limit)?)
}

/// What the guard kept of the shop, or of one account, newest first.
#[utoipa::path(get, path = "/v1/staff/shop/guard/records", operation_id = "guard_records", tag = "shop", security(("staff" = [])),
    params(RecordWindow), responses((status = 200, description = "A page", body = Records), Problems))]
pub async fn records(caller: ShopCaller, window: RecordWindow) -> Answer {
    let RecordWindow { account, kind, cursor, limit } = window;
    let of = RecordsOf { account: account.map(AgentNo), kind: kind.map(Into::into) };
    page(caller.door.guard_records(&caller.who, caller.shop(), of, cursor, limit)?)
}

/// What counts as automatic sending, and what follows a violation; for all shops.
#[utoipa::path(get, path = "/v1/platform/guard/conduct", operation_id = "conduct", tag = "platform",
    security(("platform" = ["guard"])), responses((status = 200, description = "What runs", body = Conduct), Problems))]
pub async fn conduct(caller: Caller) -> Answer {
    let (conduct, version) = caller.door.conduct(&caller.who)?;
    reply::ok(&Conduct { version: Some(version), ..(&*conduct).into() })
}

/// Replaces what counts as automatic sending and what follows a violation. Penalties that were given stay as they were decided.
#[utoipa::path(put, path = "/v1/platform/guard/conduct", operation_id = "set_conduct", tag = "platform",
    security(("platform" = ["guard"])), request_body = Conduct,
    responses((status = 200, description = "Set", body = GuardVersion), Problems))]
pub async fn set_conduct(caller: Caller, body: Body<Conduct>) -> Answer {
    let based_on = body.0.version;
    let version = caller.door.set_conduct(&caller.who, Box::new(body.0.into()), based_on).await?;
    reply::ok(&GuardVersion { version })
}

/// The questions of the test, with their right answers. None: the usual ones are asked.
#[utoipa::path(get, path = "/v1/platform/guard/questions", operation_id = "questions", tag = "platform",
    security(("platform" = ["guard"])), responses((status = 200, description = "The bank", body = Questions), Problems))]
pub async fn questions(caller: Caller) -> Answer {
    let (questions, version) = caller.door.questions(&caller.who)?;
    reply::ok(&Questions { version: Some(version), questions: questions.into_iter().map(Into::into).collect() })
}

/// Replaces the questions of the test.
#[utoipa::path(put, path = "/v1/platform/guard/questions", operation_id = "set_questions", tag = "platform",
    security(("platform" = ["guard"])), request_body = Questions,
    responses((status = 200, description = "Set", body = GuardVersion), Problems))]
pub async fn set_questions(caller: Caller, body: DraftBody<Questions>) -> Answer {
    let (based_on, questions) = (body.0.version, body.0.questions.into_iter().map(Into::into).collect());
    let version = caller.door.set_questions(&caller.who, questions, based_on).await?;
    reply::ok(&GuardVersion { version })
}
