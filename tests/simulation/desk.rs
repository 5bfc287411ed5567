//! What people do at the desk beside answering: they read, take back, mark, label, note, prioritise, put on the blacklist, archive,
//! set the desk's document; and what time does there.
//!
//! Drawn from a stream of numbers of its own, so that a story without the desk stays what it was.

use crate::broken::Checked;
use crate::people::Run;
use crate::random::Random;
use crate::world::{Caller, World};
use fenliu::domain::conversation::{Command, Conversation};
use fenliu::domain::desk::time::InForce;
use fenliu::domain::desk::{Desk, LabelNo, PriorityRule};
use fenliu::domain::event::Author;
use fenliu::domain::facts::{OrderState, OrderStatus, Priority};
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use fenliu::domain::{conversation, shop};
use std::sync::Arc;

const DAY: u64 = 24 * 3_600_000;
/// One and the same for every seed.
const STREAM: u64 = 0x6465_736B;

/// The desk of one run.
pub struct Counter {
    d: Random,
    /// Chances in a hundred that something happens here beside what happens anyway.
    busy: u64,
    weights: [u32; 13],
}

impl Counter {
    pub fn draw(seed: u64) -> Counter {
        let mut d = Random::new(seed ^ STREAM);
        let mut weights = [10, 8, 6, 3, 2, 6, 5, 4, 3, 3, 6, 5, 2];
        for weight in &mut weights {
            *weight *= d.one(&[0, 1, 1, 1, 3]);
        }
        weights[0] += 1;
        Counter { busy: d.one(&[10, 40, 80]), weights, d }
    }
}

fn rule(d: &mut Random) -> PriorityRule {
    let words = |of: &[&str]| of.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let mut rule = PriorityRule {
        name: "r".into(),
        kinds: vec![],
        keywords: vec![],
        orders: vec![],
        tags: vec![],
        waited_min: None,
        priority: d.one(&Priority::ALL),
    };
    match d.below(4) {
        0 => rule.keywords = words(&[d.one(&["refund", "size", "?"])]),
        1 => rule.orders = vec![d.one(&OrderStatus::ALL), d.one(&OrderStatus::ALL)],
        2 => rule.tags = words(&["vip"]),
        _ => rule.waited_min = Some(d.one(&[1, 5, 60])),
    }
    if d.chance(20) {
        rule.waited_min = Some(1);
    }
    rule.orders.dedup();
    rule
}

impl Run {
    /// The settings of the desk as the disk has them.
    pub fn desk(&self) -> Arc<InForce> {
        match &self.counter {
            Some(_) => Arc::new((*self.world.disk.shop.desk).clone().into()),
            None => Arc::default(),
        }
    }

    /// Beside what happens anyway.
    pub fn at_the_desk(&mut self) -> Checked {
        let Some(mut counter) = self.counter.take() else { return Ok(()) };
        let d = &mut counter.d;
        let what = d.chance(counter.busy).then(|| d.weighted(&counter.weights));
        let mut d = d.clone();
        self.counter = Some(counter);
        let done = match what {
            None => Ok(()),
            Some(0) => self.reads(&mut d),
            Some(1) => self.recalls(&mut d),
            Some(2) => {
                let desk = self.desk();
                self.works(&mut d, |d, by| Command::Mark { by, oversees: true, answered: d.chance(70), desk: desk.clone() })
            }
            Some(3) => self.works(&mut d, |d, by| {
                let labels = |d: &mut Random| (1..4).map(LabelNo).filter(|_| d.chance(40)).collect();
                Command::Label { by, oversees: true, add: labels(d), remove: labels(d) }
            }),
            Some(4) => self.works(&mut d, |d, by| Command::Note {
                by,
                oversees: d.chance(80),
                text: "n".into(),
                mentions: vec![AgentNo(d.range(1, 3) as u32)],
            }),
            Some(5) => {
                let desk = self.desk();
                self.works(&mut d, |d, by| {
                    let priority = d.maybe(60, |d| d.one(&Priority::ALL));
                    Command::Prioritise { by, oversees: true, priority, desk: desk.clone() }
                })
            }
            Some(6 | 7) => self.blacklists(&mut d),
            Some(8) => self.archives(&mut d),
            Some(9) => self.sets_desk(&mut d),
            Some(10) => self.sweeps(&mut d),
            Some(11) => self.orders(&mut d),
            Some(_) => self.erases(&mut d),
        };
        if let Some(counter) = &mut self.counter {
            counter.d = d;
        }
        done
    }

    fn says(&mut self, id: ConversationId, command: Command) -> Checked {
        self.world.ask(World::talk(id, command), Caller::Other)
    }

    /// A conversation that somebody knows of; rather an open one.
    fn one(&self, d: &mut Random) -> Option<(ConversationId, &Conversation)> {
        let all: Vec<_> = self.world.talks.iter().filter(|(_, talk)| talk.last_seq > 0).collect();
        let open: Vec<_> = all.iter().filter(|(_, talk)| talk.open.is_some()).copied().collect();
        let of = if d.chance(60) && !open.is_empty() { open } else { all };
        if of.is_empty() { None } else { Some(d.one(&of)).map(|(id, talk)| (*id, talk)) }
    }

