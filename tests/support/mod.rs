//! What the tests of the whole server share: a server in this process on a port of its own, a client, sockets, a shop.
//!
//! It knows the server only through HTTP and WebSocket, the composition root apart. The clock is the test's own and never
//! moves by itself; nothing here sleeps: whoever waits asks again, for at most [`PATIENCE`].

// Every test binary uses its own part of this.
#![allow(dead_code)]

pub mod canary;
pub mod shop;
pub mod socket;

pub use shop::{Agent, Buyer, Shop};
pub use socket::{Heard, Socket};

use awc::http::{Method, header};
use fenliu::actors::clock::Clock;
use fenliu::app::{App, StartError};
use fenliu::config::Config;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives it up: far more than it takes.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The first moment of every test.
pub const BEGIN_MS: u64 = 1_800_000_000_000;
pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub retry_after: Option<u64>,
    pub allow: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// It is this refusal, as a complete problem document; its detail.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> String {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.content_type, "application/problem+json", "{self:?}");
        assert_eq!(self.body["type"], "about:blank", "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        for text in ["title", "detail", "request_id"] {
            assert!(self.body[text].as_str().is_some_and(|t| !t.is_empty()), "{text}: {self:?}");
        }
        let later = [429, 503].contains(&status);
        assert_eq!(self.retry_after.is_some_and(|s| s > 0), later, "{self:?}");
        self.body["detail"].as_str().unwrap_or_default().to_owned()
    }

    /// The problem without what differs each time.
    pub fn problem(mut self) -> (u16, Value) {
        self.body.as_object_mut().expect("a problem is an object").remove("request_id");
        (self.status, self.body)
    }
}

/// A server of this test's own.
pub struct House {
    base: RefCell<String>,
    app: RefCell<Option<App>>,
    clock: Arc<AtomicU64>,
    key: RefCell<String>,
    config: Config,
    http: awc::Client,
    names: Cell<u64>,
    watch: canary::Watch,
    _dir: tempfile::TempDir,
}

/// The settings of a server in `dir`: small, unlimited, on a port of its own.
pub fn settings(dir: &std::path::Path) -> Config {
    let mut config = Config { data_dir: dir.to_owned(), listen: ([127, 0, 0, 1], 0).into(), workers: 2, ..Config::default() };
    config.storage.ballast_bytes = 0;
    config.storage.low_water_bytes = Some(0);
    config.storage.write_buffer_bytes = 4 * 1024 * 1024;
    config.limits.buyer_messages_per_s = 0;
    config
}

/// Starts a server whose clock is `clock`.
pub async fn start(config: Config, clock: &Arc<AtomicU64>) -> Result<App, StartError> {
    App::start_at(config, Clock::Manual(clock.clone())).await
}

impl House {
    pub async fn open() -> Rc<House> {
        House::open_with(|_| {}).await
    }

