//! The connection that migrations run on.

use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use crate::error::Error;

/// How long a migration waits for a lock on a table before it gives up, instead of having the service queue behind it.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The advisory lock of migrations, per database; the number says "migrate".
const MIGRATION_LOCK: i64 = 0x006d_6967_7261_7465;

const LOCK_POLL: Duration = Duration::from_millis(50);

pub(crate) fn options(url: &str) -> Result<PgConnectOptions, Error> {
    let lock_timeout = LOCK_TIMEOUT.as_millis().to_string();
    Ok(PgConnectOptions::from_str(url)
        .map_err(|_| Error::Url)?
        .application_name("migrate")
        .disable_statement_logging()
        .options([
            // A migration may take as long as it takes, but must not have others wait for it.
            ("statement_timeout", "0"),
            ("lock_timeout", &lock_timeout),
            ("idle_in_transaction_session_timeout", "60000"),
            // A migrator that was killed is noticed while its statement runs, and its locks are given back.
            ("client_connection_check_interval", "500"),
            // One whose network went silent is noticed between its statements, too.
            ("tcp_keepalives_idle", "30"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
            // What a CREATE .. IF NOT EXISTS found is no news.
            ("client_min_messages", "warning"),
        ]))
}

pub(crate) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    let connecting = PgConnection::connect_with(options);
    match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(connected) => connected.map_err(|source| Error::Connect { source }),
        Err(_) => Err(Error::Connect { source: sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()) }),
    }
}

/// Takes the lock of migrations for the life of the connection.
///
/// Asked for again and again rather than waited for: a session that waits inside the server holds a snapshot, and a
/// `CREATE INDEX CONCURRENTLY` of the one that migrates would wait for that for ever.
pub(crate) async fn lock(conn: &mut PgConnection, limit: Duration) -> Result<(), Error> {
    let deadline = Instant::now() + limit;
    loop {
        let ask = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(MIGRATION_LOCK).fetch_one(&mut *conn);
        // The question is answered at once by a server that answers at all.
        let Ok(taken) = tokio::time::timeout(CONNECT_TIMEOUT, ask).await else {
            return Err(Error::Connect { source: sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()) });
        };
        if taken? {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(Error::Busy { limit });
        }
        tokio::time::sleep(LOCK_POLL).await;
    }
}
