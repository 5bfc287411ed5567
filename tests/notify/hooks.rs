//! Webhooks and robots.

use super::outside::{Outside, Says, hmac, parameters};
use super::support::{BEGIN_MS, House, MINUTE, Shop, until};
use super::{add, add_proved, attempts, channel_now, fate, list, newest, open, sound, test, urgent};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const DAY: u64 = 24 * 60 * MINUTE;

#[actix_web::test]
async fn a_webhook_is_signed_by_the_standard_and_what_it_took_is_not_sent_again() {
    // SPEC: NTF-1 NTF-2 NTF-3
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let mut shop = Shop::open(&house, "tea").await;
    let url = format!("{}/hook?for=tea", outside.base);
    let added = house.post("/v1/staff/shop/channels", &shop.boss, json!({"kind": "webhook", "url": url, "name": "own"})).await.ok();
    let (channel, secret) = (added["channel"].as_u64().unwrap(), added["secret"].as_str().unwrap().to_owned());
    assert_eq!(channel_now(&shop, channel).await["verified"], false);
    let tested = test(&shop, channel).await;
    fate(&shop, tested, "delivered").await;
    until("proof", || async { channel_now(&shop, channel).await["verified"].as_bool().filter(|v| *v) }).await;

    outside.says([Says::StatusWith(503, "retry-after", "90".into()), Says::Status(404), Says::Status(204)]);
    urgent(&shop).await;
    let told = newest(&shop, 2).await;
    let no = told["notification"].as_u64().unwrap();
    let waits = attempts(&shop, no, 1).await;
    assert_eq!((&waits["fate"], &waits["attempts"][0]["why"]), (&json!("waiting"), &json!("HTTP 503")));
    assert_eq!(waits["next_attempt"], BEGIN_MS + 90_000, "as it asked");
    house.pass_ms(90_000);
    attempts(&shop, no, 2).await;
    house.pass_ms(40_000);
    let told = fate(&shop, no, "delivered").await;
    assert_eq!(told["attempts"].as_array().unwrap().len(), 3);

    let asked = outside.asked();
    assert_eq!(asked.len(), 4, "the test and three attempts");
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    for one in &asked {
        let header = |name: &str| one.headers[name].clone();
        let signed = format!("{}.{}.{}", header("webhook-id"), header("webhook-timestamp"), one.body);
        assert_eq!(header("webhook-signature"), format!("v1,{}", STANDARD.encode(hmac(&key, signed.as_bytes()))));
        assert_eq!((one.path.as_str(), one.query.as_str()), ("/hook", "for=tea"));
    }
    let stamps: Vec<u64> = asked[1..].iter().map(|one| one.headers["webhook-timestamp"].parse().unwrap()).collect();
    assert!(stamps[0] == BEGIN_MS / 1_000 && stamps.is_sorted() && stamps[2] >= stamps[0] + 130, "the server's own clock: {stamps:?}");
    assert!(asked[2..].iter().all(|one| one.headers["webhook-id"] == asked[1].headers["webhook-id"]), "and the id stays");
    assert_ne!(asked[0].headers["webhook-id"], asked[1].headers["webhook-id"]);
    let body: Value = serde_json::from_str(&asked[1].body).unwrap();
    assert_eq!((&body["type"], &body["data"]["kind"]), (&json!("fenliu.notice"), &json!("dispute_warning")));
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z') && !asked[1].body.contains("详情"), "{body}");
    shop.pass_ms(DAY).await;
    urgent(&shop).await;
    newest(&shop, 3).await;
    outside.asked_times(5).await;
    assert_eq!(outside.asked().len(), 5);
    sound(&house).await;
}

#[actix_web::test]
async fn what_was_accepted_before_a_crash_comes_again_under_the_same_id() {
    // SPEC: NTF-3
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let mut shop = Shop::open(&house, "tea").await;
    add_proved(&shop, json!({"kind": "webhook", "url": format!("{}/hook", outside.base)})).await;
    // It has the request, and its answer never comes to be recorded.
    outside.says([Says::Nothing]);
    urgent(&shop).await;
    let first = outside.asked_times(2).await;
    house.stop().await;
    house.pass_ms(1);
    house.start().await;
    shop.boss = shop.log_in("boss", super::support::shop::PASSWORD).await.ok()["token"].as_str().unwrap().to_owned();
    let told = list(&shop).await[0].clone();
    assert_eq!(told["fate"], "waiting", "{told}");
    // Nobody will report it: it is not waited for.
    let no = told["notification"].as_u64().unwrap();
    attempts(&shop, no, 1).await;
    house.pass_ms(10_000);
    let again = outside.asked_times(3).await;
    assert_eq!(again.headers["webhook-id"], first.headers["webhook-id"]);
    fate(&shop, no, "delivered").await;
}

