//! What can be seen of conditions without a buyer: how deep they are, which contradict themselves, which follow from others.
//!
//! It proves or says no: a contradiction that it does not see is none, and what it cannot derive does not follow.

use super::super::compile::Field;
use super::super::condition::Condition;
use crate::limits;
use std::collections::BTreeMap;

/// Whether a condition is no deeper than it may be. All else here goes as deep as the condition does.
pub(super) fn shallow(condition: &Condition) -> bool {
    let mut left = vec![(condition, 1)];
    while let Some((condition, depth)) = left.pop() {
        match condition {
            _ if depth > limits::CONDITION_DEPTH_MAX => return false,
            Condition::All(parts) | Condition::Any(parts) => left.extend(parts.iter().map(|part| (part, depth + 1))),
            Condition::Not(part) => left.push((part, depth + 1)),
            _ => {}
        }
    }
    true
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
pub(super) fn implies(one: &Condition, other: &Condition) -> bool {
    if one == other {
        return true;
    }
    match (one, other) {
        (_, Condition::All(parts)) => parts.iter().all(|part| implies(one, part)),
        (Condition::Any(parts), _) => !parts.is_empty() && parts.iter().all(|part| implies(part, other)),
        (_, Condition::Any(parts)) if parts.iter().any(|part| implies(one, part)) => true,
        (Condition::All(parts), _) => parts.iter().any(|part| implies(part, other)),
        (Condition::Not(one), Condition::Not(other)) => implies(other, one),
        (Condition::Order(one), Condition::Order(other)) => within(one, other),
        _ => match (one.words(), other.words()) {
            (Some((field, one)), Some((same, other))) => field == same && within(one, other),
            _ => false,
        },
    }
}

/// Whether `many` holds all of `few`; both ascend.
fn within<T: PartialEq>(few: &[T], many: &[T]) -> bool {
    let mut many = many.iter();
    !few.is_empty() && few.iter().all(|one| many.any(|other| other == one))
}

/// Whether a condition contradicts itself: it wants two values of a fact that has one, or something and its opposite.
/// Lists of nothing count as if they could hold: they are faults of their own.
pub(super) fn never(condition: &Condition) -> bool {
    let whole = sorted(condition);
    let required = required(&whole);
    let denied = required.iter().any(|part| matches!(part, Condition::Not(denied) if implies(&whole, denied)));
    let hopeless = |part: &&Condition| matches!(part, Condition::Any(parts) if !parts.is_empty() && parts.iter().all(never));
    denied || torn(&required) || required.iter().any(hopeless)
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
