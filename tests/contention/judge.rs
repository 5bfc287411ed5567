//! Judges a shop's feed: one pass, in order, knowing only what stands in it.
//!
//! What the order proves. An entity's own events stand in the order in which it decided. It hears of the others' only after
//! their commit, so whatever a decision of the dispatcher knew of closes, limits, groups and accounts stands before it in the
//! feed, and with limits that only rise its view is never freer than the feed's: it counts at least the receptions that the
//! feed shows as assigned and open, and knows at most the limits that the feed shows. A limit that the feed shows exceeded was
//! therefore exceeded in truth; and whoever waits in the feed waited in truth. `seen` in each explanation is compared with this
//! claim. The one exception: those who leave an agent who is away leave together, and their decisions follow one by one.

use crate::talk::{Seat, Talk};
use fenliu::domain::event::{Arrival, Author, Event, Turn};
use fenliu::domain::explain::{Cause, Explanation, Outcome, Step};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo};
use std::collections::{BTreeMap, HashMap};

/// What is wrong, by which rule, and where in the feed.
#[derive(Debug)]
pub struct Broken {
    pub rule: &'static str,
    pub at: usize,
    pub what: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}: {}", self.rule, self.at, self.what)
    }
}

pub fn holds(so: bool, rule: &'static str, at: usize, what: impl FnOnce() -> String) -> Result<(), Broken> {
    if so { Ok(()) } else { Err(Broken { rule, at, what: what() }) }
}

/// Whose targets by the rules are the same whoever is there: the rules of this shop ask for nothing but the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Passed(GroupNo),
    Entry(String),
}

pub fn kind(arrival: &Arrival) -> Kind {
    arrival.group.map_or_else(|| Kind::Entry(arrival.facts.visit.entry.clone()), Kind::Passed)
}

pub fn turn(arrival: &Arrival) -> Turn {
    (arrival.priority, arrival.arrived, arrival.conversation)
}

/// A limit that was set is lower now. None inside: no limit.
fn fell(before: Option<Option<u32>>, now: Option<u32>) -> bool {
    before.is_some_and(|before| before.unwrap_or(u32::MAX) > now.unwrap_or(u32::MAX))
}

/// One who waits.
pub struct Waits {
    pub kind: Kind,
    missed: Vec<AgentNo>,
}

/// See the module.
#[derive(Default)]
pub struct Judge {
    pub talks: HashMap<ConversationId, Talk>,
    /// Limits as they were last set.
    capacities: BTreeMap<AgentNo, u32>,
    /// Kept when the agent leaves the group: the dispatcher may not have heard yet.
    group_limits: BTreeMap<(AgentNo, GroupNo), Option<u32>>,
    group_capacities: BTreeMap<GroupNo, Option<u32>>,
    /// Receptions assigned and open.
    loads: BTreeMap<AgentNo, u32>,
    group_loads: BTreeMap<(AgentNo, GroupNo), u32>,
    pub waiting: BTreeMap<Turn, Waits>,
    /// What was judged, and how often it was close.
    pub met: BTreeMap<&'static str, u64>,
}

impl Judge {
    /// The whole feed.
    pub fn all(feed: &[Event]) -> Result<Judge, Broken> {
        let mut judge = Judge::default();
        (0..feed.len()).try_for_each(|at| judge.event(feed, at))?;
        Ok(judge)
    }

