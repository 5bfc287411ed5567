//! The work on conversations beside answering, over HTTP: labels, notes, recall, marks, priority, taking over, batches, the archive,
//! the blacklist. Only calls the door.

use super::bearer::{Caller, ShopCaller};
use super::body::{Body, OptionalBody};
use super::error::Problem;
use super::openapi::Problems;
use super::params::{CursorWindow, Listed};
use super::reply::{self, Answer};
use super::shop::AtBuyer;
use super::staff::conversation_id;
use super::wire::batch::{BatchDone, NewBatch};
use super::wire::desk_work::{
    Blacklist, DueList, LabelChange, MessageLabels, NewBlock, NewMark, NewNote, NewPriority, NoteAdded, Notes, TakeOver, labels,
};
use super::wire::talk::{Nothing, Transferred};
use crate::domain::id::AgentNo;
use crate::door::Unwanted;
use actix_web::web::Path;

/// Adds labels to a conversation, then takes some away.
#[utoipa::path(put, path = "/v1/staff/conversations/{conversation}/labels", operation_id = "staff_label", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = LabelChange,
    responses((status = 204, description = "Set"), Problems))]
pub async fn label(caller: Caller, at: Path<String>, body: Body<LabelChange>) -> Answer {
    let LabelChange { add, remove } = body.0;
    caller.door.label(&caller.who, conversation_id(&at)?, labels(add), labels(remove)).await?;
    reply::done()
}

/// Sets the labels of a message, as a whole.
#[utoipa::path(put, path = "/v1/staff/conversations/{conversation}/messages/{seq}/labels", operation_id = "staff_label_message",
    tag = "staff", security(("staff" = [])), params(("conversation" = String, Path), ("seq" = u64, Path)), request_body = MessageLabels,
    responses((status = 204, description = "Set"), Problems))]
pub async fn label_message(caller: Caller, at: Path<(String, u64)>, body: Body<MessageLabels>) -> Answer {
    caller.door.label_message(&caller.who, conversation_id(&at.0)?, at.1, labels(body.0.labels)).await?;
    reply::done()
}

/// 撤回: takes back one's own message, within two minutes.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/messages/{seq}/recall", operation_id = "staff_recall",
    tag = "staff", security(("staff" = [])), params(("conversation" = String, Path), ("seq" = u64, Path)),
    request_body = Option<Nothing>, responses((status = 204, description = "Nobody is shown its text any more"), Problems))]
pub async fn recall(caller: Caller, at: Path<(String, u64)>, _body: OptionalBody<Nothing>) -> Answer {
    caller.door.recall(&caller.who, conversation_id(&at.0)?, at.1).await?;
    reply::done()
}

/// 撤回: takes back a message, within two minutes.
#[utoipa::path(post, path = "/v1/buyer/messages/{seq}/recall", operation_id = "buyer_recall", tag = "buyer",
    security(("buyer" = [])), params(("seq" = u64, Path)), request_body = Option<Nothing>,
    responses((status = 204, description = "Nobody is shown its text any more"), Problems))]
pub async fn recall_by_buyer(caller: Caller, at: Path<u64>, _body: OptionalBody<Nothing>) -> Answer {
    caller.door.recall_by_buyer(&caller.who, *at).await?;
    reply::done()
}

/// Adds a private note 内部备注.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/notes", operation_id = "staff_note", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = NewNote,
    responses((status = 201, description = "Added", body = NoteAdded), Problems))]
pub async fn note(caller: Caller, at: Path<String>, body: Body<NewNote>) -> Answer {
    let NewNote { text, mentions } = body.0;
    let mentions = mentions.into_iter().map(AgentNo).collect();
    let note = caller.door.note(&caller.who, conversation_id(&at)?, text, mentions).await?;
    reply::created(&NoteAdded { note })
}

/// The private notes, newest first.
#[utoipa::path(get, path = "/v1/staff/conversations/{conversation}/notes", operation_id = "staff_notes", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path), Listed),
    responses((status = 200, description = "A page", body = Notes), Problems))]
pub async fn notes(caller: Caller, at: Path<String>, listed: Listed) -> Answer {
    let page = caller.door.notes(&caller.who, conversation_id(&at)?, listed.cursor, listed.limit)?;
    reply::ok(&Notes { notes: page.rows.into_iter().map(Into::into).collect(), next: page.next })
}

/// Sets 已回复 ("needs no reply") or 未回复 by hand.
#[utoipa::path(put, path = "/v1/staff/conversations/{conversation}/mark", operation_id = "staff_mark", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = NewMark,
    responses((status = 204, description = "Set"), Problems))]
pub async fn mark(caller: Caller, at: Path<String>, body: Body<NewMark>) -> Answer {
    caller.door.mark(&caller.who, conversation_id(&at)?, body.0.state.is_replied()).await?;
    reply::done()
}

