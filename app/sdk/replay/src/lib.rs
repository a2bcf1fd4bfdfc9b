//! Keyed requests over HTTP: their effect once, their answer as often as it is asked for.

use std::time::Duration;

use actix_web::body::{self, BoxBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use apierror::{ApiError, Code};
use auth::Caller;
use idempotency::{Answer, Key, Outcome};
use request::Keyed;
use sqldb::{Db, Tx};
use uuid::Uuid;

/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// When a client should ask again for the answer of a request that is still worked on.
const IN_FLIGHT_RETRY: Duration = Duration::from_secs(1);

/// Runs `effect` in a transaction, and once for each key: a repeated request gets the first one's answer. Without a key
/// every request has its effect. `route` names what is asked for, such as `POST /v1/movies`.
///
/// Keys belong to their caller. All anonymous callers are one: their routes must not answer what is private.
///
/// # Errors
/// What the effect answers, and then nothing is kept; 409 while the key's first request is worked on; 422 when the key
/// was used for another payload.
pub async fn once<W>(
    db: &Db,
    caller: &Caller,
    route: &'static str,
    keyed: Option<Keyed>,
    effect: impl Fn(Tx) -> W,
) -> Result<HttpResponse, ApiError>
where
    W: Future<Output = Result<HttpResponse, ApiError>>,
{
    let Some(keyed) = keyed else {
        return db.transact(effect).await;
    };
    let key = key(caller, route.to_owned(), &keyed);
    let kept = async |tx: Tx| -> Result<Answer, Failure> { keep(effect(tx).await?).await };
    match idempotency::once(db, &key, kept).await {
        Ok(Outcome::Fresh(answer)) => give(answer),
        Ok(Outcome::Replayed(answer)) => again(answer),
        Err(Failure(error)) => Err(error),
    }
}

/// The answer that was given to this request before, if it was: whatever has to be found out or done before [`once`] comes
/// after this, since a repetition may find out otherwise.
///
/// # Errors
/// 422 when the key was used for another payload.
pub async fn kept(
    db: &Db,
    caller: &Caller,
    route: &'static str,
    keyed: &Keyed,
) -> Result<Option<HttpResponse>, ApiError> {
    match idempotency::kept(db, &key(caller, route.to_owned(), keyed)).await {
        Ok(answer) => answer.map(again).transpose(),
        Err(error) => Err(Failure::from(error).0),
    }
}

/// The first part of an effect that has a second one outside of the database, such as a call to another service: runs
/// `effect` in a transaction, once for each key, and gives the id of what it began; a repeated request gets the same one,
/// and goes on from there. What it ends with is the work of [`once`], under the same key and route.
///
/// # Errors
/// As [`once`].
pub async fn begin<W>(
    db: &Db,
    caller: &Caller,
    route: &'static str,
    keyed: &Keyed,
    effect: impl Fn(Tx) -> W,
) -> Result<Uuid, ApiError>
where
    W: Future<Output = Result<Uuid, ApiError>>,
{
    let key = key(caller, format!("{route} (begun)"), keyed);
    let kept = async |tx: Tx| -> Result<Answer, Failure> {
        let id = effect(tx).await?;
        Ok(Answer { status: StatusCode::ACCEPTED.as_u16(), headers: Vec::new(), body: id.as_bytes().to_vec() })
    };
    match idempotency::once(db, &key, kept).await {
        Ok(Outcome::Fresh(answer) | Outcome::Replayed(answer)) => {
            Uuid::from_slice(&answer.body).map_err(ApiError::internal)
        }
        Err(Failure(error)) => Err(error),
    }
}

fn key(caller: &Caller, route: String, keyed: &Keyed) -> Key {
    Key {
        scope: caller.user_id().map_or_else(|| "anonymous".to_owned(), |user_id| user_id.to_string()),
        route,
        key: keyed.key.as_str().to_owned(),
        fingerprint: keyed.fingerprint.0,
    }
}

/// A failure on its way through the transaction.
struct Failure(ApiError);

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<sqldb::Error> for Failure {
    fn from(error: sqldb::Error) -> Self {
        Self(error.into())
    }
}

impl From<idempotency::Error> for Failure {
    fn from(error: idempotency::Error) -> Self {
        Self(match error {
            idempotency::Error::InFlight => ApiError::new(Code::Conflict)
                .with_detail("the first request with this Idempotency-Key is still being worked on")
                .with_retry_after(IN_FLIGHT_RETRY),
            idempotency::Error::Reused => ApiError::new(Code::IdempotencyKeyReused),
            idempotency::Error::Store(error) => error.into(),
        })
    }
}

/// The response in the form in which it is kept.
async fn keep(response: HttpResponse) -> Result<Answer, Failure> {
    let status = response.status().as_u16();
    let mut headers = Vec::new();
    for (name, value) in response.headers() {
        let value = value.to_str().map_err(ApiError::internal)?;
        headers.push((name.as_str().to_owned(), value.to_owned()));
    }
    let body = body::to_bytes(response.into_body()).await.map_err(|_| ApiError::new(Code::Internal))?;
    Ok(Answer { status, headers, body: body.into() })
}

/// The response that was given before.
fn again(answer: Answer) -> Result<HttpResponse, ApiError> {
    let mut response = give(answer)?;
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// The response that is kept.
fn give(answer: Answer) -> Result<HttpResponse<BoxBody>, ApiError> {
    let status = StatusCode::from_u16(answer.status).map_err(ApiError::internal)?;
    let mut response = HttpResponseBuilder::new(status);
    for header in answer.headers {
        response.append_header(header);
    }
    Ok(response.body(answer.body))
}
