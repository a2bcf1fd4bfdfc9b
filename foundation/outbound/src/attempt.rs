//! One attempt of a call.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};

use crate::error::{Cause, Error};
use crate::{Answer, Call, retry_after};

/// What came of an attempt.
pub(crate) enum Outcome {
    /// 429 or 503.
    Overloaded { status: StatusCode, retry_after: Option<Duration> },
    /// Any other status.
    Answered { status: StatusCode, headers: HeaderMap, body: Bytes },
    /// Any other status, and more of a body than is taken.
    TooLarge { status: StatusCode, limit: usize },
    /// Nothing of the call was sent.
    NoConnection(Cause),
    /// Some of the call may have been sent.
    Broken(Cause),
    /// None that can be sent.
    Unsendable(Cause),
}

impl Outcome {
    /// Whether another attempt may end otherwise.
    pub(crate) fn may_improve(&self) -> bool {
        match self {
            Self::Overloaded { .. } | Self::NoConnection(_) | Self::Broken(_) => true,
            Self::Answered { status, .. } | Self::TooLarge { status, .. } => {
                matches!(*status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)
            }
            Self::Unsendable(_) => false,
        }
    }

    /// Whether it is certain that the attempt had no effect.
    pub(crate) fn is_without_effect(&self) -> bool {
        match self {
            Self::NoConnection(_) | Self::Unsendable(_) => true,
            Self::Overloaded { status, .. } => *status == StatusCode::TOO_MANY_REQUESTS,
            Self::Answered { .. } | Self::TooLarge { .. } | Self::Broken(_) => false,
        }
    }

    /// As the end of a call, after so many attempts, of which some may have been sent.
    pub(crate) fn into_result(self, attempts: u32, sent: bool) -> Result<Answer, Error> {
        Err(match self {
            Self::Answered { status, headers, body } => return Ok(Answer { status, headers, body, attempts }),
            Self::Overloaded { status, retry_after } => Error::Overloaded { attempts, status, retry_after, sent },
            Self::TooLarge { status, limit } => Error::BodyTooLarge { attempts, status, limit },
            Self::NoConnection(source) => Error::Unreachable { attempts, sent, source },
            Self::Broken(source) => Error::Broken { attempts, source },
            Self::Unsendable(source) => Error::Unsendable { source },
        })
    }
}

/// Sends the call once, and reads the whole answer, of whose body `limit` bytes are taken.
pub(crate) async fn send(http: &reqwest::Client, call: &Call, limit: usize) -> Outcome {
    let mut request = http.request(call.method.clone(), call.url.clone()).headers(call.headers.clone());
    if !call.body.is_empty() {
        request = request.body(call.body.clone());
    }
    match request.send().await {
        Ok(response) => receive(response, limit).await,
        Err(error) if error.is_builder() => Outcome::Unsendable(Cause::new(error)),
        Err(error) if error.is_connect() => Outcome::NoConnection(Cause::new(error)),
        Err(error) => Outcome::Broken(Cause::new(error)),
    }
}

async fn receive(mut response: Response, limit: usize) -> Outcome {
    let status = response.status();
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return Outcome::Overloaded { status, retry_after: retry_after::read(response.headers()) };
    }
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() > limit - body.len() => return Outcome::TooLarge { status, limit },
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Outcome::Answered { status, headers, body: body.freeze() },
            Err(error) => return Outcome::Broken(Cause::new(error)),
        }
    }
}
