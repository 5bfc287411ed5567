//! The composition root: opens the store, starts the entities, binds the door to the network; stops in reverse.
//!
//! The order of a stop matters: first nobody new is let in and devices are sent away with their cursors, then what is in
//! flight is answered, then the commit path drains and the files are closed with the mark of a clean stop.

mod why;

pub use why::{Language, Question, Whose, why};

use crate::actors::clock::{Clock, Steadiness};
use crate::actors::deadlines::Deadlines;
use crate::actors::registry::Registry;
use crate::actors::sweep::Sweep;
use crate::config::Config;
use crate::domain::Effect;
use crate::domain::health::Lane;
use crate::domain::id::{Millis, ShopScope, TokenHash};
use crate::domain::quarter::{QUARTERS_A_DAY, Quarter};
use crate::domain::refusal::Refusal;
use crate::door::{Bounds, Door, Reporting};
use crate::files::Files;
use crate::limits;
use crate::metrics::shops::Watched;
use crate::metrics::{Metrics, Stopwatch};
use crate::notify::Post;
use crate::store::measure::Tap;
use crate::store::{Store, StoreOptions};
use crate::web;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder was refused: nothing was touched.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    #[error("cannot listen on {address}: {error}. Choose another address with --listen, or stop what uses it")]
    Listen { address: SocketAddr, error: std::io::Error },
    #[error("cannot write the first API key to {path}: {error}")]
    Key { path: PathBuf, error: std::io::Error },
    #[error("no API key was stored: {0}; the log says more")]
    FirstKey(#[from] Refusal),
    #[error("cannot open the store of files: {0}")]
    Files(#[from] crate::files::Error),
    #[error("notifications cannot be sent: {0}")]
    Notify(#[from] crate::notify::Error),
    #[error("the server did not start: {0}")]
    Server(std::io::Error),
    /// What a recount found.
    #[error("{0}")]
    Unsound(String),
    /// What was asked about is not there.
    #[error("{0}")]
    Unknown(String),
}

impl StartError {
    /// The exit code of the process (README, "Exit codes").
    pub fn exit_code(&self) -> u8 {
        use crate::store::Error as E;
        use std::io::ErrorKind::{AlreadyExists, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
        match self {
            StartError::Notify(_) | StartError::Listen { .. } | StartError::Store(E::InUse { .. }) | StartError::Unknown(_) => 1,
            // The folder that was named cannot be the one that was meant.
            StartError::Store(E::Io { source, .. })
                if matches!(source.kind(), AlreadyExists | NotADirectory | NotFound | PermissionDenied | ReadOnlyFilesystem) =>
            {
                1
            }
            StartError::Store(
                E::NewerFormat { .. }
                | E::UnreleasedFormat { .. }
                | E::LossDetected { .. }
                | E::HighWaterMissing { .. }
                | E::HighWaterCorrupt { .. }
                | E::Corrupt { .. }
                | E::Damaged { .. },
            )
            | StartError::Unsound(_) => 65,
            StartError::Store(E::DiskFull { .. } | E::Io { .. } | E::Engine { .. }) | StartError::Key { .. } | StartError::Files(_) => 74,
            StartError::FirstKey(Refusal::DiskLow | Refusal::Internal) => 74,
            StartError::FirstKey(_) | StartError::Server(_) => 70,
        }
    }
}

/// The OpenAPI description of the API, as `/openapi.json` serves it.
pub fn openapi() -> String {
    String::from_utf8_lossy(&web::json()).into_owned()
}

/// How long a stop waits for those who still hold the files.
const CLOSE_MS_MAX: u64 = 3_000;

/// Between two looks at the alarms.
const BEAT: Duration = Duration::from_millis(50);
/// Beats between two looks at gauges and expiries; revoked and expired sockets close within a second of it.
const SLOW_BEATS: u32 = 10;
/// Beats between two looks at which health reports are due.
const REPORT_BEATS: u32 = 20;
/// Beats between two looks at the store's own figures; a multiple of the former.
const STORE_BEATS: u32 = 100;
/// Beats between two sweeps of idle conversations.
const SWEEP_BEATS: u32 = 100;

/// The entities over an open store, without a network: what an embedding program needs, and what [`App`] puts HTTP before.
pub struct Core {
    registry: Arc<Registry>,
    door: Door,
    clock: actix_rt::Arbiter,
    post: (actix_rt::Arbiter, Weak<Post>),
    ended: Arc<AtomicBool>,
}

impl Core {
    /// Opens the data folder of `config` and starts. Threads become places for entities by [`Door::enter_lane`]; there must
    /// be one before anything is asked. Call it within an actix system.
    pub fn start(config: &Config, clock: Clock) -> Result<Core, StartError> {
        Core::start_tapped(config, clock, None)
    }

    /// As [`Core::start`], copying every batch to `tap`: for measuring.
    pub fn start_tapped(config: &Config, clock: Clock, tap: Option<Tap>) -> Result<Core, StartError> {
        let options = StoreOptions {
            tap,
            sync: std::env::var_os("FENLIU_TEST_NO_SYNC").is_none(),
            accept_loss: config.accept_loss,
            low_water_bytes: config.storage.low_water_bytes,
            ballast_bytes: config.storage.ballast_bytes,
            write_buffer_bytes: config.storage.write_buffer_bytes,
            ..StoreOptions::default()
        };
        let store = Arc::new(Store::open(&config.data_dir, &options)?);
        let watched = Watched { shops: config.metrics.shops.clone(), worst: config.metrics.worst_shops };
        let (files, metrics) = (Files::open(config)?, Metrics::install(watched));
        if store.dropped().is_some_and(|dropped| dropped.kept.is_some()) {
            metrics.torn();
        }
        let registry = Registry::start(store, clock, metrics, end_of_process);
        let bounds = Bounds {
            in_flight_max: config.limits.in_flight_max,
            buyer_messages_per_s: config.limits.buyer_messages_per_s,
            buyer_messages_burst: config.limits.buyer_messages_burst,
            shop_messages_per_s: config.limits.shop_messages_per_s,
        };
        let door = Door::new(registry.clone(), files, bounds);
        let ended = Arc::new(AtomicBool::new(false));
        // Every shop is looked at once: slots may have been missed (OFF-8), buyers may wait for agents who do not come back.
        let shops = registry.store.shops()?;
        registry.store.sum_up(&shops)?;
        // Before anything is counted: the rates of the last day are right from the first scrape on (MET-3).
        for scope in &shops {
            let now = Quarter::of(registry.clock.now());
            let day = (Quarter(now.0.saturating_sub(QUARTERS_A_DAY)), Quarter(now.0 + 1));
            registry.store.tallies(*scope, Lane::Shop, day, |quarter, figures| registry.metrics.restore(*scope, quarter, &figures))?;
        }
        registry.look_at(shops.clone());
        // A figure that nobody took yet would be 0, and 0 means something.
        door.beat();
        let started = registry.clock.now();
        let clock = actix_rt::Arbiter::new();
        clock.spawn(beat(registry.clone(), door.clone(), shops, started, ended.clone()));
        // Who accepts that rows are lost may still want the files that they named.
        clock.spawn(clear_away(door.clone(), !config.accept_loss));
        clock.spawn(report_health(door.clone()));
        let post = deliver(config, &registry)?;
        Ok(Core { registry, door, clock, post, ended })
    }

    /// The entrance.
    pub fn door(&self) -> Door {
        self.door.clone()
    }

    /// Lets nobody in, waits for what is in flight (at most [`limits::DRAIN_MS_MAX`]), closes the files. The
    /// files stay open while somebody holds a [`Door`] or a device: drop yours first.
    pub async fn stop(self) {
        self.door.stop_taking();
        let mut waited_ms = 0;
        while self.door.in_flight() > 0 && waited_ms < limits::DRAIN_MS_MAX {
            actix_rt::time::sleep(Duration::from_millis(10)).await;
            waited_ms += 10;
        }
        self.ended.store(true, Ordering::Release);
        let Core { registry, door, clock, post: (deliveries, post), .. } = self;
        // What is accepted now is recorded, and so not sent again.
        let mut waited_ms = 0;
        while post.upgrade().is_some_and(|post| post.is_at_work()) && waited_ms < limits::DELIVERY_DRAIN_MS_MAX {
            actix_rt::time::sleep(Duration::from_millis(10)).await;
            waited_ms += 10;
        }
        deliveries.stop();
        let open = registry.store.while_open();
        drop(door);
        if tokio::task::spawn_blocking(move || registry.stop()).await.is_err() {
            tracing::error!("the commit path did not stop in order");
        }
        clock.stop();
        // The files are closed when their last user is gone: entities and sockets go with their threads, a moment after these.
        // Who ends the process before that tears RocksDB's statics down under it: "pthread lock: Invalid argument", an abort.
        let mut waited_ms = 0;
        while open.strong_count() > 0 && waited_ms < CLOSE_MS_MAX {
            actix_rt::time::sleep(Duration::from_millis(10)).await;
            waited_ms += 10;
        }
    }
}

/// Starts the thread that carries out attempts to notify people outside; each is reported to its courier.
fn deliver(config: &Config, registry: &Arc<Registry>) -> Result<(actix_rt::Arbiter, Weak<Post>), StartError> {
    let (attempts, received) = tokio::sync::mpsc::channel(limits::DELIVERIES_WAITING_MAX);
    // Not held: whoever waits for an answer must not keep the files open.
    let courier = Arc::downgrade(registry);
    let report = move |scope, command| {
        if let Some(registry) = courier.upgrade() {
            registry.dispatch(Effect::Courier(scope, command), registry.clock.now(), None);
        }
    };
    let clock = registry.clock.clone();
    let post = Arc::new(Post::new(config, registry.store.clone(), registry.metrics.clone(), move || clock.now(), report)?);
    let _ = (registry.deliveries.set(attempts), registry.reach.set(post.reach()));
    let thread = actix_rt::Arbiter::new();
    let at_work = Arc::downgrade(&post);
    thread.spawn(post.run(received));
    Ok((thread, at_work))
}

/// The clock: wakes who is due, and looks after what only time changes.
async fn beat(registry: Arc<Registry>, door: Door, shops: Vec<ShopScope>, started: Millis, ended: Arc<AtomicBool>) {
    let mut told_again = Some(shops);
    let mut interval = actix_rt::time::interval(BEAT);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut beats: u32 = 0;
    let (mut sweep, mut deadlines) = (Sweep::default(), Deadlines::default());
    let mut last: Option<Stopwatch> = None;
    let mut steadiness = Steadiness::new(&registry.clock);
    while !ended.load(Ordering::Acquire) {
        interval.tick().await;
        if let Some(last) = last.replace(Stopwatch::start()) {
            registry.metrics.beat(last.seconds() - BEAT.as_secs_f64());
        }
        if let Some(jump_ms) = steadiness.jumped_ms(&registry.clock) {
            tracing::warn!(jump_ms, "the machine's clock was put forward (back: below 0); what is due by it now is done once");
        }
        // Whoever is woken needs a place to live: the lanes enter as the workers start.
        if registry.lanes.count() == 0 {
            continue;
        }
        if let Some(shops) = told_again.take()
            && let Err(error) = registry.tell_news_again(&shops, started)
        {
            tracing::error!(%error, "what a crash may have kept from people outside was not told again");
        }
        deadlines.beat(&registry);
        registry.wake_due();
        sweep.beat(&registry);
        beats = beats.wrapping_add(1);
        if beats % SLOW_BEATS == 1 {
            door.beat();
            if beats % STORE_BEATS == 1 {
                door.measure_store();
            }
        }
        if beats.is_multiple_of(SWEEP_BEATS) {
            registry.sweep(registry.clock.now());
        }
    }
}

/// Removes the files of what was erased (INB-12), and once, at the start, those that nothing names. It ends with its thread.
async fn clear_away(door: Door, look_through: bool) {
    if look_through {
        match door.remove_nameless_files().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "files that nothing named"),
            Err(refusal) => tracing::error!(%refusal, "the folder of files was not looked through"),
        }
    }
    let mut interval = actix_rt::time::interval(BEAT * SLOW_BEATS);
    loop {
        interval.tick().await;
        if let Err(refusal) = door.remove_lost_files().await {
            tracing::warn!(%refusal, "files of an erased conversation were not removed; it is tried again");
            actix_rt::time::sleep(Duration::from_millis(limits::LOST_FILES_RETRY_MS)).await;
        }
    }
}

/// Makes the health reports whose time has come (MET-2). It ends with its thread.
async fn report_health(door: Door) {
    let mut interval = actix_rt::time::interval(BEAT * REPORT_BEATS);
    let mut reporting = Reporting::default();
    loop {
        interval.tick().await;
        match door.make_health_reports(&mut reporting).await {
            Ok(_) => {}
            // Until a lane has entered nobody can be asked.
            Err(Refusal::Stopping) => {}
            Err(refusal) => {
                tracing::warn!(%refusal, "health reports are tried again in a minute");
                actix_rt::time::sleep(Duration::from_millis(limits::LOST_FILES_RETRY_MS)).await;
            }
        }
    }
}

/// Memory is ahead of the disk: nothing may be acknowledged any more, so the process ends at once.
fn end_of_process(why: String) {
    tracing::error!(why, "the process ends: restart it; everything acknowledged is on disk");
    eprintln!("fenliu: {why}. The process ends; everything acknowledged is on disk. Look at the disk, then start it again.");
    std::process::exit(74);
}

/// A running server.
pub struct App {
    core: Core,
    address: SocketAddr,
    key_file: PathBuf,
    server: web::ServerHandle,
    served: actix_rt::task::JoinHandle<std::io::Result<()>>,
}

impl App {
    /// Opens, starts and listens. Call it within an actix system.
    pub async fn start(config: Config) -> Result<App, StartError> {
        App::start_at(config, Clock::System).await
    }

    /// As [`App::start`], with a clock of one's own: for tests and simulations.
    pub async fn start_at(config: Config, clock: Clock) -> Result<App, StartError> {
        let listen = |error| StartError::Listen { address: config.listen, error };
        let listener = TcpListener::bind(config.listen).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let core = Core::start(&config, clock)?;
        let door = core.door();
        let workers = match config.workers {
            0 => std::thread::available_parallelism().map_or(2, |n| n.get()),
            n => n,
        };
        let lane = door.clone();
        let connections_max = connections_that_fit(config.limits.connections_max);
        let server = web::serve(listener, door, config.trusted_proxies.clone(), workers, connections_max, move || lane.enter_lane())
            .map_err(StartError::Server)?;
        let handle = server.handle();
        let served = actix_rt::spawn(server);
        let key_file = config.data_dir.join("platform.key");
        first_key(&core, &key_file).await?;
        Ok(App { core, address, key_file, server: handle, served })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the first API key was written when the data folder was new.
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// The entrance, for a program that embeds the server.
    pub fn door(&self) -> Door {
        self.core.door()
    }

    /// An orderly stop: everything acknowledged is on disk, files are closed, sockets were told why.
    pub async fn stop(self) {
        self.core.door.stop_taking();
        self.server.stop(true).await;
        let _ = self.served.await;
        self.core.stop().await;
    }
}

/// How many of the connections `wanted` there are descriptors for, after asking the system for more. Whatever connections
/// hold, the store must be able to open its next file: where it cannot, the process ends.
fn connections_that_fit(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let needed = wanted.saturating_add(limits::DESCRIPTORS_KEPT) as u64;
    let current = limit.current.map(|now| now.max(limit.maximum.map_or(needed, |most| most.min(needed))));
    let raised = setrlimit(Resource::Nofile, Rlimit { current, maximum: limit.maximum }).is_ok();
    let descriptors = if raised { current } else { limit.current }.map_or(usize::MAX, |n| n as usize);
    let fit = descriptors.saturating_sub(limits::DESCRIPTORS_KEPT).max(descriptors / 4).min(wanted);
    if fit < wanted {
        tracing::warn!(
            fit,
            wanted,
            descriptors,
            "fewer connections than limits.connections_max: raise the limit of open files (ulimit -n)"
        );
    }
    fit
}

/// A new server writes its first API key where only its own user can read it.
async fn first_key(core: &Core, path: &Path) -> Result<(), StartError> {
    if core.registry.store.feed_last(ShopScope::PLATFORM)? > 0 {
        return Ok(());
    }
    let (key, hash) = Door::draw_key()?;
    let write = |key: &str| -> std::io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(key.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    // Written before it opens anything: after a crash between the two the next start draws another. The other way round it
    // would leave a server that nobody can enter.
    write(&key).map_err(|error| StartError::Key { path: path.to_owned(), error })?;
    issue_when_open(&core.door(), hash).await
}

/// The lanes enter as the workers start; until the first has, there is nobody to ask.
async fn issue_when_open(door: &Door, key: TokenHash) -> Result<(), StartError> {
    for _ in 0..500 {
        match door.issue_drawn_key(key).await {
            Err(Refusal::Stopping) => actix_rt::time::sleep(Duration::from_millis(10)).await,
            other => return Ok(other?),
        }
    }
    Err(StartError::FirstKey(Refusal::Stopping))
}

/// A new key of the platform with every scope, for a stopped server whose own was lost: whoever has the data folder is its operator. The
/// core is started for a moment, so what time has brought meanwhile happens as at any start.
pub fn new_key(config: &Config) -> Result<String, StartError> {
    actix_rt::System::new().block_on(async {
        let core = Core::start(config, Clock::System)?;
        let door = core.door();
        door.enter_lane();
        let key = door.issue_operators_key().await;
        drop(door);
        core.stop().await;
        Ok(key?)
    })
}

/// Opens the data folder of a stopped server, recounts everything, and reports; `Err` holds what does not add up.
pub fn verify(config: &Config) -> Result<String, StartError> {
    let options = StoreOptions { ballast_bytes: 0, ..StoreOptions::default() };
    let store = Store::open(&config.data_dir, &options)?;
    let report = store.verify()?;
    store.leave()?;
    let counted = format!(
        "{} events, {} messages, {} conversations, {} accounts, {} rows in {} feeds",
        report.events, report.messages, report.conversations, report.accounts, report.rows, report.feeds
    );
    if report.is_sound() {
        return Ok(format!("{counted}: all sound"));
    }
    let problems = report.problems.len() as u64 + report.unlisted;
    Err(StartError::Unsound(format!("{counted}; {problems} problems:\n{}", report.problems.join("\n"))))
}
