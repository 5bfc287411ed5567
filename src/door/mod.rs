//! The only entrance.
//!
//! It authenticates, checks sizes, takes a permit or refuses, stamps the time, and hands the command on; the caller waits
//! for the answer that follows the commit. Reads go from here straight to the store, never through an actor, so nobody is
//! shown what is not durable. It must never decide anything: that is what the domain is for.

mod archive;
mod batch;
mod blacklist;
mod buyer;
mod credential;
mod desk;
mod desk_work;
mod device;
mod distribution;
mod diversion;
mod draft;
mod export;
mod file;
mod guard;
mod guard_set;
mod health;
mod health_report;
mod inbox;
mod long_waits;
mod notice;
mod notify;
mod order;
mod platform;
mod pool;
mod shop;
mod signal;
mod staff;
mod standing;
mod suggestion;
mod text;

pub use crate::actors::outbox::{Cut, Told};
pub use crate::files::Contents;
pub use crate::files::upload::UploadId;
pub use crate::store::{Guarding, RecordCounts};
pub use archive::Due;
pub use batch::{BatchAction, BatchResult, Wording};
pub use blacklist::Unwanted;
pub use buyer::{Send, Standing};
pub use device::Device;
pub use diversion::{Checked, Versioned};
pub use export::{Export, ExportOf, OrderExport};
pub use file::{Receiving, Uploading, With};
pub use health::{Grain, Health, MarketplaceOf, Point, Reported};
pub use health_report::Reporting;
pub use inbox::CountsOf;
pub use long_waits::LongWaits;
pub use notice::{NewNotice, NoticeCount, NoticesOf, Reading};
pub use notify::NewChannel;
pub use order::{OrderDetail, OrderFilter, Tracked};
pub use pool::{Assignment, DayCount, PoolFilter, PoolRow};
pub use shop::{Audited, Before, NewAccount};
pub use signal::Voice;
pub use standing::{AccountStanding, GuardRecord, RecordsOf, Waiting};
pub use suggestion::{NewSuggestion, Suggested};
pub use text::{FoundPhrase, MadeWith, Sought, Whose};

use crate::actors::registry::{Permit, Registry, ReplyTo};
use crate::domain::event::{RetryKey, Scope};
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope};
use crate::domain::refusal::Refusal;
use crate::domain::text::is_unseen;
use crate::domain::view::Principal;
use crate::domain::{Effect, Reply};
use crate::files::Files;
use crate::limits;
use crate::metrics::Sample;
use dashmap::DashMap;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Bounds that the operator may set.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Commands in the server at once.
    pub in_flight_max: usize,
    /// Messages a second of one buyer, lasting; 0 = unlimited.
    pub buyer_messages_per_s: u32,
    /// Messages a buyer may send at once before that rate binds.
    pub buyer_messages_burst: u32,
    /// Messages a second of all buyers of one shop; 0 = unlimited.
    pub shop_messages_per_s: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { in_flight_max: limits::IN_FLIGHT_MAX, buyer_messages_per_s: 5, buyer_messages_burst: 20, shop_messages_per_s: 0 }
    }
}

struct Inner {
    registry: Arc<Registry>,
    files: Files,
    bounds: Bounds,
    in_flight: Arc<AtomicUsize>,
    stopping: AtomicBool,
    by_buyer: Option<DefaultKeyedRateLimiter<ConversationId>>,
    by_shop: Option<DefaultKeyedRateLimiter<ShopScope>>,
    /// Changes of drafts.
    by_writer: Option<DefaultKeyedRateLimiter<(ShopScope, AgentNo)>>,
    /// Suggestions of assistants.
    by_assistant: Option<DefaultKeyedRateLimiter<ConversationId>>,
    /// Passwords compared at once: each takes 19 MiB and some 20 ms of CPU.
    comparisons: Semaphore,
    /// Log-ins that may wait for their comparison.
    comparisons_waiting: Semaphore,
    /// Exports at once: each reads much.
    exports: Arc<Semaphore>,
    exports_of: DashMap<ShopScope, Arc<Semaphore>>,
}

/// The entrance. Cheap to clone. Every method that changes something returns after the commit is on disk.
#[derive(Clone)]
pub struct Door {
    inner: Arc<Inner>,
    /// Where who stands before it comes from, if that is known.
    ip: Option<IpAddr>,
}

fn limiter<K: std::hash::Hash + Eq + Clone>(per_s: u32, burst: u32) -> Option<DefaultKeyedRateLimiter<K>> {
    let quota = Quota::per_second(NonZeroU32::new(per_s)?).allow_burst(NonZeroU32::new(burst.max(1))?);
    Some(RateLimiter::dashmap(quota))
}

