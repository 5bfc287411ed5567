//! A little of everything that is counted: each round adds to every series.

use super::support::{Agent, Buyer, House, MINUTE, SECOND, Shop, Socket};
use serde_json::json;
use std::rc::Rc;

/// Two shops: one with an agent who takes one buyer at a time, one with nobody.
pub struct Traffic {
    tea: Shop,
    night: Shop,
    pub lin: Agent,
    /// The key of an assistant.
    assistant: String,
    _device: Socket,
    rounds: u32,
}

impl Traffic {
    pub async fn begin(house: &Rc<House>) -> Traffic {
        let tea = Shop::open(house, "tea").await;
        let night = Shop::open(house, "night").await;
        tea.without_gate().await;
        night.rules(json!({"rules": [], "gate": false, "queue": {"length_max": 9, "wait_ms_max": MINUTE}})).await;
        let (lin, device) = tea.online("lin", 1).await;
        house.at_any_pace().await;
        let assistant = json!({"name": "assistant", "scopes": ["suggestions"]});
        let assistant = house.post("/v1/platform/api-keys", &house.key(), assistant).await.ok();
        let assistant = assistant["key"].as_str().expect("a key").to_owned();
        // The listed shop exists now; it is looked for every few seconds.
        house.pass_ms(10 * SECOND);
        Traffic { tea, night, lin, assistant, _device: device, rounds: 0 }
    }

    /// One waits while the other is served, late in one round of three; somebody comes at night, and somebody gets the password wrong.
    pub async fn round(&mut self) {
        self.rounds += 1;
        let Traffic { tea, lin, .. } = &*self;
        let first = tea.buyer(&format!("first-{}", self.rounds)).await;
        let second = tea.buyer(&format!("second-{}", self.rounds)).await;
        tea.says(&first, "在吗").await;
        tea.owned_by(&first, lin).await;
        tea.says(&second, "你好").await;
        tea.until(&second, "queued", |s| s["state"] == "waiting").await;
        tea.house.pass_ms(if self.rounds.is_multiple_of(3) { 4 * MINUTE } else { 5 * SECOND });
        tea.house.post(&format!("{}/read", first.path()), &lin.token, json!({"seq": 1})).await;
        self.answer_with_help(&first).await;
        let Traffic { tea, night, lin, .. } = self;
        if self.rounds == 1 {
            tea.answer(lin, &first, &tea.house.unique(), "加我微信 wx_tea8888").await;
        }
        tea.close(&lin.token, &first).await.ok();
        tea.owned_by(&second, lin).await;
        tea.answers(lin, &second, &format!("您好，等了 {} 秒", 7 * self.rounds)).await;
        tea.close(&lin.token, &second).await.ok();
        for presence in ["suspended", "online"] {
            tea.presence(lin, presence).await.ok();
        }
        let late = night.buyer(&format!("late-{}", self.rounds)).await;
        night.says(&late, "有人吗").await;
        night.until(&late, "queued", |s| s["state"] == "waiting").await;
        // Nothing but the clock ends this wait.
        night.house.pass_ms(MINUTE + SECOND);
        night.until(&late, "pooled", |s| s["state"] == "pooled").await;
        night.log_in("boss", "not the password").await;
        night.house.get("/nowhere", "").await;
    }

    /// An answer is offered, and sent as it is, edited, or not used: each in one round of three.
    async fn answer_with_help(&self, buyer: &Buyer) {
        let Traffic { tea, lin, assistant, .. } = self;
        let (item, id) = (format!("在的，第 {} 位", self.rounds), tea.house.unique());
        let offers = tea.path(&format!("conversations/{}/suggestions", buyer.conversation));
        tea.house.post(&offers, assistant, json!({"client_suggestion_id": id, "items": [item]})).await.ok();
        let (text, suggestion) = match self.rounds % 3 {
            0 => (item, json!({"no": 1, "item": 0})),
            1 => (item + "，请讲", json!({"no": 1, "item": 0})),
            _ => ("稍等".into(), json!(null)),
        };
        let body = json!({"client_message_id": tea.house.unique(), "text": text, "suggestion": suggestion});
        tea.house.post(&format!("{}/messages", buyer.path()), &lin.token, body).await.ok();
    }
}
