//! Until when a file is shown, and when it is deleted; what can be quoted.

use super::files::{Stage, fetch, hash, pdf, stage, upload};
use super::support::{Answer, Buyer, HOUR, House, Shop, until};
use serde_json::{Value, json};
use std::path::PathBuf;

async fn sends(house: &House, buyer: &Buyer, id: &str, more: Value) -> u64 {
    let mut body = json!({"client_message_id": id});
    more.as_object().unwrap().iter().for_each(|(k, v)| body[k] = v.clone());
    house.post("/v1/buyer/messages", &buyer.token, body).await.ok()["seq"].as_u64().unwrap()
}

async fn recall(house: &House, buyer: &Buyer, seq: u64) -> Answer {
    house.post(&format!("/v1/buyer/messages/{seq}/recall"), &buyer.token, json!({})).await
}

/// What the buyer and the staff are answered when they ask for a file.
async fn shown(house: &House, shop: &Shop, buyer: &Buyer, file: &str) -> (u16, u16) {
    let (theirs, ours) = (format!("/v1/buyer/files/{file}"), format!("{}/files/{file}", buyer.path()));
    (fetch(house, &theirs, &buyer.token).await.0, fetch(house, &ours, &shop.boss).await.0)
}

// SPEC: INB-7 INB-8
#[actix_web::test]
async fn a_file_is_shown_as_long_as_a_message_that_names_it() {
    let Stage { house, shop, lin, buyer, .. } = stage().await;
    let file = hash(&upload(&house, "/v1/buyer/files", &buyer.token, pdf(99)).await.ok());
    assert_eq!(shown(&house, &shop, &buyer, &file).await, (200, 404), "not sent yet");
    let path = format!("{}/messages", buyer.path());
    let wanted = json!({"client_message_id": "answer-01", "files": [file]});
    house.post(&path, &lin.token, wanted.clone()).await.refused(400, "invalid");
    let first = sends(&house, &buyer, "message-1", json!({"files": [file]})).await;
    assert_eq!(shown(&house, &shop, &buyer, &file).await, (200, 200));
    let second = sends(&house, &buyer, "message-2", json!({"files": [file], "quote": first})).await;
    recall(&house, &buyer, first).await.ok();
    assert_eq!(shown(&house, &shop, &buyer, &file).await, (200, 200), "another message names it");
    recall(&house, &buyer, second).await.ok();
    assert_eq!(shown(&house, &shop, &buyer, &file).await, (404, 404));
    house.post(&path, &lin.token, wanted).await.refused(400, "invalid");
    let again = json!({"client_message_id": "message-3", "files": [file]});
    house.post("/v1/buyer/messages", &buyer.token, again).await.refused(400, "invalid");
    // Uploaded again it is there again, and what was taken back stays so.
    upload(&house, "/v1/buyer/files", &buyer.token, pdf(99)).await.ok();
    assert_eq!(shown(&house, &shop, &buyer, &file).await, (200, 404));
    sends(&house, &buyer, "message-4", json!({"files": [file]})).await;
    assert_eq!(shown(&house, &shop, &buyer, &file).await, (200, 200));

    // What a blacklisted buyer sends is there for the buyer alone.
    house.post("/v1/staff/shop/blacklist", &shop.boss, json!({"buyer": "b-1", "reason": "x"})).await.ok();
    let hidden = hash(&upload(&house, "/v1/buyer/files", &buyer.token, pdf(98)).await.ok());
    sends(&house, &buyer, "message-5", json!({"files": [hidden]})).await;
    assert_eq!(shown(&house, &shop, &buyer, &hidden).await, (200, 404));
    house.call("DELETE", "/v1/staff/shop/blacklist/b-1", &shop.boss, Value::Null).await.ok();
    assert_eq!(shown(&house, &shop, &buyer, &hidden).await, (200, 200));
    house.stop().await;
    fenliu::app::verify(house.config()).expect("a sound folder");
}

