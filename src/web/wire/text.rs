//! JSON of the texts of a shop: quick phrases, templates, welcome texts, how often they are used, and the set-up check list.

use super::rule::same;
use super::shop::AuditRow;
use crate::domain::content::TextRef;
use crate::domain::diversion::{self, Greeting as DomainGreeting};
use crate::domain::event::{Actor, Event};
use crate::domain::id::{GroupNo, Millis};
use crate::domain::text::set_up::{Item as DomainItem, State as DomainState};
use crate::domain::text::{self, ListId, usage};
use crate::door::{self, Whose};
use crate::web::difference::difference;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A quick phrase 快捷短语.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPhrase {
    /// What it is for: lists are sorted by it.
    #[serde(default)]
    #[schema(example = "物流")]
    pub intent: String,
    /// At most 200 characters; no address of the web, no contact, no name of another platform.
    pub text: String,
    /// Products it is for; empty: all. At most 20.
    #[serde(default)]
    pub products: Vec<String>,
}

impl From<NewPhrase> for text::Phrase {
    fn from(new: NewPhrase) -> text::Phrase {
        text::Phrase { intent: new.intent, text: new.text, products: new.products, added_at: Millis(0) }
    }
}

impl From<&text::Phrase> for NewPhrase {
    fn from(phrase: &text::Phrase) -> NewPhrase {
        NewPhrase { intent: phrase.intent.clone(), text: phrase.text.clone(), products: phrase.products.clone() }
    }
}

/// Whose phrases.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhraseList {
    Team,
    Group,
    Own,
}

/// A phrase with its number.
#[derive(Serialize, ToSchema)]
pub struct PhraseRow {
    pub list: PhraseList,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// Within its list; never used twice.
    pub no: u32,
    #[serde(flatten)]
    pub phrase: NewPhrase,
    /// Milliseconds since the epoch.
    pub added_at: u64,
}

impl From<&door::FoundPhrase> for PhraseRow {
    fn from(found: &door::FoundPhrase) -> PhraseRow {
        let (list, group) = match found.whose {
            Whose::Team => (PhraseList::Team, None),
            Whose::Group(group) => (PhraseList::Group, Some(group.0)),
            Whose::Own => (PhraseList::Own, None),
        };
        PhraseRow { list, group, no: found.no, phrase: (&found.phrase).into(), added_at: found.phrase.added_at.0 }
    }
}

/// Phrases, by intent.
#[derive(Serialize, ToSchema)]
pub struct Phrases {
    pub phrases: Vec<PhraseRow>,
}

/// The number of a text.
#[derive(Serialize, ToSchema)]
pub struct TextNumber {
    pub no: u32,
}

/// A message template 消息模板.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    pub name: String,
    /// `logistics`, `sizes`, `invoice`, `returns`, `refund`, `payment`, `stock`, `discount`, `customs`, `damage`, `wrong_item`,
    /// `thanks`, or a word of the shop's own.
    #[schema(example = "logistics")]
    pub category: String,
    /// At most 1,000 characters. Variables stand in braces, under their English or their Chinese name; `{{` and `}}` are braces.
    #[schema(example = "亲爱的{买家},您的订单{订单号}已由{物流公司}发出。")]
    pub text: String,
}

impl From<NewTemplate> for text::Template {
    fn from(new: NewTemplate) -> text::Template {
        text::Template { name: new.name, category: new.category, text: new.text, added_at: Millis(0) }
    }
}

impl From<&text::Template> for NewTemplate {
    fn from(template: &text::Template) -> NewTemplate {
        NewTemplate { name: template.name.clone(), category: template.category.clone(), text: template.text.clone() }
    }
}

/// A template with its number.
#[derive(Serialize, ToSchema)]
pub struct TemplateRow {
    /// Never used twice.
    pub no: u32,
    #[serde(flatten)]
    pub template: NewTemplate,
    /// Milliseconds since the epoch.
    pub added_at: u64,
}

/// What a template can ask for.
#[derive(Serialize, ToSchema)]
pub struct VariableNames {
    #[schema(example = "order_no")]
    pub english: &'static str,
    #[schema(example = "订单号")]
    pub chinese: &'static str,
}

/// The templates, by category.
#[derive(Serialize, ToSchema)]
pub struct Templates {
    pub templates: Vec<TemplateRow>,
    /// The twelve standard categories.
    pub categories: Vec<&'static str>,
    pub variables: Vec<VariableNames>,
}

impl From<Vec<(u32, text::Template)>> for Templates {
    fn from(found: Vec<(u32, text::Template)>) -> Templates {
        let row = |(no, template): (u32, text::Template)| TemplateRow { no, template: (&template).into(), added_at: template.added_at.0 };
        let names = |(_, english, chinese)| VariableNames { english, chinese };
        Templates {
            templates: found.into_iter().map(row).collect(),
            categories: text::CATEGORIES.to_vec(),
            variables: text::template::Variable::ALL.map(names).into(),
        }
    }
}

