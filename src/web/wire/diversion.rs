//! JSON of the diversion document (DIV-11): the same words in a draft, in what runs, and in the places of its faults.

use super::offline::Offline;
use super::rule::{Rule, Scope, same};
use super::text::Welcome;
use crate::domain::diversion::{self, Preference as DomainPreference, Strategy as DomainStrategy};
use crate::domain::id::GroupNo;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A step of DIV-1 that prefers one agent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    /// 最近联系人.
    RecentContact,
    /// 专属客服.
    Dedicated,
}
same! { Preference, DomainPreference, RecentContact Dedicated }

/// How one is picked among those who may receive (DIV-3).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Lowest load ÷ weight; equal: received least recently.
    WeightedLeastLoad,
    WeightedRoundRobin,
    LeastRecentlyAssigned,
}
same! { Strategy, DomainStrategy, WeightedLeastLoad WeightedRoundRobin LeastRecentlyAssigned }

/// Recent contact 最近联系人 (DIV-1.2).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Recent {
    /// Within this window the last agent receives the buyer if online, suspended or not. Default 24 h.
    pub any_ms: u64,
    /// Within this window if online and not suspended, else a colleague. Default 72 h.
    pub online_ms: u64,
    /// Does the capacity bind a recent contact? Default true.
    pub obeys_capacity: bool,
}

/// The queue 排队 (DIV-5).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Queue {
    /// One more goes to offline handling. Default 1,000.
    pub length_max: u32,
    /// How long one waits before offline handling applies; 30 min where `queue` is left out. Absent: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms_max: Option<u64>,
}

/// Who does not answer loses the reception (DIV-7).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NoAnswer {
    /// Absent: off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// Also on later rounds. Default false.
    pub later_rounds: bool,
    /// How often one reception may be moved, 1 to 10. Default 3.
    pub moves_max: u32,
    /// Suspend an agent who missed so many in a row. Absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend_after: Option<u32>,
}

/// The diversion document of a shop. Everything but `rules` has a default.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Diversion {
    /// IANA name of the shop's time zone.
    #[serde(default = "zone")]
    #[schema(example = "Asia/Shanghai")]
    pub zone: String,
    /// Is the shop gate (DIV-1.1) used? Default true.
    #[serde(default = "gate")]
    pub gate: bool,
    /// The steps that prefer one agent, in this order. Default both.
    #[serde(default = "preferences")]
    pub preferences: Vec<Preference>,
    #[serde(default)]
    pub recent: Recent,
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// Top to bottom; the first that holds and has somebody online wins. Required: an empty document would wipe out a full one.
    pub rules: Vec<Rule>,
    /// Absent: every receivable agent of the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_group: Option<u32>,
    #[serde(default = "strategy")]
    pub strategy: Strategy,
    /// More unanswered than this is busy 繁忙. Default 4.
    #[serde(default = "busy_above")]
    pub busy_above: u32,
    /// How long a broken connection costs nothing. Default 60 s.
    #[serde(default = "offline_grace_ms")]
    pub offline_grace_ms: u64,
    #[serde(default)]
    pub queue: Queue,
    #[serde(default)]
    pub no_answer: NoAnswer,
    #[serde(default)]
    pub offline: Offline,
    #[serde(default)]
    pub welcome: Welcome,
    /// The version that was edited; refused as `outdated` where another one runs. Absent: whatever runs. Also as `version`, so that
    /// what was read can be changed and sent back.
    #[serde(default, skip_serializing, alias = "version")]
    pub based_on: Option<u32>,
}

/// What holds where nothing is said.
fn usual() -> Diversion {
    (&diversion::Settings::default()).into()
}

fn zone() -> String {
    usual().zone
}

fn gate() -> bool {
    usual().gate
}

fn preferences() -> Vec<Preference> {
    usual().preferences
}

fn strategy() -> Strategy {
    usual().strategy
}

fn busy_above() -> u32 {
    usual().busy_above
}

