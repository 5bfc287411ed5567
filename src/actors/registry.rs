//! The registry of live entities: activates on demand, passivates by proof. The only place that sends to actors.
//!
//! Passivation proof: the entity says that nothing of its is in flight, and, under the entry's lock, every message sent to
//! it has been handled. Then nobody can be about to send to an address that is going away.

#![allow(clippy::disallowed_methods, reason = "the one place that sends")]

use super::clock::{Alarms, Clock};
use super::entity::{Entity, Envelope, Passivate};
use super::guards::Guards;
use super::lane::{Lanes, Work};
use super::lost::LostFiles;
use super::outbox::Hub;
use super::release::{Payload, release_group};
use crate::domain::agent::Agent;
use crate::domain::conversation::Conversation;
use crate::domain::desk::time::InForce;
use crate::domain::dispatcher::Dispatcher;
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope, TokenHash};
use crate::domain::notify::courier::Courier;
use crate::domain::notify::{Delivery, Reach};
use crate::domain::order::{Order, OrderKey};
use crate::domain::platform::Platform;
use crate::domain::refusal::Refusal;
use crate::domain::shop::Shop;
use crate::domain::text::{ListId, Texts};
use crate::domain::view::Principal;
use crate::domain::{Effect, Machine, Reply};
use crate::limits;
use crate::metrics::Metrics;
use crate::store::commit::{Commit, Committer};
use crate::store::stored::Stored;
use crate::store::{Error, Store};
use actix::{Actor, Addr};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::{mpsc, oneshot};

/// A place among the commands in flight: free again when it is dropped.
pub struct Permit(Arc<AtomicUsize>);

