//! The distribution report: a fold over a feed that a real dispatcher wrote, or that is written out here.

use fenliu::domain::Machine;
use fenliu::domain::dispatcher::{Command, Dispatcher, Kept, TransferTo};
use fenliu::domain::distribution::{CauseKind, Distribution, Reason, Report, Share, StepKind};
use fenliu::domain::diversion::{self, Group, Settings};
use fenliu::domain::event::{AgentSettings, Arrival, Event, Presence, Role};
use fenliu::domain::explain::{Cause, Closed, Exclusion, Explanation, Outcome, Seen, Step};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope};
use fenliu::domain::offline::Way;
use fenliu::domain::schedule::Zone;
use proptest::prelude::*;
use std::collections::BTreeMap;

const SCOPE: ShopScope = ShopScope::granted(7);
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
/// A midnight in UTC.
const DAY: u64 = 20_000 * 24 * HOUR;

fn settings(weight: u32, capacity: u32, groups: &[u32]) -> AgentSettings {
    AgentSettings { weight, capacity, groups: groups.iter().map(|g| (GroupNo(*g), None)).collect(), enabled: true, welcome: String::new() }
}

fn agents(of: &[AgentSettings]) -> Vec<(AgentNo, AgentSettings)> {
    (1..).map(AgentNo).zip(of.iter().cloned()).collect()
}

/// Eight hours from a midnight in UTC.
fn report(agents: Vec<(AgentNo, AgentSettings)>, events: &[Event]) -> Report {
    report_in("UTC", agents, events)
}

fn report_in(zone: &str, agents: Vec<(AgentNo, AgentSettings)>, events: &[Event]) -> Report {
    let mut distribution = Distribution::new(Millis(DAY), Millis(DAY + 8 * HOUR), &Zone::named(zone).unwrap(), agents);
    events.iter().for_each(|event| distribution.observe(event));
    let report = distribution.report();
    adds_up(&report);
    report
}

/// What holds of any report.
fn adds_up(report: &Report) {
    let period = report.to.since(report.from);
    for share in &report.agents {
        let time = &share.time;
        assert!(time.online_ms + time.suspended_ms + time.offline_ms <= period && time.receivable_ms <= time.online_ms, "{share:?}");
        assert_eq!(time.online_ms_by_hour.iter().sum::<u64>(), time.online_ms, "{share:?}");
        assert!(share.received + share.reasons.values().sum::<u64>() <= report.given, "{share:?}");
        let by_weight = share.by_step.iter().filter(|(step, _)| step.by_weight()).map(|(_, n)| n).sum();
        assert_eq!((share.by_step.values().sum(), by_weight), (share.received, share.received_by_weight));
        assert_eq!(share.by_cause.values().sum::<u64>(), share.received);
    }
    let sum = |of: fn(&Share) -> u64| report.agents.iter().map(of).sum::<u64>();
    assert_eq!((sum(|s| s.received), sum(|s| s.received_by_weight)), (report.given, report.given_by_weight));
    assert_eq!(report.given_by_hour.iter().sum::<u64>(), report.given);
    // Each agent's is rounded to a millionth.
    assert!(sum(|s| s.expected_millionths).abs_diff(report.given_by_weight * 1_000_000) <= report.agents.len() as u64);
}

fn presence(agent: u32, presence: Presence, at: u64) -> Event {
    Event::PresenceChanged { agent: AgentNo(agent), presence, at: Millis(at) }
}

fn online(agent: u32, at: u64) -> Event {
    presence(agent, Presence::Online, at)
}

fn changed(agent: u32, settings: AgentSettings, at: u64) -> Event {
    Event::SettingsChanged { agent: AgentNo(agent), settings, at: Millis(at) }
}

fn closed(agent: u32, at: u64) -> Event {
    let (conversation, by) = (ConversationId([1; 16]), Some(AgentNo(agent)));
    Event::ReceptionClosed { conversation, reception: 1, at: Millis(at), by, owner: by, unanswered: None }
}

fn arrival(at: u64) -> Arrival {
    arrival_of(1, at)
}

