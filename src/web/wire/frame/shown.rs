//! Which entries of the feed a device is shown, and as which frame.
//!
//! Never shows a buyer what is the staff's: who is present, from whom a reception came.

use super::{LimitKind, Looker, Outgoing, ReceptionState, Side};
use crate::domain::desk::LabelNo;
use crate::domain::event::{Conducted, Event, Limited, Prioritising, Worked};
use crate::domain::guard::kind::record_of;
use crate::domain::id::{AgentNo, Millis};
use crate::domain::view::{FeedEntry, Signal};
use crate::web::wire::Hex;
use crate::web::wire::desk_work::Answered;
use crate::web::wire::file::Extra;
use crate::web::wire::standing::StandingChange;
use crate::web::wire::talk::author;

/// The cursor of a device at `cursor` once it was shown `entry`.
pub fn cursor_after(entry: &FeedEntry, side: Side, cursor: u64) -> u64 {
    match (side, &entry.event) {
        (Side::Staff, _) => entry.seq,
        (Side::Buyer, Event::MessageAdded { seq, .. }) => *seq,
        (Side::Buyer, _) => cursor,
    }
}

/// The frame that shows `entry`, if this side is shown it; `cursor` is where the device stands with it.
pub fn shown(entry: &FeedEntry, side: Side, cursor: u64) -> Option<Outgoing<'_>> {
    let staff = side == Side::Staff;
    let frame = match &entry.event {
        Event::MessageAdded { conversation, seq, at, author: by, text, extra, .. } => {
            let (from, agent) = author(*by);
            // Nobody can send nothing: it was taken back.
            let recalled = text.is_empty() && extra.as_ref().is_none_or(|extra| extra.attachments.is_empty() && extra.card.is_none());
            let extra = match staff {
                true => extra.as_deref().and_then(Extra::said),
                false => extra.as_ref().and_then(|extra| extra.for_buyer()).as_deref().and_then(Extra::said),
            };
            Outgoing::Message { cursor, conversation: Hex(*conversation), seq: *seq, at: at.0, from, agent, text, extra, recalled }
        }
        Event::MessageRecalled { conversation, seq, at, .. } => {
            Outgoing::Recalled { cursor, conversation: Hex(*conversation), seq: *seq, at: at.0 }
        }
        Event::ReadByStaff { conversation, seq, at, .. } => {
            Outgoing::Read { cursor, conversation: Hex(*conversation), seq: *seq, by: Side::Staff, at: at.0 }
        }
        Event::ReadByBuyer { conversation, seq, at, .. } => {
            Outgoing::Read { cursor, conversation: Hex(*conversation), seq: *seq, by: Side::Buyer, at: at.0 }
        }
        Event::PresenceChanged { agent, presence, at } if staff => {
            Outgoing::Presence { cursor, agent: agent.0, presence: (*presence).into(), at: at.0 }
        }
        event => return of_reception(event, staff, cursor).or_else(|| staff.then(|| for_staff(event, cursor)).flatten()),
    };
    Some(frame)
}

/// Where a reception is; from whom it came is for the staff.
fn of_reception(event: &Event, staff: bool, cursor: u64) -> Option<Outgoing<'_>> {
    let number = |agent: &AgentNo| agent.0;
    let reception = |conversation, reception: &u32, at: u64, state| Outgoing::Reception {
        cursor,
        conversation: Hex(conversation),
        reception: *reception,
        at,
        state,
        position: None,
        owner: None,
        from: None,
        buyer: None,
        name: None,
    };
    let frame = match event {
        Event::ReceptionOpened { conversation, reception: no, at, buyer, name, .. }
        | Event::OpenedUnseen { conversation, reception: no, at, buyer, name } => {
            let mut frame = reception(*conversation, no, at.0, ReceptionState::Opened);
            if let Outgoing::Reception { buyer: shown_buyer, name: shown_name, .. } = &mut frame {
                (*shown_buyer, *shown_name) = (Some(buyer.as_str()), Some(name.as_str()));
            }
            frame
        }
        Event::ReceptionOwned { conversation, reception: no, at, agent, from, .. } => {
            let mut frame = reception(*conversation, no, at.0, ReceptionState::Owned);
            if let Outgoing::Reception { owner, from: shown_from, .. } = &mut frame {
                (*owner, *shown_from) = (Some(agent.0), from.as_ref().filter(|_| staff).map(number));
            }
            frame
        }
        Event::ReceptionQueued { conversation, reception: no, at, from, ahead, .. } => {
            let mut frame = reception(*conversation, no, at.0, ReceptionState::Queued);
            if let Outgoing::Reception { position, from: shown_from, .. } = &mut frame {
                (*position, *shown_from) = (Some(u64::from(*ahead) + 1), from.as_ref().filter(|_| staff).map(number));
            }
            frame
        }
        Event::ReceptionPooled { conversation, reception: no, at, from, .. } => {
            let mut frame = reception(*conversation, no, at.0, ReceptionState::Pooled);
            if let Outgoing::Reception { from: shown_from, .. } = &mut frame {
                *shown_from = from.as_ref().filter(|_| staff).map(number);
            }
            frame
        }
        Event::ReceptionClosed { conversation, reception: no, at, owner, .. } => {
            let mut frame = reception(*conversation, no, at.0, ReceptionState::Closed);
            if let Outgoing::Reception { owner: shown_owner, .. } = &mut frame {
                *shown_owner = owner.as_ref().map(number);
            }
            frame
        }
        _ => return None,
    };
    Some(frame)
}

