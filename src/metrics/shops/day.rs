//! The sums of the last 24 hours, in steps of a quarter of an hour, since the process started. Adding costs one index and a few
//! additions; memory grows with what happened, not with shops times quarters.

use super::{ShopFigures, Sums};
use crate::domain::id::{Millis, ShopScope};
use crate::domain::quarter::{Quarter, ReadOf};
use std::collections::VecDeque;

/// Whole quarters beside the one that runs.
const QUARTERS: u32 = 96;

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
    quarter: Option<Quarter>,
    /// What each quarter added, by the shops' numbers, ascending.
    quarters: VecDeque<(Quarter, Vec<(u32, Sums)>)>,
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

    /// What was read, of what [`LastDay::add`] counted as read, counts when the messages came: where they no longer count, it does not.
    pub fn read(&mut self, scope: ShopScope, read: &[ReadOf]) {
        for of in read.iter().filter(|of| self.quarter.is_some_and(|now| of.quarter < now)) {
            for number in [0, scope.number()] {
                let sums = Sums { read: u64::from(of.messages), ..Sums::default() };
                let tally = &mut self.tallies[number as usize];
                tally.at_quarter.add(sums);
                let then = self.quarters.iter_mut().find(|(quarter, _)| *quarter == of.quarter);
                let place = then.and_then(|(_, shops)| Some((shops.binary_search_by_key(&number, |(shop, _)| *shop).ok()?, shops)));
                match place {
                    Some((place, shops)) => shops[place].1.add(sums),
                    None => tally.before.add(sums),
                }
            }
        }
    }

    /// Time has passed.
    pub fn roll(&mut self, now: Millis) {
        let quarter = Quarter::of(now);
        let Some(before) = self.quarter.replace(quarter).filter(|before| *before < quarter) else { return };
        let mut added = Vec::new();
        for (number, tally) in (0..).zip(&mut self.tallies) {
            let more = tally.since_start.less(tally.at_quarter);
            if more != Sums::default() {
                added.push((number, more));
                tally.at_quarter = tally.since_start;
            }
        }
        if !added.is_empty() {
            self.quarters.push_back((before, added));
        }
        while let Some((_, gone)) = self.quarters.pop_front_if(|(old, _)| old.0 + QUARTERS < quarter.0) {
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
