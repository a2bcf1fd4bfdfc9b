//! The trace a piece of work belongs to: W3C Trace Context in, on every log line, and out.
//!
//! A span that is not recorded costs a slot in the registry and nothing of OpenTelemetry: whether a trace is
//! recorded is decided here, where it begins, and only recorded ones have a target that the OpenTelemetry layer
//! listens to. The trace id is there in both cases, also when no collector is.

use std::{fmt, str::FromStr as _, time::Duration};

use opentelemetry::{
    Context, KeyValue,
    trace::{SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceState},
};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tracing::{Dispatch, Metadata, Span, dispatcher, span::Id};
use tracing_opentelemetry::{OpenTelemetrySpanExt as _, get_otel_context};
use tracing_subscriber::{Registry, registry::LookupSpan as _};

use crate::{log::Logs, recorder, spans};

/// Target of spans that begin recorded work.
pub(crate) const RECORDED: &str = "telemetry::recorded";

/// Target of spans that begin work which is only logged.
pub(crate) const PLAIN: &str = "telemetry::plain";

/// Target of the events that tell of whole requests.
pub(crate) const BOUNDARY_EVENTS: &str = "http";

/// What they say.
pub(crate) const REQUEST_EVENT: &str = "request";

/// `tracestate` may be refused beyond this many bytes (W3C Trace Context 3.3.1.5).
const MAX_TRACESTATE: usize = 512;

/// The id of a trace (W3C Trace Context 3.2.2.3): 32 lower-case hexadecimal digits, not all zero.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct TraceId {
    value: opentelemetry::trace::TraceId,
    /// The text is written far more often than the value is used.
    text: [u8; 32],
}

impl TraceId {
    fn new(value: opentelemetry::trace::TraceId) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 32];
        for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(value.to_bytes()) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        Self { value, text }
    }

    /// The 32 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The digits are ASCII.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The trace that a request or a task belongs to.
#[derive(Clone, Debug)]
pub struct Trace {
    id: TraceId,
    parent: Option<Parent>,
}

/// The span of the caller.
#[derive(Clone, Debug)]
struct Parent {
    span_id: SpanId,
    sampled: bool,
    state: Option<Box<str>>,
}

impl Trace {
    /// A trace that begins here.
    #[must_use]
    pub fn fresh() -> Self {
        Self { id: TraceId::new(RandomIdGenerator::default().new_trace_id()), parent: None }
    }

    /// The trace of the caller, from `traceparent` and `tracestate`; a fresh one when the first is absent or
    /// malformed. `header` finds a header by its lower-case name, and returns nothing when it occurs twice.
    #[must_use]
    pub fn from_headers<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        let Some((id, span_id, sampled)) = header("traceparent").and_then(parse) else {
            return Self::fresh();
        };
        let state = header("tracestate").filter(|state| !state.is_empty() && state.len() <= MAX_TRACESTATE);
        Self { id: TraceId::new(id), parent: Some(Parent { span_id, sampled, state: state.map(Into::into) }) }
    }

    /// The id of the trace.
    #[must_use]
    pub fn id(&self) -> TraceId {
        self.id
    }

    /// Whether the caller records this trace; `None` when it begins here.
    pub(crate) fn decided(&self) -> Option<bool> {
        self.parent.as_ref().map(|parent| parent.sampled)
    }

    pub(crate) fn otel_id(&self) -> opentelemetry::trace::TraceId {
        self.id.value
    }

    /// The caller's span, as a parent.
    fn parent_context(&self) -> Option<Context> {
        let parent = self.parent.as_ref()?;
        let state = parent.state.as_deref().and_then(|state| TraceState::from_str(state).ok()).unwrap_or_default();
        let flags = TraceFlags::default().with_sampled(parent.sampled);
        let context = SpanContext::new(self.id.value, parent.span_id, flags, true, state);
        Some(Context::new().with_remote_span_context(context))
    }
}

/// What the span that begins a piece of work knows of its trace.
pub(crate) struct Active {
    pub(crate) trace: Trace,
    recorded: bool,
}

impl Active {
    pub(crate) fn id(&self) -> TraceId {
        self.trace.id
    }
}

/// The span of a request; the fields are on every log line inside it. `route` is the template, never the path.
#[must_use]
pub fn request_span(trace: &Trace, method: &'static str, route: &'static str) -> Span {
    let span = open(trace, "server", &format_args!("{method} {route}"), &[("method", &method), ("route", &route)]);
    with_recorded(&span, |context| {
        context.span().set_attribute(KeyValue::new("http.request.method", method));
        context.span().set_attribute(KeyValue::new("http.route", route));
    });
    recorder::begin_request(&span, trace, method, route);
    span
}

