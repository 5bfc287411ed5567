//! Every metric is on a board, every board and alert asks only for metrics that exist, and every board is one that Grafana takes.
//! (SPEC: MET-5) What a real Prometheus says to them: `tests/prometheus.rs`.

#[path = "../examples/support/boards.rs"]
mod boards;
#[path = "boards/layout.rs"]
mod layout;
#[path = "boards/shape.rs"]
mod shape;

use serde_json::{Value, json};
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

/// All sources of the metrics.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        text += &if entry.is_dir() { sources(&entry) } else { std::fs::read_to_string(entry).unwrap() };
    }
    text
}

#[test]
fn boards_and_metrics_agree() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/metrics"));
    let panels: Vec<Value> = boards::boards().iter().flat_map(|(_, board)| boards::panels(board)).cloned().collect();
    let asked: String = panels.iter().flat_map(|panel| boards::asked(panel, "1m", "1h")).map(|(expr, _)| expr + " ").collect();
    let alerts: String = boards::alerts().into_iter().map(|(_, expr)| expr + " ").collect();
    let (unknown, unseen) = unknown_and_unseen(&sources, &asked);
    assert!(unknown.is_empty() && unseen.is_empty(), "on a board but not in src/metrics: {unknown:?}; on no board: {unseen:?}");
    assert_eq!(unknown_and_unseen(&sources, &alerts).0, Vec::<String>::new(), "in alerts.yml but not in src/metrics");
}

#[test]
fn a_planted_difference_is_seen() {
    let sources = "counter!(\"fenliu_a_total\"); gauge!(\"fenliu_b\"); histogram!(\"fenliu_c_seconds\")";
    let (unknown, unseen) = unknown_and_unseen(sources, "rate(fenliu_a_total[1m]) + fenliu_d, fenliu_c_seconds_bucket");
    assert_eq!((unknown, unseen), (vec!["fenliu_d".to_owned()], vec!["fenliu_b".to_owned()]));
}

#[test]
fn the_four_boards_are_as_grafana_takes_them() {
    let boards = boards::boards();
    let files: Vec<&str> = boards.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files, ["diversion.json", "service.json", "shops.json", "storage.json"]);
    let uids: BTreeSet<_> = boards.iter().map(|(_, board)| board["uid"].to_string()).collect();
    assert_eq!(uids.len(), boards.len(), "each has a uid of its own");
    let datasources = std::fs::read_to_string(boards::folder().join("provisioning/datasources/prometheus.yml")).unwrap();
    assert!(datasources.contains(&format!("uid: {}\n", layout::DATASOURCE)), "the boards ask the data source that is provisioned");
    for (file, board) in &boards {
        let faults: Vec<_> = shape::faults(board).into_iter().chain(layout::faults(board)).collect();
        assert!(faults.is_empty(), "{file}:\n{}", faults.join("\n"));
    }
}

/// The yellow warning 黄色预警 is at these values (MET-2), on the boards as in the alerts.
#[test]
fn the_rates_have_their_thresholds() {
    let boards = boards::boards();
    let alerts = boards::alerts();
    for (metric, at, sign) in [("unread", 0.05, ">"), ("timeout", 0.08, ">"), ("adoption", 0.7, "<")] {
        for scope in ["fenliu_", "fenliu_shop_"] {
            let name = format!("{scope}{metric}_ratio");
            let shown = boards.iter().flat_map(|(_, board)| boards::panels(board));
            let of: Vec<_> = shown.filter(|panel| boards::asked(panel, "", "").iter().any(|(expr, _)| expr.contains(&name))).collect();
            assert!(!of.is_empty(), "{name}");
            for panel in of {
                let steps = &panel["fieldConfig"]["defaults"]["thresholds"]["steps"];
                assert_eq!(steps[1]["value"], at, "{}", panel["title"]);
                assert_eq!(panel["fieldConfig"]["defaults"]["unit"], "percentunit", "{}", panel["title"]);
            }
            assert!(alerts.iter().any(|(_, expr)| expr.starts_with(&format!("{name} {sign} {at}"))), "an alert on {name}");
        }
    }
}

/// Planted mistakes: where, what is put there, and what must be said.
#[test]
fn planted_mistakes_in_a_board_are_found() {
    let board = boards::boards().into_iter().find(|(file, _)| file == "shops.json").unwrap().1;
    let first = board["panels"].as_array().unwrap().iter().position(|panel| panel["type"] == "timeseries").unwrap();
    let at = |rest: &str| format!("/panels/{first}{rest}");
    let mistakes = [
        ("/uid".to_owned(), json!("with blanks"), "uid"),
        ("/title".into(), json!(null), "title"),
        ("/schemaVersion".into(), json!("39"), "schemaVersion"),
        ("/tittle".into(), json!("x"), "tittle"),
        (at("/id"), json!(1), "id 1 is used twice"),
        (at("/gridPos/x"), json!(20), "beyond the 24 columns"),
        (at("/gridPos/y"), json!(0), "lies on"),
        (at("/type"), json!("graph"), "type \"graph\""),
        (at("/datasource/uid"), json!("other"), "data source"),
        (at("/description"), json!(""), "no description"),
        (at("/options/legend/displayMode"), json!("rows"), "displayMode"),
        (at("/options/legends"), json!({}), "legends"),
        (at("/fieldConfig/defaults/unit"), json!("percents"), "unit"),
        (at("/fieldConfig/defaults/custom/fillOpacty"), json!(1), "fillOpacty"),
        (at("/fieldConfig/defaults/thresholds/steps/0/value"), json!(1), "thresholds"),
        (at("/targets/0/refId"), json!("B"), "refId"),
        (at("/targets/0/expr"), json!(""), "asks nothing"),
        (at("/targets/0/expr"), json!("fenliu_writable{shop=\"$shp\"}"), "$shp"),
        (at("/targets/0/legendFormat"), json!("{{shop"), "legend"),
    ];
    for (place, value, said) in mistakes {
        let mut wrong = board.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        let parent = wrong.pointer_mut(parent).unwrap();
        match parent {
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
            _ => parent[key] = value.clone(),
        }
        let faults: Vec<_> = shape::faults(&wrong).into_iter().chain(layout::faults(&wrong)).collect();
        assert!(faults.iter().any(|fault| fault.contains(said)), "{place} = {value}: {faults:?} should say {said:?}");
    }
}
