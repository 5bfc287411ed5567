//! One request to a host that a shop named: no redirects, a short time, a small answer, and only addresses that may be asked.

use super::address::{Closed, Rule};
use crate::config::Notify;
use crate::domain::notify::Outcome;
use crate::domain::notify::channel::literal_address;
use crate::limits;
use reqwest::{Client, StatusCode, header};
use std::error::Error as _;
use std::time::Duration;

/// Asks hosts that shops named.
pub(super) struct Outside {
    client: Client,
    rule: Rule,
}

/// What a host answered.
pub(super) struct Answer {
    pub status: StatusCode,
    pub retry_after_ms: Option<u64>,
    /// At most [`limits::ANSWER_BYTES_MAX`] of it.
    pub body: Vec<u8>,
}

/// A client that follows nothing and waits for nobody.
pub(super) fn client(rule: Option<&Rule>) -> Result<Client, String> {
    // The client is built without one. A second call finds it there, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .timeout(Duration::from_millis(limits::ANSWER_MS_MAX))
        .connect_timeout(Duration::from_millis(limits::ANSWER_MS_MAX))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .http1_only()
        .pool_max_idle_per_host(1)
        .user_agent(concat!("fenliu/", env!("CARGO_PKG_VERSION")));
    let builder = match rule {
        Some(rule) => builder.https_only(!rule.http()).dns_resolver(rule.clone()),
        None => builder,
    };
    builder.build().map_err(|error| format!("the client of robots and webhooks was not made: {error}"))
}

impl Outside {
    pub(super) fn new(settings: Notify) -> Result<Outside, String> {
        let rule = Rule::new(settings);
        Ok(Outside { client: client(Some(&rule))?, rule })
    }

    /// Whom it asks.
    pub(super) fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Sends one JSON body, as POST. `Err`: there was no answer, and what that comes to.
    pub(super) async fn post(&self, url: &str, headers: &[(&'static str, String)], body: String) -> Result<Answer, Outcome> {
        // No name is looked up for an address that stands in the URL itself.
        if let Some(address) = literal_address(url) {
            self.rule.check(address).map_err(|closed| Outcome::Refused { why: closed.to_string() })?;
        }
        let request = self.client.post(url).header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        answer(request).await
    }
}

/// Sends a request and reads a bounded answer.
pub(super) async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, Outcome> {
    let mut response = request.send().await.map_err(broken)?;
    let seconds = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    let (status, mut body) = (response.status(), Vec::new());
    while body.len() < limits::ANSWER_BYTES_MAX {
        let Some(piece) = response.chunk().await.map_err(broken)? else { break };
        let room = limits::ANSWER_BYTES_MAX - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Ok(Answer { status, retry_after_ms: seconds.map(|seconds| seconds.saturating_mul(1_000)), body })
}

/// Why there was no answer; never the address, which holds tokens.
fn broken(error: reqwest::Error) -> Outcome {
    let mut source = error.source();
    let mut root = None;
    while let Some(inner) = source {
        if let Some(closed) = inner.downcast_ref::<Closed>() {
            return Outcome::Refused { why: closed.to_string() };
        }
        root = Some(inner);
        source = inner.source();
    }
    let what = match () {
        () if error.is_timeout() => "no answer in time",
        () if error.is_connect() => "no connection",
        () if error.is_builder() => return Outcome::Refused { why: "the address cannot be asked".into() },
        () => "the exchange broke off",
    };
    let why = root.filter(|_| !error.is_timeout()).map_or_else(|| what.to_owned(), |root| format!("{what}: {root}"));
    failed(why)
}

/// Not now.
pub(super) fn failed(why: impl Into<String>) -> Outcome {
    Outcome::Failed { why: why.into(), retry_after_ms: None }
}

impl Answer {
    /// What a status other than success comes to.
    pub(super) fn unwelcome(&self) -> Outcome {
        let why = format!("HTTP {}", self.status.as_u16());
        match self.status.as_u16() {
            300..400 => Outcome::Refused { why: format!("{why}: the address points to another one, which is not followed") },
            408 | 425 | 429 | 500.. => Outcome::Failed { why, retry_after_ms: self.retry_after_ms },
            _ => Outcome::Refused { why },
        }
    }
}
