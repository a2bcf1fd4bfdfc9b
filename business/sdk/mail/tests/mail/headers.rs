//! Whatever is put into names, subjects and addresses: one mail, with the headers it should have, to the one it is for.

use std::collections::BTreeSet;

use mail::{Error, Message, Sender, Subject};
use mail_parser::MessageParser;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use types::{Email, Name};

use crate::server::{Behaviour, Server};
use crate::{mailer, message};

/// What a mail has, no more and no less.
const HEADERS: [&str; 8] =
    ["Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"];

/// Pieces that have led mail programs astray.
const PIECES: [&str; 36] = [
    "\r\n",
    "\r",
    "\n",
    "\0",
    "\t",
    "\u{b}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    " ",
    ":",
    ";",
    ",",
    "<",
    ">",
    "@",
    "\"",
    "\\",
    "(",
    ")",
    ".",
    "=?utf-8?q?=0D=0ABcc:_eve@example.com?=",
    "=?utf-8?b?DQpCY2M6?=",
    "Bcc: eve@example.com",
    "eve@example.com",
    "\r\nBcc: eve@example.com",
    "\r\n\r\n<script>",
    "é",
    "日本語",
    "🎬",
    "Ada",
    "e\u{301}",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

fn hostile() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![prop::sample::select(&PIECES[..]).prop_map(str::to_owned), ".{0,4}"], 0..8)
        .prop_map(|pieces| pieces.concat())
}

fn check(server: &Server, sent: &Message) -> Result<(), TestCaseError> {
    let sessions = server.sessions();
    prop_assert_eq!(sessions.len(), 1);
    let recipients: Vec<&str> =
        sessions[0].commands.iter().map(|(command, _)| command.as_str()).filter(|c| c.starts_with("RCPT")).collect();
    prop_assert_eq!(recipients, [format!("RCPT TO:<{}>", sent.to.as_str())]);
    prop_assert_eq!(sessions[0].messages.len(), 1);
    let raw = &sessions[0].messages[0];
    let shown = String::from_utf8_lossy(raw);
    let mail = MessageParser::default().parse(raw).ok_or_else(|| TestCaseError::fail("it does not parse"))?;
    let names: Vec<&str> = mail.headers_raw().map(|(name, _)| name).collect();
    prop_assert_eq!(names.len(), HEADERS.len(), "{}", shown);
    prop_assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), HEADERS.into_iter().collect(), "{}", shown);
    prop_assert_eq!(mail.subject(), Some(sent.subject.as_str()), "{}", shown);
    let to = mail.to().map(|to| to.iter().map(|one| (one.name(), one.address())).collect::<Vec<_>>());
    let name = sent.name.as_ref().map(Name::as_str);
    prop_assert_eq!(to, Some(vec![(name, Some(sent.to.as_str()))]), "{}", shown);
    // Lines that no server refuses (RFC 5322, section 2.1.1), and nothing but ASCII in the head.
    prop_assert!(raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 999), "{}", shown);
    let head = shown.split("\r\n\r\n").next().unwrap_or_default();
    prop_assert!(head.is_ascii(), "{}", shown);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn names_subjects_and_addresses_cannot_reach_beyond_their_header() {
    let server = Server::start(Behaviour::default()).await;
    let mailer = mailer(&server);
    let runtime = tokio::runtime::Handle::current();
    let run = move || {
        let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
        let values = (hostile(), hostile(), prop_oneof![3 => Just("ada@example.com".to_owned()), 1 => hostile()]);
        runner.run(&values, |(name, subject, address)| {
            server.forget();
            let Ok(subject) = Subject::parse(&subject) else {
                prop_assert!(
                    subject.trim().is_empty() || subject.chars().count() > 200 || subject.contains(char::is_control)
                );
                return Ok(());
            };
            // As they come from a table: nobody looks at them there.
            let name = (!name.is_empty()).then(|| Name::restore(name));
            let sent = Message { to: Email::restore(address), name, subject, ..message() };
            let is_good = Email::parse(sent.to.as_str()).as_ref() == Ok(&sent.to)
                && sent.name.as_ref().is_none_or(|name| Name::parse(name.as_str()).is_ok());
            match runtime.block_on(mailer.send(&sent)) {
                Ok(()) => {
                    prop_assert!(is_good, "{:?} was sent", sent);
                    let name = sent.name.as_ref().and_then(|name| Name::parse(name.as_str()).ok());
                    check(&server, &Message { name, ..sent })
                }
                Err(Error::Message { .. }) => {
                    prop_assert!(!is_good, "{:?} was refused", sent);
                    prop_assert!(server.sessions().is_empty(), "nothing is said");
                    Ok(())
                }
                Err(error) => Err(TestCaseError::fail(format!("{error:?}"))),
            }
        })
    };
    tokio::task::spawn_blocking(run).await.unwrap().unwrap();
}

#[test]
fn a_sender_is_a_setting_and_is_read_as_strictly() {
    for piece in PIECES.into_iter().filter(|piece| piece.contains(char::is_control)) {
        assert!(Sender::parse(&format!("Mar{piece}quee <no-reply@example.com>")).is_err(), "{piece:?}");
        assert!(Sender::parse(&format!("no-{piece}reply@example.com")).is_err(), "{piece:?}");
    }
}
