//! A migrated database for each test.
//!
//! All tests of one user share one PostgreSQL, which is started by the first and goes on running for the next
//! (`cargo run -p dbtest --bin dbtest-stop` ends it). The migrations are replayed once into a template; a test gets a
//! copy, which takes milliseconds, and drops it at its end. Copies of runs that were killed are swept by the next
//! run: each run holds a lock on a file for as long as it lives, and its databases bear that file's name.
//!
//! What fails here fails the test that needs it: nothing returns an error.

#![expect(clippy::panic, reason = "a test without its database has failed")]

mod database;
mod private;
pub mod proxy;
mod reads;
mod server;

pub use database::{Database, empty};
pub use private::{PrivateCluster, private_cluster};
pub use reads::Reads;
pub use server::{options, server};

/// Ends the test with what went wrong, and why.
pub(crate) fn fail(doing: &str, error: &dyn std::error::Error) -> ! {
    let mut text = format!("{doing}: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    panic!("{text}")
}
