//! Texts over HTTP: lists and who may change them, finding, templates filled for a conversation, welcome texts, usage, the check list.

use super::support::{Agent, Answer, House, Shop, until};
use serde_json::{Value, json};

async fn call(shop: &Shop, method: &str, path: &str, token: &str, body: Value) -> Answer {
    shop.house.call(method, &format!("/v1/staff/{path}"), token, body).await
}

fn phrase(intent: &str, text: &str) -> Value {
    json!({"intent": intent, "text": text})
}

async fn add(shop: &Shop, path: &str, token: &str, body: Value) -> u64 {
    call(shop, "POST", path, token, body).await.ok()["no"].as_u64().expect("a number")
}

/// `team 1 物流`, one for each phrase found.
async fn found(shop: &Shop, path: &str, token: &str) -> Vec<String> {
    let listed = call(shop, "GET", path, token, Value::Null).await.ok();
    let line = |p: &Value| format!("{} {} {}", p["list"].as_str().unwrap(), p["no"], p["intent"].as_str().unwrap());
    listed["phrases"].as_array().expect("a list").iter().map(line).collect()
}

// SPEC: TXT-1
#[actix_web::test]
async fn phrases_are_kept_and_found() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let group = shop.group("售前").await;
    let li = shop.account("li", json!({"groups": [{"group": group}]})).await;
    let wang = shop.agent("wang", 5).await;
    let of_group = format!("shop/groups/{group}/phrases");
    assert_eq!(add(&shop, "shop/phrases", &shop.boss, phrase("物流", "快递三天到")).await, 1);
    assert_eq!(add(&shop, "shop/phrases", &shop.boss, json!({"intent": "尺码", "text": "偏大一码", "products": ["p-1"]})).await, 2);
    assert_eq!(add(&shop, &of_group, &shop.boss, phrase("活动", "满三百减五十")).await, 1);
    assert_eq!(add(&shop, "me/phrases", &li.token, phrase("再见", "谢谢,再见")).await, 1);

    let by_intent = ["own 1 再见", "team 2 尺码", "group 1 活动", "team 1 物流"];
    assert_eq!(found(&shop, "phrases", &li.token).await, by_intent);
    assert_eq!(found(&shop, "phrases?find=kd", &li.token).await, ["team 1 物流"]);
    assert_eq!(found(&shop, "phrases?find=zaijian", &li.token).await, ["own 1 再见"]);
    assert_eq!(found(&shop, "shop/phrases?product=p-2", &wang.token).await, ["team 1 物流"]);
    assert_eq!(found(&shop, "me/phrases", &wang.token).await, Vec::<String>::new(), "another's own are its own");
    assert_eq!(found(&shop, &of_group, &wang.token).await, ["group 1 活动"]);

    let refused = |answer: Answer| answer.refused(400, "invalid");
    for (text, says) in
        [("加微信详聊", "a contact of a messenger"), ("x".repeat(201).as_str(), "at most 200 characters"), ("  ", "must not be empty")]
    {
        let detail = refused(call(&shop, "PUT", "shop/phrases/1", &shop.boss, phrase("", text)).await);
        assert!(detail.contains("`text`") && detail.contains(says), "{detail}");
    }
    refused(call(&shop, "POST", "shop/phrases", &shop.boss, json!({"text": "x", "colour": 1})).await);
    refused(call(&shop, "GET", "phrases?colour=red", &li.token, Value::Null).await);
    call(&shop, "POST", "shop/phrases", &li.token, phrase("", "x")).await.refused(403, "forbidden");
    call(&shop, "DELETE", &format!("{of_group}/1"), &li.token, Value::Null).await.refused(403, "forbidden");
    call(&shop, "GET", "shop/groups/9/phrases", &li.token, Value::Null).await.refused(404, "not_found");
    call(&shop, "PUT", "me/phrases/1", &wang.token, phrase("", "x")).await.refused(404, "not_found");
    call(&shop, "DELETE", "shop/phrases/1", &shop.boss, Value::Null).await.ok();
    call(&shop, "DELETE", "shop/phrases/1", &shop.boss, Value::Null).await.refused(404, "not_found");
    for no in 3..=51 {
        assert_eq!(add(&shop, "shop/phrases", &shop.boss, phrase("", "x")).await, no);
    }
    call(&shop, "POST", "shop/phrases", &shop.boss, phrase("", "x")).await.refused(409, "limit_reached");

    // Another shop has none of this.
    let other = Shop::open(&shop.house, "coffee").await;
    assert_eq!(found(&other, "shop/phrases", &other.boss).await, Vec::<String>::new());
}