/// What only staff is shown of the work on a conversation.
fn of_the_desk(event: &Event, cursor: u64) -> Option<Outgoing<'_>> {
    let frame = match event {
        Event::DeskWork { conversation, at, by, what, .. } => worked(cursor, Hex(*conversation), *at, *by, what),
        Event::Prioritised { conversation, at, cause, .. } => {
            let (priority, by) = match cause {
                Prioritising::Rule(ruled) => (ruled.map(|(_, priority)| priority), None),
                Prioritising::Staff { by, priority } => (*priority, Some(by.0)),
            };
            Outgoing::Priority { cursor, conversation: Hex(*conversation), priority: priority.map(Into::into), by, at: at.0 }
        }
        Event::Limit { conversation, at, what, .. } => {
            let (limit, since) = match what {
                Limited::TimedOut { began, .. } => (LimitKind::FirstResponse, began),
                Limited::Reminded { began, .. } => (LimitKind::Reminder, began),
                Limited::Escalated { since, .. } => (LimitKind::Escalation, since),
                // One frame for all that wait tells of it: see the socket.
                Limited::Warned { .. } => return None,
            };
            Outgoing::Limit { cursor, conversation: Hex(*conversation), limit, since: since.0, at: at.0 }
        }
        Event::Blocked { conversation, at, .. } => {
            Outgoing::Blacklist { cursor, conversation: Hex(*conversation), blocked: true, appeared: None, at: at.0 }
        }
        Event::Unblocked { conversation, appeared, at, .. } => {
            Outgoing::Blacklist { cursor, conversation: Hex(*conversation), blocked: false, appeared: Some(*appeared), at: at.0 }
        }
        Event::Suggested(suggested) => {
            let (conversation, suggestion) = (Hex(suggested.conversation), suggested.offer.clone().into());
            Outgoing::Suggestion { cursor, conversation, suggestion }
        }
        Event::SuggestionSettled(settled) => {
            let (conversation, no, outcome) = (Hex(settled.conversation), settled.offer, settled.fate.into());
            Outgoing::SuggestionSettled { cursor, conversation, no, outcome, by: settled.by.map(|a| a.0), at: settled.at.0 }
        }
        Event::Archived { conversation, at, by } => {
            Outgoing::Archive { cursor, conversation: Hex(*conversation), archived: true, by: by.as_ref().map(|a| a.0), at: at.0 }
        }
        Event::Restored { conversation, at, by } => {
            Outgoing::Archive { cursor, conversation: Hex(*conversation), archived: false, by: by.as_ref().map(|a| a.0), at: at.0 }
        }
        _ => return None,
    };
    Some(frame)
}

/// What staff did to the conversation by hand.
fn worked(cursor: u64, conversation: Hex, at: Millis, by: AgentNo, what: &Worked) -> Outgoing<'_> {
    let (at, by, shown) = (at.0, by.0, |labels: &[LabelNo]| labels.iter().map(|label| label.0).collect());
    match what {
        Worked::Labelled { labels } => Outgoing::Labels { cursor, conversation, seq: None, labels: shown(labels), by, at },
        Worked::MessageLabelled { seq, labels } => {
            Outgoing::Labels { cursor, conversation, seq: Some(*seq), labels: shown(labels), by, at }
        }
        Worked::NoteAdded { note, text, mentions } => {
            let mentions = mentions.iter().map(|agent| agent.0).collect();
            Outgoing::Note { cursor, conversation, note: *note, by, text, mentions, at }
        }
        Worked::Marked { answered, .. } => {
            let state = if *answered { Answered::Replied } else { Answered::Unanswered };
            Outgoing::Mark { cursor, conversation, state, by, at }
        }
    }
}

/// What an account is told of its own conduct.
fn of_the_guard(event: &Event, cursor: u64) -> Option<Outgoing<'_>> {
    let (agent, at, change) = match event {
        Event::TextCaught { caught } => {
            let (kind, _) = record_of(event)?;
            return Some(Outgoing::Caught { cursor, at: caught.at.0, kind: kind.into(), caught: (&**caught).into() });
        }
        Event::Conduct { agent, at, what: Conducted::Violated { penalty, .. } } => {
            (agent, at, StandingChange::Violated { penalty: penalty.into() })
        }
        Event::Conduct { agent, at, what: Conducted::Lifted } => (agent, at, StandingChange::Lifted),
        Event::Conduct { agent, at, what: Conducted::TestTaken { points } } => (agent, at, StandingChange::TestTaken { points: *points }),
        Event::Conduct { agent, what: Conducted::UndertakingGiven { undertaking }, .. } => {
            (agent, &undertaking.at, StandingChange::UndertakingGiven { due: undertaking.due.0 })
        }
        Event::Conduct { agent, at, what: Conducted::Reviewed { lifted, reason, .. } } => {
            (agent, at, StandingChange::Reviewed { lifted: *lifted, reason: reason.clone() })
        }
        _ => return None,
    };
    Some(Outgoing::Standing { cursor, at: at.0, agent: agent.0, change })
}

