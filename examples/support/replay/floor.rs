//! One shop of a replay at work: its agents, connected, and what their sockets tell about each conversation.
//!
//! Invariant: who owns a reception, and which messages an agent has seen, is known here only from what the server pushed to
//! (or showed) an agent, never from what the replay itself sent.

use crate::support::client::{Client, From, NewAccount};
use crate::support::device::{Device, Frame, Side};
use crate::support::dice::secret_hex;
use crate::support::problem::Error;
use crate::support::setup::slug;
use crate::tally::Tally;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Entries of the two groups; buyers come through one of them.
pub const ENTRIES: [&str; 2] = ["product", "order"];

/// How a shop is staffed.
#[derive(Clone, Debug)]
pub struct Staffing {
    pub agents: usize,
    /// Receptions one agent may have at once.
    pub capacity: u32,
    /// Part of every login, so that runs do not meet.
    pub run: String,
    pub keep_rules: bool,
}

/// A shop at work.
pub struct Floor {
    pub shop: String,
    client: Client,
    tally: Rc<Tally>,
    talks: RefCell<HashMap<String, Rc<Talk>>>,
    staff: RefCell<HashMap<u32, Rc<Agent>>>,
    /// Receptions that are left open, the oldest first.
    open: RefCell<VecDeque<Open>>,
    /// How many of them.
    open_max: Cell<usize>,
}

/// A reception that has ended but is not closed yet.
pub struct Open {
    pub conversation: String,
    /// The owner's.
    pub token: String,
    /// What the owner has yet to mark as read: the messages up to this one.
    pub read: Option<u64>,
}

/// One agent with a connected device.
pub struct Agent {
    pub token: String,
    pub device: Device,
}

/// What the shop's agents know about one conversation.
pub struct Talk {
    begun: Instant,
    owner: Cell<Option<u32>>,
    was_owned: Cell<bool>,
    /// When the buyer began to send what will be, or is, message `seq`.
    starts: RefCell<HashMap<u64, Instant>>,
    /// Buyer's messages that came as frames.
    pushed: RefCell<HashSet<u64>>,
    /// Buyer's messages that the new owner read from the history.
    shown: RefCell<HashSet<u64>>,
    changed: Notify,
}

impl Floor {
    /// Sets the shop up (it may exist), creates groups and agents, and connects the agents.
    pub async fn open(client: &Client, key: &str, domain: &str, staffing: &Staffing, tally: &Rc<Tally>) -> Result<Rc<Floor>, Error> {
        let shop = slug(domain);
        client.create_shop(key, &shop, &domain.chars().take(64).collect::<String>()).await?;
        client.only_warn_of_contacts(key, &shop).await?;
        let before = client.create_group(key, &shop, &format!("售前 pre-sale {}", staffing.run)).await?;
        let after = client.create_group(key, &shop, &format!("售后 after-sale {}", staffing.run)).await?;
        let floor = Rc::new(Floor {
            shop,
            client: client.clone(),
            tally: tally.clone(),
            talks: RefCell::default(),
            staff: RefCell::default(),
            open: RefCell::default(),
            open_max: Cell::new(0),
        });
        // Passwords are hashed at a price: more at once would only queue.
        let hired = stream::iter(0..staffing.agents).map(|i| floor.clone().hire(key, staffing, i, if i % 2 == 0 { before } else { after }));
        hired.buffer_unordered(4).try_collect::<Vec<()>>().await?;
        if !staffing.keep_rules {
            // A shop with one agent has nobody after sale.
            let after = if staffing.agents > 1 { after } else { before };
            client.set_diversion(key, &floor.shop, &[(ENTRIES[1], after)], before).await?;
        }
        Ok(floor)
    }

    async fn hire(self: Rc<Floor>, key: &str, staffing: &Staffing, i: usize, group: u32) -> Result<(), Error> {
        let login = format!("{}-{}", staffing.run, i + 1);
        let password = secret_hex(12);
        let account = NewAccount {
            login: &login,
            name: &format!("客服 {}", i + 1),
            password: &password,
            capacity: staffing.capacity,
            groups: &[group],
        };
        self.client.create_agent(key, &self.shop, &account).await?;
        let session = self.client.log_in(&self.shop, &login, &password).await?;
        let (floor, number, token) = (self.clone(), session.agent, session.token.clone());
        let device =
            Device::open(&self.client, Side::Staff, &session.token, move |frame, at| floor.take(frame, at, number, &login, &token)).await?;
        self.client.set_presence(&session.token, "online").await?;
        self.staff.borrow_mut().insert(number, Rc::new(Agent { token: session.token, device }));
        Ok(())
    }

