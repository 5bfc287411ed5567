//! Buyers who wait, and what nobody reads: who outside is told, how often, and that a crash keeps it from nobody.

use super::outside::{Outside, Says};
use super::support::{Buyer, HOUR, MINUTE, Shop, until};
use super::{add_proved, list, open};
use fenliu::domain::Events;
use fenliu::domain::conversation::conversation_id;
use fenliu::domain::event::{Event, Limited};
use fenliu::domain::facts::Priority;
use fenliu::domain::id::{Millis, ShopScope};
use fenliu::store::{Commit, Committer, Store, StoreOptions};
use serde_json::{Value, json};
use std::sync::Arc;

fn robot(outside: &Outside, kind: &str) -> Value {
    outside.says((0..9).map(|_| Says::Json(200, json!({"errcode": 0, "errmsg": "ok"}).to_string())));
    json!({"kind": kind, "url": format!("{}/{kind}?key=0123456789abcdef", outside.base), "language": "zh"})
}

/// The news of this class, the newest first.
async fn told(shop: &Shop, class: &str) -> Vec<Value> {
    list(shop).await.into_iter().filter(|one| one["class"] == class).collect()
}

async fn until_told(shop: &Shop, class: &str, times: usize) -> Value {
    until(class, || async {
        let told = told(shop, class).await;
        (told.len() == times && told.iter().all(|one| one["fate"] == "delivered")).then(|| told[0].clone())
    })
    .await
}

// SPEC: SLA-2, SLA-3, NTF-1
#[actix_web::test]
async fn who_waits_two_minutes_comes_to_wecom_once_a_day_and_what_is_unread_for_two_days_elsewhere() {
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let mut shop = Shop::open(&house, "tea").await;
    add_proved(&shop, robot(&outside, "wecom")).await;
    let mut dingtalk = robot(&outside, "dingtalk");
    dingtalk["url"] = json!(format!("{}/dingtalk?access_token=0123456789abcdef", outside.base));
    dingtalk["secret"] = json!("SEC0123456789abcdef");
    add_proved(&shop, dingtalk).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "在吗").await;
    shop.pass_ms(2 * MINUTE).await;
    let reminder = until_told(&shop, "reminder", 1).await;
    assert_eq!(reminder["about"]["conversation"], json!(buyer.conversation), "{reminder}");
    let asked = outside.asked().last().cloned().expect("asked");
    assert!(asked.path == "/wecom" && !asked.body.contains("在吗"), "no message leaves the house: {}", asked.body);
    // The same buyer again on the same day: nothing.
    shop.pass_ms(HOUR).await;
    shop.says(&buyer, "有人吗").await;
    shop.pass_ms(3 * MINUTE).await;
    shop.pass_ms(48 * HOUR).await;
    let escalation = until_told(&shop, "escalation", 1).await;
    assert_eq!(escalation["about"]["conversation"], json!(buyer.conversation), "{escalation}");
    assert_eq!(outside.asked().last().map(|asked| asked.path.clone()), Some("/dingtalk".into()));
    assert_eq!(told(&shop, "reminder").await.len(), 1, "the round had its reminder");
}

// SPEC: NTF-3, SLA-3
#[actix_web::test]
async fn what_a_crash_kept_from_the_courier_is_told_after_the_restart_and_once() {
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let mut shop = Shop::open(&house, "tea").await;
    add_proved(&shop, robot(&outside, "wecom")).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "在吗").await;
    house.stop().await;
    // What a crash leaves between the commit of the reminder and that of the courier: the one without the other.
    let (scope, at) = (ShopScope::granted(1), Millis(house.now()));
    let (conversation, began) = (conversation_id(scope, "b-1"), at);
    let (buyer, priority, day_ends) = ("小林".to_owned(), Priority::Normal, at.plus(HOUR));
    let mut events = Events::new();
    let what = Limited::Reminded { reception: 1, began, day_ends, buyer, priority, group: None };
    events.push(Event::Limit { conversation, at, owner: None, what });
    let options = StoreOptions { ballast_bytes: 0, ..StoreOptions::default() };
    let store = Arc::new(Store::open(&house.config().data_dir, &options).expect("the folder"));
    let committer = Committer::start(store, |_: Vec<_>| {}, |why| panic!("{why}"));
    committer.submit(Commit::new(scope, events, ()));
    committer.stop();
    drop(committer);
    for _ in 0..2 {
        house.start().await;
        shop.pass_ms(0).await;
        until_told(&shop, "reminder", 1).await;
        house.stop().await;
    }
    house.start().await;
    shop.pass_ms(0).await;
    assert_eq!(told(&shop, "reminder").await.len(), 1);
    house.stop().await;
}

/// Waits until an attempt of each of so many has failed.
async fn until_failed(shop: &Shop, class: &str, times: usize) {
    until(class, || async {
        let told = told(shop, class).await;
        (told.len() == times && told.iter().all(|one| one["next_attempt"].is_u64())).then_some(())
    })
    .await
}

/// Waits until the news of a buyer has this fate.
async fn until_fate(shop: &Shop, class: &str, buyer: &Buyer, fate: &str) -> Value {
    let is = |one: &&Value| one["about"]["conversation"] == json!(buyer.conversation) && one["fate"] == fate;
    until(fate, || async { told(shop, class).await.iter().find(is).cloned() }).await
}

