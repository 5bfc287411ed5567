//! Local time: a shop's zone, its days, its weeks, and the slots at which the automatic assignment fires (OFF-3).
//!
//! Pure computation. It never asks for the present time and never reads the machine's own zone or time zone files: the
//! database is the one built into the program, so that the same instant is the same local time on every machine.

use super::diversion::condition::WeekWindow;
use super::id::Millis;
use super::offline::DayWindow;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod days;

pub use days::ZoneDay;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: u16 = 1_440;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const WEEK_MS: i64 = 7 * DAY_MS;
/// The epoch was a Thursday; weeks begin on Monday.
const EPOCH_IN_WEEK_MS: i64 = 3 * DAY_MS;
/// How far back [`last_slots`] looks: no server is down for longer, and this is a hundred thousand slots at most.
const SUMMED_MS_MAX: u64 = 400 * DAY_MS as u64;

/// A minute of the week, in some zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekMinute {
    /// 0 is Monday.
    pub day: u8,
    /// Minute of the local day.
    pub minute: u16,
}

/// A date of the calendar, from year 0 to year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// Reads what [`std::fmt::Display`] writes: `2026-03-29`, and nothing else.
    pub fn parse(text: &str) -> Option<Day> {
        let date: Date = text.parse().ok()?;
        (text.len() == 10 && date.to_string() == text).then_some(Day(date))
    }

    /// Of its week: 0 is Monday.
    pub fn weekday(self) -> u8 {
        self.0.weekday().to_monday_zero_offset().unsigned_abs()
    }

    /// How many days later it is than `earlier`; below 0: so many days earlier.
    pub fn since(self, earlier: Day) -> i64 {
        self.0.duration_since(earlier.0).as_hours() / 24
    }

    /// The day before; the first day of the calendar is its own.
    pub fn before(self) -> Day {
        Day(self.0.yesterday().unwrap_or(self.0))
    }

    /// As a number: 20260329.
    pub fn number(self) -> u32 {
        let (year, month, day) = (self.0.year().unsigned_abs(), self.0.month().unsigned_abs(), self.0.day().unsigned_abs());
        u32::from(year) * 10_000 + u32::from(month) * 100 + u32::from(day)
    }

    /// The day after; the last day of year 9999 is its own.
    pub fn next(self) -> Day {
        Day(self.0.tomorrow().unwrap_or(self.0))
    }
}

/// On disk a day is a number: 20260329.
impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(self.number())
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        let number = u32::deserialize(from)?;
        let date = Date::new((number / 10_000) as i16, (number / 100 % 100) as i8, (number % 100) as i8);
        date.map(Day).map_err(|_| D::Error::custom("no day of the calendar"))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A time zone of the IANA database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Zone {
        Zone(TimeZone::UTC)
    }
}

impl Zone {
    /// The zone of this IANA name, whatever its case: `Asia/Shanghai`. Offsets and rules are no names.
    pub fn named(name: &str) -> Option<Zone> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        (!zone.is_unknown()).then_some(Zone(zone))
    }

    /// What the clock of the zone shows.
    pub fn week_minute(&self, at: Millis) -> WeekMinute {
        let local = self.local(at);
        WeekMinute { day: local.weekday().to_monday_zero_offset().unsigned_abs(), minute: minute_of(local) }
    }

    /// The day whose [`Zone::day_range`] holds `at`. Its date is what the calendar shows, but for clocks put back from just
    /// after midnight: the new day has begun then, and goes on.
    pub fn day_of(&self, at: Millis) -> Day {
        let shown = Day(self.local(at).date());
        let next = shown.next();
        if self.start(next) <= at { next } else { shown }
    }

    /// When `day` begins (inclusive) and ends (exclusive). Days follow one another without a gap; a day that the zone left out
    /// is empty. What lies before the epoch is cut off.
    pub fn day_range(&self, day: Day) -> (Millis, Millis) {
        (self.start(day), self.start(day.next()))
    }

    /// The first instant of `day`.
    fn start(&self, day: Day) -> Millis {
        self.instant(day, 0)
    }

    /// The first instant at which the clock shows `minute` of `day` (1,440: the next day's midnight), or where that does not exist,
    /// at which the clock passes over it.
    pub fn instant(&self, day: Day, minute: u16) -> Millis {
        if minute >= DAY_MINUTES {
            return self.start(day.next());
        }
        let (hour, minute) = ((minute / 60) as i8, (minute % 60) as i8);
        let shown = self.0.to_ambiguous_timestamp(day.0.at(hour, minute, 0, 0));
        let passed_over = matches!(shown.offset(), AmbiguousOffset::Gap { .. });
        match shown.earlier() {
            Ok(before) if passed_over => self.next_transition(before).unwrap_or(millis(before)),
            Ok(first) => millis(first),
            // Later than the calendar's end.
            Err(_) => Millis(u64::MAX),
        }
    }

    /// The first instant at which the clock shows `minute` of `date`; none if it never does.
    fn first(&self, date: Date, minute: u16) -> Option<Millis> {
        let (hour, minute) = (minute / 60, minute % 60);
        let local = self.0.to_ambiguous_timestamp(date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0));
        match local.offset() {
            AmbiguousOffset::Gap { .. } => None,
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => local.earlier().ok().map(millis),
        }
    }

    fn local(&self, at: Millis) -> DateTime {
        self.0.to_datetime(timestamp(at))
    }

    /// When the clock is next put forward or back after `after`. Also instants at which only the name of the time changes.
    fn next_transition(&self, after: Timestamp) -> Option<Millis> {
        self.0.following(after).next().map(|transition| millis(transition.timestamp()))
    }
}

