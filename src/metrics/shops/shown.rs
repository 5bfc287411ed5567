//! Who is shown by name: the shops an operator listed, or the worst by each rate.
//!
//! A shop keeps its place until another is clearly worse, and places are contested at most every ten minutes: a board whose lines come
//! and go tells nothing. A rate counts only where enough happened.

use super::{ShopFigures, Sums};
use crate::domain::id::{Millis, ShopScope};
use crate::limits;
use std::collections::BTreeMap;

/// Between two contests for the places.
const CONTEST_MS: u64 = 10 * 60_000;
/// Between two looks for shops for free places.
const FILL_MS: u64 = 5_000;
/// A challenger must be so many times as bad as the holder of the place.
const CLEARLY_WORSE: f64 = 1.25;

/// Whom an operator wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// By name. Empty: the worst.
    pub shops: Vec<String>,
    /// How many are worst, by each of the three rates.
    pub worst: usize,
}

/// How bad a shop is by one rate; None: too little happened to tell.
type Badness = fn(&Sums) -> Option<f64>;

const RATES: [Badness; 3] = [
    |sums| sums.unread_ratio().filter(|_| sums.received >= limits::RATED_MIN),
    |sums| sums.timeout_ratio().filter(|_| sums.due >= limits::RATED_MIN),
    |sums| sums.adoption_ratio().filter(|_| sums.offered >= limits::RATED_MIN).map(|adopted| 1.0 - adopted),
];

/// See the module.
#[derive(Debug)]
pub struct Shown {
    watched: Watched,
    /// Who has a place, by each rate.
    places: [Vec<ShopScope>; RATES.len()],
    names: BTreeMap<ShopScope, String>,
    contested: Option<Millis>,
    filled: Option<Millis>,
}

impl Shown {
    /// Nobody yet.
    pub fn new(watched: Watched) -> Shown {
        Shown { watched, places: Default::default(), names: BTreeMap::new(), contested: None, filled: None }
    }

    /// Those who are shown.
    pub fn shops(&self) -> impl Iterator<Item = (&str, ShopScope)> {
        self.names.iter().map(|(scope, name)| (name.as_str(), *scope))
    }

    /// Looks who is to be shown now.
    pub fn choose(
        &mut self,
        now: Millis,
        figures: &dyn ShopFigures,
        name: impl Fn(ShopScope) -> Option<String>,
        scope: impl Fn(&str) -> Option<ShopScope>,
    ) {
        if self.filled.is_some_and(|then| now.since(then) < FILL_MS) {
            return;
        }
        self.filled = Some(now);
        if !self.watched.shops.is_empty() {
            // One that does not exist yet may be created.
            if self.names.len() < self.watched.shops.len() {
                self.names = self.watched.shops.iter().filter_map(|name| Some((scope(name)?, name.clone()))).collect();
            }
            return;
        }
        let contest = self.contested.is_none_or(|then| now.since(then) >= CONTEST_MS);
        let free = self.places.iter().any(|places| places.len() < self.watched.worst);
        if contest || free {
            self.contested = if contest { Some(now) } else { self.contested };
            self.worst(figures, contest);
            let wanted = self.places.iter().flatten();
            let kept = std::mem::take(&mut self.names);
            self.names = wanted.filter_map(|shop| Some((*shop, kept.get(shop).cloned().or_else(|| name(*shop))?))).collect();
        }
    }

    /// Fills the places; with `contest` those too that somebody has.
    fn worst(&mut self, figures: &dyn ShopFigures, contest: bool) {
        for (badness, places) in RATES.iter().zip(&mut self.places) {
            if contest {
                places.retain(|shop| badness(&figures.of(*shop)).is_some());
            }
            let mut outside: Vec<(f64, ShopScope)> = Vec::new();
            figures.each(&mut |shop, sums| {
                if let Some(bad) = badness(&sums).filter(|_| !places.contains(&shop)) {
                    outside.push((bad, shop));
                }
            });
            // The worst first; of equals the older shop.
            outside.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
            let mut outside = outside.into_iter();
            while places.len() < self.watched.worst
                && let Some((_, shop)) = outside.next()
            {
                places.push(shop);
            }
            if !contest {
                continue;
            }
            for (bad, challenger) in outside {
                let held = |shop: &ShopScope| badness(&figures.of(*shop)).unwrap_or(0.0);
                let Some(weakest) = (0..places.len()).min_by(|a, b| held(&places[*a]).total_cmp(&held(&places[*b]))) else { break };
                if bad <= held(&places[weakest]) * CLEARLY_WORSE {
                    break;
                }
                places[weakest] = challenger;
            }
        }
    }
}
