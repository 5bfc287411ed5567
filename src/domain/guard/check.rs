//! Is what a shop sets of its guard sensible? Lists everything that is wrong, not only the first thing: settings by field, words by line.
//!
//! It must never look long at what is refused for its size anyway.

use super::normal::Normal;
use super::{Approval, Settings};
use crate::domain::diversion::check::{Fault, misspelled, repeated};
use crate::domain::id::Millis;
use crate::limits;
use std::collections::HashMap;

/// The year 2000: what lies before was meant in seconds.
const EARLIEST: Millis = Millis(946_684_800_000);

/// At most [`limits::FAULTS_MAX`].
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, field: String, problem: impl Into<String>) {
        match self.0.len() + 1 {
            count if count < limits::FAULTS_MAX => self.0.push(Fault { field, problem: problem.into() }),
            limits::FAULTS_MAX => self.0.push(Fault { field: String::new(), problem: "and more; mend these first".into() }),
            _ => {}
        }
    }

    /// Whether a list is short enough to be looked into.
    fn short(&mut self, field: &str, count: usize, most: usize) -> bool {
        if count > most {
            self.add(field.into(), format!("{count}, at most {most}"));
        }
        count <= most
    }

    /// Short names that people can read, each once. `wrong`: what else may be wrong with one.
    fn names(&mut self, list: &str, names: &[String], wrong: impl Fn(&str) -> Option<&'static str>) {
        if !self.short(list, names.len(), limits::GUARD_NAMES_MAX) {
            return;
        }
        for (at, name) in names.iter().enumerate() {
            if let Some(problem) = misspelled(name).or_else(|| wrong(name).map(str::to_owned)) {
                self.add(format!("{list}[{at}]"), problem);
            }
        }
        for at in repeated(names.iter().map(|name| name.trim().to_lowercase())) {
            self.add(format!("{list}[{at}]"), "named twice");
        }
    }
}

/// What the guard compares of a word: nothing else of it counts.
fn said(word: &str) -> String {
    Normal::new(word).chars.into_iter().filter(|c| c.is_alphanumeric()).collect()
}

fn says_nothing(word: &str) -> Option<&'static str> {
    said(word).is_empty().then_some("it has no letter, figure or character that could be found")
}

fn no_host(host: &str) -> Option<&'static str> {
    let label = |part: &str| {
        !part.is_empty() && part.len() <= 63 && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let plain = host.split('.').all(label) && host.contains('.') && !host.ends_with(|c: char| c.is_ascii_digit());
    (!plain).then_some("write a host as `shop.example.com`: small letters, no `https://`, no path; other letters in their `xn--` form")
}

/// Everything that is wrong with these settings.
pub fn settings(settings: &Settings) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.names("allowed_hosts", &settings.allowed_hosts, no_host);
    faults.names("own_platforms", &settings.own_platforms, says_nothing);
    faults.names("marketing", &settings.marketing, says_nothing);
    let short = "at least 2 letters or figures, and nothing else: whatever begins so counts as a code";
    faults.names("coupon_prefixes", &settings.coupon_prefixes, |prefix| {
        let plain = prefix.len() >= 2 && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (!plain).then_some(short)
    });
    faults.names("clients", &settings.clients, |_| None);
    faults.0
}

/// Everything that is wrong with a list of banned words, by line, the first being 1.
pub fn words(list: &[String]) -> Vec<Fault> {
    let mut faults = Faults::default();
    if !faults.short("words", list.len(), limits::WORDS_MAX) {
        return faults.0;
    }
    let mut lines: HashMap<String, usize> = HashMap::new();
    for (at, word) in list.iter().enumerate() {
        if let Some(problem) = word_problem(word, at + 1, &mut lines) {
            faults.add(format!("words[{at}]"), format!("line {}: {problem}", at + 1));
        }
    }
    faults.0
}

fn word_problem(word: &str, line: usize, lines: &mut HashMap<String, usize>) -> Option<String> {
    let most = limits::WORD_CHARS_MAX;
    if word.chars().nth(most).is_some() {
        return Some(format!("more than {most} characters"));
    }
    if let Some(problem) = misspelled(word) {
        return Some(problem);
    }
    let said = said(word);
    match lines.get(&said) {
        _ if said.is_empty() => Some("it has no letter, figure or character that could be found".into()),
        Some(first) => Some(format!("the same word as line {first}")),
        None => {
            lines.insert(said, line);
            None
        }
    }
}

/// Everything that is wrong with a list of approvals 报备.
pub fn approvals(list: &[Approval]) -> Vec<Fault> {
    let mut faults = Faults::default();
    if !faults.short("approvals", list.len(), limits::APPROVALS_MAX) {
        return faults.0;
    }
    for (at, approval) in list.iter().enumerate() {
        let path = format!("approvals[{at}]");
        if let Some(problem) = misspelled(&approval.campaign) {
            faults.add(format!("{path}.campaign"), problem);
        }
        if approval.from < EARLIEST {
            faults.add(format!("{path}.from"), "it lies before the year 2000: give milliseconds since the epoch, not seconds");
        }
        if approval.from >= approval.to {
            faults.add(format!("{path}.to"), "it ends before it begins");
        }
        if approval.phrases.is_empty() {
            faults.add(format!("{path}.phrases"), "it covers no phrase");
        }
        if faults.short(&format!("{path}.phrases"), approval.phrases.len(), limits::APPROVAL_PHRASES_MAX) {
            faults.names(&format!("{path}.phrases"), &approval.phrases, says_nothing);
        }
    }
    faults.0
}
