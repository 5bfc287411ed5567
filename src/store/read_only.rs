//! Opening a data folder only to read it, also beside the server that writes it. It takes no lock and writes nothing, so what it
//! shows is one moment: commits that follow are not in it.
//!
//! The server may write out and delete files while they are opened here. RocksDB notices a table or a log that is gone, and the
//! high-water mark, read before, a database that ends too early; both mean "look again", and only then a fault.

use super::columns::CATALOGUE;
use super::high_water::HighWater;
use super::space::Space;
use super::{Error, FORMAT, OLDEST_FORMAT, Store, commit_no, keys, record};
use crate::store::columns::Column;
use rocksdb::{Cache, ColumnFamilyDescriptor, DB, DBRecoveryMode, Options};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often a folder is opened anew whose files were changing.
const LOOKS_MAX: u32 = 10;
/// Between two of them.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const CACHE_BYTES: usize = 8 << 20;
/// What is not written to a table yet is read into memory, and stays there.
const WRITE_BUFFER_BYTES: usize = 64 << 20;

impl Store {
    /// Opens a data folder as it is at this moment, without a lock and without writing.
    pub fn open_read_only(folder: &Path) -> Result<Store, Error> {
        let mut looks = 1;
        loop {
            // The last record may be half written.
            match look(folder, DBRecoveryMode::TolerateCorruptedTailRecords) {
                Err(Error::Corrupt { .. } | Error::Engine { .. } | Error::LossDetected { .. } | Error::HighWaterCorrupt { .. })
                    if looks < LOOKS_MAX =>
                {
                    looks += 1;
                    std::thread::sleep(LOOK_AGAIN);
                }
                // No server is at work: the end of the log may be torn. What stands before is shown if the mark names no more.
                Err(Error::Corrupt { .. }) => return look(folder, DBRecoveryMode::PointInTime),
                other => return other,
            }
        }
    }
}

fn look(folder: &Path, mode: DBRecoveryMode) -> Result<Store, Error> {
    let path = folder.join("HIGHWATER");
    let current = folder.join("db").join("CURRENT");
    let high_water = HighWater::look(&path)?;
    if let Err(e) = std::fs::metadata(&current) {
        return Err(Error::io("opening", &current, e));
    }
    let high_water = high_water.ok_or(Error::HighWaterMissing { path })?;
    let mark = high_water.mark();
    known_format(mark.format)?;
    let db = open_db(folder, mode)?;
    let meta = db.cf_handle(Column::MetaValue.catalogued().name).expect("opened");
    if let Some(format) = db.get_pinned_cf(meta, keys::META_FORMAT)? {
        known_format(record::small_number("meta_value", &format)?)?;
    }
    let recovered = commit_no(&db)?;
    if recovered < mark.commit_no {
        return Err(Error::LossDetected { recovered, promised: mark.commit_no });
    }
    Ok(Store {
        db,
        folder: folder.to_owned(),
        space: Space::new(folder, None),
        high_water: Mutex::new(high_water),
        recovered,
        was_clean: false,
        dropped: None,
        sync: true,
        tap: None,
        totals: Default::default(),
        open: Arc::new(()),
    })
}

fn known_format(found: u32) -> Result<(), Error> {
    match found {
        _ if found > FORMAT => Err(Error::NewerFormat { found, known: FORMAT }),
        _ if found < OLDEST_FORMAT => Err(Error::UnreleasedFormat { found }),
        _ => Ok(()),
    }
}

fn open_db(folder: &Path, mode: DBRecoveryMode) -> Result<DB, Error> {
    let opening = |e| Error::opening(e, folder);
    // A log that was deleted after the list of files was read would leave a hole.
    let track = "track_and_verify_wals=true;track_and_verify_wals_in_manifest=true";
    let mut options = Options::default().get_options_from_string(track).map_err(opening)?;
    options.set_paranoid_checks(true);
    options.set_wal_recovery_mode(mode);
    // Every file is held open from now on, so that none can go.
    options.set_max_open_files(-1);
    let cache = Cache::new_lru_cache(CACHE_BYTES);
    let mut columns = vec![ColumnFamilyDescriptor::new("default", Options::default())];
    for line in &CATALOGUE {
        columns.push(ColumnFamilyDescriptor::new(line.name, line.preset.options(&cache, WRITE_BUFFER_BYTES).map_err(opening)?));
    }
    DB::open_cf_descriptors_read_only(&options, folder.join("db"), columns, false).map_err(opening)
}
