//! When time alone changes whom one who waits may be given to: the windows of DIV-1.2, an order that succeeded long enough ago,
//! a window of the week in a rule. Nobody may wait while an agent with room could serve (DIV-5), so the clock must wake the
//! dispatcher then.

use super::Dispatcher;
use crate::domain::diversion::Settings;
use crate::domain::diversion::compile::week_windows;
use crate::domain::event::Arrival;
use crate::domain::facts::OrderState;
use crate::domain::id::{ConversationId, Millis};
use crate::domain::schedule;
use crate::limits;

/// The instants at which the step that applies may change for `arrival`, while it waits.
pub fn ends(settings: &Settings, arrival: &Arrival) -> impl Iterator<Item = (Millis, ConversationId)> + use<> {
    let (conversation, arrived) = (arrival.conversation, arrival.arrived);
    let recent = arrival.recent.filter(|_| arrival.group.is_none());
    let windows = [settings.recent.any_ms, settings.recent.online_ms];
    let succeeded = arrival.facts.order.filter(|(state, _)| *state == OrderState::Succeeded);
    let contacts = recent.into_iter().flat_map(move |(_, at)| windows.map(|ms| at.plus(ms).plus(1)));
    let orders = succeeded.into_iter().map(|(_, at)| at.plus(limits::ORDER_SUCCEEDED_MS).plus(1));
    contacts.chain(orders).filter(move |end| *end > arrived).map(move |end| (end, conversation))
}

/// The least key after every window that ended at or before `at`.
pub fn first_after(at: Millis) -> (Millis, ConversationId) {
    (at.plus(1), ConversationId([0; 16]))
}

impl Dispatcher {
    /// The windows of all who wait, after the settings changed.
    pub(super) fn watch_windows(&mut self, now: Millis) {
        let waiting = self.queue.iter().filter_map(|(_, _, conversation)| self.slots.get(conversation));
        self.windows = waiting.flat_map(|slot| ends(&self.settings, &slot.arrival)).collect();
        self.watch_week(now);
    }

    /// When a window of the week next begins or ends.
    pub(super) fn watch_week(&mut self, now: Millis) {
        self.week_change = schedule::next_week_change(&self.zone, week_windows(&self.settings), now);
    }
}
