//! What clients were told of their work beside messages, and the comparison with what the server has: values that are set (labels,
//! priorities, drafts, the blacklist, orders), lists that only grow (notes, notices), files, and the figures of the inbox. Pure.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Who left a value that an earlier comparison found.
const FOUND: u64 = u64::MAX;
const COUNTED: [&str; 6] = ["waiting", "pooled", "unanswered", "replied", "unread", "unread_messages"];

/// One piece of work.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Gives `what` a value.
    Set { what: String, value: String },
    /// Adds a text, which is unique, to a list.
    Add { to: String, text: String },
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Fate {
    Tried,
    /// `no`: of what was added.
    Done {
        no: u64,
    },
    Refused,
}

/// A value that several clients set, each one after the other: what it may be.
#[derive(Clone, Default)]
struct Register(Vec<(u64, String)>);

impl Register {
    fn hear(&mut self, client: u64, value: &str, fate: &Fate) {
        match fate {
            Fate::Tried => self.0.push((client, value.to_owned())),
            Fate::Done { .. } => {
                self.0.retain(|(by, _)| ![client, FOUND].contains(by));
                self.0.push((client, value.to_owned()));
            }
            Fate::Refused => {
                let last = self.0.iter().rposition(|(by, other)| *by == client && other == value);
                last.map(|at| self.0.remove(at));
            }
        }
    }
}

/// A list to which texts are added: 1, 2, 3, …
#[derive(Clone, Default)]
struct Roll {
    tried: HashSet<String>,
    acked: BTreeMap<u64, String>,
}

impl Roll {
    fn check(&self, found: &[(u64, String)]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut texts = HashSet::new();
        for ((no, text), expected) in found.iter().zip(1..) {
            if *no != expected {
                problems.push(format!("{no} stands in place {expected}"));
            }
            if !self.tried.contains(text) {
                problems.push(format!("{no} was never added, or refused: {text:?}"));
            }
            if !texts.insert(text) {
                problems.push(format!("{text:?} is there twice"));
            }
        }
        for (no, text) in &self.acked {
            let there = found.iter().find(|(other, _)| other == no);
            if there.is_none_or(|(_, other)| other != text) {
                problems.push(format!("acknowledged as {no}: {text:?}; there is {there:?}"));
            }
        }
        problems
    }
}

/// What must be true of the work.
#[derive(Default)]
pub struct Desk {
    registers: BTreeMap<String, Register>,
    rolls: BTreeMap<String, Roll>,
    /// Added without an answer.
    unknown: Vec<Work>,
    /// By conversation and hash.
    files: BTreeMap<(String, String), Vec<u8>>,
    /// What was acknowledged, by its first word.
    pub done: BTreeMap<String, u64>,
    pub problems: Vec<String>,
}

