//! The answers that the HTTP parser gives by itself, before any application sees a request.
//!
//! actix-http answers a request that it cannot parse (400), a head that is too large (431) or too slow (408) with an
//! empty body and asks nobody. Its answer is known by its form, ends the connection, and is replaced on its way to
//! the socket by the same answer as a problem document.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use actix_web::http::StatusCode;
use apierror::{ApiError, Code};

/// The end of a message's head.
const END: &[u8] = b"\r\n\r\n";

/// No head of the parser's own is longer; every head of the application is: its security fields alone are.
const LONGEST: usize = 160;

/// Finds an answer of the parser's own at the end of what is about to be written: where it begins, and its status.
pub(crate) fn find(bytes: &[u8]) -> Option<(usize, StatusCode)> {
    if !bytes.ends_with(END) {
        return None;
    }
    let tail = bytes.len().saturating_sub(LONGEST);
    let start = (tail..bytes.len()).rev().find(|at| bytes[*at..].starts_with(b"HTTP/1."))?;
    let head = str::from_utf8(&bytes[start..]).ok()?;
    let status = head.get(9..12)?.parse::<u16>().ok().filter(|status| *status >= 400)?;
    let is_bare = head.split("\r\n").skip(1).all(|line| {
        let name = line.split(':').next().unwrap_or_default();
        ["", "content-length", "connection", "date"].contains(&name.to_ascii_lowercase().as_str())
    });
    let status = StatusCode::from_u16(status).ok().filter(|_| is_bare)?;
    Some((start, status))
}

/// The answer in full, and its trace in the log.
pub(crate) fn answer(status: StatusCode, peer: Option<SocketAddr>) -> Vec<u8> {
    let error = ApiError::new(Code::from_status(status));
    let status = error.code().status();
    let trace = telemetry::Trace::fresh();
    let span = telemetry::request_span(&trace, "OTHER", "none");
    span.in_scope(|| {
        if let Some(peer) = peer {
            telemetry::annotate("client", peer.ip());
        }
        telemetry::annotate("problem", error.code().slug());
    });
    telemetry::request_done(&span, status.as_u16(), Duration::ZERO);
    let trace_id = trace.id();
    let problem = error.problem(Some("/".to_owned()), Some(trace_id.to_string()));
    let body = serde_json::to_string(&problem).unwrap_or_default();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\n\
         content-security-policy: default-src 'none'; frame-ancestors 'none'\r\nx-request-id: {trace_id}\r\n\
         date: {date}\r\n\r\n{body}",
        kind = problem::MEDIA_TYPE,
        length = body.len(),
        date = actix_web::http::header::HttpDate::from(SystemTime::now()),
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\
                        date: Sat, 21 Nov 2026 13:00:00 GMT\r\n\r\n";

    #[test]
    fn an_answer_of_the_parsers_own_is_found_behind_others() {
        assert_eq!(find(BARE.as_bytes()), Some((0, StatusCode::BAD_REQUEST)));
        let before = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-request-id: a\r\n\r\nok";
        let both = format!("{before}{BARE}");
        assert_eq!(find(both.as_bytes()), Some((before.len(), StatusCode::BAD_REQUEST)));
    }

    #[test]
    fn answers_of_the_application_are_left_alone() {
        for answer in [
            "HTTP/1.1 204 No Content\r\ndate: x\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-request-id: a\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "\r\n\r\n",
            "",
        ] {
            assert_eq!(find(answer.as_bytes()), None, "{answer}");
        }
    }
}
