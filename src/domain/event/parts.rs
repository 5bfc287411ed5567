//! What events speak of: who wrote, who may, who changed what.

use crate::domain::diversion::Group;
use crate::domain::facts::{Priority, Profile};
use crate::domain::id::{AgentNo, GroupNo, Millis};
use serde::{Deserialize, Serialize};

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    Buyer,
    Agent(AgentNo),
    /// A system message of the conversation (a transfer, DIV-8).
    System,
}

/// What a client's retry is recognised by (OPS-2): a digest of principal and client message id, and a checksum of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryKey {
    pub client_id: u64,
    pub body: u32,
}

/// Presence of an agent (SPEC section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    Online,
    /// 挂起: connected, takes nobody new, keeps whom it has.
    Suspended,
    Offline,
}

/// What an account may do (ACC-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// 主账号: every permission in the shop.
    Owner,
    /// May see, transfer and close every conversation of the shop.
    Supervisor,
    /// Sees and serves the conversations it owns.
    Agent,
    /// Reads everything, exports, serves nobody.
    Analyst,
    /// One of the shop's own, by its number in [`crate::domain::desk::Desk::roles`].
    Own(u16),
}

/// Settings of one account that the dispatcher needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSettings {
    /// 接待权重 (DIV-3): any positive ratio; 0 = never by rule.
    pub weight: u32,
    /// 接待上限 (DIV-4): open receptions at once.
    pub capacity: u32,
    /// Groups it belongs to, each with its own limit in that group, where set.
    pub groups: Vec<(GroupNo, Option<u32>)>,
    /// A disabled account cannot log in and receives nobody.
    pub enabled: bool,
    /// The personal welcome text 欢迎语 (TXT-4); empty: none. The agent's own to set.
    pub welcome: String,
}

/// What an API key of the platform may do (ACC-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    Shops,
    Accounts,
    Orders,
    BuyerTokens,
    ApiKeys,
    Notices,
    /// What the platform decides of the guard: approvals, conduct, penalties.
    Guard,
    /// Offers answers to those who serve buyers (ROB-1).
    Suggestions,
    /// Reads figures of shops by name, for Prometheus, and nothing else (MET-3).
    Metrics,
}

/// A round that ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    pub began: Millis,
    /// Who is charged with it: whoever passed the buyer on without a reply, else the owner.
    pub charged: Option<AgentNo>,
    /// The limit had passed before (SLA-1).
    pub late: bool,
    pub group: Option<GroupNo>,
}

/// Who changed a setting (ACC-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// An API key of the platform, by its name.
    Platform(String),
    Account(AgentNo),
}

/// What was changed, before and after (ACC-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    Group {
        group: GroupNo,
        before: Option<Group>,
        after: Group,
    },
    Account {
        agent: AgentNo,
        before: Option<AgentSettings>,
        after: AgentSettings,
    },
    Buyer {
        buyer: String,
        before: Profile,
        after: Profile,
    },
    /// `before`: None: the account is new.
    Role {
        agent: AgentNo,
        before: Option<Role>,
        after: Role,
    },
    /// What was taken out (INB-15), of which period where it has one: from (inclusive) to (exclusive).
    Export {
        what: String,
        period: Option<(Millis, Millis)>,
    },
}

/// Why a conversation has the priority it has (INB-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prioritising {
    /// A rule of the shop, by its place in [`crate::domain::desk::Desk::priorities`] from 0; None: none holds.
    Rule(Option<(u16, Priority)>),
    /// Staff; a rule never undoes it. None: the rules decide again.
    Staff { by: AgentNo, priority: Option<Priority> },
}

/// How a reception came to its new place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Handing {
    /// By the rules.
    ByRule,
    /// A person passed it on or assigned it: an open round stays with whom it left (DIV-8).
    ByPerson,
    /// Whom it left did not answer in time (DIV-7).
    AfterNoAnswer,
    /// By the way a shop chose for offline messages: presence does not matter (OFF-1).
    OfflineWay,
}
