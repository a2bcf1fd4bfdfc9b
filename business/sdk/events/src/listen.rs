//! Notifications of the database, on a connection of their own.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::time::timeout;
use uuid::Uuid;

use crate::report::{Report, Reporter};

/// Somebody wrote an event while all relays slept.
const WRITTEN: &str = "events";
/// A relay gave positions; the payload is its id.
const PLACED: &str = "events_placed";
/// A relay let go of its parts.
const RELEASED: &str = "events_released";

/// How long the connection may be silent before it has to show that it is alive, and how long it may take for that.
const SILENCE: Duration = Duration::from_secs(2);

/// How long a connection may take to open, and how long until the next try.
const OPENING: Duration = Duration::from_secs(3);

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Written,
    Placed,
    Released,
    /// Something may have been missed.
    Gap,
}

/// Listens until it is dropped, and tells `hear` of it.
///
/// A connection that died without a word is noticed: a silent one is asked something every [`SILENCE`].
pub(crate) async fn listen(url: &str, own: Option<Uuid>, report: &Reporter, hear: impl Fn(Heard)) {
    let own = own.map(|own| own.to_string());
    loop {
        let reason = match listen_once(url, own.as_deref(), &hear).await {
            Ok(never) => match never {},
            Err(error) => error.to_string(),
        };
        (report)(&Report::Deaf { reason: &reason });
        hear(Heard::Gap);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn listen_once(
    url: &str,
    own: Option<&str>,
    hear: &impl Fn(Heard),
) -> Result<std::convert::Infallible, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.disable_statement_logging().application_name("marquee events");
    // A server that lost us ends the session, and the LISTEN with it, by its own keepalive.
    let options = options.options([("tcp_keepalives_idle", "30"), ("tcp_keepalives_interval", "5")]);
    // sqlx listens on a connection of a pool only: on one of its own, which is never used again.
    let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    let open = async {
        let mut listener = PgListener::connect_with(&pool.connect_lazy_with(options)).await?;
        listener.ignore_pool_close_event(true);
        listener.eager_reconnect(false);
        listener.listen_all([WRITTEN, PLACED, RELEASED]).await?;
        Ok::<_, sqlx::Error>(listener)
    };
    let mut listener = timeout(OPENING, open).await.map_err(|_| silent())??;
    hear(Heard::Gap);
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(heard))) => match (heard.channel(), heard.payload()) {
                (PLACED, payload) if Some(payload) == own => {}
                (PLACED, _) => hear(Heard::Placed),
                (RELEASED, _) => hear(Heard::Released),
                _ => hear(Heard::Written),
            },
            Ok(Ok(None)) => return Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into())),
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                timeout(SILENCE, sqlx::query("SELECT 1").execute(&mut listener)).await.map_err(|_| silent())??;
            }
        }
    }
}

fn silent() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}
