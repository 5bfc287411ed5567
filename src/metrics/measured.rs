//! What is measured: histograms with the limits of the trade as bounds, and gauges sampled on the clock's beat.

use super::shops::Sums;
use super::{gauged, measured};
use crate::domain::event::Event;
use crate::domain::explain::{Cause, Outcome};
use crate::domain::list::Counts;
use metrics::{Gauge, Histogram, Label, describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Seconds of people. 47, 60, 100, 120, 170 and 180 are limits of the trade: what lies within them must be known exactly.
const PEOPLE_S: [f64; 21] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 47.0, 60.0, 80.0, 100.0, 120.0, 150.0, 170.0, 180.0, 240.0, 300.0, 600.0, 1_800.0, 3_600.0, 14_400.0,
    86_400.0,
];
/// Seconds of machines.
const MACHINES_S: [f64; 16] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const COMMITS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0];

const FIRST_RESPONSE: &str = "fenliu_first_response_seconds";
const QUEUE_WAIT: &str = "fenliu_queue_wait_seconds";
const COMMIT_GROUP: &str = "fenliu_commit_group_commits";

/// Every histogram has its buckets: without them the exporter would make a summary of it.
pub fn buckets(builder: PrometheusBuilder) -> PrometheusBuilder {
    let sets = [
        (Matcher::Suffix("_seconds".into()), &MACHINES_S[..]),
        (Matcher::Full(FIRST_RESPONSE.into()), &PEOPLE_S[..]),
        (Matcher::Full(QUEUE_WAIT.into()), &PEOPLE_S[..]),
        (Matcher::Full(COMMIT_GROUP.into()), &COMMITS[..]),
    ];
    sets.into_iter().fold(builder, |builder, (of, bounds)| builder.set_buckets_for_metric(of, bounds).expect("no set is empty"))
}

/// How long something takes; for figures only, never for a rule.
#[derive(Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Of what happens with every message, one in so many is measured: reading the clock costs more than counting.
const MEASURED_EACH: u32 = 4;

thread_local! {
    static COMMANDS: Cell<u32> = const { Cell::new(0) };
}

/// Whether it is this one's turn to be measured, the first included.
pub(super) fn sampled(turn: &Cell<u32>) -> bool {
    turn.replace((turn.get() + 1) % MEASURED_EACH) == 0
}

