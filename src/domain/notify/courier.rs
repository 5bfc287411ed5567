//! The courier of a shop (NTF-1 … NTF-3): its channels, which of them are told of what, and every notification until it was accepted,
//! refused or given up.
//!
//! It decides when an attempt is made and never makes one: that follows from [`Effect::Deliver`], after the commit. What nobody
//! reports within [`limits::DELIVERY_MS_MAX`] counts as failed, so whoever delivers may be full, or die.

use super::channel::{Channel, ChannelNo, Code, Language, Secret, Target};
use super::known::{Keys, digest_of, key_digest};
use super::untold::Untold;
use super::{Class, Delivery, Ended, Notification, Outcome, Topic, delay, route};
use crate::domain::event::{Actor, Couriered, Event};
use crate::domain::facts::Priority;
use crate::domain::id::{Millis, ShopScope};
use crate::domain::refusal::Refusal;
use crate::domain::{Decision, Effect, Machine, Reply};
use crate::limits;
use route::Route;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a courier is asked to do.
#[derive(Debug)]
pub enum Command {
    AddChannel {
        name: String,
        target: Target,
        language: Language,
        by: Actor,
    },
    RemoveChannel {
        no: ChannelNo,
        by: Actor,
    },
    /// Sends a test; with the drawn `digits` where the channel needs a code and is not verified.
    SendTest {
        no: ChannelNo,
        digits: Secret,
    },
    /// Somebody types in the code that came (NTF-2).
    Verify {
        no: ChannelNo,
        digits: Secret,
        by: Actor,
    },
    /// Replaces all routes.
    SetRoutes {
        routes: Vec<Route>,
        by: Actor,
    },
    /// Tells the shop's people. `key`: what it is about, unique in the shop; the same again is nothing.
    Notify {
        class: Class,
        priority: Priority,
        topic: Topic,
        key: String,
    },
    /// What came of an attempt.
    Tried {
        no: u64,
        attempt: u32,
        outcome: Outcome,
    },
    /// What it tells of was over before it could be told.
    Settled {
        no: u64,
    },
    /// The server was started at this time: no attempt that was begun before is under way any more.
    Interrupted {
        started: Millis,
    },
    /// There is room again: what was not told one by one is told in one.
    SumUp,
    /// The clock: attempts are due.
    Wake,
}

/// Where a notification that nobody accepted yet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    Trying { since: Millis },
    Waiting { next: Millis },
}

/// A notification that nobody accepted yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub notification: Notification,
    /// Of the last one begun.
    pub attempt: u32,
    pub step: Step,
}

impl Pending {
    fn due(&self) -> Millis {
        match self.step {
            Step::Trying { since } => since.plus(limits::DELIVERY_MS_MAX),
            Step::Waiting { next } => next,
        }
    }
}

/// What is kept of a code.
pub fn code_hash(scope: ShopScope, no: ChannelNo, digits: &str) -> [u8; 32] {
    Sha256::new().chain_update(scope.number().to_be_bytes()).chain_update(no.0.to_be_bytes()).chain_update(digits).finalize().into()
}

/// The state of one shop's courier: its head. `keys` stand in the rows of the notifications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Courier {
    #[serde(skip)]
    pub at: Option<ShopScope>,
    pub channels: Vec<Channel>,
    pub last_channel: u32,
    pub routes: Vec<Route>,
    /// The last number that a notification was given.
    pub last_no: u64,
    pub pending: BTreeMap<u64, Pending>,
    pub untold: Untold,
    /// Tests of the last day: of which place, and when (NTF-2).
    pub tested: Vec<(u64, Millis)>,
    #[serde(skip)]
    pub keys: Keys,
}

fn amiss(field: &'static str, problem: impl Into<String>) -> Refusal {
    Refusal::Invalid { field, problem: problem.into() }
}

impl Courier {
    /// A courier that was never needed yet, at its place.
    pub fn new(scope: ShopScope) -> Courier {
        Courier { at: Some(scope), ..Courier::default() }
    }

    fn scope(&self) -> ShopScope {
        self.at.expect("a courier is placed when it is activated")
    }

