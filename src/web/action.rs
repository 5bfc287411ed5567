//! What the client of a WebSocket asks for: frames understood, or refused in words, and performed at the door.
//!
//! Knows nothing of connections. Invariant: a frame that asks the other side's work, or lacks a field, never reaches the door.

use super::body::{complaint, not_an_object};
use super::error;
use super::wire::file::with;
use super::wire::frame::{Incoming, Kind, Outgoing, Side};
use crate::domain::Reply;
use crate::domain::facts::Visit;
use crate::domain::id::ConversationId;
use crate::domain::refusal::Refusal;
use crate::domain::view::Principal;
use crate::door::{self, Door, Voice, With};

/// What a client asked for, understood.
pub enum Action {
    Send { text: String, visit: Visit, ask_person: bool, with: With },
    Answer { conversation: ConversationId, text: String, with: With },
    ReadByBuyer { seq: u64 },
    Read { conversation: ConversationId, seq: u64 },
    TypesAsBuyer,
    Types { conversation: ConversationId },
    Looks { conversation: ConversationId },
    LooksAway,
}

/// What came of it.
pub struct Done {
    client_message_id: Option<String>,
    result: Result<Reply, Refusal>,
}

impl Done {
    /// The frame that says so, if there is one: a read mark that went well is not answered.
    pub fn frame(&self) -> Option<String> {
        let id = self.client_message_id.as_deref();
        match (&self.result, id) {
            (Ok(Reply::Accepted { seq, at, repeated, .. }), Some(client_message_id)) => {
                Some(Outgoing::Accepted { client_message_id, seq: *seq, at: at.0, repeated: *repeated, warnings: Vec::new() }.text())
            }
            (Ok(Reply::Warned { seq, at, findings, .. }), Some(client_message_id)) => {
                let warnings = findings.iter().map(Into::into).collect();
                Some(Outgoing::Accepted { client_message_id, seq: *seq, at: at.0, repeated: false, warnings }.text())
            }
            (Ok(_), _) => None,
            (Err(refusal), _) => Some(refused(id, refusal)),
        }
    }
}

fn refused(client_message_id: Option<&str>, refusal: &Refusal) -> String {
    let (face, detail, findings) = (error::face(refusal), error::detail(refusal), error::findings(refusal));
    Outgoing::Refused { client_message_id, code: face.code, detail: &detail, retry_after_s: face.retry_after_s, findings }.text()
}

/// Does it, and says what came of it.
pub async fn perform(door: &Door, who: &Principal, voice: &Voice, client_message_id: Option<String>, action: Action) -> Done {
    let id = || client_message_id.clone().unwrap_or_default();
    let result = match action {
        Action::Send { text, visit, ask_person, with } => {
            door.send(who, door::Send { client_message_id: id(), text, visit, ask_person, with }).await
        }
        Action::Answer { conversation, text, with } => door.answer(who, conversation, id(), text, with).await,
        Action::ReadByBuyer { seq } => door.read_by_buyer(who, seq).await.map(|()| Reply::Done),
        Action::Read { conversation, seq } => door.read_by_staff(who, conversation, seq).await.map(|()| Reply::Done),
        Action::TypesAsBuyer => door.types_as_buyer(who, voice).map(|()| Reply::Done),
        Action::Types { conversation } => door.types_as_staff(who, voice, conversation).map(|()| Reply::Done),
        Action::Looks { conversation } => door.looks(who, voice, conversation).map(|()| Reply::Done),
        Action::LooksAway => {
            door.looks_away(voice);
            Ok(Reply::Done)
        }
    };
    Done { client_message_id, result }
}

/// What a frame tells of the visit, and the name of the first field that does.
fn told(incoming: &Incoming) -> (Visit, Option<&'static str>) {
    let mut first = incoming.ask_person.map(|_| "ask_person");
    let mut word = |field, value: &Option<String>| {
        if value.is_some() {
            first.get_or_insert(field);
        }
        value.clone().unwrap_or_default()
    };
    let visit = Visit {
        entry: word("entry", &incoming.entry),
        product: word("product", &incoming.product),
        category: word("category", &incoming.category),
        channel: word("channel", &incoming.channel),
        region: word("region", &incoming.region),
        language: word("language", &incoming.language),
    };
    (visit, first)
}