    /// `change`: what is different from [`settings`].
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Rc<House> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut config = settings(dir.path());
        change(&mut config);
        let connector = awc::Connector::new().limit(0).timeout(Duration::from_secs(5));
        let http = awc::Client::builder().connector(connector).timeout(PATIENCE).disable_redirects().finish();
        let house = House {
            base: RefCell::default(),
            app: RefCell::default(),
            clock: Arc::new(AtomicU64::new(BEGIN_MS)),
            key: RefCell::default(),
            config,
            http,
            names: Cell::new(0),
            watch: canary::Watch::default(),
            _dir: dir,
        };
        house.start().await;
        Rc::new(house)
    }

    /// Starts in the same folder what [`House::stop`] stopped.
    pub async fn start(&self) {
        let app = start(self.config.clone(), &self.clock).await.unwrap_or_else(|e| panic!("start: {e}"));
        *self.base.borrow_mut() = format!("http://{}", app.address());
        *self.key.borrow_mut() = std::fs::read_to_string(app.key_file()).expect("the first key").trim().to_owned();
        *self.app.borrow_mut() = Some(app);
    }

    pub async fn stop(&self) {
        let app = self.app.borrow_mut().take().expect("a running server");
        app.stop().await;
    }

    /// The entrance behind the network.
    pub fn door(&self) -> fenliu::door::Door {
        self.app.borrow().as_ref().expect("a running server").door()
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Moves the clock on.
    pub fn pass_ms(&self, ms: u64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn now(&self) -> u64 {
        self.clock.load(Ordering::SeqCst)
    }

    /// The first API key.
    pub fn key(&self) -> String {
        self.key.borrow().clone()
    }

    pub fn address(&self) -> String {
        self.base.borrow().trim_start_matches("http://").to_owned()
    }

    /// A name nobody else in this house has, long enough for a client message id.
    pub fn unique(&self) -> String {
        self.names.set(self.names.get() + 1);
        format!("unique-{:08}", self.names.get())
    }

    pub fn request(&self, method: &str, path: &str, token: &str) -> awc::ClientRequest {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.base.borrow()));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    pub fn web_socket(&self, path: &str) -> awc::ws::WebsocketsRequest {
        self.http.ws(format!("ws://{}{path}", self.address())).max_frame_size(256 * 1024)
    }

    /// Which credential is of which shop.
    pub fn watch(&self) -> &canary::Watch {
        &self.watch
    }

    /// One request. `body`: null for none.
    pub async fn call(&self, method: &str, path: &str, token: &str, mut body: Value) -> Answer {
        let request = self.request(method, path, token);
        let shop = self.watch.shop_of(path, token, &body);
        if let Some(shop) = &shop {
            canary::mark(&mut body, shop);
        }
        let sent = if body.is_null() { request.send() } else { request.send_json(&body) };
        let answer = read_as(shop.as_deref(), sent).await;
        self.watch.given(shop.as_deref(), &answer.body);
        answer
    }

    /// One request with a body of any bytes.
    pub async fn bytes(&self, method: &str, path: &str, token: &str, content_type: &str, body: impl Into<bytes::Bytes>) -> Answer {
        let mut request = self.request(method, path, token);
        if !content_type.is_empty() {
            request = request.insert_header((header::CONTENT_TYPE, content_type));
        }
        read_as(self.watch.shop_of(path, token, &Value::Null).as_deref(), request.send_body(body.into())).await
    }

    /// Who answers faster than a person could (GRD-6) is not stopped: for tests of something else.
    pub async fn at_any_pace(&self) {
        let warnings_only = serde_json::json!({"ladder": [{}], "throttle_ms": 0});
        self.put("/v1/platform/guard/conduct", &self.key(), warnings_only).await.ok();
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, token, Value::Null).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call("POST", path, token, body).await
    }

    pub async fn put(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call("PUT", path, token, body).await
    }
}

/// Reads an answer that is of no shop.
pub async fn read(sent: awc::SendClientRequest) -> Answer {
    read_as(None, sent).await
}

/// Reads an answer; `shop`: whose it is.
async fn read_as(shop: Option<&str>, sent: awc::SendClientRequest) -> Answer {
    let mut response = sent.await.expect("an answer");
    let text = |name| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let content_type = text(header::CONTENT_TYPE).unwrap_or_default();
    let retry_after = text(header::RETRY_AFTER).and_then(|v| v.parse().ok());
    let allow = text(header::ALLOW);
    let bytes = response.body().limit(16 * 1024 * 1024).await.expect("a body");
    response.headers().iter().for_each(|(name, value)| canary::Watch::look(name.as_str(), value.as_bytes(), shop));
    canary::Watch::look("an answer", &bytes, shop);
    let mut body = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    canary::unmark(&mut body);
    Answer { status: response.status().as_u16(), content_type, retry_after, allow, body }
}

/// Asks until there is an answer; `what` is missing when patience ends.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "not seen in time: {what}");
        tokio::task::yield_now().await;
    }
}
