//! The dispatcher of one shop: its floor, its queue, its pool, and every decision about who receives a buyer (DIV-1).
//!
//! It is one entity, so "check the load, then assign" is one step in any interleaving (DIV-4). It stores its decisions with
//! their explanations but no state of its own: everything is derived from heads and rebuilt by [`Dispatcher::restore`].
//! It proposes; the conversation owns (see `domain::conversation`).
//!
//! Invariant kept after every turn: nothing waits that an agent with room may serve, so a newer reception can never overtake an
//! older one (DIV-5). What frees a place is followed by [`Command::Drain`] in the same turn, one assignment at a time, each on
//! true state.

mod absence;
mod choose;
mod desk;
mod explain;
mod floor;
mod person;
mod pool;
mod queue;
mod rank;
mod roster;
mod route;
mod run;
mod slot;
mod state;
mod window;

pub use roster::{Roster, Seat};
pub use run::Results;
pub use state::Kept;

use super::diversion::compile::Compiled;
use super::diversion::{Group, Settings};
use super::event::{AgentSettings, Arrival, Event, Heard, Post, Presence, Turn};
use super::explain::Explanation;
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo, ShopScope};
use super::refusal::Refusal;
use super::schedule::Zone;
use super::{Decision, Machine};
use floor::Floor;
use pool::Pool;
use slot::Slot;
use std::collections::{BTreeSet, HashMap};

/// Who a person passes a reception to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferTo {
    Agent(AgentNo),
    Group(GroupNo),
}

/// What the dispatcher is told or asked.
#[derive(Debug)]
pub enum Command {
    /// A reception needs an owner, or its buyer wrote again in the pool, or what is known of the buyer changed.
    /// `text`: what the buyer wrote, where that is new.
    Route {
        arrival: Arrival,
        text: Option<String>,
    },
    Closed {
        conversation: ConversationId,
        reception: ReceptionNo,
    },
    /// A round began or goes on (`unanswered`: since when), or was ended by `by`. `asked`: for a person, when.
    Round {
        conversation: ConversationId,
        reception: ReceptionNo,
        unanswered: Option<Millis>,
        by: Option<AgentNo>,
        asked: Option<Millis>,
    },
    /// A person passes a reception on (DIV-8), or takes it from queue or pool.
    Transfer {
        conversation: ConversationId,
        reception: ReceptionNo,
        by: AgentNo,
        to: TransferTo,
        reason: String,
        note: String,
    },
    /// A person assigns many out of the pool (OFF-2).
    AssignByHand {
        by: AgentNo,
        conversations: Vec<ConversationId>,
        to: TransferTo,
        reason: String,
    },
    Present {
        agent: AgentNo,
        presence: Presence,
    },
    Staff {
        agent: AgentNo,
        settings: AgentSettings,
        post: Post,
    },
    Group {
        group: GroupNo,
        settings: Group,
    },
    Settings {
        settings: Box<Settings>,
        version: u32,
    },
    /// Serve those who wait with what has become free (DIV-5).
    Drain,
    /// The clock: something is due.
    Wake,
}

/// The end of a grace that the first wake after a restart begins: only a command knows the time.
const GRACE_TO_BEGIN: Millis = Millis(0);

/// The state: derived, never stored.
#[derive(Debug, Default)]
pub struct Dispatcher {
    at: Option<ShopScope>,
    settings: Box<Settings>,
    version: u32,
    compiled: Compiled,
    zone: Zone,
    floor: Floor,
    slots: HashMap<ConversationId, Slot>,
    /// Which receptions each agent has.
    owned: HashMap<AgentNo, BTreeSet<ConversationId>>,
    /// 排队: who waits, in order.
    queue: BTreeSet<Turn>,
    /// Who looks for somebody else than their agent; empty between two turns.
    moving: BTreeSet<Turn>,
    pool: Pool,
    /// Since when each one waits (DIV-5).
    waits: BTreeSet<(Millis, ConversationId)>,
    /// When an agent who has not answered loses a reception (DIV-7).
    answers: BTreeSet<(Millis, ConversationId)>,
    /// Agents offline whose grace is running: when it ends.
    graces: BTreeSet<(Millis, AgentNo)>,
    /// After a restart, until when nobody is taken to have gone.
    reopening: Option<Millis>,
    /// When time alone changes whom one who waits may be given to.
    windows: BTreeSet<(Millis, ConversationId)>,
    week_change: Option<Millis>,
    /// The automatic assignment has been carried out, or recorded as missed, up to here (OFF-8).
    slots_done: Millis,
    next_slot: Option<Millis>,
    /// Receptions that left the pool for an agent since the last firing, not by an assignment.
    reached: u32,
    /// Assignments out of the pool that were stored before a crash and never reached their conversations.
    undone: Vec<(Arrival, Explanation)>,
    /// Something freed a place since the last drain.
    freed: bool,
    /// The drain has looked up to here.
    drained_to: Option<Turn>,
    /// Those who wait are treated as newcomers by the next drain: the shop turned out to be empty.
    sweep: bool,
    /// The latest instant of a decision or a wake: its time never goes back, and what is due up to here is being done.
    woken: Millis,
}

impl Machine for Dispatcher {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        // Stamps of two senders may cross; what was once due is due.
        let now = now.max(self.woken);
        let heard = |heard| Ok(Decision::default().event(Event::Heard(heard)));
        match command {
            Command::Route { arrival, text } => Ok(self.route(arrival, text, now)),
            Command::Closed { conversation, reception } => match self.slots.get(&conversation) {
                Some(slot) if slot.arrival.reception == reception => heard(Heard::Closed { conversation }),
                _ => Ok(Decision::default()),
            },
            Command::Round { conversation, reception, unanswered, by, asked } => {
                Ok(self.round(reception, Heard::Round { conversation, unanswered, by, asked, at: now }))
            }
            Command::Transfer { conversation, reception, by, to, reason, note } => {
                self.transfer(conversation, reception, person::Wish { by, to, reason, note }, now)
            }
            Command::AssignByHand { by, conversations, to, reason } => self.assign_by_hand(by, conversations, to, reason, now),
            Command::Present { agent, presence } => heard(Heard::Presence { agent, presence, at: now }),
            Command::Staff { agent, settings, post } => heard(Heard::Staff { agent, settings, post }),
            Command::Group { group, settings } => heard(Heard::Group { group, settings }),
            Command::Settings { settings, version } => {
                let ends = settings.schedule() != self.settings.schedule();
                let decision = if ends { self.schedule_ends(now) } else { Decision::default() };
                Ok(decision.event(Event::Heard(Heard::Settings { settings, version, at: now })))
            }
            Command::Drain => Ok(self.drain(now)),
            Command::Wake => Ok(self.wake(now)),
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Routed { arrival, why } => self.routed(arrival, why),
            Event::PoolAssigned { run } => self.assigned(run),
            Event::Heard(heard) => self.hear(heard),
            _ => {}
        }
    }

    fn follow_up(&self) -> Option<Command> {
        // Who waits comes before who is in the pool: a place that is free now is given before the next thing that is due.
        if self.sweep || self.freed && !(self.queue.is_empty() && self.moving.is_empty()) {
            return Some(Command::Drain);
        }
        self.deadline().filter(|due| *due <= self.woken).map(|_| Command::Wake)
    }

    fn deadline(&self) -> Option<Millis> {
        self.first_due().map(|(due, _)| due)
    }

    fn wake() -> Option<Command> {
        Some(Command::Wake)
    }
}
