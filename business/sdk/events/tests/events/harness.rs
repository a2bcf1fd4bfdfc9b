//! Rows that change, and consumers that write down what they get.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dbtest::Database;
use events::{Consumer, Event, Failure, Relay, Report, Settings, Start};
use sqldb::{Db, Tx};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

/// How long what has to happen may take on a machine that builds at the same time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a consumer does with an event before it writes it down.
type Mood = Arc<dyn Fn(&Event) -> Result<(), Failure> + Send + Sync>;

/// Writes down what it gets, in the order in which it gets it. Nothing stops it from writing twice.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) mood: Mood,
    /// How long it takes for an event.
    pub(crate) time: Duration,
    /// Where it says that it has an event, and where it waits before it goes on.
    pub(crate) gate: Option<(Arc<Semaphore>, Arc<Semaphore>)>,
}

/// Like the ledger; begins with the oldest event.
pub(crate) struct Historian(pub(crate) Ledger);

/// A database whose rows change, and what happened there.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) db: Db,
    pub(crate) reports: Reports,
}

/// What relays told.
#[derive(Clone, Default)]
pub(crate) struct Reports(Arc<Mutex<Vec<String>>>);

/// A relay at work.
pub(crate) struct Working {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<events::Ended>,
}

/// One line of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Line {
    pub(crate) event_id: Uuid,
    pub(crate) entity_id: Uuid,
    pub(crate) version: i64,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self::in_mood(|_| Ok(()))
    }

    pub(crate) fn in_mood(mood: impl Fn(&Event) -> Result<(), Failure> + Send + Sync + 'static) -> Self {
        Self { mood: Arc::new(mood), time: Duration::ZERO, gate: None }
    }

    async fn write(&self, name: &str, tx: &Tx, event: &Event) -> Result<(), Failure> {
        const SQL: &str = "INSERT INTO ledger (consumer, event_id, entity_id, version) VALUES ($1, $2, $3, $4)";
        let insert = sqlx::query(SQL).bind(name).bind(event.event_id).bind(event.entity_id).bind(event.version);
        tx.db().execute(insert).await?;
        let origin = changes::origin();
        assert_eq!(origin.actor, changes::Actor::System("events"));
        assert_eq!(origin.traceparent.map(|place| place.to_string()), event.traceparent);
        tokio::time::sleep(self.time).await;
        if let Some((entered, gate)) = &self.gate {
            entered.add_permits(1);
            gate.acquire().await.unwrap().forget();
        }
        // After the effect, which is undone when it fails.
        (self.mood)(event)
    }
}

impl Consumer for Ledger {
    const NAME: &'static str = "ledger";

    fn wants(&self, event: &Event) -> bool {
        event.entity == "thing"
    }

    async fn handle(&self, tx: &Tx, event: &Event) -> Result<(), Failure> {
        self.write(Self::NAME, tx, event).await
    }
}

impl Consumer for Historian {
    const NAME: &'static str = "historian";
    const START: Start = Start::Beginning;

    fn wants(&self, event: &Event) -> bool {
        event.entity == "thing"
    }

    async fn handle(&self, tx: &Tx, event: &Event) -> Result<(), Failure> {
        self.0.write(Self::NAME, tx, event).await
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        database
            .execute(
                "CREATE TABLE things (thing_id uuid PRIMARY KEY, version bigint NOT NULL);
                 CREATE TABLE ledger (line bigint GENERATED ALWAYS AS IDENTITY, consumer text NOT NULL,
                     event_id uuid NOT NULL, entity_id uuid NOT NULL, version bigint NOT NULL)",
            )
            .await;
        let db = database.db();
        Self { database, db, reports: Reports::default() }
    }

    /// Another pool, as another process has one.
    pub(crate) fn another_db(&self) -> Db {
        self.database.db()
    }

    pub(crate) fn relay(&self) -> Relay {
        self.relay_with(quick())
    }

    pub(crate) fn relay_with(&self, settings: Settings) -> Relay {
        self.relay_at(self.database.url(), settings)
    }

    /// A relay that listens at another address than it works at.
    pub(crate) fn relay_at(&self, url: &str, settings: Settings) -> Relay {
        let reports = self.reports.clone();
        Relay::new(self.another_db(), url, settings, move |report| reports.note(report))
    }

    /// Changes a row of this id, which is made when it is not there, and announces that.
    pub(crate) async fn change(&self, id: Uuid) -> Uuid {
        self.db.transact(async |tx: Tx| change(&tx, id).await).await.unwrap()
    }

    /// What a consumer wrote down, in its order.
    pub(crate) async fn lines(&self, consumer: &str) -> Vec<Line> {
        const SQL: &str = "SELECT event_id, entity_id, version FROM ledger WHERE consumer = $1 ORDER BY line";
        self.db.fetch_all(sqlx::query_as(SQL).bind(consumer)).await.unwrap()
    }