impl Desk {
    pub fn count(&mut self, name: &str) {
        *self.done.entry(name.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
    }

    pub fn hear(&mut self, client: u64, work: Work, fate: &Fate) {
        match &work {
            Work::Set { what, value } => {
                let register = self.registers.entry(what.clone()).or_default();
                if register.0.is_empty() {
                    // As it is before anybody sets it.
                    register.0.push((FOUND, String::new()));
                }
                register.hear(client, value, fate);
                if matches!(fate, Fate::Done { .. }) {
                    self.count(what);
                }
            }
            Work::Add { to, text } => {
                let roll = self.rolls.entry(to.clone()).or_default();
                match fate {
                    Fate::Tried => {
                        roll.tried.insert(text.clone());
                        self.unknown.push(work);
                    }
                    Fate::Refused => {
                        roll.tried.remove(text);
                        self.unknown.retain(|other| *other != work);
                    }
                    Fate::Done { no } => {
                        if let Some(other) = roll.acked.insert(*no, text.clone()).filter(|other| other != text) {
                            self.problems.push(format!("{to}: {no} was acknowledged twice: {text:?} and {other:?}"));
                        }
                        self.unknown.retain(|other| *other != work);
                        let to = to.clone();
                        self.count(&to);
                    }
                }
            }
        }
    }

    pub fn stored(&mut self, conversation: String, hash: String, bytes: Vec<u8>) {
        self.count("file");
        self.files.insert((conversation, hash), bytes);
    }

    /// Texts added to the lists of this name without an answer, and the newest acknowledged one, each with its list.
    pub fn to_repeat(&self, name: &str) -> Vec<(String, String, Option<u64>)> {
        let unknown = self.unknown.iter().filter_map(|work| match work {
            Work::Add { to, text } => Some((to.clone(), text.clone(), None)),
            Work::Set { .. } => None,
        });
        let newest = self.rolls.iter().filter_map(|(to, roll)| roll.acked.last_key_value().map(|a| (to.clone(), a.1.clone(), Some(*a.0))));
        unknown.chain(newest).filter(|(to, ..)| to.starts_with(name)).collect()
    }

    /// Compares every value with what was found; what is not there is empty. What was found is from then on what must be there.
    pub fn check_values(&mut self, found: &HashMap<String, String>) -> Vec<String> {
        let mut problems = Vec::new();
        for (what, register) in &mut self.registers {
            let value = found.get(what).cloned().unwrap_or_default();
            if !register.0.iter().any(|(_, may)| *may == value) {
                problems.push(format!("{what} is {value:?}, not one of {:?}", register.0));
            }
            register.0 = vec![(FOUND, value)];
        }
        let unknown = found.keys().filter(|what| !self.registers.contains_key(*what));
        problems.extend(unknown.map(|what| format!("{what} is {:?}, which nobody set", found[what])));
        problems
    }

    /// Compares a list with what was found, oldest first.
    pub fn check_roll(&self, of: &str, found: &[(u64, String)]) -> Vec<String> {
        let problems = self.rolls.get(of).cloned().unwrap_or_default().check(found);
        problems.into_iter().map(|problem| format!("{of}: {problem}")).collect()
    }

    pub fn files_of(&self, conversation: &str) -> Vec<(String, Vec<u8>)> {
        let of = self.files.iter().filter(|((other, _), _)| other == conversation);
        of.map(|((_, hash), bytes)| (hash.clone(), bytes.clone())).collect()
    }
}

/// The figures of a shop, its accounts and its groups against a recount of all rows.
pub fn check_counts(rows: &[Value], counts: &[Value]) -> Vec<String> {
    type Lane = (Option<u64>, Option<u64>);
    let mut recount: BTreeMap<Lane, [u64; 6]> = BTreeMap::from([((None, None), [0; 6])]);
    for row in rows {
        let (owner, group, unread) = (row["owner"].as_u64(), row["group"].as_u64(), row["unread"].as_u64().unwrap_or(u64::MAX / 2));
        // What was put away is nobody's to read.
        let unread = if row["state"] == "archived" { 0 } else { unread };
        let lanes = [Some((None, None)), owner.map(|no| (Some(no), None)), group.map(|no| (None, Some(no)))];
        for lane in lanes.into_iter().flatten() {
            let parts = recount.entry(lane).or_default();
            COUNTED.iter().zip(&mut *parts).take(4).for_each(|(state, part)| *part += u64::from(row["state"] == *state));
            parts[4] += u64::from(unread > 0);
            parts[5] += unread;
        }
    }
    let told = counts.iter().map(|count| {
        let parts = COUNTED.map(|part| count[part].as_u64().unwrap_or(u64::MAX));
        ((count["agent"].as_u64(), count["group"].as_u64()), parts)
    });
    let told: BTreeMap<Lane, [u64; 6]> = told.collect();
    let lanes: std::collections::BTreeSet<&Lane> = recount.keys().chain(told.keys()).collect();
    let part = |of: &BTreeMap<Lane, [u64; 6]>, lane| of.get(lane).copied().unwrap_or_default();
    let wrong = lanes.into_iter().filter(|lane| part(&told, lane) != part(&recount, lane));
    wrong.map(|lane| format!("figures of {lane:?}: {:?}, recounted {:?}", told.get(lane), recount.get(lane))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(value: &str) -> Work {
        Work::Set { what: "priority c".into(), value: value.into() }
    }

    fn add(text: &str) -> Work {
        Work::Add { to: "note c".into(), text: text.into() }
    }

    const DONE: Fate = Fate::Done { no: 0 };

    fn told(steps: &[(u64, &str, Fate)]) -> Desk {
        let mut desk = Desk::default();
        steps.iter().for_each(|(client, value, fate)| desk.hear(*client, set(value), fate));
        desk
    }

    fn is_sound(steps: &[(u64, &str, Fate)], value: &str) -> bool {
        let found = if value.is_empty() { HashMap::new() } else { HashMap::from([("priority c".to_owned(), value.to_owned())]) };
        told(steps).check_values(&found).is_empty()
    }

    #[test]
    fn a_value_is_the_last_acknowledged_or_a_later_tried_one() {
        let acked = [(1, "high", Fate::Tried), (1, "high", DONE), (1, "low", Fate::Tried)];
        assert!(is_sound(&acked, "high") && is_sound(&acked, "low"));
        assert!(!is_sound(&acked, ""), "lost");
        assert!(!is_sound(&acked, "urgent"), "never set");
        let later = [(1, "high", Fate::Tried), (1, "high", DONE), (1, "low", Fate::Tried), (1, "low", DONE)];
        assert!(is_sound(&later, "low") && !is_sound(&later, "high"), "one behind");
        let refused = [(1, "high", Fate::Tried), (1, "high", Fate::Refused)];
        assert!(is_sound(&refused, "") && !is_sound(&refused, "high"), "refused, and there");
        let two = [(1, "high", Fate::Tried), (2, "low", Fate::Tried), (1, "high", DONE), (2, "low", DONE)];
        assert!(is_sound(&two, "high") && is_sound(&two, "low") && !is_sound(&two, ""));
        assert!(!is_sound(&[], "high"), "nobody set it");
    }

    #[test]
    fn what_was_found_once_stays_until_somebody_sets_it() {
        let mut desk = told(&[(1, "high", Fate::Tried), (2, "low", Fate::Tried)]);
        let found = |value: &str| HashMap::from([("priority c".to_owned(), value.to_owned())]);
        assert!(desk.check_values(&found("high")).is_empty());
        assert!(!desk.check_values(&found("low")).is_empty(), "it changed by itself");
    }

    #[test]
    fn planted_faults_of_a_list_are_caught() {
        let mut desk = Desk::default();
        for (no, text) in [(1, "a"), (2, "b"), (3, "c")] {
            desk.hear(1, add(text), &Fate::Tried);
            desk.hear(1, add(text), &Fate::Done { no });
        }
        desk.hear(1, add("d"), &Fate::Tried);
        desk.hear(2, add("e"), &Fate::Tried);
        desk.hear(2, add("e"), &Fate::Refused);
        let check = |texts: &[&str]| {
            let found: Vec<(u64, String)> = (1..).zip(texts.iter().map(|text| (*text).to_owned())).collect();
            desk.check_roll("note c", &found)
        };
        assert!(check(&["a", "b", "c"]).is_empty() && check(&["a", "b", "c", "d"]).is_empty());
        for (name, found) in [
            ("last lost", &["a", "b"][..]),
            ("one lost", &["a", "c"]),
            ("all lost", &[]),
            ("swapped", &["b", "a", "c"]),
            ("repeated", &["a", "b", "c", "c"]),
            ("phantom", &["a", "b", "c", "x"]),
            ("refused, and there", &["a", "b", "c", "e"]),
        ] {
            assert!(!check(found).is_empty(), "{name}");
        }
        assert!(!desk.check_roll("note c", &[(1, "a".into()), (3, "b".into()), (4, "c".into())]).is_empty(), "a gap");
        assert!(!desk.check_roll("note d", &[(1, "a".into())]).is_empty(), "in another list");
        assert_eq!(desk.to_repeat("note").len(), 2);
        assert!(desk.to_repeat("notice").is_empty());
        desk.hear(1, add("d"), &Fate::Done { no: 3 });
        assert!(!desk.problems.is_empty(), "one number for two");
    }

    #[test]
    fn planted_faults_of_the_figures_are_caught() {
        let rows = [
            json!({"state": "unanswered", "owner": 2, "group": 1, "unread": 3}),
            json!({"state": "replied", "owner": 2, "unread": 0}),
            json!({"state": "waiting", "group": 1, "unread": 1}),
            json!({"state": "closed", "unread": 2}),
        ];
        let counts = |parts: [[u64; 6]; 3]| -> Vec<Value> {
            let lane = |(n, parts): (usize, [u64; 6])| {
                let mut count: Value = COUNTED.iter().zip(parts).map(|(name, part)| (name.to_string(), json!(part))).collect();
                match n {
                    1 => count["agent"] = 2.into(),
                    2 => count["group"] = 1.into(),
                    _ => {}
                }
                count
            };
            parts.into_iter().enumerate().map(lane).collect()
        };
        let sound = [[1, 0, 1, 1, 3, 6], [0, 0, 1, 1, 1, 3], [1, 0, 1, 0, 2, 4]];
        assert_eq!(check_counts(&rows, &counts(sound)), Vec::<String>::new());
        for lane in 0..3 {
            assert!(!check_counts(&rows, &[counts(sound)[..lane].to_vec(), counts(sound)[lane + 1..].to_vec()].concat()).is_empty());
            for part in 0..6 {
                let mut wrong = sound;
                wrong[lane][part] += 1;
                assert!(!check_counts(&rows, &counts(wrong)).is_empty(), "{lane} {part}");
            }
        }
        let more = [counts(sound), vec![json!({"agent": 9, "unread": 1})]].concat();
        assert!(!check_counts(&rows, &more).is_empty(), "of somebody who has none");
    }
}
