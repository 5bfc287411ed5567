//! Shown by hand, and against every minute of a year in odd zones.

use super::*;
use std::collections::HashSet;

const DAY_LONG: [DayWindow; 1] = [DayWindow { from_min: 0, to_min: 1_440 }];

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn at(utc: &str) -> Millis {
    millis(utc.parse().unwrap())
}

fn windows(of: &[(u16, u16)]) -> Vec<DayWindow> {
    of.iter().map(|&(from_min, to_min)| DayWindow { from_min, to_min }).collect()
}

/// The slots of one local day, as the clock shows them, each with its offset: `09:30+08`.
fn shown(name: &str, day: &str, of: &[(u16, u16)], slot_min: u16) -> Vec<String> {
    let (zone, windows) = (zone(name), windows(of));
    let (from, to) = zone.day_range(Day::parse(day).unwrap());
    let of_day = slots(&zone, &windows, slot_min, Millis(from.0 - 1), Millis(to.0 - 1));
    of_day.iter().map(|at| timestamp(*at).to_zoned(zone.0.clone()).strftime("%H:%M%:::z").to_string()).collect()
}

#[test]
fn slots_of_a_day() {
    // SPEC: OFF-3
    let (nine, ten, day_long) = (9 * 60, 10 * 60, [(0, 1_440)]);
    let (shanghai, berlin, lord_howe) = ("Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe");
    type Case<'a> = (&'a str, &'a str, &'a [(u16, u16)], u16, &'a [&'a str]);
    let cases: [Case; 16] = [
        (shanghai, "2026-05-01", &[(nine, nine + 30)], 30, &["09:00+08", "09:30+08"]),
        (shanghai, "2026-05-01", &[(nine + 10, ten)], 30, &["09:30+08", "10:00+08"]),
        (shanghai, "2026-05-01", &[(nine + 1, nine + 29)], 30, &[]),
        (shanghai, "2026-05-01", &[(ten, nine)], 30, &[]),
        (shanghai, "2026-05-01", &[], 30, &[]),
        (shanghai, "2026-05-01", &day_long, 0, &[]),
        // Up to 24:00 is the next day's 00:00.
        (shanghai, "2026-05-01", &[(1_410, 1_440)], 30, &["00:00+08", "23:30+08"]),
        (shanghai, "2026-05-01", &[(1_410, 1_439)], 30, &["23:30+08"]),
        // Windows that touch and overlap.
        (shanghai, "2026-05-01", &[(ten, ten + 30), (nine, ten), (ten, ten)], 30, &["09:00+08", "09:30+08", "10:00+08", "10:30+08"]),
        // From 02:00 straight to 03:00, and from 03:00 back to 02:00.
        (berlin, "2026-03-29", &[(90, 180)], 30, &["01:30+01", "03:00+02"]),
        (berlin, "2026-03-29", &[(121, 179)], 10, &[]),
        (berlin, "2026-10-25", &[(90, 180)], 30, &["01:30+02", "02:00+02", "02:30+02", "03:00+01"]),
        ("America/New_York", "2026-11-01", &[(0, 150)], 30, &["00:00-04", "00:30-04", "01:00-04", "01:30-04", "02:00-05", "02:30-05"]),
        // No midnight: the clock goes from 23:59 to 01:00.
        ("America/Sao_Paulo", "2018-11-04", &[(1_410, 1_440), (0, 60)], 30, &["01:00-02", "23:30-02"]),
        // Half an hour forward, and back.
        (lord_howe, "2026-10-04", &[(105, 165)], 15, &["01:45+10:30", "02:30+11", "02:45+11"]),
        (lord_howe, "2026-04-05", &[(75, 135)], 15, &["01:15+11", "01:30+11", "01:45+11", "02:00+10:30", "02:15+10:30"]),
    ];
    for (zone, day, windows, slot_min, expected) in cases {
        assert_eq!(shown(zone, day, windows, slot_min), expected, "{zone} {day} {windows:?} {slot_min}");
    }
    for slot_min in [5, 6, 10, 12, 15, 20, 30, 60] {
        let hour: Vec<String> =
            (0..=60 / slot_min).map(|n| nine + n * slot_min).map(|m| format!("{:02}:{:02}+08", m / 60, m % 60)).collect();
        assert_eq!(shown(shanghai, "2026-05-01", &[(nine, ten)], slot_min), hour);
        assert_eq!(shown(shanghai, "2026-05-01", &day_long, slot_min).len(), usize::from(1_440 / slot_min));
        assert_eq!(shown(berlin, "2026-03-29", &day_long, slot_min).len(), usize::from(1_380 / slot_min));
        assert_eq!(shown(berlin, "2026-10-25", &day_long, slot_min).len(), usize::from(1_440 / slot_min), "a second time is no slot");
    }
}

