//! The dispatcher: who receives a buyer, who waits, and what each event sets moving.

use crate::floor::{Floor, arrival, buyer, rule, settings, to_agents, to_groups};
use crate::{HOUR, SCOPE};
use fenliu::domain::Machine;
use fenliu::domain::conversation::Conversation;
use fenliu::domain::dispatcher::{Command, Dispatcher, TransferTo};
use fenliu::domain::diversion::{Group, Rules};
use fenliu::domain::event::{AgentSettings, Arrival, Author, Event, Presence, RetryKey};
use fenliu::domain::explain::{Exclusion, Step};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use std::collections::VecDeque;

const GRACE: u64 = 60_000;

fn plain() -> Floor {
    Floor::new(Rules::default(), &[])
}

/// One agent at work, capacity as given.
fn alone(capacity: u32) -> Floor {
    let mut floor = plain();
    floor.at_work(1, settings(1, capacity, &[]));
    floor
}

#[test]
fn the_recent_contact_matrix() {
    // SPEC: DIV-1.2
    // Agent 1 spoke with the buyer; agent 2 is in the same group, agent 3 is elsewhere and has nothing to do.
    let case = |age_ms: u64, presence: Presence, colleague_free: bool| {
        let mut floor = Floor::new(Rules::default(), &[None, None]);
        for agent in [1, 2, 3] {
            let group = if agent == 3 { 2 } else { 1 };
            floor.at_work(agent, settings(1, 5, &[(group, None)]));
        }
        if !colleague_free {
            floor.staff(2, settings(1, 0, &[(1, None)]));
        }
        floor.present(1, presence);
        floor.arrive_again(1, 1, age_ms)
    };
    use Presence::{Offline, Online, Suspended};
    let (day, later, never) = (24 * HOUR, 24 * HOUR + 1, 72 * HOUR + 1);
    for free in [true, false] {
        for age in [0, HOUR, day] {
            assert_eq!(case(age, Online, free), "1 → 1 by recent contact 1");
            assert_eq!(case(age, Suspended, free), "1 → 1 by recent contact 1");
        }
        for age in [later, 72 * HOUR] {
            assert_eq!(case(age, Online, free), "1 → 1 by recent contact 1");
        }
        assert_eq!(case(never, Online, free), "1 → 1 by any agent");
    }
    for age in [later, 72 * HOUR] {
        assert_eq!(case(age, Suspended, true), "1 → 2 in group 1 by recent contact 1's colleague");
        assert_eq!(case(age, Suspended, false), "1 → 3 by recent contact 1's colleague");
    }
    for (age, presence) in [(HOUR, Offline), (day, Offline), (later, Offline), (never, Offline), (never, Suspended)] {
        assert_eq!(case(age, presence, true), "1 → 2 by any agent");
        assert_eq!(case(age, presence, false), "1 → 3 by any agent");
    }
}

#[test]
fn a_recent_contact_obeys_its_capacity_unless_set_otherwise() {
    // SPEC: DIV-1.2
    let case = |obeys, age_ms| {
        let mut floor = Floor::new(Rules { recent_obeys_capacity: obeys, ..Rules::default() }, &[]);
        floor.at_work(1, settings(1, 1, &[]));
        floor.arrive(1);
        floor.at_work(2, settings(1, 1, &[]));
        floor.arrive_again(2, 1, age_ms)
    };
    assert_eq!(case(true, HOUR), "2 → 2 by any agent");
    assert_eq!(case(false, HOUR), "2 → 1 by recent contact 1");
    assert_eq!(case(true, 30 * HOUR), "2 → 2 by recent contact 1's colleague");
    assert_eq!(case(false, 30 * HOUR), "2 → 1 by recent contact 1");
}

#[test]
fn the_shop_gate() {
    // SPEC: DIV-1.1
    let mut floor = alone(5);
    floor.present(1, Presence::Suspended);
    assert_eq!(floor.arrive(1), "1 → queue by the shop gate");
    assert_eq!(floor.arrive_again(2, 1, HOUR), "2 → 1 by recent contact 1", "except where recent contact applies");
    assert_eq!(floor.present(1, Presence::Online), "1 → 1 by any agent");
    let mut disabled = alone(5);
    disabled.staff(1, AgentSettings { enabled: false, ..settings(1, 5, &[]) });
    assert_eq!(disabled.arrive(1), "1 → queue by the shop gate");
    assert_eq!(disabled.staff(1, settings(1, 5, &[])), "1 → 1 by any agent");
}

