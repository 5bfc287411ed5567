//! What follows a commit: answers, pushes, commands to other entities. Only here does anything leave an entity.

use super::outbox::Hub;
use super::registry::{Registry, ReplyTo};
use crate::domain::event::{Event, PlatformChange};
use crate::domain::id::{Millis, ShopScope};
use crate::domain::notify::courier::Command;
use crate::domain::notify::news::news;
use crate::domain::view::FeedEntry;
use crate::domain::{Effect, Reply};
use crate::limits;
use crate::metrics::Metrics;
use crate::store::Error;
use crate::store::commit::Released;
use std::sync::Arc;

/// What an entity attaches to its commit.
pub struct Payload {
    pub lane: usize,
    pub at: Millis,
    pub answer: Option<(ReplyTo, Reply)>,
    pub effects: Vec<Effect>,
    pub forward: Option<(Effect, Option<ReplyTo>)>,
    /// Held while the commit is in flight, so that the entity is not passivated before what it said is on disk.
    pub in_flight: Arc<()>,
}

/// Runs on the commit thread, in commit order: pushes to devices (which need that order), then one batch to each lane.
pub fn release_group(registry: &Registry, hub: &Hub, metrics: &Metrics, group: Vec<Released<Payload>>) {
    let mut by_lane: Vec<Vec<Released<Payload>>> = (0..registry.lanes.count()).map(|_| Vec::new()).collect();
    for mut released in group {
        registry.lost.add(released.scope, std::mem::take(&mut released.files));
        for (offset, event) in released.events.iter().enumerate() {
            metrics.observe(released.scope, event);
            if let Event::SessionEnded { token, .. }
            | Event::BuyerTokenRevoked { token, .. }
            | Event::Platform { what: PlatformChange::ApiKeyRevoked { key: token }, .. } = event
            {
                registry.forget_credential(*token);
                hub.revoke(*token);
            }
            registry.guards.hear(released.scope, event);
            // The zone of the shop stands in the diversion's settings.
            if let Event::DeskSet { .. } | Event::SettingsSet { .. } = event {
                registry.desks.remove(&released.scope);
            }
            if let Event::DeskSet { .. } = event {
                hub.roles_changed(released.scope);
            }
            if hub.anybody() {
                hub.publish(&Arc::new(FeedEntry { scope: released.scope, seq: released.first_seq + offset as u64, event: event.clone() }));
            }
        }
        if let Some(batch) = by_lane.get_mut(released.payload.lane) {
            batch.push(released);
        }
    }
    for (lane, batch) in by_lane.into_iter().enumerate().filter(|(_, batch)| !batch.is_empty()) {
        registry.lanes.hand(lane, super::lane::Work::Released(batch));
    }
}

impl Registry {
    /// Hands what is news to people outside to the courier of the shop.
    fn tell_news(self: &Arc<Registry>, scope: ShopScope, events: &[Event], at: Millis) {
        for told in events.iter().filter_map(news) {
            self.dispatch(Effect::Courier(scope, told), at, None);
        }
    }

    /// After a start: tells the news of each shop's last moments once more, because a crash may have kept them from the courier, which
    /// knows what it had; and that the attempts of before are over.
    pub fn tell_news_again(self: &Arc<Registry>, shops: &[ShopScope], started: Millis) -> Result<(), Error> {
        let now = self.clock.now();
        for scope in shops {
            if self.store.courier(*scope)?.is_some_and(|courier| courier.tries()) {
                self.dispatch(Effect::Courier(*scope, Command::Interrupted { started }), now, None);
            }
            self.tell_news(*scope, &self.store.last_events(*scope, limits::NEWS_TOLD_AGAIN_MS, limits::NEWS_TOLD_AGAIN_MAX)?, now);
        }
        Ok(())
    }

    /// Runs on the lane: effects first, so that whoever was answered finds them done or on their way; then the answer.
    pub fn release_here(self: &Arc<Registry>, group: Vec<Released<Payload>>) {
        for Released { payload, scope, events, .. } in group {
            self.tell_news(scope, &events, payload.at);
            for effect in payload.effects {
                self.dispatch(effect, payload.at, None);
            }
            if let Some((effect, reply)) = payload.forward {
                self.dispatch(effect, payload.at, reply);
            }
            if let Some((reply, answer)) = payload.answer {
                reply.send(Ok(answer));
            }
        }
    }
}
