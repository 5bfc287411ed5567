//! A million deadlines that wait: how long the server takes to start with them, how late each near one fires, and that each fires
//! once, although the server is killed half-way (SLA-4).
//!
//! `cargo run --release --example deadlines -- [--count 1000000] [--fired 0] [--seconds 40] [--folder <empty folder>]`
//!
//! Conversations are written whose unread messages are escalated within the next 48 hours, some of them within the run. Then the real
//! server runs on that folder, is killed once in the middle, and its feed is looked through. It fails where one is early, fires twice
//! or not at all, or comes later than a second after its time (or after the restart, where it came due while nobody was there).

#[path = "ratios/fill.rs"]
mod fill;

use anyhow::{Context, ensure};
use clap::Parser;
use fenliu::domain::conversation::{self, Conversation};
use fenliu::domain::desk::time::Starts;
use fenliu::domain::event::{Author, Event, Limited, RetryKey};
use fenliu::domain::facts::Visit;
use fenliu::domain::id::{ConversationId, Millis, ShopScope};
use fenliu::domain::{Events, Machine};
use fenliu::store::keys::{Key, deadlines_from};
use fenliu::store::{Commit, Committer, Store, Stored};
use fill::{fill, store_options};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const SHOP: ShopScope = ShopScope::granted(1);
/// Commits that wait to be written.
const AHEAD: usize = 8_192;
const FAR_MS: u64 = 48 * 3_600_000;
/// Deadlines within the run, a second.
const RATE: u64 = 100;
/// The promise.
const LATE_MS_MAX: u64 = 1_000;
const START_MS_MAX: u128 = 2_000;

#[derive(Parser)]
struct Options {
    /// Deadlines that wait.
    #[arg(long, default_value_t = 1_000_000)]
    count: u64,
    /// Deadlines that have fired before, whose traces reading must not cross again and again.
    #[arg(long, default_value_t = 0)]
    fired: u64,
    /// How long the server runs; it is killed in the middle.
    #[arg(long, default_value_t = 40)]
    seconds: u64,
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Far apart, as real ones are.
fn id_of(number: u64) -> ConversationId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    ConversationId(id)
}

/// One conversation of which nothing is open, and whose message is escalated at `due`.
fn unread(number: u64, at: Millis, due: Millis) -> (ConversationId, Events) {
    let (conversation, reception, retry) = (id_of(number), 1, RetryKey { client_id: number + 1, body: 1 });
    let (buyer, name, visit) = (format!("b-{number}"), "小李".to_owned(), Visit::default());
    let starts = Some(Box::new(Starts { round: None, escalate: Some(due) }));
    let (author, text, owner, extra) = (Author::Buyer, "在吗?".to_owned(), None, None);
    let mut events = Events::new();
    events.push(Event::ReceptionOpened { conversation, reception, at, buyer, name, visit, asked: false });
    events.push(Event::MessageAdded { conversation, seq: 1, at, author, text, retry, owner, extra, starts });
    events.push(Event::ReceptionClosed { conversation, reception, at, by: None, owner: None, unanswered: None });
    (conversation, events)
}

