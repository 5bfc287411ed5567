//! The program's command line as an operator meets it: help, settings that are wrong, exit codes. (SPEC: OPS-1)

// Of what it offers to a server's tests one is used here.
#[allow(unused_imports)]
#[path = "support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs the program in an empty folder without settings from outside.
fn fenliu(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenliu"));
    command.args(arguments).current_dir(folder.path());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FENLIU_")) {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } = command.envs(environment.iter().copied()).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn written(toml: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fenliu.toml");
    std::fs::write(&path, toml).unwrap();
    (folder, path)
}

#[test]
fn help_shows_commands_examples_and_exit_codes() {
    let (code, out, _) = fenliu(&["--help"], &[]);
    assert_eq!(code, 0);
    for part in
        ["serve", "check-config", "verify", "new-key", "why", "openapi", "Examples:", "Exit codes:", "platform.key", "\n  65 ", "\n  74 "]
    {
        assert!(out.contains(part), "{part:?} in {out}");
    }
    let (code, out, _) = fenliu(&["serve", "--help"], &[]);
    assert!(code == 0 && ["--accept-loss", "--data-dir", "--listen", "--config"].iter().all(|option| out.contains(option)), "{out}");
}

#[test]
fn an_unknown_option_or_command_is_named_and_ends_with_1() {
    for arguments in [["serve", "--prot=1"].as_slice(), &["sreve"], &[]] {
        let (code, out, err) = fenliu(arguments, &[]);
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {err}");
        assert!(arguments.last().is_none_or(|last| err.contains(last.split('=').next().unwrap())), "{err}");
    }
}

#[test]
fn check_config_prints_values_with_their_sources() {
    let (_folder, path) = written("workers = 3\n");
    let path = path.to_str().unwrap();
    let environment = [("FENLIU_LIMITS__BUYER_MESSAGES_PER_S", "9")];
    let (code, out, err) = fenliu(&["check-config", "--config", path, "--listen", "127.0.0.1:0"], &environment);
    assert_eq!((code, err.as_str()), (0, ""));
    let line = |key: &str| out.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{key} in {out}"));
    assert!(line("workers = 3").ends_with(&format!("# file {path}")));
    assert!(line("listen = \"127.0.0.1:0\"").ends_with("# option --listen"));
    assert!(line("limits.buyer_messages_per_s = 9").ends_with("# environment variable FENLIU_LIMITS__BUYER_MESSAGES_PER_S"));
    assert!(line("data_dir = \"fenliu-data\"").ends_with("# default"));
    // What it prints is TOML again (dotted keys), so it can be saved.
    let (_folder, saved) = written(&out.lines().filter(|line| !line.contains("(not set)")).collect::<Vec<_>>().join("\n"));
    assert_eq!(fenliu(&["check-config", "--config", saved.to_str().unwrap()], &[]).0, 0);
}

#[test]
fn check_config_names_every_fault_with_its_key_value_source_and_cure() {
    let (_folder, path) = written("data_dirr = \"x\"\n[storage]\nballast_bytes = \"lots\"\n");
    let file = path.to_str().unwrap();
    let (code, out, err) = fenliu(&["check-config", "--config", file], &[("FENLIU_WORKERS", "600")]);
    assert_eq!((code, out.as_str()), (1, ""));
    let faults: Vec<_> = err.lines().collect();
    assert_eq!(faults.len(), 3, "{err}");
    let told = |parts: &[&str]| assert!(faults.iter().any(|fault| parts.iter().all(|part| fault.contains(part))), "{parts:?} in {err}");
    told(&["data_dirr", "no such setting", "did you mean data_dir?", file]);
    told(&["storage.ballast_bytes = \"lots\"", "a number of bytes", file]);
    told(&["workers = 600", "FENLIU_WORKERS", "512"]);
}

#[test]
fn serve_refuses_wrong_settings_before_it_touches_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (code, out, err) = fenliu(&["serve", "--data-dir", data.to_str().unwrap(), "--listen", "nowhere"], &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("listen = \"nowhere\" (option --listen)"), "{err}");
    assert!(!data.exists());
}

#[test]
fn verify_makes_no_folder_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("absent");
    let (code, out, err) = fenliu(&["verify", "--data-dir", data.to_str().unwrap()], &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("there is no data folder") && !data.exists(), "{err}");
    let other = folder.path().to_str().unwrap();
    assert_eq!(fenliu(&["verify", "--data-dir", other], &[]).0, 1, "a folder of something else");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "and nothing is put there");
}

// SPEC: ACC-1
#[actix_web::test]
async fn a_lost_key_of_the_platform_is_made_up_for_where_the_data_lies() {
    let new_key = |data: &std::path::Path| fenliu(&["new-key", "--data-dir", data.to_str().unwrap()], &[("FENLIU_LOG", "error")]);
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = new_key(&folder.path().join("absent"));
    assert!(code == 1 && out.is_empty() && err.contains("there is no data folder"), "{err}");
    let house = support::House::open().await;
    let data = house.config().data_dir.clone();
    let (code, out, err) = new_key(&data);
    assert!(code == 1 && out.is_empty() && err.contains("in use"), "{err}");
    house.stop().await;
    let keys = [new_key(&data), new_key(&data)].map(|(code, out, err)| {
        assert_eq!((code, err.as_str()), (0, ""));
        out.trim_end().to_owned()
    });
    assert_ne!(keys[0], keys[1]);
    // Whoever looks in between leaves the folder in order, as the stopped server did.
    let verify = || fenliu(&["verify", "--data-dir", data.to_str().unwrap()], &[]);
    assert!(verify().1.contains("all sound"));
    let (_, _, log) = fenliu(&["new-key", "--data-dir", data.to_str().unwrap()], &[("FENLIU_LOG", "info"), ("NO_COLOR", "1")]);
    assert!(log.contains("clean=true"), "{log}");
    house.start().await;
    for key in keys.iter().chain([&house.key()]) {
        let scraper = serde_json::json!({"name": "scraper", "scopes": ["metrics"]});
        house.post("/v1/platform/api-keys", key, scraper).await.ok();
    }
}

