//! Conversations and a shop whose every event is kept and counted, for tests of figures: written out by the clock, or drawn at random.

use crate::SCOPE;
use fenliu::domain::Machine;
use fenliu::domain::content::{Extra, TextRef};
use fenliu::domain::conversation::{Command, Conversation, Handover, conversation_id};
use fenliu::domain::desk::time::InForce;
use fenliu::domain::event::{Actor, Author, Event, Handing, RetryKey};
use fenliu::domain::facts::{Priority, Visit};
use fenliu::domain::guard::Guard;
use fenliu::domain::guard::record::Origin;
use fenliu::domain::health::marketplace::{self, Marketplace, OpenRound};
use fenliu::domain::health::recount::Recount;
use fenliu::domain::health::report::period;
use fenliu::domain::health::{self, Figures, Lane, Report};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::quarter::Quarter;
use fenliu::domain::schedule::{Day, Zone};
use fenliu::domain::shop::{self, Shop};
use fenliu::domain::suggestion::Adopted;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who owns what opens.
pub const AGENT: AgentNo = AgentNo(1);
/// Who is passed what.
pub const OTHER: AgentNo = AgentNo(2);
const GROUP: GroupNo = GroupNo(1);
const BUYERS: u64 = 40;

/// Milliseconds of a clock time: `10:18:10` or `10:03:00.001`.
pub fn at(time: &str) -> u64 {
    let (time, ms) = time.split_once('.').unwrap_or((time, "0"));
    let parts: Vec<u64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    (parts[0] * 3_600 + parts[1] * 60 + parts[2]) * 1_000 + ms.parse::<u64>().unwrap()
}

/// When the clock of a zone shows that time of that day.
pub fn local(zone: &str, day: &str, time: &str) -> Millis {
    let ms = at(time);
    let minute = Zone::named(zone).unwrap().instant(Day::parse(day).unwrap(), (ms / 60_000) as u16);
    minute.plus(ms % 60_000)
}

pub struct World {
    desk: Arc<InForce>,
    zone: String,
    day: String,
    now: u64,
    talks: BTreeMap<u64, Conversation>,
    shop: Shop,
    pub log: Vec<Event>,
    sums: BTreeMap<(Lane, Quarter), Figures>,
    retries: u64,
    random: u64,
}

impl World {
    pub fn new(zone: &str) -> World {
        World::on(zone, "2026-03-02")
    }

    pub fn on(zone: &str, day: &str) -> World {
        let mut shop = Shop::new(SCOPE);
        let now = local(zone, day, "00:00:00");
        let created = Event::ShopCreated { shop: "tea".into(), name: "茶馆".into(), at: now };
        shop.apply(&created);
        World {
            desk: Arc::new(InForce { zone: Zone::named(zone).unwrap(), ..InForce::default() }),
            zone: zone.into(),
            day: day.into(),
            now: now.0,
            talks: BTreeMap::new(),
            shop,
            log: vec![created],
            sums: BTreeMap::new(),
            retries: 0,
            random: 1,
        }
    }

    fn happened(&mut self, event: Event) {
        for added in health::changes(&event) {
            self.sums.entry((added.lane, added.quarter)).or_default().add(added.what);
        }
        self.log.push(event);
    }

    /// What the machine answers to is written down; a refusal is none.
    fn tell(&mut self, buyer: u64, command: Command) -> bool {
        let talk = self.talks.entry(buyer).or_insert_with(|| Conversation::new(SCOPE, conversation_id(SCOPE, &format!("b-{buyer}"))));
        let Ok(decision) = talk.decide(command, Millis(self.now)) else { return false };
        decision.events.iter().for_each(|event| talk.apply(event));
        decision.events.into_iter().for_each(|event| self.happened(event));
        true
    }

    /// Whatever is due by then fires, each at its own time.
    fn pass_to(&mut self, at: u64) {
        loop {
            let next = self.talks.iter().filter_map(|(buyer, talk)| Some((talk.deadline()?, *buyer))).min();
            let Some((due, buyer)) = next.filter(|(due, _)| due.0 <= at) else { break };
            self.now = self.now.max(due.0);
            self.tell(buyer, Command::Wake);
        }
        self.now = at;
    }

    pub fn until(&mut self, time: &str) {
        self.pass_to(local(&self.zone, &self.day, time).0);
    }
}

// What is done.
impl World {
    fn retry(&mut self) -> RetryKey {
        self.retries += 1;
        RetryKey { client_id: self.retries, body: 0 }
    }

