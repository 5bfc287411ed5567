//! Who receives a buyer: limits, the queue, weights, rules, transfers, explanations.

use super::support::{Buyer, House, Shop, until};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Buyers who each wrote once, a millisecond apart, in this order.
async fn arrivals(shop: &Shop, prefix: &str, count: usize) -> Vec<Buyer> {
    let buyers = join_all((0..count).map(|n| {
        let name = format!("{prefix}-{n}");
        async move { shop.buyer(&name).await }
    }))
    .await;
    for buyer in &buyers {
        shop.house.pass_ms(1);
        shop.says(buyer, "你好").await;
    }
    for buyer in &buyers {
        shop.decided(buyer, 1).await;
    }
    buyers
}

fn owners(rows: &[Value]) -> Vec<u64> {
    rows.iter().filter_map(|r| r["owner"].as_u64()).collect()
}

/// Waits until `count` of them have an owner: a decision and the ownership it leads to are two commits.
async fn owned(shop: &Shop, buyers: &[Buyer], count: usize) -> Vec<Value> {
    until(&format!("{count} owned"), || async { Some(summaries(shop, buyers).await).filter(|rows| owners(rows).len() >= count) }).await
}

/// The conversations, in order of arrival.
async fn summaries(shop: &Shop, buyers: &[Buyer]) -> Vec<Value> {
    join_all(buyers.iter().map(|b| shop.summary(b))).await
}

// SPEC: DIV-4 DIV-5
#[actix_web::test]
async fn a_limit_is_never_exceeded_and_the_queue_drains_in_order_of_arrival() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _d1) = shop.online("lin", 5).await;
    let (mei, _d2) = shop.online("mei", 5).await;
    let (zhao, _d3) = shop.online("zhao", 5).await;
    let team = [&lin, &mei, &zhao];
    let buyers = join_all((0..200).map(|n| {
        let (shop, name) = (&shop, format!("b-{n:03}"));
        async move { shop.buyer(&name).await }
    }))
    .await;
    // All at once: the limit holds in any interleaving.
    join_all(buyers.iter().map(|b| shop.says(b, "你好"))).await;
    join_all(buyers.iter().map(|b| shop.decided(b, 1))).await;
    let rows = owned(&shop, &buyers, 15).await;
    let holding = |rows: &[Value], no: u64| owners(rows).iter().filter(|o| **o == no).count();
    assert_eq!(team.map(|a| holding(&rows, a.no)), [5, 5, 5]);
    assert_eq!(shop.inbox("waiting", "").await.len(), 185);
    for agent in team {
        assert_eq!(shop.load(agent).await, 5);
    }
    // Everything is closed, five at a time, while nobody ever has more than five.
    let mut left = 200;
    while left > 0 {
        let open = shop.inbox("unanswered", &lin.no.to_string()).await;
        let open: Vec<Value> = join_all(team[1..].iter().map(|a| async { shop.inbox("unanswered", &a.no.to_string()).await }))
            .await
            .into_iter()
            .flatten()
            .chain(open)
            .collect();
        assert!(team.iter().all(|a| holding(&open, a.no) <= 5), "{:?}", team.map(|a| holding(&open, a.no)));
        let closing = open.iter().map(|row| {
            let path = format!("/v1/staff/conversations/{}/close", row["conversation"].as_str().unwrap());
            let house = &house;
            let boss = &shop.boss;
            async move { house.post(&path, boss, json!({})).await.ok() }
        });
        left -= join_all(closing).await.len();
    }
    assert_eq!(shop.inbox("closed", "").await.len(), 200);
}

