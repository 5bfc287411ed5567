//! The store at its seam: commits in, rows and releases out, and what it refuses to open.
//!
//! A crash is a copy of the data folder taken while the store is open and nothing is in flight: exactly what a killed process
//! leaves behind.

#[path = "store/figures.rs"]
mod figures;
#[path = "store/notifications.rs"]
mod notifications;
#[path = "store/standing.rs"]
mod standing;

use fenliu::domain::Machine;
use fenliu::domain::agent::{self, Agent};
use fenliu::domain::content::{Attachment, FileKind};
use fenliu::domain::conversation::{Command, Conversation, conversation_id};
use fenliu::domain::desk::LabelNo;
use fenliu::domain::dispatcher::Dispatcher;
use fenliu::domain::diversion::{Group, Settings, Strategy};
use fenliu::domain::event::{Actor, AgentSettings, Arrival, Author, Change, Event, Handing, PlatformChange, RetryKey, Role, Scope, Worked};
use fenliu::domain::explain::{Cause, Explanation, Outcome, Step};
use fenliu::domain::facts::{OrderState, Priority, Visit};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope};
use fenliu::domain::list::ListQuery;
use fenliu::domain::offline::{Failure, Firing, Operator, Run};
use fenliu::domain::order::{Carrier, Order, Report, order_key};
use fenliu::domain::platform::Platform;
use fenliu::domain::refusal::Refusal;
use fenliu::domain::shop::Shop;
use fenliu::domain::view::{Credential, State};
use fenliu::domain::{Answer, Events, Reply};
use fenliu::limits::{HISTORY_CHUNK, RETRY_WINDOW_MS};
use fenliu::store::keys::DueKind;
use fenliu::store::{Commit, Committer, Error, FORMAT, OLDEST_FORMAT, OrdersOf, Released, SharedTail, Store, StoreOptions, Stored};
use smallvec::smallvec;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const SHOP: ShopScope = ShopScope::granted(1);
const OTHER_SHOP: ShopScope = ShopScope::granted(2);
const PLATFORM: ShopScope = ShopScope::granted(0);
const START: Millis = Millis(1_790_000_000_000);

fn options() -> StoreOptions {
    StoreOptions { low_water_bytes: Some(0), ballast_bytes: 0, ..StoreOptions::default() }
}

fn accepting_loss() -> StoreOptions {
    StoreOptions { accept_loss: true, ..options() }
}

/// Why a folder was not opened.
fn refused(folder: &Path, options: &StoreOptions) -> Error {
    match Store::open(folder, options) {
        Ok(_) => panic!("it opened"),
        Err(e) => e,
    }
}

/// A store with its commit thread, and what that released.
struct Bench {
    store: Arc<Store>,
    committer: Committer<u64>,
    released: Receiver<Vec<Released<u64>>>,
    fatal: Arc<Mutex<Option<String>>>,
}

impl Bench {
    fn open(folder: &Path) -> Bench {
        let store = Arc::new(Store::open(folder, &options()).expect("opens"));
        let (sender, released) = channel();
        let fatal = Arc::new(Mutex::new(None));
        let told = Arc::clone(&fatal);
        let committer = Committer::start(
            Arc::clone(&store),
            move |group| drop(sender.send(group)),
            move |why| *told.lock().expect("unpoisoned") = Some(why),
        );
        Bench { store, committer, released, fatal }
    }

    /// Submits and waits for the release.
    fn commit(&self, commit: Commit<u64>) -> Released<u64> {
        self.committer.submit(commit);
        let mut group = self.released.recv().expect("released");
        assert_eq!(group.len(), 1);
        group.remove(0)
    }

    fn events(&self, scope: ShopScope, events: Events) -> u64 {
        self.commit(Commit::new(scope, events, 0)).first_seq
    }

    fn stop(self) {
        self.committer.stop();
        assert_eq!(*self.fatal.lock().expect("unpoisoned"), None);
    }
}

/// An entity as the actor holds it.
struct Entity<M: Stored> {
    scope: ShopScope,
    machine: M,
    tail: Option<SharedTail>,
}

impl<M: Stored> Entity<M> {
    fn load(store: &Store, scope: ShopScope, key: M::Key) -> Entity<M> {
        let (machine, tail) = M::load(store, scope, key).expect("loads");
        Entity { scope, machine, tail }
    }

    fn applied(&mut self, events: Events, payload: u64) -> Commit<u64> {
        let before = self.machine.mark();
        events.iter().for_each(|event| self.machine.apply(event));
        Commit::of(self.scope, events, before, &self.machine, self.tail.as_ref(), payload)
    }

    fn asked(&mut self, command: M::Command, now: Millis, payload: u64) -> Result<(Commit<u64>, Answer), Refusal> {
        let decision = self.machine.decide(command, now)?;
        Ok((self.applied(decision.events, payload), decision.answer))
    }
}

fn id(number: u8) -> ConversationId {
    ConversationId([number; 16])
}

fn send(client_id: u64) -> Command {
    let retry = RetryKey { client_id, body: client_id as u32 };
    let (visit, text) = (Visit::default(), format!("text {client_id}"));
    Command::Send { buyer: "b-17".into(), name: "小李".into(), visit, asks: false, text, retry, extra: None, desk: Default::default() }
}

/// Conversation `number` with `messages` messages of the buyer, one a second.
fn talk(bench: &Bench, scope: ShopScope, number: u8, messages: u64) -> Entity<Conversation> {
    let mut entity = Entity::load(&bench.store, scope, id(number));
    for n in 1..=messages {
        let (commit, _) = entity.asked(send(n), START.plus(n * 1_000), n).expect("accepted");
        bench.commit(commit);
    }
    entity
}

/// A copy of the folder as it is on disk now.
fn crashed(folder: &Path) -> TempDir {
    let copy = TempDir::new().expect("a folder");
    std::fs::create_dir(copy.path().join("db")).expect("made");
    for part in ["", "db"] {
        for file in std::fs::read_dir(folder.join(part)).expect("listed").map(|f| f.expect("read")) {
            if file.file_type().expect("known").is_file() && file.file_name() != "LOCK" {
                std::fs::copy(file.path(), copy.path().join(part).join(file.file_name())).expect("copied");
            }
        }
    }
    copy
}

fn delete_wal(folder: &Path) -> usize {
    let logs = std::fs::read_dir(folder.join("db")).expect("listed").map(|f| f.expect("read").path());
    let logs: Vec<_> = logs.filter(|path| path.extension().is_some_and(|e| e == "log")).collect();
    logs.iter().for_each(|path| std::fs::remove_file(path).expect("removed"));
    logs.len()
}

