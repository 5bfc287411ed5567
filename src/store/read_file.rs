//! Reads of what is known of files: which conversation has which, who may be shown it, and whether any still has it.

use super::columns::Column;
use super::scan::Order;
use super::{Error, Store, keys, record};
use crate::domain::content::{Attachment, FileHash, Naming};
use crate::domain::id::{ConversationId, ShopScope};

impl Store {
    /// A file of a conversation. None: it has no such file, whoever else may.
    pub fn file(&self, scope: ShopScope, conversation: ConversationId, hash: &FileHash) -> Result<Option<Attachment>, Error> {
        let value = self.get(Column::FileMeta, keys::file_meta(scope, hash, conversation))?;
        value.map(|value| record::decode("file_meta", &value)).transpose()
    }

    /// A file of a conversation, if that side may be shown it: a message of it that this side is shown and that was not taken back
    /// names it, or the side has uploaded it and nobody has sent it since. So a file goes with the last message that carried it
    /// (INB-7), and whoever wants to send it again uploads it again.
    pub fn file_shown(&self, scope: ShopScope, id: ConversationId, hash: &FileHash, to_buyer: bool) -> Result<Option<Attachment>, Error> {
        let Some(file) = self.file(scope, id, hash)? else { return Ok(None) };
        let head = self.conversation_and_tail(scope, id)?.map(|(head, _)| head).unwrap_or_default();
        let last = if to_buyer { head.last_seq } else { head.shown_seq() };
        let (mut sent, mut shown) = (false, false);
        self.scan(Column::FileMeta, keys::file_namings(scope, id, hash), Order::Descending, None, |_, value| {
            shown = match record::decode("file_meta", value)? {
                Naming::Uploaded { by_buyer } => !sent && by_buyer == to_buyer,
                Naming::Sent { seq } => {
                    sent = true;
                    let recalled = keys::message_mark(scope, id, seq, keys::MarkKind::Recalled);
                    seq > head.erased_to && seq <= last && self.get(Column::MessageMark, recalled)?.is_none()
                }
            };
            Ok(!shown)
        })?;
        Ok(Some(file).filter(|_| shown))
    }

    /// Whether any conversation of the shop has the file.
    pub fn file_used(&self, scope: ShopScope, hash: &FileHash) -> Result<bool, Error> {
        let mut used = false;
        self.scan(Column::FileMeta, keys::file_meta_range(scope, hash), Order::Ascending, None, |_, _| {
            used = true;
            Ok(false)
        })?;
        Ok(used)
    }

    /// How many files were stored for a conversation; counts to `most`.
    pub fn files_stored(&self, scope: ShopScope, conversation: ConversationId, most: usize) -> Result<usize, Error> {
        let mut stored = 0;
        self.scan(Column::FileMeta, keys::files_of_range(scope, conversation), Order::Ascending, None, |_, _| {
            stored += 1;
            Ok(stored < most)
        })?;
        Ok(stored)
    }
}
