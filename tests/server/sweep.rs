//! What time alone does: orders are settled, conversations archived and one day deleted, waits become urgent; also what fell due
//! while the server was down.

use super::support::{Buyer, HOUR, House, MINUTE, Shop, Socket, until};
use serde_json::{Value, json};
use std::path::Path;
use std::rc::Rc;

const DAY: u64 = 24 * HOUR;

/// A shop in which whoever waits a minute is urgent; `archive`: its rule.
async fn shop(house: &Rc<House>, archive: Value) -> Shop {
    let shop = Shop::open(house, "tea").await;
    shop.quiet().await;
    desk(&shop, archive).await;
    shop
}

async fn desk(shop: &Shop, archive: Value) {
    let rule = json!({"name": "waits", "waited_min": 1, "priority": "urgent"});
    shop.platform("PUT", "desk", json!({"labels": [], "roles": [], "priorities": [rule], "archive": archive})).await.ok();
}

/// Somebody writes, and has waited a minute: the clock has looked through all that was due by then, which comes before.
async fn looked_through(shop: &mut Shop) {
    let waits = shop.buyer(&shop.house.unique()).await;
    shop.says(&waits, "?").await;
    shop.pass_ms(MINUTE).await;
    shop.until(&waits, "urgent", |s| s["priority"] == "urgent").await;
}

/// A buyer whose order is in this state, and with whom nobody speaks any more.
async fn done_with(shop: &Shop, name: &str, order: &str) -> Buyer {
    let buyer = shop.buyer(name).await;
    shop.says(&buyer, "你好").await;
    shop.decided(&buyer, 1).await;
    shop.close(&shop.boss, &buyer).await.ok();
    report(shop, &buyer, order).await;
    buyer
}

async fn report(shop: &Shop, buyer: &Buyer, status: &str) {
    let order = json!({"buyer": buyer.buyer, "status": status, "items": []});
    shop.platform("PUT", &format!("orders/o-{}", buyer.buyer), order).await.ok();
}

/// Whom the inbox lists with this filter.
async fn listed(shop: &Shop, filter: &str) -> Vec<String> {
    let page = shop.house.get(&format!("/v1/staff/inbox?limit=100&{filter}"), &shop.boss).await.ok();
    let rows = page["conversations"].as_array().expect("a list").iter();
    rows.map(|row| row["conversation"].as_str().expect("an id").to_owned()).collect()
}

async fn lists(shop: &Shop, filter: &str, buyer: &Buyer) -> bool {
    listed(shop, filter).await.contains(&buyer.conversation)
}

async fn until_listed(shop: &Shop, filter: &str, buyer: &Buyer) {
    until(filter, || async { lists(shop, filter, buyer).await.then_some(()) }).await;
}

/// The changes of this kind, the newest first.
async fn audited(shop: &Shop, what: &str) -> Vec<Value> {
    let page = shop.house.get("/v1/staff/shop/audit?limit=100", &shop.boss).await.ok();
    page["changes"].as_array().expect("a list").iter().filter(|row| row["what"] == what).cloned().collect()
}

// SPEC: INB-9
#[actix_web::test]
async fn an_order_that_succeeded_3_days_ago_counts_as_none() {
    let house = House::open().await;
    let mut shop = shop(&house, json!({})).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    report(&shop, &buyer, "succeeded").await;
    until_listed(&shop, "order=succeeded", &buyer).await;
    shop.pass_ms(3 * DAY - MINUTE).await;
    // In the 3rd day's last minute it has been looked at, and stays.
    looked_through(&mut shop).await;
    assert!(lists(&shop, "order=succeeded", &buyer).await && !lists(&shop, "order=no_active", &buyer).await);
    shop.pass_ms(1).await;
    until_listed(&shop, "order=no_active", &buyer).await;
    assert!(!lists(&shop, "order=succeeded", &buyer).await);
}