/// The high-water mark follows within its interval; nothing else writes to the folder then.
fn wait_for_high_water(folder: &Path, commit_no: u64) {
    let slot = |bytes: &[u8]| u64::from_be_bytes(bytes[16..24].try_into().expect("eight"));
    for _ in 0..100_000 {
        let bytes = std::fs::read(folder.join("HIGHWATER")).expect("read");
        if slot(&bytes).max(slot(&bytes[512..])) >= commit_no {
            return;
        }
        std::thread::yield_now();
    }
    panic!("the high-water mark was not written while idle");
}

// SPEC: OPS-2
#[test]
fn what_was_released_is_there_after_a_crash() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    talk(&bench, SHOP, 1, 40);
    let copy = crashed(folder.path());
    let store = Store::open(copy.path(), &options()).expect("opens");
    let texts: Vec<String> = store.messages(SHOP, id(1), 0, 200).expect("read").into_iter().map(|m| m.text).collect();
    assert_eq!(texts, (1..=40).map(|n| format!("text {n}")).collect::<Vec<_>>());
    assert_eq!(store.recovered_commit_no(), 40);
    assert_eq!(store.verify().expect("verified").problems, Vec::<String>::new());
}

// SPEC: OPS-2
#[test]
fn a_deleted_wal_is_refused_and_opens_only_with_the_loss_accepted() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    talk(&bench, SHOP, 1, 3);
    let copy = crashed(folder.path());
    assert!(delete_wal(copy.path()) > 0, "the workload is in the WAL");
    assert!(matches!(refused(copy.path(), &options()), Error::Corrupt { .. } | Error::LossDetected { .. }));
    // The control: with the check off it opens, and the messages are gone.
    let store = Store::open(copy.path(), &accepting_loss()).expect("opens");
    assert_eq!(store.conversation(SHOP, id(1)).expect("read"), None);
    drop(store);
    assert!(Store::open(copy.path(), &options()).is_ok(), "an accepted loss is not reported again");
}

// SPEC: OPS-2
#[test]
fn an_older_copy_of_the_database_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    talk(&bench, SHOP, 1, 3);
    let copy = crashed(folder.path());
    talk(&bench, SHOP, 2, 4);
    wait_for_high_water(folder.path(), 7);
    // A whole and sound database, but not the newest one that was promised.
    std::fs::copy(folder.path().join("HIGHWATER"), copy.path().join("HIGHWATER")).expect("copied");
    assert!(matches!(refused(copy.path(), &options()), Error::LossDetected { recovered: 3, promised: 7 }));
    assert!(matches!(refused(copy.path(), &options()), Error::LossDetected { .. }), "refusing changes nothing");
    let store = Store::open(copy.path(), &accepting_loss()).expect("opens");
    assert_eq!(store.recovered_commit_no(), 3);
}

// SPEC: OPS-2
#[test]
fn a_lost_database_or_mark_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    talk(&bench, SHOP, 1, 3);
    bench.stop();

    let no_mark = crashed(folder.path());
    std::fs::remove_file(no_mark.path().join("HIGHWATER")).expect("removed");
    assert!(matches!(refused(no_mark.path(), &options()), Error::HighWaterMissing { .. }));

    let no_database = crashed(folder.path());
    std::fs::remove_dir_all(no_database.path().join("db")).expect("removed");
    assert!(matches!(refused(no_database.path(), &options()), Error::LossDetected { recovered: 0, promised: 3 }));

    let torn = crashed(folder.path());
    let mark = torn.path().join("HIGHWATER");
    let mut bytes = std::fs::read(&mark).expect("read");
    bytes[20] ^= 1;
    std::fs::write(&mark, &bytes).expect("written");
    assert!(Store::open(torn.path(), &options()).is_ok(), "one torn slot leaves the other");

    let damaged = crashed(folder.path());
    let mark = damaged.path().join("HIGHWATER");
    bytes = std::fs::read(&mark).expect("read");
    bytes[20] ^= 1;
    bytes[512 + 20] ^= 1;
    std::fs::write(&mark, &bytes).expect("written");
    assert!(matches!(refused(damaged.path(), &options()), Error::HighWaterCorrupt { .. }));
}

// SPEC: OPS-4
#[test]
fn a_newer_or_unreleased_format_is_refused_and_nothing_is_touched() {
    for format in [FORMAT + 1, OLDEST_FORMAT - 1] {
        let folder = TempDir::new().expect("a folder");
        Bench::open(folder.path()).stop();
        let path = folder.path().join("HIGHWATER");
        let mut bytes = std::fs::read(&path).expect("read");
        for slot in bytes.chunks_exact_mut(512) {
            slot[4..8].copy_from_slice(&format.to_be_bytes());
            let crc = crc32fast::hash(&slot[..508]);
            slot[508..].copy_from_slice(&crc.to_be_bytes());
        }
        std::fs::write(&path, &bytes).expect("written");
        let before: Vec<_> = files(folder.path());
        match refused(folder.path(), &options()) {
            Error::NewerFormat { found, known } => assert_eq!((found, known), (FORMAT + 1, FORMAT)),
            Error::UnreleasedFormat { found } => assert_eq!(found, OLDEST_FORMAT - 1),
            other => panic!("{other}"),
        }
        assert_eq!(files(folder.path()), before);
    }
}

fn files(folder: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let files = std::fs::read_dir(folder.join("db")).expect("listed").map(|f| f.expect("read"));
    let mut files: Vec<_> = files.map(|f| (f.file_name(), std::fs::read(f.path()).expect("read"))).collect();
    files.sort();
    files
}

// SPEC: OPS-4
#[test]
fn a_damaged_database_is_refused_with_what_to_do() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    talk(&bench, SHOP, 1, 3);
    bench.stop();
    for (name, bytes) in files(folder.path()) {
        if name.to_string_lossy().starts_with("MANIFEST") {
            let mut bytes = bytes;
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(folder.path().join("db").join(name), bytes).expect("written");
        }
    }
    let error = refused(folder.path(), &options());
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("backup"));
}

