//! The health of a shop through the whole server: rates now and over any period, the marketplaces' figures, and the daily reports, also
//! those that fell due while the server was down.

use super::support::{Agent, HOUR, House, MINUTE, SECOND, Shop, Socket, until};
use serde_json::{Value, json};
use std::rc::Rc;

const DAY: u64 = 24 * HOUR;
/// From the beginning of every test, 16:00 in Shanghai, to the time of the first report there.
const TO_REPORT: u64 = 18 * HOUR;

async fn shop(house: &Rc<House>) -> Shop {
    let shop = Shop::open(house, "tea").await;
    shop.quiet().await;
    shop
}

/// Of the shop, as its owner reads it.
async fn read(shop: &Shop, rest: &str) -> Value {
    shop.house.get(&format!("/v1/staff/shop/health{rest}"), &shop.boss).await.ok()
}

/// One buyer answered after a minute, one not even read.
async fn an_hour(shop: &mut Shop) -> (Agent, Socket) {
    let (mei, screen) = shop.online("mei", 9).await;
    let (served, left) = (shop.buyer("b-1").await, shop.buyer("b-2").await);
    shop.says(&served, "在吗").await;
    shop.owned_by(&served, &mei).await;
    shop.pass_ms(MINUTE).await;
    shop.answers(&mei, &served, "在的").await;
    shop.says(&left, "有货吗").await;
    shop.owned_by(&left, &mei).await;
    shop.pass_ms(4 * MINUTE).await;
    (mei, screen)
}

async fn timed_out(shop: &Shop) -> Value {
    until("a time-out", || async { Some(read(shop, "").await).filter(|h| h["chat_score"]["timed_out"] == 1) }).await
}

// SPEC: MET-1 SLA-1
#[actix_web::test]
async fn the_rates_are_those_of_now_with_their_baselines_and_the_score_says_how_it_is_made() {
    let house = House::open().await;
    let mut shop = shop(&house).await;
    let fresh = read(&shop, "").await;
    assert_eq!(
        (&fresh["last_24_h"]["figures"]["unread"], &fresh["chat_score"]["score"]),
        (&json!({"part": 0, "whole": 0, "rate": null}), &json!(null))
    );
    assert_eq!(fresh["last_24_h"]["warnings"], json!([]), "nothing to count is nothing to warn of");
    let (_mei, _screen) = an_hour(&mut shop).await;
    let health = timed_out(&shop).await;
    let figures = &health["today"]["figures"];
    assert_eq!(figures["unread"], json!({"part": 1, "whole": 2, "rate": 0.5}));
    assert_eq!(figures["time_outs"], json!({"part": 1, "whole": 2, "rate": 0.5}));
    assert_eq!((&figures["response_mean_ms"], &figures["rounds_begun"], &figures["sent"]), (&json!(60_000), &json!(2), &json!(1)));
    assert_eq!(health["today"]["warnings"], json!(["unread", "time_outs"]));
    assert_eq!(health["last_24_h"], health["today"]);
    assert_eq!(health["baselines"], json!({"unread_permille_max": 50, "timeout_permille_max": 80, "adoption_permille_min": 700}));
    let score = &health["chat_score"];
    assert_eq!((&score["score"], &score["due"], &score["days"]), (&json!(50.0), &json!(2), &json!(30)));
    for (language, words) in [("formula_zh", "聊天评分 = 100 ×"), ("formula_en", "chat score = 100 ×")] {
        assert!(score[language].as_str().unwrap().starts_with(words), "{score}");
    }
    assert_eq!((&health["counts"]["unanswered"], &health["counts"]["unread_messages"]), (&json!(1), &json!(1)));
    assert_eq!(shop.platform("GET", "health", Value::Null).await.ok(), health);
}

