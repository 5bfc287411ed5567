//! What every round has in common: try again what was not answered, then compare everything with what clients were told.

use crate::desk::{Fate, Work, check_counts};
use crate::dice::Dice;
use crate::history::{Attempt, Deed, Ledger, Message, check_lists};
use crate::house::House;
use crate::http::Client;
use crate::load;
use crate::server::Server;
use crate::work;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// Acknowledged messages that are sent again in each round.
const REPEATED: usize = 6;
/// The lists of a shop are read one after the other; in between a reception may be routed once more.
const LISTED_AGAIN_MAX: usize = 5;
/// Gauges are measured twice a second.
const MEASURED_AGAIN_MAX: usize = 40;
const MEASURED_AGAIN_AFTER: Duration = Duration::from_millis(100);

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
            // Who does not see the conversation any more has no files in it: nobody can tell what became of it.
            (404, _) if attempt.file.is_some() => ledger.unknown.retain(|unknown| *unknown != attempt),
            (status, answer) => ledger.problems.push(format!("tried again: {attempt:?}: {status} {answer}")),
        }
    }
    let known = ledger.acknowledgements().count();
    let chosen: Vec<usize> = (0..REPEATED.min(known)).map(|_| dice.below(known)).collect();
    let chosen = chosen.into_iter().filter_map(|n| ledger.acknowledgements().nth(n).map(|(seq, a)| (seq, a.clone())));
    for (seq, attempt) in chosen.collect::<Vec<_>>() {
        let (status, answer) = again(&attempt);
        if status == 404 && attempt.file.is_some() {
            continue;
        }
        if status != 200 || answer["seq"].as_u64() != Some(seq) || answer["repeated"] != true {
            ledger.problems.push(format!("acknowledged as {seq} and sent again: {attempt:?}: {status} {answer}"));
        }
    }
    retries
}

/// Gives again the notices of a shop that were not answered, and the newest that were.
fn notices_again(client: &mut Client, house: &House, ledger: &mut Ledger) {
    for (to, title, known) in ledger.desk.to_repeat(&format!("notice {} ", house.shop)) {
        let path = format!("/v1/platform/shops/{}/notices", house.shop);
        let no = client.must("POST", &path, &house.key, Some(&work::notice(&to, &title)))["no"].as_u64().unwrap_or(0);
        if known.is_some_and(|known| known != no) {
            ledger.problems.push(format!("{to}: {title:?} was acknowledged as {known:?}, and again as {no}"));
        }
        if known.is_none() {
            let (work, fate) = (Work::Add { to, text: title }, Fate::Done { no });
            ledger.hear(vec![Deed::Worked { client: 0, work, fate }]);
        }
    }
}

/// Everything of a list whose pages are named by cursors.
fn pages(client: &mut Client, token: &str, path: &str, rows: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.must("GET", &format!("{path}limit=200{cursor}"), token, None);
        all.extend(page[rows].as_array().cloned().unwrap_or_default());
        match (page["next"].as_str(), page["next"].as_u64()) {
            (Some(next), _) => cursor = format!("&cursor={next}"),
            (_, Some(next)) => cursor = format!("&cursor={next}"),
            (None, None) => return all,
        }
    }
}

/// All messages of a conversation, page by page.
pub fn history(client: &mut Client, house: &House, conversation: &str) -> Vec<Message> {
    messages(client, &house.owner.token, &format!("/v1/staff/conversations/{conversation}/messages"), 0)
}

fn messages(client: &mut Client, token: &str, path: &str, mut after: u64) -> Vec<Message> {
    let mut messages = Vec::new();
    loop {
        let page = client.must("GET", &format!("{path}?after={after}&limit=200"), token, None);
        messages.extend(page["messages"].as_array().into_iter().flatten().map(Message::read));
        match page["next"].as_u64() {
            Some(next) if next > after => after = next,
            Some(next) => panic!("{path}: the page after {after} leads to {next}"),
            None => return messages,
        }
    }
}