    fn answer(&mut self, buyer: u64, agent: AgentNo, text: &str, made_with: Option<TextRef>) -> bool {
        let (retry, extra) = (self.retry(), Extra { made_with, ..Extra::default() }.boxed());
        let origin = Origin::default();
        self.tell(buyer, Command::Answer { agent, text: text.into(), extra, retry, guard: Guard::usual(), origin })
    }

    /// An assistant offers two answers.
    fn suggest(&mut self, buyer: u64) -> bool {
        let (retry, items) = (self.retry(), vec!["有货".into(), "没有货".into()]);
        let by = Actor::Platform("assistant".into());
        self.tell(buyer, Command::Suggest { by, oversees: true, for_seq: None, items, retry, guard: Guard::usual() })
    }

    /// The first answer of the newest offer, as it is or changed.
    fn adopt(&mut self, buyer: u64, agent: AgentNo, text: &str) -> bool {
        let offer = self.talks.get(&buyer).map_or(0, |talk| talk.suggestions.offered);
        let suggestion = (offer > 0).then_some(Adopted { offer, item: 0, edited: false });
        let (retry, extra) = (self.retry(), Extra { suggestion, ..Extra::default() }.boxed());
        let origin = Origin::default();
        self.tell(buyer, Command::Answer { agent, text: text.into(), extra, retry, guard: Guard::usual(), origin })
    }

    fn own(&mut self, buyer: u64, agent: AgentNo, how: Handing) -> bool {
        let reception = self.talks.get(&buyer).and_then(|talk| talk.open.as_ref()).map_or(0, |open| open.no);
        let handover =
            Handover { how, say: None, keywords: vec![], over_capacity: None, decision: 1, welcome: vec![], guard: Guard::usual() };
        self.tell(buyer, Command::Own { reception, agent, group: Some(GROUP), handover })
    }

    /// The buyer asks; whoever is new goes to the first agent at once.
    fn ask(&mut self, buyer: u64) -> bool {
        let (retry, desk) = (self.retry(), self.desk.clone());
        let (name, visit, text) = (String::new(), Visit::default(), "在吗".into());
        self.tell(buyer, Command::Send { buyer: format!("b-{buyer}"), name, visit, asks: false, text, extra: None, retry, desk })
    }

    fn mark(&mut self, buyer: u64, answered: bool) -> bool {
        let desk = self.desk.clone();
        self.tell(buyer, Command::Mark { by: AGENT, oversees: true, answered, desk })
    }

    fn read(&mut self, buyer: u64, seq: u64) -> bool {
        self.tell(buyer, Command::Read { by: AGENT, oversees: true, seq, desk: Default::default() })
    }

    fn recall_last(&mut self, buyer: u64) -> bool {
        let seq = self.talks.get(&buyer).map_or(0, |talk| talk.last_seq);
        self.tell(buyer, Command::Recall { by: Author::Buyer, seq, desk: Default::default() })
    }

    fn block(&mut self, buyer: u64) -> bool {
        self.tell(buyer, Command::Block { buyer: format!("b-{buyer}"), reason: "骚扰".into(), by: Actor::Account(AGENT) })
    }

    fn unblock(&mut self, buyer: u64) -> bool {
        let desk = self.desk.clone();
        self.tell(buyer, Command::Unblock { by: Actor::Account(AGENT), desk })
    }

    /// S: an assistant offers answers; P, E: the first agent sends one as it is, or edited. Q: the buyer asks; A, a: the first or the other agent answers; `.`: without content; M: with a template; T: a person passes it to the
    /// other; C, c: either closes; N, U: marked as needing no reply, or one; R: the buyer takes the last message back; B, X: on the
    /// blacklist and off it; a digit: staff read up to that message.
    pub fn talk(&mut self, buyer: u64, moments: &[(&str, char)]) {
        for (time, who) in moments {
            self.until(time);
            let done = match who {
                'Q' => {
                    let asked = self.ask(buyer);
                    let unowned = self.talks[&buyer].open.as_ref().is_some_and(|open| open.owner().is_none());
                    asked && (!unowned || self.own(buyer, AGENT, Handing::ByRule))
                }
                'A' => self.answer(buyer, AGENT, "在的", None),
                'a' => self.answer(buyer, OTHER, "在的", None),
                '.' => self.answer(buyer, AGENT, "。。", None),
                'M' => self.answer(buyer, AGENT, "亲,已发货", Some(TextRef::Template(1))),
                'S' => self.suggest(buyer),
                'P' => self.adopt(buyer, AGENT, "有货"),
                'E' => self.adopt(buyer, AGENT, "有货的,亲"),
                'T' => self.own(buyer, OTHER, Handing::ByPerson),
                'C' => self.tell(buyer, Command::Close { by: AGENT, oversees: false }),
                'c' => self.tell(buyer, Command::Close { by: OTHER, oversees: false }),
                'N' => self.mark(buyer, true),
                'U' => self.mark(buyer, false),
                'R' => self.recall_last(buyer),
                'B' => self.block(buyer),
                'X' => self.unblock(buyer),
                seq => self.read(buyer, u64::from(seq.to_digit(10).unwrap())),
            };
            assert!(done, "{time} {who} was refused");
        }
    }
}

