//! The OpenAPI 3.1 description of the tables that are served.

mod failures;
mod headers;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use actix_web::http::Method;
use utoipa::openapi::link::Link;
use utoipa::openapi::path::{
    HttpMethod, Operation as Described, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
    PathsBuilder,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{Components, ComponentsBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContactBuilder, ContentBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Server,
};

use crate::api::BuildError;
use crate::docs;
use crate::operation::{self, Answer, Operation, bytes};
use crate::path::parameter_names;
use crate::route::{Access, Route, Routes};

const BEARER: &str = "bearer";

/// What an API says of itself as a whole.
#[derive(Clone, Debug)]
pub struct About {
    /// Its name.
    pub title: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// Where to ask: a name and a URL.
    pub contact: (String, String),
}

/// The description of all tables together, as `/openapi.json` serves it.
///
/// # Errors
///
/// Fails when two operations clash.
pub fn describe(about: &About, tables: &[Routes]) -> Result<Vec<u8>, BuildError> {
    Ok(serde_json::to_vec(&document(about, tables)?)?)
}

fn document(about: &About, tables: &[Routes]) -> Result<OpenApi, BuildError> {
    let mut ids = HashSet::new();
    for route in tables.iter().flat_map(Routes::iter) {
        if !ids.insert(route.operation.id) {
            return Err(BuildError::SameOperation { id: route.operation.id });
        }
    }
    let mut items: BTreeMap<&'static str, PathItem> = BTreeMap::new();
    for table in tables {
        for route in table.iter() {
            let Some(method) = http_method(&route.method) else { continue };
            let item = PathItem::new(method, described(table.tag, route));
            match items.get_mut(route.path) {
                Some(present) => present.merge_operations(item),
                None => {
                    items.insert(route.path, item);
                }
            }
        }
    }
    let paths =
        items.into_iter().fold(PathsBuilder::new(), |paths, (path, item)| paths.path(path.replace('*', ""), item));
    let tags = tables.iter().map(|table| TagBuilder::new().name(table.tag).description(Some(table.about)).build());
    Ok(OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title(&about.title)
                .version(&about.version)
                .description(Some(format!("{}\n\n[The policy]({}): who may do what.", about.description, docs::POLICY)))
                .contact(Some(ContactBuilder::new().name(Some(&about.contact.0)).url(Some(&about.contact.1)).build()))
                .license(Some(license())),
        )
        .servers(Some([Server::new("/")]))
        .tags(Some(tags.collect::<Vec<_>>()))
        .paths(paths.build())
        .components(Some(components(tables)?))
        .build())
}

fn license() -> License {
    let mut license = License::new("MIT OR Apache-2.0");
    license.identifier = Some("MIT OR Apache-2.0".to_owned());
    license
}

fn components(tables: &[Routes]) -> Result<Components, BuildError> {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token of POST /v1/auth/login (RFC 6750, RFC 9068)."))
        .build();
    let mut components = ComponentsBuilder::new()
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .schema("Problem", failures::problem_schema())
        .schema("FieldError", failures::field_error_schema())
        .build();
    let routes = || tables.iter().flat_map(Routes::iter);
    for (name, schema) in routes().flat_map(|route| &route.operation.schemas) {
        match components.schemas.entry(name.clone()) {
            Entry::Vacant(free) => {
                free.insert(schema.clone());
            }
            Entry::Occupied(taken) if taken.get() == schema => {}
            Entry::Occupied(_) => return Err(BuildError::SameSchema { name: name.clone() }),
        }
    }
    for code in routes().flat_map(failures::of) {
        let name = failures::component_name(code.status());
        components.responses.entry(name).or_insert_with(|| failures::response(code.status()).into());
    }
    Ok(components)
}

