//! How an account stands after violations (GRD-7, GRD-8): free to send, slowed, frozen, under review, closed. Part of the account's head.
//!
//! Only sending stops; what buyers write reaches the account as before.

use super::conduct::Question;
use super::record::{Penalty, Violation};
use crate::domain::event::{Conducted, Event, RetryKey};
use crate::domain::id::Millis;
use crate::domain::schedule::Zone;
use crate::limits;
use serde::{Deserialize, Serialize};

const MINUTE_MS: u64 = 60_000;
/// Of the test: nothing less passes.
pub const ALL_POINTS: u32 = 100;
/// 0 is Monday.
const SATURDAY: u8 = 5;

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
    /// What it sent while slowed, within the last minute, the newest last.
    pub sent: Vec<(Millis, RetryKey)>,
    /// The last attempt while it was held: tried again, it is not a second one.
    pub last_caught: Option<RetryKey>,
    /// The test it has before it.
    pub test: Option<Vec<Question>>,
    /// The newest reports of persons, by their ids: the same again is no second violation.
    pub reports: Vec<String>,
    /// Tests drawn within a day, the newest last.
    pub tests: Vec<Millis>,
}

/// What a slowed account may do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It was let through a moment ago: the same attempt again.
    Again,
    /// One more, counted at this instant.
    Go(Millis),
    /// Not before then.
    Wait(Millis),
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

    /// When it ends by time alone: nothing else is missing.
    pub fn lifts_at(&self) -> Option<Millis> {
        match self.hold {
            Hold::Frozen { until, test: false } => Some(until),
            _ => None,
        }
    }

    /// At most `per_min` within any minute (GRD-7).
    pub fn pace(&self, retry: RetryKey, per_min: u32, now: Millis) -> Pace {
        // Stamps of two senders may cross; a minute never goes back.
        let now = self.sent.last().map_or(now, |(last, _)| now.max(*last));
        let within: Vec<Millis> = self.sent.iter().filter(|(at, _)| now.since(*at) < MINUTE_MS).map(|(at, _)| *at).collect();
        if self.sent.iter().any(|(at, sent)| *sent == retry && now.since(*at) < MINUTE_MS) {
            return Pace::Again;
        }
        match within.len().checked_sub(per_min.max(1) as usize) {
            None => Pace::Go(now),
            Some(too_many) => Pace::Wait(within[too_many].plus(MINUTE_MS)),
        }
    }

    /// When one more test may be drawn; None: now.
    pub fn test_after(&self, now: Millis) -> Option<Millis> {
        let today: Vec<Millis> = self.tests.iter().copied().filter(|at| now.since(*at) < limits::DAY_MS).collect();
        let oldest = today.len().checked_sub(limits::TESTS_A_DAY_MAX)?;
        Some(today[oldest].plus(limits::DAY_MS))
    }
}

// What has happened.
impl Standing {
    /// Total; events of others change nothing.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Conduct { at, what: Conducted::Violated { penalty, violation, .. }, .. } => {
                if let Violation::Reported { id, .. } = violation
                    && !id.is_empty()
                {
                    self.reports.push(id.clone());
                    let old = self.reports.len().saturating_sub(limits::REPORTS_KEPT);
                    self.reports.drain(..old);
                }
                self.violated(penalty, *at);
            }
            Event::Conduct { at, what: Conducted::Lifted, .. } => self.lifted(*at),
            Event::Conduct { at, what: Conducted::TestDrawn { questions }, .. } => {
                self.test = Some(questions.clone());
                self.tests.retain(|drawn| at.since(*drawn) < limits::DAY_MS);
                self.tests.push(*at);
            }
            Event::Conduct { what: Conducted::TestTaken { points }, .. } => {
                self.test = None;
                if let Hold::Frozen { test, .. } = &mut self.hold {
                    *test &= *points < ALL_POINTS;
                }
            }
            Event::Conduct { what: Conducted::UndertakingGiven { undertaking: given }, .. } => {
                if let Hold::Review { undertaking } = &mut self.hold {
                    *undertaking = Some(given.clone());
                }
            }
            Event::Conduct { at, what: Conducted::Reviewed { lifted: true, .. }, .. } => self.lifted(*at),
            Event::Conduct { what: Conducted::Reviewed { .. }, .. } => {
                if let Hold::Review { undertaking } = &mut self.hold {
                    *undertaking = None;
                }
            }
            Event::Conduct { at, what: Conducted::SentSlowly { retry }, .. } => {
                self.sent.retain(|(sent, _)| at.since(*sent) < MINUTE_MS);
                self.sent.push((*at, *retry));
            }
            Event::TextCaught { caught } => self.last_caught = Some(caught.retry),
            _ => {}
        }
    }

    /// A step never lightens what holds already: of two freezes the later end counts, and a test that is owed stays owed.
    fn violated(&mut self, penalty: &Penalty, at: Millis) {
        let step = &penalty.step;
        self.violations = penalty.no;
        self.points = self.points.saturating_add(step.points);
        self.throttle_ms = penalty.throttle_ms;
        self.test = None;
        self.hold = match std::mem::take(&mut self.hold) {
            _ if step.close => Hold::Closed,
            Hold::Closed => Hold::Closed,
            Hold::Review { undertaking } => Hold::Review { undertaking },
            _ if step.review => Hold::Review { undertaking: None },
            Hold::Frozen { until, test } => Hold::Frozen { until: until.max(at.plus(step.freeze_ms)), test: test || step.test },
            Hold::None if step.freeze_ms > 0 || step.test => Hold::Frozen { until: at.plus(step.freeze_ms), test: step.test },
            Hold::None => Hold::None,
        };
        if self.may_send() {
            self.lifted(at);
        }
    }

    /// It may send again, slowly for a time (GRD-7).
    fn lifted(&mut self, at: Millis) {
        self.hold = Hold::None;
        self.test = None;
        self.throttled_until = self.throttled_until.max(at.plus(self.throttle_ms));
    }
}

/// The end of the `days`-th working day (Monday to Friday) after the day of `now`, as the zone's calendar has it.
pub fn working_days_after(zone: &Zone, now: Millis, days: u32) -> Millis {
    let mut day = zone.day_of(now);
    for _ in 0..days {
        day = day.next();
        while zone.week_minute(zone.day_range(day).0).day >= SATURDAY && day != day.next() {
            day = day.next();
        }
    }
    zone.day_range(day).1
}
