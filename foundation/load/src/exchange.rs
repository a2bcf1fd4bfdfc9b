//! One request and its answer, read to the end.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, Response, StatusCode};

use crate::connections::Connections;
use crate::{Failure, Target};

/// Of a body that says what went wrong; one longer than this says nothing.
const LONGEST_PROBLEM: usize = 64 * 1024;

/// What an answer came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The `type` of a problem document (RFC 9457).
    pub(crate) problem: Option<String>,
}

/// Sends one request outside of any load, and reads its answer.
///
/// # Errors
/// There is no answer within `limit`.
pub async fn ask(
    target: &Target,
    mut request: Request<Full<Bytes>>,
    limit: Duration,
) -> Result<Response<Bytes>, Failure> {
    if let Ok(host) = HeaderValue::try_from(target.authority()) {
        request.headers_mut().insert(HOST, host);
    }
    let connections = Connections::new(target.clone(), false);
    let work = async {
        let mut sender = connections.take().await?;
        let answered = sender.send_request(request).await.map_err(|error| Failure::of_exchange(&error))?;
        let (head, body) = answered.into_parts();
        let body = body.collect().await.map_err(|error| Failure::of_exchange(&error))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    };
    let answer = tokio::time::timeout(limit, work).await.unwrap_or(Err(Failure::TIMEOUT));
    connections.close().await;
    answer
}

/// Sends a request of a load.
pub(crate) async fn exchange(connections: &Connections, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
    let mut sender = connections.take().await?;
    let response = sender.send_request(request).await.map_err(|error| Failure::of_exchange(&error))?;
    let status = response.status();
    let is_problem = |kind: &HeaderValue| kind.as_bytes().starts_with(b"application/problem+json");
    let told = status.as_u16() >= 400 && response.headers().get(CONTENT_TYPE).is_some_and(is_problem);
    let body = read(response.into_body(), told).await?;
    connections.give_back(sender);
    Ok(Answer { status, problem: body.and_then(|body| problem_type(&body)) })
}

/// Reads a body to its end, and keeps it when it is wanted and not too long.
async fn read(mut body: Incoming, wanted: bool) -> Result<Option<BytesMut>, Failure> {
    let mut kept = wanted.then(BytesMut::new);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::of_exchange(&error))?;
        if let (Some(data), Some(so_far)) = (frame.data_ref(), &mut kept) {
            if so_far.len() + data.len() > LONGEST_PROBLEM {
                kept = None;
            } else {
                so_far.extend_from_slice(data);
            }
        }
    }
    Ok(kept)
}

fn problem_type(body: &[u8]) -> Option<String> {
    let problem: serde_json::Value = serde_json::from_slice(body).ok()?;
    // It becomes a line of a report.
    problem.get("type")?.as_str().map(|kind| kind.chars().filter(|c| !c.is_control()).take(100).collect())
}
