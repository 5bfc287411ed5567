//! DIV-1.5, DIV-1.6 and DIV-2 through the dispatcher: scopes, rules, the fallback; and time, which alone may change them.

use crate::HOUR;
use crate::floor::{Floor, arrival, buyer, quiet, rule, settings, through, to_agents, to_groups, with_rules};
use fenliu::domain::dispatcher::Command;
use fenliu::domain::diversion::condition::{Condition, WeekWindow};
use fenliu::domain::diversion::{Rule, Scope, Settings, Target};
use fenliu::domain::event::Presence::{Offline, Online, Suspended};
use fenliu::domain::facts::{Facts, OrderState, OrderStatus, Priority, Visit};
use fenliu::domain::id::{GroupNo, Millis};

fn words(of: &[&str]) -> Vec<String> {
    of.iter().map(|word| word.to_string()).collect()
}

/// Agent n at work in group n, each with room for `capacity`.
fn staffed(shop: Settings, agents: u32, capacity: u32) -> Floor {
    let mut floor = Floor::new(shop, &vec![None; agents as usize]);
    (1..=agents).for_each(|agent| drop(floor.at_work(agent, settings(1, capacity, &[(agent, None)]))));
    floor
}

/// A = product a + {no active order, unpaid}; B = product a + {paid, shipped, succeeded}; C = product a; D = product b + {after-sale}.
fn example() -> Settings {
    use OrderStatus::{AfterSale, NoActive, Paid, Shipped, Succeeded, Unpaid};
    let scope = |group, product: &str, orders: &[OrderStatus]| Scope {
        products: words(&[product]),
        orders: orders.to_vec(),
        ..Scope::unbound(GroupNo(group))
    };
    let scopes = vec![
        scope(1, "a", &[NoActive, Unpaid]),
        scope(2, "a", &[Paid, Shipped, Succeeded]),
        scope(3, "a", &[]),
        scope(4, "b", &[AfterSale]),
    ];
    Settings { scopes, ..quiet() }
}

fn facts(product: &str, order: Option<OrderState>, floor: &Floor) -> Box<Facts> {
    let visit = Visit { product: product.into(), ..Visit::default() };
    Box::new(Facts { visit, order: order.map(|state| (state, Millis(floor.now))), ..Facts::default() })
}

#[test]
fn the_example_of_the_reception_scopes() {
    // SPEC: DIV-2
    use OrderState::{AfterSale, Closed, Paid, Shipped, Succeeded, Unpaid};
    let rows = [
        ("a", Some(Unpaid), "1 in group 1 by scope 1010 of 1"),
        ("a", None, "1 in group 1 by scope 1010 of 1"),
        ("a", Some(Closed), "1 in group 1 by scope 1010 of 1"),
        ("a", Some(Paid), "2 in group 2 by scope 1010 of 2"),
        ("a", Some(Shipped), "2 in group 2 by scope 1010 of 2"),
        ("a", Some(Succeeded), "2 in group 2 by scope 1010 of 2"),
        ("b", Some(AfterSale), "4 in group 4 by scope 1010 of 4"),
        ("b", Some(Paid), "4 in group 4 by scope 0010 of 4"),
        ("c", Some(Unpaid), "1 in group 1 by scope 1000 of 1"),
        ("c", Some(Paid), "2 in group 2 by scope 1000 of 2"),
        ("c", Some(AfterSale), "4 in group 4 by scope 1000 of 4"),
        ("", None, "1 in group 1 by scope 1000 of 1"),
    ];
    for (product, order, expected) in rows {
        let mut floor = staffed(example(), 5, 9);
        let known = facts(product, order, &floor);
        assert_eq!(floor.arrive_as(1, |a| a.facts = known), format!("1 → {expected}"), "{product} {order:?}");
    }
    // Product a, in after-sale: A, B or C, in turn.
    let mut floor = staffed(example(), 5, 9);
    let told = [1, 2, 3, 4].map(|number| {
        let known = facts("a", Some(AfterSale), &floor);
        floor.arrive_as(number, |a| a.facts = known)
    });
    let expected = [1, 2, 3, 1].map(|agent| format!("→ {agent} in group {agent} by scope 0010 of 1,2,3"));
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.ends_with(&expected), "{told}");
    }
}

