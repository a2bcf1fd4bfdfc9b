//! One mail, one SMTP session (RFC 5321), every step of it with a deadline.

use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use url::{Host, Url};

use crate::error::Error;

/// How long one step of a session may take.
const STEP: Duration = Duration::from_secs(10);

/// How long a session may take: less than the attempt of a job.
const SESSION: Duration = Duration::from_secs(25);

/// How long the relay may take to say goodbye. The mail is sent by then, whatever it says.
const GOODBYE: Duration = Duration::from_secs(1);

/// Where mails are handed over.
pub struct Relay {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    hello: ClientId,
    step: Duration,
    session: Duration,
}

enum Tls {
    No,
    /// After a plain greeting (RFC 3207); a relay that does not offer it gets no mail.
    Upgraded(TlsParameters),
    /// From the first byte (RFC 8314).
    Wrapped(TlsParameters),
}

/// The URL of a relay cannot be used. It is not repeated: it holds a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// It has another form.
    #[error(
        "must be smtps://user:password@host:465, smtp://user:password@host:587?tls=required, or smtp://host:25 without TLS"
    )]
    Form,
    /// A password would be sent in the clear.
    #[error("must be under TLS, since it has a password: smtps://, or smtp:// with ?tls=required")]
    PasswordInTheClear,
    /// TLS cannot be set up for the host.
    #[error("must be a host for which TLS can be set up")]
    Tls,
}

/// The steps of a session.
#[derive(Clone, Copy)]
struct Steps {
    /// How long each may take.
    limit: Duration,
}

/// What a failure of a step means.
#[derive(Clone, Copy)]
enum Meaning {
    /// The relay's own affair: another attempt may succeed, also after 5xx, once somebody has mended it.
    Relay,
    /// 5xx is the last word on this part of the mail.
    Mail(&'static str),
}

impl Relay {
    /// Reads `smtps://user:password@host:465` (TLS from the start), `smtp://user:password@host:587?tls=required`
    /// (STARTTLS, or no mail), or `smtp://host:25` (no TLS, for a relay on a network that is trusted). The path, if
    /// there is one, is the name said in EHLO.
    ///
    /// # Errors
    /// See [`RelayError`].
    pub fn parse(url: &SecretString) -> Result<Self, RelayError> {
        Self::trusting(url, None)
    }

    /// The same; certificates may also be signed by an authority of `pem`.
    ///
    /// # Errors
    /// See [`RelayError`].
    pub fn trusting(url: &SecretString, pem: Option<&[u8]>) -> Result<Self, RelayError> {
        let url = Url::parse(url.expose_secret()).map_err(|_| RelayError::Form)?;
        let host = match url.host().ok_or(RelayError::Form)? {
            // `url` knows the hosts of special schemes only as names.
            Host::Domain(host) => host.to_owned(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        };
        let query: Vec<_> = url.query_pairs().collect();
        let asks = |value: &str| query.len() == 1 && query.iter().any(|(key, set)| key == "tls" && set == value);
        let parameters = || parameters(&host, pem);
        let (tls, port) = match url.scheme() {
            "smtps" if query.is_empty() => (Tls::Wrapped(parameters()?), 465),
            "smtp" if asks("required") => (Tls::Upgraded(parameters()?), 587),
            "smtp" if query.is_empty() => (Tls::No, 25),
            _ => return Err(RelayError::Form),
        };
        let credentials = credentials(&url)?;
        if credentials.is_some() && matches!(tls, Tls::No) {
            return Err(RelayError::PasswordInTheClear);
        }
        let hello = match url.path().trim_matches('/') {
            "" => ClientId::default(),
            name => ClientId::Domain(name.to_owned()),
        };
        let port = url.port().unwrap_or(port);
        Ok(Self { host, port, tls, credentials, hello, step: STEP, session: SESSION })
    }

    /// Waits so long for one step of a session and for the whole of it: 10 s and 25 s unless this is called.
    #[must_use]
    pub fn with_deadlines(self, step: Duration, session: Duration) -> Self {
        Self { step, session, ..self }
    }

    /// Hands one mail over.
    pub(crate) async fn send(&self, message: &Message) -> Result<(), Error> {
        match timeout(self.session, self.session(message)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Late { step: "finish a session" }),
        }
    }

