//! Diversion 分流 settings of a shop: one document, edited as one draft, checked and applied as a whole (DIV-11).
//!
//! Here is what the settings *are*; [`condition`] says when a rule holds, [`compile`] makes matching fast, [`check`] refuses what
//! makes no sense. Who receives a buyer is decided in `domain::dispatcher`.

pub mod check;
pub mod compile;
pub mod condition;

use super::facts::OrderStatus;
use super::id::{AgentNo, GroupNo};
use super::offline::{DayWindow, Offline};
use crate::limits::HOUR_MS;
use condition::Condition;
use serde::{Deserialize, Serialize};

/// A group 分流分组.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    /// Open receptions the group holds at once (DIV-4). None: unlimited.
    pub capacity: Option<u32>,
    /// 欢迎语 (TXT-4) of whom it receives; empty: the shop's.
    pub welcome: String,
}

/// Where a rule sends a reception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    Groups(Vec<GroupNo>),
    /// 指定客服.
    Agents(Vec<AgentNo>),
}

/// One diversion rule. Rules apply top to bottom; the first that holds and has somebody online wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub name: String,
    pub when: Condition,
    pub target: Target,
}

/// Reception scope 接待范围 of a group (DIV-2). An empty list leaves the group unbound in that dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub group: GroupNo,
    // first dimension: the buyer
    pub tags: Vec<String>,
    pub levels: Vec<String>,
    // second: the product
    pub products: Vec<String>,
    pub categories: Vec<String>,
    // third: the intent
    pub keywords: Vec<String>,
    pub entries: Vec<String>,
    pub languages: Vec<String>,
    // fourth: the order
    pub orders: Vec<OrderStatus>,
}

impl Scope {
    /// A group bound to nothing.
    pub fn unbound(group: GroupNo) -> Scope {
        Scope {
            group,
            tags: Vec::new(),
            levels: Vec::new(),
            products: Vec::new(),
            categories: Vec::new(),
            keywords: Vec::new(),
            entries: Vec::new(),
            languages: Vec::new(),
            orders: Vec::new(),
        }
    }
}

/// A step of DIV-1 that prefers one agent. Which are used, and in which order, is a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preference {
    /// DIV-1.2 最近联系人.
    RecentContact,
    /// DIV-1.3 专属客服.
    Dedicated,
}

/// How one is picked among those who may receive (DIV-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    /// Lowest load ÷ weight; equal: received least recently, in weighted time.
    WeightedLeastLoad,
    /// Smooth weighted round robin.
    WeightedRoundRobin,
    LeastRecentlyAssigned,
}

/// DIV-1.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Within this window the last agent receives the buyer if online, suspended or not.
    pub any_ms: u64,
    /// Within this window if online and not suspended, else a colleague, same group first.
    pub online_ms: u64,
    /// Does the capacity bind a recent contact?
    pub obeys_capacity: bool,
}

/// DIV-5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Receptions that may wait at once; one more goes to offline handling.
    pub length_max: u32,
    /// How long one waits before offline handling applies. None: without end.
    pub wait_ms_max: Option<u64>,
}

/// DIV-7: who does not answer loses the reception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoAnswer {
    /// None: off.
    pub after_ms: Option<u64>,
    /// Also on later rounds, not only before the agent's first answer.
    pub later_rounds: bool,
    /// How often one reception may be moved, 1 to 10.
    pub moves_max: u32,
    /// Suspend an agent who missed so many in a row. None: never.
    pub suspend_after: Option<u32>,
}

/// Which welcome texts a buyer is told, and in which order (TXT-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Greeting {
    TeamFirst,
    OwnFirst,
    TeamOnly,
    OwnOnly,
    None,
}

/// 欢迎语 (TXT-4), once per reception, when it first has somebody who receives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The team's, where the group has none of its own. Empty: nothing.
    pub text: String,
    pub order: Greeting,
}

/// The settings. The numbers are the shop's, with SPEC's defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// IANA name of the shop's time zone.
    pub zone: String,
    /// DIV-1.1: is the shop gate used? Without it a buyer waits in the queue where nobody is online.
    pub gate: bool,
    /// DIV-1.2 and 3: those used, in this order.
    pub preferences: Vec<Preference>,
    pub recent: Recent,
    /// DIV-2, first part of DIV-1.5. Empty: not used.
    pub scopes: Vec<Scope>,
    pub rules: Vec<Rule>,
    /// DIV-1.6. None: every receivable agent of the shop.
    pub fallback_group: Option<GroupNo>,
    pub strategy: Strategy,
    /// DIV-3: more unanswered than this is busy 繁忙.
    pub busy_above: u32,
    /// DIV-6: how long a broken connection costs nothing.
    pub offline_grace_ms: u64,
    pub queue: Queue,
    pub no_answer: NoAnswer,
    pub offline: Offline,
    pub welcome: Welcome,
}

impl Settings {
    /// What decides when the automatic assignment fires: whether it is on, its windows, its slots, the zone.
    pub fn schedule(&self) -> (bool, &[DayWindow], u16, &str) {
        let automatic = &self.offline.automatic;
        (automatic.on, &automatic.windows, automatic.slot_min, &self.zone)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            zone: "Asia/Shanghai".into(),
            gate: true,
            preferences: vec![Preference::RecentContact, Preference::Dedicated],
            recent: Recent { any_ms: 24 * HOUR_MS, online_ms: 72 * HOUR_MS, obeys_capacity: true },
            scopes: Vec::new(),
            rules: Vec::new(),
            fallback_group: None,
            strategy: Strategy::WeightedLeastLoad,
            busy_above: 4,
            offline_grace_ms: 60_000,
            queue: Queue { length_max: 1_000, wait_ms_max: Some(HOUR_MS / 2) },
            no_answer: NoAnswer { after_ms: None, later_rounds: false, moves_max: 3, suspend_after: None },
            offline: Offline::default(),
            welcome: Welcome { text: String::new(), order: Greeting::TeamFirst },
        }
    }
}
