//! What must be equal: the dispatcher's view and what it was told, the conversations on the disk and what was told of them.

use crate::book::{self, Book};
use crate::broken::{Checked, broken, holds};
use crate::model::{Kept, Model, Where};
use fenliu::domain::dispatcher::Roster;
use fenliu::domain::event::{Arrival, Turn};
use fenliu::domain::explain::Explanation;
use fenliu::domain::id::Millis;

impl Model {
    /// The dispatcher's own view is this one.
    pub fn agrees(&self, view: &Roster) -> Checked {
        if self.trusting {
            return Ok(());
        }
        for (id, kept) in &self.kept {
            let held = (kept.arrival.reception, kept.owner(), kept.owner().and(kept.group));
            let theirs = view.receptions.get(id).copied();
            let places = (view.pool.contains(id), view.queue.iter().any(|turn| turn.2 == *id));
            let right = (kept.place == Where::Pooled, kept.place == Where::Queued);
            holds(theirs == Some(held) && places == right, "place", || {
                format!("{id}: {kept:?}; the dispatcher says {theirs:?}, (pooled, queued) {places:?}")
            })?;
        }
        holds(view.receptions.len() == self.kept.len(), "place", || {
            format!("unknown: {:?}", view.receptions.keys().filter(|id| !self.kept.contains_key(id)).collect::<Vec<_>>())
        })?;
        let mut turns: Vec<Turn> = self.kept.values().filter(|k| k.place == Where::Queued).map(Kept::turn).collect();
        turns.sort_unstable();
        holds(turns == view.queue, "queue order", || format!("{turns:?} wait, the dispatcher says {:?}", view.queue))?;
        for (agent, seat) in &view.agents {
            let own = (self.count.load(*agent), self.count.unanswered(*agent), self.people.get(agent).map(|p| p.presence));
            let theirs = (seat.load, seat.unanswered, Some(seat.presence));
            holds(own == theirs, "load", || format!("{agent:?} has {own:?}, the dispatcher says {seat:?}"))?;
            for (group, load) in &seat.group_loads {
                let own = self.count.in_group(*agent, *group);
                holds(own == *load, "load", || format!("{agent:?} has {own} in {group:?}, the dispatcher says {load}"))?;
            }
        }
        for (group, load) in &view.group_loads {
            let own = self.count.group(*group);
            holds(own == *load, "load", || format!("{group:?} has {own}, the dispatcher says {load}"))?;
        }
        if view.agents.len() == self.people.len() { Ok(()) } else { Err(broken("load", "the dispatcher knows other people")) }
    }

    /// After a restart: what the last records assigned and a crash kept from its conversations is carried out.
    pub fn undone<'a>(&mut self, assigned: impl Iterator<Item = &'a (Arrival, Explanation)>) {
        for (arrival, why) in assigned {
            let Some(kept) = self.kept.get_mut(&arrival.conversation) else { continue };
            let cut_off = kept.arrival.reception == arrival.reception && kept.arrival.decision < arrival.decision;
            let (Some(agent), true) = (why.chosen(), cut_off) else { continue };
            (kept.place, kept.group, kept.since) = (Where::Owned(agent), why.group, why.at);
            (kept.arrival.decision, kept.arrival.group) = (arrival.decision, None);
            if let Some(person) = self.people.get_mut(&agent) {
                person.grace = Some(Millis(0));
            }
        }
        self.watch_answers();
        self.recount();
    }

    /// The conversations, as the disk has them, say what the dispatcher was told.
    pub fn same_as(&self, book: &Book) -> Checked {
        let open = book.talks.iter().filter_map(|(id, talk)| Some((id, talk.open.as_ref()?)));
        let mut count = 0;
        for (id, open) in open {
            count += 1;
            let kept = self.kept.get(id);
            let same = kept.is_some_and(|kept| {
                let place = match open.place {
                    // Not told yet where it waits; routed with the next drain.
                    book::Place::New | book::Place::Queued => kept.place == Where::Queued,
                    book::Place::Pooled => kept.place == Where::Pooled,
                    book::Place::Owned(agent) => kept.place == Where::Owned(agent) && kept.group == open.group,
                };
                let round = kept.arrival.unanswered.is_some() == open.unanswered.is_some();
                place && round && kept.arrival.reception == open.no && kept.arrival.missed == open.missed
            });
            holds(same, "agreement", || format!("{id}: the conversation is {open:?}, the dispatcher knows {kept:?}"))?;
        }
        for (agent, person) in &self.people {
            let own = book.at_work(*agent).map(|(settings, _)| settings);
            holds(own.as_ref() == Some(&person.settings), "receivable", || {
                format!("{agent:?} is {own:?}, the dispatcher knows {person:?}")
            })?;
        }
        holds(count == self.kept.len(), "agreement", || format!("the dispatcher has {}, open are {count}", self.kept.len()))
    }
}
