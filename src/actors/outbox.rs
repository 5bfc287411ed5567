//! Devices: a bounded outbox for each connected socket, and the hub that fills them in feed order.
//!
//! A device first catches up from the stored feed and is only told *that* there is more; from the moment it has read
//! everything it is handed entries as they are released. A full outbox is cut: the device resumes from its cursor, and
//! nothing is buffered without bound (RELIABILITY P6).

use crate::domain::audience::audience;
use crate::domain::id::{AgentNo, ConversationId, Millis, ShopScope, TokenHash};
use crate::domain::view::FeedEntry;
use crate::limits;
use dashmap::DashMap;
use std::collections::VecDeque;
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

/// How an outbox stands to its device.
#[derive(Debug)]
enum Mode {
    /// The device reads the feed; `behind`: something was released since it last looked.
    CatchingUp {
        behind: bool,
    },
    Live(VecDeque<Arc<FeedEntry>>),
    Cut(Cut),
}

/// What a device finds when it looks.
#[derive(Debug)]
pub enum Look {
    Entries(Vec<Arc<FeedEntry>>),
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
    pub bell: Notify,
}

impl Outbox {
    /// An outbox whose device must catch up first.
    pub fn new(scope: ShopScope, holder: Holder, token: TokenHash, expires: Millis, own_role: bool) -> Arc<Outbox> {
        let mode = Mutex::new(Mode::CatchingUp { behind: true });
        Arc::new(Outbox { scope, holder, token, expires, own_role, mode, bell: Notify::new() })
    }

    fn with_mode<T>(&self, change: impl FnOnce(&mut Mode) -> T) -> T {
        change(&mut self.mode.lock().expect("no panic under this lock"))
    }

    fn push(&self, entry: &Arc<FeedEntry>) {
        self.with_mode(|mode| match mode {
            Mode::CatchingUp { behind } => *behind = true,
            Mode::Live(queue) if queue.len() >= limits::OUTBOX_ENTRIES_MAX => *mode = Mode::Cut(Cut::Slow),
            Mode::Live(queue) => queue.push_back(entry.clone()),
            Mode::Cut(_) => {}
        });
        self.bell.notify_one();
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

/// All devices.
#[derive(Default)]
pub struct Hub {
    agents: DashMap<(ShopScope, AgentNo), Vec<Arc<Outbox>>>,
    overseers: DashMap<ShopScope, Vec<Arc<Outbox>>>,
    buyers: DashMap<(ShopScope, ConversationId), Vec<Arc<Outbox>>>,
    devices: AtomicUsize,
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
                let mut list = self.overseers.entry(outbox.scope).or_default();
                // One account must not take the places of all.
                list.iter().filter(|other| other.holder == outbox.holder).count() < max && admit(&mut list, limits::OVERSEER_SOCKETS_MAX)
            }
            Holder::Staff { agent, .. } => admit(&mut self.agents.entry((outbox.scope, agent)).or_default(), max),
            Holder::Buyer { conversation } => admit(&mut self.buyers.entry((outbox.scope, conversation)).or_default(), max),
        };
        if admitted {
            self.devices.fetch_add(1, Ordering::Relaxed);
        }
        admitted
    }

    /// Removes a device.
    pub fn remove(&self, outbox: &Arc<Outbox>) {
        let mut removed = false;
        let mut drop_from = |list: &mut Vec<Arc<Outbox>>| {
            let before = list.len();
            list.retain(|o| !Arc::ptr_eq(o, outbox));
            removed = before != list.len();
            list.is_empty()
        };
        match outbox.holder {
            Holder::Staff { oversees: true, .. } => {
                self.overseers.remove_if_mut(&outbox.scope, |_, list| drop_from(list));
            }
            Holder::Staff { agent, .. } => {
                self.agents.remove_if_mut(&(outbox.scope, agent), |_, list| drop_from(list));
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
        if audience.staff {
            for agent in &audience.agents {
                if let Some(list) = self.agents.get(&(entry.scope, *agent)) {
                    list.iter().for_each(|outbox| outbox.push(entry));
                }
            }
            if let Some(list) = self.overseers.get(&entry.scope) {
                list.iter().for_each(|outbox| outbox.push(entry));
            }
        }
        if let Some(list) = audience.buyer.and_then(|c| self.buyers.get(&(entry.scope, c))) {
            list.iter().for_each(|outbox| outbox.push(entry));
        }
    }

    fn each(&self, mut act: impl FnMut(&Arc<Outbox>)) {
        self.agents.iter().for_each(|list| list.iter().for_each(&mut act));
        self.overseers.iter().for_each(|list| list.iter().for_each(&mut act));
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

    /// Cuts the devices whose credential has expired.
    pub fn expire(&self, now: Millis) {
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
