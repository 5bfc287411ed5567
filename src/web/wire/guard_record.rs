//! JSON of the guard's records (GRD-9): what was caught, what it was found by, what followed.

use super::Hex;
use super::guard::Finding;
use super::guard_set::Step;
use super::rule::same;
use super::version::By;
use crate::domain::event::{Author, Conducted, Event};
use crate::domain::guard::kind::{Kind, record_of};
use crate::domain::guard::record::{self, Caught, Ground};
use crate::door::GuardRecord;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A kind of record.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A text that was not sent for what stands in it.
    Refused,
    /// Not sent: the buyer had not written.
    Unsolicited,
    /// Not sent: the account must not send.
    Held,
    /// Sent, with a warning.
    Warned,
    /// Signs of automatic sending.
    Flagged,
    Violation,
    /// The account may send again.
    Lifted,
    /// A test was taken.
    Test,
    /// 承诺书.
    Undertaking,
    /// A reviewer decided.
    Reviewed,
}
same! { RecordKind, Kind, Refused Unsolicited Held Warned Flagged Violation Lifted Test Undertaking Reviewed }

/// The words of [`RecordKind`], for whoever used another.
pub const KINDS: &str = "refused, unsolicited, held, warned, flagged, violation, lifted, test, undertaking, reviewed";

/// What shows that a machine is sending (GRD-6).
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "sign", rename_all = "snake_case")]
pub enum Sign {
    /// Sent at nearly equal intervals.
    Rhythm { messages: u32, mean_ms: u64, spread_milli: u32 },
    /// More than a person can write.
    Rate { messages: u32, within_ms: u64 },
    /// The same text to so many buyers.
    SameText { buyers: u32, within_ms: u64, text: String },
    /// By a client that the shop has not registered.
    Client { client: String },
}

impl From<&record::Sign> for Sign {
    fn from(sign: &record::Sign) -> Sign {
        match sign.clone() {
            record::Sign::Rhythm { messages, mean_ms, spread_milli } => Sign::Rhythm { messages, mean_ms, spread_milli },
            record::Sign::Rate { messages, within_ms } => Sign::Rate { messages, within_ms },
            record::Sign::SameText { buyers, within_ms, text } => Sign::SameText { buyers, within_ms, text },
            record::Sign::Client { client } => Sign::Client { client },
        }
    }
}

/// Which rule was violated, and what shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Violation {
    /// GRD-5: coupons to these buyers, who had not written, from one address.
    Coupons {
        ip: String,
        #[schema(value_type = Vec<String>)]
        conversations: Vec<Hex>,
        accounts: Vec<u32>,
    },
    /// GRD-6.
    Automation { signs: Vec<Sign> },
    /// Found by a person of the platform.
    Reported { reason: String },
}

impl From<&record::Violation> for Violation {
    fn from(violation: &record::Violation) -> Violation {
        match violation {
            record::Violation::Coupons { ip, buyers, agents } => Violation::Coupons {
                ip: ip.to_string(),
                conversations: buyers.iter().copied().map(Hex).collect(),
                accounts: agents.iter().map(|agent| agent.0).collect(),
            },
            record::Violation::Automation { signs } => Violation::Automation { signs: signs.iter().map(Into::into).collect() },
            record::Violation::Reported { reason, .. } => Violation::Reported { reason: reason.clone() },
        }
    }
}

/// What follows a violation, as it was decided then.
#[derive(Debug, Serialize, ToSchema)]
pub struct Penalty {
    /// 1, 2, 3, … of this account.
    pub no: u32,
    #[serde(flatten)]
    pub step: Step,
    /// How long it sends slowly after it may send again.
    pub throttle_ms: u64,
}

impl From<&record::Penalty> for Penalty {
    fn from(penalty: &record::Penalty) -> Penalty {
        Penalty { no: penalty.no, step: (&penalty.step).into(), throttle_ms: penalty.throttle_ms }
    }
}

/// A text that was caught.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaughtText {
    #[schema(value_type = String)]
    pub conversation: Hex,
    pub text: String,
    /// What was found in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The number of the message, where it was sent with a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
    /// It held a coupon or discount code.
    pub coupon: bool,
    /// Where it came from, as the connection or a trusted proxy said. Absent: from the system, or not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The name that the client gave at log-in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client: String,
    /// One of a batch.
    pub batch: bool,
}

