//! Who may do what: realms, tenants, scopes, sessions, lock-out.

use super::support::shop::PASSWORD;
use super::support::{HOUR, House, MINUTE, Shop, Socket, until};
use fenliu::domain::refusal::Refusal;
use futures_util::future::join_all;
use serde_json::{Value, json};

/// One request of each kind: (method, path, body), `{c}` stands for a conversation.
fn requests() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let text = json!({"client_message_id": "message-1", "text": "x"});
    vec![
        ("buyer", "POST", "/v1/buyer/messages", text.clone()),
        ("buyer", "GET", "/v1/buyer/messages", Value::Null),
        ("buyer", "POST", "/v1/buyer/read", json!({"seq": 1})),
        ("staff", "POST", "/v1/staff/log-out", Value::Null),
        ("staff", "GET", "/v1/staff/me", Value::Null),
        ("staff", "PUT", "/v1/staff/presence", json!({"presence": "offline"})),
        ("staff", "GET", "/v1/staff/inbox?state=replied", Value::Null),
        ("staff", "GET", "/v1/staff/conversations/{c}", Value::Null),
        ("staff", "GET", "/v1/staff/conversations/{c}/messages", Value::Null),
        ("staff", "POST", "/v1/staff/conversations/{c}/messages", text),
        ("staff", "POST", "/v1/staff/conversations/{c}/read", json!({"seq": 1})),
        ("staff", "POST", "/v1/staff/conversations/{c}/close", json!({})),
        ("staff", "POST", "/v1/staff/conversations/{c}/transfer", json!({"agent": 1})),
        ("staff", "GET", "/v1/staff/conversations/{c}/receptions/1/why", Value::Null),
        ("shops", "POST", "/v1/platform/shops", json!({"shop": "new", "name": "x"})),
        ("accounts", "POST", "/v1/platform/shops/tea/groups", json!({"name": "x"})),
        ("accounts", "PUT", "/v1/platform/shops/tea/groups/1", json!({"name": "x"})),
        ("accounts", "POST", "/v1/platform/shops/tea/accounts", json!({"login": "x", "name": "x", "password": PASSWORD, "role": "agent"})),
        ("accounts", "GET", "/v1/platform/shops/tea/accounts/1", Value::Null),
        ("accounts", "PUT", "/v1/platform/shops/tea/accounts/9", json!({"weight": 1, "capacity": 1, "groups": [], "enabled": true})),
        ("accounts", "GET", "/v1/platform/shops/tea/diversion", Value::Null),
        ("accounts", "PUT", "/v1/platform/shops/tea/diversion", json!({"rules": []})),
        ("orders", "PUT", "/v1/platform/shops/tea/orders/o-1", json!({"buyer": "b", "status": "paid", "items": [], "parcels": []})),
        ("orders", "GET", "/v1/platform/shops/tea/orders/o-1", Value::Null),
        ("orders", "GET", "/v1/platform/shops/tea/orders", Value::Null),
        ("orders", "GET", "/v1/platform/carriers", Value::Null),
        ("orders", "PUT", "/v1/platform/carriers", json!({"code": "x", "name": "x", "link": "https://x.example/{number}"})),
        ("buyer_tokens", "POST", "/v1/platform/shops/tea/buyer-tokens", json!({"buyer": "b", "expires_in_s": 60})),
        ("buyer_tokens", "POST", "/v1/platform/shops/tea/buyer-tokens/revoke", json!({"token": "flb_x"})),
        ("api_keys", "POST", "/v1/platform/api-keys", json!({"name": "x", "scopes": ["api_keys"]})),
        ("api_keys", "DELETE", "/v1/platform/api-keys/{k}", Value::Null),
    ]
}

