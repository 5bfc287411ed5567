//! The inbox over HTTP: every filter and order, cursors, figures, and who sees what.

use super::desk::labels;
use super::support::{Agent, Buyer, House, SECOND, Shop, Socket};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

const INBOX: &str = "/v1/staff/inbox";
const COUNTED: [&str; 6] = ["waiting", "pooled", "unanswered", "replied", "unread", "unread_messages"];

/// A shop with one conversation in every state: lin, of group 1, serves `a` (read, unanswered) and `b` (replied); mei, of group 2,
/// serves `c`; `d` is closed, `e` archived; `f` is in the queue, `g` in the pool. The last messages were written in the order of
/// the seconds that are named.
struct Scene {
    shop: Shop,
    lin: Agent,
    mei: Agent,
    buyers: BTreeMap<&'static str, Buyer>,
    /// Online while they live.
    _sockets: [Socket; 2],
}

impl Scene {
    async fn open(house: &Rc<House>) -> Scene {
        let shop = Shop::open(house, "tea").await;
        shop.platform("PUT", "desk", labels()).await.ok();
        let (sale, after) = (shop.group("售前").await, shop.group("售后").await);
        let lin = shop.account("lin", json!({"capacity": 2, "groups": [{"group": sale}]})).await;
        let mei = shop.account("mei", json!({"capacity": 9, "groups": [{"group": after}]})).await;
        let sockets = [shop.connect(&lin).await, shop.connect(&mei).await];
        let rules = json!([
            {"name": "售后", "when": {"entry": ["after"]}, "target": {"groups": [after]}},
            {"name": "售前", "target": {"groups": [sale]}},
        ]);
        shop.rules(json!({"rules": rules, "queue": {"length_max": 1}, "offline": {"text": ""}})).await;
        let mut buyers = BTreeMap::new();
        for name in ["a", "b", "c", "d", "e", "f", "g"] {
            buyers.insert(name, shop.buyer(&format!("buyer-{name}")).await);
        }
        let scene = Scene { shop, lin, mei, buyers, _sockets: sockets };
        scene.happen(house).await;
        scene.set_up().await;
        scene
    }

    fn of(&self, name: &str) -> &Buyer {
        &self.buyers[name]
    }

    fn path(&self, name: &str, rest: &str) -> String {
        format!("{}/{rest}", self.of(name).path())
    }

    async fn happen(&self, house: &Rc<House>) {
        let Scene { shop, lin, mei, .. } = self;
        house.pass_ms(SECOND);
        for name in ["d", "e"] {
            let seq = shop.says(self.of(name), "你好").await; // 1 s and 3 s
            shop.owned_by(self.of(name), lin).await;
            if name == "e" {
                house.post(&self.path("e", "read"), &lin.token, json!({"seq": seq})).await.ok();
            }
            shop.close(&lin.token, self.of(name)).await.ok();
            house.pass_ms(2 * SECOND);
        }
        house.post(&self.path("e", "archive"), &shop.boss, json!({})).await.ok();
        house.pass_ms(SECOND);
        let seq = shop.says(self.of("a"), "Size M?").await; // 6 s
        shop.owned_by(self.of("a"), lin).await;
        house.post(&self.path("a", "read"), &lin.token, json!({"seq": seq})).await.ok();
        house.pass_ms(SECOND);
        shop.says(self.of("b"), "在吗").await;
        shop.owned_by(self.of("b"), lin).await;
        house.pass_ms(SECOND);
        shop.answers(lin, self.of("b"), "退款已办").await; // 8 s
        house.pass_ms(SECOND);
        shop.says_from(self.of("c"), "after").await; // 9 s
        shop.owned_by(self.of("c"), mei).await;
        for (name, state) in [("f", "waiting"), ("g", "pooled")] {
            house.pass_ms(SECOND);
            shop.says(self.of(name), "?").await; // 10 s and 11 s
            shop.until(self.of(name), state, |s| s["state"] == state).await;
        }
        house.pass_ms(SECOND);
    }