/// Reads a frame of the client, or says what is not understood.
pub fn understand(side: Side, text: &str) -> Result<(Option<String>, Action), String> {
    let malformed = |detail: &str| {
        Outgoing::Refused { client_message_id: None, code: "invalid", detail, retry_after_s: None, findings: Vec::new() }.text()
    };
    if let Some(problem) = not_an_object(text.as_bytes()) {
        return Err(malformed(&format!("a frame {problem}; `type` says what it is")));
    }
    let incoming: Incoming = serde_json::from_str(text).map_err(|error| malformed(&complaint(text.as_bytes(), &error)))?;
    let id = incoming.client_message_id.clone();
    let invalid = |field, problem: &str| refused(id.as_deref(), &Refusal::Invalid { field, problem: problem.into() });
    let missing = |field| invalid(field, "is missing");
    let told = told(&incoming);
    let Incoming { kind, client_message_id, text, conversation, seq, ask_person, files, card, quote, made_with, suggestion, .. } = incoming;
    let (made, chosen) = (made_with.is_some(), suggestion.is_some());
    let with = with(files.unwrap_or_default(), card, quote, made_with, suggestion);
    let (visit, of_the_visit) = told;
    let out_of_place = match (kind, side) {
        (Kind::Send, Side::Staff) | (Kind::Answer | Kind::Looking | Kind::Left, Side::Buyer) => Some(("type", "a frame of the other side")),
        (Kind::Read, _) if client_message_id.is_some() || text.is_some() => Some(("text", "a read mark has none")),
        (Kind::Read | Kind::Typing | Kind::Looking | Kind::Left, _) if with != With::default() => {
            Some(("files", "only what is sent has any, or a card, a quote, a text of the shop"))
        }
        (Kind::Send, _) if chosen => Some(("suggestion", "only an answer has one")),
        (Kind::Send, _) if made => Some(("made_with", "only an answer has one")),
        (Kind::Typing | Kind::Looking | Kind::Left, _) if client_message_id.is_some() || text.is_some() => {
            Some(("text", "a signal has none"))
        }
        (Kind::Left, _) if conversation.is_some() => Some(("conversation", "a device looks at one, and leaves that")),
        (Kind::Answer | Kind::Read | Kind::Typing | Kind::Looking | Kind::Left, _) if of_the_visit.is_some() => {
            of_the_visit.map(|field| (field, "only what is sent has one"))
        }
        (Kind::Send | Kind::Answer | Kind::Typing | Kind::Looking | Kind::Left, _) if seq.is_some() => {
            Some(("seq", "only a read mark has one"))
        }
        (_, Side::Buyer) if conversation.is_some() => Some(("conversation", "a buyer has only one, and does not name it")),
        _ => None,
    };
    if let Some((field, problem)) = out_of_place {
        return Err(invalid(field, problem));
    }
    let action = match (kind, side) {
        (Kind::Send | Kind::Answer, _) if client_message_id.is_none() => return Err(missing("client_message_id")),
        (Kind::Send | Kind::Answer, _) if text.is_none() && with.files.is_empty() && with.card.is_none() => return Err(missing("text")),
        (Kind::Send, _) => Action::Send { text: text.unwrap_or_default(), visit, ask_person: ask_person.unwrap_or_default(), with },
        (Kind::Answer, _) => {
            let conversation = conversation.ok_or_else(|| missing("conversation"))?.0;
            Action::Answer { conversation, text: text.unwrap_or_default(), with }
        }
        (Kind::Read, Side::Buyer) => Action::ReadByBuyer { seq: seq.ok_or_else(|| missing("seq"))? },
        (Kind::Read, Side::Staff) => {
            let conversation = conversation.ok_or_else(|| missing("conversation"))?.0;
            Action::Read { conversation, seq: seq.ok_or_else(|| missing("seq"))? }
        }
        (Kind::Typing, Side::Buyer) => Action::TypesAsBuyer,
        (Kind::Typing, Side::Staff) => Action::Types { conversation: conversation.ok_or_else(|| missing("conversation"))?.0 },
        (Kind::Looking, _) => Action::Looks { conversation: conversation.ok_or_else(|| missing("conversation"))?.0 },
        (Kind::Left, _) => Action::LooksAway,
    };
    Ok((client_message_id, action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_understood_or_refused_with_their_id() {
        let send = r#"{"type":"send","client_message_id":"12345678","text":"hi"}"#;
        let (id, action) = understand(Side::Buyer, send).ok().unwrap();
        assert_eq!(id.as_deref(), Some("12345678"));
        assert!(matches!(action, Action::Send { text, visit, ask_person: false, .. } if text == "hi" && visit == Visit::default()));
        let asks = r#"{"type":"send","client_message_id":"12345678","text":"hi","product":"p-1","ask_person":true}"#;
        let (_, action) = understand(Side::Buyer, asks).ok().unwrap();
        assert!(matches!(action, Action::Send { visit, ask_person: true, .. } if visit.product == "p-1"));
        let refused = understand(Side::Staff, send).err().unwrap();
        assert!(refused.starts_with(r#"{"type":"refused","client_message_id":"12345678","code":"invalid""#), "{refused}");
        for bad in [
            "",
            "[]",
            r#"{"type":"dance"}"#,
            r#"{"type":"read"}"#,
            r#"{"type":"send","text":"x"}"#,
            r#"{"type":"read","seq":1,"x":1}"#,
            r#"{"type":"read","seq":1,"region":"x"}"#,
        ] {
            assert!(understand(Side::Buyer, bad).is_err(), "{bad}");
        }
        assert!(matches!(understand(Side::Buyer, r#"{"type":"read","seq":4}"#), Ok((None, Action::ReadByBuyer { seq: 4 }))));
    }
}
