//! JSON of a shop's time limits and business hours (SLA-1 … SLA-4) and of its health rule (MET-2): part of the desk's settings.

use super::rule::WeekWindow;
use crate::domain::desk::time;
use crate::domain::diversion::condition;
use crate::domain::hours;
use crate::domain::schedule;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// A day as text: `2026-10-01`.
#[derive(Clone, Copy, Debug)]
pub struct Day(pub schedule::Day);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        let text = String::deserialize(from)?;
        schedule::Day::parse(&text).map(Day).ok_or_else(|| D::Error::custom(format!("`{text}` is no day; write it as 2026-10-01")))
    }
}

/// An interval of a day, in the shop's zone.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// Minute of the day, included.
    #[schema(example = 540)]
    pub from_min: u16,
    /// Minute of the day, not included; up to 1440.
    #[schema(example = 1080)]
    pub to_min: u16,
}

/// Days that are otherwise than their week: a holiday, or a day worked in its stead 调休.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    #[schema(example = "国庆节")]
    pub name: String,
    /// The first day.
    #[schema(value_type = String, example = "2026-10-01")]
    pub from: Day,
    /// The last day.
    #[schema(value_type = String, example = "2026-10-07")]
    pub to: Day,
    /// When the shop is open on these days. Empty or absent: closed.
    #[serde(default)]
    pub open: Vec<Open>,
}

/// Business hours 营业时间 (SLA-4), in the shop's zone. Without any interval the shop is always open, but for its holidays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hours {
    /// Several a day are fine; they must not overlap.
    pub week: Vec<WeekWindow>,
    /// Ascending or not; they must not overlap.
    pub holidays: Vec<Holiday>,
}

/// Which limits stand still outside business hours. Default: none.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pausing {
    pub first_response: bool,
    pub warning: bool,
    pub reminder: bool,
    pub escalation: bool,
}

/// Time limits. A change is for what begins after it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TimeLimits {
    /// A first response later than this is a time-out. Default 180.
    pub first_response_s: u32,
    /// The agent's own screen warns. Default 100; null: off.
    pub warning_s: Option<u32>,
    /// Staff are reminded, once per buyer and day. Default 120; null: off.
    pub reminder_s: Option<u32>,
    /// What is unread for so long is escalated, once. Default 48; null: off.
    pub escalation_h: Option<u32>,
    pub pausing: Pausing,
    pub hours: Hours,
}

/// The health report (MET-2).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HealthRule {
    /// Minute of the shop's day at which the report on the 24 hours before is made. Default 600, which is 10:00.
    pub report_min: u16,
    /// The yellow warning 黄色预警: more unread than this, in thousandths. Default 50.
    pub unread_permille_max: u16,
    /// More time-outs than this. Default 80.
    pub timeout_permille_max: u16,
    /// Fewer suggestions adopted than this. Default 700.
    pub adoption_permille_min: u16,
}

impl Default for TimeLimits {
    fn default() -> TimeLimits {
        (&time::TimeLimits::default()).into()
    }
}

impl Default for HealthRule {
    fn default() -> HealthRule {
        (&time::HealthRule::default()).into()
    }
}

impl From<HealthRule> for time::HealthRule {
    fn from(h: HealthRule) -> time::HealthRule {
        let HealthRule { report_min, unread_permille_max, timeout_permille_max, adoption_permille_min } = h;
        time::HealthRule { report_min, unread_permille_max, timeout_permille_max, adoption_permille_min }
    }
}

impl From<&time::HealthRule> for HealthRule {
    fn from(h: &time::HealthRule) -> HealthRule {
        let time::HealthRule { report_min, unread_permille_max, timeout_permille_max, adoption_permille_min } = *h;
        HealthRule { report_min, unread_permille_max, timeout_permille_max, adoption_permille_min }
    }
}

impl From<TimeLimits> for time::TimeLimits {
    fn from(t: TimeLimits) -> time::TimeLimits {
        let window = |w: WeekWindow| condition::WeekWindow { days: w.days, from_min: w.from_min, to_min: w.to_min };
        let open = |o: Open| hours::Open { from_min: o.from_min, to_min: o.to_min };
        let holiday = |h: Holiday| {
            let open = h.open.into_iter().map(open).collect();
            hours::Holiday { name: h.name, from: h.from.0, to: h.to.0, open }
        };
        let hours = hours::Hours {
            week: t.hours.week.into_iter().map(window).collect(),
            holidays: t.hours.holidays.into_iter().map(holiday).collect(),
        };
        let Pausing { first_response, warning, reminder, escalation } = t.pausing;
        let pausing = time::Pausing { first_response, warning, reminder, escalation };
        let TimeLimits { first_response_s, warning_s, reminder_s, escalation_h, .. } = t;
        time::TimeLimits { first_response_s, warning_s, reminder_s, escalation_h, pausing, hours }
    }
}

impl From<&time::TimeLimits> for TimeLimits {
    fn from(t: &time::TimeLimits) -> TimeLimits {
        let window = |w: &condition::WeekWindow| WeekWindow { days: w.days, from_min: w.from_min, to_min: w.to_min };
        let open = |o: &hours::Open| Open { from_min: o.from_min, to_min: o.to_min };
        let holiday = |h: &hours::Holiday| {
            let open = h.open.iter().map(open).collect();
            Holiday { name: h.name.clone(), from: Day(h.from), to: Day(h.to), open }
        };
        let hours = Hours { week: t.hours.week.iter().map(window).collect(), holidays: t.hours.holidays.iter().map(holiday).collect() };
        let time::Pausing { first_response, warning, reminder, escalation } = t.pausing;
        let pausing = Pausing { first_response, warning, reminder, escalation };
        let time::TimeLimits { first_response_s, warning_s, reminder_s, escalation_h, .. } = *t;
        TimeLimits { first_response_s, warning_s, reminder_s, escalation_h, pausing, hours }
    }
}
