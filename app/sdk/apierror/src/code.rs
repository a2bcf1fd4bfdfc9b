//! The kinds of API error: a slug, a status code and a page each.

use actix_web::http::StatusCode;

/// A kind of error that a client can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request cannot be parsed.
    BadRequest,
    /// The cursor was not issued here, or for another filter or sort.
    InvalidCursor,
    /// No credentials, or bad ones.
    Unauthorized,
    /// The caller is known and may not.
    Forbidden,
    /// The signed link has expired, or is none.
    InvalidLink,
    /// Absent, or hidden from this caller.
    NotFound,
    /// The path exists and does not answer this method.
    MethodNotAllowed,
    /// No representation that the client accepts.
    NotAcceptable,
    /// The request did not arrive in time.
    RequestTimeout,
    /// The state of the resource does not allow it.
    Conflict,
    /// `If-Match` names a version that is no longer the current one.
    PreconditionFailed,
    /// The body is larger than the limit.
    ContentTooLarge,
    /// The path and query are longer than the limit.
    UriTooLong,
    /// The range asked for lies outside of what there is.
    RangeNotSatisfiable,
    /// The body's media type or coding is not one that the route takes.
    UnsupportedMediaType,
    /// Parsed, and invalid.
    Invalid,
    /// The same idempotency key was used for another request.
    IdempotencyKeyReused,
    /// `If-Match` is required and missing.
    PreconditionRequired,
    /// The caller has spent its quota.
    QuotaExceeded,
    /// The header fields are larger than the limit.
    HeadersTooLarge,
    /// A fault of the service.
    Internal,
    /// What the service itself depends on, beside its database, failed.
    BadGateway,
    /// The service cannot answer now, a later request may succeed.
    Unavailable,
    /// The work took longer than its deadline.
    DeadlineExceeded,
}

impl Code {
    /// Every code, in the order of their status codes.
    pub const ALL: [Self; 24] = [
        Self::BadRequest,
        Self::InvalidCursor,
        Self::Unauthorized,
        Self::Forbidden,
        Self::InvalidLink,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::RequestTimeout,
        Self::Conflict,
        Self::PreconditionFailed,
        Self::ContentTooLarge,
        Self::UriTooLong,
        Self::UnsupportedMediaType,
        Self::RangeNotSatisfiable,
        Self::Invalid,
        Self::IdempotencyKeyReused,
        Self::PreconditionRequired,
        Self::QuotaExceeded,
        Self::HeadersTooLarge,
        Self::Internal,
        Self::BadGateway,
        Self::Unavailable,
        Self::DeadlineExceeded,
    ];

