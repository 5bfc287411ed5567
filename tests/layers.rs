//! The shape of the sources (ARCHITECTURE.md): who may import whom, where each outside library may be known, where time and
//! scopes come from, and how long a file and a function may grow. It reads text, not types: cheap, and wrong only towards
//! being too strict. Every rule is shown to catch a planted breach.

#[path = "layers/source.rs"]
mod source;

use source::Source;
use std::path::{Path, PathBuf};

/// Lines of a file, its tests apart.
const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// Who may import whom: (layer, layers it may name). A layer is a file or a folder directly in `src/`.
const IMPORTS: [(&str, &[&str]); 12] = [
    ("main", &["app", "config"]),
    ("cli", &["app", "config"]),
    ("web", &["door", "domain", "limits", "metrics", "config"]),
    ("door", &["actors", "store", "files", "domain", "limits", "metrics"]),
    ("files", &["domain", "limits", "config"]),
    ("notify", &["store", "domain", "limits", "metrics", "config"]),
    ("actors", &["store", "domain", "limits", "metrics"]),
    ("store", &["domain", "limits", "metrics", "config"]),
    ("metrics", &["domain", "limits"]),
    ("domain", &["limits"]),
    ("config", &["limits"]),
    ("limits", &[]),
];
/// The composition root, and the map of the crate.
const MAY_IMPORT_ALL: [&str; 2] = ["app", "lib"];

/// Where a word may stand: (word, files or folders under `src/`, why nowhere else).
const PLACES: [(&str, &[&str], &str); 30] = [
    ("ipnet::", &["config/"], "a network is what an operator sets"),
    ("object_store::", &["files/"], "only the store of files knows where they are"),
    ("infer::", &["files/"], "what a file is is found in one place"),
    ("imagesize::", &["files/"], "what a file is is found in one place"),
    ("rustls::", &["files/", "notify/"], "only the clients of a bucket and of channels speak TLS"),
    ("reqwest::", &["files/", "notify/"], "only the clients of a bucket and of channels ask other hosts"),
    ("lettre::", &["notify/mail.rs"], "only one file writes mail"),
    ("url::", &["domain/notify/channel.rs"], "what is an address is one question"),
    ("base64::", &["domain/notify/channel.rs", "notify/sign.rs"], "for secrets and signatures alone"),
    ("jiff::", &["domain/schedule.rs"], "time zones are the schedule's"),
    ("aho_corasick::", &["domain/diversion/compile.rs", "domain/guard/words.rs"], "rules and words are made fast in one place each"),
    ("icu_normalizer::", &["domain/guard/normal.rs"], "what a text looks like is one question"),
    ("pinyin::", &["domain/text/find.rs"], "how a text is found is one question"),
    ("rocksdb::", &["store/"], "only the store knows RocksDB"),
    ("bincode::", &["store/"], "the bytes of a record are the store's"),
    ("actix::", &["actors/"], "so that leaving actix touches one folder"),
    ("actix_rt::", &["actors/", "app.rs", "main.rs"], "threads are made by the composition root"),
    ("actix_web::", &["web/"], "only web/ knows HTTP"),
    ("actix_ws::", &["web/"], "only web/ knows WebSocket"),
    ("serde_json::", &["web/", "notify/"], "only what speaks to others knows JSON"),
    ("csv::", &["web/"], "only web/ writes tables"),
    ("utoipa::", &["web/"], "the description belongs to the endpoints"),
    ("dashmap::", &["actors/", "door.rs", "door/"], "a guard held over an await or a second access deadlocks"),
    ("anyhow::", &["main.rs", "app.rs", "app/", "cli.rs"], "errors with a meaning have a type"),
    ("SystemTime::now", &["actors/clock.rs"], "time is stamped once"),
    // Durations that no rule of the trade sees: a commit's sync, the free space's age, the silence of a socket or of a body.
    (
        "Instant::now",
        &["actors/clock.rs", "store/commit.rs", "store/space.rs", "metrics/", "web/socket.rs", "web/file.rs"],
        "time is stamped once",
    ),
    ("ShopScope::granted(", &["door.rs", "door/", "store/", "domain/platform.rs"], "a scope is proof of a credential"),
    (".do_send(", &["actors/registry.rs"], "it ignores the bound and drops silently"),
    ("run_interval(", &[], "actix timers starve under load; deadlines are data"),
    ("run_later(", &[], "actix timers starve under load; deadlines are data"),
];

/// Everything wrong with one file; `path` is relative to `src/`.
fn faults(path: &str, text: &str) -> Vec<String> {
    let source = Source::of(text);
    let mut faults: Vec<String> = imports(path, &source);
    for (word, places, why) in PLACES {
        if !places.iter().any(|place| path.starts_with(place)) {
            let whole = format!("use {};", word.trim_end_matches("::"));
            let named = source.lines_with(word).chain(source.lines_with(&whole));
            faults.extend(named.map(|line| format!("src/{path}:{line}: `{word}` does not belong here: {why}")));
        }
    }
    // actix's, not tokio's: only a file that knows actix can mean actix's.
    if source.lines_with("actix::").next().is_some() && path != "actors/registry.rs" {
        faults.extend(source.lines_with(".try_send(").map(|line| format!("src/{path}:{line}: only actors/registry.rs sends to actors")));
    }
    if source.lines > FILE_LINES_MAX {
        faults.push(format!("src/{path}: {} lines, at most {FILE_LINES_MAX}", source.lines));
    }
    for (name, line, length) in source.functions() {
        if length > FUNCTION_LINES_MAX {
            faults.push(format!("src/{path}:{line}: fn {name} has {length} lines, at most {FUNCTION_LINES_MAX}"));
        }
    }
    faults.extend(unsafe_code(&format!("src/{path}"), &source));
    faults
}

