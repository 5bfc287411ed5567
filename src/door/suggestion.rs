//! Suggestions 辅助推荐 at the door (ROB-1): an assistant offers answers, with a key of the platform or as an account; whoever serves the
//! buyer is shown the open offer, and may put it aside.

use super::{Door, check_text, retry_key, wait_s};
use crate::domain::Reply;
use crate::domain::conversation::Command;
use crate::domain::event::{Actor, Scope};
use crate::domain::id::{ConversationId, Millis};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::suggestion::{Offer, OfferNo};
use crate::domain::view::Principal;
use crate::limits;

/// What an assistant offers.
#[derive(Clone, Debug)]
pub struct NewSuggestion {
    pub client_suggestion_id: String,
    pub items: Vec<String>,
    /// The buyer's message that they answer.
    pub for_seq: Option<u64>,
}

/// An offer that is on disk.
#[derive(Clone, Copy, Debug)]
pub struct Suggested {
    pub no: OfferNo,
    pub at: Millis,
    /// It was there already.
    pub repeated: bool,
}

impl Door {
    /// Offers answers in a conversation. `shop`: its name where the platform asks; an account must see the conversation, and serve the
    /// buyer or look after the whole shop.
    pub async fn suggest(
        &self,
        who: &Principal,
        shop: Option<&str>,
        conversation: ConversationId,
        new: NewSuggestion,
    ) -> Result<Suggested, Refusal> {
        let (scope, by) = self.shop_with(who, shop, Scope::Suggestions, Permission::Serve)?;
        let (oversees, sender) = match &by {
            Actor::Account(agent) => {
                let staff = self.staff(who)?;
                self.visible(staff, conversation)?;
                (staff.oversees(), agent.0.to_string())
            }
            Actor::Platform(name) => (true, format!("platform/{name}")),
        };
        let NewSuggestion { client_suggestion_id, items, for_seq } = new;
        let body = format!("{for_seq:?} {items:?}");
        let retry = retry_key(&format!("suggestion/{sender}/{conversation}"), &client_suggestion_id, &body).map_err(of_suggestion)?;
        const FIELDS: [&str; limits::SUGGESTION_ITEMS_MAX] = ["items[0]", "items[1]", "items[2]"];
        FIELDS.into_iter().zip(&items).try_for_each(|(field, item)| check_text(field, item, limits::MESSAGE_CHARS_MAX))?;
        if let Some(limiter) = &self.inner.by_assistant {
            limiter.check_key(&conversation).map_err(wait_s)?;
        }
        let guard = self.guard(scope).await?;
        match self.tell(scope, conversation, Command::Suggest { by, oversees, for_seq, items, retry, guard }).await? {
            Reply::Suggested { no, at, repeated } => Ok(Suggested { no, at, repeated }),
            _ => Err(Refusal::Internal),
        }
    }

    /// The offer that waits in a conversation for whoever serves its buyer.
    pub fn open_suggestion(&self, who: &Principal, conversation: ConversationId) -> Result<Option<Offer>, Refusal> {
        let staff = self.reader_of(who, conversation)?;
        self.visible(staff, conversation)?;
        self.read(|store| store.open_suggestion(staff.scope, conversation))
    }

    /// Puts an offer aside: it counts as ignored. Of one that is open no longer nothing changes.
    pub async fn dismiss_suggestion(&self, who: &Principal, conversation: ConversationId, offer: OfferNo) -> Result<(), Refusal> {
        let staff = self.at_desk(who, conversation, Permission::Serve)?;
        let command = Command::DismissSuggestion { by: staff.agent, oversees: staff.oversees(), offer };
        self.tell(staff.scope, conversation, command).await.map(drop)
    }
}

/// A refusal of the id names it as its sender does.
fn of_suggestion(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid { problem, .. } => Refusal::Invalid { field: "client_suggestion_id", problem },
        other => other,
    }
}