    /// Labels, priorities, orders and a tag.
    async fn set_up(&self) {
        let Scene { shop, lin, mei, .. } = self;
        let house = &shop.house;
        for (name, token, add) in
            [("a", &lin.token, json!([1])), ("c", &mei.token, json!([1, 2])), ("d", &shop.boss, json!([2])), ("f", &shop.boss, json!([2]))]
        {
            house.put(&self.path(name, "labels"), token, json!({"add": add})).await.ok();
        }
        for (name, token, priority) in [("c", &mei.token, "urgent"), ("b", &lin.token, "high"), ("d", &shop.boss, "low")] {
            house.put(&self.path(name, "priority"), token, json!({"priority": priority})).await.ok();
        }
        for (name, status) in [("a", "unpaid"), ("b", "paid"), ("c", "after_sale"), ("d", "succeeded"), ("f", "shipped"), ("g", "closed")] {
            let order = json!({"buyer": self.of(name).buyer, "status": status, "items": []});
            shop.platform("PUT", &format!("orders/o-{name}"), order).await.ok();
        }
        shop.platform("PUT", "buyers/buyer-g", json!({"tags": ["询价未下单"]})).await.ok();
    }

    /// The letters of a whole list, read in pages of so many rows.
    async fn letters(&self, token: &str, query: &str, limit: usize) -> String {
        let (mut letters, mut cursor) = (String::new(), String::new());
        loop {
            let page = self.shop.house.get(&format!("{INBOX}?limit={limit}&cursor={cursor}&{query}"), token).await.ok();
            let rows = page["conversations"].as_array().expect("a list");
            assert!(rows.len() <= limit, "{query}");
            letters.extend(rows.iter().map(|row| row["buyer"].as_str().unwrap().chars().last().unwrap()));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return letters,
            }
        }
    }

    /// It lists these, whatever the size of a page.
    async fn lists(&self, token: &str, query: &str, expected: &str) {
        for limit in [200, 3, 1] {
            assert_eq!(self.letters(token, query, limit).await, expected, "{query:?} by {limit}");
        }
    }

    /// The boss's unread ones, in whatever order.
    async fn unread(&self) -> String {
        let mut letters: Vec<char> = self.letters(&self.shop.boss, "unread=true", 50).await.chars().collect();
        letters.sort_unstable();
        letters.into_iter().collect()
    }

    /// Figures of all kinds are what counting the rows gives.
    async fn recounted(&self) {
        let (house, boss) = (&self.shop.house, &self.shop.boss);
        let rows = house.get(&format!("{INBOX}?limit=200"), boss).await.ok()["conversations"].as_array().unwrap().clone();
        let recount = |of: &dyn Fn(&Value) -> bool| -> Vec<u64> {
            let of: Vec<&Value> = rows.iter().filter(|row| of(row)).collect();
            let live = || of.iter().filter(|row| row["state"] != "archived");
            let unread = |row: &&&Value| row["unread"] != 0;
            let states = COUNTED[..4].iter().map(|state| of.iter().filter(|row| row["state"] == *state).count() as u64);
            let messages = live().map(|row| row["unread"].as_u64().unwrap()).sum();
            states.chain([live().filter(unread).count() as u64, messages]).collect()
        };
        let parts = |count: &Value| -> Vec<u64> { COUNTED.iter().map(|part| count[part].as_u64().unwrap()).collect() };
        let shop = house.get(&format!("{INBOX}/counts?of=shop"), boss).await.ok();
        assert_eq!(parts(&shop["counts"][0]), recount(&|_| true));
        for (of, field, owner) in [("accounts", "agent", "owner"), ("groups", "group", "group")] {
            let (mut told, mut cursor) = (BTreeMap::new(), 0);
            loop {
                let page = house.get(&format!("{INBOX}/counts?of={of}&limit=1&cursor={cursor}"), boss).await.ok();
                for count in page["counts"].as_array().unwrap() {
                    assert!(told.insert(count[field].as_u64().unwrap(), parts(count)).is_none(), "{of}: {count} twice");
                }
                match page["next"].as_u64() {
                    Some(next) => cursor = next,
                    None => break,
                }
            }
            told.retain(|_, parts| parts.iter().any(|part| *part > 0));
            let numbers = rows.iter().filter_map(|row| row[owner].as_u64());
            let expected: BTreeMap<u64, Vec<u64>> = numbers.map(|no| (no, recount(&|row| row[owner] == no))).collect();
            assert_eq!(told, expected, "{of}");
        }
        for agent in [&self.lin, &self.mei] {
            let own = house.get(&format!("{INBOX}/counts"), &agent.token).await.ok();
            assert_eq!(parts(&own["counts"][0]), recount(&|row| row["owner"] == agent.no), "{own}");
        }
    }
}

