//! WebSockets: one task per connection that takes sends, acknowledges them, and pushes what its device is shown.
//!
//! Never holds more than `SOCKET_IN_FLIGHT_MAX` sends: then it stops reading. Invariant: however the task ends, the device
//! is dropped with it, and before anything is waited for; it is what holds an agent's presence.

use super::action::{Done, perform, understand};
use super::bearer::{Caller, SUBPROTOCOL, SocketCaller};
use super::error::Problem;
use super::frames::Watched;
use super::params::Resume;
use super::reply::Answer;
use super::wire::frame::{self, Outgoing, Side};
use crate::domain::event::{Event, Limited};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Credential, Principal};
use crate::door::{Cut, Device, Door, Told, Voice};
use crate::limits;
use actix_web::{FromRequest, HttpRequest, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, ProtocolError, Session};
use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, Stream};
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

/// How long a client may take to make room for one frame.
const WRITE_MS_MAX: u64 = 10_000;
/// Close code: the credential was revoked or has expired.
const REVOKED: u16 = 4401;

/// A buyer's device.
#[utoipa::path(get, path = "/v1/buyer/socket", tag = "buyer", params(Resume), security(("buyer" = [])),
    description = "WebSocket. Frames of the client: schema `Incoming`; of the server: schema `Outgoing`. The token comes as \
    `Authorization: Bearer` or as `Sec-WebSocket-Protocol: fenliu.v1, bearer.<token>`.",
    responses((status = 101, description = "Switching protocols"), super::openapi::Problems))]
pub async fn buyer(request: HttpRequest, payload: web::Payload, caller: SocketCaller, resume: Resume) -> Answer {
    if !matches!(caller.0.who.credential, Credential::Buyer { .. }) {
        return Err(Refusal::Forbidden { needs: "a buyer's token" }.into());
    }
    open(request, payload, caller.0, resume, Side::Buyer).await
}

/// A device of the staff: while it is connected, its agent is present.
#[utoipa::path(get, path = "/v1/staff/socket", tag = "staff", params(Resume), security(("staff" = [])),
    description = "WebSocket. Frames of the client: schema `Incoming`; of the server: schema `Outgoing`. The token comes as \
    `Authorization: Bearer` or as `Sec-WebSocket-Protocol: fenliu.v1, bearer.<token>`.",
    responses((status = 101, description = "Switching protocols"), super::openapi::Problems))]
pub async fn staff(request: HttpRequest, payload: web::Payload, caller: SocketCaller, resume: Resume) -> Answer {
    if !matches!(caller.0.who.credential, Credential::Staff { .. }) {
        return Err(Refusal::Forbidden { needs: "a staff session" }.into());
    }
    open(request, payload, caller.0, resume, Side::Staff).await
}

async fn open(request: HttpRequest, payload: web::Payload, caller: Caller, resume: Resume, side: Side) -> Answer {
    let watched = Watched::new(payload.into_inner(), limits::BODY_BYTES_MAX);
    let boxed: actix_web::dev::Payload = actix_web::dev::Payload::Stream { payload: Box::pin(watched) };
    let payload = web::Payload::from_request(&request, &mut { boxed }).await.map_err(|_| Refusal::Internal)?;
    let handshake = actix_ws::handle_with_protocols(&request, payload, &[SUBPROTOCOL]);
    let (response, session, stream) = handshake.map_err(|error| Problem::invalid("upgrade", error))?;
    let frames = stream.max_frame_size(limits::BODY_BYTES_MAX).aggregate_continuations().max_continuation_size(limits::BODY_BYTES_MAX);
    let device = caller.door.connect(caller.who.clone(), resume.cursor).await?;
    actix_web::rt::spawn(run(caller.door, caller.who, side, device, session, frames));
    Ok(response)
}

