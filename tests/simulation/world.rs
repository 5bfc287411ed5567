//! The world without the people: the real machines, the shell's turn, the commit queue, the disk, the wires, the clock.
//!
//! A decision is applied at once and becomes a commit. A sync makes the first commits durable, all or none, and only then lets
//! out what they lead to, in their order. Between two entities messages keep their order; between others they do not.
//! A crash takes whatever is not durable, and every message on a wire.

use crate::book::Book;
use crate::broken::{Checked, broken, holds};
use crate::faults::Fault;
use crate::ladder::Ladder;
use crate::limits::Limits;
use crate::model::Model;
use crate::offers::{self, Offers};
use crate::shown::{self, Shown};
use fenliu::domain::agent::Agent;
use fenliu::domain::conversation::{self, Conversation};
use fenliu::domain::dispatcher::{self, Dispatcher, Kept};
use fenliu::domain::event::{Arrival, Event};
use fenliu::domain::explain::Explanation;
use fenliu::domain::id::{AgentNo, ConversationId, Millis, ShopScope};
use fenliu::domain::list::Listed;
use fenliu::domain::offline::Firing;
use fenliu::domain::shop::Shop;
use fenliu::domain::{Answer, Decision, Effect, Machine, Reply, agent, shop};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub const SCOPE: ShopScope = ShopScope::granted(7);
/// Records of the assignment whose conversations may not have heard yet.
const RECORDS_UNDER_WAY_MAX: usize = 8;

/// More decisions in one turn than this never end.
const TURN_MAX: u32 = 20_000;

/// One entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Shop,
    Agent(AgentNo),
    Talk(ConversationId),
    Dispatcher,
}

/// Who waits for an answer, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Message { conversation: ConversationId, client: u64 },
    Other,
}

pub struct Commit {
    from: Who,
    at: Millis,
    events: Vec<Event>,
    effects: Vec<Effect>,
    forward: Option<(Effect, Option<Caller>)>,
    answer: Option<(Caller, Reply)>,
}

impl Commit {
    fn talk(&self) -> Option<ConversationId> {
        if let Who::Talk(id) = self.from { Some(id) } else { None }
    }

    /// Whoever asked has hung up.
    pub fn unanswered(self) -> Commit {
        Commit { answer: None, ..self }
    }
}

/// A message on a wire.
pub struct Sent {
    at: Millis,
    effect: Effect,
    caller: Option<Caller>,
}

/// What survives a crash: the heads, and the last records with their assignments.
#[derive(Default)]
pub struct Disk {
    pub shop: Shop,
    pub agents: BTreeMap<AgentNo, Agent>,
    pub talks: BTreeMap<ConversationId, Conversation>,
    pub assigned: VecDeque<Vec<(Arrival, Explanation)>>,
}

pub struct World {
    pub fault: Option<Fault>,
    pub now: u64,
    pub shop: Shop,
    pub agents: BTreeMap<AgentNo, Agent>,
    pub talks: BTreeMap<ConversationId, Conversation>,
    pub dispatcher: Dispatcher,
    pub disk: Disk,
    pub commits: VecDeque<Commit>,
    pub wires: BTreeMap<(Who, Who), VecDeque<Sent>>,
    pub book: Book,
    pub model: Model,
    pub shown: Shown,
    pub limits: Limits,
    /// Alarms that the clock forgot.
    lost_limits: BTreeSet<(ConversationId, Millis)>,
    pub ladder: Ladder,
    pub offers: Offers,
    /// Messages of people that were acknowledged.
    pub answered: Vec<Caller>,
    alarms: u64,
    pub decisions: u64,
    pub crashes: u64,
    pub refused: BTreeMap<&'static str, u64>,
    /// What happened, where somebody wants to read it.
    pub story: Option<Vec<String>>,
}

