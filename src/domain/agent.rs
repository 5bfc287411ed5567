//! One account of a shop's staff: its settings, its sessions and lock-out, its devices and presence. What it may send stands in
//! `agent/conduct.rs`.

mod conduct;

use super::content::Extra;
use super::event::{Actor, AgentSettings, Event, Heard, Post, Presence, RetryKey, Role};
use super::guard::Guard;
use super::guard::conduct::{Conduct, Question};
use super::guard::habits::Habits;
use super::guard::record::{Origin, Violation};
use super::guard::standing::Standing;
use super::id::{AgentNo, ConversationId, Millis, ShopScope, TokenHash};
use super::notice::{ReadMarks, Stream};
use super::refusal::Refusal;
use super::{Decision, Effect, Machine, Reply, dispatcher, text};
use crate::limits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an account is asked to do.
#[derive(Debug)]
pub enum Command {
    /// `password`: an argon2 string, never the password.
    Create {
        login: String,
        name: String,
        password: String,
        role: Role,
        settings: AgentSettings,
        serves: bool,
    },
    /// `serves`: its role lets it answer buyers, as the shop's settings are now.
    Configure {
        settings: AgentSettings,
        serves: bool,
    },
    /// Another role: every session ends, so that no right outlives it.
    SetRole {
        role: Role,
        serves: bool,
    },
    /// The shop changed what its role grants: whether it still serves.
    Serves {
        serves: bool,
    },
    /// The door compared the password; the account decides whether that opens a session.
    LogIn {
        password_right: bool,
        token: TokenHash,
        client: String,
    },
    LogOut {
        token: TokenHash,
    },
    Connect,
    Disconnect,
    SetPresence(Presence),
    /// The personal welcome text (TXT-4); empty: none.
    SetWelcome {
        welcome: String,
        serves: bool,
        guard: Arc<Guard>,
    },
    /// The dispatcher suspends who did not answer too often (DIV-7).
    Suspend,
    /// These notices were read, and all up to `to` (INB-10). They exist: the door has looked.
    ReadNotices {
        stream: Stream,
        to: u64,
        some: Vec<u64>,
    },
    /// It answers, but its standing is not good: whether it may send at all, and whether now (GRD-7, GRD-8). What may be sent goes on to
    /// the conversation.
    Say {
        conversation: ConversationId,
        text: String,
        extra: Option<Box<Extra>>,
        retry: RetryKey,
        guard: Arc<Guard>,
        origin: Origin,
    },
    /// It has answered: whether a machine could be at work (GRD-6). `made`: with a text of the shop.
    Said {
        conversation: ConversationId,
        text: String,
        made: bool,
        guard: Arc<Guard>,
        origin: Origin,
    },
    /// A violation (GRD-5, GRD-6; `by`: a person's report): the next step of the ladder.
    Violate {
        violation: Violation,
        by: Option<Actor>,
        conduct: Arc<Conduct>,
    },
    /// The questions were drawn by the door, which has the chance.
    DrawTest {
        questions: Vec<Question>,
    },
    /// Which answer to each question, from 0.
    TakeTest {
        answers: Vec<u8>,
    },
    /// 承诺书. `due`: when its review is.
    Undertake {
        text: String,
        due: Millis,
    },
    /// The platform's reviewer decides.
    Review {
        lifted: bool,
        reason: String,
        by: Actor,
    },
    /// The clock: a freeze may be over.
    Wake,
    /// What the account is writing in a conversation (INB-11); empty: nothing any more.
    SetDraft {
        conversation: ConversationId,
        text: String,
    },
}

/// A log-in of one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub token: TokenHash,
    pub expires: Millis,
    /// The name that the client gave itself; empty: none.
    pub client: String,
}

