//! The only entrance. (signatures are final; bodies are being written)
//!
//! It authenticates, stamps the time, takes a permit or refuses, and hands the command on; reads go from here straight to
//! the store, never through an actor, so nobody is shown what is not durable.

use crate::domain::diversion::{Group, Rules};
use crate::domain::event::{AgentSettings, Order, Presence, Role, Scope};
use crate::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ReceptionNo, TokenHash};
use crate::domain::refusal::Refusal;
use crate::domain::view::{Account, Decided, FeedEntry, ListOf, Message, Page, Principal, Summary};
use crate::domain::{Reply, dispatcher::TransferTo};
use std::sync::Arc;

/// What a buyer sends.
pub struct Send {
    pub client_message_id: String,
    pub text: String,
    /// Where the buyer came from (a page, a product link), for the diversion rules; "" if nowhere special.
    pub entry: String,
}

/// The entrance. Cheap to clone. Every method that changes something returns after the commit is on disk.
#[derive(Clone)]
pub struct Door {}

#[allow(unused_variables)]
impl Door {
    // ---- credentials
    /// Who this bearer token belongs to. `Unauthenticated` if unknown, expired or revoked.
    pub fn authenticate(&self, bearer: &str) -> Result<Arc<Principal>, Refusal> { todo!() }
    /// New secret token with a readable prefix (`flk_` platform key, `fls_` staff, `flb_` buyer).
    /// Staff log-in: (token, agent, expires).
    pub async fn log_in(&self, shop: &str, login: &str, password: String) -> Result<(String, AgentNo, Millis), Refusal> { todo!() }
    pub async fn log_out(&self, who: &Principal) -> Result<(), Refusal> { todo!() }

    // ---- platform (needs the named scope)
    pub async fn create_shop(&self, who: &Principal, shop: String, name: String) -> Result<(), Refusal> { todo!() }
    pub async fn create_account(&self, who: &Principal, shop: &str, login: String, name: String, password: String, role: Role, settings: AgentSettings) -> Result<AgentNo, Refusal> { todo!() }
    pub async fn configure_account(&self, who: &Principal, shop: &str, agent: AgentNo, settings: AgentSettings) -> Result<(), Refusal> { todo!() }
    pub fn account(&self, who: &Principal, shop: &str, agent: AgentNo) -> Result<Account, Refusal> { todo!() }
    pub async fn create_group(&self, who: &Principal, shop: &str, group: Group) -> Result<GroupNo, Refusal> { todo!() }
    pub async fn configure_group(&self, who: &Principal, shop: &str, group: GroupNo, settings: Group) -> Result<(), Refusal> { todo!() }
    pub async fn set_rules(&self, who: &Principal, shop: &str, rules: Rules) -> Result<u32, Refusal> { todo!() }
    pub fn rules(&self, who: &Principal, shop: &str) -> Result<(Rules, u32), Refusal> { todo!() }
    pub async fn report_order(&self, who: &Principal, shop: &str, order: Order) -> Result<(), Refusal> { todo!() }
    pub fn order(&self, who: &Principal, shop: &str, order: &str) -> Result<Order, Refusal> { todo!() }
    /// (token, conversation, expires)
    pub async fn issue_buyer_token(&self, who: &Principal, shop: &str, buyer: String, name: String, expires_in_s: u64) -> Result<(String, ConversationId, Millis), Refusal> { todo!() }
    /// `token`: the token itself, as it was issued.
    pub async fn revoke_buyer_token(&self, who: &Principal, shop: &str, token: &str) -> Result<(), Refusal> { todo!() }
    /// (key, key id = first 16 hex digits of its hash … 64 hex digits)
    pub async fn issue_api_key(&self, who: &Principal, name: String, scopes: Vec<Scope>) -> Result<(String, TokenHash), Refusal> { todo!() }
    pub async fn revoke_api_key(&self, who: &Principal, key: TokenHash) -> Result<(), Refusal> { todo!() }

    // ---- buyer
    pub async fn send(&self, who: &Principal, send: Send) -> Result<Reply, Refusal> { todo!() }
    pub async fn read_by_buyer(&self, who: &Principal, seq: u64) -> Result<(), Refusal> { todo!() }
    /// Messages of the buyer's own conversation with seq > `after`, oldest first, at most `limit`.
    pub fn buyer_history(&self, who: &Principal, after: u64, limit: usize) -> Result<Vec<Message>, Refusal> { todo!() }

    // ---- staff
    pub fn me(&self, who: &Principal) -> Result<Account, Refusal> { todo!() }
    pub async fn set_presence(&self, who: &Principal, presence: Presence) -> Result<(), Refusal> { todo!() }
    /// `cursor`: opaque, from the page before.
    pub fn inbox(&self, who: &Principal, of: ListOf, cursor: Option<&str>, limit: usize) -> Result<Page<Summary, String>, Refusal> { todo!() }
    pub fn conversation(&self, who: &Principal, conversation: ConversationId) -> Result<Summary, Refusal> { todo!() }
    pub fn history(&self, who: &Principal, conversation: ConversationId, after: u64, limit: usize) -> Result<Vec<Message>, Refusal> { todo!() }
    pub async fn answer(&self, who: &Principal, conversation: ConversationId, client_message_id: String, text: String) -> Result<Reply, Refusal> { todo!() }
    pub async fn read(&self, who: &Principal, conversation: ConversationId, seq: u64) -> Result<(), Refusal> { todo!() }
    pub async fn close(&self, who: &Principal, conversation: ConversationId) -> Result<ReceptionNo, Refusal> { todo!() }
    /// True: it went over the target's capacity (DIV-4: only a person may, and is told).
    pub async fn transfer(&self, who: &Principal, conversation: ConversationId, to: TransferTo, reason: String, note: String) -> Result<bool, Refusal> { todo!() }
    /// All decisions about one reception, oldest first (DIV-9).
    pub fn why(&self, who: &Principal, conversation: ConversationId, reception: ReceptionNo) -> Result<Vec<Decided>, Refusal> { todo!() }

    // ---- devices
    /// Opens a device of this principal: everything after `cursor` (feed seq for staff, message seq for buyers; None = from
    /// now on), without gap or repeat. Staff connected this way are present (DIV-6) until the device is dropped.
    pub async fn connect(&self, who: Arc<Principal>, cursor: Option<u64>) -> Result<Device, Refusal> { todo!() }

    // ---- operation
    /// Ready for work: open, not stopping. `Err` says why not.
    pub fn ready(&self) -> Result<(), Refusal> { todo!() }
    /// The metrics text of Prometheus.
    pub fn metrics(&self) -> String { todo!() }
}

/// Why a device was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Its outbox was full: it is too slow. It may resume from its cursor.
    Slow,
    /// Its credential was revoked or has expired.
    Revoked,
    /// The server is stopping.
    Stopping,
}

/// One connected device. Dropping it disconnects it.
pub struct Device {}

impl Device {
    /// The next entries for this device, in feed order, at least one; waits until there are some. After `Err` the device is over.
    /// `FeedEntry::seq` is the staff device's new cursor; a buyer's device's cursor is the `seq` of the message.
    pub async fn next(&mut self) -> Result<Vec<Arc<FeedEntry>>, Cut> { todo!() }
    /// Where it stands now: the cursor with which it could resume.
    pub fn cursor(&self) -> u64 { todo!() }
}
