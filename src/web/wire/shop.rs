//! JSON of what a shop sets up, whoever does it: groups, accounts, what is known of buyers; and the record of changes (ACC-2).

use super::Role;
use super::desk::{Desk, Permission};
use super::diversion::Diversion;
use super::guard_audit::guard_row;
use super::notify::channel_row;
use super::rule::same;
use super::text::audit_row;
use super::version::By;
use crate::domain::diversion;
use crate::domain::event::{AgentSettings, Change as Changed, Event, Role as DomainRole};
use crate::domain::facts::{self, Priority as DomainPriority};
use crate::domain::id::{AgentNo, GroupNo, Millis};
use crate::domain::view;
use crate::door::{self, Before};
use crate::web::difference::{Change, difference};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A group 分流分组.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    pub name: String,
    /// Open receptions the group holds at once; absent: unlimited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// 欢迎语 of whom it receives, at most 200 characters; empty: the shop's, which stands in the diversion document.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub welcome: String,
}

impl From<&diversion::Group> for GroupSettings {
    fn from(group: &diversion::Group) -> GroupSettings {
        GroupSettings { name: group.name.clone(), capacity: group.capacity, welcome: group.welcome.clone() }
    }
}

impl From<GroupSettings> for diversion::Group {
    fn from(group: GroupSettings) -> diversion::Group {
        diversion::Group { name: group.name, capacity: group.capacity, welcome: group.welcome }
    }
}

#[derive(Serialize, ToSchema)]
pub struct GroupCreated {
    pub group: u32,
}

/// Membership of an account in a group.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembershipOf {
    pub group: u32,
    /// The account's own limit in this group; absent: only its limit as a whole counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
}

fn memberships(groups: Vec<MembershipOf>) -> Vec<(GroupNo, Option<u32>)> {
    groups.into_iter().map(|m| (GroupNo(m.group), m.capacity)).collect()
}

/// A new account of the shop's staff.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    pub login: String,
    pub name: String,
    pub password: String,
    pub role: Role,
    /// 接待权重; 0: never by rule.
    #[serde(default = "weight")]
    #[schema(default = 1)]
    pub weight: u32,
    /// 接待上限: open receptions at once.
    #[serde(default = "capacity")]
    #[schema(default = 20)]
    pub capacity: u32,
    #[serde(default)]
    pub groups: Vec<MembershipOf>,
    #[serde(default = "enabled")]
    #[schema(default = true)]
    pub enabled: bool,
}

fn weight() -> u32 {
    1
}

fn capacity() -> u32 {
    20
}

fn enabled() -> bool {
    true
}

/// An account's settings, as a whole.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountSettings {
    pub weight: u32,
    pub capacity: u32,
    pub groups: Vec<MembershipOf>,
    pub enabled: bool,
}

impl From<AccountSettings> for AgentSettings {
    fn from(s: AccountSettings) -> AgentSettings {
        AgentSettings { weight: s.weight, capacity: s.capacity, groups: memberships(s.groups), enabled: s.enabled, welcome: String::new() }
    }
}

impl From<&AgentSettings> for AccountSettings {
    fn from(s: &AgentSettings) -> AccountSettings {
        let groups = s.groups.iter().map(|(group, capacity)| MembershipOf { group: group.0, capacity: *capacity });
        AccountSettings { weight: s.weight, capacity: s.capacity, groups: groups.collect(), enabled: s.enabled }
    }
}

impl From<NewAccount> for door::NewAccount {
    fn from(new: NewAccount) -> door::NewAccount {
        let settings = AccountSettings { weight: new.weight, capacity: new.capacity, groups: new.groups, enabled: new.enabled };
        door::NewAccount { login: new.login, name: new.name, password: new.password, role: new.role.into(), settings: settings.into() }
    }
}

/// The role of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    pub role: Role,
}

#[derive(Serialize, ToSchema)]
pub struct AccountCreated {
    pub agent: u32,
}

/// An account of the shop's staff.
#[derive(Serialize, ToSchema)]
pub struct Account {
    pub agent: u32,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub weight: u32,
    pub capacity: u32,
    pub groups: Vec<MembershipOf>,
    pub enabled: bool,
    /// Its own welcome text 欢迎语, which only it sets.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub welcome: String,
}

