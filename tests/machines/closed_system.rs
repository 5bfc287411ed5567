//! Dispatcher and conversations as one closed system: random people, effects delivered in any order that keeps the order
//! between two of them, and after every step what must always be true.
//!
//! `FENLIU_CASES=100000 FENLIU_SEED=7 cargo test --release --test machines closed_system` for more, or for the same again.

use crate::floor::{OPENS, rule, settings, to_agents, to_groups};
use crate::model::Model;
use crate::{HOUR, SCOPE};
use fenliu::domain::conversation::{self, Conversation, conversation_id};
use fenliu::domain::dispatcher::{self, Dispatcher, TransferTo};
use fenliu::domain::diversion::{Group, Rules};
use fenliu::domain::event::{AgentSettings, Event, Heard, Presence, RetryKey};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use fenliu::domain::{Answer, Effect, Machine};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::collections::{BTreeMap, VecDeque};

const AGENTS: u32 = 4;
const GROUPS: u32 = 2;
const BUYERS: u8 = 9;

/// What happens next: a kind and two numbers to choose with.
type Op = (u8, u8, u8);

/// A fault planted on the way, which the checks must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The news of a close is lost.
    CloseLost,
    /// The dispatcher forgets that a round ended.
    RoundForgotten,
    /// The last who came is first in the queue.
    QueueReversed,
    /// The dispatcher believes in one place more than the agent has.
    CapacityWrong,
    /// The decision never reaches the conversation.
    OwnLost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum From {
    Conversation(ConversationId),
    Agent(AgentNo),
    Shop,
    Clock,
}

struct World {
    fault: Fault,
    now: u64,
    dispatcher: Dispatcher,
    talks: BTreeMap<ConversationId, Conversation>,
    opened: BTreeMap<(ConversationId, u32), Millis>,
    model: Model,
    to_dispatcher: BTreeMap<From, VecDeque<(u64, dispatcher::Command)>>,
    to_talks: BTreeMap<ConversationId, VecDeque<(u64, conversation::Command)>>,
    staff: Vec<AgentSettings>,
    messages: u64,
    steps: u64,
}

fn rules(pick: u8) -> Rules {
    let base = Rules { recent_obeys_capacity: pick & 8 == 0, busy_above: 1, ..Rules::default() };
    match pick % 4 {
        0 => base,
        1 => Rules { rules: vec![rule("a", to_groups(&[1]))], fallback_group: Some(GroupNo(2)), ..base },
        2 => Rules { rules: vec![rule("a", to_agents(&[1, 2])), rule("b", to_groups(&[2, 1]))], ..base },
        _ => Rules { rules: vec![rule("a", to_groups(&[2])), rule("", to_groups(&[1, 2]))], ..base },
    }
}

fn some_settings(x: u8, y: u8) -> AgentSettings {
    let limit = |bits: u8| [None, Some(0), Some(1), Some(2)][usize::from(bits % 4)];
    let mut groups = Vec::new();
    if y & 1 == 1 {
        groups.push((1, limit(y >> 2)));
    }
    if y & 2 == 2 {
        groups.push((2, limit(y >> 4)));
    }
    AgentSettings { enabled: x % 16 != 15, ..settings([1, 3, 1, 0][usize::from(y >> 6)], u32::from(x % 5), &groups) }
}

impl World {
    fn new(fault: Fault) -> World {
        let mut world = World {
            fault,
            now: OPENS,
            dispatcher: Dispatcher::restore(SCOPE, Rules::default(), 0, vec![], vec![], vec![]),
            talks: BTreeMap::new(),
            opened: BTreeMap::new(),
            model: Model::default(),
            to_dispatcher: BTreeMap::new(),
            to_talks: BTreeMap::new(),
            staff: (0..AGENTS).map(|_| settings(1, 2, &[(1, None)])).collect(),
            messages: 0,
            steps: 0,
        };
        for group in 1..=GROUPS {
            world.set_group(group, None);
        }
        for agent in 1..=AGENTS {
            world.set_staff(agent, settings(1, 2, &[(1 + agent % 2, None)]));
            world.present(agent, if agent == AGENTS { Presence::Offline } else { Presence::Online });
        }
        world
    }

    fn tell(&mut self, from: From, command: dispatcher::Command) {
        self.to_dispatcher.entry(from).or_default().push_back((self.now, command));
    }

