//! What follows violations, over HTTP and on devices: the freeze, the test, the slow time after it, the undertaking and its review, the
//! end. The server is restarted on the way; buyers notice nothing but silence.

use super::support::{Agent, Answer, Buyer, HOUR, House, MINUTE, SECOND, Shop, Socket, until};
use serde_json::{Value, json};
use std::rc::Rc;

const DAY: u64 = 24 * HOUR;
const BROKEN: &str = "我保证以后遵守平台的规则。";

/// A shop with an agent who serves a buyer.
struct Desk {
    shop: Shop,
    lin: Agent,
    device: Socket,
    buyer: Buyer,
}

async fn desk(house: &Rc<House>) -> Desk {
    let shop = Shop::open(house, "tea").await;
    shop.quiet().await;
    let (lin, device) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    Desk { shop, lin, device, buyer }
}

impl Desk {
    /// Reported twice, as after a lost answer: that is one violation.
    async fn violation(&self, reason: &str) -> Value {
        let (path, id) = (format!("accounts/{}/violations", self.lin.no), self.shop.house.unique());
        let report = json!({"reason": reason, "id": id});
        let told = self.shop.platform("POST", &path, report.clone()).await.ok();
        assert_eq!(self.shop.platform("POST", &path, report).await.ok()["violations"], told["violations"]);
        told
    }

    async fn review(&self, lifted: bool) -> Answer {
        let body = json!({"lifted": lifted, "reason": "看过了"});
        self.shop.platform("POST", &format!("accounts/{}/review", self.lin.no), body).await
    }

    async fn standing(&self) -> Value {
        self.shop.house.get("/v1/staff/standing", &self.lin.token).await.ok()
    }

    async fn own(&self, path: &str, body: Value) -> Answer {
        self.shop.house.post(&format!("/v1/staff/standing/{path}"), &self.lin.token, body).await
    }

    async fn tries(&self) -> Answer {
        self.shop.answer(&self.lin, &self.buyer, &self.shop.house.unique(), "您好").await
    }

    /// Draws the test and answers it: all right, or all but the first.
    async fn test(&self, right: bool) -> Value {
        let asked = self.own("test", json!({})).await.ok();
        let asked = asked["questions"].as_array().expect("questions").clone();
        assert_eq!(asked.len(), 10);
        assert!(asked.iter().all(|q| q.get("right").is_none()), "{asked:?}");
        let known = bank();
        let answer = |(no, q): (usize, &Value)| {
            let of = known.iter().find(|k| k["text"] == q["text"]).expect("a question of the bank");
            let best = &of["answers"][of["right"].as_u64().unwrap() as usize];
            let at = q["answers"].as_array().unwrap().iter().position(|a| a == best).expect("the right answer");
            if right || no > 0 { at } else { (at + 1) % 2 }
        };
        let answers: Vec<_> = asked.iter().enumerate().map(answer).collect();
        self.own("test/answers", json!({"answers": answers})).await.ok()
    }

    /// Sessions and tokens end within days; the device comes back with its cursor.
    async fn pass_days(&mut self, days: u64) {
        self.shop.pass_ms(days * DAY).await;
        self.device = self.shop.back(&mut self.lin).await;
        self.buyer = self.shop.buyer("b-1").await;
    }

    async fn restart(&mut self) {
        let house = self.shop.house.clone();
        house.stop().await;
        house.start().await;
        self.device = self.shop.connect(&self.lin).await;
    }

    /// The buyer writes, and whoever has the conversation answers.
    async fn serve(&mut self) {
        self.shop.says(&self.buyer, "在吗").await;
        self.shop.owned_by(&self.buyer, &self.lin).await;
    }
}

fn bank() -> Vec<Value> {
    (0..12).map(|n| json!({"text": format!("问题 {n}"), "answers": ["对", "错"], "right": n % 2})).collect()
}

async fn own_questions(house: &House) {
    // Not of a shop: no word of a shop may be in it.
    house.put("/v1/platform/guard/questions", &house.key(), json!({"questions": bank()})).await.ok();
}

