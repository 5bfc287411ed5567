//! Free space: below the low-water mark writes are refused while reads go on, because a *full* disk cannot even be opened.
//!
//! The ballast is a file of reserved space that an operator can delete to get a full disk open again; nothing here ever
//! deletes it.

use super::Error;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// How old the answer of [`Space::writable`] may be.
const CHECK_INTERVAL_MS: u64 = 200;
/// The least low-water mark that is chosen where none is set.
const LOW_WATER_BYTES_MIN: u64 = 1 << 30;

/// The space of the file system that holds the data folder.
#[derive(Debug)]
pub struct Space {
    folder: PathBuf,
    low_water_bytes: Option<u64>,
    started: Instant,
    checked_ms: AtomicU64,
    enough: AtomicBool,
}

impl Space {
    /// Watches `folder`. No mark given: 1 GiB or 5 % of the file system, whichever is more.
    pub fn new(folder: &Path, low_water_bytes: Option<u64>) -> Space {
        let space = Space {
            folder: folder.to_owned(),
            low_water_bytes,
            started: Instant::now(),
            checked_ms: AtomicU64::new(0),
            enough: AtomicBool::new(true),
        };
        space.check();
        space
    }

    /// Is there room to write? Looks at most every 200 ms, so it also recovers while nothing is written. Cheap.
    pub fn writable(&self) -> bool {
        let now_ms = self.started.elapsed().as_millis() as u64;
        let checked_ms = self.checked_ms.load(Ordering::Relaxed);
        if now_ms - checked_ms.min(now_ms) >= CHECK_INTERVAL_MS
            && self.checked_ms.compare_exchange(checked_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            self.check();
        }
        self.enough.load(Ordering::Relaxed)
    }

    /// Free bytes and the low-water mark, now; None if the file system does not tell.
    pub fn free_and_low_water_bytes(&self) -> Option<(u64, u64)> {
        let fs = rustix::fs::statvfs(&self.folder).ok()?;
        let low_water = self.low_water_bytes.unwrap_or_else(|| LOW_WATER_BYTES_MIN.max(fs.f_blocks.saturating_mul(fs.f_frsize) / 20));
        Some((fs.f_bavail.saturating_mul(fs.f_frsize), low_water))
    }

    fn check(&self) {
        let enough = self.free_and_low_water_bytes().is_some_and(|(free, low_water)| free >= low_water);
        if self.enough.swap(enough, Ordering::Relaxed) != enough {
            match enough {
                true => tracing::info!(folder = %self.folder.display(), "enough free space again: writes are accepted"),
                false => tracing::error!(folder = %self.folder.display(), "free space is below the low-water mark: writes are refused"),
            }
        }
    }

    /// Makes the ballast file if it is missing and there is room for it beside the low-water mark.
    pub fn lay_ballast(&self, path: &Path, ballast_bytes: u64) -> Result<(), Error> {
        let room = self.free_and_low_water_bytes().is_some_and(|(free, low_water)| free >= low_water.saturating_add(ballast_bytes));
        if ballast_bytes == 0 || path.exists() {
            return Ok(());
        }
        if !room {
            tracing::warn!(path = %path.display(), "no room for the ballast file; a full disk will be harder to open");
            return Ok(());
        }
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|e| Error::io("creating", path, e))?;
        if let Err(e) = rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, ballast_bytes) {
            tracing::warn!(path = %path.display(), error = %e, "the file system cannot reserve the ballast; going on without");
            drop(file);
            return std::fs::remove_file(path).map_err(|e| Error::io("removing", path, e));
        }
        file.sync_all().map_err(|e| Error::io("syncing", path, e))
    }
}