// SPEC: DIV-5
#[actix_web::test]
async fn whatever_frees_a_place_serves_the_oldest_who_waits() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 2).await;
    let buyers = arrivals(&shop, "b", 14).await;
    let served = |count: usize| {
        let (shop, buyers) = (&shop, &buyers);
        async move {
            let open = until(&format!("{count} served"), || async {
                let rows = summaries(shop, buyers).await;
                Some(rows).filter(|rows| rows.iter().filter(|r| r["state"] != "waiting").count() >= count)
            })
            .await;
            let states: Vec<bool> = open.iter().map(|r| r["state"] != "waiting").collect();
            assert_eq!(states, (0..14).map(|n| n < count).collect::<Vec<_>>(), "the oldest first");
        }
    };
    served(2).await;
    shop.close(&lin.token, &buyers[0]).await.ok(); // a close
    served(3).await;
    shop.configure(&lin, 1, 4, json!([]), true).await; // a raised limit
    served(5).await;
    let (mei, mei_desk) = shop.online("mei", 2).await; // an agent online
    served(7).await;
    shop.presence(&mei, "suspended").await.ok();
    shop.configure(&mei, 1, 3, json!([]), true).await; // suspended: nothing
    assert_eq!(shop.load(&mei).await, 2);
    shop.presence(&mei, "online").await.ok(); // resumed
    served(8).await;
    let group = shop.group("售后").await;
    shop.account("away", json!({"groups": [{"group": group}]})).await;
    shop.rules(json!({"rules": [{"name": "all", "target": {"groups": [group]}}]})).await;
    // Nobody of the group is online, so the rule does not apply; then mei joins it, with one place more.
    shop.configure(&mei, 1, 4, json!([{"group": group}]), true).await;
    served(9).await;
    shop.transfer(&lin.token, &buyers[1], json!({"agent": mei.no})).await.ok(); // lin has room, but is out of the rule's scope
    shop.configure(&lin, 1, 4, json!([{"group": group}]), true).await; // membership
    served(10).await;
    for buyer in &buyers[10..] {
        assert_eq!(shop.summary(buyer).await["state"], "waiting");
    }
    shop.configure(&mei, 1, 4, json!([{"group": group}]), false).await; // disabled: her session ends, nothing comes to her
    drop(mei_desk);
    shop.configure(&lin, 1, 20, json!([{"group": group, "capacity": 1}]), true).await; // her places are many, in the group few
    assert_eq!(shop.load(&lin).await, 4);
    shop.configure(&lin, 1, 20, json!([{"group": group}]), true).await;
    served(14).await;
}

// SPEC: DIV-4
#[actix_web::test]
async fn the_limits_of_a_group_and_of_an_agent_in_a_group_hold_too() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (pre, after) = (shop.group("售前").await, shop.group("售后").await);
    shop.platform("PUT", &format!("groups/{pre}"), json!({"name": "售前", "capacity": 3})).await.ok();
    let (lin, _d1) = shop.online("lin", 9).await;
    let (mei, _d2) = shop.online("mei", 9).await;
    shop.configure(&lin, 1, 9, json!([{"group": pre, "capacity": 1}, {"group": after}]), true).await;
    shop.configure(&mei, 1, 9, json!([{"group": pre}, {"group": after, "capacity": 2}]), true).await;
    let rule = json!({"name": "pre", "when": {"entry": ["pre"]}, "target": {"groups": [pre]}});
    shop.rules(json!({"rules": [rule], "fallback_group": after})).await;
    let mut buyers = Vec::new();
    for n in 0..6 {
        let buyer = shop.buyer(&format!("b-{n}")).await;
        house.pass_ms(1);
        shop.says_from(&buyer, "pre").await;
        shop.decided(&buyer, 1).await;
        buyers.push(buyer);
    }
    let mut had = owners(&owned(&shop, &buyers, 3).await);
    had.sort_unstable();
    assert_eq!(had, [lin.no, mei.no, mei.no], "three in the group, one of them lin's");
    let other = shop.buyer("other").await;
    shop.says(&other, "?").await;
    assert_eq!(shop.decided(&other, 1).await["decisions"][0]["step"], "fallback_group");
    shop.platform("PUT", &format!("groups/{pre}"), json!({"name": "售前", "capacity": 5})).await.ok();
    shop.until(&buyers[4], "served after the limit was raised", |s| s["state"] != "waiting").await;
    assert_eq!(shop.summary(&buyers[5]).await["state"], "waiting");
}

