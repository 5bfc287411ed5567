//! Business hours 营业时间 (SLA-4): several intervals a day, and days that are otherwise: holidays, and the days worked in their stead.
//! A limit that pauses outside them counts open time only.

use super::diversion::condition::WeekWindow;
use super::id::Millis;
use super::schedule::{Day, Zone};
use serde::{Deserialize, Serialize};

/// How far ahead an open minute is looked for; a shop that does not open within it never does.
const LOOKED_AHEAD_DAYS: usize = 400;

const MINUTE_MS: u64 = 60_000;

const ALL_DAY: Open = Open { from_min: 0, to_min: 1_440 };

/// From (inclusive) to (exclusive), in minutes of the day; `to` may be 1,440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub from_min: u16,
    pub to_min: u16,
}

/// Days that are otherwise than their week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    pub name: String,
    /// The first and the last day.
    pub from: Day,
    pub to: Day,
    /// None: closed. Some: a day worked 调休, or open for a few hours.
    pub open: Vec<Open>,
}

/// See the module. Without any interval the shop is always open, but for its holidays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    pub week: Vec<WeekWindow>,
    pub holidays: Vec<Holiday>,
}

impl Hours {
    /// The instant at which `open_ms` of open time have passed since `from`. None: never.
    pub fn after(&self, zone: &Zone, from: Millis, open_ms: u64) -> Option<Millis> {
        if self.week.is_empty() && self.holidays.is_empty() {
            return Some(from.plus(open_ms));
        }
        let (first, mut left_ms, mut ahead) = (zone.day_of(from), open_ms, None);
        for (nth, day) in zone.days(first).take(LOOKED_AHEAD_DAYS).enumerate() {
            if nth > 0 && day.is_even() {
                // There may be hundreds of days to pass over, for every message: each costs one subtraction.
                let there_ms = ahead.get_or_insert_with(|| self.ahead_ms(first))[nth];
                if there_ms == 0 || there_ms < left_ms {
                    left_ms -= there_ms;
                    continue;
                }
            }
            for open in self.of(day.day) {
                let (begins, ends) = (day.instant(open.from_min).max(from), day.instant(open.to_min));
                let there_ms = ends.since(begins);
                // A span of nothing ends where it began, if that is open.
                if ends > begins && there_ms >= left_ms {
                    return Some(begins.plus(left_ms));
                }
                left_ms -= there_ms.min(left_ms);
            }
        }
        None
    }

    /// How long each day from `first` on is open, where it has 24 hours.
    fn ahead_ms(&self, first: Day) -> [u64; LOOKED_AHEAD_DAYS] {
        let week: [u64; 7] = std::array::from_fn(|weekday| match self.week.is_empty() {
            true => open_ms([ALL_DAY].into_iter()),
            false => open_ms(self.of_weekday(weekday as u8)),
        });
        let weekday = usize::from(first.weekday());
        let mut ahead = std::array::from_fn(|nth| week[(weekday + nth) % 7]);
        let place = |day: Day| usize::try_from(day.since(first)).unwrap_or(0).min(LOOKED_AHEAD_DAYS);
        // Backwards: of two that share a day the upper one counts.
        for holiday in self.holidays.iter().rev().filter(|holiday| holiday.to >= first) {
            let (from, to) = (place(holiday.from), place(holiday.to.next()));
            if from < to {
                ahead[from..to].fill(open_ms(holiday.open.iter().copied()));
            }
        }
        ahead
    }

    /// The intervals of a day, ascending.
    pub fn of(&self, day: Day) -> Vec<Open> {
        if let Some(holiday) = self.holidays.iter().find(|holiday| (holiday.from..=holiday.to).contains(&day)) {
            return ascending(holiday.open.clone());
        }
        if self.week.is_empty() {
            return vec![ALL_DAY];
        }
        ascending(self.of_weekday(day.weekday()).collect())
    }

    fn of_weekday(&self, weekday: u8) -> impl Iterator<Item = Open> {
        let of_day = self.week.iter().filter(move |window| window.days >> weekday & 1 == 1);
        of_day.map(|window| Open { from_min: window.from_min, to_min: window.to_min })
    }
}

/// How long a day of 24 hours with these intervals is open.
fn open_ms(open: impl Iterator<Item = Open>) -> u64 {
    open.map(|open| u64::from(open.to_min.min(ALL_DAY.to_min).saturating_sub(open.from_min)) * MINUTE_MS).sum()
}

fn ascending(mut open: Vec<Open>) -> Vec<Open> {
    open.sort_unstable_by_key(|open| open.from_min);
    open
}
