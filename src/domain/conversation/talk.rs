//! Talking: the buyer writes, staff answer, both read, both may take back what they said (撤回, INB-7). Pure; who owns what is
//! `place.rs`.
//!
//! A recalled message stays in the feed and is shown to nobody. Where it was all there was of the open round, the round ends
//! without an answer (`RoundWithdrawn`): nobody waits for a reply to a question that was taken back. A recalled *answer* opens
//! nothing: the buyer had it, and the round's figures stand; staff may mark it unanswered by hand.

use super::gate::{Gate, Occasion, Spoken, Words};
use super::{Conversation, Place, Reception, Run, Spoke};
use crate::domain::desk::time::InForce;
use crate::domain::event::{Author, Event, RetryKey};
use crate::domain::facts::{Priority, Visit, asks_for_person};
use crate::domain::guard::Voice;
use crate::domain::guard::record::Ground;
use crate::domain::id::{AgentNo, Millis};
use crate::domain::quarter::{Quarter, ReadOf};
use crate::domain::refusal::Refusal;
use crate::domain::suggestion::{Adopted, Fate};
use crate::domain::{Answer, Decision, Effect, Reply, agent, dispatcher};
use crate::limits;
use std::borrow::Borrow;

/// Who writes, and how they came.
pub(super) struct Arriving {
    pub buyer: String,
    pub name: String,
    pub visit: Visit,
    pub asks: bool,
}

impl Conversation {
    pub(super) fn accepted(&self, seq: u64, at: Millis, repeated: bool) -> Answer {
        Answer::Reply(Reply::Accepted { conversation: self.place().1, seq, at, repeated })
    }

    pub(super) fn repeated(&self, retry: RetryKey) -> Result<Option<Decision>, Refusal> {
        let Some(found) = self.retries.find(retry) else { return Ok(None) };
        let (seq, at) = found?;
        Ok(Some(Decision { answer: self.accepted(seq, at, true), ..Decision::default() }))
    }

    pub(super) fn send(&self, arriving: Arriving, words: Words, desk: &InForce, now: Millis) -> Result<Decision, Refusal> {
        if let Some(answered) = self.repeated(words.retry)? {
            return Ok(answered);
        }
        let at = now.max(self.last_at);
        let mut decision = Decision { answer: self.accepted(self.last_seq + 1, at, false), ..Decision::default() };
        let (scope, conversation) = self.place();
        let Arriving { buyer, name, visit, asks } = arriving;
        if let Some(block) = &self.block {
            if block.unseen.is_empty() && self.last_buyer_at <= block.at {
                let reception = self.receptions + 1;
                decision.events.push(Event::OpenedUnseen { conversation, reception, at, buyer, name });
            }
            return Ok(decision.event(self.add_unseen(words, now)));
        }
        let asked = asks || asks_for_person(&words.text);
        let unanswered = self.open.as_ref().and_then(|open| open.unanswered_since).or(Some(at));
        let ruled = self.by_rules(desk, super::desk::Known { text: Some(&words.text), unanswered, ..self.known() }, now);
        let priority = self.priority_after(ruled.as_slice(), &self.profile);
        match &self.open {
            None => {
                if self.archived_at.is_some() {
                    decision.events.push(Event::Restored { conversation, at, by: None });
                }
                let reception = Reception::new(self.receptions + 1, at, visit.clone(), asked);
                let arrival = self.arrival_of(&reception, at, priority);
                let route = dispatcher::Command::Route { arrival, text: Some(words.text.clone()) };
                decision.effects.push(Effect::Dispatcher(scope, route));
                let reception = reception.no;
                decision.events.push(Event::ReceptionOpened { conversation, reception, at, buyer, name, visit, asked });
            }
            Some(open) => {
                let told = self.wrote_again(open, asked, &words.text, at, priority);
                decision.effects.extend(told.map(|told| Effect::Dispatcher(scope, told)));
                if asked {
                    decision.events.push(Event::PersonAsked { conversation, reception: open.no, at });
                }
            }
        }
        let begins_round = self.open.as_ref().is_none_or(|open| open.unanswered_since.is_none());
        let starts = self.starts(at, begins_round, self.unread_runs.is_empty(), desk);
        decision.events.push(self.wrote(words, starts, now));
        decision.events.extend(ruled);
        Ok(decision)
    }

