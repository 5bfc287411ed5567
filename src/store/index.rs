//! The rows that index what happened: pure functions from (before, event, after) to puts and deletes.
//!
//! Computed on the entity's own thread, written in the batch of the event, so an index is never ahead of or behind its data.

use super::columns::Column;
use super::keys::{self, Document, Key, MarkKind, OrderLane};
use super::list_key::{Facets, Kind, ListKey};
use super::record;
use crate::domain::agent::Agent;
use crate::domain::content::{FileHash, MessageMark, Naming};
use crate::domain::event::{Author, Conducted, Couriered, Event, PlatformChange, Ruling, Worked};
use crate::domain::facts::{OrderState, Priority};
use crate::domain::guard::kind::record_of;
use crate::domain::guard::standing::Hold;
use crate::domain::id::{ConversationId, Millis, ShopScope, TokenHash};
use crate::domain::list::{self, Listed};
use crate::domain::notice::Stream;
use crate::domain::notify::known::key_digest;
use crate::domain::order::Order;
use crate::domain::text::{ListId, usage};
use crate::domain::view::{Credential, Draft};
use smallvec::SmallVec;

/// One put or delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub column: Column,
    pub key: Key,
    /// None: delete.
    pub value: Option<Vec<u8>>,
    /// Which event's feed seq the commit thread appends to the key.
    pub at_event: Option<usize>,
}

/// A counter and by how much it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub column: Column,
    pub key: Key,
    pub by: i64,
}

/// Puts and deletes of one commit, in order, and what it adds to counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    pub(super) rows: SmallVec<[Row; 2]>,
    pub(super) changes: Vec<Change>,
}

impl Rows {
    pub(super) fn put(&mut self, column: Column, key: Key, value: Vec<u8>) {
        self.rows.push(Row { column, key, value: Some(value), at_event: None });
    }
    pub(super) fn delete(&mut self, column: Column, key: Key) {
        self.rows.push(Row { column, key, value: None, at_event: None });
    }
    /// A row without value whose key ends with the feed seq of event number `at`: it points there.
    fn point(&mut self, column: Column, key: Key, at: usize) {
        self.rows.push(Row { column, key, value: Some(Vec::new()), at_event: Some(at) });
    }
    /// Adds to a counter: the commit thread writes each that changed once per group, and none that is 0.
    pub(super) fn add(&mut self, column: Column, key: Key, by: i64) {
        if by != 0 {
            self.changes.push(Change { column, key, by });
        }
    }
    /// Nothing to write.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.changes.is_empty()
    }
}

/// A conversation changed: its list rows and what is counted of it.
pub(super) fn list_rows(scope: ShopScope, before: Option<&Listed>, after: Option<&Listed>, rows: &mut Rows) {
    if before == after {
        return;
    }
    list::counted(before, after, |lane, what, by| rows.add(Column::CounterValue, keys::counter(scope, lane, Some(what)), by));
    // One more unread message of many moves nothing: the usual case.
    if before.zip(after).is_some_and(|(before, after)| before.stands_as(after)) {
        return;
    }
    let from: SmallVec<[ListKey; 4]> = before.into_iter().flat_map(ListKey::all_of).collect();
    let to: SmallVec<[ListKey; 4]> = after.into_iter().flat_map(ListKey::all_of).collect();
    let (facets_before, facets) = (before.map(Facets::of), after.map(Facets::of));
    for key in from.iter().filter(|key| !to.contains(key)) {
        rows.delete(Column::ListConversation, key.encode(scope));
    }
    let says_else = |key: &ListKey| key.kind == Kind::All && facets != facets_before;
    for key in to.iter().filter(|key| says_else(key) || !from.contains(key)) {
        let value = facets.map_or_else(Vec::new, |facets| facets.value(key.kind));
        rows.put(Column::ListConversation, key.encode(scope), value);
    }
}

/// Where an order stands in the lists. None: it was never reported.
pub type OrderMark = Option<(OrderState, Millis, ConversationId)>;

