//! The sums of the last 24 hours, in steps of a quarter of an hour, since the process started. Adding costs one index and a few
//! additions; memory grows with what happened, not with shops times quarters.

use super::{ShopFigures, Sums};
use crate::domain::id::{Millis, ShopScope};
use std::collections::VecDeque;

const QUARTER_MS: u64 = 15 * 60_000;
/// Whole quarters beside the one that runs.
const QUARTERS: u64 = 96;

/// One shop.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    scope: Option<ShopScope>,
    since_start: Sums,
    /// As it was when the quarter began that runs.
    at_quarter: Sums,
    /// As it was 24 hours ago.
    before: Sums,
}

/// See the module.
#[derive(Debug, Default)]
pub struct LastDay {
    /// By the shop's number, which are dense. 0, the platform's own, stands for all shops.
    tallies: Vec<Tally>,
    quarter: u64,
    /// What each quarter added: its number, and who.
    quarters: VecDeque<(u64, Vec<(u32, Sums)>)>,
}

impl LastDay {
    /// Counts.
    pub fn add(&mut self, scope: ShopScope, sums: Sums) {
        let at = scope.number() as usize;
        if at >= self.tallies.len() {
            self.tallies.resize(at + 1, Tally::default());
        }
        self.tallies[at].scope = Some(scope);
        self.tallies[at].since_start.add(sums);
        self.tallies[0].since_start.add(sums);
    }

    /// Time has passed.
    pub fn roll(&mut self, now: Millis) {
        let quarter = now.0 / QUARTER_MS;
        if quarter <= self.quarter {
            return;
        }
        let mut added = Vec::new();
        for (number, tally) in (0..).zip(&mut self.tallies) {
            let more = tally.since_start.less(tally.at_quarter);
            if more != Sums::default() {
                added.push((number, more));
                tally.at_quarter = tally.since_start;
            }
        }
        if !added.is_empty() {
            self.quarters.push_back((self.quarter, added));
        }
        self.quarter = quarter;
        while let Some((_, gone)) = self.quarters.pop_front_if(|(old, _)| *old + QUARTERS < quarter) {
            for (number, sums) in gone {
                self.tallies[number as usize].before.add(sums);
            }
        }
    }

    fn tally(&self, number: u32) -> Tally {
        self.tallies.get(number as usize).copied().unwrap_or_default()
    }

    /// Since the process started: what a counter shows.
    pub fn since_start(&self, shop: ShopScope) -> Sums {
        self.tally(shop.number()).since_start
    }
}

impl ShopFigures for LastDay {
    fn all(&self) -> Sums {
        let tally = self.tally(0);
        tally.since_start.less(tally.before)
    }

    fn of(&self, shop: ShopScope) -> Sums {
        let tally = self.tally(shop.number());
        tally.since_start.less(tally.before)
    }

    fn each(&self, visit: &mut dyn FnMut(ShopScope, Sums)) {
        for tally in self.tallies.iter().skip(1) {
            if let Some(scope) = tally.scope {
                visit(scope, tally.since_start.less(tally.before));
            }
        }
    }
}
