//! What the staff of a shop may do. Who serves sees and serves what it owns; who oversees sees everything.

use super::credential::Staff;
use super::file::Sender;
use super::guard::{Speech, sender, uncaught};
use super::{Door, With, check_text, retry_key};
use crate::domain::dispatcher::TransferTo;
use crate::domain::event::{Presence, RetryKey};
use crate::domain::id::{ConversationId, ReceptionNo, ShopScope};
use crate::domain::permission::{Permission, Permissions};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Account, Decided, Message, Principal, State, Summary};
use crate::domain::{Effect, Reply, agent, conversation};
use crate::limits;

/// A transfer's reason is short (DIV-8).
pub(super) fn check_reason(reason: &str) -> Result<(), Refusal> {
    if reason.chars().count() > limits::REASON_CHARS_MAX {
        return Err(Refusal::Invalid { field: "reason", problem: format!("at most {} characters", limits::REASON_CHARS_MAX) });
    }
    if reason.chars().any(char::is_control) {
        return Err(Refusal::Invalid { field: "reason", problem: "must not contain control characters".into() });
    }
    Ok(())
}

impl Door {
    /// One's own account.
    pub fn me(&self, who: &Principal) -> Result<Account, Refusal> {
        let staff = self.staff(who)?;
        self.read(|store| store.account(staff.scope, staff.agent))?.ok_or(Refusal::NotFound { what: "account" })
    }

    /// What one may do, by one's role as it is now.
    pub fn my_permissions(&self, who: &Principal) -> Result<Permissions, Refusal> {
        Ok(self.staff(who)?.permissions)
    }

