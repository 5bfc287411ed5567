//! What a page of the inbox costs with few and with many conversations (INB-3): it must not depend on how many there are.

use crate::fill::{fill, store_options};
use crate::{Options, Ratio, alternate};
use fenliu::domain::Events;
use fenliu::domain::desk::LabelNo;
use fenliu::domain::event::{Author, Event, Handing, RetryKey, Worked};
use fenliu::domain::facts::{OrderState, OrderStatus, Priority, Profile, Visit};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope};
use fenliu::domain::list::{ListQuery, Sort};
use fenliu::domain::quarter::{Quarter, ReadOf};
use fenliu::domain::view::State;
use fenliu::store::Store;
use std::path::Path;
use std::time::Instant;

const FEW: u64 = 10_000;
const SHOP: ShopScope = ShopScope::granted(1);
const START: u64 = 1_790_000_000_000;
const ROWS: usize = 50;
/// Pages read one after the other.
const PAGES: usize = 2;
/// Lists read in one round.
const REPEATS: usize = 20;
/// Few enough that ten thousand conversations fill the pages of every list.
const AGENTS: u64 = 10;
const GROUPS: u64 = 5;

type Case = (&'static str, fn() -> ListQuery);

fn state(state: State) -> ListQuery {
    ListQuery::state(state)
}

const CASES: [Case; 26] = [
    ("pages_all", ListQuery::default),
    ("pages_unread", || ListQuery { unread: Some(true), ..ListQuery::default() }),
    ("pages_waiting", || state(State::Waiting)),
    ("pages_unanswered", || state(State::Unanswered)),
    ("pages_replied", || state(State::Replied)),
    ("pages_pooled", || state(State::Pooled)),
    ("pages_closed", || state(State::Closed)),
    ("pages_archived", || state(State::Archived)),
    ("pages_mine", || ListQuery { owner: Some(AgentNo(7)), ..ListQuery::default() }),
    ("pages_mine_and_queue", || ListQuery { only: Some(AgentNo(7)), ..ListQuery::default() }),
    ("pages_group", || ListQuery { group: Some(GroupNo(2)), ..ListQuery::default() }),
    ("pages_label", || ListQuery { labels: vec![LabelNo(1)], ..ListQuery::default() }),
    ("pages_priority", || ListQuery { priorities: vec![Priority::Urgent], ..ListQuery::default() }),
    ("pages_stage", || ListQuery { orders: vec![OrderStatus::AfterSale], ..ListQuery::default() }),
    ("pages_order", || ListQuery { orders: vec![OrderStatus::Paid], ..ListQuery::default() }),
    ("pages_time", || ListQuery { from: Some(Millis(START + 1_000)), to: Some(Millis(START + 9_000)), ..ListQuery::default() }),
    ("pages_keyword", || ListQuery { keyword: "退款".into(), ..ListQuery::default() }),
    ("pages_sort_last", || ListQuery { sort: Some(Sort::Last), ..ListQuery::default() }),
    ("pages_sort_last_unanswered", || ListQuery { sort: Some(Sort::Last), ..state(State::Unanswered) }),
    ("pages_sort_last_closed", || ListQuery { sort: Some(Sort::Last), ..state(State::Closed) }),
    ("pages_sort_priority", || ListQuery { sort: Some(Sort::Priority), ..ListQuery::default() }),
    ("pages_mine_unanswered", || ListQuery { owner: Some(AgentNo(7)), ..state(State::Unanswered) }),
    ("pages_mine_unread", || ListQuery { owner: Some(AgentNo(7)), unread: Some(true), ..ListQuery::default() }),
    ("pages_group_waiting", || ListQuery { group: Some(GroupNo(2)), ..state(State::Waiting) }),
    ("pages_label_state", || ListQuery { labels: vec![LabelNo(1)], ..state(State::Unanswered) }),
    ("pages_order_unanswered", || ListQuery { orders: vec![OrderStatus::Paid], ..state(State::Unanswered) }),
];

pub fn pages(options: &Options) -> anyhow::Result<Vec<Ratio>> {
    let (few, many) = (options.folder.join("pages-few"), options.folder.join("pages-many"));
    eprintln!("  generating stores of {FEW} and {} conversations …", options.conversations);
    generate(&few, FEW)?;
    generate(&many, options.conversations)?;
    let (few, many) = (Store::open(&few, &store_options())?, Store::open(&many, &store_options())?);
    let mut ratios = Vec::new();
    for (name, query) in CASES.iter().filter(|(name, _)| options.only.as_ref().is_none_or(|only| name.starts_with(only.as_str()))) {
        let query = query();
        let cost_us = |store: &Store| {
            let (began, mut rows) = (Instant::now(), 0);
            for _ in 0..REPEATS {
                let mut cursor = None;
                for _ in 0..PAGES {
                    let page = store.list(SHOP, &query, cursor.as_ref(), ROWS)?;
                    rows += page.rows.len();
                    cursor = page.next;
                    if cursor.is_none() {
                        break;
                    }
                }
            }
            let pages = (REPEATS * PAGES) as f64;
            anyhow::ensure!(rows == REPEATS * PAGES * ROWS, "{name}: {rows} rows in {pages} pages");
            Ok(began.elapsed().as_secs_f64() * 1e6 / pages)
        };
        cost_us(&few)?;
        cost_us(&many)?;
        let (value, a, b) = alternate(options.rounds, || cost_us(&many), || cost_us(&few))?;
        let detail = format!("{a:.0} µs a page of {ROWS} with {} conversations, {b:.0} µs with {FEW}", options.conversations);
        ratios.push(Ratio { name, value, floor: 2.0, aim: 1.2, unit: "× (at most)", detail });
    }
    Ok(ratios)
}

/// A data folder of one shop with `conversations`, of every kind.
fn generate(folder: &Path, conversations: u64) -> anyhow::Result<()> {
    let _ = std::fs::remove_dir_all(folder);
    let of = |number: u64| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&mixed(number).to_be_bytes());
        id[8..].copy_from_slice(&number.to_be_bytes());
        (ConversationId(id), of_every_kind(number, ConversationId(id)))
    };
    fill(folder, SHOP, (0..conversations).map(of))
}

