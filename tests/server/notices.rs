//! Notices: two streams beside the buyers', read by each account for itself, counted and listed apart from conversations.

use super::support::{Agent, House, Shop, Socket};
use fenliu::store::{Store, StoreOptions};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const KINDS: [&str; 5] = ["policy_update", "logistics_exception", "growth_voice", "infringement_takedown", "dispute_warning"];

async fn add(shop: &Shop, stream: &str, kind: &str) -> u64 {
    let id = shop.house.unique();
    let body = json!({"stream": stream, "kind": kind, "title": format!("{kind} 通知"), "text": "详情", "id": id});
    shop.platform("POST", "notices", body).await.ok()["no"].as_u64().expect("a number")
}

/// Some of every kind in both streams, a second apart.
async fn add_some(shop: &Shop, count: usize) {
    for n in 0..count {
        shop.house.pass_ms(1_000);
        add(shop, if n % 3 == 0 { "service" } else { "system" }, KINDS[n % KINDS.len()]).await;
    }
}

async fn read(house: &House, token: &str, body: Value) {
    house.post("/v1/staff/notices/read", token, body).await.ok();
}

/// Every page of a list.
async fn all(house: &House, token: &str, filter: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get(&format!("/v1/staff/notices?limit={limit}&cursor={cursor}{filter}"), token).await.ok();
        let rows = page["notices"].as_array().expect("a list");
        assert!(rows.len() <= limit);
        all.extend(rows.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return all,
        }
    }
}

fn names(notices: &[Value]) -> Vec<(String, u64)> {
    notices.iter().map(|n| (n["stream"].as_str().unwrap().to_owned(), n["no"].as_u64().unwrap())).collect()
}

/// What the counts should be, from the whole list.
async fn recount(house: &House, token: &str) -> Value {
    let list = all(house, token, "", 200).await;
    let of = |stream: &str| {
        let of = list.iter().filter(|n| n["stream"] == stream).collect::<Vec<_>>();
        let unread = |p: &str| of.iter().filter(|n| n["read"] == false && (p.is_empty() || n["priority"] == p)).count();
        let by = json!({"urgent": unread("urgent"), "high": unread("high"), "normal": unread("normal"), "low": unread("low")});
        json!({"total": of.len(), "unread": unread(""), "unread_by_priority": by})
    };
    json!({"system": of("system"), "service": of("service")})
}

async fn counts(house: &House, token: &str) -> Value {
    let told = house.get("/v1/staff/notices/counts", token).await.ok();
    assert_eq!(told, recount(house, token).await);
    told
}

// SPEC: INB-1 INB-2 INB-10
#[actix_web::test]
async fn the_urgent_are_pinned_on_top_and_the_rest_comes_newest_first() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    add_some(&shop, 40).await;
    let mei = shop.agent("mei", 5).await;
    let list = all(&house, &mei.token, "", 200).await;
    assert_eq!(list.len(), 40);
    let rank = |n: &Value| (n["priority"] != "urgent", std::cmp::Reverse(n["at"].as_u64().unwrap()));
    assert!(list.windows(2).all(|w| rank(&w[0]) < rank(&w[1])), "{list:#?}");
    assert_eq!(list.iter().filter(|n| n["priority"] == "urgent").count(), 16, "logistics exceptions and dispute warnings");
    assert_eq!(list.iter().filter(|n| n["priority"] == "high").count(), 8, "take-downs");
    for limit in [1, 3, 7, 39, 40] {
        assert_eq!(names(&all(&house, &mei.token, "", limit).await), names(&list), "{limit} a page");
    }
    let only = |so: &dyn Fn(&Value) -> bool| names(&list.iter().filter(|n| so(n)).cloned().collect::<Vec<_>>());
    for (filter, expected) in [
        ("&stream=system", only(&|n| n["stream"] == "system")),
        ("&stream=service&priority=normal", only(&|n| n["stream"] == "service" && n["priority"] == "normal")),
        ("&priority=urgent", only(&|n| n["priority"] == "urgent")),
        ("&kind=growth_voice", only(&|n| n["kind"] == "growth_voice")),
        ("&kind=no_such_kind", vec![]),
    ] {
        assert_eq!(names(&all(&house, &mei.token, filter, 5).await), expected, "{filter}");
    }
    let mut numbers: Vec<u64> = list.iter().filter(|n| n["stream"] == "service").map(|n| n["no"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=14).collect::<Vec<_>>(), "without gaps within its stream");
    // By hand, for the whole shop; and it stands where it belongs from then on.
    let path = "/v1/staff/notices/system/1/priority";
    house.put(path, &mei.token, json!({"priority": "low"})).await.ok();
    let list = all(&house, &shop.boss, "", 9).await;
    let first = list.iter().find(|n| n["stream"] == "system" && n["no"] == 1).unwrap();
    assert_eq!((&first["priority"], &first["kind"]), (&json!("low"), &json!("logistics_exception")));
    assert!(list.windows(2).all(|w| rank(&w[0]) < rank(&w[1])), "{list:#?}");
    assert_eq!(list.len(), 40);
    house.put(path, &shop.boss, json!({"priority": "urgent"})).await.ok();
    assert_eq!(all(&house, &mei.token, "&priority=urgent", 9).await.len(), 16);
    assert_eq!(all(&house, &mei.token, "&priority=low", 9).await.len(), 0);
}

