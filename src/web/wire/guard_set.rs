//! JSON of what the guard works by: a shop's settings and approvals, what the platform sets for all shops, and what it says of a text.

use super::guard::Finding;
use super::rule::same;
use crate::domain::guard::conduct::{self, Conduct as DomainConduct};
use crate::domain::guard::{self, Cleared, Contacts as DomainContacts, Voice as DomainVoice};
use crate::domain::id::Millis;
use crate::door::Guarding;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is done about contacts in agents' messages (GRD-3). In fixed texts they are always refused.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contacts {
    Refuse,
    /// Sent; the sender is told, and it is recorded.
    Warn,
}
same! { Contacts, DomainContacts, Refuse Warn }

/// What a shop sets of its guard, as a whole. Both of the first are required: an empty document would wipe out a full one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardSettings {
    pub contacts: Contacts,
    /// Hosts whose addresses may be sent; a host stands for its subdomains too. Those of carriers may always be sent.
    #[schema(example = json!(["tea.example"]))]
    pub allowed_hosts: Vec<String>,
    /// Platforms that may be named: the shop's own.
    #[serde(default)]
    pub own_platforms: Vec<String>,
    /// Marketing phrases beside the built-in ones (GRD-4).
    #[serde(default)]
    #[schema(example = json!(["买一送一"]))]
    pub marketing: Vec<String>,
    /// How the shop's coupon codes begin (GRD-5); the usual forms are known.
    #[serde(default)]
    pub coupon_prefixes: Vec<String>,
    /// Clients that staff use, by the name they give at log-in (GRD-6). Empty: not looked at.
    #[serde(default)]
    pub clients: Vec<String>,
    /// The version that was edited; refused as `outdated` where another one runs. Absent: whatever runs. Also as `version`.
    #[serde(default, skip_serializing, rename = "version", alias = "based_on")]
    pub based_on: Option<u32>,
    /// Of the banned words that run; 0: none were ever set. Not to be set here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words_version: Option<u32>,
}

impl From<GuardSettings> for guard::Settings {
    fn from(s: GuardSettings) -> guard::Settings {
        guard::Settings {
            contacts: s.contacts.into(),
            allowed_hosts: s.allowed_hosts,
            own_platforms: s.own_platforms,
            marketing: s.marketing,
            coupon_prefixes: s.coupon_prefixes,
            clients: s.clients,
        }
    }
}

impl From<&guard::Settings> for GuardSettings {
    fn from(s: &guard::Settings) -> GuardSettings {
        GuardSettings {
            contacts: s.contacts.into(),
            allowed_hosts: s.allowed_hosts.clone(),
            own_platforms: s.own_platforms.clone(),
            marketing: s.marketing.clone(),
            coupon_prefixes: s.coupon_prefixes.clone(),
            clients: s.clients.clone(),
            based_on: None,
            words_version: None,
        }
    }
}

/// The settings that run.
#[derive(Serialize, ToSchema)]
pub struct GuardNow {
    /// 0: the defaults, which nobody has set.
    pub version: u32,
    #[serde(flatten)]
    pub settings: GuardSettings,
}

impl From<Guarding> for GuardNow {
    fn from(now: Guarding) -> GuardNow {
        let settings = GuardSettings { words_version: Some(now.words_version), ..(&*now.settings).into() };
        GuardNow { version: now.version, settings }
    }
}

/// A new version.
#[derive(Serialize, ToSchema)]
pub struct GuardVersion {
    pub version: u32,
}

/// A campaign approval 报备 (GRD-4).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    #[schema(example = "618")]
    pub campaign: String,
    #[schema(example = json!(["限时抢购"]))]
    pub phrases: Vec<String>,
    /// Included; milliseconds since the epoch.
    pub from: u64,
    /// Excluded.
    pub to: u64,
}

impl From<Approval> for guard::Approval {
    fn from(a: Approval) -> guard::Approval {
        guard::Approval { campaign: a.campaign, phrases: a.phrases, from: Millis(a.from), to: Millis(a.to) }
    }
}

