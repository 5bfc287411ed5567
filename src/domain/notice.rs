//! Notices 通知 (INB-1, INB-10): system notices and platform service messages. They have no buyer, and are read per account.

use super::facts::Priority;
use super::id::Millis;
use serde::{Deserialize, Serialize};

/// Which of the two streams beside the buyers'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Logistics exception, dispute warning, infringement take-down, policy update, …
    System,
    /// Campaign invitation, training reminder, 成长之声, …
    Service,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub stream: Stream,
    /// 1, 2, 3, … without gaps within its stream.
    pub no: u64,
    /// A word of the platform's: `logistics_exception`.
    pub kind: String,
    pub title: String,
    pub text: String,
    /// The order it is about; empty: none.
    pub order: String,
    pub priority: Priority,
    pub at: Millis,
    /// The platform's own id: the same notice twice is one.
    pub id: String,
}
