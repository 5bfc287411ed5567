//! The people: buyers who write, staff who answer, close, pass on, come and go, owners who change everything, and the world
//! that fails under them.

use crate::Story;
use crate::assist::Assistant;
use crate::book::Place;
use crate::broken::Checked;
use crate::desk::Counter;
use crate::draw::{self, Knobs};
use crate::faults::Fault;
use crate::guarded::Guarded;
use crate::ladder::Ladder;
use crate::random::Random;
use crate::world::{Caller, SCOPE, World};
use fenliu::domain::content::Extra;
use fenliu::domain::conversation::conversation_id;
use fenliu::domain::dispatcher::{self, TransferTo};
use fenliu::domain::diversion::{Group, Settings};
use fenliu::domain::event::{Actor, AgentSettings, Presence, RetryKey, Role};
use fenliu::domain::facts::OrderState;
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use fenliu::domain::{agent, conversation, shop};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;

/// A message that was sent, until its sender knows that it arrived.
#[derive(Clone)]
struct Unsure {
    id: ConversationId,
    client: u64,
    text: String,
    at: u64,
    /// The agent who wrote it; else the buyer.
    agent: Option<AgentNo>,
    extra: Option<Box<Extra>>,
}

pub struct Run {
    pub world: World,
    pub knobs: Knobs,
    r: Random,
    /// What happens at the desk; None: nothing, as in the stories of old.
    pub counter: Option<Counter>,
    /// Who suggests answers; None: nobody.
    pub assistant: Option<Assistant>,
    /// Who breaks rules; None: nobody.
    pub guarded: Option<Guarded>,
    pub buyers: Vec<ConversationId>,
    staff: Vec<AgentSettings>,
    /// Buyers who come all at once.
    hot: Vec<ConversationId>,
    unsure: Vec<Unsure>,
    clients: u64,
    pub steps: u64,
}

impl Run {
    /// A shop that has just been set up.
    pub fn new(story: Story, fault: Option<Fault>) -> Result<Run, crate::broken::Broken> {
        let Story { seed, desk, guard, assist, year } = story;
        let mut r = Random::new(seed);
        let mut knobs = Knobs::draw(&mut r);
        if year {
            knobs.days = 365;
        }
        let mut world = World::new(knobs.begins.0.saturating_sub(HOUR), fault);
        let buyers: Vec<ConversationId> = (0..knobs.buyers).map(|n| conversation_id(SCOPE, &format!("b-{n}"))).collect();
        let staff = (0..knobs.staff).map(|_| draw::account(&mut r, &knobs)).collect();
        let counter = desk.then(|| Counter::draw(seed));
        let guarded = guard.then(|| Guarded::draw(seed, year));
        world.ladder = Ladder::new(guarded.as_ref().map(|guarded| guarded.conduct.clone()));
        let assistant = assist.then(|| Assistant::draw(seed));
        let (hot, unsure) = (buyers[..3].to_vec(), Vec::new());
        let mut run = Run { world, knobs, r, counter, assistant, guarded, hot, buyers, staff, unsure, clients: 0, steps: 0 };
        run.set_up()?;
        Ok(run)
    }

    pub fn shop(&mut self, command: shop::Command) -> Checked {
        self.world.ask(World::of_shop(command), Caller::Other)
    }

    pub fn by() -> Actor {
        Actor::Platform("test".into())
    }

    fn set_up(&mut self) -> Checked {
        self.shop(shop::Command::Create { shop: "s".into(), name: "shop".into() })?;
        self.world.sync(1)?;
        self.world.begin();
        for group in 1..=self.knobs.groups {
            let settings = Group { name: format!("g{group}"), capacity: draw::group_limit(&mut self.r), welcome: String::new() };
            self.shop(shop::Command::CreateGroup { settings, by: Run::by() })?;
        }
        for (n, settings) in self.staff.clone().into_iter().enumerate() {
            let role = if n == 0 { Role::Owner } else { Role::Agent };
            let (login, password) = (format!("a{n}"), "p".to_owned());
            self.shop(shop::Command::CreateAccount { login, name: "a".into(), password, role, settings, by: Run::by() })?;
        }
        self.world.settle(1)?;
        self.set_settings(None)?;
        self.world.settle(1)?;
        for agent in 1..=self.knobs.staff {
            if self.r.chance(70) {
                self.world.ask(World::agent(AgentNo(agent), agent::Command::Connect), Caller::Other)?;
            }
        }
        self.world.settle(1)
    }

