//! Which drafts of the settings are refused, and with which words (DIV-11).

use super::*;
use fenliu::domain::diversion::check::{Fault, Known, check};
use fenliu::domain::diversion::{Group, Preference};
use fenliu::domain::offline::{DayWindow, Targets, Way};
use std::collections::BTreeMap;

/// Groups 1 (agents 1, 2), 2 (agents 2, 3), 3 (agent 1) and 4 (nobody); agents 1 to 4.
fn faults(settings: &Settings) -> Vec<Fault> {
    let groups: Vec<Group> =
        ["sales", "after-sale", "vip", "night"].map(|name| Group { name: name.into(), capacity: None, welcome: String::new() }).into();
    let of = |groups: &[u32]| groups.iter().map(|group| GroupNo(*group)).collect();
    let members = BTreeMap::from([(AgentNo(1), of(&[1, 3])), (AgentNo(2), of(&[1, 2])), (AgentNo(3), of(&[2])), (AgentNo(4), of(&[]))]);
    check(settings, &Known { groups: &groups, members: &members })
}

fn fields(settings: &Settings) -> Vec<String> {
    faults(settings).into_iter().map(|fault| fault.field).collect()
}

fn with_rules(rules: &[(Condition, Target)]) -> Settings {
    let rules = rules.iter().enumerate().map(|(n, (when, target))| rule(&format!("r{}", n + 1), when.clone(), target.clone())).collect();
    Settings { rules, ..Settings::default() }
}

#[test]
fn faults_of_rules() {
    // SPEC: DIV-11
    use Condition::{Keyword, Language, Order, Week};
    let long = "x".repeat(65);
    let many: Vec<String> = (0..1_001).map(|n| n.to_string()).collect();
    let deep = |depth: usize| (1..depth).fold(entry(&["a"]), |inner, _| not(inner));
    let cases: [(Condition, Target, &[&str]); 27] = [
        (entry(&["a"]), groups(&[1, 9]), &["rules[0].target.groups[1]"]),
        (entry(&["a"]), groups(&[0]), &["rules[0].target.groups[0]"]),
        (entry(&["a"]), groups(&[1, 4]), &["rules[0].target.groups[1]"]),
        (entry(&["a"]), groups(&[]), &["rules[0].target"]),
        (entry(&["a"]), groups(&[1, 1]), &["rules[0].target.groups[1]"]),
        (entry(&["a"]), agents(&[]), &["rules[0].target"]),
        (entry(&["a"]), agents(&[4, 5]), &["rules[0].target.agents[1]"]),
        (entry(&["a"]), agents(&[4, 4]), &["rules[0].target.agents[1]"]),
        (entry(&[]), agents(&[1]), &["rules[0].when.entry"]),
        (Order(vec![]), agents(&[1]), &["rules[0].when.order"]),
        (Week(vec![]), agents(&[1]), &["rules[0].when.week"]),
        (Language(many), agents(&[1]), &["rules[0].when.language"]),
        (Keyword(list(&["好", ""])), agents(&[1]), &["rules[0].when.keyword[1]"]),
        (Keyword(list(&[" "])), agents(&[1]), &["rules[0].when.keyword[0]"]),
        (tag(&["a", &long]), agents(&[1]), &["rules[0].when.tag[1]"]),
        (any(&[]), agents(&[1]), &["rules[0].when.any"]),
        (all(&[not(any(&[product(&[])]))]), agents(&[1]), &["rules[0].when.all[0].not.any[0].product"]),
        (deep(8), agents(&[1]), &[]),
        (deep(9), agents(&[1]), &["rules[0].when.not.not.not.not.not.not.not.not"]),
        (deep(100), agents(&[1]), &["rules[0].when.not.not.not.not.not.not.not.not"]),
        (week(0, 0, 1), agents(&[1]), &["rules[0].when.week[0].days"]),
        (week(128, 0, 1), agents(&[1]), &["rules[0].when.week[0].days"]),
        (week(127, 0, 1_441), agents(&[1]), &["rules[0].when.week[0].to_min"]),
        (week(127, 60, 59), agents(&[1]), &["rules[0].when.week[0].to_min"]),
        (week(127, 60, 60), agents(&[1]), &["rules[0].when.week[0].to_min"]),
        (week(127, 0, 1_440), agents(&[1]), &[]),
        (Condition::always(), agents(&[1]), &[]),
    ];
    for (when, target, expected) in cases {
        assert_eq!(fields(&with_rules(&[(when.clone(), target.clone())])), expected, "{when:?} {target:?}");
    }
    for (name, expected) in [("", 1), (" ", 1), (&*long, 1), ("a\u{7}", 1), ("x", 1), ("茶", 0)] {
        let rules = vec![rule("x", entry(&["a"]), agents(&[1])), rule(name, entry(&["b"]), agents(&[1]))];
        let found = fields(&Settings { rules, ..Settings::default() });
        assert_eq!(found, vec!["rules[1].name"; expected], "{name:?}");
    }
    let number = |from: usize, to: usize| (from..to).map(|n| n.to_string()).collect::<Vec<_>>();
    let many: Vec<_> = (0..501).map(|n| (Condition::Entry(number(n, n + 1)), agents(&[1]))).collect();
    assert_eq!(fields(&with_rules(&many)), ["rules"]);
    assert_eq!(fields(&with_rules(&many[1..])), [""; 0]);
    let words = |to| all(&(0..to).step_by(1_000).map(|n| Keyword(number(n, to.min(n + 1_000)))).collect::<Vec<_>>());
    assert_eq!(fields(&with_rules(&[(words(10_000), agents(&[1])), (words(10_000), agents(&[2]))])), [""; 0]);
    assert_eq!(fields(&with_rules(&[(words(10_001), agents(&[1]))])), ["rules"]);
}

