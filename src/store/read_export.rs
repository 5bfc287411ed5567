//! Reads for an export (INB-15): messages in pieces of bounded size, without those that nobody may be shown.

use super::{Error, Store};
use crate::domain::desk::{Desk, LabelNo};
use crate::domain::event::Event;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::view::{Exported, Message, Page};
use crate::limits;
use std::collections::HashMap;

fn names(desk: &Desk, labels: &[LabelNo]) -> Vec<String> {
    labels.iter().filter_map(|no| desk.labels.iter().find(|label| label.no == *no)).map(|label| label.name.clone()).collect()
}

impl Store {
    /// Messages of a shop from a period, in the order of the feed, after entry `after`. The cursor is the feed's.
    pub fn export_period(
        &self,
        scope: ShopScope,
        after: u64,
        (from, to): (Millis, Millis),
        desk: &Desk,
    ) -> Result<Page<Exported, u64>, Error> {
        let end = to.plus(limits::FEED_CROSSING_MS_MAX);
        let (mut found, mut looked, mut bytes, mut next) = (Vec::new(), 0, 0, None);
        self.each_event(scope, after, |feed_seq, event| {
            if event.at().is_some_and(|at| at >= end) {
                next = None;
                return Ok(false);
            }
            looked += 1;
            if let Event::MessageAdded { conversation, seq, at, author, text, extra, .. } = event
                && (from..to).contains(&at)
            {
                bytes += text.len();
                let (buyer, name, labels) = Default::default();
                found.push(Exported { conversation, buyer, name, seq, at, author, text, extra, labels });
            }
            let full = looked >= limits::EXPORT_ENTRIES_MAX || bytes >= limits::PAGE_BYTES_MAX;
            next = full.then_some(feed_seq);
            Ok(!full)
        })?;
        Ok(Page { rows: self.leaving(scope, found, desk)?, next })
    }

    /// Messages of a conversation after `after`.
    pub fn export_conversation(&self, scope: ShopScope, id: ConversationId, after: u64, desk: &Desk) -> Result<Page<Exported, u64>, Error> {
        let Some((head, _)) = self.conversation_and_tail(scope, id)? else { return Ok(Page { rows: Vec::new(), next: None }) };
        let found = self.messages(scope, id, after, limits::PAGE_ROWS_MAX)?;
        let next = found.last().map(|message| message.seq);
        let row = |m: Message| {
            let (buyer, name, labels) = (head.buyer.clone(), head.name.clone(), names(desk, &m.labels));
            Exported { conversation: id, buyer, name, seq: m.seq, at: m.at, author: m.author, text: m.text, extra: m.extra, labels }
        };
        Ok(Page { rows: found.into_iter().filter(|message| !message.recalled).map(row).collect(), next })
    }

    /// Those that may leave, with what their conversations know of them.
    fn leaving(&self, scope: ShopScope, found: Vec<Exported>, desk: &Desk) -> Result<Vec<Exported>, Error> {
        let mut ranges: HashMap<ConversationId, (u64, u64)> = HashMap::new();
        for row in &found {
            let (first, last) = ranges.entry(row.conversation).or_insert((row.seq, row.seq));
            (*first, *last) = (row.seq.min(*first), row.seq.max(*last));
        }
        let mut known = HashMap::new();
        for (id, (first, last)) in ranges {
            if let Some((head, _)) = self.conversation_and_tail(scope, id)? {
                known.insert(id, (head, self.marks(scope, id, first, last)?));
            }
        }
        let mut rows = Vec::with_capacity(found.len());
        for mut row in found {
            let Some((head, marks)) = known.get(&row.conversation) else { continue };
            let mark = marks.get(&row.seq);
            let shown = row.seq > head.erased_to && row.seq <= head.shown_seq();
            if shown && mark.is_none_or(|mark| mark.recalled_at.is_none()) {
                (row.buyer, row.name) = (head.buyer.clone(), head.name.clone());
                row.labels = mark.map(|mark| names(desk, &mark.labels)).unwrap_or_default();
                rows.push(row);
            }
        }
        Ok(rows)
    }
}
