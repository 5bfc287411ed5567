//! One reception that asks for an owner: the gate, the pipeline, the queue, offline handling. Reads only.

use super::Dispatcher;
use super::choose::{Chosen, Targets};
use super::explain::Decided;
use super::floor::{Floor, Within};
use super::slot::{Place, Slot};
use crate::domain::conversation::{self, Handover, Say};
use crate::domain::diversion::{Greeting, Preference, Welcome};
use crate::domain::event::{Arrival, Event, Handing, Heard};
use crate::domain::explain::{Cause, Closed, Explanation, Outcome, Step};
use crate::domain::guard::Guard;
use crate::domain::id::{AgentNo, Millis, ReceptionNo};
use crate::domain::offline::Way;
use crate::domain::{Decision, Effect};

impl Dispatcher {
    /// DIV-1.1: nobody is here, and nobody may be coming back.
    fn gate_closed(&self) -> bool {
        self.settings.gate && self.floor.online() == 0 && self.reopening.is_none()
    }

    /// DIV-1 for one reception, explained.
    pub(super) fn place(&self, arrival: &Arrival, cause: Cause, from: Option<AgentNo>, now: Millis) -> Explanation {
        if self.gate_closed() {
            let used = self.settings.preferences.contains(&Preference::RecentContact) && arrival.group.is_none();
            let recent = || self.prefer(Preference::RecentContact, &self.floor, arrival, now);
            return match used.then(recent).flatten() {
                Some(chosen) => self.chosen(&self.floor, arrival, chosen, cause, from, now),
                None => self.offline(arrival, Closed::NobodyOnline, Targets::Listed(Within::Everyone), cause, from, now),
            };
        }
        let chosen = self.choose(&self.floor, arrival, now);
        if chosen.choice.is_none() && self.queue.len() >= self.settings.queue.length_max as usize {
            return self.offline(arrival, Closed::QueueFull, chosen.targets, cause, from, now);
        }
        self.chosen(&self.floor, arrival, chosen, cause, from, now)
    }

    /// What the pipeline found; nobody: the queue.
    pub(super) fn chosen(
        &self,
        floor: &Floor,
        arrival: &Arrival,
        chosen: Chosen,
        cause: Cause,
        from: Option<AgentNo>,
        now: Millis,
    ) -> Explanation {
        let Chosen { step, targets, choice } = chosen;
        let (outcome, group) = match choice {
            Some((agent, group)) => (Outcome::Owned(agent), group),
            None => (Outcome::Queued, None),
        };
        self.explain(floor, Decided { arrival, cause, step, targets, outcome, group, from }, now)
    }

    /// OFF-1: the way the shop chose. A capacity is never exceeded (DIV-4): beyond it there is the pool.
    /// `targets`: within whom somebody was sought before.
    pub(super) fn offline(
        &self,
        arrival: &Arrival,
        why: Closed,
        targets: Targets,
        cause: Cause,
        from: Option<AgentNo>,
        now: Millis,
    ) -> Explanation {
        let way = self.settings.offline.way;
        let named = match way {
            Way::Pool => None,
            Way::Deputy(agent) => Some(agent),
            Way::MainAccount => self.floor.desks().find(|(_, d)| d.post.main && d.settings.enabled).map(|(agent, _)| agent),
        };
        // Who has it already keeps it: its place is its own.
        let able = |a: &AgentNo| self.floor.desk(*a).is_some_and(|d| d.settings.enabled && (!d.full() || from == Some(*a)));
        let outcome = named.filter(able).map_or(Outcome::Pooled, Outcome::Owned);
        self.explain(&self.floor, Decided { arrival, cause, step: Step::Offline { why, way }, targets, outcome, group: None, from }, now)
    }

    /// The decision as event and effect: what to store, and what to tell the conversation.
    pub(super) fn decided(&self, mut arrival: Arrival, why: Explanation, say: Option<Say>) -> (Event, Effect) {
        arrival.decision += 1;
        let effect = self.told(&arrival, &why, say);
        (Event::Routed { arrival, why }, effect)
    }

    /// What the conversation is told of a decision.
    pub(super) fn told(&self, arrival: &Arrival, why: &Explanation, say: Option<Say>) -> Effect {
        let (conversation, reception) = (arrival.conversation, arrival.reception);
        let how = handing(why);
        let say = say.or_else(|| match &why.step {
            Step::Offline { .. } if !self.settings.offline.text.is_empty() => Some(Say::OffHours(self.settings.offline.text.clone())),
            _ => None,
        });
        let over_capacity = match &why.cause {
            Cause::Person { over_capacity, .. } => Some(*over_capacity),
            _ => None,
        };
        let (decision, welcome) = (arrival.decision, self.welcome(why));
        let handover =
            Handover { how, say, keywords: arrival.facts.keywords.clone(), decision, over_capacity, welcome, guard: Guard::usual() };
        let command = match why.outcome {
            Outcome::Owned(agent) => conversation::Command::Own { reception, agent, group: why.group, handover },
            Outcome::Queued => {
                let (group, priority, arrived) = (arrival.group, arrival.priority, arrival.arrived);
                let before = self.queue.range(..(priority, arrived, conversation));
                let ahead = before.filter(|(_, _, other)| *other != conversation).count() as u32;
                conversation::Command::Queue { reception, group, arrived, priority, ahead, handover }
            }
            Outcome::Pooled => conversation::Command::Pool { reception, last: arrival.last, handover },
        };
        Effect::Conversation(self.scope(), conversation, command)
    }

