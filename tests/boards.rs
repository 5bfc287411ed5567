//! Every metric is on a board, and every board and alert asks only for metrics that exist. (SPEC: MET-5)

use std::collections::BTreeSet;
use std::path::Path;

/// The `fenliu_…` names in a text; in the sources only those in quotes.
fn names(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !word(c)).filter(|name| name.starts_with("fenliu_"));
    // A histogram is asked for through its series.
    let series = |name: &str| ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned();
    words.map(series).collect()
}

fn unknown_and_unseen(sources: &str, boards: &str) -> (Vec<String>, Vec<String>) {
    let quoted: String = sources.split('"').skip(1).step_by(2).map(|part| format!("{part} ")).collect();
    let (exist, shown) = (names(&quoted), names(boards));
    (shown.difference(&exist).cloned().collect(), exist.difference(&shown).cloned().collect())
}

#[test]
fn boards_and_metrics_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = std::fs::read_to_string(root.join("src/metrics.rs")).unwrap();
    let mut boards = String::new();
    let mut alerts = String::new();
    for board in std::fs::read_dir(root.join("grafana/dashboards")).unwrap() {
        let text = std::fs::read_to_string(board.unwrap().path()).unwrap();
        let board: serde_json::Value = serde_json::from_str(&text).unwrap();
        for panel in board["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                boards.extend([target["expr"].as_str().unwrap(), " "]);
            }
        }
    }
    for line in std::fs::read_to_string(root.join("grafana/alerts.yml")).unwrap().lines() {
        alerts.extend(line.trim().strip_prefix("expr: ").map(|expression| format!("{expression} ")));
    }
    let (unknown, unseen) = unknown_and_unseen(&sources, &boards);
    assert!(unknown.is_empty() && unseen.is_empty(), "on a board but not in metrics.rs: {unknown:?}; on no board: {unseen:?}");
    assert_eq!(unknown_and_unseen(&sources, &alerts).0, Vec::<String>::new(), "in alerts.yml but not in metrics.rs");
}

#[test]
fn a_planted_difference_is_seen() {
    let sources = "counter!(\"fenliu_a_total\"); gauge!(\"fenliu_b\"); histogram!(\"fenliu_c_seconds\")";
    let (unknown, unseen) = unknown_and_unseen(sources, "rate(fenliu_a_total[1m]) + fenliu_d, fenliu_c_seconds_bucket");
    assert_eq!((unknown, unseen), (vec!["fenliu_d".to_owned()], vec!["fenliu_b".to_owned()]));
}
