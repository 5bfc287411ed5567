//! JSON of rules and reception scopes (DIV-2): who is meant, and who serves them.

use crate::domain::diversion;
use crate::domain::diversion::condition::{self, WeekWindow as DomainWeekWindow};
use crate::domain::facts::OrderStatus as DomainOrderStatus;
use crate::domain::id::{AgentNo, GroupNo};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn groups_of(groups: Vec<u32>) -> Vec<GroupNo> {
    groups.into_iter().map(GroupNo).collect()
}

pub(super) fn agents_of(agents: Vec<u32>) -> Vec<AgentNo> {
    agents.into_iter().map(AgentNo).collect()
}

pub(super) fn group_numbers(groups: &[GroupNo]) -> Vec<u32> {
    groups.iter().map(|g| g.0).collect()
}

pub(super) fn agent_numbers(agents: &[AgentNo]) -> Vec<u32> {
    agents.iter().map(|a| a.0).collect()
}

/// Two enums with the same variants.
macro_rules! same {
    ($wire:ident, $domain:ty, $($variant:ident)*) => {
        impl From<$wire> for $domain {
            fn from(value: $wire) -> $domain {
                match value { $($wire::$variant => <$domain>::$variant),* }
            }
        }
        impl From<$domain> for $wire {
            fn from(value: $domain) -> $wire {
                match value { $(<$domain>::$variant => $wire::$variant),* }
            }
        }
    };
}
pub(super) use same;

/// The six statuses of an order for routing (INB-9).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// None, closed, or succeeded over 3 days ago.
    NoActive,
    /// Placed, unpaid.
    Unpaid,
    /// Paid, unshipped.
    Paid,
    Shipped,
    /// Within 3 days.
    Succeeded,
    AfterSale,
}
same! { OrderStatus, DomainOrderStatus, NoActive Unpaid Paid Shipped Succeeded AfterSale }

/// Where a rule sends a reception.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Groups(Vec<u32>),
    /// 指定客服.
    Agents(Vec<u32>),
}

impl From<Target> for diversion::Target {
    fn from(target: Target) -> diversion::Target {
        match target {
            Target::Groups(groups) => diversion::Target::Groups(groups_of(groups)),
            Target::Agents(agents) => diversion::Target::Agents(agents_of(agents)),
        }
    }
}

impl From<&diversion::Target> for Target {
    fn from(target: &diversion::Target) -> Target {
        match target {
            diversion::Target::Groups(groups) => Target::Groups(group_numbers(groups)),
            diversion::Target::Agents(agents) => Target::Agents(agent_numbers(agents)),
        }
    }
}

/// A window of the week, in the shop's zone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeekWindow {
    /// Bit 0 (1) is Monday, bit 6 (64) is Sunday; 31: Monday to Friday.
    #[schema(example = 31, minimum = 1, maximum = 127)]
    pub days: u8,
    /// Minute of the day, included.
    pub from_min: u16,
    /// Minute of the day, not included; up to 1440.
    pub to_min: u16,
}

/// When a rule holds. Lists of values hold where the buyer has one of them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// All of these; of none: always.
    #[schema(no_recursion)]
    All(Vec<Condition>),
    #[schema(no_recursion)]
    Any(Vec<Condition>),
    #[schema(no_recursion)]
    Not(Box<Condition>),
    /// Buyer tags.
    Tag(Vec<String>),
    Level(Vec<String>),
    Product(Vec<String>),
    Category(Vec<String>),
    /// One of these words is in what the buyer wrote first.
    Keyword(Vec<String>),
    Entry(Vec<String>),
    Language(Vec<String>),
    Channel(Vec<String>),
    Region(Vec<String>),
    Order(Vec<OrderStatus>),
    Week(Vec<WeekWindow>),
}

fn always() -> Condition {
    Condition::All(Vec::new())
}

