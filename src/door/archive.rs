//! Putting conversations away and back (INB-12), and what waits for the owner's word before it is put away.

use super::Door;
use crate::domain::conversation::Command;
use crate::domain::id::{ConversationId, Millis};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Page, Principal, Summary};
use crate::limits;
use crate::store::DueCursor;

/// A conversation that waits to be archived.
#[derive(Clone, Debug)]
pub struct Due {
    pub summary: Summary,
    /// Since when its order is done with.
    pub since: Millis,
}

impl Door {
    /// Archives a conversation by hand, whether or not it is due.
    pub async fn archive(&self, who: &Principal, conversation: ConversationId) -> Result<(), Refusal> {
        let staff = self.staff_who_may(who, Permission::Archive)?;
        self.visible(staff, conversation)?;
        self.tell(staff.scope, conversation, Command::Archive { by: Some(staff.agent) }).await.map(drop)
    }

    /// Takes a conversation back out of the archive.
    pub async fn restore(&self, who: &Principal, conversation: ConversationId) -> Result<(), Refusal> {
        let staff = self.staff_who_may(who, Permission::Archive)?;
        self.visible(staff, conversation)?;
        self.tell(staff.scope, conversation, Command::Restore { by: staff.agent }).await.map(drop)
    }

    /// What is due for the archive, longest done with first. Where the shop confirms, it waits here.
    pub fn archive_due(&self, who: &Principal, cursor: Option<&str>, limit: usize) -> Result<Page<Due, String>, Refusal> {
        let staff = self.staff_who_may(who, Permission::Archive)?;
        let unknown = || Refusal::Invalid { field: "cursor", problem: "not a cursor of this list".into() };
        let cursor = cursor.map(|text| DueCursor::parse(text).ok_or_else(unknown)).transpose()?;
        let days = u64::from(self.desk(staff.scope)?.archive.after_days);
        let until = Millis(self.now().0.saturating_sub(days * limits::DAY_MS)).plus(1);
        let page = self.read(|store| store.archivable(staff.scope, until, cursor, limit))?;
        let due = |(since, summary)| Due { summary, since };
        Ok(Page { rows: page.rows.into_iter().map(due).collect(), next: page.next.map(|cursor| cursor.to_string()) })
    }
}
