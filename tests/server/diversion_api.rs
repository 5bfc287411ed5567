//! The diversion document, profiles, the record of changes: over HTTP, in both realms.

use super::support::shop::PASSWORD;
use super::support::{Answer, House, Shop, until};
use serde_json::{Value, json};

/// A request to the shop of a session.
async fn staff(shop: &Shop, token: &str, method: &str, rest: &str, body: Value) -> Answer {
    shop.house.call(method, &format!("/v1/staff/shop/{rest}"), token, body).await
}

async fn boss(shop: &Shop, method: &str, rest: &str, body: Value) -> Answer {
    staff(shop, &shop.boss, method, rest, body).await
}

fn rule(name: &str, group: u64) -> Value {
    json!({"name": name, "target": {"groups": [group]}})
}

/// A shop with two groups, each with one agent: (shop, groups).
async fn floor() -> (Shop, [u64; 2]) {
    let shop = Shop::open(&House::open().await, "tea").await;
    let groups = [shop.group("售前").await, shop.group("售后").await];
    for (login, group) in ["lin", "mei"].into_iter().zip(groups) {
        shop.account(login, json!({"groups": [{"group": group}]})).await;
    }
    (shop, groups)
}

// SPEC: DIV-11
#[actix_web::test]
async fn the_document_comes_back_with_every_setting() {
    let (shop, [one, two]) = floor().await;
    let fresh = boss(&shop, "GET", "diversion", Value::Null).await.ok();
    assert_eq!((&fresh["version"], &fresh["zone"], &fresh["rules"]), (&json!(0), &json!("Asia/Shanghai"), &json!([])));
    let whole = json!({
        "zone": "Europe/Berlin", "gate": false, "preferences": ["dedicated"],
        "welcome": {"text": "欢迎", "order": "own_only"},
        "recent": {"any_ms": 1_000, "online_ms": 2_000, "obeys_capacity": false},
        "scopes": [{"group": one, "tags": ["询价未下单"], "levels": ["gold"], "products": ["p-1"], "categories": ["tea"],
            "keywords": ["发票"], "entries": ["home"], "languages": ["zh"], "orders": ["no_active", "unpaid"]}],
        "rules": [
            {"name": "weekend", "when": {"all": [{"week": [{"days": 96, "from_min": 0, "to_min": 1_440}]},
                {"not": {"channel": ["app"]}}, {"any": [{"region": ["CN"]}, {"order": ["after_sale"]}]}]}, "target": {"agents": [2, 3]}},
            {"name": "rest", "when": {"all": []}, "target": {"groups": [two, one]}}],
        "fallback_group": two, "strategy": "least_recently_assigned", "busy_above": 6, "offline_grace_ms": 30_000,
        "queue": {"length_max": 50, "wait_ms_max": 60_000},
        "no_answer": {"after_ms": 60_000, "later_rounds": true, "moves_max": 2, "suspend_after": 3},
        "offline": {"way": {"deputy": 2}, "text": "明天见", "automatic": {"on": true, "range": "asked_for_person",
            "windows": [{"from_min": 540, "to_min": 570}], "slot_min": 15, "targets": {"groups": [one]}, "online_min": 2,
            "unanswered_average_max": 3, "per_head": 10, "heads_in_scope": false}},
    });
    assert_eq!(boss(&shop, "PUT", "diversion", whole.clone()).await.ok(), json!({"version": 1}));
    let mut expected = whole.clone();
    expected["version"] = json!(1);
    assert_eq!(boss(&shop, "GET", "diversion", Value::Null).await.ok(), expected);
    assert_eq!(shop.platform("GET", "diversion", Value::Null).await.ok(), expected);
    // What is left out goes back to its default.
    assert_eq!(shop.platform("PUT", "diversion", json!({"rules": []})).await.ok(), json!({"version": 2}));
    let mut fresh = fresh;
    fresh["version"] = json!(2);
    assert_eq!(boss(&shop, "GET", "diversion", Value::Null).await.ok(), fresh);
    // Half a document is none; a word nobody knows is no setting.
    for (wrong, names) in [
        (json!({}), "rules"),
        (json!({"rules": [], "colour": 1}), "colour"),
        (json!({"rules": [{"name": "a", "when": {"colour": ["x"]}, "target": {"groups": [1]}}]}), "colour"),
        (json!({"rules": [], "strategy": "best"}), "strategy"),
        (json!({"rules": [], "busy_above": -1}), "busy_above"),
    ] {
        let detail = boss(&shop, "PUT", "diversion", wrong).await.refused(400, "invalid");
        assert!(detail.contains(names), "{names}: {detail}");
    }
}

