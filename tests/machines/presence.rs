//! DIV-6: presence, its grace, and the grace of a restart.

use crate::floor::{Floor, GRACE, OPENS, buyer, disabled, quiet, settings};
use crate::{HOUR, SCOPE};
use fenliu::domain::Machine;
use fenliu::domain::conversation::Conversation;
use fenliu::domain::dispatcher::{Dispatcher, Kept};
use fenliu::domain::diversion::Settings;
use fenliu::domain::event::Presence::{Offline, Online, Suspended};
use fenliu::domain::event::{Author, Event, Handing, RetryKey};
use fenliu::domain::facts::{Priority, Visit};
use fenliu::domain::id::{AgentNo, Millis};

/// One agent at work, capacity as given.
fn alone(capacity: u32) -> Floor {
    let mut floor = Floor::new(quiet(), &[]);
    floor.at_work(1, settings(1, capacity, &[]));
    floor
}

#[test]
fn offline_for_longer_than_the_grace_loses_the_unanswered() {
    // SPEC: DIV-6
    let mut floor = alone(5);
    (1..=3).for_each(|number| drop(floor.arrive(number)));
    floor.answer(2);
    floor.at_work(2, settings(1, 5, &[]));
    assert_eq!(floor.present(1, Offline), "");
    assert_eq!(floor.after(GRACE - 1), "");
    assert_eq!(floor.after(1), "1 → 2 by any agent; 3 → 2 by any agent");
    assert_eq!(floor.after(HOUR), "", "the answered one waits for the buyer's next message");
    assert_eq!(floor.write(2), "2 → 2 by any agent");
    assert_eq!(floor.unanswered(2), 3, "and is counted as unanswered where it went");
    assert_eq!((floor.load(1), floor.load(2)), (0, 3));
    floor.present(2, Offline);
    let all = "1 → pool by nobody online; 2 → pool by nobody online; 3 → pool by nobody online";
    assert_eq!(floor.after(GRACE), all);
}

#[test]
fn the_grace_is_a_setting() {
    // SPEC: DIV-6
    for grace in [0, 1, 10 * GRACE] {
        let mut floor = Floor::new(Settings { offline_grace_ms: grace, ..quiet() }, &[]);
        (1..=2).for_each(|agent| drop(floor.at_work(agent, settings(1, 5, &[]))));
        floor.arrive(1);
        assert_eq!(floor.present(1, Offline), if grace == 0 { "1 → 2 by any agent" } else { "" });
        assert_eq!(floor.after(grace.saturating_sub(1)), "");
        assert_eq!(floor.after(1), if grace == 0 { "" } else { "1 → 2 by any agent" });
    }
}

#[test]
fn a_broken_connection_costs_nothing() {
    // SPEC: DIV-6
    let mut floor = alone(5);
    floor.at_work(2, settings(1, 5, &[]));
    (1..=4).for_each(|number| drop(floor.arrive(number)));
    for _ in 0..3 {
        floor.present(1, Offline);
        assert_eq!(floor.after(GRACE - 1), "");
        assert_eq!(floor.write(1), "", "also when the buyer writes meanwhile");
        floor.present(1, Online);
    }
    assert_eq!(floor.after(10 * GRACE), "");
    floor.present(1, Suspended);
    assert_eq!(floor.after(10 * GRACE), "", "suspending keeps what one has");
    assert_eq!(floor.load(1), 2);
    // Back as suspended is back.
    floor.present(1, Offline);
    floor.after(GRACE - 1);
    floor.present(1, Suspended);
    assert_eq!(floor.after(10 * GRACE), "");
}

#[test]
fn several_who_went_give_theirs_oldest_first() {
    // SPEC: DIV-5, DIV-6
    let mut floor = Floor::new(quiet(), &[]);
    floor.at_work(1, settings(1, 1, &[]));
    floor.at_work(2, settings(1, 1, &[]));
    floor.arrive(8);
    floor.arrive(7);
    floor.at_work(3, settings(1, 1, &[]));
    floor.present(2, Offline);
    floor.present(1, Offline);
    assert_eq!(floor.after(GRACE), "8 → 3 by any agent; 7 → queue by any agent");
    // Also among the receptions of one, and with one who waits between them.
    let mut floor = alone(2);
    floor.arrive(8);
    floor.arrive_as(6, |a| a.priority = Priority::Urgent);
    floor.arrive(7);
    floor.at_work(3, settings(1, 2, &[]));
    assert_eq!(floor.queue(), [0; 0]);
    floor.arrive(9);
    floor.arrive(5);
    assert_eq!(floor.queue(), [5]);
    floor.present(1, Offline);
    assert_eq!(floor.after(GRACE), "6 → queue by any agent; 8 → queue by any agent");
    assert_eq!(floor.queue(), [6, 8, 5]);
}