// SPEC: INB-12
#[actix_web::test]
async fn what_is_done_with_is_archived_after_30_days_or_waits_for_the_owner() {
    let house = House::open().await;
    let mut shop = shop(&house, json!({"after_days": 30, "confirm": true})).await;
    let buyer = done_with(&shop, "b-1", "closed").await;
    let open = shop.buyer("b-2").await;
    shop.says(&open, "?").await;
    report(&shop, &open, "closed").await;
    shop.pass_ms(31 * DAY).await;
    looked_through(&mut shop).await;
    assert!(lists(&shop, "state=closed", &buyer).await, "the owner confirms");
    let due = house.get("/v1/staff/shop/archive/due", &shop.boss).await.ok();
    let rows = due["conversations"].as_array().expect("a list");
    assert_eq!((rows.len(), &rows[0]["conversation"]), (1, &json!(buyer.conversation)), "{due}");
    let confirmed = json!({"action": "archive", "conversations": [buyer.conversation]});
    assert_eq!(house.post("/v1/staff/batch", &shop.boss, confirmed).await.ok()["done"], 1);
    assert!(lists(&shop, "state=archived", &buyer).await);
    assert_eq!(house.get("/v1/staff/shop/archive/due", &shop.boss).await.ok()["conversations"], json!([]));

    // Without confirmation the clock does it, on the day and not before.
    desk(&shop, json!({"after_days": 30, "confirm": false})).await;
    let next = done_with(&shop, "b-3", "closed").await;
    shop.pass_ms(30 * DAY - MINUTE - 1).await;
    looked_through(&mut shop).await;
    assert!(lists(&shop, "state=closed", &next).await);
    shop.pass_ms(1).await;
    until_listed(&shop, "state=archived", &next).await;
    assert_eq!(shop.summary(&open).await["state"], "pooled", "who waits is not put away");
}

// SPEC: INB-12
#[actix_web::test]
async fn the_owner_is_told_once_a_day_what_will_be_archived() {
    let house = House::open().await;
    let mut shop = shop(&house, json!({"after_days": 30, "mail": true})).await;
    let first = done_with(&shop, "b-1", "closed").await;
    done_with(&shop, "b-2", "closed").await;
    shop.pass_ms(DAY).await;
    let last = done_with(&shop, "b-3", "closed").await;
    looked_through(&mut shop).await;
    assert_eq!(audited(&shop, "archive_announcement").await.len(), 0);
    shop.pass_ms(28 * DAY).await;
    looked_through(&mut shop).await;
    let told = until("the announcement", || async { audited(&shop, "archive_announcement").await.pop() }).await;
    assert_eq!((&told["after"], &told["by"]), (&json!({"conversations": 2}), &json!("rule")), "{told}");
    let told = until("a notification", || async {
        let told = house.get("/v1/staff/shop/notifications", &shop.boss).await.ok();
        told["notifications"].as_array().unwrap().iter().find(|one| one["class"] == "archive").cloned()
    });
    assert_eq!(told.await["about"], json!({"kind": "archive", "conversations": 2}));
    // Not again on that day, whatever happens.
    house.stop().await;
    house.start().await;
    for _ in 0..3 {
        shop.pass_ms(HOUR).await;
        looked_through(&mut shop).await;
    }
    assert_eq!(audited(&shop, "archive_announcement").await.len(), 1);
    assert!(!lists(&shop, "state=archived", &first).await);
    shop.pass_ms(DAY).await;
    until_listed(&shop, "state=archived", &first).await;
    looked_through(&mut shop).await;
    let told = until("the next", || async { Some(audited(&shop, "archive_announcement").await).filter(|told| told.len() > 1) }).await;
    assert_eq!((told.len(), &told[0]["after"]), (2, &json!({"conversations": 1})), "{told:?}");
    assert!(!lists(&shop, "state=archived", &last).await);
}

/// Files of conversations in this folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("readable").path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

