//! One of every record that the guard brought.

use super::{AT, CONVERSATION};
use fenliu::domain::event::{Actor, Author, Event, RetryKey};
use fenliu::domain::guard::conduct::{Conduct, Question, Step};
use fenliu::domain::guard::record::{Caught, Ground, Origin, Penalty, Sign, Violation};
use fenliu::domain::guard::standing::Undertaking;
use fenliu::domain::guard::{Approval, Contacts, Finding, Part, Rule, Settings};
use fenliu::domain::id::{AgentNo, Millis};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const AGENT: AgentNo = AgentNo(300);
const IP: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn caught(ground: Ground, by: Author, sent: Option<u64>) -> Event {
    let ip = Some(IpAddr::V6(Ipv6Addr::LOCALHOST));
    let origin = Origin { ip, client: "console 1".into(), batch: true };
    let retry = RetryKey { client_id: 1, body: 2 };
    let (text, at) = ("加微信".into(), AT);
    Event::TextCaught { caught: Box::new(Caught { conversation: CONVERSATION, by, text, ground, sent, coupon: true, origin, retry, at }) }
}

fn findings() -> Vec<Finding> {
    let rules = [Rule::Banned, Rule::Phone, Rule::Mail, Rule::Messenger, Rule::Web, Rule::Platform, Rule::Marketing];
    let parts = [Part::Text, Part::Card, Part::File];
    let each = rules.into_iter().zip(parts.into_iter().cycle()).zip(0..);
    each.map(|((rule, part), n)| Finding { rule, part, start: n, end: 300 + n, found: "微信".into() }).collect()
}

fn violations() -> Vec<Event> {
    let signs = vec![
        Sign::Rhythm { messages: 20, mean_ms: 70_000, spread_milli: 5 },
        Sign::Rate { messages: 300, within_ms: 60_000 },
        Sign::SameText { buyers: 20, within_ms: 3_600_000, text: "您好".into() },
        Sign::Client { client: "bot".into() },
    ];
    let step = Step { freeze_ms: 86_400_000, test: true, points: 5, review: true, close: true };
    let penalty = Penalty { no: 3, step, throttle_ms: 259_200_000 };
    let each = [
        (Violation::Coupons { ip: IP, buyers: vec![CONVERSATION], agents: vec![AGENT] }, None),
        (Violation::Automation { signs: signs.clone() }, None),
        (Violation::Reported { reason: "买家投诉".into() }, Some(Actor::Platform("main".into()))),
    ];
    let violated = each.map(|(violation, by)| Event::Violated { agent: AGENT, violation, penalty: penalty.clone(), by, at: AT });
    [vec![Event::Flagged { agent: AGENT, signs, at: AT }], violated.into()].concat()
}

/// One of each event.
pub fn events() -> Vec<Event> {
    let (agent, at, by) = (AGENT, AT, Actor::Account(AgentNo(4)));
    let question = Question { text: "?".into(), answers: texts(&["a", "b"]), right: 1 };
    let undertaking = Undertaking { text: "承诺".into(), at, due: Millis(1_790_100_000_000), records_from: Millis(1_787_000_000_000) };
    let settings = Settings {
        contacts: Contacts::Warn,
        allowed_hosts: texts(&["example.com"]),
        own_platforms: texts(&["amazon"]),
        marketing: texts(&["清仓"]),
        coupon_prefixes: texts(&["TEA-"]),
        clients: texts(&["console 1"]),
    };
    let approval = Approval { campaign: "双十一".into(), phrases: texts(&["限时抢购"]), from: at, to: Millis(1_790_100_000_000) };
    let mut events = vec![
        caught(Ground::Findings(findings()), Author::Agent(agent), Some(70_000)),
        caught(Ground::Unsolicited, Author::System, None),
        caught(Ground::Held, Author::Agent(agent), None),
        Event::Lifted { agent, at },
        Event::TestDrawn { agent, questions: vec![question.clone()], at },
        Event::TestTaken { agent, points: 90, at },
        Event::UndertakingGiven { agent, undertaking },
        Event::Reviewed { agent, lifted: true, reason: "".into(), by: by.clone(), at },
        Event::SentSlowly { agent, retry: RetryKey { client_id: 7, body: 9 }, at },
        Event::CouponTried { ip: IP, conversation: CONVERSATION, agent, violates: true, at },
        Event::GuardSet { settings: Box::new(settings), version: 300, by: by.clone(), at },
        Event::WordsSet { words: texts(&["假货", "fake"]), version: 300, by: by.clone(), at },
        Event::ApprovalsSet { approvals: vec![approval], by: by.clone(), at },
        Event::ConductSet { conduct: Box::new(Conduct::default()), version: 300, by: by.clone(), at },
        Event::QuestionsSet { questions: vec![question], version: 300, by, at },
    ];
    events.extend(violations());
    events
}
