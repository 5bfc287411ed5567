//! Reads of the guard's records (GRD-9), and of undertakings that wait for their review (GRD-8).
//!
//! What a filter passes over is bounded: a page may come short, with a next one.

use super::columns::Column;
use super::keys;
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::event::Event;
use crate::domain::guard::kind::Kind;
use crate::domain::id::{AgentNo, Millis, ShopScope};
use crate::domain::list::Lane;
use crate::domain::quarter::Quarter;
use crate::domain::view::Page;
use crate::limits;

/// How many records of each kind an account has, and how many messages it sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordCounts {
    pub sent: u64,
    /// By kind, in their order.
    pub of: [u64; Kind::ALL.len()],
}

impl Store {
    /// Records, newest first, before feed seq `before`, each with its own. `agent`: None: of the whole shop.
    pub fn guard_records(
        &self,
        scope: ShopScope,
        agent: Option<AgentNo>,
        kind: Option<Kind>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<(u64, Event), u64>, Error> {
        let (mut places, mut looked, mut next) = (Vec::new(), 0, None);
        let range = keys::guard_record_range(scope, agent, 0, before);
        self.scan(Column::GuardRecord, range, Order::Descending, None, |key, value| {
            if places.len() == limit || looked == limits::GUARD_RECORDS_SCANNED_MAX {
                // There is at least this one more.
                next = Some(keys::feed_seq_decode(key)? + 1);
                return Ok(false);
            }
            looked += 1;
            if kind.is_none_or(|kind| value == [kind as u8]) {
                places.push(keys::feed_seq_decode(key)?);
            }
            Ok(true)
        })?;
        let keys: Vec<[u8; 12]> = places.iter().map(|seq| keys::feed(scope, *seq)).collect();
        let rows = self.get_many(Column::FeedEvent, &keys, false, None)?;
        let entry = |(seq, row): (u64, Option<rocksdb::DBPinnableSlice>)| {
            let row = row.ok_or_else(|| Error::damaged("guard_record", "it names an entry that is missing"))?;
            Ok((seq, record::decode("feed_event", &row)?))
        };
        Ok(Page { rows: places.into_iter().zip(rows).map(entry).collect::<Result<_, Error>>()?, next })
    }

    /// What is counted of an account from `from` on, up to `to`; messages by whole quarter hours.
    pub fn record_counts(&self, scope: ShopScope, agent: AgentNo, from: Millis, to: Millis) -> Result<RecordCounts, Error> {
        let mut counts = RecordCounts::default();
        let first = self.feed_seek(scope, from)? + 1;
        let last = self.feed_seek(scope, to)? + 1;
        let range = keys::guard_record_range(scope, Some(agent), first, Some(last));
        self.scan(Column::GuardRecord, range, Order::Descending, None, |_, value| {
            let count = value.first().and_then(|kind| counts.of.get_mut(usize::from(*kind)));
            *count.ok_or_else(|| Error::damaged("guard_record", "a record of unknown kind"))? += 1;
            Ok(true)
        })?;
        let quarters = (Quarter::of(from), Quarter(Quarter::of(to).0.saturating_add(1)));
        counts.sent = self.figures_sum(scope, Lane::Account(agent), quarters)?.sent;
        Ok(counts)
    }

    /// Undertakings that wait for their review, of all shops, the first due first, after this one.
    pub fn undertakings(
        &self,
        after: Option<(Millis, ShopScope, AgentNo)>,
        limit: usize,
    ) -> Result<Vec<(Millis, ShopScope, AgentNo)>, Error> {
        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        self.scan(Column::UndertakingDue, keys::undertakings_after(after), Order::Ascending, None, |key, _| {
            found.push(keys::undertaking_decode(key)?);
            Ok(found.len() < limit)
        })?;
        Ok(found)
    }
}
