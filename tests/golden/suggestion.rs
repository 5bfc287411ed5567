//! One of every record of suggestions: what is offered, what becomes of it, what a conversation keeps.

use super::{AT, CONVERSATION};
use fenliu::domain::content::Extra;
use fenliu::domain::conversation::Conversation;
use fenliu::domain::event::{Actor, Author, Event, RetryKey};
use fenliu::domain::id::{AgentNo, GroupNo};
use fenliu::domain::suggestion::{Adopted, Fate, Offer, Settled, Suggested, Suggestions};

const RETRY: RetryKey = RetryKey { client_id: 0x0123_4567, body: 7 };
const OWNER: Option<AgentNo> = Some(AgentNo(4));
const GROUP: Option<GroupNo> = Some(GroupNo(1));

fn offer(by: Actor) -> Offer {
    Offer { no: 300, for_seq: 17, items: vec!["有货,今天发".into(), "In stock".into()], by, at: AT }
}

pub fn events() -> Vec<Event> {
    let (conversation, reception) = (CONVERSATION, 3);
    let offered = |by| {
        let (offer, retry, owner, group) = (offer(by), RETRY, OWNER, GROUP);
        Event::Suggested(Box::new(Suggested { conversation, reception, offer, retry, owner, group }))
    };
    let settled = |by, fate| {
        let (offer, at, owner, group) = (300, AT, OWNER, GROUP);
        Event::SuggestionSettled(Settled { conversation, reception, offer, at, by, fate, owner, group })
    };
    let extra = Extra { suggestion: Some(Adopted { offer: 300, item: 1, edited: true }), ..Extra::default() }.boxed();
    let text = "有货,明天发".into();
    let (author, retry) = (Author::Agent(AgentNo(4)), RETRY);
    vec![
        offered(Actor::Platform("robot".into())),
        offered(Actor::Account(AgentNo(7))),
        settled(OWNER, Fate::AsIs(0)),
        settled(OWNER, Fate::Edited(1)),
        settled(None, Fate::Ignored),
        Event::MessageAdded { conversation, seq: 18, at: AT, author, text, retry, owner: OWNER, extra, starts: None },
    ]
}

/// What a conversation keeps of suggestions.
pub fn kept(head: Conversation) -> Conversation {
    let suggestions = Suggestions { offered: 300, open: Some(offer(Actor::Platform("robot".into()))), recent: vec![(RETRY, 300, AT)] };
    Conversation { suggestions, asked: vec![15, 17], ..head }
}
