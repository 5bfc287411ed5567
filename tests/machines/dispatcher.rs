//! The dispatcher: limits, who waits, and what each event sets moving.

use crate::HOUR;
use crate::floor::{Floor, GRACE, MINUTE, arrival, buyer, quiet, rule, settings, to, to_agents, to_groups, with_rules};
use fenliu::domain::dispatcher::Command;
use fenliu::domain::diversion::{Queue, Settings};
use fenliu::domain::event::Presence::{Offline, Online, Suspended};
use fenliu::domain::facts::Priority;
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::{Effect, conversation};

/// One agent at work, capacity as given.
fn alone(capacity: u32) -> Floor {
    let mut floor = Floor::new(quiet(), &[]);
    floor.at_work(1, settings(1, capacity, &[]));
    floor
}

fn queue(length_max: u32, wait_ms_max: Option<u64>) -> Settings {
    Settings { queue: Queue { length_max, wait_ms_max }, ..quiet() }
}

#[test]
fn capacity_holds_per_agent_per_agent_in_a_group_and_per_group() {
    // SPEC: DIV-4
    let fill = |floor: &mut Floor| (1..=9).map(|number| floor.arrive_by(number, "g")).filter(|told| !told.contains("queue")).count();
    // (limit of the group, agents: capacity and limit in the group, how many of nine find room)
    type Row<'a> = (Option<u32>, &'a [(u32, Option<u32>)], usize);
    let rows: [Row; 9] = [
        (None, &[(3, None)], 3),
        (None, &[(8, Some(2))], 2),
        (None, &[(2, Some(8))], 2),
        (Some(4), &[(8, None), (8, None)], 4),
        (Some(0), &[(8, None)], 0),
        (None, &[(0, None)], 0),
        (None, &[(8, Some(0))], 0),
        (Some(5), &[(1, None), (8, Some(2))], 3),
        (Some(9), &[(3, Some(3)), (4, Some(2)), (1, None)], 6),
    ];
    for (limit, agents, room) in rows {
        let mut floor = Floor::new(with_rules(vec![rule("g", to_groups(&[1]))]), &[limit]);
        for (agent, (capacity, in_group)) in (1..).zip(agents) {
            floor.at_work(agent, settings(1, *capacity, &[(1, *in_group)]));
        }
        assert_eq!(fill(&mut floor), room, "{limit:?} {agents:?}");
    }
    let mut floor = Floor::new(with_rules(vec![rule("g", to_groups(&[1]))]), &[None]);
    floor.at_work(1, settings(1, 8, &[(1, Some(2))]));
    fill(&mut floor);
    assert_eq!(floor.arrive(20), "20 → 1 by any agent", "room outside the group");
}

#[test]
fn whatever_frees_a_place_serves_the_first_who_waits() {
    // SPEC: DIV-5
    let full = || {
        let mut floor = alone(1);
        (1..=3).for_each(|number| drop(floor.arrive(number)));
        floor
    };
    let mut floor = full();
    assert_eq!(floor.close(1), "2 → 1 by any agent");
    assert_eq!(floor.close(3), "", "who waits may leave");
    assert_eq!(floor.close(2), "");
    assert_eq!(full().staff(1, settings(1, 3, &[])), "2 → 1 by any agent; 3 → 1 by any agent", "a raised limit");
    assert_eq!(full().at_work(2, settings(1, 1, &[])), "2 → 2 by any agent", "an agent comes online");
    let mut floor = full();
    floor.staff(2, settings(1, 9, &[]));
    assert_eq!(floor.present(2, Suspended), "");
    assert_eq!(floor.present(2, Online), "2 → 2 by any agent; 3 → 2 by any agent", "an agent resumes");
    let mut floor = full();
    floor.at_work(2, settings(0, 9, &[]));
    assert_eq!(floor.staff(2, settings(1, 9, &[])), "2 → 2 by any agent; 3 → 2 by any agent", "rules ask it from now on");
    let mut floor = full();
    floor.at_work(2, crate::floor::disabled());
    assert_eq!(floor.staff(2, settings(1, 1, &[])), "2 → 2 by any agent", "it is enabled");
    let mut floor = full();
    floor.staff(2, settings(1, 9, &[]));
    floor.present(2, Suspended);
    assert_eq!(floor.transfer(1, 1, to(2)), "1 → 2 by hand of 1; 2 → 1 by any agent", "one is passed on");
    let mut floor = full();
    assert_eq!(floor.answer(1), "", "an answer frees nothing");
    assert_eq!(floor.write(1), "");
}

