//! A log whose end was torn by a power cut opens; a log that was damaged where it had been synced does not. (SPEC: OPS-2, OPS-4)
//!
//! A crash is a copy of the data folder of an idle store. The tears are made by hand: a file system may have grown a file without
//! having written all of its pages, and keeps no order among them. What each test did is said on standard error.

use fenliu::domain::Events;
use fenliu::domain::event::Event;
use fenliu::domain::id::{ConversationId, Millis, ShopScope, TokenHash};
use fenliu::store::{Commit, Committer, Error, Released, Store, StoreOptions};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use tempfile::TempDir;

const SHOP: ShopScope = ShopScope::granted(1);
const START: u64 = 1_790_000_000_000;
const PAGE: usize = 4_096;
const SECTOR: usize = 512;
/// Bytes of one record's text: within a sector, over some pages, over some blocks of the log (32 KiB).
const SIZES: [usize; 3] = [40, 6_000, 70_000];

fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn options() -> StoreOptions {
    StoreOptions { low_water_bytes: Some(0), ballast_bytes: 0, write_buffer_bytes: 1 << 20, ..StoreOptions::default() }
}

fn hash(number: u64) -> TokenHash {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    hash
}

/// Commit `number`, whose record holds some `bytes`. Its text is no run of one letter: a tear must change it.
fn commit(number: u64, bytes: usize) -> Commit<u64> {
    let (at, conversation) = (Millis(START + number), ConversationId([7; 16]));
    let name = (0..bytes).map(|n| char::from(b'a' + (n / 3 % 25) as u8)).collect();
    let event = Event::BuyerTokenIssued { token: hash(number), buyer: format!("b-{number}"), name, conversation, at, expires: at };
    Commit::new(SHOP, Events::from_iter([event]), number)
}

/// A crashed folder, and where the record of each commit ends in its log. Index 0: where the first begins.
struct Crash {
    folder: TempDir,
    log: PathBuf,
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

fn newest_log(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder.join("db")).expect("listed").map(|f| f.expect("read").path());
    files.filter(|path| path.extension().is_some_and(|e| e == "log")).max().expect("a log")
}

fn copied(from: &Path) -> TempDir {
    let copy = TempDir::new().expect("a folder");
    std::fs::create_dir(copy.path().join("db")).expect("made");
    for part in ["", "db"] {
        for file in std::fs::read_dir(from.join(part)).expect("listed").map(|f| f.expect("read")) {
            if file.file_type().expect("known").is_file() && file.file_name() != "LOCK" {
                std::fs::copy(file.path(), copy.path().join(part).join(file.file_name())).expect("copied");
            }
        }
    }
    copy
}

impl Crash {
    /// After one commit of each of `sizes`.
    fn after(sizes: &[usize]) -> Crash {
        let live = TempDir::new().expect("a folder");
        let (_store, committer, released) = open(live.path());
        let log = newest_log(live.path());
        let length = || std::fs::metadata(&log).expect("there").len() as usize;
        let mut ends = vec![length()];
        for (number, bytes) in (1..).zip(sizes) {
            committer.submit(commit(number, *bytes));
            released.recv().expect("released");
            ends.push(length());
        }
        let folder = copied(live.path());
        let log = newest_log(folder.path());
        let bytes = std::fs::read(&log).expect("read");
        Crash { folder, log, ends, bytes }
    }

    /// The same folder with other bytes in its log, promised up to `mark`.
    fn with(&self, bytes: &[u8], mark: u64) -> TempDir {
        let copy = copied(self.folder.path());
        std::fs::write(copy.path().join("db").join(self.log.file_name().expect("named")), bytes).expect("written");
        promise(copy.path(), mark);
        copy
    }
}

fn open(folder: &Path) -> (Arc<Store>, Committer<u64>, Receiver<Vec<Released<u64>>>) {
    let store = Arc::new(Store::open(folder, &options()).expect("opens"));
    let (sender, released) = channel();
    let committer = Committer::start(store.clone(), move |group| drop(sender.send(group)), |why| panic!("{why}"));
    (store, committer, released)
}

