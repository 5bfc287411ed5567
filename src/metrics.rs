//! Every metric once: name, unit, labels, and what counts it (MET-1, MET-3).
//!
//! Counted from released events only: what is not durable does not count. No label names a shop, so the number of series
//! does not grow with the shops.

use crate::domain::event::{Author, Event};
use crate::domain::explain::{Cause, Outcome};
use crate::domain::notify::Outcome as Told;
use crate::domain::notify::channel::Kind;
use crate::domain::offline::Firing;
use crate::domain::quarter::{ReadOf, read_in_all};
use crate::domain::suggestion::Fate;
use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The sums behind the three rates (MET-1), since the process started.
struct Sums {
    received: AtomicU64,
    read: AtomicU64,
    answered: AtomicU64,
    late: AtomicU64,
    offered: AtomicU64,
    adopted: AtomicU64,
}

static SUMS: Sums = Sums {
    received: AtomicU64::new(0),
    read: AtomicU64::new(0),
    answered: AtomicU64::new(0),
    late: AtomicU64::new(0),
    offered: AtomicU64::new(0),
    adopted: AtomicU64::new(0),
};

/// One recorder for the process, however many servers it embeds.
static RECORDER: OnceLock<Metrics> = OnceLock::new();

/// All metrics of the server, registered once.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    buyer_messages: Counter,
    buyer_messages_read: Counter,
    replies: Counter,
    rounds_answered: Counter,
    rounds_late: Counter,
    receptions_opened: Counter,
    receptions_closed: Counter,
    assigned: Counter,
    queued: Counter,
    pooled: Counter,
    firings: Counter,
    firings_missed: Counter,
    pool_assigned: Counter,
    taken_back: Counter,
    log_in_failures: Counter,
    suggestions_offered: Counter,
    suggestions_as_is: Counter,
    suggestions_edited: Counter,
    suggestions_ignored: Counter,
    panics: Counter,
    refused: Counter,
    torn: Counter,
    unread_ratio: Gauge,
    timeout_ratio: Gauge,
    adoption_ratio: Gauge,
    live_conversations: Gauge,
    devices: Gauge,
    in_flight: Gauge,
    writable: Gauge,
    process: metrics_process::Collector,
}

fn counted(name: &'static str, what: &'static str) -> Counter {
    describe_counter!(name, what);
    counter!(name)
}

fn gauged(name: &'static str, what: &'static str) -> Gauge {
    describe_gauge!(name, what);
    gauge!(name)
}

impl Metrics {
    /// The metrics of this process, installed at the first call.
    pub fn install() -> Metrics {
        RECORDER.get_or_init(Metrics::register).clone()
    }

    fn register() -> Metrics {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // An embedding program may have installed its own recorder: then the figures go there, and `/metrics` stays empty.
        let _ = metrics::set_global_recorder(recorder);
        describe_counter!("fenliu_notification_attempts_total", "Attempts to notify people outside, by channel and outcome");
        let process = metrics_process::Collector::default();
        process.describe();
        describe_counter!("fenliu_suggestions_adopted_total", "Suggestions that became an answer, as they were or edited");
        Metrics {
            handle,
            buyer_messages: counted("fenliu_buyer_messages_total", "Messages received from buyers"),
            buyer_messages_read: counted("fenliu_buyer_messages_read_total", "Buyers' messages that staff have read"),
            replies: counted("fenliu_replies_total", "Messages sent to buyers by agents"),
            rounds_answered: counted("fenliu_rounds_answered_total", "Rounds that got their answer"),
            rounds_late: counted("fenliu_rounds_late_total", "Rounds whose first response was not there within the limit"),
            receptions_opened: counted("fenliu_receptions_opened_total", "Receptions begun by buyers"),
            receptions_closed: counted("fenliu_receptions_closed_total", "Receptions closed"),
            assigned: counted("fenliu_assignments_total", "Decisions that gave a reception to an agent"),
            queued: counted("fenliu_queued_total", "Decisions that let a reception wait"),
            pooled: counted("fenliu_pooled_total", "Decisions that put a reception into the offline pool"),
            firings: counted("fenliu_pool_firings_total", "Slots at which the automatic assignment fired"),
            firings_missed: counted("fenliu_pool_firings_missed_total", "Slots missed while the server was down"),
            pool_assigned: counted("fenliu_pool_assignments_total", "Receptions assigned out of the offline pool, by slot or by hand"),
            taken_back: counted("fenliu_taken_back_total", "Receptions taken from an agent who did not answer in time"),
            log_in_failures: counted("fenliu_log_in_failures_total", "Log-ins refused for a wrong password"),
            suggestions_offered: counted("fenliu_suggestions_offered_total", "Suggestions of assistants offered to agents"),
            suggestions_as_is: counter!("fenliu_suggestions_adopted_total", "how" => "as_is"),
            suggestions_edited: counter!("fenliu_suggestions_adopted_total", "how" => "edited"),
            suggestions_ignored: counted("fenliu_suggestions_ignored_total", "Suggestions that nobody used"),
            panics: counted("fenliu_decision_panics_total", "Decisions that panicked; each is a bug"),
            refused: counted("fenliu_overload_refusals_total", "Commands refused because the server was at a limit"),
            torn: counted("fenliu_torn_log_ends_total", "Starts that dropped the torn end of the log after a power cut; 0 or 1"),
            unread_ratio: gauged("fenliu_unread_ratio", "Buyers' messages nobody has read, of those received since start"),
            timeout_ratio: gauged("fenliu_timeout_ratio", "Rounds answered late, of those answered since start"),
            adoption_ratio: gauged(
                "fenliu_adoption_ratio",
                "Suggestions adopted, of those offered since start; NaN while none were offered",
            ),
            live_conversations: gauged("fenliu_live_conversations", "Conversations in memory"),
            devices: gauged("fenliu_devices", "Connected devices of staff and buyers"),
            in_flight: gauged("fenliu_commands_in_flight", "Commands not yet answered"),
            writable: gauged("fenliu_writable", "1 while free space is above the low-water mark"),
            process,
        }
    }

