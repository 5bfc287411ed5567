//! DIV-10: what each agent received in a period, what its weight promised, and why the two differ.
//!
//! A fold over one shop's feed; it decides nothing. Every reception that was given to somebody counts once for every agent there
//! was: as received, or under one reason why not, so that the two add up to all of them.

mod track;

use super::event::{AgentSettings, Event};
use super::explain::{Cause, Exclusion, Explanation, Outcome, Seen, Step};
use super::id::{AgentNo, GroupNo, Millis};
use super::schedule::Zone;
use std::collections::BTreeMap;
use track::{Period, Track};

/// One reception in the unit of an expected share: fine enough that 64 remainders of a division are nothing.
const RECEPTION: u64 = 1_000_000_000;

/// Which step of DIV-1 gave a reception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// The way the shop chose for offline messages: the deputy or the main account.
    OfflineWay,
    RecentContact,
    /// A colleague in the place of the recent contact.
    Substitute,
    Dedicated,
    Scope,
    Rule,
    FallbackGroup,
    AnyAgent,
    PassedToGroup,
    PassedToAgent,
    Given,
}

impl StepKind {
    /// The kind of a step.
    pub fn of(step: &Step) -> StepKind {
        match step {
            Step::Offline { .. } => StepKind::OfflineWay,
            Step::RecentContact { substitute: false, .. } => StepKind::RecentContact,
            Step::RecentContact { substitute: true, .. } => StepKind::Substitute,
            Step::Dedicated { .. } => StepKind::Dedicated,
            Step::Scope { .. } => StepKind::Scope,
            Step::Rule { .. } => StepKind::Rule,
            Step::FallbackGroup { .. } => StepKind::FallbackGroup,
            Step::AnyAgent => StepKind::AnyAgent,
            Step::PassedToGroup { .. } => StepKind::PassedToGroup,
            Step::PassedToAgent => StepKind::PassedToAgent,
            Step::Given => StepKind::Given,
        }
    }

    /// Weights chose among several; otherwise the reception was meant for one agent.
    pub fn by_weight(self) -> bool {
        !matches!(self, StepKind::OfflineWay | StepKind::RecentContact | StepKind::Dedicated | StepKind::PassedToAgent)
    }
}

/// What made the dispatcher give a reception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CauseKind {
    Opened,
    Waited,
    WaitedTooLong,
    AgentOffline,
    NoAnswer,
    WroteAgain,
    FactsChanged,
    Slot,
    Person,
    AgentBarred,
}

impl CauseKind {
    /// The kind of a cause.
    pub fn of(cause: &Cause) -> CauseKind {
        match cause {
            Cause::Opened => CauseKind::Opened,
            Cause::Waited => CauseKind::Waited,
            Cause::WaitedTooLong => CauseKind::WaitedTooLong,
            Cause::AgentOffline => CauseKind::AgentOffline,
            Cause::NoAnswer { .. } => CauseKind::NoAnswer,
            Cause::WroteAgain => CauseKind::WroteAgain,
            Cause::FactsChanged => CauseKind::FactsChanged,
            Cause::Slot { .. } => CauseKind::Slot,
            Cause::Person { .. } => CauseKind::Person,
            Cause::AgentBarred { .. } => CauseKind::AgentBarred,
        }
    }
}

/// Why an agent did not receive a reception that somebody else received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Disabled,
    /// Its role does not serve buyers.
    NotServing,
    /// It must not send after a violation.
    Held,
    Offline,
    Suspended,
    WeightZero,
    Full,
    FullInGroup,
    GroupFull,
    OutOfScope,
    Missed,
    PassesOn,
    /// A candidate, but busy while the chosen was not.
    Busy,
    /// A candidate with more receptions for its weight than the chosen.
    HigherLoad,
    /// A candidate with no more than the chosen, who received more recently.
    LaterTurn,
    /// It could have received, but the reception was meant for another: see [`StepKind::by_weight`].
    Personal,
}

impl From<Exclusion> for Reason {
    fn from(exclusion: Exclusion) -> Reason {
        match exclusion {
            Exclusion::Disabled => Reason::Disabled,
            Exclusion::NotServing => Reason::NotServing,
            Exclusion::Held => Reason::Held,
            Exclusion::Offline => Reason::Offline,
            Exclusion::Suspended => Reason::Suspended,
            Exclusion::WeightZero => Reason::WeightZero,
            Exclusion::Full => Reason::Full,
            Exclusion::FullInGroup => Reason::FullInGroup,
            Exclusion::GroupFull => Reason::GroupFull,
            Exclusion::OutOfScope => Reason::OutOfScope,
            Exclusion::Missed => Reason::Missed,
            Exclusion::PassesOn => Reason::PassesOn,
        }
    }
}