fn wait_s(until: governor::NotUntil<<DefaultClock as governor::clock::Clock>::Instant>) -> Refusal {
    let ms = until.wait_time_from(DefaultClock::default().now()).as_millis() as u64;
    Refusal::TooMany { retry_after_s: ms.div_ceil(1000).max(1) }
}

impl Door {
    /// The entrance to the entities of `registry`, and to their files.
    pub fn new(registry: Arc<Registry>, files: Files, bounds: Bounds) -> Door {
        let inner = Inner {
            registry,
            files,
            in_flight: Arc::default(),
            stopping: AtomicBool::new(false),
            by_buyer: limiter(bounds.buyer_messages_per_s, bounds.buyer_messages_burst),
            by_shop: limiter(bounds.shop_messages_per_s, bounds.shop_messages_per_s),
            by_writer: limiter(limits::DRAFTS_PER_S, limits::DRAFTS_BURST),
            by_assistant: limiter(limits::SUGGESTIONS_PER_S, limits::SUGGESTIONS_BURST),
            comparisons: Semaphore::new(2),
            comparisons_waiting: Semaphore::new(limits::COMPARISONS_WAITING_MAX),
            exports: Arc::new(Semaphore::new(limits::EXPORTS_AT_ONCE_MAX)),
            exports_of: DashMap::new(),
            bounds,
        };
        Door { inner: Arc::new(inner), ip: None }
    }

    /// The same entrance, for somebody who comes from this address.
    pub fn coming_from(&self, ip: Option<IpAddr>) -> Door {
        Door { ip, ..self.clone() }
    }

    fn now(&self) -> Millis {
        self.inner.registry.clock.now()
    }

    /// Not while stopping or low on disk, and not beyond the bound of commands in flight.
    fn permit(&self) -> Result<Permit, Refusal> {
        let inner = &*self.inner;
        if inner.stopping.load(Ordering::Acquire) {
            return Err(Refusal::Stopping);
        }
        if !inner.registry.store.writable() {
            return Err(Refusal::DiskLow);
        }
        Permit::take(&inner.in_flight, inner.bounds.in_flight_max).ok_or_else(|| {
            inner.registry.metrics.refused();
            Refusal::Overloaded { retry_after_s: 1 }
        })
    }

    /// Hands a command on and waits for what follows its commit.
    async fn submit(&self, effect: Effect) -> Result<Reply, Refusal> {
        self.hand_on(effect)?.await
    }

    /// Hands a command on at once; only what follows its commit is waited for.
    fn hand_on(&self, effect: Effect) -> Result<impl Future<Output = Result<Reply, Refusal>>, Refusal> {
        let (reply, answer) = ReplyTo::new(self.permit()?);
        let took = self.inner.registry.metrics.command();
        self.inner.registry.dispatch(effect, self.now(), Some(reply));
        Ok(async move {
            let answer = answer.await.unwrap_or(Err(Refusal::Stopping));
            took.end();
            answer
        })
    }

    /// Refuses what exceeds the buckets of buyer and shop.
    fn bucket(&self, scope: ShopScope, conversation: ConversationId) -> Result<(), Refusal> {
        if let Some(limiter) = &self.inner.by_buyer {
            limiter.check_key(&conversation).map_err(wait_s)?;
        }
        if let Some(limiter) = &self.inner.by_shop {
            limiter.check_key(&scope).map_err(wait_s)?;
        }
        Ok(())
    }

    /// Refuses drafts that change faster than anybody writes.
    fn drafting(&self, scope: ShopScope, agent: AgentNo) -> Result<(), Refusal> {
        self.inner.by_writer.as_ref().map_or(Ok(()), |limiter| limiter.check_key(&(scope, agent)).map_err(wait_s))
    }

    /// Ready for work; otherwise says why not.
    pub fn ready(&self) -> Result<(), Refusal> {
        self.permit().map(drop)
    }

    /// Takes no more commands; reads go on.
    pub fn stop_taking(&self) {
        self.inner.stopping.store(true, Ordering::Release);
        self.inner.registry.hub.stop();
    }

    /// Commands not yet answered.
    pub fn in_flight(&self) -> usize {
        self.inner.in_flight.load(Ordering::Acquire)
    }

    /// Conversations in memory: those without work leave it.
    pub fn live_conversations(&self) -> usize {
        self.inner.registry.live_conversations()
    }

    /// What is done on the clock's beat: gauges, expired devices, buckets nobody uses.
    pub fn beat(&self) {
        let registry = &self.inner.registry;
        registry.hub.expire(self.now());
        self.inner.files.uploads.expire(self.now());
        self.measure();
        if let Some(limiter) = &self.inner.by_buyer {
            limiter.retain_recent();
        }
        if let Some(limiter) = &self.inner.by_shop {
            limiter.retain_recent();
        }
        if let Some(limiter) = &self.inner.by_writer {
            limiter.retain_recent();
        }
        if let Some(limiter) = &self.inner.by_assistant {
            limiter.retain_recent();
        }
        self.forget_expired_credentials();
    }

