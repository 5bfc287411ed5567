//! The rules as trees over numbered lists of values. A decision looks each value of the buyer up once; after that a rule costs a bit
//! for each of its conditions, however long their lists are.
//!
//! It must never find other rules than [`Condition::holds`] does.

use super::super::super::facts::{Facts, order_status};
use super::super::super::id::Millis;
use super::super::super::schedule::WeekMinute;
use super::super::Settings;
use super::super::condition::{Condition, WeekWindow};
use super::{Field, Index, Set, Value, leaves};
use std::collections::HashMap;

const DAY_MIN: u16 = 1_440;

/// The values of a leaf; none for the week, and for conditions made of others.
fn values(condition: &Condition) -> Option<Vec<Value<'_>>> {
    match (condition, condition.words()) {
        (_, Some((field, words))) => Some(words.iter().map(|word| Value::Word(field, word)).collect()),
        (Condition::Order(orders), None) => Some(orders.iter().map(|order| Value::Order(*order)).collect()),
        _ => None,
    }
}

/// How many leaves of the rules name a value.
type Named<'a> = HashMap<Value<'a>, usize>;

/// Values of which a buyer must have one for the condition to hold; of several such sets the one that leads to the fewest
/// rules. None: the condition can hold whatever the buyer has.
fn anchor<'a>(condition: &'a Condition, named: &Named) -> Option<Vec<Value<'a>>> {
    let cost = |values: &Vec<Value>| values.iter().map(|value| named.get(value).copied().unwrap_or(0)).sum::<usize>();
    match condition {
        Condition::All(parts) => parts.iter().filter_map(|part| anchor(part, named)).min_by_key(cost),
        Condition::Any(parts) => {
            let each: Option<Vec<_>> = parts.iter().map(|part| anchor(part, named)).collect();
            each.map(|each| each.concat())
        }
        Condition::Not(_) | Condition::Week(_) => None,
        leaf => values(leaf),
    }
}

/// A condition. Whether it holds is seen from the numbers that hold and the minute.
#[derive(Debug)]
enum Tree {
    All(Box<[Tree]>),
    Any(Box<[Tree]>),
    Not(Box<Tree>),
    /// The number of a list of values.
    Values(usize),
    /// Minutes of the week, ascending: at each it begins or ends to hold, by turns.
    Week(Box<[u16]>),
}

impl Tree {
    fn holds(&self, holding: &Set, minute: u16) -> bool {
        match self {
            Tree::All(parts) => parts.iter().all(|part| part.holds(holding, minute)),
            Tree::Any(parts) => parts.iter().any(|part| part.holds(holding, minute)),
            Tree::Not(part) => !part.holds(holding, minute),
            Tree::Values(number) => holding.has(*number),
            Tree::Week(turns) => turns.partition_point(|turn| *turn <= minute) % 2 == 1,
        }
    }
}

/// Where windows begin and end, those that touch as one.
fn turns(windows: &[WeekWindow]) -> Box<[u16]> {
    let day = |window: &WeekWindow, day: u16| {
        let at = |minute: u16| day * DAY_MIN + minute.min(DAY_MIN);
        (window.days >> day & 1 == 1 && window.from_min < window.to_min).then(|| (at(window.from_min), at(window.to_min)))
    };
    let mut spans: Vec<(u16, u16)> = windows.iter().flat_map(|window| (0..7).filter_map(move |of| day(window, of))).collect();
    spans.sort_unstable();
    let mut turns: Vec<u16> = Vec::new();
    for (from, to) in spans {
        match turns.last_mut() {
            Some(end) if from <= *end => *end = to.max(*end),
            _ => turns.extend([from, to]),
        }
    }
    turns.into()
}

/// Numbers the lists of values, equal ones alike.
struct Numbering<'a> {
    next: usize,
    lists: HashMap<Vec<Value<'a>>, usize>,
}

impl<'a> Numbering<'a> {
    fn tree(&mut self, condition: &'a Condition) -> Tree {
        match condition {
            Condition::All(parts) | Condition::Any(parts) if parts.len() == 1 => self.tree(&parts[0]),
            Condition::All(parts) => Tree::All(parts.iter().map(|part| self.tree(part)).collect()),
            Condition::Any(parts) => Tree::Any(parts.iter().map(|part| self.tree(part)).collect()),
            Condition::Not(part) => match self.tree(part) {
                Tree::Not(part) => *part,
                part => Tree::Not(part.into()),
            },
            Condition::Week(windows) => Tree::Week(turns(windows)),
            leaf => {
                let mut list = values(leaf).unwrap_or_default();
                list.sort_unstable();
                list.dedup();
                Tree::Values(*self.lists.entry(list).or_insert_with(|| {
                    self.next += 1;
                    self.next - 1
                }))
            }
        }
    }
}

/// The rules of a shop.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// The numbers that a value makes hold. Below the count of the rules: rules that can hold then; above: lists that do.
    index: Index,
    /// Holds whatever the buyer has: rules that are bound to no value.
    anywhere: Set,
    trees: Vec<Tree>,
}

impl Rules {
    pub(super) fn new(settings: &Settings) -> Rules {
        let mut named = Named::new();
        leaves(settings).filter_map(values).flatten().for_each(|value| *named.entry(value).or_default() += 1);
        let mut numbering = Numbering { next: settings.rules.len(), lists: HashMap::new() };
        let trees = settings.rules.iter().map(|rule| numbering.tree(&rule.when)).collect();
        let (mut index, mut anywhere) = (Index::default(), Set::none(numbering.next));
        for (number, rule) in settings.rules.iter().enumerate() {
            match anchor(&rule.when, &named) {
                Some(values) => values.into_iter().for_each(|value| index.bind(value, number)),
                None => anywhere.add(number),
            }
        }
        for (list, number) in numbering.lists {
            list.into_iter().for_each(|value| index.bind(value, number));
        }
        Rules { index, anywhere, trees }
    }

    /// The indexes of the rules that hold, from the top.
    pub(super) fn holding(&self, facts: &Facts, now: Millis, minute: WeekMinute) -> impl Iterator<Item = usize> + '_ {
        let mut holding = self.anywhere.clone();
        Field::ALL.into_iter().for_each(|field| self.index.add_told(field, facts, &mut holding));
        self.index.add_order(order_status(facts.order, now), &mut holding);
        let minute = u16::from(minute.day) * DAY_MIN + minute.minute;
        let candidates = holding.below(self.trees.len()).into_ascending().take_while(|number| *number < self.trees.len());
        candidates.filter(move |rule| self.trees[*rule].holds(&holding, minute))
    }
}
