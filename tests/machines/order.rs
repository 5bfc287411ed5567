//! Orders: what a report changes, what follows from it, what the buyer is told once; and the conversation's side of both.

use crate::{SCOPE, act, check};
use fenliu::domain::conversation::{self, Conversation, conversation_id};
use fenliu::domain::desk::time::InForce;
use fenliu::domain::desk::{Desk, Fulfilment};
use fenliu::domain::event::{Author, Event};
use fenliu::domain::facts::OrderState;
use fenliu::domain::guard::Guard;
use fenliu::domain::id::Millis;
use fenliu::domain::order::{Command, Filling, Item, Logistics, Order, Outcome, Parcel, Report, Scene, order_key, usual};
use fenliu::domain::platform::{self, Platform};
use fenliu::domain::{Answer, Effect, Machine};
use std::sync::Arc;

fn texts() -> Fulfilment {
    Fulfilment {
        confirmed: Some("{店铺}: 您的订单 {order_no} 已确认".into()),
        shipped: Some("{buyer}, 已发货: {carrier} {tracking_no} {tracking_link}".into()),
        logistics: Some("{logistics}".into()),
    }
}

fn desk(fulfilment: Fulfilment) -> Arc<InForce> {
    Arc::new(Desk { fulfilment, ..Desk::default() }.into())
}

fn report_of(word: &str) -> Report {
    let item = Item { title: "龙井".into(), product: "p".into(), sku: "s".into(), picture: String::new(), price_minor: 1, quantity: 2 };
    Report { order: "O-1".into(), buyer: "b-1".into(), status: word.into(), items: vec![item], ..Report::default() }
}

fn reported(report: Report, desk: Arc<InForce>) -> Command {
    let state = OrderState::parse(&report.status).expect("a word of the platform");
    let conversation = conversation_id(SCOPE, &report.buyer);
    let filling = Filling { shop: "茶馆".into(), buyer: "林女士".into(), carriers: usual().collect() };
    Command::Report { report: Box::new(report), state, conversation, desk, filling, guard: Guard::usual() }
}

fn report(word: &str) -> Command {
    reported(report_of(word), desk(Fulfilment::default()))
}

fn new() -> Order {
    Order::new(SCOPE, order_key(SCOPE, "O-1"))
}

/// What the system would say, in order, and what the order then knows of it.
fn say(order: &mut Order, report: Report, fulfilment: Fulfilment, at: u64) -> Vec<String> {
    let decision = order.decide(reported(report, desk(fulfilment)), Millis(at)).expect("reported");
    decision.events.iter().for_each(|event| order.apply(event));
    let Answer::Forward(last) = decision.answer else { panic!("answered too early") };
    let said = |effect| match effect {
        Effect::Conversation(_, _, conversation::Command::Fulfil { text, .. }) => Some(text),
        _ => None,
    };
    decision.effects.into_iter().chain([*last]).filter_map(said).collect()
}

/// The conversation has all that is pending.
fn told(order: &mut Order, at: u64) {
    let key = order_key(SCOPE, "O-1");
    for (scene, retry) in order.told.iter().map(|t| (t.scene, t.retry(key))).collect::<Vec<_>>() {
        act(order, Command::Told { scene, retry }, at);
    }
}

fn outcomes(order: &Order) -> Vec<(Scene, Outcome)> {
    order.told.iter().map(|t| (t.scene, t.outcome.clone())).collect()
}

#[test]
fn a_report_changes_what_it_changes_and_the_same_again_nothing() {
    // SPEC: INB-9
    let note = |state: &str| format!("forward: note order O-1 {state}");
    check(new(), vec![], (5, report("unpaid")), &format!("order O-1 reported |  | {}", note("Unpaid")));
    // Again: no event; the conversation, which may not have heard, hears it again and knows it.
    check(new(), vec![(5, report("unpaid"))], (6, report("unpaid")), &format!(" |  | {}", note("Unpaid")));
    check(new(), vec![(5, report("unpaid"))], (6, report("created")), &format!("order O-1 reported |  | {}", note("Unpaid")));
    let other = Report { buyer: "b-2".into(), ..report_of("unpaid") };
    let problem = "this order is of the buyer `b-1`, and an order never changes hands";
    let refused = format!("refused: Invalid {{ field: \"buyer\", problem: {problem:?} }}");
    check(new(), vec![(5, report("unpaid"))], (6, reported(other, desk(Fulfilment::default()))), &refused);
}

#[test]
fn the_life_of_an_order_is_kept_with_its_times() {
    // SPEC: INB-9
    let mut order = new();
    for (at, word) in [(10, "unpaid"), (20, "paid"), (25, "paid"), (30, "pending"), (40, "shipped"), (35, "delivered"), (60, "closed")] {
        act(&mut order, report(word), at);
    }
    use OrderState::{Closed, Paid, Shipped, Succeeded, Unpaid};
    let life = [(Unpaid, 10), (Paid, 20), (Shipped, 40), (Succeeded, 40), (Closed, 60)];
    assert_eq!(order.history, life.map(|(state, at)| (state, Millis(at))), "a stamp that crossed another never goes back");
    assert_eq!((order.first_at, order.changed_at, order.reported_at), (Millis(10), Millis(60), Millis(60)));
    for n in 0..40 {
        act(&mut order, report(if n % 2 == 0 { "paid" } else { "shipped" }), 100 + n);
    }
    assert_eq!(order.history.len(), 20);
    assert_eq!(order.history.last(), Some(&(Shipped, Millis(139))));
}

