//! The live feed of this process: it follows the events, and makes room when the process stops.

use anyhow::{Context as _, Result};
use database::Database;
use events::Follower;
use events::nats::Tap;
use secrecy::ExposeSecret as _;
use service::Tasks;
use tokio::sync::watch;

use crate::Resources;

/// Connections to the database of its own: one to read what the broker did not bring.
const CONNECTIONS: usize = 1;

/// How much of the drain those who are connected are spread over; the rest is for them to be gone.
const SPREAD: f64 = 0.8;

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
            () = stopping.cancelled() => {}
            () = readiness.draining() => feed.drain(window.mul_f64(SPREAD)),
        }
    });
    Ok(())
}
