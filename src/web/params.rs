//! Parameters of an address: bounded numbers of pages. Unknown names are refused, and every complaint names its parameter.

use super::error::Problem;
use super::spelled::Spelled;
use crate::limits;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

macro_rules! from_query {
    ($params:ty, $read:ident) => {
        impl FromRequest for $params {
            type Error = Problem;
            type Future = Ready<Result<Self, Problem>>;
            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready($read(request))
            }
        }
    };
}

mod figures;
mod lists;

pub use figures::{FiguresExport, FiguresWindow, MarketplaceWindow, Recounting};
pub use lists::{
    CountsWindow, InboxWindow, NoticeWindow, NotificationWindow, OrderWindow, OwnRecordWindow, PoolWindow, RecordWindow, STATES,
};

/// Reads one of a few words, as JSON spells them.
pub fn parse_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    T::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(word)).ok()
}

/// The parameters of one address.
struct Given(Vec<(String, String)>);

impl Given {
    fn read(request: &HttpRequest) -> Result<Given, Problem> {
        let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        query.map(|pairs| Given(pairs.into_inner())).map_err(|error| Problem::invalid("query", error))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.iter().position(|(n, _)| n == name).map(|i| self.0.swap_remove(i).1)
    }

    fn parsed<T: FromStr + Spelled>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        self.take(name).map(|text| text.parse().map_err(|_| Problem::invalid(name, T::AS))).transpose()
    }

    fn needed<T: FromStr + Spelled>(&mut self, name: &str) -> Result<T, Problem> {
        self.parsed(name)?.ok_or_else(|| Problem::invalid(name, "is missing"))
    }

    /// A word to look for.
    fn word(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name) {
            Some(word) if word.chars().count() > limits::NAME_CHARS_MAX => {
                Err(Problem::invalid(name, format_args!("at most {} characters", limits::NAME_CHARS_MAX)))
            }
            other => Ok(other),
        }
    }

    /// One of a few words.
    fn one_of<T: DeserializeOwned>(&mut self, name: &str, words: &str) -> Result<Option<T>, Problem> {
        self.take(name).map(|word| parse_word(&word).ok_or_else(|| Problem::invalid(name, words))).transpose()
    }

    fn limit(&mut self) -> Result<usize, Problem> {
        match self.parsed::<usize>("limit")?.unwrap_or(limits::PAGE_ROWS) {
            limit @ 1..=limits::PAGE_ROWS_MAX => Ok(limit),
            _ => Err(Problem::invalid("limit", format_args!("1 to {}", limits::PAGE_ROWS_MAX))),
        }
    }

    fn nothing_else(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Problem::invalid(name, "there is no such parameter, or it was given twice")),
        }
    }
}

/// A page of a history.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Window {
    /// Messages after this `seq`. Default 0: from the first on.
    #[param(required = false)]
    pub after: u64,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// A page of a list whose cursor is a number.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Listed {
    /// `next` of the page before.
    pub cursor: Option<u64>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// The version that was edited.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BasedOn {
    /// Refused as `outdated` where another one runs. Absent: whatever runs.
    pub based_on: Option<u32>,
}

/// Two versions; 0: the defaults.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Between {
    pub from: u32,
    pub to: u32,
}

/// Days of the shop's zone, both included; at most 31.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DayWindow {
    #[param(example = "2026-03-01")]
    pub from: String,
    #[param(example = "2026-03-29")]
    pub to: String,
}

/// A period of at most 31 days, in milliseconds since the epoch.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Period {
    /// Included.
    pub from: u64,
    /// Excluded. Not later than now counts.
    pub to: u64,
}

/// A page of a list whose cursor is a text.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CursorWindow {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// For spreadsheets: what they could execute is made harmless.
    Csv,
    /// One JSON object a line, as it is.
    Jsonl,
}

/// What is exported: a period, or one conversation.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportWindow {
    /// `csv` or `jsonl`.
    #[param(value_type = String)]
    pub format: Format,
    /// Included; milliseconds since the epoch.
    pub from: Option<u64>,
    /// Excluded.
    pub to: Option<u64>,
    /// Instead of a period.
    pub conversation: Option<String>,
}

/// Which texts are sought.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SoughtText {
    /// A few letters of a text, or of its pinyin: `kd` finds 快递. At most 64 characters. Absent: all.
    #[param(required = false)]
    pub find: String,
    /// Only what is for this product: what is bound to it, and what is bound to none.
    pub product: Option<String>,
}

/// Who asks why.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asks {
    /// The number of an agent: adds `you`, the answer to "why me?" or "why not me?".
    pub agent: Option<u32>,
}

/// What a file is called.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Naming {
    /// For showing only, at most 100 characters; it is made harmless.
    #[param(required = false)]
    pub name: String,
}

/// Where a piece of an upload begins.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Offset {
    /// In bytes from the beginning of the file: as many as have arrived.
    pub offset: u64,
}