    fn met(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    /// The event at `at`. Looks ahead only for what the module's one exception needs.
    pub fn event(&mut self, feed: &[Event], at: usize) -> Result<(), Broken> {
        match &feed[at] {
            Event::Routed { arrival, why } => self.routed(feed, at, arrival, why),
            Event::AccountCreated { agent, settings, .. } | Event::SettingsChanged { agent, settings, .. } => {
                let before = self.capacities.insert(*agent, settings.capacity);
                let limits: Vec<_> = settings.groups.iter().map(|(g, limit)| self.group_limits.insert((*agent, *g), *limit)).collect();
                let fell = limits.iter().zip(&settings.groups).any(|(before, (_, now))| fell(*before, *now));
                holds(before.is_none_or(|b| b <= settings.capacity) && !fell, "test", at, || format!("a limit of {agent:?} fell"))
            }
            Event::GroupSet { group, settings, .. } => {
                let before = self.group_capacities.insert(*group, settings.capacity);
                holds(!fell(before, settings.capacity), "test", at, || format!("the limit of {group:?} fell"))
            }
            event => self.of_a_talk(at, event),
        }
    }

    fn of_a_talk(&mut self, at: usize, event: &Event) -> Result<(), Broken> {
        let (Event::ReceptionOpened { conversation, .. }
        | Event::ReceptionOwned { conversation, .. }
        | Event::ReceptionQueued { conversation, .. }
        | Event::ReceptionPooled { conversation, .. }
        | Event::ReceptionClosed { conversation, .. }
        | Event::RoundAnswered { conversation, .. }
        | Event::MessageAdded { conversation, .. }) = event
        else {
            return Ok(());
        };
        let talk = self.talks.entry(*conversation).or_default();
        talk.event(at, event)?;
        let assigned = if talk.open { None } else { talk.seat.take() };
        match event {
            Event::ReceptionClosed { .. } => self.leaves(*conversation, assigned),
            Event::MessageAdded { author: Author::System, .. } => self.met("system messages"),
            Event::MessageAdded { .. } => self.met("messages"),
            Event::ReceptionOpened { .. } => self.met("receptions"),
            _ => {}
        }
        Ok(())
    }

    /// It is no longer where a decision had put it.
    fn leaves(&mut self, conversation: ConversationId, seat: Option<Seat>) {
        match seat {
            Some(Seat::Owned(agent, group)) => {
                *self.loads.entry(agent).or_default() -= 1;
                if let Some(group) = group {
                    *self.group_loads.entry((agent, group)).or_default() -= 1;
                }
            }
            Some(Seat::Queued(turn)) => drop(self.waiting.remove(&turn)),
            Some(Seat::Pooled) | None => {}
        }
        if let Some(talk) = self.talks.get_mut(&conversation) {
            talk.seat = None;
        }
    }

    pub fn load(&self, agent: AgentNo) -> u32 {
        self.loads.get(&agent).copied().unwrap_or_default()
    }

    /// At its own limit. None: no such agent.
    pub fn full(&self, agent: AgentNo) -> Option<bool> {
        Some(self.load(agent) >= *self.capacities.get(&agent)?)
    }

    fn load_of(&self, group: GroupNo) -> u32 {
        self.group_loads.iter().filter(|((_, g), _)| *g == group).map(|(_, load)| load).sum()
    }

    pub fn group_full(&self, group: GroupNo) -> bool {
        self.group_capacities.get(&group).copied().flatten().is_some_and(|limit| self.load_of(group) >= limit)
    }

    pub fn full_in(&self, agent: AgentNo, group: GroupNo) -> bool {
        let load = self.group_loads.get(&(agent, group)).copied().unwrap_or_default();
        self.group_limits.get(&(agent, group)).copied().flatten().is_some_and(|limit| load >= limit)
    }

    /// Members of a group who have room of their own, there too.
    pub fn roomy(&self, group: GroupNo) -> Option<AgentNo> {
        let members = self.group_limits.keys().filter(|(_, g)| *g == group).map(|(agent, _)| *agent);
        members.into_iter().find(|agent| self.full(*agent) == Some(false) && !self.full_in(*agent, group))
    }

    /// Receptions counted in `group` that leave an agent who is away by this very turn of the dispatcher.
    fn leaving(&self, feed: &[Event], at: usize, group: GroupNo, why: &Explanation) -> u32 {
        let later = feed[at + 1..].iter().take(5_000).filter(|event| {
            let Event::Routed { arrival, why: other } = event else { return false };
            let seat = self.talks.get(&arrival.conversation).and_then(|talk| talk.seat);
            matches!(other.cause, Cause::AgentOffline | Cause::AgentBarred { .. })
                && other.at == why.at
                && matches!(seat, Some(Seat::Owned(_, Some(g))) if g == group)
        });
        later.count() as u32
    }

    fn routed(&mut self, feed: &[Event], at: usize, arrival: &Arrival, why: &Explanation) -> Result<(), Broken> {
        let conversation = arrival.conversation;
        let Some(talk) = self.talks.get(&conversation).filter(|talk| talk.reception >= arrival.reception) else {
            return holds(false, "decided", at, || format!("{conversation}: reception {} was never opened", arrival.reception));
        };
        let over = !talk.open || talk.reception != arrival.reception;
        if !over {
            let had = talk.seat.and_then(|seat| if let Seat::Owned(agent, _) = seat { Some(agent) } else { None });
            holds(why.from == had, "decided", at, || format!("{conversation} leaves {:?}, {had:?} had it", why.from))?;
            let seat = talk.seat;
            self.leaves(conversation, seat);
        }
        if let Outcome::Owned(agent) = why.outcome {
            self.assigned(feed, at, arrival, why, agent)?;
        }
        if over {
            // Closed meanwhile: the dispatcher hears of it next.
            self.met("decided too late");
            return Ok(());
        }
        self.takes(arrival, why);
        Ok(())
    }

    /// It is where the decision puts it.
    fn takes(&mut self, arrival: &Arrival, why: &Explanation) {
        let seat = match why.outcome {
            Outcome::Owned(agent) => {
                *self.loads.entry(agent).or_default() += 1;
                if let Some(group) = why.group {
                    *self.group_loads.entry((agent, group)).or_default() += 1;
                }
                Seat::Owned(agent, why.group)
            }
            Outcome::Queued => {
                self.waiting.insert(turn(arrival), Waits { kind: kind(arrival), missed: arrival.missed.clone() });
                self.met("queued");
                Seat::Queued(turn(arrival))
            }
            Outcome::Pooled => {
                self.met("pooled");
                Seat::Pooled
            }
        };
        if let Some(talk) = self.talks.get_mut(&arrival.conversation) {
            talk.decided(seat, arrival.group);
        }
    }

    fn assigned(&mut self, feed: &[Event], at: usize, arrival: &Arrival, why: &Explanation, agent: AgentNo) -> Result<(), Broken> {
        let conversation = arrival.conversation;
        if let Cause::Person { over_capacity, .. } = why.cause {
            self.met(if over_capacity { "by a person over capacity" } else { "by a person" });
            let untold = self.full(agent) == Some(true) && !over_capacity;
            return holds(!untold, "told", at, || format!("{conversation} exceeds the capacity of {agent:?}, and nobody said so"));
        }
        if matches!(why.step, Step::Offline { .. }) {
            return Ok(());
        }
        self.met(match why.cause {
            Cause::Opened => "assigned at once",
            Cause::Waited => "assigned after waiting",
            Cause::AgentOffline => "assigned from who was away",
            Cause::WroteAgain => "assigned from the pool, written again",
            Cause::Slot { .. } => "assigned by the slot",
            _ => "assigned otherwise",
        });
        let room = self.full(agent) == Some(false);
        holds(room, "capacity", at, || {
            format!("{conversation} to {agent:?}, who has {} of {:?}", self.load(agent), self.capacities.get(&agent))
        })?;
        if let Some(group) = why.group {
            holds(!self.full_in(agent, group), "capacity in the group", at, || format!("{conversation} to {agent:?} in {group:?}"))?;
            if self.group_full(group) {
                let limit = self.group_capacities[&group].unwrap_or(u32::MAX);
                let left = self.load_of(group) - self.leaving(feed, at, group, why);
                holds(left < limit, "capacity of the group", at, || {
                    format!("{conversation} to {agent:?} in {group:?} with {left} of {limit}")
                })?;
                self.met("into a group that others are leaving");
            }
        }
        let seen = why.seen.iter().find(|seen| seen.agent == agent);
        let sober = seen.is_some_and(|s| s.load >= self.load(agent) && s.capacity <= self.capacities[&agent]);
        holds(sober, "view", at, || format!("{conversation} to {agent:?}, who has {}, seen as {seen:?}", self.load(agent)))?;
        if self.load(agent) + 1 == self.capacities[&agent] {
            self.met("filled an agent");
        }
        self.in_turn(at, arrival, why, agent)
    }

    /// DIV-5: nobody waited longer, or more urgently, whom this agent could serve. Where the same step applies to both, or the
    /// other waits for the very group in which the agent had room, it could.
    fn in_turn(&mut self, at: usize, arrival: &Arrival, why: &Explanation, agent: AgentNo) -> Result<(), Broken> {
        let mine = kind(arrival);
        let by_rules = !matches!(why.step, Step::RecentContact { .. } | Step::Dedicated { .. } | Step::Given);
        let alike = |other: &Waits| {
            let same = by_rules && other.kind == mine;
            (same || matches!(other.kind, Kind::Passed(g) if why.group == Some(g))) && !other.missed.contains(&agent)
        };
        if let Some((older, _)) = self.waiting.range(..turn(arrival)).find(|(_, other)| alike(other)) {
            let what = format!("{:?} is assigned to {agent:?} while {older:?} waits for the same", turn(arrival));
            return holds(false, "order", at, || what);
        }
        if self.waiting.range(turn(arrival)..).any(|(_, other)| alike(other)) {
            self.met("assigned before a newer one");
        }
        Ok(())
    }

    /// At the end, with room for all: everybody is served, by whom the dispatcher decided.
    pub fn ended(&self) -> Result<(), Broken> {
        for (conversation, talk) in self.talks.iter().filter(|(_, talk)| talk.open) {
            let served = matches!(talk.seat, Some(Seat::Owned(agent, group)) if talk.place == Some(Seat::Owned(agent, group)));
            holds(served, "end", usize::MAX, || format!("{conversation}: decided {:?}, is {:?}", talk.seat, talk.place))?;
        }
        Ok(())
    }
}
