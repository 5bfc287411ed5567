//! Events of the courier (NTF-1 … NTF-3): a shop's channels, and every notification with each attempt.
//!
//! Stored as it stands: appended, never edited or reordered.

use super::Actor;
use crate::domain::id::Millis;
use crate::domain::notify::channel::{Channel, ChannelNo, Shown};
use crate::domain::notify::route::Route;
use crate::domain::notify::{Ended, Notification, Outcome};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Couriered {
    ChannelAdded {
        channel: Box<Channel>,
        by: Actor,
    },
    ChannelRemoved {
        no: ChannelNo,
        name: String,
        shown: Shown,
        verified: bool,
        by: Actor,
    },
    /// A test was asked for. `code`: the hash of the code it carries and until when it holds, where the channel needs one (NTF-2).
    Tested {
        no: ChannelNo,
        place: u64,
        code: Option<([u8; 32], Millis)>,
    },
    /// A wrong code was typed in.
    CodeMissed {
        no: ChannelNo,
    },
    /// `by`: None: its test was accepted.
    ChannelVerified {
        no: ChannelNo,
        name: String,
        shown: Shown,
        by: Option<Actor>,
    },
    RoutesSet {
        before: Vec<Route>,
        after: Vec<Route>,
        by: Actor,
    },
    /// Told to one channel, of which the first attempt begins; or to none, or given up at once.
    Queued {
        notification: Box<Notification>,
        ended: Option<Ended>,
    },
    /// Another attempt begins: 2, 3, …
    Begun {
        no: u64,
        attempt: u32,
    },
    /// What an attempt came to. `next`: when another is made; None: none is.
    Tried {
        no: u64,
        attempt: u32,
        outcome: Outcome,
        next: Option<Millis>,
    },
    GivenUp {
        no: u64,
        ended: Ended,
    },
}

impl Couriered {
    /// The notification it is about.
    pub fn notification(&self) -> Option<u64> {
        match self {
            Couriered::Queued { notification, .. } => Some(notification.no),
            Couriered::Begun { no, .. } | Couriered::Tried { no, .. } | Couriered::GivenUp { no, .. } => Some(*no),
            _ => None,
        }
    }

    /// A change that somebody answers for (ACC-2).
    pub fn is_a_change(&self) -> bool {
        matches!(
            self,
            Couriered::ChannelAdded { .. }
                | Couriered::ChannelRemoved { .. }
                | Couriered::ChannelVerified { .. }
                | Couriered::RoutesSet { .. }
        )
    }
}
