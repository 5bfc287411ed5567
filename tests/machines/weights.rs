//! DIV-3: shares, the order of those who are equal, and who comes last.

use crate::floor::{Floor, quiet, settings};
use Strategy::{LeastRecentlyAssigned, WeightedLeastLoad, WeightedRoundRobin};
use fenliu::domain::diversion::{Settings, Strategy};
use fenliu::domain::event::Presence;
use fenliu::domain::id::AgentNo;
use std::collections::VecDeque;

const BUYERS: u64 = 4_000;

fn shop(strategy: Strategy, weights: &[u32]) -> Floor {
    let mut floor = Floor::new(Settings { strategy, busy_above: u32::MAX, ..quiet() }, &[]);
    for (agent, weight) in (1..).zip(weights) {
        floor.at_work(agent, settings(*weight, 10_000, &[]));
    }
    floor
}

fn receiver(told: &str) -> usize {
    let (_, to) = told.split_once(" → ").expect("a decision");
    to.split(' ').next().and_then(|agent| agent.parse().ok()).expect("an agent")
}

/// How many of 4,000 each receives where every reception lasts until `stay` others have come; `None`: nobody leaves.
fn received(mut floor: Floor, stay: Option<usize>) -> Vec<u64> {
    let (mut here, mut counts) = (VecDeque::new(), vec![0; floor.dispatcher.view().agents.len()]);
    for number in 0..BUYERS {
        counts[receiver(&floor.arrive(number)) - 1] += 1;
        here.push_back(number);
        if stay.is_some_and(|stay| here.len() >= stay) {
            floor.close(here.pop_front().expect("somebody is here"));
        }
    }
    counts
}

#[test]
fn weights_are_exact_over_4_000_buyers() {
    // SPEC: DIV-3
    // Nobody leaves; each leaves before the next comes; all stay equally long, with 3 : 1, 15 : 5, 30 : 10 and 300 : 100 here.
    let regimes = [None, Some(1), Some(4), Some(20), Some(40), Some(400)];
    let rows: [(&[u32], &[u64]); 6] = [
        (&[3, 1], &[3_000, 1_000]),
        (&[1, 3], &[1_000, 3_000]),
        (&[30, 10], &[3_000, 1_000]),
        (&[300_000, 100_000], &[3_000, 1_000]),
        (&[1, 1], &[2_000, 2_000]),
        (&[2, 1, 1], &[2_000, 1_000, 1_000]),
    ];
    for (weights, expected) in rows {
        for stay in regimes {
            for strategy in [WeightedLeastLoad, WeightedRoundRobin] {
                assert_eq!(received(shop(strategy, weights), stay), expected, "{strategy:?} {weights:?} {stay:?}");
            }
        }
    }
}

/// How many of 4,000 each receives where each has a line open all the while, and closes one as soon as it receives one.
fn kept_up(mut floor: Floor, open: impl FnOnce(&mut Floor) -> Vec<u64>) -> Vec<u64> {
    let mut counts = vec![0; floor.dispatcher.view().agents.len()];
    let mut here: Vec<VecDeque<u64>> = vec![VecDeque::new(); counts.len()];
    for number in open(&mut floor) {
        here[floor.owner(number).expect("an agent").0 as usize - 1].push_back(number);
    }
    for number in 0..BUYERS {
        let agent = receiver(&floor.arrive(number)) - 1;
        counts[agent] += 1;
        here[agent].push_back(number);
        floor.close(here[agent].pop_front().expect("a line"));
    }
    counts
}

/// So many more came before, by the rules.
fn before(count: u64) -> impl FnOnce(&mut Floor) -> Vec<u64> {
    move |floor| (BUYERS..BUYERS + count).inspect(|number| drop(floor.arrive(*number))).collect()
}

/// Five were given to each of two agents by hand, in turn.
fn five_each(floor: &mut Floor) -> Vec<u64> {
    (BUYERS..BUYERS + 10).inspect(|number| drop(floor.arrive_again(*number, *number as u32 % 2 + 1, 1))).collect()
}

#[test]
fn weights_are_exact_where_agents_keep_up_with_what_they_receive() {
    // SPEC: DIV-3
    // Equally loaded for their weights: nothing, or five for each unit of weight, or fifty.
    for count in [0, 20, 200] {
        for strategy in [WeightedLeastLoad, WeightedRoundRobin] {
            assert_eq!(kept_up(shop(strategy, &[3, 1]), before(count)), [3_000, 1_000], "{strategy:?} {count}");
        }
    }
    for strategy in [WeightedLeastLoad, WeightedRoundRobin, LeastRecentlyAssigned] {
        assert_eq!(kept_up(shop(strategy, &[1, 1]), five_each), [2_000, 2_000], "{strategy:?}");
    }
    let told = kept_up(shop(WeightedRoundRobin, &[3, 1]), five_each);
    assert!(told[0].abs_diff(3_000) <= 4, "only what was given by hand is made up for: {told:?}");
}

