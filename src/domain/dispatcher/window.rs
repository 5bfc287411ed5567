//! When the windows of DIV-1.2 end for one who waits: whom a buyer may be given to changes then without any other event, and
//! nobody may wait while an agent with room could serve (DIV-5), so the clock must wake the dispatcher.

use super::Dispatcher;
use crate::domain::diversion::Rules;
use crate::domain::event::Arrival;
use crate::domain::id::{ConversationId, Millis};

/// The instants at which DIV-1.2 changes for `arrival`, while it waits.
pub fn ends(rules: &Rules, arrival: &Arrival) -> impl Iterator<Item = (Millis, ConversationId)> + use<> {
    let (conversation, arrived) = (arrival.conversation, arrival.arrived);
    let recent = arrival.recent.filter(|_| arrival.group.is_none());
    let windows = [rules.recent_any_ms, rules.recent_online_ms];
    recent
        .into_iter()
        .flat_map(move |(_, at)| windows.map(|ms| at.plus(ms).plus(1)))
        .filter(move |end| *end > arrived)
        .map(move |end| (end, conversation))
}

/// The least key after every window that ended at or before `at`.
pub fn first_after(at: Millis) -> (Millis, ConversationId) {
    (at.plus(1), ConversationId([0; 16]))
}

impl Dispatcher {
    /// The windows of all who wait, after the rules changed.
    pub(super) fn watch_windows(&mut self) {
        let waiting = self.queue.iter().filter_map(|(_, conversation)| self.slots.get(conversation));
        self.windows = waiting.flat_map(|slot| ends(&self.rules, &slot.arrival)).collect();
    }
}
