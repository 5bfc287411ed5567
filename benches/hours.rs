//! What the time limits of one message cost where all of them pause outside business hours (SLA-4). A message costs a server some 9 µs.
//!
//! `cargo bench --bench hours`

use criterion::{Criterion, criterion_group, criterion_main};
use fenliu::domain::desk::Desk;
use fenliu::domain::desk::time::{InForce, Pausing, TimeLimits};
use fenliu::domain::diversion::condition::WeekWindow;
use fenliu::domain::hours::{Holiday, Hours, Open};
use fenliu::domain::id::Millis;
use fenliu::domain::schedule::{Day, Zone};
use std::hint::black_box;

/// 2027-01-15, 08:00 UTC.
const NOW: Millis = Millis(1_800_000_000_000);

fn in_force(zone: &str, escalation_h: u32, hours: Hours) -> InForce {
    let pausing = Pausing { first_response: true, warning: true, reminder: true, escalation: true };
    let time = TimeLimits { pausing, hours, escalation_h: Some(escalation_h), ..TimeLimits::default() };
    InForce { desk: Desk { time, ..Desk::default() }, zone: Zone::named(zone).expect("a zone") }
}

/// Two intervals from Monday to Friday.
fn week() -> Vec<WeekWindow> {
    [(540, 720), (780, 1_080)].map(|(from_min, to_min)| WeekWindow { days: 0b1_1111, from_min, to_min }).into()
}

/// Fifty intervals on every day, each of a minute.
fn splinters() -> Vec<Open> {
    (0..50).map(|n| Open { from_min: n * 28, to_min: n * 28 + 1 }).collect()
}

/// So many days, one after the other from tomorrow on, each a holiday of its own.
fn holidays(count: usize, open: &[Open]) -> Vec<Holiday> {
    let days = std::iter::successors(Day::parse("2027-01-16"), |day| Some(day.next()));
    let holiday = |day: Day| Holiday { name: day.to_string(), from: day, to: day, open: open.to_vec() };
    days.take(count).map(holiday).collect()
}

fn limits(criterion: &mut Criterion) {
    let (shanghai, casablanca) = ("Asia/Shanghai", "Africa/Casablanca");
    let all_day = |open: &[Open]| open.iter().map(|o| WeekWindow { days: 127, from_min: o.from_min, to_min: o.to_min }).collect();
    let minute = vec![WeekWindow { days: 1, from_min: 0, to_min: 1 }];
    for (what, desk) in [
        ("always open", in_force(shanghai, 48, Hours::default())),
        ("a week of two intervals", in_force(shanghai, 48, Hours { week: week(), holidays: Vec::new() })),
        ("and 199 holidays ahead", in_force(shanghai, 48, Hours { week: week(), holidays: holidays(199, &[]) })),
        ("a minute a week, 199 holidays", in_force(shanghai, 1_440, Hours { week: minute.clone(), holidays: holidays(199, &[]) })),
        ("the same where clocks change", in_force(casablanca, 1_440, Hours { week: minute, holidays: holidays(199, &[]) })),
        (
            "fifty intervals a day, also on 200 holidays, where clocks change",
            in_force(casablanca, 1_440, Hours { week: all_day(&splinters()), holidays: holidays(200, &splinters()) }),
        ),
    ] {
        criterion.bench_function(what, |bench| {
            bench.iter(|| (desk.round(black_box(NOW), Millis(0)), desk.escalate(black_box(NOW))));
        });
    }
}

criterion_group!(benches, limits);
criterion_main!(benches);