/// Makes the high-water mark say `commit_no`.
fn promise(folder: &Path, commit_no: u64) {
    let path = folder.join("HIGHWATER");
    let mut bytes = std::fs::read(&path).expect("read");
    for slot in bytes.chunks_exact_mut(512) {
        slot[16..24].copy_from_slice(&commit_no.to_be_bytes());
        slot[24] = 0;
        let crc = crc32fast::hash(&slot[..508]);
        slot[508..].copy_from_slice(&crc.to_be_bytes());
    }
    std::fs::write(&path, &bytes).expect("written");
}

/// Bytes that mean nothing.
fn garbage(bytes: &mut [u8], seed: usize) {
    let mut state = seed as u64 * 2 + 1;
    for byte in bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = (state >> 56) as u8;
    }
}

/// Places to tear between `from` and `to`: the ends, the borders of pages, and of a short record all over it.
fn places(from: usize, to: usize) -> Vec<usize> {
    let telling = |at: usize| at < from + 16 || at + 2 > to || (at + 1) % PAGE < 3 || at == (from + to) / 2;
    (from..to).filter(|at| to - from < 400 && at % 16 == 0 || telling(*at)).collect()
}

/// What a power cut can leave of the last record, `from..to`: the shape, where, and the log.
fn tears(whole: &[u8], from: usize, to: usize) -> Vec<(&'static str, usize, Vec<u8>)> {
    let changed = |range: std::ops::Range<usize>, change: &dyn Fn(&mut [u8])| {
        let mut bytes = whole[..to].to_vec();
        change(&mut bytes[range]);
        bytes
    };
    let zeros: &dyn Fn(&mut [u8]) = &|part| part.fill(0);
    let mut all = Vec::new();
    for at in places(from, to) {
        all.push(("cut off", at, whole[..at].to_vec()));
        all.push(("zeros to the end", at, changed(at..to, zeros)));
        if at % SECTOR == 0 {
            all.push(("zeros up to", at, changed(from..at, zeros)));
        }
        all.push(("garbage to the end", at, changed(at..to, &|part| garbage(part, at))));
    }
    for (shape, unit) in [("a page of zeros", PAGE), ("a sector of zeros", SECTOR)] {
        // Of a long record some 30.
        for unit_no in (from / unit..to.div_ceil(unit)).step_by(1 + (to - from) / unit / 30) {
            let lost = from.max(unit_no * unit)..to.min(unit_no * unit + unit);
            all.push((shape, lost.start, changed(lost, zeros)));
        }
    }
    for page in from / PAGE..to.div_ceil(PAGE) {
        let lost = from.max(page * PAGE)..to.min(page * PAGE + PAGE);
        all.push(("a page of garbage", lost.start, changed(lost.clone(), &|part| garbage(part, page))));
        // The file was grown to the end of the record, and cut short again by the replay of the journal.
        all.push(("a page of zeros, then cut off", lost.start, changed(lost.clone(), zeros)[..lost.end].to_vec()));
    }
    all.retain(|(_, _, bytes)| bytes.as_slice() != &whole[..to]);
    all
}

/// How often each shape was tried, and what went wrong.
#[derive(Default)]
struct Tally {
    tried: BTreeMap<&'static str, u32>,
    wrong: BTreeMap<String, (u32, String)>,
}

impl Tally {
    fn note(&mut self, shape: &'static str, wrong: Option<(&str, String)>) {
        *self.tried.entry(shape).or_default() += 1;
        if let Some((what, example)) = wrong {
            self.wrong.entry(format!("{shape}: {what}")).or_insert((0, example)).0 += 1;
        }
    }

