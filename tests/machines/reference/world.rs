//! A history, told to the dispatcher and to the model: after every turn both must have done the same and show the same roster.
//!
//! Conversations are real ones: they make the commands as they do in the server. What they are told may be late, so that they and the
//! dispatcher cross each other on the way; a restart loses what was on the way, as a crash does.

use super::draft::{self, agent, group, of};
use super::facts;
use super::model::{Fault, Model, Place};
use super::tally::Tally;
use crate::SCOPE;
use fenliu::domain::conversation::{self, Conversation, conversation_id};
use fenliu::domain::dispatcher::{Command, Dispatcher, Kept, TransferTo};
use fenliu::domain::diversion::{Group, Settings};
use fenliu::domain::event::{Actor, AgentSettings, Arrival, Post, Presence, RetryKey};
use fenliu::domain::explain::Explanation;
use fenliu::domain::facts::{OrderState, Priority, Profile, Visit};
use fenliu::domain::guard::Guard;
use fenliu::domain::guard::record::Origin;
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use fenliu::domain::{Answer, Effect, Machine};
use std::collections::VecDeque;

pub const BUYERS: u16 = 12;
const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
/// Monday 2023-11-13, 09:01 in Shanghai.
const OPENS: u64 = 1_699_837_260_000;

/// What happens next: a kind, and two numbers to choose with.
pub type Op = (u8, u8, u16);

pub struct World {
    pub now: Millis,
    pub dispatcher: Dispatcher,
    pub model: Model,
    talks: Vec<Conversation>,
    /// On the way to each conversation.
    pub post: Vec<VecDeque<conversation::Command>>,
    /// For how many more steps the post is late.
    late: u8,
    /// The clock is late: what is due is done when the next command comes.
    pub sleepy: bool,
    settings: Settings,
    version: u32,
    /// When its schedule last changed.
    schedule_at: Millis,
    pub last_slot: Option<Millis>,
    /// The assignments of all records.
    pub assigned: Vec<(Arrival, Explanation)>,
    groups: Vec<Group>,
    staff: Vec<AgentSettings>,
    messages: u64,
    pub commands: u64,
    pub tally: Tally,
}

/// The clock looks so often on the way through a long time; what is due after that is due at once.
const LOOKS_MAX: usize = 16;

/// A difference, in words.
pub type Checked = Result<(), String>;

fn buyer(number: u16) -> String {
    format!("buyer {}", number % BUYERS)
}

pub fn conversation(number: u16) -> ConversationId {
    conversation_id(SCOPE, &buyer(number))
}

impl World {
    /// A shop with four agents at work and one who is not; `changes` come before the first buyer.
    pub fn open(fault: Fault, changes: &[(u8, u16)]) -> Result<World, String> {
        let now = Millis(OPENS);
        let mut settings = Settings::default();
        changes.iter().for_each(|(aspect, number)| draft::change(&mut settings, *aspect, *number));
        let groups = (1..=draft::GROUPS).map(|g| Group { name: format!("g{g}"), capacity: None, welcome: String::new() }).collect();
        let kept = Kept { settings: settings.clone().into(), schedule_at: now, groups, ..Kept::default() };
        let mut world = World {
            now,
            model: Model::restore(&kept, fault),
            groups: kept.groups.clone(),
            dispatcher: Dispatcher::restore(SCOPE, kept),
            talks: (0..BUYERS).map(|n| Conversation::new(SCOPE, conversation(n))).collect(),
            post: (0..BUYERS).map(|_| VecDeque::new()).collect(),
            late: 0,
            sleepy: false,
            settings,
            version: 0,
            schedule_at: now,
            last_slot: None,
            assigned: Vec::new(),
            staff: Vec::new(),
            messages: 0,
            commands: 0,
            tally: Tally::default(),
        };
        for number in 0..draft::AGENTS as u16 {
            world.staff.push(draft::account(0b10_0000_0001 + 8 * number + (1 << (number % 3))));
            world.tell_staff(agent(number))?;
            let presence = if number < 4 { Presence::Online } else { Presence::Offline };
            world.tell(Command::Present { agent: agent(number), presence })?;
        }
        Ok(world)
    }

