//! The marketplaces' figures (MET-4), exact, and fixed: they do not follow a shop's own limits.
//!
//! Rounds begun from 08:00 to 23:00 of the shop's zone in 30 days; each zone in use is off by whole quarter hours, so quarters hold them
//! exactly. A round stays with whom it is charged to: who passed a buyer on without a reply keeps it.

use super::{Figures, RESPONSE_CAP_MS};
use crate::domain::id::{AgentNo, GroupNo, Millis};
use crate::domain::list::Lane;
use crate::domain::quarter::Quarter;
use crate::domain::schedule::{Day, Zone};

/// Days looked back on, the last one among them.
pub const DAYS: usize = 30;
const FROM_MIN: u16 = 8 * 60;
const TO_MIN: u16 = 23 * 60;

/// The days whose last is `last`, the first one first.
pub fn days(last: Day) -> Vec<Day> {
    let mut days: Vec<Day> = std::iter::successors(Some(last), |day| Some(day.before())).take(DAYS).collect();
    days.reverse();
    days
}

/// The quarters of a day that count: from (inclusive) and to (exclusive).
pub fn hours(zone: &Zone, day: Day) -> (Quarter, Quarter) {
    (Quarter::of(zone.instant(day, FROM_MIN)), Quarter::of(zone.instant(day, TO_MIN)))
}

/// A round that nobody has answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRound {
    pub began: Millis,
    /// Who would be charged with it: whoever passed the buyer on without a reply, else the owner.
    pub charged: Option<AgentNo>,
    pub group: Option<GroupNo>,
}

impl OpenRound {
    /// Whether it counts in this lane.
    pub fn is_of(&self, lane: Lane) -> bool {
        match lane {
            Lane::Shop => true,
            Lane::Account(agent) => self.charged == Some(agent),
            Lane::Group(group) => self.group == Some(group),
        }
    }
}

/// What the figures of those quarters come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marketplace {
    /// Rounds begun: all that needed an answer.
    pub rounds: u64,
    /// Answered by a person within 3 minutes.
    pub answered_soon: u64,
    pub answered: u64,
    /// Closed without an answer, and still open.
    pub unanswered: u64,
    pub open: u64,
    /// Mean human response: 600 s at most a round, and for each without an answer. None: there was none.
    pub mean_response_ms: Option<u64>,
}

impl Marketplace {
    /// `open`: rounds begun in those quarters that nobody has answered yet.
    pub fn new(figures: &Figures, open: u64) -> Marketplace {
        let Figures { answered, answered_soon, unanswered, capped_ms, .. } = *figures;
        let rounds = answered + unanswered + open;
        let mean_response_ms = (capped_ms + (unanswered + open) * RESPONSE_CAP_MS).checked_div(rounds);
        Marketplace { rounds, answered_soon, answered, unanswered, open, mean_response_ms }
    }

    /// Of a whole shop: its figures know how many rounds began, so what is open is what is left.
    pub fn of_shop(figures: &Figures) -> Marketplace {
        let ended = figures.withdrawn + figures.answered + figures.unanswered;
        Marketplace::new(figures, figures.begun.saturating_sub(ended))
    }

    /// The 3-minute human response rate. None: no round began.
    pub fn rate(&self) -> Option<f64> {
        (self.rounds > 0).then(|| self.answered_soon as f64 / self.rounds as f64)
    }
}
