//! A connection in use, which knows whether it may be used again.

use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::Object;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{Executor, FromRow, Postgres};
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Session};
use crate::observer::{Observed, Observer, Text, Watch};
use crate::opening::Place;
use crate::pool::{Counters, Manager};

/// A connection taken from the pool. When it is dropped while unclean it is closed instead of returned.
pub(crate) struct Slot {
    object: Option<Object<Manager>>,
    counters: Arc<Counters>,
    observer: Option<Observer>,
    /// How long it was waited for, until the first statement has told it.
    waited: Duration,
    /// A statement was sent and its end has not been read.
    in_statement: bool,
    /// A transaction was begun and its end has not been read.
    pub(crate) in_transaction: bool,
}

/// A connection as the pool keeps it.
pub(crate) struct Link {
    pub(crate) connection: PgConnection,
    pub(crate) opened: Instant,
    /// When the server last answered.
    pub(crate) answered: Instant,
    /// From then on it is not used again.
    pub(crate) retires: Instant,
    pub(crate) _place: Place,
}

impl Slot {
    pub(crate) fn new(
        object: Object<Manager>,
        counters: Arc<Counters>,
        observer: Option<Observer>,
        waited: Duration,
    ) -> Self {
        Self { object: Some(object), counters, observer, waited, in_statement: false, in_transaction: false }
    }

    /// Runs a statement and reads its rows to the end of the answer.
    pub(crate) async fn fetch_all<'q, T>(
        &mut self,
        deadline: Instant,
        query: QueryAs<'q, Postgres, T, PgArguments>,
    ) -> Result<Vec<T>, Error>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        let (text, watch) = self.watch();
        let outcome = timeout_at(deadline, self.enter(deadline)?.fetch_all(Observed::new(query, &text))).await;
        let outcome = self.settle(outcome).and_then(|rows| {
            let read = rows.iter().map(T::from_row).collect::<Result<Vec<T>, _>>();
            read.map_err(Error::from)
        });
        watch.end(outcome.as_ref().ok().map(|rows| rows.len() as u64));
        outcome
    }

    /// Runs a statement and counts the rows it changed.
    pub(crate) async fn execute<'q>(
        &mut self,
        deadline: Instant,
        query: Query<'q, Postgres, PgArguments>,
    ) -> Result<u64, Error> {
        let (text, watch) = self.watch();
        let outcome = timeout_at(deadline, self.enter(deadline)?.execute(Observed::new(query, &text))).await;
        let outcome = self.settle(outcome).map(|done| done.rows_affected());
        watch.end(outcome.as_ref().ok().copied());
        outcome
    }

    /// Runs a command that has neither parameters nor rows, such as `BEGIN`.
    pub(crate) async fn command(&mut self, deadline: Instant, sql: &'static str) -> Result<(), Error> {
        let (text, watch) = self.watch();
        text.set(sqlx::SqlStr::from_static(sql));
        // check: unprepared: BEGIN, COMMIT and the like, from the other files of this crate
        let outcome = timeout_at(deadline, sqlx::raw_sql(sql).execute(self.enter(deadline)?)).await;
        let outcome = self.settle(outcome).map(|_| ());
        watch.end(outcome.as_ref().ok().map(|()| 0));
        outcome
    }

    /// Watches the next statement: where its text comes to be known, and what tells of its end.
    fn watch(&mut self) -> (Text, Watch) {
        Watch::begin(self.observer.as_ref(), std::mem::take(&mut self.waited))
    }

    /// The connection for one more statement, marked as in a statement before a byte is sent. Past the deadline none is:
    /// a COMMIT that is sent and not waited for may or may not take effect, one that is not sent does not.
    fn enter(&mut self, deadline: Instant) -> Result<&mut PgConnection, Error> {
        if !self.in_statement && Instant::now() >= deadline {
            return Err(Error::DeadlineExceeded);
        }
        match &mut self.object {
            Some(object) if !self.in_statement => {
                self.in_statement = true;
                Ok(&mut object.connection)
            }
            _ => Err(Error::Unavailable { reason: "an earlier statement was interrupted", source: None }),
        }
    }

    /// Decides what the outcome of a statement means for the connection, then says what it means for the caller.
    fn settle<T>(&mut self, outcome: Result<Result<T, sqlx::Error>, tokio::time::error::Elapsed>) -> Result<T, Error> {
        let error = match outcome {
            Ok(Ok(value)) => {
                self.answered();
                return Ok(value);
            }
            Ok(Err(error)) => error,
            Err(_) => {
                self.counters.timed_out();
                return Err(Error::DeadlineExceeded);
            }
        };
        match Session::after(&error) {
            Session::GoesOn => self.answered(),
            Session::Outdated => self.counters.outdated(),
            Session::Lost => self.counters.lost(),
            Session::OutOfStep => {}
        }
        Err(error.into())
    }

    fn answered(&mut self) {
        self.in_statement = false;
        if let Some(object) = &mut self.object {
            object.answered = Instant::now();
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !(self.in_statement || self.in_transaction) {
            return;
        }
        if let Some(object) = self.object.take() {
            // Taken out of the pool, which may open another; the socket is closed here, and the server stops the
            // statement and rolls the transaction back when it notices.
            self.counters.closed_unclean();
            drop(Object::take(object));
        }
    }
}

impl Link {
    /// Whether the server still answers on this connection.
    pub(crate) async fn answers(&mut self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let ping = sqlx::raw_sql("").execute(&mut self.connection);
        let alive = matches!(timeout_at(deadline, ping).await, Ok(Ok(_)));
        if alive {
            self.answered = Instant::now();
        }
        alive
    }
}
