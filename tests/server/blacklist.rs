//! 黑名单: what a buyer on it writes is stored, shown to nobody in the shop, and appears when the buyer is taken off.

use super::support::{Buyer, House, Shop, Socket};
use serde_json::{Value, json};

const LIST: &str = "/v1/staff/shop/blacklist";

async fn block(shop: &Shop, body: Value) {
    shop.house.post(LIST, &shop.boss, body).await.ok();
}

async fn unblock(shop: &Shop, buyer: &Buyer) {
    shop.house.call("DELETE", &format!("{LIST}/{}", buyer.buyer), &shop.boss, Value::Null).await.ok();
}

// SPEC: INB-8
#[actix_web::test]
async fn who_is_on_it_is_heard_by_nobody_until_taken_off_and_never_told() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 9).await;
    let mut desk = Socket::open(&house, "staff", &shop.boss, None).await;
    let buyer = shop.buyer("b-1").await;
    let seq = shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    desk.until(|f| f["owner"] == lin.no).await;
    let before = desk.cursor;
    block(&shop, json!({"conversation": buyer.conversation, "message": seq, "reason": "辱骂"})).await;
    assert_eq!(desk.until(|f| f["type"] == "blacklist").await["blocked"], true);
    let hidden = shop.says(&buyer, "听不见").await;
    // The buyer's own devices see what the buyer wrote, and nothing else.
    let told = phone.message().await;
    assert_eq!((&told["seq"], &told["text"]), (&json!(hidden), &json!("听不见")));
    let own = house.get("/v1/buyer/messages", &buyer.token).await.ok();
    assert_eq!(own["messages"][1]["text"], "听不见");
    assert!(!own.to_string().contains("block"), "{own}");
    assert_eq!(house.get("/v1/buyer/reception", &buyer.token).await.ok()["state"], "new", "as for anybody not assigned yet");
    assert_eq!(shop.history(&buyer).await.len(), 1);
    assert_eq!(shop.summary(&buyer).await["state"], "closed");
    let list = house.get(LIST, &shop.boss).await.ok();
    let row = &list["buyers"][0];
    assert_eq!((&row["buyer"], &row["reason"], &row["by"]), (&json!("b-1"), &json!("辱骂"), &json!({"agent": 1})), "{list}");
    house.post(LIST, &shop.boss, json!({"buyer": "b-1", "reason": "x"})).await.refused(409, "exists");
    unblock(&shop, &buyer).await;
    let told = desk.until(|f| f["type"] == "blacklist").await;
    assert_eq!((&told["blocked"], &told["appeared"]), (&json!(false), &json!(1)));
    let history = shop.history(&buyer).await;
    assert_eq!((&history[1]["text"], &history[1]["while_blocked"]), (&json!("听不见"), &json!(true)), "{history:?}");
    assert_eq!(house.get(LIST, &shop.boss).await.ok()["buyers"], json!([]));
    // A device that was away sees the same as one that was there.
    let mut late = Socket::open(&house, "staff", &shop.boss, Some(before)).await;
    let mut seen = Vec::new();
    loop {
        let frame = late.frame().await;
        assert_ne!(frame["text"], "听不见");
        seen.push(frame["type"].as_str().unwrap().to_owned());
        if frame["blocked"] == false {
            break;
        }
    }
    assert_eq!(seen.iter().filter(|kind| *kind == "blacklist").count(), 2, "{seen:?}");
}

