//! What the guard catches on every way that leads to a buyer: it is in no history, on no device of anybody but the sender, in no export;
//! and it is recorded once.

use super::files::pdf;
use super::support::{Agent, Answer, Buyer, HOUR, House, SECOND, Shop, Socket, until};
use serde_json::{Value, json};
use std::rc::Rc;

/// A word that this shop has banned.
const WORD: &str = "返现";

struct Desk {
    house: Rc<House>,
    shop: Shop,
    lin: Agent,
    device: Socket,
    buyer: Buyer,
}

async fn put_words(shop: &Shop, text: impl Into<bytes::Bytes>) -> Answer {
    shop.house.bytes("PUT", "/v1/staff/shop/guard/words", &shop.boss, "text/plain", text).await
}

async fn desk() -> Desk {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    put_words(&shop, format!("{WORD}\n")).await.ok();
    let (lin, device) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    Desk { house, shop, lin, device, buyer }
}

impl Desk {
    async fn records(&self, query: &str) -> Vec<Value> {
        let page = self.house.get(&format!("/v1/staff/shop/guard/records?limit=200{query}"), &self.shop.boss).await.ok();
        page["records"].as_array().expect("a list").clone()
    }

    async fn says(&self, body: Value) -> Answer {
        self.house.post(&format!("{}/messages", self.buyer.path()), &self.lin.token, body).await
    }

    /// Nobody but the sender was shown any of it.
    async fn unseen(&self, word: &str) {
        let period = format!("from={}&to={}", self.house.now() - HOUR, self.house.now() + 1);
        for format in ["csv", "jsonl"] {
            let path = format!("/v1/staff/shop/export/conversations?format={format}&{period}");
            let taken_out = self.house.get(&path, &self.shop.boss).await;
            assert!(taken_out.status == 200 && !format!("{:?}", taken_out.body).contains(word), "{taken_out:?}");
        }
        let of_staff = format!("{:?}", self.shop.history(&self.buyer).await);
        let of_buyer = self.house.get("/v1/buyer/messages?limit=200", &self.buyer.token).await.ok().to_string();
        assert!(!of_staff.contains(word) && !of_buyer.contains(word), "{of_staff} {of_buyer}");
    }
}

// SPEC: GRD-2 GRD-9 INB-6 OPS-2
#[actix_web::test]
async fn a_banned_word_is_refused_by_http_socket_and_batch_and_recorded_once() {
    let mut desk = desk().await;
    let mut phone = Socket::open(&desk.house, "buyer", &desk.buyer.token, None).await;
    let mut boss = Socket::open(&desk.house, "staff", &desk.shop.boss, None).await;
    let text = "好评给您返现五元";
    let body = json!({"client_message_id": "refused-1", "text": text});
    for _ in 0..3 {
        let told = desk.says(body.clone()).await;
        let found = told.body["findings"].clone();
        assert!(told.refused(422, "guarded").contains(WORD));
        let first = &found[0];
        assert_eq!((&first["rule"], &first["part"], &first["found"]), (&json!("banned"), &json!("text"), &json!(WORD)), "{found}");
        assert_eq!((&first["start"], &first["end"]), (&json!(4), &json!(6)), "{found}");
        assert!(first["zh"].as_str().unwrap().contains(WORD) && first["en"].as_str().unwrap().contains(WORD), "{found}");
    }
    let frame = json!({"type": "answer", "conversation": desk.buyer.conversation, "client_message_id": "refused-2", "text": "返 现"});
    desk.device.say(frame).await;
    let told = desk.device.until(|f| f["type"] == "refused").await;
    assert_eq!((&told["code"], &told["findings"][0]["rule"]), (&json!("guarded"), &json!("banned")), "{told}");
    // One conversation's refusal stops no other's.
    let other = desk.shop.buyer("b-2").await;
    desk.shop.says(&other, "在吗").await;
    desk.shop.owned_by(&other, &desk.lin).await;
    let batch = json!({"action": "reply", "client_message_id": "refused-3", "text": "返.现", "conversations": [desk.buyer.conversation, other.conversation]});
    for _ in 0..2 {
        let told = desk.house.post("/v1/staff/batch", &desk.lin.token, batch.clone()).await.ok();
        assert_eq!((&told["done"], &told["refused"], &told["items"][1]["code"]), (&json!(0), &json!(2), &json!("guarded")), "{told}");
    }
    let records = desk.records("&kind=refused").await;
    assert_eq!(records.len(), 4, "{records:?}");
    let oldest = &records[3];
    assert_eq!((&oldest["text"], &oldest["account"], &oldest["ip"]), (&json!(text), &json!(desk.lin.no), &json!("127.0.0.1")), "{oldest}");
    assert_eq!((&oldest["at"], &oldest["conversation"]), (&json!(desk.house.now()), &json!(desk.buyer.conversation)));
    assert_eq!((&records[0]["batch"], &oldest["batch"]), (&json!(true), &json!(false)));
    // The sender's own devices are told; nobody else's.
    desk.shop.answers(&desk.lin, &desk.buyer, "您好").await;
    let mut caught = 0;
    loop {
        let frame = desk.device.frame().await;
        match frame["type"].as_str() {
            Some("caught") => caught += 1,
            Some("message") if frame["text"] == "您好" => break,
            _ => {}
        }
    }
    assert!(caught >= 2, "{caught}");
    assert_eq!(phone.message().await["text"], "您好");
    loop {
        let frame = boss.frame().await;
        assert_ne!(frame["type"], "caught", "{frame}");
        if frame["text"] == "您好" {
            break;
        }
    }
    desk.unseen("返").await;
    // They are one's own to read, the shop's for who reviews, and pages add up.
    let mei = desk.shop.agent("mei", 1).await;
    assert_eq!(desk.house.get("/v1/staff/guard/records", &mei.token).await.ok()["records"], json!([]));
    desk.house.get("/v1/staff/shop/guard/records", &mei.token).await.refused(403, "forbidden");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = desk.house.get(&format!("/v1/staff/guard/records?limit=3{cursor}"), &desk.lin.token).await.ok();
        seen.extend(page["records"].as_array().unwrap().iter().map(|r| r["record"].clone()));
        match page["next"].as_u64() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, records.iter().map(|r| r["record"].clone()).collect::<Vec<_>>());
    desk.house.get("/v1/staff/guard/records?kind=all", &desk.lin.token).await.refused(400, "invalid");
    desk.house.get("/v1/staff/shop/guard/records?account=99", &desk.shop.boss).await.refused(404, "not_found");
}