impl Permit {
    /// One more than `in_flight` counts, if that is within `max`.
    pub fn take(in_flight: &Arc<AtomicUsize>, max: usize) -> Option<Permit> {
        let before = in_flight.fetch_add(1, Ordering::AcqRel);
        let permit = Permit(in_flight.clone());
        (before < max).then_some(permit)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Where a caller waits. It carries the permit, so that a command counts as in flight until it is answered, also when its caller
/// has hung up.
pub struct ReplyTo {
    sender: oneshot::Sender<Result<Reply, Refusal>>,
    _permit: Permit,
}

impl ReplyTo {
    /// The place to answer, and where the answer comes.
    pub fn new(permit: Permit) -> (ReplyTo, oneshot::Receiver<Result<Reply, Refusal>>) {
        let (sender, answer) = oneshot::channel();
        (ReplyTo { sender, _permit: permit }, answer)
    }

    /// Answers; the caller may have gone, which changes nothing.
    pub fn send(self, answer: Result<Reply, Refusal>) {
        let _ = self.sender.send(answer);
    }
}

/// One entity, for the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    Conversation(ShopScope, ConversationId),
    Agent(ShopScope, AgentNo),
    Shop(ShopScope),
    Dispatcher(ShopScope),
    Order(ShopScope, OrderKey),
    Texts(ShopScope, ListId),
    Platform,
    Courier(ShopScope),
}

/// A live entity.
pub struct Live<M: Kind> {
    address: Addr<Entity<M>>,
    /// Messages sent to it.
    sent: u64,
    last: Millis,
}

type Map<M> = DashMap<(ShopScope, <M as Stored>::Key), Live<M>>;

/// A machine that lives in this registry. A new kind of actor is a new `impl Machine`, `Stored` and one line here.
pub trait Kind: Machine<Command: Send> + Stored {
    /// For logs.
    const NAME: &'static str;
    /// Its place in the registry.
    fn map(registry: &Registry) -> &Map<Self>;
    /// Its address for the clock.
    fn address(scope: ShopScope, key: Self::Key) -> Address;
}

macro_rules! kind {
    ($machine:ty, $name:literal, $map:ident, |$scope:ident, $key:ident| $address:expr) => {
        impl Kind for $machine {
            const NAME: &'static str = $name;
            fn map(registry: &Registry) -> &Map<Self> {
                &registry.$map
            }
            fn address($scope: ShopScope, $key: Self::Key) -> Address {
                $address
            }
        }
    };
}

kind!(Conversation, "conversation", conversations, |scope, key| Address::Conversation(scope, key));
kind!(Agent, "agent", agents, |scope, key| Address::Agent(scope, key));
kind!(Shop, "shop", shops, |scope, _key| Address::Shop(scope));
kind!(Dispatcher, "dispatcher", dispatchers, |scope, _key| Address::Dispatcher(scope));
kind!(Order, "order", orders, |scope, key| Address::Order(scope, key));
kind!(Texts, "texts", texts, |scope, key| Address::Texts(scope, key));
kind!(Platform, "platform", platforms, |_scope, _key| Address::Platform);
kind!(Courier, "courier", couriers, |scope, _key| Address::Courier(scope));

/// See the module.
pub struct Registry {
    conversations: Map<Conversation>,
    agents: Map<Agent>,
    shops: Map<Shop>,
    dispatchers: Map<Dispatcher>,
    orders: Map<Order>,
    texts: Map<Texts>,
    platforms: Map<Platform>,
    couriers: Map<Courier>,
    /// Credentials that were checked; forgotten the moment a revocation is on disk.
    pub credentials: DashMap<TokenHash, Arc<Principal>>,
    /// The settings of shops' desks, with what they are read from: forgotten the moment a change is on disk.
    pub desks: DashMap<ShopScope, ((u32, u32), Arc<InForce>)>,
    /// The guards of shops, made once and shared; forgotten the moment a change is on disk.
    pub guards: Guards,
    /// Files that erased conversations had.
    pub lost: LostFiles,
    pub lanes: Lanes,
    pub alarms: Alarms,
    pub clock: Clock,
    pub hub: Hub,
    pub metrics: Metrics,
    pub store: Arc<Store>,
    /// Where attempts to deliver notifications go; set once, by the composition root.
    pub deliveries: OnceLock<mpsc::Sender<Delivery>>,
    /// What can be reached by them; set together with it.
    pub reach: OnceLock<Reach>,
    committer: OnceLock<Committer<Payload>>,
    fatal: Box<dyn Fn(String) + Send + Sync>,
}

impl Registry {
    /// A registry over an open store. `fatal` must not return normally: it ends the process (or, in a test, is never called).
    pub fn start(
        store: Arc<Store>,
        clock: Clock,
        metrics: Metrics,
        fatal: impl Fn(String) + Send + Sync + Clone + 'static,
    ) -> Arc<Registry> {
        let registry = Arc::new(Registry {
            conversations: DashMap::new(),
            agents: DashMap::new(),
            shops: DashMap::new(),
            dispatchers: DashMap::new(),
            orders: DashMap::new(),
            texts: DashMap::new(),
            platforms: DashMap::new(),
            couriers: DashMap::new(),
            credentials: DashMap::new(),
            desks: DashMap::new(),
            guards: Guards::default(),
            lost: LostFiles::default(),
            lanes: Lanes::default(),
            alarms: Alarms::default(),
            clock,
            hub: Hub::default(),
            metrics,
            store: store.clone(),
            deliveries: OnceLock::new(),
            reach: OnceLock::new(),
            committer: OnceLock::new(),
            fatal: Box::new(fatal.clone()),
        });
        let weak = Arc::downgrade(&registry);
        let release = move |group| {
            if let Some(registry) = weak.upgrade() {
                release_group(&registry, &registry.hub, &registry.metrics, group);
            }
        };
        let _ = registry.committer.set(Committer::start(store, release, fatal));
        registry
    }

    /// Drains and closes the commit path: everything submitted is on disk when this returns. Then lets go of entities and lanes,
    /// which hold this registry, so that the last of them closes the files.
    pub fn stop(&self) {
        self.committer.get().expect("set by start").stop();
        self.lanes.end();
        self.conversations.clear();
        self.agents.clear();
        self.shops.clear();
        self.dispatchers.clear();
        self.orders.clear();
        self.texts.clear();
        self.platforms.clear();
        self.couriers.clear();
    }

    /// Ends the process: memory and disk have parted.
    pub fn fatal(&self, why: String) -> ! {
        (self.fatal)(why);
        std::process::abort();
    }

