//! Reads of the courier: channels and routes, notifications with what became of each (NTF-3).

use super::columns::Column;
use super::keys::{self, HeadKey, HeadOf};
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::event::{Couriered, Event};
use crate::domain::id::ShopScope;
use crate::domain::notify::courier::Courier;
use crate::domain::notify::record::{Listed, Record};
use crate::domain::view::Page;
use crate::limits;

impl Store {
    /// None: it never did anything.
    pub fn courier(&self, scope: ShopScope) -> Result<Option<Courier>, Error> {
        let Some(value) = self.get(Column::HeadState, HeadKey::new(scope, HeadOf::Courier))? else { return Ok(None) };
        let courier: Courier = record::decode("head_state", &value)?;
        Ok(Some(Courier { at: Some(scope), ..courier }))
    }

    /// One notification. None: there is none of this number.
    pub fn notification(&self, scope: ShopScope, no: u64) -> Result<Option<Record>, Error> {
        let mut seqs = Vec::new();
        self.scan(Column::NotificationEntry, keys::notifications(scope, no, no.checked_add(1)), Order::Ascending, None, |key, _| {
            seqs.push(keys::notification_decode(key)?.1);
            Ok(true)
        })?;
        if seqs.is_empty() { Ok(None) } else { Ok(self.notifications_of(scope, &[seqs])?.pop()) }
    }

    /// Notifications before number `before`, the newest first. What a filter passes over is bounded: a page may come short, with a next one.
    pub fn notifications(&self, scope: ShopScope, of: Listed, before: Option<u64>, limit: usize) -> Result<Page<Record, u64>, Error> {
        let at_once = if of == Listed::default() { limit } else { limit.max(limits::PAGE_ROWS) };
        let (mut rows, mut at, mut looked) = (Vec::new(), before, 0);
        loop {
            let page = self.newest_notifications(scope, at, at_once)?;
            looked += page.rows.len();
            for record in page.rows {
                let no = record.notification.no;
                if of.holds(&record) {
                    if rows.len() == limit {
                        return Ok(Page { rows, next: at });
                    }
                    rows.push(record);
                }
                at = Some(no);
            }
            if page.next.is_none() || rows.len() == limit || looked >= limits::NOTIFICATIONS_LOOKED_AT_MAX {
                return Ok(Page { rows, next: page.next });
            }
        }
    }

    fn newest_notifications(&self, scope: ShopScope, before: Option<u64>, limit: usize) -> Result<Page<Record, u64>, Error> {
        let (mut places, mut last, mut next) = (Vec::<Vec<u64>>::new(), None, None);
        self.scan(Column::NotificationEntry, keys::notifications(scope, 0, before), Order::Descending, None, |key, _| {
            let (no, seq) = keys::notification_decode(key)?;
            if last != Some(no) {
                if places.len() == limit {
                    // There is at least this one more.
                    next = last;
                    return Ok(false);
                }
                places.push(Vec::new());
                last = Some(no);
            }
            // Within one the scan meets what happened last first.
            places.last_mut().expect("pushed above").insert(0, seq);
            Ok(true)
        })?;
        Ok(Page { rows: self.notifications_of(scope, &places)?, next })
    }

    /// Each told from its own entries, which are in order.
    fn notifications_of(&self, scope: ShopScope, places: &[Vec<u64>]) -> Result<Vec<Record>, Error> {
        let keys: Vec<[u8; 12]> = places.iter().flatten().map(|seq| keys::feed(scope, *seq)).collect();
        let mut entries = self.get_many(Column::FeedEvent, &keys, false, None)?.into_iter();
        let other = || Error::damaged("notification_entry", "it names an entry that is missing, or another one");
        let mut records = Vec::with_capacity(places.len());
        for seqs in places {
            let mut record: Option<Record> = None;
            for row in entries.by_ref().take(seqs.len()) {
                match (record::decode("feed_event", &row.ok_or_else(other)?)?, &mut record) {
                    (Event::Courier { what: Couriered::Queued { notification, ended }, .. }, None) => {
                        record = Some(Record::begin(*notification, ended));
                    }
                    (Event::Courier { at, what }, Some(record)) => record.hear(at, &what),
                    _ => return Err(other()),
                }
            }
            records.push(record.ok_or_else(other)?);
        }
        Ok(records)
    }

    /// The digests of the keys of the newest notifications, the newest first; of some several times.
    pub(super) fn notification_keys(&self, scope: ShopScope, limit: usize) -> Result<Vec<u64>, Error> {
        let mut digests = Vec::new();
        self.scan(Column::NotificationEntry, keys::notifications(scope, 0, None), Order::Descending, None, |_, value| {
            if !value.is_empty() {
                digests.push(record::number("notification_entry", value)?);
            }
            Ok(digests.len() < limit)
        })?;
        Ok(digests)
    }
}
