//! Time limits of a shop (SLA-1 … SLA-4), its health rule (MET-2), and what both make of one message.
//!
//! A limit is counted when a round or a stretch of unread messages begins, by the settings of that moment: a change of the settings
//! is for what begins after it.

use super::Desk;
use crate::domain::hours::Hours;
use crate::domain::id::Millis;
use crate::domain::schedule::Zone;
use crate::limits;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// Which limits stand still outside business hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pausing {
    pub first_response: bool,
    pub warning: bool,
    pub reminder: bool,
    pub escalation: bool,
}

/// SLA-1 … SLA-4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLimits {
    /// A first response later than this is a time-out.
    pub first_response_s: u32,
    /// The agent's own screen warns. None: off.
    pub warning_s: Option<u32>,
    /// Staff are reminded, once per buyer and day. None: off.
    pub reminder_s: Option<u32>,
    /// What is unread for so long is escalated. None: off.
    pub escalation_h: Option<u32>,
    pub pausing: Pausing,
    pub hours: Hours,
}

/// MET-2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthRule {
    /// Minute of the shop's day at which the report is made.
    pub report_min: u16,
    /// Above these, in thousandths, the yellow warning 黄色预警 is raised.
    pub unread_permille_max: u16,
    pub timeout_permille_max: u16,
    /// Below this.
    pub adoption_permille_min: u16,
}

impl Default for TimeLimits {
    fn default() -> TimeLimits {
        TimeLimits {
            first_response_s: 180,
            warning_s: Some(100),
            reminder_s: Some(120),
            escalation_h: Some(48),
            pausing: Pausing::default(),
            hours: Hours::default(),
        }
    }
}

impl Default for HealthRule {
    fn default() -> HealthRule {
        HealthRule { report_min: 600, unread_permille_max: 50, timeout_permille_max: 80, adoption_permille_min: 700 }
    }
}

/// The limits of a round that begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundLimits {
    /// The first instant at which a response is late. None: never.
    pub late: Option<Millis>,
    pub warn: Option<Millis>,
    pub remind: Option<Reminder>,
}

/// When staff are reminded of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    pub at: Millis,
    /// The end of that day of the shop's: the buyer's next reminder comes then at the earliest.
    pub day_ends: Millis,
}

/// What a message sets going.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Starts {
    /// It begins a round 轮次.
    pub round: Option<RoundLimits>,
    /// It is the first unread one: when that is escalated (SLA-3).
    pub escalate: Option<Millis>,
}

/// The settings of a desk, in the zone of its shop.
#[derive(Clone, Debug, Default)]
pub struct InForce {
    pub desk: Desk,
    pub zone: Zone,
}

impl Deref for InForce {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl From<Desk> for InForce {
    fn from(desk: Desk) -> InForce {
        InForce { desk, zone: Zone::default() }
    }
}

impl InForce {
    fn after(&self, from: Millis, ms: u64, pauses: bool) -> Option<Millis> {
        if pauses { self.time.hours.after(&self.zone, from, ms) } else { Some(from.plus(ms)) }
    }

    /// Of a round that begins now; the buyer is not reminded of before `remind_from`.
    pub fn round(&self, began: Millis, remind_from: Millis) -> RoundLimits {
        let (time, seconds) = (&self.time, |s: u32| u64::from(s) * 1_000);
        let remind = time.reminder_s.and_then(|s| self.after(began, seconds(s), time.pausing.reminder)).and_then(|at| {
            // The day before may have ended while the shop was closed.
            let at = self.after(at.max(remind_from), 0, time.pausing.reminder)?;
            Some(Reminder { at, day_ends: self.zone.day_range(self.zone.day_of(at)).1 })
        });
        RoundLimits {
            late: self.after(began, seconds(time.first_response_s), time.pausing.first_response).map(|last| last.plus(1)),
            warn: time.warning_s.and_then(|s| self.after(began, seconds(s), time.pausing.warning)),
            remind,
        }
    }

    /// When what is unread since `since` is escalated.
    pub fn escalate(&self, since: Millis) -> Option<Millis> {
        let ms = u64::from(self.time.escalation_h?) * limits::HOUR_MS;
        self.after(since, ms, self.time.pausing.escalation)
    }
}