// What it comes to.
impl World {
    pub fn sum_from(&self, lane: Lane, from: Millis, to: Millis) -> Figures {
        let mut sum = Figures::default();
        let within = |quarter: &Quarter| (Quarter::of(from)..Quarter::of(to)).contains(quarter);
        let of_lane = self.sums.iter().filter(|((of, quarter), _)| *of == lane && within(quarter));
        of_lane.for_each(|(_, figures)| sum.plus(figures));
        sum
    }

    pub fn sum_of_all(&self, lane: Lane) -> Figures {
        self.sum_from(lane, Millis(0), Millis(u64::MAX))
    }

    pub fn sum_between(&self, lane: Lane, from: &str, to: &str) -> Figures {
        self.sum_from(lane, local(&self.zone, &self.day, from), local(&self.zone, &self.day, to))
    }

    fn open_rounds(&self) -> Vec<OpenRound> {
        let open = self.talks.values().filter_map(|talk| talk.open.as_ref());
        let round = open.filter_map(|open| {
            Some(OpenRound { began: open.unanswered_since?, charged: open.charged.or(open.owner()), group: open.group })
        });
        round.collect()
    }

    pub fn marketplace(&self, lane: Lane) -> Marketplace {
        self.marketplace_up_to(lane, Day::parse(&self.day).unwrap())
    }

    pub fn marketplace_up_to(&self, lane: Lane, last: Day) -> Marketplace {
        let hours: Vec<(Quarter, Quarter)> = marketplace::days(last).iter().map(|day| marketplace::hours(&self.desk.zone, *day)).collect();
        let mut sum = Figures::default();
        for (from, to) in &hours {
            sum.plus(&self.sum_from(lane, from.begins(), to.begins()));
        }
        let counts = |at: Millis| hours.iter().any(|(from, to)| (*from..*to).contains(&Quarter::of(at)));
        let open = self.open_rounds().iter().filter(|round| round.is_of(lane) && counts(round.began)).count() as u64;
        let figures = Marketplace::new(&sum, open);
        if lane == Lane::Shop {
            assert_eq!(figures, Marketplace::of_shop(&sum), "what began and did not end is open");
        }
        figures
    }

    /// The report of a day, counted from the log.
    pub fn count(&self, day: Day) -> Report {
        let rule = self.desk.health.clone();
        let (from, to) = period(&self.desk.zone, &rule, day);
        let mut recount = Recount::new(from, to);
        self.log.iter().for_each(|event| recount.observe(event));
        Report { day, from, to, after: 0, upto: 0, figures: recount.finish(), rule }
    }

    /// The shop is told the report of a day: what it writes down.
    pub fn report(&mut self, day: Day) -> Vec<Event> {
        let command = shop::Command::ReportHealth { report: Box::new(self.count(day)) };
        let events: Vec<Event> = self.shop.decide(command, Millis(self.now)).unwrap().events.into_iter().collect();
        events.iter().for_each(|event| self.shop.apply(event));
        events.iter().cloned().for_each(|event| self.happened(event));
        events
    }

    /// No account has what the shop has not, and what every event gives to an account is there.
    pub fn lanes_add_up(&self) {
        let shop = self.sum_of_all(Lane::Shop);
        let mut accounts = Figures::default();
        (1..=3).for_each(|agent| accounts.plus(&self.sum_of_all(Lane::Account(AgentNo(agent)))));
        assert_eq!((accounts.answered, accounts.answered_soon, accounts.sent), (shop.answered, shop.answered_soon, shop.sent));
        assert_eq!((accounts.given, &accounts.responses), (shop.given, &shop.responses));
        assert!(accounts.due <= shop.due && accounts.unanswered <= shop.unanswered);
        let open = self.open_rounds().len() as u64;
        assert_eq!(shop.begun - shop.withdrawn - shop.answered - shop.unanswered, open);
        let unread: u64 = self.talks.values().map(|talk| u64::from(talk.unread())).sum();
        assert_eq!(shop.unread().part, unread, "what is unread is what conversations say is unread");
    }
}

