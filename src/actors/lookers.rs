//! Who of the staff looks at which conversation, and who types in it (INB-13): known while they look, told to those who look.
//!
//! Never stored, never in the feed, never told to a buyer. It expires by itself: a device that goes on looking says so again.

use super::outbox::Outbox;
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope};
use crate::domain::view::Signal;
use crate::limits;
use dashmap::DashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One device that looks.
struct Looker {
    outbox: Arc<Outbox>,
    agent: AgentNo,
    until: Millis,
    /// None: it does not type.
    typing_until: Option<Millis>,
}

/// See the module.
#[derive(Default)]
pub struct Lookers {
    of: DashMap<(ShopScope, ConversationId), Vec<Looker>>,
}

/// Tells all who look who looks.
fn tell(conversation: ConversationId, lookers: &[Looker]) {
    let mut agents = BTreeMap::new();
    for looker in lookers {
        *agents.entry(looker.agent).or_default() |= looker.typing_until.is_some();
    }
    let signal = Arc::new(Signal::Lookers { conversation, agents: agents.into_iter().collect() });
    lookers.iter().for_each(|looker| looker.outbox.signal(&signal));
}

impl Lookers {
    /// This device of `agent` looks at a conversation, and at no other any more. False: too many look at it.
    pub fn look(&self, outbox: &Arc<Outbox>, agent: AgentNo, conversation: ConversationId, typing: bool, now: Millis) -> bool {
        if let Some(before) = outbox.look_at(Some(conversation)).filter(|before| *before != conversation) {
            self.leave_from(outbox, before);
        }
        let mut list = self.of.entry((outbox.scope, conversation)).or_default();
        let (until, typing_until) = (now.plus(limits::LOOKING_MS), typing.then(|| now.plus(limits::TYPING_MS)));
        let full = list.len() >= limits::LOOKERS_MAX;
        let changed = match list.iter_mut().find(|looker| Arc::ptr_eq(&looker.outbox, outbox)) {
            Some(known) => {
                let begins = typing && known.typing_until.is_none();
                (known.until, known.typing_until) = (until, typing_until.or(known.typing_until));
                begins
            }
            None if full => {
                outbox.look_at(None);
                return false;
            }
            None => {
                list.push(Looker { outbox: outbox.clone(), agent, until, typing_until });
                true
            }
        };
        if changed {
            tell(conversation, &list);
        }
        true
    }

    /// This device looks at nothing any more.
    pub fn leave(&self, outbox: &Arc<Outbox>) {
        if let Some(conversation) = outbox.look_at(None) {
            self.leave_from(outbox, conversation);
        }
    }

    fn leave_from(&self, outbox: &Arc<Outbox>, conversation: ConversationId) {
        self.of.remove_if_mut(&(outbox.scope, conversation), |_, list| {
            let before = list.len();
            list.retain(|looker| !Arc::ptr_eq(&looker.outbox, outbox));
            if list.len() != before {
                tell(conversation, list);
            }
            list.is_empty()
        });
    }

    /// Tells all who look at a conversation, but for one account.
    pub fn signal(&self, scope: ShopScope, conversation: ConversationId, but: Option<AgentNo>, signal: &Arc<Signal>) {
        if let Some(list) = self.of.get(&(scope, conversation)) {
            list.iter().filter(|looker| Some(looker.agent) != but).for_each(|looker| looker.outbox.signal(signal));
        }
    }

    /// Forgets who has not said for a while that they look, or type.
    pub fn expire(&self, now: Millis) {
        self.of.retain(|(_, conversation), list| {
            let before = list.len();
            list.retain(|looker| looker.until > now);
            let mut changed = list.len() != before;
            for looker in list.iter_mut().filter(|looker| looker.typing_until.is_some_and(|until| until <= now)) {
                looker.typing_until = None;
                changed = true;
            }
            if changed {
                tell(*conversation, list);
            }
            !list.is_empty()
        });
    }
}
