//! A channel of a shop (NTF-1): where its people are told, and whether that was proved (NTF-2).
//!
//! A target holds secrets, because whoever sends needs them. Nothing shows them again: outside of the store and the worker a target
//! is its [`Shown`].

use crate::domain::id::Millis;
use crate::limits;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// A channel, numbered from 1 within its shop; no number is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChannelNo(pub u32);

/// What is kept to be used and never shown.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hidden")
    }
}

/// The language that a channel is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    #[default]
    Chinese,
    English,
}

/// What sort of channel it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    Mail,
    Phone,
    DingTalk,
    WeCom,
    Webhook,
}

impl Kind {
    /// Whoever sets it up must type in a code that comes through it (NTF-2). The others are proved by an accepted test.
    pub const fn needs_code(self) -> bool {
        matches!(self, Kind::Mail | Kind::Phone)
    }
}

/// Where a channel leads. Robots' addresses hold their tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    Mail {
        address: String,
    },
    /// A mobile of mainland China: 11 digits.
    Phone {
        number: String,
    },
    /// A robot of a DingTalk group; it signs with `secret`.
    DingTalk {
        url: Secret,
        secret: Secret,
    },
    /// A robot of a WeCom 企业微信 group.
    WeCom {
        url: Secret,
    },
    /// Signed by the Standard Webhooks scheme; `secret`: `whsec_` and base64.
    Webhook {
        url: Secret,
        secret: Secret,
    },
}

/// What a target shows of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub kind: Kind,
    /// The mail address, the number, or the host of the robot.
    pub place: String,
    /// The last four characters of the token or secret, to tell two of them apart; empty: there is none.
    pub ends: String,
}

