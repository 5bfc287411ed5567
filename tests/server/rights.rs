//! Rights as people meet them (ACC-1, ACC-2): granted, taken away while somebody works, the analyst, roles of the shop's own.

use super::support::{Agent, House, Shop, Socket};
use serde_json::{Value, json};

impl Shop {
    async fn desk(&self, token: &str, body: Value) -> super::support::Answer {
        self.house.put("/v1/staff/shop/desk", token, body).await
    }

    async fn role(&self, token: &str, agent: &Agent, role: Value) -> super::support::Answer {
        self.house.put(&format!("/v1/staff/shop/accounts/{}/role", agent.no), token, json!({"role": role})).await
    }
}

fn roles(permissions: Value) -> Value {
    json!({"labels": [], "roles": [{"no": 3, "name": "夜班组长", "permissions": permissions}]})
}

// SPEC: ACC-1 ACC-2
#[actix_web::test]
async fn an_owner_grants_a_role_and_takes_it_away_and_old_sessions_end() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let (mut lin, mut desk) = shop.online("lin", 5).await;
    house.get("/v1/staff/shop/accounts", &lin.token).await.refused(403, "forbidden");
    shop.role(&lin.token, &lin, json!("supervisor")).await.refused(403, "forbidden");
    shop.role(&shop.boss, &lin, json!("supervisor")).await.ok();
    assert_eq!(desk.closed().await.1, 4401);
    house.get("/v1/staff/me", &lin.token).await.refused(401, "unauthenticated");
    let _desk = shop.back(&mut lin).await;
    house.get("/v1/staff/shop/accounts", &lin.token).await.ok();
    assert_eq!(house.get("/v1/staff/me", &lin.token).await.ok()["role"], "supervisor");
    // The same again changes nothing, and nobody is thrown out for it.
    shop.role(&shop.boss, &lin, json!("supervisor")).await.ok();
    house.get("/v1/staff/me", &lin.token).await.ok();
    shop.role(&shop.boss, &lin, json!("agent")).await.ok();
    house.get("/v1/staff/shop/accounts", &lin.token).await.refused(401, "unauthenticated");
    let audit = house.get("/v1/staff/shop/audit", &shop.boss).await.ok();
    let rows: Vec<_> = audit["changes"].as_array().unwrap().iter().filter(|row| row["what"] == "role").collect();
    let told: Vec<_> = rows.iter().map(|row| (&row["by"], &row["which"], &row["before"], &row["after"])).collect();
    let (boss, which) = (json!({"agent": 1}), json!(lin.no.to_string()));
    assert_eq!(told[0], (&boss, &which, &json!("supervisor"), &json!("agent")));
    assert_eq!(told[1], (&boss, &which, &json!("agent"), &json!("supervisor")));
    assert_eq!((told[2].0, told[2].3, rows[2]["before"].is_null()), (&json!({"platform": "operator"}), &json!("agent"), true));
}

// SPEC: ACC-1
#[actix_web::test]
async fn owners_are_the_platforms_to_make_and_nobody_rights_itself() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let lin = shop.agent("lin", 5).await;
    let boss = Agent { no: 1, login: "boss".into(), token: shop.boss.clone() };
    shop.role(&shop.boss, &lin, json!("owner")).await.refused(403, "forbidden");
    shop.role(&shop.boss, &boss, json!("agent")).await.refused(400, "invalid");
    shop.role(&shop.boss, &lin, json!({"own": 3})).await.refused(400, "invalid");
    shop.role(&shop.boss, &lin, json!("king")).await.refused(400, "invalid");
    shop.role(&shop.boss, &Agent { no: 99, ..lin.clone() }, json!("agent")).await.refused(404, "not_found");
    shop.platform("PUT", &format!("accounts/{}/role", lin.no), json!({"role": "owner"})).await.ok();
    let account = shop.platform("GET", &format!("accounts/{}", lin.no), Value::Null).await.ok();
    assert_eq!(account["role"], "owner");
}

// SPEC: ACC-1
#[actix_web::test]
async fn an_analyst_sees_everything_and_touches_nothing() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let ana = shop.account("ana", json!({"role": "analyst"})).await;
    let mut screen = shop.connect(&ana).await;
    // Connected, and yet nobody is here for buyers: a message goes to the pool.
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    assert_eq!(screen.message().await["text"], "你好");
    shop.until(&buyer, "pooled", |s| s["state"] == "pooled").await;
    house.get(&buyer.path(), &ana.token).await.ok();
    house.get("/v1/staff/inbox?state=pooled", &ana.token).await.ok();
    for presence in ["online", "suspended", "offline"] {
        let detail = shop.presence(&ana, presence).await.refused(403, "forbidden");
        assert!(detail.contains("serve"), "{detail}");
    }
    shop.answer(&ana, &buyer, "answer-01", "x").await.refused(403, "forbidden");
    shop.close(&ana.token, &buyer).await.refused(403, "forbidden");
    shop.transfer(&ana.token, &buyer, json!({"agent": 1})).await.refused(403, "forbidden");
    house.post(&format!("{}/read", buyer.path()), &ana.token, json!({"seq": 1})).await.refused(403, "forbidden");
    assert_eq!(shop.summary(&buyer).await["unread"], 1, "reading over the shoulder reads nothing");
    let boss = Agent { no: 1, login: "boss".into(), token: shop.boss.clone() };
    let _desk = shop.connect(&boss).await;
    shop.transfer(&shop.boss, &buyer, json!({"agent": ana.no})).await.refused(409, "agent_not_serving");
    house.get("/v1/staff/shop/distribution?from=1&to=2", &ana.token).await.ok();
    for forbidden in ["accounts", "audit", "diversion", "pool"] {
        house.get(&format!("/v1/staff/shop/{forbidden}"), &ana.token).await.refused(403, "forbidden");
    }
}

