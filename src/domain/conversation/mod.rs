//! The conversation 会话: messages in order, retries, read marks, receptions and who owns them.
//!
//! It is the only authority on who owns a reception; the dispatcher proposes (`Own`, `Queue`, `Pool`), the conversation agrees
//! or, where that reception is over, refuses. At most one owner at any time, because `place` is one field.

mod command;
mod place;

pub use command::Command;
pub use place::{Handover, Place, Reception, Say};

use super::desk::LabelNo;
use super::event::{Actor, Author, Event, RetryKey};
use super::facts::{OrderState, Priority, Profile, Visit, asks_for_person};
use super::id::{AgentNo, ConversationId, Millis, ReceptionNo, ShopScope};
use super::refusal::Refusal;
use super::{Answer, Decision, Effect, Machine, Reply, dispatcher};
use crate::limits;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};

/// The state of one conversation: its head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    #[serde(skip)]
    pub at: Option<(ShopScope, ConversationId)>,
    pub buyer: String,
    pub name: String,
    pub last_seq: u64,
    pub last_at: Millis,
    /// Staff have read up to here.
    pub staff_read: u64,
    /// The buyer has read up to here.
    pub buyer_read: u64,
    /// Buyer messages after `staff_read`, as runs of consecutive sequence numbers (first, how many).
    pub unread_runs: Vec<(u64, u32)>,
    pub receptions: ReceptionNo,
    pub open: Option<Reception>,
    pub closed_at: Millis,
    /// The agent who last spoke with this buyer (DIV-1.2).
    pub last_agent: Option<(AgentNo, Millis)>,
    /// When the buyer last wrote.
    pub last_buyer_at: Millis,
    pub profile: Profile,
    /// The order that changed last: its state, and since when (INB-9).
    pub order: Option<(OrderState, Millis)>,
    /// Its number.
    pub order_no: String,
    /// 标签 (INB-5), ascending.
    pub labels: Vec<LabelNo>,
    /// What the shop's rules make of it (INB-2): the rule, from 0, and its priority.
    pub ruled: Option<(u16, Priority)>,
    /// What staff made of it; stands above the rules.
    pub overridden: Option<Priority>,
    /// Notes written so far.
    pub notes: u32,
    /// Who was mentioned in a note, and may therefore look; the newest few.
    pub mentioned: Vec<AgentNo>,
    pub block: Option<Block>,
    pub archived_at: Option<Millis>,
    /// Messages up to here were deleted with their archive.
    pub erased_to: u64,
    /// Retries recognised (OPS-2): restored from the history index, not part of the head.
    #[serde(skip)]
    pub retries: Retries,
}

/// Since when, and why, the buyer is on the blacklist (INB-8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The first message that nobody in the shop is shown.
    pub from: u64,
    pub at: Millis,
    pub by: Actor,
    pub reason: String,
    /// When the last message before was written: what lists sort by.
    pub last_at: Millis,
}

/// The client message ids of the last 24 hours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retries {
    by_id: HashMap<u64, (u32, u64, Millis)>,
    order: VecDeque<(Millis, u64)>,
}

impl Retries {
    /// Remembers message `seq`; forgets what is older than the window.
    pub fn remember(&mut self, retry: RetryKey, seq: u64, at: Millis) {
        self.by_id.insert(retry.client_id, (retry.body, seq, at));
        self.order.push_back((at, retry.client_id));
        while let Some(&(old, id)) = self.order.front() {
            if at.since(old) <= limits::RETRY_WINDOW_MS && self.order.len() <= limits::RETRY_KEYS_MAX {
                break;
            }
            self.order.pop_front();
            if self.by_id.get(&id).is_some_and(|(_, _, kept)| *kept == old) {
                self.by_id.remove(&id);
            }
        }
    }

    fn find(&self, retry: RetryKey) -> Option<Result<(u64, Millis), Refusal>> {
        let &(body, seq, at) = self.by_id.get(&retry.client_id)?;
        Some(if body == retry.body { Ok((seq, at)) } else { Err(Refusal::RetryMismatch { seq }) })
    }
}

