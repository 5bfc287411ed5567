//! A device of a test: one connection, which never reconnects and never answers by itself.

use super::canary::{self, Watch};
use super::{House, PATIENCE};
use awc::error::WsProtocolError;
use awc::ws;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde_json::{Value, json};
use std::pin::Pin;
use tokio::time::timeout;

trait Duplex: Stream<Item = Result<ws::Frame, WsProtocolError>> + Sink<ws::Message, Error = WsProtocolError> {}
impl<T: Stream<Item = Result<ws::Frame, WsProtocolError>> + Sink<ws::Message, Error = WsProtocolError>> Duplex for T {}

/// What came over a socket.
#[derive(Debug, PartialEq)]
pub enum Heard {
    Frame(Value),
    /// (code, reason)
    Closed(u16, String),
    /// The connection ended without a word.
    Gone,
}

/// See the module.
pub struct Socket {
    wire: Pin<Box<dyn Duplex>>,
    /// Whose it is.
    shop: Option<String>,
    /// Of the last frame that had one: with it the device resumes.
    pub cursor: u64,
    /// The last frame carried the word of its shop.
    pub marked: bool,
}

impl Socket {
    /// Connects; `cursor`: where it resumes. Err: the status with which it was refused.
    pub async fn try_open(house: &House, side: &str, token: &str, cursor: Option<u64>) -> Result<Socket, u16> {
        let query = cursor.map(|c| format!("?cursor={c}")).unwrap_or_default();
        let request = house.web_socket(&format!("/v1/{side}/socket{query}")).header("authorization", format!("Bearer {token}"));
        match timeout(PATIENCE, request.connect()).await.expect("a WebSocket opens in time") {
            Ok((_, framed)) => {
                let mut socket =
                    Socket { wire: Box::pin(framed), shop: house.watch().shop_of("", token, &Value::Null), cursor: 0, marked: false };
                let hello = socket.frame().await;
                assert_eq!(hello["type"], "hello", "{hello}");
                Ok(socket)
            }
            Err(awc::error::WsClientError::InvalidResponseStatus(status)) => Err(status.as_u16()),
            Err(other) => panic!("a WebSocket: {other}"),
        }
    }

    pub async fn open(house: &House, side: &str, token: &str, cursor: Option<u64>) -> Socket {
        Socket::try_open(house, side, token, cursor).await.unwrap_or_else(|status| panic!("the {side}'s socket was refused: {status}"))
    }

    /// What comes next; pings apart.
    pub async fn hear(&mut self) -> Heard {
        loop {
            match timeout(PATIENCE, self.wire.next()).await.expect("a frame in time") {
                Some(Ok(ws::Frame::Text(bytes))) => {
                    Watch::look("a frame", &bytes, self.shop.as_deref());
                    self.marked = self.shop.as_deref().is_some_and(|shop| canary::carries(&bytes, shop));
                    let mut frame: Value = serde_json::from_slice(&bytes).expect("a frame is JSON");
                    canary::unmark(&mut frame);
                    if let Some(cursor) = frame["cursor"].as_u64() {
                        self.cursor = cursor;
                    }
                    return Heard::Frame(frame);
                }
                Some(Ok(ws::Frame::Close(reason))) => {
                    let reason = reason.expect("a close has a reason");
                    return Heard::Closed(reason.code.into(), reason.description.unwrap_or_default());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Gone,
            }
        }
    }

    /// The next frame.
    pub async fn frame(&mut self) -> Value {
        match self.hear().await {
            Heard::Frame(frame) => frame,
            other => panic!("a frame was expected: {other:?}"),
        }
    }

    /// The next frame that is so; what comes before is not looked at.
    pub async fn until(&mut self, so: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.frame().await;
            if so(&frame) {
                return frame;
            }
        }
    }

    /// The next message.
    pub async fn message(&mut self) -> Value {
        self.until(|frame| frame["type"] == "message").await
    }

    /// Everything until the server closes it: the frames, code and reason.
    pub async fn closed(&mut self) -> (Vec<Value>, u16, String) {
        let mut frames = Vec::new();
        loop {
            match self.hear().await {
                Heard::Frame(frame) => frames.push(frame),
                Heard::Closed(code, reason) => return (frames, code, reason),
                Heard::Gone => panic!("cut without a word after {} frames", frames.len()),
            }
        }
    }

    pub async fn say(&mut self, mut frame: Value) {
        if let Some(shop) = &self.shop {
            canary::mark(&mut frame, shop);
        }
        self.raw(ws::Message::Text(frame.to_string().into())).await;
    }

    pub async fn raw(&mut self, message: ws::Message) {
        self.wire.send(message).await.expect("an open connection");
    }

    /// Writes as a buyer.
    pub async fn send(&mut self, id: &str, text: &str) {
        self.say(json!({"type": "send", "client_message_id": id, "text": text})).await;
    }
}