// SPEC: GRD-2 GRD-3 INB-7 TXT-2
#[actix_web::test]
async fn no_part_of_a_message_and_no_fixed_text_leads_past_the_guard() {
    let desk = desk().await;
    let (house, shop) = (&desk.house, &desk.shop);
    let card = json!({"product": "p-1", "title": "返现龙井"});
    let told = desk.says(json!({"client_message_id": "card-0001", "text": "这个", "card": card})).await;
    assert_eq!(told.body["findings"][0]["part"], "card", "{told:?}");
    told.refused(422, "guarded");
    let named = format!("{}/files?name=%E8%BF%94%E7%8E%B0.pdf", desk.buyer.path());
    let file = house.bytes("POST", &named, &desk.lin.token, "application/octet-stream", pdf(100)).await.ok()["hash"].clone();
    let told = desk.says(json!({"client_message_id": "file-0001", "files": [file]})).await;
    assert_eq!(told.body["findings"][0]["part"], "file", "{told:?}");
    told.refused(422, "guarded");
    // A template from before the word was banned.
    put_words(shop, "别的\n").await.ok();
    let template = json!({"name": "好评", "category": "x", "text": "好评返现"});
    let no = house.post("/v1/staff/shop/templates", &shop.boss, template).await.ok()["no"].clone();
    put_words(shop, format!("{WORD}\n")).await.ok();
    let path = format!("{}/templates/{no}/messages", desk.buyer.path());
    house.post(&path, &desk.lin.token, json!({"client_message_id": "template-1"})).await.refused(422, "guarded");
    // The reason of a transfer is read by the buyer.
    let (mei, _meis) = shop.online("mei", 9).await;
    shop.transfer(&desk.lin.token, &desk.buyer, json!({"agent": mei.no, "reason": "返现找她"})).await.refused(422, "guarded");
    assert_eq!(shop.summary(&desk.buyer).await["owner"], desk.lin.no);
    desk.unseen("返现").await;
    assert_eq!(desk.records(&format!("&account={}", desk.lin.no)).await.len(), 4);
}

