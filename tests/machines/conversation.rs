//! The conversation: order, retries, read marks, rounds, ownership, receptions.

use crate::floor::{to, to_group};
use crate::{HOUR, SCOPE, act, check};
use fenliu::domain::Machine;
use fenliu::domain::conversation::{Command, Conversation, Handover, Say, conversation_id};
use fenliu::domain::event::{Actor, Event, Handing, RetryKey};
use fenliu::domain::facts::{OrderState, Priority, Profile, Visit};
use fenliu::domain::guard::Guard;
use fenliu::domain::guard::record::Origin;
use fenliu::domain::id::{AgentNo, GroupNo, Millis, ShopScope};

pub fn new() -> Conversation {
    Conversation::new(SCOPE, conversation_id(SCOPE, "b-1"))
}

fn body(client_id: u64, body: u32) -> RetryKey {
    RetryKey { client_id, body }
}

pub fn send(client_id: u64) -> Command {
    say(client_id, "在吗", 1)
}

pub fn say(client_id: u64, text: &str, of: u32) -> Command {
    let (visit, retry) = (Visit::default(), body(client_id, of));
    Command::Send {
        buyer: "b-1".into(),
        name: "买家".into(),
        visit,
        asks: false,
        text: text.into(),
        retry,
        extra: None,
        desk: Default::default(),
    }
}

pub fn answer(agent: u32, client_id: u64) -> Command {
    Command::Answer {
        agent: AgentNo(agent),
        text: "在的".into(),
        retry: body(client_id, 1),
        extra: None,
        guard: Guard::usual(),
        origin: Origin::default(),
    }
}

/// What is unread: the first of each run, and how many.
pub fn runs(talk: &Conversation) -> Vec<(u64, u32)> {
    talk.unread_runs.iter().map(|run| (run.first, run.count)).collect()
}

pub fn own(reception: u32, agent: u32) -> Command {
    hand(reception, agent, Handing::ByRule, None)
}

fn handover(how: Handing, say: Option<Say>) -> Handover {
    Handover { how, say, keywords: vec![], over_capacity: None, decision: 1, welcome: vec![], guard: Guard::usual() }
}

fn hand(reception: u32, agent: u32, how: Handing, say: Option<Say>) -> Command {
    Command::Own { reception, agent: AgentNo(agent), group: None, handover: handover(how, say) }
}

/// A person passes it to `agent`.
fn pass(agent: u32) -> Command {
    Command::Own { reception: 1, agent: AgentNo(agent), group: None, handover: passed() }
}

fn passed() -> Handover {
    Handover { over_capacity: Some(true), ..handover(Handing::ByPerson, Some(Say::Transferred("售后".into()))) }
}

fn queue(reception: u32, group: Option<u32>, handover: Handover) -> Command {
    Command::Queue { reception, group: group.map(GroupNo), arrived: Millis(10), priority: Priority::Normal, ahead: 2, handover }
}

fn pool(reception: u32) -> Command {
    Command::Pool { reception, last: Millis(10), handover: handover(Handing::OfflineWay, Some(Say::OffHours("下班了".into()))) }
}

fn read(by: u32, seq: u64) -> Command {
    Command::Read { by: AgentNo(by), oversees: false, seq, desk: Default::default() }
}

pub fn close(by: u32) -> Command {
    Command::Close { by: AgentNo(by), oversees: false }
}

/// The buyer wrote at 10 and agent 1 owns the reception.
pub fn owned() -> Vec<(u64, Command)> {
    vec![(10, send(1)), (11, own(1, 1))]
}

pub fn after(mut history: Vec<(u64, Command)>, more: Vec<(u64, Command)>) -> Vec<(u64, Command)> {
    history.extend(more);
    history
}

