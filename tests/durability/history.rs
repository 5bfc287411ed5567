//! What clients were told, and the comparison with what the server has. Pure, and itself tested: altered histories must be caught.

use crate::desk::{Desk, Fate, Work};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What one client did or saw, in its order.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Sent; what became of it is unknown until another deed says so.
    Tried(Attempt),
    /// Answered 200 with this number.
    Acked { attempt: Attempt, seq: u64 },
    /// Answered with a refusal that says it was not done.
    Refused(Attempt),
    /// Shown by a page or a socket.
    Seen { conversation: String, seq: u64, text: String, recalled: bool },
    /// Taking a message back was tried; `done`: and acknowledged.
    Recalled { conversation: String, seq: u64, done: bool },
    /// A file was stored.
    Stored { conversation: String, hash: String, bytes: Vec<u8> },
    /// Other work.
    Worked { client: u64, work: Work, fate: Fate },
    /// A reception was closed.
    Closed { conversation: String, reception: u64 },
    /// Read marks were set.
    Read { conversation: String, seq: u64 },
}

/// A message on its way. Its text is unique.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub conversation: String,
    /// 0: the buyer; else the agent's number.
    pub author: u64,
    /// The client message id.
    pub id: String,
    pub text: String,
    /// The hash of the file it carries.
    pub file: Option<String>,
    /// The credential, to try again with.
    pub token: String,
    /// Whose order counts: one client awaits its answers one by one.
    pub client: u64,
}

/// A message as the server tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub seq: u64,
    pub at: u64,
    /// As in [`Attempt`]; `None`: the system.
    pub author: Option<u64>,
    /// Empty where it was recalled.
    pub text: String,
    pub recalled: bool,
    /// Hashes.
    pub files: Vec<String>,
}

impl Message {
    pub fn read(json: &Value) -> Message {
        let author = match json["from"].as_str() {
            Some("buyer") => Some(0),
            Some("agent") => json["agent"].as_u64(),
            _ => None,
        };
        let number = |field: &str| json[field].as_u64().unwrap_or_else(|| panic!("{field} in {json}"));
        let text = |json: &Value| json.as_str().unwrap_or_default().to_owned();
        let files = json["extra"]["files"].as_array().into_iter().flatten().map(|file| text(&file["hash"])).collect();
        let recalled = json["recalled"] == true;
        Message { seq: number("seq"), at: number("at"), author, text: text(&json["text"]), recalled, files }
    }
}

/// What must be true of one conversation.
#[derive(Clone, Default)]
pub struct Talk {
    /// Texts that may be there.
    tried: HashSet<String>,
    acked: BTreeMap<u64, Attempt>,
    seen: BTreeMap<u64, String>,
    /// Messages that may be recalled; true: that are.
    recalled: BTreeMap<u64, bool>,
    shown_recalled: HashSet<u64>,
    /// The last acknowledged number of each client.
    last_of: HashMap<u64, u64>,
    closed: u64,
    read: u64,
    pub touched: bool,
}

/// What must be true of all conversations.
#[derive(Default)]
pub struct Ledger {
    pub talks: BTreeMap<String, Talk>,
    /// Tried without an answer.
    pub unknown: Vec<Attempt>,
    pub desk: Desk,
    pub problems: Vec<String>,
    pub acked: u64,
}

impl Ledger {
    fn talk(&mut self, conversation: &str) -> &mut Talk {
        let talk = self.talks.entry(conversation.to_owned()).or_default();
        talk.touched = true;
        talk
    }

