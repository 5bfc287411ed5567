//! Serving those who wait (DIV-5): one assignment at a time, in order, from where the drain has got to.
//!
//! Whom nobody could serve earlier in this drain nobody can serve now: a drain only fills places. What frees one begins again.

use super::Dispatcher;
use super::choose::{Chosen, Targets};
use super::slot::{Place, Slot};
use crate::domain::Decision;
use crate::domain::event::{Event, Heard, Turn};
use crate::domain::explain::Cause;
use crate::domain::id::Millis;
use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

impl Dispatcher {
    /// The next who waits or moves, after `from`.
    fn next(&self, from: Option<Turn>) -> Option<(&Slot, Turn)> {
        let first = |of: &BTreeSet<Turn>| of.range((from.map_or(Unbounded, Excluded), Unbounded)).next().copied();
        let turn = first(&self.queue).into_iter().chain(first(&self.moving)).min()?;
        Some((self.slots.get(&turn.2)?, turn))
    }

    /// The first who can be served from where the drain has got to; or who moves, and must go somewhere.
    pub(super) fn drain(&self, now: Millis) -> Decision {
        let mut full: Vec<Targets> = Vec::new();
        let mut from = self.drained_to;
        while let Some((slot, turn)) = self.next(from) {
            from = Some(turn);
            let why = match &slot.place {
                Place::Moving { from, cause } => Some(self.place(&slot.arrival, cause.clone(), Some(*from), now)),
                _ if self.sweep => Some(self.place(&slot.arrival, Cause::Waited, None, now)),
                _ => self.servable(slot, &mut full, now).map(|c| self.chosen(&self.floor, &slot.arrival, c, Cause::Waited, None, now)),
            };
            if let Some(why) = why {
                let (event, effect) = self.decided(slot.arrival.clone(), why, None);
                return Decision::default().event(event).event(Event::Heard(Heard::Drained { next: from })).effect(effect);
            }
        }
        Decision::default().event(Event::Heard(Heard::Drained { next: None }))
    }

    /// Who could serve one who waits. `full`: targets that had nobody earlier in this drain.
    fn servable<'a>(&'a self, slot: &Slot, full: &mut Vec<Targets<'a>>, now: Millis) -> Option<Chosen<'a>> {
        let arrival = &slot.arrival;
        if arrival.group.is_none() {
            let preferred = self.settings.preferences.iter().find_map(|p| self.prefer(*p, &self.floor, arrival, now));
            if preferred.is_some() {
                return preferred;
            }
        }
        if !self.floor.anybody_free() {
            return None;
        }
        let (step, targets) = self.applies(&self.floor, arrival, now);
        if full.contains(&targets) {
            return None;
        }
        match self.floor.pick(targets.within(), &arrival.missed) {
            Some(choice) => Some(Chosen { step, targets, choice: Some(choice) }),
            None => {
                // Who is not asked again (DIV-7) may be who could serve the others.
                if arrival.missed.is_empty() {
                    full.push(targets);
                }
                None
            }
        }
    }
}
