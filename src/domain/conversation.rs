//! The conversation 会话: messages in order, retries, read marks, receptions and who owns them.
//!
//! It is the only authority on who owns a reception; the dispatcher proposes (`Own`, `Queue`), the conversation agrees or,
//! where that reception is over, ignores. At most one owner at any time, because `owner` is one field.

use super::event::{Arrival, Author, Event, RetryKey};
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo, ShopScope};
use super::refusal::Refusal;
use super::{Answer, Decision, Effect, Machine, Reply, dispatcher};
use crate::limits;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};

/// What a conversation is asked to do.
#[derive(Debug)]
pub enum Command {
    /// The buyer writes. `entry`: where the buyer came from, for the diversion rules.
    Send {
        buyer: String,
        name: String,
        entry: String,
        text: String,
        retry: RetryKey,
    },
    /// An agent answers.
    Answer {
        agent: AgentNo,
        text: String,
        retry: RetryKey,
    },
    /// Staff read up to `seq`.
    Read {
        by: AgentNo,
        oversees: bool,
        seq: u64,
    },
    ReadByBuyer {
        seq: u64,
    },
    /// `oversees`: may close what another owns.
    Close {
        by: AgentNo,
        oversees: bool,
    },
    /// Transfer (DIV-8): checked here for ownership, decided by the dispatcher.
    Transfer {
        by: AgentNo,
        oversees: bool,
        to: dispatcher::TransferTo,
        reason: String,
        note: String,
    },
    /// The dispatcher decided: `agent` owns this reception.
    Own {
        reception: ReceptionNo,
        agent: AgentNo,
        group: Option<GroupNo>,
        transfer: Option<Transfer>,
    },
    /// The dispatcher decided: this reception waits.
    Queue {
        reception: ReceptionNo,
        group: Option<GroupNo>,
        transfer: Option<Transfer>,
    },
}

/// What the system message of a transfer says (DIV-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub by: AgentNo,
    pub reason: String,
    pub over_capacity: bool,
}

