//! A mail, and how it is written down (RFC 5322).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use types::{Email, LineError, Name};
use uuid::Uuid;

use crate::error::Error;

/// A mail to one person. The text says what the HTML says.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where it goes.
    pub to: Email,
    /// Whose address that is.
    pub name: Option<Name>,
    /// What it is about.
    pub subject: Subject,
    /// For those who read plain text.
    pub text: String,
    /// For everyone else.
    pub html: String,
}

/// The subject of a mail: one line of 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(String);

/// Who sends the product's mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name that a reader sees.
    pub name: Option<Name>,
    /// The address.
    pub address: Email,
}

/// The text names no sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a mail address, such as no-reply@example.com, or a name with one: Marquee <no-reply@example.com>")]
pub struct SenderError;

impl Subject {
    /// The longest subject, in characters.
    pub const MAX: usize = 200;

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is blank, too long or has control characters.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        types::line(text, Self::MAX).map(Self)
    }

    /// The subject as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Sender {
    /// Reads `no-reply@example.com` or `Marquee <no-reply@example.com>`.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, SenderError> {
        let text = text.trim();
        let Some((name, rest)) = text.split_once('<') else {
            return Ok(Self { name: None, address: Email::parse(text).map_err(|_| SenderError)? });
        };
        let address = Email::parse(rest.strip_suffix('>').ok_or(SenderError)?).map_err(|_| SenderError)?;
        match name.trim().trim_matches('"') {
            "" => Ok(Self { name: None, address }),
            // It would look encoded (RFC 2047).
            name if name.contains("=?") => Err(SenderError),
            name => Ok(Self { name: Some(Name::parse(name).map_err(|_| SenderError)?), address }),
        }
    }
}

impl Message {
    /// The message as it is sent.
    pub(crate) fn written(&self, from: &Sender) -> Result<lettre::Message, Error> {
        let (from, to) = (mailbox(from.name.as_ref(), &from.address)?, mailbox(self.name.as_ref(), &self.to)?);
        let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()]);
        let builder = lettre::Message::builder()
            .from(from.clone())
            .envelope(envelope.map_err(|error| Error::Message { source: error.into() })?)
            .message_id(Some(format!("<{}@{}>", Uuid::now_v7(), from.email.domain())))
            .date_now()
            // No vacation notice in return (RFC 3834, section 5).
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()));
        let builder = match literal(to.name.as_deref()) {
            Some(name) => builder.raw_header(header("To", &format!("{name} <{}>", to.email))),
            None => builder.to(to),
        };
        let builder = match literal(Some(self.subject.as_str())) {
            Some(subject) => builder.raw_header(header("Subject", &subject)),
            None => builder.subject(self.subject.as_str()),
        };
        let parts = MultiPart::alternative_plain_html(lines(&self.text), lines(&self.html));
        builder.multipart(parts).map_err(|error| Error::Message { source: error.into() })
    }
}

fn mailbox(name: Option<&Name>, address: &Email) -> Result<Mailbox, Error> {
    // Stored values are restored without a look at their form: it is looked at here, before they meet a header.
    let refused = |source: Box<dyn std::error::Error + Send + Sync>| Error::Message { source };
    let address = Email::parse(address.as_str()).map_err(|error| refused(error.into()))?;
    let name = name.map(|name| Name::parse(name.as_str())).transpose().map_err(|error| refused(error.into()))?;
    let address = address.as_str().parse().map_err(|_| refused("the address is none".into()))?;
    Ok(Mailbox::new(name.map(|name| name.as_str().to_owned()), address))
}

/// A text that looks encoded (RFC 2047), encoded itself: a reader must see it, and not what it stands for. lettre sends it
/// as it is.
fn literal(text: Option<&str>) -> Option<String> {
    let text = text.filter(|text| text.contains("=?"))?;
    // 45 bytes are 60 characters in base64: a word is at most 75 long, and holds whole characters (section 2).
    let mut words: Vec<String> = vec![String::new()];
    for c in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + c.len_utf8() <= 45 => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    let encoded = words.iter().map(|word| format!("=?utf-8?b?{}?=", BASE64_STANDARD.encode(word)));
    Some(encoded.collect::<Vec<_>>().join("\r\n "))
}

fn header(name: &'static str, encoded: &str) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), String::new(), encoded.to_owned())
}

/// With line feeds alone, which lettre turns into CR LF: it would send a bare CR, which some servers take for a line end.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        let named = Sender::parse("Marquee Films <No-Reply@example.com>").unwrap();
        assert_eq!(named.name.unwrap().as_str(), "Marquee Films");
        assert_eq!(named.address.as_str(), "no-reply@example.com");
        assert_eq!(Sender::parse("no-reply@example.com").unwrap().name, None);
        assert_eq!(Sender::parse("<no-reply@example.com>").unwrap().name, None);
        for text in
            ["", "Marquee", "Marquee <>", "Marquee <a@b.c> x", "a@b.c, d@e.f", "A\r\nB <a@b.cd>", "=?x?q?y?= <a@b.cd>"]
        {
            assert_eq!(Sender::parse(text), Err(SenderError), "{text:?}");
        }
    }
}