#[test]
fn messages_are_numbered_without_gaps() {
    // SPEC: OPS-2
    check(new(), vec![], (10, send(1)), "reception 1 opened at 10; message 1 at 10 by Buyer for nobody | route 1 | accepted 1 at 10");
    check(new(), vec![(10, send(1))], (11, send(2)), "message 2 at 11 by Buyer for nobody |  | accepted 2 at 11");
    let more = after(owned(), vec![(12, answer(1, 3))]);
    check(new(), more, (13, send(2)), "message 3 at 13 by Buyer for agent 1 | tell unanswered since 13 | accepted 3 at 13");
}

#[test]
fn time_never_decreases_within_a_conversation() {
    // SPEC: OPS-2
    check(new(), owned(), (4, send(2)), "message 2 at 10 by Buyer for agent 1 |  | accepted 2 at 10");
    let answered = "round 10–10 answered by agent 1, 1 read; message 2 at 10 by Agent(AgentNo(1)) for agent 1 | tell answered; agent 1 has said it | accepted 2 at 10";
    check(new(), owned(), (4, answer(1, 2)), answered);
}

#[test]
fn a_retry_is_answered_as_the_first_time() {
    // SPEC: OPS-2
    check(new(), owned(), (99, send(1)), " |  | accepted 1 at 10 again");
    check(new(), owned(), (99, say(1, "x", 2)), "refused: RetryMismatch { seq: 1 }");
    let answered = || after(owned(), vec![(12, answer(1, 5))]);
    check(new(), answered(), (13, answer(1, 5)), " |  | accepted 2 at 12 again");
    // Also when the reception has gone to another meanwhile: the first answer stands.
    check(new(), after(answered(), vec![(13, own(1, 2))]), (14, answer(1, 5)), " |  | accepted 2 at 12 again");
    check(new(), after(answered(), vec![(13, close(1))]), (14, answer(1, 5)), " |  | accepted 2 at 12 again");
}

#[test]
fn a_retry_is_recognised_for_24_hours_at_least() {
    // SPEC: OPS-2
    check(new(), owned(), (10 + 24 * HOUR, send(1)), " |  | accepted 1 at 10 again");
    let at_the_end = after(owned(), vec![(10 + 24 * HOUR, send(2))]);
    check(new(), at_the_end, (10 + 24 * HOUR, send(1)), " |  | accepted 1 at 10 again");
    let later = 11 + 24 * HOUR;
    let past = after(owned(), vec![(later, send(2))]);
    check(new(), past, (later, send(1)), &format!("message 3 at {later} by Buyer for agent 1 |  | accepted 3 at {later}"));
}

#[test]
fn unread_counts_what_no_staff_has_read() {
    // SPEC: INB-11
    let mut talk = new();
    for (at, command) in after(owned(), vec![(12, send(2)), (13, send(3))]) {
        act(&mut talk, command, at);
    }
    assert_eq!((talk.unread(), runs(&talk).as_slice()), (3, [(1, 3)].as_slice()));
    assert_eq!(act(&mut talk, read(1, 2), 14), "agent 1 read 2 up to 2 |  | Done");
    assert_eq!((talk.unread(), runs(&talk).as_slice()), (1, [(3, 1)].as_slice()));
    assert_eq!(act(&mut talk, read(1, 1), 15), " |  | Done", "a read mark never goes back");
    assert_eq!(act(&mut talk, answer(1, 4), 16).split(';').next(), Some("round 10–16 answered by agent 1, 1 read"));
    assert_eq!(talk.unread(), 0, "who answers has read");
    act(&mut talk, send(5), 17);
    act(&mut talk, own(1, 2), 18);
    act(&mut talk, pass(3), 19);
    act(&mut talk, send(6), 20);
    assert_eq!(runs(&talk), [(5, 1), (7, 1)], "the system's message between them is nobody's to read");
    assert_eq!(act(&mut talk, read(3, 6), 21), "agent 3 read 1 up to 6 |  | Done");
    assert_eq!(act(&mut talk, read(3, u64::MAX), 22), "agent 3 read 1 up to 7 |  | Done", "no further than the last message");
    assert_eq!(act(&mut talk, Command::ReadByBuyer { seq: 3 }, 23), "buyer read up to 3 |  | Done");
}