#[test]
fn rules_apply_top_to_bottom_and_not_to_empty_desks() {
    // SPEC: DIV-1.5, DIV-1.6
    let rules = Rules {
        rules: vec![rule("a", to_groups(&[1])), rule("b", to_agents(&[2])), rule("", to_groups(&[2, 1]))],
        fallback_group: Some(GroupNo(3)),
        ..Rules::default()
    };
    let mut floor = Floor::new(rules, &[None, None, None]);
    for (agent, group) in [(1, 1), (2, 2), (3, 3), (4, 9)] {
        floor.at_work(agent, settings(1, 50, &[(group, None)]));
    }
    assert_eq!(floor.arrive_by(1, "a"), "1 → 1 in group 1 by rule 0");
    assert_eq!(floor.arrive_by(2, "b"), "2 → 2 by rule 1");
    assert_eq!(floor.arrive_by(3, "c"), "3 → 1 in group 1 by rule 2", "equal loads over both groups: agent 1 received less recently");
    floor.present(1, Presence::Suspended);
    assert_eq!(floor.arrive_by(4, "a"), "4 → 2 in group 2 by rule 2");
    floor.present(2, Presence::Offline);
    assert_eq!(floor.arrive_by(5, "b"), "5 → 3 in group 3 by fallback group 3");
    floor.present(3, Presence::Offline);
    assert_eq!(floor.arrive_by(6, "b"), "6 → 4 by any agent");
}

#[test]
fn a_full_rule_keeps_its_buyers_waiting() {
    // SPEC: DIV-5
    let mut floor = Floor::new(Rules { rules: vec![rule("a", to_agents(&[1]))], ..Rules::default() }, &[]);
    floor.at_work(1, settings(1, 1, &[]));
    floor.at_work(2, settings(1, 9, &[]));
    assert_eq!(floor.arrive_by(1, "a"), "1 → 1 by rule 0");
    assert_eq!(floor.arrive_by(2, "a"), "2 → queue by rule 0");
    assert_eq!(floor.arrive_by(3, ""), "3 → 2 by any agent", "who is behind it but may go elsewhere does");
    // Once nobody of the rule is online the rule does not apply, at once.
    assert_eq!(floor.present(1, Presence::Suspended), "2 → 2 by any agent");
}

#[test]
fn weights_are_exact_over_4_000_buyers() {
    // SPEC: DIV-3
    let shop = |capacity| {
        let mut floor = plain();
        floor.at_work(1, settings(3, capacity, &[]));
        floor.at_work(2, settings(1, capacity, &[]));
        floor
    };
    let mut filling = shop(5_000);
    (0..4_000).for_each(|number| drop(filling.arrive(number)));
    assert_eq!((filling.load(1), filling.load(2)), (3_000, 1_000));
    // Buyers who also leave, the first first.
    let (mut floor, mut here, mut received) = (shop(50), VecDeque::new(), [0, 0]);
    for number in 0..4_000 {
        let told = floor.arrive(number);
        received[usize::from(told.contains("→ 2"))] += 1;
        here.push_back(number);
        if here.len() == 40 {
            floor.close(here.pop_front().expect("forty"));
        }
    }
    assert_eq!(received, [3_000, 1_000]);
}

#[test]
fn equal_loads_go_to_who_received_least_recently() {
    // SPEC: DIV-3
    let mut floor = plain();
    (1..=3).for_each(|agent| drop(floor.at_work(agent, settings(1, 9, &[]))));
    let mut order = Vec::new();
    for number in 0..6 {
        order.push(floor.arrive(number).split(" by").next().expect("a line").to_string());
        floor.close(number);
    }
    assert_eq!(order, ["0 → 1", "1 → 2", "2 → 3", "3 → 1", "4 → 2", "5 → 3"]);
}

