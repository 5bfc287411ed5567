//! What has happened, applied: the slots and every order they stand in. Total; nothing here decides.
//!
//! Invariant: a reception stands in exactly the orders of its place, because it enters and leaves them in `insert` and `remove`.

use super::slot::{Held, Place, Slot};
use super::{Dispatcher, GRACE_TO_BEGIN, window};
use crate::domain::conversation::{self, Conversation};
use crate::domain::diversion::compile::Compiled;
use crate::domain::diversion::{Group, Settings};
use crate::domain::event::{AgentSettings, Arrival, Heard, Post, Presence, Turn};
use crate::domain::explain::{Cause, Exclusion, Explanation, Outcome, Step};
use crate::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope};
use crate::domain::offline::{Firing, Run};
use crate::domain::schedule::{self, Zone};

/// What a dispatcher is rebuilt from.
#[derive(Debug, Default)]
pub struct Kept {
    pub settings: Box<Settings>,
    pub version: u32,
    /// Since when they have the schedule they have: no slot before then was theirs.
    pub schedule_at: Millis,
    /// The last slot that was carried out or recorded as missed.
    pub last_slot: Option<Millis>,
    /// Group n is at n − 1.
    pub groups: Vec<Group>,
    pub agents: Vec<(AgentNo, AgentSettings, Post)>,
    /// Every conversation with an open reception.
    pub open: Vec<Conversation>,
    /// The assignments of the last records (OFF-7), oldest first; those whose conversation does not follow them were cut off.
    pub assigned: Vec<(Arrival, Explanation)>,
}

impl Dispatcher {
    /// The dispatcher of a shop from what is stored. Everybody is offline until their devices connect.
    pub fn restore(scope: ShopScope, kept: Kept) -> Dispatcher {
        let mut this = Dispatcher { at: Some(scope), ..Dispatcher::default() };
        let slots_done = kept.last_slot.unwrap_or_default().max(kept.schedule_at);
        this.set_settings(kept.settings, kept.version, slots_done);
        for (index, settings) in kept.groups.into_iter().enumerate() {
            this.floor.set_group(GroupNo(index as u32 + 1), settings);
        }
        if !kept.agents.is_empty() {
            this.reopening = Some(GRACE_TO_BEGIN);
        }
        for (agent, settings, post) in kept.agents {
            this.set_staff(agent, settings, post);
        }
        let mut open = kept.open;
        // Who received last stands last.
        open.sort_by_key(|head| head.open.as_ref().map(|reception| reception.placed_at));
        for slot in open.iter().filter_map(slot_of) {
            if let Some(owner) = slot.owner() {
                // The grace runs from the moment the shop is looked at again: sockets need time to come back.
                this.graces.insert((GRACE_TO_BEGIN, owner));
            }
            this.insert(slot);
        }
        for (recorded, why) in kept.assigned {
            let cut_off = |s: &&Slot| s.arrival.reception == recorded.reception && s.arrival.decision < recorded.decision;
            let Some(slot) = this.slots.get(&recorded.conversation).filter(cut_off) else { continue };
            // The conversation knows more than the record: what the buyer wrote since.
            let arrival = Arrival { decision: recorded.decision, group: None, ..slot.arrival.clone() };
            this.routed(&arrival, &why);
            this.graces.extend(why.chosen().map(|agent| (GRACE_TO_BEGIN, agent)));
            this.undone.push((arrival, why));
        }
        this.reached = 0;
        this.freed = true;
        this
    }

    pub(super) fn scope(&self) -> ShopScope {
        self.at.expect("a dispatcher is placed when it is activated")
    }

    fn set_settings(&mut self, settings: Box<Settings>, version: u32, at: Millis) {
        self.compiled = Compiled::new(&settings);
        self.zone = Zone::named(&settings.zone).unwrap_or_default();
        self.floor.set_order(settings.strategy, settings.busy_above);
        // A new schedule has missed nothing; the same one goes on.
        if settings.schedule() != self.settings.schedule() || self.slots_done == Millis(0) {
            self.slots_done = self.slots_done.max(at);
        }
        (self.settings, self.version) = (settings, version);
        self.schedule();
        self.watch_windows(at);
        let rule = &self.settings.no_answer;
        self.answers.clear();
        for (conversation, slot) in &mut self.slots {
            let due = slot.answer_due(rule);
            self.answers.extend(due.map(|due| (due, *conversation)));
            if let Place::Owned(held) = &mut slot.place {
                held.due = due;
            }
        }
    }