    fn end(self, what: &str, at_least: u32) {
        let total: u32 = self.tried.values().sum();
        say(&format!("{what}: {total} logs, {} wrong; {:?}", self.wrong.values().map(|(n, _)| n).sum::<u32>(), self.tried));
        for (shape, (times, example)) in &self.wrong {
            say(&format!("  {shape}: {times} of {}, such as {example}", self.tried[shape.split(": ").next().expect("first")]));
        }
        assert!(self.wrong.is_empty() && total >= at_least, "see above");
    }
}

// SPEC: OPS-2
#[test]
fn a_torn_end_that_was_never_acknowledged_is_dropped() {
    let mut tally = Tally::default();
    for size in SIZES {
        let crash = Crash::after(&[40, 5_000, size]);
        let (from, to) = (crash.ends[2], crash.ends[3]);
        // The mark may be a commit behind what was acknowledged.
        for ((shape, at, bytes), mark) in tears(&crash.bytes, from, to).into_iter().zip([1, 2].into_iter().cycle()) {
            let folder = crash.with(&bytes, mark);
            let wrong = match Store::open(folder.path(), &options()) {
                Err(e) => Some(("refused", format!("record {from}..{to} at {at}, mark {mark}: {e}"))),
                Ok(store) => {
                    let there = |number| store.credential(&hash(number)).expect("read").is_some();
                    let right = store.recovered_commit_no() == 2 && there(1) && there(2) && !there(3);
                    (!right).then(|| ("not what was acknowledged", format!("record {from}..{to} at {at}")))
                }
            };
            tally.note(shape, wrong);
        }
    }
    tally.end("torn ends", 500);
}

// SPEC: OPS-2
#[test]
fn the_very_first_write_of_a_log_may_be_torn() {
    let live = TempDir::new().expect("a folder");
    let (store, committer, released) = open(live.path());
    committer.submit(commit(1, 40));
    released.recv().expect("released");
    committer.stop();
    drop((committer, store));
    let _store = Store::open(live.path(), &options()).expect("opens");
    let folder = copied(live.path());
    let log = newest_log(folder.path());
    let bytes = std::fs::read(&log).expect("read");
    let crash = Crash { folder, log, ends: Vec::new(), bytes };
    let mut tally = Tally::default();
    for (shape, at, bytes) in tears(&crash.bytes, 0, crash.bytes.len()) {
        let wrong = match Store::open(crash.with(&bytes, 1).path(), &options()) {
            Err(e) => Some(("refused", format!("at {at}: {e}"))),
            Ok(store) => (store.recovered_commit_no() != 1).then(|| ("not what was acknowledged", format!("at {at}"))),
        };
        tally.note(shape, wrong);
    }
    tally.end("torn first writes", 30);
}

// SPEC: OPS-4
#[test]
fn damage_to_an_older_log_is_refused() {
    let live = TempDir::new().expect("a folder");
    let (_store, committer, released) = open(live.path());
    let mut older = newest_log(live.path());
    let mut number = 0;
    // Until one column was written out and another still needs the log of both.
    while newest_log(live.path()) == older || number < 3 {
        older = newest_log(live.path());
        number += 1;
        committer.submit(commit(number, 60_000));
        released.recv().expect("released");
    }
    let (folder, bytes) = (copied(live.path()), std::fs::read(&older).expect("read"));
    let crash = Crash { folder, log: older, ends: Vec::new(), bytes };
    let mut tally = Tally::default();
    for (shape, at, bytes) in tears(&crash.bytes, crash.bytes.len() - 60_100, crash.bytes.len()) {
        tally.note(shape, unnoticed(&crash.with(&bytes, 1), at));
    }
    tally.end("damage to an older log", 200);
}