// At random.
impl World {
    pub fn seed(&mut self, seed: u64) {
        self.random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }

    /// Goes on until then, an act every few minutes.
    pub fn live_until(&mut self, end: Millis) {
        loop {
            let step = match self.draw(4) {
                0 => self.draw(2_000),
                1 => self.draw(40_000),
                _ => self.draw(900_000),
            };
            // An act takes a few minutes at most.
            if self.now + step + 300_000 >= end.0 {
                break self.pass_to(end.0 - 1);
            }
            self.pass_to(self.now + step);
            self.act();
        }
        self.now = end.0;
    }

    fn act(&mut self) {
        let (buyer, agent) = (1 + self.draw(BUYERS), AgentNo(1 + self.draw(3) as u32));
        let owner = self.talks.get(&buyer).and_then(|talk| talk.owner()).unwrap_or(agent);
        let last = self.talks.get(&buyer).map_or(0, |talk| talk.last_seq);
        match self.draw(46) {
            0..=15 => drop(self.ask(buyer)),
            16..=18 => {
                // Some at once, and some are taken back.
                self.ask(buyer);
                self.pass_to(self.now + 300);
                self.ask(buyer);
                if self.draw(2) == 0 {
                    self.recall_last(buyer);
                }
            }
            19..=25 => {
                if self.talks.get(&buyer).is_some_and(|talk| talk.open.as_ref().is_some_and(|open| open.owner().is_none())) {
                    self.own(buyer, agent, Handing::ByRule);
                }
                let owner = self.talks.get(&buyer).and_then(|talk| talk.owner()).unwrap_or(owner);
                let template = (self.draw(3) == 0).then_some(TextRef::Template(1));
                self.answer(buyer, owner, "在的", template);
            }
            26 => drop(self.answer(buyer, owner, "?", None)),
            27 => drop(self.own(buyer, agent, Handing::ByPerson)),
            28 => drop(self.own(buyer, agent, Handing::AfterNoAnswer)),
            29..=30 => drop(self.tell(buyer, Command::Close { by: owner, oversees: true })),
            31 => drop(self.mark(buyer, true)),
            32 => drop(self.mark(buyer, false)),
            33..=34 => {
                let seq = 1 + self.draw(last.max(1));
                self.read(buyer, seq);
            }
            35 => drop(self.read(buyer, last)),
            40 => drop(self.suggest(buyer)),
            41..=45 => self.helped(buyer, agent),
            36 => drop(self.block(buyer)),
            37 => drop(self.unblock(buyer)),
            38 => {
                // Read in part, right after it appears.
                if self.unblock(buyer) {
                    let seq = last.saturating_sub(self.draw(4));
                    self.read(buyer, seq);
                }
            }
            _ => self.wait_for(buyer),
        }
    }

    /// Somebody asks, an assistant offers answers, and the agent answers within a few minutes, with one of them or without.
    fn helped(&mut self, buyer: u64, agent: AgentNo) {
        self.ask(buyer);
        if self.talks.get(&buyer).is_some_and(|talk| talk.open.as_ref().is_some_and(|open| open.owner().is_none())) {
            self.own(buyer, agent, Handing::ByRule);
        }
        self.suggest(buyer);
        let wait = self.draw(240_000);
        self.pass_to(self.now + wait);
        let owner = self.talks.get(&buyer).and_then(|talk| talk.owner()).unwrap_or(agent);
        match self.draw(3) {
            0 => self.adopt(buyer, owner, "有货"),
            1 => self.adopt(buyer, owner, "有货的,亲"),
            _ => self.answer(buyer, owner, "在的", None),
        };
    }

    /// Back in the queue, or the pool.
    fn wait_for(&mut self, buyer: u64) {
        let handover =
            |how| Handover { how, say: None, keywords: vec![], over_capacity: None, decision: 1, welcome: vec![], guard: Guard::usual() };
        let reception = self.talks.get(&buyer).and_then(|talk| talk.open.as_ref()).map_or(0, |open| open.no);
        let (arrived, priority) = (Millis(self.now), Priority::Normal);
        if self.draw(2) == 0 {
            self.tell(
                buyer,
                Command::Queue { reception, group: Some(GROUP), arrived, priority, ahead: 0, handover: handover(Handing::ByRule) },
            );
        } else {
            self.tell(buyer, Command::Pool { reception, last: Millis(self.now), handover: handover(Handing::OfflineWay) });
        }
    }
}