    pub fn step(&mut self, (kind, x, y): Op) -> Checked {
        let n = u16::from(x);
        self.now = self.now.plus(1);
        match kind {
            0..=26 => self.buyer_writes(n, y)?,
            27..=34 => self.answer(self.one_open(n), y)?,
            35..=41 => {
                // As most receptions end.
                let one = self.one_open(n);
                self.answer(one, y)?;
                self.close(one)?;
            }
            42..=47 => self.close(self.one_open(n))?,
            48..=54 => self.transfer(self.one_open(n), y)?,
            55..=57 => self.by_hand(y, n)?,
            58..=64 => {
                let presence = of(&[Presence::Online, Presence::Online, Presence::Suspended, Presence::Offline], y);
                self.tell(Command::Present { agent: agent(n), presence })?;
            }
            65..=66 => {
                self.shift(if n.is_multiple_of(2) { Presence::Offline } else { Presence::Online }, y)?;
            }
            67..=70 => {
                self.staff[usize::from(n % 5)] = draft::account(y);
                self.tell_staff(agent(n))?;
            }
            71..=72 => {
                let capacity = of(&[None, Some(1), Some(2), Some(0)], y);
                self.groups[usize::from(n % 3)].capacity = capacity;
                let settings = self.groups[usize::from(n % 3)].clone();
                self.tell(Command::Group { group: group(n), settings })?;
            }
            73..=78 => self.change_settings(x, y)?,
            79..=82 => self.profile(n, y)?,
            83..=84 => {
                let states = [OrderState::Unpaid, OrderState::Succeeded, OrderState::AfterSale, OrderState::Closed, OrderState::Paid];
                let (state, since) = (of(&states, y), self.now);
                self.talk(n, |_| conversation::Command::NoteOrder { order: "o".into(), state, since, desk: Default::default() })?;
            }
            85..=94 => self.pass_time(n, y)?,
            95 => self.late = x % 8,
            96 => self.sleepy = true,
            97 => self.restart(n)?,
            _ => self.night(n, y)?,
        }
        self.late = self.late.saturating_sub(1);
        if self.late == 0 { self.deliver() } else { Ok(()) }
    }

    fn buyer_writes(&mut self, x: u16, y: u16) -> Checked {
        let visit = Visit {
            entry: of(&["", "home", "cart"], y).into(),
            product: of(&["", "p1", "p2", "p3"], y / 3).into(),
            category: of(&["", "", "shoes"], y / 12).into(),
            channel: of(&["", "app"], y / 36).into(),
            region: of(&["", "north"], y / 72).into(),
            language: of(&["", "en", "zh"], y / 144).into(),
        };
        let text = of(&["hello", "REFUND please", "which size?", "转人工", "sizes and refunds", ""], y / 432);
        let (name, retry) = (String::new(), self.retry());
        self.talk(x, |_| conversation::Command::Send {
            buyer: buyer(x),
            name,
            visit,
            asks: y % 11 == 10,
            text: text.into(),
            retry,
            extra: None,
            desk: Default::default(),
        })
    }

    fn retry(&mut self) -> RetryKey {
        self.messages += 1;
        RetryKey { client_id: self.messages, body: 0 }
    }

    fn answer(&mut self, x: u16, y: u16) -> Checked {
        let retry = self.retry();
        self.talk(x, |owner| conversation::Command::Answer {
            agent: owner.unwrap_or(agent(y)),
            text: "t".into(),
            retry,
            extra: None,
            guard: Guard::usual(),
            origin: Origin::default(),
        })
    }