/// The state of one account: its head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    #[serde(skip)]
    pub at: Option<(ShopScope, AgentNo)>,
    pub exists: bool,
    pub login: String,
    pub name: String,
    pub password: String,
    pub role: Role,
    pub settings: AgentSettings,
    pub failures: u32,
    pub locked_until: Millis,
    pub sessions: Vec<Session>,
    /// Notices read, by stream.
    pub notices: [ReadMarks; 2],
    /// After violations (GRD-8).
    pub standing: Standing,
    /// How it writes (GRD-6). Lost at a restart.
    #[serde(skip)]
    pub habits: Habits,
    /// Conversations with a draft: restored from the rows of the drafts.
    #[serde(skip)]
    pub drafts: BTreeSet<ConversationId>,
    /// Connected sockets. Lost at a restart (RELIABILITY P1, D0).
    #[serde(skip)]
    pub devices: u32,
    /// What the agent chose; acts while a device is connected.
    #[serde(skip, default = "online")]
    pub wanted: Presence,
}

fn online() -> Presence {
    Presence::Online
}

impl Agent {
    /// An account that does not exist yet, at its place.
    pub fn new(scope: ShopScope, agent: AgentNo) -> Agent {
        Agent {
            at: Some((scope, agent)),
            exists: false,
            login: String::new(),
            name: String::new(),
            password: String::new(),
            role: Role::Agent,
            settings: AgentSettings { weight: 1, capacity: 0, groups: Vec::new(), enabled: false, welcome: String::new() },
            failures: 0,
            locked_until: Millis(0),
            sessions: Vec::new(),
            notices: Default::default(),
            standing: Standing::default(),
            habits: Habits::default(),
            drafts: BTreeSet::new(),
            devices: 0,
            wanted: Presence::Online,
        }
    }

    fn place(&self) -> (ShopScope, AgentNo) {
        self.at.expect("an agent is placed when it is activated")
    }

    /// Presence as the dispatcher sees it: held by a connected device.
    pub fn presence(&self) -> Presence {
        if self.devices == 0 { Presence::Offline } else { self.wanted }
    }

    /// What the dispatcher must know of it.
    fn staff(&self, settings: &AgentSettings, role: Role, serves: bool) -> Effect {
        let (scope, agent) = self.place();
        let post = Post::of(settings, role, serves, self.standing.may_send());
        Effect::Dispatcher(scope, dispatcher::Command::Staff { agent, settings: settings.at_work(post), post })
    }

    fn sessions_ended(&self, at: Millis) -> impl Iterator<Item = Event> {
        let agent = self.place().1;
        self.sessions.iter().map(move |session| Event::SessionEnded { agent, token: session.token, at })
    }

    fn told(&self, decision: Decision, presence: Presence, now: Millis) -> Decision {
        let (scope, agent) = self.place();
        if presence == self.presence() {
            return decision;
        }
        decision
            .event(Event::PresenceChanged { agent, presence, at: now })
            .effect(Effect::Dispatcher(scope, dispatcher::Command::Present { agent, presence }))
    }

    fn read_notices(&self, stream: Stream, to: u64, some: Vec<u64>, at: Millis) -> Result<Decision, Refusal> {
        let known = &self.notices[stream as usize];
        let some: BTreeSet<u64> = some.into_iter().filter(|no| *no > to && !known.has(*no)).collect();
        if to <= known.to && some.is_empty() {
            return Ok(Decision::default());
        }
        let (to, some) = (to.max(known.to), Vec::from_iter(some));
        let mut then = known.clone();
        then.read(to, &some);
        if then.some.len() > limits::NOTICES_READ_APART_MAX {
            let what = "notices read one by one while older ones are unread (mark all as read)";
            return Err(Refusal::LimitReached { what, limit: limits::NOTICES_READ_APART_MAX as u64 });
        }
        Ok(Decision::default().event(Event::NoticesRead { agent: self.place().1, stream, to, some, at }))
    }

