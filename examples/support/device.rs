//! A device on the WebSocket of the API: it stays connected, resumes from its cursor and keeps every message's id over retries.
//!
//! Invariant: after a cut it asks for what follows the last frame it handled, so that it misses nothing and repeats nothing
//! (INB-11); frames whose cursor does not advance are counted in [`Device::disordered`].

use super::client::{Accepted, Adopted, Client, From};
use super::problem::{Backoff, Error};
use actix_rt::task::JoinHandle;
use awc::error::WsProtocolError;
use awc::ws;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde::Deserialize;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How long one attempt may wait for its answer.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);

/// Both directions of a WebSocket. A trait object, because awc does not name all parts of the type that `connect()` gives.
trait Duplex: Stream<Item = Result<ws::Frame, WsProtocolError>> + Sink<ws::Message, Error = WsProtocolError> {}
impl<T: Stream<Item = Result<ws::Frame, WsProtocolError>> + Sink<ws::Message, Error = WsProtocolError>> Duplex for T {}

type Connection = Pin<Box<dyn Duplex>>;

/// What the server sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    Hello {
        cursor: u64,
    },
    Accepted {
        client_message_id: String,
        seq: u64,
        at: u64,
        repeated: bool,
    },
    Refused {
        client_message_id: Option<String>,
        code: String,
        #[serde(default)]
        detail: String,
    },
    Message {
        cursor: u64,
        conversation: String,
        seq: u64,
        at: u64,
        from: From,
        agent: Option<u32>,
        text: String,
    },
    Reception {
        cursor: u64,
        conversation: String,
        reception: u32,
        state: String,
        owner: Option<u32>,
    },
    Read {
        cursor: u64,
        conversation: String,
        seq: u64,
        by: String,
    },
    Presence {
        cursor: u64,
        agent: u32,
        presence: String,
    },
    #[serde(other)]
    Other,
}

impl Frame {
    fn cursor(&self) -> Option<u64> {
        match self {
            Frame::Message { cursor, .. }
            | Frame::Reception { cursor, .. }
            | Frame::Read { cursor, .. }
            | Frame::Presence { cursor, .. } => Some(*cursor),
            _ => None,
        }
    }
}

/// Whose device it is: where it connects, and what its cursor counts.
#[derive(Clone, Copy, PartialEq)]
pub enum Side {
    /// The cursor is the number of the last message.
    Buyer,
    /// The cursor is the number of the last entry of the shop's feed.
    Staff,
}

enum Outgoing {
    Text(String),
    Close,
}

/// A connected device. Dropping it cuts the connection without a word; [`Device::close`] says good-bye.
pub struct Device {
    wire: Rc<Wire>,
    task: JoinHandle<()>,
}

struct Wire {
    client: Client,
    side: Side,
    token: String,
    out: mpsc::UnboundedSender<Outgoing>,
    pending: RefCell<HashMap<String, oneshot::Sender<Result<Accepted, Error>>>>,
    cursor: Cell<Option<u64>>,
    reconnects: Cell<u64>,
    disordered: Cell<u64>,
}

impl Device {
    /// Connects, and stays connected. Each frame but the answers to this device's own sends goes to `on_frame` with the
    /// instant it was read.
    pub async fn open(client: &Client, side: Side, token: &str, on_frame: impl FnMut(Frame, Instant) + 'static) -> Result<Device, Error> {
        let (out, outgoing) = mpsc::unbounded_channel();
        let wire = Rc::new(Wire {
            client: client.clone(),
            side,
            token: token.to_owned(),
            out,
            pending: RefCell::default(),
            cursor: Cell::new(None),
            reconnects: Cell::new(0),
            disordered: Cell::new(0),
        });
        let connection = wire.connect().await?;
        let task = actix_rt::spawn(hold(wire.clone(), connection, outgoing, on_frame));
        Ok(Device { wire, task })
    }

    /// A buyer's message; returns when it is on disk.
    pub async fn send(&self, id: &str, text: &str, entry: &str) -> Result<Accepted, Error> {
        let mut frame = json!({"type": "send", "client_message_id": id, "text": text});
        if !entry.is_empty() {
            frame["entry"] = entry.into();
        }
        self.ask(id, frame.to_string(), true).await
    }

