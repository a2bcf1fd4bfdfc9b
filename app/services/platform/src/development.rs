//! What a developer's machine gets without asking: a schema, users, films, and where to begin.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use database::Database;
use seeding::{PASSWORD, Permit, Seeded, USERS};
use settings::Settings;
use tokio_util::sync::CancellationToken;

use crate::Domains;

/// How long an empty database may take to fill, waiting for another program that fills it included.
const PATIENCE: Duration = Duration::from_secs(120);

/// Brings the schema up to date. A server that is away is told by readiness, as everywhere.
pub(crate) async fn migrate(database: &Database) {
    match migrate::up(database.url()).await {
        Ok(report) if report.applied.is_empty() => {}
        Ok(report) => tracing::info!(applied = report.applied.len(), "migrated the database"),
        Err(error) => {
            tracing::warn!(cause = format!("{:#}", anyhow::Error::from(error)), "the database was not migrated");
        }
    }
}

/// Fills an empty database with the users and the films of the seed. A catalogue that somebody works with is left alone.
pub(crate) async fn seed(database: &Database, domains: &Domains, settings: &Settings) {
    let Ok(permit) = Permit::of(settings.env) else { return };
    match fill(permit, database, domains, settings).await {
        Ok(None) => {}
        Ok(Some(Seeded { users_created, films })) => {
            tracing::info!(users = users_created.len(), films = films.created, "seeded the database");
        }
        Err(error) => tracing::warn!(cause = format!("{error:#}"), "the database was not seeded"),
    }
}

/// One transaction: a start that is cut short leaves an empty database, which the next one fills. Of programs that
/// start at once the second waits at the first film for the first to be done.
async fn fill(permit: Permit, database: &Database, domains: &Domains, settings: &Settings) -> Result<Option<Seeded>> {
    let limits = database::limits(&settings.db, "platform");
    let patient = sqldb::Settings { max_connections: 1, min_connections: 0, deadline: PATIENCE, ..limits };
    let movies = moviebus::Business::new(domains.db.clone());
    let db = database.open(patient)?;
    db.transact(async |tx| {
        let (users, movies) = (domains.users.with_tx(&tx), movies.with_tx(&tx));
        if !seeding::is_empty(&users, &movies).await? {
            return Ok(None);
        }
        let films = seeding::films(permit, &movies, &CancellationToken::new()).await?;
        let users_created = seeding::users(permit, &users).await?;
        Ok(Some(Seeded { users_created, films }))
    })
    .await
}

/// Tells the person at the terminal where to begin.
pub(crate) fn welcome(public: SocketAddr, debug: SocketAddr, database: Option<&str>) {
    // Beside the log, which may be JSON or a file. Nobody is left to tell when this fails.
    let _ = io::stderr().write_all(text(reachable(public), reachable(debug), database).as_bytes());
}

/// Where this machine reaches a listener; one on every address is reached by loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        _ => address,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_every_address_is_shown_where_it_can_be_reached() {
        for (bound, shown) in [
            ("0.0.0.0:3000", "http://127.0.0.1:3000/docs"),
            ("[::]:3000", "http://[::1]:3000/docs"),
            ("192.0.2.7:80", "http://192.0.2.7:80/docs"),
        ] {
            let text = text(reachable(bound.parse().unwrap()), "127.0.0.1:3010".parse().unwrap(), None);
            assert!(text.contains(shown), "{bound}: {text}");
        }
    }
}
