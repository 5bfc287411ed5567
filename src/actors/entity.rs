//! The one shell of every conversation, agent, shop and dispatcher.
//!
//! It never awaits, so no command is ever half handled. A panic in `decide` leaves no trace and is answered as an internal
//! error; a panic in `apply` would leave memory apart from the disk, so it ends the process.

use super::registry::{Kind, Registry, ReplyTo};
use super::release::Payload;
use crate::domain::event::Event;
use crate::domain::id::{Millis, ShopScope};
use crate::domain::refusal::Refusal;
use crate::domain::{Answer, Decision};
use crate::limits;
use crate::store::commit::Commit;
use crate::store::history::SharedTail;
use actix::{Actor, ActorContext, Context, Handler, Message};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A command on its way to an entity.
pub struct Envelope<M: Kind> {
    pub command: M::Command,
    pub at: Millis,
    pub reply: Option<ReplyTo>,
}

impl<M: Kind> Message for Envelope<M> {
    type Result = ();
}

/// "Leave memory if nobody needs you."
pub struct Passivate;

impl Message for Passivate {
    type Result = ();
}

/// See the module.
pub struct Entity<M: Kind> {
    machine: M,
    scope: ShopScope,
    key: M::Key,
    tail: Option<SharedTail>,
    registry: Arc<Registry>,
    lane: usize,
    in_flight: Arc<()>,
    /// Messages taken from the mailbox; passivation compares it with those sent.
    handled: u64,
    alarm: Option<Millis>,
}

impl<M: Kind> Actor for Entity<M> {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Context<Self>) {
        self.set_alarm();
    }
}

impl<M: Kind> Handler<Envelope<M>> for Entity<M> {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<M>, _: &mut Context<Self>) {
        self.handled += 1;
        // What is due comes before what comes.
        if self.machine.deadline().is_some_and(|due| due <= envelope.at)
            && let Some(wake) = M::wake()
        {
            self.turn(wake, envelope.at, None);
            self.follow_up(envelope.at);
        }
        self.turn(envelope.command, envelope.at, envelope.reply);
        self.follow_up(envelope.at);
        self.set_alarm();
    }
}

impl<M: Kind> Handler<Passivate> for Entity<M> {
    type Result = ();

    fn handle(&mut self, _: Passivate, ctx: &mut Context<Self>) {
        self.handled += 1;
        if Arc::strong_count(&self.in_flight) == 1 && self.registry.retire::<M>(self.scope, self.key, self.handled) {
            ctx.stop();
        }
    }
}

impl<M: Kind> Entity<M> {
    /// An entity as it was loaded, on the current lane.
    pub fn new(registry: Arc<Registry>, scope: ShopScope, key: M::Key, machine: M, tail: Option<SharedTail>, lane: usize) -> Entity<M> {
        Entity { machine, scope, key, tail, registry, lane, in_flight: Arc::new(()), handled: 0, alarm: None }
    }

    /// What must be decided next, until there is nothing.
    fn follow_up(&mut self, at: Millis) {
        while let Some(next) = self.machine.follow_up() {
            self.turn(next, at, None);
        }
    }

    /// One command: decide, apply, submit.
    fn turn(&mut self, command: M::Command, at: Millis, reply: Option<ReplyTo>) {
        let decided = catch_unwind(AssertUnwindSafe(|| self.machine.decide(command, at)));
        let refusal = match decided {
            Ok(Ok(decision)) => return self.carry_out(decision, at, reply),
            Ok(Err(refusal)) => refusal,
            Err(_) => {
                self.registry.metrics.panicked();
                tracing::error!(kind = M::NAME, shop = self.scope.number(), "a decision panicked; nothing was changed");
                Refusal::Internal
            }
        };
        if let Some(reply) = reply {
            reply.send(Err(refusal));
        }
    }

    fn carry_out(&mut self, decision: Decision, at: Millis, reply: Option<ReplyTo>) {
        let Decision { events, effects, answer } = decision;
        let (answer, forward) = match answer {
            Answer::Reply(told) => (reply.map(|to| (to, told)), None),
            Answer::Forward(effect) => (None, Some((*effect, reply))),
        };
        let nothing = events.is_empty() && effects.is_empty() && answer.is_none() && forward.is_none();
        if nothing {
            return;
        }
        let mark = self.machine.mark();
        let applied = catch_unwind(AssertUnwindSafe(|| events.iter().for_each(|event| self.machine.apply(event))));
        if applied.is_err() {
            self.registry.fatal(format!("applying an event to a {} panicked: memory no longer equals the disk", M::NAME));
        }
        // What was only heard needs no disk, and nothing follows from it that would have to wait.
        let alone = effects.is_empty() && answer.is_none() && forward.is_none();
        if alone && events.iter().all(|event| matches!(event, Event::Heard(_))) {
            return;
        }
        let payload = Payload { lane: self.lane, at, answer, effects, forward, in_flight: self.in_flight.clone() };
        self.registry.submit(Commit::of(self.scope, events, mark, &self.machine, self.tail.as_ref(), payload));
    }

    fn set_alarm(&mut self) {
        // What is far ahead and has a row is found there when it is near.
        let near = self.registry.clock.now().plus(limits::DEADLINES_NEAR_MS);
        let deadline = self.machine.deadline().filter(|due| !M::DEADLINE_STORED || *due <= near);
        if deadline != self.alarm {
            self.alarm = deadline;
            self.registry.alarms.set(M::address(self.scope, self.key), deadline);
        }
    }
}