    pub async fn set_presence(&self, who: &Principal, presence: Presence) -> Result<(), Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let command = agent::Command::SetPresence(presence);
        self.submit(Effect::Agent(staff.scope, staff.agent, command)).await.map(drop)
    }

    /// A member of staff who may look at conversations: its own, or all.
    pub(super) fn reader(&self, who: &Principal) -> Result<Staff, Refusal> {
        let staff = self.staff(who)?;
        if !staff.oversees() {
            staff.must(Permission::Serve)?;
        }
        Ok(staff)
    }

    /// As [`Door::reader`], or one who looks through what is archived and what is to be.
    pub(super) fn reader_of(&self, who: &Principal, conversation: ConversationId) -> Result<Staff, Refusal> {
        self.reader(who).or_else(|refusal| {
            let staff = self.staff_who_may(who, Permission::Archive).map_err(|_| refusal.clone())?;
            self.visible(staff, conversation).map(|_| staff).map_err(|_| refusal)
        })
    }

    /// The conversation, if this member of staff may see it; to others it does not exist.
    pub(super) fn visible(&self, staff: Staff, conversation: ConversationId) -> Result<Summary, Refusal> {
        let unknown = Refusal::NotFound { what: "conversation" };
        let summary = self.read(|store| store.conversation(staff.scope, conversation))?.ok_or(unknown.clone())?;
        let open_to_me = summary.owner == Some(staff.agent) || summary.state == State::Waiting && staff.may(Permission::Serve);
        let served_by_me = summary.last_agent == Some(staff.agent);
        let mine = staff.oversees() || open_to_me || served_by_me;
        let seen = mine
            || self.read(|store| store.is_mentioned(staff.scope, conversation, staff.agent))?
            || staff.may(Permission::Archive) && self.lies_in_archive(staff.scope, &summary)?;
        if seen { Ok(summary) } else { Err(unknown) }
    }

    pub fn conversation(&self, who: &Principal, conversation: ConversationId) -> Result<Summary, Refusal> {
        let staff = self.reader_of(who, conversation)?;
        let mut summary = self.visible(staff, conversation)?;
        self.without_gone(staff.scope, [&mut summary.labels])?;
        Ok(summary)
    }

    /// Messages with seq > `after`, oldest first, at most `limit`.
    pub fn history(&self, who: &Principal, conversation: ConversationId, after: u64, limit: usize) -> Result<Vec<Message>, Refusal> {
        let staff = self.reader_of(who, conversation)?;
        self.visible(staff, conversation)?;
        let mut messages = self.read(|store| store.messages(staff.scope, conversation, after, limit))?;
        self.without_gone(staff.scope, messages.iter_mut().map(|message| &mut message.labels))?;
        Ok(messages)
    }

    /// A reply to the buyer: [`Reply::Accepted`].
    pub async fn answer(
        &self,
        who: &Principal,
        conversation: ConversationId,
        client_message_id: String,
        text: String,
        with: With,
    ) -> Result<Reply, Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        with.check(&text)?;
        let retry = retry_key(&sender(staff, conversation), &client_message_id, &with.covering(&text))?;
        let extra = match self.carried(Sender::Staff(staff), staff.scope, conversation, with) {
            Ok(extra) => extra,
            Err(refusal) => {
                let refusal = self.attempted(staff, conversation, (text, retry), self.origin(who), refusal).await;
                return self.written_before(staff.scope, conversation, retry, refusal).await;
            }
        };
        self.speak(staff, conversation, Speech { text, extra, retry }, self.origin(who)).await
    }

    /// What a message refers to may be gone when a client asks again; if it was written before, it is answered as then (OPS-2).
    pub(super) async fn written_before(
        &self,
        scope: ShopScope,
        conversation: ConversationId,
        retry: RetryKey,
        refusal: Refusal,
    ) -> Result<Reply, Refusal> {
        match self.submit(Effect::Conversation(scope, conversation, conversation::Command::Repeat { retry })).await {
            Err(Refusal::NotFound { .. }) => Err(refusal),
            told => told,
        }
    }

    /// This conversation has been read up to `seq`.
    pub async fn read_by_staff(&self, who: &Principal, conversation: ConversationId, seq: u64) -> Result<(), Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let command = conversation::Command::Read { by: staff.agent, oversees: staff.oversees(), seq, desk: self.desk(staff.scope)? };
        self.submit(Effect::Conversation(staff.scope, conversation, command)).await.map(drop)
    }

    /// Closes the open reception: its number.
    pub async fn close(&self, who: &Principal, conversation: ConversationId) -> Result<ReceptionNo, Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let command = conversation::Command::Close { by: staff.agent, oversees: staff.oversees() };
        match self.submit(Effect::Conversation(staff.scope, conversation, command)).await? {
            Reply::Closed { reception } => Ok(reception),
            _ => Err(Refusal::Internal),
        }
    }

    /// Passes the reception on. True: it went over the target's capacity (DIV-4: only a person may, and is told).
    pub async fn transfer(
        &self,
        who: &Principal,
        conversation: ConversationId,
        to: TransferTo,
        reason: String,
        note: String,
    ) -> Result<bool, Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        check_reason(&reason)?;
        if !note.is_empty() {
            check_text("note", &note, limits::MESSAGE_CHARS_MAX)?;
        }
        if !reason.is_empty() && !self.standing_of(staff)?.may_send() {
            return Err(Refusal::Held);
        }
        let (guard, origin) = (self.guard(staff.scope).await?, self.origin(who));
        let (by, oversees) = (staff.agent, staff.oversees());
        let command = conversation::Command::Transfer { by, oversees, to, reason, note, guard, origin };
        match uncaught(self.submit(Effect::Conversation(staff.scope, conversation, command)).await?)? {
            Reply::Transferred { over_capacity } => Ok(over_capacity),
            _ => Err(Refusal::Internal),
        }
    }

    /// All decisions about one reception, oldest first (DIV-9).
    pub fn why(&self, who: &Principal, conversation: ConversationId, reception: ReceptionNo) -> Result<Vec<Decided>, Refusal> {
        let staff = self.reader(who)?;
        self.visible(staff, conversation)?;
        let decisions = self.read(|store| store.explanations(staff.scope, conversation, reception))?;
        if decisions.is_empty() { Err(Refusal::NotFound { what: "reception" }) } else { Ok(decisions) }
    }
}
