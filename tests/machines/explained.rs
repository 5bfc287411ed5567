//! DIV-9: what a decision says of itself.

use crate::HOUR;
use crate::floor::{Floor, arrival, buyer, disabled, quiet, rule, settings, through, to, to_groups, with_rules};
use fenliu::domain::dispatcher::Command;
use fenliu::domain::diversion::Settings;
use fenliu::domain::event::Presence::{Offline, Suspended};
use fenliu::domain::event::{AgentSettings, Arrival};
use fenliu::domain::explain::{Cause, Closed, Exclusion, Explanation, Outcome, Step};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::offline::Way;
use fenliu::limits::EXPLAINED_AGENTS_MAX;

fn why(floor: &mut Floor, command: Command) -> Explanation {
    floor.decisions(command).remove(0).1
}

fn seen(why: &Explanation) -> Vec<(u32, Option<Exclusion>)> {
    why.seen.iter().map(|seen| (seen.agent.0, seen.excluded)).collect()
}

/// Each agent for another reason; group 1 but for agents 7 and 9.
fn floor(shop: Settings) -> Floor {
    let mut floor = Floor::new(shop, &[None, None]);
    for agent in 1..=9 {
        let group = if agent == 7 || agent == 9 { vec![(2, None)] } else { vec![(1, Some(5).filter(|_| agent != 8).or(Some(0)))] };
        floor.at_work(agent, settings(u32::from(agent != 5), 5, &group));
    }
    floor.staff(2, settings(1, 0, &[(1, None)]));
    floor.present(3, Suspended);
    floor.present(4, Offline);
    floor.staff(6, AgentSettings { groups: vec![(GroupNo(1), None)], ..disabled() });
    floor
}

#[test]
fn every_agent_has_its_reason() {
    // SPEC: DIV-9
    use Exclusion::{Disabled, Full, FullInGroup, GroupFull, Missed, Offline, OutOfScope, Suspended, WeightZero};
    let in_group = [
        (1, None),
        (2, Some(Full)),
        (3, Some(Suspended)),
        (4, Some(Offline)),
        (5, Some(WeightZero)),
        (6, Some(Disabled)),
        (8, Some(FullInGroup)),
        (7, Some(OutOfScope)),
        (9, Some(OutOfScope)),
    ];
    let mut by_rule = floor(with_rules(vec![rule("g", to_groups(&[1]))]));
    let route = |known: Arrival| Command::Route { arrival: known, text: None };
    let why_1 = why(&mut by_rule, route(Arrival { facts: through("g"), ..arrival(1, 0) }));
    assert_eq!(seen(&why_1), in_group);
    assert_eq!(why_1.step, Step::Rule { index: 0, name: "g".into(), version: 1 });
    assert_eq!((why_1.outcome, why_1.group, why_1.from), (Outcome::Owned(AgentNo(1)), Some(GroupNo(1)), None));
    assert_eq!((why_1.cause.clone(), why_1.unlisted, why_1.queue_len), (Cause::Opened, 0, 0));
    // Who had it and did not answer; a group at its limit.
    let known = Arrival { facts: through("g"), missed: vec![AgentNo(1)], ..arrival(2, 0) };
    let why_2 = why(&mut by_rule, route(known));
    assert_eq!((why_2.outcome, seen(&why_2)[0]), (Outcome::Queued, (1, Some(Missed))));
    by_rule.group(1, Some(1));
    let why_3 = why(&mut by_rule, route(Arrival { facts: through("g"), ..arrival(3, 0) }));
    assert_eq!((why_3.outcome, seen(&why_3)[0], why_3.queue_len), (Outcome::Queued, (1, Some(GroupFull)), 1));
    // Where everybody may serve, nobody is out of scope.
    let mut any = floor(quiet());
    let why_4 = why(&mut any, route(arrival(4, 0)));
    let everybody = [(1, None), (2, Some(Full)), (3, Some(Suspended)), (4, Some(Offline)), (5, Some(WeightZero)), (6, Some(Disabled))];
    assert_eq!(seen(&why_4)[..6], everybody);
    assert_eq!(seen(&why_4)[6..], [(7, None), (8, None), (9, None)]);
}

#[test]
fn loads_limits_and_weights_are_those_before_the_decision() {
    // SPEC: DIV-9
    let mut floor = Floor::new(Settings { busy_above: 0, ..quiet() }, &[]);
    floor.at_work(1, settings(3, 7, &[]));
    floor.at_work(2, settings(1, 5, &[]));
    for (number, expected) in [(1, (1, 0, 7, 3, false)), (2, (2, 0, 5, 1, false)), (3, (1, 1, 7, 3, true))] {
        floor.now += 1;
        let arrival = arrival(number, floor.now);
        let why = why(&mut floor, Command::Route { arrival, text: None });
        let chosen = why.seen[0];
        assert_eq!((chosen.agent.0, chosen.load, chosen.capacity, chosen.weight, chosen.busy), expected);
        assert_eq!((why.at, why.chosen()), (Millis(floor.now), Some(chosen.agent)));
    }
}

