//! What is counted, and which event counts where.

use super::shops::Sums;
use super::{CHANNELS, FATES, OUTCOMES, counted, family};
use crate::domain::event::{Author, Couriered, Event, Limited, Presence};
use crate::domain::explain::{Cause, Explanation, Outcome, Step};
use crate::domain::notify::{Ended, Outcome as Told};
use crate::domain::offline::Firing;
use metrics::{Counter, Label, counter, describe_counter};

/// Why devices are cut, in the order of the outbox's own reasons.
pub const CUTS: [&str; 4] = ["slow", "revoked", "rights", "stopping"];

/// The steps of DIV-1.
const STEPS: [&str; 10] = [
    "offline",
    "recent_contact",
    "dedicated",
    "scope",
    "rule",
    "fallback_group",
    "any_agent",
    "passed_to_group",
    "passed_to_agent",
    "given",
];
const DECIDED: [&str; 3] = ["owned", "queued", "pooled"];
const CAUSES: [&str; 10] =
    ["opened", "waited", "waited_too_long", "agent_offline", "no_answer", "wrote_again", "facts_changed", "slot", "person", "agent_barred"];
/// SLA-1 … SLA-3.
const LIMITS: [&str; 4] = ["first_response", "warning", "reminder", "escalation"];
const PRESENCES: [&str; 3] = ["online", "suspended", "offline"];

macro_rules! counters {
    ($($field:ident $name:literal $what:literal;)*) => {
        /// Counters without labels, and the families.
        pub struct Counters {
            $(pub $field: Counter,)*
            decisions: [[Counter; DECIDED.len()]; STEPS.len()],
            causes: [Counter; CAUSES.len()],
            presences: [Counter; PRESENCES.len()],
            limits: [Counter; LIMITS.len()],
            adopted: [Counter; 2],
            pub cut: [Counter; CUTS.len()],
            pub attempts: [[Counter; OUTCOMES.len()]; CHANNELS.len()],
            pub notifications: [Counter; FATES.len()],
        }

        impl Counters {
            pub fn register() -> Counters {
                Counters {
                    $($field: counted($name, $what),)*
                    decisions: square(
                        "fenliu_decisions_total",
                        "Decisions of the dispatcher, by the step that decided and what came of it",
                        ("step", STEPS),
                        ("outcome", DECIDED),
                    ),
                    causes: family("fenliu_decision_causes_total", "Decisions of the dispatcher, by what asked for them", "cause", CAUSES),
                    presences: family("fenliu_presence_changes_total", "Changes of agents' presence, by what it became", "to", PRESENCES),
                    limits: family(
                        "fenliu_limits_passed_total",
                        "Times that a limit passed while a buyer waited, by which",
                        "limit",
                        LIMITS,
                    ),
                    adopted: family(
                        "fenliu_suggestions_adopted_total",
                        "Suggestions that were sent, as they were or edited",
                        "how",
                        ["as_is", "edited"],
                    ),
                    cut: family("fenliu_devices_cut_total", "Devices that the server sent away, by why", "why", CUTS),
                    attempts: square(
                        "fenliu_notification_attempts_total",
                        "Attempts to notify people outside, by channel and what came of them",
                        ("channel", CHANNELS),
                        ("outcome", OUTCOMES),
                    ),
                    notifications: family("fenliu_notifications_total", "Notifications that came to an end, by which", "fate", FATES),
                }
            }
        }
    };
}

counters! {
    buyer_messages "fenliu_buyer_messages_total" "Messages received from buyers";
    buyer_messages_read "fenliu_buyer_messages_read_total" "Buyers' messages that staff have read, or the buyer took back unread";
    replies "fenliu_replies_total" "Messages sent to buyers by agents";
    rounds_answered "fenliu_rounds_answered_total" "Rounds that got their answer";
    responses_due "fenliu_first_responses_due_total" "Rounds whose first response came, or is missing for good";
    responses_late "fenliu_first_responses_late_total" "Rounds whose first response was late or never came";
    offered "fenliu_suggestions_offered_total" "Suggestions and automatic replies offered";
    ignored "fenliu_suggestions_ignored_total" "Suggestions that nobody used";
    receptions_opened "fenliu_receptions_opened_total" "Receptions begun by buyers";
    receptions_closed "fenliu_receptions_closed_total" "Receptions closed";
    firings "fenliu_pool_firings_total" "Slots at which the automatic assignment fired";
    firings_missed "fenliu_pool_firings_missed_total" "Slots missed while the server was down";
    pool_assigned "fenliu_pool_assignments_total" "Receptions assigned out of the offline pool, by slot or by hand";
    texts_caught "fenliu_texts_caught_total" "Texts that the guard refused or warned of";
    log_in_failures "fenliu_log_in_failures_total" "Log-ins refused for a wrong password";
    panics "fenliu_decision_panics_total" "Decisions that panicked; each is a bug";
    refused "fenliu_overload_refusals_total" "Commands refused because the server was at a limit";
    torn "fenliu_torn_log_ends_total" "Starts that dropped the torn end of the log after a power cut; 0 or 1";
    commit_bytes "fenliu_commit_bytes_total" "Bytes of the batches written to the store's log";
    deadlines "fenliu_deadlines_fired_total" "Deadlines that were acted upon";
    deadlines_late "fenliu_deadlines_late_total" "Deadlines acted upon more than a second late";
}