    pub fn set_settings(&mut self, settings: Option<Settings>) -> Checked {
        let settings = Box::new(settings.unwrap_or_else(|| draw::settings(&mut self.r, &self.knobs, &self.staff)));
        self.shop(shop::Command::SetSettings { settings, by: Run::by(), based_on: None, rolled_back_to: None })
    }

    /// The whole run: busy spells with idle hours between them, then the end without faults.
    pub fn live(&mut self) -> Checked {
        let ends = self.knobs.begins.0 + self.knobs.days * 24 * HOUR;
        while self.world.now < ends {
            for _ in 0..self.r.range(8, 40) {
                self.step()?;
            }
            self.rest()?;
            if self.world.idle() {
                self.world.compare()?;
            }
            self.idle_hours(ends)?;
        }
        self.end()
    }

    fn step(&mut self) -> Checked {
        self.steps += 1;
        self.world.now += self.r.one(&[0, 0, 1, 3, 40, 700, 5 * SECOND, 40 * SECOND]);
        if self.r.chance(12) {
            // Right when something is due, or just beside it.
            if let Some(due) = self.world.first_due()
                && due.0 >= self.world.now
                && due.0 < self.world.now + HOUR
            {
                self.world.now = (due.0 + self.r.one(&[0, 0, 1, 5, 300])).saturating_sub(self.r.below(3)).max(self.world.now);
            }
        }
        if self.r.chance(85) {
            self.world.tick()?;
        }
        self.happens()?;
        self.at_the_desk()?;
        self.under_guard()?;
        self.assisted()?;
        if self.r.chance(self.knobs.syncs) {
            let all = self.world.uncommitted();
            self.world.sync(if self.r.chance(70) { all } else { self.r.below(all as u64 + 1) as usize })?;
        }
        let arrive = if self.r.chance(self.knobs.delivers) { 12 } else { self.r.below(2) };
        for _ in 0..arrive {
            self.world.deliver(self.r.number() >> 20)?;
        }
        Ok(())
    }

    fn happens(&mut self) -> Checked {
        let kind = self.r.weighted(&self.knobs.weights);
        let changes = self.knobs.changes;
        match kind {
            0 => self.buyer_writes(),
            1 => self.agent_answers(),
            2 => self.somebody_closes(),
            3 => self.passes_to_agent(),
            4 => self.passes_to_group(),
            5 => self.comes_or_goes(),
            6 => self.chooses_presence(),
            7 if changes => self.configures_account(),
            8 if changes => self.configures_group(),
            9 => self.profile_or_order(),
            10 => self.assigns_by_hand(),
            11 if changes => self.set_settings(None),
            12 if self.knobs.crashes => self.crashes(),
            13 => (0..self.r.range(2, 6)).try_for_each(|_| self.rush()),
            14 => self.rest(),
            15 => self.retries(),
            _ => Ok(()),
        }
    }

    /// All is written and told, and the clock has looked.
    pub fn rest(&mut self) -> Checked {
        for _ in 0..3 {
            self.world.tick()?;
            self.world.settle(self.r.number())?;
        }
        self.world.limits.none_overdue(Millis(self.world.now))
    }

    /// Time passes; whatever is due is done when it is due, give or take a little.
    fn idle_hours(&mut self, ends: u64) -> Checked {
        let hours = if self.knobs.days > 100 { 5 } else { 1 };
        let until = self.world.now + hours * self.r.one(&[MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR]);
        let until = until.min(ends.max(self.world.now + 1));
        for _ in 0..400 {
            let due = self.world.first_due().filter(|due| due.0 <= until);
            let Some(due) = due else { break };
            self.world.now = self.world.now.max(due.0) + self.r.one(&[0, 0, 0, 20]);
            self.world.tick()?;
            self.world.settle(self.r.number())?;
        }
        self.world.now = self.world.now.max(until);
        Ok(())
    }

    fn buyer(&mut self) -> ConversationId {
        if self.r.chance(30) { self.r.one(&self.hot) } else { self.r.one(&self.buyers) }
    }

    fn writes(&mut self, unsure: Unsure, again: bool) -> Checked {
        let Unsure { id, client, text, agent, extra, .. } = unsure.clone();
        if !again {
            self.unsure.push(unsure);
        }
        let retry = RetryKey { client_id: client, body: text.len() as u32 };
        let command = match agent {
            Some(agent) => {
                self.world.ladder.attempt(agent, client, Millis(self.world.now));
                let (guard, origin) = (self.guard_of(agent), self.origin_of(agent));
                if !self.stands_well(agent) {
                    let say = agent::Command::Say { conversation: id, text, retry, extra, guard, origin };
                    return self.world.ask(World::agent(agent, say), Caller::Message { conversation: id, client });
                }
                conversation::Command::Answer { agent, text, retry, extra, guard, origin }
            }
            None => {
                let (visit, asks) = (draw::visit(&mut self.r), self.r.chance(8));
                conversation::Command::Send { buyer: format!("{id}"), name: "n".into(), visit, asks, text, extra, retry, desk: self.desk() }
            }
        };
        self.world.ask(World::talk(id, command), Caller::Message { conversation: id, client })
    }

