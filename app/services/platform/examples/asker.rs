//! `asker`: a service with one route, which asks accounts whom an id would pay.
//!
//! Tests of the way between two services start it where the consumer is.

use std::process::ExitCode;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use apierror::{ApiError, Code};
use assembly::{Resources, Service};
use auth::Permission;
use mux::{About, Routes, operation, reply};
use peers::{Asking, Payees};
use request::Id;
use serde_json::json;
use types::UserId;

const SERVICE: Service = Service {
    name: "asker",
    version: "0.0.0",
    summary: "Asks accounts whom an id would pay",
    about,
    tables,
    work: |_, _| Ok(()),
    jobs: |_, runner| Ok(runner),
    seeds: &[],
    mails: false,
    entry: "/openapi.json",
    first_steps: |_| String::new(),
};

struct App {
    payees: Arc<dyn Payees>,
}

fn main() -> ExitCode {
    assembly::run(&SERVICE)
}

fn about() -> About {
    About {
        title: "Asker".to_owned(),
        version: SERVICE.version.to_owned(),
        description: "Asks accounts whom an id would pay.".to_owned(),
        contact: ("Marquee".to_owned(), "https://example.com/marquee".to_owned()),
    }
}

fn tables(resources: &Resources) -> Vec<Routes> {
    let Resources { settings, payees, readiness, .. } = resources.clone();
    let people = Routes::new("people", "Whom one can pay.").data(App { payees }).get(
        "/v1/people/{id}",
        Permission::PayeesRead,
        operation("query_person", "Ask whom an id would pay").responds(200, "application/json").refuses(Code::NotFound),
        query_by_id,
    );
    let check = checkapp::App { readiness, version: SERVICE.version, environment: settings.env.as_str() };
    vec![people, checkapp::routes(check)]
}

async fn query_by_id(app: Data<App>, asking: Asking, Id(user_id): Id<UserId>) -> Result<HttpResponse, ApiError> {
    let payee = app.payees.find(&asking, user_id).await?.ok_or(ApiError::new(Code::NotFound))?;
    reply::unkept(StatusCode::OK, &json!({ "id": payee.user_id.uuid(), "name": payee.name }))
}
