//! The slots of the automatic assignment (OFF-3), found by walking through the minutes of the zone's clock.

use fenliu::domain::id::Millis;
use fenliu::domain::offline::DayWindow;
use fenliu::domain::schedule::Zone;

const MINUTE_MS: u64 = 60_000;
const WEEK_MIN: i64 = 7 * 1_440;
/// Clocks are put back by three hours at most.
const FOLD_MS: u64 = 3 * 60 * MINUTE_MS;

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// The slots after `after` and up to `until`; at most `most`.
pub fn slots(zone: &Zone, windows: &[DayWindow], slot_min: u16, after: Millis, until: Millis, most: usize) -> Vec<Millis> {
    // Offsets of zones are whole quarters of an hour.
    let step = common_divisor(u64::from(slot_min), 15) * MINUTE_MS;
    let within = |minute: u16| windows.iter().any(|w| w.from_min <= minute && minute <= w.to_min || minute == 0 && w.to_min == 1_440);
    let minute_of_week = |at: u64| {
        let shown = zone.week_minute(Millis(at));
        (i64::from(shown.day) * 1_440 + i64::from(shown.minute), shown.minute)
    };
    let mut at = after.0.saturating_sub(FOLD_MS) / step * step;
    let (mut before, _) = minute_of_week(at);
    let (mut shown, mut highest) = (0_i64, -1);
    let mut found = Vec::new();
    while at <= until.0 && found.len() < most {
        let (week_minute, minute) = minute_of_week(at);
        let moved = (week_minute - before).rem_euclid(WEEK_MIN);
        shown += if moved > WEEK_MIN / 2 { moved - WEEK_MIN } else { moved };
        before = week_minute;
        // What the clock shows a second time is no slot.
        if shown > highest && minute % slot_min == 0 && within(minute) && at > after.0 {
            found.push(Millis(at));
        }
        highest = highest.max(shown);
        at += step;
    }
    found
}
