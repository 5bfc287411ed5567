//! The guard: what may be sent to a buyer (SPEC section 7). Pure.
//!
//! Every text to a buyer passes [`Guard::clear`], and only what it cleared can become a message: a message of anybody but the buyer is
//! made from [`Cleared`], and nothing else makes one. The text is normalised once; words, contacts, marketing phrases and coupon
//! codes are then found in it, each with its place in the *original* text.

pub mod check;
pub mod conduct;
mod coupon;
mod digits;
pub mod habits;
pub mod kind;
mod link;
mod marketing;
mod messenger;
mod normal;
mod phone;
mod platform;
pub mod questions;
pub mod record;
pub mod standing;
mod vocabulary;
mod words;

use super::id::Millis;
use super::refusal::Refusal;
use crate::limits;
use conduct::Conduct;
use marketing::Phrases;
use normal::Normal;
use record::Origin;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::{Arc, LazyLock};
use words::Squeezed;

pub use words::Words;

/// What a text must not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rule {
    /// 禁用语 (GRD-2).
    Banned,
    /// GRD-3: a telephone number.
    Phone,
    Mail,
    /// An account of a messenger: WeChat, QQ, WhatsApp, Telegram, …
    Messenger,
    /// An address of the web that is not on the allow list.
    Web,
    /// The name of another platform.
    Platform,
    /// A marketing phrase without an approval 报备 that covers it (GRD-4).
    Marketing,
}

/// In which part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    Text,
    /// A card of an order or a product.
    Card,
    /// The name of a file.
    File,
}

/// What was found, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: Rule,
    pub part: Part,
    /// Where it begins in that part as it was written, in characters from 0.
    pub start: u32,
    /// Where it ends; behind its last character.
    pub end: u32,
    /// What was found: the banned word or phrase as the shop lists it, else what stands there.
    pub found: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.rule {
            Rule::Banned => "a banned word",
            Rule::Phone => "a telephone number",
            Rule::Mail => "a mail address",
            Rule::Messenger => "a contact of a messenger",
            Rule::Web => "a web address that is not allowed",
            Rule::Platform => "the name of another platform",
            Rule::Marketing => "a marketing phrase without approval",
        };
        write!(f, "character {}: `{}`: {what}", self.start + 1, self.found)
    }
}

/// Whose words they are: how strictly contacts are taken (GRD-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Voice {
    /// An agent's own message: as the shop set it.
    Agent,
    /// Quick phrases, templates, welcome texts, robot, fulfilment: contacts are always refused.
    Fixed,
}

/// What is done about contacts in agents' messages (GRD-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Contacts {
    #[default]
    Refuse,
    /// Sent; the sender is told, and it is recorded.
    Warn,
}

/// What a shop sets of its guard, as a whole, in versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub contacts: Contacts,
    /// Hosts whose addresses may be sent; a host stands for its subdomains too.
    pub allowed_hosts: Vec<String>,
    /// Names of platforms that may be named: the shop's own.
    pub own_platforms: Vec<String>,
    /// Marketing phrases beside the built-in ones (GRD-4).
    pub marketing: Vec<String>,
    /// How the shop's coupon codes begin (GRD-5); the usual forms are known.
    pub coupon_prefixes: Vec<String>,
    /// Clients that staff use (GRD-6), by the name they give at log-in. Empty: not looked at.
    pub clients: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            contacts: Contacts::Refuse,
            allowed_hosts: Vec::new(),
            own_platforms: Vec::new(),
            marketing: Vec::new(),
            coupon_prefixes: Vec::new(),
            clients: Vec::new(),
        }
    }
}

/// A campaign approval 报备 of the platform (GRD-4): these phrases may be used from `from` until before `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub campaign: String,
    pub phrases: Vec<String>,
    pub from: Millis,
    pub to: Millis,
}

/// The rules of one shop, ready to read texts. Made off the hot path, shared by all who speak for the shop.
pub struct Guard {
    settings: Settings,
    words: Arc<Words>,
    approvals: Vec<Approval>,
    carrier_hosts: Vec<String>,
    /// What the platform set for all shops.
    pub conduct: Arc<Conduct>,
    phrases: Phrases,
    /// Names of platforms that may be named, as they are compared.
    own: Vec<Vec<char>>,
    /// How the shop's coupon codes begin, in lower case.
    prefixes: Vec<String>,
}

