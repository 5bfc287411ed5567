//! A connected device: everything its holder may see, in order, from its cursor on, without gap or repeat (INB-11).

use super::credential::expires;
use super::{Cut, Door};
use crate::actors::outbox::{Holder, Look, Outbox, Told};
use crate::domain::audience::audience;
use crate::domain::event::{Event, RetryKey, Role};
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{FeedEntry, Message, Principal};
use crate::domain::{Effect, agent};
use crate::limits;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One connected device. Dropping it disconnects it.
pub struct Device {
    pub(super) door: Door,
    pub(super) outbox: Arc<Outbox>,
    /// The last entry it was handed: the shop's feed for staff, the conversation's messages for a buyer.
    cursor: u64,
    /// The account was told that it is connected, so it must be told that it no longer is.
    present: bool,
    /// A buyer's: messages up to the cursor of which it knows that they were recalled. A recall has no number of its own.
    taken_back: BTreeSet<u64>,
}

impl Door {
    /// Opens a device: everything after `cursor` (None: from now on). Staff who serve are present (DIV-6) until the device
    /// is dropped.
    pub async fn connect(&self, who: Arc<Principal>, cursor: Option<u64>) -> Result<Device, Refusal> {
        let until = expires(&who.credential).unwrap_or(Millis(u64::MAX));
        let staff = self.staff(&who);
        let (scope, holder, newest) = match &staff {
            Ok(staff) => {
                let newest = self.read(|store| store.feed_last(staff.scope))?;
                (staff.scope, Holder::Staff { agent: staff.agent, oversees: staff.oversees() }, newest)
            }
            Err(_) => {
                let buyer = self.buyer(&who).map_err(|refusal| match refusal {
                    Refusal::Forbidden { .. } => Refusal::Forbidden { needs: "a staff session or a buyer's token" },
                    other => other,
                })?;
                let newest = self.read(|store| store.buyer_last_seq(buyer.scope, buyer.conversation))?;
                (buyer.scope, Holder::Buyer { conversation: buyer.conversation }, newest)
            }
        };
        if cursor.is_some_and(|c| c > newest) {
            return Err(Refusal::Invalid { field: "cursor", problem: "this cursor is from the future; resume without one".into() });
        }
        let own_role = staff.as_ref().is_ok_and(|staff| matches!(staff.role, Role::Own(_)));
        let outbox = Outbox::new(scope, holder, who.token, until, own_role);
        if !self.inner.registry.hub.add(&outbox) {
            return Err(Refusal::LimitReached { what: "devices", limit: limits::SOCKETS_PER_PRINCIPAL_MAX as u64 });
        }
        // From here on the drop of `device` undoes what was done.
        let mut device =
            Device { door: self.clone(), outbox, cursor: cursor.unwrap_or(newest), present: false, taken_back: BTreeSet::new() };
        if let (None, Holder::Buyer { conversation }) = (cursor, holder) {
            let known = self.read(|store| store.recalled_up_to(scope, conversation, newest))?;
            device.taken_back.extend(known.iter().map(|(message, _)| message.seq));
        }
        // A revocation between the check of the token and the entry in the hub must not be missed.
        if self.read(|store| store.credential(&who.token))?.is_none() {
            return Err(Refusal::Unauthenticated);
        }
        let Ok(staff) = staff else { return Ok(device) };
        // Nor a change of what its role grants.
        if self.staff(&who)?.permissions != staff.permissions {
            return Err(Refusal::Overloaded { retry_after_s: 1 });
        }
        // Who does not serve is nobody's choice, connected or not (DIV-6).
        if staff.may(Permission::Serve) {
            let agent = staff.agent;
            let connected = self.hand_on(Effect::Agent(scope, agent, agent::Command::Connect))?;
            // Noted before the answer: who hangs up while this waits has been counted, and must be counted out again.
            device.present = true;
            if let Err(refusal) = connected.await {
                device.present = false;
                return Err(refusal);
            }
        }
        Ok(device)
    }
}

