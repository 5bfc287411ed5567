//! Notices 通知 (INB-1, INB-10): the platform adds them, all the staff of a shop reads them, each account for itself.

use super::{Door, check_name, check_text, check_word};
use crate::domain::event::Scope;
use crate::domain::facts::Priority;
use crate::domain::notice::{Notice, Stream, is_kind};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Page, Principal};
use crate::domain::{Effect, Reply, agent, shop};
use crate::limits;
use crate::store::NoticeCursor;
pub use crate::store::{NoticeCount, NoticesOf};

/// A notice that the platform adds.
#[derive(Clone, Debug)]
pub struct NewNotice {
    pub stream: Stream,
    pub kind: String,
    pub title: String,
    pub text: String,
    pub order: String,
    /// The platform's own id.
    pub id: String,
}

/// Which notices were read.
#[derive(Clone, Debug)]
pub enum Reading {
    /// All there are.
    All,
    Some(Vec<u64>),
}

impl Door {
    /// Adds a notice: its number in its stream. The same id again within 24 hours is the same notice; with other words it is
    /// refused.
    pub async fn add_notice(&self, who: &Principal, shop: &str, new: NewNotice) -> Result<u64, Refusal> {
        let scope = self.shop_of(who, Scope::Notices, shop)?;
        let NewNotice { stream, kind, title, text, order, id } = new;
        if !is_kind(&kind) {
            return Err(Refusal::Invalid { field: "kind", problem: "1 to 64 of the characters a-z, 0-9 and _".into() });
        }
        check_text("title", &title, limits::NOTICE_TITLE_CHARS_MAX)?;
        if !text.is_empty() {
            check_text("text", &text, limits::MESSAGE_CHARS_MAX)?;
        }
        check_word("order", &order)?;
        check_name("id", &id)?;
        match self.ask_shop(scope, shop::Command::AddNotice { stream, kind, title, text, order, id }).await? {
            Reply::Numbered { no } => Ok(no),
            _ => Err(Refusal::Internal),
        }
    }

    /// A page of notices, each with whether this account has read it: the urgent on top, then the newest first.
    pub fn notices(
        &self,
        who: &Principal,
        of: &NoticesOf,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<(Notice, bool), String>, Refusal> {
        let staff = self.staff(who)?;
        let unknown = || Refusal::Invalid { field: "cursor", problem: "not a cursor of this list".into() };
        let cursor = cursor.map(|text| NoticeCursor::parse(text).ok_or_else(unknown)).transpose()?;
        let marks = self.read(|store| store.notices_read(staff.scope, staff.agent))?;
        let page = self.read(|store| store.notices(staff.scope, of, &marks, cursor, limit))?;
        let read = |notice: Notice| {
            let read = marks[notice.stream as usize].has(notice.no);
            (notice, read)
        };
        Ok(Page { rows: page.rows.into_iter().map(read).collect(), next: page.next.map(|cursor| cursor.to_string()) })
    }

    /// How many notices there are and how many this account has not read: of the system, of the platform's services.
    pub fn notice_counts(&self, who: &Principal) -> Result<[NoticeCount; 2], Refusal> {
        let staff = self.staff(who)?;
        // The marks first: what comes in between is unread.
        let marks = self.read(|store| store.notices_read(staff.scope, staff.agent))?;
        self.read(|store| store.notice_counts(staff.scope, &marks))
    }

    /// This account has read these notices.
    pub async fn read_notices(&self, who: &Principal, stream: Stream, reading: Reading) -> Result<(), Refusal> {
        let staff = self.staff(who)?;
        let last = self.read(|store| store.last_notice(staff.scope, stream))?;
        let (to, some) = match reading {
            Reading::All => (last, Vec::new()),
            Reading::Some(numbers) if !(1..=limits::PAGE_ROWS_MAX).contains(&numbers.len()) => {
                return Err(Refusal::Invalid { field: "numbers", problem: format!("1 to {} of them", limits::PAGE_ROWS_MAX) });
            }
            Reading::Some(numbers) if numbers.iter().any(|no| !(1..=last).contains(no)) => {
                return Err(Refusal::NotFound { what: "notice" });
            }
            Reading::Some(numbers) => (0, numbers),
        };
        let command = agent::Command::ReadNotices { stream, to, some };
        self.submit(Effect::Agent(staff.scope, staff.agent, command)).await.map(drop)
    }

    /// Sets the priority of a notice, for the whole shop (INB-2).
    pub async fn prioritise_notice(&self, who: &Principal, stream: Stream, no: u64, priority: Priority) -> Result<(), Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let notice = self.read(|store| store.notice(staff.scope, stream, no))?.ok_or(Refusal::NotFound { what: "notice" })?;
        let command = shop::Command::PrioritiseNotice { stream, no, before: notice.priority, priority, by: staff.agent };
        self.ask_shop(staff.scope, command).await.map(drop)
    }
}
