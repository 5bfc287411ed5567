//! Reading a data folder beside the server that writes it, and reading of a moment that has passed.

use fenliu::domain::Events;
use fenliu::domain::event::{Actor, AgentSettings, Change, Event, Presence, Role};
use fenliu::domain::id::{AgentNo, ConversationId, Millis, ShopScope, TokenHash};
use fenliu::store::{Commit, Committer, Error, FORMAT, Released, Store, StoreOptions, Stored};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};

const SHOP: ShopScope = ShopScope::granted(1);
const START: u64 = 1_790_000_000_000;

/// A store that writes out its tables as often as RocksDB allows.
fn options() -> StoreOptions {
    StoreOptions { low_water_bytes: Some(0), ballast_bytes: 0, write_buffer_bytes: 64 << 10, ..StoreOptions::default() }
}

fn open(folder: &Path) -> (Arc<Store>, Committer<u64>, Receiver<Vec<Released<u64>>>) {
    let store = Arc::new(Store::open(folder, &options()).expect("opens"));
    let (sender, released) = channel();
    let committer = Committer::start(store.clone(), move |group| drop(sender.send(group)), |why| panic!("{why}"));
    (store, committer, released)
}

fn hash(number: u64) -> TokenHash {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    hash
}

fn token(number: u64) -> Event {
    let (at, conversation, name) = (Millis(START + number), ConversationId([7; 16]), "x".repeat(1_000));
    Event::BuyerTokenIssued { token: hash(number), buyer: format!("b-{number}"), name, conversation, at, expires: at }
}

/// Every file of a folder with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for part in ["", "db"] {
        for file in std::fs::read_dir(folder.join(part)).expect("listed").map(|f| f.expect("read").path()).filter(|f| f.is_file()) {
            all.insert(file.display().to_string(), std::fs::read(&file).expect("read"));
        }
    }
    all
}

fn opened(folder: &Path) -> Result<u64, Error> {
    Store::open_read_only(folder).map(|store| store.recovered_commit_no())
}

// SPEC: DIV-9
#[test]
fn beside_a_writer_every_look_shows_one_whole_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (store, committer, released) = open(folder.path());
    let acknowledged = Arc::new(AtomicU64::new(0));
    let (told, submitter) = (acknowledged.clone(), committer.submitter());
    let writer = std::thread::spawn(move || {
        for number in 1..=12_000 {
            submitter.submit(Commit::new(SHOP, Events::from_iter([token(number)]), number));
            if number % 8 == 0 {
                while told.load(Ordering::Acquire) < number {
                    let group = released.recv().expect("released");
                    told.store(group.last().expect("never empty").payload, Ordering::Release);
                }
            }
        }
    });
    let mut looks = 0;
    while !writer.is_finished() {
        let before = acknowledged.load(Ordering::Acquire);
        let look = Store::open_read_only(folder.path()).expect("opens beside the writer");
        let last = look.feed_last(SHOP).unwrap();
        assert!(last >= before, "{before} were acknowledged, and the feed ends at {last}");
        let mut seq = 0;
        look.each_event(SHOP, 0, |at, event| {
            seq += 1;
            assert_eq!((at, event), (seq, token(seq)));
            Ok(true)
        })
        .unwrap();
        assert_eq!(seq, last);
        let there = |number: u64| look.credential(&hash(number)).unwrap().is_some();
        assert!((last == 0 || there(last)) && !there(last + 1), "rows and feed are of one moment");
        looks += 1;
    }
    writer.join().unwrap();
    committer.stop();
    assert!(looks > 3, "{looks} looks");
    drop(store);
    assert_eq!(Store::open_read_only(folder.path()).unwrap().feed_last(SHOP).unwrap(), 12_000);
}

// SPEC: DIV-9
#[test]
fn a_look_writes_nothing_and_takes_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let (store, committer, released) = open(folder.path());
    committer.submit(Commit::new(SHOP, Events::from_iter([token(1)]), 1));
    released.recv().unwrap();
    // The mark follows the commit within its interval; then nothing more is written.
    let marked = || files(folder.path())[&folder.path().join("HIGHWATER").display().to_string()].chunks(512).any(|slot| slot[23] == 1);
    assert!((0..100_000).any(|_| marked()), "the high-water mark was not written");
    let before = files(folder.path());
    let look = Store::open_read_only(folder.path()).unwrap();
    assert!(look.credential(&hash(1)).unwrap().is_some());
    assert!(before == files(folder.path()), "while the server runs");
    // The server goes on, stops and starts while somebody looks.
    committer.submit(Commit::new(SHOP, Events::from_iter([token(2)]), 2));
    released.recv().unwrap();
    committer.stop();
    drop((store, committer));
    let again = open(folder.path());
    assert!(look.credential(&hash(1)).unwrap().is_some() && look.credential(&hash(2)).unwrap().is_none());
    again.1.stop();
    drop(again);
    let before = files(folder.path());
    drop((look, Store::open_read_only(folder.path()).unwrap()));
    assert!(before == files(folder.path()), "while it is stopped");
}

