//! What connected devices tell each other and nobody keeps (INB-13): who types, who looks.
//!
//! A buyer is told that the agent who serves types, and nothing else; what a buyer on the blacklist types reaches nobody.

use super::{Device, Door};
use crate::actors::outbox::Outbox;
use crate::domain::id::{AgentNo, ConversationId};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Principal, Signal};
use crate::limits;
use std::sync::Arc;

/// The way of one connected device to say what nobody keeps.
pub struct Voice(Arc<Outbox>);

impl Device {
    /// See [`Voice`].
    pub fn voice(&self) -> Voice {
        Voice(self.outbox.clone())
    }
}

impl Door {
    fn hearken(&self, voice: &Voice) -> Result<(), Refusal> {
        if voice.0.may_signal(self.now()) { Ok(()) } else { Err(Refusal::TooMany { retry_after_s: 1 }) }
    }

    /// The buyer types: told to the devices of who serves, and to those who look.
    pub fn types_as_buyer(&self, who: &Principal, voice: &Voice) -> Result<(), Refusal> {
        self.hearken(voice)?;
        let buyer = self.buyer(who)?;
        let (scope, conversation) = (buyer.scope, buyer.conversation);
        if let Some((owner, false)) = self.read(|store| store.serving(scope, conversation))? {
            let hub = &self.inner.registry.hub;
            let signal = Arc::new(Signal::Typing { conversation, by: None });
            if let Some(owner) = owner {
                hub.signal_agent(scope, owner, &signal);
            }
            hub.lookers.signal(scope, conversation, owner, &signal);
        }
        Ok(())
    }

    /// A member of staff types in a conversation: told to those who look at it, and to the buyer where it is who serves.
    pub fn types_as_staff(&self, who: &Principal, voice: &Voice, conversation: ConversationId) -> Result<(), Refusal> {
        self.hearken(voice)?;
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let serves = self.visible(staff, conversation)?.owner == Some(staff.agent);
        self.looks_at(voice, staff.agent, conversation, true)?;
        if serves {
            let signal = Arc::new(Signal::Typing { conversation, by: Some(staff.agent) });
            self.inner.registry.hub.signal_buyer(staff.scope, conversation, &signal);
        }
        Ok(())
    }

    /// A device of the staff looks at a conversation, and at no other any more.
    pub fn looks(&self, who: &Principal, voice: &Voice, conversation: ConversationId) -> Result<(), Refusal> {
        self.hearken(voice)?;
        let staff = self.reader(who)?;
        if let Err(refusal) = self.visible(staff, conversation) {
            self.looks_away(voice);
            return Err(refusal);
        }
        self.looks_at(voice, staff.agent, conversation, false)
    }

    /// A device looks at nothing any more.
    pub fn looks_away(&self, voice: &Voice) {
        self.inner.registry.hub.lookers.leave(&voice.0);
    }

    fn looks_at(&self, voice: &Voice, agent: AgentNo, conversation: ConversationId, typing: bool) -> Result<(), Refusal> {
        if self.inner.registry.hub.lookers.look(&voice.0, agent, conversation, typing, self.now()) {
            return Ok(());
        }
        Err(Refusal::LimitReached { what: "devices that look at this conversation", limit: limits::LOOKERS_MAX as u64 })
    }
}
