//! Every "no" as HTTP shows it: status, stable code, problem document (RFC 9457). The only place that maps refusals.
//!
//! Never logs a detail: it may quote what the client wrote. Invariant: one code per kind of refusal, for ever.

use super::reply;
use super::wire::guard::Finding;
use super::wire::version::FieldProblem;
use crate::domain::refusal::Refusal;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::ToSchema;

/// When a client may try again after the disk ran low: as long as an operator needs to notice.
const DISK_LOW_RETRY_S: u64 = 30;
/// When a client may try again after a stop: as long as a restart takes.
const STOPPING_RETRY_S: u64 = 5;

/// What went wrong, in the refusals' words or in those of HTTP itself.
#[derive(Debug)]
pub enum Fault {
    Refused(Refusal),
    /// Not the JSON, parameter or path that was asked for; the text names the field.
    Malformed(String),
    NoSuchPath,
    MethodNotAllowed {
        allow: String,
    },
    /// More bytes than a body may have.
    TooLarge {
        bytes_max: usize,
    },
    /// The body is of another kind than this.
    UnsupportedMediaType {
        right: &'static str,
    },
    /// The body did not arrive in time.
    TooSlow,
}

/// A fault with the id under which it is logged.
#[derive(Debug)]
pub struct Problem {
    fault: Fault,
    request_id: String,
}

/// How one kind of fault looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Face {
    pub status: u16,
    pub code: &'static str,
    pub title: &'static str,
    /// Seconds.
    pub retry_after_s: Option<u64>,
}

/// The problem document that every error answer carries, `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument<'a> {
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// Stable: programs may depend on it.
    #[schema(example = "not_owner")]
    code: &'static str,
    /// For people; may change.
    detail: &'a str,
    /// Under which the server logged it.
    request_id: &'a str,
    /// Everything that is wrong with a draft (`faulty`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// Everything that must not be sent (`guarded`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding>,
}

const fn plain(status: u16, code: &'static str, title: &'static str) -> Face {
    Face { status, code, title, retry_after_s: None }
}

const fn later(status: u16, code: &'static str, title: &'static str, retry_after_s: u64) -> Face {
    Face { status, code, title, retry_after_s: Some(retry_after_s) }
}

/// How a refusal looks.
pub fn face(refusal: &Refusal) -> Face {
    match refusal {
        Refusal::Unauthenticated => plain(401, "unauthenticated", "Not authenticated"),
        Refusal::WrongPassword => plain(401, "wrong_password", "Wrong account name or password"),
        Refusal::LockedOut { until, now } => later(429, "locked_out", "Account locked", until.since(*now).div_ceil(1_000).max(1)),
        Refusal::Forbidden { .. } => plain(403, "forbidden", "Forbidden"),
        Refusal::NotFound { .. } => plain(404, "not_found", "Not found"),
        Refusal::Invalid { .. } => plain(400, "invalid", "Invalid request"),
        Refusal::Faulty { .. } => plain(400, "faulty", "Draft with errors"),
        Refusal::Outdated { .. } => plain(409, "outdated", "Changed meanwhile"),
        Refusal::Exists { .. } => plain(409, "exists", "Exists already"),
        Refusal::IdTaken { .. } => plain(409, "id_taken", "Id used for something else"),
        Refusal::RetryMismatch { .. } => plain(409, "retry_mismatch", "Client message id used with another text"),
        Refusal::NotOwner => plain(409, "not_owner", "Not the owner"),
        Refusal::NothingUnanswered => plain(409, "nothing_unanswered", "Nothing is unanswered"),
        Refusal::NotLastMessage { .. } => plain(409, "not_last_message", "Not the buyer's last message"),
        Refusal::ReceptionClosed => plain(409, "reception_closed", "Reception closed"),
        Refusal::ReceptionOpen => plain(409, "reception_open", "Reception open"),
        Refusal::Guarded { .. } => plain(422, "guarded", "Must not be sent"),
        Refusal::Held => plain(403, "held", "Account must not send now"),
        Refusal::TooLate { .. } => plain(409, "too_late", "Too late"),
        Refusal::NotConnected => plain(409, "not_connected", "No device connected"),
        Refusal::AgentNotOnline => plain(409, "agent_not_online", "Agent not online"),
        Refusal::AgentNotServing => plain(409, "agent_not_serving", "Agent takes no buyers"),
        Refusal::LimitReached { .. } => plain(409, "limit_reached", "Limit reached"),
        Refusal::TooMany { retry_after_s } => later(429, "too_many_requests", "Too many requests", *retry_after_s),
        Refusal::Overloaded { retry_after_s } => later(503, "overloaded", "Overloaded", *retry_after_s),
        Refusal::DiskLow => later(503, "disk_low", "Disk space low", DISK_LOW_RETRY_S),
        Refusal::Stopping => later(503, "stopping", "Stopping", STOPPING_RETRY_S),
        Refusal::Internal => plain(500, "internal", "Internal error"),
    }
}

/// What a person is told about a refusal.
pub fn detail(refusal: &Refusal) -> String {
    match (refusal, face(refusal).retry_after_s) {
        (Refusal::LockedOut { .. }, Some(s)) => format!("too many failed attempts; try again in {s} s"),
        _ => refusal.to_string(),
    }
}

/// What the guard found.
pub fn findings(refusal: &Refusal) -> Vec<Finding> {
    match refusal {
        Refusal::Guarded { findings } => findings.iter().map(Into::into).collect(),
        _ => Vec::new(),
    }
}

