//! The offline pool's order (OFF-2): newest first, and how many are newer than an instant without counting them one by one.

use crate::domain::id::{ConversationId, Millis};
use std::collections::{BTreeMap, BTreeSet};

const MINUTE_MS: u64 = 60_000;

/// Receptions by an instant: when the buyer last wrote, or last asked for a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Newest {
    order: BTreeSet<(Millis, ConversationId)>,
    /// How many in each minute.
    minutes: BTreeMap<u64, u32>,
}

impl Newest {
    pub fn insert(&mut self, at: Millis, conversation: ConversationId) {
        if self.order.insert((at, conversation)) {
            *self.minutes.entry(at.0 / MINUTE_MS).or_default() += 1;
        }
    }

    pub fn remove(&mut self, at: Millis, conversation: ConversationId) {
        if !self.order.remove(&(at, conversation)) {
            return;
        }
        if let Some(count) = self.minutes.get_mut(&(at.0 / MINUTE_MS)) {
            *count -= 1;
            if *count == 0 {
                self.minutes.remove(&(at.0 / MINUTE_MS));
            }
        }
    }

    pub fn len(&self) -> u32 {
        self.order.len() as u32
    }

    /// How many are of `from` or later: whole minutes are summed, one is counted through.
    pub fn since(&self, from: Millis) -> u32 {
        let next = from.0 / MINUTE_MS + 1;
        let whole: u32 = self.minutes.range(next..).map(|(_, count)| count).sum();
        let part = self.order.range((from, ConversationId([0; 16]))..(Millis(next * MINUTE_MS), ConversationId([0; 16]))).count();
        whole + part as u32
    }

    /// Newest first, none older than `from`.
    pub fn newest(&self, from: Millis) -> impl Iterator<Item = ConversationId> {
        self.order.range((from, ConversationId([0; 16]))..).rev().map(|(_, conversation)| *conversation)
    }
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pool {
    /// By when the buyer last wrote.
    pub written: Newest,
    /// Those who asked for a person, by when.
    pub asked: Newest,
}

impl Pool {
    pub fn insert(&mut self, conversation: ConversationId, last: Millis, asked: Option<Millis>) {
        self.written.insert(last, conversation);
        if let Some(at) = asked {
            self.asked.insert(at, conversation);
        }
    }

    pub fn remove(&mut self, conversation: ConversationId, last: Millis, asked: Option<Millis>) {
        self.written.remove(last, conversation);
        if let Some(at) = asked {
            self.asked.remove(at, conversation);
        }
    }

    pub fn len(&self) -> u32 {
        self.written.len()
    }
}