    /// The last segment of the problem's `type`, served under `/problems/{slug}`.
    pub const fn slug(self) -> &'static str {
        self.facts().1
    }

    /// The HTTP status code.
    pub const fn status(self) -> StatusCode {
        self.facts().0
    }

    /// The problem's `title`.
    pub const fn title(self) -> &'static str {
        self.facts().2
    }

    /// What it means and what the client can do, for the page of this kind.
    pub const fn description(self) -> &'static str {
        self.facts().3
    }

    /// The general code for a status code that no handler of ours chose.
    pub fn from_status(status: StatusCode) -> Self {
        Self::ALL.into_iter().find(|code| code.status() == status).unwrap_or(if status.is_client_error() {
            Self::BadRequest
        } else {
            Self::Internal
        })
    }

    const fn facts(self) -> (StatusCode, &'static str, &'static str, &'static str) {
        match self {
            Self::BadRequest => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                "The request cannot be parsed",
                "The request is not well formed: its syntax, its path, a required header field or its body cannot be read. Sending it again unchanged gives the same answer.",
            ),
            Self::InvalidCursor => (
                StatusCode::BAD_REQUEST,
                "invalid-cursor",
                "The cursor does not belong to this list",
                "A cursor continues the list that issued it, with the same filter and the same sort. Start again without a cursor.",
            ),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "Valid credentials are needed",
                "The request carries no credentials, or they are wrong, expired or withdrawn. Sign in and send the access token as `Authorization: Bearer`.",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "The caller may not do this",
                "The credentials are valid and none of the caller's roles permits this.",
            ),
            Self::InvalidLink => (
                StatusCode::FORBIDDEN,
                "invalid-link",
                "The link is not valid, or no longer",
                "A signed link is good for one resource, for reading it, until the time that it names. Ask for a fresh one where this one came from.",
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "not-found",
                "There is nothing here",
                "Nothing exists at this path, or nothing that this caller may know of.",
            ),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The path does not answer this method",
                "The `Allow` field lists the methods that this path answers.",
            ),
            Self::NotAcceptable => (
                StatusCode::NOT_ACCEPTABLE,
                "not-acceptable",
                "No acceptable representation",
                "The `Accept` field excludes every media type that this path can answer with.",
            ),
            Self::RequestTimeout => (
                StatusCode::REQUEST_TIMEOUT,
                "request-timeout",
                "The request did not arrive in time",
                "The header fields or the body arrived too slowly and the service stopped waiting. The request had no effect and can be sent again.",
            ),
            Self::Conflict => (
                StatusCode::CONFLICT,
                "conflict",
                "The current state does not allow this",
                "The request is valid and clashes with what is stored, or with a request in flight. The detail tells with what.",
            ),
            Self::PreconditionFailed => (
                StatusCode::PRECONDITION_FAILED,
                "precondition-failed",
                "The resource has changed since it was read",
                "`If-Match` names a version that is no longer the current one. Nothing was changed. Read the resource again, decide again, send the new `ETag`.",
            ),
            Self::ContentTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "content-too-large",
                "The body is too large",
                "The body is larger than the service takes, as sent or once decoded.",
            ),
            Self::UriTooLong => (
                StatusCode::URI_TOO_LONG,
                "uri-too-long",
                "The path and query are too long",
                "The request target is longer than the service takes.",
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body's media type is not supported",
                "The `Accept` field of the answer (`Accept-Patch` for PATCH) lists the media types that this path takes. JSON is UTF-8 only.",
            ),
            Self::RangeNotSatisfiable => (
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range-not-satisfiable",
                "There is nothing in this range",
                "`Range` asks for bytes beyond the end. `Content-Range` tells how many there are.",
            ),
            Self::Invalid => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "The request is not valid",
                "The request was parsed and breaks the rules listed in `errors`, all of them at once, each with its place: `pointer` in the body, `parameter` in the query or path, `header`.",
            ),
            Self::IdempotencyKeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The idempotency key belongs to another request",
                "This key was sent before with another payload. Every new request needs a key of its own.",
            ),
            Self::PreconditionRequired => (
                StatusCode::PRECONDITION_REQUIRED,
                "precondition-required",
                "An If-Match field is required",
                "Send the `ETag` of the representation that the change is based on as `If-Match`, so that no other change is lost.",
            ),
            Self::QuotaExceeded => (
                StatusCode::TOO_MANY_REQUESTS,
                "quota-exceeded",
                "Too many requests",
                "The caller has spent its quota. `Retry-After` tells when the next request will be taken, `RateLimit-Policy` the quota.",
            ),
            Self::HeadersTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "header-fields-too-large",
                "The header fields are too large",
                "The header fields together are larger than the service takes.",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "The service failed",
                "A fault of the service. It is logged under the `trace_id`; tell the operator that id.",
            ),
            Self::BadGateway => (
                StatusCode::BAD_GATEWAY,
                "bad-gateway",
                "A system behind the service failed",
                "The service works, and every system that it would have needed for this failed, such as the stores that files are kept in. A write had no effect. It can be sent again later.",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The service cannot answer now",
                "The service is overloaded, starting, stopping, or has lost its database. `Retry-After` tells when to try again.",
            ),
            Self::DeadlineExceeded => (
                StatusCode::GATEWAY_TIMEOUT,
                "deadline-exceeded",
                "The work took too long",
                "The work did not finish within its deadline and was given up. A read had no effect; a write may or may not have happened: read before you repeat it, or repeat it with its `Idempotency-Key`.",
            ),
        }
    }
}
