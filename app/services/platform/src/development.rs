//! What a developer's machine gets without asking: a schema, users, films, and where to begin.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use database::Database;
use seeding::{PASSWORD, Permit, USERS};
use settings::Settings;
use tokio_util::sync::CancellationToken;

use crate::Domains;

/// Brings the schema up to date. A server that is away is told by readiness, as everywhere.
pub(crate) async fn migrate(database: &Database) {
    match migrate::up(database.url()).await {
        Ok(report) if report.applied.is_empty() => {}
        Ok(report) => tracing::info!(applied = report.applied.len(), "migrated the database"),
        Err(error) => tracing::warn!(%error, "the database was not migrated"),
    }
}

/// Fills an empty database with the users and the films of the seed. A catalogue that somebody works with is left alone.
pub(crate) async fn seed(domains: &Domains, settings: &Settings) {
    let Ok(permit) = Permit::of(settings.env) else { return };
    let movies = moviebus::Business::new(domains.db.clone());
    let seeded = async {
        if !seeding::is_empty(&domains.users, &movies).await? {
            return Ok(None);
        }
        seeding::seed(permit, &domains.users, &movies, &CancellationToken::new()).await.map(Some)
    };
    match seeded.await {
        Ok(None) => {}
        Ok(Some(seeded)) => {
            let films = seeded.films;
            tracing::info!(users = seeded.users_created.len(), films = films.created, "seeded the database");
        }
        Err(error) => tracing::warn!(%error, "the database was not seeded"),
    }
}

/// Tells the person at the terminal where to begin.
pub(crate) fn welcome(public: SocketAddr, debug: SocketAddr, database: Option<&str>) {
    // Beside the log, which may be JSON or a file. Nobody is left to tell when this fails.
    let _ = io::stderr().write_all(text(public, debug, database).as_bytes());
}

fn text(public: SocketAddr, debug: SocketAddr, database: Option<&str>) -> String {
    let mut users = String::new();
    for (_, email, role) in USERS {
        users.push_str(&format!("    {email:<24}{role}\n"));
    }
    let database = database.map(|psql| format!("  database      {psql}\n")).unwrap_or_default();
    let login = format!(
        "curl -s http://{public}/v1/auth/login -H 'Content-Type: application/json' \
         -d '{{\"email\":\"editor@example.com\",\"password\":\"{PASSWORD}\"}}' \
         | sed -E 's/.*\"access_token\":\"([^\"]+)\".*/\\1/'"
    );
    format!(
        "\nMarquee is ready\n\
         \x20 API           http://{public}/v1/movies?q=godfather\n\
         \x20 documentation http://{public}/docs\n\
         \x20 metrics       http://{debug}/metrics\n\
         {database}\
         \n  users of development, each with the password {PASSWORD}\n{users}\
         \n  add a film:\n\
         \x20   curl -i http://{public}/v1/movies \\\n\
         \x20     -H \"Authorization: Bearer $({login})\" \\\n\
         \x20     -H 'Content-Type: application/json' \\\n\
         \x20     -d '{{\"title\":\"My First Film\",\"year\":2026,\"price\":{{\"amount\":990,\"currency\":\"USD\"}},\"stock\":3}}'\n\n"
    )
}
