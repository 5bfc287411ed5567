//! Ranges of rows. Every scan checks the iterator's status at its end: a damaged block ends a scan early and looks like "no
//! more rows" to whoever does not ask.

use super::columns::Column;
use super::keys::Key;
use super::{Error, Store};
use rocksdb::{DBPinnableSlice, ReadOptions, Snapshot};

/// Which end of a range comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Ascending,
    Descending,
}

impl Store {
    pub(super) fn get(&self, column: Column, key: impl AsRef<[u8]>) -> Result<Option<DBPinnableSlice<'_>>, Error> {
        Ok(self.db.get_pinned_cf(self.column(column), key)?)
    }

    /// Rows `from` (inclusive) to `to` (exclusive), until `each` says false.
    pub(super) fn scan(
        &self,
        column: Column,
        (from, to): (Key, Key),
        order: Order,
        snapshot: Option<&Snapshot<'_>>,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut options = ReadOptions::default();
        if let Some(snapshot) = snapshot {
            options.set_snapshot(snapshot);
        }
        options.set_iterate_lower_bound(from.as_slice());
        options.set_iterate_upper_bound(to.as_slice());
        let mut rows = self.db.raw_iterator_cf_opt(self.column(column), options);
        match order {
            Order::Ascending => rows.seek_to_first(),
            Order::Descending => rows.seek_to_last(),
        }
        while let Some((key, value)) = rows.item() {
            if !each(key, value)? {
                break;
            }
            match order {
                Order::Ascending => rows.next(),
                Order::Descending => rows.prev(),
            }
        }
        Ok(rows.status()?)
    }

    /// The rows under `keys`, in their order; `sorted` if they ascend.
    pub(super) fn get_many<'a, K: AsRef<[u8]> + 'a>(
        &self,
        column: Column,
        keys: impl IntoIterator<Item = &'a K>,
        sorted: bool,
        snapshot: Option<&Snapshot<'_>>,
    ) -> Result<Vec<Option<DBPinnableSlice<'_>>>, Error> {
        let mut options = ReadOptions::default();
        if let Some(snapshot) = snapshot {
            options.set_snapshot(snapshot);
        }
        let found = self.db.batched_multi_get_cf_opt(self.column(column), keys, sorted, &options);
        found.into_iter().map(|row| row.map_err(Error::from)).collect()
    }
}
