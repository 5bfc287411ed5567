//! The shops of a load run: set up, staffed and connected; agents receive, and answer a share.

use crate::figures::{Figures, add};
use crate::senders::Text;
use crate::support::client::{BuyerToken, Client, From, NewAccount};
use crate::support::device::{Device, Frame, Side};
use crate::support::dice::{Dice, secret_hex};
use crate::support::problem::Error;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::{Semaphore, mpsc};

/// Answers of one agent under way at once: what one socket may have unanswered.
const ANSWERS_AT_ONCE: usize = 64;
/// Largest reception limit the server takes.
const CAPACITY_MAX: usize = 100_000;
/// Life of the buyers' tokens.
const TOKEN_S: u64 = 24 * 3_600;

/// How large the run is.
pub struct Size {
    pub shops: usize,
    /// Of all shops together.
    pub agents: usize,
    /// Of all shops together.
    pub buyers: usize,
    /// Of the delivered messages, 0..=1.
    pub answer_share: f64,
    pub first_response_s: Option<u32>,
    pub seed: u64,
}

/// All shops with their agents.
pub struct House {
    client: Client,
    key: String,
    run: String,
    agents: RefCell<Vec<Rc<Device>>>,
    /// Receptions that got an owner.
    pub owned: Cell<u64>,
}

impl House {
    /// Creates the shops with their agents and connects these.
    pub async fn open(client: &Client, key: &str, run: &str, size: &Size, text: &Text, figures: &Rc<Figures>) -> Result<Rc<House>, Error> {
        let house =
            House { client: client.clone(), key: key.to_owned(), run: run.to_owned(), agents: RefCell::default(), owned: Cell::new(0) };
        let house = Rc::new(house);
        client.only_warn_of_machines(key).await?;
        for shop in 0..size.shops {
            client.create_shop(key, &house.shop(shop), &format!("load {run} {shop}")).await?;
            if let Some(seconds) = size.first_response_s {
                client.set_first_response(key, &house.shop(shop), seconds).await?;
            }
        }
        let hired = stream::iter(0..size.agents.max(size.shops)).map(|i| house.clone().hire(i, size, text.clone(), figures.clone()));
        hired.buffer_unordered(4).try_collect::<Vec<()>>().await?;
        Ok(house)
    }

    fn shop(&self, n: usize) -> String {
        format!("load-{}-{n}", self.run)
    }

    async fn hire(self: Rc<House>, i: usize, size: &Size, text: Text, figures: Rc<Figures>) -> Result<(), Error> {
        let shop = self.shop(i % size.shops);
        let login = format!("{}-{i}", self.run);
        let password = secret_hex(12);
        let capacity = size.buyers.clamp(1, CAPACITY_MAX) as u32;
        let account = NewAccount { login: &login, name: &login, password: &password, capacity, groups: &[] };
        self.client.create_agent(&self.key, &shop, &account).await?;
        let session = self.client.log_in(&shop, &login, &password).await?;
        let (answers, to_answer) = mpsc::unbounded_channel();
        let (house, shown) = (self.clone(), figures.clone());
        let mut dice = Dice::new(size.seed, i as u64);
        let (share, me) = (size.answer_share, session.agent);
        let on_frame = move |frame: Frame, at: Instant| match frame {
            Frame::Message { conversation, from: From::Buyer, text: said, .. } => {
                let Some(intended) = text.intended(&said).filter(|intended| shown.counts(*intended)) else { return };
                shown.delivery.borrow_mut().record(at - intended);
                add(&shown.delivered);
                if dice.unit() < share {
                    let _ = answers.send(conversation);
                }
            }
            Frame::Reception { state, owner, .. } if state == "owned" && owner == Some(me) => add(&house.owned),
            _ => {}
        };
        let device = Rc::new(Device::open(&self.client, Side::Staff, &session.token, on_frame).await?);
        self.client.set_presence(&session.token, "online").await?;
        actix_rt::spawn(answer_all(device.clone(), to_answer, format!("{login}-answer"), figures));
        self.agents.borrow_mut().push(device);
        Ok(())
    }

    /// Buyer `i` gets a credential.
    pub async fn admit(&self, i: usize, shops: usize) -> Result<BuyerToken, Error> {
        let buyer = format!("{}-b{i}", self.run);
        self.client.buyer_token(&self.key, &self.shop(i % shops), &buyer, &buyer, TOKEN_S).await
    }

    /// How often agents' sockets had to connect again, and frames that were repeated or out of order.
    pub fn trouble(&self) -> (u64, u64) {
        let agents = self.agents.borrow();
        (agents.iter().map(|a| a.reconnects()).sum(), agents.iter().map(|a| a.disordered()).sum())
    }
}

/// Answers the conversations that come in.
async fn answer_all(device: Rc<Device>, mut to_answer: mpsc::UnboundedReceiver<String>, id: String, figures: Rc<Figures>) {
    let places = std::sync::Arc::new(Semaphore::new(ANSWERS_AT_ONCE));
    let mut n = 0u64;
    while let Some(conversation) = to_answer.recv().await {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        n += 1;
        let (device, figures, id) = (device.clone(), figures.clone(), format!("{id}-{n}"));
        actix_rt::spawn(async move {
            let start = Instant::now();
            match device.answer(&conversation, &id, "您好，在的，现货当天就能发出。", None).await {
                Ok(_) => {
                    figures.answer.borrow_mut().record(start.elapsed());
                    add(&figures.answers);
                }
                Err(e) => figures.refuse(true, &format!("answer: {}", e.code())),
            }
            drop(place);
        });
    }
}
