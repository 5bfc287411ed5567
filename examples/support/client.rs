//! An asynchronous client of the HTTP API. Runs on one thread (a `LocalSet` of actix-rt).
//!
//! It repeats what may be repeated: a message keeps its client message id over all attempts, so that a retry after a time-out,
//! a cut connection or a 503 can never store it twice (OPS-2). It must never repeat what has no such id and may have happened.

use super::problem::{Backoff, Error};
use awc::error::SendRequestError;
use awc::http::{Method, Uri, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long one attempt may take.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The client. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: awc::Client,
    base: Rc<str>,
    patience: Duration,
    repeats: Rc<Cell<u64>>,
}

/// A message is on disk.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Accepted {
    pub seq: u64,
    /// Milliseconds since the epoch.
    pub at: u64,
    /// It already was: this is the answer to a retry.
    pub repeated: bool,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    Buyer,
    Agent,
    System,
}

/// One message of a history.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    pub seq: u64,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub from: From,
    pub agent: Option<u32>,
    pub text: String,
}

/// One page of a history; `next`: the `after` of the page that follows, if one does.
#[derive(Clone, Debug, Deserialize)]
pub struct History {
    pub messages: Vec<Message>,
    pub next: Option<u64>,
}

/// A buyer's credential.
#[derive(Clone, Debug, Deserialize)]
pub struct BuyerToken {
    pub token: String,
    /// 32 hexadecimal digits.
    pub conversation: String,
}

/// The suggestion that an answer is made of.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Adopted {
    pub no: u32,
    pub item: u8,
}

#[derive(Deserialize)]
struct Suggested {
    no: u32,
}

/// An agent's session.
#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    pub token: String,
    pub agent: u32,
}

/// A conversation as the inbox lists it.
#[derive(Clone, Debug, Deserialize)]
pub struct Summary {
    pub conversation: String,
    pub buyer: String,
    pub state: String,
    pub reception: u32,
    pub owner: Option<u32>,
    pub unread: u32,
    pub last_seq: u64,
}

/// One page of an inbox.
#[derive(Clone, Debug, Deserialize)]
pub struct Inbox {
    pub conversations: Vec<Summary>,
    pub next: Option<String>,
}

/// The account to create.
pub struct NewAccount<'a> {
    pub login: &'a str,
    pub name: &'a str,
    pub password: &'a str,
    pub capacity: u32,
    pub groups: &'a [u32],
}

#[derive(Deserialize)]
struct GroupCreated {
    group: u32,
}

#[derive(Deserialize)]
struct AccountCreated {
    agent: u32,
}

/// Whether an unknown outcome may be answered with a second attempt.
#[derive(Clone, Copy, PartialEq)]
enum Repeat {
    Harmless,
    Harmful,
}

impl Client {
    /// `base`: `http://host:port`, nothing behind it. `patience`: how long one call may go on trying.
    pub fn new(base: &str, patience: Duration) -> Result<Client, Error> {
        let base = base.trim_end_matches('/');
        let uri: Uri = base.parse().map_err(|e| Error::Malformed(format!("`{base}` is no URL: {e}")))?;
        if uri.scheme_str() != Some("http") || uri.host().is_none() || uri.path().len() > 1 {
            return Err(Error::Malformed(format!("`{base}`: the address has the form http://host:port")));
        }
        let connector = awc::Connector::new().limit(0).timeout(Duration::from_secs(5));
        let http = awc::Client::builder().connector(connector).timeout(ATTEMPT_MAX).disable_redirects().finish();
        Ok(Client { http, base: base.into(), patience, repeats: Rc::default() })
    }

    /// How long a call may go on trying.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Attempts beyond the first, over all calls.
    pub fn repeats(&self) -> u64 {
        self.repeats.get()
    }

    /// Counts one more attempt.
    pub(super) fn repeated(&self) {
        self.repeats.set(self.repeats.get() + 1);
    }

    /// A WebSocket request, not yet connected.
    pub(super) fn web_socket(&self, path: &str, token: &str) -> awc::ws::WebsocketsRequest {
        let url = format!("ws{}{path}", self.base.trim_start_matches("http"));
        self.http.ws(url).max_frame_size(256 * 1024).header(header::AUTHORIZATION, format!("Bearer {token}"))
    }