/// One's own account.
#[derive(Serialize, ToSchema)]
pub struct Me {
    #[serde(flatten)]
    pub account: Account,
    /// What its role lets it do now.
    pub permissions: Vec<Permission>,
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
pub struct Accounts {
    pub accounts: Vec<Account>,
    /// Give it as `after` for the next page; absent: this was the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

impl From<view::Page<view::Account, AgentNo>> for Accounts {
    fn from(page: view::Page<view::Account, AgentNo>) -> Accounts {
        Accounts { accounts: page.rows.into_iter().map(Into::into).collect(), next: page.next.map(|agent| agent.0) }
    }
}

/// A group with its number.
#[derive(Serialize, ToSchema)]
pub struct NumberedGroup {
    pub group: u32,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub welcome: String,
}

/// All groups.
#[derive(Serialize, ToSchema)]
pub struct Groups {
    pub groups: Vec<NumberedGroup>,
}

impl From<Vec<diversion::Group>> for Groups {
    fn from(groups: Vec<diversion::Group>) -> Groups {
        let numbered =
            |(group, g): (u32, diversion::Group)| NumberedGroup { group, name: g.name, capacity: g.capacity, welcome: g.welcome };
        Groups { groups: (1..).zip(groups).map(numbered).collect() }
    }
}

impl From<view::Account> for Account {
    fn from(a: view::Account) -> Account {
        let AccountSettings { weight, capacity, groups, enabled } = (&a.settings).into();
        let welcome = a.settings.welcome;
        Account { agent: a.agent.0, login: a.login, name: a.name, role: a.role.into(), weight, capacity, groups, enabled, welcome }
    }
}

/// How urgent a conversation is (INB-2).
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Urgent,
    High,
    #[default]
    Normal,
    Low,
}
same! { Priority, DomainPriority, Urgent High Normal Low }

/// What is known of a buyer, as a whole.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// At most 50.
    #[serde(default)]
    #[schema(example = json!(["复购意向强"]))]
    pub tags: Vec<String>,
    /// The membership level; absent: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub level: String,
    /// Holds where the visit does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Holds where the visit does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    #[serde(default)]
    pub priority: Priority,
    /// 专属客服: the number of an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedicated: Option<u32>,
}

impl From<Profile> for facts::Profile {
    fn from(p: Profile) -> facts::Profile {
        let (tags, level, region, language, priority) = (p.tags, p.level, p.region, p.language, p.priority.into());
        facts::Profile { tags, level, region, language, priority, dedicated: p.dedicated.map(AgentNo) }
    }
}

impl From<&facts::Profile> for Profile {
    fn from(p: &facts::Profile) -> Profile {
        Profile {
            tags: p.tags.clone(),
            level: p.level.clone(),
            region: p.region.clone(),
            language: p.language.clone(),
            priority: p.priority.into(),
            dedicated: p.dedicated.map(|a| a.0),
        }
    }
}

