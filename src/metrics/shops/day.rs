//! The sums of the last 24 hours, in steps of a quarter of an hour. Adding costs one index and a few additions; memory grows with what
//! happened, not with shops times quarters.
//!
//! It knows what it counted itself and what it was told at the start ([`LastDay::restore`]): without that it begins empty.

use super::{ShopFigures, Sums};
use crate::domain::id::{Millis, ShopScope};
use crate::domain::quarter::{QUARTERS_A_DAY, Quarter};
use std::collections::BTreeMap;

/// One shop.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    scope: Option<ShopScope>,
    since_start: Sums,
    /// In the quarter that runs.
    now: Sums,
    /// In that and those before it.
    day: Sums,
}

/// See the module.
#[derive(Debug, Default)]
pub struct LastDay {
    /// By the shops' numbers, which are dense. 0, the platform's own, stands for all shops.
    tallies: Vec<Tally>,
    /// The quarter that runs. None: time was not told yet.
    quarter: Option<Quarter>,
    /// Those before it, by the shops' numbers.
    quarters: BTreeMap<Quarter, BTreeMap<u32, Sums>>,
}

impl LastDay {
    fn tally_of(&mut self, scope: ShopScope) -> &mut Tally {
        let at = scope.number() as usize;
        if at >= self.tallies.len() {
            self.tallies.resize(at + 1, Tally::default());
        }
        self.tallies[at].scope = Some(scope);
        &mut self.tallies[at]
    }

    /// Counts in the quarter it belongs to: a message that is read counts when it came, if that still counts.
    pub fn add(&mut self, scope: ShopScope, quarter: Quarter, sums: Sums) {
        self.tally_of(scope);
        let past = self.quarter.is_some_and(|now| quarter < now);
        let counts = self.quarter.is_none_or(|now| quarter.0 + QUARTERS_A_DAY >= now.0);
        for number in [0, scope.number()] {
            let Tally { since_start, now, day, .. } = &mut self.tallies[number as usize];
            since_start.add(sums);
            if counts {
                day.add(sums);
                let then = if past { self.quarters.entry(quarter).or_default().entry(number).or_default() } else { now };
                then.add(sums);
            }
        }
    }

    /// What a shop had in a quarter before the process started, from where that is kept.
    pub fn restore(&mut self, scope: ShopScope, quarter: Quarter, sums: Sums) {
        self.tally_of(scope);
        for number in [0, scope.number()] {
            self.tallies[number as usize].day.add(sums);
            self.quarters.entry(quarter).or_default().entry(number).or_default().add(sums);
        }
    }

    /// Time has passed.
    pub fn roll(&mut self, now: Millis) {
        let quarter = Quarter::of(now);
        if let Some(before) = self.quarter.replace(quarter).filter(|before| *before < quarter) {
            for (number, tally) in (0..).zip(&mut self.tallies).filter(|(_, tally)| tally.now != Sums::default()) {
                self.quarters.entry(before).or_default().entry(number).or_default().add(std::mem::take(&mut tally.now));
            }
        }
        let first = Quarter(quarter.0.saturating_sub(QUARTERS_A_DAY));
        while let Some(oldest) = self.quarters.first_entry().filter(|oldest| *oldest.key() < first) {
            for (number, sums) in oldest.remove() {
                let tally = &mut self.tallies[number as usize];
                tally.day = tally.day.less(sums);
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
        self.tally(0).day
    }

    fn of(&self, shop: ShopScope) -> Sums {
        self.tally(shop.number()).day
    }

    fn each(&self, visit: &mut dyn FnMut(ShopScope, Sums)) {
        self.tallies.iter().skip(1).filter_map(|tally| Some((tally.scope?, tally.day))).for_each(|(scope, day)| visit(scope, day));
    }
}
