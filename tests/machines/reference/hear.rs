//! What the model is told, and what of it is decided at once.

use super::facts;
use super::model::{Answer, Did, Fault, Found, Held, Model, Place, Routed, Talk, Until};
use fenliu::domain::dispatcher::Command;
use fenliu::domain::event::{Arrival, Handing, Presence, Turn};
use fenliu::domain::explain::{Cause, Exclusion, Outcome, Step};
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use fenliu::domain::offline::Operator;
use fenliu::domain::refusal::Refusal;
use std::mem::take;

impl Model {
    /// One command, and serving those who wait with what it freed.
    pub fn hear(&mut self, command: &Command, now: Millis) -> (Answer, Vec<Did>) {
        let answer = self.command(command, now);
        if take(&mut self.freed) {
            self.serve(false, now);
        }
        (answer, take(&mut self.did))
    }

    fn command(&mut self, command: &Command, now: Millis) -> Answer {
        match command {
            Command::Route { arrival, text } => self.route(arrival.clone(), text.as_deref(), now),
            Command::Closed { conversation, reception } => {
                let is = |t: &Talk| t.arrival.conversation == *conversation && t.arrival.reception == *reception;
                self.freed |= self.talks.iter().any(is);
                self.talks.retain(|t| !is(t));
            }
            Command::Round { conversation, reception, unanswered, by, asked } => {
                if self.talk(*conversation).is_some_and(|t| t.arrival.reception == *reception) {
                    self.round(*conversation, *unanswered, *by, *asked, now);
                }
            }
            Command::Transfer { conversation, reception, by, to, reason, note } => {
                self.talk(*conversation).filter(|t| t.arrival.reception == *reception).ok_or(Refusal::ReceptionClosed)?;
                self.transfer(
                    *conversation,
                    *to,
                    |over_capacity| Cause::Person { by: *by, reason: reason.clone(), note: note.clone(), over_capacity },
                    now,
                )?;
            }
            Command::AssignByHand { by, conversations, to, reason } => {
                let cause = |over_capacity| Cause::Person { by: *by, reason: reason.clone(), note: "".into(), over_capacity };
                return self.assign_by_hand(Operator::Account(*by), conversations, *to, cause, now).map(Some);
            }
            Command::Present { agent, presence } => {
                let grace = Until::At(now.plus(self.settings.offline_grace_ms));
                if let Some(person) = self.people.iter_mut().find(|p| p.no == *agent) {
                    if (person.presence, *presence) == (Presence::Suspended, Presence::Online) {
                        person.misses = 0;
                    }
                    person.presence = *presence;
                    person.grace = (*presence == Presence::Offline).then_some(grace);
                }
                self.freed = true;
                if *presence != Presence::Offline && self.barred(*agent).is_some() {
                    self.give_up(*agent);
                }
            }
            Command::Staff { agent, settings, post } => {
                self.staff(*agent, settings, *post);
                if self.barred(*agent).is_some() {
                    self.give_up(*agent);
                }
            }
            Command::Group { group, settings } => {
                let index = group.0 as usize - 1;
                if index == self.groups.len() {
                    self.groups.push(settings.clone())
                } else {
                    self.groups[index] = settings.clone()
                }
                self.freed = true;
            }
            Command::Settings { settings, version } => {
                // The old schedule's slots that wait for a shop to come back were missed; the new one has missed nothing.
                if facts::schedule(settings) != facts::schedule(&self.settings) {
                    self.record_missed(facts::slots(&self.settings, self.slots_done, now).collect(), now);
                    self.slots_done = self.slots_done.max(now);
                }
                (self.settings, self.version) = ((**settings).clone(), *version);
                self.freed = true;
            }
            Command::Drain | Command::Wake => unreachable!("the dispatcher's own"),
        }
        Ok(None)
    }

    /// A reception asks for an owner, its buyer wrote in the pool, or what is known of the buyer changed.
    fn route(&mut self, mut arrival: Arrival, text: Option<&str>, now: Millis) {
        if let Some(text) = text {
            let found = facts::keywords(&self.settings, text);
            arrival.facts.keywords = facts::sorted(arrival.facts.keywords.iter().chain(&found));
        }
        let known = self.talk(arrival.conversation).cloned();
        if known.as_ref().is_some_and(|t| t.arrival.reception > arrival.reception) {
            return;
        }
        let Some(known) = known.filter(|t| t.arrival.reception == arrival.reception) else {
            let found = self.place(&arrival, None, now);
            return self.put(arrival, found, Cause::Opened, None, now);
        };
        // What is known is news wherever it is; where it is, the dispatcher knows better.
        let kept = &known.arrival;
        (arrival.arrived, arrival.group, arrival.missed, arrival.decision) = (kept.arrived, kept.group, kept.missed.clone(), kept.decision);
        // A word once found was written, though the news do not know of it yet.
        arrival.facts.keywords = facts::sorted(arrival.facts.keywords.iter().chain(&kept.facts.keywords));
        match known.place {
            Place::Owned(held) => {
                let begins = kept.unanswered.is_none() && arrival.unanswered.is_some();
                self.learn(arrival.clone());
                self.begun(arrival.conversation, begins, &held);
            }
            Place::Leaving { .. } => self.learn(arrival),
            Place::Pooled => {
                let found = self.place(&Arrival { arrived: now, ..arrival.clone() }, None, now);
                // News of the buyer alone, or nobody who could take it: it stays.
                if text.is_none() || found.is_offline() && found.choice.is_none() {
                    return self.learn(arrival);
                }
                self.put(Arrival { arrived: now, ..arrival }, found, Cause::WroteAgain, None, now);
            }
            Place::Queued { .. } => {
                // Who waits goes on waiting: neither the gate nor the queue's length sends it away.
                let found = self.choose(&arrival, now);
                self.put(arrival, found, Cause::FactsChanged, None, now);
            }
        }
    }