/// One change of settings: who, when, what, before and after.
#[derive(Serialize, ToSchema)]
pub struct AuditRow {
    /// Milliseconds since the epoch.
    pub at: u64,
    pub by: By,
    /// `group`, `account`, `role`, `buyer`, `diversion`, `desk`, `phrase`, `template`, `export`, `blacklist`, `blacklist_removal`,
    /// `archive`, `restoration` (both by hand), `archive_announcement` (the owner is told what will be archived the next day),
    /// `erasure`, `guard`, `words`, `approvals`, `violation`, `review`, `channel` or
    /// `channel_routes`.
    #[schema(example = "account")]
    pub what: &'static str,
    /// The number of the group, account or text (`group 2, 7`: phrase 7 of group 2), the buyer, the conversation, the version
    /// of the document.
    #[schema(example = "3")]
    pub which: String,
    /// Absent: there was none. Of a document only what changed is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// Setting by setting.
    pub changes: Vec<Change>,
    /// Of the diversion document: the version whose content it took up again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<u32>,
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

impl AuditRow {
    /// None: the event is no change of settings.
    pub fn new(audited: &door::Audited) -> Option<AuditRow> {
        match &audited.event {
            Event::Audited { by, change, at } => {
                let (what, which, before, after) = match change {
                    Changed::Group { group, before, after } => {
                        let before = before.as_ref().map(|group| json(&GroupSettings::from(group)));
                        ("group", group.0.to_string(), before, json(&GroupSettings::from(after)))
                    }
                    Changed::Account { agent, before, after } => {
                        let before = before.as_ref().map(|settings| json(&AccountSettings::from(settings)));
                        ("account", agent.0.to_string(), before, json(&AccountSettings::from(after)))
                    }
                    Changed::Buyer { buyer, before, after } => {
                        ("buyer", buyer.clone(), Some(json(&Profile::from(before))), json(&Profile::from(after)))
                    }
                    Changed::Role { agent, before, after } => {
                        let role = |role: &DomainRole| json(&Role::from(*role));
                        ("role", agent.0.to_string(), before.as_ref().map(role), role(after))
                    }
                    Changed::Export { what, period } => {
                        let period = period.map(|(from, to)| serde_json::json!({ "from": from.0, "to": to.0 }));
                        ("export", what.clone(), None, period.unwrap_or_default())
                    }
                };
                let changes = before.as_ref().map(|before| difference(before, &after)).unwrap_or_default();
                let (before, after) = (before, Some(after));
                Some(AuditRow { at: at.0, by: by.into(), what, which, before, after, changes, rolled_back_to: None })
            }
            Event::SettingsSet { settings, version, by, rolled_back_to, at } => {
                let before = match &audited.before {
                    Some(Before::Diversion(before)) => json(&Diversion::from(&**before)),
                    _ => Value::Null,
                };
                let changes = difference(&before, &json(&Diversion::from(&**settings)));
                let (which, rolled_back_to) = (version.to_string(), *rolled_back_to);
                Some(AuditRow { at: at.0, by: by.into(), what: "diversion", which, before: None, after: None, changes, rolled_back_to })
            }
            Event::DeskSet { desk, version, by, at } => {
                let before = match &audited.before {
                    Some(Before::Desk(before)) => json(&Desk::from(&**before)),
                    _ => Value::Null,
                };
                let (which, changes) = (version.to_string(), difference(&before, &json(&Desk::from(&**desk))));
                let (at, by) = (at.0, by.into());
                Some(AuditRow { at, by, what: "desk", which, before: None, after: None, changes, rolled_back_to: None })
            }
            Event::Blocked { buyer, reason, at, by, .. } => {
                Some(AuditRow::of("blacklist", buyer, None, Some(serde_json::json!({ "reason": reason })), by.into(), *at))
            }
            Event::Unblocked { buyer, appeared, at, by, .. } => {
                let after = serde_json::json!({ "appeared": appeared });
                Some(AuditRow::of("blacklist_removal", buyer, None, Some(after), by.into(), *at))
            }
            Event::ArchiveAnnounced { conversations, at } => {
                let after = serde_json::json!({ "conversations": conversations });
                Some(AuditRow::of("archive_announcement", "", None, Some(after), By::Rule, *at))
            }
            Event::Archived { conversation, at, by: Some(by) } => {
                Some(AuditRow::of("archive", &conversation.to_string(), None, None, By::Agent(by.0), *at))
            }
            Event::Restored { conversation, at, by: Some(by) } => {
                Some(AuditRow::of("restoration", &conversation.to_string(), None, None, By::Agent(by.0), *at))
            }
            Event::Erased { buyer, to, archived_at, keep_days, at, .. } => {
                let before = serde_json::json!({ "messages_to": to, "archived_at": archived_at.0, "keep_days": keep_days });
                Some(AuditRow::of("erasure", buyer, Some(before), None, By::Rule, *at))
            }
            event => guard_row(audited).or_else(|| channel_row(event)).or_else(|| audit_row(event)),
        }
    }

    pub(super) fn of(what: &'static str, which: &str, before: Option<Value>, after: Option<Value>, by: By, at: Millis) -> AuditRow {
        AuditRow { at: at.0, by, what, which: which.to_owned(), before, after, changes: Vec::new(), rolled_back_to: None }
    }
}

/// A page of the record, newest first.
#[derive(Serialize, ToSchema)]
pub struct Audit {
    pub changes: Vec<AuditRow>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Actor;
    use serde_json::json;

    #[test]
    fn a_change_is_told_with_what_was_and_what_is() {
        // SPEC: ACC-2
        let of = |capacity| AgentSettings { weight: 1, capacity, groups: vec![(GroupNo(2), None)], enabled: true, welcome: String::new() };
        let change = Changed::Account { agent: AgentNo(3), before: Some(of(5)), after: of(6) };
        let event = Event::Audited { by: Actor::Account(AgentNo(1)), change, at: Millis(9) };
        let row = json(&AuditRow::new(&door::Audited { event, before: None }).unwrap());
        assert_eq!(
            (&row["at"], &row["by"], &row["what"], &row["which"]),
            (&json!(9), &json!({"agent": 1}), &json!("account"), &json!("3"))
        );
        assert_eq!(row["changes"], json!([{"field": "capacity", "before": 5, "after": 6}]));
        assert_eq!(row["before"], json!({"weight": 1, "capacity": 5, "groups": [{"group": 2}], "enabled": true}));
        let settings = diversion::Settings { busy_above: 7, ..diversion::Settings::default() };
        let by = Actor::Platform("operator".into());
        let event = Event::SettingsSet { settings: Box::new(settings), version: 4, by, rolled_back_to: Some(2), at: Millis(9) };
        let row = json(&AuditRow::new(&door::Audited { event, before: Some(Before::Diversion(Box::default())) }).unwrap());
        let expected = json!({"at": 9, "by": {"platform": "operator"}, "what": "diversion", "which": "4", "rolled_back_to": 2,
            "changes": [{"field": "busy_above", "before": 4, "after": 7}]});
        assert_eq!(row, expected);
    }
}
