//! The lists of conversations (INB-3) and what is counted of them. An agent lists its own conversations and the queue; who
//! oversees lists everything.

use super::Door;
use crate::domain::id::{AgentNo, GroupNo};
use crate::domain::list::{Counts, Lane, ListQuery};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Page, Principal, State, Summary};
use crate::limits;
use crate::store::ListCursor;

/// States without an owner, which only those see who oversee.
const OVERSEEN: [State; 3] = [State::Pooled, State::Closed, State::Archived];

/// Whose figures are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountsOf {
    Me,
    Shop,
    Accounts,
    Groups,
}

/// Reads the cursor of a list.
pub(super) fn list_cursor(text: &str, query: &ListQuery) -> Result<ListCursor, Refusal> {
    let cursor = ListCursor::parse(text).filter(|cursor| cursor.is_of(query));
    cursor.ok_or_else(|| Refusal::Invalid { field: "cursor", problem: "not a cursor of this list: begin again without one".into() })
}

impl Door {
    /// A page of the inbox; `cursor` is from the page before, of the same list.
    pub fn inbox(
        &self,
        who: &Principal,
        mut query: ListQuery,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Summary, String>, Refusal> {
        let staff = self.reader(who)?;
        if !staff.oversees() {
            let of_others = query.owner.is_some_and(|owner| owner != staff.agent);
            if of_others || query.states.iter().any(|state| OVERSEEN.contains(state)) {
                staff.must(Permission::Oversee)?;
            }
            if query.states.is_empty() {
                query.states = vec![State::Waiting, State::Unanswered, State::Replied];
            }
            query.only = Some(staff.agent);
        }
        // One list, one name: in whatever order its parts were given.
        query.states.sort_unstable();
        query.states.dedup();
        query.priorities.sort_unstable();
        query.priorities.dedup();
        query.orders.sort_unstable();
        query.orders.dedup();
        query.labels.sort_unstable();
        query.labels.dedup();
        query.keyword = query.keyword.trim().to_lowercase();
        // A label that the shop gave up lists nothing, though it still stands on some.
        if !query.labels.is_empty() {
            self.without_gone(staff.scope, [&mut query.labels])?;
            if query.labels.is_empty() {
                return Ok(Page { rows: Vec::new(), next: None });
            }
        }
        let cursor = cursor.map(|text| list_cursor(text, &query)).transpose()?;
        let mut page = self.read(|store| store.list(staff.scope, &query, cursor.as_ref(), limit))?;
        if !staff.oversees() {
            // Who is on the blacklist is not for everybody.
            page.rows.iter_mut().for_each(|row| row.blocked = false);
        }
        self.without_gone(staff.scope, page.rows.iter_mut().map(|row| &mut row.labels))?;
        Ok(Page { rows: page.rows, next: page.next.map(|cursor| cursor.to_string()) })
    }

    /// Figures: one's own for everybody; those of the shop and, in pages after number `after`, of accounts and groups with any for
    /// those who oversee.
    pub fn counts(&self, who: &Principal, of: CountsOf, after: u32, limit: usize) -> Result<Page<(Lane, Counts), u32>, Refusal> {
        let staff = self.reader(who)?;
        if of != CountsOf::Me {
            staff.must(Permission::Oversee)?;
        }
        let one = |lane| Ok(Page { rows: vec![(lane, self.read(|store| store.counts(staff.scope, lane))?)], next: None });
        let after = match of {
            CountsOf::Me => return one(Lane::Account(staff.agent)),
            CountsOf::Shop => return one(Lane::Shop),
            CountsOf::Accounts => Lane::Account(AgentNo(after)),
            CountsOf::Groups => Lane::Group(GroupNo(after)),
        };
        let limit = limit.min(limits::PAGE_ROWS_MAX);
        let mut rows = self.read(|store| store.counts_after(staff.scope, after, limit + 1))?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(lane, _)| match lane {
            Lane::Shop => 0,
            Lane::Account(agent) => agent.0,
            Lane::Group(group) => group.0,
        });
        Ok(Page { rows, next })
    }
}
