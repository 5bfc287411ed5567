//! Devices: everything once and in order, whether connected or coming back.

use super::support::shop::gap_free;
use super::support::{Heard, House, Shop, Socket};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

/// What a device was shown, apart from the hello: (cursor, type, conversation, seq or state).
fn shown(frames: &[Value]) -> Vec<(u64, String, String)> {
    let one =
        |f: &Value| (f["cursor"].as_u64().unwrap(), f["type"].to_string(), format!("{} {} {}", f["conversation"], f["seq"], f["state"]));
    frames.iter().map(one).collect()
}

async fn messages(socket: &mut Socket, count: usize) -> Vec<Value> {
    let mut all = Vec::new();
    while all.len() < count {
        all.push(socket.message().await);
    }
    all
}

fn numbers(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|m| m["seq"].as_u64().unwrap()).collect()
}

// SPEC: INB-11
#[actix_web::test]
async fn two_devices_of_an_account_see_the_same_in_the_same_order() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    house.at_any_pace().await;
    let (lin, mut one) = shop.online("lin", 9).await;
    let mut two = shop.connect(&lin).await;
    let buyers = join_all((0..4).map(|n| shop.buyer(["a", "b", "c", "d"][n]))).await;
    join_all(buyers.iter().map(|b| shop.says(b, "你好"))).await;
    for buyer in &buyers {
        shop.owned_by(buyer, &lin).await;
    }
    let talk = buyers.iter().map(|buyer| async {
        for n in 0..20u32 {
            join(shop.says(buyer, "问"), shop.answers(&lin, buyer, "答")).await;
            if n.is_multiple_of(5) {
                house.post(&format!("{}/read", buyer.path()), &lin.token, json!({"seq": n})).await.ok();
            }
        }
    });
    join_all(talk).await;
    let end = shop.buyer("end").await;
    shop.says(&end, "完").await;
    let mut seen = Vec::new();
    for device in [&mut one, &mut two] {
        let mut frames = Vec::new();
        loop {
            let frame = device.frame().await;
            let last = frame["conversation"] == end.conversation && frame["state"] == "owned";
            frames.push(frame);
            if last {
                break;
            }
        }
        let frames: Vec<Value> = frames.into_iter().filter(|f| f["type"] != "presence").collect();
        seen.push(shown(&frames));
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].windows(2).all(|w| w[0].0 < w[1].0), "cursors grow");
    assert!(seen[0].iter().filter(|s| s.1 == "\"message\"").count() >= 160, "{}", seen[0].len());
}

// SPEC: INB-11
#[actix_web::test]
async fn a_device_that_was_away_resumes_while_messages_flow_and_misses_and_repeats_nothing() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mut desk) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "1").await;
    shop.owned_by(&buyer, &lin).await;
    desk.until(|f| f["state"] == "owned").await;
    let mut other = shop.connect(&lin).await;
    shop.says(&buyer, "2").await;
    let mut seen = vec![desk.message().await];
    let writing = async {
        for n in 3..=400 {
            shop.says(&buyer, &n.to_string()).await;
        }
    };
    let reading = async {
        while seen.len() < 399 {
            // It comes and goes: each time a handful of messages, then the connection is dropped.
            desk = Socket::open(&house, "staff", &lin.token, Some(desk.cursor)).await;
            let some = 7.min(399 - seen.len());
            seen.extend(messages(&mut desk, some).await);
        }
    };
    join(writing, reading).await;
    assert_eq!(numbers(&seen), (2..=400).collect::<Vec<_>>());
    assert_eq!(numbers(&messages(&mut other, 399).await), (2..=400).collect::<Vec<_>>());
}

