//! What the platform sets for all its shops: what counts as automatic sending, what follows a violation, the questions of the test.
//!
//! Not a shop's to set: an owner could lift the penalties of its own staff.

use serde::{Deserialize, Serialize};

/// One step of the ladder 阶梯处罚 (GRD-8). All that is said applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The account cannot send for so long. 0: a warning only.
    pub freeze_ms: u64,
    /// Nor before it passed the test with all points.
    pub test: bool,
    /// Credit points taken.
    pub points: u32,
    /// Nor before an undertaking was reviewed.
    pub review: bool,
    /// Closed for good; no appeal.
    pub close: bool,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conduct {
    /// The n-th violation of an account leads to the n-th step, any later one to the last.
    pub ladder: Vec<Step>,
    /// GRD-7: for so long after it may send again …
    pub throttle_ms: u64,
    /// … an account sends at most so many messages a minute.
    pub throttled_per_min: u32,
    /// Working days within which an undertaking is reviewed.
    pub review_days: u32,
    /// GRD-5: so many buyers who had not written …
    pub coupon_buyers: u32,
    /// … within so long.
    pub coupon_window_ms: u64,
    pub automation: Automation,
}

/// When sending looks like a machine's (GRD-6). Batches do not count; phrases and templates do not count as the same text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automation {
    /// Intervals looked at for their rhythm.
    pub rhythm_messages: u32,
    /// Spread of the intervals below which they are a machine's, in thousandths of their mean.
    pub rhythm_spread_milli: u32,
    /// Intervals longer than this are nobody's rhythm.
    pub rhythm_mean_ms_max: u64,
    /// More messages within a minute than a person can write.
    pub rate_per_min: u32,
    /// The same text to so many buyers within an hour.
    pub same_text_buyers: u32,
    /// Texts shorter than this are said to everybody.
    pub same_text_chars_min: u32,
    /// Different signs within an hour that are a violation. A single one is flagged.
    pub signs_for_violation: u32,
}

const HOUR_MS: u64 = 3_600_000;

impl Default for Conduct {
    fn default() -> Conduct {
        let step = Step { freeze_ms: 0, test: false, points: 0, review: false, close: false };
        Conduct {
            ladder: vec![
                Step { freeze_ms: 24 * HOUR_MS, test: true, ..step.clone() },
                Step { points: 5, review: true, ..step.clone() },
                Step { close: true, ..step },
            ],
            throttle_ms: 72 * HOUR_MS,
            throttled_per_min: 5,
            review_days: 3,
            coupon_buyers: 5,
            coupon_window_ms: HOUR_MS,
            automation: Automation {
                rhythm_messages: 20,
                rhythm_spread_milli: 80,
                rhythm_mean_ms_max: 120_000,
                rate_per_min: 40,
                same_text_buyers: 20,
                same_text_chars_min: 12,
                signs_for_violation: 2,
            },
        }
    }
}

/// A question of the test, with its answers; one is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub text: String,
    pub answers: Vec<String>,
    /// Which is right, from 0.
    pub right: u8,
}
