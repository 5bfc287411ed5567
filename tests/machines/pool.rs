//! OFF-2 and what the pool is told between two firings.

use crate::floor::{Floor, MINUTE, buyer, disabled, quiet, settings, to, to_group};
use crate::inbox::Inbox;
use crate::{HOUR, automatic};
use fenliu::domain::dispatcher::{Command, TransferTo};
use fenliu::domain::event::Presence::{Offline, Online, Suspended};
use fenliu::domain::id::AgentNo;
use fenliu::domain::offline::{Failure, Firing, Operator};
use fenliu::domain::{Answer, Reply};

fn by_hand(floor: &mut Floor, numbers: &[u64], to: TransferTo) -> String {
    let conversations = numbers.iter().map(|n| buyer(*n)).collect();
    let told = match floor.told(Command::AssignByHand { by: AgentNo(9), conversations, to, reason: "r".into() }) {
        Ok(told) => told,
        Err(refusal) => return format!("refused: {refusal:?}"),
    };
    let Some(Answer::Reply(Reply::AssignedByHand { results })) = told.answer else { panic!("no results") };
    assert_eq!(
        results.iter().map(|(conversation, _)| crate::floor::number(*conversation)).collect::<Vec<_>>(),
        numbers,
        "one a name, in order"
    );
    let run = told.runs.last().expect("a record");
    assert_eq!((run.firing, run.operator, run.eligible as usize), (Firing::ByHand, Operator::Account(AgentNo(9)), numbers.len()));
    let went = results.iter().filter(|(_, result)| result.is_ok()).count() as u32;
    let failed: u32 = run.failures.iter().map(|(_, count)| count).sum();
    assert_eq!((run.moved(), failed), (went, numbers.len() as u32 - went), "nothing fails without a reason: {run:?}");
    let result = |result: &Result<(AgentNo, bool), Failure>| match result {
        Ok((agent, over)) => format!("{}{}", agent.0, if *over { " over" } else { "" }),
        Err(why) => format!("{why:?}"),
    };
    results.iter().map(|(_, r)| result(r)).collect::<Vec<_>>().join(", ")
}

/// Buyers 1 to 4 in the pool; agents 1 and 2 in a group with room for two and one.
fn pooled() -> Floor {
    let mut floor = Floor::new(quiet(), &[None, Some(1)]);
    (1..=4).for_each(|number| drop(floor.arrive(number)));
    floor.at_work(1, settings(1, 2, &[(1, None)]));
    floor.at_work(2, settings(1, 1, &[(1, None), (2, None)]));
    floor
}

#[test]
fn many_are_assigned_by_hand_each_with_its_own_result() {
    // SPEC: OFF-2, OFF-7, DIV-4
    let mut floor = pooled();
    assert_eq!(by_hand(&mut floor, &[4, 3, 2, 1], to_group(1)), "1, 2, 1, NoCapacity");
    assert_eq!((floor.load(1), floor.load(2), floor.dispatcher.pooled()), (2, 1, 1));
    let mut floor = pooled();
    assert_eq!(by_hand(&mut floor, &[1, 2, 3, 4], to_group(2)), "2, NoCapacity, NoCapacity, NoCapacity");
    let mut floor = pooled();
    assert_eq!(by_hand(&mut floor, &[1, 2], to(2)), "2, 2 over", "only a person may exceed a limit, and is told");
    floor.present(1, Suspended);
    assert_eq!(by_hand(&mut floor, &[3], to(1)), "1", "a person may name a suspended agent");
    assert_eq!(by_hand(&mut floor, &[], to(1)), "");
}

#[test]
fn who_is_not_in_the_pool_any_more_stays_where_it_is() {
    // SPEC: OFF-2, OFF-7
    let mut floor = pooled();
    floor.transfer(1, 9, to(1));
    floor.close(2);
    assert_eq!(by_hand(&mut floor, &[1, 3, 2, 77, 3], to(2)), "NotInPool, 2, NotInPool, NotInPool, NotInPool");
    assert_eq!((floor.load(1), floor.load(2), floor.dispatcher.pooled()), (1, 1, 1));
}

#[test]
fn whom_nobody_can_name() {
    // SPEC: OFF-2
    let mut floor = pooled();
    assert_eq!(by_hand(&mut floor, &[1], to(7)), "refused: NotFound { what: \"agent\" }");
    assert_eq!(by_hand(&mut floor, &[1], to_group(7)), "refused: NotFound { what: \"group\" }");
    floor.present(1, Offline);
    assert_eq!(by_hand(&mut floor, &[1], to(1)), "refused: AgentNotOnline");
    floor.staff(2, disabled());
    assert_eq!(by_hand(&mut floor, &[1], to(2)), "refused: AgentNotServing");
    assert_eq!(by_hand(&mut floor, &[1], to_group(1)), "NoCapacity");
}

#[test]
fn a_run_by_hand_leaves_the_schedule_alone() {
    // SPEC: OFF-3
    let mut floor = Floor::new(automatic::on(quiet(), |_| ()), &[]);
    floor.arrive(1);
    floor.at_work(1, settings(1, 9, &[]));
    floor.after(2 * HOUR);
    by_hand(&mut floor, &[1], to(1));
    assert_eq!(floor.after(7 * HOUR), "slot 09:00: 0 pooled, 0 eligible, 0 taken, 1 heads; ReachedAgent×1");
}