fn arrival_of(buyer: u64, at: u64) -> Arrival {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&buyer.to_be_bytes());
    Arrival {
        conversation: ConversationId(id),
        reception: 1,
        arrived: Millis(at),
        priority: Default::default(),
        facts: Box::default(),
        group: None,
        recent: None,
        dedicated: None,
        unanswered: Some(Millis(at)),
        last: Millis(at),
        asked: None,
        missed: Vec::new(),
        decision: 0,
    }
}

fn seen(agent: u32, load: u32, weight: u32, excluded: Option<Exclusion>) -> Seen {
    Seen { agent: AgentNo(agent), load, capacity: 9, weight, busy: false, excluded }
}

/// The first seen receives.
fn routed(at: u64, step: Step, seen: Vec<Seen>) -> Event {
    let outcome = Outcome::Owned(seen[0].agent);
    routed_as(Explanation {
        at: Millis(at),
        cause: Cause::Opened,
        step,
        from: None,
        outcome,
        group: None,
        strategy: diversion::Strategy::WeightedLeastLoad,
        seen,
        unlisted: 0,
        queue_len: 0,
    })
}

fn routed_as(why: Explanation) -> Event {
    Event::Routed { arrival: arrival(why.at.0), why }
}

fn share(report: &Report, agent: u32) -> &Share {
    report.agents.iter().find(|s| s.agent == AgentNo(agent)).unwrap()
}

fn times(report: &Report, agent: u32) -> [u64; 4] {
    let time = &share(report, agent).time;
    [time.receivable_ms, time.online_ms, time.suspended_ms, time.offline_ms].map(|ms| ms / MINUTE)
}

// SPEC: DIV-10
#[test]
fn time_is_counted_by_state_within_the_period_only() {
    let off = AgentSettings { enabled: false, ..settings(1, 9, &[]) };
    let events = [
        online(1, DAY - 20 * HOUR),
        online(2, DAY + 30 * MINUTE),
        presence(2, Presence::Suspended, DAY + HOUR),
        presence(2, Presence::Offline, DAY + 3 * HOUR),
        changed(1, off, DAY + 6 * HOUR),
        online(2, DAY + 7 * HOUR),
        presence(2, Presence::Offline, DAY + 90 * HOUR),
    ];
    let report = report(agents(&[settings(1, 9, &[]), settings(1, 9, &[]), settings(1, 9, &[])]), &events);
    assert_eq!(times(&report, 1), [360, 360, 0, 120]);
    assert_eq!(times(&report, 2), [90, 90, 120, 270]);
    assert_eq!(times(&report, 3), [0, 0, 0, 480]);
    assert!(!share(&report, 1).enabled && share(&report, 2).enabled);
    assert_eq!(share(&report, 2).time.online_ms_by_hour.map(|ms| ms / MINUTE)[..9], [30, 0, 0, 0, 0, 0, 0, 60, 0]);
}

// SPEC: DIV-10
#[test]
fn time_with_a_full_desk_is_online_but_not_receivable() {
    let full = Seen { capacity: 1, ..seen(1, 0, 1, None) };
    let any = |at| routed(at, Step::AnyAgent, vec![full]);
    let events = [online(1, DAY), any(DAY + HOUR), closed(1, DAY + 3 * HOUR), any(DAY + 7 * HOUR)];
    let report = report(agents(&[settings(1, 1, &[])]), &events);
    assert_eq!(times(&report, 1), [300, 480, 0, 0]);
}

