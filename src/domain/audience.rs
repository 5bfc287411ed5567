//! Who is told of an event. One pure function, so that a device sees the same whether it was connected or catches up (INB-11).

use super::event::{Author, Conducted, Event, Limited, Worked};
use super::id::{AgentNo, ConversationId};
use smallvec::SmallVec;

/// Whose devices an event is for. Owners and supervisors see every event of their shop that has any audience, unless it is private.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Audience {
    pub agents: SmallVec<[AgentNo; 2]>,
    /// The devices of the buyer of this conversation.
    pub buyer: Option<ConversationId>,
    /// Somebody of the staff may see it at all.
    pub staff: bool,
    /// All the staff of the shop.
    pub everybody: bool,
    /// Only the accounts named: not those who see everything.
    pub private: bool,
}

impl Audience {
    /// Whether an account sees it.
    pub fn holds(&self, agent: AgentNo, oversees: bool) -> bool {
        self.staff && (self.everybody || oversees && !self.private || self.agents.contains(&agent))
    }
}

/// See the module.
pub fn audience(event: &Event) -> Audience {
    let told = |agents: &[Option<AgentNo>], buyer: Option<ConversationId>| Audience {
        agents: agents.iter().flatten().copied().collect(),
        buyer,
        staff: true,
        ..Audience::default()
    };
    // INB-8: nobody in the shop is told of what a blacklisted buyer does.
    let buyer_alone = |conversation| Audience { buyer: Some(conversation), ..Audience::default() };
    match event {
        Event::MessageAdded { conversation, extra: Some(extra), .. } if extra.while_blocked => buyer_alone(*conversation),
        Event::MessageRecalled { conversation, hidden: true, .. }
        | Event::ReadByBuyer { conversation, hidden: true, .. }
        | Event::OpenedUnseen { conversation, .. } => buyer_alone(*conversation),
        Event::MessageRecalled { conversation, owner, .. } => told(&[*owner], Some(*conversation)),
        // One's own screen.
        Event::Limit { owner, what: Limited::Warned { .. }, .. } => Audience { private: true, ..told(&[*owner], None) },
        Event::Prioritised { owner, .. } | Event::Limit { owner, .. } => told(&[*owner], None),
        Event::DeskWork { owner, by, what: Worked::NoteAdded { mentions, .. }, .. } => {
            let mut audience = told(&[*owner], None);
            let others = mentions.iter().copied().chain([*by]);
            others.for_each(|agent| {
                if !audience.agents.contains(&agent) {
                    audience.agents.push(agent)
                }
            });
            audience
        }
        Event::DeskWork { owner, by, .. } => told(&[*owner, other_than(*owner, *by)], None),
        Event::Blocked { .. }
        | Event::Unblocked { .. }
        | Event::Archived { .. }
        | Event::Restored { .. }
        | Event::Erased { .. }
        | Event::OrderSettled { .. } => told(&[], None),
        Event::MessageAdded { conversation, owner, .. }
        | Event::ReadByStaff { conversation, owner, .. }
        | Event::ReadByBuyer { conversation, owner, .. }
        | Event::ReceptionClosed { conversation, owner, .. } => told(&[*owner], Some(*conversation)),
        Event::ReceptionOpened { conversation, .. } => told(&[], Some(*conversation)),
        Event::ReceptionOwned { conversation, agent, from, .. } => told(&[Some(*agent), *from], Some(*conversation)),
        Event::ReceptionQueued { conversation, from, .. } | Event::ReceptionPooled { conversation, from, .. } => {
            told(&[*from], Some(*conversation))
        }
        Event::PresenceChanged { agent, .. } => told(&[Some(*agent)], None),
        Event::NoticeAdded { .. } | Event::NoticePrioritised { .. } => Audience { everybody: true, ..told(&[], None) },
        Event::NoticesRead { agent, .. } | Event::DraftSet { agent, .. } => Audience { private: true, ..told(&[Some(*agent)], None) },
        // Of the account's own conduct its devices are told; of what the system says, and of signs of automatic sending, nobody is.
        Event::TextCaught { caught } => match caught.by {
            Author::Agent(agent) => Audience { private: true, ..told(&[Some(agent)], None) },
            _ => Audience::default(),
        },
        Event::Conduct {
            agent,
            what:
                Conducted::Violated { .. }
                | Conducted::Lifted
                | Conducted::TestTaken { .. }
                | Conducted::UndertakingGiven { .. }
                | Conducted::Reviewed { .. },
            ..
        } => Audience { private: true, ..told(&[Some(*agent)], None) },
        other => of_suggestion(other),
    }
}

/// Whoever serves the buyer is told of suggestions, and whoever settled one; never the buyer.
fn of_suggestion(event: &Event) -> Audience {
    let agents = match event {
        Event::Suggested(suggested) => suggested.owner.into_iter().collect(),
        Event::SuggestionSettled(settled) => {
            let by = settled.by.and_then(|by| other_than(settled.owner, by));
            settled.owner.into_iter().chain(by).collect()
        }
        _ => return Audience::default(),
    };
    Audience { agents, staff: true, ..Audience::default() }
}

/// Nobody is told twice.
fn other_than(owner: Option<AgentNo>, by: AgentNo) -> Option<AgentNo> {
    (owner != Some(by)).then_some(by)
}
