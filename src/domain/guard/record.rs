//! What the guard keeps of what it caught (GRD-9): texts refused or warned of, signs of automatic sending, violations.

use super::Finding;
use super::conduct::Step;
use crate::domain::event::{Author, RetryKey};
use crate::domain::id::{AgentNo, ConversationId, Millis};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Where a command of the staff comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// As the connection, or a proxy that the operator trusts, says.
    pub ip: Option<IpAddr>,
    /// The client's name as given at log-in.
    pub client: String,
    /// One of a batch: many at once are one act of a person (GRD-6).
    pub batch: bool,
}

/// Why a text was not sent, or was sent with a warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ground {
    Findings(Vec<Finding>),
    /// Nobody writes first (GRD-1).
    Unsolicited,
    /// The account must not send now (GRD-8).
    Held,
}

/// A text that the guard caught.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caught {
    pub conversation: ConversationId,
    /// Whose words they are; the system's: a welcome, fulfilment, off-hours text.
    pub by: Author,
    pub text: String,
    pub ground: Ground,
    /// The message, where it was only warned of.
    pub sent: Option<u64>,
    /// It held a coupon or discount code (GRD-5).
    pub coupon: bool,
    pub origin: Origin,
    /// The attempt, so that a retry is not a second one.
    pub retry: RetryKey,
    pub at: Millis,
}

/// A sign that a machine is sending (GRD-6), with what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sign {
    /// Sent at nearly equal intervals: how many, their mean, and their spread in thousandths of it.
    Rhythm { messages: u32, mean_ms: u64, spread_milli: u32 },
    /// More than a person can write: so many within so long.
    Rate { messages: u32, within_ms: u64 },
    /// The same text to so many buyers within so long.
    SameText { buyers: u32, within_ms: u64, text: String },
    /// By a client that the shop has not registered.
    Client { client: String },
}

/// What rule was violated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Violation {
    /// GRD-5: these buyers, who had not written, from this address.
    Coupons { ip: IpAddr, buyers: Vec<ConversationId>, agents: Vec<AgentNo> },
    /// GRD-6.
    Automation { signs: Vec<Sign> },
    /// Found by a person of the platform.
    Reported {
        reason: String,
        /// The platform's own; the same report again is no second violation. Empty: none.
        id: String,
    },
}

/// What follows a violation (GRD-8): kept as it was decided, so that later settings change nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Penalty {
    /// 1, 2, 3, … of this account.
    pub no: u32,
    pub step: Step,
    /// How long it sends slowly after it may send again (GRD-7).
    pub throttle_ms: u64,
}
