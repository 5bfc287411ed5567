//! An order 订单 and its life cycle as the platform reports it (INB-9), and what its buyer is told once per event (TXT-3).
//!
//! The last report is the whole truth about an order. Reporting the same again changes nothing.

use super::desk::Desk;
use super::event::Event;
use super::facts::OrderState;
use super::id::{ConversationId, Millis, ShopScope};
use super::refusal::Refusal;
use super::{Decision, Effect, Machine, conversation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An order's name in its shop: the first half of the SHA-256 of shop and order number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderKey(pub [u8; 16]);

/// The key of an order.
pub fn order_key(scope: ShopScope, order: &str) -> OrderKey {
    use sha2::{Digest, Sha256};
    let digest = Sha256::new().chain_update(scope.number().to_be_bytes()).chain_update(order.as_bytes()).finalize();
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    OrderKey(key)
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub title: String,
    pub product: String,
    pub sku: String,
    /// The address of its picture; empty: none.
    pub picture: String,
    /// Price in the currency's smallest unit.
    pub price_minor: u64,
    pub quantity: u32,
}

/// A parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// A [`Carrier`]'s code; empty: not told.
    pub carrier: String,
    pub number: String,
}

/// News of a parcel, by the platform's own id, so that it is told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logistics {
    pub id: String,
    pub text: String,
}

/// What the platform reports of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub order: String,
    pub buyer: String,
    /// The platform's own word, see [`OrderState::parse`].
    pub status: String,
    pub items: Vec<Item>,
    pub parcels: Vec<Parcel>,
    pub logistics: Option<Logistics>,
    /// ISO 4217; empty: not told.
    pub currency: String,
}

/// What a buyer is told of an order by the system (TXT-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scene {
    Confirmed,
    Shipped,
    Logistics,
}

/// Where a carrier's tracking numbers are followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// Lower-case letters, digits and `-`.
    pub code: String,
    pub name: String,
    /// An https address with `{number}` in it.
    pub link: String,
}

/// What an order is asked to do.
#[derive(Debug)]
pub enum Command {
    /// `desk`: the shop's texts and rules at the moment of the report.
    Report { report: Report, state: OrderState, conversation: ConversationId, desk: Arc<Desk> },
    /// The conversation has sent, or refused for good, this scene's message.
    Told { scene: Scene },
}

/// The state of one order: its head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    #[serde(skip)]
    pub at: Option<(ShopScope, OrderKey)>,
    pub report: Report,
    /// None: never reported.
    pub state: Option<OrderState>,
    pub conversation: Option<ConversationId>,
    pub first_at: Millis,
    /// When its state last changed.
    pub changed_at: Millis,
    /// When anything of it last changed.
    pub reported_at: Millis,
}

impl Order {
    /// An order nobody reported yet, at its place.
    pub fn new(scope: ShopScope, key: OrderKey) -> Order {
        Order { at: Some((scope, key)), ..Order::default() }
    }
}

impl Machine for Order {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        let (scope, key) = self.at.expect("an order is placed when it is activated");
        match command {
            Command::Report { report, state, conversation, desk } => {
                let note = conversation::Command::NoteOrder { order: report.order.clone(), state, desk };
                Ok(Decision::default()
                    .event(Event::OrderReported { key, report: Box::new(report), state, conversation, at: now })
                    .effect(Effect::Conversation(scope, conversation, note)))
            }
            Command::Told { .. } => Ok(Decision::default()),
        }
    }

    fn apply(&mut self, event: &Event) {
        if let Event::OrderReported { report, state, conversation, at, .. } = event {
            if self.state.is_none() {
                self.first_at = *at;
            }
            if self.state != Some(*state) {
                self.changed_at = *at;
            }
            (self.state, self.conversation, self.reported_at) = (Some(*state), Some(*conversation), *at);
            self.report = (**report).clone();
        }
    }
}
