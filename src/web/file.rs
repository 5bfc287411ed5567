//! Pictures and files over HTTP (INB-7): uploads, whole and in pieces, and downloads that no browser will run. Only calls the door.
//!
//! Never holds more of a file than the piece in hand.

use super::bearer::Caller;
use super::body::Body;
use super::error::{Fault, Problem};
use super::openapi::Problems;
use super::params::{Naming, Offset};
use super::reply::{self, Answer};
use super::staff::conversation_id;
use super::wire::file::{File, HexHash, NewUpload, Upload, Uploads, content_type};
use crate::domain::content::{Attachment, FileHash, FileKind};
use crate::domain::id::ConversationId;
use crate::door::{Contents, Receiving, UploadId};
use crate::limits;
use actix_web::body::SizedStream;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Path;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::StreamExt;
use std::future::{Ready, ready};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long the next bytes of a file may be awaited.
const SILENCE_MS_MAX: u64 = 20_000;
/// How long one request with a file, or a piece of one, may take: 50 MiB at a megabit a second.
const ARRIVAL_MS_MAX: u64 = 8 * 60_000;

/// The raw body of a request, piece by piece.
pub struct Raw {
    payload: Payload,
    announced: Option<u64>,
    received: u64,
    until: Instant,
}

impl FromRequest for Raw {
    type Error = Problem;
    type Future = Ready<Result<Raw, Problem>>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        if announced.is_some_and(|bytes: u64| bytes > limits::FILE_BYTES_MAX) {
            return ready(Err(too_large()));
        }
        let until = Instant::now() + Duration::from_millis(ARRIVAL_MS_MAX);
        ready(Ok(Raw { payload: payload.take(), announced, received: 0, until }))
    }
}

fn too_large() -> Problem {
    Fault::TooLarge { bytes_max: limits::FILE_BYTES_MAX as usize }.into()
}

impl Raw {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let patience = self.until.min(Instant::now() + Duration::from_millis(SILENCE_MS_MAX));
        match timeout_at(patience, self.payload.next()).await {
            Err(_) => Err(Fault::TooSlow.into()),
            Ok(None) => Ok(None),
            Ok(Some(Ok(piece))) => {
                self.received += piece.len() as u64;
                if self.received > limits::FILE_BYTES_MAX { Err(too_large()) } else { Ok(Some(piece)) }
            }
            Ok(Some(Err(PayloadError::Overflow))) => Err(too_large()),
            Ok(Some(Err(_))) => Err(Fault::Malformed("the body broke off".into()).into()),
        }
    }

    /// Everything into `receiving`; what came before the connection broke is kept.
    async fn into(mut self, receiving: &mut Receiving) -> Result<(), Problem> {
        loop {
            match self.next().await {
                Ok(Some(piece)) => receiving.take(piece).await?,
                Ok(None) => return Ok(()),
                Err(problem) => {
                    receiving.flush().await?;
                    return Err(problem);
                }
            }
        }
    }
}

type Of = Option<ConversationId>;

fn hash_of(text: &str) -> Result<FileHash, Problem> {
    HexHash::parse(text).map(|hash| hash.0).ok_or_else(|| Problem::invalid("hash", "64 lower-case hexadecimal digits"))
}

fn upload_id(text: &str) -> Result<UploadId, Problem> {
    let id = ConversationId::parse(text).ok_or_else(|| Problem::invalid("upload", "32 lower-case hexadecimal digits"))?;
    Ok(UploadId(id.0))
}

async fn add(caller: Caller, of: Of, naming: Naming, body: Raw) -> Answer {
    let Caller { door, who } = caller;
    let mut receiving = door.receive_file(&who, of, body.announced)?;
    body.into(&mut receiving).await?;
    let kept = door.keep_file(&who, of, receiving, &naming.name).await?;
    reply::created(&File::from(&kept))
}

async fn begin(caller: Caller, of: Of, body: NewUpload) -> Answer {
    if body.name.chars().count() > limits::FILE_NAME_CHARS_MAX {
        return Err(Problem::invalid("name", format_args!("at most {} characters", limits::FILE_NAME_CHARS_MAX)));
    }
    reply::created(&Upload::from(caller.door.begin_upload(&caller.who, of, body.name, body.size)?))
}

async fn piece(caller: Caller, of: Of, id: &str, offset: Offset, body: Raw) -> Answer {
    let (Caller { door, who }, id) = (caller, upload_id(id)?);
    let mut receiving = door.resume_upload(&who, of, id, offset.offset)?;
    body.into(&mut receiving).await?;
    receiving.flush().await?;
    reply::ok(&Upload::from(door.upload(&who, of, id)?))
}

