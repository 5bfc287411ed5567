//! JSON of a batch (INB-6): one action, up to 200 conversations, one result each.

use super::Hex;
use super::desk_work::{Answered, labels};
use super::guard::Finding;
use super::pool::either;
use crate::domain::Reply;
use crate::domain::id::ConversationId;
use crate::domain::refusal::Refusal;
use crate::door::{BatchAction, BatchResult, Wording};
use crate::web::error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is done to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BatchKind)]
pub enum Kind {
    /// `client_message_id`, and `text` or `template`.
    Reply,
    /// `add`, `remove`.
    Label,
    /// `agent` or `group`; `reason`, `note`.
    Transfer,
    Close,
    /// `state`.
    Mark,
    Archive,
}

/// One action on many conversations. Each action has fields of its own; those of another are refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatch {
    pub action: Kind,
    /// 1 to 200, each once.
    #[schema(value_type = Vec<String>)]
    pub conversations: Vec<Hex>,
    /// 8 to 64 bytes; the same batch sent again says nothing twice.
    pub client_message_id: Option<String>,
    /// May hold variables such as `{order_no}`, filled for each conversation; what cannot be filled is not sent.
    pub text: Option<String>,
    /// The number of a template of the shop.
    pub template: Option<u32>,
    pub add: Option<Vec<u16>>,
    pub remove: Option<Vec<u16>>,
    pub agent: Option<u32>,
    pub group: Option<u32>,
    pub reason: Option<String>,
    pub note: Option<String>,
    pub state: Option<Answered>,
}

impl NewBatch {
    /// The first field that is given and belongs to another action.
    fn stray(&self) -> Option<&'static str> {
        let reply =
            [("client_message_id", self.client_message_id.is_some()), ("text", self.text.is_some()), ("template", self.template.is_some())];
        let label = [("add", self.add.is_some()), ("remove", self.remove.is_some())];
        let transfer = [
            ("agent", self.agent.is_some()),
            ("group", self.group.is_some()),
            ("reason", self.reason.is_some()),
            ("note", self.note.is_some()),
        ];
        let mark = [("state", self.state.is_some())];
        let of: [(Kind, &[(&'static str, bool)]); 4] =
            [(Kind::Reply, &reply), (Kind::Label, &label), (Kind::Transfer, &transfer), (Kind::Mark, &mark)];
        let others = of.iter().filter(|(kind, _)| *kind != self.action).flat_map(|(_, fields)| fields.iter());
        others.copied().find(|(_, given)| *given).map(|(field, _)| field)
    }

    /// The conversations and the action, or what is missing.
    pub fn understood(self) -> Result<(Vec<ConversationId>, BatchAction), Refusal> {
        let invalid = |field, problem: &str| Refusal::Invalid { field, problem: problem.into() };
        if let Some(field) = self.stray() {
            return Err(invalid(field, "another action has this"));
        }
        let action = match self.action {
            Kind::Reply => {
                let client_message_id = self.client_message_id.ok_or_else(|| invalid("client_message_id", "is missing"))?;
                let wording = match (self.text, self.template) {
                    (Some(text), None) => Wording::Text(text),
                    (None, Some(template)) => Wording::Template(template),
                    _ => return Err(invalid("text", "name either `text` or `template`")),
                };
                BatchAction::Reply { client_message_id, wording }
            }
            Kind::Label if self.add.is_none() && self.remove.is_none() => {
                return Err(invalid("add", "name labels to `add` or to `remove`"));
            }
            Kind::Label => {
                BatchAction::Label { add: labels(self.add.unwrap_or_default()), remove: labels(self.remove.unwrap_or_default()) }
            }
            Kind::Transfer => {
                let to = either(self.agent, self.group)?;
                BatchAction::Transfer { to, reason: self.reason.unwrap_or_default(), note: self.note.unwrap_or_default() }
            }
            Kind::Close => BatchAction::Close,
            Kind::Mark => BatchAction::Mark { answered: self.state.ok_or_else(|| invalid("state", "is missing"))?.is_replied() },
            Kind::Archive => BatchAction::Archive,
        };
        Ok((self.conversations.into_iter().map(|id| id.0).collect(), action))
    }
}

/// What became of one conversation.
#[derive(Serialize, ToSchema)]
pub struct BatchItem {
    #[schema(value_type = String)]
    pub conversation: Hex,
    pub done: bool,
    /// Of a reply: its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Of a transfer: it went over the target's limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_capacity: Option<bool>,
    /// Why not: a code of a problem, and its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Of a reply that was not sent: what must not be sent (`guarded`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Of a reply that was sent: what the shop warns of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Finding>,
}

impl From<BatchResult> for BatchItem {
    fn from(one: BatchResult) -> BatchItem {
        let mut item = BatchItem {
            conversation: Hex(one.conversation),
            done: one.result.is_ok(),
            seq: None,
            over_capacity: None,
            code: None,
            detail: None,
            findings: Vec::new(),
            warnings: Vec::new(),
        };
        match one.result {
            Ok(Reply::Accepted { seq, .. }) => item.seq = Some(seq),
            Ok(Reply::Warned { seq, findings, .. }) => {
                item.seq = Some(seq);
                item.warnings = findings.iter().map(Into::into).collect();
            }
            Ok(Reply::Transferred { over_capacity }) => item.over_capacity = Some(over_capacity),
            Ok(_) => {}
            Err(refusal) => {
                (item.code, item.detail) = (Some(error::face(&refusal).code), Some(error::detail(&refusal)));
                item.findings = error::findings(&refusal);
            }
        }
        item
    }
}

/// What became of each, in the order that was asked.
#[derive(Serialize, ToSchema)]
pub struct BatchDone {
    pub done: usize,
    pub refused: usize,
    pub items: Vec<BatchItem>,
}

impl From<Vec<BatchResult>> for BatchDone {
    fn from(results: Vec<BatchResult>) -> BatchDone {
        let items: Vec<BatchItem> = results.into_iter().map(Into::into).collect();
        let done = items.iter().filter(|item| item.done).count();
        BatchDone { done, refused: items.len() - done, items }
    }
}
