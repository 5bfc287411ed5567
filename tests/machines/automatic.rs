//! OFF-3 to OFF-8: the automatic assignment of the pool, slot by slot, and its records.

use crate::floor::{Floor, GRACE, MINUTE, OPENS, buyer, number, quiet, rule, settings, to_groups, with_rules};
use crate::render::effect;
use crate::{HOUR, SCOPE};
use fenliu::domain::Machine;
use fenliu::domain::dispatcher::{Command, Dispatcher, Kept};
use fenliu::domain::diversion::Settings;
use fenliu::domain::event::Presence::{Offline, Online, Suspended};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::offline::{Automatic, DayWindow, Failure, Range, Run, Targets};

/// A shop whose pool is assigned at 09:00 and 09:30, with these changes.
pub fn on(mut shop: Settings, change: impl FnOnce(&mut Automatic)) -> Settings {
    let automatic = &mut shop.offline.automatic;
    automatic.on = true;
    automatic.windows = vec![DayWindow { from_min: 540, to_min: 570 }];
    change(automatic);
    shop
}

fn plain(change: impl FnOnce(&mut Automatic)) -> Settings {
    on(quiet(), change)
}

/// Buyers 1 to `pooled` came while nobody was there.
fn night(shop: Settings, groups: &[Option<u32>], pooled: u64) -> Floor {
    let mut floor = Floor::new(shop, groups);
    (1..=pooled).for_each(|number| assert_eq!(floor.arrive(number), format!("{number} → pool by nobody online")));
    floor
}

/// Time passes to the next firing; its record, whose sums are right, and who went to whom.
fn fires(floor: &mut Floor) -> (Run, Vec<(u64, u32)>) {
    let mut wake = || {
        floor.now = floor.dispatcher.deadline().expect("a slot").0;
        floor.told(Command::Wake).expect("woken")
    };
    let mut told = wake();
    while told.runs.is_empty() {
        told = wake();
    }
    let run = told.runs.last().expect("a record").clone();
    let sum = |of: &[(Failure, u32)]| of.iter().filter(|(why, _)| *why != Failure::ReachedAgent).map(|(_, n)| *n).sum::<u32>();
    assert_eq!(run.pooled, run.moved() + sum(&run.failures), "{run:?}");
    assert_eq!(run.taken, run.moved() + run.stayed.len() as u32, "{run:?}");
    assert_eq!(floor.dispatcher.pooled(), run.left(), "{run:?}");
    let went = told.routed.iter().filter_map(|(arrival, why)| Some((number(arrival.conversation), why.chosen()?.0)));
    (run, went.collect())
}

fn failures(run: &Run) -> Vec<(Failure, u32)> {
    run.failures.clone()
}

#[test]
fn slots_fire_at_both_ends_of_the_window() {
    // SPEC: OFF-3, OFF-7
    let mut floor = night(plain(|_| ()), &[], 2);
    floor.at_work(1, settings(1, 9, &[]));
    assert_eq!(floor.after(9 * HOUR - 3), "");
    assert_eq!(floor.after(1), "2 → 1 by any agent; 1 → 1 by any agent; slot 09:00: 2 pooled, 2 eligible, 2 taken, 1 heads; 1×2");
    assert_eq!(floor.after(30 * MINUTE - 1), "");
    assert_eq!(floor.after(1), "slot 09:30: 0 pooled, 0 eligible, 0 taken, 1 heads", "also when nothing moved");
    assert_eq!(floor.after(23 * HOUR + 29 * MINUTE), "", "and then tomorrow");
    assert_eq!(floor.after(MINUTE), "slot 33:00: 0 pooled, 0 eligible, 0 taken, 1 heads");
}

