//! Drafts: the same on all devices of an account, in the same order, and on nobody else's.

use super::support::{HOUR, House, Shop, Socket, until};
use serde_json::{Value, json};

/// The drafts a device was shown, up to the notice that ends the test.
async fn shown(socket: &mut Socket) -> Vec<(String, String)> {
    let mut drafts = Vec::new();
    loop {
        let frame = socket.frame().await;
        if frame["type"] == "notice" {
            return drafts;
        }
        if frame["type"] == "draft" {
            let text = |key: &str| frame[key].as_str().unwrap().to_owned();
            drafts.push((text("conversation"), text("text")));
        }
    }
}

async fn end(shop: &Shop) {
    let body = json!({"stream": "system", "kind": "the_end", "title": "完", "id": shop.house.unique()});
    shop.platform("POST", "notices", body).await.ok();
}

async fn kept(house: &House, token: &str) -> Vec<(Value, Value)> {
    let told = house.get("/v1/staff/drafts", token).await.ok();
    assert_eq!(told["sync"], true);
    let mut drafts: Vec<_> = told["drafts"].as_array().unwrap().iter().map(|d| (d["conversation"].clone(), d["text"].clone())).collect();
    drafts.sort_by_key(|d| d.0.to_string());
    drafts
}

// SPEC: INB-11
#[actix_web::test]
async fn every_device_of_an_account_sees_its_drafts_in_the_same_order_and_nobody_else_does() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mut one) = shop.online("lin", 9).await;
    let mut two = shop.connect(&lin).await;
    let (a, b) = (shop.buyer("a").await, shop.buyer("b").await);
    for buyer in [&a, &b] {
        shop.says(buyer, "你好").await;
        shop.owned_by(buyer, &lin).await;
    }
    let (mei, mut other) = shop.online("mei", 9).await;
    let mut boss = Socket::open(&house, "staff", &shop.boss, None).await;
    let away = two.cursor;
    let set = |buyer: &super::support::Buyer, text: &str| {
        let (path, body) = (format!("{}/draft", buyer.path()), json!({"text": text}));
        let (house, token) = (house.clone(), lin.token.clone());
        async move { house.put(&path, &token, body).await.ok() }
    };
    set(&a, "您").await;
    futures_util::future::join3(set(&a, "您好"), set(&b, " "), set(&b, "稍等")).await;
    shop.answers(&lin, &a, "您好").await;
    let drafts = kept(&house, &lin.token).await;
    assert!(drafts.contains(&(json!(a.conversation), json!("您好"))), "sending does not remove it: {drafts:?}");
    set(&a, "").await;
    set(&a, "").await;
    end(&shop).await;
    let seen = shown(&mut one).await;
    assert_eq!((seen.len(), &seen[0], &seen[4]), (5, &(a.conversation.clone(), "您".into()), &(a.conversation.clone(), String::new())));
    assert_eq!(shown(&mut two).await, seen);
    let mut back = Socket::open(&house, "staff", &lin.token, Some(away)).await;
    assert_eq!(shown(&mut back).await, seen, "a device that was away");
    assert!(shown(&mut other).await.is_empty());
    assert!(shown(&mut boss).await.is_empty(), "not even the owner");
    let last = seen.iter().rfind(|d| d.0 == b.conversation).unwrap().1.clone();
    assert_eq!(kept(&house, &lin.token).await, [(json!(b.conversation), json!(last))]);
    assert!(kept(&house, &mei.token).await.is_empty() && kept(&house, &shop.boss).await.is_empty());
    house.stop().await;
    house.start().await;
    assert_eq!(kept(&house, &lin.token).await, [(json!(b.conversation), json!(last))]);
    set(&b, "").await;
    assert!(kept(&house, &lin.token).await.is_empty());
}