// SPEC: OPS-4
#[test]
fn a_damaged_file_of_rows_is_an_error_and_never_fewer_rows() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    talk(&bench, SHOP, 1, 60);
    bench.stop();
    for (name, bytes) in files(folder.path()).into_iter().filter(|(name, _)| name.to_string_lossy().ends_with(".sst")) {
        for position in (0..bytes.len()).step_by(bytes.len() / 8) {
            let copy = crashed(folder.path());
            let mut bytes = bytes.clone();
            bytes[position] ^= 1;
            std::fs::write(copy.path().join("db").join(&name), bytes).expect("written");
            // Refused, or a read error, or whole: the flip may hit bytes that nothing reads.
            let Ok(store) = Store::open(copy.path(), &options()) else { continue };
            if let Ok(messages) = store.messages(SHOP, id(1), 0, 200) {
                assert_eq!(messages.len(), 60, "{name:?} at {position}");
            }
            if let Ok(report) = store.verify() {
                assert_eq!((report.messages, report.is_sound()), (60, true), "{name:?} at {position}");
            }
        }
    }
}

// SPEC: OPS-1
#[test]
fn a_folder_in_use_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    assert!(matches!(refused(folder.path(), &options()), Error::InUse { .. }));
    let store = Arc::downgrade(&bench.store);
    bench.stop();
    assert_eq!(store.strong_count(), 0, "the commit thread has let go of it");
    assert!(Store::open(folder.path(), &options()).is_ok());
}

// SPEC: OPS-3
#[test]
fn below_the_low_water_mark_writes_are_refused_and_the_ballast_is_kept() {
    let folder = TempDir::new().expect("a folder");
    let full = StoreOptions { low_water_bytes: Some(u64::MAX), ballast_bytes: 1 << 20, ..options() };
    let store = Store::open(folder.path(), &full).expect("opens");
    assert!(!store.writable());
    assert!(!folder.path().join("BALLAST").exists(), "no room for ballast");
    drop(store);
    let store = Store::open(folder.path(), &StoreOptions { ballast_bytes: 1 << 20, ..options() }).expect("opens");
    assert!(store.writable());
    assert_eq!(std::fs::metadata(folder.path().join("BALLAST")).expect("there").len(), 1 << 20);
}

// SPEC: OPS-2
#[test]
fn the_history_reads_across_the_borders_of_its_chunks() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let total = 3 * HISTORY_CHUNK + 1;
    let mut one: Entity<Conversation> = Entity::load(&bench.store, SHOP, id(1));
    let mut two: Entity<Conversation> = Entity::load(&bench.store, SHOP, id(2));
    for n in 1..=total {
        for entity in [&mut one, &mut two] {
            let (commit, _) = entity.asked(send(n), START.plus(n), n).expect("accepted");
            bench.commit(commit);
        }
        let seqs =
            |after, limit| -> Vec<u64> { bench.store.messages(SHOP, id(1), after, limit).expect("read").iter().map(|m| m.seq).collect() };
        assert_eq!(seqs(0, 1_000), (1..=n).collect::<Vec<_>>(), "after {n} messages");
    }
    for after in 0..=total + 1 {
        for limit in [1, 15, 16, 17, 40] {
            let found: Vec<u64> = bench.store.messages(SHOP, id(1), after, limit).expect("read").iter().map(|m| m.seq).collect();
            let right: Vec<u64> = (after + 1..=total.min(after + limit as u64)).collect();
            assert_eq!(found, right, "after {after}, at most {limit}");
        }
    }
    // The same after loading anew at every point of a chunk.
    for n in total + 1..=total + 2 * HISTORY_CHUNK {
        let mut entity: Entity<Conversation> = Entity::load(&bench.store, SHOP, id(1));
        assert_eq!(entity.machine.last_seq, n - 1);
        bench.commit(entity.asked(send(n), START.plus(n), n).expect("accepted").0);
    }
    assert_eq!(bench.store.messages(SHOP, id(1), 0, 1_000).expect("read").len() as u64, total + 2 * HISTORY_CHUNK);
    assert_eq!(bench.store.messages(OTHER_SHOP, id(1), 0, 1_000).expect("read"), Vec::new(), "another shop has no such conversation");
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
}

// SPEC: OPS-2
#[test]
fn a_retry_is_recognised_after_a_restart_for_24_hours() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut entity: Entity<Conversation> = Entity::load(&bench.store, SHOP, id(1));
    let at = |n: u64| match n {
        1..=20 => START.plus(n),
        _ => START.plus(RETRY_WINDOW_MS + 10 + n),
    };
    for n in 1..=60 {
        bench.commit(entity.asked(send(n), at(n), n).expect("accepted").0);
    }
    bench.stop();
    let store = Store::open(folder.path(), &options()).expect("opens");
    let (restored, _) = Conversation::load(&store, SHOP, id(1)).expect("loads");
    assert_eq!(restored, entity.machine, "the head and the retry window are as they were in memory");
    let again = |n: u64| restored.decide(send(n), at(60)).expect("answered");
    for n in 21..=60 {
        let right = Reply::Accepted { conversation: id(1), seq: n, at: at(n), repeated: true };
        assert!(matches!(again(n).answer, Answer::Reply(reply) if reply == right), "message {n}");
        assert!(again(n).events.is_empty());
    }
    assert_eq!(again(1).events.len(), 1, "older than the window: a new message");
    let other_text = Command::Send {
        buyer: "b-17".into(),
        name: String::new(),
        visit: Visit::default(),
        asks: false,
        text: "another".into(),
        retry: RetryKey { client_id: 60, body: 1 },
        extra: None,
        desk: Default::default(),
    };
    assert!(matches!(restored.decide(other_text, at(60)), Err(Refusal::RetryMismatch { seq: 60 })));
}

// SPEC: OPS-2
#[test]
fn commits_are_released_in_the_order_of_submission() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut one: Entity<Conversation> = Entity::load(&bench.store, SHOP, id(1));
    let mut two: Entity<Conversation> = Entity::load(&bench.store, OTHER_SHOP, id(2));
    const TOTAL: u64 = 5_000;
    for n in 0..TOTAL {
        let commit = match n % 3 {
            0 => one.asked(send(n + 1), START.plus(n), n).expect("accepted").0,
            1 => two.asked(send(n + 1), START.plus(n), n).expect("accepted").0,
            // Nothing to write, and still not before its turn.
            _ => Commit::new(SHOP, Events::new(), n),
        };
        bench.committer.submit(commit);
    }
    let mut released = Vec::new();
    while (released.len() as u64) < TOTAL {
        released.extend(bench.released.recv().expect("released"));
    }
    assert!(released.iter().map(|r| r.payload).eq(0..TOTAL));
    for scope in [SHOP, OTHER_SHOP] {
        let with_events: Vec<_> = released.iter().filter(|r| r.scope == scope && !r.events.is_empty()).collect();
        let mut next = 1;
        for r in with_events {
            assert_eq!(r.first_seq, next);
            next += r.events.len() as u64;
        }
        assert_eq!(bench.store.feed_last(scope).expect("read"), next - 1);
    }
    assert!(released.iter().filter(|r| r.events.is_empty()).all(|r| r.first_seq == 0));
    assert!(bench.store.recovered_commit_no() == 0);
    let report = bench.store.verify().expect("verified");
    assert_eq!(report.problems, Vec::<String>::new());
    assert!(report.commit_no < TOTAL / 3, "commits went to disk in groups: {}", report.commit_no);
    bench.stop();
}

