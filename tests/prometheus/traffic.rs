//! A little of everything that is counted: each round adds to every series.

use super::support::{Agent, House, MINUTE, SECOND, Shop, Socket};
use serde_json::json;
use std::rc::Rc;

/// Two shops: one with an agent who takes one buyer at a time, one with nobody.
pub struct Traffic {
    tea: Shop,
    night: Shop,
    pub lin: Agent,
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
        // The listed shop exists now; it is looked for every few seconds.
        house.pass_ms(10 * SECOND);
        Traffic { tea, night, lin, _device: device, rounds: 0 }
    }

    /// One waits while the other is served, late in one round of three; somebody comes at night, and somebody gets the password wrong.
    pub async fn round(&mut self) {
        let Traffic { tea, night, lin, .. } = self;
        self.rounds += 1;
        let first = tea.buyer(&format!("first-{}", self.rounds)).await;
        let second = tea.buyer(&format!("second-{}", self.rounds)).await;
        tea.says(&first, "在吗").await;
        tea.owned_by(&first, lin).await;
        tea.says(&second, "你好").await;
        tea.until(&second, "queued", |s| s["state"] == "waiting").await;
        tea.house.pass_ms(if self.rounds.is_multiple_of(3) { 4 * MINUTE } else { 5 * SECOND });
        tea.house.post(&format!("{}/read", first.path()), &lin.token, json!({"seq": 1})).await;
        // Always the same would be a machine (GRD-6), and many contacts a violation.
        tea.answers(lin, &first, &format!("在的，第 {} 位", self.rounds)).await;
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
}
