//! Every metric once: name, unit, labels, and what counts it (MET-1, MET-3).
//!
//! Counted from released events only: what is not durable does not count. A message costs a few atomic additions; what takes more is
//! sampled on the clock's slow beat. Labels are of closed sets; only [`shops`] names shops, and only so many.

mod counted;
pub mod http;
mod measured;
pub mod shops;

pub use measured::{Latency, Sample, Stopwatch, StoreFigures};

use crate::domain::event::Event;
use crate::domain::health as kept;
use crate::domain::id::{Millis, ShopScope};
use crate::domain::notify::Outcome;
use crate::domain::notify::channel::Kind;
use crate::domain::quarter::Quarter;
use counted::Counters;
use measured::{Gauges, Histograms, buckets};
use metrics::{Counter, Gauge, Histogram, Label, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use shops::{ShopRates, Sums, Watched};
use std::sync::{Arc, OnceLock};

/// Channels of notifications (NTF-1): the values of the label `channel`.
pub const CHANNELS: [&str; 5] = ["mail", "phone", "dingtalk", "wecom", "webhook"];
/// What comes of one attempt to notify, in this order: the values of the label `outcome`.
pub const OUTCOMES: [&str; 3] = ["delivered", "refused", "failed"];
/// What becomes of a notification (NTF-3): the values of the label `fate`.
/// `settled`: over before it could be told, which is nobody's fault.
pub const FATES: [&str; 4] = ["delivered", "refused", "given_up", "settled"];

/// One recorder for the process, however many servers it embeds.
static FIGURES: OnceLock<Figures> = OnceLock::new();

/// What the process has of each metric.
struct Figures {
    handle: PrometheusHandle,
    counters: Counters,
    gauges: Gauges,
    histograms: Histograms,
    process: metrics_process::Collector,
}

/// The metrics of one server. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    figures: &'static Figures,
    /// Whose rates are shown, and what for: each server has its own shops.
    shops: Arc<ShopRates>,
}

fn counted(name: &'static str, what: &'static str) -> Counter {
    describe_counter!(name, what);
    counter!(name)
}

fn gauged(name: &'static str, what: &'static str) -> Gauge {
    describe_gauge!(name, what);
    gauge!(name)
}

fn measured(name: &'static str, what: &'static str) -> Histogram {
    describe_histogram!(name, what);
    histogram!(name)
}

/// A counter for each value of a label.
fn family<const N: usize>(name: &'static str, what: &'static str, label: &'static str, values: [&'static str; N]) -> [Counter; N] {
    describe_counter!(name, what);
    values.map(|value| counter!(name, vec![Label::new(label, value)]))
}