// SPEC: ACC-1
#[actix_web::test]
async fn a_credential_opens_its_own_realm_and_no_other() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    let narrow = |scope: &'static str| {
        let house = house.clone();
        async move {
            let body = json!({"name": scope, "scopes": [scope]});
            house.post("/v1/platform/api-keys", &house.key(), body).await.ok()["key"].as_str().unwrap().to_owned()
        }
    };
    let mut credentials = vec![("buyer", buyer.token.clone()), ("staff", shop.agent("lin", 1).await.token)];
    for scope in ["shops", "accounts", "orders", "buyer_tokens", "api_keys"] {
        credentials.push((scope, narrow(scope).await));
    }
    for (realm, method, path, body) in requests() {
        let path = path.replace("{c}", &buyer.conversation).replace("{k}", &"ab".repeat(32));
        for (has, token) in &credentials {
            if *has == realm {
                continue;
            }
            let answer = house.call(method, &path, token, body.clone()).await;
            answer.refused(403, "forbidden");
        }
        for nobody in ["", "x", "flb_", "fls_0000", &format!("flk_{}", "0".repeat(64))] {
            house.call(method, &path, nobody, body.clone()).await.refused(401, "unauthenticated");
        }
    }
    assert_eq!(Socket::try_open(&house, "staff", &buyer.token, None).await.err(), Some(403));
    assert_eq!(Socket::try_open(&house, "buyer", &shop.boss, None).await.err(), Some(403));
    assert_eq!(Socket::try_open(&house, "staff", &house.key(), None).await.err(), Some(403));
    assert_eq!(Socket::try_open(&house, "staff", "fls_wrong", None).await.err(), Some(401));
    // Each narrow key does what it is for.
    for (realm, method, path, body) in requests() {
        let Some((_, token)) = credentials[2..].iter().find(|(has, _)| *has == realm) else { continue };
        let answer = house.call(method, &path.replace("{k}", &"ab".repeat(32)), token, body).await;
        assert!(![401, 403].contains(&answer.status), "{realm} {path}: {answer:?}");
    }
}

// SPEC: ACC-1
#[actix_web::test]
async fn a_key_grants_no_more_than_its_maker_has_and_ends_when_revoked() {
    let house = House::open().await;
    let make = |key: String, scopes: Value| {
        let house = house.clone();
        async move { house.post("/v1/platform/api-keys", &key, json!({"name": "k", "scopes": scopes})).await }
    };
    let made = make(house.key(), json!(["api_keys", "orders"])).await.ok();
    let (key, id) = (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap());
    make(key.clone(), json!(["orders"])).await.ok();
    make(key.clone(), json!(["orders", "shops"])).await.refused(403, "forbidden");
    make(key.clone(), json!([])).await.refused(400, "invalid");
    make(key.clone(), json!(["everything"])).await.refused(400, "invalid");
    // Nor does it take from one that may more.
    let more = make(house.key(), json!(["api_keys", "orders", "shops"])).await.ok();
    let (more, its_id) = (more["key"].as_str().unwrap(), more["id"].as_str().unwrap());
    let revoke = async |id: &str, key: &str| house.call("DELETE", &format!("/v1/platform/api-keys/{id}"), key, Value::Null).await;
    revoke(its_id, &key).await.refused(403, "forbidden");
    make(more.to_owned(), json!(["shops"])).await.ok();
    let less = make(house.key(), json!(["orders"])).await.ok();
    revoke(less["id"].as_str().unwrap(), &key).await.ok();
    revoke(id, more).await.ok();
    make(key, json!(["orders"])).await.refused(401, "unauthenticated");
    for id in [id.to_owned(), "ab".repeat(32)] {
        house.call("DELETE", &format!("/v1/platform/api-keys/{id}"), &house.key(), Value::Null).await.refused(404, "not_found");
    }
    for bad in ["x", "AB", "..", "%00"] {
        let answer = house.call("DELETE", &format!("/v1/platform/api-keys/{bad}"), &house.key(), Value::Null).await;
        assert!([400, 404].contains(&answer.status), "{bad}: {answer:?}");
    }
}

