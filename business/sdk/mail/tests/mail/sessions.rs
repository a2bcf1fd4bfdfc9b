//! A mail in an SMTP session: what arrives, and what happens when the server does not play along.

use std::time::{Duration, Instant};

use jobs::Failure;
use mail::{Error, Mailer, Message, Relay};
use mail_parser::MessageParser;

use crate::server::{Behaviour, Server};
use crate::{mailer, message, relay, sender};

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let server = Server::start(Behaviour::default()).await;
    mailer(&server).send(&message()).await.unwrap();
    let [session] = &server.sessions()[..] else { panic!("one session") };
    let said: Vec<&str> = session.commands.iter().map(|(command, _)| command.as_str()).collect();
    assert!(said[0].starts_with("EHLO "), "{said:?}");
    assert_eq!(said[1..], ["MAIL FROM:<no-reply@marquee.example>", "RCPT TO:<ada@example.com>", "DATA", "QUIT"]);
    let [raw] = &session.messages[..] else { panic!("one message") };
    let mail = MessageParser::default().parse(raw).unwrap();
    assert_eq!(mail.subject(), Some("Activate your account"));
    let (from, to) = (mail.from().unwrap().first().unwrap(), mail.to().unwrap().first().unwrap());
    assert_eq!((from.name(), from.address()), (Some("Marquee"), Some("no-reply@marquee.example")));
    assert_eq!((to.name(), to.address()), (Some("Ada Lovelace"), Some("ada@example.com")));
    assert!(mail.message_id().unwrap().ends_with("@marquee.example"), "{:?}", mail.message_id());
    assert!(mail.date().is_some());
    assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), message().text.trim_end());
    assert_eq!(mail.body_html(0).unwrap().replace("\r\n", "\n").trim_end(), message().html.trim_end());
    assert!(mail.content_type_is("multipart", "alternative"), "{}", String::from_utf8_lossy(raw));
}

trait ContentType {
    fn content_type_is(&self, main: &str, sub: &str) -> bool;
}

impl ContentType for mail_parser::Message<'_> {
    fn content_type_is(&self, main: &str, sub: &str) -> bool {
        use mail_parser::MimeHeaders as _;
        mail_parser::Message::content_type(self).is_some_and(|t| t.ctype() == main && t.subtype() == Some(sub))
    }
}

/// Servers differ in what they take for the end of a message.
#[tokio::test]
async fn no_body_ends_its_message_early_or_begins_another() {
    let server = Server::start(Behaviour::default()).await;
    for body in [
        ".\r\nMAIL FROM:<eve@example.com>\r\n",
        "\r\n.\r\nMAIL FROM:<eve@example.com>",
        "\n.\nMAIL FROM:<eve@example.com>",
        "\r.\rMAIL FROM:<eve@example.com>",
        "\n.\r\nMAIL FROM:<eve@example.com>",
        "\r\n.\nMAIL FROM:<eve@example.com>",
        "..\n...\n.",
        "é\n.\n\u{85}.\u{2028}.",
    ] {
        server.forget();
        let smuggler = Message { text: body.to_owned(), html: format!("<pre>{body}</pre>"), ..message() };
        mailer(&server).send(&smuggler).await.unwrap();
        let [session] = &server.sessions()[..] else { panic!("one session") };
        assert_eq!(session.commands.len(), 5, "{body:?}: {:?}", session.commands);
        let [raw] = &session.messages[..] else { panic!("one message") };
        let without_line_ends = String::from_utf8_lossy(raw).replace("\r\n", "");
        assert!(!without_line_ends.contains(['\r', '\n']), "{body:?}: {without_line_ends:?}");
        let text = MessageParser::default().parse(raw).unwrap().body_text(0).unwrap().into_owned();
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
        assert_eq!(lines(&text), lines(body));
    }
}

