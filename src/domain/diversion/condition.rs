//! When a rule holds (DIV-2): any of a buyer's facts, combined with all, any and not, in a time window of the week.

use super::super::facts::{Facts, OrderStatus, order_status};
use super::super::id::Millis;
use super::super::schedule::WeekMinute;
use serde::{Deserialize, Serialize};

/// A condition. Lists of values hold where the buyer has one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// Holds where all hold; `All(vec![])` holds always.
    All(Vec<Condition>),
    /// Holds where one holds.
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Tag(Vec<String>),
    Level(Vec<String>),
    Product(Vec<String>),
    Category(Vec<String>),
    /// One of these words is in what the buyer wrote first, whatever its case.
    Keyword(Vec<String>),
    Entry(Vec<String>),
    Language(Vec<String>),
    Channel(Vec<String>),
    Region(Vec<String>),
    Order(Vec<OrderStatus>),
    /// In one of these windows of the week, in the shop's zone.
    Week(Vec<WeekWindow>),
}

/// A window of the week, on some days: from (inclusive) to (exclusive), in minutes of the day; `to` may be 1,440.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekWindow {
    /// Bit 0 is Monday.
    pub days: u8,
    pub from_min: u16,
    pub to_min: u16,
}

impl WeekWindow {
    /// Whether it holds at `minute`.
    pub fn holds(&self, minute: WeekMinute) -> bool {
        self.days >> minute.day & 1 == 1 && (self.from_min..self.to_min).contains(&minute.minute)
    }
}

impl Condition {
    /// Holds for everybody.
    pub fn always() -> Condition {
        Condition::All(Vec::new())
    }

    /// Whether it holds for a buyer with these facts at `now`, which is `minute` of the shop's week.
    pub fn holds(&self, facts: &Facts, now: Millis, minute: WeekMinute) -> bool {
        let one = |values: &[String], of: &str| !of.is_empty() && values.iter().any(|v| v == of);
        let visit = &facts.visit;
        match self {
            Condition::All(all) => all.iter().all(|c| c.holds(facts, now, minute)),
            Condition::Any(any) => any.iter().any(|c| c.holds(facts, now, minute)),
            Condition::Not(not) => !not.holds(facts, now, minute),
            Condition::Tag(tags) => facts.tags.iter().any(|tag| one(tags, tag)),
            Condition::Level(levels) => one(levels, &facts.level),
            Condition::Product(products) => one(products, &visit.product),
            Condition::Category(categories) => one(categories, &visit.category),
            Condition::Keyword(words) => facts.keywords.iter().any(|word| one(words, word)),
            Condition::Entry(entries) => one(entries, &visit.entry),
            Condition::Language(languages) => one(languages, &visit.language),
            Condition::Channel(channels) => one(channels, &visit.channel),
            Condition::Region(regions) => one(regions, &visit.region),
            Condition::Order(orders) => orders.contains(&order_status(facts.order, now)),
            Condition::Week(windows) => windows.iter().any(|w| w.holds(minute)),
        }
    }
}
