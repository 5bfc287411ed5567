//! What a conversation says, as staff or its buyer are shown it, and its notes.
//!
//! Nobody is shown a recalled message's text, or what was deleted with its archive. Staff are not shown what a blacklisted buyer
//! writes (INB-8); the buyer is not shown labels, nor that they are on the list, nor notes: those stand in a column of their own.

use super::columns::Column;
use super::keys;
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::content::{Extra, MessageMark};
use crate::domain::event::{Event, Worked};
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope};
use crate::domain::view::{Draft, FeedEntry, Message, Note};
use crate::limits::{HISTORY_CHUNK, PAGE_BYTES_MAX, RECALLED_LOOKED_BACK_MAX};
use std::collections::HashMap;

impl Store {
    /// Messages with seq > `after` as staff are shown them, oldest first, at most `limit`, and none after [`PAGE_BYTES_MAX`] of
    /// text. Empty: that is all.
    pub fn messages(&self, scope: ShopScope, id: ConversationId, after: u64, limit: usize) -> Result<Vec<Message>, Error> {
        self.page_of_messages(scope, id, after, limit, true)
    }

    /// As [`Store::messages`], as the buyer is shown them.
    pub fn buyer_messages(&self, scope: ShopScope, id: ConversationId, after: u64, limit: usize) -> Result<Vec<Message>, Error> {
        let mut page = self.page_of_messages(scope, id, after, limit, false)?;
        for message in &mut page {
            message.labels.clear();
            if let Some(extra) = message.extra.take() {
                message.extra = extra.for_buyer();
            }
        }
        Ok(page)
    }

    fn page_of_messages(&self, scope: ShopScope, id: ConversationId, after: u64, limit: usize, staff: bool) -> Result<Vec<Message>, Error> {
        let Some((head, _)) = self.conversation_and_tail(scope, id)? else { return Ok(Vec::new()) };
        let shown = if staff { head.shown_seq() } else { head.last_seq };
        let after = after.max(head.erased_to);
        let first = after.saturating_add(1);
        let last = shown.min(after.saturating_add(limit as u64));
        if first > last {
            return Ok(Vec::new());
        }
        let places: Vec<[u8; 12]> = self.feed_seqs(scope, id, first, last)?.into_iter().map(|seq| keys::feed(scope, seq)).collect();
        let marks = self.marks(scope, id, first, last)?;
        let rows = self.get_many(Column::FeedEvent, &places, true, None)?;
        let mut page = Vec::with_capacity(rows.len());
        let mut bytes = 0;
        for (seq, row) in (first..).zip(rows) {
            let message = message(seq, id, row.as_deref(), marks.get(&seq))?;
            bytes += message.text.len();
            page.push(message);
            if bytes >= PAGE_BYTES_MAX {
                break;
            }
        }
        Ok(page)
    }

    /// Where messages `first` to `last`, which there are, stand in the feed.
    pub(super) fn feed_seqs(&self, scope: ShopScope, id: ConversationId, first: u64, last: u64) -> Result<Vec<u64>, Error> {
        let Some((_, tail)) = self.conversation_and_tail(scope, id)? else { return Ok(Vec::new()) };
        let mut places = Vec::new();
        let mut next = first;
        while next <= last {
            let chunk_first = ((next - 1) / HISTORY_CHUNK * HISTORY_CHUNK + 1).min(tail.first_seq());
            let entries = if chunk_first == tail.first_seq() { tail.entries()? } else { self.history_chunk(scope, id, chunk_first)? };
            let wanted = entries.iter().skip((next - chunk_first) as usize).take((last - next + 1) as usize);
            let found = places.len();
            places.extend(wanted.map(|entry| entry.feed_seq));
            if places.len() == found {
                return Err(Error::damaged("history_chunk", "fewer messages than the head counts"));
            }
            next += (places.len() - found) as u64;
        }
        Ok(places)
    }

    /// What was done to messages `first` to `last`, where anything was.
    pub fn marks(&self, scope: ShopScope, id: ConversationId, first: u64, last: u64) -> Result<HashMap<u64, MessageMark>, Error> {
        let mut marks: HashMap<u64, MessageMark> = HashMap::new();
        let range = keys::message_marks(scope, id, first, last);
        self.scan(Column::MessageMark, range, Order::Ascending, None, |key, value| {
            let part: MessageMark = record::decode("message_mark", value)?;
            let mark = marks.entry(keys::message_mark_decode(key)?).or_default();
            mark.recalled_at = mark.recalled_at.or(part.recalled_at);
            mark.labels.extend(part.labels);
            Ok(true)
        })?;
        Ok(marks)
    }

    /// Notes written before feed entry `before`, newest first, each with its own entry (INB-13).
    pub fn notes(&self, scope: ShopScope, id: ConversationId, before: Option<u64>, limit: usize) -> Result<Vec<(u64, Note)>, Error> {
        let (mut notes, mut before) = (Vec::new(), before.unwrap_or(u64::MAX));
        while notes.len() < limit {
            let range = keys::notes_range(scope, id, before);
            let page = self.pointed_at(Column::NoteConversation, range, Order::Descending, limit - notes.len())?;
            let Some((seq, _)) = page.last() else { break };
            before = *seq;
            // Files stand there too.
            notes.extend(page.into_iter().filter_map(|(seq, event)| match event {
                Event::DeskWork { at, by, what: Worked::NoteAdded { note, text, mentions }, .. } => {
                    Some((seq, Note { note, at, by, text, mentions }))
                }
                _ => None,
            }));
        }
        Ok(notes)
    }

