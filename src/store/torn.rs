//! The end of the log after a crash: a write that was cut short is dropped, damage to what had been synced is refused.
//!
//! Why not leave it to RocksDB: it cannot tell the two apart. A file system may have grown the log without having written all
//! pages of the last write, so a power cut leaves zeros *within* a record, not only a file that ends too early. Of RocksDB's modes
//! `TolerateCorruptedTailRecords` and `AbsoluteConsistency` refuse that, `PointInTime` accepts it and every damage in the
//! middle with it; all of them pass silently over a run of zeros between two records, and read for ever (RocksDB 11.8) where one flipped
//! bit makes a fragment that of a recycled log.
//!
//! Why we can: the commit thread writes one batch, syncs it, and only then writes the next. So at most one batch, the last, was never
//! acknowledged. Where the beginning of a later batch can be read behind the damage, or an older log is damaged, or the damaged
//! record ends before the file does, it had been synced: refused. Otherwise the log is cut behind its last whole batch, unless
//! the high-water mark names more than that. What is left to chance: the last batch of all, synced, named by no mark yet
//! (50 ms) and damaged afterwards looks like one that was never synced; so what is cut is kept in `damaged/`, told and counted.
//!
//! Works on the files, before RocksDB opens them and under the lock of the high-water mark. Reads the log's format as RocksDB 11
//! writes it without recycling and compression, and never cuts what it does not understand but at the end of the last log.

use super::{Error, keys};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The log is written in blocks; no fragment crosses a border.
const BLOCK_BYTES: usize = 32 << 10;
/// Of a fragment: CRC-32C u32, length u16, kind u8; little-endian. A shorter rest of a block is filled with zeros.
const HEADER_BYTES: usize = 7;
/// Of a batch: its first sequence number u64, its number of rows u32; little-endian.
const BATCH_HEADER_BYTES: usize = 12;
/// Sequence numbers have 56 bits.
const SEQUENCE_END: u64 = 1 << 56;
/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;
const FULL: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;
/// From here on: what RocksDB notes about the log itself, such as the log before it.
const NOTE: u8 = 128;

/// What was dropped from the end of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub bytes: u64,
    /// Where they are kept; None: the file ended within the write, so nothing else can have happened.
    pub kept: Option<PathBuf>,
}

/// What a log holds up to the first fault.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// The end of its last whole batch, in bytes.
    whole: u64,
    /// The end of the file, in bytes.
    len: u64,
    /// The sequence number that follows the last whole batch of this log or one before it.
    next: Option<u64>,
    /// The commit of the last whole batch.
    commit_no: Option<u64>,
    /// The file does not merely end too early.
    torn: bool,
    /// What is behind the fault was written when the damaged record had been synced.
    damaged: bool,
}

/// Brings the logs of a database into the shape in which RocksDB opens them without leniency. `promised`: the commit that must be there;
/// with `accept_loss` it need not, and damage in the last log is cut as well.
pub fn settle(folder: &Path, promised: u64, accept_loss: bool) -> Result<Option<Dropped>, Error> {
    let db = folder.join("db");
    let mut found = Found::default();
    let mut newest: Option<(PathBuf, Found)> = None;
    for path in logs(&db)? {
        let reading = |e| Error::io("reading", &path, e);
        let mut file = File::open(&path).map_err(reading)?;
        found = Found { next: found.next, commit_no: found.commit_no, ..Found::default() };
        examine(&mut file, &mut found).map_err(reading)?;
        if found.len == 0 {
            continue;
        }
        if let Some((older, before)) = newest.replace((path, found))
            && (before.torn || before.damaged)
        {
            // The next log is begun after a sync of this one. One that merely ends too early is left to RocksDB, which knows its length.
            return if accept_loss { Ok(None) } else { Err(damaged(&older, &before)) };
        }
    }
    let Some((path, found)) = newest.filter(|(_, found)| found.whole < found.len) else { return Ok(None) };
    if !accept_loss {
        if found.damaged {
            return Err(damaged(&path, &found));
        }
        if let Some(recovered) = found.commit_no.filter(|no| *no < promised) {
            return Err(Error::LossDetected { recovered, promised });
        }
    }
    cut(folder, &path, &found).map(Some)
}

