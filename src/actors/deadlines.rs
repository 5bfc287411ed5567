//! The deadlines that stand on disk (SLA-4): what is near is read into the alarms, again and again, so that an entity is woken also
//! where it is not in memory, and after a restart.
//!
//! It only reads and sets alarms. Woken for nothing an entity decides nothing, so a row read twice, or a moment too late to be taken
//! out, is harmless; what was set while the rows were read is found the next time, long before it is due.

use super::registry::{Address, Registry};
use crate::domain::id::{Millis, ShopScope};
use crate::limits;
use crate::store::keys::{HeadOf, Key};
use std::sync::Arc;

/// Where the reading stands.
#[derive(Default)]
pub struct Deadlines {
    /// When the last round began.
    read_at: Option<Millis>,
    /// The row after which the round goes on. None: it is over.
    after: Option<Key>,
}

impl Deadlines {
    /// Reads on, where it is time to.
    pub fn beat(&mut self, registry: &Arc<Registry>) {
        let now = registry.clock.now();
        // A clock that was put back must not keep anybody from being woken.
        let soon = self.read_at.is_some_and(|at| now.0.abs_diff(at.0) < limits::DEADLINES_READ_EVERY_MS);
        if self.after.is_none() {
            if soon {
                return;
            }
            self.read_at = Some(now);
        }
        let (near, most) = (now.plus(limits::DEADLINES_NEAR_MS), limits::DEADLINES_READ_MAX);
        match registry.store.deadlines(self.after.as_ref(), near, most) {
            Ok(rows) => {
                self.after = if rows.len() < most { None } else { rows.last().map(|row| row.key.clone()) };
                for row in rows {
                    if let Some(who) = address(row.scope, row.of) {
                        registry.alarms.set(who, Some(row.at));
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the deadlines cannot be read"),
        }
    }
}

fn address(scope: ShopScope, of: HeadOf) -> Option<Address> {
    match of {
        HeadOf::Conversation(id) => Some(Address::Conversation(scope, id)),
        HeadOf::Agent(agent) => Some(Address::Agent(scope, agent)),
        HeadOf::Shop => Some(Address::Shop(scope)),
        HeadOf::Order(key) => Some(Address::Order(scope, key)),
        HeadOf::Texts(_) => None,
    }
}