    /// Counts an attempt to notify somebody outside, by channel and by what came of it.
    pub fn notified(&self, kind: Kind, outcome: &Told) {
        let channel = match kind {
            Kind::Mail => "mail",
            Kind::Phone => "phone",
            Kind::DingTalk => "dingtalk",
            Kind::WeCom => "wecom",
            Kind::Webhook => "webhook",
        };
        let outcome = match outcome {
            Told::Delivered => "delivered",
            Told::Refused { .. } => "refused",
            Told::Failed { .. } => "failed",
        };
        counter!("fenliu_notification_attempts_total", "channel" => channel, "outcome" => outcome).increment(1);
    }

    /// Counts what has become durable.
    pub fn observe(&self, event: &Event) {
        match event {
            // INB-8: counts nowhere until it appears.
            Event::MessageAdded { extra: Some(extra), .. } if extra.while_blocked => {}
            Event::MessageAdded { author: Author::Buyer, .. } => self.received(1),
            Event::Unblocked { appeared, .. } => self.received(*appeared),
            // Unread no more, though nobody read it.
            Event::MessageRecalled { unread: Some(_), .. } => drop(SUMS.read.fetch_add(1, Ordering::Relaxed)),
            Event::MessageAdded { author: Author::Agent(_), .. } => self.replies.increment(1),
            Event::ReadByStaff { read, .. } => self.read(read),
            Event::TimedOut { .. } => {
                SUMS.late.fetch_add(1, Ordering::Relaxed);
                self.rounds_late.increment(1);
            }
            Event::RoundAnswered { read, .. } => {
                self.read(read);
                SUMS.answered.fetch_add(1, Ordering::Relaxed);
                self.rounds_answered.increment(1);
            }
            Event::ReceptionOpened { .. } => self.receptions_opened.increment(1),
            Event::ReceptionClosed { .. } => self.receptions_closed.increment(1),
            Event::Routed { why, .. } => {
                match why.outcome {
                    Outcome::Owned(_) => self.assigned.increment(1),
                    Outcome::Queued => self.queued.increment(1),
                    Outcome::Pooled => self.pooled.increment(1),
                }
                self.taken_back.increment(u64::from(matches!(why.cause, Cause::NoAnswer { .. })));
            }
            Event::PoolAssigned { run } => {
                self.pool_assigned.increment(u64::from(run.moved()));
                match run.firing {
                    Firing::Slot(_) | Firing::Late(_) => self.firings.increment(1),
                    Firing::Missed { slots, .. } => self.firings_missed.increment(u64::from(slots)),
                    Firing::ByHand => {}
                }
            }
            Event::Suggested { .. } => {
                SUMS.offered.fetch_add(1, Ordering::Relaxed);
                self.suggestions_offered.increment(1);
            }
            Event::SuggestionSettled(settled) => self.settled(settled.fate),
            Event::LogInFailed { .. } => self.log_in_failures.increment(1),
            _ => {}
        }
    }

    fn settled(&self, fate: Fate) {
        match fate {
            Fate::AsIs(_) => self.suggestions_as_is.increment(1),
            Fate::Edited(_) => self.suggestions_edited.increment(1),
            Fate::Ignored => return self.suggestions_ignored.increment(1),
        }
        SUMS.adopted.fetch_add(1, Ordering::Relaxed);
    }

    fn received(&self, messages: u32) {
        SUMS.received.fetch_add(u64::from(messages), Ordering::Relaxed);
        self.buyer_messages.increment(u64::from(messages));
    }

    fn read(&self, read: &[ReadOf]) {
        let messages = read_in_all(read);
        SUMS.read.fetch_add(u64::from(messages), Ordering::Relaxed);
        self.buyer_messages_read.increment(u64::from(messages));
    }

    /// A decision panicked.
    pub fn panicked(&self) {
        self.panics.increment(1);
    }

    /// A command was refused at a limit.
    pub fn refused(&self) {
        self.refused.increment(1);
    }

    /// At the start the torn end of the log was dropped.
    pub fn torn(&self) {
        self.torn.increment(1);
    }

    /// What is measured rather than counted: taken on the clock's beat.
    pub fn gauge(&self, live_conversations: usize, devices: usize, in_flight: usize, writable: bool) {
        let ratio = |part: u64, whole: u64| if whole == 0 { f64::NAN } else { part as f64 / whole as f64 };
        let received = SUMS.received.load(Ordering::Relaxed);
        // Messages of before the start may be read after it.
        let unread = received.saturating_sub(SUMS.read.load(Ordering::Relaxed));
        self.unread_ratio.set(ratio(unread, received));
        self.timeout_ratio.set(ratio(SUMS.late.load(Ordering::Relaxed), SUMS.answered.load(Ordering::Relaxed)));
        let offered = SUMS.offered.load(Ordering::Relaxed);
        // What was offered before the start may be adopted after it.
        self.adoption_ratio.set(ratio(SUMS.adopted.load(Ordering::Relaxed).min(offered), offered));
        self.live_conversations.set(live_conversations as f64);
        self.devices.set(devices as f64);
        self.in_flight.set(in_flight as f64);
        self.writable.set(f64::from(u8::from(writable)));
        self.process.collect();
        self.handle.run_upkeep();
    }

    /// The text Prometheus reads.
    pub fn text(&self) -> String {
        self.handle.render()
    }
}
