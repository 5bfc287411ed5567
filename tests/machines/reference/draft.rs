//! Settings in small steps: each change of a history touches one thing, so that a failing history shrinks to the few that matter.

use fenliu::domain::diversion::condition::{Condition, WeekWindow};
use fenliu::domain::diversion::{Preference, Rule, Scope, Settings, Strategy, Target};
use fenliu::domain::event::AgentSettings;
use fenliu::domain::facts::OrderStatus;
use fenliu::domain::id::{AgentNo, GroupNo};
use fenliu::domain::offline::{DayWindow, Range, Targets, Way};

pub const AGENTS: u32 = 5;
pub const GROUPS: u32 = 3;
const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// One of a list, by a number.
pub fn of<T: Clone>(list: &[T], number: u16) -> T {
    list[usize::from(number) % list.len()].clone()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).into()).collect()
}

pub fn agent(number: u16) -> AgentNo {
    AgentNo(1 + u32::from(number) % AGENTS)
}

pub fn group(number: u16) -> GroupNo {
    GroupNo(1 + u32::from(number) % GROUPS)
}

/// One to three different groups or agents.
fn groups(number: u16) -> Vec<GroupNo> {
    let first = u32::from(number) % GROUPS;
    (0..1 + u32::from(number / 4) % GROUPS).map(|n| GroupNo(1 + (first + n) % GROUPS)).collect()
}

fn agents(number: u16) -> Vec<AgentNo> {
    let first = u32::from(number) % AGENTS;
    (0..1 + u32::from(number / 8) % 3).map(|n| AgentNo(1 + (first + n) % AGENTS)).collect()
}

fn week(number: u16) -> Condition {
    let windows = [
        WeekWindow { days: 0b000_0001, from_min: 540, to_min: 570 },
        WeekWindow { days: 0b111_1111, from_min: 0, to_min: 600 },
        WeekWindow { days: 0b001_1111, from_min: 600, to_min: 1_440 },
        WeekWindow { days: 0b110_0011, from_min: 541, to_min: 542 },
    ];
    Condition::Week(vec![of(&windows, number)])
}

fn leaf(number: u16) -> Condition {
    let orders = [vec![OrderStatus::NoActive], vec![OrderStatus::Succeeded, OrderStatus::Unpaid], vec![OrderStatus::AfterSale]];
    let pick = number / 12;
    match number % 12 {
        0 => Condition::always(),
        1 => Condition::Tag(words(&["vip"])),
        2 => Condition::Level(words(&["gold"])),
        3 => Condition::Product(words(&[of(&["p1", "p2"], pick)])),
        4 => Condition::Category(words(&["shoes"])),
        5 => Condition::Keyword(words(&[of(&["refund", "Size"], pick)])),
        6 => Condition::Entry(words(&["home", "cart"])),
        7 => Condition::Language(words(&["en"])),
        8 => Condition::Channel(words(&["app"])),
        9 => Condition::Region(words(&["north"])),
        10 => Condition::Order(of(&orders, pick)),
        _ => week(pick),
    }
}

fn condition(number: u16) -> Condition {
    let (one, other) = (leaf(number), leaf(number / 24));
    match number / 2_048 % 8 {
        0 => Condition::Not(one.into()),
        1 => Condition::All(vec![one, other]),
        2 => Condition::Any(vec![one, Condition::Not(other.into())]),
        _ => one,
    }
}

fn rule(number: u16, place: u16) -> Rule {
    let target = if place.is_multiple_of(3) { Target::Agents(agents(number / 7)) } else { Target::Groups(groups(number / 5)) };
    Rule { name: format!("rule {number}"), when: condition(number), target }
}

/// A group's scope, one or two dimensions of it.
fn bind(scope: &mut Scope, number: u16) {
    let pick = number / 8;
    match number % 8 {
        0 => scope.tags = words(&["vip"]),
        1 => scope.levels = words(&["gold"]),
        2 => scope.products = words(&[of(&["p1", "p2"], pick)]),
        3 => scope.categories = words(&["shoes"]),
        4 => scope.keywords = words(&[of(&["refund", "Size"], pick)]),
        5 => scope.entries = words(&[of(&["home", "cart"], pick)]),
        6 => scope.languages = words(&[of(&["en", "zh"], pick)]),
        _ => scope.orders = of(&[vec![OrderStatus::NoActive], vec![OrderStatus::AfterSale, OrderStatus::Unpaid]], pick),
    }
}

fn change_scopes(scopes: &mut Vec<Scope>, number: u16) {
    let whose = group(number);
    if (number / 3).is_multiple_of(8) {
        return scopes.retain(|scope| scope.group != whose);
    }
    if !scopes.iter().any(|scope| scope.group == whose) {
        scopes.push(Scope::unbound(whose));
    }
    scopes.iter_mut().filter(|scope| scope.group == whose).for_each(|scope| bind(scope, number / 24));
}

