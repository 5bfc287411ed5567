//! Whether a decision may be: against what the dispatcher was told, DIV-1 to DIV-8 and OFF-1.

use crate::broken::{Broken, Checked, broken, holds};
use crate::model::{Asked, Kept, Model, Where};
use crate::rules::Verdict;
use fenliu::domain::dispatcher::{Roster, TransferTo};
use fenliu::domain::event::{Arrival, Event, Presence};
use fenliu::domain::explain::{Cause, Closed, Explanation, Outcome, Step};
use fenliu::domain::id::{AgentNo, ConversationId, Millis};
use fenliu::domain::offline::{Firing, Way};

impl Model {
    /// One decision of a turn: what it stores, and the view it led to. `overdue`: the clock has not told yet what is due, so
    /// others may rightly be served first.
    pub fn decided(&mut self, asked: &Asked, events: &[Event], at: Millis, view: &Roster, overdue: bool) -> Checked {
        if events.iter().any(|e| matches!(e, Event::Routed { .. })) {
            // Its time does not go back behind a decision.
            self.woken = self.woken.max(at);
        }
        let records: Vec<_> = events.iter().filter_map(|e| if let Event::PoolAssigned { run } = e { Some(run) } else { None }).collect();
        let mut routed = events.iter().filter_map(|e| if let Event::Routed { arrival, why } = e { Some((arrival, why)) } else { None });
        if records.iter().any(|run| run.firing != Firing::ByHand) {
            self.fired(asked, &records, &routed.collect::<Vec<_>>(), at)?;
        } else if let [run] = records[..] {
            self.by_hand(asked, run, &routed.collect::<Vec<_>>(), at)?;
        } else {
            if let Asked::Route(kept, true) = asked
                && routed.clone().next().is_none()
            {
                self.stays_pooled(kept, at)?;
            }
            routed.try_for_each(|(arrival, why)| self.routed(asked, arrival, why, at, overdue))?;
        }
        if let Asked::Settings(settings) = asked {
            self.set_settings(settings, at)?;
        }
        self.loosened(view, at)?;
        self.agrees(view)
    }

    /// Nothing was decided about one that asked for an owner: right where it is in the pool, and would come there again.
    fn stays_pooled(&mut self, kept: &Kept, at: Millis) -> Checked {
        let full = self.queued_but(kept) >= self.settings.queue.length_max;
        let nobody = self.verdict(&kept.arrival, &kept.arrival.missed, at).may.is_empty() && self.named(None).is_none();
        let right = kept.place == Where::Pooled && nobody && (full || self.gate_closed());
        holds(right, "place", || format!("nothing was decided about {kept:?}"))?;
        self.known_better(kept.arrival.clone());
        self.recount();
        Ok(())
    }

    /// The reception as the dispatcher must know it when it decides.
    fn expected(&self, asked: &Asked, id: ConversationId, why: &Explanation, at: Millis) -> Result<Kept, Broken> {
        let known = self.kept.get(&id).cloned();
        let expected = match (asked, &why.cause, known) {
            (Asked::Route(kept, _), Cause::Opened | Cause::WroteAgain | Cause::FactsChanged, _) if kept.arrival.conversation == id => {
                Some((**kept).clone())
            }
            (Asked::Transfer(of, to), Cause::Person { .. }, Some(mut kept)) if *of == id => {
                kept.arrival.group = if let TransferTo::Group(group) = to { Some(*group) } else { None };
                if kept.place == Where::Pooled {
                    kept.arrival.arrived = at;
                }
                Some(kept)
            }
            (Asked::ByHand(..), Cause::Person { .. }, Some(kept)) if kept.place == Where::Pooled => Some(kept),
            (Asked::Drain, Cause::Waited, Some(kept)) if kept.place == Where::Queued => Some(kept),
            (Asked::Drain, Cause::AgentOffline | Cause::AgentBarred { .. }, Some(kept)) => match kept.place {
                Where::Moving(from) => {
                    let barred = self.barred(from).map_or(Cause::AgentOffline, |why| Cause::AgentBarred { why });
                    holds(why.cause == barred, "barred", || format!("{kept:?} leaves because of {:?}, should be {barred:?}", why.cause))?;
                    Some(kept)
                }
                _ => None,
            },
            (Asked::Wake | Asked::Settings(_), Cause::Slot { .. }, Some(kept)) if kept.place == Where::Pooled => Some(kept),
            (Asked::Wake, Cause::WaitedTooLong, Some(kept)) if kept.place == Where::Queued => {
                let due = self.settings.queue.wait_ms_max.map(|ms| kept.since.plus(ms));
                holds(due.is_some_and(|due| due <= why.at), "timer", || format!("waits too long at {:?}, due {due:?}: {kept:?}", why.at))?;
                Some(kept)
            }
            (Asked::Wake, Cause::NoAnswer { .. }, Some(mut kept)) if kept.owner().is_some() => {
                holds(kept.due.is_some_and(|due| due <= why.at), "timer", || format!("no answer by {:?}: {kept:?}", why.at))?;
                kept.arrival.missed.extend(kept.owner());
                Some(kept)
            }
            _ => None,
        };
        expected.ok_or_else(|| {
            broken("knows", format!("{id} is decided because of {:?}: {:?}, asked {asked:?}", why.cause, self.kept.get(&id)))
        })
    }

