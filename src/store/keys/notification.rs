//! Keys of the notifications of a shop (NTF-3).

use super::{Key, array, feed_seq_decode, parts, shop_range};
use crate::domain::id::ShopScope;
use crate::store::Error;

/// `notification_entry` without its last part, the feed seq: what happened to notification `no`.
pub fn notification_prefix(scope: ShopScope, no: u64) -> Key {
    parts(&[&scope.number().to_be_bytes(), &no.to_be_bytes()])
}

/// The rows of the notifications `from` (inclusive) to `to` (exclusive). None: to the last.
pub fn notifications(scope: ShopScope, from: u64, to: Option<u64>) -> (Key, Key) {
    let end = to.map_or_else(|| shop_range(scope).1, |to| notification_prefix(scope, to));
    (notification_prefix(scope, from), end)
}

/// Number and feed seq in a key of `notification_entry`.
pub fn notification_decode(key: &[u8]) -> Result<(u64, u64), Error> {
    if key.len() != 20 {
        return Err(Error::damaged("notification_entry", "a key of wrong length"));
    }
    Ok((u64::from_be_bytes(array(key, 4)?), feed_seq_decode(key)?))
}
