//! What a run is like, drawn at random: its staff, its groups, its settings, its day, and how unkind the world is.
//!
//! Each knob is on in some runs and off in others, so that every pair of features meets alone as well as in the crowd.

use crate::random::Random;
use fenliu::domain::diversion::condition::{Condition, WeekWindow};
use fenliu::domain::diversion::{NoAnswer, Preference, Queue, Recent, Rule, Scope, Settings, Strategy, Target};
use fenliu::domain::event::AgentSettings;
use fenliu::domain::facts::{OrderStatus, Priority, Profile, Visit};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::offline::{Automatic, DayWindow, Offline, Range, Targets, Way};
use fenliu::domain::schedule::{Day, Zone};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Zones with a day on which their clocks are put forward or back, and an ordinary one.
const DAYS: [(&str, &[&str]); 6] = [
    ("Asia/Shanghai", &["2026-05-01", "2026-02-28"]),
    ("Europe/Berlin", &["2026-03-29", "2026-10-25", "2026-06-10"]),
    ("America/New_York", &["2026-03-08", "2026-11-01", "2026-12-31"]),
    ("Australia/Lord_Howe", &["2026-10-04", "2026-04-05"]),
    ("America/Sao_Paulo", &["2018-11-04", "2018-02-18"]),
    ("UTC", &["2026-01-01"]),
];

/// What may happen in a run, and how much of it.
#[derive(Clone, Debug)]
pub struct Knobs {
    pub zone: &'static str,
    pub begins: Millis,
    pub days: u64,
    pub staff: u32,
    pub groups: u32,
    pub buyers: u64,
    pub preferences: bool,
    pub scopes: bool,
    pub rules: bool,
    pub no_answer: bool,
    pub automatic: bool,
    pub tight_queue: bool,
    pub changes: bool,
    pub crashes: bool,
    /// Chances in a hundred, after something happened: that all is written, that all has arrived.
    pub syncs: u64,
    pub delivers: u64,
    /// How often something happens: one weight for each kind of [`crate::people`].
    pub weights: [u32; 16],
}

impl Knobs {
    pub fn draw(r: &mut Random) -> Knobs {
        let (zone, days) = r.one(&DAYS);
        let day = Day::parse(r.one(days)).expect("a day");
        let begins = Zone::named(zone).expect("a zone").day_range(day).0;
        let mut knobs = Knobs {
            zone,
            begins,
            days: if r.chance(6) { r.range(2, 3) } else { 1 },
            staff: r.range(2, 8) as u32,
            groups: r.range(1, 4) as u32,
            buyers: r.one(&[5, 8, 12, 20, 40, 60]),
            preferences: r.chance(60),
            scopes: r.chance(40),
            rules: r.chance(50),
            no_answer: r.chance(40),
            automatic: r.chance(70),
            tight_queue: r.chance(40),
            changes: r.chance(60),
            crashes: r.chance(50),
            syncs: r.one(&[20, 60, 95]),
            delivers: r.one(&[15, 50, 95]),
            weights: [30, 22, 12, 5, 4, 10, 5, 3, 2, 5, 6, 2, 2, 10, 3, 2],
        };
        // Some kinds not at all, some much more often: what is always balanced never goes wrong.
        for weight in &mut knobs.weights[2..] {
            *weight *= r.one(&[0, 1, 1, 1, 3]);
        }
        knobs
    }
}

fn several<T: Clone>(r: &mut Random, of: &[T]) -> Vec<T> {
    let mut some: Vec<T> = of.iter().filter(|_| r.chance(40)).cloned().collect();
    if some.is_empty() && !of.is_empty() {
        some.push(r.one(of));
    }
    some
}

pub fn account(r: &mut Random, knobs: &Knobs) -> AgentSettings {
    let limit = |r: &mut Random| r.maybe(25, |r| r.one(&[0, 1, 1, 2]));
    let groups = (1..=knobs.groups).filter(|_| r.chance(50)).collect::<Vec<_>>();
    let groups = groups.into_iter().map(|g| (GroupNo(g), limit(r))).collect();
    AgentSettings {
        weight: r.one(&[1, 1, 1, 3, 2, 0]),
        capacity: r.one(&[0, 1, 1, 2, 2, 3, 5]),
        groups,
        enabled: !r.chance(4),
        welcome: String::new(),
    }
}

