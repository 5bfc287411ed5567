//! Offline messages 离线消息 (SPEC section 4): what a shop sets, and what is recorded of every firing.

use super::id::{AgentNo, ConversationId, GroupNo, Millis};
use serde::{Deserialize, Serialize};

/// What happens with a buyer whom nobody can receive (OFF-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// 离线消息池.
    Pool,
    /// 代理账号, regardless of presence.
    Deputy(AgentNo),
    /// 主账号, regardless of presence.
    MainAccount,
}

/// Which messages of the pool are assigned automatically (OFF-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    /// Whoever asked for a person within the last 24 h.
    AskedForPerson,
    /// Every message of the last 24 h.
    Every,
}

/// To whom (OFF-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Targets {
    ByRules,
    Groups(Vec<GroupNo>),
    Agents(Vec<AgentNo>),
}

/// A window of the day, both ends included: minutes of the day; `to` may be 1,440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayWindow {
    pub from_min: u16,
    pub to_min: u16,
}

/// Automatic assignment (OFF-3, OFF-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automatic {
    pub on: bool,
    pub range: Range,
    pub windows: Vec<DayWindow>,
    /// Any divisor of 60 from 5 up.
    pub slot_min: u16,
    pub targets: Targets,
    /// At least so many online unsuspended agents among the targets.
    pub online_min: u32,
    /// The targets' average of unanswered receptions is at most this. None: no limit.
    pub unanswered_average_max: Option<u32>,
    /// A run takes at most heads × this. None: no limit but that of a run.
    pub per_head: Option<u32>,
    /// "By rules" counts heads over those in scope, not over the whole shop.
    pub heads_in_scope: bool,
}

/// The settings of offline handling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offline {
    pub way: Way,
    /// What the buyer is told. Empty: nothing.
    pub text: String,
    pub automatic: Automatic,
}

impl Default for Offline {
    fn default() -> Self {
        let automatic = Automatic {
            on: true,
            range: Range::Every,
            windows: vec![DayWindow { from_min: 8 * 60, to_min: 23 * 60 }],
            slot_min: 30,
            targets: Targets::ByRules,
            online_min: 1,
            unanswered_average_max: None,
            per_head: None,
            heads_in_scope: false,
        };
        let text =
            "客服暂时不在线,您的留言已收到,上线后会尽快回复。/ Nobody is online now. Your message has been received and will be answered."
                .into();
        Offline { way: Way::Pool, text, automatic }
    }
}

/// Who assigned (OFF-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// 系统自动分配.
    System,
    Account(AgentNo),
}

/// Why a reception of the pool was not assigned (OFF-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Failure {
    /// Fewer online unsuspended agents among the targets than set.
    TooFewAgents,
    /// The targets' average of unanswered receptions is above the limit.
    AverageAbove,
    /// The buyer had reached an agent since the slot before, by writing again or by a person's hand.
    ReachedAgent,
    OlderThanADay,
    /// The range is "asked for a person", and this buyer did not.
    DidNotAsk,
    /// Beyond what one run takes.
    BeyondTheCap,
    NoCapacity,
    /// Nobody online may serve it by the rules.
    OutOfScope,
    /// Assigned by hand although it is not in the pool, or not any more.
    NotInPool,
}

/// How a record came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Firing {
    /// A slot of the automatic assignment.
    Slot(Millis),
    /// The last slot missed while the server was down, made up for at start-up (OFF-8).
    Late(Millis),
    /// Slots missed while the server was down: the first and the last, and how many.
    Missed {
        first: Millis,
        last: Millis,
        slots: u32,
    },
    ByHand,
}

/// A record 分配记录 of one firing, also when nothing moved (OFF-7).
/// `pooled` = Σ `assigned` + Σ `failures`, without [`Failure::ReachedAgent`] and [`Failure::NotInPool`], which were not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub at: Millis,
    pub firing: Firing,
    pub operator: Operator,
    /// Receptions in the pool when it began.
    pub pooled: u32,
    /// Of those, in the range (OFF-3). By hand: those named.
    pub eligible: u32,
    /// Of those, looked at: never more than the cap (OFF-4).
    pub taken: u32,
    /// Online unsuspended agents that the conditions counted.
    pub heads: u32,
    pub assigned: Vec<(AgentNo, u32)>,
    pub failures: Vec<(Failure, u32)>,
    /// Those taken that found no room, each with its own reason.
    pub stayed: Vec<(ConversationId, Failure)>,
}

impl Run {
    /// Receptions assigned.
    pub fn moved(&self) -> u32 {
        self.assigned.iter().map(|(_, n)| n).sum()
    }
    /// Receptions still in the pool when it had ended.
    pub fn left(&self) -> u32 {
        self.pooled - self.moved()
    }
}
