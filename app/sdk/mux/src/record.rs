//! What is told of each request: one log event, one measurement.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Instant;

use actix_web::http::{Method, StatusCode};
use apierror::ApiError;
use metrics::{Gauge, Histogram};
use tracing::Span;
use uuid::Uuid;

/// What a client that leaves before its answer is counted as; nginx's number for it, known to every dashboard.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// The handles of the measurements, of one worker.
pub(crate) struct Meter {
    durations: RefCell<HashMap<(&'static str, &'static str, u16), Histogram>>,
    active: Gauge,
}

/// A request from its arrival to its answer. Dropped before, it tells that the client has gone.
pub(crate) struct Record {
    meter: Rc<Meter>,
    started: Instant,
    method: &'static str,
    route: &'static str,
    client: IpAddr,
    span: Span,
    pub(crate) principal: Cell<Option<Uuid>>,
    told: Cell<bool>,
}

impl Meter {
    pub(crate) fn new() -> Self {
        metrics::describe_histogram!(
            "http_server_request_duration_seconds",
            metrics::Unit::Seconds,
            "time from the head of a request to the head of its answer"
        );
        metrics::describe_gauge!(
            "http_server_active_requests",
            "requests that are being worked on"
        );
        Self {
            durations: RefCell::default(),
            active: metrics::gauge!("http_server_active_requests"),
        }
    }

    fn measure(&self, route: &'static str, method: &'static str, status: u16, seconds: f64) {
        let mut durations = self.durations.borrow_mut();
        durations
            .entry((route, method, status))
            .or_insert_with(|| {
                metrics::histogram!(
                    "http_server_request_duration_seconds",
                    "route" => route,
                    "method" => method,
                    "status" => status.to_string(),
                )
            })
            .record(seconds);
    }
}

impl Record {
    pub(crate) fn open(
        meter: Rc<Meter>,
        method: &'static str,
        route: &'static str,
        client: IpAddr,
        span: Span,
    ) -> Self {
        meter.active.increment(1.0);
        Self {
            meter,
            started: Instant::now(),
            method,
            route,
            client,
            span,
            principal: Cell::new(None),
            told: Cell::new(false),
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
        let took = self.started.elapsed();
        self.meter.active.decrement(1.0);
        self.meter.measure(self.route, self.method, status, took.as_secs_f64());
        let _inside = self.span.enter();
        let duration_ms = took.as_micros() as f64 / 1e3;
        let principal = self.principal.get().map(tracing::field::display);
        let code = error.map(|error| error.code().slug());
        let cause = error.and_then(ApiError::cause).map(apierror::Cause::chain);
        if status >= 500 {
            tracing::error!(
                target: "http", method = self.method, route = self.route, status, duration_ms,
                client = %self.client, principal, code, cause, "request failed"
            );
        } else {
            tracing::info!(
                target: "http", method = self.method, route = self.route, status, duration_ms,
                client = %self.client, principal, code, cause, "request"
            );
        }
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