/// Sets the priority; no rule undoes it.
#[utoipa::path(put, path = "/v1/staff/conversations/{conversation}/priority", operation_id = "staff_priority", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = NewPriority,
    responses((status = 204, description = "Set"), Problems))]
pub async fn priority(caller: Caller, at: Path<String>, body: Body<NewPriority>) -> Answer {
    caller.door.prioritise(&caller.who, conversation_id(&at)?, body.0.priority.map(Into::into)).await?;
    reply::done()
}

/// Takes a conversation over, wherever it is. Needs a connected device.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/take-over", operation_id = "staff_take_over", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = Option<TakeOver>,
    responses((status = 200, description = "It is yours", body = Transferred), Problems))]
pub async fn take_over(caller: Caller, at: Path<String>, body: OptionalBody<TakeOver>) -> Answer {
    let TakeOver { reason } = body.0.unwrap_or_default();
    let over_capacity = caller.door.take_over(&caller.who, conversation_id(&at)?, reason).await?;
    reply::ok(&Transferred { over_capacity })
}

/// Puts a conversation into the archive.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/archive", operation_id = "staff_archive", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = Option<Nothing>,
    responses((status = 204, description = "Archived"), Problems))]
pub async fn archive(caller: Caller, at: Path<String>, _body: OptionalBody<Nothing>) -> Answer {
    caller.door.archive(&caller.who, conversation_id(&at)?).await?;
    reply::done()
}

/// Takes a conversation back out of the archive.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/restore", operation_id = "staff_restore", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = Option<Nothing>,
    responses((status = 204, description = "Restored"), Problems))]
pub async fn restore(caller: Caller, at: Path<String>, _body: OptionalBody<Nothing>) -> Answer {
    caller.door.restore(&caller.who, conversation_id(&at)?).await?;
    reply::done()
}

/// What is due for the archive, and waits where the shop confirms each; confirm with a batch.
#[utoipa::path(get, path = "/v1/staff/shop/archive/due", operation_id = "archive_due", tag = "shop", security(("staff" = [])),
    params(CursorWindow), responses((status = 200, description = "A page", body = DueList), Problems))]
pub async fn archive_due(caller: Caller, window: CursorWindow) -> Answer {
    let page = caller.door.archive_due(&caller.who, window.cursor.as_deref(), window.limit)?;
    reply::ok(&DueList { conversations: page.rows.into_iter().map(Into::into).collect(), next: page.next })
}

/// One action on up to 200 conversations; one refusal never stops the rest.
#[utoipa::path(post, path = "/v1/staff/batch", operation_id = "staff_batch", tag = "staff", security(("staff" = [])),
    request_body = NewBatch, responses((status = 200, description = "What became of each", body = BatchDone), Problems))]
pub async fn batch(caller: Caller, body: Body<NewBatch>) -> Answer {
    let (conversations, action) = body.0.understood()?;
    reply::ok(&BatchDone::from(caller.door.batch(&caller.who, conversations, action).await?))
}

/// Puts a buyer on the blacklist 黑名单. The buyer is not told.
#[utoipa::path(post, path = "/v1/staff/shop/blacklist", operation_id = "block", tag = "shop", security(("staff" = [])),
    request_body = NewBlock, responses((status = 204, description = "On it"), Problems))]
pub async fn block(caller: ShopCaller, body: Body<NewBlock>) -> Answer {
    let NewBlock { buyer, conversation, message, reason } = body.0;
    let whom = match (buyer, conversation) {
        (Some(buyer), None) if message.is_none() => Unwanted::Buyer(buyer),
        (None, Some(conversation)) => Unwanted::Conversation(conversation.0, message),
        (Some(_), None) => return Err(Problem::invalid("message", "belongs to a `conversation`")),
        _ => return Err(Problem::invalid("buyer", "name either `buyer` or `conversation`")),
    };
    caller.door.block(&caller.who, caller.shop(), whom, reason).await?;
    reply::done()
}

/// The blacklist, newest first.
#[utoipa::path(get, path = "/v1/staff/shop/blacklist", operation_id = "blacklist", tag = "shop", security(("staff" = [])),
    params(CursorWindow), responses((status = 200, description = "A page", body = Blacklist), Problems))]
pub async fn blacklist(caller: ShopCaller, window: CursorWindow) -> Answer {
    let page = caller.door.blacklist(&caller.who, caller.shop(), window.cursor.as_deref(), window.limit)?;
    reply::ok(&Blacklist { buyers: page.rows.into_iter().map(Into::into).collect(), next: page.next })
}

/// Takes a buyer off the blacklist; what they wrote meanwhile appears.
#[utoipa::path(delete, path = "/v1/staff/shop/blacklist/{buyer}", operation_id = "unblock", tag = "shop", security(("staff" = [])),
    params(("buyer" = String, Path)), responses((status = 204, description = "Off it"), Problems))]
pub async fn unblock(caller: ShopCaller, at: Path<AtBuyer>) -> Answer {
    caller.door.unblock(&caller.who, caller.shop(), &at.buyer).await?;
    reply::done()
}
