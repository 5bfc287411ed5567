//! 归档 (INB-12), and what time alone does to a conversation: its order is settled, it may be put away, and at last it is deleted.
//! Pure: what is due is a range of rows (`store/index.rs`), looked through by `actors/sweep.rs`; here each is decided again.

use super::Conversation;
use super::desk::Known;
use crate::domain::Decision;
use crate::domain::desk::Desk;
use crate::domain::event::Event;
use crate::domain::facts::OrderState;
use crate::domain::id::{AgentNo, Millis};
use crate::domain::refusal::Refusal;
use crate::limits;

impl Conversation {
    /// Since when its order has succeeded, and not been settled (INB-9).
    pub fn succeeded_since(&self) -> Option<Millis> {
        self.order.filter(|(state, _)| *state == OrderState::Succeeded).map(|(_, since)| since)
    }

    /// Since when it is done with: no reception is open, and its order has succeeded or was closed. What is archived, or hidden
    /// from the shop, is not put away.
    pub fn done_since(&self) -> Option<Millis> {
        let (_, since) = self.order.filter(|(state, _)| matches!(state, OrderState::Succeeded | OrderState::Closed))?;
        let there = self.last_seq > 0 && self.open.is_none() && self.block.is_none() && self.archived_at.is_none();
        there.then(|| since.max(self.closed_at))
    }

    /// Since when it is archived with something in it that may be deleted one day.
    pub fn archived_since(&self) -> Option<Millis> {
        self.archived_at.filter(|_| self.kept && self.block.is_none())
    }

    pub(super) fn settle_order(&self, desk: &Desk, now: Millis) -> Decision {
        let Some(since) = self.succeeded_since().filter(|since| now.since(*since) > limits::ORDER_SUCCEEDED_MS) else {
            return Decision::default();
        };
        let order = Some((OrderState::Closed, since));
        let (conversation, number) = (self.place().1, self.order_no.clone());
        let mut decision = Decision::default().event(Event::OrderSettled { conversation, order: number, at: now });
        decision.events.extend(self.by_rules(desk, Known { order, ..self.known() }, now));
        self.known_anew(decision, &self.profile, order)
    }

    pub(super) fn archive(&self, by: Option<AgentNo>, now: Millis) -> Result<Decision, Refusal> {
        if self.open.is_some() {
            return Err(Refusal::ReceptionOpen);
        }
        // What the rule saw may have changed a moment ago.
        let due = || self.done_since().is_some_and(|since| now.since(since) >= limits::ARCHIVABLE_MS_MIN);
        if self.archived_at.is_some() || by.is_none() && !due() {
            return Ok(Decision::default());
        }
        Ok(Decision::default().event(Event::Archived { conversation: self.place().1, at: now, by }))
    }

    pub(super) fn restore(&self, by: AgentNo, now: Millis) -> Decision {
        match self.archived_at {
            None => Decision::default(),
            Some(_) => Decision::default().event(Event::Restored { conversation: self.place().1, at: now, by: Some(by) }),
        }
    }

    pub(super) fn erase(&self, keep_days: u16, now: Millis) -> Result<Decision, Refusal> {
        let kept_ms = u64::from(keep_days) * limits::DAY_MS;
        let Some(archived_at) = self.archived_since().filter(|since| now.since(*since) >= kept_ms) else {
            return Err(Refusal::Invalid { field: "keep_days", problem: "it was not archived that long ago".into() });
        };
        let (conversation, buyer) = (self.place().1, self.buyer.clone());
        // A long one is deleted in pieces: each is one write.
        let to = self.last_seq.min(self.erased_to + limits::ERASED_AT_ONCE_MAX);
        Ok(Decision::default().event(Event::Erased { conversation, buyer, to, archived_at, keep_days, at: now }))
    }
}
