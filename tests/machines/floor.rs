//! A shop's floor for the tests: a dispatcher, its clock, and what people do in front of it.

use crate::SCOPE;
use crate::render::{run, step};
use fenliu::domain::dispatcher::{Command, Dispatcher, Kept, TransferTo};
use fenliu::domain::diversion::condition::Condition;
use fenliu::domain::diversion::{Group, Queue, Rule, Settings, Target};
use fenliu::domain::event::{AgentSettings, Arrival, Event, Presence};
use fenliu::domain::explain::{Cause, Explanation, Outcome};
use fenliu::domain::facts::{Facts, Visit};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use fenliu::domain::offline::{Automatic, Offline, Run};
use fenliu::domain::refusal::Refusal;
use fenliu::domain::{Answer, Effect, Machine, agent};

/// When the floor opens: a midnight in Shanghai, a Thursday's, and later than any window back from it.
pub const OPENS: u64 = 1_000 * crate::HOUR;
pub const MINUTE: u64 = 60_000;
pub const GRACE: u64 = 60_000;

pub struct Floor {
    pub dispatcher: Dispatcher,
    pub now: u64,
}

/// What one command led to, with everything that had to follow in the same turn.
#[derive(Default)]
pub struct Told {
    pub routed: Vec<(Arrival, Explanation)>,
    pub runs: Vec<Run>,
    pub effects: Vec<Effect>,
    /// That of the command itself.
    pub answer: Option<Answer>,
    lines: Vec<String>,
}

/// Buyer `number`'s conversation.
pub fn buyer(number: u64) -> ConversationId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    ConversationId(id)
}

/// The buyer of a conversation.
pub fn number(conversation: ConversationId) -> u64 {
    u64::from_be_bytes(conversation.0[8..].try_into().expect("eight bytes"))
}

/// A buyer who has never been here.
pub fn arrival(number: u64, now: u64) -> Arrival {
    let now = Millis(now);
    Arrival {
        conversation: buyer(number),
        reception: 1,
        arrived: now,
        priority: Default::default(),
        facts: Box::default(),
        group: None,
        recent: None,
        dedicated: None,
        unanswered: Some(now),
        last: now,
        asked: None,
        missed: Vec::new(),
        decision: 0,
    }
}

/// What is known of who came through `entry`.
pub fn through(entry: &str) -> Box<Facts> {
    Box::new(Facts { visit: Visit { entry: entry.into(), ..Visit::default() }, ..Facts::default() })
}

pub fn settings(weight: u32, capacity: u32, groups: &[(u32, Option<u32>)]) -> AgentSettings {
    AgentSettings {
        weight,
        capacity,
        groups: groups.iter().map(|(g, c)| (GroupNo(*g), *c)).collect(),
        enabled: true,
        welcome: String::new(),
    }
}

pub fn disabled() -> AgentSettings {
    AgentSettings { enabled: false, ..settings(1, 5, &[]) }
}

/// A shop in which nothing happens by itself: nobody waits too long, no slot fires.
pub fn quiet() -> Settings {
    let automatic = Automatic { on: false, ..Offline::default().automatic };
    Settings {
        queue: Queue { length_max: 1_000, wait_ms_max: None },
        offline: Offline { automatic, ..Offline::default() },
        ..Settings::default()
    }
}

pub fn with_rules(rules: Vec<Rule>) -> Settings {
    Settings { rules, ..quiet() }
}

/// A rule for who comes through `entry`; an empty one holds for everybody.
pub fn rule(entry: &str, target: Target) -> Rule {
    let when = if entry.is_empty() { Condition::always() } else { Condition::Entry(vec![entry.into()]) };
    Rule { name: entry.into(), when, target }
}

pub fn to_groups(groups: &[u32]) -> Target {
    Target::Groups(groups.iter().map(|g| GroupNo(*g)).collect())
}

pub fn to_agents(agents: &[u32]) -> Target {
    Target::Agents(agents.iter().map(|a| AgentNo(*a)).collect())
}

