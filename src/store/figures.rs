//! What the store finds about itself: RocksDB's own figures, summed over the columns. A figure that cannot be read is 0 and never stops anything.

use super::Store;
use super::columns::CATALOGUE;
use crate::metrics::StoreFigures;
use rocksdb::properties;

impl Store {
    /// Takes a lock of RocksDB's for each figure of each column: about a millisecond, so every few seconds at most.
    pub fn figures(&self) -> StoreFigures {
        let mut found = StoreFigures { disk_bytes: self.free_and_low_water_bytes(), ..StoreFigures::default() };
        let mut all_bytes = 0;
        for line in &CATALOGUE {
            let column = self.column(line.column);
            let figure = |name: &rocksdb::properties::PropName| self.db.property_int_value_cf(column, name).ok().flatten().unwrap_or(0);
            let live_bytes = figure(properties::LIVE_SST_FILES_SIZE);
            all_bytes += figure(properties::TOTAL_SST_FILES_SIZE);
            found.live_bytes += live_bytes;
            found.columns.push((line.name, live_bytes));
            found.memtable_bytes += figure(properties::SIZE_ALL_MEM_TABLES);
            found.pending_compaction_bytes += figure(properties::ESTIMATE_PENDING_COMPACTION_BYTES);
            // One cache for all.
            found.cache_bytes = figure(properties::BLOCK_CACHE_USAGE);
        }
        let whole = |name: &rocksdb::properties::PropName| self.db.property_int_value(name).ok().flatten().unwrap_or(0);
        found.obsolete_bytes = all_bytes - found.live_bytes.min(all_bytes);
        found.compactions = whole(properties::NUM_RUNNING_COMPACTIONS);
        found.flushes = whole(properties::NUM_RUNNING_FLUSHES);
        found.delayed = whole(properties::ACTUAL_DELAYED_WRITE_RATE) > 0;
        found.stopped = whole(properties::IS_WRITE_STOPPED) > 0;
        found
    }
}
