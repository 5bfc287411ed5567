//! What is on the disk, told a second time from the stored events alone: histories, owners, rounds, slots.
//!
//! It never looks at a machine. What it keeps is also what the checker begins with after a crash.

use crate::broken::{Broken, Checked, broken, holds};
use fenliu::domain::diversion::{Group, Settings};
use fenliu::domain::event::{AgentSettings, Author, Event, Handing, Post, Prioritising, Role, Worked};
use fenliu::domain::explain::{Cause, Explanation, Outcome, Step};
use fenliu::domain::facts::{OrderState, Priority, Profile, Visit};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use fenliu::domain::offline::{DayWindow, Firing, Run};
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    New,
    Queued,
    Pooled,
    Owned(AgentNo),
}

/// An open reception.
#[derive(Clone, Debug)]
pub struct Open {
    pub no: u32,
    pub opened_at: Millis,
    pub visit: Visit,
    pub keywords: Vec<String>,
    pub place: Place,
    pub placed_at: Millis,
    /// The number of the decision that put it there.
    pub decision: u32,
    pub group: Option<GroupNo>,
    pub arrived: Millis,
    pub unanswered: Option<Millis>,
    pub charged: Option<AgentNo>,
    pub answered: bool,
    pub offline_way: bool,
    pub missed: Vec<AgentNo>,
    pub asked: Option<Millis>,
}

/// A stored decision about a reception: its number, where it leads, and how that must be told.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Decided {
    reception: u32,
    decision: u32,
    to: Outcome,
    group: Option<GroupNo>,
    how: Handing,
}

#[derive(Clone, Debug, Default)]
pub struct Talk {
    /// Sequence number n is of the client id at n − 1; 0 for the system's.
    pub messages: Vec<u64>,
    by_client: HashMap<u64, u64>,
    last_at: Millis,
    pub opened: u32,
    pub open: Option<Open>,
    pub last_agent: Option<(AgentNo, Millis)>,
    pub last_buyer: Millis,
    pub profile: Profile,
    pub order: Option<(OrderState, Millis)>,
    /// What the shop's rules made of it, and what staff did.
    ruled: Option<Priority>,
    overridden: Option<Priority>,
    blocked: bool,
    /// Stored decisions that the conversation has not followed yet.
    decided: Vec<Decided>,
}

#[derive(Clone, Debug, Default)]
pub struct Book {
    pub talks: BTreeMap<ConversationId, Talk>,
    pub people: BTreeMap<AgentNo, (AgentSettings, Role)>,
    pub groups: Vec<Group>,
    pub settings: Box<Settings>,
    pub version: u32,
    /// When the schedule of the automatic assignment last changed.
    pub schedule_at: Millis,
    slots: BTreeSet<Millis>,
    pub last_slot: Option<Millis>,
    /// Who was promised what: conversation, client id, sequence number.
    promised: Vec<(ConversationId, u64, u64)>,
    /// Accounts that cannot send (GRD-8).
    pub held: BTreeSet<AgentNo>,
    /// The commit whose events come now puts a buyer on the blacklist.
    pub blocking: bool,
}

/// What the slots of the automatic assignment follow from.
pub fn schedule(settings: &Settings) -> (bool, &[DayWindow], u16, &str) {
    let automatic = &settings.offline.automatic;
    (automatic.on, &automatic.windows, automatic.slot_min, &settings.zone)
}

/// What the system must tell the conversation of a decision.
fn handing(why: &Explanation) -> Handing {
    match (&why.step, &why.cause) {
        (Step::Offline { .. }, _) => Handing::OfflineWay,
        (_, Cause::Person { .. }) => Handing::ByPerson,
        (_, Cause::NoAnswer { .. }) => Handing::AfterNoAnswer,
        _ => Handing::ByRule,
    }
}

impl Open {
    pub fn owner(&self) -> Option<AgentNo> {
        if let Place::Owned(agent) = self.place { Some(agent) } else { None }
    }

