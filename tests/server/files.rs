//! Pictures and files, and messages that carry more than text.

use super::support::{Agent, Answer, BEGIN_MS, Buyer, HOUR, House, Shop, Socket, until};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use fenliu::config::{BucketKeys, Config, FileStore};
use fenliu::domain::id::ShopScope;
use fenliu::files::upload::Receiving;
use fenliu::files::{Error, Files};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;

fn png(width: u32, height: u32, rest: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(vec![7; rest]);
    bytes
}

/// A PDF of so many bytes.
pub fn pdf(bytes: usize) -> Vec<u8> {
    let mut pdf = b"%PDF-1.7\n".to_vec();
    pdf.extend((pdf.len()..bytes).map(|n| (n % 251) as u8));
    pdf
}

pub struct Stage {
    pub house: Rc<House>,
    pub shop: Shop,
    pub lin: Agent,
    pub desk: Socket,
    pub buyer: Buyer,
}

/// A buyer who has written, and the agent who has them.
pub async fn stage() -> Stage {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    let (lin, desk) = shop.online("lin", 9).await;
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    Stage { house, shop, lin, desk, buyer }
}

pub async fn upload(house: &House, path: &str, token: &str, bytes: impl Into<bytes::Bytes>) -> Answer {
    house.bytes("POST", path, token, "application/octet-stream", bytes).await
}

pub fn hash(told: &Value) -> String {
    told["hash"].as_str().expect("a hash").to_owned()
}

/// Status, headers, bytes.
pub async fn fetch(house: &House, path: &str, token: &str) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let mut response = house.request("GET", path, token).send().await.expect("an answer");
    let headers = response.headers().iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned())).collect();
    let bytes = response.body().limit(16 << 20).await.expect("a body").to_vec();
    (response.status().as_u16(), headers, bytes)
}

// SPEC: INB-7
#[actix_web::test]
async fn a_picture_goes_with_a_message_and_is_shown_to_those_two_alone() {
    let Stage { house, shop, lin, mut desk, buyer } = stage().await;
    let picture = png(640, 480, 100_000);
    // Names are for showing: no path, no trick.
    let name = "..%2F..%2Fetc%2F%E2%80%AE%E7%85%A7%E7%89%87.exe";
    let told = upload(&house, &format!("/v1/buyer/files?name={name}"), &buyer.token, picture.clone()).await;
    assert_eq!(told.status, 201, "{told:?}");
    let file = told.body;
    let expected =
        json!({"hash": file["hash"], "kind": "png", "bytes": picture.len(), "name": "照片.exe.png", "width": 640, "height": 480});
    assert_eq!(file, expected);
    let sent = json!({"client_message_id": "message-1", "files": [hash(&file)]});
    let seq = house.post("/v1/buyer/messages", &buyer.token, sent).await.ok()["seq"].clone();
    let pushed = desk.until(|f| f["type"] == "message" && f["seq"] == seq).await;
    assert_eq!((&pushed["text"], &pushed["extra"]), (&json!(""), &json!({"files": [expected]})));
    let history = shop.history(&buyer).await;
    assert_eq!(history.last().unwrap()["extra"], json!({"files": [expected]}));

    let (ours, theirs) = (format!("{}/files/{}", buyer.path(), hash(&file)), format!("/v1/buyer/files/{}", hash(&file)));
    for (path, token) in [(&ours, &lin.token), (&ours, &shop.boss), (&theirs, &buyer.token)] {
        let (status, headers, bytes) = fetch(&house, path, token).await;
        assert_eq!((status, bytes == picture), (200, true));
        let header = |name: &str| headers[name].as_str();
        assert_eq!(header("content-type"), "image/png");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").starts_with("sandbox; default-src 'none'"));
        assert_eq!(header("cross-origin-resource-policy"), "same-site");
        assert_eq!(header("cache-control"), "private, no-cache");
        let disposition = "inline; filename=\"__.exe.png\"; filename*=UTF-8''%E7%85%A7%E7%89%87.exe.png";
        assert_eq!(header("content-disposition"), disposition);
    }

    // To everybody else, and under every other name, it does not exist.
    let other = shop.buyer("b-2").await;
    shop.says(&other, "你好").await;
    shop.owned_by(&other, &lin).await;
    let (mei, _other_desk) = shop.online("mei", 0).await;
    let elsewhere = Shop::open(&house, "silk").await;
    let stranger = elsewhere.buyer("b-1").await;
    let elsewhere_path = format!("{}/files/{}", stranger.path(), hash(&file));
    elsewhere.says(&stranger, "你好").await;
    for (path, token) in [
        (&theirs, &other.token),
        (&theirs, &stranger.token),
        (&ours, &mei.token),
        (&ours, &elsewhere.boss),
        (&elsewhere_path, &elsewhere.boss),
        (&format!("{}/files/{}", other.path(), hash(&file)), &lin.token),
        (&format!("/v1/buyer/files/{}", "0".repeat(64)), &buyer.token),
    ] {
        house.get(path, token).await.refused(404, "not_found");
    }
    house.get(&ours, "").await.refused(401, "unauthenticated");
    house.get(&theirs, &lin.token).await.refused(403, "forbidden");
    for odd in ["..%2F..%2FHIGHWATER", "..", "%2e%2e%2fplatform.key", "x", &hash(&file).to_uppercase(), &format!("{}.png", hash(&file))] {
        let status = fetch(&house, &format!("/v1/buyer/files/{odd}"), &buyer.token).await.0;
        assert!([400, 404].contains(&status), "{odd}: {status}");
    }
    // Nor can they send it.
    let sent = json!({"client_message_id": "message-1", "files": [hash(&file)]});
    let detail = house.post("/v1/buyer/messages", &other.token, sent).await.refused(400, "invalid");
    assert!(detail.contains("files"), "{detail}");
}