#[test]
fn the_buyer_writes_again_in_the_pool() {
    // SPEC: OFF-1, DIV-5
    let mut inbox = Inbox::new(quiet(), &[]);
    let pooled = "1: reception 1 pooled from nobody, the offline way";
    assert!(inbox.send(1, "在吗").ends_with(pooled));
    assert_eq!(inbox.send(1, "在吗在吗"), "", "nobody is there yet");
    inbox.at_work(1, settings(1, 1, &[]));
    assert_eq!(inbox.send(1, "?"), "1: reception 1 owned by agent 1 from nobody");
    inbox.present(1, Offline);
    assert!(inbox.send(2, "在吗").ends_with("2: reception 1 pooled from nobody, the offline way"));
    inbox.present(1, Online);
    assert_eq!(inbox.send(2, "?"), "2: reception 1 queued behind 0 from nobody");
    let said = |inbox: &Inbox| inbox.talks[&buyer(2)].last_seq;
    assert_eq!(said(&inbox), 3, "two of the buyer's, and the off-hours text once");
}

#[test]
fn what_the_buyer_writes_in_the_pool_is_unanswered_where_it_goes() {
    // SPEC: DIV-3, DIV-6
    // Answered, passed on, it waited too long: in the pool the last word is ours. Then the buyer writes.
    let mut shop = quiet();
    shop.queue.wait_ms_max = Some(MINUTE);
    let mut inbox = Inbox::new(shop, &[None]);
    inbox.at_work(1, settings(1, 9, &[]));
    inbox.at_work(2, settings(1, 0, &[(1, None)]));
    inbox.send(1, "在吗");
    inbox.answer(1, 1);
    inbox.transfer(1, 1, to_group(1));
    assert_eq!(inbox.after(MINUTE), "1: reception 1 pooled from nobody, the offline way");
    (1..=2).for_each(|agent| drop(inbox.present(agent, Offline)));
    assert_eq!(inbox.send(1, "?"), "");
    inbox.present(1, Online);
    let conversations = vec![buyer(1)];
    inbox.ask(Command::AssignByHand { by: AgentNo(9), conversations, to: to(1), reason: "r".into() });
    assert_eq!(inbox.talks[&buyer(1)].open.as_ref().and_then(|open| open.unanswered_since).map(|at| at.0), Some(inbox.floor.now));
    assert_eq!(inbox.floor.unanswered(1), 1);
}

#[test]
fn news_that_crosses_the_way_into_the_pool_loses_nobody() {
    // SPEC: OFF-2, OFF-3
    // The buyer's second message was told as of a reception that waits; meanwhile the dispatcher has put it into the pool.
    let news: [fn(&mut Floor); 2] = [|floor| drop(floor.ask(1, floor.now)), |floor| drop(floor.write(1))];
    for news in news {
        let mut floor = Floor::new(automatic::on(quiet(), |a| a.range = fenliu::domain::offline::Range::Every), &[]);
        floor.arrive(1);
        floor.now += MINUTE;
        news(&mut floor);
        assert_eq!(floor.dispatcher.pooled(), 1);
        floor.close(1);
        assert_eq!(floor.dispatcher.pooled(), 0, "nobody is left");
    }
    let mut floor = Floor::new(automatic::on(quiet(), |a| a.range = fenliu::domain::offline::Range::AskedForPerson), &[]);
    floor.arrive(1);
    floor.ask(1, floor.now);
    floor.at_work(1, settings(1, 9, &[]));
    assert!(floor.after(9 * HOUR).starts_with("1 → 1 by any agent; slot 09:00"), "the buyer asked for a person");
}

#[test]
fn what_becomes_known_of_a_buyer_who_is_served_counts_when_the_agent_leaves() {
    // SPEC: DIV-5, DIV-6
    use fenliu::domain::facts::{Priority, Profile};
    let mut inbox = Inbox::new(quiet(), &[]);
    inbox.at_work(1, settings(1, 9, &[]));
    [1, 2].into_iter().for_each(|of| drop(inbox.send(of, "在吗")));
    let profile = Profile { priority: Priority::Urgent, ..Profile::default() };
    inbox.tell(
        2,
        fenliu::domain::conversation::Command::SetProfile {
            buyer: "2".into(),
            profile,
            by: fenliu::domain::event::Actor::Platform("p".into()),
            desk: Default::default(),
        },
    );
    inbox.at_work(2, settings(1, 0, &[]));
    inbox.present(1, Offline);
    inbox.after(MINUTE);
    assert_eq!(inbox.floor.queue(), [2, 1]);
    assert_eq!(inbox.restarted().queue(), [2, 1]);
}

#[test]
fn what_is_known_of_a_buyer_in_the_pool_is_what_is_known_now() {
    // SPEC: OFF-5, DIV-2
    use fenliu::domain::conversation;
    use fenliu::domain::diversion::condition::Condition;
    use fenliu::domain::facts::{OrderState, OrderStatus};
    let when = Condition::Order(vec![OrderStatus::Paid]);
    let paid = fenliu::domain::diversion::Rule { name: "paid".into(), when, target: crate::floor::to_agents(&[2]) };
    let shop = automatic::on(crate::floor::with_rules(vec![paid]), |_| ());
    let mut inbox = Inbox::new(shop, &[]);
    inbox.send(1, "在吗");
    let (order, state, since) = ("o".into(), OrderState::Paid, fenliu::domain::id::Millis(1));
    inbox.tell(1, conversation::Command::NoteOrder { order, state, since, desk: Default::default() });
    (1..=2).for_each(|agent| drop(inbox.at_work(agent, settings(1, 9, &[]))));
    assert_eq!(inbox.after(9 * HOUR), "1: reception 1 owned by agent 2 from nobody");
}
