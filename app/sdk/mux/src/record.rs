//! What is told of each request: one log event, one measurement, one span.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Instant;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, StatusCode, Uri};
use apierror::{ApiError, Cause};
use changes::Traceparent;
use telemetry::recorder::{self, Asked};
use telemetry::{InFlight, RouteMetrics, Trace, TraceId};
use tracing::Span;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest `X-Request-Id` that is taken over.
const LONGEST_REQUEST_ID: usize = 128;

/// What a client that leaves before its answer is counted as; nginx's number for it, known to every dashboard.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// The metrics of one worker, by route and method.
#[derive(Default)]
pub(crate) struct Meter(RefCell<HashMap<(&'static str, &'static str), Rc<RouteMetrics>>>);

/// A request from its arrival to its answer. Dropped before, it tells that the client has gone.
pub(crate) struct Record {
    pub(crate) span: Span,
    trace_id: TraceId,
    metrics: Rc<RouteMetrics>,
    client: IpAddr,
    started: Instant,
    told: Cell<bool>,
    _in_flight: InFlight,
}

impl Meter {
    fn of(&self, method: &'static str, route: &'static str) -> Rc<RouteMetrics> {
        let mut known = self.0.borrow_mut();
        let metrics = known.entry((route, method)).or_insert_with(|| Rc::new(RouteMetrics::new(method, route)));
        Rc::clone(metrics)
    }
}

impl Record {
    pub(crate) fn open(
        meter: &Meter,
        headers: &HeaderMap,
        uri: &Uri,
        method: &'static str,
        route: &'static str,
        client: IpAddr,
        is_probe: bool,
    ) -> Self {
        let trace = Trace::from_headers(|name| only(headers, name));
        let metrics = meter.of(method, route);
        let span = telemetry::request_span(&trace, method, route);
        let asked = Asked {
            target: uri.path_and_query().map_or("", PathAndQuery::as_str),
            has_credentials: headers.contains_key(header::AUTHORIZATION),
            has_body: headers.contains_key(header::TRANSFER_ENCODING)
                || only(headers, "content-length").is_some_and(|length| length != "0"),
            is_probe,
        };
        recorder::asked(&span, &asked, |name| only(headers, name));
        if let Some(id) = headers.get(&REQUEST_ID).filter(|value| is_sane(value.as_bytes())) {
            span.in_scope(|| telemetry::annotate("request_id", id.to_str().unwrap_or_default()));
        }
        Self {
            span,
            trace_id: trace.id(),
            _in_flight: metrics.begin(),
            metrics,
            client,
            started: Instant::now(),
            told: Cell::new(false),
        }
    }

    pub(crate) fn trace_id(&self) -> &str {
        self.trace_id.as_str()
    }

    /// The place in the trace at which the request is served.
    pub(crate) fn traceparent(&self) -> Option<Traceparent> {
        Traceparent::parse(&telemetry::traceparent(self.trace_id))
    }

    /// The caller's `X-Request-Id` when it is sane, else the trace id.
    pub(crate) fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        match headers.get(&REQUEST_ID).filter(|value| is_sane(value.as_bytes())) {
            Some(id) => id.clone(),
            None => HeaderValue::from_str(self.trace_id.as_str()).unwrap_or_else(|_| HeaderValue::from_static("-")),
        }
    }

    /// Tells of the answer. A failure is logged here and nowhere else, with the chain of its causes.
    pub(crate) fn answered(&self, status: StatusCode, error: Option<&ApiError>) {
        self.tell(status.as_u16(), error);
    }

    /// Tells that the client left before its answer.
    pub(crate) fn abandoned(&self) {
        self.tell(CLIENT_CLOSED_REQUEST, None);
    }

    fn tell(&self, status: u16, error: Option<&ApiError>) {
        if self.told.replace(true) {
            return;
        }
        let elapsed = self.started.elapsed();
        self.metrics.record(status, elapsed);
        self.span.in_scope(|| {
            telemetry::annotate("client", self.client);
            if let Some(error) = error {
                telemetry::annotate("problem", error.code().slug());
                let cause = error.cause().map(Cause::chain);
                match cause {
                    Some(cause) if status >= 500 => tracing::error!(target: "http", cause, "request failed"),
                    Some(cause) => telemetry::annotate("cause", cause),
                    None => {}
                }
            }
        });
        telemetry::request_done(&self.span, status, elapsed);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.abandoned();
    }
}

/// A method's name for the log: what a client makes up must not become a label of its own.
pub(crate) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "OTHER",
    }
}

/// A header field that came once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name);
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST_REQUEST_ID).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_request_id_is_kept_and_any_other_replaced() {
        let client = IpAddr::from([127, 0, 0, 1]);
        let record =
            Record::open(&Meter::default(), &HeaderMap::new(), &Uri::from_static("/"), "GET", "/", client, false);
        let with = |value: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
            record.request_id(&headers)
        };
        assert_eq!(with(b"A-1.z_9"), "A-1.z_9");
        assert_eq!(with(&[b'a'; 128]).len(), 128);
        for value in [&b""[..], b"a b", b"a\tb", b"<x>", b"\xe9", &[b'a'; 129]] {
            assert_eq!(with(value), record.trace_id());
        }
        assert_eq!(record.request_id(&HeaderMap::new()), record.trace_id());
    }
}
