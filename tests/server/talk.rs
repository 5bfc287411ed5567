//! Buyers and agents talk: messages, pushes, retries, order, read marks, receptions.

use super::support::shop::{gap_free, seqs};
use super::support::{HOUR, House, MINUTE, SECOND, Shop, Socket};
use futures_util::future::join_all;
use serde_json::{Value, json};

// SPEC: DIV-1 DIV-9 INB-4 MET-1
#[actix_web::test]
async fn a_message_reaches_the_only_agent_online_and_the_answer_reaches_the_buyer() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mut desk) = shop.online("lin", 5).await;
    let buyer = shop.buyer("b-1").await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;

    let sent = shop.send(&buyer, "message-1", "有货吗?").await.ok();
    assert_eq!(sent, json!({"conversation": buyer.conversation, "seq": 1, "at": house.now(), "repeated": false}));
    let owned = desk.until(|f| f["type"] == "reception" && f["state"] == "owned").await;
    assert_eq!((&owned["owner"], &owned["conversation"]), (&json!(lin.no), &json!(buyer.conversation)));
    assert_eq!(shop.owned_by(&buyer, &lin).await["state"], "unanswered");
    // What follows is pushed as it is said.
    shop.says(&buyer, "在吗").await;
    let pushed = desk.message().await;
    assert_eq!((&pushed["seq"], &pushed["text"], &pushed["from"]), (&json!(2), &json!("在吗"), &json!("buyer")));

    house.pass_ms(7 * SECOND);
    assert_eq!(shop.answers(&lin, &buyer, "有的").await, 3);
    let pushed = phone.until(|f| f["type"] == "message" && f["from"] == "agent").await;
    assert_eq!((&pushed["seq"], &pushed["text"], &pushed["agent"]), (&json!(3), &json!("有的"), &json!(lin.no)));
    assert_eq!(pushed["at"], house.now());
    let summary = shop.summary(&buyer).await;
    assert_eq!((&summary["state"], &summary["unread"], &summary["last_seq"]), (&json!("replied"), &json!(0), &json!(3)));
    let page = house.get("/v1/buyer/messages", &buyer.token).await.ok();
    assert_eq!(page["messages"].as_array().unwrap().iter().map(|m| &m["text"]).collect::<Vec<_>>(), ["有货吗?", "在吗", "有的"]);
    assert_eq!(page["next"], Value::Null);
}

// SPEC: OPS-2
#[actix_web::test]
async fn a_retry_is_answered_as_the_first_time_and_never_with_another_text() {
    let house = House::open().await;
    let mut shop = Shop::open(&house, "tea").await;
    let (mut lin, desk) = shop.online("lin", 5).await;
    let buyer = shop.buyer("b-1").await;
    let first = shop.send(&buyer, "message-1", "你好").await.ok();
    shop.owned_by(&buyer, &lin).await;
    shop.pass_ms(23 * HOUR).await;
    drop(desk);
    let mut desk = shop.back(&mut lin).await;
    let second = shop.send(&buyer, "message-1", "你好").await.ok();
    assert_eq!((&second["seq"], &second["at"], &second["repeated"]), (&first["seq"], &first["at"], &json!(true)));
    shop.send(&buyer, "message-1", "你好!").await.refused(409, "retry_mismatch");

    // The same over the socket, and for answers; an agent's ids are not the buyer's.
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    phone.send("message-1", "你好").await;
    let told = phone.until(|f| f["type"] == "accepted").await;
    assert_eq!((&told["seq"], &told["repeated"], &told["client_message_id"]), (&json!(1), &json!(true), &json!("message-1")));
    phone.send("message-1", "他好").await;
    let told = phone.until(|f| f["type"] == "refused").await;
    assert_eq!((&told["code"], &told["client_message_id"]), (&json!("retry_mismatch"), &json!("message-1")));
    let answered = shop.answer(&lin, &buyer, "message-1", "您好").await.ok();
    assert_eq!((&answered["seq"], &answered["repeated"]), (&json!(2), &json!(false)));
    desk.say(json!({"type": "answer", "conversation": buyer.conversation, "client_message_id": "message-1", "text": "您好"})).await;
    let told = desk.until(|f| f["type"] == "accepted").await;
    assert_eq!((&told["seq"], &told["repeated"]), (&json!(2), &json!(true)));
    shop.answer(&lin, &buyer, "message-1", "另一句").await.refused(409, "retry_mismatch");

    assert_eq!(seqs(&shop.history(&buyer).await), [1, 2]);
    // Another buyer's ids are their own.
    let other = shop.buyer("b-2").await;
    assert_eq!(shop.send(&other, "message-1", "x").await.ok()["repeated"], false);
}

