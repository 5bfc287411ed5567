//! The whole server through HTTP and WebSocket, on a port of its own, with a clock that the test moves.
//!
//! Each test names what it shows of the behaviour catalogue.

#[path = "support/mod.rs"]
mod support;

#[path = "server/access.rs"]
mod access;
#[path = "server/archive.rs"]
mod archive;
#[path = "server/barred.rs"]
mod barred;
#[path = "server/batch.rs"]
mod batch;
#[path = "server/blacklist.rs"]
mod blacklist;
#[path = "server/canary.rs"]
mod canary;
#[path = "server/desk.rs"]
mod desk;
#[path = "server/devices.rs"]
mod devices;
#[path = "server/dispatch.rs"]
mod dispatch;
#[path = "server/distribution.rs"]
mod distribution;
#[path = "server/diversion_api.rs"]
mod diversion_api;
#[path = "server/drafts.rs"]
mod drafts;
#[path = "server/export.rs"]
mod export;
#[path = "server/files.rs"]
mod files;
#[path = "server/files_shown.rs"]
mod files_shown;
#[path = "server/guard.rs"]
mod guard;
#[path = "server/health.rs"]
mod health;
#[path = "server/input.rs"]
mod input;
#[path = "server/labels.rs"]
mod labels;
#[path = "server/limits.rs"]
mod limits;
#[path = "server/lists.rs"]
mod lists;
#[path = "server/notices.rs"]
mod notices;
#[path = "server/orders.rs"]
mod orders;
#[path = "server/origin.rs"]
mod origin;
#[path = "server/pool_api.rs"]
mod pool_api;
#[path = "server/presence.rs"]
mod presence;
#[path = "server/rights.rs"]
mod rights;
#[path = "server/running.rs"]
mod running;
#[path = "server/signals.rs"]
mod signals;
#[path = "server/standing.rs"]
mod standing;
#[path = "server/suggestions.rs"]
mod suggestions;
#[path = "server/sweep.rs"]
mod sweep;
#[path = "server/sync.rs"]
mod sync;
#[path = "server/talk.rs"]
mod talk;
#[path = "server/texts.rs"]
mod texts;
#[path = "server/words.rs"]
mod words;
