//! What staff do beside answering, and what becomes of it: recall, marks, labels, notes, priority, blacklist, archive.

use crate::conversation::{after, answer, close, new, own, owned, runs, say, send};
use crate::{HOUR, act, check};
use fenliu::domain::conversation::{Command, Conversation};
use fenliu::domain::desk::time::InForce;
use fenliu::domain::desk::{Desk, LabelNo, PriorityRule};
use fenliu::domain::event::{Actor, Author};
use fenliu::domain::facts::{OrderState, Priority, Profile};
use fenliu::domain::id::{AgentNo, Millis};
use std::sync::Arc;

const DAY: u64 = 24 * HOUR;

fn recall(by: Author, seq: u64) -> Command {
    Command::Recall { by, seq, desk: Default::default() }
}

fn mark(by: u32, answered: bool) -> Command {
    Command::Mark { by: AgentNo(by), oversees: false, answered, desk: Default::default() }
}

fn label(add: &[u16], remove: &[u16]) -> Command {
    let labels = |numbers: &[u16]| numbers.iter().copied().map(LabelNo).collect();
    Command::Label { by: AgentNo(1), oversees: false, add: labels(add), remove: labels(remove) }
}

fn note(by: u32, mentions: &[u32]) -> Command {
    let mentions = mentions.iter().copied().map(AgentNo).collect();
    Command::Note { by: AgentNo(by), oversees: false, text: "老客户".into(), mentions }
}

fn block() -> Command {
    Command::Block { buyer: "b-1".into(), reason: "spam".into(), by: Actor::Account(AgentNo(9)) }
}

fn unblock() -> Command {
    Command::Unblock { by: Actor::Account(AgentNo(9)), desk: Default::default() }
}

fn order(state: OrderState, since: u64) -> Command {
    Command::NoteOrder { order: "o-1".into(), state, since: Millis(since), desk: Default::default() }
}

fn desk(keywords: &[&str], waited_min: Option<u32>, priority: Priority) -> Arc<InForce> {
    let keywords = keywords.iter().map(|word| word.to_string()).collect();
    let rule = PriorityRule { name: "r".into(), kinds: vec![], keywords, orders: vec![], tags: vec![], waited_min, priority };
    Arc::new(Desk { priorities: vec![rule], ..Desk::default() }.into())
}

fn played(history: Vec<(u64, Command)>) -> Conversation {
    let mut talk = new();
    for (at, command) in history {
        act(&mut talk, command, at);
    }
    talk
}

#[track_caller]
fn begins(talk: &mut Conversation, command: Command, at: u64, expected: &str) {
    let outcome = act(talk, command, at);
    assert!(outcome.starts_with(expected), "{outcome}");
}

#[test]
fn the_writer_recalls_within_two_minutes_and_once() {
    // SPEC: INB-7
    let talk = || played(after(owned(), vec![(12, send(2)), (13, answer(1, 3)), (14, send(4))]));
    begins(&mut talk(), recall(Author::Buyer, 4), 15, "MessageRecalled");
    begins(&mut talk(), recall(Author::Agent(AgentNo(1)), 3), 13 + 120_000, "MessageRecalled");
    begins(&mut talk(), recall(Author::Agent(AgentNo(1)), 3), 13 + 120_001, "refused: TooLate");
    begins(&mut talk(), recall(Author::Agent(AgentNo(2)), 3), 15, "refused: Forbidden");
    begins(&mut talk(), recall(Author::Buyer, 3), 15, "refused: Forbidden");
    begins(&mut talk(), recall(Author::Buyer, 5), 15, "refused: NotFound");
    let mut once = talk();
    act(&mut once, recall(Author::Buyer, 4), 15);
    assert_eq!(act(&mut once, recall(Author::Buyer, 4), 16), " |  | Done");
}