    fn set_group(&mut self, group: u32, capacity: Option<u32>) {
        self.tell(
            From::Shop,
            dispatcher::Command::Group { group: GroupNo(group), settings: Group { name: format!("g{group}"), capacity } },
        );
    }

    fn set_staff(&mut self, agent: u32, settings: AgentSettings) {
        self.staff[agent as usize - 1] = settings.clone();
        self.tell(From::Agent(AgentNo(agent)), dispatcher::Command::Staff { agent: AgentNo(agent), settings });
    }

    fn present(&mut self, agent: u32, presence: Presence) {
        self.tell(From::Agent(AgentNo(agent)), dispatcher::Command::Present { agent: AgentNo(agent), presence });
    }

    /// One thing happens in the world, or one message arrives.
    fn step(&mut self, (kind, x, y): Op) -> Result<(), String> {
        let agent = 1 + u32::from(x) % AGENTS;
        match kind {
            0..=19 => self.buyer_writes(x, y),
            20..=31 => self.staff_answers(x, y),
            32..=41 => self
                .talk(x, |owner| conversation::Command::Close { by: owner.unwrap_or(AgentNo(1)), oversees: owner.is_none() || y % 4 == 0 }),
            42..=47 => {
                let to = if y % 2 == 0 {
                    TransferTo::Agent(AgentNo(1 + u32::from(y / 2) % AGENTS))
                } else {
                    TransferTo::Group(GroupNo(1 + u32::from(y / 2) % GROUPS))
                };
                let passed = |owner: Option<AgentNo>| conversation::Command::Transfer {
                    by: owner.unwrap_or(AgentNo(1)),
                    oversees: true,
                    to,
                    reason: "r".into(),
                    note: "".into(),
                };
                self.talk(x, passed)
            }
            48..=57 => {
                self.present(agent, [Presence::Online, Presence::Online, Presence::Suspended, Presence::Offline][usize::from(y % 4)]);
                Ok(())
            }
            58..=61 => {
                self.set_staff(agent, some_settings(y, x));
                Ok(())
            }
            62..=63 => {
                self.set_group(1 + u32::from(x) % GROUPS, [None, Some(0), Some(1), Some(3)][usize::from(y % 4)]);
                Ok(())
            }
            64..=65 => {
                self.tell(From::Shop, dispatcher::Command::Rules { rules: rules(y), version: 1 });
                Ok(())
            }
            66..=73 => {
                self.pass_time([1, 100, 30_000, 60_000, HOUR, 13 * HOUR, 25 * HOUR, 49 * HOUR][usize::from(x % 8)]);
                Ok(())
            }
            74 => self.deliver_all(),
            75..=90 => {
                // A reception that ends as most do.
                self.staff_answers(x, y)?;
                self.talk(x, |owner| conversation::Command::Close { by: owner.unwrap_or(AgentNo(1)), oversees: false })
            }
            _ => self.deliver(x, y).and_then(|()| self.deliver(y, x)),
        }
    }

    fn pass_time(&mut self, ms: u64) {
        self.now += ms;
        if self.dispatcher.deadline().is_some_and(|due| due.0 <= self.now) {
            self.tell(From::Clock, dispatcher::Command::Wake);
        }
    }

    fn retry(&mut self) -> RetryKey {
        self.messages += 1;
        RetryKey { client_id: self.messages, body: 0 }
    }

    fn buyer_writes(&mut self, x: u8, y: u8) -> Result<(), String> {
        let buyer = format!("b-{}", x % BUYERS);
        let id = conversation_id(SCOPE, &buyer);
        self.talks.entry(id).or_insert_with(|| Conversation::new(SCOPE, id));
        let (entry, retry) = (["a", "b", ""][usize::from(y % 3)].to_string(), self.retry());
        self.at_talk(id, conversation::Command::Send { buyer, name: "".into(), entry, text: "t".into(), retry }, self.now)
    }

    fn staff_answers(&mut self, x: u8, y: u8) -> Result<(), String> {
        let retry = self.retry();
        let any = AgentNo(1 + u32::from(y) % AGENTS);
        self.talk(x, |owner| conversation::Command::Answer { agent: owner.unwrap_or(any), text: "t".into(), retry })
    }

    fn talk(&mut self, x: u8, command: impl FnOnce(Option<AgentNo>) -> conversation::Command) -> Result<(), String> {
        let id = conversation_id(SCOPE, &format!("b-{}", x % BUYERS));
        let Some(talk) = self.talks.get(&id) else { return Ok(()) };
        let command = command(talk.open.as_ref().and_then(|r| r.owner));
        self.at_talk(id, command, self.now)
    }