    fn channel(&self, no: ChannelNo) -> Result<&Channel, Refusal> {
        self.channels.iter().find(|channel| channel.no == no).ok_or(Refusal::NotFound { what: "channel" })
    }

    fn event(what: Couriered, at: Millis) -> Event {
        Event::Courier { at, what }
    }

    fn add(&self, name: String, target: Target, language: Language, by: Actor, at: Millis) -> Result<Decision, Refusal> {
        if self.channels.len() >= limits::CHANNELS_MAX {
            return Err(Refusal::LimitReached { what: "channels", limit: limits::CHANNELS_MAX as u64 });
        }
        if self.channels.iter().any(|channel| channel.target == target) {
            return Err(Refusal::Exists { what: "channel" });
        }
        let no = ChannelNo(self.last_channel + 1);
        let channel = Channel { no, name, target, language, verified: false, code: None, added_at: at };
        let added = Couriered::ChannelAdded { channel: Box::new(channel), by };
        Ok(Decision::reply(Reply::Numbered { no: u64::from(no.0) }).event(Self::event(added, at)))
    }

    fn remove(&self, no: ChannelNo, by: Actor, at: Millis) -> Result<Decision, Refusal> {
        let channel = self.channel(no)?;
        let (name, shown, verified) = (channel.name.clone(), channel.target.shown(), channel.verified);
        let removed = Couriered::ChannelRemoved { no, name, shown, verified, by };
        let decision = Decision::default().event(Self::event(removed, at));
        Ok(self.give_up(decision, Ended::ChannelRemoved, at, |waiting| waiting.channel == Some(no)))
    }

    fn give_up(&self, decision: Decision, ended: Ended, at: Millis, which: impl Fn(&Notification) -> bool) -> Decision {
        let waiting = self.pending.values().map(|pending| &pending.notification).filter(|waiting| which(waiting));
        waiting.fold(decision, |decision, waiting| decision.event(Self::event(Couriered::GivenUp { no: waiting.no, ended }, at)))
    }

    /// Tests cost money and may annoy whoever has the number: few, and not in a row, also where a channel is set up anew.
    fn send_test(&self, no: ChannelNo, digits: Secret, at: Millis) -> Result<Decision, Refusal> {
        let channel = self.channel(no)?;
        let place = place_digest(&channel.target);
        let today = || self.tested.iter().filter(|(_, then)| at.since(*then) < limits::DAY_MS);
        let here: Vec<Millis> = today().filter(|(other, _)| *other == place).map(|(_, then)| *then).collect();
        let too_many = |since: Millis, pause_ms: u64| {
            let left_ms = since.plus(pause_ms).since(at);
            Err(Refusal::TooMany { retry_after_s: left_ms.div_ceil(1_000).max(1) })
        };
        if let Some(last) = here.last().filter(|last| at.since(**last) < limits::TEST_PAUSE_MS) {
            return too_many(*last, limits::TEST_PAUSE_MS);
        }
        if here.len() >= limits::TESTS_PER_DAY_MAX {
            return too_many(here[0], limits::DAY_MS);
        }
        if let Some((_, first)) = today().next().filter(|_| today().count() >= limits::SHOP_TESTS_PER_DAY_MAX) {
            return too_many(*first, limits::DAY_MS);
        }
        let coded = channel.target.kind().needs_code() && !channel.verified;
        let code = coded.then(|| (code_hash(self.scope(), no, &digits.0), at.plus(limits::CODE_MS)));
        let topic = if coded { Topic::Code { digits } } else { Topic::Test };
        let tested = Self::event(Couriered::Tested { no, place, code }, at);
        let notification = Notification {
            no: self.last_no + 1,
            class: Class::Test,
            priority: Priority::Normal,
            topic,
            key: String::new(),
            channel: Some(no),
            at,
        };
        let decision = Decision::reply(Reply::Numbered { no: notification.no }).event(tested);
        let earlier = |waiting: &Notification| waiting.class == Class::Test && waiting.channel == Some(no);
        Ok(self.queue(self.give_up(decision, Ended::Replaced, at, earlier), notification))
    }

