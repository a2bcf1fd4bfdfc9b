//! The service of accounts, asked over HTTP.

use std::time::Duration;

use apierror::ApiError;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use metrics::counter;
use outbound::{Answer, Call, CallError, Client, Options, OptionsError, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use types::UserId;
use uuid::Uuid;

use crate::failure::{PeerError, of_answer, of_call};
use crate::{Asking, Payee, Payees};

/// As metrics and the log call it.
const PEER: &str = "accounts";

/// The most bytes that are taken of an answer.
const LONGEST: usize = 64 << 10;

/// The service of accounts.
pub struct Accounts {
    client: Client,
    url: Url,
    deadline: Duration,
}

/// What it says of somebody whom one can pay. Members that a later release adds are none of our business.
#[derive(Deserialize)]
struct Shown {
    id: Uuid,
    name: String,
}

/// What it says when something is not there (RFC 9457): a 404 of a proxy, or of another program, has other words.
#[derive(Deserialize)]
struct Problem {
    r#type: String,
}

/// The type of the problem of whatever is not there.
const NOT_FOUND: &str = "/problems/not-found";

impl Accounts {
    /// The service at `url`. It is asked for `deadline` at most, all attempts together.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(url: Url, deadline: Duration) -> Result<Self, OptionsError> {
        let user_agent = concat!("marquee/", env!("CARGO_PKG_VERSION")).to_owned();
        let client = Client::new(Options { user_agent, longest_body: LONGEST, ..Options::default() })?;
        Ok(Self { client, url, deadline })
    }

    /// GET of what `path` leads to from the URL of the service, in the span around the caller.
    async fn get(&self, asking: &Asking, path: &[&str]) -> Result<Answer, ApiError> {
        let call = self.prepare(asking, path).map_err(ApiError::internal)?;
        let answer = self.client.call(call, sqldb::from_now(self.deadline)).await;
        let span = Span::current();
        match &answer {
            Ok(answer) => span.record("http.response.status_code", answer.status.as_u16()),
            // The cause is logged where the error is handled.
            Err(_) => span.record("otel.status_code", "ERROR"),
        };
        span.record("attempts", answer.as_ref().map_or_else(outbound::Error::attempts, |answer| answer.attempts));
        let stats = self.client.stats();
        counter!("peer_calls_total", "peer" => PEER).absolute(stats.calls);
        counter!("peer_retries_total", "peer" => PEER).absolute(stats.retries);
        counter!("peer_retries_refused_total", "peer" => PEER).absolute(stats.refused);
        answer.map_err(|error| of_call(PEER, error))
    }

    fn prepare(&self, asking: &Asking, path: &[&str]) -> Result<Call, CallError> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut fields = Vec::new();
        telemetry::inject(|name, value| fields.push((name, value)));
        let call = Call::get(url).header("accept", "application/json")?;
        let call = call.header("authorization", asking.authorization())?;
        fields.iter().try_fold(call, |call, (name, value)| call.header(name, value))
    }
}

impl Payees for Accounts {
    fn find<'a>(&'a self, asking: &'a Asking, user_id: UserId) -> BoxFuture<'a, Result<Option<Payee>, ApiError>> {
        // Recorded where the request is; its id goes along, so that what the other service does hangs below it.
        let span = tracing::info_span!(
            "GET /v1/users/{id}/payee",
            otel.kind = "client",
            peer.service = PEER,
            attempts = Empty,
            http.response.status_code = Empty,
            otel.status_code = Empty,
        );
        async move {
            let id = user_id.to_string();
            let path = ["v1", "users", &id, "payee"];
            let answer = self.get(asking, &path).await?;
            match answer.status {
                StatusCode::OK => {
                    let shown: Shown = read(&answer)?;
                    if shown.id != user_id.uuid() {
                        return Err(ApiError::internal(PeerError::Question { peer: PEER }));
                    }
                    Ok(Some(Payee { user_id, name: shown.name }))
                }
                StatusCode::NOT_FOUND if read::<Problem>(&answer)?.r#type == NOT_FOUND => Ok(None),
                _ => Err(of_answer(PEER, &answer)),
            }
        }
        .instrument(span)
        .boxed()
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, ApiError> {
    let unreadable = |source| ApiError::internal(PeerError::Body { peer: PEER, source });
    serde_json::from_slice(&answer.body).map_err(unreadable)
}
