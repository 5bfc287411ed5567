//! What follows a violation: the ladder, the test, the undertaking, and how slowly an account sends afterwards.

use crate::{HOUR, SCOPE, act, check};
use fenliu::domain::Machine;
use fenliu::domain::agent::{Agent, Command};
use fenliu::domain::event::{Actor, AgentSettings, RetryKey, Role};
use fenliu::domain::guard::Guard;
use fenliu::domain::guard::conduct::{Conduct, Question, Step};
use fenliu::domain::guard::questions::{draw, faults, usual};
use fenliu::domain::guard::record::{Origin, Violation};
use fenliu::domain::guard::standing::{Hold, working_days_after};
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use fenliu::domain::schedule::Zone;
use std::collections::BTreeSet;
use std::sync::Arc;

const DAY: u64 = 24 * HOUR;
const MINUTE: u64 = 60_000;

fn settings() -> AgentSettings {
    AgentSettings { weight: 1, capacity: 5, groups: vec![], enabled: true, welcome: String::new() }
}

pub fn new() -> Agent {
    let mut agent = Agent::new(SCOPE, AgentNo(3));
    let (login, name, password) = ("li".into(), "李".into(), "argon2".into());
    act(&mut agent, Command::Create { login, name, password, role: Role::Agent, settings: settings(), serves: true }, 0);
    agent
}

fn guard_of(conduct: &Arc<Conduct>) -> Arc<Guard> {
    Arc::new(Guard::new(Default::default(), Arc::default(), vec![], vec![], conduct.clone()))
}

fn usually() -> Arc<Conduct> {
    Arc::default()
}

fn platform() -> Actor {
    Actor::Platform("reviewer".into())
}

fn reported(conduct: &Arc<Conduct>) -> Command {
    Command::Violate {
        violation: Violation::Reported { reason: "r".into(), id: String::new() },
        by: Some(platform()),
        conduct: conduct.clone(),
    }
}

fn found(conduct: &Arc<Conduct>) -> Command {
    Command::Violate { violation: Violation::Automation { signs: vec![] }, by: None, conduct: conduct.clone() }
}

fn say(n: u64, conduct: &Arc<Conduct>) -> Command {
    let (conversation, text, retry) = (ConversationId([1; 16]), "hello".to_owned(), RetryKey { client_id: n, body: 5 });
    Command::Say { conversation, text, extra: None, retry, guard: guard_of(conduct), origin: Origin::default() }
}

/// Ten questions, to each of which the answer is 1.
fn test() -> Command {
    let question = |n| Question { text: format!("q{n}"), answers: vec!["no".into(), "yes".into()], right: 1 };
    Command::DrawTest { questions: (0..10).map(question).collect() }
}

fn take(wrong: usize) -> Command {
    Command::TakeTest { answers: (0..10).map(|n| u8::from(n >= wrong)).collect() }
}

fn undertake(text: &str) -> Command {
    Command::Undertake { text: text.into(), due: Millis(9 * DAY) }
}

fn review(lifted: bool) -> Command {
    Command::Review { lifted, reason: "r".into(), by: platform() }
}

const PROMISE: &str = "我保证不再违反规则,认真服务。";

