//! How long first responses took: a sparse histogram whose buckets are a thirty-second of a power of two wide, so that a percentile is
//! right to 2 % at any length, and a quarter hour of a shop takes a few bytes.

use serde::{Deserialize, Serialize};

/// Below this everything is one bucket: 2^7 ms. Nobody reads a question faster.
const FIRST_POWER: u32 = 7;
const PARTS_POWER: u32 = 5;
const PARTS: u64 = 1 << PARTS_POWER;

/// Each bucket that holds anything, ascending, and how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram(Vec<(u16, u32)>);

fn bucket(ms: u64) -> u16 {
    let Some(power) = ms.checked_ilog2().filter(|power| *power >= FIRST_POWER) else { return 0 };
    let part = (ms >> (power - PARTS_POWER)) - PARTS;
    u16::try_from(1 + u64::from(power - FIRST_POWER) * PARTS + part).unwrap_or(u16::MAX)
}

/// The middle of a bucket.
fn middle_ms(bucket: u16) -> u64 {
    let Some(bucket) = u64::from(bucket).checked_sub(1) else { return 1 << (FIRST_POWER - 1) };
    let (shift, part) = (bucket / PARTS + u64::from(FIRST_POWER - PARTS_POWER), bucket % PARTS);
    ((PARTS + part) << shift) + (1 << (shift - 1))
}

impl Histogram {
    /// One more that took so long.
    pub fn add(&mut self, ms: u64) {
        self.add_to(bucket(ms), 1);
    }

    fn add_to(&mut self, bucket: u16, count: u32) {
        match self.0.binary_search_by_key(&bucket, |(of, _)| *of) {
            Ok(place) => self.0[place].1 = self.0[place].1.saturating_add(count),
            Err(place) => self.0.insert(place, (bucket, count)),
        }
    }

    /// All of another.
    pub fn plus(&mut self, other: &Histogram) {
        other.0.iter().for_each(|(bucket, count)| self.add_to(*bucket, *count));
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// What `percent` of them did not exceed, to 2 %. None: there are none.
    pub fn percentile_ms(&self, percent: u64) -> Option<u64> {
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut passed = 0;
        let reached = self.0.iter().find(|(_, count)| {
            passed += u64::from(*count);
            passed >= rank
        });
        reached.map(|(bucket, _)| middle_ms(*bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // SPEC: MET-1
    #[test]
    fn a_percentile_is_right_to_two_percent_from_an_instant_to_weeks() {
        let mut ms = 128;
        while ms < 500 * 3_600_000 {
            let mut one = Histogram::default();
            one.add(ms);
            let told = one.percentile_ms(50).unwrap();
            assert!(told.abs_diff(ms) * 100 <= ms * 2 + 100, "{ms} is told as {told}");
            assert!(bucket(ms) >= bucket(ms - 1), "{ms}");
            ms += 1 + ms / 97;
        }
        assert_eq!((bucket(0), bucket(127), bucket(128)), (0, 0, 1));
    }

    #[test]
    fn percentiles_go_by_rank_and_sums_are_as_one() {
        let (mut low, mut high, mut all) = (Histogram::default(), Histogram::default(), Histogram::default());
        for s in 1..=100 {
            (if s <= 40 { &mut low } else { &mut high }).add(s * 1_000);
            all.add(s * 1_000);
        }
        low.plus(&high);
        assert_eq!((&low, low.count()), (&all, 100));
        for (percent, s) in [(1, 1), (50, 50), (90, 90), (99, 99), (100, 100)] {
            let told = all.percentile_ms(percent).unwrap();
            assert!(told.abs_diff(s * 1_000) * 100 <= s * 1_000 * 2, "p{percent} is told as {told}");
        }
        assert_eq!(Histogram::default().percentile_ms(50), None);
    }
}
