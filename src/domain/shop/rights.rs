//! Who may what in a shop (ACC-1): the settings of the desk with the shop's own roles, the role of an account, and what one who
//! grants must have.
//!
//! Nobody grants more than it has, nor takes from those who have more: only the platform makes owners, and no owner loses its
//! rights by anybody below it.

use super::Shop;
use crate::domain::desk::check::check;
use crate::domain::desk::{Desk, Label, LabelNo};
use crate::domain::diversion::Group;
use crate::domain::diversion::check::Fault;
use crate::domain::event::{Actor, AgentSettings, Change, Event, Heard, Post, Role};
use crate::domain::id::{AgentNo, Millis};
use crate::domain::permission::{Permission, Permissions};
use crate::domain::refusal::Refusal;
use crate::domain::{Answer, Decision, Effect, Reply, agent};
use crate::limits;

impl Shop {
    /// Whether an account of this role may answer buyers, and so may be given any.
    pub(super) fn serves(&self, role: Role) -> bool {
        role.permissions(&self.desk.roles).has(Permission::Serve)
    }

    fn permissions(&self, by: &Actor) -> Permissions {
        match by {
            Actor::Platform(_) => Permissions::all(),
            Actor::Account(agent) => self.roles.get(agent).map_or(Permissions::default(), |role| role.permissions(&self.desk.roles)),
        }
    }

    fn is_below_owner(&self, by: &Actor) -> bool {
        matches!(by, Actor::Account(agent) if self.roles.get(agent) != Some(&Role::Owner))
    }

    /// Refuses a role that is not the granter's to give.
    pub(super) fn may_grant(&self, role: Role, by: &Actor) -> Result<(), Refusal> {
        match role {
            Role::Owner if matches!(by, Actor::Account(_)) => Err(Refusal::Forbidden { needs: "the platform, which alone makes owners" }),
            Role::Own(no) if !self.desk.roles.iter().any(|own| own.no == no) => {
                Err(Refusal::Invalid { field: "role", problem: format!("the shop has no role {no} of its own") })
            }
            _ if !self.permissions(by).covers(role.permissions(&self.desk.roles)) => Err(Refusal::Forbidden { needs: GRANTED }),
            _ => Ok(()),
        }
    }

    /// Refuses to change the role or settings of an owner to anybody below, and of others to who may less than they.
    pub(super) fn may_take_from(&self, agent: AgentNo, by: &Actor) -> Result<(), Refusal> {
        let role = self.roles.get(&agent).copied();
        if role == Some(Role::Owner) && self.is_below_owner(by) {
            return Err(Refusal::Forbidden { needs: "the role owner" });
        }
        let has = role.map_or(Permissions::default(), |role| role.permissions(&self.desk.roles));
        if self.permissions(by).covers(has) { Ok(()) } else { Err(Refusal::Forbidden { needs: "every permission that this account has" }) }
    }

    pub(super) fn set_role(&self, agent: AgentNo, role: Role, by: Actor, at: Millis) -> Result<Decision, Refusal> {
        let before = *self.roles.get(&agent).ok_or(Refusal::NotFound { what: "account" })?;
        if by == Actor::Account(agent) {
            return Err(Refusal::Invalid { field: "role", problem: "this is your own account; nobody sets its own role".into() });
        }
        self.may_take_from(agent, &by)?;
        self.may_grant(role, &by)?;
        if role == before {
            return Ok(Decision::default());
        }
        let command = agent::Command::SetRole { role, serves: self.serves(role) };
        let decision = Decision { answer: Answer::Forward(Effect::Agent(self.scope(), agent, command).into()), ..Decision::default() };
        let change = Change::Role { agent, before: Some(before), after: role };
        Ok(decision.event(Event::Audited { by, change, at }).event(Event::Heard(Heard::Role { agent, role })))
    }

    /// What a new account begins with, in the record and in the shop's own books.
    pub(super) fn role_given(&self, agent: AgentNo, role: Role, by: Actor, at: Millis) -> [Event; 2] {
        let change = Change::Role { agent, before: None, after: role };
        [Event::Audited { by, change, at }, Event::Heard(Heard::Role { agent, role })]
    }

