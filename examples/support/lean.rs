//! A lean HTTP/1.1 client for measuring: one keep-alive connection that writes a finished request and reads as little of the
//! answer as HTTP allows (status line, content length, body).
//!
//! It must never be used where answers may be chunked: it refuses what has no content length.

use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of an answer; more is an error.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// One keep-alive connection.
pub struct Lean {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that are read.
    filled: usize,
}

/// What came back; the body stays in the connection's buffer until the next request.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
    /// The server closes the connection after this answer.
    pub closes: bool,
}

struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
    closes: bool,
}

impl Lean {
    /// Connects to `host:port`.
    pub async fn connect(address: &str) -> io::Result<Lean> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Lean { stream, buffer: vec![0; 8 * 1024], filled: 0 })
    }

    /// Writes a finished request and reads its answer. After an error the connection is of no use.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        let head = loop {
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(head) = parse_head(&self.buffer[..self.filled])? {
                break head;
            }
        };
        let whole = head.bytes + head.body_bytes;
        if whole > ANSWER_BYTES_MAX {
            return Err(io::Error::other("the answer is too large"));
        }
        while self.filled < whole {
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Answer { status: head.status, body: &self.buffer[head.bytes..whole], closes: head.closes })
    }

    async fn fill(&mut self) -> io::Result<usize> {
        if self.filled == self.buffer.len() {
            if self.filled >= ANSWER_BYTES_MAX {
                return Err(io::Error::other("the answer is too large"));
            }
            self.buffer.resize(2 * self.filled, 0);
        }
        let read = self.stream.read(&mut self.buffer[self.filled..]).await?;
        self.filled += read;
        Ok(read)
    }
}

/// The head of an answer, once it is complete.
fn parse_head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
    let malformed = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| malformed("the head is not text"))?;
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status: u16 = status_line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| malformed("no status line"))?;
    let mut body_bytes = if status == 204 || status == 304 { Some(0) } else { None };
    let mut closes = false;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            body_bytes = Some(value.trim().parse().map_err(|_| malformed("content-length"))?);
        } else if name.eq_ignore_ascii_case("connection") {
            closes = value.trim().eq_ignore_ascii_case("close");
        }
    }
    let body_bytes = body_bytes.ok_or_else(|| malformed("an answer without content-length"))?;
    Ok(Some(Head { status, bytes: end + 4, body_bytes, closes }))
}

/// A finished request for [`Lean::ask`].
pub fn request(method: &str, path: &str, host: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
