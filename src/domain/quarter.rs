//! Quarter hours since the epoch: the grain of all figures over time (MET-1). Every zone in use is off by whole quarters, so that a
//! day, and the hours 08:00–23:00 of a day, are whole quarters in each.

use super::id::Millis;
use serde::{Deserialize, Serialize};

/// How long a quarter is.
pub const QUARTER_MS: u64 = 900_000;

/// Quarters of 24 hours.
pub const QUARTERS_A_DAY: u32 = 96;

/// A quarter hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Quarter(pub u32);

impl Quarter {
    /// The one that holds `at`.
    pub fn of(at: Millis) -> Quarter {
        Quarter(u32::try_from(at.0 / QUARTER_MS).unwrap_or(u32::MAX))
    }

    /// Its first instant.
    pub fn begins(self) -> Millis {
        Millis(u64::from(self.0) * QUARTER_MS)
    }
}

/// Buyers' messages of one quarter that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadOf {
    /// When they came.
    pub quarter: Quarter,
    pub messages: u32,
}

/// How many were read in all.
pub fn read_in_all(read: &[ReadOf]) -> u32 {
    read.iter().map(|of| of.messages).sum()
}