#[test]
fn a_round_is_answered_once() {
    // SPEC: MET-4
    let more = after(owned(), vec![(12, send(2)), (20, answer(1, 3))]);
    check(new(), more, (30, answer(1, 4)), "message 4 at 30 by Agent(AgentNo(1)) for agent 1 | agent 1 has said it | accepted 4 at 30");
    let again = after(owned(), vec![(20, answer(1, 3)), (40, send(4)), (41, send(5))]);
    let answered = "round 40–50 answered by agent 1, 2 read; message 5 at 50 by Agent(AgentNo(1)) for agent 1 | tell answered; agent 1 has said it | accepted 5 at 50";
    check(new(), again, (50, answer(1, 6)), answered);
}

#[test]
fn only_the_owner_serves() {
    // SPEC: ACC-1
    check(new(), owned(), (20, answer(2, 9)), "refused: NotOwner");
    check(new(), owned(), (20, read(2, 1)), "refused: NotOwner");
    check(new(), owned(), (20, close(2)), "refused: NotOwner");
    let transfer = |by, oversees| Command::Transfer {
        by: AgentNo(by),
        oversees,
        to: to_group(1),
        reason: "".into(),
        note: "".into(),
        guard: Guard::usual(),
        origin: Origin::default(),
    };
    check(new(), owned(), (20, transfer(2, false)), "refused: NotOwner");
    check(new(), owned(), (20, transfer(2, true)), " |  | forward: ask transfer to Group(GroupNo(1))");
    check(
        new(),
        owned(),
        (20, Command::Read { by: AgentNo(2), oversees: true, seq: 1, desk: Default::default() }),
        "agent 2 read 1 up to 1 |  | Done",
    );
    check(
        new(),
        owned(),
        (20, Command::Close { by: AgentNo(2), oversees: true }),
        "reception 1 of agent 1 closed by agent 2, round 10 left by agent 1 | tell 1 closed | Closed { reception: 1 }",
    );
    check(new(), vec![(10, send(1))], (20, answer(1, 9)), "refused: NotOwner");
}

#[test]
fn nobody_writes_first() {
    // SPEC: GRD-1
    check(new(), vec![], (20, answer(1, 9)), "refused: NotFound { what: \"conversation\" }");
    let caught = "\"在的\" by Agent(AgentNo(1)) caught: Unsolicited |  | Caught { ground: Unsolicited }";
    check(new(), after(owned(), vec![(12, close(1))]), (20, answer(1, 9)), caught);
    // The same attempt again is not a second one.
    check(new(), after(owned(), vec![(12, close(1)), (20, answer(1, 9))]), (21, answer(1, 9)), " |  | Caught { ground: Unsolicited }");
    // The platform told of an order of a buyer who never wrote.
    check(new(), vec![(10, note_order(9))], (20, answer(1, 9)), caught);
    check(new(), after(owned(), vec![(12, close(1))]), (20, close(1)), "refused: ReceptionClosed");
}

#[test]
fn an_attempt_by_whoever_sees_no_such_conversation_is_never_sent() {
    // SPEC: GRD-1, GRD-9
    let attempt = |client_id| Command::Attempt {
        agent: AgentNo(1),
        text: "template 3".into(),
        retry: body(client_id, 1),
        guard: Guard::usual(),
        origin: Origin::default(),
    };
    let unknown = "refused: NotFound { what: \"conversation\" }";
    check(new(), vec![], (20, attempt(9)), unknown);
    // Made its owner a moment ago, before the disk knew: what would be sent is not what was written.
    check(new(), owned(), (20, attempt(9)), unknown);
    let caught = "\"template 3\" by Agent(AgentNo(1)) caught: Unsolicited |  | Caught { ground: Unsolicited }";
    check(new(), after(owned(), vec![(12, close(1))]), (20, attempt(9)), caught);
}

#[test]
fn the_buyer_opens_the_next_reception_with_the_last_agent_named() {
    // SPEC: DIV-1.2
    let history = after(owned(), vec![(20, answer(1, 2)), (30, close(1))]);
    let opened = "reception 2 opened at 40; message 3 at 40 by Buyer for nobody | route 2 (agent 1 at 20) | accepted 3 at 40";
    check(new(), history, (40, send(3)), opened);
}