/// The span of work that no request waits for: a job, a migration, a sweep.
#[must_use]
pub fn task_span(trace: &Trace, name: &'static str) -> Span {
    let span = open(trace, "internal", &name, &[("task", &name)]);
    recorder::begin_task(&span, trace, name);
    span
}

/// Ends a request: its one log line, and the outcome on its span. Server errors are warnings: their cause is
/// logged as an error where it is handled.
pub fn request_done(span: &Span, status: u16, elapsed: Duration) {
    let duration_ms = elapsed.as_micros() as f64 / 1_000.0;
    if status >= 500 {
        tracing::warn!(target: "http", parent: span, status, duration_ms, "request");
    } else {
        tracing::info!(target: "http", parent: span, status, duration_ms, "request");
    }
    with_recorded(span, |context| {
        context.span().set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            context.span().set_attribute(KeyValue::new("error.type", status.to_string()));
            context.span().set_status(Status::error(""));
        }
    });
    recorder::end_request(span, status, elapsed);
}

/// Adds a field to the request or task around the caller: to all its log lines from now on, and to its span.
/// Nothing happens outside of one.
pub fn annotate(name: &'static str, value: impl fmt::Display) {
    dispatcher::get_default(|dispatch| {
        let (Some(registry), Some(logs)) = (dispatch.downcast_ref::<Registry>(), dispatch.downcast_ref::<Logs>())
        else {
            return;
        };
        let Some((boundary, recorded)) = boundary(dispatch, registry, |active| active.recorded) else {
            return;
        };
        if let Some(span) = registry.span(&boundary) {
            logs.annotate(&span, name, &value);
            let trail = span.extensions().get::<recorder::Trail>().cloned();
            recorder::annotate(trail.as_ref(), name, &value);
        }
        if let Some(context) = get_otel_context(&boundary, dispatch).filter(|_| recorded) {
            context.span().set_attribute(KeyValue::new(name, value.to_string()));
        }
    });
}

/// The id of the trace around the caller.
#[must_use]
pub fn current_trace_id() -> Option<TraceId> {
    dispatcher::get_default(|dispatch| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        Some(boundary(dispatch, registry, |active| active.trace.id)?.1)
    })
}

/// Gives the headers that continue the trace around the caller in an outgoing request.
pub fn inject(mut set: impl FnMut(&'static str, String)) {
    let outgoing = dispatcher::get_default(|dispatch| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        let collecting = dispatch.downcast_ref::<Logs>()?.sampler.is_some();
        let (id, (trace, recorded)) = boundary(dispatch, registry, |active| (active.trace.clone(), active.recorded))?;
        Some((trace, recorded.then(|| get_otel_context(&id, dispatch)).flatten(), collecting))
    });
    let Some((trace, recorded, collecting)) = outgoing else {
        return;
    };
    // The innermost recorded span, else that of the request.
    let inner = recorded.as_ref().map(|_| Span::current().context());
    let inner = inner.filter(|context| context.span().span_context().is_valid()).or(recorded);
    let state = trace.parent.as_ref().and_then(|parent| parent.state.as_deref().map(str::to_owned));
    let (span_id, sampled) = match (&inner, &trace.parent) {
        (Some(context), _) => (context.span().span_context().span_id(), true),
        // Who records nothing stays out of the way (W3C Trace Context 4.3).
        (None, Some(parent)) if !collecting => (parent.span_id, parent.sampled),
        (None, _) => (RandomIdGenerator::default().new_span_id(), false),
    };
    set("traceparent", format!("00-{}-{span_id}-{:02x}", trace.id, u8::from(sampled)));
    if let Some(state) = state {
        set("tracestate", state);
    }
}

/// The place in the trace `trace_id` that the caller is at, as the field `traceparent` has it: that of the span around
/// the caller, or of one that nobody records.
#[must_use]
pub fn traceparent(trace_id: TraceId) -> String {
    let mut found = None;
    inject(|name, value| {
        if name == "traceparent" {
            found = Some(value);
        }
    });
    found.unwrap_or_else(|| format!("00-{trace_id}-{}-00", RandomIdGenerator::default().new_span_id()))
}

/// Whether a span begins a piece of work.
pub(crate) fn is_boundary(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && (metadata.target() == RECORDED || metadata.target() == PLAIN)
}

