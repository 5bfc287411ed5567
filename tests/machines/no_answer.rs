//! DIV-7: who does not answer in time loses the reception to another.

use crate::floor::{Floor, MINUTE, OPENS, buyer, quiet, rule, settings, to, to_agents, with_rules};
use crate::inbox::Inbox;
use fenliu::domain::diversion::{NoAnswer, Settings};
use fenliu::domain::event::Presence::{self, Offline, Online, Suspended};
use fenliu::domain::explain::Cause;
use fenliu::domain::id::AgentNo;

const N: u64 = 5 * MINUTE;

fn rules(later_rounds: bool, moves_max: u32, suspend_after: Option<u32>) -> Settings {
    Settings { no_answer: NoAnswer { after_ms: Some(N), later_rounds, moves_max, suspend_after }, ..quiet() }
}

/// Agents 1 to `agents` at work.
fn floor(shop: Settings, agents: u32) -> Floor {
    let mut floor = Floor::new(shop, &[]);
    (1..=agents).for_each(|agent| drop(floor.at_work(agent, settings(1, 9, &[]))));
    floor
}

#[test]
fn off_by_default() {
    // SPEC: DIV-7
    let mut floor = floor(quiet(), 3);
    floor.arrive(1);
    assert_eq!(floor.after(100 * N), "");
}

#[test]
fn who_does_not_answer_in_time_loses_the_reception() {
    // SPEC: DIV-7
    let mut floor = floor(rules(false, 10, None), 3);
    assert_eq!(floor.arrive(1), "1 → 1 by any agent");
    assert_eq!(floor.after(N - 1), "");
    assert_eq!(floor.after(1), "1 → 2 by any agent");
    assert_eq!(floor.after(N - 1), "", "the next agent has as long");
    assert_eq!(floor.after(1), "1 → 3 by any agent", "who missed it is not asked again");
    assert_eq!(floor.after(10 * N), "", "nobody else is left: who has it keeps it");
    assert_eq!((floor.load(1), floor.load(2), floor.load(3)), (0, 0, 1));
}

#[test]
fn an_answer_in_time_keeps_the_reception() {
    // SPEC: DIV-7
    let mut first_only = floor(rules(false, 10, None), 2);
    first_only.arrive(1);
    first_only.after(N - 1);
    first_only.answer(1);
    assert_eq!(first_only.after(10 * N), "");
    first_only.write(1);
    assert_eq!(first_only.after(10 * N), "", "later rounds are not watched");
    let mut each = floor(rules(true, 10, None), 2);
    each.arrive(1);
    each.answer(1);
    each.after(10 * N);
    each.write(1);
    assert_eq!(each.after(N - 1), "");
    assert_eq!(each.after(1), "1 → 2 by any agent");
    each.answer(1);
    each.write(1);
    assert_eq!(each.after(N), "", "agent 1 missed it and is not asked again");
    // The round of the next agent is a first one, also where later rounds are not watched.
    let mut passed = floor(rules(false, 10, None), 3);
    passed.arrive(1);
    passed.answer(1);
    passed.write(1);
    passed.after(2 * N);
    passed.transfer(1, 1, to(2));
    assert_eq!(passed.after(N - 1), "");
    assert_eq!(passed.after(1), "1 → 1 by recent contact 1", "who passed it on has spoken with the buyer, and missed nothing");
}

#[test]
fn a_reception_is_moved_at_most_so_often() {
    // SPEC: DIV-7
    for moves_max in 1..=10 {
        let mut floor = floor(rules(false, moves_max, None), 20);
        floor.arrive(1);
        let told = floor.after(100 * N);
        assert_eq!(told.split("; ").count(), moves_max as usize, "{told}");
    }
}

#[test]
fn the_move_says_so() {
    // SPEC: DIV-7, DIV-9
    let mut floor = floor(rules(false, 3, None), 3);
    floor.arrive(1);
    floor.now += N;
    let (arrival, why) = floor.decisions(fenliu::domain::dispatcher::Command::Wake).remove(0);
    assert_eq!((why.cause, why.from), (Cause::NoAnswer { after_ms: N, moves: 1 }, Some(AgentNo(1))));
    assert_eq!(arrival.missed, [AgentNo(1)]);
    let missed = why.seen.iter().find(|seen| seen.agent == AgentNo(1)).and_then(|seen| seen.excluded);
    assert_eq!(missed, Some(fenliu::domain::explain::Exclusion::Missed));
}

#[test]
fn who_is_full_or_out_of_scope_takes_nothing_over() {
    // SPEC: DIV-4, DIV-7
    let mut shop = with_rules(vec![rule("", to_agents(&[1, 2]))]);
    shop.no_answer = rules(false, 3, None).no_answer;
    let mut floor = floor(shop, 3);
    floor.staff(2, settings(1, 0, &[]));
    floor.arrive(1);
    assert_eq!(floor.after(N), "");
    floor.staff(2, settings(1, 1, &[]));
    assert_eq!(floor.after(N - 1), "", "looked at again when the time has passed once more");
    assert_eq!(floor.after(1), "1 → 2 by rule 0");
}

#[test]
fn the_freed_place_goes_to_who_waits() {
    // SPEC: DIV-5, DIV-7
    let mut shop = with_rules(vec![rule("b", to_agents(&[1]))]);
    shop.no_answer = rules(false, 3, None).no_answer;
    let mut floor = floor(shop, 1);
    floor.staff(1, settings(1, 1, &[]));
    assert_eq!(floor.arrive(1), "1 → 1 by any agent");
    assert_eq!(floor.arrive_by(2, "b"), "2 → queue by rule 0");
    floor.at_work(2, settings(1, 1, &[]));
    assert_eq!(floor.after(N), "1 → 2 by any agent; 2 → 1 by rule 0");
}

