//! Nothing of one shop is ever told to another: the watch that every test of the server runs under, shown to bite.

use super::support::canary::{foreign, mark, unmark};
use super::support::{House, Shop, Socket};
use futures_util::FutureExt;
use serde_json::json;
use std::panic::AssertUnwindSafe;

#[test]
fn a_word_is_written_found_and_taken_away() {
    let mut body = json!({"name": "b", "seq": 1, "list": [{"text": "你好", "reason": "x".repeat(50)}], "text": " "});
    let before = body.clone();
    mark(&mut body, "tea-2");
    assert_eq!(body["list"][0]["text"], "你好 canary-tea-2.");
    assert_eq!((&body["text"], &body["list"][0]["reason"]), (&before["text"], &before["list"][0]["reason"]));
    let bytes = body.to_string();
    assert_eq!(foreign(bytes.as_bytes(), Some("tea-2")), None);
    for other in [Some("tea"), Some("tea-22"), None] {
        assert_eq!(foreign(bytes.as_bytes(), other), Some("tea-2".into()), "{other:?}");
    }
    unmark(&mut body);
    assert_eq!(body, before);
}

// Negative control, and SPEC: ACC-1
#[actix_web::test]
async fn a_client_that_hears_of_another_shop_fails_its_test() {
    let house = House::open().await;
    let (tea, shoes) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    let buyer = tea.buyer("b-1").await;
    tea.says(&buyer, "你好").await;
    let asks = || AssertUnwindSafe(house.get("/v1/buyer/messages", &buyer.token)).catch_unwind();
    assert_eq!(asks().await.unwrap_or_else(|_| panic!("its own")).ok()["messages"][0]["text"], "你好");
    house.watch().learn(&buyer.token, &shoes.name);
    assert!(asks().await.is_err(), "a message of tea's must not pass for one of shoes'");
    let mut socket = Socket::open(&house, "buyer", &buyer.token, Some(0)).await;
    assert!(AssertUnwindSafe(socket.message()).catch_unwind().await.is_err(), "nor over a socket");
}
