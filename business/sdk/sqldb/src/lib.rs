//! PostgreSQL behind one deadline, from which no unclean connection returns to the pool.
//!
//! Every statement of the product runs through a [`Db`]. It differs from sqlx's own pool in what happens when things
//! go wrong, and each difference answers a measured loss:
//!
//! - A connection whose statement or transaction did not end cleanly (its future was dropped, its deadline passed, its
//!   socket failed) is closed, never returned. sqlx 0.9 returns it: after a dropped `begin()` the next user's writes
//!   are answered Ok inside a transaction that nobody commits.
//! - Nothing waits for the server without a deadline. sqlx's pool pings every connection on return and waits for the
//!   answer for ever, so that connections that die silently drain the pool for good.
//! - A query reads to the end of the server's answer. sqlx's `fetch_one` stops at the first row, which for
//!   `INSERT .. RETURNING` comes before the commit.
//! - `COMMIT` of a failed transaction is an error. The server answers it with `ROLLBACK`, which sqlx takes for success.
//!
//! Closing the socket is also how a statement is cancelled: the server looks after its client every
//! [`CLIENT_CHECK_INTERVAL`] while it works (`client_connection_check_interval`) and stops when the client is gone.

//!
//! # Behind a proxy
//!
//! The limits of a session travel in its start-up packet (`options`), which PgBouncer refuses: `unsupported startup
//! parameter`. It takes `ignore_startup_parameters = options`; the limits are then given to the role, which holds them
//! for every session of a pool in whatever mode: `ALTER ROLE marquee SET statement_timeout = '4s'`, and so on for
//! `idle_in_transaction_session_timeout`, `client_connection_check_interval` and `tcp_user_timeout`. A proxy that hands
//! sessions out by the transaction also needs `max_prepared_statements` above 0. It hides a client that left from the
//! server until it closes the session itself.

mod db;
mod deadline;
mod error;
mod observer;
mod opening;
mod pool;
mod server;
mod settings;
mod slot;
mod tx;

pub use crate::db::Db;
pub use crate::deadline::{from_now, within};
pub use crate::error::Error;
pub use crate::observer::{End, Observer, Statement};
pub use crate::pool::Stats;
pub use crate::server::Server;
pub use crate::settings::{CLIENT_CHECK_INTERVAL, Settings, SettingsError};
pub use crate::tx::{PAUSE, Tx};