fn damaged(path: &Path, found: &Found) -> Error {
    let name = path.file_name().unwrap_or_default().display();
    let message = format!(
        "the log {name} is damaged at byte {} of {}, and what had been acknowledged stood there or follows (the last whole commit before \
         it is {})",
        found.whole,
        found.len,
        found.commit_no.map_or("in no log".into(), |no| no.to_string())
    );
    Error::Corrupt { message }
}

/// The logs, oldest first.
fn logs(db: &Path) -> Result<Vec<PathBuf>, Error> {
    let listing = |e| Error::io("listing", db, e);
    let entries = match std::fs::read_dir(db) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(listing)?,
    };
    let mut logs = Vec::new();
    for entry in entries {
        let path = entry.map_err(listing)?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        if let Some(number) = number.filter(|_| path.extension().is_some_and(|e| e == "log")) {
            logs.push((number, path));
        }
    }
    logs.sort();
    Ok(logs.into_iter().map(|(_, path)| path).collect())
}

/// Copies what is behind the last whole batch, then cuts it off; each is on disk before the next step.
fn cut(folder: &Path, path: &Path, found: &Found) -> Result<Dropped, Error> {
    let full = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::StorageFull => Error::DiskFull { ballast: folder.join("BALLAST"), message: e.to_string() },
        _ => Error::io("cutting", path, e),
    };
    let name = path.file_name().unwrap_or_default().display();
    let kept = found.torn.then(|| folder.join("damaged").join(format!("{name}-{}", found.whole)));
    let mut log = OpenOptions::new().read(true).write(true).open(path).map_err(full)?;
    if let Some(kept) = &kept {
        let beside = folder.join("damaged");
        std::fs::create_dir_all(&beside).map_err(full)?;
        log.seek(SeekFrom::Start(found.whole)).map_err(full)?;
        let mut copy = File::create(kept).map_err(full)?;
        std::io::copy(&mut log, &mut copy).and_then(|_| copy.sync_all()).map_err(full)?;
        File::open(&beside).and_then(|f| f.sync_all()).map_err(full)?;
    }
    log.set_len(found.whole).and_then(|()| log.sync_all()).map_err(full)?;
    let bytes = found.len - found.whole;
    let (commit_no, sequence) = (found.commit_no.unwrap_or_default(), found.next.unwrap_or_default());
    match &kept {
        Some(kept) => tracing::warn!(
            log = %path.display(), at = found.whole, bytes, sequence, after_commit = commit_no, kept = %kept.display(),
            "the end of the log was torn, as a power cut leaves it: dropped a write that was never acknowledged"
        ),
        None => tracing::info!(log = %path.display(), at = found.whole, bytes, sequence, "the log ends within a write: dropped that write"),
    }
    Ok(Dropped { bytes, kept })
}

/// A fragment at the beginning of `rest`, which ends with its block: kind and content, if its checksum is right.
fn fragment(rest: &[u8]) -> Option<(u8, &[u8])> {
    let (header, body) = rest.split_at_checked(HEADER_BYTES)?;
    let content = body.get(..usize::from(u16::from_le_bytes([header[4], header[5]])))?;
    let masked = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
    let crc = crc32c(crc32c(0, &header[6..]), content);
    let right = header[6] != 0 && masked == crc.rotate_right(15).wrapping_add(0xa282_ead8);
    right.then_some((header[6], content))
}

/// The sequence number of a batch and that behind it.
fn sequence(batch: &[u8]) -> Option<(u64, u64)> {
    let header = batch.first_chunk::<BATCH_HEADER_BYTES>()?;
    let (first, rows) = header.split_first_chunk::<8>()?;
    let first = u64::from_le_bytes(*first);
    Some((first, first.saturating_add(u32::from_le_bytes(rows.try_into().ok()?).into())))
}

/// The commit that a batch belongs to: its number is the last row of it.
fn commit_no(batch: &[u8]) -> Option<u64> {
    let (rows, number) = batch.split_last_chunk::<8>()?;
    let row = rows.strip_suffix(&[8])?.strip_suffix(keys::META_COMMIT_NO)?;
    row.ends_with(&[keys::META_COMMIT_NO.len() as u8]).then(|| u64::from_be_bytes(*number))
}

