//! The conversation 会话: messages in order, retries, read marks, receptions and who owns them.
//!
//! It is the only authority on who owns a reception; the dispatcher proposes (`Own`, `Queue`, `Pool`), the conversation agrees
//! or, where that reception is over, refuses. At most one owner at any time, because `place` is one field.

mod archive;
mod block;
mod command;
mod desk;
mod file;
mod fulfil;
mod gate;
mod place;
mod suggest;
mod talk;
mod timer;

pub use command::Command;
use gate::{Gate, Words};
pub use place::{Handover, Place, Reception, Say};
use suggest::Offering;
use talk::Arriving;

use super::desk::LabelNo;
use super::event::{Actor, Author, Event, Prioritising, RetryKey};
use super::facts::{OrderState, Priority, Profile};
use super::id::{AgentNo, ConversationId, Millis, ReceptionNo, ShopScope};
use super::refusal::Refusal;
use super::suggestion::Suggestions;
use super::{Decision, Machine};
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
    /// The buyer has read up to here; while on the blacklist also what staff are not shown.
    pub buyer_read: u64,
    /// Buyer messages after `staff_read`, as runs.
    pub unread_runs: Vec<Run>,
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
    /// The newest messages of fulfilment (TXT-3), by their retry keys: recognised however late they are tried again.
    pub fulfilled: Vec<u64>,
    /// It has messages, notes or files that the end of its archive would delete.
    pub kept: bool,
    /// The last attempt that the guard caught: tried again, it is not a second one.
    pub last_caught: Option<RetryKey>,
    /// Who wrote in the last two minutes, as runs: what may be recalled (INB-7).
    pub spoke: Vec<Spoke>,
    /// What was recalled of that.
    pub recalled: Vec<u64>,
    /// When what nobody reads is escalated (SLA-3). None: all is read, or it was escalated.
    pub escalate: Option<Millis>,
    /// Staff are not reminded of this buyer before then (SLA-2).
    pub reminded_until: Millis,
    /// 辅助推荐 (ROB-1).
    pub suggestions: Suggestions,
    /// The buyer's newest messages that were not recalled: what suggestions are for.
    pub asked: Vec<u64>,
    /// Retries recognised (OPS-2): restored from the history index, not part of the head.
    #[serde(skip)]
    pub retries: Retries,
}

/// Buyer messages with consecutive sequence numbers that came within one quarter hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub first: u64,
    pub count: u32,
    /// When the first of them came, before any of the run was read.
    pub since: Millis,
}

/// Messages in a row by one author, up to the next run or the last message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoke {
    pub first: u64,
    pub author: Author,
    /// When the last of them was written.
    pub last_at: Millis,
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
    /// What the buyer has written since, as runs.
    pub unseen: Vec<Run>,
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

    /// When message `seq` was written, if that was at `since` or later.
    fn written_at(&self, seq: u64, since: Millis) -> Option<Millis> {
        let recent = self.order.iter().rev().take_while(|(at, _)| *at >= since);
        recent.filter_map(|(at, id)| Some((at, self.by_id.get(id)?))).find(|(_, found)| found.1 == seq).map(|(at, _)| *at)
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
        self.unread_runs.iter().map(|run| run.count).sum()
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

    /// Staff can know of it: by what the buyer wrote, or by what the platform told of the buyer.
    fn is_known(&self) -> bool {
        self.shown_seq() > 0 || self.last_seq == 0 && (!self.buyer.is_empty() || self.order.is_some())
    }

    fn place(&self) -> (ShopScope, ConversationId) {
        self.at.expect("a conversation is placed when it is activated")
    }

    /// Whoever serves the buyer, or served them last where nobody does now, or looks after the whole shop.
    fn may_work(&self, by: AgentNo, oversees: bool) -> Result<(), Refusal> {
        let serves = match &self.open {
            Some(open) => open.owner() == Some(by),
            None => self.last_agent.is_some_and(|(agent, _)| agent == by),
        };
        if oversees || serves { Ok(()) } else { Err(Refusal::NotOwner) }
    }
}