// SPEC: MET-1 INB-15
#[actix_web::test]
async fn figures_of_any_period_add_up_by_day_and_by_hour_for_shop_agent_and_group() {
    let house = House::open().await;
    let mut shop = shop(&house).await;
    let (mei, _screen) = an_hour(&mut shop).await;
    timed_out(&shop).await;
    let of = |rest: &str| format!("/figures?from=2027-01-14&to=2027-01-15{rest}");
    let days = read(&shop, &of("")).await;
    let points = days["points"].as_array().unwrap();
    assert_eq!((points.len(), &points[1]["day"], &points[1]["received"]), (2, &json!("2027-01-15"), &json!(2)));
    assert_eq!((&points[0]["received"], &days["total"]["received"]), (&json!(0), &json!(2)));
    assert_eq!(points[1]["to"].as_u64().unwrap() - points[1]["from"].as_u64().unwrap(), DAY);
    let hours = read(&shop, &of("&by=hour")).await;
    assert_eq!((hours["points"].as_array().unwrap().len(), &hours["total"]), (48, &days["total"]));
    assert_eq!(hours["points"][24 + 16]["received"], 2, "at four in the afternoon");
    let own = house.get(&format!("/v1/staff/shop/health{}", of(&format!("&lane=agent:{}", mei.no))), &mei.token).await.ok();
    let total = &own["total"];
    assert_eq!(
        (&total["time_outs"], &total["given"], &total["sent"]),
        (&json!({"part": 1, "whole": 2, "rate": 0.5}), &json!(2), &json!(1))
    );
    let group = shop.group("售前").await;
    let groups = read(&shop, &of(&format!("&lane=group:{group}"))).await;
    assert_eq!(groups["total"]["given"], 0);
    // What belongs to no agent and no group is not told as nothing.
    for told in [&own["total"], &own["points"][0], &groups["total"]] {
        for of_shop in ["received", "unread", "response", "rounds_begun", "rounds_withdrawn", "opened", "pooled"] {
            assert!(told.get(of_shop).is_none() && days["total"].get(of_shop).is_some(), "{of_shop}: {told}");
        }
    }
    for work in ["closed", "sent", "with_text"] {
        assert!(groups["total"].get(work).is_none() && own["total"].get(work).is_some(), "{work} is done by people, not by groups");
    }
    // To be taken out.
    let export = |format: &str| format!("/v1/staff/shop/export/figures?from=2027-01-14&to=2027-01-15&format={format}");
    let mut told = house.request("GET", &export("csv"), &shop.boss).send().await.unwrap();
    let table = String::from_utf8(told.body().await.unwrap().to_vec()).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!((lines.len(), lines[0].starts_with("\u{feff}day,from,to,received,unread,unread_rate")), (3, true), "{table}");
    assert!(lines[2].starts_with("2027-01-15,") && lines[2].contains(",2,1,0.5,2,1,0.5,"), "{table}");
    let own = format!("{}&lane=agent:{}", export("csv"), mei.no);
    let mut told = house.request("GET", &own, &shop.boss).send().await.unwrap();
    let table = String::from_utf8(told.body().await.unwrap().to_vec()).unwrap();
    assert!(table.lines().nth(2).unwrap().contains(",,,,2,1,0.5,"), "{table}");
    for nobody in ["agent:99", "group:9"] {
        house.get(&format!("{}&lane={nobody}", export("csv")), &shop.boss).await.refused(404, "not_found");
    }
    let mut told = house.request("GET", &export("jsonl"), &shop.boss).send().await.unwrap();
    let lines = String::from_utf8(told.body().await.unwrap().to_vec()).unwrap();
    assert_eq!(lines.lines().count(), 2);
}

