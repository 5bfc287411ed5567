//! Reads of what is known of files: which conversation has which, and whether any still has.

use super::columns::Column;
use super::scan::Order;
use super::{Error, Store, keys, record};
use crate::domain::content::{Attachment, FileHash};
use crate::domain::id::{ConversationId, ShopScope};

impl Store {
    /// A file of a conversation. None: it has no such file, whoever else may.
    pub fn file(&self, scope: ShopScope, conversation: ConversationId, hash: &FileHash) -> Result<Option<Attachment>, Error> {
        let value = self.get(Column::FileMeta, keys::file(scope, hash, conversation))?;
        value.map(|value| record::decode("file_meta", &value)).transpose()
    }

    /// Whether any conversation of the shop has the file.
    pub fn file_used(&self, scope: ShopScope, hash: &FileHash) -> Result<bool, Error> {
        let mut used = false;
        self.scan(Column::FileMeta, keys::file_range(scope, hash), Order::Ascending, None, |_, _| {
            used = true;
            Ok(false)
        })?;
        Ok(used)
    }

    /// The files of a conversation, at most `limit`: what goes with it when it is erased.
    pub fn files_of(&self, scope: ShopScope, conversation: ConversationId, limit: usize) -> Result<Vec<FileHash>, Error> {
        let mut files = Vec::new();
        self.scan(Column::FileMeta, keys::files_of_range(scope, conversation), Order::Ascending, None, |key, _| {
            files.push(keys::files_of_decode(key)?);
            Ok(files.len() < limit)
        })?;
        Ok(files)
    }
}
