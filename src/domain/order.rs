//! An order 订单 and its life cycle as the platform reports it (INB-9), and what its buyer is told once per event (TXT-3).
//!
//! The last report is the whole truth about an order. Reporting the same again changes nothing; but what its conversation may not
//! have heard yet, because the server ended between two commits, is said to it again, and it knows what it has heard.

mod carrier;
mod telling;

pub use carrier::{Carrier, check_address, check_link, usual, usual_of};
pub use telling::{Outcome, Telling};

use super::desk::time::InForce;
use super::event::{Event, RetryKey};
use super::facts::OrderState;
use super::guard::{Finding, Guard};
use super::id::{ConversationId, Millis, ShopScope};
use super::refusal::Refusal;
use super::{Answer, Decision, Effect, Machine, conversation};
use crate::limits;
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

/// What the texts of fulfilment are filled with beside the report.
#[derive(Clone, Debug, Default)]
pub struct Filling {
    /// The shop's name.
    pub shop: String,
    /// What the buyer is called.
    pub buyer: String,
    /// Those of the order's parcels that are known.
    pub carriers: Vec<Carrier>,
}

/// What an order is asked to do.
#[derive(Debug)]
pub enum Command {
    /// `desk`: the shop's texts and rules at the moment of the report.
    Report { report: Box<Report>, state: OrderState, conversation: ConversationId, desk: Arc<InForce>, filling: Filling, guard: Arc<Guard> },
    /// The conversation holds the message with this key.
    Told { scene: Scene, retry: RetryKey },
    /// The guard did not let it pass: it was not sent.
    Refused { scene: Scene, retry: RetryKey, findings: Vec<Finding> },
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
    /// Its states and since when, oldest first; the newest few.
    pub history: Vec<(OrderState, Millis)>,
    /// What its buyer was told, or was not, and why, oldest first; of news of logistics the newest few.
    pub told: Vec<Telling>,
}

impl Order {
    /// An order nobody reported yet, at its place.
    pub fn new(scope: ShopScope, key: OrderKey) -> Order {
        Order { at: Some((scope, key)), ..Order::default() }
    }

    fn place(&self) -> (ShopScope, OrderKey) {
        self.at.expect("an order is placed when it is activated")
    }

    fn report(
        &self,
        report: Report,
        state: OrderState,
        conversation: ConversationId,
        (desk, filling, guard): (Arc<InForce>, Filling, Arc<Guard>),
        now: Millis,
    ) -> Result<Decision, Refusal> {
        let (scope, key) = self.place();
        if self.state.is_some() && self.report.buyer != report.buyer {
            let problem = format!("this order is of the buyer `{}`, and an order never changes hands", self.report.buyer);
            return Err(Refusal::Invalid { field: "buyer", problem });
        }
        let mut decision = Decision::default();
        let mut after = self.clone();
        if self.state != Some(state) || self.report != report {
            let at = now.max(self.reported_at);
            let event = Event::OrderReported { key, report: Box::new(report), state, conversation, at };
            after.apply(&event);
            decision.events.push(event);
        }
        let (order, since, buyer) = (after.report.order.clone(), after.changed_at, after.report.buyer.clone());
        let note = conversation::Command::NoteOrder { order, state, since, desk: desk.clone() };
        let mut last = Effect::Conversation(scope, conversation, note);
        for telling in after.due() {
            let (scene, retry) = (telling.scene, telling.retry(key));
            match after.text(telling, &desk.fulfilment, &filling) {
                Ok(text) => {
                    let fulfil =
                        conversation::Command::Fulfil { buyer: buyer.clone(), order: key, scene, text, retry, guard: guard.clone() };
                    decision.effects.push(std::mem::replace(&mut last, Effect::Conversation(scope, conversation, fulfil)));
                }
                Err(outcome) if outcome == telling.outcome => {}
                Err(outcome) => decision.events.push(Event::OrderTold { key, scene, retry, outcome, at: after.reported_at.max(now) }),
            }
        }
        // Answered when the conversation has heard all of it: what was acknowledged needs no second report.
        decision.answer = Answer::Forward(last.into());
        Ok(decision)
    }

    fn refused(&self, scene: Scene, retry: RetryKey, findings: Vec<Finding>, at: Millis) -> Decision {
        let key = self.place().1;
        let outcome = Outcome::Refused(findings);
        let Some(telling) = self.told.iter().find(|telling| telling.retry(key) == retry) else { return Decision::default() };
        if telling.outcome == outcome {
            return Decision::default();
        }
        Decision::default().event(Event::OrderTold { key, scene, retry, outcome, at })
    }
}

impl Machine for Order {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        match command {
            Command::Report { report, state, conversation, desk, filling, guard } => {
                self.report(*report, state, conversation, (desk, filling, guard), now)
            }
            Command::Refused { scene, retry, findings } => Ok(self.refused(scene, retry, findings, now)),
            Command::Told { scene, retry } => {
                let key = self.place().1;
                let known = self.told.iter().any(|telling| telling.outcome != Outcome::Sent && telling.retry(key) == retry);
                let told = Event::OrderTold { key, scene, retry, outcome: Outcome::Sent, at: now };
                Ok(if known { Decision::default().event(told) } else { Decision::default() })
            }
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::OrderReported { report, state, conversation, at, .. } => {
                let before = self.state;
                if before.is_none() {
                    self.first_at = *at;
                }
                (self.state, self.conversation, self.reported_at) = (Some(*state), Some(*conversation), *at);
                self.report = (**report).clone();
                if before != self.state {
                    self.changed_at = *at;
                    self.history.push((*state, *at));
                    if self.history.len() > limits::ORDER_STATES_KEPT {
                        self.history.remove(0);
                    }
                }
                self.becomes_due(before, *at);
            }
            Event::OrderTold { key, retry, outcome, at, .. } => self.became(*key, *retry, outcome, *at),
            _ => {}
        }
    }
}
