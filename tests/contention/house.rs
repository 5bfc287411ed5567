//! The server in this process on a port of its own, with the system's clock, and what its clients speak: HTTP and WebSocket.
//!
//! Whatever breaks on the way is asked again with the same words: a client message id makes that harmless (OPS-2).

use awc::error::WsProtocolError;
use awc::http::Method;
use awc::ws;
use fenliu::app::App;
use fenliu::config::Config;
use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;

/// How long anything may take before it is given up: far more than it takes.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How often a broken request is asked again.
const ATTEMPTS: u32 = 5;

/// A refusal: its status, its code and its words.
pub type Refused = (u16, String, String);

/// See the module.
pub struct House {
    app: RefCell<Option<App>>,
    address: String,
    pub key: String,
    http: awc::Client,
}

impl House {
    pub async fn start(folder: &Path) -> Rc<House> {
        let mut config = Config { data_dir: folder.to_owned(), listen: ([127, 0, 0, 1], 0).into(), workers: 2, ..Config::default() };
        config.storage.ballast_bytes = 0;
        config.storage.low_water_bytes = Some(0);
        config.limits.buyer_messages_per_s = 0;
        let app = App::start(config).await.expect("a server");
        let key = std::fs::read_to_string(app.key_file()).expect("the first key").trim().to_owned();
        let connector = awc::Connector::new().limit(0).timeout(PATIENCE);
        let http = awc::Client::builder().connector(connector).timeout(PATIENCE).disable_redirects().finish();
        Rc::new(House { address: app.address().to_string(), app: RefCell::new(Some(app)), key, http })
    }

    pub async fn stop(&self) {
        let app = self.app.borrow_mut().take().expect("a running server");
        app.stop().await;
    }

    /// One request. `body`: null for none.
    pub async fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> Result<Value, Refused> {
        let mut broken = String::new();
        for _ in 0..ATTEMPTS {
            match self.attempt(method, path, token, body).await {
                Ok(answer) => return answer,
                Err(error) => broken = error,
            }
        }
        panic!("{method} {path}: {broken}");
    }

    async fn attempt(&self, method: &str, path: &str, token: &str, body: &Value) -> Result<Result<Value, Refused>, String> {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let sent = if body.is_null() { request.send() } else { request.send_json(body) };
        let mut response = sent.await.map_err(|e| e.to_string())?;
        let bytes = response.body().limit(16 << 20).await.map_err(|e| e.to_string())?;
        let status = response.status();
        let body: Value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).map_err(|e| e.to_string())? };
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Ok(if status.is_success() { Ok(body) } else { Err((status.as_u16(), text("code"), text("detail"))) })
    }

    /// One request that must succeed.
    pub async fn must(&self, method: &str, path: &str, token: &str, body: Value) -> Value {
        self.call(method, path, token, &body).await.unwrap_or_else(|refused| panic!("{method} {path}: {refused:?}"))
    }

    /// A device that is connected. None: the connection broke.
    pub async fn connect(&self, side: &str, token: &str) -> Option<Device> {
        let request = self.http.ws(format!("ws://{}/v1/{side}/socket", self.address)).max_frame_size(256 * 1024);
        let request = request.header("authorization", format!("Bearer {token}"));
        let (_, framed) = timeout(PATIENCE, request.connect()).await.expect("a WebSocket opens in time").ok()?;
        let mut device = Device { wire: Box::pin(framed) };
        device.until(|frame| frame["type"] == "hello").await.map(|_| device)
    }
}

trait Duplex: Stream<Item = Result<ws::Frame, WsProtocolError>> + Sink<ws::Message, Error = WsProtocolError> {}
impl<T: Stream<Item = Result<ws::Frame, WsProtocolError>> + Sink<ws::Message, Error = WsProtocolError>> Duplex for T {}

/// One WebSocket. It answers pings, and hides nothing else.
pub struct Device {
    wire: Pin<Box<dyn Duplex>>,
}

impl Device {
    /// Takes in a frame: Some(None) for one without text, None where the connection has ended.
    async fn take(&mut self, heard: Option<Result<ws::Frame, WsProtocolError>>) -> Option<Option<Value>> {
        match heard {
            Some(Ok(ws::Frame::Text(bytes))) => Some(Some(serde_json::from_slice(&bytes).expect("a frame is JSON"))),
            Some(Ok(ws::Frame::Ping(bytes))) => self.wire.send(ws::Message::Pong(bytes)).await.ok().map(|()| None),
            Some(Ok(ws::Frame::Close(_)) | Err(_)) | None => None,
            Some(Ok(_)) => Some(None),
        }
    }

    /// Takes what has come meanwhile. False: the connection has ended.
    pub async fn catch_up(&mut self) -> bool {
        while let Some(heard) = self.wire.next().now_or_never() {
            if self.take(heard).await.is_none() {
                return false;
            }
        }
        true
    }

    async fn until(&mut self, so: impl Fn(&Value) -> bool) -> Option<Value> {
        loop {
            let heard = timeout(PATIENCE, self.wire.next()).await.expect("a frame in time");
            if let Some(frame) = self.take(heard).await?.filter(|frame| so(frame)) {
                return Some(frame);
            }
        }
    }

    /// Sends a frame with a client message id and waits for its answer. None: the connection broke, and nobody knows.
    pub async fn ask(&mut self, frame: &Value) -> Option<Result<Value, Refused>> {
        self.wire.send(ws::Message::Text(frame.to_string().into())).await.ok()?;
        let id = &frame["client_message_id"];
        let answered = |f: &Value| f["client_message_id"] == *id && (f["type"] == "accepted" || f["type"] == "refused");
        let answer = self.until(answered).await?;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Some(if answer["type"] == "accepted" { Ok(answer) } else { Err((409, text("code"), text("detail"))) })
    }

    /// Says how far the staff have read: a sign of life, unanswered.
    pub async fn read(&mut self, conversation: &str, seq: u64) {
        let frame = json!({"type": "read", "conversation": conversation, "seq": seq});
        let _ = self.wire.send(ws::Message::Text(frame.to_string().into())).await;
    }
}