/// The platform's list: names of all shops stand in it.
async fn undertakings(house: &House, query: &str) -> Value {
    let request = house.request("GET", &format!("/v1/platform/guard/undertakings{query}"), &house.key());
    request.send().await.expect("an answer").json().await.expect("JSON")
}

async fn kinds(shop: &Shop, agent: &Agent) -> Vec<String> {
    let page = shop.house.get(&format!("/v1/staff/shop/guard/records?account={}", agent.no), &shop.boss).await.ok();
    page["records"].as_array().unwrap().iter().map(|r| r["kind"].as_str().unwrap().to_owned()).collect()
}

// SPEC: GRD-8 GRD-7 GRD-9
#[actix_web::test]
async fn a_first_violation_freezes_every_device_at_once_until_time_and_test_are_over() {
    let house = House::open().await;
    own_questions(&house).await;
    let mut desk = desk(&house).await;
    let mut second = desk.shop.connect(&desk.lin).await;
    desk.tries().await.ok();
    let told = desk.violation("虚假承诺").await;
    let until_ms = house.now() + 24 * HOUR;
    assert_eq!(
        (&told["hold"], &told["until"], &told["test"], &told["may_send"]),
        (&json!("frozen"), &json!(until_ms), &json!(true), &json!(false))
    );
    // Both devices are told, and neither can send from now on.
    for device in [&mut desk.device, &mut second] {
        let frame = device.until(|f| f["type"] == "standing").await;
        assert_eq!((&frame["change"], &frame["penalty"]["no"], &frame["agent"]), (&json!("violated"), &json!(1), &json!(desk.lin.no)));
        device
            .say(json!({"type": "answer", "conversation": desk.buyer.conversation, "client_message_id": house.unique(), "text": "您好"}))
            .await;
        assert_eq!(device.until(|f| f["type"] == "refused").await["code"], "held");
    }
    desk.tries().await.refused(403, "held");
    // What the buyer writes still reaches both, and is for others to answer.
    desk.shop.says(&desk.buyer, "人呢").await;
    for device in [&mut desk.device, &mut second] {
        device.until(|f| f["type"] == "message" && f["text"] == "人呢").await;
    }
    desk.shop.until(&desk.buyer, "for others", |s| s["state"] == "pooled").await;
    desk.restart().await;
    let stands = desk.standing().await;
    assert_eq!((&stands["hold"], &stands["until"], &stands["violations"]), (&json!("frozen"), &json!(until_ms), &json!(1)));
    assert!(stands["zh"].as_str().unwrap().contains("考题") && stands["en"].as_str().unwrap().contains("test"), "{stands}");
    // Not all points are not enough; all points are, but not before the time.
    let failed = desk.test(false).await;
    assert_eq!((&failed["points"], &failed["passed"]), (&json!(90), &json!(false)));
    let passed = desk.test(true).await;
    assert_eq!((&passed["points"], &passed["passed"], &passed["standing"]["may_send"]), (&json!(100), &json!(true), &json!(false)));
    desk.tries().await.refused(403, "held");
    desk.restart().await;
    desk.pass_days(1).await;
    until("lifted", || async { Some(desk.standing().await).filter(|s| s["may_send"] == true) }).await;
    // Slow for three days (GRD-7).
    desk.serve().await;
    for _ in 0..5 {
        desk.tries().await.ok();
    }
    let detail = desk.tries().await;
    assert!(detail.retry_after.is_some_and(|s| (1..=60).contains(&s)), "{detail:?}");
    detail.refused(429, "too_many_requests");
    desk.restart().await;
    desk.tries().await.refused(429, "too_many_requests");
    house.pass_ms(MINUTE);
    desk.tries().await.ok();
    // A batch is no way round: each of its messages counts.
    let mut conversations = vec![desk.buyer.conversation.clone()];
    for n in 2..=8 {
        let buyer = desk.shop.buyer(&format!("b-{n}")).await;
        desk.shop.says(&buyer, "在吗").await;
        desk.shop.owned_by(&buyer, &desk.lin).await;
        conversations.push(buyer.conversation.clone());
    }
    house.pass_ms(MINUTE);
    let batch = json!({"action": "reply", "client_message_id": "slow-batch-1", "text": "马上就来", "conversations": conversations});
    let told = house.post("/v1/staff/batch", &desk.lin.token, batch).await.ok();
    assert_eq!((&told["done"], &told["refused"], &told["items"][7]["code"]), (&json!(5), &json!(3), &json!("too_many_requests")), "{told}");
    desk.pass_days(3).await;
    desk.serve().await;
    for _ in 0..7 {
        desk.tries().await.ok();
    }
    assert_eq!(desk.standing().await.get("throttled_until"), None);
    let kinds = kinds(&desk.shop, &desk.lin).await;
    let of = |kind: &str| kinds.iter().filter(|k| *k == kind).count();
    assert_eq!((of("violation"), of("test"), of("lifted"), of("held")), (1, 2, 1, 4), "{kinds:?}");
    house.stop().await;
    fenliu::app::verify(house.config()).expect("a sound folder");
}