// SPEC: DIV-3
#[actix_web::test]
async fn weights_of_three_and_one_share_four_hundred_as_300_and_100() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    house.at_any_pace().await;
    let (heavy, _d1) = shop.online("heavy", 100).await;
    let (light, _d2) = shop.online("light", 100).await;
    let (never, _d3) = shop.online("never", 100).await;
    shop.configure(&heavy, 3, 100, json!([]), true).await;
    shop.configure(&light, 1, 100, json!([]), true).await;
    shop.configure(&never, 0, 100, json!([]), true).await;
    let mut counts = std::collections::BTreeMap::new();
    let mut open = std::collections::VecDeque::new();
    for n in 0..400 {
        let buyer = shop.buyer(&format!("b-{n}")).await;
        shop.says(&buyer, "你好").await;
        let owner = shop.until(&buyer, "an owner", |s| !s["owner"].is_null()).await["owner"].as_u64().unwrap();
        *counts.entry(owner).or_insert(0) += 1;
        // Busy agents come last, and nobody is to be busy here; each keeps its buyers equally long.
        let agent = if owner == heavy.no { &heavy } else { &light };
        shop.answers(agent, &buyer, "您好").await;
        open.push_back(buyer);
        if open.len() == 16 {
            shop.close(&shop.boss, &open.pop_front().unwrap()).await.ok();
        }
    }
    let (three, one) = (counts[&heavy.no], counts[&light.no]);
    assert_eq!(counts.get(&never.no), None);
    assert!((298..=302).contains(&three) && three + one == 400, "{counts:?}");
    // By hand, weight 0 may receive.
    let buyer = open.pop_front().unwrap();
    shop.transfer(&shop.boss, &buyer, json!({"agent": never.no})).await.ok();
    assert_eq!(shop.summary(&buyer).await["owner"], never.no);
}

// SPEC: DIV-3
#[actix_web::test]
async fn a_busy_agent_comes_after_everyone_who_is_not() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _d1) = shop.online("lin", 50).await;
    for buyer in arrivals(&shop, "a", 5).await {
        shop.owned_by(&buyer, &lin).await;
    }
    // lin has five unanswered; mei has more, but answered, and a hundredth of lin's weight.
    shop.configure(&lin, 100, 50, json!([]), true).await;
    shop.presence(&lin, "suspended").await.ok();
    let (mei, _d2) = shop.online("mei", 50).await;
    for buyer in arrivals(&shop, "b", 8).await {
        shop.owned_by(&buyer, &mei).await;
        shop.answers(&mei, &buyer, "您好").await;
    }
    shop.presence(&lin, "online").await.ok();
    let buyer = &arrivals(&shop, "c", 1).await[0];
    shop.owned_by(buyer, &mei).await;
    let why = &shop.why(buyer, 1).await[0];
    let seen = why["seen"].as_array().unwrap();
    assert!(seen.iter().any(|s| s["agent"] == lin.no && s["busy"] == true && s["load"] == 5 && s["weight"] == 100), "{why}");
}

// SPEC: DIV-1 DIV-9
#[actix_web::test]
async fn rules_send_buyers_by_their_entry_to_groups_or_agents_and_others_to_the_fallback() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (pre, after, rest) = (shop.group("售前").await, shop.group("售后").await, shop.group("其他").await);
    let mut team = Vec::new();
    for (login, group) in [("pre", pre), ("after", after), ("rest", rest), ("vip", 0)] {
        let (agent, desk) = shop.online(login, 9).await;
        let groups = if group == 0 { json!([]) } else { json!([{"group": group}]) };
        shop.configure(&agent, 1, 9, groups, true).await;
        team.push((agent, desk));
    }
    let rules = json!({"rules": [
        {"name": "售前", "when": {"entry": ["product"]}, "target": {"groups": [pre]}},
        {"name": "售后", "when": {"entry": ["refund"]}, "target": {"groups": [after]}},
        {"name": "贵宾", "when": {"entry": ["vip"]}, "target": {"agents": [team[3].0.no]}},
    ], "fallback_group": rest});
    shop.rules(rules.clone()).await;
    let now = shop.platform("GET", "diversion", Value::Null).await.ok();
    assert_eq!((&now["version"], &now["rules"], &now["fallback_group"]), (&json!(1), &rules["rules"], &json!(rest)));
    assert_eq!((&now["recent"]["any_ms"], &now["offline_grace_ms"], &now["busy_above"]), (&json!(86_400_000), &json!(60_000), &json!(4)));
    for (entry, index, step) in [("product", 0, "rule"), ("refund", 1, "rule"), ("vip", 3, "rule"), ("elsewhere", 2, "fallback_group")] {
        let buyer = shop.buyer(entry).await;
        shop.says_from(&buyer, entry).await;
        let summary = shop.owned_by(&buyer, &team[index].0).await;
        let why = &shop.why(&buyer, 1).await[0];
        assert_eq!(why["step"], step, "{why}");
        assert_eq!((&why["group"], &why["group"]), (&summary["group"], &[json!(pre), json!(after), json!(rest), Value::Null][index]));
        let (english, chinese) = (why["text"].as_str().unwrap(), why["text_zh"].as_str().unwrap());
        assert!(english.contains(&format!("Agent {} receives it", team[index].0.no)), "{english}");
        assert!(chinese.contains("客服") && chinese.contains(&team[index].0.no.to_string()), "{chinese}");
        let out = why["seen"].as_array().unwrap().iter().filter(|s| s["excluded"] == "out_of_scope").count();
        assert_eq!(out, 4, "all but the one in scope, the boss among them: {why}");
    }
    // A whole set is refused where one rule is wrong, and nothing changes.
    for (code, wrong) in [
        ("faulty", json!({"rules": [{"name": "x", "target": {"groups": [99]}}]})),
        ("faulty", json!({"rules": [{"name": "x", "target": {"agents": [99]}}]})),
        ("invalid", json!({"rules": [{"name": "x"}]})),
        ("invalid", json!({"rules": [{"name": "x", "target": {"groups": [pre], "agents": [1]}}]})),
        ("faulty", json!({"rules": [], "fallback_group": 99})),
        ("faulty", json!({"rules": [{"name": "", "target": {"groups": [pre]}}]})),
        ("faulty", json!({"rules": [{"name": "x", "target": {"groups": []}}]})),
    ] {
        shop.platform("PUT", "diversion", wrong).await.refused(400, code);
    }
    assert_eq!(shop.platform("GET", "diversion", Value::Null).await.ok()["version"], 1);
}