// SPEC: DIV-11
#[actix_web::test]
async fn a_check_lists_every_error_at_once_and_changes_nothing() {
    let (shop, [one, _]) = floor().await;
    let draft = json!({
        "zone": "Mars/Olympus", "fallback_group": 9, "queue": {"length_max": 1, "wait_ms_max": 0},
        "rules": [rule("everybody", one), {"name": "vip", "when": {"level": ["gold"]}, "target": {"groups": [one]}},
            {"name": "nobody", "target": {"agents": [77]}}],
        "offline": {"automatic": {"slot_min": 7}},
    });
    let checked = boss(&shop, "POST", "diversion/check", draft.clone()).await.ok();
    assert_eq!(checked["ok"], false);
    let fields: Vec<&str> = checked["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    let expected = ["zone", "fallback_group", "queue.wait_ms_max", "rules[1]", "rules[2].target.agents[0]", "offline.automatic.slot_min"];
    for field in expected {
        assert!(fields.contains(&field), "{field}: {checked}");
    }
    let never = checked["errors"].as_array().unwrap().iter().find(|e| e["field"] == "rules[1]").unwrap();
    assert!(never["problem"].as_str().unwrap().contains("never reached"), "{never}");
    let changed: Vec<&str> = checked["changes"].as_array().unwrap().iter().map(|c| c["field"].as_str().unwrap()).collect();
    assert!(changed.contains(&"zone") && changed.contains(&"rules[vip]"), "{changed:?}");
    // Setting it is refused with the very same list.
    let refused = boss(&shop, "PUT", "diversion", draft).await;
    assert_eq!(refused.body["errors"], checked["errors"]);
    refused.refused(400, "faulty");
    assert_eq!(boss(&shop, "GET", "diversion", Value::Null).await.ok()["version"], 0);
    assert_eq!(boss(&shop, "GET", "diversion/versions", Value::Null).await.ok(), json!({"versions": []}));
    // A sound one tells what it would change, and nothing else.
    let sound = json!({"rules": [rule("everybody", one)], "busy_above": 5, "based_on": 0});
    let checked = boss(&shop, "POST", "diversion/check", sound).await.ok();
    let added = json!({"field": "rules[everybody]", "after": {"name": "everybody", "when": {"all": []}, "target": {"groups": [one]}}});
    assert_eq!((&checked["ok"], &checked["errors"]), (&json!(true), &json!([])));
    let changes = checked["changes"].as_array().unwrap();
    assert!(changes.len() == 2 && changes.contains(&added), "{checked}");
    assert!(changes.contains(&json!({"field": "busy_above", "before": 4, "after": 5})), "{checked}");
}

// SPEC: DIV-11 ACC-2
#[actix_web::test]
async fn versions_are_compared_rolled_back_to_and_recorded() {
    let (shop, [one, two]) = floor().await;
    boss(&shop, "PUT", "diversion", json!({"rules": [rule("a", one), rule("b", two)]})).await.ok();
    shop.house.pass_ms(5);
    let second = json!({"rules": [rule("new", two), rule("b", one), rule("a", one)], "based_on": 1, "busy_above": 9});
    // Of `rule` nothing is conditional: `b` and `a` name the same people, so one hides the other.
    boss(&shop, "PUT", "diversion", second).await.refused(400, "faulty");
    let when = |name: &str, group: u64| json!({"name": name, "when": {"tag": [name]}, "target": {"groups": [group]}});
    let second = json!({"rules": [when("new", two), when("b", one), when("a", one)], "based_on": 1, "busy_above": 9});
    assert_eq!(shop.platform("PUT", "diversion", second.clone()).await.ok(), json!({"version": 2}));
    let detail = boss(&shop, "PUT", "diversion", second).await.refused(409, "outdated");
    assert!(detail.contains("version 2"), "{detail}");
    let list = boss(&shop, "GET", "diversion/versions?limit=1", Value::Null).await.ok();
    let newest = json!({"version": 2, "at": shop.house.now(), "by": {"platform": "operator"}});
    assert_eq!(list, json!({"versions": [newest], "next": 2}));
    let list = boss(&shop, "GET", "diversion/versions?limit=1&cursor=2", Value::Null).await.ok();
    assert_eq!(list, json!({"versions": [{"version": 1, "at": shop.house.now() - 5, "by": {"agent": 1}}]}));
    let whole = boss(&shop, "GET", "diversion/versions/1", Value::Null).await.ok();
    assert_eq!((&whole["version"], &whole["document"]["rules"][0]["name"]), (&json!(1), &json!("a")));
    let between = boss(&shop, "GET", "diversion/difference?from=1&to=2", Value::Null).await.ok();
    let fields: Vec<&str> = between["changes"].as_array().unwrap().iter().map(|c| c["field"].as_str().unwrap()).collect();
    for field in ["rules[new]", "rules[b].target.groups", "rules[a].when.tag", "order of rules", "busy_above"] {
        assert!(fields.contains(&field), "{field}: {fields:?}");
    }
    assert_eq!(boss(&shop, "GET", "diversion/difference?from=2&to=2", Value::Null).await.ok(), json!({"changes": []}));
    // Back to the first, as a third version; back to the defaults.
    assert_eq!(boss(&shop, "POST", "diversion/roll-back", json!({"version": 1})).await.ok(), json!({"version": 3}));
    assert_eq!(boss(&shop, "GET", "diversion/difference?from=1&to=3", Value::Null).await.ok(), json!({"changes": []}));
    assert_eq!(boss(&shop, "GET", "diversion/versions/3", Value::Null).await.ok()["rolled_back_to"], 1);
    assert_eq!(boss(&shop, "POST", "diversion/roll-back", json!({"version": 0})).await.ok(), json!({"version": 4}));
    for (method, rest, body) in [
        ("GET", "diversion/versions/9", Value::Null),
        ("GET", "diversion/versions/0", Value::Null),
        ("GET", "diversion/difference?from=1&to=9", Value::Null),
        ("POST", "diversion/roll-back", json!({"version": 9})),
    ] {
        boss(&shop, method, rest, body).await.refused(404, "not_found");
    }
    for rest in ["diversion/versions?cursor=x", "diversion/versions?cursor=4294967296", "diversion/difference?from=1", "audit?limit=0"] {
        boss(&shop, "GET", rest, Value::Null).await.refused(400, "invalid");
    }
    // The record: newest first, page by page, each change with who and what.
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = boss(&shop, "GET", &format!("audit?limit=2{cursor}"), Value::Null).await.ok();
        rows.extend(page["changes"].as_array().unwrap().iter().cloned());
        match page["next"].as_u64() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let told: Vec<String> = rows.iter().map(|r| format!("{} {}", r["what"].as_str().unwrap(), r["which"].as_str().unwrap())).collect();
    let settings = ["diversion 4", "diversion 3", "diversion 2", "diversion 1"];
    let floor = ["role 3", "account 3", "role 2", "account 2", "group 2", "group 1", "role 1", "account 1"];
    assert_eq!(told, [&settings[..], &floor[..]].concat());
    assert_eq!((&rows[1]["rolled_back_to"], &rows[1]["by"]), (&json!(1), &json!({"agent": 1})));
    let set_busy = json!({"field": "busy_above", "before": 4, "after": 9});
    assert!(rows[2]["changes"].as_array().unwrap().contains(&set_busy), "{}", rows[2]);
    assert_eq!((&rows[8]["before"], &rows[8]["after"]), (&Value::Null, &json!({"name": "售后"})));
}

// SPEC: DIV-1 DIV-2 ACC-2
#[actix_web::test]
async fn what_is_known_of_a_buyer_is_set_as_a_whole_and_decides() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let (lin, _desk) = shop.online("lin", 9).await;
    let (mei, _other) = shop.online("mei", 9).await;
    let usual = json!({"tags": [], "priority": "normal"});
    assert_eq!(boss(&shop, "GET", "buyers/b-1", Value::Null).await.ok(), usual);
    let profile = json!({"tags": ["复购意向强", "询价"], "level": "gold", "region": "CN", "language": "zh", "priority": "urgent",
        "dedicated": mei.no});
    for name in ["b-1", "b%2F%E4%B9%B0"] {
        boss(&shop, "PUT", &format!("buyers/{name}"), profile.clone()).await.ok();
        assert_eq!(shop.platform("GET", &format!("buyers/{name}"), Value::Null).await.ok(), profile);
    }
    for (buyer, agent) in [("b-1", &mei), ("b/买", &mei)] {
        let buyer = shop.buyer(buyer).await;
        shop.says(&buyer, "你好").await;
        shop.owned_by(&buyer, agent).await;
        assert_eq!(shop.why(&buyer, 1).await[0]["step"], "dedicated");
    }
    for (wrong, names) in [
        (json!({"tags": vec!["x"; 51]}), "tags"),
        (json!({"tags": ["x".repeat(65)]}), "tags"),
        (json!({"tags": [""]}), "tags"),
        (json!({"level": "a\nb"}), "level"),
        (json!({"dedicated": 99}), "dedicated"),
        (json!({"priority": "higher"}), "priority"),
        (json!({"colour": "red"}), "colour"),
    ] {
        let detail = boss(&shop, "PUT", "buyers/b-1", wrong).await.refused(400, "invalid");
        assert!(detail.contains(names), "{names}: {detail}");
    }
    boss(&shop, "GET", &format!("buyers/{}", "x".repeat(65)), Value::Null).await.refused(400, "invalid");
    boss(&shop, "PUT", "buyers/b-1", json!({"dedicated": lin.no})).await.ok();
    let record = boss(&shop, "GET", "audit?limit=1", Value::Null).await.ok()["changes"][0].clone();
    assert_eq!((&record["what"], &record["which"], &record["by"]), (&json!("buyer"), &json!("b-1"), &json!({"agent": 1})));
    assert_eq!((&record["before"], &record["after"]["dedicated"]), (&profile, &json!(lin.no)));
}