    fn message(&mut self, id: ConversationId, agent: Option<AgentNo>) -> Checked {
        self.clients += 1;
        let unsure = Unsure { id, client: self.clients, text: draw::text(&mut self.r), at: self.world.now, agent, extra: None };
        self.writes(unsure, false)
    }

    /// An agent tries to send this.
    pub fn tries(&mut self, id: ConversationId, agent: AgentNo, text: String) -> Checked {
        self.tries_with(id, agent, text, None)
    }

    pub fn tries_with(&mut self, id: ConversationId, agent: AgentNo, text: String, extra: Option<Box<Extra>>) -> Checked {
        self.clients += 1;
        self.writes(Unsure { id, client: self.clients, text, at: self.world.now, agent: Some(agent), extra }, false)
    }

    /// What an agent has to answer.
    pub fn owned_by(&self, agent: AgentNo) -> Vec<ConversationId> {
        self.world.talks.iter().filter(|(_, talk)| talk.owner() == Some(agent)).map(|(id, _)| *id).collect()
    }

    fn buyer_writes(&mut self) -> Checked {
        let id = self.buyer();
        self.message(id, None)
    }

    /// Several buyers in the same instant.
    fn rush(&mut self) -> Checked {
        let id = self.r.one(&self.buyers);
        self.message(id, None)
    }

    /// Who heard nothing sends it again, with the same key, for as long as that is safe.
    pub fn retries(&mut self) -> Checked {
        let known: Vec<u64> =
            self.world.answered.iter().filter_map(|c| if let Caller::Message { client, .. } = c { Some(*client) } else { None }).collect();
        let now = self.world.now;
        self.unsure.retain(|u| !known.contains(&u.client) && now - u.at < 20 * HOUR);
        for unsure in self.unsure.clone().into_iter().take(4) {
            self.writes(unsure, true)?;
        }
        Ok(())
    }

    /// An open reception, its owner as the disk has it, or as it will be.
    fn open(&mut self) -> Option<(ConversationId, Option<AgentNo>)> {
        let open = self.world.talks.iter().filter(|(_, talk)| talk.open.is_some());
        let mut open: Vec<_> = open.map(|(id, talk)| (*id, talk.owner())).collect();
        if self.r.chance(60) && open.iter().any(|(_, owner)| owner.is_some()) {
            open.retain(|(_, owner)| owner.is_some());
        }
        if open.is_empty() { None } else { Some(self.r.one(&open)) }
    }

    fn anybody(&mut self) -> AgentNo {
        AgentNo(self.r.range(1, u64::from(self.knobs.staff)) as u32)
    }

    fn agent_answers(&mut self) -> Checked {
        let Some((id, owner)) = self.open() else { return Ok(()) };
        let agent = match owner {
            Some(owner) if self.r.chance(95) => owner,
            _ => self.anybody(),
        };
        self.message(id, Some(agent))
    }

    fn somebody_closes(&mut self) -> Checked {
        let Some((id, owner)) = self.open() else { return Ok(()) };
        let (by, oversees) = (owner.unwrap_or(AgentNo(1)), owner.is_none() && self.r.chance(30));
        self.world.ask(World::talk(id, conversation::Command::Close { by, oversees }), Caller::Other)
    }

    fn passes(&mut self, to: TransferTo) -> Checked {
        let Some((id, owner)) = self.open() else { return Ok(()) };
        let (by, reason, note) = (owner.unwrap_or(AgentNo(1)), "r".to_owned(), String::new());
        let command =
            conversation::Command::Transfer { by, oversees: true, to, reason, note, guard: self.guard_of(by), origin: self.origin_of(by) };
        self.world.ask(World::talk(id, command), Caller::Other)
    }

    fn passes_to_agent(&mut self) -> Checked {
        let agent = self.anybody();
        self.passes(TransferTo::Agent(agent))
    }

    fn passes_to_group(&mut self) -> Checked {
        let group = GroupNo(self.r.range(1, u64::from(self.knobs.groups)) as u32);
        self.passes(TransferTo::Group(group))
    }