fn described(tag: &'static str, route: &Route) -> Described {
    let operation = &route.operation;
    let mut builder = OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(operation.id))
        .summary(Some(operation.summary))
        .description(Some(operation.description.unwrap_or(operation.summary)))
        .securities(Some(securities(route.access)));
    for parameter in parameters(route) {
        builder = builder.parameter(parameter);
    }
    if let Some(body) = request_body(operation) {
        builder = builder.request_body(Some(body));
    }
    for answer in &operation.answers {
        builder = builder.response(answer.status.to_string(), response(route, answer));
    }
    if operation.is_tagged && route.method == Method::GET {
        let not_modified =
            ResponseBuilder::new().description("The client has this version already.").header("ETag", headers::etag());
        builder = builder.response("304", headers::common(not_modified, route.access).build());
    }
    for code in failures::of(route) {
        let reference = Ref::from_response_name(failures::component_name(code.status()));
        builder = builder.response(code.status().as_str(), RefOr::<Response>::Ref(reference));
    }
    builder.build()
}

fn securities(access: Access) -> Vec<SecurityRequirement> {
    let bearer = SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, []);
    match access {
        Access::Exempt | Access::Open => Vec::new(),
        Access::Needs(permission) if permission.is_public() => {
            vec![SecurityRequirement::default(), bearer]
        }
        Access::Needs(_) => vec![bearer],
    }
}

fn parameters(route: &Route) -> Vec<Parameter> {
    let operation = &route.operation;
    let mut parameters = operation.parameters.clone();
    for name in parameter_names(route.path) {
        let is_told = |parameter: &Parameter| parameter.parameter_in == ParameterIn::Path && parameter.name == name;
        if !operation.parameters.iter().any(is_told) {
            parameters.push(uuid_parameter(name));
        }
    }
    if let Some(need) = operation.if_match {
        parameters.push(headers::if_match(need));
    }
    if operation.is_tagged && route.method == Method::GET {
        parameters.push(headers::if_none_match());
    }
    parameters
}

fn uuid_parameter(name: &'static str) -> Parameter {
    let uuid = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("Its id."))
        .schema(Some(uuid))
        .build()
}

fn request_body(operation: &Operation) -> Option<RequestBody> {
    let body = operation.body.as_ref()?;
    let mut builder = RequestBodyBuilder::new().required(Some(Required::True));
    let schema = body.schema.as_ref().map_or_else(bytes, |name| RefOr::Ref(Ref::from_schema_name(name)));
    for media_type in body.media_types {
        let content = ContentBuilder::new().schema(Some(schema.clone())).example(body.example.clone()).build();
        builder = builder.content(*media_type, content);
    }
    Some(builder.build())
}

fn response(route: &Route, answer: &Answer) -> Response {
    let mut builder = ResponseBuilder::new().description(answer.description);
    if let Some((media_types, schema)) = &answer.content {
        let content = ContentBuilder::new().schema(schema.clone()).example(answer.example.clone()).build();
        builder = media_types.iter().fold(builder, |builder, media_type| builder.content(*media_type, content.clone()));
    }
    for (name, description, example) in &answer.headers {
        builder = builder.header(*name, headers::text(description, example));
    }
    for media_type in &answer.also {
        builder = builder.content(*media_type, ContentBuilder::new().schema(Some(operation::text())).build());
    }
    builder = headers::common(builder, route.access);
    if route.operation.is_tagged {
        builder = builder.header("ETag", headers::etag());
    }
    if answer.has_location {
        builder = builder.header("Location", headers::location());
    }
    if answer.has_links {
        builder = builder.header("Link", headers::link());
    }
    if route.operation.is_replayed {
        builder = builder.header("Idempotent-Replayed", headers::replayed());
    }
    for follow in &answer.links {
        let link = Link::builder().operation_id(follow.operation).parameter(follow.parameter, follow.value).build();
        builder = builder.link(follow.operation, link);
    }
    builder.build()
}

fn http_method(method: &Method) -> Option<HttpMethod> {
    Some(match *method {
        Method::GET => HttpMethod::Get,
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => return None,
    })
}
