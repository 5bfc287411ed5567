//! An assistant that knows how the recordings go on: before some answers it offers the recorded one, and whoever serves the buyer sends
//! it as it is, sends what it made of it, or ignores it (SPEC: ROB-7). Never makes anything fail: where the offer is refused, the answer goes without.

use crate::support::client::{Adopted, Client};
use crate::support::dice::Dice;

/// What is offered where the offer is ignored.
const BESIDE: &str = "请问还有什么可以帮您？";

/// A key of the platform, for which share of the answers it offers, and what the dice start from.
pub struct Assistant {
    key: String,
    share: f64,
    seed: u64,
}

impl Assistant {
    /// `share`: 0 to 1.
    pub fn new(key: &str, share: f64, seed: u64) -> Assistant {
        Assistant { key: key.to_owned(), share, seed }
    }

    /// Perhaps offers something before `answer` is given to the buyer's message `seq`. Some: what the answer is made of; half of the offers
    /// are sent as they are, a quarter is edited, a quarter ignored.
    pub async fn offer(&self, client: &Client, shop: &str, conversation: &str, answer: &str, seq: u64) -> Option<Adopted> {
        let stream = u64::from_str_radix(conversation.get(..16)?, 16).ok()?;
        let mut dice = Dice::new(self.seed, stream ^ seq);
        if dice.unit() >= self.share {
            return None;
        }
        let way = dice.below(4);
        let offered = match way {
            0 | 1 => answer.to_owned(),
            2 => answer.chars().take(answer.chars().count().div_ceil(2)).collect(),
            _ => BESIDE.to_owned(),
        };
        let no = client.suggest(&self.key, shop, conversation, &format!("offer-{seq:08}"), &offered, seq).await.ok()?;
        (way < 3).then_some(Adopted { no, item: 0 })
    }
}
