//! The work on a conversation beside answering: labels, notes, recall, marks, priority, taking over, the archive.

use super::support::{Agent, Buyer, House, MINUTE, Shop, Socket};
use serde_json::{Value, json};
use std::rc::Rc;

/// A shop with two labels, an agent at work and a buyer whom it serves.
pub async fn open(house: &Rc<House>) -> (Shop, Agent, Socket, Buyer) {
    let shop = Shop::open(house, "tea").await;
    shop.platform("PUT", "desk", labels()).await.ok();
    let (lin, desk) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    (shop, lin, desk, buyer)
}

/// Two labels.
pub fn labels() -> Value {
    json!({"roles": [], "labels": [{"no": 1, "name": "询价", "colour": "#ff0000"}, {"no": 2, "name": "急", "colour": "#00ff00"}]})
}

async fn supervisor(shop: &Shop) -> (Agent, Socket) {
    let eva = shop.account("eva", json!({"role": "supervisor", "capacity": 0})).await;
    let socket = shop.connect(&eva).await;
    (eva, socket)
}

// SPEC: INB-5
#[actix_web::test]
async fn labels_are_set_on_conversations_and_messages_and_told_to_staff_alone() {
    let house = House::open().await;
    let (shop, lin, mut desk, buyer) = open(&house).await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    let labels = format!("{}/labels", buyer.path());
    house.put(&labels, &lin.token, json!({"add": [2, 1]})).await.ok();
    let told = desk.until(|f| f["type"] == "labels").await;
    assert_eq!((&told["labels"], &told["by"], &told["seq"]), (&json!([1, 2]), &json!(lin.no), &Value::Null));
    house.put(&labels, &lin.token, json!({"remove": [1]})).await.ok();
    assert_eq!(desk.until(|f| f["type"] == "labels").await["labels"], json!([2]));
    house.put(&format!("{}/messages/1/labels", buyer.path()), &lin.token, json!({"labels": [1]})).await.ok();
    let told = desk.until(|f| f["type"] == "labels").await;
    assert_eq!((&told["labels"], &told["seq"]), (&json!([1]), &json!(1)));
    assert_eq!(shop.history(&buyer).await[0]["labels"], json!([1]));
    // What there is not.
    let detail = house.put(&labels, &lin.token, json!({"add": [3]})).await.refused(400, "invalid");
    assert!(detail.contains("add") && detail.contains('3'), "{detail}");
    house.put(&format!("{}/messages/9/labels", buyer.path()), &lin.token, json!({"labels": [1]})).await.refused(404, "not_found");
    house.put(&labels, &lin.token, json!({"put": [1]})).await.refused(400, "invalid");
    // Whose it is not.
    let mei = shop.agent("mei", 9).await;
    house.put(&labels, &mei.token, json!({"add": [1]})).await.refused(404, "not_found");
    house.put(&labels, &shop.boss, json!({"add": [1]})).await.ok();
    let other = Shop::open(&house, "shoes").await;
    house.put(&labels, &other.boss, json!({"add": [1]})).await.refused(404, "not_found");
    // The buyer's next frame is what comes next for the buyer.
    shop.answers(&lin, &buyer, "您好").await;
    let mut next = phone.frame().await;
    if next["type"] == "reception" {
        next = phone.frame().await; // who received it may have been told before or after the phone came
    }
    assert_eq!((&next["type"], &next["text"]), (&json!("message"), &json!("您好")), "{next}");
}