#[test]
fn who_has_less_than_the_share_catches_up_first() {
    // SPEC: DIV-3
    let mut floor = shop(WeightedLeastLoad, &[3, 1]);
    (0..5).for_each(|number| drop([floor.arrive_again(100 + number, 1, 1), floor.arrive_again(200 + number, 2, 1)]));
    let order: Vec<usize> = (0..30).map(|number| receiver(&floor.arrive(number))).collect();
    assert_eq!(order[..10], [1; 10], "from 5 and 5 to 15 and 5");
    assert_eq!((floor.load(1), floor.load(2)), (30, 10));
}

#[test]
fn weights_are_exact_where_limits_bind_and_others_wait() {
    // SPEC: DIV-3, DIV-4, DIV-5
    let mut floor = Floor::new(Settings { busy_above: u32::MAX, ..quiet() }, &[]);
    floor.at_work(1, settings(3, 15, &[]));
    floor.at_work(2, settings(1, 5, &[]));
    let (mut here, mut counts) = (VecDeque::new(), [0, 0]);
    let count = |told: &str, here: &mut VecDeque<u64>, counts: &mut [u64; 2]| {
        for line in told.split("; ").filter(|line| !line.is_empty() && !line.contains("queue")) {
            counts[receiver(line) - 1] += 1;
            here.push_back(line.split(' ').next().and_then(|number| number.parse().ok()).expect("a number"));
        }
    };
    // Ten wait at any time; whoever has been here longest leaves.
    (0..30).for_each(|number| count(&floor.arrive(number), &mut here, &mut counts));
    for number in 30..BUYERS + 10 {
        let told = [floor.arrive(number), floor.close(here.pop_front().expect("twenty"))].join("; ");
        count(&told, &mut here, &mut counts);
        assert!(floor.load(1) <= 15 && floor.load(2) <= 5 && floor.queue().len() == 10);
    }
    assert_eq!(counts, [3_000, 1_000]);
}

#[test]
fn smooth_round_robin_does_not_ask_for_loads() {
    // SPEC: DIV-3
    for stay in [2, 3, 5, 7, 10, 33] {
        assert_eq!(received(shop(WeightedRoundRobin, &[3, 1]), Some(stay)), [3_000, 1_000], "{stay}");
    }
    let mut floor = shop(WeightedRoundRobin, &[5, 1, 1]);
    let order: Vec<usize> = (0..14).map(|number| receiver(&floor.arrive(number))).collect();
    for pair in order.windows(6) {
        assert!(pair.contains(&1) && pair.iter().filter(|agent| **agent == 1).count() < 6, "smooth: {order:?}");
    }
    let count = |of| order.iter().filter(|agent| **agent == of).count();
    assert_eq!((count(1), count(2), count(3)), (10, 2, 2));
}

#[test]
fn the_lowest_load_by_weight_receives() {
    // SPEC: DIV-3
    // (weights, loads, who receives)
    let rows: [(&[u32], &[u32], usize); 9] = [
        (&[1, 1], &[1, 0], 2),
        (&[3, 1], &[2, 1], 1),
        (&[3, 1], &[4, 1], 2),
        (&[3, 1], &[0, 0], 1),
        (&[2, 3], &[4, 6], 1),
        (&[2, 3], &[5, 6], 2),
        (&[1_000_000, 999_999], &[1, 1], 1),
        (&[999_999, 1_000_000], &[1, 1], 2),
        (&[7, 5, 3], &[14, 10, 5], 3),
    ];
    for (weights, loads, expected) in rows {
        let mut floor = shop(WeightedLeastLoad, &vec![0; weights.len()]);
        let mut number = 100;
        for (agent, load) in (1..).zip(loads) {
            for _ in 0..*load {
                floor.arrive_again(number, agent, 1);
                number += 1;
            }
        }
        for (agent, weight) in (1..).zip(weights) {
            floor.staff(agent, settings(*weight, 10_000, &[]));
        }
        assert_eq!(receiver(&floor.arrive(1)), expected, "{weights:?} {loads:?}");
    }
}

#[test]
fn equal_loads_go_to_who_received_least_recently() {
    // SPEC: DIV-3
    for strategy in [WeightedLeastLoad, WeightedRoundRobin, LeastRecentlyAssigned] {
        let mut floor = shop(strategy, &[1, 1, 1]);
        let mut order = Vec::new();
        for number in 0..6 {
            order.push(receiver(&floor.arrive(number)));
            floor.close(number);
        }
        assert_eq!(order, [1, 2, 3, 1, 2, 3], "{strategy:?}");
        // Whoever received out of turn (a recent contact) is the last of the equal ones.
        floor.arrive_again(10, 2, 1);
        floor.close(10);
        let order: Vec<usize> = (11..14).map(|number| receiver(&floor.arrive(number))).collect();
        assert_eq!(order, [1, 3, 2], "{strategy:?}");
    }
}

