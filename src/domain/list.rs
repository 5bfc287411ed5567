//! What lists of conversations go by (INB-3): where a conversation stands, what may be asked for, and what is counted.
//!
//! Pure: the rows and counters of the store, and whoever checks them, derive from [`Listed`] alone.

use super::conversation::{Conversation, Place};
use super::desk::LabelNo;
use super::facts::{OrderState, OrderStatus, Priority, order_status};
use super::id::{AgentNo, ConversationId, GroupNo, Millis};
use super::view::State;
use smallvec::SmallVec;

/// A conversation as its list rows hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub conversation: ConversationId,
    pub state: State,
    /// Since when it waits, for those who wait; when the buyer last wrote, for the pool; the last message, for the others.
    pub time: Millis,
    /// Buyer messages that no staff has read.
    pub unread: u32,
    pub order: Option<OrderState>,
    /// In the queue: the one it is served by (DIV-5).
    pub priority: Priority,
    pub owner: Option<AgentNo>,
    pub group: Option<GroupNo>,
    pub labels: SmallVec<[LabelNo; 4]>,
}

impl Listed {
    /// None: no list shows it, because the buyer never wrote in it.
    pub fn of(conversation: &Conversation) -> Option<Listed> {
        // Who wrote for the first time while blacklisted was never received, and stands here once that appears (INB-8).
        let never_wrote = conversation.last_buyer_at == Millis(0) || conversation.block.is_some();
        if conversation.receptions == 0 && never_wrote { None } else { Listed::readable(conversation) }
    }

    /// Also one in which the buyer was only told something (TXT-3): no list shows it, but it can be read.
    pub fn readable(conversation: &Conversation) -> Option<Listed> {
        let (_, id) = conversation.at.filter(|_| conversation.shown_seq() > 0 || conversation.receptions > 0)?;
        let state = state(conversation);
        let open = conversation.open.as_ref();
        let (time, priority) = match (state, open) {
            (State::Waiting, Some(open)) => (open.arrived, open.priority),
            (State::Unanswered, Some(open)) => (open.unanswered_since.unwrap_or(open.since), conversation.priority()),
            (State::Pooled, _) => (conversation.last_buyer_at, conversation.priority()),
            _ => (conversation.shown_at(), conversation.priority()),
        };
        Some(Listed {
            conversation: id,
            state,
            time,
            unread: conversation.unread(),
            order: conversation.order.map(|(state, _)| state),
            priority,
            owner: conversation.owner(),
            group: open.and_then(|open| open.group),
            labels: SmallVec::from_slice(&conversation.labels),
        })
    }
}

impl Listed {
    /// In the same places, though more or fewer messages may be unread.
    pub fn stands_as(&self, other: &Listed) -> bool {
        let Listed { conversation, state, time, unread, order, priority, owner, group, labels } = self;
        let other_place = (&other.conversation, &other.state, &other.time, &other.order, &other.priority);
        (conversation, state, time, order, priority) == other_place
            && (*unread > 0) == (other.unread > 0)
            && (owner, group, labels) == (&other.owner, &other.group, &other.labels)
    }
}

/// The state of a conversation.
pub fn state(conversation: &Conversation) -> State {
    match &conversation.open {
        None if conversation.archived_at.is_some() => State::Archived,
        None => State::Closed,
        Some(open) => match (open.place, open.unanswered_since) {
            (Place::New | Place::Queued, _) => State::Waiting,
            (Place::Pooled, _) => State::Pooled,
            (Place::Owned(_), Some(_)) => State::Unanswered,
            (Place::Owned(_), None) => State::Replied,
        },
    }
}

/// Since when it is in its state.
pub fn since(conversation: &Conversation) -> Millis {
    match (&conversation.open, state(conversation)) {
        (Some(open), State::Waiting) => open.arrived,
        (Some(open), State::Unanswered) => open.unanswered_since.unwrap_or(open.since),
        (Some(open), State::Replied) => open.since,
        (_, State::Pooled) => conversation.last_buyer_at,
        (_, State::Archived) => conversation.archived_at.unwrap_or(conversation.closed_at),
        _ => conversation.closed_at,
    }
}

/// The routing status that lists show and filter by: that an order succeeded long ago is an event of its own.
pub fn listed_order(order: Option<OrderState>) -> OrderStatus {
    order_status(order.map(|state| (state, Millis(0))), Millis(0))
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Who waits in the queue or for an answer, and who was answered: the longest first; after them the others, the newest first.
    Waiting,
    /// The newest message first.
    Last,
    /// The urgent on top; those of one priority as by [`Sort::Waiting`].
    Priority,
}

