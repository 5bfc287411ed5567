//! Fenliu 分流: the customer-service inbox and dispatcher that explains itself, as a library. See README for what it is.
#![forbid(unsafe_code)]
pub mod actors;
pub mod app;
pub mod config;
pub mod domain;
pub mod door;
pub mod files;
pub mod limits;
pub mod metrics;
pub mod notify;
pub mod store;
pub mod web;
