//! Reads of what is known of files: which conversation has which, and whether any still has.

use super::columns::Column;
use super::scan::Order;
use super::{Error, Store, keys, record};
use crate::domain::content::{Attachment, FileHash};
use crate::domain::id::{ConversationId, ShopScope};

impl Store {
    /// A file of a conversation. None: it has no such file, whoever else may.
    pub fn file(&self, scope: ShopScope, conversation: ConversationId, hash: &FileHash) -> Result<Option<Attachment>, Error> {
        let value = self.get(Column::FileMeta, keys::file_meta(scope, hash, conversation))?;
        value.map(|value| record::decode("file_meta", &value)).transpose()
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
