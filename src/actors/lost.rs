//! Files that conversations lost with their archives (INB-12), on their way from the commit thread to whoever removes what is no
//! longer used. It only holds them: whether another conversation still has a file is asked when it is removed.
//!
//! Never waits and never grows without end: what finds no room is left to the next start.

use crate::domain::content::FileHash;
use crate::domain::id::ShopScope;
use crate::limits;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

/// See the module.
#[derive(Default)]
pub struct LostFiles(Mutex<VecDeque<(ShopScope, FileHash)>>);

impl LostFiles {
    fn lock(&self) -> MutexGuard<'_, VecDeque<(ShopScope, FileHash)>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// They may be unused from now on.
    pub fn add(&self, scope: ShopScope, files: impl IntoIterator<Item = FileHash>) {
        let mut waiting = self.lock();
        for hash in files {
            if waiting.len() >= limits::LOST_FILES_MAX {
                return tracing::warn!(shop = scope.number(), "too many files to remove at once: the next start removes the rest");
            }
            waiting.push_back((scope, hash));
        }
    }

    /// The one that waits longest.
    pub fn take(&self) -> Option<(ShopScope, FileHash)> {
        self.lock().pop_front()
    }
}
