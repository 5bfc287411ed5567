//! What staff do with a conversation beside answering: labels (INB-5), notes (INB-13), the mark "needs no reply" (INB-4), its
//! priority (INB-2), closing and passing on. Pure.
//!
//! A round that is marked as needing no reply ends without an answer: nobody answered it and nobody is charged with it.

use super::Conversation;
use super::gate::{Gate, NO_RETRY, Words};
use crate::domain::desk::time::InForce;
use crate::domain::desk::{Desk, LabelNo};
use crate::domain::event::{Author, Event, Prioritising, Unanswered, Worked};
use crate::domain::facts::{OrderState, Priority, Profile, order_status};
use crate::domain::guard::Voice;
use crate::domain::guard::record::Ground;
use crate::domain::id::{AgentNo, Millis};
use crate::domain::priority::{Seen, of_conversation};
use crate::domain::refusal::Refusal;
use crate::domain::suggestion::Fate;
use crate::domain::{Answer, Decision, Effect, Reply, dispatcher};
use crate::limits;

/// What the priority rules ask for (INB-2).
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// What the buyer just wrote.
    pub text: Option<&'a str>,
    pub tags: &'a [String],
    pub order: Option<(OrderState, Millis)>,
    pub unanswered: Option<Millis>,
}

// Priority (INB-2).
impl Conversation {
    pub(super) fn known(&self) -> Known<'_> {
        let unanswered = self.open.as_ref().and_then(|open| open.unanswered_since);
        Known { text: None, tags: &self.profile.tags, order: self.order, unanswered }
    }

    fn ruled(&self, desk: &Desk, known: Known<'_>, now: Millis) -> Option<(u16, Priority)> {
        let (order, waited_ms) = (order_status(known.order, now), known.unanswered.map(|since| now.since(since)));
        of_conversation(&desk.priorities, &Seen { text: known.text, present: self.ruled, order, tags: known.tags, waited_ms })
    }

    /// What the rules make of it, where that is news. What staff said stands above them.
    pub(super) fn by_rules(&self, desk: &Desk, known: Known<'_>, now: Millis) -> Option<Event> {
        let ruled = self.ruled(desk, known, now);
        (self.overridden.is_none() && ruled != self.ruled).then(|| self.prioritised(Prioritising::Rule(ruled), now))
    }

    fn prioritised(&self, cause: Prioritising, now: Millis) -> Event {
        Event::Prioritised { conversation: self.place().1, at: now, cause, owner: self.owner() }
    }

    /// Its priority once these events have happened, for a buyer of this profile.
    pub(super) fn priority_after(&self, events: &[Event], profile: &Profile) -> Priority {
        let (mut overridden, mut ruled) = (self.overridden, self.ruled);
        for event in events {
            match event {
                Event::Prioritised { cause: Prioritising::Rule(rule), .. } => ruled = *rule,
                Event::Prioritised { cause: Prioritising::Staff { priority, .. }, .. } => overridden = *priority,
                _ => {}
            }
        }
        overridden.or(ruled.map(|(_, priority)| priority)).unwrap_or(profile.priority)
    }

    /// The dispatcher hears of another priority: it is a place in the queue (DIV-5).
    fn told_priority(&self, decision: Decision) -> Decision {
        let changed = self.priority_after(&decision.events, &self.profile) != self.priority();
        if changed { self.known_anew(decision, &self.profile, self.order) } else { decision }
    }

    /// Whether the rules would now say something else than they did: time passes, and they change.
    pub fn is_to_classify(&self, desk: &Desk, now: Millis) -> bool {
        self.overridden.is_none() && self.ruled(desk, self.known(), now) != self.ruled
    }

    pub(super) fn classify(&self, desk: &Desk, now: Millis) -> Decision {
        let mut decision = Decision::default();
        decision.events.extend(self.by_rules(desk, self.known(), now));
        self.told_priority(decision)
    }

    pub(super) fn prioritise(
        &self,
        by: AgentNo,
        oversees: bool,
        priority: Option<Priority>,
        desk: &Desk,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        self.may_work(by, oversees)?;
        if self.overridden == priority {
            return Ok(Decision::default());
        }
        let mut decision = Decision::default().event(self.prioritised(Prioritising::Staff { by, priority }, now));
        let ruled = self.ruled(desk, self.known(), now);
        if priority.is_none() && ruled != self.ruled {
            decision.events.push(self.prioritised(Prioritising::Rule(ruled), now));
        }
        Ok(self.told_priority(decision))
    }
}

