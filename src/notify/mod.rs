//! Carries out attempts to notify people outside (NTF-1, NTF-3): by mail, text message, robots and webhooks, one file each.
//!
//! It decides nothing: the courier says what is tried when, and is told what came of it, or that there is nothing left to tell. It keeps nothing either: what it loses, the
//! courier tries again. No secret and no address with a token in it ever reaches a log or an outcome.

pub mod address;
mod dingtalk;
mod http;
mod mail;
mod sign;
mod sms;
pub(crate) mod webhook;
mod wecom;

use crate::config::Config;
use crate::domain::health::letter;
use crate::domain::id::{Millis, ShopScope};
use crate::domain::notify::channel::{ChannelNo, Language, Target};
use crate::domain::notify::courier::Command;
use crate::domain::notify::words::{Names, Words, words};
use crate::domain::notify::{Delivery, Outcome, Reach, Topic};
use crate::domain::schedule::Day;
use crate::limits;
use crate::metrics::Metrics;
use crate::store::Store;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// What an attempt carries besides its delivery.
struct Letter<'a> {
    delivery: &'a Delivery,
    words: Words,
    /// The whole health report, for those who have room for it.
    report: Option<letter::Letter>,
    /// The name of the shop.
    shop: String,
    /// Its name in addresses.
    shop_id: String,
    /// When the attempt is made: what signatures are stamped with.
    now: Millis,
}

/// Who is told what came of an attempt.
type Report = Box<dyn Fn(ShopScope, Command) + Send + Sync>;

/// What time it is.
type Now = Box<dyn Fn() -> Millis + Send + Sync>;

/// Attempts at once: of one channel, of one shop at one place, and of all shops there. Whoever is slow holds up nobody but itself: a shop's slow channel
/// none of its others, a slow mail server no robot, one shop's slow path of a host few turns of the others'.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Lane {
    Channel(ShopScope, Option<ChannelNo>),
    Shops(ShopScope, String),
    Place(String),
}

/// What is asked: all mail goes through one server, and all text messages through one provider.
fn place(target: &Target) -> String {
    match target {
        Target::Mail { .. } => "mail".into(),
        Target::Phone { .. } => "sms".into(),
        other => other.shown().place,
    }
}

/// See the module.
pub struct Post {
    store: Arc<Store>,
    metrics: Metrics,
    now: Now,
    report: Report,
    outside: http::Outside,
    mail: Option<mail::Mail>,
    sms: Option<sms::Sms>,
    at_once: Semaphore,
    lanes: Mutex<HashMap<Lane, Arc<Semaphore>>>,
}

