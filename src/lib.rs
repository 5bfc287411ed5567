//! Fenliu 分流: see README.
#![forbid(unsafe_code)]
pub mod door;
pub mod domain;
pub mod limits;
