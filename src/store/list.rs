//! Lists of conversations (INB-3): a page costs the same at any number of conversations.
//!
//! The narrowest lane is chosen (a label's, the owner's, the house), in it the shelves that are asked for, and what neither says is
//! asked of the heads, of a bounded number of them: a page may come short, or empty, and yet have a next one.

use super::columns::Column;
use super::keys::{HeadKey, HeadOf};
use super::list_cursor::{ListCursor, Place, Position, ascends, list_name};
use super::list_key::{Kind, ListKey, STATES};
use super::list_range::{Part, Ranges, each_row, each_shelf};
use super::{Error, Store, keys, read, scan};
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, GroupNo, ShopScope};
use crate::domain::list::{COUNTED, Counts, Lane, ListQuery, Listed, Sort};
use crate::domain::view::{Page, Pooled, State, Summary};
use crate::limits;
use rocksdb::Snapshot;
use std::collections::BTreeSet;

/// A row that was found, with its conversation.
pub(super) type Found = (Place, Conversation);

/// Rows in order, and where the next begin.
pub(super) type Run = (Vec<Found>, Option<Place>);

/// Not in the order of their last message.
const OUT_OF_ORDER: [State; 3] = [State::Waiting, State::Unanswered, State::Pooled];

impl Store {
    /// A page of a list. A `cursor` of another list is refused by [`ListCursor::is_of`] before.
    pub fn list(
        &self,
        scope: ShopScope,
        query: &ListQuery,
        cursor: Option<&ListCursor>,
        limit: usize,
    ) -> Result<Page<Summary, ListCursor>, Error> {
        let page = self.listed(scope, query, cursor, limit)?;
        Ok(Page { rows: page.rows.iter().filter_map(read::summary).collect(), next: page.next })
    }

    /// The offline pool, newest first (OFF-2).
    pub fn pool(&self, scope: ShopScope, cursor: Option<&ListCursor>, limit: usize) -> Result<Page<Pooled, ListCursor>, Error> {
        let page = self.listed(scope, &ListQuery::state(State::Pooled), cursor, limit)?;
        let pooled = |head: Conversation| {
            let arrival = head.arrival()?;
            let (asked_at, facts) = (arrival.asked, *arrival.facts);
            Some(Pooled { summary: read::summary(&head)?, last_buyer_at: head.last_buyer_at, asked_at, facts })
        };
        Ok(Page { rows: page.rows.into_iter().filter_map(pooled).collect(), next: page.next })
    }

    /// As [`Store::list`], the conversations themselves.
    pub fn listed(
        &self,
        scope: ShopScope,
        query: &ListQuery,
        cursor: Option<&ListCursor>,
        limit: usize,
    ) -> Result<Page<Conversation, ListCursor>, Error> {
        // Rows and heads of one moment: a conversation that moves on meanwhile is not shown in a state it is not in.
        let snapshot = self.db.snapshot();
        let list = List { store: self, scope, query, snapshot: &snapshot };
        let after = cursor.map(|cursor| cursor.at);
        let (found, next) = match (after, query.sort()) {
            (Some(Place::Feed(before)), _) => list.walked(before, None, limit)?,
            (after, Sort::Last) => list.by_last_message(after, limit)?,
            (after, _) => list.merged(&STATES, &[], row_of(after), limit)?,
        };
        let next = next.map(|at| ListCursor { at, list: list_name(query) });
        Ok(Page { rows: found.into_iter().map(|(_, conversation)| conversation).collect(), next })
    }

    /// What is counted of a shop, an account or a group; always what a recount would say.
    pub fn counts(&self, scope: ShopScope, lane: Lane) -> Result<Counts, Error> {
        let mut parts = [0; COUNTED];
        for (what, part) in (0u8..).zip(&mut parts) {
            *part = self.counter(Column::CounterValue, &keys::counter(scope, lane, Some(what)))?;
        }
        Ok(Counts::from_parts(parts))
    }

