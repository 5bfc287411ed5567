//! What the counters of all shops come to together (MET-3): for gauges, so that a scrape crosses no shop.
//!
//! Summed up once, before anything is written; from then on the commit thread adds what each batch changes, once it is on disk.

use super::index::Change;
use super::keys;
use super::{Error, Store};
use crate::domain::id::ShopScope;
use crate::domain::list::{COUNTED, Counts, Lane};
use std::sync::atomic::{AtomicI64, Ordering};

/// By how much a batch changes each counter of all shops together.
#[derive(Debug, Default)]
pub(super) struct TotalChange([i64; COUNTED]);

impl TotalChange {
    /// Adds a change of a counter, where it is one of a shop.
    pub fn hear(&mut self, change: &Change) -> Result<(), Error> {
        if change.column == super::columns::Column::CounterValue
            && let (Lane::Shop, what) = keys::counter_decode(&change.key)?
            && let Some(part) = self.0.get_mut(usize::from(what))
        {
            *part += change.by;
        }
        Ok(())
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Totals([AtomicI64; COUNTED]);

impl Totals {
    /// It is on disk.
    pub fn add(&self, change: TotalChange) {
        for (total, by) in self.0.iter().zip(change.0).filter(|(_, by)| *by != 0) {
            total.fetch_add(by, Ordering::Relaxed);
        }
    }
}

impl Store {
    /// Begins with what is counted of these shops: all there are. To be told once, before anything is written.
    pub fn sum_up(&self, shops: &[ShopScope]) -> Result<(), Error> {
        for shop in shops {
            let counts = self.counts(*shop, Lane::Shop)?.parts();
            self.totals.add(TotalChange(counts.map(|count| i64::try_from(count).unwrap_or(i64::MAX))));
        }
        Ok(())
    }

    /// What is counted of all shops.
    pub fn totals(&self) -> Counts {
        Counts::from_parts(self.totals.0.each_ref().map(|total| total.load(Ordering::Relaxed).max(0).unsigned_abs()))
    }
}
