//! A server of the test's own that stands for the hosts outside: it keeps what it is asked, and answers as it is told.

use crate::support::until;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub path: String,
    pub query: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// How it answers.
#[derive(Clone, Debug)]
pub enum Says {
    Status(u16),
    StatusWith(u16, &'static str, String),
    Json(u16, String),
    /// Without end.
    Huge,
    /// Not at all.
    Nothing,
}

#[derive(Default)]
struct Kept {
    asked: Vec<Asked>,
    /// What is said next; then 200.
    says: VecDeque<Says>,
}

/// See the module.
pub struct Outside {
    pub base: String,
    kept: Arc<Mutex<Kept>>,
}

async fn answer(kept: web::Data<Mutex<Kept>>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
    let asked = Asked {
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let says = {
        let mut kept = kept.lock().unwrap();
        kept.asked.push(asked);
        kept.says.pop_front().unwrap_or(Says::Json(200, "{}".into()))
    };
    let status = |code| HttpResponse::build(StatusCode::from_u16(code).unwrap());
    match says {
        Says::Status(code) => status(code).finish(),
        Says::StatusWith(code, name, value) => status(code).insert_header((name, value)).finish(),
        Says::Json(code, body) => status(code).content_type("application/json").body(body),
        Says::Huge => {
            let piece = web::Bytes::from(vec![b'x'; 16 * 1024]);
            let pieces = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
            status(200).streaming(pieces)
        }
        Says::Nothing => std::future::pending().await,
    }
}

impl Outside {
    pub fn open() -> Outside {
        let kept = web::Data::new(Mutex::new(Kept::default()));
        let theirs = kept.clone();
        let server = HttpServer::new(move || App::new().app_data(theirs.clone()).default_service(web::to(answer)));
        let server = server.workers(1).disable_signals().shutdown_timeout(0).bind(("127.0.0.1", 0)).unwrap();
        let base = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Outside { base, kept: kept.into_inner() }
    }

    pub fn says(&self, says: impl IntoIterator<Item = Says>) {
        self.kept.lock().unwrap().says.extend(says);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.kept.lock().unwrap().asked.clone()
    }

    /// Waits until it was asked so often: the last.
    pub async fn asked_times(&self, times: usize) -> Asked {
        until("a request outside", || async { self.asked().get(times - 1).cloned() }).await
    }
}

/// HMAC-SHA256 by its definition (RFC 2104), apart from the server's own.
pub fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The parameters of a query, decoded.
pub fn parameters(query: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
        while let Some((byte, after)) = rest.split_first() {
            if *byte == b'%' {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
                rest = &after[2..];
            } else {
                bytes.push(*byte);
                rest = after;
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decode(name), decode(value))).collect()
}
