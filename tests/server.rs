//! The whole server through HTTP and WebSocket, on a port of its own, with a clock that the test moves.
//!
//! Each test names what it shows of the behaviour catalogue.

#[path = "support/mod.rs"]
mod support;

#[path = "server/access.rs"]
mod access;
#[path = "server/devices.rs"]
mod devices;
#[path = "server/dispatch.rs"]
mod dispatch;
#[path = "server/input.rs"]
mod input;
#[path = "server/presence.rs"]
mod presence;
#[path = "server/running.rs"]
mod running;
#[path = "server/talk.rs"]
mod talk;