/// What is wrong with a target: (field, problem).
pub type Problem = (&'static str, String);

impl Target {
    pub const fn kind(&self) -> Kind {
        match self {
            Target::Mail { .. } => Kind::Mail,
            Target::Phone { .. } => Kind::Phone,
            Target::DingTalk { .. } => Kind::DingTalk,
            Target::WeCom { .. } => Kind::WeCom,
            Target::Webhook { .. } => Kind::Webhook,
        }
    }

    /// The address of a robot or webhook.
    pub fn url(&self) -> Option<&str> {
        match self {
            Target::DingTalk { url, .. } | Target::WeCom { url } | Target::Webhook { url, .. } => Some(&url.0),
            Target::Mail { .. } | Target::Phone { .. } => None,
        }
    }

    /// What may be shown of it.
    pub fn shown(&self) -> Shown {
        let (place, secret) = match self {
            Target::Mail { address } => (address.clone(), ""),
            Target::Phone { number } => (number.clone(), ""),
            Target::WeCom { url } => (host_of(&url.0), url.0.as_str()),
            Target::DingTalk { url, .. } => (host_of(&url.0), url.0.as_str()),
            Target::Webhook { url, secret } => (host_of(&url.0), secret.0.as_str()),
        };
        // Of a short one the end would be most of it.
        let skipped = secret.chars().count().checked_sub(4).filter(|rest| *rest >= 12);
        let ends = skipped.map_or_else(String::new, |skipped| secret.chars().skip(skipped).collect());
        Shown { kind: self.kind(), place, ends }
    }

    /// Refuses what can be no such target. `http`: the operator lets addresses be asked without TLS.
    pub fn check(&self, http: bool) -> Result<(), Problem> {
        match self {
            Target::Mail { address } => check_mail(address).map_err(|problem| ("address", problem.into())),
            Target::Phone { number } => check_phone(number).map_err(|problem| ("number", problem.into())),
            Target::WeCom { url } => check_url(&url.0, http),
            Target::DingTalk { url, secret } => {
                check_url(&url.0, http)?;
                let fits =
                    (1..=limits::CHANNEL_SECRET_BYTES_MAX).contains(&secret.0.len()) && secret.0.bytes().all(|b| b.is_ascii_graphic());
                let problem = || "the robot's signing secret (加签), as DingTalk shows it: choose that safety setting for the robot";
                if fits { Ok(()) } else { Err(("secret", problem().into())) }
            }
            Target::Webhook { url, secret } => {
                check_url(&url.0, http)?;
                let fits = webhook_key(&secret.0).is_some_and(|key| (24..=64).contains(&key.len()));
                if fits {
                    Ok(())
                } else {
                    Err(("secret", "whsec_ and the base64 of 24 to 64 bytes; or leave it out, and one is drawn".into()))
                }
            }
        }
    }
}

/// The key in the secret of a webhook.
pub fn webhook_key(secret: &str) -> Option<Vec<u8>> {
    STANDARD.decode(secret.strip_prefix("whsec_")?).ok()
}

/// The secret of a webhook whose key was drawn.
pub fn webhook_secret(key: &[u8; 32]) -> Secret {
    Secret(format!("whsec_{}", STANDARD.encode(key)))
}

fn host_of(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// The internet address that stands in a URL in place of a name.
pub fn literal_address(url: &str) -> Option<std::net::IpAddr> {
    match Url::parse(url).ok()?.host()? {
        Host::Ipv4(v4) => Some(v4.into()),
        Host::Ipv6(v6) => Some(v6.into()),
        Host::Domain(_) => None,
    }
}

fn check_url(text: &str, http: bool) -> Result<(), Problem> {
    let wrong = |problem: &str| Err(("url", problem.to_owned()));
    if text.len() > limits::ADDRESS_CHARS_MAX {
        return Err(("url", format!("at most {} characters", limits::ADDRESS_CHARS_MAX)));
    }
    // The parser drops line ends and tabs silently, and reads `\` as `/`.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return wrong("must not contain spaces, control characters or \\");
    }
    let Ok(url) = Url::parse(text) else { return wrong("an address such as https://example.com/hook") };
    match url.scheme() {
        "https" => {}
        "http" if http => {}
        "http" => return wrong("https only: what is told would be open to everybody on the way"),
        _ => return wrong("an address that begins with https://"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("must hold no user name or password");
    }
    if url.fragment().is_some() {
        return wrong("must hold no #: what stands behind it is never sent");
    }
    match url.host() {
        None => return wrong("an address with a host"),
        Some(Host::Domain(name)) if !name.contains('.') || name.ends_with('.') => {
            return wrong("the whole name of a host, such as example.com");
        }
        Some(_) => {}
    }
    match url.port_or_known_default() {
        Some(443 | 80 | 1024..) => Ok(()),
        _ => wrong("a port that serves the web: 443, 80, or one from 1024 on"),
    }
}

fn check_phone(number: &str) -> Result<(), &'static str> {
    match number.as_bytes() {
        [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit) => Ok(()),
        _ => Err("a mobile of mainland China: 11 digits, such as 13800138000, without country code or spaces"),
    }
}

/// Plain addresses only: what else is legal (quoted names, comments, addresses in brackets) nobody has, and every mail server reads its own way.
fn check_mail(address: &str) -> Result<(), &'static str> {
    if address.len() > limits::MAIL_ADDRESS_BYTES_MAX {
        return Err("a mail address has at most 254 characters");
    }
    if !address.is_ascii() {
        return Err("a mail address of ASCII letters; a domain of others is written in its form that begins with xn--");
    }
    let (name, domain) = match address.split('@').collect::<Vec<_>>()[..] {
        [name, domain] => (name, domain),
        [_] => return Err("a mail address such as owner@example.com: there is no @"),
        _ => return Err("a mail address with one @ only"),
    };
    let fine = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    if !(1..=64).contains(&name.len()) || !name.chars().all(fine) || dots {
        return Err("before the @: 1 to 64 letters, digits, or signs such as . _ - +, without quotes, spaces, brackets or dots in a row");
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit_once('.').map(|(_, top)| top);
    if top.is_some_and(|top| top.bytes().any(|b| b.is_ascii_alphabetic())) && domain.split('.').all(label) {
        Ok(())
    } else {
        Err("after the @: the name of a domain such as example.com; no internet address, brackets or comments")
    }
}

/// A code that was sent and not yet typed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// See [`super::courier::code_hash`].
    pub hash: [u8; 32],
    pub expires: Millis,
    /// Wrong ones that were typed in.
    pub wrong: u32,
}

/// One channel of a shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    pub no: ChannelNo,
    /// As the shop calls it; empty: it has none.
    pub name: String,
    pub target: Target,
    pub language: Language,
    pub verified: bool,
    pub code: Option<Code>,
    pub added_at: Millis,
}
