//! How each kind of entity is kept: what its head is, which rows index it, how it comes back.
//!
//! The retry window of a conversation, the log-in names of a shop, the directory of the platform and the whole roster of a
//! dispatcher are not in heads: they are restored from rows, which is why a head stays small.

use super::columns::Column;
use super::due::{self, Due};
use super::history::{SharedTail, Tail};
use super::keys::{self, HeadKey, HeadOf};
use super::scan;
use super::{Error, Store, history, index, record};
use crate::domain::Machine;
use crate::domain::agent::Agent;
use crate::domain::conversation::Conversation;
use crate::domain::dispatcher::{Dispatcher, Kept};
use crate::domain::event::{Conducted, Event, Post, RetryKey, Role, Ruling};
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope, TokenHash};
use crate::domain::list::Listed;
use crate::domain::notice::Stream;
use crate::domain::order::{Order, OrderKey};
use crate::domain::permission::Permission;
use crate::domain::platform::Platform;
use crate::domain::shop::Shop;
use crate::domain::text::{ListId, Texts};
use crate::limits;
use smallvec::SmallVec;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

/// A machine whose state survives the process.
pub trait Stored: Machine + Sized + Send {
    /// Its name inside its shop.
    type Key: Copy + Eq + Hash + Send + Sync + Unpin + Debug + 'static;
    /// What must be remembered of the state before an event, to index the change.
    type Mark;

    /// Its deadline has a row of its own: it is woken also where it is not in memory.
    const DEADLINE_STORED: bool = false;

    /// Its present state; an entity nobody heard of yet comes as new. The tail belongs into its commits.
    fn load(store: &Store, scope: ShopScope, key: Self::Key) -> Result<(Self, Option<SharedTail>), Error>;
    /// Its head as it is to be stored. None: it has none.
    fn head(&self) -> Option<(HeadKey, Vec<u8>)> {
        None
    }
    /// Can this event change the head? Where not, none is written.
    fn changes_head(_event: &Event) -> bool {
        true
    }
    /// Taken before events are applied.
    fn mark(&self) -> Self::Mark;
    /// The rows that follow from the change.
    fn index(_before: Self::Mark, _after: &Self, _rows: &mut index::Rows) {}
}

impl Stored for Conversation {
    const DEADLINE_STORED: bool = true;
    type Key = ConversationId;
    type Mark = (Option<Listed>, Due, Option<Millis>);

    fn load(store: &Store, scope: ShopScope, id: ConversationId) -> Result<(Self, Option<SharedTail>), Error> {
        let Some((mut conversation, tail)) = store.conversation_and_tail(scope, id)? else {
            return Ok((Conversation::new(scope, id), Some(SharedTail::default())));
        };
        restore_retries(store, &mut conversation, &tail)?;
        Ok((conversation, Some(Arc::new(Mutex::new(tail)))))
    }

    fn head(&self) -> Option<(HeadKey, Vec<u8>)> {
        let (scope, id) = self.at?;
        // Room for the tail, which the commit thread appends.
        Some((HeadKey::new(scope, HeadOf::Conversation(id)), record::encode_with_room(self, 512)))
    }

    fn mark(&self) -> Self::Mark {
        (Listed::of(self), Due::of(self), self.deadline())
    }

    fn index((listed, due, deadline): Self::Mark, after: &Self, rows: &mut index::Rows) {
        if let Some((scope, id)) = after.at {
            index::list_rows(scope, listed.as_ref(), Listed::of(after).as_ref(), rows);
            due.rows(scope, id, &Due::of(after), rows);
            due::deadline_rows(deadline, after.deadline(), HeadKey::new(scope, HeadOf::Conversation(id)), rows);
        }
    }
}