#[test]
fn what_was_recalled_is_unread_no_more() {
    // SPEC: INB-7, INB-11
    let mut talk = played(after(owned(), vec![(12, send(2)), (13, send(3))]));
    assert_eq!(runs(&talk), [(1, 3)]);
    act(&mut talk, recall(Author::Buyer, 2), 14);
    assert_eq!((talk.unread(), runs(&talk).as_slice()), (2, [(1, 1), (3, 1)].as_slice()));
    act(&mut talk, send(4), 15);
    assert_eq!(runs(&talk), [(1, 1), (3, 2)]);
}

#[test]
fn a_round_of_which_nothing_is_left_is_over_and_nobody_is_charged() {
    // SPEC: INB-7, MET-4
    let mut talk = played(after(owned(), vec![(12, send(2))]));
    act(&mut talk, recall(Author::Buyer, 1), 13);
    assert!(talk.open.as_ref().unwrap().unanswered_since.is_some(), "one question is left");
    let outcome = act(&mut talk, recall(Author::Buyer, 2), 14);
    assert!(outcome.contains("round 10 withdrawn") && outcome.ends_with("| tell answered | Done"), "{outcome}");
    assert_eq!(talk.open.as_ref().unwrap().unanswered_since, None);
    assert_eq!(act(&mut talk, send(3), 15), "message 3 at 15 by Buyer for agent 1 | tell unanswered since 15 | accepted 3 at 15");
}

#[test]
fn needs_no_reply_ends_the_round_and_unanswered_opens_it_from_now() {
    // SPEC: INB-4
    let mut talk = played(owned());
    begins(&mut talk, mark(2, true), 12, "refused: NotOwner");
    let outcome = act(&mut talk, mark(1, true), 13);
    assert!(outcome.starts_with("Marked") && outcome.ends_with("| tell answered | Done"), "{outcome}");
    assert_eq!(talk.open.as_ref().unwrap().unanswered_since, None);
    assert_eq!(act(&mut talk, mark(1, true), 14), " |  | Done");
    begins(&mut talk, mark(1, false), 15, "Marked");
    assert_eq!(talk.open.as_ref().unwrap().unanswered_since, Some(Millis(15)));
    let closed = act(&mut talk, close(1), 16);
    assert!(closed.contains("round 15 left by agent 1"), "{closed}");
    begins(&mut talk, mark(1, true), 17, "refused: ReceptionClosed");
}

#[test]
fn labels_are_added_then_taken_away_and_are_at_most_twenty() {
    // SPEC: INB-5
    let mut talk = played(owned());
    begins(&mut talk, label(&[3, 1, 3], &[]), 12, "Labelled");
    assert_eq!(talk.labels, [LabelNo(1), LabelNo(3)]);
    begins(&mut talk, label(&[2], &[2, 1]), 13, "Labelled");
    assert_eq!(talk.labels, [LabelNo(3)]);
    assert_eq!(act(&mut talk, label(&[3], &[7]), 14), " |  | Done");
    begins(&mut talk, label(&(1..=21).collect::<Vec<_>>(), &[]), 15, "refused: LimitReached");
    let of = |seq| Command::LabelMessage { by: AgentNo(1), oversees: false, seq, labels: vec![LabelNo(1)] };
    begins(&mut talk, of(1), 16, "MessageLabelled");
    begins(&mut talk, of(2), 16, "refused: NotFound");
}

#[test]
fn who_is_mentioned_may_write_notes_too() {
    // SPEC: INB-13
    let mut talk = played(owned());
    begins(&mut talk, note(2, &[]), 12, "refused: NotOwner");
    assert!(act(&mut talk, note(1, &[2, 2]), 13).ends_with("Numbered { no: 1 }"));
    assert!(act(&mut talk, note(2, &[]), 14).ends_with("Numbered { no: 2 }"));
    assert_eq!(talk.mentioned, [AgentNo(2)]);
    for first in [3, 13] {
        act(&mut talk, note(1, &(first..first + 10).collect::<Vec<_>>()), 15);
    }
    assert_eq!((talk.mentioned.len(), talk.mentioned[0]), (20, AgentNo(3)), "the newest twenty");
    begins(&mut talk, note(1, &(1..=21).collect::<Vec<_>>()), 16, "refused: Invalid");
}

