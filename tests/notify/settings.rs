//! What an owner sets, and what it is shown.

use super::outside::Outside;
use super::support::Shop;
use super::{add, add_proved, list, newest, open, sound, urgent};
use serde_json::{Value, json};

#[actix_web::test]
async fn what_is_wrong_with_a_channel_is_told_by_field() {
    // SPEC: NTF-1 NTF-2
    let house = open(|_| {}).await;
    let shop = Shop::open(&house, "tea").await;
    let path = "/v1/staff/shop/channels";
    let wrong = [
        (json!({"kind": "phone", "number": "12345678901"}), "number"),
        (json!({"kind": "phone"}), "number"),
        (json!({"kind": "phone", "number": "13800138000", "url": "https://a.example/"}), "url"),
        (json!({"kind": "phone", "number": "13800138000"}), "no text messages"),
        (json!({"kind": "mail", "address": "a@b.example\r\nBcc: c@d.example"}), "address"),
        (json!({"kind": "mail", "address": "a@b.example"}), "no mail"),
        (json!({"kind": "wecom", "url": "https://user:pw@a.example/"}), "url"),
        (json!({"kind": "wecom", "url": "https://a.example:25/"}), "url"),
        (json!({"kind": "dingtalk", "url": "https://a.example/"}), "secret"),
        (json!({"kind": "webhook", "url": "https://a.example/", "secret": "abc"}), "secret"),
        (json!({"kind": "wecom", "url": "https://a.example/", "name": "a\u{0}b"}), "name"),
        (json!({"kind": "wecom", "url": "https://a.example/", "colour": "red"}), "colour"),
        (json!({"kind": "fax"}), "fax"),
    ];
    for (body, word) in wrong {
        let refused = house.post(path, &shop.boss, body.clone()).await.refused(400, "invalid");
        assert!(refused.contains(word), "{body}: {refused}");
    }
    for (method, path) in
        [("DELETE", "/v1/staff/shop/channels/7"), ("POST", "/v1/staff/shop/channels/7/test"), ("GET", "/v1/staff/shop/notifications/7")]
    {
        house.call(method, path, &shop.boss, Value::Null).await.refused(404, "not_found");
    }
    house.post("/v1/staff/shop/channels/7/verify", &shop.boss, json!({"code": "123456"})).await.refused(404, "not_found");
    house.post("/v1/staff/shop/channels/7/verify", &shop.boss, json!({"code": "12345a"})).await.refused(400, "invalid");
    let routes = json!({"routes": [{"class": "reminder", "least": "low", "channels": [7]}]});
    let refused = house.put("/v1/staff/shop/channels/routes", &shop.boss, routes).await.refused(400, "invalid");
    assert!(refused.contains("no channel 7"), "{refused}");
}

