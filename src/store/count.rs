//! Counters: numbers that many commits of a group change, and that are written once for all of them.
//!
//! The commit thread alone changes them, so it can keep those in use in memory. A counter at 0 has no row.

use super::columns::Column;
use super::index::Change;
use super::keys::Key;
use super::{Error, Store, record};
use crate::limits;
use std::collections::HashMap;

struct Counter {
    value: u64,
    dirty: bool,
}

/// The counters in use, as they are after the commits of the group so far.
#[derive(Default)]
pub(super) struct Counters {
    known: HashMap<(Column, Key), Counter>,
    dirty: Vec<(Column, Key)>,
}

impl Counters {
    /// Adds to a counter; what is not known yet is read.
    pub fn add(&mut self, store: &Store, change: Change) -> Result<(), Error> {
        let Change { column, key, by } = change;
        let name = (column, key);
        let counter = match self.known.get_mut(&name) {
            Some(counter) => counter,
            None => {
                let value = store.counter(column, &name.1)?;
                self.known.entry(name.clone()).or_insert(Counter { value, dirty: false })
            }
        };
        counter.value = counter.value.checked_add_signed(by).unwrap_or_else(|| {
            // A message is worth more than a number: `verify` tells of it too.
            tracing::error!(column = column.catalogued().name, by, "a counter would fall below 0");
            0
        });
        if !std::mem::replace(&mut counter.dirty, true) {
            self.dirty.push(name);
        }
        Ok(())
    }

    /// Gives each counter that changed to `write`, None where it is 0. They count as written: a failed write ends the process.
    pub fn settle(&mut self, mut write: impl FnMut(Column, &Key, Option<[u8; 8]>)) {
        for name in self.dirty.drain(..) {
            let Some(counter) = self.known.get_mut(&name) else { continue };
            counter.dirty = false;
            write(name.0, &name.1, (counter.value > 0).then(|| counter.value.to_be_bytes()));
        }
    }

    /// Forgets them all where they are too many. Only between groups, when all are written.
    pub fn trim(&mut self) {
        if self.known.len() > limits::COUNTERS_KEPT_MAX {
            self.known.clear();
        }
    }
}

impl Store {
    /// A counter; 0 where it has no row.
    pub(super) fn counter(&self, column: Column, key: &Key) -> Result<u64, Error> {
        self.get(column, key)?.map_or(Ok(0), |value| record::number(column.catalogued().name, &value))
    }
}
