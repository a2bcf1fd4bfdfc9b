//! What an API serves about itself: `/openapi.json`, the reference at `/docs`, the policy, pages about problems.

mod policy;

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use actix_http::encoding::Decoder;
use actix_web::body::BodyStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentEncoding, HeaderValue};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use apierror::{ApiError, Code};
use futures_util::stream;
use utoipa_swagger_ui::{Config, SwaggerFile};

use crate::api::BuildError;
use crate::compress;
use crate::openapi::{About, describe};
use crate::operation::operation;
use crate::route::{Access, Routes};

const DOCUMENT: &str = "/openapi.json";

/// Where the policy is, beside the reference.
pub(crate) const POLICY: &str = "/docs/policy";

/// The reference is a script that draws its own styles; both are served from here, and nothing else is reached.
const REFERENCE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
);
const PAGE_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const REVALIDATE: HeaderValue = HeaderValue::from_static("public, no-cache");

/// What the whole says of itself that an API is a part of.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// Its description (OpenAPI), as JSON.
    pub description: &'static str,
    /// The page of its policy, as [`policy_page`] makes it.
    pub policy: &'static str,
}

/// What is served.
pub(crate) struct Documents {
    title: String,
    description: Bytes,
    tag: HeaderValue,
    policy: Cow<'static, str>,
    reference: Arc<Config<'static>>,
}

/// The routes that serve what an API says of itself, beside its `tables`.
///
/// # Errors
///
/// Fails when two operations clash.
pub fn pages(about: &About, tables: &[Routes]) -> Result<Routes, BuildError> {
    Ok(routes(Documents::new(about, tables)?))
}

/// The page of the policy, as [`pages`] serve it.
pub fn policy_page(about: &About, tables: &[Routes]) -> String {
    html(&about.title, "Policy", &policy::body(tables))
}

impl Documents {
    /// What the API of these tables says of itself.
    pub(crate) fn new(about: &About, tables: &[Routes]) -> Result<Self, BuildError> {
        let description = describe(about, tables)?;
        let reference = Config::from(DOCUMENT)
            .validator_url("none")
            .try_it_out_enabled(true)
            .persist_authorization(true)
            .display_operation_id(true);
        Ok(Self {
            title: about.title.clone(),
            tag: tag(&description),
            description: description.into(),
            policy: policy_page(about, tables).into(),
            reference: Arc::new(reference),
        })
    }

    /// The same with what the whole says.
    pub(crate) fn of(self, Whole { description, policy }: Whole) -> Self {
        let description = Bytes::from_static(description.as_bytes());
        Self { tag: tag(&description), description, policy: policy.into(), ..self }
    }
}

/// The routes that serve them.
pub(crate) fn routes(documents: Documents) -> Routes {
    let describes = operation("describe_api", "Describe the API").responds(200, "application/json");
    let page = |id| operation(id, "Explain").responds(200, "text/html");
    Routes::new("docs", "What the API says of itself")
        .get(DOCUMENT, Access::Open, describes, document)
        .get("/docs", Access::Open, operation("docs", "Find the reference"), to_reference)
        .get(POLICY, Access::Open, page("explain_policy"), explain_policy)
        .get("/docs/{file*}", Access::Open, operation("read_docs", "Read it"), reference_file)
        .get("/problems", Access::Open, page("list_problems"), problems)
        .get("/problems/{slug}", Access::Open, page("explain_problem"), problem)
        .data(documents)
}

async fn document(documents: Data<Documents>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::ETAG, documents.tag.clone()))
        .insert_header((header::CACHE_CONTROL, REVALIDATE))
        .body(documents.description.clone())
}

/// The pages name their parts relative to a path that ends in a slash.
async fn to_reference() -> HttpResponse {
    HttpResponse::build(StatusCode::PERMANENT_REDIRECT).insert_header((header::LOCATION, "/docs/")).finish()
}