/// See [`OrderMark`].
pub(super) fn order_mark(order: &Order) -> OrderMark {
    Some((order.state?, order.changed_at, order.conversation?))
}

/// An order moved in the lists.
pub(super) fn order_rows(before: OrderMark, after: &Order, rows: &mut Rows) {
    let (Some((scope, order)), now) = (after.at, order_mark(after)) else { return };
    if before == now {
        return;
    }
    let keys = |(state, at, conversation): (OrderState, Millis, ConversationId)| {
        [OrderLane::All, OrderLane::State(state), OrderLane::Conversation(conversation)].map(|lane| keys::order_row(scope, lane, at, order))
    };
    before.map(keys).into_iter().flatten().for_each(|key| rows.delete(Column::OrderList, key));
    now.map(keys).into_iter().flatten().for_each(|key| rows.put(Column::OrderList, key, Vec::new()));
}

/// An account's sessions changed. Their rows carry the role, which the events do not.
pub(super) fn session_rows(before: &[TokenHash], after: &Agent, rows: &mut Rows) {
    let Some((shop, agent)) = after.at else { return };
    for token in before.iter().filter(|token| !after.sessions.iter().any(|s| s.token == **token)) {
        rows.delete(Column::TokenCredential, keys::token(token));
    }
    for session in after.sessions.iter().filter(|s| !before.contains(&s.token)) {
        let credential = Credential::Staff { shop, agent, role: after.role, expires: session.expires, client: session.client.clone() };
        rows.put(Column::TokenCredential, keys::token(&session.token), record::encode(&credential));
    }
}

/// Event number `at` names a file.
fn naming_row(scope: ShopScope, conversation: ConversationId, hash: &FileHash, naming: Naming, at: usize, rows: &mut Rows) {
    let key = keys::file_namings_prefix(scope, conversation, hash);
    rows.rows.push(Row { column: Column::FileMeta, key, value: Some(record::encode(&naming)), at_event: Some(at) });
}

/// A notice stands under `priority`, and under no other: whatever came before.
fn notice_place(scope: ShopScope, stream: Stream, no: u64, priority: Priority, rows: &mut Rows) {
    for other in Priority::ALL.into_iter().filter(|other| *other != priority) {
        rows.delete(Column::NoticeList, keys::notice_place(scope, stream, other, no));
    }
    rows.put(Column::NoticeList, keys::notice_place(scope, stream, priority, no), Vec::new());
}

/// A version of a document, and who made it.
fn document(scope: ShopScope, document: Document, version: u32, at: usize, rows: &mut Rows) {
    rows.point(Column::SettingsVersion, keys::version_prefix(scope, document, version), at);
    rows.point(Column::AuditEntry, keys::audit_prefix(scope), at);
}