impl Machine for Conversation {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        match command {
            Command::Send { buyer, name, visit, asks, text, extra, retry, desk } => {
                self.send(Arriving { buyer, name, visit, asks }, Words { text, extra, retry }, &desk, now)
            }
            Command::AddFile { file, by } => Ok(self.add_file(file, by, now)),
            Command::SetProfile { buyer, profile, by, desk } => Ok(self.set_profile(buyer, profile, by, &desk, now)),
            Command::NoteOrder { order, state, since, desk } => Ok(self.note_order(order, state, since, &desk, now)),
            Command::Fulfil { buyer, order, scene, text, retry, guard } => {
                Ok(self.fulfil(buyer, order, scene, Words { text, extra: None, retry }, guard, now))
            }
            Command::SettleOrder { desk } => Ok(self.settle_order(&desk, now)),
            Command::Block { buyer, reason, by } => self.block(buyer, reason, by, now),
            Command::Unblock { by, desk } => self.unblock(by, &desk, now),
            Command::Wake => Ok(self.wake(now)),
            Command::Answer { agent, text, extra, retry, guard, origin } if self.is_known() => {
                self.answer(agent, Words { text, extra, retry }, Gate { guard, origin }, now)
            }
            Command::Attempt { agent, text, retry, guard, origin } if self.is_known() => {
                self.attempted(agent, Words { text, extra: None, retry }, &Gate { guard, origin }, now)
            }
            _ if self.last_seq == 0 => Err(Refusal::NotFound { what: "conversation" }),
            Command::Repeat { retry } => self.repeated(retry)?.ok_or(Refusal::NotFound { what: "message" }),
            Command::ReadByBuyer { seq } => Ok(self.read_by_buyer(seq, now)),
            Command::Recall { by, seq, desk } => self.recall(by, seq, &desk, now),
            Command::Classify { desk } => Ok(self.classify(&desk, now)),
            _ if self.shown_seq() == 0 => Err(Refusal::NotFound { what: "conversation" }),
            Command::Answer { .. } | Command::Attempt { .. } => Err(Refusal::NotFound { what: "conversation" }),
            Command::Read { by, oversees, seq, desk } => self.read(by, oversees, seq, &desk, now),
            Command::Close { by, oversees } => self.close(by, oversees, now),
            Command::Transfer { by, oversees, to, reason, note, guard, origin } => {
                self.transfer(by, oversees, to, (reason, note), Gate { guard, origin }, now)
            }
            Command::Own { reception, agent, group, handover } => self.own(reception, agent, group, handover, now),
            Command::Queue { reception, group, arrived, priority, ahead, handover } => {
                self.queue(reception, group, (priority, arrived, ahead), handover, now)
            }
            Command::Pool { reception, last, handover } => self.pool(reception, last, handover, now),
            Command::Mark { by, oversees, answered, desk } => self.mark(by, oversees, answered, &desk, now),
            Command::Label { by, oversees, add, remove } => self.label(by, oversees, (add, remove), now),
            Command::LabelMessage { by, oversees, seq, labels } => self.label_message(by, oversees, seq, labels, now),
            Command::Note { by, oversees, text, mentions } => self.note(by, oversees, text, mentions, now),
            Command::Prioritise { by, oversees, priority, desk } => self.prioritise(by, oversees, priority, &desk, now),
            Command::Archive { by } => self.archive(by, now),
            Command::Restore { by } => Ok(self.restore(by, now)),
            Command::Erase { keep_days } => self.erase(keep_days, now),
            Command::Suggest { by, oversees, for_seq, items, retry, guard } => {
                self.suggest(Offering { by, oversees, for_seq, items, retry }, &guard, now)
            }
            Command::DismissSuggestion { by, oversees, offer } => self.dismiss_suggestion(by, oversees, offer, now),
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::MessageAdded { seq, at, author, retry, extra, starts, .. } => {
                self.written(*seq, *at, *author, *retry);
                self.started(starts.as_deref());
                self.remember_fulfilled(*retry, extra.as_deref());
            }
            Event::TextCaught { caught } => self.last_caught = Some(caught.retry),
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
            | Event::RoundAnswered { .. }
            | Event::RoundWithdrawn { .. }
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
            Event::ReadByStaff { seq, escalate, .. } => {
                self.read_to(*seq);
                self.escalate = *escalate;
            }
            Event::ReadByBuyer { seq, .. } => self.buyer_read = *seq,
            Event::MessageRecalled { seq, escalate, .. } => self.taken_back(*seq, *escalate),
            Event::Limit { what, .. } => self.fired(what),
            Event::DeskWork { at, what, .. } => self.worked(*at, what),
            Event::FileAdded { .. } => self.kept = true,
            Event::Prioritised { cause: Prioritising::Rule(ruled), .. } => self.ruled = *ruled,
            Event::Prioritised { cause: Prioritising::Staff { priority, .. }, .. } => self.overridden = *priority,
            Event::Blocked { buyer, from, reason, at, by, .. } => {
                self.buyer.clone_from(buyer);
                let (reason, by, last_at) = (reason.clone(), by.clone(), self.last_at);
                self.block = Some(Block { from: *from, at: *at, by, reason, last_at, unseen: Vec::new() });
                self.escalate = None;
            }
            Event::Unblocked { at, escalate, .. } => self.unblocked(*at, *escalate),
            Event::OrderSettled { .. } => {
                if let Some((state, _)) = &mut self.order {
                    *state = OrderState::Closed;
                }
            }
            Event::Archived { at, .. } => self.archived_at = Some(*at),
            // From now on it is as one that was closed just now: the rule does not put it away again at once.
            Event::Restored { at, .. } => (self.archived_at, self.closed_at) = (None, *at),
            Event::Erased { to, .. } => {
                (self.erased_to, self.kept) = (*to, *to < self.last_seq);
                self.mentioned.clear();
            }
            other => self.suggestions.apply(other),
        }
    }

    fn deadline(&self) -> Option<Millis> {
        self.next_deadline()
    }

    fn wake() -> Option<Command> {
        Some(Command::Wake)
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
