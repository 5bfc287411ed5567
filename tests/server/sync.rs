//! Many devices, several people, one truth: whatever order things are done in, all see the same in the same order, and nobody's
//! clock but the server's counts.

use super::desk::{labels, open};
use super::support::shop::{gap_free, seqs};
use super::support::{Agent, Answer, Buyer, House, Shop, Socket};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Numbers that are the same in every run of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// One action of one of the two who work on it; some are refused, which is part of it.
async fn act(shop: &Shop, buyer: &Buyer, who: &Agent, what: u64, n: u64) -> Answer {
    let (house, path, token) = (&shop.house, buyer.path(), who.token.as_str());
    match what {
        0 | 1 => shop.answer(who, buyer, &house.unique(), "答").await,
        2 => house.put(&format!("{path}/labels"), token, json!({"add": [n % 2 + 1], "remove": [(n + 1) % 2 + 1]})).await,
        3 => house.put(&format!("{path}/messages/{}/labels", n % 5 + 1), token, json!({"labels": [n % 2 + 1]})).await,
        4 => house.post(&format!("{path}/notes"), token, json!({"text": format!("记 {n}")})).await,
        5 => house.put(&format!("{path}/mark"), token, json!({"state": if n.is_multiple_of(2) { "replied" } else { "unanswered" }})).await,
        6 => house.put(&format!("{path}/priority"), token, json!({"priority": if n.is_multiple_of(2) { "urgent" } else { "low" }})).await,
        7 => house.post(&format!("{path}/messages/{}/recall", n % 20 + 1), token, json!({})).await,
        8 => house.post(&format!("{path}/read"), token, json!({"seq": n})).await,
        _ => shop.send(buyer, &house.unique(), "问").await,
    }
}

/// What a device makes of what it was told: the newest of everything.
fn state(frames: &[Value]) -> Value {
    let mut state = json!({"messages": {}, "labels": null, "notes": [], "of_message": {}});
    for f in frames {
        let seq = f["seq"].to_string();
        match f["type"].as_str().unwrap() {
            "message" => state["messages"][seq] = f["text"].clone(),
            "recalled" => state["messages"][seq] = json!("recalled"),
            "labels" if f["seq"].is_null() => state["labels"] = f["labels"].clone(),
            "labels" => state["of_message"][seq] = f["labels"].clone(),
            "note" => state["notes"].as_array_mut().unwrap().push(f["text"].clone()),
            other => state[other] = json!([f["state"], f["priority"], f["seq"], f["owner"]]),
        }
    }
    state
}

async fn up_to(socket: &mut Socket, last: &str) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = socket.frame().await;
        let end = frame["text"] == last;
        frames.push(frame);
        if end {
            return frames.into_iter().filter(|f| f["type"] != "presence").collect();
        }
    }
}

// SPEC: INB-11
#[actix_web::test]
async fn devices_and_people_at_one_conversation_end_in_the_same_state_in_the_same_order() {
    for seed in 1..=3 {
        let house = House::open().await;
        let (shop, lin, mut one, buyer) = open(&house).await;
        let eva = shop.account("eva", json!({"role": "supervisor", "capacity": 0})).await;
        let mut evas = shop.connect(&eva).await;
        one.until(|f| f["owner"] == lin.no).await;
        let begin = one.cursor;
        let mut two = Socket::open(&house, "staff", &lin.token, Some(begin)).await;
        let mut dice = Dice(seed);
        for _ in 0..12 {
            // A handful at once: who comes first is the server's to say.
            let some: Vec<(u64, u64, u64)> = (0..8).map(|_| (dice.below(2), dice.below(10), dice.below(30))).collect();
            let (shop, buyer, lin, eva) = (&shop, &buyer, &lin, &eva);
            let answers = join_all(
                some.iter().map(|(who, what, n)| async move { act(shop, buyer, if *who == 0 { lin } else { eva }, *what, *n).await }),
            )
            .await;
            assert!(answers.iter().all(|a| a.status < 500), "seed {seed}: {answers:?}");
            house.pass_ms(dice.below(20_000));
        }
        shop.answers(&lin, &buyer, "完").await;
        let seen = [up_to(&mut one, "完").await, up_to(&mut two, "完").await];
        assert_eq!(seen[0], seen[1], "seed {seed}: two devices of one account");
        assert!(seen[0].windows(2).all(|w| w[0]["cursor"].as_u64() < w[1]["cursor"].as_u64()), "seed {seed}");
        let evas: Vec<Value> = up_to(&mut evas, "完").await.into_iter().filter(|f| f["cursor"].as_u64() > Some(begin)).collect();
        assert_eq!(evas, seen[0], "seed {seed}: two people");
        // Who was away the whole time ends in the same state, though what was recalled comes without its text.
        let mut late = Socket::open(&house, "staff", &lin.token, Some(begin)).await;
        let late = up_to(&mut late, "完").await;
        assert_eq!(state(&late), state(&seen[0]), "seed {seed}");
        let shown = shop.history(&buyer).await;
        assert_eq!(seqs(&shown), gap_free(shown.len() as u64));
        for message in &shown[1..] {
            let told = &state(&late)["messages"][message["seq"].to_string()];
            let expected = if message["recalled"] == true { &json!("recalled") } else { &message["text"] };
            assert_eq!(told, expected, "seed {seed}: {message}");
        }
    }
}

