//! What a conversation is asked to do.

use super::Handover;
use crate::domain::content::{Attachment, Extra};
use crate::domain::desk::LabelNo;
use crate::domain::desk::time::InForce;
use crate::domain::dispatcher;
use crate::domain::event::{Actor, Author, RetryKey};
use crate::domain::facts::{OrderState, Priority, Profile, Visit};
use crate::domain::guard::Guard;
use crate::domain::guard::record::Origin;
use crate::domain::id::{AgentNo, GroupNo, Millis, ReceptionNo};
use crate::domain::order::{OrderKey, Scene};
use crate::domain::suggestion::OfferNo;
use std::sync::Arc;

/// What a conversation is asked to do.
#[derive(Debug)]
pub enum Command {
    /// The buyer writes. `visit`: how the buyer came, for the diversion rules; `asks`: for a person, by a button.
    Send {
        buyer: String,
        name: String,
        visit: Visit,
        asks: bool,
        text: String,
        extra: Option<Box<Extra>>,
        retry: RetryKey,
        desk: Arc<InForce>,
    },
    /// An agent answers.
    Answer {
        agent: AgentNo,
        text: String,
        extra: Option<Box<Extra>>,
        retry: RetryKey,
        guard: Arc<Guard>,
        origin: Origin,
    },
    /// An agent who may not see this conversation tried to write in it: never sent, kept where the buyer had not written (GRD-1).
    Attempt {
        agent: AgentNo,
        text: String,
        retry: RetryKey,
        guard: Arc<Guard>,
        origin: Origin,
    },
    /// Only if it was written before: what it was answered then (OPS-2).
    Repeat {
        retry: RetryKey,
    },
    /// Staff read up to `seq`.
    Read {
        by: AgentNo,
        oversees: bool,
        seq: u64,
        desk: Arc<InForce>,
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
        guard: Arc<Guard>,
        origin: Origin,
    },
    /// What platform or shop know of the buyer.
    SetProfile {
        buyer: String,
        profile: Profile,
        by: Actor,
        desk: Arc<InForce>,
    },
    /// An order of the buyer is in this state since then (INB-9).
    NoteOrder {
        order: String,
        state: OrderState,
        since: Millis,
        desk: Arc<InForce>,
    },
    /// The dispatcher decided: `agent` owns this reception.
    Own {
        reception: ReceptionNo,
        agent: AgentNo,
        group: Option<GroupNo>,
        handover: Handover,
    },
    /// The dispatcher decided: this reception waits in the queue.
    Queue {
        reception: ReceptionNo,
        group: Option<GroupNo>,
        arrived: Millis,
        priority: Priority,
        ahead: u32,
        handover: Handover,
    },
    /// The dispatcher decided: this reception waits in the offline pool.
    Pool {
        reception: ReceptionNo,
        last: Millis,
        handover: Handover,
    },
    /// 撤回 (INB-7), by whom it is from, within its time.
    Recall {
        by: Author,
        seq: u64,
        desk: Arc<InForce>,
    },
    /// Sets the labels of a message, as a whole.
    LabelMessage {
        by: AgentNo,
        oversees: bool,
        seq: u64,
        labels: Vec<LabelNo>,
    },
    /// Adds labels, then takes some away.
    Label {
        by: AgentNo,
        oversees: bool,
        add: Vec<LabelNo>,
        remove: Vec<LabelNo>,
    },
    /// A private note (INB-13).
    Note {
        by: AgentNo,
        oversees: bool,
        text: String,
        mentions: Vec<AgentNo>,
    },
    /// Staff sets the priority; None: the rules decide again (INB-2).
    Prioritise {
        by: AgentNo,
        oversees: bool,
        priority: Option<Priority>,
        desk: Arc<InForce>,
    },
    /// Time has passed, or the rules have changed: what is the priority now?
    Classify {
        desk: Arc<InForce>,
    },
    /// Sets 已回复 or 未回复 by hand (INB-4).
    Mark {
        by: AgentNo,
        oversees: bool,
        answered: bool,
        desk: Arc<InForce>,
    },
    /// 黑名单 (INB-8); also a buyer who never wrote.
    Block {
        buyer: String,
        reason: String,
        by: Actor,
    },
    Unblock {
        by: Actor,
        desk: Arc<InForce>,
    },
    /// The clock: something has come due (SLA-4).
    Wake,
    /// The order that succeeded 3 days ago counts as none (INB-9).
    SettleOrder {
        desk: Arc<InForce>,
    },
    /// 归档 (INB-12). `by`: None: the rule.
    Archive {
        by: Option<AgentNo>,
    },
    Restore {
        by: AgentNo,
    },
    /// Deletes what was archived longer ago than archives are kept.
    Erase {
        keep_days: u16,
    },
    /// Offers answers to whoever serves the buyer (ROB-1), once per `retry`. `for_seq`: the buyer's message that they answer, where
    /// the assistant says which.
    Suggest {
        by: Actor,
        oversees: bool,
        for_seq: Option<u64>,
        items: Vec<String>,
        retry: RetryKey,
        guard: Arc<Guard>,
    },
    /// Puts an offer aside.
    DismissSuggestion {
        by: AgentNo,
        oversees: bool,
        offer: OfferNo,
    },
    /// A file was stored for this conversation.
    AddFile {
        file: Attachment,
        by: Author,
    },
    /// The system tells the buyer of an order (TXT-3), once per `retry`; also a buyer who never wrote.
    Fulfil {
        buyer: String,
        order: OrderKey,
        scene: Scene,
        text: String,
        retry: RetryKey,
        guard: Arc<Guard>,
    },
}

impl Command {
    /// The guard that what goes with it must pass, where another machine lets the conversation say something.
    pub fn speaks(&mut self) -> Option<&mut Arc<Guard>> {
        match self {
            Command::Own { handover, .. } | Command::Queue { handover, .. } | Command::Pool { handover, .. } => {
                (handover.say.is_some() || !handover.welcome.is_empty()).then_some(&mut handover.guard)
            }
            _ => None,
        }
    }
}
