//! In-process ingest, from the door to the acknowledgement, against RocksDB alone writing the very same batches.

use crate::{Options, Ratio, alternate};
use fenliu::actors::clock::Clock;
use fenliu::app::Core;
use fenliu::config::Config;
use fenliu::domain::diversion::Settings;
use fenliu::domain::event::{AgentSettings, Role};
use fenliu::domain::view::Principal;
use fenliu::door::{Door, NewAccount, Send};
use fenliu::store::StoreOptions;
use fenliu::store::measure::{Bare, Tap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Commands in flight.
const IN_FLIGHT: usize = 512;
const TEXT_BYTES: usize = 240;

pub fn ingest(options: &Options) -> anyhow::Result<Vec<Ratio>> {
    // What RocksDB is to write comes from a round that is not counted: copying every batch costs a tenth of a round.
    let written = tapped(&options.folder.join("ours"), options.side())?;
    let ours = || ours(&options.folder.join("ours"), options.side());
    let limit = || limit(&options.folder.join("bare"), &written);
    let (value, a, b) = alternate(options.rounds, ours, limit)?;
    let detail = format!("{a:.0} messages/s of {b:.0} by RocksDB with the same batches");
    Ok(vec![Ratio { name: "inprocess_ingest", value, floor: 0.5, aim: 0.75, unit: "×", detail }])
}

/// Messages, and the batches that were written for them.
type Written = (u64, Vec<Vec<u8>>);

/// What is written in a while.
fn tapped(folder: &Path, duration: Duration) -> anyhow::Result<Written> {
    let tap = Tap::default();
    let (messages, _) = run(folder, Some(tap.clone()), Until::Time(duration))?;
    std::fs::remove_dir_all(folder)?;
    Ok((messages, tap.drain()))
}

/// Messages a second.
fn ours(folder: &Path, duration: Duration) -> anyhow::Result<f64> {
    let (messages, took) = run(folder, None, Until::Time(duration))?;
    std::fs::remove_dir_all(folder)?;
    Ok(messages as f64 / took.as_secs_f64())
}

/// A data folder with `messages` messages, stopped in order.
pub fn generate(folder: &Path, messages: u64) -> anyhow::Result<()> {
    run(folder, None, Until::Messages(messages)).map(drop)
}

/// When a run ends.
#[derive(Clone, Copy)]
enum Until {
    Time(Duration),
    Messages(u64),
}

/// Keeps [`IN_FLIGHT`] messages in flight: how many were acknowledged, in what time.
fn run(folder: &Path, tap: Option<Tap>, until: Until) -> anyhow::Result<(u64, Duration)> {
    let _ = std::fs::remove_dir_all(folder);
    let mut config = Config { data_dir: folder.to_owned(), ..Config::default() };
    config.limits.buyer_messages_per_s = 0;
    config.storage.ballast_bytes = 0;
    let system = actix_rt::System::new();
    system.block_on(async {
        let core = Core::start_tapped(&config, Clock::System, tap.clone())?;
        let door = core.door();
        // Two lanes: as many as a server has on this machine.
        let lanes: Vec<actix_rt::Arbiter> = (0..2).map(|_| actix_rt::Arbiter::new()).collect();
        for lane in &lanes {
            let door = door.clone();
            lane.spawn(async move { door.enter_lane() });
        }
        let buyers = owned(&door).await?;
        if let Some(tap) = tap {
            tap.drain();
        }
        let done = Arc::new(AtomicU64::new(0));
        let began = Instant::now();
        let over = move |sent: u64| match until {
            Until::Time(duration) => began.elapsed() >= duration,
            Until::Messages(messages) => sent >= messages / IN_FLIGHT as u64,
        };
        let (finished, mut all_finished) = tokio::sync::mpsc::unbounded_channel();
        for (n, buyer) in buyers.into_iter().enumerate() {
            let (door, done, finished) = (door.clone(), done.clone(), finished.clone());
            lanes[n % 2].spawn(async move {
                let text = "x".repeat(TEXT_BYTES);
                let mut number = 0u64;
                while !over(number) {
                    number += 1;
                    let client_message_id = format!("{number:020}");
                    let sent = door.send(&buyer, Send { client_message_id, text: text.clone(), ..Send::default() }).await;
                    if let Err(refusal) = sent {
                        let _ = finished.send(Err(anyhow::anyhow!("{refusal}")));
                        return;
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
                let _ = finished.send(Ok(()));
            });
        }
        for _ in 0..IN_FLIGHT {
            all_finished.recv().await.ok_or_else(|| anyhow::anyhow!("the lanes ended"))??;
        }
        let measured = (done.load(Ordering::Relaxed), began.elapsed());
        core.stop().await;
        Ok(measured)
    })
}

/// A key with every scope.
pub async fn operator(door: &Door) -> anyhow::Result<Arc<Principal>> {
    let mut key = door.issue_operators_key().await;
    while matches!(key, Err(fenliu::domain::refusal::Refusal::Stopping)) {
        tokio::time::sleep(Duration::from_millis(5)).await; // the lanes are about to enter
        key = door.issue_operators_key().await;
    }
    Ok(door.authenticate(&key?)?)
}

/// A shop whose one agent owns a conversation with each of [`IN_FLIGHT`] buyers.
async fn owned(door: &Door) -> anyhow::Result<Vec<Arc<Principal>>> {
    let platform = operator(door).await?;
    door.create_shop(&platform, "ratios".into(), "ratios".into()).await?;
    let settings = Box::new(Settings { offline_grace_ms: 86_400_000, ..Settings::default() });
    door.set_diversion(&platform, Some("ratios"), settings, None).await?;
    let settings = AgentSettings { weight: 1, capacity: 100_000, groups: Vec::new(), enabled: true, welcome: String::new() };
    let new = NewAccount { login: "a".into(), name: "a".into(), password: "a password".into(), role: Role::Agent, settings };
    door.create_account(&platform, Some("ratios"), new).await?;
    let (session, ..) = door.log_in("ratios", "a", "a password".into(), String::new()).await?;
    let agent = door.authenticate(&session)?;
    let device = door.connect(agent, None).await?;
    let mut buyers = Vec::new();
    for n in 0..IN_FLIGHT {
        let (token, ..) = door.issue_buyer_token(&platform, "ratios", format!("buyer-{n}"), String::new(), 3_600).await?;
        let buyer = door.authenticate(&token)?;
        let first = Send { client_message_id: "the-first-message".into(), text: "hello".into(), ..Send::default() };
        door.send(&buyer, first).await?;
        buyers.push(buyer);
    }
    tokio::time::sleep(Duration::from_millis(300)).await; // the assignments are commits of their own
    drop(device);
    Ok(buyers)
}

/// Messages a second that RocksDB writes when it is given the same batches, one sync each.
fn limit(folder: &Path, (messages, batches): &Written) -> anyhow::Result<f64> {
    let _ = std::fs::remove_dir_all(folder);
    let bare = Bare::open(folder, &StoreOptions { ballast_bytes: 0, ..StoreOptions::default() })?;
    let began = Instant::now();
    for batch in batches {
        bare.write(batch)?;
    }
    let rate = *messages as f64 / began.elapsed().as_secs_f64();
    drop(bare);
    std::fs::remove_dir_all(folder)?;
    Ok(rate)
}
