//! Is a draft of the settings sensible as a whole (DIV-11)? Lists everything that is wrong with it, not only the first thing.
//!
//! It must never refuse what it cannot prove wrong. A rule counts as never reached only where each of the people it names is also
//! named by an earlier rule that holds whenever it does: a rule applies only if somebody of its target is online, so an
//! earlier rule for other people hides nobody.

mod logic;
mod size;

use super::super::id::{AgentNo, GroupNo};
use super::super::offline::{Automatic, DayWindow, Targets, Way};
use super::super::schedule::Zone;
use super::compile::{Field, keywords};
use super::condition::{Condition, WeekWindow};
use super::{Group, Rule, Scope, Settings, Target};
use crate::limits::{self, DAY_MS};
use logic::{Steps, implies, never, sorted};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// Windows and graces: longer ones are slips of the pen.
const SPAN_MS_MAX: u64 = 365 * DAY_MS;
const QUEUE_LENGTH_MAX: u32 = 100_000;
const QUEUE_WAIT_MS_MAX: u64 = 7 * DAY_MS;
const NO_ANSWER_MS_MIN: u64 = 10_000;
const NO_ANSWER_MS_MAX: u64 = DAY_MS;
const DAY_MIN: u16 = 1_440;
const SLOT_MIN_MIN: u16 = 5;
/// Of the rules that hide one, those that are named.
const HIDING_NAMED_MAX: usize = 3;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: `rules[2].target.groups[0]`.
    pub field: String,
    /// What, with the name of the rule: ``rule 3 (`vip`): there is no group 9``.
    pub problem: String,
}

/// What the settings may name.
pub struct Known<'a> {
    /// Group `i + 1`.
    pub groups: &'a [Group],
    /// All accounts, with their groups.
    pub members: &'a BTreeMap<AgentNo, Vec<GroupNo>>,
}

/// Everything that is wrong with these settings; of very much, what comes first.
pub fn check(settings: &Settings, known: &Known) -> Vec<Fault> {
    let mut people = BTreeMap::<GroupNo, People>::new();
    for (agent, groups) in known.members {
        groups.iter().for_each(|group| people.entry(*group).or_default().add(*agent));
    }
    let mut check = Check { known, people, whose: String::new(), faults: Vec::new(), steps: Steps::new() };
    check.numbers(settings);
    if check.size(settings) {
        check.scopes(&settings.scopes);
        check.rules(&settings.rules);
        check.reached(&settings.rules);
        check.keywords(settings);
    }
    check.offline(settings);
    check.said("welcome.text", &settings.welcome.text, limits::WELCOME_CHARS_MAX);
    check.faults
}

struct Check<'a> {
    known: &'a Known<'a>,
    /// The members of each group that has any.
    people: BTreeMap<GroupNo, People>,
    /// Begins every problem: the rule or scope that is looked at.
    whose: String,
    /// At most [`limits::FAULTS_MAX`]; so many are full.
    faults: Vec<Fault>,
    /// Left to prove something with.
    steps: Steps,
}

/// Accounts, by number. There are at most AGENTS_MAX of them.
#[derive(Clone, Default)]
struct People(Vec<u64>);