#[test]
fn windows_slots_and_zone_are_settings() {
    // SPEC: OFF-3
    let window = |from_min, to_min| DayWindow { from_min, to_min };
    let rows: [(&str, u16, Vec<DayWindow>, &[&str]); 6] = [
        ("Asia/Shanghai", 30, vec![window(540, 570)], &["09:00", "09:30"]),
        ("Asia/Shanghai", 15, vec![window(545, 575)], &["09:15", "09:30"]),
        ("Asia/Shanghai", 60, vec![window(540, 600), window(1_380, 1_440)], &["09:00", "10:00", "23:00"]),
        ("Asia/Shanghai", 20, vec![window(600, 620), window(610, 640)], &["10:00", "10:20", "10:40"]),
        ("UTC", 30, vec![window(540, 570)], &["17:00", "17:30"]),
        ("Europe/Berlin", 30, vec![window(540, 570)], &["16:00", "16:30"]),
    ];
    for (zone, slot_min, windows, expected) in rows {
        let shop = plain(|a| (a.slot_min, a.windows) = (slot_min, windows));
        let mut floor = Floor::new(Settings { zone: zone.into(), ..shop }, &[]);
        floor.at_work(1, settings(1, 9, &[]));
        let told = floor.after(24 * HOUR - 1);
        let fired: Vec<&str> =
            told.split("; ").filter_map(|line| line.strip_prefix("slot ")?.split(':').nth(1).map(|_| &line[5..10])).collect();
        assert_eq!(fired, expected, "{zone} {slot_min}");
    }
    let mut off = Floor::new(quiet(), &[]);
    assert_eq!(off.after(48 * HOUR), "");
}

#[test]
fn twenty_agents_of_100_take_the_newest_2_000_of_5_000() {
    // SPEC: OFF-4
    let mut floor = night(plain(|a| a.per_head = Some(100)), &[], 5_000);
    (1..=20).for_each(|agent| drop(floor.at_work(agent, settings(1, 1_000, &[]))));
    let (run, went) = fires(&mut floor);
    assert_eq!((run.heads, run.eligible, run.taken, run.left()), (20, 5_000, 2_000, 3_000));
    assert_eq!(run.failures, [(Failure::BeyondTheCap, 3_000)]);
    assert!(went.iter().map(|(number, _)| *number).eq((3_001..=5_000).rev()), "from newest to oldest");
    assert!(run.assigned.iter().all(|(_, count)| *count == 100), "{:?}", run.assigned);
}

/// Agents 1 to 6 in the group for pre-sale, 7 to 10 in that for after-sale; 200 came for pre-sale, and `others` for after-sale.
fn sales(heads_in_scope: bool, per_head: u32, others: u64) -> Floor {
    let shop = with_rules(vec![rule("pre", to_groups(&[1])), rule("after", to_groups(&[2]))]);
    let mut floor = Floor::new(on(shop, |a| (a.heads_in_scope, a.per_head) = (heads_in_scope, Some(per_head))), &[None, None]);
    (1..=200).for_each(|number| drop(floor.arrive_by(number, "pre")));
    (201..=200 + others).for_each(|number| drop(floor.arrive_by(number, "after")));
    for agent in 1..=10 {
        floor.at_work(agent, settings(1, 1_000, &[(if agent <= 6 { 1 } else { 2 }, None)]));
    }
    floor
}

#[test]
fn heads_are_counted_over_the_shop_or_over_those_in_scope() {
    // SPEC: OFF-4
    // (in scope?, K, buyers for after-sale; heads, taken, to pre-sale, to after-sale)
    let rows =
        [(false, 10, 0, 10, 100, 100, 0), (true, 10, 0, 6, 60, 60, 0), (true, 10, 5, 10, 100, 95, 5), (false, 30, 0, 10, 200, 200, 0)];
    for (in_scope, k, others, heads, taken, pre, after) in rows {
        let mut floor = sales(in_scope, k, others);
        let (run, _) = fires(&mut floor);
        let to = |of: std::ops::RangeInclusive<u32>| run.assigned.iter().filter(|(a, _)| of.contains(&a.0)).map(|(_, n)| *n).sum::<u32>();
        assert_eq!((run.heads, run.taken, to(1..=6), to(7..=10)), (heads, taken, pre, after), "{in_scope} {k} {others}");
    }
    // The suspended and the offline are no heads.
    let mut floor = sales(false, 10, 0);
    floor.present(1, Suspended);
    floor.present(2, Offline);
    floor.staff(3, crate::floor::disabled());
    assert_eq!(fires(&mut floor).0.heads, 7);
}

