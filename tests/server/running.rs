//! Starting, stopping, overload: nothing acknowledged is lost, and what is refused says when to come again.

use super::support::shop::{gap_free, seqs};
use super::support::{BEGIN_MS, House, Shop, Socket, settings, start, until};
use futures_util::future::{join, join_all};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

// SPEC: OPS-2 OPS-3 DIV-5 DIV-6
#[actix_web::test]
async fn a_restart_in_the_same_folder_loses_nothing() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.rules(json!({"rules": [], "queue": {"length_max": 1_000}})).await; // a wait without end
    let (lin, mut desk) = shop.online("lin", 2).await;
    let (mei, mut other) = shop.online("mei", 0).await;
    let mut buyers = Vec::new();
    for n in 0..5 {
        let buyer = shop.buyer(&format!("b-{n}")).await;
        house.pass_ms(1);
        shop.send(&buyer, "message-1", "你好").await.ok();
        shop.decided(&buyer, 1).await;
        buyers.push(buyer);
    }
    shop.answers(&lin, &buyers[0], "您好").await;
    house.post(&format!("{}/read", buyers[1].path()), &lin.token, json!({"seq": 1})).await.ok();
    shop.says(&buyers[1], "?").await;
    let mut phone = Socket::open(&house, "buyer", &buyers[0].token, None).await;
    let before: Vec<_> = join_all(buyers.iter().map(|b| shop.summary(b))).await;
    let histories: Vec<_> = join_all(buyers.iter().map(|b| shop.history(b))).await;
    let whys: Vec<_> = join_all(buyers.iter().map(|b| shop.why(b, 1))).await;

    let begun = Instant::now();
    let ((), (_, code, reason), (..), (_, buyers_code, _)) =
        futures_util::join!(house.stop(), desk.closed(), other.closed(), phone.closed());
    assert_eq!((code, buyers_code), (1012, 1012), "{reason}");
    assert!(begun.elapsed() < Duration::from_secs(5), "a stop without work took {:?}", begun.elapsed());
    house.pass_ms(3_600_000); // longer than any grace: a stopped server is nobody's absence
    house.start().await;

    let after: Vec<_> = join_all(buyers.iter().map(|b| shop.summary(b))).await;
    assert_eq!(after, before);
    assert_eq!(join_all(buyers.iter().map(|b| shop.history(b))).await, histories);
    assert_eq!(join_all(buyers.iter().map(|b| shop.why(b, 1))).await, whys);
    assert_eq!(shop.send(&buyers[0], "message-1", "你好").await.ok()["repeated"], true);
    assert_eq!(shop.answer(&lin, &buyers[0], "message-1", "!").await.status, 200, "sessions go on, and so does the reception");
    // A colleague who connects first must not be handed what lin only seems to have left.
    let _other = shop.connect(&mei).await;
    shop.configure(&mei, 1, 3, json!([]), true).await;
    for buyer in &buyers[2..] {
        shop.owned_by(buyer, &mei).await;
    }
    let mut desk = Socket::open(&house, "staff", &lin.token, Some(desk.cursor)).await;
    let new = shop.buyer("new").await;
    house.pass_ms(1);
    shop.says(&new, "你好").await;
    shop.decided(&new, 1).await;
    for buyer in &buyers[..2] {
        assert_eq!(shop.summary(buyer).await["owner"], lin.no);
        assert_eq!(shop.why(buyer, 1).await.len(), 1);
    }
    assert_eq!(shop.load(&lin).await, 2);
    desk.until(|f| f["type"] == "message" && f["text"] == "!").await;
    // The grace runs from the restart on.
    shop.close(&shop.boss, &buyers[0]).await.ok();
    shop.owned_by(&new, &lin).await;
    house.stop().await;
    house.start().await;
    let _other = shop.connect(&mei).await;
    shop.configure(&mei, 1, 9, json!([]), true).await;
    // It begins with the first beat of the clock, which nobody sees: the time goes on until the buyers have moved.
    for buyer in [&buyers[1], &new] {
        until("a move to mei", || async {
            house.pass_ms(10_000);
            Some(shop.summary(buyer).await).filter(|s| s["owner"] == mei.no)
        })
        .await;
    }
    for buyer in [&buyers[1], &new] {
        assert_eq!(shop.why(buyer, 1).await.iter().filter(|w| w["from"] == lin.no).count(), 1, "moved once");
    }
}

