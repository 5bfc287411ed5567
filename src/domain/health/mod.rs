//! Figures of a shop (MET-1, MET-4): what each event adds to the figures of a lane in a quarter hour, and what follows from their sums.
//!
//! Pure and without state: an event says by itself what it counts for, so that figures are sums, in whatever order they are made. What
//! a blacklisted buyer writes counts nowhere (INB-8). A fate counts where it belongs: a message that is read in the quarter it came in,
//! a round in the quarter it began, a response that was due in the quarter that decided it.

mod histogram;
pub mod letter;
pub mod marketplace;
pub mod rates;
pub mod recount;
pub mod report;

pub use crate::domain::list::Lane;
pub use histogram::Histogram;
pub use report::Report;

use super::event::{Author, Event, Limited, Unanswered, Worked};
use super::id::{AgentNo, GroupNo, Millis};
use super::quarter::Quarter;
use super::suggestion::Fate;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A human answer within this counts for the marketplaces' rate (MET-4, fixed).
pub const ANSWERED_SOON_MS: u64 = 180_000;
/// The most one round counts in the mean human response, and what one without an answer counts (MET-4, fixed).
pub const RESPONSE_CAP_MS: u64 = 600_000;

/// Figures of a lane and a quarter hour, or a sum of such.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Buyers' messages, by when they came. Of the shop only, as those that were read, or recalled unread.
    pub received: u64,
    pub read: u64,
    pub recalled: u64,
    /// Messages of staff, and those of them made with a text of the shop.
    pub sent: u64,
    pub with_text: u64,
    /// Receptions: opened by buyers, given to an agent, put in the queue, put in the pool, closed.
    pub opened: u64,
    pub given: u64,
    pub queued: u64,
    pub pooled: u64,
    pub closed: u64,
    /// First responses that were due, and those late or missing (SLA-1), by when that was decided.
    pub due: u64,
    pub late: u64,
    /// Rounds, all by when they began: begun (of the shop only), ended by the buyer or by hand without needing an answer, closed
    /// without one, answered, and answered soon.
    pub begun: u64,
    pub withdrawn: u64,
    pub unanswered: u64,
    pub answered: u64,
    pub answered_soon: u64,
    /// How long the answers took: in all, with each round capped, and one by one.
    pub response_ms: u64,
    pub capped_ms: u64,
    pub responses: Histogram,
    /// Suggestions, all by when they were offered: offered, sent as they were, edited, ignored. To an account they count once settled.
    pub offered: u64,
    pub adopted: u64,
    pub edited: u64,
    pub ignored: u64,
}

/// What an event adds to one lane and quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Received(u32),
    Read(u32),
    Recalled,
    Sent {
        with_text: bool,
    },
    Opened,
    Given,
    Queued,
    Pooled,
    Closed,
    Due {
        late: bool,
    },
    Begun,
    Withdrawn,
    Unanswered,
    /// After so long.
    Answered {
        ms: u64,
    },
    Offered,
    /// What became of an offer.
    Settled(Fate),
}

/// See [`What`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    pub lane: Lane,
    pub quarter: Quarter,
    pub what: What,
}

impl Figures {
    /// One more of something.
    pub fn add(&mut self, what: What) {
        match what {
            What::Received(messages) => self.received += u64::from(messages),
            What::Read(messages) => self.read += u64::from(messages),
            What::Recalled => self.recalled += 1,
            What::Sent { with_text } => {
                self.sent += 1;
                self.with_text += u64::from(with_text);
            }
            What::Opened => self.opened += 1,
            What::Given => self.given += 1,
            What::Queued => self.queued += 1,
            What::Pooled => self.pooled += 1,
            What::Closed => self.closed += 1,
            What::Due { late } => {
                self.due += 1;
                self.late += u64::from(late);
            }
            What::Begun => self.begun += 1,
            What::Withdrawn => self.withdrawn += 1,
            What::Unanswered => self.unanswered += 1,
            What::Answered { ms } => {
                self.answered += 1;
                self.answered_soon += u64::from(ms <= ANSWERED_SOON_MS);
                self.response_ms += ms;
                self.capped_ms += ms.min(RESPONSE_CAP_MS);
                self.responses.add(ms);
            }
            What::Offered => self.offered += 1,
            What::Settled(Fate::AsIs(_)) => self.adopted += 1,
            What::Settled(Fate::Edited(_)) => self.edited += 1,
            What::Settled(Fate::Ignored) => self.ignored += 1,
        }
    }

    /// The sum of two periods.
    pub fn plus(&mut self, other: &Figures) {
        let Figures { received, read, recalled, sent, with_text, opened, given, queued, pooled, closed, due, late, .. } = other;
        let Figures { begun, withdrawn, unanswered, answered, answered_soon, response_ms, capped_ms, .. } = other;
        let Figures { responses, offered, adopted, edited, ignored, .. } = other;
        let pairs = [
            (&mut self.received, received),
            (&mut self.read, read),
            (&mut self.recalled, recalled),
            (&mut self.sent, sent),
            (&mut self.with_text, with_text),
            (&mut self.opened, opened),
            (&mut self.given, given),
            (&mut self.queued, queued),
            (&mut self.pooled, pooled),
            (&mut self.closed, closed),
            (&mut self.due, due),
            (&mut self.late, late),
            (&mut self.begun, begun),
            (&mut self.withdrawn, withdrawn),
            (&mut self.unanswered, unanswered),
            (&mut self.answered, answered),
            (&mut self.answered_soon, answered_soon),
            (&mut self.response_ms, response_ms),
            (&mut self.capped_ms, capped_ms),
            (&mut self.offered, offered),
            (&mut self.adopted, adopted),
            (&mut self.edited, edited),
            (&mut self.ignored, ignored),
        ];
        pairs.into_iter().for_each(|(sum, more)| *sum += more);
        self.responses.plus(responses);
    }
}