impl Conversation {
    /// An empty conversation at its place.
    pub fn new(scope: ShopScope, id: ConversationId) -> Conversation {
        Conversation { at: Some((scope, id)), ..Conversation::default() }
    }

    /// Buyer messages that no staff has read.
    pub fn unread(&self) -> u32 {
        self.unread_runs.iter().map(|(_, count)| count).sum()
    }

    /// How urgent it is (INB-2): what staff said, else the shop's rules, else what is known of the buyer.
    pub fn priority(&self) -> Priority {
        self.overridden.or(self.ruled.map(|(_, priority)| priority)).unwrap_or(self.profile.priority)
    }

    /// The last message that staff are shown: what a blacklisted buyer writes is not (INB-8).
    pub fn shown_seq(&self) -> u64 {
        self.block.as_ref().map_or(self.last_seq, |block| self.last_seq.min(block.from - 1))
    }

    /// When that was written.
    pub fn shown_at(&self) -> Millis {
        self.block.as_ref().map_or(self.last_at, |block| block.last_at)
    }

    fn read_to(&mut self, seq: u64) {
        self.staff_read = seq;
        for run in &mut self.unread_runs {
            *run = after(*run, seq);
        }
        self.unread_runs.retain(|(_, count)| *count > 0);
    }

    fn place(&self) -> (ShopScope, ConversationId) {
        self.at.expect("a conversation is placed when it is activated")
    }

    fn add(&self, author: Author, text: String, retry: RetryKey, now: Millis) -> Event {
        Event::MessageAdded {
            conversation: self.place().1,
            seq: self.last_seq + 1,
            at: now.max(self.last_at),
            author,
            text,
            retry,
            owner: self.owner(),
            extra: None,
        }
    }

    fn accepted(&self, seq: u64, at: Millis, repeated: bool) -> Answer {
        Answer::Reply(Reply::Accepted { conversation: self.place().1, seq, at, repeated })
    }

    fn send(
        &self,
        visit: Visit,
        asks: bool,
        from: (String, String),
        text: String,
        retry: RetryKey,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        if let Some(found) = self.retries.find(retry) {
            let (seq, at) = found?;
            return Ok(Decision { answer: self.accepted(seq, at, true), ..Decision::default() });
        }
        let (scope, conversation) = self.place();
        let mut decision = Decision::default();
        let asked = asks || asks_for_person(&text);
        let at = now.max(self.last_at);
        match &self.open {
            None => {
                let reception = Reception::new(self.receptions + 1, at, visit.clone(), asked);
                let arrival = self.arrival_of(&reception, at);
                let route = dispatcher::Command::Route { arrival, text: Some(text.clone()) };
                decision.effects.push(Effect::Dispatcher(scope, route));
                let (reception, (buyer, name)) = (reception.no, from);
                decision.events.push(Event::ReceptionOpened { conversation, reception, at, buyer, name, visit, asked });
            }
            Some(open) => {
                decision.effects.extend(self.wrote_again(open, asked, &text, at).map(|told| Effect::Dispatcher(scope, told)));
                if asked {
                    decision.events.push(Event::PersonAsked { conversation, reception: open.no, at });
                }
            }
        }
        let event = self.add(Author::Buyer, text, retry, now);
        decision.answer = self.accepted(self.last_seq + 1, at, false);
        decision.events.push(event);
        Ok(decision)
    }

    /// What the dispatcher must know of one more message in an open reception; nearly always nothing.
    fn wrote_again(&self, open: &Reception, asked: bool, text: &str, at: Millis) -> Option<dispatcher::Command> {
        let (conversation, reception) = (self.place().1, open.no);
        if open.place == Place::Pooled {
            let asked_at = if asked { Some(at) } else { open.asked_at };
            let known = Reception { asked_at, unanswered_since: open.unanswered_since.or(Some(at)), ..open.clone() };
            return Some(dispatcher::Command::Route { arrival: self.arrival_of(&known, at), text: Some(text.to_owned()) });
        }
        if open.unanswered_since.is_some() && !asked {
            return None;
        }
        let unanswered = open.unanswered_since.or(Some(at));
        Some(dispatcher::Command::Round { conversation, reception, unanswered, by: None, asked: asked.then_some(at) })
    }

