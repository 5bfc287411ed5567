//! JSON of how an account stands after violations (GRD-7, GRD-8): what keeps it from sending, until when, and what to do next.

use super::guard_record::Penalty;
use super::shop::Account;
use crate::domain::guard::kind::Kind;
use crate::domain::guard::standing::{Hold as DomainHold, Standing as DomainStanding};
use crate::door::{AccountStanding, Waiting};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Points that pass the test.
const ALL_POINTS: u32 = 100;

/// What keeps an account from sending. Buyers' messages reach it in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    None,
    /// Until a time, and the test.
    Frozen,
    /// Until an undertaking was reviewed.
    Review,
    /// For good.
    Closed,
}

/// 承诺书.
#[derive(Debug, Serialize, ToSchema)]
pub struct Undertaking {
    pub text: String,
    pub at: u64,
    /// The review is due by then.
    pub due: u64,
    /// The records that go with it begin here.
    pub records_from: u64,
}

/// How an account stands. Times are milliseconds since the epoch.
#[derive(Debug, Serialize, ToSchema)]
pub struct Standing {
    pub account: u32,
    /// It may send to buyers now.
    pub may_send: bool,
    pub hold: Hold,
    /// When the freeze is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// The test is still to be passed.
    pub test: bool,
    pub violations: u32,
    /// Credit points taken so far.
    pub points: u32,
    /// Until then it sends slowly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled_until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undertaking: Option<Undertaking>,
    /// What to do next, in Chinese.
    pub zh: String,
    /// And in English.
    pub en: String,
}

impl From<&AccountStanding> for Standing {
    fn from(stands: &AccountStanding) -> Standing {
        let AccountStanding { agent, standing, at } = stands;
        let (hold, until, test, undertaking) = match &standing.hold {
            DomainHold::None => (Hold::None, None, false, None),
            DomainHold::Frozen { until, test } => (Hold::Frozen, Some(until.0), *test, None),
            DomainHold::Review { undertaking } => (Hold::Review, None, false, undertaking.as_ref()),
            DomainHold::Closed => (Hold::Closed, None, false, None),
        };
        let throttled_until = Some(standing.throttled_until).filter(|until| standing.may_send() && until > at).map(|until| until.0);
        let (zh, en) = next(standing, throttled_until.is_some(), until.is_some_and(|until| until > at.0));
        Standing {
            account: agent.0,
            may_send: standing.may_send(),
            hold,
            until,
            test,
            violations: standing.violations,
            points: standing.points,
            throttled_until,
            undertaking: undertaking.map(|u| Undertaking {
                text: u.text.clone(),
                at: u.at.0,
                due: u.due.0,
                records_from: u.records_from.0,
            }),
            zh: zh.into(),
            en: en.into(),
        }
    }
}

fn next(standing: &DomainStanding, throttled: bool, before_end: bool) -> (&'static str, &'static str) {
    match &standing.hold {
        DomainHold::None if throttled => ("可以发送,但每分钟的条数有限。", "You may send, but only so many messages a minute."),
        DomainHold::None => ("可以正常发送。", "You may send."),
        DomainHold::Frozen { test: true, .. } if before_end => (
            "请抽取考题并以 100 分通过;到时间后自动恢复发送。",
            "Draw the test and pass it with 100 points; when the time is over you may send again.",
        ),
        DomainHold::Frozen { test: true, .. } => (
            "时间已到。请抽取考题并以 100 分通过,通过后立即恢复发送。",
            "The time is over. Draw the test and pass it with 100 points; then you may send again.",
        ),
        DomainHold::Frozen { .. } => ("到时间后自动恢复发送。", "When the time is over you may send again."),
        DomainHold::Review { undertaking: None } => ("请提交承诺书,由平台审核。", "Hand in an undertaking; the platform reviews it."),
        DomainHold::Review { .. } => ("承诺书正在审核,请等待。", "Your undertaking is being reviewed; please wait."),
        DomainHold::Closed => ("账号已永久停止发送,不能申诉。", "The account is closed for sending for good; there is no appeal."),
    }
}

