//! Devices: a bounded outbox for each connected socket, and the hub that fills them in feed order.
//!
//! A device first catches up from the stored feed and is only told *that* there is more; from the moment it has read
//! everything it is handed entries as they are released. A full outbox is cut: the device resumes from its cursor, and
//! nothing is buffered without bound (RELIABILITY P6). Signals are for devices that keep up; others miss them, and lose nothing.

use super::lookers::Lookers;
use crate::domain::audience::{Audience, audience};
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope, TokenHash};
use crate::domain::view::{FeedEntry, Signal};
use crate::limits;
use dashmap::DashMap;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// Why a device was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Its outbox was full: it is too slow. It may resume from its cursor.
    Slow,
    /// Its credential was revoked or has expired.
    Revoked,
    /// What its holder's role grants has changed. It may resume from its cursor, with what it may see now.
    Rights,
    /// The server is stopping.
    Stopping,
}

/// Whose device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Staff { agent: AgentNo, oversees: bool },
    Buyer { conversation: ConversationId },
}

/// What a device is told.
#[derive(Clone, Debug)]
pub enum Told {
    Feed(Arc<FeedEntry>),
    /// Now, or never.
    Signal(Arc<Signal>),
}

/// How an outbox stands to its device.
#[derive(Debug)]
enum Mode {
    /// The device reads the feed; `behind`: something was released since it last looked.
    CatchingUp {
        behind: bool,
    },
    Live(VecDeque<Told>),
    Cut(Cut),
}

/// What a device finds when it looks.
#[derive(Debug)]
pub enum Look {
    Entries(Vec<Told>),
    /// Nothing now.
    Empty,
    /// Read the feed again.
    Behind,
    Over(Cut),
}

/// The outbox of one device.
pub struct Outbox {
    pub scope: ShopScope,
    pub holder: Holder,
    pub token: TokenHash,
    pub expires: Millis,
    /// Its holder has a role of the shop's making, which the shop may change at any time (ACC-1).
    pub own_role: bool,
    mode: Mutex<Mode>,
    /// The conversation this device looks at.
    looks_at: Mutex<Option<ConversationId>>,
    /// Signals it sent in the second that began when it sent the first of them.
    signals: Mutex<(Millis, u32)>,
    pub bell: Notify,
}

impl Outbox {
    /// An outbox whose device must catch up first.
    pub fn new(scope: ShopScope, holder: Holder, token: TokenHash, expires: Millis, own_role: bool) -> Arc<Outbox> {
        let mode = Mutex::new(Mode::CatchingUp { behind: true });
        let (looks_at, signals) = (Mutex::default(), Mutex::default());
        Arc::new(Outbox { scope, holder, token, expires, own_role, mode, looks_at, signals, bell: Notify::new() })
    }

    fn with_mode<T>(&self, change: impl FnOnce(&mut Mode) -> T) -> T {
        change(&mut self.mode.lock().expect("no panic under this lock"))
    }

    fn push(&self, entry: &Arc<FeedEntry>) {
        self.with_mode(|mode| match mode {
            Mode::CatchingUp { behind } => *behind = true,
            Mode::Live(queue) if queue.len() >= limits::OUTBOX_ENTRIES_MAX => *mode = Mode::Cut(Cut::Slow),
            Mode::Live(queue) => queue.push_back(Told::Feed(entry.clone())),
            Mode::Cut(_) => {}
        });
        self.bell.notify_one();
    }

    /// Tells the device now; one that is slow or catching up is not told.
    pub fn signal(&self, signal: &Arc<Signal>) {
        self.with_mode(|mode| {
            if let Mode::Live(queue) = mode
                && queue.len() < limits::SIGNALS_WAITING_MAX
            {
                queue.push_back(Told::Signal(signal.clone()));
            }
        });
        self.bell.notify_one();
    }

    /// Whether the device may send one more signal in this second; counts it.
    pub fn may_signal(&self, now: Millis) -> bool {
        let mut signals = self.signals.lock().expect("no panic under this lock");
        if now.since(signals.0) >= 1_000 {
            *signals = (now, 0);
        }
        signals.1 += 1;
        signals.1 <= limits::SIGNALS_PER_S_MAX
    }

