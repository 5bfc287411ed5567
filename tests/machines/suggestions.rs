//! Suggestions: who may offer what and when, and what becomes of every offer, once.

use crate::conversation::{after, answer, close, new, own, owned, say, send};
use crate::{HOUR, act, check};
use fenliu::domain::Machine;
use fenliu::domain::audience::audience;
use fenliu::domain::content::{Extra, TextRef};
use fenliu::domain::conversation::{Command, Conversation};
use fenliu::domain::event::{Actor, Author, Event, RetryKey};
use fenliu::domain::guard::record::Origin;
use fenliu::domain::guard::{Contacts, Guard, Settings, Words};
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::domain::suggestion::{Adopted, Offer, OfferNo};
use fenliu::limits;
use std::sync::Arc;

const ITEMS: [&str; 2] = ["有货,今天就发。", "这款今天发货哦"];

fn retry(id: u64) -> RetryKey {
    RetryKey { client_id: id, body: 1 }
}

fn offer_by(by: Actor, oversees: bool, for_seq: Option<u64>, items: &[&str]) -> Command {
    let items = items.iter().map(|item| (*item).to_owned()).collect();
    Command::Suggest { by, oversees, for_seq, items, retry: retry(90), guard: Guard::usual() }
}

fn robot() -> Actor {
    Actor::Platform("robot".into())
}

fn offer(id: u64) -> Command {
    of(id, None, &ITEMS)
}

fn of(id: u64, for_seq: Option<u64>, items: &[&str]) -> Command {
    match offer_by(robot(), true, for_seq, items) {
        Command::Suggest { by, oversees, for_seq, items, guard, .. } => {
            Command::Suggest { by, oversees, for_seq, items, retry: retry(id), guard }
        }
        other => other,
    }
}

/// Agent 1 answers with item `item` of offer `no`, as it is or as `text`.
fn with(no: OfferNo, item: u8, text: &str) -> Command {
    with_extra(Extra { suggestion: Some(Adopted { offer: no, item, edited: false }), ..Extra::default() }, text, Guard::usual())
}

fn with_extra(extra: Extra, text: &str, guard: Arc<Guard>) -> Command {
    let (text, extra) = (text.into(), extra.boxed());
    Command::Answer { agent: AgentNo(1), text, extra, retry: retry(91), guard, origin: Origin::default() }
}

fn dismiss(by: u32, oversees: bool, offer: OfferNo) -> Command {
    Command::DismissSuggestion { by: AgentNo(by), oversees, offer }
}

fn mark(answered: bool) -> Command {
    Command::Mark { by: AgentNo(1), oversees: false, answered, desk: Default::default() }
}

fn recall(seq: u64) -> Command {
    Command::Recall { by: Author::Buyer, seq, desk: Default::default() }
}

fn block() -> Command {
    Command::Block { buyer: "b-1".into(), reason: "r".into(), by: Actor::Account(AgentNo(5)) }
}

/// The buyer wrote at 10, agent 1 owns the reception, and has offer 1 before them since 12.
fn offered() -> Vec<(u64, Command)> {
    after(owned(), vec![(12, offer(20))])
}

fn lived(history: Vec<(u64, Command)>) -> Conversation {
    let mut talk = new();
    history.into_iter().for_each(|(at, command)| drop(act(&mut talk, command, at)));
    talk
}

fn open(talk: &Conversation) -> Option<OfferNo> {
    talk.suggestions.open.as_ref().map(|offer| offer.no)
}

/// What agent 1 is told, and the suggestion that the message then says it was made with.
fn answered(history: Vec<(u64, Command)>, command: Command) -> (String, Option<Adopted>) {
    let mut talk = lived(history);
    let decision = talk.decide(command, Millis(20)).expect("sent");
    decision.events.iter().for_each(|event| talk.apply(event));
    let settled = |event: &Event| matches!(event, Event::SuggestionSettled(_)).then(|| crate::render::event(event));
    let made = |event: &Event| if let Event::MessageAdded { extra: Some(extra), .. } = event { extra.suggestion } else { None };
    (decision.events.iter().filter_map(settled).collect::<Vec<_>>().join("; "), decision.events.iter().find_map(made))
}

#[test]
fn offers_are_numbered_and_say_what_they_answer() {
    // SPEC: ROB-1
    check(new(), owned(), (12, offer(20)), "suggestion 1 for message 1 at 12 to agent 1 |  | suggested 1 at 12");
    check(new(), vec![(10, send(1))], (9, offer(20)), "suggestion 1 for message 1 at 10 to nobody |  | suggested 1 at 10");
    let again = after(owned(), vec![(12, answer(1, 5)), (13, send(2))]);
    check(new(), again, (14, of(20, Some(3), &ITEMS)), "suggestion 1 for message 3 at 14 to agent 1 |  | suggested 1 at 14");
    let Some(offer) = lived(offered()).suggestions.open else { panic!("it is open") };
    let items: Vec<String> = ITEMS.map(str::to_owned).into();
    assert_eq!(offer, Offer { no: 1, for_seq: 1, items, by: robot(), at: Millis(12) });
}