    fn answer(&self, agent: AgentNo, text: String, retry: RetryKey, now: Millis) -> Result<Decision, Refusal> {
        if let Some(found) = self.retries.find(retry) {
            let (seq, at) = found?;
            return Ok(Decision { answer: self.accepted(seq, at, true), ..Decision::default() });
        }
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if open.owner() != Some(agent) {
            return Err(Refusal::NotOwner);
        }
        let (scope, conversation) = self.place();
        let mut decision = Decision::default();
        if let Some(began) = open.unanswered_since {
            let (reception, read) = (open.no, self.unread());
            let command = dispatcher::Command::Round { conversation, reception, unanswered: None, by: Some(agent), asked: None };
            decision.effects.push(Effect::Dispatcher(scope, command));
            let (at, charged) = (now.max(self.last_at), open.charged.unwrap_or(agent));
            decision.events.push(Event::RoundAnswered { conversation, reception, agent, at, began, read, charged });
        }
        decision.events.push(self.add(Author::Agent(agent), text, retry, now));
        decision.answer = self.accepted(self.last_seq + 1, now.max(self.last_at), false);
        Ok(decision)
    }

    fn close(&self, by: AgentNo, oversees: bool, now: Millis) -> Result<Decision, Refusal> {
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if !oversees && open.owner() != Some(by) {
            return Err(Refusal::NotOwner);
        }
        let (scope, conversation) = self.place();
        let unanswered = open.unanswered_since.map(|began| (began, open.charged.or(open.owner())));
        let event = Event::ReceptionClosed { conversation, reception: open.no, at: now, by: Some(by), owner: open.owner(), unanswered };
        let closed = dispatcher::Command::Closed { conversation, reception: open.no };
        Ok(Decision::reply(Reply::Closed { reception: open.no }).event(event).effect(Effect::Dispatcher(scope, closed)))
    }

    fn transfer(&self, by: AgentNo, oversees: bool, to: dispatcher::TransferTo, reason: String, note: String) -> Result<Decision, Refusal> {
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if !oversees && open.owner() != Some(by) {
            return Err(Refusal::NotOwner);
        }
        let (scope, conversation) = self.place();
        let command = dispatcher::Command::Transfer { conversation, reception: open.no, by, to, reason, note };
        Ok(Decision { answer: Answer::Forward(Effect::Dispatcher(scope, command)), ..Decision::default() })
    }

    fn read(&self, by: AgentNo, oversees: bool, seq: u64, now: Millis) -> Result<Decision, Refusal> {
        if self.last_seq == 0 {
            return Err(Refusal::NotFound { what: "conversation" });
        }
        let owner = self.owner();
        if !oversees && owner != Some(by) {
            return Err(Refusal::NotOwner);
        }
        let seq = seq.min(self.last_seq);
        if seq <= self.staff_read {
            return Ok(Decision::default());
        }
        let conversation = self.place().1;
        let read = self.unread() - count_after(&self.unread_runs, seq);
        Ok(Decision::default().event(Event::ReadByStaff { conversation, seq, at: now, by, read, owner }))
    }
}

/// What of a run lies after `seq`.
fn after((first, count): (u64, u32), seq: u64) -> (u64, u32) {
    let read = (seq + 1).saturating_sub(first).min(u64::from(count));
    (first + read, count - read as u32)
}

fn count_after(runs: &[(u64, u32)], seq: u64) -> u32 {
    runs.iter().map(|run| after(*run, seq).1).sum()
}