#[test]
fn slots_from_and_until() {
    // SPEC: OFF-3
    let (berlin, day) = (zone("Europe/Berlin"), windows(&[(9 * 60, 10 * 60)]));
    let (nine, half_past) = (at("2026-01-05T08:00:00Z"), at("2026-01-05T08:30:00Z"));
    assert_eq!(slots(&berlin, &day, 30, Millis(nine.0 - 1), half_past), [nine, half_past], "the end is included");
    assert_eq!(slots(&berlin, &day, 30, nine, Millis(half_past.0 - 1)), [], "the beginning is not");
    assert_eq!(next_slot(&berlin, &day, 30, nine), Some(half_past));
    assert_eq!(next_slot(&berlin, &day, 30, at("2026-01-05T09:00:00Z")), Some(at("2026-01-06T08:00:00Z")));
    // The only slot of a day that has no such time: the day after.
    assert_eq!(next_slot(&berlin, &windows(&[(150, 150)]), 30, at("2026-03-28T12:00:00Z")), Some(at("2026-03-30T00:30:00Z")));
    assert_eq!(next_slot(&berlin, &windows(&[(1, 29)]), 30, nine), None);
    // Samoa left out the whole of 2011-12-30.
    let apia = zone("Pacific/Apia");
    assert_eq!(next_slot(&apia, &windows(&[(720, 720)]), 60, at("2011-12-29T22:00:00Z")), Some(at("2011-12-30T22:00:00Z")));
}

