//! Where the staff's commands come from: the connection, or what a trusted proxy says, and nobody's word else; and the rule on coupons
//! that counts by it.

use super::support::shop::PASSWORD;
use super::support::{Agent, Answer, Buyer, House, Shop, read};
use fenliu::config::Config;
use serde_json::{Value, json};
use std::rc::Rc;

const TEXT: &str = "送您优惠码 TEA-7K2M9Q";

/// An agent who has served these buyers; their receptions are closed.
async fn desk(house: &Rc<House>, buyers: usize) -> (Shop, Agent, Vec<Buyer>) {
    let shop = Shop::open(house, "tea").await;
    shop.quiet().await;
    let settings = json!({"contacts": "refuse", "allowed_hosts": [], "coupon_prefixes": ["TEA-"]});
    house.put("/v1/staff/shop/guard", &shop.boss, settings).await.ok();
    let (lin, _device) = shop.online("lin", 99).await;
    let mut closed = Vec::new();
    for n in 0..buyers {
        let buyer = shop.buyer(&format!("b-{n}")).await;
        shop.says(&buyer, "你好").await;
        shop.owned_by(&buyer, &lin).await;
        shop.answers(&lin, &buyer, "您好").await;
        shop.close(&lin.token, &buyer).await.ok();
        closed.push(buyer);
    }
    (shop, lin, closed)
}

/// An answer with such a header.
async fn answer(shop: &Shop, lin: &Agent, buyer: &Buyer, forwarded: &str) -> Answer {
    let request = shop.house.request("POST", &format!("{}/messages", buyer.path()), &lin.token);
    let body = json!({"client_message_id": shop.house.unique(), "text": TEXT});
    read(request.insert_header(("x-forwarded-for", forwarded)).send_json(&body)).await
}

async fn standing(shop: &Shop, lin: &Agent) -> Value {
    shop.house.get("/v1/staff/standing", &lin.token).await.ok()
}

async fn addresses(shop: &Shop) -> Vec<Value> {
    let page = shop.house.get("/v1/staff/shop/guard/records?kind=unsolicited", &shop.boss).await.ok();
    page["records"].as_array().unwrap().iter().map(|r| r["ip"].clone()).collect()
}

// SPEC: GRD-5 GRD-9
#[actix_web::test]
async fn a_forged_header_hides_nobody() {
    let house = House::open().await;
    let (shop, lin, buyers) = desk(&house, 5).await;
    for (n, buyer) in buyers.iter().enumerate() {
        assert_eq!(standing(&shop, &lin).await["violations"], 0, "before the fifth");
        answer(&shop, &lin, buyer, &format!("203.0.113.{n}")).await.refused(409, "reception_closed");
    }
    assert_eq!(addresses(&shop).await, vec![json!("127.0.0.1"); 5]);
    let record = super::support::until("a violation", || async {
        let page = house.get("/v1/staff/shop/guard/records?kind=violation", &shop.boss).await.ok();
        page["records"].as_array().unwrap().first().cloned()
    })
    .await;
    let violation = &record["violation"];
    assert_eq!((&violation["rule"], &violation["ip"], &violation["accounts"]), (&json!("coupons"), &json!("127.0.0.1"), &json!([lin.no])));
    assert_eq!(violation["conversations"].as_array().unwrap().len(), 5, "{record}");
    assert_eq!(standing(&shop, &lin).await["hold"], "frozen");
}

fn behind_a_proxy(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
}

// SPEC: GRD-5 GRD-9
#[actix_web::test]
async fn a_trusted_proxy_tells_whom_it_saw_and_what_stands_left_of_that_is_not_believed() {
    let house = House::open_with(behind_a_proxy).await;
    let (shop, lin, buyers) = desk(&house, 9).await;
    for (n, buyer) in buyers.iter().take(4).enumerate() {
        answer(&shop, &lin, buyer, &format!("198.51.100.7, 203.0.113.{n}")).await.refused(409, "reception_closed");
    }
    answer(&shop, &lin, &buyers[4], "198.51.100.7, unknown").await.refused(409, "reception_closed");
    let mut seen = addresses(&shop).await;
    seen.reverse();
    let is = ["203.0.113.0", "203.0.113.1", "203.0.113.2", "203.0.113.3"].map(Value::from);
    assert_eq!((&seen[..4], &seen[4]), (&is[..], &Value::Null), "{seen:?}");
    assert_eq!(standing(&shop, &lin).await["violations"], 0, "from five addresses");
    for (n, buyer) in buyers[4..].iter().enumerate() {
        answer(&shop, &lin, buyer, &format!("198.51.100.{n}, 203.0.113.200, 127.0.0.9")).await.refused(409, "reception_closed");
    }
    super::support::until("a violation", || async { Some(standing(&shop, &lin).await).filter(|s| s["violations"] == 1) }).await;
}

// SPEC: GRD-6 GRD-9
#[actix_web::test]
async fn the_client_gives_its_name_at_log_in() {
    let house = House::open().await;
    let (shop, lin, buyers) = desk(&house, 1).await;
    let log_in = |client: Value| {
        let house = house.clone();
        async move {
            let body = json!({"shop": "tea", "login": "lin", "password": PASSWORD, "client": client});
            house.post("/v1/staff/log-in", "", body).await
        }
    };
    for bad in [json!("x".repeat(65)), json!("a\nb"), json!(5)] {
        log_in(bad).await.refused(400, "invalid");
    }
    let token = log_in(json!("console 1.2")).await.ok()["token"].as_str().unwrap().to_owned();
    answer(&shop, &Agent { token, ..lin }, &buyers[0], "x").await.refused(409, "reception_closed");
    let page = house.get("/v1/staff/shop/guard/records", &shop.boss).await.ok();
    assert_eq!(page["records"][0]["client"], "console 1.2", "{page}");
}