#[test]
fn only_a_buyer_who_waits_for_an_answer_is_suggested_anything() {
    // SPEC: ROB-1, INB-8
    let refused = |history, expected: &str| check(new(), history, (20, offer(20)), &format!("refused: {expected}"));
    refused(vec![], "NotFound { what: \"conversation\" }");
    refused(after(owned(), vec![(12, answer(1, 5))]), "NothingUnanswered");
    refused(after(owned(), vec![(12, mark(true))]), "NothingUnanswered");
    refused(after(owned(), vec![(12, recall(1))]), "NothingUnanswered");
    refused(after(owned(), vec![(12, close(1))]), "ReceptionClosed");
    refused(after(owned(), vec![(12, block())]), "ReceptionClosed");
    refused(after(owned(), vec![(12, block()), (13, send(2))]), "ReceptionClosed");
    // Marked by hand it waits again, for an answer to what the buyer wrote last.
    let marked = after(owned(), vec![(12, answer(1, 5)), (13, mark(false))]);
    check(new(), marked, (20, of(20, Some(1), &ITEMS)), "suggestion 1 for message 1 at 20 to agent 1 |  | suggested 1 at 20");
}

#[test]
fn suggestions_for_an_earlier_message_are_outdated() {
    // SPEC: ROB-1
    let wrote = || after(owned(), vec![(12, send(2))]);
    for wrong in [0, 1, 3, u64::MAX] {
        check(new(), wrote(), (14, of(20, Some(wrong), &ITEMS)), "refused: NotLastMessage { last: 2 }");
    }
    check(new(), wrote(), (14, of(20, Some(2), &ITEMS)), "suggestion 1 for message 2 at 14 to agent 1 |  | suggested 1 at 14");
    // Where the last is taken back, the one before is the last; what others write between them is none of the buyer's.
    let taken_back = after(owned(), vec![(12, answer(1, 5)), (13, send(2)), (14, send(3)), (15, recall(4))]);
    check(new(), taken_back, (16, of(20, Some(3), &ITEMS)), "suggestion 1 for message 3 at 16 to agent 1 |  | suggested 1 at 16");
    let empty = Extra::default();
    let dot = after(wrote(), vec![(13, with_extra(empty, ".", Guard::usual()))]);
    check(new(), dot, (16, of(20, Some(2), &ITEMS)), "suggestion 1 for message 2 at 16 to agent 1 |  | suggested 1 at 16");
}

#[test]
fn an_account_suggests_where_it_serves_or_oversees() {
    // SPEC: ROB-1, ACC-1
    let by = |agent, oversees| offer_by(Actor::Account(AgentNo(agent)), oversees, None, &ITEMS);
    check(new(), owned(), (12, by(2, false)), "refused: NotOwner");
    check(new(), vec![(10, send(1))], (12, by(1, false)), "refused: NotOwner");
    for (agent, oversees) in [(1, false), (2, true)] {
        check(new(), owned(), (12, by(agent, oversees)), "suggestion 1 for message 1 at 12 to agent 1 |  | suggested 1 at 12");
    }
}

#[test]
fn what_could_not_be_sent_is_not_suggested() {
    // SPEC: ROB-1, GRD-2, GRD-3
    let long = "长".repeat(limits::MESSAGE_CHARS_MAX + 1);
    let rows: [(&[&str], &str, &str); 8] = [
        (&[], "items", "1 to 3 texts"),
        (&["a", "b", "c", "d"], "items", "1 to 3 texts"),
        (&["好的", &long], "items[1]", "at most 4000 characters"),
        (&["好的", " 好的\n"], "items[1]", "the same text as another; offer each once"),
        (&["好的", "加我微信 abc12345"], "items[1]", "character 1: `加我微信 abc12345`: a contact of a messenger"),
        (&["。。"], "items[0]", "it says nothing: blanks, punctuation or emoji only are no answer"),
        (&["好的", "在的", " "], "items[2]", "it says nothing: blanks, punctuation or emoji only are no answer"),
        (&["好的", "在的", "👍"], "items[2]", "it says nothing: blanks, punctuation or emoji only are no answer"),
    ];
    for (items, field, problem) in rows {
        let refused = lived(owned()).decide(of(20, None, items), Millis(12)).expect_err("refused");
        assert!(refused.to_string().starts_with(&format!("`{field}`: {problem}")), "{items:?}: {refused}");
    }
    // Of an assistant contacts are refused also where the shop only warns its agents of them.
    let warns = Settings { contacts: Contacts::Warn, ..Settings::default() };
    let guard = Arc::new(Guard::new(warns, Arc::new(Words::default()), vec![], vec![], Arc::default()));
    let items = vec!["电话 13800138000".to_owned()];
    let command = Command::Suggest { by: robot(), oversees: true, for_seq: None, items, retry: retry(20), guard: guard.clone() };
    assert!(lived(owned()).decide(command, Millis(12)).is_err());
}

