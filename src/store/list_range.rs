//! The ranges of a list and their rows in one order: shelves that exist are found by leaping from one to the next, and merged.
//!
//! Costs a seek for each shelf there is among those asked for, and a step for each row taken, never more for the rows around them.

use super::Error;
use super::Store;
use super::columns::Column;
use super::keys::Key;
use super::list_cursor::{Position, ascends};
use super::list_key::{self, Facets, Kind, ListKey, ORDERS, PRIORITIES, SHELF_END, STATES, Shelf, kind_range, prefix, shelf, shelved};
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::list::{ListQuery, Sort};
use crate::domain::view::State;
use crate::limits;
use rocksdb::{DBRawIterator, ReadOptions, Snapshot};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

/// Rows taken of a shelf at first; each time more are needed, twice as many.
const ROWS_AT_FIRST: usize = 2;
const ROWS_AT_ONCE_MAX: usize = 64;

/// Part of a list: lanes of one kind, and the states looked for in them.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub kind: Kind,
    /// None: every lane there is.
    pub lanes: Option<Vec<u32>>,
    pub states: Vec<State>,
}

impl Part {
    /// The shelves a list asks for, in the order of the keys.
    pub fn shelves(&self, query: &ListQuery) -> BTreeSet<Shelf> {
        let mut wanted = BTreeSet::new();
        for state in STATES.into_iter().filter(|state| self.states.contains(state)) {
            for unread in [false, true].into_iter().filter(|unread| query.unread.is_none_or(|wanted| wanted == *unread)) {
                for order in ORDERS.into_iter().filter(|order| query.asks_order(*order)) {
                    let priorities = PRIORITIES.into_iter().filter(|priority| query.asks_priority(*priority));
                    wanted.extend(priorities.map(|priority| shelf(self.kind, state, unread, order, priority)));
                }
            }
        }
        wanted
    }
}

/// Lets through the rows of *all* that a list asks for, by their values.
struct Sieve<'a> {
    query: &'a ListQuery,
    /// None: everything goes through.
    passes: Option<usize>,
    /// More rows were held back than a page may cost.
    tired: bool,
}

impl Sieve<'_> {
    fn passes(&mut self, kind: Kind, value: &[u8]) -> Result<bool, Error> {
        let (Kind::All, Some(left)) = (kind, self.passes.as_mut()) else { return Ok(true) };
        let Facets { unread, order, group } = Facets::decode(value)?;
        let query = self.query;
        let asked = query.unread.is_none_or(|wanted| wanted == unread)
            && query.asks_order(order)
            && (query.group.is_none() || query.group == group);
        if !asked {
            self.tired |= *left == 0;
            *left = left.saturating_sub(1);
        }
        Ok(asked)
    }
}

/// What is left to read of one shelf.
struct Range {
    state: State,
    priority: u8,
    from: Key,
    /// Exclusive.
    to: Key,
    ascending: bool,
    rows: VecDeque<(Position, ConversationId)>,
    at_once: usize,
}

/// The rows of several shelves, in the order of a list.
pub(super) struct Ranges<'a> {
    rows: DBRawIterator<'a>,
    sort: Sort,
    sieve: Sieve<'a>,
    ranges: Vec<Range>,
    /// The first row of each range that has one.
    heads: BinaryHeap<Reverse<(Position, ConversationId, usize)>>,
}

