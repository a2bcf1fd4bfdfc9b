//! What an empty database is filled with: the collection of real films, the cities of the world, files of others, users.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod collection;
mod development;
mod import;
mod native;
mod places;
