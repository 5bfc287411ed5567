//! What no shop may see of another: every shop's data carries a word of its own, and whatever a client of a test is told is
//! searched for the words of others. No test has to do anything for it.
//!
//! The word is written behind names and texts (in front of names of files) on their way out and taken away again on their way in, so that tests say and hear
//! what they always did. What would become too long, or is no text, goes out as it is.

use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;

const BEGINS: &str = "canary-";
/// No name of a shop contains it.
const ENDS: char = '.';
/// What carries the word, and how many characters it may have.
const CARRIERS: [(&str, usize); 10] = [
    ("name", 64),
    ("text", 200),
    ("reason", 50),
    ("title", 64),
    ("intent", 64),
    ("note", 200),
    ("confirmed", 200),
    ("shipped", 200),
    ("logistics", 200),
    ("items", 200),
];

fn word(shop: &str) -> String {
    format!(" {BEGINS}{shop}{ENDS}")
}

/// The word in front of the name of a file, whose ending has a meaning.
fn in_front(shop: &str) -> String {
    format!("{BEGINS}{shop}{ENDS} ")
}

fn is_of_file(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| (3..=4).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The shops whose words are in `text`.
fn found(text: &str) -> impl Iterator<Item = &str> {
    text.split(BEGINS).skip(1).filter_map(|rest| rest.split_once(ENDS)).map(|(shop, _)| shop)
}

/// Whether the shop's word is in `bytes`.
pub fn carries(bytes: &[u8], shop: &str) -> bool {
    found(&String::from_utf8_lossy(bytes)).any(|found| found == shop)
}

/// A shop whose word is in `bytes`, though it is not the one whose words may be.
pub fn foreign(bytes: &[u8], mine: Option<&str>) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    found(&text).find(|shop| mine != Some(*shop)).map(str::to_owned)
}

fn mark_text(key: &str, text: &mut String, most: usize, shop: &str) {
    let sensible = !text.trim().is_empty() && !text.chars().any(char::is_control);
    let word = word(shop);
    if sensible && text.chars().count() + word.chars().count() <= most {
        *text = if key == "name" && is_of_file(text) { in_front(shop) + text } else { format!("{text}{word}") };
    }
}

/// Writes the shop's word behind what its people say.
pub fn mark(body: &mut Value, shop: &str) {
    match body {
        Value::Object(fields) => {
            for (key, value) in fields {
                let most = CARRIERS.iter().find(|(carrier, _)| carrier == key).map(|(_, most)| *most);
                match (value, most) {
                    (Value::String(text), Some(most)) => mark_text(key, text, most, shop),
                    (Value::Array(list), Some(most)) => list.iter_mut().for_each(|value| match value {
                        Value::String(text) => mark_text(key, text, most, shop),
                        value => mark(value, shop),
                    }),
                    (value, _) => mark(value, shop),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| mark(value, shop)),
        _ => {}
    }
}

/// Takes the words away again.
pub fn unmark(body: &mut Value) {
    match body {
        Value::Object(fields) => fields.values_mut().for_each(unmark),
        Value::Array(list) => list.iter_mut().for_each(unmark),
        Value::String(text) => {
            let shops: Vec<String> = found(text).map(str::to_owned).collect();
            shops.iter().for_each(|shop| *text = text.replace(&word(shop), "").replace(&in_front(shop), ""));
        }
        _ => {}
    }
}

/// Which shop each credential of a test belongs to.
#[derive(Default)]
pub struct Watch(RefCell<HashMap<String, String>>);

/// The shop that an address of the platform names.
fn named(path: &str) -> Option<&str> {
    path.strip_prefix("/v1/platform/shops/")?.split(['/', '?']).next()
}

impl Watch {
    /// The shop whose words may be heard, or are to be written, in this request.
    pub fn shop_of(&self, path: &str, token: &str, body: &Value) -> Option<String> {
        let of_body = || body["shop"].as_str().filter(|_| ["/v1/platform/shops", "/v1/staff/log-in"].contains(&path));
        self.0.borrow().get(token).cloned().or_else(|| named(path).or_else(of_body).map(str::to_owned))
    }

    /// `token` opens this shop.
    pub fn learn(&self, token: &str, shop: &str) {
        self.0.borrow_mut().insert(token.to_owned(), shop.to_owned());
    }

    /// A credential that was given out by this answer.
    pub fn given(&self, shop: Option<&str>, answer: &Value) {
        if let (Some(shop), Some(token)) = (shop, answer["token"].as_str()) {
            self.learn(token, shop);
        }
    }

    /// Fails the test where somebody is told what is another shop's.
    #[track_caller]
    pub fn look(what: &str, bytes: &[u8], mine: Option<&str>) {
        if let Some(shop) = foreign(bytes, mine) {
            panic!("{what}: told {mine:?} what is of {shop:?}: {}", String::from_utf8_lossy(bytes));
        }
    }
}