// SPEC: INB-7 INB-8
#[actix_web::test]
async fn nobody_quotes_what_they_are_not_shown() {
    let Stage { house, shop, lin, buyer, .. } = stage().await;
    let quotes = |id: &'static str, seq: u64| {
        let (path, body) = (format!("{}/messages", buyer.path()), json!({"client_message_id": id, "text": "这个", "quote": seq}));
        let (house, token) = (house.clone(), lin.token.clone());
        async move { house.post(&path, &token, body).await }
    };
    let secret = shop.says(&buyer, "秘密").await;
    quotes("answer-01", secret).await.ok();
    recall(&house, &buyer, secret).await.ok();
    quotes("answer-02", secret).await.refused(400, "invalid");
    let again = json!({"client_message_id": "message-8", "text": "x", "quote": secret});
    house.post("/v1/buyer/messages", &buyer.token, again).await.refused(400, "invalid");
    // The quote that was there says the number and nothing else.
    let history = shop.history(&buyer).await;
    assert_eq!(history.last().unwrap()["extra"], json!({"quote": secret}));
    assert!(!format!("{history:?}").contains("秘密"), "{history:?}");

    house.post("/v1/staff/shop/blacklist", &shop.boss, json!({"buyer": "b-1", "reason": "x"})).await.ok();
    let hidden = shop.says(&buyer, "看不见").await;
    quotes("answer-03", hidden).await.refused(400, "invalid");
    // To the buyer it is there: nothing tells of the list.
    sends(&house, &buyer, "message-9", json!({"text": "x", "quote": hidden})).await;
}

// SPEC: INB-12 INB-7
#[actix_web::test]
async fn a_file_is_deleted_with_the_last_conversation_that_has_it() {
    let Stage { house, shop, buyer, .. } = stage().await;
    let archive = json!({"after_days": 30, "keep_days": 1});
    shop.platform("PUT", "desk", json!({"labels": [], "roles": [], "archive": archive})).await.ok();
    let other = shop.buyer("b-2").await;
    let file = hash(&upload(&house, "/v1/buyer/files", &buyer.token, pdf(1_000)).await.ok());
    let both = hash(&upload(&house, "/v1/buyer/files", &buyer.token, pdf(1_001)).await.ok());
    sends(&house, &buyer, "message-1", json!({"files": [file, both]})).await;
    upload(&house, "/v1/buyer/files", &other.token, pdf(1_001)).await.ok();
    sends(&house, &other, "message-1", json!({"files": [both]})).await;
    let folder = house.config().data_dir.join("files");
    let place = |hash: &str| -> PathBuf {
        let mut shops = std::fs::read_dir(&folder).unwrap().map(|shop| shop.unwrap().path().join(hash));
        shops.find(|path| path.exists()).unwrap_or_default()
    };
    let (gone, kept) = (place(&file), place(&both));
    assert!(gone.exists() && kept.exists());
    shop.close(&shop.boss, &buyer).await.ok();
    house.post(&format!("{}/archive", buyer.path()), &shop.boss, json!({})).await.ok();
    house.pass_ms(25 * HOUR);
    until("the end of the file", || async { (!gone.exists()).then_some(()) }).await;
    // Their tokens have run out meanwhile.
    let (buyer, other) = (shop.buyer("b-1").await, shop.buyer("b-2").await);
    assert_eq!(fetch(&house, &format!("/v1/buyer/files/{both}"), &other.token).await.0, 200, "the other conversation has it");
    for hash in [&file, &both] {
        assert_eq!(fetch(&house, &format!("/v1/buyer/files/{hash}"), &buyer.token).await.0, 404);
    }

    // What a crash left without a name is found at the next start; what is not ours is let alone.
    house.stop().await;
    fenliu::app::verify(house.config()).expect("a sound folder");
    let strange = kept.with_file_name("README");
    std::fs::write(&gone, "left").unwrap();
    std::fs::write(&strange, "not ours").unwrap();
    house.start().await;
    until("the end of what was left", || async { (!gone.exists()).then_some(()) }).await;
    assert!(kept.exists() && strange.exists());
}
