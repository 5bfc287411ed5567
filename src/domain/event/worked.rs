//! Events of the work of staff on a conversation beside answering it: labels, notes and marks (INB-4, INB-5, INB-13).
//!
//! Stored as it stands: appended, never edited or reordered.

use crate::domain::desk::LabelNo;
use crate::domain::desk::time::Starts;
use crate::domain::id::{AgentNo, Millis, ReceptionNo};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Worked {
    /// The labels of one message, as a whole (INB-5).
    MessageLabelled { seq: u64, labels: Vec<LabelNo> },
    /// The labels of the conversation, as a whole, ascending (INB-5).
    Labelled { labels: Vec<LabelNo> },
    /// 内部备注 (INB-13): never shown to the buyer. `note`: 1, 2, 3, … within the conversation.
    NoteAdded { note: u32, text: String, mentions: Vec<AgentNo> },
    /// Set by hand (INB-4): "needs no reply", or that it does need one.
    Marked {
        reception: ReceptionNo,
        answered: bool,
        /// The round that ends with it, when it began; of one that begins with it the limits are in `starts`.
        ended: Option<Millis>,
        starts: Option<Box<Starts>>,
    },
}