/// A sum by local hour of the day.
pub type ByHour = [u64; 24];

/// How long an agent was in which state within the period, since its account exists. A disabled account counts as offline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Online and below its own capacity. Part of `online_ms`.
    pub receivable_ms: u64,
    pub online_ms: u64,
    pub suspended_ms: u64,
    pub offline_ms: u64,
    /// `online_ms` by hour.
    pub online_ms_by_hour: ByHour,
}

/// One agent's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub agent: AgentNo,
    /// At the end of the period.
    pub weight: u32,
    pub enabled: bool,
    pub time: Time,
    pub received: u64,
    /// Of those, by a step in which weights chose.
    pub received_by_weight: u64,
    pub by_step: BTreeMap<StepKind, u64>,
    pub by_cause: BTreeMap<CauseKind, u64>,
    /// What its weight promised of the receptions in which weights chose, in millionths of a reception: of each one its weight ÷
    /// the weights of all candidates.
    pub expected_millionths: u64,
    /// Why it did not receive the others.
    pub reasons: BTreeMap<Reason, u64>,
}

impl Share {
    fn new(agent: AgentNo) -> Share {
        Share {
            agent,
            weight: 0,
            enabled: false,
            time: Time::default(),
            received: 0,
            received_by_weight: 0,
            by_step: BTreeMap::new(),
            by_cause: BTreeMap::new(),
            expected_millionths: 0,
            reasons: BTreeMap::new(),
        }
    }
}

/// The distribution of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub from: Millis,
    pub to: Millis,
    /// Receptions that were given to an agent; one that was moved counts again.
    pub given: u64,
    /// Of those, by a step in which weights chose.
    pub given_by_weight: u64,
    /// Receptions by local hour of the day.
    pub given_by_hour: ByHour,
    /// By number.
    pub agents: Vec<Share>,
}

/// The fold.
pub struct Distribution {
    period: Period,
    agents: BTreeMap<AgentNo, Track>,
    given: u64,
    given_by_weight: u64,
    given_by_hour: ByHour,
}

impl Distribution {
    /// Of the period from `from` (inclusive) to `to` (exclusive), in hours of `zone`. `agents`: those there are where the events
    /// begin, with their settings there; they are taken to be offline, and to have nobody, until an event says otherwise.
    pub fn new(from: Millis, to: Millis, zone: &Zone, agents: impl IntoIterator<Item = (AgentNo, AgentSettings)>) -> Distribution {
        let tracks = agents.into_iter().map(|(agent, settings)| (agent, Track::new(agent, settings, Millis(0), 0)));
        Distribution {
            period: Period::new(from, to, zone),
            agents: tracks.collect(),
            given: 0,
            given_by_weight: 0,
            given_by_hour: ByHour::default(),
        }
    }

    /// The next event of the feed. Begin well before the period, so that who is there at its beginning is known.
    pub fn observe(&mut self, event: &Event) {
        if event.at().is_some_and(|at| at >= self.period.to) {
            return;
        }
        match event {
            Event::AccountCreated { agent, settings, at, .. } | Event::SettingsChanged { agent, settings, at } => {
                let given = self.given;
                let track = self.agents.entry(*agent).or_insert_with(|| Track::new(*agent, settings.clone(), *at, given));
                track.count_time(&self.period, *at);
                track.settings.clone_from(settings);
            }
            Event::PresenceChanged { agent, presence, at } => {
                if let Some(track) = self.agents.get_mut(agent) {
                    track.set_presence(&self.period, *presence, *at);
                }
            }
            Event::ReceptionClosed { owner: Some(owner), at, .. } => self.leaves(*owner, *at),
            Event::Routed { why, .. } => self.routed(why),
            _ => {}
        }
    }

    fn leaves(&mut self, agent: AgentNo, at: Millis) {
        if let Some(track) = self.agents.get_mut(&agent) {
            track.set_load(&self.period, track.load.saturating_sub(1), at);
        }
    }

