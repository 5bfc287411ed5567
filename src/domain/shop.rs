//! One shop 店铺: its name, its groups and diversion rules, its accounts' log-in names, its buyers' tokens and orders.

mod guard;
mod rights;

use super::desk::Desk;
use super::diversion::check::{Known, check};
use super::diversion::{Group, Settings};
use super::event::{Actor, AgentSettings, Change, Event, Heard, Post, Role};
use super::facts::Priority;
use super::guard::conduct::Conduct;
use super::guard::{Approval, Guard, Settings as GuardSettings};
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope, TokenHash};
use super::notice::{Notice, Recent, Stream};
use super::notify::{Class, Topic, courier};
use super::refusal::Refusal;
use super::{Answer, Decision, Effect, Machine, Reply, agent, dispatcher, priority, text};
use crate::limits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// What a shop is asked to do.
#[derive(Debug)]
pub enum Command {
    Create {
        shop: String,
        name: String,
    },
    /// Reserves the log-in name, then the account creates itself. Safe to repeat after a crash between the two.
    CreateAccount {
        login: String,
        name: String,
        password: String,
        role: Role,
        settings: AgentSettings,
        by: Actor,
    },
    ConfigureAccount {
        agent: AgentNo,
        settings: AgentSettings,
        by: Actor,
    },
    /// Gives an account another role: its sessions end (ACC-1).
    SetRole {
        agent: AgentNo,
        role: Role,
        by: Actor,
    },
    /// Replaces the settings of the desk. `based_on`: as of [`Command::SetSettings`].
    SetDesk {
        desk: Box<Desk>,
        by: Actor,
        based_on: Option<u32>,
    },
    /// Replaces what the shop sets of its guard. `based_on`: as of [`Command::SetSettings`].
    SetGuard {
        settings: Box<GuardSettings>,
        by: Actor,
        based_on: Option<u32>,
    },
    /// Replaces the banned words 禁用语 (GRD-2).
    SetWords {
        words: Vec<String>,
        by: Actor,
        based_on: Option<u32>,
    },
    /// Replaces the approvals 报备 (GRD-4).
    SetApprovals {
        approvals: Vec<Approval>,
        by: Actor,
    },
    /// A coupon was tried on a buyer who had not written (GRD-5).
    TryCoupon {
        ip: IpAddr,
        conversation: ConversationId,
        agent: AgentNo,
        conduct: Arc<Conduct>,
    },
    /// Whether an account may send has changed: what its role allows is to be told again.
    AskServes {
        agent: AgentNo,
    },
    CreateGroup {
        settings: Group,
        by: Actor,
    },
    ConfigureGroup {
        group: GroupNo,
        settings: Group,
        by: Actor,
    },
    /// Replaces the whole diversion document (DIV-11). `based_on`: the version that was edited; another one running refuses it.
    SetSettings {
        settings: Box<Settings>,
        by: Actor,
        based_on: Option<u32>,
        rolled_back_to: Option<u32>,
    },
    IssueBuyerToken {
        token: TokenHash,
        buyer: String,
        name: String,
        conversation: ConversationId,
        expires: Millis,
    },
    RevokeBuyerToken {
        token: TokenHash,
    },
    /// Somebody is about to take data out (INB-15).
    RecordExport {
        what: String,
        period: Option<(Millis, Millis)>,
        by: Actor,
    },
    /// A notice of the platform (INB-1). `id`: the platform's own; the same again is the same notice,
    /// and refused where it says something else.
    AddNotice {
        stream: Stream,
        kind: String,
        title: String,
        text: String,
        order: String,
        id: String,
    },
    /// Staff sets its priority (INB-2). `before`: as the door read it.
    PrioritiseNotice {
        stream: Stream,
        no: u64,
        before: Priority,
        priority: Priority,
        by: AgentNo,
    },
    /// So many conversations will be archived tomorrow (INB-12): said once a day.
    AnnounceArchive {
        conversations: u32,
    },
}

