//! The record of changes (ACC-2) where it is about the guard: settings, words, approvals, penalties and reviews.

use super::guard_record::{Penalty, Violation};
use super::guard_set::{Approval, GuardSettings};
use super::shop::AuditRow;
use super::version::By;
use crate::domain::event::{Conducted, Event, Ruling};
use crate::domain::guard;
use crate::door::{Audited, Before};
use crate::limits;
use crate::web::difference::difference;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

/// None: the event is about something else.
pub fn guard_row(audited: &Audited) -> Option<AuditRow> {
    match &audited.event {
        Event::Ruled { version, by, at, what: Ruling::Guard { settings } } => {
            let before = match &audited.before {
                Some(Before::Guard(before)) => value(&GuardSettings::from(&**before)),
                _ => Value::Null,
            };
            let mut row = AuditRow::of("guard", &version.to_string(), None, None, by.into(), *at);
            row.changes = difference(&before, &value(&GuardSettings::from(&**settings)));
            Some(row)
        }
        Event::Ruled { version, by, at, what: Ruling::Words { words } } => {
            let known: &[String] = match &audited.before {
                Some(Before::Words(before)) => before,
                _ => &[],
            };
            let (before, after) = (json!({ "words": known.len() }), words_change(known, words));
            Some(AuditRow::of("words", &version.to_string(), Some(before), Some(after), by.into(), *at))
        }
        Event::Ruled { by, at, what: Ruling::Approvals { approvals }, .. } => {
            let list = |approvals: &[guard::Approval]| value(&approvals.iter().map(Approval::from).collect::<Vec<_>>());
            let before = match &audited.before {
                Some(Before::Approvals(before)) => list(before),
                _ => Value::Null,
            };
            Some(AuditRow::of("approvals", "", Some(before), Some(list(approvals)), by.into(), *at))
        }
        Event::Conduct { agent, at, what: Conducted::Violated { violation, penalty, by } } => {
            let after = json!({ "violation": Violation::from(violation), "penalty": Penalty::from(penalty) });
            let by = by.as_ref().map_or(By::Rule, By::from);
            Some(AuditRow::of("violation", &agent.0.to_string(), None, Some(after), by, *at))
        }
        Event::Conduct { agent, at, what: Conducted::Reviewed { lifted, reason, by } } => {
            let after = json!({ "lifted": lifted, "reason": reason });
            Some(AuditRow::of("review", &agent.0.to_string(), None, Some(after), by.into(), *at))
        }
        _ => None,
    }
}

/// What came and what went; the first of each by name.
fn words_change(before: &[String], after: &[String]) -> Value {
    let (known, now) = (BTreeSet::from_iter(before), BTreeSet::from_iter(after));
    let shown = |words: &[&&String]| words.iter().take(limits::WORDS_SHOWN_MAX).map(|word| word.as_str().to_owned()).collect::<Vec<_>>();
    let (added, removed): (Vec<_>, Vec<_>) = (now.difference(&known).collect(), known.difference(&now).collect());
    json!({
        "words": after.len(),
        "added": added.len(),
        "removed": removed.len(),
        "added_words": shown(&added),
        "removed_words": shown(&removed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // SPEC: ACC-2
    #[test]
    fn of_a_long_list_the_audit_tells_what_came_and_what_went() {
        let list = |range: std::ops::Range<u32>| range.map(|n| format!("{n:05}")).collect::<Vec<_>>();
        let change = words_change(&list(0..9_000), &list(10..9_100));
        assert_eq!((&change["words"], &change["added"], &change["removed"]), (&json!(9_090), &json!(100), &json!(10)));
        assert_eq!(change["added_words"].as_array().unwrap().len(), limits::WORDS_SHOWN_MAX);
        assert_eq!(change["removed_words"][9], "00009");
    }
}
