//! What the staff of a shop does over HTTP. Only calls the door.

use super::bearer::{Anybody, Caller};
use super::body::{Body, OptionalBody};
use super::buyer::{accepted, page};
use super::error::Problem;
use super::openapi::Problems;
use super::params::{Asks, Window};
use super::reply::{self, Answer};
use super::wire::file::with;
use super::wire::pool::either;
use super::wire::shop::Me;
use super::wire::suggestion::Conversation;
use super::wire::talk::{Accepted, Closed, History, LogIn, NewAnswer, NewPresence, Nothing, ReadUpTo, Session, Transfer, Transferred};
use super::wire::why::{Decision, Why};
use crate::domain::id::{AgentNo, ConversationId};
use actix_web::web::Path;

pub(super) fn conversation_id(text: &str) -> Result<ConversationId, Problem> {
    ConversationId::parse(text).ok_or_else(|| Problem::invalid("conversation", "32 lower-case hexadecimal digits"))
}

/// Opens a session.
#[utoipa::path(post, path = "/v1/staff/log-in", operation_id = "staff_log_in", tag = "staff", request_body = LogIn,
    responses((status = 200, description = "The session's token", body = Session), Problems))]
pub async fn log_in(door: Anybody, body: Body<LogIn>) -> Answer {
    let LogIn { shop, login, password, client } = body.0;
    let (token, agent, expires) = door.log_in(&shop, &login, password, client).await?;
    reply::ok(&Session { token, agent: agent.0, expires_at: expires.0 })
}

/// Ends this session.
#[utoipa::path(post, path = "/v1/staff/log-out", operation_id = "staff_log_out", tag = "staff", security(("staff" = [])),
    responses((status = 204, description = "Ended"), Problems))]
pub async fn log_out(caller: Caller, _body: OptionalBody<Nothing>) -> Answer {
    caller.door.log_out(&caller.who).await?;
    reply::done()
}

/// The account of this session.
#[utoipa::path(get, path = "/v1/staff/me", operation_id = "staff_me", tag = "staff", security(("staff" = [])),
    responses((status = 200, description = "The account", body = Me), Problems))]
pub async fn me(caller: Caller) -> Answer {
    let permissions = caller.door.my_permissions(&caller.who)?.list().map(Into::into).collect();
    reply::ok(&Me { account: caller.door.me(&caller.who)?.into(), permissions })
}

/// Chooses the presence; needs a connected device.
#[utoipa::path(put, path = "/v1/staff/presence", operation_id = "staff_presence", tag = "staff", security(("staff" = [])),
    request_body = NewPresence, responses((status = 204, description = "Set"), Problems))]
pub async fn presence(caller: Caller, body: Body<NewPresence>) -> Answer {
    caller.door.set_presence(&caller.who, body.0.presence.into()).await?;
    reply::done()
}

/// One conversation, and what an assistant suggests in it.
#[utoipa::path(get, path = "/v1/staff/conversations/{conversation}", operation_id = "staff_conversation", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, description = "The conversation", body = Conversation), Problems))]
pub async fn conversation(caller: Caller, at: Path<String>) -> Answer {
    let id = conversation_id(&at)?;
    let summary = caller.door.conversation(&caller.who, id)?.into();
    let suggestion = caller.door.open_suggestion(&caller.who, id)?.map(Into::into);
    reply::ok(&Conversation { summary, suggestion })
}

/// A conversation's messages, oldest first.
#[utoipa::path(get, path = "/v1/staff/conversations/{conversation}/messages", operation_id = "staff_history", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path), Window),
    responses((status = 200, description = "A page", body = History), Problems))]
pub async fn history(caller: Caller, at: Path<String>, window: Window) -> Answer {
    let Caller { door, who } = caller;
    let id = conversation_id(&at)?;
    let rows = door.history(&who, id, window.after, window.limit)?;
    page(rows, window.limit, |after| Ok(!door.history(&who, id, after, 1)?.is_empty()))
}

/// Answers the buyer. Answered once it is on disk.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/messages", operation_id = "staff_answer", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = NewAnswer,
    responses((status = 200, description = "The message is on disk", body = Accepted), Problems))]
pub async fn answer(caller: Caller, at: Path<String>, body: Body<NewAnswer>) -> Answer {
    let NewAnswer { client_message_id, text, files, card, quote, made_with, suggestion } = body.0;
    let with = with(files, card, quote, made_with, suggestion);
    accepted(caller.door.answer(&caller.who, conversation_id(&at)?, client_message_id, text, with).await?)
}

/// The staff has read up to and including a message.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/read", operation_id = "staff_read", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = ReadUpTo,
    responses((status = 204, description = "Noted"), Problems))]
pub async fn read(caller: Caller, at: Path<String>, body: Body<ReadUpTo>) -> Answer {
    caller.door.read_by_staff(&caller.who, conversation_id(&at)?, body.0.seq).await?;
    reply::done()
}

/// Closes the open reception.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/close", operation_id = "staff_close", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = Option<Nothing>,
    responses((status = 200, description = "Closed", body = Closed), Problems))]
pub async fn close(caller: Caller, at: Path<String>, _body: OptionalBody<Nothing>) -> Answer {
    let reception = caller.door.close(&caller.who, conversation_id(&at)?).await?;
    reply::ok(&Closed { reception })
}

/// Passes the open reception on.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/transfer", operation_id = "staff_transfer", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = Transfer,
    responses((status = 200, description = "Passed on", body = Transferred), Problems))]
pub async fn transfer(caller: Caller, at: Path<String>, body: Body<Transfer>) -> Answer {
    let Transfer { agent, group, reason, note } = body.0;
    let to = either(agent, group)?;
    let over_capacity = caller.door.transfer(&caller.who, conversation_id(&at)?, to, reason, note).await?;
    reply::ok(&Transferred { over_capacity })
}

/// Why a reception went where it went: every decision, oldest first.
#[utoipa::path(get, path = "/v1/staff/conversations/{conversation}/receptions/{reception}/why", operation_id = "staff_why",
    tag = "staff", security(("staff" = [])), params(("conversation" = String, Path), ("reception" = u32, Path), Asks),
    responses((status = 200, description = "The decisions", body = Why), Problems))]
pub async fn why(caller: Caller, at: Path<(String, u32)>, asks: Asks) -> Answer {
    let decided = caller.door.why(&caller.who, conversation_id(&at.0)?, at.1)?;
    let asks = asks.agent.map(AgentNo);
    reply::ok(&Why { decisions: decided.iter().map(|d| Decision::new(&d.why, asks)).collect() })
}
