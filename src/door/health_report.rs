//! Who makes the health reports (MET-2): a duty beside the clock, which looks every few seconds which shops' time has come, counts the
//! day before from the feed, and hands the report to the shop, which keeps it.
//!
//! Nothing is kept but the time of each shop's next report, which follows from what is stored: a report missed while the server was
//! down is made after the start. What was stamped before the time and comes to the disk after the report is in none; the report names
//! the entries it was made from, so that a recount agrees all the same.

use super::Door;
use crate::domain::desk::time::InForce;
use crate::domain::health::Report;
use crate::domain::health::report::{due, period, period_after};
use crate::domain::id::{Millis, ShopScope};
use crate::domain::refusal::Refusal;
use crate::domain::schedule::Day;
use crate::domain::shop;
use crate::limits;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// When each shop's next report is due, by the settings it was counted from.
#[derive(Default)]
pub struct Reporting {
    next: HashMap<ShopScope, (Millis, Arc<InForce>)>,
}

/// The reports a shop lacks.
struct Lacking {
    scope: ShopScope,
    days: Vec<Day>,
    desk: Arc<InForce>,
}

impl Door {
    /// Makes the reports whose time has come: how many.
    pub async fn make_health_reports(&self, reporting: &mut Reporting) -> Result<usize, Refusal> {
        let (door, mut known) = (self.clone(), std::mem::take(reporting));
        let look = move || door.lacking(&mut known).map(|lacking| (lacking, known));
        let (lacking, known) = tokio::task::spawn_blocking(look).await.map_err(|_| Refusal::Internal)??;
        *reporting = known;
        let (mut made, mut failed) = (0, None);
        for lacking in lacking {
            let scope = lacking.scope;
            match self.make(lacking).await {
                Ok(days) => made += days,
                Err(Refusal::Stopping) => return Err(Refusal::Stopping),
                Err(refusal) => {
                    // Nobody else waits for this one.
                    tracing::warn!(shop = scope.number(), %refusal, "a health report was not made");
                    failed = Some(refusal);
                }
            }
        }
        failed.map_or(Ok(made), Err)
    }

    async fn make(&self, Lacking { scope, days, desk }: Lacking) -> Result<usize, Refusal> {
        let made = days.len();
        for day in days {
            if self.inner.stopping.load(Ordering::Acquire) {
                return Err(Refusal::Stopping);
            }
            let (door, desk) = (self.clone(), desk.clone());
            let count = move || door.count_health(scope, day, &desk);
            let report = tokio::task::spawn_blocking(count).await.map_err(|_| Refusal::Internal)??;
            let warnings = report.warnings().len();
            self.ask_shop(scope, shop::Command::ReportHealth { report: Box::new(report) }).await?;
            tracing::info!(shop = scope.number(), %day, warnings, "health report made");
        }
        Ok(made)
    }

    fn count_health(&self, scope: ShopScope, day: Day, desk: &InForce) -> Result<Report, Refusal> {
        let before = self.read(|store| store.health_reports(scope, Some(day), 1))?.first().map(|report| report.to);
        let (from, to) = period_after(&desk.zone, &desk.health, day, before);
        let (figures, (after, upto)) = self.read(|store| store.recount(scope, (from, to), None))?;
        Ok(Report { day, from, to, after, upto, figures, rule: desk.health.clone() })
    }

    /// What shops lack; of the others it is remembered when they will.
    fn lacking(&self, reporting: &mut Reporting) -> Result<Vec<Lacking>, Refusal> {
        // What was stamped just before the time is still on its way.
        let now = Millis(self.now().0.saturating_sub(limits::REPORT_WAITS_MS));
        let mut lacking = Vec::new();
        for scope in self.read(|store| store.shops())? {
            let desk = match self.inner.registry.desk(scope) {
                Ok(Some(desk)) => desk,
                _ => continue,
            };
            if reporting.next.get(&scope).is_some_and(|(due, of)| now < *due && Arc::ptr_eq(of, &desk)) {
                continue;
            }
            let days = self.days_lacking(scope, &desk, now)?;
            if days.is_empty() {
                let (today, rule) = (desk.zone.day_of(now), &desk.health);
                let at = |day| period(&desk.zone, rule, day).1;
                let next = if at(today) > now { at(today) } else { at(today.next()) };
                reporting.next.insert(scope, (next, desk));
            } else {
                lacking.push(Lacking { scope, days, desk });
            }
        }
        Ok(lacking)
    }

    fn days_lacking(&self, scope: ShopScope, desk: &InForce, now: Millis) -> Result<Vec<Day>, Refusal> {
        let last = self.read(|store| store.health_reports(scope, None, 1))?.first().map(|report| report.day);
        let today = desk.zone.day_of(now);
        if let Some(day) = last.filter(|last| *last > today) {
            tracing::warn!(shop = scope.number(), %day, %today, "the clock was ahead: reports go on after the day of the last one");
        }
        let Some(begun) = self.read(|store| store.begun(scope))? else { return Ok(Vec::new()) };
        let days = due(&desk.zone, &desk.health, last, begun, now, limits::REPORTS_MISSED_MAX + 1);
        let too_many = days.len() > limits::REPORTS_MISSED_MAX;
        if too_many {
            tracing::warn!(
                shop = scope.number(),
                "health reports of more than {} days were missed: the older are not made",
                limits::REPORTS_MISSED_MAX
            );
        }
        Ok(days.into_iter().skip(usize::from(too_many)).collect())
    }
}
