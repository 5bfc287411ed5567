//! What every round has in common: try again what was not answered, then compare everything with what clients were told.

use crate::dice::Dice;
use crate::history::{Attempt, Deed, Ledger, Message, check_lists};
use crate::house::House;
use crate::http::Client;
use crate::load;
use crate::server::Server;
use serde_json::Value;

/// Acknowledged messages that are sent again in each round.
const REPEATED: usize = 6;
/// The lists of a shop are read one after the other; in between a reception may be routed once more.
const LISTED_AGAIN_MAX: usize = 5;

/// Sends again what was not answered, and a few that were. Gives the number of retries.
pub fn retry(server: &Server, ledger: &mut Ledger, dice: &mut Dice) -> u64 {
    let mut client = Client::connect(server.address).unwrap();
    let mut retries = 0;
    let mut again = |attempt: &Attempt| {
        retries += 1;
        let answer = load::send(&mut client, attempt);
        answer.unwrap_or_else(|e| panic!("no answer to {attempt:?}: {e}\n{}", server.log()))
    };
    for attempt in ledger.unknown.clone() {
        match again(&attempt) {
            (200, answer) => ledger.hear(vec![Deed::Acked { attempt, seq: answer["seq"].as_u64().unwrap_or(0) }]),
            // An agent who has lost the reception meanwhile; it says too that the answer was not taken the first time.
            (409, _) if attempt.author != 0 => ledger.hear(vec![Deed::Refused(attempt)]),
            (status, answer) => ledger.problems.push(format!("tried again: {attempt:?}: {status} {answer}")),
        }
    }
    let known = ledger.acknowledgements().count();
    let chosen: Vec<usize> = (0..REPEATED.min(known)).map(|_| dice.below(known)).collect();
    let chosen = chosen.into_iter().filter_map(|n| ledger.acknowledgements().nth(n).map(|(seq, a)| (seq, a.clone())));
    for (seq, attempt) in chosen.collect::<Vec<_>>() {
        let (status, answer) = again(&attempt);
        if status != 200 || answer["seq"].as_u64() != Some(seq) || answer["repeated"] != true {
            ledger.problems.push(format!("acknowledged as {seq} and sent again: {attempt:?}: {status} {answer}"));
        }
    }
    retries
}

/// All messages of a conversation, page by page.
pub fn history(client: &mut Client, house: &House, conversation: &str) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut after = 0;
    loop {
        let path = format!("/v1/staff/conversations/{conversation}/messages?after={after}&limit=200");
        let page = client.must("GET", &path, &house.owner.token, None);
        messages.extend(page["messages"].as_array().into_iter().flatten().map(Message::read));
        match page["next"].as_u64() {
            Some(next) if next > after => after = next,
            Some(next) => panic!("{conversation}: the page after {after} leads to {next}"),
            None => return messages,
        }
    }
}

/// Compares what clients were told with what there is: the conversations that were touched since the last time, or `all`.
pub fn audit(server: &Server, houses: &[std::sync::Arc<House>], ledger: &mut Ledger, all: bool) -> Vec<String> {
    let mut client = Client::connect(server.address).unwrap();
    let mut problems = std::mem::take(&mut ledger.problems);
    for house in houses {
        for buyer in &house.buyers {
            let conversation = &buyer.conversation;
            let Some(talk) = ledger.talks.get_mut(conversation).filter(|talk| all || talk.touched) else { continue };
            talk.touched = false;
            let row = client.ask("GET", &format!("/v1/staff/conversations/{conversation}"), &house.owner.token, None).unwrap();
            if row.0 != 200 {
                let lost = talk.lost(&[]);
                if lost > 0 {
                    problems.push(format!("{conversation}: {} {}, {lost} messages lost", row.0, row.1));
                }
                continue;
            }
            let history = history(&mut client, house, conversation);
            let found = talk.check(&history).into_iter().chain(talk.check_row(&row.1, &history));
            problems.extend(found.map(|problem| format!("{conversation}: {problem}")));
        }
        problems.extend(check_owners(&mut client, house, ledger));
    }
    problems
}

/// Each conversation stands in exactly one list of the staff's inbox, so each open reception has at most one owner.
fn check_owners(client: &mut Client, house: &House, ledger: &Ledger) -> Vec<String> {
    let written = |conversation: &str| ledger.talks.get(conversation).is_some_and(|talk| talk.is_written());
    let known: Vec<&str> = house.buyers.iter().map(|buyer| buyer.conversation.as_str()).filter(|c| written(c)).collect();
    let mut problems = Vec::new();
    for _ in 0..LISTED_AGAIN_MAX {
        let mut lists = Vec::new();
        for state in ["waiting", "pooled", "closed"] {
            lists.push((state.to_owned(), None, list(client, house, &format!("state={state}"))));
        }
        for state in ["unanswered", "replied"] {
            for member in house.agents.iter().chain([&house.owner]) {
                let rows = list(client, house, &format!("state={state}&owner={}", member.number));
                lists.push((state.to_owned(), Some(member.number), rows));
            }
        }
        problems = check_lists(&known, &lists);
        if problems.is_empty() {
            break;
        }
    }
    problems
}

fn list(client: &mut Client, house: &House, of: &str) -> Vec<Value> {
    let page = client.must("GET", &format!("/v1/staff/inbox?{of}&limit=200"), &house.owner.token, None);
    assert!(page["next"].is_null(), "more conversations than one page shows");
    page["conversations"].as_array().cloned().unwrap_or_default()
}
