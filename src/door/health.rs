//! Figures of a shop at the door: its health now, figures over any period, the marketplaces' figures, and the health reports. Sums are
//! read away from the threads that serve.

use super::Door;
use crate::domain::desk::time::HealthRule;
use crate::domain::event::Actor;
use crate::domain::health::marketplace::{self, Marketplace};
use crate::domain::health::{Figures, Lane, Report, rates};
use crate::domain::id::{GroupNo, Millis, ShopScope};
use crate::domain::list::Counts;
use crate::domain::permission::Permission;
use crate::domain::quarter::{QUARTERS_A_DAY, Quarter};
use crate::domain::refusal::Refusal;
use crate::domain::schedule::{Day, Zone};
use crate::domain::view::{Page, Principal};
use crate::limits;

/// The health of a shop at this moment.
#[derive(Clone, Debug)]
pub struct Health {
    pub at: Millis,
    /// When the day began of which `today` is.
    pub day_begins: Millis,
    /// The last 96 quarter hours, the present one among them.
    pub last_day: Figures,
    pub today: Figures,
    /// What the chat score looks back on, today among it.
    pub scored: Figures,
    pub counts: Counts,
    pub rule: HealthRule,
}

/// How wide the points of a period are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    Day,
    Hour,
}

/// Figures from one instant (inclusive) to another (exclusive).
#[derive(Clone, Debug)]
pub struct Point {
    pub day: Day,
    pub from: Millis,
    pub to: Millis,
    pub figures: Figures,
}

/// The marketplaces' figures of a lane, and the days they are of, both included.
#[derive(Clone, Debug)]
pub struct MarketplaceOf {
    pub first: Day,
    pub last: Day,
    pub figures: Marketplace,
}

/// A health report; where it was asked for, what a fresh recount comes to.
#[derive(Clone, Debug)]
pub struct Reported {
    pub shop: String,
    pub report: Report,
    pub recounted: Option<Figures>,
}

fn invalid<T>(field: &'static str, problem: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Invalid { field, problem: problem.into() })
}

/// Away from the threads that serve.
async fn aside<T: Send + 'static>(read: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(read).await.map_err(|_| Refusal::Internal)?
}

impl Door {
    /// Whoever may read reports; their own figures also who serves.
    fn reads_figures(&self, who: &Principal, shop: Option<&str>, lane: Lane) -> Result<ShopScope, Refusal> {
        if shop.is_none()
            && let Lane::Account(agent) = lane
        {
            let staff = self.staff(who)?;
            if staff.agent == agent && staff.may(Permission::Serve) {
                return Ok(staff.scope);
            }
        }
        let (scope, _) = self.shop_who_may(who, shop, Permission::Reports)?;
        self.lane_of(scope, lane)
    }

    /// Refuses the lane of an account or a group that the shop has not.
    fn lane_of(&self, scope: ShopScope, lane: Lane) -> Result<ShopScope, Refusal> {
        let there = match lane {
            Lane::Shop => true,
            Lane::Account(agent) => self.read(|store| store.account(scope, agent))?.is_some(),
            Lane::Group(GroupNo(group)) => (1..=self.shop_settings(scope)?.groups.len() as u64).contains(&u64::from(group)),
        };
        let what = if matches!(lane, Lane::Group(_)) { "group" } else { "account" };
        if there { Ok(scope) } else { Err(Refusal::NotFound { what }) }
    }

    fn zone(&self, scope: ShopScope) -> Result<Zone, Refusal> {
        Ok(self.desk(scope)?.zone.clone())
    }