// SPEC: ACC-1
#[actix_web::test]
async fn a_role_of_the_shops_own_grants_what_it_says_until_the_shop_says_otherwise() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.without_gate().await;
    let first = shop.desk(&shop.boss, roles(json!(["oversee", "serve"]))).await.ok();
    assert_eq!(first["version"], 1);
    let lead = shop.account("lead", json!({"role": {"own": 3}, "capacity": 0})).await;
    let buyer = shop.buyer("b-1").await;
    let mut screen = shop.connect(&lead).await;
    shop.says(&buyer, "你好").await;
    assert_eq!(screen.message().await["text"], "你好");
    house.get("/v1/staff/inbox?state=closed", &lead.token).await.ok();
    house.get("/v1/staff/shop/accounts", &lead.token).await.refused(403, "forbidden");
    shop.presence(&lead, "suspended").await.ok();
    // Another permission, at once, in the same session; its devices come back to what it may see now.
    shop.desk(&shop.boss, roles(json!(["review"]))).await.ok();
    let (_, code, reason) = screen.closed().await;
    assert_eq!((code, reason.split(' ').next()), (1013, Some("rights_changed")));
    house.get("/v1/staff/shop/accounts", &lead.token).await.ok();
    house.get("/v1/staff/inbox?state=closed", &lead.token).await.refused(403, "forbidden");
    shop.presence(&lead, "online").await.refused(403, "forbidden");
    let mut screen = Socket::open(&house, "staff", &lead.token, Some(screen.cursor)).await;
    shop.says(&buyer, "还在吗").await;
    // Without the role there is nothing left, in the live session too.
    shop.desk(&shop.boss, json!({"labels": [], "roles": []})).await.ok();
    let (frames, code, _) = screen.closed().await;
    assert!(code == 1013 && frames.iter().all(|frame| frame["type"] != "message"), "{frames:?}");
    for path in ["shop/accounts", "inbox?state=waiting", "shop/desk"] {
        house.get(&format!("/v1/staff/{path}"), &lead.token).await.refused(403, "forbidden");
    }
    assert_eq!(house.get("/v1/staff/me", &lead.token).await.ok()["role"], json!({"own": 3}));
    // A role of another meaning is not given to it by its number.
    let detail = shop.desk(&shop.boss, roles(json!(["manage"]))).await.refused(400, "invalid");
    assert!(detail.contains("role 3") && detail.contains(&format!("account {}", lead.no)), "{detail}");
    // Nor after a start.
    house.stop().await;
    house.start().await;
    house.get("/v1/staff/shop/accounts", &lead.token).await.refused(403, "forbidden");
}

// SPEC: TXT-4 ACC-1
#[actix_web::test]
async fn a_groups_welcome_is_a_text_of_the_team_and_the_rest_a_setting() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let roles = json!([{"no": 1, "name": "文案", "permissions": ["team_texts"]}, {"no": 2, "name": "行政", "permissions": ["manage"]}]);
    shop.desk(&shop.boss, json!({"labels": [], "roles": roles})).await.ok();
    let writer = shop.account("writer", json!({"role": {"own": 1}, "capacity": 0})).await;
    let manager = shop.account("manager", json!({"role": {"own": 2}, "capacity": 0})).await;
    shop.group("售前").await;
    let set = async |who: &Agent, body: Value| house.put("/v1/staff/shop/groups/1", &who.token, body).await;
    set(&writer, json!({"name": "售前", "welcome": "您好"})).await.ok();
    set(&writer, json!({"name": "售前", "welcome": "您好", "capacity": 5})).await.refused(403, "forbidden");
    set(&writer, json!({"name": "别名", "welcome": "您好"})).await.refused(403, "forbidden");
    set(&manager, json!({"name": "售前", "welcome": "大家好"})).await.refused(403, "forbidden");
    set(&manager, json!({"name": "售前", "welcome": "您好", "capacity": 5})).await.ok();
    let groups = house.get("/v1/staff/shop/groups", &writer.token).await.ok();
    assert_eq!((&groups["groups"][0]["welcome"], &groups["groups"][0]["capacity"]), (&json!("您好"), &json!(5)), "{groups}");
    house.post("/v1/staff/shop/groups", &manager.token, json!({"name": "售后", "welcome": "x"})).await.refused(403, "forbidden");
    house.post("/v1/staff/shop/groups", &writer.token, json!({"name": "售后"})).await.refused(403, "forbidden");
    let detail = set(&writer, json!({"name": "售前", "welcome": "加微信详聊"})).await.refused(400, "invalid");
    assert!(detail.contains("welcome") && detail.contains("微信"), "{detail}");
    let own = house.put("/v1/staff/me/welcome", &shop.boss, json!({"text": "www.example.com"})).await;
    assert!(own.refused(400, "invalid").contains("web address"));
}

