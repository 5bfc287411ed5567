//! Who types and who looks: told now or never, expiring by itself, never stored and never told to those it is not for.

use super::support::{Agent, Buyer, House, Shop, Socket};
use futures_util::future::{Either, select};
use serde_json::{Value, json};
use std::pin::pin;
use std::rc::Rc;

/// Goes on saying something, as a client does, until another device hears what is so: a device that still catches up is told no
/// signals. A second passes each time.
async fn heard(house: &Rc<House>, from: &mut Socket, says: &[Value], to: &mut Socket, so: impl Fn(&Value) -> bool) -> Value {
    let saying = async {
        loop {
            for frame in says {
                from.say(frame.clone()).await;
            }
            for _ in 0..50 {
                house.get("/healthz", "").await;
            }
            house.pass_ms(1_000);
        }
    };
    match select(pin!(to.until(so)), pin!(saying)).await {
        Either::Left((frame, _)) => frame,
        Either::Right(((), _)) => unreachable!("it never ends"),
    }
}

fn typing(frame: &Value) -> bool {
    frame["type"] == "typing"
}

fn looks(conversation: &str) -> Value {
    json!({"type": "looking", "conversation": conversation})
}

/// All frames up to the one that is so.
async fn collect(socket: &mut Socket, so: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut frames = Vec::new();
    while !frames.last().is_some_and(&so) {
        frames.push(socket.frame().await);
    }
    frames
}

async fn end(shop: &Shop) {
    let body = json!({"stream": "system", "kind": "the_end", "title": "完", "id": shop.house.unique()});
    shop.platform("POST", "notices", body).await.ok();
}

/// A conversation that lin serves, and its devices.
async fn served(shop: &Shop) -> (Agent, Socket, Buyer, Socket) {
    let (lin, desk) = shop.online("lin", 9).await;
    let buyer = shop.buyer("a").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    let phone = Socket::open(&shop.house, "buyer", &buyer.token, None).await;
    (lin, desk, buyer, phone)
}

// SPEC: INB-13
#[actix_web::test]
async fn typing_goes_both_ways_and_to_nobody_else() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mut desk, buyer, mut phone) = served(&shop).await;
    let (_mei, mut other) = shop.online("mei", 9).await;
    let mut boss = Socket::open(&house, "staff", &shop.boss, None).await;
    let stranger = shop.buyer("b").await;
    let mut strangers = Socket::open(&house, "buyer", &stranger.token, None).await;
    let begin = desk.cursor;
    let told = heard(&house, &mut phone, &[json!({"type": "typing"})], &mut desk, typing).await;
    assert_eq!(told, json!({"type": "typing", "conversation": buyer.conversation, "from": "buyer"}));
    let says = json!({"type": "typing", "conversation": buyer.conversation});
    let told = heard(&house, &mut desk, std::slice::from_ref(&says), &mut phone, typing).await;
    assert_eq!(told, json!({"type": "typing", "conversation": buyer.conversation, "from": "staff", "agent": lin.no}));
    // Who does not serve is not shown to the buyer, but is told of the buyer while looking.
    boss.say(says.clone()).await;
    heard(&house, &mut phone, &[json!({"type": "typing"})], &mut boss, typing).await;
    shop.says(&buyer, "完").await;
    end(&shop).await;
    let frames = collect(&mut phone, |f| f["text"] == "完").await;
    assert!(frames.iter().filter(|f| typing(f)).all(|f| f["agent"] == lin.no), "{frames:?}");
    let frames = collect(&mut other, |f| f["kind"] == "the_end").await;
    assert!(frames.iter().all(|f| !typing(f) && f["type"] != "lookers"), "mei is not concerned: {frames:?}");
    shop.says(&stranger, "完").await;
    assert_ne!(strangers.frame().await["type"], "typing");
    // Never in the feed.
    let mut back = Socket::open(&house, "staff", &lin.token, Some(begin)).await;
    let frames = collect(&mut back, |f| f["kind"] == "the_end").await;
    assert!(frames.iter().all(|f| !typing(f) && f["type"] != "lookers"), "{frames:?}");
}

fn lookers(frame: &Value) -> Option<Vec<(u64, bool)>> {
    let agents = frame["agents"].as_array().filter(|_| frame["type"] == "lookers")?;
    Some(agents.iter().map(|a| (a["agent"].as_u64().unwrap(), a["typing"].as_bool().unwrap())).collect())
}

