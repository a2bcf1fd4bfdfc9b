//! Databases for tests: made, copied, dropped and swept on the real server.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where something unexpected happens")]

mod breaking;
mod databases;
mod runs;