    /// Takes what one client did.
    pub fn hear(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Tried(attempt) => {
                    self.talk(&attempt.conversation).tried.insert(attempt.text.clone());
                    self.unknown.push(attempt);
                }
                Deed::Acked { attempt, seq } => {
                    self.unknown.retain(|unknown| *unknown != attempt);
                    self.acknowledged(attempt, seq);
                }
                Deed::Refused(attempt) => {
                    self.unknown.retain(|unknown| *unknown != attempt);
                    self.talk(&attempt.conversation).tried.remove(&attempt.text);
                }
                Deed::Worked { client, work, fate } => self.desk.hear(client, work, &fate),
                Deed::Stored { conversation, hash, bytes } => {
                    self.talk(&conversation);
                    self.desk.stored(conversation, hash, bytes);
                }
                Deed::Recalled { conversation, seq, done } => {
                    if done {
                        self.desk.count("recall");
                    }
                    *self.talk(&conversation).recalled.entry(seq).or_default() |= done;
                }
                // Once shown as recalled it stays so; that it may be is said by who tried it.
                Deed::Seen { conversation, seq, recalled: true, .. } => {
                    self.talk(&conversation).shown_recalled.insert(seq);
                }
                Deed::Seen { conversation, seq, text, .. } => {
                    let before = self.talk(&conversation).seen.insert(seq, text.clone());
                    if let Some(before) = before.filter(|before| *before != text) {
                        self.problems.push(format!("{conversation}: message {seq} was shown as {before:?} and as {text:?}"));
                    }
                }
                Deed::Closed { conversation, reception } => {
                    let talk = self.talk(&conversation);
                    talk.closed = talk.closed.max(reception);
                }
                Deed::Read { conversation, seq } => {
                    let talk = self.talk(&conversation);
                    talk.read = talk.read.max(seq);
                }
            }
        }
    }

    fn acknowledged(&mut self, attempt: Attempt, seq: u64) {
        self.acked += 1;
        let talk = self.talk(&attempt.conversation);
        let last = talk.last_of.entry(attempt.client).or_default();
        let mut problem = None;
        if seq <= *last {
            problem = Some(format!("{attempt:?} was acknowledged as {seq} after {last}"));
        }
        *last = seq;
        if let Some(other) = talk.acked.insert(seq, attempt.clone()) {
            problem = Some(format!("{} was acknowledged twice: {attempt:?} and {other:?}", seq));
        }
        self.problems.extend(problem);
    }

    /// Acknowledged messages, to try some again.
    pub fn acknowledgements(&self) -> impl Iterator<Item = (u64, &Attempt)> {
        self.talks.values().flat_map(|talk| talk.acked.iter().map(|(seq, attempt)| (*seq, attempt)))
    }
}

impl Talk {
    /// Something was acknowledged in it, so it must be there.
    pub fn is_written(&self) -> bool {
        !self.acked.is_empty()
    }

    /// A stored file is shown unless whatever carried it was recalled (INB-7): what a recalled message carried, if it was ever
    /// acknowledged, is known.
    pub fn may_lack(&self, file: &str, history: &[Message]) -> bool {
        let carried = |m: &Message| self.acked.get(&m.seq).is_none_or(|attempt| attempt.file.as_deref() == Some(file));
        let shown = history.iter().any(|m| m.files.iter().any(|other| other == file));
        !shown && history.iter().any(|m| m.recalled && carried(m))
    }

    /// Acknowledged messages that are not there.
    pub fn lost(&self, history: &[Message]) -> usize {
        let there: HashSet<&str> = history.iter().map(|m| m.text.as_str()).collect();
        let kept = self.acked.iter().filter(|(seq, _)| !self.recalled.contains_key(seq));
        kept.filter(|(_, attempt)| !there.contains(attempt.text.as_str())).count()
    }