    fn put(&mut self, place: Place, at: Millis, group: Option<GroupNo>, how: Handing) {
        if let Some(from) = self.owner() {
            match how {
                Handing::AfterNoAnswer => self.missed.push(from),
                Handing::ByPerson if self.unanswered.is_some() && self.charged.is_none() => self.charged = Some(from),
                _ => {}
            }
        }
        // Who waits goes on waiting.
        if (self.place, place) != (Place::Queued, Place::Queued) {
            self.placed_at = at;
        }
        (self.place, self.group, self.answered) = (place, group, false);
        self.offline_way = how == Handing::OfflineWay && matches!(place, Place::Owned(_));
    }
}

impl Talk {
    fn open(&mut self, no: u32, at: Millis, visit: Visit, asked: bool) -> Checked {
        holds(self.open.is_none() && no == self.opened + 1, "one owner", || format!("reception {no} opened after {:?}", self.open))?;
        self.opened = no;
        self.open = Some(Open {
            no,
            opened_at: at,
            visit,
            keywords: Vec::new(),
            place: Place::New,
            placed_at: at,
            decision: 0,
            group: None,
            arrived: at,
            unanswered: None,
            charged: None,
            answered: false,
            offline_way: false,
            missed: Vec::new(),
            asked: asked.then_some(at),
        });
        Ok(())
    }

    fn add(&mut self, seq: u64, at: Millis, author: Author, client: u64) -> Checked {
        holds(seq == self.messages.len() as u64 + 1 && at >= self.last_at, "acknowledged", || {
            format!("message {seq} at {at:?} after {} messages, the last at {:?}", self.messages.len(), self.last_at)
        })?;
        self.messages.push(if author == Author::System { 0 } else { client });
        self.last_at = at;
        if author != Author::System
            && let Some(before) = self.by_client.insert(client, seq)
        {
            return Err(broken("acknowledged", format!("client id {client} is there twice: {before} and {seq}")));
        }
        match (author, &mut self.open) {
            (Author::Buyer, Some(open)) => {
                self.last_buyer = at;
                open.unanswered = open.unanswered.or(Some(at));
            }
            (Author::Agent(agent), Some(open)) if open.owner() == Some(agent) => self.last_agent = Some((agent, at)),
            (Author::Buyer, None) if self.blocked => self.last_buyer = at,
            (Author::System, _) => {}
            (_, open) => return Err(broken("one owner", format!("{author:?} wrote in {open:?}"))),
        }
        Ok(())
    }

    /// The reception moved: somebody must have decided that, and it must have been where they thought.
    fn moved(&mut self, told: Decided, at: Millis, waits_for: Option<GroupNo>, from: Option<AgentNo>) -> Checked {
        let Decided { reception: no, decision, to, how, .. } = told;
        let known = &self.decided;
        let Some(index) = known.iter().position(|d| *d == told) else {
            return Err(broken("decided before told", format!("{told:?} is told; stored: {known:?}")));
        };
        self.decided.drain(..=index);
        let open = self.open.as_mut().filter(|open| open.no == no);
        let Some(open) = open else { return Err(broken("one owner", format!("reception {no} is not open, but became {to:?}"))) };
        holds(open.owner() == from && at >= open.placed_at, "chain", || format!("came from {from:?} at {at:?}, but was {open:?}"))?;
        open.decision = decision;
        let group = if matches!(to, Outcome::Owned(_)) { told.group } else { waits_for };
        let place = match to {
            Outcome::Owned(agent) => Place::Owned(agent),
            Outcome::Queued => Place::Queued,
            Outcome::Pooled => Place::Pooled,
        };
        open.put(place, at, group, how);
        Ok(())
    }

    fn answered(&mut self, no: u32, agent: AgentNo, began: Millis, charged: AgentNo) -> Checked {
        let open = self.open.as_mut().filter(|open| open.no == no && open.owner() == Some(agent));
        let Some(open) = open else { return Err(broken("one owner", format!("{agent:?} answered reception {no} of {:?}", self.open))) };
        let right = open.charged.unwrap_or(agent);
        holds(open.unanswered == Some(began) && charged == right, "charged", || {
            format!("the round from {began:?} is charged to {charged:?}, should be {right:?}: {open:?}")
        })?;
        (open.unanswered, open.charged, open.answered, open.offline_way) = (None, None, true, false);
        Ok(())
    }

