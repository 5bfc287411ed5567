//! The conversation: order, retries, read marks, rounds, ownership, receptions.

use crate::{HOUR, SCOPE, act, check};
use fenliu::domain::conversation::{Command, Conversation, Transfer, conversation_id};
use fenliu::domain::dispatcher::TransferTo;
use fenliu::domain::event::RetryKey;
use fenliu::domain::id::{AgentNo, GroupNo, ShopScope};

fn new() -> Conversation {
    Conversation::new(SCOPE, conversation_id(SCOPE, "b-1"))
}

fn body(client_id: u64, body: u32) -> RetryKey {
    RetryKey { client_id, body }
}

fn send(client_id: u64) -> Command {
    let text = "在吗".to_string();
    Command::Send { buyer: "b-1".into(), name: "买家".into(), entry: "".into(), text, retry: body(client_id, 1) }
}

fn answer(agent: u32, client_id: u64) -> Command {
    Command::Answer { agent: AgentNo(agent), text: "在的".into(), retry: body(client_id, 1) }
}

fn own(reception: u32, agent: u32) -> Command {
    Command::Own { reception, agent: AgentNo(agent), group: None, transfer: None }
}

fn read(by: u32, seq: u64) -> Command {
    Command::Read { by: AgentNo(by), oversees: false, seq }
}

fn close(by: u32) -> Command {
    Command::Close { by: AgentNo(by), oversees: false }
}

/// The buyer wrote at 10 and agent 1 owns the reception.
fn owned() -> Vec<(u64, Command)> {
    vec![(10, send(1)), (11, own(1, 1))]
}

fn after(mut history: Vec<(u64, Command)>, more: Vec<(u64, Command)>) -> Vec<(u64, Command)> {
    history.extend(more);
    history
}

#[test]
fn messages_are_numbered_without_gaps() {
    // SPEC: OPS-2
    check(new(), vec![], (10, send(1)), "reception 1 opened at 10; message 1 at 10 by Buyer for nobody | route 1 | accepted 1 at 10");
    check(new(), vec![(10, send(1))], (11, send(2)), "message 2 at 11 by Buyer for nobody |  | accepted 2 at 11");
    let more = after(owned(), vec![(12, answer(1, 3))]);
    check(new(), more, (13, send(2)), "message 3 at 13 by Buyer for agent 1 | tell unanswered true | accepted 3 at 13");
}

#[test]
fn time_never_decreases_within_a_conversation() {
    // SPEC: OPS-2
    check(new(), owned(), (4, send(2)), "message 2 at 10 by Buyer for agent 1 |  | accepted 2 at 10");
    let answered = "round 10–10 answered by agent 1, 1 read; message 2 at 10 by Agent(AgentNo(1)) for agent 1 | tell unanswered false | accepted 2 at 10";
    check(new(), owned(), (4, answer(1, 2)), answered);
}

#[test]
fn a_retry_is_answered_as_the_first_time() {
    // SPEC: OPS-2
    check(new(), owned(), (99, send(1)), " |  | accepted 1 at 10 again");
    let other = Command::Send { buyer: "b-1".into(), name: "".into(), entry: "".into(), text: "x".into(), retry: body(1, 2) };
    check(new(), owned(), (99, other), "refused: RetryMismatch { seq: 1 }");
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
    assert_eq!((talk.unread(), talk.unread_runs.as_slice()), (3, [(1, 3)].as_slice()));
    assert_eq!(act(&mut talk, read(1, 2), 14), "agent 1 read 2 up to 2 |  | Done");
    assert_eq!((talk.unread(), talk.unread_runs.as_slice()), (1, [(3, 1)].as_slice()));
    assert_eq!(act(&mut talk, read(1, 1), 15), " |  | Done", "a read mark never goes back");
    assert_eq!(act(&mut talk, answer(1, 4), 16).split(';').next(), Some("round 10–16 answered by agent 1, 1 read"));
    assert_eq!(talk.unread(), 0, "who answers has read");
    act(&mut talk, send(5), 17);
    act(&mut talk, own(1, 2), 18);
    act(&mut talk, Command::Own { reception: 1, agent: AgentNo(3), group: None, transfer: Some(passed(2)) }, 19);
    act(&mut talk, send(6), 20);
    assert_eq!(talk.unread_runs, [(5, 1), (7, 1)], "the system's message between them is nobody's to read");
    assert_eq!(act(&mut talk, read(3, 6), 21), "agent 3 read 1 up to 6 |  | Done");
    assert_eq!(act(&mut talk, read(3, u64::MAX), 22), "agent 3 read 1 up to 7 |  | Done", "no further than the last message");
    assert_eq!(act(&mut talk, Command::ReadByBuyer { seq: 3 }, 23), "buyer read up to 3 |  | Done");
}

