//! JSON of channels, routes and notifications (NTF-1 … NTF-3). What goes out never holds a secret, but for the one that was drawn, once.

use super::rule::same;
use super::shop::{AuditRow, Priority};
use super::version::By;
use crate::domain::event::{Couriered, Event};
use crate::domain::notify::channel::{self, Channel as DomainChannel, ChannelNo, Secret, Shown, Target};
use crate::domain::notify::record::{Attempt as DomainAttempt, Fate as DomainFate, Record, State};
use crate::domain::notify::route::{Route as DomainRoute, usual};
use crate::domain::notify::{Class as DomainClass, Ended, Outcome as DomainOutcome, Rate as DomainRate, Responsible, Topic};
use crate::door;
use crate::web::error::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What sort of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ChannelKind)]
pub enum Kind {
    Mail,
    /// A text message to a mobile of mainland China.
    Phone,
    /// A signed robot of a DingTalk 钉钉 group.
    DingTalk,
    /// A robot of a WeCom 企业微信 group.
    WeCom,
    /// Signed by the Standard Webhooks scheme; it is sent a `WebhookBody`.
    Webhook,
}
same! { Kind, channel::Kind, Mail Phone DingTalk WeCom Webhook }

/// The language that a channel is written in.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub enum Language {
    #[default]
    #[serde(rename = "zh")]
    Chinese,
    #[serde(rename = "en")]
    English,
}
same! { Language, channel::Language, Chinese English }

/// What sort of news.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A buyer has waited for two minutes.
    Reminder,
    /// Unread for two days.
    Escalation,
    /// The daily report on the shop's health.
    Health,
    /// What will be archived tomorrow.
    Archive,
    /// A violation of the guard's rules.
    Guard,
    /// An urgent notice of the platform.
    Notice,
    /// Of a channel.
    Test,
}
same! { Class, DomainClass, Reminder Escalation Health Archive Guard Notice Test }

/// One of the three rates of a shop.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ToldRate)]
pub enum Rate {
    Unread,
    TimeOuts,
    Adoption,
}

impl From<DomainRate> for Rate {
    fn from(rate: DomainRate) -> Rate {
        match rate {
            DomainRate::Unread => Rate::Unread,
            DomainRate::TimeOut => Rate::TimeOuts,
            DomainRate::Adoption => Rate::Adoption,
        }
    }
}

/// A new channel: what it needs depends on its kind.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChannel {
    pub kind: Kind,
    /// As the shop calls it.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub language: Language,
    /// Of `mail`.
    #[schema(example = "owner@tea.example")]
    pub address: Option<String>,
    /// Of `phone`: 11 digits.
    #[schema(example = "13800138000")]
    pub number: Option<String>,
    /// Of `dingtalk`, `wecom` and `webhook`: as the group shows it for its robot, token and all.
    pub url: Option<String>,
    /// Of `dingtalk`: the signing secret 加签. Of `webhook`: `whsec_…`; absent: one is drawn and answered once.
    pub secret: Option<String>,
}

impl NewChannel {
    /// Refuses what is missing and what belongs to another kind.
    pub fn understood(self) -> Result<door::NewChannel, Problem> {
        let NewChannel { kind, name, language, address, number, url, secret } = self;
        let fields = [("address", &address), ("number", &number), ("url", &url), ("secret", &secret)];
        let needs: &[&str] = match kind {
            Kind::Mail => &["address"],
            Kind::Phone => &["number"],
            Kind::WeCom => &["url"],
            Kind::DingTalk => &["url", "secret"],
            Kind::Webhook => &["url"],
        };
        for (field, given) in fields {
            let may = needs.contains(&field) || kind == Kind::Webhook && field == "secret";
            match given {
                Some(_) if !may => return Err(Problem::invalid(field, "belongs to another kind of channel; leave it out")),
                None if needs.contains(&field) => return Err(Problem::invalid(field, "this kind of channel needs it")),
                _ => {}
            }
        }
        let [address, number, url, secret] = [address, number, url, secret].map(Option::unwrap_or_default);
        let (url, secret) = (Secret(url), Secret(secret));
        let target = match kind {
            Kind::Mail => Target::Mail { address },
            Kind::Phone => Target::Phone { number },
            Kind::WeCom => Target::WeCom { url },
            Kind::DingTalk => Target::DingTalk { url, secret },
            Kind::Webhook => Target::Webhook { url, secret },
        };
        Ok(door::NewChannel { name, target, language: language.into() })
    }
}