    /// The accounts or groups after `after` of which something is counted, in order, at most `limit`.
    pub fn counts_after(&self, scope: ShopScope, after: Lane, limit: usize) -> Result<Vec<(Lane, Counts)>, Error> {
        let mut all: Vec<(Lane, [u64; COUNTED])> = Vec::new();
        let mut from = keys::counter(scope, after, None);
        from.push(0xff);
        let to = match after {
            Lane::Shop | Lane::Account(_) => keys::counter(scope, Lane::Group(GroupNo(0)), None),
            Lane::Group(_) => keys::shop_range(scope).1,
        };
        self.scan(Column::CounterValue, (from, to), scan::Order::Ascending, None, |key, value| {
            let (lane, what) = keys::counter_decode(key)?;
            if all.last().is_none_or(|(last, _)| *last != lane) {
                if all.len() == limit {
                    return Ok(false);
                }
                all.push((lane, [0; COUNTED]));
            }
            let (_, parts) = all.last_mut().expect("just pushed");
            let part = parts.get_mut(usize::from(what)).ok_or_else(|| Error::damaged("counter_value", "a counter nobody knows"))?;
            *part = super::record::number("counter_value", value)?;
            Ok(true)
        })?;
        Ok(all.into_iter().map(|(lane, parts)| (lane, Counts::from_parts(parts))).collect())
    }

    /// The position of one who waits in the queue, from 1; None: it does not wait. O(position).
    pub fn waiting_position(&self, scope: ShopScope, id: ConversationId) -> Result<Option<u32>, Error> {
        let Some((head, _)) = self.conversation_and_tail(scope, id)? else { return Ok(None) };
        let Some(own) = Listed::of(&head).filter(|listed| listed.state == State::Waiting) else { return Ok(None) };
        let own = (own.priority as u8, own.time, own.conversation);
        let (mut position, snapshot) = (1, self.db.snapshot());
        self.each_of_all(scope, &[State::Waiting], &snapshot, |row| {
            let before = (row.shelf[2], row.time, row.conversation) < own;
            position += u32::from(before);
            Ok(before)
        })?;
        Ok(Some(position))
    }

    /// Every conversation of a shop with an open reception.
    pub(super) fn open_conversations(&self, scope: ShopScope) -> Result<Vec<Conversation>, Error> {
        let (mut ids, snapshot) = (Vec::new(), self.db.snapshot());
        let states = [State::Waiting, State::Unanswered, State::Replied, State::Pooled];
        self.each_of_all(scope, &states, &snapshot, |row| {
            ids.push(row.conversation);
            Ok(true)
        })?;
        let mut open = Vec::with_capacity(ids.len());
        for some in ids.chunks(1_024) {
            open.extend(self.heads(scope, some, &snapshot)?);
        }
        Ok(open)
    }

    /// The rows of these states, shelf by shelf; `each` says whether it wants more of this shelf.
    fn each_of_all(
        &self,
        scope: ShopScope,
        states: &[State],
        snapshot: &Snapshot<'_>,
        mut each: impl FnMut(ListKey) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let part = Part { kind: Kind::All, lanes: Some(vec![0]), states: states.to_vec() };
        let mut rows = self.list_rows(scope, Kind::All, snapshot);
        each_shelf(&mut rows, scope, &part, &part.shelves(&ListQuery::default()), |rows, first| each_row(rows, first, &mut each))
    }

    /// The conversations of rows.
    fn heads(&self, scope: ShopScope, ids: &[ConversationId], snapshot: &Snapshot<'_>) -> Result<Vec<Conversation>, Error> {
        let keys: Vec<HeadKey> = ids.iter().map(|id| HeadKey::new(scope, HeadOf::Conversation(*id))).collect();
        let mut heads = Vec::with_capacity(ids.len());
        for (id, value) in ids.iter().zip(self.get_many(Column::HeadState, &keys, false, Some(snapshot))?) {
            let value = value.ok_or_else(|| Error::damaged("list_conversation", "a row without its conversation"))?;
            heads.push(read::conversation(scope, *id, &value)?.0);
        }
        Ok(heads)
    }
}

fn row_of(after: Option<Place>) -> Option<Position> {
    match after {
        Some(Place::Row(position)) => Some(position),
        Some(Place::Feed(_)) | None => None,
    }
}

/// One list, read at one moment.
pub(super) struct List<'a> {
    pub store: &'a Store,
    pub scope: ShopScope,
    pub query: &'a ListQuery,
    pub snapshot: &'a Snapshot<'a>,
}

