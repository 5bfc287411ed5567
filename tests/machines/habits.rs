//! When sending looks like a machine's, and when it does not.

use crate::act;
use crate::standing::new;
use fenliu::domain::Machine;
use fenliu::domain::agent::{Agent, Command};
use fenliu::domain::event::Event;
use fenliu::domain::guard::conduct::{Automation, Conduct, Step};
use fenliu::domain::guard::record::{Origin, Sign};
use fenliu::domain::guard::{Guard, Settings};
use fenliu::domain::id::ConversationId;
use fenliu::domain::id::Millis;
use fenliu::limits::{HABIT_TEXTS_MAX, HABIT_TIMES_MAX};
use std::sync::Arc;

const MINUTE: u64 = 60_000;
const LONG: &str = "亲,这一款今天有活动,欢迎随时来看看哦";

fn rules() -> Automation {
    Automation { rhythm_messages: 5, rate_per_min: 10, same_text_buyers: 4, ..Conduct::default().automation }
}

fn guard(rules: Automation, clients: &[&str]) -> Arc<Guard> {
    let settings = Settings { clients: clients.iter().map(|client| (*client).to_owned()).collect(), ..Settings::default() };
    let conduct = Arc::new(Conduct { automation: rules, ..Conduct::default() });
    Arc::new(Guard::new(settings, Arc::default(), vec![], vec![], conduct))
}

fn to(n: u64) -> ConversationId {
    ConversationId([n as u8; 16])
}

fn said(guard: &Arc<Guard>, buyer: u64, text: &str) -> Command {
    let origin = Origin { client: "app".into(), ..Origin::default() };
    Command::Said { conversation: to(buyer), text: text.into(), made: false, guard: guard.clone(), origin }
}

/// What was flagged, and whether a violation came of it.
fn tell(agent: &mut Agent, command: Command, at: u64) -> (Vec<Sign>, bool) {
    let decision = agent.decide(command, Millis(at)).expect("nothing is refused");
    let mut told = (Vec::new(), false);
    for event in &decision.events {
        match event {
            Event::Flagged { signs, .. } => told.0.extend(signs.iter().cloned()),
            Event::Violated { .. } => told.1 = true,
            _ => {}
        }
        agent.apply(event);
    }
    told
}

/// Every sign of a whole story: when, to whom, what.
fn story(guard: &Arc<Guard>, story: impl IntoIterator<Item = (u64, u64, String)>) -> Vec<Sign> {
    let mut agent = new();
    story.into_iter().flat_map(|(at, buyer, text)| tell(&mut agent, said(guard, buyer, &text), at).0).collect()
}

fn kinds(signs: &[Sign]) -> Vec<&'static str> {
    let kind = |sign: &Sign| match sign {
        Sign::Rhythm { .. } => "rhythm",
        Sign::Rate { .. } => "rate",
        Sign::SameText { .. } => "same text",
        Sign::Client { .. } => "client",
    };
    signs.iter().map(kind).collect()
}

/// Intervals as a person's are: a few seconds, half a minute, two.
const HUMAN: [u64; 8] = [9_000, 31_000, 7_500, 90_000, 14_000, 22_000, 48_000, 11_000];

fn human(n: u64) -> impl Iterator<Item = u64> {
    (0..n).scan(MINUTE, |at, n| {
        *at += HUMAN[n as usize % HUMAN.len()];
        Some(*at)
    })
}

#[test]
fn a_person_shows_no_sign() {
    // SPEC: GRD-6
    let signs = story(&guard(rules(), &[]), human(400).enumerate().map(|(n, at)| (at, n as u64 % 7, format!("{LONG} {n}"))));
    assert_eq!(kinds(&signs), Vec::<&str>::new());
    // Every half minute for a while, give or take a fifth: still a person.
    let uneven = (0..60u64).map(|n| (MINUTE + n * 30_000 + (n * 7_919) % 6_000, n % 3, format!("{LONG} {n}")));
    assert_eq!(kinds(&story(&guard(Automation { rhythm_messages: 20, ..rules() }, &[]), uneven)), Vec::<&str>::new());
}

#[test]
fn equal_intervals_are_a_rhythm() {
    // SPEC: GRD-6
    let every = |ms: u64| (0..8u64).map(move |n| (MINUTE + n * ms, 1, format!("text {n}")));
    let signs = story(&guard(rules(), &[]), every(8_000));
    assert_eq!(signs, [Sign::Rhythm { messages: 5, mean_ms: 8_000, spread_milli: 0 }], "once, with what shows it");
    let early = story(&guard(rules(), &[]), every(8_000).take(5));
    assert_eq!(kinds(&early), Vec::<&str>::new(), "four intervals are not five");
    assert_eq!(kinds(&story(&guard(rules(), &[]), every(120_000))), Vec::<&str>::new(), "so slow is nobody's rhythm");
}

#[test]
fn more_than_a_person_can_write_is_a_rate() {
    // SPEC: GRD-6
    let uneven = |n: u64| (0..n).map(|n| (MINUTE + n * 4_000 + (n % 3) * 1_900, 1, format!("text {n}")));
    assert_eq!(kinds(&story(&guard(rules(), &[]), uneven(10))), Vec::<&str>::new());
    let signs = story(&guard(rules(), &[]), uneven(12));
    assert_eq!(kinds(&signs), ["rate"]);
    assert!(matches!(signs[0], Sign::Rate { messages: 11, within_ms } if within_ms < MINUTE), "{signs:?}");
}