// SPEC: MET-4 DIV-8
#[actix_web::test]
async fn the_marketplaces_figures_are_exact_and_a_round_passed_on_stays_with_the_giver() {
    let house = House::open().await;
    let shop = shop(&house).await;
    let (mei, _screen) = shop.online("mei", 9).await;
    let buyer = shop.buyer("b-1").await;
    let of = |agent: &Agent| format!("/marketplace?agent={}", agent.no);
    // Q, Q after 5:05, A after 7:55; then Q, A after 30 s.
    shop.says(&buyer, "在吗").await;
    shop.owned_by(&buyer, &mei).await;
    house.pass_ms(305 * SECOND);
    shop.says(&buyer, "在吗").await;
    house.pass_ms(170 * SECOND);
    shop.answers(&mei, &buyer, "在的").await;
    let told = read(&shop, "/marketplace").await;
    assert_eq!((&told["answered_in_3_min"], &told["rounds"], &told["mean_response_s"]), (&json!(0), &json!(1), &json!(475.0)));
    house.pass_ms(20 * SECOND);
    shop.says(&buyer, "有货吗").await;
    house.pass_ms(30 * SECOND);
    shop.answers(&mei, &buyer, "有的").await;
    let told = read(&shop, "/marketplace").await;
    assert_eq!((&told["answered_in_3_min"], &told["rounds"], &told["rate"]), (&json!(1), &json!(2), &json!(0.5)));
    assert_eq!((&told["from"], &told["to"]), (&json!("2026-12-17"), &json!("2027-01-15")));
    assert_eq!(read(&shop, &of(&mei)).await, told, "all was hers");
    // Ten questions never answered.
    let other = shop.buyer("b-2").await;
    for _ in 0..10 {
        shop.says(&other, "在吗").await;
    }
    shop.owned_by(&other, &mei).await;
    let told = read(&shop, "/marketplace").await;
    assert_eq!((&told["rounds"], &told["open"], &told["rate"]), (&json!(3), &json!(1), &json!(1.0 / 3.0)));
    // Passed on without a reply it stays with her, also once it is answered.
    let (lin, _lins) = shop.online("lin", 9).await;
    shop.transfer(&mei.token, &other, json!({"agent": lin.no})).await.ok();
    shop.owned_by(&other, &lin).await;
    assert_eq!(read(&shop, &of(&lin)).await["rounds"], 0);
    house.pass_ms(100 * SECOND);
    shop.answers(&lin, &other, "您好").await;
    let (hers, his) = (read(&shop, &of(&mei)).await, read(&shop, &of(&lin)).await);
    assert_eq!((&hers["answered_in_3_min"], &hers["rounds"], &hers["open"]), (&json!(2), &json!(3), &json!(0)));
    assert_eq!((&his["rounds"], &his["rate"]), (&json!(0), &json!(null)));
    house.get(&format!("/v1/staff/shop/health{}", of(&mei)), &mei.token).await.ok();
    assert_eq!(read(&shop, "/marketplace?to=2027-01-14").await["rounds"], 0);
}

async fn reports(shop: &Shop, count: usize) -> Vec<Value> {
    until("the reports", || async {
        let told = read(shop, "/reports").await["reports"].as_array().unwrap().clone();
        Some(told).filter(|told| told.len() >= count)
    })
    .await
}

// SPEC: MET-2
#[actix_web::test]
async fn the_report_comes_at_ten_warns_and_is_counted_the_same_again_whenever_it_is_asked_for() {
    let house = House::open().await;
    let mut shop = shop(&house).await;
    let (mei, screen) = an_hour(&mut shop).await;
    timed_out(&shop).await;
    drop(screen);
    shop.pass_ms(TO_REPORT - 6 * MINUTE).await;
    assert_eq!(read(&shop, "/reports").await, json!({"reports": []}), "not before its time");
    shop.pass_ms(MINUTE + 5 * SECOND).await;
    let listed = reports(&shop, 1).await;
    assert_eq!(listed.len(), 1);
    let report = read(&shop, "/reports/2027-01-16?recount=true").await;
    assert_eq!((&report["day"], &report["warnings"]), (&json!("2027-01-16"), &json!(["unread", "time_outs"])));
    assert_eq!(report["to"].as_u64().unwrap() - report["from"].as_u64().unwrap(), DAY);
    assert_eq!((&report["figures"]["unread"]["part"], &report["figures"]["received"]), (&json!(1), &json!(2)));
    assert_eq!((&report["recount"]["agrees"], &report["recount"]["figures"]), (&json!(true), &report["figures"]));
    assert!(report["zh"]["warnings"][0].as_str().unwrap().contains("未读率高于基准 5 %:50 %(1 / 2)"), "{report}");
    assert!(report["en"]["title"].as_str().unwrap().contains("2027-01-16"), "{report}");
    let notices = house.get("/v1/staff/notices?kind=health_warning", &shop.boss).await.ok();
    assert!(notices["notices"][0]["title"].as_str().unwrap().starts_with("黄色预警"), "{notices}");
    // The next day everything is read and answered: a report without a warning, and the old one as it was.
    let mut mei = mei;
    let _screen = shop.back(&mut mei).await;
    let left = shop.buyer("b-2").await;
    shop.says(&left, "还在吗").await;
    shop.owned_by(&left, &mei).await;
    shop.answers(&mei, &left, "有的").await;
    house.stop().await;
    house.pass_ms(3 * DAY);
    house.start().await;
    shop.pass_ms(0).await;
    let listed = reports(&shop, 4).await;
    let days: Vec<&str> = listed.iter().map(|report| report["day"].as_str().unwrap()).collect();
    assert_eq!(days, ["2027-01-19", "2027-01-18", "2027-01-17", "2027-01-16"], "missed ones are made, in order");
    assert_eq!((&listed[2]["warnings"], &listed[2]["figures"]["sent"]), (&json!([]), &json!(1)));
    let again = read(&shop, "/reports/2027-01-16?recount=true").await;
    assert_eq!((&again["recount"]["agrees"], &again["figures"]), (&json!(true), &report["figures"]));
    let page = read(&shop, "/reports?limit=3").await;
    assert_eq!((page["reports"].as_array().unwrap().len(), &page["next"]), (3, &json!("2027-01-17")));
    assert_eq!(read(&shop, "/reports?limit=3&cursor=2027-01-17").await["reports"], json!([listed[3]]));
    assert_eq!(shop.platform("GET", "health/reports", Value::Null).await.ok()["reports"], json!(listed));
    house.stop().await;
    fenliu::app::verify(house.config()).expect("a sound folder");
}

