//! NATS JetStream as the carrier of events.
//!
//! Events go into the stream `MARQUEE_EVENTS` under subjects such as `marquee.events.movie.updated`, as JSON, each with its
//! id in `Nats-Msg-Id`, by which the broker drops what comes twice within [`WINDOW`], and with its `traceparent`. Whoever
//! subscribes gets each at least once, those of one row in order.

mod carrier;
mod subscriber;
mod tap;

use std::time::Duration;

use async_nats::jetstream::context::{CreateStreamError, CreateStreamErrorKind};
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, Context, ErrorCode};
use async_nats::{Client, ConnectOptions, ServerAddr};

use crate::consumer::Failure;

pub use carrier::Nats;
pub use subscriber::Subscriber;
pub use tap::Tap;

/// The stream.
pub const STREAM: &str = "MARQUEE_EVENTS";

/// What every subject begins with.
pub const SUBJECTS: &str = "marquee.events";

/// For how long the broker knows an event again that comes twice.
pub const WINDOW: Duration = Duration::from_secs(10 * 60);

/// On how many servers of a cluster the stream is, so that one of them may be lost.
const COPIES: usize = 3;

/// How long the broker may take to answer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long it may take to connect.
const OPENING: Duration = Duration::from_secs(3);

/// How often a silent connection is asked whether it is alive.
const PING: Duration = Duration::from_secs(2);

/// The address can't be used. It is not repeated: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("not a NATS URL (nats://user:password@host:4222)")]
pub struct UrlError;

/// Whether `url` has the form of an address of a broker.
///
/// # Errors
/// [`UrlError`].
pub fn check(url: &str) -> Result<(), UrlError> {
    split(url).map(|_| ())
}

/// A way to the broker at `url`. It does not wait for it, and connects again whenever it was lost.
async fn connect(url: &str) -> Result<Client, UrlError> {
    let (address, credentials) = split(url)?;
    let options = match credentials {
        Some((user, password)) => ConnectOptions::with_user_and_password(user, password),
        None => ConnectOptions::new(),
    };
    options
        .name("marquee")
        .retry_on_initial_connect()
        .connection_timeout(OPENING)
        .request_timeout(Some(PATIENCE))
        .ping_interval(PING)
        // By itself it logs each try to connect. What is away is reported by whoever needs it.
        .event_callback(|_| std::future::ready(()))
        // One that is asleep is awake soon: the pauses of the relay are longer.
        .reconnect_delay_callback(|attempts| {
            Duration::from_millis(100).saturating_mul(u32::try_from(attempts).unwrap_or(20).min(20))
        })
        .connect(address)
        .await
        .map_err(|_| UrlError)
}

/// The address without the credentials, and the credentials. The client does not use those of an address, and logs them.
fn split(url: &str) -> Result<(ServerAddr, Option<(String, String)>), UrlError> {
    let mut url = url.parse::<ServerAddr>().map_err(|_| UrlError)?.into_inner();
    let decoded = |text: &str| {
        let pair = format!("v={}", text.replace('+', "%2B"));
        let value = url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned());
        value.ok_or(UrlError)
    };
    let credentials = match (url.username(), url.password()) {
        ("", None) => None,
        (user, Some(password)) if !user.is_empty() => Some((decoded(user)?, decoded(password)?)),
        _ => return Err(UrlError),
    };
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| UrlError)?;
    Ok((ServerAddr::from_url(url).map_err(|_| UrlError)?, credentials))
}

fn jetstream_of(client: Client) -> Context {
    let mut jetstream = jetstream::new(client);
    jetstream.set_timeout(PATIENCE);
    jetstream
}

/// Makes the stream unless there is one, whose limits are its operator's.
async fn ensure_stream(jetstream: &Context) -> Result<jetstream::stream::Stream, Failure> {
    let config = Config {
        name: STREAM.to_owned(),
        description: Some("what the domains of Marquee announce".to_owned()),
        subjects: vec![format!("{SUBJECTS}.>")],
        storage: StorageType::File,
        duplicate_window: WINDOW,
        max_age: crate::KEPT,
        num_replicas: COPIES,
        ..Config::default()
    };
    let alone = Config { num_replicas: 1, ..config.clone() };
    let made = match jetstream.get_or_create_stream(config).await {
        Err(error) if is_alone(&error) => jetstream.get_or_create_stream(alone).await,
        made => made,
    };
    made.map_err(|error| away("the stream", &error))
}

/// Whether the broker is one server, which has nowhere to put copies. A cluster of which some are away is none: it is asked again.
fn is_alone(error: &CreateStreamError) -> bool {
    matches!(error.kind(), CreateStreamErrorKind::JetStream(error)
        if error.error_code() == ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED)
}

fn away(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure::Unavailable(format!("{what}: {error}"))
}

fn silent() -> Failure {
    Failure::Unavailable("the broker does not answer".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_of_the_address() {
        let (address, credentials) = split("tls://marquee:a%2Fb+c%20d@nats.example:4333").unwrap();
        assert_eq!(address.as_url_str(), "tls://nats.example:4333");
        assert_eq!(credentials, Some(("marquee".to_owned(), "a/b+c d".to_owned())));
        assert_eq!(split("nats.example").unwrap().1, None);
        for wrong in ["nats://marquee@nats.example", "nats://:secret@nats.example", "http://nats.example", "nats://"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