/// The rows of event number `at` of a commit that follow from the event alone.
pub fn event_rows(scope: ShopScope, at: usize, event: &Event, rows: &mut Rows) {
    match event {
        Event::Routed { arrival, .. } => {
            rows.point(Column::AssignmentExplanation, keys::explanation_prefix(scope, arrival.conversation, arrival.reception), at);
        }
        Event::HealthReported { report, .. } => rows.point(Column::HealthReport, keys::report_prefix(scope, report.day), at),
        Event::PoolAssigned { run } => rows.point(Column::OfflineRun, keys::run_prefix(scope, run.at), at),
        Event::SettingsSet { version, .. } => document(scope, Document::Diversion, *version, at, rows),
        Event::DeskSet { version, .. } => document(scope, Document::Desk, *version, at, rows),
        Event::Ruled { version, what, .. } => {
            let of = match what {
                Ruling::Guard { .. } => Document::Guard,
                Ruling::Words { .. } => Document::Words,
                Ruling::Approvals { .. } => Document::Approvals,
                Ruling::Conduct { .. } => Document::Conduct,
                Ruling::Questions { .. } => Document::Questions,
            };
            document(scope, of, *version, at, rows);
        }
        // An agent's own phrases are its own affair.
        Event::PhraseSet { list: ListId::Own(_), .. } => {}
        Event::Audited { .. }
        | Event::PhraseSet { .. }
        | Event::TemplateSet { .. }
        | Event::Blocked { .. }
        | Event::Unblocked { .. }
        | Event::ArchiveAnnounced { .. }
        | Event::Conduct { what: Conducted::Violated { .. }, .. }
        | Event::Conduct { what: Conducted::Reviewed { .. }, .. }
        | Event::Archived { by: Some(_), .. }
        | Event::Restored { by: Some(_), .. }
        | Event::Erased { .. } => rows.point(Column::AuditEntry, keys::audit_prefix(scope), at),
        Event::Platform { what: PlatformChange::CarrierSet { carrier }, .. } => {
            rows.put(Column::CarrierLink, keys::carrier(&carrier.code), record::encode(carrier))
        }
        Event::MessageAdded { conversation, seq, extra: Some(extra), .. } => {
            for file in &extra.attachments {
                naming_row(scope, *conversation, &file.hash, Naming::Sent { seq: *seq }, at, rows);
            }
        }
        Event::FileAdded { conversation, file, by, .. } => {
            rows.put(Column::FileMeta, keys::file_meta(scope, &file.hash, *conversation), record::encode(file));
            rows.point(Column::FileMeta, keys::files_of_prefix(scope, *conversation), at);
            let uploaded = Naming::Uploaded { by_buyer: *by == Author::Buyer };
            naming_row(scope, *conversation, &file.hash, uploaded, at, rows);
        }
        Event::NoticeAdded { notice } => {
            rows.put(Column::NoticeEntry, keys::notice(scope, notice.stream, notice.no), record::encode(notice));
            rows.put(Column::NoticeList, keys::notice_place(scope, notice.stream, notice.priority, notice.no), Vec::new());
        }
        Event::NoticePrioritised { stream, no, priority, .. } => notice_place(scope, *stream, *no, *priority, rows),
        Event::DraftSet { agent, conversation, text, at } => {
            let key = keys::draft(scope, *agent, *conversation);
            match text.is_empty() {
                true => rows.delete(Column::DraftText, key),
                false => {
                    let draft = Draft { conversation: *conversation, text: text.clone(), at: *at };
                    rows.put(Column::DraftText, key, record::encode(&draft));
                }
            }
        }
        _ => {}
    }
    beside_rows(scope, at, event, rows);
    courier_rows(scope, at, event, rows);
    mark_rows(scope, event, rows);
    entrance_rows(scope, event, rows);
    usage_rows(scope, event, rows);
    guard_rows(scope, at, event, rows);
}

/// What staff alone are shown beside the messages.
fn beside_rows(scope: ShopScope, at: usize, event: &Event, rows: &mut Rows) {
    let (column, conversation) = match event {
        Event::DeskWork { conversation, what: Worked::NoteAdded { .. }, .. } => (Column::NoteConversation, *conversation),
        Event::Suggested(suggested) => (Column::SuggestionConversation, suggested.conversation),
        _ => return,
    };
    rows.point(column, keys::conversation_prefix(scope, conversation), at);
}

/// What happened to a notification (NTF-3), and changes of channels (ACC-2).
fn courier_rows(scope: ShopScope, at: usize, event: &Event, rows: &mut Rows) {
    let Event::Courier { what, .. } = event else { return };
    if what.is_a_change() {
        rows.point(Column::AuditEntry, keys::audit_prefix(scope), at);
    }
    if let Some(no) = what.notification() {
        let value = match what {
            Couriered::Queued { notification, .. } => key_digest(&notification.key).to_be_bytes().to_vec(),
            _ => Vec::new(),
        };
        rows.rows.push(Row {
            column: Column::NotificationEntry,
            key: keys::notification_prefix(scope, no),
            value: Some(value),
            at_event: Some(at),
        });
    }
}

