//! Diversion 分流 settings: groups, rules and the windows of DIV-1, and their validation as a whole (DIV-11).

use super::id::{AgentNo, GroupNo};
use super::refusal::Refusal;
use crate::limits;
use serde::{Deserialize, Serialize};

/// A group 分流分组.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    /// Open receptions the group holds at once (DIV-4). None: unlimited.
    pub capacity: Option<u32>,
}

/// Where a rule sends a reception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    Groups(Vec<GroupNo>),
    /// 指定客服.
    Agents(Vec<AgentNo>),
}

/// One diversion rule; rules apply top to bottom, the first whose condition holds and whose target is not empty wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub name: String,
    /// The entry the buyer came through (a page, a product link). None: every buyer.
    pub entry: Option<String>,
    pub target: Target,
}

/// The rule set of a shop. The numbers are the shop's settings, with SPEC's defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    pub rules: Vec<Rule>,
    pub fallback_group: Option<GroupNo>,
    /// DIV-1.2: within this window the last agent receives the buyer if online, suspended or not.
    pub recent_any_ms: u64,
    /// DIV-1.2: within this window if online and not suspended, else a colleague, same group first.
    pub recent_online_ms: u64,
    /// DIV-1.2: does the capacity bind a recent contact?
    pub recent_obeys_capacity: bool,
    /// DIV-3: more unanswered than this is busy 繁忙.
    pub busy_above: u32,
    /// DIV-6: how long a broken connection costs nothing.
    pub offline_grace_ms: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            rules: Vec::new(),
            fallback_group: None,
            recent_any_ms: 24 * 3_600_000,
            recent_online_ms: 72 * 3_600_000,
            recent_obeys_capacity: true,
            busy_above: 4,
            offline_grace_ms: 60_000,
        }
    }
}

impl Rules {
    /// Checks the set as a whole against the groups and agents that exist; the running rules stay on any error.
    pub fn check(&self, group_exists: impl Fn(GroupNo) -> bool, agent_exists: impl Fn(AgentNo) -> bool) -> Result<(), Refusal> {
        let bad = |field, problem: String| Err(Refusal::Invalid { field, problem });
        if self.rules.len() > limits::RULES_MAX {
            return bad("rules", format!("at most {} rules", limits::RULES_MAX));
        }
        for (i, rule) in self.rules.iter().enumerate() {
            let empty = match &rule.target {
                Target::Groups(groups) => {
                    if let Some(g) = groups.iter().find(|g| !group_exists(**g)) {
                        return bad("rules.target.groups", format!("rule {i} (`{}`): there is no group {}", rule.name, g.0));
                    }
                    groups.is_empty()
                }
                Target::Agents(agents) => {
                    if let Some(a) = agents.iter().find(|a| !agent_exists(**a)) {
                        return bad("rules.target.agents", format!("rule {i} (`{}`): there is no agent {}", rule.name, a.0));
                    }
                    agents.is_empty()
                }
            };
            if empty {
                return bad("rules.target", format!("rule {i} (`{}`) names nobody", rule.name));
            }
            if rule.entry.is_none() && i + 1 < self.rules.len() {
                return bad("rules", format!("rule {i} (`{}`) takes every buyer, so the rules after it are never reached", rule.name));
            }
        }
        if let Some(g) = self.fallback_group.filter(|g| !group_exists(*g)) {
            return bad("fallback_group", format!("there is no group {}", g.0));
        }
        if self.recent_online_ms < self.recent_any_ms {
            return bad("recent_online_ms", "must not be shorter than recent_any_ms".into());
        }
        Ok(())
    }
}
