//! Is what a shop sets of its guard sensible as a whole? Lists everything that is wrong, not only the first thing.

use super::{Approval, Settings};
use crate::domain::diversion::check::Fault;

/// Everything that is wrong with these settings.
pub fn settings(_settings: &Settings) -> Vec<Fault> {
    Vec::new()
}

/// Everything that is wrong with this list of banned words, by line.
pub fn words(_words: &[String]) -> Vec<Fault> {
    Vec::new()
}

/// Everything that is wrong with these approvals.
pub fn approvals(_approvals: &[Approval]) -> Vec<Fault> {
    Vec::new()
}
