//! Taking data out: CSV that no spreadsheet can execute, JSON Lines as they are, and the record of it first.

use super::support::{House, MINUTE, Shop};
use serde_json::{Value, json};

const CONVERSATIONS: &str = "/v1/staff/shop/export/conversations";

async fn text(house: &House, path: &str, token: &str) -> String {
    let answer = house.get(path, token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // One line of JSON Lines is JSON by itself.
    match answer.body {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A table's cells, as a spreadsheet reads them.
fn cells(table: &str) -> Vec<Vec<String>> {
    let plain = table.strip_prefix('\u{feff}').expect("a mark for spreadsheets");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(plain.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

fn period(house: &House, format: &str) -> String {
    format!("{CONVERSATIONS}?format={format}&from={}&to={}", house.now() - 60 * MINUTE, house.now() + 1)
}

// SPEC: INB-15
#[actix_web::test]
async fn what_a_buyer_wrote_is_no_formula_in_a_table_and_itself_in_json() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let buyer = shop.buyer("=b").await;
    let wicked = ["=1+1", "+1", "-1", "@x", "\t=1", "你好, \"世界\"\n=2", "a;=1", "plain"];
    for said in wicked {
        shop.says(&buyer, said).await;
    }
    let rows = cells(&text(&house, &period(&house, "csv"), &shop.boss).await);
    let column = |name: &str| rows[0].iter().position(|c| c == name).unwrap();
    assert_eq!(rows.len(), 1 + wicked.len());
    // Also where a spreadsheet would split a cell.
    let harmless = ["'=1+1", "'+1", "'-1", "'@x", "'\t'=1", "你好, \"世界\"\n'=2", "a;'=1", "plain"];
    for (n, (row, expected)) in rows[1..].iter().zip(harmless).enumerate() {
        assert_eq!((row[column("text")].as_str(), row[column("buyer")].as_str()), (expected, "'=b"));
        assert_eq!((&row[column("seq")], &row[column("from")]), (&(n + 1).to_string(), &"buyer".to_owned()));
        assert_eq!((&row[column("at")], &row[column("time_utc")]), (&house.now().to_string(), &"2027-01-15T08:00:00.000Z".to_owned()));
    }
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{rows:?}");
    let lines = text(&house, &period(&house, "jsonl"), &shop.boss).await;
    let said: Vec<Value> = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["text"].clone()).collect();
    assert_eq!(said, wicked.map(|w| json!(w)));
    let one = text(&house, &format!("{CONVERSATIONS}?format=jsonl&conversation={}", buyer.conversation), &shop.boss).await;
    assert_eq!(one, lines);
}

// SPEC: INB-15 INB-8 INB-7 INB-12
#[actix_web::test]
async fn archived_ones_leave_hidden_and_recalled_ones_do_not() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let (kept, hidden, other) = (shop.buyer("kept").await, shop.buyer("hidden").await, Shop::open(&house, "shoes").await);
    let stranger = other.buyer("x").await;
    other.says(&stranger, "别家").await;
    shop.says(&kept, "证据").await;
    let taken_back = shop.says(&kept, "收回").await;
    house.post(&format!("/v1/buyer/messages/{taken_back}/recall"), &kept.token, json!({})).await.ok();
    shop.close(&shop.boss, &kept).await.ok();
    house.post(&format!("{}/archive", kept.path()), &shop.boss, json!({})).await.ok();
    shop.says(&hidden, "之前").await;
    house.post("/v1/staff/shop/blacklist", &shop.boss, json!({"buyer": "hidden", "reason": "x"})).await.ok();
    shop.says(&hidden, "看不见").await;
    let texts = |lines: String| -> Vec<String> {
        let of = |line: &str| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
        lines.lines().map(of).collect()
    };
    assert_eq!(texts(text(&house, &period(&house, "jsonl"), &shop.boss).await), ["证据", "之前"]);
    let one = format!("{CONVERSATIONS}?format=jsonl&conversation={}", hidden.conversation);
    assert_eq!(texts(text(&house, &one, &shop.boss).await), ["之前"]);
    house.call("DELETE", "/v1/staff/shop/blacklist/hidden", &shop.boss, Value::Null).await.ok();
    assert_eq!(texts(text(&house, &one, &shop.boss).await), ["之前", "看不见"]);
    house.get(&one, &other.boss).await.refused(404, "not_found");
}

// SPEC: INB-15 ACC-2
#[actix_web::test]
async fn a_long_export_comes_whole_and_each_is_recorded() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let buyer = shop.buyer("b-1").await;
    let long = "长".repeat(1_000);
    for chunk in (0..600).collect::<Vec<u32>>().chunks(50) {
        futures_util::future::join_all(chunk.iter().map(|n| {
            let text = format!("{n} {long}");
            let (shop, buyer) = (&shop, &buyer);
            async move { shop.says(buyer, &text).await }
        }))
        .await;
    }
    let ana = shop.account("ana", json!({"role": "analyst"})).await;
    let lines = text(&house, &period(&house, "jsonl"), &ana.token).await;
    let seqs: Vec<u64> = lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, super::support::shop::gap_free(600));
    assert_eq!(cells(&text(&house, &shop_path(&shop, &period(&house, "csv")), &house.key()).await).len(), 601);
    let audit = house.get("/v1/staff/shop/audit?limit=20", &shop.boss).await.ok();
    let rows: Vec<_> = audit["changes"].as_array().unwrap().iter().filter(|row| row["what"] == "export").collect();
    assert_eq!(rows.len(), 2, "{audit}");
    assert_eq!((&rows[0]["which"], &rows[0]["by"]["platform"]), (&json!("conversations"), &json!("operator")));
    assert_eq!((&rows[1]["by"]["agent"], &rows[1]["after"]["to"]), (&json!(ana.no), &json!(house.now() + 1)), "{audit}");
}