    /// The shop opens, or closes; but for a few.
    fn shift(&mut self, presence: Presence, but: u16) -> Checked {
        for number in (0..draft::AGENTS as u16).filter(|number| but >> number & 1 == 0) {
            self.tell(Command::Present { agent: agent(number), presence })?;
        }
        Ok(())
    }

    /// Some write while the shop is closed; in the morning there is a pool.
    fn night(&mut self, x: u16, y: u16) -> Checked {
        self.shift(Presence::Offline, 0)?;
        for number in 0..2 + x % 4 {
            self.buyer_writes(x / 4 + number, y.rotate_left(number.into()))?;
        }
        self.close(self.one_open(x))?;
        self.shift(Presence::Online, y % 8)?;
        self.pass_time(10, x)
    }

    fn close(&mut self, x: u16) -> Checked {
        self.talk(x, |_| conversation::Command::Close { by: AgentNo(1), oversees: true })
    }

    /// A buyer with an open reception, those of agents first.
    fn one_open(&self, x: u16) -> u16 {
        let owned: Vec<u16> = (0..BUYERS).filter(|n| self.talks[usize::from(*n)].owner().is_some()).collect();
        let open: Vec<u16> = (0..BUYERS).filter(|n| self.talks[usize::from(*n)].open.is_some()).collect();
        match () {
            () if !owned.is_empty() && x % 4 != 3 => of(&owned, x / 4),
            () if !open.is_empty() => of(&open, x / 4),
            () => x,
        }
    }

    fn transfer(&mut self, x: u16, y: u16) -> Checked {
        let to = if y.is_multiple_of(2) { TransferTo::Agent(agent(y / 2)) } else { TransferTo::Group(group(y / 2)) };
        let passed = |owner: Option<AgentNo>| {
            let (by, reason, note) = (owner.unwrap_or(agent(y / 16)), "reason".into(), "note".into());
            conversation::Command::Transfer { by, oversees: true, to, reason, note, guard: Guard::usual(), origin: Origin::default() }
        };
        self.talk(x, passed)
    }

    /// Some of those in the pool, and now and then somebody who is not.
    fn by_hand(&mut self, x: u16, y: u16) -> Checked {
        let pooled = |id: &ConversationId| self.model.talk(*id).is_some_and(|t| t.place == Place::Pooled);
        let named = |n: &u16| pooled(&conversation(*n)) && (x >> (n % 8)) & 1 == 0 || *n == x % 64;
        let conversations = (0..BUYERS).filter(named).map(conversation).collect();
        let to = if y.is_multiple_of(2) { TransferTo::Agent(agent(y / 2)) } else { TransferTo::Group(group(y / 2)) };
        self.tell(Command::AssignByHand { by: agent(x), conversations, to, reason: "by hand".into() })
    }

    fn change_settings(&mut self, x: u8, y: u16) -> Checked {
        let before = facts::schedule(&self.settings);
        draft::change(&mut self.settings, x, y);
        self.version += 1;
        if facts::schedule(&self.settings) != before {
            self.schedule_at = self.now;
        }
        self.tell(Command::Settings { settings: self.settings.clone().into(), version: self.version })
    }

    fn profile(&mut self, x: u16, y: u16) -> Checked {
        let profile = Profile {
            tags: if y.is_multiple_of(3) { vec!["vip".into()] } else { Vec::new() },
            level: of(&["", "gold"], y / 3).into(),
            region: of(&["", "north"], y / 6).into(),
            language: of(&["", "en"], y / 12).into(),
            priority: of(&[Priority::Normal, Priority::Urgent, Priority::High, Priority::Low], y / 24),
            dedicated: if (y / 96).is_multiple_of(3) { None } else { Some(agent(y / 288)) },
        };
        let by = Actor::Account(AgentNo(1));
        self.talk(x, |_| conversation::Command::SetProfile { buyer: buyer(x), profile, by, desk: Default::default() })
    }

