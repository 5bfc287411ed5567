//! What staff does with a conversation beside answering: labels, notes, recall, the mark "needs no reply", its priority, taking
//! it over, putting it away and back.
//!
//! Who may not see a conversation is told that there is none; who sees it but may not change it is told so by the conversation.

use super::credential::Staff;
use super::{Door, check_text};
use crate::domain::conversation::Command;
use crate::domain::desk::LabelNo;
use crate::domain::dispatcher::TransferTo;
use crate::domain::event::Author;
use crate::domain::facts::Priority;
use crate::domain::id::{AgentNo, ConversationId, ShopScope};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Note, Page, Principal};
use crate::domain::{Effect, Reply};
use crate::limits;

impl Door {
    pub(super) async fn tell(&self, scope: ShopScope, conversation: ConversationId, command: Command) -> Result<Reply, Refusal> {
        self.submit(Effect::Conversation(scope, conversation, command)).await
    }

    /// A member of staff who may do this, and sees the conversation.
    pub(super) fn at_desk(&self, who: &Principal, conversation: ConversationId, needs: Permission) -> Result<Staff, Refusal> {
        let staff = self.staff_who_may(who, needs)?;
        self.visible(staff, conversation)?;
        Ok(staff)
    }

    /// Refuses labels that the shop does not have.
    pub(super) fn check_labels(&self, scope: ShopScope, field: &'static str, labels: &[LabelNo]) -> Result<(), Refusal> {
        if labels.len() > limits::LABELS_EACH_MAX {
            return Err(Refusal::Invalid { field, problem: format!("at most {}", limits::LABELS_EACH_MAX) });
        }
        let desk = self.desk(scope)?;
        match labels.iter().find(|no| !desk.has_label(**no)) {
            Some(no) => Err(Refusal::Invalid { field, problem: format!("there is no label {}; see the desk's settings", no.0) }),
            None => Ok(()),
        }
    }

