//! The debug listener: what operators and their tools read, never reachable from outside.

pub(crate) mod build;
pub(crate) mod filter;
pub(crate) mod guard;
pub(crate) mod problem;
pub(crate) mod profiles;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, Error, HttpResponse};
use webconsole::Console;

use self::filter::LogFilter;
use self::guard::Guard;
use self::profiles::Profiles;
use crate::mailbox;
use crate::ready::Readiness;

/// What the debug listener shows.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) environment: &'static str,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: telemetry::Metrics,
    /// Who may see more than probes and scrapers do.
    pub(crate) guard: Guard,
    /// What is logged.
    pub(crate) log: LogFilter,
    pub(crate) profiles: Profiles,
    pub(crate) runtimes: runtimes::Runtimes,
    /// The mails that are kept in place of being sent.
    pub(crate) mailbox: Option<mail::Mailbox>,
    /// The pages about all of it.
    pub(crate) console: Console,
}

pub(crate) fn app(
    shown: Shown,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let Shown { mailbox, guard, log, profiles, console, .. } = shown.clone();
    App::new()
        .app_data(Data::new(shown))
        .route("/metrics", web::get().to(metrics))
        .route("/livez", web::get().to(HttpResponse::Ok))
        .route("/readyz", web::get().to(readyz))
        .route("/buildinfo", web::get().to(build_info))
        .route("/debug/runtime", web::get().to(runtime))
        .configure(filter::routes(log))
        .configure(profiles::routes(profiles))
        .configure(console.pages())
        .configure(|config| {
            if let Some(mailbox) = mailbox {
                config.configure(mailbox::pages(mailbox));
            }
        })
        .wrap(from_fn(move |request, next| guard::layer(guard.clone(), request, next)))
}

/// Brings the metrics up to date that nobody counts while they happen.
pub(crate) fn export(runtimes: &runtimes::Runtimes) {
    runtimes.export();
    profiles::export_allocator();
}

async fn metrics(shown: Data<Shown>) -> HttpResponse {
    export(&shown.runtimes);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(shown.metrics.render())
}

async fn readyz(shown: Data<Shown>) -> HttpResponse {
    match shown.readiness.check().await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(unready) => HttpResponse::ServiceUnavailable().body(format!("{unready}\n")),
    }
}

async fn build_info(shown: Data<Shown>) -> HttpResponse {
    HttpResponse::Ok().json(build::info(shown.name, shown.version, shown.environment))
}

/// What the runtimes are doing, and who blocks them.
async fn runtime(shown: Data<Shown>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(shown.runtimes.report())
}
