//! What can be seen of conditions without a buyer: which contradict themselves, which follow from others.
//!
//! It proves or says no: a contradiction that it does not see is none, and what it cannot derive does not follow. There can be more
//! ways to a proof than anybody can try, so all of a draft share a number of [`Steps`]; after the last one nothing follows.

use super::super::compile::Field;
use super::super::condition::Condition;
use crate::limits;
use std::collections::BTreeMap;

/// The steps that are left.
pub(super) struct Steps(u32);

impl Steps {
    pub(super) fn new() -> Steps {
        Steps(limits::PROOF_STEPS_MAX)
    }
    /// Takes some, if there are as many left; if not, none are left.
    fn take(&mut self, count: u32) -> bool {
        let enough = self.0 >= count;
        self.0 = self.0.saturating_sub(count);
        enough
    }
}

/// The same condition with its values in order, each once.
pub(super) fn sorted(condition: &Condition) -> Condition {
    let mut copy = condition.clone();
    let mut left = vec![&mut copy];
    while let Some(condition) = left.pop() {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => left.extend(parts),
            Condition::Not(part) => left.push(part),
            Condition::Tag(words)
            | Condition::Level(words)
            | Condition::Product(words)
            | Condition::Category(words)
            | Condition::Keyword(words)
            | Condition::Entry(words)
            | Condition::Language(words)
            | Condition::Channel(words)
            | Condition::Region(words) => {
                words.sort_unstable();
                words.dedup();
            }
            Condition::Order(orders) => {
                orders.sort_unstable();
                orders.dedup();
            }
            Condition::Week(_) => {}
        }
    }
    copy
}

/// Whether `one` holds only where `other` holds. Both [`sorted`].
pub(super) fn implies(one: &Condition, other: &Condition, steps: &mut Steps) -> bool {
    if !steps.take(1) {
        return false;
    }
    match (one, other) {
        (_, Condition::All(parts)) => parts.iter().all(|part| implies(one, part, steps)),
        (Condition::Any(parts), _) => !parts.is_empty() && parts.iter().all(|part| implies(part, other, steps)),
        (_, Condition::Any(parts)) if parts.iter().any(|part| implies(one, part, steps)) => true,
        (Condition::All(parts), _) => parts.iter().any(|part| implies(part, other, steps)),
        (Condition::Not(one), Condition::Not(other)) => implies(other, one, steps),
        (Condition::Order(one), Condition::Order(other)) => within(one, other, steps),
        (Condition::Week(one), Condition::Week(other)) => one.len() == other.len() && steps.take(one.len() as u32) && one == other,
        _ => match (one.words(), other.words()) {
            (Some((field, one)), Some((same, other))) => field == same && within(one, other, steps),
            _ => false,
        },
    }
}

/// Whether `many` holds all of `few`; both ascend, each value once.
fn within<T: Ord>(few: &[T], many: &[T], steps: &mut Steps) -> bool {
    let each = many.len().checked_ilog2().unwrap_or(0) + 1;
    let found = |one: &T| steps.take(each) && many.binary_search(one).is_ok();
    !few.is_empty() && few.len() <= many.len() && few.iter().all(found)
}

/// Whether a condition contradicts itself: it wants two values of a fact that has one, or something and its opposite.
/// Lists of nothing count as if they could hold: they are faults of their own.
pub(super) fn never(condition: &Condition, steps: &mut Steps) -> bool {
    let whole = sorted(condition);
    let required = required(&whole);
    required.iter().any(|part| matches!(part, Condition::Not(denied) if implies(&whole, denied, steps)))
        || torn(&required)
        || required
            .iter()
            .any(|part| matches!(part, Condition::Any(parts) if !parts.is_empty() && parts.iter().all(|part| never(part, steps))))
}

/// What must hold for a condition to hold: the parts of an `All`, those within them opened too.
fn required(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::All(parts) => parts.iter().flat_map(required).collect(),
        other => vec![other],
    }
}

/// Whether these ask for different values of a fact that has only one.
fn torn(required: &[&Condition]) -> bool {
    let mut words_left = BTreeMap::<Field, Vec<&String>>::new();
    let mut orders_left = None;
    for part in required {
        match (part, part.words()) {
            (_, Some((Field::Tag | Field::Keyword, _))) => {}
            (_, Some((field, words))) if !words.is_empty() => {
                let left = words_left.entry(field).or_insert_with(|| words.iter().collect());
                left.retain(|word| words.binary_search(word).is_ok());
            }
            (Condition::Order(orders), _) if !orders.is_empty() => {
                orders_left.get_or_insert_with(|| orders.clone()).retain(|order| orders.contains(order));
            }
            _ => {}
        }
    }
    words_left.values().any(Vec::is_empty) || orders_left.is_some_and(|orders| orders.is_empty())
}
