//! A robot of a DingTalk 钉钉 group with a signing secret: the milliseconds and an HMAC of them stand in the address. A 200 says nothing
//! by itself: the robot's own code in the answer does.

use super::Letter;
use super::http::{Outside, failed};
use super::sign::{hmac_base64, percent};
use crate::domain::id::Millis;
use crate::domain::notify::Outcome;
use serde::Deserialize;
use serde_json::json;

/// How long a robot that was asked too often wants to be left alone.
const LEFT_ALONE_MS: u64 = 10 * 60_000;

/// What a robot answers, here and at WeCom.
#[derive(Deserialize)]
pub(super) struct Robot {
    pub errcode: i64,
    #[serde(default)]
    pub errmsg: String,
}

pub(super) async fn send(outside: &Outside, url: &str, secret: &str, letter: &Letter<'_>) -> Outcome {
    let body = json!({ "msgtype": "text", "text": { "content": letter.words.text } }).to_string();
    let answer = match outside.post(&signed(url, secret, letter.now), &[], body).await {
        Ok(answer) if answer.status.is_success() => answer,
        Ok(answer) => return answer.unwelcome(),
        Err(outcome) => return outcome,
    };
    match serde_json::from_slice::<Robot>(&answer.body) {
        Ok(Robot { errcode: 0, .. }) => Outcome::Delivered,
        // Busy; asked too often, by the minute and by the month.
        Ok(Robot { errcode: code @ (-1 | 130_101 | 410_100 | 90_030), errmsg }) => {
            let retry_after_ms = (code != -1).then_some(LEFT_ALONE_MS);
            Outcome::Failed { why: format!("DingTalk {code}: {errmsg}"), retry_after_ms }
        }
        Ok(Robot { errcode, errmsg }) => Outcome::Refused { why: format!("DingTalk {errcode}: {errmsg}") },
        Err(_) => failed("the answer is none of a DingTalk robot"),
    }
}

/// The robot's address with its signature.
fn signed(url: &str, secret: &str, now: Millis) -> String {
    let timestamp = now.0;
    let sign = percent(&hmac_base64(secret.as_bytes(), format!("{timestamp}\n{secret}").as_bytes()));
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}timestamp={timestamp}&sign={sign}")
}

#[cfg(test)]
mod tests {
    use super::*;

    // SPEC: NTF-1
    #[test]
    fn the_address_carries_the_time_and_its_signature() {
        // Computed apart: base64(HMAC-SHA256("this is secret", "1577262236757\nthis is secret")).
        let url = signed("https://oapi.dingtalk.com/robot/send?access_token=x", "this is secret", Millis(1_577_262_236_757));
        assert_eq!(
            url,
            "https://oapi.dingtalk.com/robot/send?access_token=x&timestamp=1577262236757&sign=hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"
        );
        assert!(signed("https://robot.example/send", "s", Millis(1)).starts_with("https://robot.example/send?timestamp=1&sign="));
    }
}
