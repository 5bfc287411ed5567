//! 辅助推荐: an assistant offers answers, the agent sees them, sends one as it is, edits it or ignores it; the buyer knows nothing of it.

use super::support::{Agent, Answer, Buyer, House, Shop, Socket, until};
use serde_json::{Value, json};
use std::rc::Rc;

const ITEMS: [&str; 2] = ["有货,今天就发", "这款今天发货"];

/// A shop whose agent serves a buyer who waits, and the key of an assistant.
struct Stage {
    house: Rc<House>,
    shop: Shop,
    lin: Agent,
    desk: Socket,
    buyer: Buyer,
    key: String,
}

async fn key_for(house: &House, scopes: Value) -> String {
    let made = house.post("/v1/platform/api-keys", &house.key(), json!({"name": "robot", "scopes": scopes})).await.ok();
    made["key"].as_str().expect("a key").to_owned()
}

impl Stage {
    async fn set() -> Stage {
        let house = House::open().await;
        house.at_any_pace().await;
        let shop = Shop::open(&house, "tea").await;
        // On a busy machine the buyer may be looked at before the agent is known to be there: then the buyer waits, and is not pooled.
        shop.without_gate().await;
        let (lin, desk) = shop.online("lin", 9).await;
        let buyer = shop.buyer("b-1").await;
        shop.says(&buyer, "有货吗").await;
        shop.owned_by(&buyer, &lin).await;
        let key = key_for(&house, json!(["suggestions"])).await;
        Stage { house, shop, lin, desk, buyer, key }
    }

    fn platforms(&self) -> String {
        self.shop.path(&format!("conversations/{}/suggestions", self.buyer.conversation))
    }

    fn staffs(&self) -> String {
        format!("{}/suggestions", self.buyer.path())
    }

    async fn offer(&self, id: &str, items: &[&str]) -> Answer {
        self.house.post(&self.platforms(), &self.key, json!({"client_suggestion_id": id, "items": items})).await
    }

    /// An offer, accepted: its number.
    async fn offers(&self, items: &[&str]) -> u64 {
        self.offer(&self.house.unique(), items).await.ok()["no"].as_u64().expect("a number")
    }

    async fn answer(&self, text: &str, suggestion: Value) -> Answer {
        let body = json!({"client_message_id": self.house.unique(), "text": text, "suggestion": suggestion});
        self.house.post(&format!("{}/messages", self.buyer.path()), &self.lin.token, body).await
    }

    /// The open offer, as the conversation's own agent sees it.
    async fn open(&self) -> Value {
        self.house.get(&self.buyer.path(), &self.lin.token).await.ok()["suggestion"].take()
    }

    async fn frame(&mut self, kind: &str) -> Value {
        self.desk.until(|frame| frame["type"] == kind).await
    }

    /// The buyer asks on, and the agent has to answer again.
    async fn asks_again(&self) {
        self.shop.says(&self.buyer, "还有吗").await;
    }
}

