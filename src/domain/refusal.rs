//! What the system says no to. Every refusal is told to the client with a stable code; HTTP knows it in `web/error.rs` only.

use super::diversion::check::Fault;
use super::guard::Finding;
use super::id::Millis;

/// An expected "no".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the credential is missing, unknown, expired or revoked")]
    Unauthenticated,
    #[error("account name or password is wrong")]
    WrongPassword,
    #[error("too many failed attempts; the account is locked until {until:?}")]
    LockedOut { until: Millis, now: Millis },
    #[error("this credential may not do that: {needs}")]
    Forbidden { needs: &'static str },
    #[error("there is no such {what}")]
    NotFound { what: &'static str },
    #[error("`{field}`: {problem}")]
    Invalid { field: &'static str, problem: String },
    /// Every error of a draft that was refused as a whole (DIV-11).
    #[error("{} wrong in the settings, see `errors`; nothing was changed", match faults.len() { 1 => "one thing is".to_owned(), many => format!("{many} things are") })]
    Faulty { faults: Vec<Fault> },
    #[error("it was changed meanwhile: version {now} is running")]
    Outdated { now: u32 },
    #[error("this {what} exists already")]
    Exists { what: &'static str },
    #[error("this id was used for another {what}: send what differs under an id of its own")]
    IdTaken { what: &'static str },
    #[error("this client message id was used with another text")]
    RetryMismatch { seq: u64 },
    #[error("the conversation is served by somebody else, or by nobody yet")]
    NotOwner,
    #[error("nothing of the buyer's is unanswered; suggestions are for a buyer who waits for an answer")]
    NothingUnanswered,
    #[error("suggestions are for the buyer's last message, and that is message {last}")]
    NotLastMessage { last: u64 },
    #[error("there is no open reception; only the buyer can begin one, by writing (who is blacklisted cannot)")]
    ReceptionClosed,
    /// GRD-2, GRD-3, GRD-4: nothing was sent.
    #[error("nothing was sent: {}", found(findings))]
    Guarded { findings: Vec<Finding> },
    /// GRD-8.
    #[error("this account must not send to buyers now; see its standing")]
    Held,
    #[error("the reception is open; close it first")]
    ReceptionOpen,
    #[error("too late: a message can be recalled for {minutes} minutes")]
    TooLate { minutes: u64 },
    #[error("connect a device (the WebSocket) first: it is what holds presence")]
    NotConnected,
    #[error("that agent has no connected device, and so could not answer: connect one first")]
    AgentNotOnline,
    #[error(
        "`agent`: this account takes no buyers: it is disabled, frozen or closed (see its standing), or its role does not serve; name another agent"
    )]
    AgentNotServing,
    #[error("there are {limit} {what} already, which is the limit")]
    LimitReached { what: &'static str, limit: u64 },
    #[error("too many requests; try again in {retry_after_s} s")]
    TooMany { retry_after_s: u64 },
    #[error("the server is at its limit; try again in {retry_after_s} s")]
    Overloaded { retry_after_s: u64 },
    #[error("free space is below the low-water mark: reads are served, writes are refused")]
    DiskLow,
    #[error("the server is stopping")]
    Stopping,
    #[error("an internal error; nothing was changed")]
    Internal,
}

impl Refusal {
    /// Refuses a document that was made from another version than the one that runs. None: whatever runs.
    pub fn if_outdated(based_on: Option<u32>, now: u32) -> Result<(), Refusal> {
        if based_on.is_some_and(|version| version != now) { Err(Refusal::Outdated { now }) } else { Ok(()) }
    }
}

fn found(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.to_string()).collect::<Vec<_>>().join("; ")
}