    fn verify(&self, no: ChannelNo, digits: &str, by: Actor, at: Millis) -> Result<Decision, Refusal> {
        let channel = self.channel(no)?;
        if channel.verified {
            return Ok(Decision::default());
        }
        if !channel.target.kind().needs_code() {
            return Err(amiss("code", "this channel needs none: send a test; once that is accepted, the channel is verified"));
        }
        let Some(code) = channel.code.as_ref().filter(|code| at < code.expires && code.wrong < limits::CODE_TRIES_MAX) else {
            return Err(amiss("code", "there is no code that still holds: send a test, which brings a new one"));
        };
        if code.hash != code_hash(self.scope(), no, digits) {
            let tries_left = limits::CODE_TRIES_MAX - code.wrong - 1;
            return Ok(Decision::reply(Reply::CodeRefused { tries_left }).event(Self::event(Couriered::CodeMissed { no }, at)));
        }
        let shown = channel.target.shown();
        let verified = Couriered::ChannelVerified { no, name: channel.name.clone(), shown, by: Some(by) };
        Ok(Decision::default().event(Self::event(verified, at)))
    }

    fn set_routes(&self, routes: Vec<Route>, by: Actor, at: Millis) -> Result<Decision, Refusal> {
        if let Some(problem) = route::check(&routes, &self.channels) {
            return Err(amiss("routes", problem));
        }
        if routes == self.routes {
            return Ok(Decision::default());
        }
        Ok(Decision::default().event(Self::event(Couriered::RoutesSet { before: self.routes.clone(), after: routes, by }, at)))
    }

    fn notify(&self, class: Class, priority: Priority, topic: Topic, mut key: String, at: Millis) -> Decision {
        // Keys are made by our own machines; whatever they hold, the record stays small.
        if key.len() > limits::NOTIFICATION_KEY_BYTES_MAX {
            key = format!("{:016x}", digest_of(&key));
        }
        if self.keys.has(key_digest(&key)) {
            return Decision::default();
        }
        let channels = route::channels(&self.channels, &self.routes, class, priority);
        if channels.is_empty() && class.is_brief() {
            // That nobody is told of the next buyer either is no news: there are thousands of them.
            return Decision::default();
        }
        let told: Vec<Option<ChannelNo>> = if channels.is_empty() { vec![None] } else { channels.into_iter().map(Some).collect() };
        told.into_iter().zip(self.last_no + 1..).fold(Decision::default(), |decision, (channel, no)| {
            let notification = Notification { no, class, priority, topic: topic.clone(), key: key.clone(), channel, at };
            self.queue(decision, notification)
        })
    }

    /// Takes one notification up, unless too many wait.
    fn queue(&self, mut decision: Decision, notification: Notification) -> Decision {
        let at = notification.at;
        let Some(channel) = notification.channel.and_then(|no| self.channel(no).ok()) else {
            return decision.event(Self::event(Couriered::Queued { notification: Box::new(notification), ended: None }, at));
        };
        // A few more than the bound where one topic goes to several channels.
        let ended = (self.pending.len() >= notification.class.pending_max()).then_some(Ended::TooMany);
        if ended.is_none() {
            decision.effects.push(self.delivery(channel, notification.clone(), 1, at));
        }
        decision.event(Self::event(Couriered::Queued { notification: Box::new(notification), ended }, at))
    }

    fn sum_up(&self, at: Millis) -> Decision {
        let Some(sum) = self.untold.ready(self.pending.len()) else { return Decision::default() };
        let (no, class, priority, topic) = (self.last_no + 1, sum.class, sum.priority, Topic::More { count: sum.count });
        let notification = Notification { no, class, priority, topic, key: String::new(), channel: Some(sum.channel), at };
        self.queue(Decision::default(), notification)
    }

    fn delivery(&self, channel: &Channel, notification: Notification, attempt: u32, begun: Millis) -> Effect {
        let (target, language) = (channel.target.clone(), channel.language);
        Effect::Deliver(Box::new(Delivery { scope: self.scope(), notification, attempt, target, language, begun }))
    }