// SPEC: ACC-1 DIV-11 OFF-2
#[actix_web::test]
async fn owners_change_supervisors_look_on_and_agents_do_neither() {
    let (shop, _) = floor().await;
    let supervisor = shop.account("su", json!({"role": "supervisor"})).await.token;
    let agent = shop.account("an", json!({})).await.token;
    let narrow = json!({"name": "orders", "scopes": ["orders"]});
    let narrow = shop.house.post("/v1/platform/api-keys", &shop.house.key(), narrow).await.ok()["key"].as_str().unwrap().to_owned();
    let account = json!({"login": "x", "name": "x", "password": PASSWORD, "role": "agent"});
    let settings = json!({"weight": 1, "capacity": 1, "groups": [], "enabled": true});
    let changes = [
        ("PUT", "diversion", json!({"rules": []})),
        ("POST", "diversion/roll-back", json!({"version": 0})),
        ("PUT", "buyers/b-1", json!({"level": "gold"})),
        ("POST", "groups", json!({"name": "新"})),
        ("PUT", "groups/1", json!({"name": "售前", "capacity": 5})),
        ("POST", "accounts", account.clone()),
        ("PUT", "accounts/5", settings),
    ];
    let reads = [
        ("GET", "diversion", Value::Null),
        ("POST", "diversion/check", json!({"rules": []})),
        ("GET", "diversion/versions", Value::Null),
        ("GET", "diversion/versions/1", Value::Null),
        ("GET", "diversion/difference?from=0&to=1", Value::Null),
        ("GET", "buyers/b-1", Value::Null),
        ("GET", "accounts/2", Value::Null),
        ("GET", "audit", Value::Null),
        ("GET", "pool", Value::Null),
        ("GET", "pool/runs", Value::Null),
        ("GET", "pool/days?from=2027-01-15&to=2027-01-15", Value::Null),
    ];
    let (house, boss) = (&shop.house, &shop.boss);
    for (is_change, (method, rest, body)) in changes.into_iter().map(|c| (true, c)).chain(reads.into_iter().map(|r| (false, r))) {
        staff(&shop, &agent, method, rest, body.clone()).await.refused(403, "forbidden");
        let looks_on = staff(&shop, &supervisor, method, rest, body.clone()).await;
        let owns = staff(&shop, boss, method, rest, body.clone()).await;
        owns.ok();
        if is_change {
            looks_on.refused(403, "forbidden");
        } else if !rest.contains("versions/1") {
            looks_on.ok();
        }
        // Each realm by its own credential; a shop nobody created is none.
        house.call(method, &shop.path(rest), boss, body.clone()).await.refused(403, "forbidden");
        house.call(method, &shop.path(rest), &narrow, body.clone()).await.refused(403, "forbidden");
        house.call(method, &format!("/v1/platform/shops/nowhere/{rest}"), &house.key(), body.clone()).await.refused(404, "not_found");
        staff(&shop, &house.key(), method, rest, body.clone()).await.refused(403, "forbidden");
        staff(&shop, "", method, rest, body).await.refused(401, "unauthenticated");
    }
    // An owner creates no owners, and does not shut itself out.
    let mut owner = account;
    (owner["role"], owner["login"]) = (json!("owner"), json!("boss-2"));
    staff(&shop, boss, "POST", "accounts", owner.clone()).await.refused(403, "forbidden");
    shop.platform("POST", "accounts", owner).await.ok();
    let off = json!({"weight": 1, "capacity": 0, "groups": [], "enabled": false});
    let detail = staff(&shop, boss, "PUT", "accounts/1", off.clone()).await.refused(400, "invalid");
    assert!(detail.contains("enabled"), "{detail}");
    staff(&shop, boss, "PUT", "accounts/2", off).await.ok();
}