#[test]
fn an_account_that_may_not_serve_gives_up_whom_it_has_at_once() {
    // SPEC: DIV-6, GRD-8
    for presence in [Online, Suspended, Offline] {
        let mut floor = alone(5);
        (1..=3).for_each(|number| drop(floor.arrive(number)));
        floor.answer(2);
        floor.at_work(2, settings(1, 5, &[]));
        floor.present(1, presence);
        assert_eq!(floor.staff(1, disabled()), "1 → 2 by any agent; 3 → 2 by any agent", "{presence:?}");
        assert_eq!(floor.after(HOUR), "", "the answered one waits for the buyer's next message");
        assert_eq!(floor.write(2), "2 → 2 by any agent");
        // What it may serve again it does, but what went stays where it is.
        assert_eq!(floor.at_work(1, settings(1, 5, &[])), "");
        assert_eq!((floor.load(1), floor.load(2)), (0, 3));
    }
    // Nobody else is there: offline handling, not the account that is here and may not answer.
    let mut floor = alone(5);
    floor.arrive(1);
    assert_eq!(floor.staff(1, disabled()), "1 → pool by nobody online");
    assert_eq!(floor.write(1), "");
}

#[test]
fn what_came_by_the_offline_way_leaves_an_account_that_may_not_serve() {
    // SPEC: DIV-6, GRD-8, OFF-1
    let mut floor = restarted(quiet(), 2, vec![owned_by(1, 50, 1, Handing::OfflineWay), owned(2, 60, 1)]);
    floor.after(GRACE / 2);
    floor.present(2, Online);
    assert_eq!(floor.staff(1, disabled()), "1 → 2 by any agent; 2 → 2 by any agent");
}

#[test]
fn an_account_barred_before_a_crash_gives_up_whom_it_has_when_it_comes_or_the_grace_is_over() {
    // SPEC: DIV-6, GRD-8, OPS-2
    let shop = || {
        let (post, open) = (Default::default(), vec![owned(1, 50, 1), owned_by(2, 60, 1, Handing::OfflineWay)]);
        let agents = vec![(AgentNo(1), disabled(), post), (AgentNo(2), settings(1, 9, &[]), post)];
        let kept = Kept { settings: Box::new(quiet()), version: 1, schedule_at: Millis(OPENS), agents, open, ..Kept::default() };
        let mut floor = Floor { dispatcher: Dispatcher::restore(SCOPE, kept), now: OPENS + HOUR };
        floor.after(GRACE / 2);
        floor.present(2, Online);
        floor
    };
    assert_eq!(shop().present(1, Online), "1 → 2 by any agent; 2 → 2 by any agent");
    assert_eq!(shop().after(GRACE), "1 → 2 by any agent; 2 → 2 by any agent");
}

/// The head of buyer `number`'s conversation: written to at `at`, then where it was put.
fn head(number: u64, at: u64, put: Option<Event>) -> Conversation {
    let (conversation, at, reception) = (buyer(number), Millis(at), 1);
    let mut talk = Conversation::new(SCOPE, conversation);
    let (buyer, name, visit) = ("b".to_string(), String::new(), Visit::default());
    talk.apply(&Event::ReceptionOpened { conversation, reception, at, buyer, name, visit, asked: false });
    let (author, retry) = (Author::Buyer, RetryKey { client_id: 1, body: 1 });
    talk.apply(&Event::MessageAdded { conversation, seq: 1, at, author, text: "t".into(), retry, owner: None, extra: None, starts: None });
    put.iter().for_each(|event| talk.apply(event));
    talk
}

pub fn owned(number: u64, at: u64, agent: u32) -> Conversation {
    owned_by(number, at, agent, Handing::ByRule)
}

fn owned_by(number: u64, at: u64, agent: u32, how: Handing) -> Conversation {
    let (conversation, agent) = (buyer(number), AgentNo(agent));
    let put = Event::ReceptionOwned { conversation, reception: 1, at: Millis(at), agent, group: None, from: None, how, decision: 1 };
    head(number, at, Some(put))
}

fn queued(number: u64, at: u64) -> Conversation {
    let (conversation, at) = (buyer(number), Millis(at));
    let (how, priority) = (Handing::ByRule, Priority::Normal);
    let put = Event::ReceptionQueued {
        conversation,
        reception: 1,
        at,
        group: None,
        from: None,
        how,
        arrived: at,
        priority,
        ahead: 0,
        decision: 1,
    };
    head(number, at.0, Some(put))
}

pub fn pooled(number: u64, at: u64) -> Conversation {
    let (conversation, how) = (buyer(number), Handing::OfflineWay);
    head(number, at, Some(Event::ReceptionPooled { conversation, reception: 1, at: Millis(at), from: None, how, decision: 1 }))
}