#[test]
fn a_decision_about_a_reception_that_is_over_is_ignored() {
    // SPEC: DIV-4
    let reopened = || after(owned(), vec![(12, close(1)), (13, send(2))]);
    check(new(), reopened(), (14, own(1, 9)), "refused: ReceptionClosed");
    check(new(), reopened(), (14, queue(1, None, handover(Handing::ByRule, None))), "refused: ReceptionClosed");
    check(new(), reopened(), (14, own(2, 9)), "reception 2 owned by agent 9 from nobody |  | Done");
    check(new(), owned(), (14, own(1, 2)), "reception 1 owned by agent 2 from agent 1 |  | Done");
    check(new(), owned(), (14, own(1, 1)), " |  | Done");
}

#[test]
fn a_transfer_is_shown_by_a_system_message() {
    // SPEC: DIV-8
    let told = "reception 1 owned by agent 2 from agent 1, by a person; message 2 at 14 by System for agent 2 |  | Transferred { over_capacity: true }";
    check(new(), owned(), (14, pass(2)), told);
    let told = "reception 1 queued in group 3 behind 2 from agent 1, by a person; message 2 at 14 by System for agent 1 |  | Transferred { over_capacity: true }";
    check(new(), owned(), (14, queue(1, Some(3), passed())), told);
    let ask = Command::Transfer {
        by: AgentNo(1),
        oversees: false,
        to: to(2),
        reason: "".into(),
        note: "".into(),
        guard: Guard::usual(),
        origin: Origin::default(),
    };
    check(new(), owned(), (14, ask), " |  | forward: ask transfer to Agent(AgentNo(2))");
}

#[test]
fn the_round_stays_with_whoever_passed_the_buyer_on() {
    // SPEC: DIV-8, MET-4
    let read = ", 1 read, charged to agent 1";
    // (what happened since agent 1 got it at 11, who answers at 30, the round as it ends)
    type Case = (Vec<(u64, Command)>, u32, String);
    let cases: Vec<Case> = vec![
        (vec![], 1, "round 10–30 answered by agent 1, 1 read".into()),
        (vec![(20, pass(2))], 2, format!("round 10–30 answered by agent 2{read}")),
        (vec![(20, pass(2)), (21, pass(3))], 3, format!("round 10–30 answered by agent 3{read}")),
        (vec![(20, pass(2)), (21, pass(1))], 1, "round 10–30 answered by agent 1, 1 read".into()),
        (vec![(20, queue(1, Some(1), passed())), (21, own(1, 2))], 2, format!("round 10–30 answered by agent 2{read}")),
        // Not passed on by a person.
        (vec![(20, own(1, 2))], 2, "round 10–30 answered by agent 2, 1 read".into()),
        (vec![(20, hand(1, 2, Handing::AfterNoAnswer, None))], 2, "round 10–30 answered by agent 2, 1 read".into()),
        // Passed on after a reply.
        (vec![(12, answer(1, 7)), (13, pass(2)), (14, send(8))], 2, "round 14–30 answered by agent 2, 1 read".into()),
        // The next round is its own.
        (vec![(20, pass(2)), (21, answer(2, 7)), (22, send(8))], 2, "round 22–30 answered by agent 2, 1 read".into()),
    ];
    for (n, (more, agent, expected)) in cases.into_iter().enumerate() {
        let mut talk = new();
        after(owned(), more).into_iter().for_each(|(at, command)| drop(act(&mut talk, command, at)));
        assert_eq!(act(&mut talk, answer(agent, 9), 30).split(';').next(), Some(expected.as_str()), "case {n}");
    }
    let closed = "reception 1 of agent 2 closed by agent 2, round 10 left by agent 1 | tell 1 closed | Closed { reception: 1 }";
    check(new(), after(owned(), vec![(20, pass(2))]), (30, close(2)), closed);
    let closed = "reception 1 of agent 1 closed by agent 1 | tell 1 closed | Closed { reception: 1 }";
    check(new(), after(owned(), vec![(20, answer(1, 7))]), (30, close(1)), closed);
}

