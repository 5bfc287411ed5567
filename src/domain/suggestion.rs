//! Suggestions 辅助推荐 (ROB-1, ROB-7): answers that an assistant offers to whoever serves a buyer, and what becomes of them. Pure.
//!
//! For staff alone: no buyer is ever shown an offer, nor that a message was made with one.

use super::event::{Actor, Event, RetryKey};
use super::guard::Guard;
use super::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo};
use super::refusal::Refusal;
use crate::limits;
use serde::{Deserialize, Serialize};

/// 1, 2, 3, … within the conversation.
pub type OfferNo = u32;

/// Answers to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub no: OfferNo,
    /// The buyer's message that it answers.
    pub for_seq: u64,
    /// 1 to 3, the best first.
    pub items: Vec<String>,
    /// The assistant: a key of the platform, or an account that a program uses.
    pub by: Actor,
    pub at: Millis,
}

/// What became of an offer (ROB-7). An item is named by its place, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// 原样采纳.
    AsIs(u8),
    /// 编辑后采纳.
    Edited(u8),
    /// 未采纳: answered otherwise, overtaken by a newer offer, put aside, or the round ended without an answer.
    Ignored,
}

/// An offer was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggested {
    pub conversation: ConversationId,
    pub reception: ReceptionNo,
    pub offer: Offer,
    pub retry: RetryKey,
    /// Who was to answer then, and the group it counted in.
    pub owner: Option<AgentNo>,
    pub group: Option<GroupNo>,
}

/// An offer came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    pub conversation: ConversationId,
    pub reception: ReceptionNo,
    pub offer: OfferNo,
    pub at: Millis,
    /// Whose doing it was. None: the buyer's, the platform's, or a newer offer.
    pub by: Option<AgentNo>,
    pub fate: Fate,
    /// Who was to answer then, and the group it counted in.
    pub owner: Option<AgentNo>,
    pub group: Option<GroupNo>,
}

/// The suggestion that a message was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    pub offer: OfferNo,
    /// Its place in the offer, from 0.
    pub item: u8,
    /// The agent changed the text.
    pub edited: bool,
}

impl Adopted {
    /// What it makes of the offer.
    pub fn fate(self) -> Fate {
        if self.edited { Fate::Edited(self.item) } else { Fate::AsIs(self.item) }
    }
}

/// What a conversation knows of the suggestions made in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestions {
    /// Offers so far.
    pub offered: OfferNo,
    /// The one that the agent has before them: at most one, and only while a round is open.
    pub open: Option<Offer>,
    /// The newest of the last 24 hours, by which a repeated one is recognised.
    pub recent: Vec<(RetryKey, OfferNo, Millis)>,
}

impl Suggestions {
    /// The offer that this retry made before, and when.
    pub fn made_before(&self, retry: RetryKey, now: Millis) -> Option<Result<(OfferNo, Millis), Refusal>> {
        let known = self.recent.iter().find(|(key, _, at)| key.client_id == retry.client_id && now.since(*at) <= limits::RETRY_WINDOW_MS);
        known.map(|(key, no, at)| if *key == retry { Ok((*no, *at)) } else { Err(Refusal::IdTaken { what: "suggestion" }) })
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Suggested(suggested) => self.made(suggested),
            Event::SuggestionSettled(settled) => drop(self.open.take_if(|open| open.no == settled.offer)),
            _ => {}
        }
    }

    fn made(&mut self, suggested: &Suggested) {
        let Suggested { offer, retry, .. } = suggested;
        self.offered = offer.no;
        self.recent.retain(|(_, _, at)| offer.at.since(*at) <= limits::RETRY_WINDOW_MS);
        self.recent.push((*retry, offer.no, offer.at));
        let old = self.recent.len().saturating_sub(limits::SUGGESTIONS_KEPT);
        self.recent.drain(..old);
        self.open = Some(offer.clone());
    }

    /// Compares an answer with the item of the open offer that it names. None: that offer is no longer open, and nothing is counted.
    pub fn adopted(&self, offer: OfferNo, item: u8, text: &str) -> Result<Option<Adopted>, Refusal> {
        let invalid = |problem| Err(Refusal::Invalid { field: "suggestion", problem });
        if offer == 0 || offer > self.offered {
            return invalid(format!("there is no suggestion {offer} in this conversation"));
        }
        let Some(open) = self.open.as_ref().filter(|open| open.no == offer) else { return Ok(None) };
        match open.items.get(usize::from(item)) {
            Some(offered) => Ok(Some(Adopted { offer, item, edited: offered.trim() != text.trim() })),
            None => invalid(format!("`item` {item}: suggestion {offer} has {} texts, counted from 0", open.items.len())),
        }
    }
}

/// Refuses texts that could not be sent. An answer without content is none (SLA-1), and so is not offered.
pub fn check_items(items: &[String], guard: &Guard, now: Millis) -> Result<(), Refusal> {
    const FIELDS: [&str; limits::SUGGESTION_ITEMS_MAX] = ["items[0]", "items[1]", "items[2]"];
    let invalid = |field, problem: String| Err(Refusal::Invalid { field, problem });
    if !(1..=limits::SUGGESTION_ITEMS_MAX).contains(&items.len()) {
        return invalid("items", format!("1 to {} texts", limits::SUGGESTION_ITEMS_MAX));
    }
    for (at, (field, item)) in FIELDS.into_iter().zip(items).enumerate() {
        if item.chars().count() > limits::MESSAGE_CHARS_MAX {
            return invalid(field, format!("at most {} characters", limits::MESSAGE_CHARS_MAX));
        }
        if items[..at].iter().any(|other| other.trim() == item.trim()) {
            return invalid(field, "the same text as another; offer each once".into());
        }
        guard.check(field, item, now)?;
        if guard.says_nothing(item) {
            return invalid(field, "it says nothing: blanks, punctuation or emoji only are no answer".into());
        }
    }
    Ok(())
}
