//! Notices 通知 (INB-1, INB-10): system notices and platform service messages. They have no buyer, and are read per account.
//!
//! What a notice says never changes; only its priority does, by hand. Never knows an account's devices or a shop's settings.

use super::facts::Priority;
use super::id::Millis;
use crate::limits;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Which of the two streams beside the buyers'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Logistics exception, dispute warning, infringement take-down, policy update, …
    System,
    /// Campaign invitation, training reminder, 成长之声, …
    Service,
}

impl Stream {
    pub const ALL: [Stream; 2] = [Stream::System, Stream::Service];
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub stream: Stream,
    /// 1, 2, 3, … without gaps within its stream.
    pub no: u64,
    /// A word of the platform's: `logistics_exception`.
    pub kind: String,
    pub title: String,
    pub text: String,
    /// The order it is about; empty: none.
    pub order: String,
    pub priority: Priority,
    pub at: Millis,
    /// The platform's own id: the same notice twice is one.
    pub id: String,
}

/// Whether `kind` is a word that a notice's kind may be: kinds are the platform's, and it adds to them as it likes.
pub fn is_kind(kind: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=limits::NAME_CHARS_MAX).contains(&kind.len()) && kind.bytes().all(letter)
}

/// The platform's ids of the newest notices of one stream, and what they said, as digests: what a repeated report is recognised by
/// (OPS-2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recent {
    /// The number, and what it said.
    by_id: HashMap<u64, (u64, u64)>,
    oldest_first: VecDeque<(Millis, u64)>,
}

fn digest(parts: &[&str]) -> u64 {
    // Each with its length before it: no two lists of parts are the same bytes.
    let whole = parts.iter().fold(Sha256::new(), |sum, part| sum.chain_update((part.len() as u64).to_be_bytes()).chain_update(part));
    let mut first = [0; 8];
    first.copy_from_slice(&whole.finalize()[..8]);
    u64::from_be_bytes(first)
}

/// All that a report says; its priority is not the platform's.
fn said(notice: &Notice) -> u64 {
    digest(&[&notice.kind, &notice.title, &notice.text, &notice.order])
}

impl Recent {
    /// Remembers a notice; forgets what is older than the window.
    pub fn remember(&mut self, notice: &Notice) {
        let (id, at) = (digest(&[&notice.id]), notice.at);
        self.by_id.insert(id, (notice.no, said(notice)));
        self.oldest_first.push_back((at, id));
        while let Some(&(old, id)) = self.oldest_first.front() {
            if at.since(old) <= limits::RETRY_WINDOW_MS && self.oldest_first.len() <= limits::NOTICE_IDS_MAX {
                break;
            }
            self.oldest_first.pop_front();
            self.by_id.remove(&id);
        }
    }

    /// Whether a notice has this id.
    pub fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(&digest(&[id]))
    }

    /// The number of the same notice: of this id, and saying the same.
    pub fn find(&self, notice: &Notice) -> Option<u64> {
        self.by_id.get(&digest(&[&notice.id])).filter(|(_, known)| *known == said(notice)).map(|(no, _)| *no)
    }
}

/// Which notices of a stream an account has read (INB-10): all up to one, and some after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMarks {
    pub to: u64,
    /// All of them above `to`, and `to + 1` is not among them.
    pub some: BTreeSet<u64>,
}

impl ReadMarks {
    /// Notice `no` was read.
    pub fn has(&self, no: u64) -> bool {
        no <= self.to || self.some.contains(&no)
    }

    /// How many were read.
    pub fn count(&self) -> u64 {
        self.to + self.some.len() as u64
    }

    /// These were read, and all up to `to`.
    pub fn read(&mut self, to: u64, some: &[u64]) {
        self.to = self.to.max(to);
        self.some.extend(some);
        while let Some(first) = self.some.first().copied().filter(|first| *first <= self.to + 1) {
            self.some.pop_first();
            self.to = self.to.max(first);
        }
    }
}