// SPEC: INB-10
#[actix_web::test]
async fn each_account_reads_for_itself_and_the_counts_agree_with_a_recount() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mei) = (shop.agent("lin", 5).await, shop.agent("mei", 5).await);
    let empty = json!({"urgent": 0, "high": 0, "normal": 0, "low": 0});
    let nothing = json!({"total": 0, "unread": 0, "unread_by_priority": empty});
    assert_eq!(counts(&house, &lin.token).await, json!({"system": nothing, "service": nothing}));
    add_some(&shop, 30).await;
    read(&house, &lin.token, json!({"stream": "system", "numbers": [3, 4, 9, 3]})).await;
    read(&house, &lin.token, json!({"stream": "service", "all": true})).await;
    house.put("/v1/staff/notices/system/7/priority", &lin.token, json!({"priority": "low"})).await.ok();
    let told = counts(&house, &lin.token).await;
    assert_eq!((&told["system"]["unread"], &told["system"]["total"]), (&json!(17), &json!(20)));
    assert_eq!((&told["service"]["unread"], &told["service"]["total"]), (&json!(0), &json!(10)));
    assert_eq!(counts(&house, &mei.token).await["system"]["unread"], 20);
    let unread: BTreeSet<_> = names(&all(&house, &lin.token, "&unread=true", 4).await).into_iter().collect();
    let expected: BTreeSet<_> = (1..=20).filter(|n| ![3, 4, 9].contains(n)).map(|n| ("system".to_owned(), n)).collect();
    assert_eq!(unread, expected);
    read(&house, &lin.token, json!({"stream": "system", "numbers": [1, 2, 5]})).await;
    counts(&house, &lin.token).await;
    add_some(&shop, 7).await;
    assert_eq!(counts(&house, &lin.token).await["service"]["unread"], 3);
    house.stop().await;
    {
        let store =
            Store::open(&house.config().data_dir, &StoreOptions { ballast_bytes: 0, low_water_bytes: Some(0), ..StoreOptions::default() });
        let report = store.expect("it opens").verify().expect("it reads");
        assert!(report.is_sound(), "{:?}", report.problems);
    }
    house.start().await;
    assert_eq!(counts(&house, &lin.token).await["service"]["unread"], 3, "after a restart");
    // What the platform repeats after a restart is still the same notice.
    let body = json!({"stream": "system", "kind": "policy_update", "title": "t", "id": "the-same"});
    let no = shop.platform("POST", "notices", body.clone()).await.ok();
    house.stop().await;
    house.start().await;
    assert_eq!(shop.platform("POST", "notices", body.clone()).await.ok(), no);
    for (field, value) in [("title", "other"), ("stream", "service")] {
        let mut other = body.clone();
        other[field] = json!(value);
        assert!(shop.platform("POST", "notices", other).await.refused(409, "id_taken").contains("notice"));
    }
    counts(&house, &mei.token).await;
}

/// Frames up to the notice of this kind.
async fn until_notice(socket: &mut Socket, kind: &str) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = socket.frame().await;
        frames.push(frame.clone());
        if frame["type"] == "notice" && frame["kind"] == kind {
            return frames;
        }
    }
}

