//! What every service does beside its requests.

use std::time::Duration;

use metrics::{counter, gauge};
use paging::Cursors;
use request::ListKey;
use service::Tasks;
use sqldb::Db;

/// How often the database is asked for the secret of cursors until it has it.
const RETRY: Duration = Duration::from_millis(200);

/// How long a process that starts waits for its connections to open, and how often it looks.
const WARM_UP: (Duration, Duration) = (Duration::from_secs(3), Duration::from_millis(10));

/// How often the figures of the pool are taken.
const MEASURE: Duration = Duration::from_secs(2);

/// Loads the secret of the cursors of lists as soon as the database has it.
pub(crate) fn load_list_key(tasks: &Tasks, db: &Db, list_key: &ListKey) {
    let (db, list_key) = (db.clone(), list_key.clone());
    tasks.spawn("load the list key", move |stopping| async move {
        while !has_list_key(&db, &list_key).await {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    });
}

/// Whether the secret of the cursors of lists is known, or could be loaded now.
pub(crate) async fn has_list_key(db: &Db, list_key: &ListKey) -> bool {
    if list_key.is_known() {
        return true;
    }
    match secrets::load(db, secrets::CURSOR).await {
        Ok(secret) => list_key.set(Cursors::new(secret.expose())),
        // Away, or not migrated yet: readiness says so.
        Err(error) => tracing::debug!(%error, "the list key is not there yet"),
    }
    list_key.is_known()
}

/// Waits until `min` connections are open, for a while, where the database answers at all: whoever is sent requests before
/// that lets the first of them wait, which on a busy machine takes longer than they may.
pub(crate) async fn warm_up(db: &Db, min: usize) {
    if db.ping().await.is_err() {
        return;
    }
    let (limit, look) = WARM_UP;
    let opened = async {
        while db.stats().connections < min {
            tokio::time::sleep(look).await;
        }
    };
    if tokio::time::timeout(limit, opened).await.is_err() {
        tracing::warn!(open = db.stats().connections, min, "starting with fewer connections than db.min_connections");
    }
}

/// Shows the figures of the pool among the metrics.
pub(crate) fn measure_pool(tasks: &Tasks, db: &Db) {
    let db = db.clone();
    tasks.every("measure the pool", MEASURE, move || {
        let stats = db.stats();
        gauge!("db_pool_connections_max").set(stats.max_connections as f64);
        gauge!("db_pool_connections").set(stats.connections as f64);
        gauge!("db_pool_connections_idle").set(stats.idle as f64);
        gauge!("db_pool_waiting").set(stats.waiting as f64);
        counter!("db_pool_acquired_total").absolute(stats.acquired);
        gauge!("db_pool_wait_seconds_total").set(stats.wait.as_secs_f64());
        counter!("db_pool_refused_total").absolute(stats.refused);
        counter!("db_deadlines_exceeded_total").absolute(stats.deadlines);
        counter!("db_connections_closed_unclean_total").absolute(stats.closed_unclean);
        std::future::ready(())
    });
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use dbtest::Database;

    use super::*;

    fn limits(min: usize) -> sqldb::Settings {
        sqldb::Settings { max_connections: 8, min_connections: min, ..sqldb::Settings::default() }
    }

    #[tokio::test]
    async fn whoever_was_warmed_up_has_the_connections_that_requests_want() {
        let database = Database::new().await;
        let db = Db::open(database.url(), limits(8)).unwrap();
        warm_up(&db, 8).await;
        assert_eq!(db.stats().connections, 8);
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_not_waited_for() {
        let db = Db::open("postgres://nobody@127.0.0.1:9/nothing", limits(8)).unwrap();
        let begun = Instant::now();
        warm_up(&db, 8).await;
        assert!(begun.elapsed() < WARM_UP.0, "{:?}", begun.elapsed());
    }
}