// SPEC: GRD-2 TXT-3 TXT-4 OFF-1
#[actix_web::test]
async fn what_the_system_says_by_itself_passes_the_guard_too() {
    let desk = desk().await;
    let (house, shop) = (&desk.house, &desk.shop);
    let rules = json!({"rules": [], "welcome": {"text": "欢迎,好评返现"}, "offline": {"text": "已下班,返现找我"}});
    let fulfilment = json!({"confirmed": "订单 {订单号} 已确认,返现五元", "shipped": "{物流单号}"});
    put_words(shop, "别的\n").await.ok();
    shop.rules(rules).await;
    shop.platform("PUT", "desk", json!({"labels": [], "roles": [], "fulfilment": fulfilment})).await.ok();
    put_words(shop, format!("{WORD}\n")).await.ok();
    // Welcomed, were it not for the word.
    let second = shop.buyer("b-2").await;
    shop.says(&second, "在吗").await;
    shop.owned_by(&second, &desk.lin).await;
    shop.answers(&desk.lin, &second, "您好").await;
    let texts: Vec<_> = shop.history(&second).await.iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["在吗", "您好"]);
    // Nobody is there.
    shop.presence(&desk.lin, "offline").await.ok();
    let third = shop.buyer("b-3").await;
    shop.says(&third, "有人吗").await;
    shop.until(&third, "pooled", |s| s["state"] == "pooled").await;
    // Told of an order.
    let order = json!({"buyer": "b-1", "status": "paid", "items": []});
    shop.platform("PUT", "orders/o-1", order).await.ok();
    let system = until("three records of the system", || async {
        let records = desk.records("&kind=refused").await;
        Some(records).filter(|records| records.len() >= 3)
    })
    .await;
    assert!(system.iter().all(|r| r.get("account").is_none() && r.get("ip").is_none()), "{system:?}");
    for buyer in [&desk.buyer, &second, &third] {
        let history = format!("{:?}", shop.history(buyer).await);
        assert!(!history.contains("返现"), "{history}");
    }
    assert_eq!(desk.house.get("/v1/staff/guard/records", &desk.lin.token).await.ok()["records"], json!([]), "none of the staff said it");
    house.pass_ms(SECOND);
}

// SPEC: GRD-1 GRD-9
#[actix_web::test]
async fn whoever_writes_first_is_refused_and_recorded() {
    let desk = desk().await;
    desk.shop.answers(&desk.lin, &desk.buyer, "您好").await;
    desk.shop.close(&desk.lin.token, &desk.buyer).await.ok();
    for _ in 0..2 {
        desk.shop.answer(&desk.lin, &desk.buyer, "first-0001", "还需要吗").await.refused(409, "reception_closed");
    }
    let batch = json!({"action": "reply", "client_message_id": "first-0002", "text": "上新了", "conversations": [desk.buyer.conversation]});
    let told = desk.house.post("/v1/staff/batch", &desk.lin.token, batch).await.ok();
    assert_eq!(told["items"][0]["code"], "reception_closed", "{told}");
    let records = desk.records("&kind=unsolicited").await;
    let texts: Vec<_> = records.iter().map(|r| r["text"].clone()).collect();
    assert_eq!(texts, ["上新了", "还需要吗"]);
    // Whoever may not see the conversation is told that there is none; the attempt is kept.
    let mei = desk.shop.agent("mei", 9).await;
    let batch =
        json!({"action": "reply", "client_message_id": "first-0003", "text": "看看新品", "conversations": [desk.buyer.conversation]});
    let told = desk.house.post("/v1/staff/batch", &mei.token, batch).await.ok();
    assert_eq!(told["items"][0]["code"], "not_found", "{told}");
    assert_eq!(desk.records("&kind=unsolicited").await[0]["text"], "看看新品");
    desk.unseen("看看新品").await;
    desk.unseen("上新了").await;
    desk.unseen("还需要吗").await;
}