#[test]
fn a_rule_never_undoes_what_staff_said() {
    // SPEC: INB-2
    let mut talk = played(owned());
    let rules = desk(&["退款"], None, Priority::Urgent);
    let says = |client_id, text: &str| match say(client_id, text, 1) {
        Command::Send { buyer, name, visit, asks, text, extra, retry, .. } => {
            Command::Send { buyer, name, visit, asks, text, extra, retry, desk: rules.clone() }
        }
        other => other,
    };
    let set = |priority| Command::Prioritise { by: AgentNo(1), oversees: false, priority, desk: rules.clone() };
    assert!(act(&mut talk, says(2, "我要退款"), 12).contains("Prioritised"));
    assert_eq!(talk.priority(), Priority::Urgent);
    assert!(!act(&mut talk, says(3, "退款!"), 13).contains("Prioritised"), "nothing new");
    begins(&mut talk, set(Some(Priority::Low)), 14, "Prioritised");
    assert!(!act(&mut talk, says(4, "退款"), 15).contains("Prioritised"));
    assert_eq!(talk.priority(), Priority::Low);
    begins(&mut talk, set(None), 16, "Prioritised");
    assert_eq!(talk.priority(), Priority::Urgent, "the rules decide again");
    act(&mut talk, says(5, "谢谢"), 17);
    assert_eq!(talk.priority(), Priority::Normal);
}

#[test]
fn a_wait_makes_urgent_and_the_dispatcher_hears_of_it() {
    // SPEC: INB-2, DIV-5
    let rules = || desk(&[], Some(10), Priority::Urgent);
    let classify = || Command::Classify { desk: rules() };
    let mut talk = played(vec![(10, send(1))]);
    assert_eq!(act(&mut talk, classify(), 10 + 599_999), " |  | Done");
    let outcome = act(&mut talk, classify(), 10 + 600_000);
    assert!(outcome.starts_with("Prioritised") && outcome.ends_with("| route 1 | Done"), "{outcome}");
    assert_eq!(talk.arrival().unwrap().priority, Priority::Urgent);
    // What the platform says of the buyer holds where no rule does.
    let profile = Profile { priority: Priority::High, ..Profile::default() };
    let set = Command::SetProfile { buyer: "b-1".into(), profile, by: Actor::Account(AgentNo(9)), desk: Default::default() };
    act(&mut talk, set, 10 + 600_001);
    assert_eq!(talk.priority(), Priority::High);
}

#[test]
fn a_blacklisted_buyer_is_heard_by_nobody_and_told_nothing() {
    // SPEC: INB-8
    let mut talk = played(owned());
    let outcome = act(&mut talk, block(), 12);
    assert!(
        outcome.starts_with("round 10 withdrawn at 12; reception 1 of agent 1 closed by agent 9; Blocked"),
        "no round is left: {outcome}"
    );
    assert!(outcome.contains("| tell 1 closed |"), "{outcome}");
    begins(&mut talk, block(), 13, "refused: Exists");
    // The buyer's own devices see a reception open, once; there is none.
    let unseen = "reception 2 opened unseen at 14; message 2 at 14 by Buyer for nobody |  | accepted 2 at 14";
    assert_eq!(act(&mut talk, send(2), 14), unseen);
    assert_eq!(act(&mut talk, send(2), 15), " |  | accepted 2 at 14 again");
    assert_eq!((talk.unread(), talk.shown_seq(), talk.shown_at(), talk.owner()), (1, 1, Millis(10), None));
    begins(&mut talk, answer(1, 3), 16, "\"在的\" by Agent(AgentNo(1)) caught: Unsolicited");
    let read = Command::Read { by: AgentNo(1), oversees: true, seq: 9, desk: Default::default() };
    assert_eq!(act(&mut talk, read, 17), "agent 1 read 1 up to 1 |  | Done");
    assert_eq!(act(&mut talk, send(4), 18), "message 3 at 18 by Buyer for nobody |  | accepted 3 at 18");
    act(&mut talk, recall(Author::Buyer, 3), 19);
    let outcome = act(&mut talk, unblock(), 20);
    assert!(outcome.contains("appeared: 1"), "{outcome}");
    assert_eq!((talk.unread(), talk.shown_seq(), talk.open.is_none()), (1, 3, true), "unread, and no round");
    begins(&mut talk, unblock(), 21, "refused: NotFound");
    begins(&mut talk, send(5), 22, "reception 2 opened at 22");
}