/// A text that may be sent. Only the guard makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    text: String,
    /// Contacts in an agent's message where the shop only warns.
    pub warnings: Vec<Finding>,
    /// It holds a coupon or discount code (GRD-5).
    pub coupon: bool,
    /// It says nothing: blanks, punctuation, emoji only (SLA-1).
    pub empty: bool,
}

impl Cleared {
    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

impl Guard {
    /// `carrier_hosts`: where parcels are followed; such addresses may always be sent.
    pub fn new(
        settings: Settings,
        words: Arc<Words>,
        approvals: Vec<Approval>,
        carrier_hosts: Vec<String>,
        conduct: Arc<Conduct>,
    ) -> Guard {
        let lower = |list: &[String]| list.iter().map(|item| item.trim().to_lowercase()).filter(|item| !item.is_empty()).collect();
        let own = settings.own_platforms.iter().map(|name| vocabulary::plain(name)).filter(|name| !name.is_empty()).collect();
        let phrases = Phrases::new(&settings.marketing, &approvals);
        let (prefixes, carrier_hosts) = (lower(&settings.coupon_prefixes), lower(&carrier_hosts));
        Guard { settings, words, approvals, carrier_hosts, conduct, phrases, own, prefixes }
    }

    /// The rules of a shop that set none.
    pub fn usual() -> Arc<Guard> {
        static USUAL: LazyLock<Arc<Guard>> = LazyLock::new(Arc::default);
        USUAL.clone()
    }

    /// Clears a text, or says everything in it that must not be sent.
    pub fn clear(&self, text: String, voice: Voice, now: Millis) -> Result<Cleared, Vec<Finding>> {
        let normal = Normal::new(&text);
        let mut marks = Marks::default();
        let coupon = self.mark(&normal, now, &mut marks);
        if normal.turned {
            self.mark(&Normal::as_seen(&text), now, &mut marks);
            marks.override_of(&text);
        }
        if normal.pictured {
            self.mark(&Normal::signs_apart(&text), now, &mut marks);
        }
        let (contacts, words): (Vec<Mark>, Vec<Mark>) = marks.0.into_iter().partition(|mark| mark.rule.is_contact());
        let warned = voice == Voice::Agent && self.settings.contacts == Contacts::Warn;
        let (refused, warned) = if warned { (words, contacts) } else { (words.into_iter().chain(contacts).collect(), Vec::new()) };
        if !refused.is_empty() {
            return Err(findings(&text, refused));
        }
        Ok(Cleared { warnings: findings(&text, warned), coupon, empty: is_empty(&text), text })
    }

    /// Whether a text says nothing: blanks, punctuation, emoji only (SLA-1).
    pub fn says_nothing(&self, text: &str) -> bool {
        is_empty(text)
    }

    /// Refuses a text of the shop's that would not be sent, where it is written.
    pub fn check(&self, field: &'static str, text: &str, now: Millis) -> Result<(), Refusal> {
        let told = |findings: Vec<Finding>| findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("; ");
        self.clear(text.to_owned(), Voice::Fixed, now).map(drop).map_err(|findings| Refusal::Invalid { field, problem: told(findings) })
    }

    /// Marks all that is wrong; whether the text holds a coupon.
    fn mark(&self, normal: &Normal, now: Millis, marks: &mut Marks) -> bool {
        let squeezed = Squeezed::new(normal);
        let seen = vocabulary::read(&squeezed);
        let runs = digits::runs(normal);
        self.words.find(&squeezed, |word, at| marks.add(normal, Rule::Banned, at, Some(word)));
        for (phrase, at) in self.phrases.find(&squeezed, &self.approvals, now) {
            marks.add(normal, Rule::Marketing, at, Some(phrase));
        }
        let hosts: Vec<&str> = self.settings.allowed_hosts.iter().chain(&self.carrier_hosts).map(String::as_str).collect();
        let addresses = link::addresses(normal, &hosts);
        let platforms = platform::platforms(normal, &seen, &self.own, &addresses.allowed);
        let contacts = [
            (Rule::Phone, phone::phones(normal, &seen, &runs)),
            (Rule::Mail, addresses.mail),
            (Rule::Messenger, messenger::messengers(normal, &seen, &runs)),
            (Rule::Web, addresses.web),
            (Rule::Platform, platforms),
        ];
        for (rule, places) in contacts {
            places.into_iter().all(|at| marks.add(normal, rule, at, None));
        }
        if let Some(read) = normal.unspelled() {
            let spelled = link::addresses(&read, &hosts);
            spelled.web.into_iter().all(|at| marks.add(&read, Rule::Web, at, None));
            spelled.mail.into_iter().all(|at| marks.add(&read, Rule::Mail, at, None));
        }
        coupon::holds_code(normal, &seen, &self.prefixes)
    }

