//! What happened during a replay, counted, and the tables that show it.

use crate::support::table::{Table, count, counted};
use crate::support::timing::{self, Timing};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Failures that are shown; the others are counted.
const FAILURES_SHOWN_MAX: usize = 10;
/// Agents that get a row of their own.
const AGENTS_SHOWN_MAX: usize = 12;
/// What two columns of the shops' table mean.
const DELIVERY_LEGEND: &str = "delivered = pushed to an agent's device; handed over = written before the reception had an owner, \
    read by the new owner from the history;\ntogether they are the acknowledged ones; not given = recorded answers that could not be given";

/// One shop's figures.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub conversations: u64,
    /// Buyers' messages tried.
    pub sent: u64,
    /// Buyers' messages that the server said are on disk.
    pub acknowledged: u64,
    /// Frames with a buyer's message that reached an agent's socket.
    pub delivered: u64,
    /// Buyers' messages that were written before the reception had an owner, who read them when it came.
    pub handed_over: u64,
    /// Agents' answers that the server said are on disk.
    pub answers: u64,
    /// Recorded answers that could not be given.
    pub unanswered: u64,
    pub closed: u64,
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        self.conversations += other.conversations;
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.delivered += other.delivered;
        self.handed_over += other.handed_over;
        self.answers += other.answers;
        self.unanswered += other.unanswered;
        self.closed += other.closed;
    }

    fn cells(&self) -> [String; 8] {
        let all = [
            self.conversations,
            self.sent,
            self.acknowledged,
            self.delivered,
            self.handed_over,
            self.answers,
            self.unanswered,
            self.closed,
        ];
        all.map(count)
    }
}

/// The whole run's figures.
#[derive(Default)]
pub struct Tally {
    shops: RefCell<BTreeMap<String, Counts>>,
    /// (shop, login) → frames with a buyer's message.
    agents: RefCell<BTreeMap<(String, String), u64>>,
    pub acknowledge: RefCell<Timing>,
    pub answer: RefCell<Timing>,
    pub delivery: RefCell<Timing>,
    pub assignment: RefCell<Timing>,
    failures: RefCell<Vec<String>>,
    failures_count: Cell<u64>,
    /// Recorded turns nobody could send: empty, or an agent's before the buyer wrote.
    pub left_out: Cell<u64>,
    pub disordered: Cell<u64>,
    /// Answers made of a suggestion.
    pub adopted: Cell<u64>,
}

impl Tally {
    /// Changes one shop's figures.
    pub fn count(&self, shop: &str, change: impl FnOnce(&mut Counts)) {
        let mut shops = self.shops.borrow_mut();
        match shops.get_mut(shop) {
            Some(counts) => change(counts),
            None => change(shops.entry(shop.to_owned()).or_default()),
        }
    }

    /// An agent's socket got a buyer's message.
    pub fn received(&self, shop: &str, login: &str) {
        self.count(shop, |c| c.delivered += 1);
        *self.agents.borrow_mut().entry((shop.to_owned(), login.to_owned())).or_default() += 1;
    }

    /// Something went wrong; the run goes on.
    pub fn failed(&self, what: String) {
        self.failures_count.set(self.failures_count.get() + 1);
        if self.failures.borrow().len() < FAILURES_SHOWN_MAX {
            self.failures.borrow_mut().push(what);
        }
    }

    /// How much went wrong.
    pub fn failures(&self) -> u64 {
        self.failures_count.get()
    }

    /// All shops together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.shops.borrow().values().for_each(|c| total.add(c));
        total
    }

    /// How many shops have figures.
    pub fn shops(&self) -> usize {
        self.shops.borrow().len()
    }

    /// The tables of the end.
    pub fn print(&self) {
        let mut table =
            Table::new(&["shop", "conversations", "sent", "acknowledged", "delivered", "handed over", "answers", "not given", "closed"]);
        let shops = self.shops.borrow();
        for (shop, counts) in shops.iter() {
            table.row(std::iter::once(shop.clone()).chain(counts.cells()));
        }
        if shops.len() > 1 {
            table.row(std::iter::once("all".to_owned()).chain(self.total().cells()));
        }
        println!("\n{}{DELIVERY_LEGEND}\n", table.text());
        println!("{}", self.agents_table().text());
        let (acknowledge, answer, delivery, assignment) =
            (self.acknowledge.borrow(), self.answer.borrow(), self.delivery.borrow(), self.assignment.borrow());
        let kinds: [(&str, &Timing); 4] = [
            ("acknowledge, buyer", &acknowledge),
            ("acknowledge, agent", &answer),
            ("delivery to the agent", &delivery),
            ("first message → owned", &assignment),
        ];
        println!("{}", timing::table(&kinds).text());
        if self.left_out.get() > 0 {
            let turns = counted(self.left_out.get(), "recorded turn");
            println!("left out: {turns} without text, or an agent's before the buyer wrote");
        }
        if self.adopted.get() > 0 {
            println!("made of suggestions: {}", counted(self.adopted.get(), "answer"));
        }
        if self.failures() > 0 {
            println!("{}:", counted(self.failures(), "failure"));
            self.failures.borrow().iter().for_each(|failure| println!("  {failure}"));
        }
    }

    fn agents_table(&self) -> Table {
        let agents = self.agents.borrow();
        let mut most: Vec<_> = agents.iter().collect();
        most.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let mut table = Table::new(&["agent", "received"]);
        for ((shop, login), received) in most.iter().take(AGENTS_SHOWN_MAX) {
            table.row([format!("{shop} {login}"), count(**received)]);
        }
        if most.len() > AGENTS_SHOWN_MAX {
            let rest = &most[AGENTS_SHOWN_MAX..];
            table.row([format!("and {} more", rest.len()), count(rest.iter().map(|(_, n)| **n).sum())]);
        }
        table
    }
}