/// Instants beyond the calendar's end (year 9999) are that end.
fn timestamp(at: Millis) -> Timestamp {
    i64::try_from(at.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

/// Instants before the epoch are the epoch.
fn millis(at: Timestamp) -> Millis {
    Millis(u64::try_from(at.as_millisecond()).unwrap_or(0))
}

fn minute_of(local: DateTime) -> u16 {
    60 * u16::from(local.hour().unsigned_abs()) + u16::from(local.minute().unsigned_abs())
}

/// The minutes of a day that are slots in a window, from the slot of minute `from` on. Every day has the same ones.
fn slot_minutes(windows: &[DayWindow], slot_min: u16, from: u16) -> impl Iterator<Item = u16> {
    let first = if slot_min == 0 { DAY_MINUTES } else { from - from % slot_min };
    let within = |minute: u16| windows.iter().any(|w| (w.from_min..=w.to_min).contains(&minute));
    // A window up to 24:00 ends with the 00:00 of the next day.
    (first..DAY_MINUTES).step_by(usize::from(slot_min.max(1))).filter(move |m| within(*m) || *m == 0 && within(DAY_MINUTES))
}

/// All slots after `after`, ascending, to the calendar's end.
fn slots_after(zone: &Zone, windows: &[DayWindow], slot_min: u16, after: Millis) -> impl Iterator<Item = Millis> {
    let now = zone.local(after);
    // Days without a slot would be looked through to the calendar's end.
    let first = slot_minutes(windows, slot_min, 0).next().map(|_| now.date());
    let dates = std::iter::successors(first, |date| date.tomorrow().ok());
    let slots = dates.flat_map(move |date| {
        // Whatever is below what the clock shows was shown before, and a slot fires the first time only.
        let from = if date == now.date() { minute_of(now) } else { 0 };
        slot_minutes(windows, slot_min, from).filter_map(move |minute| zone.first(date, minute))
    });
    slots.filter(move |at| *at > after)
}

/// The instants in (`after`, `until`] at which the automatic assignment fires (OFF-3), ascending: each minute of the local day
/// that is a multiple of `slot_min` and lies in a window, both ends included. A local time that does not exist is skipped, one
/// that exists twice fires the first time. There may be a hundred thousand a year: see [`last_slots`] for spans of any length.
pub fn slots(zone: &Zone, windows: &[DayWindow], slot_min: u16, after: Millis, until: Millis) -> Vec<Millis> {
    slots_after(zone, windows, slot_min, after).take_while(|at| *at <= until).collect()
}

/// The last `keep` of [`slots`], and of those before them the first, the last, and how many there were. Slots more than 400
/// days before `until` are left out.
pub fn last_slots(
    zone: &Zone,
    windows: &[DayWindow],
    slot_min: u16,
    after: Millis,
    until: Millis,
    keep: usize,
) -> (Vec<Millis>, Option<(Millis, Millis, u32)>) {
    let after = after.max(Millis(until.0.saturating_sub(SUMMED_MS_MAX)));
    let mut older = slots(zone, windows, slot_min, after, until);
    let kept = older.split_off(older.len().saturating_sub(keep));
    let summed = older.first().zip(older.last()).map(|(first, last)| (*first, *last, u32::try_from(older.len()).unwrap_or(u32::MAX)));
    (kept, summed)
}

/// The first slot after `after`; none if no window holds one. As every day has the same slots, it is a few days away at most:
/// where the clock passed over all the slots of a day.
pub fn next_slot(zone: &Zone, windows: &[DayWindow], slot_min: u16, after: Millis) -> Option<Millis> {
    slots_after(zone, windows, slot_min, after).next()
}

/// The first instant after `after` at which one of these windows may begin or end to hold (DIV-2): a border of one, or where
/// the clock is put forward or back, which may pass over a border or return behind it. None if none of them ever changes.
pub fn next_week_change<'a>(zone: &Zone, windows: impl Iterator<Item = &'a WeekWindow>, after: Millis) -> Option<Millis> {
    let now = timestamp(after);
    let offset_ms = i64::from(zone.0.to_offset(now).seconds()) * 1_000;
    let now_in_week = now.as_millisecond() + offset_ms + EPOCH_IN_WEEK_MS;
    // Counted on from now by the present offset: right up to the next change of the offset, which is an answer of its own.
    let until_next = |day: i64, minute: u16| match (day * DAY_MS + i64::from(minute) * MINUTE_MS - now_in_week).rem_euclid(WEEK_MS) {
        0 => WEEK_MS,
        ms => ms,
    };
    let borders = |w: &'a WeekWindow| {
        let days = (0..7).filter(|day| w.from_min < w.to_min && w.days >> day & 1 == 1);
        days.flat_map(|day| [until_next(day, w.from_min), until_next(day, w.to_min)]).min()
    };
    let border = after.plus(windows.filter_map(borders).min()?.unsigned_abs());
    let change = zone.next_transition(now).map_or(border, |transition| border.min(transition));
    (change > after).then_some(change)
}

#[cfg(test)]
mod tests;
