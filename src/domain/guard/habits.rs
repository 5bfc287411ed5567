//! How an account writes (GRD-6): whether a machine could be at work. In bounded memory, never stored; what it has found is.
//!
//! It never looks at what was caught, at batches, or at what is said while the account cannot send. A sign alone is no violation.

use super::conduct::Automation;
use super::record::Sign;
use crate::domain::id::{ConversationId, Millis};
use crate::limits::{self, HOUR_MS};
use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

const MINUTE_MS: u64 = 60_000;
const KINDS: usize = 4;
const RHYTHM_MEAN_MS_MIN: u64 = 200;

/// One answer, as far as habits show in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub conversation: ConversationId,
    /// Of the text, where the same text to many would say something: neither short nor a text of the shop.
    pub digest: Option<u64>,
    pub at: Millis,
}

/// What was said, for the evidence.
pub struct Seen<'a> {
    pub text: &'a str,
    pub client: &'a str,
    pub client_known: bool,
}

/// A sign that was flagged within the last hour.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flag {
    at: Millis,
    sign: Sign,
    /// A violation was made of it already.
    spent: bool,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// When it answered, the newest last; at most [`limits::HABIT_TIMES_MAX`].
    times: VecDeque<Millis>,
    /// What it wrote to whom within an hour, the newest last; at most [`limits::HABIT_TEXTS_MAX`].
    texts: VecDeque<(Millis, u64, ConversationId)>,
    /// By kind.
    flags: [Option<Flag>; KINDS],
}

impl Answered {
    /// `made`: with a text of the shop.
    pub fn new(conversation: ConversationId, text: &str, made: bool, rules: &Automation, at: Millis) -> Answered {
        let text = text.trim();
        let long = rules.same_text_chars_min == 0 || text.chars().nth(rules.same_text_chars_min as usize - 1).is_some();
        Answered { conversation, digest: (long && !made).then(|| digest(text)), at }
    }
}

/// Of this process only: it is never stored.
fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    // What nobody sees, or reads past, makes no other text of it.
    text.chars().filter(|c| c.is_alphanumeric()).for_each(|c| c.hash(&mut hasher));
    hasher.finish()
}

fn kind(sign: &Sign) -> usize {
    match sign {
        Sign::Rhythm { .. } => 0,
        Sign::Rate { .. } => 1,
        Sign::SameText { .. } => 2,
        Sign::Client { .. } => 3,
    }
}

impl Habits {
    /// The signs that show with one more answer, but for those that were flagged within the last hour.
    pub fn signs(&self, one: &Answered, seen: &Seen, rules: &Automation) -> Vec<Sign> {
        let at = self.now(one.at);
        let client = (!seen.client_known).then(|| Sign::Client { client: seen.client.to_owned() });
        let found = [self.rhythm(at, rules), self.rate(at, rules), self.same_text(one, at, seen.text, rules), client];
        let flagged = |sign: &Sign| self.flags[kind(sign)].as_ref().is_some_and(|flag| at.since(flag.at) < HOUR_MS);
        found.into_iter().flatten().filter(|sign| !flagged(sign)).collect()
    }

    /// These new signs with those of the last hour, where they are enough for a violation.
    pub fn violation(&self, new: &[Sign], rules: &Automation, at: Millis) -> Option<Vec<Sign>> {
        let at = self.now(at);
        let fresh = |flag: &&Flag| !flag.spent && at.since(flag.at) < HOUR_MS;
        let known = self.flags.iter().flatten().filter(fresh).map(|flag| flag.sign.clone());
        let signs: Vec<Sign> = known.chain(new.iter().cloned()).collect();
        (!new.is_empty() && signs.len() >= rules.signs_for_violation as usize).then_some(signs)
    }

    /// Stamps of two senders may cross; habits are read in one order.
    fn now(&self, at: Millis) -> Millis {
        self.times.back().map_or(at, |last| at.max(*last))
    }

    fn rhythm(&self, at: Millis, rules: &Automation) -> Option<Sign> {
        let intervals = rules.rhythm_messages as usize;
        let first = self.times.len().checked_sub(intervals).filter(|_| intervals > 0)?;
        let times = self.times.range(first..).copied().chain([at]);
        let lengths: Vec<u64> = times.clone().zip(times.skip(1)).map(|(before, after)| after.since(before)).collect();
        let mean = lengths.iter().sum::<u64>() / intervals as u64;
        // Faster than anybody could send one by one is what a client had kept back, or a matter of the rate.
        if mean < RHYTHM_MEAN_MS_MIN || mean >= rules.rhythm_mean_ms_max {
            return None;
        }
        let squares = lengths.iter().map(|ms| u128::from(ms.abs_diff(mean)).pow(2)).sum::<u128>();
        let spread = (squares / intervals as u128).isqrt() * 1_000 / u128::from(mean.max(1));
        let spread_milli = u32::try_from(spread).unwrap_or(u32::MAX);
        (spread_milli < rules.rhythm_spread_milli).then_some(Sign::Rhythm { messages: rules.rhythm_messages, mean_ms: mean, spread_milli })
    }

    fn rate(&self, at: Millis, rules: &Automation) -> Option<Sign> {
        let within = self.times.iter().rev().take_while(|time| at.since(**time) < MINUTE_MS);
        let (count, first) = within.fold((1, at), |(count, _), time| (count + 1, *time));
        (count > rules.rate_per_min).then_some(Sign::Rate { messages: count, within_ms: at.since(first) })
    }

    fn same_text(&self, one: &Answered, at: Millis, text: &str, rules: &Automation) -> Option<Sign> {
        let digest = one.digest?;
        let same = self.texts.iter().filter(|(time, known, _)| *known == digest && at.since(*time) < HOUR_MS);
        let (mut first, mut buyers) = (at, BTreeSet::from([one.conversation]));
        for (time, _, conversation) in same {
            first = first.min(*time);
            buyers.insert(*conversation);
        }
        let (buyers, within_ms) = (buyers.len() as u32, at.since(first));
        (buyers >= rules.same_text_buyers).then(|| Sign::SameText { buyers, within_ms, text: text.to_owned() })
    }
}

// What has happened.
impl Habits {
    /// One more answer.
    pub fn heard(&mut self, one: &Answered) {
        let at = self.now(one.at);
        if self.times.len() >= limits::HABIT_TIMES_MAX {
            self.times.pop_front();
        }
        self.times.push_back(at);
        let Some(digest) = one.digest else { return };
        let old = |(time, ..): &(Millis, u64, ConversationId)| at.since(*time) >= HOUR_MS;
        while self.texts.len() >= limits::HABIT_TEXTS_MAX || self.texts.front().is_some_and(old) {
            self.texts.pop_front();
        }
        self.texts.push_back((at, digest, one.conversation));
    }

    /// These were flagged.
    pub fn flagged(&mut self, signs: &[Sign], at: Millis) {
        for sign in signs {
            self.flags[kind(sign)] = Some(Flag { at, sign: sign.clone(), spent: false });
        }
    }

    /// A violation was made of what was seen: it counts anew, and no sign is told twice.
    pub fn violated(&mut self) {
        self.times.clear();
        self.texts.clear();
        self.flags.iter_mut().flatten().for_each(|flag| flag.spent = true);
    }
}
