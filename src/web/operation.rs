//! What the operator asks: alive, ready, measured, described. Needs no credential, and without one shows nothing of any shop.

use super::bearer::{AnyCaller, Anybody};
use super::openapi;
use super::reply::{self, Answer};
use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = ServerHealth)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// 200 while the process is alive.
#[utoipa::path(get, path = "/healthz", operation_id = "healthz", tag = "operation",
    responses((status = 200, description = "Alive", body = Health)))]
pub async fn healthz() -> Answer {
    reply::ok(&Health { status: "ok" })
}

/// 200 while it takes work.
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = "operation",
    responses((status = 200, description = "Ready", body = Health), openapi::Problems))]
pub async fn readyz(door: Anybody) -> Answer {
    door.ready()?;
    reply::ok(&Health { status: "ready" })
}

/// Figures for Prometheus; with a key of scope `metrics` also those of shops by name.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "operation", security((), ("platform" = ["metrics"])),
    responses((status = 200, description = "Text format 0.0.4", body = String, content_type = "text/plain"), openapi::Problems))]
pub async fn metrics(caller: AnyCaller) -> Answer {
    let text = caller.door.metrics(caller.who.as_deref())?;
    let mut response = HttpResponse::Ok();
    reply::guard_headers(&mut response).insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"));
    Ok(response.body(text))
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "operation",
    responses((status = 200, description = "OpenAPI", content_type = "application/json")))]
pub async fn openapi_json() -> Answer {
    let mut response = HttpResponse::Ok();
    reply::guard_headers(&mut response).insert_header((header::CONTENT_TYPE, "application/json"));
    Ok(response.body(openapi::json()))
}