/// So many that fired at `at`, one after the other, and how long a read of what is near takes then: of all rows, and from `at` on.
fn fire(folder: &Path, fired: u64, at: u64) -> anyhow::Result<()> {
    let store = Arc::new(Store::open(folder, &store_options())?);
    let committer = Committer::start(store.clone(), |_| (), |why| panic!("{why}"));
    let due = Millis(at);
    for number in u64::MAX / 2..u64::MAX / 2 + fired {
        let (id, events) = unread(number, Millis(at - FAR_MS), due);
        let (mut machine, tail) = (Conversation::new(SHOP, id), Default::default());
        let mut happen = |events: Option<Events>| {
            let before = machine.mark();
            let events = events.unwrap_or_else(|| machine.decide(conversation::Command::Wake, due).expect("it is due").events);
            events.iter().for_each(|event| machine.apply(event));
            committer.submit(Commit::of(SHOP, events, before, &machine, Some(&tail), ()));
        };
        happen(Some(events));
        happen(None);
        while committer.submitter().waiting() > AHEAD {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    committer.stop();
    let read_ms = |from: &Key| -> anyhow::Result<f64> {
        let begun = Instant::now();
        let near = store.deadlines(from, due.plus(60_000), 1_000)?;
        ensure!(near.is_empty(), "all have fired");
        Ok(begun.elapsed().as_secs_f64() * 1_000.0)
    };
    let (all, behind) = (read_ms(&Key::new())?, read_ms(&deadlines_from(due.plus(1)))?);
    println!("{fired} have fired: reading all rows takes {all:.3} ms, those behind them {behind:.3} ms");
    Ok(())
}

/// A folder with `count` of them; those due within the run, and when.
fn generate(folder: &Path, options: &Options) -> anyhow::Result<HashMap<ConversationId, u64>> {
    let near = (options.seconds * RATE).min(options.count);
    // Writing takes its time; the first is due when the server has started.
    let begin = now() + options.count / 20 + 15_000;
    let due = |number| if number < near { begin + number * 1_000 / RATE } else { begin + 120_000 + number % (FAR_MS - 120_000) };
    fill(folder, SHOP, (0..options.count).map(|number| unread(number, Millis(due(number) - FAR_MS), Millis(due(number)))))?;
    let due_of = (0..near).map(|number| (id_of(number), due(number))).collect();
    let left_ms = begin.saturating_sub(now());
    println!("{} deadlines written, {near} of them within the run; the first is due in {left_ms} ms", options.count);
    ensure!(left_ms > 3_000, "writing took too long for the plan: try fewer with --count");
    Ok(due_of)
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The real server on the folder, and how long it took to be ready.
fn start(folder: &Path) -> anyhow::Result<(Server, u128)> {
    let binary = std::env::current_exe()?.parent().and_then(Path::parent).context("examples/ is in the target folder")?.join("fenliu");
    ensure!(binary.exists(), "build the server first: cargo build --release");
    let began = Instant::now();
    let mut child = Command::new(binary)
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder)
        .envs([("FENLIU_STORAGE__BALLAST_BYTES", "0"), ("FENLIU_LOG", "warn")])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("piped")?).read_line(&mut line)?;
    let server = Server(child);
    ensure!(line.starts_with("fenliu ready"), "the server did not start: {line}");
    Ok((server, began.elapsed().as_millis()))
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let made = options.folder.is_none();
    let folder = options.folder.clone().unwrap_or_else(|| std::env::temp_dir().join(format!("fenliu-deadlines-{}", std::process::id())));
    if options.fired > 0 {
        fire(&folder, options.fired, now() - 1_000)?;
    }
    let due_of = generate(&folder, &options)?;
    let first = *due_of.values().min().context("none is within the run")?;
    let (server, start_ms) = start(&folder)?;
    println!("ready {start_ms} ms after the start (at most {START_MS_MAX})");
    let sleep_until = |at: u64| std::thread::sleep(Duration::from_millis(at.saturating_sub(now())));
    sleep_until(first + options.seconds * 500);
    let killed = now();
    drop(server);
    let (server, again_ms) = start(&folder)?;
    let back = now();
    println!("killed, and ready again {again_ms} ms after the start");
    sleep_until(first + options.seconds * 1_000 + LATE_MS_MAX);
    drop(server);

    let mut fired: HashMap<ConversationId, Vec<u64>> = HashMap::new();
    Store::open(&folder, &store_options())?.each_event(SHOP, 0, |_, event| {
        if let Event::Limit { conversation, at, what: Limited::Escalated { .. }, .. } = event {
            fired.entry(conversation).or_default().push(at.0);
        }
        Ok(true)
    })?;
    let mut late_ms: Vec<u64> = Vec::new();
    for (id, due) in &due_of {
        let at = fired.remove(id).unwrap_or_default();
        ensure!(at.len() == 1, "{id}, due at {due}, fired {} times", at.len());
        ensure!(at[0] >= *due, "{id}, due at {due}, fired at {}", at[0]);
        // What came due while nobody was there is due when somebody is again.
        let due = if (killed.saturating_sub(LATE_MS_MAX)..back).contains(due) { (*due).max(back) } else { *due };
        late_ms.push(at[0].saturating_sub(due));
    }
    ensure!(fired.len() as u64 == options.fired, "{} fired that are not due yet", fired.len() as u64 - options.fired);
    late_ms.sort_unstable();
    let of = |permille: usize| late_ms[(late_ms.len() - 1) * permille / 1_000];
    println!("{} fired once each: p50 {} ms, p99 {} ms, last {} ms after their time", late_ms.len(), of(500), of(990), of(1_000));
    if made {
        std::fs::remove_dir_all(&folder)?;
    }
    ensure!(of(1_000) <= LATE_MS_MAX, "later than {LATE_MS_MAX} ms");
    ensure!(start_ms <= START_MS_MAX && again_ms <= START_MS_MAX, "the start took longer than {START_MS_MAX} ms");
    Ok(())
}
