//! Reads of figures over time (MET-1), of rounds that are open now (MET-4), and of the health reports with what they were made from
//! (MET-2).

use super::columns::Column;
use super::keys;
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::event::Event;
use crate::domain::health::marketplace::OpenRound;
use crate::domain::health::recount::Recount;
use crate::domain::health::{Figures, Lane, Report};
use crate::domain::id::{Millis, ShopScope};
use crate::domain::quarter::Quarter;
use crate::domain::schedule::Day;
use crate::limits;

impl Store {
    /// The figures of a lane, quarter by quarter, from one (inclusive) to another (exclusive); those without any are left out.
    pub fn tallies(
        &self,
        scope: ShopScope,
        lane: Lane,
        (from, to): (Quarter, Quarter),
        mut each: impl FnMut(Quarter, Figures),
    ) -> Result<(), Error> {
        self.scan(Column::TallyQuarter, keys::tallies(scope, lane, from, to), Order::Ascending, None, |key, value| {
            each(keys::tally_decode(key)?, record::decode("tally_quarter", value)?);
            Ok(true)
        })
    }

    /// Their sum.
    pub fn figures_sum(&self, scope: ShopScope, lane: Lane, quarters: (Quarter, Quarter)) -> Result<Figures, Error> {
        let mut sum = Figures::default();
        self.tallies(scope, lane, quarters, |_, figures| sum.plus(&figures))?;
        Ok(sum)
    }

    /// The rounds that nobody has answered yet.
    pub fn open_rounds(&self, scope: ShopScope) -> Result<Vec<OpenRound>, Error> {
        let open = self.open_conversations(scope)?.into_iter().filter_map(|conversation| conversation.open);
        let round = open.filter_map(|open| {
            let charged = open.charged.or(open.owner());
            Some(OpenRound { began: open.unanswered_since?, charged, group: open.group })
        });
        Ok(round.collect())
    }

    /// Counts a period (MET-2): what it comes to, and the stretch of the feed that was looked at, after which entry and up to which.
    /// `stretch`: the one looked at before, for the same again.
    pub fn recount(
        &self,
        scope: ShopScope,
        (from, to): (Millis, Millis),
        stretch: Option<(u64, u64)>,
    ) -> Result<(Figures, (u64, u64)), Error> {
        let (mut recount, end) = (Recount::new(from, to), to.plus(limits::FEED_CROSSING_MS_MAX));
        let after = match stretch {
            Some((after, _)) => after,
            // Stamps go astray where the clock was put forward or back for a while: neither end is taken at the first word.
            None => {
                let found = self.feed_seek(scope, Millis(from.0.saturating_sub(limits::FEED_CROSSING_MS_MAX)))?;
                found.saturating_sub(limits::RECOUNT_ASTRAY_MAX)
            }
        };
        let (mut upto, mut beyond) = (after, 0);
        self.each_event(scope, after, |seq, event| {
            let within = match stretch {
                Some((_, last)) => seq <= last,
                None => {
                    beyond = if event.at().is_some_and(|at| at >= end) { beyond + 1 } else { 0 };
                    beyond <= limits::RECOUNT_ASTRAY_MAX
                }
            };
            if within {
                recount.observe(&event);
                upto = seq;
            }
            Ok(within)
        })?;
        Ok((recount.finish(), (after, upto)))
    }

    /// When the first entry of a shop's feed that has a time was written.
    pub fn begun(&self, scope: ShopScope) -> Result<Option<Millis>, Error> {
        self.time_from(scope, 1)
    }

    /// The health report of a day.
    pub fn health_report(&self, scope: ShopScope, day: Day) -> Result<Option<Report>, Error> {
        let found = self.pointed_at(Column::HealthReport, keys::report_range(scope, day), Order::Ascending, 1)?;
        found.into_iter().next().map(|(_, event)| report(event)).transpose()
    }

    /// Health reports, the newest first, those of days before `before`.
    pub fn health_reports(&self, scope: ShopScope, before: Option<Day>, limit: usize) -> Result<Vec<Report>, Error> {
        let found = self.pointed_at(Column::HealthReport, keys::reports_range(scope, before), Order::Descending, limit)?;
        found.into_iter().map(|(_, event)| report(event)).collect()
    }
}

fn report(event: Event) -> Result<Report, Error> {
    match event {
        Event::HealthReported { report, .. } => Ok(*report),
        _ => Err(Error::damaged("health_report", "it names another entry than a report")),
    }
}