// SPEC: DIV-10
#[test]
fn hours_are_the_clocks_of_the_shop() {
    let nine_minutes = [online(1, DAY + 26 * MINUTE), presence(1, Presence::Offline, DAY + 35 * MINUTE)];
    let report = report_in("Asia/Kolkata", agents(&[settings(1, 9, &[])]), &nine_minutes);
    let hours = share(&report, 1).time.online_ms_by_hour;
    assert_eq!((hours[5], hours[6]), (4 * MINUTE, 5 * MINUTE), "05:56 to 06:05");

    // The clocks are put back at three: the hour from two to three is there twice.
    let (begin, zone) = (1_792_879_200_000, Zone::named("Europe/Berlin").unwrap());
    let mut fold = Distribution::new(Millis(begin), Millis(begin + 25 * HOUR), &zone, agents(&[settings(1, 9, &[])]));
    fold.observe(&online(1, begin));
    let report = fold.report();
    adds_up(&report);
    let mut all_day = [1; 24];
    all_day[2] = 2;
    assert_eq!(report.agents[0].time.online_ms_by_hour.map(|ms| ms / HOUR), all_day);
}

// SPEC: DIV-10
#[test]
fn who_has_gone_without_a_word_is_gone_when_a_decision_says_so() {
    // A server that was restarted tells nobody's going: the decision does. One that may have crossed with a coming does not.
    let gone = |agent| seen(agent, 0, 1, Some(Exclusion::Offline));
    let first = routed(DAY + HOUR, Step::AnyAgent, vec![seen(1, 0, 1, None), gone(2), gone(3)]);
    let events = [online(2, DAY), online(3, DAY + HOUR - 5), first];
    let report = report(agents(&[settings(1, 9, &[]), settings(1, 9, &[]), settings(1, 9, &[])]), &events);
    assert_eq!([1, 2, 3].map(|agent| times(&report, agent)[1]), [420, 60, 420]);
}

// SPEC: DIV-10
#[test]
fn every_reception_is_received_or_has_its_reason() {
    let not = |agent, why| seen(agent, 0, 1, Some(why));
    let excluded = vec![
        seen(1, 0, 2, None),
        not(2, Exclusion::Offline),
        not(3, Exclusion::Suspended),
        not(4, Exclusion::Disabled),
        not(5, Exclusion::Full),
        not(6, Exclusion::FullInGroup),
        not(7, Exclusion::GroupFull),
        seen(8, 0, 0, Some(Exclusion::WeightZero)),
        not(9, Exclusion::OutOfScope),
    ];
    let behind = vec![
        seen(1, 2, 2, None),
        not(2, Exclusion::Missed),
        not(3, Exclusion::PassesOn),
        Seen { busy: true, ..seen(4, 0, 1, None) },
        seen(5, 2, 1, None),
        seen(6, 1, 1, None),
        not(7, Exclusion::OutOfScope),
    ];
    let contact = Step::RecentContact { agent: AgentNo(2), age_ms: 5, substitute: false };
    let personal = vec![not(2, Exclusion::Suspended), seen(1, 1, 2, None), not(3, Exclusion::Offline)];
    let events = [
        routed(DAY, Step::AnyAgent, excluded),
        routed(DAY + 1, Step::Given, behind),
        routed(DAY + HOUR, contact, personal),
        routed(DAY + 8 * HOUR, Step::AnyAgent, vec![seen(1, 0, 1, None)]),
    ];
    let report = report(agents(&vec![settings(1, 9, &[]); 9]), &events);
    assert_eq!((report.given, report.given_by_weight, report.given_by_hour[..3].to_vec()), (3, 2, vec![2, 1, 0]));
    let reasons = |agent| share(&report, agent).reasons.iter().map(|(r, n)| (*r, *n)).collect::<Vec<_>>();
    assert_eq!(reasons(1), [(Reason::Personal, 1)]);
    assert_eq!(reasons(2), [(Reason::Offline, 1), (Reason::Missed, 1)]);
    assert_eq!(reasons(3), [(Reason::Offline, 1), (Reason::Suspended, 1), (Reason::PassesOn, 1)]);
    assert_eq!(reasons(4), [(Reason::Disabled, 1), (Reason::OutOfScope, 1), (Reason::Busy, 1)]);
    assert_eq!(reasons(5), [(Reason::Full, 1), (Reason::OutOfScope, 1), (Reason::HigherLoad, 1)]);
    assert_eq!(reasons(6), [(Reason::FullInGroup, 1), (Reason::OutOfScope, 1), (Reason::LaterTurn, 1)]);
    assert_eq!(reasons(7), [(Reason::GroupFull, 1), (Reason::OutOfScope, 2)]);
    assert_eq!(reasons(8), [(Reason::WeightZero, 1), (Reason::OutOfScope, 2)]);
    assert_eq!(reasons(9), [(Reason::OutOfScope, 3)]);
    assert_eq!(share(&report, 1).by_step, BTreeMap::from([(StepKind::AnyAgent, 1), (StepKind::Given, 1)]));
    assert_eq!(share(&report, 2).by_step, BTreeMap::from([(StepKind::RecentContact, 1)]));
    assert_eq!(share(&report, 2).by_cause, BTreeMap::from([(CauseKind::Opened, 1)]));
    // The whole of the first; of the second 2 of 5 parts, and no part of what was meant for agent 2.
    assert_eq!([1, 2, 4, 5, 6].map(|a| share(&report, a).expected_millionths), [1_400_000, 0, 200_000, 200_000, 200_000]);
}

