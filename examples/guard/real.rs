//! The agents' messages of recorded conversations. Where dialogue acts say that a telephone number is told, and figures stand there, it
//! is a contact; everything else counts as honest, mail addresses that agents repeat included.

use crate::guard;
use crate::support::conversations::{Conversation, Conversations, Speaker, Turn};
use crate::tally::{Case, Tally};
use std::collections::BTreeMap;
use std::path::Path;

const DEMO: [(&str, &str); 4] = [
    ("demo/tea.jsonl", include_str!("../conversations/tea.jsonl")),
    ("demo/clothing.jsonl", include_str!("../conversations/clothing.jsonl")),
    ("demo/electronics.jsonl", include_str!("../conversations/electronics.jsonl")),
    ("demo/outdoor.jsonl", include_str!("../conversations/outdoor.jsonl")),
];

/// One tally for each shop of the recordings.
pub fn tallies(path: Option<&Path>) -> Result<Vec<Tally>, String> {
    let recorded = match path {
        Some(path) => Conversations::open(&[path.to_owned()], None).map_err(|e| e.to_string())?,
        None => Conversations::embedded(&DEMO, None),
    };
    let mut shops: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for conversation in recorded {
        let Conversation { id, shop, turns, .. } = conversation.map_err(|e| e.to_string())?;
        // Of many brands each has a few conversations: one set.
        let set = if id.starts_with("care-") { "twitter-care".to_owned() } else { shop };
        let cases = turns.into_iter().filter(|turn| turn.from == Speaker::Agent).map(case);
        shops.entry(set).or_default().extend(cases);
    }
    let tally = |(shop, cases): (String, Vec<Case>)| {
        // The shop of these recordings is one on Amazon.
        let guard = match shop.as_str() {
            "cucom" => guard(&["amazon"], &["amazon.in", "amazon.com"]),
            // The brands' own addresses were masked so.
            "twitter-care" => guard(&[], &["example.com"]),
            _ => guard(&[], &[]),
        };
        Tally::of(&format!("recorded: {shop}"), &guard, cases.into_iter())
    };
    Ok(shops.into_iter().map(tally).collect())
}

fn case(turn: Turn) -> Case {
    let tells = turn.acts.iter().any(|act| act.first().is_some_and(|act| act == "Inform") && act.get(2).is_some_and(|slot| slot == "电话"));
    let longest = turn.text.split(|c: char| !c.is_ascii_digit() && c != '-').map(|part| part.chars().filter(char::is_ascii_digit).count());
    let contact = tells && longest.max().unwrap_or(0) >= 7;
    Case { contact, kind: if contact { "telephone number" } else { "message" }.to_owned(), text: turn.text }
}