    /// Notes what the device looks at; what it looked at before.
    pub(super) fn look_at(&self, conversation: Option<ConversationId>) -> Option<ConversationId> {
        std::mem::replace(&mut *self.looks_at.lock().expect("no panic under this lock"), conversation)
    }

    /// Ends the device.
    pub fn cut(&self, why: Cut) {
        self.with_mode(|mode| {
            if !matches!(mode, Mode::Cut(_)) {
                *mode = Mode::Cut(why);
            }
        });
        self.bell.notify_one();
    }

    /// The device is about to read the feed.
    pub fn reading(&self) {
        self.with_mode(|mode| {
            if let Mode::CatchingUp { behind } = mode {
                *behind = false;
            }
        });
    }

    /// The device has read the whole feed: from now on it is handed entries, unless something came in between.
    pub fn go_live(&self) {
        self.with_mode(|mode| {
            if matches!(mode, Mode::CatchingUp { behind: false }) {
                *mode = Mode::Live(VecDeque::new());
            }
        });
    }

    /// What there is for the device.
    pub fn look(&self) -> Look {
        self.with_mode(|mode| match mode {
            Mode::CatchingUp { .. } => Look::Behind,
            Mode::Live(queue) if queue.is_empty() => Look::Empty,
            Mode::Live(queue) => Look::Entries(queue.drain(..).collect()),
            Mode::Cut(why) => Look::Over(*why),
        })
    }
}

/// The devices of a shop's staff.
#[derive(Default)]
struct Staff {
    agents: HashMap<AgentNo, Vec<Arc<Outbox>>>,
    overseers: Vec<Arc<Outbox>>,
}

impl Staff {
    fn each(&self) -> impl Iterator<Item = &Arc<Outbox>> {
        self.agents.values().flatten().chain(&self.overseers)
    }

    /// The devices of one account, which may see everything or not.
    fn of(&self, agent: AgentNo) -> impl Iterator<Item = &Arc<Outbox>> {
        let own = move |outbox: &&Arc<Outbox>| matches!(outbox.holder, Holder::Staff { agent: holder, .. } if holder == agent);
        self.agents.get(&agent).into_iter().flatten().chain(self.overseers.iter().filter(own))
    }

    fn publish(&self, audience: &Audience, entry: &Arc<FeedEntry>) {
        if audience.everybody {
            self.each().for_each(|outbox| outbox.push(entry));
        } else if audience.private {
            audience.agents.iter().flat_map(|agent| self.of(*agent)).for_each(|outbox| outbox.push(entry));
        } else {
            let agents = audience.agents.iter().filter_map(|agent| self.agents.get(agent)).flatten();
            agents.chain(&self.overseers).for_each(|outbox| outbox.push(entry));
        }
    }
}

/// All devices.
#[derive(Default)]
pub struct Hub {
    staff: DashMap<ShopScope, Staff>,
    buyers: DashMap<(ShopScope, ConversationId), Vec<Arc<Outbox>>>,
    devices: AtomicUsize,
    pub lookers: Lookers,
}

impl Hub {
    /// Whether any device is connected at all.
    pub fn anybody(&self) -> bool {
        self.devices.load(Ordering::Relaxed) > 0
    }

    /// Devices connected.
    pub fn devices(&self) -> usize {
        self.devices.load(Ordering::Relaxed)
    }

    /// Entries that wait for devices: of all, and of the slowest.
    pub fn waiting(&self) -> (usize, usize) {
        let (mut all, mut longest) = (0, 0);
        self.each(|outbox| {
            let waiting = outbox.with_mode(|mode| if let Mode::Live(queue) = mode { queue.len() } else { 0 });
            all += waiting;
            longest = longest.max(waiting);
        });
        (all, longest)
    }

