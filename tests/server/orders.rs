//! Orders over HTTP: their life, lists and drill-down, carriers, and what the system tells the buyer of them.

use super::support::{Answer, Buyer, HOUR, House, Shop, until};
use serde_json::{Value, json};
use std::rc::Rc;

async fn boss(shop: &Shop, method: &str, rest: &str, body: Value) -> Answer {
    shop.house.call(method, &format!("/v1/staff/shop/{rest}"), &shop.boss, body).await
}

/// A shop that tells its buyers of all three scenes.
async fn telling(house: &Rc<House>, name: &str) -> Shop {
    let shop = Shop::open(house, name).await;
    let fulfilment =
        json!({"confirmed": "订单 {订单号} 已确认", "shipped": "{carrier} {tracking_no} {tracking_link}", "logistics": "{logistics}"});
    shop.platform("PUT", "desk", json!({"labels": [], "roles": [], "fulfilment": fulfilment})).await.ok();
    shop
}

fn order(buyer: &str, status: &str) -> Value {
    let items = json!([{"title": "龙井 Longjing", "product": "p-1", "sku": "250g", "picture": "https://img.example/1.jpg", "price_minor": 9900, "quantity": 1}]);
    json!({"buyer": buyer, "status": status, "items": items, "currency": "CNY"})
}

async fn report(shop: &Shop, no: &str, body: &Value) {
    shop.platform("PUT", &format!("orders/{no}"), body.clone()).await.ok();
}

/// What the buyer reads.
async fn reads(shop: &Shop, buyer: &Buyer) -> Vec<(String, String)> {
    let page = shop.house.get("/v1/buyer/messages?limit=200", &buyer.token).await.ok();
    let text = |m: &Value, key: &str| m[key].as_str().unwrap_or_default().to_owned();
    page["messages"].as_array().expect("a list").iter().map(|m| (text(m, "text"), m["author"].to_string())).collect()
}

async fn texts(shop: &Shop, buyer: &Buyer) -> Vec<String> {
    reads(shop, buyer).await.into_iter().map(|(text, _)| text).collect()
}

/// Waits until the order knows that all of this was sent.
async fn settled(shop: &Shop, no: &str) -> Value {
    until("nothing pending", || async {
        let order = boss(shop, "GET", &format!("orders/{no}"), Value::Null).await.ok();
        let pending = order["told"].as_array().unwrap().iter().any(|t| t["outcome"] == "pending");
        (!pending).then_some(order)
    })
    .await
}

// SPEC: TXT-3 GRD-1 INB-9
#[actix_web::test]
async fn a_buyer_who_never_wrote_is_told_once_of_each_event() {
    let house = House::open().await;
    let shop = telling(&house, "tea").await;
    let buyer = shop.buyer("b-1").await;
    report(&shop, "o-1", &order("b-1", "unpaid")).await;
    assert_eq!(reads(&shop, &buyer).await, []);
    for _ in 0..3 {
        report(&shop, "o-1", &order("b-1", "paid")).await;
    }
    // The platform was answered when the message was on disk.
    assert_eq!(texts(&shop, &buyer).await, ["订单 o-1 已确认"]);
    settled(&shop, "o-1").await;
    house.stop().await;
    house.start().await;
    house.pass_ms(48 * HOUR);
    let mut shop = shop;
    shop.pass_ms(0).await;
    report(&shop, "o-1", &order("b-1", "paid")).await;
    let mut shipped = order("b-1", "shipped");
    shipped["parcels"] = json!([{"carrier": "dhl", "number": "JD 01/2"}]);
    report(&shop, "o-1", &shipped).await;
    shipped["logistics"] = json!({"id": "n-1", "text": "已揽收"});
    report(&shop, "o-1", &shipped).await;
    report(&shop, "o-1", &shipped).await;
    let link = "https://www.dhl.com/global-en/home/tracking/tracking-express.html?submit=1&tracking-id=JD%2001%2F2";
    let buyer = shop.buyer("b-1").await;
    assert_eq!(texts(&shop, &buyer).await, ["订单 o-1 已确认".to_string(), format!("DHL JD 01/2 {link}"), "已揽收".into()]);
    assert_eq!(house.get("/v1/buyer/reception", &buyer.token).await.ok(), json!({"state": "none"}), "nobody receives anybody");
    // In no list, but who may see everything can read it.
    for state in ["waiting", "unanswered", "replied", "pooled", "closed"] {
        assert_eq!(shop.inbox(state, "").await, Vec::<Value>::new(), "{state}");
    }
    assert_eq!(shop.history(&buyer).await.len(), 3);
    assert_eq!(shop.summary(&buyer).await["buyer"], "b-1");
    let lin = shop.agent("lin", 5).await;
    house.get(&buyer.path(), &lin.token).await.refused(404, "not_found");
    // Nobody answers what nobody asked.
    let boss = shop.boss.clone();
    let body = json!({"client_message_id": house.unique(), "text": "买一送一"});
    house.post(&format!("{}/messages", buyer.path()), &boss, body).await.refused(409, "reception_closed");
    let told = settled(&shop, "o-1").await["told"].clone();
    let shown: Vec<_> = told.as_array().unwrap().iter().map(|t| (t["scene"].clone(), t["outcome"].clone(), t["news"].clone())).collect();
    let sent = |scene: &str, news: Value| (json!(scene), json!("sent"), news);
    assert_eq!(shown, [sent("confirmed", Value::Null), sent("shipped", Value::Null), sent("logistics", json!("n-1"))]);
    // Then the buyer writes, and is received as ever.
    shop.says(&buyer, "谢谢").await;
    shop.until(&buyer, "received", |s| s["reception"] == 1).await;
    house.stop().await;
}

