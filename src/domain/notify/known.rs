//! What notifications were about already, by digests of their keys: the same again is nothing (NTF-3).

use crate::limits;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;

/// The keys of the newest notifications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys(VecDeque<u64>);

impl Keys {
    /// The next one. Empty keys are not remembered.
    pub fn remember(&mut self, digest: u64) {
        if digest == 0 || self.0.contains(&digest) {
            return;
        }
        if self.0.len() >= limits::NOTIFICATION_KEYS_KEPT {
            self.0.pop_front();
        }
        self.0.push_back(digest);
    }

    pub(super) fn has(&self, digest: u64) -> bool {
        digest != 0 && self.0.contains(&digest)
    }
}

/// What a key is remembered by; 0: it is empty, and never the same as another.
pub fn key_digest(key: &str) -> u64 {
    if key.is_empty() { 0 } else { digest_of(key).max(1) }
}

pub(super) fn digest_of(text: &str) -> u64 {
    let digest = Sha256::digest(text);
    digest[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
