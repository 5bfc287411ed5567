//! Business hours 营业时间 (SLA-4): several intervals a day, and days that are otherwise: holidays, and the days worked in their stead.
//! A limit that pauses outside them counts open time only.

use super::diversion::condition::WeekWindow;
use super::id::Millis;
use super::schedule::{Day, Zone};
use serde::{Deserialize, Serialize};

/// How far ahead an open minute is looked for; a shop that does not open within it never does.
const LOOKED_AHEAD_DAYS: usize = 400;

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
        let mut left_ms = open_ms;
        let mut day = zone.day_of(from);
        for _ in 0..LOOKED_AHEAD_DAYS {
            for open in self.of(day) {
                let (begins, ends) = (zone.instant(day, open.from_min).max(from), zone.instant(day, open.to_min));
                let there_ms = ends.since(begins);
                // A span of nothing ends where it began, if that is open.
                if ends > begins && there_ms >= left_ms {
                    return Some(begins.plus(left_ms));
                }
                left_ms -= there_ms.min(left_ms);
            }
            day = day.next();
        }
        None
    }

    /// The intervals of a day, ascending.
    pub fn of(&self, day: Day) -> Vec<Open> {
        if let Some(holiday) = self.holidays.iter().find(|holiday| (holiday.from..=holiday.to).contains(&day)) {
            return ascending(holiday.open.clone());
        }
        if self.week.is_empty() {
            return vec![Open { from_min: 0, to_min: 1_440 }];
        }
        let of_day = self.week.iter().filter(|window| window.days >> day.weekday() & 1 == 1);
        ascending(of_day.map(|window| Open { from_min: window.from_min, to_min: window.to_min }).collect())
    }
}

fn ascending(mut open: Vec<Open>) -> Vec<Open> {
    open.sort_unstable_by_key(|open| open.from_min);
    open
}
