//! What a developer's machine gets without asking: a schema, users, films, and where to begin.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use database::Database;
use seeding::{PASSWORD, Permit, Seed, Seeded, USERS};
use service::reachable;

use crate::{Resources, Service};

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

/// Fills an empty database with the users and the films of the seed, and each empty table that has one of `seeds` with
/// that. A database that somebody works with is left alone otherwise.
pub(crate) async fn seed(program: &str, seeds: &[Seed], database: &Database, resources: &Resources) {
    let Ok(permit) = Permit::of(resources.settings.env) else { return };
    let limits = database::limits(&resources.settings.db, program);
    let patient = sqldb::Settings { max_connections: 1, min_connections: 0, deadline: PATIENCE, ..limits };
    let filled = async {
        let db = database.open(patient)?;
        anyhow::Ok(seeding::fill(permit, &db, &resources.users).await?)
    };
    match filled.await {
        Ok(None) => {}
        Ok(Some(Seeded { users_created, films })) => {
            tracing::info!(users = users_created.len(), films = films.created, "seeded the database");
        }
        Err(error) => tracing::warn!(cause = format!("{error:#}"), "the database was not seeded"),
    }
    for seed in seeds {
        match seed.fill(permit, &resources.db, &resources.users).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "seeded {}", seed.name),
            Err(error) => {
                let cause = format!("{:#}", anyhow::Error::from_boxed(error));
                tracing::warn!(cause, "{} were not seeded", seed.name);
            }
        }
    }
}

/// Tells the person at the terminal where to begin.
pub(crate) fn welcome(
    public: SocketAddr,
    debug: SocketAddr,
    database: Option<&str>,
    keeps_mail: bool,
    service: &Service,
) {
    let (public, debug) = (reachable(public), reachable(debug));
    // Beside the log, which may be JSON or a file. Nobody is left to tell when this fails.
    let _ = io::stderr().write_all(text(public, debug, database, keeps_mail, service).as_bytes());
}

fn text(public: SocketAddr, debug: SocketAddr, database: Option<&str>, keeps_mail: bool, service: &Service) -> String {
    let (entry, first_steps) = (service.entry, (service.first_steps)(public));
    let mut users = String::new();
    for (_, email, role) in USERS {
        users.push_str(&format!("    {email:<24}{role}\n"));
    }
    let mail = if keeps_mail { format!("  mail          http://{debug}/mail\n") } else { String::new() };
    let database = database.map(|psql| format!("  database      {psql}\n")).unwrap_or_default();
    format!(
        "\nMarquee is ready\n\
         \x20 API           http://{public}{entry}\n\
         \x20 documentation http://{public}/docs\n\
         \x20 console       http://{debug}/console\n\
         \x20 metrics       http://{debug}/metrics\n\
         {mail}{database}\
         \n  users of development, each with the password {PASSWORD}\n{users}\
         \n{first_steps}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Service = Service {
        name: "example",
        version: "0",
        summary: "an example",
        about: || unreachable!("nobody asks"),
        speaks_for: None,
        tables: |_| Vec::new(),
        work: |_, _| Ok(()),
        jobs: |_, runner| Ok(runner),
        seeds: &[],
        mails: false,
        cards: false,
        media: false,
        live: None,
        entry: "/here",
        first_steps: |public| format!("go to {public}"),
    };

    #[test]
    fn a_listener_on_every_address_is_shown_where_it_can_be_reached() {
        for (bound, shown) in [
            ("0.0.0.0:3000", "http://127.0.0.1:3000/docs"),
            ("[::]:3000", "http://[::1]:3000/docs"),
            ("192.0.2.7:80", "http://192.0.2.7:80/docs"),
        ] {
            let text = text(reachable(bound.parse().unwrap()), "127.0.0.1:3010".parse().unwrap(), None, true, &SERVICE);
            assert!(text.contains(shown), "{bound}: {text}");
        }
    }
}
