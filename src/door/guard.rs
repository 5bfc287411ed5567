//! The guard at the door: by which rules the staff of a shop speak, and how their account stands.
//!
//! Whoever stands well speaks to the conversation at once; whoever does not is first heard by the account, which knows whether it may
//! send, and how fast (GRD-7, GRD-8).

use super::Door;
use super::credential::Staff;
use crate::domain::content::Extra;
use crate::domain::event::RetryKey;
use crate::domain::guard::Guard;
use crate::domain::guard::record::{Ground, Origin};
use crate::domain::guard::standing::Standing;
use crate::domain::id::{ConversationId, ShopScope};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Credential, Principal};
use crate::domain::{Effect, Reply, agent, conversation};
use std::sync::Arc;

/// What an agent says, and what its retry is recognised by.
pub(super) struct Speech {
    pub text: String,
    pub extra: Option<Box<Extra>>,
    pub retry: RetryKey,
}

/// Whose ids of messages these are: the same id in another conversation is another message, also to an account that is slowed.
pub(super) fn sender(staff: Staff, conversation: ConversationId) -> String {
    format!("{}/{conversation}", staff.agent.0)
}

impl Door {
    /// The rules that what is said for this shop must pass. Made off the lanes where it is not at hand.
    pub(super) async fn guard(&self, scope: ShopScope) -> Result<Arc<Guard>, Refusal> {
        if let Some(guard) = self.inner.registry.guard_kept(scope) {
            return Ok(guard);
        }
        let door = self.clone();
        let made = tokio::task::spawn_blocking(move || door.read(|_| door.inner.registry.guard(scope)));
        made.await.map_err(|_| Refusal::Internal)??.ok_or(Refusal::NotFound { what: "shop" })
    }

    /// An agent speaks to the buyer of a conversation.
    pub(super) async fn speak(&self, staff: Staff, conversation: ConversationId, speech: Speech, origin: Origin) -> Result<Reply, Refusal> {
        let guard = self.guard(staff.scope).await?;
        let standing = self.standing_of(staff)?;
        let Speech { text, extra, retry } = speech;
        let effect = if standing.is_good(self.now()) {
            let command = conversation::Command::Answer { agent: staff.agent, text, extra, retry, guard, origin };
            Effect::Conversation(staff.scope, conversation, command)
        } else {
            Effect::Agent(staff.scope, staff.agent, agent::Command::Say { conversation, text, extra, retry, guard, origin })
        };
        self.submit(effect).await.and_then(uncaught)
    }

    /// Who may not see a conversation is told that there is none. The attempt to write in it is kept all the same, where it was one on a
    /// buyer who had not written (GRD-1).
    pub(super) async fn attempted(
        &self,
        staff: Staff,
        conversation: ConversationId,
        (text, retry): (String, RetryKey),
        origin: Origin,
        refusal: Refusal,
    ) -> Refusal {
        if refusal == (Refusal::NotFound { what: "conversation" }) {
            let kept = async {
                let guard = self.guard(staff.scope).await?;
                let command = conversation::Command::Attempt { agent: staff.agent, text, retry, guard, origin };
                self.submit(Effect::Conversation(staff.scope, conversation, command)).await
            };
            let _ = kept.await;
        }
        refusal
    }

    pub(super) fn standing_of(&self, staff: Staff) -> Result<Arc<Standing>, Refusal> {
        self.read(|_| self.inner.registry.standing(staff.scope, staff.agent))
    }

    /// Where a command of the staff comes from.
    pub(super) fn origin(&self, who: &Principal) -> Origin {
        let client = match &who.credential {
            Credential::Staff { client, .. } => client.clone(),
            _ => String::new(),
        };
        Origin { ip: self.ip, client, batch: false }
    }
}

/// What the guard caught is on disk, and a refusal to the sender.
pub(super) fn uncaught(reply: Reply) -> Result<Reply, Refusal> {
    match reply {
        Reply::Caught { ground } => Err(match *ground {
            Ground::Findings(findings) => Refusal::Guarded { findings },
            Ground::Unsolicited => Refusal::ReceptionClosed,
            Ground::Held => Refusal::Held,
        }),
        reply => Ok(reply),
    }
}
