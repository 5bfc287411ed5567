//! What a message carries beside its text (INB-7): pictures and files, an order or product card, a quoted message.

use super::desk::LabelNo;
use super::id::{AgentNo, GroupNo, Millis};
use super::order::Scene;
use super::suggestion::Adopted;
use serde::{Deserialize, Serialize};

/// The SHA-256 of a stored file: its name.
pub type FileHash = [u8; 32];

/// What a file is, found by its content and not by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FileKind {
    Jpeg,
    Png,
    Gif,
    Webp,
    Mp4,
    Pdf,
    Text,
}

impl FileKind {
    /// As JSON and refusals call it.
    pub const fn name(self) -> &'static str {
        match self {
            FileKind::Jpeg => "jpeg",
            FileKind::Png => "png",
            FileKind::Gif => "gif",
            FileKind::Webp => "webp",
            FileKind::Mp4 => "mp4",
            FileKind::Pdf => "pdf",
            FileKind::Text => "text",
        }
    }
}

/// A stored picture or file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub hash: FileHash,
    pub kind: FileKind,
    pub bytes: u64,
    /// The name it was given, made harmless; for showing only.
    pub name: String,
    /// Of a picture, in pixels.
    pub size: Option<(u32, u32)>,
}

/// Why a file may be shown: each upload of it and each message that names it, in the order of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Naming {
    /// Stored, and not yet sent: shown to its own side alone.
    Uploaded {
        by_buyer: bool,
    },
    Sent {
        seq: u64,
    },
}

/// A card in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Card {
    /// An order of this buyer.
    Order {
        order: String,
    },
    Product {
        product: String,
        title: String,
    },
}

impl Card {
    /// What of it whoever sends it can word. The number of an order is the platform's.
    pub fn words(&self) -> [&str; 2] {
        match self {
            Card::Order { .. } => ["", ""],
            Card::Product { product, title } => [product, title],
        }
    }
}

/// A text of the shop that a reply was made with (TXT-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TextRef {
    TeamPhrase(u32),
    GroupPhrase(GroupNo, u32),
    OwnPhrase(AgentNo, u32),
    Template(u32),
}

/// What the system says on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saying {
    /// 欢迎语 (TXT-4).
    Welcome,
    /// TXT-3.
    Fulfilment(Scene),
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    pub attachments: Vec<Attachment>,
    pub card: Option<Card>,
    /// The number of the quoted message.
    pub quote: Option<u64>,
    pub made_with: Option<TextRef>,
    pub saying: Option<Saying>,
    /// The buyer wrote it while blacklisted (INB-8).
    pub while_blocked: bool,
    /// The assistant's text that the agent sent, or changed and sent (ROB-7).
    pub suggestion: Option<Adopted>,
}

impl Extra {
    /// None where it says nothing: the common case costs one byte.
    pub fn boxed(self) -> Option<Box<Extra>> {
        if self == Extra::default() { None } else { Some(Box::new(self)) }
    }

    /// In words that were ready, of the shop or of an assistant: not the writer's own.
    pub fn is_made(&self) -> bool {
        self.made_with.is_some() || self.suggestion.is_some_and(|adopted| !adopted.edited)
    }

    /// Without what is the staff's: which text of the shop, or which suggestion, it was made with, and that the buyer was blacklisted.
    pub fn for_buyer(&self) -> Option<Box<Extra>> {
        Extra { made_with: None, while_blocked: false, suggestion: None, ..self.clone() }.boxed()
    }
}

/// What was later done to a message: the value of its row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageMark {
    pub recalled_at: Option<Millis>,
    pub labels: Vec<LabelNo>,
}