    fn schedule(&mut self) {
        let automatic = &self.settings.offline.automatic;
        self.next_slot =
            if automatic.on { schedule::next_slot(&self.zone, &automatic.windows, automatic.slot_min, self.slots_done) } else { None };
    }

    fn set_staff(&mut self, agent: AgentNo, settings: AgentSettings, post: Post) {
        let mut group_loads = vec![0; settings.groups.len()];
        let owned = self.owned.get(&agent).into_iter().flatten();
        for counted in owned.filter_map(|c| self.slots.get(c)?.held()?.group) {
            if let Some(place) = settings.groups.iter().position(|(g, _)| *g == counted) {
                group_loads[place] += 1;
            }
        }
        self.floor.set_staff(agent, settings, post, group_loads);
    }

    /// Why this agent serves nobody, whatever its presence.
    pub(super) fn barred(&self, agent: AgentNo) -> Option<Exclusion> {
        self.floor.desk(agent)?.barred()
    }

    fn insert(&mut self, slot: Slot) {
        let (conversation, turn) = (slot.arrival.conversation, slot.turn());
        match &slot.place {
            Place::Queued { since } => {
                self.queue.insert(turn);
                self.waits.insert((*since, conversation));
                self.windows.extend(window::ends(&self.settings, &slot.arrival));
            }
            Place::Moving { .. } => drop(self.moving.insert(turn)),
            Place::Pooled => self.pool.insert(conversation, slot.arrival.last, slot.arrival.asked),
            Place::Owned(held) => {
                self.floor.give(held.agent, held.group, slot.arrival.unanswered.is_some());
                self.owned.entry(held.agent).or_default().insert(conversation);
            }
        }
        self.slots.insert(conversation, slot);
        self.watch_answer(conversation);
    }

    fn remove(&mut self, conversation: ConversationId) -> Option<Slot> {
        let slot = self.slots.remove(&conversation)?;
        match &slot.place {
            Place::Queued { since } => {
                self.queue.remove(&slot.turn());
                self.waits.remove(&(*since, conversation));
                for end in window::ends(&self.settings, &slot.arrival) {
                    self.windows.remove(&end);
                }
            }
            Place::Moving { .. } => drop(self.moving.remove(&slot.turn())),
            Place::Pooled => self.pool.remove(conversation, slot.arrival.last, slot.arrival.asked),
            Place::Owned(held) => {
                self.floor.take(held.agent, held.group, slot.arrival.unanswered.is_some());
                if let Some(owned) = self.owned.get_mut(&held.agent) {
                    owned.remove(&conversation);
                }
                if let Some(due) = held.due {
                    self.answers.remove(&(due, conversation));
                }
            }
        }
        Some(slot)
    }

    /// When its agent loses it (DIV-7).
    fn watch_answer(&mut self, conversation: ConversationId) {
        let Some(slot) = self.slots.get_mut(&conversation) else { return };
        let due = slot.answer_due(&self.settings.no_answer);
        let Place::Owned(held) = &mut slot.place else { return };
        if let Some(old) = std::mem::replace(&mut held.due, due) {
            self.answers.remove(&(old, conversation));
        }
        self.answers.extend(due.map(|due| (due, conversation)));
    }

    /// The reception is where the decision put it; wherever it was before, it is no longer.
    pub(super) fn routed(&mut self, arrival: &Arrival, why: &Explanation) {
        self.woken = self.woken.max(why.at);
        let before = self.remove(arrival.conversation);
        if let (Cause::NoAnswer { .. }, Some(from)) = (&why.cause, why.from) {
            self.floor.missed(from);
        }
        let left_the_pool = before.as_ref().is_some_and(|s| s.place == Place::Pooled) && matches!(why.outcome, Outcome::Owned(_));
        self.reached += u32::from(left_the_pool && !matches!(why.cause, Cause::Slot { .. }));
        let since = match before.as_ref().map(|s| &s.place) {
            Some(Place::Queued { since }) => *since,
            _ => why.at,
        };
        let mut arrival = arrival.clone();
        let place = match why.outcome {
            Outcome::Queued => Place::Queued { since },
            Outcome::Pooled => {
                arrival.group = None;
                Place::Pooled
            }
            Outcome::Owned(agent) => {
                arrival.group = None;
                let offline_way = matches!(why.step, Step::Offline { .. });
                Place::Owned(Held { agent, group: why.group, since: why.at, answered: false, offline_way, missed_at: None, due: None })
            }
        };
        self.insert(Slot { arrival, place });
        if before.is_some_and(|s| s.held().is_some()) {
            self.free();
        }
    }