/// As an address spells a word.
fn spelled(word: &str) -> String {
    word.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

// SPEC: INB-3 INB-1
#[actix_web::test]
async fn every_filter_and_order_lists_what_it_says() {
    let house = House::open().await;
    let scene = Scene::open(&house).await;
    let Scene { shop, lin, mei, .. } = &scene;
    let at = |s: u64| super::support::BEGIN_MS + s * SECOND;
    let (lin_no, mei_no) = (lin.no, mei.no);
    let cases: Vec<(String, &str)> = [
        // Those who wait and were answered, the longest first; then the others, the newest first.
        ("", "abcfged"),
        ("sort=waiting", "abcfged"),
        ("sort=last", "gfcbaed"),
        ("sort=priority", "cbafged"),
        ("state=waiting", "f"),
        ("state=unanswered", "ac"),
        ("state=replied", "b"),
        ("state=pooled", "g"),
        ("state=closed", "d"),
        ("state=archived", "e"),
        ("state=replied,unanswered", "abc"),
        ("state=archived,closed&sort=last", "ed"),
        ("state=unanswered,unanswered&sort=last", "ca"),
        ("unread=true", "cfgd"),
        ("unread=false", "abe"),
        ("owner=me", ""),
        ("owner=99", ""),
        ("group=1", "ab"),
        ("group=2", "c"),
        ("group=99", ""),
        ("label=1", "ac"),
        ("label=2", "cfd"),
        ("label=2,1", "acfd"),
        ("label=9", ""),
        ("priority=urgent", "c"),
        ("priority=low,urgent", "cd"),
        ("priority=normal&sort=priority", "afge"),
        ("stage=pre_order", "ge"),
        ("stage=in_order", "abfd"),
        ("stage=after_sale", "c"),
        ("stage=after_sale,pre_order", "cge"),
        ("order=unpaid", "a"),
        ("order=paid,shipped", "bf"),
        ("order=succeeded", "d"),
        ("order=no_active", "ge"),
        ("stage=in_order&order=paid,after_sale", "b"),
        ("keyword=size", "a"),
        ("keyword=BUYER-C", "c"),
        ("keyword=nobody", ""),
        ("state=unanswered&label=1&priority=urgent&sort=last", "c"),
        ("unread=true&sort=last", "gfcd"),
        ("unread=false&state=archived", "e"),
    ]
    .map(|(query, expected)| (query.to_owned(), expected))
    .into_iter()
    .chain([
        (format!("owner={lin_no}"), "ab"),
        (format!("owner={mei_no}&state=unanswered"), "c"),
        (format!("owner={lin_no}&state=replied,closed"), "b"),
        (format!("from={}", at(8)), "bcfg"),
        (format!("to={}&sort=last", at(3)), "ed"),
        (format!("from={}&to={}", at(6), at(9)), "abc"),
        (format!("keyword={}", spelled("退款")), "b"),
        (format!("keyword={}", spelled("询价")), "g"),
        (format!("keyword={}&sort=last", spelled("买家")), "gfcbaed"),
    ])
    .collect();
    for (query, expected) in &cases {
        scene.lists(&shop.boss, query, expected).await;
    }
    // One row, field by field.
    let row = house.get(&format!("{INBOX}?owner={mei_no}"), &shop.boss).await.ok()["conversations"][0].clone();
    let expected = json!({"state": "unanswered", "owner": mei_no, "group": 2, "unread": 1, "labels": [1, 2], "priority": "urgent",
        "priority_overridden": true, "order": "after_sale", "stage": "after_sale", "last_at": at(9), "since_at": at(9), "name": "买家"});
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&row[field], value, "{field}: {row}");
    }
    scene.recounted().await;
    // The same after a restart.
    house.stop().await;
    house.start().await;
    for (query, expected) in cases.iter().filter(|(query, _)| query.contains("closed") || query.contains("archived")) {
        scene.lists(&shop.boss, query, expected).await;
    }
    house.stop().await;
}

