//! Others that the settings name: NATS, other services, the mail relay, the collector of traces.

use std::time::Duration;

use hyper::Uri;
use settings::ExposeSecret as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{Check, Patient};

const GROUP: &str = "others";

/// How long one may take to let in and greet.
const LIMIT: Duration = Duration::from_secs(3);

/// Somebody whom the settings name.
struct Other {
    key: &'static str,
    /// Host and port; nothing secret.
    host: String,
    port: u16,
    /// What the first bytes have to be, where the protocol begins with the server's.
    greeting: Option<&'static str>,
}

pub(super) async fn checks(patient: &Patient) -> Vec<Check> {
    let settings = &patient.settings;
    let nats = settings.events.nats_url.as_ref().map(|url| {
        // TLS comes after the greeting; a WebSocket has none.
        other("events.nats_url", url.expose_secret(), 4222, |scheme| {
            ["nats", "tls"].contains(&scheme).then_some("INFO ")
        })
    });
    let accounts = settings.peers.accounts_url.as_ref().map(|url| {
        let port = if url.starts_with("https:") { 443 } else { 80 };
        other("peers.accounts_url", url, port, |_| None)
    });
    let mail = settings.mail.smtp_url.as_ref().map(|url| {
        let port = if url.expose_secret().starts_with("smtps:") { 465 } else { 25 };
        other("mail.smtp_url", url.expose_secret(), port, |scheme| (scheme == "smtp").then_some("220"))
    });
    let traces = settings.telemetry.otlp_endpoint.as_ref();
    let traces = traces.map(|url| other("telemetry.otlp_endpoint", url, 4317, |_| None));
    let (nats, accounts, mail, traces) = tokio::join!(
        check("events.nats_url", nats, "PostgreSQL carries events"),
        check("peers.accounts_url", accounts, "users are looked up in the database"),
        check("mail.smtp_url", mail, "no mail leaves this machine"),
        check("telemetry.otlp_endpoint", traces, "no traces are recorded"),
    );
    vec![nats, accounts, mail, traces]
}

async fn check(key: &'static str, other: Option<Option<Other>>, unset: &str) -> Check {
    match other {
        None => Check::skipped(GROUP, key, format!("not set: {unset}")),
        Some(None) => Check::bad(GROUP, key, "it names no host").mend(format!("correct {key}")),
        Some(Some(other)) => reach(&other).await,
    }
}

fn other(
    key: &'static str,
    url: &str,
    default_port: u16,
    greeting: impl Fn(&str) -> Option<&'static str>,
) -> Option<Other> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host().filter(|host| !host.is_empty())?;
    Some(Other {
        key,
        host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        port: uri.port_u16().unwrap_or(default_port),
        greeting: greeting(uri.scheme_str().unwrap_or_default()),
    })
}

async fn reach(other: &Other) -> Check {
    let Other { key, host, port, greeting } = other;
    let met = async {
        let mut stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| error.to_string())?;
        let Some(greeting) = greeting else { return Ok("lets us in") };
        let mut first = [0; 5];
        let wanted = first.get_mut(..greeting.len()).unwrap_or_default();
        stream.read_exact(wanted).await.map_err(|_| "it lets us in, and hangs up".to_owned())?;
        if wanted == greeting.as_bytes() {
            Ok("greets us")
        } else {
            Err("it is something else: it greets otherwise".to_owned())
        }
    };
    let met = tokio::time::timeout(LIMIT, met).await;
    match met.unwrap_or_else(|_| Err(format!("it does not greet within {LIMIT:?}"))) {
        Ok(how) => Check::good(GROUP, key, format!("{host}:{port} {how}")),
        Err(why) => Check::bad(GROUP, key, format!("{host}:{port}: {why}"))
            .mend(format!("start it, correct {key}, or unset it to do without")),
    }
}
