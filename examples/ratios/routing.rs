//! What routing adds to a message: the same machines and the same store with and without the dispatcher, and the assignment of a
//! full pool against RocksDB writing as many batches of as many bytes.

use crate::{Options, Ratio, alternate, median};
use fenliu::actors::clock::Clock;
use fenliu::app::Core;
use fenliu::config::Config;
use fenliu::domain::conversation::{Command, Conversation, conversation_id};
use fenliu::domain::dispatcher::{self, Dispatcher, Kept};
use fenliu::domain::diversion::condition::Condition;
use fenliu::domain::diversion::{Group, Rule, Settings, Target};
use fenliu::domain::event::{AgentSettings, Event, Heard, Presence, RetryKey, Role};
use fenliu::domain::facts::Visit;
use fenliu::domain::guard::Guard;
use fenliu::domain::guard::conduct::{Conduct, Step};
use fenliu::domain::guard::record::Origin;
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope};
use fenliu::domain::list::ListQuery;
use fenliu::domain::view::{Principal, State};
use fenliu::domain::{Decision, Effect, Machine};
use fenliu::door::{Device, Door, NewAccount, PoolFilter, Send, With};
use fenliu::store::measure::{Bare, Tap};
use fenliu::store::{Commit, Committer, SharedTail, Store, StoreOptions, Stored};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SHOP: ShopScope = ShopScope::granted(1);
/// 2023-11-15 07:59:30 in Shanghai: half a minute before a slot.
const BEFORE_SLOT: Millis = Millis(1_700_006_370_000);
const RECEPTIONS: u64 = 20_000;
const ROUNDS_OF_EACH: u64 = 20;
/// On both sides of a comparison.
const AGENTS: u32 = 20;
const POOLED: u64 = 5_000;

/// CPU seconds of this process so far.
fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = stat.rsplit_once(')').ok_or_else(|| anyhow::anyhow!("no such /proc/self/stat"))?;
    let ticks: Vec<f64> = after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

/// What routing adds to the CPU time of a message: the whole way through the server in process, over the same without what the
/// dispatcher does (decisions, their commits, what follows in the conversation), which is measured apart on the bare machines
/// and store. The hand-overs between actors, about a microsecond, count as the message's.
fn added(
    options: &Options,
    name: &'static str,
    at_most: f64,
    whole: impl Fn(&Path) -> anyhow::Result<f64>,
    bare: impl Fn(&Path, bool) -> anyhow::Result<f64>,
) -> anyhow::Result<Ratio> {
    let folder = options.folder.join("routing");
    let (mut ratios, mut wholes, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let (without, with, all) = (bare(&folder, false)?, bare(&folder, true)?, whole(&folder)?);
        std::fs::remove_dir_all(&folder)?;
        ratios.push(all / (all - (with - without).max(0.0)));
        wholes.push(all * 1e6);
        added.push((with - without) * 1e6);
    }
    let detail = format!("{:.1} µs of CPU a message, {:.1} of them for routing", median(wholes), median(added));
    Ok(Ratio { name, value: median(ratios), floor: at_most, aim: at_most, unit: "× (at most)", detail })
}

pub fn routing(options: &Options) -> anyhow::Result<Vec<Ratio>> {
    let owned = |folder: &Path, routed: bool| Shop::open(folder, routed)?.rounds();
    let first = |folder: &Path, routed: bool| Shop::open(folder, routed)?.first_messages();
    Ok(vec![
        added(options, "routing_owned", 1.15, |folder| in_process(folder, Work::Rounds), owned)?,
        added(options, "routing_first", 1.6, |folder| in_process(folder, Work::FirstMessages), first)?,
    ])
}

/// What the server is given to do.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    FirstMessages,
    Rounds,
}

