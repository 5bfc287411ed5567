//! JSON of figures, of a shop's health and of its health reports (MET-1, MET-2, MET-4).

use super::inbox::Count;
use crate::domain::desk::time::HealthRule;
use crate::domain::health;
use crate::domain::health::letter::{Tongue, Words};
use crate::domain::health::rates::{SCORE_FORMULA, SCORED_DAYS, Share, Warning};
use crate::domain::list::Lane;
use crate::door::{MarketplaceOf, Point, Reported};
use crate::web::table::Cell;
use serde::Serialize;
use utoipa::ToSchema;

/// So many of so many.
#[derive(Serialize, ToSchema)]
pub struct Rate {
    pub part: u64,
    pub whole: u64,
    /// `part` ÷ `whole`; null: of nothing.
    pub rate: Option<f64>,
}

impl From<Share> for Rate {
    fn from(share: Share) -> Rate {
        Rate { part: share.part, whole: share.whole, rate: share.value() }
    }
}

/// What belongs to no agent and no group: buyers write to the shop.
#[derive(Serialize, ToSchema)]
pub struct ShopFigures {
    /// Messages of buyers.
    pub received: u64,
    /// Messages nobody has read ÷ received; without those that buyers took back unread.
    pub unread: Rate,
    /// Rounds answered ÷ rounds begun that needed an answer.
    pub response: Rate,
    pub rounds_begun: u64,
    /// Taken back by the buyer, marked as needing no reply, or ended with a blacklisting.
    pub rounds_withdrawn: u64,
    /// Receptions that buyers opened.
    pub opened: u64,
    /// Put in the offline pool.
    pub pooled: u64,
}

/// What counts for whoever does it, and for no group.
#[derive(Serialize, ToSchema)]
pub struct WorkFigures {
    pub closed: u64,
    /// Messages of staff.
    pub sent: u64,
    /// Of those, made with a text of the shop.
    pub with_text: Rate,
}

/// Figures of a period, or of a part of it. Rounds 轮次 and messages count when they began and came; responses that were due, when that
/// was decided.
#[derive(Serialize, ToSchema)]
pub struct Figures {
    /// Absent in the figures of an agent or a group.
    #[serde(flatten)]
    pub shop: Option<ShopFigures>,
    /// Absent in the figures of a group.
    #[serde(flatten)]
    pub work: Option<WorkFigures>,
    /// First responses late or missing ÷ due.
    pub time_outs: Rate,
    /// Suggestions sent, as they were or edited ÷ offered. To an agent or a group they count once it is known what became of them.
    pub adoption: Rate,
    pub suggestions_as_is: u64,
    pub suggestions_edited: u64,
    pub suggestions_ignored: u64,
    pub rounds_answered: u64,
    /// Within 3 minutes, whatever the shop's own limit.
    pub rounds_answered_in_3_min: u64,
    /// Closed without an answer.
    pub rounds_unanswered: u64,
    /// Of the rounds that were answered, in milliseconds; null: of none. Percentiles are right to 3 %.
    pub response_mean_ms: Option<u64>,
    pub response_p50_ms: Option<u64>,
    pub response_p90_ms: Option<u64>,
    pub response_p95_ms: Option<u64>,
    pub response_p99_ms: Option<u64>,
    /// Given to an agent; one that was moved counts again.
    pub given: u64,
    /// Put in the queue, once more included.
    pub queued: u64,
}

impl Figures {
    fn of(lane: Lane, f: &health::Figures) -> Figures {
        let percentile = |percent| f.responses.percentile_ms(percent);
        let shop = || ShopFigures {
            received: f.received - f.recalled.min(f.received),
            unread: f.unread().into(),
            response: f.response().into(),
            rounds_begun: f.begun,
            rounds_withdrawn: f.withdrawn,
            opened: f.opened,
            pooled: f.pooled,
        };
        let work = || WorkFigures { closed: f.closed, sent: f.sent, with_text: f.with_text().into() };
        Figures {
            shop: (lane == Lane::Shop).then(shop),
            work: (!matches!(lane, Lane::Group(_))).then(work),
            time_outs: f.time_outs().into(),
            adoption: f.adoption().into(),
            suggestions_as_is: f.adopted,
            suggestions_edited: f.edited,
            suggestions_ignored: f.ignored,
            rounds_answered: f.answered,
            rounds_answered_in_3_min: f.answered_soon,
            rounds_unanswered: f.unanswered,
            response_mean_ms: f.mean_response_ms(),
            response_p50_ms: percentile(50),
            response_p90_ms: percentile(90),
            response_p95_ms: percentile(95),
            response_p99_ms: percentile(99),
            given: f.given,
            queued: f.queued,
        }
    }
}