    /// What the dispatcher must know of one more message in an open reception; nearly always nothing.
    fn wrote_again(&self, open: &Reception, asked: bool, text: &str, at: Millis, priority: Priority) -> Option<dispatcher::Command> {
        let (conversation, reception) = (self.place().1, open.no);
        let pooled = open.place == Place::Pooled;
        if pooled || priority != self.priority() {
            let asked_at = if asked { Some(at) } else { open.asked_at };
            let known = Reception { asked_at, unanswered_since: open.unanswered_since.or(Some(at)), ..open.clone() };
            let arrival = self.arrival_of(&known, at, priority);
            return Some(dispatcher::Command::Route { arrival, text: pooled.then(|| text.to_owned()) });
        }
        if open.unanswered_since.is_some() && !asked {
            return None;
        }
        let unanswered = open.unanswered_since.or(Some(at));
        Some(dispatcher::Command::Round { conversation, reception, unanswered, by: None, asked: asked.then_some(at) })
    }

    pub(super) fn answer(&self, agent: AgentNo, words: Words, gate: Gate, now: Millis) -> Result<Decision, Refusal> {
        if let Some(answered) = self.repeated(words.retry)? {
            return Ok(answered);
        }
        let Some(open) = &self.open else {
            return Ok(self.caught(Author::Agent(agent), words, Ground::Unsolicited, &gate, now));
        };
        if open.owner() != Some(agent) {
            return Err(Refusal::NotOwner);
        }
        let words = self.made_with_suggestion(words)?;
        // A text of the shop, or of an assistant, is read as strictly when it is sent as when it was written (GRD-3).
        let voice = if words.extra.as_ref().is_some_and(|extra| extra.is_made()) { Voice::Fixed } else { Voice::Agent };
        let mut spoken = match Self::clear(&gate.guard, voice, words, now) {
            Ok(spoken) => spoken,
            Err((words, found)) => return Ok(self.caught(Author::Agent(agent), words, Ground::Findings(found), &gate, now)),
        };
        let (scope, conversation) = self.place();
        let (seq, at) = (self.last_seq + 1, now.max(self.last_at));
        let mut decision = Decision { answer: self.accepted(seq, at, false), ..Decision::default() };
        if !spoken.warnings().is_empty() {
            let findings = spoken.warnings().to_vec();
            decision.answer = Answer::Reply(Reply::Warned { conversation, seq, at, findings });
        }
        decision.events.extend(self.offer_answered(agent, &mut spoken, now));
        decision.events.extend(self.round_answered(open, agent, &spoken, &mut decision.effects, now));
        decision.events.extend(self.warned(agent, &spoken, &gate, now));
        if !gate.origin.batch {
            let (text, made) = (spoken.text().to_owned(), spoken.is_made());
            let Gate { guard, origin } = gate;
            decision.effects.push(Effect::Agent(scope, agent, agent::Command::Said { conversation, text, made, guard, origin }));
        }
        decision.events.push(self.said(&Occasion::Reception(open), Author::Agent(agent), spoken, now));
        Ok(decision)
    }

    /// Written by somebody to whom there is no such conversation: a record where it was an attempt on a buyer who had not written.
    pub(super) fn attempted(&self, agent: AgentNo, words: Words, gate: &Gate, now: Millis) -> Result<Decision, Refusal> {
        match self.open {
            None => Ok(self.caught(Author::Agent(agent), words, Ground::Unsolicited, gate, now)),
            Some(_) => Err(Refusal::NotFound { what: "conversation" }),
        }
    }

    /// What an answer does to the open offer. One without content leaves it open, and adopts nothing.
    fn offer_answered(&self, agent: AgentNo, spoken: &mut Spoken, now: Millis) -> Option<Event> {
        if !spoken.has_content() {
            spoken.adopts_nothing();
            return None;
        }
        let fate = spoken.adopted().map_or(Fate::Ignored, Adopted::fate);
        self.settled(Some(agent), fate, now)
    }

