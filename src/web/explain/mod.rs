//! Explanations in plain sentences, English and Chinese (DIV-9): what made the dispatcher decide, which step decided, who was
//! chosen and how they stood, who else could have been, who could not and why; and the same for one agent who asks.
//! Says only what the stored explanation holds.

mod chinese;
mod english;

use crate::domain::diversion::Strategy;
use crate::domain::explain::{Exclusion, Explanation, Seen, Step};
use crate::domain::id::AgentNo;

/// The same in both languages.
#[derive(Debug)]
pub struct Sentences {
    pub english: String,
    pub chinese: String,
}

/// The whole decision.
pub fn decision(why: &Explanation) -> Sentences {
    Sentences { english: english::decision(why), chinese: chinese::decision(why) }
}

/// "Why me?", or "Why not me?"
pub fn one_agent(why: &Explanation, agent: AgentNo) -> Sentences {
    let place = place(why, agent);
    Sentences { english: english::one_agent(why, agent, &place), chinese: chinese::one_agent(why, agent, &place) }
}

/// How one agent stood in a decision.
#[derive(Debug, PartialEq)]
enum Place<'a> {
    Chosen(Option<&'a Seen>),
    Excluded(Exclusion),
    /// A candidate; `first` was asked before.
    Behind {
        own: &'a Seen,
        first: Option<&'a Seen>,
        because: Because,
    },
    /// Nobody received it, and this agent was not asked.
    NotAsked,
    /// `unlisted` agents were too many to be listed.
    NotListed,
    Unknown,
}

/// Why one candidate came before another.
#[derive(Debug, PartialEq)]
enum Because {
    /// The step names the other.
    Named,
    Busy,
    /// Higher load for its weight.
    Load,
    /// It was the other's turn.
    Turn,
}

fn place(why: &Explanation, agent: AgentNo) -> Place<'_> {
    let of = |agent| why.seen.iter().find(|s| s.agent == agent);
    let chosen = why.chosen();
    if chosen == Some(agent) {
        return Place::Chosen(of(agent));
    }
    let Some(own) = of(agent) else {
        return if why.unlisted > 0 { Place::NotListed } else { Place::Unknown };
    };
    if let Some(exclusion) = own.excluded {
        return Place::Excluded(exclusion);
    }
    let Some(chosen) = chosen else { return Place::NotAsked };
    let first = of(chosen);
    let heavier = |first: &Seen| u64::from(own.load) * u64::from(first.weight) > u64::from(first.load) * u64::from(own.weight);
    let because = match first {
        _ if !weighed(&why.step) => Because::Named,
        Some(first) if own.busy && !first.busy => Because::Busy,
        Some(first) if own.busy == first.busy && why.strategy == Strategy::WeightedLeastLoad && heavier(first) => Because::Load,
        _ => Because::Turn,
    };
    Place::Behind { own, first, because }
}

const EXCLUSIONS: [Exclusion; 12] = [
    Exclusion::Missed,
    Exclusion::PassesOn,
    Exclusion::Offline,
    Exclusion::Suspended,
    Exclusion::Full,
    Exclusion::FullInGroup,
    Exclusion::GroupFull,
    Exclusion::WeightZero,
    Exclusion::OutOfScope,
    Exclusion::NotServing,
    Exclusion::Held,
    Exclusion::Disabled,
];

/// How an age is told: in the unit a person would choose.
enum Age {
    Seconds(u64),
    Minutes(u64),
    Hours(u64),
    Days(u64),
}

fn age(ms: u64) -> Age {
    match ms / 60_000 {
        0 => Age::Seconds(ms / 1_000),
        minutes @ 1..=119 => Age::Minutes(minutes),
        minutes if minutes < 72 * 60 => Age::Hours(minutes / 60),
        minutes => Age::Days(minutes / 1_440),
    }
}

/// Did weights and loads choose among several?
fn weighed(step: &Step) -> bool {
    match step {
        Step::Scope { .. } | Step::Rule { .. } | Step::FallbackGroup { .. } | Step::AnyAgent | Step::PassedToGroup { .. } | Step::Given => {
            true
        }
        Step::RecentContact { substitute, .. } => *substitute,
        Step::Offline { .. } | Step::Dedicated { .. } | Step::PassedToAgent => false,
    }
}