async fn was_over(shop: &Shop, class: &str, buyer: &Buyer) {
    let over = until_fate(shop, class, buyer, "given_up").await;
    assert_eq!(over["why"], "the wait was over before it could be told", "{over}");
    assert_eq!(over["attempts"].as_array().unwrap().len(), 1, "the second was never made: {over}");
}

// SPEC: NTF-3, SLA-2, INB-4
#[actix_web::test]
async fn a_reminder_of_a_wait_that_is_over_is_told_to_nobody() {
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let shop = Shop::open(&house, "tea").await;
    add_proved(&shop, json!({"kind": "webhook", "url": format!("{}/hook", outside.base)})).await;
    let (lin, _socket) = shop.online("lin", 5).await;
    let (answered, marked, waits) = (shop.buyer("b-1").await, shop.buyer("b-2").await, shop.buyer("b-3").await);
    for buyer in [&answered, &marked, &waits] {
        shop.says(buyer, "在吗").await;
        shop.owned_by(buyer, &lin).await;
    }
    outside.says((0..3).map(|_| Says::Status(503)));
    house.pass_ms(2 * MINUTE);
    until_failed(&shop, "reminder", 3).await;
    shop.answers(&lin, &answered, "您好，在的").await;
    house.put(&format!("{}/mark", marked.path()), &lin.token, json!({"state": "replied"})).await.ok();
    house.pass_ms(6_000);
    was_over(&shop, "reminder", &answered).await;
    was_over(&shop, "reminder", &marked).await;
    until_fate(&shop, "reminder", &waits, "delivered").await;
    assert_eq!(outside.asked().len(), 1 + 3 + 1, "a test, three that failed, and the one who still waits");
    // Apart from what was given up for a fault, which raises an alert. The figures are of the process.
    let metrics = house.get("/metrics", &house.key()).await.ok();
    let series = "fenliu_notifications_total{fate=\"settled\"} ";
    let count = metrics.as_str().unwrap().lines().find_map(|line| line.strip_prefix(series)?.parse::<u64>().ok());
    assert!(count.is_some_and(|count| count >= 2), "{count:?}");
    super::sound(&house).await;
}

// SPEC: NTF-3, SLA-3
#[actix_web::test]
async fn an_escalation_of_what_was_read_meanwhile_is_told_to_nobody() {
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let mut shop = Shop::open(&house, "tea").await;
    add_proved(&shop, json!({"kind": "webhook", "url": format!("{}/hook", outside.base)})).await;
    let (read, half_read) = (shop.buyer("b-1").await, shop.buyer("b-2").await);
    let half = shop.says(&half_read, "在吗").await;
    shop.says(&half_read, "还在吗").await;
    let all = shop.says(&read, "在吗").await;
    house.pass_ms(2 * MINUTE);
    until_told(&shop, "reminder", 2).await;
    outside.says((0..2).map(|_| Says::Status(503)));
    shop.pass_ms(48 * HOUR).await;
    until_failed(&shop, "escalation", 2).await;
    for (buyer, seq) in [(&read, all), (&half_read, half)] {
        house.post(&format!("{}/read", buyer.path()), &shop.boss, json!({"seq": seq})).await.ok();
    }
    house.pass_ms(6_000);
    was_over(&shop, "escalation", &read).await;
    until_fate(&shop, "escalation", &half_read, "delivered").await;
    super::sound(&house).await;
}

// SPEC: SLA-2, NTF-1
#[actix_web::test]
async fn a_reminder_names_who_is_responsible() {
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let shop = Shop::open(&house, "tea").await;
    add_proved(&shop, json!({"kind": "webhook", "url": format!("{}/hook", outside.base), "language": "en"})).await;
    let group = shop.group("售后").await;
    let (lin, _socket) = shop.online("lin", 1).await;
    shop.configure(&lin, 1, 1, json!([{"group": group}]), true).await;
    shop.rules(json!({"rules": [{"name": "all", "target": {"groups": [group]}}]})).await;
    let (served, queued) = (shop.buyer("b-1").await, shop.buyer("b-2").await);
    shop.says(&served, "在吗").await;
    shop.owned_by(&served, &lin).await;
    shop.says(&queued, "在吗").await;
    shop.until(&queued, "queued", |s| s["state"] == "waiting").await;
    house.pass_ms(2 * MINUTE);
    until_told(&shop, "reminder", 2).await;
    // Whom the full group could not take waits for anybody.
    for (buyer, agent, group, line) in
        [(&served, json!(lin.no), json!(group), "group 售后"), (&queued, Value::Null, Value::Null, "No agent has the buyer.")]
    {
        let about = until_fate(&shop, "reminder", buyer, "delivered").await["about"].clone();
        assert_eq!((&about["agent"], &about["group"]), (&agent, &group), "{about}");
        let asked = outside.asked();
        let mut told = asked.iter().map(|asked| serde_json::from_str::<Value>(&asked.body).unwrap());
        let told = told.find(|told| told["data"]["conversation"] == json!(buyer.conversation)).expect("told");
        assert_eq!((&told["data"]["agent"], &told["data"]["group"]), (&agent, &group), "{told}");
        let text = told["data"]["text"].as_str().unwrap();
        assert!(text.contains(line) && text.contains("With lin") == agent.is_u64(), "{text}");
    }
}
