//! What became of one notification (NTF-3), told from its own events in their order.

use super::channel::ChannelNo;
use super::{Class, Ended, Notification, Outcome};
use crate::domain::event::Couriered;
use crate::domain::id::Millis;

/// Where a notification stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody has accepted it yet; the next attempt is then. None: one is under way.
    Waiting {
        next: Option<Millis>,
    },
    Delivered,
    /// The other side will never take it.
    Refused {
        why: String,
    },
    /// Its life was over before anybody accepted it; what the last attempt came to.
    Late {
        why: String,
    },
    GivenUp(Ended),
    /// Nobody was told: no verified channel is there for such news.
    NoChannel,
}

/// A fate in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Delivered,
    Refused,
    /// Also what was too late.
    GivenUp,
    NoChannel,
}

impl Fate {
    pub const fn state(&self) -> State {
        match self {
            Fate::Waiting { .. } => State::Waiting,
            Fate::Delivered => State::Delivered,
            Fate::Refused { .. } => State::Refused,
            Fate::Late { .. } | Fate::GivenUp(_) => State::GivenUp,
            Fate::NoChannel => State::NoChannel,
        }
    }
}

/// Which notifications are listed. None: of any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub state: Option<State>,
    pub class: Option<Class>,
    pub channel: Option<ChannelNo>,
}

impl Listed {
    pub fn holds(&self, record: &Record) -> bool {
        let Notification { class, channel, .. } = record.notification;
        self.state.is_none_or(|state| record.fate.state() == state)
            && self.class.is_none_or(|of| class == of)
            && self.channel.is_none_or(|of| channel == Some(of))
    }
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub no: u32,
    pub begun: Millis,
    /// None: it is under way.
    pub ended: Option<(Millis, Outcome)>,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub notification: Notification,
    pub attempts: Vec<Attempt>,
    pub fate: Fate,
}

impl Record {
    /// A notification as it came.
    pub fn begin(notification: Notification, ended: Option<Ended>) -> Record {
        let (fate, attempts) = match (ended, notification.channel) {
            (Some(ended), _) => (Fate::GivenUp(ended), Vec::new()),
            (None, None) => (Fate::NoChannel, Vec::new()),
            (None, Some(_)) => (Fate::Waiting { next: None }, vec![Attempt { no: 1, begun: notification.at, ended: None }]),
        };
        Record { notification, attempts, fate }
    }

    /// What happened to it next.
    pub fn hear(&mut self, at: Millis, what: &Couriered) {
        match what {
            Couriered::Begun { attempt, .. } => {
                self.attempts.push(Attempt { no: *attempt, begun: at, ended: None });
                self.fate = Fate::Waiting { next: None };
            }
            Couriered::Tried { attempt, outcome, next, .. } => {
                if let Some(tried) = self.attempts.iter_mut().find(|tried| tried.no == *attempt) {
                    tried.ended = Some((at, outcome.clone()));
                }
                self.fate = match outcome {
                    Outcome::Delivered => Fate::Delivered,
                    Outcome::Refused { why } => Fate::Refused { why: why.clone() },
                    Outcome::Failed { why, .. } if next.is_none() => Fate::Late { why: why.clone() },
                    Outcome::Failed { .. } => Fate::Waiting { next: *next },
                };
            }
            Couriered::GivenUp { ended, .. } => {
                if *ended == Ended::Settled {
                    // The attempt that found it over was never made.
                    self.attempts.retain(|attempt| attempt.ended.is_some());
                }
                self.fate = Fate::GivenUp(*ended);
            }
            _ => {}
        }
    }
}