#[test]
fn who_did_not_answer_is_remembered_with_the_reception() {
    // SPEC: DIV-7
    let mut talk = new();
    let after_no_answer = |agent| hand(1, agent, Handing::AfterNoAnswer, None);
    after(owned(), vec![(20, after_no_answer(2)), (30, after_no_answer(3))]).into_iter().for_each(|(at, c)| drop(act(&mut talk, c, at)));
    let missed = |talk: &Conversation| talk.arrival().map(|a| a.missed.iter().map(|a| a.0).collect::<Vec<_>>());
    assert_eq!(missed(&talk), Some(vec![1, 2]));
    act(&mut talk, answer(3, 9), 40);
    assert_eq!(missed(&talk), Some(vec![1, 2]), "it is not asked again on a later round either");
    act(&mut talk, close(3), 50);
    act(&mut talk, send(10), 60);
    assert_eq!(missed(&talk), Some(vec![]));
}

#[test]
fn the_off_hours_text_is_said_once_a_reception() {
    // SPEC: OFF-1
    let said = "reception 1 pooled from nobody, the offline way; message 2 at 11 by System for nobody |  | Done";
    check(new(), vec![(10, send(1))], (11, pool(1)), said);
    let again = "reception 1 pooled from nobody, the offline way |  | Done";
    check(new(), vec![(10, send(1)), (11, pool(1))], (12, pool(1)), again);
    let deputy = |reception| hand(reception, 4, Handing::OfflineWay, Some(Say::OffHours("下班了".into())));
    check(
        new(),
        vec![(10, send(1)), (11, pool(1))],
        (12, deputy(1)),
        "reception 1 owned by agent 4 from nobody, the offline way |  | Done",
    );
    let next = vec![(10, send(1)), (11, deputy(1)), (12, close(4)), (13, send(2))];
    check(
        new(),
        next,
        (14, deputy(2)),
        "reception 2 owned by agent 4 from nobody, the offline way; message 4 at 14 by System for agent 4 |  | Done",
    );
}

#[test]
fn what_the_system_says() {
    // SPEC: DIV-8, OFF-1, OFF-6
    let rows = [
        (Some(Say::Transferred("售后".into())), "转接 / transferred: 售后"),
        (Some(Say::Transferred("".into())), "转接 / transferred"),
        (Some(Say::OfflineAssigned), "转接:离线留言分配 / transferred: offline message assignment"),
        (Some(Say::OffHours("下班了".into())), "下班了"),
        (None, ""),
    ];
    for (say, expected) in rows {
        let mut talk = new();
        act(&mut talk, send(1), 10);
        let decision = talk.decide(hand(1, 4, Handing::ByRule, say), Millis(12)).expect("taken");
        let said = |event: &Event| if let Event::MessageAdded { text, .. } = event { Some(text.clone()) } else { None };
        let texts: Vec<String> = decision.events.iter().filter_map(said).collect();
        assert_eq!(texts.join("; "), expected);
    }
}

#[test]
fn a_buyer_in_the_pool_asks_to_be_routed_with_every_message() {
    // SPEC: OFF-1
    let pooled = || vec![(10, send(1)), (11, pool(1))];
    check(new(), pooled(), (20, send(2)), "message 3 at 20 by Buyer for nobody | route 1 | accepted 3 at 20");
    // In the queue, or with an agent, one message begins the round and the others change nothing.
    check(
        new(),
        vec![(10, send(1)), (11, queue(1, None, handover(Handing::ByRule, None)))],
        (20, send(2)),
        "message 2 at 20 by Buyer for nobody |  | accepted 2 at 20",
    );
}

