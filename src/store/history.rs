//! The history index of a conversation: which feed entry holds message 1, 2, 3, …
//!
//! Messages live once, in the feed. Here stand 14 to 30 bytes for each: feed seq and time (as differences), and what a retry is
//! recognised by. The newest, incomplete chunk (the *tail*) rides behind the conversation's head; a full one is written once,
//! to `history_chunk`. Invariant: chunk `n` holds exactly the messages 16 n + 1 to 16 n + 16.
//!
//! Only the commit thread changes a tail, because only it knows feed seqs.

use super::{Error, record};
use crate::domain::event::RetryKey;
use crate::domain::id::Millis;
use crate::limits::HISTORY_CHUNK;
use std::sync::{Arc, Mutex};

/// Where one message is, and its retry key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub feed_seq: u64,
    pub at: Millis,
    pub retry: RetryKey,
}

/// The tail of a live conversation: loaded at activation, changed by the commit thread only.
pub type SharedTail = Arc<Mutex<Tail>>;

/// The incomplete chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Messages in full chunks.
    spilled: u64,
    count: u64,
    bytes: Vec<u8>,
    last: (u64, Millis),
}

impl Tail {
    /// Reads what stands behind a head whose conversation has `last_seq` messages.
    pub fn decode(last_seq: u64, bytes: &[u8]) -> Result<Tail, Error> {
        let found = entries(bytes)?;
        let count = found.len() as u64;
        if count >= HISTORY_CHUNK || count != last_seq % HISTORY_CHUNK {
            return Err(Error::damaged("head_state", format!("a history tail of {count} entries for {last_seq} messages")));
        }
        let last = found.last().map_or((0, Millis(0)), |e| (e.feed_seq, e.at));
        Ok(Tail { spilled: last_seq - count, count, bytes: bytes.to_vec(), last })
    }

    /// The number of the last message it knows.
    pub fn last_seq(&self) -> u64 {
        self.spilled + self.count
    }

    /// The message number of its first entry.
    pub fn first_seq(&self) -> u64 {
        self.spilled + 1
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> Result<Vec<Entry>, Error> {
        entries(&self.bytes)
    }

    /// Adds message `seq`, which must be the next one. A chunk that became full is given to `spill` with its number.
    pub fn push(&mut self, seq: u64, entry: Entry, spill: impl FnOnce(u32, &[u8])) {
        assert_eq!(seq, self.last_seq() + 1, "messages of a conversation are committed in order");
        write_varint(&mut self.bytes, entry.feed_seq - self.last.0);
        write_varint(&mut self.bytes, entry.at.0 - self.last.1.0);
        self.bytes.extend_from_slice(&entry.retry.client_id.to_be_bytes());
        self.bytes.extend_from_slice(&entry.retry.body.to_be_bytes());
        self.last = (entry.feed_seq, entry.at);
        self.count += 1;
        if self.count == HISTORY_CHUNK {
            spill((self.spilled / HISTORY_CHUNK) as u32, &self.bytes);
            *self = Tail { spilled: self.spilled + HISTORY_CHUNK, count: 0, bytes: std::mem::take(&mut self.bytes), last: (0, Millis(0)) };
            self.bytes.clear();
        }
    }

    /// Appends itself to the record of its head.
    pub fn append_to(&self, head: &mut Vec<u8>) {
        head.extend_from_slice(&self.bytes);
        head.extend_from_slice(&(self.bytes.len() as u16).to_be_bytes());
    }
}

/// Splits a conversation's row into the record of its head and the bytes of its tail.
pub fn split(value: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    let bad = || Error::damaged("head_state", "a conversation without its history tail");
    let (rest, len) = value.split_last_chunk::<2>().ok_or_else(bad)?;
    let head = rest.len().checked_sub(u16::from_be_bytes(*len) as usize).ok_or_else(bad)?;
    Ok(rest.split_at(head))
}

/// The value of a row of `history_chunk`.
pub fn chunk_encode(entries: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(entries.len() + 1);
    value.push(record::VERSION);
    value.extend_from_slice(entries);
    value
}

/// Reads a row of `history_chunk`.
pub fn chunk_decode(value: &[u8]) -> Result<Vec<Entry>, Error> {
    match value.split_first() {
        Some((&record::VERSION, body)) => {
            let found = entries(body)?;
            if found.len() as u64 != HISTORY_CHUNK {
                return Err(Error::damaged("history_chunk", format!("{} entries", found.len())));
            }
            Ok(found)
        }
        _ => Err(Error::damaged("history_chunk", "an unknown version")),
    }
}

fn entries(mut bytes: &[u8]) -> Result<Vec<Entry>, Error> {
    let mut found = Vec::with_capacity(HISTORY_CHUNK as usize);
    let mut last = (0u64, 0u64);
    while !bytes.is_empty() {
        let bad = || Error::damaged("history", "an entry cut short");
        let feed_seq = read_varint(&mut bytes).and_then(|d| last.0.checked_add(d)).ok_or_else(bad)?;
        let at = read_varint(&mut bytes).and_then(|d| last.1.checked_add(d)).ok_or_else(bad)?;
        let (client_id, rest) = bytes.split_first_chunk::<8>().ok_or_else(bad)?;
        let (body, rest) = rest.split_first_chunk::<4>().ok_or_else(bad)?;
        bytes = rest;
        last = (feed_seq, at);
        let retry = RetryKey { client_id: u64::from_be_bytes(*client_id), body: u32::from_be_bytes(*body) };
        found.push(Entry { feed_seq, at: Millis(at), retry });
    }
    Ok(found)
}

/// Seven bits a byte, the lowest first, the top bit says "more".
fn write_varint(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn read_varint(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