/// A new channel's number.
#[derive(Serialize, ToSchema)]
pub struct ChannelAdded {
    pub channel: u32,
    /// The secret that was drawn for a webhook. It is not shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A channel.
#[derive(Serialize, ToSchema)]
pub struct Channel {
    pub channel: u32,
    pub kind: Kind,
    pub name: String,
    pub language: Language,
    /// The mail address, the number, or the host of the robot or webhook.
    #[schema(example = "qyapi.weixin.qq.com")]
    pub place: String,
    /// The last four characters of its token or secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ends: String,
    pub verified: bool,
    /// Until when the code that was sent holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_expires: Option<u64>,
    pub added_at: u64,
}

impl From<&DomainChannel> for Channel {
    fn from(c: &DomainChannel) -> Channel {
        let Shown { kind, place, ends } = c.target.shown();
        Channel {
            channel: c.no.0,
            kind: kind.into(),
            name: c.name.clone(),
            language: c.language.into(),
            place,
            ends,
            verified: c.verified,
            code_expires: c.code.as_ref().map(|code| code.expires.0),
            added_at: c.added_at.0,
        }
    }
}

/// The channels of a shop.
#[derive(Serialize, ToSchema)]
pub struct Channels {
    pub channels: Vec<Channel>,
}

/// A test that was sent.
#[derive(Serialize, ToSchema)]
pub struct TestSent {
    pub notification: u64,
}

/// A code that came through a channel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedCode {
    #[schema(example = "042042")]
    pub code: String,
}

/// News of this class, of this priority or a higher one, goes to these channels.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub class: Class,
    pub least: Priority,
    #[schema(example = json!([1, 2]))]
    pub channels: Vec<u32>,
}

impl From<Route> for DomainRoute {
    fn from(r: Route) -> DomainRoute {
        DomainRoute { class: r.class.into(), least: r.least.into(), channels: r.channels.into_iter().map(ChannelNo).collect() }
    }
}

impl From<&DomainRoute> for Route {
    fn from(r: &DomainRoute) -> Route {
        Route { class: r.class.into(), least: r.least.into(), channels: r.channels.iter().map(|no| no.0).collect() }
    }
}

/// All routes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Routes {
    pub routes: Vec<Route>,
}

impl From<Routes> for Vec<DomainRoute> {
    fn from(r: Routes) -> Vec<DomainRoute> {
        r.routes.into_iter().map(Into::into).collect()
    }
}

/// Where news goes of a class that no route names.
#[derive(Serialize, ToSchema)]
pub struct Usual {
    pub class: Class,
    pub kinds: Vec<Kind>,
}

/// The routes that were set, and the usual ones.
#[derive(Serialize, ToSchema)]
pub struct RoutesNow {
    pub routes: Vec<Route>,
    pub usual: Vec<Usual>,
}

impl From<Vec<DomainRoute>> for RoutesNow {
    fn from(routes: Vec<DomainRoute>) -> RoutesNow {
        let way = |class: DomainClass| Usual { class: class.into(), kinds: usual(class).iter().map(|kind| (*kind).into()).collect() };
        RoutesNow { routes: routes.iter().map(Into::into).collect(), usual: DomainClass::ROUTED.into_iter().map(way).collect() }
    }
}

/// What is told.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    Waiting {
        conversation: String,
        buyer: String,
        since: u64,
        /// Who had the buyer then; null: nobody.
        agent: Option<u32>,
        /// In whose group the buyer counted, or waited.
        group: Option<u32>,
    },
    Unread {
        conversation: String,
        buyer: String,
        since: u64,
        /// Who had the buyer then; null: nobody.
        agent: Option<u32>,
        /// In whose group the buyer counted, or waited.
        group: Option<u32>,
    },
    Health {
        day: String,
        unread_permille: Option<u32>,
        timeout_permille: Option<u32>,
        adoption_permille: Option<u32>,
        warnings: Vec<Rate>,
    },
    Archive {
        conversations: u32,
    },
    Violation {
        account: u32,
    },
    UrgentNotice {
        notice: String,
        title: String,
    },
    /// A code for its channel.
    Code,
    Test,
    /// So many more of this class, which were not told one by one because too many waited. Each is in the list, given up.
    More {
        count: u32,
    },
}

fn numbers(responsible: &Responsible) -> (Option<u32>, Option<u32>) {
    (responsible.agent.map(|agent| agent.0), responsible.group.map(|group| group.0))
}