// SPEC: OPS-2
#[test]
fn a_commit_is_there_as_a_whole_or_not_at_all() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    talk(&bench, SHOP, 1, 40);
    let log = std::fs::read_dir(folder.path().join("db")).expect("listed").map(|f| f.expect("read").path());
    let log = log.filter(|path| path.extension().is_some_and(|e| e == "log")).max().expect("a WAL");
    let name = log.file_name().expect("a name").to_owned();
    let length = std::fs::metadata(&log).expect("there").len();
    let mut seen = std::collections::BTreeSet::new();
    for cut in (0..=24).map(|part| length * part / 24) {
        let copy = crashed(folder.path());
        std::fs::write(copy.path().join("HIGHWATER"), highest_slot_at_zero()).expect("written");
        let torn = copy.path().join("db").join(&name);
        std::fs::OpenOptions::new().write(true).open(&torn).expect("opened").set_len(cut).expect("cut");
        let store = Store::open(copy.path(), &options()).expect("a torn tail opens");
        let report = store.verify().expect("verified");
        assert_eq!(report.problems, Vec::<String>::new(), "cut after {cut} bytes");
        assert_eq!(report.messages, report.commit_no);
        seen.insert(report.messages);
    }
    assert!(seen.len() > 10, "the cuts fell between different commits: {seen:?}");
}

/// A mark that promises nothing, so that a torn WAL is what it would be before the first promise.
fn highest_slot_at_zero() -> Vec<u8> {
    let folder = TempDir::new().expect("a folder");
    drop(Store::open(folder.path(), &options()).expect("opens"));
    std::fs::read(folder.path().join("HIGHWATER")).expect("read")
}

fn owned(number: u8, owner: Option<u32>, since: u64, answered: bool) -> Events {
    let (conversation, at, reception) = (id(number), START.plus(since), 1);
    let mut events = smallvec![Event::ReceptionOpened {
        conversation,
        reception,
        at,
        buyer: format!("b-{number}"),
        name: String::new(),
        visit: Visit::default(),
        asked: false,
    }];
    if let Some(agent) = owner.map(AgentNo) {
        let (group, from, how) = (Some(GroupNo(1)), None, Handing::ByRule);
        events.push(Event::ReceptionOwned { conversation, reception, at, agent, group, from, how, decision: 1 });
        if answered {
            events.push(Event::RoundAnswered {
                conversation,
                reception,
                agent,
                at,
                began: at,
                read: Vec::new(),
                charged: agent,
                late: false,
                group,
            });
        }
    }
    events
}

fn closed(number: u8, at: Millis) -> Event {
    Event::ReceptionClosed { conversation: id(number), reception: 1, at, by: None, owner: None, unanswered: None }
}

// SPEC: INB-3
#[test]
fn lists_are_paged_by_time_and_hold_each_conversation_once() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    for number in 1..=60u8 {
        let mut entity: Entity<Conversation> = Entity::load(&bench.store, SHOP, id(number));
        let owner = (number % 3 != 0).then_some(u32::from(number % 3));
        // Equal times too: the page border must not lose or repeat one.
        bench.commit(entity.applied(owned(number, owner, u64::from((61 - number) / 4), number % 2 == 0), 0));
        if number > 50 {
            bench.commit(entity.applied(smallvec![closed(number, START.plus(u64::from(number)))], 0));
        }
    }
    let of = |state, owner: Option<u32>| ListQuery { owner: owner.map(AgentNo), ..ListQuery::state(state) };
    let all = |of: &ListQuery, limit| {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = bench.store.list(SHOP, of, cursor.as_ref(), limit).expect("read");
            assert!(page.rows.len() <= limit);
            found.extend(page.rows);
            assert!(found.len() <= 60, "paging repeats itself");
            cursor = page.next;
            if cursor.is_none() {
                return found;
            }
        }
    };
    let mut total = 0;
    let owned = [State::Unanswered, State::Replied].into_iter().flat_map(|state| [(state, Some(1)), (state, Some(2))]);
    for (state, owner) in owned.chain([(State::Waiting, None), (State::Closed, None)]) {
        let right = all(&of(state, owner), 200);
        assert!(right.iter().all(|row| row.state == state && row.owner == owner.map(AgentNo)));
        let since: Vec<_> = right.iter().map(|row| row.since).collect();
        assert!(state == State::Closed || state == State::Replied || since.is_sorted(), "{state:?}: {since:?}");
        for limit in [1, 2, 3, 7] {
            assert_eq!(all(&of(state, owner), limit), right, "{state:?} {owner:?} in pages of {limit}");
        }
        total += right.len();
    }
    assert_eq!(total, 60);
    assert_eq!(all(&of(State::Closed, None), 4).len(), 10);
    assert!(bench.store.list(OTHER_SHOP, &of(State::Waiting, None), None, 10).expect("read").rows.is_empty());
}

fn settings() -> AgentSettings {
    AgentSettings { weight: 1, capacity: 3, groups: Vec::new(), enabled: true, welcome: String::new() }
}