async fn reference_file(
    request: HttpRequest,
    name: Path<String>,
    documents: Data<Documents>,
) -> Result<HttpResponse, ApiError> {
    let file = utoipa_swagger_ui::serve(&name, Arc::clone(&documents.reference))
        .ok()
        .flatten()
        .ok_or_else(|| ApiError::new(Code::NotFound))?;
    let SwaggerFile { bytes, content_type, gzpipped, .. } = file;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CONTENT_SECURITY_POLICY, REFERENCE_POLICY))
        .insert_header((header::CACHE_CONTROL, REVALIDATE))
        .insert_header((header::ETAG, tag(&bytes)));
    let bytes = Bytes::from(bytes.into_owned());
    if !gzpipped {
        return Ok(answer.body(bytes));
    }
    answer.insert_header((header::VARY, "accept-encoding"));
    if compress::takes_gzip(&request) {
        return Ok(answer.insert_header(ContentEncoding::Gzip).body(bytes));
    }
    let whole = stream::once(std::future::ready(Ok(bytes)));
    Ok(answer.body(BodyStream::new(Decoder::new(whole, ContentEncoding::Gzip))))
}

async fn explain_policy(documents: Data<Documents>) -> HttpResponse {
    served(documents.policy.clone().into_owned())
}

async fn problems(documents: Data<Documents>) -> HttpResponse {
    let mut list = String::from("<ul>");
    for code in Code::ALL {
        let _ = write!(
            list,
            "<li><a href=\"/problems/{slug}\">{slug}</a> ({status}): {title}</li>",
            slug = code.slug(),
            status = code.status().as_u16(),
            title = escape(code.title()),
        );
    }
    list.push_str("</ul>");
    page(&documents.title, "Problems", &list)
}

async fn problem(slug: Path<String>, documents: Data<Documents>) -> Result<HttpResponse, ApiError> {
    let code =
        Code::ALL.into_iter().find(|code| code.slug() == slug.as_str()).ok_or_else(|| ApiError::new(Code::NotFound))?;
    let text = format!(
        "<p>Status code {status}, type <code>/problems/{slug}</code>.</p><p>{description}</p>\
         <p><a href=\"/problems\">All problems</a></p>",
        status = code.status().as_u16(),
        slug = code.slug(),
        description = escape(code.description()),
    );
    Ok(page(&documents.title, code.title(), &text))
}

fn page(api: &str, heading: &str, body: &str) -> HttpResponse {
    served(html(api, heading, body))
}

fn served(html: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HTML))
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((header::CACHE_CONTROL, REVALIDATE))
        .insert_header((header::ETAG, tag(html.as_bytes())))
        .body(html)
}

fn html(api: &str, heading: &str, body: &str) -> String {
    let (api, heading) = (escape(api), escape(heading));
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{heading} - {api}</title>\
         <style>body{{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;\
         padding:0 1rem}}code{{background:#8882;padding:.1em .3em}}\
         .wide{{position:relative;left:50%;transform:translateX(-50%);width:min(76rem,96vw);margin:2rem 0;overflow-x:auto}}\
         table{{border-collapse:collapse;width:100%;font-size:.9rem}}th,td{{border:1px solid #8885;padding:.4em .6em;\
         text-align:left;vertical-align:top}}thead th{{background:#8882}}tbody th{{font-weight:400;min-width:16rem}}\
         td code{{white-space:nowrap;line-height:1.9}}dl{{display:grid;grid-template-columns:4rem 1fr;gap:.3rem .8rem}}\
         dd{{margin:0}}dt{{text-align:center}}.any{{background:#2a82}}.own{{background:#d902}}.none{{color:#888}}\
         @media(prefers-color-scheme:dark){{body{{background:#111;color:#ddd}}a{{color:#8bf}}}}\
         </style><h1>{heading}</h1>{body}</html>"
    )
}

/// Text as HTML; what stands between backticks is code.
fn escape(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped
        .split('`')
        .enumerate()
        .map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() })
        .collect()
}

/// An entity tag that changes with the bytes.
pub fn tag(bytes: &[u8]) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    HeaderValue::try_from(tag).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}
