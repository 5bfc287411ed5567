//! The store: the only folder that knows RocksDB and bincode.
//!
//! [`Store`] opens a data folder, and reads; [`commit::Committer`] is the one path by which anything is written. What a caller
//! was told is on disk: a group of commits is one batch and one sync, and released after it. Never serves a damaged record as
//! good, never starts on less than was promised ([`high_water`]), never knows actors: what is released goes to a closure.
//!
//! A data folder holds `db/` (RocksDB), `HIGHWATER`, `BALLAST` and at times `damaged/` ([`torn`]); beside them, not known here, `files/` and `uploads/`.

pub mod columns;
pub mod commit;
mod count;
mod due;
mod erase;
mod error;
mod figures;
pub mod high_water;
pub mod history;
pub mod index;
pub mod keys;
mod list;
mod list_cursor;
mod list_key;
mod list_range;
mod list_walk;
pub mod measure;
mod messages;
pub mod read;
mod read_export;
mod read_file;
mod read_guard;
mod read_health;
mod read_notice;
mod read_notification;
mod read_only;
mod read_order;
mod read_record;
mod read_shop;
mod read_text;
pub mod record;
mod scan;
mod seek;
pub mod space;
pub mod stored;
mod torn;
mod total;
pub mod verify;

pub use commit::{Commit, Committer, Released, Submitter};
pub use due::{DeadlineRow, DueCursor};
pub use error::Error;
pub use history::SharedTail;
pub use list_cursor::ListCursor;
pub use read_guard::Guarding;
pub use read_notice::{NoticeCount, NoticeCursor, NoticesOf};
pub use read_order::{OrderCursor, OrdersOf};
pub use read_record::RecordCounts;
pub use read_shop::ShopSettings;
pub use stored::Stored;
pub use torn::Dropped;

use columns::{CATALOGUE, Column};
use high_water::HighWater;
use rocksdb::{Cache, ColumnFamilyDescriptor, DB, DBRecoveryMode, FlushOptions, LogLevel, Options};
use space::Space;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

/// The format this release writes. A data folder of a newer one is refused, of an older one migrated.
pub const FORMAT: u32 = 2;
/// The oldest format this release reads: what came before was never released.
pub const OLDEST_FORMAT: u32 = 2;

/// One step from a format to the next.
type Migration = fn(&DB) -> Result<(), Error>;
/// Step `n` leads from format `OLDEST_FORMAT + n` to the next. There is none yet.
const MIGRATIONS: [Migration; 0] = [];
const _: () = assert!(MIGRATIONS.len() as u32 + OLDEST_FORMAT == FORMAT);

/// How to open a data folder.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// False only in the power-cut test's negative control: an acknowledgement then means nothing.
    pub sync: bool,
    /// Open although acknowledged commits are missing (`--accept-loss`), and forget the promise.
    pub accept_loss: bool,
    /// Below this much free space writes are refused. None: 1 GiB or 5 %, whichever is more.
    pub low_water_bytes: Option<u64>,
    /// Reserved space that an operator can give up to open a full disk; 0: none.
    pub ballast_bytes: u64,
    /// What one of the big columns collects in memory before it writes a file.
    pub write_buffer_bytes: u64,
    /// Memory for blocks read from disk.
    pub block_cache_bytes: usize,
    /// Copies every batch, for measuring.
    pub tap: Option<measure::Tap>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions {
            sync: true,
            accept_loss: false,
            low_water_bytes: None,
            ballast_bytes: 256 << 20,
            write_buffer_bytes: 64 << 20,
            block_cache_bytes: 64 << 20,
            tap: None,
        }
    }
}

/// An open data folder.
pub struct Store {
    db: DB,
    folder: PathBuf,
    space: Space,
    high_water: Mutex<HighWater>,
    /// The number of the last commit that was there when it was opened.
    recovered: u64,
    /// Whether it was left in order before.
    was_clean: bool,
    /// A write that was never acknowledged, dropped from the end of the log.
    dropped: Option<Dropped>,
    sync: bool,
    tap: Option<measure::Tap>,
    totals: total::Totals,
    /// Last: fields are dropped in their order, so this goes when the database is closed.
    open: Arc<()>,
}