/// The frame that tells a signal, if this side is told it.
pub fn signalled(signal: &Signal, side: Side) -> Option<Outgoing<'static>> {
    match (signal, side) {
        (Signal::Typing { conversation, by: Some(agent) }, _) => {
            Some(Outgoing::Typing { conversation: Hex(*conversation), from: Side::Staff, agent: Some(agent.0) })
        }
        (Signal::Typing { conversation, by: None }, Side::Staff) => {
            Some(Outgoing::Typing { conversation: Hex(*conversation), from: Side::Buyer, agent: None })
        }
        (Signal::Lookers { conversation, agents }, Side::Staff) => {
            let agents = agents.iter().map(|(agent, typing)| Looker { agent: agent.0, typing: *typing }).collect();
            Some(Outgoing::Lookers { conversation: Hex(*conversation), agents })
        }
        (_, Side::Buyer) => None,
    }
}

/// Of what no buyer is ever shown.
fn for_staff(event: &Event, cursor: u64) -> Option<Outgoing<'_>> {
    Some(match event {
        Event::NoticeAdded { notice: n } => Outgoing::Notice {
            cursor,
            stream: n.stream.into(),
            no: n.no,
            at: n.at.0,
            kind: &n.kind,
            title: &n.title,
            text: &n.text,
            order: &n.order,
            priority: n.priority.into(),
        },
        Event::NoticePrioritised { stream, no, priority, by, at, .. } => {
            let (stream, priority) = ((*stream).into(), (*priority).into());
            Outgoing::NoticePriority { cursor, stream, no: *no, at: at.0, priority, by: by.0 }
        }
        Event::NoticesRead { stream, to, some, at, .. } => {
            Outgoing::NoticesRead { cursor, stream: (*stream).into(), to: *to, numbers: some, at: at.0 }
        }
        Event::DraftSet { conversation, text, at, .. } => Outgoing::Draft { cursor, conversation: Hex(*conversation), text, at: at.0 },
        other => return of_the_guard(other, cursor).or_else(|| of_the_desk(other, cursor)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event;
    use crate::domain::facts::Priority;
    use crate::domain::id::{ConversationId, Millis, ShopScope};

    #[test]
    fn a_buyer_is_not_shown_presence_or_where_a_reception_came_from() {
        let (scope, conversation) = (ShopScope::granted(1), ConversationId([7; 16]));
        let at = Millis(5);
        let presence = Event::PresenceChanged { agent: AgentNo(1), presence: event::Presence::Online, at };
        let (from, how, decision) = (Some(AgentNo(1)), event::Handing::ByRule, 1);
        let owned = Event::ReceptionOwned { conversation, reception: 1, at, agent: AgentNo(2), group: None, from, how, decision };
        let (arrived, priority) = (at, Priority::Normal);
        let queued =
            Event::ReceptionQueued { conversation, reception: 1, at, group: None, from, how, arrived, priority, ahead: 2, decision };
        let pooled = Event::ReceptionPooled { conversation, reception: 1, at, from, how, decision };
        let text = |event: &Event, side| {
            let entry = FeedEntry { scope, seq: 9, event: event.clone() };
            shown(&entry, side, cursor_after(&entry, side, 3)).map(|frame| frame.text())
        };
        assert_eq!(text(&presence, Side::Buyer), None);
        assert_eq!(text(&presence, Side::Staff).unwrap(), r#"{"type":"presence","cursor":9,"agent":1,"presence":"online","at":5}"#);
        let id = conversation.to_string();
        assert_eq!(
            text(&owned, Side::Buyer).unwrap(),
            format!(r#"{{"type":"reception","cursor":3,"conversation":"{id}","reception":1,"at":5,"state":"owned","owner":2}}"#)
        );
        assert!(text(&owned, Side::Staff).unwrap().ends_with(r#""owner":2,"from":1}"#));
        assert!(text(&queued, Side::Buyer).unwrap().ends_with(r#""state":"queued","position":3}"#));
        assert!(text(&pooled, Side::Buyer).unwrap().ends_with(r#""state":"pooled"}"#));
        assert!(text(&pooled, Side::Staff).unwrap().ends_with(r#""state":"pooled","from":1}"#));
        let draft = Event::DraftSet { agent: AgentNo(1), conversation, text: "…".into(), at };
        assert!(text(&draft, Side::Staff).is_some() && text(&draft, Side::Buyer).is_none());
        let lookers = Signal::Lookers { conversation, agents: vec![(AgentNo(1), true)] };
        let own = Signal::Typing { conversation, by: None };
        for signal in [&lookers, &own] {
            assert!(signalled(signal, Side::Staff).is_some() && signalled(signal, Side::Buyer).is_none());
        }
    }
}