impl From<&guard::Approval> for Approval {
    fn from(a: &guard::Approval) -> Approval {
        Approval { campaign: a.campaign.clone(), phrases: a.phrases.clone(), from: a.from.0, to: a.to.0 }
    }
}

/// All approvals of a shop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    pub approvals: Vec<Approval>,
}

/// One step of the ladder 阶梯处罚 (GRD-8).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename = "PenaltyStep")]
pub struct Step {
    /// The account cannot send for so long. 0: a warning only.
    #[serde(default)]
    pub freeze_ms: u64,
    /// Nor before it passed the test with 100 points.
    #[serde(default)]
    pub test: bool,
    /// Credit points taken.
    #[serde(default)]
    pub points: u32,
    /// Nor before an undertaking was reviewed.
    #[serde(default)]
    pub review: bool,
    /// Closed for good.
    #[serde(default)]
    pub close: bool,
}

impl From<Step> for conduct::Step {
    fn from(s: Step) -> conduct::Step {
        let Step { freeze_ms, test, points, review, close } = s;
        conduct::Step { freeze_ms, test, points, review, close }
    }
}

impl From<&conduct::Step> for Step {
    fn from(s: &conduct::Step) -> Step {
        let conduct::Step { freeze_ms, test, points, review, close } = s.clone();
        Step { freeze_ms, test, points, review, close }
    }
}

/// When sending looks like a machine's (GRD-6).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Automation {
    /// Intervals looked at for their rhythm. Default 20.
    pub rhythm_messages: u32,
    /// Spread of the intervals below which they are a machine's, in thousandths of their mean. Default 80.
    pub rhythm_spread_milli: u32,
    /// Longer intervals are nobody's rhythm. Default 120,000.
    pub rhythm_mean_ms_max: u64,
    /// More messages within a minute than a person can write. Default 40.
    pub rate_per_min: u32,
    /// The same text to so many buyers within an hour. Default 20.
    pub same_text_buyers: u32,
    /// Shorter texts are said to everybody. Default 12.
    pub same_text_chars_min: u32,
    /// Different signs within an hour that are a violation. Default 2.
    pub signs_for_violation: u32,
}

/// What the platform sets for all its shops. The ladder is required; what else is left out is as by default.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Conduct {
    /// The n-th violation of an account leads to the n-th step, any later one to the last.
    pub ladder: Vec<Step>,
    /// For so long after it may send again an account is slow (GRD-7). Default 3 days.
    #[serde(default = "throttle_ms")]
    pub throttle_ms: u64,
    /// Messages a minute of a slowed account. Default 5.
    #[serde(default = "throttled_per_min")]
    pub throttled_per_min: u32,
    /// Working days within which an undertaking is reviewed. Default 3.
    #[serde(default = "review_days")]
    pub review_days: u32,
    /// Buyers who had not written … (GRD-5). Default 5.
    #[serde(default = "coupon_buyers")]
    pub coupon_buyers: u32,
    /// … within so long. Default 1 hour.
    #[serde(default = "coupon_window_ms")]
    pub coupon_window_ms: u64,
    #[serde(default)]
    pub automation: Automation,
    /// Of what runs; 0: the defaults, which nobody has set. Sent back it says which was edited, and is refused as `outdated` where another
    /// one runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

macro_rules! usual {
    ($($field:ident $of:ty)*) => { $(fn $field() -> $of { DomainConduct::default().$field })* };
}
usual! { throttle_ms u64 throttled_per_min u32 review_days u32 coupon_buyers u32 coupon_window_ms u64 }

impl Default for Automation {
    fn default() -> Automation {
        (&DomainConduct::default().automation).into()
    }
}

impl From<&conduct::Automation> for Automation {
    fn from(a: &conduct::Automation) -> Automation {
        Automation {
            rhythm_messages: a.rhythm_messages,
            rhythm_spread_milli: a.rhythm_spread_milli,
            rhythm_mean_ms_max: a.rhythm_mean_ms_max,
            rate_per_min: a.rate_per_min,
            same_text_buyers: a.same_text_buyers,
            same_text_chars_min: a.same_text_chars_min,
            signs_for_violation: a.signs_for_violation,
        }
    }
}