// SPEC: INB-13
#[actix_web::test]
async fn notes_are_private_paged_and_open_the_conversation_to_who_is_mentioned() {
    let house = House::open().await;
    let (shop, lin, mut desk, buyer) = open(&house).await;
    let (mei, mut meis) = shop.online("mei", 9).await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    let notes = format!("{}/notes", buyer.path());
    house.get(&notes, &mei.token).await.refused(404, "not_found");
    for n in 1..=5 {
        let mentions = if n == 5 { json!([mei.no]) } else { json!([]) };
        let added = house.post(&notes, &lin.token, json!({"text": format!("记 {n}"), "mentions": mentions})).await;
        assert_eq!(added.ok(), json!({"note": n}));
    }
    let told = meis.until(|f| f["type"] == "note").await;
    assert_eq!((&told["text"], &told["mentions"], &told["note"]), (&json!("记 5"), &json!([mei.no]), &json!(5)));
    assert_eq!(desk.until(|f| f["type"] == "note").await["text"], "记 1");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get(&format!("{notes}?limit=2{cursor}"), &mei.token).await.ok();
        seen.extend(page["notes"].as_array().unwrap().iter().map(|note| note["note"].as_u64().unwrap()));
        match page["next"].as_u64() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    house.get(&buyer.path(), &mei.token).await.ok();
    let detail = house.post(&notes, &lin.token, json!({"text": "x", "mentions": [99]})).await.refused(400, "invalid");
    assert!(detail.contains("mentions") && detail.contains("99"), "{detail}");
    for bad in [json!({"text": " "}), json!({"text": "字".repeat(1_001)}), json!({"text": "x", "mentions": vec![mei.no; 21]}), json!({})] {
        house.post(&notes, &lin.token, bad).await.refused(400, "invalid");
    }
    house.post(&notes, &buyer.token, json!({"text": "x"})).await.refused(403, "forbidden");
    shop.answers(&lin, &buyer, "您好").await;
    assert_eq!(phone.frame().await["text"], "您好");
}

// SPEC: INB-7
#[actix_web::test]
async fn who_wrote_a_message_takes_it_back_within_two_minutes_and_nobody_sees_it_any_more() {
    let house = House::open().await;
    let (shop, lin, mut desk, buyer) = open(&house).await;
    let begun = desk.cursor;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    let seq = shop.answers(&lin, &buyer, "说错了").await;
    let asked = shop.says(&buyer, "秘密").await;
    let recall = |seq: u64| format!("{}/messages/{seq}/recall", buyer.path());
    house.post(&recall(asked), &lin.token, json!({})).await.refused(403, "forbidden");
    house.post(&recall(99), &lin.token, json!({})).await.refused(404, "not_found");
    house.post(&format!("/v1/buyer/messages/{seq}/recall"), &buyer.token, json!({})).await.refused(403, "forbidden");
    house.call("POST", &recall(seq), &lin.token, Value::Null).await.ok();
    house.post(&recall(seq), &lin.token, json!({})).await.ok(); // again: the same
    house.post(&format!("/v1/buyer/messages/{asked}/recall"), &buyer.token, json!({})).await.ok();
    for device in [&mut desk, &mut phone] {
        for seq in [seq, asked] {
            let told = device.until(|f| f["type"] == "recalled").await;
            assert_eq!((&told["seq"], told.get("text")), (&json!(seq), None), "{told}");
        }
    }
    // Who comes later sees that there was something.
    let mut late = Socket::open(&house, "buyer", &buyer.token, Some(1)).await;
    for seq in [seq, asked] {
        let frame = late.message().await;
        assert_eq!((&frame["seq"], &frame["text"], &frame["recalled"]), (&json!(seq), &json!(""), &json!(true)), "{frame}");
    }
    let mut late = Socket::open(&house, "staff", &lin.token, Some(begun)).await;
    let frame = late.until(|f| f["seq"] == seq).await;
    assert_eq!((&frame["text"], &frame["recalled"]), (&json!(""), &json!(true)), "{frame}");
    let staffs = shop.history(&buyer).await;
    let buyers = house.get("/v1/buyer/messages", &buyer.token).await.ok();
    assert!(!format!("{staffs:?}{buyers}").contains("秘密") && !format!("{staffs:?}{buyers}").contains("说错了"), "{staffs:?}");
    assert_eq!(staffs[seq as usize - 1]["recalled"], true, "{staffs:?}");
    let slow = shop.answers(&lin, &buyer, "晚了").await;
    house.pass_ms(2 * MINUTE + 1);
    house.post(&recall(slow), &lin.token, json!({})).await.refused(409, "too_late");
}

