//! Reads for an export (INB-15): messages in pieces of bounded size, without those that nobody may be shown.

use super::{Error, Store};
use crate::domain::content::MessageMark;
use crate::domain::conversation::Conversation;
use crate::domain::desk::{Desk, LabelNo};
use crate::domain::event::Event;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::view::{Exported, Page};
use crate::limits;
use std::collections::HashMap;

fn names(desk: &Desk, labels: &[LabelNo]) -> Vec<String> {
    labels.iter().filter_map(|no| desk.labels.iter().find(|label| label.no == *no)).map(|label| label.name.clone()).collect()
}

/// Whether it may be shown to anybody of the shop.
fn may_leave(head: &Conversation, seq: u64, mark: &MessageMark) -> bool {
    let hidden = head.block.as_ref().is_some_and(|block| seq >= block.from);
    !hidden && seq > head.erased_to && mark.recalled_at.is_none()
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
                let (buyer, name) = Default::default();
                found.push(Exported { conversation, buyer, name, seq, at, author, text, extra, labels: Vec::new() });
            }
            let full = looked >= limits::EXPORT_ENTRIES_MAX || bytes >= limits::PAGE_BYTES_MAX;
            next = full.then_some(feed_seq);
            Ok(!full)
        })?;
        Ok(Page { rows: self.leaving(scope, found, desk)?, next })
    }

    /// Messages of a conversation after `after`.
    pub fn export_conversation(&self, scope: ShopScope, id: ConversationId, after: u64, desk: &Desk) -> Result<Page<Exported, u64>, Error> {
        let found = self.messages(scope, id, after, limits::PAGE_ROWS_MAX)?;
        let next = found.last().map(|message| message.seq);
        let row = |m: crate::domain::view::Message| {
            let (buyer, name) = Default::default();
            Exported { conversation: id, buyer, name, seq: m.seq, at: m.at, author: m.author, text: m.text, extra: None, labels: Vec::new() }
        };
        Ok(Page { rows: self.leaving(scope, found.into_iter().map(row).collect(), desk)?, next })
    }

    /// Those that may leave, with what their conversations know.
    fn leaving(&self, scope: ShopScope, found: Vec<Exported>, desk: &Desk) -> Result<Vec<Exported>, Error> {
        let mut heads: HashMap<ConversationId, Option<Conversation>> = HashMap::new();
        let mut rows = Vec::with_capacity(found.len());
        for mut row in found {
            let head = match heads.entry(row.conversation) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => new.insert(self.conversation_and_tail(scope, row.conversation)?.map(|(head, _)| head)),
            };
            let Some(head) = head else { continue };
            let mark = self.message_mark(scope, row.conversation, row.seq)?;
            if may_leave(head, row.seq, &mark) {
                (row.buyer, row.name) = (head.buyer.clone(), head.name.clone());
                row.labels = names(desk, &mark.labels);
                rows.push(row);
            }
        }
        Ok(rows)
    }
}