    fn release(&mut self, from: From, at: u64, effects: impl Iterator<Item = Effect>) {
        for effect in effects {
            match effect {
                Effect::Dispatcher(_, dispatcher::Command::Closed { .. }) if self.fault == Fault::CloseLost => {}
                Effect::Conversation(_, _, conversation::Command::Own { .. }) if self.fault == Fault::OwnLost => {}
                Effect::Dispatcher(_, command) => self.to_dispatcher.entry(from).or_default().push_back((at, command)),
                Effect::Conversation(_, id, command) => self.to_talks.entry(id).or_default().push_back((at, command)),
                other => panic!("nobody here takes {other:?}"),
            }
        }
    }

    fn at_talk(&mut self, id: ConversationId, command: conversation::Command, at: u64) -> Result<(), String> {
        let talk = self.talks.get_mut(&id).expect("begun by the buyer");
        let Ok(decision) = talk.decide(command, Millis(at)) else { return Ok(()) };
        for event in &decision.events {
            talk.apply(event);
            if let Event::ReceptionOpened { reception, at, .. } = event {
                self.opened.insert((id, *reception), *at);
            }
        }
        let forward = if let Answer::Forward(effect) = decision.answer { Some(effect) } else { None };
        self.release(From::Conversation(id), at, decision.effects.into_iter().chain(forward));
        Ok(())
    }

    /// What the dispatcher is told, with the planted fault.
    fn spoilt(&self, command: dispatcher::Command) -> dispatcher::Command {
        match (self.fault, command) {
            (Fault::QueueReversed, dispatcher::Command::Route(mut arrival)) => {
                arrival.arrived = Millis(2 * OPENS - arrival.arrived.0.min(2 * OPENS));
                dispatcher::Command::Route(arrival)
            }
            (Fault::CapacityWrong, dispatcher::Command::Staff { agent, mut settings }) => {
                settings.capacity += 1;
                dispatcher::Command::Staff { agent, settings }
            }
            (_, command) => command,
        }
    }

    fn at_dispatcher(&mut self, command: dispatcher::Command, at: u64) -> Result<(), String> {
        self.model.hear(&command);
        let mut next = Some(self.spoilt(command));
        while let Some(command) = next.take() {
            let Ok(decision) = self.dispatcher.decide(command, Millis(at)) else { break };
            let (mut routed, mut all_looked_at) = (Vec::new(), false);
            for event in &decision.events {
                if self.fault == Fault::RoundForgotten && matches!(event, Event::Heard(Heard::Round { unanswered: false, .. })) {
                    continue;
                }
                self.dispatcher.apply(event);
                all_looked_at |= matches!(event, Event::Heard(Heard::Drained));
                if let Event::Routed { arrival, why } = event {
                    routed.push((arrival.clone(), why.clone()));
                }
            }
            let opened = &self.opened;
            self.model.routed(&routed, all_looked_at, |arrival| opened[&(arrival.conversation, arrival.reception)], Millis(at))?;
            let forward = if let Answer::Forward(effect) = decision.answer { Some(effect) } else { None };
            self.release(From::Clock, at, decision.effects.into_iter().chain(forward));
            next = self.dispatcher.follow_up();
        }
        self.steps += 1;
        self.model.agrees(&self.dispatcher.view())
    }

    /// One message arrives: the oldest between some two.
    fn deliver(&mut self, x: u8, y: u8) -> Result<(), String> {
        let nth = |n: usize, of: u8| if n == 0 { 0 } else { usize::from(of) % n };
        if x.is_multiple_of(2) || self.to_talks.is_empty() {
            let Some(from) = self.to_dispatcher.keys().nth(nth(self.to_dispatcher.len(), y)).copied() else { return Ok(()) };
            let lane = self.to_dispatcher.get_mut(&from).expect("named");
            let (at, command) = lane.pop_front().expect("never empty");
            if lane.is_empty() {
                self.to_dispatcher.remove(&from);
            }
            return self.at_dispatcher(command, at);
        }
        let id = self.to_talks.keys().nth(nth(self.to_talks.len(), y)).copied().expect("not empty");
        let lane = self.to_talks.get_mut(&id).expect("named");
        let (at, command) = lane.pop_front().expect("never empty");
        if lane.is_empty() {
            self.to_talks.remove(&id);
        }
        self.at_talk(id, command, at)
    }

