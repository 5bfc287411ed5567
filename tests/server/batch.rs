//! One action on many conversations: a result each, and one refusal never stops the rest.

use super::desk::labels;
use super::support::{Agent, Buyer, House, Shop, Socket};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn served(shop: &Shop, agent: &Agent, names: &[&str]) -> Vec<Buyer> {
    let buyers = join_all(names.iter().map(|name| shop.buyer(name))).await;
    for buyer in &buyers {
        shop.says(buyer, "?").await;
        shop.owned_by(buyer, agent).await;
    }
    buyers
}

fn ids(buyers: &[Buyer]) -> Vec<String> {
    buyers.iter().map(|b| b.conversation.clone()).collect()
}

async fn batch(shop: &Shop, token: &str, body: Value) -> Value {
    shop.house.post("/v1/staff/batch", token, body).await.ok()
}

// SPEC: INB-6
#[actix_web::test]
async fn every_conversation_has_its_own_result_and_a_repeated_batch_says_nothing_twice() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 99).await;
    let mut buyers = served(&shop, &lin, &["a", "b", "c"]).await;
    shop.close(&lin.token, &buyers[1]).await.ok();
    let other = Shop::open(&house, "shoes").await;
    let (zhao, _far) = other.online("zhao", 9).await;
    buyers.extend(served(&other, &zhao, &["x"]).await);
    let body = json!({"action": "reply", "client_message_id": "batch-0001", "text": "今天发货", "conversations": ids(&buyers)});
    for again in [false, true] {
        let told = batch(&shop, &lin.token, body.clone()).await;
        assert_eq!((&told["done"], &told["refused"]), (&json!(2), &json!(2)), "{told}");
        let items = told["items"].as_array().unwrap();
        let codes: Vec<_> = items.iter().map(|i| i["code"].as_str().unwrap_or("")).collect();
        // Whoever has answered it can see the closed one still; that of another shop is not there.
        assert_eq!(codes, ["", "not_found", "", "not_found"], "{again}: {told}");
        assert!(items.iter().zip(&buyers).all(|(item, buyer)| item["conversation"] == buyer.conversation));
        assert_eq!(items[0]["seq"], 2);
    }
    for (buyer, count) in [(&buyers[0], 2), (&buyers[1], 1), (&buyers[2], 2)] {
        assert_eq!(shop.history(buyer).await.len(), count);
    }
    assert_eq!(other.history(&buyers[3]).await.len(), 1);
}

// SPEC: INB-6
#[actix_web::test]
async fn labels_marks_transfers_and_closing_go_by_batch() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.platform("PUT", "desk", labels()).await.ok();
    let (lin, mut desk) = shop.online("lin", 99).await;
    let buyers = served(&shop, &lin, &["a", "b"]).await;
    let (mei, _meis) = shop.online("mei", 99).await;
    let all = ids(&buyers);
    let told = batch(&shop, &lin.token, json!({"action": "label", "add": [1], "conversations": all})).await;
    assert_eq!(told["done"], 2, "{told}");
    for _ in 0..2 {
        assert_eq!(desk.until(|f| f["type"] == "labels").await["labels"], json!([1]));
    }
    let told = batch(&shop, &lin.token, json!({"action": "mark", "state": "replied", "conversations": all})).await;
    assert_eq!(told["done"], 2, "{told}");
    for buyer in &buyers {
        shop.until(buyer, "replied", |s| s["state"] == "replied").await;
    }
    let told = batch(&shop, &lin.token, json!({"action": "transfer", "agent": mei.no, "reason": "换人", "conversations": all})).await;
    assert_eq!(told["items"][0]["over_capacity"], false, "{told}");
    for buyer in &buyers {
        shop.owned_by(buyer, &mei).await;
    }
    let told = batch(&shop, &shop.boss, json!({"action": "close", "conversations": all})).await;
    assert_eq!(told["done"], 2, "{told}");
    let told = batch(&shop, &shop.boss, json!({"action": "close", "conversations": all})).await;
    assert!(told["items"].as_array().unwrap().iter().all(|i| i["code"] == "reception_closed" && i["done"] == false), "{told}");
}

