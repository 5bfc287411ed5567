//! What the platform sets for all its shops: what counts as automatic sending, what follows a violation, the questions of the test.
//!
//! Not a shop's to set: an owner could lift the penalties of its own staff.

use crate::domain::diversion::check::Fault;
use crate::limits::{self, HOUR_MS};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// One step of the ladder 阶梯处罚 (GRD-8): a warning, a freeze with or without the test, a review, or the end; points with any.
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

impl Step {
    /// Nothing but the words.
    pub const WARNING: Step = Step { freeze_ms: 0, test: false, points: 0, review: false, close: false };
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

impl Default for Conduct {
    fn default() -> Conduct {
        Conduct {
            ladder: vec![
                Step { freeze_ms: 24 * HOUR_MS, test: true, ..Step::WARNING },
                Step { points: 5, review: true, ..Step::WARNING },
                Step { close: true, ..Step::WARNING },
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

impl Conduct {
    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let most = limits::LADDER_STEPS_MAX;
        if !(1..=most).contains(&self.ladder.len()) {
            faults.push(Fault { field: "ladder".into(), problem: format!("{} steps; 1 to {most}", self.ladder.len()) });
        }
        for (at, step) in self.ladder.iter().enumerate().take(most) {
            step.faults(at, at + 1 == self.ladder.len(), &mut faults);
        }
        let rules = &self.automation;
        let times = limits::HABIT_TIMES_MAX as u64;
        let numbers: [(&str, u64, RangeInclusive<u64>); 12] = [
            ("throttle_ms", self.throttle_ms, 0..=limits::PENALTY_MS_MAX),
            ("throttled_per_min", self.throttled_per_min.into(), 1..=limits::THROTTLED_PER_MIN_MAX.into()),
            ("review_days", self.review_days.into(), 1..=limits::REVIEW_DAYS_MAX.into()),
            ("coupon_buyers", self.coupon_buyers.into(), 2..=limits::COUPONS_TRIED_MAX as u64),
            ("coupon_window_ms", self.coupon_window_ms, 60_000..=limits::COUPON_WINDOW_MS_MAX),
            ("automation.rhythm_messages", rules.rhythm_messages.into(), 5..=times),
            ("automation.rhythm_spread_milli", rules.rhythm_spread_milli.into(), 0..=1_000),
            ("automation.rhythm_mean_ms_max", rules.rhythm_mean_ms_max, 1..=3_600_000),
            ("automation.rate_per_min", rules.rate_per_min.into(), 1..=times - 1),
            ("automation.same_text_buyers", rules.same_text_buyers.into(), 2..=limits::HABIT_TEXTS_MAX as u64),
            ("automation.same_text_chars_min", rules.same_text_chars_min.into(), 1..=limits::MESSAGE_CHARS_MAX as u64),
            ("automation.signs_for_violation", rules.signs_for_violation.into(), 1..=4),
        ];
        for (field, number, fine) in numbers {
            if !fine.contains(&number) {
                faults.push(Fault { field: field.into(), problem: format!("{} to {}", fine.start(), fine.end()) });
            }
        }
        faults
    }
}

impl Step {
    fn faults(&self, at: usize, last: bool, faults: &mut Vec<Fault>) {
        let mut require = |fine: bool, field: &str, problem: String| {
            if !fine {
                faults.push(Fault { field: format!("ladder[{at}]{field}"), problem });
            }
        };
        require(self.freeze_ms <= limits::PENALTY_MS_MAX, ".freeze_ms", format!("0 to {}", limits::PENALTY_MS_MAX));
        require(self.points <= limits::PENALTY_POINTS_MAX, ".points", format!("0 to {}", limits::PENALTY_POINTS_MAX));
        require(!self.close || last, ".close", "nothing comes after the end; only the last step closes an account".into());
        let frozen = self.freeze_ms > 0 || self.test;
        let ways = u8::from(frozen) + u8::from(self.review) + u8::from(self.close);
        require(ways <= 1, "", "one of a freeze (with or without the test), a review, or the end: each ends in another way".into());
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