impl From<Condition> for condition::Condition {
    fn from(condition: Condition) -> condition::Condition {
        use condition::Condition as To;
        let window = |w: WeekWindow| DomainWeekWindow { days: w.days, from_min: w.from_min, to_min: w.to_min };
        let parts = |parts: Vec<Condition>| parts.into_iter().map(Into::into).collect();
        match condition {
            Condition::All(all) => To::All(parts(all)),
            Condition::Any(any) => To::Any(parts(any)),
            Condition::Not(not) => To::Not(Box::new((*not).into())),
            Condition::Tag(words) => To::Tag(words),
            Condition::Level(words) => To::Level(words),
            Condition::Product(words) => To::Product(words),
            Condition::Category(words) => To::Category(words),
            Condition::Keyword(words) => To::Keyword(words),
            Condition::Entry(words) => To::Entry(words),
            Condition::Language(words) => To::Language(words),
            Condition::Channel(words) => To::Channel(words),
            Condition::Region(words) => To::Region(words),
            Condition::Order(orders) => To::Order(orders.into_iter().map(Into::into).collect()),
            Condition::Week(windows) => To::Week(windows.into_iter().map(window).collect()),
        }
    }
}

impl From<&condition::Condition> for Condition {
    fn from(condition: &condition::Condition) -> Condition {
        use condition::Condition as Of;
        let window = |w: &DomainWeekWindow| WeekWindow { days: w.days, from_min: w.from_min, to_min: w.to_min };
        let parts = |parts: &[Of]| parts.iter().map(Into::into).collect();
        match condition {
            Of::All(all) => Condition::All(parts(all)),
            Of::Any(any) => Condition::Any(parts(any)),
            Of::Not(not) => Condition::Not(Box::new((&**not).into())),
            Of::Tag(words) => Condition::Tag(words.clone()),
            Of::Level(words) => Condition::Level(words.clone()),
            Of::Product(words) => Condition::Product(words.clone()),
            Of::Category(words) => Condition::Category(words.clone()),
            Of::Keyword(words) => Condition::Keyword(words.clone()),
            Of::Entry(words) => Condition::Entry(words.clone()),
            Of::Language(words) => Condition::Language(words.clone()),
            Of::Channel(words) => Condition::Channel(words.clone()),
            Of::Region(words) => Condition::Region(words.clone()),
            Of::Order(orders) => Condition::Order(orders.iter().map(|o| (*o).into()).collect()),
            Of::Week(windows) => Condition::Week(windows.iter().map(window).collect()),
        }
    }
}

/// A diversion rule.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Each has its own.
    pub name: String,
    /// Absent: for every buyer.
    #[serde(default = "always")]
    pub when: Condition,
    pub target: Target,
}

impl From<Rule> for diversion::Rule {
    fn from(r: Rule) -> diversion::Rule {
        diversion::Rule { name: r.name, when: r.when.into(), target: r.target.into() }
    }
}

impl From<&diversion::Rule> for Rule {
    fn from(r: &diversion::Rule) -> Rule {
        Rule { name: r.name.clone(), when: (&r.when).into(), target: (&r.target).into() }
    }
}

/// Reception scope 接待范围 of a group (DIV-2). An empty list leaves the group unbound in that dimension.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceptionScope)]
pub struct Scope {
    pub group: u32,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub levels: Vec<String>,
    #[serde(default)]
    pub products: Vec<String>,
    #[serde(default)]
    pub categories: Vec<String>,
    #[serde(default)]
    pub keywords: Vec<String>,
    #[serde(default)]
    pub entries: Vec<String>,
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub orders: Vec<OrderStatus>,
}

impl From<Scope> for diversion::Scope {
    fn from(s: Scope) -> diversion::Scope {
        diversion::Scope {
            group: GroupNo(s.group),
            tags: s.tags,
            levels: s.levels,
            products: s.products,
            categories: s.categories,
            keywords: s.keywords,
            entries: s.entries,
            languages: s.languages,
            orders: s.orders.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&diversion::Scope> for Scope {
    fn from(s: &diversion::Scope) -> Scope {
        Scope {
            group: s.group.0,
            tags: s.tags.clone(),
            levels: s.levels.clone(),
            products: s.products.clone(),
            categories: s.categories.clone(),
            keywords: s.keywords.clone(),
            entries: s.entries.clone(),
            languages: s.languages.clone(),
            orders: s.orders.iter().map(|o| (*o).into()).collect(),
        }
    }
}
