//! Presence: what a lost connection costs, and what it does not.

use super::support::{Agent, Buyer, House, MINUTE, SECOND, Shop, Socket};
use futures_util::FutureExt;
use serde_json::json;

/// Waits until the boss's device is told of this presence.
async fn told(boss: &mut Socket, agent: &Agent, presence: &str) {
    boss.until(|f| f["type"] == "presence" && f["agent"] == agent.no && f["presence"] == presence).await;
}

struct Stage {
    shop: Shop,
    boss: Socket,
    lin: Agent,
    mei: Agent,
    desk: Socket,
    _other: Socket,
    unanswered: Buyer,
    answered: Buyer,
}

/// lin has one buyer unanswered and one answered; mei, who is online too, has none. Their devices with them.
pub async fn two(shop: &Shop) -> ([Agent; 2], [Socket; 2], [Buyer; 2]) {
    let (lin, desk) = shop.online("lin", 9).await;
    let (unanswered, answered) = (shop.buyer("unanswered").await, shop.buyer("answered").await);
    for buyer in [&unanswered, &answered] {
        shop.says(buyer, "你好").await;
        shop.owned_by(buyer, &lin).await;
    }
    shop.answers(&lin, &answered, "您好").await;
    let (mei, other) = shop.online("mei", 9).await;
    ([lin, mei], [desk, other], [unanswered, answered])
}

async fn stage() -> Stage {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let boss = Socket::open(&house, "staff", &shop.boss, None).await;
    let ([lin, mei], [desk, _other], [unanswered, answered]) = two(&shop).await;
    Stage { shop, boss, lin, mei, desk, _other, unanswered, answered }
}

// SPEC: DIV-6
#[actix_web::test]
async fn offline_longer_than_the_grace_moves_who_waits_and_the_others_with_their_next_message() {
    let Stage { shop, mut boss, lin, mei, desk, _other, unanswered, answered } = stage().await;
    drop(desk);
    told(&mut boss, &lin, "offline").await;
    shop.house.pass_ms(59 * SECOND);
    // Something the dispatcher does later than it would have moved the reception: a new buyer is served.
    let new = shop.buyer("new").await;
    shop.says(&new, "你好").await;
    shop.owned_by(&new, &mei).await;
    assert_eq!(shop.summary(&unanswered).await["owner"], lin.no);
    shop.house.pass_ms(SECOND);
    shop.owned_by(&unanswered, &mei).await;
    let why = shop.why(&unanswered, 1).await;
    assert_eq!((why.len(), &why[1]["from"], &why[1]["chosen"]), (2, &json!(lin.no), &json!(mei.no)));
    assert_eq!(shop.summary(&answered).await["owner"], lin.no, "an answered one waits for the buyer");
    shop.house.pass_ms(5 * MINUTE);
    shop.says(&answered, "还在吗").await;
    shop.owned_by(&answered, &mei).await;
    assert_eq!(shop.summary(&answered).await["reception"], 1);
}

// SPEC: DIV-6
#[actix_web::test]
async fn a_connection_that_comes_back_within_the_grace_costs_nothing() {
    let Stage { shop, mut boss, lin, mei, desk, _other, unanswered, answered } = stage().await;
    for _ in 0..3 {
        // A second device holds the presence by itself.
        let second = shop.connect(&lin).await;
        drop(second);
    }
    drop(desk);
    told(&mut boss, &lin, "offline").await;
    shop.house.pass_ms(59 * SECOND);
    let _desk = shop.connect(&lin).await;
    told(&mut boss, &lin, "online").await;
    shop.house.pass_ms(10 * MINUTE);
    let new = shop.buyer("new").await;
    shop.says(&new, "你好").await;
    shop.owned_by(&new, &mei).await;
    for buyer in [&unanswered, &answered] {
        assert_eq!(shop.summary(buyer).await["owner"], lin.no);
        assert_eq!(shop.why(buyer, 1).await.len(), 1);
    }
}

