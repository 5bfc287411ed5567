//! Which channels are told of what (NTF-1): a line for each class and least priority, else the usual way.

use super::Class;
use super::channel::{Channel, ChannelNo, Kind};
use crate::domain::facts::Priority;
use crate::limits;
use serde::{Deserialize, Serialize};

/// News of this class, of this priority or a higher one, goes to these channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub class: Class,
    pub least: Priority,
    /// None named: nobody is told.
    pub channels: Vec<ChannelNo>,
}

/// Where news goes of a class that no route names; where a shop has none of these, to all that it has.
pub const fn usual(class: Class) -> &'static [Kind] {
    match class {
        Class::Reminder => &[Kind::WeCom],
        Class::Escalation => &[Kind::Mail, Kind::DingTalk],
        Class::Health | Class::Archive | Class::Guard | Class::Notice => &[Kind::Mail],
        Class::Test => &[],
    }
}

/// The channels, ascending, that are told of news: only verified ones, and all of them where it is urgent.
pub fn channels(all: &[Channel], routes: &[Route], class: Class, priority: Priority) -> Vec<ChannelNo> {
    let set = routes.iter().any(|route| route.class == class);
    let named = |no: ChannelNo| routes.iter().any(|route| route.class == class && priority <= route.least && route.channels.contains(&no));
    let is_usual = |channel: &Channel| usual(class).contains(&channel.target.kind());
    // Rather by an unusual way than not at all.
    let none_usual = !all.iter().any(|channel| channel.verified && is_usual(channel));
    let told = |channel: &&Channel| {
        let by_route = if set { named(channel.no) } else { none_usual || is_usual(channel) };
        channel.verified && (priority == Priority::Urgent || by_route)
    };
    all.iter().filter(told).map(|channel| channel.no).collect()
}

/// What is wrong with a list of routes. None: nothing.
pub fn check(routes: &[Route], all: &[Channel]) -> Option<String> {
    if routes.len() > limits::NOTIFICATION_ROUTES_MAX {
        return Some(format!("at most {} routes", limits::NOTIFICATION_ROUTES_MAX));
    }
    for (at, route) in routes.iter().enumerate() {
        let wrong = |problem: String| Some(format!("routes[{at}]: {problem}"));
        if route.class == Class::Test {
            return wrong("tests go to the channel that is tested".into());
        }
        if routes[..at].iter().any(|other| (other.class, other.least) == (route.class, route.least)) {
            return wrong("the same class and priority stand in an earlier route: name all its channels there".into());
        }
        if let Some(no) = route.channels.iter().find(|no| !all.iter().any(|channel| channel.no == **no)) {
            return wrong(format!("there is no channel {}", no.0));
        }
        if let Some(no) = route.channels.iter().find(|no| all.iter().any(|channel| channel.no == **no && !channel.verified)) {
            return wrong(format!("channel {} was never verified, so nobody would be told by it: test it first", no.0));
        }
        if route.channels.len() > all.len() {
            return wrong("a channel is named twice".into());
        }
    }
    None
}