/// The shop as it is found after a restart.
fn restarted(settings_of_shop: Settings, agents: u32, open: Vec<Conversation>) -> Floor {
    let agents = (1..=agents).map(|agent| (AgentNo(agent), settings(1, 9, &[]), Default::default())).collect();
    let kept = Kept { settings: Box::new(settings_of_shop), version: 1, schedule_at: Millis(OPENS), agents, open, ..Kept::default() };
    Floor { dispatcher: Dispatcher::restore(SCOPE, kept), now: OPENS + HOUR }
}

#[test]
fn after_a_restart_the_grace_begins_anew_and_the_queue_keeps_its_order() {
    // SPEC: DIV-6, OPS-2
    let open = || vec![owned(1, 50, 1), owned(2, 40, 1), head(3, 30, None), queued(4, 20), pooled(5, 10)];
    let mut floor = restarted(quiet(), 2, open());
    assert_eq!(floor.after(0), "", "long ago, but the sockets need time to come back");
    assert_eq!(floor.after(GRACE - 1), "");
    assert_eq!(floor.present(2, Online), "4 → 2 by any agent; 3 → 2 by any agent");
    assert_eq!(floor.after(1), "2 → 2 by any agent; 1 → 2 by any agent");
    assert_eq!(floor.after(10 * GRACE), "", "each once");
    assert_eq!(floor.dispatcher.pooled(), 1, "the pool is not the queue");
    // Whoever comes back in time keeps what was theirs.
    let mut floor = restarted(quiet(), 2, open());
    floor.after(GRACE - 1);
    assert_eq!(floor.present(1, Suspended), "");
    assert_eq!(floor.after(1), "4 → pool by nobody online; 3 → pool by nobody online");
    assert_eq!(floor.load(1), 2);
}

#[test]
fn during_the_grace_of_a_restart_nobody_is_taken_to_have_gone() {
    // SPEC: DIV-1.1, DIV-6, OFF-1
    let mut floor = restarted(quiet(), 1, vec![]);
    assert_eq!(floor.arrive(1), "1 → queue by any agent");
    assert_eq!(floor.arrive(2), "2 → queue by any agent");
    assert_eq!(floor.after(GRACE - 3), "");
    assert_eq!(floor.arrive(3), "3 → queue by any agent");
    let all = "1 → pool by nobody online; 2 → pool by nobody online; 3 → pool by nobody online";
    assert_eq!(floor.after(GRACE), all);
    assert_eq!(floor.arrive(4), "4 → pool by nobody online");
    let mut floor = restarted(quiet(), 1, vec![]);
    floor.arrive(1);
    floor.after(GRACE / 2);
    assert_eq!(floor.present(1, Online), "1 → 1 by any agent");
    assert_eq!(floor.after(GRACE), "");
    // Back, but suspended: only a recent contact receives, the others go where a closed shop's buyers go.
    let mut floor = restarted(quiet(), 1, vec![]);
    floor.arrive(1);
    floor.arrive_again(2, 1, HOUR);
    assert_eq!(floor.present(1, Suspended), "2 → 1 by recent contact 1");
    assert_eq!(floor.after(GRACE), "1 → pool by nobody online");
    // A shop without the gate, and one without staff.
    let mut floor = restarted(Settings { gate: false, ..quiet() }, 1, vec![]);
    floor.arrive(1);
    assert_eq!((floor.after(2 * GRACE), floor.queue()), (String::new(), vec![1]));
    assert_eq!(restarted(quiet(), 0, vec![]).arrive(1), "1 → pool by nobody online");
}

#[test]
fn what_came_by_the_offline_way_stays_after_a_restart() {
    // SPEC: OFF-1
    let mut floor = restarted(quiet(), 2, vec![owned_by(1, 50, 1, Handing::OfflineWay), owned(2, 60, 1)]);
    floor.after(GRACE / 2);
    floor.present(2, Online);
    assert_eq!(floor.after(GRACE), "2 → 2 by any agent");
    assert_eq!(floor.load(1), 1);
}

#[test]
fn a_wait_that_ended_while_the_server_was_down_ends_when_the_agents_could_be_back() {
    // SPEC: DIV-5
    let mut shop = quiet();
    shop.queue.wait_ms_max = Some(10 * GRACE);
    let now = OPENS + HOUR;
    let mut floor = restarted(shop, 1, vec![queued(1, now - 20 * GRACE), queued(2, now - 5 * GRACE)]);
    floor.staff(1, settings(1, 0, &[]));
    assert_eq!(floor.after(0), "", "their agent may be on the way");
    floor.present(1, Online);
    assert_eq!(floor.after(GRACE), "1 → pool by a long wait");
    assert_eq!(floor.queue(), [2]);
}
