//! Clients that write all at once until the server is gone, and note what they were told.

use crate::dice::Dice;
use crate::history::{Attempt, Deed};
use crate::house::House;
use crate::http::{Client, Socket};
use crate::server::Server;
use crate::work::{Desk, look_after};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long an agent with nothing to do waits before it looks again: pace, not a condition.
pub const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Who writes, and under which names.
pub struct Crew {
    pub houses: Vec<Arc<House>>,
    /// Connections that write as buyers.
    pub writers: usize,
    /// Part of every client message id: never used twice on one data folder.
    pub round: String,
    pub seed: u64,
}

/// A load under way.
pub struct Load {
    threads: Vec<JoinHandle<Vec<Deed>>>,
    over: mpsc::Receiver<()>,
    line: Arc<AtomicBool>,
}

/// What all threads of a load share.
#[derive(Clone)]
pub struct Signals {
    pub begin: Arc<Barrier>,
    /// Set: what is told from now on does not count.
    line: Arc<AtomicBool>,
}

impl Signals {
    pub fn drawn(&self) -> bool {
        self.line.load(Ordering::SeqCst)
    }
}

impl Load {
    /// Returns when all are connected and begin to write.
    pub fn start(server: &Server, crew: &Crew) -> Load {
        let agents = crew.houses.iter().map(|house| house.agents.len()).sum::<usize>();
        let begin = Arc::new(Barrier::new(crew.writers + 2 * agents + crew.houses.len() + 1));
        let signals = Signals { begin: begin.clone(), line: Arc::default() };
        let (tell, over) = mpsc::channel();
        let address = server.address;
        let mut threads = Vec::new();
        let mut spawn = |work: Box<dyn FnOnce() -> Vec<Deed> + Send>| {
            let tell = tell.clone();
            threads.push(std::thread::spawn(move || {
                let deeds = work();
                drop(tell);
                deeds
            }));
        };
        for n in 0..crew.writers {
            let (house, shared) = (crew.houses[n % crew.houses.len()].clone(), signals.clone());
            let name = Name { round: crew.round.clone(), client: n as u64, sent: 0 };
            let dice = Dice::new(crew.seed, n as u64);
            spawn(Box::new(move || write(address, &house, name, dice, &shared)));
        }
        for (h, house) in crew.houses.iter().enumerate() {
            let client = (1_000 * (h + 1) + 999) as u64;
            let (mine, shared) = (house.clone(), signals.clone());
            let name = Name { round: crew.round.clone(), client, sent: 0 };
            let dice = Dice::new(crew.seed, client);
            spawn(Box::new(move || look_after(address, &mine, name, dice, &shared)));
            for n in 0..house.agents.len() {
                let client = (1_000 * (h + 1) + n) as u64;
                let (mine, shared) = (house.clone(), signals.clone());
                spawn(Box::new(move || listen(address, &mine.agents[n].token, &shared)));
                let (mine, shared) = (house.clone(), signals.clone());
                let name = Name { round: crew.round.clone(), client, sent: 0 };
                let dice = Dice::new(crew.seed, client);
                spawn(Box::new(move || serve(address, &mine, n, name, dice, &shared)));
            }
        }
        begin.wait();
        Load { threads, over, line: signals.line }
    }

    /// Lets it run for `time`, or until nobody writes any more because the server is gone.
    pub fn run(&self, time: Duration) {
        let _ = self.over.recv_timeout(time);
    }

    /// From now on nothing that clients are told counts.
    pub fn draw_the_line(&self) {
        self.line.store(true, Ordering::SeqCst);
    }

    /// What all did and saw, once the server is gone.
    pub fn end(self) -> Vec<Vec<Deed>> {
        self.threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    }
}

/// Gives unique texts.
pub struct Name {
    round: String,
    pub client: u64,
    sent: u64,
}

impl Name {
    fn id(&mut self) -> String {
        self.sent += 1;
        format!("{}-{}-{}", self.round, self.client, self.sent)
    }

    /// Begins with an id.
    pub fn text(&mut self, dice: &mut Dice) -> String {
        format!("{} {}", self.id(), "你好".repeat(dice.below(40)))
    }

    pub fn attempt(&mut self, conversation: &str, author: u64, token: &str, dice: &mut Dice) -> Attempt {
        let id = self.id();
        let text = format!("{id} {}", "你好".repeat(dice.below(40)));
        Attempt { conversation: conversation.into(), author, id, text, file: None, token: token.into(), client: self.client }
    }
}

/// Sends one message. `Err`: the connection is over.
pub fn send(client: &mut Client, attempt: &Attempt) -> std::io::Result<(u16, Value)> {
    let path = match attempt.author {
        0 => "/v1/buyer/messages".to_owned(),
        _ => format!("/v1/staff/conversations/{}/messages", attempt.conversation),
    };
    let files: Vec<&String> = attempt.file.iter().collect();
    let body = json!({"client_message_id": attempt.id, "text": attempt.text, "files": files});
    client.ask("POST", &path, &attempt.token, Some(&body))
}

