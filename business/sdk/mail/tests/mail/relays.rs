//! Where mails are handed over: URLs, TLS, credentials.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jobs::Failure;
use mail::{Error, Mailer, Relay, RelayError};
use secrecy::SecretString;

use crate::server::{Behaviour, Server, Tls};
use crate::{message, sender};

fn parse(url: &str) -> Result<Relay, RelayError> {
    Relay::parse(&SecretString::from(url))
}

async fn speaking(tls: Tls) -> Server {
    Server::start(Behaviour { tls, ..Behaviour::default() }).await
}

/// A mailer that trusts the server's authority.
fn trusting(server: &Server, url: &str) -> Mailer {
    let relay = Relay::trusting(&SecretString::from(url), Some(server.pem.as_bytes())).unwrap();
    Mailer::relayed(sender(), relay)
}

#[test]
fn a_relay_is_named_by_a_url() {
    for url in [
        "smtps://user:p%40ss@mail.example.com:465",
        "smtps://mail.example.com",
        "smtp://user:pass@mail.example.com:587?tls=required",
        "smtp://mail.example.com:25",
        "smtp://127.0.0.1:2525",
        "smtp://[::1]:2525",
        "smtp://mail.example.com/shop.example.com",
    ] {
        assert!(parse(url).is_ok(), "{url}");
    }
    for url in [
        "",
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com?tls=opportunistic",
        "smtp://mail.example.com?tls=required&tls=none",
        "smtp://mail.example.com?starttls=yes",
        "smtps://user@mail.example.com",
        "smtps://:pass@mail.example.com",
    ] {
        assert_eq!(parse(url).err(), Some(RelayError::Form), "{url}");
    }
    assert_eq!(parse("smtp://user:pass@mail.example.com").err(), Some(RelayError::PasswordInTheClear));
}

#[tokio::test]
async fn tls_from_the_start() {
    let server = speaking(Tls::FromTheStart).await;
    trusting(&server, &format!("smtps://{}", server.name())).send(&message()).await.unwrap();
    let [session] = &server.sessions()[..] else { panic!("one session") };
    assert!(session.commands.iter().all(|(_, is_encrypted)| *is_encrypted));
    assert_eq!(session.messages.len(), 1);
}

#[tokio::test]
async fn tls_after_a_plain_greeting_which_says_nothing_else() {
    let server = speaking(Tls::AfterGreeting).await;
    let url = format!("smtp://user:p%40ss+word@{}?tls=required", server.name());
    trusting(&server, &url).send(&message()).await.unwrap();
    let [session] = &server.sessions()[..] else { panic!("one session") };
    let plain: Vec<&str> =
        session.commands.iter().filter(|(_, is_encrypted)| !is_encrypted).map(|(said, _)| said.as_str()).collect();
    assert!(matches!(plain[..], [hello, "STARTTLS"] if hello.starts_with("EHLO ")), "{plain:?}");
    let auth = session.commands.iter().find_map(|(said, _)| said.strip_prefix("AUTH PLAIN ")).unwrap();
    assert_eq!(BASE64_STANDARD.decode(auth).unwrap(), b"\0user\0p@ss+word");
    assert_eq!(session.messages.len(), 1);
}

#[tokio::test]
async fn a_server_without_the_tls_that_was_asked_for_gets_no_mail() {
    let server = speaking(Tls::Never).await;
    for url in [format!("smtp://{}?tls=required", server.name()), format!("smtps://{}", server.name())] {
        let error = trusting(&server, &url).send(&message()).await.unwrap_err();
        assert!(matches!(error, Error::Relay { .. }), "{url}: {error:?}");
        assert!(matches!(Failure::from(error), Failure::Retry(_)), "{url}");
    }
    assert_eq!(server.messages().len(), 0);
}

#[tokio::test]
async fn a_server_with_a_certificate_that_nobody_trusts_gets_no_mail_and_no_password() {
    for (tls, scheme, query) in [(Tls::FromTheStart, "smtps", ""), (Tls::AfterGreeting, "smtp", "?tls=required")] {
        let server = speaking(tls).await;
        for (host, trusts) in [(server.name(), false), (server.address().to_string(), true)] {
            let url = SecretString::from(format!("{scheme}://user:pass@{host}{query}"));
            let pem = trusts.then_some(server.pem.as_bytes());
            let relay = Relay::trusting(&url, pem).unwrap();
            let error = Mailer::relayed(sender(), relay).send(&message()).await.unwrap_err();
            assert!(matches!(error, Error::Relay { .. }), "{host}: {error:?}");
        }
        assert_eq!(server.messages().len(), 0);
        let said: Vec<_> = server.sessions().into_iter().flat_map(|session| session.commands).collect();
        assert!(!said.iter().any(|(command, _)| command.starts_with("AUTH")), "{said:?}");
    }
}

/// It is the setting that is wrong, not the mail.
#[tokio::test]
async fn mails_wait_for_credentials_to_be_mended() {
    let behaviour =
        Behaviour { tls: Tls::FromTheStart, answers: vec![("AUTH", "535 5.7.8 who?")], ..Behaviour::default() };
    let server = Server::start(behaviour).await;
    let url = format!("smtps://user:pass@{}", server.name());
    let error = trusting(&server, &url).send(&message()).await.unwrap_err();
    assert_eq!(error.to_string(), "the relay does not accept the credentials (535 5.7.8)");
    assert!(matches!(Failure::from(error), Failure::Retry(_)));
}
