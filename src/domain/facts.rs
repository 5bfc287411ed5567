//! What is known of a buyer and of how they came, as the diversion rules ask for it (DIV-2).
//!
//! Facts travel with the reception: a decision never looks anything up.

use super::id::{AgentNo, Millis};
use crate::limits;
use serde::{Deserialize, Serialize};

/// How urgent a conversation is (INB-2). The queue serves the urgent first (DIV-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    Urgent,
    High,
    #[default]
    Normal,
    Low,
}

impl Priority {
    /// All four, the most urgent first.
    pub const ALL: [Priority; 4] = [Priority::Urgent, Priority::High, Priority::Normal, Priority::Low];
}

/// How the buyer came, as their client tells with the first message. Empty: not told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The page the buyer came through.
    pub entry: String,
    /// The product the buyer looked at.
    pub product: String,
    /// Its list or category.
    pub category: String,
    /// App, web, mini program …
    pub channel: String,
    pub region: String,
    /// A language tag: `zh`, `en`.
    pub language: String,
}

/// What platform and shop know of the buyer, whatever the visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Buyer tags (INB-5), such as 复购意向强.
    pub tags: Vec<String>,
    /// The membership level; empty: none.
    pub level: String,
    /// Holds where the visit does not say; empty: not known.
    pub region: String,
    /// Holds where the visit does not say; empty: not known.
    pub language: String,
    pub priority: Priority,
    /// 专属客服 (DIV-1.3).
    pub dedicated: Option<AgentNo>,
}

/// What the platform says of an order (INB-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OrderState {
    Unpaid,
    Paid,
    Shipped,
    Succeeded,
    AfterSale,
    Closed,
}

impl OrderState {
    /// The words platforms use. None: not one of them.
    pub fn parse(word: &str) -> Option<OrderState> {
        Some(match word {
            "unpaid" | "placed" | "created" => OrderState::Unpaid,
            "paid" | "unshipped" | "pending" | "processed" => OrderState::Paid,
            "shipped" | "in_transit" => OrderState::Shipped,
            "succeeded" | "delivered" | "completed" => OrderState::Succeeded,
            "after_sale" | "refunding" | "returning" => OrderState::AfterSale,
            "closed" | "cancelled" | "refunded" => OrderState::Closed,
            _ => return None,
        })
    }
}

/// The six statuses for routing (INB-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OrderStatus {
    /// None, closed, or succeeded over 3 days ago.
    NoActive,
    /// Placed, unpaid.
    Unpaid,
    /// Paid, unshipped.
    Paid,
    Shipped,
    /// Within 3 days.
    Succeeded,
    AfterSale,
}

impl OrderStatus {
    /// All six.
    pub const ALL: [OrderStatus; 6] = [
        OrderStatus::NoActive,
        OrderStatus::Unpaid,
        OrderStatus::Paid,
        OrderStatus::Shipped,
        OrderStatus::Succeeded,
        OrderStatus::AfterSale,
    ];
}

/// The routing status at `now` of an order in a state since an instant.
pub fn order_status(order: Option<(OrderState, Millis)>, now: Millis) -> OrderStatus {
    match order {
        None | Some((OrderState::Closed, _)) => OrderStatus::NoActive,
        Some((OrderState::Succeeded, since)) if now.since(since) > limits::ORDER_SUCCEEDED_MS => OrderStatus::NoActive,
        Some((OrderState::Succeeded, _)) => OrderStatus::Succeeded,
        Some((OrderState::Unpaid, _)) => OrderStatus::Unpaid,
        Some((OrderState::Paid, _)) => OrderStatus::Paid,
        Some((OrderState::Shipped, _)) => OrderStatus::Shipped,
        Some((OrderState::AfterSale, _)) => OrderStatus::AfterSale,
    }
}

/// What an inquiry is about (INB-1), as the buyer's order tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// 售前: no active order.
    PreOrder,
    /// 售中: placed, paid or on its way.
    InOrder,
    /// 售后: received, or complained of.
    AfterSale,
}

