//! PostgreSQL behind one deadline, from which no unclean connection returns to the pool.

mod error;

pub use crate::error::Error;
