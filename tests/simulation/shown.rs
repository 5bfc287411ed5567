//! What the shop is shown, told a second time from the stored events alone: what is unread, what was taken back, who is on the
//! blacklist, what is archived, who set a priority. The counters of the lists are kept by their changes and counted anew.
//!
//! It never looks at a machine but for the heads on the disk, which it judges.

use crate::broken::{Checked, holds};
use crate::faults::Fault;
use fenliu::domain::audience::audience;
use fenliu::domain::conversation::Conversation;
use fenliu::domain::event::{Author, Event, Limited, Prioritising, Worked};
use fenliu::domain::id::ConversationId;
use fenliu::domain::list::{Lane, Listed, counted};
use std::collections::BTreeMap;

/// One message; number n stands at n − 1.
#[derive(Clone, Copy, Debug)]
struct Message {
    author: Author,
    recalled: bool,
}

#[derive(Clone, Debug, Default)]
struct Talk {
    messages: Vec<Message>,
    /// Staff have read up to here.
    read: u64,
    open: bool,
    /// The first message that nobody in the shop is shown.
    blocked_from: Option<u64>,
    archived: bool,
    /// Staff set its priority.
    by_hand: bool,
}

impl Talk {
    fn hidden(&self, seq: u64) -> bool {
        self.blocked_from.is_some_and(|from| seq >= from)
    }

    fn unread(&self, with_recalled: bool) -> u32 {
        let unread = |(seq, message): &(u64, &Message)| {
            message.author == Author::Buyer && *seq > self.read && !self.hidden(*seq) && (with_recalled || !message.recalled)
        };
        (1..).zip(&self.messages).filter(unread).count() as u32
    }
}

#[derive(Clone, Debug, Default)]
pub struct Shown {
    talks: BTreeMap<ConversationId, Talk>,
    /// What the store counts, by its changes.
    counters: BTreeMap<(Lane, u8), i64>,
}