    async fn attempt<T: DeserializeOwned>(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> Result<T, Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let sent = match body {
            Some(body) => request.send_json(body),
            None => request.send(),
        };
        let mut response = sent.await.map_err(|e| match e {
            SendRequestError::Connect(e) => Error::Unreachable(e.to_string()),
            other => Error::Unknown(other.to_string()),
        })?;
        let bytes = response.body().limit(ANSWER_BYTES_MAX).await.map_err(|e| Error::Unknown(e.to_string()))?;
        let status = response.status();
        if !status.is_success() {
            let after = response.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
            return Err(Error::from_response(status.as_u16(), after, &bytes));
        }
        let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(text).map_err(|e| Error::Malformed(format!("{path}: {e}")))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
        repeat: Repeat,
    ) -> Result<T, Error> {
        let begun = Instant::now();
        let mut backoff = Backoff::new();
        loop {
            let error = match self.attempt(method.clone(), path, token, body.as_ref()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let pause = error.again(repeat == Repeat::Harmless, backoff.step());
            match pause.filter(|pause| begun.elapsed() + *pause < self.patience) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            self.repeated();
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, token: &str) -> Result<T, Error> {
        self.call(Method::GET, path, token, None, Repeat::Harmless).await
    }

    // ---- platform

    /// Creates a shop; false: it exists already.
    pub async fn create_shop(&self, key: &str, shop: &str, name: &str) -> Result<bool, Error> {
        let body = json!({"shop": shop, "name": name});
        match self.call::<Value>(Method::POST, "/v1/platform/shops", key, Some(body), Repeat::Harmless).await {
            Ok(_) => Ok(true),
            Err(e) if e.code() == "exists" => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Violations are warnings from now on, in all shops: a program answers faster and more evenly than any person could.
    pub async fn only_warn_of_machines(&self, key: &str) -> Result<(), Error> {
        println!("violations are only warnings from now on, in all shops (/v1/platform/guard/conduct): programs answer as no person does");
        let conduct = json!({"ladder": [{}], "throttle_ms": 0});
        self.call::<Value>(Method::PUT, "/v1/platform/guard/conduct", key, Some(conduct), Repeat::Harmless).await.map(drop)
    }

    /// Contacts in the agents' words are warned of, not refused: what is replayed was said elsewhere, under other rules.
    pub async fn only_warn_of_contacts(&self, key: &str, shop: &str) -> Result<(), Error> {
        let path = format!("/v1/platform/shops/{shop}/guard");
        self.call::<Value>(Method::PUT, &path, key, Some(json!({"contacts": "warn", "allowed_hosts": [], "clients": []})), Repeat::Harmless)
            .await
            .map(drop)
    }

    /// Creates a group; its number.
    pub async fn create_group(&self, key: &str, shop: &str, name: &str) -> Result<u32, Error> {
        let path = format!("/v1/platform/shops/{shop}/groups");
        let created: GroupCreated = self.call(Method::POST, &path, key, Some(json!({"name": name})), Repeat::Harmful).await?;
        Ok(created.group)
    }

    /// Creates an agent's account; its number.
    pub async fn create_agent(&self, key: &str, shop: &str, account: &NewAccount<'_>) -> Result<u32, Error> {
        let groups: Vec<Value> = account.groups.iter().map(|group| json!({"group": group})).collect();
        let body = json!({"login": account.login, "name": account.name, "password": account.password, "role": "agent",
            "capacity": account.capacity, "groups": groups});
        let path = format!("/v1/platform/shops/{shop}/accounts");
        let created: AccountCreated = self.call(Method::POST, &path, key, Some(body), Repeat::Harmful).await?;
        Ok(created.agent)
    }

    /// Creates the account of an owner, who sees the whole shop.
    pub async fn create_owner(&self, key: &str, shop: &str, login: &str, password: &str) -> Result<(), Error> {
        let body = json!({"login": login, "name": login, "password": password, "role": "owner"});
        let path = format!("/v1/platform/shops/{shop}/accounts");
        self.call::<Value>(Method::POST, &path, key, Some(body), Repeat::Harmful).await.map(drop)
    }

    /// Replaces the diversion rules: buyers who come through an entry go to its group, all others to the fallback.
    pub async fn set_diversion(&self, key: &str, shop: &str, entries: &[(&str, u32)], fallback: u32) -> Result<(), Error> {
        let rule = |(entry, group): &(&str, u32)| json!({"name": entry, "when": {"entry": [entry]}, "target": {"groups": [group]}});
        let rules: Vec<Value> = entries.iter().map(rule).collect();
        let body = json!({"rules": rules, "fallback_group": fallback});
        let path = format!("/v1/platform/shops/{shop}/diversion");
        self.call::<Value>(Method::PUT, &path, key, Some(body), Repeat::Harmless).await.map(drop)
    }

    /// A new shop's time limit of a first response; its screens warn at half of it.
    pub async fn set_first_response(&self, key: &str, shop: &str, seconds: u32) -> Result<(), Error> {
        let body = json!({"labels": [], "roles": [], "time": {"first_response_s": seconds, "warning_s": seconds.div_ceil(2), "reminder_s": seconds}});
        let path = format!("/v1/platform/shops/{shop}/desk");
        self.call::<Value>(Method::PUT, &path, key, Some(body), Repeat::Harmless).await.map(drop)
    }

    /// A buyer's credential, valid for `expires_in_s` seconds.
    pub async fn buyer_token(&self, key: &str, shop: &str, buyer: &str, name: &str, expires_in_s: u64) -> Result<BuyerToken, Error> {
        let body = json!({"buyer": buyer, "name": name, "expires_in_s": expires_in_s});
        self.call(Method::POST, &format!("/v1/platform/shops/{shop}/buyer-tokens"), key, Some(body), Repeat::Harmless).await
    }

    /// Offers one answer to the buyer's message `seq`; the number of the offer. Needs the scope `suggestions`.
    pub async fn suggest(&self, key: &str, shop: &str, conversation: &str, id: &str, text: &str, seq: u64) -> Result<u32, Error> {
        let body = json!({"client_suggestion_id": id, "items": [text], "for_seq": seq});
        let path = format!("/v1/platform/shops/{shop}/conversations/{conversation}/suggestions");
        let suggested: Suggested = self.call(Method::POST, &path, key, Some(body), Repeat::Harmless).await?;
        Ok(suggested.no)
    }

    // ---- buyer

    /// Sends one message; returns when it is on disk. `entry`: where the buyer came from, "" if nowhere special.
    pub async fn send(&self, token: &str, id: &str, text: &str, entry: &str) -> Result<Accepted, Error> {
        let mut body = json!({"client_message_id": id, "text": text});
        if !entry.is_empty() {
            body["entry"] = entry.into();
        }
        self.call(Method::POST, "/v1/buyer/messages", token, Some(body), Repeat::Harmless).await
    }

    /// One page of the buyer's own conversation.
    pub async fn buyer_history(&self, token: &str, after: u64, limit: u32) -> Result<History, Error> {
        self.get(&format!("/v1/buyer/messages?after={after}&limit={limit}"), token).await
    }

    // ---- staff

    /// Logs an agent in.
    pub async fn log_in(&self, shop: &str, login: &str, password: &str) -> Result<Session, Error> {
        let body = json!({"shop": shop, "login": login, "password": password});
        self.call(Method::POST, "/v1/staff/log-in", "", Some(body), Repeat::Harmless).await
    }

    /// `presence`: `online`, `suspended` or `offline`.
    pub async fn set_presence(&self, token: &str, presence: &str) -> Result<(), Error> {
        let body = json!({"presence": presence});
        self.call(Method::PUT, "/v1/staff/presence", token, Some(body), Repeat::Harmless).await
    }

    /// One page of the inbox in one state; `cursor` from the page before.
    pub async fn inbox(&self, token: &str, state: &str, cursor: Option<&str>, limit: u32) -> Result<Inbox, Error> {
        let cursor = cursor.map(|c| format!("&cursor={c}")).unwrap_or_default();
        self.get(&format!("/v1/staff/inbox?state={state}&limit={limit}{cursor}"), token).await
    }

    /// One conversation as the inbox lists it.
    pub async fn summary(&self, token: &str, conversation: &str) -> Result<Summary, Error> {
        self.get(&format!("/v1/staff/conversations/{conversation}"), token).await
    }

    /// One page of a conversation the agent serves.
    pub async fn staff_history(&self, token: &str, conversation: &str, after: u64, limit: u32) -> Result<History, Error> {
        self.get(&format!("/v1/staff/conversations/{conversation}/messages?after={after}&limit={limit}"), token).await
    }

    /// Answers a buyer; returns when it is on disk.
    pub async fn answer(&self, token: &str, conversation: &str, id: &str, text: &str) -> Result<Accepted, Error> {
        let body = json!({"client_message_id": id, "text": text});
        let path = format!("/v1/staff/conversations/{conversation}/messages");
        self.call(Method::POST, &path, token, Some(body), Repeat::Harmless).await
    }

    /// Staff have read up to `seq`.
    pub async fn read(&self, token: &str, conversation: &str, seq: u64) -> Result<(), Error> {
        let path = format!("/v1/staff/conversations/{conversation}/read");
        self.call(Method::POST, &path, token, Some(json!({"seq": seq})), Repeat::Harmless).await
    }

    /// Closes the reception. One that is closed already counts as done: the answer to a first attempt may have been lost.
    pub async fn close(&self, token: &str, conversation: &str) -> Result<(), Error> {
        let path = format!("/v1/staff/conversations/{conversation}/close");
        match self.call::<Value>(Method::POST, &path, token, Some(json!({})), Repeat::Harmless).await {
            Ok(_) => Ok(()),
            Err(e) if e.code() == "reception_closed" => Ok(()),
            Err(e) => Err(e),
        }
    }
}
