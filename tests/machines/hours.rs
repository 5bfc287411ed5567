//! Business hours: the quick count of open time against a plain walk from interval to interval, in any zone, over any holidays.
//!
//! `FENLIU_CASES=100000 FENLIU_SEED=7 cargo test --release --test machines hours` for more, or for the same again.

use crate::reference::{from_environment, runner, seed};
use fenliu::domain::diversion::condition::WeekWindow;
use fenliu::domain::hours::{Holiday, Hours, Open};
use fenliu::domain::id::Millis;
use fenliu::domain::schedule::{Day, Zone};
use proptest::prelude::*;
use std::cell::Cell;

const CASES: u32 = 4_000;
const MINUTE: u64 = 60_000;
const DAY: u64 = 1_440 * MINUTE;
const LOOKED_AHEAD_DAYS: usize = 400;

/// Zones whose clocks change in every way, and a year in which they do: seconds of the year's beginning.
const ZONES: [(&str, u64); 14] = [
    ("Asia/Shanghai", 1_767_225_600),
    ("Etc/UTC", 1_767_225_600),
    ("Europe/Berlin", 1_767_225_600),
    ("America/New_York", 1_767_225_600),
    ("Australia/Lord_Howe", 1_767_225_600),
    // No midnight on the day the clock is put forward.
    ("America/Sao_Paulo", 1_483_228_800),
    // Put back from one minute after midnight.
    ("America/St_Johns", 1_262_304_000),
    ("America/Havana", 1_767_225_600),
    ("Africa/Casablanca", 1_767_225_600),
    // A day left out.
    ("Pacific/Apia", 1_293_840_000),
    ("Antarctica/Troll", 1_767_225_600),
    // Offsets of seconds, and the epoch.
    ("Africa/Monrovia", 0),
    ("America/Los_Angeles", 0),
    // The calendar's end.
    ("Asia/Kolkata", 253_370_764_800),
];

/// The instant at which `open_ms` of open time have passed, interval by interval, each asked of the zone.
fn walked(hours: &Hours, zone: &Zone, from: Millis, open_ms: u64) -> Option<Millis> {
    if hours.week.is_empty() && hours.holidays.is_empty() {
        return Some(from.plus(open_ms));
    }
    let (mut left_ms, mut day) = (open_ms, zone.day_of(from));
    for _ in 0..LOOKED_AHEAD_DAYS {
        for open in hours.of(day) {
            let (begins, ends) = (zone.instant(day, open.from_min).max(from), zone.instant(day, open.to_min));
            let there_ms = ends.since(begins);
            if ends > begins && there_ms >= left_ms {
                return Some(begins.plus(left_ms));
            }
            left_ms -= there_ms.min(left_ms);
        }
        day = day.next();
    }
    None
}

/// Intervals that follow one another, some of a minute, some that touch, some up to midnight.
fn intervals(most: usize) -> impl Strategy<Value = Vec<Open>> {
    let border = prop_oneof![2 => 0..=1_440u16, 1 => (0..=48u16).prop_map(|half| half * 30), 1 => 0..=200u16];
    prop::collection::btree_set(border, 0..=2 * most).prop_map(|borders| {
        let borders: Vec<u16> = borders.into_iter().collect();
        borders.chunks_exact(2).map(|pair| Open { from_min: pair[0], to_min: pair[1] }).collect()
    })
}

/// Days from the year's beginning: how many, and when they are open.
type Days = (u16, u16, Vec<Open>);

fn hours() -> impl Strategy<Value = (Vec<(u8, Vec<Open>)>, Vec<Days>)> {
    let week = prop::collection::vec((1..128u8, intervals(3)), 0..3);
    let holiday = (0..900u16, prop_oneof![3 => 1..4u16, 1 => 1..500u16], prop_oneof![2 => Just(Vec::new()), 1 => intervals(2)]);
    (week, prop_oneof![prop::collection::vec(holiday.clone(), 0..4), prop::collection::vec(holiday, 0..200)])
}

fn spans() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0..10 * MINUTE, (0..100u64).prop_map(|n| n * 15 * MINUTE), 0..60 * DAY]
}

#[test]
fn open_time_is_counted_as_a_plain_walk_counts_it() {
    // SPEC: SLA-4
    let cases = from_environment("FENLIU_CASES").map_or(CASES, |cases| cases.try_into().expect("fewer cases"));
    let (never, changes) = (Cell::new(0), Cell::new(0));
    let moments = prop_oneof![2 => 0..400 * DAY, 1 => (0..400 * 48u64).prop_map(|half| half * 30 * MINUTE)];
    let case = (0..ZONES.len(), hours(), moments, prop::collection::vec(spans(), 1..5));
    let compared = runner(cases, 20_000).run(&case, |(place, (week, holidays), moment, spans)| {
        let ((name, year_s), mut drawn) = (ZONES[place], Hours::default());
        let (zone, year) = (Zone::named(name).expect("a zone"), Millis(year_s * 1_000));
        let window = |days: u8, open: Open| WeekWindow { days, from_min: open.from_min, to_min: open.to_min };
        drawn.week = week.iter().flat_map(|(days, open)| open.iter().map(|open| window(*days, *open))).collect();
        let day = |nth: u16| zone.day_of(year.plus(u64::from(nth) * DAY));
        let holiday = |(from, count, open): Days| Holiday { name: String::new(), from: day(from), to: day(from + count - 1), open };
        drawn.holidays = holidays.into_iter().map(holiday).collect();
        let from = year.plus(moment);
        for span in spans {
            let (quick, slow) = (drawn.after(&zone, from, span), walked(&drawn, &zone, from, span));
            prop_assert_eq!(quick, slow, "{} from {} for {} ms: {:?}", name, from.0, span, drawn);
            never.set(never.get() + u32::from(slow.is_none()));
            let day = |at| zone.day_range(zone.day_of(at)).0.0 % DAY;
            changes.set(changes.get() + u32::from(slow.is_some_and(|slow| day(slow) != day(from))));
        }
        Ok(())
    });
    let (never, changes) = (never.get(), changes.get());
    println!("FENLIU_SEED={}: {cases} cases; {never} spans never end, {changes} end after a change of the clock", seed());
    compared.unwrap_or_else(|failed| panic!("FENLIU_SEED={}: {failed}", seed()));
    assert!(never > cases / 50 && changes > cases / 50, "too few of a kind");
}

#[test]
fn days_that_follow_one_another_say_what_the_zone_says() {
    // SPEC: SLA-4
    let mut even = 0;
    for (name, year_s) in ZONES {
        let zone = Zone::named(name).expect("a zone");
        let mut first = zone.day_of(Millis(year_s * 1_000));
        for day in zone.days(first).take(800) {
            assert_eq!(day.day, first, "{name}");
            for minute in [0, 1, 59, 60, 61, 119, 120, 121, 150, 180, 720, 1_380, 1_439, 1_440] {
                assert_eq!(day.instant(minute), zone.instant(first, minute), "{name} {first} {minute}");
            }
            (even, first) = (even + u32::from(day.is_even()), first.next());
        }
    }
    assert!(even > 13 * 780, "{even} days are even");
    assert_eq!(Day::parse("2027-03-01").expect("a day").since(Day::parse("2024-02-28").expect("a day")), 1_097);
}
