//! The high-water mark: the number of a commit that is certainly on disk, kept beside RocksDB.
//!
//! RocksDB opens empty without its WAL and drops what follows a flipped bit; this file notices. It is written only *after* the
//! sync of the commit it names, so it never cries wolf. Two slots of 512 bytes are written in turn, so that a torn write of one
//! leaves the other. Never written by anything but the open and the commit thread.

use super::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const SLOT_BYTES: usize = 512;
const MAGIC: [u8; 4] = *b"FLHW";

/// What the file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The format of the data folder's records.
    pub format: u32,
    pub commit_no: u64,
    /// The server was stopped in order: every byte of the WAL was synced.
    pub clean: bool,
    generation: u64,
}

impl Mark {
    fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut slot = [0u8; SLOT_BYTES];
        slot[..4].copy_from_slice(&MAGIC);
        slot[4..8].copy_from_slice(&self.format.to_be_bytes());
        slot[8..16].copy_from_slice(&self.generation.to_be_bytes());
        slot[16..24].copy_from_slice(&self.commit_no.to_be_bytes());
        slot[24] = u8::from(self.clean);
        let crc = crc32fast::hash(&slot[..SLOT_BYTES - 4]);
        slot[SLOT_BYTES - 4..].copy_from_slice(&crc.to_be_bytes());
        slot
    }

    fn decode(slot: &[u8; SLOT_BYTES]) -> Option<Mark> {
        let (body, crc) = slot.split_last_chunk::<4>()?;
        if body[..4] != MAGIC || crc32fast::hash(body) != u32::from_be_bytes(*crc) {
            return None;
        }
        Some(Mark {
            format: u32::from_be_bytes(body[4..8].try_into().ok()?),
            generation: u64::from_be_bytes(body[8..16].try_into().ok()?),
            commit_no: u64::from_be_bytes(body[16..24].try_into().ok()?),
            clean: body[24] != 0,
        })
    }
}

/// The open file.
#[derive(Debug)]
pub struct HighWater {
    file: File,
    path: PathBuf,
    mark: Mark,
}

impl HighWater {
    /// Opens the file of a data folder, and locks it: what is beside it is this process's own from now on. None: there is none.
    pub fn open(path: &Path) -> Result<Option<HighWater>, Error> {
        let opened = HighWater::opened(path, OpenOptions::new().read(true).write(true))?;
        opened.map(HighWater::locked).transpose()
    }

    fn locked(self) -> Result<HighWater, Error> {
        match self.file.try_lock() {
            Ok(()) => Ok(self),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { folder: self.path.parent().unwrap_or(&self.path).to_owned() }),
            Err(TryLockError::Error(e)) => Err(Error::io("locking", &self.path, e)),
        }
    }

    /// As [`HighWater::open`], only to read what it says.
    pub fn look(path: &Path) -> Result<Option<HighWater>, Error> {
        HighWater::opened(path, OpenOptions::new().read(true))
    }

    fn opened(path: &Path, options: &OpenOptions) -> Result<Option<HighWater>, Error> {
        let file = match options.open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io("opening", path, e)),
        };
        let mut newest: Option<Mark> = None;
        for index in 0..2 {
            let mut slot = [0u8; SLOT_BYTES];
            if file.read_exact_at(&mut slot, index * SLOT_BYTES as u64).is_ok()
                && let Some(mark) = Mark::decode(&slot)
                && newest.is_none_or(|n| n.generation < mark.generation)
            {
                newest = Some(mark);
            }
        }
        let mark = newest.ok_or_else(|| Error::HighWaterCorrupt { path: path.to_owned() })?;
        Ok(Some(HighWater { file, path: path.to_owned(), mark }))
    }

    /// Makes the file anew, saying `commit_no`, and syncs it with its folder. Under another name first: a process that is killed
    /// meanwhile must not leave a file that says nothing.
    pub fn create(path: &Path, format: u32, commit_no: u64) -> Result<HighWater, Error> {
        let io = |e| Error::io("creating", path, e);
        let unfinished = path.with_extension("new");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&unfinished).map_err(io)?;
        let mut made = HighWater { file, path: path.to_owned(), mark: Mark { format, commit_no: 0, clean: false, generation: 0 } };
        made.write(commit_no, false)?;
        made.write(commit_no, false)?;
        made.file.sync_all().map_err(io)?;
        made = made.locked()?;
        std::fs::rename(&unfinished, path).map_err(io)?;
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|f| f.sync_all()).map_err(io)?;
        }
        Ok(made)
    }

    /// What it says.
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// Writes the older slot and syncs it.
    pub fn write(&mut self, commit_no: u64, clean: bool) -> Result<(), Error> {
        let mark = Mark { commit_no, clean, generation: self.mark.generation + 1, ..self.mark };
        let offset = mark.generation % 2 * SLOT_BYTES as u64;
        let written = self.file.write_all_at(&mark.encode(), offset).and_then(|()| self.file.sync_data());
        written.map_err(|e| Error::io("writing", &self.path, e))?;
        self.mark = mark;
        Ok(())
    }
}