// SPEC: INB-11 INB-7
#[actix_web::test]
async fn a_buyer_who_was_away_learns_that_a_message_seen_before_was_taken_back() {
    let house = House::open().await;
    let (shop, lin, _desk, buyer) = open(&house).await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    let seq = shop.answers(&lin, &buyer, "说错了").await;
    shop.answers(&lin, &buyer, "好").await;
    assert_eq!((phone.message().await["seq"].clone(), phone.message().await["text"].clone()), (json!(seq), json!("好")));
    let cursor = phone.cursor;
    drop(phone);
    house.post(&format!("{}/messages/{seq}/recall", buyer.path()), &lin.token, json!({})).await.ok();
    let mut phone = Socket::open(&house, "buyer", &buyer.token, Some(cursor)).await;
    let told = phone.frame().await;
    assert_eq!((&told["type"], &told["seq"], &told["cursor"]), (&json!("recalled"), &json!(seq), &json!(cursor)), "{told}");
    shop.answers(&lin, &buyer, "完").await;
    assert_eq!(phone.frame().await["text"], "完");
}

// SPEC: INB-4
#[actix_web::test]
async fn a_conversation_is_marked_as_needing_no_reply_and_as_needing_one() {
    let house = House::open().await;
    let (shop, lin, mut desk, buyer) = open(&house).await;
    let mark = format!("{}/mark", buyer.path());
    house.put(&mark, &lin.token, json!({"state": "replied"})).await.ok();
    shop.until(&buyer, "replied", |s| s["state"] == "replied").await;
    assert_eq!(desk.until(|f| f["type"] == "mark").await["state"], "replied");
    house.put(&mark, &lin.token, json!({"state": "unanswered"})).await.ok();
    shop.until(&buyer, "unanswered", |s| s["state"] == "unanswered").await;
    house.put(&mark, &lin.token, json!({"state": "done"})).await.refused(400, "invalid");
    house.put(&mark, &shop.boss, json!({"state": "replied"})).await.ok();
    shop.close(&lin.token, &buyer).await.ok();
    house.put(&mark, &shop.boss, json!({"state": "replied"})).await.refused(409, "reception_closed");
    // Closed, and never answered by lin: it is not lin's to see any more.
    house.put(&mark, &lin.token, json!({"state": "replied"})).await.refused(404, "not_found");
}

// SPEC: INB-2
#[actix_web::test]
async fn staff_sets_the_priority_and_gives_it_back_to_the_rules() {
    let house = House::open().await;
    let (_shop, lin, mut desk, buyer) = open(&house).await;
    let priority = format!("{}/priority", buyer.path());
    house.put(&priority, &lin.token, json!({"priority": "urgent"})).await.ok();
    let told = desk.until(|f| f["type"] == "priority").await;
    assert_eq!((&told["priority"], &told["by"]), (&json!("urgent"), &json!(lin.no)));
    house.put(&priority, &lin.token, json!({"priority": null})).await.ok();
    let told = desk.until(|f| f["type"] == "priority").await;
    assert_eq!((told.get("priority"), &told["by"]), (None, &json!(lin.no)));
    for bad in [json!({}), json!({"priority": "now"}), json!({"priority": 1})] {
        house.put(&priority, &lin.token, bad).await.refused(400, "invalid");
    }
}

// SPEC: INB-13
#[actix_web::test]
async fn a_supervisor_takes_over_what_is_served_queued_or_pooled() {
    let house = House::open().await;
    let (shop, lin, mut desk, served) = open(&house).await;
    let (eva, mut evas) = supervisor(&shop).await;
    let over = |buyer: &Buyer| format!("{}/take-over", buyer.path());
    house.post(&over(&served), &lin.token, json!({})).await.refused(403, "forbidden");
    let told = house.post(&over(&served), &eva.token, json!({"reason": "我来"})).await.ok();
    assert_eq!(told["over_capacity"], true, "a person may, and is told");
    shop.owned_by(&served, &eva).await;
    assert_eq!(desk.until(|f| f["from"] == lin.no).await["owner"], eva.no);
    evas.until(|f| f["owner"] == eva.no).await;
    house.call("POST", &over(&served), &eva.token, Value::Null).await.ok(); // again: it is hers
    // Queued: lin is full, then; pooled: nobody is there.
    shop.configure(&lin, 1, 0, json!([]), true).await;
    let queued = shop.buyer("queued").await;
    shop.says(&queued, "?").await;
    shop.until(&queued, "queued", |s| s["state"] == "waiting").await;
    house.post(&over(&queued), &eva.token, json!({})).await.ok();
    shop.owned_by(&queued, &eva).await;
    shop.presence(&lin, "offline").await.ok();
    shop.presence(&eva, "offline").await.ok();
    let pooled = shop.buyer("pooled").await;
    shop.says(&pooled, "?").await;
    shop.until(&pooled, "pooled", |s| s["state"] == "pooled").await;
    house.post(&over(&pooled), &eva.token, json!({})).await.refused(409, "agent_not_online");
    shop.presence(&eva, "suspended").await.ok();
    house.post(&over(&pooled), &eva.token, json!({})).await.ok();
    shop.owned_by(&pooled, &eva).await;
}