#[test]
fn slots_of_long_spans_are_summed() {
    // SPEC: OFF-3
    let (berlin, day) = (zone("Europe/Berlin"), windows(&[(8 * 60, 23 * 60)]));
    let (from, until) = (at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
    let all = slots(&berlin, &day, 30, from, until);
    assert_eq!(all.len(), 31 * 31);
    for keep in [0, 1, 100, 960, 961, 962] {
        let (kept, summed) = last_slots(&berlin, &day, 30, from, until, keep);
        let older = &all[..all.len().saturating_sub(keep)];
        assert_eq!(kept, all[older.len()..]);
        assert_eq!(summed, (!older.is_empty()).then(|| (older[0], older[older.len() - 1], older.len() as u32)));
    }
    let until = at("2100-01-01T00:00:00Z");
    let (kept, summed) = last_slots(&berlin, &DAY_LONG, 5, Millis(0), until, 1);
    assert_eq!(kept, [until]);
    // 400 days of 288 slots but this one, and but the hour that the clock repeated in October.
    assert_eq!(summed, Some((Millis(until.0 - SUMMED_MS_MAX + 300_000), Millis(until.0 - 300_000), 400 * 288 - 1 - 12)));
}

#[test]
fn names_of_zones() {
    // SPEC: OFF-3
    for name in ["UTC", "Asia/Shanghai", "asia/shanghai", "America/Argentina/Buenos_Aires", "Etc/GMT+8", "PRC"] {
        assert!(Zone::named(name).is_some(), "{name}");
    }
    let none = "|local|system|localtime|+08:00|+08|UTC+8|EST5EDT,M3.2.0,M11.1.0|Etc/Unknown|Asia|Asia/Peking|Asia/Shanghai |../UTC";
    for name in none.split('|').chain(["/usr/share/zoneinfo/UTC", "Asia/Shanghai\0"]) {
        assert!(Zone::named(name).is_none(), "{name}");
    }
    assert_eq!(Zone::default().week_minute(at("2026-03-29T23:59:59.999Z")), WeekMinute { day: 6, minute: 1_439 });
    assert_eq!(zone("Asia/Shanghai").week_minute(at("2026-03-29T23:59:59.999Z")), WeekMinute { day: 0, minute: 7 * 60 + 59 });
    assert_eq!(zone("Asia/Kathmandu").week_minute(at("2026-03-25T00:00:00Z")), WeekMinute { day: 2, minute: 5 * 60 + 45 });
}

#[test]
fn days() {
    // SPEC: OFF-3
    for text in ["2026-03-29", "1970-01-01", "0000-01-01", "9999-12-31", "2024-02-29"] {
        assert_eq!(Day::parse(text).unwrap().to_string(), text);
    }
    let none = "|2026-3-29|20260329|2026-02-29|2026-03-29T10:00| 2026-03-29|-002026-03-29|+2026-3-29|2026/03/29|2026-03-2\u{669}";
    for text in none.split('|') {
        assert_eq!(Day::parse(text), None, "{text}");
    }
    let cases = [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"),
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"),
        // One minute after midnight the clock went back to 23:01; the day had begun.
        ("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"),
        ("America/New_York", "1960-01-01", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ];
    for (name, day, from, to) in cases {
        assert_eq!(zone(name).day_range(Day::parse(day).unwrap()), (at(from), at(to)), "{name} {day}");
    }
    assert_eq!(zone("America/St_Johns").day_of(at("2010-11-07T03:00:00Z")), Day::parse("2010-11-07").unwrap(), "23:30 again");
    // Every day of 1970 to 2040: they follow one another, and hold what they say.
    for name in ZONES.map(|(name, _)| name).into_iter().chain(["Asia/Beirut", "Africa/Monrovia", "Africa/Casablanca"]) {
        let zone = zone(name);
        let mut day = Day::parse("1970-01-02").unwrap();
        while day < Day::parse("2040-01-01").unwrap() {
            let (from, to) = zone.day_range(day);
            assert!(from <= to && to == zone.day_range(day.next()).0, "{name} {day}");
            if from < to {
                assert_eq!((zone.day_of(from), zone.day_of(Millis(to.0 - 1))), (day, day), "{name}");
                assert_eq!(zone.local(from).date(), day.0, "{name}");
                assert_ne!(zone.local(Millis(from.0 - 1)).date(), day.0, "{name}");
            }
            day = day.next();
        }
    }
}

#[test]
fn ends_of_time() {
    // SPEC: OFF-3
    let week = [WeekWindow { days: 127, from_min: 0, to_min: 1_440 }];
    for name in ["UTC", "Pacific/Kiritimati", "America/New_York", "Etc/GMT+12"] {
        let zone = zone(name);
        for ms in [0, 1, 253_402_207_200_000, 253_402_300_800_000, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX - 1, u64::MAX] {
            let ms = Millis(ms);
            zone.week_minute(ms);
            let day = zone.day_of(ms);
            assert!(zone.day_range(day).0 <= ms && zone.day_of(ms).next() >= day);
            assert!(next_slot(&zone, &DAY_LONG, 5, ms).is_none_or(|next| next > ms));
            assert!(next_week_change(&zone, week.iter(), ms).is_none_or(|next| next > ms));
            last_slots(&zone, &DAY_LONG, 5, Millis(0), ms, 3);
        }
        assert_eq!(slots(&zone, &DAY_LONG, 5, Millis(u64::MAX), Millis(u64::MAX)), []);
        assert_eq!(slots(&zone, &DAY_LONG, 5, Millis(0), Millis(300_000)), [Millis(300_000)]);
    }
}

#[test]
fn week_changes() {
    // SPEC: DIV-2
    let window = |days, from_min, to_min| WeekWindow { days, from_min, to_min };
    let friday_evening = window(0b1_0000, 18 * 60, 1_440);
    let cases = [
        ("Asia/Shanghai", friday_evening.clone(), "2026-05-01T00:00:00Z", Some("2026-05-01T10:00:00Z")),
        ("Asia/Shanghai", friday_evening.clone(), "2026-05-01T10:00:00Z", Some("2026-05-01T16:00:00Z")),
        ("Asia/Shanghai", friday_evening, "2026-05-01T16:00:00Z", Some("2026-05-08T10:00:00Z")),
        // 02:30 is passed over: from 03:00 on. Put back to 02:00: a second time.
        ("Europe/Berlin", window(127, 150, 600), "2026-03-29T00:59:59Z", Some("2026-03-29T01:00:00Z")),
        ("Europe/Berlin", window(127, 90, 150), "2026-10-25T00:30:00Z", Some("2026-10-25T01:00:00Z")),
        ("Europe/Berlin", window(127, 90, 150), "2026-10-25T01:00:00Z", Some("2026-10-25T01:30:00Z")),
        ("Europe/Berlin", window(0, 90, 150), "2026-10-25T01:00:00Z", None),
        ("Europe/Berlin", window(127, 150, 150), "2026-10-25T01:00:00Z", None),
    ];
    for (name, window, after, expected) in cases {
        assert_eq!(next_week_change(&zone(name), [window].iter(), at(after)), expected.map(at), "{name} {after}");
    }
    assert_eq!(next_week_change(&Zone::default(), [].iter(), Millis(0)), None);
}

/// A small generator of its own (xorshift), so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u16) -> u16 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % u64::from(n)) as u16
    }
    fn window(&mut self) -> (u16, u16) {
        let from = self.below(1_441);
        (from, from + self.below(1_441 - from))
    }
}

