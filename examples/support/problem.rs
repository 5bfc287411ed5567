//! What can go wrong between a client and the server, and whether asking again is harmless.

use serde::Deserialize;
use std::fmt;
use std::time::Duration;

/// Why a request has no result.
#[derive(Clone, Debug)]
pub enum Error {
    /// The server said no, with its stable code.
    Problem { status: u16, code: String, detail: String, retry_after_s: Option<u64> },
    /// The request never reached the server.
    Unreachable(String),
    /// It may or may not have been carried out: no answer came in time, or the connection broke.
    Unknown(String),
    /// The answer is not what the contract says.
    Malformed(String),
}

#[derive(Deserialize)]
struct Document {
    code: String,
    #[serde(default)]
    detail: String,
}

impl Error {
    /// Reads a problem document (RFC 9457); anything else keeps its status and beginning.
    pub fn from_response(status: u16, retry_after_s: Option<u64>, body: &[u8]) -> Error {
        let (code, detail) = match serde_json::from_slice::<Document>(body) {
            Ok(document) => (document.code, document.detail),
            Err(_) => (format!("http_{status}"), String::from_utf8_lossy(body).chars().take(200).collect()),
        };
        Error::Problem { status, code, detail, retry_after_s }
    }

    /// A refusal that came as a WebSocket frame, which has no status.
    pub fn refused(code: String, detail: String) -> Error {
        Error::Problem { status: 0, code, detail, retry_after_s: None }
    }

    /// The stable code of a refusal, or a word for what happened instead.
    pub fn code(&self) -> &str {
        match self {
            Error::Problem { code, .. } => code,
            Error::Unreachable(_) => "unreachable",
            Error::Unknown(_) => "no_answer",
            Error::Malformed(_) => "malformed_answer",
        }
    }

    /// How long to wait before asking again, if that may help. `repeatable`: the request carries a client message id, or
    /// changes nothing the second time, so that an unknown outcome is no obstacle.
    pub fn again(&self, repeatable: bool, backoff: Duration) -> Option<Duration> {
        match self {
            Error::Problem { code, retry_after_s, .. } => match code.as_str() {
                "overloaded" | "disk_low" | "stopping" | "too_many_requests" => {
                    let asked = Duration::from_secs(retry_after_s.unwrap_or(0).min(5));
                    Some(asked.max(backoff))
                }
                _ => None,
            },
            Error::Unreachable(_) => Some(backoff),
            Error::Unknown(_) => repeatable.then_some(backoff),
            Error::Malformed(_) => None,
        }
    }

    /// Whether the message may be on disk all the same.
    pub fn may_have_happened(&self) -> bool {
        matches!(self, Error::Unknown(_) | Error::Malformed(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Problem { status: 0, code, detail, .. } => write!(f, "{code}: {detail}"),
            Error::Problem { status, code, detail, .. } => write!(f, "{status} {code}: {detail}"),
            Error::Unreachable(why) => write!(f, "the server cannot be reached: {why}"),
            Error::Unknown(why) => write!(f, "no answer: {why}"),
            Error::Malformed(why) => write!(f, "an answer outside the contract: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// Growing pauses between attempts: 20 ms, doubling up to 1 s.
pub struct Backoff(Duration);

impl Backoff {
    /// The first pause.
    pub fn new() -> Backoff {
        Backoff(Duration::from_millis(20))
    }
    /// This pause; the next one is longer.
    pub fn step(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(Duration::from_secs(1));
        now
    }
}