fn offline_grace_ms() -> u64 {
    usual().offline_grace_ms
}

impl Default for Recent {
    fn default() -> Recent {
        usual().recent
    }
}

impl Default for Queue {
    fn default() -> Queue {
        usual().queue
    }
}

impl Default for NoAnswer {
    fn default() -> NoAnswer {
        usual().no_answer
    }
}

impl Default for Offline {
    fn default() -> Offline {
        usual().offline
    }
}

impl From<Diversion> for diversion::Settings {
    fn from(d: Diversion) -> diversion::Settings {
        let (recent, queue, no_answer) = (d.recent, d.queue, d.no_answer);
        diversion::Settings {
            zone: d.zone,
            gate: d.gate,
            preferences: d.preferences.into_iter().map(Into::into).collect(),
            recent: diversion::Recent { any_ms: recent.any_ms, online_ms: recent.online_ms, obeys_capacity: recent.obeys_capacity },
            scopes: d.scopes.into_iter().map(Into::into).collect(),
            rules: d.rules.into_iter().map(Into::into).collect(),
            fallback_group: d.fallback_group.map(GroupNo),
            strategy: d.strategy.into(),
            busy_above: d.busy_above,
            offline_grace_ms: d.offline_grace_ms,
            queue: diversion::Queue { length_max: queue.length_max, wait_ms_max: queue.wait_ms_max },
            no_answer: diversion::NoAnswer {
                after_ms: no_answer.after_ms,
                later_rounds: no_answer.later_rounds,
                moves_max: no_answer.moves_max,
                suspend_after: no_answer.suspend_after,
            },
            offline: d.offline.into(),
            welcome: d.welcome.into(),
        }
    }
}