// SPEC: GRD-8 ACC-2
#[actix_web::test]
async fn a_second_violation_needs_an_undertaking_and_a_review_and_a_third_is_the_end() {
    let house = House::open().await;
    let ladder = json!({"ladder": [{}, {"points": 5, "review": true}, {"close": true}], "throttle_ms": 0});
    house.put("/v1/platform/guard/conduct", &house.key(), ladder).await.ok();
    let mut desk = desk(&house).await;
    assert_eq!(desk.violation("一").await["may_send"], true, "a warning");
    desk.tries().await.ok();
    let stands = desk.violation("二").await;
    assert_eq!((&stands["hold"], &stands["points"], stands.get("undertaking")), (&json!("review"), &json!(5), None));
    desk.tries().await.refused(403, "held");
    desk.review(true).await.refused(400, "invalid");
    desk.own("test", json!({})).await.refused(400, "invalid");
    desk.own("undertaking", json!({"text": " "})).await.refused(400, "invalid");
    desk.restart().await;
    let given = desk.own("undertaking", json!({"text": BROKEN})).await.ok();
    assert_eq!(given["undertaking"]["text"], BROKEN);
    // BEGIN is a Friday: three working days after it end with Wednesday.
    let due = given["undertaking"]["due"].as_u64().unwrap();
    assert!((5 * DAY..=6 * DAY).contains(&(due - house.now())), "{given}");
    desk.own("undertaking", json!({"text": BROKEN})).await.refused(400, "invalid");
    desk.restart().await;
    let waiting = undertakings(&house, "").await;
    let row = &waiting["undertakings"][0];
    assert_eq!(
        (&row["shop"], &row["account"], &row["login"], &row["due"]),
        (&json!("tea"), &json!(desk.lin.no), &json!("lin"), &json!(due))
    );
    assert_eq!(
        row["counts"],
        json!({"sent": 1, "refused": 0, "unsolicited": 0, "held": 1, "warned": 0, "flagged": 0, "violations": 2}),
        "{row}"
    );
    assert_eq!(house.get(row["records"].as_str().unwrap(), &house.key()).await.ok()["records"].as_array().unwrap().len(), 4);
    assert_eq!(house.get(row["export"].as_str().unwrap(), &house.key()).await.status, 200);
    // Refused: another one is needed. Lifted: it may send.
    assert_eq!(desk.review(false).await.ok()["hold"], "review");
    assert_eq!(undertakings(&house, "").await["undertakings"], json!([]));
    desk.tries().await.refused(403, "held");
    desk.own("undertaking", json!({"text": BROKEN})).await.ok();
    assert_eq!(desk.review(true).await.ok()["may_send"], true);
    assert_eq!(desk.device.until(|f| f["change"] == "reviewed" && f["lifted"] == true).await["reason"], "看过了");
    desk.tries().await.ok();
    // The third.
    assert_eq!(desk.violation("三").await["hold"], "closed");
    desk.restart().await;
    for (path, body) in [("test", json!({})), ("undertaking", json!({"text": BROKEN}))] {
        desk.own(path, body).await.refused(400, "invalid");
    }
    desk.review(true).await.refused(400, "invalid");
    desk.pass_days(4).await;
    assert_eq!(desk.standing().await["hold"], "closed");
    // Buyers are heard nevertheless.
    desk.shop.says(&desk.buyer, "有人吗").await;
    assert!(desk.shop.history(&desk.buyer).await.iter().any(|m| m["text"] == "有人吗"));
    let audit = house.get("/v1/staff/shop/audit?limit=20", &desk.shop.boss).await.ok();
    let of = |what: &str| audit["changes"].as_array().unwrap().iter().filter(|c| c["what"] == what).count();
    assert_eq!((of("violation"), of("review")), (3, 2), "{audit}");
    let first = audit["changes"].as_array().unwrap().iter().rfind(|c| c["what"] == "violation").unwrap();
    assert_eq!(
        (&first["by"], &first["after"]["violation"]),
        (&json!({"platform": "operator"}), &json!({"rule": "reported", "reason": "一"}))
    );
    house.stop().await;
    fenliu::app::verify(house.config()).expect("a sound folder");
}