/// Sends, and notes what became of it. False: no use going on.
pub fn send_noting(client: &mut Client, attempt: Attempt, signals: &Signals, deeds: &mut Vec<Deed>) -> bool {
    deeds.push(Deed::Tried(attempt.clone()));
    match send(client, &attempt) {
        _ if signals.drawn() => return false,
        Ok((200, answer)) => deeds.push(Deed::Acked { attempt, seq: answer["seq"].as_u64().unwrap_or(0) }),
        Ok((403..=409, _)) => deeds.push(Deed::Refused(attempt)),
        Ok((500.., _)) | Err(_) => return false,
        Ok((status, answer)) => panic!("{attempt:?}: {status} {answer}"),
    }
    true
}

/// A connection that writes for all buyers of a house in turn, and now and then reads a page.
fn write(address: SocketAddr, house: &House, mut name: Name, mut dice: Dice, signals: &Signals) -> Vec<Deed> {
    let client = Client::connect(address);
    signals.begin.wait();
    let Ok(mut client) = client else { return Vec::new() };
    let mut deeds = Vec::new();
    loop {
        let buyer = &house.buyers[dice.below(house.buyers.len())];
        let attempt = name.attempt(&buyer.conversation, 0, &buyer.token, &mut dice);
        if !send_noting(&mut client, attempt, signals, &mut deeds) {
            return deeds;
        }
        if dice.below(32) == 0 {
            let mut desk = Desk { client: &mut client, deeds: &mut deeds, signals, number: name.client };
            if !desk.takes_back(&buyer.conversation, "", &buyer.token, 0) {
                return deeds;
            }
        } else if dice.below(16) == 0 {
            let Some(Deed::Acked { seq, .. }) = deeds.last() else { continue };
            let path = format!("/v1/buyer/messages?after={}&limit=20", seq.saturating_sub(10));
            let Ok((200, page)) = client.ask("GET", &path, &buyer.token, None) else { return deeds };
            if signals.drawn() {
                return deeds;
            }
            deeds.extend(page["messages"].as_array().into_iter().flatten().map(|m| seen(&buyer.conversation, m)));
        }
    }
}

fn seen(conversation: &str, message: &Value) -> Deed {
    let text = message["text"].as_str().unwrap_or_default().to_owned();
    let (seq, recalled) = (message["seq"].as_u64().unwrap_or(0), message["recalled"] == true);
    Deed::Seen { conversation: conversation.into(), seq, text, recalled }
}

/// An agent's device: while it is connected, the agent is present.
fn listen(address: SocketAddr, token: &str, signals: &Signals) -> Vec<Deed> {
    let socket = Socket::connect(address, token);
    signals.begin.wait();
    let Ok(mut socket) = socket else { return Vec::new() };
    let mut deeds = Vec::new();
    while let Some(frame) = socket.next().filter(|_| !signals.drawn()) {
        if frame["type"] == "message" {
            deeds.push(seen(frame["conversation"].as_str().unwrap_or_default(), &frame));
        }
    }
    deeds
}

/// An agent who answers, reads, closes and passes on what it has.
fn serve(address: SocketAddr, house: &House, n: usize, mut name: Name, mut dice: Dice, signals: &Signals) -> Vec<Deed> {
    let client = Client::connect(address);
    signals.begin.wait();
    let Ok(mut client) = client else { return Vec::new() };
    let me = &house.agents[n];
    let mut deeds = Vec::new();
    loop {
        let state = if dice.below(4) == 0 { "replied" } else { "unanswered" };
        let Ok((200, inbox)) = client.ask("GET", &format!("/v1/staff/inbox?state={state}"), &me.token, None) else { return deeds };
        let rows = inbox["conversations"].as_array().cloned().unwrap_or_default();
        if rows.is_empty() {
            std::thread::park_timeout(LOOK_AGAIN);
        }
        for row in rows {
            let conversation = row["conversation"].as_str().unwrap_or_default();
            let path = |rest: &str| format!("/v1/staff/conversations/{conversation}/{rest}");
            let done = match dice.below(32) {
                0..12 => {
                    let attempt = name.attempt(conversation, me.number, &me.token, &mut dice);
                    send_noting(&mut client, attempt, signals, &mut deeds)
                }
                12..16 => {
                    let seq = row["last_seq"].as_u64().unwrap_or(0);
                    let done = client.ask("POST", &path("read"), &me.token, Some(&json!({"seq": seq})));
                    if let (Ok((204, _)), false) = (&done, signals.drawn()) {
                        deeds.push(Deed::Read { conversation: conversation.into(), seq });
                    }
                    done.is_ok()
                }
                16..18 => {
                    let done = client.ask("POST", &path("close"), &me.token, None);
                    if let (Ok((200, closed)), false) = (&done, signals.drawn()) {
                        let reception = closed["reception"].as_u64().unwrap_or(0);
                        deeds.push(Deed::Closed { conversation: conversation.into(), reception });
                    }
                    done.is_ok()
                }
                18..20 => {
                    let to = house.agents[dice.below(house.agents.len())].number;
                    client.ask("POST", &path("transfer"), &me.token, Some(&json!({"agent": to, "reason": "test"}))).is_ok()
                }
                _ => {
                    let mut desk = Desk { client: &mut client, deeds: &mut deeds, signals, number: name.client };
                    desk.of_agent(me, conversation, &mut name, &mut dice)
                }
            };
            if !done {
                return deeds;
            }
        }
    }
}