#[test]
fn the_busy_come_last() {
    // SPEC: DIV-3
    let mut floor = plain();
    floor.at_work(1, settings(100, 50, &[]));
    (1..=4).for_each(|number| drop(floor.arrive(number)));
    floor.at_work(2, settings(1, 50, &[]));
    assert_eq!(floor.arrive(5), "5 → 2 by any agent", "load 0 before load 4 of weight 100");
    assert_eq!(floor.arrive(6), "6 → 1 by any agent");
    for number in 7..=10 {
        assert_eq!(floor.arrive(number), format!("{number} → 2 by any agent"), "five unanswered are busy, one is not");
    }
    assert_eq!(floor.arrive(11), "11 → 1 by any agent", "both are busy: load ÷ weight again");
    floor.unanswered(5, false);
    assert_eq!(floor.arrive(12), "12 → 2 by any agent", "four unanswered are not busy");
}

#[test]
fn a_drain_counts_what_it_gives_as_unanswered() {
    // SPEC: DIV-3
    let mut floor = alone(0);
    floor.at_work(2, settings(1, 0, &[]));
    (1..=12).for_each(|number| drop(floor.arrive(number)));
    floor.staff(1, settings(100, 20, &[]));
    assert_eq!(floor.load(1), 12, "alone, however busy");
    let mut floor = plain();
    floor.staff(1, settings(100, 20, &[]));
    floor.staff(2, settings(1, 20, &[]));
    floor.present(1, Presence::Suspended);
    (1..=10).for_each(|number| drop(floor.arrive(number)));
    floor.present(2, Presence::Suspended);
    floor.tell(Command::Rules { rules: Rules { busy_above: 2, ..Rules::default() }, version: 2 });
    // Both come back in one event: as settings of a group would do. Here agent 2 first takes none, being at its limit.
    floor.staff(2, settings(1, 0, &[]));
    floor.present(2, Presence::Online);
    floor.staff(1, settings(100, 0, &[]));
    floor.present(1, Presence::Online);
    floor.staff(1, settings(100, 5, &[]));
    assert_eq!((floor.load(1), floor.load(2)), (5, 0));
    floor.staff(2, settings(1, 20, &[]));
    assert_eq!((floor.load(1), floor.load(2)), (5, 5));
}

#[test]
fn capacity_holds_per_agent_per_agent_in_a_group_and_per_group() {
    // SPEC: DIV-4
    let rules = || Rules { rules: vec![rule("g", to_groups(&[1]))], ..Rules::default() };
    let fill = |floor: &mut Floor| (1..=9).map(|number| floor.arrive_by(number, "g")).filter(|told| !told.contains("queue")).count();
    let mut own = Floor::new(rules(), &[None]);
    own.at_work(1, settings(1, 3, &[(1, None)]));
    assert_eq!(fill(&mut own), 3);
    let mut in_group = Floor::new(rules(), &[None]);
    in_group.at_work(1, settings(1, 8, &[(1, Some(2))]));
    assert_eq!(fill(&mut in_group), 2);
    assert_eq!(in_group.arrive(20), "20 → 1 by any agent", "room outside the group");
    let mut group = Floor::new(rules(), &[Some(4)]);
    group.at_work(1, settings(1, 8, &[(1, None)]));
    group.at_work(2, settings(1, 8, &[(1, None)]));
    assert_eq!(fill(&mut group), 4);
    let mut none = Floor::new(rules(), &[Some(0)]);
    none.at_work(1, settings(1, 8, &[(1, None)]));
    assert_eq!(fill(&mut none), 0);
}