#[test]
fn a_run_takes_at_most_5_000() {
    // SPEC: OFF-4
    let mut floor = night(plain(|_| ()), &[], 5_100);
    floor.at_work(1, settings(1, 100_000, &[]));
    let (run, went) = fires(&mut floor);
    assert_eq!((run.taken, run.failures.as_slice(), went.len()), (5_000, [(Failure::BeyondTheCap, 100)].as_slice(), 5_000));
    assert_eq!(fires(&mut floor).0.assigned, [(AgentNo(1), 100)], "the next slot takes the others");
}

#[test]
fn the_average_of_unanswered_may_reach_the_limit_and_not_exceed_it() {
    // SPEC: OFF-4
    let stays = [(Failure::AverageAbove, 2)];
    // (limit, unanswered at each of two agents, does it fire?)
    let rows = [
        (2, [2, 2], true),
        (2, [4, 0], true),
        (2, [5, 0], false),
        (2, [3, 2], false),
        (0, [0, 0], true),
        (0, [1, 0], false),
        (3, [1, 2], true),
    ];
    for (limit, unanswered, moves) in rows {
        let mut floor = night(plain(|a| a.unanswered_average_max = Some(limit)), &[], 2);
        floor.at_work(1, settings(0, 50, &[]));
        floor.at_work(2, settings(0, 50, &[]));
        let mut number = 100;
        for (agent, count) in (1..).zip(unanswered) {
            for _ in 0..count + 1 {
                floor.arrive_again(number, agent, 1);
                number += 1;
            }
            floor.answer(number - 1); // what is answered does not count
        }
        (1..=2).for_each(|agent| drop(floor.staff(agent, settings(1, 50, &[]))));
        let (run, _) = fires(&mut floor);
        assert_eq!(run.failures, if moves { [].as_slice() } else { &stays }, "{limit} {unanswered:?}");
    }
    // Only the targets count.
    let mut floor = night(plain(|a| (a.unanswered_average_max, a.targets) = (Some(0), Targets::Agents(vec![AgentNo(2)]))), &[], 2);
    floor.at_work(1, settings(1, 50, &[]));
    floor.arrive(9);
    floor.at_work(2, settings(1, 50, &[]));
    assert_eq!(fires(&mut floor).0.assigned, [(AgentNo(2), 2)]);
}

#[test]
fn fewer_agents_than_set() {
    // SPEC: OFF-4, OFF-7
    for (online, suspended, failures_expected) in
        [(0, 0, vec![(Failure::TooFewAgents, 3)]), (1, 2, vec![(Failure::TooFewAgents, 3)]), (2, 0, vec![])]
    {
        let mut floor = night(plain(|a| a.online_min = 2), &[], 3);
        (1..=online + suspended).for_each(|agent| drop(floor.at_work(agent, settings(1, 9, &[]))));
        (online + 1..=online + suspended).for_each(|agent| drop(floor.present(agent, Suspended)));
        let (run, _) = fires(&mut floor);
        assert_eq!((failures(&run), run.heads), (failures_expected, online));
    }
}

#[test]
fn messages_of_the_last_24_hours_count_to_the_millisecond() {
    // SPEC: OFF-3, OFF-7
    let fires_at = OPENS + 9 * HOUR;
    for (age, old) in [(24 * HOUR, false), (24 * HOUR + 1, true), (HOUR, false), (100 * HOUR, true)] {
        let mut floor = Floor::new(plain(|_| ()), &[]);
        floor.arrive_as(1, |a| a.last = Millis(fires_at - age));
        floor.at_work(1, settings(1, 9, &[]));
        let (run, _) = fires(&mut floor);
        assert_eq!(failures(&run), if old { vec![(Failure::OlderThanADay, 1)] } else { vec![] }, "{age}");
        assert_eq!(run.eligible, u32::from(!old));
    }
}

#[test]
fn only_who_asked_for_a_person_within_24_hours() {
    // SPEC: OFF-3, OFF-7
    let fires_at = OPENS + 9 * HOUR;
    let mut floor = Floor::new(plain(|a| a.range = Range::AskedForPerson), &[]);
    for (number, asked_ago) in [(1, Some(HOUR)), (2, None), (3, Some(25 * HOUR)), (4, Some(24 * HOUR)), (5, Some(2 * HOUR))] {
        floor.arrive_as(number, |a| a.asked = asked_ago.map(|ago| Millis(fires_at - ago)));
    }
    floor.at_work(1, settings(1, 9, &[]));
    let (run, went) = fires(&mut floor);
    assert_eq!(went, [(1, 1), (5, 1), (4, 1)], "who asked last comes first");
    assert_eq!(failures(&run), [(Failure::OlderThanADay, 1), (Failure::DidNotAsk, 1)]);
}