/// Splitmix64.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The life of one conversation so far: half are closed, a tenth archived, the others in every place; every facet on its own.
fn of_every_kind(number: u64, conversation: ConversationId) -> Events {
    let dice = |face: u64, sides: u64| mixed(number ^ face << 48) % sides;
    let at = Millis(START + number);
    let (agent, group) = (AgentNo(1 + dice(1, AGENTS) as u32), Some(GroupNo(1 + dice(2, GROUPS) as u32)));
    let (from, how, decision, reception, by) = (None, Handing::ByRule, 1, 1, agent);
    let priority = [Priority::Urgent, Priority::High, Priority::Normal, Priority::Normal, Priority::Low][dice(3, 5) as usize];
    let buyer = format!("buyer-{number}");
    let mut events = Events::new();
    let profile = Profile { priority, ..Profile::default() };
    events.push(Event::ProfileSet { conversation, buyer: buyer.clone(), profile, at });
    let states =
        [OrderState::Unpaid, OrderState::Paid, OrderState::Shipped, OrderState::Succeeded, OrderState::AfterSale, OrderState::Closed];
    if let Some(state) = states.get(dice(4, 8) as usize) {
        events.push(Event::OrderNoted { conversation, order: format!("o-{number}"), state: *state, at });
    }
    if dice(5, 4) == 0 {
        let labels = vec![LabelNo(1 + dice(6, 3) as u16)];
        events.push(Event::DeskWork { conversation, at, by, owner: None, what: Worked::Labelled { labels } });
    }
    events
        .push(Event::ReceptionOpened { conversation, reception, at, buyer, name: "小李".into(), visit: Visit::default(), asked: false });
    let text = format!("{} {number} {}", ["退款", "尺码", "发票"][dice(7, 3) as usize], "x".repeat(60));
    let retry = RetryKey { client_id: number, body: 1 };
    events.push(Event::MessageAdded {
        conversation,
        seq: 1,
        at,
        author: Author::Buyer,
        text,
        retry,
        owner: None,
        extra: None,
        starts: None,
    });
    let read = || vec![ReadOf { quarter: Quarter::of(at), messages: 1 }];
    let owned = Event::ReceptionOwned { conversation, reception, at, agent, group, from, how, decision };
    let answered = Event::RoundAnswered { conversation, reception, agent, at, began: at, read: read(), charged: agent, late: false, group };
    let closed = Event::ReceptionClosed { conversation, reception, at, by: None, owner: Some(agent), unanswered: None };
    let read = Event::ReadByStaff { conversation, seq: 1, at, by, read: read(), owner: None, escalate: None };
    if dice(8, 3) == 0 {
        events.push(read);
    }
    match dice(9, 20) {
        0 | 1 => {
            events.push(Event::ReceptionQueued { conversation, reception, at, group, from, how, decision, arrived: at, priority, ahead: 0 })
        }
        2 => events.push(Event::ReceptionPooled { conversation, reception, at, from, how, decision }),
        3..=5 => events.push(owned),
        6 | 7 => events.extend([owned, answered]),
        8 | 9 => events.extend([owned, answered, closed, Event::Archived { conversation, at, by: None }]),
        _ => events.extend([owned, answered, closed]),
    }
    events
}
