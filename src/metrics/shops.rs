//! The three rates (MET-1) of all shops together, and of a few by name: those an operator listed, or the worst.
//!
//! The number of series is bounded whatever the number of shops: at most [`SERIES_EACH`] for each shop that is shown, and a shop is
//! shown if it is listed or among the worst N by one of three rates. Who is shown changes seldom, so that boards stay readable.

mod day;
mod shown;

pub use day::LastDay;
pub use shown::{Shown, Watched};

use crate::domain::event::Event;
use crate::domain::health::rates::Share;
use crate::domain::health::{Figures, Lane, What, changes};
use crate::domain::id::{Millis, ShopScope};
use crate::domain::quarter::Quarter;
use crate::domain::suggestion::Fate;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard};

/// What the rates are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Messages of buyers.
    pub received: u64,
    /// Of those, read by staff, or taken back unread.
    pub read: u64,
    /// Of those that count as read, taken back.
    pub recalled: u64,
    /// First responses that came, or are missing for good.
    pub due: u64,
    /// Of those, late or missing.
    pub late: u64,
    pub offered: u64,
    pub adopted_as_is: u64,
    pub adopted_edited: u64,
    pub ignored: u64,
}

impl From<&Figures> for Sums {
    /// As they are kept.
    fn from(f: &Figures) -> Sums {
        let (received, read, recalled, due, late) = (f.received, f.read + f.recalled, f.recalled, f.due, f.late);
        Sums {
            received,
            read,
            recalled,
            due,
            late,
            offered: f.offered,
            adopted_as_is: f.adopted,
            adopted_edited: f.edited,
            ignored: f.ignored,
        }
    }
}

impl Sums {
    /// What one thing adds to the sums of a shop; nothing, where no rate is made of it.
    fn of(what: What) -> Sums {
        match what {
            What::Received(messages) => Sums { received: u64::from(messages), ..Sums::default() },
            What::Read(messages) => Sums { read: u64::from(messages), ..Sums::default() },
            // Unread no more, though nobody read it.
            What::Recalled => Sums { read: 1, recalled: 1, ..Sums::default() },
            What::Due { late } => Sums { due: 1, late: u64::from(late), ..Sums::default() },
            What::Offered => Sums { offered: 1, ..Sums::default() },
            What::Settled(Fate::AsIs(_)) => Sums { adopted_as_is: 1, ..Sums::default() },
            What::Settled(Fate::Edited(_)) => Sums { adopted_edited: 1, ..Sums::default() },
            What::Settled(Fate::Ignored) => Sums { ignored: 1, ..Sums::default() },
            _ => Sums::default(),
        }
    }

    /// What an event adds to the sums of its shop, each in the quarter it counts in.
    pub fn added(event: &Event) -> impl Iterator<Item = (Quarter, Sums)> {
        let of_shop = changes(event).into_iter().filter(|added| added.lane == Lane::Shop);
        of_shop.map(|added| (added.quarter, Sums::of(added.what))).filter(|(_, sums)| *sums != Sums::default())
    }

    fn parts(&mut self) -> [&mut u64; 9] {
        let Sums { received, read, recalled, due, late, offered, adopted_as_is, adopted_edited, ignored } = self;
        [received, read, recalled, due, late, offered, adopted_as_is, adopted_edited, ignored]
    }

    pub(super) fn add(&mut self, mut more: Sums) {
        self.parts().into_iter().zip(more.parts()).for_each(|(sum, more)| *sum += *more);
    }

    pub(super) fn less(mut self, mut before: Sums) -> Sums {
        self.parts().into_iter().zip(before.parts()).for_each(|(sum, before)| *sum = sum.saturating_sub(*before));
        self
    }

    /// Adopted, as it was or edited.
    pub fn adopted(&self) -> u64 {
        self.adopted_as_is + self.adopted_edited
    }

    /// Messages nobody has read ÷ received; what was taken back unread is neither.
    pub fn unread_ratio(&self) -> Option<f64> {
        Share { part: self.received.saturating_sub(self.read), whole: self.received.saturating_sub(self.recalled) }.value()
    }

    /// First responses late or missing ÷ due.
    pub fn timeout_ratio(&self) -> Option<f64> {
        Share { part: self.late, whole: self.due }.value()
    }

    /// Adopted ÷ offered. What was offered earlier may be adopted now.
    pub fn adoption_ratio(&self) -> Option<f64> {
        Share { part: self.adopted().min(self.offered), whole: self.offered }.value()
    }
}

