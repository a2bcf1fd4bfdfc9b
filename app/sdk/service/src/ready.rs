//! Whether this process should be sent requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How long an answer about readiness may take, whatever the database does.
const PATIENCE: Duration = Duration::from_millis(700);

/// How long a finding counts. Several balancers ask; the database is asked once.
const FRESH: Duration = Duration::from_millis(500);

/// Why a process should not be sent requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unready {
    /// It is still being built.
    Starting,
    /// The database lacks so many migrations.
    MigrationsPending(usize),
    /// The database does not answer.
    DatabaseAway,
    /// It is about to stop.
    Draining,
}

/// What a process knows of its own readiness; its clones are one.
#[derive(Clone)]
pub struct Readiness(Arc<State>);

type Probe = Box<dyn Fn() -> BoxFuture<'static, Result<(), Unready>> + Send + Sync>;

struct State {
    draining: CancellationToken,
    found: Mutex<Found>,
}

struct Found {
    probe: Option<Probe>,
    finding: Result<(), Unready>,
    until: Instant,
}

impl Readiness {
    /// Of a process that is starting.
    pub fn starting() -> Self {
        let found = Found { probe: None, finding: Err(Unready::Starting), until: Instant::now() };
        Self(Arc::new(State { draining: CancellationToken::new(), found: Mutex::new(found) }))
    }

    /// From now on, `probe` tells. It may take as long as it likes: an answer does not wait for it.
    pub async fn probe<F>(&self, probe: F)
    where
        F: Fn() -> BoxFuture<'static, Result<(), Unready>> + Send + Sync + 'static,
    {
        let mut found = self.0.found.lock().await;
        found.probe = Some(Box::new(probe));
        found.until = Instant::now();
    }

    /// From now on, the process is ready when `db` answers, has every migration, and `prepare` has got from it what
    /// requests need.
    pub async fn depends_on<F>(&self, db: sqldb::Db, prepare: F)
    where
        F: Fn() -> BoxFuture<'static, bool> + Send + Sync + 'static,
    {
        let prepare = Arc::new(prepare);
        self.probe(move || {
            let (db, prepare) = (db.clone(), Arc::clone(&prepare));
            Box::pin(async move {
                // Busy is not away: replicas that all left their balancer at the peak of the load would help nobody. A
                // database that is away soon empties the pool.
                let stats = db.stats();
                if stats.idle == 0 && stats.connections >= stats.max_connections {
                    return Ok(());
                }
                // A connection that answers tells more than a ping: the migrations are read from the tables.
                match migrate::pending(&db).await {
                    Ok(0) if prepare().await => Ok(()),
                    Ok(0) | Err(_) => Err(Unready::DatabaseAway),
                    Ok(pending) => Err(Unready::MigrationsPending(pending)),
                }
            })
        })
        .await;
    }

    /// From now on, the process is about to stop.
    pub fn drain(&self) {
        self.0.draining.cancel();
    }

    /// Waits until the process is about to stop.
    pub async fn draining(&self) {
        self.0.draining.cancelled().await;
    }

    /// Whether the process is ready, within a second.
    ///
    /// # Errors
    ///
    /// It is not, and why.
    pub async fn check(&self) -> Result<(), Unready> {
        if self.0.draining.is_cancelled() {
            return Err(Unready::Draining);
        }
        // Who comes while another asks waits for that answer, and no longer than it would itself.
        timeout(PATIENCE, self.find()).await.unwrap_or(Err(Unready::DatabaseAway))
    }

    async fn find(&self) -> Result<(), Unready> {
        let mut found = self.0.found.lock().await;
        if found.until <= Instant::now()
            && let Some(probe) = &found.probe
        {
            let finding = timeout(PATIENCE, probe()).await.unwrap_or(Err(Unready::DatabaseAway));
            found.finding = finding;
            found.until = Instant::now() + FRESH;
        }
        found.finding.clone()
    }
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => f.write_str("the service is starting"),
            Self::MigrationsPending(1) => f.write_str("the database lacks 1 migration"),
            Self::MigrationsPending(pending) => write!(f, "the database lacks {pending} migrations"),
            Self::DatabaseAway => f.write_str("the database does not answer"),
            Self::Draining => f.write_str("the service is stopping"),
        }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_process_is_ready_when_its_probe_says_so_and_not_once_it_drains() {
        let readiness = Readiness::starting();
        assert_eq!(readiness.check().await, Err(Unready::Starting));
        readiness.probe(|| Box::pin(async { Ok(()) })).await;
        assert_eq!(readiness.check().await, Ok(()));
        readiness.drain();
        assert_eq!(readiness.check().await, Err(Unready::Draining));
    }

    #[tokio::test]
    async fn a_database_that_hangs_is_soon_away_for_everyone_who_asks() {
        let readiness = Readiness::starting();
        readiness.probe(|| Box::pin(std::future::pending())).await;
        let begun = Instant::now();
        let asked = (0..20).map(|_| readiness.check());
        for answer in futures_util::future::join_all(asked).await {
            assert_eq!(answer, Err(Unready::DatabaseAway));
        }
        assert!(begun.elapsed() < Duration::from_secs(3));
    }

    #[tokio::test]
    async fn many_who_ask_at_once_cost_one_question_to_the_database() {
        let asked = Arc::new(AtomicUsize::new(0));
        let readiness = Readiness::starting();
        let count = Arc::clone(&asked);
        readiness
            .probe(move || {
                count.fetch_add(1, Ordering::Relaxed);
                Box::pin(async { Err(Unready::MigrationsPending(2)) })
            })
            .await;
        for answer in futures_util::future::join_all((0..50).map(|_| readiness.check())).await {
            assert_eq!(answer, Err(Unready::MigrationsPending(2)));
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}