#[test]
fn a_suggestion_is_adopted_as_it_is_edited_or_ignored() {
    // SPEC: ROB-1, ROB-7
    let made = |item, edited| Some(Adopted { offer: 1, item, edited });
    let settled = |fate: &str| format!("suggestion 1 of agent 1 {fate} by agent 1");
    for same in [ITEMS[1].to_owned(), format!(" {}\n", ITEMS[1])] {
        assert_eq!(answered(offered(), with(1, 1, &same)), (settled("AsIs(1)"), made(1, false)));
    }
    assert_eq!(answered(offered(), with(1, 0, "有货,明天发。")), (settled("Edited(0)"), made(0, true)));
    assert_eq!(answered(offered(), with(1, 0, ITEMS[1])), (settled("Edited(0)"), made(0, true)), "it names the other");
    assert_eq!(answered(offered(), answer(1, 5)), (settled("Ignored"), None));
    // Whoever repeats the answer hears of the first; nothing is counted twice.
    let repeated = after(offered(), vec![(13, with(1, 0, ITEMS[0]))]);
    check(new(), repeated, (14, with(1, 0, ITEMS[0])), " |  | accepted 2 at 13 again");
}

#[test]
fn an_answer_without_content_settles_nothing() {
    // SPEC: ROB-7
    for command in [with_extra(Extra::default(), "。", Guard::usual()), with(1, 0, "👌")] {
        assert_eq!(answered(offered(), command), (String::new(), None));
    }
    assert_eq!(open(&lived(after(offered(), vec![(13, with(1, 0, "👌"))]))), Some(1));
    let later = after(offered(), vec![(13, with_extra(Extra::default(), "?", Guard::usual()))]);
    let made = Some(Adopted { offer: 1, item: 0, edited: false });
    let mut second = with(1, 0, ITEMS[0]);
    if let Command::Answer { retry: key, .. } = &mut second {
        *key = retry(92);
    }
    assert_eq!(answered(later, second), ("suggestion 1 of agent 1 AsIs(0) by agent 1".into(), made));
}

#[test]
fn an_answer_with_what_is_no_longer_open_is_sent_and_not_counted() {
    // SPEC: ROB-7
    let overtaken = || after(offered(), vec![(13, offer(21))]);
    assert_eq!(answered(overtaken(), with(1, 1, ITEMS[1])), ("suggestion 2 of agent 1 Ignored by agent 1".into(), None));
    let put_aside = after(offered(), vec![(13, dismiss(1, false, 1))]);
    assert_eq!(answered(put_aside, with(1, 1, ITEMS[1])), (String::new(), None));
    let twice = after(offered(), vec![(13, answer(1, 5))]);
    assert_eq!(answered(twice, with(1, 1, ITEMS[1])), (String::new(), None));
    // Of what was never offered the sender is told.
    let problem = |no, item| lived(offered()).decide(with(no, item, "x"), Millis(20)).expect_err("refused").to_string();
    assert_eq!(problem(0, 0), "`suggestion`: there is no suggestion 0 in this conversation");
    assert_eq!(problem(2, 0), "`suggestion`: there is no suggestion 2 in this conversation");
    assert_eq!(problem(1, 2), "`suggestion`: `item` 2: suggestion 1 has 2 texts, counted from 0");
}

#[test]
fn whatever_ends_the_round_settles_the_offer() {
    // SPEC: ROB-7
    let ignored = |by: &str| format!("suggestion 1 of agent 1 Ignored by {by}");
    let rows = [
        (close(1), "agent 1"),
        (mark(true), "agent 1"),
        (recall(1), "nobody"),
        (block(), "agent 5"),
        (offer(21), "nobody"),
        (dismiss(1, false, 1), "agent 1"),
        (dismiss(7, true, 1), "agent 7"),
    ];
    for (command, by) in rows {
        let what = format!("{command:?}");
        let (settled, _) = answered(offered(), command);
        assert_eq!(settled, ignored(by), "{what}");
    }
    // A transfer does not, nor what the buyer writes or takes back meanwhile.
    for command in [own(1, 2), send(2), say(2, "转人工", 1)] {
        let talk = lived(after(offered(), vec![(13, command)]));
        assert_eq!(open(&talk), Some(1));
    }
    let one_of_two = after(owned(), vec![(11, send(2)), (12, offer(20)), (13, recall(2))]);
    assert_eq!(open(&lived(one_of_two)), Some(1));
    // Once settled, nothing settles it again.
    let over = after(offered(), vec![(13, dismiss(1, false, 1))]);
    assert_eq!(answered(over, close(1)), (String::new(), None));
}