impl Store {
    /// An iterator over the rows of a kind.
    pub(super) fn list_rows(&self, scope: ShopScope, kind: Kind, snapshot: &Snapshot<'_>) -> DBRawIterator<'_> {
        let (from, to) = kind_range(scope, kind);
        let mut options = ReadOptions::default();
        options.set_snapshot(snapshot);
        options.set_iterate_lower_bound(from.as_slice());
        options.set_iterate_upper_bound(to.as_slice());
        self.db.raw_iterator_cf_opt(self.column(Column::ListConversation), options)
    }
}

/// Leaps over the shelves of a part that exist, in the order of the keys; `each` gets the first row of one.
pub(super) fn each_shelf(
    rows: &mut DBRawIterator<'_>,
    scope: ShopScope,
    part: &Part,
    shelves: &BTreeSet<Shelf>,
    mut each: impl FnMut(&mut DBRawIterator<'_>, ListKey) -> Result<(), Error>,
) -> Result<(), Error> {
    let Some(first) = shelves.first().copied() else { return Ok(()) };
    let mut lanes = part.lanes.iter().flatten().copied();
    let mut next = if part.lanes.is_some() { lanes.next().map(|lane| (lane, first)) } else { Some((0, first)) };
    while let Some((lane, wanted)) = next {
        rows.seek(prefix(scope, part.kind, lane, wanted));
        let Some(found) = rows.key().map(ListKey::decode).transpose()? else {
            rows.status()?;
            next = lanes.next().map(|lane| (lane, first));
            continue;
        };
        if part.lanes.is_some() && found.lane != lane {
            next = lanes.next().map(|lane| (lane, first));
            continue;
        }
        let there = shelves.contains(&found.shelf);
        if there {
            each(rows, found)?;
        }
        let after = (std::ops::Bound::Excluded(found.shelf), std::ops::Bound::Unbounded);
        next = match shelves.range(after).next() {
            Some(shelf) => Some((found.lane, *shelf)),
            None if part.lanes.is_some() => lanes.next().map(|lane| (lane, first)),
            None => found.lane.checked_add(1).map(|lane| (lane, first)),
        };
    }
    Ok(())
}

impl<'a> Ranges<'a> {
    /// The rows of `part` after `after`.
    pub fn open(
        rows: DBRawIterator<'a>,
        scope: ShopScope,
        part: &Part,
        query: &'a ListQuery,
        after: Option<Position>,
    ) -> Result<Ranges<'a>, Error> {
        let sort = query.sort();
        let passes = query.asks_facets().then_some(limits::LIST_SIFTED_MAX);
        let sieve = Sieve { query, passes, tired: false };
        let mut all = Ranges { rows, sort, sieve, ranges: Vec::new(), heads: BinaryHeap::new() };
        let sieve = &mut all.sieve;
        let (mut ranges, mut heads) = (Vec::new(), BinaryHeap::new());
        each_shelf(&mut all.rows, scope, part, &part.shelves(query), |rows, found| {
            let Some(mut range) = Range::new(scope, found, query, after)? else { return Ok(()) };
            // The first row has been found already: most ranges begin there.
            range.fill(rows, sort, sieve, range.ascending && rows.key().is_some_and(|key| key >= range.from.as_slice()))?;
            if let Some((position, conversation)) = range.rows.front() {
                heads.push(Reverse((*position, *conversation, ranges.len())));
                ranges.push(range);
            }
            Ok(())
        })?;
        (all.ranges, all.heads) = (ranges, heads);
        Ok(all)
    }

    /// What is asked for is rare: the rows are not all there, and the house knows better.
    pub fn is_tired(&self) -> bool {
        self.sieve.tired
    }

    /// The next row, still there.
    pub fn peek(&self) -> Option<(Position, ConversationId)> {
        self.heads.peek().map(|Reverse((position, conversation, _))| (*position, *conversation))
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<(Position, ConversationId)>, Error> {
        let Some(Reverse((position, conversation, at))) = self.heads.pop() else { return Ok(None) };
        let range = &mut self.ranges[at];
        range.rows.pop_front();
        if range.rows.is_empty() {
            range.fill(&mut self.rows, self.sort, &mut self.sieve, false)?;
        }
        if let Some((position, conversation)) = range.rows.front() {
            self.heads.push(Reverse((*position, *conversation, at)));
        }
        Ok(Some((position, conversation)))
    }
}

impl Range {
    /// What a list asks for of the shelf of `found`; None: all of it stands before `after`.
    fn new(scope: ShopScope, found: ListKey, query: &ListQuery, after: Option<Position>) -> Result<Option<Range>, Error> {
        let sort = query.sort();
        let (state, priority) = shelved(found.shelf)?;
        let ascending = ascends(sort, state);
        let shelf = prefix(scope, found.kind, found.lane, found.shelf);
        let (mut from, mut to) = (shelf.clone(), shelf.clone());
        to.extend_from_slice(&[0xff; 25]);
        if matches!(state, State::Replied | State::Closed | State::Archived) {
            // Here the time is that of the last message.
            if let Some(first) = query.from {
                from = list_key::row(&shelf, first, ConversationId([0; 16]));
            }
            if let Some(last) = query.to {
                to = list_key::row(&shelf, Millis(last.0.saturating_add(1)), ConversationId([0; 16]));
            }
        }
        if let Some(after) = after {
            match Position::rank(sort, state, priority).cmp(&after.rank) {
                std::cmp::Ordering::Less => return Ok(None),
                std::cmp::Ordering::Greater => {}
                std::cmp::Ordering::Equal => {
                    let (time, conversation) = after.row(ascending);
                    let mut row = list_key::row(&shelf, time, conversation);
                    if ascending {
                        row.push(0);
                        from = from.max(row);
                    } else {
                        to = to.min(row);
                    }
                }
            }
        }
        Ok(Some(Range { state, priority, from, to, ascending, rows: VecDeque::new(), at_once: ROWS_AT_FIRST }))
    }

    /// Reads more rows; `there`: the iterator stands on the first already.
    fn fill(&mut self, rows: &mut DBRawIterator<'_>, sort: Sort, sieve: &mut Sieve<'_>, there: bool) -> Result<(), Error> {
        if self.from >= self.to {
            return Ok(());
        }
        if self.ascending {
            if !there {
                rows.seek(&self.from);
            }
        } else {
            rows.seek_for_prev(&self.to);
            if rows.key().is_some_and(|key| key >= self.to.as_slice()) {
                rows.prev();
            }
        }
        while let Some(key) = rows.key().filter(|key| (self.from.as_slice()..self.to.as_slice()).contains(key)) {
            if self.rows.len() >= self.at_once || sieve.tired {
                break;
            }
            let row = ListKey::decode(key)?;
            let asked = sieve.passes(row.kind, rows.value().unwrap_or_default())?;
            let row = Some(row).filter(|_| asked);
            self.rows.extend(row.map(|row| (Position::new(sort, self.state, self.priority, row.time, row.conversation), row.conversation)));
            let here = Key::from_slice(key);
            if self.ascending {
                self.from = here;
                self.from.push(0);
                rows.next();
            } else {
                self.to = here;
                rows.prev();
            }
        }
        rows.status()?;
        if self.rows.len() < self.at_once {
            self.to = self.from.clone(); // read to its end
        }
        self.at_once = (2 * self.at_once).min(ROWS_AT_ONCE_MAX);
        Ok(())
    }
}

/// The rows of one shelf, in the order of the keys, until `each` says false. The iterator stands on its first.
pub(super) fn each_row(
    rows: &mut DBRawIterator<'_>,
    first: ListKey,
    mut each: impl FnMut(ListKey) -> Result<bool, Error>,
) -> Result<(), Error> {
    let Some(shelf) = rows.key().map(|key| Key::from_slice(&key[..SHELF_END])) else { return Ok(()) };
    let mut row = first;
    while each(row)? {
        rows.next();
        let Some(key) = rows.key().filter(|key| key.starts_with(&shelf)) else { break };
        row = ListKey::decode(key)?;
    }
    Ok(rows.status()?)
}