impl People {
    fn add(&mut self, agent: AgentNo) {
        let (at, bit) = (agent.0 as usize / 64, agent.0 % 64);
        self.0.resize(self.0.len().max(at + 1), 0);
        self.0[at] |= 1 << bit;
    }
    fn join(&mut self, others: &People) {
        self.0.resize(self.0.len().max(others.0.len()), 0);
        self.0.iter_mut().zip(&others.0).for_each(|(these, those)| *these |= those);
    }
    fn part_from(&mut self, others: &People) {
        self.0.iter_mut().zip(&others.0).for_each(|(these, those)| *these &= !those);
    }
    fn meet(&self, others: &People) -> bool {
        self.0.iter().zip(&others.0).any(|(these, those)| these & those != 0)
    }
    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

/// The name as it may stand in a sentence.
fn named(number: usize, rule: &Rule) -> String {
    let name: String = rule.name.chars().filter(|c| !c.is_control()).take(limits::NAME_CHARS_MAX).collect();
    format!("rule {} (`{name}`)", number + 1)
}

/// Whether a character cannot be seen, or turns the direction of the text around it.
fn invisible(c: char) -> bool {
    let unseen = ['\u{ad}', '\u{61c}', '\u{180e}', '\u{feff}'];
    c.is_control() || unseen.contains(&c) || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// What is wrong with a name or a value.
pub(in crate::domain) fn misspelled(word: &str) -> Option<String> {
    let most = limits::NAME_CHARS_MAX;
    if word.chars().nth(most).is_some() {
        return Some(format!("more than {most} characters"));
    }
    if word.chars().any(invisible) {
        return Some("contains invisible characters".into());
    }
    word.trim().is_empty().then(|| "empty".into())
}

/// The places at which a list repeats what came before.
pub(in crate::domain) fn repeated<T: Ord>(list: impl IntoIterator<Item = T>) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    list.into_iter().enumerate().filter_map(|(at, one)| (!seen.insert(one)).then_some(at)).collect()
}

impl Check<'_> {
    fn fault(&mut self, field: impl Into<String>, problem: impl AsRef<str>) {
        let fault = match self.faults.len() + 1 {
            limits::FAULTS_MAX => Fault { field: String::new(), problem: "and more; mend these first".into() },
            count if count > limits::FAULTS_MAX => return,
            _ => Fault { field: field.into(), problem: format!("{}{}", self.whose, problem.as_ref()) },
        };
        self.faults.push(fault);
    }

    /// Whether more faults would not be listed.
    fn full(&self) -> bool {
        self.faults.len() >= limits::FAULTS_MAX
    }

    fn require(&mut self, fine: bool, field: &str, problem: &str) {
        if !fine {
            self.fault(field, problem);
        }
    }

    fn numbers(&mut self, settings: &Settings) {
        let (recent, queue, no_answer) = (&settings.recent, &settings.queue, &settings.no_answer);
        self.require(Zone::named(&settings.zone).is_some(), "zone", "there is no time zone of this name");
        for at in repeated(settings.preferences.iter().map(|preference| *preference as u8)) {
            self.fault(format!("preferences[{at}]"), "named twice");
        }
        let spans =
            [("recent.any_ms", recent.any_ms), ("recent.online_ms", recent.online_ms), ("offline_grace_ms", settings.offline_grace_ms)];
        for (field, ms) in spans {
            self.require(ms <= SPAN_MS_MAX, field, "longer than 365 days");
        }
        self.require(recent.online_ms >= recent.any_ms, "recent.online_ms", "shorter than recent.any_ms, which it extends");
        if let Some(group) = settings.fallback_group {
            self.group("fallback_group", group);
        }
        self.require(queue.length_max <= QUEUE_LENGTH_MAX, "queue.length_max", &format!("more than {QUEUE_LENGTH_MAX}"));
        let waits = queue.wait_ms_max.is_none_or(|ms| (1..=QUEUE_WAIT_MS_MAX).contains(&ms));
        self.require(waits, "queue.wait_ms_max", "from 1 ms to 7 days; leave it out for no end");
        let after = no_answer.after_ms.is_none_or(|ms| (NO_ANSWER_MS_MIN..=NO_ANSWER_MS_MAX).contains(&ms));
        self.require(after, "no_answer.after_ms", "from 10 s to 24 h; leave it out to switch it off");
        let moves = (1..=limits::MOVES_MAX).contains(&no_answer.moves_max);
        self.require(moves, "no_answer.moves_max", &format!("from 1 to {}", limits::MOVES_MAX));
        self.require(no_answer.suspend_after != Some(0), "no_answer.suspend_after", "at least 1; leave it out for never");
    }

    /// Whether scopes and rules are few and small enough to be looked into.
    fn size(&mut self, settings: &Settings) -> bool {
        let (rules, rules_max) = (settings.rules.len(), limits::RULES_MAX);
        self.require(rules <= rules_max, "rules", &format!("{rules} rules, at most {rules_max}"));
        let (whole, most) = (size::whole(settings), limits::SETTINGS_SIZE_MAX);
        let problem = format!("{whole} scopes, conditions and values in all scopes and rules, at most {most}");
        self.require(whole <= most, "rules", &problem);
        rules <= rules_max && whole <= most
    }