impl Store {
    /// Opens a data folder, or makes a new one. Refuses, with what to do, where something acknowledged is missing.
    pub fn open(folder: &Path, options: &StoreOptions) -> Result<Store, Error> {
        std::fs::create_dir_all(folder).map_err(|e| Error::io("creating", folder, e))?;
        if !options.sync {
            tracing::error!("SYNCS ARE OFF (FENLIU_TEST_NO_SYNC): acknowledged messages are lost at a power cut; for tests only");
        }
        let mut high_water = promised(folder, options.accept_loss)?;
        let mark = high_water.mark();
        let dropped = torn::settle(folder, mark.commit_no, options.accept_loss)?;
        let db = open_db(folder, &mark, options)?;
        let recovered = commit_no(&db)?;
        settle_format(&db, recovered)?;
        if recovered < mark.commit_no {
            if !options.accept_loss {
                return Err(Error::LossDetected { recovered, promised: mark.commit_no });
            }
            tracing::error!(recovered, promised = mark.commit_no, "opened although acknowledged commits are missing, as ordered");
        }
        // Both slots: an older one must not speak up for what was given up.
        high_water.write(recovered, false)?;
        high_water.write(recovered, false)?;
        let space = Space::new(folder, options.low_water_bytes);
        space.lay_ballast(&folder.join("BALLAST"), options.ballast_bytes)?;
        tracing::info!(folder = %folder.display(), commit_no = recovered, clean = mark.clean || recovered == 0, "data folder opened");
        Ok(Store {
            db,
            folder: folder.to_owned(),
            space,
            high_water: Mutex::new(high_water),
            recovered,
            was_clean: mark.clean,
            dropped,
            sync: options.sync,
            tap: options.tap.clone(),
            totals: total::Totals::default(),
            open: Arc::new(()),
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends when the database is closed; a `Weak` of the store itself would end before that.
    pub fn while_open(&self) -> Weak<()> {
        Arc::downgrade(&self.open)
    }

    /// The number of the last commit that was there when it was opened.
    pub fn recovered_commit_no(&self) -> u64 {
        self.recovered
    }

    /// What was dropped from the end of the log when it was opened.
    pub fn dropped(&self) -> Option<&Dropped> {
        self.dropped.as_ref()
    }

    /// Is there room to write? False: reads are served, writes refused. Cheap enough for every request.
    pub fn writable(&self) -> bool {
        self.space.writable()
    }

    /// Free bytes and the low-water mark in bytes; None if the file system does not tell.
    pub fn free_and_low_water_bytes(&self) -> Option<(u64, u64)> {
        self.space.free_and_low_water_bytes()
    }

    fn column(&self, column: Column) -> &rocksdb::ColumnFamily {
        self.db.cf_handle(column.catalogued().name).expect("every column of the catalogue was opened")
    }

    /// Everything to its files and the mark of an orderly stop. Nothing may be written afterwards.
    fn finish(&self, commit_no: u64) -> Result<(), Error> {
        let columns: Vec<_> = CATALOGUE.iter().map(|c| self.column(c.column)).collect();
        let columns: Vec<_> = columns.iter().collect();
        self.db.flush_cfs_opt(&columns, &FlushOptions::default())?;
        self.db.flush_wal(true)?;
        self.promise(commit_no, true)
    }

    /// Whoever only read leaves the mark as it was found.
    pub fn leave(&self) -> Result<(), Error> {
        if self.was_clean { self.promise(self.recovered, true) } else { Ok(()) }
    }

    fn promise(&self, commit_no: u64, clean: bool) -> Result<(), Error> {
        self.high_water.lock().unwrap_or_else(|e| e.into_inner()).write(commit_no, clean)
    }
}

/// Reads the high-water mark before RocksDB touches anything, and refuses what cannot be whole.
fn promised(folder: &Path, accept_loss: bool) -> Result<HighWater, Error> {
    let path = folder.join("HIGHWATER");
    let has_db = folder.join("db").join("CURRENT").exists();
    let found = match HighWater::open(&path) {
        Err(Error::HighWaterCorrupt { .. }) if accept_loss => None,
        Ok(None) if has_db && !accept_loss => return Err(Error::HighWaterMissing { path }),
        other => other?,
    };
    // Made before the database, so that a crash between the two looks like a new folder.
    let Some(found) = found else {
        return HighWater::create(&path, FORMAT, 0);
    };
    let mark = found.mark();
    if mark.format > FORMAT {
        return Err(Error::NewerFormat { found: mark.format, known: FORMAT });
    }
    if mark.format < OLDEST_FORMAT {
        return Err(Error::UnreleasedFormat { found: mark.format });
    }
    if mark.commit_no > 0 && !has_db && !accept_loss {
        return Err(Error::LossDetected { recovered: 0, promised: mark.commit_no });
    }
    Ok(found)
}

fn open_db(folder: &Path, mark: &high_water::Mark, options: &StoreOptions) -> Result<DB, Error> {
    let path = folder.join("db");
    let cache = Cache::new_lru_cache(options.block_cache_bytes);
    let opening = |e| Error::opening(e, folder);
    // Without this RocksDB takes a database whose WAL was deleted for a whole one. There is no setter. Who accepts a loss
    // accepts this one too; and a database whose making was cut short has no WAL yet, and nothing was promised.
    let unpromised = mark.commit_no == 0 || options.accept_loss;
    // The second notices an older WAL that was cut short, which the recovery mode below would take for a torn tail; also in
    // the first life of a database.
    let track = format!("track_and_verify_wals={};track_and_verify_wals_in_manifest={}", !unpromised, !options.accept_loss);
    let mut db_options = Options::default().get_options_from_string(track).map_err(opening)?;
    db_options.create_if_missing(unpromised);
    // A column that a promised database lacks was lost with the end of its MANIFEST: made anew it would be empty.
    db_options.create_missing_column_families(unpromised || mark.format < FORMAT);
    db_options.set_paranoid_checks(true);
    // What was never acknowledged was cut off before: nothing may be missing.
    db_options.set_wal_recovery_mode(match options.accept_loss {
        true => DBRecoveryMode::TolerateCorruptedTailRecords,
        false => DBRecoveryMode::AbsoluteConsistency,
    });
    db_options.set_recycle_log_file_num(0);
    db_options.set_max_background_jobs(2);
    db_options.set_max_total_wal_size(256 << 20);
    db_options.set_max_open_files(1_000);
    db_options.set_bytes_per_sync(1 << 20);
    db_options.set_log_level(LogLevel::Info);
    db_options.set_max_log_file_size(8 << 20);
    db_options.set_keep_log_file_num(4);
    // RocksDB's own column stays empty, but the space it reserves for its log follows the largest write buffer.
    let mut unused = Options::default();
    unused.set_write_buffer_size(64 << 10);
    let mut columns = vec![ColumnFamilyDescriptor::new("default", unused)];
    for line in &CATALOGUE {
        let tuned = line.preset.options(&cache, options.write_buffer_bytes as usize).map_err(opening)?;
        columns.push(ColumnFamilyDescriptor::new(line.name, tuned));
    }
    DB::open_cf_descriptors(&db_options, path, columns).map_err(opening)
}

fn commit_no(db: &DB) -> Result<u64, Error> {
    let meta = db.cf_handle(Column::MetaValue.catalogued().name).expect("opened");
    match db.get_pinned_cf(meta, keys::META_COMMIT_NO)? {
        Some(bytes) => record::number("meta_value", &bytes),
        None => Ok(0),
    }
}

/// Refuses a newer format, brings an older one up to date, stamps a new database.
fn settle_format(db: &DB, recovered: u64) -> Result<(), Error> {
    let meta = db.cf_handle(Column::MetaValue.catalogued().name).expect("opened");
    let found = match db.get_pinned_cf(meta, keys::META_FORMAT)? {
        Some(bytes) => record::small_number("meta_value", &bytes)?,
        None if recovered == 0 => FORMAT,
        None => return Err(Error::damaged("meta_value", "commits without a format stamp")),
    };
    if found > FORMAT {
        return Err(Error::NewerFormat { found, known: FORMAT });
    }
    for (from, migration) in (OLDEST_FORMAT..).zip(&MIGRATIONS).skip_while(|(from, _)| *from < found) {
        tracing::info!(from, to = from + 1, "bringing the data folder to the format of this release");
        migration(db)?;
    }
    let mut durable = rocksdb::WriteOptions::default();
    durable.set_sync(true);
    Ok(db.put_cf_opt(meta, keys::META_FORMAT, FORMAT.to_be_bytes(), &durable)?)
}