    /// 欢迎语 for whoever receives it (TXT-4): of the group it counts in, or of the shop; and the agent's own.
    fn welcome(&self, why: &Explanation) -> Vec<String> {
        let Outcome::Owned(agent) = why.outcome else { return Vec::new() };
        let Welcome { text, order } = &self.settings.welcome;
        let of_group = why.group.and_then(|group| self.floor.group(group)).map(|group| &group.settings.welcome);
        let team = of_group.filter(|welcome| !welcome.is_empty()).unwrap_or(text).as_str();
        let own = self.floor.desk(agent).map_or("", |desk| desk.settings.welcome.as_str());
        let said = match order {
            Greeting::TeamFirst => [team, own],
            Greeting::OwnFirst => [own, team],
            Greeting::TeamOnly => [team, ""],
            Greeting::OwnOnly => [own, ""],
            Greeting::None => ["", ""],
        };
        said.into_iter().filter(|welcome| !welcome.is_empty()).map(str::to_owned).collect()
    }

    /// A reception asks for an owner, or what is known of it changed.
    pub(super) fn route(&self, mut arrival: Arrival, text: Option<String>, now: Millis) -> Decision {
        let known = self.slots.get(&arrival.conversation);
        if known.is_some_and(|s| s.arrival.reception > arrival.reception) {
            return Decision::default();
        }
        let known = known.filter(|s| s.arrival.reception == arrival.reception);
        let wrote = text.is_some();
        if let Some(text) = text {
            arrival.facts.add_keywords(self.compiled.keywords(&text));
        }
        if let Some(slot) = known {
            // News of the buyer may have left the conversation before it heard what was found in its first message.
            arrival.facts.add_keywords(slot.arrival.facts.keywords.clone());
        }
        let cause = match known.map(|s| &s.place) {
            None => Cause::Opened,
            // With an agent, or in the pool and the buyer said nothing: it stays, and is known better.
            Some(Place::Owned(_)) => return self.owned_known_better(arrival),
            Some(Place::Pooled) if !wrote => return known_better(arrival),
            Some(Place::Pooled) => {
                arrival.arrived = now;
                Cause::WroteAgain
            }
            Some(_) => Cause::FactsChanged,
        };
        // Who waits keeps the turn and the group it has.
        if let Some(slot) = known.filter(|s| matches!(s.place, Place::Queued { .. })) {
            (arrival.arrived, arrival.group) = (slot.arrival.arrived, slot.arrival.group);
        }
        // What was decided last may still be on its way to the conversation.
        if let Some(Slot { arrival: last, .. }) = known {
            (arrival.missed, arrival.decision) = (last.missed.clone(), last.decision);
        }
        let why = match cause {
            // Who waits goes on waiting where nobody can serve it: neither the gate nor the queue's length sends it away.
            Cause::FactsChanged => self.chosen(&self.floor, &arrival, self.choose(&self.floor, &arrival, now), cause, None, now),
            _ => self.place(&arrival, cause, None, now),
        };
        if why.outcome == Outcome::Pooled && known.is_some_and(|slot| slot.place == Place::Pooled) {
            // Still nobody: every message that says so would be a decision.
            return known_better(arrival);
        }
        let (event, effect) = self.decided(arrival, why, None);
        Decision::default().event(event).effect(effect)
    }

    /// It was on its way to its agent when the buyer wrote: what begins a round there moves it on as any other (DIV-6).
    fn owned_known_better(&self, arrival: Arrival) -> Decision {
        let (conversation, unanswered) = (arrival.conversation, arrival.unanswered);
        let leaves = self.slots.get(&conversation).is_some_and(|slot| self.leaves_with_round(slot, unanswered));
        let decision = known_better(arrival);
        if leaves { decision.event(Event::Heard(Heard::Loosened { conversation })) } else { decision }
    }

    /// Away for longer than the grace, or barred from serving: the buyer's next message moves an answered reception (DIV-6).
    fn leaves_with_round(&self, slot: &Slot, unanswered: Option<Millis>) -> bool {
        let begins = unanswered.is_some() && slot.arrival.unanswered.is_none();
        let gone = |agent, offline_way: bool| self.barred(agent).is_some() || self.away(agent) && !offline_way;
        begins && slot.held().is_some_and(|held| gone(held.agent, held.offline_way))
    }

    /// A round began, goes on, or was ended.
    pub(super) fn round(&self, reception: ReceptionNo, heard: Heard) -> Decision {
        let Heard::Round { conversation, unanswered, .. } = heard else { return Decision::default() };
        let Some(slot) = self.slots.get(&conversation).filter(|s| s.arrival.reception == reception) else {
            return Decision::default();
        };
        let leaves = self.leaves_with_round(slot, unanswered);
        let decision = Decision::default().event(Event::Heard(heard));
        if leaves { decision.event(Event::Heard(Heard::Loosened { conversation })) } else { decision }
    }
}

fn known_better(arrival: Arrival) -> Decision {
    Decision::default().event(Event::Heard(Heard::Known { arrival: Box::new(arrival) }))
}

/// How a reception comes to where it was sent.
pub fn handing(why: &Explanation) -> Handing {
    match (&why.cause, &why.step) {
        (_, Step::Offline { .. }) => Handing::OfflineWay,
        (Cause::Person { .. }, _) => Handing::ByPerson,
        (Cause::NoAnswer { .. }, _) => Handing::AfterNoAnswer,
        _ => Handing::ByRule,
    }
}