/// The state of one shop: its head. `logins` and notices have rows of their own, `staff` and `roles` stand in the accounts' heads;
/// they are restored from there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shop {
    #[serde(skip)]
    pub at: Option<ShopScope>,
    pub shop: String,
    pub name: String,
    pub groups: Vec<Group>,
    pub settings: Box<Settings>,
    /// 0: the defaults, which nobody has set.
    pub version: u32,
    /// Since when the automatic assignment has the schedule it has (OFF-8).
    pub schedule_at: Millis,
    pub desk: Box<Desk>,
    /// 0: the defaults, which nobody has set.
    pub desk_version: u32,
    /// The last number that a label was given: none is given twice, for what carried a label that is gone must not carry another.
    pub last_label: u16,
    /// Notices of each stream: the last number given.
    pub notices: [u64; 2],
    pub guard: Box<GuardSettings>,
    /// 0: the defaults, which nobody has set.
    pub guard_version: u32,
    /// 0: no banned words were ever set. The words themselves stand in the feed.
    pub words_version: u32,
    /// What they are recognised by; None: none were ever set.
    pub words_digest: Option<[u8; 32]>,
    pub approvals: Vec<Approval>,
    /// Coupons tried on buyers who had not written, the newest last (GRD-5).
    pub coupons: Vec<Coupon>,
    /// When the owner was last told of what will be archived.
    pub announced_at: Option<Millis>,
    #[serde(skip)]
    pub recent_notices: [Recent; 2],
    #[serde(skip)]
    pub logins: BTreeMap<String, AgentNo>,
    #[serde(skip)]
    pub staff: BTreeMap<AgentNo, AgentSettings>,
    #[serde(skip)]
    pub roles: BTreeMap<AgentNo, Role>,
}

/// A coupon tried on a buyer who had not written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coupon {
    pub ip: IpAddr,
    pub conversation: ConversationId,
    pub agent: AgentNo,
    pub at: Millis,
}

impl Shop {
    /// A shop that does not exist yet, at its place.
    pub fn new(scope: ShopScope) -> Shop {
        Shop { at: Some(scope), ..Shop::default() }
    }

    fn scope(&self) -> ShopScope {
        self.at.expect("a shop is placed when it is activated")
    }

    fn has_group(&self, group: GroupNo) -> bool {
        (1..=self.groups.len() as u64).contains(&u64::from(group.0))
    }

    fn has_agent(&self, agent: AgentNo) -> bool {
        (1..=self.logins.len() as u64).contains(&u64::from(agent.0))
    }

    fn check(&self, settings: &AgentSettings) -> Result<(), Refusal> {
        let bad = |field, problem: String| Err(Refusal::Invalid { field, problem });
        if settings.weight > limits::WEIGHT_MAX {
            return bad("weight", format!("0 to {}", limits::WEIGHT_MAX));
        }
        if settings.capacity > limits::CAPACITY_MAX || settings.groups.iter().any(|(_, c)| c.is_some_and(|c| c > limits::CAPACITY_MAX)) {
            return bad("capacity", format!("0 to {}", limits::CAPACITY_MAX));
        }
        if settings.groups.len() > limits::GROUPS_PER_AGENT_MAX {
            return bad("groups", format!("at most {}", limits::GROUPS_PER_AGENT_MAX));
        }
        if let Some((g, _)) = settings.groups.iter().find(|(g, _)| !self.has_group(*g)) {
            return bad("groups", format!("there is no group {}", g.0));
        }
        let mut seen: Vec<GroupNo> = settings.groups.iter().map(|(g, _)| *g).collect();
        seen.sort_unstable();
        if seen.windows(2).any(|pair| pair[0] == pair[1]) {
            return bad("groups", "a group is named twice".into());
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)] // the fields of one command
    fn create_account(
        &self,
        login: String,
        name: String,
        password: String,
        role: Role,
        settings: AgentSettings,
        by: Actor,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        self.check(&settings)?;
        self.may_grant(role, &by)?;
        let mut decision = Decision::default();
        let agent = match self.logins.get(&login) {
            Some(agent) => {
                // Reserved before a crash, which took what was only heard.
                if !self.roles.contains_key(agent) {
                    decision.events.push(Event::Heard(Heard::Staff { agent: *agent, settings: settings.clone(), post: Post::default() }));
                    decision.events.push(Event::Heard(Heard::Role { agent: *agent, role }));
                }
                *agent
            }
            None if self.logins.len() as u64 >= limits::AGENTS_MAX => {
                return Err(Refusal::LimitReached { what: "accounts", limit: limits::AGENTS_MAX });
            }
            None => {
                let agent = AgentNo(self.logins.len() as u32 + 1);
                decision.events.push(Event::LoginReserved { login: login.clone(), agent, at: now });
                decision.events.extend(self.account_changed(agent, settings.clone(), by.clone(), now));
                decision.events.extend(self.role_given(agent, role, by, now));
                agent
            }
        };
        let create = agent::Command::Create { login, name, password, role, settings, serves: self.serves(role) };
        decision.answer = Answer::Forward(Effect::Agent(self.scope(), agent, create).into());
        Ok(decision)
    }

