//! Which events are news to people outside (NTF-1): one place, so that nobody else sends anything.
//!
//! What is told follows from the event alone, and its key too. So it is told when the event is on disk, and once more after a
//! restart for what a crash may have kept from the courier: the same key again is nothing.

use super::courier::Command;
use super::{Class, HealthNews, Rate, Responsible, Topic};
use crate::domain::event::{Conducted, Event, Limited};
use crate::domain::facts::Priority;
use crate::domain::health::Report;
use crate::domain::health::rates::{Share, Warning};
use crate::limits;

/// What the courier is told of an event; nearly always nothing.
pub fn news(event: &Event) -> Option<Command> {
    let (class, priority, topic, key) = match event {
        Event::Limit { conversation, owner, what: Limited::Reminded { reception, began, buyer, priority, group, .. }, .. } => {
            let responsible = Responsible { agent: *owner, group: *group };
            let topic = Topic::Waiting { conversation: *conversation, buyer: buyer.clone(), since: *began, responsible };
            (Class::Reminder, *priority, topic, format!("reminder/{conversation}/{reception}/{}", began.0))
        }
        Event::Limit { conversation, owner, what: Limited::Escalated { since, buyer, priority, group, .. }, .. } => {
            let responsible = Responsible { agent: *owner, group: *group };
            let topic = Topic::Unread { conversation: *conversation, buyer: buyer.clone(), since: *since, responsible };
            (Class::Escalation, *priority, topic, format!("escalation/{conversation}/{}", since.0))
        }
        Event::HealthReported { report, .. } => {
            let priority = if report.warnings().is_empty() { Priority::Normal } else { Priority::High };
            (Class::Health, priority, Topic::Health(Box::new(health(report))), format!("health/{}", report.day))
        }
        Event::ArchiveAnnounced { conversations, at } => {
            let topic = Topic::Archive { conversations: *conversations };
            (Class::Archive, Priority::Normal, topic, format!("archive/{}", at.0 / limits::DAY_MS))
        }
        Event::Conduct { agent, what: Conducted::Violated { penalty, .. }, .. } => {
            (Class::Guard, Priority::Normal, Topic::Violation { agent: *agent }, format!("violation/{}/{}", agent.0, penalty.no))
        }
        Event::NoticeAdded { notice } if notice.priority == Priority::Urgent => {
            let topic = Topic::UrgentNotice { kind: notice.kind.clone(), title: notice.title.clone() };
            (Class::Notice, Priority::Urgent, topic, format!("notice/{}/{}", notice.stream as u8, notice.no))
        }
        _ => return None,
    };
    Some(Command::Notify { class, priority, topic, key })
}

fn health(report: &Report) -> HealthNews {
    let permille = |share: Share| share.permille().and_then(|permille| u32::try_from(permille).ok());
    let rate = |warning| match warning {
        Warning::Unread => Rate::Unread,
        Warning::TimeOuts => Rate::TimeOut,
        Warning::Adoption => Rate::Adoption,
    };
    HealthNews {
        day: report.day.to_string(),
        unread_permille: permille(report.figures.unread()),
        time_out_permille: permille(report.figures.time_outs()),
        adoption_permille: permille(report.figures.adoption()),
        warnings: report.warnings().into_iter().map(rate).collect(),
    }
}