// SPEC: ACC-1
#[test]
fn accounts_sessions_and_tokens_come_and_go_with_their_events() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let (agent, at) = (AgentNo(1), START);
    bench.events(SHOP, smallvec![Event::LoginReserved { login: "wang".into(), agent, at }]);
    let mut account: Entity<Agent> = Entity::load(&bench.store, SHOP, agent);
    assert_eq!(bench.store.account_by_login(SHOP, "wang").expect("read"), None, "reserved, not yet made");
    let create = agent::Command::Create {
        login: "wang".into(),
        name: "王".into(),
        password: "$x".into(),
        role: Role::Owner,
        settings: settings(),
        serves: true,
    };
    bench.commit(account.asked(create, at, 0).expect("made").0);
    let read = bench.store.account_by_login(SHOP, "wang").expect("read").expect("there");
    assert_eq!((read.agent, read.role, read.settings), (agent, Role::Owner, settings()));
    assert_eq!(bench.store.account_by_login(OTHER_SHOP, "wang").expect("read"), None);

    let (token, second) = ([1; 32], [2; 32]);
    for t in [token, second] {
        bench.commit(account.asked(agent::Command::LogIn { password_right: true, token: t, client: String::new() }, at, 0).expect("in").0);
    }
    let expires = account.machine.sessions[0].expires;
    let staff = Credential::Staff { shop: SHOP, agent, role: Role::Owner, expires, client: String::new() };
    assert_eq!(bench.store.credential(&token).expect("read"), Some(staff.clone()));
    bench.commit(account.asked(agent::Command::LogOut { token }, at, 0).expect("out").0);
    assert_eq!(bench.store.credential(&token).expect("read"), None);
    assert_eq!(bench.store.credential(&second).expect("read"), Some(staff));
    let disabled = AgentSettings { enabled: false, ..settings() };
    bench.commit(account.asked(agent::Command::Configure { settings: disabled, serves: true }, at, 0).expect("set").0);
    assert_eq!(bench.store.credential(&second).expect("read"), None, "a disabled account has no session");

    let buyer = Event::BuyerTokenIssued { token, buyer: "b".into(), name: "n".into(), conversation: id(7), at, expires };
    bench.events(SHOP, smallvec![buyer]);
    assert!(matches!(bench.store.credential(&token).expect("read"), Some(Credential::Buyer { shop: SHOP, .. })));
    bench.events(SHOP, smallvec![Event::BuyerTokenRevoked { token, at }]);
    assert_eq!(bench.store.credential(&token).expect("read"), None);
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
}

// SPEC: OPS-4
#[test]
fn shop_platform_and_dispatcher_come_back_from_their_rows() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let at = START;
    let changed = |what| smallvec![Event::Platform { at, what }];
    let mut platform: Entity<Platform> = Entity::load(&bench.store, PLATFORM, ());
    for (name, number) in [("tea-house", 1), ("book-shop", 2)] {
        bench.commit(platform.applied(changed(PlatformChange::ShopListed { shop: name.into(), number }), 0));
    }
    for key in [[8; 32], [9; 32]] {
        let issued = PlatformChange::ApiKeyIssued { key, name: "k".into(), scopes: vec![Scope::Shops] };
        bench.commit(platform.applied(changed(issued), 0));
    }
    bench.commit(platform.applied(changed(PlatformChange::ApiKeyRevoked { key: [8; 32] }), 0));
    assert_eq!(Platform::load(&bench.store, PLATFORM, ()).expect("loads").0, platform.machine);
    assert_eq!(bench.store.shop_by_name("book-shop").expect("read"), Some(OTHER_SHOP));
    assert_eq!(bench.store.shop_by_name("tea").expect("read"), None);
    assert!(matches!(bench.store.credential(&[9; 32]).expect("read"), Some(Credential::Platform { .. })));
    assert_eq!(bench.store.credential(&[8; 32]).expect("read"), None);

    let mut shop: Entity<Shop> = Entity::load(&bench.store, SHOP, ());
    assert_eq!(bench.store.shop(SHOP).expect("read"), None);
    let created = Event::ShopCreated { shop: "tea-house".into(), name: "茶馆".into(), at };
    let reserved = Event::LoginReserved { login: "wang".into(), agent: AgentNo(1), at };
    bench.commit(shop.applied(smallvec![created, reserved], 0));
    assert_eq!(Shop::load(&bench.store, SHOP, ()).expect("loads").0, shop.machine);
    assert_eq!(bench.store.shop(SHOP).expect("read").expect("there").name, "茶馆");

    let key = order_key(SHOP, "O-1");
    let mut order: Entity<Order> = Entity::load(&bench.store, SHOP, key);
    for (status, state) in [("paid", OrderState::Paid), ("shipped", OrderState::Shipped)] {
        let report = Box::new(Report { order: "O-1".into(), buyer: "b".into(), status: status.into(), ..Report::default() });
        let conversation = conversation_id(SHOP, "b");
        bench.commit(order.applied(smallvec![Event::OrderReported { key, report, state, conversation, at }], 0));
    }
    assert_eq!(bench.store.order(SHOP, key).expect("read").as_ref(), Some(&order.machine));
    assert_eq!(order.machine.report.status, "shipped");
    assert_eq!(bench.store.order(OTHER_SHOP, key).expect("read"), None);
    // SPEC: INB-9
    let listed = |scope, of| bench.store.orders(scope, of, None, 10).expect("read").rows.len();
    let (paid, shipped) = (OrdersOf::State(OrderState::Paid), OrdersOf::State(OrderState::Shipped));
    let of_buyer = OrdersOf::Buyer(conversation_id(SHOP, "b"));
    assert_eq!([OrdersOf::Shop, paid, shipped, of_buyer].map(|of| listed(SHOP, of)), [1, 0, 1, 1]);
    assert_eq!(listed(OTHER_SHOP, OrdersOf::Shop), 0);
    let carrier = Carrier { code: "kuai".into(), name: "快".into(), link: "https://a.example/{number}".into() };
    bench.commit(platform.applied(changed(PlatformChange::CarrierSet { carrier: carrier.clone() }), 0));
    assert_eq!(Platform::load(&bench.store, PLATFORM, ()).expect("loads").0, platform.machine);
    assert_eq!(bench.store.carrier("kuai").expect("read"), Some(carrier));

    for (number, owner) in [(1, None), (2, None), (3, Some(1))] {
        let mut entity: Entity<Conversation> = Entity::load(&bench.store, SHOP, id(number));
        bench.commit(entity.applied(owned(number, owner, u64::from(number), false), 0));
        if number == 2 {
            bench.commit(entity.applied(smallvec![closed(2, at)], 0));
        }
    }
    let (dispatcher, _) = <Dispatcher as Stored>::load(&bench.store, SHOP, ()).expect("loads");
    assert_eq!(dispatcher.waiting(), 1, "one waits, one is closed, one is owned");
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
}

fn arrival(conversation: ConversationId, reception: u32) -> Arrival {
    Arrival {
        conversation,
        reception,
        arrived: START,
        priority: Priority::Normal,
        facts: Box::default(),
        group: None,
        recent: None,
        dedicated: None,
        unanswered: Some(START),
        last: START,
        asked: None,
        missed: Vec::new(),
        decision: 0,
    }
}

fn explanation(outcome: Outcome, queue_len: u32) -> Explanation {
    let (cause, step) = (Cause::Opened, Step::AnyAgent);
    let (strategy, seen) = (Strategy::WeightedLeastLoad, Vec::new());
    Explanation { at: START, cause, step, from: None, outcome, group: None, strategy, seen, unlisted: 0, queue_len }
}

