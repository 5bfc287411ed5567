//! What is kept of the guard: how accounts stand, when they are lifted, what the shop set, which coupons were tried.

use super::*;
use fenliu::domain::dispatcher::{self, TransferTo};
use fenliu::domain::event::Conducted;
use fenliu::domain::guard::conduct::{Conduct, Step};
use fenliu::domain::guard::record::{Origin, Violation};
use fenliu::domain::guard::standing::Hold;
use fenliu::domain::guard::{Approval, Guard};
use fenliu::domain::shop;
use fenliu::store::DeadlineRow;
use fenliu::store::keys::HeadOf;

const HOUR: u64 = 3_600_000;

fn by() -> Actor {
    Actor::Platform("main".into())
}

fn account(bench: &Bench, no: u32) -> Entity<Agent> {
    let mut entity = Entity::<Agent>::load(&bench.store, SHOP, AgentNo(no));
    let settings = AgentSettings { weight: 1, capacity: 5, groups: vec![], enabled: true, welcome: String::new() };
    let (login, name, password) = (format!("a{no}"), "a".into(), "p".into());
    let create = agent::Command::Create { login, name, password, role: Role::Agent, settings, serves: true };
    tell(bench, &mut entity, create, START);
    entity
}

fn tell<M: Stored>(bench: &Bench, entity: &mut Entity<M>, command: M::Command, at: Millis) {
    let (commit, _) = entity.asked(command, at, 0).expect("taken");
    bench.commit(commit);
}

fn violate(ladder: Vec<Step>) -> agent::Command {
    let conduct = Arc::new(Conduct { ladder, ..Conduct::default() });
    agent::Command::Violate { violation: Violation::Reported { reason: "r".into(), id: String::new() }, by: Some(by()), conduct }
}

fn frozen() -> agent::Command {
    violate(vec![Step { freeze_ms: HOUR, ..Step::WARNING }])
}

fn say() -> agent::Command {
    let (text, retry) = ("hello".to_owned(), RetryKey { client_id: 1, body: 5 });
    agent::Command::Say { conversation: id(1), text, extra: None, retry, guard: Guard::usual(), origin: Origin::default() }
}

fn lifted(bench: &Bench, at: Millis) -> Vec<AgentNo> {
    let rows = bench.store.deadlines(&Default::default(), at, 100).expect("read");
    let of = |row: DeadlineRow| match (row.scope, row.of) {
        (SHOP, HeadOf::Agent(agent)) => agent,
        other => panic!("nobody else waits: {other:?}"),
    };
    rows.into_iter().map(of).collect()
}

fn sound(bench: &Bench) {
    assert_eq!(bench.store.verify().expect("verified").problems, Vec::<String>::new());
}

// SPEC: GRD-8
#[test]
fn a_freeze_is_found_when_it_is_over_also_where_the_account_is_not_in_memory() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut accounts: Vec<Entity<Agent>> = (1..=4).map(|no| account(&bench, no)).collect();
    tell(&bench, &mut accounts[0], frozen(), START.plus(5));
    tell(&bench, &mut accounts[1], frozen(), START);
    // These do not end by time: a test, a review.
    tell(&bench, &mut accounts[2], violate(vec![Step { freeze_ms: HOUR, test: true, ..Step::WARNING }]), START);
    tell(&bench, &mut accounts[3], violate(vec![Step { review: true, ..Step::WARNING }]), START);
    tell(&bench, &mut accounts[0], say(), START.plus(6));
    tell(&bench, &mut accounts[0], say(), START.plus(7));
    drop(accounts);
    assert_eq!(lifted(&bench, START.plus(HOUR - 1)), []);
    assert_eq!(lifted(&bench, START.plus(HOUR)), [AgentNo(2)]);
    assert_eq!(lifted(&bench, START.plus(2 * HOUR)), [AgentNo(2), AgentNo(1)]);
    let mut first = Entity::<Agent>::load(&bench.store, SHOP, AgentNo(1));
    assert_eq!(first.machine.standing.hold, Hold::Frozen { until: START.plus(HOUR + 5), test: false });
    tell(&bench, &mut first, frozen(), START.plus(HOUR));
    assert_eq!(lifted(&bench, START.plus(HOUR + 5)), [AgentNo(2)], "the second freeze ends later");
    tell(&bench, &mut first, agent::Command::Wake, START.plus(2 * HOUR));
    assert_eq!(lifted(&bench, START.plus(3 * HOUR)), [AgentNo(2)]);
    tell(&bench, &mut first, say(), START.plus(2 * HOUR));
    assert_eq!(first.machine.standing.sent.len(), 1);
    assert_eq!(bench.store.standing(SHOP, AgentNo(1)).expect("read"), Some(first.machine.standing.clone()));
    sound(&bench);
    // A row that follows from nothing is found.
    let agent = Event::Conduct {
        agent: AgentNo(2),
        at: START,
        what: Conducted::Violated {
            violation: Violation::Reported { reason: "r".into(), id: String::new() },
            penalty: fenliu::domain::guard::record::Penalty { no: 2, step: Step { close: true, ..Step::WARNING }, throttle_ms: 0 },
            by: None,
        },
    };
    bench.events(SHOP, smallvec![agent]);
    let report = bench.store.verify().expect("verified");
    assert!(report.problems.iter().any(|p| p.contains("deadline")), "{:?}", report.problems);
}