    fn routed(&mut self, why: &Explanation) {
        // Who looks for somebody else after the grace, or once barred (DIV-6), has left already when the decision looks round.
        let left = why.from.filter(|_| matches!(why.cause, Cause::AgentOffline | Cause::AgentBarred { .. }));
        left.into_iter().for_each(|from| self.leaves(from, why.at));
        for seen in &why.seen {
            let unknown = || {
                let enabled = !matches!(seen.excluded, Some(Exclusion::Disabled | Exclusion::NotServing | Exclusion::Held));
                let settings =
                    AgentSettings { weight: seen.weight, capacity: seen.capacity, groups: Vec::new(), enabled, welcome: String::new() };
                Track::new(seen.agent, settings, why.at, self.given)
            };
            self.agents.entry(seen.agent).or_insert_with(unknown).seen(&self.period, seen, why.at);
        }
        let keeps = matches!(why.outcome, Outcome::Owned(agent) if why.from == Some(agent));
        if let Some(from) = why.from.filter(|_| left.is_none() && !keeps) {
            self.leaves(from, why.at);
        }
        let Outcome::Owned(chosen) = why.outcome else { return };
        if !keeps && self.period.holds(why.at) {
            self.give(why, chosen);
        }
        if let Some(track) = self.agents.get_mut(&chosen).filter(|_| !keeps || left.is_some()) {
            track.set_load(&self.period, track.load + 1, why.at);
        }
    }

    /// One reception was given to `chosen`: it counts once for everybody.
    fn give(&mut self, why: &Explanation, chosen: AgentNo) {
        let (step, cause) = (StepKind::of(&why.step), CauseKind::of(&why.cause));
        self.given += 1;
        self.given_by_weight += u64::from(step.by_weight());
        self.given_by_hour[self.period.hour(why.at)] += 1;
        let all = self.standings(why);
        let candidate = |s: &Seen| s.excluded.is_none() || s.agent == chosen;
        let weights: u64 = all.iter().filter(|s| candidate(s)).map(|s| u64::from(s.weight)).sum();
        let of_chosen = all.iter().find(|s| s.agent == chosen).copied();
        // What the divisions leave goes to the chosen, so that all the parts of a reception are one.
        let mut remainder = RECEPTION;
        for seen in &all {
            let Some(track) = self.agents.get_mut(&seen.agent) else { continue };
            if step.by_weight() && candidate(seen) {
                let part = (RECEPTION * u64::from(seen.weight)).checked_div(weights).unwrap_or(0);
                track.expected += part;
                remainder -= part;
            }
            if seen.agent != chosen {
                track.not_received(seen.excluded.map_or_else(|| behind(seen, of_chosen, step), Reason::from));
            }
        }
        if let Some(track) = self.agents.get_mut(&chosen) {
            track.expected += if step.by_weight() { remainder } else { 0 };
            track.received(step, cause);
        }
    }

    /// How everybody stood who may have been a candidate: as explained, and where the list was too short, as the feed tells.
    fn standings(&mut self, why: &Explanation) -> Vec<Seen> {
        let mut all = why.seen.clone();
        // A list that ends with somebody who was not asked had room for everybody who was.
        if why.unlisted == 0 || why.seen.last().is_some_and(|last| last.excluded == Some(Exclusion::OutOfScope)) {
            return all;
        }
        for seen in &why.seen {
            self.agents.entry(seen.agent).and_modify(|track| track.listed = self.given);
        }
        let groups = asked(why);
        all.extend(self.agents.values().filter(|track| track.listed != self.given).map(|track| track.standing(groups.as_deref())));
        all
    }

    /// What it comes to.
    pub fn report(self) -> Report {
        let Distribution { period, agents, given, given_by_weight, given_by_hour } = self;
        let agents = agents.into_values().map(|track| track.finish(&period, given)).collect();
        Report { from: period.from, to: period.to, given, given_by_weight, given_by_hour, agents }
    }
}

/// The groups that were asked, as far as the explanation tells; None: everybody.
fn asked(why: &Explanation) -> Option<Vec<GroupNo>> {
    match &why.step {
        Step::Scope { groups, .. } => Some(groups.clone()),
        Step::FallbackGroup { group } | Step::PassedToGroup { group } => Some(vec![*group]),
        Step::Rule { .. } | Step::Given => Some(why.group.into_iter().collect()),
        Step::RecentContact { substitute: true, .. } => why.group.map(|group| vec![group]),
        Step::Offline { .. } | Step::RecentContact { .. } | Step::Dedicated { .. } | Step::AnyAgent | Step::PassedToAgent => None,
    }
}

/// Why a candidate came after the chosen.
fn behind(seen: &Seen, chosen: Option<Seen>, step: StepKind) -> Reason {
    let load = |a: &Seen, b: &Seen| u64::from(a.load) * u64::from(b.weight);
    match chosen {
        _ if !step.by_weight() => Reason::Personal,
        Some(chosen) if seen.busy && !chosen.busy => Reason::Busy,
        Some(chosen) if load(seen, &chosen) > load(&chosen, seen) => Reason::HigherLoad,
        _ => Reason::LaterTurn,
    }
}
