//! What reception scopes leave, and which rules hold. Which drafts are refused stands in `draft.rs`.

#[path = "draft.rs"]
mod draft;

use fenliu::domain::diversion::compile::{Compiled, Narrowed, week_windows};
use fenliu::domain::diversion::condition::{Condition, WeekWindow};
use fenliu::domain::diversion::{Rule, Scope, Settings, Target};
use fenliu::domain::facts::{Facts, OrderState, OrderStatus, order_status};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::schedule::WeekMinute;

const NOW: Millis = Millis(1_000 * 24 * 3_600_000);
const MONDAY_NOON: WeekMinute = WeekMinute { day: 0, minute: 720 };

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

fn all(parts: &[Condition]) -> Condition {
    Condition::All(parts.to_vec())
}

fn any(parts: &[Condition]) -> Condition {
    Condition::Any(parts.to_vec())
}

fn not(part: Condition) -> Condition {
    Condition::Not(Box::new(part))
}

fn entry(words: &[&str]) -> Condition {
    Condition::Entry(list(words))
}

fn product(words: &[&str]) -> Condition {
    Condition::Product(list(words))
}

fn tag(words: &[&str]) -> Condition {
    Condition::Tag(list(words))
}

fn week(days: u8, from_min: u16, to_min: u16) -> Condition {
    Condition::Week(vec![WeekWindow { days, from_min, to_min }])
}

fn rule(name: &str, when: Condition, target: Target) -> Rule {
    Rule { name: name.into(), when, target }
}

fn groups(of: &[u32]) -> Target {
    Target::Groups(of.iter().map(|group| GroupNo(*group)).collect())
}

fn agents(of: &[u32]) -> Target {
    Target::Agents(of.iter().map(|agent| AgentNo(*agent)).collect())
}

/// An order with this routing status.
fn order(status: OrderStatus) -> Option<(OrderState, Millis)> {
    let state = match status {
        OrderStatus::NoActive => return None,
        OrderStatus::Unpaid => OrderState::Unpaid,
        OrderStatus::Paid => OrderState::Paid,
        OrderStatus::Shipped => OrderState::Shipped,
        OrderStatus::Succeeded => OrderState::Succeeded,
        OrderStatus::AfterSale => OrderState::AfterSale,
    };
    Some((state, NOW))
}

/// `by` and the groups: `product+order 1`.
fn narrowed(settings: &Settings, facts: &Facts) -> String {
    let Some(Narrowed { by, groups }) = Compiled::new(settings).scope(facts, NOW) else { return "skipped".into() };
    let names = ["buyer", "product", "intent", "order"];
    let by: Vec<&str> = (0..4).filter(|bit| by >> bit & 1 == 1).map(|bit| names[bit]).collect();
    let groups: Vec<String> = groups.iter().map(|group| group.0.to_string()).collect();
    format!("{} {}", by.join("+"), groups.join(","))
}

#[test]
fn scopes_of_the_example() {
    // SPEC: DIV-2
    use OrderStatus::*;
    let scope = |group, product: &str, orders: &[OrderStatus]| Scope {
        products: list(&[product]),
        orders: orders.to_vec(),
        ..Scope::unbound(GroupNo(group))
    };
    let scopes = vec![
        scope(1, "a", &[NoActive, Unpaid]),
        scope(2, "a", &[Paid, Shipped, Succeeded]),
        scope(3, "a", &[]),
        scope(4, "b", &[AfterSale]),
    ];
    let settings = Settings { scopes, ..Settings::default() };
    let cases = [
        ("a", ["product+order 1", "product+order 1", "product+order 2", "product+order 2", "product+order 2", "product 1,2,3"]),
        ("b", ["product 4", "product 4", "product 4", "product 4", "product 4", "product+order 4"]),
        ("other", ["order 1", "order 1", "order 2", "order 2", "order 2", "order 4"]),
        ("", ["order 1", "order 1", "order 2", "order 2", "order 2", "order 4"]),
    ];
    for (product, expected) in cases {
        for (status, expected) in OrderStatus::ALL.into_iter().zip(expected) {
            let mut facts = Facts { order: order(status), ..Facts::default() };
            facts.visit.product = product.into();
            assert_eq!(narrowed(&settings, &facts), expected, "product {product:?}, {status:?}");
        }
    }
}