// SPEC: DIV-9
#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(opened(&folder.path().join("absent")), Err(Error::Io { .. })));
    assert!(matches!(opened(folder.path()), Err(Error::Io { .. })), "a folder of something else");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "and nothing is put there");
    let (store, committer, released) = open(folder.path());
    committer.submit(Commit::new(SHOP, Events::from_iter([token(1)]), 1));
    released.recv().unwrap();
    committer.stop();
    drop((store, committer));
    let mark = folder.path().join("HIGHWATER");
    let whole = std::fs::read(&mark).unwrap();
    let rewritten = |change: &dyn Fn(&mut [u8])| {
        let mut bytes = whole.clone();
        for slot in bytes.chunks_mut(512) {
            change(slot);
            let crc = crc32fast::hash(&slot[..508]);
            slot[508..].copy_from_slice(&crc.to_be_bytes());
        }
        std::fs::write(&mark, bytes).unwrap();
        opened(folder.path())
    };
    let newer = rewritten(&|slot| slot[4..8].copy_from_slice(&(FORMAT + 1).to_be_bytes()));
    assert!(matches!(newer, Err(Error::NewerFormat { .. })), "{newer:?}");
    let ahead = rewritten(&|slot| slot[16..24].copy_from_slice(&99u64.to_be_bytes()));
    assert!(matches!(ahead, Err(Error::LossDetected { recovered: 1, promised: 99 })), "{ahead:?}");
    std::fs::remove_file(&mark).unwrap();
    assert!(matches!(opened(folder.path()), Err(Error::HighWaterMissing { .. })));
    std::fs::write(&mark, &whole).unwrap();
    assert_eq!(opened(folder.path()).unwrap(), 1);
}

fn settings(weight: u32) -> AgentSettings {
    AgentSettings { weight, capacity: 5, groups: Vec::new(), enabled: true, welcome: String::new() }
}

// SPEC: DIV-10
#[test]
fn a_moment_that_has_passed_is_found_with_its_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let (store, committer, released) = open(folder.path());
    let seek = |at: u64| store.feed_seek(SHOP, Millis(START + at)).unwrap();
    assert_eq!((seek(0), store.accounts_at(SHOP, 0).unwrap()), (0, BTreeMap::new()));
    let commit = |commit: Commit<u64>| {
        committer.submit(commit);
        released.recv().unwrap();
    };
    // As the shop and the account itself write it: two commits a change.
    let change = |agent: u32, before: Option<u32>, after: u32, at: u64| {
        let (agent, at) = (AgentNo(agent), Millis(START + at));
        let change = Change::Account { agent, before: before.map(settings), after: settings(after) };
        commit(Commit::new(SHOP, Events::from_iter([Event::Audited { by: Actor::Account(AgentNo(1)), change, at }]), 0));
        let (mut machine, tail) = <fenliu::domain::agent::Agent as Stored>::load(&store, SHOP, agent).unwrap();
        let (login, name, password, role) = (format!("a-{}", agent.0), String::new(), String::new(), Role::Agent);
        let event = match before {
            None => Event::AccountCreated { agent, login, name, password, role, settings: settings(after), at },
            Some(_) => Event::SettingsChanged { agent, settings: settings(after), at },
        };
        let mark = machine.mark();
        fenliu::domain::Machine::apply(&mut machine, &event);
        commit(Commit::of(SHOP, Events::from_iter([event]), mark, &machine, tail.as_ref(), 0));
    };
    change(1, None, 1, 10);
    for at in 20..120 {
        let untimed = Event::IntentFound { conversation: ConversationId([1; 16]), reception: 1, keywords: Vec::new() };
        let presence = Event::PresenceChanged { agent: AgentNo(1), presence: Presence::Online, at: Millis(START + at) };
        commit(Commit::new(SHOP, Events::from_iter([presence, untimed]), 0));
    }
    change(2, None, 2, 200);
    (0..100).for_each(|n| change(1, Some(1 + n), 2 + n, 300 + u64::from(n)));
    // Two entries of account 1, then two a moment from 20 on, of which the second has no time and goes with the next.
    assert_eq!([0, 10, 11, 20, 21, 22, 119, 120].map(seek), [0, 0, 2, 2, 3, 5, 199, 201]);
    assert_eq!([200, 201, 300, 301, 9_999].map(seek), [201, 204, 204, 206, 404]);
    let at = |at: u64| store.accounts_at(SHOP, seek(at)).unwrap().iter().map(|(a, s)| (a.0, s.weight)).collect::<Vec<_>>();
    assert_eq!([at(10), at(11), at(201)], [vec![], vec![(1, 1)], vec![(1, 1), (2, 2)]]);
    assert_eq!([at(301), at(350), at(9_999)], [vec![(1, 2), (2, 2)], vec![(1, 51), (2, 2)], vec![(1, 101), (2, 2)]]);
    assert_eq!(store.feed_seek(ShopScope::granted(2), Millis(START)).unwrap(), 0, "another shop");
    committer.stop();
}