fn open(
    trace: &Trace,
    kind: &'static str,
    title: &dyn fmt::Display,
    fields: &[(&'static str, &dyn fmt::Display)],
) -> Span {
    let recorded = dispatcher::get_default(|dispatch| {
        let logs = dispatch.downcast_ref::<Logs>();
        logs.and_then(|logs| logs.sampler.as_ref()).is_some_and(|sampler| spans::is_sampled(sampler, trace))
    });
    // The level lets the span through any filter: without it the lines inside would have no trace id.
    let span = if recorded {
        tracing::error_span!(target: RECORDED, parent: None, "work", otel.kind = kind, otel.name = %title)
    } else {
        tracing::error_span!(target: PLAIN, parent: None, "work")
    };
    span.with_subscriber(|(id, dispatch)| {
        let (Some(registry), Some(logs)) = (dispatch.downcast_ref::<Registry>(), dispatch.downcast_ref::<Logs>())
        else {
            return;
        };
        if let Some(span) = registry.span(id) {
            logs.describe(&span, fields);
            span.extensions_mut().insert(Active { trace: trace.clone(), recorded });
        }
    });
    if recorded {
        match trace.parent_context() {
            Some(parent) => drop(span.set_parent(parent)),
            // The span starts now, while its trace id is at hand.
            None => spans::with_trace_id(trace, || drop(span.context())),
        }
    }
    span
}

/// The innermost span around the caller that begins a piece of work.
fn boundary<T>(dispatch: &Dispatch, registry: &Registry, get: impl Fn(&Active) -> T) -> Option<(Id, T)> {
    let current = dispatch.current_span();
    let span = registry.span(current.id()?)?;
    span.scope().find_map(|span| {
        let found = span.extensions().get::<Active>().map(&get)?;
        Some((span.id(), found))
    })
}

fn with_recorded(span: &Span, work: impl FnOnce(&Context)) {
    if span.metadata().is_some_and(|metadata| metadata.target() == RECORDED) {
        work(&span.context());
    }
}

/// Reads `traceparent` (W3C Trace Context 3.2): of a later version, the part that this one knows.
fn parse(text: &str) -> Option<(opentelemetry::trace::TraceId, SpanId, bool)> {
    let hex = |range: std::ops::Range<usize>| {
        let digits = text.get(range)?;
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        digits.bytes().all(lower).then_some(digits)
    };
    let (version, flags) = (u8::from_str_radix(hex(0..2)?, 16).ok()?, u8::from_str_radix(hex(53..55)?, 16).ok()?);
    let dashes = [2, 35, 52].iter().all(|at| text.as_bytes()[*at] == b'-');
    let ends = text.len() == 55 || (version > 0 && text.as_bytes()[55] == b'-');
    if version == 0xff || !dashes || !ends {
        return None;
    }
    let trace_id = opentelemetry::trace::TraceId::from_hex(hex(3..35)?).ok()?;
    let span_id = SpanId::from_hex(hex(36..52)?).ok()?;
    let valid = trace_id != opentelemetry::trace::TraceId::INVALID && span_id != SpanId::INVALID;
    valid.then_some((trace_id, span_id, flags & 1 == 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn id_of(traceparent: &str) -> String {
        Trace::from_headers(|name| (name == "traceparent").then_some(traceparent)).id().to_string()
    }

    #[test]
    fn a_valid_traceparent_is_continued() {
        for (text, sampled) in [
            (PARENT, true),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", true),
            ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-holds", true),
        ] {
            let trace = Trace::from_headers(|name| (name == "traceparent").then_some(text));
            assert_eq!(trace.id().as_str(), "0af7651916cd43dd8448eb211c80319c", "{text}");
            assert_eq!(trace.decided(), Some(sampled), "{text}");
        }
    }

    #[test]
    fn a_malformed_traceparent_begins_a_trace() {
        for text in [
            "",
            "00",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.x",
            "00-1-1-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-+1",
            "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            let trace = Trace::from_headers(|name| (name == "traceparent").then_some(text));
            assert_eq!(trace.decided(), None, "{text}");
            assert_ne!(trace.id().as_str(), "0af7651916cd43dd8448eb211c80319c", "{text}");
            assert_eq!(trace.id().as_str().len(), 32);
        }
    }

    #[test]
    fn each_fresh_trace_has_an_id_of_its_own() {
        let ids: std::collections::HashSet<_> = (0..1_000).map(|_| Trace::fresh().id()).collect();
        assert_eq!(ids.len(), 1_000);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in "\\PC{0,60}") {
            prop_assert_eq!(id_of(&text).len(), 32);
        }

        #[test]
        fn a_mutilated_traceparent_is_survived(at in 0..55usize, with in any::<char>()) {
            let text: String = PARENT.chars().enumerate().map(|(i, c)| if i == at { with } else { c }).collect();
            prop_assert_eq!(id_of(&text).len(), 32);
        }
    }
}