// SPEC: DIV-11 ACC-1
#[actix_web::test]
async fn one_shops_settings_are_not_anothers() {
    let house = House::open().await;
    let (tea, shoes) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    boss(&tea, "PUT", "diversion", json!({"rules": [], "busy_above": 8})).await.ok();
    boss(&tea, "PUT", "buyers/b-1", json!({"level": "gold"})).await.ok();
    assert_eq!(boss(&shoes, "GET", "diversion", Value::Null).await.ok()["version"], 0);
    boss(&shoes, "GET", "diversion/versions/1", Value::Null).await.refused(404, "not_found");
    assert_eq!(boss(&shoes, "GET", "buyers/b-1", Value::Null).await.ok()["level"], Value::Null);
    let record = boss(&shoes, "GET", "audit", Value::Null).await.ok();
    let told: Vec<&str> = record["changes"].as_array().unwrap().iter().map(|c| c["what"].as_str().unwrap()).collect();
    assert_eq!(told, ["role", "account"], "its own owner: {record}");
}

// SPEC: DIV-11 OPS-3
#[actix_web::test]
async fn a_document_may_be_larger_than_other_bodies_but_not_without_end() {
    let (shop, [one, _]) = floor().await;
    let rules = |count: usize, word: usize| {
        let rule = |n: usize| json!({"name": format!("rule {n}"), "when": {"tag": [format!("{n:0word$}")]}, "target": {"groups": [one]}});
        json!({"rules": (0..count).map(rule).collect::<Vec<_>>()})
    };
    boss(&shop, "PUT", "diversion", rules(500, 64)).await.ok();
    assert_eq!(boss(&shop, "GET", "diversion", Value::Null).await.ok()["rules"].as_array().unwrap().len(), 500);
    boss(&shop, "PUT", "diversion", rules(501, 1)).await.refused(400, "faulty");
    boss(&shop, "PUT", "diversion", rules(500, 3_000)).await.refused(413, "too_large");
}