impl Shown {
    /// One stored event.
    pub fn apply(&mut self, event: &Event) -> Checked {
        let to_staff = audience(event).staff;
        let Some(id) = of(event) else { return Ok(()) };
        let talk = self.talks.entry(id).or_default();
        let blocked = talk.blocked_from.is_some();
        let unseen = |it: bool| holds(it, "blacklist", || format!("{id} is on it, staff told: {to_staff}: {event:?}"));
        match event {
            Event::MessageAdded { author, seq, .. } => {
                let written_unseen = *author == Author::Buyer && blocked;
                unseen(!written_unseen || !to_staff && talk.hidden(*seq))?;
                talk.messages.push(Message { author: *author, recalled: false });
                if let Author::Agent(_) = author {
                    unseen(!blocked)?;
                    talk.read = *seq;
                }
            }
            Event::MessageRecalled { seq, .. } => {
                unseen(!talk.hidden(*seq) || !to_staff)?;
                if let Some(message) = talk.messages.get_mut(*seq as usize - 1) {
                    message.recalled = true;
                }
            }
            Event::ReadByStaff { seq, .. } => {
                unseen(!talk.hidden(*seq))?;
                talk.read = *seq;
            }
            Event::ReceptionOpened { .. } => {
                unseen(!blocked)?;
                holds(!talk.archived, "archived", || format!("{id} is archived: {event:?}"))?;
                talk.open = true;
            }
            Event::ReceptionOwned { .. } | Event::ReceptionQueued { .. } | Event::ReceptionPooled { .. } => unseen(!blocked)?,
            Event::ReceptionClosed { .. } => talk.open = false,
            Event::Blocked { from, .. } => talk.blocked_from = Some(*from),
            Event::Unblocked { .. } => talk.blocked_from = None,
            Event::Archived { .. } => {
                holds(!talk.open, "archived", || format!("{id} is open: {event:?}"))?;
                talk.archived = true;
            }
            Event::Restored { .. } => talk.archived = false,
            Event::Prioritised { cause: Prioritising::Staff { priority, .. }, .. } => talk.by_hand = priority.is_some(),
            Event::Prioritised { cause: Prioritising::Rule(_), .. } => {
                holds(!talk.by_hand, "set by hand", || format!("staff set the priority of {id}: {event:?}"))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The head on the disk of a conversation that was written.
    pub fn written(&mut self, id: ConversationId, before: Option<Listed>, head: &Conversation, fault: Option<Fault>) -> Checked {
        let after = Listed::of(head);
        counted(before.as_ref(), after.as_ref(), |lane, which, change| {
            if fault.is_none_or(|fault| fault.counts(head)) {
                *self.counters.entry((lane, which)).or_default() += change;
            }
        });
        let Some(talk) = self.talks.get(&id) else { return Ok(()) };
        let (unread, own) = (head.unread(), talk.unread(false));
        let told = || format!("{id}: {unread} are unread, should be {own}: {talk:?}");
        holds(unread == own || unread != talk.unread(true), "recalled", told)?;
        holds(unread == own, "unread", told)?;
        let listed = after.as_ref().is_none_or(|listed| listed.unread == own);
        holds(listed && head.unread() == own, "unread", || format!("{id} is listed as {after:?}, {own} are unread"))?;
        let unseen = talk.blocked_from.is_none() || head.open.is_none() && !talk.open;
        holds(unseen, "blacklist", || format!("{id} is on it and open: {:?}", head.open))?;
        holds(head.archived_at.is_none() || head.open.is_none(), "archived", || format!("{id} is archived and open: {:?}", head.open))
    }

    /// Every counter is a recount.
    pub fn recounted<'a>(&self, heads: impl Iterator<Item = &'a Conversation>) -> Checked {
        let mut counters: BTreeMap<(Lane, u8), i64> = BTreeMap::new();
        for listed in heads.filter_map(Listed::of) {
            counted(None, Some(&listed), |lane, which, change| *counters.entry((lane, which)).or_default() += change);
        }
        let kept = self.counters.iter().filter(|(_, n)| **n != 0);
        let same = kept.clone().eq(counters.iter().filter(|(_, n)| **n != 0));
        holds(same, "counters", || format!("kept {:?}, counted {counters:?}", kept.collect::<Vec<_>>()))
    }

    /// On the blacklist, as the disk has it.
    pub fn is_blocked(&self, id: ConversationId) -> bool {
        self.talks.get(&id).is_some_and(|talk| talk.blocked_from.is_some())
    }
}

/// What a run met, where it tells something of the desk.
pub fn met(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::MessageAdded { extra: Some(extra), .. } if extra.while_blocked => "desk/unseen",
        Event::MessageRecalled { hidden: true, .. } => "desk/recalled unseen",
        Event::MessageRecalled { unread: Some(_), .. } => "desk/recalled unread",
        Event::MessageRecalled { .. } => "desk/recalled",
        Event::RoundWithdrawn { .. } => "desk/round withdrawn",
        Event::Limit { what: Limited::Warned { .. }, .. } => "limit/warned",
        Event::Limit { what: Limited::Reminded { .. }, .. } => "limit/reminded",
        Event::Limit { what: Limited::TimedOut { .. }, .. } => "limit/late",
        Event::Limit { what: Limited::Escalated { .. }, .. } => "limit/escalated",
        Event::DeskWork { what: Worked::Marked { answered: true, .. }, .. } => "desk/marked answered",
        Event::DeskWork { what: Worked::Marked { .. }, .. } => "desk/marked unanswered",
        Event::ReadByStaff { .. } => "desk/read",
        Event::DeskWork { what: Worked::Labelled { .. }, .. } => "desk/labelled",
        Event::DeskWork { what: Worked::NoteAdded { .. }, .. } => "desk/note",
        Event::Prioritised { cause: Prioritising::Staff { .. }, .. } => "desk/set by hand",
        Event::Prioritised { cause: Prioritising::Rule(Some(_)), .. } => "desk/rule holds",
        Event::Prioritised { .. } => "desk/rule holds no more",
        Event::Blocked { .. } => "desk/blocked",
        Event::Unblocked { appeared: 0, .. } => "desk/unblocked",
        Event::Unblocked { .. } => "desk/appeared",
        Event::Archived { by: None, .. } => "desk/archived by rule",
        Event::Archived { .. } => "desk/archived",
        Event::Restored { by: None, .. } => "desk/wrote in the archive",
        Event::Restored { .. } => "desk/restored",
        Event::Erased { .. } => "desk/erased",
        Event::OrderSettled { .. } => "desk/order settled",
        Event::DeskSet { .. } => "desk/set",
        _ => return None,
    })
}

/// The conversation of which it tells something that is judged here.
fn of(event: &Event) -> Option<ConversationId> {
    match event {
        Event::MessageAdded { conversation, .. }
        | Event::MessageRecalled { conversation, .. }
        | Event::ReadByStaff { conversation, .. }
        | Event::ReceptionOpened { conversation, .. }
        | Event::ReceptionOwned { conversation, .. }
        | Event::ReceptionQueued { conversation, .. }
        | Event::ReceptionPooled { conversation, .. }
        | Event::ReceptionClosed { conversation, .. }
        | Event::Blocked { conversation, .. }
        | Event::Unblocked { conversation, .. }
        | Event::Archived { conversation, .. }
        | Event::Restored { conversation, .. }
        | Event::Prioritised { conversation, .. } => Some(*conversation),
        _ => None,
    }
}