#[test]
fn rules_that_never_hold() {
    // SPEC: DIV-11
    use Condition::{Channel, Keyword, Order};
    let cases = [
        (true, all(&[product(&["a"]), product(&["b"])])),
        (true, all(&[product(&["a"]), all(&[tag(&["t"]), product(&["b", "c"])])])),
        (true, all(&[product(&["a", "b"]), product(&["b", "c"]), product(&["c", "a"])])),
        (false, all(&[product(&["a", "b"]), product(&["b", "c"])])),
        (false, all(&[product(&["a"]), entry(&["b"])])),
        (false, all(&[tag(&["a"]), tag(&["b"])])),
        (false, all(&[Keyword(list(&["a"])), Keyword(list(&["b"]))])),
        (false, any(&[product(&["a"]), product(&["b"])])),
        (true, all(&[Channel(list(&["app"])), Channel(list(&["web"]))])),
        (true, all(&[Order(vec![OrderStatus::Paid]), Order(vec![OrderStatus::Unpaid, OrderStatus::NoActive])])),
        (true, all(&[entry(&["a"]), not(entry(&["a"]))])),
        (true, all(&[entry(&["b", "a"]), not(entry(&["a", "b", "c"]))])),
        (true, all(&[tag(&["a"]), not(tag(&["a"]))])),
        (false, all(&[tag(&["a", "b"]), not(tag(&["a"]))])),
        (true, all(&[entry(&["a"]), tag(&["t"]), not(all(&[entry(&["a"]), tag(&["t"])]))])),
        (false, all(&[entry(&["a"]), not(all(&[entry(&["a"]), tag(&["t"])]))])),
        (true, not(Condition::always())),
        (true, any(&[all(&[entry(&["a"]), entry(&["b"])]), not(Condition::always())])),
        (false, any(&[all(&[entry(&["a"]), entry(&["b"])]), entry(&["c"])])),
        (true, all(&[any(&[all(&[entry(&["a"]), entry(&["b"])])]), tag(&["t"])])),
    ];
    for (never, when) in cases {
        let expected: &[&str] = if never { &["rules[0].when"] } else { &[] };
        assert_eq!(fields(&with_rules(&[(when.clone(), agents(&[1]))])), expected, "{when:?}");
    }
}