    /// The number of a conversation's last message, as its buyer counts; 0: there is none.
    pub fn buyer_last_seq(&self, scope: ShopScope, id: ConversationId) -> Result<u64, Error> {
        Ok(self.conversation_and_tail(scope, id)?.map_or(0, |(head, _)| head.last_seq))
    }

    /// Whether a note lately mentioned this account, which may therefore look (INB-13).
    pub fn is_mentioned(&self, scope: ShopScope, id: ConversationId, agent: AgentNo) -> Result<bool, Error> {
        Ok(self.conversation_and_tail(scope, id)?.is_some_and(|(head, _)| head.mentioned.contains(&agent)))
    }

    /// What a buyer's device that has seen messages up to `to` may not know yet: those of them that were recalled after message `to`
    /// was written, each with when. It may know some: a recall has no number of its own.
    pub fn recalled_up_to(&self, scope: ShopScope, id: ConversationId, to: u64) -> Result<Vec<(Message, Millis)>, Error> {
        let Some(newest) = self.buyer_messages(scope, id, to.saturating_sub(1), 1)?.pop() else { return Ok(Vec::new()) };
        let first = to.saturating_sub(RECALLED_LOOKED_BACK_MAX).saturating_add(1);
        let marks = self.marks(scope, id, first, to)?.into_iter();
        let mut recalled: Vec<_> = marks.filter_map(|(seq, mark)| Some((seq, mark.recalled_at.filter(|at| *at >= newest.at)?))).collect();
        recalled.sort_unstable();
        let mut found = Vec::with_capacity(recalled.len());
        for (seq, at) in recalled {
            found.extend(self.buyer_messages(scope, id, seq - 1, 1)?.pop().map(|message| (message, at)));
        }
        Ok(found)
    }

    /// Whether what an account once typed may still be shown: always, but of an erased conversation only what is its draft now.
    fn draft_shown(&self, scope: ShopScope, agent: AgentNo, id: ConversationId, at: Millis) -> Result<bool, Error> {
        if self.conversation_and_tail(scope, id)?.is_none_or(|(head, _)| head.erased_to == 0) {
            return Ok(true);
        }
        let row = self.get(Column::DraftText, keys::draft(scope, agent, id))?;
        let draft: Option<Draft> = row.map(|row| record::decode("draft_text", &row)).transpose()?;
        Ok(draft.is_some_and(|draft| draft.at == at))
    }

    /// As [`Store::feed`], for devices that were away: what was recalled or erased meanwhile is not shown any more.
    pub fn feed_shown(&self, scope: ShopScope, after: u64, limit: usize) -> Result<Vec<FeedEntry>, Error> {
        let mut entries = self.feed(scope, after, limit)?;
        let mut messages = Vec::new();
        for entry in &mut entries {
            match &mut entry.event {
                Event::MessageAdded { conversation, seq, text, extra, .. } => {
                    messages.push((keys::message_mark(scope, *conversation, *seq, keys::MarkKind::Recalled), text, extra));
                }
                Event::DraftSet { agent, conversation, text, at } if !self.draft_shown(scope, *agent, *conversation, *at)? => text.clear(),
                _ => {}
            }
        }
        let recalled = self.get_many(Column::MessageMark, messages.iter().map(|(key, ..)| key), false, None)?;
        for (_, text, extra) in messages.into_iter().zip(recalled).filter(|(_, row)| row.is_some()).map(|(message, _)| message) {
            text.clear();
            *extra = extra.take().and_then(|extra| without_content(&extra));
        }
        Ok(entries)
    }
}

/// What is said about a message without what it said.
pub(super) fn without_content(extra: &Extra) -> Option<Box<Extra>> {
    let Extra { made_with, saying, while_blocked, suggestion, .. } = *extra;
    Extra { made_with, saying, while_blocked, suggestion, ..Extra::default() }.boxed()
}

fn message(expected: u64, of: ConversationId, row: Option<&[u8]>, mark: Option<&MessageMark>) -> Result<Message, Error> {
    let row = row.ok_or_else(|| Error::damaged("feed_event", "a message is missing"))?;
    match record::decode("feed_event", row)? {
        Event::MessageAdded { conversation, seq, at, author, mut text, mut extra, .. } if conversation == of && seq == expected => {
            let recalled = mark.is_some_and(|mark| mark.recalled_at.is_some());
            if recalled {
                text.clear();
                extra = extra.and_then(|extra| without_content(&extra));
            }
            let labels = mark.map(|mark| mark.labels.clone()).unwrap_or_default();
            Ok(Message { seq, at, author, text, extra, recalled, labels })
        }
        _ => Err(Error::damaged("history_chunk", "it names another entry than its message")),
    }
}
