//! The smallest service: routes for everybody, and no database. The arguments of its program are settings, as `web.drain=1s`.

use std::process::ExitCode;

use actix_web::http::header::HeaderMap;
use apierror::ApiError;
use auth::Caller;
use futures_util::future::LocalBoxFuture;
use mux::{About, Authenticate, Builder, Routes};
use service::Parts;
use settings::{Flags, Sources};
use webconsole::Views;

struct Nobody;

impl Authenticate for Nobody {
    fn authenticate<'r>(&'r self, _: &'r HeaderMap) -> LocalBoxFuture<'r, Result<Caller, ApiError>> {
        Box::pin(async { Ok(Caller::Anonymous) })
    }
}

/// Serves these routes until it is told to stop.
pub(crate) fn serve(name: &'static str, summary: &'static str, routes: fn() -> Routes) -> ExitCode {
    let flags = Flags { set: std::env::args().skip(1).collect(), ..Flags::default() };
    let loaded = settings::load(&Sources { flags, environment: Vec::new(), dotenv: None });
    service::run(name, env!("CARGO_PKG_VERSION"), loaded, async |start| {
        start.readiness.probe(|| Box::pin(async { Ok(()) })).await;
        let about = About {
            title: name.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: summary.into(),
            contact: ("Nobody".into(), "https://example.com/".into()),
        };
        let api = Builder::new(about, Nobody, mux::Settings::default()).routes(routes()).build()?;
        Ok(Parts { api, mailbox: None, console: Views::default(), ready: Box::new(|_, _| ()), close: Box::new(|| ()) })
    })
}