// Labels and notes.
impl Conversation {
    /// `(add, remove)`: added first, then taken away.
    pub(super) fn label(
        &self,
        by: AgentNo,
        oversees: bool,
        (add, remove): (Vec<LabelNo>, Vec<LabelNo>),
        now: Millis,
    ) -> Result<Decision, Refusal> {
        self.may_work(by, oversees)?;
        let mut labels = self.labels.clone();
        labels.extend(add);
        labels.retain(|label| !remove.contains(label));
        let labels = each_once(labels)?;
        if labels == self.labels {
            return Ok(Decision::default());
        }
        let (conversation, owner) = (self.place().1, self.owner());
        Ok(Decision::default().event(Event::DeskWork { conversation, at: now, by, owner, what: Worked::Labelled { labels } }))
    }

    pub(super) fn label_message(
        &self,
        by: AgentNo,
        oversees: bool,
        seq: u64,
        labels: Vec<LabelNo>,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        self.may_work(by, oversees)?;
        if seq <= self.erased_to || seq > self.shown_seq() {
            return Err(Refusal::NotFound { what: "message" });
        }
        let (conversation, owner, labels) = (self.place().1, self.owner(), each_once(labels)?);
        let what = Worked::MessageLabelled { seq, labels };
        Ok(Decision::default().event(Event::DeskWork { conversation, at: now, by, owner, what }))
    }

    /// Who was mentioned may write too: that is what mentioning is for.
    pub(super) fn note(
        &self,
        by: AgentNo,
        oversees: bool,
        text: String,
        mut mentions: Vec<AgentNo>,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        if !self.mentioned.contains(&by) {
            self.may_work(by, oversees)?;
        }
        let invalid = |field, problem| Err(Refusal::Invalid { field, problem });
        if text.trim().is_empty() || text.chars().count() > limits::NOTE_CHARS_MAX {
            return invalid("text", format!("1 to {} characters", limits::NOTE_CHARS_MAX));
        }
        mentions.sort_unstable();
        mentions.dedup();
        if mentions.len() > limits::MENTIONS_MAX {
            return invalid("mentions", format!("at most {}", limits::MENTIONS_MAX));
        }
        let (conversation, note, owner) = (self.place().1, self.notes + 1, self.owner());
        let told = Decision::reply(Reply::Numbered { no: u64::from(note) });
        Ok(told.event(Event::DeskWork { conversation, at: now, by, owner, what: Worked::NoteAdded { note, text, mentions } }))
    }

    /// What staff did by hand.
    pub(super) fn worked(&mut self, at: Millis, what: &Worked) {
        match what {
            Worked::Labelled { labels } => self.labels.clone_from(labels),
            Worked::NoteAdded { note, mentions, .. } => self.noted(*note, mentions),
            Worked::Marked { answered, starts, .. } => {
                self.marked(*answered, at);
                self.started(starts.as_deref());
            }
            // It stands beside the message.
            Worked::MessageLabelled { .. } => {}
        }
    }

    fn noted(&mut self, note: u32, mentions: &[AgentNo]) {
        (self.notes, self.kept) = (note, true);
        self.mentioned.retain(|agent| !mentions.contains(agent));
        self.mentioned.extend(mentions);
        let old = self.mentioned.len().saturating_sub(limits::MENTIONS_MAX);
        self.mentioned.drain(..old);
    }
}

