//! The settings of the desk: labels, roles, priority rules, archive, the texts of fulfilment, time limits. One document per shop, set as a whole.
//!
//! Numbers in it are stable: what refers to a label or a role by number goes on doing so after a change.

pub mod check;
pub mod time;

use super::facts::{OrderStatus, Priority};
use super::permission::Permissions;
use serde::{Deserialize, Serialize};
use time::{HealthRule, TimeLimits};

/// A label 标签 of a shop, by its number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LabelNo(pub u16);

/// A label (INB-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub no: LabelNo,
    pub name: String,
    /// `#rrggbb`, lower case.
    pub colour: String,
}

/// A role of the shop's own making (ACC-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRole {
    pub no: u16,
    pub name: String,
    pub permissions: Permissions,
}

/// When a conversation or a notice is of a priority (INB-2). All that is said must hold; an empty list says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityRule {
    pub name: String,
    /// Kinds of notices; a rule that names some is about notices only.
    pub kinds: Vec<String>,
    /// In what the buyer wrote last, or in a notice's title or text; any of these.
    pub keywords: Vec<String>,
    pub orders: Vec<OrderStatus>,
    pub tags: Vec<String>,
    /// The buyer has waited for an answer this long.
    pub waited_min: Option<u32>,
    pub priority: Priority,
}

/// INB-12.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveRule {
    /// Days after the order was done with.
    pub after_days: u16,
    /// The owner confirms each.
    pub confirm: bool,
    /// The owner is mailed one day before.
    pub mail: bool,
    /// How long archived conversations are kept. None: for ever.
    pub keep_days: Option<u16>,
}

/// The texts of the three scenes (TXT-3): templates. None: nothing is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfilment {
    pub confirmed: Option<String>,
    pub shipped: Option<String>,
    pub logistics: Option<String>,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    pub labels: Vec<Label>,
    pub roles: Vec<OwnRole>,
    /// Top to bottom; the first that holds decides.
    pub priorities: Vec<PriorityRule>,
    pub archive: ArchiveRule,
    pub fulfilment: Fulfilment,
    /// Drafts are the same on all devices of an account (INB-11).
    pub draft_sync: bool,
    /// Time limits, business hours (SLA-1 … SLA-4).
    pub time: TimeLimits,
    /// MET-2.
    pub health: HealthRule,
}

impl Desk {
    /// Whether the shop has this label; one that it gave up is shown nowhere.
    pub fn has_label(&self, no: LabelNo) -> bool {
        self.labels.iter().any(|label| label.no == no)
    }
}

impl Default for Desk {
    fn default() -> Desk {
        Desk {
            labels: Vec::new(),
            roles: Vec::new(),
            priorities: Vec::new(),
            archive: ArchiveRule { after_days: 30, confirm: false, mail: false, keep_days: Some(90) },
            fulfilment: Fulfilment::default(),
            draft_sync: true,
            time: TimeLimits::default(),
            health: HealthRule::default(),
        }
    }
}