    /// What an answer does to the open round: a reply without content does not count (SLA-1), it only shows that all was read, as one
    /// does that no round waits for.
    fn round_answered(&self, open: &Reception, agent: AgentNo, spoken: &Spoken, effects: &mut Vec<Effect>, now: Millis) -> Option<Event> {
        let (scope, conversation) = self.place();
        let (reception, read) = (open.no, read_of(&self.unread_runs));
        let Some(began) = open.unanswered_since.filter(|_| spoken.has_content()) else {
            let (seq, at, owner) = (self.last_seq, now, self.owner());
            return (!read.is_empty()).then_some(Event::ReadByStaff { conversation, seq, at, by: agent, read, owner, escalate: None });
        };
        let command = dispatcher::Command::Round { conversation, reception, unanswered: None, by: Some(agent), asked: None };
        effects.push(Effect::Dispatcher(scope, command));
        let (at, charged, late, group) = (now.max(self.last_at), open.charged.unwrap_or(agent), open.late, open.group);
        Some(Event::RoundAnswered { conversation, reception, agent, at, began, read, charged, late, group })
    }

    pub(super) fn read(&self, by: AgentNo, oversees: bool, seq: u64, desk: &InForce, now: Millis) -> Result<Decision, Refusal> {
        let owner = self.owner();
        if !oversees && owner != Some(by) {
            return Err(Refusal::NotOwner);
        }
        let seq = seq.min(self.shown_seq());
        if seq <= self.staff_read {
            return Ok(Decision::default());
        }
        let conversation = self.place().1;
        let read = read_of(self.unread_runs.iter().filter_map(|run| run.up_to(seq)));
        let escalate = self.escalates(|run| run.after(seq), desk);
        Ok(Decision::default().event(Event::ReadByStaff { conversation, seq, at: now, by, read, owner, escalate }))
    }

    pub(super) fn read_by_buyer(&self, seq: u64, now: Millis) -> Decision {
        // A buyer on the blacklist is answered as anybody (INB-8).
        let seq = seq.min(self.last_seq);
        if seq <= self.buyer_read {
            return Decision::default();
        }
        let (conversation, owner) = (self.place().1, self.owner());
        Decision::default().event(Event::ReadByBuyer { conversation, seq, at: now, owner, hidden: self.block.is_some() })
    }

    pub(super) fn recall(&self, by: Author, seq: u64, desk: &InForce, now: Millis) -> Result<Decision, Refusal> {
        let last = if by == Author::Buyer { self.last_seq } else { self.shown_seq() };
        if seq <= self.erased_to || seq > last {
            return Err(Refusal::NotFound { what: "message" });
        }
        if self.recalled.contains(&seq) {
            return Ok(Decision::default());
        }
        let run = self.spoke.iter().rev().find(|run| run.first <= seq);
        if run.is_some_and(|run| run.author != by) {
            return Err(Refusal::Forbidden { needs: "to have written the message" });
        }
        let since = Millis(now.0.saturating_sub(limits::RECALL_MS));
        if run.is_none() || self.retries.written_at(seq, since).is_none() {
            return Err(Refusal::TooLate { minutes: limits::RECALL_MS / 60_000 });
        }
        let (scope, conversation) = self.place();
        let unread = self.unread_runs.iter().find(|run| run.holds(seq)).map(|run| Quarter::of(run.since));
        let (hidden, owner) = (seq > self.shown_seq(), self.owner());
        let escalate = self.escalates(|run| if run.holds(seq) && run.count == 1 { Run { count: 0, ..run } } else { run }, desk);
        let mut decision = Decision::default();
        decision.events.push(Event::MessageRecalled { conversation, seq, at: now, by, owner, unread, hidden, escalate });
        if let Some(open) = self.open.as_ref().filter(|open| by == Author::Buyer && open.round.1 == 1 && seq >= open.round.0)
            && let Some(began) = open.unanswered_since
        {
            let reception = open.no;
            decision.events.extend(self.settled(None, Fate::Ignored, now));
            decision.events.push(Event::RoundWithdrawn { conversation, reception, at: now, began });
            let round = dispatcher::Command::Round { conversation, reception, unanswered: None, by: None, asked: None };
            decision.effects.push(Effect::Dispatcher(scope, round));
        }
        Ok(decision)
    }
}

impl Conversation {
    /// When what is unread is escalated once `left` of each run is: as it was, unless the oldest is another one then.
    fn escalates(&self, left: impl Fn(Run) -> Run, desk: &InForce) -> Option<Millis> {
        if self.block.is_some() {
            // Nobody in the shop is told of a blacklisted buyer (INB-8).
            return None;
        }
        let oldest = self.unread_runs.iter().map(|run| left(*run)).find(|run| run.count > 0)?;
        if self.unread_runs.first().is_some_and(|run| run.since == oldest.since) { self.escalate } else { desk.escalate(oldest.since) }
    }
}