#[test]
fn a_limit_of_a_group_a_membership_and_new_rules_free_places() {
    // SPEC: DIV-4, DIV-5
    let mut floor = Floor::new(with_rules(vec![rule("", to_groups(&[1]))]), &[Some(0), None]);
    floor.at_work(1, settings(1, 5, &[(1, Some(1))]));
    floor.at_work(2, settings(1, 5, &[]));
    (1..=5).for_each(|number| drop(floor.arrive(number)));
    assert_eq!(floor.group(1, None), "1 → 1 in group 1 by rule 0");
    assert_eq!(floor.staff(1, settings(1, 5, &[(1, Some(2))])), "2 → 1 in group 1 by rule 0");
    assert_eq!(floor.staff(2, settings(1, 1, &[(1, None)])), "3 → 2 in group 1 by rule 0");
    assert_eq!(floor.set(quiet()), "4 → 1 by any agent; 5 → 1 by any agent");
}

#[test]
fn the_urgent_are_served_first_then_who_came_first() {
    // SPEC: DIV-5
    use Priority::{High, Low, Normal, Urgent};
    let mut floor = alone(0);
    for (number, priority, arrived) in [(1, Low, 5), (2, Normal, 30), (3, Normal, 10), (4, Urgent, 40), (5, High, 50), (6, Normal, 10)] {
        floor.arrive_as(number, |a| (a.priority, a.arrived) = (priority, Millis(arrived)));
    }
    assert_eq!(floor.queue(), [4, 5, 3, 6, 2, 1]);
    let told = floor.staff(1, settings(1, 4, &[]));
    assert_eq!(told, "4 → 1 by any agent; 5 → 1 by any agent; 3 → 1 by any agent; 6 → 1 by any agent");
}

#[test]
fn the_buyer_is_told_how_many_are_before() {
    // SPEC: DIV-5
    let mut floor = alone(0);
    let mut ahead = |number, priority| {
        let arrival = fenliu::domain::event::Arrival { priority, ..arrival(number, floor.now + number) };
        let told = floor.told(Command::Route { arrival, text: None }).expect("routed");
        match told.effects.as_slice() {
            [Effect::Conversation(_, _, conversation::Command::Queue { ahead, .. })] => *ahead,
            other => panic!("{other:?}"),
        }
    };
    let told = [ahead(1, Priority::Normal), ahead(2, Priority::Normal), ahead(3, Priority::Urgent), ahead(4, Priority::Normal)];
    assert_eq!(told, [0, 1, 0, 3]);
    assert_eq!(ahead(2, Priority::Normal), 2, "asked again: two are before it now, itself not counted");
}

#[test]
fn a_newer_reception_is_never_served_before_an_older_one() {
    // SPEC: DIV-5
    // Three kinds of buyers for three groups, of which each agent serves two.
    let rules = ["a", "b", "c"].iter().zip(1..).map(|(entry, group)| rule(entry, to_groups(&[group]))).collect();
    let mut floor = Floor::new(with_rules(rules), &[None; 3]);
    for (agent, groups) in [(1, [1, 2]), (2, [2, 3]), (3, [3, 1])] {
        floor.at_work(agent, settings(1, 2, &groups.map(|g| (g, None))));
    }
    let kind = |number: u64| ["a", "b", "c"][(number * 7 / 3 % 3) as usize];
    (1..=60).for_each(|number| drop(floor.arrive_by(number, kind(number))));
    let mut served = std::collections::BTreeMap::new();
    let mut turn = 0;
    while let Some((conversation, _)) = floor.dispatcher.view().receptions.iter().find(|(_, (_, owner, _))| owner.is_some()) {
        let told = floor.close(crate::floor::number(*conversation));
        for line in told.split("; ").filter(|line| !line.is_empty()) {
            let number: u64 = line.split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
            turn += 1;
            let last = served.insert(kind(number), number);
            assert!(last.is_none_or(|last| last < number), "{number} after {last:?}");
        }
    }
    assert_eq!(turn, 54, "all who waited");
}