#[test]
fn the_ladder_as_it_usually_is() {
    // SPEC: GRD-7, GRD-8
    let (conduct, mut agent) = (usually(), new());
    let mut tell = |command, at| act(&mut agent, command, at);
    assert_eq!(tell(found(&conduct), HOUR), "violation 1 | ask whether agent 3 serves | Done");
    assert_eq!(
        tell(say(1, &conduct), HOUR),
        "\"hello\" by Agent(AgentNo(3)) caught: Held |  | Caught { ground: Held }",
        "from the very moment on nothing is sent"
    );
    assert_eq!(tell(Command::Wake, 26 * HOUR), " |  | Done", "24 hours alone do not lift it");
    assert_eq!(tell(test(), 26 * HOUR), "10 questions drawn |  | Done");
    assert_eq!(tell(take(0), 27 * HOUR), "test taken: 100; lifted at 97200000 | ask whether agent 3 serves | 100 points");
    assert_eq!(tell(say(1, &conduct), 27 * HOUR), "slowly at 97200000 | forward: answer of agent 3".replace(" | f", " |  | f"));
    assert_eq!(tell(found(&conduct), 30 * HOUR), "violation 2 | ask whether agent 3 serves | Done");
    assert_eq!(tell(Command::Wake, 300 * DAY), " |  | Done", "no time lifts what is to be reviewed");
    let due = (30 * HOUR).saturating_sub(30 * DAY);
    assert_eq!(tell(undertake(PROMISE), 30 * HOUR), format!("undertaking, due {}, records from {due} |  | Done", 9 * DAY));
    assert_eq!(tell(review(false), 31 * HOUR), "reviewed, lifted: false |  | Done");
    assert_eq!(tell(undertake(PROMISE), 40 * DAY), format!("undertaking, due {}, records from {} |  | Done", 9 * DAY, 10 * DAY));
    assert_eq!(tell(review(true), 41 * DAY), "reviewed, lifted: true | ask whether agent 3 serves | Done");
    assert_eq!(tell(reported(&conduct), 50 * DAY), "violation 3 by a person | ask whether agent 3 serves | Done");
    for (command, what) in [(test(), "a test"), (undertake(PROMISE), "an undertaking"), (review(true), "a review")] {
        assert!(tell(command, 51 * DAY).starts_with("refused: "), "{what} helps an account that is closed");
    }
    assert_eq!(tell(found(&conduct), 52 * DAY), " |  | Done");
    assert_eq!(tell(reported(&conduct), 52 * DAY), "violation 4 by a person |  | Done");
    assert_eq!((agent.standing.hold.clone(), agent.standing.points), (Hold::Closed, 5));
}

#[test]
fn a_freeze_ends_at_the_later_of_its_time_and_the_test() {
    // SPEC: GRD-8
    let conduct = usually();
    let frozen = || vec![(HOUR, found(&conduct))];
    // The test first: the clock lifts it, at its time and not before.
    let mut passed = frozen();
    passed.extend([(2 * HOUR, test()), (2 * HOUR, take(0))]);
    let mut agent = new();
    passed.into_iter().for_each(|(at, command)| drop(act(&mut agent, command, at)));
    assert_eq!(agent.deadline(), Some(Millis(25 * HOUR)));
    assert_eq!(act(&mut agent, Command::Wake, 25 * HOUR - 1), " |  | Done");
    assert_eq!(act(&mut agent, Command::Wake, 25 * HOUR), "lifted at 90000000 | ask whether agent 3 serves | Done");
    assert_eq!(agent.deadline(), None);
    assert_eq!(act(&mut agent, Command::Wake, 26 * HOUR), " |  | Done", "once");
    // Without a test time alone is enough.
    let step = Step { freeze_ms: 5 * HOUR, ..Step::WARNING };
    let simple = Arc::new(Conduct { ladder: vec![step], ..Conduct::default() });
    let mut agent = new();
    act(&mut agent, found(&simple), HOUR);
    assert_eq!(agent.deadline(), Some(Millis(6 * HOUR)));
    assert!(act(&mut agent, test(), 2 * HOUR).starts_with("refused: "), "nothing is to be passed");
    // A second freeze while the first holds: the later end counts.
    act(&mut agent, reported(&simple), 3 * HOUR);
    assert_eq!(agent.deadline(), Some(Millis(8 * HOUR)));
}