    /// A place is free: the next drain begins with the first who waits.
    fn free(&mut self) {
        self.freed = true;
        self.drained_to = None;
    }

    /// It looks for somebody else than its agent.
    fn loosen(&mut self, conversation: ConversationId) {
        let Some(mut slot) = self.remove(conversation) else { return };
        if let Some(from) = slot.owner() {
            let cause = self.barred(from).map_or(Cause::AgentOffline, |why| Cause::AgentBarred { why });
            slot.place = Place::Moving { from, cause };
        }
        self.insert(slot);
        self.free();
    }

    /// A firing was carried out, or recorded as missed.
    pub(super) fn assigned(&mut self, run: &Run) {
        match run.firing {
            Firing::Slot(slot) | Firing::Late(slot) => {
                self.slots_done = slot;
                self.reached = 0;
            }
            Firing::Missed { last, .. } => self.slots_done = last,
            Firing::ByHand => return,
        }
        self.schedule();
    }

    fn round_heard(&mut self, heard: &Heard) {
        let Heard::Round { conversation, unanswered, by, asked, at } = heard else { return };
        if let Some(agent) = by {
            self.floor.answered(*agent);
        }
        let Some(slot) = self.slots.get_mut(conversation) else { return };
        if !matches!(slot.place, Place::Owned(_)) {
            // It was on its way there when somebody wrote: what is known changes its place among those who wait.
            let mut arrival = slot.arrival.clone();
            (arrival.unanswered, arrival.asked) = (*unanswered, asked.or(arrival.asked));
            arrival.recent = by.map(|agent| (agent, *at)).or(arrival.recent);
            arrival.last = if unanswered.is_some() { *at } else { arrival.last };
            self.known(&arrival);
            return self.free();
        }
        let was = std::mem::replace(&mut slot.arrival.unanswered, *unanswered).is_some();
        match (unanswered, by) {
            (None, Some(agent)) => slot.arrival.recent = Some((*agent, *at)),
            (Some(_), _) => slot.arrival.last = *at,
            (None, None) => {}
        }
        slot.arrival.asked = asked.or(slot.arrival.asked);
        let Place::Owned(held) = &mut slot.place else { return };
        if unanswered.is_none() && *by == Some(held.agent) {
            (held.answered, held.offline_way) = (true, false);
        }
        self.floor.round(held.agent, was, unanswered.is_some());
        self.watch_answer(*conversation);
    }

    /// What is known of it now; its place, and what it has there, stay.
    fn known(&mut self, arrival: &Arrival) {
        let Some(slot) = self.slots.get_mut(&arrival.conversation).filter(|s| s.arrival.reception == arrival.reception) else { return };
        let kept = &slot.arrival;
        let (arrived, group, missed, decision) = (kept.arrived, kept.group, kept.missed.clone(), kept.decision);
        let was = kept.unanswered.is_some();
        let arrival = Arrival { arrived, group, missed, decision, ..arrival.clone() };
        let is = arrival.unanswered.is_some();
        if let Place::Owned(held) = &slot.place {
            let agent = held.agent;
            slot.arrival = arrival.clone();
            self.floor.round(agent, was, is);
            self.watch_answer(arrival.conversation);
        } else if let Some(slot) = self.remove(arrival.conversation) {
            self.insert(Slot { arrival, ..slot });
        }
    }