    fn scopes(&mut self, scopes: &[Scope]) {
        let twice = repeated(scopes.iter().map(|scope| scope.group));
        for (number, scope) in scopes.iter().enumerate() {
            if self.full() {
                break;
            }
            let path = format!("scopes[{number}]");
            self.whose = format!("scope {} (group {}): ", number + 1, scope.group.0);
            self.group(format_args!("{path}.group"), scope.group);
            if twice.binary_search(&number).is_ok() {
                self.fault(format!("{path}.group"), "this group has a scope already");
            }
            if *scope == Scope::unbound(scope.group) {
                self.fault(&path, "bound to nothing, so it matches nobody");
            }
            for (field, words) in scope.words() {
                self.words(&format!("{path}.{}", plural(field)), words);
            }
            self.length(&format!("{path}.orders"), scope.orders.len());
        }
        self.whose.clear();
    }

    fn rules(&mut self, rules: &[Rule]) {
        let twice = repeated(rules.iter().map(|rule| &rule.name));
        for (number, rule) in rules.iter().enumerate() {
            if self.full() {
                break;
            }
            let path = format!("rules[{number}]");
            self.whose = format!("{}: ", named(number, rule));
            self.word(format_args!("{path}.name"), &rule.name);
            if twice.contains(&number) {
                self.fault(format!("{path}.name"), "another rule has this name");
            }
            let when = format!("{path}.when");
            let (parts, most) = (size::parts(&rule.when), limits::CONDITION_PARTS_MAX);
            if parts > most {
                self.fault(&when, format!("{parts} conditions in one, at most {most}"));
            } else {
                self.condition(&when, &rule.when, 1);
            }
            let contradicts = size::bearable(&rule.when) && never(&rule.when, &mut self.steps);
            self.require(!contradicts, &when, "contradicts itself, so it never holds");
            match &rule.target {
                Target::Groups(groups) => self.groups(&format!("{path}.target"), groups),
                Target::Agents(agents) => self.agents(&format!("{path}.target"), agents),
            }
        }
        self.whose.clear();
    }

    fn condition(&mut self, path: &str, condition: &Condition, depth: usize) {
        if depth > limits::CONDITION_DEPTH_MAX {
            return self.fault(path, format!("conditions within conditions, more than {} deep", limits::CONDITION_DEPTH_MAX));
        }
        match (condition, condition.words()) {
            (_, Some((field, words))) => {
                let path = format!("{path}.{}", singular(field));
                self.require(!words.is_empty(), &path, "names no value");
                self.words(&path, words);
            }
            (Condition::All(parts), _) => self.parts(&format!("{path}.all"), parts, depth),
            (Condition::Any(parts), _) => {
                self.require(!parts.is_empty(), &format!("{path}.any"), "any of nothing never holds");
                self.parts(&format!("{path}.any"), parts, depth);
            }
            (Condition::Not(part), _) => self.condition(&format!("{path}.not"), part, depth + 1),
            (Condition::Order(orders), _) => {
                self.require(!orders.is_empty(), &format!("{path}.order"), "names no value");
                self.length(&format!("{path}.order"), orders.len());
            }
            (Condition::Week(windows), _) => self.week(&format!("{path}.week"), windows),
            // Every other kind has words.
            _ => {}
        }
    }

    fn parts(&mut self, path: &str, parts: &[Condition], depth: usize) {
        for (at, part) in parts.iter().enumerate() {
            if self.full() {
                return;
            }
            self.condition(&format!("{path}[{at}]"), part, depth + 1);
        }
    }