pub fn group_limit(r: &mut Random) -> Option<u32> {
    r.one(&[None, None, Some(0), Some(1), Some(2), Some(4)])
}

pub fn visit(r: &mut Random) -> Visit {
    Visit {
        entry: r.one(&["", "home", "cart"]).into(),
        product: r.one(&["", "p1", "p2"]).into(),
        category: r.one(&["", "c1"]).into(),
        channel: r.one(&["", "app", "web"]).into(),
        region: r.one(&["", "south"]).into(),
        language: r.one(&["", "zh", "en"]).into(),
    }
}

pub fn text(r: &mut Random) -> String {
    r.one(&["hello", "hello", "is it big?", "REFUND please", "转人工", "the size, please", "?"]).into()
}

pub fn profile(r: &mut Random, knobs: &Knobs) -> Profile {
    Profile {
        tags: r.one(&[vec![], vec!["vip".to_owned()], vec!["vip".to_owned(), "late".to_owned()]]),
        level: r.one(&["", "gold"]).into(),
        region: String::new(),
        language: r.one(&["", "en"]).into(),
        priority: r.one(&[Priority::Normal, Priority::Normal, Priority::Urgent, Priority::High, Priority::Low]),
        dedicated: r.maybe(30, |r| AgentNo(r.range(1, u64::from(knobs.staff)) as u32)),
    }
}

fn words(of: &[&str]) -> Vec<String> {
    of.iter().map(|w| (*w).to_owned()).collect()
}

fn condition(r: &mut Random, depth: u32) -> Condition {
    let window = |r: &mut Random| {
        let from = r.range(0, 22) as u16 * 60;
        WeekWindow { days: r.one(&[0b111_1111, 0b001_1111, 0b110_0000]), from_min: from, to_min: from + r.one(&[30, 60, 120]) }
    };
    match r.below(if depth > 1 { 9 } else { 12 }) {
        0 => Condition::Entry(words(&[r.one(&["home", "cart"])])),
        1 => Condition::Product(words(&[r.one(&["p1", "p2"])])),
        2 => Condition::Keyword(words(&[r.one(&["refund", "size"])])),
        3 => Condition::Tag(words(&["vip"])),
        4 => Condition::Order(several(r, &OrderStatus::ALL)),
        5 => Condition::Language(words(&["en"])),
        6 => Condition::Level(words(&["gold"])),
        7 => Condition::Week(vec![window(r)]),
        8 => Condition::Channel(words(&["app"])),
        9 => Condition::Not(Box::new(condition(r, depth + 1))),
        10 => Condition::Any(vec![condition(r, depth + 1), condition(r, depth + 1)]),
        _ => Condition::All(vec![condition(r, depth + 1), condition(r, depth + 1)]),
    }
}

