//! JSON of drafts.

use super::Hex;
use crate::domain::view;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an account is writing in a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDraft {
    /// Up to 4,000 characters; empty: removes the draft.
    pub text: String,
}

/// One draft.
#[derive(Serialize, ToSchema)]
pub struct Draft {
    #[schema(value_type = String)]
    pub conversation: Hex,
    pub text: String,
    /// Milliseconds since the epoch.
    pub at: u64,
}

/// The drafts of an account.
#[derive(Serialize, ToSchema)]
pub struct Drafts {
    /// False: the shop leaves drafts on the device they were written on.
    pub sync: bool,
    /// At most 200.
    pub drafts: Vec<Draft>,
}

impl From<Option<Vec<view::Draft>>> for Drafts {
    fn from(drafts: Option<Vec<view::Draft>>) -> Drafts {
        let draft = |d: view::Draft| Draft { conversation: Hex(d.conversation), text: d.text, at: d.at.0 };
        Drafts { sync: drafts.is_some(), drafts: drafts.unwrap_or_default().into_iter().map(draft).collect() }
    }
}
