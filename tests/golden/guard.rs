//! One of every record that the guard brought.

use super::{AT, CONVERSATION};
use fenliu::domain::event::{Actor, Author, Conducted, Event, RetryKey, Ruling};
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
        (Violation::Reported { reason: "买家投诉".into(), id: "case-1".into() }, Some(Actor::Platform("main".into()))),
    ];
    let violated = each.map(|(violation, by)| Event::Conduct {
        agent: AGENT,
        at: AT,
        what: Conducted::Violated { violation, penalty: penalty.clone(), by },
    });
    [vec![Event::Conduct { agent: AGENT, at: AT, what: Conducted::Flagged { signs } }], violated.into()].concat()
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
        Event::Conduct { agent, at, what: Conducted::Lifted },
        Event::Conduct { agent, at, what: Conducted::TestDrawn { questions: vec![question.clone()] } },
        Event::Conduct { agent, at, what: Conducted::TestTaken { points: 90 } },
        Event::Conduct { agent, at, what: Conducted::UndertakingGiven { undertaking } },
        Event::Conduct { agent, at, what: Conducted::Reviewed { lifted: true, reason: "".into(), by: by.clone() } },
        Event::Conduct { agent, at, what: Conducted::SentSlowly { retry: RetryKey { client_id: 7, body: 9 } } },
        Event::CouponTried { ip: IP, conversation: CONVERSATION, agent, violates: true, at },
        Event::Ruled { version: 300, by: by.clone(), at, what: Ruling::Guard { settings: Box::new(settings) } },
        Event::Ruled { version: 300, by: by.clone(), at, what: Ruling::Words { words: texts(&["假货", "fake"]) } },
        Event::Ruled { version: 0, by: by.clone(), at, what: Ruling::Approvals { approvals: vec![approval] } },
        Event::Ruled { version: 300, by: by.clone(), at, what: Ruling::Conduct { conduct: Box::new(Conduct::default()) } },
        Event::Ruled { version: 300, by, at, what: Ruling::Questions { questions: vec![question] } },
    ];
    events.extend(violations());
    events
}
