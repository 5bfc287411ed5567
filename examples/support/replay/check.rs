//! The replay checks the server: every acknowledged message is there exactly once, in order, with its text, and nothing that
//! was not sent.
//!
//! A message whose outcome stayed unknown may be there or not, but at its place and not twice. Only digests of the texts are
//! kept, so that a large replay fits into memory.

use crate::support::client::{Accepted, Client, From, Message};
use crate::support::dice::Dice;
use crate::support::problem::Error;
use crate::support::table::{count, counted};
use clap::ValueEnum;
use futures_util::{StreamExt, stream};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Messages of a page of history.
const PAGE: u32 = 200;
/// Faults that are shown; the others are counted.
const FAULTS_SHOWN_MAX: usize = 20;

/// One message as it must be found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    from: From,
    text: u64,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// On disk, the server said, under this number.
    Acknowledged(u64),
    /// Nobody knows.
    Unknown,
    /// The server said no.
    Refused,
}

/// One conversation as it must be found.
pub struct Played {
    id: String,
    shop: String,
    token: String,
    messages: Vec<Expected>,
}

/// A fault put into the expectation, so that a check that cannot fail is noticed.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Plant {
    /// Forgets one acknowledged message: the server seems to have one too many.
    Drop,
    /// Expects one acknowledged message twice: the server seems to have one too few.
    Duplicate,
    /// Expects another text.
    Text,
    /// Expects two neighbours the other way round.
    Order,
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl Expected {
    /// What must be found after this outcome of a send.
    pub fn of(from: From, text: &str, result: &Result<Accepted, Error>) -> Expected {
        let outcome = match result {
            Ok(accepted) => Outcome::Acknowledged(accepted.seq),
            Err(e) if e.may_have_happened() => Outcome::Unknown,
            Err(_) => Outcome::Refused,
        };
        Expected { from, text: digest(text), outcome }
    }

    fn is(&self, message: &Message) -> bool {
        self.from == message.from && self.text == digest(&message.text)
    }
}

impl Played {
    /// A conversation nobody has written in.
    pub fn new(id: &str, shop: &str, token: String) -> Played {
        Played { id: id.to_owned(), shop: shop.to_owned(), token, messages: Vec::new() }
    }

    /// Adds the next message.
    pub fn expect(&mut self, message: Expected) {
        self.messages.push(message);
    }

    /// All differences between what must be there and what is; `history` in the order it was read.
    fn faults(&self, history: &[Message]) -> Vec<String> {
        let mut faults = Vec::new();
        for (i, message) in history.iter().enumerate() {
            if message.seq != i as u64 + 1 {
                faults.push(format!("message {} stands at place {}", message.seq, i + 1));
            }
        }
        let by_seq: HashMap<u64, &Message> = history.iter().map(|m| (m.seq, m)).collect();
        let mut accounted: HashMap<u64, usize> = HashMap::new();
        let mut last = 0;
        for (i, expected) in self.messages.iter().enumerate() {
            let seq = match expected.outcome {
                Outcome::Acknowledged(seq) => seq,
                Outcome::Refused => continue,
                // Its place, if it is there, is behind what was sent before it.
                Outcome::Unknown => match history.iter().find(|m| m.seq > last && !accounted.contains_key(&m.seq) && expected.is(m)) {
                    Some(found) if !self.claimed(found.seq) => found.seq,
                    _ => continue,
                },
            };
            match by_seq.get(&seq) {
                None => faults.push(format!("turn {}: acknowledged as message {seq}, but not there", i + 1)),
                Some(message) if !expected.is(message) => faults.push(format!(
                    "turn {}: message {seq} is not what was sent: {:?} {:?}",
                    i + 1,
                    message.from,
                    start(&message.text)
                )),
                Some(_) => {}
            }
            if let Some(other) = accounted.insert(seq, i) {
                faults.push(format!("turns {} and {} were both acknowledged as message {seq}", other + 1, i + 1));
            } else if seq < last {
                faults.push(format!("turn {}: message {seq} is out of order, after {last}", i + 1));
            }
            last = last.max(seq);
        }
        for message in history.iter().filter(|m| m.from != From::System && !accounted.contains_key(&m.seq)) {
            let again = if self.messages.iter().any(|e| e.is(message)) { "is there once more" } else { "was never sent" };
            faults.push(format!("message {} {again}: {:?} {:?}", message.seq, message.from, start(&message.text)));
        }
        faults
    }

    fn claimed(&self, seq: u64) -> bool {
        self.messages.iter().any(|e| e.outcome == Outcome::Acknowledged(seq))
    }

    fn acknowledged(&self) -> usize {
        self.messages.iter().filter(|e| matches!(e.outcome, Outcome::Acknowledged(_))).count()
    }

    async fn history(&self, client: &Client) -> Result<Vec<Message>, Error> {
        let mut history = Vec::new();
        let mut after = 0;
        loop {
            let page = client.buyer_history(&self.token, after, PAGE).await?;
            history.extend(page.messages);
            match page.next {
                Some(next) if next > after => after = next,
                Some(next) => return Err(Error::Malformed(format!("the page after {after} is followed by one after {next}"))),
                None => return Ok(history),
            }
        }
    }
}

fn start(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Reads everything back and compares; false: faults were found, and listed.
pub async fn check(client: &Client, played: &[Played], at_once: usize) -> bool {
    let results: Vec<(usize, usize, Vec<String>)> = stream::iter(played)
        .map(|conversation| async move {
            let acknowledged = conversation.acknowledged();
            let named = |fault| format!("{} {}: {fault}", conversation.shop, conversation.id);
            match conversation.history(client).await {
                Ok(history) => (acknowledged, history.len(), conversation.faults(&history).into_iter().map(named).collect()),
                Err(e) => (acknowledged, 0, vec![named(format!("its history cannot be read: {e}"))]),
            }
        })
        .buffer_unordered(at_once)
        .collect()
        .await;
    let acknowledged: usize = results.iter().map(|(n, _, _)| n).sum();
    let found: usize = results.iter().map(|(_, n, _)| n).sum();
    let faults: Vec<&String> = results.iter().flat_map(|(_, _, faults)| faults).collect();
    let what = format!("checked {}, {}", counted(played.len() as u64, "conversation"), counted(acknowledged as u64, "message"));
    if faults.is_empty() {
        println!("{what}: all there, once, in order");
        return true;
    }
    println!("{what} acknowledged, {} found: {} FAULTS", count(found as u64), count(faults.len() as u64));
    faults.iter().take(FAULTS_SHOWN_MAX).for_each(|fault| println!("  {fault}"));
    if faults.len() > FAULTS_SHOWN_MAX {
        println!("  and {} more", faults.len() - FAULTS_SHOWN_MAX);
    }
    false
}

/// Alters the expectation of one conversation; false: there is none long enough.
pub fn plant(played: &mut [Played], plant: Plant, seed: u64) -> bool {
    let fit: Vec<usize> =
        (0..played.len()).filter(|i| played[*i].acknowledged() >= 2 && played[*i].messages.len() == played[*i].acknowledged()).collect();
    if fit.is_empty() {
        return false;
    }
    let mut dice = Dice::new(seed, u64::MAX);
    let messages = &mut played[fit[dice.below(fit.len())]].messages;
    let at = dice.below(messages.len() - 1);
    match plant {
        Plant::Drop => drop(messages.remove(at)),
        Plant::Duplicate => messages.insert(at, messages[at]),
        Plant::Text => messages[at].text ^= 1,
        Plant::Order => messages.swap(at, at + 1),
    }
    true
}