    /// One decision about one reception.
    pub fn routed(&mut self, asked: &Asked, arrival: &Arrival, why: &Explanation, at: Millis, overdue: bool) -> Checked {
        let id = arrival.conversation;
        let mut known = self.expected(asked, id, why, at)?;
        known.arrival.decision += 1;
        holds(self.trusting || *arrival == known.arrival, "knows", || format!("decided on {arrival:?}, should be {:?}", known.arrival))?;
        let from = match self.kept.get(&id).map(|k| k.place) {
            Some(Where::Owned(agent) | Where::Moving(agent)) => Some(agent),
            _ => None,
        };
        let timely = at <= why.at && why.at <= self.told.max(at);
        holds(why.from == from && timely, "knows", || format!("{id} from {:?} at {:?}, should be {from:?} at {at:?}", why.from, why.at))?;
        if let Cause::Person { over_capacity, .. } = why.cause {
            self.by_person(asked, &known, why, over_capacity)?;
        } else {
            let verdict = match &why.cause {
                Cause::Slot { .. } => self.for_run(&known.arrival, why.at),
                _ => self.verdict(&known.arrival, &known.arrival.missed, why.at),
            };
            self.automatic(&known, why, &verdict, from, overdue)?;
        }
        self.meet(said(why));
        self.settle(known, why);
        Ok(())
    }

    /// Only a person may exceed a capacity, and is told (DIV-4).
    fn by_person(&self, asked: &Asked, kept: &Kept, why: &Explanation, over_capacity: bool) -> Checked {
        let to = match asked {
            Asked::Transfer(_, to) | Asked::ByHand(_, to) => *to,
            _ => return Err(broken("knows", "nobody asked for it")),
        };
        match (to, why.outcome) {
            (TransferTo::Agent(agent), Outcome::Owned(chosen)) => {
                let there = self.people.get(&agent).is_some_and(|p| p.settings.enabled && p.presence != Presence::Offline);
                holds(agent == chosen && there, "receivable", || format!("passed to {agent:?}, given to {chosen:?}"))?;
                holds(over_capacity != self.room(agent), "capacity", || format!("over capacity {over_capacity} is not told truly"))
            }
            (TransferTo::Group(group), Outcome::Owned(chosen)) => {
                let but: Vec<AgentNo> = kept.arrival.missed.iter().copied().chain(kept.owner()).collect();
                let may = self.in_groups(&[group], &but);
                let right = may.contains(&(chosen, why.group)) && why.group == Some(group) && !over_capacity;
                holds(right, "capacity", || format!("passed to {group:?}, given to {chosen:?}, could be {may:?}"))?;
                holds(self.comes_first(chosen, &may), "least load", || format!("{chosen:?} of {may:?}: {:?}", self.count))
            }
            (TransferTo::Group(group), Outcome::Queued) => {
                let but: Vec<AgentNo> = kept.arrival.missed.iter().copied().chain(kept.owner()).collect();
                let may = self.in_groups(&[group], &but);
                holds(may.is_empty(), "work conserving", || format!("passed to {group:?} it waits for {may:?}"))
            }
            (to, outcome) => Err(broken("place", format!("passed to {to:?} it became {outcome:?}"))),
        }
    }