    pub fn priority(&self) -> Priority {
        self.overridden.or(self.ruled).unwrap_or(self.profile.priority)
    }

    /// The round is over without an answer; `anew`: another begins.
    fn round_over(&mut self, no: u32, anew: Option<Millis>) -> Checked {
        let Some(open) = self.open.as_mut().filter(|open| open.no == no) else {
            return Err(broken("one owner", format!("a round of reception {no} ended, which is not open")));
        };
        (open.unanswered, open.charged) = (anew, None);
        Ok(())
    }

    /// `blocked`: by going on the blacklist, which charges nobody.
    fn closed(&mut self, no: u32, owner: Option<AgentNo>, unanswered: Option<(Millis, Option<AgentNo>)>, blocked: bool) -> Checked {
        let Some(open) = self.open.take().filter(|open| open.no == no) else {
            return Err(broken("one owner", format!("reception {no} closed, which is not open")));
        };
        holds(open.owner() == owner, "chain", || format!("closed with {owner:?}: {open:?}"))?;
        let right = open.unanswered.filter(|_| !blocked).map(|began| (began, open.charged.or(open.owner())));
        holds(unanswered == right, "charged", || format!("closed with {unanswered:?}, should be {right:?}"))
    }
}

impl Book {
    /// Somebody was told that their message is on the disk.
    pub fn promise(&mut self, conversation: ConversationId, client: u64, seq: u64) -> Checked {
        self.promised.push((conversation, client, seq));
        self.kept(&self.promised[self.promised.len() - 1])
    }

    fn kept(&self, (conversation, client, seq): &(ConversationId, u64, u64)) -> Checked {
        let found = self.talks.get(conversation).and_then(|talk| talk.by_client.get(client));
        holds(found == Some(seq), "acknowledged", || format!("{client} was acknowledged as message {seq}, the disk has {found:?}"))
    }

    /// An account as the dispatcher must know it: who cannot send is given nobody.
    pub fn at_work(&self, agent: AgentNo) -> Option<(AgentSettings, Post)> {
        let (settings, role) = self.people.get(&agent)?;
        let post = Post::of(settings, *role, true, !self.held.contains(&agent));
        Some((settings.at_work(post), post))
    }

    /// Every promise is kept.
    pub fn all_kept(&self) -> Checked {
        self.promised.iter().try_for_each(|promise| self.kept(promise))
    }

    fn recorded(&mut self, run: &Run) -> Checked {
        let (once, last): (Vec<Millis>, Millis) = match run.firing {
            Firing::Slot(slot) | Firing::Late(slot) => (vec![slot], slot),
            Firing::Missed { first, last, .. } if first != last => (vec![first, last], last),
            Firing::Missed { first, last, .. } => (vec![first], last),
            Firing::ByHand => return Ok(()),
        };
        for slot in once {
            holds(self.slots.insert(slot), "slot once", || format!("{:?} is the second record of {slot:?}", run.firing))?;
        }
        self.last_slot = Some(last);
        Ok(())
    }