/// A question without the right answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedQuestion {
    pub text: String,
    pub answers: Vec<String>,
}

/// The test before an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Test {
    pub questions: Vec<AskedQuestion>,
}

impl From<&AccountStanding> for Test {
    fn from(stands: &AccountStanding) -> Test {
        let asked = stands.standing.test.iter().flatten();
        Test { questions: asked.map(|q| AskedQuestion { text: q.text.clone(), answers: q.answers.clone() }).collect() }
    }
}

/// The answers to the questions drawn last, in their order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestAnswers {
    /// Which answer to each question, from 0.
    pub answers: Vec<u8>,
}

/// What came of a test.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestResult {
    pub points: u32,
    /// All points were reached.
    pub passed: bool,
    pub standing: Standing,
}

impl TestResult {
    pub fn new(points: u32, stands: &AccountStanding) -> TestResult {
        TestResult { points, passed: points >= ALL_POINTS, standing: stands.into() }
    }
}

/// An undertaking 承诺书 to hand in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUndertaking {
    /// 10 to 2,000 characters.
    pub text: String,
}

/// A reviewer's decision on an undertaking.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// The account may send again. False: it needs another undertaking.
    pub lifted: bool,
    /// At most 200 characters.
    pub reason: String,
}

/// A violation that a person of the platform found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewViolation {
    /// The platform's own name of this report, at most 64 characters: sent again, it is no second violation.
    #[schema(example = "case-2026-0117")]
    pub id: String,
    /// At most 200 characters.
    pub reason: String,
}

/// What an account did in the time that a review looks at.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordCounts {
    /// Messages to buyers, by whole days of UTC.
    pub sent: u64,
    pub refused: u64,
    pub unsolicited: u64,
    pub held: u64,
    pub warned: u64,
    pub flagged: u64,
    pub violations: u64,
}

/// An undertaking that waits for its review.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingUndertaking {
    pub shop: String,
    pub account: u32,
    pub login: String,
    pub name: String,
    pub violations: u32,
    pub points: u32,
    #[serde(flatten)]
    pub undertaking: Undertaking,
    /// From `records_from` on.
    pub counts: RecordCounts,
    /// Where its records are read.
    #[schema(example = "/v1/platform/shops/tea-house/guard/records?account=3")]
    pub records: String,
    /// Where the messages of that time are taken out; the key needs the scope `accounts`.
    pub export: String,
}

impl From<Waiting> for WaitingUndertaking {
    fn from(waiting: Waiting) -> WaitingUndertaking {
        let Waiting { shop, account, standing, undertaking: u, counts } = waiting;
        let count = |kind: Kind| counts.of[kind as usize];
        let Account { agent, login, name, .. } = account.into();
        let base = format!("/v1/platform/shops/{shop}");
        WaitingUndertaking {
            records: format!("{base}/guard/records?account={agent}"),
            export: format!("{base}/export/conversations?format=jsonl&from={}&to={}", u.records_from.0, u.at.0),
            shop,
            account: agent,
            login,
            name,
            violations: standing.violations,
            points: standing.points,
            counts: RecordCounts {
                sent: counts.sent,
                refused: count(Kind::Refused),
                unsolicited: count(Kind::Unsolicited),
                held: count(Kind::Held),
                warned: count(Kind::Warned),
                flagged: count(Kind::Flagged),
                violations: count(Kind::Violation),
            },
            undertaking: Undertaking { text: u.text, at: u.at.0, due: u.due.0, records_from: u.records_from.0 },
        }
    }
}

/// A page of them, the first due first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Undertakings {
    pub undertakings: Vec<WaitingUndertaking>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What changed of an account's standing.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum StandingChange {
    /// The next step of the ladder.
    Violated {
        penalty: Penalty,
    },
    /// It may send again.
    Lifted,
    TestTaken {
        points: u32,
    },
    UndertakingGiven {
        due: u64,
    },
    /// Not lifted: another undertaking is needed.
    Reviewed {
        lifted: bool,
        reason: String,
    },
}
