//! JSON round the diversion document: what runs, what is wrong with a draft, versions and what differs between them (DIV-11).

use super::diversion::Diversion;
use crate::domain::diversion::check::Fault;
use crate::domain::event::Actor;
use crate::domain::view::SettingsVersion;
use crate::door::{Checked, Versioned};
use crate::web::difference::{Change, difference};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who changed something: an account of the shop, the platform by the name of its API key, or a rule of the shop by its name.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Agent(u32),
    Platform(String),
    /// A rule of the shop, by itself.
    Rule,
}

impl From<&Actor> for By {
    fn from(by: &Actor) -> By {
        match by {
            Actor::Account(agent) => By::Agent(agent.0),
            Actor::Platform(name) => By::Platform(name.clone()),
        }
    }
}

/// The running document.
#[derive(Serialize, ToSchema)]
pub struct DiversionNow {
    /// 0: the defaults, which nobody has set.
    pub version: u32,
    #[serde(flatten)]
    pub document: Diversion,
}

impl From<Versioned> for DiversionNow {
    fn from(running: Versioned) -> DiversionNow {
        DiversionNow { version: running.version, document: (&*running.settings).into() }
    }
}

#[derive(Serialize, ToSchema)]
pub struct DiversionSet {
    pub version: u32,
}

/// One thing that is wrong with a draft.
#[derive(Serialize, ToSchema)]
pub struct FieldProblem {
    #[schema(example = "rules[2].target.groups[0]")]
    pub field: String,
    #[schema(example = "rule 3 (`vip`): there is no group 9")]
    pub problem: String,
}

impl From<&Fault> for FieldProblem {
    fn from(fault: &Fault) -> FieldProblem {
        FieldProblem { field: fault.field.clone(), problem: fault.problem.clone() }
    }
}

/// What would come of a draft. Nothing was changed.
#[derive(Serialize, ToSchema)]
pub struct DraftChecked {
    pub ok: bool,
    /// Everything that is wrong, not only the first.
    pub errors: Vec<FieldProblem>,
    /// What it would change.
    pub changes: Vec<Change>,
}

/// What leads from one document to another.
pub fn changes(before: &Diversion, after: &Diversion) -> Vec<Change> {
    let json = |document| serde_json::to_value(document).unwrap_or_default();
    difference(&json(before), &json(after))
}

impl DraftChecked {
    /// `draft`: as it was checked.
    pub fn new(checked: &Checked, draft: &Diversion) -> DraftChecked {
        let changes = changes(&(&*checked.running).into(), draft);
        DraftChecked { ok: checked.faults.is_empty(), errors: checked.faults.iter().map(Into::into).collect(), changes }
    }
}

/// One version.
#[derive(Serialize, ToSchema)]
pub struct VersionRow {
    pub version: u32,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub by: By,
    /// The version whose content it took up again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<u32>,
}

impl From<&SettingsVersion> for VersionRow {
    fn from(v: &SettingsVersion) -> VersionRow {
        VersionRow { version: v.version, at: v.at.0, by: (&v.by).into(), rolled_back_to: v.rolled_back_to }
    }
}

/// A page of versions, newest first.
#[derive(Serialize, ToSchema)]
pub struct Versions {
    pub versions: Vec<VersionRow>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// One version with its content.
#[derive(Serialize, ToSchema)]
pub struct VersionWhole {
    #[serde(flatten)]
    pub row: VersionRow,
    pub document: Diversion,
}

impl From<SettingsVersion> for VersionWhole {
    fn from(version: SettingsVersion) -> VersionWhole {
        VersionWhole { row: (&version).into(), document: (&*version.settings).into() }
    }
}

/// What differs between two versions.
#[derive(Serialize, ToSchema)]
pub struct Difference {
    pub changes: Vec<Change>,
}

/// Takes up the content of a version again, as a new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBack {
    /// 0: the defaults.
    pub version: u32,
}
