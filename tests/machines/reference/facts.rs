//! What the rules ask, one by one and from the top: keywords, conditions, scopes, the week, the slots of a day. Zones of the
//! histories have one offset all year; the others are the matter of `domain::schedule`'s own tests.

use fenliu::domain::diversion::condition::{Condition, WeekWindow};
use fenliu::domain::diversion::{Scope, Settings};
use fenliu::domain::facts::{Facts, OrderState, OrderStatus};
use fenliu::domain::id::{GroupNo, Millis};
use fenliu::domain::offline::DayWindow;

const MINUTE_MS: u64 = 60_000;
const DAY_MIN: u64 = 1_440;
const THREE_DAYS_MS: u64 = 3 * DAY_MIN * MINUTE_MS;

/// Minutes since the epoch as the shop's clock counts them.
fn local_minutes(settings: &Settings, now: Millis) -> u64 {
    let hours = match settings.zone.as_str() {
        "Asia/Shanghai" => 8,
        "Asia/Tokyo" => 9,
        "UTC" => 0,
        other => panic!("no history has zone {other}"),
    };
    now.0 / MINUTE_MS + hours * 60
}

/// When the automatic assignment fires at all.
pub fn schedule(settings: &Settings) -> (bool, Vec<DayWindow>, u16, String) {
    let automatic = &settings.offline.automatic;
    (automatic.on, automatic.windows.clone(), automatic.slot_min, settings.zone.clone())
}

/// The instants of (`after`, `until`] at which the automatic assignment fires (OFF-3).
pub fn slots(settings: &Settings, after: Millis, until: Millis) -> impl Iterator<Item = Millis> {
    let automatic = &settings.offline.automatic;
    let fires = |minute: &u64| {
        let of_day = local_minutes(settings, Millis(minute * MINUTE_MS)) % DAY_MIN;
        let within = |m: u64| automatic.windows.iter().any(|w| u64::from(w.from_min) <= m && m <= u64::from(w.to_min));
        of_day.is_multiple_of(automatic.slot_min.into()) && (within(of_day) || of_day == 0 && within(DAY_MIN))
    };
    let minutes = after.0 / MINUTE_MS + 1..=until.0 / MINUTE_MS;
    minutes.filter(move |minute| automatic.on && fires(minute)).map(|minute| Millis(minute * MINUTE_MS))
}

/// When a window of the week in a rule begins or ends, after one instant and up to another.
pub fn week_borders(settings: &Settings, after: Millis, until: Millis) -> impl Iterator<Item = Millis> {
    fn of(condition: &Condition) -> Vec<WeekWindow> {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().flat_map(of).collect(),
            Condition::Not(part) => of(part),
            Condition::Week(windows) => windows.clone(),
            _ => Vec::new(),
        }
    }
    let windows: Vec<WeekWindow> = settings.rules.iter().flat_map(|rule| of(&rule.when)).collect();
    let until = if windows.is_empty() { after } else { until };
    let within = |minute: u64, window: &WeekWindow| in_week(settings, window, Millis(minute * MINUTE_MS));
    let changes = move |minute: &u64| windows.iter().any(|window| within(*minute, window) != within(minute - 1, window));
    (after.0 / MINUTE_MS + 1..=until.0 / MINUTE_MS).filter(changes).map(|minute| Millis(minute * MINUTE_MS))
}

fn in_week(settings: &Settings, window: &WeekWindow, now: Millis) -> bool {
    let minutes = local_minutes(settings, now);
    // The epoch was a Thursday.
    let (day, minute) = ((minutes / DAY_MIN + 3) % 7, (minutes % DAY_MIN) as u16);
    window.days & 1 << day != 0 && window.from_min <= minute && minute < window.to_min
}

/// The words of scopes and rules that are in a text.
pub fn keywords(settings: &Settings, text: &str) -> Vec<String> {
    fn of(condition: &Condition) -> Vec<String> {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().flat_map(of).collect(),
            Condition::Not(part) => of(part),
            Condition::Keyword(words) => words.clone(),
            _ => Vec::new(),
        }
    }
    let words = settings.scopes.iter().flat_map(|s| s.keywords.clone()).chain(settings.rules.iter().flat_map(|r| of(&r.when)));
    words.filter(|word| text.to_lowercase().contains(&word.to_lowercase())).collect()
}

/// Each word once.
pub fn sorted<'a>(words: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut words: Vec<String> = words.cloned().collect();
    words.sort();
    words.dedup();
    words
}

/// INB-9.
fn order(facts: &Facts, now: Millis) -> OrderStatus {
    match facts.order {
        Some((OrderState::Unpaid, _)) => OrderStatus::Unpaid,
        Some((OrderState::Paid, _)) => OrderStatus::Paid,
        Some((OrderState::Shipped, _)) => OrderStatus::Shipped,
        Some((OrderState::Succeeded, at)) if now.0 <= at.0 + THREE_DAYS_MS => OrderStatus::Succeeded,
        Some((OrderState::AfterSale, _)) => OrderStatus::AfterSale,
        Some((OrderState::Succeeded | OrderState::Closed, _)) | None => OrderStatus::NoActive,
    }
}

/// Whether a condition holds (DIV-2).
pub fn holds(settings: &Settings, condition: &Condition, facts: &Facts, now: Millis) -> bool {
    let told = |values: &Vec<String>, value: &String| !value.is_empty() && values.contains(value);
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(settings, part, facts, now)),
        Condition::Any(parts) => parts.iter().any(|part| holds(settings, part, facts, now)),
        Condition::Not(part) => !holds(settings, part, facts, now),
        Condition::Tag(values) => facts.tags.iter().any(|tag| told(values, tag)),
        Condition::Keyword(values) => facts.keywords.iter().any(|word| told(values, word)),
        Condition::Level(values) => told(values, &facts.level),
        Condition::Product(values) => told(values, &facts.visit.product),
        Condition::Category(values) => told(values, &facts.visit.category),
        Condition::Entry(values) => told(values, &facts.visit.entry),
        Condition::Language(values) => told(values, &facts.visit.language),
        Condition::Channel(values) => told(values, &facts.visit.channel),
        Condition::Region(values) => told(values, &facts.visit.region),
        Condition::Order(orders) => orders.contains(&order(facts, now)),
        Condition::Week(windows) => windows.iter().any(|window| in_week(settings, window, now)),
    }
}

/// The groups the reception scopes leave, and the dimensions that left them (DIV-2).
pub fn scope(settings: &Settings, facts: &Facts, now: Millis) -> Option<(u8, Vec<GroupNo>)> {
    let told = |values: &Vec<String>, value: &String| !value.is_empty() && values.contains(value);
    let bound = |dimension: u8, s: &Scope| match dimension {
        0 => facts.tags.iter().any(|tag| told(&s.tags, tag)) || told(&s.levels, &facts.level),
        1 => told(&s.products, &facts.visit.product) || told(&s.categories, &facts.visit.category),
        2 => {
            let word = facts.keywords.iter().any(|word| told(&s.keywords, word));
            word || told(&s.entries, &facts.visit.entry) || told(&s.languages, &facts.visit.language)
        }
        _ => s.orders.contains(&order(facts, now)),
    };
    let mut left: Vec<&Scope> = settings.scopes.iter().collect();
    let mut by = 0;
    for dimension in 0..4 {
        let kept: Vec<&Scope> = left.iter().copied().filter(|s| bound(dimension, s)).collect();
        if !kept.is_empty() {
            (left, by) = (kept, by | 1 << dimension);
        }
    }
    (by != 0).then(|| (by, left.iter().map(|s| s.group).collect()))
}
