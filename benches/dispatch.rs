//! How long the dispatcher thinks: one decision, and one drain of a long queue, in a small and in a very large shop.
//!
//! `cargo bench --bench dispatch`

use criterion::{Criterion, criterion_group, criterion_main};
use fenliu::domain::Machine;
use fenliu::domain::dispatcher::{Command, Dispatcher};
use fenliu::domain::diversion::{Group, Rule, Rules, Target};
use fenliu::domain::event::{AgentSettings, Arrival, Event, Heard, Presence};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope};
use std::hint::black_box;

const NOW: Millis = Millis(1_700_000_000_000);
const CAPACITY: u32 = 20;

fn arrival(number: u64, entry: &str) -> Arrival {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Arrival {
        conversation: ConversationId(id),
        reception: 1,
        arrived: NOW,
        entry: entry.into(),
        group: None,
        recent: None,
        unanswered: true,
    }
}

fn step(shop: &mut Dispatcher, command: Command) {
    let decision = shop.decide(command, NOW).expect("agreed");
    decision.events.iter().for_each(|event| shop.apply(event));
}

/// Everybody online; one rule per group, by entry; each agent in one group.
fn shop(agents: u32, groups: u32) -> Dispatcher {
    let rule = |g: u32| Rule { name: format!("group {g}"), entry: Some(format!("page-{g}")), target: Target::Groups(vec![GroupNo(g)]) };
    let rules = Rules { rules: (1..=groups).map(rule).collect(), ..Rules::default() };
    let named = (1..=groups).map(|g| Group { name: format!("group {g}"), capacity: None }).collect();
    let settings =
        |a: u32| AgentSettings { weight: 1 + a % 3, capacity: CAPACITY, groups: vec![(GroupNo(a % groups + 1), None)], enabled: true };
    let staff = (1..=agents).map(|a| (AgentNo(a), settings(a))).collect();
    let mut shop = Dispatcher::restore(ShopScope::granted(1), rules, 1, named, staff, Vec::new());
    for agent in (1..=agents).map(AgentNo) {
        shop.apply(&Event::Heard(Heard::Presence { agent, presence: Presence::Online, at: NOW }));
    }
    shop
}

/// The same shop with every place taken, 1,000 more waiting, and one reception of each of `free` agents closed.
fn full_shop(agents: u32, groups: u32, free: u32) -> Dispatcher {
    let mut shop = shop(agents, groups);
    for number in 0..u64::from(agents * CAPACITY) {
        step(&mut shop, Command::Route(arrival(number, "")));
    }
    for number in 0..1_000 {
        step(&mut shop, Command::Route(arrival(1 << 32 | number, "")));
    }
    assert_eq!(shop.waiting(), 1_000, "nobody has room");
    for number in 0..u64::from(free) {
        let conversation = arrival(number, "").conversation;
        let closed = shop.decide(Command::Closed { conversation, reception: 1 }, NOW).expect("agreed");
        closed.events.iter().for_each(|event| shop.apply(event));
    }
    shop
}

fn decisions(c: &mut Criterion) {
    for (agents, groups) in [(100, 2), (10_000, 200)] {
        let shop = shop(agents, groups);
        for (name, entry) in [("rule to a group", format!("page-{groups}")), ("any agent", String::new())] {
            let told = arrival(1, &entry);
            c.bench_function(&format!("decision, {agents} agents, {groups} groups, {name}"), |b| {
                b.iter(|| black_box(shop.decide(Command::Route(told.clone()), NOW)));
            });
        }
    }
}

fn drains(c: &mut Criterion) {
    for (agents, groups, free) in [(100, 2, 0), (100, 2, 1), (100, 2, 100), (1_000, 20, 1)] {
        let shop = full_shop(agents, groups, free);
        c.bench_function(&format!("drain, 1000 waiting, {agents} agents, {free} places free"), |b| {
            b.iter(|| black_box(shop.decide(Command::Drain, NOW)));
        });
    }
}

criterion_group!(benches, decisions, drains);
criterion_main!(benches);
