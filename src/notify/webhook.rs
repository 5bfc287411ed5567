//! A webhook by the Standard Webhooks scheme: an id that stays the same in every attempt, the seconds, and a signature over both and
//! the body. Only a success counts; whatever else comes is tried again, but for a host that says it is gone.

use super::Letter;
use super::http::Outside;
use super::sign::hmac_base64;
use crate::domain::facts::Priority;
use crate::domain::id::Millis;
use crate::domain::notify::channel::webhook_key;
use crate::domain::notify::{Class, Notification, Outcome, Rate, Topic};
use serde_json::{Value, json};

pub(super) async fn send(outside: &Outside, url: &str, secret: &str, letter: &Letter<'_>) -> Outcome {
    let Some(key) = webhook_key(secret) else { return Outcome::Refused { why: "the secret cannot be read".into() } };
    let (id, seconds) = (letter.delivery.id(), letter.now.0 / 1_000);
    let body = body(&letter.delivery.notification, [&letter.shop_id, &letter.shop], &letter.words.text).to_string();
    let headers = [
        ("webhook-id", id.clone()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signature(&key, &id, seconds, &body)),
    ];
    let answer = match outside.post(url, &headers, body).await {
        Ok(answer) => answer,
        Err(outcome) => return outcome,
    };
    let why = format!("HTTP {}", answer.status.as_u16());
    match answer.status.as_u16() {
        200..300 => Outcome::Delivered,
        410 => Outcome::Refused { why: format!("{why}: gone") },
        300..400 => answer.unwelcome(),
        _ => Outcome::Failed { why, retry_after_ms: answer.retry_after_ms },
    }
}

fn signature(key: &[u8], id: &str, seconds: u64, body: &str) -> String {
    format!("v1,{}", hmac_base64(key, format!("{id}.{seconds}.{body}").as_bytes()))
}

/// `type`, `timestamp` and `data`, as the scheme recommends; the time is when it happened, not when it is sent. Described to those who
/// receive it as `WebhookBody`, by `web/`.
pub(crate) fn body(notification: &Notification, [shop, name]: [&str; 2], text: &str) -> Value {
    let mut data = about(notification);
    data["shop"] = json!(shop);
    data["shop_name"] = json!(name);
    data["priority"] = json!(priority(notification.priority));
    data["text"] = json!(text);
    let kind = if let Topic::More { .. } = notification.topic { "more" } else { kind(notification.class) };
    json!({ "type": format!("fenliu.{kind}"), "timestamp": iso(notification.at), "data": data })
}

fn kind(class: Class) -> &'static str {
    match class {
        Class::Reminder => "reminder",
        Class::Escalation => "escalation",
        Class::Health => "health",
        Class::Archive => "archive",
        Class::Guard => "guard",
        Class::Notice => "notice",
        Class::Test => "test",
    }
}

fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent => "urgent",
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}

fn about(notification: &Notification) -> Value {
    match &notification.topic {
        Topic::Waiting { conversation, buyer, since, responsible } | Topic::Unread { conversation, buyer, since, responsible } => json!({
            "conversation": conversation.to_string(),
            "buyer": buyer,
            "since": since.0,
            "agent": responsible.agent.map(|agent| agent.0),
            "group": responsible.group.map(|group| group.0),
        }),
        Topic::Health(news) => {
            let warnings: Vec<_> = news.warnings.iter().map(|rate| rate_name(*rate)).collect();
            json!({
                "day": news.day,
                "unread_permille": news.unread_permille,
                "timeout_permille": news.time_out_permille,
                "adoption_permille": news.adoption_permille,
                "warnings": warnings,
            })
        }
        Topic::Archive { conversations } => json!({ "conversations": conversations }),
        Topic::Violation { agent } => json!({ "agent": agent.0 }),
        Topic::UrgentNotice { kind, title } => json!({ "kind": kind, "title": title }),
        Topic::Code { .. } | Topic::Test => json!({}),
        Topic::More { count } => json!({ "class": kind(notification.class), "count": count }),
    }
}

fn rate_name(rate: Rate) -> &'static str {
    match rate {
        Rate::Unread => "unread",
        Rate::TimeOut => "time_outs",
        Rate::Adoption => "adoption",
    }
}

/// The time of UTC, to the second: `2023-10-26T10:22:32Z`.
pub(super) fn iso(at: Millis) -> String {
    let seconds = at.0 / 1_000 % 86_400;
    let day = crate::domain::schedule::Zone::default().day_of(at);
    format!("{day}T{:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    // SPEC: NTF-1
    #[test]
    fn the_example_of_the_scheme_is_signed_as_it_says() {
        let key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(iso(Millis(1_698_315_752_999)), "2023-10-26T10:22:32Z");
    }
}
