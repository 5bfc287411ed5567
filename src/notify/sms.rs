//! Text messages by the interface of Aliyun's Dysmsapi (SendSms, version 2017-05-25), signed by ACS3-HMAC-SHA256. The address is the
//! operator's, so any may be asked; whatever speaks the same interface can stand there.

use super::Letter;
use super::http::{self, failed};
use super::sign::{hex, hmac_sha256, percent, sha256_hex};
use super::webhook::iso;
use crate::config;
use crate::domain::notify::{Outcome, Topic};
use crate::domain::text::one_line;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Characters that a variable of a template takes.
const VARIABLE_CHARS_MAX: usize = 35;

/// The provider.
pub(super) struct Sms {
    client: Client,
    settings: config::Sms,
    endpoint: Url,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    code: String,
    #[serde(default)]
    message: String,
}

impl Sms {
    pub(super) fn new(settings: &config::Sms) -> Result<Sms, String> {
        let endpoint: Url = settings.endpoint.parse().map_err(|error| format!("sms.endpoint: {error}"))?;
        if !endpoint.has_host() {
            return Err("sms.endpoint: an address with a host".into());
        }
        Ok(Sms { client: http::client(None)?, settings: settings.clone(), endpoint })
    }

    pub(super) async fn send(&self, number: &str, letter: &Letter<'_>) -> Outcome {
        let (template, variables) = match &letter.delivery.notification.topic {
            Topic::Code { digits } => (&self.settings.code_template, json!({ "code": digits.0 })),
            _ => {
                let variable = |text: &str| text.chars().take(VARIABLE_CHARS_MAX).collect::<String>();
                (&self.settings.notice_template, json!({ "shop": variable(&one_line(&letter.shop)), "news": variable(&letter.words.news) }))
            }
        };
        let (id, variables) = (letter.delivery.id(), variables.to_string());
        let query = BTreeMap::from([
            ("OutId", id.as_str()),
            ("PhoneNumbers", number),
            ("SignName", &self.settings.sign_name),
            ("TemplateCode", template),
            ("TemplateParam", &variables),
        ]);
        let query = query.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect::<Vec<_>>().join("&");
        // The provider takes no nonce twice: of one attempt no second message is ever made.
        let nonce = sha256_hex(format!("{id}/{}", letter.delivery.attempt).as_bytes());
        let headers = self.headers("SendSms", "2017-05-25", &query, &iso(letter.now), &nonce[..32]);
        let mut url = self.endpoint.clone();
        url.set_query(Some(&query));
        let request = headers.iter().fold(self.client.post(url), |request, (name, value)| request.header(*name, value));
        match http::answer(request).await {
            Ok(answer) => outcome(&answer),
            Err(outcome) => outcome,
        }
    }

    /// The headers that the signature covers, and the signature, of a request without body.
    fn headers(&self, action: &str, version: &str, query: &str, date: &str, nonce: &str) -> Vec<(&'static str, String)> {
        let port = self.endpoint.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = format!("{}{port}", self.endpoint.host_str().unwrap_or_default());
        let nothing = sha256_hex(b"");
        // By name, as they are signed.
        let mut headers = vec![
            ("host", host),
            ("x-acs-action", action.to_owned()),
            ("x-acs-content-sha256", nothing.clone()),
            ("x-acs-date", date.to_owned()),
            ("x-acs-signature-nonce", nonce.to_owned()),
            ("x-acs-version", version.to_owned()),
        ];
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("POST\n{}\n{query}\n{lines}\n{names}\n{nothing}", self.endpoint.path());
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", sha256_hex(canonical.as_bytes()));
        let signature = hex(&hmac_sha256(self.settings.access_key_secret.0.as_bytes(), to_sign.as_bytes()));
        let credential = &self.settings.access_key_id;
        let signed = format!("ACS3-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}");
        headers.push(("authorization", signed));
        headers
    }
}

fn outcome(answer: &http::Answer) -> Outcome {
    let Ok(Told { code, message }) = serde_json::from_slice(&answer.body) else {
        return if answer.status.is_success() { failed("the answer is none of the provider's") } else { answer.unwelcome() };
    };
    let why = format!("{code}: {message}");
    // What the number, the account or the provider can take again later.
    let later = ["isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE"];
    let passing = ["isp.", "Throttling", "ServiceUnavailable", "InternalError", "SignatureNonceUsed", "InvalidTimeStamp"];
    match code.as_str() {
        "OK" => Outcome::Delivered,
        code if later.contains(&code) || passing.iter().any(|begin| code.starts_with(begin)) => {
            Outcome::Failed { why, retry_after_ms: answer.retry_after_ms }
        }
        _ if answer.status.is_server_error() => Outcome::Failed { why, retry_after_ms: answer.retry_after_ms },
        _ => Outcome::Refused { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // SPEC: NTF-1
    #[test]
    fn the_example_of_the_provider_is_signed_as_it_says() {
        let settings = config::Sms {
            endpoint: "https://ecs.cn-shanghai.aliyuncs.com".into(),
            access_key_id: "YourAccessKeyId".into(),
            access_key_secret: config::Hidden("YourAccessKeySecret".into()),
            ..config::Sms::default()
        };
        let query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai";
        let headers = Sms::new(&settings).unwrap().headers(
            "RunInstances",
            "2014-05-26",
            query,
            "2023-10-26T10:22:32Z",
            "3156853299f313e23d1673dc12e1703d",
        );
        let signed = &headers.last().unwrap().1;
        assert!(signed.ends_with("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"), "{signed}");
    }
}