#[test]
fn scopes_narrow_in_order() {
    // SPEC: DIV-2
    let scopes = vec![
        Scope { tags: list(&["vip"]), levels: list(&["gold"]), ..Scope::unbound(GroupNo(1)) },
        Scope { levels: list(&["gold", ""]), keywords: list(&["退款"]), ..Scope::unbound(GroupNo(2)) },
        Scope { categories: list(&["tea"]), languages: list(&["en"]), ..Scope::unbound(GroupNo(3)) },
        Scope { entries: list(&["cart"]), orders: vec![OrderStatus::Paid], ..Scope::unbound(GroupNo(4)) },
    ];
    let settings = Settings { scopes, ..Settings::default() };
    type Change = fn(&mut Facts);
    let cases: [(&str, Change, &str); 9] = [
        ("nothing known", |_| {}, "skipped"),
        ("a tag", |f| f.tags = list(&["new", "vip"]), "buyer 1"),
        ("a level", |f| f.level = "gold".into(), "buyer 1,2"),
        ("the level, then the intent", |f| (f.level, f.keywords) = ("gold".into(), list(&["退款"])), "buyer+intent 2"),
        ("the product step is skipped: 3 is gone", |f| (f.level, f.visit.category) = ("gold".into(), "tea".into()), "buyer 1,2"),
        ("a category", |f| f.visit.category = "tea".into(), "product 3"),
        ("two intents", |f| (f.visit.language, f.visit.entry) = ("en".into(), "cart".into()), "intent 3,4"),
        ("an order", |f| f.order = order(OrderStatus::Paid), "order 4"),
        ("another order", |f| f.order = order(OrderStatus::Unpaid), "skipped"),
    ];
    for (name, change, expected) in cases {
        let mut facts = Facts::default();
        change(&mut facts);
        assert_eq!(narrowed(&settings, &facts), expected, "{name}");
    }
    assert_eq!(narrowed(&Settings::default(), &Facts::default()), "skipped");
    assert_eq!(Compiled::default().scope(&Facts::default(), NOW), None);
}

#[test]
fn keywords_in_texts() {
    // SPEC: DIV-2
    let when =
        all(&[not(any(&[Condition::Keyword(list(&["Refund", "fund", "ΣΟΦΟΣ", ""]))])), Condition::Keyword(list(&["退款", "refund"]))]);
    let scopes = vec![Scope { keywords: list(&["退款", "退", "STRASSE", "İstanbul", "款"]), ..Scope::unbound(GroupNo(1)) }];
    let settings = Settings { rules: vec![rule("r", when, agents(&[1]))], scopes, ..Settings::default() };
    let compiled = Compiled::new(&settings);
    let cases: [(&str, &[&str]); 12] = [
        ("", &[]),
        ("hello 你好", &[]),
        ("I want a REFUND!", &["Refund", "fund", "refund"]),
        ("re fund", &["fund"]),
        ("reffund", &["fund"]),
        ("我要退款,马上退款", &["款", "退", "退款"]),
        ("退,款", &["款", "退"]),
        ("Lange Strasse 1", &["STRASSE"]),
        ("Lange Straße 1", &[]),
        ("ISTANBUL İSTANBUL", &["İstanbul"]),
        ("ὁ σοφός; σοφος", &["ΣΟΦΟΣ"]),
        ("ΣΟΦΟΣΑ", &["ΣΟΦΟΣ"]),
    ];
    for (text, expected) in cases {
        assert_eq!(compiled.keywords(text), expected, "{text}");
    }
    assert_eq!(Compiled::new(&Settings::default()).keywords("refund 退款"), [""; 0]);
}