/// The figures of shops: of the last 24 hours, which the rates are made of.
pub trait ShopFigures {
    /// Of all shops together.
    fn all(&self) -> Sums;
    /// Of one.
    fn of(&self, shop: ShopScope) -> Sums;
    /// Of each that has any.
    fn each(&self, visit: &mut dyn FnMut(ShopScope, Sums));
}

/// One shop as it is shown.
#[derive(Clone, Debug)]
struct Line {
    name: String,
    day: Sums,
    since_start: Sums,
}

/// The rates of one server's shops. Fed by the commit thread, read on the clock's beat.
pub struct ShopRates {
    day: Mutex<LastDay>,
    shown: Mutex<(Shown, Vec<Line>)>,
}

type Figure = (&'static str, &'static str, &'static str, fn(&Line) -> Option<f64>);

/// What is told of each shop that is shown: name, kind, help, value; without a value there is no series.
const FIGURES: [Figure; 9] = [
    ("fenliu_shop_unread_ratio", "gauge", "A shop's fenliu_unread_ratio", |line| line.day.unread_ratio()),
    ("fenliu_shop_timeout_ratio", "gauge", "A shop's fenliu_timeout_ratio", |line| line.day.timeout_ratio()),
    ("fenliu_shop_adoption_ratio", "gauge", "A shop's fenliu_adoption_ratio", |line| line.day.adoption_ratio()),
    ("fenliu_shop_buyer_messages_total", "counter", "A shop's fenliu_buyer_messages_total", |line| Some(line.since_start.received as f64)),
    ("fenliu_shop_buyer_messages_read_total", "counter", "A shop's fenliu_buyer_messages_read_total", |line| {
        Some(line.since_start.read as f64)
    }),
    ("fenliu_shop_first_responses_due_total", "counter", "A shop's fenliu_first_responses_due_total", |line| {
        Some(line.since_start.due as f64)
    }),
    ("fenliu_shop_first_responses_late_total", "counter", "A shop's fenliu_first_responses_late_total", |line| {
        Some(line.since_start.late as f64)
    }),
    ("fenliu_shop_suggestions_offered_total", "counter", "A shop's fenliu_suggestions_offered_total", |line| {
        Some(line.since_start.offered as f64)
    }),
    ("fenliu_shop_suggestions_adopted_total", "counter", "A shop's fenliu_suggestions_adopted_total, in all", |line| {
        Some(line.since_start.adopted() as f64)
    }),
];

/// Series of one shop.
pub const SERIES_EACH: usize = FIGURES.len();

impl ShopRates {
    /// Nothing counted yet.
    pub fn new(watched: Watched) -> ShopRates {
        ShopRates { day: Mutex::default(), shown: Mutex::new((Shown::new(watched), Vec::new())) }
    }

    fn day(&self) -> MutexGuard<'_, LastDay> {
        self.day.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Counts.
    pub fn add(&self, scope: ShopScope, quarter: Quarter, sums: Sums) {
        self.day().add(scope, quarter, sums);
    }

    /// What a shop had in a quarter before the process started: with it the rates are right after a restart.
    pub fn restore(&self, scope: ShopScope, quarter: Quarter, sums: Sums) {
        self.day().restore(scope, quarter, sums);
    }

    /// Chooses who is shown, with what; the sums of all. `name`: a shop's; `scope`: the shop of a name.
    pub fn beat(&self, now: Millis, name: impl Fn(ShopScope) -> Option<String>, scope: impl Fn(&str) -> Option<ShopScope>) -> Sums {
        let mut day = self.day();
        day.roll(now);
        let mut guard = self.shown.lock().unwrap_or_else(|e| e.into_inner());
        let (shown, lines) = &mut *guard;
        shown.choose(now, &*day, name, scope);
        *lines = shown
            .shops()
            .map(|(name, shop)| Line { name: name.to_owned(), day: day.of(shop), since_start: day.since_start(shop) })
            .collect();
        day.all()
    }

    /// Writes what Prometheus reads of shops.
    pub fn write(&self, text: &mut String) {
        let guard = self.shown.lock().unwrap_or_else(|e| e.into_inner());
        for (name, kind, help, value) in FIGURES {
            let mut told = guard.1.iter().filter_map(|line| value(line).map(|value| (&line.name, value))).peekable();
            if told.peek().is_some() {
                let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            }
            for (shop, value) in told {
                let _ = writeln!(text, "{name}{{shop=\"{}\"}} {value}", escaped(shop));
            }
        }
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests;