impl Machine for Conversation {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        match command {
            Command::Send { buyer, name, visit, asks, text, retry, .. } => self.send(visit, asks, (buyer, name), text, retry, now),
            Command::SetProfile { buyer, profile, by, .. } => Ok(self.set_profile(buyer, profile, by, now)),
            Command::NoteOrder { order, state, .. } => Ok(self.note_order(order, state, now)),
            _ if self.last_seq == 0 => Err(Refusal::NotFound { what: "conversation" }),
            Command::Answer { agent, text, retry, .. } => self.answer(agent, text, retry, now),
            Command::Read { by, oversees, seq } => self.read(by, oversees, seq, now),
            Command::ReadByBuyer { seq } => {
                let seq = seq.min(self.last_seq);
                if seq <= self.buyer_read {
                    return Ok(Decision::default());
                }
                let owner = self.owner();
                Ok(Decision::default().event(Event::ReadByBuyer { conversation: self.place().1, seq, at: now, owner }))
            }
            Command::Close { by, oversees } => self.close(by, oversees, now),
            Command::Transfer { by, oversees, to, reason, note } => self.transfer(by, oversees, to, reason, note),
            Command::Own { reception, agent, group, handover } => self.own(reception, agent, group, handover, now),
            Command::Queue { reception, group, arrived, priority, ahead, handover } => {
                self.queue(reception, group, (priority, arrived, ahead), handover, now)
            }
            Command::Pool { reception, last, handover } => self.pool(reception, last, handover, now),
            _ => Err(Refusal::Internal),
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::MessageAdded { seq, at, author, retry, .. } => {
                self.last_seq = *seq;
                self.last_at = *at;
                match author {
                    Author::Buyer => {
                        self.last_buyer_at = *at;
                        match self.unread_runs.last_mut() {
                            Some((first, count)) if *first + u64::from(*count) == *seq => *count += 1,
                            _ => self.unread_runs.push((*seq, 1)),
                        }
                        if let Some(open) = self.open.as_mut().filter(|open| open.unanswered_since.is_none()) {
                            open.unanswered_since = Some(*at);
                            open.since = *at;
                        }
                    }
                    Author::Agent(agent) => {
                        self.last_agent = Some((*agent, *at));
                        self.read_to(*seq); // who answers has read
                    }
                    Author::System => return,
                }
                self.retries.remember(*retry, *seq, *at);
            }
            Event::ReceptionOpened { reception, at, buyer, name, visit, asked, .. } => {
                self.buyer.clone_from(buyer);
                self.name.clone_from(name);
                self.receptions = *reception;
                self.open = Some(Reception::new(*reception, *at, visit.clone(), *asked));
            }
            Event::ReceptionOwned { .. }
            | Event::ReceptionQueued { .. }
            | Event::ReceptionPooled { .. }
            | Event::IntentFound { .. }
            | Event::PersonAsked { .. } => {
                if let Some(open) = &mut self.open {
                    open.apply(event);
                }
            }
            Event::ProfileSet { buyer, profile, .. } => {
                self.buyer.clone_from(buyer);
                self.profile = profile.clone();
            }
            Event::OrderNoted { order, state, at, .. } => {
                self.order = Some((*state, *at));
                self.order_no.clone_from(order);
            }
            Event::ReceptionClosed { at, .. } => {
                self.open = None;
                self.closed_at = *at;
            }
            Event::RoundAnswered { at, .. } => {
                if let Some(open) = &mut self.open {
                    open.unanswered_since = None;
                    (open.charged, open.answered, open.offline_way) = (None, true, false);
                    open.since = *at;
                }
            }
            Event::ReadByStaff { seq, .. } => self.read_to(*seq),
            Event::ReadByBuyer { seq, .. } => self.buyer_read = *seq,
            _ => {}
        }
    }
}

/// The id of the one conversation between this shop and this buyer: derived, so that a second one cannot exist.
pub fn conversation_id(scope: ShopScope, buyer: &str) -> ConversationId {
    use sha2::{Digest, Sha256};
    let digest = Sha256::new().chain_update(scope.number().to_be_bytes()).chain_update(buyer.as_bytes()).finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    ConversationId(id)
}