    /// Hands a commit to the store: the only output of an entity.
    pub fn submit(&self, commit: Commit<Payload>) {
        self.committer.get().expect("set by start").submit(commit);
    }

    /// The settings of a shop's desk: read with every message and changed seldom, so they are kept at hand. None: there is no such shop.
    pub fn desk(&self, scope: ShopScope) -> Result<Option<Arc<InForce>>, Error> {
        if let Some(desk) = self.desks.get(&scope).map(|kept| kept.1.clone()) {
            return Ok(Some(desk));
        }
        let Some((desk, version)) = self.store.desk_in_force(scope)? else { return Ok(None) };
        let desk = Arc::new(desk);
        self.desks.insert(scope, (version, desk.clone()));
        // A change that became durable between the look-up and the insertion has already been forgotten once.
        if self.store.desk_in_force(scope)?.is_none_or(|(_, now)| now != version) {
            self.desks.remove(&scope);
        }
        Ok(Some(desk))
    }

    /// A revoked credential must be looked up again.
    pub fn forget_credential(&self, token: TokenHash) {
        self.credentials.remove(&token);
    }

    /// Conversations in memory.
    pub fn live_conversations(&self) -> usize {
        self.conversations.len()
    }

    /// Commits that wait for the commit thread.
    pub fn commits_waiting(&self) -> usize {
        self.committer.get().expect("set by start").submitter().waiting()
    }

    /// Measures how long work waits for each lane.
    pub fn probe_lanes(&self) {
        for lane in 0..self.lanes.count() {
            let waited = self.metrics.lane();
            self.lanes.hand(lane, Work::Run(Box::new(move |_| waited.end())));
        }
    }

    /// Sends a command to an entity, activating it where needed.
    pub fn send<M: Kind>(self: &Arc<Registry>, scope: ShopScope, key: M::Key, envelope: Envelope<M>) {
        if let Some(mut live) = M::map(self).get_mut(&(scope, key)) {
            if live.address.connected() {
                live.sent += 1;
                live.last = envelope.at;
                live.address.do_send(envelope);
                return;
            }
            drop(live);
            // Its thread has ended under it (a lane of an embedding program): it is loaded again elsewhere.
            M::map(self).remove_if(&(scope, key), |_, live| !live.address.connected());
        }
        match Lanes::current() {
            Some(lane) => self.activate(scope, key, envelope, lane),
            None => {
                let lanes = self.lanes.count();
                if lanes == 0 {
                    refuse(envelope.reply, Refusal::Stopping);
                    return;
                }
                let lane = scope.number() as usize % lanes;
                self.lanes.hand(lane, Work::Run(Box::new(move |registry| registry.send::<M>(scope, key, envelope))));
            }
        }
    }

    fn activate<M: Kind>(self: &Arc<Registry>, scope: ShopScope, key: M::Key, envelope: Envelope<M>, lane: usize) {
        match M::map(self).entry((scope, key)) {
            Entry::Occupied(mut live) => {
                let live = live.get_mut();
                live.sent += 1;
                live.last = envelope.at;
                live.address.do_send(envelope);
            }
            Entry::Vacant(vacant) => match M::load(&self.store, scope, key) {
                Ok((machine, tail)) => {
                    let address = Entity::new(self.clone(), scope, key, machine, tail, lane).start();
                    let last = envelope.at;
                    address.do_send(envelope);
                    vacant.insert(Live { address, sent: 1, last });
                }
                Err(error) => {
                    tracing::error!(kind = M::NAME, shop = scope.number(), %error, "cannot be loaded");
                    refuse(envelope.reply, Refusal::Internal);
                }
            },
        }
    }

    /// Whether the entity may leave: every message sent to it was handled. If so it is forgotten here and now.
    pub fn retire<M: Kind>(&self, scope: ShopScope, key: M::Key, handled: u64) -> bool {
        M::map(self).remove_if(&(scope, key), |_, live| live.sent == handled).is_some()
    }

