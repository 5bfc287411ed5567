//! JSON of the settings of the desk: the same words in a draft, in what runs, and in the places of its faults.

use super::rule::{OrderStatus, same};
use super::shop::Priority;
use super::time::{HealthRule, TimeLimits};
use crate::domain::desk::{self, LabelNo};
use crate::domain::permission::{Permission as DomainPermission, Permissions};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One right of an account (ACC-1).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Answers buyers: its own conversations, labels, notes, drafts.
    Serve,
    /// Sees, and with `serve` acts on, every conversation of the shop.
    Oversee,
    /// The offline pool, and assigning from it.
    Pool,
    /// Edits the texts of shop and groups.
    TeamTexts,
    /// 黑名单.
    Blacklist,
    /// Sees all orders of the shop.
    Orders,
    /// Archives and restores.
    Archive,
    /// Takes data out.
    Export,
    /// Reads settings, accounts and the audit.
    Review,
    /// Changes settings, groups and accounts.
    Manage,
    /// Reports and records.
    Reports,
}
same! { Permission, DomainPermission, Serve Oversee Pool TeamTexts Blacklist Orders Archive Export Review Manage Reports }

/// A label 标签 for conversations and messages.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// From 1; it stays with the label for ever, whatever its name, and is not used again: a new label takes the next.
    pub no: u16,
    #[schema(example = "待跟进")]
    pub name: String,
    #[schema(example = "#d93026")]
    pub colour: String,
}

/// A role of the shop's own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnRole {
    /// From 1; accounts name it by this: `{"own": 1}`.
    pub no: u16,
    #[schema(example = "夜班组长")]
    pub name: String,
    pub permissions: Vec<Permission>,
}

/// When a conversation or a notice is of a priority (INB-2). All that is said must hold; the first rule that holds decides.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriorityRule {
    pub name: String,
    /// Kinds of notices; a rule that names some is about notices only.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Any of these in what the buyer wrote last, or in the notice.
    #[serde(default)]
    pub keywords: Vec<String>,
    #[serde(default)]
    pub orders: Vec<OrderStatus>,
    /// Buyer tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The buyer has waited for an answer this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_min: Option<u32>,
    pub priority: Priority,
}

/// 归档 (INB-12).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Archive {
    /// Days after the order was closed. Default 30.
    pub after_days: u16,
    /// The owner confirms each. Default false.
    pub confirm: bool,
    /// The owner is mailed one day before. Default false.
    pub mail: bool,
    /// How long archived conversations are kept. Default 90; null: for ever.
    pub keep_days: Option<u16>,
}

/// What the system tells a buyer of an order (TXT-3): templates. Absent: nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fulfilment {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "您的订单 {订单号} 已确认。")]
    pub confirmed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipped: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logistics: Option<String>,
}

/// The settings of the desk, as a whole: read it, change it, send all of it back. What is left out becomes as in a new shop; labels and
/// roles are required, so that an empty document does not wipe out a full one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// At most 200.
    pub labels: Vec<Label>,
    /// At most 50.
    pub roles: Vec<OwnRole>,
    /// Top to bottom, at most 100.
    #[serde(default)]
    pub priorities: Vec<PriorityRule>,
    #[serde(default)]
    pub archive: Archive,
    #[serde(default)]
    pub fulfilment: Fulfilment,
    /// Drafts are the same on all devices of an account. Default true.
    #[serde(default = "draft_sync")]
    pub draft_sync: bool,
    #[serde(default)]
    pub time: TimeLimits,
    #[serde(default)]
    pub health: HealthRule,
    /// The version that was edited, as it was read; refused as `outdated` where another one runs. Absent: whatever runs.
    #[serde(default, skip_serializing, rename = "version", alias = "based_on")]
    pub based_on: Option<u32>,
}

fn draft_sync() -> bool {
    desk::Desk::default().draft_sync
}

/// The settings that run.
#[derive(Serialize, ToSchema)]
pub struct DeskNow {
    /// 0: the defaults, which nobody has set.
    pub version: u32,
    #[serde(flatten)]
    pub desk: Desk,
}

#[derive(Serialize, ToSchema)]
pub struct DeskSet {
    pub version: u32,
}

impl Default for Archive {
    fn default() -> Archive {
        (&desk::Desk::default().archive).into()
    }
}

impl From<&desk::ArchiveRule> for Archive {
    fn from(a: &desk::ArchiveRule) -> Archive {
        Archive { after_days: a.after_days, confirm: a.confirm, mail: a.mail, keep_days: a.keep_days }
    }
}

impl From<PriorityRule> for desk::PriorityRule {
    fn from(r: PriorityRule) -> desk::PriorityRule {
        let orders = r.orders.into_iter().map(Into::into).collect();
        let (waited_min, priority) = (r.waited_min, r.priority.into());
        desk::PriorityRule { name: r.name, kinds: r.kinds, keywords: r.keywords, orders, tags: r.tags, waited_min, priority }
    }
}

impl From<&desk::PriorityRule> for PriorityRule {
    fn from(r: &desk::PriorityRule) -> PriorityRule {
        PriorityRule {
            name: r.name.clone(),
            kinds: r.kinds.clone(),
            keywords: r.keywords.clone(),
            orders: r.orders.iter().copied().map(Into::into).collect(),
            tags: r.tags.clone(),
            waited_min: r.waited_min,
            priority: r.priority.into(),
        }
    }
}

impl From<Desk> for desk::Desk {
    fn from(d: Desk) -> desk::Desk {
        let label = |l: Label| desk::Label { no: LabelNo(l.no), name: l.name, colour: l.colour.to_ascii_lowercase() };
        let role = |r: OwnRole| {
            let permissions: Vec<DomainPermission> = r.permissions.into_iter().map(Into::into).collect();
            desk::OwnRole { no: r.no, name: r.name, permissions: Permissions::of(&permissions) }
        };
        let Archive { after_days, confirm, mail, keep_days } = d.archive;
        let Fulfilment { confirmed, shipped, logistics } = d.fulfilment;
        desk::Desk {
            labels: d.labels.into_iter().map(label).collect(),
            roles: d.roles.into_iter().map(role).collect(),
            priorities: d.priorities.into_iter().map(Into::into).collect(),
            archive: desk::ArchiveRule { after_days, confirm, mail, keep_days },
            fulfilment: desk::Fulfilment { confirmed, shipped, logistics },
            draft_sync: d.draft_sync,
            time: d.time.into(),
            health: d.health.into(),
        }
    }
}

impl From<&desk::Desk> for Desk {
    fn from(d: &desk::Desk) -> Desk {
        let label = |l: &desk::Label| Label { no: l.no.0, name: l.name.clone(), colour: l.colour.clone() };
        let role = |r: &desk::OwnRole| {
            let permissions = r.permissions.list().map(Into::into).collect();
            OwnRole { no: r.no, name: r.name.clone(), permissions }
        };
        let desk::Fulfilment { confirmed, shipped, logistics } = d.fulfilment.clone();
        Desk {
            labels: d.labels.iter().map(label).collect(),
            roles: d.roles.iter().map(role).collect(),
            priorities: d.priorities.iter().map(Into::into).collect(),
            archive: (&d.archive).into(),
            fulfilment: Fulfilment { confirmed, shipped, logistics },
            draft_sync: d.draft_sync,
            time: (&d.time).into(),
            health: (&d.health).into(),
            based_on: None,
        }
    }
}