const ZONES: [(&str, &str); 9] = [
    ("Asia/Shanghai", "2026-01-01T00:00:00Z"),
    ("Europe/Berlin", "2026-01-01T00:00:00Z"),
    ("America/New_York", "2098-01-01T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-01-01T00:00:00Z"),
    ("America/Sao_Paulo", "2017-06-01T00:00:00Z"),
    ("America/St_Johns", "2009-06-01T00:00:00Z"),
    ("America/Nuuk", "2026-01-01T00:00:00Z"),
    ("Pacific/Apia", "2010-06-01T00:00:00Z"),
    ("Antarctica/Troll", "2026-01-01T00:00:00Z"),
];
const TWO_YEARS_MIN: u64 = 2 * 366 * 1_440;

/// Every minute of two years, and what the clock shows then.
fn minutes(zone: &Zone, from: &str) -> impl Iterator<Item = (Millis, DateTime)> {
    let from = at(from);
    (0..TWO_YEARS_MIN).map(move |n| from.plus(n * 60_000)).map(|at| (at, zone.local(at)))
}

#[test]
fn slots_are_those_of_a_plain_walk() {
    // SPEC: OFF-3
    let mut dice = Dice(20_260_329);
    for (name, from) in ZONES {
        let (zone, mut seen) = (zone(name), HashSet::new());
        let minutes: Vec<_> = minutes(&zone, from).filter(|(_, shown)| seen.insert(*shown)).collect();
        let (before, until) = (Millis(at(from).0 - 1), at(from).plus((TWO_YEARS_MIN - 1) * 60_000));
        for slot_min in [5, 10, 12, 15, 20, 30, 60] {
            let of: Vec<_> = (0..=dice.below(4)).map(|_| dice.window()).collect();
            let within = |minute: u16| of.iter().any(|(from, to)| *from <= minute && minute <= *to);
            let fires = |minute: u16| minute.is_multiple_of(slot_min) && (within(minute) || minute == 0 && within(1_440));
            let walked: Vec<Millis> = minutes.iter().filter(|(_, shown)| fires(minute_of(*shown))).map(|(at, _)| *at).collect();
            let windows = windows(&of);
            assert_eq!(slots(&zone, &windows, slot_min, before, until), walked, "{name} {of:?} {slot_min}");
            // From one slot to the next, and from anywhere between, also inside what the clock repeats.
            let mut now = before;
            for slot in walked {
                let between = Millis(now.0 + (slot.0 - now.0) / 2);
                assert_eq!(next_slot(&zone, &windows, slot_min, now), Some(slot), "{name} {of:?} {slot_min}");
                assert_eq!(next_slot(&zone, &windows, slot_min, between), Some(slot), "{name} {of:?} {slot_min}");
                now = slot;
            }
        }
    }
}

#[test]
fn no_week_change_is_late() {
    // SPEC: DIV-2
    let mut dice = Dice(20_261_025);
    for (name, from) in ZONES {
        let zone = zone(name);
        for _ in 0..3 {
            let of = [0b001_0001, 0b100_0000, 0b010_1010].map(|days| {
                let (from_min, to_min) = dice.window();
                WeekWindow { days, from_min, to_min }
            });
            let (mut state, mut change) = (None, Millis(0));
            for (now, shown) in minutes(&zone, from) {
                let minute = WeekMinute { day: shown.weekday().to_monday_zero_offset() as u8, minute: minute_of(shown) };
                let holds = of.each_ref().map(|w| w.holds(minute));
                if now == change || state.is_none() {
                    (state, change) = (Some(holds), next_week_change(&zone, of.iter(), now).unwrap());
                }
                assert!(now < change, "{name} {of:?}: passed over");
                assert_eq!(state, Some(holds), "{name} {of:?}: late at {}", timestamp(now));
            }
        }
    }
}