/// The stage of an inquiry at `now`.
pub fn stage(order: Option<(OrderState, Millis)>, now: Millis) -> Stage {
    match order_status(order, now) {
        OrderStatus::NoActive => Stage::PreOrder,
        OrderStatus::Unpaid | OrderStatus::Paid | OrderStatus::Shipped => Stage::InOrder,
        OrderStatus::Succeeded | OrderStatus::AfterSale => Stage::AfterSale,
    }
}

/// Everything a rule can ask of a reception.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub visit: Visit,
    pub tags: Vec<String>,
    pub level: String,
    /// The keywords of the rules that were found in what the buyer wrote first (intent).
    pub keywords: Vec<String>,
    /// The order that changed last: its state, and since when.
    pub order: Option<(OrderState, Millis)>,
}

impl Facts {
    /// Of a visit by a buyer with this profile.
    pub fn new(visit: &Visit, profile: &Profile, order: Option<(OrderState, Millis)>, keywords: Vec<String>) -> Facts {
        let mut visit = visit.clone();
        for (told, known) in [(&mut visit.region, &profile.region), (&mut visit.language, &profile.language)] {
            if told.is_empty() {
                told.clone_from(known);
            }
        }
        Facts { visit, tags: profile.tags.clone(), level: profile.level.clone(), keywords, order }
    }

    /// Keywords that were found; each is kept once, in order.
    pub fn add_keywords(&mut self, found: Vec<String>) {
        if found.is_empty() || found == self.keywords {
            return;
        }
        self.keywords.extend(found);
        self.keywords.sort();
        self.keywords.dedup();
    }
}

/// Whether the buyer asks for a person in so many words (OFF-3, ROB-6): a short message with one of the usual phrases.
pub fn asks_for_person(text: &str) -> bool {
    const PHRASES: [&str; 9] =
        ["转人工", "人工客服", "找人工", "要人工", "真人", "human", "real person", "live agent", "speak to a person"];
    if text.chars().count() > limits::ASKS_FOR_PERSON_CHARS_MAX {
        return false;
    }
    let text = text.to_lowercase();
    text.trim() == "人工" || PHRASES.iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_six_order_statuses() {
        // SPEC: DIV-2
        let (day, now) = (24 * 3_600_000, Millis(1_000 * 24 * 3_600_000));
        let ago = |days: u64| Millis(now.0 - days * day);
        let cases = [
            (None, OrderStatus::NoActive),
            (Some((OrderState::Closed, ago(0))), OrderStatus::NoActive),
            (Some((OrderState::Unpaid, ago(90))), OrderStatus::Unpaid),
            (Some((OrderState::Paid, ago(9))), OrderStatus::Paid),
            (Some((OrderState::Shipped, ago(9))), OrderStatus::Shipped),
            (Some((OrderState::Succeeded, ago(3))), OrderStatus::Succeeded),
            (Some((OrderState::Succeeded, Millis(ago(3).0 - 1))), OrderStatus::NoActive),
            (Some((OrderState::AfterSale, ago(90))), OrderStatus::AfterSale),
        ];
        for (order, expected) in cases {
            assert_eq!(order_status(order, now), expected, "{order:?}");
            let about = match expected {
                OrderStatus::NoActive => Stage::PreOrder,
                OrderStatus::Succeeded | OrderStatus::AfterSale => Stage::AfterSale,
                _ => Stage::InOrder,
            };
            // SPEC: INB-1
            assert_eq!(stage(order, now), about, "{order:?}");
        }
    }

    #[test]
    fn asking_for_a_person() {
        // SPEC: OFF-3
        for text in ["转人工", " 人工 ", "请转人工客服,谢谢", "Human please", "I want a REAL PERSON"] {
            assert!(asks_for_person(text), "{text}");
        }
        for text in ["", "人工草坪多少钱", "hello", &"a human ".repeat(20)] {
            assert!(!asks_for_person(text), "{text}");
        }
    }
}
