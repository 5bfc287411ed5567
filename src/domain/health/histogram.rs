//! How long first responses took: a sparse histogram whose buckets are a sixteenth of a power of two wide, so that a percentile is
//! right to 3 % at any length, and a quarter hour of a shop takes a few bytes.

use serde::{Deserialize, Serialize};

/// Below this everything is one bucket: 2^10 ms.
const FIRST_POWER: u32 = 10;
const PARTS: u64 = 16;

/// Each bucket that holds anything, ascending, and how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram(Vec<(u8, u32)>);

/// The last bucket holds everything from about nine hours on.
fn bucket(ms: u64) -> u8 {
    let Some(power) = ms.checked_ilog2().filter(|power| *power >= FIRST_POWER) else { return 0 };
    let part = (ms >> (power - 4)) - PARTS;
    u8::try_from(1 + u64::from(power - FIRST_POWER) * PARTS + part).unwrap_or(u8::MAX)
}

/// The middle of a bucket.
fn middle_ms(bucket: u8) -> u64 {
    let Some(bucket) = u64::from(bucket).checked_sub(1) else { return 1 << (FIRST_POWER - 1) };
    let (power, part) = (bucket / PARTS + u64::from(FIRST_POWER), bucket % PARTS);
    ((PARTS + part) << (power - 4)) + (1 << (power - 5))
}

impl Histogram {
    /// One more that took so long.
    pub fn add(&mut self, ms: u64) {
        self.add_to(bucket(ms), 1);
    }

    fn add_to(&mut self, bucket: u8, count: u32) {
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

    /// What `percent` of them did not exceed, to 3 %. None: there are none.
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
    fn a_percentile_is_right_to_three_percent_from_a_second_to_hours() {
        let mut ms = 1_024;
        while ms < 8 * 3_600_000 {
            let mut one = Histogram::default();
            one.add(ms);
            let told = one.percentile_ms(50).unwrap();
            assert!(told.abs_diff(ms) * 100 <= ms * 3 + 100, "{ms} is told as {told}");
            assert!(bucket(ms) >= bucket(ms - 1), "{ms}");
            ms += 1 + ms / 97;
        }
        assert_eq!((bucket(0), bucket(1_023), bucket(u64::MAX)), (0, 0, 255));
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
            assert!(told.abs_diff(s * 1_000) * 100 <= s * 1_000 * 4, "p{percent} is told as {told}");
        }
        assert_eq!(Histogram::default().percentile_ms(50), None);
    }
}
