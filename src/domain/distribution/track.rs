//! One agent in the course of a feed: what is known of it at one place, and its sums up to there. And the period, in local hours.

use super::{ByHour, CauseKind, RECEPTION, Reason, Share, StepKind};
use crate::domain::event::{AgentSettings, Presence};
use crate::domain::explain::{Exclusion, Seen};
use crate::domain::id::{AgentNo, GroupNo, Millis};
use crate::domain::schedule::Zone;

/// How long a decision may still see the presence from before a change: the account knows it first, the dispatcher a moment later.
const PRESENCE_SETTLES_MS: u64 = 10_000;

/// The period, cut into local hours.
pub struct Period {
    pub from: Millis,
    pub to: Millis,
    /// When each local hour of it begins, and which hour of the day it is.
    hours: Vec<(Millis, usize)>,
}

impl Period {
    pub fn new(from: Millis, to: Millis, zone: &Zone) -> Period {
        let mut hours = Vec::new();
        let mut at = from;
        while at < to {
            let minute = zone.week_minute(at).minute;
            hours.push((at, usize::from(minute / 60) % 24));
            let of_minute = at.0 % 60_000;
            at = at.plus((60 - u64::from(minute % 60)) * 60_000 - of_minute);
        }
        Period { from, to, hours }
    }

    pub fn holds(&self, at: Millis) -> bool {
        self.from <= at && at < self.to
    }

    /// The place in `hours` of the hour that holds `at`.
    fn index(&self, at: Millis) -> usize {
        self.hours.partition_point(|(begin, _)| *begin <= at).saturating_sub(1)
    }

    pub fn hour(&self, at: Millis) -> usize {
        self.hours.get(self.index(at)).map_or(0, |(_, hour)| *hour)
    }

    pub fn spread(&self, from: Millis, to: Millis, by_hour: &mut ByHour) {
        for (index, (begin, hour)) in self.hours.iter().enumerate().skip(self.index(from)).take_while(|(_, (begin, _))| *begin < to) {
            let end = self.hours.get(index + 1).map_or(self.to, |(next, _)| *next);
            by_hour[*hour] += end.min(to).since(from.max(*begin));
        }
    }
}

/// What is known of an agent at this place of the feed, and its sums so far.
pub struct Track {
    pub settings: AgentSettings,
    presence: Presence,
    /// When it last changed.
    presence_at: Millis,
    pub load: u32,
    /// Its time is counted up to here.
    until: Millis,
    /// Receptions that had been given when its account was made.
    begun: u64,
    /// Of those since, the ones that count as received or have a reason already.
    counted: u64,
    /// The number of the last one whose explanation lists it.
    pub listed: u64,
    /// In [`RECEPTION`]s.
    pub expected: u64,
    pub share: Share,
}

impl Track {
    pub fn new(agent: AgentNo, settings: AgentSettings, at: Millis, begun: u64) -> Track {
        let share = Share::new(agent);
        let presence = Presence::Offline;
        Track { settings, presence, presence_at: Millis(0), load: 0, until: at, begun, counted: 0, listed: 0, expected: 0, share }
    }

    /// Counts its time up to `at`: before anything of it changes.
    pub fn count_time(&mut self, period: &Period, at: Millis) {
        let (from, to) = (self.until.max(period.from), at.min(period.to));
        self.until = self.until.max(at);
        let ms = to.since(from);
        let time = &mut self.share.time;
        match self.presence {
            _ if ms == 0 => {}
            Presence::Online if self.settings.enabled => {
                time.online_ms += ms;
                time.receivable_ms += if self.load < self.settings.capacity { ms } else { 0 };
                period.spread(from, to, &mut time.online_ms_by_hour);
            }
            Presence::Suspended if self.settings.enabled => time.suspended_ms += ms,
            _ => time.offline_ms += ms,
        }
    }

    pub fn set_presence(&mut self, period: &Period, presence: Presence, at: Millis) {
        self.count_time(period, at);
        (self.presence, self.presence_at) = (presence, at);
    }

    pub fn set_load(&mut self, period: &Period, load: u32, at: Millis) {
        self.count_time(period, at);
        self.load = load;
    }

    /// A decision says how it stood. That also tells who is gone since a restart of the server, of which the feed says nothing.
    pub fn seen(&mut self, period: &Period, seen: &Seen, at: Millis) {
        let presence = match seen.excluded {
            Some(Exclusion::Offline) => Presence::Offline,
            Some(Exclusion::Suspended) => Presence::Suspended,
            Some(
                Exclusion::Disabled
                | Exclusion::NotServing
                | Exclusion::Held
                | Exclusion::OutOfScope
                | Exclusion::Missed
                | Exclusion::PassesOn,
            ) => self.presence,
            None | Some(Exclusion::WeightZero | Exclusion::Full | Exclusion::FullInGroup | Exclusion::GroupFull) => Presence::Online,
        };
        if presence != self.presence && at.since(self.presence_at) > PRESENCE_SETTLES_MS {
            self.set_presence(period, presence, at);
        }
        if seen.load != self.load {
            self.set_load(period, seen.load, at);
        }
    }

    /// As an explanation that had no room for it would have shown it.
    pub fn standing(&self, within: Option<&[GroupNo]>) -> Seen {
        let AgentSettings { weight, capacity, .. } = self.settings;
        let excluded = match self.presence {
            _ if !self.settings.enabled => Some(Exclusion::Disabled),
            Presence::Offline => Some(Exclusion::Offline),
            Presence::Suspended => Some(Exclusion::Suspended),
            Presence::Online if weight == 0 => Some(Exclusion::WeightZero),
            Presence::Online if self.load >= capacity => Some(Exclusion::Full),
            Presence::Online => None,
        };
        let in_scope = within.is_none_or(|groups| self.settings.groups.iter().any(|(group, _)| groups.contains(group)));
        let excluded = if in_scope { excluded } else { Some(Exclusion::OutOfScope) };
        Seen { agent: self.share.agent, load: self.load, capacity, weight, busy: false, excluded }
    }

    /// It did not receive this one.
    pub fn not_received(&mut self, reason: Reason) {
        self.counted += 1;
        *self.share.reasons.entry(reason).or_default() += 1;
    }

    /// It received this one.
    pub fn received(&mut self, step: StepKind, cause: CauseKind) {
        self.counted += 1;
        self.share.received += 1;
        self.share.received_by_weight += u64::from(step.by_weight());
        *self.share.by_step.entry(step).or_default() += 1;
        *self.share.by_cause.entry(cause).or_default() += 1;
    }

    pub fn finish(mut self, period: &Period, given: u64) -> Share {
        self.count_time(period, period.to);
        // Whoever stands in no complete list was not asked.
        let unasked = given - self.begun - self.counted;
        if unasked > 0 {
            *self.share.reasons.entry(Reason::OutOfScope).or_default() += unasked;
        }
        let expected_millionths = (self.expected + RECEPTION / 2_000_000) / (RECEPTION / 1_000_000);
        Share { weight: self.settings.weight, enabled: self.settings.enabled, expected_millionths, ..self.share }
    }
}
