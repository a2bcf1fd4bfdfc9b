//! Under which ids a request is known: the trace of W3C Trace Context, and `X-Request-Id`.

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest `X-Request-Id` that is taken over.
const LONGEST_REQUEST_ID: usize = 128;

/// A trace id in its 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceId([u8; 32]);

/// The trace that a request belongs to.
pub(crate) struct Trace {
    pub(crate) id: TraceId,
    pub(crate) span: Span,
}

impl Trace {
    /// Continues the caller's trace, or begins one.
    pub(crate) fn begin(headers: &HeaderMap, method: &str, route: &'static str) -> Self {
        let parent = headers.get(&TRACEPARENT).and_then(|value| parse(value.as_bytes()));
        let id = match &parent {
            Some(parent) => TraceId::from_bytes(parent.trace_id().to_bytes()),
            None => TraceId::from_bytes(*uuid::Uuid::new_v4().as_bytes()),
        };
        let span = tracing::info_span!(
            "request",
            otel.kind = "server",
            trace_id = %id,
            http.request.method = method,
            http.route = route,
        );
        if let Some(parent) = parent {
            let context = opentelemetry::Context::new().with_remote_span_context(parent);
            // It fails where no tracer is installed, and then there is nothing to continue.
            let _ = span.set_parent(context);
        }
        Self { id, span }
    }
}

impl TraceId {
    fn from_bytes(bytes: [u8; 16]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The caller's `X-Request-Id` when it is sane, else the trace id.
pub(crate) fn request_id(headers: &HeaderMap, trace_id: &TraceId) -> HeaderValue {
    headers
        .get(&REQUEST_ID)
        .filter(|value| is_sane(value.as_bytes()))
        .cloned()
        .or_else(|| HeaderValue::from_bytes(&trace_id.0).ok())
        .unwrap_or_else(|| HeaderValue::from_static("-"))
}

fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST_REQUEST_ID).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

/// The caller's span, by W3C Trace Context, section 3.2. A version other than 00 may carry more behind the flags.
fn parse(value: &[u8]) -> Option<SpanContext> {
    let text = str::from_utf8(value).ok()?;
    let well_formed = text.len() >= 55
        && text.bytes().take(55).enumerate().all(|(at, byte)| match at {
            2 | 35 | 52 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
    if !well_formed || text.starts_with("ff") {
        return None;
    }
    if text.len() > 55 && (text.starts_with("00") || text.as_bytes()[55] != b'-') {
        return None;
    }
    let trace_id = opentelemetry::trace::TraceId::from_hex(&text[3..35]).ok()?;
    let span_id = SpanId::from_hex(&text[36..52]).ok()?;
    let flags = TraceFlags::new(u8::from_str_radix(&text[53..55], 16).ok()? & 1);
    let context = SpanContext::new(trace_id, span_id, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn a_callers_trace_is_continued() {
        let context = parse(format!("00-{TRACE}-b7ad6b7169203331-01").as_bytes()).unwrap();
        assert_eq!(context.trace_id().to_string(), TRACE);
        assert!(context.is_sampled());
        assert!(parse(format!("42-{TRACE}-b7ad6b7169203331-00-more").as_bytes()).is_some());
    }

    #[test]
    fn a_malformed_traceparent_is_no_trace() {
        for value in [
            String::new(),
            "00".into(),
            format!("00-{TRACE}-b7ad6b7169203331"),
            format!("00-{TRACE}-b7ad6b7169203331-01-more"),
            format!("ff-{TRACE}-b7ad6b7169203331-01"),
            format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}-b7ad6b7169203331-0é"),
        ] {
            assert!(parse(value.as_bytes()).is_none(), "{value}");
        }
    }

    #[test]
    fn a_sane_request_id_is_kept_and_any_other_replaced() {
        let trace_id = TraceId::from_bytes([0xab; 16]);
        let with = |value: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
            request_id(&headers, &trace_id)
        };
        assert_eq!(with(b"A-1.z_9"), "A-1.z_9");
        assert_eq!(with(&[b'a'; 128]).len(), 128);
        for value in [&b""[..], b"a b", b"a\tb", b"<x>", b"\xe9", &[b'a'; 129]] {
            assert_eq!(with(value), trace_id.as_str());
        }
        assert_eq!(request_id(&HeaderMap::new(), &trace_id), trace_id.as_str());
    }
}
