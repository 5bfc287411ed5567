//! The load beside messages: what an agent does at the desk, and what the owner and the platform do meanwhile.

use crate::desk::{Fate, Work};
use crate::dice::Dice;
use crate::history::Deed;
use crate::house::{House, LABELS, Member};
use crate::http::Client;
use crate::load::{LOOK_AGAIN, Name, Signals, send_noting};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Orders of a shop.
const ORDERS: usize = 12;
/// Bytes of a file.
const FILE_BYTES_MAX: usize = 6_000;

/// Who works, on which connection, and what it was told.
pub struct Desk<'a> {
    pub client: &'a mut Client,
    pub deeds: &'a mut Vec<Deed>,
    pub signals: &'a Signals,
    pub number: u64,
}

impl Desk<'_> {
    /// Asks for work, and notes what became of it. False: no use going on.
    fn ask(&mut self, method: &str, path: &str, token: &str, body: Option<&Value>, work: Work) -> bool {
        let client = self.number;
        let mut note = |fate| self.deeds.push(Deed::Worked { client, work: work.clone(), fate });
        note(Fate::Tried);
        match self.client.ask(method, path, token, body) {
            _ if self.signals.drawn() => return false,
            Ok((200..300, answer)) => note(Fate::Done { no: answer["note"].as_u64().or(answer["no"].as_u64()).unwrap_or(0) }),
            Ok((403..=409 | 429, _)) => note(Fate::Refused),
            Ok((500.., _)) | Err(_) => return false,
            Ok((status, answer)) => panic!("{work:?}: {status} {answer}"),
        }
        true
    }

    fn set(&mut self, path: &str, token: &str, body: &Value, what: String, value: &str) -> bool {
        self.ask("PUT", path, token, Some(body), Work::Set { what, value: value.to_owned() })
    }

    /// Something an agent does with a conversation beside answering, reading, closing and passing it on.
    pub fn of_agent(&mut self, me: &Member, conversation: &str, name: &mut Name, dice: &mut Dice) -> bool {
        let path = |rest: &str| format!("/v1/staff/conversations/{conversation}/{rest}");
        match dice.below(18) {
            0..4 => {
                let (text, to) = (name.text(dice), format!("note {conversation}"));
                self.ask("POST", &path("notes"), &me.token, Some(&json!({"text": text})), Work::Add { to, text })
            }
            4..7 => {
                let no = 1 + dice.below(LABELS as usize);
                let (change, value) = if dice.below(3) == 0 { ("remove", "") } else { ("add", "yes") };
                self.set(&path("labels"), &me.token, &json!({change: [no]}), format!("label {no} {conversation}"), value)
            }
            7..9 => {
                let priority = ["urgent", "high", "normal", "low", ""][dice.below(5)];
                let body = json!({"priority": Some(priority).filter(|priority| !priority.is_empty())});
                self.set(&path("priority"), &me.token, &body, format!("priority {conversation}"), priority)
            }
            9..11 => {
                let text = if dice.below(4) == 0 { String::new() } else { name.text(dice) };
                self.set(&path("draft"), &me.token, &json!({"text": text}), format!("draft {} {conversation}", me.number), &text)
            }
            11..13 => {
                let state = ["replied", "unanswered"][dice.below(2)];
                // What the buyer does next undoes it: that it disturbs nothing is what can be seen.
                self.client.ask("PUT", &path("mark"), &me.token, Some(&json!({"state": state}))).is_ok()
            }
            13..15 => self.takes_back(conversation, &path(""), &me.token, me.number),
            _ => self.sends_a_file(me, conversation, name, dice),
        }
    }

    /// Takes back the last message that this client wrote in the conversation.
    pub fn takes_back(&mut self, conversation: &str, path: &str, token: &str, author: u64) -> bool {
        let last = self.deeds.iter().rev().find_map(|deed| match deed {
            Deed::Acked { attempt, seq } if attempt.conversation == conversation && attempt.author == author => Some(*seq),
            _ => None,
        });
        let Some(seq) = last else { return true };
        let recalled = |done| Deed::Recalled { conversation: conversation.into(), seq, done };
        self.deeds.push(recalled(false));
        let prefix = if author == 0 { "/v1/buyer/" } else { path };
        match self.client.ask("POST", &format!("{prefix}messages/{seq}/recall"), token, None) {
            Ok((204, _)) if !self.signals.drawn() => self.deeds.push(recalled(true)),
            Ok((200..500, _)) => {}
            Ok(_) | Err(_) => return false,
        }
        true
    }

    fn sends_a_file(&mut self, me: &Member, conversation: &str, name: &mut Name, dice: &mut Dice) -> bool {
        let mut attempt = name.attempt(conversation, me.number, &me.token, dice);
        let bytes = attempt.text.repeat(1 + dice.below(FILE_BYTES_MAX) / attempt.text.len()).into_bytes();
        let path = format!("/v1/staff/conversations/{conversation}/files?name=a.txt");
        match self.client.exchange("POST", &path, &me.token, "application/octet-stream", Some(&bytes)) {
            _ if self.signals.drawn() => return false,
            Ok((201, answer)) => {
                let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
                let hash = answer["hash"].as_str().unwrap_or_default().to_owned();
                attempt.file = Some(hash.clone());
                self.deeds.push(Deed::Stored { conversation: conversation.into(), hash, bytes });
            }
            Ok((403..=409 | 429, _)) => return true,
            Ok((500.., _)) | Err(_) => return false,
            Ok((status, answer)) => panic!("a file: {status} {}", String::from_utf8_lossy(&answer)),
        }
        send_noting(self.client, attempt, self.signals, self.deeds)
    }

    /// The owner puts a buyer on the blacklist, or takes one off it.
    fn of_owner(&mut self, house: &House, dice: &mut Dice) -> bool {
        let (list, token) = ("/v1/staff/shop/blacklist", &house.owner.token);
        let Ok((200, listed)) = self.client.ask("GET", list, token, None) else { return false };
        let listed = listed["buyers"].as_array().cloned().unwrap_or_default();
        if listed.len() > dice.below(3) {
            let row = &listed[dice.below(listed.len())];
            let (buyer, conversation) = (row["buyer"].as_str().unwrap_or_default(), row["conversation"].as_str().unwrap_or_default());
            let work = Work::Set { what: format!("block {conversation}"), value: String::new() };
            return self.ask("DELETE", &format!("{list}/{buyer}"), token, None, work);
        }
        // Whom nobody was ever shown stands in no list.
        let Ok((200, inbox)) = self.client.ask("GET", "/v1/staff/inbox?limit=200", token, None) else { return false };
        let rows = inbox["conversations"].as_array().cloned().unwrap_or_default();
        if rows.is_empty() {
            return true;
        }
        let conversation = rows[dice.below(rows.len())]["conversation"].as_str().unwrap_or_default().to_owned();
        let body = json!({"conversation": conversation, "reason": "test"});
        self.ask("POST", list, token, Some(&body), Work::Set { what: format!("block {conversation}"), value: "yes".into() })
    }

    /// The platform reports an order, or gives a notice.
    fn of_platform(&mut self, house: &House, name: &mut Name, dice: &mut Dice) -> bool {
        let path = |rest: &str| format!("/v1/platform/shops/{}/{rest}", house.shop);
        if dice.below(3) == 0 {
            let (title, to) = (name.text(dice), format!("notice {} {}", house.shop, ["system", "service"][dice.below(2)]));
            let body = notice(&to, &title);
            return self.ask("POST", &path("notices"), &house.key, Some(&body), Work::Add { to, text: title });
        }
        let n = dice.below(ORDERS);
        let buyer = &house.buyers[n % house.buyers.len()].name;
        let status = ["unpaid", "paid", "shipped", "succeeded", "after_sale", "closed"][dice.below(6)];
        let body = json!({"buyer": buyer, "status": status, "items": []});
        self.set(&path(&format!("orders/o-{n}")), &house.key, &body, format!("order {} o-{n}", house.shop), status)
    }
}

/// A notice; its title is unique, and begins with its id.
pub fn notice(to: &str, title: &str) -> Value {
    let (stream, id) = (to.rsplit(' ').next().unwrap_or_default(), title.split(' ').next().unwrap_or_default());
    json!({"stream": stream, "kind": "policy_update", "title": title, "id": id})
}

/// Owner and platform of a shop, until the server is gone.
pub fn look_after(address: SocketAddr, house: &House, mut name: Name, mut dice: Dice, signals: &Signals) -> Vec<Deed> {
    let client = Client::connect(address);
    signals.begin.wait();
    let Ok(mut client) = client else { return Vec::new() };
    let mut deeds = Vec::new();
    loop {
        let mut desk = Desk { client: &mut client, deeds: &mut deeds, signals, number: name.client };
        let going = if dice.below(4) == 0 { desk.of_owner(house, &mut dice) } else { desk.of_platform(house, &mut name, &mut dice) };
        if !going {
            return deeds;
        }
        std::thread::park_timeout(LOOK_AGAIN);
    }
}
