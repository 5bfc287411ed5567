//! An account that may not serve, because it is frozen, closed or disabled: whom it had goes to others, nobody comes to it, and `why`
//! says so.

use super::presence::two;
use super::support::{Agent, Buyer, HOUR, House, Shop, Socket};
use serde_json::{Value, json};

/// lin has one buyer unanswered and one answered; mei is there too.
struct Stage {
    shop: Shop,
    lin: Agent,
    mei: Agent,
    unanswered: Buyer,
    answered: Buyer,
    _devices: [Socket; 2],
}

async fn stage() -> Stage {
    let house = House::open().await;
    let shop = Shop::open(&house, "tea").await;
    shop.quiet().await;
    let ([lin, mei], _devices, [unanswered, answered]) = two(&shop).await;
    Stage { shop, lin, mei, unanswered, answered, _devices }
}

impl Stage {
    async fn violation(&self) -> Value {
        let report = json!({"reason": "虚假承诺", "id": self.shop.house.unique()});
        self.shop.platform("POST", &format!("accounts/{}/violations", self.lin.no), report).await.ok()
    }

    /// lin's buyers go to mei: who waits at once, the other with its next message; nobody comes back.
    async fn leave(&self, english: &str, chinese: &str, excluded: &str) {
        let Stage { shop, lin, mei, unanswered, answered, .. } = self;
        shop.owned_by(unanswered, mei).await;
        assert_eq!(shop.summary(answered).await["owner"], lin.no, "an answered one waits for the buyer");
        let why = &shop.why(unanswered, 1).await[1];
        assert_eq!((&why["cause"], &why["from"], &why["chosen"]), (&json!("agent_barred"), &json!(lin.no), &json!(mei.no)));
        assert!(why["text"].as_str().unwrap().contains(english) && why["text_zh"].as_str().unwrap().contains(chinese), "{why}");
        let seen = why["seen"].as_array().unwrap().iter().find(|seen| seen["agent"] == lin.no).expect("listed");
        assert_eq!(seen["excluded"], excluded);
        shop.says(answered, "还在吗").await;
        shop.owned_by(answered, mei).await;
        assert_eq!((shop.load(lin).await, shop.load(mei).await), (0, 2));
        self.nobody_comes(excluded).await;
    }

    /// By no step: as the recent contact, as the agent a rule names, by transfer, by taking over.
    async fn nobody_comes(&self, excluded: &str) {
        let Stage { shop, lin, mei, answered, .. } = self;
        shop.close(&mei.token, answered).await.ok();
        shop.says(answered, "又来了").await;
        shop.owned_by(answered, mei).await;
        shop.rules(json!({"rules": [{"name": "lin", "target": {"agents": [lin.no]}}]})).await;
        let new = shop.buyer("named").await;
        shop.says(&new, "你好").await;
        shop.owned_by(&new, mei).await;
        let why = &shop.why(&new, 1).await[0];
        let seen = why["seen"].as_array().unwrap().iter().find(|seen| seen["agent"] == lin.no).expect("listed");
        assert_eq!(seen["excluded"], excluded, "{why}");
        shop.transfer(&mei.token, &new, json!({"agent": lin.no, "reason": "换人"})).await.refused(409, "agent_not_serving");
        shop.close(&mei.token, &new).await.ok();
    }
}

// SPEC: GRD-8, DIV-6, DIV-9
#[actix_web::test]
async fn buyers_of_a_frozen_account_go_to_others_also_after_a_restart() {
    let stage = stage().await;
    assert_eq!(stage.violation().await["may_send"], false);
    stage.leave("must not send after a violation", "违规处罚中", "held").await;
    let Stage { shop, lin, mei, .. } = &stage;
    let (house, late) = (&shop.house, shop.buyer("late").await);
    house.stop().await;
    house.start().await;
    let _devices = [shop.connect(lin).await, shop.connect(mei).await];
    shop.says(&late, "在吗").await;
    shop.owned_by(&late, mei).await;
}

// SPEC: GRD-8, DIV-6
#[actix_web::test]
async fn buyers_of_an_account_closed_for_good_go_to_others() {
    let stage = stage().await;
    let house = &stage.shop.house;
    // One step, and it is the last.
    house.put("/v1/platform/guard/conduct", &house.key(), json!({"ladder": [{"close": true}]})).await.ok();
    assert_eq!(stage.violation().await["hold"], "closed");
    stage.leave("must not send after a violation", "违规处罚中", "held").await;
    // Time changes nothing of it.
    house.pass_ms(HOUR);
    let new = stage.shop.buyer("later").await;
    stage.shop.says(&new, "你好").await;
    stage.shop.owned_by(&new, &stage.mei).await;
}

// SPEC: DIV-6, DIV-9
#[actix_web::test]
async fn buyers_of_a_disabled_account_go_to_others_at_once() {
    let stage = stage().await;
    stage.shop.configure(&stage.lin, 1, 9, json!([]), false).await;
    stage.leave("account disabled", "账号已停用", "disabled").await;
}