impl World {
    pub fn new(now: u64, fault: Option<Fault>) -> World {
        World {
            fault,
            now,
            shop: Shop::new(SCOPE),
            agents: BTreeMap::new(),
            talks: BTreeMap::new(),
            dispatcher: Dispatcher::restore(SCOPE, Kept::default()),
            disk: Disk { shop: Shop::new(SCOPE), ..Disk::default() },
            commits: VecDeque::new(),
            wires: BTreeMap::new(),
            book: Book::default(),
            model: Model::restored(&Book::default()),
            shown: Shown::default(),
            limits: Limits::default(),
            lost_limits: BTreeSet::new(),
            ladder: Ladder::default(),
            offers: Offers::default(),
            answered: Vec::new(),
            alarms: 0,
            decisions: 0,
            crashes: 0,
            refused: BTreeMap::new(),
            story: None,
        }
    }

    pub fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            let mut line = format!("{} {}", self.now, line());
            while let (Some(from), Some(to)) = (line.find("seen: ["), line.find("], unlisted")) {
                line.replace_range(from..to + 2, "");
            }
            for id in self.talks.keys() {
                line = line.replace(&format!("{id:?}"), &id.to_string()[..4]);
            }
            story.push(line);
        }
    }

    /// Somebody outside asks; the shell hands it over at once.
    pub fn ask(&mut self, effect: Effect, caller: Caller) -> Checked {
        self.hand(Sent { at: Millis(self.now), effect, caller: Some(caller) })
    }

    fn hand(&mut self, Sent { at, effect, caller }: Sent) -> Checked {
        self.tell(|| format!("at {} {effect:?}", at.0));
        match effect {
            Effect::Order(..) | Effect::Texts(..) => unreachable!("nobody here has orders or texts"),
            Effect::Shop(_, command) => {
                let decided = self.shop.decide(command, at);
                if let Some(events) = self.carry(Who::Shop, decided, at, caller)? {
                    events.iter().for_each(|event| self.shop.apply(event));
                }
            }
            Effect::Agent(_, no, command) => {
                if self.agents.get(&no).and_then(Machine::deadline).is_some_and(|due| due <= at) {
                    self.account(no, agent::Command::Wake, at, None)?;
                }
                self.account(no, command, at, caller)?;
            }
            Effect::Conversation(_, id, command) => {
                if self.talks.get(&id).and_then(Machine::deadline).is_some_and(|due| due <= at) {
                    self.talk_of(id, conversation::Command::Wake, at, None)?;
                }
                self.talk_of(id, command, at, caller)?;
            }
            Effect::Dispatcher(_, command) => return self.dispatch(command, at, caller),
            Effect::Platform(command) => return Err(broken("sound", format!("nobody here takes {command:?}"))),
        }
        Ok(())
    }

    fn talk_of(&mut self, id: ConversationId, command: conversation::Command, at: Millis, caller: Option<Caller>) -> Checked {
        let decided = self.talks.entry(id).or_insert_with(|| Conversation::new(SCOPE, id)).decide(command, at);
        if let Some(events) = self.carry(Who::Talk(id), decided, at, caller)? {
            let talk = self.talks.get_mut(&id).expect("just decided");
            events.iter().filter(|event| self.fault.is_none_or(|fault| fault.heard(event))).for_each(|event| talk.apply(event));
        }
        Ok(())
    }

    fn account(&mut self, no: AgentNo, command: agent::Command, at: Millis, caller: Option<Caller>) -> Checked {
        let decided = self.agents.entry(no).or_insert_with(|| Agent::new(SCOPE, no)).decide(command, at);
        if let Some(events) = self.carry(Who::Agent(no), decided, at, caller)? {
            let agent = self.agents.get_mut(&no).expect("just decided");
            events.iter().filter(|event| self.fault.is_none_or(|fault| fault.heard(event))).for_each(|event| agent.apply(event));
        }
        Ok(())
    }

    /// A decision becomes a commit; its events are for the machine to apply.
    fn carry(
        &mut self,
        from: Who,
        decided: Result<Decision, fenliu::domain::refusal::Refusal>,
        at: Millis,
        caller: Option<Caller>,
    ) -> Result<Option<Vec<Event>>, crate::broken::Broken> {
        self.decisions += 1;
        let Decision { events, effects, answer } = match decided {
            Ok(decision) => decision,
            Err(refusal) => {
                self.tell(|| format!("   {from:?} refuses: {refusal:?}"));
                *self.refused.entry(named(&refusal)).or_default() += 1;
                return Ok(None);
            }
        };
        let mut events: Vec<Event> = events.into_vec();
        if let Some(fault) = self.fault {
            fault.events(&mut events);
        }
        self.tell(|| format!("   {from:?}: {events:?}"));
        let (answer, forward) = match answer {
            Answer::Reply(reply) => (caller.map(|caller| (caller, reply)), None),
            Answer::Forward(effect) => (None, Some((*effect, caller))),
        };
        if let (Some(Fault::AnswerBeforeCommit), Some((caller, reply))) = (self.fault, &answer) {
            self.acknowledged(*caller, reply, false)?;
        }
        let stored: Vec<Event> = events.iter().filter(|e| !matches!(e, Event::Heard(_))).cloned().collect();
        if stored.is_empty() && effects.is_empty() && forward.is_none() && answer.is_none() {
            return Ok(Some(events));
        }
        self.commits.push_back(Commit { from, at, events: stored, effects, forward, answer });
        Ok(Some(events))
    }

    /// What is due comes before what comes.
    fn dispatch(&mut self, command: dispatcher::Command, stamp: Millis, caller: Option<Caller>) -> Checked {
        if self.dispatcher.deadline().is_some_and(|due| due <= stamp) {
            self.turn(dispatcher::Command::Wake, stamp, None)?;
        }
        self.turn(command, stamp, caller)
    }

    /// A turn of the dispatcher: the command, and all it wants to do before it hears of anything else.
    fn turn(&mut self, command: dispatcher::Command, stamp: Millis, caller: Option<Caller>) -> Checked {
        let overdue = self.dispatcher.deadline().is_some_and(|due| due <= self.model.told);
        let woken_by_clock = matches!(command, dispatcher::Command::Wake);
        let (mut woken, mut quiet, mut caller) = (false, true, caller);
        let mut next = Some(command);
        let mut turns = 0;
        while let Some(command) = next.take() {
            turns += 1;
            holds(turns < TURN_MAX, "sound", || {
                format!("the turn never ends: {command:?} at {stamp:?}, deadline {:?}", self.dispatcher.deadline())
            })?;
            woken |= matches!(command, dispatcher::Command::Wake);
            // Stamps of two senders may cross: what was found due once is due.
            let at = stamp.max(self.model.woken);
            let follows = turns > 1 || woken_by_clock;
            let asked = self.model.hear(&command, at);
            let Some(command) = (match self.fault {
                Some(fault) => fault.command(command),
                None => Some(command),
            }) else {
                break;
            };
            let decided = self.dispatcher.decide(command, stamp);
            holds(turns == 1 || decided.is_ok(), "sound", || format!("a follow-up was refused: {decided:?}"))?;
            let events = self.carry(Who::Dispatcher, decided, stamp, caller.take())?.unwrap_or_default();
            events.iter().for_each(|event| self.dispatcher.apply(event));
            let view = self.dispatcher.view();
            quiet &= !events.iter().any(|e| !matches!(e, Event::Heard(_)));
            self.model.decided(&asked, &events, at, &view, overdue && !follows)?;
            let counted = (self.dispatcher.pooled() as usize, self.dispatcher.waiting()) == (view.pool.len(), view.queue.len());
            holds(counted, "place", || format!("{} pooled, {} waiting: {view:?}", self.dispatcher.pooled(), self.dispatcher.waiting()))?;
            next = self.dispatcher.follow_up();
        }
        self.model.turn_over(woken, quiet, self.dispatcher.deadline())
    }

    /// The clock looks whether anything is due.
    pub fn tick(&mut self) -> Checked {
        if self.dispatcher.deadline().is_some_and(|due| due <= Millis(self.now)) {
            self.alarms += 1;
            if self.fault == Some(Fault::AlarmLost) && self.alarms.is_multiple_of(2) {
                self.model.hear(&dispatcher::Command::Wake, Millis(self.now));
                return self.model.turn_over(true, true, self.dispatcher.deadline());
            }
            self.hand(Sent { at: Millis(self.now), effect: Effect::Dispatcher(SCOPE, dispatcher::Command::Wake), caller: None })?;
        }
        let due = |agent: &Agent| agent.deadline().is_some_and(|due| due <= Millis(self.now));
        let accounts: Vec<AgentNo> = self.agents.iter().filter(|(_, agent)| due(agent)).map(|(no, _)| *no).collect();
        accounts.into_iter().try_for_each(|no| self.account(no, agent::Command::Wake, Millis(self.now), None))?;
        let due = |talk: &Conversation| talk.deadline().is_some_and(|due| due <= Millis(self.now));
        let talks: Vec<ConversationId> = self.talks.iter().filter(|(_, talk)| due(talk)).map(|(id, _)| *id).collect();
        for id in talks {
            self.alarms += 1;
            if self.fault == Some(Fault::LimitLost) && self.alarms.is_multiple_of(2) {
                self.lost_limits.extend(self.talks[&id].deadline().map(|due| (id, due)));
            }
            if self.talks[&id].deadline().is_some_and(|due| self.lost_limits.contains(&(id, due))) {
                continue;
            }
            self.talk_of(id, conversation::Command::Wake, Millis(self.now), None)?;
        }
        Ok(())
    }

    /// The first thing that time alone will change.
    pub fn first_due(&self) -> Option<Millis> {
        self.talks.values().filter_map(Machine::deadline).chain(self.dispatcher.deadline()).min()
    }

    fn acknowledged(&mut self, caller: Caller, reply: &Reply, durable: bool) -> Checked {
        if let (Caller::Message { conversation, client }, Reply::Accepted { seq, .. }) = (caller, reply) {
            self.answered.push(caller);
            let promised = self.book.promise(conversation, client, *seq);
            return if durable { promised } else { Ok(()) };
        }
        Ok(())
    }

    pub fn uncommitted(&self) -> usize {
        self.commits.len()
    }

    pub fn idle(&self) -> bool {
        self.commits.is_empty() && self.wires.is_empty()
    }

    /// One sync: the first `many` commits, all or none of them, and then what they lead to.
    pub fn sync(&mut self, many: usize) -> Checked {
        let group: Vec<Commit> = self.commits.drain(..many.min(self.commits.len())).collect();
        for commit in &group {
            let before = commit.talk().and_then(|id| Listed::of(self.disk.talks.get(&id)?));
            self.store(commit);
            self.book.blocking = commit.events.iter().any(|event| matches!(event, Event::Blocked { .. }));
            for event in &commit.events {
                self.book.apply(event)?;
                self.shown.apply(event)?;
                self.limits.apply(event)?;
                self.offers.apply(event)?;
                if let Some(what) = self.ladder.apply(event, Millis(self.now))? {
                    self.model.meet(what.into());
                }
                if let Some(what) = shown::met(event).or_else(|| offers::met(event)) {
                    self.model.meet(what.into());
                }
            }
            if let Some((id, head)) = commit.talk().and_then(|id| Some((id, self.disk.talks.get(&id)?))) {
                self.shown.written(id, before, head, self.fault)?;
                self.offers.written(id, head)?;
                let routed = |effect: &Effect| matches!(effect, Effect::Dispatcher(_, dispatcher::Command::Route { .. }));
                let hidden = self.shown.is_blocked(id) && commit.effects.iter().any(routed);
                holds(!hidden, "blacklist", || format!("{id} is on it and asks for an owner: {:?}", commit.effects))?;
            }
        }
        self.shown.recounted(self.disk.talks.values())?;
        self.book.held = self.ladder.held();
        group.into_iter().try_for_each(|commit| self.release(commit))
    }

    fn store(&mut self, commit: &Commit) {
        let events = &commit.events;
        match commit.from {
            Who::Shop => events.iter().for_each(|event| self.disk.shop.apply(event)),
            Who::Agent(no) => {
                let head = self.disk.agents.entry(no).or_insert_with(|| Agent::new(SCOPE, no));
                events.iter().filter(|event| self.fault.is_none_or(|fault| fault.heard(event))).for_each(|event| head.apply(event));
            }
            Who::Talk(id) => {
                let head = self.disk.talks.entry(id).or_insert_with(|| Conversation::new(SCOPE, id));
                events.iter().filter(|event| self.fault.is_none_or(|fault| fault.heard(event))).for_each(|event| head.apply(event));
            }
            Who::Dispatcher if events.iter().any(|e| matches!(e, Event::PoolAssigned { .. })) => self.record(events),
            Who::Dispatcher => {}
        }
    }

    /// The assignments of the last records, as the store finds them again.
    fn record(&mut self, events: &[Event]) {
        for event in events {
            if let Event::PoolAssigned { run } = event {
                let none = matches!(run.firing, Firing::Missed { .. });
                let routed = events.iter().filter(|_| !none);
                let routed =
                    routed.filter_map(|e| if let Event::Routed { arrival, why } = e { Some((arrival.clone(), why.clone())) } else { None });
                self.disk.assigned.push_back(routed.collect());
            }
        }
        // The store looks a few seconds back; here a wire may be slow for minutes, so as many are kept as can be under way.
        while self.disk.assigned.len() > RECORDS_UNDER_WAY_MAX {
            self.disk.assigned.pop_front();
        }
    }

    pub fn release(&mut self, commit: Commit) -> Checked {
        let Commit { from, at, effects, forward, answer, .. } = commit;
        for (effect, caller) in effects.into_iter().map(|effect| (effect, None)).chain(forward) {
            let Some(effect) = (match self.fault {
                Some(fault) => fault.effect(effect),
                None => Some(effect),
            }) else {
                continue;
            };
            let to = match &effect {
                Effect::Shop(..) | Effect::Platform(_) => Who::Shop,
                Effect::Agent(_, no, _) => Who::Agent(*no),
                Effect::Conversation(_, id, _) => Who::Talk(*id),
                Effect::Dispatcher(..) => Who::Dispatcher,
                Effect::Order(..) | Effect::Texts(..) => unreachable!("nobody here has orders or texts"),
            };
            let wire = self.wires.entry((from, to)).or_default();
            wire.push_back(Sent { at, effect, caller });
            if self.fault == Some(Fault::Overtaken) && wire.len() > 1 {
                let last = wire.len() - 1;
                wire.swap(last, last - 1);
            }
        }
        match answer {
            Some((caller, reply)) if self.fault != Some(Fault::AnswerBeforeCommit) => self.acknowledged(caller, &reply, true),
            _ => Ok(()),
        }
    }

    /// The first message of one wire arrives; `pick` says of which.
    pub fn deliver(&mut self, pick: u64) -> Checked {
        let Some(ends) = self.wires.keys().nth((pick % self.wires.len().max(1) as u64) as usize).copied() else { return Ok(()) };
        let wire = self.wires.get_mut(&ends).expect("named");
        let sent = wire.pop_front().expect("never empty");
        if wire.is_empty() {
            self.wires.remove(&ends);
        }
        self.hand(sent)
    }

    /// Everything is written, and everything arrives.
    pub fn settle(&mut self, mut pick: u64) -> Checked {
        while !self.idle() {
            self.sync(usize::MAX)?;
            while !self.wires.is_empty() {
                pick = pick.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                self.deliver(pick >> 33)?;
            }
        }
        Ok(())
    }

    pub fn command(command: dispatcher::Command) -> Effect {
        Effect::Dispatcher(SCOPE, command)
    }
    pub fn talk(id: ConversationId, command: conversation::Command) -> Effect {
        Effect::Conversation(SCOPE, id, command)
    }
    pub fn agent(no: AgentNo, command: agent::Command) -> Effect {
        Effect::Agent(SCOPE, no, command)
    }
    pub fn of_shop(command: shop::Command) -> Effect {
        Effect::Shop(SCOPE, command)
    }
}

fn named(refusal: &fenliu::domain::refusal::Refusal) -> &'static str {
    use fenliu::domain::refusal::Refusal;
    match refusal {
        Refusal::NotFound { .. } => "not found",
        Refusal::Invalid { .. } => "invalid",
        Refusal::Faulty { .. } => "faulty settings",
        Refusal::NotOwner => "not owner",
        Refusal::ReceptionClosed => "reception closed",
        Refusal::NotConnected => "not connected",
        Refusal::AgentNotOnline => "agent not online",
        Refusal::TooMany { .. } => "too many",
        _ => "other",
    }
}
