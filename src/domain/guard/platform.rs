//! Names of other platforms (GRD-3). A carrier or a way to pay that bears such a name is none, nor is a name within another word.

use super::normal::Normal;
use super::vocabulary::{self, Seen, Term};
use std::ops::Range;

/// Behind a name these make something harmless of it.
const HARMLESS_AFTER: [&str; 28] = [
    "快递",
    "物流",
    "支付",
    "付款",
    "月付",
    "白条",
    "配送",
    "金融",
    "钱包",
    "精灵",
    "方",
    "街",
    "路",
    "大峡谷",
    "大溶洞",
    "肉饼",
    "大鼓",
    "菜",
    "快脚",
    "贝贝",
    "express",
    "logistics",
    "pay",
    "热带雨林",
    "雨林",
    "河",
    "river",
    "rainforest",
];
/// Before `京东` these make places of it.
const PLACES: [char; 6] = ['北', '南', '东', '燕', '西', '荣'];

/// Where other platforms are named; `allowed`: addresses that may be sent.
pub fn platforms(normal: &Normal, seen: &[Seen], own: &[Vec<char>], allowed: &[Range<usize>]) -> Vec<Range<usize>> {
    let named = |word: &&Seen| {
        let Term::Platform(group) = word.term else { return false };
        let after = word.at.end + usize::from(normal.get(word.at.end) == Some(' '));
        let harmless = HARMLESS_AFTER.iter().any(|harmless| normal.is_at(after, harmless));
        let place = normal.get(word.at.start) == Some('京') && normal.before(word.at.start).is_some_and(|c| PLACES.contains(&c));
        let listed = allowed.partition_point(|address| address.end <= word.at.start);
        let within = allowed.get(listed).is_some_and(|address| address.start <= word.at.start);
        !harmless && !place && !within && !vocabulary::is_own(group, own)
    };
    seen.iter().filter(named).map(|word| word.at.clone()).collect()
}