// SPEC: OPS-2
#[actix_web::test]
async fn a_retry_of_an_answer_is_recognised_after_the_reception_was_closed_or_passed_on() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 5).await;
    let (mei, _other_desk) = shop.online("mei", 5).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    let owner = if shop.until(&buyer, "an owner", |s| !s["owner"].is_null()).await["owner"] == lin.no { &lin } else { &mei };
    let other = if owner.no == lin.no { &mei } else { &lin };
    let first = shop.answer(owner, &buyer, "answer-01", "您好").await.ok();
    shop.transfer(&owner.token, &buyer, json!({"agent": other.no})).await.ok();
    assert_eq!(shop.answer(owner, &buyer, "answer-01", "您好").await.ok()["seq"], first["seq"]);
    shop.answer(owner, &buyer, "answer-02", "您好").await.refused(409, "not_owner");
    shop.close(&other.token, &buyer).await.ok();
    assert_eq!(shop.answer(owner, &buyer, "answer-01", "您好").await.ok()["repeated"], true);
    shop.answer(other, &buyer, "answer-03", "您好").await.refused(409, "reception_closed");
}

// SPEC: OPS-2
#[actix_web::test]
async fn the_same_message_sent_by_many_at_once_is_stored_once() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let buyer = shop.buyer("b-1").await;
    let answers = join_all((0..24).map(|_| shop.send(&buyer, "message-1", "你好"))).await;
    let told: Vec<Value> = answers.into_iter().map(|a| a.ok()).collect();
    assert!(told.iter().all(|t| t["seq"] == 1 && t["at"] == told[0]["at"]), "{told:?}");
    assert_eq!(told.iter().filter(|t| t["repeated"] == false).count(), 1, "{told:?}");
    assert_eq!(shop.history(&buyer).await.len(), 1);
}

// SPEC: OPS-2
#[actix_web::test]
async fn sixteen_senders_at_once_leave_one_order_without_a_gap() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let buyer = shop.buyer("b-1").await;
    let sender = |who: usize| {
        let (shop, buyer) = (&shop, &buyer);
        async move {
            let mut mine = Vec::new();
            for n in 0..25 {
                mine.push(shop.says(buyer, &format!("{who}/{n}")).await);
            }
            mine
        }
    };
    let told = join_all((0..16).map(sender)).await;
    assert!(told.iter().all(|mine| mine.is_sorted()), "a sender's own order: {told:?}");
    let mut all: Vec<u64> = told.concat();
    all.sort_unstable();
    assert_eq!(all, gap_free(400));
    let history = shop.history(&buyer).await;
    assert_eq!(seqs(&history), gap_free(400));
    for (who, mine) in told.iter().enumerate() {
        for (n, seq) in mine.iter().enumerate() {
            assert_eq!(history[*seq as usize - 1]["text"], format!("{who}/{n}"));
        }
    }
}