    /// How the shop is doing.
    pub async fn health(&self, who: &Principal, shop: Option<&str>) -> Result<Health, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Reports)?;
        let (door, at, desk) = (self.clone(), self.now(), self.desk(scope)?);
        aside(move || {
            let end = Quarter(Quarter::of(at).0.saturating_add(1));
            let since = |from| door.read(|store| store.figures_sum(scope, Lane::Shop, (from, end)));
            let (day, past) = (desk.zone.day_range(desk.zone.day_of(at)).0, (rates::SCORED_DAYS - 1) * limits::DAY_MS);
            Ok(Health {
                at,
                day_begins: day,
                last_day: since(Quarter(end.0.saturating_sub(QUARTERS_A_DAY)))?,
                today: since(Quarter::of(day))?,
                scored: since(Quarter::of(Millis(day.0.saturating_sub(past))))?,
                counts: door.read(|store| store.counts(scope, Lane::Shop))?,
                rule: desk.health.clone(),
            })
        })
        .await
    }

    /// The figures of a lane from day `from` to day `to`, both included.
    pub async fn figures(
        &self,
        who: &Principal,
        shop: Option<&str>,
        days: (Day, Day),
        grain: Grain,
        lane: Lane,
    ) -> Result<Vec<Point>, Refusal> {
        let scope = self.reads_figures(who, shop, lane)?;
        self.figures_of(scope, days, grain, lane).await
    }

    async fn figures_of(&self, scope: ShopScope, (from, to): (Day, Day), grain: Grain, lane: Lane) -> Result<Vec<Point>, Refusal> {
        if to < from {
            return invalid("to", "before `from`");
        }
        let days = std::iter::successors(Some(from), |day| Some(day.next()).filter(|next| next > day)).take_while(|day| *day <= to);
        let days: Vec<Day> = days.take(limits::FIGURES_DAYS_MAX + 1).collect();
        if days.len() > limits::FIGURES_DAYS_MAX {
            return invalid("to", format!("at most {} days", limits::FIGURES_DAYS_MAX));
        }
        if grain == Grain::Hour && days.len() > limits::FIGURES_HOURLY_DAYS_MAX {
            return invalid("by", format!("hour by hour at most {} days", limits::FIGURES_HOURLY_DAYS_MAX));
        }
        let zone = self.zone(scope)?;
        let mut points = empty_points(&zone, &days, grain);
        let door = self.clone();
        aside(move || {
            let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(points) };
            let quarters = (Quarter::of(first.from), Quarter::of(last.to));
            door.read(|store| {
                let mut at = 0;
                store.tallies(scope, lane, quarters, |quarter, figures| {
                    while points.get(at).is_some_and(|point| point.to <= quarter.begins()) {
                        at += 1;
                    }
                    if let Some(point) = points.get_mut(at) {
                        point.figures.plus(&figures);
                    }
                })
            })?;
            Ok(points)
        })
        .await
    }

    /// What the marketplaces count (MET-4), of the 30 days up to `last`, that one included; None: today.
    pub async fn marketplace(&self, who: &Principal, shop: Option<&str>, lane: Lane, last: Option<Day>) -> Result<MarketplaceOf, Refusal> {
        let scope = self.reads_figures(who, shop, lane)?;
        let zone = self.zone(scope)?;
        let today = zone.day_of(self.now());
        let last = last.unwrap_or(today);
        if last > today {
            return invalid("to", format!("not later than today, {today}"));
        }
        let days = marketplace::days(last);
        let hours: Vec<(Quarter, Quarter)> = days.iter().map(|day| marketplace::hours(&zone, *day)).collect();
        let door = self.clone();
        let figures = aside(move || {
            let mut sum = Figures::default();
            for quarters in &hours {
                sum.plus(&door.read(|store| store.figures_sum(scope, lane, *quarters))?);
            }
            if lane == Lane::Shop {
                return Ok(Marketplace::of_shop(&sum));
            }
            let open = door.read(|store| store.open_rounds(scope))?;
            let counts = |began: Millis| hours.iter().any(|(from, to)| (*from..*to).contains(&Quarter::of(began)));
            let open = open.iter().filter(|round| round.is_of(lane) && counts(round.began)).count() as u64;
            Ok(Marketplace::new(&sum, open))
        });
        Ok(MarketplaceOf { first: days.first().copied().unwrap_or(last), last, figures: figures.await? })
    }

    /// Health reports, the newest first; `cursor` is the last day of the page before.
    pub fn health_reports(
        &self,
        who: &Principal,
        shop: Option<&str>,
        cursor: Option<Day>,
        limit: usize,
    ) -> Result<(String, Page<Report, Day>), Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Reports)?;
        let mut rows = self.read(|store| store.health_reports(scope, cursor, limit + 1))?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|report| report.day);
        Ok((self.shop_settings(scope)?.name, Page { rows, next }))
    }

    /// The health report of a day; `recount`: counted anew, too.
    pub async fn health_report(&self, who: &Principal, shop: Option<&str>, day: Day, recount: bool) -> Result<Reported, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Reports)?;
        let report = self.read(|store| store.health_report(scope, day))?.ok_or(Refusal::NotFound { what: "report" })?;
        let mut reported = Reported { shop: self.shop_settings(scope)?.name, report, recounted: None };
        if !recount {
            return Ok(reported);
        }
        let door = self.clone();
        // A recount reads a day of a shop: as many at once as there are exports.
        let _turn = self.inner.exports.clone().acquire_owned().await.map_err(|_| Refusal::Stopping)?;
        aside(move || {
            let Report { from, to, after, upto, .. } = reported.report;
            reported.recounted = Some(door.read(|store| store.recount(scope, (from, to), Some((after, upto))))?.0);
            Ok(reported)
        })
        .await
    }

    /// Figures of each day, to be taken out (INB-15).
    pub async fn export_figures(&self, who: &Principal, shop: Option<&str>, days: (Day, Day), lane: Lane) -> Result<Vec<Point>, Refusal> {
        let (scope, by): (ShopScope, Actor) = self.shop_who_may(who, shop, Permission::Export)?;
        let points = self.figures_of(self.lane_of(scope, lane)?, days, Grain::Day, lane).await?;
        let period = points.first().zip(points.last()).map(|(first, last)| (first.from, last.to));
        self.record_export(scope, "figures".into(), period, by).await?;
        Ok(points)
    }
}

/// The points of these days, in order.
fn empty_points(zone: &Zone, days: &[Day], grain: Grain) -> Vec<Point> {
    let of_day = |day: &Day| {
        let (begins, ends) = zone.day_range(*day);
        let width = if grain == Grain::Day { ends.since(begins) } else { limits::HOUR_MS };
        let starts = std::iter::successors(Some(begins), move |from| Some(from.plus(width))).take_while(move |from| *from < ends);
        let day = *day;
        starts.map(move |from| Point { day, from, to: from.plus(width).min(ends), figures: Figures::default() })
    };
    days.iter().flat_map(of_day).collect()
}
