//! Which priority the shop's rules give a conversation or a notice (INB-2): one pure function for each, top to bottom, the first rule
//! that holds.
//!
//! Knows nothing of what staff set by hand: whoever calls keeps that above the outcome, so that no rule ever undoes it.

use super::desk::PriorityRule;
use super::facts::{OrderStatus, Priority};
use std::cell::OnceCell;

/// What the rules may ask of a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// What the buyer wrote last, where it is at hand. None: a rule with keywords holds exactly if it is `present`.
    pub text: Option<&'a str>,
    /// What the rules said before: which one, from 0, and its priority.
    pub present: Option<(u16, Priority)>,
    pub order: OrderStatus,
    pub tags: &'a [String],
    /// How long the buyer has waited for an answer. None: nobody waits.
    pub waited_ms: Option<u64>,
}

/// The first rule that holds for a conversation, from 0, and its priority. None: no rule holds.
pub fn of_conversation(rules: &[PriorityRule], seen: &Seen<'_>) -> Option<(u16, Priority)> {
    let text = Lowered::new(seen.text.as_slice());
    let holds = |index: u16, rule: &PriorityRule| {
        let keywords = || match seen.text {
            Some(_) => text.has_any(&rule.keywords),
            None => seen.present == Some((index, rule.priority)),
        };
        rule.kinds.is_empty()
            && (rule.orders.is_empty() || rule.orders.contains(&seen.order))
            && (rule.tags.is_empty() || rule.tags.iter().any(|tag| seen.tags.contains(tag)))
            && rule.waited_min.is_none_or(|min| seen.waited_ms.is_some_and(|ms| ms >= u64::from(min) * 60_000))
            && (rule.keywords.is_empty() || keywords())
    };
    (0..).zip(rules).find(|(index, rule)| holds(*index, rule)).map(|(index, rule)| (index, rule.priority))
}

/// The priority of a new notice: the shop's rules, then what holds of itself. A notice has no buyer, so a rule that asks for an
/// order, a tag or a wait is not about it.
pub fn of_notice(rules: &[PriorityRule], kind: &str, title: &str, text: &str) -> Priority {
    let texts = [title, text];
    let said = Lowered::new(&texts);
    let holds = |rule: &&PriorityRule| {
        rule.orders.is_empty()
            && rule.tags.is_empty()
            && rule.waited_min.is_none()
            && (rule.kinds.is_empty() || rule.kinds.iter().any(|known| known == kind))
            && (rule.keywords.is_empty() || said.has_any(&rule.keywords))
    };
    rules.iter().find(holds).map_or_else(|| of_itself(kind), |rule| rule.priority)
}

/// Of a kind that no rule of the shop speaks of.
fn of_itself(kind: &str) -> Priority {
    match kind {
        "logistics_exception" | "dispute_warning" => Priority::Urgent,
        "infringement_takedown" => Priority::High,
        _ => Priority::Normal,
    }
}

/// Texts in lower case, made when the first keyword is looked for: most shops look for none.
struct Lowered<'a> {
    texts: &'a [&'a str],
    lower: OnceCell<Vec<String>>,
}

impl<'a> Lowered<'a> {
    fn new(texts: &'a [&'a str]) -> Lowered<'a> {
        Lowered { texts, lower: OnceCell::new() }
    }

    fn has_any(&self, keywords: &[String]) -> bool {
        let texts = self.lower.get_or_init(|| self.texts.iter().map(|text| text.to_lowercase()).collect());
        keywords.iter().map(|keyword| keyword.to_lowercase()).any(|keyword| texts.iter().any(|text| text.contains(&keyword)))
    }
}
