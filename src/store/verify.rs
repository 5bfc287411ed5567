//! Proof that a data folder is whole: everything is rebuilt from the feeds by the domain's own machines and compared, byte by
//! byte, with what is stored.
//!
//! Reads only. The store must be at rest, and one shop's state must fit into memory.

use super::columns::{CATALOGUE, Column};
use super::count;
use super::erase;
use super::history::{self, Entry, Tail};
use super::index::{self, Rows};
use super::keys::{self, Key};
use super::scan;
use super::{Error, Store, Stored};
use crate::domain::agent::Agent;
use crate::domain::conversation::{Conversation, Retries};
use crate::domain::event::{Author, Event, Ruling};
use crate::domain::guard::record::{Caught, Ground};
use crate::domain::health::{self, Figures};
use crate::domain::id::{AgentNo, ConversationId, ShopScope};
use crate::domain::notify::courier::Courier;
use crate::domain::order::{Order, OrderKey};
use crate::domain::shop::Shop;
use crate::domain::text::{ListId, Texts};
use std::collections::{BTreeMap, HashMap};

/// Problems that are listed; more are only counted.
const PROBLEMS_LISTED_MAX: usize = 1_000;

/// What [`Store::verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub commit_no: u64,
    /// Feeds, the platform's own among them.
    pub feeds: u64,
    pub events: u64,
    pub messages: u64,
    pub conversations: u64,
    pub accounts: u64,
    /// Rows that were rebuilt and compared.
    pub rows: u64,
    /// In words; at most 1,000.
    pub problems: Vec<String>,
    /// Problems beyond those listed.
    pub unlisted: u64,
}

impl Report {
    /// Nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, text: impl FnOnce() -> String) {
        if self.problems.len() < PROBLEMS_LISTED_MAX {
            self.problems.push(text());
        } else {
            self.unlisted += 1;
        }
    }
}

/// Rows as they should be.
type Expected = HashMap<Column, BTreeMap<Key, Vec<u8>>>;

/// The columns whose keys do not begin with a shop.
const OF_NO_SHOP: [Column; 5] =
    [Column::DirectoryShop, Column::TokenCredential, Column::CarrierLink, Column::UndertakingDue, Column::Deadline];

impl Store {
    /// Rebuilds everything from the feeds and compares. An `Err` is a failure to read; what does not agree is in the report.
    pub fn verify(&self) -> Result<Report, Error> {
        let mut report = Report { commit_no: super::commit_no(&self.db)?, ..Report::default() };
        let mut of_no_shop = Expected::new();
        let mut counts: HashMap<Column, u64> = HashMap::new();
        let mut next = Some(0);
        while let Some(scope) = self.next_feed(next)? {
            report.feeds += 1;
            let mut rebuilt = Rebuilt::new(scope);
            self.each_event(scope, 0, |seq, event| {
                rebuilt.hear(seq, &event, &mut report);
                Ok(true)
            })?;
            let mut expected = rebuilt.finish(&mut report);
            for column in OF_NO_SHOP {
                of_no_shop.entry(column).or_default().append(expected.entry(column).or_default());
            }
            for column in compared().filter(|c| !OF_NO_SHOP.contains(c)) {
                let rows = expected.remove(&column).unwrap_or_default();
                *counts.entry(column).or_default() += self.compare(column, keys::shop_range(scope), rows, &mut report)?;
            }
            next = scope.number().checked_add(1);
        }
        let everything = || (Key::new(), Key::from_slice(&[0xff; 48]));
        for column in OF_NO_SHOP {
            let rows = of_no_shop.remove(&column).unwrap_or_default();
            self.compare(column, everything(), rows, &mut report)?;
        }
        for column in compared().filter(|c| !OF_NO_SHOP.contains(c)) {
            let mut count = 0;
            self.scan(column, everything(), scan::Order::Ascending, None, |_, _| {
                count += 1;
                Ok(true)
            })?;
            if count != counts.get(&column).copied().unwrap_or(0) {
                report.problem(|| format!("{}: rows of shops that have no feed", column.catalogued().name));
            }
        }
        Ok(report)
    }