fn shop_path(shop: &Shop, staffs: &str) -> String {
    staffs.replace("/v1/staff/shop/", &shop.path(""))
}

// SPEC: INB-15 DIV-10
#[actix_web::test]
async fn the_distribution_report_leaves_as_a_table_and_who_may_not_is_refused() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 9).await;
    let from = house.now();
    house.pass_ms(MINUTE);
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "?").await;
    shop.owned_by(&buyer, &lin).await;
    house.pass_ms(MINUTE);
    let path = |format: &str| format!("/v1/staff/shop/export/distribution?format={format}&from={from}&to={}", house.now());
    let rows = cells(&text(&house, &path("csv"), &shop.boss).await);
    let received = rows[0].iter().position(|c| c == "received").unwrap();
    assert_eq!((rows.len(), rows[2][0].as_str(), rows[2][received].as_str()), (3, lin.no.to_string().as_str(), "1"), "{rows:?}");
    assert_eq!(text(&house, &path("jsonl"), &shop.boss).await.lines().count(), 2);
    for path in [path("csv"), period(&house, "csv")] {
        house.get(&path, &lin.token).await.refused(403, "forbidden");
    }
    for bad in ["", "?format=xls&from=1&to=2", "?format=csv", "?format=csv&from=2&to=1", "?format=csv&from=1&to=2&conversation=x"] {
        house.get(&format!("{CONVERSATIONS}{bad}"), &shop.boss).await.refused(400, "invalid");
    }
}

// SPEC: INB-15 INB-9 ACC-2
#[actix_web::test]
async fn orders_leave_by_period_and_no_cell_of_theirs_is_a_formula() {
    let house = House::open().await;
    let (shop, other) = (Shop::open(&house, "tea").await, Shop::open(&house, "shoes").await);
    let from = house.now();
    let item = json!({"title": "=龙井", "product": "p", "sku": "-s", "price_minor": 1, "quantity": 2});
    for (no, buyer, status) in [("=1+1", "+b", "paid"), ("@o", "-b", "shipped"), ("o-3", "b", "unpaid")] {
        let parcels = json!([{"carrier": "sf", "number": "=SF1"}, {"number": "-2"}]);
        let order = json!({"buyer": buyer, "status": status, "items": [item, item], "parcels": parcels});
        shop.platform("PUT", &format!("orders/{}", no.replace('+', "%2B").replace('=', "%3D")), order).await.ok();
        house.pass_ms(MINUTE);
    }
    other.platform("PUT", "orders/x", json!({"buyer": "x", "status": "paid", "items": []})).await.ok();
    let path = |format: &str, to: u64| format!("/v1/staff/shop/export/orders?format={format}&from={from}&to={to}");
    let rows = cells(&text(&house, &path("csv", house.now() + 1), &shop.boss).await);
    assert_eq!(rows[0], ["order", "buyer", "status", "state", "changed_at", "items", "parcels"]);
    let orders: Vec<[&str; 4]> = rows[1..].iter().map(|row| [&row[0], &row[1], &row[2], &row[3]].map(String::as_str)).collect();
    assert_eq!(orders, [["'=1+1", "'+b", "paid", "paid"], ["'@o", "'-b", "shipped", "shipped"], ["o-3", "b", "unpaid", "unpaid"]]);
    let told = rows[1..].iter().map(|row| [&row[5], &row[6]].map(String::as_str));
    assert!(told.clone().all(|cells| cells == ["'=龙井 × 2 (-s);' =龙井 × 2 (-s)", "sf =SF1;' -2"]), "{rows:?}");
    assert_eq!(rows[2][4], (from + MINUTE).to_string());
    // A report with another state moves an order to the end.
    let order = json!({"buyer": "b", "status": "shipped", "items": [], "parcels": [{"number": "-2"}]});
    shop.platform("PUT", "orders/%401", order.clone()).await.ok();
    shop.platform("PUT", "orders/%401", json!({"buyer": "b", "status": "succeeded", "items": []})).await.ok();
    let lines = text(&house, &shop_path(&shop, &path("jsonl", house.now() + 1)), &house.key()).await;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<&str> = lines.iter().map(|line| line["order"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["=1+1", "@o", "o-3", "@1"], "as they are");
    assert_eq!((&lines[0]["parcels"][0], &lines[0]["items"][0]["quantity"]), (&json!({"carrier": "sf", "number": "=SF1"}), &json!(2)));
    assert_eq!((&lines[3]["state"], &lines[3]["status"]), (&json!("succeeded"), &json!("succeeded")));
    assert_eq!(cells(&text(&house, &path("csv", from + 1), &shop.boss).await).len(), 2, "`to` is not in it");
    let audit = house.get("/v1/staff/shop/audit?limit=3", &shop.boss).await.ok();
    for row in audit["changes"].as_array().unwrap() {
        assert_eq!((&row["what"], &row["which"]), (&json!("export"), &json!("orders")), "{audit}");
    }
    let (lin, _desk) = shop.online("lin", 9).await;
    house.get(&path("csv", from + 1), &lin.token).await.refused(403, "forbidden");
    for bad in
        ["?format=csv", "?format=csv&from=2&to=1", "?format=csv&from=1&to=2&conversation=x", "?from=1&to=2", "?format=csv&from=1&to=2&x=1"]
    {
        house.get(&format!("/v1/staff/shop/export/orders{bad}"), &shop.boss).await.refused(400, "invalid");
    }
}