// The reception by hand.
impl Conversation {
    /// INB-4.
    pub(super) fn mark(&self, by: AgentNo, oversees: bool, answered: bool, desk: &InForce, now: Millis) -> Result<Decision, Refusal> {
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if !oversees && open.owner() != Some(by) {
            return Err(Refusal::NotOwner);
        }
        if answered == open.unanswered_since.is_none() {
            return Ok(Decision::default());
        }
        let ((scope, conversation), reception, at) = (self.place(), open.no, now.max(self.last_at));
        let (ended, starts) = (open.unanswered_since, self.starts(at, !answered, false, desk));
        let what = Worked::Marked { reception, answered, ended, starts };
        let event = Event::DeskWork { conversation, at, by, owner: open.owner(), what };
        let told = if answered {
            dispatcher::Command::Round { conversation, reception, unanswered: None, by: None, asked: None }
        } else {
            // Not `Round`: that says that the buyer wrote.
            let open = super::Reception { unanswered_since: Some(at), ..open.clone() };
            let arrival = self.arrival_of(&open, self.last_buyer_at, self.priority());
            dispatcher::Command::Route { arrival, text: None }
        };
        let mut decision = Decision::default().effect(Effect::Dispatcher(scope, told));
        decision.events.extend(self.settled(Some(by), Fate::Ignored, now));
        Ok(decision.event(event))
    }

    pub(super) fn marked(&mut self, answered: bool, at: Millis) {
        let next = self.last_seq + 1;
        let Some(open) = &mut self.open else { return };
        open.round_over(at);
        if !answered {
            (open.unanswered_since, open.round) = (Some(at), (next, 1));
        }
    }

    pub(super) fn close(&self, by: AgentNo, oversees: bool, now: Millis) -> Result<Decision, Refusal> {
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if !oversees && open.owner() != Some(by) {
            return Err(Refusal::NotOwner);
        }
        let (scope, conversation) = self.place();
        let (charged, late, group) = (open.charged.or(open.owner()), open.late, open.group);
        let unanswered = open.unanswered_since.map(|began| Unanswered { began, charged, late, group });
        let event = Event::ReceptionClosed { conversation, reception: open.no, at: now, by: Some(by), owner: open.owner(), unanswered };
        let closed = dispatcher::Command::Closed { conversation, reception: open.no };
        let mut decision = Decision::reply(Reply::Closed { reception: open.no }).effect(Effect::Dispatcher(scope, closed));
        decision.events.extend(self.settled(Some(by), Fate::Ignored, now));
        Ok(decision.event(event))
    }

    /// The buyer reads the reason, so the guard does first; of the note only staff know.
    pub(super) fn transfer(
        &self,
        by: AgentNo,
        oversees: bool,
        to: dispatcher::TransferTo,
        (reason, note): (String, String),
        gate: Gate,
        now: Millis,
    ) -> Result<Decision, Refusal> {
        let open = self.open.as_ref().ok_or(Refusal::ReceptionClosed)?;
        if !oversees && open.owner() != Some(by) {
            return Err(Refusal::NotOwner);
        }
        if let Err(found) = gate.guard.clear(reason.clone(), Voice::Fixed, now) {
            let words = Words { text: reason, extra: None, retry: NO_RETRY };
            return Ok(self.caught(Author::Agent(by), words, Ground::Findings(found), &gate, now));
        }
        let (scope, conversation) = self.place();
        let command = dispatcher::Command::Transfer { conversation, reception: open.no, by, to, reason, note };
        Ok(Decision { answer: Answer::Forward(Effect::Dispatcher(scope, command).into()), ..Decision::default() })
    }
}

/// Ascending, each once, and not too many.
fn each_once(mut labels: Vec<LabelNo>) -> Result<Vec<LabelNo>, Refusal> {
    labels.sort_unstable();
    labels.dedup();
    if labels.len() > limits::LABELS_EACH_MAX {
        return Err(Refusal::LimitReached { what: "labels", limit: limits::LABELS_EACH_MAX as u64 });
    }
    Ok(labels)
}
