//! The relay of this process: what the domains announce is handed on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use database::Database;
use events::nats::Nats;
use events::{Ended, Relay, Report};
use metrics::{counter, gauge, histogram};
use secrecy::ExposeSecret as _;
use service::Tasks;
use settings::Settings;
use sqldb::Db;
use tokio::sync::watch;

/// Connections of the relay's own, beside the one that it listens on: it keeps its parts also when requests have taken all
/// others, and takes none of theirs.
const CONNECTIONS: usize = 4;

/// How long after a fault of the relay it is started again.
const RESTART: Duration = Duration::from_secs(1);

/// How often it is logged that a consumer waits for something that is away: each of its parts finds that out alone.
const QUIET: Duration = Duration::from_secs(30);

/// How often it is counted how far the consumers are.
const MEASURE: Duration = Duration::from_secs(15);

/// The address of a broker that cannot be one, with what would be right.
pub(crate) fn refused(settings: &Settings) -> Vec<(&'static str, String)> {
    let broker = settings.events.nats_url.as_ref();
    let fault = broker.and_then(|broker| events::nats::check(broker.expose_secret()).err());
    fault
        .map(|_| ("events.nats_url", "nats://host:4222, or nats://user:password@host:4222".to_owned()))
        .into_iter()
        .collect()
}

/// Starts the part of this process in the delivery of events; gives how far they are.
///
/// All programs of the product have the same consumers: a part of the events is handed on by any of them.
pub(crate) async fn start(tasks: &Tasks, settings: &Settings, database: &Database) -> Result<watch::Receiver<i64>> {
    let limits = database::limits(&settings.db, "events");
    let own = sqldb::Settings { max_connections: CONNECTIONS, min_connections: 1, ..limits };
    let db = database.open(own).context("db")?;
    let mut relay = Relay::new(db.clone(), database.url(), events::Settings::default(), teller());
    if let Some(broker) = &settings.events.nats_url {
        relay = relay.carrier(Nats::connect(broker.expose_secret()).await.context("events.nats_url")?);
    }
    let position = relay.position();
    tasks.spawn("hand events on", move |stopping| async move {
        while relay.run(stopping.cancelled()).await == Ended::Panicked {
            tracing::error!("the relay of events is started again after a fault of its own");
            tokio::time::sleep(RESTART).await;
        }
    });
    tasks.every("measure events", MEASURE, move || measure(db.clone()));
    Ok(position)
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
fn teller() -> impl Fn(&Report<'_>) + Send + Sync + 'static {
    let told = Mutex::new(HashMap::<&'static str, Instant>::new());
    move |report| tell(report, &told)
}

/// `told` is when it was last logged of a consumer that it waits.
fn tell(report: &Report<'_>, told: &Mutex<HashMap<&'static str, Instant>>) {
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
        Report::Unavailable { consumer, reason, times, .. } => {
            counter!("events_unavailable_total", "consumer" => *consumer).increment(1);
            // Said once for each time that something is away, and not for each look.
            if *times == 1 && is_news(consumer, &mut told.lock().unwrap_or_else(PoisonError::into_inner)) {
                tracing::warn!(consumer, reason, "a consumer of events waits for something that is away");
            }
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

/// Whether nothing was logged of the consumer of late; from now on something was.
fn is_news(consumer: &'static str, told: &mut HashMap<&'static str, Instant>) -> bool {
    let now = Instant::now();
    let is_news = told.get(consumer).is_none_or(|last| now.duration_since(*last) >= QUIET);
    if is_news {
        told.insert(consumer, now);
    }
    is_news
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_of_a_consumer_say_once_that_it_waits() {
        let mut told = HashMap::new();
        assert!(is_news("nats", &mut told));
        assert!((0..7).all(|_| !is_news("nats", &mut told)));
        assert!(is_news("another", &mut told));
        told.insert("nats", Instant::now().checked_sub(QUIET).unwrap());
        assert!(is_news("nats", &mut told), "it is away again, or still");
    }
}