// SPEC: GRD-8
#[actix_web::test]
async fn undertakings_of_all_shops_are_listed_by_when_they_are_due() {
    let house = House::open().await;
    let ladder = json!({"ladder": [{"review": true}]});
    house.put("/v1/platform/guard/conduct", &house.key(), ladder).await.ok();
    let shops = [Shop::open(&house, "tea").await, Shop::open(&house, "cups").await];
    for n in 0..5 {
        let shop = &shops[n % 2];
        let agent = shop.agent(&format!("a-{n}"), 1).await;
        shop.platform("POST", &format!("accounts/{}/violations", agent.no), json!({"reason": "x", "id": "case-1"})).await.ok();
        house.post("/v1/staff/standing/undertaking", &agent.token, json!({"text": BROKEN})).await.ok();
        house.pass_ms(if n == 2 { 4 * HOUR } else { SECOND });
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = undertakings(&house, &format!("?limit=2{cursor}")).await;
        seen.extend(
            page["undertakings"].as_array().unwrap().iter().map(|u| (u["due"].as_u64().unwrap(), u["login"].as_str().unwrap().to_owned())),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut sorted: Vec<_> = seen.iter().map(|(due, _)| *due).collect();
    sorted.sort_unstable();
    assert_eq!(seen.iter().map(|(due, _)| *due).collect::<Vec<_>>(), sorted);
    let mut logins: Vec<_> = seen.into_iter().map(|(_, login)| login).collect();
    logins.sort();
    assert_eq!(logins, ["a-0", "a-1", "a-2", "a-3", "a-4"]);
    house.get("/v1/platform/guard/undertakings?cursor=x", &house.key()).await.refused(400, "invalid");
}

// SPEC: GRD-8
#[actix_web::test]
async fn conduct_and_questions_are_checked_as_a_whole() {
    let house = House::open().await;
    let key = house.key();
    let now = house.get("/v1/platform/guard/conduct", &key).await.ok();
    assert_eq!((&now["version"], &now["ladder"][0]["freeze_ms"], &now["throttled_per_min"]), (&json!(0), &json!(24 * HOUR), &json!(5)));
    assert_eq!(house.put("/v1/platform/guard/conduct", &key, now).await.ok()["version"], 1);
    house.put("/v1/platform/guard/conduct", &key, json!({"ladder": [{}], "version": 0})).await.refused(409, "outdated");
    house.put("/v1/platform/guard/conduct", &key, json!({"ladder": []})).await.refused(400, "faulty");
    house.put("/v1/platform/guard/conduct", &key, json!({})).await.refused(400, "invalid");
    house.put("/v1/platform/guard/conduct", &key, json!({"ladder": [{}], "colour": 1})).await.refused(400, "invalid");
    let bad = json!({"questions": [{"text": "?", "answers": ["a"], "right": 3}]});
    let told = house.put("/v1/platform/guard/questions", &key, bad).await;
    assert!(told.body["errors"].as_array().unwrap().iter().any(|e| e["field"] == "questions[0].answers"), "{told:?}");
    told.refused(400, "faulty");
    own_questions(&house).await;
    let bank_now = house.get("/v1/platform/guard/questions", &key).await.ok();
    assert_eq!((&bank_now["version"], &bank_now["questions"][1]["right"]), (&json!(1), &json!(1)));
}
