//! The stage of the matrix: a shop with its people and things, another beside it, and every kind of caller.

use super::support::shop::PASSWORD;
use super::support::{HOUR, House, Shop, Socket};
use super::table::{Caller, Is, Line, Object};
use super::things::{NOBODYS, PICTURE, Things};
use serde_json::{Value, json};
use std::rc::Rc;

pub const PERMISSIONS: [&str; 11] =
    ["serve", "oversee", "pool", "team_texts", "blacklist", "orders", "archive", "export", "review", "manage", "reports"];
const SUPERVISOR: [&str; 9] = ["serve", "oversee", "pool", "team_texts", "blacklist", "orders", "archive", "review", "reports"];
const ANALYST: [&str; 4] = ["oversee", "orders", "export", "reports"];
const SCOPES: [&str; 9] = ["shops", "accounts", "orders", "buyer_tokens", "api_keys", "notices", "guard", "suggestions", "metrics"];
/// The role that grants nothing.
const NOTHING: usize = PERMISSIONS.len() + 1;

pub struct Stage {
    pub house: Rc<House>,
    pub tea: Shop,
    pub shoes: Shop,
    pub callers: Vec<Caller>,
    /// Of tea, and of the other shop.
    pub things: [Things; 2],
    /// An account whose rights end with every call that changes it.
    pub target: u64,
    /// Keeps the suspended agent connected.
    _device: Socket,
}

fn staff(here: bool, permissions: &[&str]) -> Is {
    Is::Staff { here, permissions: permissions.iter().map(|p| (*p).to_owned()).collect() }
}

/// A role for each permission alone, and one for none.
fn desk() -> Value {
    let role = |(no, permissions): (usize, Vec<&str>)| json!({"no": no, "name": format!("role {no}"), "permissions": permissions});
    let single = PERMISSIONS.iter().map(|permission| vec![*permission]).chain([Vec::new()]);
    json!({"labels": [{"no": 1, "name": "待跟进", "colour": "#d93026"}], "roles": (1..).zip(single).map(role).collect::<Vec<_>>()})
}

async fn shop(house: &Rc<House>, name: &str) -> Shop {
    let shop = Shop::open(house, name).await;
    shop.platform("PUT", "desk", desk()).await.ok();
    shop.without_gate().await;
    shop
}

impl Stage {
    pub async fn set() -> Stage {
        let house = House::open().await;
        let mut tea = shop(&house, "tea").await;
        let mut callers = Vec::new();
        let mut add = |name: &str, token: &str, is: Is| callers.push(Caller { name: name.into(), token: token.into(), is });
        add("none", "", Is::Anonymous);
        add("garbage", "fls_0000", Is::Nobody);
        // Those whose time is over come first: the clock moves on for all.
        add("expired session", &tea.agent("expired", 0).await.token, Is::Nobody);
        add("expired buyer", &tea.buyer_for("expired", 60).await.token, Is::Nobody);
        tea.pass_ms(13 * HOUR).await;
        let shoes = shop(&house, "shoes").await;
        tea.group("售前").await;
        tea.group("售后").await;
        tea.without_gate().await;
        tea.without_gate().await;
        let revoked = tea.agent("revoked", 0).await.token;
        house.post("/v1/staff/log-out", &revoked, Value::Null).await.ok();
        add("revoked session", &revoked, Is::Nobody);
        let revoked = tea.buyer("revoked").await.token;
        tea.platform("POST", "buyer-tokens/revoke", json!({"token": revoked})).await.ok();
        add("revoked buyer", &revoked, Is::Nobody);
        let key = |scopes: Value| {
            let house = house.clone();
            async move { house.post("/v1/platform/api-keys", &house.key(), json!({"name": "k", "scopes": scopes})).await.ok() }
        };
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let revoked = key(json!(SCOPES)).await;
        house.call("DELETE", &format!("/v1/platform/api-keys/{}", text(&revoked["id"])), &house.key(), Value::Null).await.ok();
        add("revoked key", &text(&revoked["key"]), Is::Nobody);
        let disabled = tea.agent("disabled", 0).await;
        tea.configure(&disabled, 1, 0, json!([]), false).await;
        add("disabled agent", &disabled.token, Is::Nobody);

        add("owner", &tea.boss, staff(true, &PERMISSIONS));
        add("other shop's owner", &shoes.boss, staff(false, &PERMISSIONS));
        add("supervisor", &tea.account("supervisor", json!({"role": "supervisor", "capacity": 0})).await.token, staff(true, &SUPERVISOR));
        add("agent", &tea.agent("agent", 0).await.token, staff(true, &["serve"]));
        add("analyst", &tea.account("analyst", json!({"role": "analyst", "capacity": 0})).await.token, staff(true, &ANALYST));
        for (no, permission) in (1..).zip(PERMISSIONS) {
            let account = tea.account(&format!("only-{permission}"), json!({"role": {"own": no}, "capacity": 0})).await;
            add(&format!("only {permission}"), &account.token, staff(true, &[permission]));
        }
        let nothing = tea.account("nothing", json!({"role": {"own": NOTHING}, "capacity": 0})).await;
        add("no permission", &nothing.token, staff(true, &[]));
        let (suspended, device) = tea.online("suspended", 0).await;
        tea.presence(&suspended, "suspended").await.ok();
        add("suspended agent", &suspended.token, staff(true, &["serve"]));
        let target = tea.account("target", json!({"role": {"own": NOTHING}, "capacity": 0})).await.no;
        for (shop, name) in [(&tea, "b-1"), (&tea, "b-2"), (&shoes, "b-1")] {
            add(&format!("buyer {name} of {}", shop.name), &shop.buyer(name).await.token, Is::Buyer);
        }
        for scope in SCOPES {
            add(&format!("key for {scope}"), &text(&key(json!([scope])).await["key"]), Is::Platform { scope: scope.into() });
        }
        let things = [Things::set(&tea, 3, Some(2)).await, Things::set(&shoes, 1, None).await];
        Stage { house, tea, shoes, callers, things, target, _device: device }
    }