// SPEC: DIV-6
#[actix_web::test]
async fn a_suspended_agent_who_loses_the_connection_comes_back_suspended() {
    let Stage { shop, mut boss, lin, desk, mut _other, mei, .. } = stage().await;
    shop.presence(&lin, "suspended").await.ok();
    told(&mut boss, &lin, "suspended").await;
    drop(desk);
    told(&mut boss, &lin, "offline").await;
    shop.presence(&lin, "online").await.refused(409, "not_connected");
    let _desk = shop.connect(&lin).await;
    told(&mut boss, &lin, "suspended").await;
    // Choosing to be offline acts at once, with the device still connected.
    shop.presence(&mei, "offline").await.ok();
    told(&mut boss, &mei, "offline").await;
    shop.presence(&mei, "online").await.ok();
    told(&mut boss, &mei, "online").await;
}

// SPEC: DIV-5 DIV-6
#[actix_web::test]
async fn nobody_online_lets_everybody_wait_until_somebody_comes_where_the_gate_is_off() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.without_gate().await;
    let mut boss = Socket::open(&house, "staff", &shop.boss, None).await;
    house.put("/v1/staff/presence", &shop.boss, json!({"presence": "suspended"})).await.ok();
    let lin = shop.agent("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "有人吗").await;
    let why = shop.why(&buyer, 1).await;
    assert_eq!((&why[0]["step"], &why[0]["outcome"]), (&json!("any_agent"), &json!("queued")));
    let waiting = house.get("/v1/staff/inbox?state=waiting", &lin.token).await.ok();
    assert_eq!(waiting["conversations"][0]["conversation"], buyer.conversation, "an agent sees the queue");
    house.get(&format!("{}/messages", buyer.path()), &lin.token).await.ok();
    let desk = shop.connect(&lin).await;
    shop.owned_by(&buyer, &lin).await;
    // Away for good, and nobody else: it waits, and comes back.
    drop(desk);
    told(&mut boss, &lin, "offline").await;
    house.pass_ms(MINUTE);
    shop.until(&buyer, "waiting again", |s| s["state"] == "waiting").await;
    let _desk = shop.connect(&lin).await;
    shop.owned_by(&buyer, &lin).await;
    assert_eq!(shop.why(&buyer, 1).await.iter().filter(|w| w["chosen"].is_null()).count(), 2);
}

// SPEC: DIV-6 ACC-1
#[actix_web::test]
async fn a_disabled_agent_is_gone_at_once_and_the_buyers_move_on() {
    let Stage { shop, mut boss, lin, mei, mut desk, _other, unanswered, answered } = stage().await;
    shop.configure(&lin, 1, 9, json!([]), false).await;
    let (_, code, _) = desk.closed().await;
    assert_eq!(code, 4401);
    told(&mut boss, &lin, "offline").await;
    shop.log_in("lin", super::support::shop::PASSWORD).await.refused(401, "wrong_password");
    shop.house.pass_ms(MINUTE);
    shop.owned_by(&unanswered, &mei).await;
    shop.says(&answered, "?").await;
    shop.owned_by(&answered, &mei).await;
}

// SPEC: DIV-6
#[actix_web::test]
async fn who_hangs_up_while_connecting_is_not_present_for_ever() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let mut boss = Socket::open(&house, "staff", &shop.boss, None).await;
    let lin = shop.agent("lin", 9).await;
    let door = house.door();
    let who = door.authenticate(&lin.token).unwrap();
    // Asked for once, and given up before the answer: a client that is gone before the handshake is.
    assert!(door.connect(who, None).now_or_never().is_none(), "an answer follows a commit");
    told(&mut boss, &lin, "online").await;
    told(&mut boss, &lin, "offline").await;
}

// SPEC: INB-11
#[actix_web::test]
async fn one_overseer_cannot_take_the_places_of_all() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(Socket::open(&house, "staff", &shop.boss, None).await);
    }
    assert_eq!(Socket::try_open(&house, "staff", &shop.boss, None).await.err(), Some(409));
}