#[test]
fn each_scene_is_told_once_however_often_it_is_reported() {
    // SPEC: TXT-3
    let mut order = new();
    let none: Vec<String> = Vec::new();
    assert_eq!(say(&mut order, report_of("unpaid"), texts(), 1), none);
    let confirmed = vec!["茶馆: 您的订单 O-1 已确认".to_string()];
    assert_eq!(say(&mut order, report_of("paid"), texts(), 2), confirmed);
    // Not confirmed yet: said again, and the conversation knows by the key that it is the same.
    let key = order.told[0].retry(order_key(SCOPE, "O-1"));
    assert_eq!(say(&mut order, report_of("paid"), texts(), 3), confirmed);
    assert_eq!(order.told[0].retry(order_key(SCOPE, "O-1")), key);
    told(&mut order, 4);
    assert_eq!(say(&mut order, report_of("paid"), texts(), 5), none);
    let shipped = Report { parcels: vec![Parcel { carrier: "ups".into(), number: "1Z".into() }], ..report_of("shipped") };
    assert_eq!(say(&mut order, shipped.clone(), texts(), 6), ["林女士, 已发货: UPS 1Z https://www.ups.com/track?tracknum=1Z"]);
    told(&mut order, 7);
    let news = |id: &str, text: &str| {
        let logistics = Some(Logistics { id: id.into(), text: text.into() });
        Report { logistics, ..shipped.clone() }
    };
    assert_eq!(say(&mut order, news("n-1", "已揽收"), texts(), 8), ["已揽收"]);
    // More news before the first was confirmed: both, each with its own text.
    assert_eq!(say(&mut order, news("n-2", "派送中"), texts(), 9), ["已揽收", "派送中"]);
    told(&mut order, 10);
    assert_eq!(say(&mut order, news("n-1", "已揽收"), texts(), 11), none);
    // Back and forth: what was told stays told.
    for word in ["paid", "shipped", "paid"] {
        assert_eq!(say(&mut order, report_of(word), texts(), 12), none, "{word}");
    }
    assert!(order.told.iter().all(|t| t.outcome == Outcome::Sent));
    assert_eq!(act(&mut order, Command::Told { scene: Scene::Confirmed, retry: key }, 13), " |  | Done", "known already");
}

#[test]
fn a_text_that_cannot_be_filled_is_not_sent_and_says_why() {
    // SPEC: TXT-3, TXT-2
    let mut order = new();
    let none: Vec<String> = Vec::new();
    assert_eq!(say(&mut order, report_of("shipped"), texts(), 1), none);
    let [(Scene::Shipped, Outcome::Unfilled(why))] = &outcomes(&order)[..] else { panic!("{:?}", order.told) };
    assert!(why.contains("tracking_no") && why.contains("tracking_link"), "{why}");
    // The same again: the same reason, no event.
    let again = order.decide(reported(report_of("shipped"), desk(texts())), Millis(2)).expect("reported");
    assert!(again.events.is_empty());
    // The number comes later: now it is told, once.
    let parcels = vec![Parcel { carrier: "sf".into(), number: "SF1".into() }];
    assert_eq!(say(&mut order, Report { parcels, ..report_of("shipped") }, texts(), 3).len(), 1);
    told(&mut order, 4);
    assert_eq!(say(&mut order, report_of("shipped"), texts(), 5), none);
    // One whose time is over is not told any more.
    let mut late = new();
    say(&mut late, report_of("shipped"), texts(), 1);
    let parcels = vec![Parcel { carrier: "sf".into(), number: "SF1".into() }];
    assert_eq!(say(&mut late, Report { parcels, ..report_of("succeeded") }, texts(), 2), none);
}

#[test]
fn a_scene_without_a_text_is_done_with() {
    // SPEC: TXT-3
    let mut order = new();
    let none: Vec<String> = Vec::new();
    assert_eq!(say(&mut order, report_of("paid"), Fulfilment::default(), 1), none);
    assert_eq!(outcomes(&order), [(Scene::Confirmed, Outcome::Unset)]);
    assert_eq!(say(&mut order, report_of("paid"), texts(), 2), none, "nobody is told late of what is long over");
}

#[test]
fn news_are_kept_within_their_bound() {
    // SPEC: TXT-3
    let mut order = new();
    for n in 0..60 {
        let logistics = Some(Logistics { id: format!("n-{n}"), text: "…".into() });
        say(&mut order, Report { logistics, ..report_of("paid") }, texts(), n);
        told(&mut order, n);
    }
    assert_eq!(order.told.len(), 51, "fifty news, and the confirmation that none of them pushes out");
    assert_eq!(order.told[0].scene, Scene::Confirmed);
}

// The conversation's side.

