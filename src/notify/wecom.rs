//! A robot of a WeCom 企业微信 group: its key stands in the address, and its own code in the answer says whether it took the message.

use super::Letter;
use super::dingtalk::Robot;
use super::http::{Outside, failed};
use crate::domain::notify::Outcome;
use serde_json::json;

/// A robot takes 20 messages a minute.
const LEFT_ALONE_MS: u64 = 60_000;
/// Bytes of a text that it takes.
const TEXT_BYTES_MAX: usize = 2_048;

pub(super) async fn send(outside: &Outside, url: &str, letter: &Letter<'_>) -> Outcome {
    let body = json!({ "msgtype": "text", "text": { "content": bounded(&letter.words.text) } }).to_string();
    let answer = match outside.post(url, &[], body).await {
        Ok(answer) if answer.status.is_success() => answer,
        Ok(answer) => return answer.unwelcome(),
        Err(outcome) => return outcome,
    };
    match serde_json::from_slice::<Robot>(&answer.body) {
        Ok(Robot { errcode: 0, .. }) => Outcome::Delivered,
        // Busy; too many a minute; too many at once.
        Ok(Robot { errcode: code @ (-1 | 45_009 | 45_033), errmsg }) => {
            let retry_after_ms = (code == 45_009).then_some(LEFT_ALONE_MS);
            Outcome::Failed { why: format!("WeCom {code}: {errmsg}"), retry_after_ms }
        }
        Ok(Robot { errcode, errmsg }) => Outcome::Refused { why: format!("WeCom {errcode}: {errmsg}") },
        Err(_) => failed("the answer is none of a WeCom robot"),
    }
}

/// Cut between two characters.
fn bounded(text: &str) -> &str {
    let end = (0..=text.len().min(TEXT_BYTES_MAX)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}
