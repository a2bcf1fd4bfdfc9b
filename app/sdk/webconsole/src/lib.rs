//! The pages that show an operator what happens in this process, on the debug listener below `/console`.
//!
//! What is shown is what the process knows of itself: its settings with their sources, its limits, the last requests with their
//! statements and log lines, its metrics of the last minutes, its routes and who may call them, events and jobs, and in
//! development the mails that were not sent. The pages are one script, embedded; they read `/console/api`, of which every
//! answer is bounded. Nothing is loaded from elsewhere, and nothing is asked of a collector or a server of metrics.
//!
//! In development what was given up may be tried again or dropped from here. Elsewhere the console changes nothing.

mod answer;
mod assets;
mod background;
mod charts;
mod history;
mod home;
mod mails;
mod requests;
mod routes;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix_web::middleware::Compress;
use actix_web::web::{self, Data, ServiceConfig};
use futures_util::future::BoxFuture;
use sqldb::Db;

use crate::history::History;
pub use crate::routes::Line;

/// How often the metrics are looked at, for the charts.
pub const SAMPLE: Duration = Duration::from_secs(2);

/// How long the database may take to answer a page: it may be what is wrong.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What an application has to show, beside what every process has.
#[derive(Clone, Default)]
pub struct Views {
    /// The database, for migrations, events and jobs.
    pub db: Option<Db>,
    /// The routes.
    pub routes: Vec<Line>,
    /// Mails that are kept in place of being sent.
    pub mailbox: Option<mail::Mailbox>,
}

/// What a process knows of itself.
pub struct Process {
    /// The name of its program.
    pub name: &'static str,
    /// The version of its program.
    pub version: &'static str,
    /// Where it runs.
    pub environment: settings::Environment,
    /// Every setting with its source, secrets masked.
    pub settings: Vec<settings::Shown>,
    /// Where the API is reached, if that is known.
    pub api_url: Option<String>,
    /// Requests that may be in work at once.
    pub max_in_flight: usize,
    /// Units of work that may wait for a connection at once.
    pub max_waiters: usize,
    /// The requests that are kept.
    pub requests: telemetry::recorder::Requests,
    /// The metrics.
    pub metrics: telemetry::Metrics,
    /// Whether it should be sent requests; the words are why not.
    pub ready: Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

/// The console of a process; its clones are one.
#[derive(Clone)]
pub struct Console(Arc<Inner>);

struct Inner {
    process: Process,
    views: Views,
    started: SystemTime,
    history: History,
}

impl Console {
    /// A console that shows this process and its application.
    #[must_use]
    pub fn new(process: Process, views: Views) -> Self {
        Self(Arc::new(Inner { process, views, started: SystemTime::now(), history: History::default() }))
    }

    /// Looks at the metrics; to be called every [`SAMPLE`].
    pub fn sample(&self) {
        self.0.history.take(&self.0.process.metrics.render(), SystemTime::now());
    }

    /// Adds the pages.
    pub fn pages(self) -> impl FnOnce(&mut ServiceConfig) {
        move |config| {
            config.app_data(Data::new(self));
            let api = web::scope("/api")
                .route("/home", web::get().to(home::home))
                .route("/charts", web::get().to(charts::charts))
                .route("/requests", web::get().to(requests::query))
                .route("/traces/{trace_id}", web::get().to(requests::query_by_id))
                .route("/routes", web::get().to(routes::query))
                .route("/background", web::get().to(background::query))
                .route("/jobs/{job_id}/retry", web::post().to(background::retry_job))
                .route("/jobs/{job_id}/drop", web::post().to(background::drop_job))
                .route("/letters/{consumer}/{event_id}/retry", web::post().to(background::retry_letter))
                .route("/letters/{consumer}/{event_id}/drop", web::post().to(background::drop_letter))
                .route("/mails", web::get().to(mails::query))
                .route("/mails/{mail_id}", web::get().to(mails::query_by_id))
                .default_service(web::to(answer::nothing));
            config.service(
                web::scope("/console")
                    .wrap(Compress::default())
                    .service(api)
                    .route("/assets/{name}", web::get().to(assets::asset))
                    .default_service(web::get().to(assets::page)),
            );
        }
    }

    fn process(&self) -> &Process {
        &self.0.process
    }

    fn is_development(&self) -> bool {
        self.0.process.environment == settings::Environment::Development
    }

    fn db(&self) -> Option<&Db> {
        self.0.views.db.as_ref()
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").finish_non_exhaustive()
    }
}

/// Asks the database something, and does not wait long for it.
async fn within<T>(work: impl Future<Output = T>) -> T {
    sqldb::within(tokio::time::Instant::now() + PATIENCE, work).await
}

/// Milliseconds since 1970, as scripts have times.
fn millis(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
