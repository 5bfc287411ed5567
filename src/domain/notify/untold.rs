//! What of a burst was not told one by one (NTF-3): counted by channel and class, and told in one once there is room again. Each
//! stands in the list of notifications, with its fate.

use super::channel::ChannelNo;
use super::{Class, Notification, Topic};
use crate::domain::facts::Priority;
use serde::{Deserialize, Serialize};

/// So many of a class that a channel was not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub channel: ChannelNo,
    pub class: Class,
    /// The highest among them.
    pub priority: Priority,
    pub count: u32,
}

/// See the module. At most one of each channel and class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Untold(pub Vec<Sum>);

impl Untold {
    /// One more was given up because too many waited. Whoever tests a channel sees that at once.
    pub(super) fn count(&mut self, notification: &Notification) {
        let Notification { class, priority, channel: Some(channel), .. } = *notification else { return };
        match self.0.iter_mut().find(|sum| (sum.channel, sum.class) == (channel, class)) {
            _ if class == Class::Test => {}
            Some(sum) => (sum.count, sum.priority) = (sum.count.saturating_add(1), sum.priority.min(priority)),
            None => self.0.push(Sum { channel, class, priority, count: 1 }),
        }
    }

    /// A sum is told.
    pub(super) fn told(&mut self, notification: &Notification) {
        if let Topic::More { .. } = notification.topic {
            self.0.retain(|sum| (Some(sum.channel), sum.class) != (notification.channel, notification.class));
        }
    }

    pub(super) fn forget(&mut self, channel: ChannelNo) {
        self.0.retain(|sum| sum.channel != channel);
    }

    /// What may be told while so many wait: only once half the places are free, so that a burst that goes on is one sum and not many.
    pub(super) fn ready(&self, pending: usize) -> Option<Sum> {
        self.0.iter().find(|sum| pending < sum.class.pending_max() / 2).copied()
    }
}