    /// What is measured rather than counted.
    fn measure(&self) {
        let registry = &self.inner.registry;
        let sample = Sample {
            live_conversations: registry.live_conversations(),
            devices: registry.hub.devices(),
            in_flight: self.in_flight(),
            writable: registry.store.writable(),
            commits_waiting: registry.commits_waiting(),
            deadlines_pending: registry.alarms.pending(),
            counts: registry.store.totals(),
            outbox: registry.hub.waiting(),
        };
        let name = |shop| registry.store.shop(shop).ok().flatten().map(|shop| shop.shop);
        let scope = |name: &str| registry.store.shop_by_name(name).ok().flatten();
        registry.metrics.gauge(self.now(), &sample, name, scope);
        registry.probe_lanes();
    }

    /// Asks the store about itself: every few seconds.
    pub fn measure_store(&self) {
        let registry = &self.inner.registry;
        registry.metrics.store(&registry.store.figures());
    }

    /// The metrics text of Prometheus; shops by name only for a key with [`Scope::Metrics`].
    pub fn metrics(&self, who: Option<&Principal>) -> Result<String, Refusal> {
        if let Some(who) = who {
            self.platform(who, Scope::Metrics)?;
        }
        Ok(self.inner.registry.metrics.text(who.is_some()))
    }

    /// Makes the calling thread (a web worker, an arbiter) one of those on which entities live.
    pub fn enter_lane(&self) {
        crate::actors::lane::Lanes::enter(&self.inner.registry);
    }
}

/// Refuses a text that shows nothing, would harm a screen, or is too long.
fn check_text(field: &'static str, text: &str, chars_max: usize) -> Result<(), Refusal> {
    let shows = |c: char| !c.is_whitespace() && !c.is_control() && !is_unseen(c);
    if !text.chars().any(shows) {
        return Err(Refusal::Invalid { field, problem: "must not be empty: there is nothing in it that anybody could see".into() });
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Refusal::Invalid { field, problem: "must not contain control characters; new lines and tabs are fine".into() });
    }
    // Bytes bound characters from above: most texts are decided without counting.
    if text.len() > chars_max && text.chars().count() > chars_max {
        return Err(Refusal::Invalid { field, problem: format!("at most {chars_max} characters") });
    }
    Ok(())
}

/// Names are one line, without control characters.
fn check_name(field: &'static str, name: &str) -> Result<(), Refusal> {
    check_text(field, name, limits::NAME_CHARS_MAX)?;
    if name.chars().any(char::is_control) {
        return Err(Refusal::Invalid { field, problem: "must not contain control characters".into() });
    }
    Ok(())
}

/// A word the diversion rules may ask for: as a name, or empty.
fn check_word(field: &'static str, word: &str) -> Result<(), Refusal> {
    if word.is_empty() { Ok(()) } else { check_name(field, word) }
}

/// What a retry is recognised by. `who` keeps the ids of different senders apart.
fn retry_key(who: &str, client_message_id: &str, text: &str) -> Result<RetryKey, Refusal> {
    let length = client_message_id.len();
    if !(limits::CLIENT_ID_BYTES_MIN..=limits::CLIENT_ID_BYTES_MAX).contains(&length) {
        let problem = format!("{} to {} bytes", limits::CLIENT_ID_BYTES_MIN, limits::CLIENT_ID_BYTES_MAX);
        return Err(Refusal::Invalid { field: "client_message_id", problem });
    }
    let digest = Sha256::new().chain_update(who).chain_update([0]).chain_update(client_message_id).finalize();
    let mut id = [0; 8];
    id.copy_from_slice(&digest[..8]);
    Ok(RetryKey { client_id: u64::from_be_bytes(id), body: crc32fast::hash(text.as_bytes()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_shows_something_and_nothing_that_harms_a_screen() {
        // SPEC: INB-7 INB-9
        let checked = |text: &str| check_text("title", text, 20);
        for fine in ["茶", "a\r\n\tb", "👩\u{200d}🔧", "\u{202e}rtl", " ends "] {
            assert!(checked(fine).is_ok(), "{fine:?}");
        }
        for wrong in ["", " \n\u{3000}", "\u{200b}\u{feff}\u{202e}", "\u{7}\u{0}", "a\u{1b}[2J", "a\u{0}", "a\u{85}"] {
            assert!(matches!(checked(wrong), Err(Refusal::Invalid { field: "title", .. })), "{wrong:?}");
        }
    }
}
