//! What a person decides: passing on (DIV-8), and assigning out of the pool (OFF-2).

use super::model::{Among, Did, Found, Model, Place, Talk};
use super::pool::{fail, record};
use fenliu::domain::dispatcher::{Results, TransferTo};
use fenliu::domain::event::Presence;
use fenliu::domain::explain::{Cause, Step};
use fenliu::domain::id::{ConversationId, Millis};
use fenliu::domain::offline::{Failure, Firing, Operator};
use fenliu::domain::refusal::Refusal;

impl Model {
    /// DIV-8.
    pub fn transfer(
        &mut self,
        conversation: ConversationId,
        to: TransferTo,
        cause: impl Fn(bool) -> Cause,
        now: Millis,
    ) -> Result<(), Refusal> {
        let talk = self.talk(conversation).ok_or(Refusal::ReceptionClosed)?.clone();
        let owner = talk.owner();
        let mut arrival = talk.arrival.clone();
        if talk.place == Place::Pooled {
            arrival.arrived = now;
        }
        match to {
            TransferTo::Agent(agent) => {
                let person = self.person(agent).ok_or(Refusal::NotFound { what: "agent" })?;
                if !person.settings.enabled {
                    return Err(Refusal::AgentNotServing);
                }
                if owner == Some(agent) {
                    return Err(Refusal::Invalid { field: "agent", problem: "this agent has the conversation already".into() });
                }
                if person.presence == Presence::Offline {
                    return Err(Refusal::AgentNotOnline);
                }
                let over = self.full(person);
                arrival.group = None;
                let found = Found { step: Step::PassedToAgent, among: Among::Everyone, choice: Some((agent, None)) };
                self.put(arrival, found, cause(over), owner, now);
            }
            TransferTo::Group(group) => {
                self.groups.get(group.0 as usize - 1).ok_or(Refusal::NotFound { what: "group" })?;
                let among = Among::Groups(vec![group]);
                let mut but = arrival.missed.clone();
                but.extend(owner);
                let choice = self.pick(&among, &but);
                if choice.is_none() && owner.is_some() && self.would_come_back(&talk, &among) {
                    return Err(Refusal::Invalid { field: "group", problem: "nobody else of this group can take it now".into() });
                }
                arrival.group = Some(group);
                self.put(arrival, Found { step: Step::PassedToGroup { group }, among, choice }, cause(false), owner, now);
            }
        }
        Ok(())
    }

    /// Whether it would be given back to whom it left, at once.
    fn would_come_back(&self, talk: &Talk, among: &Among) -> bool {
        let mut without = self.clone();
        without.talks.retain(|t| t.arrival.conversation != talk.arrival.conversation);
        without.pick(among, &talk.arrival.missed).map(|(agent, _)| agent) == talk.owner()
    }

    /// OFF-2.
    pub fn assign_by_hand(
        &mut self,
        operator: Operator,
        conversations: &[ConversationId],
        to: TransferTo,
        cause: impl Fn(bool) -> Cause,
        now: Millis,
    ) -> Result<Results, Refusal> {
        let step = match to {
            TransferTo::Agent(agent) => {
                let person = self.person(agent).ok_or(Refusal::NotFound { what: "agent" })?;
                if !person.settings.enabled {
                    return Err(Refusal::AgentNotServing);
                }
                if person.presence == Presence::Offline {
                    return Err(Refusal::AgentNotOnline);
                }
                Step::PassedToAgent
            }
            TransferTo::Group(group) => {
                self.groups.get(group.0 as usize - 1).ok_or(Refusal::NotFound { what: "group" })?;
                Step::PassedToGroup { group }
            }
        };
        let mut run = record(Firing::ByHand, operator, now);
        run.eligible = conversations.len() as u32;
        let mut results = Results::new();
        for conversation in conversations {
            let Some(talk) = self.talk(*conversation).filter(|t| t.place == Place::Pooled).cloned() else {
                results.push((*conversation, Err(Failure::NotInPool)));
                fail(&mut run, Failure::NotInPool, 1);
                continue;
            };
            let (among, choice) = match to {
                TransferTo::Agent(agent) => (Among::Everyone, Some((agent, None))),
                TransferTo::Group(group) => {
                    let among = Among::Groups(vec![group]);
                    let choice = self.pick(&among, &talk.arrival.missed);
                    (among, choice)
                }
            };
            let over = choice.and_then(|(agent, _)| self.person(agent)).is_some_and(|p| self.full(p));
            results.push((*conversation, choice.map(|(agent, _)| (agent, over)).ok_or(Failure::NoCapacity)));
            self.moves(&mut run, &talk.arrival, Found { step: step.clone(), among, choice }, cause(over), Failure::NoCapacity, now);
        }
        run.pooled = run.taken;
        self.did.push(Did::Recorded(Box::new(run)));
        Ok(results)
    }
}
