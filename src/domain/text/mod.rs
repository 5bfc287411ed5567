//! Texts of the shop (TXT): quick phrases 快捷短语 in lists, templates 消息模板 with variables.

pub mod find;
pub mod set_up;
pub mod template;
pub mod usage;

use super::event::Event;
use super::guard::Guard;
use super::id::{AgentNo, GroupNo, Millis, ShopScope};
use super::refusal::Refusal;
use super::{Decision, Machine, Reply};
use crate::limits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ListId {
    /// Quick phrases of the whole shop.
    Team,
    Group(GroupNo),
    Own(AgentNo),
    /// The shop's templates.
    Templates,
}

/// A quick phrase (TXT-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phrase {
    /// What it is for: lists are sorted by it.
    pub intent: String,
    pub text: String,
    /// Products it is for; empty: all.
    pub products: Vec<String>,
    pub added_at: Millis,
}

/// A message template (TXT-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    pub name: String,
    /// One of the twelve standard categories, or the shop's own word.
    pub category: String,
    pub text: String,
    pub added_at: Millis,
}

/// What a list of texts is asked to do.
#[derive(Debug)]
pub enum Command {
    /// `no`: None: a new one.
    SetPhrase {
        no: Option<u32>,
        phrase: Phrase,
        by: AgentNo,
        guard: Arc<Guard>,
    },
    RemovePhrase {
        no: u32,
        by: AgentNo,
    },
    SetTemplate {
        no: Option<u32>,
        template: Template,
        by: AgentNo,
        guard: Arc<Guard>,
    },
    RemoveTemplate {
        no: u32,
        by: AgentNo,
    },
}

/// The state of one list: its head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Texts {
    #[serde(skip)]
    pub at: Option<(ShopScope, ListId)>,
    /// The last number given; numbers are never used twice.
    pub last_no: u32,
    pub phrases: BTreeMap<u32, Phrase>,
    pub templates: BTreeMap<u32, Template>,
}

/// The twelve standard categories of templates (TXT-2).
pub const CATEGORIES: [&str; 12] =
    ["logistics", "sizes", "invoice", "returns", "refund", "payment", "stock", "discount", "customs", "damage", "wrong_item", "thanks"];

fn invalid<T>(field: &'static str, problem: impl ToString) -> Result<T, Refusal> {
    Err(Refusal::Invalid { field, problem: problem.to_string() })
}

/// Directions, joiners and marks that nobody sees: what consists of them says nothing, and in others they hide something.
pub fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Others' words within a line of ours: they make no line of their own, and turn round or hide nothing of what stands beside them.
pub fn one_line(text: &str) -> String {
    let seen = text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c });
    seen.filter(|c| !is_unseen(*c)).collect()
}

/// One line of at most so many characters.
fn check_word(field: &'static str, word: &str, empty: bool) -> Result<(), Refusal> {
    match word {
        "" if empty => Ok(()),
        _ if word.trim().is_empty() => invalid(field, "must not be empty"),
        _ if word.chars().count() > limits::NAME_CHARS_MAX => invalid(field, format!("at most {} characters", limits::NAME_CHARS_MAX)),
        _ if word.chars().any(char::is_control) => invalid(field, "must not contain control characters"),
        _ => Ok(()),
    }
}

/// Lines that a buyer is shown.
fn check_text(text: &str, chars_max: usize) -> Result<(), Refusal> {
    match text {
        _ if text.trim().is_empty() => invalid("text", "must not be empty"),
        _ if text.chars().count() > chars_max => invalid("text", format!("at most {chars_max} characters")),
        _ if text.chars().any(|c| c.is_control() && c != '\n') => invalid("text", "a control character other than a new line"),
        _ => Ok(()),
    }
}

/// Refuses what must not be a welcome text 欢迎语 (TXT-4); an empty one is none.
pub fn check_welcome(welcome: &str, guard: &Guard, now: Millis) -> Result<(), Refusal> {
    match welcome {
        _ if welcome.chars().count() > limits::WELCOME_CHARS_MAX => {
            invalid("welcome", format!("at most {} characters", limits::WELCOME_CHARS_MAX))
        }
        _ if welcome.chars().any(|c| c.is_control() && c != '\n') => invalid("welcome", "a control character other than a new line"),
        _ => guard.check("welcome", welcome, now),
    }
}