    fn week(&mut self, path: &str, windows: &[WeekWindow]) {
        self.require(!windows.is_empty(), path, "names no window");
        if !self.length(path, windows.len()) {
            return;
        }
        for (at, window) in windows.iter().enumerate() {
            let path = format!("{path}[{at}]");
            let end = format!("{path}.to_min");
            self.require((1..=127).contains(&window.days), &format!("{path}.days"), "bits 0 (Monday) to 6 (Sunday), at least one");
            self.require(window.to_min <= DAY_MIN, &end, "more than 1440, the minutes of a day");
            self.require(window.from_min < window.to_min, &end, "the window ends before it has begun; past midnight takes two windows");
        }
    }

    /// Rules that no buyer reaches, because others come first.
    fn reached(&mut self, rules: &[Rule]) {
        // Too large or too deep is a fault already, and would take its time here.
        if self.full() || !rules.iter().all(|rule| size::bearable(&rule.when) && size::short(&rule.target)) {
            return;
        }
        let conditions: Vec<Condition> = rules.iter().map(|rule| sorted(&rule.when)).collect();
        let people: Vec<People> = rules.iter().map(|rule| self.serving(&rule.target)).collect();
        for (number, rule) in rules.iter().enumerate() {
            let (mut left, mut hiding) = (people[number].clone(), Vec::new());
            for earlier in 0..number {
                if left.meet(&people[earlier]) && implies(&conditions[number], &conditions[earlier], &mut self.steps) {
                    left.part_from(&people[earlier]);
                    hiding.push(earlier);
                }
            }
            if !hiding.is_empty() && left.is_empty() {
                let others = hiding.len().saturating_sub(HIDING_NAMED_MAX);
                let mut hiding: Vec<String> =
                    hiding.into_iter().take(HIDING_NAMED_MAX).map(|earlier| named(earlier, &rules[earlier])).collect();
                hiding.extend((others > 0).then(|| format!("{others} more")));
                let (this, hiding) = (named(number, rule), hiding.join(" and "));
                self.fault(format!("rules[{number}]"), format!("{this}: never reached: {hiding} held before it, for the same people"));
            }
        }
    }

    /// Who can serve a target, of those known.
    fn serving(&self, target: &Target) -> People {
        let mut serving = People::default();
        match target {
            Target::Groups(groups) => groups.iter().filter_map(|group| self.people.get(group)).for_each(|people| serving.join(people)),
            Target::Agents(agents) => {
                agents.iter().filter(|agent| self.known.members.contains_key(agent)).for_each(|agent| serving.add(*agent));
            }
        }
        serving
    }

    fn keywords(&mut self, settings: &Settings) {
        let (count, most) = (keywords(settings).len(), limits::KEYWORDS_MAX);
        self.require(count <= most, "rules", &format!("{count} keywords in all rules and scopes, at most {most}"));
    }

    fn offline(&mut self, settings: &Settings) {
        let offline = &settings.offline;
        if let Way::Deputy(agent) = offline.way {
            self.agent("offline.way", agent);
        }
        self.said("offline.text", &offline.text, limits::OFF_HOURS_CHARS_MAX);
        self.automatic("offline.automatic", &offline.automatic);
    }

    /// What a buyer is told.
    fn said(&mut self, field: &str, text: &str, most: usize) {
        self.require(text.chars().count() <= most, field, &format!("more than {most} characters"));
        let plain = !text.chars().any(|c| c.is_control() && c != '\n');
        self.require(plain, field, "a control character other than a new line");
    }

    fn automatic(&mut self, path: &str, automatic: &Automatic) {
        let slot_min = automatic.slot_min;
        let slots = slot_min >= SLOT_MIN_MIN && 60 % slot_min == 0;
        self.require(slots, &format!("{path}.slot_min"), "5, 6, 10, 12, 15, 20, 30 or 60");
        let idle = automatic.on && automatic.windows.is_empty();
        self.require(!idle, &format!("{path}.windows"), "on, but without a window it never fires");
        let short = self.length(&format!("{path}.windows"), automatic.windows.len());
        for (at, window) in automatic.windows.iter().enumerate().take_while(|_| short) {
            self.window(&format!("{path}.windows[{at}]"), *window, slots.then_some(slot_min));
        }
        let by_rules = automatic.targets == Targets::ByRules;
        match &automatic.targets {
            Targets::ByRules => {}
            Targets::Groups(groups) => self.groups(&format!("{path}.targets"), groups),
            Targets::Agents(agents) => self.agents(&format!("{path}.targets"), agents),
        }
        self.require(automatic.online_min >= 1, &format!("{path}.online_min"), "at least 1");
        self.require(automatic.per_head != Some(0), &format!("{path}.per_head"), "at least 1; leave it out for no limit");
        let scoped = by_rules || !automatic.heads_in_scope;
        self.require(scoped, &format!("{path}.heads_in_scope"), "only where the targets are by rules");
    }