/// Why there is no post.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Post {
    /// Made once, from the settings.
    pub fn new(
        config: &Config,
        store: Arc<Store>,
        metrics: Metrics,
        now: impl Fn() -> Millis + Send + Sync + 'static,
        report: impl Fn(ShopScope, Command) + Send + Sync + 'static,
    ) -> Result<Post, Error> {
        let outside = http::Outside::new(config.notify.clone()).map_err(Error)?;
        let mail = (!config.mail.host.is_empty()).then(|| mail::Mail::new(&config.mail)).transpose().map_err(Error)?;
        let sms = (!config.sms.endpoint.is_empty()).then(|| sms::Sms::new(&config.sms)).transpose().map_err(Error)?;
        let (now, report): (Now, Report) = (Box::new(now), Box::new(report));
        let (at_once, lanes) = (Semaphore::new(limits::DELIVERIES_AT_ONCE), Mutex::default());
        Ok(Post { store, metrics, now, report, outside, mail, sms, at_once, lanes })
    }

    /// What it can reach.
    pub fn reach(&self) -> Reach {
        let rule = self.outside.rule().clone();
        let open = Box::new(move |address| rule.check(address).map_err(|closed| closed.to_string()));
        Reach { mail: self.mail.is_some(), sms: self.sms.is_some(), http: self.outside.rule().http(), open }
    }

    /// Whether an attempt is under way.
    pub fn is_at_work(&self) -> bool {
        self.at_once.available_permits() < limits::DELIVERIES_AT_ONCE
    }

    /// Carries out what comes, until nobody is there to send any more. Call it within a tokio runtime.
    pub async fn run(self: Arc<Post>, mut deliveries: mpsc::Receiver<Delivery>) {
        let room = Arc::new(Semaphore::new(limits::DELIVERIES_WAITING_MAX));
        while let Some(delivery) = deliveries.recv().await {
            let Ok(place) = room.clone().try_acquire_owned() else {
                self.had_no_turn(&delivery);
                continue;
            };
            let post = self.clone();
            tokio::spawn(async move {
                post.attempt(delivery).await;
                drop(place);
            });
        }
    }

    async fn attempt(&self, delivery: Delivery) {
        let (scope, no, attempt) = (delivery.scope, delivery.notification.no, delivery.attempt);
        let place = place(&delivery.target);
        let channel = self.lane(Lane::Channel(scope, delivery.notification.channel), limits::DELIVERIES_OF_A_CHANNEL);
        let shops = self.lane(Lane::Shops(scope, place.clone()), limits::DELIVERIES_OF_A_SHOP_AT_A_PLACE);
        let all = self.lane(Lane::Place(place), limits::DELIVERIES_AT_A_PLACE);
        // In this order always: two attempts never wait for each other.
        let turn = async {
            let own = (channel.acquire().await.ok()?, shops.acquire().await.ok()?);
            Some((own, all.acquire().await.ok()?, self.at_once.acquire().await.ok()?))
        };
        let waited = tokio::time::timeout(Duration::from_millis(limits::DELIVERY_WAIT_MS_MAX), turn).await;
        let Ok(Some(_turn)) = waited else { return self.had_no_turn(&delivery) };
        if (self.now)().since(delivery.begun) > limits::DELIVERY_WAIT_MS_MAX {
            return self.had_no_turn(&delivery);
        }
        if self.is_over(&delivery) {
            tracing::debug!(shop = scope.number(), no, attempt, "a notification was over before it could be told");
            return (self.report)(scope, Command::Settled { no });
        }
        let outcome = match self.letter(&delivery) {
            Ok(letter) => without_secrets(self.carry(&letter).await, &delivery),
            Err(error) => {
                tracing::error!(shop = scope.number(), %error, "a notification cannot be written");
                return;
            }
        };
        self.metrics.notified(delivery.target.kind(), &outcome);
        match &outcome {
            Outcome::Delivered => tracing::debug!(shop = scope.number(), no, attempt, "a notification was accepted"),
            Outcome::Refused { .. } => tracing::info!(shop = scope.number(), no, attempt, "a notification was refused"),
            Outcome::Failed { .. } => tracing::info!(shop = scope.number(), no, attempt, "a notification was not accepted yet"),
        }
        (self.report)(scope, Command::Tried { no, attempt, outcome });
    }

    /// What it tells of is over, as far as can be known: rather too much is told than too little.
    fn is_over(&self, delivery: &Delivery) -> bool {
        let topic = &delivery.notification.topic;
        let now = topic.conversation().map(|conversation| self.store.conversation_now(delivery.scope, conversation));
        matches!(now, Some(Ok(Some(now))) if topic.is_over(&now))
    }

    /// Said at once, so that the courier need not wait for what will not come.
    fn had_no_turn(&self, delivery: &Delivery) {
        let (no, attempt) = (delivery.notification.no, delivery.attempt);
        let outcome = Outcome::Failed { why: "too many notifications waited for the same place".into(), retry_after_ms: None };
        (self.report)(delivery.scope, Command::Tried { no, attempt, outcome });
    }

    fn lane(&self, lane: Lane, at_once: usize) -> Arc<Semaphore> {
        let mut lanes = self.lanes.lock().unwrap_or_else(|e| e.into_inner());
        if lanes.len() > limits::DELIVERIES_WAITING_MAX {
            lanes.retain(|_, used| Arc::strong_count(used) > 1);
        }
        lanes.entry(lane).or_insert_with(|| Arc::new(Semaphore::new(at_once))).clone()
    }

    /// Puts it into words, with the names that are known now.
    fn letter<'a>(&self, delivery: &'a Delivery) -> Result<Letter<'a>, crate::store::Error> {
        let settings = self.store.shop(delivery.scope)?;
        let (agent, group) = match delivery.notification.topic {
            Topic::Violation { agent } => (Some(agent), None),
            Topic::Waiting { responsible, .. } | Topic::Unread { responsible, .. } => (responsible.agent, responsible.group),
            _ => (None, None),
        };
        let account = agent.map(|agent| self.store.account(delivery.scope, agent)).transpose()?.flatten();
        let agent = account.map_or_else(String::new, |account| account.name);
        let group = settings.as_ref().zip(group).and_then(|(shop, no)| shop.groups.get((no.0 as usize).checked_sub(1)?));
        let group = group.map_or_else(String::new, |group| group.name.clone());
        let (shop_id, shop) = settings.map(|shop| (shop.shop, shop.name)).unwrap_or_default();
        let report = self.report_letter(delivery, &shop)?;
        let now = (self.now)();
        let words = words(&delivery.notification, &Names { shop: shop.clone(), agent, group }, delivery.language, now);
        Ok(Letter { delivery, words, report, shop, shop_id, now })
    }

    /// The health report as a mail, beside that of the day before.
    fn report_letter(&self, delivery: &Delivery, shop: &str) -> Result<Option<letter::Letter>, crate::store::Error> {
        let (Topic::Health(news), Target::Mail { .. }) = (&delivery.notification.topic, &delivery.target) else { return Ok(None) };
        let Some(day) = Day::parse(&news.day) else { return Ok(None) };
        let Some(report) = self.store.health_report(delivery.scope, day)? else { return Ok(None) };
        let before = self.store.health_report(delivery.scope, day.before())?;
        let tongue = match delivery.language {
            Language::Chinese => letter::Tongue::Chinese,
            Language::English => letter::Tongue::English,
        };
        Ok(Some(letter::letter(shop, &report, before.as_ref(), tongue)))
    }

    async fn carry(&self, letter: &Letter<'_>) -> Outcome {
        let unable = |what: &str| Outcome::Refused { why: format!("this server sends no {what}: its operator has to set that up") };
        match &letter.delivery.target {
            Target::Mail { address } => match &self.mail {
                Some(mail) => mail.send(address, letter).await,
                None => unable("mail"),
            },
            Target::Phone { number } => match &self.sms {
                Some(sms) => sms.send(number, letter).await,
                None => unable("text messages"),
            },
            Target::DingTalk { url, secret } => dingtalk::send(&self.outside, &url.0, &secret.0, letter).await,
            Target::WeCom { url } => wecom::send(&self.outside, &url.0, letter).await,
            Target::Webhook { url, secret } => webhook::send(&self.outside, &url.0, &secret.0, letter).await,
        }
    }
}

/// What the other side says may quote what it was told: the code of a test, the address with its token, the secret.
fn without_secrets(outcome: Outcome, delivery: &Delivery) -> Outcome {
    let clean = |mut why: String| {
        // It may be quoted as it went over the wire, in base64 for one: what follows our own words is not kept.
        if let (Topic::Code { .. }, Some((ours, _))) = (&delivery.notification.topic, why.split_once(':')) {
            why = ours.to_owned();
        }
        for secret in delivery.secrets() {
            why = why.replace(&secret, "…");
        }
        why
    };
    match outcome {
        Outcome::Delivered => Outcome::Delivered,
        Outcome::Refused { why } => Outcome::Refused { why: clean(why) },
        Outcome::Failed { why, retry_after_ms } => Outcome::Failed { why: clean(why), retry_after_ms },
    }
}