// SPEC: DIV-9
#[actix_web::test]
async fn why_answers_the_one_who_asks() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let (lin, _desk) = shop.online("lin", 1).await;
    let mei = shop.agent("mei", 5).await;
    let first = shop.buyer("b-1").await;
    shop.says(&first, "你好").await;
    shop.owned_by(&first, &lin).await;
    let ask = |agent: u64| {
        let path = format!("{}/receptions/1/why?agent={agent}", first.path());
        let (house, token) = (shop.house.clone(), shop.boss.clone());
        async move { house.get(&path, &token).await.ok()["decisions"][0].clone() }
    };
    let to_lin = ask(lin.no).await;
    assert_eq!((&to_lin["cause"], &to_lin["step"], &to_lin["outcome"]), (&json!("opened"), &json!("any_agent"), &json!("owned")));
    assert_eq!((&to_lin["you"]["agent"], &to_lin["seen"][0]["capacity"]), (&json!(lin.no), &json!(1)));
    assert!(to_lin["you"]["text"].as_str().unwrap().starts_with("Agent 2 received it"), "{to_lin}");
    let to_mei = ask(mei.no).await["you"].clone();
    assert_eq!(to_mei, json!({"agent": mei.no, "text": "Agent 3 did not receive it: offline.", "text_zh": "客服 3 未接待:离线。"}));
    assert!(ask(99).await["you"]["text"].as_str().unwrap().contains("no agent 99"));
    let why = shop.house.get(&format!("{}/receptions/1/why", first.path()), &shop.boss).await.ok();
    assert_eq!(why["decisions"][0]["you"], Value::Null, "nobody asked");
    for wrong in ["agent=x", "agent=-1", "who=1"] {
        shop.house.get(&format!("{}/receptions/1/why?{wrong}", first.path()), &shop.boss).await.refused(400, "invalid");
    }
}

