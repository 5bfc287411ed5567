//! The buyers of a load run: prebuilt requests over keep-alive connections, or a WebSocket of their own.

use crate::figures::{Figures, add};
use crate::support::device::Device;
use crate::support::lean::{self, Lean};
use crate::support::problem::Error;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Stands for the message id in a prebuilt request; as long as the id.
const ID_PLACE: &str = "IIIIIIIIIIIIIIII";
/// Stands for the intended instant in a prebuilt text.
const TIME_PLACE: &str = "TTTTTTTTTTTTTTTT";

/// A message's text as a pattern: mark, time, filler.
#[derive(Clone)]
pub struct Text {
    mark: String,
    filler: String,
    epoch: Instant,
}

impl Text {
    /// Texts of about `bytes` bytes that carry their intended instant; `mark` tells this run's from others.
    pub fn new(mark: &str, bytes: usize, epoch: Instant) -> Text {
        let sentence = "亲，这款现在有货吗？什么时候可以发货，大概几天能到？ ";
        let filler: String = sentence.chars().cycle().take(bytes.saturating_sub(mark.len() + 18) / 3).collect();
        Text { mark: format!("{mark} "), filler, epoch }
    }

    fn pattern(&self) -> String {
        format!("{}{TIME_PLACE} {}", self.mark, self.filler)
    }

    fn stamp(&self, intended: Instant) -> String {
        format!("{:016x}", (intended - self.epoch).as_micros())
    }

    /// When this message was to be sent, if it is one of the run's.
    pub fn intended(&self, text: &str) -> Option<Instant> {
        let stamp = text.strip_prefix(&self.mark)?.get(..16)?;
        Some(self.epoch + Duration::from_micros(u64::from_str_radix(stamp, 16).ok()?))
    }
}

/// A buyer's way to the server.
pub enum Buyer {
    /// The request with places for id and time.
    Http {
        request: Vec<u8>,
        id_at: usize,
        time_at: usize,
    },
    Socket(Device),
}

impl Buyer {
    /// A buyer over HTTP.
    pub fn http(host: &str, token: &str, text: &Text) -> Buyer {
        let body = format!(r#"{{"client_message_id":"{ID_PLACE}","text":"{}"}}"#, text.pattern());
        let request = lean::request("POST", "/v1/buyer/messages", host, token, &body);
        let find = |place: &str| request.windows(place.len()).rposition(|w| w == place.as_bytes()).expect("the place is in the pattern");
        let (id_at, time_at) = (find(ID_PLACE), find(TIME_PLACE));
        Buyer::Http { request, id_at, time_at }
    }
}

/// One send that is due.
struct Due {
    buyer: usize,
    n: u64,
    intended: Instant,
    in_hand: Instant,
}

/// All buyers and their connections.
pub struct Senders {
    pub buyers: Vec<Buyer>,
    pub text: Text,
    pub figures: Rc<Figures>,
    address: String,
    /// The run's part of message ids: 6 hexadecimal digits.
    run: String,
    queue: RefCell<VecDeque<Due>>,
    more: Notify,
    busy: Cell<usize>,
}

impl Senders {
    /// `address`: `host:port`.
    pub fn new(buyers: Vec<Buyer>, text: Text, figures: Rc<Figures>, address: String, run: String) -> Rc<Senders> {
        Rc::new(Senders { buyers, text, figures, address, run, queue: RefCell::default(), more: Notify::new(), busy: Cell::new(0) })
    }

    /// Opens `connections` connections for the buyers over HTTP.
    pub fn open(self: &Rc<Senders>, connections: usize) {
        for _ in 0..connections {
            actix_rt::spawn(self.clone().work());
        }
    }

    /// Sends message `n` of the run as soon as there is a connection.
    pub fn send(self: &Rc<Senders>, buyer: usize, n: u64, intended: Instant) {
        let in_hand = Instant::now();
        if self.figures.counts(intended) {
            add(&self.figures.offered);
            self.figures.late.borrow_mut().record(in_hand.saturating_duration_since(intended));
        }
        if matches!(self.buyers[buyer], Buyer::Socket(_)) {
            actix_rt::spawn(self.clone().send_on_socket(buyer, n, intended));
        } else {
            self.queue.borrow_mut().push_back(Due { buyer, n, intended, in_hand });
            self.more.notify_one();
        }
    }

    /// Waits until all is sent and answered, at most `drain`.
    pub async fn finish(&self, drain: Duration) {
        let end = Instant::now() + drain;
        while (self.busy.get() > 0 || !self.queue.borrow().is_empty()) && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn id(&self, n: u64) -> String {
        format!("{}{n:010x}", self.run)
    }

    async fn send_on_socket(self: Rc<Senders>, buyer: usize, n: u64, intended: Instant) {
        let Buyer::Socket(device) = &self.buyers[buyer] else { return };
        let counts = self.figures.counts(intended);
        if counts {
            add(&self.figures.sent);
        }
        self.busy.set(self.busy.get() + 1);
        let text = self.text.pattern().replace(TIME_PLACE, &self.text.stamp(intended));
        match device.send_once(&self.id(n), &text).await {
            Ok(_) => self.figures.acknowledge(intended, &self.figures.socket),
            Err(e) => self.figures.refuse(counts, e.code()),
        }
        self.busy.set(self.busy.get() - 1);
    }

    /// One connection: takes what is due, one send after another.
    async fn work(self: Rc<Senders>) {
        let mut connection = None;
        let mut request = Vec::new();
        loop {
            let due = self.queue.borrow_mut().pop_front();
            let Some(due) = due else {
                self.more.notified().await;
                continue;
            };
            self.busy.set(self.busy.get() + 1);
            self.send_on(&mut connection, &mut request, &due).await;
            self.busy.set(self.busy.get() - 1);
        }
    }

    async fn send_on(&self, connection: &mut Option<Lean>, request: &mut Vec<u8>, due: &Due) {
        let Buyer::Http { request: pattern, id_at, time_at } = &self.buyers[due.buyer] else { return };
        let counts = self.figures.counts(due.intended);
        if counts {
            self.figures.wait.borrow_mut().record(due.in_hand.elapsed());
            add(&self.figures.sent);
        }
        request.clone_from(pattern);
        request[*id_at..id_at + 16].copy_from_slice(self.id(due.n).as_bytes());
        request[*time_at..time_at + 16].copy_from_slice(self.text.stamp(due.intended).as_bytes());
        if connection.is_none() {
            match Lean::connect(&self.address).await {
                Ok(fresh) => *connection = Some(fresh),
                Err(_) => {
                    self.figures.refuse(counts, "unreachable");
                    // A server that is gone is not asked as fast as the loop turns.
                    return tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        let Some(lean) = connection.as_mut() else { return };
        let closes = match tokio::time::timeout(Duration::from_secs(10), lean.ask(request)).await {
            Ok(Ok(answer)) if answer.status == 200 => {
                self.figures.acknowledge(due.intended, &self.figures.http);
                answer.closes
            }
            Ok(Ok(answer)) => {
                self.figures.refuse(counts, Error::from_response(answer.status, None, answer.body).code());
                answer.closes
            }
            Ok(Err(_)) => {
                self.figures.refuse(counts, "cut");
                true
            }
            Err(_) => {
                self.figures.refuse(counts, "time_out");
                true
            }
        };
        if closes {
            *connection = None;
        }
    }
}
