//! The test of the judge: copies of a sound feed, each with one thing wrong, and what must be found.

use crate::judge::{Judge, kind, turn};
use fenliu::domain::event::{Arrival, Event};
use fenliu::domain::explain::{Cause, Explanation, Outcome, Step};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo};

/// A rule, and a feed that breaks it.
pub type Doctored = (&'static str, Vec<Event>);

/// Events of the feed that are copied: enough to hold every story.
const EVENTS: usize = 40_000;

/// Every fault, planted. Panics where the feed has no place for one: the run was too quiet to prove anything.
pub fn plant(feed: &[Event]) -> Vec<Doctored> {
    let feed = &feed[..feed.len().min(EVENTS)];
    let planted = [
        ("capacity", over_capacity(feed)),
        ("capacity in the group", over_capacity_in_a_group(feed)),
        ("capacity of the group", over_the_capacity_of_a_group(feed)),
        ("told", an_excess_nobody_is_told_of(feed)),
        ("view", a_view_that_is_too_free(feed)),
        ("owner", a_second_owner(feed)),
        ("decided", an_owner_nobody_chose(feed)),
        ("order", two_who_wait_are_swapped(feed)),
        ("message", a_message_is_lost(feed)),
    ];
    planted.into_iter().map(|(rule, feed)| (rule, feed.unwrap_or_else(|| panic!("no place to plant `{rule}`")))).collect()
}

/// Goes through the feed until `change` has found its place; the changed copy.
fn first(feed: &[Event], mut change: impl FnMut(&Judge, usize, &mut Vec<Event>) -> bool) -> Option<Vec<Event>> {
    let (mut judge, mut copy) = (Judge::default(), feed.to_vec());
    for at in 0..feed.len() {
        if change(&judge, at, &mut copy) {
            return Some(copy);
        }
        judge.event(feed, at).expect("the feed was judged sound");
    }
    None
}

/// A decision that let a newcomer wait.
fn newcomer(event: &mut Event) -> Option<(&mut Arrival, &mut Explanation)> {
    match event {
        Event::Routed { arrival, why } if why.cause == Cause::Opened && why.outcome == Outcome::Queued => Some((arrival, why)),
        _ => None,
    }
}

fn agents() -> impl Iterator<Item = AgentNo> {
    (1..=100).map(AgentNo)
}

/// Who should wait goes to an agent who is full.
fn over_capacity(feed: &[Event]) -> Option<Vec<Event>> {
    first(feed, |judge, at, copy| {
        let (Some((_, why)), Some(full)) = (newcomer(&mut copy[at]), agents().find(|a| judge.load(*a) > 0 && judge.full(*a) == Some(true)))
        else {
            return false;
        };
        (why.outcome, why.group) = (Outcome::Owned(full), None);
        true
    })
}

fn groups() -> impl Iterator<Item = GroupNo> {
    (1..=3).map(GroupNo)
}

fn over_capacity_in_a_group(feed: &[Event]) -> Option<Vec<Event>> {
    first(feed, |judge, at, copy| {
        let narrow = |a: &AgentNo| judge.full(*a) == Some(false);
        let full = agents().filter(narrow).find_map(|a| groups().find(|g| judge.full_in(a, *g)).map(|g| (a, g)));
        let (Some((_, why)), Some((agent, group))) = (newcomer(&mut copy[at]), full) else { return false };
        (why.outcome, why.group) = (Outcome::Owned(agent), Some(group));
        true
    })
}

fn over_the_capacity_of_a_group(feed: &[Event]) -> Option<Vec<Event>> {
    first(feed, |judge, at, copy| {
        let full = groups().filter(|g| judge.group_full(*g)).find_map(|g| judge.roomy(g).map(|a| (a, g)));
        let (Some((_, why)), Some((agent, group))) = (newcomer(&mut copy[at]), full) else { return false };
        (why.outcome, why.group) = (Outcome::Owned(agent), Some(group));
        true
    })
}

fn an_excess_nobody_is_told_of(feed: &[Event]) -> Option<Vec<Event>> {
    first(feed, |judge, at, copy| {
        let Event::Routed { why: Explanation { cause: Cause::Person { over_capacity, .. }, outcome, .. }, .. } = &mut copy[at] else {
            return false;
        };
        let exceeds = matches!(outcome, Outcome::Owned(agent) if *over_capacity && judge.full(*agent) == Some(true));
        *over_capacity &= !exceeds;
        exceeds
    })
}

/// A decision that did not know of what its agent had.
fn a_view_that_is_too_free(feed: &[Event]) -> Option<Vec<Event>> {
    first(feed, |judge, at, copy| {
        let Event::Routed { why, .. } = &mut copy[at] else { return false };
        let (Cause::Opened | Cause::Waited, Outcome::Owned(agent)) = (&why.cause, why.outcome) else { return false };
        let Some(seen) = why.seen.iter_mut().find(|seen| seen.agent == agent && judge.load(agent) > 0) else { return false };
        seen.load = 0;
        true
    })
}

/// While one has it, another gets it, from nobody.
fn a_second_owner(feed: &[Event]) -> Option<Vec<Event>> {
    first(feed, |_, at, copy| {
        let mut second = copy[at].clone();
        let Event::ReceptionOwned { agent, from, .. } = &mut second else { return false };
        (*agent, *from) = (AgentNo(agent.0 % 12 + 2), None);
        copy.insert(at + 1, second);
        true
    })
}

fn an_owner_nobody_chose(feed: &[Event]) -> Option<Vec<Event>> {
    first(feed, |_, at, copy| match &mut copy[at] {
        Event::ReceptionOwned { agent, .. } => {
            *agent = AgentNo(agent.0 % 12 + 2);
            true
        }
        _ => false,
    })
}

/// The decision about `conversation` that let it wait, before `at`.
fn waited(feed: &[Event], at: usize, of: ConversationId) -> Option<Arrival> {
    feed[..at].iter().rev().find_map(|event| match event {
        Event::Routed { arrival, why } if arrival.conversation == of && why.outcome == Outcome::Queued => Some(arrival.clone()),
        _ => None,
    })
}

/// Two wait for the same; the newer one is served in the other's place, and the other in its.
fn two_who_wait_are_swapped(feed: &[Event]) -> Option<Vec<Event>> {
    first(feed, |judge, at, copy| {
        let Event::Routed { arrival, why } = &feed[at] else { return false };
        let by_rule = matches!(why.step, Step::Rule { .. } | Step::FallbackGroup { .. } | Step::AnyAgent);
        let open = judge.talks.get(&arrival.conversation).is_some_and(|talk| talk.open);
        if !(why.cause == Cause::Waited && why.chosen().is_some() && by_rule && open && arrival.missed.is_empty()) {
            return false;
        }
        let newer = judge.waiting.range(turn(arrival)..).skip(1).find(|(_, waits)| waits.kind == kind(arrival));
        let Some(other) = newer.and_then(|((_, _, other), _)| waited(feed, at, *other)) else { return false };
        let theirs = |event: &Event| matches!(event, Event::Routed { arrival, .. } if arrival.conversation == other.conversation);
        let Some(later) = feed[at + 1..].iter().position(theirs).map(|n| at + 1 + n) else { return false };
        let (mine, mut swapped) = (arrival.clone(), other);
        for place in [at, later] {
            if let Event::Routed { arrival, .. } = &mut copy[place] {
                *arrival = std::mem::replace(&mut swapped, mine.clone());
            }
        }
        true
    })
}

/// One in the middle of a conversation.
fn a_message_is_lost(feed: &[Event]) -> Option<Vec<Event>> {
    let of = |event: &Event| match event {
        Event::MessageAdded { conversation, .. } => Some(*conversation),
        _ => None,
    };
    first(feed, |_, at, copy| {
        let lost = of(&copy[at]).is_some_and(|lost| copy[at + 1..].iter().any(|event| of(event) == Some(lost)));
        if lost {
            copy.remove(at);
        }
        lost
    })
}
