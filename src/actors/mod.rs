//! The shell round the pure machines: the only folder that knows actix actors.
//!
//! A command enters by [`registry::Registry::send`], is decided and applied by an [`entity::Entity`], leaves as one commit,
//! and comes back from the store in a released group, on the lane it started on. Nothing is told to anybody before that.

pub mod clock;
pub mod deadlines;
mod entity;
mod guards;
pub mod lane;
pub mod lookers;
pub mod lost;
pub mod outbox;
pub mod registry;
mod release;
pub mod sweep;