// SPEC: DIV-10
#[test]
fn only_what_somebody_receives_anew_counts() {
    let moved = |at, from: Option<u32>, cause, outcome| {
        let (from, seen) = (from.map(AgentNo), vec![seen(1, 1, 1, None), seen(2, 0, 1, None)]);
        let step = Step::Offline { why: Closed::NobodyOnline, way: Way::Deputy(AgentNo(1)) };
        routed_as(Explanation {
            at: Millis(at),
            cause,
            step,
            from,
            outcome,
            group: None,
            strategy: diversion::Strategy::WeightedLeastLoad,
            seen,
            unlisted: 0,
            queue_len: 0,
        })
    };
    let events = [
        moved(DAY, None, Cause::Opened, Outcome::Queued),
        moved(DAY, None, Cause::WaitedTooLong, Outcome::Pooled),
        moved(DAY, Some(1), Cause::AgentOffline, Outcome::Owned(AgentNo(1))),
        moved(DAY, Some(1), Cause::AgentOffline, Outcome::Owned(AgentNo(2))),
    ];
    let report = report(agents(&vec![settings(1, 9, &[]); 2]), &events);
    assert_eq!((report.given, report.given_by_weight), (1, 0));
    assert_eq!(share(&report, 2).by_step, BTreeMap::from([(StepKind::OfflineWay, 1)]));
}

// SPEC: DIV-10
#[test]
fn an_account_has_no_part_in_what_came_before_it() {
    let made = Event::AccountCreated {
        agent: AgentNo(2),
        login: "b".into(),
        name: "B".into(),
        password: String::new(),
        role: Role::Agent,
        settings: settings(3, 9, &[]),
        at: Millis(DAY + 2 * HOUR),
    };
    let any = |at, seen| routed(at, Step::AnyAgent, seen);
    let both = vec![seen(1, 0, 1, None), seen(2, 0, 3, Some(Exclusion::Offline))];
    let events = [any(DAY, vec![seen(1, 0, 1, None)]), made, any(DAY + 3 * HOUR, both)];
    let report = report(agents(&[settings(1, 9, &[])]), &events);
    assert_eq!(times(&report, 2), [0, 0, 0, 360]);
    assert_eq!((share(&report, 2).weight, &share(&report, 2).reasons), (3, &BTreeMap::from([(Reason::Offline, 1)])));
}

/// A dispatcher at work and the feed that a server would write.
struct Shop {
    dispatcher: Dispatcher,
    agents: Vec<(AgentNo, AgentSettings)>,
    feed: Vec<Event>,
    open: Vec<(u64, AgentNo)>,
    now: u64,
    buyers: u64,
}

impl Shop {
    fn open(of: Vec<AgentSettings>) -> Shop {
        let agents = agents(&of);
        let kept = Kept {
            settings: Box::new(Settings { fallback_group: None, ..Settings::default() }),
            groups: vec![
                Group { name: "one".into(), capacity: Some(5), welcome: String::new() },
                Group { name: "two".into(), capacity: None, welcome: String::new() },
            ],
            agents: agents
                .iter()
                .map(|(agent, settings)| (*agent, settings.clone(), fenliu::domain::event::Post { main: agent.0 == 1, barred: None }))
                .collect(),
            ..Kept::default()
        };
        Shop { dispatcher: Dispatcher::restore(SCOPE, kept), agents, feed: Vec::new(), open: Vec::new(), now: DAY, buyers: 0 }
    }

