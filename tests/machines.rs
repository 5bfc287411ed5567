//! The pure machines of `src/domain`, through one seam: what happened before, what is asked, what comes of it.
//!
//! No server, no store, no clock: time is a number in the command.

#[path = "machines/agent.rs"]
mod agent;
#[path = "machines/automatic.rs"]
mod automatic;
#[path = "machines/choice.rs"]
mod choice;
#[path = "machines/contact.rs"]
mod contact;
#[path = "machines/conversation.rs"]
mod conversation;
#[path = "machines/coupons.rs"]
mod coupons;
#[path = "machines/courier.rs"]
mod courier;
#[path = "machines/desk.rs"]
mod desk;
#[path = "machines/dispatcher.rs"]
mod dispatcher;
#[path = "machines/distribution.rs"]
mod distribution;
#[path = "machines/diversion.rs"]
mod diversion;
#[path = "machines/explained.rs"]
mod explained;
#[path = "machines/floor.rs"]
mod floor;
#[path = "machines/guard_words.rs"]
mod guard_words;
#[path = "machines/habits.rs"]
mod habits;
#[path = "machines/health.rs"]
mod health;
#[path = "machines/health_world.rs"]
mod health_world;
#[path = "machines/hours.rs"]
mod hours;
#[path = "machines/inbox.rs"]
mod inbox;
#[path = "machines/limits.rs"]
mod limits;
#[path = "machines/no_answer.rs"]
mod no_answer;
#[path = "machines/notices.rs"]
mod notices;
#[path = "machines/order.rs"]
mod order;
#[path = "machines/passing.rs"]
mod passing;
#[path = "machines/pool.rs"]
mod pool;
#[path = "machines/presence.rs"]
mod presence;
#[path = "machines/priority.rs"]
mod priority;
#[path = "machines/reference.rs"]
mod reference;
#[path = "machines/render.rs"]
mod render;
#[path = "machines/rights.rs"]
mod rights;
#[path = "machines/settings.rs"]
mod settings;
#[path = "machines/shop.rs"]
mod shop;
#[path = "machines/standing.rs"]
mod standing;
#[path = "machines/suggestions.rs"]
mod suggestions;
#[path = "machines/texts.rs"]
mod texts;
#[path = "machines/weights.rs"]
mod weights;
#[path = "machines/welcome.rs"]
mod welcome;

use fenliu::domain::Machine;
use fenliu::domain::id::{Millis, ShopScope};

pub const SCOPE: ShopScope = ShopScope::granted(7);
pub const HOUR: u64 = 3_600_000;

/// Carries out one command, with everything the machine wants to do in the same turn. The outcome of the command itself.
pub fn act<M: Machine>(machine: &mut M, command: M::Command, at: u64) -> String {
    let decided = machine.decide(command, Millis(at));
    let outcome = render::outcome(&decided);
    if let Ok(decision) = decided {
        decision.events.iter().for_each(|event| machine.apply(event));
    }
    while let Some(next) = machine.follow_up() {
        let decision = machine.decide(next, Millis(at)).expect("a follow-up is never refused");
        decision.events.iter().for_each(|event| machine.apply(event));
    }
    outcome
}

/// The seam: after `history`, `command` leads to `expected`. A command carries its time.
#[track_caller]
pub fn check<M: Machine>(mut machine: M, history: Vec<(u64, M::Command)>, command: (u64, M::Command), expected: &str) {
    for (at, before) in history {
        act(&mut machine, before, at);
    }
    assert_eq!(act(&mut machine, command.1, command.0), expected);
}