// SPEC: INB-3 ACC-1
#[actix_web::test]
async fn another_shops_conversation_is_as_one_that_does_not_exist() {
    let house = House::open().await;
    let (tea, shoes) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    tea.without_gate().await;
    let (zhao, _desk) = shoes.online("zhao", 9).await;
    let buyer = tea.buyer("b-1").await;
    tea.says(&buyer, "你好").await;
    for (realm, method, path, body) in requests() {
        if !path.contains("{c}") || realm != "staff" {
            continue;
        }
        for token in [&zhao.token, &shoes.boss] {
            let theirs = house.call(method, &path.replace("{c}", &buyer.conversation), token, body.clone()).await;
            let none = house.call(method, &path.replace("{c}", &"0123456789abcdef".repeat(2)), token, body.clone()).await;
            let (theirs, none) = (theirs.problem(), none.problem());
            assert_eq!((theirs.0, &theirs.1["code"]), (404, &json!("not_found")), "{method} {path}");
            assert_eq!(theirs, none, "{method} {path}");
        }
    }
    assert!(shoes.inbox("waiting", "").await.is_empty());
    // The same buyer of both shops has two conversations; a token of one shop is not revoked through the other.
    let elsewhere = shoes.buyer("b-1").await;
    assert_ne!(elsewhere.conversation, buyer.conversation);
    shoes.platform("POST", "buyer-tokens/revoke", json!({"token": buyer.token})).await.refused(404, "not_found");
    tea.says(&buyer, "还在").await;
    assert_eq!(house.get("/v1/buyer/messages", &elsewhere.token).await.ok()["messages"], json!([]));
    shoes.log_in("boss", "another password").await.refused(401, "wrong_password");
    house.get("/v1/platform/shops/nowhere/diversion", &house.key()).await.refused(404, "not_found");
}

// SPEC: INB-3 ACC-1
#[actix_web::test]
async fn an_agent_sees_its_own_and_the_queue_and_the_owner_everything() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _d1) = shop.online("lin", 1).await;
    let (mei, _d2) = shop.online("mei", 0).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    let list = |query: &'static str, token: &str| {
        let (house, token) = (house.clone(), token.to_owned());
        async move { house.get(&format!("/v1/staff/inbox?state={query}"), &token).await }
    };
    assert_eq!(list("unanswered", &lin.token).await.ok()["conversations"][0]["conversation"], buyer.conversation);
    assert_eq!(list("unanswered", &mei.token).await.ok()["conversations"], json!([]));
    list("unanswered&owner=2", &mei.token).await.refused(403, "forbidden");
    list("closed", &mei.token).await.refused(403, "forbidden");
    assert_eq!(list("unanswered&owner=2", &shop.boss).await.ok()["conversations"].as_array().unwrap().len(), 1);
    house.get(&buyer.path(), &mei.token).await.refused(404, "not_found");
    house.get(&format!("{}/messages", buyer.path()), &mei.token).await.refused(404, "not_found");
    assert!(shop.answer(&mei, &buyer, "answer-01", "x").await.status >= 400);
    assert!(shop.close(&mei.token, &buyer).await.status >= 400);
    shop.close(&shop.boss, &buyer).await.ok();
    assert_eq!(list("closed", &shop.boss).await.ok()["conversations"].as_array().unwrap().len(), 1);
    let me = house.get("/v1/staff/me", &mei.token).await.ok();
    assert_eq!((&me["agent"], &me["login"], &me["role"], &me["capacity"]), (&json!(mei.no), &json!("mei"), &json!("agent"), &json!(0)));
    assert!(!me.to_string().contains("argon2"), "{me}");
}

// SPEC: ACC-1
#[actix_web::test]
async fn five_failures_lock_an_account_for_a_quarter_of_an_hour() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let lin = shop.agent("lin", 9).await;
    for _ in 0..4 {
        shop.log_in("lin", "wrong password").await.refused(401, "wrong_password");
    }
    // A success in between begins the count anew.
    shop.log_in("lin", PASSWORD).await.ok();
    for _ in 0..5 {
        shop.log_in("lin", "wrong password").await.refused(401, "wrong_password");
    }
    for password in [PASSWORD, "wrong password"] {
        let answer = shop.log_in("lin", password).await;
        assert_eq!(answer.retry_after, Some(15 * 60), "{answer:?}");
        answer.refused(429, "locked_out");
    }
    // Who is in stays in; nobody else is locked out.
    house.get("/v1/staff/me", &lin.token).await.ok();
    shop.log_in("boss", PASSWORD).await.ok();
    house.pass_ms(15 * MINUTE - 1);
    shop.log_in("lin", PASSWORD).await.refused(429, "locked_out");
    house.pass_ms(1);
    shop.log_in("lin", PASSWORD).await.ok();
    // An unknown account and an unknown shop answer as a wrong password does.
    let unknown = shop.log_in("nobody", PASSWORD).await.problem();
    let wrong = shop.log_in("lin", "wrong password").await.problem();
    let body = json!({"shop": "nowhere", "login": "lin", "password": PASSWORD});
    let nowhere = house.post("/v1/staff/log-in", "", body).await.problem();
    assert!(unknown == wrong && wrong == nowhere, "{unknown:?} {wrong:?} {nowhere:?}");
}