#[test]
fn a_scope_nobody_is_asked_in_does_not_apply_and_a_full_one_does() {
    // SPEC: DIV-1.5, DIV-5
    let shop = || Settings { rules: vec![rule("", to_agents(&[5]))], ..example() };
    let unpaid = |floor: &Floor| facts("a", Some(OrderState::Unpaid), floor);
    let mut floor = staffed(shop(), 5, 1);
    let known = unpaid(&floor);
    assert_eq!(floor.arrive_as(1, |a| a.facts = known), "1 → 1 in group 1 by scope 1010 of 1", "before any rule");
    let known = unpaid(&floor);
    assert_eq!(floor.arrive_as(2, |a| a.facts = known), "2 → queue by scope 1010 of 1");
    assert_eq!(floor.present(1, Suspended), "2 → 5 by rule 0");
    for away in [settings(0, 9, &[(1, None)]), crate::floor::disabled()] {
        let mut floor = staffed(shop(), 5, 9);
        floor.staff(1, away);
        let known = unpaid(&floor);
        assert_eq!(floor.arrive_as(1, |a| a.facts = known), "1 → 5 by rule 0");
    }
}

#[test]
fn each_condition_through_the_dispatcher() {
    // SPEC: DIV-2
    use Condition::{All, Any, Category, Channel, Entry, Keyword, Language, Level, Not, Order, Product, Region, Tag, Week};
    let week = |days, from_min, to_min| Week(vec![WeekWindow { days, from_min, to_min }]);
    let (entry, other) = (|| Entry(words(&["e"])), || Entry(words(&["x"])));
    let rows: Vec<(Condition, bool)> = vec![
        (Tag(words(&["x", "vip"])), true),
        (Tag(words(&["x"])), false),
        (Level(words(&["gold"])), true),
        (Level(words(&["Gold"])), false),
        (Product(words(&["p"])), true),
        (Product(words(&["c"])), false),
        (Category(words(&["c"])), true),
        (Category(words(&["p"])), false),
        (Keyword(words(&["退款"])), true),
        (Keyword(words(&["REFUND"])), true),
        (Keyword(words(&["发票"])), false),
        (Entry(words(&["e"])), true),
        (Entry(words(&["x"])), false),
        (Language(words(&["zh"])), true),
        (Language(words(&["en"])), false),
        (Channel(words(&["app"])), true),
        (Channel(words(&["web"])), false),
        (Region(words(&["SH"])), true),
        (Region(words(&["BJ"])), false),
        (Order(vec![OrderStatus::Paid, OrderStatus::Shipped]), true),
        (Order(vec![OrderStatus::NoActive]), false),
        (week(0b1000, 0, 1_440), true), // a Thursday
        (week(0b0100, 0, 1_440), false),
        (week(127, 1, 1_440), false), // it is just past midnight
        (week(127, 0, 1), true),
        (All(vec![]), true),
        (All(vec![entry(), Level(words(&["gold"]))]), true),
        (All(vec![entry(), other()]), false),
        (Any(vec![other(), entry()]), true),
        (Any(vec![other(), other()]), false),
        (Not(Box::new(other())), true),
        (Not(Box::new(entry())), false),
        (All(vec![Not(Box::new(other())), Any(vec![other(), week(0b1000, 0, 9)])]), true),
    ];
    for (when, holds) in rows {
        let mut floor = staffed(with_rules(vec![Rule { name: "r".into(), when: when.clone(), target: to_agents(&[2]) }]), 2, 9);
        let visit = Visit {
            entry: "e".into(),
            product: "p".into(),
            category: "c".into(),
            channel: "app".into(),
            region: "SH".into(),
            language: "zh".into(),
        };
        let order = Some((OrderState::Shipped, Millis(5)));
        let facts = Box::new(Facts { visit, tags: words(&["vip"]), level: "gold".into(), keywords: vec![], order });
        let arrival = fenliu::domain::event::Arrival { facts, ..arrival(1, floor.now) };
        let told = floor.tell(Command::Route { arrival, text: Some("我要退款, please Refund".into()) });
        assert_eq!(told, if holds { "1 → 2 by rule 0" } else { "1 → 1 by any agent" }, "{when:?}");
    }
}