    fn window(&mut self, path: &str, window: DayWindow, slot_min: Option<u16>) {
        let (from, to) = (window.from_min, window.to_min);
        let (begins, ends) = (from < DAY_MIN, to <= DAY_MIN);
        self.require(begins, &format!("{path}.from_min"), "more than 1439, the last minute of a day");
        self.require(ends, &format!("{path}.to_min"), "more than 1440, the minutes of a day");
        self.require(from <= to, &format!("{path}.to_min"), "the window ends before it begins; past midnight takes two windows");
        let sound = begins && ends && from <= to;
        let fires = !sound || slot_min.is_none_or(|slot_min| from.next_multiple_of(slot_min) <= to);
        self.require(fires, path, "no slot begins in this window, so it never fires");
    }

    fn groups(&mut self, path: &str, groups: &[GroupNo]) {
        self.require(!groups.is_empty(), path, "names nobody");
        if !self.length(path, groups.len()) {
            return;
        }
        for (at, group) in groups.iter().enumerate() {
            self.group(format_args!("{path}.groups[{at}]"), *group);
        }
        repeated(groups).into_iter().for_each(|at| self.fault(format!("{path}.groups[{at}]"), "named twice"));
    }

    fn agents(&mut self, path: &str, agents: &[AgentNo]) {
        self.require(!agents.is_empty(), path, "names nobody");
        if !self.length(path, agents.len()) {
            return;
        }
        for (at, agent) in agents.iter().enumerate() {
            self.agent(format_args!("{path}.agents[{at}]"), *agent);
        }
        repeated(agents).into_iter().for_each(|at| self.fault(format!("{path}.agents[{at}]"), "named twice"));
    }

    fn group(&mut self, field: impl Display, group: GroupNo) {
        if group.0 == 0 || group.0 as usize > self.known.groups.len() {
            self.fault(field.to_string(), format!("there is no group {}", group.0));
        } else if !self.people.contains_key(&group) {
            let name = &self.known.groups[group.0 as usize - 1].name;
            self.fault(field.to_string(), format!("nobody is in group {} (`{name}`)", group.0));
        }
    }

    fn agent(&mut self, field: impl Display, agent: AgentNo) {
        if !self.known.members.contains_key(&agent) {
            self.fault(field.to_string(), format!("there is no account {}", agent.0));
        }
    }

    fn words(&mut self, path: &str, words: &[String]) {
        if !self.length(path, words.len()) {
            return;
        }
        for (at, word) in words.iter().enumerate() {
            self.word(format_args!("{path}[{at}]"), word);
        }
    }

    fn word(&mut self, field: impl Display, word: &str) {
        if let Some(problem) = misspelled(word) {
            self.fault(field.to_string(), problem);
        }
    }

    /// Whether a list is no longer than it may be.
    fn length(&mut self, path: &str, length: usize) -> bool {
        let most = limits::RULE_VALUES_MAX;
        self.require(length <= most, path, &format!("{length} values, at most {most}"));
        length <= most
    }
}

/// As in a condition.
fn singular(field: Field) -> &'static str {
    match field {
        Field::Tag => "tag",
        Field::Level => "level",
        Field::Product => "product",
        Field::Category => "category",
        Field::Keyword => "keyword",
        Field::Entry => "entry",
        Field::Language => "language",
        Field::Channel => "channel",
        Field::Region => "region",
    }
}

/// As in a scope.
fn plural(field: Field) -> String {
    match field {
        Field::Category => "categories".into(),
        Field::Entry => "entries".into(),
        other => format!("{}s", singular(other)),
    }
}