// SPEC: INB-3
#[actix_web::test]
async fn a_cursor_goes_on_in_its_own_list_and_in_no_other() {
    let house = House::open().await;
    let scene = Scene::open(&house).await;
    let (shop, boss) = (&scene.shop, &scene.shop.boss);
    let next = async |query: &str| {
        let page = house.get(&format!("{INBOX}?limit=1&{query}"), boss).await.ok();
        page["next"].as_str().expect("more").to_owned()
    };
    let of_states = next("state=unanswered,replied").await;
    let page = house.get(&format!("{INBOX}?state=replied,unanswered&cursor={of_states}"), boss).await.ok();
    assert_eq!(page["conversations"].as_array().unwrap().len(), 2, "one list, in whatever order it is written");
    for other in ["", "state=unanswered", "state=unanswered,replied&sort=last", "state=unanswered,replied&label=1", "keyword=x"] {
        let detail = house.get(&format!("{INBOX}?{other}&cursor={of_states}"), boss).await.refused(400, "invalid");
        assert!(detail.contains("cursor"), "{other}: {detail}");
    }
    house.get(&format!("{INBOX}?state=unanswered,replied&cursor={of_states}"), &scene.lin.token).await.refused(400, "invalid");
    let mut changed = of_states.clone();
    changed.pop();
    for cursor in ["x", &changed, &format!("{of_states}0"), "%00", "-1"] {
        house.get(&format!("{INBOX}?state=unanswered,replied&cursor={cursor}"), boss).await.refused(400, "invalid");
    }
    // What moves behind the cursor meanwhile is neither repeated nor does it hide the others.
    let first = next("sort=last").await;
    shop.says(scene.of("f"), "还在吗").await;
    let rest = house.get(&format!("{INBOX}?sort=last&cursor={first}"), boss).await.ok();
    let rest: String =
        rest["conversations"].as_array().unwrap().iter().map(|row| row["buyer"].as_str().unwrap().chars().last().unwrap()).collect();
    assert_eq!(rest, "cbaed");
}

// SPEC: INB-3
#[actix_web::test]
async fn nonsense_is_refused_by_the_name_of_its_parameter() {
    let house = House::open().await;
    let scene = Scene::open(&house).await;
    let boss = &scene.shop.boss;
    let (long, many) = (format!("keyword={}", "x".repeat(65)), format!("label={}", ["1"; 21].join(",")));
    for bad in [
        "state=lost",
        "state=",
        "state=closed,",
        "state=Closed",
        "state=closed&state=waiting",
        "unread=yes",
        "owner=x",
        "owner=-1",
        "owner=me&state=waiting,closed",
        "group=x",
        "label=x",
        "label=70000",
        &many,
        "priority=now",
        "stage=mid",
        "order=lost",
        "order=paid&stage=after_sale",
        "from=x",
        "to=-1",
        &long,
        "sort=up",
        "limit=0",
        "limit=201",
        "cursor=x",
        "colour=red",
        "only=1",
    ] {
        let detail = house.get(&format!("{INBOX}?{bad}"), boss).await.refused(400, "invalid");
        let name = bad.split('=').next().unwrap();
        assert!(detail.contains(name), "{bad}: {detail}");
    }
    for bad in ["of=all", "of=", "cursor=x", "limit=0", "limit=201", "state=closed"] {
        house.get(&format!("{INBOX}/counts?{bad}"), boss).await.refused(400, "invalid");
    }
    house.get("/v1/staff/conversations/nonsense", boss).await.refused(400, "invalid");
    house.get(&format!("/v1/staff/conversations/{}", "0".repeat(32)), boss).await.refused(404, "not_found");
    house.get(INBOX, "").await.refused(401, "unauthenticated");
    house.get(INBOX, &scene.of("a").token).await.refused(403, "forbidden");
    house.post(INBOX, boss, json!({})).await.refused(405, "method_not_allowed");
}

