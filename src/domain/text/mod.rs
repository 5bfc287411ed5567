//! Texts of the shop (TXT): quick phrases 快捷短语 in lists, templates 消息模板 with variables.

pub mod template;

use super::event::Event;
use super::id::{AgentNo, GroupNo, Millis, ShopScope};
use super::refusal::Refusal;
use super::{Decision, Machine};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    },
    RemovePhrase {
        no: u32,
        by: AgentNo,
    },
    SetTemplate {
        no: Option<u32>,
        template: Template,
        by: AgentNo,
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

impl Texts {
    /// An empty list at its place.
    pub fn new(scope: ShopScope, list: ListId) -> Texts {
        Texts { at: Some((scope, list)), ..Texts::default() }
    }
}

impl Machine for Texts {
    type Command = Command;

    fn decide(&self, _command: Command, _now: Millis) -> Result<Decision, Refusal> {
        Ok(Decision::default())
    }

    fn apply(&mut self, _event: &Event) {}
}