// SPEC: MET-2 MET-4 ACC-1
#[actix_web::test]
async fn who_may_not_and_what_makes_no_sense_is_refused() {
    let house = House::open().await;
    let shop = shop(&house).await;
    let (mei, lin) = (shop.agent("mei", 5).await, shop.agent("lin", 5).await);
    let lead = shop.account("lead", json!({"role": "supervisor"})).await;
    let path = |rest: &str| format!("/v1/staff/shop/health{rest}");
    let period = "/figures?from=2027-01-15&to=2027-01-15";
    for rest in ["", period, "/marketplace", "/reports", "/reports/2027-01-15"] {
        house.get(&path(rest), &mei.token).await.refused(403, "forbidden");
        house.get(&path(rest), "").await.refused(401, "unauthenticated");
        house.get(&path(rest), &house.key()).await.refused(403, "forbidden");
    }
    house.get(&path(period), &lead.token).await.ok();
    for own in [format!("{period}&lane=agent:{}", mei.no), format!("/marketplace?agent={}", mei.no)] {
        house.get(&path(&own), &mei.token).await.ok();
        house.get(&path(&own), &lin.token).await.refused(403, "forbidden");
    }
    for unknown in ["/figures?from=2027-01-15&to=2027-01-15&lane=agent:99", "/figures?from=2027-01-15&to=2027-01-15&lane=group:1"] {
        house.get(&path(unknown), &shop.boss).await.refused(404, "not_found");
    }
    for unknown in ["/marketplace?agent=99", "/marketplace?group=1", "/reports/2027-01-15"] {
        house.get(&path(unknown), &shop.boss).await.refused(404, "not_found");
    }
    for (bad, field) in [
        ("/figures", "from"),
        ("/figures?from=2027-01-15", "to"),
        ("/figures?from=2027-01-16&to=2027-01-15", "to"),
        ("/figures?from=2027-02-30&to=2027-03-01", "from"),
        ("/figures?from=2027-1-15&to=2027-01-15", "from"),
        ("/figures?from=2027-01-01&to=2027-04-03", "to"),
        ("/figures?from=2027-01-01&to=2027-02-01&by=hour", "by"),
        ("/figures?from=2027-01-15&to=2027-01-15&by=week", "by"),
        ("/figures?from=2027-01-15&to=2027-01-15&lane=me", "lane"),
        ("/figures?from=2027-01-15&to=2027-01-15&lane=agent:x", "lane"),
        ("/figures?from=2027-01-15&to=2027-01-15&lane=agent:-1", "lane"),
        ("/figures?from=2027-01-15&to=2027-01-15&colour=red", "colour"),
        ("/marketplace?agent=1&group=1", "group"),
        ("/marketplace?to=tomorrow", "to"),
        ("/marketplace?to=2027-01-16", "to"),
        ("/reports?cursor=x", "cursor"),
        ("/reports/yesterday", "day"),
        ("/reports/2027-01-15?recount=please", "recount"),
    ] {
        let detail = house.get(&path(bad), &shop.boss).await.refused(400, "invalid");
        assert!(detail.contains(field), "{bad}: {detail}");
    }
    house.get(&path("/figures?from=2027-01-01&to=2027-04-02"), &shop.boss).await.ok();
    house.get(&path("/figures?from=2027-01-01&to=2027-01-31&by=hour"), &shop.boss).await.ok();
    house.get("/v1/platform/shops/none/health", &house.key()).await.refused(404, "not_found");
}