    /// Asks conversations, orders and texts without work for [`limits::IDLE_MS`] to leave memory.
    pub fn sweep(&self, now: Millis) {
        self.sweep_of::<Conversation>(now);
        self.sweep_of::<Order>(now);
        self.sweep_of::<Texts>(now);
        self.sweep_of::<Courier>(now);
        self.guards.sweep();
    }

    fn sweep_of<M: Kind>(&self, now: Millis) {
        for mut live in M::map(self).iter_mut() {
            if now.since(live.last) >= limits::IDLE_MS {
                live.sent += 1;
                live.last = now;
                live.address.do_send(Passivate);
            }
        }
    }

    /// Sends an effect on.
    pub fn dispatch(self: &Arc<Registry>, effect: Effect, at: Millis, reply: Option<ReplyTo>) {
        match effect {
            Effect::Conversation(scope, key, mut command) => {
                // What another machine lets it say passes the guard of its shop.
                if let Some(guard) = command.speaks() {
                    *guard = self.guard_at_hand(scope);
                }
                self.send::<Conversation>(scope, key, Envelope { command, at, reply })
            }
            Effect::Dispatcher(scope, command) => self.send::<Dispatcher>(scope, (), Envelope { command, at, reply }),
            Effect::Agent(scope, key, command) => self.send::<Agent>(scope, key, Envelope { command, at, reply }),
            Effect::Shop(scope, command) => self.send::<Shop>(scope, (), Envelope { command, at, reply }),
            Effect::Order(scope, key, command) => self.send::<Order>(scope, key, Envelope { command, at, reply }),
            Effect::Texts(scope, key, command) => self.send::<Texts>(scope, key, Envelope { command, at, reply }),
            Effect::Platform(command) => self.send::<Platform>(ShopScope::PLATFORM, (), Envelope { command, at, reply }),
            Effect::Courier(scope, command) => self.send::<Courier>(scope, (), Envelope { command, at, reply }),
            Effect::Deliver(delivery) => self.deliver(*delivery),
        }
    }

    /// Hands an attempt to whoever delivers. Where that one is full or absent it is dropped: the courier tries again.
    fn deliver(&self, delivery: Delivery) {
        let dropped = self.deliveries.get().is_none_or(|deliveries| deliveries.try_send(delivery).is_err());
        if dropped {
            tracing::warn!("an attempt to deliver a notification found no place; it is made again");
        }
    }

    /// Wakes the dispatchers of these shops soon, a few at a time: loading one reads its accounts and open receptions.
    pub fn look_at(&self, shops: Vec<ShopScope>) {
        let now = self.clock.now();
        for (i, scope) in shops.into_iter().enumerate() {
            let due = now.plus(i as u64 / limits::SHOPS_LOOKED_AT_PER_MS);
            self.alarms.set(Address::Dispatcher(scope), Some(due));
        }
    }

    /// Wakes everybody whose alarm is due.
    pub fn wake_due(self: &Arc<Registry>) {
        let now = self.clock.now();
        for (due, who) in self.alarms.due(now) {
            self.metrics.fired(now.since(due));
            match who {
                Address::Conversation(scope, key) => self.wake::<Conversation>(scope, key, now),
                Address::Agent(scope, key) => self.wake::<Agent>(scope, key, now),
                Address::Shop(scope) => self.wake::<Shop>(scope, (), now),
                Address::Dispatcher(scope) => self.wake::<Dispatcher>(scope, (), now),
                Address::Order(scope, key) => self.wake::<Order>(scope, key, now),
                Address::Texts(scope, key) => self.wake::<Texts>(scope, key, now),
                Address::Platform => self.wake::<Platform>(ShopScope::PLATFORM, (), now),
                Address::Courier(scope) => self.wake::<Courier>(scope, (), now),
            }
        }
    }

    fn wake<M: Kind>(self: &Arc<Registry>, scope: ShopScope, key: M::Key, at: Millis) {
        if let Some(command) = M::wake() {
            self.send::<M>(scope, key, Envelope { command, at, reply: None });
        }
    }
}

fn refuse(reply: Option<ReplyTo>, refusal: Refusal) {
    if let Some(reply) = reply {
        reply.send(Err(refusal));
    }
}