/// A template as the buyer would read it.
#[derive(Serialize, ToSchema)]
pub struct Rendered {
    pub text: String,
}

/// A reply made with a template.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTemplateAnswer {
    /// See `NewMessage`.
    pub client_message_id: String,
}

/// One's own welcome text 欢迎语.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWelcome {
    /// At most 200 characters; empty: none.
    pub text: String,
}

/// A phrase of a group.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupPhraseNo {
    pub group: u32,
    pub no: u32,
}

/// The text a reply was made with, by its number.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MadeWith {
    TeamPhrase(u32),
    GroupPhrase(GroupPhraseNo),
    OwnPhrase(u32),
    Template(u32),
}

impl From<MadeWith> for door::MadeWith {
    fn from(made_with: MadeWith) -> door::MadeWith {
        match made_with {
            MadeWith::TeamPhrase(no) => door::MadeWith::Phrase(Whose::Team, no),
            MadeWith::GroupPhrase(at) => door::MadeWith::Phrase(Whose::Group(GroupNo(at.group)), at.no),
            MadeWith::OwnPhrase(no) => door::MadeWith::Phrase(Whose::Own, no),
            MadeWith::Template(no) => door::MadeWith::Template(no),
        }
    }
}

impl From<TextRef> for MadeWith {
    fn from(text: TextRef) -> MadeWith {
        match text {
            TextRef::TeamPhrase(no) => MadeWith::TeamPhrase(no),
            TextRef::GroupPhrase(group, no) => MadeWith::GroupPhrase(GroupPhraseNo { group: group.0, no }),
            TextRef::OwnPhrase(_, no) => MadeWith::OwnPhrase(no),
            TextRef::Template(no) => MadeWith::Template(no),
        }
    }
}

/// Which welcome texts a buyer is told, and in which order.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Greeting {
    #[default]
    TeamFirst,
    OwnFirst,
    TeamOnly,
    OwnOnly,
    None,
}
same! { Greeting, DomainGreeting, TeamFirst OwnFirst TeamOnly OwnOnly None }

/// 欢迎语, once per reception, when it first has somebody who receives it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Welcome {
    /// The team's, where the group has none of its own. At most 200 characters. Empty: nothing.
    pub text: String,
    /// Default `team_first`.
    pub order: Greeting,
}

impl From<Welcome> for diversion::Welcome {
    fn from(welcome: Welcome) -> diversion::Welcome {
        diversion::Welcome { text: welcome.text, order: welcome.order.into() }
    }
}

impl From<&diversion::Welcome> for Welcome {
    fn from(welcome: &diversion::Welcome) -> Welcome {
        Welcome { text: welcome.text.clone(), order: welcome.order.into() }
    }
}

/// Replies of one day.
#[derive(Serialize, ToSchema)]
pub struct UsageDay {
    #[schema(example = "2026-03-29")]
    pub day: String,
    /// All replies of the staff.
    pub replies: u64,
    /// Of those, made with a phrase or a template.
    pub made_with_text: u64,
}

/// How often one text was used.
#[derive(Serialize, ToSchema)]
pub struct UsageOfText {
    pub text: MadeWith,
    /// Of an agent's own phrase: whose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<u32>,
    pub replies: u64,
}

/// How often the texts of the shop are used.
#[derive(Serialize, ToSchema)]
pub struct Usage {
    pub days: Vec<UsageDay>,
    pub replies: u64,
    pub made_with_text: u64,
    /// `made_with_text` ÷ `replies`; absent where there was no reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.42)]
    pub share: Option<f64>,
    /// The most used first.
    pub texts: Vec<UsageOfText>,
    /// Texts of shop and groups that were added in this quarter.
    pub added_this_quarter: u32,
    /// Fewer than 2 were added in this quarter.
    pub reminder: bool,
}

impl From<usage::Report> for Usage {
    fn from(report: usage::Report) -> Usage {
        let days = report.days.iter();
        let days = days.map(|d| UsageDay { day: d.day.to_string(), replies: d.replies, made_with_text: d.made_with });
        let sum = |of: fn(&usage::DayUsage) -> u64| report.days.iter().map(of).sum::<u64>();
        let (replies, made_with_text) = (sum(|day| day.replies), sum(|day| day.made_with));
        Usage {
            days: days.collect(),
            replies,
            made_with_text,
            share: (replies > 0).then(|| made_with_text as f64 / replies as f64),
            texts: report.texts.iter().map(|(text, count)| used(*text, *count)).collect(),
            added_this_quarter: report.added,
            reminder: report.reminder,
        }
    }
}

fn used(text: TextRef, replies: u64) -> UsageOfText {
    let agent = match text {
        TextRef::OwnPhrase(agent, _) => Some(agent.0),
        _ => None,
    };
    UsageOfText { text: text.into(), agent, replies }
}