// SPEC: OPS-2
#[actix_web::test]
async fn a_socket_takes_more_sends_than_may_wait_and_answers_every_one() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let buyer = shop.buyer("b-1").await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    for n in 0..200 {
        phone.send(&format!("message-{n}"), &n.to_string()).await;
    }
    let mut accepted = Vec::new();
    while accepted.len() < 200 {
        accepted.push(phone.until(|f| f["type"] == "accepted").await);
    }
    let history = shop.history(&buyer).await;
    assert_eq!(seqs(&history), gap_free(200));
    for told in accepted {
        let text = &history[told["seq"].as_u64().unwrap() as usize - 1]["text"];
        assert_eq!(told["client_message_id"], format!("message-{}", text.as_str().unwrap()));
    }
    // One device's messages keep the order in which it said them.
    assert!(history.iter().enumerate().all(|(n, m)| m["text"].as_str() == Some(n.to_string().as_str())), "order");
}

// SPEC: INB-3 INB-11 MET-1
#[actix_web::test]
async fn unread_counts_what_a_recount_counts_and_read_marks_only_grow() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 5).await;
    let buyer = shop.buyer("b-1").await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    shop.says(&buyer, "0").await;
    shop.owned_by(&buyer, &lin).await;
    let recount = |summary: Value, history: Vec<Value>| {
        let read = summary["staff_read"].as_u64().unwrap();
        let unread = history.iter().filter(|m| m["from"] == "buyer" && m["seq"].as_u64().unwrap() > read).count();
        assert_eq!(summary["unread"], unread, "{summary}");
        unread
    };
    let read = format!("{}/read", buyer.path());
    for (step, (said, mark, left)) in [(4, 3, 2), (1, 2, 3), (0, 6, 0), (3, 1_000_000, 0), (2, 0, 2)].into_iter().enumerate() {
        for _ in 0..said {
            shop.says(&buyer, "?").await;
        }
        assert_eq!(house.post(&read, &lin.token, json!({"seq": mark})).await.status, 204);
        assert_eq!(recount(shop.summary(&buyer).await, shop.history(&buyer).await), left, "step {step}");
    }
    // Who answers has read. The buyer sees the staff's mark, the staff the buyer's.
    shop.answers(&lin, &buyer, "!").await;
    assert_eq!(recount(shop.summary(&buyer).await, shop.history(&buyer).await), 0);
    let marks = [phone.until(|f| f["type"] == "read").await, phone.until(|f| f["type"] == "read").await];
    assert_eq!(marks.map(|m| (m["seq"].as_u64(), m["by"].clone())), [(Some(3), json!("staff")), (Some(6), json!("staff"))]);
    house.post("/v1/buyer/read", &buyer.token, json!({"seq": 12})).await.ok();
    house.post("/v1/buyer/read", &buyer.token, json!({"seq": 5})).await.ok();
    assert_eq!(shop.summary(&buyer).await["buyer_read"], 12);
    // Who neither owns it nor oversees the shop marks nothing.
    let (mei, _other_desk) = shop.online("mei", 0).await;
    shop.says(&buyer, "?").await;
    assert!(house.post(&read, &mei.token, json!({"seq": 13})).await.status >= 400);
    assert_eq!(shop.summary(&buyer).await["unread"], 1);
}

