//! Profiles over HTTP, under the paths that `go tool pprof` and its like ask for.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use actix_web::http::header::{self, ContentType};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use apierror::{ApiError, Code};
use mux::{Connection, unless_gone};
use profiling::{Format, HIGHEST_FREQUENCY, LONGEST, Profile, Profiler};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::problem;

const SECONDS: u32 = 10;
const FREQUENCY: u32 = 99;

/// A picture brings its own style, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const INDEX: &str = include_str!("index.html");

/// What takes profiles.
#[derive(Clone)]
pub(crate) struct Profiles {
    profiler: Profiler,
    closing: CancellationToken,
}

pub(crate) fn routes(profiles: Profiles) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(Data::new(profiles));
        config
            .route("/debug", web::get().to(index))
            .route("/debug/pprof", web::get().to(index))
            .route("/debug/pprof/", web::get().to(index))
            .route("/debug/pprof/profile", web::get().to(cpu))
            .route("/debug/pprof/heap", web::get().to(heap))
            .route("/debug/allocator", web::get().to(allocator));
    }
}

impl Profiles {
    /// Takes profiles until `closing` is cancelled.
    pub(crate) fn new(closing: CancellationToken) -> Self {
        Self { profiler: Profiler::new(), closing }
    }
}

/// What there is.
async fn index() -> HttpResponse {
    let note = if profiling::ALLOCATOR == "jemalloc" { "" } else { profiling::HOW_TO_GET_HEAP_PROFILES };
    HttpResponse::Ok()
        .insert_header(ContentType::html())
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(INDEX.replace("{note}", note))
}

async fn cpu(profiles: Data<Profiles>, request: HttpRequest) -> HttpResponse {
    let work = async {
        let query = Query::of(&request, &["seconds", "frequency", "format", "debug"])?;
        let seconds = query.number("seconds", SECONDS, u32::try_from(LONGEST.as_secs()).unwrap_or(u32::MAX))?;
        let frequency = query.number("frequency", FREQUENCY, HIGHEST_FREQUENCY)?;
        let format = query.format(&request)?;
        let time = Duration::from_secs(u64::from(seconds));
        let profile = profiles.profiler.cpu(time, frequency).await.map_err(refused)?;
        render(profile, format, "profile.pb.gz").await
    };
    answer(&profiles, &request, work).await
}

async fn heap(profiles: Data<Profiles>, request: HttpRequest) -> HttpResponse {
    let work = async {
        let format = Query::of(&request, &["format", "debug"])?.format(&request)?;
        let profile = profiles.profiler.heap().await.map_err(refused)?;
        render(profile, format, "heap.pb.gz").await
    };
    answer(&profiles, &request, work).await
}

async fn allocator(request: HttpRequest) -> HttpResponse {
    match profiling::statistics() {
        Ok(statistics) => {
            let note = statistics.is_none().then_some(profiling::HOW_TO_GET_HEAP_PROFILES);
            let body = json!({"allocator": profiling::ALLOCATOR, "bytes": statistics, "note": note});
            HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
        }
        Err(error) => problem::answer(&refused(error), request.path()),
    }
}

/// The allocator's figures as metrics.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and memory is less than 2^53 bytes")]
pub(crate) fn export_allocator() {
    let Ok(Some(figures)) = profiling::statistics() else { return };
    metrics::describe_gauge!(
        "allocator_bytes",
        metrics::Unit::Bytes,
        "What the allocator has and has given, by state."
    );
    for (state, bytes) in [
        ("allocated", figures.allocated),
        ("active", figures.active),
        ("resident", figures.resident),
        ("mapped", figures.mapped),
        ("retained", figures.retained),
        ("metadata", figures.metadata),
    ] {
        metrics::gauge!("allocator_bytes", "state" => state).set(bytes as f64);
    }
}

/// The answer that some work comes to, as long as its client is there and the listener open.
async fn answer(
    profiles: &Profiles,
    request: &HttpRequest,
    work: impl Future<Output = Result<HttpResponse, ApiError>>,
) -> HttpResponse {
    let work = unless_gone(request.conn_data::<Connection>(), work);
    let answer = tokio::select! {
        answer = work => answer.unwrap_or_else(|| Err(ApiError::new(Code::RequestTimeout))),
        () = profiles.closing.cancelled() => {
            Err(ApiError::unavailable(Duration::from_secs(1)).with_detail("the process is about to stop"))
        }
    };
    answer.unwrap_or_else(|error| problem::answer(&error, request.path()))
}

/// Drawing and compressing take their time as well.
async fn render(profile: Profile, format: Format, name: &str) -> Result<HttpResponse, ApiError> {
    let rendered = tokio::task::spawn_blocking(move || profile.render(format)).await;
    let body = rendered.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, format.media_type()))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if format == Format::Pprof {
        answer.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    }
    Ok(answer.body(body))
}

fn refused(error: profiling::Error) -> ApiError {
    match &error {
        profiling::Error::Busy => {
            ApiError::new(Code::Conflict).with_detail("another profile is being taken: there is one at a time")
        }
        profiling::Error::NotBuilt => ApiError::new(Code::NotFound).with_detail(profiling::HOW_TO_GET_HEAP_PROFILES),
        profiling::Error::Limits(words) => ApiError::new(Code::Invalid).with_detail(words.clone()),
        profiling::Error::Failed(_) => {
            tracing::error!(cause = %error, "a profile could not be taken");
            ApiError::internal(error)
        }
    }
}

/// The parameters of a request.
struct Query(BTreeMap<String, String>);

impl Query {
    /// What is known, each once, and nothing else.
    fn of(request: &HttpRequest, known: &[&str]) -> Result<Self, ApiError> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        let pairs = pairs.map_err(|_| invalid("the query cannot be read"))?.into_inner();
        let (count, pairs): (usize, BTreeMap<String, String>) = (pairs.len(), pairs.into_iter().collect());
        if pairs.len() != count || pairs.keys().any(|name| !known.contains(&name.as_str())) {
            return Err(invalid(format!("the query takes {}, each once", known.join(", "))));
        }
        Ok(Self(pairs))
    }

    fn number(&self, name: &str, default: u32, most: u32) -> Result<u32, ApiError> {
        let Some(text) = self.0.get(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| invalid(format!("`{name}` is a whole number from 1 to {most}")))
    }

    /// As the query has it (`debug=1` is text, as Go's is), else as the client likes it best of what it names.
    fn format(&self, request: &HttpRequest) -> Result<Format, ApiError> {
        if let Some(name) = self.0.get("format") {
            let names = || Format::ALL.map(Format::name).join(", ");
            let format = Format::ALL.into_iter().find(|format| format.name() == name);
            return format.ok_or_else(|| invalid(format!("`format` is one of {}", names())));
        }
        if self.0.get("debug").is_some_and(|level| level != "0") {
            return Ok(Format::Text);
        }
        let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let named = accept.split(',').find_map(|range| match range.split(';').next().unwrap_or_default().trim() {
            "image/svg+xml" => Some(Format::Svg),
            "text/plain" => Some(Format::Text),
            _ => None,
        });
        Ok(named.unwrap_or(Format::Pprof))
    }
}

fn invalid(words: impl Into<String>) -> ApiError {
    ApiError::new(Code::Invalid).with_detail(words.into())
}