/// One thing to set up.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetUpItem {
    Accounts,
    Groups,
    Rules,
    Offline,
    Welcome,
    Phrases,
    Templates,
    Fulfilment,
    Archive,
    /// A verified channel.
    Channels,
    Phone,
    HealthBaselines,
    RobotAnswers,
    AiConsent,
}
same! { SetUpItem, DomainItem, Accounts Groups Rules Offline Welcome Phrases Templates Fulfilment Archive Channels Phone HealthBaselines RobotAnswers AiConsent }

/// How far it is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetUpState {
    Done,
    Missing,
    /// This release has no such thing yet.
    NotAvailableYet,
}
same! { SetUpState, DomainState, Done Missing NotAvailableYet }

/// One line of the check list.
#[derive(Serialize, ToSchema)]
pub struct SetUpRow {
    pub item: SetUpItem,
    pub state: SetUpState,
    /// What it costs that it is missing; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs_zh: Option<&'static str>,
}

/// What the shop has set up, in the order in which it is best done.
#[derive(Serialize, ToSchema)]
pub struct SetUp {
    pub items: Vec<SetUpRow>,
    pub missing: u32,
}

fn costs(item: DomainItem) -> (&'static str, &'static str) {
    match item {
        DomainItem::Accounts => ("No account receives buyers by rule: every buyer waits.", "没有可按规则接待的账号,所有买家都要等待。"),
        DomainItem::Groups => ("Without groups every buyer may land with anybody.", "没有分组,买家会被随意分配。"),
        DomainItem::Rules => ("Without rules the right agent is found by chance.", "没有分流规则,能否找到合适的客服只能碰运气。"),
        DomainItem::Offline => (
            "Nobody has decided who looks after what arrives out of hours; it may lie unanswered.",
            "未设置离线消息处理,非工作时间的留言可能无人回复。",
        ),
        DomainItem::Welcome => ("Buyers are not greeted: the first seconds pass in silence.", "没有欢迎语,买家进线时得不到招呼。"),
        DomainItem::Phrases => {
            ("With fewer than 5 phrases at hand staff type the same answers again and again.", "快捷短语少于5条,客服要反复输入相同的回答。")
        }
        DomainItem::Templates => ("Replies about orders are typed by hand, with slips.", "没有消息模板,订单类回复全靠手打,容易出错。"),
        DomainItem::Fulfilment => {
            ("Buyers are not told that an order was confirmed or shipped, and ask.", "买家收不到订单确认和发货通知,只能来问。")
        }
        DomainItem::Archive => ("The defaults archive after 30 days and delete 90 days later.", "按默认值,会话30天后归档,再过90天删除。"),
        DomainItem::Channels => {
            ("Nobody outside is told when buyers wait, or when nobody reads.", "没有通知渠道,买家久等或消息无人阅读时,无人知晓。")
        }
        DomainItem::Phone => ("What is urgent reaches nobody's phone.", "没有绑定手机,紧急事项无法短信通知。"),
        DomainItem::HealthBaselines => {
            ("The yellow warning goes by the usual baselines: 5 %, 8 %, 70 %.", "黄色预警按默认基准:未读5%,超时8%,采纳70%。")
        }
        DomainItem::RobotAnswers | DomainItem::AiConsent => ("", ""),
    }
}

impl From<Vec<(DomainItem, DomainState)>> for SetUp {
    fn from(list: Vec<(DomainItem, DomainState)>) -> SetUp {
        let missing = list.iter().filter(|(_, state)| *state == DomainState::Missing).count() as u32;
        let row = |(item, state): (DomainItem, DomainState)| {
            let told = (state == DomainState::Missing).then(|| costs(item));
            SetUpRow { item: item.into(), state: state.into(), costs: told.map(|t| t.0), costs_zh: told.map(|t| t.1) }
        };
        SetUp { items: list.into_iter().map(row).collect(), missing }
    }
}

/// A change of a list of the shop or a group, for the record of changes (ACC-2). None: the event is something else.
pub fn audit_row(event: &Event) -> Option<AuditRow> {
    fn json<T: Serialize>(value: Option<T>) -> Option<serde_json::Value> {
        value.map(|value| serde_json::to_value(value).unwrap_or_default())
    }
    let (at, by, what, which, before, after) = match event {
        Event::PhraseSet { list, no, phrase, before, by, at } => {
            let which = match list {
                ListId::Group(group) => format!("group {}, {no}", group.0),
                _ => no.to_string(),
            };
            let as_json = |phrase: &Option<text::Phrase>| json(phrase.as_ref().map(NewPhrase::from));
            (at, by, "phrase", which, as_json(before), as_json(phrase))
        }
        Event::TemplateSet { no, template, before, by, at } => {
            let as_json = |template: &Option<text::Template>| json(template.as_ref().map(NewTemplate::from));
            (at, by, "template", no.to_string(), as_json(before), as_json(template))
        }
        _ => return None,
    };
    let changes = match (&before, &after) {
        (Some(before), Some(after)) => difference(before, after),
        _ => Vec::new(),
    };
    let by = (&Actor::Account(*by)).into();
    Some(AuditRow { at: at.0, by, what, which, before, after, changes, rolled_back_to: None })
}