    /// The first shop from number `from` on that has a feed.
    fn next_feed(&self, from: Option<u32>) -> Result<Option<ShopScope>, Error> {
        let Some(from) = from else { return Ok(None) };
        let mut found = None;
        let range = (keys::shop_range(ShopScope::granted(from)).0, Key::from_slice(&[0xff; 48]));
        self.scan(Column::FeedEvent, range, scan::Order::Ascending, None, |key, _| {
            let number = key.first_chunk::<4>().ok_or_else(|| Error::damaged("feed_event", "a key of wrong length"))?;
            found = Some(ShopScope::granted(u32::from_be_bytes(*number)));
            Ok(false)
        })?;
        Ok(found)
    }

    /// Compares the rows of a range with `expected`; gives the number of rows there are.
    fn compare(&self, column: Column, range: (Key, Key), mut expected: BTreeMap<Key, Vec<u8>>, report: &mut Report) -> Result<u64, Error> {
        let name = column.catalogued().name;
        let mut count = 0;
        self.scan(column, range, scan::Order::Ascending, None, |key, value| {
            count += 1;
            match expected.remove(key) {
                None => report.problem(|| format!("{name}: row {} follows from no event", hex(key))),
                Some(right) if right != value => report.problem(|| format!("{name}: row {} is not what the feed makes it", hex(key))),
                Some(_) => {}
            }
            Ok(true)
        })?;
        for key in expected.keys() {
            report.problem(|| format!("{name}: row {} is missing", hex(key)));
        }
        report.rows += count;
        Ok(count)
    }
}

/// The columns that can be rebuilt.
fn compared() -> impl Iterator<Item = Column> {
    CATALOGUE.iter().map(|c| c.column).filter(|c| !matches!(c, Column::MetaValue | Column::FeedEvent))
}

/// One shop, replayed.
struct Rebuilt {
    scope: ShopScope,
    last_seq: u64,
    expected: Expected,
    counters: HashMap<(Column, Key), i64>,
    tallies: BTreeMap<Key, Figures>,
    shop: Shop,
    agents: HashMap<AgentNo, Agent>,
    orders: HashMap<OrderKey, Order>,
    texts: HashMap<ListId, Texts>,
    courier: Option<Courier>,
    conversations: HashMap<ConversationId, (Conversation, Tail)>,
    /// The first message of each that still says something.
    speaking: HashMap<ConversationId, u64>,
}

impl Rebuilt {
    fn new(scope: ShopScope) -> Rebuilt {
        Rebuilt {
            scope,
            last_seq: 0,
            expected: Expected::new(),
            counters: HashMap::new(),
            tallies: BTreeMap::new(),
            shop: Shop::new(scope),
            agents: HashMap::new(),
            orders: HashMap::new(),
            texts: HashMap::new(),
            courier: None,
            conversations: HashMap::new(),
            speaking: HashMap::new(),
        }
    }

    fn hear(&mut self, seq: u64, event: &Event, report: &mut Report) {
        let scope = self.scope;
        report.events += 1;
        if seq != self.last_seq + 1 {
            report.problem(|| format!("feed_event: shop {}: entry {seq} follows entry {}", scope.number(), self.last_seq));
        }
        self.last_seq = seq;
        let mut rows = Rows::default();
        index::event_rows(scope, 0, event, &mut rows);
        match subject(event) {
            Subject::Conversation(id) => self.hear_conversation(id, seq, event, &mut rows, report),
            Subject::Agent(agent) => {
                let machine = self.agents.entry(agent).or_insert_with(|| Agent::new(scope, agent));
                step(machine, event, &mut rows);
            }
            Subject::Shop => step(&mut self.shop, event, &mut rows),
            Subject::Order(key) => step(self.orders.entry(key).or_insert_with(|| Order::new(scope, key)), event, &mut rows),
            Subject::Texts(list) => step(self.texts.entry(list).or_insert_with(|| Texts::new(scope, list)), event, &mut rows),
            Subject::Courier => step(self.courier.get_or_insert_with(|| Courier::new(scope)), event, &mut rows),
            Subject::Nobody => {}
        }
        for added in health::changes(event) {
            self.tallies.entry(keys::tally(scope, added.lane, added.quarter)).or_default().add(added.what);
        }
        for change in rows.changes {
            *self.counters.entry((change.column, change.key)).or_default() += change.by;
        }
        for mut row in rows.rows {
            if row.at_event.is_some() {
                row.key.extend_from_slice(&seq.to_be_bytes());
            }
            let rows = self.expected.entry(row.column).or_default();
            match row.value {
                Some(value) => rows.insert(row.key, value),
                None => rows.remove(&row.key),
            };
        }
    }

