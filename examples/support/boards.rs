//! The boards and alerts of `grafana/`: their panels with what each asks Prometheus, and the alerts' expressions.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder `grafana/` of the project.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("grafana")
}

/// All boards, by the names of their files.
pub fn boards() -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(folder().join("dashboards")).expect("a folder of boards");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a board");
        let board = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned(), board)
    };
    paths.iter().map(read).collect()
}

/// The panels of a board, rows apart.
pub fn panels(board: &Value) -> impl Iterator<Item = &Value> {
    board["panels"].as_array().into_iter().flatten().filter(|panel| panel["type"] != "row")
}

/// What a panel asks: expression and legend, with Grafana's variables replaced; `window`: of rates, `range`: the period shown.
pub fn asked(panel: &Value, window: &str, range: &str) -> Vec<(String, String)> {
    let replaced = |expr: &str| expr.replace("$__rate_interval", window).replace("$__range", range).replace("$shop", ".*");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let targets = panel["targets"].as_array().into_iter().flatten();
    targets.map(|target| (replaced(&text(&target["expr"])), text(&target["legendFormat"]))).collect()
}

/// The alerts: name and expression, each on one line of `alerts.yml`.
pub fn alerts() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder().join("alerts.yml")).expect("alerts.yml");
    let after = |line: &str, key: &str| line.trim().strip_prefix(key).map(str::to_owned);
    let names = text.lines().filter_map(|line| after(line, "- alert: "));
    let expressions = text.lines().filter_map(|line| after(line, "expr: "));
    names.zip(expressions).collect()
}