#[test]
fn a_queue_that_is_full_sends_the_next_to_offline_handling() {
    // SPEC: DIV-5
    let mut floor = Floor::new(queue(2, None), &[]);
    floor.at_work(1, settings(1, 1, &[]));
    let told = [1, 2, 3, 4].map(|number| floor.arrive(number));
    assert_eq!(told, ["1 → 1 by any agent", "2 → queue by any agent", "3 → queue by any agent", "4 → pool by a full queue"]);
    assert_eq!(floor.arrive_again(5, 1, HOUR), "5 → pool by a full queue");
    floor.close(1);
    assert_eq!(floor.queue(), [3]);
    assert_eq!(floor.again(4), "4 → queue by any agent", "the buyer wrote again, and there is room in the queue");
    assert_eq!(floor.queue(), [3, 4]);
    let mut deputy = queue(0, None);
    deputy.offline.way = fenliu::domain::offline::Way::Deputy(AgentNo(2));
    let mut floor = Floor::new(deputy, &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.staff(2, settings(0, 1, &[]));
    assert_eq!([floor.arrive(1), floor.arrive(2)], ["1 → 2 by a full queue", "2 → pool by a full queue"]);
    let mut none = Floor::new(queue(0, None), &[]);
    none.at_work(1, settings(1, 0, &[]));
    assert_eq!(none.arrive(1), "1 → pool by a full queue");
}

#[test]
fn who_waits_too_long_goes_to_offline_handling() {
    // SPEC: DIV-5
    let mut floor = Floor::new(queue(9, Some(10 * MINUTE)), &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.arrive(1);
    floor.now += MINUTE - 1;
    floor.arrive_as(2, |a| a.priority = Priority::Urgent);
    assert_eq!(floor.after(9 * MINUTE - 1), "");
    assert_eq!(floor.after(1), "1 → pool by a long wait");
    assert_eq!(floor.after(MINUTE), "2 → pool by a long wait", "the urgent too");
    assert_eq!(floor.dispatcher.pooled(), 2);
    // What is known changes, or the shop's settings: the wait goes on.
    let mut floor = Floor::new(queue(9, Some(10 * MINUTE)), &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.arrive(1);
    assert_eq!(floor.after(6 * MINUTE), "");
    floor.learn(1, |a| a.facts.level = "gold".into());
    assert_eq!(floor.set(queue(9, Some(8 * MINUTE))), "");
    assert_eq!(floor.after(2 * MINUTE - 1), "");
    assert_eq!(floor.after(1), "1 → pool by a long wait");
    // Back in the queue, a new wait begins.
    floor.again(1);
    assert_eq!(floor.queue(), [1]);
    assert_eq!(floor.after(8 * MINUTE - 1), "");
    assert_eq!(floor.after(1), "1 → pool by a long wait");
    // A shorter wait takes effect at once.
    floor.again(1);
    floor.after(5 * MINUTE);
    floor.set(queue(9, Some(MINUTE)));
    assert_eq!(floor.after(0), "1 → pool by a long wait");
}

#[test]
fn a_place_in_a_group_that_becomes_free_goes_to_the_oldest_who_waits_for_it() {
    // SPEC: DIV-4, DIV-5
    let mut floor = Floor::new(with_rules(vec![rule("", to_groups(&[1]))]), &[Some(1)]);
    floor.at_work(1, settings(1, 5, &[(1, None)]));
    floor.at_work(2, settings(1, 5, &[(1, None)]));
    floor.arrive(9);
    floor.now -= 2;
    floor.arrive(4);
    assert_eq!(floor.present(1, Offline), "");
    // The dispatcher's time does not go back with the stamp of the second.
    assert_eq!(floor.after(GRACE + 1), "4 → 2 in group 1 by rule 0; 9 → queue by rule 0");
}

#[test]
fn leaving_a_group_does_not_lose_what_counts_in_it() {
    // SPEC: DIV-4
    let mut floor = Floor::new(with_rules(vec![rule("", to_groups(&[1]))]), &[Some(2)]);
    floor.at_work(1, settings(1, 9, &[(1, Some(2))]));
    floor.at_work(2, settings(1, 9, &[(1, None)]));
    floor.arrive(1);
    floor.arrive(2);
    floor.staff(1, settings(1, 9, &[]));
    assert_eq!(floor.arrive(3), "3 → queue by rule 0");
    floor.staff(1, settings(1, 9, &[(1, Some(1))]));
    assert_eq!(floor.dispatcher.view().agents[&AgentNo(1)].group_loads[&GroupNo(1)], 1, "counted again on its return");
    floor.staff(1, settings(1, 9, &[]));
    assert_eq!(floor.close(1), "3 → 2 in group 1 by rule 0");
    assert_eq!(floor.dispatcher.view().group_loads[&GroupNo(1)], 2);
}

#[test]
fn a_group_that_comes_later_than_its_members_is_staffed() {
    // SPEC: DIV-5
    let mut floor = Floor::new(with_rules(vec![rule("", to_groups(&[2]))]), &[None]);
    floor.at_work(1, settings(1, 5, &[(2, None)]));
    assert_eq!(floor.arrive(1), "1 → 1 by any agent");
    floor.group(2, Some(1));
    assert_eq!(floor.arrive(2), "2 → 1 in group 2 by rule 0");
    assert_eq!(floor.arrive(3), "3 → queue by rule 0");
}

#[test]
fn a_morning_on_the_floor() {
    // SPEC: DIV-1, DIV-5, DIV-6, DIV-8
    let mut floor = Floor::new(with_rules(vec![rule("售后", to_groups(&[1]))]), &[Some(2)]);
    let mut told = vec![floor.arrive(1)];
    told.push(floor.at_work(1, settings(1, 2, &[])));
    told.push(floor.again(1));
    told.push(floor.arrive_by(2, "售后"));
    told.push(floor.arrive_again(3, 1, HOUR));
    told.push(floor.at_work(2, settings(1, 2, &[(1, Some(1))])));
    told.push(floor.arrive_by(4, "售后"));
    told.push(floor.transfer(4, 2, to(1)));
    told.push(floor.arrive_by(5, "售后"));
    told.push(floor.close(3));
    told.push(floor.present(1, Offline));
    told.push(floor.after(GRACE));
    insta::assert_snapshot!(told.join("\n"), @"
    1 → pool by nobody online

    1 → 1 by any agent
    2 → 1 by any agent
    3 → queue by any agent
    3 → 2 by any agent
    4 → 2 in group 1 by rule 0
    4 → 1 by hand of 2 over capacity
    5 → 2 in group 1 by rule 0


    1 → 2 by any agent; 2 → queue by rule 0; 4 → queue by rule 0
    ");
}

#[test]
fn news_of_a_reception_that_is_over_changes_nothing() {
    // SPEC: DIV-4
    let mut floor = alone(5);
    floor.arrive_as(1, |a| a.reception = 4);
    for reception in [3, 5] {
        let conversation = buyer(1);
        assert_eq!(floor.tell(Command::Closed { conversation, reception }), "");
        assert_eq!(floor.tell(Command::Round { conversation, reception, unanswered: None, by: None, asked: None }), "");
    }
    assert_eq!(floor.arrive_as(1, |a| a.reception = 3), "");
    assert_eq!(floor.arrive_as(1, |a| a.reception = 4), "", "told twice");
    assert_eq!((floor.load(1), floor.unanswered(1)), (1, 1));
}

#[test]
fn a_clock_that_goes_back_stops_nobody() {
    // SPEC: DIV-5
    let mut floor = Floor::new(with_rules(vec![rule("", to_agents(&[1]))]), &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.at_work(2, settings(1, 5, &[]));
    floor.after(HOUR);
    floor.tell(Command::Wake);
    floor.now -= HOUR / 2;
    // Its window ends before the moment at which the dispatcher was last woken: what was once due is due.
    assert_eq!(floor.arrive_again(1, 1, 24 * HOUR), "1 → 2 by recent contact 1's colleague");
    assert_eq!(floor.after(HOUR), "");
}