// SPEC: ACC-2 TXT-1
#[actix_web::test]
async fn changes_of_the_teams_texts_are_recorded_and_survive_a_restart() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let li = shop.agent("li", 5).await;
    add(&shop, "shop/phrases", &shop.boss, phrase("物流", "两天到")).await;
    call(&shop, "PUT", "shop/phrases/1", &shop.boss, phrase("物流", "三天到")).await.ok();
    add(&shop, "shop/templates", &shop.boss, json!({"name": "谢", "category": "thanks", "text": "谢谢{买家}"})).await;
    call(&shop, "DELETE", "shop/templates/1", &shop.boss, Value::Null).await.ok();
    add(&shop, "me/phrases", &li.token, phrase("", "自己的")).await;
    let audit = call(&shop, "GET", "shop/audit?limit=5", &shop.boss, Value::Null).await.ok();
    let rows: Vec<_> =
        audit["changes"].as_array().unwrap().iter().filter(|row| row["what"] == "phrase" || row["what"] == "template").collect();
    let what: Vec<_> = rows.iter().map(|row| (row["what"].as_str().unwrap(), row["which"].as_str().unwrap())).collect();
    assert_eq!(what, [("template", "1"), ("template", "1"), ("phrase", "1"), ("phrase", "1")]);
    assert_eq!((&rows[0]["after"], &rows[0]["before"]["text"]), (&Value::Null, &json!("谢谢{买家}")));
    assert_eq!(rows[2]["changes"], json!([{"field": "text", "before": "两天到", "after": "三天到"}]));
    assert_eq!(rows[2]["by"], json!({"agent": 1}));
    shop.house.stop().await;
    shop.house.start().await;
    assert_eq!(found(&shop, "phrases?find=%E4%B8%89%E5%A4%A9", &li.token).await, ["team 1 物流"]);
    assert_eq!(add(&shop, "shop/templates", &shop.boss, json!({"name": "n", "category": "c", "text": "x"})).await, 2);
}

async fn served(shop: &Shop, name: &str) -> (Agent, super::support::Socket, super::support::Buyer) {
    shop.quiet().await;
    let (agent, socket) = shop.online(name, 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "在吗").await;
    shop.owned_by(&buyer, &agent).await;
    (agent, socket, buyer)
}

// SPEC: TXT-2 TXT-5
#[actix_web::test]
async fn a_template_is_filled_for_a_conversation_or_not_sent() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let (li, _socket, buyer) = served(&shop, "li").await;
    let template = |text: &str| json!({"name": "发货", "category": "logistics", "text": text});
    let detail = call(&shop, "POST", "shop/templates", &shop.boss, template("您好{称呼}")).await.refused(400, "invalid");
    assert!(detail.contains("character 3: there is no variable `称呼`"), "{detail}");
    add(&shop, "shop/templates", &shop.boss, template("{买家}您好,您的订单{order_no}里的{商品}已发货。{客服}")).await;
    call(&shop, "POST", "shop/templates", &li.token, template("x")).await.refused(403, "forbidden");
    let of_buyer = buyer.path().trim_start_matches("/v1/staff/").to_owned();
    let rendered = format!("{of_buyer}/templates/1/rendered");
    let detail = call(&shop, "GET", &rendered, &li.token, Value::Null).await.refused(400, "invalid");
    assert!(detail.ends_with("nothing is known here of order_no, 商品"), "{detail}");
    let send = json!({"client_message_id": "template-1"});
    let sending = format!("{of_buyer}/templates/1/messages");
    call(&shop, "POST", &sending, &li.token, send.clone()).await.refused(400, "invalid");
    assert_eq!(shop.history(&buyer).await.len(), 1, "nothing was sent");
    let order = json!({"buyer": "b-1", "status": "shipped",
        "items": [{"title": "龙井", "product": "p", "sku": "s", "price_minor": 100, "quantity": 1}]});
    shop.platform("PUT", "orders/o-7", order).await.ok();
    // The conversation hears of the order after the platform has been answered.
    let text = until("the order noted", || async {
        let answer = call(&shop, "GET", &rendered, &li.token, Value::Null).await;
        (answer.status == 200).then(|| answer.body["text"].clone())
    })
    .await;
    assert_eq!(text, "买家您好,您的订单o-7里的龙井已发货。li");
    call(&shop, "POST", &sending, &li.token, send.clone()).await.ok();
    let again = call(&shop, "POST", &sending, &li.token, send).await.ok();
    assert_eq!((&again["seq"], &again["repeated"]), (&json!(2), &json!(true)));
    assert_eq!(shop.history(&buyer).await[1]["text"], text);
    // SPEC: OPS-2 (what it was made of may be gone when a client asks again)
    call(&shop, "DELETE", "shop/templates/1", &shop.boss, Value::Null).await.ok();
    let later = call(&shop, "POST", &sending, &li.token, json!({"client_message_id": "template-1"})).await.ok();
    assert_eq!((&later["seq"], &later["repeated"]), (&json!(2), &json!(true)));
    call(&shop, "POST", &sending, &li.token, json!({"client_message_id": "template-2"})).await.refused(404, "not_found");
    add(&shop, "shop/templates", &shop.boss, template("{物流公司} {物流单号} {物流链接}")).await;
    let shipped = json!({"buyer": "b-1", "status": "shipped", "items": [], "parcels": [{"carrier": "sf", "number": "SF1"}]});
    shop.platform("PUT", "orders/o-8", shipped).await.ok();
    let followed = until("the parcel", || async {
        let answer = call(&shop, "GET", &format!("{of_buyer}/templates/2/rendered"), &li.token, Value::Null).await;
        (answer.status == 200).then(|| answer.body["text"].as_str().unwrap().to_owned())
    })
    .await;
    assert!(followed.starts_with("顺丰") && followed.contains("SF1 https://"), "{followed}");
    let listed = call(&shop, "GET", "shop/templates?find=fh", &li.token, Value::Null).await.ok();
    assert_eq!((listed["templates"].as_array().unwrap().len(), listed["categories"].as_array().unwrap().len()), (1, 12));
    let wang = shop.agent("wang", 5).await;
    call(&shop, "GET", &rendered.replace("templates/1", "templates/2"), &wang.token, Value::Null).await.refused(404, "not_found");
}

