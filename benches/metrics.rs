//! What figures cost: of one event, of one command, of a beat and of a scrape with 10,000 shops. A message costs a server some 9 µs.
//!
//! `cargo bench --bench metrics`

use criterion::{Criterion, criterion_group, criterion_main};
use fenliu::domain::event::{Author, Event, RetryKey};
use fenliu::domain::id::{AgentNo, ConversationId, Millis, ShopScope};
use fenliu::domain::quarter::{Quarter, ReadOf};
use fenliu::metrics::shops::Watched;
use fenliu::metrics::{CommitMeter, Metrics, Sample, http::Served};
use std::hint::black_box;

const NOW: Millis = Millis(1_800_000_000_000);
const SHOPS: u32 = 10_000;

fn message(author: Author) -> Event {
    let (conversation, retry) = (ConversationId([7; 16]), RetryKey { client_id: 1, body: 2 });
    Event::MessageAdded { conversation, seq: 1, at: NOW, author, text: "在吗".into(), retry, owner: None, extra: None, starts: None }
}

fn answered() -> Event {
    let read = vec![ReadOf { quarter: Quarter::of(NOW), messages: 1 }];
    let (conversation, agent) = (ConversationId([7; 16]), AgentNo(1));
    let at = NOW.plus(30_000);
    Event::RoundAnswered { conversation, reception: 1, agent, at, began: NOW, read, charged: agent, late: false, group: None }
}

fn costs(criterion: &mut Criterion) {
    let metrics = Metrics::install(Watched { shops: Vec::new(), worst: 10 });
    let name = |shop: ShopScope| Some(format!("shop-{}", shop.number()));
    let beat = |now: Millis| metrics.gauge(now, &Sample::default(), name, |_| None);
    beat(NOW);
    let mut shop = 0;
    let mut next = || {
        shop = shop % SHOPS + 1;
        ShopScope::granted(shop)
    };
    for (what, event) in [
        ("message of a buyer", message(Author::Buyer)),
        ("message of an agent", message(Author::Agent(AgentNo(1)))),
        ("answered", answered()),
    ] {
        criterion.bench_function(what, |bench| bench.iter(|| metrics.observe(next(), black_box(&event))));
        beat(NOW);
    }
    criterion.bench_function("command", |bench| bench.iter(|| metrics.command().end()));
    beat(NOW);
    let (served, meter) = (Served::of("/v1/buyer/messages"), CommitMeter::install());
    criterion.bench_function("request", |bench| bench.iter(|| served.count("POST", 200, served.begin())));
    beat(NOW);
    criterion.bench_function("group of commits", |bench| {
        bench.iter(|| {
            meter.end(meter.begin(), 600);
            meter.group(1);
        });
    });
    beat(NOW);
    let mut now = NOW;
    criterion.bench_function("beat, 10,000 shops", |bench| {
        bench.iter(|| {
            now = now.plus(500);
            beat(now);
        });
    });
    criterion.bench_function("scrape, 10,000 shops", |bench| bench.iter(|| metrics.text(true).len()));
}

criterion_group!(benches, costs);
criterion_main!(benches);