    /// Whether a text holds a coupon or discount code (GRD-5).
    pub fn holds_coupon(&self, text: &str) -> bool {
        let normal = Normal::new(text);
        let seen = vocabulary::read(&Squeezed::new(&normal));
        coupon::holds_code(&normal, &seen, &self.prefixes)
    }

    /// Whether the client is one that the shop's staff use (GRD-6).
    pub fn knows_client(&self, origin: &Origin) -> bool {
        self.settings.clients.is_empty() || self.settings.clients.contains(&origin.client)
    }
}

/// The finding that is being made, in characters of the original.
struct Mark {
    rule: Rule,
    start: u32,
    end: u32,
    word: Option<String>,
}

#[derive(Default)]
struct Marks(Vec<Mark>);

impl Marks {
    /// Whether more are wanted.
    fn add(&mut self, normal: &Normal, rule: Rule, at: Range<usize>, word: Option<&str>) -> bool {
        let (start, end) = normal.place(at);
        self.0.push(Mark { rule, start, end, word: word.map(str::to_owned) });
        self.0.len() < limits::MARKS_MAX
    }
}

impl Marks {
    /// No honest sentence turns itself round, and what readers see of one that does cannot be told for sure.
    fn override_of(&mut self, text: &str) {
        if let Some(at) = text.chars().position(|c| c == normal::OVERRIDE) {
            let (start, word) = (at as u32, Some("U+202E".to_owned()));
            self.0.push(Mark { rule: Rule::Banned, start, end: start + 1, word });
        }
    }
}

impl Rule {
    fn is_contact(self) -> bool {
        !matches!(self, Rule::Banned | Rule::Marketing)
    }
}

/// From left to right, what overlaps in one rule as one, of words the longest, and not too many.
fn findings(text: &str, mut marks: Vec<Mark>) -> Vec<Finding> {
    marks.sort_by_key(|mark| (mark.rule, mark.start, std::cmp::Reverse(mark.end)));
    let mut kept: Vec<Mark> = Vec::new();
    for mark in marks {
        match kept.last_mut().filter(|last| last.rule == mark.rule && mark.start < last.end) {
            Some(last) if mark.word.is_none() => last.end = last.end.max(mark.end),
            Some(last) if mark.end - mark.start > last.end - last.start => *last = mark,
            Some(_) => {}
            None => kept.push(mark),
        }
    }
    kept.sort_by_key(|mark| (mark.start, mark.end, mark.rule));
    kept.truncate(limits::FINDINGS_MAX);
    let written = |mark: &Mark| text.chars().skip(mark.start as usize).take((mark.end - mark.start) as usize).collect();
    let finding = |mark: Mark| {
        let found = mark.word.clone().unwrap_or_else(|| written(&mark));
        Finding { rule: mark.rule, part: Part::Text, start: mark.start, end: mark.end, found }
    };
    kept.into_iter().map(finding).collect()
}

/// Whether a text says nothing: blanks, punctuation, emoji only, also those made of figures and letters.
fn is_empty(text: &str) -> bool {
    let mut chars = text.chars().filter(|c| !normal::is_invisible(*c)).peekable();
    while let Some(c) = chars.next() {
        let emoji = chars.peek() == Some(&'\u{20e3}') || matches!(c, '\u{2460}'..='\u{27bf}' | '\u{1f100}'..='\u{1faff}');
        if c.is_alphanumeric() && !emoji {
            return false;
        }
    }
    true
}

impl Default for Guard {
    fn default() -> Guard {
        Guard::new(Settings::default(), Arc::default(), Vec::new(), Vec::new(), Arc::default())
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

impl Eq for Guard {}

impl PartialEq for Guard {
    fn eq(&self, other: &Guard) -> bool {
        self.settings == other.settings && Arc::ptr_eq(&self.words, &other.words) && self.approvals == other.approvals
    }
}
