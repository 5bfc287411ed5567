//! The distribution report: who received how much, what its weight promised, and why the two differ.

use super::support::{Agent, HOUR, House, MINUTE, Shop};
use serde_json::{Value, json};

async fn comes(shop: &Shop, name: &str) {
    let buyer = shop.buyer(name).await;
    shop.house.pass_ms(MINUTE);
    shop.says(&buyer, "你好").await;
    shop.decided(&buyer, 1).await;
}

fn period(from: u64, to: u64) -> String {
    format!("distribution?from={from}&to={to}")
}

fn of<'a>(report: &'a Value, agent: &Agent) -> &'a Value {
    report["agents"].as_array().unwrap().iter().find(|a| a["agent"] == agent.no).unwrap_or_else(|| panic!("{} in {report}", agent.no))
}

// SPEC: DIV-10
#[actix_web::test]
async fn the_report_says_who_received_how_much_and_why() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let begin = house.now();
    let lin = shop.account("lin", json!({"capacity": 50, "weight": 3})).await;
    let mei = shop.account("mei", json!({"capacity": 50, "weight": 1})).await;
    let (lins_device, meis_device) = (shop.connect(&lin).await, shop.connect(&mei).await);
    house.pass_ms(HOUR);
    let from = house.now();
    // No more than four: who has more unanswered is busy.
    for n in 0..4 {
        comes(&shop, &format!("b-{n}")).await;
    }
    shop.presence(&mei, "suspended").await.ok();
    house.pass_ms(HOUR);
    comes(&shop, "last").await;
    house.pass_ms(MINUTE);
    let to = house.now();
    let path = format!("/v1/staff/shop/{}", period(from, to));
    let report = house.get(&path, &shop.boss).await.ok();
    assert_eq!((&report["from"], &report["to"]), (&json!(from), &json!(to)));
    assert_eq!((&report["given"], &report["given_by_weight"]), (&json!(5), &json!(5)));
    // It is five in the afternoon in Shanghai, then a little past six.
    assert_eq!((&report["given_by_hour"][17], &report["given_by_hour"][18]), (&json!(4), &json!(1)), "{report}");
    let (lins, meis) = (of(&report, &lin), of(&report, &mei));
    let sums = |a: &Value| ["weight", "received", "expected"].map(|key| a[key].as_f64().unwrap());
    assert_eq!((sums(lins), sums(meis)), ([3.0, 4.0, 4.0], [1.0, 1.0, 1.0]));
    assert_eq!((lins["steps"].clone(), lins["causes"].clone()), (json!({"any_agent": 4}), json!({"opened": 4})));
    assert_eq!((&lins["online_ms"], &lins["receivable_ms"]), (&json!(HOUR + 6 * MINUTE), &json!(HOUR + 6 * MINUTE)));
    assert_eq!((&meis["online_ms"], &meis["suspended_ms"]), (&json!(4 * MINUTE), &json!(HOUR + 2 * MINUTE)));
    assert_eq!((&meis["online_ms_by_hour"][17], &meis["offline_ms"]), (&json!(4 * MINUTE), &json!(0)));
    assert_eq!(meis["reasons"]["suspended"], 1);
    let behind: u64 = ["higher_load", "later_turn"].iter().filter_map(|reason| meis["reasons"][reason].as_u64()).sum();
    assert_eq!(behind, 3, "{meis}");
    let boss = &report["agents"][0];
    assert_eq!((&boss["offline_ms"], boss["reasons"].clone()), (&json!(HOUR + 6 * MINUTE), json!({"offline": 5})));

    // What comes later changes nothing: neither settings nor accounts, nor a restart.
    house.pass_ms(MINUTE);
    shop.configure(&mei, 5, 50, json!([]), true).await;
    let late = shop.agent("late", 5).await;
    comes(&shop, "later").await;
    assert_eq!(house.get(&path, &shop.boss).await.ok(), report);
    assert_eq!(shop.platform("GET", &period(from, to), Value::Null).await.ok(), report);
    drop((lins_device, meis_device));
    house.pass_ms(MINUTE);
    house.stop().await;
    house.start().await;
    assert_eq!(house.get(&path, &shop.boss).await.ok(), report);

    // A period that goes on ends now; who had no account at its beginning has a part from then on.
    let report = house.get(&format!("/v1/staff/shop/{}", period(begin, begin + 31 * 24 * HOUR)), &shop.boss).await.ok();
    assert_eq!((&report["to"], &report["given"]), (&json!(house.now()), &json!(6)));
    assert_eq!(of(&report, &late)["reasons"], json!({"offline": 1}));
    assert_eq!(of(&report, &mei)["weight"], 5);
}

// SPEC: DIV-10 ACC-1
#[actix_web::test]
async fn the_report_is_for_owners_supervisors_and_the_platform() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let lin = shop.agent("lin", 5).await;
    let lead = shop.account("lead", json!({"role": "supervisor"})).await;
    let path = |rest: &str| format!("/v1/staff/shop/{rest}");
    let one = period(1, 2);
    house.get(&path(&one), &lead.token).await.ok();
    house.get(&path(&one), &lin.token).await.refused(403, "forbidden");
    house.get(&path(&one), "").await.refused(401, "unauthenticated");
    house.get(&path(&one), &house.key()).await.refused(403, "forbidden");
    house.get(&format!("/v1/platform/shops/none/{one}"), &house.key()).await.refused(404, "not_found");
    for bad in ["distribution", "distribution?from=1", "distribution?from=1&to=2&zone=x", "distribution?from=1&to=x"] {
        house.get(&path(bad), &shop.boss).await.refused(400, "invalid");
    }
    let day = 24 * HOUR;
    for (from, to) in [(5, 5), (5, 4), (0, 31 * day + 1)] {
        house.get(&path(&period(from, to)), &shop.boss).await.refused(400, "invalid");
    }
    house.get(&path(&period(0, 31 * day)), &shop.boss).await.ok();
}