/// CPU seconds of one message through the server without its network.
fn in_process(folder: &Path, work: Work) -> anyhow::Result<f64> {
    let _ = std::fs::remove_dir_all(folder);
    let mut config = Config { data_dir: folder.to_owned(), ..Config::default() };
    config.limits.buyer_messages_per_s = 0;
    config.storage.ballast_bytes = 0;
    actix_rt::System::new().block_on(async {
        let core = Core::start(&config, Clock::System)?;
        let door = core.door();
        let lanes: Vec<actix_rt::Arbiter> = (0..2).map(|_| actix_rt::Arbiter::new()).collect();
        for lane in &lanes {
            let door = door.clone();
            lane.spawn(async move { door.enter_lane() });
        }
        let (platform, agents) = house(&door, AGENTS).await?;
        let count = if work == Work::Rounds { 1_000 } else { RECEPTIONS };
        let buyers = Arc::new(buyers(&door, &platform, count).await?);
        let each = if work == Work::Rounds { 2 * ROUNDS_OF_EACH } else { 1 };
        if work == Work::Rounds {
            // Owned before the measurement begins.
            for (buyer, _) in buyers.iter() {
                door.send(buyer, question(0)).await?;
            }
            all_owned(&door, &agents[0].0).await?;
        }
        let began = cpu_seconds()?;
        let next = Arc::new(AtomicU64::new(0));
        let (finished, mut all_finished) = tokio::sync::mpsc::unbounded_channel();
        for n in 0..256 {
            let (door, buyers, agents) = (door.clone(), buyers.clone(), agents.iter().map(|(a, _)| a.clone()).collect::<Vec<_>>());
            let (next, finished) = (next.clone(), finished.clone());
            lanes[n % 2].spawn(async move {
                let mut result = anyhow::Ok(());
                while let Some(buyer) = buyers.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    result = talk_with(&door, buyer, &agents, work).await;
                    if result.is_err() {
                        break;
                    }
                }
                let _ = finished.send(result);
            });
        }
        for _ in 0..256 {
            all_finished.recv().await.ok_or_else(|| anyhow::anyhow!("the lanes ended"))??;
        }
        all_owned(&door, &agents[0].0).await?;
        let seconds = (cpu_seconds()? - began) / (count * each) as f64;
        drop(agents);
        core.stop().await;
        Ok(seconds)
    })
}

fn question(n: u64) -> Send {
    Send { client_message_id: format!("question-{n:08}"), text: "x".repeat(240), ..Send::default() }
}