#[actix_web::test]
async fn secrets_are_shown_nowhere_and_changes_are_on_record() {
    // SPEC: NTF-1 ACC-2
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let shop = Shop::open(&house, "tea").await;
    outside.says([super::outside::Says::Json(200, r#"{"errcode":0}"#.into())]);
    let url = format!("{}/send?key=aVeryLongToken0042", outside.base);
    let robot = add_proved(&shop, json!({"kind": "wecom", "url": url, "name": "群"})).await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let hook = add(&shop, json!({"kind": "webhook", "url": "https://a.example/hook/hidden", "secret": secret})).await;
    let routes = json!({"routes": [{"class": "reminder", "least": "normal", "channels": [robot, hook]}]});
    // Nobody would be told by a channel that was never verified.
    let refused = house.put("/v1/staff/shop/channels/routes", &shop.boss, routes).await.refused(400, "invalid");
    assert!(refused.contains("channel 2 was never verified"), "{refused}");
    let routes = json!({"routes": [{"class": "reminder", "least": "normal", "channels": [robot]}]});
    house.put("/v1/staff/shop/channels/routes", &shop.boss, routes.clone()).await.ok();
    let now = house.get("/v1/staff/shop/channels/routes", &shop.boss).await.ok();
    assert_eq!(now["routes"], routes["routes"]);
    assert_eq!(now["usual"][0], json!({"class": "reminder", "kinds": ["wecom"]}));
    house.call("DELETE", &format!("/v1/staff/shop/channels/{hook}"), &shop.boss, Value::Null).await.ok();

    let audit = house.get("/v1/staff/shop/audit", &shop.boss).await.ok();
    let of = |what: &str| audit["changes"].as_array().unwrap().iter().filter(|row| row["what"] == what).cloned().collect::<Vec<_>>();
    assert_eq!(of("channel").len(), 4, "added twice, verified, removed: {audit}");
    assert_eq!(of("channel")[2]["after"]["verified"], true);
    assert_eq!((of("channel_routes").len(), &of("channel")[0]["before"]["place"]), (1, &json!("a.example")));
    let channels = house.get("/v1/staff/shop/channels", &shop.boss).await.ok();
    assert_eq!((&channels["channels"][0]["place"], &channels["channels"][0]["ends"]), (&json!("127.0.0.1"), &json!("0042")));
    let platform = shop.platform("GET", "channels", Value::Null).await.ok();
    assert_eq!(platform, channels);
    let told = format!("{audit}{channels}{}", json!(list(&shop).await));
    for hidden in ["aVeryLongToken", "MfKQ9r8G", "hidden"] {
        assert!(!told.contains(hidden), "{hidden} in {told}");
    }
    sound(&house).await;
}

#[actix_web::test]
async fn an_owner_sees_that_nobody_was_told_and_pages_through_what_was() {
    // SPEC: NTF-3 INB-10
    let house = open(|_| {}).await;
    let shop = Shop::open(&house, "tea").await;
    for n in 1..=5 {
        urgent(&shop).await;
        let told = newest(&shop, n).await;
        assert_eq!((&told["fate"], &told["class"], &told["priority"]), (&json!("no_channel"), &json!("notice"), &json!("urgent")));
        assert_eq!(told["about"]["kind"], "urgent_notice");
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get(&format!("/v1/staff/shop/notifications?limit=2{cursor}"), &shop.boss).await.ok();
        seen.extend(page["notifications"].as_array().unwrap().iter().map(|one| one["notification"].as_u64().unwrap()));
        match page["next"].as_u64() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    let other = Shop::open(&house, "silk").await;
    assert!(list(&other).await.is_empty());
    house.get("/v1/staff/shop/notifications/1", &other.boss).await.refused(404, "not_found");
    let agent = shop.agent("lin", 1).await;
    house.get("/v1/staff/shop/notifications", &agent.token).await.refused(403, "forbidden");
    house.get("/v1/staff/shop/channels", &agent.token).await.refused(403, "forbidden");
    sound(&house).await;
}

#[actix_web::test]
async fn notifications_are_listed_by_fate_class_and_channel() {
    // SPEC: NTF-3
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let shop = Shop::open(&house, "tea").await;
    urgent(&shop).await;
    newest(&shop, 1).await;
    let hook = add_proved(&shop, json!({"kind": "webhook", "url": format!("{}/hook", outside.base)})).await;
    let (mut cut, mut gone) = (Vec::new(), Vec::new());
    for n in 0..6 {
        let refused = n % 3 == 2;
        if refused {
            outside.says([super::outside::Says::Status(410)]);
        }
        urgent(&shop).await;
        let no = newest(&shop, n + 3).await["notification"].as_u64().unwrap();
        super::fate(&shop, no, if refused { "refused" } else { "delivered" }).await;
        if refused { &mut gone } else { &mut cut }.insert(0, no);
    }
    let listed = async |filter: &str| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = house.get(&format!("/v1/staff/shop/notifications?limit=2{filter}{cursor}"), &shop.boss).await.ok();
            assert!(page["notifications"].as_array().unwrap().len() <= 2);
            seen.extend(page["notifications"].as_array().unwrap().iter().map(|one| one["notification"].as_u64().unwrap()));
            match page["next"].as_u64() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break seen,
            }
        }
    };
    assert_eq!(listed("&fate=refused").await, gone);
    assert_eq!(listed("&fate=delivered&class=notice").await, cut);
    assert_eq!(listed("&class=test").await, [2]);
    assert_eq!(listed("&fate=no_channel").await, [1]);
    assert_eq!(listed(&format!("&channel={hook}")).await, [8, 7, 6, 5, 4, 3, 2]);
    assert_eq!(listed(&format!("&channel={hook}&fate=waiting")).await, [0u64; 0]);
    assert_eq!(listed("").await, [8, 7, 6, 5, 4, 3, 2, 1]);
    for (wrong, word) in
        [("fate=sent", "no_channel"), ("class=fax", "escalation"), ("channel=a", "whole number"), ("state=refused", "state")]
    {
        let refused = house.get(&format!("/v1/staff/shop/notifications?{wrong}"), &shop.boss).await.refused(400, "invalid");
        assert!(refused.contains(word), "{wrong}: {refused}");
    }
}