#[test]
fn the_same_text_to_many_is_a_sign_unless_it_is_short_or_the_shops() {
    // SPEC: GRD-6
    let to_each = |text: &'static str| human(6).enumerate().map(move |(n, at)| (at, n as u64, text.to_owned()));
    let signs = story(&guard(rules(), &[]), to_each(LONG));
    assert!(matches!(&signs[..], [Sign::SameText { buyers: 4, text, .. }] if text == LONG), "{signs:?}");
    assert_eq!(kinds(&story(&guard(rules(), &[]), to_each("您好,在的"))), Vec::<&str>::new(), "everybody says so");
    let one_buyer = human(9).map(|at| (at, 1, LONG.to_owned()));
    assert_eq!(kinds(&story(&guard(rules(), &[]), one_buyer)), Vec::<&str>::new(), "one buyer");
    let slow = (0..9u64).map(|n| (n * 21 * MINUTE + (n % 4) * MINUTE, n, LONG.to_owned()));
    assert_eq!(kinds(&story(&guard(rules(), &[]), slow)), Vec::<&str>::new(), "three within any hour");
    let mut agent = new();
    for (n, at) in human(9).enumerate() {
        let guard = guard(rules(), &[]);
        let origin = Origin::default();
        let made = Command::Said { conversation: to(n as u64), text: LONG.into(), made: true, guard, origin };
        assert_eq!(tell(&mut agent, made, at), (vec![], false), "a text of the shop");
    }
}

#[test]
fn an_unknown_client_is_a_sign_once_an_hour() {
    // SPEC: GRD-6
    let own = guard(rules(), &["desk"]);
    let signs = story(&own, human(40).map(|at| (at, 1, "a".to_owned())));
    assert_eq!(signs, [Sign::Client { client: "app".into() }]);
    let later = [(MINUTE, 1, "a".to_owned()), (50 * MINUTE, 1, "a".to_owned()), (61 * MINUTE, 1, "a".to_owned())];
    assert_eq!(kinds(&story(&own, later)), ["client", "client"]);
    assert_eq!(kinds(&story(&guard(rules(), &["desk", "app"]), human(9).map(|at| (at, 1, "a".to_owned())))), Vec::<&str>::new());
}

#[test]
fn two_different_signs_within_an_hour_are_a_violation() {
    // SPEC: GRD-6
    let own = guard(rules(), &["desk"]);
    let mut agent = new();
    assert_eq!(kinds(&tell(&mut agent, said(&own, 1, "a"), MINUTE).0), ["client"]);
    let told: Vec<_> = (1..8u64).map(|n| tell(&mut agent, said(&own, 1, "a"), MINUTE + n * 5_000)).collect();
    assert_eq!(told.iter().filter(|(_, violation)| *violation).count(), 1, "{told:?}");
    assert_eq!(kinds(&told[4].0), ["rhythm"]);
    assert!(told[4].1, "{told:?}");
    assert!(!agent.standing.may_send() && agent.standing.violations == 1);
    assert_eq!(told[5], (vec![], false), "while it cannot send nothing counts");
    // More than an hour apart: two signs, no violation.
    let mut agent = new();
    tell(&mut agent, said(&own, 1, "a"), 0);
    let later = guard(rules(), &[]);
    let told: Vec<_> = (0..8u64).map(|n| tell(&mut agent, said(&later, 1, "a"), 61 * MINUTE + n * 5_000)).collect();
    assert!(told.iter().any(|(signs, _)| kinds(signs) == ["rhythm"]) && told.iter().all(|(_, violation)| !violation), "{told:?}");
}

#[test]
fn a_sign_makes_one_violation_and_batches_make_none() {
    // SPEC: GRD-6
    let rules = Automation { signs_for_violation: 1, ..rules() };
    let conduct = Arc::new(Conduct { ladder: vec![Step::WARNING], automation: rules, ..Conduct::default() });
    let warned = Arc::new(Guard::new(Settings::default(), Arc::default(), vec![], vec![], conduct));
    let mut agent = new();
    let violations = (0..40u64).filter(|n| tell(&mut agent, said(&warned, 1, "a"), MINUTE + n * 5_000).1).count();
    assert_eq!(violations, 2, "its rhythm and its rate; not every message that goes on like that");
    let mut agent = new();
    for n in 0..40u64 {
        let origin = Origin { batch: true, ..Origin::default() };
        let command = Command::Said { conversation: to(n), text: LONG.into(), made: false, guard: warned.clone(), origin };
        assert_eq!(act(&mut agent, command, MINUTE), " |  | Done");
    }
}

#[test]
fn what_is_kept_of_an_account_is_bounded() {
    // SPEC: GRD-6
    let (guard, mut agent) = (guard(Automation { signs_for_violation: 5, ..rules() }, &[]), new());
    for n in 0..3 * HABIT_TIMES_MAX.max(HABIT_TEXTS_MAX) as u64 {
        tell(&mut agent, said(&guard, n % 3, &format!("{LONG} {n}")), MINUTE + n * 11);
    }
    let size = format!("{:?}", agent.habits).matches("Millis(").count();
    assert!(size <= HABIT_TIMES_MAX + HABIT_TEXTS_MAX + 4, "{size} instants");
}
