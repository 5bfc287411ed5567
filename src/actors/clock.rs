//! The one clock: what time it is, and who must be woken when.
//!
//! No other file reads the time. Deadlines are data: an entity says when it wants to be woken, and is woken with a command.

use super::registry::Address;
use crate::domain::id::Millis;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

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
