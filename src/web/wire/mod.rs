//! JSON ⇄ domain: the structs of every request, answer and frame. Nothing is decided here.
//!
//! Invariant: every request struct refuses unknown fields, so that a misspelled setting is an error and never a default.

pub mod batch;
pub mod desk;
pub mod desk_work;
pub mod distribution;
pub mod diversion;
pub mod draft;
pub mod export;
pub mod file;
pub mod frame;
pub mod guard;
pub mod guard_audit;
pub mod guard_record;
pub mod guard_set;
pub mod health;
pub mod inbox;
pub mod notice;
pub mod notify;
pub mod offline;
pub mod order;
pub mod platform;
pub mod pool;
pub mod rule;
pub mod shop;
pub mod standing;
pub mod suggestion;
pub mod talk;
pub mod text;
pub mod time;
pub mod version;
pub mod why;

use crate::domain::event::{self, Presence as DomainPresence};
use crate::domain::id::{ConversationId, TokenHash};
use crate::domain::view;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// A conversation's id as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex(pub ConversationId);

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn hex<const N: usize>(bytes: &[u8], to: &mut [u8; N]) {
    for (pair, byte) in to.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0u8; 32];
        hex(&self.0.0, &mut text);
        serializer.serialize_str(std::str::from_utf8(&text).expect("hexadecimal digits are ASCII"))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hex, D::Error> {
        struct Digits;
        impl de::Visitor<'_> for Digits {
            type Value = Hex;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("32 lower-case hexadecimal digits")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Hex, E> {
                ConversationId::parse(text).map(Hex).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Digits)
    }
}

/// An API key's id as 64 hexadecimal digits.
pub fn key_id(hash: &TokenHash) -> String {
    let mut text = [0u8; 64];
    hex(hash, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Reads what [`key_id`] writes.
pub fn parse_key_id(text: &str) -> Option<TokenHash> {
    let (high, low) = text.split_at_checked(32)?;
    let (high, low) = (ConversationId::parse(high)?, ConversationId::parse(low)?);
    let mut hash = TokenHash::default();
    hash[..16].copy_from_slice(&high.0);
    hash[16..].copy_from_slice(&low.0);
    Some(hash)
}

/// What an account may do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 主账号: every permission in the shop.
    Owner,
    /// May see, transfer and close every conversation of the shop.
    Supervisor,
    /// Sees and serves the conversations it owns.
    Agent,
    /// Reads everything, exports, serves nobody.
    Analyst,
    /// One of the shop's own roles, by its number.
    Own(u16),
}

impl From<Role> for event::Role {
    fn from(role: Role) -> event::Role {
        match role {
            Role::Owner => event::Role::Owner,
            Role::Supervisor => event::Role::Supervisor,
            Role::Agent => event::Role::Agent,
            Role::Analyst => event::Role::Analyst,
            Role::Own(no) => event::Role::Own(no),
        }
    }
}

impl From<event::Role> for Role {
    fn from(role: event::Role) -> Role {
        match role {
            event::Role::Owner => Role::Owner,
            event::Role::Supervisor => Role::Supervisor,
            event::Role::Agent => Role::Agent,
            event::Role::Analyst => Role::Analyst,
            event::Role::Own(no) => Role::Own(no),
        }
    }
}

/// What an API key may do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Shops,
    Accounts,
    Orders,
    BuyerTokens,
    ApiKeys,
    Notices,
    /// Approvals, conduct and its penalties, and the guard's records.
    Guard,
    /// Offers answers to those who serve buyers.
    Suggestions,
    /// Reads figures of shops by name at `/metrics`, and nothing else.
    Metrics,
}

impl From<Scope> for event::Scope {
    fn from(scope: Scope) -> event::Scope {
        match scope {
            Scope::Shops => event::Scope::Shops,
            Scope::Accounts => event::Scope::Accounts,
            Scope::Orders => event::Scope::Orders,
            Scope::BuyerTokens => event::Scope::BuyerTokens,
            Scope::ApiKeys => event::Scope::ApiKeys,
            Scope::Notices => event::Scope::Notices,
            Scope::Guard => event::Scope::Guard,
            Scope::Suggestions => event::Scope::Suggestions,
            Scope::Metrics => event::Scope::Metrics,
        }
    }
}

