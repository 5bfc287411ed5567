//! Figures of quarter hours on disk: one row for many commits of a group, over crashes and restarts, and found by a recount where wrong.

use super::*;
use fenliu::domain::guard::Guard;
use fenliu::domain::health::recount::Recount;
use fenliu::domain::health::{Figures, Lane};
use fenliu::domain::quarter::Quarter;
use fenliu::store::measure::Tap;

const AGENT: AgentNo = AgentNo(4);
const ALL: (Quarter, Quarter) = (Quarter(0), Quarter(u32::MAX));

fn sum(store: &Store, lane: Lane) -> Figures {
    store.figures_sum(SHOP, lane, ALL).expect("read")
}

fn owned_and_answered(bench: &Bench, number: u8) {
    let mut entity = talk(bench, SHOP, number, 3);
    let handover = fenliu::domain::conversation::Handover {
        how: Handing::ByRule,
        say: None,
        keywords: vec![],
        over_capacity: None,
        decision: 1,
        welcome: vec![],
        guard: Guard::usual(),
    };
    let own = Command::Own { reception: 1, agent: AGENT, group: Some(GroupNo(2)), handover };
    let retry = RetryKey { client_id: 99, body: 1 };
    let (guard, origin) = (Guard::usual(), fenliu::domain::guard::record::Origin::default());
    let answer = Command::Answer { agent: AGENT, text: "在的".into(), extra: None, retry, guard, origin };
    for (at, command) in [(4_000, own), (61_000, answer)] {
        let (commit, _) = entity.asked(command, START.plus(at), 0).expect("taken");
        bench.commit(commit);
    }
}

// SPEC: MET-1
#[test]
fn figures_come_to_what_a_recount_comes_to_also_after_a_crash() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    (1..=3).for_each(|number| owned_and_answered(&bench, number));
    let shop = sum(&bench.store, Lane::Shop);
    assert_eq!((shop.received, shop.read, shop.begun, shop.answered, shop.due, shop.late), (9, 9, 3, 3, 3, 0));
    assert_eq!((shop.response_ms, shop.responses.count(), shop.opened, shop.given), (3 * 60_000, 3, 3, 3));
    for lane in [Lane::Account(AGENT), Lane::Group(GroupNo(2))] {
        assert_eq!(sum(&bench.store, lane).answered, 3, "{lane:?}");
    }
    assert_eq!(sum(&bench.store, Lane::Account(AgentNo(5))), Figures::default());
    let copy = crashed(folder.path());
    let bench = Bench::open(copy.path());
    // The commit thread knows nothing any more, and reads what it adds to.
    owned_and_answered(&bench, 4);
    let mut recount = Recount::new(Millis(0), Millis(u64::MAX));
    for entry in bench.store.feed(SHOP, 0, 1_000).expect("read") {
        recount.observe(&entry.event);
    }
    assert_eq!(sum(&bench.store, Lane::Shop), recount.finish());
    let counted = bench.store.recount(SHOP, (Millis(0), START.plus(3_600_000)), None).expect("read");
    assert_eq!((counted.0, counted.1.0), (sum(&bench.store, Lane::Shop), 0));
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
}

// SPEC: MET-1
#[test]
fn a_message_costs_one_small_row_for_the_shop_and_a_group_of_commits_writes_it_once() {
    let folder = TempDir::new().expect("a folder");
    let tap = Tap::default();
    let tapped = StoreOptions { tap: Some(tap.clone()), ..options() };
    let store = Arc::new(Store::open(folder.path(), &tapped).expect("opens"));
    let (sender, released) = channel();
    let release = move |group: Vec<Released<u64>>| group.into_iter().for_each(|one| drop(sender.send(one)));
    let committer = Committer::start(Arc::clone(&store), release, |_| {});
    let row = fenliu::store::keys::tally(SHOP, Lane::Shop, Quarter::of(START));
    let rows = |batch: &[u8]| batch.windows(row.len()).filter(|bytes| *bytes == row.as_slice()).count();
    let mut entity = Entity::<Conversation>::load(&store, SHOP, id(1));
    for n in 1..=200 {
        let (commit, _) = entity.asked(send(n), START.plus(n), n).expect("accepted");
        committer.submit(commit);
    }
    (0..200).for_each(|_| drop(released.recv().expect("released")));
    let batches = tap.drain();
    assert!(batches.iter().all(|batch| rows(batch) == 1), "each batch writes the quarter once, however many messages it has");
    let figures = sum(&store, Lane::Shop);
    assert_eq!((figures.received, figures.begun), (200, 1));
    let bytes = fenliu::store::record::encode(&figures).len();
    println!("a row of {} bytes under a key of {}, {} batches for 200 messages", bytes, row.len(), batches.len());
    assert!(bytes + row.len() < 64, "{bytes}");
    committer.stop();
}