#[actix_web::test]
async fn a_dingtalk_robot_is_believed_by_its_code_not_by_its_status() {
    // SPEC: NTF-1 NTF-2 NTF-3
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let shop = Shop::open(&house, "tea").await;
    let secret = "SEC0123456789abcdef";
    let url = format!("{}/robot/send?access_token=secretToken1234", outside.base);
    let channel = add(&shop, json!({"kind": "dingtalk", "url": url, "secret": secret})).await;
    let says = |code: i64, text: &str| Says::Json(200, json!({"errcode": code, "errmsg": text}).to_string());
    outside.says([says(310_000, "sign not match"), says(130_101, "send too fast"), says(0, "ok")]);
    let no = test(&shop, channel).await;
    let told = fate(&shop, no, "refused").await;
    assert_eq!(told["why"], "DingTalk 310000: sign not match");
    assert_eq!(channel_now(&shop, channel).await["verified"], false);
    house.pass_ms(MINUTE);
    let no = test(&shop, channel).await;
    let told = fate(&shop, no, "given_up").await;
    assert!(told["why"].as_str().unwrap().contains("130101"), "a robot that wants ten minutes outlives a test: {told}");
    house.pass_ms(MINUTE);
    let no = test(&shop, channel).await;
    fate(&shop, no, "delivered").await;
    for one in outside.asked() {
        let given = parameters(&one.query);
        let sign = STANDARD.encode(hmac(secret.as_bytes(), format!("{}\n{secret}", given["timestamp"]).as_bytes()));
        assert_eq!((&given["sign"], given["access_token"].as_str()), (&sign, "secretToken1234"));
        let body: Value = serde_json::from_str(&one.body).unwrap();
        assert!(body["text"]["content"].as_str().unwrap().contains("测试通知"), "{body}");
    }
    let stamps: Vec<u64> = outside.asked().iter().map(|one| parameters(&one.query)["timestamp"].parse().unwrap()).collect();
    assert_eq!(stamps, [BEGIN_MS, BEGIN_MS + MINUTE, BEGIN_MS + 2 * MINUTE]);
}

#[actix_web::test]
async fn a_wecom_robot_that_has_enough_is_left_alone_for_a_minute() {
    // SPEC: NTF-1 NTF-3
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let shop = Shop::open(&house, "tea").await;
    let url = format!("{}/cgi-bin/webhook/send?key=0123456789abcdef", outside.base);
    let says = |code: i64| Says::Json(200, json!({"errcode": code, "errmsg": "said"}).to_string());
    outside.says([says(0), says(45_009), says(-1), says(0)]);
    add_proved(&shop, json!({"kind": "wecom", "url": url, "language": "en"})).await;
    urgent(&shop).await;
    let no = newest(&shop, 2).await["notification"].as_u64().unwrap();
    let told = attempts(&shop, no, 1).await;
    assert_eq!((&told["attempts"][0]["why"], &told["next_attempt"]), (&json!("WeCom 45009: said"), &json!(BEGIN_MS + MINUTE)));
    house.pass_ms(MINUTE);
    attempts(&shop, no, 2).await;
    house.pass_ms(40_000);
    fate(&shop, no, "delivered").await;
    let body: Value = serde_json::from_str(&outside.asked()[1].body).unwrap();
    assert_eq!(body["msgtype"], "text");
    assert!(body["text"]["content"].as_str().unwrap().contains("urgent notice: 纠纷预警"), "{body}");
}

