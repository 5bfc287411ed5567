//! Bad input: refused with a problem that says what is wrong, and without a trace.

use super::support::{Answer, House, Shop, Socket, read};
use actix_web::rt::net::TcpStream;
use awc::ws;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const JSON: &str = "application/json";

// SPEC: INB-7 OPS-3
#[actix_web::test]
async fn a_body_that_is_not_what_was_asked_for_is_refused() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let buyer = shop.buyer("b-1").await;
    let post = |content_type: &'static str, body: Vec<u8>| {
        let (house, token) = (house.clone(), buyer.token.clone());
        async move { house.bytes("POST", "/v1/buyer/messages", &token, content_type, body).await }
    };
    let id = r#""client_message_id":"message-1""#;
    let bad: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), ""),
        (b"{".to_vec(), ""),
        (b"null".to_vec(), ""),
        (b"[]".to_vec(), ""),
        (b"\"text\"".to_vec(), ""),
        (b"17".to_vec(), ""),
        (format!("{{{id}}}").into(), "text"),
        (format!("{{{id},\"text\":5}}").into(), "text"),
        (format!("{{{id},\"text\":null}}").into(), "text"),
        (format!("{{{id},\"text\":[\"x\"]}}").into(), "text"),
        (format!("{{{id},\"text\":\"x\",\"colour\":1}}").into(), "colour"),
        (format!("{{{id},\"text\":\"x\",\"text\":\"y\"}}").into(), "text"),
        (format!("{{{id},\"text\":\"x\"}}x").into(), ""),
        (format!("{{{id},\"text\":\"x\"}}{{}}").into(), ""),
        (format!("{{{id},\"text\":\"\\ud800\"}}").into(), "text"),
        (format!("{{{id},\"text\":\"a\nb\"}}").into(), "text"),
        ([format!("{{{id},\"text\":\"").as_bytes(), b"\xff\xfe\"}"].concat(), "text"),
        ([b"\xef\xbb\xbf", format!("{{{id},\"text\":\"x\"}}").as_bytes()].concat(), ""),
        ("[".repeat(60_000).into(), ""),
        (format!("{{\"text\":{}", "{\"a\":".repeat(10_000)).into(), "text"),
        (format!("{{{id},\"text\":\"x\",\"entry\":\"{}\"}}", "e".repeat(65)).into(), "entry"),
        (format!("{{{id},\"text\":\"x\",\"entry\":\"a\\nb\"}}").into(), "entry"),
    ];
    for (body, names) in bad {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let detail = post(JSON, body).await.refused(400, "invalid");
        assert!(detail.contains(names) && detail.len() < 500, "{shown}: {detail}");
    }
    let right = format!("{{{id},\"text\":\"x\"}}");
    for other in ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx"] {
        post(other, right.clone().into()).await.refused(415, "unsupported_media_type");
    }
    for seq in ["-1", "1.5", "1e400", "18446744073709551616", "\"1\"", "true", "null"] {
        let detail = house.bytes("POST", "/v1/buyer/read", &buyer.token, JSON, format!("{{\"seq\":{seq}}}")).await.refused(400, "invalid");
        assert!(detail.contains("seq") || seq == "1e400", "{seq}: {detail}");
    }
    assert_eq!(house.get("/v1/buyer/messages", &buyer.token).await.ok()["messages"], json!([]), "nothing was stored");
    post("application/json; charset=utf-8", right.into()).await.ok();
}