    /// The objects that a route can be called with.
    pub fn objects(&self, line: &Line) -> Vec<Object> {
        let mut objects = vec![Object::Own];
        if line.missing.is_some() {
            objects.push(Object::Missing);
            let another_has = ["{conversation", "{order}"].iter().any(|name| line.path.contains(name) || line.body.contains(name));
            if another_has {
                objects.push(Object::Foreign);
            }
        }
        if line.path.contains("{shop}") {
            objects.push(Object::NoShop);
        }
        objects
    }

    async fn filled(&self, text: &str, line: &Line, caller: &Caller, object: Object) -> String {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').expect("a parameter ends");
            filled.push_str(before);
            let name = name.split_once('=').map_or(name, |(_, name)| name);
            filled.push_str(&self.parameter(name, line, caller, object).await);
            rest = after;
        }
        filled + rest
    }

    /// Calls: the status.
    pub async fn call(&self, line: &Line, caller: &Caller, object: Object) -> u16 {
        let path = self.filled(&line.path, line, caller, object).await;
        if line.method == "WS" {
            let side = path.split('/').nth(2).expect("a side");
            return Socket::try_open(&self.house, side, &caller.token, None).await.map_or_else(|status| status, |_| 101);
        }
        if line.body == "{png}" {
            return self.house.bytes(&line.method, &path, &caller.token, "application/octet-stream", PICTURE).await.status;
        }
        if line.body == "{words}" {
            return self.house.bytes(&line.method, &path, &caller.token, "text/plain", "x\n").await.status;
        }
        let mut body = line.body.replace("{unique}", &self.house.unique()).replace("{nobodys}", NOBODYS);
        for name in ["conversation", "conversation!"] {
            let braced = format!("{{{name}}}");
            if body.contains(&braced) {
                body = body.replace(&braced, &self.parameter(name, line, caller, object).await);
            }
        }
        let body = if body == "{desk}" { desk() } else { serde_json::from_str(&body).unwrap_or_default() };
        self.house.call(&line.method, &path, &caller.token, body).await.status
    }
}

/// What the matrix itself needs of an account.
#[test]
fn every_permission_is_named_once() {
    let known: Vec<String> = fenliu::domain::permission::Permission::ALL
        .iter()
        .map(|permission| permission.name().trim_start_matches("the permission ").to_owned())
        .collect();
    assert_eq!(known, PERMISSIONS);
    assert!(PASSWORD.len() >= 8);
}