fn joined(numbers: impl Iterator<Item = u32>, separator: &str) -> String {
    numbers.map(|n| n.to_string()).collect::<Vec<_>>().join(separator)
}

fn seen(why: &Explanation, agent: AgentNo) -> Option<&Seen> {
    why.seen.iter().find(|s| s.agent == agent)
}

/// Candidates who were not chosen.
fn behind(why: &Explanation) -> impl Iterator<Item = &Seen> {
    why.seen.iter().filter(|s| s.excluded.is_none() && Some(s.agent) != why.chosen())
}

fn excluded(why: &Explanation, exclusion: Exclusion) -> impl Iterator<Item = u32> {
    why.seen.iter().filter(move |s| s.excluded == Some(exclusion) && Some(s.agent) != why.chosen()).map(|s| s.agent.0)
}

/// The exclusions that occur, each with its agents.
fn exclusions(why: &Explanation, word: impl Fn(Exclusion) -> &'static str, colon: &str, comma: &str) -> Vec<String> {
    let told = |e: Exclusion| format!("{}{colon}{}", word(e), joined(excluded(why, e), comma));
    EXCLUSIONS.into_iter().filter(|e| excluded(why, *e).next().is_some()).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::explain::{Cause, Closed, Outcome};
    use crate::domain::id::{GroupNo, Millis};
    use crate::domain::offline::Way;

    fn at(agent: u32, excluded: Option<Exclusion>) -> Seen {
        Seen { agent: AgentNo(agent), load: 2, capacity: 5, weight: 3, busy: false, excluded }
    }

    fn explanation(cause: Cause, step: Step, outcome: Outcome, seen: Vec<Seen>) -> Explanation {
        let strategy = Strategy::WeightedLeastLoad;
        Explanation { at: Millis(0), cause, step, from: None, outcome, group: None, strategy, seen, unlisted: 0, queue_len: 4 }
    }

    fn owned(agent: u32) -> Outcome {
        Outcome::Owned(AgentNo(agent))
    }

    // SPEC: DIV-9
    #[test]
    fn a_decision_says_why_a_suspended_agent_and_why_not_me() {
        let recent = Step::RecentContact { agent: AgentNo(3), age_ms: 7_200_000, substitute: false };
        let seen = vec![at(3, Some(Exclusion::Suspended)), at(4, Some(Exclusion::Offline)), at(5, None)];
        let why = explanation(Cause::Opened, recent, owned(3), seen);
        let Sentences { english, chinese } = decision(&why);
        assert!(english.contains("Agent 3 spoke with this buyer 2 h ago"), "{english}");
        assert!(english.contains("although suspended") && english.contains("offline: 4") && english.contains("agent 5"), "{english}");
        assert!(chinese.contains("2 小时前") && chinese.contains("尽管挂起") && chinese.contains("离线:4"), "{chinese}");
        let me = one_agent(&why, AgentNo(3));
        assert!(me.english.starts_with("Agent 3 received it, although suspended") && me.english.contains("2 h ago"), "{me:?}");
        let other = one_agent(&why, AgentNo(5));
        assert!(other.english.contains("agent 3 came first") && other.english.contains("2 h ago"), "{other:?}");
        let away = one_agent(&why, AgentNo(4));
        assert_eq!((away.english.as_str(), away.chinese.as_str()), ("Agent 4 did not receive it: offline.", "客服 4 未接待:离线。"));
    }

    // SPEC: DIV-9
    #[test]
    fn nobody_chosen_means_it_waits() {
        let rule = Step::Rule { index: 0, name: "tea".into(), version: 2 };
        let why = explanation(Cause::Opened, rule, Outcome::Queued, vec![at(1, Some(Exclusion::Full)), at(2, Some(Exclusion::GroupFull))]);
        let Sentences { english, chinese } = decision(&why);
        assert!(english.starts_with("Rule 1 “tea” of version 2 applied. Nobody could take it"), "{english}");
        assert!(english.ends_with("at its limit: 1; its group at the group's limit: 2."), "{english}");
        assert!(chinese.contains("已达接待上限:1"), "{chinese}");
        let closed = Step::Offline { why: Closed::NobodyOnline, way: Way::Pool };
        let why = explanation(Cause::Opened, closed, Outcome::Pooled, vec![at(1, Some(Exclusion::Offline))]);
        let Sentences { english, chinese } = decision(&why);
        assert!(english.contains("Nobody of the shop was online") && english.contains("It waits in the offline pool."), "{english}");
        assert!(chinese.contains("离线消息池"), "{chinese}");
    }

    // SPEC: DIV-9
    #[test]
    fn why_not_me_names_what_put_another_first() {
        let candidates = |own: Seen| {
            let seen = vec![at(1, None), own];
            explanation(Cause::Opened, Step::AnyAgent, owned(1), seen)
        };
        let told = |own: Seen| one_agent(&candidates(own), AgentNo(7));
        let busy = told(Seen { busy: true, ..at(7, None) });
        assert!(busy.english.contains("busy") && busy.chinese.contains("繁忙"), "{busy:?}");
        let load = told(Seen { load: 3, ..at(7, None) });
        assert!(load.english.contains("load 3 for weight 3") && load.english.contains("agent 1"), "{load:?}");
        assert!(load.chinese.contains("负载"), "{load:?}");
        let turn = told(at(7, None));
        assert!(turn.english.contains("received more recently") && turn.chinese.contains("最近"), "{turn:?}");
        let mut many = candidates(at(8, None));
        assert!(one_agent(&many, AgentNo(7)).english.contains("no agent 7"));
        many.unlisted = 9;
        let unlisted = one_agent(&many, AgentNo(7));
        assert!(unlisted.english.contains("9 more") && unlisted.chinese.contains('9'), "{unlisted:?}");
    }

    // SPEC: DIV-9
    #[test]
    fn every_cause_and_step_is_told_in_both_languages() {
        let person = Cause::Person { by: AgentNo(2), reason: "售后".into(), note: "vip".into(), over_capacity: true };
        let causes = [
            Cause::Opened,
            Cause::Waited,
            Cause::WaitedTooLong,
            Cause::AgentOffline,
            Cause::AgentBarred { why: Exclusion::Held },
            Cause::NoAnswer { after_ms: 180_000, moves: 2 },
            Cause::WroteAgain,
            Cause::FactsChanged,
            Cause::Slot { slot: Millis(1) },
            person,
        ];
        let steps = [
            Step::Offline { why: Closed::QueueFull, way: Way::Deputy(AgentNo(1)) },
            Step::Offline { why: Closed::WaitedTooLong, way: Way::MainAccount },
            Step::RecentContact { agent: AgentNo(9), age_ms: 5, substitute: true },
            Step::Dedicated { agent: AgentNo(1) },
            Step::Scope { by: 0b1001, groups: vec![GroupNo(1), GroupNo(4)], version: 3 },
            Step::FallbackGroup { group: GroupNo(6) },
            Step::AnyAgent,
            Step::PassedToGroup { group: GroupNo(6) },
            Step::PassedToAgent,
            Step::Given,
        ];
        let mut told = std::collections::BTreeSet::new();
        for cause in &causes {
            for step in &steps {
                let seen = EXCLUSIONS.iter().zip(2..).map(|(e, n)| at(n, Some(*e))).chain([at(1, None)]).collect();
                let why = Explanation { from: Some(AgentNo(3)), ..explanation(cause.clone(), step.clone(), owned(1), seen) };
                let Sentences { english, chinese } = decision(&why);
                assert!(english.contains("Agent 1 receives it (load 2 of 5, weight 3)"), "{english}");
                assert!(english.contains("Agent 3 had it before") && !english.contains("  ") && !english.contains(".."), "{english}");
                assert!(chinese.contains("由客服 1 接待(负载 2/5,权重 3)"), "{chinese}");
                told.extend([english, chinese]);
                for exclusion in (2..12).map(AgentNo) {
                    let one = one_agent(&why, exclusion);
                    assert!(one.english.starts_with("Agent ") && one.chinese.starts_with("客服 "), "{one:?}");
                }
            }
        }
        assert_eq!(told.len(), 2 * causes.len() * steps.len(), "no two are told alike");
    }
}