    /// What the shop remembers of an account that changes itself, and who changed it (ACC-2).
    fn account_changed(&self, agent: AgentNo, settings: AgentSettings, by: Actor, at: Millis) -> [Event; 2] {
        // The welcome text is the account's own: nobody else sets it, and it is no part of what changes here.
        let before = self.staff.get(&agent).map(|known| AgentSettings { welcome: String::new(), ..known.clone() });
        let change = Change::Account { agent, before, after: settings.clone() };
        [Event::Audited { by, change, at }, Event::Heard(Heard::Staff { agent, settings, post: Post::default() })]
    }

    fn set_group(&self, group: GroupNo, settings: Group, by: Actor, reply: Reply, now: Millis) -> Result<Decision, Refusal> {
        if settings.capacity.is_some_and(|c| c > limits::CAPACITY_MAX) {
            return Err(Refusal::Invalid { field: "capacity", problem: format!("0 to {}", limits::CAPACITY_MAX) });
        }
        // Banned words stand in the feed, not here: who says the welcome looks for them.
        let guard = Guard::new(*self.guard.clone(), Arc::default(), self.approvals.clone(), Vec::new(), Arc::default());
        text::check_welcome(&settings.welcome, &guard, now)?;
        self.may_set_group(self.groups.get(group.0 as usize - 1), &settings, &by)?;
        let told = dispatcher::Command::Group { group, settings: settings.clone() };
        let change = Change::Group { group, before: self.groups.get(group.0 as usize - 1).cloned(), after: settings.clone() };
        Ok(Decision::reply(reply)
            .event(Event::GroupSet { group, settings, at: now })
            .event(Event::Audited { by, change, at: now })
            .effect(Effect::Dispatcher(self.scope(), told)))
    }

    fn set_settings(
        &self,
        settings: Box<Settings>,
        by: Actor,
        based_on: Option<u32>,
        rolled_back_to: Option<u32>,
        at: Millis,
    ) -> Result<Decision, Refusal> {
        Refusal::if_outdated(based_on, self.version)?;
        let members = self.staff.iter().map(|(agent, s)| (*agent, s.groups.iter().map(|(g, _)| *g).collect())).collect();
        let faults = check(&settings, &Known { groups: &self.groups, members: &members });
        if !faults.is_empty() {
            return Err(Refusal::Faulty { faults });
        }
        let version = self.version + 1;
        let told = dispatcher::Command::Settings { settings: settings.clone(), version };
        Ok(Decision::reply(Reply::SettingsSet { version })
            .event(Event::SettingsSet { settings, version, by, rolled_back_to, at })
            .effect(Effect::Dispatcher(self.scope(), told)))
    }
}