// SPEC: OPS-2
#[test]
fn what_is_dropped_is_kept_beside_and_a_refusal_changes_nothing() {
    let crash = Crash::after(&[40, 300, 6_000]);
    let (from, to) = (crash.ends[2], crash.ends[3]);
    let mut bytes = crash.bytes[..to].to_vec();
    bytes[from + 3_000..].fill(0);

    let folder = crash.with(&bytes, 3);
    let before = files(folder.path());
    assert!(matches!(Store::open(folder.path(), &options()), Err(Error::LossDetected { recovered: 2, promised: 3 })));
    assert!(files(folder.path()) == before, "what the mark names is not touched");

    let folder = crash.with(&bytes, 2);
    let look = Store::open_read_only(folder.path()).expect("opens");
    assert_eq!(look.recovered_commit_no(), 2);
    drop(look);
    assert!(!folder.path().join("damaged").exists(), "a look writes nothing");
    let store = Store::open(folder.path(), &options()).expect("opens");
    assert_eq!(store.verify().expect("verified").problems, Vec::<String>::new());
    let dropped = store.dropped().expect("told").clone();
    assert_eq!(dropped.bytes, (to - from) as u64);
    assert_eq!(std::fs::read(dropped.kept.expect("kept")).expect("read"), &bytes[from..]);
    // While it is open nobody else may cut what it writes.
    let before = files(folder.path());
    assert!(matches!(Store::open(folder.path(), &options()), Err(Error::InUse { .. })));
    assert!(files(folder.path()) == before);
    drop(store);
    assert_eq!(Store::open(folder.path(), &options()).expect("opens").dropped(), None);

    // Damage in the middle: only who accepts the loss gets what stands before it.
    let mut bytes = crash.bytes.clone();
    bytes[crash.ends[1] + 50] ^= 1;
    let folder = crash.with(&bytes, 1);
    assert!(matches!(Store::open(folder.path(), &options()), Err(Error::Corrupt { .. })));
    let store = Store::open(folder.path(), &StoreOptions { accept_loss: true, ..options() }).expect("opens");
    assert_eq!(store.recovered_commit_no(), 1);
}

/// Every file of the database with its content, but RocksDB's own diary.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = std::fs::read_dir(folder.join("db")).expect("listed").map(|f| f.expect("read").path());
    let files = files.filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("LOG")));
    files.map(|path| (path.clone(), std::fs::read(&path).expect("read"))).collect()
}

// SPEC: OPS-4
#[test]
fn damage_to_what_was_acknowledged_is_refused() {
    let mut tally = Tally::default();
    for size in SIZES {
        let crash = Crash::after(&[40, size, 300]);
        let (from, to) = (crash.ends[1], crash.ends[2]);
        let mut damaged = tears(&crash.bytes, from, to);
        damaged.retain(|(shape, _, _)| !shape.contains("cut off"));
        damaged.iter_mut().for_each(|(_, _, bytes)| bytes.extend_from_slice(&crash.bytes[to..]));
        for at in places(from, to) {
            // 2: of the fragment's kind it makes one at which RocksDB reads for ever.
            for bit in [0, 2, 6] {
                let mut bytes = crash.bytes.clone();
                bytes[at] ^= 1 << bit;
                damaged.push(("a flipped bit", at, bytes));
            }
        }
        // A mark that is behind: the record that follows tells.
        for (shape, at, bytes) in damaged {
            tally.note(shape, unnoticed(&crash.with(&bytes, 1), at));
        }
    }
    tally.end("damage before the last record", 500);
}

// SPEC: OPS-4
#[test]
fn damage_to_what_the_mark_names_is_refused() {
    let mut tally = Tally::default();
    let crash = Crash::after(&[40, 300, 6_000]);
    for (shape, at, bytes) in tears(&crash.bytes, crash.ends[2], crash.ends[3]) {
        tally.note(shape, unnoticed(&crash.with(&bytes, 3), at));
    }
    tally.end("damage to the last record that was promised", 80);
}

/// What is wrong if a damaged folder opens.
fn unnoticed(folder: &TempDir, at: usize) -> Option<(&'static str, String)> {
    match Store::open(folder.path(), &options()) {
        Ok(store) => Some(("opened", format!("at {at}: commit {} recovered", store.recovered_commit_no()))),
        Err(Error::Corrupt { .. } | Error::LossDetected { .. }) => None,
        Err(e) => Some(("refused with other words", format!("at {at}: {e}"))),
    }
}