    fn set_draft(&self, conversation: ConversationId, text: String, at: Millis) -> Result<Decision, Refusal> {
        let known = self.drafts.contains(&conversation);
        if text.is_empty() && !known {
            return Ok(Decision::default());
        }
        if !known && self.drafts.len() >= limits::DRAFTS_MAX {
            return Err(Refusal::LimitReached { what: "drafts", limit: limits::DRAFTS_MAX as u64 });
        }
        Ok(Decision::default().event(Event::DraftSet { agent: self.place().1, conversation, text, at }))
    }

    fn configure(&self, settings: AgentSettings, serves: bool, at: Millis) -> Decision {
        let settings = AgentSettings { welcome: self.settings.welcome.clone(), ..settings };
        let mut decision = Decision::default().effect(self.staff(&settings, self.role, serves));
        if !settings.enabled {
            decision.events.extend(self.sessions_ended(at));
        }
        decision.event(Event::SettingsChanged { agent: self.place().1, settings, at })
    }

    fn set_welcome(&self, welcome: String, serves: bool, guard: &Guard, at: Millis) -> Result<Decision, Refusal> {
        text::check_welcome(&welcome, guard, at)?;
        if welcome == self.settings.welcome {
            return Ok(Decision::default());
        }
        let settings = AgentSettings { welcome, ..self.settings.clone() };
        let staff = self.staff(&settings, self.role, serves);
        Ok(Decision::default().event(Event::SettingsChanged { agent: self.place().1, settings, at }).effect(staff))
    }

    fn log_in(&self, password_right: bool, token: TokenHash, client: String, now: Millis) -> Result<Decision, Refusal> {
        let agent = self.place().1;
        if now < self.locked_until {
            return Err(Refusal::LockedOut { until: self.locked_until, now });
        }
        if !password_right || !self.settings.enabled {
            // A refusal that is also a fact: the attempt is counted on disk before the caller hears "no".
            return Ok(Decision::reply(Reply::LogInRefused).event(Event::LogInFailed { agent, at: now }));
        }
        let expires = now.plus(limits::SESSION_MS);
        let mut decision = Decision::reply(Reply::SessionOpened { agent, expires });
        let live = self.sessions.iter().filter(|s| s.expires > now).count();
        if live >= limits::SESSIONS_MAX
            && let Some(oldest) = self.sessions.iter().filter(|s| s.expires > now).min_by_key(|s| s.expires)
        {
            decision.events.push(Event::SessionEnded { agent, token: oldest.token, at: now });
        }
        decision.events.push(Event::SessionOpened { agent, token, at: now, expires, client });
        Ok(decision)
    }
}