// SPEC: INB-3 ACC-1
#[actix_web::test]
async fn who_does_not_oversee_sees_its_own_and_the_queue_and_another_shop_nothing() {
    let house = House::open().await;
    let scene = Scene::open(&house).await;
    let Scene { shop, lin, mei, .. } = &scene;
    for (query, expected) in [
        ("", "abf"),
        ("sort=last", "fba"),
        ("sort=priority", "baf"),
        ("owner=me", "ab"),
        ("state=waiting", "f"),
        ("unread=true", "f"),
        ("label=1,2", "af"),
        ("priority=urgent", ""),
        ("order=after_sale", ""),
        ("keyword=buyer-c", ""),
        ("group=2", ""),
    ] {
        scene.lists(&lin.token, query, expected).await;
    }
    scene.lists(&mei.token, "", "cf").await;
    scene.lists(&mei.token, &format!("owner={}", mei.no), "c").await;
    for query in ["state=closed", "state=archived", "state=pooled,waiting", "owner=1"] {
        house.get(&format!("{INBOX}?{query}"), &lin.token).await.refused(403, "forbidden");
    }
    for of in ["shop", "accounts", "groups"] {
        house.get(&format!("{INBOX}/counts?of={of}"), &lin.token).await.refused(403, "forbidden");
    }
    // Who is given the right sees all.
    let eva = shop.account("eva", json!({"role": "supervisor", "capacity": 0})).await;
    scene.lists(&eva.token, "", "abcfged").await;
    let other = Shop::open(&house, "shoes").await;
    scene.lists(&other.boss, "", "").await;
    scene.lists(&other.boss, &format!("owner={}", lin.no), "").await;
    scene.lists(&other.boss, "keyword=buyer-a", "").await;
    let counts = house.get(&format!("{INBOX}/counts?of=shop"), &other.boss).await.ok();
    assert!(COUNTED.iter().all(|part| counts["counts"][0][part] == 0), "{counts}");
    assert_eq!(house.get(&format!("{INBOX}/counts?of=accounts"), &other.boss).await.ok()["counts"], json!([]));
    house.get(&scene.of("a").path(), &other.boss).await.refused(404, "not_found");
}

// SPEC: INB-3 INB-7 INB-8 INB-12
#[actix_web::test]
async fn what_is_recalled_or_blocked_is_not_unread_and_what_is_archived_is_listed_apart() {
    let house = House::open().await;
    let scene = Scene::open(&house).await;
    let (shop, boss) = (&scene.shop, &scene.shop.boss);
    let blacklist = |method: &'static str, rest: &'static str, body: Value| {
        let path = format!("/v1/staff/shop/blacklist{rest}");
        let house = &house;
        async move { house.call(method, &path, boss, body).await.ok() }
    };
    assert_eq!(scene.unread().await, "cdfg");
    // The only message of one who waits is taken back; it still stands in the queue.
    house.post("/v1/buyer/messages/1/recall", &scene.of("f").token, json!({})).await.ok();
    assert_eq!(scene.unread().await, "cdg");
    scene.lists(boss, "state=waiting&unread=false", "f").await;
    scene.lists(boss, "keyword=%3F", "ag").await;
    scene.recounted().await;
    // On the blacklist: closed, and what is written there changes nothing.
    for name in ["a", "g"] {
        let body = json!({"conversation": scene.of(name).conversation, "reason": "辱骂"});
        blacklist("POST", "", body).await;
    }
    // Who was blocked holds no place: the queue moves up.
    shop.owned_by(scene.of("f"), &scene.lin).await;
    let before = house.get(&format!("{INBOX}?sort=last"), boss).await.ok();
    for name in ["a", "a", "g"] {
        house.pass_ms(SECOND);
        shop.says(scene.of(name), "听不见").await;
    }
    assert_eq!(house.get(&format!("{INBOX}?sort=last"), boss).await.ok(), before);
    assert_eq!(scene.unread().await, "cdg", "g's first message was there before");
    scene.lists(boss, &format!("keyword={}", spelled("听不见")), "").await;
    scene.lists(boss, "state=closed&sort=last", "gad").await;
    scene.lists(&scene.lin.token, "", "bf").await;
    scene.recounted().await;
    // What is taken back meanwhile does not appear.
    house.post("/v1/buyer/messages/2/recall", &scene.of("a").token, json!({})).await.ok();
    blacklist("DELETE", "/buyer-a", Value::Null).await;
    blacklist("DELETE", "/buyer-g", Value::Null).await;
    assert_eq!(scene.unread().await, "acdg");
    let unread = async |name: &str| shop.summary(scene.of(name)).await["unread"].as_u64();
    assert_eq!((unread("a").await, unread("g").await), (Some(1), Some(2)));
    scene.recounted().await;
    // The archive, and back.
    house.post(&scene.path("d", "archive"), boss, json!({})).await.ok();
    scene.lists(boss, "state=archived&sort=last", "ed").await;
    scene.lists(boss, "state=closed&sort=last", "ga").await;
    scene.recounted().await;
    house.post(&scene.path("e", "restore"), boss, json!({})).await.ok();
    scene.lists(boss, "state=archived", "d").await;
    scene.lists(boss, "state=closed&unread=false", "e").await;
    scene.recounted().await;
}