#[test]
fn the_description_of_the_endpoints_is_json() {
    let (code, out, err) = fenliu(&["openapi"], &[]);
    assert_eq!((code, err.as_str()), (0, ""));
    let description: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with('3') && description["paths"]["/v1/buyer/messages"].is_object());
}

// SPEC: DIV-9
#[actix_web::test]
async fn why_answers_beside_the_running_server_in_the_words_of_the_endpoint() {
    let house = support::House::open().await;
    let shop = support::Shop::open(&house, "tea").await;
    let (lin, _desk) = shop.online("lin", 5).await;
    let buyer = shop.buyer("b-17").await;
    shop.says(&buyer, "你好").await;
    shop.owned_by(&buyer, &lin).await;
    shop.close(&lin.token, &buyer).await.ok();
    shop.presence(&lin, "suspended").await.ok();
    house.pass_ms(support::HOUR);
    shop.says(&buyer, "还在吗").await;
    let last = shop.why(&buyer, 2).await;
    let data = house.config().data_dir.to_str().unwrap().to_owned();
    let why = |of: &[&str]| fenliu(&[&["why", "--data-dir", &data, "--shop", "tea"], of].concat(), &[]);
    let text = |decision: &serde_json::Value, key: &str| decision[key].as_str().unwrap().to_owned();

    let (code, out, err) = why(&["--buyer", "b-17"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], format!("shop tea, buyer b-17, conversation {}: reception 2 of 2", buyer.conversation));
    // It is nine in the morning in London, and five in the afternoon where the shop is.
    assert_eq!(lines[1..], ["", "2027-01-15 17:00:00 (Asia/Shanghai)", &format!("  {}", text(&last[0], "text"))], "{out}");

    let first = shop.why(&buyer, 1).await;
    let (code, out, _) = why(&["--conversation", &buyer.conversation, "--reception", "1", "--lang", "zh", "--agent", "1"]);
    let path = format!("{}/receptions/1/why?agent=1", buyer.path());
    let you = house.get(&path, &shop.boss).await.ok()["decisions"][0]["you"].clone();
    let said = out.lines().skip(2).collect::<Vec<_>>();
    let expected = [
        "2027-01-15 16:00:00 (Asia/Shanghai)".to_owned(),
        format!("  {}", text(&first[0], "text_zh")),
        format!("  {}", text(&you, "text_zh")),
    ];
    assert_eq!((code, said), (0, expected.iter().map(String::as_str).collect()), "{out}");

    for (of, told) in [
        (["--buyer", "nobody", "--lang", "en"].as_slice(), "never wrote to the shop"),
        (&["--buyer", "b-17", "--reception", "3"], "receptions 1 to 2"),
        (&["--buyer", "b-17", "--reception", "0"], "receptions 1 to 2"),
        (&["--conversation", "xyz"], "32 digits"),
        (&["--conversation", &"0".repeat(32)], "no conversation"),
    ] {
        let (code, out, err) = why(of);
        assert_eq!((code, out.as_str(), err.contains(told)), (1, "", true), "{of:?}: {err}");
    }
    let (code, _, err) = fenliu(&["why", "--data-dir", &data, "--shop", "coffee", "--buyer", "b-17"], &[]);
    assert!(code == 1 && err.contains("no shop \"coffee\""), "{err}");
    // The server did not notice, and its folder answers when it has stopped.
    shop.says(&buyer, "喂").await;
    house.stop().await;
    assert!(why(&["--buyer", "b-17"]).1.starts_with("shop tea"));
    house.start().await;
    assert_eq!(shop.summary(&buyer).await["reception"], 2);
}

// SPEC: DIV-9
#[test]
fn why_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("absent");
    let (code, out, err) = fenliu(&["why", "--shop", "tea", "--buyer", "b", "--data-dir", data.to_str().unwrap()], &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("there is no data folder") && !data.exists(), "{err}");
    for (arguments, told) in [
        (["why", "--shop", "tea"].as_slice(), "--buyer"),
        (&["why", "--buyer", "b"], "--shop"),
        (&["why", "--shop", "tea", "--buyer", "b", "--conversation", "00"], "--conversation"),
        (&["why", "--shop", "tea", "--buyer", "b", "--lang", "fr"], "zh"),
    ] {
        let (code, out, err) = fenliu(arguments, &[]);
        assert_eq!((code, out.as_str(), err.contains(told)), (1, "", true), "{arguments:?}: {err}");
    }
    let (code, out, _) = fenliu(&["why", "--help"], &[]);
    assert!(code == 0 && ["--shop", "--reception", "--agent", "--lang", "--data-dir"].iter().all(|o| out.contains(o)), "{out}");
}
