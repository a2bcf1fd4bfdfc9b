//! Good answers, with the header fields that belong to them.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use apierror::ApiError;
use chrono::SecondsFormat;
use serde::Serialize;
use types::{Timestamp, Version};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// A client may keep it, and asks each time whether it is still the current version.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Nobody may keep it.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct Collection<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last one.
    pub next: Option<String>,
    /// How many items there are in all, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub struct Money {
    /// In the minor unit of the currency, such as cents.
    amount: i64,
    /// A code of ISO 4217.
    currency: String,
}

impl From<types::Money> for Money {
    fn from(money: types::Money) -> Self {
        Self { amount: money.amount, currency: money.currency.as_str().to_owned() }
    }
}

/// Named after its items: a derived schema has the name `Collection` whatever is in it, and one list would be described
/// as the other.
impl<T: ToSchema> ToSchema for Collection<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Collection", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T: ToSchema> PartialSchema for Collection<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new()
            .items(RefOr::Ref(Ref::from_schema_name(T::name())))
            .description(Some("The items, in the order asked for."));
        let next = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("The cursor of the next page; null on the last one."));
        let total = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .description(Some("How many items there are in all, when it was asked for."));
        let list = ObjectBuilder::new()
            .description(Some("One page of a list."))
            .property("items", items)
            .property("next", next)
            .property("total", total)
            .required("items")
            .required("next");
        RefOr::T(Schema::Object(list.build()))
    }
}

/// 200 with a representation and its version. A client that has this version gets 304 instead, from the boundary.
pub fn ok<T: Serialize>(body: &T, version: Version) -> Result<HttpResponse, ApiError> {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::ETAG, etag(version))).insert_header((header::CACHE_CONTROL, PRIVATE));
    write(&mut answer, body)
}

/// 201 with the new resource's path, representation and version.
pub fn created<T: Serialize>(location: &str, body: &T, version: Version) -> Result<HttpResponse, ApiError> {
    let mut answer = HttpResponse::Created();
    answer
        .insert_header((header::LOCATION, location))
        .insert_header((header::ETAG, etag(version)))
        .insert_header((header::CACHE_CONTROL, PRIVATE));
    write(&mut answer, body)
}

/// The same answer, naming the path of what is new.
///
/// # Errors
/// The path can't stand in a header field.
pub fn located(location: &str, mut answer: HttpResponse) -> Result<HttpResponse, ApiError> {
    let location = HeaderValue::try_from(location).map_err(ApiError::internal)?;
    answer.headers_mut().insert(header::LOCATION, location);
    Ok(answer)
}

/// 204.
pub fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// A representation without a version, which nobody may keep: tokens, accounts, states of health.
pub fn unkept<T: Serialize>(status: StatusCode, body: &T) -> Result<HttpResponse, ApiError> {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::CACHE_CONTROL, NO_STORE));
    write(&mut answer, body)
}

/// 200 with one page of a list, and the way to the other pages in `Link` (RFC 8288), as
/// `request::Continuation::link` writes it.
pub fn list<T: Serialize>(page: &Collection<T>, link: &str) -> Result<HttpResponse, ApiError> {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, PRIVATE)).insert_header((header::LINK, link));
    write(&mut answer, page)
}

/// The same answer, of which nobody may keep even the header fields: for what concerns an account.
#[must_use]
pub fn unstored(mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    answer
}

/// A moment as every body has it: always in microseconds, so that texts of one length sort as the moments do.
pub fn rfc3339(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The strong entity tag of a version.
pub fn etag(version: Version) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

fn write<T: Serialize>(answer: &mut HttpResponseBuilder, body: &T) -> Result<HttpResponse, ApiError> {
    let bytes = serde_json::to_vec(body).map_err(ApiError::internal)?;
    Ok(answer.insert_header((header::CONTENT_TYPE, JSON)).body(Bytes::from(bytes)))
}
