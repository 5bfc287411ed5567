//! The reception 接待 of a conversation and where it is: new, in the queue, in the pool, with an agent. What the dispatcher
//! proposes is agreed to here, or refused because that reception is over.

use super::Conversation;
use super::desk::Known;
use super::gate::{Gate, NO_RETRY, Occasion, Words};
use crate::domain::content::{Extra, Saying};
use crate::domain::desk::Desk;
use crate::domain::desk::time::RoundLimits;
use crate::domain::event::{Actor, Arrival, Author, Change, Event, Handing};
use crate::domain::facts::{Facts, OrderState, Priority, Profile, Visit};
use crate::domain::guard::record::{Ground, Origin};
use crate::domain::guard::{Guard, Voice};
use crate::domain::id::{AgentNo, GroupNo, Millis, ReceptionNo};
use crate::domain::refusal::Refusal;
use crate::domain::{Answer, Decision, Effect, Events, Reply, dispatcher};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where a reception is. Exactly one of these at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// The dispatcher has not decided yet.
    New,
    /// 排队.
    Queued,
    /// 离线消息池.
    Pooled,
    Owned(AgentNo),
}

/// One stretch of a conversation, from the buyer's first message to its close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reception {
    pub no: ReceptionNo,
    pub opened_at: Millis,
    pub visit: Visit,
    /// The keywords of the rules that were found in what the buyer wrote (DIV-2).
    pub keywords: Vec<String>,
    pub place: Place,
    /// Since when it is there.
    pub placed_at: Millis,
    /// The number of the decision that put it there; 0: none yet.
    pub decision: u32,
    /// The group it counts in (DIV-4), or waits for.
    pub group: Option<GroupNo>,
    /// Its place in the queue: when it came, or came back.
    pub arrived: Millis,
    /// Its priority when it was queued.
    pub priority: Priority,
    /// Since when it has waited for its present owner, or for any; or the last word was ours.
    pub since: Millis,
    /// The first buyer message nobody answered yet: the round 轮次 that is open.
    pub unanswered_since: Option<Millis>,
    /// Its first message, and how many of its messages were not recalled; marked by hand, that counts as one.
    pub round: (u64, u32),
    /// Its limits that have not passed yet (SLA-1, SLA-2).
    pub limits: RoundLimits,
    /// Its first limit has passed: it is a time-out.
    pub late: bool,
    /// Its owner's screen has warned (SLA-2).
    pub warned: bool,
    /// Who is charged with the open round because they passed the buyer on without a reply (DIV-8).
    pub charged: Option<AgentNo>,
    /// The present owner has answered.
    pub answered: bool,
    /// With its owner by the way chosen for offline messages (OFF-1).
    pub offline_way: bool,
    /// Who had it and did not answer in time (DIV-7).
    pub missed: Vec<AgentNo>,
    /// When the buyer last asked for a person (OFF-3).
    pub asked_at: Option<Millis>,
    /// The buyer was told the off-hours text.
    pub told_off_hours: bool,
    /// Somebody has received it: welcome texts are for its first agent only (TXT-4).
    pub welcomed: bool,
}

/// What the system says in the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// A person passed the buyer on (DIV-8).
    Transferred(String),
    /// OFF-6.
    OfflineAssigned,
    /// OFF-1.
    OffHours(String),
}

/// What a transfer's message begins with (DIV-8).
const PASSED_ON: &str = "转接 / transferred";

/// How a reception comes to its new place, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    pub how: Handing,
    pub say: Option<Say>,
    pub keywords: Vec<String>,
    /// The number of the decision.
    pub decision: u32,
    /// A person asked for it, and is told whether it exceeds a capacity (DIV-4).
    pub over_capacity: Option<bool>,
    /// 欢迎语 of the agent it goes to, in order (TXT-4).
    pub welcome: Vec<String>,
    /// What is said passes it. Whoever sends the command on gives the shop's; the machine that made it knows only the usual one.
    pub guard: Arc<Guard>,
}

impl Reception {
    /// Opened now, nowhere yet.
    pub fn new(no: ReceptionNo, at: Millis, visit: Visit, asked: bool) -> Reception {
        Reception {
            no,
            opened_at: at,
            visit,
            keywords: Vec::new(),
            place: Place::New,
            placed_at: at,
            decision: 0,
            group: None,
            arrived: at,
            priority: Priority::Normal,
            since: at,
            unanswered_since: Some(at),
            round: (0, 0),
            limits: RoundLimits::default(),
            late: false,
            warned: false,
            charged: None,
            answered: false,
            offline_way: false,
            missed: Vec::new(),
            asked_at: asked.then_some(at),
            told_off_hours: false,
            welcomed: false,
        }
    }

    pub fn owner(&self) -> Option<AgentNo> {
        match self.place {
            Place::Owned(agent) => Some(agent),
            Place::New | Place::Queued | Place::Pooled => None,
        }
    }

