//! Sixty-four clients at once against the real server, with the system's clock: buyers who open receptions, agents who close,
//! pass on, suspend, drop their connection and come back, an owner who raises limits. Afterwards the shop's feed is judged.
//!
//! `FENLIU_SECONDS` sets how long (a number of seconds, 10 if not set), `FENLIU_SEED` the seed. It says on standard error what
//! was done, and fails if that was too little to mean anything. Faults planted in the feed show that the judge finds them.

#[path = "durability/dice.rs"]
mod dice;
#[path = "contention/doctor.rs"]
mod doctor;
#[path = "contention/house.rs"]
mod house;
#[path = "contention/judge.rs"]
mod judge;
#[path = "contention/people.rs"]
mod people;
#[path = "contention/stage.rs"]
mod stage;
#[path = "contention/talk.rs"]
mod talk;

use fenliu::domain::event::{Author, Event};
use fenliu::store::{Store, StoreOptions};
use judge::Judge;
use stage::{Acknowledged, Stage};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// What must have been done in each second, at the least: far less than an idle machine does.
const DONE_PER_S: [(&str, f64); 13] = [
    ("sent", 50.0),
    ("sent by socket", 2.0),
    ("repeated", 5.0),
    ("answered", 5.0),
    ("closed", 5.0),
    ("closed by the owner", 1.0),
    ("transferred", 1.0),
    ("suspended", 0.5),
    ("resumed", 0.5),
    ("dropped the connection", 0.5),
    ("changed groups", 1.0),
    ("set a priority", 2.0),
    ("assigned by hand", 0.5),
];
/// The same, in the whole run.
const DONE: [(&str, u64); 2] = [("raised", 50), ("raised a group", 10)];
/// What the judge must have met in each second.
const MET_PER_S: [(&str, f64); 8] = [
    ("receptions", 10.0),
    ("queued", 5.0),
    ("pooled", 1.0),
    ("assigned at once", 1.0),
    ("assigned after waiting", 5.0),
    ("by a person", 0.5),
    ("filled an agent", 5.0),
    ("assigned before a newer one", 1.0),
];

/// Not `eprintln!`, which the test harness keeps to itself: what a run did is part of its result.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A number from the environment.
fn set_to<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

// SPEC: DIV-4, DIV-5, OPS-2
#[actix_web::test]
async fn sixty_four_clients_at_once() {
    let (seconds, seed) = (set_to("FENLIU_SECONDS").unwrap_or(10), dice::Dice::seed());
    say(&format!("contention: {} clients for {seconds} s, FENLIU_SEED={seed}", people::CLIENTS));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = house::House::start(folder.path()).await;
    let stage = Rc::new(Stage::open(&house, seed, Duration::from_secs(seconds)).await);
    people::all(&stage).await;
    drop(stage.calm_down().await);
    house.stop().await;
    let done = stage.done.borrow();
    say(&format!("contention: did {done:?}"));

    let feed = sound_feed(folder.path());
    let judge = Judge::all(&feed).unwrap_or_else(|broken| panic!("FENLIU_SEED={seed}: {broken}\n{}", story(&feed, broken.at)));
    say(&format!("contention: judged {} events, met {:?}", feed.len(), judge.met));
    judge.ended().unwrap_or_else(|broken| panic!("FENLIU_SEED={seed}: {broken}"));
    let acknowledged = stage.acknowledged.borrow();
    stored_once(&feed, &acknowledged).unwrap_or_else(|problem| panic!("FENLIU_SEED={seed}: {problem}"));

    let met: BTreeMap<String, u64> = judge.met.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect();
    let enough = |counted: &BTreeMap<String, u64>, what: &str, least: f64| {
        let count = counted.get(what).copied().unwrap_or_default();
        assert!(count as f64 >= least, "only {count} of `{what}`, at least {least} were planned");
    };
    DONE_PER_S.iter().for_each(|(what, per_s)| enough(&done, what, per_s * seconds as f64));
    DONE.iter().for_each(|(what, least)| enough(&done, what, *least as f64));
    MET_PER_S.iter().for_each(|(what, per_s)| enough(&met, what, per_s * seconds as f64));

    faults_are_found(&feed, &acknowledged);
}

