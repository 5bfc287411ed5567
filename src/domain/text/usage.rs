//! Which texts replies are made with (TXT-5): what is counted of a reply, and the report over days.
//!
//! Pure. Texts are counted by the hour, so that a day is a day in whatever zone a shop keeps; a zone half an hour apart is off by that
//! much. How many replies there were, and how many of them made with any text, are figures of quarter hours and exact.

use super::{ListId, Texts};
use crate::domain::content::TextRef;
use crate::domain::event::{Author, Event};
use crate::domain::health::Figures;
use crate::domain::id::Millis;
use crate::domain::quarter::Quarter;
use crate::domain::schedule::{Day, Zone};
use crate::limits::HOUR_MS;
use std::collections::BTreeMap;

/// Texts that a shop should add in a quarter (TXT-5).
const ADDED_A_QUARTER_MIN: u32 = 2;

/// The hours since the epoch.
pub fn hour(at: Millis) -> u32 {
    u32::try_from(at.0 / HOUR_MS).unwrap_or(u32::MAX)
}

/// A reply of the staff made with a text: in which hour, and with which. None: the event is something else.
pub fn reply(event: &Event) -> Option<(u32, TextRef)> {
    match event {
        Event::MessageAdded { at, author: Author::Agent(_), extra, .. } => Some((hour(*at), extra.as_ref()?.made_with?)),
        _ => None,
    }
}

/// Replies of one day of the shop's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayUsage {
    pub day: Day,
    pub replies: u64,
    /// Of those, made with a text of the shop.
    pub made_with: u64,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub days: Vec<DayUsage>,
    /// Each text that was used, and how often; the most used first.
    pub texts: Vec<(TextRef, u64)>,
    /// Texts of the shop and its groups, templates among them, that were added in this quarter and are still there.
    pub added: u32,
    /// Too few were added: what buyers ask has changed since.
    pub reminder: bool,
}

impl Report {
    /// Of `days`; `counted`: hour, text, how often; `replies`: the figures of the shop.
    pub fn new(days: Vec<Day>, zone: &Zone, counted: &[(u32, TextRef, u64)], replies: &[(Quarter, Figures)], added: u32) -> Report {
        let mut texts = BTreeMap::<TextRef, u64>::new();
        let mut report = Report { days: Vec::new(), texts: Vec::new(), added, reminder: added < ADDED_A_QUARTER_MIN };
        for day in days {
            let (begins, ends) = zone.day_range(day);
            let mut of_day = DayUsage { day, replies: 0, made_with: 0 };
            let within = |at: &u32| (begins..ends).contains(&Millis(u64::from(*at) * HOUR_MS));
            for (_, text, count) in counted.iter().filter(|(at, ..)| within(at)) {
                *texts.entry(*text).or_default() += count;
            }
            for (_, figures) in replies.iter().filter(|(quarter, _)| (begins..ends).contains(&quarter.begins())) {
                of_day.replies += figures.sent;
                of_day.made_with += figures.with_text;
            }
            report.days.push(of_day);
        }
        report.texts = texts.into_iter().collect();
        report.texts.sort_by_key(|(text, count)| (std::cmp::Reverse(*count), *text));
        report
    }
}

/// When the quarter of the calendar began in which `now` is.
pub fn quarter_began(zone: &Zone, now: Millis) -> Millis {
    let today = zone.day_of(now).to_string();
    let month = today.get(5..7).and_then(|month| month.parse::<u8>().ok()).unwrap_or(1);
    let first = format!("{}-{:02}-01", &today[..4], (month - 1) / 3 * 3 + 1);
    Day::parse(&first).map_or(Millis(0), |day| zone.day_range(day).0)
}

/// The texts of these lists that were added from `since` on. An agent's own are its own affair.
pub fn added_since(lists: &[(ListId, Texts)], since: Millis) -> u32 {
    let of_shop = lists.iter().filter(|(list, _)| !matches!(list, ListId::Own(_)));
    let added = |texts: &Texts| {
        let phrases = texts.phrases.values().map(|phrase| phrase.added_at);
        phrases.chain(texts.templates.values().map(|template| template.added_at)).filter(|at| *at >= since).count() as u32
    };
    of_shop.map(|(_, texts)| added(texts)).sum()
}
