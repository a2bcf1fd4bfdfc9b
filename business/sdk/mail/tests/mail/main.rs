//! Mails over real SMTP sessions, into a real mailbox, out of real files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod headers;
mod kept;
mod relays;
mod server;
mod sessions;
mod templates;

use mail::{Mailer, Message, Relay, Sender, Subject};
use secrecy::SecretString;
use types::{Email, Name};

use crate::server::Server;

fn sender() -> Sender {
    Sender::parse("Marquee <no-reply@marquee.example>").unwrap()
}

fn message() -> Message {
    Message {
        to: Email::parse("ada@example.com").unwrap(),
        name: Some(Name::parse("Ada Lovelace").unwrap()),
        subject: Subject::parse("Activate your account").unwrap(),
        text: "Hello Ada,\n\nwelcome.\n".to_owned(),
        html: "<p>Hello Ada,</p>\n<p>welcome.</p>\n".to_owned(),
    }
}

fn relay(url: &str) -> Relay {
    Relay::parse(&SecretString::from(url)).unwrap()
}

/// A mailer to a server without TLS.
fn mailer(server: &Server) -> Mailer {
    Mailer::relayed(sender(), relay(&format!("smtp://{}", server.address())))
}
