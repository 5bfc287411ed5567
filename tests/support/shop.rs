//! A shop of a test, with its staff and buyers; "boss" is the owner's account, which only looks on.

use super::{Answer, House, Socket, until};
use serde_json::{Value, json};
use std::rc::Rc;

pub const PASSWORD: &str = "correct horse 正确";

/// A shop.
pub struct Shop {
    pub house: Rc<House>,
    pub name: String,
    /// The owner's session.
    pub boss: String,
}

/// An account of the staff, logged in.
#[derive(Clone, Debug)]
pub struct Agent {
    pub no: u64,
    pub login: String,
    pub token: String,
}

/// A buyer with a token.
#[derive(Clone, Debug)]
pub struct Buyer {
    pub buyer: String,
    pub token: String,
    pub conversation: String,
}

impl Buyer {
    /// The staff's address of this conversation.
    pub fn path(&self) -> String {
        format!("/v1/staff/conversations/{}", self.conversation)
    }
}

impl Shop {
    pub async fn open(house: &Rc<House>, name: &str) -> Shop {
        Shop::open_as(house, name, "茶馆").await
    }

    /// `called`: what people call it.
    pub async fn open_as(house: &Rc<House>, name: &str, called: &str) -> Shop {
        house.post("/v1/platform/shops", &house.key(), json!({"shop": name, "name": called})).await.ok();
        let mut shop = Shop { house: house.clone(), name: name.to_owned(), boss: String::new() };
        shop.boss = shop.account("boss", json!({"role": "owner", "capacity": 0})).await.token;
        shop
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v1/platform/shops/{}/{rest}", self.name)
    }

    /// An account of the staff, logged in; `settings`: what is not the default.
    pub async fn account(&self, login: &str, settings: Value) -> Agent {
        let mut body = json!({"login": login, "name": login, "password": PASSWORD, "role": "agent"});
        for (key, value) in settings.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        let no = self.platform("POST", "accounts", body).await.ok()["agent"].as_u64().expect("a number");
        let token = self.log_in(login, PASSWORD).await.ok()["token"].as_str().expect("a token").to_owned();
        Agent { no, login: login.to_owned(), token }
    }

    pub async fn agent(&self, login: &str, capacity: u64) -> Agent {
        self.account(login, json!({"capacity": capacity})).await
    }

    /// An agent with a connected device: online.
    pub async fn online(&self, login: &str, capacity: u64) -> (Agent, Socket) {
        let agent = self.agent(login, capacity).await;
        let socket = self.connect(&agent).await;
        (agent, socket)
    }

    pub async fn connect(&self, agent: &Agent) -> Socket {
        Socket::open(&self.house, "staff", &agent.token, None).await
    }

    pub async fn log_in(&self, login: &str, password: &str) -> Answer {
        let body = json!({"shop": self.name, "login": login, "password": password});
        self.house.post("/v1/staff/log-in", "", body).await
    }

    /// Moves the clock on by so much that sessions end; the boss logs in again.
    pub async fn pass_ms(&mut self, ms: u64) {
        self.house.pass_ms(ms);
        self.boss = self.log_in("boss", PASSWORD).await.ok()["token"].as_str().expect("a token").to_owned();
    }

    /// Logs in again and connects.
    pub async fn back(&self, agent: &mut Agent) -> Socket {
        agent.token = self.log_in(&agent.login, PASSWORD).await.ok()["token"].as_str().expect("a token").to_owned();
        self.connect(agent).await
    }

    /// A request to one of this shop's resources, with the first API key.
    pub async fn platform(&self, method: &str, rest: &str, body: Value) -> Answer {
        self.house.call(method, &self.path(rest), &self.house.key(), body).await
    }

    pub async fn group(&self, name: &str) -> u64 {
        self.platform("POST", "groups", json!({"name": name})).await.ok()["group"].as_u64().expect("a number")
    }

    pub async fn configure(&self, agent: &Agent, weight: u64, capacity: u64, groups: Value, enabled: bool) {
        let body = json!({"weight": weight, "capacity": capacity, "groups": groups, "enabled": enabled});
        self.platform("PUT", &format!("accounts/{}", agent.no), body).await.ok();
    }

    pub async fn rules(&self, body: Value) {
        self.platform("PUT", "diversion", body).await.ok();
    }

    /// The default settings, but nobody is told that nobody is online: no message in a history but those that were sent.
    pub async fn quiet(&self) {
        self.rules(json!({"rules": [], "offline": {"text": ""}})).await;
    }

    /// The default settings, but who finds nobody online waits in the queue.
    pub async fn without_gate(&self) {
        self.rules(json!({"rules": [], "gate": false})).await;
    }

    pub async fn presence(&self, agent: &Agent, presence: &str) -> Answer {
        self.house.put("/v1/staff/presence", &agent.token, json!({"presence": presence})).await
    }