#[test]
fn the_intent_found_goes_to_the_conversation() {
    // SPEC: DIV-2
    let keyword = Rule { name: "r".into(), when: Condition::Keyword(words(&["退款", "发票"])), target: to_agents(&[1]) };
    let mut floor = staffed(with_rules(vec![keyword]), 1, 0);
    let route = Command::Route { arrival: arrival(1, floor.now), text: Some("退款!".into()) };
    let told = floor.told(route).expect("routed");
    assert_eq!(told.routed[0].0.facts.keywords, ["退款"]);
    let fenliu::domain::Effect::Conversation(_, to, fenliu::domain::conversation::Command::Queue { handover, .. }) = &told.effects[0]
    else {
        panic!("queued")
    };
    assert_eq!((*to, handover.keywords.as_slice()), (buyer(1), ["退款".to_string()].as_slice()));
}

#[test]
fn news_of_the_buyer_that_cross_the_intent_found_do_not_lose_it() {
    // SPEC: DIV-2
    // The conversation hears of the keywords only with its place; an order reported meanwhile does not name them yet.
    let keyword = Rule { name: "r".into(), when: Condition::Keyword(words(&["退款"])), target: to_agents(&[1]) };
    for capacity in [0, 9] {
        let mut floor = staffed(with_rules(vec![keyword.clone()]), 2, 9);
        floor.staff(1, settings(1, capacity, &[]));
        let first = floor.tell(Command::Route { arrival: arrival(1, floor.now), text: Some("退款".into()) });
        assert_eq!(first, if capacity == 0 { "1 → queue by rule 0" } else { "1 → 1 by rule 0" });
        let then = floor.learn(1, |a| a.facts.order = Some((OrderState::Paid, a.last)));
        assert_eq!(then, if capacity == 0 { "1 → queue by rule 0" } else { "" });
        floor.at_work(3, settings(1, 0, &[]));
        floor.set(with_rules(vec![Rule { target: to_agents(&[3]), ..keyword.clone() }]));
        floor.staff(1, settings(1, 0, &[]));
        floor.present(1, Offline);
        let told = floor.after(crate::floor::GRACE);
        assert_eq!(floor.queue(), [1], "only agent 3 is for refunds, and is full: {told}");
    }
}

#[test]
fn rules_apply_top_to_bottom_and_not_to_empty_desks() {
    // SPEC: DIV-1.5, DIV-1.6
    let rules = vec![rule("a", to_groups(&[1])), rule("b", to_agents(&[2])), rule("", to_groups(&[2, 1]))];
    let mut floor = Floor::new(Settings { fallback_group: Some(GroupNo(3)), ..with_rules(rules) }, &[None, None, None]);
    for (agent, group) in [(1, 1), (2, 2), (3, 3), (4, 9)] {
        floor.at_work(agent, settings(1, 50, &[(group, None)]));
    }
    assert_eq!(floor.arrive_by(1, "a"), "1 → 1 in group 1 by rule 0");
    assert_eq!(floor.arrive_by(2, "b"), "2 → 2 by rule 1");
    assert_eq!(floor.arrive_by(3, "c"), "3 → 1 in group 1 by rule 2", "equal loads over both groups: agent 1 received less recently");
    floor.present(1, Suspended);
    assert_eq!(floor.arrive_by(4, "a"), "4 → 2 in group 2 by rule 2");
    floor.present(2, Offline);
    assert_eq!(floor.arrive_by(5, "b"), "5 → 3 in group 3 by fallback group 3");
    floor.present(3, Offline);
    assert_eq!(floor.arrive_by(6, "b"), "6 → 4 by any agent");
    // Who is not asked by rules is nobody to a rule.
    floor.at_work(2, settings(0, 50, &[(2, None)]));
    floor.at_work(3, settings(0, 50, &[(3, None)]));
    assert_eq!(floor.arrive_by(7, "b"), "7 → 4 by any agent");
}

