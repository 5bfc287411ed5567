//! Where a list goes on, and of which list it is.

use crate::domain::id::{ConversationId, Millis};
use crate::domain::list::{ListQuery, Sort};
use crate::domain::view::State;

/// A place in the order of a list: what comes before is smaller. Times and ids that descend are stored upside down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    /// By priority, and then by state: 0 where the order does not ask for it.
    pub rank: u8,
    time: u64,
    id: u128,
}

/// Those whose longest wait comes first.
pub(super) fn ascends(sort: Sort, state: State) -> bool {
    sort != Sort::Last && matches!(state, State::Waiting | State::Unanswered | State::Replied)
}

impl Position {
    pub fn new(sort: Sort, state: State, priority: u8, time: Millis, conversation: ConversationId) -> Position {
        let (ascends, id) = (ascends(sort, state), u128::from_be_bytes(conversation.0));
        let rank = Position::rank(sort, state, priority);
        if ascends { Position { rank, time: time.0, id } } else { Position { rank, time: !time.0, id: !id } }
    }

    /// The rank of every row of a state and priority.
    pub fn rank(sort: Sort, state: State, priority: u8) -> u8 {
        let after_those_who_wait = u8::from(sort != Sort::Last && !ascends(sort, state));
        match sort {
            Sort::Priority => 2 * priority + after_those_who_wait,
            Sort::Waiting | Sort::Last => after_those_who_wait,
        }
    }

    /// The time and the conversation of a row, whose rank says whether it was upside down.
    pub fn row(self, ascends: bool) -> (Millis, ConversationId) {
        let (time, id) = if ascends { (self.time, self.id) } else { (!self.time, !self.id) };
        (Millis(time), ConversationId(id.to_be_bytes()))
    }
}

/// Where a list goes on. Holds no shop and no rights: those come from the caller, each time. One of another list is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor {
    pub(super) at: Place,
    pub(super) list: u32,
}

/// See [`ListCursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// After this row.
    Row(Position),
    /// Before this entry of the feed.
    Feed(u64),
}

impl std::fmt::Display for ListCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at {
            Place::Row(p) => write!(f, "{:08x}{:02x}{:016x}{:032x}", self.list, p.rank, p.time, p.id),
            Place::Feed(seq) => write!(f, "{:08x}{seq:016x}", self.list),
        }
    }
}

impl ListCursor {
    /// Reads what [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<ListCursor> {
        if !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let number = |from: usize, to: usize| u128::from_str_radix(text.get(from..to)?, 16).ok();
        let at = match text.len() {
            58 => Place::Row(Position { rank: number(8, 10)? as u8, time: number(10, 26)? as u64, id: number(26, 58)? }),
            24 => Place::Feed(number(8, 24)? as u64),
            _ => return None,
        };
        Some(ListCursor { at, list: number(0, 8)? as u32 })
    }

    /// Is it of this list?
    pub fn is_of(&self, query: &ListQuery) -> bool {
        self.list == list_name(query)
    }

    /// Where the pool goes on after what the buyer wrote at `time` in this conversation.
    pub fn in_pool(time: Millis, conversation: ConversationId) -> ListCursor {
        let at = Place::Row(Position::new(Sort::Waiting, State::Pooled, 0, time, conversation));
        ListCursor { at, list: list_name(&ListQuery::state(State::Pooled)) }
    }
}

/// A number that lists of other filters or another order do not share, but by rare chance.
pub(super) fn list_name(query: &ListQuery) -> u32 {
    // The debug form names every part, and only has to be the same within one release.
    crc32fast::hash(format!("{query:?}").as_bytes())
}