// SPEC: GRD-8
#[test]
fn after_a_restart_the_dispatcher_gives_nobody_to_who_cannot_send() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut shop = Entity::<Shop>::load(&bench.store, SHOP, ());
    tell(&bench, &mut shop, shop::Command::Create { shop: "s".into(), name: "s".into() }, START);
    let mut account = account(&bench, 1);
    let given = |bench: &Bench| {
        let (dispatcher, _) = <Dispatcher as Stored>::load(&bench.store, SHOP, ()).expect("loads");
        let to = TransferTo::Agent(AgentNo(1));
        let command = dispatcher::Command::AssignByHand { by: AgentNo(1), conversations: vec![], to, reason: String::new() };
        dispatcher.decide(command, START).expect_err("nobody is online")
    };
    assert_eq!(given(&bench), Refusal::AgentNotOnline);
    tell(&bench, &mut account, frozen(), START);
    assert_ne!(given(&bench), Refusal::AgentNotOnline, "presence is not even looked at");
    tell(&bench, &mut account, agent::Command::Wake, START.plus(HOUR));
    assert_eq!(given(&bench), Refusal::AgentNotOnline);
}

// SPEC: GRD-2, GRD-4, GRD-5
#[test]
fn what_a_shop_sets_of_its_guard_is_there_again() {
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut entity = Entity::<Shop>::load(&bench.store, SHOP, ());
    tell(&bench, &mut entity, shop::Command::Create { shop: "s".into(), name: "s".into() }, START);
    let settings = Box::new(fenliu::domain::guard::Settings { allowed_hosts: vec!["a.example".into()], ..Default::default() });
    tell(&bench, &mut entity, shop::Command::SetGuard { settings: settings.clone(), by: by(), based_on: None }, START);
    tell(&bench, &mut entity, shop::Command::SetWords { words: vec!["坏词".into()], by: by(), based_on: None }, START);
    let approval = Approval { campaign: "c".into(), phrases: vec!["限时抢购".into()], from: START, to: START.plus(HOUR) };
    tell(&bench, &mut entity, shop::Command::SetApprovals { approvals: vec![approval.clone()], by: by() }, START);
    let ip = "203.0.113.7".parse().expect("an address");
    for number in 1..=3 {
        let (conversation, conduct) = (id(number), Arc::default());
        tell(&bench, &mut entity, shop::Command::TryCoupon { ip, conversation, agent: AgentNo(1), conduct }, START);
    }
    let again = Entity::<Shop>::load(&bench.store, SHOP, ()).machine;
    assert_eq!((again.coupons.len(), again.words_digest, again.guard_version), (3, entity.machine.words_digest, 1));
    let guarding = bench.store.guarding(SHOP).expect("read").expect("there");
    assert_eq!((guarding.settings, guarding.version, guarding.approvals, guarding.words_version), (settings, 1, vec![approval], 1));
    assert_eq!(bench.store.words(SHOP, 1).expect("read"), Some(vec!["坏词".to_owned()]));
    sound(&bench);
}
