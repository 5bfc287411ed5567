//! Ratios over the network: HTTP and WebSocket ingest, acknowledge times, idle connections.

use crate::child::Server;
use crate::lean::{Lean, request};
use crate::{Options, Ratio, alternate, bare, median};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A text that makes the JSON of a request 298 bytes.
const TEXT_BYTES: usize = 298 - 58;

fn on_one_thread<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

/// Requests a second of `connections` closed-loop connections, one token each.
fn http_rate(address: &str, tokens: &[String], connections: usize, duration: Duration) -> anyhow::Result<f64> {
    on_one_thread(async {
        let done = Rc::new(Cell::new(0u64));
        let stop = Instant::now() + duration;
        let mut tasks = Vec::new();
        for n in 0..connections {
            let (address, token, done) = (address.to_owned(), tokens[n % tokens.len()].clone(), done.clone());
            tasks.push(tokio::task::spawn_local(async move {
                let mut connection = Lean::connect(&address).await?;
                let mut message = Request::new(&address, &token);
                while Instant::now() < stop {
                    let answer = connection.ask(message.next()).await?;
                    anyhow::ensure!(answer.status == 200, "{} {}", answer.status, String::from_utf8_lossy(answer.body));
                    done.set(done.get() + 1);
                }
                Ok(())
            }));
        }
        for task in tasks {
            task.await??;
        }
        Ok(done.get() as f64 / duration.as_secs_f64())
    })
}

/// A request whose client message id is a new one each time, in place.
struct Request {
    bytes: Vec<u8>,
    at: usize,
}

fn fresh() -> u64 {
    static RUN: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    let run = RUN.get_or_init(|| std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64));
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    run.wrapping_add(COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

impl Request {
    fn new(address: &str, token: &str) -> Request {
        let body = format!(r#"{{"client_message_id":"{:020}","text":"{}"}}"#, 0, "x".repeat(TEXT_BYTES));
        let bytes = request("POST", "/v1/buyer/messages", address, token, &body);
        let at = bytes.windows(20).position(|w| w == b"00000000000000000000").expect("it is there");
        Request { bytes, at }
    }

    fn next(&mut self) -> &[u8] {
        let id = format!("{:020}", fresh());
        self.bytes[self.at..self.at + 20].copy_from_slice(id.as_bytes());
        &self.bytes
    }
}

pub fn http_ingest(options: &Options) -> anyhow::Result<Vec<Ratio>> {
    let ours = Server::fenliu(&options.folder.join("http"))?;
    let limit = Server::bare()?;
    let tokens = on_one_thread(ours.owned_conversations(256))?;
    let mut ratios = Vec::new();
    for (name, connections, aim) in [("http_ingest_64", 64, 0.55), ("http_ingest_256", 256, 0.75)] {
        let (value, a, b) = alternate(
            options.rounds,
            || http_rate(&ours.address, &tokens, connections, options.side()),
            || http_rate(&limit.address, &tokens, connections, options.side()),
        )?;
        let detail = format!("{a:.0} durable messages/s of {b:.0} bare requests/s");
        ratios.push(Ratio { name, value, floor: 0.4, aim, unit: "×", detail });
    }
    Ok(ratios)
}

/// A raw WebSocket client: masks with zeros, so that a frame's bytes are its text.
pub struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Socket {
    pub async fn open(address: &str, path: &str, token: &str) -> anyhow::Result<Socket> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        let mut socket = Socket { stream, buffer: vec![0; 256 * 1024], filled: 0 };
        loop {
            socket.fill().await?;
            if let Some(end) = socket.buffer[..socket.filled].windows(4).position(|w| w == b"\r\n\r\n") {
                anyhow::ensure!(socket.buffer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&socket.buffer[..socket.filled]));
                socket.consume(end + 4);
                return Ok(socket);
            }
        }
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        let read = self.stream.read(&mut self.buffer[self.filled..]).await?;
        anyhow::ensure!(read > 0, "the server closed the socket");
        self.filled += read;
        Ok(())
    }

    fn consume(&mut self, bytes: usize) {
        self.buffer.copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
    }

    /// Reads what is there (waiting for something), and counts the frames that acknowledge.
    async fn acknowledged(&mut self) -> anyhow::Result<usize> {
        self.fill().await?;
        let (mut at, mut count) = (0, 0);
        while let Some((head, body)) = frame(&self.buffer[at..self.filled]) {
            let text = &self.buffer[at + head..at + head + body];
            anyhow::ensure!(!text.windows(9).any(|w| w == b"\"refused\""), "{}", String::from_utf8_lossy(text));
            count += usize::from(text.windows(10).any(|w| w == b"\"accepted\""));
            at += head + body;
        }
        self.consume(at);
        Ok(count)
    }
}

/// The head and body lengths of the first whole frame.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let short = usize::from(*bytes.get(1)? & 0x7f);
    let (head, body) = match short {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize),
        n => (2, n),
    };
    (bytes.len() >= head + body).then_some((head, body))
}