// SPEC: ROB-1, ROB-7
#[actix_web::test]
async fn suggestions_are_seen_adopted_and_shown_to_staff() {
    let mut stage = Stage::set().await;
    let seen = stage.house.get(&stage.buyer.path(), &stage.lin.token).await.ok();
    assert!(seen.get("suggestion").is_none() && seen["state"] == "unanswered", "{seen}");
    let body = json!({"client_suggestion_id": "offer-01", "items": ITEMS, "for_seq": 1});
    let told = stage.house.post(&stage.platforms(), &stage.key, body.clone()).await.ok();
    assert_eq!((&told["no"], &told["repeated"]), (&json!(1), &json!(false)));
    let repeated = stage.house.post(&stage.platforms(), &stage.key, body).await.ok();
    assert_eq!(repeated, json!({"no": 1, "at": told["at"], "repeated": true}));
    let frame = stage.frame("suggestion").await;
    assert!(stage.desk.marked);
    let (items, by) = (json!(ITEMS), json!({"platform": "robot"}));
    assert_eq!((&frame["no"], &frame["for_seq"], &frame["items"], &frame["by"]), (&json!(1), &json!(1), &items, &by), "{frame}");
    let open = stage.open().await;
    assert_eq!(open, json!({"no": 1, "for_seq": 1, "items": ITEMS, "by": by, "at": told["at"]}));
    // As it is, over HTTP.
    stage.answer(ITEMS[1], json!({"no": 1, "item": 1})).await.ok();
    let frame = stage.frame("suggestion_settled").await;
    assert_eq!((&frame["no"], &frame["fate"], &frame["item"], &frame["by"]), (&json!(1), &json!("as_is"), &json!(1), &json!(stage.lin.no)));
    assert_eq!(stage.desk.message().await["extra"]["suggestion"], json!({"no": 1, "item": 1, "edited": false}));
    assert_eq!(stage.open().await, Value::Null);
    // Edited, over the WebSocket.
    stage.asks_again().await;
    assert_eq!(stage.offers(&ITEMS).await, 2);
    let (conversation, suggestion) = (stage.buyer.conversation.clone(), json!({"no": 2, "item": 0}));
    let frame = json!({"type": "answer", "conversation": conversation, "client_message_id": "answer-2", "text": "明天发", "suggestion": suggestion});
    stage.desk.say(frame).await;
    let frame = stage.frame("suggestion_settled").await;
    assert_eq!((&frame["no"], &frame["fate"], &frame["item"]), (&json!(2), &json!("edited"), &json!(0)));
    // Ignored, by answering otherwise; and put aside.
    stage.asks_again().await;
    stage.offers(&ITEMS).await;
    stage.shop.answers(&stage.lin, &stage.buyer, "请稍等").await;
    let frame = stage.frame("suggestion_settled").await;
    assert_eq!((&frame["fate"], frame.get("item")), (&json!("ignored"), None));
    stage.asks_again().await;
    stage.offers(&ITEMS).await;
    for _ in 0..2 {
        stage.house.call("DELETE", &format!("{}/4", stage.staffs()), &stage.lin.token, Value::Null).await.ok();
    }
    assert_eq!(stage.frame("suggestion_settled").await["no"], 4);
    assert_eq!(stage.open().await, Value::Null);
    // What is put aside may still be sent; it is not counted.
    stage.answer(ITEMS[0], json!({"no": 4, "item": 0})).await.ok();
    let history = stage.shop.history(&stage.buyer).await;
    let made: Vec<_> = history.iter().filter(|m| m["from"] == "agent").map(|m| m["extra"]["suggestion"].clone()).collect();
    let expected = [json!({"no": 1, "item": 1, "edited": false}), json!({"no": 2, "item": 0, "edited": true}), Value::Null, Value::Null];
    assert_eq!(made, expected, "{history:?}");
}

// SPEC: ROB-1, ROB-7
#[actix_web::test]
async fn a_device_that_was_away_is_told_the_same() {
    let mut stage = Stage::set().await;
    let cursor = stage.desk.until(|frame| frame["state"] == "owned").await["cursor"].as_u64();
    stage.offers(&ITEMS).await;
    stage.shop.close(&stage.lin.token, &stage.buyer).await.ok();
    let mut late = Socket::open(&stage.house, "staff", &stage.lin.token, cursor).await;
    for socket in [&mut stage.desk, &mut late] {
        let mut seen = Vec::new();
        while seen.last().is_none_or(|(kind, state): &(String, String)| (kind.as_str(), state.as_str()) != ("reception", "closed")) {
            let frame = socket.frame().await;
            let text = |key: &str| frame[key].as_str().unwrap_or_default().to_owned();
            seen.push((text("type"), text("state")));
        }
        let kinds: Vec<_> = seen.iter().map(|(kind, _)| kind.as_str()).filter(|kind| *kind != "message").collect();
        assert_eq!(kinds, ["suggestion", "suggestion_settled", "reception"], "{seen:?}");
    }
}

// SPEC: ROB-1
#[actix_web::test]
async fn no_buyer_is_shown_a_suggestion() {
    let stage = Stage::set().await;
    let mut phone = Socket::open(&stage.house, "buyer", &stage.buyer.token, None).await;
    stage.offers(&["商量一下"]).await;
    stage.offers(&ITEMS).await;
    stage.answer(ITEMS[0], json!({"no": 2, "item": 0})).await.ok();
    let mut late = Socket::open(&stage.house, "buyer", &stage.buyer.token, Some(0)).await;
    for socket in [&mut phone, &mut late] {
        let mut frames = Vec::new();
        while frames.last().is_none_or(|frame: &Value| frame["text"] != ITEMS[0]) {
            frames.push(socket.frame().await);
        }
        assert!(!json!(frames).to_string().contains("suggest") && !json!(frames).to_string().contains("商量"), "{frames:?}");
    }
    let told = stage.house.get("/v1/buyer/messages", &stage.buyer.token).await.ok();
    assert!(told.to_string().contains(ITEMS[0]) && !told.to_string().contains("suggest"), "{told}");
    // Nor does a table that is taken out hold what was only offered.
    let table = format!("/v1/staff/shop/export/conversations?format=csv&conversation={}", stage.buyer.conversation);
    let table = stage.house.get(&table, &stage.shop.boss).await.ok();
    assert!(
        table.as_str().is_some_and(|table| table.contains(ITEMS[0]) && !table.contains("商量") && !table.contains("suggest")),
        "{table}"
    );
}

