//! The header fields of requests and answers, described.

use serde_json::Value;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::operation::Need;
use crate::route::Access;

/// The fields of every answer.
pub(super) fn common(response: ResponseBuilder, access: Access) -> ResponseBuilder {
    let response =
        response.header("X-Request-Id", text("The request's id, the client's own when it sent one.", "3f2a"));
    match access {
        Access::Exempt => response,
        Access::Open | Access::Needs(_) => rate_limit(response),
    }
}

pub(super) fn rate_limit(response: ResponseBuilder) -> ResponseBuilder {
    response
        .header(
            "RateLimit",
            text("What is left of the quota, and the seconds until it is whole again.", "\"default\";r=99;t=1"),
        )
        .header("RateLimit-Policy", text("The quota: so many requests in so many seconds.", "\"default\";q=100;w=60"))
}

pub(super) fn etag() -> Header {
    text("The version of the representation.", "\"1\"")
}

pub(super) fn location() -> Header {
    text("The path of the new resource.", "/v1/things/0190a6e0-7d1c-7c3e-8f4a-3b2a1c0d9e8f")
}

pub(super) fn link() -> Header {
    text("The first and the next page (RFC 8288).", "</v1/things?cursor=a1>; rel=\"next\"")
}

pub(super) fn replayed() -> Header {
    text("`true` when the answer is that of an earlier attempt.", "true")
}

pub(super) fn retry_after() -> Header {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1.0)).build();
    HeaderBuilder::new()
        .description(Some("The seconds after which to try again."))
        .schema(Some(seconds))
        .example(Some(Value::from(1)))
        .build()
}

/// A header field of free text.
pub(super) fn text(description: &str, example: &str) -> Header {
    HeaderBuilder::new()
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .example(Some(Value::from(example)))
        .build()
}

pub(super) fn if_match(need: Need) -> Parameter {
    condition(
        "If-Match",
        "The version that the change is based on, as `ETag` gave it.",
        need,
        Some(request::IfMatch::PATTERN),
    )
}

pub(super) fn if_none_match() -> Parameter {
    // No pattern: none is refused, a field that names no known version changes nothing.
    condition("If-None-Match", "The versions that the client has.", Need::Optional, None)
}

fn condition(name: &str, description: &str, need: Need, pattern: Option<&str>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(need.into())
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).pattern(pattern).build()))
        .example(Some(Value::from("\"1\"")))
        .build()
}
