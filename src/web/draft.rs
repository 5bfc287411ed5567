//! Drafts over HTTP (INB-11). Only calls the door.

use super::bearer::Caller;
use super::body::Body;
use super::openapi::Problems;
use super::reply::{self, Answer};
use super::staff::conversation_id;
use super::wire::draft::{Drafts, NewDraft};
use actix_web::web::Path;

/// What this account is writing, on whichever of its devices.
#[utoipa::path(get, path = "/v1/staff/drafts", operation_id = "staff_drafts", tag = "staff", security(("staff" = [])),
    responses((status = 200, description = "The drafts", body = Drafts), Problems))]
pub async fn drafts(caller: Caller) -> Answer {
    reply::ok(&Drafts::from(caller.door.drafts(&caller.who)?))
}

/// Keeps what this account is writing, for all its devices and for nobody else's. A reply that is sent does not remove it (another
/// device may be writing on): the device that sent does, with an empty text. Set it at a pause in typing: more than 2 changes a second are
/// refused.
#[utoipa::path(put, path = "/v1/staff/conversations/{conversation}/draft", operation_id = "staff_draft", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = NewDraft,
    responses((status = 204, description = "Kept, or removed"), Problems))]
pub async fn set(caller: Caller, at: Path<String>, body: Body<NewDraft>) -> Answer {
    caller.door.set_draft(&caller.who, conversation_id(&at)?, body.0.text).await?;
    reply::done()
}
