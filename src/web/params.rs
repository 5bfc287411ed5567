//! Parameters of an address: bounded numbers of pages. Unknown names are refused, and every complaint names its parameter.

use super::error::Problem;
use crate::limits;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::Deserialize;
use std::fmt::Display;
use std::future::{Ready, ready};
use std::str::FromStr;
use utoipa::IntoParams;

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

    fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        self.take(name).map(|text| text.parse().map_err(|error| Problem::invalid(name, error))).transpose()
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

/// A page of the inbox.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InboxWindow {
    /// `waiting`, `unanswered`, `replied` or `closed`.
    pub state: String,
    /// `me` or the number of an agent. Absent: the whole shop for owners and supervisors, oneself for agents.
    pub owner: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows, 1 to 200. Default 50.
    #[param(required = false, minimum = 1, maximum = 200)]
    pub limit: usize,
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

fn inbox_window(request: &HttpRequest) -> Result<InboxWindow, Problem> {
    let mut given = Given::read(request)?;
    let state = given.take("state").ok_or_else(|| Problem::invalid("state", "waiting, unanswered, replied or closed"))?;
    // A client that has no cursor yet may well send an empty one.
    let cursor = given.take("cursor").filter(|c| !c.is_empty());
    let window = InboxWindow { state, owner: given.take("owner"), cursor, limit: given.limit()? };
    given.nothing_else().map(|()| window)
}

fn resume(request: &HttpRequest) -> Result<Resume, Problem> {
    let mut given = Given::read(request)?;
    let resume = Resume { cursor: given.parsed("cursor")? };
    given.nothing_else().map(|()| resume)
}

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
from_query!(Window, window);
from_query!(InboxWindow, inbox_window);
from_query!(Resume, resume);

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
