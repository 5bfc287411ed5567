//! Keys of the guard: its records, and undertakings that wait for their review.

use super::{Key, array, parts};
use crate::domain::id::{AgentNo, Millis, ShopScope};
use crate::store::Error;

/// `guard_record` without its last part, the feed seq. `agent`: None: the whole shop's.
pub fn guard_record_prefix(scope: ShopScope, agent: Option<AgentNo>) -> Key {
    parts(&[&scope.number().to_be_bytes(), &agent.map_or(0, |agent| agent.0).to_be_bytes()])
}

/// The records that stand in the feed from entry `from` (inclusive) to entry `before` (exclusive).
pub fn guard_record_range(scope: ShopScope, agent: Option<AgentNo>, from: u64, before: Option<u64>) -> (Key, Key) {
    let at = |seq: u64| parts(&[&guard_record_prefix(scope, agent), &seq.to_be_bytes()]);
    (at(from), at(before.unwrap_or(u64::MAX)))
}

/// `undertaking_due`: of whom, and when its review is due. Of all shops: the platform reviews.
pub fn undertaking(due: Millis, scope: ShopScope, agent: AgentNo) -> Key {
    parts(&[&due.0.to_be_bytes(), &scope.number().to_be_bytes(), &agent.0.to_be_bytes()])
}

/// All of them after this one; None: all.
pub fn undertakings_after(after: Option<(Millis, ShopScope, AgentNo)>) -> (Key, Key) {
    let mut from = after.map_or_else(Key::new, |(due, scope, agent)| undertaking(due, scope, agent));
    if after.is_some() {
        from.push(0);
    }
    (from, Key::from_slice(&[0xff; 17]))
}

/// When, and whose, from a key of `undertaking_due`.
pub fn undertaking_decode(key: &[u8]) -> Result<(Millis, ShopScope, AgentNo), Error> {
    if key.len() != 16 {
        return Err(Error::damaged("undertaking_due", "a key of wrong length"));
    }
    let number = |from| Ok::<u32, Error>(u32::from_be_bytes(array(key, from)?));
    Ok((Millis(u64::from_be_bytes(array(key, 0)?)), ShopScope::granted(number(8)?), AgentNo(number(12)?)))
}