// What has happened.
impl Conversation {
    pub(super) fn written(&mut self, seq: u64, at: Millis, author: Author, retry: RetryKey) {
        (self.last_seq, self.last_at, self.kept) = (seq, at, true);
        self.spoke.retain(|run| at.since(run.last_at) <= limits::RECALL_MS);
        match self.spoke.last_mut() {
            Some(run) if run.author == author => run.last_at = at,
            _ => self.spoke.push(Spoke { first: seq, author, last_at: at }),
        }
        let first = self.spoke.first().map_or(seq, |run| run.first);
        self.recalled.retain(|recalled| *recalled >= first);
        match author {
            Author::Buyer => {
                self.last_buyer_at = at;
                self.asks(seq);
                match &mut self.block {
                    Some(block) => append(&mut block.unseen, seq, at),
                    None => append(&mut self.unread_runs, seq, at),
                }
                if let Some(open) = &mut self.open {
                    open.asked(seq, at);
                }
            }
            Author::Agent(agent) => {
                self.last_agent = Some((agent, at));
                self.read_to(seq); // who answers has read
            }
            Author::System => return,
        }
        self.retries.remember(retry, seq, at);
    }

    pub(super) fn read_to(&mut self, seq: u64) {
        self.staff_read = seq;
        self.unread_runs.retain_mut(|run| {
            *run = run.after(seq);
            run.count > 0
        });
        self.all_read();
    }

    /// Nothing is left to escalate where nothing is left to read.
    fn all_read(&mut self) {
        if self.unread_runs.is_empty() {
            self.escalate = None;
        }
    }

    pub(super) fn taken_back(&mut self, seq: u64, escalate: Option<Millis>) {
        self.recalled.push(seq);
        remove(&mut self.unread_runs, seq);
        self.asked.retain(|asked| *asked != seq);
        if let Some(block) = &mut self.block {
            remove(&mut block.unseen, seq);
        }
        self.escalate = escalate;
        let buyers = self.spoke.iter().rev().find(|run| run.first <= seq).is_some_and(|run| run.author == Author::Buyer);
        if let Some(open) = self.open.as_mut().filter(|open| buyers && seq >= open.round.0) {
            open.round.1 = open.round.1.saturating_sub(1);
        }
    }
}

impl Run {
    fn holds(self, seq: u64) -> bool {
        seq >= self.first && seq < self.first + u64::from(self.count)
    }

    /// What of it lies after `seq`.
    fn after(self, seq: u64) -> Run {
        let read = (seq + 1).saturating_sub(self.first).min(u64::from(self.count));
        Run { first: self.first + read, count: self.count - read as u32, ..self }
    }

    /// What of it lies up to `seq`, if anything does.
    fn up_to(self, seq: u64) -> Option<Run> {
        let count = self.count - self.after(seq).count;
        (count > 0).then_some(Run { count, ..self })
    }
}

fn append(runs: &mut Vec<Run>, seq: u64, at: Millis) {
    match runs.last_mut() {
        Some(run) if run.first + u64::from(run.count) == seq && Quarter::of(run.since) == Quarter::of(at) => run.count += 1,
        _ => runs.push(Run { first: seq, count: 1, since: at }),
    }
}

/// Takes one out of the middle of a run, which then is two.
fn remove(runs: &mut Vec<Run>, seq: u64) {
    let Some(place) = runs.iter().position(|run| run.holds(seq)) else { return };
    let run = runs[place];
    let parts = [Run { count: (seq - run.first) as u32, ..run }, run.after(seq)];
    runs.splice(place..=place, parts.into_iter().filter(|run| run.count > 0));
}

/// How many of which quarter.
fn read_of(runs: impl IntoIterator<Item = impl Borrow<Run>>) -> Vec<ReadOf> {
    let mut read: Vec<ReadOf> = Vec::new();
    for run in runs {
        let (quarter, messages) = (Quarter::of(run.borrow().since), run.borrow().count);
        match read.last_mut() {
            Some(last) if last.quarter == quarter => last.messages += messages,
            _ => read.push(ReadOf { quarter, messages }),
        }
    }
    read
}
