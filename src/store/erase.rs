//! The end of an archive (INB-12): what a conversation said is deleted. Its entries stay in the feed without their texts, names and
//! contents, so that numbering, history, retries and every recount hold; its marks, notes, suggestions, files and drafts lose their rows.
//! What was typed and never sent, entries of drafts, stays in the feed, where nobody is shown it any more: devices that catch up
//! are told of an erased conversation's drafts only what the draft is now.
//!
//! The record of what was deleted, when and by which rule is the entry `Erased` itself.

use super::columns::Column;
use super::keys::{self, Key};
use super::messages::without_content;
use super::scan::Order;
use super::{Error, Store, record};
use crate::domain::content::FileHash;
use crate::domain::event::{Event, Worked};
use crate::domain::id::{ConversationId, ShopScope};
use std::collections::{BTreeMap, HashMap};

/// What one `Erased` does to the store.
#[derive(Debug, Default)]
pub(super) struct Erasure {
    /// Entries of the feed, anew.
    pub rewritten: Vec<([u8; 12], Vec<u8>)>,
    pub deleted: Vec<(Column, Key)>,
    /// Files that this conversation no longer has.
    pub files: Vec<FileHash>,
}

impl Store {
    /// Everything before it must be on disk.
    pub(super) fn erasure(&self, scope: ShopScope, id: ConversationId, to: u64) -> Result<Erasure, Error> {
        let mut erasure = Erasure::default();
        let Some((head, _)) = self.conversation_and_tail(scope, id)? else { return Ok(erasure) };
        let mut entries = self.feed_seqs(scope, id, head.erased_to + 1, to)?;
        let (marks, notes) = (keys::message_marks(scope, id, 0, to), keys::notes_range(scope, id, u64::MAX));
        let files = keys::files_of_range(scope, id);
        let suggestions = notes.clone();
        for (column, range) in [
            (Column::MessageMark, marks),
            (Column::NoteConversation, notes),
            (Column::SuggestionConversation, suggestions),
            (Column::FileMeta, files),
        ] {
            self.scan(column, range, Order::Ascending, None, |key, _| {
                erasure.deleted.push((column, Key::from_slice(key)));
                if column != Column::MessageMark {
                    entries.push(keys::feed_seq_decode(key)?);
                }
                Ok(true)
            })?;
        }
        self.scan(Column::FileMeta, keys::file_namings_of(scope, id), Order::Ascending, None, |key, _| {
            erasure.deleted.push((Column::FileMeta, Key::from_slice(key)));
            Ok(true)
        })?;
        self.scan(Column::DraftText, keys::shop_range(scope), Order::Ascending, None, |key, _| {
            if key.ends_with(&id.0) {
                erasure.deleted.push((Column::DraftText, Key::from_slice(key)));
            }
            Ok(true)
        })?;
        let places: Vec<[u8; 12]> = entries.into_iter().map(|seq| keys::feed(scope, seq)).collect();
        for (place, row) in places.iter().zip(self.get_many(Column::FeedEvent, &places, false, None)?) {
            let row = row.ok_or_else(|| Error::damaged("feed_event", "an entry is missing"))?;
            let mut event = record::decode("feed_event", &row)?;
            if let Event::FileAdded { file, .. } = &event {
                erasure.files.push(file.hash);
                erasure.deleted.push((Column::FileMeta, keys::file_meta(scope, &file.hash, id)));
            }
            empty(&mut event);
            erasure.rewritten.push((*place, record::encode(&event)));
        }
        Ok(erasure)
    }
}

/// The entry without what was said. Numbers, times, authors, retry keys and what counts of it stay.
fn empty(event: &mut Event) {
    match event {
        Event::MessageAdded { text, extra, .. } => {
            text.clear();
            *extra = extra.take().and_then(|extra| without_content(&extra));
        }
        Event::DeskWork { what: Worked::NoteAdded { text, mentions, .. }, .. } => {
            text.clear();
            mentions.clear();
        }
        Event::Suggested(suggested) => suggested.offer.items.clear(),
        Event::FileAdded { file, .. } => file.name.clear(),
        _ => {}
    }
}

/// Whether an entry still says what an erasure takes away.
pub(super) fn says_something(event: &Event) -> bool {
    let mut emptied = event.clone();
    empty(&mut emptied);
    emptied != *event
}

/// Takes the rows away from those a recount expects.
pub(super) fn forget(expected: &mut HashMap<Column, BTreeMap<Key, Vec<u8>>>, scope: ShopScope, id: ConversationId, to: u64) {
    let within = |(from, to): (Key, Key)| move |key: &Key| *key < from || *key >= to;
    let (marks, notes) = (within(keys::message_marks(scope, id, 0, to)), within(keys::notes_range(scope, id, u64::MAX)));
    expected.entry(Column::MessageMark).or_default().retain(|key, _| marks(key));
    expected.entry(Column::NoteConversation).or_default().retain(|key, _| notes(key));
    expected.entry(Column::SuggestionConversation).or_default().retain(|key, _| notes(key));
    expected.entry(Column::DraftText).or_default().retain(|key, _| !key.ends_with(&id.0));
    let (files, namings) = (within(keys::files_of_range(scope, id)), within(keys::file_namings_of(scope, id)));
    expected.entry(Column::FileMeta).or_default().retain(|key, _| files(key) && namings(key) && !key.ends_with(&id.0));
}