    /// Adds a device; false if its holder has too many.
    pub fn add(&self, outbox: &Arc<Outbox>) -> bool {
        let admit = |list: &mut Vec<Arc<Outbox>>, max: usize| {
            let room = list.len() < max;
            if room {
                list.push(outbox.clone());
            }
            room
        };
        let max = limits::SOCKETS_PER_PRINCIPAL_MAX;
        let admitted = match outbox.holder {
            Holder::Staff { oversees: true, .. } => {
                let list = &mut self.staff.entry(outbox.scope).or_default().overseers;
                // One account must not take the places of all.
                list.iter().filter(|other| other.holder == outbox.holder).count() < max && admit(list, limits::OVERSEER_SOCKETS_MAX)
            }
            Holder::Staff { agent, .. } => admit(self.staff.entry(outbox.scope).or_default().agents.entry(agent).or_default(), max),
            Holder::Buyer { conversation } => admit(&mut self.buyers.entry((outbox.scope, conversation)).or_default(), max),
        };
        if admitted {
            self.devices.fetch_add(1, Ordering::Relaxed);
        }
        admitted
    }

    /// Removes a device.
    pub fn remove(&self, outbox: &Arc<Outbox>) {
        self.lookers.leave(outbox);
        let mut removed = false;
        let mut drop_from = |list: &mut Vec<Arc<Outbox>>| {
            let before = list.len();
            list.retain(|o| !Arc::ptr_eq(o, outbox));
            removed = before != list.len();
            list.is_empty()
        };
        match outbox.holder {
            Holder::Staff { agent, oversees } => {
                self.staff.remove_if_mut(&outbox.scope, |_, staff| {
                    if oversees {
                        drop_from(&mut staff.overseers);
                    } else if staff.agents.get_mut(&agent).is_some_and(drop_from) {
                        staff.agents.remove(&agent);
                    }
                    staff.agents.is_empty() && staff.overseers.is_empty()
                });
            }
            Holder::Buyer { conversation } => {
                self.buyers.remove_if_mut(&(outbox.scope, conversation), |_, list| drop_from(list));
            }
        }
        if removed {
            self.devices.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Pushes an entry to every device that may see it. Called in feed order.
    pub fn publish(&self, entry: &Arc<FeedEntry>) {
        let audience = audience(&entry.event);
        if audience.staff
            && let Some(staff) = self.staff.get(&entry.scope)
        {
            staff.publish(&audience, entry);
        }
        if let Some(list) = audience.buyer.and_then(|c| self.buyers.get(&(entry.scope, c))) {
            list.iter().for_each(|outbox| outbox.push(entry));
        }
    }

    /// Tells the devices of an account.
    pub fn signal_agent(&self, scope: ShopScope, agent: AgentNo, signal: &Arc<Signal>) {
        if let Some(staff) = self.staff.get(&scope) {
            staff.of(agent).for_each(|outbox| outbox.signal(signal));
        }
    }

    /// Tells the devices of a buyer.
    pub fn signal_buyer(&self, scope: ShopScope, conversation: ConversationId, signal: &Arc<Signal>) {
        if let Some(list) = self.buyers.get(&(scope, conversation)) {
            list.iter().for_each(|outbox| outbox.signal(signal));
        }
    }

    fn each(&self, mut act: impl FnMut(&Arc<Outbox>)) {
        self.staff.iter().for_each(|staff| staff.each().for_each(&mut act));
        self.buyers.iter().for_each(|list| list.iter().for_each(&mut act));
    }

    /// Cuts the devices of a revoked credential.
    pub fn revoke(&self, token: TokenHash) {
        self.each(|outbox| {
            if outbox.token == token {
                outbox.cut(Cut::Revoked);
            }
        });
    }

    /// Cuts the devices whose role may have changed with the shop's own ones.
    pub fn roles_changed(&self, scope: ShopScope) {
        self.each(|outbox| {
            if outbox.scope == scope && outbox.own_role {
                outbox.cut(Cut::Rights);
            }
        });
    }

    /// Cuts the devices whose credential has expired; forgets who no longer looks.
    pub fn expire(&self, now: Millis) {
        self.lookers.expire(now);
        self.each(|outbox| {
            if outbox.expires <= now {
                outbox.cut(Cut::Revoked);
            }
        });
    }

    /// Cuts every device: the server is stopping.
    pub fn stop(&self) {
        self.each(|outbox| outbox.cut(Cut::Stopping));
    }
}