    fn set_presence(&mut self, agent: AgentNo, presence: Presence, at: Millis) {
        self.floor.set_presence(agent, presence);
        self.graces.retain(|(_, a)| *a != agent);
        if presence == Presence::Offline {
            self.graces.insert((at.plus(self.settings.offline_grace_ms), agent));
        } else if self.barred(agent).is_some() {
            // A crash may have come between its standing and this.
            self.give_up(agent);
        }
    }

    pub(super) fn hear(&mut self, heard: &Heard) {
        match heard {
            Heard::Closed { conversation } => drop(self.remove(*conversation)),
            Heard::Round { .. } => return self.round_heard(heard),
            Heard::Known { arrival } => return self.known(arrival),
            Heard::Presence { agent, presence, at } => self.set_presence(*agent, *presence, *at),
            Heard::GraceOver { agent } => return self.grace_over(*agent),
            Heard::GracesBegin { at } => return self.graces_begin(*at),
            Heard::Reopened => {
                self.reopening = None;
                self.sweep = self.settings.gate && self.floor.online() == 0 && !self.queue.is_empty();
            }
            Heard::Loosened { conversation } => return self.loosen(*conversation),
            Heard::Missed { conversation, agent, at } => {
                self.floor.missed(*agent);
                if let Some(Slot { place: Place::Owned(held), .. }) = self.slots.get_mut(conversation) {
                    held.missed_at = Some(*at);
                }
                return self.watch_answer(*conversation);
            }
            Heard::Staff { agent, settings, post } => {
                self.set_staff(*agent, settings.clone(), *post);
                if self.barred(*agent).is_some() {
                    self.give_up(*agent);
                }
            }
            Heard::Group { group, settings } => self.floor.set_group(*group, settings.clone()),
            Heard::Settings { settings, version, at } => self.set_settings(settings.clone(), *version, *at),
            Heard::WindowsPassed { at } => {
                self.windows = self.windows.split_off(&window::first_after(*at));
                self.watch_week(*at);
                self.schedule();
            }
            Heard::Drained { next } => return self.drained(*next),
            Heard::CarriedOut => return self.undone.clear(),
            Heard::Woken { at } => return self.woken = self.woken.max(*at),
            Heard::Devices { .. } | Heard::Role { .. } | Heard::Answered(_) => return,
        }
        self.free();
    }

    fn drained(&mut self, next: Option<Turn>) {
        self.drained_to = next;
        self.freed &= next.is_some();
        self.sweep &= next.is_some();
    }

    fn grace_over(&mut self, agent: AgentNo) {
        self.graces.retain(|(_, a)| *a != agent);
        self.give_up(agent);
    }

    /// What it has not answered looks for somebody else (DIV-6). What came to it by the offline way stays, unless it may not answer.
    fn give_up(&mut self, agent: AgentNo) {
        let owned = self.owned.get(&agent).into_iter().flatten();
        let barred = self.barred(agent).is_some();
        let leaves = |c: &&ConversationId| {
            self.slots.get(c).is_some_and(|s| s.arrival.unanswered.is_some() && s.held().is_some_and(|held| barred || !held.offline_way))
        };
        for conversation in owned.filter(leaves).copied().collect::<Vec<_>>() {
            self.loosen(conversation);
        }
    }

    fn graces_begin(&mut self, at: Millis) {
        let ends = at.plus(self.settings.offline_grace_ms);
        let begins = |due: Millis| if due == GRACE_TO_BEGIN { ends } else { due };
        self.graces = self.graces.iter().map(|(due, agent)| (begins(*due), *agent)).collect();
        self.reopening = self.reopening.map(begins);
    }
}

/// The slot of a conversation with an open reception. One that was never placed waits: it is routed with the next drain.
fn slot_of(head: &Conversation) -> Option<Slot> {
    let arrival = head.arrival()?;
    let open = head.open.as_ref()?;
    let place = match open.place {
        conversation::Place::New => Place::Queued { since: open.opened_at },
        conversation::Place::Queued => Place::Queued { since: open.placed_at },
        conversation::Place::Pooled => Place::Pooled,
        conversation::Place::Owned(agent) => Place::Owned(Held {
            agent,
            group: open.group,
            since: open.placed_at,
            answered: open.answered,
            offline_way: open.offline_way,
            missed_at: None,
            due: None,
        }),
    };
    Some(Slot { arrival, place })
}