    fn hear_conversation(&mut self, id: ConversationId, feed_seq: u64, event: &Event, rows: &mut Rows, report: &mut Report) {
        let scope = self.scope;
        let (machine, tail) = self.conversations.entry(id).or_insert_with(|| (Conversation::new(scope, id), Tail::default()));
        if let Event::MessageAdded { seq, at, retry, .. } = event {
            report.messages += 1;
            if *seq != tail.last_seq() + 1 || *at < machine.last_at {
                report.problem(|| format!("feed_event: conversation {id}: message {seq} follows message {}", tail.last_seq()));
                return;
            }
            let chunks = self.expected.entry(Column::HistoryChunk).or_default();
            tail.push(*seq, Entry { feed_seq, at: *at, retry: *retry }, |chunk, entries| {
                chunks.insert(Key::from_slice(&keys::history_chunk(scope, id, chunk)), history::chunk_encode(entries));
            });
        }
        if let Event::Erased { to, .. } = event {
            if self.speaking.get(&id).is_some_and(|first| *first <= *to) {
                report.problem(|| format!("feed_event: conversation {id}: what was deleted still stands in the feed"));
            }
            erase::forget(&mut self.expected, scope, id, *to);
        } else if let Event::MessageAdded { seq, .. } = event
            && erase::says_something(event)
        {
            self.speaking.entry(id).or_insert(*seq);
        }
        step(machine, event, rows);
        // Not part of the head, and not needed: the history index holds it.
        machine.retries = Retries::default();
    }

    fn finish(mut self, report: &mut Report) -> Expected {
        report.conversations += self.conversations.len() as u64;
        report.accounts += self.agents.len() as u64;
        for ((column, key), value) in self.counters.into_iter().filter(|(_, value)| *value != 0) {
            match u64::try_from(value) {
                Ok(value) => drop(self.expected.entry(column).or_default().insert(key, value.to_be_bytes().to_vec())),
                Err(_) => report.problem(|| format!("{}: counter {} is below 0", column.catalogued().name, hex(&key))),
            }
        }
        let tallies = self.tallies.iter().filter_map(|(key, figures)| Some((key.clone(), count::row(figures)?)));
        self.expected.entry(Column::TallyQuarter).or_default().extend(tallies);
        let heads = self.expected.entry(Column::HeadState).or_default();
        for (machine, tail) in self.conversations.values() {
            if let Some((key, mut head)) = machine.head() {
                tail.append_to(&mut head);
                heads.insert(Key::from_slice(key.as_ref()), head);
            }
        }
        let agents = self.agents.values().filter_map(Stored::head);
        let shop = self.shop.head().filter(|_| !self.shop.shop.is_empty());
        let orders = self.orders.values().filter_map(Stored::head);
        let texts = self.texts.values().filter_map(Stored::head);
        let courier = self.courier.iter().filter_map(Stored::head);
        heads.extend(agents.chain(shop).chain(orders).chain(texts).chain(courier).map(|(key, head)| (Key::from_slice(key.as_ref()), head)));
        self.expected
    }
}

fn step<M: Stored>(machine: &mut M, event: &Event, rows: &mut Rows) {
    let before = machine.mark();
    machine.apply(event);
    M::index(before, machine, rows);
}