#[test]
fn asking_for_a_person_is_told_in_words_and_by_a_button() {
    // SPEC: OFF-3
    let button = || Command::Send {
        buyer: "b-1".into(),
        name: "".into(),
        visit: Visit::default(),
        asks: true,
        text: "x".into(),
        retry: body(5, 1),
        extra: None,
        desk: Default::default(),
    };
    for ask in [button, || say(5, "转人工", 1)] {
        let opened = "reception 1 opened at 10, asking for a person; message 1 at 10 by Buyer for nobody | route 1 | accepted 1 at 10";
        check(new(), vec![], (10, ask()), opened);
        let owned_told = "person asked for at 12; message 2 at 12 by Buyer for agent 1 | tell unanswered since 10, person asked for at 12 | accepted 2 at 12";
        check(new(), owned(), (12, ask()), owned_told);
        let mut talk = new();
        [(10, send(1)), (11, pool(1)), (20, ask())].into_iter().for_each(|(at, command)| drop(act(&mut talk, command, at)));
        assert_eq!(talk.arrival().and_then(|a| a.asked), Some(Millis(20)));
    }
}

fn profile() -> Profile {
    Profile { level: "gold".into(), priority: Priority::High, ..Profile::default() }
}

fn set_profile() -> Command {
    Command::SetProfile { buyer: "b-1".into(), profile: profile(), by: Actor::Platform("p".into()), desk: Default::default() }
}

fn note_order(since: u64) -> Command {
    Command::NoteOrder { order: "o".into(), state: OrderState::Paid, since: Millis(since), desk: Default::default() }
}

#[test]
fn the_dispatcher_is_told_whatever_becomes_known_of_an_open_reception() {
    // SPEC: DIV-1
    let places: [fn() -> Option<Command>; 4] =
        [|| None, || Some(queue(1, None, handover(Handing::ByRule, None))), || Some(pool(1)), || Some(own(1, 1))];
    for (n, place) in places.into_iter().enumerate() {
        for change in [set_profile, || note_order(20)] {
            let mut talk = new();
            act(&mut talk, send(1), 10);
            place().into_iter().for_each(|command| drop(act(&mut talk, command, 11)));
            assert!(act(&mut talk, change(), 20).contains("| route 1 |"), "{n}");
        }
    }
    check(new(), vec![], (20, set_profile()), "profile of b-1 set; audited |  | Done");
    check(new(), vec![(10, set_profile())], (20, set_profile()), " |  | Done");
    check(new(), vec![], (20, note_order(20)), "order o Paid at 20 |  | Done");
}

#[test]
fn a_visit_a_profile_and_an_order_make_the_facts() {
    // SPEC: DIV-2, INB-9
    let mut talk = new();
    act(&mut talk, set_profile(), 5);
    act(&mut talk, note_order(6), 6);
    let visit = Visit { product: "p".into(), ..Visit::default() };
    act(
        &mut talk,
        Command::Send {
            buyer: "b-1".into(),
            name: "".into(),
            visit: visit.clone(),
            asks: false,
            text: "t".into(),
            retry: body(1, 1),
            extra: None,
            desk: Default::default(),
        },
        10,
    );
    let keywords = Handover { keywords: vec!["退款".into()], ..handover(Handing::ByRule, None) };
    act(&mut talk, queue(1, None, keywords), 11);
    let arrival = talk.arrival().expect("open");
    assert_eq!(
        (arrival.facts.visit, arrival.facts.level.as_str(), arrival.facts.order),
        (visit, "gold", Some((OrderState::Paid, Millis(6))))
    );
    assert_eq!((arrival.facts.keywords, arrival.priority, arrival.arrived), (vec!["退款".to_string()], Priority::High, Millis(10)));
}

#[test]
fn one_conversation_per_buyer_and_shop() {
    // SPEC: INB-1
    assert_eq!(conversation_id(SCOPE, "b-1"), conversation_id(SCOPE, "b-1"));
    assert_ne!(conversation_id(SCOPE, "b-1"), conversation_id(SCOPE, "b-2"));
    assert_ne!(conversation_id(SCOPE, "b-1"), conversation_id(ShopScope::granted(8), "b-1"));
}