#[test]
fn rules_never_reached() {
    // SPEC: DIV-11
    let (a, b, c) = (entry(&["a"]), entry(&["b"]), tag(&["c"]));
    let everybody = Condition::always();
    let cases: [(bool, &[(Condition, Target)]); 19] = [
        (true, &[(everybody.clone(), groups(&[1])), (a.clone(), groups(&[1]))]),
        (true, &[(everybody.clone(), groups(&[1])), (a.clone(), agents(&[2, 1]))]),
        (true, &[(everybody.clone(), groups(&[1])), (everybody.clone(), groups(&[3]))]),
        // The same buyers, other people.
        (false, &[(everybody.clone(), groups(&[1])), (a.clone(), groups(&[2]))]),
        (false, &[(everybody.clone(), agents(&[1])), (a.clone(), groups(&[1]))]),
        // Two together name them all.
        (true, &[(everybody.clone(), agents(&[1])), (a.clone(), agents(&[2])), (a.clone(), groups(&[1]))]),
        (false, &[(everybody.clone(), agents(&[1])), (b.clone(), agents(&[2])), (a.clone(), groups(&[1]))]),
        // The same people, other buyers.
        (false, &[(a.clone(), groups(&[1])), (everybody.clone(), groups(&[1]))]),
        (false, &[(a.clone(), groups(&[1])), (b.clone(), groups(&[1]))]),
        (true, &[(a.clone(), groups(&[1])), (a.clone(), groups(&[1]))]),
        (true, &[(entry(&["b", "a"]), groups(&[1])), (entry(&["a", "b", "a"]), groups(&[1]))]),
        (true, &[(entry(&["b", "a"]), groups(&[1])), (all(&[c.clone(), a.clone()]), groups(&[1]))]),
        (false, &[(a.clone(), groups(&[1])), (all(&[c.clone(), entry(&["b", "a"])]), groups(&[1]))]),
        (false, &[(all(&[a.clone(), c.clone()]), groups(&[1])), (a.clone(), groups(&[1]))]),
        (true, &[(all(&[a.clone(), c.clone()]), groups(&[1])), (all(&[c.clone(), all(&[entry(&["a"])])]), groups(&[1]))]),
        (true, &[(any(&[a.clone(), c.clone()]), groups(&[1])), (c.clone(), groups(&[1]))]),
        (true, &[(any(&[a.clone(), c.clone()]), groups(&[1])), (any(&[c.clone(), a.clone()]), groups(&[1]))]),
        (true, &[(not(a.clone()), groups(&[1])), (not(entry(&["a", "b"])), groups(&[1]))]),
        (false, &[(not(entry(&["a", "b"])), groups(&[1])), (not(a.clone()), groups(&[1]))]),
    ];
    for (hidden, rules) in cases {
        let last = format!("rules[{}]", rules.len() - 1);
        let expected: &[&str] = if hidden { &[&last] } else { &[] };
        assert_eq!(fields(&with_rules(rules)), expected, "{rules:?}");
    }
}

#[test]
fn rules_called_unreachable_are_never_first() {
    // SPEC: DIV-11
    let serves = |target: &Target, agent: u32| match target {
        Target::Agents(agents) => agents.contains(&AgentNo(agent)),
        Target::Groups(groups) => groups.iter().any(|group| [&[1, 2][..], &[2, 3], &[1]][group.0 as usize - 1].contains(&agent)),
    };
    let (mut unreached, mut never) = (0, 0);
    for seed in 1..=800 {
        let mut dice = Dice(seed * 0x9e37_79b9);
        let mut settings = dice.settings();
        // Few enough for every fault to be listed.
        settings.rules.truncate(40);
        let faults = faults(&settings);
        let named = |problem: &str| -> Vec<usize> {
            let of = faults.iter().filter(|fault| fault.problem.contains(problem));
            of.map(|fault| fault.field["rules[".len()..].split(']').next().unwrap().parse().unwrap()).collect()
        };
        let (hidden, contradictory) = (named("never reached"), named("contradicts itself"));
        (unreached, never) = (unreached + hidden.len(), never + contradictory.len());
        for _ in 0..200 {
            let (facts, minute) = (dice.facts(), dice.minute());
            let holds = |at: &usize| settings.rules[*at].when.holds(&facts, NOW, minute);
            assert!(!contradictory.iter().any(holds), "seed {seed}: {facts:?} {minute:?}");
            for at in hidden.iter().filter(|at| holds(at)) {
                for agent in (1..=4).filter(|agent| serves(&settings.rules[*at].target, *agent)) {
                    let before = (0..*at).filter(holds).any(|earlier| serves(&settings.rules[earlier].target, agent));
                    assert!(before, "seed {seed}: rule {at}, agent {agent}: {facts:?} {minute:?}");
                }
            }
        }
    }
    assert!(unreached > 1_000 && never > 100, "{unreached} {never}");
}