    /// Leaves out the labels that the shop gave up.
    pub(super) fn without_gone<'a>(&self, scope: ShopScope, labels: impl IntoIterator<Item = &'a mut Vec<LabelNo>>) -> Result<(), Refusal> {
        let desk = self.desk(scope)?;
        labels.into_iter().for_each(|labels| labels.retain(|no| desk.has_label(*no)));
        Ok(())
    }

    /// Adds labels to a conversation, then takes some away (INB-5), and with them those that the shop gave up.
    pub async fn label(
        &self,
        who: &Principal,
        conversation: ConversationId,
        add: Vec<LabelNo>,
        mut remove: Vec<LabelNo>,
    ) -> Result<(), Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let summary = self.visible(staff, conversation)?;
        self.check_labels(staff.scope, "add", &add)?;
        if remove.len() > limits::LABELS_EACH_MAX {
            return Err(Refusal::Invalid { field: "remove", problem: format!("at most {}", limits::LABELS_EACH_MAX) });
        }
        // What nobody is shown must not take the place of others.
        let desk = self.desk(staff.scope)?;
        remove.extend(summary.labels.into_iter().filter(|no| !desk.has_label(*no)));
        let command = Command::Label { by: staff.agent, oversees: staff.oversees(), add, remove };
        self.tell(staff.scope, conversation, command).await.map(drop)
    }

    /// Sets the labels of a message, as a whole.
    pub async fn label_message(
        &self,
        who: &Principal,
        conversation: ConversationId,
        seq: u64,
        labels: Vec<LabelNo>,
    ) -> Result<(), Refusal> {
        let staff = self.at_desk(who, conversation, Permission::Serve)?;
        self.check_labels(staff.scope, "labels", &labels)?;
        let command = Command::LabelMessage { by: staff.agent, oversees: staff.oversees(), seq, labels };
        self.tell(staff.scope, conversation, command).await.map(drop)
    }

    /// 撤回: takes back one's own message (INB-7).
    pub async fn recall(&self, who: &Principal, conversation: ConversationId, seq: u64) -> Result<(), Refusal> {
        let staff = self.at_desk(who, conversation, Permission::Serve)?;
        self.tell(staff.scope, conversation, Command::Recall { by: Author::Agent(staff.agent), seq, desk: self.desk(staff.scope)? })
            .await
            .map(drop)
    }

    /// The buyer takes back a message.
    pub async fn recall_by_buyer(&self, who: &Principal, seq: u64) -> Result<(), Refusal> {
        let buyer = self.buyer(who)?;
        self.tell(buyer.scope, buyer.conversation, Command::Recall { by: Author::Buyer, seq, desk: self.desk(buyer.scope)? })
            .await
            .map(drop)
    }

    /// Adds a private note 内部备注 (INB-13): its number. Who is mentioned may look at the conversation from then on.
    pub async fn note(&self, who: &Principal, conversation: ConversationId, text: String, mentions: Vec<AgentNo>) -> Result<u64, Refusal> {
        let staff = self.at_desk(who, conversation, Permission::Serve)?;
        check_text("text", &text, limits::NOTE_CHARS_MAX)?;
        if mentions.len() > limits::MENTIONS_MAX {
            return Err(Refusal::Invalid { field: "mentions", problem: format!("at most {}", limits::MENTIONS_MAX) });
        }
        for agent in &mentions {
            if self.read(|store| store.account(staff.scope, *agent))?.is_none() {
                return Err(Refusal::Invalid { field: "mentions", problem: format!("there is no account {}", agent.0) });
            }
        }
        let command = Command::Note { by: staff.agent, oversees: staff.oversees(), text, mentions };
        match self.tell(staff.scope, conversation, command).await? {
            Reply::Numbered { no } => Ok(no),
            _ => Err(Refusal::Internal),
        }
    }

    /// The notes of a conversation, newest first.
    pub fn notes(
        &self,
        who: &Principal,
        conversation: ConversationId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<Note, u64>, Refusal> {
        let staff = self.reader(who)?;
        self.visible(staff, conversation)?;
        let mut found = self.read(|store| store.notes(staff.scope, conversation, before, limit + 1))?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().map(|(seq, _)| *seq).filter(|_| more);
        Ok(Page { rows: found.into_iter().map(|(_, note)| note).collect(), next })
    }

    /// Sets 已回复 ("needs no reply") or 未回复 by hand (INB-4).
    pub async fn mark(&self, who: &Principal, conversation: ConversationId, answered: bool) -> Result<(), Refusal> {
        let staff = self.at_desk(who, conversation, Permission::Serve)?;
        let desk = self.desk(staff.scope)?;
        let command = Command::Mark { by: staff.agent, oversees: staff.oversees(), answered, desk };
        self.tell(staff.scope, conversation, command).await.map(drop)
    }

    /// Sets the priority above the rules (INB-2); None: the rules decide again.
    pub async fn prioritise(&self, who: &Principal, conversation: ConversationId, priority: Option<Priority>) -> Result<(), Refusal> {
        let staff = self.at_desk(who, conversation, Permission::Serve)?;
        let desk = self.desk(staff.scope)?;
        let command = Command::Prioritise { by: staff.agent, oversees: staff.oversees(), priority, desk };
        self.tell(staff.scope, conversation, command).await.map(drop)
    }

    /// Takes a conversation over (INB-13), wherever it is: with somebody, in the queue, in the pool. True: beyond one's own limit.
    /// Of what one has already nothing changes, so that it can be said twice.
    pub async fn take_over(&self, who: &Principal, conversation: ConversationId, reason: String) -> Result<bool, Refusal> {
        self.staff_who_may(who, Permission::Serve)?;
        let staff = self.staff_who_may(who, Permission::Oversee)?;
        if self.visible(staff, conversation)?.owner == Some(staff.agent) {
            return Ok(false);
        }
        self.transfer(who, conversation, TransferTo::Agent(staff.agent), reason, String::new()).await
    }
}