/// Walks a log up to the first fault, and looks behind it.
fn examine(file: &mut (impl Read + Seek), found: &mut Found) -> std::io::Result<()> {
    found.len = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    let mut batch: Option<Vec<u8>> = None;
    let (mut start, mut read) = (0, false);
    while read_block(file, &mut block)? {
        let mut at = 0;
        while block.len() - at >= HEADER_BYTES {
            let Some((kind, content)) = fragment(&block[at..]).filter(|(kind, _)| follows(*kind, batch.is_some())) else {
                // Where the file ends within the fragment, nothing but its end is missing.
                found.torn = header(&block, at).is_some_and(|(_, end)| end <= block.len() || block.len() == BLOCK_BYTES);
                let low = found.next.unwrap_or(1);
                // Each row of a batch takes a byte at least.
                let fits = low..if read { low + found.len } else { SEQUENCE_END };
                found.damaged = ends_early(&block, at, start, batch.is_some(), found.len) || later_batch(file, &mut block, at, fits)?;
                return Ok(());
            };
            at += HEADER_BYTES + content.len();
            match kind {
                FULL | LAST => {
                    let mut whole = batch.take().unwrap_or_default();
                    whole.extend_from_slice(content);
                    found.next = sequence(&whole).map(|(_, next)| next).or(found.next);
                    found.commit_no = commit_no(&whole).or(found.commit_no);
                    found.whole = start + at as u64;
                    read = true;
                }
                FIRST | MIDDLE => batch.get_or_insert_default().extend_from_slice(content),
                _ => found.whole = start + at as u64,
            }
        }
        start += block.len() as u64;
    }
    Ok(())
}

/// May a fragment of this kind stand here? Not in a batch, or within one.
fn follows(kind: u8, in_batch: bool) -> bool {
    match kind {
        MIDDLE | LAST => in_batch,
        FULL | FIRST | NOTE.. => !in_batch,
        _ => false,
    }
}

/// Reads the next block; the last may be shorter. False: there is none.
fn read_block(file: &mut impl Read, block: &mut Vec<u8>) -> std::io::Result<bool> {
    block.clear();
    file.by_ref().take(BLOCK_BYTES as u64).read_to_end(block)?;
    Ok(!block.is_empty())
}

/// The kind of the fragment at `at`, and where it ends in its block, by its header alone.
fn header(block: &[u8], at: usize) -> Option<(u8, usize)> {
    let header = block.get(at..at + HEADER_BYTES)?;
    Some((header[6], at + HEADER_BYTES + usize::from(u16::from_le_bytes([header[4], header[5]]))))
}

/// Does a fragment that cannot be read end a batch before the file ends? Then more was written behind it, so it was synced. A header
/// across two sectors may be half of one write and half of nothing.
fn ends_early(block: &[u8], at: usize, start: u64, in_batch: bool, len: u64) -> bool {
    let whole_header = at / SECTOR_BYTES == (at + HEADER_BYTES - 1) / SECTOR_BYTES;
    header(block, at).is_some_and(|(kind, end)| {
        let ends = kind == LAST || kind == FULL && end >= at + HEADER_BYTES + BATCH_HEADER_BYTES;
        whole_header && ends && follows(kind, in_batch) && end <= block.len() && start + (end as u64) < len
    })
}

/// Does a later batch begin anywhere behind a fault? Its sequence number must fit: what a file holds by chance does not count.
fn later_batch(file: &mut impl Read, block: &mut Vec<u8>, mut at: usize, fits: std::ops::Range<u64>) -> std::io::Result<bool> {
    loop {
        for place in at..block.len().saturating_sub(HEADER_BYTES + BATCH_HEADER_BYTES) {
            // The checksum last: it is the dear part.
            if matches!(block[place + 6], FULL | FIRST)
                && sequence(&block[place + HEADER_BYTES..]).is_some_and(|(first, _)| fits.contains(&first))
                && fragment(&block[place..]).is_some_and(|(_, batch)| batch.len() >= BATCH_HEADER_BYTES)
            {
                return Ok(true);
            }
        }
        at = 0;
        if !read_block(file, block)? {
            return Ok(false);
        }
    }
}

/// CRC-32C of what came before and `bytes`. Some 250 MB/s, so a second at most: that much log may there be (`set_max_total_wal_size`).
fn crc32c(before: u32, bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!before, |crc, byte| crc >> 8 ^ CRC32C[usize::from(crc as u8 ^ byte)])
}

const CRC32C: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let (mut crc, mut bit) = (n as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
    }
    table
};