    fn put(&mut self, place: Place, at: Millis, group: Option<GroupNo>, how: Handing) {
        if let Some(from) = self.owner() {
            match how {
                Handing::AfterNoAnswer => self.missed.push(from),
                Handing::ByPerson if self.unanswered_since.is_some() => self.charged = self.charged.or(Some(from)),
                Handing::ByPerson | Handing::ByRule | Handing::OfflineWay => {}
            }
        }
        // Who waits goes on waiting where only the group or the turn changes.
        if place != Place::Queued || self.place != Place::Queued {
            (self.placed_at, self.since) = (at, at);
        }
        (self.place, self.group) = (place, group);
        self.told_off_hours |= how == Handing::OfflineWay;
        // Nobody is there yet who could welcome anybody.
        self.welcomed |= how != Handing::OfflineWay && matches!(place, Place::Owned(_));
        (self.answered, self.offline_way) = (false, how == Handing::OfflineWay && matches!(place, Place::Owned(_)));
    }

    /// The buyer wrote message `seq`.
    pub(super) fn asked(&mut self, seq: u64, at: Millis) {
        if self.unanswered_since.is_none() {
            (self.unanswered_since, self.since) = (Some(at), at);
        }
        if self.round.1 == 0 {
            self.round.0 = seq;
        }
        self.round.1 += 1;
    }

    /// Nothing is unanswered any more, and nobody is charged with anything.
    pub(super) fn round_over(&mut self, at: Millis) {
        (self.unanswered_since, self.charged, self.round.1) = (None, None, 0);
        self.limit(RoundLimits::default());
        self.since = at;
    }

    /// What the dispatcher decided and the conversation agreed to, and what became of its round.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::ReceptionOwned { at, agent, group, how, decision, .. } => {
                self.put(Place::Owned(*agent), *at, *group, *how);
                self.decision = *decision;
            }
            Event::ReceptionQueued { at, group, how, decision, arrived, priority, .. } => {
                self.put(Place::Queued, *at, *group, *how);
                (self.decision, self.arrived, self.priority) = (*decision, *arrived, *priority);
            }
            Event::ReceptionPooled { at, how, decision, .. } => {
                self.put(Place::Pooled, *at, None, *how);
                self.decision = *decision;
            }
            Event::RoundAnswered { at, .. } => {
                self.round_over(*at);
                (self.answered, self.offline_way) = (true, false);
                self.welcomed = true; // the answer was the greeting
            }
            Event::RoundWithdrawn { at, .. } => self.round_over(*at),
            Event::IntentFound { keywords, .. } => self.keywords.clone_from(keywords),
            Event::PersonAsked { at, .. } => self.asked_at = Some(*at),
            _ => {}
        }
    }
}

impl Conversation {
    /// The owner of the open reception.
    pub fn owner(&self) -> Option<AgentNo> {
        self.open.as_ref().and_then(Reception::owner)
    }

    /// The open reception as the dispatcher hears of it.
    pub fn arrival(&self) -> Option<Arrival> {
        Some(self.arrival_of(self.open.as_ref()?, self.last_buyer_at, self.priority()))
    }

    pub(super) fn arrival_of(&self, reception: &Reception, last: Millis, priority: Priority) -> Arrival {
        self.arrival_with(reception, last, &self.profile, self.order, priority)
    }

    fn arrival_with(
        &self,
        reception: &Reception,
        last: Millis,
        profile: &Profile,
        order: Option<(OrderState, Millis)>,
        priority: Priority,
    ) -> Arrival {
        Arrival {
            conversation: self.place().1,
            reception: reception.no,
            arrived: reception.arrived,
            priority,
            facts: Box::new(Facts::new(&reception.visit, profile, order, reception.keywords.clone())),
            group: if reception.place == Place::Queued { reception.group } else { None },
            recent: self.last_agent,
            dedicated: profile.dedicated,
            unanswered: reception.unanswered_since,
            last,
            asked: reception.asked_at,
            missed: reception.missed.clone(),
            decision: reception.decision,
        }
    }

    /// Time never goes back within a conversation, though stamps of two senders may cross.
    fn not_before(&self, open: &Reception, now: Millis) -> Millis {
        now.max(open.placed_at).max(self.last_at)
    }

    fn reception(&self, no: ReceptionNo) -> Result<&Reception, Refusal> {
        self.open.as_ref().filter(|open| open.no == no).ok_or(Refusal::ReceptionClosed)
    }

