//! What a pool is told at its start.

use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::observer::Observer;

/// How often the server looks whether the client of a running statement is still there.
pub const CLIENT_CHECK_INTERVAL: Duration = Duration::from_millis(400);

/// The limits of a pool and of the work done through it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most connections at a time.
    pub max_connections: usize,
    /// Connections kept open when there is nothing to do.
    pub min_connections: usize,
    /// The age at which a connection is replaced.
    pub max_lifetime: Duration,
    /// How long a connection beyond the minimum may go unused.
    pub idle_timeout: Duration,
    /// How long a unit of work waits for a connection.
    pub acquire_timeout: Duration,
    /// How many units of work may wait for a connection at a time; one more is refused at once.
    pub max_waiters: usize,
    /// How long a unit of work may take from its first statement, unless [`within`](crate::within) says less.
    pub deadline: Duration,
    /// The name under which the server lists the connections.
    pub application_name: String,
    /// Who is told of every statement.
    pub observer: Option<Observer>,
}

/// The URL or a limit cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The text is not a PostgreSQL URL. The URL itself is not repeated: it holds a password.
    #[error("not a PostgreSQL URL (postgres://user:password@host:port/database)")]
    Url,
    /// A limit is out of its range.
    #[error("{0}")]
    Limit(&'static str),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 2,
            max_lifetime: Duration::from_secs(30 * 60),
            idle_timeout: Duration::from_secs(5 * 60),
            acquire_timeout: Duration::from_secs(1),
            max_waiters: 100,
            deadline: Duration::from_secs(3),
            application_name: "marquee".to_owned(),
            observer: None,
        }
    }
}

impl Settings {
    /// The options of every connection to `url`.
    pub(crate) fn connect_options(&self, url: &str) -> Result<PgConnectOptions, SettingsError> {
        if self.max_connections == 0 {
            return Err(SettingsError::Limit("max_connections must be 1 or more"));
        }
        if self.min_connections > self.max_connections {
            return Err(SettingsError::Limit("min_connections must not exceed max_connections"));
        }
        if self.deadline.is_zero() {
            return Err(SettingsError::Limit("deadline must be more than 0"));
        }
        // sqlx takes a URL of any scheme for one of PostgreSQL.
        let has_scheme = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        if !has_scheme {
            return Err(SettingsError::Url);
        }
        let options = PgConnectOptions::from_str(url).map_err(|_| SettingsError::Url)?;
        // The client's own deadline comes first; the server's is for a client that died with its network.
        let backstop = milliseconds(self.deadline + Duration::from_secs(1));
        Ok(options
            .application_name(&self.application_name)
            // A statement is part of its request's trace; a line of its own would cost more than the statement.
            .disable_statement_logging()
            .options([
                ("statement_timeout", backstop.as_str()),
                // Compiling a statement takes longer than any that a request waits for: 240 ms of 241 were measured for one
                // that read 8 rows of a table whose size was not known yet.
                ("jit", "off"),
                ("idle_in_transaction_session_timeout", backstop.as_str()),
                ("client_connection_check_interval", milliseconds(CLIENT_CHECK_INTERVAL).as_str()),
                ("tcp_keepalives_idle", "30"),
                ("tcp_keepalives_interval", "5"),
                ("tcp_keepalives_count", "3"),
                // A session that sends rows to a client that is gone notices no cancel, and holds its locks meanwhile.
                ("tcp_user_timeout", backstop.as_str()),
            ]))
    }
}

fn milliseconds(duration: Duration) -> String {
    duration.as_millis().to_string()
}