// SPEC: DIV-4 DIV-8
#[actix_web::test]
async fn a_person_passes_a_buyer_on_and_everybody_is_told() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let group = shop.group("售后").await;
    let (lin, _d1) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "退货").await;
    shop.owned_by(&buyer, &lin).await;
    let (mei, _d2) = shop.online("mei", 0).await;
    let zhao = shop.agent("zhao", 9).await;
    let to = |agent: u64| json!({"agent": agent});
    shop.transfer(&lin.token, &buyer, to(lin.no)).await.refused(400, "invalid");
    shop.transfer(&lin.token, &buyer, to(zhao.no)).await.refused(409, "agent_not_online");
    shop.transfer(&lin.token, &buyer, to(99)).await.refused(404, "not_found");
    shop.transfer(&lin.token, &buyer, to(0)).await.refused(404, "not_found");
    shop.transfer(&lin.token, &buyer, json!({"group": 99})).await.refused(404, "not_found");
    shop.transfer(&lin.token, &buyer, json!({})).await.refused(400, "invalid");
    shop.transfer(&lin.token, &buyer, json!({"agent": mei.no, "group": group})).await.refused(400, "invalid");
    shop.transfer(&lin.token, &buyer, json!({"agent": mei.no, "reason": "因".repeat(51)})).await.refused(400, "invalid");
    shop.transfer(&mei.token, &buyer, to(mei.no)).await.refused(409, "not_owner");
    assert_eq!(shop.history(&buyer).await.len(), 1, "what was refused left no trace");

    let reason = "因".repeat(50);
    let told = shop.transfer(&lin.token, &buyer, json!({"agent": mei.no, "reason": reason, "note": "老客户"})).await.ok();
    assert_eq!(told, json!({"over_capacity": true}), "mei's limit is 0: a person may, and is told");
    assert_eq!(shop.summary(&buyer).await["owner"], mei.no);
    let history = shop.history(&buyer).await;
    assert_eq!((history.len(), &history[1]["from"]), (2, &json!("system")));
    let shown = history[1]["text"].as_str().unwrap();
    assert!(shown.contains(&reason) && !shown.contains("老客户"), "{shown}");
    let why = shop.why(&buyer, 1).await;
    assert_eq!((&why[1]["cause"], &why[1]["step"]), (&json!("person"), &json!("passed_to_agent")));
    assert_eq!((&why[1]["from"], &why[1]["chosen"]), (&json!(lin.no), &json!(mei.no)));
    assert!(why[1]["text"].as_str().unwrap().contains("老客户") && why[1]["text_zh"].as_str().unwrap().contains("老客户"), "{why:?}");
    // The giver no longer answers; the round is still open.
    shop.answer(&lin, &buyer, "answer-01", "?").await.refused(409, "not_owner");
    assert_eq!(shop.summary(&buyer).await["state"], "unanswered");

    // To a group: somebody of it; nobody there: it waits for that group, and only for it.
    let told = shop.transfer(&mei.token, &buyer, json!({"group": group})).await.ok();
    assert_eq!(told, json!({"over_capacity": false}));
    let waits = shop.until(&buyer, "waiting for the group", |s| s["state"] == "waiting").await;
    assert_eq!(waits["group"], group);
    shop.configure(&zhao, 1, 9, json!([{"group": group}]), true).await;
    let _d3 = shop.connect(&zhao).await;
    shop.owned_by(&buyer, &zhao).await;
    assert_eq!(shop.why(&buyer, 1).await.last().unwrap()["step"], "passed_to_group");
    // A supervisor passes on, and takes over, what another owns.
    shop.transfer(&shop.boss, &buyer, to(lin.no)).await.ok();
    assert_eq!(shop.summary(&buyer).await["owner"], lin.no);
}