/// In the pool since `since`, the buyer's last message then.
fn pooled(number: u8, since: u64) -> Events {
    let (conversation, at, reception) = (id(number), START.plus(since), 1);
    let mut events = owned(number, None, since, false);
    let retry = RetryKey { client_id: u64::from(number), body: 1 };
    let (author, text, owner) = (Author::Buyer, "在吗".into(), None);
    events.push(Event::MessageAdded { conversation, seq: 1, at, author, text, retry, owner, extra: None, starts: None });
    events.push(Event::ReceptionPooled { conversation, reception, at, from: None, how: Handing::OfflineWay, decision: 1 });
    events
}

// SPEC: OFF-2
#[test]
fn the_pool_is_listed_newest_first_and_pages_lose_nothing() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    for number in 1..=20u8 {
        let mut entity: Entity<Conversation> = Entity::load(&bench.store, SHOP, id(number));
        bench.commit(entity.applied(pooled(number, u64::from(number / 2) * 1_000), 0));
    }
    for limit in [1, 3, 20, 200] {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = bench.store.pool(SHOP, cursor.as_ref(), limit).expect("read");
            found.extend(page.rows.into_iter().map(|row| (row.last_buyer_at, row.summary.conversation)));
            let Some(next) = page.next else { break };
            cursor = Some(next);
        }
        assert_eq!(found.len(), 20, "pages of {limit}");
        assert!(found.is_sorted_by(|a, b| a > b), "newest first: {found:?}");
    }
    let (dispatcher, _) = <Dispatcher as Stored>::load(&bench.store, SHOP, ()).expect("loads");
    assert_eq!((dispatcher.pooled(), dispatcher.waiting()), (20, 0));
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
}

// SPEC: DIV-5
#[test]
fn the_position_in_the_queue_is_by_priority_then_arrival() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    // (number, priority, arrived)
    let waiting = [(1, Priority::Normal, 5), (2, Priority::Urgent, 9), (3, Priority::Normal, 3), (4, Priority::Low, 1)];
    for (number, priority, arrived) in waiting {
        let (conversation, at, arrived) = (id(number), START.plus(20), START.plus(arrived));
        let (group, from, how, reception, ahead) = (None, None, Handing::ByRule, 1, 0);
        let mut events = owned(number, None, 20, false);
        events.push(Event::ReceptionQueued { conversation, reception, at, group, from, how, decision: 1, arrived, priority, ahead });
        let mut entity: Entity<Conversation> = Entity::load(&bench.store, SHOP, conversation);
        bench.commit(entity.applied(events, 0));
    }
    let positions: Vec<_> = (1..=5).map(|n| bench.store.waiting_position(SHOP, id(n)).expect("read")).collect();
    assert_eq!(positions, [Some(3), Some(1), Some(2), Some(4), None]);
    let listed = bench.store.list(SHOP, &ListQuery::state(State::Waiting), None, 10).expect("read").rows;
    assert_eq!(listed.iter().map(|row| row.conversation).collect::<Vec<_>>(), [id(2), id(3), id(1), id(4)]);
}

// SPEC: OFF-7, OFF-8
#[test]
fn records_of_the_assignment_are_kept_by_time() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let record = |minute: u64, firing| Event::PoolAssigned {
        run: Run {
            at: START.plus(minute * 60_000),
            firing,
            operator: Operator::System,
            pooled: 2,
            eligible: 2,
            taken: 2,
            heads: 1,
            assigned: vec![(AgentNo(4), 1)],
            failures: vec![(Failure::NoCapacity, 1)],
            stayed: vec![(id(1), Failure::NoCapacity)],
        },
    };
    let slot = |minute: u64| START.plus(minute * 60_000);
    let moved = |number: u8| Event::Routed { arrival: arrival(id(number), 1), why: explanation(Outcome::Owned(AgentNo(4)), 0) };
    bench.events(SHOP, smallvec![moved(1), record(0, Firing::Slot(slot(0)))]);
    bench.events(SHOP, smallvec![moved(2), record(30, Firing::Late(slot(29)))]);
    for minute in 31..60 {
        bench.events(SHOP, smallvec![moved(3), record(minute, Firing::ByHand)]);
    }
    bench.events(OTHER_SHOP, smallvec![record(99, Firing::Slot(slot(99)))]);
    let newest = bench.store.runs(SHOP, None, 3).expect("read");
    assert_eq!(newest.iter().map(|(_, run)| run.at).collect::<Vec<_>>(), [slot(59), slot(58), slot(57)]);
    let older = bench.store.runs(SHOP, Some(newest[2].0), 100).expect("read");
    assert_eq!((older.len(), older[0].1.at), (28, slot(56)));
    assert_eq!(bench.store.runs_between(SHOP, slot(30), slot(32)).expect("read").len(), 2);
    assert_eq!(bench.store.last_run(SHOP).expect("read").map(|run| run.firing), Some(Firing::Late(slot(29))));
    assert!(bench.store.runs(SHOP, Some(1), 5).expect("read").is_empty(), "a cursor of something else");
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
}

// SPEC: DIV-11, ACC-2
#[test]
fn versions_and_audit_are_read_newest_first() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let by = || Actor::Account(AgentNo(1));
    let set = |version: u32| Event::SettingsSet {
        settings: Box::new(Settings { busy_above: version, ..Settings::default() }),
        version,
        by: by(),
        rolled_back_to: None,
        at: START.plus(u64::from(version)),
    };
    let change =
        Change::Group { group: GroupNo(1), before: None, after: Group { name: "g".into(), capacity: None, welcome: String::new() } };
    bench.events(SHOP, smallvec![set(1), Event::Audited { by: by(), change, at: START }, set(2), set(3)]);
    bench.events(OTHER_SHOP, smallvec![set(1)]);
    let versions = |before| -> Vec<u32> {
        let found = bench.store.settings_versions(SHOP, before, 2).expect("read");
        found.into_iter().map(|v| v.version).collect()
    };
    assert_eq!((versions(None), versions(Some(2)), versions(Some(1))), (vec![3, 2], vec![1], vec![]));
    let second = bench.store.settings_version(SHOP, 2).expect("read").expect("there");
    assert_eq!(second.settings.busy_above, 2);
    assert!(bench.store.settings_version(SHOP, 4).expect("read").is_none());
    let audit = bench.store.audit(SHOP, None, 2).expect("read");
    assert_eq!(audit.len(), 2);
    let rest = bench.store.audit(SHOP, Some(audit[1].0), 10).expect("read");
    assert!(matches!(rest.as_slice(), [(_, Event::Audited { .. }), (_, Event::SettingsSet { version: 1, .. })]), "{rest:?}");
    assert_eq!(bench.store.audit(OTHER_SHOP, None, 10).expect("read").len(), 1);
}

