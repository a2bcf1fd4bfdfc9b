//! The relay of this process: what the domains announce is handed on.

use std::time::Duration;

use anyhow::{Context, Result};
use database::Database;
use events::nats::Nats;
use events::{Ended, Relay, Report};
use metrics::{counter, gauge, histogram};
use secrecy::ExposeSecret as _;
use service::Tasks;
use settings::Settings;
use sqldb::Db;

/// Connections of the relay's own, beside the one that it listens on: it keeps its parts also when requests have taken all
/// others, and takes none of theirs.
const CONNECTIONS: usize = 4;

/// How long after a fault of the relay it is started again.
const RESTART: Duration = Duration::from_secs(1);

/// How often it is counted how far the consumers are.
const MEASURE: Duration = Duration::from_secs(15);

/// Starts the part of this process in the delivery of events.
///
/// All programs of the product have the same consumers: a part of the events is handed on by any of them.
pub(crate) async fn start(tasks: &Tasks, settings: &Settings, database: &Database) -> Result<()> {
    let limits = database::limits(&settings.db, "events");
    let own = sqldb::Settings { max_connections: CONNECTIONS, min_connections: 1, ..limits };
    let db = database.open(own).context("db")?;
    let mut relay = Relay::new(db.clone(), database.url(), events::Settings::default(), tell);
    if let Some(broker) = &settings.events.nats_url {
        relay = relay.carrier(Nats::connect(broker.expose_secret()).await.context("events.nats_url")?);
    }
    tasks.spawn("hand events on", move |stopping| async move {
        while relay.run(stopping.cancelled()).await == Ended::Panicked {
            tracing::error!("the relay of events is started again after a fault of its own");
            tokio::time::sleep(RESTART).await;
        }
    });
    tasks.every("measure events", MEASURE, move || measure(db.clone()));
    Ok(())
}

/// Shows among the metrics how far the consumers are.
async fn measure(db: Db) {
    let standings = match events::standings(&db).await {
        Ok(standings) => standings,
        // Away, or not migrated yet: readiness says so.
        Err(error) => return tracing::debug!(%error, "events were not counted"),
    };
    for standing in standings {
        let age = standing.oldest.map(|oldest| (types::now() - oldest).as_seconds_f64().max(0.0));
        gauge!("events_behind", "consumer" => standing.consumer.clone()).set(standing.behind as f64);
        gauge!("events_behind_seconds", "consumer" => standing.consumer.clone()).set(age.unwrap_or(0.0));
        gauge!("events_refused_waiting", "consumer" => standing.consumer.clone()).set(standing.waiting as f64);
        gauge!("events_dead_letters", "consumer" => standing.consumer).set(standing.dead as f64);
    }
}

/// Logs and counts what the relay tells.
fn tell(report: &Report<'_>) {
    match report {
        Report::Delivered { consumer, event } => {
            counter!("events_delivered_total", "consumer" => *consumer).increment(1);
            let delay = (types::now() - event.occurred_at).as_seconds_f64().max(0.0);
            histogram!("events_delay_seconds", "consumer" => *consumer).record(delay);
        }
        Report::Refused { consumer, event, attempts, reason, is_dead } => {
            counter!("events_refused_total", "consumer" => *consumer).increment(1);
            let (event_id, entity, action) = (event.event_id, &event.entity, &event.action);
            if *is_dead {
                counter!("events_given_up_total", "consumer" => *consumer).increment(1);
                tracing::error!(consumer, %event_id, entity, action, attempts, reason, "an event was given up");
            } else {
                tracing::warn!(consumer, %event_id, entity, action, attempts, reason, "an event was refused");
            }
        }
        // Said once for each time that something is away, and not for each look.
        Report::Unavailable { consumer, reason, times: 1, .. } => {
            tracing::warn!(consumer, reason, "a consumer of events waits for something that is away");
        }
        Report::Unavailable { consumer, .. } => {
            counter!("events_unavailable_total", "consumer" => *consumer).increment(1)
        }
        Report::Holds { partitions } => {
            gauge!("events_partitions_held").set(partitions.len() as f64);
            tracing::debug!(?partitions, "parts of the events handed on here");
        }
        // Readiness and the pool's own figures tell that the database is away.
        Report::Database { doing, error } => {
            counter!("events_database_failures_total").increment(1);
            tracing::debug!(doing, %error, "the relay of events lacks the database");
        }
        Report::Deaf { reason } => {
            counter!("events_listener_losses_total").increment(1);
            tracing::debug!(reason, "notifications of events do not come");
        }
        report => tracing::debug!(?report, "events"),
    }
}
