//! What no type can say of a board: ids and places of panels, the data source, variables, thresholds, units, legends.

use super::boards::panels;
use serde_json::Value;
use std::collections::BTreeSet;

/// The data source of `grafana/provisioning`.
pub const DATASOURCE: &str = "fenliu-prometheus";
/// Grafana's own names of units, those in use.
const UNITS: [&str; 8] = ["none", "short", "percentunit", "s", "bytes", "cps", "reqps", "Bps"];
/// Variables that Grafana sets itself.
const BUILT_IN: [&str; 4] = ["__rate_interval", "__range", "__interval", "__all"];

/// What is wrong.
pub fn faults(board: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !board["uid"].as_str().is_some_and(|uid| (1..=40).contains(&uid.len()) && uid.chars().all(word)) {
        faults.push(format!("uid {}: 1 to 40 letters, digits, - and _", board["uid"]));
    }
    ids_and_places(board, &mut faults);
    let variables = board["templating"]["list"].as_array().into_iter().flatten();
    let variables: BTreeSet<&str> = variables.filter_map(|variable| variable["name"].as_str()).chain(BUILT_IN).collect();
    for panel in panels(board) {
        let mut wrong = Vec::new();
        content(panel, &variables, &mut wrong);
        faults.extend(wrong.into_iter().map(|fault| format!("panel {}: {fault}", panel["title"])));
    }
    faults
}

fn ids_and_places(board: &Value, faults: &mut Vec<String>) {
    let mut ids = BTreeSet::new();
    let mut taken: Vec<([u64; 4], &Value)> = Vec::new();
    for panel in board["panels"].as_array().into_iter().flatten() {
        if !ids.insert(panel["id"].to_string()) {
            faults.push(format!("id {} is used twice", panel["id"]));
        }
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap_or(0));
        if w == 0 || h == 0 || x + w > 24 {
            faults.push(format!("{} has no room, or lies beyond the 24 columns", panel["title"]));
        }
        let lies_on = |[a, b, c, d]: [u64; 4]| x < a + c && a < x + w && y < b + d && b < y + h;
        faults.extend(taken.iter().filter(|(place, _)| lies_on(*place)).map(|(_, other)| format!("{} lies on {other}", panel["title"])));
        taken.push(([x, y, w, h], &panel["title"]));
    }
}

fn content(panel: &Value, variables: &BTreeSet<&str>, faults: &mut Vec<String>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if text(&panel["description"]).len() < 10 {
        faults.push("no description worth the name".into());
    }
    let defaults = &panel["fieldConfig"]["defaults"];
    if !UNITS.contains(&text(&defaults["unit"]).as_str()) {
        faults.push(format!("unit {} is not known", defaults["unit"]));
    }
    if let Some(steps) = defaults["thresholds"]["steps"].as_array() {
        let values: Vec<Option<f64>> = steps.iter().map(|step| step["value"].as_f64()).collect();
        if values.first() != Some(&None) || values[1..].iter().any(Option::is_none) || !values.is_sorted() {
            faults.push(format!("thresholds {values:?}: the first is null, then they ascend"));
        }
    }
    let mut refs = BTreeSet::new();
    let targets: Vec<&Value> = panel["targets"].as_array().into_iter().flatten().collect();
    if targets.is_empty() {
        faults.push("it asks nothing".into());
    }
    for target in targets {
        for source in [&panel["datasource"], &target["datasource"]] {
            if source["uid"] != DATASOURCE || source["type"] != "prometheus" {
                faults.push(format!("{source} is not the data source that is provisioned"));
            }
        }
        if !refs.insert(target["refId"].to_string()) {
            faults.push(format!("refId {} is used twice", target["refId"]));
        }
        let (expr, legend) = (text(&target["expr"]), text(&target["legendFormat"]));
        if expr.is_empty() {
            faults.push("it asks nothing".into());
        }
        for named in expr.split('$').skip(1) {
            let name: String = named.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !variables.contains(name.as_str()) {
                faults.push(format!("${name} is no variable of this board"));
            }
        }
        if legend.is_empty() || legend.matches("{{").count() != legend.matches("}}").count() {
            faults.push(format!("legend {legend:?}"));
        }
    }
}