    /// One frame of an agent's socket.
    fn take(self: &Rc<Floor>, frame: Frame, at: Instant, agent: u32, login: &str, token: &str) {
        match frame {
            Frame::Message { conversation, seq, from: From::Buyer, .. } => {
                let Some(talk) = self.talk(&conversation) else { return };
                self.tally.received(&self.shop, login);
                if talk.pushed.borrow_mut().insert(seq)
                    && let Some(start) = talk.starts.borrow().get(&seq)
                {
                    self.tally.delivery.borrow_mut().record(at - *start);
                }
                talk.changed.notify_waiters();
            }
            Frame::Reception { conversation, state, owner, .. } => {
                let Some(talk) = self.talk(&conversation) else { return };
                match state.as_str() {
                    "owned" => {
                        if !talk.was_owned.replace(true) {
                            self.tally.assignment.borrow_mut().record(at - talk.begun);
                        }
                        talk.owner.set(owner);
                        if owner == Some(agent) {
                            actix_rt::spawn(self.clone().read_up(conversation, talk.clone(), token.to_owned()));
                        }
                    }
                    "queued" | "closed" => talk.owner.set(None),
                    _ => {}
                }
                talk.changed.notify_waiters();
            }
            Frame::Refused { code, detail, .. } => self.tally.failed(format!("{login}: refused: {code}: {detail}")),
            _ => {}
        }
    }

    /// The new owner reads what was written before the reception was anybody's: no frame brings that.
    async fn read_up(self: Rc<Floor>, conversation: String, talk: Rc<Talk>, token: String) {
        let mut after = 0;
        loop {
            match self.client.staff_history(&token, &conversation, after, 200).await {
                Ok(page) => {
                    talk.shown.borrow_mut().extend(page.messages.iter().filter(|m| m.from == From::Buyer).map(|m| m.seq));
                    talk.changed.notify_waiters();
                    match page.next {
                        Some(next) if next > after => after = next,
                        _ => return,
                    }
                }
                // Somebody else's by now: they read it.
                Err(e) if e.code() == "not_owner" || e.code() == "reception_closed" => return,
                Err(e) => return self.tally.failed(format!("the owner cannot read {conversation}: {e}")),
            }
        }
    }

    fn talk(&self, conversation: &str) -> Option<Rc<Talk>> {
        self.talks.borrow().get(conversation).cloned()
    }

    /// A conversation begins: its frames count from now on.
    pub fn begin(&self, conversation: &str) -> Rc<Talk> {
        let talk = Rc::new(Talk {
            begun: Instant::now(),
            owner: Cell::new(None),
            was_owned: Cell::new(false),
            starts: RefCell::default(),
            pushed: RefCell::default(),
            shown: RefCell::default(),
            changed: Notify::new(),
        });
        self.talks.borrow_mut().insert(conversation.to_owned(), talk.clone());
        talk
    }

    /// A conversation is over.
    pub fn end(&self, conversation: &str) {
        if let Some(talk) = self.talks.borrow_mut().remove(conversation) {
            let handed_over = talk.shown.borrow().difference(&talk.pushed.borrow()).count() as u64;
            self.tally.count(&self.shop, |c| c.handed_over += handed_over);
        }
    }

    /// The agent who owns the reception, as soon as that agent has seen message `seq`; None: not within `patience`, or `stopped`.
    pub async fn owner(&self, talk: &Talk, seq: u64, patience: Duration, stopped: impl Fn() -> bool) -> Option<Rc<Agent>> {
        let end = Instant::now() + patience;
        loop {
            let changed = talk.changed.notified();
            let seen = talk.pushed.borrow().contains(&seq) || talk.shown.borrow().contains(&seq);
            if let Some(owner) = talk.owner.get().filter(|_| seen) {
                return self.staff.borrow().get(&owner).cloned();
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || stopped() {
                return None;
            }
            // Looks up now and then, so that a stop is noticed.
            let _ = tokio::time::timeout(left.min(Duration::from_millis(500)), changed).await;
        }
    }

    /// From now on the last `n` receptions stay open.
    pub fn keep_open(&self, n: usize) {
        self.open_max.set(n);
    }

    /// A reception has ended; the one to be closed for it, if one is.
    pub fn leave_open(&self, ended: Open) -> Option<Open> {
        let mut open = self.open.borrow_mut();
        open.push_back(ended);
        if open.len() > self.open_max.get() { open.pop_front() } else { None }
    }

    /// The conversations that were left open, the oldest first.
    pub fn left_open(&self) -> Vec<String> {
        self.open.borrow().iter().map(|open| open.conversation.clone()).collect()
    }

    /// The agents go home.
    pub async fn close(&self) {
        let staff: Vec<_> = self.staff.borrow_mut().drain().map(|(_, agent)| agent).collect();
        for agent in staff {
            self.tally.disordered.set(self.tally.disordered.get() + agent.device.disordered());
            if let Ok(agent) = Rc::try_unwrap(agent) {
                agent.device.close().await;
            }
        }
    }
}

impl Talk {
    /// The buyer begins to send what will be message `seq`.
    pub fn starts(&self, seq: u64, at: Instant) {
        self.starts.borrow_mut().insert(seq, at);
    }
}
