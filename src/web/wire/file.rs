//! JSON of files, of uploads in pieces, and of what goes along with a message (INB-7).

use super::key_id;
use super::suggestion::{Chosen, MadeFrom};
use super::text::MadeWith;
use crate::domain::content::{self, Attachment, FileHash, FileKind};
use crate::domain::order::Scene;
use crate::door::{Uploading, With};
use crate::web::wire::parse_key_id;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// A file's name in the interface: the SHA-256 of its content as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HexHash(pub FileHash);

impl HexHash {
    pub fn parse(text: &str) -> Option<HexHash> {
        parse_key_id(text).map(HexHash)
    }
}

impl Serialize for HexHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&key_id(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<HexHash, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        HexHash::parse(&text).ok_or_else(|| de::Error::custom("64 lower-case hexadecimal digits"))
    }
}

/// A stored picture or file.
#[derive(Serialize, ToSchema)]
pub struct File {
    /// The SHA-256 of its content: with it messages name the file.
    #[schema(value_type = String)]
    pub hash: HexHash,
    /// `jpeg`, `png`, `gif`, `webp`, `mp4`, `pdf` or `text`, by its content.
    pub kind: &'static str,
    pub bytes: u64,
    /// As it was given, made harmless.
    pub name: String,
    /// Of a picture, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

impl From<&Attachment> for File {
    fn from(file: &Attachment) -> File {
        let Attachment { hash, kind, bytes, name, size } = file;
        let (width, height) = (size.map(|s| s.0), size.map(|s| s.1));
        File { hash: HexHash(*hash), kind: kind.name(), bytes: *bytes, name: name.clone(), width, height }
    }
}

/// The content type under which a kind is shown: never one that a browser would run.
pub fn content_type(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Jpeg => "image/jpeg",
        FileKind::Png => "image/png",
        FileKind::Gif => "image/gif",
        FileKind::Webp => "image/webp",
        FileKind::Mp4 => "video/mp4",
        FileKind::Pdf => "application/pdf",
        FileKind::Text => "text/plain; charset=utf-8",
    }
}

/// One's own uploads that are not complete yet, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Uploads {
    pub uploads: Vec<Upload>,
}

/// Begins an upload in pieces.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUpload {
    /// Bytes of the whole file.
    pub size: u64,
    /// For showing only; empty: none.
    #[serde(default)]
    pub name: String,
}

/// An upload in pieces.
#[derive(Serialize, ToSchema)]
pub struct Upload {
    /// 32 hexadecimal digits.
    pub id: String,
    pub name: String,
    pub size: u64,
    /// Bytes that have arrived: where the next piece begins.
    pub received: u64,
    /// When it is given up, in milliseconds since the epoch.
    pub expires_at: u64,
}

impl From<Uploading> for Upload {
    fn from(upload: Uploading) -> Upload {
        let id = upload.id.0.iter().map(|b| format!("{b:02x}")).collect();
        Upload { id, name: upload.name, size: upload.size, received: upload.received, expires_at: upload.until.0 }
    }
}

/// A card in a message: `order`, an order of this buyer; or `product` and `title`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CardFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<String>,
    /// At most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
}

/// See [`CardFields`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "CardFields", into = "CardFields")]
#[schema(value_type = CardFields)]
pub struct Card(content::Card);

impl TryFrom<CardFields> for Card {
    type Error = &'static str;
    fn try_from(card: CardFields) -> Result<Card, &'static str> {
        match card {
            CardFields { order: Some(order), product: None, title: None } => Ok(Card(content::Card::Order { order })),
            CardFields { order: None, product: Some(product), title: Some(title) } => Ok(Card(content::Card::Product { product, title })),
            _ => Err("a card has either `order`, or `product` and `title`"),
        }
    }
}

impl From<Card> for CardFields {
    fn from(card: Card) -> CardFields {
        match card.0 {
            content::Card::Order { order } => CardFields { order: Some(order), ..CardFields::default() },
            content::Card::Product { product, title } => CardFields { product: Some(product), title: Some(title), order: None },
        }
    }
}

/// What goes along with a message, as a client names it.
pub fn with(files: Vec<HexHash>, card: Option<Card>, quote: Option<u64>, made_with: Option<MadeWith>, suggestion: Option<Chosen>) -> With {
    With {
        files: files.into_iter().map(|hash| hash.0).collect(),
        card: card.map(|card| card.0),
        quote,
        made_with: made_with.map(Into::into),
        suggestion: suggestion.map(|chosen| (chosen.no, chosen.item)),
    }
}

/// What the system says on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Saying {
    /// 欢迎语.
    Welcome,
    OrderConfirmed,
    OrderShipped,
    OrderLogistics,
}

/// What a message carries beside its text; only what is said is there.
#[derive(Serialize, ToSchema)]
pub struct Extra {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// The `seq` of the quoted message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<u64>,
    /// Staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_with: Option<MadeWith>,
    /// Staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<MadeFrom>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saying: Option<Saying>,
}

impl Extra {
    /// None: nothing goes along.
    pub fn said(extra: &content::Extra) -> Option<Extra> {
        let content::Extra { attachments, card, quote, made_with, saying, suggestion, while_blocked: _ } = extra;
        if *extra == (content::Extra { while_blocked: extra.while_blocked, ..content::Extra::default() }) {
            return None;
        }
        let saying = saying.map(|saying| match saying {
            content::Saying::Welcome => Saying::Welcome,
            content::Saying::Fulfilment(Scene::Confirmed) => Saying::OrderConfirmed,
            content::Saying::Fulfilment(Scene::Shipped) => Saying::OrderShipped,
            content::Saying::Fulfilment(Scene::Logistics) => Saying::OrderLogistics,
        });
        Some(Extra {
            files: attachments.iter().map(File::from).collect(),
            card: card.clone().map(Card),
            quote: *quote,
            made_with: made_with.map(MadeWith::from),
            suggestion: suggestion.map(MadeFrom::from),
            saying,
        })
    }
}