#[test]
fn the_fallback_group_keeps_its_buyers_waiting() {
    // SPEC: DIV-1.6, DIV-5
    let mut floor = Floor::new(Settings { fallback_group: Some(GroupNo(1)), ..quiet() }, &[Some(1)]);
    floor.at_work(1, settings(1, 9, &[(1, None)]));
    floor.at_work(2, settings(1, 9, &[]));
    let told = [1, 2].map(|number| floor.arrive(number));
    assert_eq!(told, ["1 → 1 in group 1 by fallback group 1", "2 → queue by fallback group 1"]);
    assert_eq!(floor.present(1, Offline), "2 → 2 by any agent");
}

#[test]
fn a_full_rule_keeps_its_buyers_waiting() {
    // SPEC: DIV-5
    let mut floor = Floor::new(with_rules(vec![rule("a", to_agents(&[1]))]), &[]);
    floor.at_work(1, settings(1, 1, &[]));
    floor.at_work(2, settings(1, 9, &[]));
    assert_eq!(floor.arrive_by(1, "a"), "1 → 1 by rule 0");
    assert_eq!(floor.arrive_by(2, "a"), "2 → queue by rule 0");
    assert_eq!(floor.arrive_by(3, ""), "3 → 2 by any agent", "who is behind it but may go elsewhere does");
    // Once nobody of the rule is online the rule does not apply, at once.
    assert_eq!(floor.present(1, Suspended), "2 → 2 by any agent");
}

