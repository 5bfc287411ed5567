//! Mail, against a real mail server: aiosmtpd, installed once beside the build.

use super::support::{MINUTE, Shop, until};
use super::{add, attempts, channel_now, fate, open, sound, test};
use fenliu::config::{Hidden, Mail, Security};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, OnceLock};

const PACKAGES: &str = "aiosmtpd==1.4.6";

/// Where aiosmtpd is; installed by the first who asks. What it needs of Debian is installed where this is root.
fn library() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(PACKAGES.replace("==", "-"));
        if !place.join("installed").exists() {
            let script = format!(
                "set -e; if ! python3 -m pip --version >/dev/null 2>&1; then apt-get update -q && apt-get install -y -q \
                 --no-install-recommends python3 python3-pip; fi; rm -rf '{0}'; python3 -m pip install -q --target '{0}' {PACKAGES}; \
                 touch '{0}/installed'",
                place.display()
            );
            let done = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).output().expect("a shell");
            assert!(done.status.success(), "aiosmtpd cannot be installed: {}", String::from_utf8_lossy(&done.stderr));
        }
        place
    })
}

/// A running mail server.
struct Server {
    child: Child,
    port: u16,
    said: Mutex<Receiver<Value>>,
    folder: tempfile::TempDir,
}

impl Server {
    fn open(modes: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        if modes.contains(&"starttls") {
            let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
            std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/notify/smtp.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(folder.path()).args(modes).env("PYTHONPATH", library()).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("python3");
        let (told, said) = channel::<Value>();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| drop(told.send(serde_json::from_str(&line).unwrap())));
        });
        let port = said.recv_timeout(super::support::PATIENCE).expect("its port")["port"].as_u64().unwrap() as u16;
        Server { child, port, said: Mutex::new(said), folder }
    }

    fn settings(&self) -> Mail {
        Mail {
            host: "127.0.0.1".into(),
            port: self.port,
            security: Security::None,
            from: "notice@fenliu.test".into(),
            timeout_s: 10,
            ..Mail::default()
        }
    }

    /// The next mail it got.
    async fn got(&self) -> Value {
        until("a mail", || async { self.said.lock().unwrap().try_recv().ok() }).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let text = mail["mail"].as_str().unwrap();
    text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

/// The six digits in the body, which is base64 or as it stands.
fn code(mail: &Value) -> String {
    use base64::Engine;
    let text = mail["mail"].as_str().unwrap().replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    let body = if head.contains("base64") {
        let bytes = base64::engine::general_purpose::STANDARD.decode(body.replace('\n', "")).unwrap();
        String::from_utf8(bytes).unwrap()
    } else {
        body.to_owned()
    };
    let at = body.find("code is ").expect(&body) + 8;
    body[at..at + 6].to_owned()
}

async fn mailbox(shop: &Shop) -> u64 {
    add(shop, json!({"kind": "mail", "address": "owner@tea.example", "language": "en"})).await
}

#[actix_web::test]
async fn a_code_comes_by_mail_over_tls_and_with_a_log_in() {
    // SPEC: NTF-1 NTF-2
    let server = Server::open(&["starttls", "auth"]);
    let ca_file = server.folder.path().join("cert.pem").display().to_string();
    let settings = Mail {
        host: "localhost".into(),
        security: Security::StartTls,
        user: "shop".into(),
        password: Hidden("p@ss 007".into()),
        ca_file,
        ..server.settings()
    };
    let house = open(|config| config.mail = settings).await;
    let shop = Shop::open(&house, "tea").await;
    let channel = mailbox(&shop).await;
    let no = test(&shop, channel).await;
    let mail = server.got().await;
    assert_eq!((&mail["tls"], &mail["login"], &mail["to"]), (&json!(true), &json!("shop"), &json!(["owner@tea.example"])));
    assert_eq!((header(&mail, "To"), header(&mail, "Auto-Submitted")), ("owner@tea.example", "auto-generated"));
    fate(&shop, no, "delivered").await;
    assert_eq!(channel_now(&shop, channel).await["verified"], false, "that it was taken proves nothing yet");
    house.post(&format!("/v1/staff/shop/channels/{channel}/verify"), &shop.boss, json!({"code": code(&mail)})).await.ok();
    assert_eq!(channel_now(&shop, channel).await["verified"], true);
    sound(&house).await;
}

#[actix_web::test]
async fn a_server_without_tls_or_with_a_strange_certificate_gets_nothing() {
    // SPEC: NTF-1
    for (modes, host) in [(&["plain"][..], "127.0.0.1"), (&["starttls"][..], "localhost")] {
        let server = Server::open(modes);
        let settings = Mail { host: host.into(), security: Security::StartTls, ..server.settings() };
        let house = open(|config| config.mail = settings).await;
        let shop = Shop::open(&house, "tea").await;
        let channel = mailbox(&shop).await;
        let no = test(&shop, channel).await;
        let told = attempts(&shop, no, 1).await;
        assert_eq!(told["attempts"][0]["outcome"], "failed", "{told}");
        assert!(server.said.lock().unwrap().try_recv().is_err(), "{told}");
    }
}

#[actix_web::test]
async fn a_busy_server_gets_the_same_mail_again_and_one_that_refuses_does_not() {
    // SPEC: NTF-3
    let server = Server::open(&["busy"]);
    let house = open(|config| config.mail = server.settings()).await;
    let shop = Shop::open(&house, "tea").await;
    let channel = mailbox(&shop).await;
    let no = test(&shop, channel).await;
    let told = attempts(&shop, no, 1).await;
    let why = told["attempts"][0]["why"].as_str().unwrap();
    assert!(why.contains("451") && !why.contains(':'), "what it says may quote the code, as the mail spells it: {why}");
    house.pass_ms(6_000);
    fate(&shop, no, "delivered").await;
    let (first, again) = (server.got().await, server.got().await);
    assert!(header(&first, "Message-ID").starts_with("<ntf-"), "{first}");
    assert_eq!((header(&first, "Message-ID"), code(&first)), (header(&again, "Message-ID"), code(&again)));

    let server = Server::open(&["never"]);
    let house = open(|config| config.mail = server.settings()).await;
    let shop = Shop::open(&house, "tea").await;
    let channel = mailbox(&shop).await;
    let no = test(&shop, channel).await;
    let told = fate(&shop, no, "refused").await;
    assert!(told["why"].as_str().unwrap().contains("550"), "{told}");
}

#[actix_web::test]
async fn a_server_that_stalls_is_left_after_its_time() {
    // SPEC: NTF-3
    let server = Server::open(&["stall"]);
    let house = open(|config| config.mail = Mail { timeout_s: 1, ..server.settings() }).await;
    let shop = Shop::open(&house, "tea").await;
    let channel = mailbox(&shop).await;
    let no = test(&shop, channel).await;
    let told = attempts(&shop, no, 1).await;
    assert_eq!(told["attempts"][0]["outcome"], "failed", "{told}");
    house.pass_ms(MINUTE);
}

#[actix_web::test]
async fn the_health_report_comes_by_mail_whole_and_once() {
    // SPEC: MET-2 NTF-1
    let server = Server::open(&[]);
    let settings = server.settings();
    let house = open(|config| config.mail = settings).await;
    let mut shop = Shop::open(&house, "tea").await;
    let channel = mailbox(&shop).await;
    test(&shop, channel).await;
    let code = code(&server.got().await);
    house.post(&format!("/v1/staff/shop/channels/{channel}/verify"), &shop.boss, json!({"code": code})).await.ok();
    // From four in the afternoon to ten in the morning, and once more.
    let buyer = shop.buyer("b-1").await;
    shop.says(&buyer, "在吗").await;
    for day in 0..2 {
        shop.pass_ms(18 * 60 * MINUTE + 6_000).await;
        // Who waits is told of as well.
        let mut mail = server.got().await;
        while !mail["subject"].as_str().unwrap().contains("health report") {
            mail = server.got().await;
        }
        let text = mail["mail"].as_str().unwrap();
        for part in ["multipart/alternative", "text/plain", "text/html"] {
            assert!(text.contains(part), "{text}");
        }
        let (plain, html) = (mail["body"]["plain"].as_str().unwrap(), mail["body"]["html"].as_str().unwrap());
        let said = ["Unread: 100 % (1 of 1)", "Unread: nothing to count; the day before: 100 %"][day];
        assert!(plain.lines().any(|line| line == said), "{plain}");
        assert_eq!(html.contains("上一日"), day == 1, "{html}");
        shop.pass_ms(6 * 60 * MINUTE - 6_000).await;
    }
    let kept: Vec<Value> = super::list(&shop).await.into_iter().filter(|one| one["class"] == "health").collect();
    assert_eq!(kept.len(), 2, "one a day: {kept:?}");
    sound(&house).await;
}

// SPEC: NTF-1
#[actix_web::test]
async fn a_name_that_looks_encoded_or_turns_text_round_arrives_as_it_reads() {
    for (name, shown) in [
        ("=?utf-8?B?5Li75bqX?=", "=?utf-8?B?5Li75bqX?="),
        (
            "茶 =?utf-8?Q?=E4=B8=BB?= 铺的一个很长很长很长很长很长很长的名字",
            "茶 =?utf-8?Q?=E4=B8=BB?= 铺的一个很长很长很长很长很长很长的名字",
        ),
        ("tea\u{202e}kcatta\u{2066}\u{200f}\u{61c}", "teakcatta"),
        ("=\u{200b}?utf-8?Q?x?=", "=?utf-8?Q?x?="),
    ] {
        let server = Server::open(&[]);
        let house = open(|config| config.mail = server.settings()).await;
        let shop = Shop::open_as(&house, "tea", name).await;
        let channel = mailbox(&shop).await;
        test(&shop, channel).await;
        let mail = server.got().await;
        let subject = mail["subject"].as_str().unwrap();
        assert!(subject.starts_with(&format!("[{shown}")) && subject.contains("] your code is "), "{subject}");
        let text = mail["mail"].as_str().unwrap();
        assert!(text.lines().all(|line| line.len() <= 998 && line.is_ascii()), "{text}");
    }
}
