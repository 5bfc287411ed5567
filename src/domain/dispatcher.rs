//! placeholder: being written (the commands below are final)
use super::diversion::{Group, Rules};
use super::event::{AgentSettings, Arrival, Event, Presence};
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo};
use super::refusal::Refusal;
use super::{Decision, Machine};

/// Who a person passes a reception to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferTo {
    Agent(AgentNo),
    Group(GroupNo),
}

#[derive(Debug)]
pub enum Command {
    Route(Arrival),
    Closed { conversation: ConversationId, reception: ReceptionNo },
    Unanswered { conversation: ConversationId, reception: ReceptionNo, unanswered: bool },
    Transfer { conversation: ConversationId, reception: ReceptionNo, by: AgentNo, to: TransferTo, reason: String, note: String },
    Present { agent: AgentNo, presence: Presence },
    Staff { agent: AgentNo, settings: AgentSettings },
    Group { group: GroupNo, settings: Group },
    Rules { rules: Rules, version: u32 },
    Wake,
}

#[derive(Debug, Default)]
pub struct Dispatcher {}

impl Machine for Dispatcher {
    type Command = Command;
    fn decide(&self, _: Command, _: Millis) -> Result<Decision, Refusal> { todo!() }
    fn apply(&mut self, _: &Event) { todo!() }
}
