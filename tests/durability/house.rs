//! A shop with its staff and buyers, made once over HTTP and kept over many restarts.

use crate::http::Client;
use crate::server::Server;
use serde_json::json;

/// Capacity of an agent: few enough that some receptions wait.
const CAPACITY: usize = 8;

/// Labels of a shop: 1 to this.
pub const LABELS: u64 = 4;

pub struct Member {
    pub number: u64,
    pub token: String,
}

pub struct Buyer {
    /// The platform's own id.
    pub name: String,
    pub token: String,
    pub conversation: String,
}

pub struct House {
    pub shop: String,
    /// The platform's.
    pub key: String,
    /// Sees every conversation of the shop and serves none.
    pub owner: Member,
    pub agents: Vec<Member>,
    pub buyers: Vec<Buyer>,
}

impl House {
    pub fn open(server: &Server, shop: &str, agents: usize, buyers: usize) -> House {
        let key = server.key();
        let mut client = Client::connect(server.address).unwrap();
        let path = |rest: &str| format!("/v1/platform/shops/{shop}/{rest}");
        client.must("POST", "/v1/platform/shops", &key, Some(&json!({"shop": shop, "name": shop})));
        // Programs answer here: what they do is no violation.
        client.must("PUT", "/v1/platform/guard/conduct", &key, Some(&json!({"ladder": [{}], "throttle_ms": 0})));
        client.must("POST", &path("groups"), &key, Some(&json!({"name": "all"})));
        let mut hire = |login: String, role: &str, groups: serde_json::Value| {
            let password = "not a secret";
            let mut account = json!({"login": login, "name": login, "password": password, "role": role, "groups": groups});
            account["capacity"] = CAPACITY.into();
            client.must("POST", &path("accounts"), &key, Some(&account));
            let session = client.must("POST", "/v1/staff/log-in", "", Some(&json!({"shop": shop, "login": login, "password": password})));
            Member { number: session["agent"].as_u64().unwrap(), token: session["token"].as_str().unwrap().into() }
        };
        let owner = hire("owner".into(), "owner", json!([]));
        let agents: Vec<Member> = (0..agents).map(|n| hire(format!("agent-{n}"), "agent", json!([{"group": 1}]))).collect();
        // Half of the receptions that find nobody wait in the queue, the others in the pool.
        let rules = json!({"rules": [{"name": "everybody", "target": {"groups": [1]}}], "queue": {"length_max": 5}});
        client.must("PUT", &path("diversion"), &key, Some(&rules));
        let label = |no| json!({"no": no, "name": format!("label {no}"), "colour": "#ff0000"});
        let labels: Vec<serde_json::Value> = (1..=LABELS).map(label).collect();
        client.must("PUT", &path("desk"), &key, Some(&json!({"roles": [], "labels": labels})));
        let admit = |n: usize| {
            let name = format!("b-{n}");
            let wanted = json!({"buyer": name, "expires_in_s": 30 * 24 * 3600});
            let admitted = client.must("POST", &path("buyer-tokens"), &key, Some(&wanted));
            let text = |field: &str| admitted[field].as_str().unwrap().to_owned();
            Buyer { name, token: text("token"), conversation: text("conversation") }
        };
        let buyers = (0..buyers).map(admit).collect();
        House { shop: shop.to_owned(), key, owner, agents, buyers }
    }
}