#[test]
fn least_recently_assigned_asks_for_nothing_else() {
    // SPEC: DIV-3
    let mut floor = shop(LeastRecentlyAssigned, &[9, 1]);
    let order: Vec<usize> = (0..6).map(|number| receiver(&floor.arrive(number))).collect();
    assert_eq!(order, [1, 2, 1, 2, 1, 2]);
    (0..6).step_by(2).for_each(|number| drop(floor.close(number)));
    assert_eq!(receiver(&floor.arrive(10)), 1, "its turn, not its load");
    assert_eq!(received(shop(LeastRecentlyAssigned, &[9, 1]), Some(40)), [2_000, 2_000]);
}

#[test]
fn who_was_away_does_not_get_everybody_on_coming_back() {
    // SPEC: DIV-3
    for strategy in [WeightedLeastLoad, WeightedRoundRobin] {
        let mut floor = shop(strategy, &[3, 1]);
        floor.present(1, Presence::Suspended);
        for number in 0..400 {
            floor.arrive(number);
            floor.close(number);
        }
        floor.present(1, Presence::Online);
        let mut counts = [0, 0];
        for number in 1_000..1_400 {
            counts[receiver(&floor.arrive(number)) - 1] += 1;
            floor.close(number);
        }
        assert!((299..=301).contains(&counts[0]), "{strategy:?} {counts:?}");
    }
}

#[test]
fn weight_0_never_receives_by_rule() {
    // SPEC: DIV-3
    for strategy in [WeightedLeastLoad, WeightedRoundRobin, LeastRecentlyAssigned] {
        let mut floor = shop(strategy, &[0]);
        assert_eq!(floor.arrive(1), "1 → queue by any agent");
        assert_eq!(floor.arrive_again(2, 1, 1), "2 → 1 by recent contact 1");
        assert_eq!(floor.transfer(1, 9, crate::floor::to(1)), "1 → 1 by hand of 9");
        assert_eq!(floor.arrive(3), "3 → queue by any agent");
        assert_eq!(floor.staff(1, settings(1, 9, &[])), "3 → 1 by any agent");
        assert_eq!(received(shop(strategy, &[1, 0]), None), [4_000, 0]);
    }
}

#[test]
fn the_busy_come_last_whatever_the_strategy() {
    // SPEC: DIV-3
    for strategy in [WeightedLeastLoad, WeightedRoundRobin, LeastRecentlyAssigned] {
        let mut floor = Floor::new(Settings { strategy, ..quiet() }, &[]);
        floor.at_work(1, settings(1_000, 50, &[]));
        (1..=4).for_each(|number| drop(floor.arrive(number)));
        floor.staff(2, settings(1, 50, &[]));
        // Agent 2 has 20 receptions, all answered: it is not busy, however loaded.
        for number in 100..120 {
            floor.present(2, Presence::Online);
            floor.arrive_again(number, 2, 1);
            floor.answer(number);
        }
        assert_eq!(floor.unanswered(1), 4);
        assert_eq!(floor.arrive_again(5, 1, 1), "5 → 1 by recent contact 1", "four are not busy; five are");
        for number in 6..=10 {
            assert_eq!(floor.arrive(number), format!("{number} → 2 by any agent"), "{strategy:?}");
        }
        // Both are busy now: the strategy decides between them.
        let both = receiver(&floor.arrive(11));
        assert_eq!(both, 1, "{strategy:?}");
        floor.answer(6);
        assert_eq!(floor.arrive(12), "12 → 2 by any agent", "four unanswered are not busy");
        (1..=5).for_each(|number| drop(floor.answer(number)));
        floor.answer(11);
        assert_eq!(floor.arrive(13), "13 → 1 by any agent", "nor is who has answered");
        assert_eq!(floor.owner(13), Some(AgentNo(1)));
    }
}

#[test]
fn how_many_are_busy_is_a_setting() {
    // SPEC: DIV-3
    let mut floor = Floor::new(Settings { busy_above: 0, ..quiet() }, &[]);
    floor.at_work(1, settings(100, 50, &[]));
    floor.at_work(2, settings(1, 50, &[]));
    floor.arrive(1);
    assert_eq!(floor.arrive(2), "2 → 2 by any agent", "1 ÷ 100 is less than 0 ÷ 1 only in weighted time; one unanswered is busy here");
    floor.answer(2);
    assert_eq!(floor.arrive(3), "3 → 2 by any agent");
    floor.set(quiet());
    assert_eq!(floor.arrive(4), "4 → 1 by any agent", "back at four: load ÷ weight");
}

#[test]
fn a_new_strategy_takes_effect_at_once() {
    // SPEC: DIV-3
    let mut floor = shop(WeightedLeastLoad, &[3, 1]);
    (0..8).for_each(|number| drop(floor.arrive(number)));
    floor.set(Settings { strategy: LeastRecentlyAssigned, busy_above: u32::MAX, ..quiet() });
    let order: Vec<usize> = (10..14).map(|number| receiver(&floor.arrive(number))).collect();
    assert!(order == [1, 2, 1, 2] || order == [2, 1, 2, 1], "{order:?}");
    floor.set(Settings { strategy: WeightedLeastLoad, busy_above: 1_000, ..quiet() });
    (20..24).for_each(|number| drop(floor.arrive(number)));
    assert_eq!((floor.load(1), floor.load(2)), (12, 4), "evened out again");
}