    fn tell(&mut self, command: Command) {
        let mut next = Some(command);
        while let Some(command) = next {
            let Ok(decision) = self.dispatcher.decide(command, Millis(self.now)) else { return };
            for event in decision.events {
                self.dispatcher.apply(&event);
                if let Event::Routed { arrival, why } = &event {
                    let buyer = u64::from_be_bytes(arrival.conversation.0[8..].try_into().unwrap());
                    self.open.retain(|(open, _)| *open != buyer);
                    self.open.extend(why.chosen().map(|agent| (buyer, agent)));
                    self.feed.push(event);
                }
            }
            next = self.dispatcher.follow_up();
        }
    }

    fn be(&mut self, agent: u32, presence: Presence) {
        let agent = AgentNo(1 + agent % self.agents.len() as u32);
        self.feed.push(Event::PresenceChanged { agent, presence, at: Millis(self.now) });
        self.tell(Command::Present { agent, presence });
    }

    fn comes(&mut self, group: Option<u32>) {
        self.buyers += 1;
        let arrival = Arrival { group: group.map(GroupNo), ..arrival_of(self.buyers, self.now) };
        self.tell(Command::Route { arrival, text: None });
    }

    /// Time passes; who could receive meanwhile is noted.
    fn pass_ms(&mut self, ms: u64, receivable: &mut BTreeMap<AgentNo, u64>) {
        for (agent, seat) in self.dispatcher.view().agents {
            let room = seat.load < self.agents[agent.0 as usize - 1].1.capacity;
            *receivable.entry(agent).or_default() += if room && seat.presence == Presence::Online { ms } else { 0 };
        }
        self.now += ms;
        while self.dispatcher.deadline().is_some_and(|due| due.0 <= self.now) {
            self.tell(Command::Wake);
        }
    }

    fn close(&mut self, which: usize) {
        if self.open.is_empty() {
            return;
        }
        let (buyer, agent) = self.open.swap_remove(which % self.open.len());
        self.feed.push(closed(agent.0, self.now));
        self.tell(Command::Closed { conversation: arrival_of(buyer, 0).conversation, reception: 1 });
    }

    fn pass_on(&mut self, which: usize, to: TransferTo) {
        let Some(&(buyer, by)) = self.open.get(which % self.open.len().max(1)) else { return };
        let (reason, note) = (String::new(), String::new());
        let conversation = arrival_of(buyer, 0).conversation;
        self.tell(Command::Transfer { conversation, reception: 1, by, to, reason, note });
    }

    fn report(&self) -> Report {
        report(self.agents.clone(), &self.feed)
    }
}

// SPEC: DIV-10
#[test]
fn shares_are_as_the_weights_where_nothing_else_speaks() {
    let mut shop = Shop::open(vec![settings(3, 1_000, &[]), settings(1, 1_000, &[])]);
    (0..2).for_each(|agent| shop.be(agent, Presence::Online));
    for _ in 0..400 {
        shop.now += MINUTE;
        shop.comes(None);
        shop.close(0);
    }
    let report = shop.report();
    assert_eq!([1, 2].map(|a| share(&report, a).received), [300, 100]);
    assert_eq!([1, 2].map(|a| share(&report, a).expected_millionths), [300_000_000, 100_000_000]);
}