fn of_notices(frames: &[Value]) -> Vec<Value> {
    frames.iter().filter(|f| f["type"].as_str().unwrap().starts_with("notice")).cloned().collect()
}

// SPEC: INB-10 INB-11
#[actix_web::test]
async fn all_the_staff_of_the_shop_is_told_and_read_marks_only_the_accounts_own_devices() {
    let house = House::open().await;
    let (tea, shoes) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    let (lin, mut one) = tea.online("lin", 5).await;
    let mut two = tea.connect(&lin).await;
    let (_mei, mut other) = tea.online("mei", 5).await;
    let mut boss = Socket::open(&house, "staff", &tea.boss, None).await;
    let (_zhao, mut foreign) = shoes.online("zhao", 5).await;
    let buyer = tea.buyer("b").await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    let begin = one.cursor;
    add(&tea, "system", "dispute_warning").await;
    add(&tea, "service", "growth_voice").await;
    read(&house, &lin.token, json!({"stream": "service", "numbers": [1]})).await;
    house.put("/v1/staff/notices/system/1/priority", &lin.token, json!({"priority": "high"})).await.ok();
    read(&house, &tea.boss, json!({"stream": "system", "all": true})).await;
    add(&tea, "system", "the_end").await;
    add(&shoes, "system", "the_end").await;
    let seen = of_notices(&until_notice(&mut one, "the_end").await);
    let kinds: Vec<_> = seen.iter().map(|f| f["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["notice", "notice", "notices_read", "notice_priority", "notice"]);
    let first = json!({"type": "notice", "cursor": seen[0]["cursor"], "stream": "system", "no": 1, "at": house.now(),
        "kind": "dispute_warning", "title": "dispute_warning 通知", "text": "详情", "priority": "urgent"});
    assert_eq!(seen[0], first);
    let read_mark =
        json!({"type": "notices_read", "cursor": seen[2]["cursor"], "stream": "service", "to": 0, "numbers": [1], "at": house.now()});
    assert_eq!(seen[2], read_mark);
    assert_eq!((&seen[3]["priority"], &seen[3]["by"], &seen[3]["no"]), (&json!("high"), &json!(lin.no), &json!(1)));
    assert_eq!(of_notices(&until_notice(&mut two, "the_end").await), seen, "on both devices");
    let mut back = Socket::open(&house, "staff", &lin.token, Some(begin)).await;
    assert_eq!(of_notices(&until_notice(&mut back, "the_end").await), seen, "and on one that was away");
    let others = [seen[0].clone(), seen[1].clone(), seen[3].clone(), seen[4].clone()];
    assert_eq!(of_notices(&until_notice(&mut other, "the_end").await), others);
    let bosss = of_notices(&until_notice(&mut boss, "the_end").await);
    let marks: Vec<_> = bosss.iter().filter(|f| f["type"] == "notices_read").collect();
    assert_eq!((marks.len(), &marks[0]["to"], &marks[0]["stream"]), (1, &json!(1), &json!("system")), "only the boss's own");
    assert_eq!(bosss.len(), 5);
    assert_eq!(of_notices(&until_notice(&mut foreign, "the_end").await).len(), 1, "nothing of another shop");
    tea.says(&buyer, "完").await;
    let first = phone.frame().await;
    assert!(!first["type"].as_str().unwrap().starts_with("notice"), "{first}");
}

async fn refused(house: &House, agent: &Agent, body: Value, status: u16, code: &str) -> String {
    house.post("/v1/staff/notices/read", &agent.token, body).await.refused(status, code)
}

// SPEC: INB-10 ACC-1
#[actix_web::test]
async fn what_is_wrong_is_refused_by_name_and_other_shops_do_not_exist() {
    let house = House::open().await;
    let (tea, shoes) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    let (lin, zhao) = (tea.agent("lin", 5).await, shoes.agent("zhao", 5).await);
    add(&tea, "system", "policy_update").await;
    assert_eq!(all(&house, &zhao.token, "", 50).await.len(), 0);
    assert_eq!(counts(&house, &zhao.token).await["system"]["total"], 0);
    refused(&house, &zhao, json!({"stream": "system", "numbers": [1]}), 404, "not_found").await;
    house.put("/v1/staff/notices/system/1/priority", &zhao.token, json!({"priority": "low"})).await.refused(404, "not_found");
    let good = json!({"stream": "system", "kind": "policy_update", "title": "t", "id": "i-1"});
    for (field, value) in [
        ("stream", json!("buyers")),
        ("kind", json!("Policy!")),
        ("title", json!("")),
        ("title", json!("x".repeat(201))),
        ("text", json!("x".repeat(4_001))),
        ("order", json!("x".repeat(65))),
        ("id", json!("")),
        ("colour", json!("red")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let detail = tea.platform("POST", "notices", body).await.refused(400, "invalid");
        assert!(detail.contains(field), "{field}: {detail}");
    }
    house.post("/v1/platform/shops/no-such/notices", &house.key(), good.clone()).await.refused(404, "not_found");
    house.post("/v1/platform/shops/tea/notices", &tea.boss, good.clone()).await.refused(403, "forbidden");
    let key = house.post("/v1/platform/api-keys", &house.key(), json!({"name": "k", "scopes": ["accounts", "orders"]})).await.ok();
    house.post("/v1/platform/shops/tea/notices", key["key"].as_str().unwrap(), good.clone()).await.refused(403, "forbidden");
    let key = house.post("/v1/platform/api-keys", &house.key(), json!({"name": "k", "scopes": ["notices"]})).await.ok();
    house.post("/v1/platform/shops/tea/notices", key["key"].as_str().unwrap(), good).await.ok();
    for body in [
        json!({"stream": "system"}),
        json!({"stream": "system", "all": false}),
        json!({"stream": "system", "all": true, "numbers": [1]}),
        json!({"stream": "system", "numbers": []}),
        json!({"stream": "system", "numbers": vec![1; 201]}),
    ] {
        assert!(refused(&house, &lin, body, 400, "invalid").await.contains("numbers"));
    }
    refused(&house, &lin, json!({"stream": "system", "numbers": [1, 3]}), 404, "not_found").await;
    refused(&house, &lin, json!({"stream": "system", "numbers": [0]}), 404, "not_found").await;
    for query in ["stream=buyers", "priority=red", "unread=maybe", "cursor=x", "limit=0", "colour=red"] {
        let detail = house.get(&format!("/v1/staff/notices?{query}"), &lin.token).await.refused(400, "invalid");
        assert!(detail.contains(query.split('=').next().unwrap()), "{detail}");
    }
    house.put("/v1/staff/notices/buyers/1/priority", &lin.token, json!({"priority": "low"})).await.refused(400, "invalid");
    house.put("/v1/staff/notices/system/9/priority", &lin.token, json!({"priority": "low"})).await.refused(404, "not_found");
    let buyer = tea.buyer("b").await;
    for token in [&buyer.token, &house.key()] {
        house.get("/v1/staff/notices", token).await.refused(403, "forbidden");
        house.get("/v1/staff/notices/counts", token).await.refused(403, "forbidden");
    }
}

// SPEC: INB-2
#[actix_web::test]
async fn the_rules_of_the_shop_decide_what_a_new_notice_is_and_never_undo_what_staff_set() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    add(&shop, "system", "dispute_warning").await;
    house.put("/v1/staff/notices/system/1/priority", &shop.boss, json!({"priority": "low"})).await.ok();
    let rules = json!([
        {"name": "vip", "tags": ["vip"], "priority": "low"},
        {"name": "disputes", "kinds": ["dispute_warning", "tax_audit"], "keywords": ["通知"], "priority": "high"},
        {"name": "words", "keywords": ["GROWTH"], "priority": "urgent"},
    ]);
    house.put("/v1/staff/shop/desk", &shop.boss, json!({"labels": [], "roles": [], "priorities": rules})).await.ok();
    for kind in ["dispute_warning", "growth_voice", "logistics_exception", "policy_update"] {
        add(&shop, "system", kind).await;
    }
    let mut list = all(&house, &shop.boss, "", 50).await;
    list.sort_by_key(|n| n["no"].as_u64());
    let priorities: Vec<_> = list.iter().map(|n| n["priority"].as_str().unwrap()).collect();
    assert_eq!(priorities, ["low", "high", "urgent", "urgent", "normal"]);
}
