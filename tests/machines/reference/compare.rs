//! One command told to the dispatcher and to the model, and what both did compared.

use super::model::{Answer as Given, Did, Routed};
use super::world::{BUYERS, Checked, World, conversation};
use fenliu::domain::dispatcher::Command;
use fenliu::domain::event::Event;
use fenliu::domain::offline::Firing;
use fenliu::domain::{Answer, Decision, Effect, Machine, Reply, agent as account, conversation as talk};
use std::fmt::Debug;

impl World {
    /// One command and all it leads to.
    pub fn tell(&mut self, command: Command) -> Checked {
        self.commands += 1;
        let asked = format!("{command:?}");
        // What is due is done before a command is heard, though the clock may be late.
        if std::mem::take(&mut self.sleepy) || self.dispatcher.deadline().is_some_and(|due| due <= self.now) {
            self.turn("the clock", None)?;
        }
        self.turn(&asked, Some(command))
    }

    /// One command, then the clock; in the dispatcher and in the model.
    pub fn turn(&mut self, asked: &str, command: Option<Command>) -> Checked {
        let (mut expected, mut did) = (Vec::new(), Vec::new());
        if let Some(command) = command {
            let (answer, first) = self.model.hear(&command, self.now);
            expected = first;
            let answered = self.answered(command, &mut did);
            self.follow_up(&mut did)?;
            if answer.is_err() {
                self.tally.count("a person is refused");
            }
            if answer != answered {
                return Err(format!("{asked}\n the model answers {answer:?}\n the dispatcher    {answered:?}"));
            }
        }
        expected.extend(self.model.look(self.now));
        let mut turns = 0;
        while self.dispatcher.deadline().is_some_and(|due| due <= self.now) {
            turns += 1;
            let decision = self.dispatcher.decide(Command::Wake, self.now).map_err(|refusal| format!("woken: {refusal:?}"))?;
            self.carry_out(decision, &mut did);
            self.follow_up(&mut did)?;
            if turns > 1_000 {
                return Err("it is due for ever".into());
            }
        }
        self.compare(asked, expected, did)
    }

    fn answered(&mut self, command: Command, did: &mut Vec<Did>) -> Given {
        let decision = self.dispatcher.decide(command, self.now)?;
        let results = if let Answer::Reply(Reply::AssignedByHand { results }) = &decision.answer { Some(results.clone()) } else { None };
        self.carry_out(decision, did);
        Ok(results)
    }

    fn follow_up(&mut self, did: &mut Vec<Did>) -> Checked {
        for _ in 0..10_000 {
            let Some(command) = self.dispatcher.follow_up() else { return Ok(()) };
            let decision = self.dispatcher.decide(command, self.now).map_err(|refusal| format!("a follow-up: {refusal:?}"))?;
            self.carry_out(decision, did);
        }
        Err("the turn has no end".into())
    }

    /// Applies a decision, notes what it did, and posts what it tells.
    fn carry_out(&mut self, decision: Decision, did: &mut Vec<Did>) {
        let mut told = decision.effects;
        if let Answer::Forward(effect) = decision.answer {
            told.push(*effect);
        }
        let recorded = decision.events.iter().any(|event| matches!(event, Event::PoolAssigned { .. }));
        for event in &decision.events {
            self.dispatcher.apply(event);
            match event {
                Event::Routed { arrival, why } => {
                    let to = told.iter().find_map(|effect| match effect {
                        Effect::Conversation(_, id, command) if *id == arrival.conversation => Some(command),
                        _ => None,
                    });
                    let (how, ahead) = match to {
                        Some(talk::Command::Own { handover, .. } | talk::Command::Pool { handover, .. }) => (handover.how, None),
                        Some(talk::Command::Queue { handover, ahead, .. }) => (handover.how, Some(*ahead)),
                        other => panic!("routed, and the conversation is told {other:?}"),
                    };
                    let mut seen = why.seen.clone();
                    seen.sort_by_key(|s| s.agent);
                    let why = why.clone();
                    self.assigned.extend(recorded.then(|| (arrival.clone(), why.clone())));
                    did.push(Did::Routed(Box::new(Routed {
                        arrival: arrival.clone(),
                        at: why.at,
                        cause: why.cause,
                        step: why.step,
                        from: why.from,
                        outcome: why.outcome,
                        group: why.group,
                        strategy: why.strategy,
                        queue_len: why.queue_len,
                        seen,
                        how,
                        ahead,
                    })));
                }
                Event::PoolAssigned { run } => {
                    did.push(Did::Recorded(Box::new(run.clone())));
                    match run.firing {
                        Firing::Slot(slot) | Firing::Late(slot) | Firing::Missed { last: slot, .. } => self.last_slot = Some(slot),
                        Firing::ByHand => {}
                    }
                }
                _ => {}
            }
        }
        for effect in told {
            match effect {
                Effect::Conversation(_, id, command) => {
                    let index = (0..BUYERS).position(|n| conversation(n) == id).expect("a buyer of this history");
                    self.post[index].push_back(command);
                }
                Effect::Agent(_, agent, account::Command::Suspend) => did.push(Did::Suspended(agent)),
                other => panic!("nobody here takes {other:?}"),
            }
        }
    }

    fn compare(&mut self, asked: &str, expected: Vec<Did>, did: Vec<Did>) -> Checked {
        for place in 0..expected.len().max(did.len()) {
            let (model, dispatcher) = (expected.get(place), did.get(place));
            if model != dispatcher {
                return Err(format!("at {:?}, {asked}: decision {place}:\n{}", self.now, difference(&model, &dispatcher)));
            }
        }
        did.iter().for_each(|did| self.tally.add(did));
        let (model, dispatcher) = (self.model.view(), self.dispatcher.view());
        if model != dispatcher {
            return Err(format!("at {:?}, {asked}: the roster:\n{}", self.now, difference(&model, &dispatcher)));
        }
        Ok(())
    }
}

/// The lines in which they differ: − is the model's, + the dispatcher's; all of both where one is missing.
fn difference(model: &impl Debug, dispatcher: &impl Debug) -> String {
    let (model, dispatcher) = (format!("{model:#?}"), format!("{dispatcher:#?}"));
    let lines = |of: &str, but: &str, sign: &str| {
        let others: Vec<&str> = but.lines().collect();
        of.lines().filter(|line| !others.contains(line)).map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    lines(&model, &dispatcher, "−") + &lines(&dispatcher, &model, "+")
}