// SPEC: DIV-1 INB-3
#[actix_web::test]
async fn a_closed_conversation_opens_again_and_goes_back_to_who_spoke_last() {
    let house = House::open().await;
    let mut shop = Shop::open(&house, "tea").await;
    let (mut lin, _desk) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    shop.answers(&lin, &buyer, "您好").await;
    assert_eq!(shop.close(&lin.token, &buyer).await.ok(), json!({"reception": 1}));
    shop.close(&lin.token, &buyer).await.refused(409, "reception_closed");
    let closed = shop.summary(&buyer).await;
    assert_eq!((&closed["state"], &closed["owner"]), (&json!("closed"), &Value::Null));
    assert_eq!(shop.inbox("closed", "").await.len(), 1);

    // lin is given more to do than mei has.
    for n in 2..5 {
        let other = shop.buyer(&format!("b-{n}")).await;
        shop.says(&other, "你好").await;
        shop.owned_by(&other, &lin).await;
    }
    let (mut mei, _other_desk) = shop.online("mei", 9).await;
    shop.pass_ms(23 * HOUR).await;
    let _desks = (shop.back(&mut lin).await, shop.back(&mut mei).await);
    shop.says(&buyer, "又来了").await;
    let again = shop.owned_by(&buyer, &lin).await;
    assert_eq!((&again["reception"], &again["state"]), (&json!(2), &json!("unanswered")));
    let why = shop.why(&buyer, 2).await;
    assert_eq!((why.len(), &why[0]["step"], &why[0]["chosen"]), (1, &json!("recent_contact"), &json!(lin.no)));
    // A buyer nobody knows goes to mei, who has less to do.
    let stranger = shop.buyer("stranger").await;
    shop.says(&stranger, "你好").await;
    shop.owned_by(&stranger, &mei).await;
    // After 72 hours the rule no longer applies.
    shop.close(&lin.token, &buyer).await.ok();
    shop.pass_ms(50 * HOUR).await;
    let _desks = (shop.back(&mut lin).await, shop.back(&mut mei).await);
    shop.says(&buyer, "三天后").await;
    let late = shop.owned_by(&buyer, &mei).await;
    assert_eq!(late["reception"], 3);
    assert_eq!(shop.why(&buyer, 3).await[0]["step"], "any_agent");
}

// SPEC: DIV-1 DIV-6
#[actix_web::test]
async fn a_suspended_agent_keeps_the_buyers_it_has_gets_back_recent_ones_and_nobody_new() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 9).await;
    let (kept, known, new) = (shop.buyer("kept").await, shop.buyer("known").await, shop.buyer("new").await);
    let late = shop.buyer("late").await;
    for buyer in [&kept, &known] {
        shop.says(buyer, "你好").await;
        shop.owned_by(buyer, &lin).await;
        shop.answers(&lin, buyer, "您好").await;
    }
    shop.close(&lin.token, &known).await.ok();
    assert_eq!(shop.presence(&lin, "suspended").await.status, 204);
    house.pass_ms(10 * MINUTE);
    shop.says(&new, "你好").await;
    let suspended = |why: &Value| why["seen"].as_array().unwrap().iter().any(|s| s["agent"] == lin.no && s["excluded"] == "suspended");
    // Nobody else: the shop counts as closed.
    let why = &shop.why(&new, 1).await[0];
    assert_eq!((&why["step"], &why["outcome"], &why["chosen"]), (&json!("offline"), &json!("pooled"), &Value::Null));
    assert!(suspended(why), "{why}");
    // A colleague without a free place opens it.
    let (_mei, _other_desk) = shop.online("mei", 0).await;
    shop.says(&late, "你好").await;
    let why = &shop.why(&late, 1).await[0];
    assert_eq!((&why["step"], &why["outcome"], &why["chosen"]), (&json!("any_agent"), &json!("queued"), &Value::Null));
    assert!(suspended(why), "{why}");
    shop.says(&kept, "还在吗").await;
    shop.says(&known, "再问一下").await;
    shop.owned_by(&known, &lin).await;
    assert_eq!(shop.why(&known, 2).await[0]["step"], "recent_contact");
    assert_eq!(shop.summary(&kept).await["owner"], lin.no);
    shop.until(&new, "in the pool", |s| s["state"] == "pooled").await;
    assert_eq!(shop.summary(&late).await["state"], "waiting");
    shop.presence(&lin, "online").await.ok();
    shop.owned_by(&late, &lin).await;
    assert_eq!(shop.why(&late, 1).await[1]["cause"], "waited");
    // Who is in the pool has no turn in the queue, but comes with the next message.
    assert_eq!(shop.summary(&new).await["state"], "pooled");
    shop.says(&new, "有人了吗").await;
    shop.owned_by(&new, &lin).await;
    assert_eq!(shop.why(&new, 1).await[1]["cause"], "wrote_again");
}
