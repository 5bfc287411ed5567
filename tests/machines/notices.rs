//! Notices and drafts in the machines: numbers, repeats, priorities, read marks.

use crate::{HOUR, SCOPE, act, check};
use fenliu::domain::Machine;
use fenliu::domain::agent::{self, Agent};
use fenliu::domain::audience::audience;
use fenliu::domain::desk::{Desk, PriorityRule};
use fenliu::domain::event::{AgentSettings, Event, Role};
use fenliu::domain::facts::Priority;
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use fenliu::domain::notice::{ReadMarks, Stream, is_kind};
use fenliu::domain::shop::{Command, Shop};
use fenliu::limits::{DRAFTS_MAX, NOTICES_READ_APART_MAX};

fn shop() -> Shop {
    let mut shop = Shop::new(SCOPE);
    shop.apply(&Event::ShopCreated { shop: "tea".into(), name: "茶馆".into(), at: Millis(0) });
    shop
}

fn account() -> Agent {
    let mut agent = Agent::new(SCOPE, AgentNo(3));
    let settings = AgentSettings { weight: 1, capacity: 5, groups: vec![], enabled: true, welcome: String::new() };
    let (login, name, password) = ("li".into(), "李".into(), "argon2".into());
    act(&mut agent, agent::Command::Create { login, name, password, role: Role::Agent, serves: true, settings }, 0);
    agent
}

fn add(stream: Stream, kind: &str, id: &str) -> Command {
    Command::AddNotice { stream, kind: kind.into(), title: "a title".into(), text: String::new(), order: String::new(), id: id.into() }
}

fn added(decided: &str) -> (String, String) {
    let part = |from: &str, to: &str| decided.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap_or("-").to_owned();
    (part("Numbered { no: ", " }"), part("priority: ", ","))
}

#[test]
fn each_stream_counts_its_own_and_the_same_id_is_the_same_notice() {
    // SPEC: INB-1 INB-2
    let mut shop = shop();
    let mut say = |stream, kind, id, at| added(&act(&mut shop, add(stream, kind, id), at));
    let of = |no: &str, priority: &str| (no.to_owned(), priority.to_owned());
    assert_eq!(say(Stream::System, "dispute_warning", "a", 1), of("1", "Urgent"));
    assert_eq!(say(Stream::System, "policy_update", "b", 2), of("2", "Normal"));
    assert_eq!(say(Stream::Service, "growth_voice", "c0", 3), of("1", "Normal"), "each stream counts its own");
    assert_eq!(say(Stream::System, "dispute_warning", "a", 4), of("1", "-"), "and no event");
    assert_eq!(say(Stream::System, "dispute_warning", "a", 24 * HOUR + 1), of("1", "-"), "a day long");
    assert_eq!(say(Stream::System, "policy_update", "c", 24 * HOUR + 2), of("3", "Normal"));
    assert_eq!(say(Stream::System, "dispute_warning", "a", 24 * HOUR + 3), of("4", "Urgent"), "then it is another");
}

#[test]
fn an_id_is_one_notice_of_the_shop_and_says_one_thing() {
    // SPEC: INB-1 OPS-2
    let first = || vec![(1, add(Stream::System, "policy_update", "a"))];
    let taken = "refused: IdTaken { what: \"notice\" }";
    check(shop(), first(), (2, add(Stream::System, "policy_update", "a")), " |  | Numbered { no: 1 }");
    check(shop(), first(), (2, add(Stream::System, "dispute_warning", "a")), taken);
    check(shop(), first(), (2, add(Stream::Service, "policy_update", "a")), taken);
    let other = |title: &str, text: &str, order: &str| {
        let (kind, title, text, order, id) = ("policy_update".into(), title.into(), text.into(), order.into(), "a".into());
        Command::AddNotice { stream: Stream::System, kind, title, text, order, id }
    };
    check(shop(), first(), (2, other("a title", "", "")), " |  | Numbered { no: 1 }");
    for (title, text, order) in [("another", "", ""), ("a title", "x", ""), ("a title", "", "x"), ("a titl", "e", "")] {
        check(shop(), first(), (2, other(title, text, order)), taken);
    }
}

#[test]
fn the_shops_rules_come_before_what_holds_of_itself() {
    // SPEC: INB-2
    let mut shop = shop();
    let (keywords, orders, tags, priority) = (vec![], vec![], vec![], Priority::Low);
    let rule =
        PriorityRule { name: "quiet".into(), kinds: vec!["dispute_warning".into()], keywords, orders, tags, waited_min: None, priority };
    *shop.desk = Desk { priorities: vec![rule], ..Desk::default() };
    assert_eq!(added(&act(&mut shop, add(Stream::System, "dispute_warning", "a"), 2)).1, "Low");
}

#[test]
fn staff_sets_the_priority_of_a_notice_that_exists() {
    // SPEC: INB-2
    let set = |no, before, priority| Command::PrioritiseNotice { stream: Stream::System, no, before, priority, by: AgentNo(2) };
    let history = || vec![(1, add(Stream::System, "dispute_warning", "a"))];
    check(shop(), history(), (2, set(2, Priority::Normal, Priority::Low)), "refused: NotFound { what: \"notice\" }");
    check(shop(), history(), (2, set(0, Priority::Normal, Priority::Low)), "refused: NotFound { what: \"notice\" }");
    check(shop(), history(), (2, set(1, Priority::Urgent, Priority::Urgent)), " |  | Done");
    check(
        shop(),
        history(),
        (2, set(1, Priority::Urgent, Priority::Low)),
        "NoticePrioritised { stream: System, no: 1, before: Urgent, priority: Low, by: AgentNo(2), at: Millis(2) } |  | Done",
    );
}