    fn works(&mut self, d: &mut Random, command: impl Fn(&mut Random, AgentNo) -> Command) -> Checked {
        let Some((id, talk)) = self.one(d) else { return Ok(()) };
        let by = talk.owner().unwrap_or(AgentNo(1));
        let command = command(d, by);
        self.says(id, command)
    }

    fn reads(&mut self, d: &mut Random) -> Checked {
        let Some((id, talk)) = self.one(d) else { return Ok(()) };
        let (by, seq) = (talk.owner().unwrap_or(AgentNo(1)), (talk.last_seq + 1).saturating_sub(d.below(4)));
        let by_buyer = d.chance(20);
        self.says(
            id,
            if by_buyer { Command::ReadByBuyer { seq } } else { Command::Read { by, oversees: true, seq, desk: Default::default() } },
        )
    }

    fn recalls(&mut self, d: &mut Random) -> Checked {
        let Some((id, talk)) = self.one(d) else { return Ok(()) };
        let seq = talk.last_seq.saturating_sub(d.below(3));
        let writer = talk.spoke.iter().rev().find(|run| run.first <= seq).map(|run| run.author);
        let by = writer.filter(|by| *by != Author::System && d.chance(90)).unwrap_or(Author::Buyer);
        self.says(id, Command::Recall { by, seq, desk: Default::default() })
    }

    fn blacklists(&mut self, d: &mut Random) -> Checked {
        let blocked: Vec<_> = self.world.talks.iter().filter(|(_, talk)| talk.block.is_some()).map(|(id, _)| *id).collect();
        if !blocked.is_empty() && d.chance(60) {
            return self.says(d.one(&blocked), Command::Unblock { by: Run::by(), desk: self.desk() });
        }
        let id = if d.chance(70) { self.one(d).map(|(id, _)| id) } else { None };
        let id = id.unwrap_or_else(|| d.one(&self.buyers));
        self.says(id, Command::Block { buyer: format!("{id}"), reason: "r".into(), by: Run::by() })
    }

    fn archives(&mut self, d: &mut Random) -> Checked {
        let Some((id, talk)) = self.one(d) else { return Ok(()) };
        let by = AgentNo(1);
        let back = talk.archived_at.is_some() && d.chance(60);
        self.says(id, if back { Command::Restore { by } } else { Command::Archive { by: Some(by) } })
    }

    fn erases(&mut self, d: &mut Random) -> Checked {
        let archived: Vec<_> = self.world.talks.iter().filter(|(_, talk)| talk.archived_at.is_some()).map(|(id, _)| *id).collect();
        if archived.is_empty() { Ok(()) } else { self.says(d.one(&archived), Command::Erase { keep_days: 0 }) }
    }

    fn sets_desk(&mut self, d: &mut Random) -> Checked {
        let mut rules: Vec<PriorityRule> = (0..d.below(4)).map(|_| rule(d)).collect();
        for (n, rule) in rules.iter_mut().enumerate() {
            rule.name = format!("r{n}");
        }
        let desk = Box::new(Desk { priorities: rules, ..Desk::default() });
        self.shop(shop::Command::SetDesk { desk, by: Run::by(), based_on: None })
    }

    /// What the clock finds due on the disk (`actors/sweep.rs`), some of it, or also what is not due.
    fn sweeps(&mut self, d: &mut Random) -> Checked {
        let (desk, now) = (self.desk(), Millis(self.world.now));
        let mut found = Vec::new();
        for (id, head) in &self.world.disk.talks {
            if head.is_to_classify(&desk, now) || d.chance(5) {
                found.push((*id, Command::Classify { desk: desk.clone() }));
            }
            if head.succeeded_since().is_some_and(|since| now.since(since) > 3 * DAY) || d.chance(2) {
                found.push((*id, Command::SettleOrder { desk: desk.clone() }));
            }
            if head.done_since().is_some_and(|since| now.since(since) > DAY) {
                found.push((*id, Command::Archive { by: None }));
            }
        }
        found.into_iter().try_for_each(|(id, command)| self.says(id, command))
    }

    /// An order that was done with days ago, or is now.
    fn orders(&mut self, d: &mut Random) -> Checked {
        let Some((id, _)) = self.one(d) else { return Ok(()) };
        let state = d.one(&[OrderState::Succeeded, OrderState::Succeeded, OrderState::Closed, OrderState::Paid]);
        let since = Millis(self.world.now.saturating_sub(d.one(&[0, DAY, 3 * DAY, 3 * DAY + 1, 40 * DAY])));
        let desk = self.desk();
        self.says(id, conversation::Command::NoteOrder { order: format!("o{}", d.below(3)), state, since, desk })
    }
}
