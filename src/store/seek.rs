//! Reads of a moment that has passed: where the feed was, and which accounts there were.

use super::{Error, Store};
use crate::domain::event::{AgentSettings, Change, Event};
use crate::domain::id::{AgentNo, Millis, ShopScope};
use std::collections::BTreeMap;

/// Changes looked at in one read.
const CHANGES_READ: usize = 64;

impl Store {
    /// The seq of the last entry of a shop's feed from before `at`; 0: there is none. What has no time goes with what follows it.
    /// Stamps of neighbours may cross by the time a command takes: look a little further back for what must not be missed.
    pub fn feed_seek(&self, scope: ShopScope, at: Millis) -> Result<u64, Error> {
        let (mut first, mut end) = (1, self.feed_last(scope)? + 1);
        while first < end {
            let middle = first + (end - first) / 2;
            if self.time_from(scope, middle)?.is_some_and(|time| time < at) {
                first = middle + 1;
            } else {
                end = middle;
            }
        }
        Ok(first - 1)
    }

    /// The time of entry `seq`, or of the first one after it that has one. None: nothing follows.
    pub(super) fn time_from(&self, scope: ShopScope, seq: u64) -> Result<Option<Millis>, Error> {
        let mut time = None;
        self.each_event(scope, seq - 1, |_, event| {
            time = event.at();
            Ok(time.is_none())
        })?;
        Ok(time)
    }

    /// The accounts of a shop, and their settings, when `seq` was the last entry of its feed: those of now, with every later change
    /// taken back.
    pub fn accounts_at(&self, scope: ShopScope, seq: u64) -> Result<BTreeMap<AgentNo, AgentSettings>, Error> {
        let mut accounts: BTreeMap<_, _> = self.accounts(scope)?.into_iter().map(|(agent, head)| (agent, head.settings)).collect();
        let mut before = None;
        loop {
            let page = self.audit(scope, before, CHANGES_READ)?;
            let full = page.len() == CHANGES_READ;
            for (changed, event) in page {
                if changed <= seq {
                    return Ok(accounts);
                }
                before = Some(changed);
                if let Event::Audited { change: Change::Account { agent, before, .. }, .. } = event {
                    match before {
                        Some(settings) => drop(accounts.insert(agent, settings)),
                        None => drop(accounts.remove(&agent)),
                    }
                }
            }
            if !full {
                return Ok(accounts);
            }
        }
    }
}