// SPEC: OPS-2 OPS-3
#[actix_web::test]
async fn a_stop_under_load_keeps_every_message_it_acknowledged() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let buyers = join_all((0..8).map(|n| {
        let (shop, name) = (&shop, format!("b-{n}"));
        async move { shop.buyer(&name).await }
    }))
    .await;
    let writing = buyers.iter().map(|buyer| async {
        let mut last = 0;
        for n in 0..100_000 {
            let body = json!({"client_message_id": format!("message-{n}"), "text": n.to_string()});
            let sent = house.request("POST", "/v1/buyer/messages", &buyer.token).send_json(&body).await;
            let Ok(mut response) = sent else { break };
            match response.status().as_u16() {
                200 => last = response.json::<serde_json::Value>().await.map_or(last, |told| told["seq"].as_u64().unwrap()),
                503 => break,
                other => panic!("status {other}"),
            }
        }
        last
    });
    let stopping = async {
        for buyer in &buyers {
            shop.until(buyer, "twenty messages", |s| s["last_seq"].as_u64() >= Some(20)).await;
        }
        house.stop().await;
    };
    // The first message of each exists before the stop begins.
    join_all(buyers.iter().map(|b| shop.says(b, "first"))).await;
    let (acknowledged, ()) = join(join_all(writing), stopping).await;
    house.start().await;
    for (buyer, last) in buyers.iter().zip(acknowledged) {
        let history = shop.history(buyer).await;
        let stored = history.len() as u64;
        assert_eq!(seqs(&history), gap_free(stored));
        assert!(stored >= last, "{stored} stored, {last} acknowledged");
        assert!(stored <= last.max(1) + 1, "one may be on disk without an answer: {stored} stored, {last} acknowledged");
    }
}

// SPEC: OPS-3
#[actix_web::test]
async fn a_buyer_who_writes_too_fast_is_told_when_to_come_again() {
    let house = House::open_with(|c| {
        c.limits.buyer_messages_per_s = 1;
        c.limits.buyer_messages_burst = 3;
    })
    .await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let (fast, calm) = (shop.buyer("fast").await, shop.buyer("calm").await);
    for _ in 0..3 {
        shop.says(&fast, "!").await;
    }
    shop.until(&fast, "in the pool", |s| s["state"] == "pooled").await;
    let refused = shop.send(&fast, "message-1", "!").await;
    assert_eq!(refused.retry_after, Some(1));
    refused.refused(429, "too_many_requests");
    let mut phone = Socket::open(&house, "buyer", &fast.token, None).await;
    phone.send("message-1", "!").await;
    let told = phone.until(|f| f["type"] != "hello").await;
    assert_eq!((&told["type"], &told["code"]), (&json!("refused"), &json!("too_many_requests")));
    assert_eq!(told["retry_after_s"], 1);
    shop.says(&calm, "another buyer's bucket is full").await;
    assert_eq!(house.get("/v1/buyer/messages", &fast.token).await.ok()["messages"].as_array().unwrap().len(), 3);
}

// SPEC: OPS-3
#[actix_web::test]
async fn a_server_at_its_limit_refuses_and_loses_nothing_it_accepted() {
    let house = House::open_with(|c| c.limits.in_flight_max = 1).await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let buyer = shop.buyer("b-1").await;
    let mut accepted = 0;
    let mut refused = 0;
    for _ in 0..40 {
        let answers = join_all((0..16).map(|_| shop.send(&buyer, "unused-id", ""))).await;
        assert!(answers.into_iter().all(|a| a.status == 400), "what is invalid is invalid however full it is");
        let ids: Vec<String> = (0..16).map(|_| house.unique()).collect();
        for answer in join_all(ids.iter().map(|id| shop.send(&buyer, id, "你好"))).await {
            match answer.status {
                200 => accepted += 1,
                _ => {
                    answer.refused(503, "overloaded");
                    refused += 1;
                }
            }
        }
        if refused > 0 {
            break;
        }
    }
    assert!(accepted > 0 && refused > 0, "{accepted} accepted, {refused} refused");
    let history = shop.history(&buyer).await;
    assert_eq!(seqs(&history), gap_free(accepted));
    house.get("/healthz", "").await.ok();
    assert_eq!(until("ready", || async { Some(house.get("/readyz", "").await).filter(|a| a.status == 200) }).await.status, 200);
}