// SPEC: INB-12
#[actix_web::test]
async fn a_conversation_is_archived_and_restored_by_hand_and_by_the_buyer() {
    let house = House::open().await;
    let (shop, lin, _desk, buyer) = open(&house).await;
    let mut boss = Socket::open(&house, "staff", &shop.boss, None).await;
    let (archive, restore) = (format!("{}/archive", buyer.path()), format!("{}/restore", buyer.path()));
    house.post(&archive, &lin.token, json!({})).await.refused(403, "forbidden");
    house.post(&archive, &shop.boss, json!({})).await.refused(409, "reception_open");
    shop.close(&lin.token, &buyer).await.ok();
    house.post(&archive, &shop.boss, json!({})).await.ok();
    assert_eq!(boss.until(|f| f["type"] == "archive").await["archived"], true);
    house.post(&restore, &shop.boss, json!({})).await.ok();
    assert_eq!(boss.until(|f| f["type"] == "archive").await["archived"], false);
    house.post(&archive, &shop.boss, json!({})).await.ok();
    shop.says(&buyer, "又来了").await;
    let told = boss.until(|f| f["type"] == "archive" && f["archived"] == false).await;
    assert_eq!(told.get("by"), None, "the buyer wrote again: {told}");
}

// SPEC: INB-12
#[actix_web::test]
async fn the_owner_sees_what_is_due_for_the_archive_and_confirms_it_in_a_batch() {
    let house = House::open().await;
    let mut shop = Shop::open(&house, "tea").await;
    let mut desk = labels();
    desk["archive"] = json!({"after_days": 30, "confirm": true});
    shop.platform("PUT", "desk", desk).await.ok();
    let mut buyers = Vec::new();
    for n in 0..5 {
        let buyer = shop.buyer(&format!("b-{n}")).await;
        shop.says(&buyer, "?").await;
        shop.close(&shop.boss, &buyer).await.ok();
        let order = json!({"buyer": buyer.buyer, "status": "succeeded", "items": []});
        shop.platform("PUT", &format!("orders/o-{n}"), order).await.ok();
        house.pass_ms(MINUTE);
        buyers.push(buyer);
    }
    assert_eq!(house.get("/v1/staff/shop/archive/due", &shop.boss).await.ok()["conversations"], json!([]));
    shop.pass_ms(30 * 24 * 60 * MINUTE).await;
    let (mut due, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get(&format!("/v1/staff/shop/archive/due?limit=2&cursor={cursor}"), &shop.boss).await.ok();
        due.extend(page["conversations"].as_array().unwrap().iter().map(|c| c["conversation"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(due, buyers.iter().map(|b| b.conversation.clone()).collect::<Vec<_>>());
    let done = house.post("/v1/staff/batch", &shop.boss, json!({"action": "archive", "conversations": due})).await.ok();
    assert_eq!((&done["done"], &done["refused"]), (&json!(5), &json!(0)), "{done}");
    assert_eq!(house.get("/v1/staff/shop/archive/due", &shop.boss).await.ok()["conversations"], json!([]));
    house.get("/v1/staff/shop/archive/due?cursor=x", &shop.boss).await.refused(400, "invalid");
}
