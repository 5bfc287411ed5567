//! Keys of figures over time (MET-1), and of the health reports (MET-2).

use super::{Key, array, counter, parts};
use crate::domain::id::ShopScope;
use crate::domain::list::Lane;
use crate::domain::quarter::Quarter;
use crate::domain::schedule::Day;
use crate::store::Error;

/// `tally_quarter`: a lane and a quarter hour.
pub fn tally(scope: ShopScope, lane: Lane, quarter: Quarter) -> Key {
    let mut key = counter(scope, lane, None);
    key.extend_from_slice(&quarter.0.to_be_bytes());
    key
}

/// The rows of a lane from one quarter (inclusive) to another (exclusive).
pub fn tallies(scope: ShopScope, lane: Lane, from: Quarter, to: Quarter) -> (Key, Key) {
    (tally(scope, lane, from), tally(scope, lane, to.max(from)))
}

/// The quarter in a key of `tally_quarter`.
pub fn tally_decode(key: &[u8]) -> Result<Quarter, Error> {
    if key.len() != 13 {
        return Err(Error::damaged("tally_quarter", "a key of wrong length"));
    }
    Ok(Quarter(u32::from_be_bytes(array(key, 9)?)))
}

/// `health_report` without its last part, the feed seq.
pub fn report_prefix(scope: ShopScope, day: Day) -> Key {
    parts(&[&scope.number().to_be_bytes(), &day.number().to_be_bytes()])
}

/// The reports of a shop before `before`; None: all: from (inclusive) and to (exclusive).
pub fn reports_range(scope: ShopScope, before: Option<Day>) -> (Key, Key) {
    let (from, end) = super::shop_range(scope);
    (from, before.map_or(end, |day| report_prefix(scope, day)))
}

/// The report of a day: from (inclusive) and to (exclusive).
pub fn report_range(scope: ShopScope, day: Day) -> (Key, Key) {
    let from = report_prefix(scope, day);
    let mut to = from.clone();
    to.extend_from_slice(&[0xff; 9]);
    (from, to)
}