    fn comes_or_goes(&mut self) -> Checked {
        let agent = self.anybody();
        let connected = self.world.agents.get(&agent).map_or(0, |a| a.devices);
        let enabled = self.staff[agent.0 as usize - 1].enabled;
        let command = match connected {
            0 if enabled => agent::Command::Connect,
            0 => return Ok(()),
            1 if self.r.chance(15) => agent::Command::Connect,
            _ => agent::Command::Disconnect,
        };
        self.world.ask(World::agent(agent, command), Caller::Other)
    }

    fn chooses_presence(&mut self) -> Checked {
        let agent = self.anybody();
        let presence = self.r.one(&[Presence::Online, Presence::Suspended, Presence::Suspended, Presence::Offline]);
        self.world.ask(World::agent(agent, agent::Command::SetPresence(presence)), Caller::Other)
    }

    fn configures_account(&mut self) -> Checked {
        let agent = self.anybody();
        let settings = draw::account(&mut self.r, &self.knobs);
        self.configure(agent, settings)
    }

    pub fn configure(&mut self, agent: AgentNo, settings: AgentSettings) -> Checked {
        let enabled = settings.enabled;
        self.staff[agent.0 as usize - 1] = settings.clone();
        self.shop(shop::Command::ConfigureAccount { agent, settings, by: Run::by() })?;
        let devices = self.world.agents.get(&agent).map_or(0, |a| a.devices);
        // A disabled account's devices are cut.
        let cut = if enabled { 0 } else { devices };
        (0..cut).try_for_each(|_| self.world.ask(World::agent(agent, agent::Command::Disconnect), Caller::Other))
    }

    fn configures_group(&mut self) -> Checked {
        let group = GroupNo(self.r.range(1, u64::from(self.knobs.groups)) as u32);
        let settings = Group { name: format!("g{}", group.0), capacity: draw::group_limit(&mut self.r), welcome: String::new() };
        self.shop(shop::Command::ConfigureGroup { group, settings, by: Run::by() })
    }

    fn profile_or_order(&mut self) -> Checked {
        let conversation = self.buyer();
        if self.r.chance(50) {
            let profile = draw::profile(&mut self.r, &self.knobs);
            let command = conversation::Command::SetProfile { buyer: "b".into(), profile, by: Run::by(), desk: self.desk() };
            return self.world.ask(World::talk(conversation, command), Caller::Other);
        }
        let state = self.r.one(&[OrderState::Unpaid, OrderState::Paid, OrderState::Shipped, OrderState::Succeeded, OrderState::AfterSale]);
        let since = Millis(self.world.now);
        let command = conversation::Command::NoteOrder { order: "o".into(), state, since, desk: self.desk() };
        self.world.ask(World::talk(conversation, command), Caller::Other)
    }

    pub fn pooled(&self) -> Vec<ConversationId> {
        let pooled = |talk: &crate::book::Talk| talk.open.as_ref().is_some_and(|open| open.place == Place::Pooled);
        self.world.book.talks.iter().filter(|(_, talk)| pooled(talk)).map(|(id, _)| *id).collect()
    }

    fn assigns_by_hand(&mut self) -> Checked {
        let mut conversations = self.pooled();
        conversations.retain(|_| self.r.chance(40));
        if self.r.chance(20) {
            conversations.push(self.r.one(&self.buyers));
        }
        if conversations.is_empty() {
            return Ok(());
        }
        let to = match self.r.chance(60) {
            true => TransferTo::Agent(self.anybody()),
            false => TransferTo::Group(GroupNo(self.r.range(1, u64::from(self.knobs.groups)) as u32)),
        };
        let command = dispatcher::Command::AssignByHand { by: AgentNo(1), conversations, to, reason: "r".into() };
        self.world.ask(World::command(command), Caller::Other)
    }

    /// The server falls, stays away for a while, and comes back; its people too, or some of them.
    fn crashes(&mut self) -> Checked {
        self.world.crash()?;
        self.world.now += self.r.one(&[10, 2 * SECOND, MINUTE, 11 * MINUTE, 45 * MINUTE, 3 * HOUR]);
        self.staff = self.world.agents.values().map(|a| a.settings.clone()).collect();
        if self.r.chance(60) {
            self.world.tick()?;
        }
        for agent in 1..=self.knobs.staff {
            if self.r.chance(50) && self.staff[agent as usize - 1].enabled {
                self.world.ask(World::agent(AgentNo(agent), agent::Command::Connect), Caller::Other)?;
            }
        }
        if self.r.chance(70) { self.retries() } else { Ok(()) }
    }
}
