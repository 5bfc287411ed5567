//! DIV-8: what a person decides, and what of it outlives the moment.

use crate::HOUR;
use crate::floor::{Floor, disabled, quiet, settings, to, to_group};
use crate::inbox::Inbox;
use fenliu::domain::event::Presence::{Offline, Online, Suspended};

#[test]
fn a_person_may_pass_over_a_capacity_and_is_told() {
    // SPEC: DIV-4, DIV-8
    let mut floor = Floor::new(quiet(), &[]);
    floor.at_work(1, settings(1, 1, &[]));
    floor.at_work(2, settings(1, 1, &[]));
    floor.arrive(1);
    floor.arrive(2);
    assert_eq!(floor.transfer(1, 1, to(2)), "1 → 2 by hand of 1 over capacity");
    assert_eq!(floor.load(2), 2);
    assert_eq!(floor.arrive(3), "3 → 1 by any agent");
    assert_eq!(floor.arrive(4), "4 → queue by any agent");
    assert_eq!(floor.close(1), "", "one over the limit less is at the limit");
    assert_eq!(floor.close(2), "4 → 2 by any agent");
    assert_eq!(floor.transfer(4, 2, to(2)), "refused: Invalid { field: \"agent\", problem: \"this agent has the conversation already\" }");
    assert_eq!(floor.transfer(4, 2, to(7)), "refused: NotFound { what: \"agent\" }");
    assert_eq!(floor.transfer(4, 2, to_group(7)), "refused: NotFound { what: \"group\" }");
    assert_eq!(floor.transfer(99, 2, to(1)), "refused: ReceptionClosed");
    floor.present(1, Offline);
    assert_eq!(floor.transfer(4, 2, to(1)), "refused: AgentNotOnline");
    floor.present(1, Suspended);
    assert_eq!(floor.transfer(4, 2, to(1)), "4 → 1 by hand of 2 over capacity", "a person may pass to a suspended agent");
    floor.staff(2, disabled());
    assert_eq!(floor.transfer(4, 1, to(2)), "refused: AgentNotServing");
}

#[test]
fn the_person_is_told_only_where_the_limit_is_exceeded() {
    // SPEC: DIV-4
    for (capacity, over) in [(0, true), (1, false), (2, false)] {
        let mut floor = Floor::new(quiet(), &[]);
        floor.at_work(1, settings(1, 1, &[]));
        floor.at_work(2, settings(0, capacity, &[]));
        floor.arrive(1);
        assert_eq!(floor.transfer(1, 1, to(2)).ends_with("over capacity"), over, "{capacity}");
    }
}

#[test]
fn a_group_someone_was_passed_to_binds() {
    // SPEC: DIV-8
    let mut floor = Floor::new(quiet(), &[None]);
    floor.at_work(1, settings(1, 5, &[]));
    floor.at_work(2, settings(1, 1, &[(1, None)]));
    floor.arrive_again(1, 1, HOUR);
    floor.transfer(1, 1, to_group(1));
    assert_eq!(floor.load(2), 1);
    floor.arrive_again(2, 1, HOUR);
    assert_eq!(floor.transfer(2, 1, to_group(1)), "2 → queue by hand of 1");
    assert_eq!(floor.present(2, Suspended), "", "agent 1 has room and spoke with the buyer, but the buyer was passed on");
    assert_eq!(floor.present(2, Online), "");
    assert_eq!(floor.learn(2, |a| a.facts.level = "gold".into()), "2 → queue by passed to group 1", "also when more is known");
    assert_eq!(floor.close(1), "2 → 2 in group 1 by passed to group 1");
}