impl Fault {
    fn face(&self) -> Face {
        match self {
            Fault::Refused(refusal) => face(refusal),
            Fault::Malformed(_) => plain(400, "invalid", "Invalid request"),
            Fault::NoSuchPath => plain(404, "not_found", "Not found"),
            Fault::MethodNotAllowed { .. } => plain(405, "method_not_allowed", "Method not allowed"),
            Fault::TooLarge { .. } => plain(413, "too_large", "Too large"),
            Fault::UnsupportedMediaType { .. } => plain(415, "unsupported_media_type", "Unsupported media type"),
            Fault::TooSlow => plain(408, "too_slow", "Request timed out"),
        }
    }

    fn errors(&self) -> Vec<FieldProblem> {
        match self {
            Fault::Refused(Refusal::Faulty { faults }) => faults.iter().map(Into::into).collect(),
            _ => Vec::new(),
        }
    }

    fn findings(&self) -> Vec<Finding> {
        match self {
            Fault::Refused(refusal) => findings(refusal),
            _ => Vec::new(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Fault::Refused(refusal) => detail(refusal),
            Fault::Malformed(detail) => detail.clone(),
            Fault::NoSuchPath => "there is no such path; see /docs".into(),
            Fault::MethodNotAllowed { allow } => format!("this path knows {allow}"),
            Fault::TooLarge { bytes_max } => format!("this body may have at most {bytes_max} bytes"),
            Fault::UnsupportedMediaType { right } => format!("the body must be {right}"),
            Fault::TooSlow => "the body did not arrive in time".into(),
        }
    }
}

/// Unique among the errors of this process, and most likely among all: a random start and a count.
fn request_id() -> String {
    static START: OnceLock<u32> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let start = START.get_or_init(|| getrandom::u32().unwrap_or_default());
    format!("{start:08x}-{:x}", COUNT.fetch_add(1, Ordering::Relaxed))
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        let (face, request_id) = (fault.face(), request_id());
        match face.status {
            500 => tracing::error!(code = face.code, request_id, "request failed"),
            _ => tracing::debug!(code = face.code, request_id, "request refused"),
        }
        Problem { fault, request_id }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        Fault::Refused(refusal).into()
    }
}

impl Problem {
    /// A problem with what was sent: `field` is named, `problem` says what is wrong with it.
    pub fn invalid(field: &str, problem: impl fmt::Display) -> Problem {
        Fault::Malformed(format!("`{field}`: {problem}")).into()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fault.face().code)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.fault.face().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let face = self.fault.face();
        let detail = self.fault.detail();
        let document = ProblemDocument {
            kind: "about:blank",
            title: face.title,
            status: face.status,
            code: face.code,
            detail: &detail,
            request_id: &self.request_id,
            errors: self.fault.errors(),
            findings: self.fault.findings(),
        };
        let mut response = HttpResponse::build(self.status_code());
        reply::guard_headers(&mut response).insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = face.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if face.status == 401 {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Fault::MethodNotAllowed { allow } = &self.fault {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        response.body(serde_json::to_vec(&document).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Millis;

    fn every_refusal() -> Vec<(Refusal, u16, &'static str)> {
        vec![
            (Refusal::Unauthenticated, 401, "unauthenticated"),
            (Refusal::WrongPassword, 401, "wrong_password"),
            (Refusal::LockedOut { until: Millis(2_500), now: Millis(1_000) }, 429, "locked_out"),
            (Refusal::Forbidden { needs: "x" }, 403, "forbidden"),
            (Refusal::NotFound { what: "x" }, 404, "not_found"),
            (Refusal::Invalid { field: "x", problem: "y".into() }, 400, "invalid"),
            (Refusal::Faulty { faults: Vec::new() }, 400, "faulty"),
            (Refusal::Outdated { now: 1 }, 409, "outdated"),
            (Refusal::Exists { what: "x" }, 409, "exists"),
            (Refusal::IdTaken { what: "x" }, 409, "id_taken"),
            (Refusal::RetryMismatch { seq: 1 }, 409, "retry_mismatch"),
            (Refusal::NotOwner, 409, "not_owner"),
            (Refusal::NothingUnanswered, 409, "nothing_unanswered"),
            (Refusal::NotLastMessage { last: 1 }, 409, "not_last_message"),
            (Refusal::ReceptionClosed, 409, "reception_closed"),
            (Refusal::ReceptionOpen, 409, "reception_open"),
            (Refusal::TooLate { minutes: 2 }, 409, "too_late"),
            (Refusal::NotConnected, 409, "not_connected"),
            (Refusal::AgentNotOnline, 409, "agent_not_online"),
            (Refusal::AgentNotServing, 409, "agent_not_serving"),
            (Refusal::LimitReached { what: "x", limit: 1 }, 409, "limit_reached"),
            (Refusal::TooMany { retry_after_s: 3 }, 429, "too_many_requests"),
            (Refusal::Overloaded { retry_after_s: 1 }, 503, "overloaded"),
            (Refusal::DiskLow, 503, "disk_low"),
            (Refusal::Stopping, 503, "stopping"),
            (Refusal::Internal, 500, "internal"),
        ]
    }

    #[test]
    fn every_refusal_has_its_own_stable_code() {
        let mut codes = Vec::new();
        for (refusal, status, code) in every_refusal() {
            let face = face(&refusal);
            assert_eq!((face.status, face.code), (status, code));
            assert_eq!(face.retry_after_s.is_some(), matches!(status, 429 | 503), "{code}");
            codes.push(code);
        }
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn a_lock_out_says_how_long_it_lasts() {
        let locked = Refusal::LockedOut { until: Millis(2_500), now: Millis(1_000) };
        assert_eq!(face(&locked).retry_after_s, Some(2));
        let response = Problem::from(locked).error_response();
        assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "2");
        assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "application/problem+json");
    }

    #[test]
    fn request_ids_differ() {
        assert_ne!(request_id(), request_id());
    }
}