    fn automatic(&self, kept: &Kept, why: &Explanation, verdict: &Verdict, from: Option<AgentNo>, overdue: bool) -> Checked {
        if let Step::Offline { why: closed, way } = &why.step {
            return self.offline(kept, why, (*closed, *way), verdict, from);
        }
        let Outcome::Owned(agent) = why.outcome else { return self.waits(kept, why, verdict) };
        self.may_receive(kept, why, agent)?;
        holds(verdict.may.contains(&(agent, why.group)), "scope", || {
            format!("given to {agent:?} in {:?} by {:?}; {verdict:?}; {kept:?}", why.group, why.step)
        })?;
        let first = !verdict.by_rule || self.comes_first(agent, &verdict.may);
        holds(first, "least load", || format!("{agent:?} before others of {verdict:?}: {:?}", self.count))?;
        // Within one turn what is due is done first, so nobody is overtaken by what the clock has not told yet.
        if overdue {
            return Ok(());
        }
        let slot = matches!(why.cause, Cause::Slot { .. });
        let older = self.waiting().into_iter().filter(|q| q.arrival.conversation != kept.arrival.conversation);
        for q in older.filter(|q| slot || q.turn() < kept.turn()) {
            let could = self.verdict(&q.arrival, &q.arrival.missed, self.told).has(agent);
            holds(!could, "queue order", || format!("{agent:?} received {kept:?} by {:?} before {q:?}", why.cause))?;
        }
        Ok(())
    }

    /// DIV-4, DIV-1, DIV-7, DIV-3, judged apart from the step.
    fn may_receive(&self, kept: &Kept, why: &Explanation, agent: AgentNo) -> Checked {
        let arrival = &kept.arrival;
        let told =
            |what: &str| format!("{what}: {agent:?} {:?} load {:?} {kept:?} {why:?}", self.people.get(&agent), self.count.load(agent));
        let Some(person) = self.people.get(&agent) else { return Err(broken("receivable", told("nobody"))) };
        holds(!arrival.missed.contains(&agent), "asked again", || told("missed it"))?;
        let recent = &self.settings.recent;
        let age = arrival.recent.filter(|(a, _)| *a == agent).map(|(_, spoke)| why.at.since(spoke));
        let suspended_may = age.is_some_and(|age| age <= recent.any_ms) && why.step != Step::Given;
        let there = person.presence == Presence::Online || person.presence == Presence::Suspended && suspended_may;
        holds(there && person.settings.enabled, "receivable", || told("not receivable"))?;
        let in_window = age.is_some_and(|age| age <= recent.online_ms);
        let unbound = in_window && !recent.obeys_capacity && matches!(why.step, Step::RecentContact { substitute: false, .. });
        holds(self.room(agent) || unbound, "capacity", || told("full"))?;
        holds(why.group.is_none_or(|g| self.room_in(agent, g)), "capacity", || told("full in the group"))?;
        let named = matches!(why.step, Step::RecentContact { substitute: false, .. } | Step::Dedicated { .. });
        holds(person.settings.weight > 0 || named, "weight", || told("weight 0"))
    }

    /// Nobody had room: it waits, where nothing speaks against that.
    fn waits(&self, kept: &Kept, why: &Explanation, verdict: &Verdict) -> Checked {
        holds(verdict.may.is_empty(), "work conserving", || format!("{kept:?} waits for {verdict:?}"))?;
        let newcomer = !matches!(why.cause, Cause::FactsChanged);
        let right = why.outcome == Outcome::Queued && !matches!(why.cause, Cause::Waited | Cause::NoAnswer { .. } | Cause::Slot { .. });
        holds(right, "place", || format!("{:?} led to {:?}", why.cause, why.outcome))?;
        let closed = newcomer && (self.gate_closed() || self.queued_but(kept) >= self.settings.queue.length_max);
        holds(!closed, "offline", || format!("{kept:?} waits though the gate is closed or the queue is full"))
    }

    fn queued_but(&self, kept: &Kept) -> u32 {
        let others = |k: &&Kept| k.place == Where::Queued && k.arrival.conversation != kept.arrival.conversation;
        self.kept.values().filter(others).count() as u32
    }

    /// OFF-1: it must apply, and lead where the shop said.
    fn offline(&self, kept: &Kept, why: &Explanation, (closed, way): (Closed, Way), verdict: &Verdict, from: Option<AgentNo>) -> Checked {
        let newcomer = !matches!(why.cause, Cause::FactsChanged | Cause::NoAnswer { .. } | Cause::Slot { .. });
        let applies = match closed {
            Closed::WaitedTooLong => why.cause == Cause::WaitedTooLong,
            Closed::NobodyOnline => newcomer && self.gate_may_be_closed() && verdict.may.is_empty(),
            Closed::QueueFull => newcomer && verdict.may.is_empty() && self.queued_but(kept) >= self.settings.queue.length_max,
        };
        holds(applies && way == self.settings.offline.way, "offline", || {
            format!("{closed:?} {way:?} does not apply: {kept:?} {verdict:?}")
        })?;
        let right = self.named(from).map_or(Outcome::Pooled, Outcome::Owned);
        holds(why.outcome == right, "offline", || format!("by {way:?} it became {:?}, should be {right:?}: {:?}", why.outcome, self.count))
    }