// SPEC: GRD-3
#[actix_web::test]
async fn contacts_are_refused_or_warned_of_as_the_shop_set_it() {
    let mut desk = desk().await;
    let text = "加我微信 wx_lin888 聊";
    desk.says(json!({"client_message_id": "contact-1", "text": text})).await.refused(422, "guarded");
    let settings = json!({"contacts": "warn", "allowed_hosts": ["tea.example.com"]});
    let path = "/v1/staff/shop/guard";
    assert_eq!(desk.house.put(path, &desk.shop.boss, settings.clone()).await.ok(), json!({"version": 1}));
    let told = desk.says(json!({"client_message_id": "contact-2", "text": text})).await.ok();
    assert_eq!(told["warnings"][0]["rule"], "messenger", "{told}");
    let warned = desk.device.until(|f| f["type"] == "caught" && f["kind"] == "warned").await;
    assert_eq!(warned["sent"], told["seq"]);
    let records = desk.records("&kind=warned").await;
    assert_eq!((records.len(), &records[0]["sent"], &records[0]["text"]), (1, &told["seq"], &json!(text)));
    // In fixed texts never.
    let tried = json!({"text": text, "voice": "fixed"});
    assert_eq!(desk.house.post(&format!("{path}/try"), &desk.lin.token, tried).await.ok()["clear"], false);
    // As it was read it can be sent back; who edited another version is told.
    let mut now = desk.house.get(path, &desk.shop.boss).await.ok();
    assert_eq!((&now["version"], &now["words_version"], &now["contacts"]), (&json!(1), &json!(1), &json!("warn")));
    now["contacts"] = json!("refuse");
    assert_eq!(desk.house.put(path, &desk.shop.boss, now.clone()).await.ok(), json!({"version": 2}));
    desk.house.put(path, &desk.shop.boss, now).await.refused(409, "outdated");
    desk.says(json!({"client_message_id": "contact-3", "text": text})).await.refused(422, "guarded");
    for bad in [json!({}), json!({"contacts": "allow", "allowed_hosts": []}), json!({"contacts": "warn", "allowed_hosts": [], "x": 1})] {
        desk.house.put(path, &desk.shop.boss, bad).await.refused(400, "invalid");
    }
    let told = desk.house.put(path, &desk.shop.boss, json!({"contacts": "warn", "allowed_hosts": ["https://x/"]})).await;
    assert_eq!(told.body["errors"][0]["field"], "allowed_hosts[0]", "{told:?}");
    told.refused(400, "faulty");
    let audit = desk.house.get("/v1/staff/shop/audit", &desk.shop.boss).await.ok();
    let newest = audit["changes"].as_array().unwrap().iter().find(|c| c["what"] == "guard").unwrap();
    assert_eq!(newest["changes"], json!([{"field": "contacts", "before": "warn", "after": "refuse"}]), "{newest}");
}

