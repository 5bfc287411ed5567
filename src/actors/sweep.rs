//! What time alone changes in conversations, looked for on the clock's beat: waits that make them urgent (INB-2), orders that
//! succeeded 3 days ago (INB-9), what is to be archived, and what was archived long enough (INB-12).
//!
//! It only finds and tells; each conversation decides again, so telling twice, or late, is harmless. Nothing is kept but where it
//! stands, so what was due while the server was down is found by the first round after the start.

use super::registry::Registry;
use crate::domain::conversation::Command;
use crate::domain::desk::Desk;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::list::{self, ListQuery, Sort};
use crate::domain::view::State;
use crate::domain::{Effect, shop};
use crate::limits;
use crate::store::keys::DueKind;
use crate::store::{Error, ListCursor, Store};
use std::collections::HashMap;
use std::sync::Arc;

/// Beats in which every shop is visited: a minute of beats of 50 ms.
const ROUND_BEATS: usize = 1_200;
/// Beats that a round takes at least: a lone shop is visited once a second.
const ROUND_BEATS_MIN: u32 = 20;

/// Where the sweep stands.
#[derive(Default)]
pub struct Sweep {
    shops: Vec<ShopScope>,
    visited: usize,
    /// Beats since the round began.
    beats: u32,
    /// Where to go on among the open conversations of a shop.
    open: HashMap<ShopScope, ListCursor>,
    /// Where to go on in its pool, which stands in another order.
    pooled: HashMap<ShopScope, ListCursor>,
    /// The day of the last announcement (INB-12), so that the shop is not asked at every visit.
    announced: HashMap<ShopScope, u64>,
}

impl Sweep {
    /// A few shops further.
    pub fn beat(&mut self, registry: &Arc<Registry>) {
        self.beats = self.beats.saturating_add(1);
        if self.visited == self.shops.len() {
            if self.beats < ROUND_BEATS_MIN && !self.shops.is_empty() || !registry.store.writable() {
                return;
            }
            match registry.store.shops() {
                Ok(shops) => (self.shops, self.visited, self.beats) = (shops, 0, 0),
                Err(error) => return tracing::error!(%error, "the shops cannot be listed"),
            }
        }
        for _ in 0..self.shops.len().div_ceil(ROUND_BEATS) {
            let Some(scope) = self.shops.get(self.visited).copied() else { break };
            self.visited += 1;
            if let Err(error) = self.visit(registry, scope) {
                tracing::error!(shop = scope.number(), %error, "what is due cannot be read");
            }
        }
    }

    fn visit(&mut self, registry: &Arc<Registry>, scope: ShopScope) -> Result<(), Error> {
        let (store, now) = (&registry.store, registry.clock.now());
        let Some(desk) = registry.desk(scope)? else { return Ok(()) };
        let tell = |id: ConversationId, command| registry.dispatch(Effect::Conversation(scope, id, command), now, None);
        let before = |ms: u64| Millis(now.0.saturating_sub(ms));
        let due = |kind, until| store.due(scope, kind, until, limits::SWEPT_AT_ONCE_MAX);
        for (_, id) in due(DueKind::OrderSettles, before(limits::ORDER_SUCCEEDED_MS))? {
            tell(id, Command::SettleOrder { desk: desk.clone() });
        }
        let rule = &desk.archive;
        if !rule.confirm {
            // The range ends before its border, which is due too.
            for (_, id) in due(DueKind::Archivable, before(days(rule.after_days)).plus(1))? {
                tell(id, Command::Archive { by: None });
            }
        }
        if rule.mail {
            self.announce(registry, scope, days(rule.after_days), now)?;
        }
        if let Some(keep_days) = rule.keep_days {
            for (_, id) in due(DueKind::Archived, before(days(keep_days)).plus(1))? {
                tell(id, Command::Erase { keep_days });
            }
        }
        for id in self.reclassifiable(store, scope, &desk, now)? {
            tell(id, Command::Classify { desk: desk.clone() });
        }
        Ok(())
    }

    /// Once a day: how many will be archived on the next one.
    fn announce(&mut self, registry: &Arc<Registry>, scope: ShopScope, after_ms: u64, now: Millis) -> Result<(), Error> {
        let today = now.0 / limits::DAY_MS;
        if self.announced.insert(scope, today) == Some(today) {
            return Ok(());
        }
        let tomorrow_ends = Millis(((today + 2) * limits::DAY_MS).saturating_sub(after_ms));
        let tomorrow_begins = Millis(tomorrow_ends.0.saturating_sub(limits::DAY_MS));
        let count = registry.store.due_between(scope, DueKind::Archivable, tomorrow_begins, tomorrow_ends)?;
        if count > 0 {
            registry.dispatch(Effect::Shop(scope, shop::Command::AnnounceArchive { conversations: count }), now, None);
        }
        Ok(())
    }

    /// Open conversations of which the rules on waiting say something else by now: those that wait, some of the pool in
    /// turn, and those that were just answered.
    fn reclassifiable(&mut self, store: &Store, scope: ShopScope, desk: &Desk, now: Millis) -> Result<Vec<ConversationId>, Error> {
        let Some(least_min) = desk.priorities.iter().filter_map(|rule| rule.waited_min).min() else {
            self.open.remove(&scope);
            self.pooled.remove(&scope);
            return Ok(Vec::new());
        };
        let waited = Millis(now.0.saturating_sub(u64::from(least_min) * 60_000));
        let waiting = ListQuery { states: vec![State::Waiting, State::Unanswered], sort: Some(Sort::Waiting), ..ListQuery::default() };
        // The longest first, so that nothing more is due after the first that is not.
        let page = store.listed(scope, &waiting, self.open.remove(&scope).as_ref(), limits::SWEPT_AT_ONCE_MAX)?;
        let mut found = page.rows;
        let looked_at = found.len();
        found.retain(|conversation| list::since(conversation) <= waited);
        self.open.extend(page.next.filter(|_| found.len() == looked_at).map(|next| (scope, next)));
        let pool = ListQuery { sort: Some(Sort::Last), ..ListQuery::state(State::Pooled) };
        let page = store.listed(scope, &pool, self.pooled.remove(&scope).as_ref(), limits::SWEPT_AT_ONCE_MAX)?;
        self.pooled.extend(page.next.map(|next| (scope, next)));
        found.extend(page.rows);
        let from = Some(Millis(now.0.saturating_sub(limits::ANSWERED_SWEPT_MS)));
        let answered = ListQuery { states: vec![State::Replied], sort: Some(Sort::Last), from, ..ListQuery::default() };
        found.extend(store.listed(scope, &answered, None, limits::SWEPT_AT_ONCE_MAX)?.rows);
        let news = found.into_iter().filter(|conversation| conversation.is_to_classify(desk, now));
        Ok(news.filter_map(|conversation| Some(conversation.at?.1)).collect())
    }
}

fn days(days: u16) -> u64 {
    u64::from(days) * limits::DAY_MS
}
