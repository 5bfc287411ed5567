//! Marketing phrases (GRD-4): the built-in ones, which the law on advertising or the marketplaces forbid, and the shop's own. An approval
//! 报备 covers its phrases while it holds.
//!
//! Built in is only what nobody says innocently.

use super::Approval;
use super::words::{Finder, Squeezed};
use crate::domain::id::Millis;
use std::ops::Range;

const BUILT_IN: [&str; 74] = [
    "全网最低价",
    "全网最低",
    "全网底价",
    "全网第一",
    "全网首发价",
    "全网销量第一",
    "限时抢购",
    "限时秒杀",
    "限时疯抢",
    "史上最低",
    "史上最低价",
    "历史最低价",
    "历史最低",
    "世界级品质",
    "销量第一",
    "销量冠军",
    "排名第一",
    "行业第一",
    "全球第一",
    "亚洲第一",
    "第一品牌",
    "顶级品质",
    "极品尊享",
    "最优惠价",
    "最强功效",
    "最佳品质",
    "全国最低",
    "全球最低",
    "绝对最低价",
    "独一无二的品质",
    "万能神药",
    "包治百病",
    "零风险",
    "国家领导人",
    "领导人推荐",
    "专供国宾",
    "国宴专用",
    "驰名商标",
    "免检产品",
    "国家免检",
    "秒杀全网",
    "再不抢就没了",
    "错过再等一年",
    "抢疯了",
    "疯抢",
    "血亏清仓",
    "跳楼价",
    "挥泪大甩卖",
    "清仓大甩卖",
    "亏本甩卖",
    "点击领奖",
    "恭喜获奖",
    "全民免单",
    "万人疯抢",
    "限时特惠抢",
    "抄底价",
    "击穿底价",
    "lowest price ever",
    "lowest price online",
    "lowest price guaranteed",
    "best price guaranteed",
    "cheapest on the internet",
    "cheapest price online",
    "cheapest online",
    "world's best",
    "world's no 1",
    "number one in the world",
    "no 1 in the world",
    "once in a lifetime offer",
    "unbeatable price",
    "lowest price in history",
    "act now before it's gone",
    "100% cure",
    "miracle cure",
];

/// The phrases that one shop must not use without approval, and those that it may use for a time.
pub struct Phrases {
    finder: Finder,
    list: Vec<String>,
    /// From here on the list holds approved phrases, each with the number of its approval.
    approved: Vec<usize>,
}

impl Phrases {
    /// `own`: beside the built-in ones.
    pub fn new(own: &[String], approvals: &[Approval]) -> Phrases {
        let watched = BUILT_IN.iter().map(|phrase| (*phrase).to_owned()).chain(own.iter().cloned());
        let mut list: Vec<String> = watched.collect();
        let mut approved = Vec::new();
        for (no, approval) in approvals.iter().enumerate() {
            list.extend(approval.phrases.iter().cloned());
            approved.extend(approval.phrases.iter().map(|_| no));
        }
        Phrases { finder: Finder::with_equals(list.iter().map(String::as_str)), list, approved }
    }

    /// Where phrases stand that no approval covers now.
    pub fn find(&self, text: &Squeezed, approvals: &[Approval], now: Millis) -> Vec<(&str, Range<usize>)> {
        let watched = self.list.len() - self.approved.len();
        let mut found: Vec<(&str, Range<usize>)> = Vec::new();
        let mut covered: Vec<Range<usize>> = Vec::new();
        self.finder.find(text, |no, at| {
            match no.checked_sub(watched) {
                None => found.push((&self.list[no], at)),
                Some(no) => {
                    let holds = approvals.get(self.approved[no]).is_some_and(|approval| approval.from <= now && now < approval.to);
                    covered.extend(holds.then_some(at));
                }
            }
            true
        });
        if !covered.is_empty() {
            let covered = union(covered);
            found.retain(|(_, at)| {
                let next = covered.partition_point(|other| other.end < at.end);
                covered.get(next).is_none_or(|other| other.start > at.start)
            });
        }
        found
    }
}

/// Ranges that lie in no other, by where they begin (and so by where they end).
fn union(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|at| (at.start, std::cmp::Reverse(at.end)));
    let mut widest: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        if widest.last().is_none_or(|last| last.end < range.end) {
            widest.push(range);
        }
    }
    widest
}