    /// Everything in `history` that breaks the promise.
    pub fn check(&self, history: &[Message]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut texts: HashMap<&str, u64> = HashMap::new();
        let mut before = 0;
        for (message, expected) in history.iter().zip(1..) {
            let Message { seq, at, author, text, recalled, .. } = message;
            if *seq != expected {
                problems.push(format!("message {seq} stands in place {expected}"));
            }
            if *at < before {
                problems.push(format!("message {seq} is older than the one before"));
            }
            before = *at;
            if *recalled {
                if !text.is_empty() || !self.recalled.contains_key(seq) {
                    problems.push(format!("message {seq} is recalled, by nobody or with its text: {text:?}"));
                }
                continue;
            }
            if author.is_some() && !self.tried.contains(text) {
                problems.push(format!("message {seq} was never sent, or refused: {text:?}"));
            }
            if author.is_some()
                && let Some(first) = texts.insert(text, *seq)
            {
                problems.push(format!("{text:?} is there twice: {first} and {seq}"));
            }
        }
        let at = |seq: u64| history.iter().find(|m| m.seq == seq);
        for (seq, attempt) in &self.acked {
            let whole = |m: &Message| m.text == attempt.text && attempt.file.iter().all(|file| m.files.contains(file));
            if !at(*seq).is_some_and(|m| (m.recalled || whole(m)) && m.author == Some(attempt.author)) {
                problems.push(format!("acknowledged as {seq}: {attempt:?}; there is {:?}", at(*seq)));
            }
        }
        for (seq, text) in &self.seen {
            if at(*seq).is_none_or(|m| !m.recalled && m.text != *text) {
                problems.push(format!("shown as {seq}: {text:?}; there is {:?}", at(*seq)));
            }
        }
        let acknowledged = self.recalled.iter().filter(|(_, done)| **done).map(|(seq, _)| seq);
        for seq in acknowledged.chain(&self.shown_recalled) {
            if at(*seq).is_none_or(|m| !m.recalled || !m.text.is_empty()) {
                problems.push(format!("{seq} was recalled; there is {:?}", at(*seq)));
            }
        }
        problems
    }

    /// Everything in the row of the inbox that breaks the promise, or differs from a recount of `history`.
    pub fn check_row(&self, row: &Value, history: &[Message]) -> Vec<String> {
        let number = |field: &str| row[field].as_u64().unwrap_or(u64::MAX);
        let mut problems = Vec::new();
        let mut equal = |what: &str, found: u64, expected: u64| {
            if found != expected {
                problems.push(format!("{what} is {found}, counted {expected}: {row}"));
            }
        };
        equal("last_seq", number("last_seq"), history.len() as u64);
        let unread = history.iter().filter(|m| m.author == Some(0) && !m.recalled && m.seq > number("staff_read")).count();
        equal("unread", number("unread"), unread as u64);
        let state = row["state"].as_str().unwrap_or_default();
        equal("having an owner", u64::from(row["owner"].is_u64()), u64::from(matches!(state, "unanswered" | "replied")));
        if number("reception") < self.closed || number("reception") == self.closed && state != "closed" {
            problems.push(format!("reception {} was closed: {row}", self.closed));
        }
        if number("staff_read") < self.read {
            problems.push(format!("it was read up to {}: {row}", self.read));
        }
        problems
    }
}

