//! The buyer's orders in the conversation: which of them counts (INB-9), and what the system tells of them (TXT-3). The only messages
//! that need no reception (GRD-1).

use super::Conversation;
use super::desk::Known;
use super::gate::{Gate, Occasion, Words};
use crate::domain::content::{Extra, Saying};
use crate::domain::desk::Desk;
use crate::domain::event::{Author, Event, RetryKey};
use crate::domain::facts::OrderState;
use crate::domain::guard::record::{Ground, Origin};
use crate::domain::guard::{Guard, Voice};
use crate::domain::id::Millis;
use crate::domain::order::{self, OrderKey, Scene};
use crate::domain::{Answer, Decision, Effect};
use crate::limits;
use std::sync::Arc;

impl Conversation {
    /// An order is in this state since `since`. Of several the one that changed last counts, of two that changed at once the one with
    /// the later number; hearing it again changes nothing.
    pub(super) fn note_order(&self, order: String, state: OrderState, since: Millis, desk: &Desk, now: Millis) -> Decision {
        // What has settled since then counts as closed, and stays so.
        let same = |known| known == state || (known, state) == (OrderState::Closed, OrderState::Succeeded);
        let noted = self.order.is_some_and(|(known, changed)| changed == since && same(known)) && self.order_no == order;
        let older = self.order.is_some_and(|(_, changed)| (since, &order) < (changed, &self.order_no));
        if noted || older {
            return Decision::default();
        }
        let changed = Some((state, since));
        let mut decision = Decision::default().event(Event::OrderNoted { conversation: self.place().1, order, state, at: since });
        decision.events.extend(self.by_rules(desk, Known { order: changed, ..self.known() }, now));
        self.known_anew(decision, &self.profile, changed)
    }

    /// Tells the buyer, once per retry key; the order hears each time what became of it.
    pub(super) fn fulfil(&self, buyer: String, order: OrderKey, scene: Scene, words: Words, guard: Arc<Guard>, now: Millis) -> Decision {
        let (scope, conversation) = self.place();
        let retry = words.retry;
        let hears = |command| Effect::Order(scope, order, command);
        if self.fulfilled.contains(&retry.client_id) {
            return Decision::default().effect(hears(order::Command::Told { scene, retry }));
        }
        let saying = Some(Saying::Fulfilment(scene));
        let extra = Extra { saying, while_blocked: self.block.is_some(), ..Extra::default() }.boxed();
        let spoken = match Self::clear(&guard, Voice::Fixed, Words { extra, ..words }, now) {
            Ok(spoken) => spoken,
            Err((words, findings)) => {
                let gate = Gate { guard, origin: Origin::default() };
                let told = hears(order::Command::Refused { scene, retry, findings: findings.clone() });
                let caught = self.caught(Author::System, words, Ground::Findings(findings), &gate, now);
                return Decision { answer: Answer::default(), ..caught }.effect(told);
            }
        };
        let mut decision = Decision::default().effect(hears(order::Command::Told { scene, retry }));
        if self.buyer.is_empty() {
            // The first that is heard of this buyer: whose conversation it is.
            decision.events.push(Event::ProfileSet { conversation, buyer, profile: self.profile.clone(), at: now });
        }
        decision.event(self.said(&Occasion::Scene, Author::System, spoken, now))
    }

    /// A message is held; of one of fulfilment its key is kept.
    pub(super) fn remember_fulfilled(&mut self, retry: RetryKey, extra: Option<&Extra>) {
        if !matches!(extra.and_then(|extra| extra.saying), Some(Saying::Fulfilment(_))) {
            return;
        }
        self.fulfilled.push(retry.client_id);
        if self.fulfilled.len() > limits::FULFILMENTS_KEPT {
            self.fulfilled.remove(0);
        }
    }
}