#[test]
fn rules_hold() {
    // SPEC: DIV-2
    use Condition::{Category, Channel, Keyword, Language, Level, Order, Region};
    let cases = [
        ("always", Condition::always(), true),
        ("any of nothing", any(&[]), false),
        ("not always", not(Condition::always()), false),
        ("entry", entry(&["home", "cart"]), true),
        ("another entry", entry(&["home"]), false),
        ("case counts", entry(&["CART"]), false),
        ("the empty word is no entry", entry(&[""]), false),
        ("no category told", Category(list(&["", "tea"])), false),
        ("a value of none", entry(&[]), false),
        ("tag", tag(&["复购意向强"]), true),
        ("level", Level(list(&["gold"])), true),
        ("product", product(&["p-1"]), true),
        ("keyword", Keyword(list(&["退款"])), true),
        ("language", Language(list(&["zh"])), true),
        ("channel", Channel(list(&["app"])), true),
        ("another channel", Channel(list(&["web"])), false),
        ("region", Region(list(&["浙江", "上海"])), true),
        ("another region", Region(list(&["北京"])), false),
        ("order", Order(vec![OrderStatus::Paid]), true),
        ("another order", Order(vec![OrderStatus::NoActive]), false),
        ("the window of the week", week(0b1, 540, 721), true),
        ("the end is out", week(0b1, 540, 720), false),
        ("the beginning is in", week(0b1, 720, 721), true),
        ("another day", week(0b111_1110, 0, 1_440), false),
        ("all", all(&[entry(&["cart"]), product(&["p-1"]), tag(&["new"])]), true),
        ("all but one", all(&[entry(&["cart"]), product(&["p-2"])]), false),
        ("any", any(&[entry(&["home"]), product(&["p-1"])]), true),
        ("any, beside the week", any(&[entry(&["home"]), week(0b1, 0, 1_440)]), true),
        ("not", not(entry(&["home"])), true),
        ("not not", not(not(entry(&["home"]))), false),
        ("deep", all(&[any(&[all(&[entry(&["cart"]), not(tag(&["vip"]))]), entry(&["home"])]), week(127, 0, 1_440)]), true),
    ];
    let mut facts =
        Facts { tags: list(&["new", "复购意向强"]), level: "gold".into(), keywords: list(&["退款"]), ..Facts::default() };
    facts.order = order(OrderStatus::Paid);
    let visit = &mut facts.visit;
    (visit.entry, visit.product, visit.channel) = ("cart".into(), "p-1".into(), "app".into());
    (visit.region, visit.language) = ("上海".into(), "zh".into());
    let rules: Vec<Rule> = cases.iter().map(|(name, when, _)| rule(name, when.clone(), agents(&[1]))).collect();
    let settings = Settings { rules, ..Settings::default() };
    let compiled = Compiled::new(&settings);
    let holding: Vec<&str> = compiled.holding(&facts, NOW, MONDAY_NOON).map(|at| cases[at].0).collect();
    let expected: Vec<&str> = cases.iter().filter(|case| case.2).map(|case| case.0).collect();
    assert_eq!(holding, expected);
    assert_eq!(
        week_windows(&settings).map(|w| (w.days, w.to_min)).collect::<Vec<_>>(),
        [(1, 721), (1, 720), (1, 721), (126, 1_440), (1, 1_440), (127, 1_440)]
    );
}

/// A small generator of its own (xorshift), so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
    /// Few words, so that they meet; the empty one too.
    fn word(&mut self) -> String {
        ["", "a", "b", "c", "d"][self.below(5) as usize].into()
    }
    fn words(&mut self, most: u64) -> Vec<String> {
        (0..self.below(most + 1)).map(|_| self.word()).collect()
    }
    fn orders(&mut self) -> Vec<OrderStatus> {
        (0..self.below(4)).map(|_| OrderStatus::ALL[self.below(6) as usize]).collect()
    }
    fn conditions(&mut self, depth: u64) -> Vec<Condition> {
        (0..self.below(4)).map(|_| self.condition(depth - 1)).collect()
    }
    fn condition(&mut self, depth: u64) -> Condition {
        match self.below(if depth == 0 { 11 } else { 17 }) {
            0 => Condition::Tag(self.words(3)),
            1 => Condition::Level(self.words(3)),
            2 => Condition::Product(self.words(3)),
            3 => Condition::Category(self.words(3)),
            4 => Condition::Keyword(self.words(3)),
            5 => Condition::Entry(self.words(3)),
            6 => Condition::Language(self.words(3)),
            7 => Condition::Channel(self.words(3)),
            8 => Condition::Region(self.words(3)),
            9 => Condition::Order(self.orders()),
            10 => week(self.below(128) as u8, 0, 60 * self.below(25) as u16),
            11 | 12 => Condition::Not(Box::new(self.condition(depth - 1))),
            13 | 14 => Condition::Any(self.conditions(depth)),
            _ => Condition::All(self.conditions(depth)),
        }
    }
    fn scope(&mut self, group: u32) -> Scope {
        let mut scope = Scope::unbound(GroupNo(group));
        let lists = [&mut scope.tags, &mut scope.levels, &mut scope.products, &mut scope.categories];
        for list in lists.into_iter().chain([&mut scope.keywords, &mut scope.entries, &mut scope.languages]) {
            *list = if self.below(3) == 0 { self.words(2) } else { Vec::new() };
        }
        scope.orders = if self.below(2) == 0 { self.orders() } else { Vec::new() };
        scope
    }
    fn facts(&mut self) -> Facts {
        let mut facts = Facts { tags: self.words(3), level: self.word(), keywords: self.words(3), ..Facts::default() };
        let visit = &mut facts.visit;
        (visit.entry, visit.product, visit.category) = (self.word(), self.word(), self.word());
        (visit.channel, visit.region, visit.language) = (self.word(), self.word(), self.word());
        facts.order = order(OrderStatus::ALL[self.below(6) as usize]);
        facts
    }
    fn minute(&mut self) -> WeekMinute {
        WeekMinute { day: self.below(7) as u8, minute: self.below(1_440) as u16 }
    }
    fn target(&mut self) -> Target {
        if self.below(2) == 0 { groups(&[1 + self.below(3) as u32]) } else { agents(&[1 + self.below(4) as u32]) }
    }
    fn settings(&mut self) -> Settings {
        let rules = (0..self.below(100)).map(|n| rule(&n.to_string(), self.condition(3), self.target())).collect();
        let scopes = (0..self.below(100)).map(|group| self.scope(group as u32)).collect();
        Settings { rules, scopes, ..Settings::default() }
    }
}