fn change_rules(rules: &mut Vec<Rule>, number: u16, place: u16) {
    match place % 4 {
        0 if !rules.is_empty() => drop(rules.remove(usize::from(number) % rules.len())),
        _ if rules.len() < 4 => rules.insert(usize::from(place / 4) % (rules.len() + 1), rule(number, place / 8)),
        _ => rules[0] = rule(number, place / 8),
    }
}

fn change_automatic(settings: &mut Settings, aspect: u16, number: u16) {
    let automatic = &mut settings.offline.automatic;
    let window = |from_min, to_min| DayWindow { from_min, to_min };
    match aspect {
        0 => automatic.on = !number.is_multiple_of(4),
        1 => automatic.range = of(&[Range::Every, Range::AskedForPerson], number),
        2 => {
            let windows = [vec![window(0, 1_440)], vec![window(540, 570), window(560, 600)], vec![window(600, 1_440)], vec![]];
            automatic.windows = of(&windows, number);
        }
        3 => automatic.slot_min = of(&[30, 5, 15, 60], number),
        4 => {
            automatic.targets = match number % 4 {
                0 | 1 => Targets::ByRules,
                2 => Targets::Groups(groups(number / 4)),
                _ => Targets::Agents(agents(number / 4)),
            }
        }
        5 => automatic.online_min = of(&[1, 2], number),
        6 => automatic.unanswered_average_max = of(&[None, Some(0), Some(1)], number),
        7 => automatic.per_head = of(&[Some(1), None, Some(2)], number),
        _ => automatic.heads_in_scope = number.is_multiple_of(2),
    }
}

/// Changes one thing: which, and to what.
pub fn change(settings: &mut Settings, aspect: u8, number: u16) {
    use Preference::{Dedicated, RecentContact};
    let recent = &mut settings.recent;
    let both = vec![RecentContact, Dedicated];
    match aspect % 34 {
        0 => settings.gate = !number.is_multiple_of(3),
        1 => settings.preferences = of(&[both, vec![Dedicated, RecentContact], vec![RecentContact], vec![Dedicated], vec![]], number),
        2 => (recent.any_ms, recent.online_ms) = of(&[(24, 72), (0, 0), (0, 24), (1, 1)].map(|(a, o)| (a * HOUR_MS, o * HOUR_MS)), number),
        3 => recent.obeys_capacity = !number.is_multiple_of(3),
        4..=6 => change_scopes(&mut settings.scopes, number),
        7..=10 => change_rules(&mut settings.rules, number, u16::from(aspect / 34) + number / 512),
        11 => settings.fallback_group = if number.is_multiple_of(4) { None } else { Some(group(number)) },
        12 => {
            let strategies = [Strategy::WeightedLeastLoad, Strategy::WeightedRoundRobin, Strategy::LeastRecentlyAssigned];
            settings.strategy = of(&strategies, number);
        }
        13 => settings.busy_above = of(&[4, 0, 1], number),
        14 => settings.offline_grace_ms = of(&[MINUTE_MS, 0, 1_000, HOUR_MS], number),
        15 | 16 => settings.queue.length_max = of(&[1_000, 0, 1, 2], number),
        17 => settings.queue.wait_ms_max = of(&[Some(HOUR_MS / 2), None, Some(MINUTE_MS)], number),
        18 | 19 => settings.no_answer.after_ms = of(&[Some(MINUTE_MS), None, Some(10_000)], number),
        20 => settings.no_answer.later_rounds = number.is_multiple_of(2),
        21 => settings.no_answer.moves_max = of(&[3, 1, 10], number),
        22 => settings.no_answer.suspend_after = of(&[None, Some(1), Some(2)], number),
        23 => settings.offline.way = of(&[Way::Pool, Way::Deputy(agent(number / 4)), Way::MainAccount, Way::Pool], number),
        24 => settings.zone = of(&["Asia/Shanghai", "UTC", "Asia/Tokyo"], number).into(),
        aspect => change_automatic(settings, u16::from(aspect - 25), number),
    }
}

/// An account's settings; small, so that limits are met.
pub fn account(number: u16) -> AgentSettings {
    let limit = |n: u16| of(&[None, None, Some(1), Some(0), Some(2)], n);
    let member = |g: u16| number >> g & 1 == 1;
    AgentSettings {
        weight: of(&[1, 3, 2, 1, 0], number / 8),
        capacity: of(&[1, 2, 3, 0], number / 40),
        groups: (0..GROUPS as u16).filter(|g| member(*g)).map(|g| (group(g), limit(number / 160 + g))).collect(),
        enabled: number % 61 != 60,
        welcome: String::new(),
    }
}
