//! The shop of the test, what its clients did, and what the server acknowledged.

use crate::dice::Dice;
use crate::house::{Device, House, Refused};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

pub const SHOP: &str = "crowd";
pub const AGENTS: usize = 12;
/// Clients that write, each for several buyers.
pub const WRITERS: usize = 44;
const BUYERS_EACH: usize = 5;
const PASSWORD: &str = "correct horse 正确";
/// Where buyers come from; the rules know the first two.
pub const ENTRIES: [&str; 3] = ["sale", "care", "elsewhere"];

/// A message that the server acknowledged.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub conversation: String,
    pub seq: u64,
    pub text: String,
    /// Who was told: each client waits for one acknowledgement before it sends more.
    pub client: usize,
}

pub struct Member {
    pub number: u64,
    pub token: String,
}

#[derive(Clone)]
pub struct Buyer {
    pub name: String,
    pub token: String,
    pub conversation: String,
}

/// See the module.
pub struct Stage {
    pub house: Rc<House>,
    pub seed: u64,
    /// The owner, who has no device: sees everything, serves nobody.
    pub boss: String,
    pub agents: Vec<Member>,
    /// By writer.
    pub buyers: Vec<Vec<Buyer>>,
    begun: Instant,
    lasts: Duration,
    /// How often each thing was done, or refused.
    pub done: RefCell<BTreeMap<String, u64>>,
    pub acknowledged: RefCell<Vec<Acknowledged>>,
    names: Cell<u64>,
}

/// The settings: two rules, a fallback group, a short queue and short patience, so that every path is walked often. `calm`:
/// nobody leaves the queue but for an agent, and nobody an agent whom the end of the test disconnects.
fn diversion(calm: bool) -> Value {
    let (queue, grace_ms) = match calm {
        true => (json!({"length_max": 10_000}), 60_000),
        false => (json!({"length_max": 90, "wait_ms_max": 1_500}), 300),
    };
    json!({
        "rules": [
            {"name": "sale", "when": {"entry": ["sale"]}, "target": {"groups": [1]}},
            {"name": "care", "when": {"entry": ["care"]}, "target": {"groups": [2]}}],
        "fallback_group": 3,
        "recent": {"any_ms": 150, "online_ms": 300},
        "offline_grace_ms": grace_ms,
        "queue": queue,
    })
}

impl Stage {
    pub async fn open(house: &Rc<House>, seed: u64, lasts: Duration) -> Stage {
        let (key, path) = (house.key.clone(), |rest: &str| format!("/v1/platform/shops/{SHOP}/{rest}"));
        house.must("POST", "/v1/platform/shops", &key, json!({"shop": SHOP, "name": "茶馆"})).await;
        // Programs answer here: what they do is no violation.
        house.must("PUT", "/v1/platform/guard/conduct", &key, json!({"ladder": [{}], "throttle_ms": 0})).await;
        for group in 1..=3 {
            house.must("POST", &path("groups"), &key, group_settings(group, Some(GROUP_CAPACITY))).await;
        }
        let mut members = Vec::new();
        for n in 0..=AGENTS {
            let login = format!("agent-{n}");
            let mut account = json!({"login": login, "name": login, "password": PASSWORD, "role": if n == 0 { "owner" } else { "agent" }});
            if n > 0 {
                let settings = Account::first(n - 1).settings();
                settings.as_object().into_iter().flatten().for_each(|(field, value)| account[field] = value.clone());
            }
            house.must("POST", &path("accounts"), &key, account).await;
            let session = json!({"shop": SHOP, "login": login, "password": PASSWORD});
            let session = house.must("POST", "/v1/staff/log-in", "", session).await;
            members.push(Member { number: session["agent"].as_u64().expect("a number"), token: text(&session, "token") });
        }
        house.must("PUT", &path("diversion"), &key, diversion(false)).await;
        let mut buyers = Vec::new();
        for writer in 0..WRITERS {
            let mut mine = Vec::new();
            for n in 0..BUYERS_EACH {
                let name = format!("buyer-{writer}-{n}");
                let told = house.must("POST", &path("buyer-tokens"), &key, json!({"buyer": name, "expires_in_s": 86_400})).await;
                mine.push(Buyer { name, token: text(&told, "token"), conversation: text(&told, "conversation") });
            }
            buyers.push(mine);
        }
        Stage {
            house: house.clone(),
            seed,
            boss: members.remove(0).token,
            agents: members,
            buyers,
            begun: Instant::now(),
            lasts,
            done: RefCell::default(),
            acknowledged: RefCell::default(),
            names: Cell::new(0),
        }
    }

    /// The dice of one client.
    pub fn dice(&self, client: usize) -> Dice {
        Dice::new(self.seed, client as u64)
    }

    pub fn goes_on(&self) -> bool {
        self.begun.elapsed() < self.lasts
    }

    /// How many of `planned` are due by now.
    pub fn due(&self, planned: u32) -> u32 {
        (f64::from(planned) * self.begun.elapsed().as_secs_f64() / self.lasts.as_secs_f64()) as u32
    }