    fn tried(&self, no: u64, attempt: u32, outcome: Outcome, at: Millis) -> Decision {
        let Some(pending) = self.pending.get(&no) else { return Decision::default() };
        // Of an attempt that was taken for failed already only this is news: it was accepted after all.
        let stale = attempt != pending.attempt || matches!(pending.step, Step::Waiting { .. });
        if attempt > pending.attempt || stale && outcome != Outcome::Delivered {
            return Decision::default();
        }
        self.told(Decision::default(), pending, attempt, outcome, at)
    }

    /// What an attempt came to.
    fn told(&self, decision: Decision, pending: &Pending, attempt: u32, outcome: Outcome, at: Millis) -> Decision {
        let Notification { no, class, channel, at: made, .. } = pending.notification;
        let outcome = match outcome {
            Outcome::Delivered => Outcome::Delivered,
            Outcome::Refused { why } => Outcome::Refused { why: shortened(why) },
            Outcome::Failed { why, retry_after_ms } => Outcome::Failed { why: shortened(why), retry_after_ms },
        };
        let next = match &outcome {
            Outcome::Failed { retry_after_ms, .. } => Some(delay::next(no, attempt, *retry_after_ms, at)),
            _ => None,
        };
        let next = next.filter(|next| *next < made.plus(class.life_ms()));
        let proves = class == Class::Test && outcome == Outcome::Delivered;
        let decision = decision.event(Self::event(Couriered::Tried { no, attempt, outcome, next }, at));
        match channel.and_then(|no| self.channel(no).ok()).filter(|channel| proves && !channel.verified) {
            Some(channel) if !channel.target.kind().needs_code() => {
                let (name, shown) = (channel.name.clone(), channel.target.shown());
                decision.event(Self::event(Couriered::ChannelVerified { no: channel.no, name, shown, by: None }, at))
            }
            _ => decision,
        }
    }

    /// Attempts that nobody reported have failed; those that are due begin.
    /// An attempt is under way, as far as it knows.
    pub fn tries(&self) -> bool {
        self.pending.values().any(|pending| matches!(pending.step, Step::Trying { .. }))
    }

    fn interrupted(&self, started: Millis, at: Millis) -> Decision {
        let lost = |pending: &&Pending| matches!(pending.step, Step::Trying { since } if since < started);
        self.pending.values().filter(lost).fold(Decision::default(), |decision, pending| {
            let why = "the server was started anew before anything was heard of the attempt".to_owned();
            self.told(decision, pending, pending.attempt, Outcome::Failed { why, retry_after_ms: None }, at)
        })
    }

    fn wake(&self, at: Millis) -> Decision {
        self.pending.values().filter(|pending| pending.due() <= at).fold(Decision::default(), |mut decision, pending| {
            let (no, attempt) = (pending.notification.no, pending.attempt + 1);
            if let Step::Trying { .. } = pending.step {
                let why = "nothing was heard of the attempt in time".to_owned();
                return self.told(decision, pending, pending.attempt, Outcome::Failed { why, retry_after_ms: None }, at);
            }
            if matches!(&pending.notification.topic, Topic::Code { digits } if digits.0.is_empty()) {
                return decision.event(Self::event(Couriered::GivenUp { no, ended: Ended::CodeLost }, at));
            }
            if let Some(Ok(channel)) = pending.notification.channel.map(|no| self.channel(no)) {
                decision.effects.push(self.delivery(channel, pending.notification.clone(), attempt, at));
            }
            decision.event(Self::event(Couriered::Begun { no, attempt }, at))
        })
    }

