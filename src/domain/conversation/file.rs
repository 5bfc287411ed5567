//! What a conversation carries beside text (INB-7): files stored for it, and what goes along with a message.
//!
//! Who may name which file, order or message was decided at the door, which can look at the store; here it only happens.

use super::Conversation;
use crate::domain::Decision;
use crate::domain::content::{Attachment, Extra};
use crate::domain::event::{Author, Event};
use crate::domain::id::Millis;

/// The message that `event` is, with what goes along.
pub(super) fn carrying(mut event: Event, carried: Option<Box<Extra>>) -> Event {
    if let Event::MessageAdded { extra, .. } = &mut event {
        *extra = carried;
    }
    event
}

impl Conversation {
    /// Also where nobody has written yet: a first message may be a picture, which is stored before it is sent.
    pub(super) fn add_file(&self, file: Attachment, by: Author, now: Millis) -> Decision {
        Decision::default().event(Event::FileAdded { conversation: self.place().1, file, by, at: now })
    }
}