fn far(caller: Caller, of: Of, id: &str) -> Answer {
    reply::ok(&Upload::from(caller.door.upload(&caller.who, of, upload_id(id)?)?))
}

fn all(caller: Caller, of: Of) -> Answer {
    let uploads = caller.door.uploads(&caller.who, of)?;
    reply::ok(&Uploads { uploads: uploads.into_iter().map(Upload::from).collect() })
}

fn give_up(caller: Caller, of: Of, id: &str) -> Answer {
    caller.door.give_up_upload(&caller.who, of, upload_id(id)?)?;
    reply::done()
}

async fn complete(caller: Caller, of: Of, id: &str) -> Answer {
    let kept = caller.door.complete_upload(&caller.who, of, upload_id(id)?).await?;
    reply::created(&File::from(&kept))
}

async fn show(caller: Caller, of: Of, hash: &str) -> Answer {
    let (file, contents) = caller.door.file(&caller.who, of, &hash_of(hash)?).await?;
    Ok(harmless(&file, contents))
}

/// A file as an answer: its type is what its content was found to be, nothing in it may run, and only pictures are shown in place.
fn harmless(file: &Attachment, contents: Contents) -> HttpResponse {
    let picture = matches!(file.kind, FileKind::Jpeg | FileKind::Png | FileKind::Gif | FileKind::Webp);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type(file.kind)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'"))
        .insert_header((header::CONTENT_DISPOSITION, disposition(if picture { "inline" } else { "attachment" }, &file.name)))
        .insert_header((HeaderName::from_static("cross-origin-resource-policy"), "same-site"))
        // The content of a hash never changes; but it is one reader's, and another reader of the same browser may not see it.
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::VARY, "Authorization"))
        .body(SizedStream::new(file.bytes, contents))
}

/// RFC 6266: a name of plain letters for old clients, and the whole name as RFC 5987 writes it.
fn disposition(how: &str, name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ()".contains(c) { c } else { '_' }).collect();
    let mut whole = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => whole.push(char::from(byte)),
            _ => whole.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

/// Stores a picture or file, so that a message can carry it. The body is the file itself; what it is, is found by its content.
#[utoipa::path(post, path = "/v1/buyer/files", operation_id = "buyer_add_file", tag = "buyer", security(("buyer" = [])),
    params(Naming), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "It is on disk", body = File), Problems))]
pub async fn buyer_add(caller: Caller, naming: Naming, body: Raw) -> Answer {
    add(caller, None, naming, body).await
}

/// A file of the buyer's conversation.
#[utoipa::path(get, path = "/v1/buyer/files/{hash}", operation_id = "buyer_file", tag = "buyer", security(("buyer" = [])),
    params(("hash" = String, Path)),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Problems))]
pub async fn buyer_show(caller: Caller, at: Path<String>) -> Answer {
    show(caller, None, &at).await
}

/// Begins an upload in pieces, for connections that break.
#[utoipa::path(post, path = "/v1/buyer/uploads", operation_id = "buyer_begin_upload", tag = "buyer", security(("buyer" = [])),
    request_body = NewUpload, responses((status = 201, description = "Begun", body = Upload), Problems))]
pub async fn buyer_begin(caller: Caller, body: Body<NewUpload>) -> Answer {
    begin(caller, None, body.0).await
}

/// The uploads that are not complete yet.
#[utoipa::path(get, path = "/v1/buyer/uploads", operation_id = "buyer_uploads", tag = "buyer", security(("buyer" = [])),
    responses((status = 200, description = "At most 5", body = Uploads), Problems))]
pub async fn buyer_all(caller: Caller) -> Answer {
    all(caller, None)
}

/// Gives an upload up.
#[utoipa::path(delete, path = "/v1/buyer/uploads/{upload}", operation_id = "buyer_give_up_upload", tag = "buyer",
    security(("buyer" = [])), params(("upload" = String, Path)),
    responses((status = 204, description = "Gone"), Problems))]
pub async fn buyer_give_up(caller: Caller, at: Path<String>) -> Answer {
    give_up(caller, None, &at)
}

/// How far an upload is.
#[utoipa::path(get, path = "/v1/buyer/uploads/{upload}", operation_id = "buyer_upload", tag = "buyer", security(("buyer" = [])),
    params(("upload" = String, Path)), responses((status = 200, description = "How far", body = Upload), Problems))]
pub async fn buyer_far(caller: Caller, at: Path<String>) -> Answer {
    far(caller, None, &at)
}