// SPEC: INB-7 OPS-3
#[actix_web::test]
async fn a_body_may_have_64_kib_and_not_a_byte_more() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let buyer = shop.buyer("b-1").await;
    let body = |bytes: usize| {
        let head = r#"{"client_message_id":"message-1","text":"x""#;
        format!("{head}{}}}", " ".repeat(bytes - head.len() - 1))
    };
    let post = |body: String| house.bytes("POST", "/v1/buyer/messages", &buyer.token, JSON, body);
    post(body(64 * 1024 + 1)).await.refused(413, "too_large");
    post(body(2 * 1024 * 1024)).await.refused(413, "too_large");
    post(body(64 * 1024)).await.ok();
    // Without an announced length.
    for (bytes, refused) in [(64 * 1024 + 1, true), (64 * 1024, false)] {
        let chunks: Vec<Result<bytes::Bytes, std::io::Error>> =
            body(bytes).into_bytes().chunks(1_000).map(|c| Ok(bytes::Bytes::copy_from_slice(c))).collect();
        let request = house.request("POST", "/v1/buyer/messages", &buyer.token).insert_header(("content-type", JSON));
        let answer = read(request.send_stream(futures_util::stream::iter(chunks))).await;
        match refused {
            true => drop(answer.refused(413, "too_large")),
            false => drop(answer.ok()),
        }
    }
}

// SPEC: INB-7
#[actix_web::test]
async fn texts_and_client_ids_are_measured_as_people_count() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    for (text, fits) in [
        ("汉".repeat(4_000), true),
        ("汉".repeat(4_001), false),
        ("𠮷".repeat(4_000), true),
        ("a".repeat(4_001), false),
        (String::new(), false),
        (" \n\t\u{3000}".to_owned(), false),
        ("\u{7}\u{0}".to_owned(), false),
        ("x\u{1b}[2J".to_owned(), false),
        ("👩\u{200d}🔧\tx\n".to_owned(), true),
        ("?".to_owned(), true),
    ] {
        let id = house.unique();
        phone.send(&id, &text).await;
        let told = phone.until(|f| f["client_message_id"] == id.as_str()).await;
        let answer = shop.send(&buyer, &id, &text).await;
        let reply = shop.answer(&lin, &buyer, &id, &text).await;
        if fits {
            assert_eq!((&told["type"], &answer.ok()["repeated"]), (&json!("accepted"), &json!(true)));
            shop.owned_by(&buyer, &lin).await;
            shop.answer(&lin, &buyer, &id, &text).await.ok();
        } else {
            assert_eq!((&told["type"], &told["code"]), (&json!("refused"), &json!("invalid")), "{text:?}");
            assert!(answer.refused(400, "invalid").contains("text"));
            assert!(reply.refused(400, "invalid").contains("text"));
        }
    }
    for (id, fits) in
        [("x".repeat(7), false), ("x".repeat(8), true), ("x".repeat(64), true), ("x".repeat(65), false), ("号号号".into(), true)]
    {
        let answer = shop.send(&buyer, &id, "你好").await;
        match fits {
            true => drop(answer.ok()),
            false => assert!(answer.refused(400, "invalid").contains("client_message_id")),
        }
    }
}

// SPEC: INB-7 OPS-2
#[actix_web::test]
async fn what_was_written_is_read_back_to_the_last_character() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let buyer = shop.buyer("b-1").await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    let texts = ["\u{200b}NUL\u{2060}", "\"quoted\" \\ / \n\r\t", "<script>alert(1)</script>", "👩‍👩‍👧‍👦 e\u{301} \u{202e}rtl", "=1+1", " ends "];
    for text in texts {
        shop.says(&buyer, text).await;
        assert_eq!(phone.message().await["text"], text);
    }
    let history = shop.history(&buyer).await;
    assert_eq!(history.iter().map(|m| m["text"].as_str().unwrap()).collect::<Vec<_>>(), texts);
}

// SPEC: OPS-5
#[actix_web::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let buyer = shop.buyer("b-1").await;
    let token = &buyer.token;
    for path in
        ["/", "/v1", "/v2/buyer/messages", "/v1/buyer/messages/", "/v1/buyer/Messages", "//v1/buyer/messages", "/v1/buyer/messages/1"]
    {
        house.get(path, token).await.refused(404, "not_found");
    }
    for (method, path, allow) in [
        ("PATCH", "/v1/buyer/messages", "POST, GET"),
        ("DELETE", "/v1/buyer/messages", "POST, GET"),
        ("OPTIONS", "/v1/staff/me", "GET"),
        ("TRACE", "/v1/staff/me", "GET"),
        ("BREW", "/v1/platform/shops", "POST"),
        ("GET", "/v1/staff/log-in", "POST"),
        ("POST", "/healthz", "GET"),
    ] {
        let answer = house.call(method, path, token, Value::Null).await;
        assert_eq!(answer.allow.as_deref(), Some(allow), "{method} {path}: {answer:?}");
        answer.refused(405, "method_not_allowed");
    }
    for path in ["/healthz", "/readyz"] {
        house.get(path, "").await.ok();
    }
    assert!(house.get("/openapi.json", "").await.ok()["paths"]["/v1/buyer/messages"].is_object());
}