#[test]
fn the_test_needs_every_answer_and_so_many_tries_a_day() {
    // SPEC: GRD-8
    let conduct = usually();
    let frozen = || vec![(HOUR, found(&conduct))];
    let drawn = || vec![(HOUR, found(&conduct)), (HOUR, test())];
    check(
        new(),
        frozen(),
        (HOUR, take(0)),
        "refused: Invalid { field: \"answers\", problem: \"there is no test before this account; draw one\" }",
    );
    check(
        new(),
        drawn(),
        (HOUR, Command::TakeTest { answers: vec![1; 9] }),
        "refused: Invalid { field: \"answers\", problem: \"10 questions, 9 answers\" }",
    );
    check(new(), drawn(), (HOUR, take(1)), "test taken: 90 |  | 90 points");
    let mut failed = drawn();
    failed.push((HOUR, take(1)));
    check(
        new(),
        failed,
        (HOUR, take(0)),
        "refused: Invalid { field: \"answers\", problem: \"there is no test before this account; draw one\" }",
    );
    let mut five = frozen();
    (0..5).for_each(|n| five.push(((2 + n) * HOUR, test())));
    let again = |five: &[(u64, Command)]| five.iter().map(|(at, _)| *at).collect::<Vec<_>>();
    assert_eq!(again(&five).len(), 6);
    let mut agent = new();
    five.into_iter().for_each(|(at, command)| drop(act(&mut agent, command, at)));
    assert_eq!(act(&mut agent, test(), 10 * HOUR), format!("refused: TooMany {{ retry_after_s: {} }}", 16 * 3_600));
    assert_eq!(act(&mut agent, test(), 26 * HOUR), "10 questions drawn |  | Done");
    check(
        new(),
        vec![],
        (HOUR, test()),
        "refused: Invalid { field: \"test\", problem: \"the account may send; there is no test to be passed\" }",
    );
}

#[test]
fn while_held_a_rule_finds_nothing_new_but_a_person_does() {
    // SPEC: GRD-8
    let conduct = usually();
    let frozen = || vec![(HOUR, found(&conduct))];
    check(new(), frozen(), (2 * HOUR, found(&conduct)), " |  | Done");
    check(new(), frozen(), (2 * HOUR, reported(&conduct)), "violation 2 by a person |  | Done");
    let mut agent = new();
    act(&mut agent, found(&conduct), HOUR);
    act(&mut agent, reported(&conduct), 2 * HOUR);
    assert_eq!(agent.standing.hold, Hold::Review { undertaking: None }, "the heavier step takes the place of the lighter");
    // A lighter step never takes the place of a heavier.
    let odd = [Step { review: true, ..Step::WARNING }, Step { freeze_ms: HOUR, ..Step::WARNING }, Step::WARNING];
    let odd = Arc::new(Conduct { ladder: odd.to_vec(), ..Conduct::default() });
    let mut agent = new();
    (1..=3).for_each(|at| drop(act(&mut agent, reported(&odd), at)));
    assert_eq!((agent.standing.hold.clone(), agent.standing.violations), (Hold::Review { undertaking: None }, 3));
}

#[test]
fn a_slowed_account_sends_so_many_a_minute() {
    // SPEC: GRD-7
    let conduct = Arc::new(Conduct { ladder: vec![Step::WARNING], throttle_ms: HOUR, ..Conduct::default() });
    let mut agent = new();
    let slowly = |at: u64| format!("slowly at {at} |  | forward: answer of agent 3");
    let mut tell = |command, at| act(&mut agent, command, at);
    assert_eq!(tell(found(&conduct), MINUTE), "violation 1 |  | Done", "a warning stops nothing");
    for n in 0..5 {
        assert_eq!(tell(say(n, &conduct), MINUTE + n * 1_000), slowly(MINUTE + n * 1_000));
    }
    assert_eq!(tell(say(9, &conduct), MINUTE + 5_000), "refused: TooMany { retry_after_s: 55 }");
    assert_eq!(tell(say(4, &conduct), MINUTE + 6_000), " |  | forward: answer of agent 3", "the same again is not one more");
    assert_eq!(tell(say(9, &conduct), 2 * MINUTE - 1), "refused: TooMany { retry_after_s: 1 }");
    assert_eq!(tell(say(9, &conduct), 2 * MINUTE), slowly(2 * MINUTE));
    // A stamp that comes late does not open the minute again.
    assert_eq!(tell(say(10, &conduct), 2 * MINUTE + 1_000), slowly(2 * MINUTE + 1_000));
    assert_eq!(tell(say(11, &conduct), 2 * MINUTE + 999), "refused: TooMany { retry_after_s: 2 }");
    assert_eq!(tell(say(12, &conduct), MINUTE + HOUR), " |  | forward: answer of agent 3", "the time is over");
}

#[test]
fn what_a_held_account_tries_is_kept_once_for_each_attempt() {
    // SPEC: GRD-9
    let conduct = usually();
    let tried = || vec![(HOUR, found(&conduct)), (2 * HOUR, say(1, &conduct))];
    check(new(), tried(), (3 * HOUR, say(1, &conduct)), " |  | Caught { ground: Held }");
    check(new(), tried(), (3 * HOUR, say(2, &conduct)), "\"hello\" by Agent(AgentNo(3)) caught: Held |  | Caught { ground: Held }");
}

