//! The difference between two JSON documents, as a person who edits settings would tell it: one change a setting.
//!
//! Lists of named things (rules, scopes) are matched by their names, so that an insertion is one change and not a change of all
//! that follow; a change of their order is told apart. Other lists are one value. Knows nothing of diversion.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One setting that differs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// `rules[vip].target.groups`, or `order of rules`.
    #[schema(example = "rules[vip].target.groups")]
    pub field: String,
    /// Absent: there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Absent: there is none any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What leads from `before` to `after`. Empty: they are equal.
pub fn difference(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare("", before, after, &mut changes);
    changes
}

fn compare(path: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => objects(path, before, after, changes),
        (Value::Array(before), Value::Array(after)) if names(before).is_some() && names(after).is_some() => {
            named(path, before, after, changes);
        }
        _ => changes.push(Change { field: path.into(), before: Some(before.clone()), after: Some(after.clone()) }),
    }
}

fn one_sided(field: String, before: Option<&Value>, after: Option<&Value>) -> Change {
    Change { field, before: before.cloned(), after: after.cloned() }
}

fn objects(path: &str, before: &Map<String, Value>, after: &Map<String, Value>, changes: &mut Vec<Change>) {
    let inner = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    for (key, was) in before {
        match after.get(key) {
            Some(is) => compare(&inner(key), was, is, changes),
            None => changes.push(one_sided(inner(key), Some(was), None)),
        }
    }
    for (key, is) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        changes.push(one_sided(inner(key), None, Some(is)));
    }
}

/// The name of each element, where all have one and no two the same.
fn names(list: &[Value]) -> Option<Vec<String>> {
    let name = |value: &Value| match (value.get("name"), value.get("group")) {
        (Some(Value::String(name)), _) => Some(name.clone()),
        (None, Some(Value::Number(group))) => Some(format!("group {group}")),
        _ => None,
    };
    let names: Vec<String> = list.iter().map(name).collect::<Option<_>>()?;
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1]).then_some(names)
}

fn named(path: &str, before: &[Value], after: &[Value], changes: &mut Vec<Change>) {
    let (Some(were), Some(are)) = (names(before), names(after)) else { return };
    let find = |names: &[String], list: &[Value], name: &String| names.iter().position(|n| n == name).map(|at| list[at].clone());
    for (name, was) in were.iter().zip(before) {
        let field = format!("{path}[{name}]");
        match find(&are, after, name) {
            Some(is) => compare(&field, was, &is, changes),
            None => changes.push(one_sided(field, Some(was), None)),
        }
    }
    for (name, is) in are.iter().zip(after).filter(|(name, _)| !were.contains(name)) {
        changes.push(one_sided(format!("{path}[{name}]"), None, Some(is)));
    }
    let common = |these: &[String], those: &[String]| these.iter().filter(|n| those.contains(n)).cloned().collect::<Vec<_>>();
    let (was, is) = (common(&were, &are), common(&are, &were));
    if was != is {
        changes.push(one_sided(format!("order of {path}"), Some(&Value::from(was)), Some(&Value::from(is))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(before: Value, after: Value) -> Vec<(String, Value, Value)> {
        let shown = |value: Option<Value>| value.unwrap_or_else(|| json!("-"));
        difference(&before, &after).into_iter().map(|c| (c.field, shown(c.before), shown(c.after))).collect()
    }

    fn rule(name: &str, group: u32) -> Value {
        json!({"name": name, "target": {"groups": [group]}})
    }

    #[test]
    fn equal_documents_do_not_differ() {
        // SPEC: DIV-11
        let document = json!({"zone": "UTC", "rules": [rule("a", 1)], "queue": {"length_max": 3}});
        assert_eq!(difference(&document, &document), []);
    }

    #[test]
    fn settings_that_came_went_and_changed() {
        // SPEC: DIV-11
        let before = json!({"gate": true, "queue": {"length_max": 3, "wait_ms_max": 5}, "rules": []});
        let after = json!({"gate": false, "queue": {"length_max": 3}, "rules": [], "fallback_group": 2});
        let expected = [
            ("gate".to_owned(), json!(true), json!(false)),
            ("queue.wait_ms_max".to_owned(), json!(5), json!("-")),
            ("fallback_group".to_owned(), json!("-"), json!(2)),
        ];
        assert_eq!(told(before, after), expected);
    }

    #[test]
    fn an_inserted_rule_is_one_change() {
        // SPEC: DIV-11
        let before = json!({"rules": [rule("a", 1), rule("b", 2), rule("c", 3)]});
        let after = json!({"rules": [rule("new", 9), rule("a", 1), rule("b", 7), rule("c", 3)]});
        let expected =
            [("rules[b].target.groups".to_owned(), json!([2]), json!([7])), ("rules[new]".to_owned(), json!("-"), rule("new", 9))];
        assert_eq!(told(before, after), expected);
    }

    #[test]
    fn another_order_is_told_as_such() {
        // SPEC: DIV-11
        let before = json!({"rules": [rule("a", 1), rule("b", 2), rule("gone", 2)]});
        let after = json!({"rules": [rule("b", 2), rule("a", 1)]});
        let expected =
            [("rules[gone]".to_owned(), rule("gone", 2), json!("-")), ("order of rules".to_owned(), json!(["a", "b"]), json!(["b", "a"]))];
        assert_eq!(told(before, after), expected);
    }

    #[test]
    fn scopes_are_known_by_their_group_and_lists_without_names_are_one_value() {
        // SPEC: DIV-11
        let scope = |group: u32, tags: Value| json!({"group": group, "tags": tags});
        let before = json!({"scopes": [scope(1, json!(["x"])), scope(2, json!([]))]});
        let after = json!({"scopes": [scope(2, json!([])), scope(1, json!(["x", "y"]))]});
        let expected = [
            ("scopes[group 1].tags".to_owned(), json!(["x"]), json!(["x", "y"])),
            ("order of scopes".to_owned(), json!(["group 1", "group 2"]), json!(["group 2", "group 1"])),
        ];
        assert_eq!(told(before, after), expected);
        // A draft may still name two rules alike.
        let twice = json!({"rules": [rule("a", 1), rule("a", 2)]});
        assert_eq!(told(twice.clone(), json!({"rules": []}))[0], ("rules".to_owned(), twice["rules"].clone(), json!([])));
    }
}