/// Compares what clients were told with what there is: the conversations that were touched since the last time, or `all`.
pub fn audit(server: &Server, houses: &[std::sync::Arc<House>], ledger: &mut Ledger, all: bool) -> Vec<String> {
    let mut client = Client::connect(server.address).unwrap();
    let mut values = HashMap::new();
    houses.iter().for_each(|house| notices_again(&mut client, house, ledger));
    let mut problems = std::mem::take(&mut ledger.problems);
    problems.append(&mut ledger.desk.problems);
    for house in houses {
        for buyer in &house.buyers {
            let conversation = &buyer.conversation;
            let Some(talk) = ledger.talks.get_mut(conversation) else { continue };
            let row = client.ask("GET", &format!("/v1/staff/conversations/{conversation}"), &house.owner.token, None).unwrap();
            if row.0 != 200 {
                let lost = talk.lost(&[]);
                if lost > 0 {
                    problems.push(format!("{conversation}: {} {}, {lost} messages lost", row.0, row.1));
                }
                continue;
            }
            read_values(&row.1, &mut values);
            if !std::mem::take(&mut talk.touched) && !all {
                continue;
            }
            let shown = history(&mut client, house, conversation);
            let mut whole = shown.clone();
            if row.1["blocked"] == true {
                // What a blacklisted buyer writes only the buyer is shown (INB-8).
                whole.extend(messages(&mut client, &buyer.token, "/v1/buyer/messages", shown.last().map_or(0, |m| m.seq)));
            }
            let mut found = talk.check(&whole);
            found.extend(talk.check_row(&row.1, &shown));
            found.extend(check_desk(&mut client, house, ledger, conversation, &shown));
            problems.extend(found.into_iter().map(|problem| format!("{conversation}: {problem}")));
        }
        problems.extend(check_owners(&mut client, house, ledger));
        problems.extend(check_figures(&mut client, house));
        problems.extend(check_shop(&mut client, house, ledger, &mut values));
    }
    problems.extend(ledger.desk.check_values(&values));
    problems
}

/// What the row of a conversation says of what staff set.
fn read_values(row: &Value, values: &mut HashMap<String, String>) {
    let conversation = row["conversation"].as_str().unwrap_or_default();
    for no in row["labels"].as_array().into_iter().flatten() {
        values.insert(format!("label {no} {conversation}"), "yes".into());
    }
    if row["priority_overridden"] == true {
        values.insert(format!("priority {conversation}"), row["priority"].as_str().unwrap_or_default().into());
    }
    if row["blocked"] == true {
        values.insert(format!("block {conversation}"), "yes".into());
    }
}

/// The notes and the files of a conversation.
fn check_desk(client: &mut Client, house: &House, ledger: &Ledger, conversation: &str, history: &[Message]) -> Vec<String> {
    let (token, path) = (&house.owner.token, format!("/v1/staff/conversations/{conversation}"));
    let numbered = |row: &Value| (row["note"].as_u64().unwrap_or(0), row["text"].as_str().unwrap_or_default().to_owned());
    let mut notes: Vec<(u64, String)> = pages(client, token, &format!("{path}/notes?"), "notes").iter().map(numbered).collect();
    notes.reverse();
    let mut problems = ledger.desk.check_roll(&format!("note {conversation}"), &notes);
    for (hash, bytes) in ledger.desk.files_of(conversation) {
        let (status, found) = client.exchange("GET", &format!("{path}/files/{hash}"), token, "", None).unwrap();
        let recalled = status == 404 && ledger.talks[conversation].may_lack(&hash, history);
        if !recalled && (status != 200 || found != bytes) {
            problems.push(format!("file {hash} of {} bytes: {status}, {} bytes", bytes.len(), found.len()));
        }
    }
    problems
}