    /// Everything arrives; then both sides must say the same, and a dispatcher restored from the conversations too.
    fn deliver_all(&mut self) -> Result<(), String> {
        let mut turn = 0_u8;
        while !self.to_dispatcher.is_empty() || !self.to_talks.is_empty() {
            self.deliver(turn, turn / 2)?;
            turn = turn.wrapping_add(1);
        }
        let roster = self.dispatcher.view();
        let open = self.talks.values().filter_map(|t| Some((t.at?.1, t.open.as_ref()?)));
        let theirs: BTreeMap<_, _> = open.map(|(id, r)| (id, (r.no, r.owner, r.owner.and(r.group)))).collect();
        if theirs != roster.receptions {
            return Err(format!("the conversations say {theirs:?}, the dispatcher {:?}", roster.receptions));
        }
        let staff = self.staff.iter().enumerate().map(|(i, s)| (AgentNo(i as u32 + 1), s.clone())).collect();
        let groups = vec![Group { name: "g".into(), capacity: None }; GROUPS as usize];
        let open = self.talks.values().filter(|t| t.open.is_some()).cloned().collect();
        let mut restored = Dispatcher::restore(SCOPE, Rules::default(), 1, groups, staff, open).view();
        for (agent, seat) in &mut restored.agents {
            seat.presence = roster.agents[agent].presence; // everybody is offline after a restart
        }
        if self.fault == Fault::None && restored != roster { Err(format!("restored: {restored:?}, live: {roster:?}")) } else { Ok(()) }
    }

    /// Everybody comes, with room for all: nobody may be left waiting.
    fn finish(&mut self) -> Result<(), String> {
        self.deliver_all()?;
        (1..=GROUPS).for_each(|group| self.set_group(group, None));
        self.deliver_all()?;
        for agent in 1..=AGENTS {
            self.set_staff(agent, settings(1, 1_000, &[(1, None), (2, None)]));
            self.present(agent, Presence::Online);
        }
        self.deliver_all()?;
        if self.dispatcher.waiting() > 0 { Err(format!("still waiting: {:?}", self.dispatcher.view().queue)) } else { Ok(()) }
    }
}

/// Commands at the dispatcher, and its decisions by kind.
type Met = (u64, BTreeMap<&'static str, u64>);

fn live(fault: Fault, ops: &[Op]) -> Result<Met, String> {
    let mut world = World::new(fault);
    for op in ops {
        world.step(*op)?;
    }
    world.finish()?;
    Ok((world.steps, world.model.met))
}

fn from_env(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

fn run(fault: Fault, cases: u32, seed: u64) -> Result<Met, TestError<Vec<Op>>> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let total = std::cell::RefCell::new(Met::default());
    let ops = prop::collection::vec((0..200_u8, any::<u8>(), any::<u8>()), 0..200);
    runner.run(&ops, |ops| {
        let (steps, met) = live(fault, &ops).map_err(TestCaseError::fail)?;
        let mut total = total.borrow_mut();
        total.0 += steps;
        met.into_iter().for_each(|(kind, times)| *total.1.entry(kind).or_default() += times);
        Ok(())
    })?;
    Ok(total.into_inner())
}

#[test]
fn the_closed_system_keeps_its_promises() {
    // SPEC: DIV-1, DIV-4, DIV-5, DIV-6, DIV-8
    let (cases, seed) = (from_env("FENLIU_CASES", 3_000) as u32, from_env("FENLIU_SEED", 20_260_101));
    match run(Fault::None, cases, seed) {
        Ok((steps, met)) => {
            println!("seed {seed}: {cases} histories, {steps} commands at the dispatcher: {met:?}");
            assert!(cases < 1_000 || met.len() == 13 && met.values().all(|times| *times >= 10), "a case was hardly met");
        }
        Err(TestError::Fail(why, ops)) => panic!("seed {seed}: {}\n{ops:?}", why.message()),
        Err(failed) => panic!("seed {seed}: {failed}"),
    }
}

#[test]
fn the_checks_find_planted_faults() {
    // SPEC: DIV-4, DIV-5
    for fault in [Fault::CloseLost, Fault::RoundForgotten, Fault::QueueReversed, Fault::CapacityWrong, Fault::OwnLost] {
        match run(fault, 200, 1) {
            Err(TestError::Fail(why, ops)) => println!("{fault:?} found, in {} steps: {:.160}", ops.len(), why.message()),
            other => panic!("{fault:?} was not found: {other:?}"),
        }
    }
}