impl From<&diversion::Settings> for Diversion {
    fn from(s: &diversion::Settings) -> Diversion {
        let (recent, queue, no_answer) = (&s.recent, &s.queue, &s.no_answer);
        Diversion {
            zone: s.zone.clone(),
            gate: s.gate,
            preferences: s.preferences.iter().map(|p| (*p).into()).collect(),
            recent: Recent { any_ms: recent.any_ms, online_ms: recent.online_ms, obeys_capacity: recent.obeys_capacity },
            scopes: s.scopes.iter().map(Into::into).collect(),
            rules: s.rules.iter().map(Into::into).collect(),
            fallback_group: s.fallback_group.map(|g| g.0),
            strategy: s.strategy.into(),
            busy_above: s.busy_above,
            offline_grace_ms: s.offline_grace_ms,
            queue: Queue { length_max: queue.length_max, wait_ms_max: queue.wait_ms_max },
            no_answer: NoAnswer {
                after_ms: no_answer.after_ms,
                later_rounds: no_answer.later_rounds,
                moves_max: no_answer.moves_max,
                suspend_after: no_answer.suspend_after,
            },
            offline: (&s.offline).into(),
            welcome: (&s.welcome).into(),
            based_on: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(json: serde_json::Value) -> diversion::Settings {
        serde_json::from_value::<Diversion>(json).unwrap_or_else(|e| panic!("{e}")).into()
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        // SPEC: DIV-11
        assert_eq!(settings(json!({"rules": []})), diversion::Settings::default());
        let no_rules = serde_json::from_value::<Diversion>(json!({})).map(drop).unwrap_err();
        assert!(no_rules.to_string().contains("rules"), "{no_rules}");
        let partly = settings(json!({"rules": [], "recent": {"any_ms": 1}, "queue": {"length_max": 2}, "no_answer": {"after_ms": 60_000},
            "offline": {"automatic": {"per_head": 7}}}));
        let usual = diversion::Settings::default();
        assert_eq!(partly.recent, diversion::Recent { any_ms: 1, ..usual.recent });
        assert_eq!(partly.queue, diversion::Queue { length_max: 2, wait_ms_max: None }, "left out inside: no end");
        assert_eq!(partly.no_answer, diversion::NoAnswer { after_ms: Some(60_000), ..usual.no_answer });
        assert_eq!((partly.offline.text, partly.offline.automatic.per_head), (usual.offline.text, Some(7)));
    }

    #[test]
    fn every_setting_survives_the_way_there_and_back() {
        // SPEC: DIV-11
        let mut deep = json!({"entry": ["x"]});
        for _ in 0..30 {
            deep = json!({"not": deep});
        }
        let kinds = ["tag", "level", "product", "category", "keyword", "entry", "language", "channel", "region"];
        let words: Vec<_> = kinds.iter().map(|kind| json!({*kind: ["a", "b"]})).collect();
        let whole = json!({
            "zone": "Europe/Berlin", "gate": false, "preferences": ["dedicated"],
            "recent": {"any_ms": 1, "online_ms": 2, "obeys_capacity": false},
            "scopes": [{"group": 1, "tags": ["t"], "levels": ["l"], "products": ["p"], "categories": ["c"], "keywords": ["k"],
                "entries": ["e"], "languages": ["zh"], "orders": ["no_active", "unpaid", "paid", "shipped", "succeeded", "after_sale"]}],
            "rules": [
                {"name": "everybody", "when": {"all": []}, "target": {"groups": [1, 2]}},
                {"name": "all kinds", "when": {"any": [{"all": words}, {"order": ["paid"]},
                    {"week": [{"days": 31, "from_min": 540, "to_min": 1_440}]}, deep]}, "target": {"agents": [3]}}],
            "fallback_group": 2, "strategy": "weighted_round_robin", "busy_above": 9, "offline_grace_ms": 5,
            "queue": {"length_max": 7, "wait_ms_max": 8},
            "no_answer": {"after_ms": 60_000, "later_rounds": true, "moves_max": 4, "suspend_after": 2},
            "offline": {"way": {"deputy": 4}, "text": "later", "automatic": {"on": false, "range": "asked_for_person",
                "windows": [{"from_min": 1, "to_min": 2}], "slot_min": 15, "targets": {"agents": [5]}, "online_min": 2,
                "unanswered_average_max": 3, "per_head": 4, "heads_in_scope": true}},
            "welcome": {"text": "欢迎", "order": "own_first"},
        });
        let read = settings(whole.clone());
        assert_eq!(serde_json::to_value(Diversion::from(&read)).unwrap(), whole);
        for (strategy, way, targets) in [
            ("weighted_least_load", json!("pool"), json!("by_rules")),
            ("least_recently_assigned", json!("main_account"), json!({"groups": [1]})),
        ] {
            let other = json!({"rules": [], "strategy": strategy, "offline": {"way": way, "automatic": {"targets": targets}}});
            let shown = serde_json::to_value(Diversion::from(&settings(other))).unwrap();
            assert_eq!((&shown["strategy"], &shown["offline"]["way"]), (&json!(strategy), &way));
            assert_eq!(shown["offline"]["automatic"]["targets"], targets);
        }
    }

    #[test]
    fn words_nobody_knows_are_refused() {
        // SPEC: DIV-11
        for wrong in [
            json!({"rules": [{"name": "a", "when": {"colour": ["red"]}, "target": {"groups": [1]}}]}),
            json!({"rules": [{"name": "a", "when": {"tag": ["x"], "level": ["y"]}, "target": {"groups": [1]}}]}),
            json!({"rules": [{"name": "a", "target": {"groups": [1], "agents": [2]}}]}),
            json!({"rules": [{"name": "a"}]}),
            json!({"rules": [], "recent": {"days": 1}}),
            json!({"rules": [], "offline": {"way": "deputy"}}),
            json!({"rules": [], "scopes": [{"group": 1, "orders": ["lost"]}]}),
            json!({"rules": [], "offline": {"automatic": {"windows": [{"from_min": 1, "to_min": 2, "slot": 3}]}}}),
        ] {
            assert!(serde_json::from_value::<Diversion>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
