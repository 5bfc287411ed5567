//! How well the guard sees hidden contacts, and how seldom it refuses honest sentences (SPEC GRD-3); and what it costs (`--cost`).
//!
//! Three sets, reported apart: sentences that a generator makes (repeatable by its seed), hard ones that people wrote down
//! (`guard/hard.tsv`, not used for making the guard), and the agents' messages of recorded conversations.

mod support;

#[path = "guard/cost.rs"]
mod cost;
#[path = "guard/everyday.rs"]
mod everyday;
#[path = "guard/hidden.rs"]
mod hidden;
#[path = "guard/real.rs"]
mod real;
#[path = "guard/tally.rs"]
mod tally;

use clap::Parser;
use fenliu::domain::guard::{Finding, Guard, Settings, Voice};
use fenliu::domain::id::Millis;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tally::{Case, Tally};

/// Measures precision and recall of the guard, and its cost.
///
/// Exit code 0: every set keeps recall and false refusals within their bounds (the hard sentences are reported only). 1: one does
/// not. 2: it could not begin.
#[derive(Parser)]
#[command(name = "guard")]
struct Args {
    /// Recorded conversations: a file or a folder; without it the demo conversations of this program
    #[arg(long, value_name = "PATH")]
    conversations: Option<PathBuf>,
    /// Decides what the generator makes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sentences of each kind that the generator makes
    #[arg(long, default_value_t = 6_000, value_parser = clap::value_parser!(u32).range(1..))]
    sentences: u32,
    /// Counts instructions instead (with valgrind, or perf where there is none)
    #[arg(long)]
    cost: bool,
    /// One text read so often, for counting: a name of `cost`
    #[arg(long, hide = true)]
    read: Option<String>,
}

/// The guard of a shop on its own platform.
fn guard(own: &[&str], hosts: &[&str]) -> Guard {
    let owned = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect();
    let settings = Settings { own_platforms: owned(own), allowed_hosts: owned(hosts), ..Settings::default() };
    Guard::new(settings, Arc::default(), Vec::new(), Vec::new(), Arc::default())
}

/// What the guard finds in a text.
fn found(guard: &Guard, text: &str) -> Vec<Finding> {
    guard.clear(text.to_owned(), Voice::Fixed, Millis(0)).err().unwrap_or_default()
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(name) = &args.read {
        return cost::read(name);
    }
    if args.cost {
        return cost::compare();
    }
    println!("seed {}", args.seed);
    let usual = guard(&[], &[]);
    let made = args.sentences as usize;
    let cases = hidden::cases(args.seed, made).into_iter().chain(everyday::cases(args.seed, made));
    let mut fine = Tally::of("generated", &usual, cases).print(true);
    Tally::of("hard, written by hand", &usual, hard()).print(false);
    match real::tallies(args.conversations.as_deref()) {
        Ok(tallies) => tallies.into_iter().for_each(|tally| fine &= tally.print(true)),
        Err(problem) => {
            eprintln!("guard: {problem}");
            return ExitCode::from(2);
        }
    }
    if fine { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// `guard/hard.tsv`: `contact` or `honest`, a kind, the sentence.
fn hard() -> impl Iterator<Item = Case> {
    include_str!("guard/hard.tsv").lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut parts = line.splitn(3, '\t');
        let (contact, kind, text) = (parts.next()? == "contact", parts.next()?, parts.next()?);
        Some(Case { contact, kind: kind.to_owned(), text: text.replace("\\n", "\n") })
    })
}