// SPEC: INB-11
#[actix_web::test]
async fn more_than_a_thousand_missed_entries_are_caught_up_by_staff_and_buyer() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mut desk) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "1").await;
    desk.until(|f| f["state"] == "owned").await;
    let cursor = desk.cursor;
    let noise = shop.buyer("noise").await; // entries of the feed which are not lin's, once mei is there
    shop.presence(&lin, "suspended").await.ok();
    let (mei, _other) = shop.online("mei", 9).await;
    shop.says(&noise, "?").await;
    shop.owned_by(&noise, &mei).await;
    drop(desk);
    let write = |n: u64| {
        let (shop, buyer, noise) = (&shop, &buyer, &noise);
        async move {
            shop.says(buyer, &n.to_string()).await;
            shop.says(noise, "?").await;
        }
    };
    for chunk in (2..=1_101).collect::<Vec<u64>>().chunks(50) {
        join_all(chunk.iter().map(|n| write(*n))).await;
    }
    let flowing = async {
        for n in 0..30 {
            write(n).await;
        }
    };
    let catching_up = async {
        let mut desk = Socket::open(&house, "staff", &lin.token, Some(cursor)).await;
        let mut phone = Socket::open(&house, "buyer", &buyer.token, Some(0)).await;
        (messages(&mut desk, 1_130).await, messages(&mut phone, 1_131).await)
    };
    let ((), (staff, buyers)) = join(flowing, catching_up).await;
    assert!(staff.iter().all(|m| m["conversation"] == buyer.conversation));
    assert_eq!(numbers(&staff), (2..=1_131).collect::<Vec<_>>());
    assert_eq!(numbers(&buyers), gap_free(1_131));
}

// SPEC: INB-11
#[actix_web::test]
async fn a_device_that_does_not_read_is_cut_and_resumes_with_nothing_missing_or_repeated() {
    const COUNT: u64 = 1_500;
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mut slow) = shop.online("lin", 9).await;
    let _awake = shop.connect(&lin).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "1").await;
    slow.until(|f| f["state"] == "owned").await;
    // More than the kernel's buffers, the connection's queue and the outbox hold together.
    let text = "慢".repeat(4_000);
    for chunk in (2..=COUNT).collect::<Vec<u64>>().chunks(60) {
        join_all(chunk.iter().map(|_| shop.says(&buyer, &text))).await;
    }
    let (frames, code, reason) = slow.closed().await;
    assert_eq!(code, 1013, "{reason}");
    assert!(reason.contains(&format!("cursor={}", slow.cursor)), "{reason}, last seen {}", slow.cursor);
    let mut seen: Vec<Value> = frames.into_iter().filter(|f| f["type"] == "message").collect();
    assert!((seen.len() as u64) < COUNT - 1, "it was not cut early");
    let mut again = Socket::open(&house, "staff", &lin.token, Some(slow.cursor)).await;
    let rest = COUNT as usize - 1 - seen.len();
    seen.extend(messages(&mut again, rest).await);
    assert_eq!(numbers(&seen), (2..=COUNT).collect::<Vec<_>>());
}

// SPEC: INB-11
#[actix_web::test]
async fn a_cursor_from_the_future_is_refused_and_a_device_too_many_too() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let lin = shop.agent("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    for (side, token) in [("staff", &lin.token), ("buyer", &buyer.token)] {
        for cursor in [u64::MAX, 1_000_000] {
            assert_eq!(Socket::try_open(&house, side, token, Some(cursor)).await.err(), Some(400), "{side} {cursor}");
        }
        let mut open = Vec::new();
        for _ in 0..20 {
            open.push(Socket::open(&house, side, token, None).await);
        }
        assert_eq!(Socket::try_open(&house, side, token, None).await.err(), Some(409), "{side}");
        drop(open.pop());
        super::support::until("room for a device", || async { Socket::try_open(&house, side, token, None).await.ok() }).await;
    }
}

