//! Periods and lanes of figures.

use super::{Format, Given};
use crate::domain::health::Lane;
use crate::domain::id::{AgentNo, GroupNo};
use crate::domain::schedule::Day;
use crate::door::Grain;
use crate::web::error::Problem;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use std::future::{Ready, ready};
use utoipa::IntoParams;

/// Figures of a period: days of the shop's zone, both included, at most 92; by hour at most 31.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FiguresWindow {
    #[param(value_type = String, example = "2026-03-01")]
    pub from: Option<Day>,
    #[param(value_type = String, example = "2026-03-29")]
    pub to: Option<Day>,
    /// `day` or `hour`. Default: `day`.
    #[param(value_type = Option<String>)]
    pub by: Option<Grain>,
    /// `shop`, `agent:` or `group:` and a number. Default: `shop`.
    #[param(value_type = Option<String>, example = "agent:3")]
    pub lane: Option<Lane>,
}

/// Figures of a period, a day a row, to be taken out.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FiguresExport {
    /// `csv` or `jsonl`.
    #[param(value_type = String)]
    pub format: Format,
    #[param(value_type = String, example = "2026-03-01")]
    pub from: Option<Day>,
    #[param(value_type = String, example = "2026-03-29")]
    pub to: Option<Day>,
    /// `shop`, `agent:` or `group:` and a number. Default: `shop`.
    #[param(value_type = Option<String>, example = "agent:3")]
    pub lane: Option<Lane>,
}

/// Whose marketplace figures. Absent: the shop's.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MarketplaceWindow {
    /// The number of an agent.
    pub agent: Option<u32>,
    /// The number of a group.
    pub group: Option<u32>,
    /// The last of the 30 days, of the shop's zone. Absent: today.
    #[param(value_type = Option<String>, example = "2026-03-29")]
    pub to: Option<Day>,
}

/// Whether a report is counted anew.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Recounting {
    /// `true`: counts the day again from the log, and says whether both agree.
    #[param(required = false)]
    pub recount: bool,
}

impl Given {
    pub(super) fn day(&mut self, name: &str) -> Result<Option<Day>, Problem> {
        let read = |text: String| Day::parse(&text).ok_or_else(|| Problem::invalid(name, "a day such as 2026-03-29"));
        self.take(name).map(read).transpose()
    }

    fn needed_day(&mut self, name: &str) -> Result<Option<Day>, Problem> {
        self.day(name)?.ok_or_else(|| Problem::invalid(name, "is missing: a day such as 2026-03-29")).map(Some)
    }

    fn lane(&mut self) -> Result<Option<Lane>, Problem> {
        let read = |text: String| {
            let lane = match text.split_once(':') {
                None => (text == "shop").then_some(Lane::Shop),
                Some(("agent", no)) => no.parse().ok().map(|no| Lane::Account(AgentNo(no))),
                Some(("group", no)) => no.parse().ok().map(|no| Lane::Group(GroupNo(no))),
                Some(_) => None,
            };
            lane.ok_or_else(|| Problem::invalid("lane", "shop, agent: and a number, or group: and a number"))
        };
        self.take("lane").map(read).transpose()
    }
}

fn figures_window(request: &HttpRequest) -> Result<FiguresWindow, Problem> {
    let mut given = Given::read(request)?;
    let by = match given.take("by").as_deref() {
        None => None,
        Some("day") => Some(Grain::Day),
        Some("hour") => Some(Grain::Hour),
        Some(_) => return Err(Problem::invalid("by", "day or hour")),
    };
    let window = FiguresWindow { from: given.needed_day("from")?, to: given.needed_day("to")?, by, lane: given.lane()? };
    given.nothing_else().map(|()| window)
}

fn figures_export(request: &HttpRequest) -> Result<FiguresExport, Problem> {
    let mut given = Given::read(request)?;
    let format = given.one_of("format", "csv or jsonl")?.ok_or_else(|| Problem::invalid("format", "csv or jsonl"))?;
    let export = FiguresExport { format, from: given.needed_day("from")?, to: given.needed_day("to")?, lane: given.lane()? };
    given.nothing_else().map(|()| export)
}

fn marketplace_window(request: &HttpRequest) -> Result<MarketplaceWindow, Problem> {
    let mut given = Given::read(request)?;
    let window = MarketplaceWindow { agent: given.parsed("agent")?, group: given.parsed("group")?, to: given.day("to")? };
    if window.agent.is_some() && window.group.is_some() {
        return Err(Problem::invalid("group", "name an agent or a group, not both"));
    }
    given.nothing_else().map(|()| window)
}

fn recounting(request: &HttpRequest) -> Result<Recounting, Problem> {
    let mut given = Given::read(request)?;
    let recounting = Recounting { recount: given.parsed("recount")?.unwrap_or(false) };
    given.nothing_else().map(|()| recounting)
}

from_query!(FiguresWindow, figures_window);
from_query!(FiguresExport, figures_export);
from_query!(MarketplaceWindow, marketplace_window);
from_query!(Recounting, recounting);