/// Problems of the lists of a shop: each conversation stands in exactly one, with one owner.
pub fn check_lists(known: &[&str], lists: &[(String, Option<u64>, Vec<Value>)]) -> Vec<String> {
    let mut places: HashMap<&str, Vec<String>> = HashMap::new();
    let mut problems = Vec::new();
    for (state, owner, rows) in lists {
        for row in rows {
            if row["state"] != state.as_str() || owner.is_some() && row["owner"].as_u64() != *owner {
                problems.push(format!("in the list {state} of {owner:?}: {row}"));
            }
            places.entry(row["conversation"].as_str().unwrap_or_default()).or_default().push(format!("{state} of {owner:?}"));
        }
    }
    let once = |known: &&&str| places.get(**known).is_none_or(|found| found.len() != 1);
    problems.extend(known.iter().filter(once).map(|known| format!("{known} stands in the lists {:?}", places.get(*known))));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attempt(n: u64, author: u64) -> Attempt {
        let text = format!("text {n}");
        Attempt { conversation: "c".into(), author, id: format!("id-{n}"), text, file: None, token: String::new(), client: author }
    }

    /// Six messages, one of which was never answered and one of which a socket showed.
    fn told() -> (Ledger, Vec<Message>, Value) {
        let mut ledger = Ledger::default();
        let author = |seq: u64| u64::from(seq == 3);
        for seq in 1..=6 {
            ledger.hear(vec![Deed::Tried(attempt(seq, author(seq)))]);
            if seq != 4 {
                ledger.hear(vec![Deed::Acked { attempt: attempt(seq, author(seq)), seq }]);
            }
        }
        let conversation = || "c".to_owned();
        ledger.hear(vec![
            Deed::Seen { conversation: conversation(), seq: 2, text: "text 2".into(), recalled: false },
            Deed::Closed { conversation: conversation(), reception: 1 },
            Deed::Read { conversation: conversation(), seq: 2 },
        ]);
        let message =
            |seq| Message { seq, at: 10 * seq, author: Some(author(seq)), text: format!("text {seq}"), recalled: false, files: Vec::new() };
        let row = json!({"conversation": "c", "state": "replied", "owner": 1, "reception": 2, "last_seq": 6, "unread": 3, "staff_read": 2});
        (ledger, (1..=6).map(message).collect(), row)
    }

    fn problems(ledger: &Ledger, history: &[Message], row: &Value) -> usize {
        let talk = &ledger.talks["c"];
        ledger.problems.len() + talk.check(history).len() + talk.check_row(row, history).len()
    }

    #[test]
    fn a_sound_history_is_sound() {
        let (ledger, history, row) = told();
        assert_eq!((problems(&ledger, &history, &row), ledger.unknown.len()), (0, 1));
    }

    /// A change to a sound history that must be noticed.
    type Planted = (&'static str, fn(&mut Vec<Message>));

    #[test]
    fn planted_faults_of_the_history_are_caught() {
        let renumber = |history: &mut Vec<Message>| history.iter_mut().zip(1..).for_each(|(m, seq)| m.seq = seq);
        let planted: [Planted; 9] = [
            ("last lost", |h| drop(h.pop())),
            ("one lost", |h| drop(h.remove(1))),
            ("all lost", Vec::clear),
            ("repeated", |h| h.insert(4, h[3].clone())),
            ("swapped", |h| h.swap(0, 1)),
            ("texts swapped", |h| (h[0].text, h[1].text) = (h[1].text.clone(), h[0].text.clone())),
            ("phantom", |h| {
                h.push(Message { seq: 7, at: 90, author: Some(0), text: "never sent".into(), recalled: false, files: Vec::new() })
            }),
            ("other author", |h| h[2].author = Some(2)),
            ("time runs back", |h| h[5].at = 1),
        ];
        for (name, plant) in planted {
            let (ledger, mut history, mut row) = told();
            plant(&mut history);
            // Without the help of the counters and, below, of the numbers.
            row["last_seq"] = history.len().into();
            assert!(!ledger.talks["c"].check(&history).is_empty(), "{name}");
            if !matches!(name, "other author" | "time runs back" | "last lost") {
                renumber(&mut history);
                assert!(!ledger.talks["c"].check(&history).is_empty(), "{name}, renumbered");
            }
        }
    }

    #[test]
    fn planted_faults_of_what_was_recalled_and_of_files_are_caught() {
        let recalled = |seq, done| Deed::Recalled { conversation: "c".into(), seq, done };
        let told = || {
            let (mut ledger, mut history, mut row) = told();
            let mut carrying = attempt(7, 1);
            carrying.file = Some("hash".into());
            let shown = Deed::Seen { conversation: "c".into(), seq: 5, text: String::new(), recalled: true };
            let deeds =
                [recalled(2, false), recalled(2, true), recalled(5, false), recalled(6, false), shown, Deed::Tried(carrying.clone())];
            ledger.hear(deeds.into_iter().chain([Deed::Acked { attempt: carrying, seq: 7 }]).collect());
            for seq in [2, 5] {
                (history[seq - 1].text, history[seq - 1].recalled) = (String::new(), true);
            }
            let files = vec!["hash".to_owned()];
            history.push(Message { seq: 7, at: 80, author: Some(1), text: "text 7".into(), recalled: false, files });
            (row["last_seq"], row["unread"], row["staff_read"]) = (7.into(), 2.into(), 2.into());
            (ledger, history, row)
        };
        let (ledger, mut history, row) = told();
        assert_eq!(problems(&ledger, &history, &row), 0);
        assert_eq!(ledger.talks["c"].lost(&history), 0);
        assert!(!ledger.talks["c"].may_lack("hash", &history) && !ledger.talks["c"].may_lack("another", &history));
        let mut taken = history.clone();
        (taken[6].text, taken[6].recalled, taken[6].files) = (String::new(), true, Vec::new());
        assert!(ledger.talks["c"].may_lack("hash", &taken) && !ledger.talks["c"].may_lack("another", &taken));
        (history[5].text, history[5].recalled) = (String::new(), true);
        assert_eq!(ledger.talks["c"].check(&history), Vec::<String>::new(), "tried, and perhaps done");
        let planted: [Planted; 7] = [
            ("shown again", |h| (h[1].text, h[1].recalled) = ("text 2".into(), false)),
            ("with its text", |h| h[1].text = "text 2".into()),
            ("without its mark", |h| h[1].recalled = false),
            ("another's author", |h| h[1].author = Some(2)),
            ("what was shown as recalled is shown again", |h| (h[4].text, h[4].recalled) = ("text 5".into(), false)),
            ("by nobody", |h| (h[0].text, h[0].recalled) = (String::new(), true)),
            ("without its file", |h| h[6].files.clear()),
        ];
        for (name, plant) in planted {
            let (ledger, mut history, _) = told();
            plant(&mut history);
            assert!(!ledger.talks["c"].check(&history).is_empty(), "{name}");
        }
        let (ledger, history, mut row) = told();
        row["unread"] = 3.into();
        assert!(problems(&ledger, &history, &row) > 0, "a recalled message counts as unread");
    }

    #[test]
    fn planted_faults_of_the_row_are_caught() {
        for (field, value) in [
            ("unread", json!(4)),
            ("last_seq", json!(7)),
            ("reception", json!(1)),
            ("staff_read", json!(1)),
            ("owner", json!(null)),
            ("state", json!("waiting")),
        ] {
            let (ledger, history, mut row) = told();
            row[field] = value;
            assert!(!ledger.talks["c"].check_row(&row, &history).is_empty(), "{row}");
        }
    }

    #[test]
    fn planted_acknowledgements_are_caught() {
        let (mut ledger, history, row) = told();
        ledger.hear(vec![Deed::Acked { attempt: attempt(9, 2), seq: 5 }]);
        assert!(!ledger.problems.is_empty(), "one number for two messages");
        let (mut ledger, ..) = told();
        ledger.hear(vec![Deed::Acked { attempt: attempt(9, 0), seq: 3 }]);
        assert!(!ledger.problems.is_empty(), "a later message with an earlier number");
        let (mut ledger, ..) = told();
        ledger.hear(vec![Deed::Refused(attempt(4, 0))]);
        assert!(problems(&ledger, &history, &row) > 0, "refused, and there");
    }

    #[test]
    fn planted_faults_of_the_lists_are_caught() {
        let row = |state: &str, owner: u64| json!({"conversation": "c", "state": state, "owner": owner});
        let of = |state: &str, owner: u64| (state.to_owned(), Some(owner), vec![row(state, owner)]);
        assert_eq!(check_lists(&["c"], &[of("replied", 1)]), Vec::<String>::new());
        assert!(!check_lists(&["c"], &[]).is_empty(), "in no list");
        assert!(!check_lists(&["c"], &[of("replied", 1), of("replied", 2)]).is_empty(), "two owners");
        assert!(!check_lists(&["c"], &[of("replied", 1), of("unanswered", 1)]).is_empty(), "two states");
        assert!(!check_lists(&["c"], &[("replied".into(), Some(1), vec![row("replied", 2)])]).is_empty(), "another's list");
    }
}