#[test]
fn a_buyer_who_writes_again_is_the_newest() {
    // SPEC: OFF-2, OFF-4
    let mut floor = night(plain(|a| a.per_head = Some(1)), &[], 3);
    floor.now += HOUR;
    assert_eq!(floor.again(1), "");
    floor.at_work(1, settings(1, 9, &[]));
    assert_eq!(fires(&mut floor).1, [(1, 1)]);
}

#[test]
fn a_buyer_who_reached_an_agent_before_is_recorded_as_such() {
    // SPEC: OFF-7
    let mut floor = night(plain(|_| ()), &[], 3);
    floor.at_work(1, settings(1, 9, &[]));
    assert_eq!(floor.again(2), "2 → 1 by any agent");
    let (run, _) = fires(&mut floor);
    assert_eq!((run.pooled, failures(&run)), (2, vec![(Failure::ReachedAgent, 1)]));
    assert_eq!(failures(&fires(&mut floor).0), [], "once");
}

#[test]
fn what_finds_no_room_stays_with_its_reason() {
    // SPEC: DIV-4, OFF-5
    let stayed = |numbers: &[u64]| numbers.iter().map(|n| (buyer(*n), Failure::NoCapacity)).collect::<Vec<_>>();
    let mut floor = night(plain(|_| ()), &[], 5);
    floor.at_work(1, settings(1, 2, &[]));
    floor.at_work(2, settings(1, 1, &[]));
    let (run, _) = fires(&mut floor);
    assert_eq!((run.assigned.as_slice(), run.stayed), ([(AgentNo(1), 2), (AgentNo(2), 1)].as_slice(), stayed(&[2, 1])));
    // By group and by agent in the group.
    let mut floor = night(plain(|a| a.targets = Targets::Groups(vec![GroupNo(1)])), &[Some(3)], 5);
    floor.at_work(1, settings(1, 9, &[(1, Some(1))]));
    floor.at_work(2, settings(1, 9, &[(1, None)]));
    let (run, _) = fires(&mut floor);
    assert_eq!((run.assigned.as_slice(), run.stayed), ([(AgentNo(1), 1), (AgentNo(2), 2)].as_slice(), stayed(&[2, 1])));
    assert_eq!(floor.dispatcher.view().group_loads[&GroupNo(1)], 3);
}

#[test]
fn whom_no_rule_may_ask_is_out_of_scope() {
    // SPEC: OFF-7, DIV-3
    let targets = [Targets::ByRules, Targets::Groups(vec![GroupNo(1)]), Targets::Agents(vec![AgentNo(1)])];
    for targets in targets {
        let mut floor = night(plain(|a| a.targets = targets.clone()), &[None], 2);
        floor.at_work(1, settings(0, 9, &[(1, None)]));
        assert_eq!(failures(&fires(&mut floor).0), [(Failure::OutOfScope, 2)], "{targets:?}");
    }
}

#[test]
fn a_suspended_recent_contact_receives_by_rules_and_never_where_targets_are_given() {
    // SPEC: OFF-5
    let given = [
        (Targets::ByRules, HOUR, 1),
        (Targets::ByRules, 30 * HOUR, 2),
        (Targets::Groups(vec![GroupNo(1)]), HOUR, 2),
        (Targets::Agents(vec![AgentNo(1), AgentNo(2)]), HOUR, 2),
    ];
    for (targets, age, expected) in given {
        let mut floor = Floor::new(plain(|a| a.targets = targets.clone()), &[None]);
        let at = Millis(OPENS + 9 * HOUR - age);
        floor.arrive_as(1, |a| a.recent = Some((AgentNo(1), at)));
        (1..=2).for_each(|agent| drop(floor.staff(agent, settings(1, 9, &[(1, None)]))));
        floor.present(1, Suspended);
        floor.present(2, Online);
        let (run, went) = fires(&mut floor);
        assert_eq!((went.as_slice(), run.heads), ([(1, expected)].as_slice(), 1), "{targets:?} {age}");
    }
    // Suspended, alone and given: it is nobody to ask.
    let mut floor = night(plain(|a| a.targets = Targets::Agents(vec![AgentNo(1)])), &[], 1);
    floor.staff(1, settings(1, 9, &[]));
    floor.present(1, Suspended);
    assert_eq!(failures(&fires(&mut floor).0), [(Failure::TooFewAgents, 1)]);
}

