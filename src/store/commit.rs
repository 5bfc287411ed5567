//! The commit thread: the only writer. It drains the queue into one batch with one sync, then releases the group in order.
//!
//! An acknowledgement is released after the sync that covers it, never before. After a failed write or sync nothing is written
//! or released any more: memory is ahead of the disk, and the process must end. Feed seqs are given here and only here.

use super::columns::Column;
use super::count::{self, Counters, Tallies};
use super::history::{self, Entry, SharedTail};
use super::index::{Rows, event_rows};
use super::keys::{self, HeadKey};
use super::total::TotalChange;
use super::{Error, Store, Stored, record};
use crate::domain::Events;
use crate::domain::content::FileHash;
use crate::domain::event::Event;
use crate::domain::id::{ConversationId, ShopScope};
use crate::limits;
use crate::metrics::CommitMeter;
use rocksdb::{ColumnFamily, WriteBatch, WriteOptions};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What one decision writes, encoded on the entity's own thread.
pub struct Commit<R> {
    scope: ShopScope,
    events: Events,
    /// The records of `events`, one behind the other.
    encoded: Vec<u8>,
    /// Where each record ends.
    ends: SmallVec<[usize; 2]>,
    head: Option<(HeadKey, Vec<u8>)>,
    rows: Rows,
    tail: Option<SharedTail>,
    payload: R,
}

impl<R> Commit<R> {
    /// Events without an entity: their records and the rows that follow from them alone. What was only heard is left out.
    pub fn new(scope: ShopScope, mut events: Events, payload: R) -> Commit<R> {
        events.retain(|event| !matches!(event, Event::Heard(_)));
        let mut encoded = Vec::with_capacity(if events.is_empty() { 0 } else { 256 * events.len() });
        let mut ends = SmallVec::new();
        let mut rows = Rows::default();
        for (at, event) in events.iter().enumerate() {
            record::encode_into(&mut encoded, event);
            ends.push(encoded.len());
            event_rows(scope, at, event, &mut rows);
        }
        Commit { scope, events, encoded, ends, head: None, rows, tail: None, payload }
    }

    /// The commit of an entity to which `events` were applied: `before` is the mark taken before, `after` the entity now.
    pub fn of<M: Stored>(scope: ShopScope, events: Events, before: M::Mark, after: &M, tail: Option<&SharedTail>, payload: R) -> Commit<R> {
        let mut commit = Commit::new(scope, events, payload);
        if commit.events.iter().any(M::changes_head) {
            commit.head = after.head();
        }
        if !commit.events.is_empty() {
            M::index(before, after, &mut commit.rows);
            commit.tail = tail.cloned();
        }
        commit
    }
}

/// A commit that is on disk.
pub struct Released<R> {
    pub scope: ShopScope,
    /// The feed seq of the first event; 0 if there is none. The others follow without gap.
    pub first_seq: u64,
    pub events: Events,
    pub payload: R,
    /// Files that a conversation lost with its archive (INB-12).
    pub files: Vec<FileHash>,
}

struct Queue<R> {
    waiting: Vec<Commit<R>>,
    /// The thread waits for a notice: otherwise a submit needs no system call.
    asleep: bool,
    stopping: bool,
    poisoned: bool,
}

struct Shared<R> {
    queue: Mutex<Queue<R>>,
    wake: Condvar,
}

impl<R> Shared<R> {
    fn lock(&self) -> MutexGuard<'_, Queue<R>> {
        self.queue.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// The commit thread.
pub struct Committer<R> {
    submitter: Submitter<R>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The way to the commit thread. Cheap to clone.
pub struct Submitter<R> {
    shared: Arc<Shared<R>>,
}

impl<R> Clone for Submitter<R> {
    fn clone(&self) -> Self {
        Submitter { shared: Arc::clone(&self.shared) }
    }
}

impl<R> Submitter<R> {
    /// Hands a commit over; never blocks for the disk. After a failure or a stop the commit is dropped, with its payload.
    pub fn submit(&self, commit: Commit<R>) {
        let mut queue = self.shared.lock();
        if queue.poisoned || queue.stopping {
            return;
        }
        queue.waiting.push(commit);
        if std::mem::take(&mut queue.asleep) {
            drop(queue);
            self.shared.wake.notify_one();
        }
    }

