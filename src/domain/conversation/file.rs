//! Files stored for a conversation (INB-7), so that its messages can carry them.
//!
//! Who may name which file was decided at the door, which can look at the store; here it only happens.

use super::Conversation;
use crate::domain::Decision;
use crate::domain::content::Attachment;
use crate::domain::event::{Author, Event};
use crate::domain::id::Millis;

impl Conversation {
    /// Also where nobody has written yet: a first message may be a picture, which is stored before it is sent.
    pub(super) fn add_file(&self, file: Attachment, by: Author, now: Millis) -> Decision {
        Decision::default().event(Event::FileAdded { conversation: self.place().1, file, by, at: now })
    }
}