// SPEC: OPS-5
#[actix_web::test]
async fn paths_and_parameters_that_try_tricks_are_refused() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    let upper = buyer.conversation.to_uppercase();
    for id in ["x", "..%2f..%2fme", "%00", "%ff", &upper, &buyer.conversation[1..], &format!("{}0", buyer.conversation), "%e6%b1%89"] {
        for rest in ["", "/messages", "/receptions/1/why"] {
            let answer = house.get(&format!("/v1/staff/conversations/{id}{rest}"), &shop.boss).await;
            assert!([400, 404].contains(&answer.status), "{id}{rest}: {answer:?}");
            let (status, code) = (answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned());
            answer.refused(status, &code);
        }
    }
    for query in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=99999999999999999999",
        "after=-1",
        "after=1e3",
        "after=x",
        "colour=red",
        "limit=1&limit=2",
        "after=%ff",
    ] {
        let name = query.split('=').next().unwrap();
        let detail = house.get(&format!("/v1/buyer/messages?{query}"), &buyer.token).await.refused(400, "invalid");
        assert!(detail.contains(name), "{query}: {detail}");
    }
    house.get("/v1/buyer/messages?after=18446744073709551615&limit=200", &buyer.token).await.ok();
    for query in [
        "?state=",
        "?state=all",
        "?state=waiting,all",
        "?priority=red",
        "?order=lost",
        "?stage=later",
        "?stage=pre_order&order=paid",
        "?label=x",
        "?label=70000",
        "?unread=yes",
        "?group=-1",
        "?sort=name",
        "?from=x",
        "?state=waiting&owner=me",
        "?state=replied&owner=x",
        "?state=replied&owner=-1",
        "?state=waiting&limit=0",
        "?state=waiting&cursor=x",
        "?state=waiting&cursor=..",
        "?state=waiting&cursor=%00",
        "?state=waiting&cursor=0123456789abcdef",
    ] {
        house.get(&format!("/v1/staff/inbox{query}"), &shop.boss).await.refused(400, "invalid");
    }
    house.get("/v1/buyer/socket?cursor=x", &buyer.token).await.refused(400, "invalid");
    house.get("/v1/buyer/socket", &buyer.token).await.refused(400, "invalid");
    house.get("/v1/buyer/socket", "").await.refused(401, "unauthenticated");
}