fn unsafe_code(path: &str, source: &Source) -> Vec<String> {
    source.lines_with("unsafe").map(|line| format!("{path}:{line}: unsafe")).collect()
}

fn imports(path: &str, source: &Source) -> Vec<String> {
    let layer = path.split(['/', '.']).next().unwrap();
    if MAY_IMPORT_ALL.contains(&layer) {
        return Vec::new();
    }
    let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("src/{path}: `{layer}` is in no row of IMPORTS: say what it may import")];
    };
    let mut faults = Vec::new();
    for (line, named) in source.crate_imports(path) {
        let outside = named != layer && !allowed.contains(&named.as_str());
        // `crate::` also leads to macros and re-exports of the root; only layers are judged.
        if outside && (IMPORTS.iter().any(|(name, _)| *name == named) || named == "app") {
            faults.push(format!("src/{path}:{line}: {layer} must not know {named}"));
        }
    }
    faults
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    for entry in entries.map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_sources_keep_to_their_layers() {
    let files = rust_files(&root().join("src"));
    assert!(files.len() > 20, "only {} files were found", files.len());
    let mut all = Vec::new();
    for file in &files {
        let path = file.strip_prefix(root().join("src")).unwrap().to_str().unwrap();
        if !path.ends_with("tests.rs") && !path.contains("/tests/") {
            all.extend(faults(path, &std::fs::read_to_string(file).unwrap()));
        }
    }
    for folder in ["tests", "examples", "benches"] {
        for file in rust_files(&root().join(folder)) {
            all.extend(unsafe_code(&file.display().to_string(), &Source::of(&std::fs::read_to_string(&file).unwrap())));
        }
    }
    assert!(all.is_empty(), "{} breaches:\n{}", all.len(), all.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent = |file: &PathBuf| !std::fs::read_to_string(file).unwrap().starts_with("//!");
    let all: Vec<_> = rust_files(&root().join("src")).into_iter().filter(silent).collect();
    assert!(all.is_empty(), "without a `//!` at the top: {all:?}");
}

#[test]
fn planted_breaches_are_caught() {
    let long_function = format!("fn long() {{\n{}}}\n", "    step();\n".repeat(70));
    let long_file = "const A: u8 = 1;\n".repeat(501);
    let planted: [(&str, &str, &str); 20] = [
        ("web/inbox.rs", "use crate::store::read;", "web must not know store"),
        ("web/inbox.rs", "use crate::{door::Door, actors::registry};", "web must not know actors"),
        ("domain/agent.rs", "fn f() { crate::door::f() }", "domain must not know door"),
        ("store/mod.rs", "use super::actors::registry;", "store must not know actors"),
        ("actors/entity.rs", "use super::super::web::wire;", "actors must not know web"),
        ("actors/entity.rs", "use crate::{\n    domain::id::{AgentNo, Millis},\n    config::Config,\n};", "actors must not know config"),
        ("store/commit.rs", "use crate::app::App;", "store must not know app"),
        ("cli.rs", "use fenliu::store::Store;", "cli must not know store"),
        ("guard.rs", "", "in no row of IMPORTS"),
        ("door.rs", "use rocksdb::DB;", "only the store knows RocksDB"),
        ("door.rs", "use rocksdb;", "only the store knows RocksDB"),
        ("store/read.rs", "fn f() { serde_json::to_string(&1); }", "only what speaks to others knows JSON"),
        ("web/mod.rs", "use actix::Addr;", "leaving actix"),
        ("web/mod.rs", "let now = std::time::SystemTime::now();", "stamped once"),
        ("web/mod.rs", "let scope = ShopScope::granted(1);", "proof of a credential"),
        ("actors/entity.rs", "fn f() { address.do_send(1) }", "drops silently"),
        ("actors/entity.rs", "use actix::Addr;\nfn f() { address.try_send(1) }", "only actors/registry.rs sends"),
        ("store/read.rs", "fn f() { unsafe { g() } }", "unsafe"),
        ("limits.rs", "use crate::domain::id;", "limits must not know domain"),
        ("metrics.rs", &long_function, "fn long has 72 lines"),
    ];
    for (path, text, expected) in planted {
        let found = faults(path, text);
        assert!(found.iter().any(|fault| fault.contains(expected)), "{path}: {text}\nfound {found:?}");
    }
    assert!(faults("metrics.rs", &long_file).iter().any(|fault| fault.contains("501 lines")));
}

#[test]
fn what_is_allowed_is_not_reported() {
    let fine: [(&str, &str); 6] = [
        ("web/inbox.rs", "use crate::door::Door; // crate::store is not for us\nconst A: &str = \"crate::store unsafe\";"),
        ("store/record.rs", "use super::keys; use crate::domain::{self, event::Event}; use bincode::Options;"),
        ("domain/agent.rs", "use super::event::Event; use super::{Decision, shop}; fn f(c: char) -> bool { c == '\"' || c == '{' }"),
        ("web/mod.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::store::Store;\n}\n"),
        ("store/space.rs", "let text = r#\"crate::web \"quoted\" \"#; let x: &'static str = \"\";"),
        ("door.rs", "/* crate::web /* nested */ unsafe */ fn f() {}"),
    ];
    for (path, text) in fine {
        assert_eq!(faults(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}