async fn all_owned(door: &Door, overseer: &Principal) -> anyhow::Result<()> {
    while !door.inbox(overseer, ListQuery::state(State::Waiting), None, 1)?.rows.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// A buyer's first message; or, of an owned reception, answer and question by turns.
async fn talk_with(door: &Door, buyer: &Buyer, agents: &[Arc<Principal>], work: Work) -> anyhow::Result<()> {
    let (who, conversation) = buyer;
    if work == Work::FirstMessages {
        return door.send(who, question(0)).await.map(drop).map_err(Into::into);
    }
    let owner = door.conversation(&agents[0], *conversation)?.owner.ok_or_else(|| anyhow::anyhow!("nobody owns it"))?;
    for n in 1..=ROUNDS_OF_EACH {
        door.answer(&agents[owner.0 as usize - 1], *conversation, format!("answer-{n:08}"), "y".repeat(240), With::default()).await?;
        door.send(who, question(n)).await?;
    }
    Ok(())
}

type Buyer = (Arc<Principal>, ConversationId);

async fn buyers(door: &Door, platform: &Principal, count: u64) -> anyhow::Result<Vec<Buyer>> {
    let mut buyers = Vec::new();
    for n in 0..count {
        let (token, conversation, _) = door.issue_buyer_token(platform, "ratios", format!("buyer-{n}"), String::new(), 3_600).await?;
        buyers.push((door.authenticate(&token)?, conversation));
    }
    Ok(buyers)
}

/// A shop with connected agents, who all oversee it: the platform's key, sessions and devices.
async fn house(door: &Door, agents: u32) -> anyhow::Result<(Arc<Principal>, Vec<(Arc<Principal>, Device)>)> {
    let platform = crate::inprocess::operator(door).await?;
    door.create_shop(&platform, "ratios".into(), "ratios".into()).await?;
    // A program answers here: that is no violation.
    door.set_conduct(&platform, Box::new(Conduct { ladder: vec![Step::WARNING], throttle_ms: 0, ..Conduct::default() }), None).await?;
    let settings = Box::new(Settings { offline_grace_ms: 86_400_000, ..Settings::default() });
    door.set_diversion(&platform, Some("ratios"), settings, None).await?;
    Ok((platform.clone(), staff(door, &platform, agents).await?))
}

async fn staff(door: &Door, platform: &Principal, agents: u32) -> anyhow::Result<Vec<(Arc<Principal>, Device)>> {
    let mut desks = Vec::new();
    for n in 0..agents {
        let settings = AgentSettings { weight: 1, capacity: 100_000, groups: Vec::new(), enabled: true, welcome: String::new() };
        let (login, password) = (format!("agent-{n}"), String::from("a password"));
        let new = NewAccount { login: login.clone(), name: login.clone(), password: password.clone(), role: Role::Supervisor, settings };
        door.create_account(platform, Some("ratios"), new).await?;
        let (session, ..) = door.log_in("ratios", &login, password, String::new()).await?;
        let session = door.authenticate(&session)?;
        desks.push((session.clone(), door.connect(session, None).await?));
    }
    Ok(desks)
}

/// The machines over the real store, without actors.
struct Shop {
    store: Arc<Store>,
    committer: Committer<()>,
    released: Arc<AtomicU64>,
    submitted: u64,
    dispatcher: Option<Dispatcher>,
    talks: Vec<(Conversation, SharedTail)>,
    now: u64,
}

impl Shop {
    fn open(folder: &Path, routed: bool) -> anyhow::Result<Shop> {
        let _ = std::fs::remove_dir_all(folder);
        let store = Arc::new(Store::open(folder, &StoreOptions { ballast_bytes: 0, ..StoreOptions::default() })?);
        let released = Arc::new(AtomicU64::new(0));
        let count = released.clone();
        let release = move |group: Vec<_>| {
            count.fetch_add(group.len() as u64, Ordering::AcqRel);
        };
        let committer = Committer::start(store.clone(), release, |why| panic!("{why}"));
        let dispatcher = routed.then(staffed);
        Ok(Shop { store, committer, released, submitted: 0, dispatcher, talks: Vec::new(), now: BEFORE_SLOT.0 - 3_600_000 })
    }

    fn submit(&mut self, commit: Commit<()>) {
        self.committer.submit(commit);
        self.submitted += 1;
        // No more in flight than a server lets in.
        while self.submitted - self.released.load(Ordering::Acquire) > 512 {
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    fn done(&self) {
        while self.released.load(Ordering::Acquire) < self.submitted {
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// One command of a conversation, and what it leads to.
    fn talk(&mut self, n: usize, command: Command) -> anyhow::Result<()> {
        let mut next = Some(command);
        while let Some(command) = next.take() {
            let (talk, tail) = &mut self.talks[n];
            let decision = talk.decide(command, Millis(self.now))?;
            let before = talk.mark();
            decision.events.iter().for_each(|event| talk.apply(event));
            let Decision { events, effects, .. } = decision;
            let commit = Commit::of(SHOP, events, before, &*talk, Some(&*tail), ());
            self.submit(commit);
            for effect in effects {
                if let (Effect::Dispatcher(_, told), true) = (effect, self.dispatcher.is_some()) {
                    next = self.tell(told)?;
                }
            }
        }
        Ok(())
    }

    /// The dispatcher hears it; what it answers the conversation.
    fn tell(&mut self, command: dispatcher::Command) -> anyhow::Result<Option<Command>> {
        let Some(dispatcher) = &mut self.dispatcher else { return Ok(None) };
        let mut answer = None;
        let mut commits = Vec::new();
        let mut next = Some(command);
        while let Some(command) = next {
            let Decision { events, effects, .. } = dispatcher.decide(command, Millis(self.now))?;
            events.iter().for_each(|event| dispatcher.apply(event));
            if !effects.is_empty() {
                commits.push(Commit::of(SHOP, events, (), &*dispatcher, None, ()));
            }
            answer = answer.or(effects.into_iter().find_map(|effect| match effect {
                Effect::Conversation(_, _, command) => Some(command),
                _ => None,
            }));
            next = dispatcher.follow_up();
        }
        commits.into_iter().for_each(|commit| self.submit(commit));
        Ok(answer)
    }

    fn send(&mut self, n: usize, id: u64) -> anyhow::Result<()> {
        let visit = Visit { entry: "page-2".into(), ..Visit::default() };
        let retry = RetryKey { client_id: id << 32 | n as u64, body: 0 };
        let (buyer, name, text, desk) = (format!("b-{n}"), String::new(), "x".repeat(240), Arc::default());
        self.talk(n, Command::Send { buyer, name, visit, asks: false, text, extra: None, retry, desk })
    }

    fn open_talks(&mut self, count: u64) {
        self.talks = (0..count).map(|n| (Conversation::new(SHOP, conversation_id(SHOP, &n.to_string())), SharedTail::default())).collect();
    }

    /// CPU seconds of one message that opens a reception.
    fn first_messages(mut self) -> anyhow::Result<f64> {
        self.open_talks(RECEPTIONS);
        let began = cpu_seconds()?;
        for n in 0..RECEPTIONS as usize {
            self.now += 1;
            self.send(n, 0)?;
        }
        self.done();
        let seconds = (cpu_seconds()? - began) / RECEPTIONS as f64;
        self.close()?;
        Ok(seconds)
    }

    /// CPU seconds of one message of an owned reception: question, answer, question, answer.
    fn rounds(mut self) -> anyhow::Result<f64> {
        const TALKS: u64 = 1_000;
        self.open_talks(TALKS);
        let (agent, group) = (AgentNo(1), Some(GroupNo(1)));
        for n in 0..TALKS as usize {
            self.send(n, 0)?;
            if self.dispatcher.is_none() {
                let handover = handed_by_rule();
                self.talk(n, Command::Own { reception: 1, agent, group, handover })?;
            }
        }
        self.done();
        let began = cpu_seconds()?;
        for round in 1..=ROUNDS_OF_EACH {
            for n in 0..TALKS as usize {
                self.now += 1;
                let agent = self.talks[n].0.owner().ok_or_else(|| anyhow::anyhow!("nobody owns it"))?;
                let retry = RetryKey { client_id: 1 << 63 | round << 32 | n as u64, body: 0 };
                self.talk(
                    n,
                    Command::Answer { agent, text: "y".repeat(240), retry, extra: None, guard: Guard::usual(), origin: Origin::default() },
                )?;
                self.send(n, round)?;
            }
        }
        self.done();
        let seconds = (cpu_seconds()? - began) / (2 * TALKS * ROUNDS_OF_EACH) as f64;
        self.close()?;
        Ok(seconds)
    }

    fn close(self) -> anyhow::Result<()> {
        self.committer.stop();
        drop(self.committer);
        anyhow::ensure!(Arc::into_inner(self.store).is_some(), "the store is closed");
        Ok(())
    }
}

fn handed_by_rule() -> fenliu::domain::conversation::Handover {
    let how = fenliu::domain::event::Handing::ByRule;
    fenliu::domain::conversation::Handover {
        how,
        say: None,
        keywords: Vec::new(),
        decision: 1,
        over_capacity: None,
        welcome: Vec::new(),
        guard: Guard::usual(),
    }
}

/// Agents in two groups, one rule for each, everybody online with room for all.
fn staffed() -> Dispatcher {
    let rule = |g: u32| Rule {
        name: format!("group {g}"),
        when: Condition::Entry(vec![format!("page-{g}")]),
        target: Target::Groups(vec![GroupNo(g)]),
    };
    let settings = Box::new(Settings { rules: vec![rule(1), rule(2)], ..Settings::default() });
    let groups = (1..=2).map(|g| Group { name: format!("group {g}"), capacity: None, welcome: String::new() }).collect();
    let kept = Kept { settings, version: 1, schedule_at: BEFORE_SLOT, groups, ..Kept::default() };
    let mut dispatcher = Dispatcher::restore(SHOP, kept);
    for agent in 1..=AGENTS {
        let groups = vec![(GroupNo(agent % 2 + 1), None)];
        let settings = AgentSettings { weight: 1, capacity: 100_000, groups, enabled: true, welcome: String::new() };
        dispatcher.apply(&Event::Heard(Heard::Staff { agent: AgentNo(agent), settings, post: Default::default() }));
        dispatcher.apply(&Event::Heard(Heard::Presence { agent: AgentNo(agent), presence: Presence::Online, at: BEFORE_SLOT }));
    }
    dispatcher
}

/// A slot assigns 5,000 receptions out of the pool, through the whole server without its network.
pub fn pool(options: &Options) -> anyhow::Result<Vec<Ratio>> {
    let batches = std::cell::RefCell::new(Vec::new());
    let number = std::cell::Cell::new(0);
    let ours = || {
        number.set(number.get() + 1);
        let folder = options.folder.join(format!("pool-{}", number.get()));
        let (seconds, written) = slot(&folder)?;
        std::fs::remove_dir_all(&folder)?;
        *batches.borrow_mut() = written;
        anyhow::Ok(seconds * 1e3)
    };
    let _ = ours()?;
    let limit = || anyhow::Ok(bare(&options.folder.join("pool-bare"), &batches.borrow())? * 1e3);
    let (value, a, b) = alternate(options.rounds, ours, limit)?;
    let detail = format!("{a:.0} ms, {b:.0} ms for {POOLED} bare batches of as many bytes, one sync each");
    Ok(vec![Ratio { name: "pool_assignment", value, floor: 3.0, aim: 3.0, unit: "× (at most)", detail }])
}

/// Seconds until all are owned, and what was written meanwhile.
fn slot(folder: &Path) -> anyhow::Result<(f64, Vec<Vec<u8>>)> {
    let _ = std::fs::remove_dir_all(folder);
    let mut config = Config { data_dir: folder.to_owned(), ..Config::default() };
    config.limits.buyer_messages_per_s = 0;
    config.storage.ballast_bytes = 0;
    let (tap, clock) = (Tap::default(), Arc::new(AtomicU64::new(BEFORE_SLOT.0)));
    let system = actix_rt::System::new();
    system.block_on(async {
        let core = Core::start_tapped(&config, Clock::Manual(clock.clone()), Some(tap.clone()))?;
        let door = core.door();
        let lanes: Vec<actix_rt::Arbiter> = (0..2).map(|_| actix_rt::Arbiter::new()).collect();
        for lane in &lanes {
            let door = door.clone();
            lane.spawn(async move { door.enter_lane() });
        }
        let (platform, desks) = filled(&door).await?;
        tap.drain();
        let began = Instant::now();
        clock.store(BEFORE_SLOT.0 + 30_000, Ordering::SeqCst);
        while !door.pool(&platform, Some("ratios"), &PoolFilter::default(), None, 1)?.rows.is_empty() {
            anyhow::ensure!(began.elapsed() < Duration::from_secs(60), "the slot did not empty the pool");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let measured = (began.elapsed().as_secs_f64(), tap.drain());
        drop(desks);
        core.stop().await;
        Ok(measured)
    })
}

/// A shop with 5,000 buyers in its pool, and 20 agents who have come since.
async fn filled(door: &Door) -> anyhow::Result<(Arc<Principal>, Vec<(Arc<Principal>, Device)>)> {
    let (platform, _) = house(door, 0).await?;
    for (buyer, _) in buyers(door, &platform, POOLED).await? {
        let text = "x".repeat(240);
        door.send(&buyer, Send { client_message_id: "the-first-message".into(), text, ..Send::default() }).await?;
    }
    let desks = staff(door, &platform, 20).await?;
    Ok((platform, desks))
}

/// Seconds of as many batches as receptions, one sync each, together as many bytes as were written.
fn bare(folder: &Path, batches: &[Vec<u8>]) -> anyhow::Result<f64> {
    let _ = std::fs::remove_dir_all(folder);
    let bytes: usize = batches.iter().map(Vec::len).sum::<usize>() / POOLED as usize;
    let bare = Bare::open(folder, &StoreOptions { ballast_bytes: 0, ..StoreOptions::default() })?;
    let batch: Vec<Vec<u8>> = (0..POOLED).map(|n| Bare::batch(n, bytes)).collect();
    let began = Instant::now();
    for batch in &batch {
        bare.write(batch)?;
    }
    let seconds = began.elapsed().as_secs_f64();
    drop(bare);
    std::fs::remove_dir_all(folder)?;
    Ok(seconds)
}