/// How a connection ends.
enum End {
    /// Nobody is listening any more.
    Gone,
    Close(CloseCode, &'static str),
}

impl From<Cut> for End {
    fn from(cut: Cut) -> End {
        match cut {
            Cut::Slow => End::Close(CloseCode::Again, "too_slow"),
            Cut::Revoked => End::Close(CloseCode::Other(REVOKED), "revoked"),
            Cut::Rights => End::Close(CloseCode::Again, "rights_changed"),
            Cut::Stopping => End::Close(CloseCode::Restart, "stopping"),
        }
    }
}

impl From<ProtocolError> for End {
    fn from(error: ProtocolError) -> End {
        match error {
            ProtocolError::Overflow => End::Close(CloseCode::Size, "too_large"),
            ProtocolError::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => End::Close(CloseCode::Invalid, "not_utf8"),
            // A message of too many fragments, or a frame that announced too much: actix-ws says both as an I/O error. Where
            // it was the connection itself that broke, nobody is there to read the wrong code.
            ProtocolError::Io(_) => End::Close(CloseCode::Size, "too_large"),
            _ => End::Close(CloseCode::Protocol, "protocol_error"),
        }
    }
}

async fn run(door: Door, who: Arc<Principal>, side: Side, device: Device, session: Session, frames: AggregatedMessageStream) {
    let (cursor, voice) = (Cell::new(device.cursor()), device.voice());
    let end = {
        let pushing = pin!(push(device, session.clone(), side, &cursor));
        let serving = pin!(serve(&door, &who, &voice, side, session.clone(), frames));
        match select(pushing, serving).await {
            Either::Left((end, _)) | Either::Right((end, _)) => end,
        }
    };
    let End::Close(code, why) = end else { return };
    tracing::debug!(code = u16::from(code), why, "socket closed");
    let description = Some(format!("{why} cursor={}", cursor.get()));
    // Best effort: whoever does not read cannot be told either.
    timeout(Duration::from_millis(WRITE_MS_MAX), session.close(Some(CloseReason { code, description }))).await.ok();
}

/// Waits for room in the connection's outgoing queue, but not for ever.
async fn written(write: impl Future<Output = Result<(), Closed>>) -> Result<(), End> {
    let mut write = pin!(write);
    // Nearly always there is room: no timer then.
    if let Poll::Ready(done) = poll_fn(|cx| Poll::Ready(write.as_mut().poll(cx))).await {
        return done.map_err(|Closed| End::Gone);
    }
    match timeout(Duration::from_millis(WRITE_MS_MAX), write).await {
        Ok(done) => done.map_err(|Closed| End::Gone),
        Err(_) => Err(Cut::Slow.into()),
    }
}

/// Pushes the feed to the device until it is cut.
async fn push(mut device: Device, mut session: Session, side: Side, cursor: &Cell<u64>) -> End {
    if let Err(end) = written(session.text(Outgoing::Hello { cursor: cursor.get() }.text())).await {
        return end;
    }
    loop {
        let entries = match device.next().await {
            Ok(entries) => entries,
            Err(cut) => return cut.into(),
        };
        let mut warned = false;
        for told in entries {
            let entry = match &told {
                Told::Feed(entry) => entry,
                Told::Signal(signal) => {
                    if let Some(shown) = frame::signalled(signal, side)
                        && let Err(end) = written(session.text(shown.text())).await
                    {
                        return end;
                    }
                    continue;
                }
            };
            let now = frame::cursor_after(entry, side, cursor.get());
            if let Some(shown) = frame::shown(entry, side, now)
                && let Err(end) = written(session.text(shown.text())).await
            {
                return end;
            }
            cursor.set(now);
            warned |= matches!(entry.event, Event::Limit { what: Limited::Warned { .. }, .. });
        }
        // However many came due at once: one warning for all that wait (SLA-2).
        if warned
            && let Some(waits) = device.long_waits()
            && let Err(end) = written(session.text(Outgoing::LongWaits { cursor: cursor.get(), waits: waits.into() }.text())).await
        {
            return end;
        }
    }
}

/// Pings, and notices silence.
struct Heart {
    heard: Instant,
    next_ping: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Heart {
    fn new() -> Heart {
        let now = Instant::now();
        let next_ping = now + Duration::from_millis(limits::HEARTBEAT_MS);
        Heart { heard: now, next_ping, timer: Box::pin(sleep_until(next_ping)) }
    }

    /// What is due now; sets the timer to what is due next.
    fn beat(&mut self) -> Result<bool, End> {
        let now = Instant::now();
        let silent = self.heard + Duration::from_millis(limits::HEARTBEAT_SILENCE_MS_MAX);
        if now >= silent {
            return Err(End::Gone);
        }
        let ping = now >= self.next_ping;
        if ping {
            self.next_ping = now + Duration::from_millis(limits::HEARTBEAT_MS);
        }
        self.timer.as_mut().reset(self.next_ping.min(silent));
        Ok(ping)
    }
}

/// What happens next to a connection.
enum Turn {
    Done(Done),
    Frame(Option<Result<AggregatedMessage, ProtocolError>>),
    Beat,
}

fn turn<F: Future<Output = Done>>(
    sends: &mut FuturesUnordered<F>,
    frames: &mut AggregatedMessageStream,
    heart: &mut Heart,
    cx: &mut Context<'_>,
) -> Poll<Turn> {
    // Answers first: they make room for more frames.
    if !sends.is_empty()
        && let Poll::Ready(Some(done)) = Pin::new(&mut *sends).poll_next(cx)
    {
        return Poll::Ready(Turn::Done(done));
    }
    if sends.len() < limits::SOCKET_IN_FLIGHT_MAX
        && let Poll::Ready(frame) = Pin::new(frames).poll_next(cx)
    {
        return Poll::Ready(Turn::Frame(frame));
    }
    heart.timer.as_mut().poll(cx).map(|()| Turn::Beat)
}

/// Takes the client's frames until one side ends it.
async fn serve(door: &Door, who: &Principal, voice: &Voice, side: Side, mut session: Session, mut frames: AggregatedMessageStream) -> End {
    let mut sends = FuturesUnordered::new();
    let mut heart = Heart::new();
    loop {
        let next = poll_fn(|cx| turn(&mut sends, &mut frames, &mut heart, cx)).await;
        let wrote = match next {
            Turn::Done(done) => match done.frame() {
                Some(text) => written(session.text(text)).await,
                None => Ok(()),
            },
            Turn::Frame(None) => Err(End::Gone),
            Turn::Frame(Some(Err(error))) => Err(error.into()),
            Turn::Frame(Some(Ok(message))) => {
                heart.heard = Instant::now();
                match message {
                    AggregatedMessage::Text(text) => match understand(side, &text) {
                        Ok((id, action)) => {
                            sends.push(perform(door, who, voice, id, action));
                            Ok(())
                        }
                        Err(refused) => written(session.text(refused)).await,
                    },
                    AggregatedMessage::Binary(_) => Err(End::Close(CloseCode::Unsupported, "binary")),
                    AggregatedMessage::Ping(bytes) => written(session.pong(&bytes)).await,
                    AggregatedMessage::Pong(_) => Ok(()),
                    AggregatedMessage::Close(_) => Err(End::Close(CloseCode::Normal, "bye")),
                }
            }
            Turn::Beat => match heart.beat() {
                Ok(true) => written(session.ping(b"")).await,
                Ok(false) => Ok(()),
                Err(end) => Err(end),
            },
        };
        if let Err(end) = wrote {
            return end;
        }
    }
}