/// DIV-2, word by word.
fn plain_scope(settings: &Settings, facts: &Facts) -> Option<(u8, Vec<GroupNo>)> {
    let one = |words: &[String], of: &String| !of.is_empty() && words.contains(of);
    let some = |words: &[String], of: &[String]| of.iter().any(|of| one(words, of));
    let (visit, status) = (&facts.visit, order_status(facts.order, NOW));
    let bound = |scope: &Scope, dimension| match dimension {
        0 => some(&scope.tags, &facts.tags) || one(&scope.levels, &facts.level),
        1 => one(&scope.products, &visit.product) || one(&scope.categories, &visit.category),
        2 => some(&scope.keywords, &facts.keywords) || one(&scope.entries, &visit.entry) || one(&scope.languages, &visit.language),
        _ => scope.orders.contains(&status),
    };
    let (mut by, mut left): (u8, Vec<&Scope>) = (0, settings.scopes.iter().collect());
    for dimension in 0..4 {
        let kept: Vec<&Scope> = left.iter().copied().filter(|scope| bound(scope, dimension)).collect();
        if !kept.is_empty() {
            (by, left) = (by | 1 << dimension, kept);
        }
    }
    (by != 0).then(|| (by, left.iter().map(|scope| scope.group).collect()))
}

#[test]
fn found_by_value_is_what_trying_everything_finds() {
    // SPEC: DIV-2
    let (mut held, mut scoped) = (0, 0);
    for seed in 1..=400 {
        let mut dice = Dice(seed * 0x9e37_79b9);
        let settings = dice.settings();
        let compiled = Compiled::new(&settings);
        for _ in 0..20 {
            let (facts, minute) = (dice.facts(), dice.minute());
            let found: Vec<usize> = compiled.holding(&facts, NOW, minute).collect();
            let tried: Vec<usize> = (0..settings.rules.len()).filter(|n| settings.rules[*n].when.holds(&facts, NOW, minute)).collect();
            assert_eq!(found, tried, "seed {seed}: {facts:?} {minute:?}");
            let scope = compiled.scope(&facts, NOW).map(|n| (n.by, n.groups.to_vec()));
            assert_eq!(scope, plain_scope(&settings, &facts), "seed {seed}: {facts:?} {:?}", settings.scopes);
            (held, scoped) = (held + found.len(), scoped + usize::from(scope.is_some()));
        }
    }
    assert!(held > 50_000 && scoped > 4_000, "{held} {scoped}");
}

#[test]
fn the_heaviest_rules_cost_bounded_work() {
    // SPEC: DIV-2
    let words = |of: usize, count: usize| (0..count).map(|n| if n < 50 { format!("t{n}") } else { format!("{of}-{n}") }).collect();
    let heavy = |of: usize| all(&[not(Condition::Tag(words(of, 386))), week(127, 0, 1_440)]);
    let mut rules: Vec<Rule> = (0..500).map(|of| rule(&of.to_string(), heavy(of), agents(&[1]))).collect();
    // One that holds, after all that do not.
    rules.push(rule("last", not(tag(&["u"])), agents(&[1])));
    let settings = Settings { rules, ..Settings::default() };
    let compiled = Compiled::new(&settings);
    let facts = Facts { tags: words(0, 50), ..Facts::default() };
    let began = std::time::Instant::now();
    for _ in 0..1_000 {
        assert_eq!(compiled.holding(&facts, NOW, MONDAY_NOON).collect::<Vec<_>>(), [500]);
    }
    println!("{:?} for each evaluation of the heaviest rules", began.elapsed() / 1_000);
    let strange = Facts { tags: (0..50).map(|n| format!("none{n}")).collect(), ..Facts::default() };
    let began = std::time::Instant::now();
    for _ in 0..1_000 {
        assert_eq!(compiled.holding(&strange, NOW, MONDAY_NOON).count(), 501);
    }
    println!("{:?} where all of them hold", began.elapsed() / 1_000);
}
