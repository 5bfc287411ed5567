//! Keys of the texts of a shop: the lists of its groups, and how often texts are used.

use super::{KIND_TEXTS, Key, array, parts};
use crate::domain::content::TextRef;
use crate::domain::id::{AgentNo, GroupNo, ShopScope};
use crate::store::Error;

/// `usage_count`: replies in an hour since the epoch that were made with one text.
pub fn usage(scope: ShopScope, hour: u32, text: TextRef) -> Key {
    let (kind, whose, no): (u8, u32, u32) = match text {
        TextRef::TeamPhrase(no) => (1, 0, no),
        TextRef::GroupPhrase(group, no) => (2, group.0, no),
        TextRef::OwnPhrase(agent, no) => (3, agent.0, no),
        TextRef::Template(no) => (4, 0, no),
    };
    parts(&[&scope.number().to_be_bytes(), &hour.to_be_bytes(), &[kind], &whose.to_be_bytes(), &no.to_be_bytes()])
}

/// Hour and text in a key of `usage_count`.
pub fn usage_decode(key: &[u8]) -> Result<(u32, TextRef), Error> {
    let number = |from| Ok::<u32, Error>(u32::from_be_bytes(array(key, from)?));
    let (hour, whose, no) = (number(4)?, number(9)?, number(13)?);
    let text = match key[8] {
        1 => TextRef::TeamPhrase(no),
        2 => TextRef::GroupPhrase(GroupNo(whose), no),
        3 => TextRef::OwnPhrase(AgentNo(whose), no),
        4 => TextRef::Template(no),
        _ => return Err(Error::damaged("usage_count", "a text of unknown kind")),
    };
    Ok((hour, text))
}

/// The counts from one hour (inclusive) to another (exclusive).
pub fn usage_range(scope: ShopScope, from: u32, to: u32) -> (Key, Key) {
    let shop = scope.number().to_be_bytes();
    (parts(&[&shop, &from.to_be_bytes()]), parts(&[&shop, &to.to_be_bytes()]))
}

/// The heads of the lists of all groups: from (inclusive) and to (exclusive).
pub fn group_texts(scope: ShopScope) -> (Key, Key) {
    let head = |kind| parts(&[&scope.number().to_be_bytes(), &[KIND_TEXTS, kind]]);
    (head(1), head(2))
}