#[test]
fn a_round_is_answered_once() {
    // SPEC: MET-4
    let more = after(owned(), vec![(12, send(2)), (20, answer(1, 3))]);
    check(new(), more, (30, answer(1, 4)), "message 4 at 30 by Agent(AgentNo(1)) for agent 1 |  | accepted 4 at 30");
    let again = after(owned(), vec![(20, answer(1, 3)), (40, send(4)), (41, send(5))]);
    let answered = "round 40–50 answered by agent 1, 2 read; message 5 at 50 by Agent(AgentNo(1)) for agent 1 | tell unanswered false | accepted 5 at 50";
    check(new(), again, (50, answer(1, 6)), answered);
}

#[test]
fn only_the_owner_serves() {
    // SPEC: ACC-1
    check(new(), owned(), (20, answer(2, 9)), "refused: NotOwner");
    check(new(), owned(), (20, read(2, 1)), "refused: NotOwner");
    check(new(), owned(), (20, close(2)), "refused: NotOwner");
    let to = TransferTo::Group(GroupNo(1));
    let transfer = |by, oversees| Command::Transfer { by: AgentNo(by), oversees, to, reason: "".into(), note: "".into() };
    check(new(), owned(), (20, transfer(2, false)), "refused: NotOwner");
    check(new(), owned(), (20, transfer(2, true)), " |  | forward: ask transfer to Group(GroupNo(1))");
    check(new(), owned(), (20, Command::Read { by: AgentNo(2), oversees: true, seq: 1 }), "agent 2 read 1 up to 1 |  | Done");
    check(
        new(),
        owned(),
        (20, Command::Close { by: AgentNo(2), oversees: true }),
        "reception 1 of agent 1 closed by agent 2 | tell 1 closed | Closed { reception: 1 }",
    );
    check(new(), vec![(10, send(1))], (20, answer(1, 9)), "refused: NotOwner");
}

#[test]
fn nobody_writes_first() {
    // SPEC: GRD-1
    check(new(), vec![], (20, answer(1, 9)), "refused: NotFound { what: \"conversation\" }");
    check(new(), after(owned(), vec![(12, close(1))]), (20, answer(1, 9)), "refused: ReceptionClosed");
    check(new(), after(owned(), vec![(12, close(1))]), (20, close(1)), "refused: ReceptionClosed");
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
    check(new(), reopened(), (14, Command::Queue { reception: 1, group: None, transfer: None }), "refused: ReceptionClosed");
    check(new(), reopened(), (14, own(2, 9)), "reception 2 owned by agent 9 from nobody |  | Done");
    check(new(), owned(), (14, own(1, 2)), "reception 1 owned by agent 2 from agent 1 |  | Done");
    check(new(), owned(), (14, own(1, 1)), " |  | Done");
}

fn passed(by: u32) -> Transfer {
    Transfer { by: AgentNo(by), reason: "售后".into(), over_capacity: true }
}

#[test]
fn a_transfer_is_shown_by_a_system_message() {
    // SPEC: DIV-8
    let to = |transfer| Command::Own { reception: 1, agent: AgentNo(2), group: None, transfer: Some(transfer) };
    let told = "reception 1 owned by agent 2 from agent 1; message 2 at 14 by System for agent 2 |  | Transferred { over_capacity: true }";
    check(new(), owned(), (14, to(passed(1))), told);
    let queue = Command::Queue { reception: 1, group: Some(GroupNo(3)), transfer: Some(passed(1)) };
    let told =
        "reception 1 queued in group 3 from agent 1; message 2 at 14 by System for agent 1 |  | Transferred { over_capacity: false }";
    check(new(), owned(), (14, queue), told);
    // The round stays open across it, since the buyer's first question.
    let history = after(owned(), vec![(14, to(passed(1)))]);
    let answered = "round 10–20 answered by agent 2, 1 read; message 3 at 20 by Agent(AgentNo(2)) for agent 2 | tell unanswered false | accepted 3 at 20";
    check(new(), history, (20, answer(2, 9)), answered);
}

#[test]
fn one_conversation_per_buyer_and_shop() {
    // SPEC: INB-1
    assert_eq!(conversation_id(SCOPE, "b-1"), conversation_id(SCOPE, "b-1"));
    assert_ne!(conversation_id(SCOPE, "b-1"), conversation_id(SCOPE, "b-2"));
    assert_ne!(conversation_id(SCOPE, "b-1"), conversation_id(ShopScope::granted(8), "b-1"));
}
