//! Drafts (INB-11): what an account is writing, the same on all its devices and on nobody else's.
//!
//! Sending a reply does not touch the draft: another device of the account may be writing on. The device that sent removes it.

use super::Door;
use crate::domain::id::ConversationId;
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Draft, Principal};
use crate::domain::{Effect, agent};
use crate::limits;

impl Door {
    /// The account's drafts; None: the shop leaves them on the device they were written on.
    pub fn drafts(&self, who: &Principal) -> Result<Option<Vec<Draft>>, Refusal> {
        let staff = self.staff(who)?;
        if !self.desk(staff.scope)?.draft_sync {
            return Ok(None);
        }
        self.read(|store| store.drafts(staff.scope, staff.agent)).map(Some)
    }

    /// Keeps what the account is writing in a conversation it may see. Empty: nothing any more, which is always possible.
    pub async fn set_draft(&self, who: &Principal, conversation: ConversationId, text: String) -> Result<(), Refusal> {
        let staff = self.staff(who)?;
        if !text.is_empty() {
            staff.must(Permission::Serve)?;
            self.visible(staff, conversation)?;
            if text.chars().count() > limits::MESSAGE_CHARS_MAX {
                return Err(Refusal::Invalid { field: "text", problem: format!("at most {} characters", limits::MESSAGE_CHARS_MAX) });
            }
            if !self.desk(staff.scope)?.draft_sync {
                let problem = "drafts of this shop stay on the device: its setting `draft_sync` is off".into();
                return Err(Refusal::Invalid { field: "text", problem });
            }
        }
        self.drafting(staff.scope, staff.agent)?;
        let command = agent::Command::SetDraft { conversation, text };
        self.submit(Effect::Agent(staff.scope, staff.agent, command)).await.map(drop)
    }
}
