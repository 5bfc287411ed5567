//! For measuring: what the commit path wrote, and the same written by nothing but RocksDB. Never used by a server.

use super::{Error, Store, StoreOptions};
use rocksdb::{WriteBatch, WriteOptions};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Receives a copy of every batch, in order.
#[derive(Clone, Debug, Default)]
pub struct Tap(Arc<Mutex<Vec<Vec<u8>>>>);

impl Tap {
    pub(super) fn take(&self, batch: &[u8]) {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).push(batch.to_vec());
    }

    /// What has come since the last time.
    pub fn drain(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

/// A database of the same columns and options that writes finished batches with one sync each: the limit.
pub struct Bare(Store);

impl Bare {
    /// Opens a new folder.
    pub fn open(folder: &Path, options: &StoreOptions) -> Result<Bare, Error> {
        Ok(Bare(Store::open(folder, options)?))
    }

    /// A batch that puts one row of `bytes` bytes in append order.
    pub fn batch(number: u64, bytes: usize) -> Vec<u8> {
        let mut batch = WriteBatch::default();
        batch.put(number.to_be_bytes(), vec![b'x'; bytes]);
        batch.data().to_vec()
    }

    /// Writes one batch and syncs.
    pub fn write(&self, batch: &[u8]) -> Result<(), Error> {
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        Ok(self.0.db.write_opt(WriteBatch::from_data(batch), &synced)?)
    }
}