/// Sees to it that a device of the staff has caught up; it looks at nothing then.
async fn keep_up(house: &House, socket: &mut Socket, conversation: &str) {
    loop {
        for frame in [json!({"type": "left"}), looks(conversation), json!({"type": "left"}), json!({"type": "no_such_frame"})] {
            socket.say(frame).await;
        }
        // What is not understood is always answered.
        let frames = collect(socket, |f| f["type"] == "refused").await;
        house.pass_ms(1_000);
        if frames.iter().any(|f| f["type"] == "lookers") {
            return;
        }
    }
}

// SPEC: INB-13
#[actix_web::test]
async fn who_looks_is_told_who_else_looks_and_types() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mut desk, buyer, mut phone) = served(&shop).await;
    let boss_no = 1;
    let mut boss = Socket::open(&house, "staff", &shop.boss, None).await;
    let id = buyer.conversation.clone();
    for socket in [&mut desk, &mut boss] {
        keep_up(&house, socket, &id).await;
    }
    desk.say(looks(&id)).await;
    assert_eq!(desk.until(|f| lookers(f).is_some()).await["agents"], json!([{"agent": lin.no, "typing": false}]));
    boss.say(looks(&id)).await;
    let both = vec![(boss_no, false), (lin.no, false)];
    for socket in [&mut desk, &mut boss] {
        socket.until(|f| lookers(f).as_ref() == Some(&both)).await;
    }
    desk.say(json!({"type": "typing", "conversation": id})).await;
    for socket in [&mut desk, &mut boss] {
        socket.until(|f| lookers(f) == Some(vec![(boss_no, false), (lin.no, true)])).await;
    }
    // Typing expires, and so does looking where nobody says so again.
    house.pass_ms(7_000);
    boss.until(|f| lookers(f).as_ref() == Some(&both)).await;
    house.pass_ms(40_000);
    boss.say(looks(&id)).await;
    boss.say(json!({"type": "no_such_frame"})).await;
    boss.until(|f| f["type"] == "refused").await;
    house.pass_ms(20_000);
    boss.until(|f| lookers(f) == Some(vec![(boss_no, false)])).await;
    desk.say(looks(&id)).await;
    boss.until(|f| lookers(f).as_ref() == Some(&both)).await;
    // A device looks at one conversation; one that hangs up looks at none.
    drop(desk);
    boss.until(|f| lookers(f) == Some(vec![(boss_no, false)])).await;
    shop.says(&buyer, "完").await;
    let frames = phone.until(|f| f["type"] == "lookers" || f["text"] == "完").await;
    assert_eq!(frames["type"], "message", "a buyer is never told who looks");
}

// SPEC: INB-13 OPS-3
#[actix_web::test]
async fn signals_are_refused_where_they_are_too_many_or_about_what_one_may_not_see() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (_lin, mut desk, buyer, mut phone) = served(&shop).await;
    let (_mei, mut other) = shop.online("mei", 9).await;
    for says in [looks(&buyer.conversation), json!({"type": "typing", "conversation": buyer.conversation})] {
        other.say(says).await;
        let told = other.until(|f| f["type"] == "refused").await;
        assert_eq!(told["code"], "not_found", "{told}");
    }
    for bad in [
        json!({"type": "looking"}),
        json!({"type": "typing"}),
        json!({"type": "left", "conversation": buyer.conversation}),
        json!({"type": "looking", "conversation": buyer.conversation, "seq": 1}),
        json!({"type": "typing", "conversation": buyer.conversation, "text": "x"}),
    ] {
        desk.say(bad.clone()).await;
        assert_eq!(desk.until(|f| f["type"] == "refused").await["code"], "invalid", "{bad}");
    }
    for bad in [looks(&buyer.conversation), json!({"type": "left"}), json!({"type": "typing", "conversation": buyer.conversation})] {
        phone.say(bad.clone()).await;
        assert_eq!(phone.until(|f| f["type"] == "refused").await["code"], "invalid", "{bad}");
    }
    for _ in 0..11 {
        phone.say(json!({"type": "typing"})).await;
    }
    let told = phone.until(|f| f["type"] == "refused").await;
    assert_eq!((&told["code"], &told["retry_after_s"]), (&json!("too_many_requests"), &json!(1)));
    house.pass_ms(1_000);
    heard(&house, &mut phone, &[json!({"type": "typing"})], &mut desk, typing).await;
}
