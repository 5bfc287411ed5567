//! One of every record of channels and notifications.

use super::{AT, CONVERSATION};
use fenliu::domain::event::{Actor, Couriered, Event};
use fenliu::domain::facts::Priority;
use fenliu::domain::id::{AgentNo, GroupNo, Millis, ShopScope};
use fenliu::domain::notify::channel::{Channel, ChannelNo, Code, Kind, Language, Secret, Shown, Target};
use fenliu::domain::notify::courier::{Courier, Pending, Step};
use fenliu::domain::notify::known::Keys;
use fenliu::domain::notify::route::Route;
use fenliu::domain::notify::untold::{Sum, Untold};
use fenliu::domain::notify::{Class, Ended, HealthNews, Notification, Outcome, Rate, Responsible, Topic};
use std::collections::BTreeMap;

fn secret(text: &str) -> Secret {
    Secret(text.into())
}

fn targets() -> [Target; 5] {
    let url = || secret("https://robot.example/send?key=k");
    [
        Target::Mail { address: "owner@tea.example".into() },
        Target::Phone { number: "13800138000".into() },
        Target::DingTalk { url: url(), secret: secret("SEC1") },
        Target::WeCom { url: url() },
        Target::Webhook { url: url(), secret: secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") },
    ]
}

fn channel(no: u32, target: Target) -> Channel {
    let code = Some(Code { hash: [0xc0; 32], expires: AT, wrong: 3 });
    let language = if no == 1 { Language::English } else { Language::Chinese };
    Channel { no: ChannelNo(no), name: "群".into(), target, language, verified: no == 2, code, added_at: AT }
}

fn topics() -> Vec<(Class, Topic)> {
    let (conversation, since) = (CONVERSATION, AT);
    let responsible = Responsible { agent: Some(AgentNo(300)), group: Some(GroupNo(7)) };
    let news = HealthNews {
        day: "2026-11-21".into(),
        unread_permille: Some(51),
        time_out_permille: None,
        adoption_permille: Some(700),
        warnings: vec![Rate::Unread, Rate::TimeOut, Rate::Adoption],
    };
    vec![
        (Class::Reminder, Topic::Waiting { conversation, buyer: "小李".into(), since, responsible }),
        (Class::Escalation, Topic::Unread { conversation, buyer: "小李".into(), since, responsible: Responsible::default() }),
        (Class::Health, Topic::Health(Box::new(news))),
        (Class::Archive, Topic::Archive { conversations: 300 }),
        (Class::Guard, Topic::Violation { agent: AgentNo(300) }),
        (Class::Notice, Topic::UrgentNotice { kind: "dispute_warning".into(), title: "纠纷".into() }),
        (Class::Test, Topic::Code { digits: Secret::default() }),
        (Class::Test, Topic::Test),
        (Class::Reminder, Topic::More { count: 70_000 }),
    ]
}

fn notification(no: u64, class: Class, topic: Topic) -> Notification {
    let channel = Some(ChannelNo(2)).filter(|_| no > 1);
    Notification { no, class, priority: Priority::High, topic, key: "violation/3/1".into(), channel, at: AT }
}

fn route() -> Route {
    Route { class: Class::Guard, least: Priority::Normal, channels: vec![ChannelNo(1), ChannelNo(300)] }
}

/// One of each event.
pub fn events() -> Vec<Event> {
    let (by, no, name) = (Actor::Account(AgentNo(4)), ChannelNo(7), String::from("群"));
    let shown = || Shown { kind: Kind::DingTalk, place: "robot.example".into(), ends: "0042".into() };
    let tried = |outcome, next| Couriered::Tried { no: 70_000, attempt: 3, outcome, next };
    let mut what = vec![
        Couriered::ChannelRemoved { no, name: name.clone(), shown: shown(), verified: true, by: by.clone() },
        Couriered::Tested { no, place: u64::MAX, code: Some(([7; 32], AT)) },
        Couriered::Tested { no, place: 1, code: None },
        Couriered::CodeMissed { no },
        Couriered::ChannelVerified { no, name, shown: shown(), by: None },
        Couriered::RoutesSet { before: vec![], after: vec![route()], by: by.clone() },
        Couriered::Begun { no: 70_000, attempt: 3 },
        tried(Outcome::Delivered, None),
        tried(Outcome::Refused { why: "550".into() }, None),
        tried(Outcome::Failed { why: "HTTP 503".into(), retry_after_ms: Some(90_000) }, Some(AT)),
    ];
    let added = (1..).zip(targets());
    what.extend(added.map(|(no, target)| Couriered::ChannelAdded { channel: Box::new(channel(no, target)), by: by.clone() }));
    let queued = |(no, (class, topic))| Couriered::Queued { notification: Box::new(notification(no, class, topic)), ended: None };
    what.extend((1..).zip(topics()).map(queued));
    let ended = [Ended::TooMany, Ended::Replaced, Ended::ChannelRemoved, Ended::CodeLost, Ended::Settled];
    what.extend(ended.map(|ended| Couriered::GivenUp { no: 70_000, ended }));
    what.into_iter().map(|what| Event::Courier { at: AT, what }).collect()
}

/// The name of a kind of event.
pub fn kind(what: &Couriered) -> &'static str {
    match what {
        Couriered::ChannelAdded { .. } => "channel_added",
        Couriered::ChannelRemoved { .. } => "channel_removed",
        Couriered::Tested { .. } => "channel_tested",
        Couriered::CodeMissed { .. } => "code_missed",
        Couriered::ChannelVerified { .. } => "channel_verified",
        Couriered::RoutesSet { .. } => "channel_routes_set",
        Couriered::Queued { .. } => "notification_queued",
        Couriered::Begun { .. } => "notification_begun",
        Couriered::Tried { .. } => "notification_tried",
        Couriered::GivenUp { .. } => "notification_given_up",
    }
}

/// A courier's head.
pub fn courier() -> Courier {
    let pending = |no, step| (no, Pending { notification: notification(no, Class::Guard, Topic::Test), attempt: 2, step });
    Courier {
        at: Some(ShopScope::granted(9)),
        channels: (1..).zip(targets()).map(|(no, target)| channel(no, target)).collect(),
        last_channel: 300,
        routes: vec![route()],
        last_no: 70_000,
        pending: BTreeMap::from([
            pending(5, Step::Trying { since: AT }),
            pending(70_000, Step::Waiting { next: Millis(1_790_000_100_000) }),
        ]),
        untold: Untold(vec![Sum { channel: ChannelNo(300), class: Class::Reminder, priority: Priority::High, count: 70_000 }]),
        tested: vec![(u64::MAX, AT)],
        keys: Keys::default(),
    }
}
