//! What a load run measured, and how it is shown.

use crate::support::table::{Table, count};
use crate::support::timing::{self, Timing};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Beyond this the generator's own lateness spoils the figures.
const LATE_MAX: Duration = Duration::from_millis(5);
/// Beyond this, sends waited for a free connection so long that more connections would change the figures.
const WAIT_MAX: Duration = Duration::from_millis(10);

/// Figures of the measured part of the run; the warm-up is in none of them.
pub struct Figures {
    measured_from: Cell<Instant>,
    pub offered: Cell<u64>,
    pub sent: Cell<u64>,
    pub acknowledged: Cell<u64>,
    pub delivered: Cell<u64>,
    pub answers: Cell<u64>,
    pub last_acknowledged: Cell<Instant>,
    refused: RefCell<BTreeMap<String, u64>>,
    pub http: RefCell<Timing>,
    pub socket: RefCell<Timing>,
    pub delivery: RefCell<Timing>,
    pub answer: RefCell<Timing>,
    /// From the intended instant to the moment the generator had the send in hand.
    pub late: RefCell<Timing>,
    /// From there to a free connection.
    pub wait: RefCell<Timing>,
}

impl Figures {
    /// Nothing measured yet.
    pub fn new(measured_from: Instant) -> Figures {
        Figures {
            measured_from: Cell::new(measured_from),
            offered: Cell::new(0),
            sent: Cell::new(0),
            acknowledged: Cell::new(0),
            delivered: Cell::new(0),
            answers: Cell::new(0),
            last_acknowledged: Cell::new(measured_from),
            refused: RefCell::default(),
            http: RefCell::default(),
            socket: RefCell::default(),
            delivery: RefCell::default(),
            answer: RefCell::default(),
            late: RefCell::default(),
            wait: RefCell::default(),
        }
    }

    /// Sends intended from `at` on count.
    pub fn measure_from(&self, at: Instant) {
        self.measured_from.set(at);
        self.last_acknowledged.set(at);
    }

    /// Whether a send with this intended instant counts.
    pub fn counts(&self, intended: Instant) -> bool {
        intended >= self.measured_from.get()
    }

    /// A send was acknowledged; `times`: of its way.
    pub fn acknowledge(&self, intended: Instant, times: &RefCell<Timing>) {
        if self.counts(intended) {
            let now = Instant::now();
            times.borrow_mut().record(now - intended);
            add(&self.acknowledged);
            self.last_acknowledged.set(now);
        }
    }

    /// A send, or an answer, was not.
    pub fn refuse(&self, counts: bool, code: &str) {
        if counts {
            *self.refused.borrow_mut().entry(code.to_owned()).or_default() += 1;
        }
    }

    /// The tables and warnings of the end.
    pub fn print(&self, rate: f64, duration: Duration) {
        let refused: u64 = self.refused.borrow().values().sum();
        let took = (self.last_acknowledged.get() - self.measured_from.get()).max(duration).max(Duration::from_millis(1));
        let mut table = Table::new(&["", "count", "a second"]);
        let mut row = |name: &str, n: u64| {
            table.row([name.to_owned(), count(n), format!("{:.1}", n as f64 / took.as_secs_f64())]);
        };
        row("offered", self.offered.get());
        row("sent", self.sent.get());
        row("acknowledged", self.acknowledged.get());
        row("delivered to agents", self.delivered.get());
        row("answered", self.answers.get());
        row("refused or failed", refused);
        self.refused.borrow().iter().for_each(|(code, n)| row(&format!("  {code}"), *n));
        let never = self.offered.get() - self.sent.get();
        row("never sent (no connection was free until the end)", never);
        println!("\n{}", table.text());
        let (http, socket, delivery, answer, late, wait) = (
            self.http.borrow(),
            self.socket.borrow(),
            self.delivery.borrow(),
            self.answer.borrow(),
            self.late.borrow(),
            self.wait.borrow(),
        );
        let kinds: [(&str, &Timing); 6] = [
            ("acknowledge, HTTP", &http),
            ("acknowledge, WebSocket", &socket),
            ("delivery to the agent", &delivery),
            ("acknowledge, agent's answer", &answer),
            ("(the generator was late)", &late),
            ("(wait for a free connection)", &wait),
        ];
        println!("{}", timing::table(&kinds).text());
        println!("Times of buyers' messages count from the intended instant, so waiting in the generator is part of them.");
        self.warn(rate, never);
    }

    fn warn(&self, rate: f64, never: u64) {
        let late = self.late.borrow().at(0.99);
        if late > LATE_MAX {
            println!(
                "WARNING: the generator itself fell behind (p99 {late:.1?} late): its machine is too busy for these figures to tell about the server"
            );
        }
        let wait = self.wait.borrow().at(0.99);
        if wait > WAIT_MAX || never > 0 {
            println!(
                "WARNING: sends waited for a free connection (p99 {wait:.1?}): the server is slower than the rate, or --connections is too low"
            );
        }
        let missing = self.acknowledged.get().saturating_sub(self.delivered.get());
        if missing > 0 {
            println!("WARNING: {} acknowledged messages had not reached an agent when the run ended", count(missing));
        }
        let reached = self.acknowledged.get() as f64 / self.offered.get().max(1) as f64;
        if reached < 0.99 {
            println!("WARNING: {:.1} % of the offered {rate} messages a second were acknowledged", 100.0 * reached);
        }
    }
}

/// One more.
pub fn add(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}