// SPEC: DIV-9
#[test]
fn decisions_are_kept_in_order_under_their_reception() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let routed = |conversation, reception, queue_len| Event::Routed {
        arrival: arrival(conversation, reception),
        why: explanation(Outcome::Queued, queue_len),
    };
    bench.events(SHOP, smallvec![routed(id(1), 1, 1), routed(id(1), 2, 2)]);
    bench.events(SHOP, smallvec![routed(id(2), 1, 3)]);
    bench.events(SHOP, smallvec![routed(id(1), 1, 4)]);
    let queue_lens = |conversation, reception| -> Vec<u32> {
        let decided = bench.store.explanations(SHOP, conversation, reception).expect("read");
        decided.into_iter().map(|d| d.why.queue_len).collect()
    };
    assert_eq!(queue_lens(id(1), 1), [1, 4]);
    assert_eq!(queue_lens(id(1), 2), [2]);
    assert_eq!(queue_lens(id(2), 1), [3]);
    assert!(queue_lens(id(3), 1).is_empty());
    assert!(bench.store.explanations(OTHER_SHOP, id(1), 1).expect("read").is_empty());
}

// SPEC: INB-11
#[test]
fn a_feed_is_read_from_a_cursor_without_gap_or_repeat() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    assert_eq!(bench.store.feed_last(SHOP).expect("read"), 0);
    talk(&bench, SHOP, 1, 10);
    talk(&bench, OTHER_SHOP, 1, 3);
    let last = bench.store.feed_last(SHOP).expect("read");
    assert_eq!(last, 11, "ten messages and the reception");
    let (mut cursor, mut seen) = (0, Vec::new());
    loop {
        let page = bench.store.feed(SHOP, cursor, 3).expect("read");
        let Some(newest) = page.last() else { break };
        cursor = newest.seq;
        seen.extend(page.into_iter().map(|entry| entry.seq));
    }
    assert_eq!(seen, (1..=last).collect::<Vec<_>>());
    bench.stop();
    let bench = Bench::open(folder.path());
    let retry = RetryKey { client_id: 0, body: 0 };
    let message = Event::MessageAdded {
        conversation: id(9),
        seq: 1,
        at: START,
        author: Author::System,
        text: String::new(),
        retry,
        owner: None,
        extra: None,
        starts: None,
    };
    assert_eq!(bench.events(SHOP, smallvec![message]), last + 1, "a restart goes on where it was");
}

// SPEC: OPS-4
#[test]
fn verify_finds_what_does_not_follow_from_the_feed() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    talk(&bench, SHOP, 1, 20);
    assert!(bench.store.verify().expect("verified").is_sound());
    // A message without its conversation: what a half-written batch would leave.
    let retry = RetryKey { client_id: 1, body: 1 };
    let stray = Event::MessageAdded {
        conversation: id(1),
        seq: 21,
        at: START.plus(99_000),
        author: Author::Buyer,
        text: "x".into(),
        retry,
        owner: None,
        extra: None,
        starts: None,
    };
    bench.events(SHOP, smallvec![stray]);
    let report = bench.store.verify().expect("verified");
    assert!(!report.is_sound());
    assert!(report.problems.iter().any(|p| p.contains("head_state")), "{:?}", report.problems);
}

// SPEC: OPS-2
#[test]
fn after_a_broken_invariant_nothing_more_is_released() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut entity = talk(&bench, SHOP, 1, 2);
    // A conversation that skips a message must never reach the disk.
    let retry = RetryKey { client_id: 1, body: 1 };
    let skipping = Event::MessageAdded {
        conversation: id(1),
        seq: 9,
        at: START.plus(9_000),
        author: Author::Buyer,
        text: "x".into(),
        retry,
        owner: None,
        extra: None,
        starts: None,
    };
    bench.committer.submit(entity.applied(smallvec![skipping], 7));
    assert!(bench.released.recv().is_err(), "the thread ended without releasing it");
    bench.committer.submit(Commit::new(SHOP, Events::new(), 8));
    bench.committer.stop();
    assert_eq!(bench.committer.submitter().waiting(), 0, "what comes later is dropped, so that its caller learns it");
    assert!(bench.fatal.lock().expect("unpoisoned").is_some());
    drop(bench.committer);
    assert_eq!(bench.store.messages(SHOP, id(1), 0, 10).expect("read").len(), 2);
}

/// Carries out commands a second after each other; the last time.
fn asked(bench: &Bench, entity: &mut Entity<Conversation>, from: Millis, commands: Vec<Command>) -> Millis {
    let mut at = from;
    for command in commands {
        at = at.plus(1_000);
        let (commit, _) = entity.asked(command, at, 0).expect("accepted");
        bench.commit(commit);
    }
    at
}

fn by_overseer(no: u32) -> (AgentNo, bool) {
    (AgentNo(no), true)
}

// SPEC: INB-5, INB-7, INB-13
#[test]
fn what_was_done_to_messages_is_shown_with_them_and_survives_a_recount() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut entity = talk(&bench, SHOP, 1, 40);
    let (by, oversees) = by_overseer(3);
    let labels = |labels: &[u16]| labels.iter().copied().map(LabelNo).collect::<Vec<_>>();
    let commands = vec![
        Command::Recall { by: Author::Buyer, seq: 39, desk: Default::default() },
        Command::LabelMessage { by, oversees, seq: 38, labels: labels(&[2, 1]) },
        Command::LabelMessage { by, oversees, seq: 39, labels: labels(&[1]) },
        Command::LabelMessage { by, oversees, seq: 37, labels: labels(&[1]) },
        Command::LabelMessage { by, oversees, seq: 37, labels: labels(&[]) },
        Command::Note { by, oversees, text: "first".into(), mentions: vec![AgentNo(4)] },
        Command::Note { by, oversees, text: "second".into(), mentions: vec![] },
    ];
    asked(&bench, &mut entity, START.plus(40_000), commands);
    let shown = |messages: Vec<fenliu::domain::view::Message>| -> Vec<(u64, String, bool, usize)> {
        messages.into_iter().map(|m| (m.seq, m.text, m.recalled, m.labels.len())).collect()
    };
    let row = |seq, text: &str, recalled, labels| (seq, text.to_owned(), recalled, labels);
    let staff = shown(bench.store.messages(SHOP, id(1), 36, 9).expect("read"));
    assert_eq!(staff, [row(37, "text 37", false, 0), row(38, "text 38", false, 2), row(39, "", true, 1), row(40, "text 40", false, 0)]);
    let buyer = shown(bench.store.buyer_messages(SHOP, id(1), 37, 2).expect("read"));
    assert_eq!(buyer, [row(38, "text 38", false, 0), row(39, "", true, 0)]);
    let text_of = |entries: Vec<fenliu::domain::view::FeedEntry>| {
        let texts = entries.into_iter().filter_map(|entry| match entry.event {
            Event::MessageAdded { seq: 39, text, .. } => Some(text),
            _ => None,
        });
        texts.collect::<Vec<_>>()
    };
    assert_eq!(text_of(bench.store.feed(SHOP, 0, 200).expect("read")), ["text 39"], "the feed keeps it");
    assert_eq!(text_of(bench.store.feed_shown(SHOP, 0, 200).expect("read")), [""], "a device that was away is not shown it");
    let notes = bench.store.notes(SHOP, id(1), None, 1).expect("read");
    assert_eq!((notes.len(), notes[0].1.text.as_str()), (1, "second"));
    let notes = bench.store.notes(SHOP, id(1), Some(notes[0].0), 9).expect("read");
    assert_eq!((notes.len(), notes[0].1.text.as_str()), (1, "first"));
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
    bench.stop();
}

