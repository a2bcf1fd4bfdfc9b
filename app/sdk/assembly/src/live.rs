//! The live feed of this process: it follows the events, and makes room when the process stops.

use anyhow::{Context as _, Result};
use database::Database;
use events::Follower;
use events::nats::Tap;
use secrecy::ExposeSecret as _;
use service::Tasks;
use settings::Settings;
use tokio::sync::watch;

use crate::Resources;

/// Connections to the database of its own: one to read what the broker did not bring.
const CONNECTIONS: usize = 1;

/// How much of the drain those who are connected are spread over; the rest is for them to be gone.
const SPREAD: f64 = 0.8;

/// Files that are for all else: requests, the database, the log.
fn reserve(settings: &Settings) -> usize {
    512 + usize::try_from(settings.db.max_connections).unwrap_or(usize::MAX)
}

/// What the feed is limited by in a process that may open so many files, `None` for any number: its connections are files, and where
/// there are none left, no request is answered any more.
pub(crate) fn limits(settings: &Settings, files: Option<usize>) -> settings::Live {
    let mut live = settings.live.clone();
    let room = files.map_or(usize::MAX, |files| files.saturating_sub(reserve(settings)).max(1));
    if live.max_connections > room {
        tracing::warn!(
            max_connections = room,
            wanted = live.max_connections,
            "there may be fewer live connections than live.max_connections: the limit of open files is lower"
        );
        live.max_connections = room;
    }
    live
}

/// Starts to follow the events, whose `position` the relay knows.
pub(crate) async fn start(
    tasks: &Tasks,
    resources: &Resources,
    database: &Database,
    position: watch::Receiver<i64>,
) -> Result<()> {
    let settings = &resources.settings;
    let limits = database::limits(&settings.db, "live");
    let own = sqldb::Settings { max_connections: CONNECTIONS, min_connections: 0, ..limits };
    let db = database.open(own).context("db")?;
    let tap = match &settings.events.nats_url {
        Some(broker) => Some(Tap::connect(broker.expose_secret()).await.context("events.nats_url")?),
        None => None,
    };
    let memory = u32::try_from(settings.live.memory).unwrap_or(u32::MAX);
    let (feed, follower) = (resources.feed.clone(), Follower::new(db, position, tap, memory));
    tasks.spawn("follow events", move |stopping| async move {
        tokio::select! {
            () = stopping.cancelled() => {}
            () = feed.run(follower) => {}
        }
    });
    let (feed, readiness, window) = (resources.feed.clone(), resources.readiness.clone(), settings.web.drain);
    tasks.spawn("drain the live feed", move |stopping| async move {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = readiness.draining() => feed.drain(window.mul_f64(SPREAD)),
        }
        // The stop waits for this task, and so for those who are told good-bye.
        feed.left().await;
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_connections_than_files_beside_those_for_all_else() {
        let mut settings = settings::load(&settings::Sources::default()).unwrap().settings;
        settings.live.max_connections = 15_000;
        for (files, connections) in
            [(None, 15_000), (Some(20_000), 15_000), (Some(4096), 4096 - reserve(&settings)), (Some(256), 1)]
        {
            assert_eq!(limits(&settings, files).max_connections, connections, "{files:?}");
        }
    }
}