#[test]
fn read_marks_close_up() {
    // SPEC: INB-10
    let mut marks = ReadMarks::default();
    let mut expected = std::collections::BTreeSet::new();
    for (to, some) in [(0, vec![3, 5]), (0, vec![1]), (0, vec![2]), (4, vec![]), (0, vec![9, 8]), (2, vec![6]), (8, vec![]), (0, vec![11])]
    {
        marks.read(to, &some);
        expected.extend(1..=to);
        expected.extend(some);
        assert!((1..20).all(|no| marks.has(no) == expected.contains(&no)), "{marks:?} {expected:?}");
        assert_eq!(marks.count(), expected.len() as u64);
        assert!(marks.some.iter().all(|no| *no > marks.to + 1), "{marks:?}");
    }
    assert_eq!((marks.to, Vec::from_iter(marks.some)), (9, vec![11]));
}

#[test]
fn only_what_was_unread_is_told_and_a_bounded_number_stands_apart() {
    // SPEC: INB-10
    let mut lin = account();
    let read = |to, some: &[u64]| agent::Command::ReadNotices { stream: Stream::Service, to, some: some.to_vec() };
    let told = "NoticesRead { agent: AgentNo(3), stream: Service, to: 0, some: [4, 7], at: Millis(1) } |  | Done";
    assert_eq!(act(&mut lin, read(0, &[7, 4, 7]), 1), told);
    assert_eq!(act(&mut lin, read(0, &[4]), 2), " |  | Done");
    let told = "NoticesRead { agent: AgentNo(3), stream: Service, to: 5, some: [], at: Millis(3) } |  | Done";
    assert_eq!(act(&mut lin, read(5, &[4]), 3), told);
    assert_eq!(act(&mut lin, read(3, &[]), 4), " |  | Done");
    assert_eq!(lin.notices[Stream::Service as usize].count(), 6);
    assert_eq!(lin.notices[Stream::System as usize].count(), 0);
    let many: Vec<u64> = (1..=NOTICES_READ_APART_MAX as u64).map(|n| 2 * n + 10).collect();
    assert!(act(&mut lin, read(0, &many), 5).starts_with("refused: LimitReached"), "7 stands apart, too");
    act(&mut lin, read(0, &many[1..]), 6);
    assert!(act(&mut lin, read(0, &[5_000]), 7).starts_with("refused: LimitReached"));
    act(&mut lin, read(5_000, &[]), 8);
    assert_eq!((lin.notices[1].to, lin.notices[1].some.len()), (5_000, 0));
}

#[test]
fn drafts_are_set_replaced_and_removed_up_to_a_number() {
    // SPEC: INB-11
    let mut lin = account();
    let set = |n: u32, text: &str| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        agent::Command::SetDraft { conversation: ConversationId(id), text: text.into() }
    };
    assert_eq!(act(&mut lin, set(0, ""), 1), " |  | Done", "nothing to remove");
    for n in 0..DRAFTS_MAX as u32 {
        assert!(act(&mut lin, set(n, "你好"), 2).starts_with("DraftSet"));
    }
    assert!(act(&mut lin, set(u32::MAX, "one too many"), 3).starts_with("refused: LimitReached { what: \"drafts\""));
    assert!(act(&mut lin, set(7, "another text"), 4).starts_with("DraftSet"));
    assert!(act(&mut lin, set(7, ""), 5).starts_with("DraftSet"));
    assert!(act(&mut lin, set(u32::MAX, "now there is room"), 6).starts_with("DraftSet"));
}

#[test]
fn who_is_told() {
    // SPEC: INB-10 INB-11
    let (li, at) = (AgentNo(3), Millis(1));
    let draft = Event::DraftSet { agent: li, conversation: ConversationId([1; 16]), text: "…".into(), at };
    let read = Event::NoticesRead { agent: li, stream: Stream::System, to: 1, some: vec![], at };
    for own in [draft, read] {
        let told = audience(&own);
        assert!(told.holds(li, false) && told.holds(li, true), "{own:?}");
        assert!(!told.holds(AgentNo(4), false) && !told.holds(AgentNo(1), true), "not even who sees everything: {own:?}");
        assert_eq!(told.buyer, None);
    }
    let (before, priority, by) = (Priority::Low, Priority::High, li);
    let told = audience(&Event::NoticePrioritised { stream: Stream::System, no: 1, before, priority, by, at });
    assert!(told.holds(AgentNo(4), false) && told.holds(AgentNo(1), true) && told.buyer.is_none());
}

#[test]
fn kinds_are_words() {
    // SPEC: INB-1
    for kind in ["logistics_exception", "a", "growth_voice_2", &"x".repeat(64)] {
        assert!(is_kind(kind), "{kind}");
    }
    for kind in ["", "Policy", "a-b", "成长之声", "a b", &"x".repeat(65)] {
        assert!(!is_kind(kind), "{kind}");
    }
}
