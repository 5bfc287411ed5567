//! The health report of a day (MET-2), as it is kept for ever.

use super::Figures;
use super::rates::Warning;
use crate::domain::desk::time::HealthRule;
use crate::domain::id::Millis;
use crate::domain::schedule::{Day, Zone};
use crate::limits;
use serde::{Deserialize, Serialize};

/// What was true of the day before it was made. What it was made from stands in it, so that it can be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The day, of the shop's zone, on which it is due.
    pub day: Day,
    /// Included.
    pub from: Millis,
    /// Excluded.
    pub to: Millis,
    /// The entries of the feed that were looked at: after this one,
    pub after: u64,
    /// and up to this one.
    pub upto: u64,
    pub figures: Figures,
    /// The baselines at that time.
    pub rule: HealthRule,
}

impl Report {
    /// What raises the yellow warning.
    pub fn warnings(&self) -> Vec<Warning> {
        self.figures.warnings(&self.rule)
    }
}

/// The period of the report of `day`: up to its time, from the same time of the day before. 24 hours but where clocks were changed.
pub fn period(zone: &Zone, rule: &HealthRule, day: Day) -> (Millis, Millis) {
    (zone.instant(day.before(), rule.report_min), zone.instant(day, rule.report_min))
}

/// As [`period`], but from where the report before ended, if that is not long ago: where the time of the report was moved, no hour is
/// left out and none stands in two.
pub fn period_after(zone: &Zone, rule: &HealthRule, day: Day, before: Option<Millis>) -> (Millis, Millis) {
    let (from, to) = period(zone, rule, day);
    let joins = |ended: &Millis| *ended < to && to.since(*ended) <= 2 * limits::DAY_MS;
    (before.filter(joins).unwrap_or(from), to)
}

/// The days whose reports are to be made at `now`, in order: those after `last` whose time has come, at most `most`, the newest. A shop
/// without any begins with the first that looks at a time when there was a shop, since `begun`.
pub fn due(zone: &Zone, rule: &HealthRule, last: Option<Day>, begun: Millis, now: Millis, most: usize) -> Vec<Day> {
    let today = zone.day_of(now);
    let newest = if period(zone, rule, today).1 <= now { today } else { today.before() };
    let missing = |day: &Day| last.is_none_or(|last| *day > last) && period(zone, rule, *day).1 > begun;
    let mut days: Vec<Day> = std::iter::successors(Some(newest), |day| Some(day.before()).filter(|before| before < day))
        .take_while(missing)
        .take(most)
        .collect();
    days.reverse();
    days
}