#[actix_web::test]
async fn hosts_that_redirect_flood_or_stall_harm_nobody() {
    // SPEC: NTF-1 NTF-3
    let (house, outside, elsewhere) = (open(|_| {}).await, Outside::open(), Outside::open());
    let shop = Shop::open(&house, "tea").await;
    let hook = add(&shop, json!({"kind": "webhook", "url": format!("{}/hook", outside.base)})).await;
    outside.says([Says::StatusWith(302, "location", format!("{}/trap", elsewhere.base))]);
    let no = test(&shop, hook).await;
    let told = fate(&shop, no, "refused").await;
    assert!(told["why"].as_str().unwrap().starts_with("HTTP 302") && elsewhere.asked().is_empty(), "{told}");
    let robot = add(&shop, json!({"kind": "wecom", "url": format!("{}/send?key=k", outside.base)})).await;
    outside.says([Says::Huge]);
    let no = test(&shop, robot).await;
    let told = attempts(&shop, no, 1).await;
    assert!(told["attempts"][0]["why"].as_str().unwrap().contains("none of a WeCom robot"), "{told}");
    house.call("DELETE", &format!("/v1/staff/shop/channels/{robot}"), &shop.boss, Value::Null).await.ok();
    house.pass_ms(MINUTE);
    outside.says([Says::Nothing]);
    let no = test(&shop, hook).await;
    let told = attempts(&shop, no, 1).await;
    assert_eq!(told["attempts"][0]["why"], "no answer in time");
    assert!(!told.to_string().contains("key=k") && !told.to_string().contains("/hook"), "{told}");
}

#[actix_web::test]
async fn the_machine_itself_and_its_networks_are_never_asked() {
    // SPEC: NTF-1
    let outside = Outside::open();
    let house = House::open_with(|config| config.notify.allow_http = true).await;
    let shop = Shop::open(&house, "tea").await;
    let port = outside.base.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f.1", "169.254.169.254", "10.0.0.1", "[fd00::1]"]
    {
        let body = json!({"kind": "webhook", "url": format!("http://{host}:{port}/hook")});
        let refused = house.post("/v1/staff/shop/channels", &shop.boss, body).await.refused(400, "invalid");
        assert!(refused.contains("url"), "{host}: {refused}");
    }
    // A name tells where it leads only when it is looked up.
    let body = json!({"kind": "webhook", "url": format!("http://nothing.invalid:{port}/hook")});
    let channel = add(&shop, body).await;
    let no = test(&shop, channel).await;
    let told = attempts(&shop, no, 1).await;
    assert!(told["attempts"][0]["why"].as_str().unwrap().starts_with("no connection"), "{told}");
    assert!(outside.asked().is_empty());
    let only_https = House::open().await;
    let shop = Shop::open(&only_https, "tea").await;
    let body = json!({"kind": "wecom", "url": "http://robot.example/send"});
    assert!(only_https.post("/v1/staff/shop/channels", &shop.boss, body).await.refused(400, "invalid").contains("https only"));
}

#[actix_web::test]
async fn a_slow_path_of_one_shop_holds_up_neither_its_other_channels_nor_other_shops() {
    // SPEC: NTF-1 NTF-3
    let (house, slow, quick) = (open(|_| {}).await, Outside::open(), Outside::open());
    let ok = || Says::Json(200, json!({"errcode": 0, "errmsg": "ok"}).to_string());
    let shop = Shop::open(&house, "tea").await;
    add_proved(&shop, json!({"kind": "webhook", "url": format!("{}/hook", slow.base)})).await;
    quick.says((0..40).map(|_| ok()));
    add_proved(&shop, json!({"kind": "wecom", "url": format!("{}/send?key=0123456789abcdef", quick.base)})).await;
    // More than one shop's turns at that place; none of them is ever answered.
    slow.says((0..40).map(|_| Says::Nothing));
    for _ in 0..12 {
        urgent(&shop).await;
    }
    quick.asked_times(13).await;
    // Another shop at the same slow place still has turns of its own.
    let other = Shop::open(&house, "coffee").await;
    add(&other, json!({"kind": "webhook", "url": format!("{}/other", slow.base)})).await;
    test(&other, 1).await;
    until("the other shop's turn", || async { slow.asked().iter().any(|asked| asked.path == "/other").then_some(()) }).await;
    house.stop().await;
}

#[actix_web::test]
async fn what_the_other_side_says_is_kept_without_the_secrets_it_quotes() {
    // SPEC: NTF-3
    let (house, outside) = (open(|_| {}).await, Outside::open());
    let shop = Shop::open(&house, "tea").await;
    let url = format!("{}/cgi-bin/webhook/send?key=TOPSECRETTOKEN1234567890", outside.base);
    let quotes = "bad url /cgi-bin/webhook/send?key=TOPSECRETTOKEN1234567890";
    outside.says([Says::Json(200, json!({"errcode": 40_001, "errmsg": quotes}).to_string())]);
    let channel = add(&shop, json!({"kind": "wecom", "url": url})).await;
    let no = test(&shop, channel).await;
    let told = fate(&shop, no, "refused").await.to_string();
    assert!(told.contains("bad url") && !told.contains("TOPSECRET"), "{told}");
}