// SPEC: ROB-1, GRD-3
#[actix_web::test]
async fn what_is_refused_says_why() {
    let stage = Stage::set().await;
    let post = async |body: Value| stage.house.post(&stage.platforms(), &stage.key, body).await;
    let of = |items: Value| json!({"client_suggestion_id": stage.house.unique(), "items": items});
    for (items, field) in [
        (json!([]), "items"),
        (json!(["a", "b", "c", "d"]), "items"),
        (json!(["好的", ""]), "items[1]"),
        (json!(["好的", "。".repeat(200)]), "items[1]"),
        (json!(["长".repeat(4_001)]), "items[0]"),
        (json!(["加我微信 abc12345"]), "items[0]"),
        (json!(["a\u{0}"]), "items[0]"),
    ] {
        let detail = post(of(items)).await.refused(400, "invalid");
        assert!(detail.starts_with(&format!("`{field}`: ")), "{detail}");
    }
    let whole =
        json!({"client_suggestion_id": stage.house.unique(), "items": ["🍵".repeat(4_000), "🫖".repeat(4_000), "🌱".repeat(3_990) + "好"]});
    assert!(post(whole).await.refused(400, "invalid").contains("says nothing"), "three whole messages are read");
    let detail = post(json!({"client_suggestion_id": "short", "items": ITEMS})).await.refused(400, "invalid");
    assert!(detail.starts_with("`client_suggestion_id`"), "{detail}");
    post(json!({"client_suggestion_id": "offer-01", "items": ITEMS, "colour": 1})).await.refused(400, "invalid");
    post(json!({"client_suggestion_id": "offer-01", "items": ITEMS, "for_seq": 9})).await.refused(409, "not_last_message");
    post(json!({"client_suggestion_id": "offer-01", "items": ITEMS})).await.ok();
    post(json!({"client_suggestion_id": "offer-01", "items": ["好的"]})).await.refused(409, "id_taken");
    for (suggestion, problem) in [(json!({"no": 7, "item": 0}), "no suggestion 7"), (json!({"no": 1, "item": 3}), "2 texts")] {
        let detail = stage.answer("好的", suggestion).await.refused(400, "invalid");
        assert!(detail.starts_with("`suggestion`: ") && detail.contains(problem), "{detail}");
    }
    let both = json!({"client_message_id": "answer-01", "text": "x", "suggestion": {"no": 1, "item": 0}, "made_with": {"own_phrase": 1}});
    stage.house.post(&format!("{}/messages", stage.buyer.path()), &stage.lin.token, both).await.refused(400, "invalid");
    stage.house.call("DELETE", &format!("{}/2", stage.staffs()), &stage.lin.token, Value::Null).await.refused(404, "not_found");
    stage.shop.answers(&stage.lin, &stage.buyer, "在的").await;
    stage.offer("offer-02", &ITEMS).await.refused(409, "nothing_unanswered");
    stage.shop.close(&stage.lin.token, &stage.buyer).await.ok();
    stage.offer("offer-02", &ITEMS).await.refused(409, "reception_closed");
    // A buyer's frame has no suggestion.
    let mut phone = Socket::open(&stage.house, "buyer", &stage.buyer.token, None).await;
    phone.say(json!({"type": "send", "client_message_id": "message-8", "text": "x", "suggestion": {"no": 1, "item": 0}})).await;
    assert!(phone.frame().await["detail"].as_str().is_some_and(|detail| detail.starts_with("`suggestion`")));
}