/// Settings that the shop may accept: nearly always, so that what is refused is not the rule.
pub fn settings(r: &mut Random, knobs: &Knobs, staff: &[AgentSettings]) -> Settings {
    let agents: Vec<AgentNo> = (1..=knobs.staff).map(AgentNo).collect();
    let all = (1..=knobs.groups).map(GroupNo);
    let groups: Vec<GroupNo> = all.filter(|g| staff.iter().any(|s| s.groups.iter().any(|(of, _)| of == g))).collect();
    let any_ms = r.one(&[0, MINUTE, 20 * MINUTE, 2 * HOUR, 24 * HOUR]);
    let preferences = [vec![Preference::RecentContact, Preference::Dedicated], vec![Preference::Dedicated, Preference::RecentContact]];
    let one_preference = [vec![], vec![Preference::RecentContact], vec![Preference::Dedicated]];
    let of_preferences = if knobs.preferences { &preferences[..] } else { &one_preference[..] };
    let target = |r: &mut Random| match groups.is_empty() || r.chance(40) {
        true => Target::Agents(several(r, &agents)),
        false => Target::Groups(several(r, &groups)),
    };
    let rules = if knobs.rules { r.range(1, 4) } else { 0 };
    let rule = |r: &mut Random, i: u64| Rule { name: format!("rule {i}"), when: condition(r, 0), target: target(r) };
    Settings {
        zone: if r.chance(95) { knobs.zone.into() } else { r.one(&DAYS).0.into() },
        gate: r.chance(70),
        preferences: r.one(of_preferences),
        recent: Recent { any_ms, online_ms: any_ms + r.one(&[0, 10 * MINUTE, 3 * HOUR]), obeys_capacity: r.chance(75) },
        scopes: if knobs.scopes { groups.iter().filter(|_| r.chance(70)).copied().collect::<Vec<_>>() } else { vec![] }
            .into_iter()
            .map(|g| scope(r, g))
            .collect(),
        rules: (0..rules).map(|i| rule(r, i)).collect(),
        fallback_group: if groups.is_empty() { None } else { r.maybe(35, |r| r.one(&groups)) },
        strategy: r.one(&[Strategy::WeightedLeastLoad, Strategy::WeightedRoundRobin, Strategy::LeastRecentlyAssigned]),
        busy_above: r.one(&[0, 1, 4]),
        offline_grace_ms: r.one(&[0, 5 * SECOND, MINUTE, MINUTE]),
        queue: match knobs.tight_queue {
            true => {
                Queue { length_max: r.range(0, 4) as u32, wait_ms_max: r.one(&[Some(20 * SECOND), Some(3 * MINUTE), Some(30 * MINUTE)]) }
            }
            false => Queue { length_max: 1_000, wait_ms_max: r.one(&[None, Some(HOUR / 2)]) },
        },
        welcome: Settings::default().welcome,
        no_answer: NoAnswer {
            after_ms: if knobs.no_answer { r.one(&[Some(10 * SECOND), Some(2 * MINUTE), None]) } else { None },
            later_rounds: r.chance(50),
            moves_max: r.range(1, 4) as u32,
            suspend_after: r.maybe(40, |r| r.range(1, 2) as u32),
        },
        offline: offline(r, knobs, &agents, &groups),
    }
}

fn scope(r: &mut Random, group: GroupNo) -> Scope {
    let mut scope = Scope::unbound(group);
    match r.below(5) {
        0 => scope.products = words(&[r.one(&["p1", "p2"])]),
        1 => scope.tags = words(&["vip"]),
        2 => scope.keywords = words(&["refund"]),
        3 => scope.entries = words(&["cart"]),
        _ => scope.levels = words(&["gold"]),
    }
    if r.chance(50) {
        scope.orders = several(r, &OrderStatus::ALL);
    }
    scope
}

fn offline(r: &mut Random, knobs: &Knobs, agents: &[AgentNo], groups: &[GroupNo]) -> Offline {
    let slot_min = r.one(&[5, 10, 12, 15, 20, 30, 30, 60]);
    let window = |r: &mut Random| {
        let from_min = r.range(0, 22) as u16 * 60;
        DayWindow { from_min, to_min: (from_min + r.one(&[0, 60, 120])).min(1_440) }
    };
    let windows = match r.below(4) {
        0 => vec![DayWindow { from_min: 0, to_min: 1_440 }],
        1 => vec![window(r), window(r)],
        _ => vec![DayWindow { from_min: 8 * 60, to_min: 23 * 60 }],
    };
    let targets = match r.below(4) {
        0 if !groups.is_empty() => Targets::Groups(several(r, groups)),
        1 => Targets::Agents(several(r, agents)),
        _ => Targets::ByRules,
    };
    let automatic = Automatic {
        on: knobs.automatic,
        range: r.one(&[Range::Every, Range::Every, Range::AskedForPerson]),
        windows,
        slot_min,
        heads_in_scope: targets == Targets::ByRules && r.chance(30),
        targets,
        online_min: r.one(&[1, 1, 1, 2]),
        unanswered_average_max: r.one(&[None, None, Some(0), Some(2)]),
        per_head: r.one(&[None, None, Some(1), Some(3)]),
    };
    let way = match r.below(6) {
        0 => Way::Deputy(r.one(agents)),
        1 => Way::MainAccount,
        _ => Way::Pool,
    };
    Offline { way, text: r.one(&["", "closed"]).into(), automatic }
}
