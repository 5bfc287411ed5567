//! The program's command line as an operator meets it: help, settings that are wrong, exit codes. (SPEC: OPS-1)

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
    for part in ["serve", "check-config", "verify", "openapi", "Examples:", "Exit codes:", "platform.key", "\n  65 ", "\n  74 "] {
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

#[test]
fn the_description_of_the_endpoints_is_json() {
    let (code, out, err) = fenliu(&["openapi"], &[]);
    assert_eq!((code, err.as_str()), (0, ""));
    let description: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with('3') && description["paths"]["/v1/buyer/messages"].is_object());
}