/// The shop's feed, from a store that adds up.
fn sound_feed(folder: &Path) -> Vec<Event> {
    let store = Store::open(folder, &StoreOptions { ballast_bytes: 0, ..StoreOptions::default() }).expect("the data folder opens");
    let report = store.verify().expect("a recount");
    assert!(report.is_sound(), "{:?}", report.problems);
    let scope = store.shop_by_name(stage::SHOP).expect("a read").expect("the shop");
    let mut feed = Vec::new();
    let each = |_, event| {
        feed.push(event);
        Ok(true)
    };
    store.each_event(scope, 0, each).expect("a feed");
    feed
}

/// What happened to the conversation of the event at `at`, up to there.
fn story(feed: &[Event], at: usize) -> String {
    let text = |event: &Event| format!("{event:?}");
    let Some(event) = feed.get(at) else { return String::new() };
    let Some(of) = text(event).split_once("ConversationId(").and_then(|(_, rest)| rest.split_once(']')).map(|(id, _)| id.to_owned()) else {
        return text(event);
    };
    let lines = feed[..=at].iter().enumerate().filter(|(_, event)| text(event).contains(&of));
    let mut lines: Vec<String> = lines.map(|(n, event)| format!("{n}: {event:?}")).collect();
    lines.split_off(lines.len().saturating_sub(20)).join("\n")
}

/// OPS-2: each acknowledged message is stored once, where it was said to be, in the order of its client; and nothing else is.
fn stored_once(feed: &[Event], acknowledged: &[Acknowledged]) -> Result<(), String> {
    let mut stored = HashMap::new();
    for event in feed {
        if let Event::MessageAdded { conversation, seq, author: Author::Buyer | Author::Agent(_), text, .. } = event
            && stored.insert(text.as_str(), (conversation.to_string(), *seq)).is_some()
        {
            return Err(format!("stored twice: {text}"));
        }
    }
    let mut last: HashMap<(usize, &str), u64> = HashMap::new();
    for told in acknowledged {
        let at = stored.remove(told.text.as_str());
        let last = last.entry((told.client, &told.conversation)).or_default();
        match at {
            Some((conversation, seq)) if (&conversation, seq) == (&told.conversation, told.seq) && seq > *last => *last = seq,
            // A retry, told the same as the first time.
            None if told.seq == *last => {}
            at => return Err(format!("acknowledged: {told:?}, after {last}; stored: {at:?}")),
        }
    }
    if stored.is_empty() { Ok(()) } else { Err(format!("never acknowledged: {stored:?}")) }
}

/// The test of the test.
fn faults_are_found(feed: &[Event], acknowledged: &[Acknowledged]) {
    for (rule, doctored) in doctor::plant(feed) {
        let found = Judge::all(&doctored).err();
        assert!(found.as_ref().is_some_and(|broken| broken.rule == rule), "`{rule}` was planted, found: {found:?}");
    }
    let mut doctored = feed.to_vec();
    let last = doctored.iter().rposition(|event| matches!(event, Event::ReceptionOwned { .. })).expect("an owner");
    doctored.remove(last);
    let ended = Judge::all(&doctored).map(|judge| judge.ended().is_err());
    assert!(matches!(ended, Ok(true)), "a decision that was never carried out was not found: {ended:?}");
    // The last message of a conversation leaves no gap; only who was told misses it.
    let mut doctored = feed.to_vec();
    let last = doctored.iter().rposition(|event| matches!(event, Event::MessageAdded { author: Author::Buyer, .. })).expect("a message");
    let lost = doctored.remove(last);
    assert!(stored_once(&doctored, acknowledged).is_err(), "a lost message was not missed");
    doctored.extend([lost.clone(), lost]);
    assert!(stored_once(&doctored, acknowledged).is_err(), "a message stored twice was not found");
}
