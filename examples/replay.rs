//! Replays recorded conversations against a running server, as buyers and agents would have them, and then checks the server:
//! every acknowledged message must be there once, in order, and nothing else.

mod support;

#[path = "support/replay/assistant.rs"]
mod assistant;
#[path = "support/replay/check.rs"]
mod check;
#[path = "support/replay/floor.rs"]
mod floor;
#[path = "support/replay/progress.rs"]
mod progress;
#[path = "support/replay/show.rs"]
mod show;
#[path = "support/replay/talk.rs"]
mod talk;
#[path = "support/replay/tally.rs"]
mod tally;

use assistant::Assistant;
use check::{Plant, Played};
use clap::Parser;
use floor::{Floor, Staffing};
use progress::Progress;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::client::Client;
use support::conversations::{Conversation, Conversations};
use support::dice::secret_hex;
use support::setup::Server;
use support::table::counted;
use talk::Stage;
use tally::Tally;
use tokio::sync::{OnceCell, Semaphore};

const DEMO: [(&str, &str); 4] = [
    ("demo/tea.jsonl", include_str!("conversations/tea.jsonl")),
    ("demo/clothing.jsonl", include_str!("conversations/clothing.jsonl")),
    ("demo/electronics.jsonl", include_str!("conversations/electronics.jsonl")),
    ("demo/outdoor.jsonl", include_str!("conversations/outdoor.jsonl")),
];

/// Replays recorded conversations against a running server and checks that nothing was lost, doubled or reordered.
///
/// Every source of the recordings becomes a shop (created if it is missing) with two groups, 售前 pre-sale and 售后 after-sale, and new
/// agents who are connected by WebSocket. Buyers send their recorded messages in order, three of four over HTTP and one over a
/// WebSocket; the agent who owns the reception gives the recorded answers and closes it. At the end every conversation is read
/// back whole. Each run uses new buyers and new logins, so it may be repeated on the same server; it replaces the diversion
/// rules of the shops it uses (see --keep-rules), lets their guard warn of contacts instead of refusing them, and makes violations mere
/// warnings in all shops: not for a server at work.
///
/// Exit code 0: all went well and the check found no fault. 1: it did not. 2: it could not begin.
#[derive(Parser)]
#[command(
    name = "replay",
    after_help = "Examples:\n  replay --key-file data/platform.key\n  replay --key-file data/platform.key --limit 500 recordings/"
)]
struct Args {
    #[command(flatten)]
    server: Server,
    /// Agents of each shop
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=1000))]
    agents: u16,
    /// Receptions an agent may have at once; few make buyers wait in the queue
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    capacity: u32,
    /// Conversations under way at once
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    buyers_at_once: u16,
    /// At most so many conversations, taken from all files in turn
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Decides who comes through which entry and who writes over a WebSocket
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Share of the answers before which an assistant offers one, 0 to 1: half of the offers are sent as they are, a quarter is edited; the key
    /// needs the scope suggestions
    #[arg(long, default_value_t = 0.0, value_parser = share, value_name = "SHARE")]
    suggest: f64,
    /// Leave the diversion rules of the shops as they are (their groups may then have nobody online)
    #[arg(long)]
    keep_rules: bool,
    /// Leave the last conversations of the first shop open, create an owner there and print how to look at them
    #[arg(long)]
    show: bool,
    /// How long to go on trying when the server is overloaded, stopping, restarting or silent, in seconds
    #[arg(long, default_value_t = 60, value_name = "S")]
    patience: u64,
    /// Alter what is expected before the check, which must then fail
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "drop", value_name = "KIND")]
    plant_fault: Option<Plant>,
    /// Recordings: .jsonl or .jsonl.gz files, or folders of them; without any, the demo conversations of this program
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share is from 0 to 1".to_owned())
}

fn main() -> ExitCode {
    let args = Args::parse();
    actix_rt::System::new().block_on(async {
        match run(args).await {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(why) => {
                eprintln!("replay: {why}");
                ExitCode::from(2)
            }
        }
    })
}

async fn run(args: Args) -> Result<bool, String> {
    let key = args.server.key()?;
    let recordings = match args.paths.as_slice() {
        [] => Conversations::embedded(&DEMO, args.limit),
        paths => Conversations::open(paths, args.limit).map_err(|e| e.to_string())?,
    };
    let client = Client::new(&args.server.url, Duration::from_secs(args.patience)).map_err(|e| e.to_string())?;
    let run = format!("r{}", secret_hex(3));
    println!("replaying against {} as run {run}", args.server.url);
    client.only_warn_of_machines(&key).await.map_err(|e| e.to_string())?;
    let tally = Rc::new(Tally::default());
    let stop = Rc::new(Cell::new(false));
    let assistant = Assistant::new(&key, args.suggest, args.seed);
    let (seed, stopped) = (args.seed, stop.clone());
    let stage = Stage { client: client.clone(), key: key.clone(), run: run.clone(), seed, assistant, tally: tally.clone(), stop: stopped };
    let crowd = Rc::new(Crowd {
        stage,
        staffing: Staffing { agents: args.agents.into(), capacity: args.capacity, run: run.clone(), keep_rules: args.keep_rules },
        floors: RefCell::default(),
        played: RefCell::default(),
        shows: args.show,
        shown: RefCell::default(),
    });
    actix_rt::spawn(listen_for_stop(stop.clone()));
    let begun = Instant::now();
    let unread = crowd.play_all(recordings, args.buyers_at_once.into()).await;
    let played_for = begun.elapsed();
    crowd.go_home().await;
    tally.print();
    print_summary(&crowd, played_for);

    let mut played = crowd.played.take();
    if let Some(kind) = args.plant_fault {
        println!("a fault was planted ({kind:?}): the check must fail");
        if !check::plant(&mut played, kind, args.seed) {
            return Err("there is no conversation to plant a fault in".into());
        }
    }
    let sound = if played.is_empty() {
        println!("nothing was replayed, so nothing was checked");
        false
    } else {
        check::check(&client, &played, args.buyers_at_once.into()).await
    };
    let well = conclude(&tally, &unread) && sound;
    let shown = crowd.shown.take();
    if let Some(floor) = shown.filter(|_| well) {
        show::show(&client, &args.server.url, &key, &run, &floor).await.map_err(|e| format!("nothing can be shown: {e}"))?;
    }
    Ok(well)
}