    /// An agent's answer; returns when it is on disk.
    pub async fn answer(&self, conversation: &str, id: &str, text: &str, made_of: Option<Adopted>) -> Result<Accepted, Error> {
        let mut frame = json!({"type": "answer", "conversation": conversation, "client_message_id": id, "text": text});
        if let Some(made_of) = made_of {
            frame["suggestion"] = json!(made_of);
        }
        self.ask(id, frame.to_string(), true).await
    }

    /// As [`Device::send`], in one attempt: what load generators measure.
    pub async fn send_once(&self, id: &str, text: &str) -> Result<Accepted, Error> {
        self.ask(id, json!({"type": "send", "client_message_id": id, "text": text}).to_string(), false).await
    }

    /// How often it had to connect again.
    pub fn reconnects(&self) -> u64 {
        self.wire.reconnects.get()
    }

    /// Frames whose cursor did not advance: repeated or out of order.
    pub fn disordered(&self) -> u64 {
        self.wire.disordered.get()
    }

    /// Says good-bye and waits until the connection is gone.
    pub async fn close(mut self) {
        let _ = self.wire.out.send(Outgoing::Close);
        let _ = tokio::time::timeout(Duration::from_secs(2), &mut self.task).await;
    }

    async fn ask(&self, id: &str, frame: String, retry: bool) -> Result<Accepted, Error> {
        let begun = Instant::now();
        let mut backoff = Backoff::new();
        loop {
            let (told, answer) = oneshot::channel();
            self.wire.pending.borrow_mut().insert(id.to_owned(), told);
            if self.wire.out.send(Outgoing::Text(frame.clone())).is_err() {
                return Err(Error::Unknown("the socket is over".into()));
            }
            let error = match tokio::time::timeout(ATTEMPT_MAX, answer).await {
                Ok(Ok(Ok(accepted))) => return Ok(accepted),
                Ok(Ok(Err(refused))) => refused,
                Ok(Err(_)) => Error::Unknown("the socket was cut".into()),
                Err(_) => Error::Unknown("time-out".into()),
            };
            let pause = error.again(true, backoff.step()).filter(|_| retry);
            match pause.filter(|pause| begun.elapsed() + *pause < self.wire.client.patience()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            self.wire.client.repeated();
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Wire {
    /// Connects and hears the server's hello, trying again while patience lasts.
    async fn connect(&self) -> Result<Connection, Error> {
        let begun = Instant::now();
        let mut backoff = Backoff::new();
        loop {
            let error = match tokio::time::timeout(ATTEMPT_MAX, self.connect_once()).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => error,
                Err(_) => Error::Unknown("the WebSocket did not open in time".into()),
            };
            match error.again(true, backoff.step()).filter(|pause| begun.elapsed() + *pause < self.client.patience()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            self.client.repeated();
        }
    }

    async fn connect_once(&self) -> Result<Connection, Error> {
        let path = match self.side {
            Side::Buyer => "/v1/buyer/socket",
            Side::Staff => "/v1/staff/socket",
        };
        let path = match self.cursor.get() {
            Some(cursor) => format!("{path}?cursor={cursor}"),
            None => path.to_owned(),
        };
        let (_, framed) = self.client.web_socket(&path, &self.token).connect().await.map_err(|e| match e {
            awc::error::WsClientError::InvalidResponseStatus(status) if status.as_u16() == 503 => {
                Error::from_response(503, None, br#"{"code":"overloaded","detail":"the WebSocket was refused"}"#)
            }
            awc::error::WsClientError::InvalidResponseStatus(status) => {
                Error::from_response(status.as_u16(), None, b"the WebSocket was refused")
            }
            other => Error::Unreachable(other.to_string()),
        })?;
        let mut connection: Connection = Box::pin(framed);
        loop {
            match connection.next().await {
                Some(Ok(ws::Frame::Text(bytes))) => match serde_json::from_slice(&bytes) {
                    Ok(Frame::Hello { cursor }) => {
                        // When resuming, what was missed is still to come: the cursor stays where it is.
                        self.cursor.set(self.cursor.get().or(Some(cursor)));
                        return Ok(connection);
                    }
                    _ => return Err(Error::Malformed("the first frame is not `hello`".into())),
                },
                Some(Ok(ws::Frame::Ping(data))) => drop(connection.send(ws::Message::Pong(data)).await),
                Some(Ok(ws::Frame::Close(reason))) => return Err(Error::Unreachable(format!("closed at once: {reason:?}"))),
                Some(Ok(_)) => {}
                Some(Err(e)) => return Err(Error::Unreachable(e.to_string())),
                None => return Err(Error::Unreachable("cut before `hello`".into())),
            }
        }
    }

    /// Takes one frame: an answer to a send goes to who waits for it, everything else to `on_frame`.
    fn take(&self, frame: Frame, read_at: Instant, on_frame: &mut impl FnMut(Frame, Instant)) {
        if let Some(cursor) = frame.cursor() {
            let last = self.cursor.get().unwrap_or(0);
            // A buyer's cursor counts messages only, so other frames may share one.
            let advances = if self.side == Side::Staff { cursor > last } else { cursor >= last };
            if !advances {
                self.disordered.set(self.disordered.get() + 1);
            }
            self.cursor.set(Some(cursor.max(last)));
        }
        match frame {
            Frame::Accepted { client_message_id, seq, at, repeated } => {
                self.answered(&client_message_id, Ok(Accepted { seq, at, repeated }))
            }
            Frame::Refused { client_message_id: Some(id), code, detail } => self.answered(&id, Err(Error::refused(code, detail))),
            other => on_frame(other, read_at),
        }
    }

    fn answered(&self, id: &str, result: Result<Accepted, Error>) {
        if let Some(waits) = self.pending.borrow_mut().remove(id) {
            let _ = waits.send(result);
        }
    }
}

/// Keeps the device connected until it is closed or the server will not have it any more.
async fn hold(
    wire: Rc<Wire>,
    first: Connection,
    mut outgoing: mpsc::UnboundedReceiver<Outgoing>,
    mut on_frame: impl FnMut(Frame, Instant),
) {
    let mut connection = first;
    loop {
        let closed = serve(&wire, &mut connection, &mut outgoing, &mut on_frame).await;
        // Whoever waits learns that the outcome is unknown and asks again with the same id.
        wire.pending.borrow_mut().clear();
        if closed {
            return;
        }
        match wire.connect().await {
            Ok(next) => connection = next,
            Err(error) => return eprintln!("a socket is over: {error}"),
        }
        wire.reconnects.set(wire.reconnects.get() + 1);
    }
}

/// Serves one connection until it ends; true: because this side wanted so.
async fn serve(
    wire: &Wire,
    connection: &mut Connection,
    outgoing: &mut mpsc::UnboundedReceiver<Outgoing>,
    on_frame: &mut impl FnMut(Frame, Instant),
) -> bool {
    loop {
        tokio::select! {
            incoming = connection.next() => match incoming {
                Some(Ok(ws::Frame::Text(bytes))) => match serde_json::from_slice(&bytes) {
                    Ok(frame) => wire.take(frame, Instant::now(), on_frame),
                    Err(e) => eprintln!("a frame outside the contract: {e}: {}", String::from_utf8_lossy(&bytes)),
                },
                Some(Ok(ws::Frame::Ping(data))) => if connection.send(ws::Message::Pong(data)).await.is_err() { return false },
                Some(Ok(ws::Frame::Close(_)) | Err(_)) | None => return false,
                Some(Ok(_)) => {}
            },
            wanted = outgoing.recv() => match wanted {
                Some(Outgoing::Text(text)) => if connection.send(ws::Message::Text(text.into())).await.is_err() { return false },
                Some(Outgoing::Close) | None => {
                    let _ = connection.send(ws::Message::Close(Some(ws::CloseCode::Normal.into()))).await;
                    return true;
                }
            },
        }
    }
}
