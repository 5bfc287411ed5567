//! HTTP, JSON and WebSocket: the only folder that knows them. It turns requests into calls of the door and answers into
//! JSON, and decides nothing. It never touches the store or an actor.
//!
//! Invariant: whatever reaches the door was bounded first (bytes of a body or frame, time of its arrival, sends in flight).

mod action;
mod address;
mod bearer;
mod body;
mod buyer;
mod desk;
mod desk_work;
mod difference;
mod distribution;
mod diversion;
mod draft;
mod error;
pub mod explain;
mod export;
mod file;
mod frames;
mod guard;
mod inbox;
mod notice;
mod openapi;
mod operation;
mod order;
mod params;
mod platform;
mod pool;
mod reply;
mod routes;
mod shop;
mod socket;
mod spelled;
mod staff;
mod standing;
mod suggestion;
mod table;
mod text;
mod wire;

pub use openapi::{description, json};
pub use routes::routes;

use crate::config::Network;
use crate::domain::diversion::Settings;
use crate::door::Door;
use crate::limits;
pub use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, dev::Server};
use address::TrustedProxies;
use std::time::Duration;

/// How long an idle connection is kept, in seconds: longer than the 60 s of the usual proxy, so that the proxy closes first.
const KEEP_ALIVE_S: u64 = 75;
/// How long the head of a request may take to arrive: ends a client that sends a byte now and then.
const HEAD_MS_MAX: u64 = 10_000;
/// How long a connection may take to close after the last answer.
const DISCONNECT_MS_MAX: u64 = 2_000;

/// The diversion document from its JSON, as the API takes it; checked only when it is set.
pub fn read_diversion(document: serde_json::Value) -> Result<Box<Settings>, String> {
    serde_json::from_value::<wire::diversion::Diversion>(document).map(|draft| Box::new(draft.into())).map_err(|error| error.to_string())
}

/// Serves the door on `listener` until the returned server is stopped through its handle. Signals are left to the caller.
/// `trusted_proxies`: whose word on where a request comes from is believed. At most `connections_max` connections are open; more wait in the listener's backlog. `per_worker_start` runs once in each
/// worker's own thread before the worker accepts anything.
pub fn serve(
    listener: std::net::TcpListener,
    door: Door,
    trusted_proxies: Vec<Network>,
    workers: usize,
    connections_max: usize,
    per_worker_start: impl Fn() + Send + Clone + 'static,
) -> std::io::Result<Server> {
    // Connections inherit it. Without it an answer nobody reads stays in memory for as long as the client likes.
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&listener, limits::UNREAD_MS_MAX) {
        tracing::warn!(%error, "clients that never read are not cut");
    }
    let trusted_proxies = TrustedProxies(trusted_proxies.into());
    let server = HttpServer::new(move || {
        per_worker_start();
        App::new().app_data(trusted_proxies.clone()).configure(routes(door.clone()))
    })
    .workers(workers)
    .max_connections(connections_max.div_ceil(workers.max(1)))
    .keep_alive(Duration::from_secs(KEEP_ALIVE_S))
    .client_request_timeout(Duration::from_millis(HEAD_MS_MAX))
    .client_disconnect_timeout(Duration::from_millis(DISCONNECT_MS_MAX))
    .shutdown_timeout(limits::DRAIN_MS_MAX.div_ceil(1_000))
    .tcp_nodelay(true)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}