// SPEC: ACC-1 DIV-6
#[actix_web::test]
async fn who_loses_the_right_to_serve_is_asked_no_more() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.without_gate().await;
    shop.desk(&shop.boss, roles(json!(["serve"]))).await.ok();
    let lead = shop.account("lead", json!({"role": {"own": 3}, "capacity": 9})).await;
    let mut screen = shop.connect(&lead).await;
    let (before, after, later) = (shop.buyer("b-1").await, shop.buyer("b-2").await, shop.buyer("b-3").await);
    shop.says(&before, "你好").await;
    shop.owned_by(&before, &lead).await;
    shop.desk(&shop.boss, roles(json!(["oversee"]))).await.ok();
    screen.closed().await;
    let _screen = shop.connect(&lead).await;
    shop.says(&after, "你好").await;
    shop.decided(&after, 1).await;
    assert_eq!(shop.summary(&after).await["state"], "waiting");
    shop.answer(&lead, &before, "answer-01", "x").await.refused(403, "forbidden");
    // Not even as the deputy, who receives whether present or not.
    let deputy = json!({"rules": [], "offline": {"way": {"deputy": lead.no}, "text": ""}});
    shop.platform("PUT", "diversion", deputy).await.ok();
    shop.says(&later, "你好").await;
    shop.until(&later, "pooled", |s| s["state"] == "pooled").await;
}

// SPEC: ACC-2 INB-5
#[actix_web::test]
async fn the_settings_of_the_desk_are_read_set_refused_and_recorded() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let lin = shop.agent("lin", 5).await;
    let fresh = house.get("/v1/staff/shop/desk", &lin.token).await.ok();
    assert_eq!((&fresh["version"], &fresh["archive"]["after_days"], &fresh["labels"]), (&json!(0), &json!(30), &json!([])));
    let mut draft = fresh.clone();
    draft["labels"] = json!([{"no": 1, "name": "待跟进", "colour": "#D93026"}, {"no": 2, "name": "已承诺", "colour": "#00aa55"}]);
    draft["priorities"] = json!([{"name": "退款", "keywords": ["退款"], "priority": "urgent"}]);
    draft["fulfilment"] = json!({"shipped": "您的订单 {订单号} 已发货。"});
    shop.desk(&lin.token, draft.clone()).await.refused(403, "forbidden");
    assert_eq!(shop.desk(&shop.boss, draft.clone()).await.ok()["version"], 1);
    shop.desk(&shop.boss, draft.clone()).await.refused(409, "outdated");
    let mut read = house.get("/v1/staff/shop/desk", &lin.token).await.ok();
    assert_eq!(read["labels"][0], json!({"no": 1, "name": "待跟进", "colour": "#d93026"}));
    read["labels"][1]["name"] = json!("已解决");
    assert_eq!(shop.desk(&shop.boss, read.clone()).await.ok()["version"], 2);
    let wrong = json!({"labels": [{"no": 1, "name": " ", "colour": "red"}], "roles": [], "archive": {"after_days": 0}});
    let refused = shop.desk(&shop.boss, wrong).await;
    let fields: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["labels[0].name", "labels[0].colour", "archive.after_days"]);
    refused.refused(400, "faulty");
    for bad in [
        json!({}),
        json!({"labels": [], "roles": [], "colour": 1}),
        json!({"labels": [], "roles": [{"no": 1, "name": "a", "permissions": ["fly"]}]}),
    ] {
        shop.desk(&shop.boss, bad).await.refused(400, "invalid");
    }
    assert_eq!(shop.platform("GET", "desk", Value::Null).await.ok()["version"], 2);
    let audit = house.get("/v1/staff/shop/audit", &shop.boss).await.ok();
    let rows: Vec<_> = audit["changes"].as_array().unwrap().iter().filter(|row| row["what"] == "desk").collect();
    assert_eq!((&rows[0]["which"], &rows[0]["by"]), (&json!("2"), &json!({"agent": 1})));
    let first = rows[1]["changes"].as_array().unwrap();
    let changed: Vec<_> = first.iter().map(|change| change["field"].as_str().unwrap()).collect();
    assert_eq!((rows.len(), changed), (2, vec!["fulfilment.shipped", "labels[待跟进]", "labels[已承诺]", "priorities[退款]"]));
}
