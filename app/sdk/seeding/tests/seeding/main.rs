//! What an empty database is filled with: the collection of real films, files of others, users.

mod collection;
mod native;
