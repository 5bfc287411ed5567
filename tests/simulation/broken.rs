//! An invariant that does not hold.

use std::fmt;

/// Which one, and how it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub invariant: &'static str,
    pub what: String,
}

pub type Checked = Result<(), Broken>;

/// Every invariant that is looked at after every step, with what it says.
pub const INVARIANTS: [(&str, &str); 45] = [
    ("one owner", "a reception is opened once, closed once, and only its owner answers"),
    ("chain", "whoever is told to have had a reception had it: the history is a chain"),
    ("decided before told", "a conversation moves only by a decision that is stored"),
    ("acknowledged", "every acknowledged message is present exactly once and in order"),
    ("charged", "who passes a buyer on without a reply is charged with the round (DIV-8)"),
    ("place", "nothing is in two places: pool, queue, an agent"),
    ("load", "an agent's load and unanswered are a recount of its open receptions"),
    ("knows", "the dispatcher decides on what it was told"),
    ("capacity", "no automatic assignment over a capacity (DIV-4)"),
    ("receivable", "automatic targets are online and unsuspended, but for DIV-1.2 and the ways of OFF-1"),
    ("barred", "nobody waits for an answer of an account that may not give it: frozen, closed, disabled (GRD-8, DIV-6)"),
    ("asked again", "who did not answer in time is not asked again (DIV-7)"),
    ("weight", "weight 0 is never asked by rule (DIV-3)"),
    ("scope", "the target is one that DIV-1 leads to"),
    ("least load", "the least loaded for its weight, and who is not busy, comes first (DIV-3)"),
    ("offline", "offline handling applies where, and only where, OFF-1 and DIV-5 say"),
    ("queue order", "never a newer one before an older one that the same agent may serve (DIV-5)"),
    ("work conserving", "nothing waits that could be served (DIV-5)"),
    ("timer", "what is due is done, once, and not before"),
    ("slot once", "a slot fires at most once, across restarts"),
    ("slot due", "a slot that is due fires; one that was missed has its record (OFF-8)"),
    ("run adds up", "a record says what happened, and its numbers add up (OFF-7)"),
    ("newest first", "a run takes the newest, none older than 24 hours (OFF-4)"),
    ("agreement", "conversations and dispatcher say the same once everything has arrived"),
    ("restored", "what is rebuilt from the disk is what was in memory"),
    ("drained", "once everybody is there with room, nothing waits"),
    ("counters", "what the lists count is a recount (INB-3)"),
    ("unread", "what is unread is a recount of the messages"),
    ("recalled", "what was taken back is unread no more (INB-7)"),
    ("blacklist", "nobody in the shop is told of a blacklisted buyer's message, and it opens nothing (INB-8)"),
    ("set by hand", "no rule changes a priority that staff set (INB-2)"),
    ("archived", "what is archived is not open (INB-12)"),
    ("held", "no message is written of an account that could not send when it tried (GRD-8)"),
    ("slowly", "a slowed account sends at most so many messages a minute (GRD-7)"),
    ("lifted", "a freeze is lifted once, when it is over, and not before (GRD-8)"),
    ("ladder", "every violation leads to the next step, and only what a step asks for is taken (GRD-8)"),
    ("coupons", "so many buyers from one address within the window are a violation, fewer are none (GRD-5)"),
    ("refused text", "what the guard refuses is in no history (GRD-2)"),
    ("figures", "figures of quarter hours come to what a recount of every conversation comes to, over crashes (MET-1)"),
    ("rounds", "a message begins a round where none is open, and only there (SLA-1)"),
    ("late", "an answer is late exactly where the limit had passed, which is told before it (SLA-1)"),
    ("limit once", "a limit fires once, for what is still open, and not before (SLA-2, SLA-3)"),
    ("limit due", "a limit that has passed has fired (SLA-4)"),
    ("suggestions", "an offer is settled once; at most one is open, while the buyer waits; no buyer is told (ROB-7)"),
    ("sound", "no panic, no endless turn, no refused internal command"),
];

pub fn broken(invariant: &'static str, what: impl Into<String>) -> Broken {
    assert!(INVARIANTS.iter().any(|(name, _)| *name == invariant));
    Broken { invariant, what: what.into() }
}

/// Broken unless it holds.
pub fn holds(it: bool, invariant: &'static str, what: impl FnOnce() -> String) -> Checked {
    if it { Ok(()) } else { Err(broken(invariant, what())) }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" does not hold: {}", self.invariant, self.what)
    }
}
