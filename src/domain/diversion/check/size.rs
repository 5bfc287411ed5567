//! How large the settings are. Looked at before anything else, so that nothing else takes long over what is refused anyway.

use super::super::condition::Condition;
use super::super::{Rule, Scope, Settings, Target};
use crate::limits;

/// Of a condition, and of all those within it.
struct Size {
    depth: usize,
    parts: usize,
    values: usize,
}

fn size(condition: &Condition) -> Size {
    let mut size = Size { depth: 0, parts: 0, values: 0 };
    let mut left = vec![(condition, 1)];
    while let Some((condition, depth)) = left.pop() {
        size.depth = size.depth.max(depth);
        size.parts += 1;
        match (condition, condition.words()) {
            (_, Some((_, words))) => size.values += words.len(),
            (Condition::All(parts) | Condition::Any(parts), _) => left.extend(parts.iter().map(|part| (part, depth + 1))),
            (Condition::Not(part), _) => left.push((part, depth + 1)),
            (Condition::Order(orders), _) => size.values += orders.len(),
            (Condition::Week(windows), _) => size.values += windows.len(),
            // Every other kind has words.
            _ => {}
        }
    }
    size
}

/// The scopes, conditions and values of the settings.
pub(super) fn whole(settings: &Settings) -> usize {
    let of_scope = |scope: &Scope| 1 + scope.words().iter().map(|(_, words)| words.len()).sum::<usize>() + scope.orders.len();
    let of_rule = |rule: &Rule| {
        let size = size(&rule.when);
        size.parts + size.values
    };
    settings.scopes.iter().map(of_scope).sum::<usize>() + settings.rules.iter().map(of_rule).sum::<usize>()
}

/// The conditions within one, itself counted.
pub(super) fn parts(condition: &Condition) -> usize {
    size(condition).parts
}

/// Whether a condition is no deeper and has no more parts than it may. What looks at a condition as a whole goes as deep as it does.
pub(super) fn bearable(condition: &Condition) -> bool {
    let size = size(condition);
    size.depth <= limits::CONDITION_DEPTH_MAX && size.parts <= limits::CONDITION_PARTS_MAX
}

/// Whether a target names no more than it may.
pub(super) fn short(target: &Target) -> bool {
    let length = match target {
        Target::Groups(groups) => groups.len(),
        Target::Agents(agents) => agents.len(),
    };
    length <= limits::RULE_VALUES_MAX
}
