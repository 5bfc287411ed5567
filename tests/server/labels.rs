//! Labels that the shop gives up: shown nowhere, and their numbers are never another's.

use super::desk::{labels, open};
use super::support::House;
use serde_json::{Value, json};

// SPEC: INB-5
#[actix_web::test]
async fn a_label_that_the_shop_gave_up_is_shown_nowhere_and_its_number_is_no_others() {
    let house = House::open().await;
    let (shop, lin, _desk, buyer) = open(&house).await;
    let set = async |labels: Value| shop.platform("PUT", "desk", json!({"roles": [], "labels": labels})).await;
    let label = |no: u32, name: &str| json!({"no": no, "name": name, "colour": "#ff0000"});
    let (path, message) = (format!("{}/labels", buyer.path()), format!("{}/messages/1/labels", buyer.path()));
    house.put(&path, &lin.token, json!({"add": [1, 2]})).await.ok();
    house.put(&message, &lin.token, json!({"labels": [2]})).await.ok();
    set(json!([label(1, "询价")])).await.ok();
    let shown = async || {
        let listed = house.get("/v1/staff/inbox?owner=me", &lin.token).await.ok();
        assert_eq!(listed["conversations"][0]["labels"], shop.summary(&buyer).await["labels"], "{listed}");
        (shop.summary(&buyer).await["labels"].clone(), shop.history(&buyer).await[0]["labels"].as_array().map(Vec::len))
    };
    assert_eq!(shown().await, (json!([1]), None));
    for (asked, count) in [("2", 0), ("1", 1), ("1,2", 1)] {
        let listed = house.get(&format!("/v1/staff/inbox?label={asked}"), &lin.token).await.ok();
        assert_eq!(listed["conversations"].as_array().unwrap().len(), count, "{asked}: {listed}");
    }
    // Another under the same number would inherit what the first was put on; so would one after a restart.
    for _ in 0..2 {
        let refused = set(json!([label(1, "询价"), label(2, "退款")])).await;
        let refused = (refused.status, refused.body["errors"][0].clone());
        assert_eq!((refused.0, &refused.1["field"]), (400, &json!("labels[1].no")), "{refused:?}");
        assert!(refused.1["problem"].as_str().unwrap().contains('3'), "{refused:?}");
        house.stop().await;
        house.start().await;
    }
    assert_eq!(set(json!([label(1, "询价"), label(60_000, "远")])).await.status, 400, "numbers would soon be used up");
    set(json!([label(1, "询价"), label(3, "退款")])).await.ok();
    assert_eq!(shown().await, (json!([1]), None));
    // The next change takes along what is gone.
    house.put(&path, &shop.boss, json!({"add": [3]})).await.ok();
    assert_eq!(shown().await.0, json!([1, 3]));
    assert_eq!(set(labels()["labels"].clone()).await.status, 400);
}
