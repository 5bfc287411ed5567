//! Rules made fast: what of the settings a buyer's facts can reach at all, found by value and not by trying everything.
//!
//! Derived from [`Settings`] when they change, never stored. It decides nothing: a rule found here is one of which
//! [`Condition::holds`] is true, and [`Compiled::scope`] is DIV-2 to the letter. It must never find fewer or other rules
//! than trying all of them, top to bottom, would.

mod rules;

use super::super::facts::{Facts, OrderStatus, order_status};
use super::super::id::{GroupNo, Millis};
use super::super::schedule::WeekMinute;
use super::condition::{Condition, WeekWindow};
use super::{Scope, Settings};
use aho_corasick::AhoCorasick;
use rules::Rules;
use smallvec::SmallVec;
use std::collections::{BTreeSet, HashMap};

/// A fact whose values are words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    Tag,
    Level,
    Product,
    Category,
    Keyword,
    Entry,
    Language,
    Channel,
    Region,
}

impl Field {
    const ALL: [Field; 9] = [
        Field::Tag,
        Field::Level,
        Field::Product,
        Field::Category,
        Field::Keyword,
        Field::Entry,
        Field::Language,
        Field::Channel,
        Field::Region,
    ];

    /// What is known of it. Empty words are nothing known.
    fn told(self, facts: &Facts) -> &[String] {
        let one = match self {
            Field::Tag => return &facts.tags,
            Field::Keyword => return &facts.keywords,
            Field::Level => &facts.level,
            Field::Product => &facts.visit.product,
            Field::Category => &facts.visit.category,
            Field::Entry => &facts.visit.entry,
            Field::Language => &facts.visit.language,
            Field::Channel => &facts.visit.channel,
            Field::Region => &facts.visit.region,
        };
        std::slice::from_ref(one)
    }
}

impl Condition {
    /// The words of a condition on one field.
    pub(super) fn words(&self) -> Option<(Field, &[String])> {
        let (field, words) = match self {
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) | Condition::Order(_) | Condition::Week(_) => return None,
            Condition::Tag(words) => (Field::Tag, words),
            Condition::Level(words) => (Field::Level, words),
            Condition::Product(words) => (Field::Product, words),
            Condition::Category(words) => (Field::Category, words),
            Condition::Keyword(words) => (Field::Keyword, words),
            Condition::Entry(words) => (Field::Entry, words),
            Condition::Language(words) => (Field::Language, words),
            Condition::Channel(words) => (Field::Channel, words),
            Condition::Region(words) => (Field::Region, words),
        };
        Some((field, words))
    }
}

impl Scope {
    /// Its lists of words, in the order of the dimensions.
    pub(super) fn words(&self) -> [(Field, &[String]); 7] {
        [
            (Field::Tag, &self.tags),
            (Field::Level, &self.levels),
            (Field::Product, &self.products),
            (Field::Category, &self.categories),
            (Field::Keyword, &self.keywords),
            (Field::Entry, &self.entries),
            (Field::Language, &self.languages),
        ]
    }
}

/// The conditions of all rules that are not made of other conditions.
fn leaves(settings: &Settings) -> impl Iterator<Item = &Condition> {
    let mut left: Vec<&Condition> = settings.rules.iter().rev().map(|rule| &rule.when).collect();
    std::iter::from_fn(move || {
        loop {
            match left.pop()? {
                Condition::All(parts) | Condition::Any(parts) => left.extend(parts.iter().rev()),
                Condition::Not(part) => left.push(part),
                leaf => return Some(leaf),
            }
        }
    })
}

/// The windows of the week of all rules: where one begins or ends, other rules may hold.
pub fn week_windows(settings: &Settings) -> impl Iterator<Item = &WeekWindow> {
    leaves(settings).flat_map(|leaf| if let Condition::Week(windows) = leaf { windows.as_slice() } else { &[] })
}

/// The keywords of all scopes and rules, each once, sorted.
pub(super) fn keywords(settings: &Settings) -> BTreeSet<&str> {
    let of_scopes = settings.scopes.iter().flat_map(|scope| &scope.keywords);
    let of_rules = leaves(settings).flat_map(|leaf| if let Condition::Keyword(words) = leaf { words.as_slice() } else { &[] });
    of_scopes.chain(of_rules).map(String::as_str).filter(|word| !word.is_empty()).collect()
}

/// One value of a fact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Value<'a> {
    Word(Field, &'a str),
    Order(OrderStatus),
}

/// Numbers below a bound. That of all groups or rules takes no allocation.
#[derive(Clone, Debug, Default)]
struct Set(SmallVec<[u64; 16]>);

impl Set {
    fn none(below: usize) -> Set {
        Set(SmallVec::from_elem(0, below.div_ceil(64)))
    }
    fn add(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }
    fn has(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 == 1
    }
    /// Those below a bound, and perhaps a few above it.
    fn below(&self, bound: usize) -> Set {
        Set(SmallVec::from_slice(&self.0[..bound.div_ceil(64)]))
    }
    fn keep(&mut self, other: &Set) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
    }
    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
    fn into_ascending(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, word)| {
            let bits = std::iter::successors(Some(word), |word| word.checked_sub(1).map(|less| word & less)).take_while(|word| *word != 0);
            bits.map(move |word| 64 * at + word.trailing_zeros() as usize)
        })
    }
}