#[test]
fn an_undertaking_is_asked_for_and_of_some_length() {
    // SPEC: GRD-8
    let conduct = Arc::new(Conduct { ladder: vec![Step { review: true, ..Step::WARNING }], ..Conduct::default() });
    let held = || vec![(HOUR, found(&conduct))];
    let short = "refused: Invalid { field: \"text\", problem: \"10 to 2000 characters\" }";
    for text in ["九个字都还没有到", "      a        ", &"x".repeat(2_001)] {
        check(new(), held(), (HOUR, undertake(text)), short);
    }
    assert!(act(&mut new(), undertake(PROMISE), 1).starts_with("refused: "), "nobody asked for one");
    let mut given = held();
    given.push((HOUR, undertake(PROMISE)));
    check(
        new(),
        given,
        (HOUR, undertake(PROMISE)),
        "refused: Invalid { field: \"undertaking\", problem: \"one is being reviewed; wait for the decision\" }",
    );
    check(
        new(),
        held(),
        (HOUR, review(true)),
        "refused: Invalid { field: \"review\", problem: \"no undertaking of this account waits for a review\" }",
    );
}

#[test]
fn who_cannot_send_is_given_nobody_by_rule() {
    // SPEC: GRD-8, DIV-1
    let conduct = usually();
    let enabled = |agent: &Agent| {
        let decision = agent.decide(Command::Serves { serves: true }, Millis(1)).expect("never refused");
        format!("{:?}", decision.effects).contains("enabled: true")
    };
    let mut agent = new();
    assert!(enabled(&agent));
    act(&mut agent, found(&conduct), HOUR);
    assert!(!enabled(&agent));
    act(&mut agent, test(), 30 * HOUR);
    act(&mut agent, take(0), 30 * HOUR);
    assert!(enabled(&agent));
}

#[test]
fn working_days_are_monday_to_friday() {
    // SPEC: GRD-8
    let shanghai = Zone::named("Asia/Shanghai").expect("a zone");
    let at = |day: &str, hour: u64| {
        let day = fenliu::domain::schedule::Day::parse(day).expect("a day");
        shanghai.day_range(day).0.plus(hour * HOUR)
    };
    // 2026-07-06 is a Monday.
    for (given, days, ends) in [
        ("2026-07-06", 3, "2026-07-10"),
        ("2026-07-09", 3, "2026-07-15"),
        ("2026-07-10", 1, "2026-07-14"),
        ("2026-07-11", 1, "2026-07-14"),
        ("2026-07-12", 5, "2026-07-18"),
    ] {
        for hour in [0, 12, 23] {
            assert_eq!(working_days_after(&shanghai, at(given, hour), days), at(ends, 0), "{days} after {given}");
        }
    }
}

#[test]
fn a_test_is_drawn_by_chance_and_its_answers_are_shuffled() {
    // SPEC: GRD-8
    assert!(faults(&usual()).is_empty() && usual().len() == 20);
    let (mut asked, mut places) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..200u64 {
        let random: Vec<u8> = (0..128).map(|n| (seed.wrapping_mul(6_364_136_223_846_793_005).rotate_left(n as u32) >> 13) as u8).collect();
        let drawn = draw(&[], &random);
        assert_eq!(drawn.len(), 10);
        assert_eq!(drawn, draw(&[], &random), "the same chance draws the same");
        let texts: BTreeSet<_> = drawn.iter().map(|question| question.text.clone()).collect();
        assert_eq!(texts.len(), 10, "no question twice");
        for question in &drawn {
            let known = usual().into_iter().find(|known| known.text == question.text).expect("of the bank");
            assert_eq!(question.answers[usize::from(question.right)], known.answers[0], "the right one stays right");
            places.insert(question.right);
        }
        asked.extend(texts);
    }
    assert_eq!((asked.len(), places.len()), (20, 3));
    assert_eq!(draw(&usual()[..3], &[]).len(), 3, "no chance, a small bank: still a test");
}
