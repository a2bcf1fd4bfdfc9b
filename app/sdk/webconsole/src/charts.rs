//! The charts.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;

use crate::{Console, answer};

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    since: u64,
    route: Option<String>,
}

/// The samples after the one of number `since`, of one route or of all.
pub(crate) async fn charts(console: Data<Console>, asked: Query<Asked>) -> HttpResponse {
    let route = asked.route.as_deref().filter(|route| !route.is_empty());
    answer::json(&console.0.history.charts(asked.since, route))
}