/// Numbers (of scopes, of rules, of lists of values) by the values they are bound to.
#[derive(Debug, Default)]
struct Index {
    words: [HashMap<String, Vec<usize>>; Field::ALL.len()],
    orders: [Vec<usize>; OrderStatus::ALL.len()],
}

impl Index {
    fn bind(&mut self, value: Value, number: usize) {
        match value {
            Value::Word(field, word) => self.words[field as usize].entry(word.into()).or_default().push(number),
            Value::Order(order) => self.orders[order as usize].push(number),
        }
    }
    fn add_told(&self, field: Field, facts: &Facts, to: &mut Set) {
        let by_word = &self.words[field as usize];
        let told = field.told(facts).iter().filter(|word| !word.is_empty());
        told.filter_map(|word| by_word.get(word)).flatten().for_each(|number| to.add(*number));
    }
    fn add_order(&self, order: OrderStatus, to: &mut Set) {
        self.orders[order as usize].iter().for_each(|number| to.add(*number));
    }
}

/// Finds the keywords in a text.
#[derive(Debug)]
struct Keywords {
    /// As the settings spell them, sorted.
    spelled: Vec<String>,
    finder: AhoCorasick,
}

impl Keywords {
    fn new(spelled: BTreeSet<&str>) -> Option<Keywords> {
        if spelled.is_empty() {
            return None;
        }
        // All that check.rs lets pass is a thousandth of what the finder can hold.
        let finder = AhoCorasick::new(spelled.iter().map(|word| lower(word))).ok()?;
        Some(Keywords { spelled: spelled.into_iter().map(String::from).collect(), finder })
    }
    fn within(&self, text: &str) -> Vec<String> {
        let text = lower(text);
        let mut found = self.finder.find_overlapping_iter(&text).peekable();
        if found.peek().is_none() {
            return Vec::new();
        }
        let mut set = Set::none(self.spelled.len());
        found.for_each(|word| set.add(word.pattern().as_usize()));
        set.into_ascending().map(|word| self.spelled[word].clone()).collect()
    }
}

/// Lower case. A sigma is the same at the end of a word and within it.
fn lower(text: &str) -> String {
    let text = text.to_lowercase();
    if text.contains('ς') { text.replace('ς', "σ") } else { text }
}

/// What the reception scopes leave (DIV-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowed {
    /// The dimensions that were not skipped. Bit 0: buyer, 1: product, 2: intent, 3: order status.
    pub by: u8,
    /// In the order of the settings. Never empty.
    pub groups: SmallVec<[GroupNo; 8]>,
}

/// The dimensions of a reception scope but the last, the order status.
const DIMENSIONS: [&[Field]; 3] =
    [&[Field::Tag, Field::Level], &[Field::Product, Field::Category], &[Field::Keyword, Field::Entry, Field::Language]];

/// The settings, ready to be asked.
#[derive(Debug, Default)]
pub struct Compiled {
    keywords: Option<Keywords>,
    /// The group of each scope.
    groups: Vec<GroupNo>,
    scopes: Index,
    rules: Rules,
}

impl Compiled {
    pub fn new(settings: &Settings) -> Compiled {
        let mut scopes = Index::default();
        for (number, scope) in settings.scopes.iter().enumerate() {
            let words = scope.words().into_iter().flat_map(|(field, words)| words.iter().map(move |word| Value::Word(field, word)));
            words.chain(scope.orders.iter().map(|order| Value::Order(*order))).for_each(|value| scopes.bind(value, number));
        }
        let groups = settings.scopes.iter().map(|scope| scope.group).collect();
        Compiled { keywords: Keywords::new(keywords(settings)), groups, scopes, rules: Rules::new(settings) }
    }

    /// The keywords of all scopes and rules that are in this text, whatever its case; each once, as the settings spell them, sorted.
    pub fn keywords(&self, text: &str) -> Vec<String> {
        self.keywords.as_ref().map_or_else(Vec::new, |keywords| keywords.within(text))
    }

    /// The groups that the reception scopes leave for a buyer (DIV-2). None where every dimension was skipped.
    pub fn scope(&self, facts: &Facts, now: Millis) -> Option<Narrowed> {
        let (mut by, mut left) = (0, None);
        for dimension in 0..=DIMENSIONS.len() {
            let mut bound = Set::none(self.groups.len());
            match DIMENSIONS.get(dimension) {
                Some(fields) => fields.iter().for_each(|field| self.scopes.add_told(*field, facts, &mut bound)),
                None => self.scopes.add_order(order_status(facts.order, now), &mut bound),
            }
            if let Some(left) = &left {
                bound.keep(left);
            }
            if !bound.is_empty() {
                (by, left) = (by | 1 << dimension, Some(bound));
            }
        }
        left.map(|left| Narrowed { by, groups: left.into_ascending().map(|scope| self.groups[scope]).collect() })
    }

    /// The indexes of the rules that hold, from the top, in the settings it was made of.
    pub fn holding<'a>(&'a self, facts: &'a Facts, now: Millis, minute: WeekMinute) -> impl Iterator<Item = usize> + 'a {
        self.rules.holding(facts, now, minute)
    }
}