// SPEC: INB-11 INB-13
#[actix_web::test]
async fn drafts_are_bounded_and_only_for_what_the_account_may_see() {
    let house = House::open().await;
    let (tea, shoes) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    let (lin, _desk) = tea.online("lin", 9).await;
    let buyer = tea.buyer("a").await;
    tea.says(&buyer, "你好").await;
    tea.owned_by(&buyer, &lin).await;
    let (mei, zhao) = (tea.agent("mei", 9).await, shoes.agent("zhao", 9).await);
    let path = format!("{}/draft", buyer.path());
    for stranger in [&mei, &zhao] {
        house.put(&path, &stranger.token, json!({"text": "x"})).await.refused(404, "not_found");
        house.put(&path, &stranger.token, json!({"text": ""})).await.ok();
    }
    house.put(&path, &buyer.token, json!({"text": "x"})).await.refused(403, "forbidden");
    house.put(&path, &lin.token, json!({"text": "x".repeat(4_001)})).await.refused(400, "invalid");
    house.put(&path, &lin.token, json!({"text": "x", "colour": 1})).await.refused(400, "invalid");
    house.put("/v1/staff/conversations/xyz/draft", &lin.token, json!({"text": "x"})).await.refused(400, "invalid");
    house.put(&path, &lin.token, json!({"text": "字".repeat(4_000)})).await.ok();
    // Faster than anybody writes.
    let mut refused = None;
    for n in 0..200 {
        let answer = house.put(&path, &lin.token, json!({"text": n.to_string()})).await;
        if answer.status != 204 {
            refused = Some(answer);
            break;
        }
    }
    refused.expect("a bound").refused(429, "too_many_requests");
    house.put(&format!("{}/draft", buyer.path()), &tea.boss, json!({"text": "the boss's own"})).await.ok();
}

// SPEC: INB-11
#[actix_web::test]
async fn a_shop_may_leave_drafts_on_the_device() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 9).await;
    let buyer = shop.buyer("a").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    let path = format!("{}/draft", buyer.path());
    house.put(&path, &lin.token, json!({"text": "您好"})).await.ok();
    house.put("/v1/staff/shop/desk", &shop.boss, json!({"labels": [], "roles": [], "draft_sync": false})).await.ok();
    let detail = house.put(&path, &lin.token, json!({"text": "您"})).await.refused(400, "invalid");
    assert!(detail.contains("draft_sync"), "{detail}");
    assert_eq!(house.get("/v1/staff/drafts", &lin.token).await.ok(), json!({"sync": false, "drafts": []}));
    house.put(&path, &lin.token, json!({"text": ""})).await.ok();
    // Messages are the same on all devices all the same.
    assert_eq!(shop.answers(&lin, &buyer, "您好").await, 2);
    house.put("/v1/staff/shop/desk", &shop.boss, json!({"labels": [], "roles": []})).await.ok();
    assert!(kept(&house, &lin.token).await.is_empty());
}

// SPEC: INB-11 INB-12
#[actix_web::test]
async fn what_was_typed_for_an_erased_conversation_is_shown_no_more() {
    let house = House::open().await;
    let mut shop = Shop::open(&house, "tea").await;
    shop.platform("PUT", "desk", json!({"labels": [], "roles": [], "archive": {"after_days": 30, "keep_days": 1}})).await.ok();
    let (mut lin, mut desk) = shop.online("lin", 9).await;
    let (gone, kept_on) = (shop.buyer("gone").await, shop.buyer("kept").await);
    for buyer in [&gone, &kept_on] {
        shop.says(buyer, "你好").await;
        shop.owned_by(buyer, &lin).await;
    }
    end(&shop).await;
    shown(&mut desk).await;
    let away = desk.cursor;
    for buyer in [&gone, &kept_on] {
        house.put(&format!("{}/draft", buyer.path()), &lin.token, json!({"text": "没说出口"})).await.ok();
    }
    shop.close(&lin.token, &gone).await.ok();
    house.post(&format!("{}/archive", gone.path()), &shop.boss, json!({})).await.ok();
    drop(desk);
    shop.pass_ms(25 * HOUR).await;
    let _desk = shop.back(&mut lin).await;
    let left = until("the end of the draft", || async { Some(kept(&house, &lin.token).await).filter(|drafts| drafts.len() == 1) }).await;
    assert_eq!(left, [(json!(kept_on.conversation), json!("没说出口"))]);
    end(&shop).await;
    let mut back = Socket::open(&house, "staff", &lin.token, Some(away)).await;
    let seen: Vec<_> = shown(&mut back).await;
    assert_eq!(seen, [(gone.conversation.clone(), String::new()), (kept_on.conversation.clone(), "没说出口".into())]);
    house.stop().await;
    fenliu::app::verify(house.config()).expect("a sound folder");
}