/// Says last what else went wrong; true: nothing did.
fn conclude(tally: &Tally, unread: &Unread) -> bool {
    let (disordered, failures) = (tally.disordered.get(), tally.failures());
    if disordered > 0 {
        println!("repeated or out of order: {}", counted(disordered, "frame"));
    }
    if failures > 0 {
        println!("{}, listed above", counted(failures, "failure"));
    }
    if let Some(first) = &unread.first {
        let were = if unread.lines == 1 { "was" } else { "were" };
        println!("{} {were} malformed and not replayed (first: {first})", counted(unread.lines, "line"));
    }
    disordered == 0 && failures == 0 && unread.lines == 0
}

fn print_summary(crowd: &Crowd, played_for: Duration) {
    let total = crowd.stage.tally.total();
    let messages = total.acknowledged + total.answers;
    let rate = messages as f64 / played_for.as_secs_f64().max(0.001);
    let stopped = if crowd.stage.stop.get() { ", stopped before the end" } else { "" };
    println!(
        "{} in {:.1} s, {rate:.0} a second{stopped}; {} repeated",
        counted(messages, "message"),
        played_for.as_secs_f64(),
        counted(crowd.stage.client.repeats(), "request")
    );
}

async fn listen_for_stop(stop: Rc<Cell<bool>>) {
    if actix_rt::signal::ctrl_c().await.is_ok() {
        eprintln!("stopping: what was begun is broken off and checked; once more ends at once");
        stop.set(true);
        if actix_rt::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    }
}

/// Malformed lines.
#[derive(Default)]
struct Unread {
    lines: u64,
    /// Where the first is, and what is wrong with it.
    first: Option<String>,
}

/// A shop's staff, once it has been made; None if it could not be.
type Opened = Rc<OnceCell<Option<Rc<Floor>>>>;

/// Everybody who takes part.
struct Crowd {
    stage: Stage,
    staffing: Staffing,
    /// By source; a shop opens when its first buyer comes.
    floors: RefCell<HashMap<String, Opened>>,
    played: RefCell<Vec<Played>>,
    /// Whether the first shop is to be looked at afterwards.
    shows: bool,
    /// That shop.
    shown: RefCell<Option<Rc<Floor>>>,
}

impl Crowd {
    /// Plays all recordings, so many at once; says what could not be read.
    async fn play_all(self: &Rc<Crowd>, recordings: Conversations, at_once: usize) -> Unread {
        let progress = Progress::new(self.stage.tally.clone());
        let places = Arc::new(Semaphore::new(at_once));
        let mut unread = Unread::default();
        for (n, recorded) in recordings.enumerate() {
            let recorded = match recorded {
                Ok(recorded) => recorded,
                Err(e) => {
                    progress.say(&format!("malformed: {e}"));
                    unread.lines += 1;
                    unread.first.get_or_insert_with(|| e.to_string());
                    continue;
                }
            };
            let place = places.clone().acquire_owned().await.expect("nobody closes the semaphore");
            if self.stage.stop.get() {
                break;
            }
            let crowd = self.clone();
            actix_rt::spawn(async move {
                crowd.play(&recorded, n).await;
                drop(place);
            });
        }
        let _all_over = places.acquire_many(at_once as u32).await;
        progress.end();
        unread
    }

    async fn play(&self, recorded: &Conversation, n: usize) {
        let is_first = self.floors.borrow().is_empty();
        let cell = self.floors.borrow_mut().entry(recorded.shop.clone()).or_default().clone();
        let floor = cell.get_or_init(|| async {
            match Floor::open(&self.stage.client, &self.stage.key, &recorded.shop, &self.staffing, &self.stage.tally).await {
                Ok(floor) => {
                    if self.shows && is_first {
                        floor.keep_open(show::OPEN);
                        self.shown.replace(Some(floor.clone()));
                    }
                    Some(floor)
                }
                Err(e) => {
                    self.stage.tally.failed(format!("shop `{}` cannot be opened: {e}", recorded.shop));
                    None
                }
            }
        });
        let Some(floor) = floor.await else { return };
        if let Some(played) = talk::play(&self.stage, floor, recorded, n).await {
            self.played.borrow_mut().push(played);
        }
    }

    async fn go_home(&self) {
        let floors: Vec<_> = self.floors.borrow_mut().drain().collect();
        for (_, cell) in floors {
            if let Some(Some(floor)) = cell.get() {
                floor.close().await;
            }
        }
    }
}
