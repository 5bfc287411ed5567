//! Who is asked first (DIV-3): a total order of the agents who may receive, so that the best of thousands is the first of a set.
//!
//! "Received least recently" is kept in weighted time: who receives moves on by 1 ÷ weight from where the last receiver
//! began. With equal weights that is the plain order of receiving; with weights 3 and 1 it gives 3 : 1 even where every
//! reception is closed before the next one comes and the loads say nothing.

use crate::domain::diversion::Strategy;
use crate::domain::id::AgentNo;
use std::cmp::Ordering;

/// One unit of weighted time: the least common multiple of 1 to 40, so that it divides exactly by every usual weight; large, so that
/// for others the error stays below one reception in 2^52.
pub const UNIT: u128 = 5_342_931_457_063_200;

/// The place of one agent in the order; the least is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    pub strategy: Strategy,
    /// Busy agents come after every one who is not, in any strategy.
    pub busy: bool,
    pub load: u32,
    pub weight: u32,
    /// Weighted time after its last reception.
    pub finish: u128,
    /// The number of its last reception.
    pub received: u64,
    pub agent: AgentNo,
}

impl Ord for Rank {
    fn cmp(&self, other: &Rank) -> Ordering {
        let cross = |a: &Rank, b: &Rank| u64::from(a.load) * u64::from(b.weight);
        let by_load = || cross(self, other).cmp(&cross(other, self));
        let by_time = || self.finish.cmp(&other.finish);
        let by_strategy = || match self.strategy {
            Strategy::WeightedLeastLoad => by_load().then_with(by_time),
            Strategy::WeightedRoundRobin => by_time(),
            Strategy::LeastRecentlyAssigned => Ordering::Equal,
        };
        let busy = self.busy.cmp(&other.busy);
        busy.then_with(by_strategy).then_with(|| (self.received, self.agent).cmp(&(other.received, other.agent)))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Rank) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