impl From<&Caught> for CaughtText {
    fn from(caught: &Caught) -> CaughtText {
        let findings = match &caught.ground {
            Ground::Findings(findings) => findings.iter().map(Into::into).collect(),
            Ground::Unsolicited | Ground::Held => Vec::new(),
        };
        CaughtText {
            conversation: Hex(caught.conversation),
            text: caught.text.clone(),
            findings,
            sent: caught.sent,
            coupon: caught.coupon,
            ip: caught.origin.ip.map(|ip| ip.to_string()),
            client: caught.origin.client.clone(),
            batch: caught.origin.batch,
        }
    }
}

/// A record. Which of the parts there are depends on its kind.
#[derive(Serialize, ToSchema)]
pub struct Record {
    /// Its number in the shop.
    pub record: u64,
    pub kind: RecordKind,
    /// Milliseconds since the epoch.
    pub at: u64,
    /// Absent: the system spoke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<u32>,
    pub zh: String,
    pub en: String,
    #[serde(flatten)]
    pub caught: Option<CaughtText>,
    /// Of `flagged`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signs: Vec<Sign>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violation: Option<Violation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<Penalty>,
    /// Of `violation` and `reviewed`. Absent: found by rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// Of `test`: 100 pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<u32>,
    /// The words of an undertaking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undertaking: Option<String>,
    /// Of `reviewed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A page of records, newest first.
#[derive(Serialize, ToSchema)]
pub struct Records {
    pub records: Vec<Record>,
    /// `cursor` of the next page; absent at the end. A filtered page may be short, and even empty, and have a next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl Record {
    /// None: the event is no record.
    pub fn new(record: &GuardRecord) -> Option<Record> {
        let (kind, account) = record_of(&record.event)?;
        let (zh, en) = sentences(kind);
        let mut row = Record {
            record: record.seq,
            kind: kind.into(),
            at: record.event.at().map_or(0, |at| at.0),
            account: account.map(|agent| agent.0),
            zh: zh.into(),
            en: en.into(),
            caught: None,
            signs: Vec::new(),
            violation: None,
            penalty: None,
            by: None,
            points: None,
            undertaking: None,
            lifted: None,
            reason: None,
        };
        match &record.event {
            Event::TextCaught { caught } => {
                debug_assert!(matches!(caught.by, Author::Agent(_)) == account.is_some());
                row.caught = Some((&**caught).into());
            }
            Event::Conduct { what: Conducted::Flagged { signs }, .. } => row.signs = signs.iter().map(Into::into).collect(),
            Event::Conduct { what: Conducted::Violated { violation, penalty, by }, .. } => {
                (row.violation, row.penalty) = (Some(violation.into()), Some(penalty.into()));
                row.by = by.as_ref().map(Into::into);
            }
            Event::Conduct { what: Conducted::TestTaken { points }, .. } => row.points = Some(*points),
            Event::Conduct { what: Conducted::UndertakingGiven { undertaking }, .. } => row.undertaking = Some(undertaking.text.clone()),
            Event::Conduct { what: Conducted::Reviewed { lifted, reason, by }, .. } => {
                (row.lifted, row.reason, row.by) = (Some(*lifted), Some(reason.clone()), Some(by.into()));
            }
            _ => {}
        }
        Some(row)
    }
}

/// What happened, in Chinese and in English.
fn sentences(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Refused => ("内容违规,未发送。", "Not sent for what stands in it."),
        Kind::Unsolicited => ("买家没有发起会话,不能主动发送,未发送。", "Not sent: the buyer had not written; nobody writes first."),
        Kind::Held => ("账号暂不能向买家发送消息,未发送。", "Not sent: the account must not send to buyers now."),
        Kind::Warned => ("已发送,但内容有提醒。", "Sent, with a warning."),
        Kind::Flagged => ("发送行为像是自动程序。", "Sending looked like a machine's."),
        Kind::Violation => ("违规,已按阶梯处罚。", "A violation; the next step of the ladder follows."),
        Kind::Lifted => ("恢复发送。", "The account may send again."),
        Kind::Test => ("参加了规则考试。", "The test was taken."),
        Kind::Undertaking => ("提交了承诺书。", "An undertaking was given."),
        Kind::Reviewed => ("平台已审核承诺书。", "The platform reviewed the undertaking."),
    }
}
