//! Time limits, told a second time from the stored events alone: what must have fired, what must not, and what once (SLA-1 … SLA-4).
//!
//! It never looks at a machine. Limits are the usual ones, days are those of UTC.

use crate::broken::{Checked, holds};
use fenliu::domain::event::{Author, Event, Limited, Worked};
use fenliu::domain::id::{ConversationId, Millis};
use std::collections::{BTreeMap, BTreeSet};

const WARNING_MS: u64 = 100_000;
const REMINDER_MS: u64 = 120_000;
const RESPONSE_MS: u64 = 180_000;
const UNREAD_MS: u64 = 48 * 3_600_000;
const DAY_MS: u64 = 24 * 3_600_000;
const QUARTER_MS: u64 = 900_000;

/// The round that is open.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    began: Millis,
    warned: bool,
    reminded: bool,
    late: bool,
}

#[derive(Clone, Debug, Default)]
struct Talk {
    round: Option<Round>,
    /// Not before then.
    reminded_until: Millis,
    /// What nobody has read, each with when its run began: messages without a gap, of one quarter hour.
    unread: BTreeMap<u64, Millis>,
    /// Of what time the escalation is: of the oldest run, or of when it appeared.
    unread_since: Option<Millis>,
    escalated: bool,
    blocked: bool,
    unseen: BTreeSet<u64>,
}

/// Every conversation's limits.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    talks: BTreeMap<ConversationId, Talk>,
}

impl Talk {
    fn begins(&mut self, at: Millis) {
        self.round = Some(Round { began: at, ..Round::default() });
    }

    fn oldest(&self) -> Option<Millis> {
        self.unread.values().next().copied()
    }

    /// Less is unread: where the oldest run is another one now, its two days count.
    fn unread_less(&mut self, keeps: impl Fn(u64) -> bool) {
        let before = self.oldest();
        self.unread.retain(|seq, _| keeps(*seq));
        if self.oldest() != before {
            (self.unread_since, self.escalated) = (self.oldest(), false);
        }
    }

    fn read(&mut self, to: u64) {
        self.unread_less(|seq| seq > to);
    }

    /// What should have fired by now, and has not.
    fn overdue(&self, now: Millis) -> Option<&'static str> {
        if self.blocked {
            return None;
        }
        if let Some(round) = self.round {
            let waited_ms = now.since(round.began);
            let remind = round.began.plus(REMINDER_MS).max(self.reminded_until);
            return match () {
                () if waited_ms > RESPONSE_MS && !round.late => Some("late"),
                () if waited_ms >= WARNING_MS && !round.warned => Some("warned"),
                () if now >= remind && !round.reminded => Some("reminded"),
                () => None,
            };
        }
        let due = self.unread_since.is_some_and(|since| now.since(since) >= UNREAD_MS);
        (due && !self.escalated).then_some("escalated")
    }
}

impl Limits {
    /// Nothing that is due is left.
    pub fn none_overdue(&self, now: Millis) -> Checked {
        let left = self.talks.iter().find_map(|(id, talk)| Some((id, talk.overdue(now)?, talk)));
        holds(left.is_none(), "limit due", || format!("at {}: {left:?}", now.0))
    }