    /// One stored event.
    pub fn apply(&mut self, event: &Event) -> Checked {
        self.settings_changed(event);
        let talk = |book: &mut Book, id: &ConversationId, change: &mut dyn FnMut(&mut Talk) -> Checked| {
            let told = |b: Broken| Broken { what: format!("{id}: {}", b.what), ..b };
            change(book.talks.entry(*id).or_default()).map_err(told)
        };
        match event {
            Event::MessageAdded { conversation: id, seq, at, author, retry, .. } => {
                talk(self, id, &mut |t| t.add(*seq, *at, *author, retry.client_id))
            }
            Event::ReceptionOpened { conversation: id, reception, at, visit, asked, .. } => {
                talk(self, id, &mut |t| t.open(*reception, *at, visit.clone(), *asked))
            }
            Event::ReceptionOwned { conversation: id, reception, at, agent, group, from, how, decision } => {
                let to = Outcome::Owned(*agent);
                let told = Decided { reception: *reception, decision: *decision, to, group: *group, how: *how };
                talk(self, id, &mut |t| t.moved(told, *at, None, *from))
            }
            Event::ReceptionQueued { conversation: id, reception, at, group, from, how, arrived, decision, .. } => {
                let told = Decided { reception: *reception, decision: *decision, to: Outcome::Queued, group: None, how: *how };
                talk(self, id, &mut |t| {
                    t.moved(told, *at, *group, *from)?;
                    t.open.iter_mut().for_each(|open| open.arrived = *arrived);
                    Ok(())
                })
            }
            Event::ReceptionPooled { conversation: id, reception, at, from, how, decision } => {
                let told = Decided { reception: *reception, decision: *decision, to: Outcome::Pooled, group: None, how: *how };
                talk(self, id, &mut |t| t.moved(told, *at, None, *from))
            }
            Event::ReceptionClosed { conversation: id, reception, owner, unanswered, .. } => {
                let blocked = self.blocking;
                talk(self, id, &mut |t| t.closed(*reception, *owner, unanswered.map(|left| (left.began, left.charged)), blocked))
            }
            Event::RoundWithdrawn { conversation: id, reception, .. } => talk(self, id, &mut |t| t.round_over(*reception, None)),
            Event::DeskWork { conversation: id, at, what: Worked::Marked { reception, answered, .. }, .. } => {
                talk(self, id, &mut |t| t.round_over(*reception, (!answered).then_some(*at)))
            }
            Event::RoundAnswered { conversation: id, reception, agent, began, charged, .. } => {
                talk(self, id, &mut |t| t.answered(*reception, *agent, *began, *charged))
            }
            Event::IntentFound { conversation: id, keywords, .. } => talk(self, id, &mut |t| {
                t.open.iter_mut().for_each(|open| open.keywords.clone_from(keywords));
                Ok(())
            }),
            Event::PersonAsked { conversation: id, at, .. } => talk(self, id, &mut |t| {
                t.open.iter_mut().for_each(|open| open.asked = Some(*at));
                Ok(())
            }),
            Event::Routed { arrival, why } => {
                let (reception, decision, to, group) = (arrival.reception, arrival.decision, why.outcome, why.group);
                let decided = Decided { reception, decision, to, group, how: handing(why) };
                self.talks.entry(arrival.conversation).or_default().decided.push(decided);
                Ok(())
            }
            Event::PoolAssigned { run } => self.recorded(run),
            _ => Ok(()),
        }
    }

    fn settings_changed(&mut self, event: &Event) {
        match event {
            Event::Blocked { conversation, .. } => self.talks.entry(*conversation).or_default().blocked = true,
            Event::Unblocked { conversation, .. } => self.talks.entry(*conversation).or_default().blocked = false,
            Event::Prioritised { conversation, cause, .. } => {
                let talk = self.talks.entry(*conversation).or_default();
                match cause {
                    Prioritising::Rule(rule) => talk.ruled = rule.map(|(_, priority)| priority),
                    Prioritising::Staff { priority, .. } => talk.overridden = *priority,
                }
            }
            Event::OrderSettled { conversation, .. } => {
                let order = &mut self.talks.entry(*conversation).or_default().order;
                *order = order.map(|(_, since)| (OrderState::Closed, since));
            }
            Event::ProfileSet { conversation, profile, .. } => self.talks.entry(*conversation).or_default().profile = profile.clone(),
            Event::OrderNoted { conversation, state, at, .. } => {
                self.talks.entry(*conversation).or_default().order = Some((*state, *at));
            }
            Event::AccountCreated { agent, settings, role, .. } => {
                self.people.insert(*agent, (settings.clone(), *role));
            }
            Event::SettingsChanged { agent, settings, .. } => {
                if let Some(person) = self.people.get_mut(agent) {
                    person.0 = settings.clone();
                }
            }
            Event::GroupSet { group, settings, .. } => {
                self.groups.resize(self.groups.len().max(group.0 as usize), settings.clone());
                self.groups[group.0 as usize - 1] = settings.clone();
            }
            Event::ShopCreated { at, .. } => self.schedule_at = *at,
            Event::SettingsSet { settings, version, at, .. } => {
                if schedule(settings) != schedule(&self.settings) {
                    self.schedule_at = *at;
                }
                (self.settings, self.version) = (settings.clone(), *version);
            }
            _ => {}
        }
    }
}
