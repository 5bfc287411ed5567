//! The one clock: what time it is, and who must be woken when.
//!
//! No other file reads the time. Deadlines are data: an entity says when it wants to be woken, and is woken with a command.

use super::registry::Address;
use crate::domain::id::Millis;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    /// Set by a test or a simulation.
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// Now.
    pub fn now(&self) -> Millis {
        match self {
            Clock::System => Millis(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)),
            Clock::Manual(ms) => Millis(ms.load(Ordering::SeqCst)),
        }
    }
}

/// Notices that the machine's clock was put forward or back. Nothing is done twice for it: what has fired is an event, and duties of a
/// day remember the day. But whoever reads the log later must know.
pub struct Steadiness {
    wall: Millis,
    steady: Instant,
}

impl Steadiness {
    /// From now on.
    pub fn new(clock: &Clock) -> Steadiness {
        Steadiness { wall: clock.now(), steady: Instant::now() }
    }

    /// By how many milliseconds the clock was put forward (or back, below 0) since it was last asked; below two seconds is no jump.
    pub fn jumped_ms(&mut self, clock: &Clock) -> Option<i64> {
        let (wall, steady) = (clock.now(), Instant::now());
        let passed_ms = steady.duration_since(self.steady).as_millis() as i64;
        let shown_ms = wall.0 as i64 - self.wall.0 as i64;
        (self.wall, self.steady) = (wall, steady);
        let jump = shown_ms - passed_ms;
        (matches!(clock, Clock::System) && jump.abs() >= JUMP_MS_MIN).then_some(jump)
    }
}

/// Less is what machines correct all the time.
const JUMP_MS_MIN: i64 = 2_000;

/// Who must be woken when.
#[derive(Default)]
pub struct Alarms {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    by_due: BTreeSet<(Millis, Address)>,
    due_of: HashMap<Address, Millis>,
}

impl Alarms {
    /// Replaces the alarm of `who`.
    pub fn set(&self, who: Address, due: Option<Millis>) {
        let mut inner = self.inner.lock().expect("no panic under this lock");
        if let Some(old) = inner.due_of.remove(&who) {
            inner.by_due.remove(&(old, who));
        }
        if let Some(due) = due {
            inner.due_of.insert(who, due);
            inner.by_due.insert((due, who));
        }
    }

    /// Wakes `who` at `due`, unless it has an alarm: what was read from disk may be older than what an entity set itself.
    pub fn set_if_none(&self, who: Address, due: Millis) {
        let mut inner = self.inner.lock().expect("no panic under this lock");
        if let Entry::Vacant(place) = inner.due_of.entry(who) {
            place.insert(due);
            inner.by_due.insert((due, who));
        }
    }

    /// How many there are.
    pub fn pending(&self) -> usize {
        self.inner.lock().expect("no panic under this lock").due_of.len()
    }

    /// Takes those that are due, with when they were.
    pub fn due(&self, now: Millis) -> Vec<(Millis, Address)> {
        let mut inner = self.inner.lock().expect("no panic under this lock");
        let mut due = Vec::new();
        while let Some(&(at, who)) = inner.by_due.first().filter(|(at, _)| *at <= now) {
            inner.by_due.remove(&(at, who));
            inner.due_of.remove(&who);
            due.push((at, who));
        }
        due
    }
}
