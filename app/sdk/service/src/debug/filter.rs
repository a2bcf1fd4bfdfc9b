//! What is logged, changed while the process runs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::header::{self, ContentType, Header as _};
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use apierror::{ApiError, Code};
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::problem;
use crate::tasks::Tasks;

/// The longest time after which a filter goes back by itself.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What is logged, and what should be.
#[derive(Clone)]
pub(crate) struct LogFilter {
    filter: telemetry::Filter,
    /// The one of the settings.
    configured: String,
    tasks: Tasks,
    back: Arc<Mutex<Back>>,
}

/// When it goes back.
#[derive(Default)]
struct Back {
    until: Option<String>,
    /// Is cancelled by the next change.
    waiting: CancellationToken,
}

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    filter: String,
    #[serde(default, rename = "for")]
    time: Option<String>,
}

/// The same, in the query, beside a filter that is the body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    #[serde(default, rename = "for")]
    time: Option<String>,
}

pub(crate) fn routes(log: LogFilter) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(Data::new(log));
        config.service(web::resource("/debug/log-filter").route(web::get().to(show)).route(web::put().to(change)));
    }
}

impl LogFilter {
    pub(crate) fn new(filter: telemetry::Filter, tasks: Tasks) -> Self {
        Self { configured: filter.get(), filter, tasks, back: Arc::default() }
    }

    fn answer(&self) -> HttpResponse {
        let until = self.back.lock().unwrap_or_else(PoisonError::into_inner).until.clone();
        let body = json!({"filter": self.filter.get(), "configured": self.configured, "until": until});
        HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
    }

    fn change(&self, filter: &str, time: Option<Duration>) -> Result<(), ApiError> {
        let mut back = self.back.lock().unwrap_or_else(PoisonError::into_inner);
        self.set(filter, time)?;
        back.waiting.cancel();
        *back = Back::default();
        if let Some(time) = time {
            back.until = Some((types::now() + time).format("%Y-%m-%dT%H:%M:%SZ").to_string());
            let (log, waiting) = (self.clone(), back.waiting.clone());
            self.tasks.spawn("log filter", |stopping| async move {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = waiting.cancelled() => return,
                    () = tokio::time::sleep(time) => {}
                }
                let mut back = log.back.lock().unwrap_or_else(PoisonError::into_inner);
                if !waiting.is_cancelled() {
                    let configured = log.configured.clone();
                    // It was a filter at the start.
                    let _ = log.set(&configured, None);
                    *back = Back::default();
                }
            });
        }
        Ok(())
    }

    /// Sets the filter, and says so.
    fn set(&self, filter: &str, time: Option<Duration>) -> Result<(), ApiError> {
        let before = self.filter.get();
        // Heard whatever the two say: with the one before, and this line beside it.
        let _ = self.filter.set(&format!("{before},{}=warn", module_path!()));
        let back_after_s = time.map(|time| time.as_secs());
        tracing::warn!(before, now = filter, back_after_s, "what is logged has changed");
        self.filter.set(filter).map_err(ApiError::internal)
    }
}

async fn show(log: Data<LogFilter>) -> HttpResponse {
    log.answer()
}

async fn change(log: Data<LogFilter>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match read(&request, &body).and_then(|(filter, time)| log.change(&filter, time)) {
        Ok(()) => log.answer(),
        Err(error) => problem::answer(&error, request.path()),
    }
}

/// The filter and its time, from JSON or from text with `?for=`.
fn read(request: &HttpRequest, body: &[u8]) -> Result<(String, Option<Duration>), ApiError> {
    let invalid = |words: String| ApiError::new(Code::Invalid).with_detail(words);
    let query = web::Query::<Time>::from_query(request.query_string());
    let Time { time } = query.map_err(|_| invalid("the query has `for` and nothing else".to_owned()))?.into_inner();
    let is_json = ContentType::parse(request).is_ok_and(|kind| kind.0.essence_str() == "application/json");
    let Change { filter, time } = if is_json {
        let change: Change = serde_json::from_slice(body).map_err(|_| {
            invalid("the body is {\"filter\": \"info,sqlx=debug\", \"for\": \"10m\"}, `for` being optional".to_owned())
        })?;
        Change { time: change.time.or(time), filter: change.filter }
    } else {
        let text = str::from_utf8(body).map_err(|_| invalid("the body is the filter as text".to_owned()))?;
        Change { filter: text.trim().to_owned(), time }
    };
    if filter.parse::<settings::LogFilter>().is_err() {
        return Err(invalid(
            "the filter is a level (off, error, warn, info, debug, trace), or directives such as info,sqlx=debug"
                .to_owned(),
        ));
    }
    let time = match time.as_deref() {
        None => None,
        Some(text) => Some(
            settings::duration(text)
                .filter(|time| !time.is_zero() && *time <= LONGEST)
                .ok_or_else(|| invalid("`for` is a duration such as 30s or 10m, at most 1d".to_owned()))?,
        ),
    };
    Ok((filter, time))
}