/// Presence of an agent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Online,
    /// 挂起: connected, takes nobody new, keeps whom it has.
    Suspended,
    Offline,
}

impl From<Presence> for DomainPresence {
    fn from(presence: Presence) -> DomainPresence {
        match presence {
            Presence::Online => DomainPresence::Online,
            Presence::Suspended => DomainPresence::Suspended,
            Presence::Offline => DomainPresence::Offline,
        }
    }
}

impl From<DomainPresence> for Presence {
    fn from(presence: DomainPresence) -> Presence {
        match presence {
            DomainPresence::Online => Presence::Online,
            DomainPresence::Suspended => Presence::Suspended,
            DomainPresence::Offline => Presence::Offline,
        }
    }
}

/// State of a conversation in the inbox.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 排队: open, nobody owns it.
    Waiting,
    /// 未回复: owned, the buyer spoke last.
    Unanswered,
    /// 已回复: owned, staff spoke last.
    Replied,
    /// 离线消息池: open, nobody could receive it.
    Pooled,
    Closed,
    /// 归档.
    Archived,
}

impl From<view::State> for State {
    fn from(state: view::State) -> State {
        match state {
            view::State::Waiting => State::Waiting,
            view::State::Unanswered => State::Unanswered,
            view::State::Replied => State::Replied,
            view::State::Pooled => State::Pooled,
            view::State::Closed => State::Closed,
            view::State::Archived => State::Archived,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_way_there_and_back() {
        let id = Hex(ConversationId(std::array::from_fn(|i| (i * 17) as u8)));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{}\"", id.0));
        assert_eq!(serde_json::from_str::<Hex>(&json).unwrap(), id);
        let hash: TokenHash = std::array::from_fn(|i| (255 - i) as u8);
        assert_eq!(parse_key_id(&key_id(&hash)), Some(hash));
        assert_eq!(parse_key_id("abc"), None);
    }

