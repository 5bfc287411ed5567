//! How accounts stand over HTTP (GRD-7, GRD-8): their own way back, and the decisions of the platform's people. Only calls the door.

use super::bearer::{Caller, ShopCaller};
use super::body::{Body, OptionalBody};
use super::openapi::Problems;
use super::params::CursorWindow;
use super::reply::{self, Answer};
use super::shop::AtAccount;
use super::wire::standing::{NewReview, NewUndertaking, NewViolation, Standing, Test, TestAnswers, TestResult, Undertakings};
use super::wire::talk::Nothing;
use crate::domain::id::AgentNo;
use actix_web::web::Path;

/// How one's own account stands: whether it may send, and what to do next.
#[utoipa::path(get, path = "/v1/staff/standing", operation_id = "own_standing", tag = "staff", security(("staff" = [])),
    responses((status = 200, description = "The standing", body = Standing), Problems))]
pub async fn own(caller: Caller) -> Answer {
    reply::ok(&Standing::from(&caller.door.own_standing(&caller.who)?))
}

/// Draws the ten questions of the test. Drawing again replaces them; so often a day.
#[utoipa::path(post, path = "/v1/staff/standing/test", operation_id = "draw_test", tag = "staff", security(("staff" = [])),
    request_body = Option<Nothing>, responses((status = 200, description = "The questions", body = Test), Problems))]
pub async fn draw(caller: Caller, _body: OptionalBody<Nothing>) -> Answer {
    reply::ok(&Test::from(&caller.door.draw_test(&caller.who).await?))
}

/// Answers the questions drawn last. 100 points pass.
#[utoipa::path(post, path = "/v1/staff/standing/test/answers", operation_id = "take_test", tag = "staff", security(("staff" = [])),
    request_body = TestAnswers, responses((status = 200, description = "The points", body = TestResult), Problems))]
pub async fn take(caller: Caller, body: Body<TestAnswers>) -> Answer {
    let (points, stands) = caller.door.take_test(&caller.who, body.0.answers).await?;
    reply::ok(&TestResult::new(points, &stands))
}

/// Hands in an undertaking 承诺书, which the platform reviews.
#[utoipa::path(post, path = "/v1/staff/standing/undertaking", operation_id = "undertake", tag = "staff", security(("staff" = [])),
    request_body = NewUndertaking, responses((status = 200, description = "How the account stands", body = Standing), Problems))]
pub async fn undertake(caller: Caller, body: Body<NewUndertaking>) -> Answer {
    reply::ok(&Standing::from(&caller.door.undertake(&caller.who, body.0.text).await?))
}

/// How an account of the shop stands.
#[utoipa::path(get, path = "/v1/staff/shop/accounts/{agent}/standing", operation_id = "standing", tag = "shop",
    security(("staff" = [])), params(("agent" = u32, Path)),
    responses((status = 200, description = "The standing", body = Standing), Problems))]
pub async fn of_account(caller: ShopCaller, at: Path<AtAccount>) -> Answer {
    reply::ok(&Standing::from(&caller.door.account_standing(&caller.who, caller.shop(), AgentNo(at.agent))?))
}

/// Reports a violation that a person found: the next step of the ladder follows at once.
#[utoipa::path(post, path = "/v1/platform/shops/{shop}/accounts/{agent}/violations", operation_id = "report_violation",
    tag = "platform", security(("platform" = ["guard"])), params(("shop" = String, Path), ("agent" = u32, Path)),
    request_body = NewViolation, responses((status = 200, description = "How the account stands", body = Standing), Problems))]
pub async fn report(caller: Caller, at: Path<(String, u32)>, body: Body<NewViolation>) -> Answer {
    let (shop, agent) = at.into_inner();
    let stands = caller.door.report_violation(&caller.who, &shop, AgentNo(agent), body.0.reason, body.0.id).await?;
    reply::ok(&Standing::from(&stands))
}

/// Decides on the undertaking of an account.
#[utoipa::path(post, path = "/v1/platform/shops/{shop}/accounts/{agent}/review", operation_id = "review", tag = "platform",
    security(("platform" = ["guard"])), params(("shop" = String, Path), ("agent" = u32, Path)), request_body = NewReview,
    responses((status = 200, description = "How the account stands", body = Standing), Problems))]
pub async fn review(caller: Caller, at: Path<(String, u32)>, body: Body<NewReview>) -> Answer {
    let ((shop, agent), NewReview { lifted, reason }) = (at.into_inner(), body.0);
    let stands = caller.door.review(&caller.who, &shop, AgentNo(agent), lifted, reason).await?;
    reply::ok(&Standing::from(&stands))
}

/// Undertakings that wait for their review, of all shops, the first due first, each with what its records count.
#[utoipa::path(get, path = "/v1/platform/guard/undertakings", operation_id = "undertakings", tag = "platform",
    security(("platform" = ["guard"])), params(CursorWindow),
    responses((status = 200, description = "A page", body = Undertakings), Problems))]
pub async fn undertakings(caller: Caller, window: CursorWindow) -> Answer {
    let page = caller.door.undertakings(&caller.who, window.cursor.as_deref(), window.limit)?;
    reply::ok(&Undertakings { undertakings: page.rows.into_iter().map(Into::into).collect(), next: page.next })
}