// SPEC: ROB-1, ACC-1
#[actix_web::test]
async fn a_program_may_suggest_with_an_account_of_the_shop() {
    let stage = Stage::set().await;
    let offer = async |token: &str| {
        let body = json!({"client_suggestion_id": stage.house.unique(), "items": ITEMS});
        stage.house.post(&stage.staffs(), token, body).await
    };
    offer(&stage.lin.token).await.ok();
    assert_eq!(stage.open().await["by"], json!({"agent": stage.lin.no}));
    let watcher = stage.shop.account("robot", json!({"role": "supervisor", "capacity": 0})).await;
    offer(&watcher.token).await.ok();
    assert_eq!(stage.open().await["by"], json!({"agent": watcher.no}));
    offer(&stage.shop.agent("other", 1).await.token).await.refused(404, "not_found");
    offer(&stage.key).await.refused(403, "forbidden");
    // A key for something else, and a shop that has no such conversation.
    let other_key = key_for(&stage.house, json!(["orders"])).await;
    let body = json!({"client_suggestion_id": "offer-01", "items": ITEMS});
    stage.house.post(&stage.platforms(), &other_key, body.clone()).await.refused(403, "forbidden");
    let shoes = Shop::open(&stage.house, "shoes").await;
    let foreign = shoes.path(&format!("conversations/{}/suggestions", stage.buyer.conversation));
    stage.house.post(&foreign, &stage.key, body).await.refused(404, "not_found");
    assert_eq!(stage.open().await["no"], 2);
}

// SPEC: ROB-1
#[actix_web::test]
async fn who_takes_the_buyer_over_sees_the_open_suggestion() {
    let stage = Stage::set().await;
    let (wang, _desk) = stage.shop.online("wang", 9).await;
    stage.offers(&ITEMS).await;
    stage.shop.transfer(&stage.lin.token, &stage.buyer, json!({"agent": wang.no})).await.ok();
    stage.shop.owned_by(&stage.buyer, &wang).await;
    let seen = stage.house.get(&stage.buyer.path(), &wang.token).await.ok();
    assert_eq!((&seen["suggestion"]["no"], &seen["suggestion"]["items"]), (&json!(1), &json!(ITEMS)), "{seen}");
    let listed = stage.house.get("/v1/staff/inbox", &wang.token).await.ok();
    assert!(!listed.to_string().contains("suggestion"), "{listed}");
    let body = json!({"client_message_id": "answer-01", "text": ITEMS[0], "suggestion": {"no": 1, "item": 0}});
    stage.house.post(&format!("{}/messages", stage.buyer.path()), &wang.token, body).await.ok();
    assert_eq!(stage.shop.history(&stage.buyer).await.last().expect("one")["extra"]["suggestion"]["edited"], false);
}

// SPEC: ROB-7, OPS-2
#[actix_web::test]
async fn what_was_offered_survives_a_restart() {
    let mut stage = Stage::set().await;
    stage.offer("offer-01", &ITEMS).await.ok();
    stage.house.stop().await;
    stage.house.start().await;
    stage.desk = stage.shop.connect(&stage.lin).await;
    assert_eq!(stage.open().await["items"], json!(ITEMS));
    assert_eq!(stage.offer("offer-01", &ITEMS).await.ok()["repeated"], true);
    stage.answer(ITEMS[0], json!({"no": 1, "item": 0})).await.ok();
    assert_eq!(stage.frame("suggestion_settled").await["fate"], "as_is");
    stage.house.stop().await;
    fenliu::app::verify(stage.house.config()).expect("a sound folder");
}

// SPEC: ROB-1, OPS-3
#[actix_web::test]
async fn an_assistant_that_never_stops_is_slowed() {
    let stage = Stage::set().await;
    let mut refused = None;
    for _ in 0..60 {
        let answer = stage.offer(&stage.house.unique(), &ITEMS).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    refused.expect("a bound").refused(429, "too_many_requests");
}

// SPEC: MET-1, ROB-7
#[actix_web::test]
async fn adoption_is_measured() {
    let stage = Stage::set().await;
    stage.offers(&ITEMS).await;
    stage.offers(&ITEMS).await;
    stage.answer(ITEMS[0], json!({"no": 2, "item": 0})).await.ok();
    let counted = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
        line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok()).expect("a number")
    };
    // The figures are of the whole process, and other tests run beside this one.
    until("the figures", || async {
        let text = stage.house.get("/metrics", "").await.ok();
        let text = text.as_str().expect("text");
        let all = [
            ("fenliu_suggestions_offered_total", 2.0),
            ("fenliu_suggestions_adopted_total{how=\"as_is\"}", 1.0),
            ("fenliu_suggestions_ignored_total", 1.0),
            ("fenliu_adoption_ratio", f64::MIN_POSITIVE),
        ];
        all.iter().all(|(name, least)| counted(text, name) >= *least).then_some(())
    })
    .await;
}
