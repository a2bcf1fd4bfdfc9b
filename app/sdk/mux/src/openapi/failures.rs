//! Which refusals a route can answer with, described.

use actix_web::http::StatusCode;
use apierror::Code;
use serde_json::json;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};

use super::headers;
use crate::operation::Need;
use crate::path::parameter_names;
use crate::route::{Access, Route};

/// The codes that `route` can be refused with, one for each status code.
///
/// They follow from what it takes and who may call it; a refusal of its own comes from its operation.
pub(super) fn of(route: &Route) -> Vec<Code> {
    let operation = &route.operation;
    let mut codes = vec![Code::BadRequest, Code::Internal];
    if !operation.produces().is_empty() {
        codes.push(Code::NotAcceptable);
    }
    if parameter_names(route.path).next().is_some() {
        codes.push(Code::NotFound);
    }
    if route.access != Access::Exempt {
        codes.extend([Code::UriTooLong, Code::QuotaExceeded, Code::Unavailable]);
    }
    if let Access::Needs(permission) = route.access {
        codes.extend([Code::Unauthorized, Code::DeadlineExceeded]);
        if !permission.is_public() {
            codes.push(Code::Forbidden);
        }
    }
    if operation.body.is_some() {
        codes.extend([Code::RequestTimeout, Code::ContentTooLarge, Code::UnsupportedMediaType, Code::Invalid]);
    }
    if operation.reads_query {
        codes.push(Code::Invalid);
    }
    if let Some(need) = operation.if_match {
        codes.push(Code::PreconditionFailed);
        if need == Need::Required {
            codes.push(Code::PreconditionRequired);
        }
    }
    codes.extend(&operation.failures);
    codes.sort_by_key(|code| code.status());
    codes.dedup_by_key(|code| code.status());
    codes
}

/// The name under which the answer of a status code stands among the components.
pub(super) fn component_name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("Failure").replace([' ', '-'], "")
}

/// The answer of a status code.
pub(super) fn response(status: StatusCode) -> Response {
    let codes: Vec<Code> = Code::ALL.into_iter().filter(|code| code.status() == status).collect();
    let description = codes.iter().map(|code| code.description()).collect::<Vec<_>>().join("\n\n");
    let mut content = ContentBuilder::new().schema(Some(RefOr::<Schema>::Ref(Ref::from_schema_name("Problem"))));
    if let Some(code) = codes.first() {
        content = content.example(Some(json!({
            "type": format!("/problems/{}", code.slug()),
            "title": code.title(),
            "status": status.as_u16(),
            "instance": "/v1/things",
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
        })));
    }
    let mut builder = ResponseBuilder::new()
        .description(description)
        .content(problem::MEDIA_TYPE, content.build())
        .header("X-Request-Id", headers::text("The request's id.", "3f2a"));
    if status == StatusCode::TOO_MANY_REQUESTS {
        builder = headers::rate_limit(builder);
    }
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        builder = builder.header("Retry-After", headers::retry_after());
    }
    if status == StatusCode::RANGE_NOT_SATISFIABLE {
        builder = builder.header("Content-Range", headers::text("How many bytes there are.", "bytes */1234"));
    }
    if status == StatusCode::UNAUTHORIZED {
        let challenge = headers::text("How to prove who calls (RFC 6750).", "Bearer realm=\"marquee\"");
        builder = builder.header("WWW-Authenticate", challenge);
    }
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        let media_types = headers::text("The media types that are taken.", "application/json");
        builder = builder.header("Accept", media_types);
    }
    builder.build()
}

/// A problem document (RFC 9457).
pub(super) fn problem_schema() -> Object {
    let types: Vec<String> = Code::ALL.into_iter().map(|code| format!("/problems/{}", code.slug())).collect();
    ObjectBuilder::new()
        .description(Some("A problem (RFC 9457)."))
        .property("type", string("Names the kind of problem and leads to its page.").enum_values(Some(types)))
        .required("type")
        .property("title", string("The kind of problem in a few words."))
        .required("title")
        .property(
            "status",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .description(Some("The status code."))
                .minimum(Some(400.0))
                .maximum(Some(599.0)),
        )
        .required("status")
        .property("detail", string("What happened this time."))
        .property("instance", string("The path of the request."))
        .required("instance")
        .property("trace_id", string("The trace under which the logs tell more.").pattern(Some("^[0-9a-f]{32}$")))
        .required("trace_id")
        .property(
            "errors",
            ArrayBuilder::new()
                .items(Ref::from_schema_name("FieldError"))
                .min_items(Some(1))
                .description(Some("Every field that was refused.")),
        )
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        .build()
}

/// One refused field.
pub(super) fn field_error_schema() -> Object {
    ObjectBuilder::new()
        .description(Some("A field that was refused: one of `pointer`, `parameter`, `header` tells where it stands."))
        .property(
            "pointer",
            string("The member of the body (RFC 6901, section 6).")
                .format(Some(SchemaFormat::Custom("json-pointer-uri-fragment".to_owned()))),
        )
        .property("parameter", string("The parameter of the query or of the path."))
        .property("header", string("The header field."))
        .property("detail", string("What is wrong with it."))
        .required("detail")
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        .build()
}

fn string(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}