// Notices.
impl Shop {
    /// `new`: without number and priority.
    fn add_notice(&self, new: Notice) -> Result<Decision, Refusal> {
        if let Some(no) = self.recent_notices[new.stream as usize].find(&new) {
            return Ok(Decision::reply(Reply::Numbered { no }));
        }
        if self.recent_notices.iter().any(|stream| stream.has(&new.id)) {
            return Err(Refusal::IdTaken { what: "notice" });
        }
        let no = self.notices[new.stream as usize] + 1;
        let priority = priority::of_notice(&self.desk.priorities, &new.kind, &new.title, &new.text);
        let mut decision = Decision::reply(Reply::Numbered { no });
        if priority == Priority::Urgent {
            let key = format!("notice/{}/{no}", new.stream as u8);
            let topic = Topic::UrgentNotice { kind: new.kind.clone(), title: new.title.clone() };
            let told = courier::Command::Notify { class: Class::Notice, priority, topic, key };
            decision.effects.push(Effect::Courier(self.scope(), told));
        }
        Ok(decision.event(Event::NoticeAdded { notice: Box::new(Notice { no, priority, ..new }) }))
    }

    fn prioritise(
        &self,
        stream: Stream,
        no: u64,
        (before, priority): (Priority, Priority),
        by: AgentNo,
        at: Millis,
    ) -> Result<Decision, Refusal> {
        if !(1..=self.notices[stream as usize]).contains(&no) {
            return Err(Refusal::NotFound { what: "notice" });
        }
        if before == priority {
            return Ok(Decision::default());
        }
        Ok(Decision::default().event(Event::NoticePrioritised { stream, no, before, priority, by, at }))
    }

    fn create_group(&self, settings: Group, by: Actor, now: Millis) -> Result<Decision, Refusal> {
        if self.groups.len() as u64 >= limits::GROUPS_MAX {
            return Err(Refusal::LimitReached { what: "groups", limit: limits::GROUPS_MAX });
        }
        if self.groups.iter().any(|g| g.name == settings.name) {
            return Err(Refusal::Exists { what: "group" });
        }
        let group = GroupNo(self.groups.len() as u32 + 1);
        self.set_group(group, settings, by, Reply::GroupCreated { group }, now)
    }

    fn configure_group(&self, group: GroupNo, settings: Group, by: Actor, now: Millis) -> Result<Decision, Refusal> {
        if !self.has_group(group) {
            return Err(Refusal::NotFound { what: "group" });
        }
        if self.groups.iter().enumerate().any(|(i, g)| g.name == settings.name && i + 1 != group.0 as usize) {
            return Err(Refusal::Exists { what: "group" });
        }
        self.set_group(group, settings, by, Reply::Done, now)
    }
}

fn issue_buyer_token(
    token: TokenHash,
    buyer: String,
    name: String,
    conversation: ConversationId,
    expires: Millis,
    at: Millis,
) -> Result<Decision, Refusal> {
    if expires.since(at) > limits::BUYER_TOKEN_MS_MAX {
        return Err(Refusal::Invalid { field: "expires_in_s", problem: format!("at most {}", limits::BUYER_TOKEN_MS_MAX / 1000) });
    }
    let issued = Event::BuyerTokenIssued { token, buyer, name, conversation, at, expires };
    Ok(Decision::reply(Reply::TokenIssued { token, conversation, expires }).event(issued))
}