    /// Who receives whatever goes the shop's offline way; whoever has it already keeps it.
    fn named(&self, from: Option<AgentNo>) -> Option<AgentNo> {
        let named = match self.settings.offline.way {
            Way::Pool => None,
            Way::Deputy(agent) => Some(agent),
            Way::MainAccount => self.people.iter().find(|(_, p)| p.post.main && p.settings.enabled).map(|(a, _)| *a),
        };
        named.filter(|a| self.people.get(a).is_some_and(|p| p.settings.enabled) && (self.room(*a) || from == Some(*a)))
    }

    /// It has happened.
    fn settle(&mut self, mut kept: Kept, why: &Explanation) {
        let id = kept.arrival.conversation;
        let before = self.kept.get(&id).map(|k| (k.place, k.since));
        let waited = before.filter(|(place, _)| *place == Where::Queued).map(|(_, since)| since);
        let from_pool = before.is_some_and(|(place, _)| place == Where::Pooled) && !matches!(why.cause, Cause::Slot { .. });
        if from_pool && matches!(why.outcome, Outcome::Owned(_)) {
            self.reached = self.reached.map(|n| n + 1);
        }
        (kept.group, kept.answered, kept.offline_way, kept.since, kept.asked_at) = (None, false, false, why.at, None);
        match why.outcome {
            Outcome::Queued => (kept.place, kept.since) = (Where::Queued, waited.unwrap_or(why.at)),
            Outcome::Pooled => (kept.place, kept.arrival.group) = (Where::Pooled, None),
            Outcome::Owned(agent) => {
                (kept.place, kept.group, kept.arrival.group) = (Where::Owned(agent), why.group, None);
                kept.offline_way = matches!(why.step, Step::Offline { .. });
            }
        }
        kept.due = self.answer_due(&kept);
        self.kept.insert(id, kept);
        self.recount();
    }

    /// What left its agent without a decision yet: only unanswered receptions of agents who are away (DIV-6) or may not serve (GRD-8).
    fn loosened(&mut self, view: &Roster, at: Millis) -> Checked {
        let told = self.told.max(at);
        for (id, kept) in &mut self.kept {
            let Where::Owned(agent) = kept.place else { continue };
            let leaves = view.receptions.get(id).is_some_and(|(_, owner, _)| owner.is_none());
            if !leaves || view.pool.contains(id) || view.queue.iter().any(|turn| turn.2 == *id) {
                continue;
            }
            let person = self.people.get(&agent);
            let away = person.is_none_or(|p| p.presence == Presence::Offline && p.grace.is_none_or(|over| over <= told && over.0 > 0));
            let barred = person.is_some_and(|p| !p.settings.enabled);
            let right = kept.arrival.unanswered.is_some() && (barred || away && !kept.offline_way);
            holds(right, "timer", || format!("{id} leaves {agent:?} ({person:?}) at {told:?}: {kept:?}"))?;
            (kept.place, kept.group, kept.due) = (Where::Moving(agent), None, None);
        }
        self.recount();
        Ok(())
    }
}

/// A decision in a few words, for counting.
fn said(why: &Explanation) -> String {
    let cause = match &why.cause {
        Cause::Opened => "opened",
        Cause::Waited => "waited",
        Cause::WaitedTooLong => "waited too long",
        Cause::AgentOffline => "agent offline",
        Cause::AgentBarred { .. } => "agent barred",
        Cause::NoAnswer { .. } => "no answer",
        Cause::WroteAgain => "wrote again",
        Cause::FactsChanged => "facts changed",
        Cause::Slot { .. } => "slot",
        Cause::Person { over_capacity: true, .. } => "person over capacity",
        Cause::Person { .. } => "person",
    };
    let step = match &why.step {
        Step::Offline { why: Closed::NobodyOnline, .. } => "nobody online",
        Step::Offline { why: Closed::QueueFull, .. } => "queue full",
        Step::Offline { why: Closed::WaitedTooLong, .. } => "too long",
        Step::RecentContact { substitute: true, .. } => "colleague",
        Step::RecentContact { .. } => "recent contact",
        Step::Dedicated { .. } => "dedicated",
        Step::Scope { .. } => "scope",
        Step::Rule { .. } => "rule",
        Step::FallbackGroup { .. } => "fallback",
        Step::AnyAgent => "any agent",
        Step::PassedToGroup { .. } => "to group",
        Step::PassedToAgent => "to agent",
        Step::Given => "given",
    };
    let outcome = match why.outcome {
        Outcome::Owned(_) => "owned",
        Outcome::Queued => "queued",
        Outcome::Pooled => "pooled",
    };
    format!("{cause}/{step}/{outcome}")
}
