//! The guards of shops and the standings of accounts, kept at hand: read with every answer, changed seldom.
//!
//! Whoever changes a rule is answered when the change is on disk, and has then been forgotten here: the next text meets the new rule.
//! Automata of equal lists of words are one.

use super::registry::Registry;
use crate::domain::event::{Conducted, Event, PlatformChange, Ruling};
use crate::domain::guard::standing::Standing;
use crate::domain::guard::{Guard, Words};
use crate::domain::id::{AgentNo, ShopScope};
use crate::domain::order;
use crate::store::Error;
use dashmap::DashMap;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// See the module.
#[derive(Default)]
pub struct Guards {
    made: DashMap<ShopScope, Arc<Guard>>,
    standings: DashMap<(ShopScope, AgentNo), Arc<Standing>>,
    /// By their list.
    words: DashMap<Vec<String>, Weak<Words>>,
    /// Counts what was forgotten: what was read before must not be kept after.
    forgotten: AtomicU64,
}

impl Guards {
    /// Forgets what an event has changed; runs when it is on disk, before anybody is told.
    pub fn hear(&self, scope: ShopScope, event: &Event) {
        let everybody = matches!(
            event,
            Event::Ruled { what: Ruling::Conduct { .. }, .. } | Event::Platform { what: PlatformChange::CarrierSet { .. }, .. }
        );
        let shop = matches!(event, Event::Ruled { what: Ruling::Guard { .. } | Ruling::Words { .. } | Ruling::Approvals { .. }, .. });
        let account = match event {
            Event::Conduct {
                agent,
                what:
                    Conducted::Violated { .. }
                    | Conducted::Lifted
                    | Conducted::Reviewed { .. }
                    | Conducted::UndertakingGiven { .. }
                    | Conducted::TestDrawn { .. }
                    | Conducted::TestTaken { .. },
                ..
            } => Some(*agent),
            _ => None,
        };
        if !everybody && !shop && account.is_none() {
            return;
        }
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        if everybody {
            self.made.clear();
        } else if shop {
            self.made.remove(&scope);
        }
        if let Some(agent) = account {
            self.standings.remove(&(scope, agent));
        }
    }

    /// Forgets automata that no shop uses any more.
    pub fn sweep(&self) {
        self.words.retain(|_, words| words.strong_count() > 0);
    }

    fn words_of(&self, list: Vec<String>) -> Arc<Words> {
        if let Some(words) = self.words.get(&list).and_then(|kept| kept.upgrade()) {
            return words;
        }
        let words = Arc::new(Words::new(&list));
        self.words.insert(list, Arc::downgrade(&words));
        words
    }
}

impl Registry {
    /// The guard of a shop, where it is at hand; making it of many words takes milliseconds.
    pub fn guard_kept(&self, scope: ShopScope) -> Option<Arc<Guard>> {
        self.guards.made.get(&scope).map(|kept| kept.clone())
    }

    /// The guard of a shop. None: there is no such shop.
    pub fn guard(&self, scope: ShopScope) -> Result<Option<Arc<Guard>>, Error> {
        if let Some(kept) = self.guard_kept(scope) {
            return Ok(Some(kept));
        }
        let seen = self.guards.forgotten.load(Ordering::Acquire);
        let Some(guarding) = self.store.guarding(scope)? else { return Ok(None) };
        let list = self.store.words(scope, guarding.words_version)?.unwrap_or_default();
        let words = self.guards.words_of(list);
        let carriers: BTreeMap<_, _> =
            order::usual().chain(self.store.carriers()?).map(|carrier| (carrier.code.clone(), carrier)).collect();
        let hosts = carriers.values().filter_map(|carrier| carrier.host()).map(str::to_owned).collect();
        let conduct = Arc::from(self.store.conduct()?.0);
        let guard = Arc::new(Guard::new(*guarding.settings, words, guarding.approvals, hosts, conduct));
        self.guards.made.insert(scope, guard.clone());
        if self.guards.forgotten.load(Ordering::Acquire) != seen {
            self.guards.made.remove(&scope);
        }
        Ok(Some(guard))
    }

    /// The guard of a shop for what the system says. Where it cannot be read nothing but the usual rules is known, and they are strict.
    pub(super) fn guard_at_hand(&self, scope: ShopScope) -> Arc<Guard> {
        match self.guard(scope) {
            Ok(guard) => guard.unwrap_or_else(Guard::usual),
            Err(error) => {
                tracing::error!(shop = scope.number(), %error, "the guard cannot be read");
                Guard::usual()
            }
        }
    }

    /// How an account stands.
    pub fn standing(&self, scope: ShopScope, agent: AgentNo) -> Result<Arc<Standing>, Error> {
        if let Some(kept) = self.guards.standings.get(&(scope, agent)) {
            return Ok(kept.clone());
        }
        let seen = self.guards.forgotten.load(Ordering::Acquire);
        let standing = Arc::new(self.store.standing(scope, agent)?.unwrap_or_default());
        self.guards.standings.insert((scope, agent), standing.clone());
        if self.guards.forgotten.load(Ordering::Acquire) != seen {
            self.guards.standings.remove(&(scope, agent));
        }
        Ok(standing)
    }
}