/// Whose state an event changes.
enum Subject {
    Conversation(ConversationId),
    Agent(AgentNo),
    Shop,
    Order(OrderKey),
    Texts(ListId),
    Courier,
    /// The platform and the dispatcher keep no heads.
    Nobody,
}

fn subject(event: &Event) -> Subject {
    match event {
        Event::MessageAdded { conversation, .. }
        | Event::ReceptionOpened { conversation, .. }
        | Event::OpenedUnseen { conversation, .. }
        | Event::ReceptionOwned { conversation, .. }
        | Event::ReceptionQueued { conversation, .. }
        | Event::ReceptionPooled { conversation, .. }
        | Event::IntentFound { conversation, .. }
        | Event::PersonAsked { conversation, .. }
        | Event::ProfileSet { conversation, .. }
        | Event::OrderNoted { conversation, .. }
        | Event::ReceptionClosed { conversation, .. }
        | Event::RoundAnswered { conversation, .. }
        | Event::ReadByStaff { conversation, .. }
        | Event::ReadByBuyer { conversation, .. }
        | Event::MessageRecalled { conversation, .. }
        | Event::RoundWithdrawn { conversation, .. }
        | Event::Limit { conversation, .. }
        | Event::OrderSettled { conversation, .. }
        | Event::DeskWork { conversation, .. }
        | Event::Prioritised { conversation, .. }
        | Event::Blocked { conversation, .. }
        | Event::Unblocked { conversation, .. }
        | Event::Archived { conversation, .. }
        | Event::Restored { conversation, .. }
        | Event::Erased { conversation, .. }
        | Event::FileAdded { conversation, .. } => Subject::Conversation(*conversation),
        Event::Suggested(_) | Event::SuggestionSettled(_) => {
            event.of_suggestion().map_or(Subject::Nobody, |(id, _)| Subject::Conversation(id))
        }
        Event::TextCaught { caught } => who_caught(caught),
        Event::OrderReported { key, .. } | Event::OrderTold { key, .. } => Subject::Order(*key),
        Event::PhraseSet { list, .. } => Subject::Texts(*list),
        Event::Courier { .. } => Subject::Courier,
        Event::TemplateSet { .. } => Subject::Texts(ListId::Templates),
        Event::AccountCreated { agent, .. }
        | Event::SettingsChanged { agent, .. }
        | Event::PresenceChanged { agent, .. }
        | Event::SessionOpened { agent, .. }
        | Event::SessionEnded { agent, .. }
        | Event::LogInFailed { agent, .. }
        | Event::DraftSet { agent, .. }
        | Event::NoticesRead { agent, .. }
        | Event::RoleSet { agent, .. }
        | Event::Conduct { agent, .. } => Subject::Agent(*agent),
        Event::ShopCreated { .. }
        | Event::LoginReserved { .. }
        | Event::GroupSet { .. }
        | Event::SettingsSet { .. }
        | Event::DeskSet { .. }
        | Event::NoticeAdded { .. }
        | Event::NoticePrioritised { .. }
        | Event::ArchiveAnnounced { .. }
        | Event::HealthReported { .. }
        | Event::CouponTried { .. }
        | Event::Ruled { what: Ruling::Guard { .. } | Ruling::Words { .. } | Ruling::Approvals { .. }, .. }
        | Event::BuyerTokenIssued { .. }
        | Event::BuyerTokenRevoked { .. } => Subject::Shop,
        Event::Routed { .. }
        | Event::PoolAssigned { .. }
        | Event::Audited { .. }
        | Event::Platform { .. }
        | Event::Ruled { what: Ruling::Conduct { .. } | Ruling::Questions { .. }, .. }
        | Event::Heard(_) => Subject::Nobody,
    }
}

/// Whoever caught it remembers it: the account that cannot send, or the conversation that was not to be told.
fn who_caught(caught: &Caught) -> Subject {
    match (&caught.ground, caught.by) {
        (Ground::Held, Author::Agent(agent)) => Subject::Agent(agent),
        _ => Subject::Conversation(caught.conversation),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