    pub async fn buyer(&self, buyer: &str) -> Buyer {
        self.buyer_for(buyer, 24 * 3_600 * 5).await
    }

    pub async fn buyer_for(&self, buyer: &str, expires_in_s: u64) -> Buyer {
        let body = json!({"buyer": buyer, "name": "买家", "expires_in_s": expires_in_s});
        let told = self.platform("POST", "buyer-tokens", body).await.ok();
        let text = |key: &str| told[key].as_str().expect("a text").to_owned();
        Buyer { buyer: buyer.to_owned(), token: text("token"), conversation: text("conversation") }
    }

    pub async fn send(&self, buyer: &Buyer, id: &str, text: &str) -> Answer {
        self.house.post("/v1/buyer/messages", &buyer.token, json!({"client_message_id": id, "text": text})).await
    }

    /// A message of the buyer, accepted: its number.
    pub async fn says(&self, buyer: &Buyer, text: &str) -> u64 {
        self.send(buyer, &self.house.unique(), text).await.ok()["seq"].as_u64().expect("a number")
    }

    pub async fn says_from(&self, buyer: &Buyer, entry: &str) -> u64 {
        let body = json!({"client_message_id": self.house.unique(), "text": "你好", "entry": entry});
        self.house.post("/v1/buyer/messages", &buyer.token, body).await.ok()["seq"].as_u64().expect("a number")
    }

    pub async fn answer(&self, agent: &Agent, buyer: &Buyer, id: &str, text: &str) -> Answer {
        let body = json!({"client_message_id": id, "text": text});
        self.house.post(&format!("{}/messages", buyer.path()), &agent.token, body).await
    }

    /// An answer, accepted: its number.
    pub async fn answers(&self, agent: &Agent, buyer: &Buyer, text: &str) -> u64 {
        self.answer(agent, buyer, &self.house.unique(), text).await.ok()["seq"].as_u64().expect("a number")
    }

    pub async fn close(&self, token: &str, buyer: &Buyer) -> Answer {
        self.house.post(&format!("{}/close", buyer.path()), token, json!({})).await
    }

    pub async fn transfer(&self, token: &str, buyer: &Buyer, body: Value) -> Answer {
        self.house.post(&format!("{}/transfer", buyer.path()), token, body).await
    }

    pub async fn summary(&self, buyer: &Buyer) -> Value {
        self.house.get(&buyer.path(), &self.boss).await.ok()
    }

    /// Waits until the conversation is so.
    pub async fn until(&self, buyer: &Buyer, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        until(what, || async { Some(self.summary(buyer).await).filter(|s| so(s)) }).await
    }

    /// Waits until `agent` has the reception.
    pub async fn owned_by(&self, buyer: &Buyer, agent: &Agent) -> Value {
        self.until(buyer, &format!("{} owned by {}", buyer.buyer, agent.login), |s| s["owner"] == agent.no).await
    }

    /// Waits until the dispatcher has looked at the reception `no` and somebody, or nobody, has it.
    pub async fn decided(&self, buyer: &Buyer, no: u64) -> Value {
        until("a decision", || async {
            let why = self.house.get(&format!("{}/receptions/{no}/why", buyer.path()), &self.boss).await;
            Some(why).filter(|w| w.status == 200).map(Answer::ok)
        })
        .await
    }

    /// The decisions about a reception.
    pub async fn why(&self, buyer: &Buyer, no: u64) -> Vec<Value> {
        self.decided(buyer, no).await["decisions"].as_array().expect("a list").clone()
    }

    /// Everything the boss's inbox lists in this state; `owner`: whose, "" for a list without owner.
    pub async fn inbox(&self, state: &str, owner: &str) -> Vec<Value> {
        let owner = if owner.is_empty() { String::new() } else { format!("&owner={owner}") };
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.house.get(&format!("/v1/staff/inbox?state={state}{owner}&limit=150&cursor={cursor}"), &self.boss).await.ok();
            all.extend(page["conversations"].as_array().expect("a list").iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return all,
            }
        }
    }

    /// Receptions `agent` has open.
    pub async fn load(&self, agent: &Agent) -> usize {
        let no = agent.no.to_string();
        self.inbox("unanswered", &no).await.len() + self.inbox("replied", &no).await.len()
    }

    /// The whole history of a conversation, as the staff sees it.
    pub async fn history(&self, buyer: &Buyer) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let page = self.house.get(&format!("{}/messages?after={after}&limit=200", buyer.path()), &self.boss).await.ok();
            all.extend(page["messages"].as_array().expect("a list").iter().cloned());
            match page["next"].as_u64() {
                Some(next) => after = next,
                None => return all,
            }
        }
    }
}

/// The numbers of messages.
pub fn seqs(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|m| m["seq"].as_u64().expect("a number")).collect()
}

/// 1 to `last`.
pub fn gap_free(last: u64) -> Vec<u64> {
    (1..=last).collect()
}
