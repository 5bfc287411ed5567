//! What a person decides: passing a reception on (DIV-8), assigning out of the pool (OFF-2). Only a person may exceed a
//! capacity, and is told (DIV-4).

use super::Dispatcher;
use super::TransferTo;
use super::choose::Targets;
use super::desk::Desk;
use super::explain::Decided;
use super::floor::{Choice, Within};
use super::run::{Results, Tally};
use super::slot::{Place, Slot};
use crate::domain::conversation::Say;
use crate::domain::event::{Arrival, Presence};
use crate::domain::explain::{Cause, Outcome, Step};
use crate::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo};
use crate::domain::offline::{Failure, Firing, Operator};
use crate::domain::refusal::Refusal;
use crate::domain::{Answer, Decision, Reply};
use smallvec::SmallVec;

/// What a person wishes.
pub struct Wish {
    pub by: AgentNo,
    pub to: TransferTo,
    pub reason: String,
    pub note: String,
}

/// Where the wish leads: how it is explained, to whom, and whether that exceeds a capacity.
struct Leads {
    step: Step,
    targets: Targets<'static>,
    choice: Option<Choice>,
    over_capacity: bool,
}

impl Dispatcher {
    pub(super) fn transfer(
        &self,
        conversation: ConversationId,
        reception: ReceptionNo,
        wish: Wish,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        let slot = self.slots.get(&conversation).filter(|s| s.arrival.reception == reception).ok_or(Refusal::ReceptionClosed)?;
        let leads = self.leads(slot, wish.to)?;
        let mut arrival = slot.arrival.clone();
        arrival.group = match wish.to {
            TransferTo::Group(group) => Some(group),
            TransferTo::Agent(_) => None,
        };
        if slot.place == Place::Pooled {
            arrival.arrived = now;
        }
        let outcome = leads.choice.map_or(Outcome::Queued, |(agent, _)| Outcome::Owned(agent));
        let say = Say::Transferred(wish.reason.clone());
        let cause = Cause::Person { by: wish.by, reason: wish.reason, note: wish.note, over_capacity: leads.over_capacity };
        let (step, targets, group) = (leads.step, leads.targets, leads.choice.and_then(|(_, g)| g));
        let decided = Decided { arrival: &arrival, cause, step, targets, outcome, group, from: slot.owner() };
        let why = self.explain(&self.floor, decided, now);
        let (event, effect) = self.decided(arrival, why, Some(say));
        Ok(Decision { answer: Answer::Forward(effect.into()), ..Decision::default() }.event(event))
    }

    /// The desk of an agent to whom a person may give a buyer, online or not.
    fn taking(&self, agent: AgentNo) -> Result<&Desk, Refusal> {
        let desk = self.floor.desk(agent).ok_or(Refusal::NotFound { what: "agent" })?;
        if desk.settings.enabled { Ok(desk) } else { Err(Refusal::AgentNotServing) }
    }

    fn leads(&self, slot: &Slot, to: TransferTo) -> Result<Leads, Refusal> {
        let owner = slot.owner();
        match to {
            TransferTo::Agent(agent) => {
                let desk = self.taking(agent)?;
                if owner == Some(agent) {
                    return Err(Refusal::Invalid { field: "agent", problem: "this agent has the conversation already".into() });
                }
                if desk.presence == Presence::Offline {
                    return Err(Refusal::AgentNotOnline);
                }
                let choice = Some((agent, None));
                Ok(Leads { step: Step::PassedToAgent, targets: Targets::Listed(Within::Everyone), choice, over_capacity: desk.full() })
            }
            TransferTo::Group(group) => {
                self.floor.group(group).ok_or(Refusal::NotFound { what: "group" })?;
                let targets = Targets::Groups(SmallVec::from_slice(&[group]));
                // Who missed it is not asked again (DIV-7), whoever named the group.
                let but: Vec<AgentNo> = slot.arrival.missed.iter().copied().chain(owner).collect();
                let choice = self.floor.pick(targets.within(), &but);
                if choice.is_none() && self.would_come_back(slot, group) {
                    let problem = "nobody else of this group can take it now".into();
                    return Err(Refusal::Invalid { field: "group", problem });
                }
                Ok(Leads { step: Step::PassedToGroup { group }, targets, choice, over_capacity: false })
            }
        }
    }

    /// Once it has left its owner, the only one of the group who could take it is that owner.
    fn would_come_back(&self, slot: &Slot, group: GroupNo) -> bool {
        let Some(held) = slot.held() else { return false };
        if self.floor.desk(held.agent).is_none_or(|d| d.group_index(group).is_none()) {
            return false;
        }
        let mut floor = self.floor.clone();
        floor.take(held.agent, held.group, slot.arrival.unanswered.is_some());
        let after = floor.pick(Within::Groups(&[group]), &slot.arrival.missed);
        after.is_some_and(|(agent, _)| agent == held.agent)
    }

    /// OFF-2: many at once, each with its own result. Whoever is not in the pool any more stays where it is.
    pub(super) fn assign_by_hand(
        &self,
        by: AgentNo,
        conversations: Vec<ConversationId>,
        to: TransferTo,
        reason: String,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        match to {
            TransferTo::Agent(agent) => {
                let desk = self.taking(agent)?;
                if desk.presence == Presence::Offline {
                    return Err(Refusal::AgentNotOnline);
                }
            }
            TransferTo::Group(group) => drop(self.floor.group(group).ok_or(Refusal::NotFound { what: "group" })?),
        }
        let mut floor = self.floor.clone();
        let mut tally = Tally::new(Firing::ByHand, Operator::Account(by), self.pool.len(), conversations.len() as u32, now);
        let mut decision = Decision::default();
        let mut results = Results::new();
        for conversation in conversations {
            let Some(slot) = self.slots.get(&conversation).filter(|s| s.place == Place::Pooled && !tally.has(conversation)) else {
                tally.fail(Failure::NotInPool, 1);
                results.push((conversation, Err(Failure::NotInPool)));
                continue;
            };
            let (step, targets, choice) = match to {
                TransferTo::Agent(agent) => (Step::PassedToAgent, Targets::Listed(Within::Everyone), Some((agent, None))),
                TransferTo::Group(group) => {
                    let targets = Targets::Groups(SmallVec::from_slice(&[group]));
                    let choice = floor.pick(targets.within(), &slot.arrival.missed);
                    (Step::PassedToGroup { group }, targets, choice)
                }
            };
            let Some((agent, group)) = choice else {
                results.push((conversation, Err(Failure::NoCapacity)));
                tally.stays(conversation, Failure::NoCapacity);
                continue;
            };
            let over_capacity = floor.desk(agent).is_some_and(|d| d.full());
            let cause = Cause::Person { by, reason: reason.clone(), note: String::new(), over_capacity };
            let arrival = Arrival { group: None, ..slot.arrival.clone() };
            let decided = Decided { arrival: &arrival, cause, step, targets, outcome: Outcome::Owned(agent), group, from: None };
            let why = self.explain(&floor, decided, now);
            floor.give(agent, group, arrival.unanswered.is_some());
            tally.goes(conversation, agent);
            results.push((conversation, Ok((agent, over_capacity))));
            let (event, effect) = self.decided(arrival, why, Some(Say::Transferred(reason.clone())));
            decision.events.push(event);
            decision.effects.push(effect);
        }
        decision.events.push(tally.record());
        decision.answer = Answer::Reply(Reply::AssignedByHand { results });
        Ok(decision)
    }
}