// SPEC: MET-2
#[actix_web::test]
async fn a_clock_that_goes_back_or_was_ahead_makes_no_day_twice() {
    let house = House::open().await;
    let mut shop = shop(&house).await;
    let back = |ms: u64| 0u64.wrapping_sub(ms);
    let days = |told: &[Value]| told.iter().map(|report| report["day"].as_str().unwrap()[8..].to_owned()).collect::<Vec<_>>();
    shop.pass_ms(TO_REPORT + 6 * SECOND).await;
    assert_eq!(days(&reports(&shop, 1).await), ["16"]);
    shop.pass_ms(back(HOUR)).await;
    shop.pass_ms(HOUR).await;
    // A day ahead, and back again: the report that came too early stays the only one of its day.
    shop.pass_ms(DAY).await;
    assert_eq!(days(&reports(&shop, 2).await), ["17", "16"]);
    shop.pass_ms(back(DAY)).await;
    shop.pass_ms(2 * DAY).await;
    assert_eq!(days(&reports(&shop, 3).await), ["18", "17", "16"]);
    assert_eq!(read(&shop, "/reports/2027-01-17?recount=true").await["recount"]["agrees"], true);
}

// SPEC: MET-2
#[actix_web::test]
async fn a_clock_that_was_wrong_for_a_moment_hides_nothing_from_the_report() {
    let house = House::open().await;
    let mut shop = shop(&house).await;
    let back = |ms: u64| 0u64.wrapping_sub(ms);
    let (one, other) = (shop.buyer("b-1").await, shop.buyer("b-2").await);
    for no in 0..3 {
        shop.says(&one, &format!("{no}")).await;
    }
    // Ahead by a day for one message, and right again.
    shop.pass_ms(DAY).await;
    shop.says(&one, "later").await;
    shop.pass_ms(back(DAY)).await;
    for no in 0..5 {
        shop.says(&other, &format!("{no}")).await;
    }
    shop.pass_ms(TO_REPORT + 6 * SECOND).await;
    let report = &reports(&shop, 1).await[0];
    assert_eq!(report["figures"]["received"], 8, "{report}");
}

/// The value of this series, once the server has one: how it begins, up to the space.
async fn scraped(house: &House, series: &str) -> f64 {
    until(series, || async {
        let text = house.get("/metrics", &house.key()).await.ok().as_str().unwrap_or_default().to_owned();
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse::<f64>().ok());
        value.filter(|value| !value.is_nan())
    })
    .await
}

// SPEC: MET-1, MET-3
#[actix_web::test]
async fn the_rates_that_prometheus_reads_are_those_of_before_a_restart() {
    // By name: the other series are of the whole process, in which other tests run servers too.
    let house = House::open_with(|config| config.metrics.shops = vec!["tea".into()]).await;
    let mut shop = shop(&house).await;
    an_hour(&mut shop).await;
    let rates = ["fenliu_shop_unread_ratio{shop=\"tea\"}", "fenliu_shop_timeout_ratio{shop=\"tea\"}"];
    until("counted", || async { (scraped(&house, rates[1]).await > 0.0).then_some(()) }).await;
    let mut before = Vec::new();
    for rate in rates {
        before.push(scraped(&house, rate).await);
    }
    assert!(before.iter().all(|rate| (0.0..=1.0).contains(rate) && *rate > 0.0), "{before:?}");
    house.stop().await;
    house.start().await;
    for (rate, before) in rates.iter().zip(before) {
        assert_eq!(scraped(&house, rate).await, before, "{rate}");
    }
    house.stop().await;
}
