//! Days one after the other, with when they begin. The zone is asked only where the clock is put forward or back: everywhere else a
//! day is 24 hours, which is much cheaper to say.

use super::{DAY_MINUTES, Day, Zone, millis, timestamp};
use crate::domain::id::Millis;
use crate::limits::DAY_MS;

const MINUTE_MS: u64 = 60_000;

/// A day of a zone.
#[derive(Clone, Copy, Debug)]
pub struct ZoneDay<'a> {
    pub day: Day,
    zone: &'a Zone,
    /// When it begins, if the clock goes evenly from there to its end, both included.
    even_from: Option<Millis>,
}

impl ZoneDay<'_> {
    /// See [`Zone::instant`].
    pub fn instant(&self, minute: u16) -> Millis {
        let even = self.even_from.map(|begins| begins.plus(u64::from(minute.min(DAY_MINUTES)) * MINUTE_MS));
        even.unwrap_or_else(|| self.zone.instant(self.day, minute))
    }

    /// Every minute of it is a minute.
    pub fn is_even(&self) -> bool {
        self.even_from.is_some()
    }
}

impl Zone {
    /// `first` and the days after it; the last day of the calendar comes for ever.
    pub fn days(&self, first: Day) -> impl Iterator<Item = ZoneDay<'_>> {
        let (mut day, mut begins) = (first, self.start(first));
        let mut change = self.change_from(begins);
        std::iter::from_fn(move || {
            if change < begins {
                change = self.change_from(begins);
            }
            // A clock put forward at midnight does not show it. What lies before the epoch was cut off.
            let even = begins > Millis(0) && change > begins.plus(DAY_MS);
            let this = ZoneDay { day, zone: self, even_from: even.then_some(begins) };
            day = day.next();
            begins = if even { begins.plus(DAY_MS) } else { self.start(day) };
            Some(this)
        })
    }

    /// When the clock is put forward or back, at `at` or next after it; at the latest a day before the calendar's end.
    fn change_from(&self, at: Millis) -> Millis {
        let before = timestamp(Millis(at.0.saturating_sub(1)));
        let last = Millis(millis(timestamp(Millis(u64::MAX))).0.saturating_sub(DAY_MS));
        self.next_transition(before).map_or(last, |change| change.min(last))
    }
}