// SPEC: OPS-1
#[actix_web::test]
async fn a_folder_or_an_address_that_is_taken_is_an_error_that_says_so() {
    let house = House::open().await;
    let clock = Arc::new(AtomicU64::new(BEGIN_MS));
    let error = start(settings(&house.config().data_dir), &clock).await.err().expect("the folder is taken");
    assert_eq!(error.exit_code(), 1, "{error}");
    let dir = tempfile::tempdir().unwrap();
    let mut taken = settings(dir.path());
    taken.listen = house.address().parse().unwrap();
    let error = start(taken, &clock).await.err().expect("the address is taken");
    assert_eq!(error.exit_code(), 1, "{error}");
    assert!(error.to_string().contains("--listen"), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was touched");
}

// SPEC: OPS-4
#[actix_web::test]
async fn a_folder_that_is_not_sound_is_refused_and_left_as_it_was() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    house.stop().await;
    let clock = Arc::new(AtomicU64::new(BEGIN_MS));
    let folder = &house.config().data_dir;
    let current: Vec<_> = walk(folder).into_iter().filter(|p| p.ends_with("CURRENT")).collect();
    assert_eq!(current.len(), 1, "one database: {current:?}");
    let sound = std::fs::read(&current[0]).unwrap();
    std::fs::write(&current[0], b"not a manifest\n").unwrap();
    let error = start(settings(folder), &clock).await.err().expect("it is corrupt");
    assert!([65, 74].contains(&error.exit_code()), "{} {error}", error.exit_code());
    std::fs::write(&current[0], sound).unwrap();
    house.start().await;
    assert_eq!(shop.history(&buyer).await.len(), 1);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

// SPEC: OPS-5 MET-3
#[actix_web::test]
async fn metrics_health_and_readiness_are_served_to_anybody() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    let metrics = house.get("/metrics", "").await;
    assert!(metrics.content_type.starts_with("text/plain"), "{}", metrics.content_type);
    let text = metrics.ok().as_str().unwrap().to_owned();
    assert!(text.contains("fenliu_buyer_messages_total"), "{text}");
    assert!(!text.contains("b-1") && !text.contains("tea"), "no names in labels");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(house.get(path, "").await.status, 200);
    }
}

// SPEC: OPS-3
#[actix_web::test]
async fn a_conversation_without_work_leaves_memory_and_forgets_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(AtomicU64::new(BEGIN_MS));
    let core = fenliu::app::Core::start(&settings(folder.path()), fenliu::actors::clock::Clock::Manual(clock.clone())).expect("it starts");
    let door = core.door();
    door.enter_lane();
    let platform = door.authenticate(&door.issue_operators_key().await.expect("a key")).expect("the key is known");
    door.create_shop(&platform, "tea".into(), "tea".into()).await.expect("a shop");
    let mut buyers = Vec::new();
    let message = || fenliu::door::Send { client_message_id: "message-1".into(), text: "hello".into(), ..Default::default() };
    for n in 0..50 {
        let (token, ..) = door.issue_buyer_token(&platform, "tea", format!("b-{n}"), String::new(), 3_600).await.expect("a token");
        let buyer = door.authenticate(&token).expect("the token is known");
        door.send(&buyer, message()).await.expect("it is taken");
        buyers.push(buyer);
    }
    assert_eq!(door.live_conversations(), 50);
    clock.fetch_add(fenliu::limits::IDLE_MS, std::sync::atomic::Ordering::SeqCst);
    until("passivated", || async { (door.live_conversations() == 0).then_some(()) }).await;
    for buyer in &buyers {
        let again = door.send(buyer, message()).await.expect("it is taken");
        assert!(matches!(again, fenliu::domain::Reply::Accepted { seq: 1, repeated: true, .. }), "the retry window is restored: {again:?}");
    }
    core.stop().await;
}