    /// How many commits wait for the thread to take them.
    pub fn waiting(&self) -> usize {
        self.shared.lock().waiting.len()
    }

    fn stop(&self) {
        self.shared.lock().stopping = true;
        self.shared.wake.notify_one();
    }
}

impl<R: Send + 'static> Committer<R> {
    /// Starts the thread. `release` gets each group after its sync, in the order of submission; `fatal` is called at most once,
    /// and must end the process: nothing is written or released after it.
    pub fn start(
        store: Arc<Store>,
        release: impl FnMut(Vec<Released<R>>) + Send + 'static,
        fatal: impl Fn(String) + Send + Sync + 'static,
    ) -> Committer<R> {
        let queue = Queue { waiting: Vec::new(), asleep: false, stopping: false, poisoned: false };
        let shared = Arc::new(Shared { queue: Mutex::new(queue), wake: Condvar::new() });
        let theirs = Arc::clone(&shared);
        let run = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| Writer::new(&store).run(&theirs, release)));
            let reason = match outcome {
                Ok(Ok(())) => return,
                Ok(Err(e)) => e.to_string(),
                Err(_) => "the commit thread panicked".to_owned(),
            };
            let mut queue = theirs.lock();
            queue.poisoned = true;
            queue.waiting = Vec::new();
            drop(queue);
            tracing::error!(reason, "commits have stopped");
            fatal(reason);
        };
        let thread = std::thread::Builder::new().name("commit".into()).spawn(run).expect("the system has a thread for the commits");
        Committer { submitter: Submitter { shared }, thread: Mutex::new(Some(thread)) }
    }

    /// The way to the thread.
    pub fn submitter(&self) -> Submitter<R> {
        self.submitter.clone()
    }

    /// See [`Submitter::submit`].
    pub fn submit(&self, commit: Commit<R>) {
        self.submitter.submit(commit);
    }

    /// Writes and releases what was submitted, flushes, marks the orderly stop. Blocks until that is on disk.
    pub fn stop(&self) {
        self.submitter.stop();
        if let Some(thread) = self.thread.lock().unwrap_or_else(|e| e.into_inner()).take() {
            // A panic of the thread was reported through `fatal`.
            let _ = thread.join();
        }
    }
}

/// Waits for the thread: a process that ends while another thread closes RocksDB aborts ("pthread lock: Invalid argument").
impl<R> Drop for Committer<R> {
    fn drop(&mut self) {
        self.submitter.stop();
        let thread = self.thread.get_mut().unwrap_or_else(|e| e.into_inner()).take();
        // The last owner may be what is released, on the thread itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}

/// The columns, looked up once.
struct Columns<'a> {
    all: [&'a ColumnFamily; super::columns::CATALOGUE.len()],
}

impl<'a> Columns<'a> {
    fn of(&self, column: Column) -> &'a ColumnFamily {
        self.all[column as usize]
    }
}

struct Writer<'a> {
    store: &'a Store,
    columns: Columns<'a>,
    options: WriteOptions,
    /// The last feed seq of each shop that was written to.
    last_seqs: HashMap<ShopScope, u64>,
    /// The newest head of each entity in the group. Kept for its capacity.
    heads: HashMap<HeadKey, (Vec<u8>, Option<SharedTail>)>,
    counters: Counters,
    tallies: Tallies,
    totals: TotalChange,
    batch_bytes: usize,
    commit_no: u64,
    promised: u64,
    promised_at: Instant,
    meter: CommitMeter,
}