// SPEC: INB-7
#[actix_web::test]
async fn what_a_file_says_of_itself_is_not_believed() {
    let Stage { house, lin, buyer, .. } = stage().await;
    let refused: [(&str, Vec<u8>); 10] = [
        ("a.png", b"<html><script>alert(1)</script>".to_vec()),
        ("a.txt", b"<!DOCTYPE html><p>x".to_vec()),
        ("a.jpg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec()),
        ("a.txt", b"hello <script src=//evil></script>".to_vec()),
        ("a.pdf", b"PK\x03\x04\x14\0\0\0\x08\0".to_vec()),
        ("a.gif", b"MZ\x90\0\x03\0\0\0".to_vec()),
        ("a.png", png(60_000, 60_000, 20)),
        ("a.png", b"\x89PNG\r\n\x1a\nbroken".to_vec()),
        ("a.txt", b"\x00\x01\x02\x03".to_vec()),
        ("a.txt", Vec::new()),
    ];
    for (name, bytes) in refused {
        for path in ["/v1/buyer/files".to_owned(), format!("{}/files", buyer.path())] {
            let token = if path.starts_with("/v1/buyer") { &buyer.token } else { &lin.token };
            let shown = format!("{name} {}", String::from_utf8_lossy(&bytes));
            let detail = upload(&house, &format!("{path}?name={name}"), token, bytes.clone()).await.refused(400, "invalid");
            assert!(detail.starts_with("`file`: "), "{shown}: {detail}");
        }
    }
    // What it is decides how it is shown and saved.
    let path = format!("{}/files", buyer.path());
    let text = upload(&house, &format!("{path}?name=a.html"), &lin.token, "尺码表:S M L").await.ok();
    assert_eq!((&text["kind"], &text["name"]), (&json!("text"), &json!("a.html.txt")));
    let (_, headers, _) = fetch(&house, &format!("{path}/{}", hash(&text)), &lin.token).await;
    assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
    assert!(headers["content-disposition"].starts_with("attachment; filename=\"a.html.txt\""));
    let long = "x".repeat(101);
    upload(&house, &format!("{path}?name={long}"), &lin.token, "x").await.refused(400, "invalid");
    upload(&house, &format!("{path}?colour=red"), &lin.token, "x").await.refused(400, "invalid");
    upload(&house, &path, &buyer.token, "x").await.refused(403, "forbidden");
    upload(&house, &format!("/v1/staff/conversations/{}/files", "0".repeat(32)), &lin.token, "x").await.refused(404, "not_found");
    let large = upload(&house, &path, &lin.token, vec![b'x'; (1 << 20) + 1]).await.refused(400, "invalid");
    assert!(large.contains("1048576"), "{large}");
    // Nothing of it is left where files arrive.
    let uploads = house.config().data_dir.join("uploads");
    until("an empty folder", || async { std::fs::read_dir(&uploads).unwrap().next().is_none().then_some(()) }).await;
}

// SPEC: INB-7 OPS-3
#[actix_web::test]
async fn more_than_any_file_may_have_is_refused_before_it_is_read() {
    use tokio::io::AsyncReadExt;
    let Stage { house, buyer, .. } = stage().await;
    let mut wire = TcpStream::connect(house.address()).await.unwrap();
    let head = format!(
        "POST /v1/buyer/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 52428801\r\nconnection: close\r\n\r\n",
        buyer.token
    );
    wire.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    wire.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

// SPEC: INB-7
#[actix_web::test]
async fn an_upload_in_pieces_survives_a_broken_connection() {
    let Stage { house, shop, buyer, .. } = stage().await;
    let whole = pdf(9 << 20);
    // As bytes: nothing is written behind the name.
    let wanted = json!({"size": whole.len(), "name": "a/合同.pdf"}).to_string();
    let begun = house.bytes("POST", "/v1/buyer/uploads", &buyer.token, "application/json", wanted).await.ok();
    let path = format!("/v1/buyer/uploads/{}", begun["id"].as_str().unwrap());
    assert_eq!((&begun["received"], &begun["expires_at"]), (&json!(0), &json!(BEGIN_MS + HOUR)));
    let piece = |offset: usize, bytes: Vec<u8>| {
        let (house, path, token) = (&house, format!("{path}?offset={offset}"), &buyer.token);
        async move { house.bytes("PUT", &path, token, "", bytes).await }
    };
    assert_eq!(piece(0, whole[..3_000_000].to_vec()).await.ok()["received"], 3_000_000);
    // A second time, or with a gap: refused, and told where to go on.
    for offset in [0, 2_999_999, 3_000_001] {
        let detail = piece(offset, vec![1]).await.refused(400, "invalid");
        assert!(detail.contains("3000000"), "{detail}");
    }
    let detail = house.post(&format!("{path}/complete"), &buyer.token, Value::Null).await.refused(400, "invalid");
    assert!(detail.contains("3000000 of 9437184"), "{detail}");

    // Half of a piece arrives, then the connection breaks.
    let mut wire = TcpStream::connect(house.address()).await.unwrap();
    let head = format!(
        "PUT {path}?offset=3000000 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 2000000\r\n\r\n",
        buyer.token
    );
    wire.write_all(head.as_bytes()).await.unwrap();
    wire.write_all(&whole[3_000_000..4_000_000]).await.unwrap();
    wire.shutdown().await.unwrap();
    drop(wire);
    // Until the server has noticed the end it still takes what was on the way: who goes on too early is told where.
    let resumed = until("the rest", || async {
        let now = house.get(&path, &buyer.token).await.ok()["received"].as_u64().unwrap() as usize;
        assert!((3_000_000..=4_000_000).contains(&now), "{now}");
        let answer = if now > 3_000_000 { Some(piece(now, whole[now..].to_vec()).await) } else { None };
        answer.filter(|answer| answer.status != 400)
    });
    assert_eq!(resumed.await.ok()["received"], whole.len());
    let detail = piece(whole.len(), vec![1]).await.refused(400, "invalid");
    assert!(detail.contains("at most"), "{detail}");

    // Nobody else has it, by whatever name.
    let other = shop.buyer("b-2").await;
    house.get(&path, &other.token).await.refused(404, "not_found");
    house.post(&format!("{path}/complete"), &other.token, Value::Null).await.refused(404, "not_found");
    house.get("/v1/buyer/uploads/..%2f..%2fHIGHWATER", &buyer.token).await.refused(400, "invalid");

    let file = house.post(&format!("{path}/complete"), &buyer.token, Value::Null).await.ok();
    assert_eq!((&file["kind"], &file["name"], &file["bytes"]), (&json!("pdf"), &json!("合同.pdf"), &json!(whole.len())));
    assert_eq!(house.post(&format!("{path}/complete"), &buyer.token, Value::Null).await.ok(), file);
    let served = format!("/v1/buyer/files/{}", hash(&file));
    assert!(fetch(&house, &served, &buyer.token).await.2 == whole, "what was sent is what is served");

    // What was stored is there after a restart; what was arriving is not.
    let left = house.post("/v1/buyer/uploads", &buyer.token, json!({"size": 10})).await.ok();
    house.stop().await;
    fenliu::app::verify(house.config()).expect("a sound folder");
    house.start().await;
    assert!(fetch(&house, &served, &buyer.token).await.2 == whole, "after a restart");
    house.get(&format!("/v1/buyer/uploads/{}", left["id"].as_str().unwrap()), &buyer.token).await.refused(404, "not_found");
    assert_eq!(std::fs::read_dir(house.config().data_dir.join("uploads")).unwrap().count(), 0);
}

// SPEC: INB-7 OPS-3
#[actix_web::test]
async fn what_one_shop_announces_leaves_room_to_the_others() {
    let Stage { house, shop, .. } = stage().await;
    let begin = async |token: &str| house.post("/v1/buyer/uploads", token, json!({"size": 50 << 20})).await;
    for n in 0..2 {
        let buyer = shop.buyer(&format!("greedy-{n}")).await;
        for _ in 0..5 {
            begin(&buyer.token).await.ok();
        }
    }
    begin(&shop.buyer("one-more").await.token).await.refused(503, "overloaded");
    let other = Shop::open(&house, "other").await;
    begin(&other.buyer("b").await.token).await.ok();
}

// SPEC: INB-7
#[actix_web::test]
async fn uploads_are_bounded_in_number_and_in_time() {
    let Stage { house, buyer, .. } = stage().await;
    let begin = |size: u64| house.post("/v1/buyer/uploads", &buyer.token, json!({"size": size}));
    let mut paths = Vec::new();
    for _ in 0..5 {
        paths.push(format!("/v1/buyer/uploads/{}", begin(4).await.ok()["id"].as_str().unwrap()));
    }
    begin(4).await.refused(409, "limit_reached");
    // Who forgot what was begun is told, and may give it up.
    let list = house.get("/v1/buyer/uploads", &buyer.token).await.ok();
    let mut listed: Vec<_> = list["uploads"].as_array().unwrap().iter().map(|u| u["id"].as_str().unwrap().to_owned()).collect();
    listed.sort();
    let mut begun: Vec<_> = paths.iter().map(|path| path.rsplit('/').next().unwrap().to_owned()).collect();
    begun.sort();
    assert_eq!(listed, begun);
    let last = paths.pop().unwrap();
    house.call("DELETE", &last, &buyer.token, Value::Null).await.ok();
    house.get(&last, &buyer.token).await.refused(404, "not_found");
    house.call("DELETE", &last, &buyer.token, Value::Null).await.refused(404, "not_found");
    assert_eq!(house.get("/v1/buyer/uploads", &buyer.token).await.ok()["uploads"].as_array().unwrap().len(), 4);
    paths.push(format!("/v1/buyer/uploads/{}", begin(4).await.ok()["id"].as_str().unwrap()));
    for size in [0, 50 * 1024 * 1024 + 1] {
        begin(size).await.refused(400, "invalid");
    }
    house.bytes("PUT", &format!("{}?offset=0", paths[0]), &buyer.token, "", "text").await.ok();
    house.post(&format!("{}/complete", paths[0]), &buyer.token, Value::Null).await.ok();
    begin(4).await.ok();
    house.pass_ms(HOUR);
    house.get(&paths[1], &buyer.token).await.refused(404, "not_found");
    begin(4).await.ok();
}

// SPEC: INB-7 INB-9 OPS-2
#[actix_web::test]
async fn cards_and_quotes_go_along_and_only_with_what_is_the_buyers() {
    let Stage { house, shop, lin, mut desk, buyer } = stage().await;
    let mut phone = Socket::open(&house, "buyer", &buyer.token, None).await;
    let order = json!({"buyer": "b-1", "status": "placed", "items": []});
    shop.platform("PUT", "orders/O-1", order).await.ok();
    shop.platform("PUT", "orders/O-2", json!({"buyer": "b-2", "status": "placed", "items": []})).await.ok();
    let path = format!("{}/messages", buyer.path());
    let file = hash(&upload(&house, &format!("{}/files", buyer.path()), &lin.token, "退货说明").await.ok());
    let answer = |id: &str, more: Value| {
        let mut body = json!({"client_message_id": id});
        more.as_object().unwrap().iter().for_each(|(k, v)| body[k] = v.clone());
        let (house, path, token) = (house.clone(), path.clone(), lin.token.clone());
        async move { house.post(&path, &token, body).await }
    };
    let told = answer("answer-01", json!({"text": "这个吗", "card": {"order": "O-1"}, "quote": 1, "files": [file]})).await.ok();
    let seen = phone.until(|f| f["type"] == "message" && f["seq"] == told["seq"]).await;
    let extra = &seen["extra"];
    assert_eq!((&extra["card"], &extra["quote"], &extra["files"][0]["hash"]), (&json!({"order": "O-1"}), &json!(1), &json!(file)));
    // A retry must bring the same again, all of it.
    let again = answer("answer-01", json!({"text": "这个吗", "card": {"order": "O-1"}, "quote": 1, "files": [file]})).await.ok();
    assert_eq!((&again["seq"], &again["repeated"]), (&told["seq"], &json!(true)));
    answer("answer-01", json!({"text": "这个吗"})).await.refused(409, "retry_mismatch");
    answer("answer-01", json!({"text": "这个吗", "card": {"order": "O-1"}, "files": [file]})).await.refused(409, "retry_mismatch");

    let product = json!({"product": "p-1", "title": "明前龙井 250 g"});
    answer("answer-02", json!({"card": product})).await.ok();
    for (names, bad) in [
        ("card", json!({"card": {"order": "O-2"}})),
        ("card", json!({"card": {"order": "O-9"}})),
        ("card", json!({"card": {"order": "O-1", "product": "p", "title": "t"}})),
        ("card", json!({"card": {"product": "p-1", "title": "长".repeat(201)}})),
        ("quote", json!({"text": "x", "quote": 99})),
        ("quote", json!({"text": "x", "quote": 0})),
        ("text", json!({"quote": 1})),
        ("text", json!({"text": "", "quote": 1})),
        ("files", json!({"files": [file, file]})),
        ("files", json!({"files": ["0".repeat(64)]})),
        ("files", json!({"files": ["../etc"]})),
        ("files", json!({"files": (0..10).map(|n| format!("{n:064x}")).collect::<Vec<_>>()})),
        ("made_with", json!({"text": "x", "made_with": {"team_phrase": 7}})),
        ("made_with", json!({"text": "x", "made_with": {"group_phrase": {"group": 3, "no": 1}}})),
        ("colour", json!({"text": "x", "colour": 1})),
    ] {
        let detail = answer("answer-03", bad.clone()).await.refused(400, "invalid");
        assert!(detail.contains(names), "{bad}: {detail}");
    }

    // The same over sockets, live and when a device catches up.
    phone.say(json!({"type": "send", "client_message_id": "message-9", "card": {"order": "O-1"}, "quote": 2})).await;
    let told = phone.until(|f| f["type"] == "accepted").await;
    let pushed = desk.until(|f| f["type"] == "message" && f["seq"] == told["seq"]).await;
    assert_eq!(pushed["extra"], json!({"card": {"order": "O-1"}, "quote": 2}));
    desk.say(json!({"type": "answer", "conversation": buyer.conversation, "client_message_id": "answer-04", "files": [file]})).await;
    desk.until(|f| f["type"] == "accepted").await;
    for bad in [
        json!({"type": "send", "client_message_id": "message-8"}),
        json!({"type": "send", "client_message_id": "message-8", "text": "x", "made_with": {"team_phrase": 1}}),
        json!({"type": "read", "seq": 1, "quote": 1}),
        json!({"type": "send", "client_message_id": "message-8", "card": {"order": "O-2"}}),
    ] {
        phone.say(bad.clone()).await;
        assert_eq!(phone.until(|f| f["type"] == "refused").await["code"], "invalid", "{bad}");
    }
    let history = house.get("/v1/buyer/messages", &buyer.token).await.ok()["messages"].as_array().unwrap().clone();
    let mut late = Socket::open(&house, "buyer", &buyer.token, Some(0)).await;
    for message in &history {
        let caught_up = late.message().await;
        assert_eq!((&caught_up["seq"], &caught_up["extra"]), (&message["seq"], &message["extra"]));
    }
    assert_eq!(history.iter().filter(|m| !m["extra"].is_null()).count(), 4, "{history:?}");
}

/// A service that speaks as much S3 as is needed, and asks for a signature.
type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

async fn bucket(request: HttpRequest, body: web::Bytes, objects: web::Data<Objects>) -> HttpResponse {
    let signed = request.headers().get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !signed.starts_with("AWS4-HMAC-SHA256 Credential=key/") {
        return HttpResponse::Forbidden().finish();
    }
    let (path, query) = (request.path().to_owned(), request.query_string().to_owned());
    let mut objects = objects.lock().unwrap();
    let xml = |text: String| HttpResponse::Ok().content_type("application/xml").body(text);
    match (request.method().as_str(), query.as_str()) {
        ("POST", "uploads" | "uploads=") => {
            let at = "<Bucket>b</Bucket><Key>k</Key>";
            xml(format!("<InitiateMultipartUploadResult>{at}<UploadId>1</UploadId></InitiateMultipartUploadResult>"))
        }
        ("POST", _) => {
            let prefix = format!("{path}?");
            let parts: Vec<_> = objects.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
            let whole = parts.iter().flat_map(|part| objects.remove(part).unwrap()).collect();
            objects.insert(path, whole);
            xml("<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>".into())
        }
        ("PUT", query) => {
            let key = if query.is_empty() { path } else { format!("{path}?{query}") };
            objects.insert(key, body.to_vec());
            HttpResponse::Ok().insert_header(("etag", "\"e\"")).finish()
        }
        ("DELETE", _) => {
            objects.remove(&path);
            HttpResponse::NoContent().finish()
        }
        _ => match objects.get(&path) {
            Some(bytes) => HttpResponse::Ok()
                .insert_header(("etag", "\"e\""))
                .insert_header(("last-modified", "Sun, 01 Nov 2026 00:00:00 GMT"))
                .body(bytes.clone()),
            None => HttpResponse::NotFound().finish(),
        },
    }
}

/// Stores a file of so many bytes, reads it, and removes it when nobody needs it.
async fn kept_and_removed(files: &Files, bytes: usize) {
    let (scope, sent) = (ShopScope::granted(7), pdf(bytes));
    let mut receiving = Receiving::at(files.uploads.receive(bytes as u64).ok().unwrap(), 0);
    receiving.take(sent.clone().into()).await.unwrap();
    let incoming = receiving.finish().await.ok().unwrap();
    let (hash, _) = incoming.look().await.unwrap();
    files.put(scope, &hash, &incoming).await.unwrap();
    let mut contents = files.get(scope, &hash).await.ok().unwrap();
    let mut read = Vec::new();
    while let Some(piece) = contents.next().await {
        read.extend(piece.unwrap());
    }
    assert!(read == sent, "{bytes} bytes");
    assert!(matches!(files.get(ShopScope::granted(8), &hash).await.err(), Some(Error::NotFound)), "another shop has none");
    let used = |used| move || Ok::<_, ()>(used);
    assert!(!files.remove_if_unused(scope, &hash, used(true)).await.unwrap().unwrap());
    assert!(files.get(scope, &hash).await.is_ok());
    assert!(files.remove_if_unused(scope, &hash, used(false)).await.unwrap().unwrap());
    assert!(matches!(files.get(scope, &hash).await.err(), Some(Error::NotFound)));
}

// SPEC: INB-7 INB-12
#[actix_web::test]
async fn a_folder_and_a_bucket_keep_files_alike() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
    let local = Files::open(&config).ok().unwrap();
    let objects = Objects::default();
    let data = web::Data::new(objects.clone());
    let app = move || App::new().app_data(data.clone()).app_data(web::PayloadConfig::new(16 << 20)).default_service(web::to(bucket));
    let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("http://{}", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    config.files.kind = FileStore::S3;
    (config.files.bucket, config.files.endpoint) = ("files".into(), endpoint);
    config.files.keys = BucketKeys { id: "key".into(), secret: "secret".into(), session: String::new() };
    let bucket = Files::open(&config).ok().unwrap();
    for files in [&local, &bucket] {
        for bytes in [1_000, 10 << 20] {
            kept_and_removed(files, bytes).await;
        }
    }
    assert!(objects.lock().unwrap().is_empty());
    handle.stop(false).await;
}
