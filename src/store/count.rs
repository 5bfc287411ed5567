//! Counters and figures: rows that many commits of a group change, and that are written once for all of them.
//!
//! The commit thread alone changes them, so it can keep those in use in memory. What is 0, or says nothing, has no row.

use super::columns::Column;
use super::index::Change;
use super::keys::{self, Key};
use super::{Error, Store, record};
use crate::domain::event::Event;
use crate::domain::health::{self, Figures};
use crate::domain::id::ShopScope;
use crate::limits;
use std::collections::HashMap;

/// What a row of such a column holds.
pub(super) trait Summed: Default + PartialEq {
    fn decode(column: Column, row: &[u8]) -> Result<Self, Error>;
    fn encode_into(&self, row: &mut Vec<u8>);
}

impl Summed for u64 {
    fn decode(column: Column, row: &[u8]) -> Result<u64, Error> {
        record::number(column.catalogued().name, row)
    }
    fn encode_into(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(&self.to_be_bytes());
    }
}

impl Summed for Figures {
    fn decode(column: Column, row: &[u8]) -> Result<Figures, Error> {
        record::decode(column.catalogued().name, row)
    }
    fn encode_into(&self, row: &mut Vec<u8>) {
        record::encode_into(row, self);
    }
}

/// The row of a sum. None: it has none.
pub(super) fn row<V: Summed>(sum: &V) -> Option<Vec<u8>> {
    let mut row = Vec::new();
    (*sum != V::default()).then(|| sum.encode_into(&mut row)).map(|()| row)
}

struct Sum<V> {
    value: V,
    dirty: bool,
}

/// The sums in use, as they are after the commits of the group so far.
#[derive(Default)]
pub(super) struct Sums<V> {
    known: HashMap<(Column, Key), Sum<V>>,
    dirty: Vec<(Column, Key)>,
    row: Vec<u8>,
}

/// Counters: numbers.
pub(super) type Counters = Sums<u64>;
/// Figures of quarter hours (MET-1).
pub(super) type Tallies = Sums<Figures>;

impl<V: Summed> Sums<V> {
    /// A sum, to be changed; what is not known yet is read.
    fn change(&mut self, store: &Store, column: Column, key: Key) -> Result<&mut V, Error> {
        let name = (column, key);
        if !self.known.contains_key(&name) {
            let value = store.get(column, &name.1)?.map_or_else(|| Ok(V::default()), |row| V::decode(column, &row))?;
            self.known.insert(name.clone(), Sum { value, dirty: false });
        }
        let sum = self.known.get_mut(&name).ok_or_else(|| Error::damaged(column.catalogued().name, "a sum that was just read"))?;
        if !std::mem::replace(&mut sum.dirty, true) {
            self.dirty.push(name);
        }
        Ok(&mut sum.value)
    }

    /// Gives each sum that changed to `write`, None where it is nothing. They count as written: a failed write ends the process.
    pub fn settle(&mut self, mut write: impl FnMut(Column, &Key, Option<&[u8]>)) {
        for name in self.dirty.drain(..) {
            let Some(sum) = self.known.get_mut(&name) else { continue };
            sum.dirty = false;
            self.row.clear();
            let row = (sum.value != V::default()).then(|| sum.value.encode_into(&mut self.row)).map(|()| self.row.as_slice());
            write(name.0, &name.1, row);
        }
    }

    /// Forgets them all where they are too many. Only between groups, when all are written.
    pub fn trim(&mut self, most: usize) {
        if self.known.len() > most {
            self.known.clear();
        }
    }
}

impl Counters {
    /// Adds to a counter.
    pub fn add(&mut self, store: &Store, change: Change) -> Result<(), Error> {
        let Change { column, key, by } = change;
        let counter = self.change(store, column, key)?;
        *counter = counter.checked_add_signed(by).unwrap_or_else(|| {
            // A message is worth more than a number: `verify` tells of it too.
            tracing::error!(column = column.catalogued().name, by, "a counter would fall below 0");
            0
        });
        Ok(())
    }
}

impl Tallies {
    /// Adds what an event counts for.
    pub fn hear(&mut self, store: &Store, scope: ShopScope, event: &Event) -> Result<(), Error> {
        for added in health::changes(event) {
            self.change(store, Column::TallyQuarter, keys::tally(scope, added.lane, added.quarter))?.add(added.what);
        }
        Ok(())
    }
}

/// Sums kept of both kinds, between groups.
pub(super) fn trim(counters: &mut Counters, tallies: &mut Tallies) {
    counters.trim(limits::COUNTERS_KEPT_MAX);
    tallies.trim(limits::TALLIES_KEPT_MAX);
}

impl Store {
    /// A counter; 0 where it has no row.
    pub(super) fn counter(&self, column: Column, key: &Key) -> Result<u64, Error> {
        self.get(column, key)?.map_or(Ok(0), |value| record::number(column.catalogued().name, &value))
    }
}
