//! Are time limits, business hours and the health rule sensible?

use super::Faults;
use crate::domain::desk::time::{HealthRule, TimeLimits};
use crate::domain::diversion::check::misspelled;
use crate::domain::diversion::condition::WeekWindow;
use crate::domain::hours::{Holiday, Hours, Open};
use crate::limits;

const DAY_MINUTES: u16 = 1_440;
const EVERY_DAY: u8 = 0b111_1111;

impl Faults {
    pub(super) fn time(&mut self, time: &TimeLimits) {
        let seconds = [("first_response_s", Some(time.first_response_s)), ("warning_s", time.warning_s), ("reminder_s", time.reminder_s)];
        for (field, seconds) in seconds {
            let fine = seconds.is_none_or(|s| (1..=limits::TIME_LIMIT_S_MAX).contains(&s));
            self.require(fine, || format!("time.{field}"), || format!("1 to {} seconds", limits::TIME_LIMIT_S_MAX));
        }
        let fine = time.escalation_h.is_none_or(|h| (1..=limits::ESCALATION_H_MAX).contains(&h));
        self.require(fine, || "time.escalation_h".into(), || format!("1 to {} hours", limits::ESCALATION_H_MAX));
        self.hours(&time.hours);
        let (pausing, always) = (&time.pausing, time.hours == Hours::default());
        let pauses = pausing.first_response || pausing.warning || pausing.reminder || pausing.escalation;
        let told = || "a limit pauses outside business hours, and there are none: set time.hours, or let nothing pause".into();
        self.require(!(pauses && always), || "time.pausing".into(), told);
    }

    fn hours(&mut self, hours: &Hours) {
        if self.short("time.hours.week", hours.week.len(), limits::HOURS_INTERVALS_MAX) {
            self.week(&hours.week);
        }
        if self.short("time.hours.holidays", hours.holidays.len(), limits::HOLIDAYS_MAX) {
            self.holidays(&hours.holidays);
        }
    }

    fn interval(&mut self, path: &str, open: Open) {
        self.require(open.to_min <= DAY_MINUTES, || format!("{path}.to_min"), || format!("a minute of the day, up to {DAY_MINUTES}"));
        let told = || "the interval ends before it has begun; past midnight takes two intervals".into();
        self.require(open.from_min < open.to_min, || format!("{path}.to_min"), told);
    }

    fn week(&mut self, week: &[WeekWindow]) {
        for (at, window) in week.iter().enumerate() {
            let path = format!("time.hours.week[{at}]");
            let days = (1..=EVERY_DAY).contains(&window.days);
            self.require(days, || format!("{path}.days"), || "1 to 127: the sum of 1 (Monday) to 64 (Sunday)".into());
            self.interval(&path, Open { from_min: window.from_min, to_min: window.to_min });
            let meets =
                |other: &&WeekWindow| other.days & window.days != 0 && other.from_min < window.to_min && window.from_min < other.to_min;
            let clash = week[..at].iter().any(|other| meets(&other));
            self.require(!clash, || path, || "overlaps with an interval above on the same day".into());
        }
    }

    fn holidays(&mut self, holidays: &[Holiday]) {
        for (at, holiday) in holidays.iter().enumerate() {
            let path = format!("time.hours.holidays[{at}]");
            if let Some(problem) = misspelled(&holiday.name) {
                self.add(format!("{path}.name"), problem);
            }
            self.require(holiday.from <= holiday.to, || format!("{path}.to"), || "the last day is before the first".into());
            let clash = holidays[..at].iter().find(|other| other.from <= holiday.to && holiday.from <= other.to);
            if let Some(other) = clash {
                self.add(path.clone(), format!("overlaps with `{}` above: a day is one or the other", other.name));
            }
            if !self.short(&format!("{path}.open"), holiday.open.len(), limits::HOURS_INTERVALS_MAX) {
                continue;
            }
            for (no, open) in holiday.open.iter().enumerate() {
                self.interval(&format!("{path}.open[{no}]"), *open);
                let clash = holiday.open[..no].iter().any(|other| other.from_min < open.to_min && open.from_min < other.to_min);
                self.require(!clash, || format!("{path}.open[{no}]"), || "overlaps with an interval above".into());
            }
        }
    }

    pub(super) fn health(&mut self, health: &HealthRule) {
        let minute = health.report_min < DAY_MINUTES;
        self.require(minute, || "health.report_min".into(), || "a minute of the day, 0 to 1439; 600 is 10:00".into());
        let shares = [
            ("unread_permille_max", health.unread_permille_max),
            ("timeout_permille_max", health.timeout_permille_max),
            ("adoption_permille_min", health.adoption_permille_min),
        ];
        for (field, share) in shares {
            self.require(share <= 1_000, || format!("health.{field}"), || "thousandths: 0 to 1000; 50 is 5 %".into());
        }
    }
}