impl Machine for Agent {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        let agent = self.place().1;
        match command {
            Command::Create { login, name, password, role, settings, serves } => {
                if self.exists {
                    return Err(Refusal::Exists { what: "account" });
                }
                let staff = self.staff(&settings, role, serves);
                Ok(Decision::reply(Reply::AccountCreated { agent })
                    .event(Event::AccountCreated { agent, login, name, password, role, settings, at: now })
                    .effect(staff))
            }
            _ if !self.exists => Err(Refusal::NotFound { what: "account" }),
            Command::Configure { settings, serves } => Ok(self.configure(settings, serves, now)),
            Command::SetWelcome { welcome, serves, guard } => self.set_welcome(welcome, serves, &guard, now),
            Command::SetRole { role, serves } => {
                let mut decision = Decision::default().effect(self.staff(&self.settings, role, serves));
                decision.events.extend(self.sessions_ended(now));
                Ok(decision.event(Event::RoleSet { agent, role, at: now }))
            }
            Command::Serves { serves } => Ok(Decision::default().effect(self.staff(&self.settings, self.role, serves))),
            Command::LogIn { password_right, token, client } => self.log_in(password_right, token, client, now),
            Command::LogOut { token } => {
                if !self.sessions.iter().any(|s| s.token == token) {
                    return Ok(Decision::default());
                }
                Ok(Decision::default().event(Event::SessionEnded { agent, token, at: now }))
            }
            Command::Connect => {
                let decision = Decision::default().event(Event::Heard(Heard::Devices { devices: self.devices + 1 }));
                Ok(self.told(decision, self.wanted, now))
            }
            Command::Disconnect => {
                let devices = self.devices.saturating_sub(1);
                let decision = Decision::default().event(Event::Heard(Heard::Devices { devices }));
                Ok(if devices == 0 { self.told(decision, Presence::Offline, now) } else { decision })
            }
            Command::ReadNotices { stream, to, some } => self.read_notices(stream, to, some, now),
            Command::SetDraft { conversation, text } => self.set_draft(conversation, text, now),
            Command::Say { conversation, text, extra, retry, guard, origin } => {
                self.say(conduct::Speech { conversation, text, extra, retry, guard, origin }, now)
            }
            Command::Said { conversation, text, made, guard, origin } => {
                Ok(self.said(conduct::Said { conversation, text, made, guard, origin }, now))
            }
            Command::Violate { violation, by, conduct } => Ok(self.violate(violation, by, &conduct, now)),
            Command::DrawTest { questions } => self.draw_test(questions, now),
            Command::TakeTest { answers } => self.take_test(&answers, now),
            Command::Undertake { text, due } => self.undertake(text, due, now),
            Command::Review { lifted, reason, by } => self.review(lifted, reason, by, now),
            Command::Wake => Ok(self.lift(now)),
            Command::Suspend if self.presence() != Presence::Online => Ok(Decision::default()),
            Command::Suspend => Ok(self.told(Decision::default(), Presence::Suspended, now)),
            Command::SetPresence(presence) => {
                if self.devices == 0 && presence != Presence::Offline {
                    return Err(Refusal::NotConnected);
                }
                Ok(self.told(Decision::default(), presence, now))
            }
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::AccountCreated { login, name, password, role, settings, .. } => {
                self.exists = true;
                self.login.clone_from(login);
                self.name.clone_from(name);
                self.password.clone_from(password);
                self.role = *role;
                self.settings = settings.clone();
            }
            Event::RoleSet { role, .. } => self.role = *role,
            Event::SettingsChanged { settings, .. } => self.settings = settings.clone(),
            Event::SessionOpened { token, at, expires, client, .. } => {
                self.failures = 0;
                self.sessions.retain(|s| s.expires > *at);
                self.sessions.push(Session { token: *token, expires: *expires, client: client.clone() });
            }
            Event::SessionEnded { token, .. } => self.sessions.retain(|s| s.token != *token),
            Event::LogInFailed { at, .. } => {
                self.failures += 1;
                if self.failures >= limits::LOG_IN_FAILURES_MAX {
                    self.failures = 0;
                    self.locked_until = at.plus(limits::LOCK_OUT_MS);
                }
            }
            // Going offline by a lost connection keeps what the agent chose; choosing "offline" is a choice.
            Event::PresenceChanged { presence, .. } if self.devices > 0 => self.wanted = *presence,
            Event::Heard(Heard::Devices { devices }) => self.devices = *devices,
            Event::NoticesRead { stream, to, some, .. } => self.notices[*stream as usize].read(*to, some),
            Event::DraftSet { conversation, text, .. } => {
                match text.is_empty() {
                    true => self.drafts.remove(conversation),
                    false => self.drafts.insert(*conversation),
                };
            }
            Event::Heard(Heard::Answered(one)) => self.habits.heard(one),
            Event::Flagged { signs, at, .. } => self.habits.flagged(signs, *at),
            event => {
                if let Event::Violated { violation: Violation::Automation { .. }, .. } = event {
                    self.habits.violated();
                }
                self.standing.apply(event);
            }
        }
    }

    fn deadline(&self) -> Option<Millis> {
        self.standing.lifts_at()
    }

    fn wake() -> Option<Command> {
        Some(Command::Wake)
    }
}
