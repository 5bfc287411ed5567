//! Mail by SMTP (NTF-1): TLS from the start, or required after it began, as the operator set it. Every attempt of a notification carries
//! the same Message-ID, so whoever gets two sees one.

use super::Letter;
use super::http::failed;
use crate::config::{self, Security};
use crate::domain::notify::Outcome;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::time::{Duration, UNIX_EPOCH};

/// The mail server.
pub(super) struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    timeout: Duration,
}

/// What the mail is about. The library leaves ASCII as it stands, so that a name that looks like an encoded word (RFC 2047) would be
/// read as what it encodes: then all is encoded here.
#[derive(Clone)]
struct Subject(String);

impl Header for Subject {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Subject")
    }
    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Subject(text.into()))
    }
    fn display(&self) -> HeaderValue {
        if !self.0.contains("=?") {
            return HeaderValue::new(Self::name(), self.0.clone());
        }
        let mut words = vec![String::new()];
        for c in self.0.chars() {
            let bytes = c.to_string().bytes().fold(String::new(), |bytes, byte| format!("{bytes}={byte:02X}"));
            // With its frame a word has at most 75 characters, and no character is torn apart.
            if words.last().is_some_and(|word| word.len() + bytes.len() > 60) {
                words.push(String::new());
            }
            words.last_mut().expect("it begins with one").push_str(&bytes);
        }
        let words: Vec<String> = words.into_iter().map(|word| format!("=?utf-8?Q?{word}?=")).collect();
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), words.join("\r\n "))
    }
}

/// Nobody's holiday answers this.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

impl Mail {
    pub(super) fn new(settings: &config::Mail) -> Result<Mail, String> {
        let from: Mailbox = settings.from.parse().map_err(|error| format!("mail.from: {error}"))?;
        let timeout = Duration::from_secs(settings.timeout_s);
        let hello = ClientId::Domain(from.email.domain().to_owned());
        let tls = match settings.security {
            Security::None => Tls::None,
            Security::StartTls => Tls::Required(parameters(settings)?),
            Security::Tls => Tls::Wrapper(parameters(settings)?),
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .hello_name(hello)
            .timeout(Some(timeout))
            .tls(tls);
        let builder = match settings.user.as_str() {
            "" => builder,
            user => builder.credentials(Credentials::new(user.to_owned(), settings.password.0.clone())),
        };
        Ok(Mail { server: builder.build(), from, timeout })
    }

    pub(super) async fn send(&self, address: &str, letter: &Letter<'_>) -> Outcome {
        let message = match self.message(address, letter) {
            Ok(message) => message,
            Err(why) => return Outcome::Refused { why },
        };
        // The time-out of the transport is for each step; a server that answers slowly at every step must not hold a place for long.
        match tokio::time::timeout(self.timeout, self.server.send(message)).await {
            Ok(Ok(_)) => Outcome::Delivered,
            Ok(Err(error)) => outcome(&error),
            Err(_) => failed("the mail server did not answer in time"),
        }
    }

    fn message(&self, address: &str, letter: &Letter) -> Result<Message, String> {
        let to: lettre::Address = address.parse().map_err(|error| format!("the address cannot be written to: {error}"))?;
        let id = format!("<{}@{}>", letter.delivery.id(), self.from.email.domain());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .date(UNIX_EPOCH + Duration::from_millis(letter.now.0))
            .message_id(Some(id))
            .header(AutoSubmitted);
        let written = match &letter.report {
            Some(report) => message
                .header(Subject(report.subject.clone()))
                .multipart(MultiPart::alternative_plain_html(report.text.clone(), report.html.clone())),
            None => message.header(Subject(letter.words.subject.clone())).header(ContentType::TEXT_PLAIN).body(letter.words.text.clone()),
        };
        written.map_err(|error| format!("the mail cannot be written: {error}"))
    }
}

fn parameters(settings: &config::Mail) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if !settings.ca_file.is_empty() {
        let wrong = |error: &dyn std::fmt::Display| format!("mail.ca_file: {error}");
        let pem = std::fs::read(&settings.ca_file).map_err(|error| wrong(&error))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| wrong(&error))?);
    }
    builder.build_rustls().map_err(|error| format!("mail: {error}"))
}

/// 4xx: later; 5xx: never. A log-in that fails is the operator's to mend, and no word on who is written to.
fn outcome(error: &lettre::transport::smtp::Error) -> Outcome {
    let why = error.to_string();
    let log_in = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
    if error.is_permanent() && !log_in { Outcome::Refused { why } } else { failed(why) }
}
