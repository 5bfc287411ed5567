//! Answers that went well: JSON with the headers that every answer carries. All headers are static: nothing is allocated.

use super::error::Problem;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder, http::StatusCode};
use serde::Serialize;

/// What a handler of a route gives.
pub type Answer = Result<HttpResponse, Problem>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// An answer is data: nothing in it may run, load or be framed.
const DATA_ONLY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const CONTENT_TYPE: HeaderName = header::CONTENT_TYPE;

/// Adds the headers that every answer but the reader of `/docs` carries.
pub fn guard_headers(response: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    response
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, NOSNIFF))
        .insert_header((header::CONTENT_SECURITY_POLICY, DATA_ONLY))
        .insert_header((header::CACHE_CONTROL, NO_STORE))
}

fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let mut bytes = Vec::with_capacity(128);
    // Writing to memory cannot fail, and no answer has a map with keys that are not strings.
    serde_json::to_writer(&mut bytes, body).map_err(|_| Problem::from(crate::domain::refusal::Refusal::Internal))?;
    Ok(guard_headers(&mut HttpResponse::build(status)).insert_header((CONTENT_TYPE, JSON)).body(bytes))
}

/// 200 with a body.
pub fn ok(body: &impl Serialize) -> Answer {
    json(StatusCode::OK, body)
}

/// 201 with a body.
pub fn created(body: &impl Serialize) -> Answer {
    json(StatusCode::CREATED, body)
}

/// 200 with a plain text.
pub fn text(body: String) -> Answer {
    Ok(guard_headers(&mut HttpResponse::Ok()).insert_header((CONTENT_TYPE, PLAIN)).body(body))
}

/// 204.
pub fn done() -> Answer {
    Ok(guard_headers(&mut HttpResponse::NoContent()).finish())
}
