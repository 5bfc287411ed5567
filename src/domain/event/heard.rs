//! What machines tell each other: a reception that asks for an owner, and what is applied but never stored.

use super::{AgentSettings, Presence, Role};
use crate::domain::diversion::{Group, Settings};
use crate::domain::explain::Exclusion;
use crate::domain::facts::{Facts, Priority};
use crate::domain::guard::habits::Answered;
use crate::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo};
use serde::{Deserialize, Serialize};

/// A reception that asks for an owner (DIV-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    pub conversation: ConversationId,
    pub reception: ReceptionNo,
    /// When it came, or came back from the pool: its place in the queue.
    pub arrived: Millis,
    pub priority: Priority,
    pub facts: Box<Facts>,
    /// The group it waits for, where a person passed it to one.
    pub group: Option<GroupNo>,
    /// DIV-1.2: who last spoke with this buyer, and when.
    pub recent: Option<(AgentNo, Millis)>,
    /// DIV-1.3.
    pub dedicated: Option<AgentNo>,
    /// Since when the open round has waited; None: the last word is ours.
    pub unanswered: Option<Millis>,
    /// When the buyer last wrote: the order of the pool.
    pub last: Millis,
    /// When the buyer last asked for a person.
    pub asked: Option<Millis>,
    /// Who had it and did not answer in time (DIV-7): each is a move.
    pub missed: Vec<AgentNo>,
    /// The number of the last decision about this reception: of the one it comes with, where it comes with one.
    pub decision: u32,
}

/// See [`super::Event::Heard`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Closed {
        conversation: ConversationId,
    },
    /// A round began (`unanswered`: when), or `by` ended it at `at`.
    Round {
        conversation: ConversationId,
        unanswered: Option<Millis>,
        by: Option<AgentNo>,
        /// The buyer asked for a person: when.
        asked: Option<Millis>,
        at: Millis,
    },
    /// What is known of a reception and its buyer now; it stays where it is.
    Known {
        arrival: Box<Arrival>,
    },
    Presence {
        agent: AgentNo,
        presence: Presence,
        at: Millis,
    },
    /// Its unanswered receptions look for somebody else (DIV-6).
    GraceOver {
        agent: AgentNo,
    },
    /// The shop was looked at again: from now on its agents have their grace to come back.
    GracesBegin {
        at: Millis,
    },
    /// This reception looks for somebody else than its owner.
    Loosened {
        conversation: ConversationId,
    },
    /// No answer in time, and nobody else to take it (DIV-7): asked again as much later.
    Missed {
        conversation: ConversationId,
        agent: AgentNo,
        at: Millis,
    },
    /// The queue was looked at up to here (DIV-5). None: to its end.
    Drained {
        next: Option<Turn>,
    },
    /// DIV-1.2 or a window of the week says something else from now on.
    WindowsPassed {
        at: Millis,
    },
    /// The agents' grace after a restart is over: who has not come back is away.
    Reopened,
    /// What a crash had kept from the conversations has been told them again.
    CarriedOut,
    /// What is due up to here is being done.
    Woken {
        at: Millis,
    },
    Staff {
        agent: AgentNo,
        settings: AgentSettings,
        post: Post,
    },
    /// The role of an account, for the shop that it belongs to.
    Role {
        agent: AgentNo,
        role: Role,
    },
    Group {
        group: GroupNo,
        settings: Group,
    },
    Settings {
        settings: Box<Settings>,
        version: u32,
        at: Millis,
    },
    Devices {
        devices: u32,
    },
    /// How an account writes (GRD-6).
    Answered(Answered),
}

/// What an account is to the dispatcher beside its settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// The main account 主账号.
    pub main: bool,
    /// Why it receives nobody, whatever its settings say (DIV-9).
    pub barred: Option<Exclusion>,
}

impl Post {
    /// `serves`: its role lets it answer buyers; `may_send`: so does its standing (GRD-8).
    pub fn of(settings: &AgentSettings, role: Role, serves: bool, may_send: bool) -> Post {
        let barred = match () {
            () if !settings.enabled => Some(Exclusion::Disabled),
            () if !serves => Some(Exclusion::NotServing),
            () if !may_send => Some(Exclusion::Held),
            () => None,
        };
        Post { main: role == Role::Owner, barred }
    }
}

/// The place of one who waits: the urgent before the others, then who came first (DIV-5).
pub type Turn = (Priority, Millis, ConversationId);
