//! All rules, pure. No clock, no I/O, no randomness, no actor, no JSON and no storage in here.
//!
//! A [`Machine`] decides by reading and changes by applying events. The same `apply` runs in the live actor, in recovery
//! and in a simulation, so what the server did can always be recomputed from its feed.

pub mod agent;
pub mod audience;
pub mod content;
pub mod conversation;
pub mod desk;
pub mod dispatcher;
pub mod distribution;
pub mod diversion;
pub mod event;
pub mod explain;
pub mod facts;
pub mod guard;
pub mod hours;
pub mod id;
pub mod list;
pub mod notice;
pub mod offline;
pub mod order;
pub mod permission;
pub mod platform;
pub mod priority;
pub mod quarter;
pub mod refusal;
pub mod schedule;
pub mod shop;
pub mod suggestion;
pub mod text;
pub mod view;

use event::Event;
use id::{AgentNo, ConversationId, Millis, ShopScope, TokenHash};
use refusal::Refusal;
use smallvec::SmallVec;

/// The rules of one kind of entity.
pub trait Machine: Unpin + 'static {
    /// Imperative: what somebody wants.
    type Command: Send + 'static;
    /// What would happen. Reads only: a refusal, or a panic, leaves no trace.
    fn decide(&self, command: Self::Command, now: Millis) -> Result<Decision, Refusal>;
    /// It has happened. Total: recovery and simulation run this very function.
    fn apply(&mut self, event: &Event);
    /// What must be decided next, in the same turn, before anything else is heard.
    fn follow_up(&self) -> Option<Self::Command> {
        None
    }
    /// When the clock must wake this entity next, if ever. Deadlines are data: part of the state. What is due is decided before a
    /// command stamped later, though the clock may come after it.
    fn deadline(&self) -> Option<Millis> {
        None
    }
    /// The command with which the clock wakes it.
    fn wake() -> Option<Self::Command> {
        None
    }
}

/// The events of one decision: nearly always one, which then needs no allocation.
pub type Events = SmallVec<[Event; 1]>;

/// What a command leads to: events (stored), effects (released after the sync that covers the events), an answer.
#[derive(Debug, Default)]
pub struct Decision {
    pub events: Events,
    pub effects: Vec<Effect>,
    pub answer: Answer,
}

/// Who answers the caller, after the commit.
#[derive(Debug)]
pub enum Answer {
    /// This entity, now.
    Reply(Reply),
    /// The caller's reply goes along with the command to another entity, which answers after *its* commit, so that an
    /// acknowledgement always covers the whole of what was asked.
    Forward(Box<Effect>),
}

impl Default for Answer {
    fn default() -> Self {
        Answer::Reply(Reply::Done)
    }
}

impl Decision {
    /// Nothing changes; the caller is told `reply`.
    pub fn reply(reply: Reply) -> Decision {
        Decision { answer: Answer::Reply(reply), ..Decision::default() }
    }
    /// Adds an event.
    pub fn event(mut self, event: Event) -> Decision {
        self.events.push(event);
        self
    }
    /// Adds an effect.
    pub fn effect(mut self, effect: Effect) -> Decision {
        self.effects.push(effect);
        self
    }
}

/// A command to another entity, released after the commit of the decision that made it.
#[derive(Debug)]
pub enum Effect {
    Conversation(ShopScope, ConversationId, conversation::Command),
    Dispatcher(ShopScope, dispatcher::Command),
    Agent(ShopScope, AgentNo, agent::Command),
    Shop(ShopScope, shop::Command),
    Order(ShopScope, order::OrderKey, order::Command),
    Texts(ShopScope, text::ListId, text::Command),
    Platform(platform::Command),
}

/// What a caller learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Done,
    /// The message is on disk. `repeated`: it already was, and this is the answer it got then.
    Accepted {
        conversation: ConversationId,
        seq: u64,
        at: Millis,
        repeated: bool,
    },
    AccountCreated {
        agent: AgentNo,
    },
    GroupCreated {
        group: id::GroupNo,
    },
    ShopCreated {
        scope: ShopScope,
    },
    SessionOpened {
        agent: AgentNo,
        expires: Millis,
    },
    /// Wrong password; the failure is on disk.
    LogInRefused,
    TokenIssued {
        token: TokenHash,
        conversation: ConversationId,
        expires: Millis,
    },
    SettingsSet {
        version: u32,
    },
    /// A note, a phrase, a template, a notice: its number.
    Numbered {
        no: u64,
    },
    /// What became of each reception assigned by hand (OFF-2).
    AssignedByHand {
        results: dispatcher::Results,
    },
    Transferred {
        over_capacity: bool,
    },
    Closed {
        reception: u32,
    },
    /// As [`Reply::Accepted`]; but the shop warns of what stands in it (GRD-3).
    Warned {
        conversation: ConversationId,
        seq: u64,
        at: Millis,
        findings: Vec<guard::Finding>,
    },
    /// The test was taken (GRD-8): 100 points pass.
    Tested {
        points: u32,
    },
    /// The suggestions are on disk. `repeated`: they already were.
    Suggested {
        no: suggestion::OfferNo,
        at: id::Millis,
        repeated: bool,
    },
    /// The guard caught it; that is on disk (GRD-9).
    Caught {
        ground: Box<guard::record::Ground>,
    },
}