/// `3 → 1 in group 2 by rule 0`: one line per decision.
fn line(arrival: &Arrival, why: &Explanation) -> String {
    let to = match why.outcome {
        Outcome::Owned(agent) => agent.0.to_string(),
        Outcome::Queued => "queue".into(),
        Outcome::Pooled => "pool".into(),
    };
    let group = why.group.map_or(String::new(), |g| format!(" in group {}", g.0));
    let by = match &why.cause {
        Cause::Person { by, over_capacity, .. } => {
            format!("hand of {}{}", by.0, if *over_capacity { " over capacity" } else { "" })
        }
        _ => step(&why.step),
    };
    format!("{} → {to}{group} by {by}", number(arrival.conversation))
}

impl Floor {
    /// Groups with their limits.
    pub fn new(settings: Settings, groups: &[Option<u32>]) -> Floor {
        let named =
            |(i, capacity): (usize, &Option<u32>)| Group { name: format!("group {}", i + 1), capacity: *capacity, welcome: String::new() };
        let groups = groups.iter().enumerate().map(named).collect();
        let kept = Kept { settings: Box::new(settings), version: 1, schedule_at: Millis(OPENS), groups, ..Kept::default() };
        Floor { dispatcher: Dispatcher::restore(SCOPE, kept), now: OPENS }
    }

    /// As the shell does it: what is due is woken first, and everything that follows is done in the same turn.
    pub fn told(&mut self, command: Command) -> Result<Told, Refusal> {
        let mut told = Told::default();
        if self.dispatcher.deadline().is_some_and(|due| due <= Millis(self.now)) && !matches!(command, Command::Wake) {
            self.turn(Command::Wake, &mut told)?;
        }
        let answer = self.turn(command, &mut told)?;
        Ok(Told { answer: Some(answer), ..told })
    }

    fn turn(&mut self, command: Command, told: &mut Told) -> Result<Answer, Refusal> {
        let answer = self.decide(command, told)?;
        let mut turns = 0;
        while let Some(next) = self.dispatcher.follow_up() {
            self.decide(next, told)?;
            turns += 1;
            assert!(turns < 100_000, "the dispatcher does not come to rest");
        }
        Ok(answer)
    }

    fn decide(&mut self, command: Command, told: &mut Told) -> Result<Answer, Refusal> {
        let decision = self.dispatcher.decide(command, Millis(self.now))?;
        for event in decision.events {
            self.dispatcher.apply(&event);
            match event {
                Event::Routed { arrival, why } => {
                    told.lines.push(line(&arrival, &why));
                    told.routed.push((arrival, why));
                }
                Event::PoolAssigned { run: record } => {
                    told.lines.push(run(&record));
                    told.runs.push(record);
                }
                _ => {}
            }
        }
        for effect in &decision.effects {
            if let Effect::Agent(_, agent, agent::Command::Suspend) = effect {
                told.lines.push(format!("suspend {}", agent.0));
            }
        }
        told.effects.extend(decision.effects);
        Ok(decision.answer)
    }

    /// The decisions one command leads to.
    pub fn decisions(&mut self, command: Command) -> Vec<(Arrival, Explanation)> {
        self.told(command).expect("not refused").routed
    }

    /// The same, and the records, one line each.
    pub fn tell(&mut self, command: Command) -> String {
        match self.told(command) {
            Ok(told) => told.lines.join("; "),
            Err(refusal) => format!("refused: {refusal:?}"),
        }
    }

    pub fn set(&mut self, settings: Settings) -> String {
        self.tell(Command::Settings { settings: Box::new(settings), version: 2 })
    }

    pub fn group(&mut self, group: u32, capacity: Option<u32>) -> String {
        self.tell(Command::Group { group: GroupNo(group), settings: Group { name: "g".into(), capacity, welcome: String::new() } })
    }

    pub fn staff(&mut self, agent: u32, settings: AgentSettings) -> String {
        self.tell(Command::Staff { agent: AgentNo(agent), settings, post: Default::default() })
    }

    pub fn present(&mut self, agent: u32, presence: Presence) -> String {
        self.tell(Command::Present { agent: AgentNo(agent), presence })
    }

    /// An agent at work.
    pub fn at_work(&mut self, agent: u32, settings: AgentSettings) -> String {
        self.staff(agent, settings);
        self.present(agent, Presence::Online)
    }