/// The next piece of an upload.
#[utoipa::path(put, path = "/v1/buyer/uploads/{upload}", operation_id = "buyer_upload_piece", tag = "buyer",
    security(("buyer" = [])), params(("upload" = String, Path), Offset),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "How far", body = Upload), Problems))]
pub async fn buyer_piece(caller: Caller, at: Path<String>, offset: Offset, body: Raw) -> Answer {
    piece(caller, None, &at, offset, body).await
}

/// Stores an upload that is whole. Repeated it answers the same.
#[utoipa::path(post, path = "/v1/buyer/uploads/{upload}/complete", operation_id = "buyer_complete_upload", tag = "buyer",
    security(("buyer" = [])), params(("upload" = String, Path)),
    responses((status = 201, description = "It is on disk", body = File), Problems))]
pub async fn buyer_complete(caller: Caller, at: Path<String>) -> Answer {
    complete(caller, None, &at).await
}

/// Stores a picture or file for a conversation, so that an answer can carry it.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/files", operation_id = "staff_add_file", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path), Naming),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "It is on disk", body = File), Problems))]
pub async fn staff_add(caller: Caller, at: Path<String>, naming: Naming, body: Raw) -> Answer {
    add(caller, Some(conversation_id(&at)?), naming, body).await
}

/// A file of a conversation.
#[utoipa::path(get, path = "/v1/staff/conversations/{conversation}/files/{hash}", operation_id = "staff_file", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path), ("hash" = String, Path)),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Problems))]
pub async fn staff_show(caller: Caller, at: Path<(String, String)>) -> Answer {
    show(caller, Some(conversation_id(&at.0)?), &at.1).await
}

/// Begins an upload in pieces, for connections that break.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/uploads", operation_id = "staff_begin_upload", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)), request_body = NewUpload,
    responses((status = 201, description = "Begun", body = Upload), Problems))]
pub async fn staff_begin(caller: Caller, at: Path<String>, body: Body<NewUpload>) -> Answer {
    begin(caller, Some(conversation_id(&at)?), body.0).await
}

/// One's own uploads into this conversation that are not complete yet.
#[utoipa::path(get, path = "/v1/staff/conversations/{conversation}/uploads", operation_id = "staff_uploads", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path)),
    responses((status = 200, description = "At most 5", body = Uploads), Problems))]
pub async fn staff_all(caller: Caller, at: Path<String>) -> Answer {
    all(caller, Some(conversation_id(&at)?))
}

/// Gives an upload up.
#[utoipa::path(delete, path = "/v1/staff/conversations/{conversation}/uploads/{upload}", operation_id = "staff_give_up_upload",
    tag = "staff", security(("staff" = [])), params(("conversation" = String, Path), ("upload" = String, Path)),
    responses((status = 204, description = "Gone"), Problems))]
pub async fn staff_give_up(caller: Caller, at: Path<(String, String)>) -> Answer {
    give_up(caller, Some(conversation_id(&at.0)?), &at.1)
}

/// How far an upload is.
#[utoipa::path(get, path = "/v1/staff/conversations/{conversation}/uploads/{upload}", operation_id = "staff_upload", tag = "staff",
    security(("staff" = [])), params(("conversation" = String, Path), ("upload" = String, Path)),
    responses((status = 200, description = "How far", body = Upload), Problems))]
pub async fn staff_far(caller: Caller, at: Path<(String, String)>) -> Answer {
    far(caller, Some(conversation_id(&at.0)?), &at.1)
}

/// The next piece of an upload.
#[utoipa::path(put, path = "/v1/staff/conversations/{conversation}/uploads/{upload}", operation_id = "staff_upload_piece",
    tag = "staff", security(("staff" = [])), params(("conversation" = String, Path), ("upload" = String, Path), Offset),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "How far", body = Upload), Problems))]
pub async fn staff_piece(caller: Caller, at: Path<(String, String)>, offset: Offset, body: Raw) -> Answer {
    piece(caller, Some(conversation_id(&at.0)?), &at.1, offset, body).await
}

/// Stores an upload that is whole. Repeated it answers the same.
#[utoipa::path(post, path = "/v1/staff/conversations/{conversation}/uploads/{upload}/complete",
    operation_id = "staff_complete_upload", tag = "staff", security(("staff" = [])),
    params(("conversation" = String, Path), ("upload" = String, Path)),
    responses((status = 201, description = "It is on disk", body = File), Problems))]
pub async fn staff_complete(caller: Caller, at: Path<(String, String)>) -> Answer {
    complete(caller, Some(conversation_id(&at.0)?), &at.1).await
}