/// The baselines 基准 of the yellow warning.
#[derive(Serialize, ToSchema)]
pub struct Baselines {
    /// More than this is warned of; thousandths, as the others.
    pub unread_permille_max: u16,
    pub timeout_permille_max: u16,
    /// Less than this.
    pub adoption_permille_min: u16,
}

impl From<&HealthRule> for Baselines {
    fn from(rule: &HealthRule) -> Baselines {
        let HealthRule { unread_permille_max, timeout_permille_max, adoption_permille_min, .. } = *rule;
        Baselines { unread_permille_max, timeout_permille_max, adoption_permille_min }
    }
}

fn warning(warning: Warning) -> &'static str {
    match warning {
        Warning::Unread => "unread",
        Warning::TimeOuts => "time_outs",
        Warning::Adoption => "adoption",
    }
}

fn warnings(figures: &health::Figures, rule: &HealthRule) -> Vec<&'static str> {
    figures.warnings(rule).into_iter().map(warning).collect()
}

/// A period that goes on.
#[derive(Serialize, ToSchema)]
pub struct Now {
    pub figures: Figures,
    /// What raises the yellow warning 黄色预警: `unread`, `time_outs`, `adoption`.
    #[schema(value_type = Vec<String>)]
    pub warnings: Vec<&'static str>,
}

impl Now {
    fn new(figures: &health::Figures, rule: &HealthRule) -> Now {
        Now { figures: Figures::of(Lane::Shop, figures), warnings: warnings(figures, rule) }
    }
}

/// The chat score 聊天评分 and how it is made.
#[derive(Serialize, ToSchema)]
pub struct ChatScore {
    /// 0 to 100; null: nothing was due.
    pub score: Option<f64>,
    pub days: u64,
    pub due: u64,
    /// Late or missing.
    pub timed_out: u64,
    #[schema(value_type = String)]
    pub formula_zh: &'static str,
    #[schema(value_type = String)]
    pub formula_en: &'static str,
}

/// How a shop is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = ShopHealth)]
pub struct Health {
    /// Milliseconds since the epoch, as all times.
    pub at: u64,
    /// By whole quarter hours, the present one among them.
    pub last_24_h: Now,
    pub today_from: u64,
    pub today: Now,
    pub baselines: Baselines,
    pub chat_score: ChatScore,
    /// At this moment.
    pub counts: Count,
}

impl From<crate::door::Health> for Health {
    fn from(h: crate::door::Health) -> Health {
        let [formula_zh, formula_en] = SCORE_FORMULA;
        let (score, due, timed_out) = (h.scored.chat_score(), h.scored.due, h.scored.late);
        Health {
            at: h.at.0,
            last_24_h: Now::new(&h.last_day, &h.rule),
            today_from: h.day_begins.0,
            today: Now::new(&h.today, &h.rule),
            baselines: (&h.rule).into(),
            chat_score: ChatScore { score, days: SCORED_DAYS, due, timed_out, formula_zh, formula_en },
            counts: (Lane::Shop, h.counts).into(),
        }
    }
}

/// A day or an hour.
#[derive(Serialize, ToSchema)]
pub struct FiguresPoint {
    /// Of the shop's zone.
    pub day: String,
    /// Included.
    pub from: u64,
    /// Excluded.
    pub to: u64,
    #[serde(flatten)]
    pub figures: Figures,
}

impl FiguresPoint {
    pub fn of(lane: Lane, p: &Point) -> FiguresPoint {
        FiguresPoint { day: p.day.to_string(), from: p.from.0, to: p.to.0, figures: Figures::of(lane, &p.figures) }
    }
}

/// Figures of a period.
#[derive(Serialize, ToSchema)]
pub struct FiguresOf {
    /// Of the whole period.
    pub total: Figures,
    /// In order.
    pub points: Vec<FiguresPoint>,
}

impl FiguresOf {
    pub fn of(lane: Lane, points: &[Point]) -> FiguresOf {
        let mut total = health::Figures::default();
        points.iter().for_each(|point| total.plus(&point.figures));
        FiguresOf { total: Figures::of(lane, &total), points: points.iter().map(|point| FiguresPoint::of(lane, point)).collect() }
    }
}

/// The marketplaces' figures of 30 days: rounds begun 08:00–23:00 in the shop's zone.
#[derive(Serialize, ToSchema)]
pub struct Marketplace {
    /// The first of the days.
    pub from: String,
    /// The last, included.
    pub to: String,
    /// Rounds begun that needed an answer.
    pub rounds: u64,
    /// By a person, within 3 minutes.
    pub answered_in_3_min: u64,
    /// `answered_in_3_min` ÷ `rounds`; null: no round began.
    pub rate: Option<f64>,
    pub answered: u64,
    /// Closed without an answer.
    pub unanswered: u64,
    /// Nobody has answered yet.
    pub open: u64,
    /// Mean human response: 600 s at most for each round, and for each without an answer. An agent keeps a round it passed on without a
    /// reply.
    pub mean_response_s: Option<f64>,
}