impl From<Automation> for conduct::Automation {
    fn from(a: Automation) -> conduct::Automation {
        conduct::Automation {
            rhythm_messages: a.rhythm_messages,
            rhythm_spread_milli: a.rhythm_spread_milli,
            rhythm_mean_ms_max: a.rhythm_mean_ms_max,
            rate_per_min: a.rate_per_min,
            same_text_buyers: a.same_text_buyers,
            same_text_chars_min: a.same_text_chars_min,
            signs_for_violation: a.signs_for_violation,
        }
    }
}

impl From<Conduct> for DomainConduct {
    fn from(c: Conduct) -> DomainConduct {
        DomainConduct {
            ladder: c.ladder.into_iter().map(Into::into).collect(),
            throttle_ms: c.throttle_ms,
            throttled_per_min: c.throttled_per_min,
            review_days: c.review_days,
            coupon_buyers: c.coupon_buyers,
            coupon_window_ms: c.coupon_window_ms,
            automation: c.automation.into(),
        }
    }
}

impl From<&DomainConduct> for Conduct {
    fn from(c: &DomainConduct) -> Conduct {
        Conduct {
            ladder: c.ladder.iter().map(Into::into).collect(),
            throttle_ms: c.throttle_ms,
            throttled_per_min: c.throttled_per_min,
            review_days: c.review_days,
            coupon_buyers: c.coupon_buyers,
            coupon_window_ms: c.coupon_window_ms,
            automation: (&c.automation).into(),
            version: None,
        }
    }
}

/// A question of the test, with its answers; one is right.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename = "TestQuestion")]
pub struct Question {
    #[schema(example = "买家没有来咨询,可以主动给买家发消息吗?")]
    pub text: String,
    pub answers: Vec<String>,
    /// Which is right, from 0.
    pub right: u8,
}

/// The bank of questions; an empty one stands for the usual questions.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    /// Of the bank that runs; 0: nobody has set any. Sent back it says which was edited, as with `conduct`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    pub questions: Vec<Question>,
}

impl From<Question> for conduct::Question {
    fn from(q: Question) -> conduct::Question {
        conduct::Question { text: q.text, answers: q.answers, right: q.right }
    }
}

impl From<conduct::Question> for Question {
    fn from(q: conduct::Question) -> Question {
        Question { text: q.text, answers: q.answers, right: q.right }
    }
}

/// Whose words they would be.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpokenBy {
    /// An agent's own message.
    #[default]
    Agent,
    /// A quick phrase, a template, a welcome text, what the system says.
    Fixed,
}

impl From<SpokenBy> for DomainVoice {
    fn from(voice: SpokenBy) -> DomainVoice {
        match voice {
            SpokenBy::Agent => DomainVoice::Agent,
            SpokenBy::Fixed => DomainVoice::Fixed,
        }
    }
}

/// A text that is tried, not sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TriedText {
    /// At most 4,000 characters.
    pub text: String,
    #[serde(default)]
    pub voice: SpokenBy,
}

/// What the guard would say of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tried {
    /// It would be sent.
    pub clear: bool,
    /// What must not be sent; nothing where it is clear.
    pub findings: Vec<Finding>,
    /// What it would be sent with a warning for.
    pub warnings: Vec<Finding>,
    /// It holds a coupon or discount code. Absent: it would not be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<bool>,
    /// It says nothing: no answer to a buyer's question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<bool>,
}

impl From<Result<Cleared, Vec<guard::Finding>>> for Tried {
    fn from(tried: Result<Cleared, Vec<guard::Finding>>) -> Tried {
        match tried {
            Ok(cleared) => Tried {
                clear: true,
                findings: Vec::new(),
                warnings: cleared.warnings.iter().map(Into::into).collect(),
                coupon: Some(cleared.coupon),
                empty: Some(cleared.empty),
            },
            Err(findings) => {
                let findings = findings.iter().map(Into::into).collect();
                Tried { clear: false, findings, warnings: Vec::new(), coupon: None, empty: None }
            }
        }
    }
}
