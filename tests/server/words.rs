//! What is refused says which field is wrong, and what to send instead.

use super::support::{House, Shop};
use awc::ws;
use serde_json::json;

// SPEC: DIV-8 DIV-9
#[actix_web::test]
async fn an_account_that_takes_no_buyers_is_told_from_one_that_is_not_there() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 9).await;
    let analyst = shop.account("ana", json!({"role": "analyst", "capacity": 9})).await;
    let disabled = shop.agent("gone", 9).await;
    shop.configure(&disabled, 1, 9, json!([]), false).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "?").await;
    shop.owned_by(&buyer, &lin).await;
    for agent in [&analyst, &disabled] {
        let detail = shop.transfer(&lin.token, &buyer, json!({"agent": agent.no})).await.refused(409, "agent_not_serving");
        assert!(detail.starts_with("`agent`") && detail.contains("takes no buyers") && detail.contains("name another"), "{detail}");
    }
    shop.transfer(&lin.token, &buyer, json!({"agent": 99})).await.refused(404, "not_found");
}

// SPEC: INB-2 INB-3
#[actix_web::test]
async fn what_is_not_a_number_a_priority_or_a_frame_is_answered_with_what_is() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, mut desk) = shop.online("lin", 9).await;
    shop.platform("POST", "notices", json!({"stream": "system", "kind": "k", "title": "t", "id": "i-1"})).await.ok();
    let detail = house.put("/v1/staff/notices/system/1/priority", &lin.token, json!({"priority": null})).await.refused(400, "invalid");
    assert!(detail.starts_with("`priority`") && detail.contains("urgent, high, normal or low"), "{detail}");
    for (path, field, words) in [
        ("inbox?group=none", "group", "whole number"),
        ("inbox?unread=maybe", "unread", "true or false"),
        ("inbox?limit=-1", "limit", "whole number"),
        ("notices?cursor=x", "cursor", "not a cursor of this list"),
    ] {
        let detail = house.get(&format!("/v1/staff/{path}"), &lin.token).await.refused(400, "invalid");
        assert!(detail.starts_with(&format!("`{field}`")) && detail.contains(words), "{path}: {detail}");
    }
    for frame in ["[]", " [\"send\"]"] {
        desk.raw(ws::Message::Text(frame.to_owned().into())).await;
        let told = desk.until(|f| f["type"] == "refused").await;
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains("must be a JSON object") && detail.contains("`type`"), "{detail}");
    }
}