#[test]
fn weight_0_never_receives_by_rule() {
    // SPEC: DIV-3
    let mut floor = plain();
    floor.at_work(1, settings(0, 9, &[]));
    assert_eq!(floor.arrive(1), "1 → queue by any agent");
    assert_eq!(floor.arrive_again(2, 1, HOUR), "2 → 1 by recent contact 1");
    assert_eq!(floor.transfer(1, 9, TransferTo::Agent(AgentNo(1))), "1 → 1 by transfer of 9");
    assert_eq!(floor.arrive(3), "3 → queue by any agent");
    assert_eq!(floor.staff(1, settings(1, 9, &[])), "3 → 1 by any agent");
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
    assert_eq!(full().staff(1, settings(1, 3, &[])), "2 → 1 by any agent; 3 → 1 by any agent");
    assert_eq!(full().at_work(2, settings(1, 1, &[])), "2 → 2 by any agent");
    let mut floor = full();
    floor.staff(2, settings(1, 9, &[]));
    assert_eq!(floor.present(2, Presence::Suspended), "");
    assert_eq!(floor.present(2, Presence::Online), "2 → 2 by any agent; 3 → 2 by any agent");
    let mut floor = full();
    floor.staff(2, settings(1, 9, &[]));
    floor.present(2, Presence::Suspended);
    assert_eq!(floor.transfer(1, 1, TransferTo::Agent(AgentNo(2))), "1 → 2 by transfer of 1; 2 → 1 by any agent");
    // A higher limit of the group; membership; new rules.
    let mut floor = Floor::new(Rules { rules: vec![rule("", to_groups(&[1]))], ..Rules::default() }, &[Some(0), None]);
    floor.at_work(1, settings(1, 5, &[(1, Some(1))]));
    floor.at_work(2, settings(1, 5, &[]));
    (1..=4).for_each(|number| drop(floor.arrive(number)));
    let raised = Command::Group { group: GroupNo(1), settings: Group { name: "g".into(), capacity: None } };
    assert_eq!(floor.tell(raised), "1 → 1 in group 1 by rule 0");
    assert_eq!(floor.staff(2, settings(1, 1, &[(1, None)])), "2 → 2 in group 1 by rule 0");
    let open = Command::Rules { rules: Rules::default(), version: 2 };
    assert_eq!(floor.tell(open), "3 → 1 by any agent; 4 → 1 by any agent");
}

#[test]
fn the_oldest_is_served_first_whatever_the_order_of_news() {
    // SPEC: DIV-5
    let mut floor = alone(0);
    for (number, arrived) in [(5, 30), (6, 10), (7, 20)] {
        floor.arrive_as(Arrival { arrived: Millis(arrived), ..arrival(number, 0) });
    }
    assert_eq!(floor.staff(1, settings(1, 2, &[])), "6 → 1 by any agent; 7 → 1 by any agent");
    assert_eq!(floor.dispatcher.view().queue, [(Millis(30), buyer(5))]);
}