#[test]
fn faults_of_the_settings() {
    // SPEC: DIV-11
    type Change = fn(&mut Settings);
    let cases: [(Change, &[&str]); 30] = [
        (|_| {}, &[]),
        (|s| s.zone = "Asia/Peking".into(), &["zone"]),
        (|s| s.preferences.push(Preference::Dedicated), &["preferences[2]"]),
        (|s| s.preferences.clear(), &[]),
        (|s| s.recent.online_ms = s.recent.any_ms - 1, &["recent.online_ms"]),
        (|s| s.recent.online_ms = s.recent.any_ms, &[]),
        (|s| s.recent.online_ms = 365 * 86_400_000 + 1, &["recent.online_ms"]),
        (|s| s.recent.any_ms = u64::MAX, &["recent.any_ms", "recent.online_ms"]),
        (|s| s.offline_grace_ms = u64::MAX, &["offline_grace_ms"]),
        (|s| s.busy_above = u32::MAX, &[]),
        (|s| s.fallback_group = Some(GroupNo(5)), &["fallback_group"]),
        (|s| s.fallback_group = Some(GroupNo(4)), &["fallback_group"]),
        (|s| s.fallback_group = Some(GroupNo(3)), &[]),
        (|s| s.queue.length_max = 0, &[]),
        (|s| s.queue.length_max = 100_001, &["queue.length_max"]),
        (|s| s.queue.wait_ms_max = Some(0), &["queue.wait_ms_max"]),
        (|s| s.queue.wait_ms_max = Some(7 * 86_400_000 + 1), &["queue.wait_ms_max"]),
        (|s| s.queue.wait_ms_max = None, &[]),
        (|s| s.no_answer.after_ms = Some(9_999), &["no_answer.after_ms"]),
        (|s| s.no_answer.after_ms = Some(86_400_001), &["no_answer.after_ms"]),
        (|s| s.no_answer.after_ms = Some(10_000), &[]),
        (|s| s.no_answer.moves_max = 0, &["no_answer.moves_max"]),
        (|s| s.no_answer.moves_max = 11, &["no_answer.moves_max"]),
        (|s| s.no_answer.suspend_after = Some(0), &["no_answer.suspend_after"]),
        (|s| s.scopes = vec![Scope::unbound(GroupNo(1))], &["scopes[0]"]),
        (|s| s.scopes = vec![scope_of(1), scope_of(2), scope_of(1)], &["scopes[2].group"]),
        (|s| s.scopes = vec![scope_of(9), scope_of(4)], &["scopes[0].group", "scopes[1].group"]),
        (|s| s.scopes = vec![Scope { categories: list(&["", "a"]), ..scope_of(1) }], &["scopes[0].categories[0]"]),
        (|s| s.scopes = vec![Scope { entries: vec!["x".repeat(65)], ..scope_of(1) }], &["scopes[0].entries[0]"]),
        (|s| s.scopes = vec![Scope { orders: vec![OrderStatus::Paid; 1_001], ..scope_of(1) }], &["scopes[0].orders"]),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut settings = Settings::default();
        change(&mut settings);
        assert_eq!(fields(&settings), expected, "case {number}");
    }
}

fn scope_of(group: u32) -> Scope {
    Scope { products: list(&["tea"]), ..Scope::unbound(GroupNo(group)) }
}