/// A rule for a window of Thursday, then one for everybody whose agent 1 is full; agent 2 has room.
fn weekly(zone: &str, from_min: u16, to_min: u16, inside: Target, outside: Target) -> Floor {
    let when = Condition::Week(vec![WeekWindow { days: 0b1000, from_min, to_min }]);
    let rules = vec![Rule { name: "week".into(), when, target: inside }, rule("", outside)];
    let mut floor = Floor::new(Settings { zone: zone.into(), ..with_rules(rules) }, &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.at_work(2, settings(1, 9, &[]));
    floor
}

#[test]
fn a_window_of_the_week_wakes_who_waits_at_its_borders() {
    // SPEC: DIV-2, DIV-5
    // (zone, window, full inside it?, hours to its border on the floor's Thursday, who then receives by which rule)
    let rows = [
        ("Asia/Shanghai", (540, 1_080), false, 9, "1 → 2 by rule 0"),
        ("Asia/Shanghai", (0, 540), true, 9, "1 → 2 by rule 1"),
        ("UTC", (540, 1_080), false, 17, "1 → 2 by rule 0"),
        ("UTC", (0, 1_440), false, 8, "1 → 2 by rule 0"),
    ];
    for (zone, (from, to), full_inside, hours, expected) in rows {
        let (full, free) = (to_agents(&[1]), to_agents(&[2]));
        let (inside, outside) = if full_inside { (full, free) } else { (free, full) };
        let mut floor = weekly(zone, from, to, inside, outside);
        assert_eq!(floor.arrive(1), format!("1 → queue by rule {}", u32::from(!full_inside)), "{zone}");
        assert_eq!(floor.after(hours * HOUR - 2), "", "{zone}: a millisecond too early");
        assert_eq!(floor.after(1), expected, "{zone}");
    }
}

#[test]
fn who_comes_at_a_border_is_not_served_before_who_waits() {
    // SPEC: DIV-5
    let mut floor = weekly("Asia/Shanghai", 540, 1_080, to_agents(&[2]), to_agents(&[1]));
    floor.staff(2, settings(1, 1, &[]));
    assert_eq!(floor.arrive(1), "1 → queue by rule 1");
    floor.now += 9 * HOUR;
    // The buyer's message was taken before the clock's alarm: it must not overtake.
    let told = [floor.arrive(2), floor.after(0)].join("; ");
    assert_eq!(floor.owner(1).map(|agent| agent.0), Some(2), "{told}");
    assert_eq!(floor.queue(), [2]);
}

#[test]
fn an_order_that_succeeded_long_ago_moves_who_waits() {
    // SPEC: DIV-2, INB-9
    let day = 24 * HOUR;
    let when = Condition::Order(vec![OrderStatus::NoActive]);
    let rules = vec![Rule { name: "r".into(), when, target: to_agents(&[2]) }, rule("", to_agents(&[1]))];
    let mut floor = Floor::new(with_rules(rules), &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.at_work(2, settings(1, 9, &[]));
    let since = Millis(floor.now - 2 * day);
    assert_eq!(floor.arrive_as(1, |a| a.facts.order = Some((OrderState::Succeeded, since))), "1 → queue by rule 1");
    assert_eq!(floor.after(day - 1), "", "three days to the millisecond");
    assert_eq!(floor.after(1), "1 → 2 by rule 0");
}

#[test]
fn who_waits_is_looked_at_again_when_the_window_of_the_recent_contact_ends() {
    // SPEC: DIV-1.2, DIV-5
    let mut floor = Floor::new(with_rules(vec![rule("", to_agents(&[1]))]), &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.at_work(2, settings(1, 5, &[]));
    assert_eq!(floor.arrive_again(1, 1, 23 * HOUR), "1 → queue by rule 0");
    assert_eq!(floor.after(HOUR), "", "at 24 h to the millisecond it is the same window");
    assert_eq!(floor.after(1), "1 → 2 by recent contact 1's colleague");
    // The second border: the colleague of the second window is no more than anybody.
    let mut floor = Floor::new(with_rules(vec![rule("", to_agents(&[2]))]), &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.at_work(2, settings(1, 0, &[]));
    assert_eq!(floor.arrive_again(1, 1, 71 * HOUR), "1 → queue by rule 0");
    floor.after(HOUR + 1);
    assert_eq!(floor.staff(3, settings(1, 1, &[])), "");
    assert_eq!(floor.present(3, Online), "", "only agent 2 may serve this buyer now");
    assert_eq!(floor.staff(2, settings(1, 1, &[])), "1 → 2 by rule 0");
}

#[test]
fn who_waits_is_looked_at_anew_when_more_is_known_and_keeps_the_turn() {
    // SPEC: DIV-1, DIV-5
    let mut floor = Floor::new(with_rules(vec![rule("b", to_agents(&[2])), rule("", to_agents(&[1]))]), &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.at_work(2, settings(1, 1, &[]));
    (1..=3).for_each(|number| drop(floor.arrive(number)));
    assert_eq!(floor.learn(3, |a| a.facts = through("b")), "3 → 2 by rule 0");
    assert_eq!(floor.learn(1, |a| a.facts.level = "gold".into()), "1 → queue by rule 1");
    assert_eq!(floor.queue(), [1, 2], "at the place it had");
    assert_eq!(floor.learn(2, |a| a.priority = Priority::Urgent), "2 → queue by rule 1");
    assert_eq!(floor.queue(), [2, 1]);
    assert_eq!(floor.learn(2, |a| a.priority = Priority::Low), "2 → queue by rule 1");
    assert_eq!(floor.queue(), [1, 2]);
    // Who is served already is not moved by it.
    assert_eq!(floor.again(3), "");
}

#[test]
fn a_full_queue_does_not_throw_out_who_waits_in_it() {
    // SPEC: DIV-5
    let mut shop = quiet();
    shop.queue.length_max = 1;
    let mut floor = Floor::new(shop, &[]);
    floor.at_work(1, settings(1, 0, &[]));
    assert_eq!(floor.arrive(1), "1 → queue by any agent");
    assert_eq!(floor.arrive(2), "2 → pool by a full queue");
    assert_eq!(floor.learn(1, |a| a.facts.level = "gold".into()), "1 → queue by any agent", "it has its place already");
}
