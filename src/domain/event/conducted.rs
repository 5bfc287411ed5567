//! Events of the guard (SPEC section 7): what happened to the standing of an account, and the rules as they were set.
//!
//! Stored as it stands: appended, never edited or reordered.

use super::{Actor, RetryKey};
use crate::domain::guard::conduct::{Conduct, Question};
use crate::domain::guard::record::{Penalty, Sign, Violation};
use crate::domain::guard::standing::Undertaking;
use crate::domain::guard::{self, Approval};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conducted {
    /// Signs of automatic sending (GRD-6): not yet a violation.
    Flagged {
        signs: Vec<Sign>,
    },
    /// A violation and what follows it (GRD-8). `by`: a person's report; None: found by rule.
    Violated {
        violation: Violation,
        penalty: Penalty,
        by: Option<Actor>,
    },
    /// It may send again (GRD-8): the time is over, or the test was passed.
    Lifted,
    /// The ten questions it was given.
    TestDrawn {
        questions: Vec<Question>,
    },
    TestTaken {
        points: u32,
    },
    UndertakingGiven {
        undertaking: Undertaking,
    },
    /// A reviewer decided (GRD-8); not lifted: another undertaking is needed.
    Reviewed {
        lifted: bool,
        reason: String,
        by: Actor,
    },
    /// A message of an account that is slowed (GRD-7).
    SentSlowly {
        retry: RetryKey,
    },
}

/// What the guard goes by: see [`super::Event::Ruled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ruling {
    /// What the shop set of its guard.
    Guard { settings: Box<guard::Settings> },
    /// The banned words 禁用语 (GRD-2).
    Words { words: Vec<String> },
    /// The approvals 报备 of the shop (GRD-4).
    Approvals { approvals: Vec<Approval> },
    /// What counts as automatic sending and what follows a violation (GRD-6, GRD-8).
    Conduct { conduct: Box<Conduct> },
    /// The questions of the test (GRD-8).
    Questions { questions: Vec<Question> },
}
