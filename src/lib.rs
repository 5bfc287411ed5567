//! Fenliu 分流: the customer-service inbox and dispatcher that explains itself, as a library. See README for what it is.
#![forbid(unsafe_code)]
pub mod config;
pub mod door;
pub mod domain;
pub mod limits;
pub mod store;
pub mod actors;
pub mod metrics;
pub mod app;
pub mod web;