// SPEC: DIV-6 INB-11
#[actix_web::test]
async fn the_owner_sees_everything_of_the_shop_and_a_buyer_only_what_is_theirs() {
    let house = House::open().await;
    let (tea, shoes) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    let mut boss = Socket::open(&house, "staff", &tea.boss, None).await;
    let (lin, mut desk) = tea.online("lin", 9).await;
    let (_mei, mut other_desk) = tea.online("mei", 0).await;
    let (_zhao, mut foreign) = shoes.online("zhao", 9).await;
    let (a, b) = (tea.buyer("a").await, tea.buyer("b").await);
    let mut phone = Socket::open(&house, "buyer", &a.token, None).await;
    for buyer in [&a, &b] {
        tea.says(buyer, "你好").await;
        tea.owned_by(buyer, &lin).await;
        tea.answers(&lin, buyer, "您好").await;
        tea.transfer(&lin.token, buyer, json!({"agent": _mei.no, "reason": "换人"})).await.ok();
        tea.close(&tea.boss, buyer).await.ok();
    }
    // Sentinels: the last thing each is told.
    let stranger = shoes.buyer("x").await;
    shoes.says(&stranger, "完").await;
    let frames = |mut socket: Socket, last: &'static str, conversation: String| async move {
        let mut all = Vec::new();
        loop {
            let frame = socket.frame().await;
            all.push(frame.clone());
            if frame["state"] == last && frame["conversation"] == conversation {
                return all;
            }
        }
    };
    let kinds = |frames: &[Value], conversation: &str| {
        let of = frames.iter().filter(|f| f["conversation"] == conversation);
        of.map(|f| format!("{} {}", f["type"], f["state"]).replace(['"', ' '], "").replace("null", "")).collect::<Vec<_>>()
    };
    boss = {
        let seen = frames(boss, "closed", b.conversation.clone()).await;
        for buyer in [&a, &b] {
            let seen = kinds(&seen, &buyer.conversation);
            let expected = ["receptionopened", "message", "receptionowned", "message", "receptionowned", "message", "receptionclosed"];
            assert_eq!(seen, expected);
        }
        Socket::open(&house, "staff", &tea.boss, None).await
    };
    drop(boss);
    let seen = frames(phone, "closed", a.conversation.clone()).await;
    assert!(seen.iter().all(|f| f["conversation"] == a.conversation && f["type"] != "presence" && f["from"] != json!(lin.no)), "{seen:?}");
    assert_eq!(kinds(&seen, &a.conversation).len(), 7);
    phone = Socket::open(&house, "buyer", &a.token, None).await;
    drop(phone);
    let seen = frames(foreign, "owned", stranger.conversation.clone()).await;
    assert!(seen.iter().all(|f| f["type"] == "presence" || f["conversation"] == stranger.conversation), "{seen:?}");
    foreign = Socket::open(&house, "staff", &shoes.boss, None).await;
    drop(foreign);
    // The first owner is told that it went, the second that it came.
    let left = desk.until(|f| f["state"] == "owned" && f["from"] == lin.no).await;
    assert_eq!(left["owner"], _mei.no);
    let came = other_desk.until(|f| f["state"] == "owned").await;
    assert_eq!((&came["owner"], &came["from"]), (&json!(_mei.no), &json!(lin.no)));
}

// SPEC: INB-11
#[actix_web::test]
async fn a_token_may_come_as_a_subprotocol_as_browsers_send_it() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let buyer = shop.buyer("b-1").await;
    let offered = format!("fenliu.v1, bearer.{}", buyer.token);
    let request = house.web_socket("/v1/buyer/socket").header("sec-websocket-protocol", offered);
    let (response, _framed) = request.connect().await.expect("opened");
    assert_eq!(response.headers().get("sec-websocket-protocol").unwrap(), "fenliu.v1");
    let request = house.web_socket("/v1/buyer/socket").header("sec-websocket-protocol", "fenliu.v1, bearer.flb_wrong");
    assert!(request.connect().await.is_err());
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    phone.raw(awc::ws::Message::Close(Some(awc::ws::CloseCode::Normal.into()))).await;
    assert!(matches!(phone.hear().await, Heard::Closed(1000, _) | Heard::Gone));
}