// SPEC: TXT-5
#[actix_web::test]
async fn replies_made_with_texts_are_counted_by_day() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let (li, _socket, buyer) = served(&shop, "li").await;
    add(&shop, "shop/phrases", &shop.boss, phrase("", "三天到")).await;
    add(&shop, "me/phrases", &li.token, phrase("", "好的")).await;
    let answer = async |text: &str, made_with: Value| {
        let body = json!({"client_message_id": shop.house.unique(), "text": text, "made_with": made_with});
        shop.house.post(&format!("{}/messages", buyer.path()), &li.token, body).await
    };
    answer("三天到哦", json!({"team_phrase": 1})).await.ok();
    answer("三天到", json!({"team_phrase": 1})).await.ok();
    answer("好的", json!({"own_phrase": 1})).await.ok();
    shop.answers(&li, &buyer, "手打的").await;
    // SPEC: OPS-2
    let made = json!({"client_message_id": "made-with-1", "text": "好的呀", "made_with": {"own_phrase": 1}});
    let path = format!("{}/messages", buyer.path());
    let first = shop.house.post(&path, &li.token, made.clone()).await.ok();
    call(&shop, "DELETE", "me/phrases/1", &li.token, Value::Null).await.ok();
    assert_eq!(shop.house.post(&path, &li.token, made).await.ok()["seq"], first["seq"]);
    for nowhere in [json!({"team_phrase": 9}), json!({"template": 1}), json!({"group_phrase": {"group": 1, "no": 1}})] {
        answer("x", nowhere).await.refused(400, "invalid");
    }
    // 1,800,000,000 s after the epoch it is the afternoon of 15 January 2027 in Shanghai.
    let usage = async |query: &str| call(&shop, "GET", &format!("shop/text-usage?{query}"), &shop.boss, Value::Null).await;
    let report = usage("from=2027-01-15&to=2027-01-16").await.ok();
    assert_eq!((&report["replies"], &report["made_with_text"], &report["share"]), (&json!(5), &json!(4), &json!(0.8)));
    assert_eq!(report["days"][0], json!({"day": "2027-01-15", "replies": 5, "made_with_text": 4}));
    assert_eq!(report["days"][1], json!({"day": "2027-01-16", "replies": 0, "made_with_text": 0}));
    let texts = json!([{"text": {"team_phrase": 1}, "replies": 2}, {"text": {"own_phrase": 1}, "agent": li.no, "replies": 2}]);
    assert_eq!(report["texts"], texts);
    assert_eq!((&report["added_this_quarter"], &report["reminder"]), (&json!(1), &json!(true)), "an own phrase is not the shop's");
    add(&shop, "shop/templates", &shop.boss, json!({"name": "n", "category": "c", "text": "x"})).await;
    let before = usage("from=2027-01-14&to=2027-01-14").await.ok();
    assert_eq!((&before["replies"], &before["share"], &before["reminder"]), (&json!(0), &Value::Null, &json!(false)));
    for wrong in ["from=2027-01-15&to=2027-01-14", "from=2027-01-01&to=2027-04-03", "from=x&to=2027-01-14", "from=2027-01-01"] {
        usage(wrong).await.refused(400, "invalid");
    }
    call(&shop, "GET", "shop/text-usage?from=2027-01-15&to=2027-01-15", &li.token, Value::Null).await.refused(403, "forbidden");
}