/// Which conversations a list holds. What is empty or None asks for nothing; all that is asked for must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// In any of these states; empty: in any.
    pub states: Vec<State>,
    pub unread: Option<bool>,
    pub priorities: Vec<Priority>,
    pub orders: Vec<OrderStatus>,
    pub owner: Option<AgentNo>,
    pub group: Option<GroupNo>,
    /// With any of these.
    pub labels: Vec<LabelNo>,
    /// The last message was written from here on.
    pub from: Option<Millis>,
    /// The last message was written up to here, included.
    pub to: Option<Millis>,
    /// In the buyer's id, name or tags, or in one of the newest messages, in any case.
    pub keyword: String,
    /// Only what this account owns, and the queue.
    pub only: Option<AgentNo>,
    /// None: the queue in its own order, all else by [`Sort::Waiting`].
    pub sort: Option<Sort>,
}

impl ListQuery {
    /// All in one state.
    pub fn state(state: State) -> ListQuery {
        ListQuery { states: vec![state], ..ListQuery::default() }
    }

    /// The order it comes in.
    pub fn sort(&self) -> Sort {
        self.sort.unwrap_or(if self.states == [State::Waiting] { Sort::Priority } else { Sort::Waiting })
    }

    /// Does it ask for what only some lists keep apart?
    pub fn asks_facets(&self) -> bool {
        self.unread.is_some() || !self.orders.is_empty() || self.group.is_some()
    }

    pub fn asks_state(&self, state: State) -> bool {
        self.states.is_empty() || self.states.contains(&state)
    }

    pub fn asks_order(&self, order: Option<OrderState>) -> bool {
        self.orders.is_empty() || self.orders.contains(&listed_order(order))
    }

    pub fn asks_priority(&self, priority: Priority) -> bool {
        self.priorities.is_empty() || self.priorities.contains(&priority)
    }

    /// All but the keyword.
    pub fn holds(&self, listed: &Listed, last_at: Millis) -> bool {
        self.asks_state(listed.state)
            && self.unread.is_none_or(|unread| unread == (listed.unread > 0))
            && self.asks_priority(listed.priority)
            && self.asks_order(listed.order)
            && (self.owner.is_none() || self.owner == listed.owner)
            && (self.group.is_none() || self.group == listed.group)
            && (self.labels.is_empty() || listed.labels.iter().any(|label| self.labels.contains(label)))
            && self.from.is_none_or(|from| last_at >= from)
            && self.to.is_none_or(|to| last_at <= to)
            && self.only.is_none_or(|agent| listed.owner == Some(agent) || listed.state == State::Waiting)
    }
}

/// Whose conversations are counted. In the order of the store's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    Shop,
    Account(AgentNo),
    Group(GroupNo),
}

/// What is counted, each a counter of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// 排队.
    pub waiting: u64,
    pub pooled: u64,
    /// 未回复.
    pub unanswered: u64,
    /// 已回复.
    pub replied: u64,
    /// Conversations with messages nobody has read; the archived do not count.
    pub unread: u64,
    /// Those messages.
    pub unread_messages: u64,
}

/// How many counters a lane has.
pub const COUNTED: usize = 6;

impl Counts {
    /// In the order of the store's keys.
    pub fn from_parts([waiting, pooled, unanswered, replied, unread, unread_messages]: [u64; COUNTED]) -> Counts {
        Counts { waiting, pooled, unanswered, replied, unread, unread_messages }
    }

    /// In the order of the store's keys.
    pub fn parts(self) -> [u64; COUNTED] {
        let Counts { waiting, pooled, unanswered, replied, unread, unread_messages } = self;
        [waiting, pooled, unanswered, replied, unread, unread_messages]
    }
}

fn parts(listed: &Listed) -> [i64; COUNTED] {
    let is = |state| i64::from(listed.state == state);
    // Nobody is to read what was put away.
    let unread = if listed.state == State::Archived { 0 } else { listed.unread };
    [is(State::Waiting), is(State::Pooled), is(State::Unanswered), is(State::Replied), i64::from(unread > 0), i64::from(unread)]
}

fn lanes(listed: &Listed) -> impl Iterator<Item = Lane> {
    [Some(Lane::Shop), listed.owner.map(Lane::Account), listed.group.map(Lane::Group)].into_iter().flatten()
}

/// By how much each counter changes: lane, which counter, and by how much.
pub fn counted(before: Option<&Listed>, after: Option<&Listed>, mut add: impl FnMut(Lane, u8, i64)) {
    let empty = [0; COUNTED];
    let change = |lane, from: &[i64; COUNTED], to: &[i64; COUNTED], add: &mut dyn FnMut(Lane, u8, i64)| {
        for (which, (from, to)) in (0u8..).zip(from.iter().zip(to)) {
            if from != to {
                add(lane, which, to - from);
            }
        }
    };
    let (from, to) = (before.map_or(empty, parts), after.map_or(empty, parts));
    for lane in before.into_iter().flat_map(lanes) {
        let stays = after.is_some_and(|listed| lanes(listed).any(|other| other == lane));
        change(lane, &from, if stays { &to } else { &empty }, &mut add);
    }
    for lane in after.into_iter().flat_map(lanes) {
        if !before.is_some_and(|listed| lanes(listed).any(|other| other == lane)) {
            change(lane, &empty, &to, &mut add);
        }
    }
}
