//! One conversation of the feed: its messages, its one reception, its one owner; and what the dispatcher decided about it,
//! which it follows in that order.

use crate::judge::{Broken, holds};
use fenliu::domain::event::{Author, Event, Turn};
use fenliu::domain::id::{AgentNo, GroupNo};
use std::collections::VecDeque;

/// Where a reception is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// With whom, and the group in which it counts.
    Owned(AgentNo, Option<GroupNo>),
    Queued(Turn),
    Pooled,
}

/// See the module.
#[derive(Default)]
pub struct Talk {
    last_seq: u64,
    /// The number of its last reception.
    pub reception: u32,
    pub open: bool,
    /// Where the conversation says that it is; None: nowhere yet.
    pub place: Option<Seat>,
    /// Where the dispatcher decided that it should be.
    pub seat: Option<Seat>,
    /// Decided, and not followed yet; with the group it waits for.
    pending: VecDeque<(Seat, Option<GroupNo>)>,
}

impl Talk {
    fn owner(&self) -> Option<AgentNo> {
        match self.place {
            Some(Seat::Owned(agent, _)) => Some(agent),
            _ => None,
        }
    }

    /// The dispatcher decided.
    pub fn decided(&mut self, seat: Seat, group: Option<GroupNo>) {
        self.seat = Some(seat);
        self.pending.push_back((seat, group));
    }

    pub fn event(&mut self, at: usize, event: &Event) -> Result<(), Broken> {
        match event {
            Event::MessageAdded { conversation, seq, author, owner, .. } => {
                let next = self.last_seq + 1;
                holds(*seq == next, "message", at, || format!("{conversation}: message {seq}, {next} was due"))?;
                self.last_seq = *seq;
                let by = match author {
                    Author::System => return Ok(()),
                    Author::Buyer => self.owner(),
                    Author::Agent(agent) => Some(*agent),
                };
                let owns = self.owner();
                holds(*owner == owns && by == owns, "owner", at, || {
                    format!("{conversation}: {author:?} wrote to {owner:?}, {owns:?} owns it")
                })
            }
            Event::ReceptionOpened { conversation, reception, .. } => {
                let next = !self.open && *reception == self.reception + 1;
                holds(next, "owner", at, || format!("{conversation}: reception {reception} after {}", self.reception))?;
                (self.open, self.reception) = (true, *reception);
                Ok(())
            }
            Event::ReceptionOwned { reception, from, agent, group, .. } => {
                self.moves(at, *reception, *from, |(seat, _)| (*seat == Seat::Owned(*agent, *group)).then_some(*seat))
            }
            Event::ReceptionQueued { reception, from, group, arrived, priority, conversation, .. } => {
                let turn = Seat::Queued((*priority, *arrived, *conversation));
                self.moves(at, *reception, *from, |decided| (*decided == (turn, *group)).then_some(turn))
            }
            Event::ReceptionPooled { reception, from, .. } => {
                self.moves(at, *reception, *from, |(seat, _)| (*seat == Seat::Pooled).then_some(*seat))
            }
            Event::RoundAnswered { conversation, agent, .. } => {
                holds(self.owner() == Some(*agent), "owner", at, || format!("{conversation}: {agent:?} answers for {:?}", self.owner()))
            }
            Event::ReceptionClosed { conversation, reception, owner, .. } => {
                let right = self.open && self.reception == *reception && *owner == self.owner();
                holds(right, "owner", at, || format!("{conversation}: {reception} of {owner:?} closes, {:?} has it", self.owner()))?;
                (self.open, self.place) = (false, None);
                self.pending.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// It follows the next decision. One that leaves it where it is leaves no trace.
    fn moves(
        &mut self,
        at: usize,
        reception: u32,
        from: Option<AgentNo>,
        fits: impl Fn(&(Seat, Option<GroupNo>)) -> Option<Seat>,
    ) -> Result<(), Broken> {
        let right = self.open && self.reception == reception && from == self.owner();
        holds(right, "owner", at, || format!("reception {reception} comes from {from:?}, {:?} has {}", self.owner(), self.reception))?;
        while let Some(decided) = self.pending.pop_front() {
            if let Some(place) = fits(&decided) {
                self.place = Some(place);
                return Ok(());
            }
            let stays = self.place == Some(decided.0);
            holds(stays, "decided", at, || format!("{decided:?} was decided, something else was done"))?;
        }
        holds(false, "decided", at, || format!("nobody decided that reception {reception} moves"))
    }
}
