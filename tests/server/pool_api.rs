//! The offline pool over HTTP: who waits in it, assigning by hand, the records; and what the buyer is told.

use super::support::{Answer, Buyer, HOUR, House, MINUTE, Shop, Socket, until};
use serde_json::{Value, json};

async fn boss(shop: &Shop, method: &str, rest: &str, body: Value) -> Answer {
    shop.house.call(method, &format!("/v1/staff/shop/{rest}"), &shop.boss, body).await
}

/// A message with how the buyer came.
async fn writes(shop: &Shop, buyer: &Buyer, more: Value) {
    let mut body = json!({"client_message_id": shop.house.unique(), "text": "在吗"});
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    shop.house.post("/v1/buyer/messages", &buyer.token, body).await.ok();
}

async fn pooled(shop: &Shop, buyer: &Buyer) {
    shop.until(buyer, &format!("{} in the pool", buyer.buyer), |s| s["state"] == "pooled").await;
}

/// The buyers a list of the pool names, page by page.
async fn listed(shop: &Shop, query: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = boss(shop, "GET", &format!("pool?limit=2&cursor={cursor}&{query}"), Value::Null).await.ok();
        all.extend(page["conversations"].as_array().unwrap().iter().map(|c| c["buyer"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return all,
        }
    }
}

async fn assign(shop: &Shop, buyers: &[&Buyer], to: Value) -> Answer {
    let mut body = to;
    body["conversations"] = buyers.iter().map(|b| json!(b.conversation)).collect();
    boss(shop, "POST", "pool/assign", body).await
}

async fn standing(shop: &Shop, buyer: &Buyer) -> Value {
    shop.house.get("/v1/buyer/reception", &buyer.token).await.ok()
}

// SPEC: OFF-1 OFF-2
#[actix_web::test]
async fn the_pool_is_listed_newest_first_and_filtered() {
    let shop = Shop::open(&House::open().await, "tea").await;
    boss(&shop, "PUT", "buyers/b-2", json!({"tags": ["询价", "vip"]})).await.ok();
    shop.platform("PUT", "orders/o-1", json!({"buyer": "b-3", "status": "shipped", "items": []})).await.ok();
    let visits = [
        json!({}),
        json!({"product": "p-1", "entry": "home"}),
        json!({"product": "p-2"}),
        json!({"entry": "home", "ask_person": true}),
        json!({"product": "p-1"}),
    ];
    let mut buyers = Vec::new();
    let begin = shop.house.now();
    for (n, visit) in visits.into_iter().enumerate() {
        shop.house.pass_ms(MINUTE);
        let buyer = shop.buyer(&format!("b-{}", n + 1)).await;
        writes(&shop, &buyer, visit).await;
        pooled(&shop, &buyer).await;
        buyers.push(buyer);
    }
    let at = |minute: u64| begin + minute * MINUTE;
    let cases: Vec<(String, &[&str])> = vec![
        (String::new(), &["b-5", "b-4", "b-3", "b-2", "b-1"]),
        ("product=p-1".into(), &["b-5", "b-2"]),
        ("entry=home".into(), &["b-4", "b-2"]),
        ("entry=home&product=p-1".into(), &["b-2"]),
        ("asked=true".into(), &["b-4"]),
        ("asked=false&product=p-2".into(), &["b-3"]),
        ("tag=vip".into(), &["b-2"]),
        ("tag=v".into(), &[]),
        ("order=shipped".into(), &["b-3"]),
        ("order=no_active&asked=false".into(), &["b-5", "b-2", "b-1"]),
        (format!("from={}&to={}", at(2), at(4)), &["b-4", "b-3", "b-2"]),
        (format!("from={}", at(6)), &[]),
        (format!("to={}", at(0)), &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(listed(&shop, &query).await, expected, "{query}");
    }
    let row = boss(&shop, "GET", "pool?tag=vip", Value::Null).await.ok()["conversations"][0].clone();
    assert_eq!((&row["state"], &row["product"], &row["entry"]), (&json!("pooled"), &json!("p-1"), &json!("home")));
    assert_eq!((&row["tags"], &row["order_status"], &row["last_buyer_at"]), (&json!(["询价", "vip"]), &json!("no_active"), &json!(at(2))));
    assert_eq!((&row["asked_at"], &row["failure"]), (&Value::Null, &Value::Null), "no firing has tried it");
    assert_eq!(shop.inbox("pooled", "").await.len(), 5);
    for wrong in ["limit=201", "cursor=x", "order=lost", "asked=1", "colour=red", "from=x"] {
        boss(&shop, "GET", &format!("pool?{wrong}"), Value::Null).await.refused(400, "invalid");
    }
    // An agent sees neither the list nor what is in it.
    let lin = shop.agent("lin", 9).await;
    shop.house.get("/v1/staff/inbox?state=pooled", &lin.token).await.refused(403, "forbidden");
    shop.house.get(&buyers[0].path(), &lin.token).await.refused(404, "not_found");
}

// SPEC: OFF-2 OFF-7 DIV-4
#[actix_web::test]
async fn many_are_assigned_by_hand_each_with_its_own_result() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let group = shop.group("售前").await;
    let lin = shop.agent("lin", 1).await;
    let mei = shop.account("mei", json!({"capacity": 1, "groups": [{"group": group}]})).await;
    let mut buyers = Vec::new();
    for n in 0..5 {
        shop.house.pass_ms(1);
        let buyer = shop.buyer(&format!("b-{n}")).await;
        shop.says(&buyer, "在吗").await;
        pooled(&shop, &buyer).await;
        buyers.push(buyer);
    }
    let elsewhere = Shop::open(&shop.house, "shoes").await.buyer("b-1").await;
    assign(&shop, &[&buyers[0]], json!({"agent": lin.no})).await.refused(409, "agent_not_online");
    let _desks = (shop.connect(&lin).await, shop.connect(&mei).await);
    until("lin online", || async { Some(assign(&shop, &[&elsewhere], json!({"agent": lin.no})).await).filter(|a| a.status == 200) }).await;
    // To an agent: a person may exceed the limit, and is told; each conversation answers for itself.
    let named = [&buyers[0], &buyers[1], &buyers[0], &elsewhere];
    let items = assign(&shop, &named, json!({"agent": lin.no, "reason": "老客户"})).await.ok()["items"].clone();
    let of = |buyer: &Buyer, rest: Value| {
        let mut item = rest;
        item["conversation"] = json!(buyer.conversation);
        item
    };
    let expected = json!([
        of(&buyers[0], json!({"agent": lin.no, "over_capacity": false})),
        of(&buyers[1], json!({"agent": lin.no, "over_capacity": true})),
        of(&buyers[0], json!({"failure": "not_in_pool"})),
        of(&elsewhere, json!({"failure": "not_in_pool"})),
    ]);
    assert_eq!(items, expected);
    shop.owned_by(&buyers[1], &lin).await;
    until("the message of the transfer", || async {
        Some(shop.history(&buyers[1]).await).filter(|h| h.iter().any(|m| m["text"].as_str().unwrap().contains("老客户")))
    })
    .await;
    // To a group: nobody in it exceeds a limit.
    let items = assign(&shop, &[&buyers[2], &buyers[3]], json!({"group": group})).await.ok()["items"].clone();
    assert_eq!(items[0], of(&buyers[2], json!({"agent": mei.no, "over_capacity": false})));
    assert_eq!(items[1], of(&buyers[3], json!({"failure": "no_capacity"})));
    shop.owned_by(&buyers[2], &mei).await;
    assert_eq!(listed(&shop, "").await, ["b-4", "b-3"]);
    let run = boss(&shop, "GET", "pool/runs?limit=1", Value::Null).await.ok()["runs"][0].clone();
    assert_eq!((&run["firing"], &run["operator"]["agent"], &run["operator"]["system"]), (&json!("by_hand"), &json!(1), &json!(false)));
    assert_eq!((&run["eligible"], &run["taken"], &run["left"]), (&json!(2), &json!(2), &json!(1)));
    assert_eq!(run["assigned"], json!([{"agent": mei.no, "count": 1}]));
    assert_eq!((&run["failures"][0]["reason"], &run["failures"][0]["count"]), (&json!("no_capacity"), &json!(1)));
    for (body, names) in [
        (json!({"conversations": [], "agent": 1}), "conversations"),
        (json!({"conversations": vec![buyers[3].conversation.clone(); 201], "agent": 1}), "conversations"),
        (json!({"conversations": ["x"], "agent": 1}), "conversations"),
        (json!({"conversations": [buyers[3].conversation], "agent": 1, "group": 1}), "agent"),
        (json!({"conversations": [buyers[3].conversation]}), "agent"),
        (json!({"conversations": [buyers[3].conversation], "agent": 1, "reason": "x".repeat(51)}), "reason"),
    ] {
        let detail = boss(&shop, "POST", "pool/assign", body).await.refused(400, "invalid");
        assert!(detail.contains(names), "{names}: {detail}");
    }
    for nobody in [json!({"agent": 99}), json!({"group": 99})] {
        assign(&shop, &[&buyers[3]], nobody).await.refused(404, "not_found");
    }
    // A supervisor may; an agent may not; the platform has nobody to assign as.
    let body = json!({"conversations": [buyers[3].conversation], "agent": lin.no});
    shop.house.post("/v1/staff/shop/pool/assign", &lin.token, body.clone()).await.refused(403, "forbidden");
    shop.platform("POST", "pool/assign", body.clone()).await.refused(404, "not_found");
    let supervisor = shop.account("su", json!({"role": "supervisor", "capacity": 0})).await;
    let told = shop.house.post("/v1/staff/shop/pool/assign", &supervisor.token, body).await.ok();
    assert_eq!(told["items"][0]["agent"], lin.no);
}

// SPEC: OFF-3 OFF-4 OFF-7
#[actix_web::test]
async fn every_firing_leaves_a_record_and_the_pool_says_why_it_stayed() {
    let mut shop = Shop::open(&House::open().await, "tea").await;
    // It is 16:00 in Shanghai.
    let lin = shop.agent("lin", 1).await;
    let buyers = [shop.buyer("b-1").await, shop.buyer("b-2").await];
    for buyer in &buyers {
        shop.house.pass_ms(1);
        shop.says(buyer, "在吗").await;
        pooled(&shop, buyer).await;
    }
    assert_eq!(boss(&shop, "GET", "pool/runs", Value::Null).await.ok(), json!({"runs": []}));
    let runs = |count: usize| {
        let shop = &shop;
        until("a record", move || async move {
            let page = boss(shop, "GET", "pool/runs", Value::Null).await.ok();
            Some(page["runs"].as_array().unwrap().clone()).filter(|runs| runs.len() >= count)
        })
    };
    shop.house.pass_ms(30 * MINUTE);
    let first = runs(1).await[0].clone();
    assert_eq!((&first["firing"], &first["pooled"], &first["eligible"], &first["left"]), (&json!("slot"), &json!(2), &json!(2), &json!(2)));
    assert!(first["operator"]["system"] == true && first["operator"]["name"].as_str().unwrap().contains("系统自动分配"), "{first}");
    let failure = &first["failures"][0];
    assert_eq!((&failure["reason"], &failure["count"]), (&json!("too_few_agents"), &json!(2)));
    assert!(
        failure["reason_zh"].as_str().unwrap().contains("人数不足") && failure["text"].as_str().unwrap().contains("too few"),
        "{failure}"
    );
    let rows = boss(&shop, "GET", "pool", Value::Null).await.ok();
    assert_eq!([&rows["conversations"][0]["failure"], &rows["conversations"][1]["failure"]], ["too_few_agents"; 2]);
    // Who came after the firing was not tried.
    let late = shop.buyer("b-3").await;
    shop.house.pass_ms(1);
    shop.says(&late, "在吗").await;
    pooled(&shop, &late).await;
    let rows = boss(&shop, "GET", "pool", Value::Null).await.ok();
    assert_eq!((&rows["conversations"][0]["buyer"], &rows["conversations"][0]["failure"]), (&json!("b-3"), &Value::Null));
    // With room for one the newest goes.
    let _desk = shop.connect(&lin).await;
    shop.house.pass_ms(30 * MINUTE);
    let second = runs(2).await[0].clone();
    assert_eq!((&second["assigned"], &second["heads"]), (&json!([{"agent": lin.no, "count": 1}]), &json!(1)));
    assert_eq!((&second["failures"][0]["reason"], &second["left"]), (&json!("no_capacity"), &json!(2)));
    shop.owned_by(&late, &lin).await;
    let rows = boss(&shop, "GET", "pool", Value::Null).await.ok();
    assert_eq!((rows["conversations"].as_array().unwrap().len(), &rows["conversations"][0]["failure"]), (2, &json!("no_capacity")));
    let page = boss(&shop, "GET", "pool/runs?limit=1", Value::Null).await.ok();
    let rest = boss(&shop, "GET", &format!("pool/runs?limit=1&cursor={}", page["next"]), Value::Null).await.ok();
    assert_eq!((&page["runs"][0], &rest["runs"][0], &rest["next"]), (&second, &first, &Value::Null));
    // Day by day, as the shop's clock shows them.
    let days = boss(&shop, "GET", "pool/days?from=2027-01-14&to=2027-01-15", Value::Null).await.ok()["days"].clone();
    assert_eq!(
        days[0],
        json!({"day": "2027-01-14", "firings": 0, "missed": 0, "by_hand": 0, "eligible": 0, "assigned": 0, "failures": []})
    );
    let today = &days[1];
    assert_eq!((&today["firings"], &today["eligible"], &today["assigned"]), (&json!(2), &json!(5), &json!(1)));
    let counted: Vec<_> =
        today["failures"].as_array().unwrap().iter().map(|f| (f["reason"].as_str().unwrap(), f["count"].as_u64())).collect();
    assert_eq!(counted, [("too_few_agents", Some(2)), ("no_capacity", Some(2))]);
    assert_eq!(shop.platform("GET", "pool/days?from=2027-01-14&to=2027-01-15", Value::Null).await.ok()["days"], days);
    for wrong in ["from=2027-01-15", "from=2027-01-15&to=2027-01-14", "from=2027-01-01&to=2027-02-01", "from=15.1.2027&to=2027-01-15"] {
        boss(&shop, "GET", &format!("pool/days?{wrong}"), Value::Null).await.refused(400, "invalid");
    }
    boss(&shop, "GET", "pool/days?from=2027-01-01&to=2027-01-31", Value::Null).await.ok();
    // A day later nobody's message is young enough.
    shop.pass_ms(25 * HOUR).await;
    until("older than a day", || async {
        let rows = boss(&shop, "GET", "pool", Value::Null).await.ok();
        Some(rows).filter(|r| r["conversations"][0]["failure"] == "older_than_a_day")
    })
    .await;
}

// SPEC: OFF-1 DIV-5
#[actix_web::test]
async fn a_buyer_sees_where_the_reception_stands() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let (first, second, third) = (shop.buyer("b-1").await, shop.buyer("b-2").await, shop.buyer("b-3").await);
    assert_eq!(standing(&shop, &first).await, json!({"state": "none"}));
    let mut phone = Socket::open(&shop.house, "buyer", &first.token, None).await;
    phone.send(&shop.house.unique(), "在吗").await;
    let frame = phone.until(|f| f["state"] == "pooled").await;
    assert_eq!((&frame["type"], &frame["reception"], frame.get("position")), (&json!("reception"), &json!(1), None));
    let told = phone.until(|f| f["from"] == "system").await;
    assert!(told["text"].as_str().unwrap().contains("客服暂时不在线"), "{told}");
    assert_eq!(standing(&shop, &first).await, json!({"state": "pooled"}));
    // Somebody is there, and then full: the next ones wait in the queue.
    let (lin, _desk) = shop.online("lin", 1).await;
    phone.send(&shop.house.unique(), "有人了吗").await;
    shop.owned_by(&first, &lin).await;
    assert_eq!(standing(&shop, &first).await, json!({"state": "served"}));
    let mut phone = Socket::open(&shop.house, "buyer", &third.token, None).await;
    shop.says(&second, "在吗").await;
    shop.until(&second, "queued", |s| s["state"] == "waiting").await;
    shop.decided(&second, 1).await;
    shop.house.pass_ms(1);
    phone.send(&shop.house.unique(), "我呢").await;
    let frame = phone.until(|f| f["state"] == "queued").await;
    assert_eq!(frame["position"], 2, "{frame}");
    assert_eq!(standing(&shop, &second).await, json!({"state": "queued", "position": 1}));
    assert_eq!(standing(&shop, &third).await, json!({"state": "queued", "position": 2}));
    shop.close(&lin.token, &first).await.ok();
    shop.owned_by(&second, &lin).await;
    assert_eq!(standing(&shop, &first).await, json!({"state": "closed"}));
    assert_eq!(standing(&shop, &third).await, json!({"state": "queued", "position": 1}));
    shop.house.get("/v1/buyer/reception", &lin.token).await.refused(403, "forbidden");
    shop.house.get("/v1/buyer/reception", "").await.refused(401, "unauthenticated");
    // What a message tells of the visit is bounded, also over the socket.
    for field in ["entry", "product", "category", "channel", "region", "language"] {
        let mut body = json!({"client_message_id": shop.house.unique(), "text": "x"});
        body[field] = json!("x".repeat(65));
        let detail = shop.house.post("/v1/buyer/messages", &third.token, body.clone()).await.refused(400, "invalid");
        assert!(detail.contains(field), "{detail}");
        body["type"] = json!("send");
        phone.say(body).await;
        let refused = phone.until(|f| f["type"] == "refused").await;
        assert!(refused["detail"].as_str().unwrap().contains(field), "{refused}");
    }
}
