//! The set-up check list (TXT-6): what a shop has not set up yet. Pure; what each costs is said where it is shown.

use super::{ListId, Texts};
use crate::domain::desk::Fulfilment;
use crate::domain::diversion::{Group, Settings};
use crate::domain::notify::channel::{Channel, Kind};
use crate::domain::offline::Way;

/// One thing to set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    Accounts,
    Groups,
    Rules,
    Offline,
    Welcome,
    /// At least [`PHRASES_MIN`] answers to frequent questions at hand.
    Phrases,
    Templates,
    Fulfilment,
    Archive,
    /// Somebody outside is told when buyers wait: a verified channel (NTF-2).
    Channels,
    /// One of them is a phone.
    Phone,
    HealthBaselines,
    /// At least five answers of the robot to frequent questions.
    RobotAnswers,
    AiConsent,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Done,
    Missing,
    /// This release has no such thing yet.
    NotAvailableYet,
}

/// Answers to frequent questions that a shop should have (TXT-6).
pub const PHRASES_MIN: usize = 5;

/// What is known of a shop.
pub struct Known<'a> {
    pub settings: &'a Settings,
    /// Of the diversion document; 0: nobody has set one.
    pub version: u32,
    /// Of the settings of the desk.
    pub desk_version: u32,
    pub fulfilment: &'a Fulfilment,
    pub groups: &'a [Group],
    /// Some account may receive buyers by rule.
    pub receives: bool,
    /// Some account is in a group.
    pub grouped: bool,
    /// Where the shop's people are told outside.
    pub channels: &'a [Channel],
    /// The lists of shop and groups.
    pub lists: &'a [(ListId, Texts)],
}

/// The whole list, in the order in which a shop is best set up.
pub fn check(known: &Known) -> Vec<(Item, State)> {
    let settings = known.settings;
    let state = |done: bool| if done { State::Done } else { State::Missing };
    let phrases: usize = known.lists.iter().map(|(_, texts)| texts.phrases.len()).sum();
    let templates = known.lists.iter().any(|(_, texts)| !texts.templates.is_empty());
    let welcomes = !settings.welcome.text.is_empty() || known.groups.iter().any(|group| !group.welcome.is_empty());
    let told = known.fulfilment;
    let tells = [&told.confirmed, &told.shipped, &told.logistics].into_iter().any(Option::is_some);
    // What lies in the pool is looked at by somebody, and the shop has looked at how.
    let looked_at = known.version > 0 && (settings.offline.way != Way::Pool || settings.offline.automatic.on);
    let set = [
        (Item::Accounts, known.receives),
        (Item::Groups, known.grouped),
        (Item::Rules, !settings.rules.is_empty() || !settings.scopes.is_empty()),
        (Item::Offline, looked_at),
        (Item::Welcome, welcomes),
        (Item::Phrases, phrases >= PHRASES_MIN),
        (Item::Templates, templates),
        (Item::Fulfilment, tells),
        (Item::Archive, known.desk_version > 0),
        (Item::Channels, known.channels.iter().any(|channel| channel.verified)),
        (Item::Phone, known.channels.iter().any(|channel| channel.verified && channel.target.kind() == Kind::Phone)),
        (Item::HealthBaselines, known.desk_version > 0),
    ];
    let later = [Item::RobotAnswers, Item::AiConsent];
    set.into_iter().map(|(item, done)| (item, state(done))).chain(later.map(|item| (item, State::NotAvailableYet))).collect()
}
