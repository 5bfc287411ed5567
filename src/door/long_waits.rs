//! Who waits too long for an answer of one account (SLA-2): one warning for all of them.

use super::{Device, Door};
use crate::actors::outbox::Holder;
use crate::domain::conversation::Conversation;
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope};
use crate::domain::list::{ListQuery, Sort};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Principal, State};
use crate::limits;

/// Buyers of one account that have waited until its screen warned, the longest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LongWaits {
    /// Since when each waits.
    pub conversations: Vec<(ConversationId, Millis)>,
    /// There are more than are listed.
    pub more: bool,
}

impl Door {
    /// Those of one's own.
    pub fn long_waits(&self, who: &Principal) -> Result<LongWaits, Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        self.long_waits_of(staff.scope, staff.agent)
    }

    fn long_waits_of(&self, scope: ShopScope, agent: AgentNo) -> Result<LongWaits, Refusal> {
        let query = ListQuery { owner: Some(agent), sort: Some(Sort::Waiting), ..ListQuery::state(State::Unanswered) };
        let page = self.read(|store| store.listed(scope, &query, None, limits::WAITING_LISTED_MAX))?;
        let warned = |conversation: &Conversation| {
            let open = conversation.open.as_ref().filter(|open| open.warned())?;
            Some((conversation.at?.1, open.unanswered_since?))
        };
        let conversations: Vec<_> = page.rows.iter().filter_map(warned).collect();
        // Longest first: where one of the listed has not been warned of, none of the rest has.
        let more = page.next.is_some() && conversations.len() == page.rows.len();
        Ok(LongWaits { conversations, more })
    }
}

impl Device {
    /// Those of the account whose device it is. None: they cannot be read now, or it is no account's.
    pub fn long_waits(&self) -> Option<LongWaits> {
        match self.outbox.holder {
            Holder::Staff { agent, .. } => self.door.long_waits_of(self.outbox.scope, agent).ok(),
            Holder::Buyer { .. } => None,
        }
    }
}