#[test]
fn who_misses_too_many_in_a_row_is_suspended() {
    // SPEC: DIV-7
    let mut floor = floor(rules(false, 10, Some(2)), 2);
    floor.arrive_again(1, 1, 1);
    floor.arrive_again(2, 1, 1);
    assert_eq!(floor.after(N - 1), "1 → 2 by any agent");
    assert_eq!(floor.after(1), "2 → 2 by any agent; suspend 1");
    floor.present(1, Suspended);
    // Alone, it keeps what it has, and is suspended all the same.
    let mut alone = self::floor(rules(false, 10, Some(2)), 1);
    alone.arrive(1);
    assert_eq!(alone.after(N), "");
    assert_eq!(alone.after(N), "suspend 1");
    alone.present(1, Suspended);
    assert_eq!(alone.load(1), 1);
    // Never, where it is not set.
    let mut never = self::floor(rules(false, 10, None), 1);
    never.arrive(1);
    assert_eq!(never.after(50 * N), "");
}

#[test]
fn an_answer_wipes_out_the_misses() {
    // SPEC: DIV-7
    let mut floor = floor(rules(false, 10, Some(2)), 2);
    floor.arrive_again(1, 1, 1);
    assert_eq!(floor.after(N), "1 → 2 by any agent");
    floor.arrive_again(2, 1, 1);
    floor.answer(2);
    floor.arrive_again(3, 1, 1);
    assert_eq!(floor.after(N), "3 → 2 by any agent", "the first in a row again");
    floor.arrive_again(4, 1, 1);
    assert!(floor.after(N).ends_with("suspend 1"));
}

#[test]
fn a_broken_connection_wipes_out_no_miss_and_being_resumed_does() {
    // SPEC: DIV-6, DIV-7
    let rows: [(&[Presence], bool); 4] =
        [(&[], true), (&[Offline, Online], true), (&[Suspended, Online], false), (&[Offline, Suspended, Online], false)];
    for (between, suspended) in rows {
        let mut floor = floor(rules(false, 10, Some(2)), 2);
        floor.arrive_again(1, 1, 1);
        assert_eq!(floor.after(N), "1 → 2 by any agent");
        between.iter().for_each(|presence| drop(floor.present(1, *presence)));
        floor.arrive_again(2, 1, 1);
        // BUG T6: a page that is loaded again is no answer.
        assert_eq!(floor.after(N).contains("suspend 1"), suspended, "{between:?}");
    }
}

#[test]
fn a_miss_is_counted_once_for_each_time_that_passes() {
    // SPEC: DIV-7
    // The buyer asks for a person, or the shop edits its settings, after the agent missed once and kept it.
    let news: [fn(&mut Floor) -> String; 2] = [|floor| floor.ask(1, OPENS + 1), |floor| floor.set(rules(false, 10, Some(2)))];
    for (n, news) in news.into_iter().enumerate() {
        let mut floor = floor(rules(false, 10, Some(2)), 1);
        floor.arrive(1);
        assert_eq!(floor.after(N), "");
        assert_eq!(floor.after(MINUTE), "");
        assert_eq!(news(&mut floor), "", "news {n}");
        assert_eq!(floor.after(N - MINUTE - 1), "", "news {n}: one miss so far");
        assert_eq!(floor.after(1), "suspend 1");
    }
}

#[test]
fn a_presence_that_changes_does_not_stop_the_clock() {
    // SPEC: DIV-7
    let mut floor = floor(rules(false, 10, None), 2);
    floor.arrive(1);
    floor.after(N - MINUTE / 2);
    floor.present(1, Offline);
    assert_eq!(floor.after(MINUTE / 2), "1 → 2 by any agent", "within its grace, but the time has passed");
}

#[test]
fn the_offline_way_is_not_watched() {
    // SPEC: DIV-7, OFF-1
    let mut shop = rules(false, 10, None);
    shop.offline.way = fenliu::domain::offline::Way::Deputy(AgentNo(1));
    let mut floor = Floor::new(shop, &[]);
    floor.staff(1, settings(1, 9, &[]));
    assert_eq!(floor.arrive(1), "1 → 1 by nobody online");
    floor.at_work(2, settings(1, 9, &[]));
    assert_eq!(floor.after(10 * N), "");
    assert_eq!(floor.dispatcher.view().receptions[&buyer(1)].1, Some(AgentNo(1)));
}

#[test]
fn who_waits_does_not_go_back_to_who_missed_it() {
    // SPEC: DIV-5, DIV-7
    let mut floor = floor(rules(false, 10, None), 2);
    floor.arrive(1);
    assert_eq!(floor.after(N), "1 → 2 by any agent");
    floor.present(2, Offline);
    assert_eq!(floor.after(MINUTE), "1 → queue by any agent", "agent 1 has room, but missed it");
    assert_eq!(floor.arrive(3), "3 → 1 by any agent", "whom the older one cannot be given to");
    assert_eq!(floor.present(2, Online), "1 → 2 by any agent");
}

#[test]
fn who_missed_stays_missed_through_a_restart() {
    // SPEC: DIV-7, OPS-2
    let mut inbox = Inbox::new(rules(false, 10, None), &[]);
    (1..=3).for_each(|agent| drop(inbox.at_work(agent, settings(1, 9, &[]))));
    inbox.send(1, "在吗");
    let moved = inbox.after(N);
    assert_eq!(moved, "1: reception 1 owned by agent 2 from agent 1, after no answer");
    let mut floor = inbox.restarted();
    assert_eq!(floor.after(N - 1), "");
    assert_eq!(floor.after(1), "1 → 3 by any agent");
}