// SPEC: DIV-2 INB-9
#[actix_web::test]
async fn an_orders_status_is_one_of_the_words_and_decides() {
    let (shop, [one, two]) = floor().await;
    let order = |status: &str| json!({"buyer": "b-1", "status": status, "items": []});
    let detail = shop.platform("PUT", "orders/o-1", order("lost")).await.refused(400, "invalid");
    for word in ["status", "unpaid", "in_transit", "completed", "after_sale", "cancelled"] {
        assert!(detail.contains(word), "{word}: {detail}");
    }
    shop.platform("PUT", "orders/o-1", order("refunding")).await.ok();
    let when = json!({"order": ["after_sale"]});
    shop.rules(json!({"rules": [{"name": "售后", "when": when, "target": {"groups": [two]}}], "fallback_group": one})).await;
    let mut lin = super::support::Agent { no: 2, login: "lin".into(), token: String::new() };
    let mut mei = super::support::Agent { no: 3, login: "mei".into(), token: String::new() };
    let _desks = (shop.back(&mut lin).await, shop.back(&mut mei).await);
    for (name, agent, step) in [("b-1", &mei, "rule"), ("b-2", &lin, "fallback_group")] {
        let buyer = shop.buyer(name).await;
        shop.says(&buyer, "你好").await;
        shop.owned_by(&buyer, agent).await;
        assert_eq!(shop.why(&buyer, 1).await[0]["step"], step);
    }
}

// SPEC: OPS-5
#[actix_web::test]
async fn every_operation_that_is_described_is_served() {
    let house = House::open().await;
    let described = house.get("/openapi.json", "").await.ok();
    let mut paths = 0;
    for (path, item) in described["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path = path.replace(['{', '}'], "");
            let body = if ["post", "put"].contains(&method.as_str()) { json!({}) } else { Value::Null };
            let answer = house.call(&method.to_uppercase(), &path, "", body).await;
            assert!(![404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
            paths += 1;
        }
    }
    assert!(paths > 60, "{paths}");
    for rest in ["diversion", "pool/runs", "buyers/{buyer}"] {
        for (prefix, realm) in [("/v1/staff/shop/", "staff"), ("/v1/platform/shops/{shop}/", "platform")] {
            let get = &described["paths"][format!("{prefix}{rest}")]["get"];
            assert!(get["security"][0][realm].is_array(), "{prefix}{rest}: {get}");
        }
    }
    until("the reader shows it", || async { Some(house.get("/docs/", "").await).filter(|a| a.status == 200) }).await;
}