#[test]
fn the_chosen_is_listed_first_also_where_a_rule_would_not_have_asked() {
    // SPEC: DIV-9
    let mut floor = floor(quiet());
    let known = Arrival { recent: Some((AgentNo(3), Millis(floor.now - HOUR))), ..arrival(1, floor.now) };
    let why_suspended = why(&mut floor, Command::Route { arrival: known, text: None });
    assert_eq!(why_suspended.step, Step::RecentContact { agent: AgentNo(3), age_ms: HOUR, substitute: false });
    assert_eq!(seen(&why_suspended)[0], (3, Some(Exclusion::Suspended)), "why did a suspended agent get this?");
    let wish = Command::Transfer { conversation: buyer(1), reception: 1, by: AgentNo(9), to: to(2), reason: "r".into(), note: "n".into() };
    let passed = why(&mut floor, wish);
    let cause = Cause::Person { by: AgentNo(9), reason: "r".into(), note: "n".into(), over_capacity: true };
    assert_eq!((passed.cause.clone(), passed.step.clone(), passed.from), (cause, Step::PassedToAgent, Some(AgentNo(3))));
    assert_eq!(seen(&passed)[0], (2, Some(Exclusion::Full)));
    let giver = seen(&passed).into_iter().find(|(agent, _)| *agent == 3);
    assert_eq!(giver, Some((3, Some(Exclusion::PassesOn))));
}

#[test]
fn what_made_it_decide() {
    // SPEC: DIV-9
    let mut floor = Floor::new(quiet(), &[]);
    floor.at_work(1, settings(1, 1, &[]));
    floor.arrive(1);
    floor.arrive(2);
    let waited = why(&mut floor, Command::Closed { conversation: buyer(1), reception: 1 });
    assert_eq!((waited.cause, waited.queue_len), (Cause::Waited, 1));
    floor.arrive(3);
    let changed = why(&mut floor, Command::Route { arrival: Arrival { facts: through("x"), ..arrival(3, 0) }, text: None });
    assert_eq!((changed.cause, changed.outcome), (Cause::FactsChanged, Outcome::Queued));
    floor.at_work(4, settings(1, 1, &[]));
    floor.present(1, Offline);
    floor.close(3);
    floor.now += crate::floor::GRACE;
    let gone = why(&mut floor, Command::Wake);
    assert_eq!((gone.cause, gone.from, gone.outcome), (Cause::AgentOffline, Some(AgentNo(1)), Outcome::Owned(AgentNo(4))));
    floor.present(4, Suspended);
    let five = arrival(5, floor.now);
    let closed = why(&mut floor, Command::Route { arrival: five.clone(), text: None });
    assert_eq!(closed.step, Step::Offline { why: Closed::NobodyOnline, way: Way::Pool });
    assert_eq!(seen(&closed), [(1, Some(Exclusion::Offline)), (4, Some(Exclusion::Suspended))]);
    floor.at_work(6, settings(1, 9, &[]));
    let again = why(&mut floor, Command::Route { arrival: five, text: Some("?".into()) });
    assert_eq!((again.cause, again.outcome), (Cause::WroteAgain, Outcome::Owned(AgentNo(6))));
}

#[test]
fn a_large_shop_lists_the_nearest_and_counts_the_others() {
    // SPEC: DIV-9
    let max = EXPLAINED_AGENTS_MAX as u32;
    // (agents, of whom the last so many are in the group; listed, of those in scope)
    for (agents, members, listed, in_scope) in [(10, 3, 10, 3), (max, 3, max, 3), (200, 3, max, 3), (200, 150, max, max)] {
        let mut floor = Floor::new(with_rules(vec![rule("g", to_groups(&[1]))]), &[None]);
        for agent in 1..=agents {
            let group = if agent > agents - members { vec![(1, None)] } else { vec![] };
            floor.at_work(agent, settings(1, 5, &group));
        }
        for agent in agents - members + 1..agents {
            floor.present(agent, Suspended);
        }
        let why = why(&mut floor, Command::Route { arrival: Arrival { facts: through("g"), ..arrival(1, 0) }, text: None });
        assert_eq!(why.seen[0].agent, AgentNo(agents), "the chosen first");
        assert_eq!((why.seen.len() as u32, why.unlisted), (listed, agents - listed), "{agents} {members}");
        let near = why.seen.iter().filter(|seen| seen.excluded != Some(Exclusion::OutOfScope)).count() as u32;
        assert_eq!(near, in_scope, "{agents} {members}");
        let mut numbers: Vec<u32> = why.seen.iter().map(|seen| seen.agent.0).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len() as u32, listed, "each once");
    }
}