/// What was done to a message after it was written.
fn mark_rows(scope: ShopScope, event: &Event, rows: &mut Rows) {
    match event {
        Event::MessageRecalled { conversation, seq, at: recalled, .. } => {
            let mark = MessageMark { recalled_at: Some(*recalled), ..MessageMark::default() };
            rows.put(Column::MessageMark, keys::message_mark(scope, *conversation, *seq, MarkKind::Recalled), record::encode(&mark));
        }
        Event::DeskWork { conversation, what: Worked::MessageLabelled { seq, labels }, .. } => {
            let key = keys::message_mark(scope, *conversation, *seq, MarkKind::Labels);
            if labels.is_empty() {
                rows.delete(Column::MessageMark, key);
            } else {
                let mark = MessageMark { labels: labels.clone(), ..MessageMark::default() };
                rows.put(Column::MessageMark, key, record::encode(&mark));
            }
        }
        _ => {}
    }
}

/// By what a shop, an account, a key and a buyer are known when they come in.
fn entrance_rows(scope: ShopScope, event: &Event, rows: &mut Rows) {
    match event {
        Event::LoginReserved { login, agent, .. } => {
            rows.put(Column::LoginAgent, keys::login(scope, login), agent.0.to_be_bytes().to_vec());
        }
        Event::Platform { what: PlatformChange::ShopListed { shop, number }, .. } => {
            rows.put(Column::DirectoryShop, keys::directory(shop), number.to_be_bytes().to_vec());
        }
        Event::Platform { what: PlatformChange::ApiKeyIssued { key, name, scopes }, .. } => {
            let credential = Credential::Platform { name: name.clone(), scopes: scopes.clone() };
            rows.put(Column::TokenCredential, keys::token(key), record::encode(&credential));
        }
        Event::BuyerTokenIssued { token, buyer, name, conversation, expires, .. } => {
            let credential =
                Credential::Buyer { shop: scope, buyer: buyer.clone(), name: name.clone(), conversation: *conversation, expires: *expires };
            rows.put(Column::TokenCredential, keys::token(token), record::encode(&credential));
        }
        Event::Platform { what: PlatformChange::ApiKeyRevoked { key: token }, .. } | Event::BuyerTokenRevoked { token, .. } => {
            rows.delete(Column::TokenCredential, keys::token(token));
        }
        _ => {}
    }
}

/// The text that a reply of the staff was made with is counted (TXT-5).
fn usage_rows(scope: ShopScope, event: &Event, rows: &mut Rows) {
    let Some((hour, made_with)) = usage::reply(event) else { return };
    rows.add(Column::UsageCount, keys::usage(scope, hour, made_with), 1);
}

/// What the guard keeps of an account and of the shop (GRD-9).
fn guard_rows(scope: ShopScope, at: usize, event: &Event, rows: &mut Rows) {
    let Some((kind, agent)) = record_of(event) else { return };
    for lane in [None].into_iter().chain(agent.map(Some)) {
        let key = keys::guard_record_prefix(scope, lane);
        rows.rows.push(Row { column: Column::GuardRecord, key, value: Some(vec![kind as u8]), at_event: Some(at) });
    }
}

/// When the review of an account's undertaking is due. None: there is none to review.
pub(super) fn undertaking_due(agent: &Agent) -> Option<Millis> {
    match &agent.standing.hold {
        Hold::Review { undertaking: Some(undertaking) } => Some(undertaking.due),
        _ => None,
    }
}

/// An undertaking waits for its review, or does not any more.
pub(super) fn undertaking_rows(before: Option<Millis>, after: &Agent, rows: &mut Rows) {
    let (Some((scope, agent)), now) = (after.at, undertaking_due(after)) else { return };
    if before == now {
        return;
    }
    before.into_iter().for_each(|due| rows.delete(Column::UndertakingDue, keys::undertaking(due, scope, agent)));
    now.into_iter().for_each(|due| rows.put(Column::UndertakingDue, keys::undertaking(due, scope, agent), Vec::new()));
}
