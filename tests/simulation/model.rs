//! What must be true of a dispatcher, told a second time: who has what, who waits, what is due.
//!
//! It learns from what the dispatcher is told and from what it decides and stores, never from its state; that state, as
//! `Dispatcher::view` shows it, is compared after every decision.

use crate::book::{self, Book};
use crate::broken::{Checked, holds};
use crate::rules;
use fenliu::domain::dispatcher::{Command, TransferTo};
use fenliu::domain::diversion::{Group, Settings};
use fenliu::domain::event::{AgentSettings, Arrival, Post, Presence, Turn};
use fenliu::domain::facts::Facts;
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use fenliu::domain::schedule::Zone;
use std::collections::BTreeMap;

/// Where a reception is, as the dispatcher must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    Queued,
    /// It looks for somebody else than this agent.
    Moving(AgentNo),
    Pooled,
    Owned(AgentNo),
}

/// One open reception.
#[derive(Clone, Debug)]
pub struct Kept {
    pub arrival: Arrival,
    pub place: Where,
    /// The group it counts in.
    pub group: Option<GroupNo>,
    /// Since when it is there; for one who waits, since when it waits.
    pub since: Millis,
    pub answered: bool,
    pub offline_way: bool,
    /// When its agent missed it last, and nobody else could take it.
    pub asked_at: Option<Millis>,
    /// When it is taken back for want of an answer (DIV-7).
    pub due: Option<Millis>,
}

impl Kept {
    pub fn turn(&self) -> Turn {
        (self.arrival.priority, self.arrival.arrived, self.arrival.conversation)
    }
    pub fn owner(&self) -> Option<AgentNo> {
        if let Where::Owned(agent) = self.place { Some(agent) } else { None }
    }
}

#[derive(Clone, Debug)]
pub struct Person {
    pub settings: AgentSettings,
    pub post: Post,
    pub presence: Presence,
    /// Until when an absence costs nothing; 0: it begins with the first wake after a restart.
    pub grace: Option<Millis>,
}

/// Loads, counted anew after every change.
#[derive(Clone, Debug, Default)]
pub struct Count {
    agents: [u32; 32],
    unanswered: [u32; 32],
    groups: [u32; 8],
    both: [[u32; 8]; 32],
}

impl Count {
    pub fn load(&self, agent: AgentNo) -> u32 {
        self.agents[agent.0 as usize]
    }
    pub fn unanswered(&self, agent: AgentNo) -> u32 {
        self.unanswered[agent.0 as usize]
    }
    pub fn group(&self, group: GroupNo) -> u32 {
        self.groups[group.0 as usize]
    }
    pub fn in_group(&self, agent: AgentNo, group: GroupNo) -> u32 {
        self.both[agent.0 as usize][group.0 as usize]
    }
}

/// What a decision answers to.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A reception asks for an owner: itself as it must be known from now on.
    Route(Box<Kept>, bool),
    Transfer(ConversationId, TransferTo),
    ByHand(AgentNo, TransferTo),
    Drain,
    Wake,
    /// The shop's new settings: what was due before is due by the old ones.
    Settings(Box<Settings>),
    Other,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub settings: Box<Settings>,
    pub zone: Zone,
    pub groups: BTreeMap<GroupNo, Group>,
    pub people: BTreeMap<AgentNo, Person>,
    pub kept: BTreeMap<ConversationId, Kept>,
    pub count: Count,
    /// The latest time it was told.
    pub told: Millis,
    /// What was due up to here is done.
    pub woken: Millis,
    /// After a restart, until when nobody is taken to have gone; 0: it begins with the first wake.
    pub reopening: Option<Millis>,
    /// Slots are carried out, or recorded as missed, up to here.
    pub slots_done: Millis,
    /// The next slot, where one is within sight.
    pub next_slot: Option<Millis>,
    /// Receptions that left the pool for an agent since the last firing; None: not known, after a restart.
    pub reached: Option<u32>,
    /// What the dispatcher knows is not compared, only what it does.
    pub trusting: bool,
    /// Decisions by what they were: a simulation that never meets a case shows nothing about it.
    pub met: BTreeMap<String, u64>,
}

