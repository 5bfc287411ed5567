//! JSON that a webhook is sent (NTF-1), as it is described to those who receive it. Nothing here sends it: `notify/` writes it, and a test
//! holds what is written against these types.

use super::notify::{Class, Rate};
use super::shop::Priority;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What every `data` holds.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookOfAll {
    /// The shop, as in addresses.
    #[schema(example = "tea-house")]
    pub shop: String,
    /// What it calls itself.
    pub shop_name: String,
    pub priority: Priority,
    /// The same in words, in the language of the channel: a line to look at first, then more.
    pub text: String,
}

/// A buyer waits, or nobody reads what a buyer wrote.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookWait {
    pub conversation: String,
    /// The name that staff see.
    pub buyer: String,
    /// Milliseconds since the epoch.
    pub since: u64,
    /// Who had the buyer; null: nobody.
    pub agent: Option<u32>,
    pub group: Option<u32>,
    #[serde(flatten)]
    pub of_all: WebhookOfAll,
}

/// The health report of a day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookHealth {
    #[schema(example = "2026-11-21")]
    pub day: String,
    /// In thousandths; null: there was nothing to count.
    pub unread_permille: Option<u32>,
    pub timeout_permille: Option<u32>,
    pub adoption_permille: Option<u32>,
    /// What raises the yellow warning 黄色预警.
    pub warnings: Vec<Rate>,
    #[serde(flatten)]
    pub of_all: WebhookOfAll,
}

/// What is archived tomorrow.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookArchive {
    pub conversations: u32,
    #[serde(flatten)]
    pub of_all: WebhookOfAll,
}

/// An account broke a rule of the guard.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookViolation {
    pub agent: u32,
    #[serde(flatten)]
    pub of_all: WebhookOfAll,
}

/// An urgent notice of the platform.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookNotice {
    #[schema(example = "dispute_warning")]
    pub kind: String,
    pub title: String,
    #[serde(flatten)]
    pub of_all: WebhookOfAll,
}

/// Of a burst: so many more of a class, which were not told one by one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookMore {
    pub class: Class,
    pub count: u32,
    #[serde(flatten)]
    pub of_all: WebhookOfAll,
}

/// The body of a request that this server makes to a shop's webhook (a channel of kind `webhook`), with `webhook-id`, `webhook-timestamp` and
/// `webhook-signature` by the Standard Webhooks scheme. No endpoint takes it. `timestamp`: when it happened, of UTC. Types and fields may be
/// added: pass over those you do not know.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type")]
pub enum WebhookBody {
    /// A buyer has waited for two minutes.
    #[serde(rename = "fenliu.reminder")]
    Reminder { timestamp: String, data: WebhookWait },
    /// Unread for two days.
    #[serde(rename = "fenliu.escalation")]
    Escalation { timestamp: String, data: WebhookWait },
    /// The daily report on the shop's health.
    #[serde(rename = "fenliu.health")]
    Health { timestamp: String, data: WebhookHealth },
    /// What will be archived tomorrow.
    #[serde(rename = "fenliu.archive")]
    Archive { timestamp: String, data: WebhookArchive },
    /// A violation of the guard's rules.
    #[serde(rename = "fenliu.guard")]
    Guard { timestamp: String, data: WebhookViolation },
    /// An urgent notice of the platform.
    #[serde(rename = "fenliu.notice")]
    Notice { timestamp: String, data: WebhookNotice },
    /// So many more of a class.
    #[serde(rename = "fenliu.more")]
    More { timestamp: String, data: WebhookMore },
    /// Of the channel: answer it with a success, and the channel is verified.
    #[serde(rename = "fenliu.test")]
    Test { timestamp: String, data: WebhookOfAll },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Priority;
    use crate::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
    use crate::domain::notify::{self, HealthNews, Notification, Responsible, Topic};
    use crate::notify::webhook::body;
    use serde_json::{Value, json};

    /// One of each, as it is sent.
    fn sent() -> Vec<Value> {
        use notify::Class::*;
        let (conversation, buyer, since) = (ConversationId([7; 16]), String::from("张三"), Millis(1_800_000_000_000));
        let responsible = Responsible { agent: Some(AgentNo(3)), group: Some(GroupNo(2)) };
        let rates = vec![notify::Rate::Unread, notify::Rate::TimeOut, notify::Rate::Adoption];
        let (unread_permille, time_out_permille, adoption_permille) = (Some(61), None, Some(700));
        let news = HealthNews { day: "2026-11-21".into(), unread_permille, time_out_permille, adoption_permille, warnings: rates };
        let topics = [
            (Reminder, Topic::Waiting { conversation, buyer: buyer.clone(), since, responsible }),
            (Escalation, Topic::Unread { conversation, buyer, since, responsible: Responsible::default() }),
            (Health, Topic::Health(Box::new(news))),
            (Archive, Topic::Archive { conversations: 300 }),
            (Guard, Topic::Violation { agent: AgentNo(3) }),
            (Notice, Topic::UrgentNotice { kind: "dispute_warning".into(), title: "纠纷".into() }),
            (Reminder, Topic::More { count: 7 }),
            (Test, Topic::Test),
        ];
        let written = |(class, topic)| {
            let (key, channel) = (String::new(), None);
            body(&Notification { no: 1, class, priority: Priority::High, topic, key, channel, at: since }, ["tea", "茶馆"], "两行\n字")
        };
        topics.into_iter().map(written).collect()
    }

    // SPEC: NTF-1
    #[test]
    fn what_a_webhook_is_sent_is_what_is_described() {
        for sent in sent() {
            let read: WebhookBody = serde_json::from_value(sent.clone()).unwrap_or_else(|error| panic!("{error}: {sent}"));
            assert_eq!(json!(read), sent, "nothing is sent that is not described, and all that is");
        }
    }

    // SPEC: NTF-1
    #[test]
    fn the_description_names_every_type_that_is_sent_with_its_fields() {
        let all: Value = serde_json::from_slice(&crate::web::openapi::json()).unwrap();
        let schemas = &all["components"]["schemas"];
        let variants = schemas["WebhookBody"]["oneOf"].as_array().expect("one of the types");
        assert_eq!(variants.len(), sent().len());
        for sent in sent() {
            let is = |one: &&Value| one["properties"]["type"]["enum"][0] == sent["type"];
            let variant = variants.iter().find(is).unwrap_or_else(|| panic!("{sent}"));
            let name = variant["properties"]["data"]["$ref"].as_str().and_then(|of| of.rsplit('/').next()).expect("a component");
            let described = schemas[name].to_string() + &schemas["WebhookOfAll"].to_string();
            for field in sent["data"].as_object().unwrap().keys() {
                assert!(described.contains(&format!("\"{field}\":{{")), "{field} of {name}");
            }
        }
    }
}