/// Remembers the client message ids of the last 24 hours before the last message (OPS-2), oldest first.
fn restore_retries(store: &Store, conversation: &mut Conversation, tail: &Tail) -> Result<(), Error> {
    let (scope, id) = conversation.at.expect("a loaded conversation is placed");
    let mut newest_first: Vec<(u64, history::Entry)> = Vec::new();
    let mut chunk_entries = tail.entries()?;
    let mut first_seq = tail.first_seq();
    loop {
        let old = |e: &history::Entry| conversation.last_at.since(e.at) > limits::RETRY_WINDOW_MS;
        let reaches_back = chunk_entries.first().is_some_and(old);
        let numbered = chunk_entries.iter().enumerate().map(|(i, e)| (first_seq + i as u64, *e));
        newest_first.extend(numbered.rev().filter(|(_, e)| !old(e)));
        if reaches_back || first_seq == 1 || newest_first.len() >= limits::RETRY_KEYS_MAX {
            break;
        }
        first_seq -= limits::HISTORY_CHUNK;
        chunk_entries = store.history_chunk(scope, id, first_seq)?;
    }
    for (seq, entry) in newest_first.into_iter().rev().filter(|(_, e)| e.retry != RetryKey { client_id: 0, body: 0 }) {
        conversation.retries.remember(entry.retry, seq, entry.at);
    }
    Ok(())
}

impl Stored for Agent {
    const DEADLINE_STORED: bool = true;
    type Key = AgentNo;
    /// Its sessions, its deadline, and when its undertaking is to be reviewed.
    type Mark = (SmallVec<[TokenHash; 4]>, Option<Millis>, Option<Millis>);

    fn load(store: &Store, scope: ShopScope, agent: AgentNo) -> Result<(Self, Option<SharedTail>), Error> {
        let mut account = store.agent_head(scope, agent)?.unwrap_or_else(|| Agent::new(scope, agent));
        account.drafts = store.drafts(scope, agent)?.into_iter().map(|draft| draft.conversation).collect();
        Ok((account, None))
    }

    fn head(&self) -> Option<(HeadKey, Vec<u8>)> {
        let (scope, agent) = self.at?;
        Some((HeadKey::new(scope, HeadOf::Agent(agent)), record::encode_with_room(self, 512)))
    }

    fn changes_head(event: &Event) -> bool {
        // Presence is lost at a restart on purpose (RELIABILITY P1, D0); drafts have rows of their own.
        // So do the signs of automatic sending, which are records.
        !matches!(event, Event::PresenceChanged { .. } | Event::DraftSet { .. } | Event::Conduct { what: Conducted::Flagged { .. }, .. })
    }

    fn mark(&self) -> Self::Mark {
        (self.sessions.iter().map(|s| s.token).collect(), self.deadline(), index::undertaking_due(self))
    }

    fn index((sessions, deadline, due): Self::Mark, after: &Self, rows: &mut index::Rows) {
        index::session_rows(&sessions, after, rows);
        if let Some((scope, agent)) = after.at {
            due::deadline_rows(deadline, after.deadline(), HeadKey::new(scope, HeadOf::Agent(agent)), rows);
        }
        index::undertaking_rows(due, after, rows);
    }
}

impl Stored for Shop {
    type Key = ();
    type Mark = ();

    fn load(store: &Store, scope: ShopScope, (): ()) -> Result<(Self, Option<SharedTail>), Error> {
        let mut shop = store.shop_head(scope)?.unwrap_or_else(|| Shop::new(scope));
        store.scan(Column::LoginAgent, keys::shop_range(scope), scan::Order::Ascending, None, |key, value| {
            let agent = AgentNo(record::small_number("login_agent", value)?);
            shop.logins.insert(keys::login_decode(key)?.to_owned(), agent);
            Ok(true)
        })?;
        for (agent, head) in store.accounts(scope)? {
            shop.roles.insert(agent, head.role);
            shop.staff.insert(agent, head.settings);
        }
        for stream in Stream::ALL {
            for notice in store.recent_notices(scope, stream)?.into_iter().rev() {
                shop.recent_notices[stream as usize].remember(&notice);
            }
        }
        Ok((shop, None))
    }