#[tokio::test]
async fn an_answer_says_whether_another_attempt_makes_sense() {
    let cases: [(&str, &str, bool, &str); 9] = [
        // Whoever is refused is refused for good.
        (
            "RCPT",
            "550 5.1.1 <ada@example.com>: no such user",
            false,
            "the relay refuses the recipient for good (550 5.1.1)",
        ),
        (
            "BODY",
            "554 5.7.1 looks like spam to ada@example.com",
            false,
            "the relay refuses the message for good (554 5.7.1)",
        ),
        // Not now.
        ("RCPT", "451 4.7.1 greylisted, ada@example.com", true, "the relay does not accept the recipient (451 4.7.1)"),
        ("BODY", "452 full", true, "the relay does not take the message (452)"),
        ("EHLO", "421 4.3.2 shutting down", true, "the relay does not greet (421 4.3.2)"),
        // Set up wrongly: once that is mended, the mail goes out.
        (
            "MAIL",
            "550 5.7.1 no-reply@marquee.example may not",
            true,
            "the relay does not accept the sender (550 5.7.1)",
        ),
        ("MAIL", "530 5.7.0 must authenticate", true, "the relay does not accept the sender (530 5.7.0)"),
        ("EHLO", "550 go away", true, "the relay does not greet (550)"),
        ("RCPT", "nonsense", true, "the relay does not accept the recipient (no SMTP answer)"),
    ];
    for (command, answer, is_worth_it, told) in cases {
        let server = Server::start(Behaviour { answers: vec![(command, answer)], ..Behaviour::default() }).await;
        let error = mailer(&server).send(&message()).await.unwrap_err();
        assert_eq!(error.to_string(), told, "{command} {answer}");
        let failure = Failure::from(error);
        assert_eq!(matches!(failure, Failure::Retry(_)), is_worth_it, "{command} {answer}");
        assert!(!failure.to_string().contains('@'), "{failure}: an address has no place in a log");
        assert_eq!(server.messages(), Vec::<Vec<u8>>::new());
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_at_every_step() {
    for command in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY"] {
        let server = Server::start(Behaviour { freezes_at: Some(command), ..Behaviour::default() }).await;
        let hasty = relay(&format!("smtp://{}", server.address()));
        let hasty = hasty.with_deadlines(Duration::from_millis(300), Duration::from_secs(20));
        let start = Instant::now();
        let error = Mailer::relayed(sender(), hasty).send(&message()).await.unwrap_err();
        assert!(matches!(error, Error::Late { .. }), "{command}: {error:?}");
        assert!(start.elapsed() < Duration::from_secs(5), "{command}: {:?}", start.elapsed());
        assert!(matches!(Failure::from(error), Failure::Retry(_)));
    }
}

#[tokio::test]
async fn a_server_that_drips_is_given_up_as_well() {
    let server = Server::start(Behaviour { drips: true, ..Behaviour::default() }).await;
    let hasty = relay(&format!("smtp://{}", server.address()));
    let hasty = hasty.with_deadlines(Duration::from_secs(20), Duration::from_millis(500));
    let start = Instant::now();
    let error = Mailer::relayed(sender(), hasty).send(&message()).await.unwrap_err();
    assert!(matches!(error, Error::Late { .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// Another attempt would be another mail.
#[tokio::test]
async fn a_mail_that_was_taken_is_sent_also_when_the_server_says_no_goodbye() {
    let silent = Server::start(Behaviour { freezes_at: Some("QUIT"), ..Behaviour::default() }).await;
    let rude = Server::start(Behaviour { answers: vec![("QUIT", "500 stay")], ..Behaviour::default() }).await;
    for server in [silent, rude] {
        let start = Instant::now();
        mailer(&server).send(&message()).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(server.messages().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [format!("smtp://{closed}"), "smtp://mail.invalid:2525".to_owned()] {
        let away: Relay = relay(&url);
        let error = Mailer::relayed(sender(), away).send(&message()).await.unwrap_err();
        // A resolver that drops what it is asked is late.
        assert!(matches!(error, Error::Relay { step: "greet", .. } | Error::Late { .. }), "{url}: {error:?}");
        assert!(matches!(Failure::from(error), Failure::Retry(_)), "{url}");
    }
}