    async fn session(&self, message: &Message) -> Result<(), Error> {
        use Meaning::{Mail as OfMail, Relay as OfRelay};
        let wrapped = if let Tls::Wrapped(parameters) = &self.tls { Some(parameters.clone()) } else { None };
        let address = (self.host.as_str(), self.port);
        let connect = AsyncSmtpConnection::connect_tokio1(address, Some(self.step), &self.hello, wrapped, None);
        let steps = Steps { limit: self.step };
        let mut session = steps.take("greet", OfRelay, connect).await?;
        if let Tls::Upgraded(parameters) = &self.tls {
            steps.take("start TLS", OfRelay, session.starttls(parameters.clone(), &self.hello)).await?;
        }
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            steps.take("accept the credentials", OfRelay, session.auth(&mechanisms, credentials)).await?;
        }
        // One command after the other, and not lettre's own `send`: a relay that refuses the sender is set up wrongly, one
        // that refuses the recipient has spoken.
        let envelope = message.envelope();
        let sender = Mail::new(envelope.from().cloned(), Vec::new());
        steps.take("accept the sender", OfRelay, session.command(sender)).await?;
        for recipient in envelope.to() {
            let recipient = Rcpt::new(recipient.clone(), Vec::new());
            steps.take("accept the recipient", OfMail("recipient"), session.command(recipient)).await?;
        }
        steps.take("accept a message", OfMail("message"), session.command(Data)).await?;
        steps.take("take the message", OfMail("message"), session.message(&message.formatted())).await?;
        let _ = timeout(GOODBYE, session.quit()).await;
        Ok(())
    }
}

impl Steps {
    async fn take<T>(
        self,
        step: &'static str,
        meaning: Meaning,
        work: impl Future<Output = Result<T, smtp::Error>>,
    ) -> Result<T, Error> {
        match (timeout(self.limit, work).await, meaning) {
            (Ok(Ok(value)), _) => Ok(value),
            (Ok(Err(error)), Meaning::Mail(what)) if error.is_permanent() => {
                Err(Error::Refused { what, code: code(&error) })
            }
            (Ok(Err(error)), _) if error.is_timeout() => Err(Error::Late { step }),
            (Ok(Err(error)), _) => Err(Error::Relay { step, code: code(&error) }),
            (Err(_), _) => Err(Error::Late { step }),
        }
    }
}

/// The codes of a failure; nothing of what the relay wrote beside them.
fn code(error: &smtp::Error) -> String {
    let Some(code) = error.status() else {
        let kind = if error.is_tls() {
            "TLS failed"
        } else if error.is_client() {
            "it lacks what the session needs"
        } else if error.is_response() {
            "no SMTP answer"
        } else {
            "connection failed"
        };
        return kind.to_owned();
    };
    let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match said.split_whitespace().next().filter(|word| is_enhanced(word)) {
        Some(enhanced) => format!("{code} {enhanced}"),
        None => code.to_string(),
    }
}

/// `5.1.1`: class, subject, detail (RFC 3463).
fn is_enhanced(word: &str) -> bool {
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    word.split('.').count() == 3 && word.split('.').all(is_number)
}

fn parameters(host: &str, pem: Option<&[u8]>) -> Result<TlsParameters, RelayError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = pem {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(|_| RelayError::Tls)?);
    }
    builder.build_rustls().map_err(|_| RelayError::Tls)
}

fn credentials(url: &Url) -> Result<Option<Credentials>, RelayError> {
    let decoded = |text: &str| {
        let pairs = format!("v={}", text.replace('+', "%2B"));
        let value = url::form_urlencoded::parse(pairs.as_bytes()).next().map(|(_, value)| value.into_owned());
        value.ok_or(RelayError::Form)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => Ok(Some(Credentials::new(decoded(user)?, decoded(password)?))),
        _ => Err(RelayError::Form),
    }
}