#[test]
fn faults_of_offline_handling() {
    // SPEC: OFF-1, OFF-3, OFF-4
    type Change = fn(&mut Settings);
    fn window(settings: &mut Settings, slot_min: u16, from_min: u16, to_min: u16) {
        settings.offline.automatic.slot_min = slot_min;
        settings.offline.automatic.windows = vec![DayWindow { from_min, to_min }];
    }
    fn targets(settings: &mut Settings, targets: Targets) {
        settings.offline.automatic.targets = targets;
    }
    let cases: [(Change, &[&str]); 36] = [
        (|s| s.offline.way = Way::Deputy(AgentNo(4)), &[]),
        (|s| s.offline.way = Way::Deputy(AgentNo(5)), &["offline.way"]),
        (|s| s.offline.text = "茶".repeat(500), &[]),
        (|s| s.offline.text = "茶".repeat(501), &["offline.text"]),
        (|s| s.offline.text = "a\nb".into(), &[]),
        (|s| s.offline.text = "a\tb".into(), &["offline.text"]),
        (|s| s.offline.text = String::new(), &[]),
        (|s| s.welcome.text = "茶".repeat(200), &[]),
        (|s| s.welcome.text = "茶".repeat(201), &["welcome.text"]),
        (|s| s.welcome.text = "a\tb".into(), &["welcome.text"]),
        (|s| s.offline.automatic.windows.clear(), &["offline.automatic.windows"]),
        (|s| (s.offline.automatic.windows, s.offline.automatic.on) = (vec![], false), &[]),
        (|s| window(s, 0, 0, 60), &["offline.automatic.slot_min"]),
        (|s| window(s, 3, 0, 60), &["offline.automatic.slot_min"]),
        (|s| window(s, 7, 0, 60), &["offline.automatic.slot_min"]),
        (|s| window(s, 120, 0, 60), &["offline.automatic.slot_min"]),
        (|s| window(s, 5, 0, 60), &[]),
        (|s| window(s, 60, 0, 0), &[]),
        (|s| window(s, 30, 540, 540), &[]),
        (|s| window(s, 30, 541, 569), &["offline.automatic.windows[0]"]),
        (|s| window(s, 30, 541, 541), &["offline.automatic.windows[0]"]),
        (|s| window(s, 30, 1_439, 1_440), &[]),
        (|s| window(s, 30, 541, 540), &["offline.automatic.windows[0].to_min"]),
        (|s| window(s, 30, 1_440, 1_440), &["offline.automatic.windows[0].from_min"]),
        (|s| window(s, 30, 0, 1_441), &["offline.automatic.windows[0].to_min"]),
        (|s| window(s, 60, u16::MAX, u16::MAX), &["offline.automatic.windows[0].from_min", "offline.automatic.windows[0].to_min"]),
        (|s| targets(s, Targets::Groups(vec![])), &["offline.automatic.targets"]),
        (|s| targets(s, Targets::Groups(vec![GroupNo(1), GroupNo(4)])), &["offline.automatic.targets.groups[1]"]),
        (|s| targets(s, Targets::Groups(vec![GroupNo(1), GroupNo(1)])), &["offline.automatic.targets.groups[1]"]),
        (|s| targets(s, Targets::Agents(vec![AgentNo(9)])), &["offline.automatic.targets.agents[0]"]),
        (|s| targets(s, Targets::Agents(vec![AgentNo(1)])), &[]),
        (|s| s.offline.automatic.online_min = 0, &["offline.automatic.online_min"]),
        (|s| s.offline.automatic.per_head = Some(0), &["offline.automatic.per_head"]),
        (|s| s.offline.automatic.unanswered_average_max = Some(0), &[]),
        (|s| s.offline.automatic.heads_in_scope = true, &[]),
        (
            |s| (s.offline.automatic.heads_in_scope, s.offline.automatic.targets) = (true, Targets::Agents(vec![AgentNo(1)])),
            &["offline.automatic.heads_in_scope"],
        ),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut settings = Settings::default();
        change(&mut settings);
        assert_eq!(fields(&settings), expected, "case {number}");
    }
}

#[test]
fn every_fault_is_listed() {
    // SPEC: DIV-11
    let mut settings = with_rules(&[(entry(&["a"]), groups(&[1])), (entry(&["a"]), groups(&[9])), (entry(&["a"]), groups(&[3]))]);
    settings.rules[1].name = "vip".into();
    settings.zone = "Mars".into();
    settings.scopes = vec![Scope { orders: vec![OrderStatus::Paid], ..Scope::unbound(GroupNo(4)) }];
    settings.offline.automatic.slot_min = 45;
    let lines: Vec<String> = faults(&settings).into_iter().map(|fault| format!("{}: {}", fault.field, fault.problem)).collect();
    assert_eq!(
        lines,
        [
            "zone: there is no time zone of this name",
            "scopes[0].group: scope 1 (group 4): nobody is in group 4 (`night`)",
            "rules[1].target.groups[0]: rule 2 (`vip`): there is no group 9",
            "rules[2]: rule 3 (`r3`): never reached: rule 1 (`r1`) held before it, for the same people",
            "offline.automatic.slot_min: 5, 6, 10, 12, 15, 20, 30 or 60",
        ]
    );
    assert_eq!(faults(&Settings::default()), []);
}

