//! The deadlines that stand on disk (SLA-4): what is near is read into the alarms, again and again, so that an entity is woken also
//! where it is not in memory, and after a restart.
//!
//! It only reads and sets alarms. Woken for nothing an entity decides nothing, so a row read twice, or a moment too late to be taken
//! out, is harmless; what was set while the rows were read is found the next time, long before it is due.
//!
//! A round begins where the one before it found the first row, or at its time where that is earlier: before that lies only what has
//! fired, and crossing that costs the more the more has fired. Nothing that waits is missed by it. An entity that sets a deadline within
//! [`limits::DEADLINES_NEAR_MS`] sets its own alarm in the same turn (`Entity::set_alarm`); one further ahead lies behind every round that
//! has begun. What breaks that is found all the same: where the clock was put back the round begins at the first row, and so does one
//! every [`limits::DEADLINES_READ_ALL_EVERY_MS`], for an entity that could not be woken, or that took a minute to reach the disk.

use super::registry::{Address, Registry};
use crate::domain::id::{Millis, ShopScope};
use crate::limits;
use crate::store::keys::{self, HeadOf, Key};
use std::sync::Arc;

/// Where the reading stands.
#[derive(Default)]
pub struct Deadlines {
    rounds: Rounds,
    /// Where the round goes on. None: it is over.
    next: Option<Key>,
}

/// When rounds begin, and where.
#[derive(Debug, Default)]
struct Rounds {
    /// When the last one began.
    read_at: Option<Millis>,
    /// And the last of all rows.
    all_read_at: Option<Millis>,
    /// No row lies before it.
    none_before: Millis,
}

impl Rounds {
    /// A round that is to begin now: its first instant.
    fn begin(&mut self, now: Millis) -> Option<Millis> {
        let within = |at: Option<Millis>, ms: u64| at.is_some_and(|at| now.0.abs_diff(at.0) < ms);
        // A clock that was put back must not keep anybody from being woken.
        if within(self.read_at, limits::DEADLINES_READ_EVERY_MS) {
            return None;
        }
        let put_back = self.read_at.is_some_and(|at| now < at);
        if put_back || !within(self.all_read_at, limits::DEADLINES_READ_ALL_EVERY_MS) {
            (self.all_read_at, self.none_before) = (Some(now), Millis(0));
        }
        self.read_at = Some(now);
        Some(self.none_before)
    }

    /// The first row of the round that began last.
    fn found(&mut self, first: Option<Millis>) {
        // Not beyond the time: what was set before the round may reach the disk after it.
        self.none_before = self.read_at.into_iter().chain(first).min().unwrap_or_default();
    }
}

impl Deadlines {
    /// Reads on, where it is time to.
    pub fn beat(&mut self, registry: &Arc<Registry>) {
        let now = registry.clock.now();
        let begins = if self.next.is_none() { self.rounds.begin(now) } else { None };
        let Some(from) = begins.map(keys::deadlines_from).or_else(|| self.next.clone()) else { return };
        let (near, most) = (now.plus(limits::DEADLINES_NEAR_MS), limits::DEADLINES_READ_MAX);
        match registry.store.deadlines(&from, near, most) {
            Ok(rows) => {
                if begins.is_some() {
                    self.rounds.found(rows.first().map(|row| row.at));
                }
                self.next = rows.last().filter(|_| rows.len() == most).map(|row| row.next.clone());
                for row in rows {
                    if let Some(who) = address(row.scope, row.of) {
                        registry.alarms.set_if_none(who, row.at);
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the deadlines cannot be read"),
        }
    }
}

fn address(scope: ShopScope, of: HeadOf) -> Option<Address> {
    match of {
        HeadOf::Conversation(id) => Some(Address::Conversation(scope, id)),
        HeadOf::Agent(agent) => Some(Address::Agent(scope, agent)),
        HeadOf::Shop => Some(Address::Shop(scope)),
        HeadOf::Order(key) => Some(Address::Order(scope, key)),
        HeadOf::Courier => Some(Address::Courier(scope)),
        HeadOf::Texts(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_800_000_000_000);
    const EVERY: u64 = limits::DEADLINES_READ_EVERY_MS;

    fn round(rounds: &mut Rounds, at: Millis, first: Option<Millis>) -> Option<Millis> {
        let began = rounds.begin(at);
        if began.is_some() {
            rounds.found(first);
        }
        began
    }

    // SPEC: SLA-4
    #[test]
    fn a_round_begins_where_the_one_before_it_found_the_first_row() {
        let (mut rounds, at) = (Rounds::default(), |nth: u64| NOW.plus(nth * EVERY));
        assert_eq!(round(&mut rounds, NOW, None), Some(Millis(0)), "after a start everything is read");
        assert_eq!(round(&mut rounds, NOW.plus(EVERY - 1), None), None, "not yet");
        assert_eq!(round(&mut rounds, at(1), Some(at(3))), Some(NOW), "nothing waited");
        assert_eq!(round(&mut rounds, at(2), Some(NOW)), Some(at(1)), "what waits is ahead, but not all of it may be on disk");
        assert_eq!(round(&mut rounds, at(3), Some(NOW)), Some(NOW), "it still waits");
        assert_eq!(round(&mut rounds, at(4), Some(at(5))), Some(NOW), "it no longer waits");
        assert_eq!(round(&mut rounds, at(5), None), Some(at(4)));
    }

    // SPEC: SLA-4
    #[test]
    fn everything_is_read_again_in_time_and_where_the_clock_was_put_back() {
        let (mut rounds, mut all) = (Rounds::default(), Vec::new());
        for nth in 0..100 {
            if round(&mut rounds, NOW.plus(nth * EVERY), None) == Some(Millis(0)) {
                all.push(nth * EVERY);
            }
        }
        let every = limits::DEADLINES_READ_ALL_EVERY_MS;
        assert_eq!(all, [0, every, 2 * every, 3 * every], "every 5 minutes");
        let back = NOW.plus(500_000);
        assert_eq!(round(&mut rounds, back, None), Some(Millis(0)), "put back");
        assert_eq!(round(&mut rounds, back.plus(EVERY), None), Some(back));
        // As far back as no round is due for it: what is set then is ahead of the last one, or has its own alarm.
        assert_eq!(round(&mut rounds, back.plus(1), None), None);
    }
}
