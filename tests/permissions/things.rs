//! The things that routes are called with: what each parameter of the table stands for. Numbers of tea's own are larger than any of
//! the other shop's, which has one of each where it has any.

use super::stage::Stage;
use super::support::{Agent, House, Shop, until};
use super::table::{Caller, Line, Object};
use serde_json::{Value, json};

/// A picture of one dot, and another.
pub const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01";
const ANOTHER: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x01";
/// An id of 16 bytes that nobody has.
pub const NOBODYS: &str = "0123456789abcdef0123456789abcdef";
const NOBODYS_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// A number that nothing has.
const NOTHING: &str = "999";

/// Of one shop.
pub struct Things {
    /// One that waits.
    pub conversation: String,
    /// Of a file in it, and of a file in another.
    files: [String; 2],
    /// One of an account that calls nothing.
    upload: String,
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn add_file(house: &House, path: &str, token: &str, bytes: &'static [u8]) -> String {
    let told = house.bytes("POST", &format!("{path}/files?name=a.png"), token, "application/octet-stream", bytes).await;
    text(&told.ok()["hash"])
}

/// A conversation that waits.
async fn conversation(shop: &Shop, buyer: &str) -> String {
    let buyer = shop.buyer(buyer).await;
    shop.says(&buyer, "你好").await;
    buyer.conversation
}

/// Phrases, and templates, one after the other: so many of each that the last has this number.
async fn texts(shop: &Shop, last: u64, of_group: Option<u64>) {
    for no in 1..=last {
        for path in [Some("phrases".to_owned()), of_group.map(|group| format!("groups/{group}/phrases"))].into_iter().flatten() {
            shop.as_boss(&path, json!({"text": "x"})).await;
        }
        shop.as_boss("templates", json!({"name": format!("n{no}"), "category": "x", "text": "x"})).await;
    }
}

impl Shop {
    /// Adds something as the owner: its number.
    async fn as_boss(&self, path: &str, body: Value) -> String {
        self.house.post(&format!("/v1/staff/shop/{path}"), &self.boss, body).await.ok()["no"].to_string()
    }

    async fn until_decided(&self, conversation: &str) {
        let why = format!("/v1/staff/conversations/{conversation}/receptions/1/why");
        until("a decision", || async { Some(self.house.get(&why, &self.boss).await).filter(|why| why.status == 200) }).await;
    }
}

impl Things {
    /// `last`: the number of the last text and the last notice.
    pub async fn set(shop: &Shop, last: u64, of_group: Option<u64>) -> Things {
        let house = &shop.house;
        texts(shop, last, of_group).await;
        for no in 1..=last {
            let notice = json!({"stream": "system", "kind": "policy_update", "title": "t", "id": format!("n-{no}")});
            shop.platform("POST", "notices", notice).await.ok();
        }
        let order = if of_group.is_some() { "o-1" } else { "o-2" };
        let body = json!({"buyer": "b-1", "status": "paid", "items": []});
        shop.platform("PUT", &format!("orders/{order}"), body).await.ok();
        let conversation = conversation(shop, "waits").await;
        shop.until_decided(&conversation).await;
        let path = format!("/v1/staff/conversations/{conversation}");
        let elsewhere = shop.buyer("elsewhere").await;
        let files = [add_file(house, &path, &shop.boss, PICTURE).await, add_file(house, "/v1/buyer", &elsewhere.token, ANOTHER).await];
        let Agent { token, .. } = shop.agent("uploads", 0).await;
        let begun = house.post(&format!("{path}/uploads"), &token, json!({"size": PICTURE.len()})).await.ok();
        Things { conversation, files, upload: text(&begun["id"]) }
    }
}

impl Stage {
    /// What a parameter stands for: of tea, of the other shop where it has such, of nobody.
    pub async fn parameter(&self, name: &str, line: &Line, caller: &Caller, object: Object) -> String {
        let of = |own: &str, foreign: &str, missing: &str| match object {
            Object::Own | Object::NoShop => own.to_owned(),
            Object::Foreign => foreign.to_owned(),
            Object::Missing => missing.to_owned(),
        };
        let [tea, shoes] = &self.things;
        match object {
            Object::Own if name.ends_with('!') => return self.new_thing(name, line, caller, &self.tea, tea).await,
            Object::Foreign if name.ends_with('!') => return self.new_thing(name, line, caller, &self.shoes, shoes).await,
            _ => {}
        }
        match name.trim_end_matches('!') {
            "shop" => if object == Object::NoShop { "nowhere" } else { "tea" }.to_owned(),
            "conversation" | "closed" | "archived" | "suggested" => of(&tea.conversation, &shoes.conversation, NOBODYS),
            "reception" | "own" => "1".into(),
            "seq" => of("1", "1", NOTHING),
            "stream" => "system".into(),
            "group" => of("2", NOTHING, NOTHING),
            "notice" | "phrase" | "of_group" | "template" => of("3", "1", NOTHING),
            "buyer" => "b-1".into(),
            "blocked" => "nobody".into(),
            "agent" => of(&self.target.to_string(), NOTHING, NOTHING),
            "version" => of("3", NOTHING, NOTHING),
            "order" => of("o-1", "o-2", "o-9"),
            "hash" => of(&tea.files[0], &shoes.files[0], NOBODYS_HASH),
            "elsewhere" => of(&tea.files[1], &shoes.files[1], NOBODYS_HASH),
            "upload" | "whole" => NOBODYS.into(),
            "others" => of(&tea.upload, &shoes.upload, NOBODYS),
            "nothing" => NOTHING.into(),
            "id" => "ab".repeat(32),
            other => panic!("say in things.rs what {{{other}}} stands for"),
        }
    }

