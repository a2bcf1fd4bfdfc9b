//! The arguments of handlers.

pub(crate) mod body;
pub(crate) mod condition;
pub(crate) mod id;
pub(crate) mod idempotency;
mod media;
mod payload;
pub(crate) mod query;
pub(crate) mod range;
pub(crate) mod stream;
