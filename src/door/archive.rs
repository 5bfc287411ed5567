//! Putting conversations away and back (INB-12), and what waits for the owner's word before it is put away.

use super::Door;
use crate::domain::conversation::Command;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Page, Principal, State, Summary};
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

    /// What was done with before this is due.
    fn archivable_until(&self, scope: ShopScope) -> Result<Millis, Refusal> {
        let days = u64::from(self.desk(scope)?.archive.after_days);
        Ok(Millis(self.now().0.saturating_sub(days * limits::DAY_MS)).plus(1))
    }

    /// Whether it is archived, or due to be: whoever archives may look at it, whomever it belonged to.
    pub(super) fn lies_in_archive(&self, scope: ShopScope, summary: &Summary) -> Result<bool, Refusal> {
        Ok(match summary.state {
            State::Archived => true,
            State::Closed => {
                let (since, until) = (self.read(|store| store.done_since(scope, summary.conversation))?, self.archivable_until(scope)?);
                since.is_some_and(|since| since < until)
            }
            _ => false,
        })
    }

    /// What is due for the archive, longest done with first. Where the shop confirms, it waits here.
    pub fn archive_due(&self, who: &Principal, cursor: Option<&str>, limit: usize) -> Result<Page<Due, String>, Refusal> {
        let staff = self.staff_who_may(who, Permission::Archive)?;
        let until = self.archivable_until(staff.scope)?;
        let unknown = || Refusal::Invalid { field: "cursor", problem: "not a cursor of this list".into() };
        let cursor = cursor.map(|text| DueCursor::parse(text).ok_or_else(unknown)).transpose()?;
        let mut page = self.read(|store| store.archivable(staff.scope, until, cursor, limit))?;
        self.without_gone(staff.scope, page.rows.iter_mut().map(|(_, summary)| &mut summary.labels))?;
        let due = |(since, summary)| Due { summary, since };
        Ok(Page { rows: page.rows.into_iter().map(due).collect(), next: page.next.map(|cursor| cursor.to_string()) })
    }
}