// SPEC: ACC-1 OPS-3
#[actix_web::test]
async fn a_flood_of_log_ins_is_refused_before_it_holds_up_everybody() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let answers = join_all((0..200).map(|_| shop.log_in("nobody", "wrong password"))).await;
    let (refused, compared): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.status == 503);
    assert!(!refused.is_empty() && compared.len() >= 64, "{} refused, {} compared", refused.len(), compared.len());
    refused.into_iter().for_each(|answer| drop(answer.refused(503, "overloaded")));
    compared.into_iter().for_each(|answer| drop(answer.refused(401, "wrong_password")));
    shop.log_in("boss", PASSWORD).await.ok();
}

// SPEC: ACC-1
#[actix_web::test]
async fn sessions_end_by_log_out_by_time_and_by_one_too_many() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mut desk) = shop.online("lin", 9).await;
    let other = shop.log_in("lin", PASSWORD).await.ok();
    assert_eq!(other["expires_at"], house.now() + 12 * HOUR);
    let other = other["token"].as_str().unwrap().to_owned();
    assert_eq!(house.post("/v1/staff/log-out", &lin.token, Value::Null).await.status, 204);
    assert_eq!(desk.closed().await.1, 4401);
    house.get("/v1/staff/me", &lin.token).await.refused(401, "unauthenticated");
    house.get("/v1/staff/me", &other).await.ok();
    // The twenty-first device ends the oldest.
    for _ in 0..20 {
        house.pass_ms(1);
        shop.log_in("lin", PASSWORD).await.ok();
    }
    house.get("/v1/staff/me", &other).await.refused(401, "unauthenticated");
    let last = shop.log_in("lin", PASSWORD).await.ok()["token"].as_str().unwrap().to_owned();
    let mut desk = Socket::open(&house, "staff", &last, None).await;
    house.pass_ms(12 * HOUR);
    assert_eq!(desk.closed().await.1, 4401);
    house.get("/v1/staff/me", &last).await.refused(401, "unauthenticated");
}

// SPEC: ACC-1
#[actix_web::test]
async fn a_credential_that_ended_after_it_was_checked_opens_nothing() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (short, long) = (shop.buyer_for("b-1", 60).await, shop.buyer_for("b-1", 3_600).await);
    let door = house.door();
    // As of a request whose body is still on its way, or of a socket.
    let (expiring, revoked) = (door.authenticate(&short.token).unwrap(), door.authenticate(&long.token).unwrap());
    shop.platform("POST", "buyer-tokens/revoke", json!({"token": long.token})).await.ok();
    house.pass_ms(MINUTE);
    for who in [expiring, revoked] {
        let send = fenliu::door::Send { client_message_id: "message-1".into(), text: "晚了".into(), ..Default::default() };
        assert_eq!(door.send(&who, send).await.unwrap_err(), Refusal::Unauthenticated);
        assert_eq!(door.buyer_history(&who, 0, 9).unwrap_err(), Refusal::Unauthenticated);
        assert_eq!(door.connect(who, None).await.err(), Some(Refusal::Unauthenticated));
    }
}