fn push_frame(out: &mut Vec<u8>, text: &str) {
    out.push(0x81);
    match text.len() {
        n if n < 126 => out.push(0x80 | n as u8),
        n => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(text.as_bytes());
}

/// Messages a second over `connections` sockets with `in_flight` unanswered each.
fn websocket_rate(address: &str, tokens: &[String], connections: usize, in_flight: usize, duration: Duration) -> anyhow::Result<f64> {
    on_one_thread(async {
        let done = Rc::new(Cell::new(0u64));
        let mut sockets = Vec::new();
        for token in &tokens[..connections] {
            sockets.push(Socket::open(address, "/v1/buyer/socket", token).await?);
        }
        let text = "x".repeat(TEXT_BYTES);
        let stop = Instant::now() + duration;
        let mut tasks = Vec::new();
        for mut socket in sockets {
            let (done, text) = (done.clone(), text.clone());
            tasks.push(tokio::task::spawn_local(async move {
                let mut room = in_flight;
                let mut out = Vec::new();
                while Instant::now() < stop {
                    out.clear();
                    for _ in 0..room {
                        push_frame(&mut out, &format!(r#"{{"type":"send","client_message_id":"{:020}","text":"{text}"}}"#, fresh()));
                    }
                    socket.stream.write_all(&out).await?;
                    room = socket.acknowledged().await?;
                    done.set(done.get() + room as u64);
                }
                anyhow::Ok(())
            }));
        }
        for task in tasks {
            task.await??;
        }
        Ok(done.get() as f64 / duration.as_secs_f64())
    })
}

pub fn websocket_ingest(options: &Options) -> anyhow::Result<Vec<Ratio>> {
    let ours = Server::fenliu(&options.folder.join("websocket"))?;
    let tokens = on_one_thread(ours.owned_conversations(64))?;
    let (value, a, b) = alternate(
        options.rounds,
        || websocket_rate(&ours.address, &tokens, 64, 16, options.side()),
        || http_rate(&ours.address, &tokens, 64, options.side()),
    )?;
    let detail = format!("{a:.0} messages/s by WebSocket, {b:.0} by HTTP");
    Ok(vec![Ratio { name: "websocket_ingest_16", value, floor: 1.5, aim: 3.0, unit: "×", detail }])
}

/// Acknowledge times in µs (p50, p99) at `rate` messages a second, from the intended moment of each (no coordinated omission).
fn times_us(address: &str, tokens: &[String], rate: f64, duration: Duration) -> anyhow::Result<(f64, f64)> {
    on_one_thread(async {
        let connections = tokens.len().min(64);
        let gap = Duration::from_secs_f64(connections as f64 / rate);
        let mut tasks = Vec::new();
        let began = Instant::now() + Duration::from_millis(50);
        for (n, token) in tokens.iter().take(connections).enumerate() {
            let (address, token) = (address.to_owned(), token.clone());
            tasks.push(tokio::task::spawn_local(async move {
                let mut connection = Lean::connect(&address).await?;
                let mut message = Request::new(&address, &token);
                let mut times = Vec::new();
                let mut due = began + gap.mul_f64(n as f64 / connections as f64);
                while due < began + duration {
                    until(due).await;
                    let answer = connection.ask(message.next()).await?;
                    anyhow::ensure!(answer.status == 200, "{}", answer.status);
                    times.push(due.elapsed().as_nanos() as f64 / 1000.0);
                    due += gap;
                }
                anyhow::Ok(times)
            }));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await??);
        }
        all.sort_by(f64::total_cmp);
        let at = |q: f64| all.get((all.len() as f64 * q) as usize).copied().unwrap_or(f64::NAN);
        Ok((at(0.5), at(0.99)))
    })
}

/// Waits for a moment more exactly than the timer's millisecond.
async fn until(due: Instant) {
    loop {
        let now = Instant::now();
        if now >= due {
            return;
        }
        if due - now > Duration::from_millis(2) {
            tokio::time::sleep(due - now - Duration::from_millis(1)).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

pub fn acknowledge(options: &Options) -> anyhow::Result<Vec<Ratio>> {
    let ours = Server::fenliu(&options.folder.join("acknowledge"))?;
    let tokens = on_one_thread(ours.owned_conversations(64))?;
    let peak = http_rate(&ours.address, &tokens, 64, options.side())?;
    let mut tenth_p99 = Vec::new();
    let (value, a, b) = alternate(
        options.rounds,
        || {
            let (p50, p99) = times_us(&ours.address, &tokens, peak / 10.0, options.side())?;
            tenth_p99.push(p99);
            Ok(p50)
        },
        || bare::append_sync_us_p50(&options.folder, 600, options.side()),
    )?;
    let (half_p50, half_p99) = times_us(&ours.address, &tokens, peak / 2.0, options.side())?;
    let detail = format!(
        "p50 {a:.0} µs, p99 {:.0} µs at {:.0}/s (a tenth of the peak); append + fdatasync p50 {b:.0} µs; at half the peak p50 {half_p50:.0} µs, p99 {half_p99:.0} µs",
        median(tenth_p99),
        peak / 10.0
    );
    Ok(vec![Ratio { name: "acknowledge_p50", value, floor: 6.0, aim: 3.0, unit: "× (at most)", detail }])
}

pub fn idle_connection(options: &Options) -> anyhow::Result<Vec<Ratio>> {
    const SOCKETS: usize = 1_000;
    let ours = Server::fenliu(&options.folder.join("idle"))?;
    on_one_thread(async {
        let tokens = ours.owned_conversations(64).await?;
        let mut open = Vec::new();
        for token in &tokens {
            open.push(Socket::open(&ours.address, "/v1/buyer/socket", token).await?);
        }
        let before = ours.resident_kb()?;
        for n in 0..SOCKETS {
            open.push(Socket::open(&ours.address, "/v1/buyer/socket", &tokens[n % 64]).await?);
        }
        let value = (ours.resident_kb()? - before) / SOCKETS as f64;
        let detail = format!("{SOCKETS} buyers' WebSockets");
        Ok(vec![Ratio { name: "idle_connection", value, floor: 40.0, aim: 20.0, unit: "kB (at most)", detail }])
    })
}