    fn learn(&mut self, arrival: Arrival) {
        if let Some(talk) = self.talk_mut(arrival.conversation) {
            talk.arrival = arrival;
        }
    }

    fn round(&mut self, conversation: ConversationId, unanswered: Option<Millis>, by: Option<AgentNo>, asked: Option<Millis>, now: Millis) {
        self.people.iter_mut().filter(|p| Some(p.no) == by).for_each(|p| p.misses = 0);
        let Some(talk) = self.talk_mut(conversation) else { return };
        let was = talk.arrival.unanswered;
        talk.arrival.unanswered = unanswered;
        talk.arrival.asked = asked.or(talk.arrival.asked);
        match by {
            Some(agent) => talk.arrival.recent = Some((agent, now)),
            None => talk.arrival.last = now,
        }
        let Place::Owned(held) = &mut talk.place else {
            // It waits, and DIV-1.2 may have changed.
            self.freed = true;
            return;
        };
        if by == Some(held.agent) {
            (held.answered, held.offline_way) = (true, false);
        }
        let (begins, held) = (was.is_none() && unanswered.is_some(), held.clone());
        self.begun(conversation, begins, &held);
    }

    /// DIV-6: an answered one waited for the buyer's next message.
    fn begun(&mut self, conversation: ConversationId, begins: bool, held: &Held) {
        if begins && (self.barred(held.agent).is_some() || self.away(held.agent) && !held.offline_way) {
            self.leave(conversation);
        }
    }

    /// It looks for somebody else than its agent.
    pub fn leave(&mut self, conversation: ConversationId) {
        if let Some(talk) = self.talk_mut(conversation)
            && let Some(from) = talk.owner()
        {
            talk.place = Place::Leaving { from };
            self.freed = true;
        }
    }

    /// What this agent has not answered, but for what the offline way gave it while it may answer (DIV-6, OFF-1).
    pub fn give_up(&mut self, agent: AgentNo) {
        let barred = self.barred(agent).is_some();
        let leaves = |t: &&Talk| t.arrival.unanswered.is_some() && t.held().is_some_and(|h| h.agent == agent && (barred || !h.offline_way));
        let leaving: Vec<ConversationId> = self.talks.iter().filter(leaves).map(|t| t.arrival.conversation).collect();
        leaving.into_iter().for_each(|conversation| self.leave(conversation));
    }

    /// Why it serves nobody (GRD-8), whether here or not.
    pub fn barred(&self, agent: AgentNo) -> Option<Exclusion> {
        let person = self.person(agent).filter(|p| !p.settings.enabled && self.fault != Fault::BarredKeeps)?;
        Some(person.post.barred.unwrap_or(Exclusion::Disabled))
    }

    /// Offline, and no grace is running.
    fn away(&self, agent: AgentNo) -> bool {
        self.person(agent).is_none_or(|p| p.presence == Presence::Offline && p.grace.is_none())
    }

    /// Carries out a decision and notes what it must look like.
    pub fn put(&mut self, mut arrival: Arrival, found: Found, cause: Cause, from: Option<AgentNo>, now: Millis) {
        arrival.decision += 1;
        let before = self.talk(arrival.conversation).map(|t| t.place.clone());
        let outcome = match found.choice {
            Some((agent, _)) => Outcome::Owned(agent),
            None if found.is_offline() => Outcome::Pooled,
            None => Outcome::Queued,
        };
        let group = found.choice.and_then(|(_, group)| group);
        let how = match (&found.step, &cause) {
            (Step::Offline { .. }, _) => Handing::OfflineWay,
            (_, Cause::Person { .. }) => Handing::ByPerson,
            (_, Cause::NoAnswer { .. }) => Handing::AfterNoAnswer,
            _ => Handing::ByRule,
        };
        let turn = (arrival.priority, arrival.arrived, arrival.conversation);
        let before_it = |t: &&Turn| **t < turn && t.2 != arrival.conversation;
        let ahead = (outcome == Outcome::Queued).then(|| self.queue().iter().filter(before_it).count() as u32);
        let seen = self.seen(&arrival, &found, &cause, from);
        let routed = Routed {
            arrival: arrival.clone(),
            at: now,
            cause: cause.clone(),
            step: found.step.clone(),
            from,
            outcome,
            group,
            strategy: self.settings.strategy,
            queue_len: self.queue().len() as u32,
            seen,
            how,
            ahead,
        };
        self.did.push(Did::Routed(Box::new(routed)));
        let left_the_pool = before == Some(Place::Pooled) && found.choice.is_some();
        self.reached += u32::from(left_the_pool && !matches!(cause, Cause::Slot { .. }));
        if matches!(cause, Cause::NoAnswer { .. }) {
            self.people.iter_mut().filter(|p| Some(p.no) == from).for_each(|p| p.misses += 1);
        }
        self.freed |= matches!(before, Some(Place::Owned(_)));
        self.talks.retain(|t| t.arrival.conversation != arrival.conversation);
        let since = if let Some(Place::Queued { since }) = before { since } else { now };
        let offline_way = found.is_offline();
        let place = match outcome {
            Outcome::Queued => Place::Queued { since },
            // Nobody named this one's group any more: it waits for no group.
            Outcome::Pooled | Outcome::Owned(_) => {
                arrival.group = None;
                match outcome {
                    Outcome::Owned(agent) => {
                        self.receives(agent);
                        Place::Owned(Held { agent, group, since: now, answered: false, offline_way, missed_at: Millis(0) })
                    }
                    _ => Place::Pooled,
                }
            }
        };
        self.talks.push(Talk { arrival, place });
    }
}
