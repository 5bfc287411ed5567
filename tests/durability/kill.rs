//! SIGKILL at random moments of a busy server, and of its start.

use crate::dice::Dice;
use crate::history::Ledger;
use crate::house::House;
use crate::load::{Crew, Load};
use crate::round;
use crate::say;
use crate::server::{Server, Setup};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Kills of a run where `FENLIU_KILLS` does not say.
const KILLS: u64 = 100;
/// Rounds after which the stopped folder is recounted and new shops are opened.
const CHAPTER: u64 = 25;
/// First starts of a new folder that are killed.
const FIRST_STARTS: u64 = 24;
/// When the server dies after the load began, in milliseconds.
const LIFE_MS: std::ops::Range<u64> = 5..150;
const WRITERS: usize = 12;
const SHOPS: usize = 2;
const AGENTS: usize = 2;
const BUYERS: usize = 24;

#[derive(Default)]
struct Tally {
    killed: u64,
    killed_at_start: u64,
    acked: u64,
    retries: u64,
    verified: u64,
    /// Acknowledged work beside messages, by its kind.
    work: BTreeMap<String, u64>,
}

fn houses(server: &Server, chapter: u64) -> Vec<Arc<House>> {
    (0..SHOPS).map(|n| Arc::new(House::open(server, &format!("shop-{chapter}-{n}"), AGENTS, BUYERS))).collect()
}

/// A start that is killed before anybody can tell how far it came.
fn kill_a_start(setup: &Setup, dice: &mut Dice) -> bool {
    let mut child = setup.launch(&[]);
    // The random moment is the test: there is nothing to wait for.
    std::thread::park_timeout(Duration::from_micros(dice.next() % 80_000));
    child.kill().unwrap();
    child.wait().unwrap().signal() == Some(9)
}

#[test]
fn a_killed_first_start_leaves_a_folder_that_starts() {
    let seed = Dice::seed();
    let (mut dice, mut killed) = (Dice::new(seed, 3), 0);
    for number in 1..=FIRST_STARTS {
        let folder = tempfile::tempdir().unwrap();
        let setup = Setup::new(&folder.path().join("data"), &folder.path().join("log"));
        killed += u64::from(kill_a_start(&setup, &mut dice));
        let mut server = setup.start_with(&[]).unwrap_or_else(|(code, told)| panic!("start {number}, FENLIU_SEED={seed}: {code:?} {told}"));
        // The key that was written is one that works.
        House::open(&server, "shop", 1, 1);
        assert_eq!(server.stop(), Some(0), "start {number}, FENLIU_SEED={seed}: {}", server.log());
    }
    say(&format!("kills: {killed} first starts, seed {seed}"));
    assert!(killed * 100 >= FIRST_STARTS * 80, "{killed} of {FIRST_STARTS} first starts");
}

#[test]
fn a_killed_server_has_everything_it_acknowledged() {
    let (seed, rounds) = (Dice::seed(), crate::set_to("FENLIU_KILLS").unwrap_or(KILLS));
    let (began, mut dice, mut tally) = (Instant::now(), Dice::new(seed, 0), Tally::default());
    say(&format!("kills: {rounds} rounds to come, seed {seed}"));
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::new(&folder.path().join("data"), &folder.path().join("log"));
    let mut server = setup.start();
    let mut open = houses(&server, 0);
    let mut all = open.clone();
    let mut ledger = Ledger::default();
    for number in 1..=rounds {
        let crew = Crew { houses: open.clone(), writers: WRITERS, round: format!("round-{number}"), seed: dice.next() };
        let load = Load::start(&server, &crew);
        load.run(Duration::from_millis(LIFE_MS.start + dice.next() % (LIFE_MS.end - LIFE_MS.start)));
        let killed = server.kill();
        load.end().into_iter().for_each(|deeds| ledger.hear(deeds));
        assert!(killed, "round {number}, FENLIU_SEED={seed}: the server ended by itself: {}", server.log());
        tally.killed += 1;
        if number % 4 == 0 {
            tally.killed_at_start += u64::from(kill_a_start(&setup, &mut dice));
        }
        let chapter_ends = number % CHAPTER == 0 || number == rounds;
        if chapter_ends {
            setup.verify();
            tally.verified += 1;
        }
        server = setup.start();
        tally.retries += round::retry(&server, &mut ledger, &mut dice);
        let mut problems = round::audit(&server, &open, &mut ledger, chapter_ends);
        problems.extend(round::check_gauges(&server, &all));
        assert!(problems.is_empty(), "round {number}, FENLIU_SEED={seed}: {} problems:\n{}", problems.len(), problems.join("\n"));
        if chapter_ends {
            tally.acked += ledger.acked;
            ledger.desk.done.iter().for_each(|(kind, count)| *tally.work.entry(kind.clone()).or_default() += count);
            open = houses(&server, number);
            all.extend(open.clone());
            ledger = Ledger::default();
        }
    }
    assert_eq!(server.stop(), Some(0), "an orderly stop: {}", server.log());
    let counted = setup.verify();
    let Tally { killed, killed_at_start, acked, retries, verified, work } = tally;
    say(&format!("kills: {killed} rounds, {acked} acknowledged messages, {retries} retries, seed {seed}"));
    say(&format!("kills: and {killed_at_start} starts killed, {verified} recounts; {:.1?}; {}", began.elapsed(), counted.trim()));
    say(&format!("kills: acknowledged beside messages: {work:?}"));
    // The test of the test: a run that did next to nothing proves nothing.
    assert!(killed * 100 >= rounds * 80, "{killed} of {rounds} rounds");
    assert!(acked >= rounds * 20, "only {acked} messages were acknowledged in {rounds} rounds");
    assert!(retries >= rounds, "only {retries} retries in {rounds} rounds");
    for kind in ["note", "label", "priority", "draft", "recall", "file", "block", "order", "notice"] {
        let count = work.get(kind).copied().unwrap_or(0);
        assert!(count * 10 >= rounds, "{kind}: only {count} in {rounds} rounds");
    }
}