// SPEC: TXT-3 TXT-2
#[actix_web::test]
async fn what_cannot_be_filled_is_not_sent_and_the_order_says_why() {
    let shop = telling(&House::open().await, "tea").await;
    let buyer = shop.buyer("b-1").await;
    report(&shop, "o-1", &order("b-1", "shipped")).await;
    assert_eq!(texts(&shop, &buyer).await, Vec::<String>::new());
    let told = boss(&shop, "GET", "orders/o-1", Value::Null).await.ok()["told"][0].clone();
    assert_eq!((&told["scene"], &told["outcome"]), (&json!("shipped"), &json!("unfilled")));
    assert!(told["reason"].as_str().unwrap().contains("tracking_no"), "{told}");
    let mut with_number = order("b-1", "shipped");
    with_number["parcels"] = json!([{"carrier": "sf", "number": "SF1"}]);
    report(&shop, "o-1", &with_number).await;
    assert_eq!(texts(&shop, &buyer).await.len(), 1);
    // The order learns of it after the buyer.
    let outcome = || async { boss(&shop, "GET", "orders/o-1", Value::Null).await.ok()["told"][0]["outcome"].clone() };
    until("the order knows", || async { (outcome().await == "sent").then_some(()) }).await;
    // A shop without texts tells nothing.
    let silent = Shop::open(&shop.house, "shoes").await;
    report(&silent, "o-1", &order("b-1", "paid")).await;
    assert_eq!(boss(&silent, "GET", "orders/o-1", Value::Null).await.ok()["told"][0]["outcome"], "unset");
}

// SPEC: INB-9 INB-1
#[actix_web::test]
async fn orders_are_listed_filtered_and_lead_to_their_conversation() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let buyer = shop.buyer("b-1").await;
    let reports =
        [("o-1", "b-1", "paid"), ("o-2", "b-2", "unpaid"), ("o-3", "b-1", "refunding"), ("o-4", "b-2", "paid"), ("o-1", "b-1", "shipped")];
    for (no, buyer, status) in reports {
        house.pass_ms(1_000);
        let mut body = order(buyer, status);
        if no == "o-2" {
            body["items"][0]["title"] = json!("Sencha");
        }
        report(&shop, no, &body).await;
    }
    let listed = async |query: &str| {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = boss(&shop, "GET", &format!("orders?limit=1&cursor={cursor}&{query}"), Value::Null).await.ok();
            all.extend(page["orders"].as_array().unwrap().iter().map(|o| o["order"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return all,
            }
        }
    };
    for (query, expected) in [
        ("", vec!["o-1", "o-4", "o-3", "o-2"]),
        ("state=paid", vec!["o-4"]),
        ("state=shipped", vec!["o-1"]),
        ("state=after_sale", vec!["o-3"]),
        ("state=closed", vec![]),
        ("buyer=b-1", vec!["o-1", "o-3"]),
        ("buyer=b-1&state=after_sale", vec!["o-3"]),
        ("buyer=b-9", vec![]),
        ("word=SENCHA", vec!["o-2"]),
        ("word=p-1&state=paid", vec!["o-4"]),
        ("word=%E9%BE%99%E4%BA%95&buyer=b-2", vec!["o-4"]),
    ] {
        assert_eq!(listed(query).await, expected, "{query}");
    }
    let row = boss(&shop, "GET", "orders?state=shipped", Value::Null).await.ok()["orders"][0].clone();
    assert_eq!((&row["title"], &row["picture"], &row["items"]), (&json!("龙井 Longjing"), &json!("https://img.example/1.jpg"), &json!(1)));
    assert_eq!(row["conversation"], buyer.conversation);
    let detail = boss(&shop, "GET", "orders/o-1", Value::Null).await.ok();
    assert_eq!((&detail["conversation"], &detail["currency"], &detail["state"]), (&row["conversation"], &json!("CNY"), &json!("shipped")));
    let life: Vec<_> = detail["history"].as_array().unwrap().iter().map(|h| h["state"].as_str().unwrap().to_owned()).collect();
    assert_eq!(life, ["paid", "shipped"]);
    // The platform sees the same under the name of the shop, and nobody sees another shop's.
    assert_eq!(shop.platform("GET", "orders/o-1", Value::Null).await.ok(), detail);
    assert_eq!(shop.platform("GET", "orders?state=shipped", Value::Null).await.ok()["orders"][0], row);
    let elsewhere = Shop::open(&house, "shoes").await;
    boss(&elsewhere, "GET", "orders/o-1", Value::Null).await.refused(404, "not_found");
    assert_eq!(boss(&elsewhere, "GET", "orders", Value::Null).await.ok()["orders"], json!([]));
    for wrong in ["limit=201", "cursor=x", "state=lost", "colour=red", &format!("word={}", "x".repeat(65))] {
        boss(&shop, "GET", &format!("orders?{wrong}"), Value::Null).await.refused(400, "invalid");
    }
    // An agent sees the orders of those whom it serves.
    let (lin, _desk) = shop.online("lin", 5).await;
    shop.says(&buyer, "在吗").await;
    shop.owned_by(&buyer, &lin).await;
    let asks = async |query: &str| house.get(&format!("/v1/staff/shop/orders{query}"), &lin.token).await;
    asks("").await.refused(403, "forbidden");
    assert_eq!(asks("?buyer=b-1").await.ok()["orders"].as_array().unwrap().len(), 2);
    assert_eq!(asks("/o-1").await.ok()["order"], "o-1");
    asks("?buyer=b-2").await.refused(404, "not_found");
    asks("/o-2").await.refused(404, "not_found");
    asks("/o-99").await.refused(404, "not_found");
}