    pub fn count(&self, what: &str) {
        *self.done.borrow_mut().entry(what.to_owned()).or_default() += 1;
    }

    /// A name that nobody else has: a client message id, and the text that goes with it.
    pub fn unique(&self, client: usize) -> String {
        self.names.set(self.names.get() + 1);
        format!("client-{client:02}-{:08}", self.names.get())
    }

    /// One request; whatever is refused must be refused because others were faster.
    pub async fn try_to(&self, what: &str, method: &str, path: &str, token: &str, body: Value) -> Option<Value> {
        let answer = self.house.call(method, path, token, &body).await;
        self.told(what, answer)
    }

    pub fn told(&self, what: &str, answer: Result<Value, Refused>) -> Option<Value> {
        match answer {
            Ok(body) => {
                self.count(what);
                Some(body)
            }
            Err((status, code, detail)) => {
                let late = ["not_owner", "reception_closed", "agent_not_online", "not_connected"].contains(&code.as_str());
                // "This agent has it already", "nobody else of this group can take it".
                let in_vain = what == "transferred" && code == "invalid";
                assert!(late || in_vain, "{what}: {status} {code}: {detail}");
                self.count(&format!("({what}: {code})"));
                None
            }
        }
    }

    /// A message that was acknowledged, perhaps by way of a retry.
    pub fn accepted(&self, client: usize, conversation: &str, text: &str, answer: &Value) {
        let seq = answer["seq"].as_u64().expect("a number");
        let (conversation, text) = (conversation.to_owned(), text.to_owned());
        self.acknowledged.borrow_mut().push(Acknowledged { conversation, seq, text, client });
    }

    /// Everybody is back, with room for all. Whoever waits must be served by that alone; only the pool is given out by hand.
    pub async fn calm_down(&self) -> Vec<Device> {
        let mut devices = Vec::new();
        self.house.must("PUT", "/v1/staff/shop/diversion", &self.boss, diversion(true)).await;
        for member in &self.agents {
            devices.push(self.house.connect("staff", &member.token).await.expect("a device"));
            self.house.must("PUT", "/v1/staff/presence", &member.token, json!({"presence": "online"})).await;
            self.house.must("PUT", &format!("/v1/staff/shop/accounts/{}", member.number), &self.boss, Account::free().settings()).await;
        }
        for group in 1..=3 {
            self.house.must("PUT", &format!("/v1/staff/shop/groups/{group}"), &self.boss, group_settings(group, None)).await;
        }
        let begun = Instant::now();
        loop {
            let waiting = self.house.must("GET", "/v1/staff/inbox?state=waiting&limit=200", &self.boss, Value::Null).await;
            let pool = self.house.must("GET", "/v1/staff/shop/pool?limit=200", &self.boss, Value::Null).await;
            let pooled = conversations(&pool);
            if !pooled.is_empty() {
                let body = json!({"conversations": pooled, "group": 3});
                self.house.must("POST", "/v1/staff/shop/pool/assign", &self.boss, body).await;
            } else if conversations(&waiting).is_empty() {
                return devices;
            }
            assert!(begun.elapsed() < crate::house::PATIENCE, "with room for all these wait: {waiting}, {pool}");
            for device in &mut devices {
                assert!(device.catch_up().await, "a device was cut");
            }
        }
    }
}

/// The conversations of a list.
pub fn conversations(page: &Value) -> Vec<String> {
    page["conversations"].as_array().expect("a list").iter().map(|row| text(row, "conversation")).collect()
}

pub fn text(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap_or_else(|| panic!("no {field} in {of}")).to_owned()
}

/// Open receptions of each group at first.
pub const GROUP_CAPACITY: u32 = 7;

pub fn group_settings(group: u32, capacity: Option<u32>) -> Value {
    let mut settings = json!({"name": format!("group {group}")});
    if let Some(capacity) = capacity {
        settings["capacity"] = capacity.into();
    }
    settings
}

/// The settings of an agent as the test keeps them: limits only ever rise.
#[derive(Clone)]
pub struct Account {
    pub capacity: u32,
    /// By group: is it a member, and its limit there.
    pub groups: [(bool, Option<u32>); 3],
}

impl Account {
    /// Of agent `n`, from 0, at first: few places, in two of three groups, with limits here and there.
    pub fn first(n: usize) -> Account {
        let of = |group: usize| (!(n + group).is_multiple_of(3), ((n + 2 * group) % 4 < 2).then_some(1 + (n % 2) as u32));
        Account { capacity: 1 + (n % 4) as u32, groups: [of(0), of(1), of(2)] }
    }

    pub fn free() -> Account {
        Account { capacity: 1_000, groups: [(true, None); 3] }
    }

    pub fn settings(&self) -> Value {
        let of = |(at, (member, limit)): (usize, &(bool, Option<u32>))| {
            let mut membership = json!({"group": at + 1});
            if let Some(limit) = limit {
                membership["capacity"] = (*limit).into();
            }
            member.then_some(membership)
        };
        let groups: Vec<Value> = self.groups.iter().enumerate().filter_map(of).collect();
        json!({"weight": 1, "capacity": self.capacity, "groups": groups, "enabled": true})
    }
}