#[test]
fn given_targets_do_not_ask_for_rules() {
    // SPEC: OFF-3
    let shop = with_rules(vec![rule("", to_groups(&[1]))]);
    let mut floor = night(on(shop, |a| a.targets = Targets::Agents(vec![AgentNo(2)])), &[None], 1);
    floor.at_work(1, settings(1, 9, &[(1, None)]));
    floor.at_work(2, settings(1, 9, &[]));
    assert_eq!(floor.after(9 * HOUR), "1 → 2 by given targets; slot 09:00: 1 pooled, 1 eligible, 1 taken, 1 heads; 2×1");
}

#[test]
fn the_transfer_message_goes_with_each_assignment() {
    // SPEC: OFF-6
    let mut floor = night(plain(|_| ()), &[], 1);
    floor.at_work(1, settings(1, 9, &[]));
    floor.now = OPENS + 9 * HOUR;
    let told = floor.told(Command::Wake).expect("woken");
    assert_eq!(told.effects.iter().map(effect).collect::<Vec<_>>(), ["own by agent 1 saying assigned"]);
}

#[test]
fn settings_that_change_make_no_slot_missed_and_none_lost() {
    // SPEC: OFF-3, OFF-8
    let all_day = || plain(|a| a.windows = vec![DayWindow { from_min: 0, to_min: 1_440 }]);
    let mut floor = Floor::new(quiet(), &[]);
    assert_eq!(floor.after(12 * HOUR + MINUTE), "");
    floor.set(all_day());
    assert_eq!(floor.after(29 * MINUTE).split(':').next(), Some("slot 12"), "12:30, and nothing before it");
    floor.set(quiet());
    assert_eq!(floor.after(3 * HOUR), "");
    floor.set(all_day());
    assert_eq!(floor.after(30 * MINUTE), "slot 16:00: 0 pooled, 0 eligible, 0 taken, 0 heads");
    // Edited on the boundary, in the milliseconds before the alarm is heard.
    let mut floor = night(all_day(), &[], 1);
    floor.at_work(1, settings(1, 9, &[]));
    floor.now = OPENS + HOUR / 2 + 5;
    let told = [floor.set(all_day()), floor.after(HOUR / 4)].concat();
    assert_eq!(told.matches("slot 00:30").count(), 1, "{told}");
}

/// A shop found after a restart at `now`: its last slot, and agents 1 to `agents`.
fn restarted(shop: Settings, last_slot: Option<u64>, agents: u32, now: u64) -> Floor {
    let agents = (1..=agents).map(|agent| (AgentNo(agent), settings(1, 9, &[]), Default::default())).collect();
    let last_slot = last_slot.map(Millis);
    let kept = Kept { settings: Box::new(shop), version: 1, schedule_at: Millis(OPENS), last_slot, agents, ..Kept::default() };
    Floor { dispatcher: Dispatcher::restore(SCOPE, kept), now }
}

