//! One action on many conversations (INB-6): each is a command and a commit of its own, and one refusal never stops the rest.

use super::credential::Staff;
use super::guard::Speech;
use super::{Door, check_text, retry_key};
use crate::domain::Reply;
use crate::domain::content::{Extra, TextRef};
use crate::domain::desk::LabelNo;
use crate::domain::dispatcher::TransferTo;
use crate::domain::guard::record::Origin;
use crate::domain::id::ConversationId;
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::text::ListId;
use crate::domain::text::template::{check, render};
use crate::domain::view::{Principal, Summary};
use crate::limits;
use futures_util::StreamExt;
use std::collections::HashSet;

/// What a reply of a batch says.
#[derive(Clone, Debug)]
pub enum Wording {
    /// May hold variables, which each conversation fills for itself.
    Text(String),
    /// A template of the shop, by its number.
    Template(u32),
}

/// What is done to each.
#[derive(Clone, Debug)]
pub enum BatchAction {
    /// `client_message_id` serves all: the same batch sent again says nothing twice.
    Reply {
        client_message_id: String,
        wording: Wording,
    },
    Label {
        add: Vec<LabelNo>,
        remove: Vec<LabelNo>,
    },
    Transfer {
        to: TransferTo,
        reason: String,
        note: String,
    },
    Close,
    Mark {
        answered: bool,
    },
    Archive,
}

/// What became of one conversation.
#[derive(Clone, Debug)]
pub struct BatchResult {
    pub conversation: ConversationId,
    pub result: Result<Reply, Refusal>,
}

impl Door {
    /// Does it to each, a few at a time; results stand in the order that was asked.
    pub async fn batch(
        &self,
        who: &Principal,
        conversations: Vec<ConversationId>,
        action: BatchAction,
    ) -> Result<Vec<BatchResult>, Refusal> {
        let needs = if matches!(action, BatchAction::Archive) { Permission::Archive } else { Permission::Serve };
        let staff = self.staff_who_may(who, needs)?;
        if !(1..=limits::BATCH_MAX).contains(&conversations.len()) {
            return Err(Refusal::Invalid { field: "conversations", problem: format!("1 to {}", limits::BATCH_MAX) });
        }
        match &action {
            BatchAction::Reply { client_message_id, wording } => {
                retry_key("", client_message_id, "")?;
                if let Wording::Text(text) = wording {
                    check_text("text", text, limits::MESSAGE_CHARS_MAX)?;
                    check(text).map_err(|fault| Refusal::Invalid { field: "text", problem: fault.to_string() })?;
                }
            }
            BatchAction::Label { add, .. } => self.check_labels(staff.scope, "add", add)?,
            _ => {}
        }
        let mut seen = HashSet::new();
        let each = conversations.into_iter().map(|conversation| {
            let (action, again) = (&action, !seen.insert(conversation));
            // A batch is one act of a person: its first message stands for it (GRD-6).
            let first = !again && seen.len() == 1;
            async move {
                let twice = || Refusal::Invalid { field: "conversations", problem: "named twice; the first time counts".into() };
                let result = if again { Err(twice()) } else { self.one_of_batch(who, conversation, action, first).await };
                BatchResult { conversation, result }
            }
        });
        Ok(futures_util::stream::iter(each).buffered(limits::BATCH_AT_ONCE_MAX).collect().await)
    }

    async fn one_of_batch(
        &self,
        who: &Principal,
        conversation: ConversationId,
        action: &BatchAction,
        first: bool,
    ) -> Result<Reply, Refusal> {
        match action {
            BatchAction::Reply { client_message_id, wording } => {
                self.reply_of_batch(who, conversation, client_message_id, wording, first).await
            }
            BatchAction::Label { add, remove } => self.label(who, conversation, add.clone(), remove.clone()).await.map(|()| Reply::Done),
            BatchAction::Transfer { to, reason, note } => {
                self.visible(self.staff(who)?, conversation)?;
                let over_capacity = self.transfer(who, conversation, *to, reason.clone(), note.clone()).await?;
                Ok(Reply::Transferred { over_capacity })
            }
            BatchAction::Close => {
                self.visible(self.staff(who)?, conversation)?;
                self.close(who, conversation).await.map(|reception| Reply::Closed { reception })
            }
            BatchAction::Mark { answered } => self.mark(who, conversation, *answered).await.map(|()| Reply::Done),
            BatchAction::Archive => self.archive(who, conversation).await.map(|()| Reply::Done),
        }
    }

    /// A reply is known by the batch and by what it was made of, not by what its variables say today: repeating is harmless.
    async fn reply_of_batch(
        &self,
        who: &Principal,
        conversation: ConversationId,
        client_message_id: &str,
        wording: &Wording,
        first: bool,
    ) -> Result<Reply, Refusal> {
        let staff = self.staff_who_may(who, Permission::Serve)?;
        let source = match wording {
            Wording::Text(text) => text.clone(),
            Wording::Template(no) => format!("template {no}"),
        };
        let retry = retry_key(&format!("{}/batch/{conversation}", staff.agent.0), client_message_id, &source)?;
        let origin = Origin { batch: !first, ..self.origin(who) };
        let summary = match self.visible(staff, conversation) {
            Ok(summary) => summary,
            Err(refusal) => return Err(self.attempted(staff, conversation, (source, retry), origin, refusal).await),
        };
        let (text, extra) = match self.worded(staff, &summary, wording) {
            Ok(worded) => worded,
            Err(refusal) => return self.written_before(staff.scope, conversation, retry, refusal).await,
        };
        check_text("text", &text, limits::MESSAGE_CHARS_MAX)?;
        self.speak(staff, conversation, Speech { text, extra, retry }, origin).await
    }

    /// What this conversation is told, and with which text of the shop it was made.
    fn worded(&self, staff: Staff, conversation: &Summary, wording: &Wording) -> Result<(String, Option<Box<Extra>>), Refusal> {
        let (field, source, made_with) = match wording {
            Wording::Text(text) => ("text", text.clone(), None),
            Wording::Template(no) => {
                let templates = self.read(|store| store.texts(staff.scope, ListId::Templates))?.templates;
                let template = templates.get(no).ok_or(Refusal::NotFound { what: "template" })?;
                ("template", template.text.clone(), Some(TextRef::Template(*no)))
            }
        };
        let values = self.values(staff.scope, conversation, staff.agent)?;
        let text = render(&source, &values).map_err(|unfilled| Refusal::Invalid { field, problem: unfilled.to_string() })?;
        Ok((text, Extra { made_with, ..Extra::default() }.boxed()))
    }
}