impl<'a> Writer<'a> {
    fn new(store: &'a Store) -> Writer<'a> {
        let mut options = WriteOptions::default();
        options.set_sync(store.sync);
        Writer {
            store,
            columns: Columns { all: super::columns::CATALOGUE.each_ref().map(|line| store.column(line.column)) },
            options,
            last_seqs: HashMap::new(),
            heads: HashMap::new(),
            counters: Counters::default(),
            tallies: Tallies::default(),
            totals: TotalChange::default(),
            batch_bytes: 0,
            commit_no: store.recovered,
            promised: store.recovered,
            promised_at: Instant::now(),
            meter: CommitMeter::install(),
        }
    }

    fn run<R>(mut self, shared: &Shared<R>, mut release: impl FnMut(Vec<Released<R>>)) -> Result<(), Error> {
        let mut taken = Vec::new();
        while self.take(shared, &mut taken)? {
            let mut rest = taken.drain(..);
            while rest.len() > 0 {
                let group = self.write(rest.by_ref().take(limits::GROUP_COMMANDS_MAX))?;
                if self.promised == 0 {
                    // The first: from now on a database without its log is one that lost it, not a new one.
                    self.promise()?;
                }
                release(group);
                self.promise_in_time()?;
            }
        }
        self.store.finish(self.commit_no)
    }

    /// Waits for work and takes all of it. False: the stop was asked for and nothing is left.
    fn take<R>(&mut self, shared: &Shared<R>, taken: &mut Vec<Commit<R>>) -> Result<bool, Error> {
        let mut queue = shared.lock();
        loop {
            if !queue.waiting.is_empty() {
                queue.asleep = false;
                std::mem::swap(&mut queue.waiting, taken);
                return Ok(true);
            }
            if queue.stopping {
                return Ok(false);
            }
            queue.asleep = true;
            if self.promised == self.commit_no {
                queue = shared.wake.wait(queue).unwrap_or_else(|e| e.into_inner());
                continue;
            }
            // Idle with a promise outstanding: it is made when its time has come.
            let due = Duration::from_millis(limits::HIGH_WATER_INTERVAL_MS).saturating_sub(self.promised_at.elapsed());
            queue = shared.wake.wait_timeout(queue, due).unwrap_or_else(|e| e.into_inner()).0;
            if queue.waiting.is_empty() && !queue.stopping {
                drop(queue);
                self.promise_in_time()?;
                queue = shared.lock();
            }
        }
    }

    /// One batch, one sync.
    fn write<R>(&mut self, group: impl Iterator<Item = Commit<R>>) -> Result<Vec<Released<R>>, Error> {
        let mut batch = WriteBatch::with_capacity_bytes(self.batch_bytes);
        let mut released = Vec::with_capacity(group.size_hint().0);
        for commit in group {
            if !batch.is_empty() && commit.events.iter().any(|event| matches!(event, Event::Erased { .. })) {
                // It reads what is to be deleted, so that must be on disk.
                self.put(std::mem::take(&mut batch))?;
            }
            released.push(self.add(&mut batch, commit)?);
        }
        self.put(batch)?;
        self.meter.group(released.len());
        Ok(released)
    }

    /// Writes a batch, with the heads that belong to it.
    fn put(&mut self, mut batch: WriteBatch) -> Result<(), Error> {
        let states = self.columns.of(Column::HeadState);
        for (key, (mut head, tail)) in self.heads.drain() {
            if let Some(tail) = tail {
                lock(&tail).append_to(&mut head);
            }
            batch.put_cf(states, key, &head);
        }
        let mut write = |column: Column, key: &keys::Key, row: Option<&[u8]>| match row {
            Some(row) => batch.put_cf(self.columns.of(column), key, row),
            None => batch.delete_cf(self.columns.of(column), key),
        };
        self.counters.settle(&mut write);
        self.tallies.settle(&mut write);
        if !batch.is_empty() {
            self.commit_no += 1;
            batch.put_cf(self.columns.of(Column::MetaValue), keys::META_COMMIT_NO, self.commit_no.to_be_bytes());
            self.batch_bytes = self.batch_bytes.max(batch.size_in_bytes());
            if let Some(tap) = &self.store.tap {
                tap.take(batch.data());
            }
            let (bytes, begun) = (batch.size_in_bytes(), self.meter.begin());
            self.store.db.write_opt(batch, &self.options)?;
            self.meter.end(begun, bytes);
            self.store.totals.add(std::mem::take(&mut self.totals));
            count::trim(&mut self.counters, &mut self.tallies);
        }
        Ok(())
    }

    /// Adds everything of a commit but its head, which may be overtaken by a newer one of the same group.
    fn add<R>(&mut self, batch: &mut WriteBatch, commit: Commit<R>) -> Result<Released<R>, Error> {
        let Commit { scope, events, encoded, ends, head, rows, tail, payload } = commit;
        let first_seq = if events.is_empty() { 0 } else { self.next_seqs(scope, events.len() as u64)? };
        let mut from = 0;
        for ((seq, &end), event) in (first_seq..).zip(&ends).zip(&events) {
            batch.put_cf(self.columns.of(Column::FeedEvent), keys::feed(scope, seq), &encoded[from..end]);
            from = end;
            if let (Event::MessageAdded { conversation, seq: number, at, retry, .. }, Some(tail)) = (event, &tail) {
                let entry = Entry { feed_seq: seq, at: *at, retry: *retry };
                lock(tail).push(*number, entry, |chunk, entries| {
                    let key = keys::history_chunk(scope, *conversation, chunk);
                    batch.put_cf(self.columns.of(Column::HistoryChunk), key, history::chunk_encode(entries));
                });
            }
        }
        for mut row in rows.rows {
            if let Some(at) = row.at_event {
                row.key.extend_from_slice(&(first_seq + at as u64).to_be_bytes());
            }
            match row.value {
                Some(value) => batch.put_cf(self.columns.of(row.column), &row.key, value),
                None => batch.delete_cf(self.columns.of(row.column), &row.key),
            }
        }
        for change in rows.changes {
            self.totals.hear(&change)?;
            self.counters.add(self.store, change)?;
        }
        if let Some((key, head)) = head {
            self.heads.insert(key, (head, tail));
        }
        let mut files = Vec::new();
        for event in &events {
            self.tallies.hear(self.store, scope, event)?;
            if let Event::Erased { conversation, to, .. } = event {
                files.extend(self.erase(batch, scope, *conversation, *to)?);
            }
        }
        Ok(Released { scope, first_seq, events, payload, files })
    }

    /// The files it had.
    fn erase(&self, batch: &mut WriteBatch, scope: ShopScope, conversation: ConversationId, to: u64) -> Result<Vec<FileHash>, Error> {
        let erasure = self.store.erasure(scope, conversation, to)?;
        for (place, entry) in erasure.rewritten {
            batch.put_cf(self.columns.of(Column::FeedEvent), place, entry);
        }
        for (column, key) in erasure.deleted {
            batch.delete_cf(self.columns.of(column), key);
        }
        Ok(erasure.files)
    }

    /// The first of `count` new feed seqs of a shop.
    fn next_seqs(&mut self, scope: ShopScope, count: u64) -> Result<u64, Error> {
        let last = match self.last_seqs.get(&scope) {
            Some(last) => *last,
            None => self.store.feed_last(scope)?,
        };
        self.last_seqs.insert(scope, last + count);
        Ok(last + 1)
    }

    /// Names the last commit in the high-water mark, at most every 50 ms. Only ever what is synced.
    fn promise_in_time(&mut self) -> Result<(), Error> {
        let due = self.promised_at.elapsed() >= Duration::from_millis(limits::HIGH_WATER_INTERVAL_MS);
        if due && self.promised != self.commit_no { self.promise() } else { Ok(()) }
    }

    fn promise(&mut self) -> Result<(), Error> {
        self.store.promise(self.commit_no, false)?;
        self.promised = self.commit_no;
        self.promised_at = Instant::now();
        Ok(())
    }
}

fn lock(tail: &SharedTail) -> MutexGuard<'_, history::Tail> {
    tail.lock().unwrap_or_else(|e| e.into_inner())
}
