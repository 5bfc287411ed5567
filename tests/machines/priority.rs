//! Which priority the rules of the shop give (INB-2).

use fenliu::domain::desk::PriorityRule;
use fenliu::domain::facts::OrderStatus::{AfterSale, NoActive, Shipped};
use fenliu::domain::facts::Priority::{self, High, Low, Normal, Urgent};
use fenliu::domain::priority::{Seen, of_conversation, of_notice};

const NOBODY: Seen<'static> = Seen { text: None, present: None, order: NoActive, tags: &[], waited_ms: None };

fn rule(priority: Priority) -> PriorityRule {
    let none = Vec::new;
    PriorityRule { name: "a rule".into(), kinds: none(), keywords: none(), orders: Vec::new(), tags: none(), waited_min: None, priority }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn keyword(keyword: &str, priority: Priority) -> PriorityRule {
    PriorityRule { keywords: words(&[keyword]), ..rule(priority) }
}

#[test]
fn the_first_rule_that_holds_decides() {
    // SPEC: INB-2
    let rules = [
        PriorityRule { tags: words(&["vip", "复购意向强"]), ..rule(High) },
        PriorityRule { orders: vec![AfterSale], waited_min: Some(10), ..rule(Urgent) },
        PriorityRule { orders: vec![AfterSale, Shipped], ..rule(Low) },
    ];
    let tags = words(&["new", "复购意向强"]);
    let cases = [
        (NOBODY, None),
        (Seen { tags: &tags, ..NOBODY }, Some((0, High))),
        (Seen { tags: &tags, order: AfterSale, waited_ms: Some(600_000), ..NOBODY }, Some((0, High))),
        (Seen { order: AfterSale, waited_ms: Some(600_000), ..NOBODY }, Some((1, Urgent))),
        // All that a rule says must hold.
        (Seen { order: AfterSale, waited_ms: Some(599_999), ..NOBODY }, Some((2, Low))),
        (Seen { order: AfterSale, ..NOBODY }, Some((2, Low))),
        (Seen { waited_ms: Some(600_000), ..NOBODY }, None),
    ];
    for (seen, expected) in cases {
        assert_eq!(of_conversation(&rules, &seen), expected, "{seen:?}");
    }
    assert_eq!(of_conversation(&[], &NOBODY), None);
    // A rule that says nothing is about everything: the last one of a list.
    assert_eq!(of_conversation(&[keyword("refund", High), rule(Low)], &NOBODY), Some((1, Low)));
}

#[test]
fn keywords_ask_what_was_written_last() {
    // SPEC: INB-2
    let rules = [keyword("Refund", High), keyword("ÉCLAIR", Low), keyword("投诉", Urgent)];
    let of = |text, present| of_conversation(&rules, &Seen { text, present, ..NOBODY });
    assert_eq!(of(Some("i want a REFUND now"), None), Some((0, High)));
    assert_eq!(of(Some("un éclair"), None), Some((1, Low)));
    assert_eq!(of(Some("我要投诉你们"), None), Some((2, Urgent)));
    assert_eq!(of(Some("thanks"), Some((2, Urgent))), None, "what was written last decides");
    // Without the text, what held goes on holding, and nothing new does.
    assert_eq!(of(None, Some((2, Urgent))), Some((2, Urgent)));
    assert_eq!(of(None, None), None);
    assert_eq!(of(None, Some((2, Low))), None, "the rules changed: it is another rule");
    // What else the rule says must still hold.
    let rules = [PriorityRule { orders: vec![Shipped], ..keyword("late", Urgent) }];
    let present = Some((0, Urgent));
    assert_eq!(of_conversation(&rules, &Seen { present, order: Shipped, ..NOBODY }), present);
    assert_eq!(of_conversation(&rules, &Seen { present, ..NOBODY }), None);
}

#[test]
fn a_rule_with_kinds_is_about_notices_only() {
    // SPEC: INB-2
    let rules = [PriorityRule { kinds: words(&["policy_update"]), ..rule(Low) }, keyword("stop", High)];
    assert_eq!(of_conversation(&rules, &Seen { text: Some("stop"), ..NOBODY }), Some((1, High)));
    assert_eq!(of_notice(&rules, "policy_update", "stop", ""), Low);
    assert_eq!(of_notice(&rules, "training_reminder", "Stop", ""), High);
    assert_eq!(of_notice(&rules, "training_reminder", "", "do not STOP"), High);
    assert_eq!(of_notice(&rules, "training_reminder", "", ""), Normal);
}

#[test]
fn some_kinds_are_urgent_of_themselves_unless_the_shop_says_otherwise() {
    // SPEC: INB-2
    let of = |rules: &[PriorityRule], kind| of_notice(rules, kind, "title", "text");
    assert_eq!(of(&[], "logistics_exception"), Urgent);
    assert_eq!(of(&[], "dispute_warning"), Urgent);
    assert_eq!(of(&[], "infringement_takedown"), High);
    assert_eq!(of(&[], "growth_voice"), Normal);
    let buyers = [
        PriorityRule { tags: words(&["vip"]), ..rule(Low) },
        PriorityRule { orders: vec![NoActive], ..rule(Low) },
        PriorityRule { waited_min: Some(0), ..rule(Low) },
    ];
    assert_eq!(of(&buyers, "dispute_warning"), Urgent, "a notice has no buyer");
    let kinds = PriorityRule { kinds: words(&["dispute_warning"]), ..rule(Low) };
    assert_eq!(of(&[kinds], "dispute_warning"), Low);
}
