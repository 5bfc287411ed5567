//! Requests by route, method and class of status: as many series as the route table has lines, whatever clients ask for.

use super::Stopwatch;
use super::measured::sampled;
use metrics::{Counter, Histogram, Label, counter, describe_counter, describe_histogram, histogram};
use std::cell::{Cell, OnceCell};

const REQUESTS: &str = "fenliu_http_requests_total";
const SECONDS: &str = "fenliu_http_request_seconds";
/// What is counted as itself; whatever else a client invents is "other".
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "other"];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

pub(super) fn describe() {
    describe_counter!(REQUESTS, "Requests answered, by route, method and class of status");
    describe_histogram!(SECONDS, "From the head of a request to the head of its answer; one in four is measured");
}

/// The counters of one route, on one thread: none is looked up twice.
pub struct Served {
    route: String,
    counters: [[OnceCell<Counter>; CLASSES.len()]; METHODS.len()],
    seconds: OnceCell<Histogram>,
    turn: Cell<u32>,
}

impl Served {
    /// `route`: as the route table writes it, never a path that somebody asked for.
    pub fn of(route: &str) -> Served {
        Served { route: route.to_owned(), counters: Default::default(), seconds: OnceCell::new(), turn: Cell::new(0) }
    }

    /// A request begins; None: it is not measured.
    pub fn begin(&self) -> Option<Stopwatch> {
        sampled(&self.turn).then(Stopwatch::start)
    }

    /// It was answered.
    pub fn count(&self, method: &str, status: u16, begun: Option<Stopwatch>) {
        let method = METHODS.iter().position(|known| *known == method).unwrap_or(METHODS.len() - 1);
        let class = (usize::from(status) / 100).clamp(1, CLASSES.len()) - 1;
        let labels =
            || vec![Label::new("route", self.route.clone()), Label::new("method", METHODS[method]), Label::new("class", CLASSES[class])];
        self.counters[method][class].get_or_init(|| counter!(REQUESTS, labels())).increment(1);
        if let Some(begun) = begun {
            self.seconds.get_or_init(|| histogram!(SECONDS)).record(begun.seconds());
        }
    }
}