impl Figures {
    fn register() -> Figures {
        let recorder = buckets(PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        // An embedding program may have installed its own recorder: then the figures go there, and `/metrics` shows shops only.
        let _ = metrics::set_global_recorder(recorder);
        let process = metrics_process::Collector::default();
        process.describe();
        describe_gauge!("fenliu_build_info", "Always 1; the label says which version runs");
        gauge!("fenliu_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        http::describe();
        Figures { handle, counters: Counters::register(), gauges: Gauges::register(), histograms: Histograms::register(), process }
    }
}

impl Metrics {
    /// The metrics of a server of this process, whose shops of interest are `watched`.
    pub fn install(watched: Watched) -> Metrics {
        Metrics { figures: FIGURES.get_or_init(Figures::register), shops: Arc::new(ShopRates::new(watched)) }
    }

    /// Counts what has become durable.
    pub fn observe(&self, scope: ShopScope, event: &Event) {
        for (quarter, sums) in Sums::added(event) {
            self.figures.counters.rated(&sums);
            self.shops.add(scope, quarter, sums);
        }
        self.figures.counters.observe(event);
        self.figures.histograms.observe(event);
    }

    /// What a shop had in one of the last 96 quarters, before the process started. To be told once, before anything is observed.
    pub fn restore(&self, scope: ShopScope, quarter: Quarter, figures: &kept::Figures) {
        self.shops.restore(scope, quarter, figures.into());
    }

    /// A decision panicked.
    pub fn panicked(&self) {
        self.figures.counters.panics.increment(1);
    }

    /// A command was refused at a limit.
    pub fn refused(&self) {
        self.figures.counters.refused.increment(1);
    }

    /// At the start the torn end of the log was dropped.
    pub fn torn(&self) {
        self.figures.counters.torn.increment(1);
    }

    /// A device was cut, for the reason of this number, in the order of the outbox's own.
    pub fn cut(&self, why: usize) {
        self.figures.counters.cut[why].increment(1);
    }

    /// What came of an attempt to notify somebody outside.
    pub fn notified(&self, kind: Kind, outcome: &Outcome) {
        let channel = match kind {
            Kind::Mail => 0,
            Kind::Phone => 1,
            Kind::DingTalk => 2,
            Kind::WeCom => 3,
            Kind::Webhook => 4,
        };
        let outcome = match outcome {
            Outcome::Delivered => 0,
            Outcome::Refused { .. } => 1,
            Outcome::Failed { .. } => 2,
        };
        self.figures.counters.attempts[channel][outcome].increment(1);
    }

    /// A deadline was acted upon so late (SLA-4: within a second).
    pub fn fired(&self, late_ms: u64) {
        self.figures.counters.deadlines.increment(1);
        self.figures.counters.deadlines_late.increment(u64::from(late_ms > 1_000));
        self.figures.histograms.deadline_lag.record(late_ms as f64 / 1_000.0);
    }

    /// The clock beat, so many seconds after it should have.
    pub fn beat(&self, late_s: f64) {
        self.figures.histograms.clock_lag.record(late_s.max(0.0));
    }

    /// Measures a command, from here to its answer.
    pub fn command(&self) -> Latency {
        Latency::sampled(&self.figures.histograms.command)
    }

    /// Measures the wait of a piece of work for its lane.
    pub fn lane(&self) -> Latency {
        Latency::of(&self.figures.histograms.lane_lag)
    }

    /// What is measured rather than counted: taken on the clock's slow beat. `name`: a shop's; `scope`: the shop of a name.
    pub fn gauge(
        &self,
        now: Millis,
        sample: &Sample,
        name: impl Fn(ShopScope) -> Option<String>,
        scope: impl Fn(&str) -> Option<ShopScope>,
    ) {
        let all = self.shops.beat(now, name, scope);
        self.figures.gauges.set(sample, &all);
        self.figures.process.collect();
        self.figures.handle.run_upkeep();
    }

    /// How the store is: taken every few seconds.
    pub fn store(&self, figures: &StoreFigures) {
        self.figures.gauges.set_store(figures);
    }

    /// The text Prometheus reads.
    pub fn text(&self, with_shops: bool) -> String {
        let mut text = self.figures.handle.render();
        if with_shops {
            self.shops.write(&mut text);
        }
        text
    }
}

/// What the commit thread measures of its groups.
pub struct CommitMeter(&'static Figures);

impl CommitMeter {
    /// The meter of this process.
    pub fn install() -> CommitMeter {
        CommitMeter(FIGURES.get_or_init(Figures::register))
    }

    /// A batch is about to be written and synced.
    pub fn begin(&self) -> Stopwatch {
        self.0.gauges.commit_began();
        Stopwatch::start()
    }

    /// It is on disk.
    pub fn end(&self, begun: Stopwatch, bytes: usize) {
        self.0.gauges.commit_ended();
        self.0.histograms.commit.record(begun.seconds());
        self.0.counters.commit_bytes.increment(bytes as u64);
    }

    /// So many commits shared one batch.
    pub fn group(&self, commits: usize) {
        self.0.histograms.commit_group.record(commits as f64);
    }
}