/// The notices of a shop; and what its drafts, its orders and its blacklist are.
fn check_shop(client: &mut Client, house: &House, ledger: &Ledger, values: &mut HashMap<String, String>) -> Vec<String> {
    let (token, mut problems) = (&house.owner.token, Vec::new());
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    for stream in ["system", "service"] {
        let rows = pages(client, token, &format!("/v1/staff/notices?stream={stream}&"), "notices");
        let mut found: Vec<(u64, String)> = rows.iter().map(|row| (row["no"].as_u64().unwrap_or(0), text(row, "title"))).collect();
        found.reverse();
        problems.extend(ledger.desk.check_roll(&format!("notice {} {stream}", house.shop), &found));
    }
    for order in pages(client, token, "/v1/staff/shop/orders?", "orders") {
        let name = format!("order {} {}", house.shop, text(&order, "order"));
        if values.insert(name.clone(), text(&order, "state")).is_some() {
            problems.push(format!("{name} is listed twice"));
        }
    }
    for member in &house.agents {
        let drafts = client.must("GET", "/v1/staff/drafts", &member.token, None);
        for draft in drafts["drafts"].as_array().into_iter().flatten() {
            values.insert(format!("draft {} {}", member.number, text(draft, "conversation")), text(draft, "text"));
        }
    }
    let listed = pages(client, token, "/v1/staff/shop/blacklist?", "buyers");
    for row in &listed {
        let name = format!("block {}", text(row, "conversation"));
        if !values.contains_key(&name) {
            problems.push(format!("{name} is on the blacklist, but not in its row"));
        }
    }
    let blocked = |buyer: &&crate::house::Buyer| values.contains_key(&format!("block {}", buyer.conversation));
    let blocked = house.buyers.iter().filter(blocked).count();
    if blocked != listed.len() {
        problems.push(format!("{blocked} conversations are blocked, {} are on the blacklist", listed.len()));
    }
    problems
}

/// The figures of the shop, its accounts and its groups are what a recount of its lists says.
fn check_figures(client: &mut Client, house: &House) -> Vec<String> {
    let token = &house.owner.token;
    let mut problems = Vec::new();
    for _ in 0..LISTED_AGAIN_MAX {
        let mut counts = Vec::new();
        for of in ["shop", "accounts", "groups"] {
            counts.extend(pages(client, token, &format!("/v1/staff/inbox/counts?of={of}&"), "counts"));
        }
        problems = check_counts(&pages(client, token, "/v1/staff/inbox?", "conversations"), &counts);
        if problems.is_empty() {
            break;
        }
    }
    problems
}

/// What gauges tell of all shops, which `houses` are, against what each is told (MET-3). The clock beats twice a second.
pub fn check_gauges(server: &Server, houses: &[std::sync::Arc<House>]) -> Vec<String> {
    const GAUGES: [(&str, &str); 3] = [("queued", "waiting"), ("pooled", "pooled"), ("unanswered", "unanswered")];
    let mut client = Client::connect(server.address).unwrap();
    let mut problems = Vec::new();
    for _ in 0..MEASURED_AGAIN_MAX {
        let (_, text) = client.exchange("GET", "/metrics", &server.key(), "application/json", None).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let counts: Vec<Value> = houses
            .iter()
            .map(|h| client.must("GET", "/v1/staff/inbox/counts?of=shop", &h.owner.token, None)["counts"][0].clone())
            .collect();
        let told = |gauge: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("fenliu_{gauge}_conversations "))?.parse::<f64>().ok());
            line.map(|value| value as u64)
        };
        let sum = |part: &str| counts.iter().map(|count| count[part].as_u64().unwrap_or(u64::MAX / 1_000_000)).sum::<u64>();
        let wrong = GAUGES.iter().filter(|(gauge, part)| told(gauge) != Some(sum(part)));
        problems = wrong.map(|(gauge, part)| format!("{gauge} of all shops: {:?}, recounted {}", told(gauge), sum(part))).collect();
        if problems.is_empty() {
            break;
        }
        // Until the next beat, or until what a restart routes anew has been routed.
        std::thread::park_timeout(MEASURED_AGAIN_AFTER);
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