// SPEC: INB-8
#[actix_web::test]
async fn to_the_buyers_devices_it_looks_as_to_anybodys() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.without_gate().await;
    let mut boss = Socket::open(&house, "staff", &shop.boss, None).await;
    let (blocked, free) = (shop.buyer("b-1").await, shop.buyer("b-2").await);
    for buyer in [&blocked, &free] {
        shop.says(buyer, "你好").await;
        shop.close(&shop.boss, buyer).await.ok();
    }
    block(&shop, json!({"buyer": "b-1", "reason": "辱骂"})).await;
    boss.until(|f| f["type"] == "blacklist").await;
    let mut told = Vec::new();
    for buyer in [&blocked, &free] {
        let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
        shop.says(buyer, "在吗").await;
        shop.says(buyer, "还在吗").await;
        house.post("/v1/buyer/read", &buyer.token, json!({"seq": 3})).await.ok();
        house.post("/v1/buyer/read", &buyer.token, json!({"seq": 9})).await.ok();
        shop.says(buyer, "完").await;
        let mut frames = Vec::new();
        while frames.last().is_none_or(|f: &Value| f["seq"] != 4) {
            let frame = phone.frame().await;
            // Whether the queue was told already is a matter of time.
            if frame["state"] != "queued" {
                frames.push(frame);
            }
        }
        let plain = |f: &Value| json!([f["type"], f["state"], f["reception"], f["seq"], f["text"], f["by"]]);
        told.push(frames.iter().map(plain).collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
    assert_eq!((&told[0][0][1], &told[0][0][2]), (&json!("opened"), &json!(2)), "{told:?}");
    let mark = told[0].iter().find(|f| f[0] == "read").expect("a read mark");
    assert_eq!((&mark[3], &mark[5]), (&json!(3), &json!("buyer")));
    // Of all that the shop is told nothing.
    assert_eq!(shop.summary(&blocked).await["buyer_read"], 1, "no further than what staff are shown");
    let mut frames = Vec::new();
    while frames.last().is_none_or(|f: &Value| f["text"] != "完") {
        frames.push(boss.frame().await);
    }
    assert!(frames.iter().all(|f| f["conversation"] != blocked.conversation.as_str()), "{frames:?}");
}

// SPEC: INB-8
#[actix_web::test]
async fn the_list_is_paged_newest_first_kept_to_those_who_may_and_recorded() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let lin = shop.agent("lin", 9).await;
    for n in 0..5 {
        house.pass_ms(1);
        block(&shop, json!({"buyer": format!("b-{n}"), "reason": "从未来过"})).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get(&format!("{LIST}?limit=2&cursor={cursor}"), &shop.boss).await.ok();
        seen.extend(page["buyers"].as_array().unwrap().iter().map(|b| b["buyer"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["b-4", "b-3", "b-2", "b-1", "b-0"]);
    house.get(LIST, &lin.token).await.refused(403, "forbidden");
    house.post(LIST, &lin.token, json!({"buyer": "x", "reason": "y"})).await.refused(403, "forbidden");
    let other = Shop::open(&house, "shoes").await;
    assert_eq!(house.get(LIST, &other.boss).await.ok()["buyers"], json!([]));
    house.call("DELETE", &format!("{LIST}/b-1"), &other.boss, Value::Null).await.refused(404, "not_found");
    house.call("DELETE", &format!("{LIST}/nobody"), &shop.boss, Value::Null).await.refused(404, "not_found");
    for bad in [
        json!({"buyer": "x"}),
        json!({"reason": "x"}),
        json!({"buyer": "x", "reason": ""}),
        json!({"buyer": "x", "reason": "字".repeat(201)}),
        json!({"buyer": "x", "message": 1, "reason": "x"}),
        json!({"buyer": "x", "conversation": "0".repeat(32), "reason": "x"}),
    ] {
        house.post(LIST, &shop.boss, bad).await.refused(400, "invalid");
    }
    house.post(LIST, &shop.boss, json!({"conversation": "0".repeat(32), "reason": "x"})).await.refused(404, "not_found");
    // The platform has the same list; both are recorded.
    shop.platform("DELETE", "blacklist/b-0", Value::Null).await.ok();
    let audit = house.get("/v1/staff/shop/audit?limit=20", &shop.boss).await.ok();
    let is_list = |row: &&Value| row["what"].as_str().unwrap().starts_with("blacklist");
    let rows: Vec<_> = audit["changes"].as_array().unwrap().iter().filter(is_list).collect();
    assert_eq!(rows.len(), 6, "{audit}");
    assert_eq!((&rows[0]["what"], &rows[1]["what"]), (&json!("blacklist_removal"), &json!("blacklist")));
    assert_eq!((&rows[0]["which"], &rows[0]["by"]["platform"]), (&json!("b-0"), &json!("operator")), "{audit}");
    assert_eq!((&rows[1]["which"], &rows[1]["by"]), (&json!("b-4"), &json!({"agent": 1})), "{audit}");
}
