//! Fenliu 分流: see README.
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