/// One stretch of a conversation, from the buyer's first message to its close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reception {
    pub no: ReceptionNo,
    pub opened_at: Millis,
    pub entry: String,
    pub owner: Option<AgentNo>,
    /// The group it counts in (DIV-4), or waits for.
    pub group: Option<GroupNo>,
    /// Since when it has waited for its present owner, or for any.
    pub since: Millis,
    /// The first buyer message nobody answered yet: the round 轮次 that is open.
    pub unanswered_since: Option<Millis>,
}

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
    /// Retries recognised (OPS-2): restored from the history index, not part of the head.
    #[serde(skip)]
    pub retries: Retries,
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
            owner: self.open.as_ref().and_then(|r| r.owner),
        }
    }

    fn accepted(&self, seq: u64, at: Millis, repeated: bool) -> Answer {
        Answer::Reply(Reply::Accepted { conversation: self.place().1, seq, at, repeated })
    }

    fn route(&self, reception: &Reception, buyer_wrote: bool) -> Effect {
        let (scope, conversation) = self.place();
        Effect::Dispatcher(
            scope,
            dispatcher::Command::Route(Arrival {
                conversation,
                reception: reception.no,
                arrived: reception.opened_at,
                group: reception.group,
                entry: reception.entry.clone(),
                recent: self.last_agent,
                unanswered: buyer_wrote,
            }),
        )
    }

    fn send(&self, buyer: String, name: String, entry: String, text: String, retry: RetryKey, now: Millis) -> Result<Decision, Refusal> {
        if let Some(found) = self.retries.find(retry) {
            let (seq, at) = found?;
            return Ok(Decision { answer: self.accepted(seq, at, true), ..Decision::default() });
        }
        let (scope, conversation) = self.place();
        let mut decision = Decision::default();
        match &self.open {
            None => {
                let reception = Reception {
                    no: self.receptions + 1,
                    opened_at: now,
                    entry: entry.clone(),
                    owner: None,
                    group: None,
                    since: now,
                    unanswered_since: Some(now),
                };
                decision.effects.push(self.route(&reception, true));
                decision.events.push(Event::ReceptionOpened { conversation, reception: reception.no, at: now, buyer, name, entry });
            }
            Some(open) if open.unanswered_since.is_none() => {
                let command = dispatcher::Command::Unanswered { conversation, reception: open.no, unanswered: true };
                decision.effects.push(Effect::Dispatcher(scope, command));
            }
            Some(_) => {}
        }
        let event = self.add(Author::Buyer, text, retry, now);
        decision.answer = self.accepted(self.last_seq + 1, now.max(self.last_at), false);
        decision.events.push(event);
        Ok(decision)
    }

    fn answer(&self, agent: AgentNo, text: String, retry: RetryKey, now: Millis) -> Result<Decision, Refusal> {
        if let Some(found) = self.retries.find(retry) {
            let (seq, at) = found?;
            return Ok(Decision { answer: self.accepted(seq, at, true), ..Decision::default() });
        }
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if open.owner != Some(agent) {
            return Err(Refusal::NotOwner);
        }
        let (scope, conversation) = self.place();
        let mut decision = Decision::default();
        if let Some(began) = open.unanswered_since {
            let (reception, read) = (open.no, self.unread());
            let command = dispatcher::Command::Unanswered { conversation, reception, unanswered: false };
            decision.effects.push(Effect::Dispatcher(scope, command));
            decision.events.push(Event::RoundAnswered { conversation, reception, agent, at: now.max(self.last_at), began, read });
        }
        decision.events.push(self.add(Author::Agent(agent), text, retry, now));
        decision.answer = self.accepted(self.last_seq + 1, now.max(self.last_at), false);
        Ok(decision)
    }

    fn close(&self, by: AgentNo, oversees: bool, now: Millis) -> Result<Decision, Refusal> {
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if !oversees && open.owner != Some(by) {
            return Err(Refusal::NotOwner);
        }
        let (scope, conversation) = self.place();
        let event = Event::ReceptionClosed { conversation, reception: open.no, at: now, by: Some(by), owner: open.owner };
        let closed = dispatcher::Command::Closed { conversation, reception: open.no };
        Ok(Decision::reply(Reply::Closed { reception: open.no }).event(event).effect(Effect::Dispatcher(scope, closed)))
    }

    /// The system message that shows a transfer (DIV-8).
    /// `to`: who has it now, and is told.
    fn transfer_message(&self, transfer: &Transfer, to: Option<AgentNo>, now: Millis) -> Event {
        let mut event = self.add(Author::System, transfer_text(transfer), RetryKey { client_id: 0, body: 0 }, now);
        if let Event::MessageAdded { owner, .. } = &mut event {
            *owner = to;
        }
        event
    }

    fn own(
        &self,
        reception: ReceptionNo,
        agent: AgentNo,
        group: Option<GroupNo>,
        transfer: Option<Transfer>,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        let Some(open) = self.open.as_ref().filter(|r| r.no == reception) else {
            return Err(Refusal::ReceptionClosed);
        };
        let mut decision = Decision::default();
        if open.owner != Some(agent) || open.group != group {
            let conversation = self.place().1;
            decision.events.push(Event::ReceptionOwned { conversation, reception, at: now, agent, group, from: open.owner });
        }
        if let Some(transfer) = transfer {
            decision.answer = Answer::Reply(Reply::Transferred { over_capacity: transfer.over_capacity });
            decision.events.push(self.transfer_message(&transfer, Some(agent), now));
        }
        Ok(decision)
    }

    fn queue(&self, reception: ReceptionNo, group: Option<GroupNo>, transfer: Option<Transfer>, now: Millis) -> Result<Decision, Refusal> {
        let Some(open) = self.open.as_ref().filter(|r| r.no == reception) else {
            return Err(Refusal::ReceptionClosed);
        };
        let conversation = self.place().1;
        let mut decision = Decision::default();
        decision.events.push(Event::ReceptionQueued { conversation, reception, at: now, group, from: open.owner });
        if let Some(transfer) = transfer {
            decision.answer = Answer::Reply(Reply::Transferred { over_capacity: false });
            decision.events.push(self.transfer_message(&transfer, open.owner, now));
        }
        Ok(decision)
    }

    fn transfer(&self, by: AgentNo, oversees: bool, to: dispatcher::TransferTo, reason: String, note: String) -> Result<Decision, Refusal> {
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if !oversees && open.owner != Some(by) {
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
        let owner = self.open.as_ref().and_then(|r| r.owner);
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

fn transfer_text(transfer: &Transfer) -> String {
    // The buyer reads it too: no internal numbers, no note.
    if transfer.reason.is_empty() { "转接 / transferred".into() } else { format!("转接 / transferred: {}", transfer.reason) }
}

impl Machine for Conversation {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        match command {
            Command::Send { buyer, name, entry, text, retry } => self.send(buyer, name, entry, text, retry, now),
            _ if self.last_seq == 0 => Err(Refusal::NotFound { what: "conversation" }),
            Command::Answer { agent, text, retry } => self.answer(agent, text, retry, now),
            Command::Read { by, oversees, seq } => self.read(by, oversees, seq, now),
            Command::ReadByBuyer { seq } => {
                let seq = seq.min(self.last_seq);
                if seq <= self.buyer_read {
                    return Ok(Decision::default());
                }
                let owner = self.open.as_ref().and_then(|r| r.owner);
                Ok(Decision::default().event(Event::ReadByBuyer { conversation: self.place().1, seq, at: now, owner }))
            }
            Command::Close { by, oversees } => self.close(by, oversees, now),
            Command::Transfer { by, oversees, to, reason, note } => self.transfer(by, oversees, to, reason, note),
            Command::Own { reception, agent, group, transfer } => self.own(reception, agent, group, transfer, now),
            Command::Queue { reception, group, transfer } => self.queue(reception, group, transfer, now),
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::MessageAdded { seq, at, author, retry, .. } => {
                self.last_seq = *seq;
                self.last_at = *at;
                match author {
                    Author::Buyer => {
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
            Event::ReceptionOpened { reception, at, buyer, name, entry, .. } => {
                self.buyer.clone_from(buyer);
                self.name.clone_from(name);
                self.receptions = *reception;
                self.open = Some(Reception {
                    no: *reception,
                    opened_at: *at,
                    entry: entry.clone(),
                    owner: None,
                    group: None,
                    since: *at,
                    unanswered_since: Some(*at),
                });
            }
            Event::ReceptionOwned { at, agent, group, .. } => {
                if let Some(open) = &mut self.open {
                    open.owner = Some(*agent);
                    open.group = *group;
                    open.since = *at;
                }
            }
            Event::ReceptionQueued { at, group, .. } => {
                if let Some(open) = &mut self.open {
                    open.owner = None;
                    open.group = *group;
                    open.since = *at;
                }
            }
            Event::ReceptionClosed { at, .. } => {
                self.open = None;
                self.closed_at = *at;
            }
            Event::RoundAnswered { at, .. } => {
                if let Some(open) = &mut self.open {
                    open.unanswered_since = None;
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
