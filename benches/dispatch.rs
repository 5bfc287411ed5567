//! How long the dispatcher thinks: one decision, one drain of a long queue, one firing over a large pool; in a small and in a very
//! large shop. The ratios that matter stand beside the names.
//!
//! `cargo bench --bench dispatch`

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use fenliu::domain::Machine;
use fenliu::domain::dispatcher::{Command, Dispatcher, Kept};
use fenliu::domain::diversion::condition::Condition;
use fenliu::domain::diversion::{Group, Rule, Settings, Target};
use fenliu::domain::event::{AgentSettings, Arrival, Event, Heard, Presence};
use fenliu::domain::facts::{Facts, Priority};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope};
use std::hint::black_box;

/// 2023-11-15 08:00 in Shanghai, a slot.
const NOW: Millis = Millis(1_700_006_400_000);
const CAPACITY: u32 = 20;

fn arrival(number: u64, entry: &str) -> Arrival {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let mut facts = Facts::default();
    facts.visit.entry = entry.into();
    Arrival {
        conversation: ConversationId(id),
        reception: 1,
        arrived: NOW,
        priority: Priority::Normal,
        facts: Box::new(facts),
        group: None,
        recent: None,
        dedicated: None,
        unanswered: Some(NOW),
        last: NOW,
        asked: None,
        missed: Vec::new(),
        decision: 0,
    }
}

fn route(number: u64, entry: &str) -> Command {
    Command::Route { arrival: arrival(number, entry), text: None }
}

fn step(shop: &mut Dispatcher, command: Command, now: Millis) {
    let mut next = Some(command);
    while let Some(command) = next {
        let decision = shop.decide(command, now).expect("agreed");
        decision.events.iter().for_each(|event| shop.apply(event));
        next = shop.follow_up();
    }
}

/// One rule per group, by entry; each agent in one group; all online where `present`.
fn shop(agents: u32, groups: u32, present: bool) -> Dispatcher {
    let rule = |g: u32| Rule {
        name: format!("group {g}"),
        when: Condition::Entry(vec![format!("page-{g}")]),
        target: Target::Groups(vec![GroupNo(g)]),
    };
    let mut settings = Box::new(Settings { rules: (1..=groups).map(rule).collect(), ..Settings::default() });
    settings.queue.length_max = 100_000;
    let named = (1..=groups).map(|g| Group { name: format!("group {g}"), capacity: None, welcome: String::new() }).collect();
    let staff = |a: u32| AgentSettings {
        weight: 1 + a % 3,
        capacity: CAPACITY,
        groups: vec![(GroupNo(a % groups + 1), None)],
        enabled: true,
        welcome: String::new(),
    };
    let schedule_at = Millis(NOW.0 - 1);
    let mut shop = Dispatcher::restore(ShopScope::granted(1), Kept { settings, version: 1, schedule_at, groups: named, ..Kept::default() });
    for agent in 1..=agents {
        let (agent, settings) = (AgentNo(agent), staff(agent));
        shop.apply(&Event::Heard(Heard::Staff { agent, settings, post: Default::default() }));
        if present {
            shop.apply(&Event::Heard(Heard::Presence { agent, presence: Presence::Online, at: NOW }));
        }
    }
    shop
}

/// The same shop with every place taken, `waiting` more in the queue, and one reception of each of `free` agents closed.
fn full_shop(agents: u32, groups: u32, waiting: u64, free: u32) -> Dispatcher {
    let mut shop = shop(agents, groups, true);
    for number in 0..u64::from(agents * CAPACITY) {
        step(&mut shop, route(number, ""), NOW);
    }
    for number in 0..waiting {
        step(&mut shop, route(1 << 32 | number, ""), NOW);
    }
    assert_eq!(shop.waiting() as u64, waiting, "nobody has room");
    for number in 0..u64::from(free) {
        let conversation = arrival(number, "").conversation;
        let closed = shop.decide(Command::Closed { conversation, reception: 1 }, NOW).expect("agreed");
        closed.events.iter().for_each(|event| shop.apply(event));
    }
    shop
}

/// DIV-3: at most 3 × as long among 10,000 agents in 200 groups as among 100 in 2.
fn decisions(c: &mut Criterion) {
    let mut group = c.benchmark_group("decision");
    for (agents, groups) in [(100, 2), (10_000, 200)] {
        let shop = shop(agents, groups, true);
        for (name, entry) in [("rule to a group", format!("page-{groups}")), ("any agent", String::new())] {
            let told = arrival(1, &entry);
            group.bench_function(BenchmarkId::new(name, format!("{agents} agents, {groups} groups")), |b| {
                let told = || Command::Route { arrival: told.clone(), text: None };
                b.iter_batched(told, |command| black_box(shop.decide(command, NOW)), BatchSize::SmallInput);
            });
        }
    }
}

/// A decision with its application: what an arrival and its close cost the dispatcher together.
fn arrivals(c: &mut Criterion) {
    let mut group = c.benchmark_group("arrival and close");
    for (agents, groups) in [(100, 2), (10_000, 200)] {
        let mut shop = shop(agents, groups, true);
        let entry = format!("page-{groups}");
        group.bench_function(format!("{agents} agents, {groups} groups"), |b| {
            b.iter(|| {
                step(&mut shop, route(1, &entry), NOW);
                step(&mut shop, Command::Closed { conversation: arrival(1, "").conversation, reception: 1 }, NOW);
            });
        });
    }
}

fn drains(c: &mut Criterion) {
    let mut group = c.benchmark_group("drain, first assignment");
    for (agents, groups, waiting, free) in [(100, 2, 1_000, 0), (100, 2, 1_000, 1), (1_000, 20, 1_000, 1), (100, 2, 20_000, 1)] {
        let shop = full_shop(agents, groups, waiting, free);
        group.bench_function(format!("{waiting} waiting, {agents} agents, {free} places free"), |b| {
            b.iter(|| black_box(shop.decide(Command::Drain, NOW)));
        });
    }
}

/// OFF-4: the newest 5,000, in a time that does not grow with the pool.
fn firings(c: &mut Criterion) {
    let mut group = c.benchmark_group("firing, 5000 assigned");
    group.sample_size(10);
    for pooled in [10_000, 100_000, 1_000_000] {
        let mut shop = shop(500, 10, false);
        for number in 0..pooled {
            // Spread over 20 hours before the slot.
            let last = Millis(NOW.0 - 20 * 3_600_000 * (pooled - number) / pooled - 1);
            let told = Arrival { last, arrived: last, ..arrival(number, &format!("page-{}", number % 12)) };
            shop.decide(Command::Route { arrival: told, text: None }, last).expect("agreed").events.iter().for_each(|e| shop.apply(e));
        }
        assert_eq!(u64::from(shop.pooled()), pooled);
        for agent in (1..=500).map(AgentNo) {
            shop.apply(&Event::Heard(Heard::Presence { agent, presence: Presence::Online, at: NOW }));
        }
        let fired = shop.decide(Command::Wake, NOW).expect("agreed");
        assert_eq!(fired.effects.len(), 5_000, "the cap of a run");
        group.bench_function(format!("{pooled} in the pool"), |b| b.iter(|| black_box(shop.decide(Command::Wake, NOW))));
    }
}

criterion_group!(benches, decisions, arrivals, drains, firings);
criterion_main!(benches);