/// Where a socket resumes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Resume {
    /// The cursor of the last frame that was seen; absent: from now on.
    pub cursor: Option<u64>,
}

fn window(request: &HttpRequest) -> Result<Window, Problem> {
    let mut given = Given::read(request)?;
    let window = Window { after: given.parsed("after")?.unwrap_or(0), limit: given.limit()? };
    given.nothing_else().map(|()| window)
}

fn listed(request: &HttpRequest) -> Result<Listed, Problem> {
    let mut given = Given::read(request)?;
    let listed = Listed { cursor: given.parsed("cursor")?, limit: given.limit()? };
    given.nothing_else().map(|()| listed)
}

fn based_on(request: &HttpRequest) -> Result<BasedOn, Problem> {
    let mut given = Given::read(request)?;
    let based_on = BasedOn { based_on: given.parsed("based_on")? };
    given.nothing_else().map(|()| based_on)
}

fn cursor_window(request: &HttpRequest) -> Result<CursorWindow, Problem> {
    let mut given = Given::read(request)?;
    let window = CursorWindow { cursor: given.take("cursor").filter(|c| !c.is_empty()), limit: given.limit()? };
    given.nothing_else().map(|()| window)
}

fn export_window(request: &HttpRequest) -> Result<ExportWindow, Problem> {
    let mut given = Given::read(request)?;
    let format = match given.take("format").as_deref() {
        Some("csv") => Format::Csv,
        Some("jsonl") => Format::Jsonl,
        _ => return Err(Problem::invalid("format", "csv or jsonl")),
    };
    let (from, to, conversation) = (given.parsed("from")?, given.parsed("to")?, given.take("conversation"));
    given.nothing_else().map(|()| ExportWindow { format, from, to, conversation })
}

fn between(request: &HttpRequest) -> Result<Between, Problem> {
    let mut given = Given::read(request)?;
    let between = Between { from: given.needed("from")?, to: given.needed("to")? };
    given.nothing_else().map(|()| between)
}

fn day_window(request: &HttpRequest) -> Result<DayWindow, Problem> {
    let mut given = Given::read(request)?;
    let window = DayWindow { from: given.needed("from")?, to: given.needed("to")? };
    given.nothing_else().map(|()| window)
}

fn period(request: &HttpRequest) -> Result<Period, Problem> {
    let mut given = Given::read(request)?;
    let period = Period { from: given.needed("from")?, to: given.needed("to")? };
    given.nothing_else().map(|()| period)
}

fn asks(request: &HttpRequest) -> Result<Asks, Problem> {
    let mut given = Given::read(request)?;
    let asks = Asks { agent: given.parsed("agent")? };
    given.nothing_else().map(|()| asks)
}

fn sought_text(request: &HttpRequest) -> Result<SoughtText, Problem> {
    let mut given = Given::read(request)?;
    let sought = SoughtText { find: given.word("find")?.unwrap_or_default(), product: given.word("product")?.filter(|p| !p.is_empty()) };
    given.nothing_else().map(|()| sought)
}

fn naming(request: &HttpRequest) -> Result<Naming, Problem> {
    let mut given = Given::read(request)?;
    let naming = Naming { name: given.take("name").unwrap_or_default() };
    if naming.name.chars().count() > limits::FILE_NAME_CHARS_MAX {
        return Err(Problem::invalid("name", format_args!("at most {} characters", limits::FILE_NAME_CHARS_MAX)));
    }
    given.nothing_else().map(|()| naming)
}

fn offset(request: &HttpRequest) -> Result<Offset, Problem> {
    let mut given = Given::read(request)?;
    let offset = Offset { offset: given.needed("offset")? };
    given.nothing_else().map(|()| offset)
}

fn resume(request: &HttpRequest) -> Result<Resume, Problem> {
    let mut given = Given::read(request)?;
    let resume = Resume { cursor: given.parsed("cursor")? };
    given.nothing_else().map(|()| resume)
}

from_query!(Window, window);
from_query!(Resume, resume);
from_query!(Naming, naming);
from_query!(Offset, offset);
from_query!(Listed, listed);
from_query!(BasedOn, based_on);
from_query!(Between, between);
from_query!(CursorWindow, cursor_window);
from_query!(ExportWindow, export_window);
from_query!(DayWindow, day_window);
from_query!(Period, period);
from_query!(Asks, asks);
from_query!(SoughtText, sought_text);

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn of(query: &str) -> Result<(u64, usize), Problem> {
        let request = TestRequest::with_uri(&format!("/x?{query}")).to_http_request();
        window(&request).map(|w| (w.after, w.limit))
    }

    #[test]
    fn pages_are_bounded_and_unknown_parameters_refused() {
        assert_eq!(of("").unwrap(), (0, limits::PAGE_ROWS));
        assert_eq!(of("after=7&limit=200").unwrap(), (7, 200));
        for bad in ["limit=0", "limit=201", "limit=x", "after=-1", "colour=red", "after=1&after=2"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