impl List<'_> {
    /// Where the rows in these states are looked for; `kind`: in all of them, or in the house.
    fn parts(&self, states: &[State], kind: Kind) -> Vec<Part> {
        let query = self.query;
        let asked = |state: &State| {
            let owned = matches!(state, State::Unanswered | State::Replied);
            query.asks_state(*state) && (query.owner.is_none() || owned) && (query.group.is_none() || owned || *state == State::Waiting)
        };
        let states: Vec<State> = states.iter().copied().filter(asked).collect();
        let lanes = if kind == Kind::House { query.group.map(|group| vec![group.0]) } else { Some(vec![0]) };
        if !query.labels.is_empty() {
            let labels: BTreeSet<u32> = query.labels.iter().map(|label| u32::from(label.0)).collect();
            return vec![Part { kind: Kind::Label, lanes: Some(labels.into_iter().collect()), states }];
        }
        let owned = |owner: u32, states| Part { kind: Kind::Owner, lanes: Some(vec![owner]), states };
        match (query.owner, query.only) {
            (Some(owner), _) => vec![owned(owner.0, states)],
            (None, Some(agent)) => {
                let (queue, rest) = states.into_iter().partition(|state| *state == State::Waiting);
                vec![owned(agent.0, rest), Part { kind, lanes, states: queue }]
            }
            (None, None) => vec![Part { kind, lanes, states }],
        }
    }

    /// The newest message first. Of those whose rows are in another order a few are sorted here; where they are many, the feed
    /// itself is walked back, in which everything stands in the order of its time: no row has to move with each message.
    fn by_last_message(&self, after: Option<Place>, limit: usize) -> Result<Run, Error> {
        let Some(ids) = self.out_of_order()? else {
            let after = row_of(after);
            let newest = after.map_or(Ok(u64::MAX), |at| {
                let (time, _) = at.row(false);
                Ok::<u64, Error>(self.store.feed_seek(self.scope, time.plus(limits::RECORDS_LOOKED_BACK_MS))? + 1)
            })?;
            return self.walked(newest, after, limit);
        };
        let heads = self.store.heads(self.scope, &ids, self.snapshot)?;
        let sorted = heads.iter().map(|head| (self.by_last(head), head.at.map_or(ConversationId([0; 16]), |(_, id)| id)));
        let sorted = sorted.filter(|(at, _)| row_of(after).is_none_or(|after| *at > after)).collect::<BTreeSet<_>>();
        let ordered: Vec<State> = STATES.into_iter().filter(|state| !OUT_OF_ORDER.contains(state)).collect();
        let sorted: Vec<(Position, ConversationId)> = sorted.into_iter().collect();
        self.merged(&ordered, &sorted, row_of(after), limit)
    }

    /// Those whose rows are not in the order of their last message; None: they are many.
    fn out_of_order(&self) -> Result<Option<Vec<ConversationId>>, Error> {
        let mut kind = Kind::All;
        loop {
            let (mut ids, mut tired) = (Vec::new(), false);
            for part in &self.parts(&OUT_OF_ORDER, kind) {
                let mut ranges = self.ranges(part, None)?;
                while let Some((_, id)) = ranges.next()? {
                    ids.push(id);
                    if ids.len() > limits::LIST_SORTED_MAX {
                        return Ok(None);
                    }
                }
                tired |= ranges.is_tired();
            }
            if !tired {
                return Ok(Some(ids));
            }
            kind = Kind::House;
        }
    }

    pub fn by_last(&self, head: &Conversation) -> Position {
        let id = head.at.map_or(ConversationId([0; 16]), |(_, id)| id);
        Position::new(Sort::Last, State::Closed, 0, head.shown_at(), id)
    }

    fn ranges(&self, part: &Part, after: Option<Position>) -> Result<Ranges<'_>, Error> {
        let rows = self.store.list_rows(self.scope, part.kind, self.snapshot);
        Ranges::open(rows, self.scope, part, self.query, after)
    }

    /// The rows in these states and those of `sorted`, in order, until `limit` hold or enough were looked at: at first among all,
    /// and where what is asked for is rare, in the house.
    fn merged(&self, states: &[State], sorted: &[(Position, ConversationId)], after: Option<Position>, limit: usize) -> Result<Run, Error> {
        // Those who do not wait come after all others: mostly they need not be looked for.
        let apart = |state: &State| self.query.sort() != Sort::Waiting || ascends(Sort::Waiting, *state);
        let (first, rest): (Vec<State>, Vec<State>) = states.iter().partition(|state| apart(state));
        let (mut found, mut next) = self.merged_in(&first, sorted, after, limit)?;
        if found.len() < limit && next.is_none() && !rest.is_empty() {
            let (others, then) = self.merged_in(&rest, &[], after, limit - found.len())?;
            found.extend(others);
            next = then;
        } else if next.is_none() && rest.iter().any(|state| self.query.asks_state(*state)) {
            next = found.last().map(|(at, _)| *at);
        }
        Ok((found, next))
    }

    fn merged_in(
        &self,
        states: &[State],
        sorted: &[(Position, ConversationId)],
        after: Option<Position>,
        limit: usize,
    ) -> Result<Run, Error> {
        match self.merged_of(&self.parts(states, Kind::All), sorted, after, limit)? {
            Some(page) => Ok(page),
            None => Ok(self.merged_of(&self.parts(states, Kind::House), sorted, after, limit)?.unwrap_or_default()),
        }
    }

    /// None: too many rows were passed over.
    fn merged_of(
        &self,
        parts: &[Part],
        sorted: &[(Position, ConversationId)],
        after: Option<Position>,
        limit: usize,
    ) -> Result<Option<Run>, Error> {
        let mut ranges = parts.iter().map(|part| self.ranges(part, after)).collect::<Result<Vec<_>, Error>>()?;
        let mut sorted = sorted.iter().copied().peekable();
        let (mut found, mut looked, mut last): (Vec<Found>, usize, Option<Position>) = (Vec::with_capacity(limit), 0, None);
        loop {
            let mut batch: Vec<(Position, ConversationId)> = Vec::new();
            while batch.len() < limit - found.len() {
                let first = ranges.iter().enumerate().filter_map(|(at, ranges)| Some((ranges.peek()?, at))).min();
                let row = match (first, sorted.peek()) {
                    (None, None) => break,
                    (Some((row, at)), other) if other.is_none_or(|other| row <= *other) => ranges[at].next()?,
                    _ => sorted.next(),
                };
                // With several labels it stands in several lanes, at the same place.
                batch.extend(row.filter(|row| last != Some(row.0)));
                last = row.map(|row| row.0);
            }
            if ranges.iter().any(Ranges::is_tired) {
                return Ok(None);
            }
            let more = sorted.peek().is_some() || ranges.iter().any(|ranges| ranges.peek().is_some());
            looked += batch.len();
            let ids: Vec<ConversationId> = batch.iter().map(|(_, id)| *id).collect();
            for ((at, _), head) in batch.into_iter().zip(self.store.heads(self.scope, &ids, self.snapshot)?) {
                if self.holds(&head)? {
                    found.push((Place::Row(at), head));
                }
            }
            let enough = found.len() >= limit || looked >= self.looked_at_max();
            if !more || enough {
                return Ok(Some((found, last.filter(|_| more).map(Place::Row))));
            }
        }
    }

    /// Conversations that one page looks at.
    pub fn looked_at_max(&self) -> usize {
        if self.query.keyword.is_empty() { limits::LIST_LOOKED_AT_MAX } else { limits::LIST_SEARCHED_MAX }
    }

    /// Is it asked for?
    pub fn holds(&self, head: &Conversation) -> Result<bool, Error> {
        let shown = Listed::of(head).is_some_and(|listed| self.query.holds(&listed, head.shown_at()));
        Ok(shown && (self.query.keyword.is_empty() || self.contains(head)?))
    }

    /// Does the keyword stand in who the buyer is, or in one of the newest messages?
    fn contains(&self, head: &Conversation) -> Result<bool, Error> {
        let word = self.query.keyword.to_lowercase();
        let within = |text: &str| text.to_lowercase().contains(&word);
        if within(&head.buyer) || within(&head.name) || head.profile.tags.iter().any(|tag| within(tag)) {
            return Ok(true);
        }
        let Some((_, id)) = head.at else { return Ok(false) };
        let last = head.shown_seq();
        let first = last.saturating_sub(limits::LIST_MESSAGES_SEARCHED as u64);
        let messages = self.store.messages(self.scope, id, first, (last - first) as usize)?;
        Ok(messages.iter().any(|message| within(&message.text)))
    }
}
