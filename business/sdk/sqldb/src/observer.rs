//! What is told of each statement: its text, its rows, its time, and never a value.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgStatement};
use sqlx::{Execute, Postgres, SqlStr};

/// A statement that has come to its end.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// Its text, with places for values.
    pub sql: &'a str,
    /// The rows it gave or changed.
    pub rows: u64,
    /// How long it took, from sending it to the end of the answer.
    pub took: Duration,
    /// How long it waited for a connection before; the first one of a unit of work does.
    pub waited: Duration,
    /// How it ended.
    pub end: End,
}

/// How a statement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was answered.
    Done,
    /// The server refused it, or was gone, or took too long.
    Failed,
    /// Whoever asked has left before the answer.
    CutOff,
}

/// One who is told of every statement, where it ran and as soon as it ended. It must not block.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Statement<'_>) + Send + Sync>);

impl Observer {
    /// Tells `tell`.
    pub fn new(tell: impl Fn(&Statement<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observer").finish()
    }
}

/// The text of a statement, known once it is sent.
#[derive(Clone, Default)]
pub(crate) struct Text(Option<Arc<OnceLock<SqlStr>>>);

impl Text {
    pub(crate) fn set(&self, sql: SqlStr) {
        if let Some(text) = &self.0 {
            // A statement has one text.
            let _ = text.set(sql);
        }
    }
}

/// A statement whose text is kept when it is sent: sqlx gives it away but once.
pub(crate) struct Observed<Q> {
    query: Q,
    text: Text,
}

impl<Q> Observed<Q> {
    pub(crate) fn new(query: Q, text: &Text) -> Self {
        Self { query, text: text.clone() }
    }
}

impl<'q, Q: Execute<'q, Postgres>> Execute<'q, Postgres> for Observed<Q> {
    fn sql(self) -> SqlStr {
        let sql = self.query.sql();
        if self.text.0.is_some() {
            self.text.set(sql.clone());
        }
        sql
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.query.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        self.query.take_arguments()
    }

    fn persistent(&self) -> bool {
        self.query.persistent()
    }
}

/// A statement under way; told as cut off when it is dropped without an end, and not at all when it was never sent.
pub(crate) struct Watch(Option<Watched>);

struct Watched {
    observer: Observer,
    text: Arc<OnceLock<SqlStr>>,
    waited: Duration,
    begun: Instant,
}

impl Watch {
    /// Begins to watch, if there is anyone to be told.
    pub(crate) fn begin(observer: Option<&Observer>, waited: Duration) -> (Text, Self) {
        let Some(observer) = observer else { return (Text(None), Self(None)) };
        let text = Arc::new(OnceLock::new());
        let watched = Watched { observer: observer.clone(), text: Arc::clone(&text), waited, begun: Instant::now() };
        (Text(Some(text)), Self(Some(watched)))
    }

    /// Tells of the end: with the rows when it was answered, else of the failure.
    pub(crate) fn end(mut self, rows: Option<u64>) {
        let end = if rows.is_some() { End::Done } else { End::Failed };
        self.tell(rows.unwrap_or_default(), end);
    }

    fn tell(&mut self, rows: u64, end: End) {
        if let Some(Watched { observer, text, waited, begun }) = self.0.take()
            && let Some(sql) = text.get()
        {
            (observer.0)(&Statement { sql: sql.as_str(), rows, took: begun.elapsed(), waited, end });
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.tell(0, End::CutOff);
    }
}