// SPEC: GRD-2 ACC-2
#[actix_web::test]
async fn a_list_of_words_is_taken_whole_or_refused_with_its_bad_lines() {
    let desk = desk().await;
    let shop = &desk.shop;
    let errors = |told: &Answer| {
        let list = told.body["errors"].as_array().cloned().unwrap_or_default();
        list.iter().map(|e| e["problem"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let told = put_words(shop, format!("最便宜\n\n{}\n最便宜\r\n...\n", "长".repeat(65))).await;
    let problems = errors(&told);
    for line in ["line 2", "line 3", "line 4", "line 5"] {
        assert!(problems.iter().any(|p| p.starts_with(line)), "{line}: {problems:?}");
    }
    told.refused(400, "faulty");
    put_words(shop, vec![b'a', b'\n', 0xff]).await.refused(400, "invalid");
    put_words(shop, vec![b'a'; 1_024 * 1_024 + 1]).await.refused(413, "too_large");
    desk.house.put("/v1/staff/shop/guard/words", &shop.boss, json!(["a"])).await.refused(415, "unsupported_media_type");
    let many = |n: u32| (0..n).map(|n| format!("词语{n:05}\n")).collect::<String>();
    put_words(shop, many(10_001)).await.refused(400, "faulty");
    assert_eq!(put_words(shop, many(10_000)).await.ok(), json!({"version": 2}));
    let path = "/v1/staff/shop/guard/words";
    assert_eq!(desk.house.get(path, &shop.boss).await.ok(), json!(many(10_000)));
    desk.shop.answer(&desk.lin, &desk.buyer, "words-0001", "说 词语07777 了").await.refused(422, "guarded");
    let outdated = desk.house.bytes("PUT", &format!("{path}?based_on=1"), &shop.boss, "text/plain", "x").await;
    outdated.refused(409, "outdated");
    // What was changed is told; the new words count at once, after a restart too.
    let put =
        desk.house.bytes("PUT", &format!("{path}?based_on=2"), &shop.boss, "text/plain; charset=utf-8", "\u{feff}词语00000\r\n新词").await;
    assert_eq!(put.ok(), json!({"version": 3}));
    let audit = desk.house.get("/v1/staff/shop/audit", &shop.boss).await.ok();
    let newest = audit["changes"].as_array().unwrap().iter().find(|c| c["what"] == "words").unwrap();
    assert_eq!((&newest["after"]["added_words"], &newest["after"]["removed"]), (&json!(["新词"]), &json!(9_999)), "{newest}");
    desk.house.stop().await;
    desk.house.start().await;
    assert_eq!(desk.house.get(path, &shop.boss).await.ok(), json!("词语00000\n新词\n"));
    let told = desk.house.post("/v1/staff/shop/guard/try", &desk.lin.token, json!({"text": "这是新词"})).await.ok();
    assert_eq!((&told["clear"], &told["findings"][0]["found"]), (&json!(false), &json!("新词")));
}

// SPEC: GRD-4
#[actix_web::test]
async fn marketing_phrases_may_be_said_while_an_approval_covers_them() {
    let desk = desk().await;
    let (house, shop) = (&desk.house, &desk.shop);
    let try_now =
        async || house.post("/v1/staff/shop/guard/try", &desk.lin.token, json!({"text": "全店限时抢购"})).await.ok()["clear"].clone();
    assert_eq!(try_now().await, false);
    let (from, to) = (house.now() + HOUR, house.now() + 2 * HOUR);
    let approval = json!({"campaign": "618", "phrases": ["限时抢购"], "from": from, "to": to});
    let path = shop.path("guard/approvals");
    house.put("/v1/staff/shop/guard/approvals", &shop.boss, json!({"approvals": []})).await.refused(405, "method_not_allowed");
    house.put(&path, &house.key(), json!({"approvals": [approval]})).await.ok();
    assert_eq!(house.get("/v1/staff/shop/guard/approvals", &shop.boss).await.ok(), json!({"approvals": [approval]}));
    assert_eq!(try_now().await, false, "not yet");
    house.pass_ms(HOUR);
    assert_eq!(try_now().await, true);
    shop.answers(&desk.lin, &desk.buyer, "全店限时抢购").await;
    house.pass_ms(HOUR - 1);
    assert_eq!(try_now().await, true);
    house.pass_ms(1);
    assert_eq!(try_now().await, false, "over");
    shop.answer(&desk.lin, &desk.buyer, "market-001", "全店限时抢购").await.refused(422, "guarded");
    let backwards = json!({"campaign": "618", "phrases": ["x"], "from": to, "to": from});
    let told = house.put(&path, &house.key(), json!({"approvals": [backwards]})).await;
    assert_eq!(told.body["errors"][0]["field"], "approvals[0].to", "{told:?}");
    told.refused(400, "faulty");
    house.put(&path, &house.key(), json!({"approvals": []})).await.ok();
    let audit = house.get("/v1/staff/shop/audit", &shop.boss).await.ok();
    let newest = audit["changes"].as_array().unwrap().iter().find(|c| c["what"] == "approvals").unwrap();
    assert_eq!((&newest["before"], &newest["after"]), (&json!([approval]), &json!([])), "{newest}");
}

// SPEC: GRD-2 GRD-9
#[actix_web::test]
async fn trying_a_text_sends_and_records_nothing() {
    let desk = desk().await;
    let path = "/v1/staff/shop/guard/try";
    let told = desk.house.post(path, &desk.lin.token, json!({"text": "返现,还有返现"})).await.ok();
    assert_eq!((&told["clear"], told["findings"].as_array().unwrap().len()), (&json!(false), 2), "{told}");
    let told = desk.house.post(path, &desk.lin.token, json!({"text": "好的亲"})).await.ok();
    assert_eq!((&told["clear"], &told["coupon"], &told["findings"]), (&json!(true), &json!(false), &json!([])), "{told}");
    assert_eq!(desk.house.post(&desk.shop.path("guard/try"), &desk.house.key(), json!({"text": "返现"})).await.ok()["clear"], false);
    let long = "字".repeat(4_001);
    for bad in [json!({"text": ""}), json!({"text": long}), json!({"text": "x", "voice": "robot"}), json!({})] {
        desk.house.post(path, &desk.lin.token, bad).await.refused(400, "invalid");
    }
    let analyst = desk.shop.account("ana", json!({"role": "analyst"})).await;
    desk.house.post(path, &analyst.token, json!({"text": "x"})).await.refused(403, "forbidden");
    assert_eq!(desk.records("").await, Vec::<Value>::new());
}