/// What one event adds: nearly always to one, two or three lanes.
pub type Changes = SmallVec<[Added; 8]>;

/// Collects what one event adds.
struct Adding(Changes);

impl Adding {
    fn of_shop(&mut self, at: Millis, what: What) {
        self.0.push(Added { lane: Lane::Shop, quarter: Quarter::of(at), what });
    }

    /// To the shop, and to an account and a group where there is one.
    fn of_all(&mut self, at: Millis, agent: Option<AgentNo>, group: Option<GroupNo>, what: What) {
        self.of_shop(at, what);
        self.of_staff(at, agent, group, what);
    }

    /// The same without the shop.
    fn of_staff(&mut self, at: Millis, agent: Option<AgentNo>, group: Option<GroupNo>, what: What) {
        let quarter = Quarter::of(at);
        let lanes = [agent.map(Lane::Account), group.map(Lane::Group)];
        self.0.extend(lanes.into_iter().flatten().map(|lane| Added { lane, quarter, what }));
    }
}

/// What an event adds to the figures; most add nothing.
pub fn changes(event: &Event) -> Changes {
    let mut adding = Adding(Changes::new());
    match event {
        Event::MessageAdded { at, author: Author::Buyer, extra, starts, .. } => {
            if !extra.as_ref().is_some_and(|extra| extra.while_blocked) {
                adding.of_shop(*at, What::Received(1));
            }
            if starts.as_ref().is_some_and(|starts| starts.round.is_some()) {
                adding.of_shop(*at, What::Begun);
            }
        }
        Event::MessageAdded { at, author: Author::Agent(agent), extra, .. } => {
            let with_text = extra.as_ref().is_some_and(|extra| extra.made_with.is_some());
            adding.of_all(*at, Some(*agent), None, What::Sent { with_text });
        }
        Event::MessageRecalled { unread: Some(quarter), .. } => {
            adding.0.push(Added { lane: Lane::Shop, quarter: *quarter, what: What::Recalled });
        }
        Event::Unblocked { appeared, at, .. } if *appeared > 0 => adding.of_shop(*at, What::Received(*appeared)),
        Event::ReceptionOpened { at, .. } => adding.of_shop(*at, What::Opened),
        // Only its group changed.
        Event::ReceptionOwned { agent, from, .. } if *from == Some(*agent) => {}
        Event::ReceptionOwned { at, agent, group, .. } => adding.of_all(*at, Some(*agent), *group, What::Given),
        Event::ReceptionQueued { at, group, .. } => adding.of_all(*at, None, *group, What::Queued),
        Event::ReceptionPooled { at, .. } => adding.of_shop(*at, What::Pooled),
        Event::ReceptionClosed { at, owner, unanswered, .. } => {
            adding.of_all(*at, *owner, None, What::Closed);
            if let Some(Unanswered { began, charged, late, group }) = *unanswered {
                adding.of_all(began, charged, group, What::Unanswered);
                if !late {
                    // The limit had not passed: the response is missing all the same.
                    adding.of_all(*at, charged, group, What::Due { late: true });
                }
            }
        }
        Event::Limit { at, what: Limited::TimedOut { charged, group, .. }, .. } => {
            adding.of_all(*at, *charged, *group, What::Due { late: true })
        }
        _ => of_rounds(event, &mut adding),
    }
    adding.0
}

/// How rounds go on and end, what is read, and what was suggested.
fn of_rounds(event: &Event, adding: &mut Adding) {
    match event {
        Event::RoundAnswered { at, began, read, charged, late, group, .. } => {
            adding.of_all(*began, Some(*charged), *group, What::Answered { ms: at.since(*began) });
            if !late {
                adding.of_all(*at, Some(*charged), *group, What::Due { late: false });
            }
            read.iter().for_each(|of| adding.of_shop(of.quarter.begins(), What::Read(of.messages)));
        }
        Event::ReadByStaff { read, .. } => read.iter().for_each(|of| adding.of_shop(of.quarter.begins(), What::Read(of.messages))),
        Event::Suggested(made) => adding.of_shop(made.offer.at, What::Offered),
        Event::SuggestionSettled(of) => {
            adding.of_all(of.offered, of.owner, of.group, What::Settled(of.fate));
            adding.of_staff(of.offered, of.owner, of.group, What::Offered);
        }
        Event::RoundWithdrawn { began, .. } => adding.of_shop(*began, What::Withdrawn),
        Event::DeskWork { at, what: Worked::Marked { ended, starts, .. }, .. } => {
            ended.iter().for_each(|began| adding.of_shop(*began, What::Withdrawn));
            if starts.as_ref().is_some_and(|starts| starts.round.is_some()) {
                adding.of_shop(*at, What::Begun);
            }
        }
        _ => {}
    }
}