#[test]
fn who_waits_is_looked_at_again_when_the_window_of_the_recent_contact_ends() {
    // SPEC: DIV-1.2, DIV-5
    let mut floor = Floor::new(Rules { rules: vec![rule("", to_agents(&[1]))], ..Rules::default() }, &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.at_work(2, settings(1, 5, &[]));
    assert_eq!(floor.arrive_again(1, 1, 23 * HOUR), "1 → queue by rule 0");
    assert_eq!(floor.after(HOUR), "", "at 24 h to the millisecond it is the same window");
    assert_eq!(floor.after(1), "1 → 2 by recent contact 1's colleague");
}

#[test]
fn offline_for_longer_than_the_grace_loses_the_unanswered() {
    // SPEC: DIV-6
    let mut floor = alone(5);
    (1..=3).for_each(|number| drop(floor.arrive(number)));
    floor.unanswered(2, false);
    floor.at_work(2, settings(1, 5, &[]));
    assert_eq!(floor.present(1, Presence::Offline), "");
    assert_eq!(floor.after(GRACE - 1), "");
    assert_eq!(floor.after(1), "1 → 2 by any agent; 3 → 2 by any agent");
    assert_eq!(floor.unanswered(2, true), "2 → 2 by any agent", "the answered one waited for the buyer's next message");
    assert_eq!(floor.dispatcher.view().agents[&AgentNo(2)].unanswered, 3, "and is counted as unanswered where it went");
    assert_eq!((floor.load(1), floor.load(2)), (0, 3));
    floor.present(2, Presence::Offline);
    assert_eq!(floor.after(GRACE), "1 → queue by the shop gate; 2 → queue by the shop gate; 3 → queue by the shop gate");
}

#[test]
fn a_broken_connection_costs_nothing() {
    // SPEC: DIV-6
    let mut floor = alone(5);
    floor.at_work(2, settings(1, 5, &[]));
    (1..=4).for_each(|number| drop(floor.arrive(number)));
    for _ in 0..3 {
        floor.present(1, Presence::Offline);
        assert_eq!(floor.after(GRACE - 1), "");
        assert_eq!(floor.unanswered(1, true), "", "also when the buyer writes meanwhile");
        floor.present(1, Presence::Online);
    }
    assert_eq!(floor.after(10 * GRACE), "");
    floor.present(1, Presence::Suspended);
    assert_eq!(floor.after(10 * GRACE), "", "suspending keeps what one has");
    assert_eq!(floor.load(1), 2);
}

#[test]
fn several_who_went_give_theirs_oldest_first() {
    // SPEC: DIV-5, DIV-6
    let mut floor = plain();
    floor.at_work(1, settings(1, 1, &[]));
    floor.at_work(2, settings(1, 1, &[]));
    floor.arrive(8);
    floor.arrive(7);
    floor.at_work(3, settings(1, 1, &[]));
    floor.present(2, Presence::Offline);
    floor.present(1, Presence::Offline);
    assert_eq!(floor.after(GRACE), "8 → 3 by any agent; 7 → queue by any agent");
    // Also among the receptions of one.
    let mut floor = alone(2);
    floor.arrive(8);
    floor.arrive(7);
    floor.at_work(3, settings(1, 1, &[]));
    floor.present(1, Presence::Offline);
    assert_eq!(floor.after(GRACE), "8 → 3 by any agent; 7 → queue by any agent");
}

#[test]
fn a_place_in_a_group_that_becomes_free_goes_to_the_oldest_who_waits_for_it() {
    // SPEC: DIV-4, DIV-5
    let mut floor = Floor::new(Rules { rules: vec![rule("", to_groups(&[1]))], ..Rules::default() }, &[Some(1)]);
    floor.at_work(1, settings(1, 5, &[(1, None)]));
    floor.at_work(2, settings(1, 5, &[(1, None)]));
    floor.arrive(9);
    floor.now -= 2;
    floor.arrive(4);
    assert_eq!(floor.present(1, Presence::Offline), "");
    assert_eq!(floor.after(GRACE), "4 → 2 in group 1 by rule 0; 9 → queue by rule 0");
}

#[test]
fn a_group_someone_was_passed_to_binds() {
    // SPEC: DIV-8
    let mut floor = Floor::new(Rules::default(), &[None]);
    floor.at_work(1, settings(1, 5, &[]));
    floor.at_work(2, settings(1, 1, &[(1, None)]));
    floor.arrive_again(1, 1, HOUR);
    floor.transfer(1, 1, TransferTo::Group(GroupNo(1)));
    assert_eq!(floor.load(2), 1);
    floor.arrive_again(2, 1, HOUR);
    assert_eq!(floor.transfer(2, 1, TransferTo::Group(GroupNo(1))), "2 → queue by transfer of 1");
    assert_eq!(floor.present(2, Presence::Suspended), "", "agent 1 has room and spoke with the buyer, but the buyer was passed on");
    assert_eq!(floor.present(2, Presence::Online), "");
    assert_eq!(floor.close(1), "2 → 2 in group 1 by passed to group 1");
}

#[test]
fn a_person_may_pass_over_a_capacity_and_is_told() {
    // SPEC: DIV-4, DIV-8
    let mut floor = alone(1);
    floor.at_work(2, settings(1, 1, &[]));
    floor.arrive(1);
    floor.arrive(2);
    assert_eq!(floor.transfer(1, 1, TransferTo::Agent(AgentNo(2))), "1 → 2 by transfer of 1 over capacity");
    assert_eq!(floor.load(2), 2);
    assert_eq!(floor.arrive(3), "3 → 1 by any agent");
    assert_eq!(floor.arrive(4), "4 → queue by any agent");
    assert_eq!(floor.close(1), "", "one over the limit less is at the limit");
    assert_eq!(floor.close(2), "4 → 2 by any agent");
    let to = |agent| TransferTo::Agent(AgentNo(agent));
    assert_eq!(floor.transfer(4, 2, to(2)), "refused: Invalid { field: \"agent\", problem: \"this agent has the conversation already\" }");
    assert_eq!(floor.transfer(4, 2, to(7)), "refused: NotFound { what: \"agent\" }");
    assert_eq!(floor.transfer(4, 2, TransferTo::Group(GroupNo(7))), "refused: NotFound { what: \"group\" }");
    assert_eq!(floor.transfer(99, 2, to(1)), "refused: ReceptionClosed");
    floor.present(1, Presence::Offline);
    assert_eq!(floor.transfer(4, 2, to(1)), "refused: AgentNotOnline");
    floor.present(1, Presence::Suspended);
    assert_eq!(floor.transfer(4, 2, to(1)), "4 → 1 by transfer of 2 over capacity", "a person may pass to a suspended agent");
    floor.staff(2, AgentSettings { enabled: false, ..settings(1, 5, &[]) });
    assert_eq!(floor.transfer(4, 1, to(2)), "refused: NotFound { what: \"agent\" }");
}

#[test]
fn passing_to_a_group_obeys_its_limits_and_not_to_oneself() {
    // SPEC: DIV-4, DIV-8
    let mut floor = Floor::new(Rules::default(), &[Some(1)]);
    floor.at_work(1, settings(1, 9, &[(1, None)]));
    floor.arrive(1);
    floor.arrive(2);
    floor.at_work(2, settings(1, 9, &[(1, None)]));
    (3..=6).for_each(|number| drop(floor.arrive(number)));
    assert_eq!((floor.load(1), floor.load(2)), (3, 3));
    floor.close(4);
    assert_eq!(floor.transfer(1, 1, TransferTo::Group(GroupNo(1))), "1 → 2 in group 1 by transfer of 1");
    assert_eq!(floor.transfer(2, 1, TransferTo::Group(GroupNo(1))), "2 → queue by transfer of 1", "the group has one place");
}

#[test]
fn a_morning_on_the_floor() {
    // SPEC: DIV-1, DIV-5, DIV-6, DIV-8
    let mut floor = Floor::new(Rules { rules: vec![rule("售后", to_groups(&[1]))], ..Rules::default() }, &[Some(2)]);
    let mut told = vec![floor.arrive(1)];
    told.push(floor.at_work(1, settings(1, 2, &[])));
    told.push(floor.arrive_by(2, "售后"));
    told.push(floor.arrive_again(3, 1, HOUR));
    told.push(floor.at_work(2, settings(1, 2, &[(1, Some(1))])));
    told.push(floor.arrive_by(4, "售后"));
    told.push(floor.transfer(4, 2, TransferTo::Agent(AgentNo(1))));
    told.push(floor.arrive_by(5, "售后"));
    told.push(floor.close(3));
    told.push(floor.present(1, Presence::Offline));
    told.push(floor.after(GRACE));
    insta::assert_snapshot!(told.join("\n"), @"
    1 → queue by the shop gate
    1 → 1 by any agent
    2 → 1 by any agent
    3 → queue by any agent
    3 → 2 by any agent
    4 → 2 in group 1 by rule 0
    4 → 1 by transfer of 2 over capacity
    5 → 2 in group 1 by rule 0


    1 → 2 by any agent; 2 → queue by rule 0; 4 → queue by rule 0
    ");
}

#[test]
fn a_decision_explains_itself() {
    // SPEC: DIV-9
    let mut floor = Floor::new(Rules { rules: vec![rule("g", to_groups(&[1]))], ..Rules::default() }, &[None]);
    for agent in 1..=7 {
        floor.at_work(agent, settings(u32::from(agent != 5), 5, &if agent == 7 { vec![] } else { vec![(1, None)] }));
    }
    floor.staff(2, settings(1, 0, &[(1, None)]));
    floor.present(3, Presence::Suspended);
    floor.present(4, Presence::Offline);
    floor.staff(6, AgentSettings { enabled: false, ..settings(1, 5, &[(1, None)]) });
    let told = floor.excluded(Arrival { entry: "g".into(), ..arrival(1, 0) });
    let expected = [
        (1, None),
        (2, Some(Exclusion::Full)),
        (3, Some(Exclusion::Suspended)),
        (4, Some(Exclusion::Offline)),
        (5, Some(Exclusion::WeightZero)),
        (6, Some(Exclusion::Disabled)),
        (7, Some(Exclusion::OutOfScope)),
    ];
    assert_eq!(told, expected);
    let routed = floor.decisions(Command::Route(Arrival { entry: "g".into(), ..arrival(2, 0) })).expect("routed");
    let why = &routed[0].1;
    assert_eq!(why.step, Step::Rule { index: 0, name: "g".into(), version: 1 });
    assert_eq!((why.chosen, why.group, why.unlisted, why.queue_len, why.waited), (Some(AgentNo(1)), Some(GroupNo(1)), 0, 0, false));
    assert_eq!((why.seen[0].load, why.seen[0].weight, why.seen[0].busy), (1, 1, false), "loads before the decision");
    for number in 3..=6 {
        floor.arrive_by(number, "g");
    }
    let waiting = floor.decisions(Command::Closed { conversation: buyer(1), reception: 1 }).expect("closed");
    let why = &waiting[0].1;
    assert!(why.waited && !why.seen[0].busy && why.queue_len == 1, "{why:?}");
    let moved = floor
        .decisions(Command::Transfer {
            conversation: buyer(2),
            reception: 1,
            by: AgentNo(1),
            to: TransferTo::Agent(AgentNo(3)),
            reason: "r".into(),
            note: "n".into(),
        })
        .expect("passed");
    assert_eq!(moved[0].1.from, Some(AgentNo(1)));
    assert_eq!(moved[0].1.step, Step::Transferred { by: AgentNo(1), reason: "r".into(), note: "n".into(), over_capacity: false });
}

#[test]
fn a_disabled_account_with_receptions_gives_them_up_when_it_is_gone() {
    // SPEC: DIV-6
    let mut floor = alone(5);
    floor.arrive(1);
    floor.at_work(2, settings(1, 5, &[]));
    assert_eq!(floor.staff(1, AgentSettings { enabled: false, ..settings(1, 5, &[]) }), "");
    floor.present(1, Presence::Offline); // its sessions ended with it
    assert_eq!(floor.after(GRACE), "1 → 2 by any agent");
}

#[test]
fn leaving_a_group_does_not_lose_what_counts_in_it() {
    // SPEC: DIV-4
    let mut floor = Floor::new(Rules { rules: vec![rule("", to_groups(&[1]))], ..Rules::default() }, &[Some(2)]);
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
fn after_a_restart_the_grace_begins_anew_and_the_queue_keeps_its_order() {
    // SPEC: DIV-6, OPS-2
    let head = |number: u64, at: u64, owner: Option<u32>| {
        let mut talk = Conversation::new(SCOPE, buyer(number));
        let conversation = buyer(number);
        talk.apply(&Event::ReceptionOpened {
            conversation,
            reception: 1,
            at: Millis(at),
            buyer: "b".into(),
            name: "".into(),
            entry: "".into(),
        });
        let retry = RetryKey { client_id: 1, body: 1 };
        talk.apply(&Event::MessageAdded {
            conversation,
            seq: 1,
            at: Millis(at),
            author: Author::Buyer,
            text: "t".into(),
            retry,
            owner: None,
        });
        if let Some(agent) = owner.map(AgentNo) {
            talk.apply(&Event::ReceptionOwned { conversation, reception: 1, at: Millis(at), agent, group: None, from: None });
        }
        talk
    };
    let mut floor = plain();
    let open = vec![head(1, 50, Some(1)), head(2, 40, Some(1)), head(3, 30, None), head(4, 20, None)];
    let staff = vec![(AgentNo(1), settings(1, 2, &[])), (AgentNo(2), settings(1, 9, &[]))];
    floor.dispatcher = Dispatcher::restore(SCOPE, Rules::default(), 1, vec![], staff, open);
    assert_eq!(floor.after(0), "", "long ago, but the sockets need time to come back");
    assert_eq!(floor.after(GRACE - 1), "");
    assert_eq!(floor.present(2, Presence::Online), "4 → 2 by any agent; 3 → 2 by any agent");
    assert_eq!(floor.after(1), "2 → 2 by any agent; 1 → 2 by any agent");
    assert_eq!(floor.after(10 * GRACE), "", "each once");
}

#[test]
fn news_of_a_reception_that_is_over_changes_nothing() {
    // SPEC: DIV-4
    let mut floor = alone(5);
    floor.arrive_as(Arrival { reception: 4, ..arrival(1, 0) });
    for reception in [3, 5] {
        let conversation = buyer(1);
        assert_eq!(floor.tell(Command::Closed { conversation, reception }), "");
        assert_eq!(floor.tell(Command::Unanswered { conversation, reception, unanswered: false }), "");
    }
    assert_eq!(floor.arrive_as(Arrival { reception: 3, ..arrival(1, 0) }), "");
    assert_eq!(floor.arrive_as(Arrival { reception: 4, ..arrival(1, 0) }), "", "told twice");
    assert_eq!((floor.load(1), floor.dispatcher.view().agents[&AgentNo(1)].unanswered), (1, 1));
}