impl Device {
    /// Where it stands: the cursor with which it could resume.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// The next entries, in order, and signals between them, at least one; waits until there are some. After `Err` the device is over. May be dropped
    /// while waiting without losing anything.
    pub async fn next(&mut self) -> Result<Vec<Told>, Cut> {
        loop {
            let entries = match self.outbox.look() {
                Look::Over(why) => {
                    self.door.inner.registry.metrics.cut(why as usize);
                    return Err(why);
                }
                Look::Empty => {
                    self.outbox.bell.notified().await;
                    continue;
                }
                Look::Behind => self.catch_up()?.into_iter().map(|entry| Told::Feed(Arc::new(entry))).collect(),
                Look::Entries(entries) => entries,
            };
            let fresh: Vec<_> = entries.into_iter().filter(|told| self.is_new(told)).collect();
            if !fresh.is_empty() {
                return Ok(fresh);
            }
            // A long way to catch up through what others are told must not hold the thread.
            tokio::task::yield_now().await;
        }
    }

    /// A page of what is stored after the cursor; an empty page means that it has caught up.
    fn catch_up(&mut self) -> Result<Vec<FeedEntry>, Cut> {
        self.outbox.reading();
        let scope = self.outbox.scope;
        let page = self.door.read(|store| match self.outbox.holder {
            Holder::Staff { .. } => store.feed_shown(scope, self.cursor, limits::OUTBOX_ENTRIES_MAX),
            Holder::Buyer { conversation } => {
                let messages = store.buyer_messages(scope, conversation, self.cursor, limits::PAGE_ROWS_MAX)?;
                if !messages.is_empty() {
                    return Ok(messages.into_iter().map(|message| written(scope, conversation, message)).collect());
                }
                let recalled = store.recalled_up_to(scope, conversation, self.cursor)?.into_iter();
                let news = recalled.filter(|(message, _)| !self.taken_back.contains(&message.seq));
                Ok(news.map(|(message, at)| recalled_entry(scope, conversation, &message, at)).collect())
            }
        });
        let page = page.map_err(|_| Cut::Slow)?; // it resumes, or is told when it asks
        if page.is_empty() {
            self.outbox.go_live();
        }
        if let Holder::Buyer { .. } = self.outbox.holder {
            self.taken_back.extend(page.iter().filter_map(|entry| match &entry.event {
                Event::MessageRecalled { seq, .. } => Some(*seq),
                Event::MessageAdded { seq, text, extra: None, .. } if text.is_empty() => Some(*seq),
                _ => None,
            }));
        }
        Ok(page)
    }

    /// Whether this is for the device and not yet handed to it; moves the cursor.
    fn is_new(&mut self, told: &Told) -> bool {
        let Told::Feed(entry) = told else { return true };
        match self.outbox.holder {
            Holder::Staff { agent, oversees } => {
                if entry.seq <= self.cursor {
                    return false;
                }
                self.cursor = entry.seq;
                audience(&entry.event).holds(agent, oversees)
            }
            Holder::Buyer { .. } => match &entry.event {
                Event::MessageAdded { seq, .. } => {
                    let new = *seq > self.cursor;
                    self.cursor = self.cursor.max(*seq);
                    new
                }
                _ => true,
            },
        }
    }
}

/// A message as a buyer's device catches up with it.
fn written(scope: ShopScope, conversation: ConversationId, m: Message) -> FeedEntry {
    let Message { seq, at, author, text, extra, .. } = m;
    let retry = RetryKey { client_id: 0, body: 0 };
    FeedEntry { scope, seq, event: Event::MessageAdded { conversation, seq, at, author, text, retry, owner: None, extra, starts: None } }
}

/// The recall of a message as a buyer's device catches up with it.
fn recalled_entry(scope: ShopScope, conversation: ConversationId, m: &Message, at: Millis) -> FeedEntry {
    let (seq, by, unread, hidden) = (m.seq, m.author, None, false);
    FeedEntry { scope, seq, event: Event::MessageRecalled { conversation, seq, at, by, owner: None, unread, hidden, escalate: None } }
}

impl Drop for Device {
    fn drop(&mut self) {
        let registry = &self.door.inner.registry;
        registry.hub.remove(&self.outbox);
        if let (true, Holder::Staff { agent, .. }) = (self.present, self.outbox.holder) {
            registry.dispatch(Effect::Agent(self.outbox.scope, agent, agent::Command::Disconnect), self.door.now(), None);
        }
    }
}