impl Machine for Shop {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        let scope = self.scope();
        match command {
            Command::Create { shop, name } => {
                if !self.shop.is_empty() {
                    return Err(Refusal::Exists { what: "shop" });
                }
                // The dispatcher begins its schedule (OFF-3).
                let told = dispatcher::Command::Settings { settings: self.settings.clone(), version: 0 };
                Ok(Decision::reply(Reply::ShopCreated { scope })
                    .event(Event::ShopCreated { shop, name, at: now })
                    .effect(Effect::Dispatcher(scope, told)))
            }
            _ if self.shop.is_empty() => Err(Refusal::NotFound { what: "shop" }),
            Command::CreateAccount { login, name, password, role, settings, by } => {
                self.create_account(login, name, password, role, settings, by, now)
            }
            Command::ConfigureAccount { agent, settings, by } => {
                if !self.has_agent(agent) {
                    return Err(Refusal::NotFound { what: "account" });
                }
                self.check(&settings)?;
                self.may_take_from(agent, &by)?;
                let serves = self.roles.get(&agent).is_some_and(|role| self.serves(*role));
                let events = self.account_changed(agent, settings.clone(), by, now).into_iter().collect();
                let configure = agent::Command::Configure { settings, serves };
                Ok(Decision { events, answer: Answer::Forward(Effect::Agent(scope, agent, configure).into()), ..Decision::default() })
            }
            Command::SetRole { agent, role, by } => self.set_role(agent, role, by, now),
            Command::SetDesk { desk, by, based_on } => self.set_desk(desk, by, based_on, now),
            Command::SetGuard { settings, by, based_on } => self.set_guard(settings, by, based_on, now),
            Command::SetWords { words, by, based_on } => self.set_words(words, by, based_on, now),
            Command::SetApprovals { approvals, by } => self.set_approvals(approvals, by, now),
            Command::TryCoupon { ip, conversation, agent, conduct } => Ok(self.try_coupon(ip, conversation, agent, &conduct, now)),
            Command::AskServes { agent } => Ok(self.asked_whether_serves(agent)),
            Command::CreateGroup { settings, by } => self.create_group(settings, by, now),
            Command::ConfigureGroup { group, settings, by } => self.configure_group(group, settings, by, now),
            Command::SetSettings { settings, by, based_on, rolled_back_to } => {
                self.set_settings(settings, by, based_on, rolled_back_to, now)
            }
            Command::IssueBuyerToken { token, buyer, name, conversation, expires } => {
                issue_buyer_token(token, buyer, name, conversation, expires, now)
            }
            Command::RecordExport { what, period, by } => {
                Ok(Decision::default().event(Event::Audited { by, change: Change::Export { what, period }, at: now }))
            }
            Command::AnnounceArchive { conversations } => {
                let day = |at: Millis| at.0 / limits::DAY_MS;
                let told = self.announced_at.is_some_and(|at| day(at) >= day(now));
                let (class, topic) = (Class::Archive, Topic::Archive { conversations });
                let mail = courier::Command::Notify { class, priority: Priority::Normal, topic, key: format!("archive/{}", day(now)) };
                let announced = Decision::default().event(Event::ArchiveAnnounced { conversations, at: now });
                Ok(if told { Decision::default() } else { announced.effect(Effect::Courier(scope, mail)) })
            }
            Command::RevokeBuyerToken { token } => Ok(Decision::default().event(Event::BuyerTokenRevoked { token, at: now })),
            Command::AddNotice { stream, kind, title, text, order, id } => {
                let (no, priority, at) = (0, Priority::default(), now);
                self.add_notice(Notice { stream, no, kind, title, text, order, priority, at, id })
            }
            Command::PrioritiseNotice { stream, no, before, priority, by } => self.prioritise(stream, no, (before, priority), by, now),
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::ShopCreated { shop, name, at } => {
                self.shop.clone_from(shop);
                self.name.clone_from(name);
                self.schedule_at = *at;
            }
            Event::LoginReserved { login, agent, .. } => {
                self.logins.insert(login.clone(), *agent);
            }
            Event::GroupSet { group, settings, .. } => {
                let index = group.0 as usize - 1;
                match self.groups.get_mut(index) {
                    Some(known) => *known = settings.clone(),
                    None => self.groups.push(settings.clone()),
                }
            }
            Event::SettingsSet { settings, version, at, .. } => {
                if settings.schedule() != self.settings.schedule() {
                    self.schedule_at = *at;
                }
                (self.settings, self.version) = (settings.clone(), *version);
            }
            Event::ArchiveAnnounced { at, .. } => self.announced_at = Some(*at),
            Event::DeskSet { desk, version, .. } => {
                (self.desk, self.desk_version) = (desk.clone(), *version);
                self.last_label = desk.labels.iter().map(|label| label.no.0).fold(self.last_label, u16::max);
            }
            Event::Heard(Heard::Role { agent, role }) => drop(self.roles.insert(*agent, *role)),
            Event::NoticeAdded { notice } => {
                self.notices[notice.stream as usize] = notice.no;
                self.recent_notices[notice.stream as usize].remember(notice);
            }
            Event::Heard(Heard::Staff { agent, settings, .. }) => drop(self.staff.insert(*agent, settings.clone())),
            event => self.guard_changed(event),
        }
    }
}
