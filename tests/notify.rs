//! Notifications to people outside, against real servers of the tests' own: webhooks and robots that check signatures by the published
//! rules, a provider of text messages, and a mail server (aiosmtpd).

#[path = "notify/hooks.rs"]
mod hooks;
#[path = "notify/limits.rs"]
mod limits;
#[path = "notify/mail.rs"]
mod mail;
#[path = "notify/outside.rs"]
mod outside;
#[path = "notify/settings.rs"]
mod settings;
#[path = "notify/sms.rs"]
mod sms;
#[allow(unused_imports)]
#[path = "support/mod.rs"]
mod support;

use serde_json::{Value, json};
use std::rc::Rc;
use support::{House, Shop, until};

/// A house that may ask servers on this machine, without TLS.
pub async fn open(change: impl FnOnce(&mut fenliu::config::Config)) -> Rc<House> {
    House::open_with(|config| {
        config.notify.allow_http = true;
        config.notify.allow = vec!["127.0.0.0/8".parse().unwrap()];
        change(config);
    })
    .await
}

/// Adds a channel: its number.
pub async fn add(shop: &Shop, body: Value) -> u64 {
    shop.house.post("/v1/staff/shop/channels", &shop.boss, body).await.ok()["channel"].as_u64().unwrap()
}

/// Sends a test: the number of its notification.
pub async fn test(shop: &Shop, channel: u64) -> u64 {
    let path = format!("/v1/staff/shop/channels/{channel}/test");
    shop.house.post(&path, &shop.boss, Value::Null).await.ok()["notification"].as_u64().unwrap()
}

/// Waits until the notification has this fate.
pub async fn fate(shop: &Shop, notification: u64, fate: &str) -> Value {
    let path = format!("/v1/staff/shop/notifications/{notification}");
    until(fate, || async { Some(shop.house.get(&path, &shop.boss).await.ok()).filter(|told| told["fate"] == fate) }).await
}

/// Waits until so many attempts have ended.
pub async fn attempts(shop: &Shop, notification: u64, count: usize) -> Value {
    let path = format!("/v1/staff/shop/notifications/{notification}");
    let ended = |told: &Value| told["attempts"].as_array().unwrap().iter().filter(|a| a["ended"].is_u64()).count();
    until("an attempt", || async { Some(shop.house.get(&path, &shop.boss).await.ok()).filter(|told| ended(told) == count) }).await
}

/// Adds a channel whose test is accepted.
pub async fn add_proved(shop: &Shop, body: Value) -> u64 {
    let channel = add(shop, body).await;
    let notification = test(shop, channel).await;
    fate(shop, notification, "delivered").await;
    until("proof", || async { channel_now(shop, channel).await["verified"].as_bool().filter(|verified| *verified) }).await;
    channel
}

pub async fn channel_now(shop: &Shop, channel: u64) -> Value {
    let all = shop.house.get("/v1/staff/shop/channels", &shop.boss).await.ok();
    all["channels"].as_array().unwrap().iter().find(|one| one["channel"] == channel).cloned().unwrap_or_default()
}

/// An urgent notice of the platform, which goes to every verified channel.
pub async fn urgent(shop: &Shop) {
    let id = shop.house.unique();
    let body = json!({"stream": "system", "kind": "dispute_warning", "title": "纠纷预警", "text": "详情", "id": id});
    shop.platform("POST", "notices", body).await.ok();
}

/// The newest notifications.
pub async fn list(shop: &Shop) -> Vec<Value> {
    let all = shop.house.get("/v1/staff/shop/notifications", &shop.boss).await.ok();
    all["notifications"].as_array().unwrap().clone()
}

/// Waits until there are so many: the newest.
pub async fn newest(shop: &Shop, count: usize) -> Value {
    until("a notification", || async { Some(list(shop).await).filter(|all| all.len() == count).map(|all| all[0].clone()) }).await
}

/// Stops the house and recounts everything.
pub async fn sound(house: &House) {
    use fenliu::store::{Store, StoreOptions};
    house.stop().await;
    let options = StoreOptions { ballast_bytes: 0, low_water_bytes: Some(0), ..StoreOptions::default() };
    let report = Store::open(&house.config().data_dir, &options).expect("it opens").verify().expect("it reads");
    assert!(report.is_sound(), "{:?}", report.problems);
}
