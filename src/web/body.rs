//! The JSON body of a request: bounded in bytes and in time, checked for its content type, read into a struct.
//!
//! Invariant: nothing larger than a body's limit is ever held, whatever the client announced.

use super::error::{Fault, Problem};
use crate::limits;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// How long a body may take to arrive after its head: ends a client that sends a byte now and then.
const BODY_MS_MAX: u64 = 10_000;

/// Bytes of a diversion document: five hundred rules with two kilobytes each.
pub const DRAFT_BYTES_MAX: usize = 1024 * 1024;

/// A JSON body read into `T`.
pub struct Body<T, const BYTES_MAX: usize = { limits::BODY_BYTES_MAX }>(pub T);

/// A diversion document, which may be larger than other bodies.
pub type DraftBody<T> = Body<T, DRAFT_BYTES_MAX>;

/// A JSON body read into `T`, or no body at all.
pub struct OptionalBody<T>(pub Option<T>);

/// A body of plain text in UTF-8.
pub struct TextBody<const BYTES_MAX: usize>(pub String);

/// Collects the bytes of a body.
pub struct Collect {
    payload: Payload,
    bytes_max: usize,
    refused: Option<Fault>,
    /// The whole body in most requests: not copied.
    first: Bytes,
    more: BytesMut,
    patience: Option<Pin<Box<Sleep>>>,
}

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain";
const NO_JSON: Fault = Fault::UnsupportedMediaType { right: JSON };

fn is_of(kind: &str, request: &HttpRequest) -> bool {
    let Some(value) = request.headers().get(header::CONTENT_TYPE).map(|v| v.as_bytes()) else { return false };
    let essence = value.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(kind.as_bytes())
}

fn announced_bytes(request: &HttpRequest) -> Option<usize> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl Collect {
    fn new(request: &HttpRequest, payload: &mut Payload, bytes_max: usize) -> Collect {
        let refused = match announced_bytes(request) {
            Some(bytes) if bytes > bytes_max => Some(Fault::TooLarge { bytes_max }),
            _ => None,
        };
        Collect { payload: payload.take(), bytes_max, refused, first: Bytes::new(), more: BytesMut::new(), patience: None }
    }

    fn too_large(&self) -> Fault {
        Fault::TooLarge { bytes_max: self.bytes_max }
    }

    fn take(&mut self, chunk: Bytes) -> Result<(), Fault> {
        // `more` begins with a copy of `first`.
        let held = self.first.len().max(self.more.len());
        if held + chunk.len() > self.bytes_max {
            return Err(self.too_large());
        }
        if self.first.is_empty() {
            self.first = chunk;
        } else {
            if self.more.is_empty() {
                self.more.extend_from_slice(&self.first);
            }
            self.more.extend_from_slice(&chunk);
        }
        Ok(())
    }

    fn whole(&mut self) -> Bytes {
        if self.more.is_empty() { std::mem::take(&mut self.first) } else { std::mem::take(&mut self.more).freeze() }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Fault>> {
        if let Some(fault) = self.refused.take() {
            return Poll::Ready(Err(fault));
        }
        loop {
            match Pin::new(&mut self.payload).poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => self.take(chunk)?,
                Poll::Ready(Some(Err(PayloadError::Overflow))) => return Poll::Ready(Err(self.too_large())),
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Err(Fault::Malformed("the body broke off".into()))),
                Poll::Ready(None) => return Poll::Ready(Ok(self.whole())),
                Poll::Pending => {
                    let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(BODY_MS_MAX))));
                    return patience.as_mut().poll(cx).map(|()| Err(Fault::TooSlow));
                }
            }
        }
    }
}

/// What is said of a list in the place of an object; the parser would take its items for the fields, in their order.
pub fn not_an_object(bytes: &[u8]) -> Option<&'static str> {
    bytes.trim_ascii_start().starts_with(b"[").then_some("must be a JSON object, in braces, with named fields; this is a list")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    if let Some(problem) = not_an_object(bytes) {
        return Err(Fault::Malformed(format!("the body {problem}")));
    }
    serde_json::from_slice(bytes).map_err(|error| Fault::Malformed(complaint(bytes, &error)))
}

/// What is wrong with a JSON text, naming the field where it is known.
pub fn complaint(bytes: &[u8], error: &serde_json::Error) -> String {
    // Where a member is missing there is no place to point at but its name.
    let told = error.to_string();
    if let Some((field, _)) = told.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        return format!("`{field}`: is missing");
    }
    match field_at(bytes, error.line(), error.column()) {
        Some(field) => format!("`{field}`: {error}"),
        None => error.to_string(),
    }
}