impl From<MarketplaceOf> for Marketplace {
    fn from(m: MarketplaceOf) -> Marketplace {
        let f = m.figures;
        Marketplace {
            from: m.first.to_string(),
            to: m.last.to_string(),
            rounds: f.rounds,
            answered_in_3_min: f.answered_soon,
            rate: f.rate(),
            answered: f.answered,
            unanswered: f.unanswered,
            open: f.open,
            mean_response_s: f.mean_response_ms.map(|ms| ms as f64 / 1_000.0),
        }
    }
}

/// A name and its value.
#[derive(Serialize, ToSchema)]
pub struct Line {
    #[schema(value_type = String)]
    pub name: &'static str,
    pub value: String,
}

/// A report in one language.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthTold)]
pub struct Told {
    pub title: String,
    /// A sentence for each.
    pub warnings: Vec<String>,
    pub lines: Vec<Line>,
}

impl Told {
    fn new(shop: &str, report: &health::Report, tongue: Tongue) -> Told {
        let Words { title, warnings, lines } = Words::new(shop, report, tongue);
        Told { title, warnings, lines: lines.into_iter().map(|(name, value)| Line { name, value }).collect() }
    }
}

/// What a fresh recount of the log comes to.
#[derive(Serialize, ToSchema)]
pub struct Recount {
    /// Nothing differs.
    pub agrees: bool,
    pub figures: Figures,
}

/// The health report of a day.
#[derive(Serialize, ToSchema)]
pub struct HealthReport {
    /// The day, of the shop's zone, on which it was due.
    pub day: String,
    /// Included.
    pub from: u64,
    /// Excluded.
    pub to: u64,
    pub figures: Figures,
    pub baselines: Baselines,
    /// What raises the yellow warning 黄色预警: `unread`, `time_outs`, `adoption`.
    #[schema(value_type = Vec<String>)]
    pub warnings: Vec<&'static str>,
    pub zh: Told,
    pub en: Told,
    /// Where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recount: Option<Recount>,
}

impl From<Reported> for HealthReport {
    fn from(r: Reported) -> HealthReport {
        let report = &r.report;
        let told = |tongue| Told::new(&r.shop, report, tongue);
        let recount =
            r.recounted.as_ref().map(|figures| Recount { agrees: *figures == report.figures, figures: Figures::of(Lane::Shop, figures) });
        HealthReport {
            day: report.day.to_string(),
            from: report.from.0,
            to: report.to.0,
            figures: Figures::of(Lane::Shop, &report.figures),
            baselines: (&report.rule).into(),
            warnings: warnings(&report.figures, &report.rule),
            zh: told(Tongue::Chinese),
            en: told(Tongue::English),
            recount,
        }
    }
}

/// A page of health reports, the newest first.
#[derive(Serialize, ToSchema)]
pub struct HealthReports {
    pub reports: Vec<HealthReport>,
    /// `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The columns of a table of figures.
pub const FIGURES_COLUMNS: [&str; 22] = [
    "day",
    "from",
    "to",
    "received",
    "unread",
    "unread_rate",
    "due",
    "timed_out",
    "time_out_rate",
    "offered",
    "adopted",
    "adoption_rate",
    "rounds_begun",
    "rounds_answered",
    "rounds_answered_in_3_min",
    "response_mean_ms",
    "response_p50_ms",
    "response_p90_ms",
    "opened",
    "closed",
    "sent",
    "with_text",
];

/// In the order of [`FIGURES_COLUMNS`].
pub fn figures_cells(point: &FiguresPoint) -> Vec<Cell<'_>> {
    let (f, of_shop, work) = (&point.figures, point.figures.shop.as_ref(), point.figures.work.as_ref());
    let share = |rate: Option<f64>| rate.map_or(Cell::Empty, Cell::Share);
    let number = |number: Option<u64>| number.map_or(Cell::Empty, Cell::Number);
    vec![
        point.day.as_str().into(),
        point.from.into(),
        point.to.into(),
        number(of_shop.map(|f| f.received)),
        number(of_shop.map(|f| f.unread.part)),
        share(of_shop.and_then(|f| f.unread.rate)),
        f.time_outs.whole.into(),
        f.time_outs.part.into(),
        share(f.time_outs.rate),
        f.adoption.whole.into(),
        f.adoption.part.into(),
        share(f.adoption.rate),
        number(of_shop.map(|f| f.rounds_begun)),
        f.rounds_answered.into(),
        f.rounds_answered_in_3_min.into(),
        number(f.response_mean_ms),
        number(f.response_p50_ms),
        number(f.response_p90_ms),
        number(of_shop.map(|f| f.opened)),
        number(work.map(|f| f.closed)),
        number(work.map(|f| f.sent)),
        number(work.map(|f| f.with_text.part)),
    ]
}
