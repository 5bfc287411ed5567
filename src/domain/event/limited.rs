//! Events of time limits (SPEC section 8): what has come due in a conversation, each at most once.
//!
//! Stored as it stands: appended, never edited or reordered.

use crate::domain::facts::Priority;
use crate::domain::id::{AgentNo, GroupNo, Millis, ReceptionNo};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limited {
    /// A response was due and has not come: a time-out (SLA-1). At most once per round.
    TimedOut {
        reception: ReceptionNo,
        began: Millis,
        /// Who is charged with the round so far.
        charged: Option<AgentNo>,
        group: Option<GroupNo>,
    },
    /// The owner's screen warns (SLA-2).
    Warned { reception: ReceptionNo, began: Millis },
    /// Staff are reminded (SLA-2); of this buyer not again before `day_ends`.
    Reminded {
        reception: ReceptionNo,
        began: Millis,
        day_ends: Millis,
        /// The name that staff see.
        buyer: String,
        priority: Priority,
        /// It counts in, or waits for.
        group: Option<GroupNo>,
    },
    /// So many messages are unread, the first of them since `since` (SLA-3). Once until all were read.
    Escalated { since: Millis, unread: u32, buyer: String, priority: Priority, group: Option<GroupNo> },
}
