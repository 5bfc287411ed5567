//! The keys of `list_conversation`: where a conversation stands in the lists of its shop.
//!
//! Every conversation has a row in *all*, whose value says order, unread and group; one in the *house*, in the lane of its group (0:
//! none), whose key tells them apart, so that what is rare is found without looking at the rest; one in the lane of its owner and
//! one in that of each label. Within a [`Shelf`] rows are in the order of time. Each row costs a delete and a put when its state
//! changes, so there are no more of them; and the fewer shelves a page has to look into, the better.

use super::Error;
use super::keys::{Key, array, parts};
use crate::domain::facts::{OrderState, Priority};
use crate::domain::id::{ConversationId, GroupNo, Millis, ShopScope};
use crate::domain::list::Listed;
use crate::domain::view::State;
use smallvec::SmallVec;

/// Which lists a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    All,
    House,
    Owner,
    Label,
}

/// Bytes of a key before the shelf, of the shelf, and of all.
const KIND_END: usize = 5;
const LANE_END: usize = 9;
pub(super) const SHELF_END: usize = 12;
const KEY_LEN: usize = 36;

/// State with unread, order and priority, as the key holds them.
pub(super) type Shelf = [u8; 3];

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListKey {
    pub kind: Kind,
    pub lane: u32,
    pub shelf: Shelf,
    pub time: Millis,
    pub conversation: ConversationId,
}

pub(super) const STATES: [State; 6] = [State::Waiting, State::Unanswered, State::Replied, State::Pooled, State::Closed, State::Archived];
pub(super) const ORDERS: [Option<OrderState>; 7] = [
    None,
    Some(OrderState::Unpaid),
    Some(OrderState::Paid),
    Some(OrderState::Shipped),
    Some(OrderState::Succeeded),
    Some(OrderState::AfterSale),
    Some(OrderState::Closed),
];
pub(super) const PRIORITIES: [Priority; 4] = [Priority::Urgent, Priority::High, Priority::Normal, Priority::Low];

fn state_byte(state: State) -> u8 {
    match state {
        State::Waiting => 0,
        State::Unanswered => 1,
        State::Replied => 2,
        State::Pooled => 3,
        State::Closed => 4,
        State::Archived => 5,
    }
}

fn order_byte(order: Option<OrderState>) -> u8 {
    match order {
        None => 0,
        Some(OrderState::Unpaid) => 1,
        Some(OrderState::Paid) => 2,
        Some(OrderState::Shipped) => 3,
        Some(OrderState::Succeeded) => 4,
        Some(OrderState::AfterSale) => 5,
        Some(OrderState::Closed) => 6,
    }
}

/// The shelf of a row of `kind`.
pub(super) fn shelf(kind: Kind, state: State, unread: bool, order: Option<OrderState>, priority: Priority) -> Shelf {
    match kind {
        Kind::House => [2 * state_byte(state) + u8::from(unread), order_byte(order), priority as u8],
        Kind::All | Kind::Owner | Kind::Label => [2 * state_byte(state), 0, priority as u8],
    }
}

/// State and priority of a shelf.
pub(super) fn shelved(shelf: Shelf) -> Result<(State, u8), Error> {
    let state = STATES.get(usize::from(shelf[0] / 2)).ok_or_else(|| Error::damaged("list_conversation", "a key of unknown state"))?;
    Ok((*state, shelf[2]))
}

impl ListKey {
    /// The rows of a conversation.
    pub fn all_of(listed: &Listed) -> SmallVec<[ListKey; 4]> {
        let row = |kind, lane| ListKey {
            kind,
            lane,
            shelf: shelf(kind, listed.state, listed.unread > 0, listed.order, listed.priority),
            time: listed.time,
            conversation: listed.conversation,
        };
        let mut rows = SmallVec::from_iter([row(Kind::All, 0), row(Kind::House, listed.group.map_or(0, |group| group.0))]);
        rows.extend(listed.owner.map(|owner| row(Kind::Owner, owner.0)));
        rows.extend(listed.labels.iter().map(|label| row(Kind::Label, u32::from(label.0))));
        rows
    }

    pub fn encode(&self, scope: ShopScope) -> Key {
        row(&prefix(scope, self.kind, self.lane, self.shelf), self.time, self.conversation)
    }

    pub fn decode(key: &[u8]) -> Result<ListKey, Error> {
        if key.len() != KEY_LEN {
            return Err(Error::damaged("list_conversation", "a key of wrong length"));
        }
        let kind = match key[4] {
            0 => Kind::All,
            1 => Kind::House,
            2 => Kind::Owner,
            3 => Kind::Label,
            _ => return Err(Error::damaged("list_conversation", "a key of unknown kind")),
        };
        Ok(ListKey {
            kind,
            lane: u32::from_be_bytes(array(key, KIND_END)?),
            shelf: array(key, LANE_END)?,
            time: Millis(u64::from_be_bytes(array(key, SHELF_END)?)),
            conversation: ConversationId(array(key, SHELF_END + 8)?),
        })
    }
}

/// What the row in *all* says beside its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facets {
    pub unread: bool,
    pub order: Option<OrderState>,
    pub group: Option<GroupNo>,
}

impl Facets {
    pub fn of(listed: &Listed) -> Facets {
        Facets { unread: listed.unread > 0, order: listed.order, group: listed.group }
    }

    /// The value of a row; the other kinds have none.
    pub fn value(self, kind: Kind) -> Vec<u8> {
        if kind != Kind::All {
            return Vec::new();
        }
        let group = self.group.map_or(0, |group| group.0).to_be_bytes();
        [&[u8::from(self.unread), order_byte(self.order)][..], &group].concat()
    }

    pub fn decode(value: &[u8]) -> Result<Facets, Error> {
        let damaged = || Error::damaged("list_conversation", "a value of unknown form");
        let &[unread, order, a, b, c, d] = value else { return Err(damaged()) };
        let group = u32::from_be_bytes([a, b, c, d]);
        let order = *ORDERS.get(usize::from(order)).ok_or_else(damaged)?;
        Ok(Facets { unread: unread > 0, order, group: (group > 0).then_some(GroupNo(group)) })
    }
}

/// The beginning of every row of a shelf.
pub(super) fn prefix(scope: ShopScope, kind: Kind, lane: u32, shelf: Shelf) -> Key {
    parts(&[&scope.number().to_be_bytes(), &[kind as u8], &lane.to_be_bytes(), &shelf])
}

/// A row of a shelf.
pub(super) fn row(prefix: &[u8], time: Millis, conversation: ConversationId) -> Key {
    parts(&[prefix, &time.0.to_be_bytes(), &conversation.0])
}

/// All rows of a kind: from (inclusive) and to (exclusive).
pub(super) fn kind_range(scope: ShopScope, kind: Kind) -> (Key, Key) {
    let end = |kind: u8| parts(&[&scope.number().to_be_bytes(), &[kind]]);
    (end(kind as u8), end(kind as u8 + 1))
}