    pub(super) fn set_desk(&self, desk: Box<Desk>, by: Actor, based_on: Option<u32>, at: Millis) -> Result<Decision, Refusal> {
        Refusal::if_outdated(based_on, self.desk_version)?;
        let mut faults = check(&desk);
        if faults.is_empty() {
            faults = self.used_labels(&desk);
        }
        if !faults.is_empty() {
            return Err(Refusal::Faulty { faults });
        }
        self.may_add(&desk, &by)?;
        let version = self.desk_version + 1;
        let mut decision = Decision::reply(Reply::SettingsSet { version });
        for (agent, role) in &self.roles {
            let serves = role.permissions(&desk.roles).has(Permission::Serve);
            if serves != self.serves(*role) {
                decision.effects.push(Effect::Agent(self.scope(), *agent, agent::Command::Serves { serves }));
            }
        }
        Ok(decision.event(Event::DeskSet { desk, version, by, at }))
    }

    /// A group's welcome text is one of the team's texts (TXT-4); all else of a group is a setting.
    pub(super) fn may_set_group(&self, before: Option<&Group>, after: &Group, by: &Actor) -> Result<(), Refusal> {
        let text = before.map_or("", |group| &group.welcome) != after.welcome;
        let setting = before.is_none_or(|group| (&group.name, group.capacity) != (&after.name, after.capacity));
        let needs = [(text, Permission::TeamTexts), (setting, Permission::Manage)];
        match needs.into_iter().find(|(changed, needs)| *changed && !self.permissions(by).has(*needs)) {
            Some((_, needs)) => Err(Refusal::Forbidden { needs: needs.name() }),
            None => Ok(()),
        }
    }

    /// New labels with a number that another had, or so far ahead that the numbers would soon be used up.
    fn used_labels(&self, desk: &Desk) -> Vec<Fault> {
        let new = |no: LabelNo| !self.desk.labels.iter().any(|label| label.no == no);
        let free = u32::from(self.last_label) + 1..=u32::from(self.last_label) + limits::LABELS_MAX as u32;
        let taken = |(at, label): (usize, &Label)| {
            let fault = new(label.no) && !free.contains(&u32::from(label.no.0));
            let problem = format!("numbers are not used twice: a new label takes {} or one of the next", free.start());
            fault.then(|| Fault { field: format!("labels[{at}].no"), problem })
        };
        desk.labels.iter().enumerate().filter_map(taken).collect()
    }

    /// Refuses an own role that would come to grant what whoever writes it does not have, and a new one under a number that
    /// somebody still has from one that was taken away.
    fn may_add(&self, desk: &Desk, by: &Actor) -> Result<(), Refusal> {
        let has = self.permissions(by);
        let beyond = |permissions: Permissions, no: u16| {
            let before = Role::Own(no).permissions(&self.desk.roles);
            !has.covers(Permissions(permissions.0 & !before.0))
        };
        let is_new = |no: u16| !self.desk.roles.iter().any(|role| role.no == no);
        let holder = |no: u16| self.roles.iter().find(|(_, role)| **role == Role::Own(no)).map(|(agent, _)| *agent);
        for role in desk.roles.iter().filter(|role| is_new(role.no)) {
            if let Some(agent) = holder(role.no) {
                let problem = format!("role {} was taken away and account {} still has it: choose another number", role.no, agent.0);
                return Err(Refusal::Invalid { field: "roles", problem });
            }
        }
        if desk.roles.iter().any(|role| beyond(role.permissions, role.no)) {
            return Err(Refusal::Forbidden { needs: GRANTED });
        }
        Ok(())
    }
}

const GRANTED: &str = "every permission that it grants";

impl AgentSettings {
    /// As the dispatcher takes them: who is barred receives nobody.
    pub fn at_work(&self, post: Post) -> AgentSettings {
        AgentSettings { enabled: post.barred.is_none(), ..self.clone() }
    }
}