    /// Often to the very instant at which something is due, or one before.
    fn pass_time(&mut self, x: u16, y: u16) -> Checked {
        let due = self.dispatcher.deadline().map_or(self.now, |due| due.max(self.now));
        let until = match x % 16 {
            0..=5 => due,
            6 => Millis(due.0 - u64::from(due > self.now)),
            7 | 8 => self.now.plus(u64::from(y) % 20_000),
            9 => self.now.plus(MINUTE_MS),
            _ => self.now.plus(of(&[5 * MINUTE_MS, HOUR_MS / 2, HOUR_MS, 13 * HOUR_MS, 25 * HOUR_MS, 49 * HOUR_MS], y)),
        };
        if self.sleepy {
            self.now = until;
            return Ok(());
        }
        for _ in 0..LOOKS_MAX {
            let Some(due) = self.dispatcher.deadline().filter(|due| *due <= until) else { break };
            self.now = due.max(self.now);
            self.turn("the clock", None)?;
        }
        self.now = until;
        self.turn("the clock", None)
    }

    fn tell_staff(&mut self, agent: AgentNo) -> Checked {
        let settings = self.staff[agent.0 as usize - 1].clone();
        self.tell(Command::Staff { agent, settings, post: Post { main: agent == AgentNo(1), barred: None } })
    }

    /// The server stops and starts; what was on its way to a conversation is lost.
    fn restart(&mut self, down: u16) -> Checked {
        self.tally.count("restart");
        self.post.iter_mut().for_each(VecDeque::clear);
        let agents = (1..)
            .map(AgentNo)
            .zip(&self.staff)
            .map(|(no, settings)| (no, settings.clone(), Post { main: no == AgentNo(1), barred: None }))
            .collect();
        let kept = Kept {
            settings: self.settings.clone().into(),
            version: self.version,
            schedule_at: self.schedule_at,
            last_slot: self.last_slot,
            groups: self.groups.clone(),
            agents,
            open: self.talks.iter().filter(|talk| talk.open.is_some()).cloned().collect(),
            assigned: self.assigned.clone(),
        };
        self.model = Model::restore(&kept, self.model.fault);
        self.dispatcher = Dispatcher::restore(SCOPE, kept);
        self.now = self.now.plus(of(&[10_000, 0, HOUR_MS, 25 * HOUR_MS], down));
        self.sleepy = false;
        self.turn("the first look", None)
    }

    /// A person, or the platform, tells a conversation; `command` is made knowing whom it takes for its owner.
    fn talk(&mut self, x: u16, command: impl FnOnce(Option<AgentNo>) -> conversation::Command) -> Checked {
        let index = usize::from(x % BUYERS);
        let command = command(self.talks[index].owner());
        self.at_talk(index, command)
    }

    fn at_talk(&mut self, index: usize, command: conversation::Command) -> Checked {
        let Ok(decision) = self.talks[index].decide(command, self.now) else { return Ok(()) };
        decision.events.iter().for_each(|event| self.talks[index].apply(event));
        let forward = if let Answer::Forward(effect) = decision.answer { Some(*effect) } else { None };
        for effect in decision.effects.into_iter().chain(forward) {
            match effect {
                Effect::Dispatcher(_, command) => self.tell(command)?,
                Effect::Agent(_, _, fenliu::domain::agent::Command::Said { .. }) => {}
                other => return Err(format!("nobody here takes {other:?}")),
            }
        }
        Ok(())
    }

    fn deliver(&mut self) -> Checked {
        for index in 0..self.post.len() {
            while let Some(command) = self.post[index].pop_front() {
                self.at_talk(index, command)?;
            }
        }
        Ok(())
    }
}

/// A whole history.
pub fn run(fault: Fault, changes: &[(u8, u16)], ops: &[Op]) -> Result<World, String> {
    let mut world = World::open(fault, changes)?;
    for op in ops {
        world.step(*op).map_err(|difference| format!("{op:?}: {difference}"))?;
    }
    Ok(world)
}