/// The last member name that begins before the place of an error: the field in which it is.
fn field_at(bytes: &[u8], line: usize, column: usize) -> Option<String> {
    let line_start: usize = bytes.split_inclusive(|b| *b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let end = (line_start + column).min(bytes.len());
    let (mut at, mut field) = (0, None);
    while at < end {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        let close = string_end(bytes, at)?;
        let after = bytes[close..].iter().position(|b| !b.is_ascii_whitespace()).map(|skip| bytes[close + skip]);
        if after == Some(b':') {
            field = serde_json::from_slice(&bytes[at..close]).ok();
        }
        at = close;
    }
    field
}

/// The place after the string that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut i = at + 1;
    while i < bytes.len() {
        match bytes[i] {
            b'"' => return Some(i + 1),
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
    None
}

/// See [`Body`].
pub struct Reading<T> {
    collect: Collect,
    json: bool,
    optional: bool,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Reading<T> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, Problem>> {
        if !self.json && !self.optional {
            return Poll::Ready(Err(NO_JSON.into()));
        }
        self.collect.poll(cx).map(|collected| {
            let bytes = collected?;
            match (bytes.is_empty() && self.optional, self.json) {
                (true, _) => Ok(None),
                (false, true) => Ok(Some(parse(&bytes)?)),
                (false, false) => Err(NO_JSON.into()),
            }
        })
    }
}

/// See [`Body`].
pub struct BodyFuture<T, const BYTES_MAX: usize>(Reading<T>);

impl<T: DeserializeOwned, const BYTES_MAX: usize> Future for BodyFuture<T, BYTES_MAX> {
    type Output = Result<Body<T, BYTES_MAX>, Problem>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map(|read| read?.map(Body).ok_or_else(|| Fault::Malformed("the body is empty".into()).into()))
    }
}

/// See [`OptionalBody`].
pub struct OptionalBodyFuture<T>(Reading<T>);

impl<T: DeserializeOwned> Future for OptionalBodyFuture<T> {
    type Output = Result<OptionalBody<T>, Problem>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map(|read| read.map(OptionalBody))
    }
}

impl<T: DeserializeOwned + 'static, const BYTES_MAX: usize> FromRequest for Body<T, BYTES_MAX> {
    type Error = Problem;
    type Future = BodyFuture<T, BYTES_MAX>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        BodyFuture(Reading {
            collect: Collect::new(request, payload, BYTES_MAX),
            json: is_of(JSON, request),
            optional: false,
            of: PhantomData,
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = OptionalBodyFuture<T>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let collect = Collect::new(request, payload, limits::BODY_BYTES_MAX);
        OptionalBodyFuture(Reading { collect, json: is_of(JSON, request), optional: true, of: PhantomData })
    }
}

impl<const BYTES_MAX: usize> FromRequest for TextBody<BYTES_MAX> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (mut collect, plain) = (Collect::new(request, payload, BYTES_MAX), is_of(PLAIN, request));
        Box::pin(async move {
            if !plain {
                return Err(Fault::UnsupportedMediaType { right: PLAIN }.into());
            }
            let bytes = poll_fn(|cx| collect.poll(cx)).await?;
            let no_text = |error: std::str::Utf8Error| {
                let line = bytes[..error.valid_up_to()].split(|b| *b == b'\n').count();
                Fault::Malformed(format!("line {line} is not UTF-8"))
            };
            Ok(TextBody(std::str::from_utf8(&bytes).map_err(no_text)?.to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::wire::talk::NewMessage;

    fn refused(json: &str) -> String {
        match parse::<NewMessage>(json.as_bytes()) {
            Err(Fault::Malformed(detail)) => detail,
            _ => panic!("not refused: {json}"),
        }
    }

    #[test]
    fn a_complaint_names_the_field() {
        assert!(refused(r#"{"client_message_id":"12345678","text":5}"#).starts_with("`text`: invalid type"));
        assert!(refused(r#"{"text":"a"}"#).starts_with("`client_message_id`: is missing"));
        assert!(refused("{\"client_message_id\":\"12345678\",\n\"text\":\"a\",\n\"colour\":1}").starts_with("`colour`: unknown field"));
        assert!(refused("{").contains("EOF"));
        assert!(refused("").contains("EOF"));
        assert!(refused(r#" ["12345678","a"]"#).contains("must be a JSON object"));
    }
}
