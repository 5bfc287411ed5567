//! Which events the guard's records show (GRD-9), by kind, and whose each is.

use crate::domain::event::{Author, Event};
use crate::domain::guard::record::{Caught, Ground};
use crate::domain::id::AgentNo;

/// A kind of record. The number stands on disk: append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A text that was not sent for what stands in it (GRD-2, GRD-3, GRD-4).
    Refused,
    /// Nobody writes first (GRD-1).
    Unsolicited,
    /// The account must not send (GRD-8).
    Held,
    /// Sent, with a warning (GRD-3).
    Warned,
    /// Signs of automatic sending (GRD-6).
    Flagged,
    Violation,
    /// It may send again.
    Lifted,
    /// A test was taken.
    Test,
    /// 承诺书.
    Undertaking,
    /// A reviewer decided.
    Reviewed,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Refused,
        Kind::Unsolicited,
        Kind::Held,
        Kind::Warned,
        Kind::Flagged,
        Kind::Violation,
        Kind::Lifted,
        Kind::Test,
        Kind::Undertaking,
        Kind::Reviewed,
    ];
}

fn of_caught(caught: &Caught) -> Kind {
    match caught.ground {
        Ground::Unsolicited => Kind::Unsolicited,
        Ground::Held => Kind::Held,
        Ground::Findings(_) if caught.sent.is_some() => Kind::Warned,
        Ground::Findings(_) => Kind::Refused,
    }
}

/// What an event is as a record, and of which account. No account: the system spoke for the shop. None: it is no record.
pub fn record_of(event: &Event) -> Option<(Kind, Option<AgentNo>)> {
    let (kind, agent) = match event {
        Event::TextCaught { caught } => {
            let agent = match caught.by {
                Author::Agent(agent) => Some(agent),
                _ => None,
            };
            return Some((of_caught(caught), agent));
        }
        Event::Flagged { agent, .. } => (Kind::Flagged, agent),
        Event::Violated { agent, .. } => (Kind::Violation, agent),
        Event::Lifted { agent, .. } => (Kind::Lifted, agent),
        Event::TestTaken { agent, .. } => (Kind::Test, agent),
        Event::UndertakingGiven { agent, .. } => (Kind::Undertaking, agent),
        Event::Reviewed { agent, .. } => (Kind::Reviewed, agent),
        _ => return None,
    };
    Some((kind, Some(*agent)))
}