impl From<&Topic> for About {
    fn from(topic: &Topic) -> About {
        match topic {
            Topic::Waiting { conversation, buyer, since, responsible } => {
                let (agent, group) = numbers(responsible);
                About::Waiting { conversation: conversation.to_string(), buyer: buyer.clone(), since: since.0, agent, group }
            }
            Topic::Unread { conversation, buyer, since, responsible } => {
                let (agent, group) = numbers(responsible);
                About::Unread { conversation: conversation.to_string(), buyer: buyer.clone(), since: since.0, agent, group }
            }
            Topic::Health(news) => About::Health {
                day: news.day.clone(),
                unread_permille: news.unread_permille,
                timeout_permille: news.time_out_permille,
                adoption_permille: news.adoption_permille,
                warnings: news.warnings.iter().map(|rate| (*rate).into()).collect(),
            },
            Topic::Archive { conversations } => About::Archive { conversations: *conversations },
            Topic::Violation { agent } => About::Violation { account: agent.0 },
            Topic::UrgentNotice { kind, title } => About::UrgentNotice { notice: kind.clone(), title: title.clone() },
            Topic::Code { .. } => About::Code,
            Topic::Test => About::Test,
            Topic::More { count } => About::More { count: *count },
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Nobody has accepted it yet.
    Waiting,
    Delivered,
    /// The other side will never take it.
    Refused,
    /// Not tried any more, or never; see `why`: the wait was over (answered, read, or marked as needing no reply), its time was over, or too
    /// many waited.
    GivenUp,
    /// Nobody was told: no verified channel is there for such news.
    NoChannel,
}
same! { Fate, State, Waiting Delivered Refused GivenUp NoChannel }

/// What came of an attempt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AttemptOutcome)]
pub enum Outcome {
    Delivered,
    Refused,
    /// Not now.
    Failed,
}

/// One attempt.
#[derive(Serialize, ToSchema)]
pub struct Attempt {
    pub attempt: u32,
    pub begun: u64,
    /// Absent, as the outcome: it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl From<&DomainAttempt> for Attempt {
    fn from(a: &DomainAttempt) -> Attempt {
        let (outcome, why) = match a.ended.as_ref().map(|(_, outcome)| outcome) {
            None => (None, None),
            Some(DomainOutcome::Delivered) => (Some(Outcome::Delivered), None),
            Some(DomainOutcome::Refused { why }) => (Some(Outcome::Refused), Some(why.clone())),
            Some(DomainOutcome::Failed { why, .. }) => (Some(Outcome::Failed), Some(why.clone())),
        };
        Attempt { attempt: a.no, begun: a.begun.0, ended: a.ended.as_ref().map(|(at, _)| at.0), outcome, why }
    }
}

/// One notification to one channel.
#[derive(Serialize, ToSchema)]
pub struct Notification {
    pub notification: u64,
    pub class: Class,
    pub priority: Priority,
    pub about: About,
    /// Absent: there was none for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<u32>,
    pub at: u64,
    pub fate: Fate,
    /// Of what was refused or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<u64>,
    pub attempts: Vec<Attempt>,
}

impl From<&Record> for Notification {
    fn from(record: &Record) -> Notification {
        let (why, next_attempt) = match &record.fate {
            DomainFate::Waiting { next } => (None, next.map(|at| at.0)),
            DomainFate::Refused { why } => (Some(why.clone()), None),
            DomainFate::Late { why } => (Some(format!("tried as long as it was worth telling; at last: {why}")), None),
            DomainFate::GivenUp(ended) => (Some(told(*ended).to_owned()), None),
            DomainFate::Delivered | DomainFate::NoChannel => (None, None),
        };
        let n = &record.notification;
        Notification {
            notification: n.no,
            class: n.class.into(),
            priority: n.priority.into(),
            about: About::from(&n.topic),
            channel: n.channel.map(|no| no.0),
            at: n.at.0,
            fate: record.fate.state().into(),
            why,
            next_attempt,
            attempts: record.attempts.iter().map(Into::into).collect(),
        }
    }
}

fn told(ended: Ended) -> &'static str {
    match ended {
        Ended::TooMany => "too many notifications of the shop waited already",
        Ended::Replaced => "a later test took its place",
        Ended::ChannelRemoved => "the channel was removed",
        Ended::CodeLost => "the server was started anew, and keeps no codes: send another test",
        Ended::Settled => "the wait was over before it could be told",
    }
}

/// A page of notifications.
#[derive(Serialize, ToSchema)]
pub struct Notifications {
    pub notifications: Vec<Notification>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// What the audit shows of a change of channels and routes (ACC-2). None: the event is about something else.
pub fn channel_row(event: &Event) -> Option<AuditRow> {
    let Event::Courier { at, what } = event else { return None };
    let of = |name: &str, shown: &Shown, verified: bool| json!({ "name": name, "kind": Kind::from(shown.kind), "place": shown.place, "ends": shown.ends, "verified": verified });
    match what {
        Couriered::ChannelAdded { channel, by } => {
            let after = of(&channel.name, &channel.target.shown(), false);
            Some(AuditRow::of("channel", &channel.no.0.to_string(), None, Some(after), by.into(), *at))
        }
        Couriered::ChannelRemoved { no, name, shown, verified, by } => {
            Some(AuditRow::of("channel", &no.0.to_string(), Some(of(name, shown, *verified)), None, by.into(), *at))
        }
        Couriered::ChannelVerified { no, name, shown, by } => {
            let (before, after) = (of(name, shown, false), of(name, shown, true));
            let by = by.as_ref().map_or(By::Rule, By::from);
            Some(AuditRow::of("channel", &no.0.to_string(), Some(before), Some(after), by, *at))
        }
        Couriered::RoutesSet { before, after, by } => {
            let routes = |routes: &[DomainRoute]| json!(routes.iter().map(Route::from).collect::<Vec<_>>());
            Some(AuditRow::of("channel_routes", "", Some(routes(before)), Some(routes(after)), by.into(), *at))
        }
        _ => None,
    }
}
