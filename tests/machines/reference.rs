//! The dispatcher against a reference model written from SPEC: random histories of a small, crowded shop, and after every turn both must
//! have decided the same, for the same reason, and show the same roster.
//!
//! `FENLIU_CASES=100000 FENLIU_SEED=7 cargo test --release --test machines reference` for more, or for the same again.

#[path = "reference/choose.rs"]
mod choose;
#[path = "reference/clock.rs"]
mod clock;
#[path = "reference/compare.rs"]
mod compare;
#[path = "reference/draft.rs"]
mod draft;
#[path = "reference/facts.rs"]
mod facts;
#[path = "reference/hear.rs"]
mod hear;
#[path = "reference/model.rs"]
mod model;
#[path = "reference/passing.rs"]
mod passing;
#[path = "reference/pool.rs"]
mod pool;
#[path = "reference/tally.rs"]
mod tally;
#[path = "reference/world.rs"]
mod world;

use model::Fault;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::cell::{Cell, RefCell};
use tally::Tally;
use world::Op;

const CASES: u32 = 5_000;
/// A kind of decision is met at least once in so many histories.
const RARELY: u64 = 250;

/// What happens before the first buyer comes, and after.
type History = (Vec<(u8, u16)>, Vec<Op>);

fn history() -> impl Strategy<Value = History> {
    let changes = prop::collection::vec(any::<(u8, u16)>(), 0..12);
    (changes, prop::collection::vec((0..101u8, any::<u8>(), any::<u16>()), 1..70))
}

pub fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

pub fn seed() -> u64 {
    from_environment("FENLIU_SEED").unwrap_or(20_231_113)
}

pub fn runner(cases: u32, shrink: u32) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed().to_be_bytes());
    let config = Config { cases, max_shrink_iters: shrink, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

#[test]
fn dispatcher_and_model_decide_the_same() {
    // SPEC: DIV-1, DIV-2, DIV-3, DIV-4, DIV-5, DIV-6, DIV-7, DIV-8, DIV-9, OFF-1, OFF-2, OFF-3, OFF-4, OFF-5, OFF-7, OFF-8
    let cases = from_environment("FENLIU_CASES").map_or(CASES, |cases| cases.try_into().expect("fewer histories"));
    let (commands, tally) = (Cell::new(0), RefCell::new(Tally::default()));
    let compared = runner(cases, 20_000).run(&history(), |(changes, ops)| match world::run(Fault::None, &changes, &ops) {
        Ok(world) => {
            commands.set(commands.get() + world.commands);
            tally.borrow_mut().join(&world.tally);
            Ok(())
        }
        Err(difference) => Err(TestCaseError::fail(difference)),
    });
    if let Err(TestError::Fail(difference, history)) = compared {
        panic!("seed {}, {history:?}\n{difference}", seed());
    }
    let tally = tally.into_inner();
    println!("reference: seed {}, {cases} histories, {} commands, {:?}", seed(), commands.get(), tally.0);
    let hardly = tally.hardly_met(u64::from(cases) / RARELY);
    assert!(hardly.is_empty(), "hardly met in {cases} histories: {hardly:?}");
}

/// A planted fault must be found soon, or the comparison says nothing.
#[test]
fn planted_faults_are_found() {
    const FAULTS: [Fault; 12] = [
        Fault::CapacityOffByOne,
        Fault::QueueReversed,
        Fault::WeightIgnored,
        Fault::BusyIgnored,
        Fault::MissedAskedAgain,
        Fault::ScopeSkipped,
        Fault::RecentWithoutEnd,
        Fault::SlotWithoutCap,
        Fault::GateOpen,
        Fault::GraceWithoutEnd,
        Fault::BarredKeeps,
        Fault::GroupLimitsIgnored,
    ];
    for fault in FAULTS {
        let tried = Cell::new(0);
        let found = runner(300, 0).run(&history(), |(changes, ops)| {
            tried.set(tried.get() + 1);
            world::run(fault, &changes, &ops).map(drop).map_err(TestCaseError::fail)
        });
        assert!(matches!(found, Err(TestError::Fail(..))), "seed {}: {fault:?} was not found in 300 histories", seed());
        println!("reference: {fault:?} found in history {}", tried.get());
    }
}