    #[test]
    fn requests_refuse_unknown_fields() {
        fn refuses<T: serde::de::DeserializeOwned>(right: &str) {
            serde_json::from_str::<T>(right).map(drop).unwrap_or_else(|e| panic!("{right}: {e}"));
            let wrong = if right == "{}" { r#"{"no_such":1}"#.into() } else { right.replacen('{', r#"{"no_such":1,"#, 1) };
            let error = serde_json::from_str::<T>(&wrong).map(drop).expect_err(&wrong);
            assert!(error.to_string().contains("unknown field"), "{wrong}: {error}");
        }
        refuses::<platform::NewShop>(r#"{"shop":"a","name":"b"}"#);
        refuses::<shop::GroupSettings>(r#"{"name":"a"}"#);
        refuses::<shop::NewAccount>(r#"{"login":"a","name":"b","password":"c","role":"agent"}"#);
        refuses::<shop::AccountSettings>(r#"{"weight":1,"capacity":2,"groups":[],"enabled":true}"#);
        refuses::<shop::NewRole>(r#"{"role":"agent"}"#);
        refuses::<desk::Desk>(r#"{"labels":[],"roles":[]}"#);
        refuses::<desk::Label>(r##"{"no":1,"name":"a","colour":"#aabbcc"}"##);
        refuses::<desk::OwnRole>(r#"{"no":1,"name":"a","permissions":["serve"]}"#);
        refuses::<desk::PriorityRule>(r#"{"name":"a","priority":"high"}"#);
        refuses::<desk::Archive>("{}");
        refuses::<desk::Fulfilment>("{}");
        refuses::<shop::MembershipOf>(r#"{"group":1}"#);
        refuses::<shop::Profile>("{}");
        refuses::<diversion::Diversion>(r#"{"rules":[]}"#);
        refuses::<rule::Rule>(r#"{"name":"a","target":{"groups":[1]}}"#);
        refuses::<rule::Scope>(r#"{"group":1}"#);
        refuses::<rule::WeekWindow>(r#"{"days":1,"from_min":0,"to_min":1}"#);
        refuses::<diversion::Recent>("{}");
        refuses::<diversion::Queue>("{}");
        refuses::<diversion::NoAnswer>("{}");
        refuses::<offline::Offline>("{}");
        refuses::<offline::Automatic>("{}");
        refuses::<offline::DayWindow>(r#"{"from_min":0,"to_min":1}"#);
        refuses::<version::RollBack>(r#"{"version":1}"#);
        refuses::<pool::NewAssignment>(r#"{"conversations":[],"agent":1}"#);
        refuses::<order::OrderReport>(r#"{"buyer":"a","status":"b","items":[]}"#);
        refuses::<order::NewParcel>(r#"{"number":"a"}"#);
        refuses::<order::Logistics>(r#"{"id":"a","text":"b"}"#);
        refuses::<order::Carrier>(r#"{"code":"a","name":"b","link":"c"}"#);
        refuses::<order::OrderItem>(r#"{"title":"a","product":"b","sku":"c","price_minor":1,"quantity":1}"#);
        refuses::<platform::NewBuyerToken>(r#"{"buyer":"a","expires_in_s":1}"#);
        refuses::<platform::RevokedToken>(r#"{"token":"a"}"#);
        refuses::<platform::NewApiKey>(r#"{"name":"a","scopes":["shops"]}"#);
        refuses::<talk::NewMessage>(r#"{"client_message_id":"12345678","text":"a"}"#);
        refuses::<talk::NewAnswer>(r#"{"client_message_id":"12345678","text":"a"}"#);
        refuses::<talk::ReadUpTo>(r#"{"seq":1}"#);
        refuses::<talk::LogIn>(r#"{"shop":"a","login":"b","password":"c"}"#);
        refuses::<talk::NewPresence>(r#"{"presence":"online"}"#);
        refuses::<notice::NewNotice>(r#"{"stream":"system","kind":"a","title":"b","id":"c"}"#);
        refuses::<notice::ReadNotices>(r#"{"stream":"system","all":true}"#);
        refuses::<notice::NewPriority>(r#"{"priority":"low"}"#);
        refuses::<draft::NewDraft>(r#"{"text":"a"}"#);
        refuses::<talk::Transfer>(r#"{"agent":1}"#);
        refuses::<talk::Nothing>("{}");
        refuses::<text::NewPhrase>(r#"{"text":"a"}"#);
        refuses::<text::NewTemplate>(r#"{"name":"a","category":"b","text":"c"}"#);
        refuses::<text::NewTemplateAnswer>(r#"{"client_message_id":"12345678"}"#);
        refuses::<text::NewWelcome>(r#"{"text":"a"}"#);
        refuses::<text::GroupPhraseNo>(r#"{"group":1,"no":2}"#);
        refuses::<text::Welcome>("{}");
        refuses::<desk_work::LabelChange>("{}");
        refuses::<desk_work::MessageLabels>(r#"{"labels":[1]}"#);
        refuses::<desk_work::NewNote>(r#"{"text":"a"}"#);
        refuses::<desk_work::NewMark>(r#"{"state":"replied"}"#);
        refuses::<desk_work::NewPriority>(r#"{"priority":null}"#);
        refuses::<desk_work::TakeOver>("{}");
        refuses::<desk_work::NewBlock>(r#"{"buyer":"a","reason":"b"}"#);
        refuses::<batch::NewBatch>(r#"{"action":"close","conversations":[]}"#);
        refuses::<suggestion::NewSuggestion>(r#"{"client_suggestion_id":"12345678","items":["a"]}"#);
        refuses::<suggestion::Chosen>(r#"{"no":1,"item":0}"#);
        refuses::<frame::Incoming>(r#"{"type":"read","seq":1}"#);
    }
}