#[test]
fn a_buyer_who_never_wrote_can_be_blacklisted() {
    // SPEC: INB-8
    let mut talk = played(vec![(10, block()), (11, send(1))]);
    begins(&mut talk, label(&[1], &[]), 12, "refused: NotFound");
    assert_eq!((talk.shown_seq(), talk.unread()), (0, 0));
    act(&mut talk, unblock(), 13);
    assert_eq!((talk.shown_seq(), talk.unread(), talk.closed_at), (1, 1, Millis(13)));
}

#[test]
fn an_archive_is_left_by_staff_or_by_the_buyer() {
    // SPEC: INB-12
    let archive = || Command::Archive { by: Some(AgentNo(1)) };
    let closed = || after(owned(), vec![(12, answer(1, 2)), (13, close(1))]);
    begins(&mut played(owned()), archive(), 12, "refused: ReceptionOpen");
    let mut talk = played(after(closed(), vec![(14, archive())]));
    assert_eq!(talk.archived_at, Some(Millis(14)));
    assert_eq!(act(&mut talk, archive(), 15), " |  | Done");
    begins(&mut talk, Command::Restore { by: AgentNo(1) }, 16, "Restored");
    assert_eq!((talk.archived_at, talk.closed_at), (None, Millis(16)));
    act(&mut talk, archive(), 17);
    let outcome = act(&mut talk, send(3), 18);
    assert!(outcome.starts_with("Restored") && outcome.contains("; reception 2 opened"), "{outcome}");
}

#[test]
fn what_is_done_with_is_archived_and_one_day_deleted() {
    // SPEC: INB-12, INB-9
    let closed = || after(owned(), vec![(12, answer(1, 2)), (13, close(1))]);
    assert_eq!(played(closed()).done_since(), None, "no order was closed");
    let mut talk = played(after(closed(), vec![(21, order(OrderState::Succeeded, 20))]));
    assert_eq!((talk.succeeded_since(), talk.done_since()), (Some(Millis(20)), Some(Millis(20))));
    let settle = || Command::SettleOrder { desk: Default::default() };
    assert_eq!(act(&mut talk, settle(), 20 + 3 * DAY), " |  | Done");
    begins(&mut talk, settle(), 21 + 3 * DAY, "OrderSettled");
    assert_eq!((talk.succeeded_since(), talk.done_since()), (None, Some(Millis(20))));
    begins(&mut talk, Command::Archive { by: None }, 30 * DAY, "Archived");
    assert_eq!((talk.done_since(), talk.archived_since()), (None, Some(Millis(30 * DAY))));
    let erase = || Command::Erase { keep_days: 90 };
    begins(&mut talk, erase(), 120 * DAY - 1, "refused: Invalid");
    begins(&mut talk, erase(), 120 * DAY, "Erased");
    assert_eq!((talk.erased_to, talk.archived_since()), (2, None));
    begins(&mut talk, own(1, 1), 121 * DAY, "refused: ReceptionClosed");
}

#[test]
fn the_rule_leaves_alone_what_changed_a_moment_ago() {
    // SPEC: INB-12
    let closed = after(owned(), vec![(13, close(1)), (14, order(OrderState::Closed, 14))]);
    check(new(), closed, (DAY, Command::Archive { by: None }), " |  | Done");
}