fn talk() -> Conversation {
    Conversation::new(SCOPE, conversation_id(SCOPE, "b-1"))
}

fn note(order: &str, state: OrderState, since: u64) -> conversation::Command {
    conversation::Command::NoteOrder { order: order.into(), state, since: Millis(since), desk: Arc::default() }
}

#[test]
fn of_several_orders_the_one_that_changed_last_counts() {
    // SPEC: INB-9
    use OrderState::{Paid, Shipped, Succeeded};
    let mut talk = talk();
    for (command, expected) in [
        (note("A", Paid, 10), "order A Paid at 10 |  | Done"),
        (note("A", Paid, 10), " |  | Done"),
        (note("B", Shipped, 20), "order B Shipped at 20 |  | Done"),
        (note("A", Paid, 10), " |  | Done"),
        (note("A", Succeeded, 30), "order A Succeeded at 30 |  | Done"),
        // Two at once: the same one counts in whatever order they are heard.
        (note("C", Paid, 30), "order C Paid at 30 |  | Done"),
        (note("A", Succeeded, 30), " |  | Done"),
        (note("C", Paid, 30), " |  | Done"),
    ] {
        assert_eq!(act(&mut talk, command, 50), expected);
    }
    assert_eq!((talk.order_no.as_str(), talk.order), ("C", Some((Paid, Millis(30)))));
}

fn fulfil(scene: Scene) -> conversation::Command {
    let mut order = new();
    let word = if scene == Scene::Confirmed { "paid" } else { "shipped" };
    act(&mut order, report(word), 1);
    let (key, retry) = (order_key(SCOPE, "O-1"), order.told[0].retry(order_key(SCOPE, "O-1")));
    conversation::Command::Fulfil { buyer: "b-1".into(), order: key, scene, text: "已确认".into(), retry, guard: Guard::usual() }
}

#[test]
fn fulfilment_needs_no_reception_and_no_word_of_the_buyer() {
    // SPEC: TXT-3, GRD-1
    let mut talk = talk();
    let first = talk.decide(fulfil(Scene::Confirmed), Millis(5)).expect("told");
    assert!(
        matches!(&first.effects[..], [Effect::Order(_, key, Command::Told { scene: Scene::Confirmed, .. })] if *key == order_key(SCOPE, "O-1"))
    );
    first.events.iter().for_each(|event| talk.apply(event));
    assert!(matches!(first.events.last(), Some(Event::MessageAdded { seq: 1, author: Author::System, .. })));
    assert_eq!((talk.buyer.as_str(), talk.last_seq, talk.receptions, talk.unread()), ("b-1", 1, 0, 0));
    // Tried again, also after days and hundreds of other messages: no second message, the same answer to the order.
    for n in 0..15 {
        let mut other = Order::new(SCOPE, order_key(SCOPE, &format!("O-{n}")));
        act(&mut other, report("paid"), 1);
        let retry = other.told[0].retry(order_key(SCOPE, &format!("O-{n}")));
        let (key, scene) = (order_key(SCOPE, &format!("O-{n}")), Scene::Confirmed);
        let more = conversation::Command::Fulfil { buyer: "b-1".into(), order: key, scene, text: "x".into(), retry, guard: Guard::usual() };
        let decided = talk.decide(more, Millis(10 * crate::HOUR * n)).expect("told");
        decided.events.iter().for_each(|event| talk.apply(event));
    }
    let again = talk.decide(fulfil(Scene::Confirmed), Millis(2_000 * crate::HOUR)).expect("known");
    assert_eq!((again.events.len(), again.effects.len()), (0, 1));
    let shipped = talk.decide(fulfil(Scene::Shipped), Millis(2_000 * crate::HOUR)).expect("told");
    assert_eq!(shipped.events.len(), 1, "another scene is another message");
}

#[test]
fn a_blacklisted_buyer_is_told_and_the_shop_is_not_shown_it() {
    // SPEC: TXT-3, INB-8
    let mut talk = talk();
    let by = fenliu::domain::event::Actor::Platform("p".into());
    talk.block =
        Some(conversation::Block { from: 1, at: Millis(1), by, reason: "骚扰".into(), last_at: Millis(0), unseen: Default::default() });
    let told = talk.decide(fulfil(Scene::Confirmed), Millis(5)).expect("told");
    let Some(Event::MessageAdded { seq: 1, extra: Some(extra), owner: None, .. }) = told.events.last() else { panic!("{told:?}") };
    assert!(extra.while_blocked, "its number is within what is hidden, and it is marked");
}

#[test]
fn carriers_are_added_and_overridden_by_code() {
    // SPEC: INB-9
    let carrier = |link: &str| fenliu::domain::order::Carrier { code: "sf".into(), name: "SF".into(), link: link.into() };
    let set = |link: &str| platform::Command::SetCarrier { carrier: carrier(link) };
    let mut platform = Platform::default();
    assert!(act(&mut platform, set("https://a.example/{number}"), 1).starts_with("CarrierSet"));
    assert_eq!(act(&mut platform, set("https://a.example/{number}"), 2), " |  | Done");
    assert!(act(&mut platform, set("https://b.example/{number}"), 3).starts_with("CarrierSet"));
}
