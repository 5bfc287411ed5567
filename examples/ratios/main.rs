//! The speed of the server as ratios to a limit, both sides measured in turn in one run.
//!
//! `cargo run --release --example ratios -- [--only NAME] [--seconds N] [--json]`
//!
//! Absolute figures depend on the machine; a ratio says what the product adds to what the machine must do anyway. Each is the
//! median over alternating rounds. It refuses to measure while other work takes more than a tenth of a core.

mod bare;
mod child;
mod fill;
mod inprocess;
#[path = "../support/lean.rs"]
#[allow(dead_code, reason = "shared with load, which asks for more")]
mod lean;
mod network;
mod pages;
mod routing;
mod startup;

use clap::Parser;
use std::time::Duration;

// As the server has it, on both sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Speed as ratios to a limit, both sides measured in one run")]
pub struct Options {
    /// Only the ratio of this name (or whose name begins so).
    #[arg(long)]
    only: Option<String>,
    /// Seconds of one side of one round.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Rounds, each measuring both sides.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// Messages in the large store of `startup`.
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Conversations in the large store of `pages`.
    #[arg(long, default_value_t = 1_000_000)]
    conversations: u64,
    /// One JSON object a line instead of the table.
    #[arg(long)]
    json: bool,
    /// Measure although the machine is busy.
    #[arg(long)]
    anyway: bool,
    /// Where the databases are put; the disk counts. Default: a folder in the working directory.
    #[arg(long, default_value = "ratios-data")]
    folder: std::path::PathBuf,
    /// Be the bare server instead (used by this program itself).
    #[arg(long, hide = true)]
    bare_server: bool,
}

impl Options {
    fn side(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// One measured ratio.
pub struct Ratio {
    name: &'static str,
    value: f64,
    floor: f64,
    aim: f64,
    /// "×": higher is better, at least `floor`. "× (at most)", "kB (at most)": lower is better.
    unit: &'static str,
    /// The figures behind it.
    detail: String,
}

impl Ratio {
    fn holds(&self) -> bool {
        if self.unit.contains("at most") { self.value <= self.floor } else { self.value >= self.floor }
    }
}

/// A measurement: what it is called, and how it is taken.
type Measure = (&'static str, fn(&Options) -> anyhow::Result<Vec<Ratio>>);

const MEASURES: [Measure; 9] = [
    ("http_ingest", network::http_ingest),
    ("inprocess_ingest", inprocess::ingest),
    ("websocket_ingest", network::websocket_ingest),
    ("acknowledge", network::acknowledge),
    ("idle_connection", network::idle_connection),
    ("routing", routing::routing),
    ("pool_assignment", routing::pool),
    ("startup", startup::startup),
    ("pages", pages::pages),
];

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if options.bare_server {
        return bare::serve();
    }
    std::fs::create_dir_all(&options.folder)?;
    let mut all = Vec::new();
    for (name, measure) in MEASURES {
        if options.only.as_ref().is_some_and(|only| !name.starts_with(only.as_str()) && !only.starts_with(name)) {
            continue;
        }
        quiet(&options)?;
        eprintln!("measuring {name} …");
        all.extend(measure(&options)?);
    }
    std::fs::remove_dir_all(&options.folder)?;
    all.retain(|r| options.only.as_ref().is_none_or(|only| r.name.starts_with(only.as_str())));
    anyhow::ensure!(!all.is_empty(), "there is no ratio of that name");
    for ratio in &all {
        if options.json {
            let Ratio { name, value, floor, aim, unit, .. } = ratio;
            println!("{}", serde_json::json!({"name": name, "value": value, "floor": floor, "aim": aim, "unit": unit}));
        }
    }
    if !options.json {
        println!("| ratio | measured | floor | aim | figures |\n| --- | --- | --- | --- | --- |");
        for r in &all {
            let mark = if r.holds() { "" } else { " **missed**" };
            println!("| {} | {:.2} {}{mark} | {} | {} | {} |", r.name, r.value, r.unit, r.floor, r.aim, r.detail);
        }
    }
    Ok(())
}

/// Alternating rounds of two sides; the ratio of each round, and the medians of the sides.
pub fn alternate(
    rounds: usize,
    mut ours: impl FnMut() -> anyhow::Result<f64>,
    mut limit: impl FnMut() -> anyhow::Result<f64>,
) -> anyhow::Result<(f64, f64, f64)> {
    let (mut ratios, mut a, mut b) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let (x, y) = if round % 2 == 0 {
            let y = limit()?;
            (ours()?, y)
        } else {
            (ours()?, limit()?)
        };
        ratios.push(x / y);
        a.push(x);
        b.push(y);
    }
    Ok((median(ratios), median(a), median(b)))
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    if n % 2 == 1 { values[n / 2] } else { (values[n / 2 - 1] + values[n / 2]) / 2.0 }
}

/// Refuses to measure on a busy machine: every wake-up would wait for a neighbour.
fn quiet(options: &Options) -> anyhow::Result<()> {
    for _ in 0..10 {
        let busy = busy_cores()?;
        if busy <= 0.1 {
            return Ok(());
        }
        if options.anyway {
            eprintln!("{busy:.2} cores are busy with other work: the figures mean little");
            return Ok(());
        }
    }
    anyhow::bail!("other work takes more than a tenth of a core: end it, or say --anyway and trust nothing")
}

fn busy_cores() -> anyhow::Result<f64> {
    let read = || -> anyhow::Result<(f64, f64)> {
        let text = std::fs::read_to_string("/proc/stat")?;
        let line = text.lines().next().unwrap_or_default();
        let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|t| t.parse().ok()).collect();
        let idle = ticks.get(3).copied().unwrap_or(0.0) + ticks.get(4).copied().unwrap_or(0.0);
        Ok((ticks.iter().take(8).sum::<f64>() - idle, ticks.iter().take(8).sum()))
    };
    let (busy, all) = read()?;
    std::thread::sleep(Duration::from_secs(1));
    let (busy_then, all_then) = read()?;
    let cores = std::thread::available_parallelism()?.get() as f64;
    Ok((busy_then - busy) / (all_then - all).max(1.0) * cores)
}
