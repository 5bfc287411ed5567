//! JSON of suggestions 辅助推荐 (ROB-1, ROB-7). None of it is ever shown to a buyer.

use super::talk::Summary;
use super::version::By;
use crate::domain::suggestion::{Adopted, Fate, Offer};
use crate::door;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answers that an assistant offers to whoever serves the buyer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuggestion {
    /// Chosen by the assistant, 8 to 64 bytes. Sent again with the same content it is answered as the first time.
    #[schema(example = "0197a4f0-5c1c-7d2e-8f55-6b1c2d3e4f51")]
    pub client_suggestion_id: String,
    /// 1 to 3 texts, the best first; up to 4,000 characters each. What could not be sent is refused.
    pub items: Vec<String>,
    /// The `seq` of the buyer's message that they answer. Where the buyer has written since, they are refused.
    pub for_seq: Option<u64>,
}

impl From<NewSuggestion> for door::NewSuggestion {
    fn from(new: NewSuggestion) -> door::NewSuggestion {
        let NewSuggestion { client_suggestion_id, items, for_seq } = new;
        door::NewSuggestion { client_suggestion_id, items, for_seq }
    }
}

/// The suggestions are on disk.
#[derive(Serialize, ToSchema)]
pub struct Suggested {
    /// 1, 2, 3, … within the conversation.
    pub no: u32,
    /// Milliseconds since the epoch.
    pub at: u64,
    /// They were there already; this is what was answered then.
    pub repeated: bool,
}

impl From<door::Suggested> for Suggested {
    fn from(suggested: door::Suggested) -> Suggested {
        Suggested { no: suggested.no, at: suggested.at.0, repeated: suggested.repeated }
    }
}

/// The suggestions that wait for whoever serves the buyer.
#[derive(Serialize, ToSchema)]
pub struct Suggestion {
    pub no: u32,
    /// The buyer's message that they answer.
    pub for_seq: u64,
    pub items: Vec<String>,
    pub by: By,
    /// Milliseconds since the epoch.
    pub at: u64,
}

impl From<Offer> for Suggestion {
    fn from(offer: Offer) -> Suggestion {
        let Offer { no, for_seq, items, by, at } = offer;
        Suggestion { no, for_seq, items, by: (&by).into(), at: at.0 }
    }
}

/// A conversation, and what an assistant suggests in it.
#[derive(Serialize, ToSchema)]
pub struct Conversation {
    #[serde(flatten)]
    pub summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Suggestion>,
}

/// The suggestion that an answer is made with. Whether it was edited is found by comparing. Where it is no longer open the answer is
/// sent, and not counted.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    pub no: u32,
    /// Its place in `items`, from 0.
    pub item: u8,
}

/// The suggestion that a message was made with.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub struct MadeFrom {
    pub no: u32,
    /// Its place in `items`, from 0.
    pub item: u8,
    /// The agent changed the text.
    pub edited: bool,
}

impl From<Adopted> for MadeFrom {
    fn from(adopted: Adopted) -> MadeFrom {
        MadeFrom { no: adopted.offer, item: adopted.item, edited: adopted.edited }
    }
}

/// What became of suggestions.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(tag = "fate", rename_all = "snake_case")]
#[schema(as = SuggestionOutcome)]
pub enum Outcome {
    /// 原样采纳. `item`: its place in `items`, from 0.
    AsIs { item: u8 },
    /// 编辑后采纳.
    Edited { item: u8 },
    /// 未采纳.
    Ignored,
}

impl From<Fate> for Outcome {
    fn from(fate: Fate) -> Outcome {
        match fate {
            Fate::AsIs(item) => Outcome::AsIs { item },
            Fate::Edited(item) => Outcome::Edited { item },
            Fate::Ignored => Outcome::Ignored,
        }
    }
}