// SPEC: INB-9
#[actix_web::test]
async fn a_wrong_report_or_carrier_is_refused_by_the_name_of_its_field() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let right = order("b-1", "paid");
    let long = "x".repeat(1_001);
    let wrong: Vec<(&str, Value, &str)> = vec![
        ("status", json!("lost"), "status"),
        ("currency", json!("cny"), "currency"),
        ("currency", json!("YUAN"), "currency"),
        ("parcels", json!([{"number": ""}]), "parcels.number"),
        ("parcels", json!([{"number": "1", "carrier": "S F"}]), "parcels.carrier"),
        ("parcels", json!([{"number": "1", "link": "https://a.example/"}]), "link"),
        ("logistics", json!({"id": "", "text": "x"}), "logistics.id"),
        ("logistics", json!({"id": "n", "text": " "}), "logistics.text"),
        ("tracking", json!(["SF1"]), "tracking"),
        ("picture", json!("http://img.example/1.jpg"), "picture"),
        ("picture", json!("javascript:alert(1)"), "picture"),
        ("picture", json!("https://user@img.example/"), "picture"),
        ("picture", json!(format!("https://img.example/{long}")), "picture"),
        ("picture", json!("https://img.example:8443/1.jpg"), "picture"),
        ("picture", json!("https://img.example/\u{202e}gpj.1"), "picture"),
        ("title", json!("x".repeat(301)), "title"),
        ("title", json!("茶\u{1b}[2J"), "title"),
        ("sku", json!("a\u{0}b"), "sku"),
    ];
    for (field, value, named) in wrong {
        let mut body = right.clone();
        match field {
            "picture" | "title" | "sku" => body["items"][0][field] = value.clone(),
            _ => body[field] = value.clone(),
        }
        let answer = shop.platform("PUT", "orders/o-1", body).await;
        assert_eq!(answer.status, 400, "{field}: {value}");
        let detail = answer.refused(400, "invalid");
        assert!(detail.contains(named), "{named}: {detail}");
    }
    report(&shop, "o-1", &right).await;
    let detail = shop.platform("PUT", "orders/o-1", order("b-2", "paid")).await.refused(400, "invalid");
    assert!(detail.contains("buyer") && detail.contains("b-1"), "{detail}");
    // Carriers.
    let set = async |code: &str, link: &str| {
        house.put("/v1/platform/carriers", &house.key(), json!({"code": code, "name": "快", "link": link})).await
    };
    for link in
        ["http://a.example/{number}", "https://a.example/", "https://{number}/", "https://a.example/{number}{number}", "ftp://{number}"]
    {
        assert!(set("kuai", link).await.refused(400, "invalid").contains("link"), "{link}");
    }
    assert!(set("K", "https://a.example/{number}").await.refused(400, "invalid").contains("code"));
    set("kuai", "https://a.example/t?n={number}").await.ok();
    set("sf", "https://b.example/{number}").await.ok();
    let all = house.get("/v1/platform/carriers", &house.key()).await.ok();
    let links: Vec<_> = all["carriers"].as_array().unwrap().iter().filter(|c| c["code"] == "sf" || c["code"] == "kuai").collect();
    assert_eq!(links.len(), 2, "one of each code");
    let mut parcels = right.clone();
    parcels["parcels"] = json!([{"carrier": "sf", "number": "S&1"}, {"carrier": "kuai", "number": "2"}, {"carrier": "other", "number": "3"}, {"number": "4"}]);
    report(&shop, "o-1", &parcels).await;
    house.stop().await;
    house.start().await;
    let stored = shop.platform("GET", "orders/o-1", Value::Null).await.ok();
    let links: Vec<_> = stored["parcels"].as_array().unwrap().iter().map(|p| p["link"].clone()).collect();
    assert_eq!(links, [json!("https://b.example/S%261"), json!("https://a.example/t?n=2"), Value::Null, Value::Null]);
    house.stop().await;
}