#[test]
fn slots_missed_while_the_server_was_down_are_recorded_and_the_last_one_fires() {
    // SPEC: OFF-8
    let day = || plain(|a| a.windows = vec![DayWindow { from_min: 480, to_min: 1_380 }]);
    let at = |hours: u64, minutes: u64| OPENS + hours * HOUR + minutes * MINUTE;
    let nothing = "0 pooled, 0 eligible, 0 taken, 0 heads";
    let rows = [
        (Some(at(9, 0)), at(9, 20), String::new()),
        (Some(at(9, 0)), at(9, 30), format!("slot 09:30: {nothing}")),
        (Some(at(9, 0)), at(9, 31), format!("slot 09:30: {nothing}")),
        (Some(at(9, 0)), at(9, 32), format!("late slot 09:30: {nothing}")),
        (Some(at(9, 0)), at(10, 40), format!("missed 09:30; missed 10:00; late slot 10:30: {nothing}")),
        (Some(at(22, 30)), at(33, 10), format!("missed 23:00; missed 32:00; missed 32:30; late slot 33:00: {nothing}")),
        (Some(at(22, 30)), at(26, 0), format!("late slot 23:00: {nothing}")),
        (None, at(8, 40), format!("missed 08:00; late slot 08:30: {nothing}")),
    ];
    for (last, now, expected) in rows {
        assert_eq!(restarted(day(), last, 0, now).after(0), expected);
    }
    // A day of the shortest slots one by one; the older ones share a record.
    let five = plain(|a| (a.slot_min, a.windows) = (5, vec![DayWindow { from_min: 0, to_min: 1_440 }]));
    let told = restarted(five, None, 0, at(48, 2)).after(0);
    let told: Vec<&str> = told.split("; ").collect();
    assert_eq!((told.len(), told[0], told[1]), (290, "missed 287 from 00:05 to 23:55", "missed 24:00"));
    assert!(told[289].starts_with("late slot 48:00"), "{}", told[289]);
    let mut floor = restarted(day(), Some(at(9, 0)), 0, at(10, 40));
    floor.after(0);
    assert_eq!(floor.after(20 * MINUTE), format!("slot 11:00: {nothing}"), "and then as ever");
}

#[test]
fn the_late_slot_finds_the_agents_who_come_back() {
    // SPEC: OFF-8, DIV-6
    let shop = || plain(|_| ());
    let nothing = |_: &mut Floor| ();
    let same_settings = |floor: &mut Floor| drop(floor.set(Settings { busy_above: 9, ..plain(|_| ()) }));
    for (n, meanwhile) in [nothing as fn(&mut Floor), same_settings].into_iter().enumerate() {
        let kept = Kept {
            settings: Box::new(shop()),
            version: 1,
            schedule_at: Millis(OPENS),
            agents: vec![(AgentNo(1), settings(1, 9, &[]), Default::default())],
            open: vec![crate::presence::pooled(1, OPENS)],
            ..Kept::default()
        };
        let mut floor = Floor { dispatcher: Dispatcher::restore(SCOPE, kept), now: OPENS + 9 * HOUR + 5 * MINUTE };
        // The shop is looked at at the start; the sockets come back a little later.
        let mut told = vec![floor.after(0)];
        meanwhile(&mut floor);
        told.extend([floor.after(5_000), floor.present(1, Online), floor.after(GRACE)]);
        told.retain(|line| !line.is_empty());
        assert_eq!(told.join("; "), "1 → 1 by any agent; late slot 09:00: 1 pooled, 1 eligible, 1 taken, 1 heads; 1×1", "{n}");
    }
}

#[test]
fn an_assignment_a_crash_cut_off_is_carried_out_once() {
    // SPEC: OFF-7, OPS-2
    let mut before = night(plain(|_| ()), &[], 2);
    before.at_work(1, settings(1, 9, &[]));
    before.now = OPENS + 9 * HOUR;
    let assigned = before.told(Command::Wake).expect("woken").routed;
    // Of the two, one had reached its conversation.
    let mut followed = crate::presence::owned(2, OPENS, 1);
    let open = followed.open.as_mut().expect("open");
    open.decision = assigned[0].0.decision;
    let kept = Kept {
        settings: Box::new(plain(|_| ())),
        version: 1,
        schedule_at: Millis(OPENS),
        last_slot: Some(Millis(before.now)),
        agents: vec![(AgentNo(1), settings(1, 9, &[]), Default::default())],
        open: vec![crate::presence::pooled(1, OPENS), followed],
        assigned,
        ..Kept::default()
    };
    let mut floor = Floor { dispatcher: Dispatcher::restore(SCOPE, kept), now: before.now + 1 };
    assert_eq!((floor.load(1), floor.dispatcher.pooled()), (2, 0));
    let told = floor.told(Command::Wake).expect("woken");
    assert_eq!(told.effects.iter().map(effect).collect::<Vec<_>>(), ["own by agent 1 saying assigned"]);
    assert_eq!((told.routed.len(), told.runs.len()), (0, 0), "it is recorded already");
    assert_eq!(floor.present(1, Online), "");
    assert_eq!(floor.after(MINUTE), "");
}