    /// One of this shop, for this call alone.
    async fn new_thing(&self, name: &str, line: &Line, caller: &Caller, shop: &Shop, things: &Things) -> String {
        let house = &self.house;
        let unique = house.unique();
        match name {
            "conversation!" => conversation(shop, &unique).await,
            "closed!" | "archived!" => {
                let conversation = conversation(shop, &unique).await;
                let path = format!("/v1/staff/conversations/{conversation}");
                house.post(&format!("{path}/close"), &shop.boss, json!({})).await.ok();
                if name == "archived!" {
                    house.post(&format!("{path}/archive"), &shop.boss, json!({})).await.ok();
                }
                conversation
            }
            "suggested!" => {
                let conversation = conversation(shop, &unique).await;
                let body = json!({"client_suggestion_id": unique, "items": ["有货"]});
                house.post(&format!("/v1/staff/conversations/{conversation}/suggestions"), &shop.boss, body).await.ok();
                conversation
            }
            "phrase!" => shop.as_boss("phrases", json!({"text": "x"})).await,
            "of_group!" => shop.as_boss("groups/2/phrases", json!({"text": "x"})).await,
            "template!" => shop.as_boss("templates", json!({"name": unique, "category": "x", "text": "x"})).await,
            "blocked!" => {
                shop.platform("POST", "blacklist", json!({"buyer": unique, "reason": "x"})).await.ok();
                unique
            }
            "id!" => {
                let made = house.post("/v1/platform/api-keys", &house.key(), json!({"name": "k", "scopes": ["api_keys"]})).await;
                text(&made.ok()["id"])
            }
            "upload!" | "whole!" => self.new_upload(name, line, caller, &things.conversation).await,
            other => panic!("say in things.rs how a {{{other}}} is made"),
        }
    }

    /// An upload is the caller's own; one who may not begin any has none.
    async fn new_upload(&self, name: &str, line: &Line, caller: &Caller, conversation: &str) -> String {
        let of_buyer = line.path.starts_with("/v1/buyer");
        let path = if of_buyer { "/v1/buyer/uploads".into() } else { format!("/v1/staff/conversations/{conversation}/uploads") };
        let begun = self.house.post(&path, &caller.token, json!({"size": PICTURE.len()})).await;
        let Some(id) = begun.body["id"].as_str() else { return NOBODYS.into() };
        if name == "whole!" {
            let piece = format!("{path}/{id}?offset=0");
            self.house.bytes("PUT", &piece, &caller.token, "application/octet-stream", PICTURE).await.ok();
        }
        id.to_owned()
    }
}