// SPEC: INB-8
#[test]
fn what_a_blacklisted_buyer_writes_is_shown_to_the_buyer_alone() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut entity = talk(&bench, SHOP, 1, 2);
    let by = || Actor::Account(AgentNo(3));
    let block = |buyer: &str| Command::Block { buyer: buyer.into(), reason: "spam".into(), by: by() };
    let at = asked(&bench, &mut entity, START.plus(2_000), vec![block("b-1"), send(3)]);
    let mut never = Entity::load(&bench.store, SHOP, id(2));
    asked(&bench, &mut never, at, vec![block("b-2"), send(1)]);
    let summary = |number| bench.store.conversation(SHOP, id(number)).expect("read");
    let first = summary(1).expect("there");
    assert_eq!((first.state, first.last_seq, first.last_at, first.unread), (State::Closed, 2, START.plus(2_000), 2));
    assert_eq!(summary(2), None);
    let seen = |staff: bool| {
        let page = if staff { bench.store.messages(SHOP, id(1), 0, 9) } else { bench.store.buyer_messages(SHOP, id(1), 0, 9) };
        page.expect("read").into_iter().map(|m| (m.seq, m.extra.is_some_and(|extra| extra.while_blocked))).collect::<Vec<_>>()
    };
    assert_eq!((seen(true), seen(false)), (vec![(1, false), (2, false)], vec![(1, false), (2, false), (3, false)]));
    let page = bench.store.blacklist(SHOP, None, 1).expect("read");
    assert_eq!((page.rows.len(), page.rows[0].buyer.as_str(), page.rows[0].reason.as_str()), (1, "b-2", "spam"));
    let page = bench.store.blacklist(SHOP, page.next, 1).expect("read");
    assert_eq!((page.rows[0].conversation, page.next), (id(1), None));
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
    asked(&bench, &mut entity, at, vec![Command::Unblock { by: by(), desk: Default::default() }]);
    asked(&bench, &mut never, at.plus(9_000), vec![Command::Unblock { by: by(), desk: Default::default() }]);
    assert_eq!(seen(true), [(1, false), (2, false), (3, true)], "marked");
    assert_eq!(summary(2).map(|summary| (summary.state, summary.unread)), Some((State::Closed, 1)));
    assert!(bench.store.blacklist(SHOP, None, 9).expect("read").rows.is_empty());
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
    bench.stop();
}

// SPEC: INB-12, INB-9
#[test]
fn the_end_of_an_archive_leaves_the_record_and_nothing_that_was_said() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut entity = talk(&bench, SHOP, 1, 20);
    talk(&bench, SHOP, 2, 20);
    let (by, oversees) = by_overseer(3);
    let hash = [7; 32];
    let attachment = Attachment { hash, kind: FileKind::Pdf, bytes: 9, name: "invoice.pdf".into(), size: None };
    let added = Event::FileAdded { conversation: id(1), file: attachment, by: Author::Buyer, at: START.plus(20_500) };
    bench.commit(entity.applied(smallvec![added], 0));
    let order = Command::NoteOrder { order: "o-1".into(), state: OrderState::Closed, since: Millis(0), desk: Default::default() };
    let commands = vec![
        Command::LabelMessage { by, oversees, seq: 3, labels: vec![LabelNo(1)] },
        Command::Note { by, oversees, text: "private".into(), mentions: vec![AgentNo(4)] },
        Command::Close { by, oversees },
        order,
        Command::Archive { by: Some(by) },
    ];
    let at = asked(&bench, &mut entity, START.plus(21_000), commands);
    let due = |kind| bench.store.due(SHOP, kind, at.plus(1), 9).expect("read");
    assert_eq!((due(DueKind::Archivable), due(DueKind::Archived)), (vec![], vec![(at, id(1))]));
    let (commit, _) = entity.asked(Command::Erase { keep_days: 0 }, at, 0).expect("accepted");
    assert_eq!(bench.commit(commit).files, [hash]);
    assert_eq!(due(DueKind::Archived), vec![]);
    assert!(bench.store.messages(SHOP, id(1), 0, 99).expect("read").is_empty());
    assert!(bench.store.notes(SHOP, id(1), None, 99).expect("read").is_empty());
    assert!(bench.store.marks(SHOP, id(1), 1, 99).expect("read").is_empty());
    let said = bench.store.feed(SHOP, 0, 999).expect("read").into_iter().filter(|entry| match &entry.event {
        Event::MessageAdded { conversation, text, .. } | Event::DeskWork { conversation, what: Worked::NoteAdded { text, .. }, .. } => {
            *conversation == id(1) && !text.is_empty()
        }
        Event::FileAdded { file, .. } => !file.name.is_empty(),
        _ => false,
    });
    assert_eq!(said.count(), 0);
    assert_eq!(bench.store.messages(SHOP, id(2), 0, 99).expect("read").len(), 20, "another's stay");
    let rule = bench.store.audit(SHOP, None, 1).expect("read");
    assert!(matches!(&rule[0].1, Event::Erased { to: 20, keep_days: 0, archived_at, .. } if *archived_at == at), "{rule:?}");
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
    asked(&bench, &mut entity, at, vec![send(99)]);
    assert_eq!(bench.store.messages(SHOP, id(1), 0, 99).expect("read").iter().map(|m| m.seq).collect::<Vec<_>>(), [21]);
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
    bench.stop();
}