    /// The events a consumer wrote down, once there are so many.
    pub(crate) async fn written(&self, consumer: &str, count: usize) -> Vec<Line> {
        let what = format!("{count} lines of {consumer}");
        eventually(&what, async || self.lines(consumer).await.len() >= count).await;
        self.lines(consumer).await
    }

    /// Waits until the consumers are known.
    pub(crate) async fn knows(&self, consumer: &str) {
        eventually("the consumer is known", async || self.count("event_cursors", consumer).await == 8).await;
    }

    /// Waits until all relays sleep.
    pub(crate) async fn sleeps(&self) {
        eventually("the relays sleep", async || {
            let query = sqlx::query_as::<_, (bool,)>("SELECT sleeping FROM events_relay");
            self.db.fetch_one(query).await.unwrap().0
        })
        .await;
    }

    pub(crate) async fn count(&self, table: &'static str, consumer: &str) -> i64 {
        let mut query = sqlx::QueryBuilder::new("SELECT count(*) FROM ");
        query.push(table).push(" WHERE consumer = ").push_bind(consumer);
        self.db.fetch_one(query.build_query_as::<(i64,)>()).await.unwrap().0
    }
}

impl Reports {
    pub(crate) fn note(&self, report: &Report<'_>) {
        let line = match report {
            Report::Delivered { .. } => return,
            Report::Refused { attempts, reason, is_dead, .. } => format!("refused {attempts} {reason} {is_dead}"),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }

    pub(crate) fn having(&self, part: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|line| line.contains(part)).count()
    }
}

impl Working {
    pub(crate) fn start(relay: Relay) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        #[expect(clippy::disallowed_methods, reason = "joined or aborted by the test")]
        let task = tokio::spawn(async move { relay.run(async { stopped.await.unwrap_or(()) }).await });
        Self { stop: Some(stop), task }
    }

    /// Lets it end in peace.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        assert_eq!((&mut self.task).await.unwrap(), events::Ended::Stopped);
    }

    /// Ends it between two instructions, as a kill does.
    pub(crate) async fn kill(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
        // Not told to stop: the sender outlives the task.
        drop(self.stop.take());
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Settings for tests: little patience.
pub(crate) fn quick() -> Settings {
    Settings {
        poll: Duration::from_millis(200),
        lease: Duration::from_secs(2),
        attempts: 3,
        first_retry: Duration::from_millis(50),
        last_retry: Duration::from_millis(200),
        longest_pause: Duration::from_millis(300),
        last_word: PATIENCE,
        ..Settings::default()
    }
}

/// Changes a row and announces it, as `changes` does: the row is locked before the event is written.
pub(crate) async fn change(tx: &Tx, id: Uuid) -> Result<Uuid, sqldb::Error> {
    const ROW: &str = "
        INSERT INTO things (thing_id, version) VALUES ($1, 1)
        ON CONFLICT (thing_id) DO UPDATE SET version = things.version + 1 RETURNING version";
    let (version,) = tx.db().fetch_one(sqlx::query_as::<_, (i64,)>(ROW).bind(id)).await?;
    announce(tx, "thing", id, version).await
}

/// Announces a change.
pub(crate) async fn announce(tx: &Tx, entity: &str, id: Uuid, version: i64) -> Result<Uuid, sqldb::Error> {
    const SQL: &str = "
        WITH announced AS (
            INSERT INTO events (event_id, partition, entity, entity_id, version, action, data, traceparent, occurred_at)
            VALUES ($1, $2, $3, $4, $5, 'updated', '{\"fields\": {}, \"changed\": []}', $6, now())
        )
        SELECT pg_notify('events', '') FROM events_relay WHERE sleeping";
    let event_id = Uuid::now_v7();
    let insert = sqlx::query(SQL)
        .bind(event_id)
        .bind(i16::from(id.as_bytes()[15] % 8))
        .bind(entity)
        .bind(id)
        .bind(version)
        .bind("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    tx.db().execute(insert).await?;
    Ok(event_id)
}

/// What a ledger would say of an event.
pub(crate) fn line(event: &Event) -> Line {
    Line { event_id: event.event_id, entity_id: event.entity_id, version: event.version }
}

/// An id whose events are in this part.
pub(crate) fn id_in(partition: u8) -> Uuid {
    let mut bytes = Uuid::now_v7().into_bytes();
    bytes[15] = (bytes[15] & !7) | partition;
    Uuid::from_bytes(bytes)
}

/// Waits until it is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The versions of each row follow each other, and none comes twice.
pub(crate) fn assert_each_row_in_order(lines: &[Line]) {
    let mut last = std::collections::HashMap::<Uuid, i64>::new();
    for line in lines {
        let last = last.entry(line.entity_id).or_default();
        assert_eq!(line.version, *last + 1, "after version {last} of {}", line.entity_id);
        *last = line.version;
    }
}