// SPEC: INB-12
#[actix_web::test]
async fn an_archive_is_kept_90_days_and_then_deleted_with_a_record_of_it() {
    let house = House::open().await;
    let mut shop = shop(&house, json!({"after_days": 30, "keep_days": 90})).await;
    let folder = house.config().data_dir.join("files");
    let mut buyer = shop.buyer("b-1").await;
    let file = house.bytes("POST", "/v1/buyer/files?name=a.txt", &buyer.token, "application/octet-stream", "订单号 1".as_bytes()).await;
    let sent = json!({"client_message_id": "message-1", "files": [file.ok()["hash"]]});
    house.post("/v1/buyer/messages", &buyer.token, sent).await.ok();
    shop.decided(&buyer, 1).await;
    let offer = json!({"client_suggestion_id": "offer-01", "items": ["查不到的建议"]});
    house.post(&format!("{}/suggestions", buyer.path()), &shop.boss, offer).await.ok();
    shop.close(&shop.boss, &buyer).await.ok();
    house.post(&format!("{}/notes", buyer.path()), &shop.boss, json!({"text": "老客户", "mentions": []})).await.ok();
    report(&shop, &buyer, "closed").await;
    assert_eq!(files(&folder), 1);
    // Everything falls due while nobody is there to do it.
    house.stop().await;
    house.pass_ms(30 * DAY);
    house.start().await;
    shop.pass_ms(0).await;
    until_listed(&shop, "state=archived", &buyer).await;
    shop.pass_ms(90 * DAY - MINUTE - SLACK).await;
    looked_through(&mut shop).await;
    assert_eq!((shop.history(&buyer).await.len(), files(&folder)), (1, 1), "kept to the last minute");
    shop.pass_ms(SLACK).await;
    let told = until("the record", || async { audited(&shop, "erasure").await.pop() }).await;
    assert_eq!((&told["which"], &told["by"], &told["before"]["keep_days"]), (&json!("b-1"), &json!("rule"), &json!(90)), "{told}");
    until("empty", || async { shop.history(&buyer).await.is_empty().then_some(()) }).await;
    until("no file", || async { (files(&folder) == 0).then_some(()) }).await;
    assert_eq!(house.get(&format!("{}/notes", buyer.path()), &shop.boss).await.ok()["notes"], json!([]));
    buyer = shop.buyer("b-1").await;
    assert_eq!(house.get("/v1/buyer/messages", &buyer.token).await.ok()["messages"], json!([]));
    // Nor does a device that catches up from the beginning hear what was once suggested.
    let mut desk = Socket::open(&house, "staff", &shop.boss, Some(0)).await;
    assert_eq!(desk.until(|frame| frame["type"] == "suggestion").await["items"], json!([]));
    house.stop().await;
    fenliu::app::verify(house.config()).expect("sound");
    house.start().await;
    // The buyer who comes back goes on where it ended.
    assert_eq!(shop.says(&buyer, "又来了").await, 2);
    assert_eq!(shop.history(&buyer).await.len(), 1);
    looked_through(&mut shop).await;
    assert_eq!(audited(&shop, "erasure").await.len(), 1);
}

/// The archiving itself may have come a little after it was due.
const SLACK: u64 = HOUR;

// SPEC: INB-2 INB-12
#[actix_web::test]
async fn who_waits_becomes_urgent_also_while_the_server_was_down() {
    let house = House::open().await;
    let mut shop = shop(&house, json!({})).await;
    let (lin, _desk) = shop.online("lin", 9).await;
    let (pooled, served) = (shop.buyer("b-1").await, shop.buyer("b-2").await);
    shop.says(&served, "?").await;
    shop.owned_by(&served, &lin).await;
    shop.pass_ms(MINUTE - 1).await;
    assert_eq!(shop.summary(&served).await["priority"], "normal");
    shop.pass_ms(1).await;
    shop.until(&served, "urgent", |s| s["priority"] == "urgent").await;
    shop.answers(&lin, &served, "您好").await;
    shop.until(&served, "answered", |s| s["priority"] == "normal").await;
    shop.says(&served, "?").await;
    shop.says(&pooled, "?").await;
    house.stop().await;
    house.pass_ms(MINUTE);
    house.start().await;
    shop.until(&served, "urgent after the start", |s| s["priority"] == "urgent").await;
}