/// A counter for each pair of values of two labels.
fn square<const N: usize, const M: usize>(
    name: &'static str,
    what: &'static str,
    (label, values): (&'static str, [&'static str; N]),
    (other, others): (&'static str, [&'static str; M]),
) -> [[Counter; M]; N] {
    describe_counter!(name, what);
    values.map(|value| others.map(|o| counter!(name, vec![Label::new(label, value), Label::new(other, o)])))
}

impl Counters {
    /// What the rates are made of (MET-1).
    pub fn rated(&self, sums: &Sums) {
        let add = |counter: &Counter, by: u64| {
            if by > 0 {
                counter.increment(by);
            }
        };
        add(&self.buyer_messages, sums.received);
        add(&self.buyer_messages_read, sums.read);
        add(&self.responses_due, sums.due);
        add(&self.responses_late, sums.late);
        add(&self.offered, sums.offered);
        add(&self.adopted[0], sums.adopted_as_is);
        add(&self.adopted[1], sums.adopted_edited);
        add(&self.ignored, sums.ignored);
    }

    /// Everything else.
    pub fn observe(&self, event: &Event) {
        match event {
            Event::MessageAdded { author: Author::Agent(_), .. } => self.replies.increment(1),
            Event::RoundAnswered { .. } => self.rounds_answered.increment(1),
            Event::Courier { what, .. } => {
                if let Some(fate) = fate(what) {
                    self.notifications[fate].increment(1);
                }
            }
            Event::ReceptionOpened { .. } => self.receptions_opened.increment(1),
            Event::ReceptionClosed { .. } => self.receptions_closed.increment(1),
            Event::Routed { why, .. } => self.decided(why),
            Event::PoolAssigned { run } => {
                self.pool_assigned.increment(u64::from(run.moved()));
                match run.firing {
                    Firing::Slot(_) | Firing::Late(_) => self.firings.increment(1),
                    Firing::Missed { slots, .. } => self.firings_missed.increment(u64::from(slots)),
                    Firing::ByHand => {}
                }
            }
            Event::PresenceChanged { presence, .. } => self.presences[place_of(*presence)].increment(1),
            Event::Limit { what, .. } => self.limits[place_of_limit(what)].increment(1),
            Event::TextCaught { .. } => self.texts_caught.increment(1),
            Event::LogInFailed { .. } => self.log_in_failures.increment(1),
            _ => {}
        }
    }

    fn decided(&self, why: &Explanation) {
        let step = match why.step {
            Step::Offline { .. } => 0,
            Step::RecentContact { .. } => 1,
            Step::Dedicated { .. } => 2,
            Step::Scope { .. } => 3,
            Step::Rule { .. } => 4,
            Step::FallbackGroup { .. } => 5,
            Step::AnyAgent => 6,
            Step::PassedToGroup { .. } => 7,
            Step::PassedToAgent => 8,
            Step::Given => 9,
        };
        let outcome = match why.outcome {
            Outcome::Owned(_) => 0,
            Outcome::Queued => 1,
            Outcome::Pooled => 2,
        };
        let cause = match why.cause {
            Cause::Opened => 0,
            Cause::Waited => 1,
            Cause::WaitedTooLong => 2,
            Cause::AgentOffline => 3,
            Cause::NoAnswer { .. } => 4,
            Cause::WroteAgain => 5,
            Cause::FactsChanged => 6,
            Cause::Slot { .. } => 7,
            Cause::Person { .. } => 8,
            Cause::AgentBarred { .. } => 9,
        };
        self.decisions[step][outcome].increment(1);
        self.causes[cause].increment(1);
    }
}

fn place_of(presence: Presence) -> usize {
    match presence {
        Presence::Online => 0,
        Presence::Suspended => 1,
        Presence::Offline => 2,
    }
}

fn place_of_limit(limit: &Limited) -> usize {
    match limit {
        Limited::TimedOut { .. } => 0,
        Limited::Warned { .. } => 1,
        Limited::Reminded { .. } => 2,
        Limited::Escalated { .. } => 3,
    }
}

/// Which of [`FATES`] a notification has come to.
fn fate(what: &Couriered) -> Option<usize> {
    match what {
        Couriered::Tried { outcome: Told::Delivered, .. } => Some(0),
        Couriered::Tried { outcome: Told::Refused { .. }, .. } => Some(1),
        Couriered::GivenUp { ended: Ended::Settled, .. } => Some(3),
        Couriered::Tried { outcome: Told::Failed { .. }, next: None, .. }
        | Couriered::GivenUp { .. }
        | Couriered::Queued { ended: Some(_), .. } => Some(2),
        _ => None,
    }
}