#[test]
fn an_offer_is_put_aside_by_who_serves_or_oversees() {
    // SPEC: ROB-7
    check(new(), offered(), (13, dismiss(2, false, 1)), "refused: NotOwner");
    for unknown in [0, 2] {
        check(new(), offered(), (13, dismiss(1, false, unknown)), "refused: NotFound { what: \"suggestion\" }");
    }
    check(new(), after(offered(), vec![(13, dismiss(1, false, 1))]), (14, dismiss(1, false, 1)), " |  | Done");
    check(new(), after(offered(), vec![(13, offer(21))]), (14, dismiss(1, false, 1)), " |  | Done");
}

#[test]
fn who_repeats_an_offer_is_answered_as_the_first_time() {
    // SPEC: OPS-2
    let again = "suggested 1 at 12 again";
    for more in [vec![], vec![(13, close(1))], vec![(13, answer(1, 5))], vec![(13, offer(21))]] {
        check(new(), after(offered(), more), (14, offer(20)), &format!(" |  | {again}"));
    }
    check(new(), offered(), (12 + 24 * HOUR, offer(20)), &format!(" |  | {again}"));
    let other = Command::Suggest {
        by: robot(),
        oversees: true,
        for_seq: None,
        items: vec!["好的".into()],
        retry: RetryKey { client_id: 20, body: 2 },
        guard: Guard::usual(),
    };
    check(new(), offered(), (14, other), "refused: IdTaken { what: \"suggestion\" }");
    let late = "suggestion 1 of agent 1 Ignored by nobody; suggestion 2 for message 1 at 86400013 to agent 1 |  | suggested 2 at 86400013";
    check(new(), offered(), (13 + 24 * HOUR, offer(20)), late);
    // What is remembered stays small.
    let many = (0..50).map(|n| (12 + n, offer(20 + n))).collect();
    let talk = lived(after(owned(), many));
    assert_eq!((talk.suggestions.recent.len(), talk.suggestions.offered), (limits::SUGGESTIONS_KEPT, 50));
}

#[test]
fn a_suggestion_is_read_as_strictly_when_it_is_sent() {
    // SPEC: GRD-2, GRD-3
    let banned = Arc::new(Guard::new(Settings::default(), Arc::new(Words::new(&["今天".to_owned()])), vec![], vec![], Arc::default()));
    let extra = |item| Extra { suggestion: Some(Adopted { offer: 1, item, edited: false }), ..Extra::default() };
    let mut talk = lived(offered());
    let caught = act(&mut talk, with_extra(extra(0), ITEMS[0], banned.clone()), 13);
    assert!(caught.contains("caught"), "{caught}");
    assert_eq!(open(&talk), Some(1), "the agent may still use it");
    // Edited, the words are the agent's own: where the shop warns, it is warned.
    let warns = Settings { contacts: Contacts::Warn, ..Settings::default() };
    let guard = Arc::new(Guard::new(warns, Arc::default(), vec![], vec![], Arc::default()));
    let sent = act(&mut talk, with_extra(extra(0), "有货,电话 13800138000", guard), 14);
    assert!(sent.contains("Edited(0)"), "{sent}");
}

#[test]
fn no_buyer_is_told_of_a_suggestion() {
    // SPEC: ROB-1
    let mut talk = lived(owned());
    let mut events = Vec::new();
    for (at, command) in [(12, offer(20)), (13, offer(21)), (14, with(2, 0, ITEMS[0]))] {
        let decision = talk.decide(command, Millis(at)).expect("done");
        decision.events.iter().for_each(|event| talk.apply(event));
        events.extend(decision.events);
    }
    let of_suggestions = |event: &&Event| matches!(event, Event::Suggested(_) | Event::SuggestionSettled(_));
    assert_eq!(events.iter().filter(of_suggestions).count(), 4);
    for event in events.iter().filter(of_suggestions) {
        let told = audience(event);
        assert_eq!((told.buyer, told.holds(AgentNo(1), false), told.holds(AgentNo(2), false)), (None, true, false), "{event:?}");
        assert!(told.holds(AgentNo(9), true));
    }
    let suggestion = Some(Adopted { offer: 1, item: 0, edited: true });
    let extra = Extra { suggestion, made_with: Some(TextRef::Template(1)), ..Extra::default() };
    assert_eq!(extra.for_buyer(), None);
}