/// A running measurement, if it is one.
pub struct Latency(Option<(&'static Histogram, Stopwatch)>);

impl Latency {
    pub(super) fn of(histogram: &'static Histogram) -> Latency {
        Latency(Some((histogram, Stopwatch::start())))
    }

    pub(super) fn sampled(histogram: &'static Histogram) -> Latency {
        if COMMANDS.with(sampled) { Latency::of(histogram) } else { Latency(None) }
    }

    /// It is over.
    pub fn end(self) {
        if let Some((histogram, begun)) = self.0 {
            histogram.record(begun.seconds());
        }
    }
}

/// See the module.
pub struct Histograms {
    first_response: Histogram,
    queue_wait: Histogram,
    pub command: Histogram,
    pub commit: Histogram,
    pub commit_group: Histogram,
    pub lane_lag: Histogram,
    pub clock_lag: Histogram,
    pub deadline_lag: Histogram,
}

impl Histograms {
    pub fn register() -> Histograms {
        Histograms {
            first_response: measured(FIRST_RESPONSE, "From the first message of a round to its answer"),
            queue_wait: measured(QUEUE_WAIT, "How long those waited in the queue who then got an agent"),
            command: measured(
                "fenliu_command_seconds",
                "From the door to the answer of a command, its sync included; one in four is measured",
            ),
            commit: measured("fenliu_commit_seconds", "Writing and syncing one group of commits"),
            commit_group: measured(COMMIT_GROUP, "Commits that shared one write and one sync"),
            lane_lag: measured("fenliu_lane_lag_seconds", "How long work waits for its thread; two samples a second of each thread"),
            clock_lag: measured("fenliu_clock_lag_seconds", "How late the clock beats that wakes whatever is due"),
            deadline_lag: measured("fenliu_deadline_lag_seconds", "How late deadlines were acted upon"),
        }
    }

    /// What events tell of times.
    pub fn observe(&self, event: &Event) {
        match event {
            Event::RoundAnswered { began, at, .. } => self.first_response.record(at.since(*began) as f64 / 1_000.0),
            Event::Routed { arrival, why } if matches!((&why.cause, why.outcome), (Cause::Waited, Outcome::Owned(_))) => {
                self.queue_wait.record(why.at.since(arrival.arrived) as f64 / 1_000.0);
            }
            _ => {}
        }
    }
}

/// What a beat finds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    pub live_conversations: usize,
    pub devices: usize,
    pub in_flight: usize,
    pub writable: bool,
    pub commits_waiting: usize,
    pub deadlines_pending: usize,
    /// Conversations of all shops.
    pub counts: Counts,
    /// Entries that wait for devices: of all, and of the slowest.
    pub outbox: (usize, usize),
}

/// What the store finds about itself.
#[derive(Clone, Debug, Default)]
pub struct StoreFigures {
    pub memtable_bytes: u64,
    pub cache_bytes: u64,
    pub live_bytes: u64,
    pub obsolete_bytes: u64,
    pub compactions: u64,
    pub flushes: u64,
    pub pending_compaction_bytes: u64,
    pub delayed: bool,
    pub stopped: bool,
    /// Bytes of the tables of each column.
    pub columns: Vec<(&'static str, u64)>,
    /// Free, and the low-water mark; None: the file system does not tell.
    pub disk_bytes: Option<(u64, u64)>,
}

macro_rules! gauges {
    ($($field:ident $name:literal $what:literal;)*) => {
        /// See the module.
        pub struct Gauges {
            $($field: Gauge,)*
            /// When the group began that is being written, in ms since `epoch`, plus 1; 0: none.
            commit_began: AtomicU64,
            epoch: Instant,
        }

        impl Gauges {
            pub fn register() -> Gauges {
                describe_gauge!("fenliu_store_sst_bytes", "Bytes of tables on disk, by column");
                Gauges { $($field: gauged($name, $what),)* commit_began: AtomicU64::new(0), epoch: Instant::now() }
            }
        }
    };
}

gauges! {
    unread "fenliu_unread_ratio" "Buyers' messages nobody has read, of those received in the last 24 hours";
    timeout "fenliu_timeout_ratio" "First responses late or missing, of those due in the last 24 hours";
    adoption "fenliu_adoption_ratio" "Suggestions adopted, of those offered in the last 24 hours; NaN while none were";
    live_conversations "fenliu_live_conversations" "Conversations in memory";
    devices "fenliu_devices" "Connected devices of staff and buyers";
    in_flight "fenliu_commands_in_flight" "Commands not yet answered";
    writable "fenliu_writable" "1 while free space is above the low-water mark";
    commits_waiting "fenliu_commit_queue_length" "Commits that wait for the commit thread";
    commit_stalled "fenliu_commit_running_seconds" "For how long the group of commits is being written that is being written; 0: none is";
    deadlines_pending "fenliu_deadlines_pending" "Deadlines in memory that are not yet due";
    queued "fenliu_queued_conversations" "Buyers who wait in the queues of all shops";
    pooled "fenliu_pooled_conversations" "Buyers whose messages wait in the offline pools of all shops";
    unanswered "fenliu_unanswered_conversations" "Buyers whom the agent who has them has not answered yet, of all shops";
    outbox "fenliu_outbox_entries" "Entries that wait for connected devices";
    outbox_longest "fenliu_outbox_longest_entries" "Entries that wait for the slowest device; at 256 it is cut";
    memtable "fenliu_store_memtable_bytes" "Bytes in memory that are not yet in a table";
    cache "fenliu_store_cache_bytes" "Bytes of blocks kept from reading";
    live "fenliu_store_live_bytes" "Bytes of tables in use";
    obsolete "fenliu_store_obsolete_bytes" "Bytes of tables that are to be deleted";
    compactions "fenliu_store_compactions" "Compactions running";
    flushes "fenliu_store_flushes" "Flushes running";
    pending "fenliu_store_compaction_pending_bytes" "Bytes that wait to be compacted, estimated";
    delayed "fenliu_store_writes_delayed" "1 while the store slows writes to let compactions catch up";
    stopped "fenliu_store_writes_stopped" "1 while the store takes no writes until compactions catch up";
    disk_free "fenliu_disk_free_bytes" "Free bytes where the data folder is";
    disk_low_water "fenliu_disk_low_water_bytes" "Free bytes below which writes are refused";
}

impl Gauges {
    /// The commit thread begins to write a group.
    pub fn commit_began(&self) {
        self.commit_began.store(self.epoch.elapsed().as_millis() as u64 + 1, Ordering::Relaxed);
    }

    /// See [`Gauges::commit_began`].
    pub fn commit_ended(&self) {
        self.commit_began.store(0, Ordering::Relaxed);
    }

    /// What a beat found; `all`: the sums of all shops.
    pub fn set(&self, sample: &Sample, all: &Sums) {
        self.unread.set(all.unread_ratio().unwrap_or(f64::NAN));
        self.timeout.set(all.timeout_ratio().unwrap_or(f64::NAN));
        self.adoption.set(all.adoption_ratio().unwrap_or(f64::NAN));
        self.live_conversations.set(sample.live_conversations as f64);
        self.devices.set(sample.devices as f64);
        self.in_flight.set(sample.in_flight as f64);
        self.writable.set(f64::from(u8::from(sample.writable)));
        self.commits_waiting.set(sample.commits_waiting as f64);
        let running_ms = match self.commit_began.load(Ordering::Relaxed) {
            0 => 0,
            began => (self.epoch.elapsed().as_millis() as u64 + 1).saturating_sub(began),
        };
        self.commit_stalled.set(running_ms as f64 / 1_000.0);
        self.deadlines_pending.set(sample.deadlines_pending as f64);
        self.queued.set(sample.counts.waiting as f64);
        self.pooled.set(sample.counts.pooled as f64);
        self.unanswered.set(sample.counts.unanswered as f64);
        self.outbox.set(sample.outbox.0 as f64);
        self.outbox_longest.set(sample.outbox.1 as f64);
    }

    /// What the store found about itself.
    pub fn set_store(&self, found: &StoreFigures) {
        self.memtable.set(found.memtable_bytes as f64);
        self.cache.set(found.cache_bytes as f64);
        self.live.set(found.live_bytes as f64);
        self.obsolete.set(found.obsolete_bytes as f64);
        self.compactions.set(found.compactions as f64);
        self.flushes.set(found.flushes as f64);
        self.pending.set(found.pending_compaction_bytes as f64);
        self.delayed.set(f64::from(u8::from(found.delayed)));
        self.stopped.set(f64::from(u8::from(found.stopped)));
        for (column, bytes) in &found.columns {
            gauge!("fenliu_store_sst_bytes", vec![Label::new("column", *column)]).set(*bytes as f64);
        }
        if let Some((free, low_water)) = found.disk_bytes {
            self.disk_free.set(free as f64);
            self.disk_low_water.set(low_water as f64);
        }
    }
}