// SPEC: INB-11
#[actix_web::test]
async fn ten_thousand_missed_entries_are_caught_up_without_gap_or_repeat() {
    let house = House::open().await;
    let (shop, lin, mut desk, buyer) = open(&house).await;
    desk.until(|f| f["owner"] == lin.no).await;
    let cursor = desk.cursor;
    drop(desk);
    const MISSED: u64 = 10_000;
    let body = |n: u64| json!({"client_message_id": format!("missed-{n:08}"), "text": "x"});
    for chunk in (2..=MISSED + 1).collect::<Vec<u64>>().chunks(250) {
        join_all(chunk.iter().map(|n| async { house.post("/v1/buyer/messages", &buyer.token, body(*n)).await.ok() })).await;
    }
    // Some come while it catches up; labels and notes among them.
    let mut back = Socket::open(&house, "staff", &lin.token, Some(cursor)).await;
    let (mut numbers, mut cursors, mut others) = (Vec::new(), vec![cursor], 0);
    for n in 0..20 {
        house.post(&format!("{}/notes", buyer.path()), &lin.token, json!({"text": format!("记 {n}")})).await.ok();
        shop.says(&buyer, "y").await;
    }
    while others < 20 || (numbers.len() as u64) < MISSED + 20 {
        let frame = back.frame().await;
        cursors.push(back.cursor);
        match frame["type"].as_str() {
            Some("message") => numbers.push(frame["seq"].as_u64().unwrap()),
            Some("note") => others += 1,
            _ => {}
        }
    }
    assert_eq!(numbers, (2..=MISSED + 21).collect::<Vec<_>>());
    assert!(cursors.windows(2).all(|w| w[0] < w[1]), "cursors grow");
}

// SPEC: INB-11 OPS-2
#[actix_web::test]
async fn a_clients_clock_changes_nothing() {
    let house = House::open().await;
    let (shop, lin, mut desk, buyer) = open(&house).await;
    shop.platform("PUT", "desk", labels()).await.ok();
    // Whatever a client says of time is refused, or not looked at.
    for at in [0, house.now() + 1_000_000_000] {
        let body = json!({"client_message_id": house.unique(), "text": "x", "at": at});
        house.post("/v1/buyer/messages", &buyer.token, body).await.refused(400, "invalid");
        house.post(&format!("{}/notes", buyer.path()), &lin.token, json!({"text": "x", "at": at})).await.refused(400, "invalid");
        desk.say(json!({"type": "answer", "conversation": buyer.conversation, "client_message_id": "12345678", "text": "x", "at": at}))
            .await;
        assert_eq!(desk.until(|f| f["type"] == "refused").await["code"], "invalid");
    }
    for date in ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 2100 23:59:59 GMT"] {
        let request = house.request("POST", "/v1/buyer/messages", &buyer.token).insert_header(("date", date));
        let body = json!({"client_message_id": house.unique(), "text": "x"});
        let told = super::support::read(request.send_json(&body)).await.ok();
        assert_eq!(told["at"], house.now());
    }
    let shown = shop.history(&buyer).await;
    assert!(shown.iter().all(|m| m["at"] == house.now()), "{shown:?}");
    assert_eq!(seqs(&shown), gap_free(3));
}