// SPEC: DIV-8
#[actix_web::test]
async fn passing_to_ones_own_group_means_a_colleague() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let group = shop.group("售后").await;
    let (lin, _d1) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "退货").await;
    shop.owned_by(&buyer, &lin).await;
    let (mei, _d2) = shop.online("mei", 9).await;
    for agent in [&lin, &mei] {
        shop.configure(agent, 1, 9, json!([{"group": group}]), true).await;
    }
    // mei has more to do, so by load alone it would come back to lin.
    for n in 0..4 {
        let other = shop.buyer(&format!("o-{n}")).await;
        shop.says(&other, "?").await;
        let owner = shop.until(&other, "an owner", |s| !s["owner"].is_null()).await["owner"].clone();
        if owner == lin.no {
            shop.transfer(&lin.token, &other, json!({"agent": mei.no})).await.ok();
        }
    }
    shop.transfer(&lin.token, &buyer, json!({"group": group})).await.ok();
    assert_eq!(shop.summary(&buyer).await["owner"], mei.no);
    // Where nobody else can take it, it would come straight back: that is said instead.
    shop.presence(&lin, "suspended").await.ok();
    shop.transfer(&mei.token, &buyer, json!({"group": group})).await.refused(400, "invalid");
    assert_eq!(shop.summary(&buyer).await["owner"], mei.no);
}

// SPEC: DIV-9
#[actix_web::test]
async fn why_answers_for_those_who_may_see_the_conversation() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _d1) = shop.online("lin", 1).await;
    let (mei, _d2) = shop.online("mei", 0).await;
    let (a, b) = (shop.buyer("a").await, shop.buyer("b").await);
    shop.says(&a, "你好").await;
    shop.owned_by(&a, &lin).await;
    shop.says(&b, "你好").await;
    let why = shop.why(&b, 1).await;
    assert_eq!((why.len(), &why[0]["chosen"]), (1, &Value::Null));
    let full = |no: u64| why[0]["seen"].as_array().unwrap().iter().any(|s| s["agent"] == no && s["excluded"] == "full");
    assert!(full(lin.no) && full(mei.no), "{why:?}");
    assert!(why[0]["text"].as_str().unwrap().contains("waits in the queue"), "{why:?}");
    assert!(why[0]["text_zh"].as_str().unwrap().contains("排队"), "{why:?}");
    let path = |buyer: &Buyer, no: u64| format!("{}/receptions/{no}/why", buyer.path());
    house.get(&path(&a, 1), &mei.token).await.refused(404, "not_found");
    house.get(&path(&a, 1), &lin.token).await.ok();
    house.get(&path(&a, 2), &lin.token).await.refused(404, "not_found");
    house.get(&path(&a, 0), &lin.token).await.refused(404, "not_found");
    for bad in ["x", "-1", "4294967296", "1.5"] {
        house.get(&format!("{}/receptions/{bad}/why", a.path()), &lin.token).await.refused(400, "invalid");
    }
    // lin closes a, so b, who waited, is next.
    shop.close(&lin.token, &a).await.ok();
    shop.owned_by(&b, &lin).await;
    let why = shop.why(&b, 1).await;
    assert_eq!((why.len(), &why[1]["cause"], &why[1]["chosen"]), (2, &json!("waited"), &json!(lin.no)));
}
