//! How an account stands after violations (GRD-7, GRD-8): free to send, slowed, frozen, under review, closed. Part of the account's head.
//!
//! Only sending stops; what buyers write reaches the account as before.

use super::conduct::Question;
use crate::domain::id::Millis;
use crate::domain::schedule::Zone;
use serde::{Deserialize, Serialize};

/// What keeps an account from sending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    #[default]
    None,
    /// Lifted by itself at `until`, or with the test where that comes later.
    Frozen {
        until: Millis,
        test: bool,
    },
    /// Until an undertaking was reviewed.
    Review {
        undertaking: Option<Undertaking>,
    },
    Closed,
}

/// 承诺书: what the account promises, and what its reviewer looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undertaking {
    pub text: String,
    pub at: Millis,
    /// The review is due by then.
    pub due: Millis,
    /// The records attached begin here: 30 days before the undertaking.
    pub records_from: Millis,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub violations: u32,
    /// Credit points taken so far.
    pub points: u32,
    pub hold: Hold,
    /// It sends slowly until then.
    pub throttled_until: Millis,
    pub throttle_ms: u64,
    /// What it sent while slowed, within the last minute.
    pub sent: Vec<Millis>,
    /// The test it has before it.
    pub test: Option<Vec<Question>>,
    /// Tests drawn, the newest last: so many a day.
    pub tests: Vec<Millis>,
}

impl Standing {
    /// Whether it may send at all.
    pub fn may_send(&self) -> bool {
        self.hold == Hold::None
    }

    /// It may send, and as fast as it likes.
    pub fn is_good(&self, now: Millis) -> bool {
        self.may_send() && now >= self.throttled_until
    }
}

/// Stub.
pub fn working_days_after(_zone: &Zone, now: Millis, days: u32) -> Millis {
    now.plus(u64::from(days) * crate::limits::DAY_MS)
}
