//! What the dispatcher would do: routing, serving those who wait, moving what an absent agent had, passing on. Reads only.

use super::plan::{Plan, Within};
use super::{Dispatcher, GRACE_TO_BEGIN, TransferTo};
use crate::domain::conversation::{self, Transfer};
use crate::domain::event::{Arrival, Event, Heard, Presence};
use crate::domain::explain::{Explanation, Step};
use crate::domain::id::{AgentNo, ConversationId, Millis, ReceptionNo};
use crate::domain::refusal::Refusal;
use crate::domain::{Answer, Decision, Effect};

impl Dispatcher {
    /// The decision as event and effect: what to store, and what to tell the conversation.
    fn decided(&self, arrival: Arrival, why: Explanation, transfer: Option<Transfer>) -> (Event, Effect) {
        let (conversation, reception) = (arrival.conversation, arrival.reception);
        let command = match why.chosen {
            Some(agent) => conversation::Command::Own { reception, agent, group: why.group, transfer },
            None => conversation::Command::Queue { reception, group: arrival.group, transfer },
        };
        (Event::Routed { arrival, why }, Effect::Conversation(self.scope(), conversation, command))
    }

    pub(super) fn route(&self, arrival: Arrival, now: Millis) -> Decision {
        if self.slots.get(&arrival.conversation).is_some_and(|s| (s.arrival.reception, s.owner.is_some()) > (arrival.reception, false)) {
            return Decision::default();
        }
        let why = Plan::new(self).place(&arrival, None, false, now);
        let (event, effect) = self.decided(arrival, why, None);
        Decision::default().event(event).effect(effect)
    }

    /// DIV-5, DIV-6: gives what is free to those who wait and to those who must leave their agent, oldest first; whoever must
    /// leave and finds nobody waits. A target that had nobody once in this pass has nobody for the younger ones either, and
    /// once nobody in the shop has room only a recent contact (DIV-1.2) is looked at.
    pub(super) fn serve(&self, moving: Vec<(AgentNo, Arrival)>, mut decision: Decision, now: Millis) -> Decision {
        let mut plan = Plan::new(self);
        for (agent, arrival) in &moving {
            plan.leave(*agent, self.slots.get(&arrival.conversation).and_then(|s| s.counted_in));
        }
        let waiting = self.queue.iter().filter_map(|(_, conversation)| Some((None, &self.slots.get(conversation)?.arrival)));
        let mut turn: Vec<(Option<AgentNo>, &Arrival)> = waiting.chain(moving.iter().map(|(a, arrival)| (Some(*a), arrival))).collect();
        if !moving.is_empty() {
            turn.sort_by_key(|(_, arrival)| (arrival.arrived, arrival.conversation));
        }
        let mut full: Vec<Within> = Vec::new();
        let mut nobody = false;
        for (from, arrival) in turn {
            let within = plan.applies(arrival).1;
            if from.is_none() && (nobody || full.contains(&within)) && plan.recent(arrival, now).is_none() {
                continue;
            }
            let why = plan.place(arrival, from, from.is_none(), now);
            if why.chosen.is_none() {
                full.push(within);
                nobody = nobody || plan.pick(Within::Everyone).is_none();
                if from.is_none() {
                    continue;
                }
            }
            let (event, effect) = self.decided(arrival.clone(), why, None);
            decision.events.push(event);
            decision.effects.push(effect);
        }
        decision
    }

    pub(super) fn wake(&self, now: Millis) -> Decision {
        let mut decision = Decision::default();
        let mut moving = Vec::new();
        for &(due, agent) in self.graces.iter().take_while(|(due, _)| *due <= now) {
            if due == GRACE_TO_BEGIN {
                decision.events.push(Event::Heard(Heard::Presence { agent, presence: Presence::Offline, at: now }));
                continue;
            }
            decision.events.push(Event::Heard(Heard::GraceOver { agent }));
            let owned = self.desk(agent).into_iter().flat_map(|d| &d.owned).filter_map(|c| self.slots.get(c));
            moving.extend(owned.filter(|s| s.arrival.unanswered).map(|s| (agent, s.arrival.clone())));
        }
        if self.windows.first().is_some_and(|(due, _)| *due <= now) {
            decision.events.push(Event::Heard(Heard::WindowsPassed { at: now }));
        }
        if moving.is_empty() { decision } else { self.serve(moving, decision, now) }
    }

    pub(super) fn round(&self, conversation: ConversationId, reception: ReceptionNo, unanswered: bool, now: Millis) -> Decision {
        let Some(slot) = self.slots.get(&conversation).filter(|s| s.arrival.reception == reception) else {
            return Decision::default();
        };
        let decision = Decision::default().event(Event::Heard(Heard::Round { conversation, unanswered }));
        match slot.owner {
            // Away for longer than the grace: the buyer's next message moves an answered reception (DIV-6).
            Some(owner) if unanswered && self.away(owner) => {
                self.serve(vec![(owner, Arrival { unanswered, ..slot.arrival.clone() })], decision, now)
            }
            _ => decision,
        }
    }

    fn away(&self, agent: AgentNo) -> bool {
        self.desk(agent).is_none_or(|d| d.presence == Presence::Offline) && !self.graces.iter().any(|(_, a)| *a == agent)
    }

    #[allow(clippy::too_many_arguments)] // the fields of one command
    pub(super) fn transfer(
        &self,
        conversation: ConversationId,
        reception: ReceptionNo,
        by: AgentNo,
        to: TransferTo,
        reason: String,
        note: String,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        let slot = self.slots.get(&conversation).filter(|s| s.arrival.reception == reception).ok_or(Refusal::ReceptionClosed)?;
        let mut arrival = slot.arrival.clone();
        let plan = Plan::new(self);
        let mut over_capacity = false;
        let one;
        let (within, choice) = match &to {
            TransferTo::Agent(agent) => {
                let desk = self.desk(*agent).filter(|d| d.settings.enabled).ok_or(Refusal::NotFound { what: "agent" })?;
                if slot.owner == Some(*agent) {
                    return Err(Refusal::Invalid { field: "agent", problem: "this agent has the conversation already".into() });
                }
                if desk.presence == Presence::Offline {
                    return Err(Refusal::AgentNotOnline);
                }
                over_capacity = plan.full(*agent, desk);
                arrival.group = None;
                one = [*agent];
                (Within::Agents(&one), Some((*agent, None)))
            }
            TransferTo::Group(group) => {
                let (known, _) = self.groups.get_key_value(group).ok_or(Refusal::NotFound { what: "group" })?;
                arrival.group = Some(*group);
                let within = Within::Groups(std::slice::from_ref(known));
                let colleague = plan.pick_but(within, slot.owner);
                let mut without = Plan::new(self);
                slot.owner.iter().for_each(|owner| without.leave(*owner, slot.counted_in));
                if colleague.is_none() && without.pick(within).is_some() && without.pick_but(within, slot.owner).is_none() {
                    // It would come straight back from the queue.
                    let problem = "nobody else of this group can take it now".into();
                    return Err(Refusal::Invalid { field: "group", problem });
                }
                (within, colleague)
            }
        };
        let step = Step::Transferred { by, reason: reason.clone(), note: note.clone(), over_capacity };
        let why = plan.explain(step, within, choice, slot.owner, false, now);
        let (event, effect) = self.decided(arrival, why, Some(Transfer { by, reason, over_capacity }));
        Ok(Decision { answer: Answer::Forward(effect), ..Decision::default() }.event(event))
    }
}
