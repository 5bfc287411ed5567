//! The archive: who sees what is in it and what is due for it, what is recorded of it, what it does to figures.

use super::support::{Agent, Buyer, House, MINUTE, Shop};
use serde_json::{Value, json};
use std::rc::Rc;

const DUE: &str = "/v1/staff/shop/archive/due";

/// A shop where an account may archive and nothing else, and a conversation that is closed, of an order that is done with.
async fn open(house: &Rc<House>) -> (Shop, Agent, Buyer) {
    let shop = Shop::open(house, "tea").await;
    let roles = json!([{"no": 1, "name": "档案", "permissions": ["archive"]}]);
    let archive = json!({"after_days": 30, "confirm": true});
    shop.platform("PUT", "desk", json!({"labels": [], "roles": roles, "archive": archive})).await.ok();
    let keeper = shop.account("keeper", json!({"role": {"own": 1}, "capacity": 0})).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "?").await;
    shop.close(&shop.boss, &buyer).await.ok();
    shop.platform("PUT", "orders/o-1", json!({"buyer": "b-1", "status": "succeeded", "items": []})).await.ok();
    (shop, keeper, buyer)
}

// SPEC: INB-12 ACC-1
#[actix_web::test]
async fn whoever_archives_sees_what_is_due_and_what_is_archived_and_nothing_else() {
    let house = House::open().await;
    let (mut shop, mut keeper, buyer) = open(&house).await;
    let (archive, restore) = (format!("{}/archive", buyer.path()), format!("{}/restore", buyer.path()));
    house.get(&buyer.path(), &keeper.token).await.refused(403, "forbidden");
    house.post(&archive, &keeper.token, json!({})).await.refused(404, "not_found");
    shop.pass_ms(31 * 24 * 60 * MINUTE).await;
    drop(shop.back(&mut keeper).await);
    let waiting = shop.buyer("b-2").await;
    shop.says(&waiting, "?").await;
    let due = house.get(DUE, &keeper.token).await.ok();
    assert_eq!(due["conversations"][0]["conversation"], buyer.conversation, "{due}");
    for _ in 0..2 {
        assert_eq!(house.get(&buyer.path(), &keeper.token).await.ok()["buyer"], "b-1");
        assert_eq!(house.get(&format!("{}/messages", buyer.path()), &keeper.token).await.ok()["messages"][0]["text"], "?");
        house.get(&waiting.path(), &keeper.token).await.refused(403, "forbidden");
        house.get("/v1/staff/inbox?state=waiting", &keeper.token).await.refused(403, "forbidden");
        house.post(&archive, &keeper.token, json!({})).await.ok();
    }
    house.post(&restore, &keeper.token, json!({})).await.ok();
    // It is as one that was closed just now.
    house.get(&buyer.path(), &keeper.token).await.refused(403, "forbidden");
}

// SPEC: ACC-2 INB-12
#[actix_web::test]
async fn what_is_archived_and_restored_by_hand_is_recorded() {
    let house = House::open().await;
    let (shop, _, buyer) = open(&house).await;
    house.post(&format!("{}/archive", buyer.path()), &shop.boss, json!({})).await.ok();
    house.post(&format!("{}/restore", buyer.path()), &shop.boss, json!({})).await.ok();
    let audit = house.get("/v1/staff/shop/audit?limit=2", &shop.boss).await.ok();
    for (row, what) in audit["changes"].as_array().unwrap().iter().zip(["restoration", "archive"]) {
        let told = (&row["what"], &row["which"], &row["by"]);
        assert_eq!(told, (&json!(what), &json!(buyer.conversation), &json!({"agent": 1})), "{audit}");
    }
    // What the buyer brings back is nobody's act.
    house.post(&format!("{}/archive", buyer.path()), &shop.boss, json!({})).await.ok();
    shop.says(&buyer, "在吗").await;
    let audit = house.get("/v1/staff/shop/audit?limit=1", &shop.boss).await.ok();
    assert_eq!(audit["changes"][0]["what"], "archive", "{audit}");
}

// SPEC: INB-2 INB-12
#[actix_web::test]
async fn what_was_archived_unread_is_in_no_figure_until_it_is_back() {
    let house = House::open().await;
    let (shop, _, buyer) = open(&house).await;
    let unread = async || {
        let counts = house.get("/v1/staff/inbox/counts?of=shop", &shop.boss).await.ok()["counts"][0].clone();
        (counts["unread"].as_u64().unwrap(), counts["unread_messages"].as_u64().unwrap())
    };
    assert_eq!(unread().await, (1, 1));
    house.post(&format!("{}/archive", buyer.path()), &shop.boss, json!({})).await.ok();
    assert_eq!(unread().await, (0, 0));
    assert_eq!(house.get(&buyer.path(), &shop.boss).await.ok()["unread"], 1, "of itself it says so");
    house.post(&format!("{}/restore", buyer.path()), &shop.boss, json!({})).await.ok();
    assert_eq!(unread().await, (1, 1));
    house.post(&format!("{}/archive", buyer.path()), &shop.boss, json!({})).await.ok();
    let _: Value = house.post(&format!("{}/read", buyer.path()), &shop.boss, json!({"seq": 1})).await.ok();
    assert_eq!(unread().await, (0, 0));
}