// SPEC: INB-3
#[actix_web::test]
async fn pages_together_are_the_whole_each_row_once() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.without_gate().await;
    let mut buyers = Vec::new();
    for n in 0..23 {
        let buyer = shop.buyer(&format!("b-{n}")).await;
        house.pass_ms(1);
        shop.says(&buyer, "你好").await;
        shop.decided(&buyer, 1).await;
        buyers.push(buyer.conversation);
    }
    for limit in [1, 7, 23, 200] {
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = house.get(&format!("/v1/staff/inbox?state=waiting&limit={limit}&cursor={cursor}"), &shop.boss).await.ok();
            let rows = page["conversations"].as_array().unwrap();
            assert!(rows.len() <= limit && !rows.is_empty());
            listed.extend(rows.iter().map(|r| r["conversation"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(listed, buyers, "the longest waiting first, limit {limit}");
    }
}

// SPEC: OPS-3 INB-11
#[actix_web::test]
async fn frames_that_are_not_understood_are_refused_and_the_socket_stays() {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (_lin, mut desk) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    let deep = "[".repeat(50_000);
    let of_buyer = [
        "",
        "{",
        "[]",
        "null",
        "17",
        deep.as_str(),
        r#"{"type":"dance"}"#,
        r#"{"text":"x"}"#,
        r#"{"type":"send"}"#,
        r#"{"type":"send","client_message_id":"message-1"}"#,
        r#"{"type":"send","client_message_id":"message-1","text":5}"#,
        r#"{"type":"send","client_message_id":"message-1","text":"x","colour":1}"#,
        r#"{"type":"send","client_message_id":"short","text":"x"}"#,
        r#"{"type":"answer","conversation":"0123456789abcdef0123456789abcdef","client_message_id":"message-1","text":"x"}"#,
        r#"{"type":"read"}"#,
        r#"{"type":"read","seq":-1}"#,
        r#"{"type":"read","seq":1e400}"#,
    ];
    for frame in of_buyer {
        phone.raw(ws::Message::Text(frame.to_owned().into())).await;
        let told = phone.frame().await;
        assert_eq!((&told["type"], &told["code"]), (&json!("refused"), &json!("invalid")), "{frame}: {told}");
        assert!(!told["detail"].as_str().unwrap().is_empty());
    }
    phone.send("message-1", "你好").await;
    assert_eq!(phone.until(|f| f["type"] == "accepted").await["seq"], 1);
    let of_staff = [
        (r#"{"type":"send","client_message_id":"message-1","text":"x"}"#, "invalid"),
        (r#"{"type":"answer","client_message_id":"message-1","text":"x"}"#, "invalid"),
        (r#"{"type":"answer","conversation":"x","client_message_id":"message-1","text":"x"}"#, "invalid"),
        (r#"{"type":"answer","conversation":"0123456789abcdef0123456789abcdef","client_message_id":"message-1","text":"x"}"#, "not_found"),
        (r#"{"type":"read","conversation":"0123456789abcdef0123456789abcdef","seq":1}"#, "not_found"),
    ];
    for (frame, code) in of_staff {
        desk.raw(ws::Message::Text(frame.to_owned().into())).await;
        let told = desk.until(|f| f["type"] == "refused").await;
        assert_eq!(told["code"], code, "{frame}: {told}");
    }
    let endings = [
        (ws::Message::Binary(b"\x00\x01".to_vec().into()), 1003),
        (ws::Message::Text("x".repeat(64 * 1024 + 1).into()), 1009),
        (ws::Message::Text("x".repeat(1024 * 1024).into()), 1009),
    ];
    for (message, expected) in endings {
        let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
        phone.raw(message).await;
        let (_, code, reason) = phone.closed().await;
        assert_eq!(code, expected, "{reason}");
    }
}

async fn raw(house: &House, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(house.address()).await.expect("connected");
    stream.write_all(bytes).await.expect("written");
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    tokio::time::timeout(super::support::PATIENCE, reading).await.expect("an answer in time").ok();
    String::from_utf8_lossy(&answer).into_owned()
}

// SPEC: OPS-3
#[actix_web::test]
async fn what_is_not_http_is_refused_and_the_server_stays() {
    let house = House::open().await;
    let head = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let flood = format!("{head}x: {}\r\n\r\n", "y".repeat(1024 * 1024));
    let many = format!("{head}{}\r\n", "x: y\r\n".repeat(5_000));
    let two_lengths = "POST /v1/staff/log-in HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx";
    let smuggled = "POST /v1/staff/log-in HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n";
    for bytes in ["\0\0\0\0\r\n\r\n", "hello\r\n\r\n", "GET\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n", &flood, &many, two_lengths, smuggled]
    {
        let answer = raw(&house, bytes.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{}: {answer}", &bytes[..bytes.len().min(60)]);
    }
    for authorization in ["Bearer", "Bearer ", "Basic eDp5", "bearer\tx", &"x".repeat(8_000), "Bearer \u{e9}"] {
        let request = house.request("GET", "/v1/staff/me", "").insert_header(("authorization", authorization.to_owned()));
        let answer: Answer = read(request.send()).await;
        answer.refused(401, "unauthenticated");
    }
    assert!(raw(&house, format!("{head}\r\n").as_bytes()).await.starts_with("HTTP/1.1 200"));
}