impl Phrase {
    /// Refuses what must not be a phrase (TXT-1).
    fn check(&self, guard: &Guard, now: Millis) -> Result<(), Refusal> {
        check_word("intent", &self.intent, true)?;
        check_text(&self.text, limits::PHRASE_CHARS_MAX)?;
        guard.check("text", &self.text, now)?;
        if self.products.len() > limits::PHRASE_PRODUCTS_MAX {
            return invalid("products", format!("at most {}", limits::PHRASE_PRODUCTS_MAX));
        }
        self.products.iter().try_for_each(|product| check_word("products", product, false))
    }
}

impl Template {
    /// Refuses what must not be a template (TXT-2, GRD-3).
    fn check(&self, guard: &Guard, now: Millis) -> Result<(), Refusal> {
        check_word("name", &self.name, false)?;
        check_word("category", &self.category, false)?;
        check_text(&self.text, limits::TEMPLATE_CHARS_MAX)?;
        guard.check("text", &self.text, now)?;
        template::check(&self.text).or_else(|fault| invalid("text", fault))
    }
}

impl Texts {
    /// An empty list at its place.
    pub fn new(scope: ShopScope, list: ListId) -> Texts {
        Texts { at: Some((scope, list)), ..Texts::default() }
    }

    fn list(&self) -> ListId {
        self.at.expect("a list of texts is placed when it is activated").1
    }

    /// The number to set: the given one where it is there, or the next.
    fn number(&self, no: Option<u32>, known: impl Fn(&u32) -> bool, count: usize, most: usize, what: &'static str) -> Result<u32, Refusal> {
        match no {
            Some(no) if known(&no) => Ok(no),
            Some(_) => Err(Refusal::NotFound { what }),
            None if count >= most => Err(Refusal::LimitReached { what, limit: most as u64 }),
            None => Ok(self.last_no + 1),
        }
    }
}

fn numbered(no: u32) -> Decision {
    Decision::reply(Reply::Numbered { no: u64::from(no) })
}

impl Machine for Texts {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        let list = self.list();
        match command {
            Command::SetPhrase { .. } | Command::RemovePhrase { .. } if list == ListId::Templates => Err(Refusal::Internal),
            Command::SetPhrase { no, phrase, by, guard } => {
                phrase.check(&guard, now)?;
                let (known, count) = (|no: &u32| self.phrases.contains_key(no), self.phrases.len());
                let no = self.number(no, known, count, limits::PHRASES_MAX, "phrase")?;
                let before = self.phrases.get(&no).cloned();
                let added_at = before.as_ref().map_or(now, |before| before.added_at);
                let phrase = Some(Phrase { added_at, ..phrase });
                if before == phrase {
                    return Ok(numbered(no));
                }
                Ok(numbered(no).event(Event::PhraseSet { list, no, phrase, before, by, at: now }))
            }
            Command::RemovePhrase { no, by } => {
                let before = Some(self.phrases.get(&no).cloned().ok_or(Refusal::NotFound { what: "phrase" })?);
                Ok(numbered(no).event(Event::PhraseSet { list, no, phrase: None, before, by, at: now }))
            }
            _ if list != ListId::Templates => Err(Refusal::Internal),
            Command::SetTemplate { no, template, by, guard } => {
                template.check(&guard, now)?;
                let (known, count) = (|no: &u32| self.templates.contains_key(no), self.templates.len());
                let no = self.number(no, known, count, limits::TEMPLATES_MAX, "template")?;
                let before = self.templates.get(&no).cloned();
                let added_at = before.as_ref().map_or(now, |before| before.added_at);
                let template = Some(Template { added_at, ..template });
                if before == template {
                    return Ok(numbered(no));
                }
                Ok(numbered(no).event(Event::TemplateSet { no, template, before, by, at: now }))
            }
            Command::RemoveTemplate { no, by } => {
                let before = Some(self.templates.get(&no).cloned().ok_or(Refusal::NotFound { what: "template" })?);
                Ok(numbered(no).event(Event::TemplateSet { no, template: None, before, by, at: now }))
            }
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::PhraseSet { no, phrase, .. } => {
                self.last_no = self.last_no.max(*no);
                match phrase {
                    Some(phrase) => drop(self.phrases.insert(*no, phrase.clone())),
                    None => drop(self.phrases.remove(no)),
                }
            }
            Event::TemplateSet { no, template, .. } => {
                self.last_no = self.last_no.max(*no);
                match template {
                    Some(template) => drop(self.templates.insert(*no, template.clone())),
                    None => drop(self.templates.remove(no)),
                }
            }
            _ => {}
        }
    }
}