// SPEC: DIV-10
#[test]
fn candidates_for_whom_an_explanation_has_no_room_have_their_part() {
    let mut shop = Shop::open((0..100).map(|n| settings(1 + n / 50, 50, &[1 + n % 2])).collect());
    (0..100).for_each(|agent| shop.be(agent, Presence::Online));
    shop.be(99, Presence::Suspended);
    for buyer in 0..1_000 {
        shop.now += 20_000;
        let arrival = Arrival { unanswered: None, ..arrival_of(buyer, shop.now) };
        shop.tell(Command::Route { arrival, text: None });
    }
    let report = shop.report();
    // 50 of weight 1 and 49 of weight 2.
    let expected = |agent| share(&report, agent).expected_millionths / 1_000;
    assert_eq!([1, 50, 51, 99, 100].map(expected), [6_756, 6_756, 13_513, 13_513, 0]);
    assert!((6..=7).contains(&share(&report, 50).received) && (13..=14).contains(&share(&report, 99).received));
    assert_eq!(share(&report, 100).reasons, BTreeMap::from([(Reason::Suspended, 1_000)]));
    let [near, far] = [2, 98].map(|agent| share(&report, agent).reasons.clone());
    assert!(near.keys().eq(far.keys()) && near.keys().all(|r| [Reason::HigherLoad, Reason::LaterTurn].contains(r)), "{near:?} {far:?}");
}

#[derive(Clone, Debug)]
enum Act {
    Be(u32, Presence),
    Comes(Option<u32>),
    Close(usize),
    PassTo(usize, u32),
    PassToGroup(usize, u32),
    Time(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let presence = prop_oneof![4 => Just(Presence::Online), 1 => Just(Presence::Suspended), 1 => Just(Presence::Offline)];
    prop_oneof![
        2 => (any::<u32>(), presence).prop_map(|(agent, presence)| Act::Be(agent, presence)),
        6 => proptest::option::of(1..=2u32).prop_map(Act::Comes),
        4 => any::<usize>().prop_map(Act::Close),
        1 => (any::<usize>(), 1..80u32).prop_map(|(which, agent)| Act::PassTo(which, agent)),
        1 => (any::<usize>(), 1..=2u32).prop_map(|(which, group)| Act::PassToGroup(which, group)),
        3 => (1..10 * MINUTE).prop_map(Act::Time),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    // SPEC: DIV-10
    #[test]
    fn whatever_happens_it_adds_up(people in 1..80usize, acts in proptest::collection::vec(act(), 1..200)) {
        let settings = (0..people as u32).map(|n| settings(n % 4, 1 + n % 5, [&[][..], &[1], &[2], &[1, 2]][n as usize % 4]));
        let mut shop = Shop::open(settings.collect());
        let (mut online, mut receivable) = (BTreeMap::new(), BTreeMap::new());
        for act in acts {
            match act {
                Act::Be(agent, presence) => {
                    let (sum, since) = online.entry(AgentNo(1 + agent % people as u32)).or_insert((0, u64::MAX));
                    *sum += shop.now.saturating_sub(*since);
                    *since = if presence == Presence::Online { shop.now } else { u64::MAX };
                    shop.be(agent, presence);
                }
                Act::Comes(group) => shop.comes(group),
                Act::Close(which) => shop.close(which),
                Act::PassTo(which, agent) => shop.pass_on(which, TransferTo::Agent(AgentNo(agent))),
                Act::PassToGroup(which, group) => shop.pass_on(which, TransferTo::Group(GroupNo(group))),
                Act::Time(ms) => shop.pass_ms(ms.min(DAY + 8 * HOUR - 1 - shop.now), &mut receivable),
            }
        }
        shop.pass_ms(DAY + 8 * HOUR - shop.now, &mut receivable);
        let report = shop.report();
        for share in &report.agents {
            prop_assert_eq!(share.received + share.reasons.values().sum::<u64>(), report.given);
            let (sum, since) = online.get(&share.agent).copied().unwrap_or((0, u64::MAX));
            prop_assert_eq!(share.time.online_ms, sum + (DAY + 8 * HOUR).saturating_sub(since));
            prop_assert_eq!(share.time.receivable_ms, receivable[&share.agent]);
        }
        let given = |e: &&Event| matches!(e, Event::Routed { why, .. } if why.at < report.to && why.chosen().is_some() && why.chosen() != why.from);
        prop_assert_eq!(shop.feed.iter().filter(given).count() as u64, report.given);
    }
}
