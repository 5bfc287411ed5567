//! Are the settings of a desk sensible as a whole? Lists everything that is wrong with a draft, not only the first thing.
//!
//! It must never refuse what it cannot prove wrong, and never look long at what is refused for its size anyway.

mod time;

use super::{ArchiveRule, Desk, Fulfilment, Label, OwnRole, PriorityRule};
use crate::domain::diversion::check::{Fault, misspelled, repeated};
use crate::domain::permission::Permissions;
use crate::domain::text::template::{self, Values, Variable};
use crate::limits;

/// The roles that every shop has, in both languages: a role of the shop's own must not pass for one of them.
const BUILT_IN: [&str; 8] = ["owner", "supervisor", "agent", "analyst", "主账号", "主管", "客服", "分析员"];

/// Everything that is wrong with these settings; of very much, what comes first.
pub fn check(desk: &Desk) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    faults.labels(&desk.labels);
    faults.roles(&desk.roles);
    faults.priorities(&desk.priorities);
    faults.archive(&desk.archive);
    faults.fulfilment(&desk.fulfilment);
    faults.time(&desk.time);
    faults.health(&desk.health);
    faults.0
}

/// At most [`limits::FAULTS_MAX`].
struct Faults(Vec<Fault>);

fn colour(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl Faults {
    fn add(&mut self, field: String, problem: impl Into<String>) {
        match self.0.len() + 1 {
            count if count < limits::FAULTS_MAX => self.0.push(Fault { field, problem: problem.into() }),
            limits::FAULTS_MAX => self.0.push(Fault { field: String::new(), problem: "and more; mend these first".into() }),
            _ => {}
        }
    }

    fn require(&mut self, fine: bool, field: impl FnOnce() -> String, problem: impl FnOnce() -> String) {
        if !fine {
            self.add(field(), problem());
        }
    }

    /// Whether a list is short enough to be looked into.
    fn short(&mut self, field: &str, count: usize, most: usize) -> bool {
        self.require(count <= most, || field.into(), || format!("{count}, at most {most}"));
        count <= most
    }

    /// Names that people can read, each once.
    fn names<'a>(&mut self, list: &str, names: impl Iterator<Item = &'a str> + Clone) {
        for (at, name) in names.clone().enumerate() {
            if let Some(problem) = misspelled(name) {
                self.add(format!("{list}[{at}].name"), problem);
            }
        }
        for at in repeated(names) {
            self.add(format!("{list}[{at}].name"), "this name stands above already");
        }
    }

    /// Numbers from 1, each once.
    fn numbers(&mut self, list: &str, numbers: impl Iterator<Item = u16> + Clone) {
        for (at, _) in numbers.clone().enumerate().filter(|(_, no)| *no == 0) {
            self.add(format!("{list}[{at}].no"), "numbers begin with 1");
        }
        for at in repeated(numbers) {
            self.add(format!("{list}[{at}].no"), "this number stands above already");
        }
    }

    fn labels(&mut self, labels: &[Label]) {
        if !self.short("labels", labels.len(), limits::LABELS_MAX) {
            return;
        }
        self.numbers("labels", labels.iter().map(|label| label.no.0));
        self.names("labels", labels.iter().map(|label| label.name.as_str()));
        for (at, label) in labels.iter().enumerate() {
            self.require(
                colour(&label.colour),
                || format!("labels[{at}].colour"),
                || "write it as `#rrggbb`, for example `#d93026`".into(),
            );
        }
    }

    fn roles(&mut self, roles: &[OwnRole]) {
        if !self.short("roles", roles.len(), limits::OWN_ROLES_MAX) {
            return;
        }
        self.numbers("roles", roles.iter().map(|role| role.no));
        self.names("roles", roles.iter().map(|role| role.name.as_str()));
        for (at, role) in roles.iter().enumerate() {
            let name = role.name.trim().to_lowercase();
            self.require(
                !BUILT_IN.contains(&name.as_str()),
                || format!("roles[{at}].name"),
                || "every shop has a role of this name".into(),
            );
            let known = Permissions::all().covers(role.permissions);
            self.require(known, || format!("roles[{at}].permissions"), || "there is no such permission".into());
        }
    }

    fn priorities(&mut self, rules: &[PriorityRule]) {
        let words = |rule: &PriorityRule| rule.kinds.len() + rule.keywords.len() + rule.tags.len();
        let (all, most) = (rules.iter().map(words).sum::<usize>(), limits::PRIORITY_WORDS_MAX);
        self.require(all <= most, || "priorities".into(), || format!("{all} kinds, keywords and tags in all rules, at most {most}"));
        if !self.short("priorities", rules.len(), limits::PRIORITY_RULES_MAX) || all > most {
            return;
        }
        self.names("priorities", rules.iter().map(|rule| rule.name.as_str()));
        for (at, rule) in rules.iter().enumerate() {
            self.priority(&format!("priorities[{at}]"), rule);
        }
        // What asks for nothing holds for everything.
        let asks = |rule: &PriorityRule| words(rule) + rule.orders.len() > 0 || rule.waited_min.is_some();
        if let Some(at) = rules.iter().position(|rule| !asks(rule)).filter(|at| at + 1 < rules.len()) {
            self.add(format!("priorities[{at}]"), "it asks for nothing, so no rule below it is ever reached; put it last");
        }
    }

    fn priority(&mut self, path: &str, rule: &PriorityRule) {
        for (field, words) in [("kinds", &rule.kinds), ("keywords", &rule.keywords), ("tags", &rule.tags)] {
            for (at, word) in words.iter().enumerate() {
                if let Some(problem) = misspelled(word) {
                    self.add(format!("{path}.{field}[{at}]"), problem);
                }
            }
            for at in repeated(words) {
                self.add(format!("{path}.{field}[{at}]"), "named twice");
            }
        }
        for at in repeated(rule.orders.iter().map(|order| *order as u8)) {
            self.add(format!("{path}.orders[{at}]"), "named twice");
        }
        let waited = rule.waited_min.is_none_or(|min| (1..=limits::WAITED_MIN_MAX).contains(&min));
        self.require(waited, || format!("{path}.waited_min"), || format!("1 to {}; leave it out for any", limits::WAITED_MIN_MAX));
        let of_buyers = !rule.orders.is_empty() || !rule.tags.is_empty() || rule.waited_min.is_some();
        let problem = || "it never holds: kinds are of notices, but orders, tags and waiting are of buyers".into();
        self.require(rule.kinds.is_empty() || !of_buyers, || path.into(), problem);
    }

    fn archive(&mut self, archive: &ArchiveRule) {
        let most = limits::ARCHIVE_DAYS_MAX;
        self.require((1..=most).contains(&archive.after_days), || "archive.after_days".into(), || format!("1 to {most}"));
        let keep = archive.keep_days.is_none_or(|days| (1..=most).contains(&days));
        self.require(keep, || "archive.keep_days".into(), || format!("1 to {most}; leave it out to keep for ever"));
    }

    fn fulfilment(&mut self, texts: &Fulfilment) {
        let texts = [("confirmed", &texts.confirmed), ("shipped", &texts.shipped), ("logistics", &texts.logistics)];
        for (scene, text) in texts.into_iter().filter_map(|(scene, text)| Some((scene, text.as_ref()?))) {
            let field = || format!("fulfilment.{scene}");
            let most = limits::MESSAGE_CHARS_MAX;
            self.require(!text.trim().is_empty(), field, || "empty; leave it out to send nothing".into());
            self.require(text.chars().nth(most).is_none(), field, || format!("at most {most} characters"));
            match template::check(text) {
                Err(fault) => self.add(field(), fault.to_string()),
                Ok(()) => self.require(no_agent(text), field, || "it asks for an agent, but the system sends it".into()),
            }
        }
    }
}

/// Whether all that a text asks for could be known where no agent speaks.
fn no_agent(text: &str) -> bool {
    let others = Variable::ALL.into_iter().map(|(variable, ..)| variable).filter(|variable| *variable != Variable::Agent);
    template::render(text, &others.fold(Values::default(), |values, variable| values.with(variable, "x"))).is_ok()
}
