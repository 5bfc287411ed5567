//! What a buyer does over HTTP. Only calls the door.

use super::bearer::Caller;
use super::body::Body;
use super::openapi::Problems;
use super::params::Window;
use super::reply::{self, Answer};
use super::wire::Hex;
use super::wire::talk::{Accepted, History, NewMessage, ReadUpTo, Reception};
use crate::domain::Reply;
use crate::domain::refusal::Refusal;
use crate::domain::view::Message;
use crate::limits;

/// The answer to a message that was taken.
pub fn accepted(reply: Reply) -> Answer {
    match reply {
        Reply::Accepted { conversation, seq, at, repeated } => {
            reply::ok(&Accepted { conversation: Hex(conversation), seq, at: at.0, repeated, warnings: Vec::new() })
        }
        Reply::Warned { conversation, seq, at, findings } => {
            let warnings = findings.iter().map(Into::into).collect();
            reply::ok(&Accepted { conversation: Hex(conversation), seq, at: at.0, repeated: false, warnings })
        }
        _ => Err(Refusal::Internal.into()),
    }
}

/// A page of a history. `more` says whether there is anything after a `seq`; it is asked only where the page is full.
pub fn page(rows: Vec<Message>, limit: usize, more: impl FnOnce(u64) -> Result<bool, Refusal>) -> Answer {
    let full = rows.len() >= limit || rows.iter().map(|m| m.text.len()).sum::<usize>() >= limits::PAGE_BYTES_MAX;
    let next = match rows.last() {
        Some(last) if full && more(last.seq)? => Some(last.seq),
        _ => None,
    };
    reply::ok(&History { messages: rows.into_iter().map(Into::into).collect(), next })
}

/// Sends a message. Answered once it is on disk.
#[utoipa::path(post, path = "/v1/buyer/messages", operation_id = "buyer_send", tag = "buyer", security(("buyer" = [])),
    request_body = NewMessage, responses((status = 200, description = "The message is on disk", body = Accepted), Problems))]
pub async fn send(caller: Caller, body: Body<NewMessage>) -> Answer {
    accepted(caller.door.send(&caller.who, body.0.into()).await?)
}

/// The buyer's own conversation, oldest first.
#[utoipa::path(get, path = "/v1/buyer/messages", operation_id = "buyer_history", tag = "buyer", security(("buyer" = [])),
    params(Window), responses((status = 200, description = "A page", body = History), Problems))]
pub async fn history(caller: Caller, window: Window) -> Answer {
    let Caller { door, who } = caller;
    let rows = door.buyer_history(&who, window.after, window.limit)?;
    page(rows, window.limit, |after| Ok(!door.buyer_history(&who, after, 1)?.is_empty()))
}

/// Where the buyer's reception stands, and in the queue at which place.
#[utoipa::path(get, path = "/v1/buyer/reception", operation_id = "buyer_reception", tag = "buyer", security(("buyer" = [])),
    responses((status = 200, description = "The reception", body = Reception), Problems))]
pub async fn reception(caller: Caller) -> Answer {
    reply::ok(&Reception::from(caller.door.standing(&caller.who)?))
}

/// The buyer has read up to and including a message.
#[utoipa::path(post, path = "/v1/buyer/read", operation_id = "buyer_read", tag = "buyer", security(("buyer" = [])),
    request_body = ReadUpTo, responses((status = 204, description = "Noted"), Problems))]
pub async fn read(caller: Caller, body: Body<ReadUpTo>) -> Answer {
    caller.door.read_by_buyer(&caller.who, body.0.seq).await?;
    reply::done()
}
