//! The smallest client that is enough: blocking, one connection, JSON; and a WebSocket that only listens.

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer later than this is a fault of the server, however busy the machine.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// One kept connection.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        Ok(Client { stream: BufReader::new(stream) })
    }

    /// Status and body; a body that is no JSON is `Null`. `Err`: nobody knows whether it was done.
    pub fn ask(&mut self, method: &str, path: &str, token: &str, body: Option<&Value>) -> io::Result<(u16, Value)> {
        let body = body.map(Value::to_string);
        let (status, body) = self.exchange(method, path, token, "application/json", body.as_deref().map(str::as_bytes))?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    /// As [`Client::ask`], with bytes of any type.
    pub fn exchange(&mut self, method: &str, path: &str, token: &str, kind: &str, body: Option<&[u8]>) -> io::Result<(u16, Vec<u8>)> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: fenliu\r\nAuthorization: Bearer {token}\r\n");
        if let Some(body) = body {
            request += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        let request = [request.as_bytes(), body.unwrap_or_default()].concat();
        self.stream.get_mut().write_all(&request)?;
        let (status, length) = self.head()?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }

    /// Status and length of the body that follows.
    fn head(&mut self) -> io::Result<(u16, usize)> {
        let mut status = None;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end();
            match status {
                None => status = line.split(' ').nth(1).and_then(|code| code.parse().ok()),
                Some(status) if line.is_empty() => return Ok((status, length)),
                Some(_) => {}
            }
            if let Some((name, value)) = line.split_once(':') {
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().map_err(|_| Error::other("content-length"))?,
                    "transfer-encoding" => return Err(Error::other("a chunked answer")),
                    _ => {}
                }
            }
        }
    }

    /// As [`Client::ask`], where anything but success is a fault.
    pub fn must(&mut self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.ask(method, path, token, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }
}

/// A device of the staff that listens.
pub struct Socket {
    stream: BufReader<TcpStream>,
}

impl Socket {
    pub fn connect(address: SocketAddr, token: &str) -> io::Result<Socket> {
        let mut client = Client::connect(address)?;
        let request = format!(
            "GET /v1/staff/socket HTTP/1.1\r\nHost: fenliu\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        client.stream.get_mut().write_all(request.as_bytes())?;
        match client.head()? {
            (101, _) => Ok(Socket { stream: client.stream }),
            (status, _) => Err(Error::other(format!("the WebSocket was refused: {status}"))),
        }
    }

    /// The next text frame; `None`: the connection is over.
    pub fn next(&mut self) -> Option<Value> {
        loop {
            let mut head = [0; 2];
            self.stream.read_exact(&mut head).ok()?;
            let length = match head[1] {
                126 => self.number::<2>()?,
                127 => self.number::<8>()?,
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            self.stream.read_exact(&mut payload).ok()?;
            match head[0] & 0x0f {
                1 => return serde_json::from_slice(&payload).ok(),
                8 => return None,
                // Pings need no answer within the life of a round.
                _ => {}
            }
        }
    }

    fn number<const N: usize>(&mut self) -> Option<usize> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).ok()?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }
}