impl Model {
    /// What a dispatcher must know that is rebuilt from the disk.
    pub fn restored(book: &Book) -> Model {
        let mut model = Model { settings: book.settings.clone(), ..Model::default() };
        model.zone = Zone::named(&book.settings.zone).expect("checked by the shop");
        model.groups = book.groups.iter().enumerate().map(|(i, g)| (GroupNo(i as u32 + 1), g.clone())).collect();
        let person = |(settings, post)| Person { settings, post, presence: Presence::Offline, grace: None };
        model.people = book.people.keys().filter_map(|agent| Some((*agent, person(book.at_work(*agent)?)))).collect();
        model.reopening = (!model.people.is_empty()).then_some(Millis(0));
        for (id, talk) in &book.talks {
            let Some(open) = &talk.open else { continue };
            let kept = known(*id, talk, open);
            if let Some(person) = kept.owner().and_then(|a| model.people.get_mut(&a)) {
                person.grace = Some(Millis(0));
            }
            model.kept.insert(*id, kept);
        }
        model.slots_done = book.last_slot.unwrap_or_default().max(book.schedule_at);
        model.look_for_slot();
        model.watch_answers();
        model.recount();
        model
    }

    pub fn recount(&mut self) {
        let mut count = Count::default();
        for kept in self.kept.values() {
            let Some(agent) = kept.owner() else { continue };
            let at = agent.0 as usize;
            count.agents[at] += 1;
            count.unanswered[at] += u32::from(kept.arrival.unanswered.is_some());
            if let Some(group) = kept.group {
                count.groups[group.0 as usize] += 1;
                count.both[at][group.0 as usize] += 1;
            }
        }
        self.count = count;
    }

    /// When this one is taken back, by the settings.
    pub fn answer_due(&self, kept: &Kept) -> Option<Millis> {
        let rule = &self.settings.no_answer;
        let watched = kept.owner().is_some() && !kept.offline_way && (!kept.answered || rule.later_rounds);
        let may_move = (kept.arrival.missed.len() as u32) < rule.moves_max;
        let began = kept.arrival.unanswered.filter(|_| watched && may_move)?;
        Some(began.max(kept.since).max(kept.asked_at.unwrap_or_default()).plus(rule.after_ms?))
    }

    pub fn watch_answers(&mut self) {
        let dues: Vec<_> = self.kept.iter().map(|(id, kept)| (*id, self.answer_due(kept))).collect();
        for (id, due) in dues {
            self.kept.get_mut(&id).expect("just seen").due = due;
        }
    }

    /// The dispatcher is told: what its decision answers to.
    pub fn hear(&mut self, command: &Command, at: Millis) -> Asked {
        self.told = self.told.max(at);
        let asked = match command {
            Command::Route { arrival, text } => self.hear_route(arrival, text.as_deref(), at),
            Command::Closed { conversation, reception } => {
                if self.kept.get(conversation).is_some_and(|k| k.arrival.reception == *reception) {
                    self.kept.remove(conversation);
                }
                Asked::Other
            }
            Command::Round { conversation, reception, unanswered, by, asked } => {
                if let Some(kept) = self.kept.get_mut(conversation).filter(|k| k.arrival.reception == *reception) {
                    round(kept, *unanswered, *by, *asked, at);
                    let due = self.answer_due(&self.kept[conversation]);
                    self.kept.get_mut(conversation).expect("just seen").due = due;
                }
                Asked::Other
            }
            Command::Transfer { conversation, to, .. } => Asked::Transfer(*conversation, *to),
            Command::AssignByHand { by, to, .. } => Asked::ByHand(*by, *to),
            Command::Present { agent, presence } => {
                let grace = at.plus(self.settings.offline_grace_ms);
                if let Some(person) = self.people.get_mut(agent) {
                    person.presence = *presence;
                    person.grace = (*presence == Presence::Offline).then_some(grace);
                }
                Asked::Other
            }
            Command::Staff { agent, settings, post } => {
                let absent = Person { settings: settings.clone(), post: *post, presence: Presence::Offline, grace: None };
                let person = self.people.entry(*agent).or_insert(absent);
                (person.settings, person.post) = (settings.clone(), *post);
                Asked::Other
            }
            Command::Group { group, settings } => {
                self.groups.insert(*group, settings.clone());
                Asked::Other
            }
            Command::Settings { settings, .. } => Asked::Settings(settings.clone()),
            Command::Drain => Asked::Drain,
            Command::Wake => {
                self.wakes(at);
                Asked::Wake
            }
        };
        self.recount();
        asked
    }

    pub fn set_settings(&mut self, settings: &Settings, at: Millis) -> Checked {
        // The same schedule goes on: what waits for the reopening still waits.
        let changed = book::schedule(settings) != book::schedule(&self.settings);
        let overtaken = self.next_slot.filter(|slot| *slot <= at && changed);
        holds(overtaken.is_none(), "slot due", || format!("{overtaken:?} was due when the settings of {at:?} came, and is forgotten"))?;
        *self.settings = settings.clone();
        self.zone = Zone::named(&settings.zone).expect("checked by the shop");
        if changed {
            self.slots_done = self.slots_done.max(at);
        }
        self.look_for_slot();
        self.watch_answers();
        Ok(())
    }

