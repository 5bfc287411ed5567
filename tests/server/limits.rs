//! Time limits through the whole server: warned, reminded, timed out, escalated, also over a restart; and settings that make no sense.

use super::support::{HOUR, House, MINUTE, Shop, Socket};
use serde_json::{Value, json};
use std::rc::Rc;

async fn shop(house: &Rc<House>) -> Shop {
    let shop = Shop::open(house, "tea").await;
    shop.quiet().await;
    shop
}

fn is_limit(limit: &'static str) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == "limit" && frame["limit"] == limit
}

// SPEC: SLA-1, SLA-2
#[actix_web::test]
async fn who_waits_is_warned_of_once_together_then_reminded_of_then_late() {
    let house = House::open().await;
    let mut shop = shop(&house).await;
    let (mei, mut screen) = shop.online("mei", 9).await;
    let (first, second) = (shop.buyer("b-1").await, shop.buyer("b-2").await);
    shop.says(&first, "在吗").await;
    shop.owned_by(&first, &mei).await;
    shop.pass_ms(1_000).await;
    let began = house.now();
    shop.says(&second, "在吗").await;
    shop.owned_by(&second, &mei).await;
    let none = house.get("/v1/staff/long-waits", &mei.token).await.ok();
    assert_eq!(none, json!({"conversations": [], "more": false}));
    shop.pass_ms(100_000).await;
    let both = |frame: &Value| frame["type"] == "long_waits" && frame["conversations"].as_array().is_some_and(|all| all.len() == 2);
    let warning = screen.until(both).await;
    assert_eq!(warning["conversations"][0]["conversation"], json!(first.conversation), "the longest first");
    assert_eq!(warning["conversations"][1]["since"], json!(began));
    shop.answers(&mei, &first, "您好").await;
    let asked = house.get("/v1/staff/long-waits", &mei.token).await.ok();
    assert_eq!(asked["conversations"].as_array().map(Vec::len), Some(1));
    shop.pass_ms(20_000).await;
    let reminded = screen.until(is_limit("reminder")).await;
    assert_eq!((&reminded["conversation"], &reminded["since"]), (&json!(second.conversation), &json!(began)));
    shop.pass_ms(MINUTE).await;
    // Exactly three minutes are in time.
    shop.says(&first, "还有一个问题").await;
    shop.pass_ms(1).await;
    let late = screen.until(|frame| frame["type"] == "limit").await;
    assert_eq!((&late["limit"], &late["conversation"]), (&json!("first_response"), &json!(second.conversation)));
}

// SPEC: SLA-3, SLA-4
#[actix_web::test]
async fn what_came_due_while_the_server_was_down_fires_once_after_it() {
    let house = House::open().await;
    let mut shop = shop(&house).await;
    let (mei, screen) = shop.online("mei", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "在吗").await;
    shop.owned_by(&buyer, &mei).await;
    drop(screen);
    house.stop().await;
    house.pass_ms(48 * HOUR);
    house.start().await;
    // Every frame since the beginning, on a device that was never there.
    shop.pass_ms(0).await;
    let mut boss = Socket::open(&house, "staff", &shop.boss, Some(0)).await;
    boss.until(is_limit("escalation")).await;
    drop(boss);
    house.stop().await;
    house.start().await;
    shop.pass_ms(HOUR).await;
    let other = shop.buyer("b-2").await;
    shop.says(&other, "?").await;
    house.pass_ms(4 * MINUTE);
    let mut boss = Socket::open(&house, "staff", &shop.boss, Some(0)).await;
    let mut fired = Vec::new();
    while fired.iter().filter(|limit| *limit == "first_response").count() < 2 {
        fired.push(boss.until(|frame| frame["type"] == "limit").await["limit"].as_str().expect("a limit").to_owned());
    }
    assert_eq!(fired, ["reminder", "first_response", "escalation", "reminder", "first_response"], "each once, the server was down or not");
}

// SPEC: SLA-4
#[actix_web::test]
async fn hours_that_make_no_sense_are_refused_with_their_place() {
    let house = House::open().await;
    let shop = shop(&house).await;
    let desk = |time: Value| json!({"labels": [], "roles": [], "time": time});
    let hours = |week: Value, holidays: Value| desk(json!({"hours": {"week": week, "holidays": holidays}}));
    let window = |days: u8, from: u16, to: u16| json!({"days": days, "from_min": from, "to_min": to});
    for (body, place) in [
        (desk(json!({"first_response_s": 0})), "time.first_response_s"),
        (desk(json!({"pausing": {"first_response": true}})), "time.pausing"),
        (hours(json!([window(31, 600, 600)]), json!([])), "time.hours.week[0].to_min"),
        (hours(json!([window(31, 540, 720), window(1, 700, 800)]), json!([])), "time.hours.week[1]"),
        (
            hours(
                json!([]),
                json!([{"name": "a", "from": "2026-10-01", "to": "2026-10-07"}, {"name": "b", "from": "2026-10-07", "to": "2026-10-08"}]),
            ),
            "time.hours.holidays[1]",
        ),
        (hours(json!([]), json!([{"name": "a", "from": "2026-10-02", "to": "2026-10-01"}])), "time.hours.holidays[0].to"),
    ] {
        let (status, problem) = shop.platform("PUT", "desk", body).await.problem();
        assert_eq!(status, 400, "{problem}");
        assert!(
            problem["errors"].as_array().is_some_and(|errors| errors.iter().any(|fault| fault["field"] == place)),
            "{place}: {problem}"
        );
    }
    for body in [
        hours(json!([{"days": 31, "from_min": 540}]), json!([])),
        hours(json!([]), json!([{"name": "a", "from": "2026-02-30", "to": "2026-03-01"}])),
        desk(json!({"first_response": 180})),
    ] {
        assert_eq!(shop.platform("PUT", "desk", body).await.problem().0, 400);
    }
    let now = shop.platform("GET", "desk", Value::Null).await.ok();
    assert_eq!(now["version"], json!(0), "nothing was changed");
}