    fn changed(&mut self, at: Millis, what: &Couriered) {
        match what {
            Couriered::ChannelAdded { channel, .. } => {
                self.last_channel = channel.no.0;
                self.channels.push((**channel).clone());
            }
            Couriered::ChannelRemoved { no, .. } => {
                self.channels.retain(|channel| channel.no != *no);
                self.routes.iter_mut().for_each(|route| route.channels.retain(|named| named != no));
                self.untold.forget(*no);
            }
            Couriered::Tested { no, place, code } => {
                self.tested.retain(|(_, then)| at.since(*then) < limits::DAY_MS);
                self.tested.push((*place, at));
                if let (Some((hash, expires)), Some(channel)) = (code, self.of(*no)) {
                    channel.code = Some(Code { hash: *hash, expires: *expires, wrong: 0 });
                }
            }
            Couriered::CodeMissed { no } => {
                if let Some(code) = self.of(*no).and_then(|channel| channel.code.as_mut()) {
                    code.wrong += 1;
                }
            }
            Couriered::ChannelVerified { no, .. } => {
                if let Some(channel) = self.of(*no) {
                    (channel.verified, channel.code) = (true, None);
                }
            }
            Couriered::RoutesSet { after, .. } => self.routes.clone_from(after),
            Couriered::Queued { notification, ended } => {
                self.last_no = notification.no;
                self.keys.remember(key_digest(&notification.key));
                self.untold.told(notification);
                if *ended == Some(Ended::TooMany) {
                    self.untold.count(notification);
                }
                if ended.is_none() && notification.channel.is_some() {
                    let pending = Pending { notification: (**notification).clone(), attempt: 1, step: Step::Trying { since: at } };
                    self.pending.insert(notification.no, pending);
                }
            }
            Couriered::Begun { no, attempt } => {
                if let Some(pending) = self.pending.get_mut(no) {
                    (pending.attempt, pending.step) = (*attempt, Step::Trying { since: at });
                }
            }
            Couriered::Tried { no, next: Some(next), .. } => {
                if let Some(pending) = self.pending.get_mut(no) {
                    pending.step = Step::Waiting { next: *next };
                }
            }
            Couriered::Tried { no, next: None, .. } | Couriered::GivenUp { no, .. } => drop(self.pending.remove(no)),
        }
    }

    fn of(&mut self, no: ChannelNo) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|channel| channel.no == no)
    }
}

/// What tests are counted by: the place itself, not the channel, which may be set up anew.
fn place_digest(target: &Target) -> u64 {
    match target {
        Target::Mail { address } => digest_of(&address.to_lowercase()),
        Target::Phone { number } => digest_of(number),
        Target::DingTalk { url, .. } | Target::WeCom { url } | Target::Webhook { url, .. } => digest_of(&url.0),
    }
}

/// The other side's words, bounded, on one line.
fn shortened(why: String) -> String {
    let line = |c: char| if c.is_control() { ' ' } else { c };
    why.chars().map(line).take(limits::OUTCOME_CHARS_MAX).collect()
}

impl Machine for Courier {
    type Command = Command;

    fn decide(&self, command: Command, now: Millis) -> Result<Decision, Refusal> {
        match command {
            Command::AddChannel { name, target, language, by } => self.add(name, target, language, by, now),
            Command::RemoveChannel { no, by } => self.remove(no, by, now),
            Command::SendTest { no, digits } => self.send_test(no, digits, now),
            Command::Verify { no, digits, by } => self.verify(no, &digits.0, by, now),
            Command::SetRoutes { routes, by } => self.set_routes(routes, by, now),
            Command::Notify { class, priority, topic, key } => Ok(self.notify(class, priority, topic, key, now)),
            Command::Tried { no, attempt, outcome } => Ok(self.tried(no, attempt, outcome, now)),
            Command::Settled { no } => Ok(self.give_up(Decision::default(), Ended::Settled, now, |waiting| waiting.no == no)),
            Command::Interrupted { started } => Ok(self.interrupted(started, now)),
            Command::SumUp => Ok(self.sum_up(now)),
            Command::Wake => Ok(self.wake(now)),
        }
    }

    fn apply(&mut self, event: &Event) {
        if let Event::Courier { at, what } = event {
            self.changed(*at, what);
        }
    }

    fn deadline(&self) -> Option<Millis> {
        self.pending.values().map(Pending::due).min()
    }

    fn follow_up(&self) -> Option<Command> {
        self.untold.ready(self.pending.len()).map(|_| Command::SumUp)
    }

    fn wake() -> Option<Command> {
        Some(Command::Wake)
    }
}
