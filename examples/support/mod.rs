//! What the examples share: a client of the API, a device on its WebSocket, a reader of recorded conversations, tables.
//!
//! It knows the server only through its HTTP contract and must never use the library's own types: what works here works
//! for any client.

// Every example, and some tests, use their own part of this.
#![allow(dead_code)]

pub mod boards;
pub mod client;
pub mod conversations;
pub mod device;
pub mod dice;
pub mod lean;
pub mod problem;
pub mod prometheus;
pub mod setup;
pub mod table;
pub mod timing;
