//! How notifications leave this server (NTF-1): its mail server, its provider of text messages, and whom robots and webhooks may be.

use super::network::{Network, networks};
use super::{Field, text, within};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A password: in the file or the environment, shown nowhere.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "none" } else { "hidden" })
    }
}

/// How a connection to the mail server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Begins in the clear and must turn to TLS: port 587.
    StartTls,
    /// TLS from the first byte: port 465.
    Tls,
    /// In the clear: only for a mail server on the same machine.
    None,
}

/// The mail server that sends for all shops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Empty: this server sends no mail.
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Empty: without log-in.
    pub user: String,
    pub password: Hidden,
    /// The address mail comes from.
    pub from: String,
    /// A file of certificates (PEM) to trust beside the system's; empty: none.
    pub ca_file: String,
    /// For one whole exchange with the mail server.
    pub timeout_s: u64,
}

/// The provider of text messages, by the interface of Aliyun's Dysmsapi.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// Its address; empty: this server sends no text messages.
    pub endpoint: String,
    pub access_key_id: String,
    pub access_key_secret: Hidden,
    /// 短信签名, as it was approved.
    pub sign_name: String,
    /// The template of codes, with the variable `code`.
    pub code_template: String,
    /// The template of all other news, with the variables `shop` and `news`.
    pub notice_template: String,
}

/// Whom robots and webhooks may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// Also without TLS.
    pub allow_http: bool,
    /// Networks that are asked though they are not of the public internet.
    #[serde(deserialize_with = "networks")]
    pub allow: Vec<Network>,
}

impl Default for Mail {
    fn default() -> Mail {
        let (host, user, from, ca_file) = Default::default();
        Mail { host, port: 587, security: Security::StartTls, user, password: Hidden::default(), from, ca_file, timeout_s: 20 }
    }
}

/// Settings whose value is shown nowhere.
pub(super) fn is_secret(key: &str) -> bool {
    matches!(key, "mail.password" | "sms.access_key_secret")
}

/// Settings that are text whatever they look like: in the environment a password of digits is no number.
pub(super) fn is_text(key: &str) -> bool {
    let section = key.starts_with("mail.") || key.starts_with("sms.");
    section && !matches!(key, "mail.port" | "mail.timeout_s")
}

const fn field(key: &'static str, expected: &'static str, fits: fn(&super::Figment, &str) -> bool) -> Field {
    Field { key, expected, fits }
}

fn is_line(f: &super::Figment, k: &str) -> bool {
    text(f, k).is_some_and(|t| !t.chars().any(char::is_control))
}

/// Set, where the section is in use.
fn is_set(f: &super::Figment, k: &str, in_use: &str) -> bool {
    is_line(f, k) && text(f, k).is_some_and(|t| !t.is_empty() || text(f, in_use).is_none_or(|used| used.is_empty()))
}

/// See [`super::FIELDS`].
pub(super) const FIELDS: [Field; 16] = [
    field("mail.host", "the name of a mail server, or \"\" for no mail", is_line),
    field("mail.port", "a port from 1 to 65535", |f, k| within(f, k, 1..=65_535)),
    field("mail.security", "\"starttls\", \"tls\" or \"none\"", |f, k| f.extract_inner::<Security>(k).is_ok()),
    field("mail.user", "a name, or \"\" for no log-in", is_line),
    field("mail.password", "a text on one line", is_line),
    field("mail.from", "the address that mail comes from, with mail.host", |f, k| {
        is_set(f, k, "mail.host") && text(f, k).is_some_and(|t| t.is_empty() || t.split('@').filter(|part| !part.is_empty()).count() == 2)
    }),
    field("mail.ca_file", "the path of a file of certificates, or \"\"", |f, k| {
        text(f, k).is_some_and(|t| t.is_empty() || std::path::Path::new(&t).is_file())
    }),
    field("mail.timeout_s", "a number of seconds from 1 to 30", |f, k| within(f, k, 1..=30)),
    field("sms.endpoint", "an address such as \"https://dysmsapi.aliyuncs.com\", or \"\" for no text messages", |f, k| {
        text(f, k).is_some_and(|t| t.is_empty() || t.starts_with("https://") || t.starts_with("http://"))
    }),
    field("sms.access_key_id", "the id of the provider's access key, with sms.endpoint", |f, k| is_set(f, k, "sms.endpoint")),
    field("sms.access_key_secret", "the secret of the provider's access key, with sms.endpoint", |f, k| is_set(f, k, "sms.endpoint")),
    field("sms.sign_name", "the approved signature 短信签名, with sms.endpoint", |f, k| is_set(f, k, "sms.endpoint")),
    field("sms.code_template", "the code of a template such as \"SMS_123456789\", with sms.endpoint", |f, k| is_set(f, k, "sms.endpoint")),
    field("sms.notice_template", "the code of a template such as \"SMS_123456789\", with sms.endpoint", |f, k| {
        is_set(f, k, "sms.endpoint")
    }),
    field("notify.allow_http", "true or false", |f, k| f.extract_inner::<bool>(k).is_ok()),
    field("notify.allow", "networks such as [\"10.0.0.0/8\", \"::1\"], each with zeros behind its prefix", |f, k| {
        f.find_value(k).is_ok_and(|value| networks(&value).is_ok())
    }),
];