#[test]
fn passing_to_a_group_obeys_its_limits_and_not_to_oneself() {
    // SPEC: DIV-4, DIV-8
    let mut floor = Floor::new(quiet(), &[Some(1)]);
    floor.at_work(1, settings(1, 9, &[(1, None)]));
    floor.arrive(1);
    floor.arrive(2);
    floor.at_work(2, settings(1, 9, &[(1, None)]));
    (3..=6).for_each(|number| drop(floor.arrive(number)));
    assert_eq!((floor.load(1), floor.load(2)), (3, 3));
    floor.close(4);
    assert_eq!(floor.transfer(1, 1, to_group(1)), "1 → 2 in group 1 by hand of 1");
    assert_eq!(floor.transfer(2, 1, to_group(1)), "2 → queue by hand of 1", "the group has one place");
    // Alone in the group, it would come straight back: refused, and nothing has changed.
    let mut floor = Floor::new(quiet(), &[None]);
    floor.at_work(1, settings(1, 1, &[(1, None)]));
    floor.arrive(1);
    let refused = "refused: Invalid { field: \"group\", problem: \"nobody else of this group can take it now\" }";
    assert_eq!(floor.transfer(1, 1, to_group(1)), refused);
    assert_eq!(floor.load(1), 1);
    floor.at_work(2, settings(1, 0, &[(1, None)]));
    assert_eq!(floor.transfer(1, 1, to_group(1)), refused);
    floor.staff(2, settings(1, 1, &[(1, None)]));
    assert_eq!(floor.transfer(1, 1, to_group(1)), "1 → 2 in group 1 by hand of 1");
}

#[test]
fn a_person_takes_one_out_of_the_queue_or_the_pool() {
    // SPEC: DIV-4, OFF-2
    let mut floor = Floor::new(quiet(), &[None]);
    floor.arrive(1);
    floor.at_work(1, settings(1, 0, &[(1, None)]));
    floor.arrive(2);
    assert_eq!((floor.queue(), floor.dispatcher.pooled()), (vec![2], 1));
    floor.now += 1;
    assert_eq!(floor.transfer(1, 9, to_group(1)), "1 → queue by hand of 9");
    assert_eq!((floor.queue(), floor.dispatcher.pooled()), (vec![2, 1], 0), "behind whoever came before it came back");
    assert_eq!(floor.transfer(2, 9, to(1)), "2 → 1 by hand of 9 over capacity");
    assert_eq!(floor.queue(), [1]);
}

#[test]
fn the_unanswered_round_stays_with_whoever_passed_it_on() {
    // SPEC: DIV-8, MET-4
    let mut inbox = Inbox::new(quiet(), &[None]);
    inbox.at_work(1, settings(1, 9, &[]));
    inbox.send(1, "在吗");
    inbox.at_work(2, settings(1, 0, &[(1, None)]));
    let began = inbox.floor.now;
    assert_eq!(inbox.transfer(1, 1, to_group(1)), "1: reception 1 queued in group 1 behind 0 from agent 1, by a person");
    inbox.after(1_000);
    let told = inbox.at_work(2, settings(1, 1, &[(1, None)]));
    assert_eq!(told, "");
    assert_eq!(inbox.floor.owner(1).map(|a| a.0), Some(2));
    let answered = format!("1: round {began}–{} answered by agent 2, 1 read, charged to agent 1", began + 1_000);
    assert_eq!(inbox.answer(1, 2), answered);
    inbox.send(1, "好的");
    assert!(inbox.answer(1, 2).ends_with("answered by agent 2, 1 read"), "the next round is its own");
}

#[test]
fn a_wait_for_a_group_ends_in_the_pool_and_with_it_the_group() {
    // SPEC: DIV-5, DIV-8, OFF-5
    let mut shop = quiet();
    shop.queue.wait_ms_max = Some(60_000);
    let mut inbox = Inbox::new(shop, &[None]);
    inbox.at_work(1, settings(1, 9, &[]));
    inbox.at_work(2, settings(1, 0, &[(1, None)]));
    inbox.send(1, "在吗");
    inbox.transfer(1, 1, to_group(1));
    assert_eq!(inbox.after(60_000), "1: reception 1 pooled from nobody, the offline way");
    // Both the dispatcher and the conversation have let the group go.
    let mut live = std::mem::replace(&mut inbox.floor, Floor::new(quiet(), &[]));
    inbox.floor.now = live.now;
    let slot = crate::automatic::on(quiet(), |_| ());
    let mut restarted = inbox.restarted();
    restarted.at_work(1, settings(1, 9, &[]));
    restarted.at_work(2, settings(1, 0, &[(1, None)]));
    let told = [&mut live, &mut restarted].map(|floor| {
        floor.set(slot.clone());
        floor.after(9 * HOUR)
    });
    assert_eq!(told[0].split("; ").next(), Some("1 → 1 by any agent"), "{told:?}");
    assert_eq!(told[0], told[1], "and after a restart");
}
