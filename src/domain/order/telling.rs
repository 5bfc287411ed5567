//! What the buyer is told of an order (TXT-3): which scene is due, its text, and what became of it. It never says a thing twice.

use super::{Filling, Logistics, Order, OrderKey, Scene};
use crate::domain::desk::Fulfilment;
use crate::domain::event::RetryKey;
use crate::domain::facts::OrderState;
use crate::domain::guard::Finding;
use crate::domain::id::Millis;
use crate::domain::text::template::{self, Values, Variable};
use crate::limits;
use serde::{Deserialize, Serialize};

/// What became of a message of fulfilment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Not yet confirmed by the conversation.
    Pending,
    Sent,
    /// The shop has no text for this scene.
    Unset,
    /// Not sent, and why. Tried again with the next report while the scene is the present one.
    Unfilled(String),
    /// Not sent, because of what the guard found in it. Tried again as one that could not be filled.
    Refused(Vec<Finding>),
}

/// One message of fulfilment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    pub scene: Scene,
    /// News of logistics: by its id it is told once; the text is kept until it is told.
    pub news: Option<Logistics>,
    /// Since when the outcome is so.
    pub at: Millis,
    pub outcome: Outcome,
}

impl Telling {
    fn news_id(&self) -> &str {
        self.news.as_ref().map_or("", |news| &news.id)
    }

    /// What the conversation knows it by, whenever it is tried: digest of order, scene and news. The text is no part of it, because
    /// the shop may change its words between two tries.
    pub fn retry(&self, order: OrderKey) -> RetryKey {
        use sha2::{Digest, Sha256};
        let scene = [self.scene as u8];
        let digest = Sha256::new().chain_update(b"fulfilment").chain_update(order.0).chain_update(scene).chain_update(self.news_id());
        let mut id = [0; 8];
        id.copy_from_slice(&digest.finalize()[..8]);
        RetryKey { client_id: u64::from_be_bytes(id), body: 0 }
    }
}

impl Order {
    /// Whether this report makes a scene due that was not before; `before`: the state until then.
    pub(super) fn becomes_due(&mut self, before: Option<OrderState>, at: Millis) {
        let scene = match self.state {
            Some(OrderState::Paid) => Some(Scene::Confirmed),
            Some(OrderState::Shipped) => Some(Scene::Shipped),
            _ => None,
        };
        if let Some(scene) = scene.filter(|scene| before != self.state && !self.told.iter().any(|t| t.scene == *scene)) {
            self.told.push(Telling { scene, news: None, at, outcome: Outcome::Pending });
        }
        let news = self.report.logistics.clone();
        if let Some(news) = news.filter(|news| !self.told.iter().any(|t| t.scene == Scene::Logistics && t.news_id() == news.id)) {
            self.told.push(Telling { scene: Scene::Logistics, news: Some(news), at, outcome: Outcome::Pending });
        }
        let kept = |t: &Telling| t.scene == Scene::Logistics;
        if self.told.iter().filter(|t| kept(t)).count() > limits::ORDER_NEWS_KEPT
            && let Some(oldest) = self.told.iter().position(kept)
        {
            self.told.remove(oldest);
        }
    }

    /// Is this still what the order says of itself?
    fn is_present(&self, telling: &Telling) -> bool {
        match telling.scene {
            Scene::Confirmed => self.state == Some(OrderState::Paid),
            Scene::Shipped => self.state == Some(OrderState::Shipped),
            Scene::Logistics => self.report.logistics.as_ref().is_some_and(|news| news.id == telling.news_id()),
        }
    }

    /// What is to be tried now.
    pub(super) fn due(&self) -> impl Iterator<Item = &Telling> {
        self.told.iter().filter(|telling| match telling.outcome {
            Outcome::Pending => true,
            Outcome::Unfilled(_) | Outcome::Refused(_) => self.is_present(telling),
            Outcome::Sent | Outcome::Unset => false,
        })
    }

    /// The text of a scene, or why there is none.
    pub(super) fn text(&self, telling: &Telling, texts: &Fulfilment, filling: &Filling) -> Result<String, Outcome> {
        let template = match telling.scene {
            Scene::Confirmed => &texts.confirmed,
            Scene::Shipped => &texts.shipped,
            Scene::Logistics => &texts.logistics,
        };
        let template = template.as_ref().ok_or(Outcome::Unset)?;
        let Filling { shop, buyer, carriers } = filling;
        let carrier = self.report.parcels.last().and_then(|parcel| carriers.iter().find(|carrier| carrier.code == parcel.carrier));
        let mut values = Values::of_order(&self.report, carrier).with(Variable::Shop, shop).with(Variable::Buyer, buyer);
        if let Some(news) = &telling.news {
            values = values.with(Variable::Logistics, &news.text);
        }
        let text = template::render(template, &values).map_err(|unfilled| Outcome::Unfilled(unfilled.to_string()))?;
        match text.chars().count() {
            0 => Err(Outcome::Unset),
            1..=limits::MESSAGE_CHARS_MAX => Ok(text),
            _ => Err(Outcome::Unfilled(format!("filled in, the text has more than {} characters", limits::MESSAGE_CHARS_MAX))),
        }
    }

    /// It became of the telling with this key.
    pub(super) fn became(&mut self, key: OrderKey, retry: RetryKey, outcome: &Outcome, at: Millis) {
        let Some(telling) = self.told.iter_mut().find(|telling| telling.retry(key) == retry) else { return };
        (telling.outcome, telling.at) = (outcome.clone(), at);
        if matches!(outcome, Outcome::Sent | Outcome::Unset)
            && let Some(news) = &mut telling.news
        {
            news.text.clear();
        }
    }
}