    /// What goes with a new place: the intent found, the system's message, the answer to the person who asked.
    /// `to`: who has it now, and is told.
    fn hand_over(&self, mut decision: Decision, open: &Reception, handover: Handover, to: Option<AgentNo>, now: Millis) -> Decision {
        let Handover { how, say, keywords, over_capacity, welcome, guard, .. } = handover;
        if !keywords.is_empty() && keywords != open.keywords {
            decision.events.push(Event::IntentFound { conversation: self.place().1, reception: open.no, keywords });
        }
        if let Some(over_capacity) = over_capacity {
            decision.answer = Answer::Reply(Reply::Transferred { over_capacity });
        }
        let text = match say {
            // The buyer reads it too: no internal numbers, no note.
            Some(Say::Transferred(reason)) if reason.is_empty() => Some(PASSED_ON.into()),
            Some(Say::Transferred(reason)) => Some(format!("{PASSED_ON}: {reason}")),
            Some(Say::OfflineAssigned) => Some("转接:离线留言分配 / transferred: offline message assignment".into()),
            Some(Say::OffHours(text)) => Some(text).filter(|_| !open.told_off_hours),
            None => None,
        };
        let first = !open.welcomed && how != Handing::OfflineWay;
        let greeting = Extra { saying: Some(Saying::Welcome), ..Extra::default() };
        let welcome = welcome.into_iter().filter(|_| first).map(|text| (text, greeting.clone().boxed()));
        let gate = Gate { guard, origin: Origin::default() };
        let mut said = 0;
        for (text, extra) in text.map(|text| (text, None)).into_iter().chain(welcome) {
            let mut event = match self.by_system(open, Words { text, extra, retry: NO_RETRY }, &gate, now) {
                Ok(event) => event,
                Err(caught) => {
                    decision.events.extend(*caught);
                    continue;
                }
            };
            if let Event::MessageAdded { seq, owner, .. } = &mut event {
                *seq += said;
                *owner = to;
            }
            said += 1;
            decision.events.push(event);
        }
        decision
    }

    /// What the system says of itself, or the record of what kept it from that.
    fn by_system(&self, open: &Reception, words: Words, gate: &Gate, now: Millis) -> Result<Event, Box<Events>> {
        match Self::clear(&gate.guard, Voice::Fixed, words, now) {
            Ok(spoken) => Ok(self.said(&Occasion::Reception(open), Author::System, spoken, now)),
            Err((words, found)) => Err(self.caught(Author::System, words, Ground::Findings(found), gate, now).events.into()),
        }
    }

    pub(super) fn own(
        &self,
        reception: ReceptionNo,
        agent: AgentNo,
        group: Option<GroupNo>,
        handover: Handover,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        let open = self.reception(reception)?;
        let mut decision = Decision::default();
        let offline_way = handover.how == Handing::OfflineWay;
        if open.place != Place::Owned(agent) || open.group != group || open.offline_way != offline_way {
            let (conversation, from, how, number) = (self.place().1, open.owner(), handover.how, handover.decision);
            let at = self.not_before(open, now);
            decision.events.push(Event::ReceptionOwned { conversation, reception, at, agent, group, from, how, decision: number });
        }
        Ok(self.hand_over(decision, open, handover, Some(agent), now))
    }

    /// `turn`: priority, arrival, and how many are before it.
    pub(super) fn queue(
        &self,
        reception: ReceptionNo,
        group: Option<GroupNo>,
        turn: (Priority, Millis, u32),
        handover: Handover,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        let open = self.reception(reception)?;
        let (conversation, from, how, (priority, arrived, ahead)) = (self.place().1, open.owner(), handover.how, turn);
        let (at, decision) = (self.not_before(open, now), handover.decision);
        let event = Event::ReceptionQueued { conversation, reception, at, group, from, how, decision, arrived, priority, ahead };
        Ok(self.hand_over(Decision::default().event(event), open, handover, open.owner(), now))
    }

    /// `last`: when the dispatcher believes that the buyer last wrote. It hears of the first message of a round only.
    pub(super) fn pool(&self, reception: ReceptionNo, last: Millis, handover: Handover, now: Millis) -> Result<Decision, Refusal> {
        let open = self.reception(reception)?;
        let (conversation, from, how, decision) = (self.place().1, open.owner(), handover.how, handover.decision);
        let event = Event::ReceptionPooled { conversation, reception, at: self.not_before(open, now), from, how, decision };
        let decision = self.hand_over(Decision::default().event(event), open, handover, open.owner(), now);
        Ok(if last == self.last_buyer_at { decision } else { self.known_anew(decision, &self.profile, self.order) })
    }

    /// What is known of the buyer, or the priority, changed by what is decided; who waits is looked at anew.
    pub(super) fn known_anew(&self, decision: Decision, profile: &Profile, order: Option<(OrderState, Millis)>) -> Decision {
        let Some(open) = &self.open else { return decision };
        let priority = self.priority_after(&decision.events, profile);
        let arrival = self.arrival_with(open, self.last_buyer_at, profile, order, priority);
        decision.effect(Effect::Dispatcher(self.place().0, dispatcher::Command::Route { arrival, text: None }))
    }

    pub(super) fn set_profile(&self, buyer: String, profile: Profile, by: Actor, desk: &Desk, now: Millis) -> Decision {
        if self.profile == profile {
            return Decision::default();
        }
        let mut decision = Decision::default();
        decision.events.extend(self.by_rules(desk, Known { tags: &profile.tags, ..self.known() }, now));
        let decision = self.known_anew(decision, &profile, self.order);
        let change = Change::Buyer { buyer: buyer.clone(), before: self.profile.clone(), after: profile.clone() };
        let event = Event::ProfileSet { conversation: self.place().1, buyer, profile, at: now };
        decision.event(event).event(Event::Audited { by, change, at: now })
    }
}
