//! Databases for tests: made, copied, dropped and swept on the real server.

mod breaking;
mod databases;
mod runs;