// SPEC: TXT-4
#[actix_web::test]
async fn a_buyer_is_welcomed_once_by_team_and_agent() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let group = shop.group("售前").await;
    shop.platform("PUT", &format!("groups/{group}"), json!({"name": "售前", "welcome": "欢迎来到售前"})).await.ok();
    let li = shop.account("li", json!({"groups": [{"group": group}]})).await;
    let rules = json!([{"name": "all", "target": {"groups": [group]}}]);
    shop.rules(json!({"rules": rules, "offline": {"text": ""}, "welcome": {"text": "欢迎光临"}})).await;
    let _li = shop.connect(&li).await;
    call(&shop, "PUT", "me/welcome", &li.token, json!({"text": "我是小李"})).await.ok();
    call(&shop, "PUT", "me/welcome", &li.token, json!({"text": "好".repeat(201)})).await.refused(400, "invalid");
    // The account's settings are set by others, its welcome is not.
    shop.configure(&li, 1, 9, json!([{"group": group}]), true).await;
    assert_eq!(call(&shop, "GET", "me", &li.token, Value::Null).await.ok()["welcome"], "我是小李");
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "在吗").await;
    shop.owned_by(&buyer, &li).await;
    let texts = async |buyer| {
        let history = shop.history(buyer).await;
        history.iter().map(|m| format!("{}: {}", m["from"].as_str().unwrap(), m["text"].as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(texts(&buyer).await, ["buyer: 在吗", "system: 欢迎来到售前", "system: 我是小李"]);
    let (wang, _wang) = shop.online("wang", 9).await;
    call(&shop, "PUT", "me/welcome", &wang.token, json!({"text": "我是小王"})).await.ok();
    shop.transfer(&li.token, &buyer, json!({"agent": wang.no})).await.ok();
    shop.owned_by(&buyer, &wang).await;
    assert_eq!(texts(&buyer).await.len(), 4, "the second agent says nothing but that it was passed on");
    shop.answers(&wang, &buyer, "您好").await;
    shop.close(&wang.token, &buyer).await.ok();
    shop.rules(json!({"rules": [], "preferences": ["recent_contact"], "offline": {"text": ""},
        "welcome": {"text": "欢迎光临", "order": "own_first"}}))
        .await;
    shop.says(&buyer, "还在吗").await;
    shop.owned_by(&buyer, &wang).await;
    assert_eq!(texts(&buyer).await[6..], ["system: 我是小王", "system: 欢迎光临"], "a new reception");
}

// SPEC: TXT-6
#[actix_web::test]
async fn the_check_list_says_what_is_missing_and_what_that_costs() {
    let shop = Shop::open(&House::open().await, "tea").await;
    let state = async |item: &str| {
        let list = call(&shop, "GET", "shop/set-up", &shop.boss, Value::Null).await.ok();
        let row = list["items"].as_array().unwrap().iter().find(|row| row["item"] == item).unwrap().clone();
        assert_eq!(row["state"] == "missing", row["costs"].is_string() && row["costs_zh"].is_string(), "{row}");
        row["state"].as_str().unwrap().to_owned()
    };
    for item in [
        "accounts",
        "groups",
        "rules",
        "offline",
        "welcome",
        "phrases",
        "templates",
        "fulfilment",
        "archive",
        "channels",
        "phone",
        "health_baselines",
    ] {
        assert_eq!(state(item).await, "missing", "{item}");
    }
    for item in ["robot_answers", "ai_consent"] {
        assert_eq!(state(item).await, "not_available_yet", "{item}");
    }
    let group = shop.group("售前").await;
    shop.account("li", json!({"groups": [{"group": group}]})).await;
    shop.rules(json!({"rules": [{"name": "all", "target": {"groups": [group]}}], "welcome": {"text": "欢迎"}})).await;
    for _ in 0..5 {
        add(&shop, "shop/phrases", &shop.boss, phrase("", "x")).await;
    }
    add(&shop, "shop/templates", &shop.boss, json!({"name": "n", "category": "c", "text": "x"})).await;
    for item in ["accounts", "groups", "rules", "offline", "welcome", "phrases", "templates"] {
        assert_eq!(state(item).await, "done", "{item}");
    }
    let platforms = shop.platform("GET", "set-up", Value::Null).await.ok();
    assert_eq!(platforms["missing"], 5, "fulfilment, archive, channels, phone, baselines");
}
