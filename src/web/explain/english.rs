//! Explanations in English.

use super::{Age, Because, Place, age, behind, exclusions, joined, seen, weighed};
use crate::domain::diversion::Strategy;
use crate::domain::explain::{Cause, Closed, Exclusion, Explanation, Outcome, Seen, Step};
use crate::domain::id::AgentNo;
use crate::domain::offline::Way;

pub fn decision(why: &Explanation) -> String {
    let mut sentences = vec![cause(why), step(&why.step), before(why), outcome(why)];
    let others: Vec<String> = behind(why).map(|s| format!("agent {} ({})", s.agent.0, standing(s))).collect();
    if !others.is_empty() {
        sentences.push(format!("Also possible: {}.", others.join(", ")));
    }
    let reasons = exclusions(why, exclusion, ": ", ", ");
    if !reasons.is_empty() {
        sentences.push(format!("Agents who could not receive it — {}.", reasons.join("; ")));
    }
    if why.unlisted > 0 {
        sentences.push(format!("{} more agents are not listed.", why.unlisted));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

pub fn one_agent(why: &Explanation, agent: AgentNo, place: &Place) -> String {
    let agent = agent.0;
    match place {
        Place::Chosen(standing) => {
            let although = standing.and_then(|s| s.excluded).map(|e| format!(", although {}", exclusion(e))).unwrap_or_default();
            format!("Agent {agent} received it{although}. {}", step(&why.step)).trim_end().to_owned()
        }
        Place::Excluded(reason) => format!("Agent {agent} did not receive it: {}.", exclusion(*reason)),
        Place::Behind { own, first, because } => {
            let other = why.chosen().map_or(0, |a| a.0);
            let because = match (because, first) {
                (Because::Named, _) => step(&why.step).trim_end_matches('.').to_owned(),
                (Because::Busy, _) => format!("agent {agent} was busy, agent {other} was not"),
                (Because::Load, Some(first)) => format!(
                    "agent {agent} had load {} for weight {}, agent {other} load {} for weight {}",
                    own.load, own.weight, first.load, first.weight
                ),
                (Because::Load | Because::Turn, _) => format!("agent {agent} had received more recently, so it was the other's turn"),
            };
            let because = if because.is_empty() { "a person named that agent".to_owned() } else { because };
            format!("Agent {agent} could have received it, but agent {other} came first: {because}.")
        }
        Place::NotAsked => format!("Agent {agent} was not asked. {}", step(&why.step)).trim_end().to_owned(),
        Place::NotListed => {
            let (listed, more) = (why.seen.len(), why.unlisted);
            format!("Agent {agent} is not among the {listed} agents that were listed; of the {more} more the record does not say why.")
        }
        Place::Unknown => format!("There was no agent {agent} when this was decided."),
    }
}

fn ago(ms: u64) -> String {
    match age(ms) {
        Age::Seconds(n) => format!("{n} s"),
        Age::Minutes(n) => format!("{n} min"),
        Age::Hours(n) => format!("{n} h"),
        Age::Days(n) => format!("{n} days"),
    }
}

fn cause(why: &Explanation) -> String {
    match &why.cause {
        Cause::Opened => String::new(),
        Cause::Waited => "It had waited in the queue until somebody became free.".into(),
        Cause::WaitedTooLong => "It had waited in the queue for as long as the shop allows.".into(),
        Cause::AgentOffline => "Its agent had been offline for longer than the grace.".into(),
        Cause::AgentBarred { why } => format!("Its agent no longer serves buyers: {}.", exclusion(*why)),
        Cause::NoAnswer { after_ms, moves } => {
            format!("Its agent had not answered within {}; this was move {moves} of the reception.", ago(*after_ms))
        }
        Cause::WroteAgain => "The buyer wrote again while it was in the offline pool.".into(),
        Cause::FactsChanged => "What is known of the buyer changed while it waited.".into(),
        Cause::Slot { .. } => "The automatic assignment of offline messages took it from the pool.".into(),
        Cause::Person { by, reason, note, over_capacity } => {
            let mut text = format!("Agent {} {}", by.0, if why.from.is_some() { "passed it on" } else { "assigned it by hand" });
            if !reason.is_empty() {
                text.push_str(&format!(", reason: “{reason}”"));
            }
            if !note.is_empty() {
                text.push_str(&format!(", note: “{note}”"));
            }
            text.push('.');
            if *over_capacity {
                text.push_str(" It went over the limit: a person may, and was told.");
            }
            text
        }
    }
}

fn step(step: &Step) -> String {
    match step {
        Step::Offline { why, way } => {
            let why = match why {
                Closed::NobodyOnline => "Nobody of the shop was online and taking buyers",
                Closed::QueueFull => "The queue was full",
                Closed::WaitedTooLong => "The wait was over",
            };
            let way = match way {
                Way::Pool => "the offline pool".into(),
                Way::Deputy(agent) => format!("the deputy, agent {}", agent.0),
                Way::MainAccount => "the main account".into(),
            };
            format!("{why}, so offline handling applied: {way}.")
        }
        Step::RecentContact { agent, age_ms, substitute } => {
            let contact = format!("Agent {} spoke with this buyer {} ago", agent.0, ago(*age_ms));
            if *substitute {
                format!("{contact} but could not receive it now, so a colleague was sought.")
            } else {
                format!("{contact}, and a buyer goes back to whom they spoke with last.")
            }
        }
        Step::Dedicated { agent } => format!("Agent {} is this buyer's dedicated agent.", agent.0),
        Step::Scope { by, groups, version } => {
            let dimensions = ["the buyer", "the product", "the intent", "the order"];
            let by: Vec<&str> = dimensions.into_iter().enumerate().filter(|(bit, _)| by >> bit & 1 == 1).map(|(_, d)| d).collect();
            let by = if by.is_empty() { "nothing more".to_owned() } else { by.join(", ") };
            let groups = joined(groups.iter().map(|g| g.0), ", ");
            format!("Version {version} of the rules: the reception scopes that fit, by {by}, are those of group {groups}.")
        }
        Step::Rule { index, name, version } => format!("Rule {} “{name}” of version {version} applied.", index + 1),
        Step::FallbackGroup { group } => format!("No rule applied, so the fallback group {} was asked.", group.0),
        Step::AnyAgent => "No rule and no fallback group applied, so every agent of the shop was asked.".into(),
        Step::PassedToGroup { group } => format!("A person passed it to group {}.", group.0),
        Step::PassedToAgent => String::new(),
        Step::Given => "The groups or agents set for the automatic assignment were asked.".into(),
    }
}

fn before(why: &Explanation) -> String {
    let passed_on = |from: &AgentNo| matches!(&why.cause, Cause::Person { by, .. } if by == from);
    let from = why.from.filter(|from| !passed_on(from));
    from.map(|from| format!("Agent {} had it before.", from.0)).unwrap_or_default()
}

fn outcome(why: &Explanation) -> String {
    let chosen = match why.outcome {
        Outcome::Owned(agent) => agent,
        Outcome::Queued => return format!("Nobody could take it, so it waits in the queue (waiting before: {}).", why.queue_len),
        Outcome::Pooled => return "It waits in the offline pool.".into(),
    };
    let mut text = format!("Agent {} receives it", chosen.0);
    if let Some(seen) = seen(why, chosen) {
        text.push_str(&format!(" ({})", standing(seen)));
        if let Some(reason) = seen.excluded {
            text.push_str(&format!(", although {}", exclusion(reason)));
        }
    }
    if weighed(&why.step) {
        let picked = match why.strategy {
            Strategy::WeightedLeastLoad => "the lowest load for its weight, then who received least recently",
            Strategy::WeightedRoundRobin => "whose turn it is for its weight",
            Strategy::LeastRecentlyAssigned => "who received least recently",
        };
        text.push_str(&format!(": not busy comes before busy, then {picked}"));
    }
    text.push('.');
    text
}

fn standing(s: &Seen) -> String {
    format!("load {} of {}, weight {}{}", s.load, s.capacity, s.weight, if s.busy { ", busy" } else { "" })
}

fn exclusion(exclusion: Exclusion) -> &'static str {
    match exclusion {
        Exclusion::Offline => "offline",
        Exclusion::Suspended => "suspended",
        Exclusion::Full => "at its limit",
        Exclusion::FullInGroup => "at its limit in the group",
        Exclusion::GroupFull => "its group at the group's limit",
        Exclusion::WeightZero => "weight 0",
        Exclusion::OutOfScope => "not in the groups or agents that were asked",
        Exclusion::Disabled => "account disabled",
        Exclusion::NotServing => "its role does not serve buyers",
        Exclusion::Held => "must not send after a violation",
        Exclusion::Missed => "did not answer this reception in time before",
        Exclusion::PassesOn => "passing it on",
    }
}