    /// A new buyer.
    pub fn arrive(&mut self, number: u64) -> String {
        self.arrive_as(number, |_| ())
    }

    pub fn arrive_by(&mut self, number: u64, entry: &str) -> String {
        self.arrive_as(number, |arrival| arrival.facts = through(entry))
    }

    /// A buyer with whom `agent` last spoke `age_ms` ago.
    pub fn arrive_again(&mut self, number: u64, agent: u32, age_ms: u64) -> String {
        let recent = (AgentNo(agent), Millis(self.now + 1 - age_ms));
        self.arrive_as(number, |arrival| arrival.recent = Some(recent))
    }

    /// A buyer of whom more is known.
    pub fn arrive_as(&mut self, number: u64, known: impl FnOnce(&mut Arrival)) -> String {
        self.now += 1;
        let mut arrival = arrival(number, self.now);
        known(&mut arrival);
        self.tell(Command::Route { arrival, text: None })
    }

    /// The buyer of a pooled reception writes again.
    pub fn again(&mut self, number: u64) -> String {
        let arrival = arrival(number, self.now);
        self.tell(Command::Route { arrival, text: Some("?".into()) })
    }

    /// What is known of the buyer of an open reception changes.
    pub fn learn(&mut self, number: u64, known: impl FnOnce(&mut Arrival)) -> String {
        let mut arrival = arrival(number, self.now);
        known(&mut arrival);
        self.tell(Command::Route { arrival, text: None })
    }

    pub fn close(&mut self, number: u64) -> String {
        self.tell(Command::Closed { conversation: buyer(number), reception: 1 })
    }

    pub fn owner(&self, number: u64) -> Option<AgentNo> {
        self.dispatcher.view().receptions.get(&buyer(number))?.1
    }

    /// Its owner answers.
    pub fn answer(&mut self, number: u64) -> String {
        let by = self.owner(number);
        self.tell(Command::Round { conversation: buyer(number), reception: 1, unanswered: None, by, asked: None })
    }

    /// The buyer writes what begins a round.
    pub fn write(&mut self, number: u64) -> String {
        let unanswered = Some(Millis(self.now));
        self.tell(Command::Round { conversation: buyer(number), reception: 1, unanswered, by: None, asked: None })
    }

    /// The buyer asks for a person, in a round that has been open `since`.
    pub fn ask(&mut self, number: u64, since: u64) -> String {
        let (unanswered, asked) = (Some(Millis(since)), Some(Millis(self.now)));
        self.tell(Command::Round { conversation: buyer(number), reception: 1, unanswered, by: None, asked })
    }

    pub fn transfer(&mut self, number: u64, by: u32, to: TransferTo) -> String {
        self.tell(Command::Transfer { conversation: buyer(number), reception: 1, by: AgentNo(by), to, reason: "r".into(), note: "".into() })
    }

    /// The clock: time passes, and whoever wants to be woken is, when it wants to be.
    pub fn after(&mut self, ms: u64) -> String {
        let end = self.now + ms;
        let mut told = Vec::new();
        while let Some(due) = self.dispatcher.deadline().filter(|due| *due <= Millis(end)) {
            self.now = self.now.max(due.0);
            told.push(self.tell(Command::Wake));
            assert!(told.len() < 100_000, "woken without end");
        }
        self.now = end;
        told.retain(|line| !line.is_empty());
        told.join("; ")
    }

    pub fn load(&self, agent: u32) -> u32 {
        self.dispatcher.load(AgentNo(agent))
    }

    pub fn unanswered(&self, agent: u32) -> u32 {
        self.dispatcher.view().agents[&AgentNo(agent)].unanswered
    }

    /// Who waits, in order.
    pub fn queue(&self) -> Vec<u64> {
        self.dispatcher.view().queue.iter().map(|turn| number(turn.2)).collect()
    }
}

/// Receptions of one to another: to an agent, or a group.
pub fn to(agent: u32) -> TransferTo {
    TransferTo::Agent(AgentNo(agent))
}

pub fn to_group(group: u32) -> TransferTo {
    TransferTo::Group(GroupNo(group))
}