// SPEC: INB-6
#[actix_web::test]
async fn what_is_named_twice_is_done_once_and_does_not_stop_the_rest() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 99).await;
    let buyers = served(&shop, &lin, &["a", "b"]).await;
    let (a, b) = (&buyers[0].conversation, &buyers[1].conversation);
    let told = batch(&shop, &lin.token, json!({"action": "close", "conversations": [a, a, b, a]})).await;
    assert_eq!((&told["done"], &told["refused"]), (&json!(2), &json!(2)), "{told}");
    let items: Vec<_> = told["items"].as_array().unwrap().iter().map(|i| (&i["conversation"], i["code"].as_str())).collect();
    assert_eq!(items, [(&json!(a), None), (&json!(a), Some("invalid")), (&json!(b), None), (&json!(a), Some("invalid"))], "{told}");
    assert!(told["items"][1]["detail"].as_str().unwrap().contains("twice"), "{told}");
}

// SPEC: INB-6
#[actix_web::test]
async fn two_hundred_are_taken_and_what_is_wrong_with_the_whole_is_refused_before_anything() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 99).await;
    let buyers = served(&shop, &lin, &["a"]).await;
    let known = &buyers[0].conversation;
    let many = |n: usize| (0..n).map(|i| format!("{i:032x}")).collect::<Vec<_>>();
    let told = batch(&shop, &lin.token, json!({"action": "close", "conversations": many(200)})).await;
    assert_eq!((&told["done"], &told["refused"]), (&json!(0), &json!(200)));
    let id = "batch-0001";
    for bad in [
        json!({"action": "close", "conversations": many(201)}),
        json!({"action": "close", "conversations": []}),
        json!({"action": "close", "conversations": ["x"]}),
        json!({"action": "close", "conversations": [known], "text": "x"}),
        json!({"action": "dance", "conversations": [known]}),
        json!({"action": "label", "conversations": [known]}),
        json!({"action": "label", "add": [9], "conversations": [known]}),
        json!({"action": "mark", "conversations": [known]}),
        json!({"action": "transfer", "conversations": [known]}),
        json!({"action": "reply", "conversations": [known], "text": "x"}),
        json!({"action": "reply", "conversations": [known], "client_message_id": "short", "text": "x"}),
        json!({"action": "reply", "conversations": [known], "client_message_id": id}),
        json!({"action": "reply", "conversations": [known], "client_message_id": id, "text": "x", "template": 1}),
        json!({"action": "reply", "conversations": [known], "client_message_id": id, "text": "{没有}"}),
        json!({"action": "reply", "conversations": [known], "client_message_id": id, "text": "字".repeat(4_001)}),
    ] {
        house.post("/v1/staff/batch", &lin.token, bad).await.refused(400, "invalid");
    }
    house.post("/v1/staff/batch", &lin.token, json!({"action": "archive", "conversations": [known]})).await.refused(403, "forbidden");
    let analyst = shop.account("ana", json!({"role": "analyst"})).await;
    house.post("/v1/staff/batch", &analyst.token, json!({"action": "close", "conversations": [known]})).await.refused(403, "forbidden");
    assert_eq!(shop.history(&buyers[0]).await.len(), 1);
    let _phone = Socket::open(&house, "buyer", &buyers[0].token, None).await;
}

// SPEC: INB-6 TXT-2
#[actix_web::test]
async fn variables_are_filled_for_each_and_what_cannot_be_filled_is_not_sent() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 99).await;
    let buyers = served(&shop, &lin, &["a", "b"]).await;
    let order = json!({"buyer": "a", "status": "paid", "items": []});
    shop.platform("PUT", "orders/o-17", order).await.ok();
    let body = json!({"action": "reply", "client_message_id": "batch-0001", "text": "订单 {订单号} 已付款", "conversations": ids(&buyers)});
    let told = batch(&shop, &lin.token, body).await;
    assert_eq!((&told["items"][0]["done"], &told["items"][1]["code"]), (&json!(true), &json!("invalid")), "{told}");
    assert!(told["items"][1]["detail"].as_str().unwrap().contains("订单号"), "{told}");
    assert_eq!(shop.history(&buyers[0]).await[1]["text"], "订单 o-17 已付款");
    assert_eq!(shop.history(&buyers[1]).await.len(), 1);
}