    pub fn apply(&mut self, event: &Event) -> Checked {
        match event {
            Event::MessageAdded { conversation, seq, at, author, extra, starts, .. } => {
                let talk = self.talks.entry(*conversation).or_default();
                match author {
                    Author::Buyer if extra.as_ref().is_some_and(|extra| extra.while_blocked) => drop(talk.unseen.insert(*seq)),
                    Author::Buyer => {
                        if talk.unread.is_empty() {
                            (talk.unread_since, talk.escalated) = (Some(*at), false);
                        }
                        let quarter = |at: Millis| at.0 / QUARTER_MS;
                        let run = talk.unread.get(&(seq - 1)).copied().filter(|since| quarter(*since) == quarter(*at));
                        talk.unread.insert(*seq, run.unwrap_or(*at));
                        let begins = talk.round.is_none();
                        if begins {
                            talk.begins(*at);
                        }
                        let says = starts.as_ref().is_some_and(|starts| starts.round.is_some());
                        holds(says == begins, "rounds", || format!("{conversation} {seq}: {starts:?}, {talk:?}"))?;
                    }
                    Author::Agent(_) => talk.read(*seq),
                    Author::System => {}
                }
            }
            Event::MessageRecalled { conversation, seq, .. } => {
                let talk = self.talks.entry(*conversation).or_default();
                talk.unseen.remove(seq);
                talk.unread_less(|unread| unread != *seq);
            }
            Event::ReadByStaff { conversation, seq, .. } => self.talks.entry(*conversation).or_default().read(*seq),
            Event::RoundAnswered { conversation, at, began, late, .. } => {
                let talk = self.talks.entry(*conversation).or_default();
                let round = talk.round.take();
                // Stamps of two senders may cross: what was told to be late stays so, though an answer stamped before comes after.
                let told = round.is_some_and(|round| round.began == *began && round.late == *late);
                let right = told && (*late || at.since(*began) <= RESPONSE_MS);
                holds(right, "late", || format!("{event:?}, though {round:?}"))?;
            }
            Event::RoundWithdrawn { conversation, .. } | Event::ReceptionClosed { conversation, .. } => {
                self.talks.entry(*conversation).or_default().round = None;
            }
            Event::DeskWork { conversation, at, what: Worked::Marked { answered, .. }, .. } => {
                let talk = self.talks.entry(*conversation).or_default();
                talk.round = None;
                if !answered {
                    talk.begins(*at);
                }
            }
            Event::Blocked { conversation, .. } => {
                let talk = self.talks.entry(*conversation).or_default();
                (talk.blocked, talk.round) = (true, None);
            }
            Event::Unblocked { conversation, at, .. } => {
                let talk = self.talks.entry(*conversation).or_default();
                talk.blocked = false;
                let appeared = std::mem::take(&mut talk.unseen);
                talk.unread.extend(appeared.into_iter().map(|seq| (seq, *at)));
                (talk.unread_since, talk.escalated) = (talk.oldest().map(|_| *at), false);
            }
            _ => return self.fires(event),
        }
        Ok(())
    }

    fn fires(&mut self, event: &Event) -> Checked {
        let Event::Limit { conversation, at, what, .. } = event else { return Ok(()) };
        let talk = self.talks.entry(*conversation).or_default();
        let before = talk.clone();
        let once = |it: bool| holds(it, "limit once", || format!("{event:?}, though {before:?}"));
        once(!before.blocked)?;
        let waited_ms = |began: &Millis| at.since(*began);
        match (what, &mut talk.round) {
            (Limited::Warned { began, .. }, Some(round)) => {
                once(!round.warned && round.began == *began && waited_ms(began) >= WARNING_MS)?;
                round.warned = true;
            }
            (Limited::Reminded { began, day_ends, .. }, Some(round)) => {
                once(!round.reminded && round.began == *began && waited_ms(began) >= REMINDER_MS && *at >= before.reminded_until)?;
                round.reminded = true;
                // It counts for the day it was meant for; woken after that day, until now.
                let meant = began.plus(REMINDER_MS).max(before.reminded_until);
                let until = Millis((meant.0 / DAY_MS + 1) * DAY_MS).max(*at);
                once(*day_ends == until)?;
                talk.reminded_until = *day_ends;
            }
            (Limited::TimedOut { began, .. }, Some(round)) => {
                once(!round.late && round.began == *began && waited_ms(began) > RESPONSE_MS)?;
                round.late = true;
            }
            (Limited::Escalated { unread, .. }, _) => {
                let since = before.unread_since;
                once(
                    !before.escalated && since.is_some_and(|since| at.since(since) >= UNREAD_MS) && *unread as usize == before.unread.len(),
                )?;
                talk.escalated = true;
            }
            _ => return once(false),
        }
        Ok(())
    }
}
