//! When the next attempt is made: growing delays, each a little different, so that what failed together is not tried together.
//! Never draws: the same attempt of the same notification always waits the same time.

use crate::domain::id::Millis;
use crate::limits;
use sha2::{Digest, Sha256};

/// After attempt 1, 2, 3, …; the last holds for all that follow.
const DELAYS_MS: [u64; 7] = [5_000, 30_000, 2 * 60_000, 10 * 60_000, 30 * 60_000, 2 * 3_600_000, 6 * 3_600_000];
/// A delay is up to a fifth longer.
const JITTER_PARTS: u64 = 5;

/// When the attempt after `attempt` of notification `no` is made, which failed at `now`.
pub(super) fn next(no: u64, attempt: u32, retry_after_ms: Option<u64>, now: Millis) -> Millis {
    let delay_ms = DELAYS_MS[(attempt.max(1) as usize - 1).min(DELAYS_MS.len() - 1)];
    let digest = Sha256::new().chain_update(no.to_be_bytes()).chain_update(attempt.to_be_bytes()).finalize();
    let drawn = u64::from(u16::from_be_bytes([digest[0], digest[1]]));
    let jitter_ms = delay_ms * drawn / (JITTER_PARTS * (u64::from(u16::MAX) + 1));
    let asked_ms = retry_after_ms.unwrap_or(0).min(limits::RETRY_AFTER_MS_MAX);
    now.plus((delay_ms + jitter_ms).max(asked_ms))
}