#[test]
fn large_drafts_are_refused() {
    // SPEC: DIV-11
    let wide = |parts: usize| any(&(1..parts).map(|n| entry(&[&n.to_string()])).collect::<Vec<_>>());
    assert_eq!(fields(&with_rules(&[(wide(200), agents(&[1]))])), [""; 0]);
    assert_eq!(fields(&with_rules(&[(wide(201), agents(&[1]))])), ["rules[0].when"]);
    let words = |of: usize, count: usize| (0..count).map(|n| format!("{of}-{n}")).collect::<Vec<_>>();
    let many = |rules: usize| (0..rules).map(|of| (Condition::Tag(words(of, 999)), agents(&[1]))).collect::<Vec<_>>();
    let mut settings = with_rules(&many(50));
    assert_eq!(fields(&settings), [""; 0]);
    settings.scopes = vec![scope_of(1)];
    assert_eq!(fields(&settings), ["rules"]);
    // A list that is too long is not looked into.
    assert_eq!(fields(&with_rules(&[(Condition::Tag(vec![String::new(); 1_001]), agents(&[1]))])), ["rules[0].when.tag"]);
    assert_eq!(fields(&with_rules(&[(entry(&["a"]), agents(&[9; 1_001]))])), ["rules[0].target"]);
    let faulty = faults(&with_rules(&(0..40).map(|_| (Condition::Tag(vec![String::new(); 1_000]), agents(&[9]))).collect::<Vec<_>>()));
    assert_eq!((faulty.len(), &*faulty[98].field), (100, "rules[0].when.tag[98]"));
    assert_eq!((&*faulty[99].field, &*faulty[99].problem), ("", "and more; mend these first"));
}

#[test]
fn what_takes_too_long_to_prove_is_no_fault() {
    // SPEC: DIV-11
    fn nest(outer: fn(&[Condition]) -> Condition, depth: usize, leaf: &mut dyn FnMut() -> Condition) -> Condition {
        let mut parts: Vec<Condition> = (0..10).map(|_| leaf()).collect();
        if depth > 1 {
            let other = if outer(&[]) == any(&[]) { all } else { any };
            parts.push(nest(other, depth - 1, leaf));
        }
        outer(&parts)
    }
    let mut count = 0;
    let mut leaf = || {
        count += 1;
        tag(&[&format!("t{count}")])
    };
    let rules: Vec<_> = (0..500).map(|n| (nest(if n % 2 == 0 { any } else { all }, 7, &mut leaf), groups(&[1]))).collect();
    // 76 conditions and 70 values each.
    assert_eq!(fields(&with_rules(&rules[..300])), [""; 0]);
    assert_eq!(fields(&with_rules(&rules)), ["rules"]);
}

#[test]
fn invisible_characters_are_faults() {
    // SPEC: DIV-11
    for c in "\u{7}\u{200b}\u{200f}\u{202a}\u{202e}\u{2060}\u{2066}\u{feff}".chars() {
        for word in [format!("{c}"), format!("v{c}ip"), format!(" {c}")] {
            let mut settings = with_rules(&[(entry(&[&word]), agents(&[1]))]);
            settings.rules[0].name = word;
            let of: Vec<_> = faults(&settings).into_iter().map(|fault| (fault.field, fault.problem.contains("invisible"))).collect();
            assert_eq!(of, [("rules[0].name".into(), true), ("rules[0].when.entry[0]".into(), true)], "{c:?}");
        }
    }
    assert_eq!(fields(&with_rules(&[(entry(&["复购 意向强 é ❤\u{fe0f}"]), agents(&[1]))])), [""; 0]);
}