    fn hear_route(&mut self, arrival: &Arrival, text: Option<&str>, at: Millis) -> Asked {
        let mut told = arrival.clone();
        let same = self.kept.get(&arrival.conversation).filter(|k| k.arrival.reception == arrival.reception);
        let mut keywords = text.map_or_else(Vec::new, |text| rules::keywords(self, text));
        // What was found before may not have come to the conversation yet.
        keywords.extend(same.iter().flat_map(|k| k.arrival.facts.keywords.iter().cloned()));
        if !keywords.is_empty() {
            keywords.append(&mut told.facts.keywords);
            keywords.sort();
            keywords.dedup();
            told.facts.keywords = keywords;
        }
        let known = self.kept.get_mut(&arrival.conversation).filter(|k| k.arrival.reception >= arrival.reception);
        let fresh = |arrival, since| Kept {
            arrival,
            place: Where::Queued,
            group: None,
            since,
            answered: false,
            offline_way: false,
            asked_at: None,
            due: None,
        };
        let Some(known) = known else { return Asked::Route(Box::new(fresh(told, at)), true) };
        if known.arrival.reception > arrival.reception {
            return Asked::Other;
        }
        told.decision = known.arrival.decision;
        told.missed.clone_from(&known.arrival.missed);
        match known.place {
            // It stays where it is, and is known better.
            Where::Owned(_) | Where::Moving(_) => self.known_better(told),
            Where::Pooled if text.is_none() => self.known_better(told),
            Where::Pooled => {
                told.arrived = at;
                Asked::Route(Box::new(Kept { place: Where::Pooled, ..fresh(told, at) }), true)
            }
            Where::Queued => {
                (told.arrived, told.group) = (known.arrival.arrived, known.arrival.group);
                let since = known.since;
                Asked::Route(Box::new(fresh(told, since)), false)
            }
        }
    }

    pub fn known_better(&mut self, told: Arrival) -> Asked {
        let id = told.conversation;
        let kept = self.kept.get_mut(&id).expect("known");
        let Arrival { arrived, group, missed, decision, .. } = kept.arrival.clone();
        kept.arrival = Arrival { arrived, group, missed, decision, ..told };
        let due = self.answer_due(&self.kept[&id]);
        self.kept.get_mut(&id).expect("known").due = due;
        Asked::Other
    }

    /// DIV-1.1.
    pub fn gate_closed(&self) -> bool {
        self.settings.gate && self.online() == 0 && self.reopening.is_none()
    }

    /// In the very turn in which the reopening ends, both are right.
    pub fn gate_may_be_closed(&self) -> bool {
        let over = self.reopening.is_none_or(|until| until.0 > 0 && until <= self.woken);
        self.settings.gate && self.online() == 0 && over
    }

    pub fn meet(&mut self, what: String) {
        *self.met.entry(what).or_default() += 1;
    }
}

/// A round began, goes on, or was ended by `by`.
fn round(kept: &mut Kept, unanswered: Option<Millis>, by: Option<AgentNo>, asked: Option<Millis>, at: Millis) {
    kept.arrival.unanswered = unanswered;
    match (unanswered, by) {
        (None, Some(agent)) => kept.arrival.recent = Some((agent, at)),
        (Some(_), _) => kept.arrival.last = at,
        (None, None) => {}
    }
    kept.arrival.asked = asked.or(kept.arrival.asked);
    if unanswered.is_none() && kept.owner().is_some() && kept.owner() == by {
        (kept.answered, kept.offline_way) = (true, false);
    }
}

/// A reception as the disk has it.
fn known(id: ConversationId, talk: &book::Talk, open: &book::Open) -> Kept {
    let (place, since) = match open.place {
        book::Place::New => (Where::Queued, open.opened_at),
        book::Place::Queued => (Where::Queued, open.placed_at),
        book::Place::Pooled => (Where::Pooled, open.placed_at),
        book::Place::Owned(agent) => (Where::Owned(agent), open.placed_at),
    };
    let arrival = Arrival {
        conversation: id,
        reception: open.no,
        arrived: open.arrived,
        priority: talk.priority(),
        facts: Box::new(Facts::new(&open.visit, &talk.profile, talk.order, open.keywords.clone())),
        group: open.group.filter(|_| open.place == book::Place::Queued),
        recent: talk.last_agent,
        dedicated: talk.profile.dedicated,
        unanswered: open.unanswered,
        last: talk.last_buyer,
        asked: open.asked,
        missed: open.missed.clone(),
        decision: open.decision,
    };
    let group = open.group.filter(|_| open.owner().is_some());
    Kept { arrival, place, group, since, answered: open.answered, offline_way: open.offline_way, asked_at: None, due: None }
}