    fn head(&self) -> Option<(HeadKey, Vec<u8>)> {
        Some((HeadKey::new(self.at?, HeadOf::Shop), record::encode_with_room(self, 512)))
    }

    fn changes_head(event: &Event) -> bool {
        matches!(
            event,
            Event::ShopCreated { .. }
                | Event::GroupSet { .. }
                | Event::SettingsSet { .. }
                | Event::DeskSet { .. }
                | Event::NoticeAdded { .. }
                | Event::ArchiveAnnounced { .. }
                | Event::Ruled { what: Ruling::Guard { .. } | Ruling::Words { .. } | Ruling::Approvals { .. }, .. }
                | Event::CouponTried { .. }
        )
    }

    fn mark(&self) {}
}

impl Stored for Order {
    type Key = OrderKey;
    type Mark = index::OrderMark;

    fn load(store: &Store, scope: ShopScope, key: OrderKey) -> Result<(Self, Option<SharedTail>), Error> {
        Ok((store.order(scope, key)?.unwrap_or_else(|| Order::new(scope, key)), None))
    }

    fn head(&self) -> Option<(HeadKey, Vec<u8>)> {
        let (scope, key) = self.at?;
        Some((HeadKey::new(scope, HeadOf::Order(key)), record::encode_with_room(self, 512)))
    }

    fn mark(&self) -> index::OrderMark {
        index::order_mark(self)
    }

    fn index(before: index::OrderMark, after: &Self, rows: &mut index::Rows) {
        index::order_rows(before, after, rows);
    }
}

impl Stored for Texts {
    type Key = ListId;
    type Mark = ();

    fn load(store: &Store, scope: ShopScope, list: ListId) -> Result<(Self, Option<SharedTail>), Error> {
        Ok((store.texts(scope, list)?, None))
    }

    fn head(&self) -> Option<(HeadKey, Vec<u8>)> {
        let (scope, list) = self.at?;
        Some((HeadKey::new(scope, HeadOf::Texts(list)), record::encode_with_room(self, 1_024)))
    }

    fn mark(&self) {}
}

impl Stored for Platform {
    type Key = ();
    type Mark = ();

    /// Replays the platform's own feed: it is short, and its keys stand among millions of buyers' tokens otherwise.
    fn load(store: &Store, scope: ShopScope, (): ()) -> Result<(Self, Option<SharedTail>), Error> {
        let mut platform = Platform::default();
        store.each_event(scope, 0, |_, event| {
            platform.apply(&event);
            Ok(true)
        })?;
        Ok((platform, None))
    }

    fn mark(&self) {}
}

impl Stored for Dispatcher {
    type Key = ();
    type Mark = ();

    fn load(store: &Store, scope: ShopScope, (): ()) -> Result<(Self, Option<SharedTail>), Error> {
        let shop = store.shop_head(scope)?.unwrap_or_else(|| Shop::new(scope));
        let serves = |role: Role| role.permissions(&shop.desk.roles).has(Permission::Serve);
        let told = |(agent, head): (AgentNo, Agent)| {
            let post = Post::of(&head.settings, head.role, serves(head.role), head.standing.may_send());
            (agent, head.settings.at_work(post), post)
        };
        let agents = store.accounts(scope)?.into_iter().map(told).collect();
        let open = store.open_conversations(scope)?;
        let assigned = if open.is_empty() { Vec::new() } else { store.last_assigned(scope)? };
        let kept = Kept {
            settings: shop.settings,
            version: shop.version,
            schedule_at: shop.schedule_at,
            last_slot: store.last_slot(scope)?,
            groups: shop.groups,
            agents,
            open,
            assigned,
        };
        Ok((Dispatcher::restore(scope, kept), None))
    }

    fn mark(&self) {}
}
