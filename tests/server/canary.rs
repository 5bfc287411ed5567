//! Nothing of one shop is ever told to another: the watch that every test of the server runs under, shown to bite.

use super::support::canary::{carries, foreign, mark, unmark};
use super::support::{Agent, Buyer, House, Shop, Socket};
use futures_util::FutureExt;
use serde_json::{Value, json};
use std::panic::AssertUnwindSafe;

#[test]
fn a_word_is_written_found_and_taken_away() {
    let mut body = json!({"name": "b", "seq": 1, "list": [{"text": "你好", "reason": "x".repeat(50)}], "text": " "});
    let before = body.clone();
    mark(&mut body, "tea-2");
    assert_eq!(body["list"][0]["text"], "你好 canary-tea-2.");
    assert_eq!((&body["text"], &body["list"][0]["reason"]), (&before["text"], &before["list"][0]["reason"]));
    let bytes = body.to_string();
    assert_eq!(foreign(bytes.as_bytes(), Some("tea-2")), None);
    for other in [Some("tea"), Some("tea-22"), None] {
        assert_eq!(foreign(bytes.as_bytes(), other), Some("tea-2".into()), "{other:?}");
    }
    unmark(&mut body);
    assert_eq!(body, before);
}

// Negative control, and SPEC: ACC-1
#[actix_web::test]
async fn a_client_that_hears_of_another_shop_fails_its_test() {
    let house = House::open().await;
    let (tea, shoes) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    let buyer = tea.buyer("b-1").await;
    tea.says(&buyer, "你好").await;
    let asks = || AssertUnwindSafe(house.get("/v1/buyer/messages", &buyer.token)).catch_unwind();
    assert_eq!(asks().await.unwrap_or_else(|_| panic!("its own")).ok()["messages"][0]["text"], "你好");
    house.watch().learn(&buyer.token, &shoes.name);
    assert!(asks().await.is_err(), "a message of tea's must not pass for one of shoes'");
    let mut socket = Socket::open(&house, "buyer", &buyer.token, Some(0)).await;
    assert!(AssertUnwindSafe(socket.message()).catch_unwind().await.is_err(), "nor over a socket");
}

/// A shop in which everything that holds a text of somebody's holds one; its owner, at work, and its buyer.
async fn full(shop: &Shop) -> (Agent, Buyer) {
    let house = &shop.house;
    let fulfilment = json!({"confirmed": "已确认", "shipped": "已发货", "logistics": "{logistics}"});
    let label = json!({"no": 1, "name": "急", "colour": "#ff0000"});
    shop.platform("PUT", "desk", json!({"labels": [label], "roles": [], "fulfilment": fulfilment})).await.ok();
    let group = shop.group("售前").await;
    let lin = shop.account("lin", json!({"role": "owner", "capacity": 9})).await;
    let _desk = shop.connect(&lin).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    let sizes = json!({"title": "龙井", "product": "p-1", "sku": "s", "price_minor": 1, "quantity": 1});
    shop.platform("PUT", "orders/o-1", json!({"buyer": "b-1", "status": "paid", "items": [sizes]})).await.ok();
    shop.platform("POST", "notices", json!({"stream": "system", "kind": "policy_update", "title": "t", "text": "x", "id": "n-1"}))
        .await
        .ok();
    shop.platform("POST", "blacklist", json!({"buyer": "b-2", "reason": "骚扰"})).await.ok();
    let phrase = json!({"intent": "尺码", "text": "偏大一码"});
    let begun = json!({"size": 1, "name": "尺码表.txt"});
    for (method, path, body) in [
        ("POST", "shop/phrases".to_owned(), phrase.clone()),
        ("POST", format!("shop/groups/{group}/phrases"), phrase.clone()),
        ("POST", "me/phrases".into(), phrase),
        ("POST", "shop/templates".into(), json!({"name": "谢", "category": "thanks", "text": "谢谢{买家}"})),
        ("PUT", "me/welcome".into(), json!({"text": "欢迎"})),
        ("POST", format!("conversations/{}/notes", buyer.conversation), json!({"text": "老客户"})),
        ("PUT", format!("conversations/{}/draft", buyer.conversation), json!({"text": "亲"})),
    ] {
        house.call(method, &format!("/v1/staff/{path}"), &lin.token, body).await.ok();
    }
    let uploads = format!("{}/uploads", buyer.path());
    let id = house.post(&uploads, &lin.token, begun).await.ok()["id"].as_str().expect("an id").to_owned();
    house.bytes("PUT", &format!("{uploads}/{id}?offset=0"), &lin.token, "application/octet-stream", "x").await.ok();
    let file = house.post(&format!("{uploads}/{id}/complete"), &lin.token, Value::Null).await.ok()["hash"].clone();
    let answer = json!({"client_message_id": "answer-01", "text": "", "files": [file]});
    house.post(&format!("{}/messages", buyer.path()), &lin.token, answer).await.ok();
    shop.says(&buyer, "还在吗").await;
    let offer = json!({"client_suggestion_id": "offer-01", "items": ["在的"]});
    shop.platform("POST", &format!("conversations/{}/suggestions", buyer.conversation), offer).await.ok();
    (lin, buyer)
}

// Negative control, and SPEC: ACC-1
#[actix_web::test]
async fn the_word_is_in_all_that_a_shop_writes() {
    let house = House::open().await;
    let (tea, shoes) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    let (lin, buyer) = full(&tea).await;
    let conversation = &buyer.conversation;
    let of_staff = [
        format!("conversations/{conversation}/messages"),
        format!("conversations/{conversation}/notes"),
        format!("conversations/{conversation}"),
        format!("conversations/{conversation}/templates/1/rendered"),
        format!("shop/export/conversations?format=csv&conversation={conversation}"),
    ];
    let lists = "drafts notices inbox phrases me/phrases shop/phrases shop/groups/1/phrases shop/templates shop/desk shop/groups shop/accounts \
        shop/accounts/2 shop/orders shop/orders/o-1 shop/blacklist shop/audit";
    let all = of_staff.into_iter().chain(lists.split_whitespace().map(str::to_owned)).map(|path| format!("/v1/staff/{path}"));
    let all: Vec<_> = all.map(|path| (path, &lin.token)).chain([("/v1/buyer/messages".to_owned(), &buyer.token)]).collect();
    for (path, token) in &all {
        let told = house.request("GET", path, token).send().await.expect("an answer").body().limit(1 << 20).await.expect("a body");
        assert!(carries(&told, &tea.name), "{path}: {}", String::from_utf8_lossy(&told));
        house.get(path, token).await.ok();
    }
    let mut desk = Socket::open(&house, "staff", &lin.token, Some(0)).await;
    for kind in ["note", "draft", "message", "suggestion"] {
        desk.until(|frame| frame["type"] == kind).await;
        assert!(desk.marked, "{kind}");
    }
    let mut desk = Socket::open(&house, "staff", &lin.token, Some(0)).await;
    desk.until(|frame| frame["type"] == "notice").await;
    assert!(desk.marked);
    // Were any of it told to another shop, the test of whoever asked would fail.
    for (_, token) in &all {
        house.watch().learn(token, &shoes.name);
    }
    for (path, token) in &all {
        assert!(AssertUnwindSafe(house.get(path, token)).catch_unwind().await.is_err(), "{path}");
    }
}