// SPEC: ACC-1
#[actix_web::test]
async fn a_buyers_token_ends_by_time_and_by_revocation_and_its_sockets_with_it() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (short, long) = (shop.buyer_for("b-1", 60).await, shop.buyer_for("b-1", 3_600).await);
    assert_eq!(short.conversation, long.conversation);
    let mut expiring = Socket::open(&house, "buyer", &short.token, None).await;
    let mut revoked = Socket::open(&house, "buyer", &long.token, None).await;
    house.pass_ms(MINUTE - 1);
    shop.says(&short, "还行").await;
    house.pass_ms(1);
    shop.send(&short, "message-1", "不行").await.refused(401, "unauthenticated");
    let begun = std::time::Instant::now();
    assert_eq!(expiring.closed().await.1, 4401);
    shop.platform("POST", "buyer-tokens/revoke", json!({"token": long.token})).await.ok();
    assert_eq!(revoked.closed().await.1, 4401);
    assert!(begun.elapsed().as_millis() < 2_000, "each within a second: {:?}", begun.elapsed());
    shop.send(&long, "message-1", "不行").await.refused(401, "unauthenticated");
    assert_eq!(Socket::try_open(&house, "buyer", &long.token, None).await.err(), Some(401));
    for (expires_in_s, status) in [(0, 400), (30 * 86_400, 201), (30 * 86_400 + 1, 400)] {
        let body = json!({"buyer": "b-2", "expires_in_s": expires_in_s});
        assert_eq!(shop.platform("POST", "buyer-tokens", body).await.status, status, "{expires_in_s}");
    }
    shop.platform("POST", "buyer-tokens/revoke", json!({"token": long.token})).await.refused(404, "not_found");
    shop.platform("POST", "buyer-tokens/revoke", json!({"token": shop.boss})).await.refused(404, "not_found");
    until("the revoked device is gone", || async { Socket::try_open(&house, "buyer", &long.token, None).await.err() }).await;
}

// SPEC: ACC-1 INB-9
#[actix_web::test]
async fn the_platform_creates_and_changes_and_refuses_doubles() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let again = json!({"shop": "tea", "name": "x"});
    house.post("/v1/platform/shops", &house.key(), again).await.refused(409, "exists");
    for bad in ["", "Tea", "tea house", "茶", "tea/house", &"x".repeat(65)] {
        house.post("/v1/platform/shops", &house.key(), json!({"shop": bad, "name": "x"})).await.refused(400, "invalid");
    }
    let group = shop.group("售后").await;
    shop.platform("POST", "groups", json!({"name": "售后"})).await.refused(409, "exists");
    let lin = shop.agent("lin", 9).await;
    let double = json!({"login": "lin", "name": "x", "password": PASSWORD, "role": "agent"});
    shop.platform("POST", "accounts", double).await.refused(409, "exists");
    for (key, bad) in [
        ("password", json!("short")),
        ("password", json!("x".repeat(257))),
        ("role", json!("king")),
        ("login", json!("")),
        ("login", json!("a\nb")),
        ("name", json!("名".repeat(65))),
        ("capacity", json!(100_001)),
        ("weight", json!(1_000_001)),
        ("weight", json!(-1)),
        ("groups", json!([{"group": 99}])),
        ("groups", json!([{"group": group}, {"group": group}])),
        ("groups", json!([{"group": group, "capacity": 100_001}])),
    ] {
        let mut body = json!({"login": "new", "name": "new", "password": PASSWORD, "role": "agent"});
        body[key] = bad.clone();
        let detail = shop.platform("POST", "accounts", body).await.refused(400, "invalid");
        assert!(detail.contains(key) || detail.contains("capacity"), "{key}: {detail}");
    }
    shop.configure(&lin, 3, 7, json!([{"group": group, "capacity": 2}]), true).await;
    let account = shop.platform("GET", &format!("accounts/{}", lin.no), Value::Null).await.ok();
    let expected = json!({"agent": lin.no, "login": "lin", "name": "lin", "role": "agent", "weight": 3, "capacity": 7,
        "groups": [{"group": group, "capacity": 2}], "enabled": true});
    assert_eq!(account, expected);
    for unknown in ["0", "99", "4294967295"] {
        shop.platform("GET", &format!("accounts/{unknown}"), Value::Null).await.refused(404, "not_found");
    }
    let order = json!({"buyer": "b-1", "status": "paid", "items": [{"title": "龙井", "product": "p", "sku": "s", "price_minor": 9900,
        "quantity": 2, "picture": ""}], "parcels": [{"carrier": "sf", "number": "SF123"}]});
    shop.platform("PUT", "orders/o-1", order.clone()).await.ok();
    let mut shipped = order.clone();
    shipped["status"] = json!("shipped");
    shop.platform("PUT", "orders/o-1", shipped.clone()).await.ok();
    let stored = shop.platform("GET", "orders/o-1", Value::Null).await.ok();
    for key in ["buyer", "status", "items"] {
        assert_eq!(stored[key], shipped[key], "{stored}");
    }
    assert_eq!(stored["parcels"][0]["number"], "SF123");
    shop.platform("GET", "orders/o-2", Value::Null).await.refused(404, "not_found");
}
